/*
 * Map registers: who holds which, who waits for them, and what is copied through them. Requests go
 * in the order in which they came. [doc: AllocateAdapterChannel, MapTransfer, FlushAdapterBuffers,
 * FreeMapRegisters]
 */
#include "dma.h"

/* ---- places in an MDL ---- */

ULONG IopBytesInMdl(PMDL Mdl, PUCHAR CurrentVa)
{
    ULONG64 Offset = (ULONG64)(CurrentVa - (PUCHAR)MmGetMdlVirtualAddress(Mdl)), Bytes;

    if (Offset >= MmGetMdlByteCount(Mdl))
        return 0;
    Bytes = MmGetMdlByteCount(Mdl) - Offset;
    for (Mdl = Mdl->Next; Mdl != NULL; Mdl = Mdl->Next)
        Bytes += MmGetMdlByteCount(Mdl);
    return Bytes > MAXULONG ? MAXULONG : (ULONG)Bytes;
}

/* The physical address of byte Offset behind CurrentVa, which may lie in a later MDL of the chain;
 * *Rest: of its page. */
static ULONG64 IopPhysicalAt(PMDL Mdl, PUCHAR CurrentVa, ULONG64 Offset, ULONG *Rest)
{
    ULONG64 In;

    Offset += (ULONG64)(CurrentVa - (PUCHAR)MmGetMdlVirtualAddress(Mdl));
    while (Offset >= MmGetMdlByteCount(Mdl)) {
        Offset -= MmGetMdlByteCount(Mdl);
        Mdl = Mdl->Next;
    }
    In = Offset + MmGetMdlByteOffset(Mdl);
    *Rest = PAGE_SIZE - (ULONG)(In & (PAGE_SIZE - 1));
    if (*Rest > MmGetMdlByteCount(Mdl) - Offset)
        *Rest = (ULONG)(MmGetMdlByteCount(Mdl) - Offset);
    return (MmGetMdlPfnArray(Mdl)[In >> PAGE_SHIFT] << PAGE_SHIFT) | (In & (PAGE_SIZE - 1));
}

/* Bytes from CurrentVa on, at most Length, that lie together in memory. */
static ULONG IopContiguousBytes(PMDL Mdl, PUCHAR CurrentVa, ULONG Length)
{
    ULONG Done = 0, Rest;
    ULONG64 First = IopPhysicalAt(Mdl, CurrentVa, 0, &Rest);

    while (Done < Length && IopPhysicalAt(Mdl, CurrentVa, Done, &Rest) == First + Done)
        Done += Rest;
    return Done < Length ? Done : Length;
}

static VOID IopCopyMapped(const IOP_DMA_MAPPING *Mapping, BOOLEAN ToBounce)
{
    PUCHAR Bounce = (PUCHAR)HAL_PHYSMAP_VA + Mapping->Bounce;

    for (ULONG Done = 0, Rest; Done < Mapping->Length; Done += Rest) {
        PUCHAR At = (PUCHAR)HAL_PHYSMAP_VA + IopPhysicalAt(Mapping->Mdl, Mapping->Va, Done, &Rest);

        if (Rest > Mapping->Length - Done)
            Rest = Mapping->Length - Done;
        if (ToBounce)
            RtlCopyMemory(Bounce + Done, At, Rest);
        else
            RtlCopyMemory(At, Bounce + Done, Rest);
    }
}

/* ---- registers ---- */

/* FALSE: the registers, or the channel, have to be waited for. With the adapter's lock. */
static BOOLEAN IopTakeRegisters(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request)
{
    IOP_DMA_REGISTERS *Registers = Request->Registers;

    if ((Request->NeedsChannel && Adapter->ChannelBusy) ||
        Adapter->InUse + Registers->Count > Adapter->Limit)
        return FALSE;
    if (Adapter->Bounces && Registers->Count != 0) {
        Registers->First = RtlFindClearBitsAndSet(&Adapter->BounceMap, Registers->Count, 0);
        if (Registers->First == MAXULONG)
            return FALSE;
    }
    Adapter->InUse += Registers->Count;
    if (Request->NeedsChannel)
        Adapter->ChannelBusy = Registers->HasChannel = TRUE;
    return TRUE;
}

