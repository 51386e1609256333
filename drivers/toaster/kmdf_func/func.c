/*
 * toaster_kmdf.sys: a toaster's function driver again, with the framework. What it does is in
 * include/toaster.h. Requests come in through a power-managed queue, so they find the device
 * powered or wait; those that have to wait for toast go on to Reads, which is not power-managed:
 * waiting keeps no toaster awake. Bread waits in Writes, which is: it does.
 */
#include <initguid.h>
#include <ntddk.h>
#include <wdf.h>

#include "../include/toaster.h"

#define FUNC_TAG 'kuFT'

typedef struct _FUNC {
    TOASTER_BUS_INTERFACE Bus;
    WDFQUEUE Reads, Writes;
    WDFTIMER Timer;
    WDFSPINLOCK Lock;
    UCHAR Toast[TOASTER_RACK]; /* Lock */
    ULONG ToastBytes;          /* Lock */
    TOASTER_STATUS Status;     /* Lock */
    BOOLEAN Gone;              /* Lock */
} FUNC;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FUNC, FuncOf)

DRIVER_INITIALIZE DriverEntry;

/* ---- toast ---- */

static ULONG FuncTakeToast(_Inout_ FUNC *Func, _Out_writes_(Bytes) PUCHAR Buffer, _In_ ULONG Bytes)
{
    ULONG Taken = min(Bytes, Func->ToastBytes);

    RtlCopyMemory(Buffer, Func->Toast, Taken);
    Func->ToastBytes -= Taken;
    RtlMoveMemory(Func->Toast, Func->Toast + Taken, Func->ToastBytes);
    return Taken;
}

/* A read gets toast. FALSE: there is none. */
static BOOLEAN FuncServe(_Inout_ FUNC *Func, _In_ WDFREQUEST Request)
{
    PUCHAR Buffer;
    size_t Bytes;
    ULONG Taken;
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, 1, (PVOID *)&Buffer, &Bytes);

    if (!NT_SUCCESS(Status)) {
        WdfRequestComplete(Request, Status);
        return TRUE;
    }
    WdfSpinLockAcquire(Func->Lock);
    Taken = FuncTakeToast(Func, Buffer, (ULONG)Bytes);
    WdfSpinLockRelease(Func->Lock);
    if (Taken == 0)
        return FALSE;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Taken);
    return TRUE;
}

/* Those who wait, as long as there is toast. */
static VOID FuncServeAll(_Inout_ FUNC *Func)
{
    WDFREQUEST Request;

    while (Func->ToastBytes != 0 &&
           NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Func->Reads, &Request))) {
        if (FuncServe(Func, Request))
            continue;
        if (!NT_SUCCESS(WdfRequestRequeue(Request))) /* another read was faster */
            WdfRequestComplete(Request, STATUS_DEVICE_REMOVED);
    }
}

static NTSTATUS FuncToast(_Inout_ FUNC *Func, _In_ WDFREQUEST Request, _Out_ size_t *Bytes)
{
    NTSTATUS Status;
    PUCHAR Bread;
    size_t i;

    Status = WdfRequestRetrieveInputBuffer(Request, 1, (PVOID *)&Bread, Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    WdfSpinLockAcquire(Func->Lock);
    if (*Bytes > sizeof(Func->Toast) - Func->ToastBytes) {
        Status = STATUS_DEVICE_BUSY; /* nobody takes the toast away */
        *Bytes = 0;
    }
    for (i = 0; i < *Bytes; i++)
        Func->Toast[Func->ToastBytes++] =
            (UCHAR)(Bread[i] >= 'a' && Bread[i] <= 'z' ? Bread[i] - 'a' + 'A' : Bread[i]);
    Func->Status.Toasted += (ULONG)*Bytes;
    WdfSpinLockRelease(Func->Lock);
    return Status;
}

static ULONG FuncWaiting(_In_ WDFQUEUE Queue)
{
    ULONG Count, Given;

    WdfIoQueueGetState(Queue, &Count, &Given);
    return Count;
}

/* The slots are lowered, if there is bread. */
static VOID FuncLowerSlots(_Inout_ FUNC *Func)
{
    if (FuncWaiting(Func->Writes) != 0)
        WdfTimerStart(Func->Timer, WDF_REL_TIMEOUT_IN_MS(TOASTER_MS * Func->Status.Browning));
}

static EVT_WDF_TIMER FuncEvtToasted;
static VOID NTAPI FuncEvtToasted(_In_ WDFTIMER Timer)
{
    FUNC *Func = FuncOf(WdfTimerGetParentObject(Timer));
    WDFREQUEST Request;
    NTSTATUS Status;
    size_t Bytes = 0;

    if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Func->Writes, &Request))) {
        Status = FuncToast(Func, Request, &Bytes);
        WdfRequestCompleteWithInformation(Request, Status, Bytes);
        FuncServeAll(Func);
    }
    FuncLowerSlots(Func);
}

