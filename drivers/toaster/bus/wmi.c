/* WMI of the bus: one read-only block, GUID_WMI_TOASTER_BUS. */
#include "bus.h"

static WMI_QUERY_REGINFO_CALLBACK BusQueryRegInfo;
static NTSTATUS NTAPI BusQueryRegInfo(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PULONG RegFlags,
                                      _Inout_ PUNICODE_STRING InstanceName,
                                      _Outptr_result_maybenull_ PUNICODE_STRING *RegistryPath,
                                      _Inout_ PUNICODE_STRING MofResourceName,
                                      _Outptr_result_maybenull_ PDEVICE_OBJECT *Pdo)
{
    UNREFERENCED_PARAMETER(InstanceName);
    UNREFERENCED_PARAMETER(MofResourceName);
    *RegFlags = WMIREG_FLAG_INSTANCE_PDO;
    *RegistryPath = &BusRegistryPath;
    *Pdo = ((BUS *)DeviceObject->DeviceExtension)->Pdo;
    return STATUS_SUCCESS;
}

static WMI_QUERY_DATABLOCK_CALLBACK BusQueryBlock;
static NTSTATUS NTAPI BusQueryBlock(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp,
                                    _In_ ULONG GuidIndex, _In_ ULONG InstanceIndex,
                                    _In_ ULONG InstanceCount,
                                    _Inout_opt_ PULONG InstanceLengthArray, _In_ ULONG BufferAvail,
                                    _Out_writes_bytes_opt_(BufferAvail) PUCHAR Buffer)
{
    BUS *Bus = DeviceObject->DeviceExtension;
    NTSTATUS Status = STATUS_SUCCESS;

    if (GuidIndex != 0 || InstanceIndex != 0 || InstanceCount != 1) {
        Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    } else if (BufferAvail < sizeof(Bus->Data)) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        ExAcquireFastMutex(&Bus->Children);
        *(TOASTER_BUS_DATA *)Buffer = Bus->Data;
        ExReleaseFastMutex(&Bus->Children);
        *InstanceLengthArray = sizeof(Bus->Data);
    }
    return WmiCompleteRequest(DeviceObject, Irp, Status, sizeof(Bus->Data), IO_NO_INCREMENT);
}

static WMIGUIDREGINFO BusBlocks[] = {{&GUID_WMI_TOASTER_BUS, 1, 0}};
static WMILIB_CONTEXT BusWmi = {
    RTL_NUMBER_OF(BusBlocks), BusBlocks, BusQueryRegInfo, BusQueryBlock, NULL, NULL, NULL, NULL};

VOID BusWmiStart(_Inout_ BUS *Bus)
{
    if (!Bus->WmiRegistered) /* a bus without figures works as well */
        Bus->WmiRegistered =
            NT_SUCCESS(IoWMIRegistrationControl(Bus->Common.Self, WMIREG_ACTION_REGISTER));
}

VOID BusWmiStop(_Inout_ BUS *Bus)
{
    if (Bus->WmiRegistered)
        IoWMIRegistrationControl(Bus->Common.Self, WMIREG_ACTION_DEREGISTER);
    Bus->WmiRegistered = FALSE;
}

NTSTATUS BusSystemControl(_Inout_ BUS *Bus, _Inout_ PIRP Irp)
{
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = IoAcquireRemoveLock(&Bus->Remove, Irp);

    if (!NT_SUCCESS(Status))
        return BusComplete(Irp, Status, 0);
    Status = WmiSystemControl(&BusWmi, Bus->Common.Self, Irp, &Disposition);
    if (Disposition == IrpNotCompleted) {
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
    } else if (Disposition != IrpProcessed) {
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Bus->Lower, Irp);
    }
    IoReleaseRemoveLock(&Bus->Remove, Irp);
    return Status;
}
