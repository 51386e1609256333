/*
 * DMA adapters of bus masters. A device that reaches all of RAM and does scatter/gather gets the
 * buffer's own pages; for any other (32 bits and RAM above 4 GiB, or one that needs contiguous
 * memory) map registers are pages of real bounce memory, copied to by MapTransfer and from by
 * FlushAdapterBuffers. With the gate on every transfer is copied, so that a driver which does not
 * flush is seen. [doc: DMA_OPERATIONS, Adapter Objects and DMA] Leaves out: system DMA controllers
 * (the machine has none), DMA domains and what else version 3 got after Windows 8.
 */
#include "dma.h"

#ifndef DRIVER_VERIFIER_DMA_VIOLATION
#define DRIVER_VERIFIER_DMA_VIOLATION ((ULONG)0xE6)
#endif

/* [doc: DRIVER_VERIFIER_DMA_VIOLATION, verifier_codes.tsv] */
DECLSPEC_NORETURN VOID IopDmaViolation(ULONG Kind, PVOID Adapter, ULONG64 P2, ULONG64 P3,
                                       const char *What)
{
    KeSetBugCheckText("DMA adapter %p: %s", Adapter, What);
    KeBugCheckEx(DRIVER_VERIFIER_DMA_VIOLATION, Kind, P2, P3, 0);
}

VOID IopCheckDmaIrql(PDMA_ADAPTER Adapter, KIRQL Lowest, KIRQL Highest)
{
    KIRQL Irql = KeGetCurrentIrql();

    if ((Irql >= Lowest && Irql <= Highest) || !(KiLoaderBlock->flags & HAL_FLAG_GATE))
        return;
    KeSetBugCheckText("DMA adapter %p: a routine of it is called at IRQL %u", Adapter, Irql);
    KeBugCheckEx(DRIVER_VERIFIER_DMA_VIOLATION, 0x13, Lowest == Highest ? 1 : 2, Highest, Irql);
}

#define IOP_DMA_SIZE ((USHORT)sizeof(DMA_ADAPTER))

IOP_DMA_ADAPTER *IopDmaAdapter(PDMA_ADAPTER Adapter)
{
    if (Adapter == NULL)
        IopDmaViolation(0x19, NULL, 0, 0, "there is none");
    if (!MmIsRangeAccessible(Adapter, sizeof(IOP_DMA_ADAPTER), TRUE) || Adapter->Version != 1 ||
        Adapter->Size != IOP_DMA_SIZE)
        IopDmaViolation(0x18, Adapter, (ULONG64)Adapter, 0, "it was released, or never was one");
    return CONTAINING_RECORD(Adapter, IOP_DMA_ADAPTER, Public);
}

/* ---- common buffers ---- */

PVOID IopMakeCommonBuffer(IOP_DMA_ADAPTER *Adapter, ULONG64 Highest, ULONG Length,
                          PPHYSICAL_ADDRESS Logical)
{
    ULONG64 Reached = (Adapter->HighestPage << PAGE_SHIFT) | (PAGE_SIZE - 1);
    PHYSICAL_ADDRESS Zero = {.QuadPart = 0}, Limit = {.QuadPart = (LONGLONG)min(Highest, Reached)};
    PVOID Buffer = MmAllocateContiguousMemorySpecifyCache(Length, Zero, Limit, Zero, MmCached);

    if (Buffer == NULL)
        return NULL;
    *Logical = MmGetPhysicalAddress(Buffer);
    Adapter->CommonBuffers++;
    return Buffer;
}

static PVOID NTAPI IopAllocateCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length,
                                           PPHYSICAL_ADDRESS Logical, BOOLEAN CacheEnabled)
{
    UNREFERENCED_PARAMETER(CacheEnabled);
    IopCheckDmaIrql(DmaAdapter, PASSIVE_LEVEL, PASSIVE_LEVEL);
    return IopMakeCommonBuffer(IopDmaAdapter(DmaAdapter), MAXULONG64, Length, Logical);
}

