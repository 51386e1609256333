/* WDFCOMMONBUFFER: memory that driver and device see at the same time [doc: Using Common Buffers].
 */
#include "fx.h"

#include "dma.h"

typedef struct _FX_COMMON_BUFFER {
    FX_OBJECT Object;
    FX_ENABLER *Enabler; /* referenced once the memory is there */
    size_t Length;       /* as asked for */
    ULONG Bytes;         /* as allocated */
    PVOID Base;
    PHYSICAL_ADDRESS LogicalBase;
    ULONG Shift; /* from the allocation to the aligned buffer */
} FX_COMMON_BUFFER;

/* At PASSIVE_LEVEL, where adapters take their buffers back; or of one that nobody saw. */
static VOID FxCommonBufferFree(FX_OBJECT *Object)
{
    FX_COMMON_BUFFER *Buffer = (FX_COMMON_BUFFER *)Object;
    PDMA_ADAPTER Adapter;

    if (Buffer->Base == NULL)
        return;
    Adapter = Buffer->Enabler->Channel[0].Adapter;
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, Buffer->Bytes, Buffer->LogicalBase,
                                             Buffer->Base, TRUE);
    Buffer->Base = NULL;
    FxObjectDereference(&Buffer->Enabler->Object);
}

static const FX_CLASS FxCommonBufferClass = {
    .Type = FxTypeCommonBuffer,
    .Name = "WDFCOMMONBUFFER",
    .Size = sizeof(FX_COMMON_BUFFER),
    .Dispose = FxCommonBufferFree,
    .Destroy = FxCommonBufferFree,
    .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE,
};

static FX_COMMON_BUFFER *FxCommonBufferFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFCOMMONBUFFER Handle)
{
    return FX_OBJECT_OF(FX_COMMON_BUFFER, FxGlobalsOf(DriverGlobals), Handle, FxTypeCommonBuffer);
}

/* An allocation begins on a page; a coarser alignment needs room to shift in. */
static NTSTATUS FxCommonBufferAllocate(FX_COMMON_BUFFER *Buffer, FX_ENABLER *Enabler,
                                       ULONG Alignment)
{
    PDMA_ADAPTER Adapter = Enabler->Channel[0].Adapter;
    ULONG64 Bytes = Buffer->Length + (Alignment < PAGE_SIZE ? 0 : Alignment);

    if (Bytes > MAXULONG - PAGE_SIZE)
        return STATUS_INVALID_PARAMETER;
    Buffer->Bytes = (ULONG)Bytes;
    Buffer->Base = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, Buffer->Bytes,
                                                                &Buffer->LogicalBase, TRUE);
    if (Buffer->Base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Buffer->Shift = (0u - Buffer->LogicalBase.LowPart) & Alignment;
    Buffer->Enabler = Enabler;
    FxObjectReference(&Enabler->Object);
    return STATUS_SUCCESS;
}

static NTSTATUS FxCommonBufferCreate(PWDF_DRIVER_GLOBALS DriverGlobals, FX_ENABLER *Enabler,
                                     size_t Length, ULONG Alignment,
                                     PWDF_OBJECT_ATTRIBUTES Attributes, WDFCOMMONBUFFER *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_COMMON_BUFFER *Buffer;
    FX_OBJECT *Object;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Length == 0 || Length > MAXULONG - PAGE_SIZE || (Alignment & (Alignment + 1)) != 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "a common buffer of %Iu bytes, alignment 0x%x", Length, Alignment);
    Status =
        FxObjectCreate(Globals, &FxCommonBufferClass, Attributes, &Enabler->Object, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Buffer = (FX_COMMON_BUFFER *)Object;
    Buffer->Length = Length;
    Status = FxCommonBufferAllocate(Buffer, Enabler, Alignment);
    if (NT_SUCCESS(Status))
        Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFCOMMONBUFFER, Buffer);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfCommonBufferCreate);
NTSTATUS NTAPI imp_WdfCommonBufferCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMAENABLER Handle,
                                         size_t Length, PWDF_OBJECT_ATTRIBUTES Attributes,
                                         WDFCOMMONBUFFER *CommonBuffer)
{
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, Handle);

    return FxCommonBufferCreate(DriverGlobals, Enabler, Length, Enabler->Alignment, Attributes,
                                CommonBuffer);
}

WDF_DDI(WdfCommonBufferCreateWithConfig);
NTSTATUS NTAPI imp_WdfCommonBufferCreateWithConfig(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                   WDFDMAENABLER Handle, size_t Length,
                                                   PWDF_COMMON_BUFFER_CONFIG Config,
                                                   PWDF_OBJECT_ATTRIBUTES Attributes,
                                                   WDFCOMMONBUFFER *CommonBuffer)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Config);
    FX_REQUIRE(Globals, CommonBuffer);
    *CommonBuffer = NULL;
    if (Config->Size != sizeof(*Config))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_COMMON_BUFFER_CONFIG size 0x%x",
                         Config->Size);
    return FxCommonBufferCreate(DriverGlobals, Enabler, Length, Config->AlignmentRequirement,
                                Attributes, CommonBuffer);
}

WDF_DDI(WdfCommonBufferGetAlignedVirtualAddress);
PVOID NTAPI imp_WdfCommonBufferGetAlignedVirtualAddress(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                        WDFCOMMONBUFFER Handle)
{
    FX_COMMON_BUFFER *Buffer = FxCommonBufferFromHandle(DriverGlobals, Handle);

    return (PUCHAR)Buffer->Base + Buffer->Shift;
}

WDF_DDI(WdfCommonBufferGetAlignedLogicalAddress);
PHYSICAL_ADDRESS NTAPI imp_WdfCommonBufferGetAlignedLogicalAddress(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOMMONBUFFER Handle)
{
    FX_COMMON_BUFFER *Buffer = FxCommonBufferFromHandle(DriverGlobals, Handle);

    return (PHYSICAL_ADDRESS){.QuadPart = Buffer->LogicalBase.QuadPart + Buffer->Shift};
}

WDF_DDI(WdfCommonBufferGetLength);
size_t NTAPI imp_WdfCommonBufferGetLength(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOMMONBUFFER Handle)
{
    return FxCommonBufferFromHandle(DriverGlobals, Handle)->Length;
}
