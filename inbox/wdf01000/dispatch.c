/*
 * Dispatch: every IRP for a framework device comes here [doc: Dispatching IRPs to I/O Queues; Preprocessing and
 * Postprocessing IRPs]. Preprocess callback, then PnP and power, file objects, queues; what nobody takes goes down the
 * stack of a filter and is refused by others. WMI requests go down, or end at a bus-enumerated device.
 */
#include "fx.h"

#include "io.h"
#include "pnp.h"
#include "wmi.h"

NTSTATUS FxCompleteIrp(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS FxDispatchGone(PIRP Irp)
{
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;

    Irp->IoStatus.Information = 0;
    return FxCompleteIrp(Irp, Major == IRP_MJ_CLEANUP || Major == IRP_MJ_CLOSE ? STATUS_SUCCESS : STATUS_DELETE_PENDING);
}

NTSTATUS FxForward(FX_DEVICE *Device, PIRP Irp)
{
    if (Device->Attached == NULL)
        return FxCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Device->Attached, Irp);
}

NTSTATUS FxForwardOrRefuse(FX_DEVICE *Device, PIRP Irp)
{
    if (Device->Settings.IsFilter)
        return FxForward(Device, Irp);
    Irp->IoStatus.Information = 0;
    return FxCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST);
}

static NTSTATUS FxDispatchShutdown(FX_DEVICE *Device, PIRP Irp)
{
    if (Device->Settings.EvtShutdown == NULL)
        return FxForwardOrRefuse(Device, Irp);
    Device->Settings.EvtShutdown(FX_HANDLE(WDFDEVICE, Device));
    return FxCompleteIrp(Irp, STATUS_SUCCESS);
}

static NTSTATUS FxDispatchWmi(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    if (Device->Attached == NULL)
        return FxCompleteIrp(Irp, Irp->IoStatus.Status);
    Status = IoAcquireRemoveLock(&Device->RemoveLock, Irp);
    if (!NT_SUCCESS(Status))
        return FxCompleteIrp(Irp, Status);
    Status = FxWmiDispatch(Device, Irp);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

/* To the queue of the major function, or the default one. */
static NTSTATUS FxDispatchToQueue(FX_DEVICE *Device, PIRP Irp, UCHAR Major)
{
    if (Device->QueueOf[Major] == NULL && Device->DefaultQueue == NULL && Device->Settings.EvtInCallerContext == NULL)
        return FxForwardOrRefuse(Device, Irp);
    return FxQueueDispatch(Device, Irp);
}

static NTSTATUS FxDispatchIo(FX_DEVICE *Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    UCHAR Major = Stack->MajorFunction;
    const FX_DEVICE_DISPATCH *Dispatch = &Device->Dispatch[Major];
    ULONG Code;

    if (Dispatch->Callback == NULL)
        return FxDispatchToQueue(Device, Irp, Major);
    Code = Major == IRP_MJ_DEVICE_CONTROL || Major == IRP_MJ_INTERNAL_DEVICE_CONTROL
               ? Stack->Parameters.DeviceIoControl.IoControlCode
               : 0;
    return Dispatch->Callback(FX_HANDLE(WDFDEVICE, Device), Major, Stack->MinorFunction, Code, Dispatch->DriverContext,
                              Irp, (WDFCONTEXT)Device);
}

NTSTATUS FxDispatchIrp(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    switch (Stack->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        return FxDispatchIo(Device, Irp, Stack);
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return FxFileDispatch(Device, Irp);
    case IRP_MJ_PNP:
        return Device->Pnp != NULL ? FxPnpDispatch(Device, Irp) : FxForwardOrRefuse(Device, Irp);
    case IRP_MJ_POWER:
        return Device->Pnp != NULL ? FxPowerDispatch(Device, Irp) : FxForwardOrRefuse(Device, Irp);
    case IRP_MJ_SYSTEM_CONTROL:
        return FxDispatchWmi(Device, Irp);
    case IRP_MJ_SHUTDOWN:
        return FxDispatchShutdown(Device, Irp);
    default:
        return FxForwardOrRefuse(Device, Irp);
    }
}

/* ---- preprocessing ---- */

static BOOLEAN FxWantsPreprocess(const FX_PREPROCESS *Preprocess, UCHAR Minor)
{
    if (Preprocess->Callback == NULL || Preprocess->Minors == NULL)
        return Preprocess->Callback != NULL;
    for (ULONG i = 0; i < Preprocess->MinorCount; i++)
        if (Preprocess->Minors[i] == Minor)
            return TRUE;
    return FALSE;
}

static NTSTATUS FxDispatchPreprocess(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const FX_PREPROCESS *Preprocess = &Device->Settings.Preprocess[Stack->MajorFunction];

    if (FxWantsPreprocess(Preprocess, Stack->MinorFunction))
        return Preprocess->Callback(FX_HANDLE(WDFDEVICE, Device), Irp);
    return FxDispatchIrp(Device, Irp);
}

/* ---- the remove lock for I/O ---- */

static NTSTATUS NTAPI FxReleaseForIo(PDEVICE_OBJECT Wdm, PIRP Irp, PVOID Context)
{
    FX_DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Wdm);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

/* The framework's own stack location, whose completion routine gives the lock back. */
static NTSTATUS FxDispatchLocked(FX_DEVICE *Device, PIRP Irp)
{
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;

    if (Major == IRP_MJ_PNP || Major == IRP_MJ_POWER || Major == IRP_MJ_SYSTEM_CONTROL) /* these take it themselves */
        return FxDispatchPreprocess(Device, Irp);
    if (!NT_SUCCESS(IoAcquireRemoveLock(&Device->RemoveLock, Irp)))
        return FxDispatchGone(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FxReleaseForIo, Device, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    return FxDispatchPreprocess(Device, Irp);
}

NTSTATUS NTAPI FxDeviceDispatch(PDEVICE_OBJECT Wdm, PIRP Irp)
{
    FX_DEVICE *Device = FxDeviceOf(Wdm);

    if (Device == NULL || Device->Object.State != FxAlive)
        return FxDispatchGone(Irp);
    if (Device->Settings.RemoveLockFlags != 0)
        return FxDispatchLocked(Device, Irp);
    return FxDispatchPreprocess(Device, Irp);
}

/* ---- for clients ---- */

WDF_DDI(WdfDeviceWdmDispatchPreprocessedIrp);
NTSTATUS NTAPI imp_WdfDeviceWdmDispatchPreprocessedIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle, PIRP Irp)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    UCHAR Major;

    FX_REQUIRE(Globals, Irp);
    IoSetNextIrpStackLocation(Irp); /* the driver skipped its own, or copied it and set a completion routine */
    Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device->Wdm;
    if (Device->Settings.Preprocess[Major].Callback == NULL)
        FxViolation(Globals, WDF_VERIFIER_FATAL_ERROR, (ULONG_PTR)Handle, (ULONG_PTR)Irp, Major);
    return FxDispatchIrp(Device, Irp);
}

