/* One mistake for each control code that it understands. Its device is \\.\Mistakes. */
#include <ntddk.h>

#define MISTAKE(n) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (n), METHOD_NEITHER, FILE_ANY_ACCESS)
#define LEAK_TAG 'kaeL'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Control, Complete;
static KDEFERRED_ROUTINE Later;

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Mistakes");
static UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\Mistakes");
static KSPIN_LOCK Lock;
static KIRQL OldIrql;
static PIRP Held;
static KDPC Dpc;
static KTIMER Timer;
static BOOLEAN KeepDevice;

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Later(PKDPC ThisDpc, PVOID Context, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(ThisDpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    Finish(Held, STATUS_SUCCESS);
}

static NTSTATUS PendUnmarked(PIRP Irp)
{
    LARGE_INTEGER Due;

    Held = Irp;
    KeInitializeDpc(&Dpc, Later, NULL);
    KeInitializeTimer(&Timer);
    Due.QuadPart = -10000;
    KeSetTimer(&Timer, Due, &Dpc);
    return STATUS_PENDING;
}

static NTSTATUS Leak(PIRP Irp)
{
    PVOID Block = ExAllocatePoolWithTag(NonPagedPoolNx, 5000, LEAK_TAG);

    if (Block == NULL || IoAllocateMdl(Block, 5000, FALSE, FALSE, NULL) == NULL)
        return Finish(Irp, STATUS_INSUFFICIENT_RESOURCES);
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS UseFreed(PIRP Irp)
{
    volatile ULONG *Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, LEAK_TAG);

    if (Block == NULL)
        return Finish(Irp, STATUS_INSUFFICIENT_RESOURCES);
    ExFreePoolWithTag((PVOID)Block, LEAK_TAG); /* the free */
    Block[4] = 1;
    for (ULONG i = 0; i < 100; i++) /* finds it */
        if ((Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, LEAK_TAG)) != NULL)
            ExFreePoolWithTag((PVOID)Block, LEAK_TAG);
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS LeaveTimer(PIRP Irp)
{
    LARGE_INTEGER Due;

    KeInitializeDpc(&Dpc, Later, NULL);
    KeInitializeTimer(&Timer);
    Due.QuadPart = -600LL * 10000000;
    KeSetTimer(&Timer, Due, &Dpc);
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS WaitHigh(PIRP Irp)
{
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    KeLowerIrql(OldIrql);
    return Finish(Irp, STATUS_SUCCESS);
}

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case MISTAKE(0):
        KeAcquireSpinLock(&Lock, &OldIrql);
        return Finish(Irp, STATUS_INVALID_PARAMETER);
    case MISTAKE(1): return PendUnmarked(Irp);
    case MISTAKE(2): IoMarkIrpPending(Irp); return STATUS_PENDING;
    case MISTAKE(3): return Leak(Irp);
    case MISTAKE(4): return UseFreed(Irp);
    case MISTAKE(6): KeepDevice = TRUE; return Finish(Irp, STATUS_SUCCESS);
    case MISTAKE(7): return LeaveTimer(Irp);
    case MISTAKE(8): DbgBreakPoint(); return Finish(Irp, STATUS_SUCCESS);
    case MISTAKE(9): return WaitHigh(Irp);
    case MISTAKE(10):
        KeSetEvent(Device->DeviceExtension, 0, FALSE);
        return Finish(Irp, STATUS_SUCCESS);
    case MISTAKE(11): return Finish(Irp, *(volatile NTSTATUS *)0xDEADBEEFDEADBEEF);
    case MISTAKE(5): Finish(Irp, STATUS_SUCCESS); return STATUS_PENDING;
    default: return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

static NTSTATUS Complete(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Finish(Irp, STATUS_SUCCESS);
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    IoDeleteSymbolicLink(&Link);
    if (!KeepDevice)
        IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = Complete;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    KeInitializeSpinLock(&Lock);
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    return NT_SUCCESS(Status) ? IoCreateSymbolicLink(&Link, &Name) : Status;
}
