/*
 * Hardware resources of the bus's devices: what the host gave them (the boot configuration), what
 * they need, and how they are programmed when they start. A device with messages asks for them
 * first and for its line as an alternative. [doc: Hardware Resources, Using Interrupt Resource
 * Descriptors] Left out: expansion ROMs, prefetchable windows.
 */
#include "pci.h"

#define HALP_MESSAGES_LIMIT 32u

static BOOLEAN HalpIsPci(const HALP_DEVICE *Device)
{
    return Device->Info.bus == HAL_BUS_PCI;
}

static INTERFACE_TYPE HalpInterface(const HALP_DEVICE *Device)
{
    return HalpIsPci(Device) ? PCIBus : Internal;
}

static USHORT HalpLineFlags(const HALP_DEVICE *Device)
{
    return Device->Info.line_latched ? CM_RESOURCE_INTERRUPT_LATCHED
                                     : CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
}

static UCHAR HalpLineSharing(const HALP_DEVICE *Device)
{
    return Device->Info.line_latched ? CmResourceShareDeviceExclusive : CmResourceShareShared;
}

/* ---- boot configuration ---- */

static VOID HalpBootRegion(const HALP_DEVICE *Device, ULONG Region,
                           PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor)
{
    BOOLEAN IsPort = Device->Info.region[Region].kind == HAL_REGION_PORT;
    NTSTATUS Status;

    Descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    Descriptor->Flags = IsPort ? CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_16_BIT_DECODE |
                                     CM_RESOURCE_PORT_POSITIVE_DECODE
                               : CM_RESOURCE_MEMORY_READ_WRITE;
    Status = RtlCmEncodeMemIoResource(
        Descriptor, IsPort ? CmResourceTypePort : CmResourceTypeMemory,
        Device->Info.region[Region].size_bytes, Device->Info.region[Region].base);
    DD_ASSERT(NT_SUCCESS(Status)); /* a power of two always has a form */
}

PCM_RESOURCE_LIST HalpBootConfiguration(const HALP_DEVICE *Device)
{
    SIZE_T Bytes =
        sizeof(CM_RESOURCE_LIST) + HAL_DEVICE_REGIONS * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    PCM_RESOURCE_LIST List = ExAllocatePoolWithTag(PagedPool, Bytes, HALP_TAG);
    PCM_PARTIAL_RESOURCE_LIST Partial;

    if (List == NULL)
        return NULL;
    RtlZeroMemory(List, Bytes);
    List->Count = 1;
    List->List[0].InterfaceType = HalpInterface(Device);
    Partial = &List->List[0].PartialResourceList;
    Partial->Version = Partial->Revision = 1;
    for (ULONG i = 0; i < HAL_DEVICE_REGIONS; i++)
        if (Device->Info.region[i].kind != HAL_REGION_NONE)
            HalpBootRegion(Device, i, &Partial->PartialDescriptors[Partial->Count++]);
    if (Device->Info.line != HAL_DEVICE_NO_LINE) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Line = &Partial->PartialDescriptors[Partial->Count++];

        Line->Type = CmResourceTypeInterrupt;
        Line->ShareDisposition = HalpLineSharing(Device);
        Line->Flags = HalpLineFlags(Device);
        Line->u.Interrupt.Level = Line->u.Interrupt.Vector = Device->Info.line;
        Line->u.Interrupt.Affinity = KeQueryActiveProcessors();
    }
    return List;
}

/* ---- requirements ---- */

static BOOLEAN HalpIsBridge(const HALP_DEVICE *Device)
{
    return Device->Info.secondary_bus != 0;
}

/* A region of a PCI device may be moved within its bus's window; one of the board, or a bridge's
 * window itself, is where it is. */
