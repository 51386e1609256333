/*
 * WDFINTERRUPT: which interrupt of the device it is, its connection, power [doc:
 * WdfInterruptCreate; WDF_INTERRUPT_CONFIG; Enabling and Disabling Interrupts; Using an Interrupt
 * to Wake a Device]. A line is connected with what its descriptor says, each object for itself.
 * Messages are connected for the device as a whole, since a descriptor of several messages tells
 * one vector only; a message whose object is not connected is not claimed.
 */
#include "fx.h"

#include "interrupt.h"
#include "resource.h"

struct _FX_MESSAGES {
    PIO_INTERRUPT_MESSAGE_INFO Table;
    ULONG Users, Count;
    FX_INTERRUPT *Interrupt[]; /* Count of them, by message; written under the message's NT lock */
};
typedef struct _FX_MESSAGES FX_MESSAGES;

typedef struct _FX_INTERRUPT_REQUIREMENT { /* an IO_RESOURCE_DESCRIPTOR's u.Interrupt; the headers
                                              have its first two members */
    ULONG MinimumVector, MaximumVector;
    USHORT AffinityPolicy, Group;
    ULONG PriorityPolicy;
    KAFFINITY TargetedProcessors;
} FX_INTERRUPT_REQUIREMENT;

/* ---- resources ---- */

static BOOLEAN FxIsMessage(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    return (Raw->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

/* Interrupts that the raw descriptor stands for. */
static ULONG FxInterruptCount(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    if (Raw->Type != CmResourceTypeInterrupt)
        return 0;
    return FxIsMessage(Raw) && Raw->u.MessageInterrupt.Raw.MessageCount > 1
               ? Raw->u.MessageInterrupt.Raw.MessageCount
               : 1;
}

/* Messages of the descriptors before Index. */
static ULONG FxMessagesBefore(FX_OBJECT *RawList, ULONG Index)
{
    ULONG Count = 0;

    for (ULONG i = 0; i < Index && FxCmListItem(RawList, i) != NULL; i++)
        if (FxIsMessage(FxCmListItem(RawList, i)))
            Count += FxInterruptCount(FxCmListItem(RawList, i));
    return Count;
}

/* The Nth interrupt of descriptor Index. */
static VOID FxInterruptTake(FX_INTERRUPT *Interrupt, ULONG Index, ULONG Nth)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw = FxCmListItem(Pnp->Raw, Index);
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Translated = FxCmListItem(Pnp->Translated, Index);
    WDF_INTERRUPT_INFO *Info = &Interrupt->Info;

    RtlZeroMemory(Info, sizeof(*Info));
    Info->MessageSignaled = FxIsMessage(Raw);
    if (Info->MessageSignaled) {
        Info->MessageNumber = FxMessagesBefore(Pnp->Raw, Index) + Nth;
        Info->TargetProcessorSet = Translated->u.MessageInterrupt.Translated.Affinity;
        Info->Vector = Translated->u.MessageInterrupt.Translated.Vector;
        Info->Irql = (KIRQL)Translated->u.MessageInterrupt.Translated.Level;
    } else {
        Info->TargetProcessorSet = Translated->u.Interrupt.Affinity;
        Info->Vector = Translated->u.Interrupt.Vector;
        Info->Irql = (KIRQL)Translated->u.Interrupt.Level;
    }
    if (Interrupt->Wait != NULL)
        Info->Irql = PASSIVE_LEVEL;
    Info->Mode = (Raw->Flags & CM_RESOURCE_INTERRUPT_LATCHED) ? Latched : LevelSensitive;
    Info->Polarity = WdfInterruptPolarityUnknown; /* assigned resources do not tell it */
    Info->ShareDisposition = Translated->ShareDisposition;
    Interrupt->IsShared = Interrupt->Config.ShareVector == WdfUseDefault
                              ? Raw->ShareDisposition == CmResourceShareShared
                              : Interrupt->Config.ShareVector == WdfTrue;
    Interrupt->Descriptor = Index;
    Interrupt->IsAssigned = TRUE;
}

/* Those that were created before get the device's interrupts in their order; the ones too many get
 * none. */
static VOID FxInterruptAssign(FX_OBJECT *Object, PCM_RESOURCE_LIST Raw,
                              PCM_RESOURCE_LIST Translated)
{
    FX_INTERRUPT *Interrupt = CONTAINING_RECORD(Object, FX_INTERRUPT, Object);
    FX_OBJECT *List = Interrupt->Device->Pnp->Raw;
    ULONG Before = 0;

    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    Interrupt->IsAssigned = FALSE;
    for (ULONG i = 0; FxCmListItem(List, i) != NULL; i++) {
        ULONG Count = FxInterruptCount(FxCmListItem(List, i));

        if (Interrupt->Index - Before < Count) {
            FxInterruptTake(Interrupt, i, Interrupt->Index - Before);
            return;
        }
        Before += Count;
    }
    FxLog(Object->Globals, "interrupt %p: the device has only %u",
          FX_HANDLE(WDFINTERRUPT, Interrupt), Before);
}

/* The interrupts of the device that use descriptor Index. */
static ULONG FxInterruptUsers(FX_PNP *Pnp, ULONG Index)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = Pnp->Hooks.Flink; Link != &Pnp->Hooks; Link = Link->Flink) {
        FX_OBJECT *Object = CONTAINING_RECORD(Link, FX_POWER_HOOK, Link)->Object;

        if (Object->Class->Type == FxTypeInterrupt && ((FX_INTERRUPT *)Object)->IsAssigned &&
            ((FX_INTERRUPT *)Object)->Descriptor == Index)
            Count++;
    }
    return Count;
}

