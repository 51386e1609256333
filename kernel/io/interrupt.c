/*
 * Connecting interrupt service routines: by vector as START_DEVICE's translated resources give it,
 * or by device. [doc: IoConnectInterrupt, IoConnectInterruptEx and its three versions, Using
 * Passive-Level Interrupt Service Routines] Leaves out: processor groups other than 0.
 */
#include "iop.h"

#include "../hal/halp.h"

#define IOP_TAG_INTERRUPT 'tnoI'

typedef struct _IOP_CONNECT { /* what the versions have in common */
    PDEVICE_OBJECT Pdo;
    PKSERVICE_ROUTINE ServiceRoutine;
    PKMESSAGE_SERVICE_ROUTINE MessageServiceRoutine;
    ULONG MessageIndex;
    PVOID Context;
    PKSPIN_LOCK SpinLock;
    ULONG Vector;
    KIRQL Irql, SynchronizeIrql;
    KINTERRUPT_MODE Mode;
    BOOLEAN ShareVector;
    KAFFINITY Affinity;
} IOP_CONNECT;

/* ---- one interrupt object ---- */

static VOID IopFillInterrupt(KINTERRUPT *Interrupt, const IOP_CONNECT *Connect)
{
    RtlZeroMemory(Interrupt, sizeof(*Interrupt));
    Interrupt->Type = InterruptObject;
    Interrupt->Size = sizeof(*Interrupt);
    Interrupt->ServiceRoutine = Connect->ServiceRoutine;
    Interrupt->MessageServiceRoutine = Connect->MessageServiceRoutine;
    Interrupt->MessageIndex = Connect->MessageIndex;
    Interrupt->ServiceContext = Connect->Context;
    KeInitializeSpinLock(&Interrupt->SpinLock);
    Interrupt->ActualLock = Connect->SpinLock != NULL ? Connect->SpinLock : &Interrupt->SpinLock;
    Interrupt->Vector = Connect->Vector;
    Interrupt->Irql = Connect->Irql;
    Interrupt->SynchronizeIrql = Connect->SynchronizeIrql;
    Interrupt->ShareVector = Connect->ShareVector;
    Interrupt->Mode = Connect->Mode;
    Interrupt->PhysicalDeviceObject = Connect->Pdo;
    Interrupt->Affinity = Connect->Affinity & KeQueryActiveProcessors();
}

static VOID IopFreeInterrupt(KINTERRUPT *Interrupt)
{
    if (Interrupt->Connected)
        KeDisconnectInterrupt(Interrupt);
    if (Interrupt->Passive != NULL)
        KeUninitPassiveInterrupt(Interrupt);
    Interrupt->Type = 0;
    ExFreePoolWithTag(Interrupt, IOP_TAG_INTERRUPT);
}

static NTSTATUS IopConnectOne(const IOP_CONNECT *Connect, KINTERRUPT **Result)
{
    KINTERRUPT *Interrupt;
    NTSTATUS Status = STATUS_SUCCESS;

    *Result = NULL;
    Interrupt = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Interrupt), IOP_TAG_INTERRUPT);
    if (Interrupt == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IopFillInterrupt(Interrupt, Connect);
    if (Connect->Irql == PASSIVE_LEVEL)
        Status = KeInitPassiveInterrupt(Interrupt);
    if (NT_SUCCESS(Status) && !KeConnectInterrupt(Interrupt))
        Status =
            STATUS_INVALID_PARAMETER; /* the vector is taken, and one of the two does not share */
    if (!NT_SUCCESS(Status)) {
        IopFreeInterrupt(Interrupt);
        return Status;
    }
    *Result = Interrupt; /* its ISR may have run already */
    return STATUS_SUCCESS;
}

