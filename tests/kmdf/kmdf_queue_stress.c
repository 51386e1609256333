/*
 * KMDF: threads that send, cancel and close, a driver that completes at once, keeps, forwards and requeues, queues that are stopped,
 * drained and purged meanwhile: every request is completed exactly once, and nothing is left.
 */
#include "io.h"

#define NAME L"\\Device\\KmdfStress"
#define SENDERS 4
#define ROUNDS 3
#define REQUESTS 60 /* of each sender in a round */
#define IN_FLIGHT 6

typedef struct _REQUEST_CONTEXT {
    LIST_ENTRY Link; /* HeldLock */
    BOOLEAN IsHeld;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, GetRequestContext)

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Parallel, Sequential, Manual;
static KSPIN_LOCK HeldLock;
static LIST_ENTRY HeldList = { &HeldList, &HeldList }; /* HeldLock */
static volatile LONG Random = 1, Completions, Wrong, Cancels, Stop;

static ULONG Next(ULONG Below)
{
    return ((ULONG)InterlockedExchangeAdd(&Random, 0x9E3779B9) * 2654435761u >> 8) % Below;
}

/* ---- the driver ---- */

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID NTAPI EvtCancel(WDFREQUEST Request)
{
    REQUEST_CONTEXT *Context = GetRequestContext(Request);
    KIRQL Irql;

    KeAcquireSpinLock(&HeldLock, &Irql);
    if (Context->IsHeld)
        RemoveEntryList(&Context->Link);
    Context->IsHeld = FALSE;
    KeReleaseSpinLock(&HeldLock, Irql);
    InterlockedIncrement(&Cancels);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID Hold(WDFREQUEST Request)
{
    REQUEST_CONTEXT *Context = GetRequestContext(Request);
    NTSTATUS Status;
    KIRQL Irql;

    KeAcquireSpinLock(&HeldLock, &Irql);
    Status = WdfRequestMarkCancelableEx(Request, EvtCancel);
    if (NT_SUCCESS(Status)) {
        Context->IsHeld = TRUE;
        InsertTailList(&HeldList, &Context->Link);
    }
    KeReleaseSpinLock(&HeldLock, Irql);
    if (!NT_SUCCESS(Status))
        WdfRequestComplete(Request, STATUS_CANCELLED);
}

/* The oldest held one that is not being cancelled. FALSE: none. */
static BOOLEAN CompleteHeld(VOID)
{
    WDFREQUEST Request = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&HeldLock, &Irql);
    while (!IsListEmpty(&HeldList) && Request == NULL) {
        REQUEST_CONTEXT *Context = CONTAINING_RECORD(RemoveHeadList(&HeldList), REQUEST_CONTEXT, Link);

        Context->IsHeld = FALSE;
        Request = (WDFREQUEST)WdfObjectContextGetObject(Context);
        if (WdfRequestUnmarkCancelable(Request) == STATUS_CANCELLED)
            Request = NULL; /* EvtRequestCancel completes it */
    }
    KeReleaseSpinLock(&HeldLock, Irql);
    if (Request == NULL)
        return FALSE;
    WdfRequestComplete(Request, STATUS_SUCCESS);
    return TRUE;
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE From, WDFREQUEST Request)
{
    WDFQUEUE To = NULL;

    switch (Next(5)) {
    case 0:
        To = From == Sequential ? Parallel : Sequential;
        break;
    case 1:
        To = Manual;
        break;
    case 2:
        Hold(Request);
        return;
    }
    if (To == NULL || !NT_SUCCESS(WdfRequestForwardToIoQueue(Request, To)))
        WdfRequestComplete(Request, STATUS_SUCCESS);
}

static EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtCanceledOnQueue;
static VOID NTAPI EvtCanceledOnQueue(WDFQUEUE From, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(From);
    InterlockedIncrement(&Cancels);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

/* Empties the manual queue and the held list until it is told to stop. */
static VOID NTAPI Worker(PVOID Context)
{
    WDFREQUEST Request;

    UNREFERENCED_PARAMETER(Context);
    while (!Stop) {
        while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Manual, &Request))) {
            if (Next(4) != 0 || !NT_SUCCESS(WdfRequestRequeue(Request)))
                WdfRequestComplete(Request, STATUS_SUCCESS);
        }
        CompleteHeld();
        ZwYieldExecution();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- changes of state ---- */