NTSTATUS FxInterruptAssignGiven(FX_INTERRUPT *Interrupt)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    ULONG Index = FxCmListIndex(Pnp->Raw, Interrupt->Config.InterruptRaw), Users;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw = FxCmListItem(Pnp->Raw, Index);

    if (Raw == NULL || Raw->Type != CmResourceTypeInterrupt ||
        FxCmListIndex(Pnp->Translated, Interrupt->Config.InterruptTranslated) != Index)
        return FxMistake(
            Interrupt->Object.Globals, STATUS_INVALID_PARAMETER,
            "InterruptRaw and InterruptTranslated are not one interrupt of the device's resources");
    Users = FxInterruptUsers(Pnp, Index);
    if (Users >= FxInterruptCount(Raw))
        return FxMistake(Interrupt->Object.Globals, STATUS_INVALID_PARAMETER,
                         "resource %u has its interrupt object already", Index);
    FxInterruptTake(Interrupt, Index, Users);
    return STATUS_SUCCESS;
}

/* ---- service ---- */

/* The device sleeps: it is woken, and the hook calls the ISR in D0; until then the line stays as it
 * is. */
static BOOLEAN FxInterruptWake(FX_INTERRUPT *Interrupt)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    KIRQL Irql;

    Interrupt->WakeWaits = TRUE;
    KeClearEvent(&Interrupt->WakeServed);
    FxWaitLockGive(Interrupt->Object.Globals, Interrupt->Wait, Interrupt);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->WakeTriggered = TRUE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxPolicyQueue(Interrupt->Device);
    KeWaitForSingleObject(&Interrupt->WakeServed, Executive, KernelMode, FALSE, NULL);
    return Interrupt->WakeClaimed;
}

static BOOLEAN NTAPI FxInterruptPassiveIsr(PKINTERRUPT Nt, PVOID Context)
{
    FX_INTERRUPT *Interrupt = Context;
    BOOLEAN Claimed;

    UNREFERENCED_PARAMETER(Nt);
    FxWaitLockTake(Interrupt->Object.Globals, Interrupt->Wait, NULL);
    if (Interrupt->Sleeps)
        return FxInterruptWake(Interrupt);
    Claimed = Interrupt->Config.EvtInterruptIsr(FX_HANDLE(WDFINTERRUPT, Interrupt), 0);
    FxWaitLockGive(Interrupt->Object.Globals, Interrupt->Wait, Interrupt);
    return Claimed;
}

