/*
 * QEMU's edu device, written anew from its specification [doc: QEMU, docs/specs/edu.rst]: for
 * machines without QEMU, and for runs that repeat in everything. A factorial takes 10 us, a
 * transfer 100 ms as with QEMU. A transfer outside of the device's memory, with which QEMU ends,
 * moves nothing and says so on the log.
 */
#include "drydock_device.h"

#include <stdio.h>
#include <string.h>

#include "edu_registers.h"

enum { TIMER_FACTORIAL = 0, TIMER_DMA = 1 };
#define FACTORIAL_100NS 100u
#define VERSION 0x01000000u

struct edu_state {
    uint32_t liveness, factorial, status, interrupts, asserted, pad;
    uint64_t source, target, count, command;
    uint64_t highest, dma_100ns;
    uint8_t buffer[EDU_BUFFER_BYTES];
};

/* ---- interrupt ---- */

static void update_line(DD_DEVICE *device)
{
    struct edu_state *state = device->state;
    uint32_t wanted = state->interrupts != 0 && device->host->message_count(device) == 0;

    if (wanted == state->asserted)
        return;
    state->asserted = wanted;
    device->host->set_line(device, (int)wanted);
}

static void raise_interrupt(DD_DEVICE *device, uint32_t bits)
{
    struct edu_state *state = device->state;

    state->interrupts |= bits;
    if (state->interrupts != 0 && device->host->message_count(device) != 0)
        device->host->send_message(device, 0);
    update_line(device);
}

/* ---- work ---- */

static uint32_t factorial(uint32_t number)
{
    uint32_t product = 1;

    while (number > 0)
        product *= number--;
    return product;
}

static int is_in_buffer(uint64_t address, uint64_t bytes)
{
    return address >= EDU_BUFFER && bytes <= EDU_BUFFER_BYTES &&
           address - EDU_BUFFER <= EDU_BUFFER_BYTES - bytes;
}

static void transfer(DD_DEVICE *device)
{
    struct edu_state *state = device->state;
    int to_memory = (state->command & EDU_DMA_TO_MEMORY) != 0;
    uint64_t local = to_memory ? state->source : state->target;
    uint64_t memory = (to_memory ? state->target : state->source) & state->highest;
    uint8_t *at = state->buffer + (local - EDU_BUFFER);

    if (!is_in_buffer(local, state->count)) {
        device->host->log(device, "a transfer is not within the 4 KiB at 0x40000");
        return;
    }
    if ((to_memory ? device->host->dma_write(device, memory, at, state->count)
                   : device->host->dma_read(device, memory, at, state->count)) != 0)
        device->host->log(device, "a transfer reaches no memory");
}

static void edu_timer(DD_DEVICE *device, uint32_t id)
{
    struct edu_state *state = device->state;

    if (id == TIMER_DMA) {
        transfer(device);
        state->command &= ~(uint64_t)EDU_DMA_START;
        if (state->command & EDU_DMA_INTERRUPT)
            raise_interrupt(device, EDU_INTERRUPT_DMA);
        return;
    }
    state->factorial = factorial(state->factorial);
    state->status &= ~EDU_STATUS_COMPUTING;
    if (state->status & EDU_STATUS_INTERRUPT)
        raise_interrupt(device, EDU_INTERRUPT_FACTORIAL);
}

/* ---- registers ---- */

static uint64_t edu_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    const struct edu_state *state = device->state;

    (void)region;
    if (width != 4 && (width != 8 || offset < EDU_DMA_SOURCE))
        return ~0ull;
    switch (offset) {
    case EDU_ID: return VERSION | EDU_ID_VALUE;
    case EDU_LIVENESS: return state->liveness;
    case EDU_FACTORIAL: return state->factorial;
    case EDU_STATUS: return state->status;
    case EDU_INTERRUPT_STATUS: return state->interrupts;
    case EDU_DMA_SOURCE: return state->source;
    case EDU_DMA_TARGET: return state->target;
    case EDU_DMA_COUNT: return state->count;
    case EDU_DMA_COMMAND: return state->command;
    default: return ~0ull;
    }
}

