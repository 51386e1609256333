/*
 * Addresses in images to functions and source lines, by llvm-symbolizer (DWARF and PDB), one child
 * process an image. Without the tool or without debug information: nothing, and the caller shows
 * module and offset.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOL_INLINE_LIMIT 8

struct symbol_place {
    char function[160];
    char file[512]; /* "" when unknown */
    unsigned line;  /* 0 when unknown */
};

struct symbol_query {
    uint64_t rva;   /* in: offset in the image */
    unsigned count; /* out: places; 0 when nothing is known */
    struct symbol_place
        place[SYMBOL_INLINE_LIMIT]; /* out: innermost inlined function first, the real one last */
};

/* Fills queries for the image file; leaves count 0 for what is not known. False: the tool could not
 * be run. */
bool symbol_lookup(const char *image_path, struct symbol_query *queries, size_t count);
/* Text of one line of a source file, without its line end and leading tabs made spaces. False: not
 * readable. */
bool symbol_read_line(const char *file, unsigned line, char *text, size_t limit);
