/*
 * IRPs: allocation from caches, initialisation, reuse, and the documented builders. Left out: quota charges,
 * IRP extensions (activity IDs, priorities).
 */
#include "iop.h"

/*
 * Freed packets and small system buffers wait here, newest first. One context runs at a time and none of these
 * routines lets another in, so the lists need no lock. With the gate on everything comes from pool, so that
 * overruns and use after free are found where they happen.
 */
typedef struct _IOP_CACHE {
    PVOID Head;
    ULONG Depth;
} IOP_CACHE;

enum { IOP_SMALL_STACK = 4, IOP_LARGE_STACK = 14, IOP_CACHE_LIMIT = 64 };
static IOP_CACHE IopIrpCache[2]; /* small, large */

enum { IOP_BUFFER_CLASSES = 3 };
static const USHORT IopBufferBytes[IOP_BUFFER_CLASSES] = { 128, 512, 4096 };
static IOP_CACHE IopBufferCache[IOP_BUFFER_CLASSES];

/* Bits of IRP.AllocationFlags that say which cache the system buffer belongs to; 0: straight from pool. */
#define IOP_BUFFER_CLASS(Flags) ((Flags) >> 5 & 3)
#define IOP_BUFFER_FLAGS(Class) ((UCHAR)((Class) << 5))

static BOOLEAN IopUseCaches(VOID)
{
    return !(KiLoaderBlock->flags & HAL_FLAG_GATE);
}

static PVOID IopPopCache(IOP_CACHE *Cache)
{
    PVOID Block = Cache->Head;

    if (Block != NULL) {
        Cache->Head = *(PVOID *)Block;
        Cache->Depth--;
    }
    return Block;
}

static BOOLEAN IopPushCache(IOP_CACHE *Cache, PVOID Block)
{
    if (Cache->Depth >= IOP_CACHE_LIMIT || !IopUseCaches())
        return FALSE;
    *(PVOID *)Block = Cache->Head;
    Cache->Head = Block;
    Cache->Depth++;
    return TRUE;
}

VOID IoFlushCaches(VOID)
{
    PVOID Block;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(IopIrpCache); i++)
        while ((Block = IopPopCache(&IopIrpCache[i])) != NULL)
            ExFreePoolWithTag(Block, IOP_TAG_IRP);
    for (i = 0; i < IOP_BUFFER_CLASSES; i++)
        while ((Block = IopPopCache(&IopBufferCache[i])) != NULL)
            ExFreePoolWithTag(Block, IOP_TAG_BUFFER);
}

/* ---- system buffers ---- */

BOOLEAN IopAllocateSystemBuffer(PIRP Irp, SIZE_T Bytes)
{
    PVOID Buffer = NULL;
    ULONG Class = 0;

    while (Class < IOP_BUFFER_CLASSES && (Bytes > IopBufferBytes[Class] || !IopUseCaches()))
        Class++;
    if (Class < IOP_BUFFER_CLASSES) {
        Buffer = IopPopCache(&IopBufferCache[Class]);
        Bytes = IopBufferBytes[Class];
    }
    if (Buffer == NULL)
        Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, IOP_TAG_BUFFER);
    if (Buffer == NULL)
        return FALSE;
    if (Class < IOP_BUFFER_CLASSES)
        Irp->AllocationFlags |= IOP_BUFFER_FLAGS(Class + 1);
    Irp->AssociatedIrp.SystemBuffer = Buffer;
    Irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return TRUE;
}

VOID IopFreeSystemBuffer(PIRP Irp)
{
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG Class = IOP_BUFFER_CLASS(Irp->AllocationFlags);

    if (Class == 0 || !IopPushCache(&IopBufferCache[Class - 1], Buffer))
        ExFreePool(Buffer);
}

/* ---- IRPs ---- */