static VOID NTAPI Disturber(PVOID Context)
{
    WDFQUEUE Queues[] = { Parallel, Sequential, Manual };

    UNREFERENCED_PARAMETER(Context);
    while (!Stop) {
        WDFQUEUE Queue = Queues[Next(RTL_NUMBER_OF(Queues))];

        switch (Next(5)) {
        case 0:
            WdfIoQueueStop(Queue, NULL, NULL);
            break;
        case 1:
            WdfIoQueueDrain(Queue, NULL, NULL);
            break;
        case 2:
            WdfIoQueuePurge(Queue, NULL, NULL);
            break;
        case 3:
            WdfIoQueueStopAndPurge(Queue, NULL, NULL);
            break;
        case 4:
            WdfIoQueuePurgeSynchronously(Queue);
            break;
        }
        ZwYieldExecution();
        WdfIoQueueStart(Queue);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- the senders ---- */

static BOOLEAN IsExpected(NTSTATUS Status)
{
    return Status == STATUS_SUCCESS || Status == STATUS_CANCELLED || Status == STATUS_INVALID_DEVICE_STATE;
}

static VOID FinishOne(IO_SENT *Sent)
{
    if (Next(2) == 0)
        IoCancelIrp(Sent->Irp); /* the test's own IRP: it is there until IoFinish */
    IoFinish(Sent);
    if (Sent->Completions != 1 || !IsExpected(Sent->Status))
        InterlockedIncrement(&Wrong);
    InterlockedIncrement(&Completions);
}

static VOID NTAPI Sender(PVOID Context)
{
    IO_SENT *Sent = Context;
    HANDLE Handle;
    PFILE_OBJECT File;
    UNICODE_STRING Text = RTL_CONSTANT_STRING(NAME);
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;

    InitializeObjectAttributes(&Attributes, &Text, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&Handle, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN,
                 FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    File = IoFileOf(Handle);
    for (ULONG i = 0; i < REQUESTS; i += IN_FLIGHT) {
        for (ULONG j = 0; j < IN_FLIGHT; j++)
            IoControl(&Sent[j], Wdm, File, IO_CODE(j, METHOD_BUFFERED), 0, 8);
        if (i + IN_FLIGHT >= REQUESTS) {
            ZwClose(Handle); /* cleanup cancels what waits for it */
            Handle = NULL;
        }
        for (ULONG j = 0; j < IN_FLIGHT; j++)
            FinishOne(&Sent[j]);
    }
    ObDereferenceObject(File);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static PVOID Start(PKSTART_ROUTINE Routine, PVOID Context)
{
    HANDLE Thread;
    PVOID Object = NULL;

    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, Context);
    ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Object, NULL);
    ZwClose(Thread);
    return Object;
}

static VOID Join(PVOID Thread)
{
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

static VOID Round(ULONG Number)
{
    IO_SENT *Sent = ExAllocatePoolWithTag(NonPagedPoolNx, SENDERS * IN_FLIGHT * sizeof(*Sent), 'tseT');
    PVOID Senders[SENDERS], Workers[2], Other;

    Random = (LONG)Number * 7919 + 1;
    Completions = Wrong = Stop = 0;
    Other = Start(Disturber, NULL);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Workers); i++)
        Workers[i] = Start(Worker, NULL);
    for (ULONG i = 0; i < SENDERS; i++)
        Senders[i] = Start(Sender, Sent + i * IN_FLIGHT);
    for (ULONG i = 0; i < SENDERS; i++)
        Join(Senders[i]);
    Stop = 1;
    Join(Other);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Workers); i++)
        Join(Workers[i]);
    ok(Completions == SENDERS * REQUESTS && Wrong == 0, "round %u: %d completed, %d of them wrongly", Number, Completions, Wrong);
    ok(WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(Parallel, NULL, NULL)) && WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(Sequential, NULL, NULL)) &&
           WDF_IO_QUEUE_IDLE(WdfIoQueueGetState(Manual, NULL, NULL)),
       "the queues are idle");
    ExFreePoolWithTag(Sent, 'tseT');
}

static WDFQUEUE Make(WDF_IO_QUEUE_DISPATCH_TYPE Type, BOOLEAN IsDefault, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue = NULL;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, Type);
    Config.DefaultQueue = IsDefault;
    if (Type != WdfIoQueueDispatchManual)
        Config.EvtIoDefault = EvtDefault;
    Config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
    is_status(WdfIoQueueCreate(Device, &Config, Attributes, &Queue), STATUS_SUCCESS, "a queue of type %d", Type);
    return Queue;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    PWDFDEVICE_INIT Init;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    KeInitializeSpinLock(&HeldLock);
    Init = IoDeviceInit(NAME);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, REQUEST_CONTEXT);
    WdfDeviceInitSetRequestAttributes(Init, &Attributes);
    Device = IoDeviceCreate(Init, NULL);
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    Parallel = Make(WdfIoQueueDispatchParallel, TRUE, NULL);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    Sequential = Make(WdfIoQueueDispatchSequential, FALSE, &Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Manual = Make(WdfIoQueueDispatchManual, FALSE, &Attributes);
    WdfControlFinishInitializing(Device);
    for (ULONG i = 0; i < ROUNDS; i++)
        Round(i);
    ok(Cancels != 0, "%d requests were cancelled in the driver's hands", Cancels);
    WdfObjectDelete(Device);
    return done();
}
