/*
 * Fuzzes what comes from a QEMU that is not to be trusted: the input is all that it ever says on
 * its two sockets, as it is or as the values of well-formed answers. What is made of it is a device
 * whose every figure is in bounds, or none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "hal/device_table.h"
#include "qemu/qemu.h"

/* ---- what host/hal/device_load.c needs ---- */
struct device g_devices[DEVICE_LIMIT];
uint32_t g_device_count;
struct table *g_device_table;
const DD_DEVICE_HOST device_host;

static uint64_t read_nothing(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    (void)device, (void)region, (void)offset, (void)width;
    return 0;
}

static void write_nothing(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                          uint64_t value)
{
    (void)device, (void)region, (void)offset, (void)width, (void)value;
}

const DD_DEVICE_MODEL device_outside_callbacks = {.read = read_nothing, .write = write_nothing};

const char *plug_check(const struct device *device)
{
    (void)device;
    return NULL;
}

/* ---- the target ---- */

/* Nobody listens: it has to fit into the socket. */
static void say(int fd, const void *text, size_t bytes)
{
    if (send(fd, text, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)bytes)
        abort();
}

/*
 * Each two bytes of the input become the answers to a write and a read; some have an interrupt
 * before them. Values that base address registers and capabilities might have are as likely as
 * others.
 */
static void say_values(int fd, const uint8_t *data, size_t size)
{
    static const uint32_t likely[] = {0,          0xFFFFF000, 0xFFFFC004, 0xFFFFFF01,
                                      0xFFFFFFFF, 0x00000001, 0x1111,     0x00000040,
                                      0x05,       0xFFFFFFC1, 0x80000004, 0x70};
    static char text[8192 * 20];
    size_t used = 0;

    for (; size >= 2; data += 2, size -= 2) {
        uint32_t kind = data[0] % 32, value = data[1] * 0x01010101u;

        if (kind < sizeof(likely) / sizeof(likely[0]))
            value = likely[kind];
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%sOK\nOK 0x%x\n",
                                 kind == 31 ? "IRQ raise 11\n" : "", value);
    }
    say(fd, text, used);
}

static int open_lines(struct qemu_lines *lines)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        abort();
    lines->fd = pair[0];
    return pair[1];
}

/* The device is taken only if its configuration space can be laid out. */
static void lay_out(struct qemu *qemu)
{
    struct config_space space = CONFIG_SPACE_INIT;
    struct device_config config;
    uint64_t base;
    char why[300];

    g_device_count = 0;
    if (device_add_outside(&qemu->device, "", why, sizeof(why)) != 0)
        return;
    config_init(&config, &g_devices[0].model, 11, &space);
    for (uint32_t i = 0; i < DD_DEVICE_REGIONS; i++)
        config_region_base(&config, &g_devices[0].model, i, &base);
}

static void use(struct qemu *qemu)
{
    for (uint32_t i = 0; i < 40; i++) {
        struct channel_qemu access = {.operation = i % 9,
                                      .region = i % 8,
                                      .width = 1u << i % 4,
                                      .offset = (uint64_t)i * 8,
                                      .value = ~0ull};

        qemu_access(qemu, &access);
        if (access.operation == QEMU_READ && access.region >= DD_DEVICE_REGIONS &&
            ~access.value != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct qemu qemu;
    char why[400];
    int far[2];

    if (size < 1 || size > 8192)
        return 0;
    memset(&qemu, 0, sizeof(qemu));
    qemu.child = qemu.error_fd = -1;
    qemu.plugged = true;
    far[0] = open_lines(&qemu.qtest);
    far[1] = open_lines(&qemu.monitor);
    if (data[0] & 1)
        say_values(far[0], data + 1, size - 1);
    else
        say(far[0], data + 1, size - 1);
    say(far[1], data + 1, size - 1);
    shutdown(far[0], SHUT_WR);
    shutdown(far[1], SHUT_WR);
    if (qemu_identify(&qemu, why, sizeof(why)) == 0)
        lay_out(&qemu);
    use(&qemu);
    qemu_stop(&qemu);
    close(far[0]);
    close(far[1]);
    return 0;
}