static BOOLEAN NTAPI FxInterruptLineIsr(PKINTERRUPT Nt, PVOID Context)
{
    FX_INTERRUPT *Interrupt = Context;

    UNREFERENCED_PARAMETER(Nt);
    return Interrupt->Config.EvtInterruptIsr(FX_HANDLE(WDFINTERRUPT, Interrupt), 0);
}

/* Under the message's NT lock, at the IRQL that all messages of the device share. */
static BOOLEAN NTAPI FxInterruptMessageIsr(PKINTERRUPT Nt, PVOID Context, ULONG Message)
{
    FX_MESSAGES *Messages = ((FX_PNP *)Context)->Messages;
    FX_INTERRUPT *Interrupt =
        Messages != NULL && Message < Messages->Count ? Messages->Interrupt[Message] : NULL;
    BOOLEAN Claimed;

    UNREFERENCED_PARAMETER(Nt);
    if (Interrupt == NULL)
        return FALSE;
    if (Interrupt->Spin != NULL)
        KeAcquireSpinLockAtDpcLevel(Interrupt->Spin);
    Claimed = Interrupt->Config.EvtInterruptIsr(FX_HANDLE(WDFINTERRUPT, Interrupt), Message);
    if (Interrupt->Spin != NULL)
        KeReleaseSpinLockFromDpcLevel(Interrupt->Spin);
    return Claimed;
}

/* ---- connection ---- */

/* Interrupts that share a spin lock run at the highest IRQL of theirs. */
static KIRQL FxSynchronizeIrql(FX_INTERRUPT *Interrupt)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    KIRQL Irql = Interrupt->Info.Irql;

    for (PLIST_ENTRY Link = Pnp->Hooks.Flink; Interrupt->Spin != NULL && Link != &Pnp->Hooks;
         Link = Link->Flink) {
        FX_INTERRUPT *Other = (FX_INTERRUPT *)CONTAINING_RECORD(Link, FX_POWER_HOOK, Link)->Object;

        if (Other->Object.Class->Type == FxTypeInterrupt && Other->IsAssigned &&
            Other->Spin == Interrupt->Spin)
            Irql = max(Irql, Other->Info.Irql);
    }
    return Irql;
}

static NTSTATUS FxConnectLine(FX_INTERRUPT *Interrupt)
{
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Version = CONNECT_FULLY_SPECIFIED;
    Parameters.FullySpecified.PhysicalDeviceObject = Interrupt->Device->Pdo;
    Parameters.FullySpecified.InterruptObject = &Interrupt->Nt;
    Parameters.FullySpecified.ServiceRoutine =
        Interrupt->Wait != NULL ? FxInterruptPassiveIsr : FxInterruptLineIsr;
    Parameters.FullySpecified.ServiceContext = Interrupt;
    Parameters.FullySpecified.SpinLock = Interrupt->Spin;
    Parameters.FullySpecified.SynchronizeIrql = FxSynchronizeIrql(Interrupt);
    Parameters.FullySpecified.FloatingSave = Interrupt->Config.FloatingSave;
    Parameters.FullySpecified.ShareVector = Interrupt->IsShared;
    Parameters.FullySpecified.Vector = Interrupt->Info.Vector;
    Parameters.FullySpecified.Irql = Interrupt->Info.Irql;
    Parameters.FullySpecified.InterruptMode = Interrupt->Info.Mode;
    Parameters.FullySpecified.ProcessorEnableMask = Interrupt->Info.TargetProcessorSet;
    return IoConnectInterruptEx(&Parameters);
}

