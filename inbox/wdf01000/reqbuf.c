/*
 * A request's buffers [doc: Accessing Data Buffers in Framework-Based Drivers]: where the I/O manager put them (system buffer, MDL, the
 * sender's own address), as pointer, memory object or MDL; user buffers that the driver has probed and locked.
 */
#include "queue.h"

typedef struct _FX_LOCKED { /* an MDL made for the request */
    struct _FX_LOCKED *Next;
    PMDL Mdl;
    BOOLEAN IsLocked; /* its pages are to be unlocked */
} FX_LOCKED;

typedef struct _FX_REQUEST_BUFFERS {
    FX_MEMORY *Memory[2]; /* input, output; referenced */
    PMDL Mdl[2];          /* made for a buffer without one; also in Locked */
    FX_LOCKED *Locked;
} FX_REQUEST_BUFFERS;

typedef enum _FX_SIDE { FxInput, FxOutput } FX_SIDE;
typedef struct _FX_BUFFER {
    PVOID Address; /* system or, for METHOD_NEITHER of a kernel-mode sender, its own */
    ULONG Length;
    PMDL Mdl;      /* NULL: the buffer has none of its own */
    BOOLEAN IsNeither;
} FX_BUFFER;

/* ---- where they are ---- */

static NTSTATUS FxMapMdl(FX_BUFFER *Buffer, PMDL Mdl)
{
    Buffer->Mdl = Mdl;
    if (Mdl == NULL)
        return STATUS_SUCCESS; /* of no length */
    Buffer->Address = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    return Buffer->Address != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Neither buffered nor direct: the sender's address, which only one in kernel mode vouches for. */
static NTSTATUS FxTakeNeither(FX_BUFFER *Buffer, PIRP Irp, PVOID Address, BOOLEAN IsInternal)
{
    if (!IsInternal && Irp->RequestorMode != KernelMode)
        return STATUS_INVALID_DEVICE_REQUEST;
    Buffer->Address = Address;
    Buffer->IsNeither = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS FxResolveTransfer(const FX_REQUEST *Request, ULONG Length, FX_BUFFER *Buffer)
{
    ULONG Flags = Request->Device->Wdm->Flags;

    Buffer->Length = Length;
    if (Flags & DO_DIRECT_IO)
        return FxMapMdl(Buffer, Request->Irp->MdlAddress);
    if (!(Flags & DO_BUFFERED_IO))
        return FxTakeNeither(Buffer, Request->Irp, Request->Irp->UserBuffer, FALSE);
    Buffer->Address = Request->Irp->AssociatedIrp.SystemBuffer;
    return STATUS_SUCCESS;
}

static NTSTATUS FxResolveControl(const FX_REQUEST *Request, const IO_STACK_LOCATION *Stack, FX_SIDE Side, FX_BUFFER *Buffer)
{
    BOOLEAN IsInternal = Stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
    ULONG Method = METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode);
    PIRP Irp = Request->Irp;

    Buffer->Length = Side == FxInput ? Stack->Parameters.DeviceIoControl.InputBufferLength
                                     : Stack->Parameters.DeviceIoControl.OutputBufferLength;
    if (Method == METHOD_NEITHER)
        return FxTakeNeither(Buffer, Irp, Side == FxInput ? Stack->Parameters.DeviceIoControl.Type3InputBuffer : Irp->UserBuffer,
                             IsInternal);
    if (Method != METHOD_BUFFERED && Side == FxOutput)
        return FxMapMdl(Buffer, Irp->MdlAddress);
    Buffer->Address = Irp->AssociatedIrp.SystemBuffer;
    return STATUS_SUCCESS;
}

static NTSTATUS FxResolve(const FX_REQUEST *Request, FX_SIDE Side, FX_BUFFER *Buffer)
{
    const IO_STACK_LOCATION *Stack;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    RtlZeroMemory(Buffer, sizeof(*Buffer));
    if (Request->Irp == NULL)
        return STATUS_INTERNAL_ERROR;
    if (Request->IsOwn)
        return STATUS_INVALID_DEVICE_REQUEST;
    Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    if (Stack->MajorFunction == (Side == FxInput ? IRP_MJ_WRITE : IRP_MJ_READ))
        Status = FxResolveTransfer(Request, Stack->Parameters.Read.Length, Buffer); /* Write's is the same field */
    else if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL || Stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL)
        Status = FxResolveControl(Request, Stack, Side, Buffer);
    if (NT_SUCCESS(Status) && Buffer->Length == 0)
        Status = STATUS_BUFFER_TOO_SMALL;
    return Status;
}

