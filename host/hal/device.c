/*
 * Devices of the machine. Models the bus (one PCI bus and the devices of the board), base address
 * registers, the command register, MSI and MSI-X as message numbers with vectors, interrupt lines
 * shared by wire-or, bridges, and one clock: virtual time. Leaves out: interrupt controllers'
 * registers, peer-to-peer transfers.
 */
#include "hal/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/device_table.h"
#include "hal/machine.h"

#define TABLE_MAGIC 0x5354455644444Dull /* "MDDVETS" */
#define POLLS_OF_A_LOOP 64u

struct device g_devices[DEVICE_LIMIT];
uint32_t g_device_count;
struct table *g_device_table;

/* ---- start ---- */

static uint64_t state_room(uint32_t index)
{
    return (g_devices[index].model.state_bytes + 63) & ~63ull;
}

/* Each device's state, then what it needs for faults. */
static uint64_t state_offset(uint32_t index)
{
    uint64_t offset = (sizeof(struct table) + 63) & ~63ull;

    for (uint32_t i = 0; i < index; i++)
        offset += state_room(i) + ((fault_posted_bytes(g_devices[i].arguments) + 63) & ~63ull);
    return offset;
}

void device_reserve(void)
{
    uint64_t pages = (state_offset(g_device_count) + HAL_PAGE_SIZE - 1) >> HAL_PAGE_SHIFT;

    if (g_device_count == 0)
        return;
    g_machine.ram_pages -= pages;
    g_device_table = (struct table *)(g_machine.ram + g_machine.ram_pages * HAL_PAGE_SIZE);
}

static void attach(uint32_t index)
{
    uint8_t *state = (uint8_t *)g_device_table + state_offset(index);

    g_devices[index].record = &g_device_table->record[index];
    g_devices[index].public.state = state;
    g_devices[index].posted = fault_posted_bytes(g_devices[index].arguments) != 0
                                  ? (struct posted *)(state + state_room(index))
                                  : NULL;
}

/* spaces: of bus 0, then of each bridge's. */
static int init_one(uint32_t index, struct config_space spaces[DEVICE_LIMIT + 1])
{
    struct device *device = &g_devices[index];
    struct record *record = &g_device_table->record[index];
    const char *arguments = device->arguments;

    snprintf(record->name, sizeof(record->name), "%s", device->model.name);
    record->state_offset = state_offset(index);
    record->line = (uint32_t)dd_argument(
        arguments, "irq", device->model.bus == DD_BUS_PCI ? 16 + index % 8 : 5 + index % 8);
    record->gone_after = dd_argument(arguments, "gone-after", 0);
    record->late_100ns = dd_argument(arguments, "late", 0) * 10;
    config_init(&record->config, &device->model, (uint8_t)record->line,
                &spaces[device->bus_number]);
    if (device->model.is_bridge)
        config_set_bridge(&record->config, &device->model, (uint8_t)device->secondary_bus,
                          &spaces[device->secondary_bus]);
    record->first = record->config;
    attach(index);
    fault_init(device);
    plug_init(device);
    if (device->outside != NULL && record->present)
        device_outside_place(&device->public, record->config.bytes);
    else if (device->outside != NULL)
        device->model.unplug(&device->public); /* it was there to be looked at */
    return plug_start_model(device) == 0 ? 0 : -EINVAL;
}

int device_init(void)
{
    struct config_space spaces[DEVICE_LIMIT + 1] = {CONFIG_SPACE_INIT};
    int error = 0;

    g_machine.loader->device_due = NO_TIMER;
    g_machine.loader->device_count = g_device_count;
    if (g_device_count == 0)
        return 0;
    g_device_table->magic = TABLE_MAGIC;
    g_device_table->count = g_device_count;
    g_device_table->record_bytes = sizeof(struct record);
    for (uint32_t i = 0; i < g_device_count; i++)
        memset(g_device_table->record[i].due_100ns, 0xFF,
               sizeof(g_device_table->record[i].due_100ns));
    for (uint32_t i = 0; i < g_device_count && error == 0; i++)
        error = init_one(i, spaces);
    device_update_due();
    return error;
}

