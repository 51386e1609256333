/*
 * Configuration space of type 0: identification, command and status, base address registers with
 * sizing, the capabilities of MSI or MSI-X and of power management; of type 1, for bridges, whose
 * windows stay where they were put at the start. Leaves out: PCI Express and
 * extended capabilities, expansion ROMs, D1 and D2.
 */
#include "hal/device_config.h"

#include <string.h>

enum {
    COMMAND = 0x04,
    STATUS = 0x06,
    REVISION = 0x08,
    HEADER_TYPE = 0x0E,
    BARS = 0x10,
    SECONDARY_BUS = 0x19, /* from here to WIDE_WINDOW + 11: bridges */
    SUBORDINATE_BUS = 0x1A,
    IO_WINDOW = 0x1C,
    MEMORY_WINDOW = 0x20,
    WIDE_WINDOW = 0x24,
    SUBSYSTEM = 0x2C,
    CAPABILITIES = 0x34,
    LINE = 0x3C,
    PIN = 0x3D,
    FIRST_CAPABILITY = 0x40,
    POWER_CONTROL = CONFIG_POWER_OFFSET + 4
};
#define COMMAND_IO 0x001u
#define COMMAND_MEMORY 0x002u
#define COMMAND_MASTER 0x004u
#define COMMAND_NO_LINE 0x400u
#define COMMAND_WRITABLE (COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | 0x140u | COMMAND_NO_LINE)
#define STATUS_CAPABILITIES 0x10u
#define POWER_VERSION 0x0003u
#define POWER_HAS_D1 0x0200u
#define POWER_HAS_D2 0x0400u
#define POWER_WAKES_FROM_D0 0x0800u /* the next bits: from D1, D2, D3 */
#define POWER_STATE 0x0003u
#define POWER_KEEPS_STATE 0x0008u /* D3 to D0 is no reset */
#define POWER_WAKE_ENABLE 0x0100u
#define POWER_WAKE_STATUS 0x8000u /* a one clears it */

static void put(struct device_config *config, uint32_t offset, uint32_t width, uint32_t value)
{
    memcpy(&config->bytes[offset], &value, width);
}

static uint32_t get(const struct device_config *config, uint32_t offset, uint32_t width)
{
    uint32_t value = 0;

    memcpy(&value, &config->bytes[offset], width);
    return value;
}

/* A region for which its window has no room left gets no address: its register reads 0. */
static uint64_t place(uint32_t kind, uint64_t size, struct config_space *space)
{
    struct config_window *window = &space->window[kind];
    uint64_t base = (window->free + size - 1) & ~(size - 1);

    if (kind == DD_REGION_MEMORY64 && size < 4096)
        size = 4096;
    if (base >= window->end || size > window->end - base)
        return 0;
    window->free = base + size;
    return base;
}

uint32_t config_register(const DD_DEVICE_MODEL *model, uint32_t region)
{
    uint32_t bar = 0;

    if (model->region[region].base_register != 0)
        return model->region[region].base_register - 1;
    for (uint32_t i = 0; i < region; i++)
        if (model->region[i].kind != DD_REGION_NONE)
            bar += model->region[i].kind == DD_REGION_MEMORY64 ? 2 : 1;
    return bar;
}

static void init_regions(struct device_config *config, const DD_DEVICE_MODEL *model,
                         struct config_space *space)
{
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++) {
        const DD_REGION *region = &model->region[i];
        uint64_t mask = ~(region->size_bytes - 1), base;
        uint32_t bar = config_register(model, i);

        if (region->kind == DD_REGION_NONE)
            continue;
        base = config->assigned[i] = place(region->kind, region->size_bytes, space);
        if (model->is_bridge)
            continue; /* a window, which has no such register */
        config->bar_mask[bar] = (uint32_t)mask;
        put(config, BARS + 4 * bar, 4,
            (uint32_t)base | (region->kind == DD_REGION_PORT       ? 1
                              : region->kind == DD_REGION_MEMORY64 ? 0xC
                                                                   : 0));
        if (region->kind == DD_REGION_MEMORY64) {
            config->bar_mask[bar + 1] = (uint32_t)(mask >> 32);
            put(config, BARS + 4 * (bar + 1), 4, (uint32_t)(base >> 32));
        }
    }
}

/* MSI: control, 64-bit address, data. MSI-X: control with the table's size; the host keeps the
 * table. */