static VOID NTAPI IopFreeCommonBuffer(PDMA_ADAPTER DmaAdapter, ULONG Length,
                                      PHYSICAL_ADDRESS Logical, PVOID Buffer, BOOLEAN CacheEnabled)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(CacheEnabled);
    IopCheckDmaIrql(DmaAdapter, PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (Adapter->CommonBuffers == 0)
        IopDmaViolation(0x03, DmaAdapter, 1, 0, "a common buffer is freed once too often");
    if (MmGetPhysicalAddress(Buffer).QuadPart != Logical.QuadPart) {
        KeSetBugCheckText("FreeCommonBuffer: %p and its logical address %I64x do not go together",
                          Buffer, Logical.QuadPart);
        KeBugCheckEx(DRIVER_VERIFIER_DMA_VIOLATION, 0x0F, (ULONG_PTR)DmaAdapter, (ULONG_PTR)Buffer,
                     0);
    }
    Adapter->CommonBuffers--;
    MmFreeContiguousMemory(Buffer);
}

static ULONG NTAPI IopGetDmaAlignment(PDMA_ADAPTER DmaAdapter)
{
    IopDmaAdapter(DmaAdapter);
    return 1; /* caches are coherent on x64 */
}

/* [doc] of a system DMA channel; a bus master keeps its own count. */
static ULONG NTAPI IopReadDmaCounter(PDMA_ADAPTER DmaAdapter)
{
    IopDmaAdapter(DmaAdapter);
    return 0;
}

/* ---- the adapter ---- */

static VOID NTAPI IopPutDmaAdapter(PDMA_ADAPTER DmaAdapter)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);

    IopCheckDmaIrql(DmaAdapter, PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (Adapter->CommonBuffers != 0)
        IopDmaViolation(0x07, DmaAdapter, (ULONG64)DmaAdapter, Adapter->CommonBuffers,
                        "it is released with common buffers outstanding");
    if (Adapter->ChannelBusy)
        IopDmaViolation(0x08, DmaAdapter, (ULONG64)DmaAdapter, 1,
                        "it is released with its channel in use");
    if (Adapter->Lists != 0)
        IopDmaViolation(0x0A, DmaAdapter, (ULONG64)DmaAdapter, Adapter->Lists,
                        "it is released with scatter/gather lists outstanding");
    if (Adapter->InUse != 0)
        IopDmaViolation(0x09, DmaAdapter, (ULONG64)DmaAdapter, Adapter->InUse,
                        "it is released with map registers outstanding");
    if (Adapter->Bounces)
        MmFreePages(Adapter->BounceFirst, Adapter->Limit);
    Adapter->Public.Version = 0;
    ExFreePoolWithTag(Adapter, IOP_TAG_DMA);
}

static const DMA_OPERATIONS IopDmaOperations = {
    .PutDmaAdapter = IopPutDmaAdapter,
    .AllocateCommonBuffer = IopAllocateCommonBuffer,
    .FreeCommonBuffer = IopFreeCommonBuffer,
    .AllocateAdapterChannel = IopAllocateAdapterChannel,
    .FlushAdapterBuffers = IopFlushAdapterBuffers,
    .FreeAdapterChannel = IopFreeAdapterChannel,
    .FreeMapRegisters = IopFreeMapRegisters,
    .MapTransfer = IopMapTransfer,
    .GetDmaAlignment = IopGetDmaAlignment,
    .ReadDmaCounter = IopReadDmaCounter,
    .GetScatterGatherList = IopGetScatterGatherList,
    .PutScatterGatherList = IopPutScatterGatherList,
    .CalculateScatterGatherList = IopCalculateScatterGatherList,
    .BuildScatterGatherList = IopBuildScatterGatherList,
    .BuildMdlFromScatterGatherList = IopBuildMdlFromScatterGatherList,
};

/* [doc: DEVICE_DESCRIPTION] 24 bits unless the device says 32 or 64, or in version 3 how many. */
static ULONG64 IopHighestPage(const DEVICE_DESCRIPTION *Description)
{
    if (Description->Version == DEVICE_DESCRIPTION_VERSION3 &&
        Description->DmaAddressWidth > PAGE_SHIFT)
        return Description->DmaAddressWidth >= 64
                   ? MAXULONG64 >> PAGE_SHIFT
                   : (1ull << (Description->DmaAddressWidth - PAGE_SHIFT)) - 1;
    if (Description->Dma64BitAddresses)
        return MAXULONG64 >> PAGE_SHIFT;
    return Description->Dma32BitAddresses || Description->InterfaceType == PCIBus
               ? 0xFFFFFFFFull >> PAGE_SHIFT
               : 0xFFFFFFull >> PAGE_SHIFT;
}

