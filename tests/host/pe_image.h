/* A small good driver image, for the tests of the PE reader to damage. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PE_IMAGE_FILE_BYTES 0x1600u
#define PE_IMAGE_MAPPED_BYTES 0x7000u

/* Offsets in the file. */
#define PE_IMAGE_NT 0x80u
#define PE_IMAGE_OPTIONAL (PE_IMAGE_NT + 24u)
#define PE_IMAGE_DIRECTORIES (PE_IMAGE_OPTIONAL + 112u)
#define PE_IMAGE_SECTIONS (PE_IMAGE_DIRECTORIES + 128u)
#define PE_IMAGE_HEADERS 0x400u

void pe_image_build(uint8_t file[PE_IMAGE_FILE_BYTES]);
/* Lays the (possibly damaged) file out as the good one is. */
void pe_image_map(const uint8_t file[PE_IMAGE_FILE_BYTES], uint8_t mapped[PE_IMAGE_MAPPED_BYTES]);
/* Opens, validates and walks everything there is; gives the first status. For damaged images: it
 * must just not crash. */
int32_t pe_image_exercise(const void *bytes, size_t length, int is_mapped);