int device_attach(void)
{
    if (g_machine.loader->device_count != g_device_count)
        return -EINVAL;
    if (g_device_count == 0)
        return 0;
    if (g_device_table->magic != TABLE_MAGIC || g_device_table->count != g_device_count ||
        g_device_table->record_bytes != sizeof(struct record))
        return -EINVAL;
    for (uint32_t i = 0; i < g_device_count; i++) {
        if (strncmp(g_device_table->record[i].name, g_devices[i].model.name,
                    sizeof(g_device_table->record[i].name)) != 0 ||
            g_device_table->record[i].state_offset != state_offset(i))
            return -EINVAL;
        attach(i);
    }
    return 0;
}

/* ---- what models may ask ---- */

static struct device *device_of(DD_DEVICE *public)
{
    return public->owner;
}

const struct device_outside *device_outside_of(const DD_DEVICE *public)
{
    return ((const struct device *)public->owner)->outside;
}

uint64_t device_now(void)
{
    uint64_t time = 0;

    memory_read(HAL_KUSER_VA + 8, &time, sizeof(time));
    return time > g_device_table->now_100ns ? time : g_device_table->now_100ns;
}

/* Recomputes the machine's lines: each is the or of its devices. */
void device_update_interrupts(void)
{
    HAL_LOADER_BLOCK *loader = g_machine.loader;
    uint64_t lines = 0, rise;

    for (uint32_t i = 0; i < g_device_count; i++) {
        const struct record *record = &g_device_table->record[i];

        if (record->asserted && record->present && config_line_enabled(&record->config))
            lines |= 1ull << record->line;
    }
    rise = lines & ~loader->interrupt_lines;
    loader->interrupt_lines = lines;
    loader->interrupt_edges |= rise;
    if (rise != 0)
        loader->interrupt_request = 1;
}

void device_assert_line(struct device *device, bool asserted)
{
    device->record->asserted = asserted;
    device_update_interrupts();
}

static void host_set_line(DD_DEVICE *public, int asserted)
{
    fault_line(device_of(public), asserted != 0);
}

static uint32_t host_message_count(DD_DEVICE *public)
{
    const struct record *record = device_of(public)->record;
    uint32_t count = 0;

    for (unsigned i = 0; i < HAL_DEVICE_MESSAGES; i++)
        count += record->vector[i] != 0;
    return count;
}

void device_deliver_message(struct device *device, uint32_t message)
{
    uint32_t vector = device->record->vector[message];

    g_machine.loader->interrupt_messages[vector / 64 & 3] |= 1ull << (vector & 63);
    g_machine.loader->interrupt_request = 1;
}

static bool is_master(const struct device *device)
{
    return config_is_master(&device->record->config) &&
           (device->bridge == NULL || config_is_master(&device->bridge->record->config));
}

static void host_send_message(DD_DEVICE *public, uint32_t message)
{
    struct device *device = device_of(public);

    if (message >= HAL_DEVICE_MESSAGES || device->record->vector[message] == 0 ||
        !device->record->present || !is_master(device))
        return; /* a message is a write by the device: it needs bus mastering */
    fault_message(device, message);
}

static uint8_t *dma_target(struct device *device, uint64_t address, uint64_t bytes)
{
    const struct record *record = device->record;
    uint64_t end = g_machine.ram_pages * HAL_PAGE_SIZE;
    bool fails = fault_transfer(device);

    if (!record->present || !is_master(device) || address > end ||
        bytes > end - address || fails)
        return NULL;
    return g_machine.ram + address;
}

static int host_dma_read(DD_DEVICE *public, uint64_t address, void *buffer, uint64_t bytes)
{
    const uint8_t *at = dma_target(device_of(public), address, bytes);

    if (at == NULL)
        return -1;
    fault_push(device_of(public)); /* a read passes no write */
    memcpy(buffer, at, bytes);
    return 0;
}

static int host_dma_write(DD_DEVICE *public, uint64_t address, const void *buffer, uint64_t bytes)
{
    uint8_t *at = dma_target(device_of(public), address, bytes);

    if (at == NULL)
        return -1;
    fault_write(device_of(public), at, buffer, bytes);
    return 0;
}

static uint64_t host_now(DD_DEVICE *public)
{
    (void)public;
    return device_now();
}

/* The earliest timer of all devices; NO_TIMER without one. */
static uint64_t earliest(uint32_t *index, uint32_t *id)
{
    uint64_t due = NO_TIMER;

    for (uint32_t i = 0; i < g_device_count; i++)
        for (uint32_t t = 0; t < TIMER_COUNT; t++) {
            const struct record *record = &g_device_table->record[i];

            if (((t < DD_DEVICE_TIMERS || t >= FAULT_INTERRUPT) && !record->present) ||
                record->due_100ns[t] >= due)
                continue;
            due = record->due_100ns[t];
            *index = i;
            *id = t;
        }
    return due;
}

