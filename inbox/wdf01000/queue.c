/*
 * Queues: creation, arrival of requests, presenting them, the loop that does what is due [doc: Creating I/O Queues;
 * Dispatching Methods for I/O Requests; Using Automatic Synchronization]. See queue.h for locks and the loop.
 */
#include "queue.h"

/* ---- blame ---- */

VOID FxQueueViolation(FX_REQUEST *Request, NTSTATUS Status, const char *What)
{
    FX_GLOBALS *Globals = Request->Object.Globals;
    WDF_QUEUE_FATAL_ERROR_DATA Data;

    RtlZeroMemory(&Data, sizeof(Data));
    Data.Queue = Request->Queue != NULL ? FX_HANDLE(WDFQUEUE, Request->Queue) : NULL;
    Data.Request = FX_HANDLE(WDFREQUEST, Request);
    Data.Status = Status;
    FxLog(Globals, "WDFREQUEST %p of WDFQUEUE %p: %s", Data.Request, Data.Queue, What);
    FxViolation(Globals, WDF_QUEUE_FATAL_ERROR, (ULONG_PTR)&Data, 0, 0);
}

/* ---- callbacks ---- */

BOOLEAN FxQueueMayCall(const FX_QUEUE *Queue, KIRQL Irql)
{
    const FX_CALLBACK_LOCK *Lock = Queue->Object.CallbackLock;

    if (Queue->Object.ExecutionLevel == WdfExecutionLevelPassive && Irql != PASSIVE_LEVEL)
        return FALSE;
    return Lock == NULL || !FxCallbackLockIsOwned(Lock);
}

/* The object that the callback lock lies in; it must not go while the lock is held. */
static FX_OBJECT *FxLockOwner(FX_QUEUE *Queue)
{
    return Queue->Object.CallbackLock == &Queue->OwnLock ? &Queue->Object : &Queue->Device->Object;
}

VOID FxQueueEnter(FX_QUEUE *Queue, FX_CALL *Call, KIRQL Irql)
{
    Call->Lock = Queue->Object.CallbackLock;
    Call->InRegion = FALSE;
    Call->Irql = Irql;
    if (Call->Lock != NULL) {
        Call->Owner = FxLockOwner(Queue);
        FxObjectReference(Call->Owner);
        FxCallbackLockAcquire(Queue->Object.Globals, Call->Lock);
        Call->Irql = Call->Lock->IsPassive ? Irql : DISPATCH_LEVEL;
    } else if (Call->Irql == PASSIVE_LEVEL) {
        KeEnterCriticalRegion();
        Call->InRegion = TRUE;
    }
}

VOID FxQueueLeave(FX_GLOBALS *Globals, const FX_CALL *Call)
{
    if (Globals->Verifier && KeGetCurrentIrql() != Call->Irql)
        FxViolation(Globals, WDF_VERIFIER_IRQL_MISMATCH, Call->Irql, KeGetCurrentIrql(), 0);
    if (Call->InRegion)
        KeLeaveCriticalRegion();
    if (Call->Lock == NULL)
        return;
    FxCallbackLockRelease(Call->Lock);
    FxObjectDereference(Call->Owner);
}

