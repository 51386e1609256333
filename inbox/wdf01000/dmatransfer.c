/*
 * DMA transfers: pieces of a transaction that map registers, the device's maximum and the pages
 * allow [doc: DMA Transactions and DMA Transfers; Starting a DMA Transaction]. A scatter/gather
 * transfer has a list of NT's; a packet has the adapter's channel for the whole transaction and one
 * element.
 */
#include "fx.h"

#include "dma.h"

/* ---- the buffer ---- */

size_t FxDmaChainBytes(PMDL Mdl)
{
    size_t Bytes = 0;

    for (; Mdl != NULL; Mdl = Mdl->Next)
        Bytes += MmGetMdlByteCount(Mdl);
    return Bytes;
}

/* The MDL that holds the byte; *Offset becomes the one in it. The byte is in the chain. */
static PMDL FxDmaLocate(PMDL Mdl, size_t *Offset)
{
    while (*Offset >= MmGetMdlByteCount(Mdl)) {
        *Offset -= MmGetMdlByteCount(Mdl);
        Mdl = Mdl->Next;
    }
    return Mdl;
}

FX_DMA_MEASURE FxDmaMeasure(PMDL Mdl, size_t Offset, size_t Length, ULONG MaximumPages)
{
    FX_DMA_MEASURE Measure = {0};
    PFN_NUMBER Last = 0;

    Mdl = FxDmaLocate(Mdl, &Offset);
    while (Measure.Length < Length && Measure.Pages < MaximumPages) {
        size_t In = MmGetMdlByteOffset(Mdl) + Offset;
        PFN_NUMBER Page = MmGetMdlPfnArray(Mdl)[In >> PAGE_SHIFT];
        size_t Rest = PAGE_SIZE - (In & (PAGE_SIZE - 1));

        if (Measure.Pages == 0 || (In & (PAGE_SIZE - 1)) != 0 || Page != Last + 1)
            Measure.Elements++;
        Measure.Pages++;
        Last = Page;
        Rest = min(Rest, MmGetMdlByteCount(Mdl) - Offset);
        Rest = min(Rest, Length - Measure.Length);
        Measure.Length += Rest;
        Offset += Rest;
        if (Measure.Length < Length)
            Mdl = FxDmaLocate(Mdl, &Offset);
    }
    return Measure;
}

/* ---- programming ---- */

/* At DISPATCH_LEVEL. The device has the transfer from here on: it may be over before this returns.
 */
static VOID FxDmaProgram(FX_TRANSACTION *Transaction)
{
    Transaction->EvtProgramDma(FX_HANDLE(WDFDMATRANSACTION, Transaction),
                               FX_HANDLE(WDFDEVICE, Transaction->Enabler->Device),
                               Transaction->Context, Transaction->Direction, Transaction->List);
}

/*
 * A request for map registers holds the transaction until its routine is called; FALSE: whoever
 * waited has given up. Version 3 takes such a request back.
 */
static BOOLEAN FxDmaWaitOver(FX_TRANSACTION *Transaction)
{
    return InterlockedExchange(&Transaction->Waits, FALSE) != FALSE;
}

static NTSTATUS FxDmaWaitResult(FX_TRANSACTION *Transaction, NTSTATUS Status)
{
    if (!NT_SUCCESS(Status) && FxDmaWaitOver(Transaction)) /* else it was cancelled just now */
        FxObjectDereference(&Transaction->Object);
    return Status;
}

static VOID FxDmaWaitBegin(FX_TRANSACTION *Transaction, PDMA_ADAPTER Adapter)
{
    FxObjectReference(&Transaction->Object);
    Transaction->Waits = TRUE;
    if (Transaction->Enabler->IsVersion3)
        Adapter->DmaOperations->InitializeDmaTransferContext(Adapter, Transaction->TransferContext);
}

BOOLEAN FxDmaWaitCancel(FX_TRANSACTION *Transaction)
{
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;
    BOOLEAN Canceled =
        Transaction->Waits && Transaction->Enabler->IsVersion3 &&
        Adapter->DmaOperations->CancelAdapterChannel(Adapter, Transaction->Enabler->Device->Wdm,
                                                     Transaction->TransferContext);

    if (Canceled && FxDmaWaitOver(Transaction))
        FxObjectDereference(&Transaction->Object);
    return Canceled;
}

/* ---- lists ---- */

static VOID NTAPI FxDmaListControl(PDEVICE_OBJECT Wdm, PIRP Irp, PSCATTER_GATHER_LIST List,
                                   PVOID Context)
{
    FX_TRANSACTION *Transaction = Context;
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Irp);
    if (FxDmaWaitOver(Transaction)) {
        Transaction->List = List;
        FxDmaProgram(Transaction);
    } else {
        Adapter->DmaOperations->PutScatterGatherList(
            Adapter, List, Transaction->Direction == WdfDmaDirectionWriteToDevice);
    }
    FxObjectDereference(&Transaction->Object);
}

