/*
 * Configuration space: identification, sizing and moving of base address registers, the command
 * register's switches, the message capabilities; and writes of anything anywhere leave the
 * read-only rest as it was.
 */
#include "hal/device_config.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static DD_DEVICE_MODEL make_model(void)
{
    DD_DEVICE_MODEL model = {.bus = DD_BUS_PCI,
                             .vendor_id = 0x1234,
                             .device_id = 0x5678,
                             .subsystem_vendor_id = 0x9ABC,
                             .subsystem_id = 0xDEF0,
                             .revision = 3,
                             .base_class = 2,
                             .has_line = 1,
                             .message_limit = 4};

    model.region[0] = (DD_REGION){DD_REGION_MEMORY64, 0, 1 << 20};
    model.region[1] = (DD_REGION){DD_REGION_MEMORY32, 0, 8192};
    model.region[3] = (DD_REGION){DD_REGION_PORT, 0, 32};
    return model;
}

static void test_registers(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;
    uint64_t base;

    config_init(&config, &model, 17, &space);
    is(config_read(&config, 0, 4), 0x56781234, "vendor and device");
    is(config_read(&config, 8, 4), 0x02000003, "class and revision");
    is(config_read(&config, 0x2C, 4), 0xDEF09ABC, "subsystem");
    is(config_read(&config, 0x3C, 2), 0x0111, "line and pin");
    is(config_read(&config, 0x10, 4) & 0xF, 0xC, "a 64-bit register says so");
    is(config_read(&config, 0x1C, 4) & 3, 1, "a port register says so");
    ok(!config_region_base(&config, &model, 0, &base), "no region while access is off");
    config_write(&config, 4, 2, 3);
    ok(config_region_base(&config, &model, 0, &base) && base == config.assigned[0], "memory on");
    ok(config_region_base(&config, &model, 3, &base) && base == config.assigned[3], "ports on");
    ok(!config_region_base(&config, &model, 2, &base), "a region that there is not");
    ok(!config_is_master(&config), "no bus mastering");
    config_write(&config, 4, 2, 7);
    ok(config_is_master(&config), "bus mastering on");
    config_write(&config, 4, 2, 0x407);
    ok(!config_line_enabled(&config), "the line off");
}

static void test_power(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;
    uint64_t base;

    model.has_power_states = 1;
    config_init(&config, &model, 17, &space);
    config_write(&config, 4, 2, 7);
    is(config_read(&config, 0x34, 1), 0x50, "the first capability");
    is(config_read(&config, 0x50, 4), 0x00034001,
       "is power management, without wake-up; then messages");
    config_write(&config, 0x54, 2, 0x103);
    is(config_read(&config, 0x54, 2), 0x10B, "D3");
    ok(!config_region_base(&config, &model, 0, &base), "no region");
    ok(!config_is_master(&config), "no transfer");
    ok(!config_line_enabled(&config), "no line");
    ok(!config_signal_wake(&config), "a device that cannot wake");
    config_write(&config, 0x54, 1, 1);
    is(config_read(&config, 0x54, 2), 0x10B, "there is no D1");
    config_write(&config, 0x54, 2, 0);
    ok(config_region_base(&config, &model, 0, &base), "the region is back in D0");
    model.wakes = 1;
    config_init(&config, &model, 17, &space);
    config_write(&config, 0x54, 2, 0x100);
    ok(!config_signal_wake(&config), "no signal from D0");
    config_write(&config, 0x54, 2, 3);
    ok(!config_signal_wake(&config), "none that is not allowed");
    config_write(&config, 0x54, 2, 0x103);
    ok(config_signal_wake(&config), "one that is allowed");
    config_write(&config, 0x54, 2, 0x103);
    is(config_read(&config, 0x54, 2), 0x810B, "it stays noted");
    config_write(&config, 0x54, 2, 0x8103);
    is(config_read(&config, 0x54, 2), 0x010B, "until a one is written there");
}

static void test_sizing(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;
    uint64_t base;

    config_init(&config, &model, 17, &space);
    config_write(&config, 4, 2, 3);
    for (unsigned bar = 0; bar < 6; bar++)
        config_write(&config, 0x10 + 4 * bar, 4, 0xFFFFFFFF);
    is(config_read(&config, 0x10, 4), 0xFFF0000C, "size of 1 MiB, lower half");
    is(config_read(&config, 0x14, 4), 0xFFFFFFFF, "upper half");
    is(config_read(&config, 0x18, 4), 0xFFFFE000, "size of 8 KiB");
    is(config_read(&config, 0x1C, 4), 0xFFFFFFE1, "size of 32 ports");
    is(config_read(&config, 0x20, 4), 0, "a register that there is not");
    config_write(&config, 0x10, 4, 0x00300000);
    config_write(&config, 0x14, 4, 0x12);
    ok(config_region_base(&config, &model, 0, &base) && base == 0x1200300000, "moved");
    config_write(&config, 0x1A, 2, 0xE123);
    is(config_read(&config, 0x18, 4), 0xE123E000, "half a register is written");
}

static void test_messages(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;

    config_init(&config, &model, 17, &space);
    is(config_read(&config, 0x34, 1), 0x40, "a capability");
    is(config_read(&config, 0x40, 1), 0x05, "MSI");
    is(config_read(&config, 0x42, 2), 0x84, "4 messages, 64-bit address");
    config_show_messages(&config, 4, 0x61);
    is(config_read(&config, 0x42, 2), 0xA5, "4 messages on");
    is(config_read(&config, 0x4C, 2), 0x61, "the first one's vector");
    config_show_messages(&config, 0, 0);
    is(config_read(&config, 0x42, 2), 0x84, "off again");
    model.msix = 1;
    model.message_limit = 3;
    config_init(&config, &model, 17, &space);
    config_show_messages(&config, 3, 0x61);
    is(config_read(&config, 0x40, 4), 0x80020011, "3 messages of MSI-X, on");
}

static void test_space(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;
    bool aligned = true;

    for (unsigned i = 0; i < 16; i++) {
        config_init(&config, &model, 17, &space);
        aligned &= config.assigned[0] % (1 << 20) == 0 && config.assigned[1] % 8192 == 0 &&
                   config.assigned[3] % 32 == 0;
    }
    ok(aligned, "every region lies at a multiple of its size");
    model.region[1].size_bytes = 1u << 28;
    config_init(&config, &model, 17, &space);
    config_init(&config, &model, 17, &space);
    is(config.assigned[1], 0, "a region for which there is no room gets no address");
}

static void test_random_writes(void)
{
    DD_DEVICE_MODEL model = make_model();
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config, before;
    unsigned changed = 0;

    config_init(&config, &model, 17, &space);
    before = config;
    srand(3);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t width = 1u << rand() % 3, offset = ((unsigned)rand() % 256) & ~(width - 1);

        config_write(&config, offset, width, (uint32_t)rand() << 8 ^ (uint32_t)rand());
    }
    for (unsigned i = 0; i < 256; i++)
        if (!(i >= 4 && i < 6) && !(i >= 0x10 && i < 0x28) && i != 0x3C)
            changed += config.bytes[i] != before.bytes[i];
    is(changed, 0, "what is read only stays");
    for (unsigned bar = 0; bar < 6; bar++)
        changed +=
            ((config_read(&config, 0x10 + 4 * bar, 4) ^ config_read(&before, 0x10 + 4 * bar, 4)) &
             ~config.bar_mask[bar]) != 0;
    is(changed, 0, "and the kind bits of the base address registers");
}

int main(void)
{
    test_registers();
    test_power();
    test_sizing();
    test_messages();
    test_space();
    test_random_writes();
    return done_testing();
}
