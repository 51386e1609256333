/* KMDF: cancellation of requests that the driver holds: marking, unmarking, what each returns, when EvtRequestCancel comes. */
#include "io.h"

#define NAME L"\\Device\\KmdfCancel"

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Queue, Synchronized;
static HANDLE Handle;
static PFILE_OBJECT File;
static WDFREQUEST Held;
static WDFREQUEST Canceled;
static ULONG Cancels;
static BOOLEAN CompleteInCancel;
static KIRQL CancelIrql;
static enum { Keep, Mark, MarkEx } WhatToDo;
static NTSTATUS MarkStatus;

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID NTAPI EvtCancel(WDFREQUEST Request)
{
    Cancels++;
    Canceled = Request;
    CancelIrql = KeGetCurrentIrql();
    if (CompleteInCancel)
        WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE From, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(From);
    Held = Request;
    if (WhatToDo == Mark)
        WdfRequestMarkCancelable(Request, EvtCancel);
    else if (WhatToDo == MarkEx)
        MarkStatus = WdfRequestMarkCancelableEx(Request, EvtCancel);
}

static EVT_WDF_IO_QUEUE_IO_READ EvtToSynchronized;
static VOID NTAPI EvtToSynchronized(WDFQUEUE From, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(From);
    UNREFERENCED_PARAMETER(Length);
    is_status(WdfRequestForwardToIoQueue(Request, Synchronized), STATUS_SUCCESS, "to the synchronized queue");
}

static VOID Reset(ULONG What, BOOLEAN Complete)
{
    WhatToDo = What;
    Held = Canceled = NULL;
    Cancels = 0;
    CompleteInCancel = Complete;
    MarkStatus = STATUS_UNSUCCESSFUL;
}

static VOID Send(IO_SENT *Sent)
{
    IoControl(Sent, Wdm, File, IO_CODE(1, METHOD_BUFFERED), 0, 8);
}

static VOID TestCancel(VOID)
{
    IO_SENT Sent;

    Reset(MarkEx, TRUE);
    Send(&Sent);
    is_status(MarkStatus, STATUS_SUCCESS, "marked");
    is_status(WdfRequestMarkCancelableEx(Held, EvtCancel), STATUS_INVALID_DEVICE_REQUEST, "marked twice");
    ok(!WdfRequestIsCanceled(Held), "not cancelled");
    ok(IoCancelIrp(Sent.Irp), "cancelled");
    ok(Cancels == 1 && Canceled == Held, "EvtRequestCancel");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "completed by it");
    ok(Sent.Completions == 1, "once");
}

static VOID TestUnmark(VOID)
{
    IO_SENT Sent;

    Reset(MarkEx, TRUE);
    Send(&Sent);
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_SUCCESS, "unmarked");
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_INVALID_PARAMETER, "it is not cancelable");
    ok(!IoCancelIrp(Sent.Irp), "a cancellation finds nobody");
    ok(Cancels == 0 && WdfRequestIsCanceled(Held), "but shows");
    is_status(WdfRequestMarkCancelableEx(Held, EvtCancel), STATUS_CANCELLED, "it cannot be marked any more");
    ok(Cancels == 0, "and EvtRequestCancel is not called");
    WdfRequestComplete(Held, STATUS_CANCELLED);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "completed");

    Reset(MarkEx, TRUE);
    Send(&Sent);
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_SUCCESS, "unmarked");
    is_status(WdfRequestMarkCancelableEx(Held, EvtCancel), STATUS_SUCCESS, "marked again");
    is_status(WdfRequestForwardToIoQueue(Held, Synchronized), STATUS_INVALID_DEVICE_REQUEST, "a cancelable one stays");
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_SUCCESS, "unmarked");
    WdfRequestCompleteWithInformation(Held, STATUS_SUCCESS, 8);
    is_status(IoFinish(&Sent), STATUS_SUCCESS, "completed well");
}

/* The cancellation comes first; the driver that lost the race waits for EvtRequestCancel. */
static VOID TestLostRace(VOID)
{
    IO_SENT Sent;

    Reset(MarkEx, FALSE);
    Send(&Sent);
    ok(IoCancelIrp(Sent.Irp) && Cancels == 1, "cancelled: EvtRequestCancel keeps it");
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_CANCELLED, "too late");
    ok(Sent.Completions == 0, "it is the driver's still");
    WdfRequestComplete(Held, STATUS_CANCELLED);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "completed outside");
}

static VOID TestAlreadyCanceled(VOID)
{
    IO_SENT Sent;

    Reset(Keep, TRUE);
    Send(&Sent);
    IoCancelIrp(Sent.Irp);
    WdfRequestMarkCancelable(Held, EvtCancel);
    ok(Cancels == 1, "WdfRequestMarkCancelable calls EvtRequestCancel at once");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "completed by it");
}

/* With automatic synchronization EvtRequestCancel runs under the queue's lock. */
static VOID TestSynchronized(VOID)
{
    IO_SENT Sent;

    Reset(Mark, TRUE);
    IoPrepare(&Sent, Wdm, File, IRP_MJ_READ)->Parameters.Read.Length = 8;
    IoSend(&Sent, Wdm);
    ok(Held != NULL, "presented");
    WdfObjectAcquireLock(Synchronized);
    ok(IoCancelIrp(Sent.Irp), "cancelled while this thread has the lock");
    ok(Cancels == 0, "EvtRequestCancel waits for it");
    is_status(WdfRequestUnmarkCancelable(Held), STATUS_CANCELLED, "it is on its way");
    WdfObjectReleaseLock(Synchronized);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "then it came");
    ok(Cancels == 1 && CancelIrql == DISPATCH_LEVEL, "at DISPATCH_LEVEL");
}

static BOOLEAN Begin(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;

    Device = IoDeviceCreate(IoDeviceInit(NAME), NULL);
    if (Device == NULL)
        return FALSE;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    Config.EvtIoRead = EvtToSynchronized;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "the default queue");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    is_status(WdfIoQueueCreate(Device, &Config, &Attributes, &Synchronized), STATUS_SUCCESS, "a synchronized one");
    WdfControlFinishInitializing(Device);
    Handle = IoOpen(NAME);
    File = IoFileOf(Handle);
    return File != NULL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver") || !Begin())
        return done();
    TestCancel();
    TestUnmark();
    TestLostRace();
    TestAlreadyCanceled();
    TestSynchronized();
    ObDereferenceObject(File);
    ZwClose(Handle);
    WdfObjectDelete(Device);
    return done();
}
