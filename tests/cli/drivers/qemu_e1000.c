/*
 * QEMU's e1000 (82540EM, interrupts by line) and e1000e (82574L, by MSI-X): EEPROM, PHY, and a
 * frame that the PHY's loopback brings back. [doc: Intel PCI/PCI-X Family of Gigabit Ethernet
 * Controllers Software Developer's Manual; Intel 82574 GbE Controller Family Datasheet, 10.2]
 */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "qemu_device.h"

enum { CTRL = 0x00, NIC_STATUS = 0x08, EERD = 0x14, MDIC = 0x20, ICR = 0xC0, ICS = 0xC8, IMS = 0xD0,
       IMC = 0xD8, IVAR = 0xE4, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800, RDBAH = 0x2804,
       RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818, TDBAL = 0x3800, TDBAH = 0x3804, TDLEN = 0x3808,
       TDH = 0x3810, TDT = 0x3818, RAL = 0x5400, RAH = 0x5404 };
#define CTRL_RESET (1u << 26)
#define INT_TXDW 0x01u
#define INT_LSC 0x04u
#define INT_RXT0 0x80u
#define INT_RXQ0 0x00100000u /* 82574: the queues' own, and the rest */
#define INT_TXQ0 0x00400000u
#define INT_OTHER 0x01000000u
#define IVAR_1_2_0 (0x9u | 0xAu << 8 | 0x8u << 16) /* receive: message 1, transmit: 2, other: 0 */
#define RCTL_UP (0x02u | 0x08u | 0x10u | 0x8000u | 0x04000000u) /* on, promiscuous, no CRC */
#define TCTL_UP (0x02u | 0x08u)
#define BMCR_LOOPBACK 0x4000u
#define ID_82574L 0x10D3
#define ENTRIES 8u
#define FRAME 100u
#define DONE 1u
enum { RX_RING = 0x0000, TX_RING = 0x1000, TX_DATA = 0x2000, RX_DATA = 0x4000 };

typedef struct _RING_ENTRY {
    ULONG64 Address;
    USHORT Bytes;
    UCHAR Offset, Command; /* receive: checksum */
    volatile UCHAR Status;
    UCHAR Error;
    USHORT Special;
} RING_ENTRY;

static BOOLEAN Is82574;

static BOOLEAN qemu_claim(QDEV *Device, ULONG Message)
{
    ULONG Bits = qemu_get(Device, 0, ICR);

    if (Message < QEMU_MESSAGES) {
        qemu_put(Device, 0, ICR, Bits); /* with messages reading it clears nothing */
        InterlockedOr((volatile LONG *)&Device->Bits, (LONG)Bits);
        return TRUE; /* the other message's handler may have taken its bits */
    }
    if (Bits == 0 || Bits == MAXULONG)
        return FALSE;
    Device->Bits |= Bits;
    return TRUE;
}

static ULONG read_eeprom(QDEV *Device, ULONG Word)
{
    ULONG Value, Done = Is82574 ? 2 : 0x10;

    qemu_put(Device, 0, EERD, Word << (Is82574 ? 2 : 8) | 1);
    for (ULONG i = 0; i < 100; i++)
        if ((Value = qemu_get(Device, 0, EERD)) & Done)
            return Value >> 16;
    return MAXULONG;
}

/* A PHY's register; Value: MAXULONG to read it. */
static ULONG mdic(QDEV *Device, ULONG Register, ULONG Value)
{
    ULONG Result;

    qemu_put(Device, 0, MDIC,
             (Value == MAXULONG ? 2u << 26 : 1u << 26 | Value) | 1u << 21 | Register << 16);
    for (ULONG i = 0; i < 100; i++)
        if ((Result = qemu_get(Device, 0, MDIC)) & 1u << 28)
            return Result & 1u << 30 ? MAXULONG : Result & 0xFFFF;
    return MAXULONG;
}

static VOID test_identity(QDEV *Device)
{
    ULONG Low = qemu_get(Device, 0, RAL), High = qemu_get(Device, 0, RAH), Sum = 0;

    for (ULONG i = 0; i < 0x40; i++)
        Sum += read_eeprom(Device, i);
    is_hex(Sum & 0xFFFF, 0xBABA, "the EEPROM's checksum");
    is_hex(read_eeprom(Device, 0), Low & 0xFFFF, "the address in the EEPROM is the receiver's");
    is_hex(read_eeprom(Device, 1), Low >> 16, "its middle");
    is_hex(read_eeprom(Device, 2), High & 0xFFFF, "its end");
    diag("address %02x:%02x:%02x:%02x:%02x:%02x", Low & 0xFF, Low >> 8 & 0xFF, Low >> 16 & 0xFF,
         Low >> 24, High & 0xFF, High >> 8 & 0xFF);
    is_hex(mdic(Device, 2, MAXULONG), 0x0141, "the PHY's identification");
}

