/*
 * WDFDMATRANSACTION: initialised from a buffer or a request, executed as transfers, completed,
 * reused [doc: Creating and Initializing a DMA Transaction; Completing a DMA Transfer; Canceling
 * DMA Transactions; Reserving DMA Resources; Using Single Transfer DMA]. What is called in the
 * wrong state is WDF_VIOLATION, WDF_DMA_FATAL_ERROR.
 */
#include "fx.h"

#include "dma.h"

static FX_TRANSACTION *FxTransactionFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFDMATRANSACTION Handle)
{
    return FX_OBJECT_OF(FX_TRANSACTION, FxGlobalsOf(DriverGlobals), Handle, FxTypeDmaTransaction);
}

static VOID FxTransactionCheck(FX_TRANSACTION *Transaction, FX_DMA_STATE State, const char *Routine)
{
    if (Transaction->State == State)
        return;
    FxMistake(Transaction->Object.Globals, STATUS_INVALID_DEVICE_STATE,
              "%s in state %d of the DMA transaction", Routine, Transaction->State);
    FxViolation(Transaction->Object.Globals, WDF_DMA_FATAL_ERROR,
                (ULONG_PTR)FX_HANDLE(WDFDMATRANSACTION, Transaction), (ULONG_PTR)Transaction->State,
                0);
}

/* ---- life ---- */

static VOID FxTransactionIdle(FX_ENABLER *Enabler, FX_TRANSACTION *Transaction)
{
    InterlockedCompareExchangePointer(&Enabler->Busy, NULL, Transaction);
}

/* The last transfer is over, or none is to come. */
static VOID FxTransactionFinish(FX_TRANSACTION *Transaction)
{
    FxDmaWaitCancel(Transaction);
    Transaction->Waits = FALSE;
    FxDmaEndTransfer(Transaction);
    if (!Transaction->IsReserved)
        FxDmaFreeChannel(Transaction);
    Transaction->State = FxDmaDone;
    FxTransactionIdle(Transaction->Enabler, Transaction);
}

/* As after its creation, but for a reservation. */
static VOID FxTransactionReset(FX_TRANSACTION *Transaction)
{
    FX_OBJECT *Request = Transaction->Request;

    if (Transaction->State == FxDmaTransfer)
        FxTransactionFinish(Transaction);
    Transaction->State = FxDmaIdle;
    Transaction->Request = NULL;
    Transaction->Mdl = NULL;
    Transaction->Immediate = Transaction->CancelsNext = FALSE;
    Transaction->SingleTransfer =
        (Transaction->Enabler->Config.Flags & WDF_DMA_ENABLER_CONFIG_REQUIRE_SINGLE_TRANSFER) != 0;
    Transaction->Current = 0;
    if (Request != NULL)
        FxObjectDereference(Request);
}

static VOID FxTransactionDispose(FX_OBJECT *Object)
{
    FX_TRANSACTION *Transaction = (FX_TRANSACTION *)Object;

    FxDmaWaitCancel(Transaction);
    Transaction->Waits = FALSE;
    FxTransactionReset(Transaction);
    FxDmaFreeChannel(Transaction);
}

static VOID FxTransactionDestroy(FX_OBJECT *Object)
{
    FX_ENABLER *Enabler = ((FX_TRANSACTION *)Object)->Enabler;

    if (Enabler != NULL)
        FxObjectDereference(&Enabler->Object);
}

static const FX_CLASS FxTransactionClass = {
    .Type = FxTypeDmaTransaction,
    .Name = "WDFDMATRANSACTION",
    .Size = sizeof(FX_TRANSACTION),
    .Dispose = FxTransactionDispose,
    .Destroy = FxTransactionDestroy,
    .ClientMayDelete = TRUE,
};

WDF_DDI(WdfDmaTransactionCreate);
NTSTATUS NTAPI imp_WdfDmaTransactionCreate(PWDF_DRIVER_GLOBALS DriverGlobals,
                                           WDFDMAENABLER EnablerHandle,
                                           PWDF_OBJECT_ATTRIBUTES Attributes,
                                           WDFDMATRANSACTION *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, EnablerHandle);
    FX_TRANSACTION *Transaction;
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxObjectCreate(Globals, &FxTransactionClass, Attributes, &Enabler->Object, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Transaction = (FX_TRANSACTION *)Object;
    FxObjectReference(&Enabler->Object);
    Transaction->Enabler = Enabler;
    FxTransactionReset(Transaction);
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFDMATRANSACTION, Transaction);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfDmaTransactionRelease);
NTSTATUS NTAPI imp_WdfDmaTransactionRelease(PWDF_DRIVER_GLOBALS DriverGlobals,
                                            WDFDMATRANSACTION Handle)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    if (Transaction->State == FxDmaIdle)
        return FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_DEVICE_STATE,
                         "a DMA transaction is released twice");
    FxTransactionReset(Transaction);
    return STATUS_SUCCESS;
}

