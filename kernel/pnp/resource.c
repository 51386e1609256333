/*
 * Resource descriptors: what they take, where a requirement lets them lie, their translation, their lists.
 * [doc: CM_PARTIAL_RESOURCE_DESCRIPTOR, IO_RESOURCE_DESCRIPTOR, Mapping Bus-Relative Addresses to Virtual Addresses]
 * Ports and memory are the same on every bus of this machine; an interrupt line or message becomes a vector.
 */
#include "resource.h"

#include "../hal/halp.h"

enum { PNP_MESSAGES = 128 }; /* HalMessageVector has a few more */

/* ---- lengths of large memory ---- */

static ULONG PnpLargeShift(UCHAR Type, USHORT Flags)
{
    if (Type != CmResourceTypeMemoryLarge)
        return 0;
    if (Flags & CM_RESOURCE_MEMORY_LARGE_40)
        return 8;
    return Flags & CM_RESOURCE_MEMORY_LARGE_48 ? 16 : 32;
}

/* ---- what a descriptor takes ---- */

UCHAR PnpSpaceOf(UCHAR Type)
{
    switch (Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
    case CmResourceTypeInterrupt:
    case CmResourceTypeDma:
    case CmResourceTypeBusNumber:
        return Type;
    case CmResourceTypeMemoryLarge:
        return CmResourceTypeMemory;
    default:
        return CmResourceTypeNull;
    }
}

