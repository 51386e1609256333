/*
 * WDFMEMORY and WDFLOOKASIDE: buffers with a length, of pool, of the driver's own, of a request, of a lookaside list
 * [doc: Using Memory Buffers; WdfMemoryCreate and its kin].
 */
#include "io.h"

static VOID FxMemoryDestroy(FX_OBJECT *Object);

const FX_CLASS FxMemoryClass = {
    .Type = FxTypeMemory, .Name = "WDFMEMORY", .Size = sizeof(FX_MEMORY), .Destroy = FxMemoryDestroy,
    .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

/* ---- lookaside lists ---- */

typedef struct _FX_LOOKASIDE {
    FX_OBJECT Object;
    union {
        NPAGED_LOOKASIDE_LIST Nonpaged;
        PAGED_LOOKASIDE_LIST Paged;
    } List;
    BOOLEAN IsPaged;
    SIZE_T BufferSize;
    WDF_OBJECT_ATTRIBUTES MemoryAttributes; /* Size 0: none */
} FX_LOOKASIDE;

/* The list lives as long as a buffer of it does: each memory object holds a reference. */
static VOID FxLookasideDestroy(FX_OBJECT *Object)
{
    FX_LOOKASIDE *Lookaside = (FX_LOOKASIDE *)Object;

    if (Lookaside->IsPaged)
        ExDeletePagedLookasideList(&Lookaside->List.Paged);
    else
        ExDeleteNPagedLookasideList(&Lookaside->List.Nonpaged);
}

static const FX_CLASS FxLookasideClass = {
    .Type = FxTypeLookaside, .Name = "WDFLOOKASIDE", .Size = sizeof(FX_LOOKASIDE), .Destroy = FxLookasideDestroy,
    .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

static PVOID FxLookasideAllocate(FX_LOOKASIDE *Lookaside)
{
    return Lookaside->IsPaged ? ExAllocateFromPagedLookasideList(&Lookaside->List.Paged)
                              : ExAllocateFromNPagedLookasideList(&Lookaside->List.Nonpaged);
}

static VOID FxLookasideFree(FX_LOOKASIDE *Lookaside, PVOID Buffer)
{
    if (Lookaside->IsPaged)
        ExFreeToPagedLookasideList(&Lookaside->List.Paged, Buffer);
    else
        ExFreeToNPagedLookasideList(&Lookaside->List.Nonpaged, Buffer);
}

static VOID FxMemoryDestroy(FX_OBJECT *Object)
{
    FX_MEMORY *Memory = (FX_MEMORY *)Object;

    if (Memory->Flags & FX_MEMORY_OWNS_BUFFER)
        ExFreePool(Memory->Buffer);
    if (Memory->Owner == NULL)
        return;
    if (Memory->Buffer != NULL)
        FxLookasideFree((FX_LOOKASIDE *)Memory->Owner, Memory->Buffer);
    FxObjectDereference(Memory->Owner);
}

static BOOLEAN FxIsPagedPool(POOL_TYPE PoolType)
{
    return (PoolType & 1) != 0;
}

WDF_DDI(WdfLookasideListCreate);
NTSTATUS NTAPI imp_WdfLookasideListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                          size_t BufferSize, POOL_TYPE PoolType,
                                          PWDF_OBJECT_ATTRIBUTES MemoryAttributes, ULONG PoolTag,
                                          WDFLOOKASIDE *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_LOOKASIDE *Lookaside;
    FX_OBJECT *Object;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (NT_SUCCESS(Status) && BufferSize == 0)
        Status = FxMistake(Globals, STATUS_INVALID_PARAMETER, "a lookaside list of no bytes");
    if (NT_SUCCESS(Status))
        Status = FxCheckAttributes(Globals, MemoryAttributes);
    if (NT_SUCCESS(Status))
        Status = FxObjectCreate(Globals, &FxLookasideClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Lookaside = (FX_LOOKASIDE *)Object;
    Lookaside->BufferSize = BufferSize;
    Lookaside->IsPaged = FxIsPagedPool(PoolType);
    if (MemoryAttributes != NULL)
        Lookaside->MemoryAttributes = *MemoryAttributes;
    if (PoolTag == 0)
        PoolTag = Globals->Public.DriverTag;
    if (Lookaside->IsPaged)
        ExInitializePagedLookasideList(&Lookaside->List.Paged, NULL, NULL, 0, BufferSize, PoolTag, 0);
    else
        ExInitializeNPagedLookasideList(&Lookaside->List.Nonpaged, NULL, NULL, POOL_NX_ALLOCATION, BufferSize, PoolTag, 0);
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFLOOKASIDE, Lookaside);
    else
        FxObjectAbandon(Object);
    return Status;
}

/* ---- creation ---- */

static NTSTATUS FxMemoryCreate(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent, PVOID Buffer,
                               SIZE_T Length, ULONG Flags, FX_MEMORY **Result)
{
    FX_OBJECT *Object;
    FX_MEMORY *Memory;
    NTSTATUS Status = FxObjectCreate(Globals, &FxMemoryClass, Attributes, Parent, 0, &Object);

    *Result = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    Memory = (FX_MEMORY *)Object;
    Memory->Buffer = Buffer;
    Memory->Length = Length;
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object); /* the buffer stays the caller's */
        return Status;
    }
    Memory->Flags = Flags;
    *Result = Memory;
    return STATUS_SUCCESS;
}