static VOID HalpRequireRegion(const HALP_DEVICE *Device, ULONG Region,
                              PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    ULONG64 Bytes = Device->Info.region[Region].size_bytes, Base = Device->Info.region[Region].base;
    ULONG Kind = Device->Info.region[Region].kind;
    BOOLEAN IsPort = Kind == HAL_REGION_PORT;
    BOOLEAN Moves = HalpIsPci(Device) && !HalpIsBridge(Device);
    NTSTATUS Status;

    Descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    Descriptor->Flags = IsPort ? CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_16_BIT_DECODE |
                                     CM_RESOURCE_PORT_POSITIVE_DECODE
                               : CM_RESOURCE_MEMORY_READ_WRITE;
    Status =
        RtlIoEncodeMemIoResource(Descriptor, IsPort ? CmResourceTypePort : CmResourceTypeMemory,
                                 Bytes, Bytes, Moves ? Device->Info.window[Kind].low : Base,
                                 Moves ? Device->Info.window[Kind].high : Base + Bytes - 1);
    DD_ASSERT(NT_SUCCESS(Status));
}

static VOID HalpRequireMessages(const HALP_DEVICE *Device, PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    ULONG Count = min(Device->Info.message_limit, HALP_MESSAGES_LIMIT);

    Descriptor->Option = IO_RESOURCE_PREFERRED;
    Descriptor->Type = CmResourceTypeInterrupt;
    Descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    Descriptor->Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
    Descriptor->u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - Count + 1;
    Descriptor->u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
}

static VOID HalpRequireLine(const HALP_DEVICE *Device, UCHAR Option,
                            PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    Descriptor->Option = Option;
    Descriptor->Type = CmResourceTypeInterrupt;
    Descriptor->ShareDisposition = HalpLineSharing(Device);
    Descriptor->Flags = HalpLineFlags(Device);
    Descriptor->u.Interrupt.MinimumVector = Descriptor->u.Interrupt.MaximumVector =
        Device->Info.line;
}

PIO_RESOURCE_REQUIREMENTS_LIST HalpRequirements(const HALP_DEVICE *Device)
{
    SIZE_T Bytes = sizeof(IO_RESOURCE_REQUIREMENTS_LIST) +
                   (HAL_DEVICE_REGIONS + 2) * sizeof(IO_RESOURCE_DESCRIPTOR);
    PIO_RESOURCE_REQUIREMENTS_LIST List = ExAllocatePoolWithTag(PagedPool, Bytes, HALP_TAG);
    PIO_RESOURCE_LIST First;
    UCHAR LineOption = 0;

    if (List == NULL)
        return NULL;
    RtlZeroMemory(List, Bytes);
    List->ListSize = (ULONG)Bytes;
    List->InterfaceType = HalpInterface(Device);
    List->SlotNumber = HalpIsPci(Device) ? Device->Info.slot : 0;
    List->AlternativeLists = 1;
    First = &List->List[0];
    First->Version = First->Revision = 1;
    for (ULONG i = 0; i < HAL_DEVICE_REGIONS; i++)
        if (Device->Info.region[i].kind != HAL_REGION_NONE)
            HalpRequireRegion(Device, i, &First->Descriptors[First->Count++]);
    if (Device->Info.message_limit != 0) {
        HalpRequireMessages(Device, &First->Descriptors[First->Count++]);
        LineOption = IO_RESOURCE_ALTERNATIVE;
    }
    if (Device->Info.line != HAL_DEVICE_NO_LINE)
        HalpRequireLine(Device, LineOption, &First->Descriptors[First->Count++]);
    return List;
}

/* ---- start and stop ---- */

#define HALP_COMMAND_OFFSET FIELD_OFFSET(PCI_COMMON_CONFIG, Command)
#define HALP_BAR_OFFSET FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses)

static VOID HalpSetCommand(HALP_DEVICE *Device, USHORT Command)
{
    if (HalpIsPci(Device))
        HalpWriteDevice(Device, &Command, HALP_COMMAND_OFFSET, sizeof(Command));
}

static VOID HalpSetRegion(HALP_DEVICE *Device, ULONG Region, ULONG64 Base)
{
    ULONG Offset = HALP_BAR_OFFSET + 4 * Device->Info.region[Region].base_register;

    if (HalpIsPci(Device) && !HalpIsBridge(Device))
        HalpWriteDevice(Device, &Base, Offset,
                        Device->Info.region[Region].kind == HAL_REGION_MEMORY64 ? 8 : 4);
}