static NTSTATUS FxMessagesConnect(FX_DEVICE *Device)
{
    ULONG Count = FxMessagesBefore(Device->Pnp->Raw, MAXULONG);
    FX_MESSAGES *Messages =
        FxAllocate(Device->Object.Globals, FIELD_OFFSET(FX_MESSAGES, Interrupt[Count]));
    IO_CONNECT_INTERRUPT_PARAMETERS Parameters;
    NTSTATUS Status;

    if (Messages == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Messages->Count = Count;
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Version = CONNECT_MESSAGE_BASED;
    Parameters.MessageBased.PhysicalDeviceObject = Device->Pdo;
    Parameters.MessageBased.ConnectionContext.InterruptMessageTable = &Messages->Table;
    Parameters.MessageBased.MessageServiceRoutine = FxInterruptMessageIsr;
    Parameters.MessageBased.ServiceContext = Device->Pnp;
    Status = IoConnectInterruptEx(&Parameters);
    if (NT_SUCCESS(Status))
        Device->Pnp->Messages = Messages;
    else
        FxFree(Messages);
    return Status;
}

static VOID FxMessagesDisconnect(FX_PNP *Pnp)
{
    FX_MESSAGES *Messages = Pnp->Messages;
    IO_DISCONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_MESSAGE_BASED};

    Parameters.ConnectionContext.InterruptMessageTable = Messages->Table;
    IoDisconnectInterruptEx(&Parameters);
    Pnp->Messages = NULL;
    FxFree(Messages);
}

static VOID FxMessageSet(FX_INTERRUPT *Interrupt, FX_INTERRUPT *Value)
{
    KIRQL Irql = KeAcquireInterruptSpinLock(Interrupt->Nt);

    Interrupt->Device->Pnp->Messages->Interrupt[Interrupt->Info.MessageNumber] = Value;
    KeReleaseInterruptSpinLock(Interrupt->Nt, Irql);
}

static NTSTATUS FxConnectMessage(FX_INTERRUPT *Interrupt)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    PIO_INTERRUPT_MESSAGE_INFO_ENTRY Entry;
    NTSTATUS Status;

    if (Interrupt->Wait != NULL)
        return FxMistake(Interrupt->Object.Globals, STATUS_NOT_SUPPORTED,
                         "messages are handled at DIRQL only");
    if (Pnp->Messages == NULL) {
        Status = FxMessagesConnect(Interrupt->Device);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Interrupt->Info.MessageNumber >= Pnp->Messages->Table->MessageCount) {
        if (Pnp->Messages->Users == 0)
            FxMessagesDisconnect(Pnp);
        return STATUS_NOT_FOUND;
    }
    Pnp->Messages->Users++;
    Entry = &Pnp->Messages->Table->MessageInfo[Interrupt->Info.MessageNumber];
    Interrupt->Nt = Entry->InterruptObject;
    Interrupt->Info.Vector = Entry->Vector;
    Interrupt->Info.Irql = Entry->Irql;
    FxMessageSet(Interrupt, Interrupt);
    return STATUS_SUCCESS;
}

VOID FxInterruptDisconnect(FX_INTERRUPT *Interrupt)
{
    FX_PNP *Pnp = Interrupt->Device->Pnp;
    IO_DISCONNECT_INTERRUPT_PARAMETERS Parameters = {.Version = CONNECT_FULLY_SPECIFIED};

    Interrupt->Sleeps = FALSE;
    KeSetEvent(&Interrupt->WakeServed, IO_NO_INCREMENT, FALSE);
    if (Interrupt->Nt == NULL)
        return;
    if (Interrupt->Info.MessageSignaled) {
        FxMessageSet(Interrupt, NULL);
        Interrupt->Nt = NULL;
        if (--Pnp->Messages->Users == 0)
            FxMessagesDisconnect(Pnp);
        return;
    }
    Parameters.ConnectionContext.InterruptObject = Interrupt->Nt;
    IoDisconnectInterruptEx(&Parameters);
    Interrupt->Nt = NULL;
}

/* ---- power ---- */

