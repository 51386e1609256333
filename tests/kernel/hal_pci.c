/*
 * Simulated devices as a Plug and Play driver gets them: resources from IRP_MN_START_DEVICE,
 * interrupts by line and by message, configuration space by request and by interface. Calls:
 * IoConnectInterruptEx by device, IoDisconnectInterruptEx.
 */
#include "timer_device.h"

#include <initguid.h>
#include <wdmguid.h>

typedef struct _DEVICE {
    PDEVICE_OBJECT Self, Pdo, Lower;
    const char *Name;
    PUCHAR Registers;
    ULONG Port, Lines, Messages;                            /* of the resources */
    CM_PARTIAL_RESOURCE_DESCRIPTOR RawInterrupt, Interrupt; /* as assigned; translated */
    IO_DISCONNECT_INTERRUPT_PARAMETERS Connection;
    ULONG Calls, MessageMask;
    KIRQL Irql;
} DEVICE;

static ULONG Started;

/* ---- requests ---- */

static NTSTATUS ask(DEVICE *Device, UCHAR Minor, PIO_STACK_LOCATION Parameters,
                    PULONG_PTR Information)
{
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Device->Lower, NULL, 0, NULL, &Event, &Iosb);
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = Minor;
    Stack->Parameters = Parameters->Parameters;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Status = IoCallDriver(Device->Lower, Irp);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    if (Information != NULL)
        *Information = Iosb.Information;
    return Iosb.Status;
}

static VOID bus_interface(DEVICE *Device)
{
    BUS_INTERFACE_STANDARD Bus;
    IO_STACK_LOCATION Stack;
    ULONG Id = 0;

    tap_fill(&Bus);
    RtlZeroMemory(&Stack, sizeof(Stack));
    Stack.Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    Stack.Parameters.QueryInterface.Size = sizeof(Bus);
    Stack.Parameters.QueryInterface.Version = 1;
    Stack.Parameters.QueryInterface.Interface = (PINTERFACE)&Bus;
    is_status(ask(Device, IRP_MN_QUERY_INTERFACE, &Stack, NULL), STATUS_SUCCESS,
              "%s: the bus interface", Device->Name);
    is_ulong(Bus.GetBusData(Bus.Context, PCI_WHICHSPACE_CONFIG, &Id, 0, 4), 4, "%s: reads",
             Device->Name);
    is_hex(Id, TIMER_VENDOR_ID | TIMER_DEVICE_ID << 16, "%s: its identity", Device->Name);
    is_ulong(Bus.GetBusData(Bus.Context, PCI_WHICHSPACE_ROM, &Id, 0, 4), 0, "%s: it has no ROM",
             Device->Name);
    Bus.InterfaceDereference(Bus.Context);
    RtlZeroMemory(&Stack, sizeof(Stack));
    Id = 0;
    Stack.Parameters.ReadWriteConfig.WhichSpace = PCI_WHICHSPACE_CONFIG;
    Stack.Parameters.ReadWriteConfig.Buffer = &Id;
    Stack.Parameters.ReadWriteConfig.Offset = 8;
    Stack.Parameters.ReadWriteConfig.Length = 4;
    is_status(ask(Device, IRP_MN_READ_CONFIG, &Stack, NULL), STATUS_SUCCESS,
              "%s: IRP_MN_READ_CONFIG", Device->Name);
    is_hex(Id, 0x08020001, "%s: class and revision", Device->Name);
    Id = 0x5A;
    Stack.Parameters.ReadWriteConfig.Offset = FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine);
    Stack.Parameters.ReadWriteConfig.Length = 1;
    is_status(ask(Device, IRP_MN_WRITE_CONFIG, &Stack, NULL), STATUS_SUCCESS, "%s: IRP_MN_WRITE_CONFIG", Device->Name);
    Id = 0;
    ask(Device, IRP_MN_READ_CONFIG, &Stack, NULL);
    is_hex(Id, 0x5A, "%s: a register that is there for software to write", Device->Name);
}

static VOID bus_information(DEVICE *Device, const GUID *Type, INTERFACE_TYPE Legacy)
{
    IO_STACK_LOCATION Stack;
    ULONG_PTR Information = 0;
    PPNP_BUS_INFORMATION Bus;

    RtlZeroMemory(&Stack, sizeof(Stack));
    is_status(ask(Device, IRP_MN_QUERY_BUS_INFORMATION, &Stack, &Information), STATUS_SUCCESS,
              "%s: bus information", Device->Name);
    Bus = (PPNP_BUS_INFORMATION)Information;
    ok(IsEqualGUID(&Bus->BusTypeGuid, Type), "%s: the bus's type", Device->Name);
    is_ulong(Bus->LegacyBusType, Legacy, "%s: and as it was called once", Device->Name);
    ExFreePool(Bus);
}

