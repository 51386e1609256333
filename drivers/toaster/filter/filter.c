/*
 * A filter for any place in a device's stack: it counts the requests that pass and those that come
 * back, and changes none. Built several times from this one source (README.md), so that one stack
 * can have one in each place; its service's name tells them apart. What is counted is printed when
 * the device goes and when the driver is unloaded.
 */
#include <ntddk.h>

#define FILTER_TAG 'tlFT'

typedef struct _FILTER {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK Remove;
    LONG Passed[IRP_MJ_MAXIMUM_FUNCTION + 1]; /* sent down */
    LONG Out;                                 /* of those, not yet back */
} FILTER;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE FilterAddDevice;
static DRIVER_UNLOAD FilterUnload;

static UNICODE_STRING FilterName; /* of the service; set once */
static LONG FilterDevices, FilterPassed;

/* ---- passing ---- */

static NTSTATUS FilterFail(_Inout_ PIRP Irp, _In_ NTSTATUS Status)
{
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_POWER)
        PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static IO_COMPLETION_ROUTINE FilterIsBack;
static NTSTATUS NTAPI FilterIsBack(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp,
                                   _In_opt_ PVOID Context)
{
    FILTER *Filter = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_POWER)
        PoStartNextPowerIrp(Irp);
    InterlockedDecrement(&Filter->Out);
    return STATUS_CONTINUE_COMPLETION;
}

/*
 * The driver below may have taken on a characteristic of the device (removable media, ...) in its
 * start.
 */
static IO_COMPLETION_ROUTINE FilterIsStarted;
static NTSTATUS NTAPI FilterIsStarted(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp,
                                      _In_opt_ PVOID Context)
{
    FILTER *Filter = Context;

    if (NT_SUCCESS(Irp->IoStatus.Status) && (Filter->Lower->Characteristics & FILE_REMOVABLE_MEDIA))
        Filter->Self->Characteristics |= FILE_REMOVABLE_MEDIA;
    return FilterIsBack(DeviceObject, Irp, Context);
}

/*
 * The remove lock is held on the way down only: a request that waits below (a read, a wait for
 * wake-up) ends when the drivers below are removed, and they are before this one goes on.
 */
static NTSTATUS FilterSend(_Inout_ FILTER *Filter, _Inout_ PIRP Irp,
                           _In_ PIO_COMPLETION_ROUTINE Routine)
{
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    NTSTATUS Status;

    InterlockedIncrement(&Filter->Passed[Major]);
    InterlockedIncrement(&Filter->Out);
    InterlockedIncrement(&FilterPassed);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, Routine, Filter, TRUE, TRUE, TRUE);
    Status = Major == IRP_MJ_POWER ? PoCallDriver(Filter->Lower, Irp)
                                   : IoCallDriver(Filter->Lower, Irp);
    IoReleaseRemoveLock(&Filter->Remove, Irp);
    return Status;
}

_Dispatch_type_(IRP_MJ_OTHER) static DRIVER_DISPATCH FilterPass;
static NTSTATUS NTAPI FilterPass(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FILTER *Filter = DeviceObject->DeviceExtension;
    NTSTATUS Status = IoAcquireRemoveLock(&Filter->Remove, Irp);

    return NT_SUCCESS(Status) ? FilterSend(Filter, Irp, FilterIsBack) : FilterFail(Irp, Status);
}

/* The last of a file comes by even when the device is gone. */
_Dispatch_type_(IRP_MJ_CLEANUP) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH FilterClose;
static NTSTATUS NTAPI FilterClose(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FILTER *Filter = DeviceObject->DeviceExtension;

    if (NT_SUCCESS(IoAcquireRemoveLock(&Filter->Remove, Irp)))
        return FilterSend(Filter, Irp, FilterIsBack);
    return FilterFail(Irp, STATUS_SUCCESS);
}

/* ---- PnP ---- */

