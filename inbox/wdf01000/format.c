/*
 * What a request's next stack location is filled with: reads and writes by the target's I/O type,
 * control codes by their method, three arguments for the others [doc: Formatting Requests for
 * General I/O Targets; Buffer Descriptions for I/O Control Codes].
 */
#include "target.h"

/* ---- buffers ---- */

NTSTATUS FxBufferOfMemory(FX_GLOBALS *Globals, WDFMEMORY Handle, PWDFMEMORY_OFFSET Offset,
                          FX_BUFFER *Buffer)
{
    FX_MEMORY *Memory;

    RtlZeroMemory(Buffer, sizeof(*Buffer));
    if (Handle == NULL)
        return STATUS_SUCCESS;
    Memory = FX_OBJECT_OF(FX_MEMORY, Globals, Handle, FxTypeMemory);
    Buffer->Memory = Memory;
    Buffer->Offset = Offset != NULL ? Offset->BufferOffset : 0;
    if (Buffer->Offset > Memory->Length)
        return FxMistake(Globals, STATUS_INTEGER_OVERFLOW, "offset 0x%Ix of a memory of 0x%Ix",
                         Buffer->Offset, Memory->Length);
    Buffer->Length = Memory->Length - Buffer->Offset;
    if (Offset != NULL && Offset->BufferLength != 0) {
        if (Offset->BufferLength > Buffer->Length)
            return FxMistake(Globals, STATUS_BUFFER_TOO_SMALL,
                             "length 0x%Ix at 0x%Ix of a memory of 0x%Ix", Offset->BufferLength,
                             Buffer->Offset, Memory->Length);
        Buffer->Length = Offset->BufferLength;
    }
    Buffer->Address = (PUCHAR)Memory->Buffer + Buffer->Offset;
    Buffer->Mdl = Memory->Mdl;
    return Buffer->Length <= MAXULONG ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE;
}

NTSTATUS FxBufferOfDescriptor(FX_GLOBALS *Globals, PWDF_MEMORY_DESCRIPTOR Descriptor,
                              FX_BUFFER *Buffer)
{
    RtlZeroMemory(Buffer, sizeof(*Buffer));
    if (Descriptor == NULL)
        return STATUS_SUCCESS;
    switch (Descriptor->Type) {
    case WdfMemoryDescriptorTypeBuffer:
        Buffer->Address = Descriptor->u.BufferType.Buffer;
        Buffer->Length = Descriptor->u.BufferType.Length;
        return STATUS_SUCCESS;
    case WdfMemoryDescriptorTypeMdl:
        Buffer->Mdl = Descriptor->u.MdlType.Mdl;
        Buffer->Length = Descriptor->u.MdlType.BufferLength;
        Buffer->Address =
            MmGetSystemAddressForMdlSafe(Buffer->Mdl, NormalPagePriority | MdlMappingNoExecute);
        if (Buffer->Length > MmGetMdlByteCount(Buffer->Mdl))
            return FxMistake(Globals, STATUS_BUFFER_TOO_SMALL, "the MDL is shorter than 0x%Ix",
                             Buffer->Length);
        return Buffer->Address != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    case WdfMemoryDescriptorTypeHandle:
        return FxBufferOfMemory(Globals, Descriptor->u.HandleType.Memory,
                                Descriptor->u.HandleType.Offsets, Buffer);
    default:
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_MEMORY_DESCRIPTOR of type %d",
                         Descriptor->Type);
    }
}

