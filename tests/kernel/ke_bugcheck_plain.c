/* KeBugCheck: the form without parameters. [doc: KeBugCheck] */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xE2); /* MANUALLY_INITIATED_CRASH */
    KeBugCheck(0xE2);
    return done();
}
