/*
 * The keeper of a booted machine: one process in the background, with the machine process as its
 * child. One thread, one loop: supervisor_serve's, which waits for the clients as well. Everything
 * that grows with what a client or the machine sends is bounded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"
#include "daemon/frame.h"
#include "daemon/place.h"
#include "daemon/request.h"
#include "gpu/gpu.h"
#include "hal.h"
#include "hive/store.h"
#include "sign/sign.h"
#include "supervisor/supervisor.h"

#define CLIENT_LIMIT 256u
#define CLIENT_HIGH_WATER 262144u /* bytes that wait: the program's writers wait too from here on */
#define CLIENT_LOW_WATER 65536u
#define CLIENT_BOUND (4u << 20) /* ... and here it is given up */
#define CLIENT_INPUT_LIMIT 65536u
#define DEBUG_RING_BYTES (1u << 20)

struct client {
    int fd;
    bool asked;      /* its request has come */
    bool follows;    /* debug output */
    bool ends;       /* the last frame is in the queue */
    bool waits_for_end; /* of the machine */
    uint32_t terminal; /* of its program; 0: none runs */
    bool stopped;    /* its program's writers wait */
    uint32_t power;  /* number of its power request; 0: none */
    bool wanted;     /* the program waits for input */
    bool input_asked; /* the client was asked for some */
    bool input_ended;
    size_t received;
    uint8_t in[sizeof(struct frame_header) + FRAME_BODY_LIMIT];
    size_t input_bytes;
    uint8_t input[CLIENT_INPUT_LIMIT];
    struct frame_queue out;
};

struct command { /* for the machine's session manager */
    struct command *next;
    uint32_t kind;
    uint64_t argument;
    uint32_t text_bytes;
    char text[];
};

struct daemon {
    /* ---- given ---- */
    struct place place;
    const char *build;    /* folder of the kernel and of what Windows ships with */
    struct machine_options machine;
    broker *broker;
    struct hive_store *hives;
    struct gpus *gpus;
    struct sign_store *signatures;
    int lock_fd;
    int ready_fd; /* told when the machine is up, "ready" and a newline, or why it is not */
    char said[400]; /* by the registry, last, while it was booted; "": nothing */
    /* ---- */
    int listen_fd;
    int gone_fd; /* inotify: files that are deleted from the folder; or -1 */
    struct supervisor supervisor;
    bool ready;
    bool stopping; /* a shutdown was asked for */
    uint64_t stop_by_ms;
    uint64_t since_s;     /* when it was ready: seconds since 1970 */
    unsigned client_count;
    struct client *client[CLIENT_LIMIT];
    struct command *first_command, *last_command, *given; /* given: what the machine works on */
    uint32_t last_terminal, last_power;
    struct supervisor_ops ops;
    /* ---- debug output: whole lines, the oldest go first ---- */
    size_t debug_used;
    uint64_t debug_lost; /* lines that had to go */
    char debug_ring[DEBUG_RING_BYTES]; /* JSON, NUL-terminated each */
    char debug_partial[4096];
    size_t debug_partial_bytes;
    uint64_t debug_time_100ns;
    char debug_source[320]; /* "processor TAB level TAB component TAB module" of what comes */
};

/*
 * Runs the machine until it ends; in the background's process, with the lock. The exit status.
 * *gpus and *broker stay the caller's; the hives are written and closed.
 */
int daemon_run(struct daemon *daemon);

/* ---- client.c ---- */
void client_accept(struct daemon *daemon);
/* What the socket has, and room for what waits. False: the client is gone and freed. */
void client_serve(struct daemon *daemon, struct client *client, short events);
struct client *client_of_terminal(struct daemon *daemon, uint32_t terminal);
/* A frame for the client, in pieces if it is long; its program's writers are held when too much
 * waits. */
void client_write(struct daemon *daemon, struct client *client, uint32_t kind, const void *text,
                  size_t bytes);
/* The last frame: {"exit": code} or {"error": text}. */
void client_end_exit(struct daemon *daemon, struct client *client, uint32_t exit_code);
void client_end_error(struct daemon *daemon, struct client *client, const char *text);
/* The power request with that number is done: {"state": 0, or what it sleeps in}. */
void client_end_power(struct daemon *daemon, uint32_t number, uint32_t status, unsigned state);
/* The program wants a line. */
void client_want(struct daemon *daemon, struct client *client);
/* Frees those whose connection is over. */
void client_sweep(struct daemon *daemon);
/* Tells all that the machine has ended, gives them a second to take it, and frees them. */
void client_end_all(struct daemon *daemon, const char *text);

/* ---- command.c ---- */
/* Queues a command and rings. 0 or -ENOMEM. */
int command_queue(struct daemon *daemon, uint32_t kind, uint64_t argument, const void *text,
                  size_t bytes);
void command_next(void *context, HAL_COMMAND *command); /* supervisor_ops.next_command */
void command_free_all(struct daemon *daemon);

/* ---- output.c ---- */
/* supervisor_ops.console: to whom it belongs. */
void output_write(void *context, uint64_t stream, const char *text, size_t bytes,
                  uint64_t time_100ns);
/* The lines that are kept, to a client that asked for them. */
void output_replay(struct daemon *daemon, struct client *client);

/* ---- stop.c ---- */
/*
 * How the machine ended: 0 by its shutdown. Else the exit status, text has a sentence, and
 * DIR/report.txt and DIR/stopped are written.
 */
int stop_judge(struct daemon *daemon, const struct supervisor_result *result, char *text,
               size_t limit);
