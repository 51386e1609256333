/* KMDF: power-managed queues: EvtIoStop and its answers, EvtIoResume, what waits while the device sleeps, removal. */
#include "pnp_test.h"

#include "io.h"

static PDEVICE_OBJECT Wdm;
static WDFQUEUE Managed, Manual, Unmanaged;
static KEVENT Resume, Redelivered;
static WDFREQUEST Held[8];
static ULONG HeldCount, Stops, Resumes, UnmanagedCount, LastFlags, StopFlags[8];
static WDFREQUEST Resumed;
static IO_SENT AtRemoval;
static BOOLEAN InD0;
static enum { Acknowledge, Requeue, Complete } Answer[8];

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID NTAPI EvtCancel(WDFREQUEST Request)
{
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    ok(InD0, "presented in D0");
    Held[HeldCount++] = Request;
    if (HeldCount == 6)
        KeSetEvent(&Redelivered, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Length);
    UnmanagedCount++;
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static EVT_WDF_IO_QUEUE_IO_STOP EvtStop;
static VOID NTAPI EvtStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG Flags)
{
    ULONG i = 0;

    ok(Queue == Managed && InD0, "EvtIoStop while the device is in D0 still");
    while (i < HeldCount && Held[i] != Request)
        i++;
    StopFlags[i] = LastFlags = Flags;
    Stops++;
    if (Answer[i] == Complete) {
        if (Flags & WdfRequestStopRequestCancelable)
            is_status(WdfRequestUnmarkCancelable(Request), STATUS_SUCCESS, "unmarked first");
        WdfRequestComplete(Request, STATUS_DEVICE_POWERED_OFF);
    } else {
        WdfRequestStopAcknowledge(Request, Answer[i] == Requeue);
    }
}

static EVT_WDF_IO_QUEUE_IO_RESUME EvtResume;
static VOID NTAPI EvtResume(WDFQUEUE Queue, WDFREQUEST Request)
{
    ok(Queue == Managed && InD0, "EvtIoResume in D0");
    Resumes++;
    Resumed = Request;
    KeSetEvent(&Resume, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Previous);
    InD0 = TRUE;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Target)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Target);
    InD0 = FALSE;
    return STATUS_SUCCESS;
}

/* ---- power ---- */

static NTSTATUS NTAPI PowerCompleted(PDEVICE_OBJECT Object, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID SystemPower(SYSTEM_POWER_STATE State)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Pdo);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = IRP_MN_SET_POWER;
    Stack->Parameters.Power.Type = SystemPowerState;
    Stack->Parameters.Power.State.SystemState = State;
    Stack->Parameters.Power.ShutdownType = PowerActionSleep;
    IoSetCompletionRoutine(Irp, PowerCompleted, &Event, TRUE, TRUE, TRUE);
    PoCallDriver(Top, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    is_status(Irp->IoStatus.Status, STATUS_SUCCESS, "system power state %u", State);
    IoFreeIrp(Irp);
    ObDereferenceObject(Top);
}

static VOID Send(IO_SENT *Sent)
{
    IoControl(Sent, Wdm, NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8);
}

