/* See frame.h. */
#include "daemon/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_KEEP 65536u /* an empty queue gives back what is more than that */

long frame_parse(const uint8_t *data, size_t bytes, struct frame *frame)
{
    struct frame_header header;

    if (bytes < sizeof(header))
        return 0;
    memcpy(&header, data, sizeof(header));
    if (header.bytes > FRAME_BODY_LIMIT)
        return -EPROTO;
    if (bytes - sizeof(header) < header.bytes)
        return 0;
    *frame = (struct frame){header.kind, header.bytes, data + sizeof(header)};
    return (long)(sizeof(header) + header.bytes);
}

size_t frame_queued(const struct frame_queue *queue)
{
    return queue->end - queue->start;
}

static int make_room(struct frame_queue *queue, size_t bytes)
{
    size_t capacity = queue->capacity == 0 ? 4096 : queue->capacity;
    uint8_t *data;

    if (queue->start != 0) {
        memmove(queue->data, queue->data + queue->start, frame_queued(queue));
        queue->end -= queue->start;
        queue->start = 0;
    }
    while (capacity - queue->end < bytes)
        capacity *= 2;
    if (capacity == queue->capacity)
        return 0;
    data = realloc(queue->data, capacity);
    if (data == NULL)
        return -ENOMEM;
    queue->data = data;
    queue->capacity = capacity;
    return 0;
}

int frame_append(struct frame_queue *queue, uint32_t kind, const void *body, size_t bytes)
{
    struct frame_header header = {kind, (uint32_t)bytes};

    if (queue->capacity - queue->end < sizeof(header) + bytes &&
        make_room(queue, sizeof(header) + bytes) != 0)
        return -ENOMEM;
    memcpy(queue->data + queue->end, &header, sizeof(header));
    if (bytes != 0)
        memcpy(queue->data + queue->end + sizeof(header), body, bytes);
    queue->end += sizeof(header) + bytes;
    return 0;
}

int frame_flush(struct frame_queue *queue, int fd)
{
    while (queue->start != queue->end) {
        ssize_t n = send(fd, queue->data + queue->start, frame_queued(queue),
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        queue->start += (size_t)n;
    }
    if (queue->capacity > QUEUE_KEEP)
        frame_free(queue);
    return 0;
}

void frame_free(struct frame_queue *queue)
{
    free(queue->data);
    *queue = (struct frame_queue){0};
}

int frame_send(int fd, uint32_t kind, const void *body, size_t bytes)
{
    struct frame_queue queue = {0};
    int error = frame_append(&queue, kind, body, bytes);

    while (error == 0 && queue.start != queue.end) {
        ssize_t n = send(fd, queue.data + queue.start, frame_queued(&queue), MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            error = -errno;
        queue.start += n > 0 ? (size_t)n : 0;
    }
    frame_free(&queue);
    return error;
}