static void start_transfer(DD_DEVICE *device, uint64_t command)
{
    struct edu_state *state = device->state;

    if (state->command & EDU_DMA_START) /* nothing changes while it runs */
        return;
    state->command = command;
    if (command & EDU_DMA_START)
        device->host->set_timer(device, TIMER_DMA,
                                device->host->now_100ns(device) + state->dma_100ns);
}

static void start_factorial(DD_DEVICE *device, uint32_t number)
{
    struct edu_state *state = device->state;

    if (state->status & EDU_STATUS_COMPUTING)
        return;
    state->factorial = number;
    state->status |= EDU_STATUS_COMPUTING;
    device->host->set_timer(device, TIMER_FACTORIAL,
                            device->host->now_100ns(device) + FACTORIAL_100NS);
}

static void write_dma(struct edu_state *state, uint64_t *target, uint64_t value)
{
    if (!(state->command & EDU_DMA_START))
        *target = value;
}

static void edu_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                      uint64_t value)
{
    struct edu_state *state = device->state;

    (void)region;
    if (width != 4 && (width != 8 || offset < EDU_DMA_SOURCE))
        return;
    switch (offset) {
    case EDU_LIVENESS: state->liveness = ~(uint32_t)value; break;
    case EDU_FACTORIAL: start_factorial(device, (uint32_t)value); break;
    case EDU_STATUS:
        state->status = (state->status & ~EDU_STATUS_INTERRUPT) |
                        ((uint32_t)value & EDU_STATUS_INTERRUPT);
        break;
    case EDU_INTERRUPT_RAISE: raise_interrupt(device, (uint32_t)value); break;
    case EDU_INTERRUPT_ACKNOWLEDGE:
        state->interrupts &= ~(uint32_t)value;
        update_line(device);
        break;
    case EDU_DMA_SOURCE: write_dma(state, &state->source, value); break;
    case EDU_DMA_TARGET: write_dma(state, &state->target, value); break;
    case EDU_DMA_COUNT: write_dma(state, &state->count, value); break;
    case EDU_DMA_COMMAND: start_transfer(device, value); break;
    default: break;
    }
}

static int edu_configure(DD_DEVICE_MODEL *model, const char *arguments, char *why, size_t why_bytes)
{
    if (dd_argument(arguments, "bits", EDU_ADDRESS_BITS) - 20 > 44) {
        snprintf(why, why_bytes, "bits is 20 to 64");
        return -1;
    }
    model->message_limit = dd_argument(arguments, "msi", 1) != 0;
    return 0;
}

static int edu_init(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes)
{
    struct edu_state *state = device->state;
    uint64_t bits = dd_argument(arguments, "bits", EDU_ADDRESS_BITS);

    (void)why, (void)why_bytes;
    state->highest = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
    state->dma_100ns = dd_argument(arguments, "dma-us", 100000) * 10;
    return 0;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI,
    .size_bytes = sizeof(DD_DEVICE_MODEL),
    .name = "edu",
    .help = "QEMU's edu device: bits=N address bits (28), dma-us=N for a transfer (100000), msi=0: "
            "line only",
    .bus = DD_BUS_PCI,
    .vendor_id = EDU_VENDOR_ID,
    .device_id = EDU_DEVICE_ID,
    .subsystem_vendor_id = 0x1AF4,
    .subsystem_id = 0x1100,
    .revision = 0x10,
    .base_class = 0x00, /* unclassified */
    .sub_class = 0xFF,
    .region = {{DD_REGION_MEMORY32, 0, EDU_REGION_BYTES}},
    .has_line = 1,
    .state_bytes = sizeof(struct edu_state),
    .configure = edu_configure,
    .init = edu_init,
    .read = edu_read,
    .write = edu_write,
    .timer = edu_timer,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    return abi == DD_DEVICE_ABI ? &model : NULL;
}
