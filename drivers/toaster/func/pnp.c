/*
 * IRP_MJ_PNP of a toaster's function driver. [doc: the page of each IRP_MN_ request: what function
 * drivers do]
 */
#include "func.h"

static NTSTATUS FuncPass(_In_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Func->Lower, Irp);
    IoReleaseRemoveLock(&Func->Remove, Irp);
    return Status;
}

static NTSTATUS FuncSucceedAndPass(_In_ FUNC *Func, _Inout_ PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return FuncPass(Func, Irp);
}

static NTSTATUS FuncPassAndWait(_In_ FUNC *Func, _Inout_ PIRP Irp)
{
    return IoForwardIrpSynchronously(Func->Lower, Irp) ? Irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

static NTSTATUS FuncEndPnp(_In_ FUNC *Func, _Inout_ PIRP Irp, _In_ NTSTATUS Status)
{
    FuncComplete(Irp, Status, Irp->IoStatus.Information);
    IoReleaseRemoveLock(&Func->Remove, Irp);
    return Status;
}

/* ---- start ---- */

/* What the bus offers: Func->Bus. */
static NTSTATUS FuncQueryBus(_Inout_ FUNC *Func)
{
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Result;
    NTSTATUS Status;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Func->Lower, NULL, 0, NULL, &Event, &Result);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = &GUID_TOASTER_BUS_INTERFACE;
    Stack->Parameters.QueryInterface.Size = sizeof(Func->Bus);
    Stack->Parameters.QueryInterface.Version = TOASTER_BUS_INTERFACE_VERSION;
    Stack->Parameters.QueryInterface.Interface = &Func->Bus.Header;
    Stack->Parameters.QueryInterface.InterfaceSpecificData = NULL;
    Status = IoCallDriver(Func->Lower, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Result.Status;
    }
    if (!NT_SUCCESS(Status))
        RtlZeroMemory(&Func->Bus, sizeof(Func->Bus));
    return Status;
}

static NTSTATUS FuncStartDevice(_Inout_ FUNC *Func)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Func->Bus.Header.Context == NULL)
        Status = FuncQueryBus(Func);
    if (!NT_SUCCESS(Status))
        return Status;
    Func->Status.Serial = Func->Bus.GetSerial(Func->Bus.Header.Context);
    Func->Status.Starts++;
    Status = IoSetDeviceInterfaceState(&Func->Interface, TRUE);
    return Status == STATUS_OBJECT_NAME_EXISTS ? STATUS_SUCCESS
                                               : Status; /* after a stop it is still there */
}

static NTSTATUS FuncStart(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status = FuncPassAndWait(Func, Irp);

    if (NT_SUCCESS(Status))
        Status = FuncStartDevice(Func);
    if (NT_SUCCESS(Status)) {
        PolicyStarted(&Func->Policy, Func->Self);
        FuncWmiStart(Func);
        Func->Started = TRUE;
        FuncPowerStart(Func);
        FuncResume(Func, FUNC_NOT_STARTED | FUNC_NO_POWER);
    }
    return FuncEndPnp(Func, Irp, Status);
}

/* ---- stop and removal ---- */

static NTSTATUS FuncQuery(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    FuncPause(Func, FUNC_NOT_STARTED);
    return FuncSucceedAndPass(Func, Irp);
}

static NTSTATUS FuncCancelQuery(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status = FuncPassAndWait(Func, Irp);

    if (Func->Started)
        FuncResume(Func, FUNC_NOT_STARTED);
    return FuncEndPnp(Func, Irp, Status);
}

static NTSTATUS FuncStop(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    FuncPowerStop(Func);
    return FuncSucceedAndPass(Func, Irp);
}

/* By surprise or in good order, and maybe both: nobody uses the device any more. */
static VOID FuncEndUse(_Inout_ FUNC *Func)
{
    FuncFailAll(Func);
    FuncPowerStop(Func);
    FuncWmiStop(Func);
    if (Func->Started)
        IoSetDeviceInterfaceState(&Func->Interface, FALSE);
    Func->Started = FALSE;
}

static NTSTATUS FuncSurprise(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    FuncEndUse(Func);
    return FuncSucceedAndPass(Func, Irp);
}

static NTSTATUS FuncRemove(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    FuncEndUse(Func);
    if (Func->Bus.Header.Context != NULL)
        Func->Bus.Header.InterfaceDereference(Func->Bus.Header.Context);
    IoReleaseRemoveLockAndWait(&Func->Remove, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Func->Lower, Irp);
    IoDetachDevice(Func->Lower);
    RtlFreeUnicodeString(&Func->Interface);
    IoDeleteDevice(Func->Self);
    return Status;
}

/* ---- queries ---- */

static NTSTATUS FuncCapabilities(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    PDEVICE_CAPABILITIES Capabilities =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS Status = FuncPassAndWait(Func, Irp);

    if (NT_SUCCESS(Status))
        PolicyLearn(&Func->Policy, Capabilities);
    return FuncEndPnp(Func, Irp, Status);
}

NTSTATUS FuncPnp(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return FuncStart(Func, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE: return FuncQuery(Func, Irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: return FuncCancelQuery(Func, Irp);
    case IRP_MN_STOP_DEVICE: return FuncStop(Func, Irp);
    case IRP_MN_SURPRISE_REMOVAL: return FuncSurprise(Func, Irp);
    case IRP_MN_REMOVE_DEVICE: return FuncRemove(Func, Irp);
    case IRP_MN_QUERY_CAPABILITIES: return FuncCapabilities(Func, Irp);
    default: return FuncPass(Func, Irp);
    }
}
