/*
 * USB selective suspend: a device whose idle capability is IdleUsbSelectiveSuspend goes down when
 * the USB stack calls back that it may, not before [doc: USB Selective Suspend;
 * IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION]. The request is outstanding from then until the
 * device is up again: the stack ends it as the device resumes, or we do.
 */
#include "fx.h"

#include "pnp.h"

#include <usbioctl.h>

struct _FX_USB_IDLE {
    FX_DEVICE *Device;
    USB_IDLE_CALLBACK_INFO Info;
    PIRP Irp;                    /* NULL: not outstanding; Policy */
    KEVENT Changed;              /* synchronization: look again */
    KEVENT MayReturn;            /* notification: the stack's callback is done */
    KEVENT Ended;                /* notification: the request is completed */
    volatile LONG Waiters;       /* for Policy, who do not want to wait for the stack */
    volatile BOOLEAN MaySuspend; /* the stack has called back */
    NTSTATUS Status;             /* of the request */
};

static VOID NTAPI FxUsbIdleCallback(PVOID Context)
{
    FX_USB_IDLE *Idle = Context;

    Idle->MaySuspend = TRUE;
    KeSetEvent(&Idle->Changed, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&Idle->MayReturn, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS FxUsbIdleCreate(FX_DEVICE *Device)
{
    FX_USB_IDLE *Idle;

    if (Device->Pnp->UsbIdle != NULL)
        return STATUS_SUCCESS;
    Idle = FxAllocate(Device->Object.Globals, sizeof(*Idle));
    if (Idle == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Idle->Device = Device;
    Idle->Info.IdleCallback = FxUsbIdleCallback;
    Idle->Info.IdleContext = Idle;
    KeInitializeEvent(&Idle->Changed, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Idle->MayReturn, NotificationEvent, FALSE);
    KeInitializeEvent(&Idle->Ended, NotificationEvent, FALSE);
    Device->Pnp->UsbIdle = Idle;
    return STATUS_SUCCESS;
}

/* A request that the stack ends while the device is down brings it up: it has woken, or cannot stay
 * suspended. */
static NTSTATUS NTAPI FxUsbIdleEnded(PDEVICE_OBJECT Wdm, PIRP Irp, PVOID Context)
{
    FX_USB_IDLE *Idle = Context;
    FX_PNP *Pnp = Idle->Device->Pnp;
    BOOLEAN IsDown;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Wdm);
    Idle->Status = Irp->IoStatus.Status;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    IsDown = Pnp->IdleDown;
    Pnp->WantUp = Pnp->WantUp || IsDown;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    if (IsDown)
        FxPolicyQueue(Idle->Device);
    KeSetEvent(&Idle->Changed, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&Idle->Ended, IO_NO_INCREMENT, FALSE); /* the IRP may be freed from here on */
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static BOOLEAN FxUsbIdleHasEnded(FX_USB_IDLE *Idle)
{
    return KeReadStateEvent(&Idle->Ended) != 0;
}

NTSTATUS FxUsbIdleAsk(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    FX_USB_IDLE *Idle = Pnp->UsbIdle;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;

    Idle->Irp = IoAllocateIrp(Device->Attached->StackSize, FALSE);
    if (Idle->Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Idle->MaySuspend = FALSE;
    KeClearEvent(&Idle->MayReturn);
    KeClearEvent(&Idle->Ended);
    Idle->Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Idle->Irp);
    Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION;
    Stack->Parameters.DeviceIoControl.Type3InputBuffer = &Idle->Info;
    Stack->Parameters.DeviceIoControl.InputBufferLength = sizeof(Idle->Info);
    IoSetCompletionRoutine(Idle->Irp, FxUsbIdleEnded, Idle, TRUE, TRUE, TRUE);
    (VOID)IoCallDriver(Device->Attached, Idle->Irp); /* the completion routine has its status */
    while (!Idle->MaySuspend && !FxUsbIdleHasEnded(Idle) && Idle->Waiters == 0 &&
           Pnp->References == 0)
        KeWaitForSingleObject(&Idle->Changed, Executive, KernelMode, FALSE, NULL);
    if (Idle->MaySuspend && Idle->Waiters == 0 && Pnp->References == 0 && !FxUsbIdleHasEnded(Idle))
        return STATUS_SUCCESS;
    FxUsbIdleEnd(Device);
    Status = Idle->Status;
    return NT_SUCCESS(Status) ? STATUS_CANCELLED : Status;
}

VOID FxUsbIdleLetGo(FX_PNP *Pnp)
{
    if (Pnp->UsbIdle != NULL)
        KeSetEvent(&Pnp->UsbIdle->MayReturn, IO_NO_INCREMENT, FALSE);
}

VOID FxUsbIdleEnd(FX_DEVICE *Device)
{
    FX_USB_IDLE *Idle = Device->Pnp->UsbIdle;

    if (Idle == NULL || Idle->Irp == NULL)
        return;
    FxUsbIdleLetGo(Device->Pnp);
    IoCancelIrp(Idle->Irp);
    KeWaitForSingleObject(&Idle->Ended, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Idle->Irp);
    Idle->Irp = NULL;
}

VOID FxUsbIdleStir(FX_PNP *Pnp, LONG Waiters)
{
    if (Pnp->UsbIdle == NULL)
        return;
    InterlockedExchangeAdd(&Pnp->UsbIdle->Waiters, Waiters);
    KeSetEvent(&Pnp->UsbIdle->Changed, IO_NO_INCREMENT, FALSE);
}
