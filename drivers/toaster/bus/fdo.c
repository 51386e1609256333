/*
 * IRP_MJ_PNP of the bus itself. [doc: the page of each IRP_MN_ request: what function drivers of a
 * bus do]
 */
#include "bus.h"

static NTSTATUS BusPass(_In_ BUS *Bus, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Bus->Lower, Irp);
    IoReleaseRemoveLock(&Bus->Remove, Irp);
    return Status;
}

/* Ends a request that the drivers below have handled already. */
static NTSTATUS BusEnd(_In_ BUS *Bus, _Inout_ PIRP Irp, _In_ NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&Bus->Remove, Irp);
    return Status;
}

static NTSTATUS BusPassAndWait(_In_ BUS *Bus, _Inout_ PIRP Irp)
{
    return IoForwardIrpSynchronously(Bus->Lower, Irp) ? Irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

static VOID BusEnter(_Inout_ BUS *Bus, _In_ BUS_STATE State)
{
    Bus->Common.StateBefore = Bus->Common.State;
    Bus->Common.State = State;
}

static NTSTATUS BusStart(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    NTSTATUS Status = BusPassAndWait(Bus, Irp);

    if (NT_SUCCESS(Status))
        Status = IoSetDeviceInterfaceState(&Bus->Interface, TRUE);
    if (Status == STATUS_OBJECT_NAME_EXISTS) /* after a stop: it was not disabled */
        Status = STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        PolicyStarted(&Bus->Policy, Bus->Common.Self);
        BusWmiStart(Bus);
        BusEnter(Bus, BusStarted);
    }
    return BusEnd(Bus, Irp, Status);
}

/* What a query has changed is taken back, once the drivers below have done so. */
static NTSTATUS BusCancel(_Inout_ BUS *Bus, _Inout_ PIRP Irp, _In_ BUS_STATE Pending)
{
    NTSTATUS Status = BusPassAndWait(Bus, Irp);

    if (Bus->Common.State == Pending)
        Bus->Common.State = Bus->Common.StateBefore;
    return BusEnd(Bus, Irp, Status);
}

static NTSTATUS BusSucceedAndPass(_Inout_ BUS *Bus, _Inout_ PIRP Irp, _In_ BUS_STATE State)
{
    BusEnter(Bus, State);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return BusPass(Bus, Irp);
}

static NTSTATUS BusSurprise(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    IoSetDeviceInterfaceState(&Bus->Interface, FALSE);
    BusWmiStop(Bus);
    return BusSucceedAndPass(Bus, Irp, BusSurpriseRemoved);
}

static NTSTATUS BusRemove(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    if (Bus->Common.State != BusSurpriseRemoved)
        IoSetDeviceInterfaceState(&Bus->Interface, FALSE);
    BusWmiStop(Bus);
    BusEnter(Bus, BusRemoved);
    IoReleaseRemoveLockAndWait(&Bus->Remove, Irp);
    BusForgetChildren(Bus);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Bus->Lower, Irp);
    IoDetachDevice(Bus->Lower);
    RtlFreeUnicodeString(&Bus->Interface);
    IoDeleteDevice(Bus->Common.Self);
    return Status;
}

static NTSTATUS BusRelate(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    PDEVICE_RELATIONS Relations;
    NTSTATUS Status;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceRelations.Type != BusRelations)
        return BusPass(Bus, Irp);
    Status = BusReport(Bus, (PDEVICE_RELATIONS)Irp->IoStatus.Information, &Relations);
    if (!NT_SUCCESS(Status))
        return BusEnd(Bus, Irp, Status);
    Irp->IoStatus.Information = (ULONG_PTR)Relations;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return BusPass(Bus, Irp);
}

static NTSTATUS BusLearn(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    PDEVICE_CAPABILITIES Capabilities =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS Status = BusPassAndWait(Bus, Irp);

    if (NT_SUCCESS(Status))
        PolicyLearn(&Bus->Policy, Capabilities);
    return BusEnd(Bus, Irp, Status);
}

NTSTATUS BusPnp(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    NTSTATUS Status = IoAcquireRemoveLock(&Bus->Remove, Irp);

    if (!NT_SUCCESS(Status))
        return BusComplete(Irp, Status, 0);
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return BusStart(Bus, Irp);
    case IRP_MN_QUERY_STOP_DEVICE: return BusSucceedAndPass(Bus, Irp, BusStopPending);
    case IRP_MN_CANCEL_STOP_DEVICE: return BusCancel(Bus, Irp, BusStopPending);
    case IRP_MN_STOP_DEVICE: return BusSucceedAndPass(Bus, Irp, BusStopped);
    case IRP_MN_QUERY_REMOVE_DEVICE: return BusSucceedAndPass(Bus, Irp, BusRemovePending);
    case IRP_MN_CANCEL_REMOVE_DEVICE: return BusCancel(Bus, Irp, BusRemovePending);
    case IRP_MN_SURPRISE_REMOVAL: return BusSurprise(Bus, Irp);
    case IRP_MN_REMOVE_DEVICE: return BusRemove(Bus, Irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS: return BusRelate(Bus, Irp);
    case IRP_MN_QUERY_CAPABILITIES: return BusLearn(Bus, Irp);
    default: return BusPass(Bus, Irp);
    }
}
