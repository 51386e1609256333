/*
 * What the I/O manager tells about threads, processes and requests' origins. Left out: 32-bit processes (there are
 * none), hard error pop-ups (reported as log lines).
 */
#include "iop.h"

NT_EXPORT(IoGetCurrentProcess);
PEPROCESS NTAPI IoGetCurrentProcess(VOID)
{
    return PsCurrentProcess();
}

NT_EXPORT(IoThreadToProcess);
PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    return Thread->ThreadsProcess;
}

NT_EXPORT(IoGetRequestorProcess);
PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;

    if (Thread == NULL)
        return NULL;
    if (Irp->ApcEnvironment == AttachedApcEnvironment)
        return (PEPROCESS)Thread->Tcb.ApcState.Process;
    return Thread->ThreadsProcess;
}

NT_EXPORT(IoGetRequestorProcessId);
ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);

    return Process == NULL ? 0 : (ULONG)(ULONG_PTR)Process->UniqueProcessId;
}

NT_EXPORT(IoGetRequestorSessionId);
NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG SessionId)
{
    *SessionId = 0; /* one session */
    if (IoGetRequestorProcess(Irp) != NULL)
        return STATUS_SUCCESS;
    *SessionId = MAXULONG;
    return STATUS_UNSUCCESSFUL;
}

NT_EXPORT(IoIs32bitProcess);
BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    PEPROCESS Process = Irp != NULL ? IoGetRequestorProcess(Irp) : PsCurrentProcess();

    return Process != NULL && Process->WoW64Process != NULL;
}

NT_EXPORT(IoIsSystemThread);
BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread)
{
    return Thread->Tcb.SystemThread;
}

/* Only stack bounds of the thread's own stack are known; a DPC runs on it or on its processor's. */
NT_EXPORT(IoGetStackLimits);
VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    KTHREAD *Thread = KiGetPrcb()->CurrentThread;
    ULONG_PTR Here = (ULONG_PTR)__builtin_frame_address(0);

    *LowLimit = (ULONG_PTR)Thread->StackLimit;
    *HighLimit = (ULONG_PTR)Thread->StackBase;
    if (Here >= *LowLimit && Here < *HighLimit)
        return;
    *HighLimit = (ULONG_PTR)KiGetPrcb()->DpcStack;
    *LowLimit = *HighLimit - KE_STACK_BYTES;
}

NT_EXPORT(IoWithinStackLimits);
ULONG NTAPI IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize)
{
    ULONG_PTR Low, High;

    IoGetStackLimits(&Low, &High);
    return RegionStart >= Low && RegionSize <= High - Low && RegionStart <= High - RegionSize;
}

NT_EXPORT(IoGetInitialStack);
PVOID NTAPI IoGetInitialStack(VOID)
{
    return KiGetPrcb()->CurrentThread->InitialStack;
}

NT_EXPORT(IoGetTopLevelIrp);
PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    return PsGetCurrentThread()->TopLevelIrp;
}

NT_EXPORT(IoSetTopLevelIrp);
VOID NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    PsGetCurrentThread()->TopLevelIrp = Irp;
}

NT_EXPORT(IoGetDeviceToVerify);
PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    return Thread->DeviceToVerify;
}

NT_EXPORT(IoSetDeviceToVerify);
VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    Thread->DeviceToVerify = DeviceObject;
}

NT_EXPORT(IoSetHardErrorOrVerifyDevice);
VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject)
{
    if (Irp->Tail.Overlay.Thread != NULL)
        Irp->Tail.Overlay.Thread->DeviceToVerify = DeviceObject;
}

NT_EXPORT(IoSetThreadHardErrorMode);
BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    PETHREAD Thread = PsGetCurrentThread();
    BOOLEAN Old = !Thread->HardErrorsAreDisabled;

    Thread->HardErrorsAreDisabled = !EnableHardErrors;
    return Old;
}

static VOID IopReportHardError(NTSTATUS Status, PUNICODE_STRING Text)
{
    UNICODE_STRING None = { 0, 0, NULL };
    char Line[256];

    _snprintf(Line, sizeof(Line) - 1, "hard error %#x %wZ\n", Status, Text != NULL ? Text : &None);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

NT_EXPORT(IoRaiseInformationalHardError);
BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread)
{
    if (Thread != NULL && ((PETHREAD)Thread)->HardErrorsAreDisabled)
        return FALSE;
    IopReportHardError(ErrorStatus, String);
    return TRUE;
}

