/*
 * A PCI device that wakes the machine from S1, S2 and S3 while it is in D1, D2 and D3: armed by
 * IRP_MN_WAIT_WAKE, it signals as its timer expires. The machine sleeps three times
 * (hal_wake_sleep.options). Calls: PoRequestPowerIrp.
 */
#include <ntddk.h>

#include "tap.h"

#include "../../devices/timer/timer_registers.h"

enum { SLEEPS = 3 };

typedef struct _DEVICE {
    PDEVICE_OBJECT Self, Pdo, Lower;
    PUCHAR Registers;
    DEVICE_CAPABILITIES Capabilities;
    ULONG Slot;
} DEVICE;

static struct { /* what each sleep has shown */
    SYSTEM_POWER_STATE System;
    ULONG Control; /* of PCI's power management, while the device is down */
    ULONG Id;      /* its identity register then */
    NTSTATUS Woken;
    ULONG Back;    /* 1: D0, and its registers are there again */
} Sleep[SLEEPS];
static ULONG Sleeps;

static USHORT config(ULONG Slot, ULONG Offset)
{
    USHORT Value = 0;

    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Value, Offset, sizeof(Value));
    return Value;
}

/* Offset of the capability of power management. */
static ULONG power_capability(ULONG Slot)
{
    ULONG At = config(Slot, 0x34) & 0xFF;

    while (At != 0 && (config(Slot, At) & 0xFF) != PCI_CAPABILITY_ID_POWER_MANAGEMENT)
        At = config(Slot, At) >> 8;
    return At;
}

static ULONG get(DEVICE *Device, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Device->Registers + Offset));
}

static VOID set(DEVICE *Device, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Device->Registers + Offset), Value);
}

/* ---- power ---- */

static VOID NTAPI woken(PDEVICE_OBJECT Object, UCHAR Minor, POWER_STATE State, PVOID Context,
                        PIO_STATUS_BLOCK Iosb)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Sleep[(ULONG_PTR)Context].Woken = Iosb->Status;
}

static VOID NTAPI back(PDEVICE_OBJECT Object, UCHAR Minor, POWER_STATE State, PVOID Context,
                       PIO_STATUS_BLOCK Iosb)
{
    DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    if (Sleeps != 0 && Sleeps <= SLEEPS)
        Sleep[Sleeps - 1].Back =
            NT_SUCCESS(Iosb->Status) && get(Device, TIMER_ID) == TIMER_ID_VALUE;
}

