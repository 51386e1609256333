/*
 * IRP_MJ_PNP of a toaster: the end of the way, where the bus driver answers. [doc: the page of each
 * IRP_MN_ request]
 */
#include "bus.h"

#include <ntstrsafe.h>

#define NOT_MINE \
    0xC0DEBAD0 /* what is not handled keeps the status that it came with; no NTSTATUS has this \
                  value */

/* ---- strings that the PnP manager frees ---- */

static NTSTATUS ToasterAnswer(_Inout_ PIRP Irp, _In_reads_bytes_(Bytes) const VOID *Data,
                              _In_ SIZE_T Bytes)
{
    PVOID Copy = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, BUS_TAG);

    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Data, Bytes);
    Irp->IoStatus.Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS ToasterFormat(_In_ TOASTER *Toaster, _Inout_ PIRP Irp, _In_ PCWSTR Format)
{
    WCHAR Text[64];
    NTSTATUS Status = RtlStringCbPrintfW(Text, sizeof(Text), Format, Toaster->Serial);

    return NT_SUCCESS(Status) ? ToasterAnswer(Irp, Text, (wcslen(Text) + 1) * sizeof(WCHAR))
                              : Status;
}

static NTSTATUS ToasterQueryId(_In_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    static const WCHAR Device[] = TOASTER_DEVICE_ID;
    static const WCHAR Hardware[] =
        TOASTER_DEVICE_ID L"\0"; /* a multi-string: the literal's own terminator is the second */
    static const WCHAR Compatible[] = TOASTER_COMPATIBLE_ID L"\0";

    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryId.IdType) {
    case BusQueryDeviceID: return ToasterAnswer(Irp, Device, sizeof(Device));
    case BusQueryHardwareIDs: return ToasterAnswer(Irp, Hardware, sizeof(Hardware));
    case BusQueryCompatibleIDs: return ToasterAnswer(Irp, Compatible, sizeof(Compatible));
    case BusQueryInstanceID: return ToasterFormat(Toaster, Irp, L"%02lu");
    case BusQueryDeviceSerialNumber: return ToasterFormat(Toaster, Irp, L"%lu");
    default: return (NTSTATUS)NOT_MINE;
    }
}

static NTSTATUS ToasterQueryText(_In_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceText.DeviceTextType) {
    case DeviceTextDescription:
        return ToasterFormat(Toaster, Irp, L"" BUS_VENDOR L" toaster %02lu");
    case DeviceTextLocationInformation: return ToasterFormat(Toaster, Irp, L"Toaster slot %lu");
    default: return (NTSTATUS)NOT_MINE;
    }
}

/* ---- what it can ---- */

static NTSTATUS ToasterCapabilities(_In_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    PDEVICE_CAPABILITIES Capabilities =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;
    ULONG State;

    if (Capabilities->Version != 1 || Capabilities->Size < sizeof(*Capabilities))
        return STATUS_UNSUCCESSFUL;
    /* It may be on as long as the machine is; a sleeping one leaves it what the lever needs. */
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (State = PowerSystemSleeping1; State <= PowerSystemSleeping3; State++)
        Capabilities->DeviceState[State] = PowerDeviceD2;
    Capabilities->DeviceState[PowerSystemHibernate] = PowerDeviceD3;
    Capabilities->DeviceState[PowerSystemShutdown] = PowerDeviceD3;
    Capabilities->DeviceD2 = TRUE;
    Capabilities->WakeFromD0 = Capabilities->WakeFromD2 = TRUE;
    Capabilities->SystemWake = PowerSystemSleeping3;
    Capabilities->DeviceWake = PowerDeviceD2;
    Capabilities->D1Latency = 0;
    Capabilities->D2Latency = 10;
    Capabilities->D3Latency = 100; /* units of 100 us */
    Capabilities->LockSupported = Capabilities->EjectSupported = Capabilities->Removable = TRUE;
    Capabilities->SurpriseRemovalOK = Capabilities->UniqueID = Capabilities->SilentInstall = TRUE;
    Capabilities->Address = Capabilities->UINumber = Toaster->Serial;
    return STATUS_SUCCESS;
}