void device_update_due(void)
{
    uint32_t index, id;

    g_machine.loader->device_due = earliest(&index, &id);
}

static void host_set_timer(DD_DEVICE *public, uint32_t id, uint64_t due_100ns)
{
    uint64_t soonest = device_now() + 1; /* so that time always gets on */
    struct record *record = device_of(public)->record;

    if (id >= DD_DEVICE_TIMERS)
        return;
    record->due_100ns[id] = (due_100ns > soonest ? due_100ns : soonest) + record->late_100ns;
    device_update_due();
}

static void host_cancel_timer(DD_DEVICE *public, uint32_t id)
{
    if (id >= DD_DEVICE_TIMERS)
        return;
    device_of(public)->record->due_100ns[id] = NO_TIMER;
    device_update_due();
}

static void host_log(DD_DEVICE *public, const char *text)
{
    device_log("device %s: %s\n", device_of(public)->model.name, text);
}

static void host_wake(DD_DEVICE *public)
{
    struct record *record = device_of(public)->record;

    if (!record->present || !config_signal_wake(&record->config))
        return;
    g_machine.loader->device_changed = 1;
    g_machine.loader->interrupt_request = 1;
}

const DD_DEVICE_HOST device_host = {
    .size_bytes = sizeof(DD_DEVICE_HOST),
    .abi = DD_DEVICE_ABI,
    .set_line = host_set_line,
    .message_count = host_message_count,
    .send_message = host_send_message,
    .dma_read = host_dma_read,
    .dma_write = host_dma_write,
    .now_100ns = host_now,
    .set_timer = host_set_timer,
    .cancel_timer = host_cancel_timer,
    .log = host_log,
    .wake = host_wake,
};

void device_enter(const struct device *device)
{
    g_machine.loader->device_active = (uint32_t)(device - g_devices) + 1;
}

void device_leave(void)
{
    g_machine.loader->device_active = 0;
}

/* ---- the bus ---- */

void device_pull_out(DD_DEVICE *public)
{
    plug_out(device_of(public));
}

/* Timing injection: the device goes after a number of accesses. */
static void count_access(struct device *device)
{
    struct record *record = device->record;

    record->accesses++;
    if (record->gone_after != 0 && record->accesses == record->gone_after) {
        device_log("device %s: pulled out after %llu accesses\n", record->name,
                   (unsigned long long)record->accesses);
        plug_out(device);
    }
}

/* The accesses come to a device through its bridge, if it has one, and none end at a bridge. */
static bool is_reached(const struct device *device, bool port, uint64_t address)
{
    const struct device *bridge = device->bridge;

    return device->record->present && !device->model.is_bridge &&
           (bridge == NULL ||
            config_passes(&bridge->record->config, &bridge->model, port, address));
}

/* The device and region that hold the address, NULL when none does; sets *region and *offset. */
static struct device *find(bool port, uint64_t address, uint32_t *region, uint64_t *offset)
{
    for (uint32_t i = 0; i < g_device_count; i++)
        for (uint32_t r = 0; r < DD_DEVICE_REGIONS; r++) {
            const DD_REGION *it = &g_devices[i].model.region[r];
            uint64_t base;

            if ((it->kind == DD_REGION_PORT) != port || !is_reached(&g_devices[i], port, address) ||
                !config_region_base(&g_devices[i].record->config, &g_devices[i].model, r, &base) ||
                address - base >= it->size_bytes)
                continue;
            *region = r;
            *offset = address - base;
            return &g_devices[i];
        }
    return NULL;
}

bool device_claims(bool port, uint64_t address)
{
    uint32_t region;
    uint64_t offset;

    return find(port, address, &region, &offset) != NULL;
}

static uint64_t mask_of(uint32_t width)
{
    return width == 8 ? ~0ull : (1ull << width * 8) - 1;
}

#define NOTES_LIMIT 16u

static void note_nothing(bool port, bool write, uint64_t address)
{
    if (g_device_table != NULL && g_device_table->noted >= NOTES_LIMIT)
        return;
    if (g_device_table != NULL)
        g_device_table->noted++;
    device_log("%s %s 0x%llx: no device is there\n", write ? "write to" : "read from",
               port ? "port" : "bus address", (unsigned long long)address);
}

