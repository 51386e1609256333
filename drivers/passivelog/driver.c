/*
 * passivelog: a device that writes lines to a file, whatever the IRQL they are handed over at. A timer DPC hands some over from
 * DISPATCH_LEVEL, so that the driver shows what it is for without any program. Parameters\Ticks (REG_DWORD) in the service key
 * says how many, 5 by default, 0 for none.
 */
#include "log.h"
#include <ntstrsafe.h>

#define DEFAULT_TICKS 5
#define DEFAULT_INTERVAL_MS 10

typedef struct _PASSIVELOG_DEVICE {
    LOG Log;
    KTIMER Timer;    /* TickLock: set and cancelled under it */
    KDPC TickDpc;
    KSPIN_LOCK TickLock;
    ULONG TicksLeft; /* TickLock */
    ULONG Tick;      /* TickLock: ticks so far */
} PASSIVELOG_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD PassiveLogUnload;
static DRIVER_DISPATCH PassiveLogOpenClose;
static DRIVER_DISPATCH PassiveLogControl;
static KDEFERRED_ROUTINE PassiveLogTick;

static const UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\PassiveLog");
static const UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\??\\PassiveLog");

/* The reason the driver exists: a line from DISPATCH_LEVEL. */
static VOID PassiveLogTick(PKDPC Dpc, PVOID Context, PVOID Unused1, PVOID Unused2)
{
    PASSIVELOG_DEVICE *Device = Context;
    char Text[32];
    SIZE_T Bytes;
    ULONG Tick;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Unused1);
    UNREFERENCED_PARAMETER(Unused2);
    KeAcquireSpinLockAtDpcLevel(&Device->TickLock);
    if (Device->TicksLeft == 0) {
        KeReleaseSpinLockFromDpcLevel(&Device->TickLock);
        return;
    }
    Tick = ++Device->Tick;
    if (--Device->TicksLeft == 0)
        KeCancelTimer(&Device->Timer);
    KeReleaseSpinLockFromDpcLevel(&Device->TickLock);

    if (NT_SUCCESS(RtlStringCbPrintfA(Text, sizeof(Text), "tick %u", Tick)) &&
        NT_SUCCESS(RtlStringCbLengthA(Text, sizeof(Text), &Bytes)))
        LogWrite(&Device->Log, Text, (ULONG)Bytes); /* a refusal is counted there */
}

/* IRQL <= DISPATCH_LEVEL. */
static NTSTATUS PassiveLogStartTicks(PASSIVELOG_DEVICE *Device, ULONG Count, ULONG IntervalMs)
{
    LARGE_INTEGER Due = {.QuadPart = -10000ll * IntervalMs};
    KIRQL Irql;

    if (IntervalMs == 0 || IntervalMs > 60000)
        return STATUS_INVALID_PARAMETER;
    KeAcquireSpinLock(&Device->TickLock, &Irql);
    Device->TicksLeft = Count;
    if (Count != 0)
        KeSetTimerEx(&Device->Timer, Due, (LONG)IntervalMs, &Device->TickDpc);
    KeReleaseSpinLock(&Device->TickLock, Irql);
    return STATUS_SUCCESS;
}

static NTSTATUS PassiveLogFinish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS PassiveLogOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return PassiveLogFinish(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS PassiveLogControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PASSIVELOG_DEVICE *Device = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG InputBytes = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PASSIVELOG_WRITE:
        return PassiveLogFinish(Irp, LogWrite(&Device->Log, Buffer, InputBytes), 0);
    case IOCTL_PASSIVELOG_TICKS:
        if (InputBytes != sizeof(PASSIVELOG_TICKS))
            return PassiveLogFinish(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
        Status = PassiveLogStartTicks(Device, ((PASSIVELOG_TICKS *)Buffer)->Count, ((PASSIVELOG_TICKS *)Buffer)->IntervalMs);
        return PassiveLogFinish(Irp, Status, 0);
    case IOCTL_PASSIVELOG_FLUSH:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(PASSIVELOG_COUNTS))
            return PassiveLogFinish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        Status = LogFlush(&Device->Log, Buffer);
        return PassiveLogFinish(Irp, Status, NT_SUCCESS(Status) ? sizeof(PASSIVELOG_COUNTS) : 0);
    default:
        return PassiveLogFinish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* Parameters\Ticks of the service key, or the default. */
static ULONG PassiveLogTicksWanted(PUNICODE_STRING RegistryPath)
{
    ULONG Default = DEFAULT_TICKS, Ticks = DEFAULT_TICKS;
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = (PWSTR)L"Parameters"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Ticks", .EntryContext = &Ticks, .DefaultType = REG_DWORD,
         .DefaultData = &Default, .DefaultLength = sizeof(Default)},
        {0},
    };
    PWSTR Path = ExAllocatePool2(POOL_FLAG_PAGED, RegistryPath->Length + sizeof(WCHAR), 'goLP');

    if (Path == NULL)
        return Default;
    RtlCopyMemory(Path, RegistryPath->Buffer, RegistryPath->Length); /* the pool is zeroed: ends in a NUL */
    if (!NT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, Path, Table, NULL, NULL)))
        Ticks = Default;
    ExFreePoolWithTag(Path, 'goLP');
    return Ticks;
}

static VOID PassiveLogUnload(PDRIVER_OBJECT Driver)
{
    PASSIVELOG_DEVICE *Device = Driver->DeviceObject->DeviceExtension;

    IoDeleteSymbolicLink((PUNICODE_STRING)&LinkName);
    KeCancelTimer(&Device->Timer);
    KeFlushQueuedDpcs(); /* a tick that had begun has ended */
    LogClose(&Device->Log);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PASSIVELOG_DEVICE *Device;
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status;

    Status = IoCreateDevice(Driver, sizeof(PASSIVELOG_DEVICE), (PUNICODE_STRING)&DeviceName, PASSIVELOG_DEVICE_TYPE,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Device = DeviceObject->DeviceExtension;
    KeInitializeTimer(&Device->Timer);
    KeInitializeDpc(&Device->TickDpc, PassiveLogTick, Device);
    KeInitializeSpinLock(&Device->TickLock);
    Status = LogOpen(&Device->Log, DeviceObject);
    if (!NT_SUCCESS(Status))
        goto DeleteDevice;
    Status = IoCreateSymbolicLink((PUNICODE_STRING)&LinkName, (PUNICODE_STRING)&DeviceName);
    if (!NT_SUCCESS(Status))
        goto CloseLog;

    Driver->MajorFunction[IRP_MJ_CREATE] = PassiveLogOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = PassiveLogOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PassiveLogControl;
    Driver->DriverUnload = PassiveLogUnload;
    return PassiveLogStartTicks(Device, PassiveLogTicksWanted(RegistryPath), DEFAULT_INTERVAL_MS);

CloseLog:
    LogClose(&Device->Log);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}
