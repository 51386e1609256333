/*
 * interrupt: WDFINTERRUPT. interrupt.c: the object and what clients call; connect.c: its resources,
 * the connection to the device's interrupt, what happens to it as the device changes its power
 * state.
 */
#pragma once

#include "pnp.h"
#include "sync.h"

typedef struct _FX_INTERRUPT {
    FX_OBJECT Object;
    FX_DEVICE *Device;
    FX_POWER_HOOK Hook;
    WDF_INTERRUPT_CONFIG Config; /* newest form */
    FX_OBJECT *LockObject;       /* the client's spin lock or wait lock; referenced; NULL: none */
    FX_CALLBACK_LOCK
        *Serial; /* AutomaticSerialization: held for EvtInterruptDpc and EvtInterruptWorkItem */
    ULONG Index; /* of those created before the device has resources: which interrupt of the device
                    is this */
    BOOLEAN InPrepare; /* created in EvtDevicePrepareHardware: goes with the resources */
    BOOLEAN HasPolicy;
    WDF_INTERRUPT_EXTENDED_POLICY Policy;

    /* the interrupt; Turn */
    BOOLEAN IsAssigned; /* Info is what the device has */
    WDF_INTERRUPT_INFO Info;
    BOOLEAN IsShared;
    ULONG Descriptor;   /* index in the lists of resources */
    PKINTERRUPT Nt;     /* connected; also read by the client's calls */
    BOOLEAN IsEnabled;  /* EvtInterruptEnable succeeded, EvtInterruptDisable was not called yet */
    BOOLEAN IsInactive; /* reported inactive while the device sleeps */

    PKSPIN_LOCK Spin;   /* the client's; NULL: NT's own */
    FX_WAIT_LOCK *Wait; /* of a passive-level interrupt: the client's or OwnWait; NULL: at DIRQL */
    FX_WAIT_LOCK OwnWait;
    KIRQL OldIrql; /* before the lock was taken; the lock */

    BOOLEAN Sleeps;      /* wakes the device: its ISR waits for D0; Wait */
    BOOLEAN WakeWaits;   /* it does just now; Wait */
    BOOLEAN WakeClaimed; /* what the ISR said in D0 */
    KEVENT WakeServed;   /* notification */

    KDPC Dpc;          /* EvtInterruptDpc, or to queue the work item from DIRQL */
    PIO_WORKITEM Item; /* EvtInterruptWorkItem's */
    LONG ItemQueued;   /* interlocked */
    LONG Busy;         /* queued or running work; interlocked */
    KEVENT Idle;       /* notification; signalled while Busy is 0 */
} FX_INTERRUPT;

/* The lock that the ISR runs under: raises to DIRQL, or waits. The interrupt is connected or
 * passive. */
VOID FxInterruptLock(FX_INTERRUPT *Interrupt);
VOID FxInterruptUnlock(FX_INTERRUPT *Interrupt);
/* The client's callback with the lock taken; success when there is none. */
NTSTATUS FxInterruptCallEnable(FX_INTERRUPT *Interrupt);
NTSTATUS FxInterruptCallDisable(FX_INTERRUPT *Interrupt);

/* ---- connect.c ---- */
VOID FxInterruptHookInit(FX_INTERRUPT *Interrupt);
/* Finds the descriptor in the device's lists: STATUS_INVALID_PARAMETER when it is none of an
 * interrupt of theirs. */
NTSTATUS FxInterruptAssignGiven(FX_INTERRUPT *Interrupt);
/* Whatever state it is in. PASSIVE_LEVEL; when it returns, no ISR of it runs. */
VOID FxInterruptDisconnect(FX_INTERRUPT *Interrupt);
