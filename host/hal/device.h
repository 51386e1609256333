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

/* ---- in the machine process ---- */
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
void device_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
