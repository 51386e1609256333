/* A remove lock of a checked build released with a tag that it is not held with: found by its records. */
#include "tap.h"

static UCHAR Lock[0x78];

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIO_REMOVE_LOCK Remove = (PVOID)Lock;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoInitializeRemoveLockEx(Remove, 'kcoL', 0, 0, sizeof(Lock));
    IoAcquireRemoveLockEx(Remove, (PVOID)1, "", 1, sizeof(Lock));
    expect_bugcheck(0xC4);
    IoReleaseRemoveLockEx(Remove, (PVOID)2, sizeof(Lock));
    return STATUS_SUCCESS;
}
