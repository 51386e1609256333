/* A device that its driver finds by itself, and its removal; resources that are taken. */
#include "tap.h"

static PDEVICE_OBJECT Pdo, Fdo, Lower;
static ULONG Starts, Queries, Removes;

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status;

    Starts += Minor == IRP_MN_START_DEVICE;
    Queries += Minor == IRP_MN_QUERY_REMOVE_DEVICE;
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE || Minor == IRP_MN_REMOVE_DEVICE)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        Removes++;
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
    }
    return Status;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    is_ulong(Starts, 0, "IRP_MN_START_DEVICE was not sent");
    is_ulong(Queries, 1, "asked before it was removed");
    is_ulong(Removes, 1, "removed before DriverUnload");
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    CM_RESOURCE_LIST Resources;
    PDEVICE_OBJECT Second = NULL;
    WCHAR Text[128];
    ULONG Length;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    RtlZeroMemory(&Resources, sizeof(Resources));
    Resources.Count = 1;
    Resources.List[0].InterfaceType = Isa;
    Resources.List[0].PartialResourceList.Version = Resources.List[0].PartialResourceList.Revision = 1;
    Resources.List[0].PartialResourceList.Count = 1;
    Resources.List[0].PartialResourceList.PartialDescriptors[0] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
        .Type = CmResourceTypePort, .ShareDisposition = CmResourceShareDeviceExclusive, .Flags = CM_RESOURCE_PORT_IO,
        .u.Port = { { .QuadPart = 0x3F8 }, 8 } };
    if (!is_status(IoReportDetectedDevice(Driver, Isa, 0, 0, &Resources, NULL, FALSE, &Pdo), STATUS_SUCCESS,
                   "report a device"))
        return STATUS_UNSUCCESSFUL;
    is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Fdo), STATUS_SUCCESS, "its function device");
    Lower = IoAttachDeviceToDeviceStack(Fdo, Pdo);
    is_ptr(Lower, Pdo, "attached");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyCompatibleIDs, sizeof(Text), Text, &Length), STATUS_SUCCESS,
              "compatible IDs");
    ok(_wcsicmp(Text, L"DETECTEDIsa\\pnp_detected") == 0, "the bus's: %ws", Text);
    ok(_wcsicmp(Text + wcslen(Text) + 1, L"DETECTED\\pnp_detected") == 0, "any bus's");
    is_status(IoReportDetectedDevice(Driver, Isa, 0, 0, &Resources, NULL, FALSE, &Second), STATUS_CONFLICTING_ADDRESSES,
              "another one with the same ports");
    is_ptr(Second, NULL, "is none");
    return STATUS_SUCCESS;
}
