/*
 * IRPs on their way: down to a driver, up through the completion routines, and back to the thread
 * that asked. Left out: name junctions (reparse points), error pop-ups to the user.
 *
 * A request of a thread that completes before the driver's dispatch routine returns is finished by
 * the service that sent it, without an APC. IOP_CALL, on that service's stack while the dispatch
 * routine runs, tells the two apart and shows a driver that marks a request pending and does not
 * say so, or the other way round.
 */
#include "iop.h"

#include "../fsrtl/fsrtl.h"

typedef struct _IOP_CALL_STATE {
    BOOLEAN Completed; /* IofCompleteRequest reached the end of the stack during the call */
    BOOLEAN Deferred;  /* and left the rest to the caller */
} IOP_CALL_STATE;

/* IRP.Tail.Overlay.IrpExtension: not in the public headers. [nt_structs.tsv] */
#define IopCallState(Irp) (*(IOP_CALL_STATE **)((PUCHAR)(Irp) + 0xC8))
DD_STATIC_ASSERT_SIZE(IRP, 0xD0);

/* ---- down ---- */

/* A dispatch routine that keeps a spin lock, or the IRQL that it raised. [doc: Bug Check 0xC9:
 * 0x12] */
static DECLSPEC_NORETURN VOID IopStopAtIrql(PDRIVER_DISPATCH Dispatch, ULONG Major, KIRQL Before)
{
    KIRQL Now = KeGetCurrentIrql();

    KeSetBugCheckText("the dispatch routine at %p for major function %#x was called at IRQL %u and "
                      "returned at IRQL %u: "
                      "it kept a spin lock, or did not lower the IRQL again",
                      (PVOID)Dispatch, Major, Before, Now);
    KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x12, (ULONG_PTR)Dispatch, Before, Now);
}

NT_EXPORT(IofCallDriver);
NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL Before = KeGetCurrentIrql();
    PDRIVER_DISPATCH Dispatch;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    UCHAR Major;

    if (Irp->Type != IO_TYPE_IRP)
        IopBugCheckIrp(MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0, 0, 0,
                       "sent to a driver but it is no IRP (any more)");
    if (--Irp->CurrentLocation <= 0)
        IopBugCheckIrp(NO_MORE_IRP_STACK_LOCATIONS, Irp, 0, 0, 0,
                       "has no stack location left for the next driver");
    Stack = --Irp->Tail.Overlay.CurrentStackLocation;
    if (Stack->MajorFunction >= IRP_MJ_POWER)
        IopCountMinor(DeviceObject, Irp);
    Stack->DeviceObject = DeviceObject;
    IoStatistics
        .IrpsByMajor[Stack->MajorFunction <= IRP_MJ_MAXIMUM_FUNCTION ? Stack->MajorFunction : 0]++;
    Major = Stack->MajorFunction;
    Dispatch = DeviceObject->DriverObject->MajorFunction[Major];
    Status = Dispatch(DeviceObject, Irp); /* device and request may be gone after it */
    if (KeGetCurrentIrql() != Before)
        IopStopAtIrql(Dispatch, Major, Before);
    return Status;
}

#undef IoCallDriver
NT_EXPORT(IoCallDriver);
NTSTATUS NTAPI IoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTSTATUS NTAPI IoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

/* ---- the issuing thread's half ---- */

static VOID IopFreeMdls(PIRP Irp)
{
    PMDL Mdl = Irp->MdlAddress;

    while (Mdl != NULL) {
        PMDL Next = Mdl->Next;

        IoFreeMdl(Mdl);
        Mdl = Next;
    }
    Irp->MdlAddress = NULL;
}