/* The device is down: the system's request goes on. */
static VOID NTAPI down(PDEVICE_OBJECT Object, UCHAR Minor, POWER_STATE State, PVOID Context,
                       PIO_STATUS_BLOCK Iosb)
{
    PIRP Irp = Context;
    DEVICE *Device = IoGetCurrentIrpStackLocation(Irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(Iosb);
    Sleep[Sleeps - 1].Control = config(Device->Slot, power_capability(Device->Slot) + 4);
    Sleep[Sleeps - 1].Id = get(Device, TIMER_ID);
    IoSkipCurrentIrpStackLocation(Irp);
    PoCallDriver(Device->Lower, Irp);
}

static NTSTATUS go_down(DEVICE *Device, PIRP Irp, SYSTEM_POWER_STATE System)
{
    POWER_STATE Deepest = { .SystemState = PowerSystemSleeping3 };
    POWER_STATE State = { .DeviceState = Device->Capabilities.DeviceState[System] };

    Sleep[Sleeps].System = System;
    Sleep[Sleeps].Woken = STATUS_PENDING;
    PoRequestPowerIrp(Device->Pdo, IRP_MN_WAIT_WAKE, Deepest, woken, (PVOID)(ULONG_PTR)Sleeps,
                      NULL);
    Sleeps++;
    set(Device, TIMER_PERIOD_US, 2000000);
    set(Device, TIMER_CONTROL, TIMER_CONTROL_ENABLE | TIMER_CONTROL_ONE_SHOT);
    IoMarkIrpPending(Irp);
    PoRequestPowerIrp(Device->Pdo, IRP_MN_SET_POWER, State, down, Irp, NULL);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT Object, PIRP Irp)
{
    DEVICE *Device = Object->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    SYSTEM_POWER_STATE System = Stack->Parameters.Power.State.SystemState;
    POWER_STATE On = { .DeviceState = PowerDeviceD0 };

    PoStartNextPowerIrp(Irp);
    if (Stack->MinorFunction == IRP_MN_SET_POWER &&
        Stack->Parameters.Power.Type == SystemPowerState) {
        if (System > PowerSystemWorking && System <= PowerSystemSleeping3 && Sleeps < SLEEPS)
            return go_down(Device, Irp, System);
        if (System == PowerSystemWorking)
            PoRequestPowerIrp(Device->Pdo, IRP_MN_SET_POWER, On, back, Device, NULL);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Device->Lower, Irp);
}

/* ---- Plug and Play ---- */

static VOID started(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;

    for (ULONG i = 0; i < List->Count; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Device->Registers =
                MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start,
                             List->PartialDescriptors[i].u.Memory.Length, MmNonCached);
}

static NTSTATUS learn_capabilities(DEVICE *Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    NTSTATUS Status;

    IoForwardIrpSynchronously(Device->Lower, Irp);
    Status = Irp->IoStatus.Status;
    if (NT_SUCCESS(Status))
        Device->Capabilities = *Stack->Parameters.DeviceCapabilities.Capabilities;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Object, PIRP Irp)
{
    DEVICE *Device = Object->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_OBJECT Lower = Device->Lower;
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(Lower, Irp);
        Status = Irp->IoStatus.Status;
        if (NT_SUCCESS(Status))
            started(Device, Stack);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    case IRP_MN_QUERY_CAPABILITIES: return learn_capabilities(Device, Irp, Stack);
    case IRP_MN_REMOVE_DEVICE:
        MmUnmapIoSpace(Device->Registers, 4096);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Lower, Irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(Object);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static VOID test_capabilities(const DEVICE_CAPABILITIES *Capabilities)
{
    ok(Capabilities->DeviceD1 && Capabilities->DeviceD2, "it has D1 and D2");
    ok(Capabilities->WakeFromD1 && Capabilities->WakeFromD2 && Capabilities->WakeFromD3,
       "and wakes from each");
    is_ulong(Capabilities->SystemWake, PowerSystemSleeping3, "and the machine from S3");
    is_ulong(Capabilities->DeviceWake, PowerDeviceD3, "in D3");
    is_ulong(Capabilities->DeviceState[PowerSystemSleeping1], PowerDeviceD1, "S1: D1");
    is_ulong(Capabilities->DeviceState[PowerSystemSleeping2], PowerDeviceD2, "S2: D2");
    is_ulong(Capabilities->DeviceState[PowerSystemSleeping3], PowerDeviceD3, "S3: D3");
    is_ulong(Capabilities->DeviceState[PowerSystemHibernate], PowerDeviceD3, "S4: D3");
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    ULONG Address = 0, Length = 0;
    PDEVICE_OBJECT Object;
    DEVICE *Device;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(DEVICE), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    IoGetDeviceProperty(Pdo, DevicePropertyAddress, sizeof(Address), &Address, &Length);
    Device = Object->DeviceExtension;
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Self = Object;
    Device->Pdo = Pdo;
    Device->Slot = Address >> 16;
    Device->Lower = IoAttachDeviceToDeviceStack(Object, Pdo);
    Object->Flags |= DO_POWER_PAGABLE;
    Object->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    is_ulong(Sleeps, SLEEPS, "the machine has slept three times");
    for (ULONG i = 0; i < SLEEPS; i++) {
        is_ulong(Sleep[i].System, PowerSystemSleeping1 + i, "S%lu", i + 1);
        is_hex(Sleep[i].Control & 0x103, 0x101 + i, "the device is in D%lu, and may wake", i + 1);
        is_hex(Sleep[i].Id, MAXULONG, "its registers are not there");
        is_status(Sleep[i].Woken, STATUS_SUCCESS, "it has woken the machine");
        is_ulong(Sleep[i].Back, 1, "and works again");
    }
    done();
}

static NTSTATUS NTAPI pnp_and_look(PDEVICE_OBJECT Object, PIRP Irp)
{
    DEVICE *Device = Object->DeviceExtension;
    BOOLEAN Asked = IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_QUERY_CAPABILITIES;
    NTSTATUS Status = pnp(Object, Irp);

    if (Asked)
        test_capabilities(&Device->Capabilities);
    return Status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp_and_look;
    Driver->MajorFunction[IRP_MJ_POWER] = power;
    return STATUS_SUCCESS;
}
