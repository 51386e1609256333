/* KMDF: taking a spin lock that the thread has stops with WDF_VIOLATION. */
#include "io.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDFSPINLOCK Lock;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    is_status(WdfSpinLockCreate(NULL, &Lock), STATUS_SUCCESS, "a spin lock");
    WdfSpinLockAcquire(Lock);
    expect_bugcheck(0x10D);
    WdfSpinLockAcquire(Lock);
    return done();
}
