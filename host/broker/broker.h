/*
 * The file broker: does a machine's HAL_FILE requests, in the supervisor, inside one folder (the
 * machine's C/) and those shown as other drives, and nowhere else. The machine is not trusted:
 * nothing it sends can reach another file, a device, or unbounded memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hal.h"

typedef struct broker broker;

struct broker_options {
    const char *volume_path;  /* folder shown as C:\ */
    const char *inbox_path;   /* build folder whose images appear in Windows/System32, or NULL */
    uint64_t boot_time_100ns; /* NT time at virtual time 0; real_times takes the host's clock */
    uint64_t quota_bytes;     /* how much this run may add to the folder; 0: the default */
    bool real_times; /* report the host's file times and space instead of reproducible ones */
};

#define BROKER_DEFAULT_QUOTA_BYTES (4ull << 30)
#define BROKER_VOLUME_BYTES (64ull << 30)
#define BROKER_MAX_HANDLES 2048u
#define BROKER_MAX_CREATED 131072u            /* files and folders a run may create */
#define BROKER_MAX_SNAPSHOT_BYTES (32u << 20) /* all directory lists in progress together */
#define BROKER_MAX_PATH 2048u
#define BROKER_MAX_DRIVES 8u

/* 0 or -errno (the folder cannot be opened, no memory). */
int broker_create(const struct broker_options *options, broker **result);
/*
 * Shows a folder as another drive, read-only: 'A' to 'Z' but C. 0 or -errno: -EEXIST, -ENOSPC, what
 * the folder's opening gives.
 */
int broker_add_drive(broker *self, char letter, const char *path);
uint32_t broker_drives(const broker *self); /* without C: bit n is 'A' + n */
/* Closes every handle the machine left open. NULL is fine. */
void broker_destroy(broker *self);
/* Handles that the machine has open. */
unsigned broker_open_handles(const broker *self);

/*
 * Does one request. path: request->path_bytes bytes, not terminated. data: HAL_FILE_CHUNK bytes;
 * in: what WRITE writes, out: what READ and LIST give, request->length bytes of it. The result is
 * in *request: always an NTSTATUS, and for what is not given back the request's own value.
 */
void broker_execute(broker *self, HAL_FILE_REQUEST *request, const char *path, uint8_t *data,
                    uint64_t virtual_time_100ns);

/*
 * Does the request in the body of a CHANNEL_FILE packet and writes the body of the answer
 * (reply_limit must be at least BROKER_MAX_REPLY). Returns its bytes, or -EPROTO when the lengths
 * in the packet disagree with each other: no HAL sends that, so the machine is to be ended.
 */
#define BROKER_MAX_REPLY (sizeof(HAL_FILE_REQUEST) + 64u + HAL_FILE_CHUNK)
long broker_serve(broker *self, const void *body, size_t body_bytes, void *reply,
                  size_t reply_limit);

/*
 * Writes what a machine needs of its broker beside the folder's files, and takes it back in a new
 * broker on a copy of that folder. 0 or -errno; -EBUSY: a file is open and deleted, such a machine
 * cannot be saved.
 */
int broker_save(const broker *self, FILE *out);
int broker_restore(broker *self, FILE *in);