/* With the adapter's lock. */
static VOID IopGiveRegisters(IOP_DMA_REGISTERS *Registers)
{
    IOP_DMA_ADAPTER *Adapter = Registers->Adapter;

    Adapter->InUse -= Registers->Count;
    if (Adapter->Bounces && Registers->Count != 0)
        RtlClearBits(&Adapter->BounceMap, Registers->First, Registers->Count);
    if (Registers->HasChannel)
        Adapter->ChannelBusy = FALSE;
}

static VOID IopRunDmaRequest(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request);

/* Lets those run whose turn it is and for whom there is enough. */
static VOID IopNextDmaRequest(IOP_DMA_ADAPTER *Adapter)
{
    for (;;) {
        IOP_DMA_REQUEST *Request = NULL;
        KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&Adapter->Lock);

        if (!IsListEmpty(&Adapter->Waiting)) {
            Request = CONTAINING_RECORD(Adapter->Waiting.Flink, IOP_DMA_REQUEST, Entry);
            if (!IopTakeRegisters(Adapter, Request)) {
                Request = NULL;
            } else {
                RemoveEntryList(&Request->Entry);
                if (Request->Transfer != NULL) {
                    Request->Transfer->Waiting = NULL;
                    Request->Transfer->Started = TRUE;
                }
            }
        }
        KeReleaseSpinLockFromDpcLevel(&Adapter->Lock);
        if (Request != NULL)
            IopRunDmaRequest(Adapter, Request);
        KeLowerIrql(OldIrql);
        if (Request == NULL)
            return;
    }
}

VOID IopReleaseDmaRegisters(IOP_DMA_REGISTERS *Registers)
{
    IOP_DMA_ADAPTER *Adapter = Registers->Adapter;
    KIRQL OldIrql;

    if (!IsListEmpty(&Registers->Mappings))
        IopDmaViolation(0x10, &Adapter->Public, Registers->Used, 0,
                        "map registers are freed before their buffers are flushed");
    OldIrql = KeAcquireSpinLockRaiseToDpc(&Adapter->Lock);
    IopGiveRegisters(Registers);
    KeReleaseSpinLock(&Adapter->Lock, OldIrql);
    ExFreePoolWithTag(Registers, IOP_TAG_DMA);
    IopNextDmaRequest(Adapter);
}

/* With NoWait the request must be able to run at once. With the adapter's lock. */
static BOOLEAN IopMustWait(IOP_DMA_ADAPTER *Adapter, const IOP_DMA_REQUEST *Request)
{
    return !IsListEmpty(&Adapter->Waiting) || (Request->NeedsChannel && Adapter->ChannelBusy) ||
           Adapter->InUse + Request->Registers->Count > Adapter->Limit;
}

NTSTATUS IopStartDmaRequest(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request, ULONG Count,
                            BOOLEAN NoWait)
{
    SIZE_T Bytes = FIELD_OFFSET(IOP_DMA_REGISTERS, Mapping[Count]);
    KIRQL OldIrql;

    Request->Registers = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, IOP_TAG_DMA);
    if (Request->Registers == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Request->Registers, Bytes);
    Request->Registers->Adapter = Adapter;
    Request->Registers->Count = Count;
    InitializeListHead(&Request->Registers->Mappings);
    OldIrql = KeAcquireSpinLockRaiseToDpc(&Adapter->Lock);
    if (NoWait && IopMustWait(Adapter, Request)) {
        KeReleaseSpinLock(&Adapter->Lock, OldIrql);
        ExFreePoolWithTag(Request->Registers, IOP_TAG_DMA);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InsertTailList(&Adapter->Waiting, &Request->Entry);
    if (Request->Transfer != NULL)
        Request->Transfer->Waiting = Request;
    KeReleaseSpinLock(&Adapter->Lock, OldIrql);
    IopNextDmaRequest(Adapter);
    return STATUS_SUCCESS;
}

/* ---- the channel ---- */