VOID IopBugCheckIrp(ULONG Code, PIRP Irp, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, const char *What)
{
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
    PDEVICE_OBJECT Device = NULL;

    if (Irp->Type == IO_TYPE_IRP && Irp->CurrentLocation >= 1 && Irp->CurrentLocation <= Irp->StackCount)
        Device = Stack->DeviceObject;
    if (Device != NULL)
        KeSetBugCheckText("IRP %p, %s; major %#x minor %#x, location %d of %d, device %p of %wZ", Irp, What,
                          Stack->MajorFunction, Stack->MinorFunction, Irp->CurrentLocation, Irp->StackCount, Device,
                          &Device->DriverObject->DriverName);
    else
        KeSetBugCheckText("IRP %p, %s; location %d of %d", Irp, What, Irp->CurrentLocation, Irp->StackCount);
    KeBugCheckEx(Code, (ULONG_PTR)Irp, P2, P3, P4);
}

static VOID IopFillIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    RtlZeroMemory(Irp, PacketSize);
    Irp->Type = IO_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    InitializeListHead(&Irp->ThreadListEntry);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
}

NT_EXPORT(IoInitializeIrp);
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    IopFillIrp(Irp, PacketSize, StackSize);
}

PIRP IopAllocateIrp(CCHAR StackSize)
{
    ULONG Large = StackSize > IOP_SMALL_STACK;
    CCHAR Room = Large ? IOP_LARGE_STACK : IOP_SMALL_STACK;
    PIRP Irp = NULL;

    if (StackSize < 0 || !IopUseCaches() || StackSize > IOP_LARGE_STACK)
        Room = StackSize;
    else
        Irp = IopPopCache(&IopIrpCache[Large]);
    if (Irp == NULL)
        Irp = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(Room), IOP_TAG_IRP);
    if (Irp == NULL)
        return NULL;
    IopFillIrp(Irp, IoSizeOfIrp(StackSize), StackSize);
    if (IopUseCaches() && StackSize <= IOP_LARGE_STACK)
        Irp->AllocationFlags = Large ? IRP_LOOKASIDE_ALLOCATION | IRP_ALLOCATED_FIXED_SIZE : IRP_LOOKASIDE_ALLOCATION;
    IoStatistics.IrpsAllocated++;
    return Irp;
}

/* ---- IRPs that must be there: a driver has to hear that a file is closed or its device removed ---- */

enum { IOP_RESERVED_IRPS = 4 };
static IOP_CACHE IopReservedIrps; /* with IOP_LARGE_STACK locations */

NTSTATUS IopInitIrps(VOID)
{
    ULONG i;

    for (i = 0; i < IOP_RESERVED_IRPS; i++) {
        PVOID Irp = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(IOP_LARGE_STACK), IOP_TAG_IRP);

        if (Irp == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *(PVOID *)Irp = IopReservedIrps.Head;
        IopReservedIrps.Head = Irp;
        IopReservedIrps.Depth++;
    }
    return STATUS_SUCCESS;
}

PIRP IopAllocateIrpForSure(CCHAR StackSize)
{
    PIRP Irp = IopAllocateIrp(StackSize);
    LARGE_INTEGER Pause;

    Pause.QuadPart = -10 * 1000;
    while (Irp == NULL) {
        Irp = StackSize <= IOP_LARGE_STACK ? IopPopCache(&IopReservedIrps) : NULL;
        if (Irp != NULL) {
            IopFillIrp(Irp, IoSizeOfIrp(StackSize), StackSize);
            Irp->AllocationFlags = IRP_ALLOCATED_MUST_SUCCEED;
            IoStatistics.IrpsAllocated++;
            return Irp;
        }
        KeDelayExecutionThread(KernelMode, FALSE, &Pause); /* until another request gives its IRP back */
        Irp = IopAllocateIrp(StackSize);
    }
    return Irp;
}

NT_EXPORT(IoAllocateIrp);
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    UNREFERENCED_PARAMETER(ChargeQuota); /* quotas are not limited */
    return IopAllocateIrp(StackSize);
}

NT_EXPORT(IoAllocateIrpEx);
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota);
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(ChargeQuota);
    return IopAllocateIrp(StackSize);
}