/* ---- requests ---- */

static VOID FuncWait(_In_ WDFREQUEST Request, _In_ WDFQUEUE Queue)
{
    NTSTATUS Status = WdfRequestForwardToIoQueue(Request, Queue);

    if (!NT_SUCCESS(Status))
        WdfRequestComplete(Request, Status);
}

static EVT_WDF_IO_QUEUE_IO_READ FuncEvtRead;
static VOID NTAPI FuncEvtRead(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    FUNC *Func = FuncOf(WdfIoQueueGetDevice(Queue));

    UNREFERENCED_PARAMETER(Length);
    if (Func->Gone) {
        WdfRequestComplete(Request, STATUS_DEVICE_REMOVED);
    } else if (!FuncServe(Func, Request)) {
        FuncWait(Request, Func->Reads);
        FuncServeAll(Func); /* some may have come in between */
    }
}

static EVT_WDF_IO_QUEUE_IO_WRITE FuncEvtWrite;
static VOID NTAPI FuncEvtWrite(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t Length)
{
    FUNC *Func = FuncOf(WdfIoQueueGetDevice(Queue));

    if (Length > TOASTER_SLOTS) {
        WdfRequestComplete(Request, STATUS_INVALID_BUFFER_SIZE);
        return;
    }
    FuncWait(Request, Func->Writes);
    if (FuncWaiting(Func->Writes) == 1) /* else the slots are down already */
        FuncLowerSlots(Func);
}

static NTSTATUS FuncTellStatus(_In_ FUNC *Func, _In_ WDFREQUEST Request, _Out_ size_t *Used)
{
    TOASTER_STATUS *Out;

    *Used = 0;
    if (!NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, sizeof(*Out), (PVOID *)&Out, NULL)))
        return STATUS_BUFFER_TOO_SMALL;
    *Out = Func->Status;
    Out->ReadsWaiting = FuncWaiting(Func->Reads);
    Out->WritesWaiting = FuncWaiting(Func->Writes);
    *Used = sizeof(*Out);
    return STATUS_SUCCESS;
}

