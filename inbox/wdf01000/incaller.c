/*
 * Requests before they are queued: EvtIoInCallerContext's WdfDeviceEnqueueRequest, and IRPs that the driver directs to a queue itself
 * [doc: Intercepting an I/O Request before it is Queued; Dispatching IRPs to I/O Queues].
 */
#include "queue.h"

#define FX_KNOWN_FLAGS (WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK | WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP)

/* No queue takes it: down the stack of a filter. */
static NTSTATUS FxEnqueueNowhere(FX_DEVICE *Device, FX_REQUEST *Request)
{
    PIRP Irp = Request->Irp;

    if (!Device->Settings.IsFilter || Device->Attached == NULL)
        return FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_REQUEST, "no queue of the device takes the request");
    FxRequestForget(Request);
    IoSkipCurrentIrpStackLocation(Irp);
    IoCallDriver(Device->Attached, Irp);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceEnqueueRequest);
NTSTATUS NTAPI imp_WdfDeviceEnqueueRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle, WDFREQUEST Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_QUEUE *Queue;
    NTSTATUS Status;

    if (Request->State != FxRequestInCaller || Request->Device != Device || Request->Irp == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfDeviceEnqueueRequest outside of EvtIoInCallerContext");
    Queue = Request->Intended;
    if (Queue == NULL)
        Queue = FxQueueOfMajor(Device, IoGetCurrentIrpStackLocation(Request->Irp)->MajorFunction);
    if (Queue == NULL)
        return FxEnqueueNowhere(Device, Request);
    Request->State = FxRequestNew;
    Status = FxQueueArrive(Queue, Request);
    if (!NT_SUCCESS(Status))
        Request->State = FxRequestInCaller; /* it is still the driver's */
    return Status;
}

static BOOLEAN FxIsQueuedMajor(UCHAR Major)
{
    return Major == IRP_MJ_READ || Major == IRP_MJ_WRITE || Major == IRP_MJ_DEVICE_CONTROL ||
           Major == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

WDF_DDI(WdfDeviceWdmDispatchIrpToIoQueue);
NTSTATUS NTAPI imp_WdfDeviceWdmDispatchIrpToIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle, PIRP Irp,
                                                    WDFQUEUE QueueHandle, ULONG Flags)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, QueueHandle);
    NTSTATUS Status = STATUS_SUCCESS;

    FX_REQUIRE(Globals, Irp);
    if (Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_PREPROCESSED_IRP) { /* the driver skipped its location, or copied it on */
        IoSetNextIrpStackLocation(Irp);
        IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device->Wdm;
    }
    if (Flags & ~FX_KNOWN_FLAGS || !FxIsQueuedMajor(IoGetCurrentIrpStackLocation(Irp)->MajorFunction))
        Status = STATUS_INVALID_PARAMETER;
    else if (Queue->Device != Device)
        Status = FxToParentQueue(&Device, Queue, Irp);
    if (!NT_SUCCESS(Status)) {
        FxMistake(Globals, Status, "an IRP for WDFQUEUE %p, flags 0x%x", QueueHandle, Flags);
        Irp->IoStatus.Information = 0;
        return FxCompleteIrp(Irp, Status);
    }
    return FxQueueDispatchTo(Device, Queue, Irp,
                             (Flags & WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK) != 0 && Queue->Progress == NULL);
}
