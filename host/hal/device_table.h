/*
 * Private to device*.c: the machine's devices, and the table in RAM that remembers what they are
 * at.
 */
#pragma once

#include "hal/device.h"
#include "hal/device_config.h"

#define NO_TIMER UINT64_MAX

/* Times at which a device is plugged in and out (device_plug.c) follow its own timers, then those
 * of interrupts that come late or again and of writes on their way (device_fault.c). */
enum { PLUG_ARRIVES = DD_DEVICE_TIMERS, PLUG_LEAVES, PLUG_RETURNS, FAULT_INTERRUPT, FAULT_AGAIN,
       FAULT_WRITE, TIMER_COUNT };

struct fault {
    uint32_t lost_interrupts;   /* so many more interrupts are to get lost */
    uint32_t repeated_messages; /* so many more messages are to come twice */
    uint32_t waiting_messages, waiting_line; /* interrupts that are late */
    uint32_t again_messages;
    uint32_t pad;
    uint64_t interrupts_late_100ns, writes_late_100ns;
    uint64_t reads, first_unanswered, unanswered; /* register reads; 0: all are answered */
    uint64_t transfers, failing_transfer;         /* the number of one; 0: none */
};

#define POSTED_WRITES 64u
#define POSTED_BYTES 65536u
/* Writes to memory that have not arrived. */
struct posted {
    uint32_t first, count, used_bytes, pad;
    struct posted_write {
        uint64_t address, due_100ns;
        uint32_t offset, bytes; /* in data */
    } write[POSTED_WRITES];
    uint8_t data[POSTED_BYTES];
};

/* In RAM, and all plain data: a saved machine goes on from it. */
struct table {
    uint64_t magic;
    uint32_t count, record_bytes;
    uint64_t now_100ns; /* while timers are run: the time of the one that runs */
    uint64_t poll_rip, poll_address, poll_value;
    uint32_t poll_count, noted; /* noted: accesses to nothing that were logged */
    struct record {
        char name[32];
        uint64_t state_offset;
        uint64_t due_100ns[TIMER_COUNT];
        uint32_t vector[HAL_DEVICE_MESSAGES]; /* 0: off */
        uint32_t present; /* 0: not there; else how often it has been plugged in */
        uint32_t plugged; /* how often that has been so far */
        uint32_t asserted, line;
        uint32_t pad;
        uint64_t accesses, gone_after; /* surprise removal after so many accesses; 0: never */
        uint64_t late_100ns;           /* timing injection: its timers are so much late */
        struct fault fault;
        struct device_config config, first;   /* first: as it is when it is plugged in */
    } record[DEVICE_LIMIT];
};

struct device {
    DD_DEVICE public;
    DD_DEVICE_MODEL model;
    const char *arguments;
    struct record *record;
    uint32_t bus_number;   /* that it is on; 0 without a bridge */
    uint32_t secondary_bus; /* a bridge's; else 0 */
    struct device *bridge; /* that it is behind, NULL none */
    struct posted *posted; /* NULL: what it writes to memory arrives at once */
    const struct device_outside *outside; /* NULL: the model's library plays it */
};

extern struct device g_devices[DEVICE_LIMIT]; /* set before the machine is forked */
extern uint32_t g_device_count;               /* so is this */
extern struct table *g_device_table;          /* by device_reserve */

/* ---- device.c ---- */
extern const DD_DEVICE_HOST device_host;
/* A model's code runs between these two: should it never come back, RAM says whose it was. */
void device_enter(const struct device *device);
void device_leave(void);
uint64_t device_now(void);
void device_update_interrupts(void);
void device_update_due(void);
/* As if nothing could go wrong. */
void device_deliver_message(struct device *device, uint32_t message);
void device_assert_line(struct device *device, bool asserted);

/* ---- device_plug.c ---- */
/* What is wrong with the times that the arguments give; NULL: nothing. */
const char *plug_check(const struct device *device);
/* Whether it is there from the start, and when that changes. */
void plug_init(struct device *device);
/* The model's first state. 0, or -1 after it has said why not. */
int plug_start_model(struct device *device);
void plug_out(struct device *device);
void plug_event(struct device *device, uint32_t id); /* PLUG_* */

/* ---- device_fault.c ---- */
uint64_t fault_posted_bytes(const char *arguments); /* of struct posted, when it needs one */
void fault_init(struct device *device);
void fault_forget(struct device *device); /* it is pulled out: nothing more comes of it */
void fault_message(struct device *device, uint32_t message);
void fault_line(struct device *device, bool asserted);
bool fault_read(struct device *device);     /* this register read is not answered */
bool fault_transfer(struct device *device); /* this transfer fails */
void fault_write(struct device *device, uint8_t *target, const void *buffer, uint64_t bytes);
void fault_push(struct device *device); /* what is on its way arrives */
void fault_event(struct device *device, uint32_t id); /* FAULT_* */