/* What presents the request: the handler of its kind, else EvtIoDefault. FALSE: there is none. */
static BOOLEAN FxCallHandler(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    const WDF_IO_QUEUE_CONFIG *Config = &Queue->Config;
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    WDFQUEUE QueueHandle = FX_HANDLE(WDFQUEUE, Queue);
    WDFREQUEST Handle = FX_HANDLE(WDFREQUEST, Request);

    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL && Config->EvtIoDeviceControl != NULL)
        Config->EvtIoDeviceControl(QueueHandle, Handle, Stack->Parameters.DeviceIoControl.OutputBufferLength,
                                   Stack->Parameters.DeviceIoControl.InputBufferLength,
                                   Stack->Parameters.DeviceIoControl.IoControlCode);
    else if (Stack->MajorFunction == IRP_MJ_READ && Config->EvtIoRead != NULL)
        Config->EvtIoRead(QueueHandle, Handle, Stack->Parameters.Read.Length);
    else if (Stack->MajorFunction == IRP_MJ_WRITE && Config->EvtIoWrite != NULL)
        Config->EvtIoWrite(QueueHandle, Handle, Stack->Parameters.Write.Length);
    else if (Stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL && Config->EvtIoInternalDeviceControl != NULL)
        Config->EvtIoInternalDeviceControl(QueueHandle, Handle, Stack->Parameters.DeviceIoControl.OutputBufferLength,
                                           Stack->Parameters.DeviceIoControl.InputBufferLength,
                                           Stack->Parameters.DeviceIoControl.IoControlCode);
    else if (Config->EvtIoDefault != NULL)
        Config->EvtIoDefault(QueueHandle, Handle);
    else
        return FALSE;
    return TRUE;
}

/* The driver owns the request already. A kind that the queue has no handler for goes down the stack of a filter. */
static VOID FxQueuePresent(FX_QUEUE *Queue, FX_REQUEST *Request, KIRQL Irql)
{
    FX_GLOBALS *Globals = Queue->Object.Globals;
    FX_DEVICE *Device = Queue->Device;
    BOOLEAN Handled;
    FX_CALL Call;
    PIRP Irp;

    FxQueueEnter(Queue, &Call, Irql);
    Handled = FxCallHandler(Queue, Request);
    FxQueueLeave(Globals, &Call);
    if (Handled)
        return;
    if (!Device->Settings.IsFilter || Device->Attached == NULL) {
        FxRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST, 0, IO_NO_INCREMENT);
        return;
    }
    Irp = Request->Irp;
    FxRequestForget(Request);
    IoSkipCurrentIrpStackLocation(Irp);
    IoCallDriver(Device->Attached, Irp);
}

/* ---- the lists; Lock held ---- */

static BOOLEAN FxQueueCanPresent(const FX_QUEUE *Queue)
{
    return Queue->OwnedCount < Queue->MostPresented && Queue->IsDispatching && !Queue->IsPowerHeld;
}

static VOID FxQueueGive(FX_QUEUE *Queue, FX_REQUEST *Request, FX_REQUEST_STATE State)
{
    Request->Queue = Queue;
    Request->State = (UCHAR)State;
    Request->Cancel = FxCancelNone;
    Request->Stop = FxStopNone;
    Request->Delivered = TRUE;
    InsertTailList(&Queue->Owned, &Request->QueueLink);
    Queue->OwnedCount++;
}

/* The IRP of a waiting request is cancelled: it goes over to the loop. Called with the cancel spin lock held. */
static VOID NTAPI FxCancelWaiting(PDEVICE_OBJECT Wdm, PIRP Irp)
{
    FX_REQUEST *Request = Irp->Tail.Overlay.DriverContext[3];
    FX_QUEUE *Queue = Request->Queue; /* nobody else takes it out now */
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Wdm);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    FxObjectReference(&Queue->Object);
    RemoveEntryList(&Request->QueueLink);
    Queue->WaitingCount--;
    InsertTailList(&Queue->Canceled, &Request->QueueLink);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
}

VOID FxQueueInsert(FX_QUEUE *Queue, FX_REQUEST *Request, BOOLEAN AtHead)
{
    PIRP Irp = Request->Irp;

    Request->Queue = Queue;
    Request->State = FxRequestWaiting;
    Irp->Tail.Overlay.DriverContext[3] = Request;
    if (Queue->IsPurged || (IoSetCancelRoutine(Irp, FxCancelWaiting), Irp->Cancel && IoSetCancelRoutine(Irp, NULL))) {
        InsertTailList(&Queue->Canceled, &Request->QueueLink);
        return;
    }
    if (Queue->WaitingCount == 0)
        Queue->IsReadyDue = Queue->Ready.Callback != NULL;
    Queue->WaitingCount++;
    if (AtHead)
        InsertHeadList(&Queue->Waiting, &Request->QueueLink);
    else
        InsertTailList(&Queue->Waiting, &Request->QueueLink);
}