static NTSTATUS FxRetrieveBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, FX_SIDE Side, size_t Minimum,
                                 PVOID *Address, size_t *Length)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_BUFFER Buffer;
    NTSTATUS Status = FxResolve(Request, Side, &Buffer);

    FX_REQUIRE(Globals, Address);
    *Address = NULL;
    if (Length != NULL)
        *Length = 0;
    if (NT_SUCCESS(Status) && Buffer.Length < Minimum)
        Status = STATUS_BUFFER_TOO_SMALL;
    if (!NT_SUCCESS(Status))
        return Status;
    *Address = Buffer.Address;
    if (Length != NULL)
        *Length = Buffer.Length;
    return Status;
}

WDF_DDI(WdfRequestRetrieveInputBuffer);
NTSTATUS NTAPI imp_WdfRequestRetrieveInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                 size_t MinimumRequiredLength, PVOID *Buffer, size_t *Length)
{
    return FxRetrieveBuffer(DriverGlobals, Request, FxInput, MinimumRequiredLength, Buffer, Length);
}

WDF_DDI(WdfRequestRetrieveOutputBuffer);
NTSTATUS NTAPI imp_WdfRequestRetrieveOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                  size_t MinimumRequiredSize, PVOID *Buffer, size_t *Length)
{
    return FxRetrieveBuffer(DriverGlobals, Request, FxOutput, MinimumRequiredSize, Buffer, Length);
}

/* ---- what is made for the request ---- */

static FX_REQUEST_BUFFERS *FxBuffersOf(FX_REQUEST *Request)
{
    if (Request->Buffers == NULL)
        Request->Buffers = FxAllocate(Request->Object.Globals, sizeof(*Request->Buffers));
    return Request->Buffers;
}