/* A vector that no device has, or IRQLs that do not go with it. */
static NTSTATUS IopCheckConnect(const IOP_CONNECT *Connect)
{
    BOOLEAN Passive = Connect->Irql == PASSIVE_LEVEL;

    if (Connect->ServiceRoutine == NULL && Connect->MessageServiceRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Connect->Vector < KE_FIRST_DEVICE_VECTOR || Connect->Vector > KE_LAST_DEVICE_VECTOR)
        return STATUS_INVALID_PARAMETER;
    if (Passive
            ? Connect->SynchronizeIrql != PASSIVE_LEVEL || Connect->SpinLock != NULL
            : Connect->Irql != Connect->Vector >> 4 || Connect->SynchronizeIrql < Connect->Irql ||
                  Connect->SynchronizeIrql > HIGH_LEVEL)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NT_EXPORT(IoConnectInterrupt);
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                                  PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector,
                                  KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode,
                                  BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave)
{
    IOP_CONNECT Connect = {.ServiceRoutine = ServiceRoutine,
                           .Context = ServiceContext,
                           .SpinLock = SpinLock,
                           .Vector = Vector,
                           .Irql = Irql,
                           .SynchronizeIrql = SynchronizeIrql,
                           .Mode = InterruptMode,
                           .ShareVector = ShareVector,
                           .Affinity = ProcessorEnableMask};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(FloatingSave); /* x64 saves it always */
    *InterruptObject = NULL;
    Status = Irql == PASSIVE_LEVEL || (ProcessorEnableMask & KeQueryActiveProcessors()) == 0
                 ? STATUS_INVALID_PARAMETER
                 : IopCheckConnect(&Connect);
    return NT_SUCCESS(Status) ? IopConnectOne(&Connect, InterruptObject) : Status;
}

/* ---- by what START_DEVICE said ---- */

static NTSTATUS IopConnectFullySpecified(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters,
                                         BOOLEAN HasGroup)
{
    const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *P = &Parameters->FullySpecified;
    IOP_CONNECT Connect = {.Pdo = P->PhysicalDeviceObject,
                           .ServiceRoutine = P->ServiceRoutine,
                           .Context = P->ServiceContext,
                           .SpinLock = P->SpinLock,
                           .Vector = P->Vector,
                           .Irql = P->Irql,
                           .SynchronizeIrql = P->SynchronizeIrql,
                           .Mode = P->InterruptMode,
                           .ShareVector = P->ShareVector,
                           .Affinity = P->ProcessorEnableMask};
    NTSTATUS Status;

    *P->InterruptObject = NULL;
    if (P->PhysicalDeviceObject == NULL || (HasGroup && P->Group != 0))
        return STATUS_INVALID_PARAMETER;
    if ((P->ProcessorEnableMask & KeQueryActiveProcessors()) == 0)
        return STATUS_INVALID_PARAMETER_10; /* [doc] */
    Status = IopCheckConnect(&Connect);
    if (NT_SUCCESS(Status) && !HalIsVectorAssigned(P->Vector))
        Status = STATUS_NOT_FOUND; /* [doc] the vector is not assigned to any device */
    return NT_SUCCESS(Status) ? IopConnectOne(&Connect, P->InterruptObject) : Status;
}

/* ---- by device ---- */

static IOP_CONNECT IopConnectAssigned(const HAL_ASSIGNED_INTERRUPT *Assigned, PDEVICE_OBJECT Pdo,
                                      PVOID Context, PKSPIN_LOCK SpinLock, KIRQL SynchronizeIrql)
{
    return (IOP_CONNECT){.Pdo = Pdo,
                         .Context = Context,
                         .SpinLock = SpinLock,
                         .Vector = Assigned->Vector,
                         .Irql = Assigned->Irql,
                         .SynchronizeIrql = max(SynchronizeIrql, Assigned->Irql),
                         .Mode = Assigned->Mode,
                         .ShareVector = Assigned->Shared,
                         .Affinity = Assigned->Affinity};
}

static NTSTATUS IopConnectLine(const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS *P)
{
    HAL_ASSIGNED_INTERRUPT Assigned;
    IOP_CONNECT Connect;

    *P->InterruptObject = NULL;
    if (P->PhysicalDeviceObject == NULL || P->ServiceRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!HalGetAssignedInterrupt(P->PhysicalDeviceObject, &Assigned))
        return STATUS_NOT_FOUND;
    if (Assigned.MessageCount > 1) /* [doc] several messages are assigned */
        return STATUS_INVALID_DEVICE_REQUEST;
    Connect = IopConnectAssigned(&Assigned, P->PhysicalDeviceObject, P->ServiceContext, P->SpinLock,
                                 P->SynchronizeIrql);
    Connect.ServiceRoutine = P->ServiceRoutine;
    return IopConnectOne(&Connect, P->InterruptObject);
}