BOOLEAN FxQueueTake(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    if (IoSetCancelRoutine(Request->Irp, NULL) == NULL)
        return FALSE;
    RemoveEntryList(&Request->QueueLink);
    Queue->WaitingCount--;
    FxQueueGive(Queue, Request, FxRequestOwned);
    return TRUE;
}

VOID FxQueueCancelWaiting(FX_QUEUE *Queue, PFILE_OBJECT File)
{
    PLIST_ENTRY Link = Queue->Waiting.Flink;

    while (Link != &Queue->Waiting) {
        FX_REQUEST *Request = CONTAINING_RECORD(Link, FX_REQUEST, QueueLink);

        Link = Link->Flink;
        if (File != NULL && IoGetCurrentIrpStackLocation(Request->Irp)->FileObject != File)
            continue;
        if (IoSetCancelRoutine(Request->Irp, NULL) == NULL)
            continue; /* its cancel routine does it */
        RemoveEntryList(&Request->QueueLink);
        Queue->WaitingCount--;
        InsertTailList(&Queue->Canceled, &Request->QueueLink);
    }
}

VOID FxQueueWake(FX_QUEUE *Queue)
{
    for (PLIST_ENTRY Link = Queue->Waiters.Flink; Link != &Queue->Waiters; Link = Link->Flink)
        KeSetEvent(&CONTAINING_RECORD(Link, FX_QUEUE_WAITER, Link)->Changed, IO_NO_INCREMENT, FALSE);
}

BOOLEAN FxQueueLose(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    RemoveEntryList(&Request->QueueLink);
    Queue->OwnedCount--;
    if (Request->Stop == FxStopDue || Request->Stop == FxStopCalled)
        Queue->UnstoppedCount--;
    if (!IsListEmpty(&Queue->Waiters))
        FxQueueWake(Queue);
    return Queue->WaitingCount != 0 || Queue->IsWatched;
}

/* ---- what is due ---- */

BOOLEAN FxQueueIsDone(const FX_QUEUE *Queue, FX_QUEUE_OPERATION Operation)
{
    if (Queue->OwnedCount != 0 || !IsListEmpty(&Queue->Canceled))
        return FALSE;
    if (Operation == FxQueueGone && Queue->DeferredCount != 0)
        return FALSE;
    return Operation == FxQueueStopped || (Queue->WaitingCount == 0 && Queue->ReservedInUse == 0);
}

static BOOLEAN FxReadyIsDue(const FX_QUEUE *Queue)
{
    return Queue->IsReadyDue && Queue->IsDispatching && !Queue->IsPowerHeld && Queue->WaitingCount != 0;
}

/* The operation whose callback is due, or FxQueueOperations. */
static FX_QUEUE_OPERATION FxOperationDue(const FX_QUEUE *Queue)
{
    FX_QUEUE_OPERATION i = 0;

    while (i < FxQueueOperations && (Queue->Notify[i].Callback == NULL || !FxQueueIsDone(Queue, i)))
        i++;
    return i;
}

static BOOLEAN FxQueueHasWork(const FX_QUEUE *Queue)
{
    return !IsListEmpty(&Queue->Canceled) || !IsListEmpty(&Queue->Cancels) || FxReadyIsDue(Queue) ||
           (Queue->WaitingCount != 0 && FxQueueCanPresent(Queue)) ||
           (Queue->IsWatched && FxOperationDue(Queue) != FxQueueOperations);
}

/* ---- the loop's steps: Lock held before and after, given up for the callback; TRUE: something was done ---- */

