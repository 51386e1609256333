/* KMDF: queues: what WdfIoQueueCreate takes, dispatch types, handlers, limits, zero lengths, state, what comes when. */
#include "io.h"

#define NAME L"\\Device\\KmdfQueue"

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static HANDLE Handle;
static PFILE_OBJECT File;

static struct {
    WDFREQUEST Held[8];
    ULONG Count;
    ULONG Code[8];
    char Kind[16];
    size_t Output, Input, Length;
    KIRQL Irql;
    BOOLEAN InRegion;
    BOOLEAN CompleteNow;
} Seen;

static VOID Forget(BOOLEAN CompleteNow)
{
    RtlZeroMemory(&Seen, sizeof(Seen));
    Seen.CompleteNow = CompleteNow;
}

static VOID Got(WDFREQUEST Request, char Kind)
{
    Seen.Kind[Seen.Count] = Kind;
    Seen.Held[Seen.Count++] = Request;
    Seen.Irql = KeGetCurrentIrql();
    Seen.InRegion = KeAreApcsDisabled();
    if (Seen.CompleteNow)
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 3);
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl;
static VOID NTAPI EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    ok(WdfRequestGetIoQueue(Request) == Queue && WdfIoQueueGetDevice(Queue) == Device, "the request's queue and device");
    Seen.Code[Seen.Count] = Code;
    Seen.Output = OutputLength;
    Seen.Input = InputLength;
    Got(Request, 'c');
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    Seen.Length = Length;
    Got(Request, 'r');
}

static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
static VOID NTAPI EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    Seen.Length = Length;
    Got(Request, 'w');
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    Got(Request, 'd');
}

static WDFQUEUE MakeQueue(WDF_IO_QUEUE_DISPATCH_TYPE Type, ULONG Most, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue = NULL;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, Type);
    if (Type != WdfIoQueueDispatchManual)
        Config.EvtIoDefault = EvtDefault;
    if (Most != 0)
        Config.Settings.Parallel.NumberOfPresentedRequests = Most;
    is_status(WdfIoQueueCreate(Device, &Config, Attributes, &Queue), STATUS_SUCCESS, "a queue of type %d", Type);
    return Queue;
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtForward;
static WDFQUEUE Target; /* where the read queue's requests go on to */
static VOID NTAPI EvtForward(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    is_status(WdfRequestForwardToIoQueue(Request, Target), STATUS_SUCCESS, "forwarded");
}

static VOID SendRead(IO_SENT *Sent, ULONG Length)
{
    IoPrepare(Sent, Wdm, File, IRP_MJ_READ)->Parameters.Read.Length = Length;
    IoSend(Sent, Wdm);
}

/* ---- configurations ---- */

static VOID TestConfigurations(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue = (WDFQUEUE)1;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_WDF_NO_CALLBACK, "no request handler");
    ok(Queue == NULL, "no handle");
    Config.EvtIoDefault = EvtDefault;
    Config.Size++;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    Config.Size--;
    Config.Settings.Parallel.NumberOfPresentedRequests = 0;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_INVALID_PARAMETER, "presents none");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDefault = EvtDefault;
    Config.Settings.Parallel.NumberOfPresentedRequests = 2;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_INVALID_PARAMETER, "sequential, two at once");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchMax);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_INVALID_PARAMETER, "a wrong type");
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_UNSUCCESSFUL, "a second default queue");
    ok(WdfDeviceGetDefaultQueue(Device) != NULL, "the first one is there");
}

