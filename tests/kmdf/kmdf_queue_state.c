/* KMDF: what a driver does with a queue as a whole: stop, start, drain, purge, their callbacks, their synchronous forms. */
#include "io.h"

#define NAME L"\\Device\\KmdfQueueState"

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Queue; /* the default one: parallel, keeps what it is given */
static HANDLE Handle;
static PFILE_OBJECT File;
static WDFREQUEST Held[8];
static ULONG HeldCount, CanceledOnQueue, Cancels, Callbacks;
static WDFCONTEXT LastContext;
static KIRQL LastIrql;
static KEVENT CallbackDone;

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE From, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(From);
    Held[HeldCount++] = Request;
}

static EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtCanceledOnQueue;
static VOID NTAPI EvtCanceledOnQueue(WDFQUEUE From, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(From);
    CanceledOnQueue++;
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID NTAPI EvtCancel(WDFREQUEST Request)
{
    Cancels++;
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_IO_QUEUE_STATE EvtState;
static VOID NTAPI EvtState(WDFQUEUE From, WDFCONTEXT Context)
{
    ok(From == Queue, "the state callback's queue");
    Callbacks++;
    LastContext = Context;
    LastIrql = KeGetCurrentIrql();
    KeSetEvent(&CallbackDone, IO_NO_INCREMENT, FALSE);
}

static VOID Reset(VOID)
{
    HeldCount = CanceledOnQueue = Cancels = Callbacks = 0;
    LastContext = NULL;
    KeClearEvent(&CallbackDone);
}

static VOID Send(IO_SENT *Sent)
{
    IoControl(Sent, Wdm, File, IO_CODE(1, METHOD_BUFFERED), 0, 8);
}

static VOID StateIs(ULONG Expected, ULONG ExpectedWaiting, ULONG ExpectedHeld, const char *What)
{
    ULONG Waiting, Owned, State = WdfIoQueueGetState(Queue, &Waiting, &Owned);

    ok(State == Expected && Waiting == ExpectedWaiting && Owned == ExpectedHeld, "%s: state 0x%x, %u wait, %u held", What, State,
       Waiting, Owned);
}

#define ACCEPT WdfIoQueueAcceptRequests
#define DISPATCH WdfIoQueueDispatchRequests
#define EMPTY WdfIoQueueNoRequests
#define FREE WdfIoQueueDriverNoRequests

static VOID TestStop(VOID)
{
    IO_SENT Sent[2];

    Reset();
    Send(&Sent[0]);
    WdfIoQueueStop(Queue, EvtState, &Sent);
    ok(Callbacks == 0, "not stopped while the driver holds a request");
    Send(&Sent[1]);
    StateIs(ACCEPT, 1, 1, "stopping");
    ok(WDF_IO_QUEUE_STOPPED(WdfIoQueueGetState(Queue, NULL, NULL)), "stopped");
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    ok(Callbacks == 1 && LastContext == &Sent, "then it is");
    is_status(IoFinish(&Sent[0]), STATUS_SUCCESS, "the first");
    StateIs(ACCEPT | FREE, 1, 0, "stopped");
    ok(HeldCount == 1, "nothing is presented");
    WdfIoQueueStart(Queue);
    ok(HeldCount == 2, "but after the start");
    StateIs(ACCEPT | DISPATCH | EMPTY, 0, 1, "started");
    WdfRequestComplete(Held[1], STATUS_SUCCESS);
    is_status(IoFinish(&Sent[1]), STATUS_SUCCESS, "the second");
    WdfIoQueueStop(Queue, EvtState, NULL);
    ok(Callbacks == 2, "an empty queue stops at once");
    WdfIoQueueStart(Queue);
    ok(WDF_IO_QUEUE_READY(WdfIoQueueGetState(Queue, NULL, NULL)), "ready");
}

static VOID TestDrain(VOID)
{
    IO_SENT Sent[3];

    Reset();
    Send(&Sent[0]);
    WdfIoQueueDrain(Queue, EvtState, &Sent);
    Send(&Sent[1]);
    is_status(IoFinish(&Sent[1]), STATUS_INVALID_DEVICE_STATE, "a draining queue refuses");
    StateIs(DISPATCH | EMPTY, 0, 1, "draining");
    ok(Callbacks == 0, "the driver holds one still");
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    ok(Callbacks == 1, "drained");
    is_status(IoFinish(&Sent[0]), STATUS_SUCCESS, "the first");
    ok(WDF_IO_QUEUE_DRAINED(WdfIoQueueGetState(Queue, NULL, NULL)), "drained");
    WdfIoQueueStop(Queue, NULL, NULL);
    Send(&Sent[2]);
    StateIs(ACCEPT | FREE, 1, 0, "a stop makes it accept again");
    WdfIoQueueStart(Queue);
    WdfRequestComplete(Held[1], STATUS_SUCCESS);
    is_status(IoFinish(&Sent[2]), STATUS_SUCCESS, "the last");
}

static VOID TestPurge(VOID)
{
    IO_SENT Sent[4];

    Reset();
    Send(&Sent[0]);
    Send(&Sent[1]);
    is_status(WdfRequestMarkCancelableEx(Held[1], EvtCancel), STATUS_SUCCESS, "one is cancelable");
    WdfIoQueueStop(Queue, NULL, NULL);
    Send(&Sent[2]);
    StateIs(ACCEPT, 1, 2, "before");
    WdfIoQueuePurge(Queue, EvtState, &Sent);
    is_status(IoFinish(&Sent[2]), STATUS_CANCELLED, "what waits is cancelled");
    is_status(IoFinish(&Sent[1]), STATUS_CANCELLED, "what is cancelable too");
    ok(Cancels == 1 && CanceledOnQueue == 0, "the driver is asked about that one alone: it never saw the other");
    ok(Callbacks == 0, "one is held still");
    Send(&Sent[3]);
    is_status(IoFinish(&Sent[3]), STATUS_INVALID_DEVICE_STATE, "nothing is accepted");
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    is_status(IoFinish(&Sent[0]), STATUS_SUCCESS, "the held one");
    ok(Callbacks == 1 && WDF_IO_QUEUE_PURGED(WdfIoQueueGetState(Queue, NULL, NULL)), "purged");
    WdfIoQueueStart(Queue);
}

static VOID TestStopAndPurge(VOID)
{
    IO_SENT Sent[2];

    Reset();
    WdfIoQueueStop(Queue, NULL, NULL);
    Send(&Sent[0]);
    WdfIoQueueStopAndPurge(Queue, EvtState, NULL);
    is_status(IoFinish(&Sent[0]), STATUS_CANCELLED, "what waits is cancelled");
    ok(Callbacks == 1, "done");
    Send(&Sent[1]);
    StateIs(ACCEPT | FREE, 1, 0, "it accepts");
    WdfIoQueueStart(Queue);
    ok(HeldCount == 1, "and presents after the start");
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    is_status(IoFinish(&Sent[1]), STATUS_SUCCESS, "the new one");
}

/* ---- synchronous forms: another thread completes what is held ---- */

static KEVENT Go;
static VOID NTAPI Completer(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

typedef VOID OPERATION(VOID);
static VOID StopSync(VOID) { WdfIoQueueStopSynchronously(Queue); }
static VOID DrainSync(VOID) { WdfIoQueueDrainSynchronously(Queue); }
static VOID PurgeSync(VOID) { WdfIoQueuePurgeSynchronously(Queue); }
static VOID StopPurgeSync(VOID) { WdfIoQueueStopAndPurgeSynchronously(Queue); }

static VOID TestSynchronous(VOID)
{
    static OPERATION *const Operations[] = { StopSync, DrainSync, PurgeSync, StopPurgeSync };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Operations); i++) {
        HANDLE Thread;
        PVOID ThreadObject;
        IO_SENT Sent;

        Reset();
        Send(&Sent);
        KeInitializeEvent(&Go, NotificationEvent, FALSE);
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Completer, NULL);
        ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &ThreadObject, NULL);
        ZwClose(Thread);
        KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
        Operations[i]();
        ok(WdfIoQueueGetState(Queue, NULL, NULL) & FREE, "operation %u returned: the driver holds nothing", i);
        is_status(IoFinish(&Sent), STATUS_SUCCESS, "the request");
        KeWaitForSingleObject(ThreadObject, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(ThreadObject);
        WdfIoQueueStart(Queue);
    }
}

