/* An MDL mapped without being locked: MEMORY_MANAGEMENT. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, 'tsMM');
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x1A);
    MmMapLockedPages(Mdl, KernelMode);
    return done();
}