/* Locks pages for a buffer that no MDL describes. */
static NTSTATUS FxLockBuffer(FX_SEND *Send, const FX_BUFFER *Buffer)
{
    NTSTATUS Status = STATUS_SUCCESS;

    Send->Mdl = IoAllocateMdl(Buffer->Address, (ULONG)Buffer->Length, FALSE, FALSE, NULL);
    if (Send->Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(Send->Mdl, KernelMode, IoModifyAccess);
        Send->MdlIsLocked = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS FxDescribeBuffer(FX_SEND *Send, const FX_BUFFER *Buffer, PMDL *Mdl)
{
    NTSTATUS Status;

    *Mdl = NULL;
    if (Buffer->Length == 0)
        return STATUS_SUCCESS;
    if (Buffer->Mdl == NULL) {
        Status = FxLockBuffer(Send, Buffer);
        if (NT_SUCCESS(Status))
            *Mdl = Send->Mdl;
        return Status;
    }
    if (Buffer->Offset == 0 && Buffer->Length == MmGetMdlByteCount(Buffer->Mdl)) {
        *Mdl = Buffer->Mdl;
        return STATUS_SUCCESS;
    }
    Send->Mdl = IoAllocateMdl((PUCHAR)MmGetMdlVirtualAddress(Buffer->Mdl) + Buffer->Offset,
                              (ULONG)Buffer->Length, FALSE, FALSE, NULL);
    if (Send->Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoBuildPartialMdl(Buffer->Mdl, Send->Mdl,
                      (PUCHAR)MmGetMdlVirtualAddress(Buffer->Mdl) + Buffer->Offset,
                      (ULONG)Buffer->Length);
    *Mdl = Send->Mdl;
    return STATUS_SUCCESS;
}

VOID FxKeepMemory(FX_SEND *Send, ULONG Index, const FX_BUFFER *Buffer)
{
    if (Buffer->Memory == NULL)
        return;
    FxObjectReference(&Buffer->Memory->Object);
    Send->Memory[Index] = Buffer->Memory;
}

WDFMEMORY FxMemoryHandle(const FX_BUFFER *Buffer)
{
    return Buffer->Memory != NULL ? FX_HANDLE(WDFMEMORY, Buffer->Memory) : NULL;
}

/* ---- the beginning and the end of a formatting ---- */

NTSTATUS FxFormatBegin(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major, FX_SEND **Result)
{
    FX_SEND *Send = FxSendOf(Request);
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;

    if (Send == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Send->IsSent || Send->IsWaiting)
        FxViolation(Request->Object.Globals, WDF_REQUEST_FATAL_ERROR,
                    WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT,
                    (ULONG_PTR)FX_HANDLE(WDFREQUEST, Request), 0);
    if (Target->Wdm == NULL)
        return FxMistake(Request->Object.Globals, STATUS_INVALID_DEVICE_STATE,
                         "the target is not open");
    FxSendReset(Request);
    Status = FxRequestFit(Request, Target);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!Request->IsOwn) {
        Send->HasSaved = TRUE;
        Send->Saved.Mdl = Request->Irp->MdlAddress;
        Send->Saved.SystemBuffer = Request->Irp->AssociatedIrp.SystemBuffer;
        Send->Saved.UserBuffer = Request->Irp->UserBuffer;
    }
    Send->IsFormatted = TRUE;
    Request->Target = Target;
    RtlZeroMemory(&Send->Params, sizeof(Send->Params));
    Send->Params.Size = sizeof(Send->Params);
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    RtlZeroMemory(Stack, sizeof(*Stack));
    Stack->MajorFunction = Major;
    Stack->FileObject = Target->File;
    Request->Irp->MdlAddress = NULL;
    Request->Irp->AssociatedIrp.SystemBuffer = NULL;
    Request->Irp->UserBuffer = NULL;
    if (Request->IsOwn)
        Request->Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    *Result = Send;
    return STATUS_SUCCESS;
}

NTSTATUS FxFormatEnd(FX_REQUEST *Request, NTSTATUS Status)
{
    if (!NT_SUCCESS(Status))
        FxSendReset(Request);
    return Status;
}

/* ---- reads and writes ---- */

NTSTATUS FxFormatTransfer(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major,
                          const FX_BUFFER *Buffer, const LONGLONG *DeviceOffset)
{
    PIO_STACK_LOCATION Stack;
    FX_SEND *Send;
    PIRP Irp;
    NTSTATUS Status = FxFormatBegin(Target, Request, Major, &Send);

    if (!NT_SUCCESS(Status))
        return Status;
    Irp = Request->Irp;
    Stack = IoGetNextIrpStackLocation(Irp);
    FxKeepMemory(Send, 0, Buffer);
    Stack->Parameters.Read.Length =
        (ULONG)Buffer->Length; /* Write's fields lie at the same places */
    Stack->Parameters.Read.ByteOffset.QuadPart = DeviceOffset != NULL ? *DeviceOffset : 0;
    if (Target->Wdm->Flags & DO_BUFFERED_IO)
        Irp->AssociatedIrp.SystemBuffer = Buffer->Address;
    else if (Target->Wdm->Flags & DO_DIRECT_IO)
        Status = FxDescribeBuffer(Send, Buffer, &Irp->MdlAddress);
    else
        Irp->UserBuffer = Buffer->Address;
    Send->Params.Type = Major == IRP_MJ_READ ? WdfRequestTypeRead : WdfRequestTypeWrite;
    Send->Params.Parameters.Read.Buffer = FxMemoryHandle(Buffer);
    Send->Params.Parameters.Read.Offset = Buffer->Offset;
    return FxFormatEnd(Request, Status);
}

/* ---- control codes ---- */

/* One buffer serves both ways: the driver's own when only one is given, else one of ours. */
static NTSTATUS FxFormatBuffered(FX_SEND *Send, PIRP Irp, const FX_BUFFER *In, const FX_BUFFER *Out)
{
    SIZE_T Bytes = max(In->Length, Out->Length);

    if (In->Length == 0 || Out->Length == 0) {
        Irp->AssociatedIrp.SystemBuffer = In->Length != 0 ? In->Address : Out->Address;
        return STATUS_SUCCESS;
    }
    Send->SystemBuffer = FxAllocate(Send->Request->Object.Globals, Bytes);
    if (Send->SystemBuffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Send->SystemBuffer, In->Address, In->Length);
    Send->CopyOut = TRUE;
    Send->Output = Out->Address;
    Send->OutputLength = Out->Length;
    Irp->AssociatedIrp.SystemBuffer = Send->SystemBuffer;
    return STATUS_SUCCESS;
}

NTSTATUS FxFormatControl(FX_TARGET *Target, FX_REQUEST *Request, UCHAR Major, ULONG Code,
                         const FX_BUFFER *In, const FX_BUFFER *Out)
{
    PIO_STACK_LOCATION Stack;
    FX_SEND *Send;
    PIRP Irp;
    NTSTATUS Status = FxFormatBegin(Target, Request, Major, &Send);

    if (!NT_SUCCESS(Status))
        return Status;
    Irp = Request->Irp;
    Stack = IoGetNextIrpStackLocation(Irp);
    FxKeepMemory(Send, 0, In);
    FxKeepMemory(Send, 1, Out);
    Stack->Parameters.DeviceIoControl.IoControlCode = Code;
    Stack->Parameters.DeviceIoControl.InputBufferLength = (ULONG)In->Length;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = (ULONG)Out->Length;
    switch (METHOD_FROM_CTL_CODE(Code)) {
    case METHOD_BUFFERED:
        Status = FxFormatBuffered(Send, Irp, In, Out);
        break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        Irp->AssociatedIrp.SystemBuffer = In->Address;
        Status = FxDescribeBuffer(Send, Out, &Irp->MdlAddress);
        break;
    default:
        Stack->Parameters.DeviceIoControl.Type3InputBuffer = In->Address;
        Irp->UserBuffer = Out->Address;
    }
    Send->Params.Type = Major == IRP_MJ_DEVICE_CONTROL ? WdfRequestTypeDeviceControl
                                                       : WdfRequestTypeDeviceControlInternal;
    Send->Params.Parameters.Ioctl.IoControlCode = Code;
    Send->Params.Parameters.Ioctl.Input.Buffer = FxMemoryHandle(In);
    Send->Params.Parameters.Ioctl.Input.Offset = In->Offset;
    Send->Params.Parameters.Ioctl.Output.Buffer = FxMemoryHandle(Out);
    Send->Params.Parameters.Ioctl.Output.Offset = Out->Offset;
    return FxFormatEnd(Request, Status);
}

NTSTATUS FxFormatOthers(FX_TARGET *Target, FX_REQUEST *Request, ULONG Code,
                        const FX_BUFFER *Argument)
{
    PIO_STACK_LOCATION Stack;
    FX_SEND *Send;
    NTSTATUS Status = FxFormatBegin(Target, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL, &Send);

    if (!NT_SUCCESS(Status))
        return Status;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    for (ULONG i = 0; i < 3; i++)
        FxKeepMemory(Send, i, &Argument[i]);
    Stack->Parameters.Others.Argument1 = Argument[0].Address;
    Stack->Parameters.Others.Argument2 = Argument[1].Address;
    Stack->Parameters.DeviceIoControl.IoControlCode = Code; /* Argument3's place */
    Stack->Parameters.Others.Argument4 = Argument[2].Address;
    Send->Params.Type = WdfRequestTypeOther;
    Send->Params.Parameters.Others.Argument1.Ptr = FxMemoryHandle(&Argument[0]);
    Send->Params.Parameters.Others.Argument2.Ptr = FxMemoryHandle(&Argument[1]);
    Send->Params.Parameters.Others.Argument4.Ptr = FxMemoryHandle(&Argument[2]);
    return FxFormatEnd(Request, Status);
}

/* ---- for clients: formatting ---- */

WDF_DDI(WdfIoTargetFormatRequestForRead);
NTSTATUS NTAPI imp_WdfIoTargetFormatRequestForRead(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                   WDFIOTARGET Target, WDFREQUEST Request,
                                                   WDFMEMORY OutputBuffer,
                                                   PWDFMEMORY_OFFSET OutputBufferOffset,
                                                   PLONGLONG DeviceOffset)
{
    FX_BUFFER Buffer;
    NTSTATUS Status =
        FxBufferOfMemory(FxGlobalsOf(DriverGlobals), OutputBuffer, OutputBufferOffset, &Buffer);

    return NT_SUCCESS(Status) ? FxFormatTransfer(FxTargetFromHandle(DriverGlobals, Target),
                                                 FxRequestFromHandle(DriverGlobals, Request),
                                                 IRP_MJ_READ, &Buffer, DeviceOffset)
                              : Status;
}

WDF_DDI(WdfIoTargetFormatRequestForWrite);
NTSTATUS NTAPI imp_WdfIoTargetFormatRequestForWrite(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                    WDFIOTARGET Target, WDFREQUEST Request,
                                                    WDFMEMORY InputBuffer,
                                                    PWDFMEMORY_OFFSET InputBufferOffset,
                                                    PLONGLONG DeviceOffset)
{
    FX_BUFFER Buffer;
    NTSTATUS Status =
        FxBufferOfMemory(FxGlobalsOf(DriverGlobals), InputBuffer, InputBufferOffset, &Buffer);

    return NT_SUCCESS(Status) ? FxFormatTransfer(FxTargetFromHandle(DriverGlobals, Target),
                                                 FxRequestFromHandle(DriverGlobals, Request),
                                                 IRP_MJ_WRITE, &Buffer, DeviceOffset)
                              : Status;
}

static NTSTATUS FxFormatIoctl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Target,
                              WDFREQUEST Request, UCHAR Major, ULONG Code, WDFMEMORY InputBuffer,
                              PWDFMEMORY_OFFSET InputOffset, WDFMEMORY OutputBuffer,
                              PWDFMEMORY_OFFSET OutputOffset)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_BUFFER In, Out;
    NTSTATUS Status = FxBufferOfMemory(Globals, InputBuffer, InputOffset, &In);

    if (NT_SUCCESS(Status))
        Status = FxBufferOfMemory(Globals, OutputBuffer, OutputOffset, &Out);
    if (NT_SUCCESS(Status))
        Status =
            FxFormatControl(FxTargetFromHandle(DriverGlobals, Target),
                            FxRequestFromHandle(DriverGlobals, Request), Major, Code, &In, &Out);
    return Status;
}

