/*
 * DMA adapters on a real engine: common buffers, scatter/gather lists, the channel and its map
 * registers, bounce memory for a device of 32 bits in a machine with more memory. Calls:
 * IoGetDmaAdapter, HalGetAdapter, the DMA_OPERATIONS.
 */
#include "dma_device.h"

/* ---- adapters ---- */

static VOID adapters(VOID)
{
    DEVICE_DESCRIPTION D = description(DEVICE_DESCRIPTION_VERSION2, TRUE, TRUE);
    PDMA_ADAPTER Adapter;
    ULONG Registers;

    D.Version = 77;
    is_ptr(IoGetDmaAdapter(NULL, &D, &Registers), NULL, "no adapter of a version that is none");
    D = description(DEVICE_DESCRIPTION_VERSION2, TRUE, TRUE);
    D.Master = FALSE;
    Registers = 5;
    is_ptr(IoGetDmaAdapter(NULL, &D, &Registers), NULL, "no system DMA controller");
    is_ulong(Registers, 0, "no registers then");
    D = description(DEVICE_DESCRIPTION_VERSION2, TRUE, TRUE);
    D.Version = DEVICE_DESCRIPTION_VERSION;
    Adapter = IoGetDmaAdapter(NULL, &D, &Registers);
    is_ulong(Adapter->Version, 1, "the structure's version is 1");
    is_ulong(Adapter->DmaOperations->Size, FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList),
             "version 1 of the operations");
    ok(Registers >= BYTES / PAGE_SIZE + 1, "enough registers for the longest transfer");
    is_ulong(Adapter->DmaOperations->GetDmaAlignment(Adapter), 1, "no alignment");
    is_ulong(Adapter->DmaOperations->ReadDmaCounter(Adapter), 0, "no counter");
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    Adapter = (PDMA_ADAPTER)HalGetAdapter(&D, &Registers);
    ok(Adapter != NULL, "HalGetAdapter");
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    is_ulong(Wide.Adapter->DmaOperations->Size, FIELD_OFFSET(DMA_OPERATIONS, GetDmaAdapterInfo),
             "version 2");
    ok(Narrow.TableAddress.QuadPart + 4 * PAGE_SIZE <= FOUR_GIB, "a common buffer within 32 bits");
    is_hex(MmGetPhysicalAddress(Narrow.Table).QuadPart, Narrow.TableAddress.QuadPart,
           "its logical address");
}

/* ---- lists ---- */

static PSCATTER_GATHER_LIST List;
static ULONG ListCalls;
static KIRQL ListIrql;

static VOID NTAPI list_control(PDEVICE_OBJECT Object, PIRP Irp, PSCATTER_GATHER_LIST ScatterGather,
                               PVOID Context)
{
    UNREFERENCED_PARAMETER(Irp);
    ListIrql = KeGetCurrentIrql();
    ListCalls += Object == Device && Context == &List;
    List = ScatterGather;
}

static ULONG64 list_bytes(VOID)
{
    ULONG64 Bytes = 0;

    for (ULONG i = 0; i < List->NumberOfElements; i++)
        Bytes += List->Elements[i].Length;
    return Bytes;
}

static NTSTATUS get_list(ENGINE *Engine, PMDL Mdl, PUCHAR Va, ULONG Length, BOOLEAN Write)
{
    NTSTATUS Status;
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Status = Engine->Adapter->DmaOperations->GetScatterGatherList(
        Engine->Adapter, Device, Mdl, Va, Length, list_control, &List, Write);
    KeLowerIrql(OldIrql);
    return Status;
}

static VOID put_list(ENGINE *Engine, BOOLEAN Write)
{
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Engine->Adapter->DmaOperations->PutScatterGatherList(Engine->Adapter, List, Write);
    KeLowerIrql(OldIrql);
}

