/*
 * Devices of the machine. Models the bus (one PCI bus and the devices of the board), base address
 * registers, the command register, MSI and MSI-X as message numbers with vectors, interrupt lines
 * shared by wire-or, and one clock: virtual time. Leaves out: bridges, interrupt controllers'
 * registers, peer-to-peer transfers.
 */
#include "hal/device.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hal/device_config.h"
#include "hal/machine.h"

#define TABLE_MAGIC 0x5354455644444Dull /* "MDDVETS" */
#define NO_TIMER UINT64_MAX
#define POLLS_OF_A_LOOP 64u

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
        uint64_t due_100ns[DD_DEVICE_TIMERS];
        uint32_t vector[HAL_DEVICE_MESSAGES]; /* 0: off */
        uint32_t present, asserted, line;
        uint32_t lost_interrupts; /* timing injection: so many more interrupts are to get lost */
        uint64_t accesses, gone_after; /* surprise removal after so many accesses; 0: never */
        struct device_config config;
    } record[DEVICE_LIMIT];
};

struct device {
    DD_DEVICE public;
    DD_DEVICE_MODEL model;
    const char *arguments;
    struct record *record;
    const struct device_outside *outside; /* NULL: the model's library plays it */
};

static struct device devices[DEVICE_LIMIT];
static uint32_t device_count;
static struct table *table;

static const DD_DEVICE_HOST host;

/* ---- before the machine ---- */

static int refuse(char *why, size_t why_bytes, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, why_bytes, format, arguments);
    va_end(arguments);
    return -1;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static int check_regions(const DD_DEVICE_MODEL *model, char *why, size_t why_bytes)
{
    unsigned registers = 0;

    for (unsigned i = 0; i < DD_DEVICE_REGIONS; i++) {
        const DD_REGION *region = &model->region[i];
        bool port = region->kind == DD_REGION_PORT;

        if (region->kind == DD_REGION_NONE)
            continue;
        if (region->kind > DD_REGION_PORT || !is_power_of_two(region->size_bytes) ||
            region->size_bytes < (port ? 4u : 4096u) ||
            region->size_bytes > (port                                 ? 256u
                                  : region->kind == DD_REGION_MEMORY32 ? 1u << 28
                                                                       : 1ull << 38))
            return refuse(why, why_bytes, "its region %u has no possible size or kind", i);
        registers += region->kind == DD_REGION_MEMORY64 ? 2 : 1;
    }
    return registers <= DD_DEVICE_REGIONS
               ? 0
               : refuse(why, why_bytes, "its regions need more than 6 base registers");
}

static int check_model(const DD_DEVICE_MODEL *model, char *why, size_t why_bytes)
{
    if (model->bus != DD_BUS_PCI && model->bus != DD_BUS_ROOT)
        return refuse(why, why_bytes, "it names no bus that there is");
    if (model->name == NULL || strlen(model->name) >= sizeof(table->record[0].name))
        return refuse(why, why_bytes, "it has no name, or one that is too long");
    if (model->bus == DD_BUS_ROOT &&
        (model->hardware_id == NULL || strlen(model->hardware_id) >= 64))
        return refuse(why, why_bytes, "it has no hardware id, or one that is too long");
    if (model->read == NULL || model->write == NULL)
        return refuse(why, why_bytes, "it has no read or no write callback");
    if (model->state_bytes > 1u << 24 || model->message_limit > HAL_DEVICE_MESSAGES)
        return refuse(why, why_bytes, "its state or its number of messages is too large");
    if (model->message_limit != 0 && !model->msix && !is_power_of_two(model->message_limit))
        return refuse(why, why_bytes, "it has a number of MSI messages that is no power of two");
    return check_regions(model, why, why_bytes);
}

