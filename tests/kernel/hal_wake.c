/*
 * A device's power as a PCI bus driver sees to it: in D3 there are no registers and no interrupts,
 * and what it signals there ends IRP_MN_WAIT_WAKE. Calls: PoRequestPowerIrp, IoCancelIrp.
 */
#include <ntddk.h>

#include "tap.h"

#include "../../devices/timer/timer_registers.h"

#define WAKER 2 /* slot */

typedef struct _DEVICE {
    PDEVICE_OBJECT Self, Pdo, Lower;
    PUCHAR Registers;
    PKINTERRUPT Interrupt;
    ULONG Slot, Interrupts;
} DEVICE;

typedef struct _ANSWER { /* of a power request */
    KEVENT Done;
    NTSTATUS Status;
} ANSWER;

static DEVICE *Waker, *Plain;
static PVOID Worker;
static ANSWER Last; /* pends when the device is removed */

/* ---- registers ---- */

static ULONG get(DEVICE *Device, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Device->Registers + Offset));
}

static VOID set(DEVICE *Device, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Device->Registers + Offset), Value);
}

static BOOLEAN NTAPI isr(PKINTERRUPT Interrupt, PVOID Context)
{
    DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    if (!(get(Device, TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        return FALSE;
    set(Device, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    Device->Interrupts++;
    return TRUE;
}

static USHORT config(ULONG Slot, ULONG Offset)
{
    USHORT Value = 0;

    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Value, Offset, sizeof(Value));
    return Value;
}

/* Offset of the capability of power management; 0: there is none. */
static ULONG power_capability(ULONG Slot)
{
    ULONG At = config(Slot, 0x34) & 0xFF;

    while (At != 0 && (config(Slot, At) & 0xFF) != PCI_CAPABILITY_ID_POWER_MANAGEMENT)
        At = config(Slot, At) >> 8;
    return At;
}

/* ---- power requests ---- */

static VOID NTAPI answered(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                           PIO_STATUS_BLOCK Iosb)
{
    ANSWER *Answer = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Answer->Status = Iosb->Status;
    KeSetEvent(&Answer->Done, IO_NO_INCREMENT, FALSE);
}

static PIRP request(DEVICE *Device, UCHAR Minor, POWER_STATE State, ANSWER *Answer)
{
    PIRP Irp = NULL;

    KeInitializeEvent(&Answer->Done, NotificationEvent, FALSE);
    Answer->Status = STATUS_PENDING;
    is_status(PoRequestPowerIrp(Device->Pdo, Minor, State, answered, Answer,
                                Minor == IRP_MN_WAIT_WAKE ? &Irp : NULL),
              STATUS_PENDING, "slot %lu: power request %u", Device->Slot, Minor);
    return Irp;
}

static PIRP wait_wake(DEVICE *Device, SYSTEM_POWER_STATE Lowest, ANSWER *Answer)
{
    POWER_STATE State = {.SystemState = Lowest};

    return request(Device, IRP_MN_WAIT_WAKE, State, Answer);
}

static NTSTATUS outcome(ANSWER *Answer)
{
    KeWaitForSingleObject(&Answer->Done, Executive, KernelMode, FALSE, NULL);
    return Answer->Status;
}

static VOID go_to(DEVICE *Device, DEVICE_POWER_STATE Wanted)
{
    POWER_STATE State = {.DeviceState = Wanted};
    ANSWER Answer;

    request(Device, IRP_MN_SET_POWER, State, &Answer);
    is_status(outcome(&Answer), STATUS_SUCCESS, "slot %lu: to D%u", Device->Slot, Wanted - 1);
}

static VOID pause(ULONG Us)
{
    LARGE_INTEGER Time = {.QuadPart = -(LONGLONG)Us * 10};

    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

/* ---- the story ---- */

static VOID start_timer(DEVICE *Device, ULONG Us)
{
    set(Device, TIMER_PERIOD_US, Us);
    set(Device, TIMER_CONTROL,
        TIMER_CONTROL_ENABLE | TIMER_CONTROL_ONE_SHOT | TIMER_CONTROL_INTERRUPT);
}

static VOID refusals(VOID)
{
    ANSWER Answer;

    wait_wake(Plain, PowerSystemWorking, &Answer);
    is_status(outcome(&Answer), STATUS_NOT_SUPPORTED, "a device that cannot wake");
    wait_wake(Waker, PowerSystemSleeping3, &Answer);
    is_status(outcome(&Answer), STATUS_INVALID_DEVICE_STATE, "not from a sleep of the system");
}

static VOID woken(VOID)
{
    ULONG At = power_capability(WAKER);
    ANSWER First, Second;

    wait_wake(Waker, PowerSystemWorking, &First);
    wait_wake(Waker, PowerSystemWorking, &Second);
    is_status(outcome(&Second), STATUS_DEVICE_BUSY, "one at a time");
    start_timer(Waker, 2000);
    set(Waker, TIMER_SCRATCH, 77);
    go_to(Waker, PowerDeviceD3);
    is_hex(config(WAKER, At + 4) & 0x103, 0x103, "D3, and wake-up is allowed");
    is_hex(get(Waker, TIMER_ID), MAXULONG, "no register is there");
    is_status(First.Status, STATUS_PENDING, "it has not woken yet");
    is_status(outcome(&First), STATUS_SUCCESS, "it has woken");
    is_ulong(Waker->Interrupts, 0, "no interrupt comes from D3");
    is_hex(config(WAKER, At + 4) & 0x8103, 3, "the signal is taken, and no other allowed");
    go_to(Waker, PowerDeviceD0);
    is_hex(config(WAKER, At + 4) & 3, 0, "D0");
    is_ulong(get(Waker, TIMER_SCRATCH), 77, "its registers are as they were");
    is_ulong(Waker->Interrupts, 1, "the interrupt that was held back has come");
}

static VOID cancelled(VOID)
{
    ANSWER Answer;
    PIRP Irp = wait_wake(Waker, PowerSystemWorking, &Answer);

    start_timer(Waker, 2000);
    go_to(Waker, PowerDeviceD3);
    ok(IoCancelIrp(Irp), "cancelled");
    is_status(outcome(&Answer), STATUS_CANCELLED, "and ended");
    pause(5000);
    is_hex(config(WAKER, power_capability(WAKER) + 4) & 0x8103, 3, "nothing is noted any more");
    go_to(Waker, PowerDeviceD0);
    is_ulong(Waker->Interrupts, 2, "it had expired all the same");
}

/* Without power management the states are names. */
static VOID plain(VOID)
{
    is_ulong(power_capability(Plain->Slot), 0, "the other has no power management");
    go_to(Plain, PowerDeviceD3);
    is_hex(get(Plain, TIMER_ID), TIMER_ID_VALUE, "its registers stay");
    go_to(Plain, PowerDeviceD0);
}

static VOID NTAPI story(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    pause(50000); /* both are started */
    if (ok(Waker != NULL && Plain != NULL, "both are there")) {
        is_hex(config(WAKER, power_capability(WAKER) + 2), 0x4003, "it says that it wakes from D3");
        refusals();
        woken();
        cancelled();
        plain();
        wait_wake(Waker, PowerSystemWorking, &Last);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- the driver ---- */

static VOID started(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;
    IO_CONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_LINE_BASED};

    for (ULONG i = 0; i < List->Count; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Device->Registers =
                MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start,
                             List->PartialDescriptors[i].u.Memory.Length, MmNonCached);
    P.LineBased.PhysicalDeviceObject = Device->Pdo;
    P.LineBased.InterruptObject = &Device->Interrupt;
    P.LineBased.ServiceRoutine = isr;
    P.LineBased.ServiceContext = Device;
    is_status(IoConnectInterruptEx(&P), STATUS_SUCCESS, "slot %lu: connected", Device->Slot);
    *(Device->Slot == WAKER ? &Waker : &Plain) = Device;
}

static NTSTATUS removed(DEVICE *Device, PIRP Irp)
{
    PDEVICE_OBJECT Lower = Device->Lower;
    NTSTATUS Status;

    IoDisconnectInterrupt(Device->Interrupt);
    MmUnmapIoSpace(Device->Registers, 4096);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    if (Device == Waker)
        is_status(outcome(&Last), STATUS_NO_SUCH_DEVICE, "what still waited is ended by the bus");
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
    KeWaitForSingleObject(Worker, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Worker);
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Thread;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = power;
    is_status(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, story, NULL),
              STATUS_SUCCESS, "the story begins");
    ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Worker, NULL);
    ZwClose(Thread);
    return STATUS_SUCCESS;
}
