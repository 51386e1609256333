/*
 * Devices that are plugged in while the machine runs, and that go and come again: each time the bus
 * driver reports another device, which starts when the old one is gone, and is as new. Calls:
 * IoInvalidateDeviceRelations, by the bus driver.
 */
#include <ntddk.h>

#include <initguid.h>
#include <wdmguid.h>

#include "tap.h"

#include "../../devices/timer/timer_registers.h"

enum { LATE = 2, TWICE, UNSEEN, OPEN, SLOTS };

typedef struct _DEVICE {
    PDEVICE_OBJECT Self, Pdo, Lower;
    PUCHAR Registers;
    BUS_INTERFACE_STANDARD Bus;
    ULONG Slot;
} DEVICE;

static struct {
    ULONG Added, Started, Surprised, Removed;
    DEVICE *Device; /* the one that was started last */
} Slot[SLOTS];

static PVOID Worker;

/* ---- what the device says ---- */

static ULONG get(DEVICE *Device, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Device->Registers + Offset));
}

static ULONG identity(DEVICE *Device)
{
    ULONG Id = 0;

    Device->Bus.GetBusData(Device->Bus.Context, PCI_WHICHSPACE_CONFIG, &Id, 0, sizeof(Id));
    return Id;
}

static VOID ask_interface(DEVICE *Device)
{
    IO_STATUS_BLOCK Iosb;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Device->Lower, NULL, 0, NULL, &Event, &Iosb);
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    Stack->Parameters.QueryInterface.Size = sizeof(Device->Bus);
    Stack->Parameters.QueryInterface.Version = 1;
    Stack->Parameters.QueryInterface.Interface = (PINTERFACE)&Device->Bus;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (IoCallDriver(Device->Lower, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    is_status(Iosb.Status, STATUS_SUCCESS, "slot %lu: its bus interface", Device->Slot);
}

/* ---- the story ---- */

static VOID wait_until(ULONG Ms)
{
    LARGE_INTEGER Pause;

    Pause.QuadPart = (LONGLONG)KeQueryInterruptTime() - Ms * 10000ll;
    if (Pause.QuadPart < 0)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
}

static VOID counts(ULONG Which, ULONG Started, ULONG Surprised, ULONG Removed, const char *When)
{
    is_ulong(Slot[Which].Added, Started, "slot %lu: AddDevice %s", Which, When);
    is_ulong(Slot[Which].Started, Started, "slot %lu: started %s", Which, When);
    is_ulong(Slot[Which].Surprised, Surprised, "slot %lu: surprised %s", Which, When);
    is_ulong(Slot[Which].Removed, Removed, "slot %lu: removed %s", Which, When);
}

static VOID late(VOID)
{
    USHORT Vendor = 0;

    counts(LATE, 0, 0, 0, "before it comes");
    HalGetBusDataByOffset(PCIConfiguration, 0, LATE, &Vendor, 0, sizeof(Vendor));
    is_hex(Vendor, PCI_INVALID_VENDORID, "its slot is empty");
    wait_until(110);
    counts(LATE, 1, 0, 0, "when it has come");
    HalGetBusDataByOffset(PCIConfiguration, 0, LATE, &Vendor, 0, sizeof(Vendor));
    is_hex(Vendor, TIMER_VENDOR_ID, "its slot is full");
}

static VOID twice(VOID)
{
    WRITE_REGISTER_ULONG((PULONG)(Slot[TWICE].Device->Registers + TIMER_SCRATCH), 0x12345678);
    is_hex(get(Slot[TWICE].Device, TIMER_SCRATCH), 0x12345678, "the first holds what is written");
    wait_until(210);
    counts(TWICE, 1, 1, 1, "when it has gone");
    wait_until(310);
    counts(TWICE, 2, 1, 1, "when it is back");
    is_hex(get(Slot[TWICE].Device, TIMER_SCRATCH), 0, "the second is as new");
}

/* Both changes come while nothing else can run. */
static VOID unseen(VOID)
{
    KIRQL Irql;

    wait_until(399);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeStallExecutionProcessor(3000);
    is_ulong(Slot[UNSEEN].Surprised, 0, "nobody has seen it go");
    KeLowerIrql(Irql);
    wait_until(410);
    counts(UNSEEN, 2, 1, 1, "when both are seen");
    is_hex(identity(Slot[UNSEEN].Device), TIMER_VENDOR_ID | TIMER_DEVICE_ID << 16, "the new one");
}

static VOID open(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\HalPlug");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwOpenFile(&Handle, FILE_READ_DATA, &Attributes, &Iosb, 0, 0), STATUS_SUCCESS,
              "opened");
    wait_until(510);
    counts(OPEN, 1, 1, 0, "when it has gone, but is open");
    wait_until(530);
    counts(OPEN, 1, 1, 0, "when another is there, but the old one is open");
    ZwClose(Handle);
    wait_until(540);
    counts(OPEN, 2, 1, 1, "when the old one is closed");
    is_hex(get(Slot[OPEN].Device, TIMER_ID), TIMER_ID_VALUE, "the new one works");
}

