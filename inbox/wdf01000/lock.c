/*
 * Callback locks: what serialises the event callbacks of a device or a queue: a spin lock, or a mutex for callbacks at
 * PASSIVE_LEVEL [doc: Using Automatic Synchronization]. And WdfObjectAcquireLock, which is the same lock.
 */
#include "fx.h"

VOID FxCallbackLockInit(FX_CALLBACK_LOCK *Lock, BOOLEAN IsPassive)
{
    RtlZeroMemory(Lock, sizeof(*Lock));
    Lock->IsPassive = IsPassive;
    KeInitializeSpinLock(&Lock->Spin);
    KeInitializeMutex(&Lock->Mutex, 0);
}

BOOLEAN FxCallbackLockIsOwned(const FX_CALLBACK_LOCK *Lock)
{
    return Lock->Owner == KeGetCurrentThread();
}

VOID FxCallbackLockAcquire(FX_GLOBALS *Globals, FX_CALLBACK_LOCK *Lock)
{
    KIRQL Irql;

    if (Lock == NULL)
        return;
    if (FxCallbackLockIsOwned(Lock))
        FxViolation(Globals, WDF_RECURSIVE_LOCK, (ULONG_PTR)Lock, (ULONG_PTR)Lock->Owner, 0);
    if (Lock->IsPassive) {
        KeEnterCriticalRegion();
        KeWaitForSingleObject(&Lock->Mutex, Executive, KernelMode, FALSE, NULL);
    } else {
        KeAcquireSpinLock(&Lock->Spin, &Irql);
        Lock->OldIrql = Irql;
    }
    Lock->Owner = KeGetCurrentThread();
}

VOID FxCallbackLockRelease(FX_CALLBACK_LOCK *Lock)
{
    if (Lock == NULL)
        return;
    Lock->Owner = NULL;
    if (Lock->IsPassive) {
        KeReleaseMutex(&Lock->Mutex, FALSE);
        KeLeaveCriticalRegion();
    } else {
        KeReleaseSpinLock(&Lock->Spin, Lock->OldIrql);
    }
}

FX_CALLBACK_LOCK *FxSerializationLock(FX_OBJECT *Object)
{
    for (; Object != NULL; Object = Object->Parent)
        if (Object->Class->Type == FxTypeQueue || Object->Class->Type == FxTypeDevice)
            return Object->CallbackLock;
    return NULL;
}

/* The lock of a device or a queue: only these have one, and only with a synchronization scope. */
static FX_CALLBACK_LOCK *FxClientLock(FX_GLOBALS *Globals, WDFOBJECT Handle)
{
    FX_OBJECT *Object = FxObjectFromHandle(Globals, Handle, FxTypeAny);

    if (Object->Class->Type != FxTypeDevice && Object->Class->Type != FxTypeQueue)
        FxViolation(Globals, WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Handle, 0, 0);
    if (Object->CallbackLock == NULL)
        FxViolation(Globals, WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Handle, 1, 0);
    return Object->CallbackLock;
}

WDF_DDI(WdfObjectAcquireLock);
VOID NTAPI imp_WdfObjectAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FxCallbackLockAcquire(Globals, FxClientLock(Globals, Object));
}

WDF_DDI(WdfObjectReleaseLock);
VOID NTAPI imp_WdfObjectReleaseLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CALLBACK_LOCK *Lock = FxClientLock(Globals, Object);

    if (!FxCallbackLockIsOwned(Lock))
        FxViolation(Globals, WDF_INVALID_LOCK_OPERATION, (ULONG_PTR)Object, 2, 0);
    FxCallbackLockRelease(Lock);
}
