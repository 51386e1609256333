/* KMDF: a transfer completed that was never begun stops with WDF_VIOLATION, WDF_DMA_FATAL_ERROR. */
#include "pnp_test.h"

static VOID Test(VOID)
{
    WDF_DMA_ENABLER_CONFIG Config;
    WDFDMATRANSACTION Transaction;
    WDFDMAENABLER Enabler;
    NTSTATUS Status;

    WDF_DMA_ENABLER_CONFIG_INIT(&Config, WdfDmaProfileScatterGather64, PAGE_SIZE);
    is_status(WdfDmaEnablerCreate(Device, &Config, NULL, &Enabler), STATUS_SUCCESS, "an enabler");
    is_status(WdfDmaTransactionCreate(Enabler, NULL, &Transaction), STATUS_SUCCESS,
              "a transaction");
    expect_bugcheck(0x10D);
    WdfDmaTransactionDmaCompleted(Transaction, &Status);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, NULL);
}