WDF_DDI(WdfDeviceConfigureWdmIrpDispatchCallback);
NTSTATUS NTAPI imp_WdfDeviceConfigureWdmIrpDispatchCallback(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                            WDFDRIVER Driver, UCHAR MajorFunction,
                                                            PFN_WDFDEVICE_WDM_IRP_DISPATCH EvtDeviceWdmIrpDispatch,
                                                            WDFCONTEXT DriverContext)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_DRIVER *Owner = Driver != NULL ? FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver) : Device->Driver;

    FX_REQUIRE(Globals, EvtDeviceWdmIrpDispatch);
    if (MajorFunction != IRP_MJ_READ && MajorFunction != IRP_MJ_WRITE && MajorFunction != IRP_MJ_DEVICE_CONTROL &&
        MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "dispatch callback for major function 0x%x", MajorFunction);
    Device->Dispatch[MajorFunction].DriverContext = DriverContext;
    Device->Dispatch[MajorFunction].Driver = Owner;
    Device->Dispatch[MajorFunction].Callback = EvtDeviceWdmIrpDispatch;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceWdmDispatchIrp);
NTSTATUS NTAPI imp_WdfDeviceWdmDispatchIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle, PIRP Irp,
                                           WDFCONTEXT DispatchContext)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Irp);
    if (DispatchContext != (WDFCONTEXT)Device)
        FxViolation(Globals, WDF_VERIFIER_FATAL_ERROR, (ULONG_PTR)Handle, (ULONG_PTR)Irp, (ULONG_PTR)DispatchContext);
    return FxDispatchToQueue(Device, Irp, IoGetCurrentIrpStackLocation(Irp)->MajorFunction);
}
