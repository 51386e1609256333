/*
 * Scatter/gather lists: the pieces of a buffer as the device sees them, neighbours joined.
 * [doc: GetScatterGatherList, PutScatterGatherList, CalculateScatterGatherList,
 * BuildScatterGatherList]
 */
#include "dma.h"

/* Kept in the list's Reserved field. */
#define IOP_REQUEST_OF(List) ((IOP_DMA_REQUEST *)(List)->Reserved)

static ULONG IopListBytes(ULONG Elements)
{
    return (ULONG)FIELD_OFFSET(SCATTER_GATHER_LIST, Elements[Elements]);
}

static ULONG IopPagesOf(PMDL Mdl, PVOID CurrentVa, ULONG Length)
{
    ULONG Pages = 0, Offset, Bytes;

    if (Mdl == NULL)
        return ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);
    Offset = (ULONG)((PUCHAR)CurrentVa - (PUCHAR)MmGetMdlVirtualAddress(Mdl));
    for (; Length != 0; Mdl = Mdl->Next, Offset = 0) {
        Bytes = min(MmGetMdlByteCount(Mdl) - Offset, Length);
        Pages += ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlByteOffset(Mdl) + Offset, Bytes);
        Length -= Bytes;
    }
    return Pages;
}

NTSTATUS NTAPI IopCalculateScatterGatherList(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa,
                                             ULONG Length, PULONG ListSize, PULONG Registers)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    ULONG Pages;

    if (Mdl != NULL && Length > IopBytesInMdl(Mdl, CurrentVa))
        return STATUS_BUFFER_TOO_SMALL;
    Pages = IopPagesOf(Mdl, CurrentVa, Length);
    if (Pages > Adapter->Limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    *ListSize = IopListBytes(Pages);
    if (Registers != NULL)
        *Registers = Pages;
    return STATUS_SUCCESS;
}

/* ---- making the list ---- */

VOID IopAddElement(PSCATTER_GATHER_LIST List, ULONG64 Address, ULONG Length)
{
    PSCATTER_GATHER_ELEMENT Last =
        List->NumberOfElements == 0 ? NULL : &List->Elements[List->NumberOfElements - 1];

    if (Last != NULL && (ULONG64)Last->Address.QuadPart + Last->Length == Address) {
        Last->Length += Length;
        return;
    }
    Last = &List->Elements[List->NumberOfElements++];
    Last->Address.QuadPart = (LONGLONG)Address;
    Last->Length = Length;
    Last->Reserved = 0;
}

/* A chain is mapped an MDL at a time, so that each piece can be flushed by its MDL and address. */
VOID IopRunDmaList(IOP_DMA_ADAPTER *Adapter, IOP_DMA_REQUEST *Request)
{
    PUCHAR Va = Request->Va;
    ULONG Left = Request->Length;

    Request->List->NumberOfElements = 0;
    Request->List->Reserved = (ULONG_PTR)Request;
    for (PMDL Mdl = Request->Mdl; Left != 0; Mdl = Mdl->Next) {
        ULONG InThis = MmGetMdlByteCount(Mdl) - (ULONG)(Va - (PUCHAR)MmGetMdlVirtualAddress(Mdl));

        InThis = min(InThis, Left);
        Left -= InThis;
        while (InThis != 0) {
            ULONG Length = InThis;
            PHYSICAL_ADDRESS Address = IopMapTransfer(&Adapter->Public, Mdl, Request->Registers, Va,
                                                      &Length, Request->WriteToDevice);

            IopAddElement(Request->List, (ULONG64)Address.QuadPart, Length);
            InThis -= Length;
            Va += Length;
        }
        if (Left != 0)
            Va = MmGetMdlVirtualAddress(Mdl->Next);
    }
    if (Request->ListControl != NULL)
        Request->ListControl(Request->Device, Request->Device->CurrentIrp, Request->List,
                             Request->Context);
}

VOID IopFlushChain(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PUCHAR Va, ULONG Length,
                   IOP_DMA_REGISTERS *Registers, BOOLEAN WriteToDevice)
{
    for (; Length != 0; Mdl = Mdl->Next) {
        ULONG InThis = MmGetMdlByteCount(Mdl) - (ULONG)(Va - (PUCHAR)MmGetMdlVirtualAddress(Mdl));

        InThis = min(InThis, Length);
        IopFlushAdapterBuffers(DmaAdapter, Mdl, Registers, Va, InThis, WriteToDevice);
        Length -= InThis;
        if (Length != 0)
            Va = MmGetMdlVirtualAddress(Mdl->Next);
    }
}

static VOID IopFreeRequest(IOP_DMA_REQUEST *Request)
{
    if (Request->OwnList && Request->List != NULL)
        ExFreePoolWithTag(Request->List, IOP_TAG_DMA);
    ExFreePoolWithTag(Request, IOP_TAG_DMA);
}