/* Makes an MDL that goes with the request. Locks the pages for Access when IsLocked, else the memory is nonpaged. */
static NTSTATUS FxMakeMdl(FX_REQUEST *Request, PVOID Address, ULONG Length, BOOLEAN Lock, KPROCESSOR_MODE Mode,
                          LOCK_OPERATION Access, PMDL *Mdl)
{
    FX_REQUEST_BUFFERS *Buffers = FxBuffersOf(Request);
    FX_LOCKED *Record = FxAllocate(Request->Object.Globals, sizeof(*Record));
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    *Mdl = Buffers != NULL && Record != NULL ? IoAllocateMdl(Address, Length, FALSE, FALSE, NULL) : NULL;
    if (*Mdl != NULL) {
        Status = STATUS_SUCCESS;
        __try {
            if (Lock)
                MmProbeAndLockPages(*Mdl, Mode, Access);
            else
                MmBuildMdlForNonPagedPool(*Mdl);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (!NT_SUCCESS(Status)) {
        if (*Mdl != NULL)
            IoFreeMdl(*Mdl);
        FxFree(Record);
        return Status;
    }
    Record->Mdl = *Mdl;
    Record->IsLocked = Lock;
    Record->Next = Buffers->Locked;
    Buffers->Locked = Record;
    return Status;
}

/* A driver that keeps a reference on a memory has it point at nothing once the request is completed. */
static VOID FxFreeMemory(FX_REQUEST *Request, FX_MEMORY *Memory)
{
    FX_GLOBALS *Globals = Request->Object.Globals;

    if (Memory == NULL)
        return;
    if (Memory->Object.References != 1)
        FxViolation(Globals, WDF_VERIFIER_FATAL_ERROR, (ULONG_PTR)FX_HANDLE(WDFREQUEST, Request),
                    (ULONG_PTR)Memory->Object.References - 1, 0);
    FxObjectDereference(&Memory->Object);
}

VOID FxRequestFreeBuffers(FX_REQUEST *Request)
{
    FX_REQUEST_BUFFERS *Buffers = Request->Buffers;
    FX_LOCKED *Next;

    if (Buffers == NULL)
        return;
    Request->Buffers = NULL;
    FxFreeMemory(Request, Buffers->Memory[FxInput]);
    FxFreeMemory(Request, Buffers->Memory[FxOutput]);
    for (FX_LOCKED *Record = Buffers->Locked; Record != NULL; Record = Next) {
        Next = Record->Next;
        if (Record->IsLocked)
            MmUnlockPages(Record->Mdl);
        IoFreeMdl(Record->Mdl);
        FxFree(Record);
    }
    FxFree(Buffers);
}

/* ---- memories ---- */

static NTSTATUS FxRetrieveMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, FX_SIDE Side, WDFMEMORY *Result)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_REQUEST_BUFFERS *Buffers;
    FX_BUFFER Buffer;
    NTSTATUS Status = FxResolve(Request, Side, &Buffer);

    FX_REQUIRE(Globals, Result);
    *Result = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    Buffers = FxBuffersOf(Request);
    if (Buffers == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Buffers->Memory[Side] == NULL) {
        Status = FxMemoryWrap(Globals, &Request->Object, Buffer.Address, Buffer.Length, Buffer.Mdl, Side == FxInput,
                              &Buffers->Memory[Side]);
        if (!NT_SUCCESS(Status))
            return Status;
        FxObjectReference(&Buffers->Memory[Side]->Object);
    }
    *Result = FX_HANDLE(WDFMEMORY, Buffers->Memory[Side]);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRequestRetrieveInputMemory);
NTSTATUS NTAPI imp_WdfRequestRetrieveInputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    return FxRetrieveMemory(DriverGlobals, Request, FxInput, Memory);
}

WDF_DDI(WdfRequestRetrieveOutputMemory);
NTSTATUS NTAPI imp_WdfRequestRetrieveOutputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    return FxRetrieveMemory(DriverGlobals, Request, FxOutput, Memory);
}

/* ---- MDLs ---- */

static NTSTATUS FxRetrieveMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, FX_SIDE Side, PMDL *Mdl)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_BUFFER Buffer;
    NTSTATUS Status = FxResolve(Request, Side, &Buffer);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Mdl);
    *Mdl = Buffer.Mdl;
    if (!NT_SUCCESS(Status) || Buffer.Mdl != NULL)
        return Status;
    if (FxBuffersOf(Request) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Mdl = Request->Buffers->Mdl[Side];
    if (*Mdl != NULL)
        return STATUS_SUCCESS;
    Status = FxMakeMdl(Request, Buffer.Address, Buffer.Length, Buffer.IsNeither, KernelMode,
                       Side == FxInput ? IoReadAccess : IoWriteAccess, Mdl);
    if (NT_SUCCESS(Status))
        Request->Buffers->Mdl[Side] = *Mdl;
    else
        *Mdl = NULL;
    return Status;
}

WDF_DDI(WdfRequestRetrieveInputWdmMdl);
NTSTATUS NTAPI imp_WdfRequestRetrieveInputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    return FxRetrieveMdl(DriverGlobals, Request, FxInput, Mdl);
}

WDF_DDI(WdfRequestRetrieveOutputWdmMdl);
NTSTATUS NTAPI imp_WdfRequestRetrieveOutputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    return FxRetrieveMdl(DriverGlobals, Request, FxOutput, Mdl);
}

/* ---- user buffers ---- */