static NTSTATUS ToasterQueryBus(_Inout_ PIRP Irp)
{
    PNP_BUS_INFORMATION Information;

    Information.BusTypeGuid = GUID_BUS_TYPE_DRYDOCK_TOASTER;
    Information.LegacyBusType = PNPBus;
    Information.BusNumber = 0;
    return ToasterAnswer(Irp, &Information, sizeof(Information));
}

static NTSTATUS ToasterQueryRelations(_In_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    DEVICE_RELATIONS Relations;
    NTSTATUS Status;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceRelations.Type !=
        TargetDeviceRelation)
        return (NTSTATUS)NOT_MINE;
    Relations.Count = 1;
    Relations.Objects[0] = Toaster->Common.Self;
    Status = ToasterAnswer(Irp, &Relations, sizeof(Relations));
    if (NT_SUCCESS(Status))
        ObReferenceObject(Toaster->Common.Self);
    return Status;
}

/* ---- GUID_TOASTER_BUS_INTERFACE ---- */

static VOID NTAPI ToasterReference(_In_ PVOID Context)
{
    InterlockedIncrement(&((TOASTER *)Context)->InterfaceReferences);
    ObReferenceObject(((TOASTER *)Context)->Common.Self);
}

static VOID NTAPI ToasterDereference(_In_ PVOID Context)
{
    InterlockedDecrement(&((TOASTER *)Context)->InterfaceReferences);
    ObDereferenceObject(((TOASTER *)Context)->Common.Self);
}

static ULONG NTAPI ToasterGetSerial(_In_ PVOID Context)
{
    return ((TOASTER *)Context)->Serial;
}

static VOID NTAPI ToasterPop(_In_ PVOID Context, _In_ ULONG Milliseconds)
{
    ToasterPopAfter(Context, Milliseconds);
}

static NTSTATUS ToasterQueryInterface(_In_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    TOASTER_BUS_INTERFACE *Interface =
        (TOASTER_BUS_INTERFACE *)Stack->Parameters.QueryInterface.Interface;

    if (!IsEqualGUID(Stack->Parameters.QueryInterface.InterfaceType, &GUID_TOASTER_BUS_INTERFACE))
        return (NTSTATUS)NOT_MINE;
    if (Stack->Parameters.QueryInterface.Size < sizeof(*Interface) ||
        Stack->Parameters.QueryInterface.Version < TOASTER_BUS_INTERFACE_VERSION)
        return STATUS_INVALID_PARAMETER;
    Interface->Header.Size = sizeof(*Interface);
    Interface->Header.Version = TOASTER_BUS_INTERFACE_VERSION;
    Interface->Header.Context = Toaster;
    Interface->Header.InterfaceReference = ToasterReference;
    Interface->Header.InterfaceDereference = ToasterDereference;
    Interface->GetSerial = ToasterGetSerial;
    Interface->PopAfter = ToasterPop;
    ToasterReference(Toaster);
    return STATUS_SUCCESS;
}

/* ---- states ---- */

static NTSTATUS ToasterEnter(_Inout_ TOASTER *Toaster, _In_ BUS_STATE State)
{
    Toaster->Common.StateBefore = Toaster->Common.State;
    Toaster->Common.State = State;
    return STATUS_SUCCESS;
}

static NTSTATUS ToasterCancelled(_Inout_ TOASTER *Toaster, _In_ BUS_STATE Pending)
{
    if (Toaster->Common.State == Pending)
        Toaster->Common.State = Toaster->Common.StateBefore;
    return STATUS_SUCCESS;
}

static NTSTATUS ToasterStart(_Inout_ TOASTER *Toaster)
{
    POWER_STATE State;

    State.DeviceState = PowerDeviceD0;
    Toaster->Power = PowerDeviceD0;
    PoSetPowerState(Toaster->Common.Self, DevicePowerState, State);
    return ToasterEnter(Toaster, BusStarted);
}