NTSTATUS IopRequestList(IOP_DMA_ADAPTER *Adapter, const IOP_DMA_REQUEST *Wanted, PVOID Buffer,
                        ULONG BufferLength, BOOLEAN NoWait, PSCATTER_GATHER_LIST *List)
{
    IOP_DMA_REQUEST *Request;
    ULONG Bytes, Registers;
    NTSTATUS Status = IopCalculateScatterGatherList(&Adapter->Public, Wanted->Mdl, Wanted->Va,
                                                    Wanted->Length, &Bytes, &Registers);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Buffer != NULL && BufferLength < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), IOP_TAG_DMA);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Request = *Wanted;
    Request->OwnList = Buffer == NULL;
    Request->List =
        Buffer != NULL ? Buffer : ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, IOP_TAG_DMA);
    if (Request->List == NULL) {
        ExFreePoolWithTag(Request, IOP_TAG_DMA);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (List != NULL)
        *List = Request->List; /* the routine may free it before this returns */
    Adapter->Lists++;
    Status = IopStartDmaRequest(Adapter, Request, Registers, NoWait);
    if (!NT_SUCCESS(Status)) {
        Adapter->Lists--;
        IopFreeRequest(Request);
    }
    return Status;
}

NTSTATUS NTAPI IopBuildScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device, PMDL Mdl,
                                         PVOID CurrentVa, ULONG Length,
                                         PDRIVER_LIST_CONTROL Routine, PVOID Context,
                                         BOOLEAN WriteToDevice, PVOID Buffer, ULONG BufferLength)
{
    IOP_DMA_REQUEST Wanted = {.Device = Device,
                              .Context = Context,
                              .ListControl = Routine,
                              .Mdl = Mdl,
                              .Va = CurrentVa,
                              .Length = Length,
                              .WriteToDevice = WriteToDevice};

    IopCheckDmaIrql(DmaAdapter, DISPATCH_LEVEL, DISPATCH_LEVEL);
    return IopRequestList(IopDmaAdapter(DmaAdapter), &Wanted, Buffer, BufferLength, FALSE, NULL);
}

NTSTATUS NTAPI IopGetScatterGatherList(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT Device, PMDL Mdl,
                                       PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL Routine,
                                       PVOID Context, BOOLEAN WriteToDevice)
{
    return IopBuildScatterGatherList(DmaAdapter, Device, Mdl, CurrentVa, Length, Routine, Context,
                                     WriteToDevice, NULL, 0);
}

VOID NTAPI IopPutScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST List,
                                   BOOLEAN WriteToDevice)
{
    IOP_DMA_ADAPTER *Adapter = IopDmaAdapter(DmaAdapter);
    IOP_DMA_REQUEST *Request = IOP_REQUEST_OF(List);
    IOP_DMA_REGISTERS *Registers;

    UNREFERENCED_PARAMETER(WriteToDevice);
    IopCheckDmaIrql(DmaAdapter, DISPATCH_LEVEL, DISPATCH_LEVEL);
    if (Adapter->Lists == 0)
        IopDmaViolation(0x06, DmaAdapter, 0, 1, "a scatter/gather list is freed once too often");
    Registers = Request->Registers;
    IopFlushChain(DmaAdapter, Request->Mdl, Request->Va, Request->Length, Registers,
                  Request->WriteToDevice);
    Adapter->Lists--;
    if (Request->Target != NULL)
        IoFreeMdl(Request->Target);
    IopFreeRequest(Request);
    IopReleaseDmaRegisters(Registers);
}

/* ---- an MDL of what the device sees ---- */

static VOID IopFillTarget(PMDL Target, const SCATTER_GATHER_LIST *List)
{
    PPFN_NUMBER Page = MmGetMdlPfnArray(Target);

    for (ULONG i = 0; i < List->NumberOfElements; i++) {
        ULONG64 Address = (ULONG64)List->Elements[i].Address.QuadPart;
        ULONG Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, List->Elements[i].Length);

        for (ULONG p = 0; p < Pages; p++)
            *Page++ = (Address >> PAGE_SHIFT) + p;
    }
    Target->MdlFlags |= MDL_PAGES_LOCKED;
}

/* [doc] the MDL may be the original one: when nothing was copied. The list's release frees another.
 */
NTSTATUS NTAPI IopBuildMdlFromScatterGatherList(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST List,
                                                PMDL OriginalMdl, PMDL *TargetMdl)
{
    IOP_DMA_REQUEST *Request = IOP_REQUEST_OF(List);

    IopDmaAdapter(DmaAdapter);
    if (OriginalMdl == NULL)
        return STATUS_INVALID_PARAMETER;
    if (IsListEmpty(&Request->Registers->Mappings)) {
        *TargetMdl = OriginalMdl;
        return STATUS_SUCCESS;
    }
    if (Request->Target != NULL)
        return STATUS_NONE_MAPPED; /* [doc] called twice */
    Request->Target =
        IoAllocateMdl((PVOID)(ULONG_PTR)BYTE_OFFSET(List->Elements[0].Address.LowPart),
                      Request->Length, FALSE, FALSE, NULL);
    if (Request->Target == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IopFillTarget(Request->Target, List);
    *TargetMdl = Request->Target;
    return STATUS_SUCCESS;
}
