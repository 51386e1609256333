/* Code in nonpaged, nonexecutable pool: ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY. */
#include "tap.h"


NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xFC);
    {
        PUCHAR Code = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'edoC');

        Code[0] = 0xC3;
        ((VOID (*)(VOID))(ULONG_PTR)Code)();
    }
    return STATUS_SUCCESS;
}