/* Writes a buffer to the device's memory and reads it back into another, each through a list. */
static VOID both_ways(ENGINE *Engine, PUCHAR Out, PUCHAR In, ULONG Bytes, BOOLEAN Copied,
                      const char *Text)
{
    PMDL OutMdl = IoAllocateMdl(Out, Bytes, FALSE, FALSE, NULL),
         InMdl = IoAllocateMdl(In, Bytes, FALSE, FALSE, NULL);
    ULONG Offset = 0;

    MmBuildMdlForNonPagedPool(OutMdl);
    MmBuildMdlForNonPagedPool(InMdl);
    fill(Out, Bytes);
    RtlZeroMemory(In, Bytes);
    ListCalls = 0;
    is_status(get_list(Engine, OutMdl, Out, Bytes, TRUE), STATUS_SUCCESS, "%s: a list", Text);
    is_ulong(ListCalls, 1, "%s: the routine is called", Text);
    is_ulong(ListIrql, DISPATCH_LEVEL, "%s: at DISPATCH_LEVEL", Text);
    is_ulong64(list_bytes(), Bytes, "%s: all of the buffer", Text);
    is_bool(List->Elements[0].Address.QuadPart != MmGetPhysicalAddress(Out).QuadPart, Copied,
            "%s: copied or not", Text);
    for (ULONG i = 0; i < List->NumberOfElements; i++) {
        Engine->Table[i] =
            (struct dma_descriptor){(ULONG64)List->Elements[i].Address.QuadPart, Offset,
                                    List->Elements[i].Length, DMA_TARGET_LOCAL};
        Offset += List->Elements[i].Length;
    }
    is_ulong64(engine_run(Engine, List->NumberOfElements), Bytes, "%s: written", Text);
    put_list(Engine, TRUE);
    get_list(Engine, InMdl, In, Bytes, FALSE);
    Offset = 0;
    for (ULONG i = 0; i < List->NumberOfElements; i++) {
        Engine->Table[i] =
            (struct dma_descriptor){Offset, (ULONG64)List->Elements[i].Address.QuadPart,
                                    List->Elements[i].Length, DMA_SOURCE_LOCAL};
        Offset += List->Elements[i].Length;
    }
    is_ulong64(engine_run(Engine, List->NumberOfElements), Bytes, "%s: read", Text);
    if (Copied)
        is_ulong(In[1], 0, "%s: nothing has come before the flush", Text);
    put_list(Engine, FALSE);
    is_long(first_wrong(In, Bytes), -1, "%s: what was written was read", Text);
    IoFreeMdl(OutMdl);
    IoFreeMdl(InMdl);
}

/* A buffer whose pages are in another order than its addresses. */
static VOID scattered(PUCHAR Buffer)
{
    PMDL Mdl = IoAllocateMdl(Buffer + 100, 4 * PAGE_SIZE - 200, FALSE, FALSE, NULL);
    PDMA_OPERATIONS Operations = Wide.Adapter->DmaOperations;
    PPFN_NUMBER Pages = MmGetMdlPfnArray(Mdl);
    PSCATTER_GATHER_LIST Own;
    ULONG Size = 0, Registers = 0;
    PFN_NUMBER Page;
    PMDL Target;
    KIRQL OldIrql;

    MmBuildMdlForNonPagedPool(Mdl);
    Page = Pages[1];
    Pages[1] = Pages[3];
    Pages[3] = Page;
    get_list(&Wide, Mdl, Buffer + 100, 4 * PAGE_SIZE - 200, TRUE);
    is_ulong(List->NumberOfElements, 4, "pages that are not neighbours are elements of their own");
    is_ulong(List->Elements[0].Length, PAGE_SIZE - 100, "the first is the rest of its page");
    is_hex(List->Elements[3].Address.QuadPart, Pages[3] << PAGE_SHIFT, "the last is at its page");
    is_status(Operations->BuildMdlFromScatterGatherList(Wide.Adapter, List, NULL, &Target),
              STATUS_INVALID_PARAMETER, "no MDL of none");
    is_status(Operations->BuildMdlFromScatterGatherList(Wide.Adapter, List, Mdl, &Target),
              STATUS_SUCCESS, "an MDL of the list");
    is_ptr(Target, Mdl, "is the buffer's own");
    put_list(&Wide, TRUE);

    is_status(Operations->CalculateScatterGatherList(Wide.Adapter, Mdl, Buffer + 100, MAXULONG / 2,
                                                     &Size, &Registers),
              STATUS_BUFFER_TOO_SMALL, "more than the MDL has");
    is_status(Operations->CalculateScatterGatherList(Wide.Adapter, NULL, NULL, MAXULONG, &Size,
                                                     &Registers),
              STATUS_INSUFFICIENT_RESOURCES, "more than there are registers");
    is_status(Operations->CalculateScatterGatherList(Wide.Adapter, Mdl, Buffer + 100, PAGE_SIZE,
                                                     &Size, &Registers),
              STATUS_SUCCESS, "a size");
    is_ulong(Registers, 2, "of two pages");
    Own = ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_status(Operations->BuildScatterGatherList(Wide.Adapter, Device, Mdl, Buffer + 100, PAGE_SIZE,
                                                 list_control, &List, TRUE, Own, Size - 1),
              STATUS_BUFFER_TOO_SMALL, "a buffer too small");
    is_status(Operations->BuildScatterGatherList(Wide.Adapter, Device, Mdl, Buffer + 100, PAGE_SIZE,
                                                 list_control, &List, TRUE, Own, Size),
              STATUS_SUCCESS, "a list in a buffer of one's own");
    is_ptr(List, Own, "is there");
    KeLowerIrql(OldIrql);
    put_list(&Wide, TRUE);
    ExFreePoolWithTag(Own, TAG);
    IoFreeMdl(Mdl);
}

