/* A spin lock acquired twice: SPIN_LOCK_ALREADY_OWNED. */
#include "tap.h"

static KSPIN_LOCK Lock;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xF);
    {
        KIRQL Old;

        KeInitializeSpinLock(&Lock);
        KeAcquireSpinLock(&Lock, &Old);
        KeAcquireSpinLockAtDpcLevel(&Lock);
    }
    return STATUS_SUCCESS;
}