/* ---- initialisation ---- */

/* What a transaction must be that has one transfer only [doc: Using Single Transfer DMA]. */
static NTSTATUS FxCheckSingle(FX_TRANSACTION *Transaction, size_t Length,
                              const FX_DMA_MEASURE *First)
{
    FX_GLOBALS *Globals = Transaction->Object.Globals;

    if (Length > Transaction->Enabler->MaximumLength)
        return FxMistake(Globals, STATUS_WDF_TOO_MANY_TRANSFERS, "%Iu bytes are no single transfer",
                         Length);
    if (First->Length < Length)
        return FxMistake(Globals, STATUS_WDF_NOT_ENOUGH_MAP_REGISTERS,
                         "%Iu bytes want more map registers than there are", Length);
    return STATUS_SUCCESS;
}

static NTSTATUS FxCheckBuffer(FX_TRANSACTION *Transaction, WDF_DMA_DIRECTION Direction, PMDL Mdl,
                              size_t Offset, size_t Length)
{
    FX_GLOBALS *Globals = Transaction->Object.Globals;
    FX_ENABLER *Enabler = Transaction->Enabler;
    FX_DMA_CHANNEL *Channel = FxEnablerChannel(Enabler, Direction);
    FX_DMA_MEASURE First;
    size_t Bytes;

    if (Mdl == NULL || Channel == NULL || Length == 0 || Length > MAXULONG)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "a DMA transaction of no MDL, direction or length");
    Bytes =
        Enabler->IsScatter || Enabler->IsVersion3 ? FxDmaChainBytes(Mdl) : MmGetMdlByteCount(Mdl);
    if (Offset > Bytes || Length > Bytes - Offset)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "%Iu bytes at %Iu are not in the MDL",
                         Length, Offset);
    First = FxDmaMeasure(Mdl, Offset, min(Length, Enabler->MaximumLength), Channel->MapRegisters);
    if (Enabler->IsScatter && First.Elements > Enabler->MaximumElements)
        return FxMistake(Globals, STATUS_WDF_TOO_FRAGMENTED,
                         "a transfer of %u elements, the device takes %Iu", First.Elements,
                         Enabler->MaximumElements);
    return Transaction->SingleTransfer ? FxCheckSingle(Transaction, Length, &First)
                                       : STATUS_SUCCESS;
}

static NTSTATUS FxTransactionInit(FX_TRANSACTION *Transaction, PFN_WDF_PROGRAM_DMA EvtProgramDma,
                                  WDF_DMA_DIRECTION Direction, PMDL Mdl, size_t Offset,
                                  size_t Length)
{
    NTSTATUS Status;

    FxTransactionCheck(Transaction, FxDmaIdle, "WdfDmaTransactionInitialize");
    if (EvtProgramDma == NULL)
        return FxMistake(Transaction->Object.Globals, STATUS_INVALID_PARAMETER,
                         "a DMA transaction without EvtProgramDma");
    Status = FxCheckBuffer(Transaction, Direction, Mdl, Offset, Length);
    if (!NT_SUCCESS(Status))
        return Status;
    Transaction->EvtProgramDma = EvtProgramDma;
    Transaction->Direction = Direction;
    Transaction->Mdl = Mdl;
    Transaction->Offset = Offset;
    Transaction->Length = Length;
    Transaction->MaximumLength = Transaction->Enabler->MaximumLength;
    Transaction->Transferred = Transaction->Current = 0;
    Transaction->State = FxDmaInitialized;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDmaTransactionInitialize);
NTSTATUS NTAPI imp_WdfDmaTransactionInitialize(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFDMATRANSACTION Handle,
                                               PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                               WDF_DMA_DIRECTION DmaDirection, PMDL Mdl,
                                               PVOID VirtualAddress, size_t Length)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    size_t Offset =
        Mdl != NULL ? (size_t)((PUCHAR)VirtualAddress - (PUCHAR)MmGetMdlVirtualAddress(Mdl)) : 0;

    return FxTransactionInit(Transaction, EvtProgramDmaFunction, DmaDirection, Mdl, Offset, Length);
}

