/* Whole files in a folder that is open, for hives and their logs. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The file's bytes, to be freed; 0, -ENOENT, -errno, or -EFBIG beyond limit. Links are not
 * followed. */
int file_read(int folder_fd, const char *name, size_t limit, uint8_t **data, size_t *bytes);
/* All the bytes at the offset, or -errno. */
int file_write_at(int fd, const void *data, size_t bytes, uint64_t offset);
/* A new file of the parts, on the disk, in the place of NAME: as a whole or not at all. Its
 * descriptor or -errno. */
int file_replace(int folder_fd, const char *name, const struct iovec *part, int count);
