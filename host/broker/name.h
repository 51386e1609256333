/*
 * NT file names in UTF-8: which are valid, and how they compare. The host's file system tells a
 * from A; NT does not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MAX_BYTES                                                                             \
    255u /* of one component on the host; NT's limit is 255 UTF-16 units, never more bytes */

/* The next code point of strict UTF-8, or UINT32_MAX (and *text past one byte). text < end. */
uint32_t name_decode(const char **text, const char *end);
/* One component that NT takes for an on-disk name. Trailing dots and spaces are Win32's business,
 * not NT's. */
bool name_is_valid(const char *name, size_t bytes);
/* Upper case of one code point, as NT's simple one-to-one mapping. */
uint32_t name_fold(uint32_t code_point);
/* <0, 0, >0 by folded code points. Total on valid names; invalid bytes compare as themselves. */
int name_compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes);
/* A stable number for a path: the same for every spelling of it in upper and lower case. */
uint64_t name_hash(const char *path, size_t bytes);