static BOOLEAN FxStepCancel(FX_QUEUE *Queue, PKIRQL Irql)
{
    FX_REQUEST *Request;

    if (IsListEmpty(&Queue->Cancels))
        return FALSE;
    Request = CONTAINING_RECORD(RemoveHeadList(&Queue->Cancels), FX_REQUEST, QueueLink);
    InsertTailList(&Queue->Owned, &Request->QueueLink);
    Request->Cancel = FxCancelCalled;
    KeReleaseSpinLock(&Queue->Lock, *Irql);
    FxRequestCallCancel(Queue, Request, *Irql);
    KeAcquireSpinLock(&Queue->Lock, Irql);
    return TRUE;
}

static VOID FxHandOverCanceled(FX_QUEUE *Queue, FX_REQUEST *Request, KIRQL Irql)
{
    FX_CALL Call;

    FxQueueEnter(Queue, &Call, Irql);
    Queue->Config.EvtIoCanceledOnQueue(FX_HANDLE(WDFQUEUE, Queue), FX_HANDLE(WDFREQUEST, Request));
    FxQueueLeave(Queue->Object.Globals, &Call);
}

static BOOLEAN FxStepCanceled(FX_QUEUE *Queue, PKIRQL Irql)
{
    FX_REQUEST *Request;
    BOOLEAN Tell;

    if (IsListEmpty(&Queue->Canceled))
        return FALSE;
    Request = CONTAINING_RECORD(RemoveHeadList(&Queue->Canceled), FX_REQUEST, QueueLink);
    Tell = Request->Delivered && Queue->Config.EvtIoCanceledOnQueue != NULL;
    FxQueueGive(Queue, Request, FxRequestCanceled);
    KeReleaseSpinLock(&Queue->Lock, *Irql);
    if (Tell)
        FxHandOverCanceled(Queue, Request, *Irql);
    else
        FxRequestComplete(Request, STATUS_CANCELLED, 0, IO_NO_INCREMENT);
    KeAcquireSpinLock(&Queue->Lock, Irql);
    return TRUE;
}

/* The first waiting request that is not being cancelled. */
static FX_REQUEST *FxTakeFirst(FX_QUEUE *Queue)
{
    for (PLIST_ENTRY Link = Queue->Waiting.Flink; Link != &Queue->Waiting; Link = Link->Flink) {
        FX_REQUEST *Request = CONTAINING_RECORD(Link, FX_REQUEST, QueueLink);

        if (FxQueueTake(Queue, Request))
            return Request;
    }
    return NULL;
}

static BOOLEAN FxStepPresent(FX_QUEUE *Queue, PKIRQL Irql)
{
    FX_REQUEST *Request = FxQueueCanPresent(Queue) ? FxTakeFirst(Queue) : NULL;

    if (Request == NULL)
        return FALSE;
    KeReleaseSpinLock(&Queue->Lock, *Irql);
    FxQueuePresent(Queue, Request, *Irql);
    KeAcquireSpinLock(&Queue->Lock, Irql);
    return TRUE;
}

static VOID FxCallState(FX_QUEUE *Queue, FX_QUEUE_NOTIFY Notify, PKIRQL Irql)
{
    FX_CALL Call;

    KeReleaseSpinLock(&Queue->Lock, *Irql);
    FxQueueEnter(Queue, &Call, *Irql);
    Notify.Callback(FX_HANDLE(WDFQUEUE, Queue), Notify.Context);
    FxQueueLeave(Queue->Object.Globals, &Call);
    KeAcquireSpinLock(&Queue->Lock, Irql);
}

VOID FxQueueWatch(FX_QUEUE *Queue)
{
    Queue->IsWatched = FALSE;
    for (ULONG i = 0; i < FxQueueOperations; i++)
        if (Queue->Notify[i].Callback != NULL)
            Queue->IsWatched = TRUE;
}

