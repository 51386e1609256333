/*
 * A DMA engine: a table of descriptors in memory, each of which moves bytes between memory and
 * memory, or memory and the device's own 64 KiB; an interrupt at the end. It moves a byte a
 * nanosecond. Leaves out: rings, several channels.
 */
#include "drydock_device.h"

#include <stdio.h>
#include <string.h>

#include "dma_registers.h"

#define BYTES_PER_100NS 100u
#define PIECE 4096u

struct dma_state {
    uint32_t control, status, count, asserted;
    uint64_t table, moved, highest; /* highest: address that the device can put on the bus */
    uint8_t local[DMA_LOCAL_BYTES];
};

static void update_line(DD_DEVICE *device)
{
    struct dma_state *state = device->state;
    uint32_t wanted = (state->status & DMA_STATUS_DONE) != 0 &&
                      (state->control & DMA_CONTROL_INTERRUPT) != 0 &&
                      device->host->message_count(device) == 0;

    if (wanted == state->asserted)
        return;
    state->asserted = wanted;
    device->host->set_line(device, (int)wanted);
}

static int reaches(const struct dma_state *state, uint64_t address, uint64_t bytes)
{
    return bytes - 1 <= state->highest && address <= state->highest - (bytes - 1);
}

static int read_descriptor(DD_DEVICE *device, uint32_t index, struct dma_descriptor *descriptor)
{
    const struct dma_state *state = device->state;
    uint64_t address = state->table + index * sizeof(*descriptor);

    if (!reaches(state, address, sizeof(*descriptor)))
        return -1;
    return device->host->dma_read(device, address, descriptor, sizeof(*descriptor));
}

/* Moves bytes between a buffer and one end of a descriptor. */
static int move(DD_DEVICE *device, uint8_t *buffer, uint64_t address, uint32_t bytes, int is_local,
                int write)
{
    struct dma_state *state = device->state;

    if (is_local) {
        if (address > DMA_LOCAL_BYTES || bytes > DMA_LOCAL_BYTES - address)
            return -1;
        memcpy(write ? state->local + address : buffer, write ? buffer : state->local + address,
               bytes);
        return 0;
    }
    if (!reaches(state, address, bytes))
        return -1;
    return write ? device->host->dma_write(device, address, buffer, bytes)
                 : device->host->dma_read(device, address, buffer, bytes);
}

static int carry_out(DD_DEVICE *device, const struct dma_descriptor *descriptor)
{
    struct dma_state *state = device->state;
    uint8_t buffer[PIECE];

    for (uint32_t done = 0, bytes; done < descriptor->length; done += bytes) {
        bytes = descriptor->length - done < PIECE ? descriptor->length - done : PIECE;
        if (move(device, buffer, descriptor->source + done, bytes,
                 (descriptor->flags & DMA_SOURCE_LOCAL) != 0, 0) != 0 ||
            move(device, buffer, descriptor->target + done, bytes,
                 (descriptor->flags & DMA_TARGET_LOCAL) != 0, 1) != 0)
            return -1;
        state->moved += bytes;
    }
    return 0;
}

/* The bytes of all descriptors; what cannot be read counts nothing and fails at the end. */
static uint64_t total(DD_DEVICE *device)
{
    const struct dma_state *state = device->state;
    struct dma_descriptor descriptor;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < state->count && read_descriptor(device, i, &descriptor) == 0; i++)
        bytes += descriptor.length;
    return bytes;
}

static void start(DD_DEVICE *device)
{
    struct dma_state *state = device->state;

    if (state->status & DMA_STATUS_BUSY)
        return;
    state->moved = 0;
    state->status = DMA_STATUS_BUSY;
    device->host->set_timer(device, 0,
                            device->host->now_100ns(device) + 1 + total(device) / BYTES_PER_100NS);
}

static void finish(DD_DEVICE *device, uint32_t status)
{
    struct dma_state *state = device->state;

    state->status = DMA_STATUS_DONE | status;
    if ((state->control & DMA_CONTROL_INTERRUPT) && device->host->message_count(device) != 0)
        device->host->send_message(device, 0);
    update_line(device);
}