/* Nobody answers the pop-up: the request fails with its status, as after "Cancel". */
NT_PARTIAL(IoRaiseHardError, "the user's choice to retry: the request always fails");
VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject)
{
    UNREFERENCED_PARAMETER(Vpb);
    UNREFERENCED_PARAMETER(RealDeviceObject);
    IopReportHardError(Irp->IoStatus.Status, NULL);
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

NT_EXPORT(IoIsOperationSynchronous);
BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    if ((Irp->Flags & IRP_PAGING_IO) && !(Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO))
        return FALSE;
    if (File != NULL && (File->Flags & FO_SYNCHRONOUS_IO))
        return TRUE;
    return (Irp->Flags & (IRP_SYNCHRONOUS_API | IRP_SYNCHRONOUS_PAGING_IO)) != 0;
}

NT_EXPORT(IoGetIoPriorityHint);
IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP Irp)
{
    return (IO_PRIORITY_HINT)((Irp->Flags >> 17 & 7) == 0 ? IoPriorityNormal : (Irp->Flags >> 17 & 7) - 1);
}

NT_EXPORT(IoSetIoPriorityHint);
NTSTATUS NTAPI IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint)
{
    if ((ULONG)PriorityHint >= MaxIoPriorityTypes)
        return STATUS_INVALID_PARAMETER;
    Irp->Flags = (Irp->Flags & ~(7u << 17)) | ((ULONG)PriorityHint + 1) << 17;
    return STATUS_SUCCESS;
}

/* Requests carry no transaction: there is no transactional file system. */
NT_EXPORT(IoGetTransactionParameterBlock);
PTXN_PARAMETER_BLOCK NTAPI IoGetTransactionParameterBlock(PFILE_OBJECT FileObject)
{
    UNREFERENCED_PARAMETER(FileObject);
    return NULL;
}

NT_EXPORT(IoIsFileOriginRemote);
BOOLEAN NTAPI IoIsFileOriginRemote(PFILE_OBJECT FileObject)
{
    return (FileObject->Flags & FO_REMOTE_ORIGIN) != 0;
}

NT_EXPORT(IoSetFileOrigin);
NTSTATUS NTAPI IoSetFileOrigin(PFILE_OBJECT FileObject, BOOLEAN Remote)
{
    if (((FileObject->Flags & FO_REMOTE_ORIGIN) != 0) == (Remote != FALSE))
        return STATUS_INVALID_PARAMETER_MIX;
    if (Remote)
        FileObject->Flags |= FO_REMOTE_ORIGIN;
    else
        FileObject->Flags &= ~FO_REMOTE_ORIGIN;
    return STATUS_SUCCESS;
}

/* ---- forwarding and guarded completion ---- */

static NTSTATUS NTAPI IopForwardDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    if (Irp->PendingReturned)
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NT_EXPORT(IoForwardIrpSynchronously);
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp);
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT Event;

    if (Irp->CurrentLocation <= 1)
        return FALSE;
    IoCopyCurrentIrpStackLocationToNext(Irp);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, IopForwardDone, &Event, TRUE, TRUE, TRUE);
    if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Suspended, KernelMode, FALSE, NULL);
    return TRUE;
}

NT_EXPORT_ALIAS(IoForwardAndCatchIrp, IoForwardIrpSynchronously);

typedef struct _IOP_SAFE_COMPLETION {
    PDEVICE_OBJECT Device;
    PIO_COMPLETION_ROUTINE Routine;
    PVOID Context;
} IOP_SAFE_COMPLETION;

/* The driver stays loaded until its routine has returned. [doc: IoSetCompletionRoutineEx] */
static NTSTATUS NTAPI IopSafeCompletion(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    IOP_SAFE_COMPLETION Safe = *(IOP_SAFE_COMPLETION *)Context;
    NTSTATUS Status;

    ExFreePoolWithTag(Context, IOP_TAG_GENERAL);
    Status = Safe.Routine(Device, Irp, Safe.Context);
    ObDereferenceObject(Safe.Device);
    return Status;
}

NT_EXPORT(IoSetCompletionRoutineEx);
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                        PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel)
{
    IOP_SAFE_COMPLETION *Safe = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Safe), IOP_TAG_GENERAL);

    if (Safe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(DeviceObject);
    Safe->Device = DeviceObject;
    Safe->Routine = CompletionRoutine;
    Safe->Context = Context;
    IoSetCompletionRoutine(Irp, IopSafeCompletion, Safe, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
    return STATUS_SUCCESS;
}
