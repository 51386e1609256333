/*
 * How a device is simulated: a model, built as a shared library, that answers register accesses,
 * keeps timers, moves memory and raises interrupts. `drydock run --device NAME` or `--device
 * PATH.so` plugs one into a machine.
 *
 * The library exports one function, drydock_device_model, which returns a description with
 * callbacks. A model runs inside the machine's process, between two instructions of the guest,
 * after the sandbox has closed: it makes no system call, allocates nothing, starts no thread and
 * never blocks. All that it has to remember lies in its state, which is part of the machine's
 * memory (so a saved machine holds it, and its hash covers it): plain data, no pointers. Given the
 * same calls it does the same things: time and everything else from outside come through
 * DD_DEVICE_HOST.
 *
 * Faults and bad timing need nothing of a model: the host adds them to any device, as its arguments
 * say (`--device NAME,lose=1,late-irq=200`), each counted from the machine's start:
 *   lose=N       its first N interrupts get lost
 *   twice=N      its first N messages come a second time, 1 us later
 *   late-irq=US  its interrupts come so late; a line that has gone down by then does not come
 *   late=US      its timers are so late
 *   ones-at=N    its Nth register read is not answered: it reads as ones, and the model is not
 * asked; ones-for=K   so are the K from there on (1) fail-dma=N   its Nth transfer fails: dma_read
 * or dma_write returns -1 late-dma=US  what it writes to memory stays on its way for so long,
 * unless one of these pushes it ahead, as on PCI: a message, the answer to a register read, a read
 * from memory by the device. A line pushes nothing: a driver has to read a register before it looks
 *   gone-after=N it is pulled out after N accesses to its registers
 *   bus=N        it is behind the Nth bridge (devices/bridge)
 *   arrives=MS, leaves=MS, returns=MS  it is plugged in, pulled out and plugged in again at these
 * times
 *
 * Times are the machine's virtual time, in units of 100 ns since it was switched on.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DD_DEVICE_ABI 1u
#define DD_DEVICE_REGIONS 6
#define DD_DEVICE_TIMERS 8

enum { DD_BUS_PCI = 1, DD_BUS_ROOT = 2 };
/* A 64-bit region takes the base address registers of two. */
enum { DD_REGION_NONE = 0, DD_REGION_MEMORY32, DD_REGION_MEMORY64, DD_REGION_PORT };

typedef struct DD_REGION {
    uint32_t kind;          /* DD_REGION_* */
    uint32_t base_register; /* 0: the next free one; else 1 + the number of its first one */
    uint64_t size_bytes; /* memory: a power of two, 4096 and up; ports: a power of two, 4 to 256 */
} DD_REGION;

typedef struct DD_DEVICE DD_DEVICE;

/* What the host does for a model. Every call is made from inside a callback. */
typedef struct DD_DEVICE_HOST {
    uint32_t size_bytes; /* of this structure: later versions only add to its end */
    uint32_t abi;
    /* Asserts (not 0) or releases the interrupt line. */
    void (*set_line)(DD_DEVICE *device, int asserted);
    /* Messages that the system has switched on: 0 means that the line is to be used. */
    uint32_t (*message_count)(DD_DEVICE *device);
    void (*send_message)(DD_DEVICE *device,
                         uint32_t message); /* ignored when it is not switched on */
    /* Memory of the machine by physical address: 0, or -1 when the device may not (no bus
     * mastering, no RAM there). */
    int (*dma_read)(DD_DEVICE *device, uint64_t address, void *buffer, uint64_t bytes);
    int (*dma_write)(DD_DEVICE *device, uint64_t address, const void *buffer, uint64_t bytes);
    uint64_t (*now_100ns)(DD_DEVICE *device);
    /* Calls timer(id) once when virtual time reaches due_100ns; replaces an earlier setting. id <
     * DD_DEVICE_TIMERS. */
    void (*set_timer)(DD_DEVICE *device, uint32_t id, uint64_t due_100ns);
    void (*cancel_timer)(DD_DEVICE *device, uint32_t id);
    void (*log)(DD_DEVICE *device, const char *text); /* one line among Drydock's messages */
    /* Signals wake-up; nothing happens unless the device is not in D0 and the system has allowed
     * it. */
    void (*wake)(DD_DEVICE *device);
} DD_DEVICE_HOST;