static BOOLEAN FxStepState(FX_QUEUE *Queue, PKIRQL Irql)
{
    FX_QUEUE_OPERATION Operation;
    FX_QUEUE_NOTIFY Notify;

    if (FxReadyIsDue(Queue)) {
        Queue->IsReadyDue = FALSE;
        FxCallState(Queue, Queue->Ready, Irql);
        return TRUE;
    }
    Operation = FxOperationDue(Queue);
    if (Operation == FxQueueOperations)
        return FALSE;
    Notify = Queue->Notify[Operation];
    Queue->Notify[Operation].Callback = NULL;
    FxQueueWatch(Queue);
    FxCallState(Queue, Notify, Irql);
    return TRUE;
}

BOOLEAN FxQueueIsInLoop(const FX_QUEUE *Queue)
{
    for (PLIST_ENTRY Link = Queue->Loops.Flink; Link != &Queue->Loops; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, FX_QUEUE_LOOP, Link)->Thread == KeGetCurrentThread())
            return TRUE;
    return FALSE;
}

/* Lock held. */
static VOID FxQueueDefer(FX_QUEUE *Queue)
{
    if (Queue->IsDeferred)
        return;
    Queue->IsDeferred = TRUE;
    Queue->DeferredCount++;
    if (Queue->Object.ExecutionLevel == WdfExecutionLevelPassive)
        ExQueueWorkItem(&Queue->WorkItem, DelayedWorkQueue);
    else
        KeInsertQueueDpc(&Queue->Dpc, NULL, NULL);
}

/* Lock held. A callback may delete the queue: the loop has its own reference. */
static VOID FxQueueLoop(FX_QUEUE *Queue, PKIRQL Irql)
{
    FX_QUEUE_LOOP Loop = { .Thread = KeGetCurrentThread() };

    FxObjectReference(&Queue->Object);
    InsertTailList(&Queue->Loops, &Loop.Link);
    while (FxStepCancel(Queue, Irql) || FxStepCanceled(Queue, Irql) || FxStepPresent(Queue, Irql) ||
           FxStepState(Queue, Irql)) {
    }
    RemoveEntryList(&Loop.Link);
}

VOID FxQueueRun(FX_QUEUE *Queue)
{
    BOOLEAN MayCall, Looped = FALSE;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (FxQueueHasWork(Queue) && !FxQueueIsInLoop(Queue)) {
        MayCall = FxQueueMayCall(Queue, Irql);
        Looped = MayCall;
        if (MayCall)
            FxQueueLoop(Queue, &Irql);
        else
            FxQueueDefer(Queue);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (Looped)
        FxObjectDereference(&Queue->Object);
}

static VOID FxQueueRunDeferred(FX_QUEUE *Queue)
{
    BOOLEAN Drop;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Queue->IsDeferred = FALSE;
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Drop = --Queue->DeferredCount == 0 && Queue->IsDeferredHeld;
    FxQueueWake(Queue);
    KeReleaseSpinLock(&Queue->Lock, Irql); /* the deletion may go on: the queue's memory may be gone */
    if (Drop)
        FxObjectDereference(&Queue->Object);
}

static VOID NTAPI FxQueueDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    FxQueueRunDeferred(Context);
}

static VOID NTAPI FxQueueWorker(PVOID Context)
{
    FxQueueRunDeferred(Context);
}

/* ---- arrival ---- */

NTSTATUS FxQueueArrive(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    KIRQL Irql;

    if (Queue->IsPowerManaged && !Request->HoldsPower)
        Request->HoldsPower = NT_SUCCESS(FxPowerReference(Queue->Device));
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (!Queue->IsAccepting) {
        KeReleaseSpinLock(&Queue->Lock, Irql);
        return STATUS_WDF_BUSY;
    }
    if (FxQueueMayCall(Queue, Irql) && Queue->WaitingCount == 0 && FxQueueCanPresent(Queue) && !Request->Irp->Cancel) {
        FxQueueGive(Queue, Request, FxRequestOwned);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        FxQueuePresent(Queue, Request, Irql);
        return STATUS_SUCCESS;
    }
    FxObjectReference(&Queue->Object); /* the request does not hold it once it is in the list */
    FxQueueInsert(Queue, Request, FALSE);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
    return STATUS_SUCCESS;
}

