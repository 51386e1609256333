/* virtio's entropy device: one queue of random bytes. [doc: VIRTIO 1.1, 5.4] */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "qemu_virtio.h"

#define BYTES 64u
#define ROUNDS 3u
#define DATA 0x1000u

static VOID qemu_test(QDEV *Device)
{
    VIRTQUEUE Queue;
    UCHAR Last[BYTES] = {0};

    if (!virtio_negotiate(Device, 0) ||
        !ok(virtio_open_queue(Device, &Queue, 0, 0), "a queue with a message"))
        return;
    virtio_set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    Queue.Table[0] = (DESCRIPTOR){qemu_physical(Device, DATA), BYTES, VIRTIO_WRITE, 0};
    for (ULONG i = 0; i < ROUNDS; i++) {
        ULONG Got;

        RtlZeroMemory(Device->Buffer + DATA, BYTES + 1);
        virtio_submit(&Queue);
        is_status(qemu_wait(Device), STATUS_SUCCESS, "an interrupt");
        Got = virtio_wait(Device, &Queue);
        ok(Got >= 1 && Got <= BYTES, "it gives %u bytes", Got);
        ok(tap_first_difference(Device->Buffer + DATA, Last, BYTES) >= 0, "others than before");
        is_ulong(Device->Buffer[DATA + BYTES], 0, "and none too many");
        RtlCopyMemory(Last, Device->Buffer + DATA, BYTES);
    }
    if (Device->Table != NULL)
        is_long(Device->Messages[1], ROUNDS, "a message each");
    else
        is_long(Device->Lines, ROUNDS, "an interrupt each");
    virtio_set_status(0);
}
