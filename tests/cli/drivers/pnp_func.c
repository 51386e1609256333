/* A function driver that says what is asked of it. Under a service name that begins with "stay" it cannot be unloaded. */
#include <ntddk.h>

typedef struct _FUNC {
    PDEVICE_OBJECT Pdo, Lower;
} FUNC;

static VOID say(FUNC *Func, const char *What)
{
    WCHAR Path[128] = L"?";
    ULONG Length;

    IoGetDeviceProperty(Func->Pdo, DevicePropertyHardwareID, sizeof(Path), Path, &Length);
    DbgPrint("func: %ws %s\n", Path, What);
}

static NTSTATUS pass_on(FUNC *Func, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Func->Lower, Irp);
}

static NTSTATUS start(FUNC *Func, PIRP Irp)
{
    NTSTATUS Status;

    IoForwardIrpSynchronously(Func->Lower, Irp);
    Status = Irp->IoStatus.Status;
    say(Func, "starts");
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    FUNC *Func = Device->DeviceExtension;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status;

    switch (Minor) {
    case IRP_MN_START_DEVICE: return start(Func, Irp);
    case IRP_MN_SURPRISE_REMOVAL: say(Func, "is pulled out"); break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: break;
    case IRP_MN_REMOVE_DEVICE:
        say(Func, "is removed");
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = pass_on(Func, Irp);
        IoDetachDevice(Func->Lower);
        IoDeleteDevice(Device);
        return Status;
    default: return pass_on(Func, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_on(Func, Irp);
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FUNC *Func = Device->DeviceExtension;

    if (Stack->MinorFunction == IRP_MN_SET_POWER && Stack->Parameters.Power.Type == SystemPowerState)
        say(Func, Stack->Parameters.Power.State.SystemState == PowerSystemWorking    ? "wakes"
                  : Stack->Parameters.Power.State.SystemState == PowerSystemShutdown ? "shuts down" : "sleeps");
    return pass_on(Func, Irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(FUNC), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    FUNC *Func;

    if (!NT_SUCCESS(Status))
        return Status;
    Func = Device->DeviceExtension;
    Func->Pdo = Pdo;
    Func->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    DbgPrint("func: unloaded\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    if (wcsstr(RegistryPath->Buffer, L"\\stay") == NULL)
        Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    return STATUS_SUCCESS;
}