NTSTATUS FxMemoryWrap(FX_GLOBALS *Globals, FX_OBJECT *Parent, PVOID Buffer, SIZE_T Length, PMDL Mdl, BOOLEAN ReadOnly,
                      FX_MEMORY **Memory)
{
    NTSTATUS Status = FxMemoryCreate(Globals, NULL, Parent, Buffer, Length, ReadOnly ? FX_MEMORY_READ_ONLY : 0, Memory);

    if (NT_SUCCESS(Status)) {
        (*Memory)->Mdl = Mdl;
        (*Memory)->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
    }
    return Status;
}

WDF_DDI(WdfMemoryCreate);
NTSTATUS NTAPI imp_WdfMemoryCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                   POOL_TYPE PoolType, ULONG PoolTag, size_t BufferSize, WDFMEMORY *Handle,
                                   PVOID *Buffer)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_MEMORY *Memory;
    PVOID Block;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (Buffer != NULL)
        *Buffer = NULL;
    if (BufferSize == 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a memory object of no bytes");
    Block = ExAllocatePool2((FxIsPagedPool(PoolType) ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED) | POOL_FLAG_UNINITIALIZED,
                            BufferSize, PoolTag != 0 ? PoolTag : Globals->Public.DriverTag);
    if (Block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxMemoryCreate(Globals, Attributes, (FX_OBJECT *)Globals->Driver, Block, BufferSize, FX_MEMORY_OWNS_BUFFER,
                            &Memory);
    if (!NT_SUCCESS(Status)) {
        ExFreePool(Block);
        return Status;
    }
    *Handle = FX_HANDLE(WDFMEMORY, Memory);
    if (Buffer != NULL)
        *Buffer = Block;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfMemoryCreatePreallocated);
NTSTATUS NTAPI imp_WdfMemoryCreatePreallocated(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                               PVOID Buffer, size_t BufferSize, WDFMEMORY *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_MEMORY *Memory;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    FX_REQUIRE(Globals, Buffer);
    *Handle = NULL;
    if (BufferSize == 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a memory object of no bytes");
    Status = FxMemoryCreate(Globals, Attributes, (FX_OBJECT *)Globals->Driver, Buffer, BufferSize, 0, &Memory);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFMEMORY, Memory);
    return Status;
}

WDF_DDI(WdfMemoryCreateFromLookaside);
NTSTATUS NTAPI imp_WdfMemoryCreateFromLookaside(PWDF_DRIVER_GLOBALS DriverGlobals, WDFLOOKASIDE LookasideHandle,
                                                WDFMEMORY *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_LOOKASIDE *Lookaside = FX_OBJECT_OF(FX_LOOKASIDE, Globals, LookasideHandle, FxTypeLookaside);
    PWDF_OBJECT_ATTRIBUTES Attributes = Lookaside->MemoryAttributes.Size != 0 ? &Lookaside->MemoryAttributes : NULL;
    FX_MEMORY *Memory;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Buffer = FxLookasideAllocate(Lookaside);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxMemoryCreate(Globals, Attributes, (FX_OBJECT *)Globals->Driver, Buffer, Lookaside->BufferSize, 0, &Memory);
    if (!NT_SUCCESS(Status)) {
        FxLookasideFree(Lookaside, Buffer);
        return Status;
    }
    FxObjectReference(&Lookaside->Object);
    Memory->Owner = &Lookaside->Object;
    *Handle = FX_HANDLE(WDFMEMORY, Memory);
    return STATUS_SUCCESS;
}

/* ---- use ---- */

static FX_MEMORY *FxMemoryFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Handle)
{
    return FX_OBJECT_OF(FX_MEMORY, FxGlobalsOf(DriverGlobals), Handle, FxTypeMemory);
}

