/* The devices of --device: found, loaded, and checked against the machine before there is one. */
#pragma once

#include "cli/run.h"
#include "gpu/gpu.h"
#include "qemu/qemu.h"

/* Loads the model of each --device; build is the folder with devices/NAME.so. EXIT_FINE, or a
 * status after a message. */
int devices_load(const struct run_options *options, const char *build);
/* Tells the simulated GPUs which display adapters the machine has; after devices_load. */
void devices_place_gpus(struct gpus *gpus);
/* Starts QEMU for each --qemu-device, on the machine's RAM. EXIT_FINE, or a status after a message.
 */
int devices_start_qemu(const struct run_options *options, struct qemu qemu[RUN_QEMU_LIMIT],
                       int ram_fd);
/* A number that tells one list of --device options from another: a saved machine fits its own only.
 */
uint64_t devices_hash(const struct run_options *options);