/* Gives a buffered request's data back. A bad user address becomes the request's status. */
static VOID IopCopyBack(PIRP Irp)
{
    if ((Irp->Flags & IRP_INPUT_OPERATION) && !NT_ERROR(Irp->IoStatus.Status)
        && Irp->IoStatus.Status != STATUS_VERIFY_REQUIRED) {
        __try {
            RtlCopyMemory(Irp->UserBuffer, Irp->AssociatedIrp.SystemBuffer,
                          Irp->IoStatus.Information);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Irp->IoStatus.Status = GetExceptionCode();
            Irp->IoStatus.Information = 0;
        }
    }
    if (Irp->Flags & IRP_DEALLOCATE_BUFFER)
        IopFreeSystemBuffer(Irp);
    Irp->Flags &= ~(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
}

static VOID IopStoreIosb(PIRP Irp)
{
    if (Irp->UserIosb == NULL)
        return;
    __try {
        Irp->UserIosb->Information = Irp->IoStatus.Information;
        *(volatile NTSTATUS *)&Irp->UserIosb->Status = Irp->IoStatus.Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        /* the program took its status block away: nobody is left to tell */
    }
}

/* KAPC routines of a user completion routine: the IRP is the APC's memory. */
static VOID NTAPI IopUserApcKernel(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Arg1,
                                   PVOID *Arg2)
{
    UNREFERENCED_PARAMETER(Normal);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Arg1);
    UNREFERENCED_PARAMETER(Arg2);
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static VOID NTAPI IopUserApcRundown(PKAPC Apc)
{
    IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static VOID IopQueueUserApc(PIRP Irp)
{
    PKNORMAL_ROUTINE Routine =
        (PKNORMAL_ROUTINE)(PVOID)Irp->Overlay.AsynchronousParameters.UserApcRoutine;
    PVOID Context = Irp->Overlay.AsynchronousParameters.UserApcContext;

    KeInitializeApc(&Irp->Tail.Apc, (PRKTHREAD)KiGetPrcb()->CurrentThread, CurrentApcEnvironment,
                    IopUserApcKernel, IopUserApcRundown, Routine, Irp->RequestorMode, Context);
    if (!KeInsertQueueApc(&Irp->Tail.Apc, Irp->UserIosb, NULL, 2))
        IoFreeIrp(Irp);
}

/* A file request's last step but one: an APC or a completion packet takes over the IRP, or it is
 * freed. */
static VOID IopNotifyCompletion(PIRP Irp, PFILE_OBJECT File)
{
    PIO_COMPLETION_CONTEXT Port = File != NULL ? File->CompletionContext : NULL;
    PVOID ApcContext = Irp->Overlay.AsynchronousParameters.UserApcContext;

    if (Irp->Flags & IRP_CREATE_OPERATION) {
        IoFreeIrp(Irp);
    } else if (Irp->Overlay.AsynchronousParameters.UserApcRoutine != NULL) {
        IopQueueUserApc(Irp);
    } else if (Port != NULL && ApcContext != NULL) {
        IopPostIrp(Port->Port, Port->Key, Irp);
    } else {
        IoFreeIrp(Irp);
    }
}

static VOID IopSignal(PIRP Irp, PFILE_OBJECT File)
{
    PKEVENT Event = Irp->UserEvent;

    if (Event != NULL) {
        Irp->UserEvent = NULL;
        KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
        if (File != NULL && !(Irp->Flags & IRP_SYNCHRONOUS_API))
            ObDereferenceObject(Event);
        if (File == NULL || !(File->Flags & FO_SYNCHRONOUS_IO))
            return;
    }
    if (File != NULL) {
        File->FinalStatus = Irp->IoStatus.Status;
        KeSetEvent(&File->Event, IO_NO_INCREMENT, FALSE);
    }
}

/* Nothing but the waiter, if there is one, hears of a request that failed. [doc: ZwReadFile,
 * Information and events] */
static VOID IopFinishFailed(PIRP Irp, PFILE_OBJECT File)
{
    if (Irp->PendingReturned && File != NULL) {
        if (Irp->Flags & IRP_SYNCHRONOUS_API)
            IopStoreIosb(Irp);
        else
            File->FinalStatus = Irp->IoStatus.Status;
        if ((Irp->Flags & IRP_SYNCHRONOUS_API) && Irp->UserEvent != NULL)
            KeSetEvent(Irp->UserEvent, IO_NO_INCREMENT, FALSE);
        else
            KeSetEvent(&File->Event, IO_NO_INCREMENT, FALSE);
    }
    if (File != NULL && Irp->UserEvent != NULL && !(Irp->Flags & IRP_SYNCHRONOUS_API))
        ObDereferenceObject(Irp->UserEvent);
    IoFreeIrp(Irp);
}

static BOOLEAN IopIsSynchronous(PIRP Irp, PFILE_OBJECT File)
{
    return (Irp->Flags & IRP_SYNCHRONOUS_API) ||
           (File != NULL && (File->Flags & FO_SYNCHRONOUS_IO));
}

/* Of requests that named a file and went well; in the context of the thread that asked. */
static VOID IopCountTransfer(PIRP Irp)
{
    IO_COUNTERS *Counters = &PsCurrentProcess()->IoCounters;
    ULONG_PTR Bytes = Irp->IoStatus.Information;

    if (Irp->Flags & IRP_READ_OPERATION) {
        IoReadTransferCount.QuadPart += (LONGLONG)Bytes;
        Counters->ReadTransferCount += Bytes;
    } else if (Irp->Flags & IRP_WRITE_OPERATION) {
        IoWriteTransferCount.QuadPart += (LONGLONG)Bytes;
        Counters->WriteTransferCount += Bytes;
    } else if (!(Irp->Flags & (IRP_CREATE_OPERATION | IRP_CLOSE_OPERATION))) {
        IoOtherTransferCount.QuadPart += (LONGLONG)Bytes;
        Counters->OtherTransferCount += Bytes;
    }
}

VOID IopFinishIrp(PIRP Irp, PFILE_OBJECT File)
{
    if (Irp->Flags & IRP_BUFFERED_IO)
        IopCopyBack(Irp);
    if (Irp->MdlAddress != NULL)
        IopFreeMdls(Irp);
    IopDequeueThreadIrp(Irp);
    if (!NT_ERROR(Irp->IoStatus.Status) || (Irp->PendingReturned && !IopIsSynchronous(Irp, File))) {
        if (File != NULL && !NT_ERROR(Irp->IoStatus.Status))
            IopCountTransfer(Irp);
        IopStoreIosb(Irp);
        IopSignal(Irp, File);
        IopNotifyCompletion(Irp, File);
    } else {
        IopFinishFailed(Irp, File);
    }
}

static VOID NTAPI IopCompletionApc(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *Arg1,
                                   PVOID *Arg2)
{
    PFILE_OBJECT File = *Arg1;

    UNREFERENCED_PARAMETER(Normal);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Arg2);
    IopFinishIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc), File);
    if (File != NULL)
        ObDereferenceObjectDeferDelete(File); /* IRP_MJ_CLOSE wants PASSIVE_LEVEL */
}