static void init_messages(struct device_config *config, const DD_DEVICE_MODEL *model)
{
    if (model->message_limit == 0)
        return;
    config->message_capability = FIRST_CAPABILITY;
    put(config, STATUS, 2, STATUS_CAPABILITIES);
    put(config, CAPABILITIES, 1, FIRST_CAPABILITY);
    put(config, FIRST_CAPABILITY, 1, model->msix ? 0x11 : 0x05);
    put(config, FIRST_CAPABILITY + 2, 2,
        model->msix ? model->message_limit - 1u
                    : 0x80u | (uint32_t)__builtin_ctz(model->message_limit) << 1);
}

/* What the device says of its states. */
static uint32_t power_abilities(const DD_DEVICE_MODEL *model)
{
    uint32_t abilities = POWER_VERSION;

    if (model->has_power_states & DD_POWER_D1)
        abilities |= POWER_HAS_D1 | (model->wakes ? POWER_WAKES_FROM_D0 << 1 : 0);
    if (model->has_power_states & DD_POWER_D2)
        abilities |= POWER_HAS_D2 | (model->wakes ? POWER_WAKES_FROM_D0 << 2 : 0);
    return abilities | (model->wakes ? POWER_WAKES_FROM_D0 << 3 : 0);
}

static void init_power(struct device_config *config, const DD_DEVICE_MODEL *model)
{
    if (!model->has_power_states)
        return;
    put(config, CONFIG_POWER_OFFSET, 1, 0x01);
    put(config, CONFIG_POWER_OFFSET + 1, 1, get(config, CAPABILITIES, 1));
    put(config, CONFIG_POWER_OFFSET + 2, 2, power_abilities(model));
    put(config, POWER_CONTROL, 2, POWER_KEEPS_STATE);
    put(config, STATUS, 2, STATUS_CAPABILITIES);
    put(config, CAPABILITIES, 1, CONFIG_POWER_OFFSET);
    config->has_power_states = 1;
}

void config_init(struct device_config *config, const DD_DEVICE_MODEL *model, uint8_t line,
                 struct config_space *space)
{
    memset(config, 0, sizeof(*config));
    config->is_pci = model->bus == DD_BUS_PCI;
    init_regions(config, model, space);
    if (!config->is_pci)
        return;
    put(config, 0, 2, model->vendor_id);
    put(config, 2, 2, model->device_id);
    put(config, REVISION, 1, model->revision);
    put(config, REVISION + 1, 1, model->programming_interface);
    put(config, REVISION + 2, 1, model->sub_class);
    put(config, REVISION + 3, 1, model->base_class);
    put(config, SUBSYSTEM, 2, model->subsystem_vendor_id);
    put(config, SUBSYSTEM + 2, 2, model->subsystem_id);
    init_messages(config, model);
    init_power(config, model);
    if (model->has_line) {
        put(config, LINE, 1, line);
        put(config, PIN, 1, 1);
    }
}

/* ---- bridges ---- */

void config_set_bridge(struct device_config *config, const DD_DEVICE_MODEL *model, uint8_t bus,
                       struct config_space *behind)
{
    memset(behind, 0, sizeof(*behind));
    put(config, HEADER_TYPE, 1, 1);
    put(config, SUBSYSTEM, 4, 0); /* other registers are there */
    put(config, SECONDARY_BUS, 1, bus);
    put(config, SUBORDINATE_BUS, 1, bus);
    put(config, IO_WINDOW, 2, 0x00F0); /* closed: base behind limit */
    put(config, MEMORY_WINDOW, 4, 0x0000FFF0);
    put(config, WIDE_WINDOW, 4, 0x0001FFF1);
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++) {
        uint64_t base = config->assigned[i], last = base + model->region[i].size_bytes - 1;
        uint32_t kind = model->region[i].kind;

        if (kind == DD_REGION_NONE || base == 0)
            continue;
        behind->window[kind] = (struct config_window){base, last + 1};
        if (kind == DD_REGION_PORT)
            put(config, IO_WINDOW, 2, (uint32_t)((base >> 8 & 0xF0) | (last & 0xF000)));
        if (kind == DD_REGION_MEMORY32)
            put(config, MEMORY_WINDOW, 4, (uint32_t)((base >> 16 & 0xFFF0) | (last & 0xFFF00000)));
        if (kind != DD_REGION_MEMORY64)
            continue;
        put(config, WIDE_WINDOW, 4,
            (uint32_t)((base >> 16 & 0xFFF0) | (last & 0xFFF00000) | 0x10001));
        put(config, WIDE_WINDOW + 4, 4, (uint32_t)(base >> 32));
        put(config, WIDE_WINDOW + 8, 4, (uint32_t)(last >> 32));
    }
}

