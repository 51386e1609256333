/*
 * The channel between the machine process and its supervisor: one SOCK_SEQPACKET pair. Each packet
 * is a channel_header, then a body. The machine is not trusted: the supervisor checks every length.
 *
 * CHANNEL_FILE is answered by CHANNEL_FILE (the request with its results, then data read);
 * CHANNEL_COMMAND by CHANNEL_COMMAND; CHANNEL_SAVE by CHANNEL_SAVE; CHANNEL_INPUT by CHANNEL_INPUT,
 * whose body is the input itself, once there is some; CHANNEL_GPU by CHANNEL_GPU, a HAL_GPU_INFO;
 * CHANNEL_HIVE by CHANNEL_HIVE (the request with its results, then what was loaded); CHANNEL_QEMU
 * by CHANNEL_QEMU, the access with its result. CHANNEL_CONSOLE and CHANNEL_STOP get no answer.
 */
#pragma once

#include <stdint.h>

#include "hal.h"

enum {
    CHANNEL_CONSOLE = 1,
    CHANNEL_FILE,
    CHANNEL_COMMAND,
    CHANNEL_STOP,
    CHANNEL_SAVE,
    CHANNEL_INPUT,
    CHANNEL_GPU,
    CHANNEL_HIVE,
    CHANNEL_QEMU,
    CHANNEL_SIGN
};

/* The doorbell, an eventfd beside the channel: so many rings at once say that the time is up, fewer
 * that a command waits. */
#define CHANNEL_TIME_IS_UP (1ull << 32)

struct channel_header {
    uint32_t kind;
    uint32_t body_bytes;
};

struct channel_console {
    uint64_t stream; /* HAL_STREAM_OF */
    uint64_t bytes;  /* follow */
    uint64_t virtual_time_100ns;
};

struct channel_file { /* path_bytes of path, then data_bytes of data follow */
    HAL_FILE_REQUEST request;
    uint32_t path_bytes;
    uint32_t data_bytes;
    uint64_t virtual_time_100ns;
};

struct channel_stop {
    uint32_t kind; /* HAL_STOP_* */
    uint32_t trap_signal; /* host signal when the HAL itself failed, else 0 */
    uint64_t argument;
    uint64_t rip;
};

struct channel_save {
    uint64_t rsp, gs_base, count;
};

struct channel_input {
    uint32_t bytes; /* wanted at most: 1 to HAL_INPUT_CHUNK */
};

struct channel_gpu {
    uint32_t index;
    uint32_t pad;
    uint64_t virtual_time_100ns;
};

struct channel_hive { /* data_bytes of data follow */
    HAL_HIVE_REQUEST request;
    uint32_t data_bytes;
    uint32_t pad;
};

/* An access to a device that QEMU plays (host/qemu). */
enum { QEMU_READ = 1, QEMU_WRITE, QEMU_SETTLE, QEMU_UNPLUG, QEMU_CONFIG_READ, QEMU_CONFIG_WRITE,
       QEMU_PLUG };
struct channel_qemu {
    uint32_t device;    /* its number among them */
    uint32_t operation; /* QEMU_*; SETTLE only asks for what follows below */
    uint32_t region, width;
    uint64_t offset, value;
    /* in the answer */
    int32_t status;       /* not 0: QEMU is gone */
    uint32_t line;        /* the interrupt line is asserted */
    uint64_t clock_100ns; /* QEMU's virtual time at the last SETTLE or WRITE */
};

#define CHANNEL_MAX_PATH 2048u
#define CHANNEL_MAX_PACKET                                                                         \
    (sizeof(struct channel_header) + sizeof(struct channel_file) + CHANNEL_MAX_PATH +              \
     HAL_FILE_CHUNK)