/* ---- a queue of level passive calls its callback at PASSIVE_LEVEL ---- */

static VOID TestPassiveCallback(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Default = Queue;
    KIRQL Irql;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    is_status(WdfIoQueueCreate(Device, &Config, &Attributes, &Queue), STATUS_SUCCESS, "a manual queue of level passive");
    Reset();
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    WdfIoQueueStop(Queue, EvtState, NULL);
    ok(Callbacks == 0, "not at DISPATCH_LEVEL");
    KeLowerIrql(Irql);
    KeWaitForSingleObject(&CallbackDone, Executive, KernelMode, FALSE, NULL);
    ok(Callbacks == 1 && LastIrql == PASSIVE_LEVEL, "but by a worker");
    WdfObjectDelete(Queue);
    Queue = Default;
}

static VOID TestDeleteWithRequests(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Other;
    IO_SENT Sent;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    Config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Other), STATUS_SUCCESS, "a manual queue");
    Reset();
    Send(&Sent);
    is_status(WdfRequestForwardToIoQueue(Held[0], Other), STATUS_SUCCESS, "forwarded to it");
    WdfObjectDelete(Other);
    ok(CanceledOnQueue == 1, "its deletion cancels: EvtIoCanceledOnQueue, since the driver had it");
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "the request");
}

