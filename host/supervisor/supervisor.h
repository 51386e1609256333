/*
 * The supervisor's side of one machine: forks the machine process, serves its channel until it
 * stops, reaps it. It trusts nothing that comes over the channel.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "hal/channel.h"
#include "hal/machine.h"

#define SUPERVISOR_WATCH_LIMIT 512u

/* What a run supplies; each callback may be NULL. */
struct supervisor_ops {
    void *context;
    /* The next command for the machine; the last command's status is in *command. */
    void (*next_command)(void *context, HAL_COMMAND *command);
    void (*console)(void *context, uint64_t stream, const char *text, size_t bytes,
                    uint64_t virtual_time_100ns);
    /* Serves the body of a CHANNEL_FILE packet; returns the bytes of the answer, or -errno to end
     * the machine. */
    long (*file)(void *context, const void *body, size_t body_bytes, void *reply,
                 size_t reply_limit);
    /* The same for a CHANNEL_HIVE packet. */
    long (*hive)(void *context, const void *body, size_t body_bytes, void *reply,
                 size_t reply_limit);
    /* Verifies the image at request->image of the machine's memory, which does not change until
     * this returns; NULL: every image is unsigned. */
    void (*sign)(void *context, HAL_SIGN_REQUEST *request);
    /* Fills what HAL_GPU_INFO gives out, for info->index; NULL: there is no adapter. */
    void (*gpu)(void *context, HAL_GPU_INFO *info, uint64_t virtual_time_100ns);
    /* An access to a device that QEMU plays; NULL: there is none. */
    void (*qemu)(void *context, struct channel_qemu *access);
    /* The machine is at a safe point and asked to be saved; its RAM does not change until this
     * returns. */
    void (*save)(void *context, uint64_t rsp, uint64_t gs_base);
    /*
     * Called between packets, after a signal that this process catches, and every tick_ms (0: ten
     * times a second; negative: no oftener); false ends the machine.
     */
    bool (*tick)(void *context);
    int tick_ms;
    /*
     * What else is waited for: fills at most limit entries and returns how many; they come back
     * with revents after each wait, whether or not anything happened to them.
     */
    size_t (*watch)(void *context, struct pollfd *entries, size_t limit);
    void (*watched)(void *context, const struct pollfd *entries, size_t count);
    /* What the machine reads as its standard input; -1: it is at its end. */
    int input_fd;
};

struct supervisor_result {
    bool stopped;  /* the machine said why it stopped; else it died */
    uint32_t kind; /* HAL_STOP_* */
    uint64_t argument;
    uint32_t trap_signal; /* the HAL failed on this signal */
    uint64_t rip;
    int wait_status; /* of the process */
    bool timed_out;
    bool interrupted;    /* *interrupt was set, or tick said so */
    const char *refused; /* the machine broke the channel's rules: how; NULL otherwise */
};

/* The host's input between its file and the machine. A request is answered when a line is complete,
 * the buffer holds all that was asked for, or the input has ended: never by how much came at a
 * time. */
struct supervisor_input {
    uint32_t wanted; /* bytes of the request that waits; 0: none does */
    uint32_t start, end; /* of what is read and not handed on, in buffer */
    bool ended;
    uint8_t buffer[HAL_INPUT_CHUNK];
};

struct supervisor {
    int doorbell_fd; /* an eventfd */
    int ram_fd;
    uint8_t *ram; /* read-only view for reports */
    uint64_t ram_bytes;
    int channel_fd;
    pid_t child;
    struct supervisor_input input;
};

struct supervisor_restore { /* a saved machine to go on with, instead of a boot */
    uint64_t rsp, gs_base, root_pfn;
};

/* Creates RAM, for who needs it before the machine; supervisor_start does so otherwise. The
 * structure is zero before; supervisor_end gives it back. 0 or -errno. */
int supervisor_create_ram(struct supervisor *supervisor, uint64_t bytes);
/* Creates RAM and the machine process. restore may be NULL; with it RAM is filled by fill(context,
 * ram) first. */
int supervisor_start(struct supervisor *supervisor, const struct machine_options *options,
                     const struct supervisor_restore *restore, int ram_image_fd);
/*
 * Serves until the machine stops, timeout_ms real milliseconds pass (0 = none), or *interrupt
 * becomes nonzero (a signal handler may set it). The machine process is gone when this returns; its
 * RAM stays until supervisor_end.
 */
void supervisor_serve(struct supervisor *supervisor, const struct supervisor_ops *ops,
                      uint64_t timeout_ms, volatile int *interrupt,
                      struct supervisor_result *result);
/* Wakes a machine that was booted: it asks for its next command. */
void supervisor_ring(const struct supervisor *supervisor);
/* Tells the machine that its time is up: it stops and says where it is (HAL_STOP_TIME_IS_UP), if it
 * can. */
void supervisor_end_time(const struct supervisor *supervisor);
void supervisor_end(struct supervisor *supervisor); /* kills what is left, unmaps RAM */
