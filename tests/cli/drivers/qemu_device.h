/*
 * A WDM function driver around one PCI device, of which the including file gives the part that
 * knows the device: qemu_claim and qemu_test. Regions are found by base address register, as
 * drivers do whose device tells where its registers are; interrupts are messages where the system
 * gives them. The test runs when the device is started, and prints TAP.
 */
#pragma once

#include <ntddk.h>

#include "../../kernel/tap.h"

#define QEMU_TAG 'umeQ'
#define QEMU_BARS 6
#define QEMU_MESSAGES 32
#define QEMU_WAIT_100NS (-50000000ll) /* so long no device takes: it has not come */

typedef struct _QDEV {
    PDEVICE_OBJECT Self, Pdo, Lower;
    BUS_INTERFACE_STANDARD Bus;
    struct {
        PUCHAR Address; /* mapped, or a port */
        ULONG Bytes;
        BOOLEAN IsPort;
    } Bar[QEMU_BARS];
    PDMA_ADAPTER Adapter;
    PUCHAR Buffer; /* QEMU_BUFFER_BYTES, common */
    PHYSICAL_ADDRESS BufferAddress;
    PIO_INTERRUPT_MESSAGE_INFO Table; /* NULL: line */
    PKINTERRUPT Interrupt;
    volatile LONG Messages[QEMU_MESSAGES]; /* that came */
    volatile LONG Lines, Spurious;
    volatile ULONG Bits; /* for qemu_claim */
    KDPC Dpc;
    KEVENT Event;
} QDEV;

#define QEMU_BUFFER_BYTES (16 * PAGE_SIZE)

/* DIRQL. Whether the device interrupts; it does no longer afterwards. Message: QEMU_MESSAGES for
 * its line. */
static BOOLEAN qemu_claim(QDEV *Device, ULONG Message);
static VOID qemu_test(QDEV *Device);

/* ---- configuration space, buffer ---- */

static TAP_UNUSED ULONG qemu_config(QDEV *Device, ULONG Offset, ULONG Bytes)
{
    ULONG Value = 0;

    Device->Bus.GetBusData(Device->Bus.Context, PCI_WHICHSPACE_CONFIG, &Value, Offset, Bytes);
    return Value;
}

/* The next capability of that kind after Offset, 0: from the start. 0 without one. */
static TAP_UNUSED ULONG qemu_capability(QDEV *Device, ULONG Id, ULONG After)
{
    ULONG At = qemu_config(Device, After != 0 ? After + 1 : 0x34, 1) & ~3u;

    for (ULONG i = 0; i < 48 && At != 0; i++) {
        if (qemu_config(Device, At, 1) == Id)
            return At;
        At = qemu_config(Device, At + 1, 1) & ~3u;
    }
    return 0;
}

static TAP_UNUSED ULONG64 qemu_physical(QDEV *Device, ULONG Offset)
{
    return (ULONG64)Device->BufferAddress.QuadPart + Offset;
}

static TAP_UNUSED ULONG qemu_get(QDEV *Device, ULONG Bar, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Device->Bar[Bar].Address + Offset));
}

static TAP_UNUSED VOID qemu_put(QDEV *Device, ULONG Bar, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Device->Bar[Bar].Address + Offset), Value);
}

/* ---- interrupts ---- */

static VOID NTAPI qemu_dpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&((QDEV *)Context)->Event, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN NTAPI qemu_message_isr(PKINTERRUPT Interrupt, PVOID Context, ULONG Message)
{
    QDEV *Device = Context;
    BOOLEAN Claimed;

    UNREFERENCED_PARAMETER(Interrupt);
    if (Message < QEMU_MESSAGES)
        InterlockedIncrement(&Device->Messages[Message]);
    Claimed = qemu_claim(Device, Message);
    if (!Claimed)
        Device->Spurious++;
    KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
    return Claimed;
}

static BOOLEAN NTAPI qemu_line_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    QDEV *Device = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    if (!qemu_claim(Device, QEMU_MESSAGES))
        return FALSE;
    Device->Lines++;
    KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
    return TRUE;
}

/* Waits for an interrupt: STATUS_TIMEOUT when none comes. */
static TAP_UNUSED NTSTATUS qemu_wait(QDEV *Device)
{
    LARGE_INTEGER Timeout;

    Timeout.QuadPart = QEMU_WAIT_100NS;
    return KeWaitForSingleObject(&Device->Event, Executive, KernelMode, FALSE, &Timeout);
}

