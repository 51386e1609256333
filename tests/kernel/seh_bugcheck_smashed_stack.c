/* A return into nowhere, over a stack that is nothing but garbage: the report survives it. */
#include "tap.h"
#include "unwind.h"

static NOINLINE VOID smash(VOID)
{
    volatile ULONG64 *Slot = (volatile ULONG64 *)__builtin_frame_address(0);

    for (ULONG i = 0; i < 24; i++)
        Slot[i] = 0x4141414141414141 + i; /* not canonical: the return faults */
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7E);
    smash();
    return done();
}