static NTSTATUS FuncSetNumber(_In_ FUNC *Func, _In_ WDFREQUEST Request, _In_ ULONG Code)
{
    ULONG *Number;

    if (!NT_SUCCESS(
            WdfRequestRetrieveInputBuffer(Request, sizeof(*Number), (PVOID *)&Number, NULL)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Code == IOCTL_TOASTER_POP_AFTER) {
        Func->Bus.PopAfter(Func->Bus.Header.Context, *Number);
        return STATUS_SUCCESS;
    }
    if (*Number < 1 || *Number > TOASTER_BROWNING_MAX)
        return STATUS_INVALID_PARAMETER;
    Func->Status.Browning = *Number;
    return STATUS_SUCCESS;
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL FuncEvtControl;
static VOID NTAPI FuncEvtControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request,
                                 _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                                 _In_ ULONG IoControlCode)
{
    FUNC *Func = FuncOf(WdfIoQueueGetDevice(Queue));
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    size_t Used = 0;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    if (IoControlCode == IOCTL_TOASTER_GET_STATUS)
        Status = FuncTellStatus(Func, Request, &Used);
    else if (IoControlCode == IOCTL_TOASTER_SET_BROWNING ||
             IoControlCode == IOCTL_TOASTER_POP_AFTER)
        Status = FuncSetNumber(Func, Request, IoControlCode);
    WdfRequestCompleteWithInformation(Request, Status, Used);
}

/* ---- PnP and power ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE FuncEvtPrepare;
static NTSTATUS NTAPI FuncEvtPrepare(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST Raw,
                                     _In_ WDFCMRESLIST Translated)
{
    FUNC *Func = FuncOf(Device);
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    Status = WdfFdoQueryForInterface(Device, &GUID_TOASTER_BUS_INTERFACE, &Func->Bus.Header,
                                     sizeof(Func->Bus), TOASTER_BUS_INTERFACE_VERSION, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Func->Status.Serial = Func->Bus.GetSerial(Func->Bus.Header.Context);
    Func->Status.Starts++;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE FuncEvtRelease;
static NTSTATUS NTAPI FuncEvtRelease(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST Translated)
{
    FUNC *Func = FuncOf(Device);

    UNREFERENCED_PARAMETER(Translated);
    if (Func->Bus.Header.Context != NULL)
        Func->Bus.Header.InterfaceDereference(Func->Bus.Header.Context);
    RtlZeroMemory(&Func->Bus, sizeof(Func->Bus));
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY FuncEvtUp;
static NTSTATUS NTAPI FuncEvtUp(_In_ WDFDEVICE Device, _In_ WDF_POWER_DEVICE_STATE PreviousState)
{
    UNREFERENCED_PARAMETER(PreviousState);
    FuncLowerSlots(FuncOf(Device));
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT FuncEvtDown;
static NTSTATUS NTAPI FuncEvtDown(_In_ WDFDEVICE Device, _In_ WDF_POWER_DEVICE_STATE TargetState)
{
    FUNC *Func = FuncOf(Device);

    WdfTimerStop(Func->Timer, TRUE);
    if (TargetState != WdfPowerDeviceD3Final)
        Func->Status.PowerDowns++;
    return STATUS_SUCCESS;
}

static VOID FuncWoken(_In_ WDFDEVICE Device)
{
    InterlockedIncrement((PLONG)&FuncOf(Device)->Status.Wakes);
}

static EVT_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED FuncEvtWokenS0;
static VOID NTAPI FuncEvtWokenS0(_In_ WDFDEVICE Device)
{
    FuncWoken(Device);
}

static EVT_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED FuncEvtWokenSx;
static VOID NTAPI FuncEvtWokenSx(_In_ WDFDEVICE Device)
{
    FuncWoken(Device);
}

/* The framework purges its power-managed queues by itself; Reads is none. */
static VOID FuncFailReads(_Inout_ FUNC *Func)
{
    WDFREQUEST Request;

    Func->Gone = TRUE;
    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Func->Reads, &Request)))
        WdfRequestComplete(Request, STATUS_DEVICE_REMOVED);
    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Func->Writes, &Request)))
        WdfRequestComplete(Request, STATUS_DEVICE_REMOVED);
}