/* The thread is gone: nobody is to be told. */
static VOID NTAPI IopCompletionRundown(PKAPC Apc)
{
    PIRP Irp = CONTAINING_RECORD(Apc, IRP, Tail.Apc);
    PFILE_OBJECT File = Apc->SystemArgument1;

    IopFreeMdls(Irp);
    if (Irp->Flags & IRP_DEALLOCATE_BUFFER)
        IopFreeSystemBuffer(Irp);
    IopDequeueThreadIrp(Irp);
    IoFreeIrp(Irp);
    if (File != NULL)
        ObDereferenceObjectDeferDelete(File);
}

/* ---- up ---- */

static VOID IopClearLocation(PIO_STACK_LOCATION Stack)
{
    Stack->MinorFunction = 0;
    Stack->Flags = 0;
    Stack->Control = 0;
    RtlZeroMemory(&Stack->Parameters, sizeof(Stack->Parameters));
    Stack->FileObject = NULL;
}

/* [doc: Bug Check 0xC9, 0x312] Top is the location that the sender filled. */
static VOID IopCheckInformation(PIRP Irp, PIO_STACK_LOCATION Top)
{
    ULONG Length;

    if (!(Irp->Flags & IRP_BUFFERED_IO) || !(Irp->Flags & IRP_INPUT_OPERATION) ||
        NT_ERROR(Irp->IoStatus.Status))
        return;
    if (Top->MajorFunction == IRP_MJ_READ)
        Length = Top->Parameters.Read.Length;
    else if (Top->MajorFunction == IRP_MJ_DEVICE_CONTROL ||
             Top->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL)
        Length = Top->Parameters.DeviceIoControl.OutputBufferLength;
    else
        return;
    if (Irp->IoStatus.Information <= Length)
        return;
    KeSetBugCheckText("IRP %p (major %#x) of device %p completed with IoStatus.Information %Iu; "
                      "its output buffer has "
                      "%lu bytes",
                      Irp, Top->MajorFunction, Top->DeviceObject, Irp->IoStatus.Information,
                      Length);
    KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x312, (ULONG_PTR)Irp->IoStatus.Information,
                 (ULONG_PTR)Irp, Length);
}

