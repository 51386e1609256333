/*
 * toaster.sys: the function driver of a toaster, WDM. What it does with requests is in
 * include/toaster.h.
 *
 * Every request holds the remove lock until it is completed or passed on. A request is then either
 * worked on at once or, while something stands in the way (FUNC.Obstacles), waits in Held. Reads
 * that find no toast wait in Reads, writes for their turn in Writes. One spin lock guards all three
 * queues and what goes with them; no IRP is completed with it held.
 */
#pragma once

#include "../wdm/policy.h"

#include <wmistr.h>
#include <wmilib.h>

#include "../include/toaster.h"

#define FUNC_TAG 'nuFT'

enum { /* FUNC.Obstacles: why requests are held */
    FUNC_NOT_STARTED = 1, /* or stopped, or about to be, or to be removed */
    FUNC_NO_POWER = 2
};

typedef struct _FUNC FUNC;

typedef struct _FUNC_QUEUE {
    IO_CSQ Csq;
    LIST_ENTRY Irps; /* FUNC.Lock */
    FUNC *Func;
    ULONG Count;     /* FUNC.Lock */
} FUNC_QUEUE;

struct _FUNC {
    POLICY Policy;
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK Remove;
    UNICODE_STRING Interface;   /* link of GUID_DEVINTERFACE_TOASTER */
    TOASTER_BUS_INTERFACE Bus;  /* between start and removal; Header.Context NULL: none */
    BOOLEAN Started, WmiRegistered;
    PULONG Idle;                /* NULL: no idle detection */
    KSPIN_LOCK Lock;
    FUNC_QUEUE Held, Reads, Writes;
    ULONG Obstacles;            /* FUNC_*; Lock */
    BOOLEAN Gone;               /* removed, or about to be: nothing is queued any more; Lock */
    ULONG Working;              /* requests that look at the device right now; Lock */
    KEVENT Quiet;               /* Working is 0 */
    BOOLEAN Asking;             /* power was asked for; Lock */
    UCHAR Toast[TOASTER_RACK];  /* Lock */
    ULONG ToastBytes;           /* Lock */
    TOASTER_STATUS Status;      /* Lock */
    KTIMER Timer;               /* runs while there is bread in the slots */
    KDPC Dpc;
    BOOLEAN WakeEnabled;        /* Lock */
    LONG WakeState;             /* FUNC_WAKE; interlocked, to ARMED and from it with Lock */
    PIRP WakeIrp;               /* while it is ARMED or CANCELLING */
    KEVENT Disarmed;            /* no wake request is on its way */
};

typedef enum _FUNC_WAKE {
    FuncWakeNone,
    FuncWakeRequested,
    FuncWakeArmed,
    FuncWakeCancelling,
    FuncWakeCancelled,
    FuncWakeCompleting
} FUNC_WAKE;

/* pnp.c, power.c, wmi.c */
NTSTATUS FuncPnp(_Inout_ FUNC *Func, _Inout_ PIRP Irp);
NTSTATUS FuncPower(_Inout_ FUNC *Func, _Inout_ PIRP Irp);
NTSTATUS FuncSystemControl(_Inout_ FUNC *Func, _Inout_ PIRP Irp);
VOID FuncWmiStart(_Inout_ FUNC *Func);
VOID FuncWmiStop(_Inout_ FUNC *Func);
VOID FuncPowerInitialize(_Inout_ FUNC *Func);
VOID FuncPowerStart(_Inout_ FUNC *Func); /* idle detection, wake: PASSIVE_LEVEL */
VOID FuncPowerStop(_Inout_ FUNC *Func);  /* PASSIVE_LEVEL */
/* A request waits for power: asks for it. IRQL <= DISPATCH_LEVEL. */
VOID FuncAskPower(_Inout_ FUNC *Func);

/* io.c */
VOID FuncIoInitialize(_Inout_ FUNC *Func);
NTSTATUS FuncReadWrite(_Inout_ FUNC *Func,
                       _Inout_ PIRP Irp); /* and IRP_MJ_DEVICE_CONTROL; IRQL <= DISPATCH_LEVEL */
NTSTATUS FuncCleanup(_Inout_ FUNC *Func, _Inout_ PIRP Irp);
/* Nothing looks at the device when this returns, and nothing will until FuncResume. PASSIVE_LEVEL.
 */
VOID FuncPause(_Inout_ FUNC *Func, _In_ ULONG Obstacle);
/*
 * The obstacle is gone: what was held is worked on, unless another is in the way. IRQL <=
 * DISPATCH_LEVEL.
 */
VOID FuncResume(_Inout_ FUNC *Func, _In_ ULONG Obstacle);
/* The device is gone: whatever waits fails with STATUS_DEVICE_REMOVED. PASSIVE_LEVEL. */
VOID FuncFailAll(_Inout_ FUNC *Func);
/* Those that are held fail with Status. */
VOID FuncFailHeld(_Inout_ FUNC *Func, _In_ NTSTATUS Status);
NTSTATUS FuncComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);

/* driver.c */
extern UNICODE_STRING FuncRegistryPath;
/* A value of the driver's Parameters key; Default when it is absent. PASSIVE_LEVEL. */
ULONG FuncParameter(_In_ PCWSTR Name, _In_ ULONG Default);
