/*
 * Faults and bad timing that any device can be given by arguments (drydock_device.h lists them):
 * interrupts that get lost, come late or twice, register reads that nobody answers, transfers that
 * fail, writes to memory that stay on their way. All of it is within what the buses allow, or what
 * broken hardware does; all of it is counted, so the same run has the same faults. Leaves out:
 * faults of configuration space, reads from memory that are late.
 */
#include <string.h>

#include "hal/device_table.h"
#include "hal/machine.h"

#define AGAIN_100NS 10u /* a message that comes twice comes again after so long */

uint64_t fault_posted_bytes(const char *arguments)
{
    return dd_argument(arguments, "late-dma", 0) != 0 ? sizeof(struct posted) : 0;
}

void fault_init(struct device *device)
{
    struct fault *fault = &device->record->fault;
    const char *arguments = device->arguments;

    fault->lost_interrupts = (uint32_t)dd_argument(arguments, "lose", 0);
    fault->repeated_messages = (uint32_t)dd_argument(arguments, "twice", 0);
    fault->interrupts_late_100ns = dd_argument(arguments, "late-irq", 0) * 10;
    fault->failing_transfer = dd_argument(arguments, "fail-dma", 0);
    fault->writes_late_100ns = dd_argument(arguments, "late-dma", 0) * 10;
    fault->first_unanswered = dd_argument(arguments, "ones-at", 0);
    fault->unanswered = dd_argument(arguments, "ones-for", 1);
}

void fault_forget(struct device *device)
{
    struct fault *fault = &device->record->fault;

    fault->waiting_messages = fault->again_messages = fault->waiting_line = 0;
    if (device->posted != NULL)
        device->posted->count = device->posted->first = device->posted->used_bytes = 0;
    for (uint32_t id = FAULT_INTERRUPT; id < TIMER_COUNT; id++)
        device->record->due_100ns[id] = NO_TIMER;
}

static void plan(struct device *device, uint32_t id, uint64_t due_100ns)
{
    if (device->record->due_100ns[id] != NO_TIMER)
        return;
    device->record->due_100ns[id] = due_100ns;
    device_update_due();
}

/* ---- interrupts ---- */

static bool loses_interrupt(struct fault *fault)
{
    if (fault->lost_interrupts == 0)
        return false;
    fault->lost_interrupts--;
    return true;
}

static void deliver_message(struct device *device, uint32_t message)
{
    struct fault *fault = &device->record->fault;

    device_deliver_message(device, message);
    if (fault->repeated_messages == 0)
        return;
    fault->repeated_messages--;
    fault->again_messages |= 1u << message;
    plan(device, FAULT_AGAIN, device_now() + AGAIN_100NS);
}

void fault_message(struct device *device, uint32_t message)
{
    struct fault *fault = &device->record->fault;

    fault_push(device); /* a message is a write itself: it passes none */
    if (loses_interrupt(fault))
        return;
    if (fault->interrupts_late_100ns == 0) {
        deliver_message(device, message);
        return;
    }
    fault->waiting_messages |= 1u << message;
    plan(device, FAULT_INTERRUPT, device_now() + fault->interrupts_late_100ns);
}

void fault_line(struct device *device, bool asserted)
{
    struct fault *fault = &device->record->fault;

    if (asserted && !device->record->asserted && !fault->waiting_line && loses_interrupt(fault))
        return;
    fault->waiting_line =
        asserted && fault->interrupts_late_100ns != 0 && !device->record->asserted;
    if (fault->waiting_line)
        plan(device, FAULT_INTERRUPT, device_now() + fault->interrupts_late_100ns);
    else
        device_assert_line(device, asserted);
}

static void deliver_late(struct device *device)
{
    struct fault *fault = &device->record->fault;
    uint32_t messages = fault->waiting_messages;

    fault->waiting_messages = 0;
    for (; messages != 0; messages &= messages - 1)
        deliver_message(device, (uint32_t)__builtin_ctz(messages));
    if (fault->waiting_line)
        device_assert_line(device, true);
    fault->waiting_line = 0;
}

static void deliver_again(struct device *device)
{
    struct fault *fault = &device->record->fault;
    uint32_t messages = fault->again_messages;

    fault->again_messages = 0;
    for (; messages != 0; messages &= messages - 1)
        device_deliver_message(device, (uint32_t)__builtin_ctz(messages));
}

/* ---- registers and memory ---- */

bool fault_read(struct device *device)
{
    struct fault *fault = &device->record->fault;

    fault->reads++;
    if (fault->first_unanswered == 0 || fault->reads < fault->first_unanswered ||
        fault->reads - fault->first_unanswered >= fault->unanswered)
        return false;
    device_log("device %s: register read %llu is not answered\n", device->record->name,
               (unsigned long long)fault->reads);
    return true;
}

bool fault_transfer(struct device *device)
{
    struct fault *fault = &device->record->fault;

    fault->transfers++;
    return fault->transfers == fault->failing_transfer;
}

/* Those that are due by then arrive, in their order. */
static void arrive(struct posted *posted, uint64_t by_100ns)
{
    for (; posted->first < posted->count; posted->first++) {
        const struct posted_write *write = &posted->write[posted->first];

        if (write->due_100ns > by_100ns)
            return;
        memcpy(g_machine.ram + write->address, posted->data + write->offset, write->bytes);
    }
    posted->count = posted->first = posted->used_bytes = 0;
}

static void plan_arrival(struct device *device)
{
    struct posted *posted = device->posted;

    device->record->due_100ns[FAULT_WRITE] = NO_TIMER;
    if (posted->first < posted->count)
        plan(device, FAULT_WRITE, posted->write[posted->first].due_100ns);
    else
        device_update_due();
}

void fault_push(struct device *device)
{
    if (device->posted == NULL || device->posted->count == 0)
        return;
    arrive(device->posted, NO_TIMER);
    plan_arrival(device);
}

void fault_write(struct device *device, uint8_t *target, const void *buffer, uint64_t bytes)
{
    struct posted *posted = device->posted;
    struct posted_write *write;

    if (posted != NULL &&
        (posted->count == POSTED_WRITES || bytes > POSTED_BYTES - posted->used_bytes))
        fault_push(device);
    if (posted == NULL || bytes > POSTED_BYTES) {
        memcpy(target, buffer, bytes);
        return;
    }
    write = &posted->write[posted->count++];
    *write =
        (struct posted_write){.address = (uint64_t)(target - g_machine.ram),
                              .due_100ns = device_now() + device->record->fault.writes_late_100ns,
                              .offset = posted->used_bytes,
                              .bytes = (uint32_t)bytes};
    memcpy(posted->data + posted->used_bytes, buffer, bytes);
    posted->used_bytes += (uint32_t)bytes;
    plan(device, FAULT_WRITE, write->due_100ns);
}

void fault_event(struct device *device, uint32_t id)
{
    switch (id) {
    case FAULT_INTERRUPT: deliver_late(device); break;
    case FAULT_AGAIN: deliver_again(device); break;
    default:
        arrive(device->posted, device_now());
        plan_arrival(device);
        break;
    }
}
