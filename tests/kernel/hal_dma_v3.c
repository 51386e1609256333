/*
 * Version 3 of the DMA operations: information, offsets into chains of MDLs, requests that do not
 * wait, and cancelling. Calls: IoGetDmaAdapter, the DMA_OPERATIONS of version 3.
 */
#include "dma_device.h"

static UCHAR Context[3][DMA_TRANSFER_CONTEXT_SIZE_V1];
static PDMA_OPERATIONS Ops, NarrowOps;
static PMDL Chain; /* three MDLs of memory above 4 GiB */
static PUCHAR High;

enum { PART = 3 * PAGE_SIZE }; /* of each MDL, at High + i * 2 * PART + 100 */

static VOID make_chain(VOID)
{
    PMDL *Link = &Chain;

    for (ULONG i = 0; i < 3; i++) {
        *Link = IoAllocateMdl(High + i * 2 * PART + 100, PART, FALSE, FALSE, NULL);
        MmBuildMdlForNonPagedPool(*Link);
        Link = &(*Link)->Next;
    }
}

static PUCHAR chain_byte(ULONG Offset)
{
    return High + Offset / PART * 2 * PART + 100 + Offset % PART;
}

static VOID free_chain(VOID)
{
    while (Chain != NULL) {
        PMDL Next = Chain->Next;

        IoFreeMdl(Chain);
        Chain = Next;
    }
}

static VOID information(VOID)
{
    DMA_ADAPTER_INFO Info;
    DMA_TRANSFER_INFO Transfer;

    is_ulong(Ops->Size, sizeof(DMA_OPERATIONS), "version 3 of the operations");
    tap_fill(&Info);
    Info.Version = 9;
    is_status(Ops->GetDmaAdapterInfo(Wide.Adapter, &Info), STATUS_NOT_SUPPORTED,
              "information of no version");
    Info.Version = DMA_ADAPTER_INFO_VERSION1;
    is_status(NarrowOps->GetDmaAdapterInfo(Narrow.Adapter, &Info), STATUS_SUCCESS, "information");
    is_ulong(Info.V1.DmaAddressWidth, 32, "32 address bits");
    Ops->GetDmaAdapterInfo(Wide.Adapter, &Info);
    is_ulong(Info.V1.DmaAddressWidth, 64, "64 address bits");
    tap_fill(&Transfer);
    Transfer.Version = 9;
    is_status(Ops->GetDmaTransferInfo(Wide.Adapter, Chain, 0, 1, TRUE, &Transfer),
              STATUS_NOT_SUPPORTED, "a transfer's of no version");
    Transfer.Version = DMA_TRANSFER_INFO_VERSION1;
    is_status(Ops->GetDmaTransferInfo(Wide.Adapter, Chain, 3 * PART, 1, TRUE, &Transfer),
              STATUS_INVALID_PARAMETER, "an offset behind the chain");
    is_status(Ops->GetDmaTransferInfo(Wide.Adapter, Chain, 2 * PAGE_SIZE, PART, TRUE, &Transfer),
              STATUS_SUCCESS, "of a part of two MDLs");
    is_ulong(Transfer.V1.MapRegisterCount, 5,
             "its pages"); /* two of the first (it begins at byte 100), three of the second */
    ok(Transfer.V1.ScatterGatherListSize >= FIELD_OFFSET(SCATTER_GATHER_LIST, Elements[5]),
       "and room for them");
}

static VOID common_buffer(VOID)
{
    PHYSICAL_ADDRESS Maximum = {.QuadPart = 0xFFFFFFF}, Logical;
    PVOID Buffer = Ops->AllocateCommonBufferEx(Wide.Adapter, &Maximum, 5000, &Logical, TRUE, 0);

    ok(Buffer != NULL && Logical.QuadPart + 5000 <= 0x10000000, "a common buffer below 256 MiB");
    Ops->FreeCommonBuffer(Wide.Adapter, 5000, Logical, Buffer, TRUE);
}

