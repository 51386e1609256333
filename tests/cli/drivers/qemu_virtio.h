/*
 * The transport of a virtio 1.0 PCI device: capabilities, features, split virtqueues.
 * [doc: Virtual I/O Device (VIRTIO) Version 1.1, 2.6 and 4.1]
 */
#pragma once

#include "qemu_device.h"

enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4 };
enum {
    FEATURE_SELECT = 0,
    FEATURE = 4,
    GUEST_SELECT = 8,
    GUEST_FEATURE = 12,
    CONFIG_MESSAGE = 16,
    QUEUES = 18,
    STATUS = 20,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_MESSAGE = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };
#define VIRTIO_NO_MESSAGE 0xFFFF
#define VIRTIO_ENTRIES 8u
#define VIRTIO_NEXT 1
#define VIRTIO_WRITE 2 /* by the device */
#define VIRTIO_VERSION_1 1u /* bit 32: bit 0 of the second word */

typedef struct _VIRTIO {
    PUCHAR Part[5]; /* by CAP_* */
    ULONG NotifyMultiplier;
} VIRTIO;

typedef struct _DESCRIPTOR {
    ULONG64 Address;
    ULONG Bytes;
    USHORT Flags, Next;
} DESCRIPTOR;

typedef struct _VIRTQUEUE {
    ULONG Index;
    DESCRIPTOR *Table;
    volatile USHORT *Available; /* flags, index, ring */
    volatile USHORT *Used;      /* flags, index, then pairs of ULONG */
    PUSHORT Notify;
    USHORT Seen;
} VIRTQUEUE;

static VIRTIO Virtio;

static BOOLEAN qemu_claim(QDEV *Device, ULONG Message)
{
    UCHAR Isr;

    if (Message < QEMU_MESSAGES)
        return TRUE;
    Isr = READ_REGISTER_UCHAR(Virtio.Part[CAP_ISR]); /* reading it makes the line go down */
    Device->Bits |= Isr;
    return Isr != 0 && Isr != 0xFF;
}

static BOOLEAN virtio_find(QDEV *Device)
{
    for (ULONG At = qemu_capability(Device, 9, 0); At != 0; At = qemu_capability(Device, 9, At)) {
        ULONG Kind = qemu_config(Device, At + 3, 1), Bar = qemu_config(Device, At + 4, 1);

        if (Kind < CAP_COMMON || Kind > CAP_DEVICE || Bar >= QEMU_BARS || Device->Bar[Bar].IsPort)
            continue;
        if (Kind == CAP_NOTIFY)
            Virtio.NotifyMultiplier = qemu_config(Device, At + 16, 4);
        if (Virtio.Part[Kind] == NULL && Device->Bar[Bar].Address != NULL)
            Virtio.Part[Kind] = Device->Bar[Bar].Address + qemu_config(Device, At + 8, 4);
    }
    return Virtio.Part[CAP_COMMON] != NULL && Virtio.Part[CAP_NOTIFY] != NULL &&
           Virtio.Part[CAP_ISR] != NULL;
}

static TAP_UNUSED VOID virtio_put8(ULONG Offset, UCHAR Value)
{
    WRITE_REGISTER_UCHAR(Virtio.Part[CAP_COMMON] + Offset, Value);
}

static VOID virtio_put16(ULONG Offset, USHORT Value)
{
    WRITE_REGISTER_USHORT((PUSHORT)(Virtio.Part[CAP_COMMON] + Offset), Value);
}

static USHORT virtio_get16(ULONG Offset)
{
    return READ_REGISTER_USHORT((PUSHORT)(Virtio.Part[CAP_COMMON] + Offset));
}

static VOID virtio_put32(ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Virtio.Part[CAP_COMMON] + Offset), Value);
}

static VOID virtio_put64(ULONG Offset, ULONG64 Value)
{
    virtio_put32(Offset, (ULONG)Value);
    virtio_put32(Offset + 4, (ULONG)(Value >> 32));
}

static VOID virtio_set_status(UCHAR Status)
{
    virtio_put8(STATUS, Status);
}