static BOOLEAN IopWantsCompletion(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    UCHAR Control = Stack->Control;

    if (NT_SUCCESS(Irp->IoStatus.Status) ? Control & SL_INVOKE_ON_SUCCESS
                                         : Control & SL_INVOKE_ON_ERROR)
        return TRUE;
    return Irp->Cancel && (Control & SL_INVOKE_ON_CANCEL);
}

/* Calls the completion routines upwards; FALSE when one of them took the IRP. */
static BOOLEAN IopUnwindStack(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    for (IoSkipCurrentIrpStackLocation(Irp); Irp->CurrentLocation <= Irp->StackCount + 1; Stack++) {
        BOOLEAN Top = Irp->CurrentLocation == Irp->StackCount + 1;

        Irp->PendingReturned = (Stack->Control & SL_PENDING_RETURNED) != 0;
        if (IopWantsCompletion(Irp, Stack)) {
            PIO_COMPLETION_ROUTINE Routine = Stack->CompletionRoutine;
            PVOID Context = Stack->Context;
            PDEVICE_OBJECT Device = Top ? NULL : IoGetCurrentIrpStackLocation(Irp)->DeviceObject;

            IopClearLocation(Stack);
            if (Routine(Device, Irp, Context) == STATUS_MORE_PROCESSING_REQUIRED)
                return FALSE;
        } else {
            if (Irp->PendingReturned && !Top)
                IoMarkIrpPending(Irp);
            if (Top)
                IopCheckInformation(Irp, Stack);
            IopClearLocation(Stack);
        }
        IoSkipCurrentIrpStackLocation(
            Irp); /* in the end past StackCount + 1: a second completion shows */
    }
    return TRUE;
}

static VOID IopCompleteAssociated(PIRP Irp, CCHAR Boost)
{
    PIRP Master = Irp->AssociatedIrp.MasterIrp;
    LONG Left = InterlockedDecrement(&Master->AssociatedIrp.IrpCount);

    IopFreeMdls(Irp);
    IoFreeIrp(Irp);
    if (Left == 0)
        IofCompleteRequest(Master, Boost);
}

static VOID IopUnlockMdls(PIRP Irp)
{
    PMDL Mdl;

    for (Mdl = Irp->MdlAddress; Mdl != NULL; Mdl = Mdl->Next)
        if (Mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(Mdl);
}

/* [doc: Bug Check 0xC9: 0x23D] */
static DECLSPEC_NORETURN VOID IopStopUnmarked(PIRP Irp)
{
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    UCHAR Major = ((PIO_STACK_LOCATION)(Irp + 1) + Irp->StackCount - 1)->MajorFunction;
    PDRIVER_DISPATCH Dispatch = Device->DriverObject->MajorFunction[Major];

    KeSetBugCheckText("IRP %p was completed after a dispatch routine of %wZ (the one at %p for "
                      "major function %#x, or one "
                      "below it) returned STATUS_PENDING, but was never marked by IoMarkIrpPending",
                      Irp, &Device->DriverObject->DriverName, (PVOID)Dispatch, Major);
    KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x23D, (ULONG_PTR)Dispatch, (ULONG_PTR)Irp,
                 STATUS_PENDING);
}