WDF_DDI(WdfDmaTransactionInitializeUsingOffset);
NTSTATUS NTAPI imp_WdfDmaTransactionInitializeUsingOffset(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                          WDFDMATRANSACTION Handle,
                                                          PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction,
                                                          WDF_DMA_DIRECTION DmaDirection, PMDL Mdl,
                                                          size_t Offset, size_t Length)
{
    return FxTransactionInit(FxTransactionFromHandle(DriverGlobals, Handle), EvtProgramDmaFunction,
                             DmaDirection, Mdl, Offset, Length);
}

/* The buffer that a direction goes with: a read's or METHOD_OUT_DIRECT's, a write's or
 * METHOD_IN_DIRECT's. */
static NTSTATUS FxRequestDmaBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                   WDF_DMA_DIRECTION Direction, PMDL *Mdl)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_REQUEST_PARAMETERS Parameters = {.Size = sizeof(Parameters)};
    BOOLEAN Write = Direction == WdfDmaDirectionWriteToDevice;
    ULONG Method;

    imp_WdfRequestGetParameters(DriverGlobals, Request, &Parameters);
    switch (Parameters.Type) {
    case WdfRequestTypeRead:
        if (!Write)
            return imp_WdfRequestRetrieveOutputWdmMdl(DriverGlobals, Request, Mdl);
        break;
    case WdfRequestTypeWrite:
        if (Write)
            return imp_WdfRequestRetrieveInputWdmMdl(DriverGlobals, Request, Mdl);
        break;
    case WdfRequestTypeDeviceControl:
    case WdfRequestTypeDeviceControlInternal:
        Method = METHOD_FROM_CTL_CODE(Parameters.Parameters.DeviceIoControl.IoControlCode);
        if (Method == (Write ? METHOD_IN_DIRECT : METHOD_OUT_DIRECT))
            return imp_WdfRequestRetrieveOutputWdmMdl(DriverGlobals, Request, Mdl);
        break;
    default: break;
    }
    return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                     "a request of type %d for DMA direction %d", Parameters.Type, Direction);
}

WDF_DDI(WdfDmaTransactionInitializeUsingRequest);
NTSTATUS NTAPI imp_WdfDmaTransactionInitializeUsingRequest(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION Handle, WDFREQUEST RequestHandle,
    PFN_WDF_PROGRAM_DMA EvtProgramDmaFunction, WDF_DMA_DIRECTION DmaDirection)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    FX_OBJECT *Request = FxObjectFromHandle(Globals, RequestHandle, FxTypeRequest);
    PMDL Mdl = NULL;
    NTSTATUS Status;

    FxTransactionCheck(Transaction, FxDmaIdle, "WdfDmaTransactionInitializeUsingRequest");
    Status = FxRequestDmaBuffer(DriverGlobals, RequestHandle, DmaDirection, &Mdl);
    if (NT_SUCCESS(Status))
        Status = FxTransactionInit(Transaction, EvtProgramDmaFunction, DmaDirection, Mdl, 0,
                                   MmGetMdlByteCount(Mdl));
    if (!NT_SUCCESS(Status))
        return Status;
    FxObjectReference(Request);
    Transaction->Request = Request;
    return STATUS_SUCCESS;
}

/* ---- execution ---- */

WDF_DDI(WdfDmaTransactionExecute);
NTSTATUS NTAPI imp_WdfDmaTransactionExecute(PWDF_DRIVER_GLOBALS DriverGlobals,
                                            WDFDMATRANSACTION Handle, WDFCONTEXT Context)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    FX_ENABLER *Enabler = Transaction->Enabler;
    NTSTATUS Status;

    if (Transaction->State != FxDmaInitialized)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "a DMA transaction is executed that is not initialised");
    if (!Enabler->IsScatter && !Enabler->IsVersion3 &&
        InterlockedCompareExchangePointer(&Enabler->Busy, Transaction, NULL) != NULL)
        return FxMistake(Globals, STATUS_WDF_BUSY, "the device does one transaction at a time");
    Transaction->Context = Context;
    Transaction->State = FxDmaTransfer;
    FxObjectReference(&Transaction->Object);
    Status = FxDmaStage(Transaction);
    if (!NT_SUCCESS(Status)) {
        FxTransactionFinish(Transaction);
        Transaction->Current = 0;
    }
    FxObjectDereference(&Transaction->Object);
    return Status;
}

