/*
 * virtio's network device: its address, frames sent; where a network is connected (QEMU's "user"),
 * the gateway's answer to an ARP request. [doc: VIRTIO 1.1, 5.1; RFC 826]
 */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "qemu_virtio.h"

#define FEATURE_MAC (1u << 5)
#define FEATURE_STATUS (1u << 16)
#define HEADER_BYTES 12u
#define FRAME_BYTES 60u
#define ROOM 1600u
enum { RX_QUEUE = 0x0000, TX_QUEUE = 0x1000, RX_DATA = 0x2000, TX_DATA = 0x3000 };

/* "Who has 10.0.2.2? Tell 10.0.2.15." */
static VOID make_request(PUCHAR Frame, const UCHAR *Mac)
{
    static const UCHAR Arp[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};
    static const UCHAR Me[] = {10, 0, 2, 15}, Gateway[] = {10, 0, 2, 2};

    RtlZeroMemory(Frame, FRAME_BYTES);
    RtlFillMemory(Frame, 6, 0xFF);
    RtlCopyMemory(Frame + 6, Mac, 6);
    RtlCopyMemory(Frame + 12, Arp, sizeof(Arp));
    RtlCopyMemory(Frame + 22, Mac, 6);
    RtlCopyMemory(Frame + 28, Me, 4);
    RtlCopyMemory(Frame + 38, Gateway, 4);
}

static VOID test_answer(QDEV *Device, VIRTQUEUE *Receive, const UCHAR *Mac)
{
    const UCHAR *Frame = Device->Buffer + RX_DATA + HEADER_BYTES;
    ULONG Got = virtio_wait(Device, Receive);

    ok(Got != MAXULONG && Got >= HEADER_BYTES + 42, "an answer comes");
    ok(tap_first_difference(Frame, Mac, 6) < 0, "to this address");
    ok(Frame[12] == 0x08 && Frame[13] == 0x06 && Frame[21] == 2, "an ARP reply");
    ok(Frame[28] == 10 && Frame[31] == 2, "of the gateway's");
}

static VOID qemu_test(QDEV *Device)
{
    VIRTQUEUE Receive, Send;
    UCHAR Mac[6];
    BOOLEAN IsConnected;

    if (!virtio_negotiate(Device, FEATURE_MAC | FEATURE_STATUS) ||
        !ok(virtio_open_queue(Device, &Receive, 0, RX_QUEUE), "a queue to receive") ||
        !ok(virtio_open_queue(Device, &Send, 1, TX_QUEUE), "a queue to send"))
        return;
    for (ULONG i = 0; i < sizeof(Mac); i++)
        Mac[i] = READ_REGISTER_UCHAR(Virtio.Part[CAP_DEVICE] + i);
    ok(Mac[0] == 0x52 && Mac[1] == 0x54, "its address is one of QEMU's");
    virtio_set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    Receive.Table[0] = (DESCRIPTOR){qemu_physical(Device, RX_DATA), ROOM, VIRTIO_WRITE, 0};
    virtio_submit(&Receive);
    make_request(Device->Buffer + TX_DATA + HEADER_BYTES, Mac);
    Send.Table[0] = (DESCRIPTOR){qemu_physical(Device, TX_DATA), HEADER_BYTES + FRAME_BYTES, 0, 0};
    IsConnected = Mac[5] == 0x99; /* so the test gives it */
    virtio_submit(&Send);
    ok(virtio_wait(Device, &Send) != MAXULONG, "a frame is sent");
    if (IsConnected)
        test_answer(Device, &Receive, Mac);
    virtio_set_status(0);
}