VOID IopReleaseDmaChannel(IOP_DMA_ADAPTER *Adapter)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&Adapter->Lock);

    Adapter->Holder->HasChannel = Adapter->ChannelBusy = FALSE;
    Adapter->Holder = NULL;
    KeReleaseSpinLock(&Adapter->Lock, OldIrql);
    IopNextDmaRequest(Adapter);
}

/* What the AdapterControl routine returns says what is kept. */
static VOID IopRunControl(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request)
{
    IOP_DMA_REGISTERS *Registers = Request->Registers;
    IO_ALLOCATION_ACTION Action = KeepObject;

    if (Request->BaseOut != NULL)
        *Request->BaseOut = Registers;
    if (Request->Control != NULL)
        Action = Request->Control(Request->Device, Request->Device->CurrentIrp, Registers,
                                  Request->Context);
    ExFreePoolWithTag(Request, IOP_TAG_DMA);
    switch (Action) {
    case KeepObject: return;
    case DeallocateObjectKeepRegisters: IopReleaseDmaChannel(Adapter); return;
    default:
        Adapter->Holder = NULL;
        IopReleaseDmaRegisters(Registers);
        return;
    }
}

static VOID IopRunDmaRequest(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request)
{
    if (!Request->NeedsChannel) {
        IopRunDmaList(Adapter, Request);
        return;
    }
    Adapter->Holder = Request->Registers;
    IopRunControl(Adapter, Request);
}

NTSTATUS NTAPI IopAllocateAdapterChannel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device,
                                         ULONG Registers, PDRIVER_CONTROL Routine, PVOID Context)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    IOP_DMA_REQUEST *Request;
    NTSTATUS Status;

    IopCheckDmaIrql(DmaAdapter, DISPATCH_LEVEL, DISPATCH_LEVEL);
    if (Registers > Adapter->Limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), IOP_TAG_DMA);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Request, sizeof(*Request));
    Request->NeedsChannel = TRUE;
    Request->Device = Device;
    Request->Control = Routine;
    Request->Context = Context;
    Status = IopStartDmaRequest(Adapter, Request, Registers, FALSE);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Request, IOP_TAG_DMA);
    return Status;
}

VOID NTAPI IopFreeAdapterChannel(PDMA_ADAPTER DmaAdapter)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    IOP_DMA_REGISTERS *Registers = Adapter->Holder;

    IopCheckDmaIrql(DmaAdapter, DISPATCH_LEVEL, DISPATCH_LEVEL);
    if (Registers == NULL)
        IopDmaViolation(0x04, DmaAdapter, 1, 0, "its channel is freed, but nobody holds it");
    Adapter->Holder = NULL;
    IopReleaseDmaRegisters(Registers);
}

VOID NTAPI IopFreeMapRegisters(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase, ULONG Count)
{
    IOP_DMA_REGISTERS *Registers = MapRegisterBase;

    IopCheckDmaIrql(DmaAdapter, DISPATCH_LEVEL, DISPATCH_LEVEL);
    if (Registers->Adapter != IopDmaAdapter(DmaAdapter) || Registers->Count != Count)
        IopDmaViolation(0x05, DmaAdapter, Count, 0,
                        "map registers are freed that it does not hold, or not all of them");
    IopReleaseDmaRegisters(Registers);
}

/* ---- transfers ---- */

ULONG IopMappableBytes(const IOP_DMA_REGISTERS *Registers, PUCHAR Va, ULONG Length)
{
    ULONG64 Room = (ULONG64)(Registers->Count - Registers->Used) << PAGE_SHIFT;

    if (!Registers->Adapter->Bounces)
        return Length;
    Room = Room > BYTE_OFFSET(Va) ? Room - BYTE_OFFSET(Va) : 0;
    return Room < Length ? (ULONG)Room : Length;
}

static BOOLEAN IopIsReached(const IOP_DMA_ADAPTER *Adapter, PMDL Mdl, PUCHAR Va, ULONG Length)
{
    for (ULONG Done = 0, Rest; Done < Length; Done += Rest)
        if (IopPhysicalAt(Mdl, Va, Done, &Rest) >> PAGE_SHIFT > Adapter->HighestPage)
            return FALSE;
    return TRUE;
}

