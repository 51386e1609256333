/* A failed ASSERT of a checked build stops the machine without a debugger. [doc: ASSERT] */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    tap_begin(Driver);
    ASSERT(RegistryPath != NULL);
    ok(TRUE, "an assertion that holds does nothing");
    expect_bugcheck(0x7E); /* SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: STATUS_BREAKPOINT */
    ASSERT(RegistryPath == NULL);
    return done();
}