/* ---- interrupts ---- */

static VOID set(DEVICE *Device, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Device->Registers + Offset), Value);
}

static BOOLEAN NTAPI message_isr(PKINTERRUPT Interrupt, PVOID Context, ULONG Message)
{
    DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    Device->Calls++;
    Device->MessageMask |= 1u << Message;
    Device->Irql = KeGetCurrentIrql();
    set(Device, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    return TRUE;
}

static BOOLEAN NTAPI line_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    Device->Calls++;
    Device->Irql = KeGetCurrentIrql();
    if (!(READ_REGISTER_ULONG((PULONG)(Device->Registers + TIMER_STATUS)) & TIMER_STATUS_EXPIRED))
        return FALSE;
    set(Device, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    return TRUE;
}

static NTSTATUS connect_line(DEVICE *Device)
{
    IO_CONNECT_INTERRUPT_PARAMETERS P;
    NTSTATUS Status;

    RtlZeroMemory(&P, sizeof(P));
    P.Version = CONNECT_LINE_BASED;
    P.LineBased.PhysicalDeviceObject = Device->Pdo;
    P.LineBased.InterruptObject = &Device->Connection.ConnectionContext.InterruptObject;
    P.LineBased.ServiceRoutine = line_isr;
    P.LineBased.ServiceContext = Device;
    Status = IoConnectInterruptEx(&P);
    Device->Connection.Version = P.Version;
    return Status;
}

static NTSTATUS connect_messages(DEVICE *Device, PKSERVICE_ROUTINE FallBack)
{
    IO_CONNECT_INTERRUPT_PARAMETERS P;
    NTSTATUS Status;

    RtlZeroMemory(&P, sizeof(P));
    P.Version = CONNECT_MESSAGE_BASED;
    P.MessageBased.PhysicalDeviceObject = Device->Pdo;
    P.MessageBased.ConnectionContext.Generic = &Device->Connection.ConnectionContext.Generic;
    P.MessageBased.MessageServiceRoutine = message_isr;
    P.MessageBased.ServiceContext = Device;
    P.MessageBased.FallBackServiceRoutine = FallBack;
    Status = IoConnectInterruptEx(&P);
    Device->Connection.Version = P.Version;
    return Status;
}

static VOID line_device(DEVICE *Device)
{
    is_ulong(Device->Lines, 1, "%s: one line", Device->Name);
    is_ulong(Device->Messages, 0, "%s: no messages", Device->Name);
    is_ulong(Device->Interrupt.ShareDisposition, CmResourceShareShared, "%s: it is shared",
             Device->Name);
    is_ulong(Device->Interrupt.u.Interrupt.Level, Device->Interrupt.u.Interrupt.Vector >> 4,
             "%s: vector and IRQL", Device->Name);
    is_status(connect_messages(Device, NULL), STATUS_NOT_FOUND, "%s: no messages to connect",
              Device->Name);
    is_status(connect_messages(Device, line_isr), STATUS_SUCCESS, "%s: falls back to its line",
              Device->Name);
    is_ulong(Device->Connection.Version, CONNECT_LINE_BASED, "%s: and says so", Device->Name);
    set(Device, TIMER_RAISE, 0);
    is_ulong(Device->Calls, 1, "%s: interrupts", Device->Name);
    is_ulong(Device->Irql, Device->Interrupt.u.Interrupt.Level, "%s: at the level of its resources",
             Device->Name);
}

static VOID message_device(DEVICE *Device, ULONG Count)
{
    PIO_INTERRUPT_MESSAGE_INFO Table;
    USHORT Control = 0;
    UCHAR Id = 0;

    is_ulong(Device->Lines, 0, "%s: no line", Device->Name);
    is_ulong(Device->RawInterrupt.u.MessageInterrupt.Raw.MessageCount, Count,
             "%s: all its messages", Device->Name);
    is_status(connect_line(Device), STATUS_INVALID_DEVICE_REQUEST,
              "%s: several messages are no line", Device->Name);
    is_status(connect_messages(Device, line_isr), STATUS_SUCCESS, "%s: connected", Device->Name);
    is_ulong(Device->Connection.Version, CONNECT_MESSAGE_BASED, "%s: by messages", Device->Name);
    Table = Device->Connection.ConnectionContext.InterruptMessageTable;
    is_ulong(Table->MessageCount, Count, "%s: a table of them", Device->Name);
    is_ulong(Table->MessageInfo[0].Vector, Device->Interrupt.u.MessageInterrupt.Translated.Vector,
             "%s: the first vector", Device->Name);
    ok(Table->MessageInfo[1].InterruptObject != NULL && Table->MessageInfo[1].Mode == Latched,
       "%s: each is latched", Device->Name);
    for (ULONG i = 0; i < Count; i++)
        set(Device, TIMER_RAISE, i);
    is_ulong(Device->Calls, Count, "%s: each message calls", Device->Name);
    is_hex(Device->MessageMask, (1u << Count) - 1, "%s: with its number", Device->Name);
    is_ulong(Device->Irql, Table->UnifiedIrql, "%s: at the unified IRQL", Device->Name);
    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT + Started - 1, &Id, 0x40, 1);
    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT + Started - 1, &Control, 0x42, 2);
    ok(Id == 0x05 ? (Control & 1) != 0 : Id == 0x11 && (Control & 0x8000) != 0,
       "%s: its capability is switched on", Device->Name);
}