static NTSTATUS ToasterSurprise(_Inout_ TOASTER *Toaster)
{
    ToasterDisarm(Toaster, STATUS_DELETE_PENDING);
    return ToasterEnter(Toaster, BusSurpriseRemoved);
}

/* The door is open: it is out before the PnP manager looks again. */
static NTSTATUS ToasterEject(_Inout_ TOASTER *Toaster)
{
    BUS *Bus = Toaster->Bus;

    if (Toaster->Locked)
        return STATUS_DEVICE_BUSY;
    ExAcquireFastMutex(&Bus->Children);
    if (Toaster->Present) {
        Toaster->Present = FALSE;
        Bus->Data.Present--;
        Bus->Data.Ejected++;
    }
    ExReleaseFastMutex(&Bus->Children);
    return STATUS_SUCCESS;
}

/*
 * The device object goes when the PnP manager has been told that the toaster is gone; else it waits
 * for the next start.
 */
static NTSTATUS ToasterRemove(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    BOOLEAN Gone = Toaster->Bus == NULL || (!Toaster->Present && !Toaster->Reported);

    ToasterDisarm(Toaster, STATUS_DELETE_PENDING);
    ToasterEnter(Toaster, Gone ? BusRemoved : BusNotStarted);
    Toaster->Power = PowerDeviceD3;
    BusComplete(Irp, STATUS_SUCCESS, 0);
    if (Gone)
        ToasterDelete(Toaster);
    return STATUS_SUCCESS;
}

NTSTATUS ToasterPnp(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = (NTSTATUS)NOT_MINE;

    Toaster->Asked = TRUE;
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: Status = ToasterStart(Toaster); break;
    case IRP_MN_QUERY_STOP_DEVICE: Status = ToasterEnter(Toaster, BusStopPending); break;
    case IRP_MN_CANCEL_STOP_DEVICE: Status = ToasterCancelled(Toaster, BusStopPending); break;
    case IRP_MN_STOP_DEVICE: Status = ToasterEnter(Toaster, BusStopped); break;
    case IRP_MN_QUERY_REMOVE_DEVICE: Status = ToasterEnter(Toaster, BusRemovePending); break;
    case IRP_MN_CANCEL_REMOVE_DEVICE: Status = ToasterCancelled(Toaster, BusRemovePending); break;
    case IRP_MN_SURPRISE_REMOVAL: Status = ToasterSurprise(Toaster); break;
    case IRP_MN_REMOVE_DEVICE: return ToasterRemove(Toaster, Irp);
    case IRP_MN_EJECT: Status = ToasterEject(Toaster); break;
    case IRP_MN_SET_LOCK:
        Toaster->Locked = Stack->Parameters.SetLock.Lock;
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_ID: Status = ToasterQueryId(Toaster, Irp); break;
    case IRP_MN_QUERY_DEVICE_TEXT: Status = ToasterQueryText(Toaster, Irp); break;
    case IRP_MN_QUERY_CAPABILITIES: Status = ToasterCapabilities(Toaster, Irp); break;
    case IRP_MN_QUERY_BUS_INFORMATION: Status = ToasterQueryBus(Irp); break;
    case IRP_MN_QUERY_DEVICE_RELATIONS: Status = ToasterQueryRelations(Toaster, Irp); break;
    case IRP_MN_QUERY_INTERFACE: Status = ToasterQueryInterface(Toaster, Irp); break;
    case IRP_MN_DEVICE_ENUMERATED: Status = STATUS_SUCCESS; break;
    default: break; /* no resources, no configuration space, no other state: nothing to say */
    }
    if (Status == (NTSTATUS)NOT_MINE)
        Status = Irp->IoStatus.Status;
    return BusComplete(Irp, Status, Irp->IoStatus.Information);
}
