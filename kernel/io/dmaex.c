/*
 * Version 3 of the DMA operations: offsets in place of addresses, requests that can be cancelled or
 * must not wait, lists built in one call. Leaves out: what concerns system DMA channels (a bus
 * master's completion routine is not used). [doc: DMA_OPERATIONS, the routines' own pages]
 */
#include "dma.h"

_Static_assert(sizeof(IOP_DMA_CONTEXT) <= DMA_TRANSFER_CONTEXT_SIZE_V1, "the driver's buffer");

/* Offset into the chain becomes an MDL and an address in it. FALSE: Offset and Length are not all
 * in the chain. */
static BOOLEAN IopLocate(PMDL *Mdl, ULONGLONG Offset, ULONG Length, PUCHAR *Va)
{
    while (*Mdl != NULL && Offset >= MmGetMdlByteCount(*Mdl)) {
        Offset -= MmGetMdlByteCount(*Mdl);
        *Mdl = (*Mdl)->Next;
    }
    if (*Mdl == NULL || Length == 0)
        return FALSE;
    *Va = (PUCHAR)MmGetMdlVirtualAddress(*Mdl) + Offset;
    return Length <= IopBytesInMdl(*Mdl, *Va);
}

/* ---- what there is ---- */

static NTSTATUS NTAPI IopGetDmaAdapterInfo(PDMA_ADAPTER DmaAdapter, PDMA_ADAPTER_INFO Info)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);

    if (Info->Version != DMA_ADAPTER_INFO_VERSION1)
        return STATUS_NOT_SUPPORTED;
    Info->V1 = (DMA_ADAPTER_INFO_V1){
        .ScatterGatherLimit = Adapter->ScatterGather ? MAXULONG : 1,
        .DmaAddressWidth = 64 - (ULONG)__builtin_clzll(Adapter->HighestPage) + PAGE_SHIFT,
        .MinimumTransferUnit = 1};
    if (Info->V1.DmaAddressWidth > 64)
        Info->V1.DmaAddressWidth = 64;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI IopGetDmaTransferInfo(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset,
                                            ULONG Length, BOOLEAN WriteOnly,
                                            PDMA_TRANSFER_INFO Info)
{
    ULONG Bytes, Registers;
    PUCHAR Va;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(WriteOnly);
    if (Info->Version != DMA_TRANSFER_INFO_VERSION1 && Info->Version != DMA_TRANSFER_INFO_VERSION2)
        return STATUS_NOT_SUPPORTED;
    if (!IopLocate(&Mdl, Offset, Length, &Va))
        return STATUS_INVALID_PARAMETER;
    Status = IopCalculateScatterGatherList(DmaAdapter, Mdl, Va, Length, &Bytes, &Registers);
    if (!NT_SUCCESS(Status))
        return Status;
    Info->V1.MapRegisterCount = Info->V1.ScatterGatherElementCount = Registers;
    Info->V1.ScatterGatherListSize = Bytes;
    if (Info->Version == DMA_TRANSFER_INFO_VERSION2)
        Info->V2.LogicalPageCount = Registers;
    return STATUS_SUCCESS;
}

static PVOID NTAPI IopAllocateCommonBufferEx(PDMA_ADAPTER DmaAdapter,
                                             PPHYSICAL_ADDRESS MaximumAddress, ULONG Length,
                                             PPHYSICAL_ADDRESS Logical, BOOLEAN CacheEnabled,
                                             NODE_REQUIREMENT PreferredNode)
{
    UNREFERENCED_PARAMETER(CacheEnabled);
    UNREFERENCED_PARAMETER(PreferredNode); /* there is one node */
    return IopMakeCommonBuffer(
        IopDmaAdapter(DmaAdapter),
        MaximumAddress != NULL ? (ULONG64)MaximumAddress->QuadPart : MAXULONG64, Length, Logical);
}

/* ---- transfer contexts ---- */