static void dma_timer(DD_DEVICE *device, uint32_t id)
{
    struct dma_state *state = device->state;
    struct dma_descriptor descriptor;
    uint32_t status =
        state->count == 0 || state->count > DMA_MAX_DESCRIPTORS ? DMA_STATUS_ERROR : 0;

    (void)id;
    for (uint32_t i = 0; i < state->count && status == 0; i++)
        if (read_descriptor(device, i, &descriptor) != 0 || carry_out(device, &descriptor) != 0)
            status = DMA_STATUS_ERROR;
    finish(device, status);
}

static uint64_t dma_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    const struct dma_state *state = device->state;
    uint64_t value = 0;

    (void)region;
    switch (offset & ~7ull) {
    case DMA_ID: value = DMA_ID_VALUE | (uint64_t)state->control << 32; break;
    case DMA_STATUS: value = state->status | (uint64_t)state->count << 32; break;
    case DMA_TABLE: value = state->table; break;
    case DMA_MOVED: value = state->moved; break;
    default: break;
    }
    value >>= (offset & 7) * 8;
    return width == 8 ? value : value & ((1ull << width * 8) - 1);
}

static void dma_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                      uint64_t value)
{
    struct dma_state *state = device->state;

    (void)region;
    switch (offset) {
    case DMA_CONTROL:
        state->control = (uint32_t)value & DMA_CONTROL_INTERRUPT;
        if (value & DMA_CONTROL_START)
            start(device);
        if ((value & DMA_CONTROL_ABORT) && (state->status & DMA_STATUS_BUSY)) {
            device->host->cancel_timer(device, 0);
            finish(device, DMA_STATUS_ERROR);
        }
        break;
    case DMA_STATUS:
        state->status &= ~((uint32_t)value & (DMA_STATUS_DONE | DMA_STATUS_ERROR));
        break;
    case DMA_COUNT: state->count = (uint32_t)value; break;
    case DMA_TABLE:
        state->table = width == 8 ? value : (state->table & ~0xFFFFFFFFull) | (uint32_t)value;
        break;
    case DMA_TABLE + 4: state->table = (state->table & 0xFFFFFFFFull) | value << 32; break;
    default: break;
    }
    update_line(device);
}

static int dma_configure(DD_DEVICE_MODEL *model, const char *arguments, char *why, size_t why_bytes)
{
    uint64_t bits = dd_argument(arguments, "bits", 64), msi = dd_argument(arguments, "msi", 0);

    if (bits < 20 || bits > 64 || msi > 1) {
        snprintf(why, why_bytes, "bits is 20 to 64, and msi 0 or 1");
        return -1;
    }
    model->message_limit = (uint8_t)msi;
    if (dd_argument(arguments, "bar64", 0) != 0)
        model->region[0].kind = DD_REGION_MEMORY64;
    return 0;
}

static int dma_init(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes)
{
    uint64_t bits = dd_argument(arguments, "bits", 64);

    (void)why, (void)why_bytes;
    ((struct dma_state *)device->state)->highest = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    return 0;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI,
    .size_bytes = sizeof(DD_DEVICE_MODEL),
    .name = "dma",
    .help = "a DMA engine: bits=N address bits (64), msi=1 a message for its line, bar64=1 "
            "registers above 4 GiB",
    .bus = DD_BUS_PCI,
    .vendor_id = DMA_VENDOR_ID,
    .device_id = DMA_DEVICE_ID,
    .subsystem_vendor_id = DMA_VENDOR_ID,
    .subsystem_id = 1,
    .revision = 1,
    .base_class = 0x08, /* base system peripheral, DMA controller */
    .sub_class = 0x01,
    .region = {{DD_REGION_MEMORY32, 0, 4096}},
    .has_line = 1,
    .state_bytes = sizeof(struct dma_state),
    .configure = dma_configure,
    .init = dma_init,
    .read = dma_read,
    .write = dma_write,
    .timer = dma_timer,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    return abi == DD_DEVICE_ABI ? &model : NULL;
}