/* TRUE: the service that sent Irp is still in its call and finishes it. */
static BOOLEAN IopDeferToCaller(PIRP Irp)
{
    IOP_CALL_STATE *Call = IopCallState(Irp);

    if (Call == NULL) {
        if ((Irp->Flags & IRP_DEFER_IO_COMPLETION) && !Irp->PendingReturned)
            IopStopUnmarked(Irp);
        return FALSE;
    }
    IopCallState(Irp) = NULL;
    Call->Completed = TRUE;
    Call->Deferred = !Irp->PendingReturned;
    return Call->Deferred;
}

static VOID IopQueueCompletionApc(PIRP Irp, CCHAR Boost)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;

    if (Thread == NULL)
        IopBugCheckIrp(IRQL_NOT_LESS_OR_EQUAL, Irp, KeGetCurrentIrql(), 0, 0,
                       "made by IoAllocateIrp, completed to its end: its owner's completion "
                       "routine must return "
                       "STATUS_MORE_PROCESSING_REQUIRED, or there is none");
    KeInitializeApc(&Irp->Tail.Apc, (PRKTHREAD)Thread, (KAPC_ENVIRONMENT)Irp->ApcEnvironment,
                    IopCompletionApc, IopCompletionRundown, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(&Irp->Tail.Apc, File, NULL, Boost)) {
        Irp->Tail.Apc.SystemArgument1 = File;
        IopCompletionRundown(&Irp->Tail.Apc);
    }
}

static VOID IopCheckCompletion(PIRP Irp)
{
    if (Irp->Type != IO_TYPE_IRP || Irp->CurrentLocation > Irp->StackCount + 1)
        IopBugCheckIrp(MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0, 0, 0, "completed more than once");
    if (Irp->CancelRoutine != NULL)
        IopBugCheckIrp(CANCEL_STATE_IN_COMPLETED_IRP, Irp, (ULONG_PTR)Irp->CancelRoutine, 0, 0,
                       "completed while its cancel routine is still set");
    if (Irp->IoStatus.Status == STATUS_PENDING || (ULONG)Irp->IoStatus.Status == MAXULONG) {
        KeSetBugCheckText("IRP %p completed with status %#x", Irp, Irp->IoStatus.Status);
        KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 6, (ULONG)Irp->IoStatus.Status,
                     (ULONG_PTR)Irp, 0);
    }
}

NT_EXPORT(IofCompleteRequest);
VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    IopCheckCompletion(Irp);
    if (!IopUnwindStack(Irp))
        return;
    if (Irp->Flags & IRP_ASSOCIATED_IRP) {
        IopCompleteAssociated(Irp, PriorityBoost);
        return;
    }
    if (Irp->Flags & (IRP_PAGING_IO | IRP_CLOSE_OPERATION)) {
        *Irp->UserIosb = Irp->IoStatus;
        KeSetEvent(Irp->UserEvent, PriorityBoost, FALSE); /* the sender frees it */
        return;
    }
    if (Irp->MdlAddress != NULL)
        IopUnlockMdls(Irp);
    if (Irp->Tail.Overlay.AuxiliaryBuffer != NULL) { /* the completion APC lies over it */
        ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
        Irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    }
    if (!IopDeferToCaller(Irp))
        IopQueueCompletionApc(Irp, PriorityBoost);
}

#undef IoCompleteRequest
NT_EXPORT(IoCompleteRequest);
VOID NTAPI IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
VOID NTAPI IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    IofCompleteRequest(Irp, PriorityBoost);
}

/* ---- sending ---- */

/* What the dispatch routine did must fit what it returned. [doc: Bug Check 0xC9: 0x226, 0x23D,
 * 0x23E] */
