/*
 * Device models in the machine: loading them, their registers on the bus, timers, interrupts. The
 * state of all of them lies in pages at the top of RAM that the guest does not get.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drydock_device.h"
#include "hal.h"

#define DEVICE_LIMIT 16u

/* ---- in the supervisor, before the machine is forked ---- */
/* Loads and configures the model at path, which has the arguments; -1 with a reason in why. */
int device_load(const char *path, const char *arguments, char *why, size_t why_bytes);
/* Whether the loaded models fit a machine with so much RAM; -1 with a reason. */
int device_check(uint64_t ram_bytes, char *why, size_t why_bytes);
const char *device_name(uint32_t index); /* of a loaded model, or NULL */
/* The loaded model is a display adapter on the PCI bus; sets *slot. */
bool device_is_display(uint32_t index, uint32_t *slot);

/* ---- devices that QEMU plays: the supervisor does their accesses (channel.h) ---- */
struct device_outside {
    DD_DEVICE_MODEL model;       /* what PCI says of it; no callbacks */
    uint32_t number;             /* channel_qemu.device */
    uint32_t message_capability; /* MSI's or MSI-X's offset, 0 none */
    uint32_t wide_message;       /* MSI: its address has 64 bits */
    uint32_t table_region, table_offset; /* MSI-X */
};
/* As device_load. *outside stays the caller's and is kept. */
int device_add_outside(const struct device_outside *outside, const char *arguments, char *why,
                       size_t why_bytes);

/* ---- device_outside.c ---- */
extern const DD_DEVICE_MODEL
    device_outside_callbacks; /* state, callbacks: for a copy of the model */
/* A message is switched on or off. */
void device_outside_set_message(DD_DEVICE *device, const struct device_outside *outside,
                                uint32_t message, bool on);
/* Gives it the addresses and the line that stand in config, the machine's idea of its first bytes.
 */
void device_outside_place(DD_DEVICE *device, const uint8_t *config);
/* Plugs it into QEMU again, as above. False: QEMU is gone. */
bool device_outside_plug(DD_DEVICE *device, const uint8_t *config);
uint32_t device_outside_config(DD_DEVICE *device, uint32_t offset, uint32_t width, bool write,
                               uint32_t value);

/* ---- in the machine process ---- */
const struct device_outside *device_outside_of(const DD_DEVICE *device);
void device_pull_out(DD_DEVICE *device); /* from within a callback */
/* Takes the models' pages off the top of g_machine's RAM. */
void device_reserve(void);
/* Fresh machine: bus addresses, first states; -EINVAL when a model refuses (it has said why).
 * g_machine.loader is set. */
int device_init(void);
/* Restored machine: its RAM must hold the same devices; -EINVAL otherwise. */
int device_attach(void);

/* HAL_VECTOR.device */
int64_t device_call(uint64_t operation, uint64_t index, uint64_t argument);

/* ---- the bus, for device_access.c ---- */
/* Reads or writes width bytes (1, 2, 4, 8) at a bus address; what no region claims reads as ones.
 */
uint64_t device_bus_read(bool port, uint64_t address, uint32_t width);
void device_bus_write(bool port, uint64_t address, uint32_t width, uint64_t value);
bool device_claims(bool port, uint64_t address); /* some region holds the address */
/* The same value was read at the same place again: TRUE each time that it looks like a loop that
 * waits. */
bool device_polls(uint64_t rip, uint64_t address, uint64_t value);
/* vector.c: asks the supervisor for an access and waits for its answer. */
struct channel_qemu;
void device_ask_outside(struct channel_qemu *access);
void device_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