/* The transfer under way moved Length bytes; TRUE: the transaction is over, with *Status. */
static BOOLEAN FxTransactionCompleted(FX_TRANSACTION *Transaction, size_t Length, BOOLEAN IsFinal,
                                      NTSTATUS *Status)
{
    FxDmaEndTransfer(Transaction);
    Transaction->Transferred += Length;
    *Status = STATUS_SUCCESS;
    if (!IsFinal && Transaction->Transferred < Transaction->Length) {
        *Status = Transaction->SingleTransfer ? STATUS_WDF_TOO_MANY_TRANSFERS
                  : Transaction->CancelsNext  ? STATUS_CANCELLED
                                              : STATUS_MORE_PROCESSING_REQUIRED;
        if (*Status == STATUS_MORE_PROCESSING_REQUIRED) {
            NTSTATUS Next = FxDmaStage(Transaction);

            if (NT_SUCCESS(Next))
                return FALSE;
            *Status = Next;
        }
    }
    FxTransactionFinish(Transaction);
    return TRUE;
}

static BOOLEAN FxTransactionComplete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION Handle,
                                     size_t Length, BOOLEAN IsFinal, NTSTATUS *Status)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    BOOLEAN IsOver;

    FX_REQUIRE(Globals, Status);
    FxTransactionCheck(Transaction, FxDmaTransfer, "WdfDmaTransactionDmaCompleted");
    if (Length == MAXSIZE_T)
        Length = Transaction->Current;
    if (Length > Transaction->Current) {
        *Status = FxMistake(Globals, STATUS_INVALID_PARAMETER, "a transfer of %Iu bytes moved %Iu",
                            Transaction->Current, Length);
        return FALSE;
    }
    FxObjectReference(&Transaction->Object);
    IsOver = FxTransactionCompleted(Transaction, Length, IsFinal, Status);
    FxObjectDereference(&Transaction->Object);
    return IsOver;
}

WDF_DDI(WdfDmaTransactionDmaCompleted);
BOOLEAN NTAPI imp_WdfDmaTransactionDmaCompleted(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                WDFDMATRANSACTION Handle, NTSTATUS *Status)
{
    return FxTransactionComplete(DriverGlobals, Handle, MAXSIZE_T, FALSE, Status);
}

WDF_DDI(WdfDmaTransactionDmaCompletedWithLength);
BOOLEAN NTAPI imp_WdfDmaTransactionDmaCompletedWithLength(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                          WDFDMATRANSACTION Handle,
                                                          size_t TransferredLength,
                                                          NTSTATUS *Status)
{
    return FxTransactionComplete(DriverGlobals, Handle, TransferredLength, FALSE, Status);
}

WDF_DDI(WdfDmaTransactionDmaCompletedFinal);
BOOLEAN NTAPI imp_WdfDmaTransactionDmaCompletedFinal(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFDMATRANSACTION Handle,
                                                     size_t FinalTransferredLength,
                                                     NTSTATUS *Status)
{
    return FxTransactionComplete(DriverGlobals, Handle, FinalTransferredLength, TRUE, Status);
}

WDF_DDI(WdfDmaTransactionCancel);
BOOLEAN NTAPI imp_WdfDmaTransactionCancel(PWDF_DRIVER_GLOBALS DriverGlobals,
                                          WDFDMATRANSACTION Handle)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    BOOLEAN Canceled;

    if (!Transaction->Enabler->IsVersion3) {
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_NOT_SUPPORTED,
                  "a DMA transaction of version 2 is not cancelled");
        return FALSE;
    }
    Canceled = FxDmaWaitCancel(Transaction);
    if (Transaction->State != FxDmaTransfer)
        return Canceled; /* of a reservation */
    if (Canceled)
        FxTransactionFinish(Transaction);
    else
        Transaction->CancelsNext = TRUE;
    return Canceled;
}

/* ---- settings ---- */

WDF_DDI(WdfDmaTransactionSetMaximumLength);
VOID NTAPI imp_WdfDmaTransactionSetMaximumLength(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                 WDFDMATRANSACTION Handle, size_t MaximumLength)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    FxTransactionCheck(Transaction, FxDmaInitialized, "WdfDmaTransactionSetMaximumLength");
    if (MaximumLength != 0 && MaximumLength < Transaction->Enabler->MaximumLength)
        Transaction->MaximumLength = MaximumLength;
}