/* The device may reach D0 after the system's request is completed: the test waits for what comes of it. */
static VOID TestSleep(VOID)
{
    IO_SENT First, Second, Third, Fourth, Late, Read, Write;
    WDFREQUEST Request;

    Send(&First);
    Send(&Second);
    Send(&Third);
    Send(&Fourth);
    ok(HeldCount == 4, "four requests are held");
    is_status(WdfRequestMarkCancelableEx(Held[2], EvtCancel), STATUS_SUCCESS, "one is cancelable");
    Answer[0] = Acknowledge;
    Answer[1] = Requeue;
    Answer[2] = Answer[3] = Complete;
    SystemPower(PowerSystemSleeping3);
    ok(!InD0 && Stops == 4, "EvtIoStop for each: %u", Stops);
    ok(StopFlags[0] == WdfRequestStopActionSuspend, "to suspend");
    ok(StopFlags[2] == (WdfRequestStopActionSuspend | WdfRequestStopRequestCancelable), "the cancelable one says so");
    is_status(IoFinish(&Third), STATUS_DEVICE_POWERED_OFF, "completed by EvtIoStop");
    is_status(IoFinish(&Fourth), STATUS_DEVICE_POWERED_OFF, "this one too");
    ok((WdfIoQueueGetState(Managed, NULL, NULL) & WdfIoQueuePnpHeld) != 0, "the queue is held");
    Send(&Late);
    IoPrepare(&Write, Wdm, NULL, IRP_MJ_WRITE)->Parameters.Write.Length = 8;
    IoSend(&Write, Wdm);
    ok(HeldCount == 4 && Late.Status == STATUS_PENDING, "a new request waits");
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_WDF_PAUSED, "nothing can be retrieved");
    IoPrepare(&Read, Wdm, NULL, IRP_MJ_READ)->Parameters.Read.Length = 8;
    is_status(IoSend(&Read, Wdm), STATUS_SUCCESS, "the queue that is not power-managed goes on");
    IoFinish(&Read);
    SystemPower(PowerSystemWorking);
    WaitFor(&Resume);
    ok(Resumes == 1 && Resumed == Held[0], "EvtIoResume for the acknowledged one alone");
    WaitFor(&Redelivered);
    ok(HeldCount == 6 && Held[4] == Held[1], "the requeued one comes again, then the new one");
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_SUCCESS, "the manual queue goes on");
    WdfRequestComplete(Request, STATUS_SUCCESS);
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    WdfRequestComplete(Held[4], STATUS_SUCCESS);
    WdfRequestComplete(Held[5], STATUS_SUCCESS);
    is_status(IoFinish(&First), STATUS_SUCCESS, "the first");
    is_status(IoFinish(&Second), STATUS_SUCCESS, "the second");
    is_status(IoFinish(&Late), STATUS_SUCCESS, "the new one");
    is_status(IoFinish(&Write), STATUS_SUCCESS, "the write");
    HeldCount = Stops = 0;
    Send(&AtRemoval);
    ok(HeldCount == 1, "one is left to the removal");
    Answer[0] = Complete;
}

/* ---- the driver ---- */

static WDFQUEUE Make(WDF_IO_QUEUE_DISPATCH_TYPE Type, WDF_REQUEST_TYPE For, WDF_TRI_STATE PowerManaged)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue = NULL;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, Type);
    Config.PowerManaged = PowerManaged;
    if (For == WdfRequestTypeDeviceControl)
        Config.EvtIoDefault = EvtDefault;
    if (For == WdfRequestTypeRead)
        Config.EvtIoRead = EvtRead;
    Config.EvtIoStop = EvtStop;
    Config.EvtIoResume = EvtResume;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "a queue");
    is_status(WdfDeviceConfigureRequestDispatching(Device, Queue, For), STATUS_SUCCESS, "for requests of type %u", For);
    return Queue;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    pnp_test_watch(Init);
    Status = WdfDeviceCreate(&Init, NULL, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    Managed = Make(WdfIoQueueDispatchParallel, WdfRequestTypeDeviceControl, WdfUseDefault);
    Manual = Make(WdfIoQueueDispatchManual, WdfRequestTypeWrite, WdfTrue);
    Unmanaged = Make(WdfIoQueueDispatchParallel, WdfRequestTypeRead, WdfFalse);
    ok((WdfIoQueueGetState(Managed, NULL, NULL) & WdfIoQueuePnpHeld) != 0, "held before the device starts");
    ok((WdfIoQueueGetState(Unmanaged, NULL, NULL) & WdfIoQueuePnpHeld) == 0, "unless it is not power-managed");
    return STATUS_SUCCESS;
}

static VOID AtEnd(VOID)
{
    ok(Stops == 1 && LastFlags == WdfRequestStopActionPurge, "at removal EvtIoStop is to purge: %u, 0x%x", Stops, LastFlags);
    is_status(IoFinish(&AtRemoval), STATUS_DEVICE_POWERED_OFF, "it completed what was left");
    ok(UnmanagedCount == 1, "one read");
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Resume, NotificationEvent, FALSE);
    KeInitializeEvent(&Redelivered, NotificationEvent, FALSE);
    PnpTest.Unload = AtEnd;
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, TestSleep, NULL);
}
