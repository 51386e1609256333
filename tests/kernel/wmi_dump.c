/* A WMI provider that stays registered until it is unloaded: what tests/cli/wmi.t lets `drydock run --wmi` show. */
#include "tap.h"

#include <wmistr.h>
#include <wmilib.h>

static const GUID LampGuid = {0x7a3c0001, 0x1111, 0x2222, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID AlarmGuid = {0x7a3c0002, 0x1111, 0x2222, {1, 2, 3, 4, 5, 6, 7, 8}};

static WMIGUIDREGINFO Blocks[] = {{&LampGuid, 2, 0}, {&AlarmGuid, 1, WMIREG_FLAG_EVENT_ONLY_GUID}};
static UNICODE_STRING Path;
static PDEVICE_OBJECT Lamp;

static NTSTATUS NTAPI query_reginfo(PDEVICE_OBJECT Device, PULONG Flags, PUNICODE_STRING Name, PUNICODE_STRING *Registry,
                                    PUNICODE_STRING Mof, PDEVICE_OBJECT *Pdo)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Mof);
    UNREFERENCED_PARAMETER(Pdo);
    *Flags = WMIREG_FLAG_INSTANCE_BASENAME;
    *Registry = &Path;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, 8, 'pmaL');
    RtlCopyMemory(Name->Buffer, L"Lamp", 8);
    Name->Length = Name->MaximumLength = 8;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI query_block(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, ULONG First, ULONG Count, PULONG Lengths,
                                  ULONG Room, PUCHAR Data)
{
    UNREFERENCED_PARAMETER(Guid);
    if (Room < Count * 8)
        return WmiCompleteRequest(Device, Irp, STATUS_BUFFER_TOO_SMALL, Count * 8, IO_NO_INCREMENT);
    for (ULONG i = 0; i < Count; i++) {
        ((PULONG64)Data)[i] = 0x0102030405060700 + First + i;
        Lengths[i] = 8;
    }
    return WmiCompleteRequest(Device, Irp, STATUS_SUCCESS, Count * 8, IO_NO_INCREMENT);
}

static WMILIB_CONTEXT Context = {.GuidCount = 2, .GuidList = Blocks, .QueryWmiRegInfo = query_reginfo,
                                 .QueryWmiDataBlock = query_block};

static NTSTATUS NTAPI system_control(PDEVICE_OBJECT Device, PIRP Irp)
{
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = WmiSystemControl(&Context, Device, Irp, &Disposition);

    if (Disposition != IrpProcessed)
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    IoWMIRegistrationControl(Lamp, WMIREG_ACTION_DEREGISTER);
    IoDeleteDevice(Lamp);
    ExFreePoolWithTag(Path.Buffer, 'pmaL');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Lamp");

    tap_begin(Driver);
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    Path.Buffer = ExAllocatePoolWithTag(PagedPool, RegistryPath->Length, 'pmaL');
    Path.MaximumLength = RegistryPath->Length;
    RtlCopyUnicodeString(&Path, RegistryPath);
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lamp)))
        return bail("no device");
    Driver->DriverUnload = unload;
    Lamp->Flags &= ~DO_DEVICE_INITIALIZING;
    is_status(IoWMIRegistrationControl(Lamp, WMIREG_ACTION_REGISTER), STATUS_SUCCESS, "register");
    return done();
}
