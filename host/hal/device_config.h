/* The configuration space of one device: what PCI says is in its first 128 bytes. Pure functions on
 * plain data. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "drydock_device.h"

#define CONFIG_MEMORY32_BASE 0xE0000000ull /* to 0xFEBFFFFF */
#define CONFIG_MEMORY32_END 0xFEC00000ull
#define CONFIG_MEMORY64_BASE 0x1000000000ull /* above any RAM */
#define CONFIG_PORT_BASE 0xC000u
#define CONFIG_FIRST_SLOT 2u
#define CONFIG_POWER_OFFSET 0x50u /* of power management, where a device has it */
#define CONFIG_MODEL_START 0x80u /* from here on the space is the model's, when it wants it */

#define CONFIG_MEMORY64_END 0x400000000000ull
#define CONFIG_PORT_END 0x10000u

/* A bus's room for regions, by DD_REGION_*: what is free while its devices are given their
 * addresses. */
struct config_space {
    struct config_window {
        uint64_t free, end;
    } window[DD_REGION_PORT + 1];
};
#define CONFIG_SPACE_INIT                                                              \
    {                                                                                  \
        {                                                                              \
            [DD_REGION_MEMORY32] = {CONFIG_MEMORY32_BASE, CONFIG_MEMORY32_END},        \
            [DD_REGION_MEMORY64] = {CONFIG_MEMORY64_BASE, CONFIG_MEMORY64_END},        \
            [DD_REGION_PORT] = {CONFIG_PORT_BASE, CONFIG_PORT_END},                    \
        }                                                                              \
    }

struct device_config {
    uint8_t bytes[256];
    uint64_t assigned[DD_DEVICE_REGIONS]; /* at the start; for a root device for ever */
    uint32_t bar_mask[6];                 /* writable bits of each base address register */
    uint32_t is_pci;
    uint32_t message_capability; /* offset, 0 none */
    uint32_t has_power_states;
};

/* The first base address register of a region. */
uint32_t config_register(const DD_DEVICE_MODEL *model, uint32_t region);
void config_init(struct device_config *config, const DD_DEVICE_MODEL *model, uint8_t line,
                 struct config_space *space);
/* A bridge: the number of the bus behind it; and where that bus has its room. */
void config_set_bridge(struct device_config *config, const DD_DEVICE_MODEL *model, uint8_t bus,
                       struct config_space *behind);
/* Whether a bridge passes this kind of access to an address on. */
bool config_passes(const struct device_config *config, const DD_DEVICE_MODEL *model, bool port,
                   uint64_t address);
/* Offset aligned to width (1, 2, 4), below 256. */
uint32_t config_read(const struct device_config *config, uint32_t offset, uint32_t width);
void config_write(struct device_config *config, uint32_t offset, uint32_t width, uint32_t value);
/* Where a region is now; false while its kind of access is switched off. */
bool config_region_base(const struct device_config *config, const DD_DEVICE_MODEL *model,
                        uint32_t region, uint64_t *base);
bool config_is_master(const struct device_config *config);
bool config_line_enabled(const struct device_config *config);
/* Notes that the device signals wake-up. False: it is not in D3, or not allowed to. */
bool config_signal_wake(struct device_config *config);
/* Shows in the MSI or MSI-X capability that count messages are on, the first of them with the
 * vector. */
void config_show_messages(struct device_config *config, uint32_t count, uint32_t vector);
