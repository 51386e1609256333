/*
 * A device that QEMU plays, seen from the machine. Registers and configuration space are asked for
 * over the channel; transfers go from QEMU straight to the machine's RAM; a message of the device's
 * is a word that QEMU writes into this device's state, which lies in RAM. Time: QEMU's virtual time
 * stands still until a timer of the device's makes it jump, and tells by how much; what the device
 * did at the jump's end then shows as an interrupt at that time of the machine's. What QEMU does in
 * threads of its own takes no virtual time at all; so as to see it, time does not jump ahead of the
 * host's clock for a while after each write (the pauses below). Leaves out: what registers show
 * between a jump's start and its end: they are at the end already.
 */
#include "hal/channel.h"
#include "hal/device.h"
#include "hal/machine.h"
#include "hal/syscall.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum { TIMER_LOOK = 0, TIMER_DELIVER = 1 };
#define FIRST_PAUSE_100NS 100u     /* 10 us */
#define LAST_PAUSE_100NS 2000000u  /* 0.2 s: a device that did nothing by then is at rest */
#define LEAST_WAIT_100NS 2000u     /* real time that each pause takes at least: 0.2 ms */
#define NAP_100NS 500u
#define MESSAGE_DATA 1u
#define TABLE_ENTRY_BYTES 16u
#define COMMAND 0x04u
#define BASE_REGISTERS 0x10u
#define INTERRUPT_LINE 0x3Cu

struct outside_state {
    volatile uint32_t message[HAL_DEVICE_MESSAGES]; /* written by QEMU */
    uint32_t pending;     /* messages that came and are delivered when their time is there */
    uint32_t line;        /* the line's level at the last answer */
    uint32_t line_shown;  /* what the machine was told */
    uint32_t gone;
    uint64_t pause_100ns; /* until the next look; 0: none is planned */
    uint64_t clock_100ns; /* QEMU's, at the last write or jump */
    uint64_t base_100ns;  /* the machine's time that this is */
    uint64_t due_100ns;   /* of the delivery that is planned, 0 none */
};

/* ---- asking ---- */

static void lose(DD_DEVICE *device)
{
    struct outside_state *state = device->state;

    if (state->gone)
        return;
    state->gone = 1;
    device->host->log(device, "QEMU is gone, and the device with it");
    device_pull_out(device);
}

static uint64_t ask(DD_DEVICE *device, struct channel_qemu *access)
{
    struct outside_state *state = device->state;

    if (state->gone)
        return ~0ull;
    access->device = device_outside_of(device)->number;
    device_ask_outside(access);
    if (access->status != 0) {
        lose(device);
        return ~0ull;
    }
    state->line = access->line;
    return access->value;
}

/* ---- what the device did by itself ---- */

static uint32_t take_messages(struct outside_state *state)
{
    uint32_t taken = 0;

    for (uint32_t i = 0; i < HAL_DEVICE_MESSAGES; i++)
        if (state->message[i] != 0 &&
            __atomic_exchange_n(&state->message[i], 0, __ATOMIC_ACQ_REL) != 0)
            taken |= 1u << i;
    return taken;
}

static void deliver(DD_DEVICE *device)
{
    struct outside_state *state = device->state;
    uint32_t messages = state->pending;

    state->pending = 0;
    state->due_100ns = 0;
    for (; messages != 0; messages &= messages - 1)
        device->host->send_message(device, (uint32_t)__builtin_ctz(messages));
    if (state->line == state->line_shown)
        return;
    state->line_shown = state->line;
    device->host->set_line(device, (int)state->line);
}