static VOID HalpSetMessages(HALP_DEVICE *Device, ULONG First, ULONG Count)
{
    for (ULONG i = 0; i < Device->Info.message_limit && !HalpIsGone(Device); i++) {
        ULONG Vector = i < Count ? HalMessageVector(First + i) : 0;

        DD_ASSERT(HAL->device(HAL_DEVICE_SET_MESSAGE, Device->Index, (ULONG64)i << 32 | Vector) ==
                  HAL_OK);
    }
}

static VOID HalpTakeInterrupt(HALP_DEVICE *Device, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw)
{
    HAL_ASSIGNED_INTERRUPT *Assigned = &Device->Interrupt;

    RtlZeroMemory(Assigned, sizeof(*Assigned));
    Assigned->Mode = (Raw->Flags & CM_RESOURCE_INTERRUPT_LATCHED) ? Latched : LevelSensitive;
    Assigned->Shared = Raw->ShareDisposition == CmResourceShareShared;
    if (Raw->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
        Assigned->Affinity = Raw->u.MessageInterrupt.Raw.Affinity;
        Assigned->MessageCount = Raw->u.MessageInterrupt.Raw.MessageCount;
        Assigned->Message = Raw->u.MessageInterrupt.Raw.Vector;
        Assigned->Vector = HalMessageVector(Assigned->Message);
        HalpSetMessages(Device, Assigned->Message, Assigned->MessageCount);
    } else {
        Assigned->Affinity = Raw->u.Interrupt.Affinity;
        Assigned->Vector = HalLineVector(Raw->u.Interrupt.Level);
    }
    if ((Assigned->Affinity & KeQueryActiveProcessors()) == 0)
        Assigned->Affinity = KeQueryActiveProcessors();
    Assigned->Irql = (KIRQL)(Assigned->Vector >> 4);
    Device->HasInterrupt = TRUE;
}

/* The next region at or behind From that a port or memory resource is for; HAL_DEVICE_REGIONS:
 * none. */
static ULONG HalpNextRegion(const HALP_DEVICE *Device, ULONG From)
{
    while (From < HAL_DEVICE_REGIONS && Device->Info.region[From].kind == HAL_REGION_NONE)
        From++;
    return From;
}

/* The resources come in the order of the requirements. */
NTSTATUS HalpStartDevice(HALP_DEVICE *Device, PCM_RESOURCE_LIST Resources)
{
    PCM_PARTIAL_RESOURCE_LIST Partial =
        Resources != NULL && Resources->Count != 0 ? &Resources->List[0].PartialResourceList : NULL;
    ULONG Region = 0;

    Device->HasInterrupt = FALSE;
    HalpSetPowerState(Device, PowerDeviceD0);
    HalpSetCommand(Device, 0);
    for (ULONG i = 0; Partial != NULL && i < Partial->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *Raw = &Partial->PartialDescriptors[i];

        if (Raw->Type == CmResourceTypeInterrupt)
            HalpTakeInterrupt(Device, Raw);
        if (Raw->Type != CmResourceTypeMemory && Raw->Type != CmResourceTypeMemoryLarge &&
            Raw->Type != CmResourceTypePort)
            continue;
        Region = HalpNextRegion(Device, Region);
        if (Region == HAL_DEVICE_REGIONS)
            return STATUS_DEVICE_CONFIGURATION_ERROR;
        HalpSetRegion(Device, Region++, (ULONG64)Raw->u.Memory.Start.QuadPart);
    }
    if (HalpNextRegion(Device, Region) != HAL_DEVICE_REGIONS)
        return STATUS_DEVICE_CONFIGURATION_ERROR; /* fewer resources than it needs */
    HalpSetCommand(Device, PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    Device->Started = TRUE;
    return STATUS_SUCCESS;
}

VOID HalpStopDevice(HALP_DEVICE *Device)
{
    if (!Device->Started)
        return;
    HalpSetMessages(Device, 0, 0);
    HalpSetCommand(Device, 0);
    Device->HasInterrupt = FALSE;
    Device->Started = FALSE;
}