WDF_DDI(WdfMemoryGetBuffer);
PVOID NTAPI imp_WdfMemoryGetBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Handle, size_t *BufferSize)
{
    FX_MEMORY *Memory = FxMemoryFromHandle(DriverGlobals, Handle);

    if (BufferSize != NULL)
        *BufferSize = Memory->Length;
    return Memory->Buffer;
}

/* Only a memory object made around a buffer of the driver's can be given another. */
WDF_DDI(WdfMemoryAssignBuffer);
NTSTATUS NTAPI imp_WdfMemoryAssignBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Handle, PVOID Buffer,
                                         size_t BufferSize)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_MEMORY *Memory = FxMemoryFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Buffer);
    if (BufferSize == 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a memory object of no bytes");
    if ((Memory->Flags & FX_MEMORY_OWNS_BUFFER) || Memory->Owner != NULL ||
        (Memory->Object.Flags & FX_FLAG_NO_CLIENT_DELETE))
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfMemoryAssignBuffer is for preallocated buffers");
    Memory->Buffer = Buffer;
    Memory->Length = BufferSize;
    return STATUS_SUCCESS;
}

static NTSTATUS FxMemoryCheckRange(const FX_MEMORY *Memory, SIZE_T Offset, SIZE_T Bytes)
{
    if (Bytes == 0)
        return STATUS_INVALID_PARAMETER;
    return Offset > Memory->Length || Bytes > Memory->Length - Offset ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

WDF_DDI(WdfMemoryCopyToBuffer);
NTSTATUS NTAPI imp_WdfMemoryCopyToBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Handle, size_t Offset,
                                         PVOID Buffer, size_t Bytes)
{
    FX_MEMORY *Memory = FxMemoryFromHandle(DriverGlobals, Handle);
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Buffer);
    Status = FxMemoryCheckRange(Memory, Offset, Bytes);
    if (NT_SUCCESS(Status))
        RtlMoveMemory(Buffer, (PUCHAR)Memory->Buffer + Offset, Bytes);
    return Status;
}

WDF_DDI(WdfMemoryCopyFromBuffer);
NTSTATUS NTAPI imp_WdfMemoryCopyFromBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Handle, size_t Offset,
                                           PVOID Buffer, size_t Bytes)
{
    FX_MEMORY *Memory = FxMemoryFromHandle(DriverGlobals, Handle);
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Buffer);
    Status = FxMemoryCheckRange(Memory, Offset, Bytes);
    if (NT_SUCCESS(Status) && (Memory->Flags & FX_MEMORY_READ_ONLY))
        Status = STATUS_ACCESS_VIOLATION;
    if (NT_SUCCESS(Status))
        RtlMoveMemory((PUCHAR)Memory->Buffer + Offset, Buffer, Bytes);
    return Status;
}