WDF_DDI(WdfIoTargetFormatRequestForIoctl);
NTSTATUS NTAPI imp_WdfIoTargetFormatRequestForIoctl(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                    WDFIOTARGET Target, WDFREQUEST Request,
                                                    ULONG Code, WDFMEMORY InputBuffer,
                                                    PWDFMEMORY_OFFSET InputOffset,
                                                    WDFMEMORY OutputBuffer,
                                                    PWDFMEMORY_OFFSET OutputOffset)
{
    return FxFormatIoctl(DriverGlobals, Target, Request, IRP_MJ_DEVICE_CONTROL, Code, InputBuffer,
                         InputOffset, OutputBuffer, OutputOffset);
}

WDF_DDI(WdfIoTargetFormatRequestForInternalIoctl);
NTSTATUS NTAPI imp_WdfIoTargetFormatRequestForInternalIoctl(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFIOTARGET Target, WDFREQUEST Request,
                                                            ULONG Code, WDFMEMORY InputBuffer,
                                                            PWDFMEMORY_OFFSET InputOffset,
                                                            WDFMEMORY OutputBuffer,
                                                            PWDFMEMORY_OFFSET OutputOffset)
{
    return FxFormatIoctl(DriverGlobals, Target, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL, Code,
                         InputBuffer, InputOffset, OutputBuffer, OutputOffset);
}

