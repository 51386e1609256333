/*
 * The device on QEMU's PCI bus: configuration space through the ports 0xCF8 and 0xCFC, what its
 * base address registers and capabilities say, and the machine's accesses. Leaves out: extended
 * configuration space, expansion ROMs, functions other than 0.
 */
#include "qemu/qemu.h"

#include <string.h>

#include "qemu/board.h"

enum { REVISION = 0x08, BARS = 0x10, SUBSYSTEM = 0x2C, CAPABILITIES = 0x34, PIN = 0x3D };
enum { CAPABILITY_MSI = 0x05, CAPABILITY_MSIX = 0x11 };
#define HPET_CONFIGURATION (BOARD_HPET + 0x10)
#define HPET_COUNTER (BOARD_HPET + 0xF0)
#define HPET_TICKS_PER_100NS 10u

static char letter(uint32_t width)
{
    return width == 1 ? 'b' : width == 2 ? 'w' : width == 4 ? 'l' : 'q';
}

/* ---- configuration space ---- */

static uint32_t read_slot(struct qemu *qemu, uint32_t slot, uint32_t offset, uint32_t width)
{
    return (uint32_t)qemu_ask(qemu, "outl 0xcf8 0x%x\nin%c 0x%x\n",
                              0x80000000u | slot << 11 | (offset & ~3u), letter(width),
                              0xCFC + (offset & 3));
}

static void write_slot(struct qemu *qemu, uint32_t slot, uint32_t offset, uint32_t width,
                       uint32_t value)
{
    qemu_ask(qemu, "outl 0xcf8 0x%x\nout%c 0x%x 0x%x\n",
             0x80000000u | slot << 11 | (offset & ~3u), letter(width), 0xCFC + (offset & 3), value);
}

uint32_t qemu_read_config(struct qemu *qemu, uint32_t offset, uint32_t width)
{
    return read_slot(qemu, BOARD_SLOT, offset, width);
}

void qemu_write_config(struct qemu *qemu, uint32_t offset, uint32_t width, uint32_t value)
{
    write_slot(qemu, BOARD_SLOT, offset, width, value);
}

/* ---- the board ---- */

static void set_up_board(struct qemu *qemu)
{
    for (uint32_t offset = 0x59; offset <= 0x5F; offset++) /* PAM: all of the first MiB is RAM, */
        write_slot(qemu, BOARD_BRIDGE_SLOT, offset, 1, 0x33);
    write_slot(qemu, BOARD_BRIDGE_SLOT, 0x72, 1, 0x4A); /* SMRAM open: also where VGA would be */
    for (uint32_t offset = 0x60; offset <= 0x63; offset++)
        write_slot(qemu, BOARD_ISA_SLOT, offset, 1, BOARD_INTERRUPT);
    qemu_ask(qemu, "irq_intercept_in ioapic\n");
    qemu_ask(qemu, "writeq 0x%llx 0x1\n", HPET_CONFIGURATION); /* let the counter run */
}

/* ---- what the device is ---- */

/* Reads and sizes one region; returns the registers that it takes. */
static uint32_t size_region(struct qemu *qemu, uint32_t bar, DD_REGION *region)
{
    uint32_t offset = BARS + 4 * bar, low, kind = qemu_read_config(qemu, offset, 4);
    uint64_t mask;

    qemu_write_config(qemu, offset, 4, ~0u);
    low = qemu_read_config(qemu, offset, 4);
    if (low == 0)
        return 1;
    if (low & 1) {
        *region = (DD_REGION){DD_REGION_PORT, bar + 1, (uint16_t)(~(low & ~3u) + 1)};
        return 1;
    }
    if ((kind & 6) != 4) {
        *region = (DD_REGION){DD_REGION_MEMORY32, bar + 1, ~(low & ~15u) + 1};
        return 1;
    }
    qemu_write_config(qemu, offset + 4, 4, ~0u);
    mask = (uint64_t)qemu_read_config(qemu, offset + 4, 4) << 32 | (low & ~15u);
    *region = (DD_REGION){DD_REGION_MEMORY64, bar + 1, ~mask + 1};
    return 2;
}

static uint32_t find_capability(struct qemu *qemu, uint32_t id)
{
    uint32_t at = qemu_read_config(qemu, CAPABILITIES, 1) & ~3u;

    for (unsigned i = 0; i < 48 && at >= 0x40; i++) {
        if (qemu_read_config(qemu, at, 1) == id)
            return at;
        at = qemu_read_config(qemu, at + 1, 1) & ~3u;
    }
    return 0;
}

