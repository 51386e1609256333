/*
 * Devices that come and go while the machine runs: pulled out by hand, after a number of accesses,
 * or at a time; plugged in at a time, for the first time or again. A device that comes again is as
 * new: state and configuration space are those of its first start.
 */
#include <stdio.h>
#include <string.h>

#include "hal/device_table.h"
#include "hal/machine.h"

#define PER_MS 10000u /* units of 100 ns */

static const struct plug_time {
    const char *argument;
    const char *text;
} plug_times[] = {[PLUG_ARRIVES - DD_DEVICE_TIMERS] = {"arrives", "plugged in"},
                  [PLUG_LEAVES - DD_DEVICE_TIMERS] = {"leaves", "pulled out"},
                  [PLUG_RETURNS - DD_DEVICE_TIMERS] = {"returns", "plugged in again"}};

static uint64_t time_of(const struct device *device, uint32_t id)
{
    uint64_t ms =
        dd_argument(device->arguments, plug_times[id - DD_DEVICE_TIMERS].argument, NO_TIMER);

    return ms > (NO_TIMER - 1) / PER_MS ? NO_TIMER : ms * PER_MS;
}

const char *plug_check(const struct device *device)
{
    uint64_t arrives = time_of(device, PLUG_ARRIVES), leaves = time_of(device, PLUG_LEAVES);
    uint64_t returns = time_of(device, PLUG_RETURNS);

    if (device->model.is_bridge && (arrives != NO_TIMER || returns != NO_TIMER))
        return "a bridge is there from the start, or not again";
    if (arrives != NO_TIMER && leaves <= arrives)
        return "it leaves before it arrives";
    if (returns != NO_TIMER && (leaves != NO_TIMER ? returns <= leaves : arrives != NO_TIMER))
        return "it returns before it has left";
    return NULL;
}

void plug_init(struct device *device)
{
    struct record *record = device->record;
    bool is_late;

    for (uint32_t id = PLUG_ARRIVES; id <= PLUG_RETURNS; id++)
        record->due_100ns[id] = time_of(device, id);
    is_late = record->due_100ns[PLUG_ARRIVES] != NO_TIMER;
    record->present = record->plugged = !is_late;
}

int plug_start_model(struct device *device)
{
    char why[200] = "it cannot start";
    int error = 0;

    if (device->model.init != NULL) {
        device_enter(device);
        error = device->model.init(&device->public, device->arguments, why, sizeof(why));
        device_leave();
    }
    if (error != 0)
        device_log("device %s: %s\n", device->model.name, why);
    return error;
}

/* The bus driver is to look again. */
static void tell_system(void)
{
    device_update_interrupts();
    device_update_due();
    g_machine.loader->device_changed = 1;
    g_machine.loader->interrupt_request = 1;
}

void plug_out(struct device *device)
{
    struct record *record = device->record;

    if (!record->present)
        return;
    for (uint32_t i = 0; i < g_device_count; i++)
        if (g_devices[i].bridge == device)
            plug_out(&g_devices[i]);
    if (device->model.unplug != NULL) {
        device_enter(device);
        device->model.unplug(&device->public);
        device_leave();
    }
    record->present = 0;
    record->asserted = 0;
    fault_forget(device);
    memset(record->due_100ns, 0xFF, DD_DEVICE_TIMERS * sizeof(record->due_100ns[0]));
    tell_system();
}

static void plug_in(struct device *device)
{
    struct record *record = device->record;

    if (record->present || (device->bridge != NULL && !device->bridge->record->present))
        return;
    memset(device->public.state, 0, device->model.state_bytes);
    memset(record->vector, 0, sizeof(record->vector));
    memset(record->due_100ns, 0xFF, DD_DEVICE_TIMERS * sizeof(record->due_100ns[0]));
    record->config = record->first;
    if (device->outside != NULL &&
        !device_outside_plug(&device->public, record->config.bytes))
        return;
    if (plug_start_model(device) != 0)
        return;
    record->present = ++record->plugged;
    tell_system();
}

void plug_event(struct device *device, uint32_t id)
{
    device_log("device %s: %s\n", device->model.name, plug_times[id - DD_DEVICE_TIMERS].text);
    if (id == PLUG_LEAVES)
        plug_out(device);
    else
        plug_in(device);
}
