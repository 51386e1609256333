/* An MDL unmapped that is not mapped: SYSTEM_PTE_MISUSE. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, 'tsMM');
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xDA);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    MmUnmapLockedPages(MmMapLockedPages(Mdl, KernelMode), Mdl);
    MmUnmapLockedPages(Block, Mdl);
    return done();
}
