/* The driver's own. Lock order: Lock, then the interrupt spin lock. */
#pragma once

#include <ntddk.h>

#include "../../devices/edu/edu_registers.h"
#include "edu.h"

#define EDU_TAG 'udEd'
#define EDU_WATCH_MS 2000 /* after this long without an interrupt the device is asked */

typedef struct _EDU {
    PDEVICE_OBJECT Self, Pdo, Lower; /* set once by AddDevice */
    UNICODE_STRING Interface;        /* symbolic link of the device interface */
    BOOLEAN HasLink;                 /* this one is \DosDevices\Edu */
    IO_REMOVE_LOCK Remove;

    /* From start to stop. */
    PUCHAR Registers;
    ULONG RegisterBytes;
    PDMA_ADAPTER Adapter;
    PKINTERRUPT Interrupt;                   /* of the line or of message 0 */
    PIO_INTERRUPT_MESSAGE_INFO Table;  /* NULL: the line */
    KDPC Dpc;

    ULONG IsrBits;    /* raised and not yet seen by the DPC: interrupt spin lock */
    ULONG Interrupts; /* interrupt spin lock */

    IO_CSQ Queue; /* requests that wait */
    LIST_ENTRY QueueList; /* QueueLock */
    KSPIN_LOCK QueueLock;

    KSPIN_LOCK Lock;
    BOOLEAN Open;    /* started, in D0, not removed: operations may begin. Lock */
    BOOLEAN Failing; /* removed: what waits is failed, not kept. Lock */
    PIRP Current;    /* Lock */
    BOOLEAN Begun;   /* the device works on Current: Lock */
    PSCATTER_GATHER_LIST List; /* of Current when it is a transfer: Lock */
    ULONG Element;   /* of List, that the device moves: Lock */
    ULONG Moved;     /* bytes of Current: Lock */
    KEVENT Idle;     /* signalled while Current is NULL */
    KTIMER Watch;
    KDPC WatchDpc;
    EDU_STATISTICS Statistics; /* Lock */

    DEVICE_POWER_STATE PowerState;
    DEVICE_POWER_STATE DeviceState[POWER_SYSTEM_MAXIMUM]; /* from the bus's capabilities */
} EDU;

FORCEINLINE ULONG EduRead(EDU *Edu, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Edu->Registers + Offset));
}

FORCEINLINE VOID EduWrite(EDU *Edu, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Edu->Registers + Offset), Value);
}

NTSTATUS EduComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

/* ---- hardware.c ---- */
VOID EduInitHardware(EDU *Edu);
/* PASSIVE_LEVEL: maps registers, connects the interrupt. On failure nothing is left. */
NTSTATUS EduStartHardware(EDU *Edu, PCM_RESOURCE_LIST Translated);
/* PASSIVE_LEVEL, the device is there or not; nothing is under way. */
VOID EduStopHardware(EDU *Edu);
VOID EduEnableHardware(EDU *Edu); /* D0 was entered */
KDEFERRED_ROUTINE EduDpc, EduWatch;
/* Takes the bits that the ISR collected. <= DISPATCH_LEVEL */
ULONG EduTakeBits(EDU *Edu);

/* ---- operation.c ---- */
VOID EduInitOperations(EDU *Edu);
/* A factorial, a raise or a transfer, whose parameters are checked and whose remove lock is held.
 */
NTSTATUS EduQueue(EDU *Edu, PIRP Irp);
VOID EduStartNext(EDU *Edu);            /* <= DISPATCH_LEVEL */
VOID EduService(EDU *Edu, ULONG Bits);  /* DISPATCH_LEVEL: the device raised these */
VOID EduOpen(EDU *Edu);
/* PASSIVE_LEVEL: no operation begins any more; returns when the current one is over. */
VOID EduClose(EDU *Edu);
/* PASSIVE_LEVEL: as EduClose, but the device is gone: all fail, the current one too. */
VOID EduFailAll(EDU *Edu, NTSTATUS Status);
VOID EduCancelFile(EDU *Edu, PFILE_OBJECT File); /* what waits for this file */

/* ---- pnp.c, power.c, request.c: dispatch routines ---- */
DRIVER_ADD_DEVICE EduAddDevice;
DRIVER_DISPATCH EduPnp, EduPower, EduOpenClose, EduCleanup, EduReadWrite, EduControl,
    EduSystemControl;