static uint32_t region_of_register(const DD_DEVICE_MODEL *model, uint32_t bar)
{
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++)
        if (model->region[i].kind != DD_REGION_NONE && model->region[i].base_register == bar + 1)
            return i;
    return DD_DEVICE_REGIONS;
}

/* MSI-X where the device has it, else MSI: of MSI one message only, whose word in memory tells. */
static void find_messages(struct qemu *qemu)
{
    struct device_outside *device = &qemu->device;
    uint32_t at = find_capability(qemu, CAPABILITY_MSIX), count, table;

    if (at != 0) {
        count = (qemu_read_config(qemu, at + 2, 2) & 0x7FF) + 1;
        table = qemu_read_config(qemu, at + 4, 4);
        device->table_region = region_of_register(&device->model, table & 7);
        device->table_offset = table & ~7u;
        device->model.msix = 1;
        device->model.message_limit =
            (uint8_t)(count < HAL_DEVICE_MESSAGES ? count : HAL_DEVICE_MESSAGES);
        if (device->table_region == DD_DEVICE_REGIONS)
            device->model.message_limit = 0;
    } else if ((at = find_capability(qemu, CAPABILITY_MSI)) != 0) {
        device->model.message_limit = 1;
        device->wide_message = (qemu_read_config(qemu, at + 2, 2) & 0x80) != 0;
    }
    device->message_capability = at;
}

int qemu_identify(struct qemu *qemu, char *why, size_t why_bytes)
{
    DD_DEVICE_MODEL *model = &qemu->device.model;
    uint32_t id, kind, subsystem, regions = 0;

    set_up_board(qemu);
    id = qemu_read_config(qemu, 0, 4);
    if (!qemu->failed && (id & 0xFFFF) == 0xFFFF) {
        snprintf(why, why_bytes, "QEMU has it, but it is no PCI device in slot %u", BOARD_SLOT);
        return -1;
    }
    kind = qemu_read_config(qemu, REVISION, 4);
    subsystem = qemu_read_config(qemu, SUBSYSTEM, 4);
    *model = (DD_DEVICE_MODEL){.abi = DD_DEVICE_ABI,
                               .size_bytes = sizeof(*model),
                               .name = qemu->name,
                               .bus = DD_BUS_PCI,
                               .vendor_id = (uint16_t)id,
                               .device_id = (uint16_t)(id >> 16),
                               .subsystem_vendor_id = (uint16_t)subsystem,
                               .subsystem_id = (uint16_t)(subsystem >> 16),
                               .revision = (uint8_t)kind,
                               .programming_interface = (uint8_t)(kind >> 8),
                               .sub_class = (uint8_t)(kind >> 16),
                               .base_class = (uint8_t)(kind >> 24)};
    for (uint32_t bar = 0; bar < 6;) {
        bar += size_region(qemu, bar, &model->region[regions]);
        regions += model->region[regions].kind != DD_REGION_NONE;
    }
    model->has_line = qemu_read_config(qemu, PIN, 1) != 0;
    find_messages(qemu);
    if (!qemu->failed)
        return 0;
    snprintf(why, why_bytes, "%s", qemu->why);
    return -1;
}

int qemu_start(struct qemu *qemu, const char *device, const struct qemu_backends *backends,
               int ram_fd, uint64_t ram_bytes, char *why, size_t why_bytes)
{
    size_t bytes = strcspn(device, ",");
    uint32_t number = qemu->device.number; /* the caller's */
    struct qemu_words words;

    memset(qemu, 0, sizeof(*qemu));
    qemu->device.number = number;
    qemu->child = qemu->qtest.fd = qemu->monitor.fd = qemu->error_fd = -1;
    if (bytes == 0 || bytes >= sizeof(qemu->name)) {
        snprintf(why, why_bytes, "no name that a device of QEMU's has");
        return -1;
    }
    memcpy(qemu->name, device, bytes);
    if (qemu_choose_words(&words, qemu->name, device + bytes, backends) != 0) {
        snprintf(why, why_bytes, "its properties, or those of what it names, are too long");
        return -1;
    }
    memcpy(qemu->words, words.device, sizeof(qemu->words));
    if (ram_bytes > QEMU_RAM_LIMIT) {
        snprintf(why, why_bytes, "QEMU's devices need addresses below 4 GiB: --ram at most %llu",
                 QEMU_RAM_LIMIT >> 20);
        return -1;
    }
    if (qemu_spawn(qemu, &words, ram_fd, ram_bytes) != 0) {
        snprintf(why, why_bytes, "QEMU's process cannot be made");
        return -1;
    }
    return qemu_identify(qemu, why, why_bytes);
}