static VOID set_rings(QDEV *Device)
{
    RING_ENTRY *Receive = (RING_ENTRY *)(Device->Buffer + RX_RING);
    LARGE_INTEGER Pause;

    for (ULONG i = 0; i < ENTRIES; i++)
        Receive[i].Address = qemu_physical(Device, RX_DATA + 2048 * i);
    qemu_put(Device, 0, RDBAL, (ULONG)qemu_physical(Device, RX_RING));
    qemu_put(Device, 0, RDBAH, (ULONG)(qemu_physical(Device, RX_RING) >> 32));
    qemu_put(Device, 0, RDLEN, ENTRIES * sizeof(RING_ENTRY));
    qemu_put(Device, 0, RDH, 0);
    qemu_put(Device, 0, RDT, ENTRIES - 1);
    qemu_put(Device, 0, TDBAL, (ULONG)qemu_physical(Device, TX_RING));
    qemu_put(Device, 0, TDBAH, (ULONG)(qemu_physical(Device, TX_RING) >> 32));
    qemu_put(Device, 0, TDLEN, ENTRIES * sizeof(RING_ENTRY));
    qemu_put(Device, 0, TDH, 0);
    qemu_put(Device, 0, TDT, 0);
    if (Device->Table != NULL)
        qemu_put(Device, 0, IVAR, IVAR_1_2_0);
    qemu_put(Device, 0, IMS,
             INT_TXDW | INT_RXT0 | (Device->Table != NULL ? INT_RXQ0 | INT_TXQ0 | INT_OTHER : 0));
    qemu_put(Device, 0, RCTL, RCTL_UP);
    qemu_put(Device, 0, TCTL, TCTL_UP);
    Pause.QuadPart =
        -20000000; /* QEMU's e1000 takes nothing in for a second after it is switched on */
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
}

/* Sends a frame, which comes back. */
static VOID test_frame(QDEV *Device, ULONG Index)
{
    RING_ENTRY *Send = (RING_ENTRY *)(Device->Buffer + TX_RING) + Index;
    RING_ENTRY *Receive = (RING_ENTRY *)(Device->Buffer + RX_RING) + Index;
    ULONG Both = Device->Table != NULL ? INT_RXQ0 | INT_TXQ0 : INT_TXDW | INT_RXT0;
    PUCHAR Out = Device->Buffer + TX_DATA, In = Device->Buffer + RX_DATA + 2048 * Index;

    for (ULONG i = 0; i < FRAME; i++)
        Out[i] = (UCHAR)(i + Index * 17);
    RtlFillMemory(Out, 6, 0xFF); /* to all */
    *Send =
        (RING_ENTRY){.Address = qemu_physical(Device, TX_DATA), .Bytes = FRAME, .Command = 0x0B};
    qemu_put(Device, 0, TDT, (Index + 1) % ENTRIES);
    for (ULONG i = 0; i < 3; i++) /* one for what went, one for what came, or one for both */
        if (!is_status(qemu_wait(Device), STATUS_SUCCESS, "an interrupt") ||
            (Device->Bits & Both) == Both)
            break;
    Device->Bits = 0;
    ok(Send->Status & DONE, "frame %u is sent", Index);
    ok(Receive->Status & DONE, "and has come");
    ok(Receive->Bytes == FRAME && tap_first_difference(In, Out, FRAME) < 0, "with the same bytes");
}

static VOID qemu_test(QDEV *Device)
{
    LONG Before;

    Is82574 = qemu_config(Device, 2, 2) == ID_82574L;
    qemu_put(Device, 0, IMC, MAXULONG);
    qemu_put(Device, 0, CTRL, qemu_get(Device, 0, CTRL) | CTRL_RESET);
    is_hex(qemu_get(Device, 0, CTRL) & CTRL_RESET, 0, "it is reset");
    qemu_put(Device, 0, CTRL, qemu_get(Device, 0, CTRL) | 0x40); /* set link up */
    test_identity(Device);
    ok(mdic(Device, 0, 0x0140 | BMCR_LOOPBACK) != MAXULONG, "the PHY is told to loop");
    ok(mdic(Device, 0, MAXULONG) & BMCR_LOOPBACK, "and does");
    set_rings(Device);
    for (ULONG i = 0; i < 3; i++)
        test_frame(Device, i);
    if (Device->Table != NULL)
        ok(Device->Messages[1] >= 1 && Device->Messages[2] >= 1,
           "messages of their own for what came and what went");
    Before = Device->Lines + Device->Messages[0];
    qemu_put(Device, 0, IMS, INT_LSC);
    qemu_put(Device, 0, ICS, INT_LSC | (Device->Table != NULL ? INT_OTHER : 0));
    is_status(qemu_wait(Device), STATUS_SUCCESS, "an interrupt that the driver makes itself");
    is_long(Device->Lines + Device->Messages[0] - Before, 1, "comes once");
    qemu_put(Device, 0, IMC, MAXULONG);
    qemu_put(Device, 0, RCTL, 0);
    qemu_put(Device, 0, TCTL, 0);
}