FX_QUEUE *FxQueueOfMajor(FX_DEVICE *Device, UCHAR Major)
{
    FX_QUEUE *Queue = Device->QueueOf[Major];

    return Queue != NULL || Major == IRP_MJ_CREATE ? Queue : Device->DefaultQueue;
}

/* Requests for no bytes that the driver does not want to see. */
static BOOLEAN FxIsUnwantedZero(const FX_QUEUE *Queue, const IO_STACK_LOCATION *Stack)
{
    if (Queue->Config.AllowZeroLengthRequests)
        return FALSE;
    return (Stack->MajorFunction == IRP_MJ_READ && Stack->Parameters.Read.Length == 0) ||
           (Stack->MajorFunction == IRP_MJ_WRITE && Stack->Parameters.Write.Length == 0);
}

NTSTATUS FxQueueDispatchTo(FX_DEVICE *Device, FX_QUEUE *Queue, PIRP Irp, BOOLEAN InCallerContext)
{
    PFN_WDF_IO_IN_CALLER_CONTEXT InCaller = InCallerContext ? Device->Settings.EvtInCallerContext : NULL;
    FX_REQUEST *Request;

    if (Queue == NULL && InCaller == NULL)
        return FxForwardOrRefuse(Device, Irp);
    if (Queue != NULL && FxIsUnwantedZero(Queue, IoGetCurrentIrpStackLocation(Irp)))
        return FxCompleteIrp(Irp, STATUS_SUCCESS);
    Request = FxRequestCreateForIrp(Device, Irp, FxFileOfIrp(Device, Irp));
    if (Queue != NULL && Queue->Progress != NULL) {
        Request = FxProgressAdmit(Queue, Request);
        if (Request == NULL)
            return FxProgressDispatch(Queue, Irp);
    }
    if (Request == NULL)
        return FxCompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES);
    FxInlineBegin(Request);
    if (InCaller != NULL) {
        Request->State = FxRequestInCaller;
        Request->Delivered = TRUE;
        Request->Intended = Queue;
        InCaller(FX_HANDLE(WDFDEVICE, Device), FX_HANDLE(WDFREQUEST, Request));
    } else if (!NT_SUCCESS(FxQueueArrive(Queue, Request))) {
        FxRequestComplete(Request, STATUS_INVALID_DEVICE_STATE, 0, IO_NO_INCREMENT);
    }
    return FxInlineEnd(Request);
}

NTSTATUS FxQueueDispatch(FX_DEVICE *Device, PIRP Irp)
{
    return FxQueueDispatchTo(Device, FxQueueOfMajor(Device, IoGetCurrentIrpStackLocation(Irp)->MajorFunction), Irp, TRUE);
}

/* ---- creation ---- */

static BOOLEAN FxConfigHasHandler(const WDF_IO_QUEUE_CONFIG *Config)
{
    return Config->EvtIoDefault != NULL || Config->EvtIoRead != NULL || Config->EvtIoWrite != NULL ||
           Config->EvtIoDeviceControl != NULL || Config->EvtIoInternalDeviceControl != NULL;
}

