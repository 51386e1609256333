/* KMDF: manual queues: retrieving, finding, by file object, requeuing, ready notification, cancellation of what waits. */
#include "io.h"

#define NAME L"\\Device\\KmdfQueueManual"

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Manual, Sequential, Parallel;
static HANDLE Handle[2];
static PFILE_OBJECT File[2];
static ULONG Readies, CanceledOnQueue;
static WDFREQUEST LastCanceled;

static EVT_WDF_IO_QUEUE_STATE EvtReady;
static VOID NTAPI EvtReady(WDFQUEUE Queue, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Queue);
    ok(Context == &Readies, "the context");
    Readies++;
}

static EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtCanceledOnQueue;
static VOID NTAPI EvtCanceledOnQueue(WDFQUEUE Queue, WDFREQUEST Request)
{
    CanceledOnQueue++;
    LastCanceled = Request;
    is_status(WdfRequestRequeue(Request), STATUS_INVALID_DEVICE_REQUEST, "it can only be completed");
    ok(WdfRequestGetIoQueue(Request) == Queue && WdfRequestIsCanceled(Request), "its queue; it is cancelled");
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    WdfRequestComplete(Request, STATUS_NOT_SUPPORTED);
}

static VOID Send(IO_SENT *Sent, ULONG Which, ULONG Code)
{
    IoControl(Sent, Wdm, File[Which], IO_CODE(Code, METHOD_BUFFERED), 0, 8);
}

static ULONG CodeOf(WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS Parameters;

    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    ok(Parameters.Type == WdfRequestTypeDeviceControl && Parameters.Parameters.DeviceIoControl.OutputBufferLength == 8,
       "its parameters");
    return (Parameters.Parameters.DeviceIoControl.IoControlCode >> 2) & 0xFF;
}

static VOID TestRetrieve(VOID)
{
    IO_SENT Sent[3];
    WDFREQUEST Request = (WDFREQUEST)1, Second;

    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_NO_MORE_ENTRIES, "empty");
    ok(Request == NULL, "no handle");
    is_status(WdfIoQueueRetrieveNextRequest(Parallel, &Request), STATUS_INVALID_DEVICE_STATE, "a parallel queue");
    is_status(WdfIoQueueRetrieveNextRequest(Sequential, &Request), STATUS_NO_MORE_ENTRIES, "a sequential one may");
    for (ULONG i = 0; i < 3; i++)
        Send(&Sent[i], 0, i);
    WdfIoQueueStop(Manual, NULL, NULL);
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_WDF_PAUSED, "stopped");
    WdfIoQueueStart(Manual);
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_SUCCESS, "the first");
    ok(CodeOf(Request) == 0, "in order");
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Second), STATUS_SUCCESS, "the second");
    ok(CodeOf(Second) == 1, "in order");
    is_status(WdfRequestRequeue(Second), STATUS_SUCCESS, "the second goes back to the head");
    is_status(WdfRequestRequeue(Request), STATUS_SUCCESS, "then the first");
    is_status(WdfRequestForwardToIoQueue(Request, Sequential), STATUS_INVALID_DEVICE_REQUEST, "not the driver's now");
    for (ULONG i = 0; i < 3; i++) {
        is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_SUCCESS, "request %u", i);
        ok(CodeOf(Request) == i, "in order");
        WdfRequestComplete(Request, STATUS_SUCCESS);
        is_status(IoFinish(&Sent[i]), STATUS_SUCCESS, "its status");
    }
}

static VOID TestByFile(VOID)
{
    IO_SENT Sent[3];
    WDFFILEOBJECT Object = WdfDeviceGetFileObject(Device, File[1]);
    WDFREQUEST Request = NULL;

    ok(Object != NULL && WdfFileObjectWdmGetFileObject(Object) == File[1], "the framework's file object");
    Send(&Sent[0], 0, 0);
    Send(&Sent[1], 1, 1);
    Send(&Sent[2], 0, 2);
    is_status(WdfIoQueueRetrieveRequestByFileObject(Manual, Object, &Request), STATUS_SUCCESS, "the one of the second file");
    ok(CodeOf(Request) == 1 && WdfRequestGetFileObject(Request) == Object, "it is");
    is_status(WdfIoQueueRetrieveRequestByFileObject(Manual, Object, &Request), STATUS_NO_MORE_ENTRIES, "the only one");
    ok(CodeOf(Request) == 1, "the location is left alone");
    WdfRequestComplete(Request, STATUS_SUCCESS);
    for (ULONG i = 0; i < 2; i++) {
        is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_SUCCESS, "the others");
        WdfRequestComplete(Request, STATUS_SUCCESS);
    }
    for (ULONG i = 0; i < 3; i++)
        IoFinish(&Sent[i]);
}