/* Needs version 3. */
static BOOLEAN FxNeedVersion3(FX_TRANSACTION *Transaction, const char *Routine)
{
    if (!Transaction->Enabler->IsVersion3)
        FxMistake(Transaction->Object.Globals, STATUS_NOT_SUPPORTED, "%s needs DMA version 3",
                  Routine);
    return Transaction->Enabler->IsVersion3;
}

WDF_DDI(WdfDmaTransactionSetImmediateExecution);
VOID NTAPI imp_WdfDmaTransactionSetImmediateExecution(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFDMATRANSACTION Handle,
                                                      BOOLEAN UseImmediateExecution)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    if (FxNeedVersion3(Transaction, "WdfDmaTransactionSetImmediateExecution"))
        Transaction->Immediate = UseImmediateExecution;
}

WDF_DDI(WdfDmaTransactionSetSingleTransferRequirement);
VOID NTAPI imp_WdfDmaTransactionSetSingleTransferRequirement(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                             WDFDMATRANSACTION Handle,
                                                             BOOLEAN RequireSingleTransfer)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    FxTransactionCheck(Transaction, FxDmaIdle, "WdfDmaTransactionSetSingleTransferRequirement");
    if (FxNeedVersion3(Transaction, "WdfDmaTransactionSetSingleTransferRequirement"))
        Transaction->SingleTransfer = RequireSingleTransfer;
}

/* ---- reservation ---- */

WDF_DDI(WdfDmaTransactionAllocateResources);
NTSTATUS NTAPI imp_WdfDmaTransactionAllocateResources(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFDMATRANSACTION Handle,
                                                      WDF_DMA_DIRECTION DmaDirection,
                                                      ULONG RequiredMapRegisters,
                                                      PFN_WDF_RESERVE_DMA EvtReserveDmaFunction,
                                                      PVOID EvtReserveDmaContext)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    FX_DMA_CHANNEL *Channel = FxEnablerChannel(Transaction->Enabler, DmaDirection);

    FX_REQUIRE(Globals, EvtReserveDmaFunction);
    if (Transaction->Enabler->IsScatter || !Transaction->Enabler->IsVersion3)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "resources are reserved for packets of DMA version 3");
    if (Channel == NULL || (RequiredMapRegisters == 0 && Transaction->State != FxDmaInitialized))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "a reservation of no direction or size");
    if (Transaction->HasChannel || Transaction->Waits)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "the transaction has its resources already");
    if (RequiredMapRegisters == 0)
        RequiredMapRegisters = FxDmaMeasure(Transaction->Mdl, Transaction->Offset,
                                            min(Transaction->Length, Transaction->MaximumLength),
                                            Channel->MapRegisters)
                                   .Pages;
    if (RequiredMapRegisters > Channel->MapRegisters)
        return FxMistake(Globals, STATUS_INSUFFICIENT_RESOURCES,
                         "%u map registers are reserved, there are %u", RequiredMapRegisters,
                         Channel->MapRegisters);
    Transaction->EvtReserveDma = EvtReserveDmaFunction;
    Transaction->ReserveContext = EvtReserveDmaContext;
    if (Transaction->State == FxDmaIdle)
        Transaction->Direction = DmaDirection;
    return FxDmaReserve(Transaction, RequiredMapRegisters);
}

WDF_DDI(WdfDmaTransactionFreeResources);
VOID NTAPI imp_WdfDmaTransactionFreeResources(PWDF_DRIVER_GLOBALS DriverGlobals,
                                              WDFDMATRANSACTION Handle)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    if (!Transaction->IsReserved) {
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_DEVICE_STATE,
                  "a DMA transaction without reserved resources");
        return;
    }
    if (Transaction->State == FxDmaTransfer)
        FxTransactionCheck(Transaction, FxDmaDone, "WdfDmaTransactionFreeResources");
    FxDmaFreeChannel(Transaction);
}

/* ---- what it is ---- */

WDF_DDI(WdfDmaTransactionGetBytesTransferred);
size_t NTAPI imp_WdfDmaTransactionGetBytesTransferred(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFDMATRANSACTION Handle)
{
    return FxTransactionFromHandle(DriverGlobals, Handle)->Transferred;
}

WDF_DDI(WdfDmaTransactionGetCurrentDmaTransferLength);
size_t NTAPI imp_WdfDmaTransactionGetCurrentDmaTransferLength(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                              WDFDMATRANSACTION Handle)
{
    return FxTransactionFromHandle(DriverGlobals, Handle)->Current;
}