static NTSTATUS FxCheckQueueConfig(FX_DEVICE *Device, WDF_IO_QUEUE_CONFIG *Config)
{
    FX_GLOBALS *Globals = Device->Object.Globals;

    if (Config->DispatchType <= WdfIoQueueDispatchInvalid || Config->DispatchType >= WdfIoQueueDispatchMax)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_IO_QUEUE_CONFIG DispatchType %d", Config->DispatchType);
    if (Config->DispatchType != WdfIoQueueDispatchManual && !FxConfigHasHandler(Config))
        return FxMistake(Globals, STATUS_WDF_NO_CALLBACK, "a queue that presents requests has no request handler");
    if (Config->Size < RTL_SIZEOF_THROUGH_FIELD(WDF_IO_QUEUE_CONFIG, Settings)) /* of 1.7 and before */
        Config->Settings.Parallel.NumberOfPresentedRequests =
            Config->DispatchType == WdfIoQueueDispatchParallel ? MAXULONG : 0;
    if ((Config->DispatchType == WdfIoQueueDispatchParallel) != (Config->Settings.Parallel.NumberOfPresentedRequests != 0))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "NumberOfPresentedRequests %u of a queue of type %d",
                         Config->Settings.Parallel.NumberOfPresentedRequests, Config->DispatchType);
    if (Config->DefaultQueue && Device->DefaultQueue != NULL)
        return FxMistake(Globals, STATUS_UNSUCCESSFUL, "the device has a default queue already");
    return STATUS_SUCCESS;
}

static VOID FxQueueInit(FX_QUEUE *Queue, FX_DEVICE *Device, const WDF_IO_QUEUE_CONFIG *Config)
{
    BOOLEAN HasPower = Device->Kind == FxDeviceFunction || Device->Kind == FxDeviceBus;

    Queue->Device = Device;
    Queue->Object.Device = Device;
    Queue->Config = *Config;
    Queue->MostPresented = Config->DispatchType == WdfIoQueueDispatchManual       ? 0
                           : Config->DispatchType == WdfIoQueueDispatchSequential ? 1
                                                                                  : Config->Settings.Parallel.NumberOfPresentedRequests;
    Queue->IsPowerManaged = HasPower && (Config->PowerManaged == WdfTrue ||
                                         (Config->PowerManaged == WdfUseDefault && !Device->Settings.IsFilter));
    KeInitializeSpinLock(&Queue->Lock);
    InitializeListHead(&Queue->Link);
    InitializeListHead(&Queue->Waiting);
    InitializeListHead(&Queue->Owned);
    InitializeListHead(&Queue->Canceled);
    InitializeListHead(&Queue->Cancels);
    InitializeListHead(&Queue->Loops);
    InitializeListHead(&Queue->Waiters);
    Queue->IsAccepting = TRUE;
    Queue->IsDispatching = TRUE;
    KeInitializeDpc(&Queue->Dpc, FxQueueDpc, Queue);
    ExInitializeWorkItem(&Queue->WorkItem, FxQueueWorker, Queue);
}

/* The lock that the scope asks for. A device's lock is a mutex or a spin lock as the device's own level has it. */
static NTSTATUS FxQueueChooseLock(FX_QUEUE *Queue)
{
    FX_OBJECT *Object = &Queue->Object;
    BOOLEAN IsPassive = Object->ExecutionLevel == WdfExecutionLevelPassive;

    if (Object->Scope == WdfSynchronizationScopeQueue) {
        FxCallbackLockInit(&Queue->OwnLock, IsPassive);
        Object->CallbackLock = &Queue->OwnLock;
    } else if (Object->Scope == WdfSynchronizationScopeDevice) {
        if (Queue->Device->OwnLock.IsPassive != IsPassive)
            return FxMistake(Object->Globals, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
                             "scope device, but the execution level is not the device's");
        Object->CallbackLock = &Queue->Device->OwnLock;
    }
    return STATUS_SUCCESS;
}

/* Puts the queue among its device's; as the default one where it is to be. */
static NTSTATUS FxQueueEnlist(FX_QUEUE *Queue)
{
    FX_DEVICE *Device = Queue->Device;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    if (Queue->Config.DefaultQueue && Device->DefaultQueue != NULL) {
        Status = STATUS_UNSUCCESSFUL;
    } else {
        if (Queue->Config.DefaultQueue) {
            Device->DefaultQueue = Queue;
            Queue->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
        }
        Queue->IsPowerHeld = Queue->IsPowerManaged && !Device->QueuesPowered;
        InsertTailList(&Device->Queues, &Queue->Link);
    }
    KeReleaseSpinLock(&Device->QueueLock, Irql);
    return Status;
}