/* Looks what has come. TRUE: something did. */
static bool look(DD_DEVICE *device)
{
    struct outside_state *state = device->state;
    struct channel_qemu settle = {.operation = QEMU_SETTLE};
    uint32_t messages = take_messages(state);
    uint64_t now = device->host->now_100ns(device), passed;

    if (messages == 0 && state->line == state->line_shown)
        return false;
    state->pending |= messages;
    if (state->line_shown && !state->line) { /* a line that the driver made go down is down now */
        state->line_shown = 0;
        device->host->set_line(device, 0);
    }
    ask(device, &settle);
    if (state->gone)
        return true;
    passed = settle.clock_100ns - state->clock_100ns;
    state->clock_100ns = settle.clock_100ns;
    if (state->due_100ns != 0) /* it comes together with what came before */
        return true;
    if (state->base_100ns + passed <= now) {
        deliver(device);
        return true;
    }
    state->due_100ns = state->base_100ns + passed;
    device->host->set_timer(device, TIMER_DELIVER, state->due_100ns);
    return true;
}

static void plan_look(DD_DEVICE *device, uint64_t pause_100ns)
{
    struct outside_state *state = device->state;

    state->pause_100ns = pause_100ns;
    if (pause_100ns == 0 || state->due_100ns != 0) /* the delivery plans the next look */
        device->host->cancel_timer(device, TIMER_LOOK);
    else
        device->host->set_timer(device, TIMER_LOOK, device->host->now_100ns(device) + pause_100ns);
}

static uint64_t real_now_100ns(void)
{
    struct timespec now;

    hal_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * 10000000u + (uint64_t)now.tv_nsec / 100;
}

/* The pause is over in the machine's time; it has to be in the host's too, unless something comes.
 */
static bool wait_for_event(DD_DEVICE *device, uint64_t pause_100ns)
{
    struct outside_state *state = device->state;
    uint64_t wait = pause_100ns > LEAST_WAIT_100NS ? pause_100ns : LEAST_WAIT_100NS;
    uint64_t end = real_now_100ns() + wait;

    for (uint64_t nap = NAP_100NS;; nap = nap < wait / 4 ? nap * 2 : nap) {
        struct channel_qemu settle = {.operation = QEMU_SETTLE};
        struct timespec pause = {0, (long)nap * 100};

        ask(device, &settle);
        if (state->gone || look(device))
            return true;
        if (real_now_100ns() >= end)
            return false;
        hal_syscall(SYS_nanosleep, (long)&pause, 0, 0, 0, 0, 0);
    }
}

static void outside_timer(DD_DEVICE *device, uint32_t id)
{
    struct outside_state *state = device->state;
    uint64_t pause = state->pause_100ns;

    if (id == TIMER_DELIVER) {
        deliver(device);
        plan_look(device, FIRST_PAUSE_100NS);
        return;
    }
    if (wait_for_event(device, pause) && !state->gone)
        plan_look(device, FIRST_PAUSE_100NS);
    else if (!state->gone)
        plan_look(device, pause * 2 <= LAST_PAUSE_100NS ? pause * 2 : 0);
}

/* ---- accesses ---- */

static uint64_t outside_read(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width)
{
    struct channel_qemu access = {
        .operation = QEMU_READ, .region = region, .width = width, .offset = offset};
    uint64_t value = ask(device, &access);

    look(device);
    return value;
}

static void outside_write(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                          uint64_t value)
{
    struct outside_state *state = device->state;
    struct channel_qemu access = {.operation = QEMU_WRITE,
                                  .region = region,
                                  .width = width,
                                  .offset = offset,
                                  .value = value};

    ask(device, &access);
    if (state->gone)
        return;
    if (state->due_100ns == 0) { /* what the device begins now begins at these times */
        state->base_100ns = device->host->now_100ns(device);
        state->clock_100ns = access.clock_100ns;
    }
    look(device);
    plan_look(device, FIRST_PAUSE_100NS);
}

uint32_t device_outside_config(DD_DEVICE *device, uint32_t offset, uint32_t width, bool write,
                               uint32_t value)
{
    struct channel_qemu access = {.operation = write ? QEMU_CONFIG_WRITE : QEMU_CONFIG_READ,
                                  .width = width,
                                  .offset = offset,
                                  .value = value};
    uint32_t result = (uint32_t)ask(device, &access);

    return width == 4 ? result : result & ((1u << width * 8) - 1);
}