static NTSTATUS NTAPI IopInitializeDmaTransferContext(PDMA_ADAPTER DmaAdapter,
                                                      PVOID DmaTransferContext)
{
    IopDmaAdapter(DmaAdapter);
    if (DmaTransferContext == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(DmaTransferContext, DMA_TRANSFER_CONTEXT_SIZE_V1);
    ((IOP_DMA_CONTEXT *)DmaTransferContext)->Magic = IOP_DMA_CONTEXT_MAGIC;
    return STATUS_SUCCESS;
}

/* The context of a new request: initialised, not cancelled, not that of another request that waits.
 */
static NTSTATUS IopCheckContext(const IOP_DMA_CONTEXT *Context)
{
    if (Context == NULL || Context->Magic != IOP_DMA_CONTEXT_MAGIC || Context->Waiting != NULL)
        return STATUS_INVALID_PARAMETER;
    return Context->Cancelled ? STATUS_CANCELLED : STATUS_SUCCESS;
}

static VOID IopDropRequest(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request)
{
    if (!Request->NeedsChannel) {
        Adapter->Lists--;
        if (Request->OwnList)
            ExFreePoolWithTag(Request->List, IOP_TAG_DMA);
    }
    ExFreePoolWithTag(Request->Registers, IOP_TAG_DMA);
    ExFreePoolWithTag(Request, IOP_TAG_DMA);
}

/* [doc] TRUE: the routine of the request will not be called; before the request is made it is
 * cancelled in advance. */
static BOOLEAN NTAPI IopCancelAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device,
                                             PVOID DmaTransferContext)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    IOP_DMA_CONTEXT *Context = DmaTransferContext;
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&Adapter->Lock);
    IOP_DMA_REQUEST *Request = Context->Waiting;

    UNREFERENCED_PARAMETER(Device);
    Context->Waiting = NULL;
    if (Request != NULL)
        RemoveEntryList(&Request->Entry);
    KeReleaseSpinLock(&Adapter->Lock, OldIrql);
    if (Request != NULL)
        IopDropRequest(Adapter, Request);
    else if (Context->Started)
        return FALSE;
    Context->Cancelled = TRUE;
    return TRUE;
}

/* A bus master's transfer is its device's affair: only further requests with the context are
 * refused. */
static NTSTATUS NTAPI IopCancelMappedTransfer(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext)
{
    IopDmaAdapter(DmaAdapter);
    ((IOP_DMA_CONTEXT *)DmaTransferContext)->Cancelled = TRUE;
    return STATUS_SUCCESS;
}

/* ---- the channel ---- */

static NTSTATUS NTAPI IopAllocateAdapterChannelEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device,
                                                  PVOID DmaTransferContext, ULONG Registers,
                                                  ULONG Flags, PDRIVER_CONTROL Routine,
                                                  PVOID Context, PVOID *MapRegisterBase)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    BOOLEAN NoWait = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;
    IOP_DMA_REQUEST *Request;
    NTSTATUS Status = IopCheckContext(DmaTransferContext);

    if (NT_SUCCESS(Status) &&
        ((Routine == NULL) != (MapRegisterBase != NULL) || (!NoWait && Routine == NULL)))
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status) && Registers > Adapter->Limit)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status))
        return Status;
    Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), IOP_TAG_DMA);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Request = (IOP_DMA_REQUEST){.NeedsChannel = TRUE,
                                 .Device = Device,
                                 .Context = Context,
                                 .Control = Routine,
                                 .Transfer = DmaTransferContext,
                                 .BaseOut = MapRegisterBase};
    Status = IopStartDmaRequest(Adapter, Request, Registers, NoWait);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Request, IOP_TAG_DMA);
    return Status;
}

/* [doc] of a system DMA channel */
static NTSTATUS NTAPI IopConfigureAdapterChannel(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber,
                                                 PVOID Context)
{
    IopDmaAdapter(DmaAdapter);
    UNREFERENCED_PARAMETER(FunctionNumber);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_NOT_IMPLEMENTED;
}

static VOID NTAPI IopFreeAdapterObject(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION Action)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);

    if (Action == KeepObject || Adapter->Holder == NULL)
        return;
    if (Action == DeallocateObject)
        IopFreeAdapterChannel(DmaAdapter);
    else
        IopReleaseDmaChannel(Adapter);
}

/* ---- transfers ---- */