/* Through bounce memory: all of Length, contiguous. Returns its physical address. */
static ULONG64 IopMapBounced(IOP_DMA_REGISTERS *Registers, PMDL Mdl, PUCHAR Va, ULONG Length,
                             BOOLEAN WriteToDevice)
{
    IOP_DMA_ADAPTER *Adapter = Registers->Adapter;
    ULONG Rest, Offset = (ULONG)(IopPhysicalAt(Mdl, Va, 0, &Rest) & (PAGE_SIZE - 1));
    ULONG Pages = BYTES_TO_PAGES(Offset + Length);
    IOP_DMA_MAPPING *Mapping;

    if (Registers->Used + Pages > Registers->Count)
        IopDmaViolation(0x0C, &Adapter->Public, Registers->Used + Pages, Registers->Count,
                        "a transfer needs more map registers than were allocated");
    Mapping = &Registers->Mapping[Registers->Used];
    *Mapping =
        (IOP_DMA_MAPPING){.Mdl = Mdl, .Va = Va, .Length = Length, .WriteToDevice = WriteToDevice};
    Mapping->Bounce =
        ((ULONG64)(Adapter->BounceFirst + Registers->First + Registers->Used) << PAGE_SHIFT) +
        Offset;
    Registers->Used += Pages;
    InsertTailList(&Registers->Mappings, &Mapping->Entry);
    if (WriteToDevice)
        IopCopyMapped(Mapping, TRUE);
    return Mapping->Bounce;
}

PHYSICAL_ADDRESS NTAPI IopMapTransfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase,
                                      PVOID CurrentVa, PULONG Length, BOOLEAN WriteToDevice)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    IOP_DMA_REGISTERS *Registers = MapRegisterBase;
    PHYSICAL_ADDRESS Result;
    ULONG Together, Rest;

    IopCheckDmaIrql(DmaAdapter, PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (*Length == 0)
        IopDmaViolation(0x21, DmaAdapter, 0, 0, "nothing is to be mapped");
    if (*Length > IopBytesInMdl(Mdl, CurrentVa))
        IopDmaViolation(0x1B, DmaAdapter, (ULONG64)CurrentVa, (ULONG64)Mdl,
                        "the address and length to map are not in the MDL");
    Together = IopContiguousBytes(Mdl, CurrentVa, *Length);
    if (Adapter->Bounces && ((KiLoaderBlock->flags & HAL_FLAG_GATE) ||
                             !IopIsReached(Adapter, Mdl, CurrentVa, *Length) ||
                             (!Adapter->ScatterGather && Together < *Length))) {
        Result.QuadPart =
            (LONGLONG)IopMapBounced(Registers, Mdl, CurrentVa, *Length, WriteToDevice);
        return Result;
    }
    Result.QuadPart = (LONGLONG)IopPhysicalAt(Mdl, CurrentVa, 0, &Rest);
    *Length = Together;
    return Result;
}

static VOID IopFlushMapping(IOP_DMA_MAPPING *Mapping)
{
    if (!Mapping->WriteToDevice)
        IopCopyMapped(Mapping, FALSE);
    RemoveEntryList(&Mapping->Entry);
}

/* Every mapping that begins in the range is copied back and done with. */
BOOLEAN NTAPI IopFlushAdapterBuffers(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase,
                                     PVOID CurrentVa, ULONG Length, BOOLEAN WriteToDevice)
{
    IOP_DMA_REGISTERS *Registers = MapRegisterBase;
    PLIST_ENTRY Entry;

    IopDmaAdapter(DmaAdapter);
    UNREFERENCED_PARAMETER(WriteToDevice);
    if (Registers == NULL)
        return TRUE;
    for (Entry = Registers->Mappings.Flink; Entry != &Registers->Mappings;) {
        IOP_DMA_MAPPING *Mapping = CONTAINING_RECORD(Entry, IOP_DMA_MAPPING, Entry);

        Entry = Entry->Flink;
        if (Mapping->Mdl == Mdl && (ULONG64)(Mapping->Va - (PUCHAR)CurrentVa) < Length)
            IopFlushMapping(Mapping);
    }
    if (IsListEmpty(&Registers->Mappings))
        Registers->Used = 0;
    return TRUE;
}