static VOID TestFind(VOID)
{
    IO_SENT Sent[3];
    WDF_REQUEST_PARAMETERS Parameters;
    WDFREQUEST Found = NULL, Next = NULL, Request = NULL;
    WDFFILEOBJECT Object = WdfDeviceGetFileObject(Device, File[1]);

    is_status(WdfIoQueueFindRequest(Sequential, NULL, NULL, NULL, &Found), STATUS_INVALID_DEVICE_REQUEST, "manual ones only");
    is_status(WdfIoQueueFindRequest(Manual, NULL, NULL, NULL, &Found), STATUS_NO_MORE_ENTRIES, "empty");
    for (ULONG i = 0; i < 3; i++)
        Send(&Sent[i], i == 2, i);
    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    is_status(WdfIoQueueFindRequest(Manual, NULL, NULL, &Parameters, &Found), STATUS_SUCCESS, "the first");
    ok(Parameters.Parameters.DeviceIoControl.IoControlCode == IO_CODE(0, METHOD_BUFFERED), "its parameters");
    is_status(WdfIoQueueFindRequest(Manual, Found, NULL, &Parameters, &Next), STATUS_SUCCESS, "the next");
    ok(Next != Found && Parameters.Parameters.DeviceIoControl.IoControlCode == IO_CODE(1, METHOD_BUFFERED), "another");
    WdfObjectDereference(Found);
    is_status(WdfIoQueueFindRequest(Manual, NULL, Object, &Parameters, &Found), STATUS_SUCCESS, "by file");
    ok(Parameters.Parameters.DeviceIoControl.IoControlCode == IO_CODE(2, METHOD_BUFFERED), "the third");
    is_status(WdfIoQueueFindRequest(Manual, Found, Object, NULL, &Request), STATUS_NO_MORE_ENTRIES, "no other of that file");
    is_status(WdfIoQueueRetrieveFoundRequest(Manual, Next, &Request), STATUS_SUCCESS, "the second is taken");
    ok(Request == Next, "the same handle");
    is_status(WdfIoQueueRetrieveFoundRequest(Manual, Next, &Request), STATUS_NOT_FOUND, "once");
    is_status(WdfIoQueueFindRequest(Manual, Next, NULL, NULL, &Request), STATUS_NOT_FOUND, "no place to go on from");
    WdfRequestComplete(Next, STATUS_SUCCESS);
    is_status(IoFinish(&Sent[1]), STATUS_SUCCESS, "completed");
    WdfObjectDereference(Next);
    IoCancelIrp(Sent[2].Irp);
    is_status(IoFinish(&Sent[2]), STATUS_CANCELLED, "the third is cancelled where it waits");
    is_status(WdfIoQueueRetrieveFoundRequest(Manual, Found, &Request), STATUS_NOT_FOUND, "and gone");
    WdfObjectDereference(Found);
    is_status(WdfIoQueueRetrieveNextRequest(Manual, &Request), STATUS_SUCCESS, "the first is left");
    WdfRequestComplete(Request, STATUS_SUCCESS);
    IoFinish(&Sent[0]);
}

static VOID TestReady(VOID)
{
    IO_SENT Sent[3];
    WDFREQUEST Request;

    is_status(WdfIoQueueReadyNotify(Sequential, EvtReady, &Readies), STATUS_INVALID_DEVICE_REQUEST, "manual ones only");
    is_status(WdfIoQueueReadyNotify(Manual, NULL, NULL), STATUS_INVALID_DEVICE_REQUEST, "nothing to take back");
    is_status(WdfIoQueueReadyNotify(Manual, EvtReady, &Readies), STATUS_SUCCESS, "registered");
    is_status(WdfIoQueueReadyNotify(Manual, EvtReady, &Readies), STATUS_INVALID_DEVICE_REQUEST, "once");
    ok(Readies == 0, "nothing is there");
    Send(&Sent[0], 0, 0);
    ok(Readies == 1, "a request comes");
    Send(&Sent[1], 0, 1);
    ok(Readies == 1, "to a queue that is not empty: no call");
    for (ULONG i = 0; i < 2; i++)
        WdfIoQueueRetrieveNextRequest(Manual, &Request), WdfRequestComplete(Request, STATUS_SUCCESS);
    WdfIoQueueStop(Manual, NULL, NULL);
    Send(&Sent[2], 0, 2);
    ok(Readies == 1, "not while it is stopped");
    WdfIoQueueStart(Manual);
    ok(Readies == 2, "but at its start");
    WdfIoQueueRetrieveNextRequest(Manual, &Request);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    is_status(WdfIoQueueReadyNotify(Manual, NULL, NULL), STATUS_INVALID_DEVICE_REQUEST, "not while it is started");
    WdfIoQueueStop(Manual, NULL, NULL);
    is_status(WdfIoQueueReadyNotify(Manual, NULL, NULL), STATUS_SUCCESS, "taken back");
    WdfIoQueueStart(Manual);
    for (ULONG i = 0; i < 3; i++)
        is_status(IoFinish(&Sent[i]), STATUS_SUCCESS, "request %u", i);
}