static VOID IopDisconnectMessages(PIO_INTERRUPT_MESSAGE_INFO Table)
{
    for (ULONG i = 0; i < Table->MessageCount; i++)
        if (Table->MessageInfo[i].InterruptObject != NULL)
            IopFreeInterrupt(Table->MessageInfo[i].InterruptObject);
    ExFreePoolWithTag(Table, IOP_TAG_INTERRUPT);
}

static VOID IopDescribeMessage(PIO_INTERRUPT_MESSAGE_INFO_ENTRY Entry, const IOP_CONNECT *Connect)
{
    Entry->MessageAddress.QuadPart = 0xFEE00000;
    Entry->TargetProcessorSet = Connect->Affinity;
    Entry->MessageData = Connect->Vector;
    Entry->Vector = Connect->Vector;
    Entry->Irql = Connect->Irql;
    Entry->Mode = Latched;
    Entry->Polarity = InterruptActiveHigh;
}

static NTSTATUS IopConnectMessages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *P,
                                   const HAL_ASSIGNED_INTERRUPT *Assigned)
{
    IOP_CONNECT Connect = IopConnectAssigned(Assigned, P->PhysicalDeviceObject, P->ServiceContext,
                                             P->SpinLock, P->SynchronizeIrql);
    SIZE_T Bytes = FIELD_OFFSET(IO_INTERRUPT_MESSAGE_INFO, MessageInfo[Assigned->MessageCount]);
    PIO_INTERRUPT_MESSAGE_INFO Table =
        ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, IOP_TAG_INTERRUPT);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Table == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Table, Bytes);
    for (ULONG i = 0; i < Assigned->MessageCount;
         i++) /* one IRQL at which no other message of the device comes */
        Connect.SynchronizeIrql =
            max(Connect.SynchronizeIrql, (KIRQL)(HalMessageVector(Assigned->Message + i) >> 4));
    Table->UnifiedIrql = Connect.SynchronizeIrql;
    Table->MessageCount = Assigned->MessageCount;
    Connect.MessageServiceRoutine = P->MessageServiceRoutine;
    *P->ConnectionContext.InterruptMessageTable = Table;
    for (ULONG i = 0; i < Assigned->MessageCount && NT_SUCCESS(Status); i++) {
        Connect.MessageIndex = i;
        Connect.Vector = HalMessageVector(Assigned->Message + i);
        Connect.Irql = (KIRQL)(Connect.Vector >> 4);
        IopDescribeMessage(&Table->MessageInfo[i], &Connect);
        Status = IopConnectOne(&Connect, &Table->MessageInfo[i].InterruptObject);
    }
    if (!NT_SUCCESS(Status)) {
        *P->ConnectionContext.InterruptMessageTable = NULL;
        IopDisconnectMessages(Table);
    }
    return Status;
}

/* Messages when the device has them, else the line with the fallback routine; Version says which it
 * was. */
static NTSTATUS IopConnectMessageBased(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *P = &Parameters->MessageBased;
    HAL_ASSIGNED_INTERRUPT Assigned;
    IOP_CONNECT Connect;
    NTSTATUS Status;

    *P->ConnectionContext.Generic = NULL;
    if (P->PhysicalDeviceObject == NULL || P->MessageServiceRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (!HalGetAssignedInterrupt(P->PhysicalDeviceObject, &Assigned))
        return STATUS_NOT_FOUND;
    if (Assigned.MessageCount != 0)
        return IopConnectMessages(P, &Assigned);
    if (P->FallBackServiceRoutine == NULL)
        return STATUS_NOT_FOUND;
    Connect = IopConnectAssigned(&Assigned, P->PhysicalDeviceObject, P->ServiceContext, P->SpinLock,
                                 P->SynchronizeIrql);
    Connect.ServiceRoutine = P->FallBackServiceRoutine;
    Status = IopConnectOne(&Connect, P->ConnectionContext.InterruptObject);
    if (NT_SUCCESS(Status))
        Parameters->Version = CONNECT_LINE_BASED;
    return Status;
}

NT_EXPORT(IoConnectInterruptEx);
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED: return IopConnectFullySpecified(Parameters, FALSE);
    case CONNECT_FULLY_SPECIFIED_GROUP: return IopConnectFullySpecified(Parameters, TRUE);
    case CONNECT_LINE_BASED: return IopConnectLine(&Parameters->LineBased);
    case CONNECT_MESSAGE_BASED: return IopConnectMessageBased(Parameters);
    default: return STATUS_INVALID_PARAMETER_1; /* [doc] */
    }
}