static EVT_WDF_DEVICE_SURPRISE_REMOVAL FuncEvtSurprise;
static VOID NTAPI FuncEvtSurprise(_In_ WDFDEVICE Device)
{
    FuncFailReads(FuncOf(Device));
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_FLUSH FuncEvtFlush;
static VOID NTAPI FuncEvtFlush(_In_ WDFDEVICE Device)
{
    FuncFailReads(FuncOf(Device));
}

/* ---- WMI ---- */

static EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE FuncEvtQueryData;
static NTSTATUS NTAPI FuncEvtQueryData(_In_ WDFWMIINSTANCE WmiInstance, _In_ ULONG OutBufferSize,
                                       _Out_writes_bytes_to_(OutBufferSize, *BufferUsed)
                                           PVOID OutBuffer,
                                       _Out_ PULONG BufferUsed)
{
    UNREFERENCED_PARAMETER(OutBufferSize); /* at least MinInstanceBufferSize */
    *(TOASTER_STATUS *)OutBuffer = FuncOf(WdfWmiInstanceGetDevice(WmiInstance))->Status;
    *BufferUsed = sizeof(TOASTER_STATUS);
    return STATUS_SUCCESS;
}

static NTSTATUS FuncSetBrowning(_In_ WDFWMIINSTANCE Instance, _In_ ULONG Browning)
{
    if (Browning < 1 || Browning > TOASTER_BROWNING_MAX)
        return STATUS_WMI_SET_FAILURE;
    FuncOf(WdfWmiInstanceGetDevice(Instance))->Status.Browning = Browning;
    return STATUS_SUCCESS;
}

static EVT_WDF_WMI_INSTANCE_SET_INSTANCE FuncEvtSetData;
static NTSTATUS NTAPI FuncEvtSetData(_In_ WDFWMIINSTANCE WmiInstance, _In_ ULONG InBufferSize,
                                     _In_reads_bytes_(InBufferSize) PVOID InBuffer)
{
    UNREFERENCED_PARAMETER(InBufferSize); /* at least MinInstanceBufferSize */
    return FuncSetBrowning(WmiInstance, ((TOASTER_STATUS *)InBuffer)->Browning);
}

static EVT_WDF_WMI_INSTANCE_SET_ITEM FuncEvtSetItem;
static NTSTATUS NTAPI FuncEvtSetItem(_In_ WDFWMIINSTANCE WmiInstance, _In_ ULONG DataItemId,
                                     _In_ ULONG InBufferSize,
                                     _In_reads_bytes_(InBufferSize) PVOID InBuffer)
{
    if (DataItemId != TOASTER_ITEM_BROWNING)
        return DataItemId == 0 || DataItemId > sizeof(TOASTER_STATUS) / sizeof(ULONG)
                   ? STATUS_WMI_ITEMID_NOT_FOUND
                   : STATUS_WMI_READ_ONLY;
    return InBufferSize < sizeof(ULONG) ? STATUS_WMI_SET_FAILURE
                                        : FuncSetBrowning(WmiInstance, *(PULONG)InBuffer);
}

static NTSTATUS FuncOfferData(_In_ WDFDEVICE Device)
{
    WDF_WMI_PROVIDER_CONFIG Provider;
    WDF_WMI_INSTANCE_CONFIG Instance;

    WDF_WMI_PROVIDER_CONFIG_INIT(&Provider, &GUID_WMI_TOASTER);
    Provider.MinInstanceBufferSize = sizeof(TOASTER_STATUS);
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&Instance, &Provider);
    Instance.Register = TRUE;
    Instance.EvtWmiInstanceQueryInstance = FuncEvtQueryData;
    Instance.EvtWmiInstanceSetInstance = FuncEvtSetData;
    Instance.EvtWmiInstanceSetItem = FuncEvtSetItem;
    return WdfWmiInstanceCreate(Device, &Instance, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

/* ---- a toaster comes ---- */

/* A value of the driver's Parameters key; Default when it is absent. */
static ULONG FuncParameter(_In_ WDFDEVICE Device, _In_ PCUNICODE_STRING Name, _In_ ULONG Default)
{
    ULONG Value = Default;
    WDFKEY Key;

    if (!NT_SUCCESS(WdfDriverOpenParametersRegistryKey(WdfDeviceGetDriver(Device), KEY_READ,
                                                       WDF_NO_OBJECT_ATTRIBUTES, &Key)))
        return Default;
    if (!NT_SUCCESS(WdfRegistryQueryULong(Key, Name, &Value)))
        Value = Default;
    WdfRegistryClose(Key);
    return Value;
}

static NTSTATUS FuncSetPolicy(_In_ WDFDEVICE Device)
{
    DECLARE_CONST_UNICODE_STRING(IdleSeconds, L"IdleSeconds");
    DECLARE_CONST_UNICODE_STRING(WakeEnabled, L"WakeEnabled");
    BOOLEAN Wake = FuncParameter(Device, &WakeEnabled, 1) != 0;
    ULONG Seconds = FuncParameter(Device, &IdleSeconds, 10);
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Idle;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Sx;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Wake) {
        WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&Sx);
        Sx.DxState = PowerDeviceD2;
        Status = WdfDeviceAssignSxWakeSettings(Device, &Sx);
    }
    if (NT_SUCCESS(Status) && Seconds != 0) {
        WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Idle,
                                                   Wake ? IdleCanWakeFromS0 : IdleCannotWakeFromS0);
        Idle.IdleTimeout = Seconds * 1000;
        Idle.DxState = Wake ? PowerDeviceD2 : PowerDeviceD3;
        Status = WdfDeviceAssignS0IdleSettings(Device, &Idle);
    }
    return Status;
}

