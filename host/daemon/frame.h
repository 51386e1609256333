/*
 * What goes over a booted machine's socket: frames, a header and a body each, in a stream. Neither
 * side trusts the other's lengths.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BODY_LIMIT 32768u

enum { /* from a client */
    FRAME_REQUEST = 1, /* JSON, the first frame and no other: request.h */
    FRAME_INPUT,       /* of its standard input, after FRAME_WANT; empty: there is no more */
    FRAME_INTERRUPT    /* Ctrl-C */
};
enum { /* to a client */
    FRAME_STDOUT = 32,
    FRAME_STDERR,
    FRAME_LOG,   /* Drydock's own words on the program, a line */
    FRAME_WANT,  /* the program reads */
    FRAME_DEBUG, /* a line of debug output: JSON */
    FRAME_REPORT, /* records of what was asked for, lines */
    FRAME_END    /* JSON, the last frame: "exit", or "error" with a text, or what was asked for */
};

struct frame_header {
    uint32_t kind;
    uint32_t bytes; /* of the body, at most FRAME_BODY_LIMIT */
};

struct frame {
    uint32_t kind;
    uint32_t bytes;
    const uint8_t *body; /* in the bytes that were parsed */
};

/* Bytes on their way; grows. */
struct frame_queue {
    uint8_t *data;
    size_t start, end, capacity;
};

/* The first frame of the bytes: what it takes of them, 0 when it is not whole yet, -EPROTO when it
 * is none. */
long frame_parse(const uint8_t *data, size_t bytes, struct frame *frame);
/* 0 or -ENOMEM. */
int frame_append(struct frame_queue *queue, uint32_t kind, const void *body, size_t bytes);
size_t frame_queued(const struct frame_queue *queue); /* bytes */
/* Writes what the socket takes. 0 or -errno; a full socket is no error. */
int frame_flush(struct frame_queue *queue, int fd);
void frame_free(struct frame_queue *queue);
/* The whole frame, waiting for the socket. 0 or -errno. */
int frame_send(int fd, uint32_t kind, const void *body, size_t bytes);
