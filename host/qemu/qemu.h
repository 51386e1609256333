/*
 * One PCI device that QEMU plays: a QEMU process of its own, with no guest system in it, whose RAM
 * is the machine's, so that the device's transfers and messages go straight there. The supervisor
 * starts it and talks to it; the machine asks the supervisor (channel.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "hal/channel.h"
#include "hal/device.h"

#define QEMU_RAM_LIMIT (3072ull << 20) /* the PC that QEMU plays has its devices above that */

/* Disks and networks that devices can name. */
#define QEMU_BACKEND_LIMIT 4u
enum { QEMU_DRIVE = 1, QEMU_NETDEV };
struct qemu_backends {
    unsigned count;
    struct qemu_backend {
        int kind;         /* QEMU_DRIVE, QEMU_NETDEV */
        const char *text; /* of -drive or -netdev, with an id */
    } backend[QEMU_BACKEND_LIMIT];
};

struct qemu_words { /* of QEMU's command line */
    char device[600];
    unsigned backend_count;
    struct qemu_word {
        const char *option;
        char text[600];
    } backend[QEMU_BACKEND_LIMIT];
};

struct qemu {
    char name[32]; /* "edu" */
    pid_t child;   /* -1: none */
    int error_fd;  /* a memfd with what QEMU wrote to its standard error */
    bool line;     /* its interrupt line is asserted */
    bool failed;
    char why[400]; /* once failed */
    uint64_t clock_100ns; /* QEMU's virtual time when it was last asked */
    uint64_t first_answer; /* of the last qemu_ask: its first command's */
    bool plugged;         /* the device is in QEMU's bus */
    char words[600];      /* its -device argument */
    struct qemu_lines {
        int fd;           /* -1: none */
        uint32_t held;    /* bytes in buffer */
        char buffer[4096];
    } qtest, monitor;
    bool has_greeted;     /* the monitor takes commands */
    uint64_t base[DD_DEVICE_REGIONS]; /* where the base address registers are now */
    struct device_outside device;
};

/*
 * Starts QEMU with "NAME[,property=value...]" and finds out what the device is. -1 with a reason in
 * why: QEMU is not there, does not know the device or refuses its properties.
 */
int qemu_start(struct qemu *qemu, const char *device, const struct qemu_backends *backends,
               int ram_fd, uint64_t ram_bytes, char *why, size_t why_bytes);
/* Does one access for the machine, of which nothing is trusted; status is not 0 once QEMU has
 * failed. */
void qemu_access(struct qemu *qemu, struct channel_qemu *access);
void qemu_stop(struct qemu *qemu); /* kills it; harmless on one that is all zero */

/* ---- options.c ---- */
/* Prints which devices were tried and how they are given. */
void qemu_print_help(FILE *to);
const char *
qemu_check_backend(const struct qemu_backend *backend); /* what is wrong with it, or NULL */
/* given: "property=value,...". -1 when it is too long. */
int qemu_choose_words(struct qemu_words *words, const char *name, const char *given,
                      const struct qemu_backends *backends);

/* ---- process.c ---- */
int qemu_spawn(struct qemu *qemu, const struct qemu_words *words, int ram_fd, uint64_t ram_bytes);
/* The process is over or does not answer: failed is set, with what it said last. */
void qemu_fail(struct qemu *qemu, const char *what);

/* ---- monitor.c: hot plug ---- */
void qemu_unplug(struct qemu *qemu);
void qemu_plug(struct qemu *qemu);

/* ---- qtest.c: one command, or several whose answers are dropped but the last one's ---- */
/* The answer's value, 0 without one; check failed. */
uint64_t qemu_ask(struct qemu *qemu, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line that QEMU sends, without its end; false: it failed. */
bool qemu_next_line(struct qemu *qemu, struct qemu_lines *lines, char *line, size_t limit);

/* ---- pci.c ---- */
uint32_t qemu_read_config(struct qemu *qemu, uint32_t offset, uint32_t width);
void qemu_write_config(struct qemu *qemu, uint32_t offset, uint32_t width, uint32_t value);
/* Fills device; -1 with a reason when a machine cannot have it. */
int qemu_identify(struct qemu *qemu, char *why, size_t why_bytes);
