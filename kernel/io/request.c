/*
 * What the file services have in common: handle, event, status block, file lock, IRP, buffers.
 */
#include "iop.h"

/* A status block in user memory can be written now. Raises. */
static VOID IopProbeIosb(PIO_STATUS_BLOCK Iosb)
{
    if (((ULONG_PTR)Iosb & 3) != 0)
        ExRaiseDatatypeMisalignment();
    if ((ULONG_PTR)Iosb >= MM_USER_PROBE_ADDRESS)
        ExRaiseAccessViolation();
    *(volatile NTSTATUS *)&Iosb->Status = *(volatile NTSTATUS *)&Iosb->Status;
}

static NTSTATUS IopTryProbeIosb(PIO_STATUS_BLOCK Iosb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        IopProbeIosb(Iosb);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS IopTakeEvent(IOP_REQUEST *Request, HANDLE Event)
{
    NTSTATUS Status;

    if (Event == NULL)
        return STATUS_SUCCESS;
    Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, Request->Mode,
                                       (PVOID *)&Request->Event, NULL);
    if (NT_SUCCESS(Status))
        KeClearEvent(Request->Event);
    return Status;
}

static NTSTATUS IopTakeFile(IOP_REQUEST *Request, HANDLE Handle, ACCESS_MASK Access)
{
    OBJECT_HANDLE_INFORMATION Info;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, 0, IopFileType, Request->Mode, (PVOID *)&Request->File,
                                                &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    Request->AppendOnly = (Info.GrantedAccess & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA;
    Request->Granted = Request->Mode == KernelMode ? FILE_ALL_ACCESS : Info.GrantedAccess;
    if (Access == 0 || (Request->Granted & Access))
        return STATUS_SUCCESS;
    ObDereferenceObject(Request->File);
    return STATUS_ACCESS_DENIED;
}

NTSTATUS IopBeginRequest(IOP_REQUEST *Request, HANDLE FileHandle, ACCESS_MASK Access, HANDLE Event,
                         PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Iosb)
{
    NTSTATUS Status;

    Request->Mode = IopPreviousMode();
    Request->Event = NULL;
    Request->Irp = NULL;
    Request->Synchronous = FALSE;
    Request->Iosb = Iosb;
    Request->Apc = Apc;
    Request->ApcContext = ApcContext;
    if (Request->Mode != KernelMode) {
        Status = IopTryProbeIosb(Iosb);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = IopTakeFile(Request, FileHandle, Access);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Apc != NULL && Request->File->CompletionContext != NULL)
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        Status = IopTakeEvent(Request, Event);
    if (NT_SUCCESS(Status) && (Request->File->Flags & FO_SYNCHRONOUS_IO)) {
        Status = IopAcquireFileLock(Request->File);
        Request->Synchronous = Status == STATUS_SUCCESS;
    }
    if (Status != STATUS_SUCCESS) {
        if (Request->Event != NULL)
            ObDereferenceObject(Request->Event);
        ObDereferenceObject(Request->File);
        return Status;
    }
    Request->Device = IoGetRelatedDeviceObject(Request->File);
    KeClearEvent(&Request->File->Event);
    return STATUS_SUCCESS;
}

NTSTATUS IopBeginSynchronous(IOP_REQUEST *Request, HANDLE FileHandle, ACCESS_MASK Access, PIO_STATUS_BLOCK Iosb)
{
    return IopBeginRequest(Request, FileHandle, Access, NULL, NULL, NULL, Iosb);
}

static VOID IopCountOperation(ULONG Major)
{
    IO_COUNTERS *Counters = &PsCurrentProcess()->IoCounters;

    if (Major == IRP_MJ_READ) {
        IoReadOperationCount++;
        Counters->ReadOperationCount++;
    } else if (Major == IRP_MJ_WRITE) {
        IoWriteOperationCount++;
        Counters->WriteOperationCount++;
    } else {
        IoOtherOperationCount++;
        Counters->OtherOperationCount++;
    }
}

NTSTATUS IopMakeRequestIrp(IOP_REQUEST *Request, ULONG Major, ULONG Minor)
{
    PIRP Irp = IopAllocateIrp(Request->Device->StackSize);

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->Tail.Overlay.OriginalFileObject = Request->File;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->ApcEnvironment = KiGetPrcb()->CurrentThread->ApcStateIndex;
    Irp->RequestorMode = Request->Mode;
    Irp->UserIosb = Request->Iosb;
    Irp->UserEvent = Request->Event;
    Irp->Overlay.AsynchronousParameters.UserApcRoutine = Request->Apc;
    Irp->Overlay.AsynchronousParameters.UserApcContext = Request->ApcContext;
    Request->Irp = Irp;
    Request->Stack = IoGetNextIrpStackLocation(Irp);
    Request->Stack->MajorFunction = (UCHAR)Major;
    Request->Stack->MinorFunction = (UCHAR)Minor;
    Request->Stack->FileObject = Request->File;
    IopCountOperation(Major);
    return STATUS_SUCCESS;
}

VOID IopAbandonRequest(IOP_REQUEST *Request)
{
    PIRP Irp = Request->Irp;

    if (Irp != NULL) {
        if (Irp->MdlAddress != NULL) {
            if (Irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED)
                MmUnlockPages(Irp->MdlAddress);
            IoFreeMdl(Irp->MdlAddress);
        }
        if (Irp->Flags & IRP_DEALLOCATE_BUFFER)
            IopFreeSystemBuffer(Irp);
        if (Irp->Tail.Overlay.AuxiliaryBuffer != NULL)
            ExFreePool(Irp->Tail.Overlay.AuxiliaryBuffer);
        IoFreeIrp(Irp);
    }
    if (Request->Synchronous)
        IopReleaseFileLock(Request->File);
    if (Request->Event != NULL)
        ObDereferenceObject(Request->Event);
    ObDereferenceObject(Request->File);
}

NTSTATUS IopSendRequest(IOP_REQUEST *Request)
{
    return IopSendFileIrp(Request->Device, Request->Irp, Request->File, Request->Synchronous);
}

NTSTATUS IopSendRequestAndWait(IOP_REQUEST *Request)
{
    PIO_STATUS_BLOCK UserIosb = Request->Iosb;
    IO_STATUS_BLOCK Local;
    KEVENT Event;
    NTSTATUS Status;

    if (Request->Synchronous)
        return IopSendRequest(Request);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Request->Irp->UserEvent = &Event;
    Request->Irp->UserIosb = &Local;
    Request->Irp->Flags |= IRP_SYNCHRONOUS_API;
    ObReferenceObject(Request->File);
    Status = IopSendFileIrp(Request->Device, Request->Irp, Request->File, FALSE);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Local.Status;
    } else {
        Local.Status = Status;
    }
    if (!NT_ERROR(Status)) {
        __try {
            UserIosb->Information = Local.Information;
            UserIosb->Status = Local.Status;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    ObDereferenceObject(Request->File);
    return Status;
}

/* ---- buffers ---- */

VOID IopProbe(const IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN Write)
{
    if (Request->Mode == KernelMode)
        return;
    if (Write)
        ProbeForWrite(Buffer, Length, 1);
    else
        ProbeForRead(Buffer, Length, 1);
}

BOOLEAN IopAttachSystemBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToCaller)
{
    PIRP Irp = Request->Irp;

    if (Length == 0)
        return TRUE;
    if (!IopAllocateSystemBuffer(Irp, Length))
        return FALSE;
    Irp->UserBuffer = Buffer;
    if (ToCaller)
        Irp->Flags |= IRP_INPUT_OPERATION;
    else
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Buffer, Length);
    return TRUE;
}

BOOLEAN IopAttachBuffer(IOP_REQUEST *Request, PVOID Buffer, ULONG Length, BOOLEAN ToCaller)
{
    PIRP Irp = Request->Irp;

    if (Request->Device->Flags & DO_BUFFERED_IO)
        return IopAttachSystemBuffer(Request, Buffer, Length, ToCaller);
    if (!(Request->Device->Flags & DO_DIRECT_IO)) {
        Irp->UserBuffer = Buffer;
        return TRUE;
    }
    if (Length == 0)
        return TRUE;
    if (IoAllocateMdl(Buffer, Length, FALSE, FALSE, Irp) == NULL)
        return FALSE;
    MmProbeAndLockPages(Irp->MdlAddress, Request->Mode, ToCaller ? IoWriteAccess : IoReadAccess);
    return TRUE;
}