static VOID IopCheckCall(const IOP_CALL_STATE *Call, PDEVICE_OBJECT Device, PIRP Irp, ULONG Major,
                         NTSTATUS Status)
{
    PDRIVER_DISPATCH Dispatch;
    const char *What;
    ULONG Code;

    if (Status == STATUS_PENDING ? !Call->Deferred : Call->Deferred)
        return;
    if (Status == STATUS_PENDING) {
        Code = 0x23D;
        What = "returned STATUS_PENDING for a request that it completed and did not mark pending";
    } else if (Call->Completed) {
        Code = 0x23E;
        What = "marked a request pending (IoMarkIrpPending) and did not return STATUS_PENDING";
    } else {
        Code = 0x226;
        What = "neither passed the request on nor completed it nor returned STATUS_PENDING";
    }
    Dispatch = Device->DriverObject->MajorFunction[Major];
    KeSetBugCheckText("the dispatch routine of %wZ for major function %#x (device %p, IRP %p) "
                      "returned %#x: it %s",
                      &Device->DriverObject->DriverName, Major, Device, Irp, Status, What);
    KeBugCheckEx(DRIVER_VERIFIER_IOMANAGER_VIOLATION, Code, (ULONG_PTR)Dispatch, (ULONG_PTR)Irp,
                 (ULONG)Status);
}

/* Waits for a synchronous request; an alert or a user APC cancels it first where the file asked for
 * that. */
static NTSTATUS IopAwaitFile(PIRP Irp, PFILE_OBJECT File, KPROCESSOR_MODE Mode)
{
    BOOLEAN Alertable = (File->Flags & FO_ALERTABLE_IO) != 0;
    NTSTATUS Status = KeWaitForSingleObject(&File->Event, Executive, Mode, Alertable, NULL);

    if (Status == STATUS_ALERTED || Status == STATUS_USER_APC) {
        KIRQL OldIrql =
            KfRaiseIrql(APC_LEVEL); /* the completion APC cannot free the IRP meanwhile */
        BOOLEAN Pending =
            KeReadStateEvent(&File->Event) == 0 && !IsListEmpty(&Irp->ThreadListEntry);

        if (Pending)
            IoCancelIrp(Irp);
        KeLowerIrql(OldIrql);
        KeWaitForSingleObject(&File->Event, Executive, KernelMode, FALSE, NULL);
    }
    return File->FinalStatus;
}

NTSTATUS IopSendFileIrp(PDEVICE_OBJECT Device, PIRP Irp, PFILE_OBJECT File, BOOLEAN Synchronous)
{
    ULONG Major = IoGetNextIrpStackLocation(Irp)->MajorFunction;
    KPROCESSOR_MODE Mode = Irp->RequestorMode;
    IOP_CALL_STATE Call = { FALSE, FALSE };
    NTSTATUS Status;

    if (Synchronous)
        ObReferenceObject(File); /* the request's own reference may go before the wait ends */
    Irp->Flags |= IRP_DEFER_IO_COMPLETION;
    IopQueueThreadIrp(Irp);
    IopCallState(Irp) = &Call;
    Status = IofCallDriver(Device, Irp);
    IopCheckCall(&Call, Device, Irp, Major, Status);
    if (Status == STATUS_PENDING) {
        if (!Call.Completed)
            IopCallState(Irp) = NULL;
    } else {
        KIRQL OldIrql = KfRaiseIrql(APC_LEVEL);

        IopFinishIrp(Irp, File);
        KeLowerIrql(OldIrql);
        ObDereferenceObject(File);
    }
    if (Synchronous) {
        if (Status == STATUS_PENDING)
            Status = IopAwaitFile(Irp, File, Mode);
        IopReleaseFileLock(File);
        ObDereferenceObject(File);
    }
    return Status;
}

NTSTATUS IopSendKernelIrp(PDEVICE_OBJECT Device, PIRP Irp, PIO_STATUS_BLOCK Iosb)
{
    KEVENT Event;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->Flags |= IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    Irp->UserEvent = &Event;
    Irp->UserIosb = Iosb;
    if (Irp->Tail.Overlay.Thread == NULL)
        Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Iosb->Status = STATUS_PENDING;
    Status = IofCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    } else if (KeReadStateEvent(&Event) == 0) {
        IOP_CALL_STATE Call = { FALSE, FALSE };

        IopCheckCall(&Call, Device, Irp, 0, Status); /* bug check: not completed */
    }
    if (Irp->Flags & IRP_CREATE_OPERATION)
        FsRtlEndCreate(Irp);
    IoFreeIrp(Irp);
    return Iosb->Status;
}