static VOID FxReportState(FX_INTERRUPT *Interrupt, BOOLEAN Active)
{
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS State = {.Version = CONNECT_FULLY_SPECIFIED};

    State.ConnectionContext.InterruptObject = Interrupt->Nt;
    if (Active)
        IoReportInterruptActive(&State);
    else
        IoReportInterruptInactive(&State);
    Interrupt->IsInactive = !Active;
}

/* Back in D0: the ISR of an interrupt that woke the device is called before anything else is. */
static VOID FxInterruptAwake(FX_INTERRUPT *Interrupt)
{
    FxWaitLockTake(Interrupt->Object.Globals, Interrupt->Wait, NULL);
    Interrupt->Sleeps = FALSE;
    if (Interrupt->WakeWaits)
        Interrupt->WakeClaimed =
            Interrupt->Config.EvtInterruptIsr(FX_HANDLE(WDFINTERRUPT, Interrupt), 0);
    Interrupt->WakeWaits = FALSE;
    FxWaitLockGive(Interrupt->Object.Globals, Interrupt->Wait, Interrupt);
    KeSetEvent(&Interrupt->WakeServed, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS FxInterruptConnect(FX_OBJECT *Object)
{
    FX_INTERRUPT *Interrupt = (FX_INTERRUPT *)Object;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!Interrupt->IsAssigned)
        return STATUS_SUCCESS;
    if (Interrupt->Nt == NULL)
        Status = Interrupt->Info.MessageSignaled ? FxConnectMessage(Interrupt)
                                                 : FxConnectLine(Interrupt);
    if (!NT_SUCCESS(Status))
        return FxMistake(Object->Globals, Status, "interrupt %p is not connected",
                         FX_HANDLE(WDFINTERRUPT, Interrupt));
    if (Interrupt->IsInactive)
        FxReportState(Interrupt, TRUE);
    if (Interrupt->Sleeps)
        FxInterruptAwake(Interrupt);
    if (Interrupt->IsEnabled)
        return STATUS_SUCCESS;
    Status = FxInterruptCallEnable(Interrupt);
    Interrupt->IsEnabled = NT_SUCCESS(Status);
    if (!NT_SUCCESS(Status))
        FxInterruptDisconnect(Interrupt);
    return Status;
}

/* What its interrupts do while the device sleeps: one that wakes it waits for it, others end, or
 * stay but for their enabling. */
static BOOLEAN FxStaysConnected(FX_INTERRUPT *Interrupt)
{
    return !Interrupt->Device->Settings.PowerPageable ||
           Interrupt->Config.ReportInactiveOnPowerDown == WdfTrue;
}

static NTSTATUS FxInterruptDisable(FX_OBJECT *Object, BOOLEAN IsFinal)
{
    FX_INTERRUPT *Interrupt = (FX_INTERRUPT *)Object;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Interrupt->Nt == NULL)
        return STATUS_SUCCESS;
    if (!IsFinal && Interrupt->Config.CanWakeDevice) {
        FxWaitLockTake(Object->Globals, Interrupt->Wait, NULL);
        Interrupt->Sleeps = TRUE;
        FxWaitLockGive(Object->Globals, Interrupt->Wait, Interrupt);
        return STATUS_SUCCESS;
    }
    if (Interrupt->IsEnabled)
        Status = FxInterruptCallDisable(Interrupt);
    Interrupt->IsEnabled = FALSE;
    if (IsFinal || !FxStaysConnected(Interrupt))
        FxInterruptDisconnect(Interrupt);
    else if (Interrupt->Device->Settings.PowerPageable)
        FxReportState(Interrupt, FALSE);
    return Status;
}

/* A device that was taken away in its sleep never came back to D0: its interrupts may still be
 * connected. */
static VOID FxInterruptRelease(FX_OBJECT *Object)
{
    FX_INTERRUPT *Interrupt = (FX_INTERRUPT *)Object;

    FxInterruptDisable(Object, TRUE);
    Interrupt->IsAssigned = Interrupt->IsInactive = FALSE;
    if (Interrupt->InPrepare)
        FxObjectDelete(Object);
}