/* The user's own address of a request that is neither buffered nor direct, in the context of its sender. */
static NTSTATUS FxRetrieveUnsafe(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, FX_SIDE Side, size_t Minimum,
                                 PVOID *Address, size_t *Length)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    const IO_STACK_LOCATION *Stack;
    ULONG BufferLength;

    FX_REQUIRE(Globals, Address);
    *Address = NULL;
    if (Length != NULL)
        *Length = 0;
    if (Request->Irp == NULL || Request->State != FxRequestInCaller)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a user buffer is asked for outside of EvtIoInCallerContext");
    Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    if (Stack->MajorFunction == (Side == FxInput ? IRP_MJ_WRITE : IRP_MJ_READ)) {
        if (Request->Device->Wdm->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO))
            return STATUS_INVALID_DEVICE_REQUEST;
        BufferLength = Stack->Parameters.Read.Length;
        *Address = Request->Irp->UserBuffer;
    } else {
        if (Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL ||
            METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode) != METHOD_NEITHER)
            return STATUS_INVALID_DEVICE_REQUEST;
        BufferLength = Side == FxInput ? Stack->Parameters.DeviceIoControl.InputBufferLength
                                       : Stack->Parameters.DeviceIoControl.OutputBufferLength;
        *Address = Side == FxInput ? Stack->Parameters.DeviceIoControl.Type3InputBuffer : Request->Irp->UserBuffer;
    }
    if (BufferLength < Minimum) {
        *Address = NULL;
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Length != NULL)
        *Length = BufferLength;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRequestRetrieveUnsafeUserInputBuffer);
NTSTATUS NTAPI imp_WdfRequestRetrieveUnsafeUserInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                           size_t MinimumRequiredLength, PVOID *InputBuffer, size_t *Length)
{
    return FxRetrieveUnsafe(DriverGlobals, Request, FxInput, MinimumRequiredLength, InputBuffer, Length);
}

WDF_DDI(WdfRequestRetrieveUnsafeUserOutputBuffer);
NTSTATUS NTAPI imp_WdfRequestRetrieveUnsafeUserOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                            size_t MinimumRequiredLength, PVOID *OutputBuffer, size_t *Length)
{
    return FxRetrieveUnsafe(DriverGlobals, Request, FxOutput, MinimumRequiredLength, OutputBuffer, Length);
}

static NTSTATUS FxProbeAndLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, PVOID Address, size_t Length,
                               LOCK_OPERATION Access, WDFMEMORY *Result)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_MEMORY *Memory;
    PVOID System;
    NTSTATUS Status;
    PMDL Mdl;

    FX_REQUIRE(Globals, Address);
    FX_REQUIRE(Globals, Result);
    *Result = NULL;
    if (Length == 0)
        return STATUS_INVALID_USER_BUFFER;
    if (Length > MAXULONG)
        return STATUS_INVALID_PARAMETER;
    if (Request->Irp == NULL || Request->IsOwn)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Request->Irp->Tail.Overlay.Thread != PsGetCurrentThread())
        return FxMistake(Globals, STATUS_ACCESS_VIOLATION, "a user buffer is locked outside of its sender's thread");
    Status = FxMakeMdl(Request, Address, (ULONG)Length, TRUE, Request->Irp->RequestorMode, Access, &Mdl);
    if (!NT_SUCCESS(Status))
        return Status;
    System = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    if (System == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxMemoryWrap(Globals, &Request->Object, System, Length, Mdl, Access == IoReadAccess, &Memory);
    if (NT_SUCCESS(Status))
        *Result = FX_HANDLE(WDFMEMORY, Memory);
    return Status;
}

WDF_DDI(WdfRequestProbeAndLockUserBufferForRead);
NTSTATUS NTAPI imp_WdfRequestProbeAndLockUserBufferForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                           size_t Length, WDFMEMORY *MemoryObject)
{
    return FxProbeAndLock(DriverGlobals, Request, Buffer, Length, IoReadAccess, MemoryObject);
}

WDF_DDI(WdfRequestProbeAndLockUserBufferForWrite);
NTSTATUS NTAPI imp_WdfRequestProbeAndLockUserBufferForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                            size_t Length, WDFMEMORY *MemoryObject)
{
    return FxProbeAndLock(DriverGlobals, Request, Buffer, Length, IoWriteAccess, MemoryObject);
}