/* What each callback is given. */
struct DD_DEVICE {
    const DD_DEVICE_HOST *host;
    void *state; /* state_bytes, zero at first, aligned to 64 */
    void *owner; /* the host's */
};

enum { DD_POWER_STATES = 1, DD_POWER_D1 = 2, DD_POWER_D2 = 4 }; /* D0 and D3; and these */
#define DD_WAKES(s) (1 + (s)) /* from S0 (the device alone sleeps) to S4 */

typedef struct DD_DEVICE_MODEL {
    uint32_t abi;        /* DD_DEVICE_ABI */
    uint32_t size_bytes; /* of this structure */
    const char *name;    /* "timer" */
    const char *help;    /* one line: what it is and the arguments it takes */
    uint32_t bus;        /* DD_BUS_* */
    /* PCI functions */
    uint16_t vendor_id, device_id, subsystem_vendor_id, subsystem_id;
    uint8_t revision, base_class, sub_class, programming_interface;
    /* root devices */
    const char *hardware_id;
    DD_REGION region[DD_DEVICE_REGIONS];
    uint8_t has_line;      /* it has an interrupt line; PCI lines are level triggered */
    uint8_t line_latched;  /* root devices: the line is edge triggered */
    uint8_t msix;          /* its messages are MSI-X, not MSI */
    uint8_t message_limit; /* messages that it can send, 0 to 32; MSI: a power of two */
    uint32_t state_bytes;
    /*
     * Optional. Changes a copy of this description as the arguments say, before the device is given
     * its addresses. Called again when a saved machine is restored: the same arguments must give
     * the same answer. -1 with a reason in why when the arguments make no sense.
     */
    int (*configure)(struct DD_DEVICE_MODEL *model, const char *arguments, char *why,
                     size_t why_bytes);
    /* Optional, when the machine is made, and each time that the device is plugged in while it
     * runs: the state is zero. -1 with a reason as above. */
    int (*init)(DD_DEVICE *device, const char *arguments, char *why, size_t why_bytes);
    /* Optional: the bus is reset. */
    void (*reset)(DD_DEVICE *device);
    /* offset + width never leaves the region; width is 1, 2, 4 or 8, and offset a multiple of it.
     */
    uint64_t (*read)(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width);
    void (*write)(DD_DEVICE *device, uint32_t region, uint64_t offset, uint32_t width,
                  uint64_t value);
    void (*timer)(DD_DEVICE *device, uint32_t id); /* optional */
    /* Optional, PCI: offsets 0x80 to 0xFF of the configuration space; width is 1, 2 or 4. */
    uint32_t (*config_read)(DD_DEVICE *device, uint32_t offset, uint32_t width);
    void (*config_write)(DD_DEVICE *device, uint32_t offset, uint32_t width, uint32_t value);
    void (*unplug)(DD_DEVICE *device); /* optional: pulled out; the next call is init */
    /* PCI: it has D0 and D3. In D3 its registers are not there, it raises no interrupt and moves no
     * memory; its state and timers stay. */
    uint8_t has_power_states;
    uint8_t wakes; /* it can signal wake-up from D3; has_power_states too */
    /* PCI: a bridge. Its regions, one of a kind, are its windows; read and write are not called. */
    uint8_t is_bridge;
} DD_DEVICE_MODEL;

/* What the library exports. Returns NULL when it does not know this version of the interface. */
#define DD_DEVICE_EXPORT __attribute__((visibility("default")))
DD_DEVICE_EXPORT const DD_DEVICE_MODEL *drydock_device_model(uint32_t abi);

/* The value of "name=..." in a comma-separated list of arguments, as a number; absent when it is
 * not there or none. */
static inline uint64_t dd_argument(const char *arguments, const char *name, uint64_t absent)
{
    for (const char *at = arguments; at != NULL && *at != '\0';) {
        const char *key = name;
        uint64_t value = 0;

        while (*key != '\0' && *at == *key) {
            at++;
            key++;
        }
        if (*key == '\0' && *at == '=' && at[1] >= '0' && at[1] <= '9') {
            for (at++; *at >= '0' && *at <= '9'; at++)
                value = value * 10 + (uint64_t)(*at - '0');
            return value;
        }
        while (*at != '\0' && *at != ',')
            at++;
        if (*at == ',')
            at++;
    }
    return absent;
}

#ifdef __cplusplus
}
#endif
