/*
 * Files that a user names on the command line, looked at before a machine is made for them: one
 * clear sentence for each thing that is not an x64 driver or program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../kernel/ldr/pe.h"

enum image_kind { IMAGE_ANY, IMAGE_DRIVER, IMAGE_PROGRAM };

struct image {
    const uint8_t *bytes; /* mapped, read-only */
    size_t size;
    PE_IMAGE pe;
};

#define IMAGE_WHY_LIMIT 240u
/* Maps and checks the file. False: why says what is wrong, without the file's name; nothing is
 * mapped. */
bool image_open(struct image *image, const char *path, enum image_kind kind,
                char why[IMAGE_WHY_LIMIT]);
void image_close(struct image *image);
