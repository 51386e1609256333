/*
 * The teaching device: a timer with a period, a counter and an interrupt. As a PCI function
 * (default) or, with "root", a device wired to the board. Leaves out: anything that takes time
 * besides the period itself.
 */
#include "drydock_device.h"

#include <stdio.h>
#include <string.h>

#include "timer_registers.h"

struct timer_state {
    uint32_t control, status, period_us;
    uint32_t asserted; /* the line, when it has no messages */
    uint64_t count, scratch;
};

static void update_line(DD_DEVICE *device, struct timer_state *state)
{
    uint32_t wanted = (state->status & TIMER_STATUS_EXPIRED) != 0 &&
                      (state->control & TIMER_CONTROL_INTERRUPT) != 0 &&
                      device->host->message_count(device) == 0;

    if (wanted == state->asserted)
        return;
    state->asserted = wanted;
    device->host->set_line(device, (int)wanted);
}

static void expire(DD_DEVICE *device, uint32_t message)
{
    struct timer_state *state = device->state;

    state->count++;
    state->status |= TIMER_STATUS_EXPIRED;
    if ((state->control & TIMER_CONTROL_INTERRUPT) && device->host->message_count(device) != 0)
        device->host->send_message(device, message);
    update_line(device, state);
}

static void start(DD_DEVICE *device)
{
    const struct timer_state *state = device->state;

    if ((state->control & TIMER_CONTROL_ENABLE) && state->period_us != 0)
        device->host->set_timer(device, 0,
                                device->host->now_100ns(device) + state->period_us * 10ull);
    else
        device->host->cancel_timer(device, 0);
}

static void timer_expired(DD_DEVICE *device, uint32_t id)
{
    struct timer_state *state = device->state;

    (void)id;
    if (state->control & TIMER_CONTROL_ONE_SHOT)
        state->control &= ~TIMER_CONTROL_ENABLE;
    start(device);
    expire(device, 0);
    device->host->wake(device);
}

static uint64_t timer_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    const struct timer_state *state = device->state;
    uint64_t now = device->host->now_100ns(device), value = 0;

    (void)region;
    switch (offset & ~7ull) {
    case TIMER_ID: value = TIMER_ID_VALUE | (uint64_t)state->control << 32; break;
    case TIMER_STATUS: value = state->status | (uint64_t)state->period_us << 32; break;
    case TIMER_COUNT: value = state->count; break;
    case TIMER_SCRATCH: value = state->scratch; break;
    case TIMER_NOW: value = now; break;
    default: break;
    }
    value >>= (offset & 7) * 8;
    return width == 8 ? value : value & ((1ull << width * 8) - 1);
}

static uint64_t merge(uint64_t old, uint64_t offset, uint32_t width, uint64_t value)
{
    uint64_t mask = (width == 8 ? ~0ull : (1ull << width * 8) - 1) << (offset & 7) * 8;

    return (old & ~mask) | (value << (offset & 7) * 8 & mask);
}

static void timer_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                        uint64_t value)
{
    struct timer_state *state = device->state;

    (void)region;
    switch (offset) {
    case TIMER_CONTROL:
        state->control = (uint32_t)value & TIMER_CONTROL_MASK;
        start(device);
        break;
    case TIMER_STATUS: state->status &= ~(uint32_t)value; break; /* a one clears the bit */
    case TIMER_PERIOD_US: state->period_us = (uint32_t)value; break;
    case TIMER_RAISE: expire(device, (uint32_t)value); break;
    default:
        if ((offset & ~7ull) == TIMER_SCRATCH)
            state->scratch = merge(state->scratch, offset, width, value);
        break;
    }
    update_line(device, state);
}

static void timer_reset(DD_DEVICE *device)
{
    device->host->cancel_timer(device, 0);
    device->host->set_line(device, 0);
    memset(device->state, 0, sizeof(struct timer_state));
}

static int timer_configure(DD_DEVICE_MODEL *model, const char *arguments, char *why,
                           size_t why_bytes)
{
    uint64_t msi = dd_argument(arguments, "msi", 0), msix = dd_argument(arguments, "msix", 0);
    uint64_t messages = msix != 0 ? msix : msi, sleep = dd_argument(arguments, "sleep", 0);

    if (messages > 32 || (msix == 0 && (msi & (msi - 1)) != 0)) {
        snprintf(why, why_bytes, "msi is 1, 2, 4, 8, 16 or 32, and msix at most 32");
        return -1;
    }
    if (sleep > 4) {
        snprintf(why, why_bytes, "sleep is 0 to 4");
        return -1;
    }
    model->message_limit = (uint8_t)messages;
    model->msix = msix != 0;
    if (dd_argument(arguments, "root", 0) != 0)
        model->bus = DD_BUS_ROOT;
    if (dd_argument(arguments, "wake", 0) != 0)
        model->wakes = (uint8_t)DD_WAKES(sleep);
    if (model->wakes || dd_argument(arguments, "d3", 0) != 0)
        model->has_power_states =
            (uint8_t)(DD_POWER_STATES | (dd_argument(arguments, "d1", 0) != 0 ? DD_POWER_D1 : 0) |
                      (dd_argument(arguments, "d2", 0) != 0 ? DD_POWER_D2 : 0));
    model->line_latched = dd_argument(arguments, "latched", 0) != 0;
    return 0;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI,
    .size_bytes = sizeof(DD_DEVICE_MODEL),
    .name = "timer",
    .help =
        "a timer with an interrupt: msi=N or msix=N messages, root=1 (not PCI), latched=1 "
        "(edge triggered, root), d3=1 power states (d1=1, d2=1 those too), wake=1 wakes from them "
        "as it expires, sleep=N the machine too, from S1 to SN",
    .bus = DD_BUS_PCI,
    .vendor_id = TIMER_VENDOR_ID,
    .device_id = TIMER_DEVICE_ID,
    .subsystem_vendor_id = TIMER_VENDOR_ID,
    .subsystem_id = 1,
    .revision = 1,
    .base_class = 0x08, /* base system peripheral, system timer */
    .sub_class = 0x02,
    .hardware_id = "ACPI\\DRYD0001",
    .region = {{DD_REGION_MEMORY32, 0, 4096}, {DD_REGION_PORT, 0, 64}},
    .has_line = 1,
    .state_bytes = sizeof(struct timer_state),
    .configure = timer_configure,
    .reset = timer_reset,
    .read = timer_read,
    .write = timer_write,
    .timer = timer_expired,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    return abi == DD_DEVICE_ABI ? &model : NULL;
}