VOID FxInterruptHookInit(FX_INTERRUPT *Interrupt)
{
    Interrupt->Hook = (FX_POWER_HOOK){.Object = &Interrupt->Object,
                                      .Connect = FxInterruptConnect,
                                      .Disconnect = FxInterruptDisable,
                                      .Release = FxInterruptRelease};
    if (!Interrupt->InPrepare)
        Interrupt->Hook.Assign = FxInterruptAssign;
}

/* ---- policy ---- */

static FX_INTERRUPT *FxInterruptOfIndex(FX_PNP *Pnp, ULONG Index)
{
    for (PLIST_ENTRY Link = Pnp->Hooks.Flink; Link != &Pnp->Hooks; Link = Link->Flink) {
        FX_INTERRUPT *Interrupt =
            (FX_INTERRUPT *)CONTAINING_RECORD(Link, FX_POWER_HOOK, Link)->Object;

        if (Interrupt->Object.Class->Type == FxTypeInterrupt && Interrupt->Index == Index)
            return Interrupt;
    }
    return NULL;
}

BOOLEAN FxInterruptsHavePolicy(FX_DEVICE *Device)
{
    FX_INTERRUPT *Interrupt;

    for (ULONG i = 0; (Interrupt = FxInterruptOfIndex(Device->Pnp, i)) != NULL; i++)
        if (Interrupt->HasPolicy)
            return TRUE;
    return FALSE;
}

static VOID FxApplyPolicy(PIO_RESOURCE_DESCRIPTOR Descriptor,
                          const WDF_INTERRUPT_EXTENDED_POLICY *Policy)
{
    FX_INTERRUPT_REQUIREMENT *Requirement = (FX_INTERRUPT_REQUIREMENT *)&Descriptor->u.Interrupt;

    Descriptor->Flags |= CM_RESOURCE_INTERRUPT_POLICY_INCLUDED;
    Requirement->AffinityPolicy = (USHORT)Policy->Policy;
    Requirement->Group = Policy->TargetProcessorSetAndGroup.Group;
    Requirement->PriorityPolicy = (ULONG)Policy->Priority;
    Requirement->TargetedProcessors = Policy->TargetProcessorSetAndGroup.Mask;
}

/* An alternative is for the same interrupt as what it stands behind. A descriptor of several
 * messages has the first one's policy. */
static VOID FxApplyToList(FX_PNP *Pnp, PIO_RESOURCE_LIST List)
{
    ULONG Next = 0, Current = 0;

    for (ULONG i = 0; i < List->Count; i++) {
        PIO_RESOURCE_DESCRIPTOR Descriptor = &List->Descriptors[i];
        FX_INTERRUPT *Interrupt;

        if (Descriptor->Type != CmResourceTypeInterrupt)
            continue;
        if (!(Descriptor->Option & IO_RESOURCE_ALTERNATIVE)) {
            Current = Next;
            Next += (Descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE)
                        ? Descriptor->u.Interrupt.MaximumVector -
                              Descriptor->u.Interrupt.MinimumVector + 1
                        : 1;
        }
        Interrupt = FxInterruptOfIndex(Pnp, Current);
        if (Interrupt != NULL && Interrupt->HasPolicy)
            FxApplyPolicy(Descriptor, &Interrupt->Policy);
    }
}

VOID FxInterruptsApplyPolicy(FX_DEVICE *Device, PIO_RESOURCE_REQUIREMENTS_LIST Requirements)
{
    PIO_RESOURCE_LIST List = &Requirements->List[0];

    for (ULONG i = 0; i < Requirements->AlternativeLists; i++) {
        FxApplyToList(Device->Pnp, List);
        List = (PIO_RESOURCE_LIST)&List->Descriptors[List->Count];
    }
}