static NTSTATUS qemu_connect(QDEV *Device)
{
    IO_CONNECT_INTERRUPT_PARAMETERS Connect = {.Version = CONNECT_MESSAGE_BASED};
    PVOID Result = NULL;
    NTSTATUS Status;

    Connect.MessageBased.PhysicalDeviceObject = Device->Pdo;
    Connect.MessageBased.ConnectionContext.Generic = &Result;
    Connect.MessageBased.MessageServiceRoutine = qemu_message_isr;
    Connect.MessageBased.ServiceContext = Device;
    Connect.MessageBased.FallBackServiceRoutine = qemu_line_isr;
    Status = IoConnectInterruptEx(&Connect);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Connect.Version == CONNECT_MESSAGE_BASED)
        Device->Table = Result;
    else
        Device->Interrupt = Result;
    return STATUS_SUCCESS;
}

static VOID qemu_disconnect(QDEV *Device)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS Disconnect = {
        .Version = Device->Table != NULL ? CONNECT_MESSAGE_BASED : CONNECT_LINE_BASED};

    if (Device->Table != NULL)
        Disconnect.ConnectionContext.InterruptMessageTable = Device->Table;
    else
        Disconnect.ConnectionContext.InterruptObject = Device->Interrupt;
    IoDisconnectInterruptEx(&Disconnect);
    Device->Table = NULL;
    Device->Interrupt = NULL;
    KeFlushQueuedDpcs();
}

/* ---- resources ---- */

/* The register that holds the address; QEMU_BARS: none. */
static ULONG qemu_bar_of(QDEV *Device, ULONG64 Address, BOOLEAN IsPort)
{
    for (ULONG i = 0; i < QEMU_BARS; i++) {
        ULONG Low = qemu_config(Device, 0x10 + 4 * i, 4);
        ULONG64 Base = Low & (IsPort ? ~3u : ~15u);

        if ((BOOLEAN)(Low & 1) != IsPort || Low == 0)
            continue;
        if (!IsPort && (Low & 6) == 4)
            Base |= (ULONG64)qemu_config(Device, 0x14 + 4 * i, 4) << 32;
        if (Base == Address)
            return i;
        if (!IsPort && (Low & 6) == 4)
            i++;
    }
    return QEMU_BARS;
}

static VOID qemu_map(QDEV *Device, PCM_RESOURCE_LIST Translated)
{
    PCM_PARTIAL_RESOURCE_LIST List = &Translated->List[0].PartialResourceList;

    for (ULONG i = 0; i < List->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR At = &List->PartialDescriptors[i];
        BOOLEAN IsPort = At->Type == CmResourceTypePort;
        ULONG Bar;

        if (!IsPort && At->Type != CmResourceTypeMemory)
            continue;
        Bar = qemu_bar_of(Device, (ULONG64)At->u.Generic.Start.QuadPart, IsPort);
        if (!ok(Bar < QEMU_BARS, "a base address register has the address 0x%I64x",
                At->u.Generic.Start.QuadPart))
            continue;
        Device->Bar[Bar].IsPort = IsPort;
        Device->Bar[Bar].Bytes = At->u.Generic.Length;
        Device->Bar[Bar].Address =
            IsPort ? (PUCHAR)(ULONG_PTR)At->u.Generic.Start.QuadPart
                   : MmMapIoSpace(At->u.Generic.Start, At->u.Generic.Length, MmNonCached);
    }
}

static BOOLEAN qemu_get_bus(QDEV *Device)
{
    IO_STATUS_BLOCK Block;
    KEVENT Event;
    PIRP Irp;
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Device->Lower, NULL, 0, NULL, &Event, &Block);
    if (Irp == NULL)
        return FALSE;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    Stack->Parameters.QueryInterface.Size = sizeof(Device->Bus);
    Stack->Parameters.QueryInterface.Version = 1;
    Stack->Parameters.QueryInterface.Interface = (PINTERFACE)&Device->Bus;
    Status = IoCallDriver(Device->Lower, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Block.Status;
    }
    return NT_SUCCESS(Status);
}

