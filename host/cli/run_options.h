/* What `drydock run` was asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"
#include "cli/program.h"
#include "gpu/gpu.h"
#include "qemu/qemu.h"

struct cli_verb;

#define RUN_DRIVER_LIMIT 32u
#define RUN_SURPRISE_LIMIT 16u
#define RUN_DEVICE_LIMIT 16u
#define RUN_QEMU_LIMIT 4u
#define RUN_SLEEP_LIMIT 4096u
#define RUN_ETW_LIMIT 32u

struct run_etw { /* event providers to listen to */
    char who[40]; /* "{GUID}" or "all" */
    unsigned level; /* 0: any */
    uint64_t keywords; /* 0: any */
};

#define RUN_DRIVE_LIMIT BROKER_MAX_DRIVES
struct run_drive {
    char letter; /* upper case */
    const char *path;
};

struct run_options {
    uint64_t seed;
    uint64_t ram_mib;
    uint64_t timeout_s; /* real seconds, 0: none */
    uint32_t processors;
    uint32_t language; /* of a new machine's texts: a LANGID, by LC_ALL, LC_MESSAGES or LANG */
    const char *machine; /* folder, NULL: temporary */
    unsigned hardware_id_count;
    const char *hardware_id[RUN_DRIVER_LIMIT]; /* [DRIVER=]ID */
    unsigned surprise_count;
    const char *surprise[RUN_SURPRISE_LIMIT]; /* instance paths */
    bool tree;
    bool requests;
    bool await; /* drivers wait for their devices */
    bool wmi;
    unsigned etw_count;
    struct run_etw etw[RUN_ETW_LIMIT];
    char wmi_guid[40]; /* "{...}", or empty: every block */
    unsigned sleep_count;
    uint16_t sleep[RUN_SLEEP_LIMIT]; /* 1 to 4: S1 to S4; HAL_SLEEP_UNTIL_WOKEN */
    const char *save_path, *restore_path;
    uint64_t cycles;  /* times that the drivers are loaded and unloaded */
    uint64_t fail_allocation; /* 0: none */
    uint32_t special_pool;    /* a pool tag, '*': all; 0: none */
    uint64_t save_at; /* safe point number */
    bool json, hash, gate, real_clock, prefix;
    bool keep_registry; /* in machine/registry */
    int own_argc; /* words before the first "--" */
    uint32_t boot_options; /* HAL_BOOT_* */
    enum gpu_mode gpu_mode;
    uint32_t gpu_count; /* of simulated ones */
    int argc; /* of the whole command line, for the command that repeats the run */
    char **argv;
    unsigned driver_count;
    const char *driver[RUN_DRIVER_LIMIT];
    unsigned program_count; /* run one after the other */
    struct program_words program[PROGRAM_LIMIT];
    unsigned background_count;
    struct program_words background[PROGRAM_LIMIT];
    unsigned device_count;
    const char *device[RUN_DEVICE_LIMIT]; /* NAME or path, with ",arguments" */
    unsigned drive_count;
    struct run_drive drive[RUN_DRIVE_LIMIT];
    unsigned qemu_count;
    const char *qemu[RUN_QEMU_LIMIT]; /* NAME of QEMU's, with ",properties" */
    struct qemu_backends qemu_backends;
};

/* 0, or the exit status after a message. */
int run_options_parse(struct run_options *options, int argc, char **argv);
/* --signing, in optarg. 0, or the exit status after a message. */
int run_options_parse_signing(const struct cli_verb *verb, uint32_t *boot_options);
/* The language of a new machine's texts, by LC_ALL, LC_MESSAGES or LANG: a LANGID. */
uint32_t run_options_language(void);
void run_options_free(struct run_options *options);
/* The command that repeats the run, with its seed; to be freed. */
char *run_options_repeat_command(const struct run_options *options);
