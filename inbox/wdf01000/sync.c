/*
 * WDFSPINLOCK and WDFWAITLOCK [doc: Using Framework Locks]. Their misuse is WDF_VIOLATION: taking a lock that the thread
 * has (WDF_RECURSIVE_LOCK), releasing one that it has not (WDF_INVALID_LOCK_OPERATION).
 */
#include "sync.h"

typedef struct _FX_SPIN_LOCK {
    FX_OBJECT Object;
    KSPIN_LOCK Lock;
    KIRQL OldIrql;
    PKTHREAD Owner; /* Lock; read without by its owner only */
} FX_SPIN_LOCK;

typedef struct _FX_WAIT_LOCK_OBJECT {
    FX_OBJECT Object;
    FX_WAIT_LOCK Lock;
} FX_WAIT_LOCK_OBJECT;

static const FX_CLASS FxSpinLockClass = {
    .Type = FxTypeSpinLock, .Name = "WDFSPINLOCK", .Size = sizeof(FX_SPIN_LOCK), .ClientMayDelete = TRUE,
    .ClientMaySetParent = TRUE,
};
static const FX_CLASS FxWaitLockClass = {
    .Type = FxTypeWaitLock, .Name = "WDFWAITLOCK", .Size = sizeof(FX_WAIT_LOCK_OBJECT), .ClientMayDelete = TRUE,
    .ClientMaySetParent = TRUE,
};

/* ---- spin locks ---- */

WDF_DDI(WdfSpinLockCreate);
NTSTATUS NTAPI imp_WdfSpinLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                     WDFSPINLOCK *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxObjectCreate(Globals, &FxSpinLockClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeSpinLock(&((FX_SPIN_LOCK *)Object)->Lock);
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFSPINLOCK, Object);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfSpinLockAcquire);
VOID NTAPI imp_WdfSpinLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_SPIN_LOCK *Lock = FX_OBJECT_OF(FX_SPIN_LOCK, Globals, Handle, FxTypeSpinLock);
    KIRQL Irql;

    if (Lock->Owner == KeGetCurrentThread() && KeGetCurrentIrql() >= DISPATCH_LEVEL)
        FxViolation(Globals, WDF_RECURSIVE_LOCK, (ULONG_PTR)Handle, (ULONG_PTR)Lock->Owner, 0);
    KeAcquireSpinLock(&Lock->Lock, &Irql);
    Lock->OldIrql = Irql;
    Lock->Owner = KeGetCurrentThread();
}

WDF_DDI(WdfSpinLockRelease);
VOID NTAPI imp_WdfSpinLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFSPINLOCK Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_SPIN_LOCK *Lock = FX_OBJECT_OF(FX_SPIN_LOCK, Globals, Handle, FxTypeSpinLock);

    if (Lock->Owner != KeGetCurrentThread())
        FxViolation(Globals, WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Handle, 0, 0);
    Lock->Owner = NULL;
    KeReleaseSpinLock(&Lock->Lock, Lock->OldIrql);
}

PKSPIN_LOCK FxSpinLockOf(FX_GLOBALS *Globals, WDFSPINLOCK Handle)
{
    return &FX_OBJECT_OF(FX_SPIN_LOCK, Globals, Handle, FxTypeSpinLock)->Lock;
}

/* ---- wait locks ---- */

VOID FxWaitLockInit(FX_WAIT_LOCK *Lock)
{
    KeInitializeEvent(&Lock->Event, SynchronizationEvent, TRUE);
    Lock->Owner = NULL;
}

NTSTATUS FxWaitLockTake(FX_GLOBALS *Globals, FX_WAIT_LOCK *Lock, PLONGLONG Timeout)
{
    NTSTATUS Status;

    if (Lock->Owner == KeGetCurrentThread())
        FxViolation(Globals, WDF_RECURSIVE_LOCK, (ULONG_PTR)Lock, (ULONG_PTR)Lock->Owner, 0);
    KeEnterCriticalRegion(); /* a thread that holds the lock must not be suspended */
    Status = KeWaitForSingleObject(&Lock->Event, Executive, KernelMode, FALSE, (PLARGE_INTEGER)Timeout);
    if (Status == STATUS_SUCCESS)
        Lock->Owner = KeGetCurrentThread();
    else
        KeLeaveCriticalRegion();
    return Status;
}

VOID FxWaitLockGive(FX_GLOBALS *Globals, FX_WAIT_LOCK *Lock, PVOID Handle)
{
    if (Lock->Owner != KeGetCurrentThread())
        FxViolation(Globals, WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Handle, 0, 0);
    Lock->Owner = NULL;
    KeSetEvent(&Lock->Event, IO_NO_INCREMENT, FALSE);
    KeLeaveCriticalRegion();
}

FX_WAIT_LOCK *FxWaitLockOf(FX_GLOBALS *Globals, WDFWAITLOCK Handle)
{
    return &FX_OBJECT_OF(FX_WAIT_LOCK_OBJECT, Globals, Handle, FxTypeWaitLock)->Lock;
}

WDF_DDI(WdfWaitLockCreate);
NTSTATUS NTAPI imp_WdfWaitLockCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                     WDFWAITLOCK *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxObjectCreate(Globals, &FxWaitLockClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    FxWaitLockInit(&((FX_WAIT_LOCK_OBJECT *)Object)->Lock);
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFWAITLOCK, Object);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfWaitLockAcquire);
NTSTATUS NTAPI imp_WdfWaitLockAcquire(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Handle, PLONGLONG Timeout)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_WAIT_LOCK *Lock = FxWaitLockOf(Globals, Handle);
    NTSTATUS Status;

    if (Timeout == NULL || *Timeout != 0) {
        Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return FxWaitLockTake(Globals, Lock, Timeout);
}

WDF_DDI(WdfWaitLockRelease);
VOID NTAPI imp_WdfWaitLockRelease(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWAITLOCK Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FxWaitLockGive(Globals, FxWaitLockOf(Globals, Handle), Handle);
}
