/* KMDF: a driver stops the machine itself, through the framework. */
#include "io.h"

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    expect_bugcheck(0xE2);
    WdfVerifierKeBugCheck(0xE2, 1, 2, 3, 4);
    return done();
}
