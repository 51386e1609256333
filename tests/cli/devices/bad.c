/* A device model with a choice of faults: abi=1 no such version, fault=1 a stray pointer, call=1 a system call. */
#include "drydock_device.h"

#include <unistd.h>

struct state {
    uint32_t fault, call;
};

static int bad_init(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes)
{
    struct state *state = device->state;

    (void)why, (void)why_bytes;
    state->fault = (uint32_t)dd_argument(arguments, "fault", 0);
    state->call = (uint32_t)dd_argument(arguments, "call", 0);
    return 0;
}

static uint64_t bad_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    const struct state *state = device->state;

    (void)region, (void)offset, (void)width;
    if (state->fault)
        *(volatile int *)8 = 1;
    if (state->call)
        return (uint64_t)getppid();
    return 0;
}

static void bad_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width, uint64_t value)
{
    (void)device, (void)region, (void)offset, (void)width, (void)value;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI + BAD_VERSION, .size_bytes = sizeof(DD_DEVICE_MODEL), .name = "bad", .bus = DD_BUS_PCI,
    .vendor_id = 0xD12D, .device_id = 1, .region = {{DD_REGION_MEMORY32, 0, 4096}}, .state_bytes = sizeof(struct state),
    .init = bad_init, .read = bad_read, .write = bad_write,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    (void)abi;
    return &model;
}