static const DD_DEVICE_MODEL *open_model(const char *path, char *why, size_t why_bytes)
{
    const DD_DEVICE_MODEL *(*entry)(uint32_t);
    const DD_DEVICE_MODEL *model;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        refuse(why, why_bytes, "%s", dlerror());
        return NULL;
    }
    *(void **)&entry = dlsym(library, "drydock_device_model");
    model = entry != NULL ? entry(DD_DEVICE_ABI) : NULL;
    if (entry == NULL)
        refuse(why, why_bytes, "%s: no device model: it exports no drydock_device_model", path);
    else if (model == NULL || model->abi != DD_DEVICE_ABI || model->size_bytes != sizeof(*model)) {
        refuse(why, why_bytes, "%s: made for another version of the device interface than %u", path,
               DD_DEVICE_ABI);
        model = NULL;
    }
    return model; /* the library stays to the end of the process */
}

static int add(struct device *device, const char *who, const char *arguments, char *why,
               size_t why_bytes)
{
    device->arguments = arguments;
    device->public = (DD_DEVICE){&host, NULL, device};
    if (dd_argument(arguments, "irq", 0) >= HAL_DEVICE_LINES)
        return refuse(why, why_bytes, "%s: irq is at most %u", who, HAL_DEVICE_LINES - 1);
    device_count++;
    return 0;
}

int device_add_outside(const struct device_outside *outside, const char *arguments, char *why,
                       size_t why_bytes)
{
    struct device *device = &devices[device_count];

    if (device_count == DEVICE_LIMIT)
        return refuse(why, why_bytes, "more than %u devices", DEVICE_LIMIT);
    device->model = outside->model;
    device->model.state_bytes = device_outside_callbacks.state_bytes;
    device->model.init = device_outside_callbacks.init;
    device->model.read = device_outside_callbacks.read;
    device->model.write = device_outside_callbacks.write;
    device->model.timer = device_outside_callbacks.timer;
    device->model.unplug = device_outside_callbacks.unplug;
    device->outside = outside;
    if (dd_argument(arguments, "messages", 1) == 0)
        device->model.message_limit = 0;
    if (check_model(&device->model, why, why_bytes) != 0)
        return -1;
    return add(device, device->model.name, arguments, why, why_bytes);
}

int device_load(const char *path, const char *arguments, char *why, size_t why_bytes)
{
    struct device *device = &devices[device_count];
    const DD_DEVICE_MODEL *model;
    char reason[200] = "it refuses its arguments";

    if (device_count == DEVICE_LIMIT)
        return refuse(why, why_bytes, "%s: more than %u devices", path, DEVICE_LIMIT);
    model = open_model(path, why, why_bytes);
    if (model == NULL)
        return -1;
    device->model = *model;
    if ((model->configure != NULL &&
         model->configure(&device->model, arguments, reason, sizeof(reason)) != 0) ||
        check_model(&device->model, reason, sizeof(reason)) != 0)
        return refuse(why, why_bytes, "%s: %s", path, reason);
    return add(device, path, arguments, why, why_bytes);
}

int device_check(uint64_t ram_bytes, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < device_count; i++)
        for (unsigned r = 0; r < DD_DEVICE_REGIONS; r++)
            if (devices[i].model.region[r].kind == DD_REGION_MEMORY32 &&
                ram_bytes > CONFIG_MEMORY32_BASE)
                return refuse(why, why_bytes,
                              "device %s needs addresses below 4 GiB: --ram at most %u",
                              devices[i].model.name, (unsigned)(CONFIG_MEMORY32_BASE >> 20));
    return 0;
}

const char *device_name(uint32_t index)
{
    return index < device_count ? devices[index].model.name : NULL;
}

/* ---- start ---- */

static uint64_t state_offset(uint32_t index)
{
    uint64_t offset = (sizeof(struct table) + 63) & ~63ull;

    for (uint32_t i = 0; i < index; i++)
        offset += (devices[i].model.state_bytes + 63) & ~63ull;
    return offset;
}

void device_reserve(void)
{
    uint64_t pages = (state_offset(device_count) + HAL_PAGE_SIZE - 1) >> HAL_PAGE_SHIFT;

    if (device_count == 0)
        return;
    g_machine.ram_pages -= pages;
    table = (struct table *)(g_machine.ram + g_machine.ram_pages * HAL_PAGE_SIZE);
}

static void attach(uint32_t index)
{
    devices[index].record = &table->record[index];
    devices[index].public.state = (uint8_t *)table + table->record[index].state_offset;
}