static BOOLEAN qemu_get_buffer(QDEV *Device)
{
    DEVICE_DESCRIPTION Description = {.Version = DEVICE_DESCRIPTION_VERSION,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .Dma32BitAddresses = TRUE,
                                      .InterfaceType = PCIBus,
                                      .MaximumLength = QEMU_BUFFER_BYTES};
    ULONG Registers;

    Device->Adapter = IoGetDmaAdapter(Device->Pdo, &Description, &Registers);
    if (Device->Adapter == NULL)
        return FALSE;
    Device->Buffer = Device->Adapter->DmaOperations->AllocateCommonBuffer(
        Device->Adapter, QEMU_BUFFER_BYTES, &Device->BufferAddress, TRUE);
    if (Device->Buffer == NULL)
        return FALSE;
    RtlZeroMemory(Device->Buffer, QEMU_BUFFER_BYTES);
    return TRUE;
}

/* ---- start and end ---- */

static VOID qemu_stop(QDEV *Device)
{
    if (Device->Table != NULL || Device->Interrupt != NULL)
        qemu_disconnect(Device);
    for (ULONG i = 0; i < QEMU_BARS; i++) {
        if (Device->Bar[i].Address != NULL && !Device->Bar[i].IsPort)
            MmUnmapIoSpace(Device->Bar[i].Address, Device->Bar[i].Bytes);
        Device->Bar[i].Address = NULL;
    }
    if (Device->Buffer != NULL)
        Device->Adapter->DmaOperations->FreeCommonBuffer(
            Device->Adapter, QEMU_BUFFER_BYTES, Device->BufferAddress, Device->Buffer, TRUE);
    Device->Buffer = NULL;
    if (Device->Adapter != NULL)
        Device->Adapter->DmaOperations->PutDmaAdapter(Device->Adapter);
    Device->Adapter = NULL;
    if (Device->Bus.InterfaceDereference != NULL)
        Device->Bus.InterfaceDereference(Device->Bus.Context);
    Device->Bus.InterfaceDereference = NULL;
}

static NTSTATUS qemu_start(QDEV *Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PCM_RESOURCE_LIST Translated = Stack->Parameters.StartDevice.AllocatedResourcesTranslated;

    if (!IoForwardIrpSynchronously(Device->Lower, Irp) || !NT_SUCCESS(Irp->IoStatus.Status))
        return Irp->IoStatus.Status;
    KeInitializeDpc(&Device->Dpc, qemu_dpc, Device);
    KeInitializeEvent(&Device->Event, SynchronizationEvent, FALSE);
    if (!ok(qemu_get_bus(Device), "its bus has the standard interface"))
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    qemu_map(Device, Translated);
    if (ok(qemu_get_buffer(Device), "a common buffer") &&
        is_status(qemu_connect(Device), STATUS_SUCCESS, "its interrupts are connected")) {
        diag("interrupts by %s", Device->Table != NULL ? "message" : "line");
        qemu_test(Device);
        is_long(Device->Spurious, 0, "no message came without a cause");
    }
    done();
    return STATUS_SUCCESS;
}

static NTSTATUS qemu_complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI qemu_pnp(PDEVICE_OBJECT Self, PIRP Irp)
{
    QDEV *Device = Self->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_OBJECT Lower = Device->Lower;
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return qemu_complete(Irp, qemu_start(Device, Irp, Stack));
    case IRP_MN_SURPRISE_REMOVAL: diag("surprise removal"); qemu_stop(Device); break;
    case IRP_MN_STOP_DEVICE: qemu_stop(Device); break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: break;
    case IRP_MN_REMOVE_DEVICE:
        qemu_stop(Device);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Lower, Irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(Self);
        return Status;
    default: IoSkipCurrentIrpStackLocation(Irp); return IoCallDriver(Lower, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI qemu_power(PDEVICE_OBJECT Self, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((QDEV *)Self->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI qemu_add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Self;
    QDEV *Device;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(QDEV), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Self);

    if (!NT_SUCCESS(Status))
        return Status;
    Device = Self->DeviceExtension;
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Self = Self;
    Device->Pdo = Pdo;
    Device->Lower = IoAttachDeviceToDeviceStack(Self, Pdo);
    if (Device->Lower == NULL) {
        IoDeleteDevice(Self);
        return STATUS_NO_SUCH_DEVICE;
    }
    Self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverExtension->AddDevice = qemu_add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = qemu_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = qemu_power;
    return STATUS_SUCCESS;
}