static NTSTATUS NTAPI IopMapTransferEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase,
                                       ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                                       BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST List,
                                       ULONG ListLength, PVOID DmaCompletionRoutine,
                                       PVOID CompletionContext)
{
    ULONG Left = *Length, Limit;
    PUCHAR Va;

    UNREFERENCED_PARAMETER(DeviceOffset);
    UNREFERENCED_PARAMETER(CompletionContext);
    IopDmaAdapter(DmaAdapter);
    if (List == NULL || DmaCompletionRoutine != NULL || !IopLocate(&Mdl, Offset, Left, &Va) ||
        ListLength < FIELD_OFFSET(SCATTER_GATHER_LIST, Elements[1]))
        return STATUS_INVALID_PARAMETER;
    Limit =
        (ListLength - FIELD_OFFSET(SCATTER_GATHER_LIST, Elements)) / sizeof(SCATTER_GATHER_ELEMENT);
    List->NumberOfElements = 0;
    List->Reserved = 0;
    while (Left != 0 && List->NumberOfElements < Limit) {
        ULONG InThis = MmGetMdlByteCount(Mdl) - (ULONG)(Va - (PUCHAR)MmGetMdlVirtualAddress(Mdl));
        ULONG Bytes = IopMappableBytes(MapRegisterBase, Va, min(InThis, Left));

        if (Bytes == 0)
            break; /* no register is left: *Length says how far it went */
        IopAddElement(
            List,
            (ULONG64)IopMapTransfer(DmaAdapter, Mdl, MapRegisterBase, Va, &Bytes, WriteToDevice)
                .QuadPart,
            Bytes);
        Left -= Bytes;
        Va += Bytes;
        if (Bytes == InThis && Left != 0) {
            Mdl = Mdl->Next;
            Va = MmGetMdlVirtualAddress(Mdl);
        }
    }
    *Length -= Left;
    return List->NumberOfElements != 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI IopFlushAdapterBuffersEx(PDMA_ADAPTER DmaAdapter, PMDL Mdl,
                                               PVOID MapRegisterBase, ULONGLONG Offset,
                                               ULONG Length, BOOLEAN WriteToDevice)
{
    PUCHAR Va;

    IopDmaAdapter(DmaAdapter);
    if (!IopLocate(&Mdl, Offset, Length, &Va))
        return STATUS_INVALID_PARAMETER;
    IopFlushChain(DmaAdapter, Mdl, Va, Length, MapRegisterBase, WriteToDevice);
    return STATUS_SUCCESS;
}

/*
 * The list holds its registers until PutScatterGatherList, also when the routine has returned
 * [guess: the pages say that they go then, yet the transfer has only begun].
 */
static NTSTATUS IopListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device, PVOID DmaTransferContext,
                          PMDL Mdl, ULONGLONG Offset, ULONG Length, ULONG Flags,
                          PDRIVER_LIST_CONTROL Routine, PVOID Context, BOOLEAN WriteToDevice,
                          PVOID Buffer, ULONG BufferLength, PSCATTER_GATHER_LIST *List)
{
    IOP_DMA_REQUEST Wanted = {.Device = Device,
                              .Context = Context,
                              .ListControl = Routine,
                              .Length = Length,
                              .WriteToDevice = WriteToDevice,
                              .Transfer = DmaTransferContext};
    BOOLEAN NoWait = (Flags & DMA_SYNCHRONOUS_CALLBACK) != 0;
    NTSTATUS Status = IopCheckContext(DmaTransferContext);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((Routine == NULL && (!NoWait || List == NULL)) ||
        !IopLocate(&Mdl, Offset, Length, &Wanted.Va))
        return STATUS_INVALID_PARAMETER;
    Wanted.Mdl = Mdl;
    return IopRequestList(IopDmaAdapter(DmaAdapter), &Wanted, Buffer, BufferLength, NoWait, List);
}

static NTSTATUS NTAPI IopGetScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device,
                                                PVOID DmaTransferContext, PMDL Mdl,
                                                ULONGLONG Offset, ULONG Length, ULONG Flags,
                                                PDRIVER_LIST_CONTROL Routine, PVOID Context,
                                                BOOLEAN WriteToDevice, PVOID DmaCompletionRoutine,
                                                PVOID CompletionContext, PSCATTER_GATHER_LIST *List)
{
    UNREFERENCED_PARAMETER(DmaCompletionRoutine); /* [doc] not used */
    UNREFERENCED_PARAMETER(CompletionContext);
    return IopListEx(DmaAdapter, Device, DmaTransferContext, Mdl, Offset, Length, Flags, Routine,
                     Context, WriteToDevice, NULL, 0, List);
}

static NTSTATUS NTAPI IopBuildScatterGatherListEx(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device,
                                                  PVOID DmaTransferContext, PMDL Mdl,
                                                  ULONGLONG Offset, ULONG Length, ULONG Flags,
                                                  PDRIVER_LIST_CONTROL Routine, PVOID Context,
                                                  BOOLEAN WriteToDevice, PVOID Buffer,
                                                  ULONG BufferLength, PVOID DmaCompletionRoutine,
                                                  PVOID CompletionContext, PVOID List)
{
    UNREFERENCED_PARAMETER(DmaCompletionRoutine);
    UNREFERENCED_PARAMETER(CompletionContext);
    if (Buffer == NULL)
        return STATUS_INVALID_PARAMETER;
    return IopListEx(DmaAdapter, Device, DmaTransferContext, Mdl, Offset, Length, Flags, Routine,
                     Context, WriteToDevice, Buffer, BufferLength, List);
}

const DMA_OPERATIONS IopDmaOperations3 = {
    .GetDmaAdapterInfo = IopGetDmaAdapterInfo,
    .GetDmaTransferInfo = IopGetDmaTransferInfo,
    .InitializeDmaTransferContext = IopInitializeDmaTransferContext,
    .AllocateCommonBufferEx = IopAllocateCommonBufferEx,
    .AllocateAdapterChannelEx = IopAllocateAdapterChannelEx,
    .ConfigureAdapterChannel = IopConfigureAdapterChannel,
    .CancelAdapterChannel = IopCancelAdapterChannel,
    .MapTransferEx = IopMapTransferEx,
    .GetScatterGatherListEx = IopGetScatterGatherListEx,
    .BuildScatterGatherListEx = IopBuildScatterGatherListEx,
    .FlushAdapterBuffersEx = IopFlushAdapterBuffersEx,
    .FreeAdapterObject = IopFreeAdapterObject,
    .CancelMappedTransfer = IopCancelMappedTransfer,
};
