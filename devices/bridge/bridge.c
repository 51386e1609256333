/*
 * A PCI-to-PCI bridge: the devices that are given bus=1 (2 for the second bridge) are behind it.
 * The host passes accesses, transfers and messages through it while its command register says so.
 * [doc: PCI-to-PCI Bridge Architecture Specification 1.2, 3.2] Leaves out: windows that move, an
 * interrupt of its own, bridges behind bridges.
 */
#include "drydock_device.h"

static uint64_t bridge_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    (void)device, (void)region, (void)offset, (void)width;
    return ~0ull; /* what its windows lead to answers, not the bridge */
}

static void bridge_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                         uint64_t value)
{
    (void)device, (void)region, (void)offset, (void)width, (void)value;
}

static const DD_DEVICE_MODEL model = {
    .abi = DD_DEVICE_ABI,
    .size_bytes = sizeof(DD_DEVICE_MODEL),
    .name = "bridge",
    .help = "PCI-to-PCI bridge to the devices with bus=N",
    .bus = DD_BUS_PCI,
    .vendor_id = 0xD12D,
    .device_id = 0x0B1D,
    .revision = 1,
    .base_class = 0x06,
    .sub_class = 0x04,
    .is_bridge = 1,
    .region = {{DD_REGION_MEMORY32, 0, 16u << 20},
               {DD_REGION_PORT, 0, 4096},
               {DD_REGION_MEMORY64, 0, 1ull << 36}},
    .read = bridge_read,
    .write = bridge_write,
};

const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi)
{
    return abi == DD_DEVICE_ABI ? &model : NULL;
}
