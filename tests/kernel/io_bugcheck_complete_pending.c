/* A request is completed with STATUS_PENDING: DRIVER_VERIFIER_IOMANAGER_VIOLATION (0xC9), subcode 6. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoSetNextIrpStackLocation(Irp);
    Irp->IoStatus.Status = STATUS_PENDING;
    expect_bugcheck(0xC9);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return done();
}
