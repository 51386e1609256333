/*
 * A simulated display adapter: the identity and the regions of a GeForce RTX 3080, registers that
 * say what it is, and an aperture to its memory. It says of itself that it is simulated. Leaves
 * out: everything that a GPU does.
 */
#include "drydock_device.h"

#include <stdio.h>
#include <string.h>

#include "gpu_registers.h"

#define MIB (1ull << 20)
#define REGISTERS_BYTES (16 * MIB)
#define OTHER_BYTES (32 * MIB)
#define PORT_BYTES 128u

enum { REGISTERS, APERTURE, OTHER, PORTS };

struct gpu_state {
    uint64_t memory_bytes;
    uint8_t memory[GPU_BACKED];
};

static const char name[GPU_NAME_BYTES] = "NVIDIA GeForce RTX 3080 (simulated)";

static uint64_t read_bytes(const uint8_t *from, uint64_t limit, uint64_t offset, uint32_t width)
{
    uint64_t value = 0;

    if (offset < limit)
        memcpy(&value, from + offset, width);
    return value;
}

static uint64_t read_register(const struct gpu_state *state, uint64_t offset, uint32_t width)
{
    uint8_t bytes[GPU_NAME + GPU_NAME_BYTES] = {0};
    const uint32_t first[] = {GPU_ID_VALUE, GPU_FLAG_SIMULATED}, backed = GPU_BACKED;

    memcpy(bytes + GPU_ID, first, sizeof(first));
    memcpy(bytes + GPU_MEMORY_BYTES, &state->memory_bytes, sizeof(state->memory_bytes));
    memcpy(bytes + GPU_BACKED_BYTES, &backed, sizeof(backed));
    memcpy(bytes + GPU_NAME, name, GPU_NAME_BYTES);
    return read_bytes(bytes, sizeof(bytes), offset, width);
}

static uint64_t gpu_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    const struct gpu_state *state = device->state;

    switch (region) {
    case REGISTERS: return read_register(state, offset, width);
    case APERTURE: return read_bytes(state->memory, GPU_BACKED, offset, width);
    default: return 0;
    }
}

static void gpu_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                      uint64_t value)
{
    struct gpu_state *state = device->state;

    if (region == APERTURE && offset < GPU_BACKED)
        memcpy(state->memory + offset, &value, width);
}

/* An aperture is a power of two: of all of the memory, or 256 MiB as before resizable ones. */
static uint64_t aperture_bytes(const char *arguments, uint64_t memory_mib)
{
    uint64_t bytes = 256 * MIB;

    if (dd_argument(arguments, "resizable", 1) != 0)
        while (bytes < memory_mib * MIB)
            bytes *= 2;
    return bytes;
}

static int gpu_configure(DD_DEVICE_MODEL *model, const char *arguments, char *why, size_t why_bytes)
{
    uint64_t memory_mib = dd_argument(arguments, "memory", 10240);

    if (memory_mib < 1 || memory_mib > 262144 || dd_argument(arguments, "resizable", 1) > 1) {
        snprintf(why, why_bytes, "memory is 1 to 262144 MiB, and resizable 0 or 1");
        return -1;
    }
    model->region[APERTURE].size_bytes = aperture_bytes(arguments, memory_mib);
    return 0;
}

static int gpu_init(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes)
{
    (void)why, (void)why_bytes;
    ((struct gpu_state *)device->state)->memory_bytes =
        dd_argument(arguments, "memory", 10240) * MIB;
    return 0;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI,
    .size_bytes = sizeof(DD_DEVICE_MODEL),
    .name = "gpu",
    .help = "a display adapter with the identity of an RTX 3080, which does nothing: memory=MIB "
            "(10240), resizable=0 an aperture of 256 MiB only",
    .bus = DD_BUS_PCI,
    .vendor_id = GPU_VENDOR_ID,
    .device_id = GPU_DEVICE_ID,
    .subsystem_vendor_id = GPU_VENDOR_ID,
    .subsystem_id = GPU_SUBSYSTEM_ID,
    .revision = 0xA1,
    .base_class = 0x03, /* display controller, VGA compatible */
    .sub_class = 0x00,
    .region = {[REGISTERS] = {DD_REGION_MEMORY32, 0, REGISTERS_BYTES},
               [APERTURE] = {DD_REGION_MEMORY64, 0, 0}, /* gpu_configure */
               [OTHER] = {DD_REGION_MEMORY64, 0, OTHER_BYTES},
               [PORTS] = {DD_REGION_PORT, 0, PORT_BYTES}},
    .has_line = 1,
    .message_limit = 1,
    .state_bytes = sizeof(struct gpu_state),
    .configure = gpu_configure,
    .init = gpu_init,
    .read = gpu_read,
    .write = gpu_write,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    return abi == DD_DEVICE_ABI ? &model : NULL;
}