bool config_passes(const struct device_config *config, const DD_DEVICE_MODEL *model, bool port,
                   uint64_t address)
{
    if ((get(config, COMMAND, 2) & (port ? COMMAND_IO : COMMAND_MEMORY)) == 0)
        return false;
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++)
        if (model->region[i].kind != DD_REGION_NONE &&
            (model->region[i].kind == DD_REGION_PORT) == port && config->assigned[i] != 0 &&
            address - config->assigned[i] < model->region[i].size_bytes)
            return true;
    return false;
}

uint32_t config_read(const struct device_config *config, uint32_t offset, uint32_t width)
{
    return get(config, offset, width);
}

/* Bits of the aligned double word at offset that a write changes. */
static uint32_t writable(const struct device_config *config, uint32_t offset)
{
    if (offset == COMMAND)
        return COMMAND_WRITABLE;
    if (offset >= BARS && offset < BARS + 24)
        return config->bar_mask[(offset - BARS) / 4];
    if (offset == LINE)
        return 0xFF;
    if (offset == POWER_CONTROL && config->has_power_states)
        return POWER_STATE | POWER_WAKE_ENABLE;
    return 0;
}

static uint32_t power_control(const struct device_config *config)
{
    return config->has_power_states ? get(config, POWER_CONTROL, 2) : 0;
}

/* A device that is told to go to a state that it has not stays as it is. */
static void settle_power(struct device_config *config, uint32_t before, uint32_t written)
{
    uint32_t now = power_control(config);

    uint32_t abilities = get(config, CONFIG_POWER_OFFSET + 2, 2);

    if (((now & POWER_STATE) == 1 && !(abilities & POWER_HAS_D1)) ||
        ((now & POWER_STATE) == 2 && !(abilities & POWER_HAS_D2)))
        now = (now & ~POWER_STATE) | (before & POWER_STATE);
    put(config, POWER_CONTROL, 2, now & ~(written & POWER_WAKE_STATUS));
}

static bool is_on(const struct device_config *config)
{
    return (power_control(config) & POWER_STATE) == 0;
}

bool config_signal_wake(struct device_config *config)
{
    uint32_t control = power_control(config);

    if (is_on(config) || !(control & POWER_WAKE_ENABLE) ||
        !(get(config, CONFIG_POWER_OFFSET + 2, 2) & POWER_WAKES_FROM_D0 << (control & POWER_STATE)))
        return false;
    put(config, POWER_CONTROL, 2, control | POWER_WAKE_STATUS);
    return true;
}

void config_write(struct device_config *config, uint32_t offset, uint32_t width, uint32_t value)
{
    uint32_t at = offset & ~3u, shift = (offset & 3) * 8;
    uint32_t given = (width == 4 ? ~0u : (1u << width * 8) - 1) << shift;
    uint32_t mask = writable(config, at) & given, before = power_control(config);

    put(config, at, 4, (get(config, at, 4) & ~mask) | (value << shift & mask));
    if (at == POWER_CONTROL && config->has_power_states)
        settle_power(config, before, value << shift & given);
}

bool config_region_base(const struct device_config *config, const DD_DEVICE_MODEL *model,
                        uint32_t region, uint64_t *base)
{
    uint32_t kind = model->region[region].kind, bar = config_register(model, region);

    *base = config->assigned[region];
    if (kind == DD_REGION_NONE || !config->is_pci)
        return kind != DD_REGION_NONE && *base != 0;
    *base = get(config, BARS + 4 * bar, 4) & config->bar_mask[bar];
    if (kind == DD_REGION_MEMORY64)
        *base |= (uint64_t)get(config, BARS + 4 * bar + 4, 4) << 32;
    return *base != 0 && is_on(config) &&
           (get(config, COMMAND, 2) & (kind == DD_REGION_PORT ? COMMAND_IO : COMMAND_MEMORY)) != 0;
}

bool config_is_master(const struct device_config *config)
{
    return !config->is_pci || ((get(config, COMMAND, 2) & COMMAND_MASTER) != 0 && is_on(config));
}

bool config_line_enabled(const struct device_config *config)
{
    return !config->is_pci || ((get(config, COMMAND, 2) & COMMAND_NO_LINE) == 0 && is_on(config));
}

void config_show_messages(struct device_config *config, uint32_t count, uint32_t vector)
{
    uint32_t at = config->message_capability, control;
    bool msix;

    if (at == 0)
        return;
    msix = get(config, at, 1) == 0x11;
    control = get(config, at + 2, 2) & ~(msix ? 0x8000u : 0x71u);
    if (count != 0)
        control |= msix ? 0x8000u : 1u | (31u - (uint32_t)__builtin_clz(count)) << 4;
    put(config, at + 2, 2, control);
    if (msix)
        return;
    put(config, at + 4, 4, count != 0 ? 0xFEE00000u : 0);
    put(config, at + 8, 4, 0);
    put(config, at + 12, 2, vector);
}