/* A driver learns what a bus can when the device is started: the policy is set then. */
static EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT FuncEvtInit;
static NTSTATUS NTAPI FuncEvtInit(_In_ WDFDEVICE Device)
{
    return FuncSetPolicy(Device);
}

static NTSTATUS FuncMakeQueues(_In_ WDFDEVICE Device)
{
    FUNC *Func = FuncOf(Device);
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoRead = FuncEvtRead;
    Config.EvtIoWrite = FuncEvtWrite;
    Config.EvtIoDeviceControl = FuncEvtControl;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    Config.PowerManaged = WdfFalse;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Func->Reads);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Func->Writes);
}

static NTSTATUS FuncMakeParts(_In_ WDFDEVICE Device)
{
    FUNC *Func = FuncOf(Device);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_TIMER_CONFIG Timer;
    NTSTATUS Status;

    Func->Status.Browning = 1;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    Status = WdfSpinLockCreate(&Attributes, &Func->Lock);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_TIMER_CONFIG_INIT(&Timer, FuncEvtToasted);
    Timer.AutomaticSerialization = FALSE;
    Status = WdfTimerCreate(&Timer, &Attributes, &Func->Timer);
    if (NT_SUCCESS(Status))
        Status = FuncMakeQueues(Device);
    if (NT_SUCCESS(Status))
        Status = FuncOfferData(Device);
    return NT_SUCCESS(Status)
               ? WdfDeviceCreateDeviceInterface(Device, &GUID_DEVINTERFACE_TOASTER, NULL)
               : Status;
}

static VOID FuncSetCallbacks(_Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Pnp;
    WDF_POWER_POLICY_EVENT_CALLBACKS Policy;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Pnp);
    Pnp.EvtDevicePrepareHardware = FuncEvtPrepare;
    Pnp.EvtDeviceReleaseHardware = FuncEvtRelease;
    Pnp.EvtDeviceD0Entry = FuncEvtUp;
    Pnp.EvtDeviceD0Exit = FuncEvtDown;
    Pnp.EvtDeviceSurpriseRemoval = FuncEvtSurprise;
    Pnp.EvtDeviceSelfManagedIoInit = FuncEvtInit;
    Pnp.EvtDeviceSelfManagedIoFlush = FuncEvtFlush;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &Pnp);
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&Policy);
    Policy.EvtDeviceWakeFromS0Triggered = FuncEvtWokenS0;
    Policy.EvtDeviceWakeFromSxTriggered = FuncEvtWokenSx;
    WdfDeviceInitSetPowerPolicyEventCallbacks(DeviceInit, &Policy);
}

static EVT_WDF_DRIVER_DEVICE_ADD FuncEvtAdd;
static NTSTATUS NTAPI FuncEvtAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    FuncSetCallbacks(DeviceInit);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoBuffered);
    WdfDeviceInitSetCharacteristics(DeviceInit, FILE_DEVICE_SECURE_OPEN, TRUE);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, FUNC);
    Status = WdfDeviceCreate(&DeviceInit, &Attributes, &Device);
    return NT_SUCCESS(Status) ? FuncMakeParts(Device) : Status;
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    WDF_DRIVER_CONFIG_INIT(&Config, FuncEvtAdd);
    Config.DriverPoolTag = FUNC_TAG;
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config,
                           WDF_NO_HANDLE);
}