WDF_DDI(WdfIoTargetFormatRequestForInternalIoctlOthers);
NTSTATUS NTAPI imp_WdfIoTargetFormatRequestForInternalIoctlOthers(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Target, WDFREQUEST Request, ULONG Code,
    WDFMEMORY Arg1, PWDFMEMORY_OFFSET Offset1, WDFMEMORY Arg2, PWDFMEMORY_OFFSET Offset2,
    WDFMEMORY Arg4, PWDFMEMORY_OFFSET Offset4)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_BUFFER Argument[3];
    NTSTATUS Status = FxBufferOfMemory(Globals, Arg1, Offset1, &Argument[0]);

    if (NT_SUCCESS(Status))
        Status = FxBufferOfMemory(Globals, Arg2, Offset2, &Argument[1]);
    if (NT_SUCCESS(Status))
        Status = FxBufferOfMemory(Globals, Arg4, Offset4, &Argument[2]);
    if (NT_SUCCESS(Status))
        Status = FxFormatOthers(FxTargetFromHandle(DriverGlobals, Target),
                                FxRequestFromHandle(DriverGlobals, Request), Code, Argument);
    return Status;
}

/* For a location that is copied from elsewhere: the IRP keeps its buffers. NULL: out of memory,
 * sending will say so. */
static FX_SEND *FxFormatAsIs(FX_REQUEST *Request, WDF_REQUEST_TYPE Type)
{
    FX_SEND *Send;

    if (Request->Irp == NULL || Request->Irp->CurrentLocation <= 1)
        FxViolation(Request->Object.Globals, WDF_REQUEST_FATAL_ERROR,
                    Request->Irp == NULL ? WDF_REQUEST_FATAL_ERROR_NULL_IRP
                                         : WDF_REQUEST_FATAL_ERROR_NO_MORE_STACK_LOCATIONS,
                    (ULONG_PTR)FX_HANDLE(WDFREQUEST, Request), 0);
    Send = FxSendOf(Request);
    if (Send == NULL)
        return NULL;
    FxSendReset(Request);
    Send->IsFormatted = TRUE;
    Send->HasSaved = TRUE;
    Send->Saved.Mdl = Request->Irp->MdlAddress;
    Send->Saved.SystemBuffer = Request->Irp->AssociatedIrp.SystemBuffer;
    Send->Saved.UserBuffer = Request->Irp->UserBuffer;
    RtlZeroMemory(&Send->Params, sizeof(Send->Params));
    Send->Params.Size = sizeof(Send->Params);
    Send->Params.Type = Type;
    return Send;
}

