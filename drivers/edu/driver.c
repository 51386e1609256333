/*
 * edu: a WDM driver of QEMU's edu device, in all that a driver of real hardware has: Plug and Play,
 * power, registers, interrupts by message or line, DPC, DMA both ways, cancellation, surprise
 * removal. The README tells where to begin.
 */
#include "driver.h"

static VOID NTAPI EduUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver); /* every device is removed by now, and nothing else is held */
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = EduUnload;
    Driver->DriverExtension->AddDevice = EduAddDevice;
    Driver->MajorFunction[IRP_MJ_CREATE] = EduOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = EduOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = EduCleanup;
    Driver->MajorFunction[IRP_MJ_READ] = EduReadWrite;
    Driver->MajorFunction[IRP_MJ_WRITE] = EduReadWrite;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EduControl;
    Driver->MajorFunction[IRP_MJ_PNP] = EduPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = EduPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = EduSystemControl;
    return STATUS_SUCCESS;
}