static VOID TestCancelWaiting(VOID)
{
    IO_SENT Sent;
    WDFREQUEST Request;

    Send(&Sent, 0, 0);
    ok(IoCancelIrp(Sent.Irp), "cancelled where it waits");
    ok(CanceledOnQueue == 0, "the driver never had it: the framework completes it");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "its status");

    Send(&Sent, 0, 0);
    WdfIoQueueRetrieveNextRequest(Manual, &Request);
    is_status(WdfRequestRequeue(Request), STATUS_SUCCESS, "back");
    ok(IoCancelIrp(Sent.Irp), "cancelled where it waits");
    ok(CanceledOnQueue == 1 && LastCanceled == Request, "EvtIoCanceledOnQueue: the driver had it before");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "its status");

    Send(&Sent, 0, 0);
    WdfIoQueueRetrieveNextRequest(Manual, &Request);
    ok(!IoCancelIrp(Sent.Irp), "cancelled while the driver has it: nobody is told");
    ok(WdfRequestIsCanceled(Request), "but it can ask");
    is_status(WdfRequestRequeue(Request), STATUS_SUCCESS, "requeued");
    ok(CanceledOnQueue == 2, "a cancelled one comes back at once");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "its status");

    IoPrepare(&Sent, Wdm, File[0], IRP_MJ_DEVICE_CONTROL);
    Sent.Irp->Cancel = TRUE;
    IoSend(&Sent, Wdm);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "one that is cancelled before it arrives");
}

static VOID TestForwardErrors(VOID)
{
    IO_SENT Sent;
    WDFREQUEST Request;

    Send(&Sent, 0, 0);
    WdfIoQueueRetrieveNextRequest(Manual, &Request);
    is_status(WdfRequestForwardToIoQueue(Request, Manual), STATUS_INVALID_DEVICE_REQUEST, "to its own queue");
    WdfIoQueuePurge(Sequential, NULL, NULL);
    is_status(WdfRequestForwardToIoQueue(Request, Sequential), STATUS_WDF_BUSY, "to one that does not accept");
    ok(WdfRequestGetIoQueue(Request) == Manual, "it is where it was");
    WdfIoQueueStart(Sequential);
    is_status(WdfRequestForwardToIoQueue(Request, Sequential), STATUS_SUCCESS, "to one that does");
    is_status(IoFinish(&Sent), STATUS_NOT_SUPPORTED, "its handler completed it");
}

/* The last handle is closed: what is queued for it goes. */
static VOID TestCleanup(VOID)
{
    IO_SENT Sent;

    Send(&Sent, 1, 0);
    ZwClose(Handle[1]);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "cancelled at cleanup");
}

static BOOLEAN Begin(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDF_FILEOBJECT_CONFIG FileConfig;
    PWDFDEVICE_INIT Init = IoDeviceInit(NAME);

    WDF_FILEOBJECT_CONFIG_INIT(&FileConfig, NULL, NULL, NULL);
    WdfDeviceInitSetFileObjectConfig(Init, &FileConfig, NULL);
    Device = IoDeviceCreate(Init, NULL);
    if (Device == NULL)
        return FALSE;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchManual);
    Config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Manual), STATUS_SUCCESS, "the default queue");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Sequential), STATUS_SUCCESS, "a sequential queue");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Parallel), STATUS_SUCCESS, "a parallel queue");
    WdfControlFinishInitializing(Device);
    for (ULONG i = 0; i < 2; i++) {
        Handle[i] = IoOpen(NAME);
        File[i] = IoFileOf(Handle[i]);
    }
    return File[1] != NULL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver") || !Begin())
        return done();
    TestRetrieve();
    TestByFile();
    TestFind();
    TestReady();
    TestCancelWaiting();
    TestForwardErrors();
    TestCleanup();
    ObDereferenceObject(File[0]);
    ObDereferenceObject(File[1]);
    ZwClose(Handle[0]);
    WdfObjectDelete(Device);
    return done();
}
