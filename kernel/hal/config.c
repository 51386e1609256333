/*
 * Configuration space of the PCI devices of the machine, each function 0 of its slot on its bus.
 * The bus data routines answer for an empty slot as NT does. [doc: HalGetBusDataByOffset: 2 bytes,
 * PCI_INVALID_VENDORID]
 */
#include "halp.h"

VOID HalpQueryDevice(ULONG Index, HAL_DEVICE_INFO *Info)
{
    DD_ASSERT(HAL->device(HAL_DEVICE_QUERY, Index, (ULONG64)Info) == HAL_OK);
}

/* The widest access that the place and the rest allow. */
static ULONG HalpWidth(ULONG Offset, ULONG Length)
{
    return Offset % 4 == 0 && Length >= 4 ? 4 : Offset % 2 == 0 && Length >= 2 ? 2 : 1;
}

static ULONG HalpAccessConfig(ULONG Index, PVOID Buffer, ULONG Offset, ULONG Length,
                              ULONG Operation)
{
    ULONG Done = 0;

    if (Offset >= sizeof(PCI_COMMON_CONFIG))
        return 0;
    Length = min(Length, sizeof(PCI_COMMON_CONFIG) - Offset);
    while (Done < Length) {
        HAL_DEVICE_CONFIG Access = {.offset = Offset + Done,
                                    .width = HalpWidth(Offset + Done, Length - Done)};

        if (Operation == HAL_DEVICE_CONFIG_WRITE)
            RtlCopyMemory(&Access.value, (PUCHAR)Buffer + Done, Access.width);
        DD_ASSERT(HAL->device(Operation, Index, (ULONG64)&Access) == HAL_OK);
        if (Operation == HAL_DEVICE_CONFIG_READ)
            RtlCopyMemory((PUCHAR)Buffer + Done, &Access.value, Access.width);
        Done += Access.width;
    }
    return Length;
}

ULONG HalpReadConfig(ULONG Index, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpAccessConfig(Index, Buffer, Offset, Length, HAL_DEVICE_CONFIG_READ);
}

ULONG HalpWriteConfig(ULONG Index, PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpAccessConfig(Index, Buffer, Offset, Length, HAL_DEVICE_CONFIG_WRITE);
}

/* ---- bus data ---- */

/* The PCI device in the slot; MAXULONG: the slot is empty. */
static ULONG HalpFindSlot(ULONG BusNumber, ULONG SlotNumber)
{
    PCI_SLOT_NUMBER Slot = {.u.AsULONG = SlotNumber};
    HAL_DEVICE_INFO Info;

    for (ULONG i = 0; i < KiLoaderBlock->device_count && Slot.u.bits.FunctionNumber == 0; i++) {
        HalpQueryDevice(i, &Info);
        if (Info.bus == HAL_BUS_PCI && Info.bus_number == BusNumber && Info.present &&
            Info.slot == Slot.u.bits.DeviceNumber)
            return i;
    }
    return MAXULONG;
}

BOOLEAN HalpHasBus(ULONG BusNumber)
{
    HAL_DEVICE_INFO Info;

    for (ULONG i = 0; i < KiLoaderBlock->device_count && BusNumber != 0; i++) {
        HalpQueryDevice(i, &Info);
        if (Info.present && Info.secondary_bus == BusNumber)
            return TRUE;
    }
    return BusNumber == 0;
}

static ULONG HalpReadBus(BUS_DATA_TYPE Type, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                         ULONG Offset, ULONG Length)
{
    ULONG Index;

    if (Type != PCIConfiguration || !HalpHasBus(BusNumber))
        return 0;
    Index = HalpFindSlot(BusNumber, SlotNumber);
    if (Index != MAXULONG)
        return HalpReadConfig(Index, Buffer, Offset, Length);
    if (Offset == 0 && Length >= sizeof(USHORT))
        *(USHORT *)Buffer = PCI_INVALID_VENDORID;
    return Length < 2 ? Length : 2;
}

static ULONG HalpWriteBus(BUS_DATA_TYPE Type, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                          ULONG Offset, ULONG Length)
{
    ULONG Index = Type == PCIConfiguration ? HalpFindSlot(BusNumber, SlotNumber) : MAXULONG;

    return Index == MAXULONG ? 0 : HalpWriteConfig(Index, Buffer, Offset, Length);
}

NT_EXPORT(HalGetBusData);
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                          PVOID Buffer, ULONG Length)
{
    return HalpReadBus(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

NT_EXPORT(HalGetBusDataByOffset);
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                                  PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpReadBus(BusDataType, BusNumber, SlotNumber, Buffer, Offset, Length);
}

NT_EXPORT(HalSetBusData);
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                          PVOID Buffer, ULONG Length)
{
    return HalpWriteBus(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

NT_EXPORT(HalSetBusDataByOffset);
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                                  PVOID Buffer, ULONG Offset, ULONG Length)
{
    return HalpWriteBus(BusDataType, BusNumber, SlotNumber, Buffer, Offset, Length);
}

/* The usual kinds of buses map one to one, as on every PC. */
NT_EXPORT(HalTranslateBusAddress);
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                     PHYSICAL_ADDRESS BusAddress, PULONG AddressSpace,
                                     PPHYSICAL_ADDRESS TranslatedAddress)
{
    UNREFERENCED_PARAMETER(AddressSpace);
    if (!HalpHasBus(BusNumber) ||
        (InterfaceType != Isa && InterfaceType != PCIBus && InterfaceType != Internal)) {
        TranslatedAddress->QuadPart = 0;
        return FALSE;
    }
    *TranslatedAddress = BusAddress;
    return TRUE;
}