WDF_DDI(WdfRequestFormatRequestUsingCurrentType);
VOID NTAPI imp_WdfRequestFormatRequestUsingCurrentType(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                       WDFREQUEST Handle)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    if (FxFormatAsIs(Request, WdfRequestTypeNoFormat) == NULL)
        return;
    IoCopyCurrentIrpStackLocationToNext(Request->Irp);
    Request->Send->Params.Type =
        (WDF_REQUEST_TYPE)IoGetCurrentIrpStackLocation(Request->Irp)->MajorFunction;
}

WDF_DDI(WdfRequestWdmFormatUsingStackLocation);
VOID NTAPI imp_WdfRequestWdmFormatUsingStackLocation(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFREQUEST Handle, PIO_STACK_LOCATION Stack)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    PIO_STACK_LOCATION Next;

    FX_REQUIRE(Request->Object.Globals, Stack);
    if (FxFormatAsIs(Request, (WDF_REQUEST_TYPE)Stack->MajorFunction) == NULL)
        return;
    Next = IoGetNextIrpStackLocation(Request->Irp);
    RtlCopyMemory(Next, Stack, FIELD_OFFSET(IO_STACK_LOCATION, CompletionRoutine));
    Next->Control = 0;
}

/* ---- for clients: the synchronous forms ---- */

