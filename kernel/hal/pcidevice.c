/*
 * Requests to the physical device object of a simulated device: what a bus driver answers.
 * [doc: Handling an IRP_MN_... Request] Left out: D1 and D2, waking the system.
 */
#include "pci.h"

static const GUID HalpBusTypePci = {
    0xc8ebdfb0, 0xb510, 0x11d0, {0x80, 0xe5, 0x00, 0xa0, 0xc9, 0x25, 0x42, 0xe3}};
static const GUID HalpBusTypeInternal = {
    0x1530ea73, 0x086b, 0x11d1, {0xa0, 0x9f, 0x00, 0xc0, 0x4f, 0xc3, 0x40, 0xb1}};
static const GUID HalpBusInterface = {
    0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

static NTSTATUS HalpGive(PIRP Irp, PVOID Answer)
{
    if (Answer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->IoStatus.Information = (ULONG_PTR)Answer;
    return STATUS_SUCCESS;
}

static NTSTATUS HalpQueryId(HALP_DEVICE *Device, PIRP Irp, BUS_QUERY_ID_TYPE Type)
{
    switch (Type) {
    case BusQueryDeviceID: return HalpGive(Irp, HalpDeviceId(Device));
    case BusQueryHardwareIDs: return HalpGive(Irp, HalpHardwareIds(Device));
    case BusQueryCompatibleIDs: return HalpGive(Irp, HalpCompatibleIds(Device));
    case BusQueryInstanceID: return HalpGive(Irp, HalpInstanceId(Device));
    default: return Irp->IoStatus.Status;
    }
}

static NTSTATUS HalpQueryCapabilities(const HALP_DEVICE *Device, PDEVICE_CAPABILITIES Capabilities)
{
    if (Capabilities->Version != 1 || Capabilities->Size < sizeof(*Capabilities))
        return STATUS_UNSUCCESSFUL;
    Capabilities->UniqueID = FALSE;
    Capabilities->Removable = FALSE;
    Capabilities->SurpriseRemovalOK = FALSE;
    Capabilities->Address =
        Device->Info.bus == HAL_BUS_PCI ? Device->Info.slot << 16 : Device->Index;
    Capabilities->UINumber = MAXULONG;
    HalpTellPowerStates(Device, Capabilities);
    return STATUS_SUCCESS;
}

static NTSTATUS HalpQueryTarget(PDEVICE_OBJECT Pdo, PIRP Irp, DEVICE_RELATION_TYPE Type)
{
    PDEVICE_RELATIONS Relations;

    if (Type != TargetDeviceRelation)
        return Irp->IoStatus.Status;
    Relations = ExAllocatePoolWithTag(PagedPool, sizeof(*Relations), HALP_TAG);
    if (Relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Pdo);
    Relations->Count = 1;
    Relations->Objects[0] = Pdo;
    return HalpGive(Irp, Relations);
}

static NTSTATUS HalpQueryBus(const HALP_DEVICE *Device, PIRP Irp)
{
    PPNP_BUS_INFORMATION Bus = ExAllocatePoolWithTag(PagedPool, sizeof(*Bus), HALP_TAG);
    BOOLEAN IsPci = Device->Info.bus == HAL_BUS_PCI;

    if (Bus == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Bus->BusTypeGuid = IsPci ? HalpBusTypePci : HalpBusTypeInternal;
    Bus->LegacyBusType = IsPci ? PCIBus : Internal;
    Bus->BusNumber = Device->Info.bus_number;
    return HalpGive(Irp, Bus);
}

/* ---- configuration space ---- */

BOOLEAN HalpIsGone(const HALP_DEVICE *Device)
{
    HAL_DEVICE_INFO Info;

    HalpQueryDevice(Device->Index, &Info);
    return Info.present != Device->Info.present;
}

ULONG HalpReadDevice(const HALP_DEVICE *Device, PVOID Buffer, ULONG Offset, ULONG Length)
{
    ULONG Read = HalpReadConfig(Device->Index, Buffer, Offset, Length);

    if (HalpIsGone(Device))
        RtlFillMemory(Buffer, Read, 0xFF);
    return Read;
}

ULONG HalpWriteDevice(const HALP_DEVICE *Device, PVOID Buffer, ULONG Offset, ULONG Length)
{
    if (HalpIsGone(Device)) /* nobody is there to take it */
        return Offset < sizeof(PCI_COMMON_CONFIG) ? min(Length, sizeof(PCI_COMMON_CONFIG) - Offset)
                                                  : 0;
    return HalpWriteConfig(Device->Index, Buffer, Offset, Length);
}

static NTSTATUS HalpAccess(HALP_DEVICE *Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    BOOLEAN Write = Stack->MinorFunction == IRP_MN_WRITE_CONFIG;

    if (Device->Info.bus != HAL_BUS_PCI ||
        Stack->Parameters.ReadWriteConfig.WhichSpace != PCI_WHICHSPACE_CONFIG)
        return Device->Info.bus != HAL_BUS_PCI ? Irp->IoStatus.Status : STATUS_INVALID_PARAMETER;
    Irp->IoStatus.Information = (Write ? HalpWriteDevice : HalpReadDevice)(
        Device, Stack->Parameters.ReadWriteConfig.Buffer,
        Stack->Parameters.ReadWriteConfig.Offset, Stack->Parameters.ReadWriteConfig.Length);
    return STATUS_SUCCESS;
}

static VOID NTAPI HalpInterfaceReference(PVOID Context)
{
    ObReferenceObject(((HALP_DEVICE *)Context)->Self);
}

static VOID NTAPI HalpInterfaceDereference(PVOID Context)
{
    ObDereferenceObject(((HALP_DEVICE *)Context)->Self);
}

static ULONG NTAPI HalpInterfaceSet(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset,
                                    ULONG Length)
{
    return DataType == PCI_WHICHSPACE_CONFIG
               ? HalpWriteDevice(Context, Buffer, Offset, Length)
               : 0;
}

static ULONG NTAPI HalpInterfaceGet(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset,
                                    ULONG Length)
{
    return DataType == PCI_WHICHSPACE_CONFIG
               ? HalpReadDevice(Context, Buffer, Offset, Length)
               : 0;
}

static BOOLEAN NTAPI HalpInterfaceTranslate(PVOID Context, PHYSICAL_ADDRESS BusAddress,
                                            ULONG Length, PULONG AddressSpace,
                                            PPHYSICAL_ADDRESS Translated)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(AddressSpace);
    *Translated = BusAddress; /* one to one, as HalTranslateBusAddress */
    return TRUE;
}

static struct _DMA_ADAPTER *NTAPI HalpInterfaceAdapter(PVOID Context,
                                                       struct _DEVICE_DESCRIPTION *Description,
                                                       PULONG MapRegisters)
{
    return IoGetDmaAdapter(((HALP_DEVICE *)Context)->Self, Description, MapRegisters);
}

static NTSTATUS HalpQueryInterface(HALP_DEVICE *Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PBUS_INTERFACE_STANDARD Interface =
        (PBUS_INTERFACE_STANDARD)Stack->Parameters.QueryInterface.Interface;

    if (Device->Info.bus != HAL_BUS_PCI ||
        !IsEqualGUID(Stack->Parameters.QueryInterface.InterfaceType, &HalpBusInterface) ||
        Stack->Parameters.QueryInterface.Size < sizeof(*Interface) ||
        Stack->Parameters.QueryInterface.Version > 1)
        return Irp->IoStatus.Status;
    Interface->Size = sizeof(*Interface);
    Interface->Version = 1;
    Interface->Context = Device;
    Interface->InterfaceReference = HalpInterfaceReference;
    Interface->InterfaceDereference = HalpInterfaceDereference;
    Interface->TranslateBusAddress = HalpInterfaceTranslate;
    Interface->GetDmaAdapter = HalpInterfaceAdapter;
    Interface->SetBusData = HalpInterfaceSet;
    Interface->GetBusData = HalpInterfaceGet;
    HalpInterfaceReference(Device); /* [doc] the caller dereferences */
    return STATUS_SUCCESS;
}

/* ---- removal ---- */

/* A device that is there stays with its bus; one that is gone from its list goes for good. */
static NTSTATUS HalpRemove(HALP_DEVICE *Device)
{
    HalpEndWake(Device, STATUS_NO_SUCH_DEVICE);
    HalpStopDevice(Device);
    if (!Device->Reported)
        IoDeleteDevice(Device->Self);
    return STATUS_SUCCESS;
}

NTSTATUS HalpDevicePnp(PDEVICE_OBJECT Pdo, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    HALP_DEVICE *Device = HalpDeviceOf(Pdo);

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return HalpStartDevice(Device, Stack->Parameters.StartDevice.AllocatedResources);
    case IRP_MN_STOP_DEVICE: HalpStopDevice(Device); return STATUS_SUCCESS;
    case IRP_MN_SURPRISE_REMOVAL:
        HalpEndWake(Device, STATUS_NO_SUCH_DEVICE);
        HalpStopDevice(Device);
        return STATUS_SUCCESS;
    case IRP_MN_REMOVE_DEVICE: return HalpRemove(Device);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_DEVICE_ENUMERATED: return STATUS_SUCCESS;
    case IRP_MN_QUERY_ID: return HalpQueryId(Device, Irp, Stack->Parameters.QueryId.IdType);
    case IRP_MN_QUERY_CAPABILITIES:
        return HalpQueryCapabilities(Device, Stack->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return HalpQueryTarget(Pdo, Irp, Stack->Parameters.QueryDeviceRelations.Type);
    case IRP_MN_QUERY_DEVICE_TEXT:
        return HalpGive(Irp,
                        HalpDeviceText(Device, Stack->Parameters.QueryDeviceText.DeviceTextType));
    case IRP_MN_QUERY_RESOURCES: return HalpGive(Irp, HalpBootConfiguration(Device));
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS: return HalpGive(Irp, HalpRequirements(Device));
    case IRP_MN_QUERY_BUS_INFORMATION: return HalpQueryBus(Device, Irp);
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG: return HalpAccess(Device, Irp, Stack);
    case IRP_MN_QUERY_INTERFACE: return HalpQueryInterface(Device, Irp, Stack);
    default: return Irp->IoStatus.Status;
    }
}
