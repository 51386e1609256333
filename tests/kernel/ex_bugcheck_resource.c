/* A resource released by a thread that does not own it: RESOURCE_NOT_OWNED. */
#include "tap.h"

static ERESOURCE Resource;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    ExInitializeResourceLite(&Resource);
    expect_bugcheck(0xE3);
    ExReleaseResourceLite(&Resource);
    return done();
}
