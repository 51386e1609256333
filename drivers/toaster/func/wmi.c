/* WMI of a toaster: GUID_WMI_TOASTER, a TOASTER_STATUS whose browning can be set. */
#include "func.h"

static WMI_QUERY_REGINFO_CALLBACK FuncQueryRegInfo;
static NTSTATUS NTAPI FuncQueryRegInfo(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PULONG RegFlags,
                                       _Inout_ PUNICODE_STRING InstanceName,
                                       _Outptr_result_maybenull_ PUNICODE_STRING *RegistryPath,
                                       _Inout_ PUNICODE_STRING MofResourceName,
                                       _Outptr_result_maybenull_ PDEVICE_OBJECT *Pdo)
{
    UNREFERENCED_PARAMETER(InstanceName);
    UNREFERENCED_PARAMETER(MofResourceName);
    *RegFlags = WMIREG_FLAG_INSTANCE_PDO;
    *RegistryPath = &FuncRegistryPath;
    *Pdo = ((FUNC *)DeviceObject->DeviceExtension)->Pdo;
    return STATUS_SUCCESS;
}

static WMI_QUERY_DATABLOCK_CALLBACK FuncQueryBlock;
static NTSTATUS NTAPI FuncQueryBlock(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp,
                                     _In_ ULONG GuidIndex, _In_ ULONG InstanceIndex,
                                     _In_ ULONG InstanceCount,
                                     _Inout_opt_ PULONG InstanceLengthArray, _In_ ULONG BufferAvail,
                                     _Out_writes_bytes_opt_(BufferAvail) PUCHAR Buffer)
{
    FUNC *Func = DeviceObject->DeviceExtension;
    NTSTATUS Status = STATUS_SUCCESS;

    if (GuidIndex != 0 || InstanceIndex != 0 || InstanceCount != 1) {
        Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    } else if (BufferAvail < sizeof(Func->Status)) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        *(TOASTER_STATUS *)Buffer = Func->Status;
        *InstanceLengthArray = sizeof(Func->Status);
    }
    return WmiCompleteRequest(DeviceObject, Irp, Status, sizeof(Func->Status), IO_NO_INCREMENT);
}

/* The one item that can be set. */
static NTSTATUS FuncSetBrowning(_Inout_ FUNC *Func, _In_ ULONG Browning)
{
    if (Browning < 1 || Browning > TOASTER_BROWNING_MAX)
        return STATUS_WMI_SET_FAILURE;
    Func->Status.Browning = Browning;
    return STATUS_SUCCESS;
}

static WMI_SET_DATABLOCK_CALLBACK FuncSetBlock;
static NTSTATUS NTAPI FuncSetBlock(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp,
                                   _In_ ULONG GuidIndex, _In_ ULONG InstanceIndex,
                                   _In_ ULONG BufferSize,
                                   _In_reads_bytes_(BufferSize) PUCHAR Buffer)
{
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;

    if (GuidIndex == 0 && InstanceIndex == 0)
        Status = BufferSize < sizeof(TOASTER_STATUS) ? STATUS_WMI_SET_FAILURE
            : FuncSetBrowning(DeviceObject->DeviceExtension, ((TOASTER_STATUS *)Buffer)->Browning);
    return WmiCompleteRequest(DeviceObject, Irp, Status, 0, IO_NO_INCREMENT);
}

static WMI_SET_DATAITEM_CALLBACK FuncSetItem;
static NTSTATUS NTAPI FuncSetItem(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp,
                                  _In_ ULONG GuidIndex, _In_ ULONG InstanceIndex,
                                  _In_ ULONG DataItemId, _In_ ULONG BufferSize,
                                  _In_reads_bytes_(BufferSize) PUCHAR Buffer)
{
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;

    if (GuidIndex == 0 && InstanceIndex == 0) {
        if (DataItemId != TOASTER_ITEM_BROWNING)
            Status = DataItemId == 0 || DataItemId > sizeof(TOASTER_STATUS) / sizeof(ULONG)
                         ? STATUS_WMI_ITEMID_NOT_FOUND
                         : STATUS_WMI_READ_ONLY;
        else if (BufferSize < sizeof(ULONG))
            Status = STATUS_WMI_SET_FAILURE;
        else
            Status = FuncSetBrowning(DeviceObject->DeviceExtension, *(PULONG)Buffer);
    }
    return WmiCompleteRequest(DeviceObject, Irp, Status, 0, IO_NO_INCREMENT);
}

static WMIGUIDREGINFO FuncBlocks[] = {{&GUID_WMI_TOASTER, 1, 0}};
static WMILIB_CONTEXT FuncWmi = {RTL_NUMBER_OF(FuncBlocks),
                                 FuncBlocks,
                                 FuncQueryRegInfo,
                                 FuncQueryBlock,
                                 FuncSetBlock,
                                 FuncSetItem,
                                 NULL,
                                 NULL};

VOID FuncWmiStart(_Inout_ FUNC *Func)
{
    if (!Func->WmiRegistered) /* a toaster without figures works as well */
        Func->WmiRegistered =
            NT_SUCCESS(IoWMIRegistrationControl(Func->Self, WMIREG_ACTION_REGISTER));
}

VOID FuncWmiStop(_Inout_ FUNC *Func)
{
    if (Func->WmiRegistered)
        IoWMIRegistrationControl(Func->Self, WMIREG_ACTION_DEREGISTER);
    Func->WmiRegistered = FALSE;
}

NTSTATUS FuncSystemControl(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = WmiSystemControl(&FuncWmi, Func->Self, Irp, &Disposition);

    if (Disposition == IrpNotCompleted) {
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
    } else if (Disposition != IrpProcessed) {
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Func->Lower, Irp);
    }
    IoReleaseRemoveLock(&Func->Remove, Irp);
    return Status;
}