static BOOLEAN IopNeedsBounce(const IOP_DMA_ADAPTER *Adapter)
{
    return !Adapter->ScatterGather || Adapter->HighestPage < MmTotalPageCount() - 1 ||
           (KiLoaderBlock->flags & HAL_FLAG_GATE) != 0;
}

/* One register more than the pages: a buffer need not begin on a page. */
static ULONG IopRegisterLimit(const DEVICE_DESCRIPTION *Description)
{
    ULONG Limit = BYTES_TO_PAGES(Description->MaximumLength) + 1;

    return Limit < IOP_DMA_LIMIT ? Limit : IOP_DMA_LIMIT;
}

static BOOLEAN IopInitBounce(IOP_DMA_ADAPTER *Adapter)
{
    if (!IopNeedsBounce(Adapter))
        return TRUE;
    for (; Adapter->Limit != 0; Adapter->Limit /= 2) { /* [doc] there may be fewer than asked for */
        Adapter->BounceFirst = MmAllocatePagesInRange(Adapter->Limit, 1, Adapter->HighestPage, 1);
        if (Adapter->BounceFirst == 0)
            continue;
        RtlInitializeBitMap(&Adapter->BounceMap, Adapter->BounceBits, Adapter->Limit);
        Adapter->Bounces = TRUE;
        return TRUE;
    }
    return FALSE;
}

/* The operations of a version, with the size that tells it. */
static VOID IopSetOperations(PDMA_OPERATIONS Operations, ULONG Version)
{
    ULONG Size2 = FIELD_OFFSET(DMA_OPERATIONS, GetDmaAdapterInfo);

    *Operations = IopDmaOperations;
    if (Version == DEVICE_DESCRIPTION_VERSION3)
        RtlCopyMemory((PUCHAR)Operations + Size2, (const UCHAR *)&IopDmaOperations3 + Size2,
                      sizeof(*Operations) - Size2);
    Operations->Size = Version == DEVICE_DESCRIPTION_VERSION3 ? sizeof(*Operations)
                       : Version == DEVICE_DESCRIPTION_VERSION2
                           ? Size2
                           : FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList);
}

NT_PARTIAL(IoGetDmaAdapter, "system DMA controllers: NULL");
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject,
                                   PDEVICE_DESCRIPTION DeviceDescription,
                                   PULONG NumberOfMapRegisters)
{
    IOP_DMA_ADAPTER *Adapter;

    *NumberOfMapRegisters = 0;
    if (DeviceDescription->Version > DEVICE_DESCRIPTION_VERSION3 || !DeviceDescription->Master)
        return NULL;
    Adapter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Adapter), IOP_TAG_DMA);
    if (Adapter == NULL)
        return NULL;
    RtlZeroMemory(Adapter, sizeof(*Adapter));
    Adapter->Pdo = PhysicalDeviceObject;
    Adapter->ScatterGather = DeviceDescription->ScatterGather != FALSE;
    Adapter->HighestPage = IopHighestPage(DeviceDescription);
    Adapter->Limit = IopRegisterLimit(DeviceDescription);
    KeInitializeSpinLock(&Adapter->Lock);
    InitializeListHead(&Adapter->Waiting);
    if (!IopInitBounce(Adapter)) {
        ExFreePoolWithTag(Adapter, IOP_TAG_DMA);
        return NULL;
    }
    IopSetOperations(&Adapter->Operations, DeviceDescription->Version);
    Adapter->Public.Version = 1;
    Adapter->Public.Size = IOP_DMA_SIZE;
    Adapter->Public.DmaOperations = &Adapter->Operations;
    *NumberOfMapRegisters = Adapter->Limit;
    return &Adapter->Public;
}

/* [doc: obsolete; its adapter is used through the macros that call DmaOperations] */
NT_PARTIAL(HalGetAdapter, "system DMA controllers: NULL");
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription,
                                    PULONG NumberOfMapRegisters);
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription,
                                    PULONG NumberOfMapRegisters)
{
    return (PADAPTER_OBJECT)IoGetDmaAdapter(NULL, DeviceDescription, NumberOfMapRegisters);
}