NT_EXPORT(IoFreeIrp);
VOID NTAPI IoFreeIrp(PIRP Irp)
{
    UCHAR Flags = Irp->AllocationFlags;

    if (Irp->Type != IO_TYPE_IRP)
        IopBugCheckIrp(MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0, 0, 0, "freed but it is no IRP (any more)");
    if (!IsListEmpty(&Irp->ThreadListEntry) && Irp->Tail.Overlay.Thread != NULL)
        IopBugCheckIrp(DRIVER_VERIFIER_IOMANAGER_VIOLATION, Irp, 0, 0, 0,
                       "freed by IoFreeIrp while its thread's list of requests still holds it");
    Irp->Type = 0;
    IoStatistics.IrpsFreed++;
    if (Flags & IRP_ALLOCATED_MUST_SUCCEED) {
        *(PVOID *)Irp = IopReservedIrps.Head;
        IopReservedIrps.Head = Irp;
        IopReservedIrps.Depth++;
        return;
    }
    if ((Flags & IRP_LOOKASIDE_ALLOCATION)
        && IopPushCache(&IopIrpCache[(Flags & IRP_ALLOCATED_FIXED_SIZE) != 0], Irp))
        return;
    ExFreePoolWithTag(Irp, IOP_TAG_IRP);
}

NT_EXPORT(IoReuseIrp);
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status)
{
    UCHAR Flags = Irp->AllocationFlags;

    if (Irp->Tail.Overlay.Thread != NULL && !IsListEmpty(&Irp->ThreadListEntry))
        IopBugCheckIrp(DRIVER_VERIFIER_IOMANAGER_VIOLATION, Irp, 0, 0, 0,
                       "reused while its thread's list of requests holds it: only IRPs of IoAllocateIrp may be");
    IopFillIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = Flags & (IRP_LOOKASIDE_ALLOCATION | IRP_ALLOCATED_FIXED_SIZE);
    Irp->IoStatus.Status = Status;
}

NT_EXPORT(IoMakeAssociatedIrp);
PIRP NTAPI IoMakeAssociatedIrp(PIRP Master, CCHAR StackSize)
{
    PIRP Irp = IopAllocateIrp(StackSize);

    if (Irp == NULL)
        return NULL;
    Irp->Flags |= IRP_ASSOCIATED_IRP;
    Irp->Tail.Overlay.Thread = Master->Tail.Overlay.Thread;
    Irp->AssociatedIrp.MasterIrp = Master;
    return Irp;
}

/* ---- the thread's list ---- */

VOID IopQueueThreadIrp(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    KIRQL OldIrql = KfRaiseIrql(APC_LEVEL);

    InsertHeadList(&Thread->IrpList, &Irp->ThreadListEntry);
    KeLowerIrql(OldIrql);
}

VOID IopDequeueThreadIrp(PIRP Irp)
{
    RemoveEntryList(&Irp->ThreadListEntry);
    InitializeListHead(&Irp->ThreadListEntry);
}

/* ---- builders ---- */

/* The buffer of a read or write as Device wants it. FALSE: out of memory; raises what locking raises. */
static BOOLEAN IopAttachTransferBuffer(PIRP Irp, PDEVICE_OBJECT Device, ULONG Major, PVOID Buffer, ULONG Length)
{
    if (Device->Flags & DO_BUFFERED_IO) {
        if (Length == 0)
            return TRUE;
        if (!IopAllocateSystemBuffer(Irp, Length))
            return FALSE;
        if (Major == IRP_MJ_WRITE)
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Buffer, Length);
        else
            Irp->Flags |= IRP_INPUT_OPERATION;
        Irp->UserBuffer = Buffer;
    } else if (Device->Flags & DO_DIRECT_IO) {
        if (Length == 0)
            return TRUE;
        if (IoAllocateMdl(Buffer, Length, FALSE, FALSE, Irp) == NULL)
            return FALSE;
        MmProbeAndLockPages(Irp->MdlAddress, KernelMode, Major == IRP_MJ_READ ? IoWriteAccess : IoReadAccess);
    } else {
        Irp->UserBuffer = Buffer;
    }
    return TRUE;
}