static void update_interrupts(void);

static int init_one(uint32_t index, struct config_space *space)
{
    struct device *device = &devices[index];
    struct record *record = &table->record[index];
    char why[200] = "it cannot start";

    snprintf(record->name, sizeof(record->name), "%s", device->model.name);
    record->state_offset = state_offset(index);
    record->present = 1;
    memset(record->due_100ns, 0xFF, sizeof(record->due_100ns));
    record->line = (uint32_t)dd_argument(
        device->arguments, "irq", device->model.bus == DD_BUS_PCI ? 16 + index % 8 : 5 + index % 8);
    record->lost_interrupts = (uint32_t)dd_argument(device->arguments, "lose", 0);
    record->gone_after = dd_argument(device->arguments, "gone-after", 0);
    config_init(&record->config, &device->model, (uint8_t)record->line, space);
    attach(index);
    if (device->outside != NULL)
        device_outside_place(&device->public, record->config.bytes);
    if (device->model.init == NULL ||
        device->model.init(&device->public, device->arguments, why, sizeof(why)) == 0)
        return 0;
    device_log("device %s: %s\n", device->model.name, why);
    return -EINVAL;
}

int device_init(void)
{
    struct config_space space = CONFIG_SPACE_INIT;
    int error = 0;

    g_machine.loader->device_due = NO_TIMER;
    g_machine.loader->device_count = device_count;
    if (device_count == 0)
        return 0;
    table->magic = TABLE_MAGIC;
    table->count = device_count;
    table->record_bytes = sizeof(struct record);
    for (uint32_t i = 0; i < device_count && error == 0; i++)
        error = init_one(i, &space);
    return error;
}

