/*
 * The regf format, both ways: a hive's tree to the bytes of a hive file of version 1.3, and back
 * from whatever bytes there are. Layouts: the published descriptions of the format; libhivex and
 * its tools read what is written here.
 */
#pragma once

#include "hive/tree.h"

#define REGF_BYTES_LIMIT (512u << 20)

struct regf_header {   /* what a writer says of the file as a whole */
    uint32_t sequence; /* one more with each time it is written */
    uint64_t time;     /* of that, in NT's units */
};

/* The image of the whole file; file_name is written into it (ASCII). 0, -ENOMEM or -EFBIG. */
int regf_write(const struct hive_key *root, const struct regf_header *header, const char *file_name,
               struct hive_buffer *image);
/* The header of an image whose base block is whole and was not left in the middle of a write. */
bool regf_read_header(const uint8_t *image, size_t bytes, struct regf_header *header);
/*
 * The tree, which the caller frees; 0, -ENOMEM, or -EINVAL and *why. All of the file makes sense or
 * nothing is taken: each cell is used once, lists are as long as they say, names are what a key or
 * value can be called.
 */
int regf_read(const uint8_t *image, size_t bytes, struct hive_key **root, const char **why);