/* Up to the negotiated features, of which the first word is Wanted where the device has them. */
static BOOLEAN virtio_negotiate(QDEV *Device, ULONG Wanted)
{
    ULONG Low, High;

    if (!ok(virtio_find(Device), "the parts of its interface are found"))
        return FALSE;
    virtio_set_status(0);
    virtio_set_status(ACKNOWLEDGE);
    virtio_set_status(ACKNOWLEDGE | DRIVER);
    virtio_put32(FEATURE_SELECT, 0);
    Low = READ_REGISTER_ULONG((PULONG)(Virtio.Part[CAP_COMMON] + FEATURE)) & Wanted;
    virtio_put32(FEATURE_SELECT, 1);
    High = READ_REGISTER_ULONG((PULONG)(Virtio.Part[CAP_COMMON] + FEATURE));
    ok(High & VIRTIO_VERSION_1, "it is a device of version 1");
    virtio_put32(GUEST_SELECT, 0);
    virtio_put32(GUEST_FEATURE, Low);
    virtio_put32(GUEST_SELECT, 1);
    virtio_put32(GUEST_FEATURE, VIRTIO_VERSION_1);
    virtio_set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
    return ok(READ_REGISTER_UCHAR(Virtio.Part[CAP_COMMON] + STATUS) & FEATURES_OK,
              "the features are accepted: 0x%x", Low);
}

/* The queue lies in the common buffer at Offset, a page. */
static BOOLEAN virtio_open_queue(QDEV *Device, VIRTQUEUE *Queue, ULONG Index, ULONG Offset)
{
    USHORT Message = Device->Table != NULL ? (USHORT)min(Index + 1, Device->Table->MessageCount - 1)
                                           : VIRTIO_NO_MESSAGE;

    RtlZeroMemory(Queue, sizeof(*Queue));
    Queue->Index = Index;
    Queue->Table = (DESCRIPTOR *)(Device->Buffer + Offset);
    Queue->Available = (USHORT *)(Device->Buffer + Offset + 0x400);
    Queue->Used = (USHORT *)(Device->Buffer + Offset + 0x800);
    virtio_put16(QUEUE_SELECT, (USHORT)Index);
    if (virtio_get16(QUEUE_SIZE) < VIRTIO_ENTRIES)
        return FALSE;
    virtio_put16(QUEUE_SIZE, VIRTIO_ENTRIES);
    virtio_put16(QUEUE_MESSAGE, Message);
    if (virtio_get16(QUEUE_MESSAGE) != Message)
        return FALSE;
    virtio_put64(QUEUE_DESC, qemu_physical(Device, Offset));
    virtio_put64(QUEUE_DRIVER, qemu_physical(Device, Offset + 0x400));
    virtio_put64(QUEUE_DEVICE, qemu_physical(Device, Offset + 0x800));
    Queue->Notify = (PUSHORT)(Virtio.Part[CAP_NOTIFY] +
                              virtio_get16(QUEUE_NOTIFY) * Virtio.NotifyMultiplier);
    virtio_put16(QUEUE_ENABLE, 1);
    return TRUE;
}

/* Makes descriptor 0 and what it leads to available. */
static VOID virtio_submit(VIRTQUEUE *Queue)
{
    Queue->Available[2 + Queue->Available[1] % VIRTIO_ENTRIES] = 0;
    KeMemoryBarrier();
    Queue->Available[1]++;
    KeMemoryBarrier();
    WRITE_REGISTER_USHORT(Queue->Notify, (USHORT)Queue->Index);
}

/* Waits until the device has used it; the bytes that it wrote, MAXULONG when it never does. */
static ULONG virtio_wait(QDEV *Device, VIRTQUEUE *Queue)
{
    volatile ULONG *Ring = (volatile ULONG *)(Queue->Used + 2);

    while (Queue->Used[1] == Queue->Seen)
        if (qemu_wait(Device) != STATUS_SUCCESS)
            return MAXULONG;
    return Ring[2 * (Queue->Seen++ % VIRTIO_ENTRIES) + 1];
}
