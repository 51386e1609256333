/* A DMA routine at another IRQL than its own, with calls checked: DRIVER_VERIFIER_DMA_VIOLATION. */
#include "tap.h"

static IO_ALLOCATION_ACTION NTAPI control(PDEVICE_OBJECT Device, PIRP Irp, PVOID Base,
                                          PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Base);
    UNREFERENCED_PARAMETER(Context);
    return DeallocateObject;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma64BitAddresses = TRUE,
                                      .MaximumLength = 4096};
    PDEVICE_OBJECT Device;
    PDMA_ADAPTER Adapter;
    ULONG Registers;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    Adapter = IoGetDmaAdapter(NULL, &Description, &Registers);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_status(Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 1, control, NULL),
              STATUS_SUCCESS, "at DISPATCH_LEVEL");
    KeLowerIrql(OldIrql);
    expect_bugcheck(0xE6);
    Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 1, control, NULL);
    return done();
}