/* An access that is not aligned is made in pieces that are, as a bus with byte enables does. */
static uint32_t piece_of(uint64_t address, uint32_t width)
{
    uint32_t piece = width;

    while ((address & (piece - 1)) != 0)
        piece /= 2;
    return piece;
}

static uint64_t read_piece(bool port, uint64_t address, uint32_t width)
{
    uint32_t region = 0;
    uint64_t offset = 0, value;
    struct device *device = find(port, address, &region, &offset);

    if (device == NULL) {
        note_nothing(port, false, address);
        return mask_of(width);
    }
    if (fault_read(device)) {
        count_access(device);
        return mask_of(width);
    }
    device_enter(device);
    value = device->model.read(&device->public, region, offset, width);
    device_leave();
    fault_push(device); /* the answer passes no write */
    count_access(device);
    return value & mask_of(width);
}

uint64_t device_bus_read(bool port, uint64_t address, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t done = 0; done < width;) {
        uint32_t piece = piece_of(address + done, width);

        while (piece > width - done)
            piece /= 2;
        value |= read_piece(port, address + done, piece) << done * 8;
        done += piece;
    }
    return value;
}

static void write_piece(bool port, uint64_t address, uint32_t width, uint64_t value)
{
    uint32_t region = 0;
    uint64_t offset = 0;
    struct device *device = find(port, address, &region, &offset);

    if (device == NULL) {
        note_nothing(port, true, address);
        return;
    }
    device_enter(device);
    device->model.write(&device->public, region, offset, width, value & mask_of(width));
    device_leave();
    count_access(device);
}

void device_bus_write(bool port, uint64_t address, uint32_t width, uint64_t value)
{
    for (uint32_t done = 0; done < width;) {
        uint32_t piece = piece_of(address + done, width);

        while (piece > width - done)
            piece /= 2;
        write_piece(port, address + done, piece, value >> done * 8);
        done += piece;
    }
    if (g_device_table != NULL)
        g_device_table->poll_count = 0;
}

bool device_polls(uint64_t rip, uint64_t address, uint64_t value)
{
    bool same = g_device_table != NULL && g_device_table->poll_rip == rip &&
                g_device_table->poll_address == address && g_device_table->poll_value == value;

    if (g_device_table == NULL)
        return false;
    g_device_table->poll_rip = rip;
    g_device_table->poll_address = address;
    g_device_table->poll_value = value;
    g_device_table->poll_count = same ? g_device_table->poll_count + 1 : 0;
    if (g_device_table->poll_count < POLLS_OF_A_LOOP)
        return false;
    g_device_table->poll_count = 0;
    return true;
}

/* ---- calls of the guest ---- */

static void fill_windows(const struct device *device, HAL_DEVICE_INFO *info)
{
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config unused;

    if (device->bridge != NULL) {
        unused = device->bridge->record->first;
        config_set_bridge(&unused, &device->bridge->model, 0, &space);
    }
    for (uint32_t kind = 1; kind <= DD_REGION_PORT; kind++) {
        bool any = space.window[kind].end != 0;

        info->window[kind].low = any ? space.window[kind].free : 1;
        info->window[kind].high = any ? space.window[kind].end - 1 : 0;
    }
    if (device->bridge == NULL) /* a small one may lie where it was put */
        info->window[DD_REGION_MEMORY64].low = CONFIG_MEMORY32_BASE;
}

static int64_t query(const struct device *device, uint32_t index, uint64_t va)
{
    const DD_DEVICE_MODEL *model = &device->model;
    HAL_DEVICE_INFO info;

    memset(&info, 0, sizeof(info));
    info.bus = model->bus;
    info.slot = CONFIG_FIRST_SLOT + index;
    info.bus_number = device->bus_number;
    info.secondary_bus = device->secondary_bus;
    fill_windows(device, &info);
    info.present = device->record->present;
    info.line = model->has_line ? (uint8_t)device->record->line : HAL_DEVICE_NO_LINE;
    info.line_latched = model->bus == DD_BUS_ROOT && model->line_latched;
    info.power_offset = model->has_power_states ? CONFIG_POWER_OFFSET : 0;
    info.wakes = model->wakes;
    info.message_limit = model->message_limit;
    info.msix = model->msix;
    for (unsigned i = 0; i < DD_DEVICE_REGIONS; i++) {
        info.region[i].kind = model->region[i].kind;
        info.region[i].size_bytes = model->region[i].size_bytes;
        info.region[i].base = device->record->config.assigned[i];
        info.region[i].base_register = config_register(model, i);
    }
    if (model->hardware_id != NULL)
        snprintf(info.hardware_id, sizeof(info.hardware_id), "%s", model->hardware_id);
    snprintf(info.name, sizeof(info.name), "%s", model->name);
    return memory_write(va, &info, sizeof(info)) ? HAL_OK : HAL_E_INVALID;
}

