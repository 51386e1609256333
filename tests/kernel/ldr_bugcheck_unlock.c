/* A pageable section that is unlocked once too often: bug check 0x1A. */
#include "tap.h"

static const ULONG Constant = 1;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Handle = MmLockPagableDataSection((PVOID)&Constant);

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    ok(Handle != NULL, "a section is locked");
    MmUnlockPagableImageSection(Handle);
    expect_bugcheck(0x1A);
    MmUnlockPagableImageSection(Handle);
    return done();
}