static BOOLEAN PnpIsMessage(UCHAR Type, USHORT Flags)
{
    return Type == CmResourceTypeInterrupt && (Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
}

static ULONG64 PnpLengthOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    switch (PnpSpaceOf(Descriptor->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        return (ULONG64)Descriptor->u.Memory.Length << PnpLargeShift(Descriptor->Type, Descriptor->Flags);
    case CmResourceTypeBusNumber:
        return Descriptor->u.BusNumber.Length;
    case CmResourceTypeInterrupt:
        return PnpIsMessage(Descriptor->Type, Descriptor->Flags) ? Descriptor->u.MessageInterrupt.Raw.MessageCount : 1;
    case CmResourceTypeDma:
        return 1;
    default:
        return 0;
    }
}

ULONG64 PnpStartOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    switch (PnpSpaceOf(Descriptor->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        return (ULONG64)Descriptor->u.Memory.Start.QuadPart;
    case CmResourceTypeBusNumber:
        return Descriptor->u.BusNumber.Start;
    case CmResourceTypeInterrupt:
        return PnpIsMessage(Descriptor->Type, Descriptor->Flags)
             ? PNP_FIRST_MESSAGE + Descriptor->u.MessageInterrupt.Raw.Vector : Descriptor->u.Interrupt.Vector;
    default:
        return Descriptor->u.Dma.Channel;
    }
}

static VOID PnpSetStart(CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, ULONG64 Start)
{
    switch (PnpSpaceOf(Descriptor->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        Descriptor->u.Memory.Start.QuadPart = (LONGLONG)Start;
        break;
    case CmResourceTypeBusNumber:
        Descriptor->u.BusNumber.Start = (ULONG)Start;
        break;
    case CmResourceTypeInterrupt:
        if (PnpIsMessage(Descriptor->Type, Descriptor->Flags))
            Descriptor->u.MessageInterrupt.Raw.Vector = (ULONG)(Start - PNP_FIRST_MESSAGE);
        else
            Descriptor->u.Interrupt.Level = Descriptor->u.Interrupt.Vector = (ULONG)Start;
        break;
    default:
        Descriptor->u.Dma.Channel = (ULONG)Start;
        break;
    }
}

BOOLEAN PnpRangeOf(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PNP_RANGE *Range)
{
    ULONG64 Length = PnpLengthOf(Descriptor);

    if (Length == 0)
        return FALSE;
    Range->Space = PnpSpaceOf(Descriptor->Type);
    Range->First = PnpStartOf(Descriptor);
    Range->Last = Range->First + Length - 1;
    return TRUE;
}

/* ---- lists ---- */

/* A descriptor's own data may follow the last one of a partial list. */
static PCM_FULL_RESOURCE_DESCRIPTOR PnpNextFull(PCM_FULL_RESOURCE_DESCRIPTOR Full)
{
    PCM_PARTIAL_RESOURCE_LIST List = &Full->PartialResourceList;
    PUCHAR End = (PUCHAR)&List->PartialDescriptors[List->Count];

    if (List->Count != 0 && List->PartialDescriptors[List->Count - 1].Type == CmResourceTypeDeviceSpecific)
        End += List->PartialDescriptors[List->Count - 1].u.DeviceSpecificData.DataSize;
    return (PCM_FULL_RESOURCE_DESCRIPTOR)End;
}

SIZE_T PnpResourceListBytes(const CM_RESOURCE_LIST *List)
{
    PCM_FULL_RESOURCE_DESCRIPTOR Full;
    ULONG i;

    if (List == NULL)
        return 0;
    Full = (PCM_FULL_RESOURCE_DESCRIPTOR)List->List;
    for (i = 0; i < List->Count; i++)
        Full = PnpNextFull(Full);
    return (SIZE_T)((PUCHAR)Full - (PUCHAR)List);
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR PnpNextDescriptor(PCM_RESOURCE_LIST List, PCM_PARTIAL_RESOURCE_DESCRIPTOR Last)
{
    PCM_FULL_RESOURCE_DESCRIPTOR Full = List->List;
    BOOLEAN Take = Last == NULL;
    ULONG i, j;

    for (i = 0; i < List->Count; i++, Full = PnpNextFull(Full))
        for (j = 0; j < Full->PartialResourceList.Count; j++) {
            PCM_PARTIAL_RESOURCE_DESCRIPTOR At = &Full->PartialResourceList.PartialDescriptors[j];

            if (Take)
                return At;
            Take = At == Last;
        }
    return NULL;
}

/* ---- requirements ---- */

BOOLEAN PnpIsNoRequirement(const IO_RESOURCE_DESCRIPTOR *Requirement)
{
    return Requirement->Type == CmResourceTypeNull || Requirement->Type == CmResourceTypeConfigData;
}

static ULONG PnpMessageCount(const IO_RESOURCE_DESCRIPTOR *Requirement)
{
    return Requirement->u.Interrupt.MaximumVector - Requirement->u.Interrupt.MinimumVector + 1;
}

typedef struct _PNP_INTERRUPT_REQUIREMENT { /* u.Interrupt in full; the headers have a part */
    ULONG MinimumVector, MaximumVector;
    USHORT AffinityPolicy, Group;
    ULONG PriorityPolicy;
    KAFFINITY TargetedProcessors;
} PNP_INTERRUPT_REQUIREMENT;

/*
 * [doc: IO_RESOURCE_DESCRIPTOR] of the policies the one that names processors; all are equally
 * close here, and of one priority.
 */
static KAFFINITY PnpInterruptAffinity(const IO_RESOURCE_DESCRIPTOR *Requirement)
{
    const PNP_INTERRUPT_REQUIREMENT *Policy = (const VOID *)&Requirement->u.Interrupt;
    KAFFINITY All = KeQueryActiveProcessors();

    if (!(Requirement->Flags & CM_RESOURCE_INTERRUPT_POLICY_INCLUDED) ||
        Policy->AffinityPolicy != IrqPolicySpecifiedProcessors || Policy->Group != 0 ||
        (Policy->TargetedProcessors & All) == 0)
        return All;
    return Policy->TargetedProcessors & All;
}

VOID PnpPrepare(const IO_RESOURCE_DESCRIPTOR *Requirement, CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    RtlZeroMemory(Descriptor, sizeof(*Descriptor));
    Descriptor->Type = Requirement->Type;
    Descriptor->ShareDisposition = Requirement->ShareDisposition;
    Descriptor->Flags = Requirement->Flags;
    switch (PnpSpaceOf(Requirement->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        Descriptor->u.Memory.Length = Requirement->u.Memory.Length;
        break;
    case CmResourceTypeBusNumber:
        Descriptor->u.BusNumber.Length = Requirement->u.BusNumber.Length;
        break;
    case CmResourceTypeInterrupt:
        if (PnpIsMessage(Requirement->Type, Requirement->Flags)) {
            Descriptor->u.MessageInterrupt.Raw.MessageCount = (USHORT)PnpMessageCount(Requirement);
            Descriptor->u.MessageInterrupt.Raw.Affinity = PnpInterruptAffinity(Requirement);
        } else {
            Descriptor->u.Interrupt.Affinity = PnpInterruptAffinity(Requirement);
        }
        break;
    }
}

/* Bounds of the whole range, and what its start must be a multiple of. */
static VOID PnpLimitsOf(const IO_RESOURCE_DESCRIPTOR *Requirement, ULONG64 *Minimum, ULONG64 *Maximum,
                        ULONG64 *Alignment)
{
    *Alignment = 1;
    switch (PnpSpaceOf(Requirement->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        *Minimum = (ULONG64)Requirement->u.Memory.MinimumAddress.QuadPart;
        *Maximum = (ULONG64)Requirement->u.Memory.MaximumAddress.QuadPart;
        *Alignment = (ULONG64)Requirement->u.Memory.Alignment << PnpLargeShift(Requirement->Type, Requirement->Flags);
        break;
    case CmResourceTypeBusNumber:
        *Minimum = Requirement->u.BusNumber.MinBusNumber;
        *Maximum = Requirement->u.BusNumber.MaxBusNumber;
        break;
    case CmResourceTypeInterrupt:
        *Minimum = Requirement->u.Interrupt.MinimumVector;
        *Maximum = Requirement->u.Interrupt.MaximumVector;
        if (PnpIsMessage(Requirement->Type, Requirement->Flags)) {
            *Minimum = PNP_FIRST_MESSAGE;
            *Maximum = PNP_FIRST_MESSAGE + PNP_MESSAGES - 1;
        }
        break;
    default:
        *Minimum = Requirement->u.Dma.MinimumChannel;
        *Maximum = Requirement->u.Dma.MaximumChannel;
        break;
    }
    if (*Alignment == 0)
        *Alignment = 1;
}

BOOLEAN PnpPlaceAt(const IO_RESOURCE_DESCRIPTOR *Requirement, ULONG64 From, CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    ULONG64 Minimum, Maximum, Alignment, Length = PnpLengthOf(Descriptor), Start;

    PnpLimitsOf(Requirement, &Minimum, &Maximum, &Alignment);
    Start = From > Minimum ? From : Minimum;
    if (Start % Alignment != 0)
        Start += Alignment - Start % Alignment;
    if (Start < From || Start > Maximum || (Length != 0 && Length - 1 > Maximum - Start))
        return FALSE;
    PnpSetStart(Descriptor, Start);
    return TRUE;
}

VOID PnpCopyPrivate(const IO_RESOURCE_DESCRIPTOR *Requirement, CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    RtlZeroMemory(Descriptor, sizeof(*Descriptor));
    Descriptor->Type = Requirement->Type;
    Descriptor->ShareDisposition = Requirement->ShareDisposition;
    Descriptor->Flags = Requirement->Flags;
    RtlCopyMemory(Descriptor->u.DevicePrivate.Data, Requirement->u.DevicePrivate.Data,
                  sizeof(Descriptor->u.DevicePrivate.Data));
}

PIO_RESOURCE_REQUIREMENTS_LIST PnpCopyRequirements(const IO_RESOURCE_REQUIREMENTS_LIST *List)
{
    PIO_RESOURCE_REQUIREMENTS_LIST Copy = ExAllocatePoolWithTag(PagedPool, List->ListSize, PNP_TAG);

    if (Copy != NULL)
        RtlCopyMemory(Copy, List, List->ListSize);
    return Copy;
}

/* The requirement that only the given resource meets. */
static VOID PnpFixedRequirement(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor, PIO_RESOURCE_DESCRIPTOR Requirement)
{
    ULONG64 Start = PnpStartOf(Descriptor), Length = PnpLengthOf(Descriptor);

    Requirement->Option = IO_RESOURCE_PREFERRED;
    Requirement->Type = Descriptor->Type;
    Requirement->ShareDisposition = Descriptor->ShareDisposition;
    Requirement->Flags = Descriptor->Flags;
    switch (PnpSpaceOf(Descriptor->Type)) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        Requirement->u.Memory.Length = Descriptor->u.Memory.Length;
        Requirement->u.Memory.Alignment = 1;
        Requirement->u.Memory.MinimumAddress.QuadPart = (LONGLONG)Start;
        Requirement->u.Memory.MaximumAddress.QuadPart = (LONGLONG)(Start + Length - 1);
        break;
    case CmResourceTypeBusNumber:
        Requirement->u.BusNumber.Length = (ULONG)Length;
        Requirement->u.BusNumber.MinBusNumber = (ULONG)Start;
        Requirement->u.BusNumber.MaxBusNumber = (ULONG)(Start + Length - 1);
        break;
    case CmResourceTypeInterrupt:
        Requirement->u.Interrupt.MinimumVector = Requirement->u.Interrupt.MaximumVector = (ULONG)Start;
        break;
    case CmResourceTypeDma:
        Requirement->u.Dma.MinimumChannel = Requirement->u.Dma.MaximumChannel = (ULONG)Start;
        break;
    default:
        RtlCopyMemory(Requirement->u.DevicePrivate.Data, Descriptor->u.DevicePrivate.Data,
                      sizeof(Requirement->u.DevicePrivate.Data));
        break;
    }
}

PIO_RESOURCE_REQUIREMENTS_LIST PnpBootRequirements(PCM_RESOURCE_LIST Boot)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR At = NULL;
    PIO_RESOURCE_REQUIREMENTS_LIST List;
    ULONG Count = 0, Bytes;

    while ((At = PnpNextDescriptor(Boot, At)) != NULL)
        Count++;
    Bytes = (ULONG)(FIELD_OFFSET(IO_RESOURCE_REQUIREMENTS_LIST, List[0].Descriptors)
                    + (Count + 1) * sizeof(IO_RESOURCE_DESCRIPTOR));
    List = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    if (List == NULL)
        return NULL;
    RtlZeroMemory(List, Bytes);
    List->ListSize = Bytes;
    if (Boot->Count != 0) {
        List->InterfaceType = Boot->List[0].InterfaceType;
        List->BusNumber = Boot->List[0].BusNumber;
    }
    List->AlternativeLists = 1;
    List->List[0].Version = List->List[0].Revision = 1;
    for (At = NULL; (At = PnpNextDescriptor(Boot, At)) != NULL;)
        PnpFixedRequirement(At, &List->List[0].Descriptors[List->List[0].Count++]);
    return List;
}

/* ---- translation ---- */

/* FALSE: the line has no vector. */
static BOOLEAN PnpTranslateLine(const IO_RESOURCE_REQUIREMENTS_LIST *From, CM_PARTIAL_RESOURCE_DESCRIPTOR *Line)
{
    KIRQL Irql = 0;
    KAFFINITY Affinity = 0;
    ULONG Vector = HalGetInterruptVector(From->InterfaceType, From->BusNumber, Line->u.Interrupt.Level,
                                         Line->u.Interrupt.Vector, &Irql, &Affinity);

    if (Irql == 0)
        return FALSE;
    Line->u.Interrupt.Level = Irql;
    Line->u.Interrupt.Vector = Vector;
    if ((Line->u.Interrupt.Affinity & Affinity) == 0)
        Line->u.Interrupt.Affinity = Affinity;
    return TRUE;
}

/* FALSE: there are not so many messages. The others of a device follow the first; HalMessageVector has their vectors. */
static BOOLEAN PnpTranslateMessage(CM_PARTIAL_RESOURCE_DESCRIPTOR *Message)
{
    ULONG First = Message->u.MessageInterrupt.Raw.Vector, Count = Message->u.MessageInterrupt.Raw.MessageCount;
    ULONG Vector = HalMessageVector(First);
    KAFFINITY Affinity = Message->u.MessageInterrupt.Raw.Affinity;

    if (Vector == 0 || HalMessageVector(First + Count - 1) == 0)
        return FALSE;
    RtlZeroMemory(&Message->u, sizeof(Message->u));
    Message->u.MessageInterrupt.Translated.Level = Vector >> 4;
    Message->u.MessageInterrupt.Translated.Vector = Vector;
    Message->u.MessageInterrupt.Translated.Affinity = Affinity;
    return TRUE;
}

static BOOLEAN PnpTranslate(const IO_RESOURCE_REQUIREMENTS_LIST *From, CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    if (Descriptor->Type != CmResourceTypeInterrupt)
        return TRUE;
    if (!PnpIsMessage(Descriptor->Type, Descriptor->Flags))
        return PnpTranslateLine(From, Descriptor);
    return PnpTranslateMessage(Descriptor);
}

static PCM_RESOURCE_LIST PnpMakeList(const IO_RESOURCE_REQUIREMENTS_LIST *From,
                                     const CM_PARTIAL_RESOURCE_DESCRIPTOR *Chosen, ULONG Count)
{
    SIZE_T Bytes = FIELD_OFFSET(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors)
                 + (Count + 1) * sizeof(*Chosen);
    PCM_RESOURCE_LIST List = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);

    if (List == NULL)
        return NULL;
    RtlZeroMemory(List, Bytes);
    List->Count = 1;
    List->List[0].InterfaceType = From->InterfaceType;
    List->List[0].BusNumber = From->BusNumber;
    List->List[0].PartialResourceList.Version = List->List[0].PartialResourceList.Revision = 1;
    List->List[0].PartialResourceList.Count = Count;
    RtlCopyMemory(List->List[0].PartialResourceList.PartialDescriptors, Chosen, Count * sizeof(*Chosen));
    return List;
}

NTSTATUS PnpMakeLists(PNP_NODE *Node, const IO_RESOURCE_REQUIREMENTS_LIST *Requirements,
                      const CM_PARTIAL_RESOURCE_DESCRIPTOR *Chosen, ULONG Count)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    if (Count == 0)
        return STATUS_SUCCESS; /* nothing needed: no lists */
    Node->Resources = PnpMakeList(Requirements, Chosen, Count);
    Node->Translated = PnpMakeList(Requirements, Chosen, Count);
    if (Node->Resources == NULL || Node->Translated == NULL)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    for (i = 0; NT_SUCCESS(Status) && i < Count; i++)
        if (!PnpTranslate(Requirements, &Node->Translated->List[0].PartialResourceList.PartialDescriptors[i]))
            Status = STATUS_PNP_IRQ_TRANSLATION_FAILED;
    if (!NT_SUCCESS(Status))
        PnpReleaseResources(Node);
    return Status;
}