static VOID NTAPI story(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    wait_until(50); /* all drivers are loaded */
    late();
    twice();
    unseen();
    open();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- the driver ---- */

static VOID started(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;

    for (ULONG i = 0; i < List->Count; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Device->Registers =
                MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start,
                             List->PartialDescriptors[i].u.Memory.Length, MmNonCached);
    is_hex(get(Device, TIMER_ID), TIMER_ID_VALUE, "slot %lu: its registers", Device->Slot);
    ask_interface(Device);
    Slot[Device->Slot].Started++;
    Slot[Device->Slot].Device = Device;
}

static VOID surprised(DEVICE *Device)
{
    Slot[Device->Slot].Surprised++;
    is_hex(identity(Device), MAXULONG, "slot %lu: the one that has gone is not there",
           Device->Slot);
}

static NTSTATUS removed(DEVICE *Device, PIRP Irp)
{
    PDEVICE_OBJECT Lower = Device->Lower;
    NTSTATUS Status;

    Slot[Device->Slot].Removed++;
    MmUnmapIoSpace(Device->Registers, 4096);
    Device->Bus.InterfaceDereference(Device->Bus.Context);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    IoDetachDevice(Lower);
    IoDeleteDevice(Device->Self);
    return Status;
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
    case IRP_MN_SURPRISE_REMOVAL:
        surprised(Device);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE: return removed(Device, Irp);
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

static NTSTATUS NTAPI open_close(PDEVICE_OBJECT Object, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Object);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\HalPlug");
    ULONG Address = 0, Length = 0;
    PDEVICE_OBJECT Object;
    DEVICE *Device;
    NTSTATUS Status =
        IoGetDeviceProperty(Pdo, DevicePropertyAddress, sizeof(Address), &Address, &Length);

    if (NT_SUCCESS(Status) && (Address >> 16 < LATE || Address >> 16 >= SLOTS))
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status)) /* the first one in its slot has a name */
        Status = IoCreateDevice(Driver, sizeof(DEVICE),
                                Address >> 16 == OPEN && Slot[OPEN].Added == 0 ? &Name : NULL,
                                FILE_DEVICE_UNKNOWN, 0, FALSE, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Device = Object->DeviceExtension;
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Self = Object;
    Device->Pdo = Pdo;
    Device->Slot = Address >> 16;
    Device->Lower = IoAttachDeviceToDeviceStack(Object, Pdo);
    Object->Flags &= ~DO_DEVICE_INITIALIZING;
    Slot[Device->Slot].Added++;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    KeWaitForSingleObject(Worker, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Worker);
    is_ptr(Driver->DeviceObject, NULL, "nothing of it is left");
    for (ULONG i = LATE; i < SLOTS; i++)
        is_ulong(Slot[i].Removed, Slot[i].Added, "slot %lu: each that came has gone", i);
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Thread;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_CREATE] = open_close;
    Driver->MajorFunction[IRP_MJ_CLOSE] = open_close;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = open_close;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = power;
    is_status(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, story, NULL),
              STATUS_SUCCESS, "the story begins");
    ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Worker, NULL);
    ZwClose(Thread);
    return STATUS_SUCCESS;
}
