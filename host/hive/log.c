/* See log.h. */
#include "hive/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hive/file.h"
#include "hive/regf.h"

#define LOG_MAGIC 0x314745524B594444ull /* "DDYKREG1" */
#define LOG_BYTES_LIMIT (1024ull << 20)

struct header { /* at the start of the file; the image follows, then the records */
    uint64_t magic;
    uint32_t sequence, pad;
    uint64_t image_bytes, image_check;
    uint64_t check; /* of the fields before */
};

struct frame { /* before each record */
    uint32_t bytes, index;
    uint64_t own_check; /* of the two fields before and the base's check */
    uint64_t check;     /* of the record */
};

static uint64_t extend_check(uint64_t check, const void *data, size_t bytes)
{
    static uint64_t table[256]; /* of the ECMA-182 polynomial, reflected */
    const uint8_t *at = data;

    if (table[1] == 0)
        for (uint64_t i = 0; i < 256; i++) {
            uint64_t value = i;

            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? value >> 1 ^ 0xC96C5795D7870F42ull : value >> 1;
            table[i] = value;
        }
    check = ~check;
    while (bytes-- != 0)
        check = check >> 8 ^ table[(check ^ *at++) & 0xFF];
    return ~check;
}

uint64_t log_check(const void *data, size_t bytes)
{
    return extend_check(0, data, bytes);
}

static uint64_t check_frame(const struct frame *frame, const struct log_base *base)
{
    return extend_check(base->check, frame, offsetof(struct frame, own_check));
}

/* ---- reading ---- */

static bool read_header(struct log_view *view)
{
    struct header header;

    if (view->bytes < sizeof(header))
        return false;
    memcpy(&header, view->data, sizeof(header));
    if (header.magic != LOG_MAGIC ||
        header.check != log_check(&header, offsetof(struct header, check)))
        return false;
    view->base = (struct log_base){header.sequence, header.image_bytes, header.image_check};
    view->image = view->data + sizeof(header);
    view->first = sizeof(header) + (size_t)header.image_bytes;
    view->image_fine = header.image_bytes <= view->bytes - sizeof(header) &&
                       log_check(view->image, header.image_bytes) == header.image_check;
    return true;
}

int log_read(int folder_fd, const char *name, struct log_view *view)
{
    int error;

    memset(view, 0, sizeof(*view));
    error = file_read(folder_fd, name, LOG_BYTES_LIMIT, &view->data, &view->bytes);
    if (error == -ENOENT)
        return 0;
    if (error == 0)
        view->state = read_header(view) ? LOG_FINE : LOG_DAMAGED;
    return error;
}

void log_free(struct log_view *view)
{
    free(view->data);
    view->data = NULL;
}

static bool is_zero(const uint8_t *data, size_t bytes)
{
    while (bytes != 0 && *data == 0) {
        data++;
        bytes--;
    }
    return bytes == 0;
}

enum log_step log_next(const struct log_view *view, uint32_t index, size_t at,
                       struct log_record *record)
{
    struct frame frame;

    if (at >= view->bytes)
        return at == view->bytes ? LOG_END : LOG_BROKEN;
    if (view->bytes - at < sizeof(frame) || is_zero(view->data + at, view->bytes - at))
        return LOG_TORN;
    memcpy(&frame, view->data + at, sizeof(frame));
    at += sizeof(frame);
    if (frame.index != index || frame.bytes > HAL_HIVE_RECORD_LIMIT ||
        frame.own_check != check_frame(&frame, &view->base))
        return LOG_BROKEN;
    if (frame.bytes > view->bytes - at)
        return LOG_TORN;
    if (frame.check != log_check(view->data + at, frame.bytes))
        return is_zero(view->data + at, view->bytes - at) ? LOG_TORN : LOG_BROKEN;
    record->data = view->data + at;
    record->bytes = frame.bytes;
    record->end = at + frame.bytes;
    return LOG_RECORD;
}

/* ---- writing ---- */

int log_continue(int folder_fd, const char *name, const struct log_view *view, size_t end,
                 uint32_t records, struct log *log)
{
    int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)end) != 0) {
        int error = -errno;

        close(fd);
        return error;
    }
    *log = (struct log){fd, view->base, end, records};
    return 0;
}

int log_create(int folder_fd, const char *name, uint32_t sequence, const struct hive_buffer *image,
               struct log *log)
{
    struct header header = {.magic = LOG_MAGIC,
                            .sequence = sequence,
                            .image_bytes = image->bytes,
                            .image_check = log_check(image->data, image->bytes)};
    struct iovec part[2] = {{&header, sizeof(header)}, {image->data, image->bytes}};
    int fd;

    header.check = log_check(&header, offsetof(struct header, check));
    fd = file_replace(folder_fd, name, part, 2);
    if (fd < 0)
        return fd;
    if (log->fd >= 0)
        close(log->fd);
    *log = (struct log){.fd = fd,
                        .base = {sequence, image->bytes, header.image_check},
                        .bytes = sizeof(header) + image->bytes};
    return 0;
}

static int cut(struct log *log)
{
    return ftruncate(log->fd, (off_t)log->bytes) == 0 ? 0 : -EIO;
}

int log_append(struct log *log, const void *record, uint32_t bytes)
{
    static uint8_t block[sizeof(struct frame) + HAL_HIVE_RECORD_LIMIT];
    struct frame frame = {.bytes = bytes, .index = log->records};
    int error;

    frame.own_check = check_frame(&frame, &log->base);
    frame.check = log_check(record, bytes);
    memcpy(block, &frame, sizeof(frame));
    memcpy(block + sizeof(frame), record, bytes);
    error = file_write_at(log->fd, block, sizeof(frame) + bytes, log->bytes);
    if (error != 0)
        return cut(log) != 0 ? -EIO : error;
    log->bytes += sizeof(frame) + bytes;
    log->records++;
    return 0;
}

int log_take_back(struct log *log, uint32_t bytes)
{
    log->bytes -= sizeof(struct frame) + bytes;
    log->records--;
    return cut(log);
}