int device_attach(void)
{
    if (g_machine.loader->device_count != device_count)
        return -EINVAL;
    if (device_count == 0)
        return 0;
    if (table->magic != TABLE_MAGIC || table->count != device_count ||
        table->record_bytes != sizeof(struct record))
        return -EINVAL;
    for (uint32_t i = 0; i < device_count; i++) {
        if (strncmp(table->record[i].name, devices[i].model.name, sizeof(table->record[i].name)) !=
                0 ||
            table->record[i].state_offset != state_offset(i))
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

static uint64_t virtual_now(void)
{
    uint64_t time = 0;

    memory_read(HAL_KUSER_VA + 8, &time, sizeof(time));
    return time > table->now_100ns ? time : table->now_100ns;
}

/* Recomputes the machine's lines: each is the or of its devices. */
static void update_interrupts(void)
{
    HAL_LOADER_BLOCK *loader = g_machine.loader;
    uint64_t lines = 0, rise;

    for (uint32_t i = 0; i < device_count; i++) {
        const struct record *record = &table->record[i];

        if (record->asserted && record->present && config_line_enabled(&record->config))
            lines |= 1ull << record->line;
    }
    rise = lines & ~loader->interrupt_lines;
    loader->interrupt_lines = lines;
    loader->interrupt_edges |= rise;
    if (rise != 0)
        loader->interrupt_request = 1;
}

static bool loses_interrupt(struct record *record)
{
    if (record->lost_interrupts == 0)
        return false;
    record->lost_interrupts--;
    return true;
}

static void host_set_line(DD_DEVICE *public, int asserted)
{
    struct record *record = device_of(public)->record;

    if (asserted && !record->asserted && loses_interrupt(record))
        return;
    record->asserted = asserted != 0;
    update_interrupts();
}

static uint32_t host_message_count(DD_DEVICE *public)
{
    const struct record *record = device_of(public)->record;
    uint32_t count = 0;

    for (unsigned i = 0; i < HAL_DEVICE_MESSAGES; i++)
        count += record->vector[i] != 0;
    return count;
}

static void host_send_message(DD_DEVICE *public, uint32_t message)
{
    struct record *record = device_of(public)->record;
    uint32_t vector = message < HAL_DEVICE_MESSAGES ? record->vector[message] : 0;

    if (vector == 0 || !record->present || !config_is_master(&record->config) ||
        loses_interrupt(record))
        return; /* a message is a write by the device: it needs bus mastering */
    g_machine.loader->interrupt_messages[vector / 64 & 3] |= 1ull << (vector & 63);
    g_machine.loader->interrupt_request = 1;
}

static uint8_t *dma_target(DD_DEVICE *public, uint64_t address, uint64_t bytes)
{
    const struct record *record = device_of(public)->record;
    uint64_t end = g_machine.ram_pages * HAL_PAGE_SIZE;

    if (!record->present || !config_is_master(&record->config) || address > end ||
        bytes > end - address)
        return NULL;
    return g_machine.ram + address;
}

static int host_dma_read(DD_DEVICE *public, uint64_t address, void *buffer, uint64_t bytes)
{
    const uint8_t *at = dma_target(public, address, bytes);

    if (at == NULL)
        return -1;
    memcpy(buffer, at, bytes);
    return 0;
}

static int host_dma_write(DD_DEVICE *public, uint64_t address, const void *buffer, uint64_t bytes)
{
    uint8_t *at = dma_target(public, address, bytes);

    if (at == NULL)
        return -1;
    memcpy(at, buffer, bytes);
    return 0;
}

static uint64_t host_now(DD_DEVICE *public)
{
    (void)public;
    return virtual_now();
}

/* The earliest timer of all devices; NO_TIMER without one. */
static uint64_t earliest(uint32_t *index, uint32_t *id)
{
    uint64_t due = NO_TIMER;

    for (uint32_t i = 0; i < device_count; i++)
        for (uint32_t t = 0; t < DD_DEVICE_TIMERS; t++)
            if (table->record[i].present && table->record[i].due_100ns[t] < due) {
                due = table->record[i].due_100ns[t];
                *index = i;
                *id = t;
            }
    return due;
}

static void update_due(void)
{
    uint32_t index, id;

    g_machine.loader->device_due = earliest(&index, &id);
}

static void host_set_timer(DD_DEVICE *public, uint32_t id, uint64_t due_100ns)
{
    uint64_t soonest = virtual_now() + 1; /* so that time always gets on */

    if (id >= DD_DEVICE_TIMERS)
        return;
    device_of(public)->record->due_100ns[id] = due_100ns > soonest ? due_100ns : soonest;
    update_due();
}

static void host_cancel_timer(DD_DEVICE *public, uint32_t id)
{
    if (id >= DD_DEVICE_TIMERS)
        return;
    device_of(public)->record->due_100ns[id] = NO_TIMER;
    update_due();
}

static void host_log(DD_DEVICE *public, const char *text)
{
    device_log("device %s: %s\n", device_of(public)->model.name, text);
}

static const DD_DEVICE_HOST host = {
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
};

/* A model's code runs between these two: should it never come back, RAM says whose it was. */
static void enter(const struct device *device)
{
    g_machine.loader->device_active = (uint32_t)(device - devices) + 1;
}

static void leave(void)
{
    g_machine.loader->device_active = 0;
}

/* ---- the bus ---- */

static void pull_out(struct device *device)
{
    if (!device->record->present)
        return;
    if (device->model.unplug != NULL) {
        enter(device);
        device->model.unplug(&device->public);
        leave();
    }
    device->record->present = 0;
    device->record->asserted = 0;
    memset(device->record->due_100ns, 0xFF, sizeof(device->record->due_100ns));
    update_interrupts();
    update_due();
    g_machine.loader->device_changed = 1;
    g_machine.loader->interrupt_request = 1;
}

void device_pull_out(DD_DEVICE *public)
{
    pull_out(device_of(public));
}

/* Timing injection: the device goes after a number of accesses. */
static void count_access(struct device *device)
{
    struct record *record = device->record;

    record->accesses++;
    if (record->gone_after != 0 && record->accesses == record->gone_after) {
        device_log("device %s: pulled out after %llu accesses\n", record->name,
                   (unsigned long long)record->accesses);
        pull_out(device);
    }
}

/* The device and region that hold the address, NULL when none does; sets *region and *offset. */
static struct device *find(bool port, uint64_t address, uint32_t *region, uint64_t *offset)
{
    for (uint32_t i = 0; i < device_count; i++)
        for (uint32_t r = 0; r < DD_DEVICE_REGIONS; r++) {
            const DD_REGION *it = &devices[i].model.region[r];
            uint64_t base;

            if ((it->kind == DD_REGION_PORT) != port || !devices[i].record->present ||
                !config_region_base(&devices[i].record->config, &devices[i].model, r, &base) ||
                address - base >= it->size_bytes)
                continue;
            *region = r;
            *offset = address - base;
            return &devices[i];
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
    if (table != NULL && table->noted >= NOTES_LIMIT)
        return;
    if (table != NULL)
        table->noted++;
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
    enter(device);
    value = device->model.read(&device->public, region, offset, width);
    leave();
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
    enter(device);
    device->model.write(&device->public, region, offset, width, value & mask_of(width));
    leave();
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
    if (table != NULL)
        table->poll_count = 0;
}

bool device_polls(uint64_t rip, uint64_t address, uint64_t value)
{
    bool same = table != NULL && table->poll_rip == rip && table->poll_address == address &&
                table->poll_value == value;

    if (table == NULL)
        return false;
    table->poll_rip = rip;
    table->poll_address = address;
    table->poll_value = value;
    table->poll_count = same ? table->poll_count + 1 : 0;
    if (table->poll_count < POLLS_OF_A_LOOP)
        return false;
    table->poll_count = 0;
    return true;
}

/* ---- calls of the guest ---- */

static int64_t query(const struct device *device, uint32_t index, uint64_t va)
{
    const DD_DEVICE_MODEL *model = &device->model;
    HAL_DEVICE_INFO info;

    memset(&info, 0, sizeof(info));
    info.bus = model->bus;
    info.slot = CONFIG_FIRST_SLOT + index;
    info.present = device->record->present;
    info.line = model->has_line ? (uint8_t)device->record->line : HAL_DEVICE_NO_LINE;
    info.line_latched = model->bus == DD_BUS_ROOT && model->line_latched;
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
    enter(device);
    value = device->model.config_read(&device->public, offset, width);
    leave();
    return value & (uint32_t)mask_of(width);
}

static void write_config(struct device *device, uint32_t offset, uint32_t width, uint32_t value)
{
    if (!device->record->present)
        return;
    if (offset >= CONFIG_MODEL_START && device->model.config_write != NULL) {
        enter(device);
        device->model.config_write(&device->public, offset, width, value);
        leave();
        return;
    }
    config_write(&device->record->config, offset, width, value);
    if (device->outside != NULL)
        device_outside_config(&device->public, offset, width, true, value);
    update_interrupts();
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
    config_show_messages(&device->record->config, host_message_count(&device->public),
                         device->record->vector[0]);
    if (device->outside != NULL)
        device_outside_set_message(&device->public, device->outside, (uint32_t)message, vector != 0);
    update_interrupts();
    return HAL_OK;
}

static int64_t advance(uint64_t to_100ns)
{
    uint32_t index = 0, id = 0;
    uint64_t due;

    while ((due = earliest(&index, &id)) <= to_100ns) {
        struct device *device = &devices[index];

        table->now_100ns = due;
        device->record->due_100ns[id] = NO_TIMER;
        enter(device);
        if (device->model.timer != NULL)
            device->model.timer(&device->public, id);
        leave();
    }
    table->now_100ns = 0;
    update_due();
    return HAL_OK;
}

int64_t device_call(uint64_t operation, uint64_t index, uint64_t argument)
{
    if (device_count == 0)
        return HAL_E_INVALID;
    if (operation == HAL_DEVICE_ADVANCE)
        return advance(argument);
    if (index >= device_count)
        return HAL_E_INVALID;
    switch (operation) {
    case HAL_DEVICE_QUERY: return query(&devices[index], (uint32_t)index, argument);
    case HAL_DEVICE_CONFIG_READ:
    case HAL_DEVICE_CONFIG_WRITE: return access_config(&devices[index], operation, argument);
    case HAL_DEVICE_SET_MESSAGE: return set_message(&devices[index], argument);
    case HAL_DEVICE_UNPLUG: pull_out(&devices[index]); return HAL_OK;
    default: return HAL_E_INVALID;
    }
}