static NTSTATUS FxDmaStageList(FX_TRANSACTION *Transaction, size_t Offset)
{
    FX_ENABLER *Enabler = Transaction->Enabler;
    PDMA_ADAPTER Adapter = FxEnablerChannel(Enabler, Transaction->Direction)->Adapter;
    PDMA_OPERATIONS Operations = Adapter->DmaOperations;
    BOOLEAN Write = Transaction->Direction == WdfDmaDirectionWriteToDevice;
    NTSTATUS Status;
    PMDL Mdl;

    FxDmaWaitBegin(Transaction, Adapter);
    if (Enabler->IsVersion3) {
        Status = Operations->GetScatterGatherListEx(
            Adapter, Enabler->Device->Wdm, Transaction->TransferContext, Transaction->Mdl, Offset,
            (ULONG)Transaction->Current, Transaction->Immediate ? DMA_SYNCHRONOUS_CALLBACK : 0,
            FxDmaListControl, Transaction, Write, NULL, NULL, NULL);
        return FxDmaWaitResult(Transaction, Status);
    }
    Mdl = FxDmaLocate(Transaction->Mdl, &Offset);
    Status = Operations->GetScatterGatherList(
        Adapter, Enabler->Device->Wdm, Mdl, (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset,
        (ULONG)Transaction->Current, FxDmaListControl, Transaction, Write);
    return FxDmaWaitResult(Transaction, Status);
}

/* ---- packets ---- */

/* With the channel: maps what it can into the one element. */
static NTSTATUS FxDmaMapPacket(FX_TRANSACTION *Transaction, size_t Offset)
{
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;
    BOOLEAN Write = Transaction->Direction == WdfDmaDirectionWriteToDevice;
    PSCATTER_GATHER_LIST List = &Transaction->Single.Header;
    ULONG Length = (ULONG)Transaction->Current;
    NTSTATUS Status = STATUS_SUCCESS;
    PMDL Mdl;

    if (Transaction->Enabler->IsVersion3) {
        Status = Adapter->DmaOperations->MapTransferEx(
            Adapter, Transaction->Mdl, Transaction->MapRegisterBase, Offset, 0, &Length, Write,
            List, sizeof(Transaction->Single), NULL, NULL);
    } else {
        Mdl = FxDmaLocate(Transaction->Mdl, &Offset);
        List->NumberOfElements = 1;
        List->Elements[0].Address = Adapter->DmaOperations->MapTransfer(
            Adapter, Mdl, Transaction->MapRegisterBase,
            (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset, &Length, Write);
        List->Elements[0].Length = Length;
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Transaction->Current = Length;
    Transaction->List = List;
    return STATUS_SUCCESS;
}

static IO_ALLOCATION_ACTION NTAPI FxDmaChannelControl(PDEVICE_OBJECT Wdm, PIRP Irp,
                                                      PVOID MapRegisterBase, PVOID Context)
{
    FX_TRANSACTION *Transaction = Context;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Irp);
    if (!FxDmaWaitOver(Transaction)) {
        FxObjectDereference(&Transaction->Object);
        return DeallocateObject;
    }
    Transaction->MapRegisterBase = MapRegisterBase;
    Transaction->HasChannel = TRUE;
    Transaction->StageStatus =
        FxDmaMapPacket(Transaction, Transaction->Offset + Transaction->Transferred);
    if (NT_SUCCESS(Transaction->StageStatus))
        FxDmaProgram(Transaction);
    FxObjectDereference(&Transaction->Object);
    return KeepObject; /* until the transaction ends, which may have been just now */
}

static NTSTATUS FxDmaGetChannel(FX_TRANSACTION *Transaction, ULONG Registers,
                                PDRIVER_CONTROL Control)
{
    FX_ENABLER *Enabler = Transaction->Enabler;
    PDMA_ADAPTER Adapter = FxEnablerChannel(Enabler, Transaction->Direction)->Adapter;
    PDMA_OPERATIONS Operations = Adapter->DmaOperations;
    NTSTATUS Status;

    FxDmaWaitBegin(Transaction, Adapter);
    if (Enabler->IsVersion3)
        Status = Operations->AllocateAdapterChannelEx(
            Adapter, Enabler->Device->Wdm, Transaction->TransferContext, Registers,
            Transaction->Immediate ? DMA_SYNCHRONOUS_CALLBACK : 0, Control, Transaction, NULL);
    else
        Status = Operations->AllocateAdapterChannel(Adapter, Enabler->Device->Wdm, Registers,
                                                    Control, Transaction);
    return FxDmaWaitResult(Transaction, Status);
}

static NTSTATUS FxDmaStagePacket(FX_TRANSACTION *Transaction, size_t Offset)
{
    FX_DMA_CHANNEL *Channel = FxEnablerChannel(Transaction->Enabler, Transaction->Direction);
    size_t Left = Transaction->Length - Transaction->Transferred;
    ULONG Registers;
    NTSTATUS Status;

    if (Transaction->HasChannel) {
        Status = FxDmaMapPacket(Transaction, Offset);
        if (NT_SUCCESS(Status))
            FxDmaProgram(Transaction);
        return Status;
    }
    if (Transaction->Current < Left) /* for those that follow too */
        Registers =
            (ULONG)min(Channel->MapRegisters, BYTES_TO_PAGES(Transaction->MaximumLength) + 1);
    else
        Registers = FxDmaMeasure(Transaction->Mdl, Offset, Left, Channel->MapRegisters).Pages;
    return FxDmaGetChannel(Transaction, Registers, FxDmaChannelControl);
}

/* ---- one transfer ---- */

NTSTATUS FxDmaStage(FX_TRANSACTION *Transaction)
{
    FX_DMA_CHANNEL *Channel = FxEnablerChannel(Transaction->Enabler, Transaction->Direction);
    size_t Offset = Transaction->Offset + Transaction->Transferred,
           Left = Transaction->Length - Transaction->Transferred;
    FX_DMA_MEASURE Measure = FxDmaMeasure(
        Transaction->Mdl, Offset, min(Left, Transaction->MaximumLength), Channel->MapRegisters);
    NTSTATUS Status;
    KIRQL Irql;

    if (Transaction->Enabler->IsScatter && Measure.Elements > Transaction->Enabler->MaximumElements)
        return FxMistake(Transaction->Object.Globals, STATUS_WDF_TOO_FRAGMENTED,
                         "a transfer of %u elements, the device takes %Iu", Measure.Elements,
                         Transaction->Enabler->MaximumElements);
    Transaction->Current = Measure.Length;
    Transaction->StageStatus = STATUS_SUCCESS;
    Transaction->List = NULL;
    FxObjectReference(&Transaction->Object); /* EvtProgramDma may end it */
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Status = Transaction->Enabler->IsScatter ? FxDmaStageList(Transaction, Offset)
                                             : FxDmaStagePacket(Transaction, Offset);
    KeLowerIrql(Irql);
    if (NT_SUCCESS(Status))
        Status = Transaction->StageStatus;
    FxObjectDereference(&Transaction->Object);
    return Status;
}

VOID FxDmaFreeChannel(FX_TRANSACTION *Transaction)
{
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;
    KIRQL Irql;

    if (!Transaction->HasChannel)
        return;
    Transaction->HasChannel = Transaction->IsReserved = FALSE;
    Transaction->MapRegisterBase = NULL;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    if (Transaction->Enabler->IsVersion3)
        Adapter->DmaOperations->FreeAdapterObject(Adapter, DeallocateObject);
    else
        Adapter->DmaOperations->FreeAdapterChannel(Adapter);
    KeLowerIrql(Irql);
}

static VOID FxDmaFlushPacket(FX_TRANSACTION *Transaction)
{
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;
    BOOLEAN Write = Transaction->Direction == WdfDmaDirectionWriteToDevice;
    size_t Offset = Transaction->Offset + Transaction->Transferred;
    PMDL Mdl;

    if (Transaction->Enabler->IsVersion3) {
        Adapter->DmaOperations->FlushAdapterBuffersEx(Adapter, Transaction->Mdl,
                                                      Transaction->MapRegisterBase, Offset,
                                                      (ULONG)Transaction->Current, Write);
        return;
    }
    Mdl = FxDmaLocate(Transaction->Mdl, &Offset);
    Adapter->DmaOperations->FlushAdapterBuffers(Adapter, Mdl, Transaction->MapRegisterBase,
                                                (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset,
                                                (ULONG)Transaction->Current, Write);
}

VOID FxDmaEndTransfer(FX_TRANSACTION *Transaction)
{
    PDMA_ADAPTER Adapter = FxEnablerChannel(Transaction->Enabler, Transaction->Direction)->Adapter;
    PSCATTER_GATHER_LIST List = Transaction->List;
    KIRQL Irql;

    if (List == NULL)
        return;
    Transaction->List = NULL;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    if (Transaction->Enabler->IsScatter)
        Adapter->DmaOperations->PutScatterGatherList(
            Adapter, List, Transaction->Direction == WdfDmaDirectionWriteToDevice);
    else
        FxDmaFlushPacket(Transaction);
    KeLowerIrql(Irql);
}

/* ---- reservation ---- */

static IO_ALLOCATION_ACTION NTAPI FxDmaReserveControl(PDEVICE_OBJECT Wdm, PIRP Irp,
                                                      PVOID MapRegisterBase, PVOID Context)
{
    FX_TRANSACTION *Transaction = Context;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Irp);
    if (!FxDmaWaitOver(Transaction)) {
        FxObjectDereference(&Transaction->Object);
        return DeallocateObject;
    }
    Transaction->MapRegisterBase = MapRegisterBase;
    Transaction->HasChannel = Transaction->IsReserved = TRUE;
    Transaction->EvtReserveDma(FX_HANDLE(WDFDMATRANSACTION, Transaction),
                               Transaction->ReserveContext);
    FxObjectDereference(&Transaction->Object);
    return KeepObject;
}

NTSTATUS FxDmaReserve(FX_TRANSACTION *Transaction, ULONG Registers)
{
    NTSTATUS Status;
    KIRQL Irql;

    FxObjectReference(&Transaction->Object); /* the callback may delete it */
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Status = FxDmaGetChannel(Transaction, Registers, FxDmaReserveControl);
    KeLowerIrql(Irql);
    FxObjectDereference(&Transaction->Object);
    return Status;
}