static VOID TestRequestDispatching(VOID)
{
    WDFQUEUE Queue = MakeQueue(WdfIoQueueDispatchParallel, 0, NULL);
    WDFQUEUE Default = WdfDeviceGetDefaultQueue(Device);

    is_status(WdfDeviceConfigureRequestDispatching(Device, Queue, WdfRequestTypePnp), STATUS_INVALID_PARAMETER, "no PnP");
    is_status(WdfDeviceConfigureRequestDispatching(Device, Default, WdfRequestTypeCreate), STATUS_INVALID_PARAMETER,
              "no create requests in a default queue");
    is_status(WdfDeviceConfigureRequestDispatching(Device, Queue, WdfRequestTypeDeviceControlInternal), STATUS_SUCCESS,
              "internal ones");
    is_status(WdfDeviceConfigureRequestDispatching(Device, Default, WdfRequestTypeDeviceControlInternal), STATUS_WDF_BUSY,
              "only once");
}

/* ---- the default queue: parallel, a handler a kind ---- */

static VOID TestHandlers(VOID)
{
    IO_SENT Sent;
    ULONG Code = IO_CODE(7, METHOD_BUFFERED);

    Forget(TRUE);
    is_status(IoControl(&Sent, Wdm, File, Code, 5, 9), STATUS_SUCCESS, "completed at once: its status comes back");
    ok(Seen.Count == 1 && Seen.Kind[0] == 'c' && Seen.Code[0] == Code, "EvtIoDeviceControl");
    ok(Seen.Output == 9 && Seen.Input == 5, "lengths %u, %u", (ULONG)Seen.Output, (ULONG)Seen.Input);
    ok(Seen.Irql == PASSIVE_LEVEL && Seen.InRegion, "at PASSIVE_LEVEL in a critical region");
    ok(Sent.Completions == 1 && Sent.Information == 3, "completed with information");
    is_status(IoFinish(&Sent), STATUS_SUCCESS, "its status");

    Forget(TRUE);
    IoPrepare(&Sent, Wdm, File, IRP_MJ_WRITE)->Parameters.Write.Length = 12;
    is_status(IoSend(&Sent, Wdm), STATUS_SUCCESS, "a write");
    ok(Seen.Count == 1 && Seen.Kind[0] == 'w' && Seen.Length == 12, "EvtIoWrite");
    IoFinish(&Sent);

    Forget(TRUE);
    IoPrepare(&Sent, Wdm, File, IRP_MJ_WRITE)->Parameters.Write.Length = 0;
    is_status(IoSend(&Sent, Wdm), STATUS_SUCCESS, "a write of nothing");
    ok(Seen.Count == 0 && Sent.Completions == 1 && Sent.Information == 0, "is not presented");
    IoFinish(&Sent);

    Forget(TRUE);
    IoPrepare(&Sent, Wdm, File, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    is_status(IoSend(&Sent, Wdm), STATUS_SUCCESS, "an internal request");
    ok(Seen.Count == 1 && Seen.Kind[0] == 'd', "went to its own queue's EvtIoDefault");
    IoFinish(&Sent);

    Forget(TRUE);
    IoPrepare(&Sent, Wdm, File, IRP_MJ_FLUSH_BUFFERS);
    is_status(IoSend(&Sent, Wdm), STATUS_INVALID_DEVICE_REQUEST, "a kind that no queue takes");
    IoFinish(&Sent);
}

static VOID TestAtDispatch(VOID)
{
    IO_SENT Sent;
    KIRQL Irql;

    Forget(TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    is_status(IoControl(&Sent, Wdm, File, IO_CODE(1, METHOD_BUFFERED), 0, 8), STATUS_SUCCESS, "sent at DISPATCH_LEVEL");
    ok(Seen.Count == 1 && Seen.Irql == DISPATCH_LEVEL, "presented there");
    KeLowerIrql(Irql);
    IoFinish(&Sent);
}

static VOID TestPending(VOID)
{
    IO_SENT Sent[3];
    ULONG Waiting = 99, Held = 99;
    WDFQUEUE Queue = WdfDeviceGetDefaultQueue(Device);
    WDF_IO_QUEUE_STATE State;

    Forget(FALSE);
    for (ULONG i = 0; i < 3; i++)
        is_status(IoControl(&Sent[i], Wdm, File, IO_CODE(i, METHOD_BUFFERED), 0, 8), STATUS_PENDING, "kept");
    ok(Seen.Count == 3, "a parallel queue presents all of them");
    State = WdfIoQueueGetState(Queue, &Waiting, &Held);
    ok(Waiting == 0 && Held == 3, "%u wait, %u are held", Waiting, Held);
    ok(State == (WdfIoQueueAcceptRequests | WdfIoQueueDispatchRequests | WdfIoQueueNoRequests), "state %x", State);
    WdfRequestComplete(Seen.Held[1], STATUS_UNSUCCESSFUL);
    WdfRequestCompleteWithPriorityBoost(Seen.Held[2], STATUS_SUCCESS, IO_NO_INCREMENT);
    WdfRequestComplete(Seen.Held[0], STATUS_DEVICE_BUSY);
    is_status(IoFinish(&Sent[0]), STATUS_DEVICE_BUSY, "the first");
    is_status(IoFinish(&Sent[1]), STATUS_UNSUCCESSFUL, "the second");
    is_status(IoFinish(&Sent[2]), STATUS_SUCCESS, "the third");
    ok(WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(Queue, NULL, NULL)), "idle");
}

/* ---- other types, behind forwarding ---- */

static VOID TestSequential(VOID)
{
    IO_SENT Sent[3];
    ULONG Waiting, Held;

    Target = MakeQueue(WdfIoQueueDispatchSequential, 0, NULL);
    Forget(FALSE);
    for (ULONG i = 0; i < 3; i++)
        SendRead(&Sent[i], 4);
    WdfIoQueueGetState(Target, &Waiting, &Held);
    ok(Seen.Count == 1 && Waiting == 2 && Held == 1, "one at a time: %u presented, %u wait", Seen.Count, Waiting);
    WdfRequestComplete(Seen.Held[0], STATUS_SUCCESS);
    ok(Seen.Count == 2, "the next one comes with the completion");
    Seen.CompleteNow = TRUE;
    WdfRequestComplete(Seen.Held[1], STATUS_SUCCESS);
    ok(Seen.Count == 3, "and the last");
    for (ULONG i = 0; i < 3; i++)
        is_status(IoFinish(&Sent[i]), STATUS_SUCCESS, "request %u", i);
    WdfObjectDelete(Target);
}

static VOID TestLimited(VOID)
{
    IO_SENT Sent[4];

    Target = MakeQueue(WdfIoQueueDispatchParallel, 2, NULL);
    Forget(FALSE);
    for (ULONG i = 0; i < 4; i++)
        SendRead(&Sent[i], 4);
    ok(Seen.Count == 2, "two at a time: %u presented", Seen.Count);
    WdfRequestComplete(Seen.Held[0], STATUS_SUCCESS);
    ok(Seen.Count == 3, "one for the other");
    WdfRequestComplete(Seen.Held[1], STATUS_SUCCESS);
    WdfRequestComplete(Seen.Held[2], STATUS_SUCCESS);
    WdfRequestComplete(Seen.Held[3], STATUS_SUCCESS);
    for (ULONG i = 0; i < 4; i++)
        is_status(IoFinish(&Sent[i]), STATUS_SUCCESS, "request %u", i);
    WdfObjectDelete(Target);
}

/* A long queue of requests, each completed by its handler, is worked off without recursion. */
#define MANY 400
static ULONG Presented;
static ULONG_PTR LowestStack, HighestStack;
static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtMany;
static VOID NTAPI EvtMany(WDFQUEUE Queue, WDFREQUEST Request)
{
    ULONG_PTR Here = (ULONG_PTR)_AddressOfReturnAddress();

    UNREFERENCED_PARAMETER(Queue);
    LowestStack = Presented == 0 || Here < LowestStack ? Here : LowestStack;
    HighestStack = Presented == 0 || Here > HighestStack ? Here : HighestStack;
    Presented++;
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID TestNoRecursion(VOID)
{
    IO_SENT *Sent = ExAllocatePoolWithTag(NonPagedPoolNx, MANY * sizeof(*Sent), 'tseT');
    WDF_IO_QUEUE_CONFIG Config;
    ULONG Done = 0;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDefault = EvtMany;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Target), STATUS_SUCCESS, "a sequential queue");
    WdfIoQueueStop(Target, NULL, NULL);
    for (ULONG i = 0; i < MANY; i++)
        SendRead(&Sent[i], 4);
    ok(Presented == 0, "a stopped queue presents nothing");
    WdfIoQueueStart(Target);
    ok(Presented == MANY && HighestStack - LowestStack < 0x400, "%u presented, stack moved by 0x%x", Presented,
       (ULONG)(HighestStack - LowestStack));
    for (ULONG i = 0; i < MANY; i++)
        Done += NT_SUCCESS(IoFinish(&Sent[i]));
    ok(Done == MANY, "%u completed", Done);
    WdfObjectDelete(Target);
    ExFreePoolWithTag(Sent, 'tseT');
}

