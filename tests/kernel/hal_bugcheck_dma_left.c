/* A DMA adapter that is released with a common buffer outstanding: DRIVER_VERIFIER_DMA_VIOLATION.
 */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma64BitAddresses = TRUE,
                                      .MaximumLength = 4096};
    PHYSICAL_ADDRESS Logical;
    PDMA_ADAPTER Adapter;
    ULONG Registers;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Adapter = IoGetDmaAdapter(NULL, &Description, &Registers);
    ok(Adapter->DmaOperations->AllocateCommonBuffer(Adapter, 100, &Logical, TRUE) != NULL,
       "a common buffer");
    expect_bugcheck(0xE6);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    return done();
}
