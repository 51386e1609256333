/*
 * The hardware that is not there: buses, interrupts, DMA. The routines answer as on a machine whose buses are empty.
 * [doc: HalGetBusDataByOffset, HalGetInterruptVector, HalTranslateBusAddress, IoConnectInterrupt]
 */
#include "iop.h"

/* PCI bus 0 exists and has nothing in its slots: two bytes, PCI_INVALID_VENDORID. Other buses give 0 bytes. */
static ULONG IopReadBus(BUS_DATA_TYPE BusDataType, ULONG BusNumber, PVOID Buffer, ULONG Offset, ULONG Length)
{
    if (BusDataType != PCIConfiguration || BusNumber != 0)
        return 0;
    if (Offset == 0 && Length >= sizeof(USHORT))
        *(USHORT *)Buffer = PCI_INVALID_VENDORID;
    return Length < 2 ? Length : 2;
}

NT_EXPORT(HalGetBusData);
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(SlotNumber);
    return IopReadBus(BusDataType, BusNumber, Buffer, 0, Length);
}

NT_EXPORT(HalGetBusDataByOffset);
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    UNREFERENCED_PARAMETER(SlotNumber);
    return IopReadBus(BusDataType, BusNumber, Buffer, Offset, Length);
}

NT_EXPORT(HalSetBusData);
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(BusDataType);
    UNREFERENCED_PARAMETER(BusNumber);
    UNREFERENCED_PARAMETER(SlotNumber);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    return 0; /* nothing written: no device */
}

NT_EXPORT(HalSetBusDataByOffset);
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                  ULONG Offset, ULONG Length)
{
    UNREFERENCED_PARAMETER(Offset);
    return HalSetBusData(BusDataType, BusNumber, SlotNumber, Buffer, Length);
}

/* Bus 0 of the usual kinds maps one to one, as on every PC; other buses do not exist. */
NT_EXPORT(HalTranslateBusAddress);
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE InterfaceType, ULONG BusNumber, PHYSICAL_ADDRESS BusAddress,
                                     PULONG AddressSpace, PPHYSICAL_ADDRESS TranslatedAddress)
{
    UNREFERENCED_PARAMETER(AddressSpace);
    if (BusNumber != 0 || (InterfaceType != Isa && InterfaceType != PCIBus && InterfaceType != Internal)) {
        TranslatedAddress->QuadPart = 0;
        return FALSE;
    }
    *TranslatedAddress = BusAddress;
    return TRUE;
}

NT_EXPORT(HalGetInterruptVector);
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel,
                                  ULONG BusInterruptVector, PKIRQL Irql, PKAFFINITY Affinity)
{
    UNREFERENCED_PARAMETER(InterfaceType);
    UNREFERENCED_PARAMETER(BusNumber);
    UNREFERENCED_PARAMETER(BusInterruptLevel);
    UNREFERENCED_PARAMETER(BusInterruptVector);
    *Irql = 0;
    *Affinity = 0;
    return 0; /* no such vector */
}

/* FALSE: there is no speaker. */
NT_EXPORT(HalMakeBeep);
BOOLEAN NTAPI HalMakeBeep(ULONG Frequency)
{
    UNREFERENCED_PARAMETER(Frequency);
    return FALSE;
}

/* ---- interrupts: no vector is valid ---- */

NT_PARTIAL(IoConnectInterrupt, "interrupt hardware: each vector is refused with STATUS_INVALID_PARAMETER");
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                                  PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql,
                                  KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave)
{
    UNREFERENCED_PARAMETER(ServiceRoutine);
    UNREFERENCED_PARAMETER(ServiceContext);
    UNREFERENCED_PARAMETER(SpinLock);
    UNREFERENCED_PARAMETER(Vector);
    UNREFERENCED_PARAMETER(Irql);
    UNREFERENCED_PARAMETER(SynchronizeIrql);
    UNREFERENCED_PARAMETER(InterruptMode);
    UNREFERENCED_PARAMETER(ShareVector);
    UNREFERENCED_PARAMETER(ProcessorEnableMask);
    UNREFERENCED_PARAMETER(FloatingSave);
    *InterruptObject = NULL;
    return STATUS_INVALID_PARAMETER;
}

NT_PARTIAL(IoConnectInterruptEx, "interrupt hardware: no device has an interrupt, so STATUS_NOT_FOUND");
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    if (Parameters->Version < CONNECT_FULLY_SPECIFIED || Parameters->Version > CONNECT_FULLY_SPECIFIED_GROUP)
        return STATUS_NOT_SUPPORTED;
    return STATUS_NOT_FOUND;
}

/* An interrupt object that was never connected: the driver made it up. */
static DECLSPEC_NORETURN VOID IopBadInterrupt(PVOID Interrupt)
{
    KeSetBugCheckText("IoDisconnectInterrupt(%p): no interrupt was ever connected", Interrupt);
    KeBugCheckEx(INVALID_DATA_ACCESS_TRAP, (ULONG_PTR)Interrupt, 0, 0, 0);
}

NT_PARTIAL(IoDisconnectInterrupt, "interrupt hardware: nothing can be connected");
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    IopBadInterrupt(InterruptObject);
}

NT_PARTIAL(IoDisconnectInterruptEx, "interrupt hardware: nothing can be connected");
VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    IopBadInterrupt(Parameters->ConnectionContext.Generic);
}

/* ---- DMA: no adapter. NULL is the documented failure. ---- */

NT_PARTIAL(IoGetDmaAdapter, "DMA hardware: there is no adapter");
PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_DESCRIPTION DeviceDescription,
                                   PULONG NumberOfMapRegisters)
{
    UNREFERENCED_PARAMETER(PhysicalDeviceObject);
    UNREFERENCED_PARAMETER(DeviceDescription);
    *NumberOfMapRegisters = 0;
    return NULL;
}

NT_PARTIAL(HalGetAdapter, "DMA hardware: there is no adapter");
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters);
PADAPTER_OBJECT NTAPI HalGetAdapter(PDEVICE_DESCRIPTION DeviceDescription, PULONG NumberOfMapRegisters)
{
    UNREFERENCED_PARAMETER(DeviceDescription);
    *NumberOfMapRegisters = 0;
    return NULL;
}

/* ---- what the system has of legacy devices ---- */

static CONFIGURATION_INFORMATION IopConfiguration = { .DiskCount = 1, .Version = sizeof(CONFIGURATION_INFORMATION) };

NT_EXPORT(IoGetConfigurationInformation);
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    return &IopConfiguration;
}

/* No device of the description exists. [doc: IoQueryDeviceDescription] */
NT_EXPORT(IoQueryDeviceDescription);
NTSTATUS NTAPI IoQueryDeviceDescription(PINTERFACE_TYPE BusType, PULONG BusNumber, PCONFIGURATION_TYPE ControllerType,
                                        PULONG ControllerNumber, PCONFIGURATION_TYPE PeripheralType,
                                        PULONG PeripheralNumber, PIO_QUERY_DEVICE_ROUTINE CalloutRoutine,
                                        PVOID Context)
{
    UNREFERENCED_PARAMETER(BusNumber);
    UNREFERENCED_PARAMETER(ControllerType);
    UNREFERENCED_PARAMETER(ControllerNumber);
    UNREFERENCED_PARAMETER(PeripheralType);
    UNREFERENCED_PARAMETER(PeripheralNumber);
    UNREFERENCED_PARAMETER(CalloutRoutine);
    UNREFERENCED_PARAMETER(Context);
    return BusType == NULL ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_NAME_NOT_FOUND;
}