/* ---- lists ---- */

static PSCATTER_GATHER_LIST Given;

static VOID NTAPI list_control(PDEVICE_OBJECT Object, PIRP Irp, PSCATTER_GATHER_LIST List,
                               PVOID Passed)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Irp);
    *(PULONG)Passed += 1;
    Given = List;
}

/* From the chain into the device and back, by lists; the narrow one through copies. */
static VOID lists(ENGINE *Engine, const char *Text)
{
    PDMA_OPERATIONS O = Engine->Adapter->DmaOperations;
    ULONG Calls = 0, Offset = 0, From = PART - 500, Bytes = PART + 1000;
    PSCATTER_GATHER_LIST List = NULL;
    KIRQL OldIrql;

    for (ULONG i = 0; i < 3 * PART; i++)
        *chain_byte(i) = pattern(i);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_status(O->InitializeDmaTransferContext(Engine->Adapter, NULL), STATUS_INVALID_PARAMETER,
              "%s: no context", Text);
    is_status(O->InitializeDmaTransferContext(Engine->Adapter, Context[0]), STATUS_SUCCESS,
              "%s: a context", Text);
    is_status(O->GetScatterGatherListEx(Engine->Adapter, Device, Context[0], Chain, From, Bytes, 0,
                                        NULL, NULL, TRUE, NULL, NULL, &List),
              STATUS_INVALID_PARAMETER, "%s: neither routine nor at once", Text);
    is_status(O->GetScatterGatherListEx(Engine->Adapter, Device, Context[0], Chain, From, Bytes, 0,
                                        list_control, &Calls, TRUE, NULL, NULL, NULL),
              STATUS_SUCCESS, "%s: a list", Text);
    is_ulong(Calls, 1, "%s: its routine", Text);
    for (ULONG i = 0; i < Given->NumberOfElements; i++) {
        Engine->Table[i] =
            (struct dma_descriptor){(ULONG64)Given->Elements[i].Address.QuadPart, Offset,
                                    Given->Elements[i].Length, DMA_TARGET_LOCAL};
        Offset += Given->Elements[i].Length;
    }
    is_ulong(Offset, Bytes, "%s: over three MDLs", Text);
    KeLowerIrql(OldIrql);
    is_ulong64(engine_run(Engine, Given->NumberOfElements), Bytes, "%s: written", Text);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    O->PutScatterGatherList(Engine->Adapter, Given, TRUE);
    for (ULONG i = From; i < From + Bytes; i++)
        *chain_byte(i) = 0;
    O->InitializeDmaTransferContext(Engine->Adapter, Context[0]);
    is_status(O->GetScatterGatherListEx(Engine->Adapter, Device, Context[0], Chain, From, Bytes,
                                        DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, FALSE, NULL, NULL,
                                        &List),
              STATUS_SUCCESS, "%s: a list at once", Text);
    Offset = 0;
    for (ULONG i = 0; i < List->NumberOfElements; i++) {
        Engine->Table[i] =
            (struct dma_descriptor){Offset, (ULONG64)List->Elements[i].Address.QuadPart,
                                    List->Elements[i].Length, DMA_SOURCE_LOCAL};
        Offset += List->Elements[i].Length;
    }
    KeLowerIrql(OldIrql);
    engine_run(Engine, List->NumberOfElements);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    O->PutScatterGatherList(Engine->Adapter, List, FALSE);
    KeLowerIrql(OldIrql);
    for (Offset = 0; Offset < 3 * PART && *chain_byte(Offset) == pattern(Offset); Offset++)
        ;
    is_ulong(Offset, 3 * PART, "%s: what was written was read", Text);
}