static VOID FilterTell(_In_ FILTER *Filter)
{
    const LONG *Passed = Filter->Passed;
    LONG All = 0;
    ULONG Major;

    for (Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        All += Passed[Major];
    DbgPrint("%wZ: %ld passed: %ld create, %ld cleanup, %ld close, %ld read, %ld write, %ld "
             "control, %ld pnp, %ld power, %ld wmi; "
             "%ld still out\n",
             &FilterName, All, Passed[IRP_MJ_CREATE], Passed[IRP_MJ_CLEANUP], Passed[IRP_MJ_CLOSE],
             Passed[IRP_MJ_READ], Passed[IRP_MJ_WRITE], Passed[IRP_MJ_DEVICE_CONTROL],
             Passed[IRP_MJ_PNP], Passed[IRP_MJ_POWER], Passed[IRP_MJ_SYSTEM_CONTROL], Filter->Out);
}

static NTSTATUS FilterRemove(_Inout_ FILTER *Filter, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    InterlockedIncrement(&Filter->Passed[IRP_MJ_PNP]);
    InterlockedIncrement(&FilterPassed);
    IoReleaseRemoveLockAndWait(&Filter->Remove, Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Filter->Lower, Irp);
    FilterTell(Filter);
    IoDetachDevice(Filter->Lower);
    IoDeleteDevice(Filter->Self);
    InterlockedDecrement(&FilterDevices);
    return Status;
}

/* The filter can page in only if what is below it does. */
static NTSTATUS FilterUsage(_Inout_ FILTER *Filter, _Inout_ PIRP Irp)
{
    if (Filter->Self->AttachedDevice == NULL ||
        (Filter->Self->AttachedDevice->Flags & DO_POWER_PAGABLE))
        Filter->Self->Flags |= DO_POWER_PAGABLE;
    return FilterSend(Filter, Irp, FilterIsBack);
}

_Dispatch_type_(IRP_MJ_PNP) static DRIVER_DISPATCH FilterPnp;
static NTSTATUS NTAPI FilterPnp(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FILTER *Filter = DeviceObject->DeviceExtension;
    NTSTATUS Status = IoAcquireRemoveLock(&Filter->Remove, Irp);

    PAGED_CODE();
    if (!NT_SUCCESS(Status))
        return FilterFail(Irp, Status);
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return FilterSend(Filter, Irp, FilterIsStarted);
    case IRP_MN_REMOVE_DEVICE: return FilterRemove(Filter, Irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION: return FilterUsage(Filter, Irp);
    default: return FilterSend(Filter, Irp, FilterIsBack);
    }
}

/* ---- the device and the driver ---- */

static NTSTATUS NTAPI FilterAddDevice(_In_ PDRIVER_OBJECT Driver, _In_ PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Self, Top = IoGetAttachedDeviceReference(Pdo);
    FILTER *Filter;
    NTSTATUS Status;

    PAGED_CODE();
    Status = IoCreateDevice(Driver, sizeof(FILTER), NULL, Top->DeviceType, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &Self);
    ObDereferenceObject(Top);
    if (!NT_SUCCESS(Status))
        return Status;
    Filter = Self->DeviceExtension;
    RtlZeroMemory(Filter, sizeof(*Filter));
    Filter->Self = Self;
    Filter->Pdo = Pdo;
    IoInitializeRemoveLock(&Filter->Remove, FILTER_TAG, 0, 0);
    Filter->Lower = IoAttachDeviceToDeviceStack(Self, Pdo);
    if (Filter->Lower == NULL) {
        IoDeleteDevice(Self);
        return STATUS_NO_SUCH_DEVICE;
    }
    Self->Flags |= Filter->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    Self->Flags &= ~DO_DEVICE_INITIALIZING;
    InterlockedIncrement(&FilterDevices);
    return STATUS_SUCCESS;
}

static VOID NTAPI FilterUnload(_In_ PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();
    DbgPrint("%wZ: unloaded, %ld requests passed, %ld devices left\n", &FilterName, FilterPassed,
             FilterDevices);
    ExFreePoolWithTag(FilterName.Buffer, FILTER_TAG);
}

/* The last component of the service's key. */
static NTSTATUS FilterTakeName(_In_ PCUNICODE_STRING RegistryPath)
{
    USHORT Begin = RegistryPath->Length / sizeof(WCHAR);

    while (Begin > 0 && RegistryPath->Buffer[Begin - 1] != '\\')
        Begin--;
    FilterName.Length = RegistryPath->Length - Begin * sizeof(WCHAR);
    FilterName.MaximumLength = FilterName.Length + sizeof(WCHAR);
    FilterName.Buffer = ExAllocatePool2(POOL_FLAG_PAGED, FilterName.MaximumLength, FILTER_TAG);
    if (FilterName.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(FilterName.Buffer, RegistryPath->Buffer + Begin, FilterName.Length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT Driver, _In_ PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = FilterTakeName(RegistryPath);
    ULONG Major;

    if (!NT_SUCCESS(Status))
        return Status;
    for (Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        Driver->MajorFunction[Major] = FilterPass;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = FilterClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = FilterClose;
    Driver->MajorFunction[IRP_MJ_PNP] = FilterPnp;
    Driver->DriverExtension->AddDevice = FilterAddDevice;
    Driver->DriverUnload = FilterUnload;
    return STATUS_SUCCESS;
}