/* ---- the way back ---- */

/* An interrupt object that was never connected, or is no more: the driver made it up. */
static VOID IopCheckInterrupt(PKINTERRUPT Interrupt, const char *Routine)
{
    if (Interrupt != NULL && MmIsRangeAccessible(Interrupt, sizeof(*Interrupt), FALSE) &&
        Interrupt->Type == InterruptObject && Interrupt->Connected)
        return;
    KeSetBugCheckText("%s(%p): no interrupt is connected there", Routine, Interrupt);
    KeBugCheckEx(INVALID_DATA_ACCESS_TRAP, (ULONG_PTR)Interrupt, 0, 0, 0);
}

NT_EXPORT(IoDisconnectInterrupt);
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    IopCheckInterrupt(InterruptObject, "IoDisconnectInterrupt");
    IopFreeInterrupt(InterruptObject);
}

/* A connection context holds either an interrupt object, which says so, or a table of messages. */
static BOOLEAN IopIsInterruptObject(PVOID Context)
{
    return Context != NULL && MmIsRangeAccessible(Context, sizeof(KINTERRUPT), FALSE) &&
           ((PKINTERRUPT)Context)->Type == InterruptObject &&
           ((PKINTERRUPT)Context)->Size == sizeof(KINTERRUPT);
}

/* [doc: PNP_DETECTED_FATAL_ERROR 9: another connection type than the one that the connect routine
 * returned] */
static VOID IopCheckType(ULONG Version, PVOID Context)
{
    if ((Version == CONNECT_MESSAGE_BASED) == !IopIsInterruptObject(Context))
        return;
    KeSetBugCheckText("connection context %p is not of the type %u that it is given as", Context,
                      Version);
    KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 9, Version, 0, 0);
}

NT_EXPORT(IoDisconnectInterruptEx);
VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    IopCheckType(Parameters->Version, Parameters->ConnectionContext.Generic);
    if (Parameters->Version == CONNECT_MESSAGE_BASED)
        IopDisconnectMessages(Parameters->ConnectionContext.InterruptMessageTable);
    else
        IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
}

/* ---- active or not ---- */

static VOID IopSetActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters, BOOLEAN Active)
{
    IopCheckType(Parameters->Version, Parameters->ConnectionContext.Generic);
    if (Parameters->Version == CONNECT_MESSAGE_BASED) {
        PIO_INTERRUPT_MESSAGE_INFO Table = Parameters->ConnectionContext.InterruptMessageTable;

        for (ULONG i = 0; i < Table->MessageCount; i++)
            KeSetInterruptActive(Table->MessageInfo[i].InterruptObject, Active);
        return;
    }
    IopCheckInterrupt(Parameters->ConnectionContext.InterruptObject,
                      "IoReportInterruptActive or Inactive");
    KeSetInterruptActive(Parameters->ConnectionContext.InterruptObject, Active);
}

NT_EXPORT(IoReportInterruptActive);
VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    IopSetActive(Parameters, TRUE);
}

NT_EXPORT(IoReportInterruptInactive);
VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    IopSetActive(Parameters, FALSE);
}

NT_EXPORT(IoGetAffinityInterrupt);
NTSTATUS NTAPI IoGetAffinityInterrupt(PKINTERRUPT InterruptObject, PGROUP_AFFINITY GroupAffinity)
{
    if (InterruptObject == NULL || GroupAffinity == NULL)
        return STATUS_INVALID_PARAMETER;
    *GroupAffinity = (GROUP_AFFINITY){.Mask = InterruptObject->Affinity, .Group = 0};
    return STATUS_SUCCESS;
}