/* ---- the channel ---- */

typedef struct _CALL {
    IO_ALLOCATION_ACTION Action;
    PVOID Base;
    PIRP Irp;
    ULONG Calls;
} CALL;

static IO_ALLOCATION_ACTION NTAPI adapter_control(PDEVICE_OBJECT Object, PIRP Irp,
                                                  PVOID MapRegisterBase, PVOID Context)
{
    CALL *Call = Context;

    UNREFERENCED_PARAMETER(Object);
    Call->Base = MapRegisterBase;
    Call->Irp = Irp;
    Call->Calls++;
    return Call->Action;
}

static VOID channel(PUCHAR High)
{
    DEVICE_DESCRIPTION D = description(DEVICE_DESCRIPTION_VERSION2, FALSE,
                                       FALSE); /* one that wants its memory in one piece */
    CALL First = {.Action = DeallocateObjectKeepRegisters}, Second = {.Action = KeepObject},
         Third = {.Action = DeallocateObject};
    PMDL Mdl = IoAllocateMdl(High, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    ULONG Registers, Length = 3 * PAGE_SIZE - 8;
    PHYSICAL_ADDRESS Address;
    PDMA_ADAPTER Adapter;
    KIRQL OldIrql;

    MmBuildMdlForNonPagedPool(Mdl);
    D.MaximumLength = 8 * PAGE_SIZE;
    Adapter = IoGetDmaAdapter(NULL, &D, &Registers);
    is_ulong(Registers, 9, "a register more than pages");
    Device->CurrentIrp = (PIRP)Mdl;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_status(Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 10, adapter_control,
                                                             &First),
              STATUS_INSUFFICIENT_RESOURCES, "more registers than there are");
    is_status(
        Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 6, adapter_control, &First),
        STATUS_SUCCESS, "the channel");
    is_ulong(First.Calls, 1, "its routine is called at once");
    is_ptr(First.Irp, Device->CurrentIrp, "with the device's current IRP");
    is_status(Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 6, adapter_control,
                                                             &Second),
              STATUS_SUCCESS, "again");
    is_ulong(Second.Calls, 0, "a second waits: too few registers are left");
    Adapter->DmaOperations->AllocateAdapterChannel(Adapter, Device, 1, adapter_control, &Third);
    is_ulong(Third.Calls, 0, "a third waits behind it");
    fill(High, 3 * PAGE_SIZE);
    Address =
        Adapter->DmaOperations->MapTransfer(Adapter, Mdl, First.Base, High + 8, &Length, TRUE);
    is_ulong(Length, 3 * PAGE_SIZE - 8, "the whole transfer is mapped");
    ok(Address.QuadPart + Length <= FOUR_GIB, "within 32 bits");
    KeLowerIrql(OldIrql);
    Narrow.Table[0] =
        (struct dma_descriptor){(ULONG64)Address.QuadPart, 8, Length, DMA_TARGET_LOCAL};
    is_ulong64(engine_run(&Narrow, 1), Length, "the device reads it");
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_bool(Adapter->DmaOperations->FlushAdapterBuffers(Adapter, Mdl, First.Base, High + 8, Length,
                                                        TRUE),
            TRUE, "flushed");
    RtlZeroMemory(High, 3 * PAGE_SIZE);
    Address =
        Adapter->DmaOperations->MapTransfer(Adapter, Mdl, First.Base, High + 8, &Length, FALSE);
    KeLowerIrql(OldIrql);
    Narrow.Table[0] =
        (struct dma_descriptor){8, (ULONG64)Address.QuadPart, Length, DMA_SOURCE_LOCAL};
    engine_run(&Narrow, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    is_ulong(High[8], 0, "nothing has come yet");
    Adapter->DmaOperations->FlushAdapterBuffers(Adapter, Mdl, First.Base, High + 8, Length, FALSE);
    is_ulong(High[8], pattern(8), "the flush brings it");
    is_ulong(High[3 * PAGE_SIZE - 1], pattern(3 * PAGE_SIZE - 1), "to the last byte");
    is_ulong(High[7], 0, "and nothing more");
    Adapter->DmaOperations->FreeMapRegisters(Adapter, First.Base, 6);
    is_ulong(Second.Calls, 1, "the second gets its turn");
    is_ulong(Third.Calls, 0, "the third waits for the channel, which the second keeps");
    Adapter->DmaOperations->FreeAdapterChannel(Adapter);
    is_ulong(Third.Calls, 1, "and gets it");
    KeLowerIrql(OldIrql);
    Device->CurrentIrp = NULL;
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    IoFreeMdl(Mdl);
}