static uint32_t read_config(struct device *device, uint32_t offset, uint32_t width)
{
    uint32_t value;

    if (!device->record->present)
        return (uint32_t)mask_of(width);
    if (device->outside != NULL)
        return device_outside_config(&device->public, offset, width, false, 0);
    if (offset < CONFIG_MODEL_START || device->model.config_read == NULL)
        return config_read(&device->record->config, offset, width);
    device_enter(device);
    value = device->model.config_read(&device->public, offset, width);
    device_leave();
    return value & (uint32_t)mask_of(width);
}

static void write_config(struct device *device, uint32_t offset, uint32_t width, uint32_t value)
{
    if (!device->record->present)
        return;
    if (offset >= CONFIG_MODEL_START && device->model.config_write != NULL) {
        device_enter(device);
        device->model.config_write(&device->public, offset, width, value);
        device_leave();
        return;
    }
    config_write(&device->record->config, offset, width, value);
    if (device->outside != NULL)
        device_outside_config(&device->public, offset, width, true, value);
    device_update_interrupts();
}

static int64_t access_config(struct device *device, uint64_t operation, uint64_t va)
{
    HAL_DEVICE_CONFIG access;

    if (!memory_read(va, &access, sizeof(access)) || device->model.bus != DD_BUS_PCI ||
        (access.width != 1 && access.width != 2 && access.width != 4) ||
        access.offset > 256 - access.width || access.offset % access.width != 0)
        return HAL_E_INVALID;
    if (operation == HAL_DEVICE_CONFIG_WRITE) {
        write_config(device, access.offset, access.width, access.value);
        return HAL_OK;
    }
    access.value = read_config(device, access.offset, access.width);
    return memory_write(va, &access, sizeof(access)) ? HAL_OK : HAL_E_INVALID;
}

static int64_t set_message(struct device *device, uint64_t argument)
{
    uint64_t message = argument >> 32;
    uint32_t vector = (uint32_t)argument;

    if (message >= device->model.message_limit || vector > 255)
        return HAL_E_INVALID;
    device->record->vector[message] = vector;
    if (vector == 0) {
        device->record->fault.waiting_messages &= ~(1u << message);
        device->record->fault.again_messages &= ~(1u << message);
    }
    config_show_messages(&device->record->config, host_message_count(&device->public),
                         device->record->vector[0]);
    if (device->outside != NULL)
        device_outside_set_message(&device->public, device->outside, (uint32_t)message,
                                   vector != 0);
    device_update_interrupts();
    return HAL_OK;
}

static int64_t advance(uint64_t to_100ns)
{
    uint32_t index = 0, id = 0;
    uint64_t due;

    while ((due = earliest(&index, &id)) <= to_100ns) {
        struct device *device = &g_devices[index];

        g_device_table->now_100ns = due;
        device->record->due_100ns[id] = NO_TIMER;
        if (id >= DD_DEVICE_TIMERS) {
            (id >= FAULT_INTERRUPT ? fault_event : plug_event)(device, id);
            continue;
        }
        device_enter(device);
        if (device->model.timer != NULL)
            device->model.timer(&device->public, id);
        device_leave();
    }
    g_device_table->now_100ns = 0;
    device_update_due();
    return HAL_OK;
}

int64_t device_call(uint64_t operation, uint64_t index, uint64_t argument)
{
    if (g_device_count == 0)
        return HAL_E_INVALID;
    if (operation == HAL_DEVICE_ADVANCE)
        return advance(argument);
    if (index >= g_device_count)
        return HAL_E_INVALID;
    switch (operation) {
    case HAL_DEVICE_QUERY: return query(&g_devices[index], (uint32_t)index, argument);
    case HAL_DEVICE_CONFIG_READ:
    case HAL_DEVICE_CONFIG_WRITE: return access_config(&g_devices[index], operation, argument);
    case HAL_DEVICE_SET_MESSAGE: return set_message(&g_devices[index], argument);
    case HAL_DEVICE_UNPLUG: plug_out(&g_devices[index]); return HAL_OK;
    default: return HAL_E_INVALID;
    }
}