/* ---- a state callback deletes its queue ---- */

static KEVENT Destroyed;
static EVT_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy;
static VOID NTAPI EvtDestroy(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    KeSetEvent(&Destroyed, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_IO_QUEUE_STATE EvtDeletes;
static VOID NTAPI EvtDeletes(WDFQUEUE From, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Context);
    WdfObjectDelete(From);
}

static VOID TestDeleteInCallback(BOOLEAN Passive, BOOLEAN AtDispatch)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Other;
    KIRQL Irql = PASSIVE_LEVEL;

    KeInitializeEvent(&Destroyed, NotificationEvent, FALSE);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtDestroyCallback = EvtDestroy;
    if (Passive)
        Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    is_status(WdfIoQueueCreate(Device, &Config, &Attributes, &Other), STATUS_SUCCESS, "a manual queue");
    if (AtDispatch)
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    WdfIoQueuePurge(Other, EvtDeletes, NULL);
    if (AtDispatch)
        KeLowerIrql(Irql);
    KeWaitForSingleObject(&Destroyed, Executive, KernelMode, FALSE, NULL);
    ok(TRUE, "its purge's callback deleted it: level %s, from %s", Passive ? "passive" : "dispatch",
       AtDispatch ? "DISPATCH_LEVEL" : "PASSIVE_LEVEL");
}

static BOOLEAN Begin(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;

    KeInitializeEvent(&CallbackDone, NotificationEvent, FALSE);
    Device = IoDeviceCreate(IoDeviceInit(NAME), NULL);
    if (Device == NULL)
        return FALSE;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    Config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "the default queue");
    WdfControlFinishInitializing(Device);
    Handle = IoOpen(NAME);
    File = IoFileOf(Handle);
    return File != NULL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver") || !Begin())
        return done();
    TestStop();
    TestDrain();
    TestPurge();
    TestStopAndPurge();
    TestSynchronous();
    TestPassiveCallback();
    TestDeleteWithRequests();
    for (ULONG i = 0; i < 4; i++)
        TestDeleteInCallback((i & 1) != 0, (i & 2) != 0);
    ObDereferenceObject(File);
    ZwClose(Handle);
    WdfObjectDelete(Device);
    return done();
}