/* ---- messages ---- */

static void write_table(DD_DEVICE *device, const struct device_outside *outside, uint32_t offset,
                        uint32_t value)
{
    struct channel_qemu access = {.operation = QEMU_WRITE,
                                  .region = outside->table_region,
                                  .width = 4,
                                  .offset = outside->table_offset + offset,
                                  .value = value};

    ask(device, &access);
}

/* Memory access may be off while the system sets the device up; the table needs it. */
static void set_table_entry(DD_DEVICE *device, const struct device_outside *outside,
                            uint32_t message, uint64_t address, bool on)
{
    uint32_t command = device_outside_config(device, COMMAND, 2, false, 0);
    uint32_t at = message * TABLE_ENTRY_BYTES;

    device_outside_config(device, COMMAND, 2, true, command | 2);
    write_table(device, outside, at, (uint32_t)address);
    write_table(device, outside, at + 4, (uint32_t)(address >> 32));
    write_table(device, outside, at + 8, MESSAGE_DATA);
    write_table(device, outside, at + 12, on ? 0 : 1); /* bit 0: masked */
    device_outside_config(device, COMMAND, 2, true, command);
}

void device_outside_set_message(DD_DEVICE *device, const struct device_outside *outside,
                                uint32_t message, bool on)
{
    struct outside_state *state = device->state;
    uint64_t address = (uint64_t)((uint8_t *)&state->message[message] - g_machine.ram);
    uint32_t at = outside->message_capability, control;
    bool any = device->host->message_count(device) != 0;

    state->message[message] = 0;
    state->pending &= ~(1u << message);
    control = device_outside_config(device, at + 2, 2, false, 0);
    if (outside->model.msix) {
        set_table_entry(device, outside, message, address, on);
        control = (control & ~0xC000u) | (any ? 0x8000u : 0);
    } else {
        device_outside_config(device, at + 4, 4, true, (uint32_t)address);
        if (outside->wide_message)
            device_outside_config(device, at + 8, 4, true, (uint32_t)(address >> 32));
        device_outside_config(device, at + (outside->wide_message ? 12 : 8), 2, true, MESSAGE_DATA);
        control = (control & ~0x71u) | (any ? 1u : 0);
    }
    device_outside_config(device, at + 2, 2, true, control);
}

/* ---- start and end ---- */

void device_outside_place(DD_DEVICE *device, const uint8_t *config)
{
    uint32_t value;

    for (uint32_t offset = BASE_REGISTERS; offset < BASE_REGISTERS + 24; offset += 4) {
        memcpy(&value, config + offset, sizeof(value));
        device_outside_config(device, offset, 4, true, value);
    }
    device_outside_config(device, INTERRUPT_LINE, 1, true, config[INTERRUPT_LINE]);
}

bool device_outside_plug(DD_DEVICE *device, const uint8_t *config)
{
    struct outside_state *state = device->state;
    struct channel_qemu access = {.operation = QEMU_PLUG};

    ask(device, &access);
    if (!state->gone)
        device_outside_place(device, config);
    return !state->gone;
}

static int outside_init(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes)
{
    struct outside_state *state = device->state;
    struct channel_qemu settle = {.operation = QEMU_SETTLE};

    (void)arguments, (void)why, (void)why_bytes;
    ask(device, &settle);
    state->clock_100ns = settle.clock_100ns;
    return 0;
}

static void outside_unplug(DD_DEVICE *device)
{
    struct channel_qemu access = {.operation = QEMU_UNPLUG};

    ask(device, &access);
}

const DD_DEVICE_MODEL device_outside_callbacks = {
    .state_bytes = sizeof(struct outside_state),
    .init = outside_init,
    .read = outside_read,
    .write = outside_write,
    .timer = outside_timer,
    .unplug = outside_unplug,
};