/* ---- accesses of the machine ---- */

static bool may_access(const struct qemu *qemu, const struct channel_qemu *access)
{
    const DD_REGION *region = &qemu->device.model.region[access->region % DD_DEVICE_REGIONS];

    return access->region < DD_DEVICE_REGIONS && region->kind != DD_REGION_NONE &&
           (access->width == 1 || access->width == 2 || access->width == 4 || access->width == 8) &&
           (region->kind != DD_REGION_PORT || access->width <= 4) &&
           access->offset % access->width == 0 && access->offset < region->size_bytes;
}

static bool may_configure(const struct channel_qemu *access)
{
    return (access->width == 1 || access->width == 2 || access->width == 4) &&
           access->offset % access->width == 0 && access->offset < 256;
}

static void access_register(struct qemu *qemu, struct channel_qemu *access)
{
    bool port = qemu->device.model.region[access->region].kind == DD_REGION_PORT;
    uint64_t address = qemu->base[access->region] + access->offset;

    if (access->operation == QEMU_READ)
        access->value = qemu_ask(qemu, "%s%c 0x%llx\n", port ? "in" : "read", letter(access->width),
                                 (unsigned long long)address);
    else { /* the clock first, in the same go: a timer that the write sets makes it jump at once */
        qemu_ask(qemu, "readq 0x%llx\n%s%c 0x%llx 0x%llx\n", HPET_COUNTER,
                 port ? "out" : "write", letter(access->width), (unsigned long long)address,
                 (unsigned long long)access->value);
        qemu->clock_100ns = qemu->first_answer / HPET_TICKS_PER_100NS;
    }
}

/* Where the regions are after a write to a base address register. */
static void find_bases(struct qemu *qemu)
{
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++) {
        const DD_REGION *region = &qemu->device.model.region[i];
        uint32_t offset = BARS + 4 * (region->base_register - 1);

        if (region->kind == DD_REGION_NONE)
            continue;
        qemu->base[i] =
            qemu_read_config(qemu, offset, 4) & ~(region->kind == DD_REGION_PORT ? 3u : 15u);
        if (region->kind == DD_REGION_MEMORY64)
            qemu->base[i] |= (uint64_t)qemu_read_config(qemu, offset + 4, 4) << 32;
    }
}

static void write_config(struct qemu *qemu, const struct channel_qemu *access)
{
    qemu_write_config(qemu, (uint32_t)access->offset, access->width, (uint32_t)access->value);
    if (access->offset >= BARS && access->offset < BARS + 24)
        find_bases(qemu);
}

void qemu_access(struct qemu *qemu, struct channel_qemu *access)
{
    bool config = access->operation == QEMU_CONFIG_READ || access->operation == QEMU_CONFIG_WRITE;

    access->status = 0;
    if (config || access->operation == QEMU_READ)
        access->value |= access->operation == QEMU_CONFIG_WRITE ? 0 : ~0ull; /* nothing is there */
    if (config                              ? qemu->plugged && may_configure(access)
        : access->operation <= QEMU_WRITE ? qemu->plugged && may_access(qemu, access)
                                            : true)
        switch (access->operation) {
        case QEMU_READ:
        case QEMU_WRITE: access_register(qemu, access); break;
        case QEMU_CONFIG_READ:
            access->value = qemu_read_config(qemu, (uint32_t)access->offset, access->width);
            break;
        case QEMU_CONFIG_WRITE: write_config(qemu, access); break;
        case QEMU_SETTLE:
            qemu->clock_100ns =
                qemu_ask(qemu, "readq 0x%llx\n", HPET_COUNTER) / HPET_TICKS_PER_100NS;
            break;
        case QEMU_UNPLUG: qemu_unplug(qemu); break;
        case QEMU_PLUG: qemu_plug(qemu); break;
        default: break;
        }
    access->line = qemu->line;
    access->clock_100ns = qemu->clock_100ns;
    access->status = qemu->failed ? -1 : 0;
}