WDF_DDI(WdfDmaTransactionGetRequest);
WDFREQUEST NTAPI imp_WdfDmaTransactionGetRequest(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                 WDFDMATRANSACTION Handle)
{
    FX_OBJECT *Request = FxTransactionFromHandle(DriverGlobals, Handle)->Request;

    return Request != NULL ? FX_HANDLE(WDFREQUEST, Request) : NULL;
}

WDF_DDI(WdfDmaTransactionGetDevice);
WDFDEVICE NTAPI imp_WdfDmaTransactionGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFDMATRANSACTION Handle)
{
    return FX_HANDLE(WDFDEVICE, FxTransactionFromHandle(DriverGlobals, Handle)->Enabler->Device);
}

WDF_DDI(WdfDmaTransactionGetTransferInfo);
VOID NTAPI imp_WdfDmaTransactionGetTransferInfo(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                WDFDMATRANSACTION Handle, ULONG *MapRegisterCount,
                                                ULONG *ScatterGatherElementCount)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);
    FX_DMA_MEASURE Measure;

    FxTransactionCheck(Transaction, FxDmaInitialized, "WdfDmaTransactionGetTransferInfo");
    Measure = FxDmaMeasure(Transaction->Mdl, Transaction->Offset, Transaction->Length, MAXULONG);
    if (MapRegisterCount != NULL)
        *MapRegisterCount = Measure.Pages;
    if (ScatterGatherElementCount != NULL)
        *ScatterGatherElementCount = Measure.Elements;
}

WDF_DDI(WdfDmaTransactionWdmGetTransferContext);
PVOID NTAPI imp_WdfDmaTransactionWdmGetTransferContext(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                       WDFDMATRANSACTION Handle)
{
    FX_TRANSACTION *Transaction = FxTransactionFromHandle(DriverGlobals, Handle);

    return FxNeedVersion3(Transaction, "WdfDmaTransactionWdmGetTransferContext")
               ? Transaction->TransferContext
               : NULL;
}

/* ---- system DMA: no enabler has a system profile ---- */

static VOID FxNeedSystemDma(FX_TRANSACTION *Transaction, const char *Routine)
{
    FxMistake(Transaction->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
              "%s is for system-mode DMA", Routine);
}

WDF_DDI_PARTIAL(WdfDmaTransactionSetDeviceAddressOffset, "system DMA: no effect");
VOID NTAPI imp_WdfDmaTransactionSetDeviceAddressOffset(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                       WDFDMATRANSACTION Handle, ULONG Offset)
{
    UNREFERENCED_PARAMETER(Offset);
    FxNeedSystemDma(FxTransactionFromHandle(DriverGlobals, Handle),
                    "WdfDmaTransactionSetDeviceAddressOffset");
}

WDF_DDI_PARTIAL(WdfDmaTransactionSetChannelConfigurationCallback, "system DMA: no effect");
VOID NTAPI imp_WdfDmaTransactionSetChannelConfigurationCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION Handle,
    PFN_WDF_DMA_TRANSACTION_CONFIGURE_DMA_CHANNEL ConfigureRoutine, PVOID ConfigureContext)
{
    UNREFERENCED_PARAMETER(ConfigureRoutine);
    UNREFERENCED_PARAMETER(ConfigureContext);
    FxNeedSystemDma(FxTransactionFromHandle(DriverGlobals, Handle),
                    "WdfDmaTransactionSetChannelConfigurationCallback");
}

WDF_DDI_PARTIAL(WdfDmaTransactionSetTransferCompleteCallback, "system DMA: no effect");
VOID NTAPI imp_WdfDmaTransactionSetTransferCompleteCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDMATRANSACTION Handle,
    PFN_WDF_DMA_TRANSACTION_DMA_TRANSFER_COMPLETE DmaCompletionRoutine, PVOID DmaCompletionContext)
{
    UNREFERENCED_PARAMETER(DmaCompletionRoutine);
    UNREFERENCED_PARAMETER(DmaCompletionContext);
    FxNeedSystemDma(FxTransactionFromHandle(DriverGlobals, Handle),
                    "WdfDmaTransactionSetTransferCompleteCallback");
}

WDF_DDI_PARTIAL(WdfDmaTransactionStopSystemTransfer, "system DMA: no effect");
VOID NTAPI imp_WdfDmaTransactionStopSystemTransfer(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                   WDFDMATRANSACTION Handle)
{
    FxNeedSystemDma(FxTransactionFromHandle(DriverGlobals, Handle),
                    "WdfDmaTransactionStopSystemTransfer");
}