static VOID built_list(VOID)
{
    DMA_TRANSFER_INFO Transfer = {.Version = DMA_TRANSFER_INFO_VERSION2};
    PSCATTER_GATHER_LIST Buffer, List = NULL;
    KIRQL OldIrql;

    Ops->GetDmaTransferInfo(Wide.Adapter, Chain, 0, PART, TRUE, &Transfer);
    is_ulong(Transfer.V2.LogicalPageCount, 4, "logical pages");
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Transfer.V2.ScatterGatherListSize, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Ops->InitializeDmaTransferContext(Wide.Adapter, Context[0]);
    is_status(Ops->BuildScatterGatherListEx(
                  Wide.Adapter, Device, Context[0], Chain, 0, PART, DMA_SYNCHRONOUS_CALLBACK, NULL,
                  NULL, TRUE, Buffer, Transfer.V2.ScatterGatherListSize - 1, NULL, NULL, &List),
              STATUS_BUFFER_TOO_SMALL, "a buffer too small for the list");
    is_status(Ops->BuildScatterGatherListEx(Wide.Adapter, Device, Context[0], Chain, 0, PART,
                                            DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, TRUE, Buffer,
                                            Transfer.V2.ScatterGatherListSize, NULL, NULL, &List),
              STATUS_SUCCESS, "a list in a buffer");
    is_ptr(List, Buffer, "is there");
    Ops->PutScatterGatherList(Wide.Adapter, List, TRUE);
    KeLowerIrql(OldIrql);
    ExFreePoolWithTag(Buffer, TAG);
}

/* ---- the channel ---- */

static ULONG ControlCalls;
static PVOID Base;

static IO_ALLOCATION_ACTION NTAPI adapter_control(PDEVICE_OBJECT Object, PIRP Irp,
                                                  PVOID MapRegisterBase, PVOID Action)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Irp);
    ControlCalls++;
    Base = MapRegisterBase;
    return (IO_ALLOCATION_ACTION)(ULONG_PTR)Action;
}

static NTSTATUS allocate(ULONG Which, ULONG Registers, ULONG Flags, PDRIVER_CONTROL Routine,
                         PVOID *Out)
{
    return NarrowOps->AllocateAdapterChannelEx(Narrow.Adapter, Device, Context[Which], Registers,
                                               Flags, Routine, (PVOID)(ULONG_PTR)DeallocateObject,
                                               Out);
}

