/* A status that a driver raises and nothing catches: the bug check of a system thread, after the
 * filters and before any handler. */
#include "tap.h"
#include "unwind.h"

static ULONG Asked;

static LONG pass_on(VOID)
{
    Asked++;
    ok(Asked == 1, "the filter is asked once");
    return EXCEPTION_CONTINUE_SEARCH;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7E);
    __try {
        ExRaiseStatus(STATUS_DEVICE_BUSY);
    } __except (pass_on()) {
        ok(FALSE, "no handler runs");
    }
    return done();
}