/* Frees what a half-built IRP holds. */
static VOID IopDiscardIrp(PIRP Irp)
{
    if (Irp->MdlAddress != NULL)
        IoFreeMdl(Irp->MdlAddress);
    if (Irp->Flags & IRP_DEALLOCATE_BUFFER)
        IopFreeSystemBuffer(Irp);
    IoFreeIrp(Irp);
}

NT_EXPORT(IoBuildAsynchronousFsdRequest);
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                         PLARGE_INTEGER StartingOffset, PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IopAllocateIrp(DeviceObject->StackSize);
    PIO_STACK_LOCATION Stack;
    BOOLEAN Built = TRUE;

    if (Irp == NULL)
        return NULL;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->UserIosb = IoStatusBlock;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = (UCHAR)MajorFunction;
    if (MajorFunction != IRP_MJ_READ && MajorFunction != IRP_MJ_WRITE)
        return Irp;
    Stack->Parameters.Read.Length = Length; /* Write has the same layout */
    if (StartingOffset != NULL)
        Stack->Parameters.Read.ByteOffset = *StartingOffset;
    __try {
        Built = IopAttachTransferBuffer(Irp, DeviceObject, MajorFunction, Buffer, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Built = FALSE;
    }
    if (Built)
        return Irp;
    IopDiscardIrp(Irp);
    return NULL;
}

NT_EXPORT(IoBuildSynchronousFsdRequest);
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer, ULONG Length,
                                        PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset,
                                             IoStatusBlock);

    if (Irp == NULL)
        return NULL;
    Irp->UserEvent = Event;
    IopQueueThreadIrp(Irp);
    return Irp;
}

/* Buffers of a control request made in kernel mode. FALSE: out of memory; raises what locking raises. */
static BOOLEAN IopAttachControlBuffers(PIRP Irp, PIO_STACK_LOCATION Stack, PVOID Input, ULONG InputLength,
                                       PVOID Output, ULONG OutputLength)
{
    ULONG Method = METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode), Bytes = InputLength;

    if (Method == METHOD_NEITHER) {
        Irp->UserBuffer = Output;
        Stack->Parameters.DeviceIoControl.Type3InputBuffer = Input;
        return TRUE;
    }
    if (Method == METHOD_BUFFERED && OutputLength > Bytes)
        Bytes = OutputLength;
    if (Bytes != 0 && (Method == METHOD_BUFFERED || Input != NULL)) {
        if (!IopAllocateSystemBuffer(Irp, Bytes))
            return FALSE;
        if (Input != NULL)
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Input, InputLength);
    }
    if (Method == METHOD_BUFFERED) {
        Irp->UserBuffer = Output;
        if (Output != NULL)
            Irp->Flags |= IRP_INPUT_OPERATION;
        return TRUE;
    }
    if (Output == NULL || OutputLength == 0)
        return TRUE;
    if (IoAllocateMdl(Output, OutputLength, FALSE, FALSE, Irp) == NULL)
        return FALSE;
    MmProbeAndLockPages(Irp->MdlAddress, KernelMode, Method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    return TRUE;
}

NT_EXPORT(IoBuildDeviceIoControlRequest);
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                         BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IopAllocateIrp(DeviceObject->StackSize);
    PIO_STACK_LOCATION Stack;
    BOOLEAN Built;

    if (Irp == NULL)
        return NULL;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    Stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    Stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    __try {
        Built = IopAttachControlBuffers(Irp, Stack, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Built = FALSE;
    }
    if (!Built) {
        IopDiscardIrp(Irp);
        return NULL;
    }
    Irp->UserEvent = Event;
    Irp->UserIosb = IoStatusBlock;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IopQueueThreadIrp(Irp);
    return Irp;
}
