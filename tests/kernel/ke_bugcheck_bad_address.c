/* A system address with nothing there, even inside __try: PAGE_FAULT_IN_NONPAGED_AREA. */
#include "tap.h"

static volatile LONG *volatile Nowhere = (volatile LONG *)0x0000606FFFFF0000;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x50);
    __try {
        *Nowhere = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("not ok 1 - caught\n");
    }
    return STATUS_SUCCESS;
}