/* ---- what a device may not ---- */

static VOID limits(VOID)
{
    USHORT Command = PCI_ENABLE_MEMORY_SPACE;

    Wide.Table[0] = (struct dma_descriptor){0x2000000000, 0, 64, DMA_TARGET_LOCAL};
    is_ulong64(engine_run(&Wide, 1), 0, "a transfer from where no memory is fails");
    Narrow.Table[0] = (struct dma_descriptor){FOUR_GIB, 0, 64, DMA_TARGET_LOCAL};
    is_ulong64(engine_run(&Narrow, 1), 0, "so does one that the device cannot address");
    HalSetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT + 1, &Command, 4, 2);
    Wide.Table[0] = (struct dma_descriptor){0, 0, 64, DMA_SOURCE_LOCAL | DMA_TARGET_LOCAL};
    is_ulong64(engine_run(&Wide, 1), 0, "and any of a device that is no bus master");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Low = {.QuadPart = FOUR_GIB}, Highest = {.QuadPart = -1},
                     Zero = {.QuadPart = 0};
    PUCHAR High, Near;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!engine_open(&Narrow, FIRST_SLOT, DEVICE_DESCRIPTION_VERSION2, FALSE) ||
        !engine_open(&Wide, FIRST_SLOT + 1, DEVICE_DESCRIPTION_VERSION2, TRUE))
        return bail("the machine has not the two engines");
    High = MmAllocateContiguousMemorySpecifyCache(BYTES, Low, Highest, Zero, MmCached);
    Near = ExAllocatePoolWithTag(NonPagedPoolNx, BYTES, TAG);
    ok(MmGetPhysicalAddress(High).QuadPart >= FOUR_GIB, "memory above 4 GiB");
    adapters();
    both_ways(&Wide, High + 5, Near + 77, DMA_LOCAL_BYTES, FALSE, "64 bits");
    both_ways(&Narrow, High + 5, High + BYTES / 2, DMA_LOCAL_BYTES, TRUE, "32 bits, far");
    both_ways(&Narrow, Near + 5, Near + BYTES / 2, DMA_LOCAL_BYTES, FALSE, "32 bits, near");
    scattered(Near);
    channel(High);
    limits();
    ExFreePoolWithTag(Near, TAG);
    MmFreeContiguousMemory(High);
    engine_close(&Narrow);
    engine_close(&Wide);
    IoDeleteDevice(Device);
    return done();
}
