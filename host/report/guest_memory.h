/*
 * Reads a machine's memory from outside, through the page tables in its RAM. The machine may have
 * written anything there: every page number and length is checked, so a read fails but never
 * strays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest_memory {
    const uint8_t *ram; /* read-only view */
    uint64_t ram_bytes; /* a whole number of pages */
    uint64_t root_pfn;
};

/* Host address of guest byte va, good to the end of its page, or NULL when it is not mapped. */
const uint8_t *guest_translate(const struct guest_memory *memory, uint64_t va);
/* All bytes or nothing (then *buffer is undefined). */
bool guest_read(const struct guest_memory *memory, uint64_t va, void *buffer, size_t bytes);
/*
 * Text of at most limit - 1 bytes, up to a NUL, an unmapped page, or length bytes (SIZE_MAX: until
 * NUL). Always terminated; bytes that are not printable text become '.'. Returns its length.
 */
size_t guest_read_text(const struct guest_memory *memory, uint64_t va, size_t length, char *buffer,
                       size_t limit);