static VOID channel(VOID)
{
    ULONG All = Narrow.MapRegisters, Length = 3 * PART;
    UCHAR Room[FIELD_OFFSET(SCATTER_GATHER_LIST, Elements[8])];
    PSCATTER_GATHER_LIST List = (PSCATTER_GATHER_LIST)Room;
    PVOID Held = NULL, Other;
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG i = 0; i < 3; i++)
        NarrowOps->InitializeDmaTransferContext(Narrow.Adapter, Context[i]);
    is_status(allocate(0, 4, 0, NULL, NULL), STATUS_INVALID_PARAMETER,
              "neither routine nor place for the registers");
    is_status(allocate(0, 4, 0, adapter_control, &Held), STATUS_INVALID_PARAMETER, "both");
    is_status(allocate(0, All + 1, 0, adapter_control, NULL), STATUS_INSUFFICIENT_RESOURCES,
              "too many registers");
    is_status(allocate(0, 4, DMA_SYNCHRONOUS_CALLBACK, NULL, &Held), STATUS_SUCCESS,
              "the channel at once");
    ok(Held != NULL, "and its registers");
    is_status(allocate(1, 1, DMA_SYNCHRONOUS_CALLBACK, NULL, &Other), STATUS_INSUFFICIENT_RESOURCES,
              "it is not to be had twice at once");
    is_status(allocate(1, 1, 0, adapter_control, NULL), STATUS_SUCCESS, "it is waited for");
    is_status(allocate(1, 1, 0, adapter_control, NULL), STATUS_INVALID_PARAMETER,
              "a context is of one request");
    is_status(allocate(2, 1, 0, adapter_control, NULL), STATUS_SUCCESS, "another waits");
    is_bool(NarrowOps->CancelAdapterChannel(Narrow.Adapter, Device, Context[1]), TRUE,
            "the first is cancelled");

    is_status(NarrowOps->MapTransferEx(Narrow.Adapter, Chain, Held, 0, 0, &Length, TRUE, NULL, 0,
                                       NULL, NULL),
              STATUS_INVALID_PARAMETER, "no place for the list");
    is_status(NarrowOps->MapTransferEx(Narrow.Adapter, Chain, Held, 0, 0, &Length, TRUE, List,
                                       sizeof(Room), NULL, NULL),
              STATUS_SUCCESS, "a transfer is mapped");
    ok(Length >= 3 * PAGE_SIZE && Length < 3 * PART, "as far as four registers reach (%lu)",
       Length);
    is_ulong64(List->Elements[0].Address.QuadPart >> 32, 0, "where the device reaches");
    is_status(NarrowOps->FlushAdapterBuffersEx(Narrow.Adapter, Chain, Held, 0, Length, TRUE),
              STATUS_SUCCESS, "flushed");
    is_status(NarrowOps->FlushAdapterBuffersEx(Narrow.Adapter, Chain, Held, 3 * PART, 1, TRUE),
              STATUS_INVALID_PARAMETER, "not behind the chain");
    is_ulong(ControlCalls, 0, "nobody else had the channel");
    NarrowOps->FreeAdapterObject(Narrow.Adapter, KeepObject);
    is_ulong(ControlCalls, 0, "kept");
    NarrowOps->FreeAdapterObject(Narrow.Adapter, DeallocateObjectKeepRegisters);
    is_ulong(ControlCalls, 1, "the next has it; the cancelled one had not");
    is_bool(NarrowOps->CancelAdapterChannel(Narrow.Adapter, Device, Context[2]), FALSE,
            "too late to cancel");
    NarrowOps->FreeMapRegisters(Narrow.Adapter, Held, 4);
    NarrowOps->InitializeDmaTransferContext(Narrow.Adapter, Context[1]);
    is_bool(NarrowOps->CancelAdapterChannel(Narrow.Adapter, Device, Context[1]), TRUE,
            "cancelled in advance");
    is_status(allocate(1, 1, 0, adapter_control, NULL), STATUS_CANCELLED, "so it is not allocated");
    NarrowOps->InitializeDmaTransferContext(Narrow.Adapter, Context[1]);
    is_status(NarrowOps->CancelMappedTransfer(Narrow.Adapter, Context[1]), STATUS_SUCCESS,
              "a transfer is cancelled");
    is_status(allocate(1, 1, 0, adapter_control, NULL), STATUS_CANCELLED,
              "no other with its context");
    is_status(NarrowOps->ConfigureAdapterChannel(Narrow.Adapter, 0, NULL), STATUS_NOT_IMPLEMENTED,
              "nothing to configure in a bus master");
    is_ulong(ControlCalls, 1, "no routine more was called");
    KeLowerIrql(OldIrql);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Low = {.QuadPart = FOUR_GIB}, Highest = {.QuadPart = -1},
                     Zero = {.QuadPart = 0};

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!engine_open(&Narrow, FIRST_SLOT, DEVICE_DESCRIPTION_VERSION3, FALSE) ||
        !engine_open(&Wide, FIRST_SLOT + 1, DEVICE_DESCRIPTION_VERSION3, TRUE))
        return bail("the machine has not the two engines");
    Ops = Wide.Adapter->DmaOperations;
    NarrowOps = Narrow.Adapter->DmaOperations;
    High = MmAllocateContiguousMemorySpecifyCache(6 * PART, Low, Highest, Zero, MmCached);
    make_chain();
    information();
    common_buffer();
    lists(&Wide, "64 bits");
    lists(&Narrow, "32 bits");
    built_list();
    channel();
    free_chain();
    MmFreeContiguousMemory(High);
    engine_close(&Narrow);
    engine_close(&Wide);
    IoDeleteDevice(Device);
    return done();
}
