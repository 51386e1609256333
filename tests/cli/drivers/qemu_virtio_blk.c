/* virtio's block device: its size, sectors read and written. [doc: VIRTIO 1.1, 5.2] */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "qemu_virtio.h"

enum { BLK_IN = 0, BLK_OUT = 1, BLK_FLUSH = 4, BLK_UNKNOWN = 77 };
#define FEATURE_FLUSH (1u << 9)
#define SECTOR 512u
enum { HEADER = 0x1000, DATA = 0x2000, RESULT = 0x4000 };

typedef struct _BLK_HEADER {
    ULONG Type, Reserved;
    ULONG64 Sector;
} BLK_HEADER;

/* The device's result byte; MAXULONG when it does not end. */
static ULONG request(QDEV *Device, VIRTQUEUE *Queue, ULONG Type, ULONG64 Sector, ULONG Bytes)
{
    USHORT Write = Type == BLK_IN ? VIRTIO_WRITE : 0;

    *(BLK_HEADER *)(Device->Buffer + HEADER) = (BLK_HEADER){Type, 0, Sector};
    Device->Buffer[RESULT] = 0xA5;
    Queue->Table[0] = (DESCRIPTOR){qemu_physical(Device, HEADER), sizeof(BLK_HEADER), VIRTIO_NEXT,
                                   Bytes != 0 ? 1 : 2};
    Queue->Table[1] =
        (DESCRIPTOR){qemu_physical(Device, DATA), Bytes, (USHORT)(VIRTIO_NEXT | Write), 2};
    Queue->Table[2] = (DESCRIPTOR){qemu_physical(Device, RESULT), 1, VIRTIO_WRITE, 0};
    virtio_submit(Queue);
    return virtio_wait(Device, Queue) == MAXULONG ? MAXULONG : Device->Buffer[RESULT];
}

static VOID qemu_test(QDEV *Device)
{
    VIRTQUEUE Queue;
    BOOLEAN IsFile;
    ULONG Sectors, Wrong = 0;

    if (!virtio_negotiate(Device, FEATURE_FLUSH) ||
        !ok(virtio_open_queue(Device, &Queue, 0, 0), "a queue with a message"))
        return;
    virtio_set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    Sectors = READ_REGISTER_ULONG((PULONG)Virtio.Part[CAP_DEVICE]);
    ok(Sectors >= 128, "its size: %u sectors", Sectors);
    is_hex(request(Device, &Queue, BLK_IN, 0, SECTOR), 0, "sector 0 is read");
    IsFile = tap_first_difference(Device->Buffer + DATA, "drydock disk", 12) < 0;
    if (!IsFile)
        ok(tap_all_bytes(Device->Buffer + DATA, SECTOR, 0), "it is all zeros");
    for (ULONG i = 0; i < 8 * SECTOR; i++)
        Device->Buffer[DATA + i] = (UCHAR)(i * 5 + (i >> 8));
    is_hex(request(Device, &Queue, BLK_OUT, 32, 8 * SECTOR), 0, "8 sectors are written");
    is_hex(request(Device, &Queue, BLK_FLUSH, 0, 0), 0, "and flushed");
    RtlZeroMemory(Device->Buffer + DATA, 8 * SECTOR);
    is_hex(request(Device, &Queue, BLK_IN, 32, 8 * SECTOR), 0, "and read");
    for (ULONG i = 0; i < 8 * SECTOR; i++)
        Wrong += Device->Buffer[DATA + i] != (UCHAR)(i * 5 + (i >> 8));
    if (IsFile)
        is_ulong(Wrong, 0, "the same bytes");
    is_hex(request(Device, &Queue, BLK_UNKNOWN, 0, 0), 2, "a request that there is not is refused");
    is_hex(request(Device, &Queue, BLK_IN, Sectors, SECTOR), 1,
           "a sector behind the last one fails");
    virtio_set_status(0);
}