static VOID latched_device(DEVICE *Device)
{
    is_ulong(Device->Interrupt.Flags, CM_RESOURCE_INTERRUPT_LATCHED, "%s: a latched line",
             Device->Name);
    is_status(connect_line(Device), STATUS_SUCCESS, "%s: connected", Device->Name);
    set(Device, TIMER_RAISE, 0);
    set(Device, TIMER_RAISE, 0);
    is_ulong(Device->Calls, 2, "%s: an edge, an interrupt", Device->Name);
}

/* ---- start ---- */

static VOID take_resources(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST Raw =
        &Stack->Parameters.StartDevice.AllocatedResources->List[0].PartialResourceList;
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;

    for (ULONG i = 0; i < List->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR D = &List->PartialDescriptors[i];

        if (D->Type == CmResourceTypeMemory)
            Device->Registers = MmMapIoSpace(D->u.Memory.Start, D->u.Memory.Length, MmNonCached);
        if (D->Type == CmResourceTypePort)
            Device->Port = D->u.Port.Start.LowPart;
        if (D->Type == CmResourceTypeInterrupt) {
            Device->Interrupt = *D;
            Device->RawInterrupt = Raw->PartialDescriptors[i];
            if (D->Flags & CM_RESOURCE_INTERRUPT_MESSAGE)
                Device->Messages++;
            else
                Device->Lines++;
        }
    }
}

static VOID started(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    static const char *const Names[] = {"line", "MSI", "MSI-X", "board"};

    Device->Name = Names[Started++ & 3];
    take_resources(Device, Stack);
    is_hex(READ_REGISTER_ULONG((PULONG)Device->Registers), TIMER_ID_VALUE, "%s: its registers",
           Device->Name);
    is_hex(READ_PORT_ULONG((PULONG)(ULONG_PTR)Device->Port), TIMER_ID_VALUE, "%s: its ports",
           Device->Name);
    set(Device, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    if (Started == 4) {
        bus_information(Device, &GUID_BUS_TYPE_INTERNAL, Internal);
        latched_device(Device);
        return;
    }
    bus_interface(Device);
    bus_information(Device, &GUID_BUS_TYPE_PCI, PCIBus);
    if (Started == 1)
        line_device(Device);
    else
        message_device(Device, Started == 2 ? 4 : 3);
}

static VOID stopped(DEVICE *Device)
{
    ULONG Calls = Device->Calls;

    IoDisconnectInterruptEx(&Device->Connection);
    set(Device, TIMER_RAISE, 0);
    is_ulong(Device->Calls, Calls, "%s: no interrupt after the disconnection", Device->Name);
    MmUnmapIoSpace(Device->Registers, 4096);
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Object, PIRP Irp)
{
    DEVICE *Device = Object->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(Device->Lower, Irp);
        Status = Irp->IoStatus.Status;
        if (NT_SUCCESS(Status))
            started(Device, Stack);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    case IRP_MN_REMOVE_DEVICE:
        stopped(Device);
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Device->Lower, Irp);
        IoDetachDevice(Device->Lower);
        IoDeleteDevice(Object);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Device->Lower, Irp);
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT Object, PIRP Irp)
{
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(((DEVICE *)Object->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Object;
    DEVICE *Device;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(DEVICE), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Device = Object->DeviceExtension;
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Self = Object;
    Device->Pdo = Pdo;
    Device->Lower = IoAttachDeviceToDeviceStack(Object, Pdo);
    Object->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    is_ulong(Started, 4, "four devices were started");
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = power;
    return STATUS_SUCCESS;
}