WDF_DDI(WdfIoQueueCreate);
NTSTATUS NTAPI imp_WdfIoQueueCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                                    PWDF_IO_QUEUE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES QueueAttributes,
                                    WDFQUEUE *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    WDF_IO_QUEUE_CONFIG Copy;
    FX_OBJECT *Object;
    NTSTATUS Status = FxCaptureConfig(Globals, "WDF_IO_QUEUE_CONFIG", &Copy, sizeof(Copy), Config);

    if (Handle != NULL)
        *Handle = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCheckQueueConfig(Device, &Copy);
    if (NT_SUCCESS(Status))
        Status = FxObjectCreate(Globals, &FxQueueClass, QueueAttributes, &Device->Object, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    FxQueueInit((FX_QUEUE *)Object, Device, &Copy);
    if (FxObjectAncestor(Object->Parent, FxTypeDevice) != &Device->Object)
        Status = FxMistake(Globals, STATUS_INVALID_PARAMETER, "the queue's parent is not below its device");
    if (NT_SUCCESS(Status))
        Status = FxQueueChooseLock((FX_QUEUE *)Object);
    if (NT_SUCCESS(Status))
        Status = FxQueueEnlist((FX_QUEUE *)Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxQueueDelist((FX_QUEUE *)Object);
        FxObjectAbandon(Object);
        return Status;
    }
    if (Handle != NULL)
        *Handle = FX_HANDLE(WDFQUEUE, Object);
    return STATUS_SUCCESS;
}

VOID FxQueueDelist(FX_QUEUE *Queue)
{
    FX_DEVICE *Device = Queue->Device;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    if (Device->DefaultQueue == Queue)
        Device->DefaultQueue = NULL;
    RemoveEntryList(&Queue->Link);
    InitializeListHead(&Queue->Link);
    KeReleaseSpinLock(&Device->QueueLock, Irql);
}

/* ---- what a device knows of its queues ---- */

WDF_DDI(WdfIoQueueGetDevice);
WDFDEVICE NTAPI imp_WdfIoQueueGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    return FX_HANDLE(WDFDEVICE, FxQueueFromHandle(DriverGlobals, Queue)->Device);
}

/* The major function of a request type that a queue can be configured for, or IRP_MJ_MAXIMUM_FUNCTION. */
static UCHAR FxMajorOfType(WDF_REQUEST_TYPE Type)
{
    switch (Type) {
    case WdfRequestTypeCreate:
    case WdfRequestTypeRead:
    case WdfRequestTypeWrite:
    case WdfRequestTypeDeviceControl:
    case WdfRequestTypeDeviceControlInternal:
        return (UCHAR)Type; /* the types' values are the major functions' */
    default:
        return IRP_MJ_MAXIMUM_FUNCTION;
    }
}

WDF_DDI(WdfDeviceConfigureRequestDispatching);
NTSTATUS NTAPI imp_WdfDeviceConfigureRequestDispatching(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                                                        WDFQUEUE QueueHandle, WDF_REQUEST_TYPE RequestType)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, QueueHandle);
    UCHAR Major = FxMajorOfType(RequestType);
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    if (Queue->Device != Device || Major == IRP_MJ_MAXIMUM_FUNCTION)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "request type %d, or a queue of another device", RequestType);
    if (Major == IRP_MJ_CREATE && Queue->Config.DefaultQueue)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a default queue receives no create requests");
    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    if (Device->QueueOf[Major] != NULL) {
        Status = STATUS_WDF_BUSY;
    } else {
        Device->QueueOf[Major] = Queue;
        Queue->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
    }
    KeReleaseSpinLock(&Device->QueueLock, Irql);
    return NT_SUCCESS(Status) ? Status : FxMistake(Globals, Status, "request type %d has a queue already", RequestType);
}
