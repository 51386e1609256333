/*
 * The log beside a hive file: a copy of the file as it was last written, then each change since.
 * See README.md for its format and for what a reader makes of which damage.
 */
#pragma once

#include "hive/tree.h"

struct log_base { /* of the file that the changes start from */
    uint32_t sequence;
    uint64_t bytes, check;
};

struct log { /* a log that is open for more */
    int fd;
    struct log_base base;
    uint64_t bytes;   /* of the file */
    uint32_t records; /* since the base */
};

enum log_state {
    LOG_NONE,
    LOG_FINE,
    LOG_DAMAGED
};

struct log_view {         /* a log as it was found; the pointers go into data */
    enum log_state state; /* of its header */
    uint8_t *data;        /* the whole file */
    size_t bytes;
    struct log_base base;
    bool image_fine; /* the copy of the file is what the header says */
    const uint8_t *image;
    size_t first; /* offset of the first record */
};

/* A change of the log, for a walk over them. */
struct log_record {
    const uint8_t *data;
    uint32_t bytes;
    size_t end; /* of it, in the log */
};

enum log_step {
    LOG_RECORD,
    LOG_END,
    LOG_TORN /* one that was not finished is last */,
    LOG_BROKEN
};

uint64_t log_check(const void *data, size_t bytes);                   /* CRC-64 */
int log_read(int folder_fd, const char *name, struct log_view *view); /* 0 or -errno; NONE is 0 */
void log_free(struct log_view *view);
/* The record at an offset: view->first, then each record's end. */
enum log_step log_next(const struct log_view *view, uint32_t index, size_t at,
                       struct log_record *record);
/* Goes on with a log that was read up to end: what is after it is cut off. 0 or -errno. */
int log_continue(int folder_fd, const char *name, const struct log_view *view, size_t end,
                 uint32_t records, struct log *log);
/* Writes a new log for the image, to the disk, and puts it in the old one's place. 0 or -errno. */
int log_create(int folder_fd, const char *name, uint32_t sequence, const struct hive_buffer *image,
               struct log *log);
/* 0, or -errno and the log is as it was; -EIO: it is not, and must not be used any more. */
int log_append(struct log *log, const void *record, uint32_t bytes);
/* Takes the last record, of that many bytes, off again. */
int log_take_back(struct log *log, uint32_t bytes);