NTSTATUS FxSendSynchronously(FX_REQUEST *Request, FX_TARGET *Target,
                             PWDF_REQUEST_SEND_OPTIONS Given)
{
    WDF_REQUEST_SEND_OPTIONS Options = {.Size = sizeof(Options),
                                        .Flags = WDF_REQUEST_SEND_OPTION_SYNCHRONOUS};

    if (Given != NULL) {
        Options = *Given;
        Options.Flags |= WDF_REQUEST_SEND_OPTION_SYNCHRONOUS;
    }
    (VOID)FxSend(Request, Target, &Options); /* its status is in the request, sent or not */
    return Request->Status;
}

/* Sends a formatted request and waits; the request of the framework's own goes afterwards. */
static NTSTATUS FxSendAndWait(FX_REQUEST *Request, FX_TARGET *Target,
                              PWDF_REQUEST_SEND_OPTIONS Options, BOOLEAN IsOurs,
                              PULONG_PTR Information)
{
    NTSTATUS Status = FxSendSynchronously(Request, Target, Options);

    if (Information != NULL)
        *Information =
            NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? Request->Information : 0;
    FxSynchronousEnd(Request, IsOurs);
    return Status;
}

NTSTATUS FxSynchronousRequest(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target,
                              WDFREQUEST Handle, FX_REQUEST **Request)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Handle != NULL) {
        *Request = FxRequestFromHandle(DriverGlobals, Handle);
        return STATUS_SUCCESS;
    }
    Status = FxRequestCreateOwn(Globals, NULL, &Target->Object, NULL, FALSE, Request);
    if (NT_SUCCESS(Status))
        FxObjectReference(
            &(*Request)->Object); /* a device that goes takes its targets' requests along */
    return Status;
}

VOID FxSynchronousEnd(FX_REQUEST *Request, BOOLEAN IsOurs)
{
    if (!IsOurs)
        return;
    FxObjectDelete(&Request->Object);
    FxObjectDereference(&Request->Object);
}

static NTSTATUS FxTransferSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET TargetHandle,
                                        WDFREQUEST Handle, UCHAR Major,
                                        PWDF_MEMORY_DESCRIPTOR Descriptor, PLONGLONG DeviceOffset,
                                        PWDF_REQUEST_SEND_OPTIONS Options, PULONG_PTR Bytes)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, TargetHandle);
    FX_REQUEST *Request;
    FX_BUFFER Buffer;
    NTSTATUS Status = FxBufferOfDescriptor(FxGlobalsOf(DriverGlobals), Descriptor, &Buffer);

    if (Bytes != NULL)
        *Bytes = 0;
    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxFormatTransfer(Target, Request, Major, &Buffer, DeviceOffset);
    if (NT_SUCCESS(Status))
        return FxSendAndWait(Request, Target, Options, Handle == NULL, Bytes);
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

WDF_DDI(WdfIoTargetSendReadSynchronously);
NTSTATUS NTAPI imp_WdfIoTargetSendReadSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                    WDFIOTARGET Target, WDFREQUEST Request,
                                                    PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                                    PLONGLONG DeviceOffset,
                                                    PWDF_REQUEST_SEND_OPTIONS Options,
                                                    PULONG_PTR BytesRead)
{
    return FxTransferSynchronously(DriverGlobals, Target, Request, IRP_MJ_READ, OutputBuffer,
                                   DeviceOffset, Options, BytesRead);
}