/* ---- execution levels and scopes ---- */

static VOID TestLevels(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    IO_SENT Sent;
    KIRQL Irql;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    Target = MakeQueue(WdfIoQueueDispatchParallel, 0, &Attributes);
    Forget(TRUE);
    SendRead(&Sent, 4);
    ok(IoFinish(&Sent) == STATUS_SUCCESS && Seen.Irql == DISPATCH_LEVEL, "scope queue: at DISPATCH_LEVEL");
    WdfObjectAcquireLock(Target);
    Forget(TRUE);
    SendRead(&Sent, 4);
    ok(Seen.Count == 0, "not while this thread has the lock");
    WdfObjectReleaseLock(Target);
    IoFinish(&Sent);
    ok(Seen.Count == 1, "but then");
    WdfObjectDelete(Target);

    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Target = MakeQueue(WdfIoQueueDispatchParallel, 0, &Attributes);
    Forget(TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    SendRead(&Sent, 4);
    ok(Seen.Count == 0 && Sent.Status == STATUS_PENDING, "level passive: not at DISPATCH_LEVEL");
    KeLowerIrql(Irql);
    IoFinish(&Sent);
    ok(Seen.Count == 1 && Seen.Irql == PASSIVE_LEVEL && Seen.InRegion, "by a worker, in a critical region");
    WdfObjectDelete(Target);

    Attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    {
        WDF_IO_QUEUE_CONFIG Config;

        WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
        Config.EvtIoDefault = EvtDefault;
        is_status(WdfIoQueueCreate(Device, &Config, &Attributes, NULL), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
                  "scope device, but another level than the device's");
    }
}

static BOOLEAN Begin(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE ReadQueue;

    Device = IoDeviceCreate(IoDeviceInit(NAME), NULL);
    if (Device == NULL)
        return FALSE;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = EvtControl;
    Config.EvtIoRead = EvtRead;
    Config.EvtIoWrite = EvtWrite;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, NULL), STATUS_SUCCESS, "the default queue");
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtForward;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &ReadQueue), STATUS_SUCCESS, "a queue for reads");
    is_status(WdfDeviceConfigureRequestDispatching(Device, ReadQueue, WdfRequestTypeRead), STATUS_SUCCESS, "reads go there");
    WdfControlFinishInitializing(Device);
    Handle = IoOpen(NAME);
    File = IoFileOf(Handle);
    return File != NULL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver") || !Begin())
        return done();
    TestConfigurations();
    TestRequestDispatching();
    TestHandlers();
    TestAtDispatch();
    TestPending();
    TestSequential();
    TestLimited();
    TestNoRecursion();
    TestLevels();
    ObDereferenceObject(File);
    ZwClose(Handle);
    WdfObjectDelete(Device);
    return done();
}
