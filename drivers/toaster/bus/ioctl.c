/* The bus's IOCTLs: include/toaster.h. */
#include "bus.h"

static const TOASTER_SERIAL *BusInput(_In_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const TOASTER_SERIAL *Given = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*Given) ||
        Given->Size != sizeof(*Given))
        return NULL;
    return Given;
}

static NTSTATUS BusChange(_Inout_ BUS *Bus, _In_ PIRP Irp, _In_ ULONG Code)
{
    const TOASTER_SERIAL *Given = BusInput(Irp);

    if (Given == NULL)
        return STATUS_INFO_LENGTH_MISMATCH;
    switch (Code) {
    case IOCTL_BUSENUM_PLUG_IN: return BusPlugIn(Bus, Given->Serial);
    case IOCTL_BUSENUM_UNPLUG: return BusUnplug(Bus, Given->Serial);
    case IOCTL_BUSENUM_EJECT: return BusEject(Bus, Given->Serial);
    case IOCTL_BUSENUM_PRESS: return BusPress(Bus, Given->Serial);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS BusTellList(_Inout_ BUS *Bus, _In_ PIRP Irp, _Out_ ULONG *Used)
{
    ULONG Bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength;

    if (Bytes < FIELD_OFFSET(TOASTER_LIST, Entry))
        return STATUS_BUFFER_TOO_SMALL;
    *Used = BusList(Bus, Irp->AssociatedIrp.SystemBuffer, Bytes);
    return STATUS_SUCCESS;
}

NTSTATUS BusDeviceControl(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS Status = IoAcquireRemoveLock(&Bus->Remove, Irp);
    ULONG Used = 0;

    PAGED_CODE();
    if (!NT_SUCCESS(Status))
        return BusComplete(Irp, Status, 0);
    if (Bus->Common.State != BusStarted)
        Status = STATUS_DEVICE_NOT_READY;
    else if (Code == IOCTL_BUSENUM_LIST)
        Status = BusTellList(Bus, Irp, &Used);
    else
        Status = BusChange(Bus, Irp, Code);
    BusComplete(Irp, Status, Used);
    IoReleaseRemoveLock(&Bus->Remove, Irp);
    return Status;
}