WDF_DDI(WdfIoTargetSendWriteSynchronously);
NTSTATUS NTAPI imp_WdfIoTargetSendWriteSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFIOTARGET Target, WDFREQUEST Request,
                                                     PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                     PLONGLONG DeviceOffset,
                                                     PWDF_REQUEST_SEND_OPTIONS Options,
                                                     PULONG_PTR BytesWritten)
{
    return FxTransferSynchronously(DriverGlobals, Target, Request, IRP_MJ_WRITE, InputBuffer,
                                   DeviceOffset, Options, BytesWritten);
}

static NTSTATUS FxControlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET TargetHandle,
                                       WDFREQUEST Handle, UCHAR Major, ULONG Code,
                                       PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                       PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                       PWDF_REQUEST_SEND_OPTIONS Options, PULONG_PTR Bytes)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, TargetHandle);
    FX_REQUEST *Request;
    FX_BUFFER In, Out;
    NTSTATUS Status = FxBufferOfDescriptor(Globals, InputBuffer, &In);

    if (Bytes != NULL)
        *Bytes = 0;
    if (NT_SUCCESS(Status))
        Status = FxBufferOfDescriptor(Globals, OutputBuffer, &Out);
    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxFormatControl(Target, Request, Major, Code, &In, &Out);
    if (NT_SUCCESS(Status))
        return FxSendAndWait(Request, Target, Options, Handle == NULL, Bytes);
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

WDF_DDI(WdfIoTargetSendIoctlSynchronously);
NTSTATUS NTAPI imp_WdfIoTargetSendIoctlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFIOTARGET Target, WDFREQUEST Request,
                                                     ULONG Code, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                     PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                                     PWDF_REQUEST_SEND_OPTIONS Options,
                                                     PULONG_PTR BytesReturned)
{
    return FxControlSynchronously(DriverGlobals, Target, Request, IRP_MJ_DEVICE_CONTROL, Code,
                                  InputBuffer, OutputBuffer, Options, BytesReturned);
}

WDF_DDI(WdfIoTargetSendInternalIoctlSynchronously);
NTSTATUS NTAPI imp_WdfIoTargetSendInternalIoctlSynchronously(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Target, WDFREQUEST Request, ULONG Code,
    PWDF_MEMORY_DESCRIPTOR InputBuffer, PWDF_MEMORY_DESCRIPTOR OutputBuffer,
    PWDF_REQUEST_SEND_OPTIONS Options, PULONG_PTR BytesReturned)
{
    return FxControlSynchronously(DriverGlobals, Target, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL,
                                  Code, InputBuffer, OutputBuffer, Options, BytesReturned);
}

WDF_DDI(WdfIoTargetSendInternalIoctlOthersSynchronously);
NTSTATUS NTAPI imp_WdfIoTargetSendInternalIoctlOthersSynchronously(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET TargetHandle, WDFREQUEST Handle, ULONG Code,
    PWDF_MEMORY_DESCRIPTOR Arg1, PWDF_MEMORY_DESCRIPTOR Arg2, PWDF_MEMORY_DESCRIPTOR Arg4,
    PWDF_REQUEST_SEND_OPTIONS Options, PULONG_PTR BytesReturned)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, TargetHandle);
    FX_BUFFER Argument[3];
    FX_REQUEST *Request;
    NTSTATUS Status = FxBufferOfDescriptor(Globals, Arg1, &Argument[0]);

    if (NT_SUCCESS(Status))
        Status = FxBufferOfDescriptor(Globals, Arg2, &Argument[1]);
    if (NT_SUCCESS(Status))
        Status = FxBufferOfDescriptor(Globals, Arg4, &Argument[2]);
    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxFormatOthers(Target, Request, Code, Argument);
    if (NT_SUCCESS(Status))
        return FxSendAndWait(Request, Target, Options, Handle == NULL, BytesReturned);
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}
