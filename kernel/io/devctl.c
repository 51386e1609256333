/*
 * NtDeviceIoControlFile and NtFsControlFile: the four transfer methods, access from the control code, Fast I/O.
 * [doc: Defining I/O Control Codes, Buffer Descriptions for I/O Control Codes]
 */
#include "iop.h"

typedef struct _IOP_CONTROL {
    ULONG Code;
    PVOID Input, Output;
    ULONG InputLength, OutputLength;
} IOP_CONTROL;

/* The code says which rights the handle must have. [doc: RequiredAccess] */
static NTSTATUS IopCheckControlAccess(const IOP_REQUEST *Request, ULONG Code)
{
    ULONG Access = Code >> 14 & 3;

    if (((Access & FILE_READ_ACCESS) && !(Request->Granted & FILE_READ_DATA))
        || ((Access & FILE_WRITE_ACCESS) && !(Request->Granted & FILE_WRITE_DATA)))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* Ends a request that Fast I/O has done. */
static NTSTATUS IopFinishFast(IOP_REQUEST *Request, PIO_STATUS_BLOCK Result)
{
    NTSTATUS Status = Result->Status;
    PIO_COMPLETION_CONTEXT Port = Request->File->CompletionContext;

    __try {
        *Request->Iosb = *Result;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeSetEvent(Request->Event != NULL ? Request->Event : &Request->File->Event, IO_NO_INCREMENT, FALSE);
    if (Port != NULL && Request->ApcContext != NULL &&
        !IopPostCompletion(Port->Port, Port->Key, Request->ApcContext, Result->Status, Result->Information))
        Status = STATUS_INSUFFICIENT_RESOURCES; /* so that nobody waits for a packet that will not come */
    IopAbandonRequest(Request);
    return Status;
}

/* TRUE: the driver has done it by Fast I/O. Not with an APC: that needs an IRP. */
static BOOLEAN IopTryFastControl(IOP_REQUEST *Request, const IOP_CONTROL *Control, PIO_STATUS_BLOCK Result)
{
    PFAST_IO_DISPATCH Fast = Request->Device->DriverObject->FastIoDispatch;
    BOOLEAN Done = FALSE;

    if (Fast == NULL || Request->Apc != NULL
        || Fast->SizeOfFastIoDispatch <= FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl)
        || Fast->FastIoDeviceControl == NULL)
        return FALSE;
    Result->Information = 0;
    Result->Status = STATUS_SUCCESS;
    __try {
        IopProbe(Request, Control->Input, Control->InputLength, FALSE);
        IopProbe(Request, Control->Output, Control->OutputLength, TRUE);
        Done = Fast->FastIoDeviceControl(Request->File, TRUE, Control->Input, Control->InputLength, Control->Output,
                                         Control->OutputLength, Control->Code, Result, Request->Device);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Result->Status = GetExceptionCode();
        Done = TRUE;
    }
    return Done;
}

/* METHOD_BUFFERED: one system buffer, as long as the longer of the two. */
static BOOLEAN IopAttachBuffered(IOP_REQUEST *Request, const IOP_CONTROL *Control)
{
    PIRP Irp = Request->Irp;
    ULONG Length = max(Control->InputLength, Control->OutputLength);

    IopProbe(Request, Control->Input, Control->InputLength, FALSE);
    IopProbe(Request, Control->Output, Control->OutputLength, TRUE);
    if (Length == 0)
        return TRUE;
    if (!IopAllocateSystemBuffer(Irp, Length))
        return FALSE;
    if (Control->InputLength != 0)
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Control->Input, Control->InputLength);
    if (Control->OutputLength != 0) {
        Irp->UserBuffer = Control->Output;
        Irp->Flags |= IRP_INPUT_OPERATION;
    }
    return TRUE;
}

/* METHOD_IN_DIRECT and METHOD_OUT_DIRECT: input in a system buffer, output described by a locked MDL. */
static BOOLEAN IopAttachDirect(IOP_REQUEST *Request, const IOP_CONTROL *Control, LOCK_OPERATION Operation)
{
    PIRP Irp = Request->Irp;

    if (Control->InputLength != 0 && Control->Input != NULL) {
        IopProbe(Request, Control->Input, Control->InputLength, FALSE);
        if (!IopAllocateSystemBuffer(Irp, Control->InputLength))
            return FALSE;
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Control->Input, Control->InputLength);
    }
    if (Control->OutputLength == 0)
        return TRUE;
    if (IoAllocateMdl(Control->Output, Control->OutputLength, FALSE, FALSE, Irp) == NULL)
        return FALSE;
    MmProbeAndLockPages(Irp->MdlAddress, Request->Mode, Operation);
    return TRUE;
}

static BOOLEAN IopAttachControl(IOP_REQUEST *Request, const IOP_CONTROL *Control)
{
    switch (METHOD_FROM_CTL_CODE(Control->Code)) {
    case METHOD_BUFFERED:
        return IopAttachBuffered(Request, Control);
    case METHOD_IN_DIRECT:
        return IopAttachDirect(Request, Control, IoReadAccess);
    case METHOD_OUT_DIRECT:
        return IopAttachDirect(Request, Control, IoWriteAccess);
    default: /* METHOD_NEITHER: the driver gets the addresses as they are */
        Request->Irp->UserBuffer = Control->Output;
        Request->Stack->Parameters.DeviceIoControl.Type3InputBuffer = Control->Input;
        return TRUE;
    }
}

static NTSTATUS IopControl(IOP_REQUEST *Request, const IOP_CONTROL *Control, ULONG Major)
{
    IO_STATUS_BLOCK Result;
    NTSTATUS Status = IopCheckControlAccess(Request, Control->Code);

    if (!NT_SUCCESS(Status))
        goto Abandon;
    if (Major == IRP_MJ_DEVICE_CONTROL && IopTryFastControl(Request, Control, &Result))
        return IopFinishFast(Request, &Result);
    Status = IopMakeRequestIrp(Request, Major, 0); /* IRP_MN_USER_FS_REQUEST is 0 too */
    if (!NT_SUCCESS(Status))
        goto Abandon;
    if (Request->Granted & FILE_READ_DATA)
        Request->Stack->Flags |= SL_READ_ACCESS_GRANTED;
    if (Request->Granted & FILE_WRITE_DATA)
        Request->Stack->Flags |= SL_WRITE_ACCESS_GRANTED;
    Request->Stack->Parameters.DeviceIoControl.OutputBufferLength = Control->OutputLength;
    Request->Stack->Parameters.DeviceIoControl.InputBufferLength = Control->InputLength;
    Request->Stack->Parameters.DeviceIoControl.IoControlCode = Control->Code;
    __try {
        if (!IopAttachControl(Request, Control))
            Status = STATUS_INSUFFICIENT_RESOURCES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        goto Abandon;
    return IopSendRequest(Request);

Abandon:
    IopAbandonRequest(Request);
    return Status;
}

NT_SERVICE(DeviceIoControlFile);
NT_EXPORT(NtDeviceIoControlFile);
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                     PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    IOP_CONTROL Control = { IoControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength };
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, 0, Event, ApcRoutine, ApcContext, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopControl(&Request, &Control, IRP_MJ_DEVICE_CONTROL);
}

NT_SERVICE(FsControlFile);
NT_EXPORT(NtFsControlFile);
NTSTATUS NTAPI NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer,
                               ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    IOP_CONTROL Control = { FsControlCode, InputBuffer, OutputBuffer, InputBufferLength, OutputBufferLength };
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, 0, Event, ApcRoutine, ApcContext, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopControl(&Request, &Control, IRP_MJ_FILE_SYSTEM_CONTROL);
}
