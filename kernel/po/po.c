/*
 * Power: requests to device stacks, power settings, states. The machine runs at S0 on mains power and never sleeps.
 * Left out: system sleep, idle power-down (registered devices never time out), wake from sleep, PoFx.
 */
#include "../io/iop.h"

#define PO_TAG ' orP'

/* ---- passing requests on: plain calls since Windows Vista [doc: PoCallDriver, PoStartNextPowerIrp] ---- */

NT_EXPORT(PoCallDriver);
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

NT_EXPORT(PoStartNextPowerIrp);
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
}

NT_EXPORT(PoSetPowerState);
POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(DeviceObject);
    POWER_STATE Old;

    if (Type == SystemPowerState) {
        Old.SystemState = Extension->SystemPowerState;
        Extension->SystemPowerState = (UCHAR)State.SystemState;
    } else {
        Old.DeviceState = Extension->DevicePowerState;
        Extension->DevicePowerState = (UCHAR)State.DeviceState;
    }
    return Old;
}

/* ---- PoRequestPowerIrp ---- */

typedef struct _PO_REQUEST {
    PDEVICE_OBJECT Device; /* as the caller named it */
    PDEVICE_OBJECT Top;    /* referenced */
    UCHAR Minor;
    POWER_STATE State;
    PREQUEST_POWER_COMPLETE Routine;
    PVOID Context;
} PO_REQUEST;

static NTSTATUS NTAPI PopRequestDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    PO_REQUEST *Request = Context;

    UNREFERENCED_PARAMETER(Device);
    if (Request->Routine != NULL)
        Request->Routine(Request->Device, Request->Minor, Request->State, Request->Context, &Irp->IoStatus);
    ObDereferenceObject(Request->Top);
    ExFreePoolWithTag(Request, PO_TAG);
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID PopFillPower(PIRP Irp, const PO_REQUEST *Request)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);

    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = Request->Minor;
    if (Request->Minor == IRP_MN_WAIT_WAKE) {
        Stack->Parameters.WaitWake.PowerState = Request->State.SystemState;
        return;
    }
    Stack->Parameters.Power.Type = DevicePowerState;
    Stack->Parameters.Power.State = Request->State;
    Stack->Parameters.Power.ShutdownType = PowerActionNone;
}

NT_EXPORT(PoRequestPowerIrp);
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp)
{
    PO_REQUEST *Request;
    PIRP Power;

    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), PO_TAG);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Request->Device = DeviceObject;
    Request->Top = IoGetAttachedDeviceReference(DeviceObject);
    Request->Minor = MinorFunction;
    Request->State = PowerState;
    Request->Routine = CompletionFunction;
    Request->Context = Context;
    Power = IopAllocateIrp(Request->Top->StackSize);
    if (Power == NULL) {
        ObDereferenceObject(Request->Top);
        ExFreePoolWithTag(Request, PO_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PopFillPower(Power, Request);
    IoSetCompletionRoutine(Power, PopRequestDone, Request, TRUE, TRUE, TRUE);
    if (Irp != NULL)
        *Irp = Power;
    IofCallDriver(Request->Top, Power);
    return STATUS_PENDING;
}

/* ---- idle detection, busy, system state ---- */

NT_PARTIAL(PoRegisterDeviceForIdleDetection, "time-outs: a registered device is never powered down for being idle");
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(DeviceObject);

    UNREFERENCED_PARAMETER(State);
    if (ConservationIdleTime == 0 && PerformanceIdleTime == 0)
        return NULL; /* [doc] that cancels a registration */
    return &Extension->IdleCounter;
}

NT_EXPORT(PoSetDeviceBusyEx);
VOID NTAPI PoSetDeviceBusyEx(PULONG IdlePointer)
{
    *IdlePointer = 0;
}

NT_EXPORT(PoStartDeviceBusy);
VOID NTAPI PoStartDeviceBusy(PULONG IdlePointer)
{
    *IdlePointer = 0;
}

NT_EXPORT(PoEndDeviceBusy);
VOID NTAPI PoEndDeviceBusy(PULONG IdlePointer)
{
    *IdlePointer = 0;
}

/* The system does not go to sleep, so there is no idle time to reset. */
NT_EXPORT(PoSetSystemState);
VOID NTAPI PoSetSystemState(EXECUTION_STATE Flags)
{
    UNREFERENCED_PARAMETER(Flags);
}

typedef struct _PO_STATE {
    EXECUTION_STATE Flags;
} PO_STATE;

NT_EXPORT(PoRegisterSystemState);
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags)
{
    PO_STATE *State = StateHandle;

    if (State == NULL)
        State = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*State), PO_TAG);
    if (State != NULL)
        State->Flags = Flags;
    return State;
}

NT_EXPORT(PoUnregisterSystemState);
VOID NTAPI PoUnregisterSystemState(PVOID StateHandle)
{
    ExFreePoolWithTag(StateHandle, PO_TAG);
}

/* No request here ever woke the machine. */
NT_EXPORT(PoGetSystemWake);
BOOLEAN NTAPI PoGetSystemWake(PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
    return FALSE;
}

/* FALSE: no watchdog runs for the device's power requests. [doc: PoQueryWatchdogTime] */
NT_EXPORT(PoQueryWatchdogTime);
BOOLEAN NTAPI PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining)
{
    UNREFERENCED_PARAMETER(Pdo);
    *SecondsRemaining = 0;
    return FALSE;
}

/* ---- power settings ---- */

typedef struct _PO_SETTING {
    GUID Guid;
    ULONG Value;
} PO_SETTING;

/* The settings with a value that does not change: mains power, display on, lid open. [doc: Power Setting GUIDs] */
static const PO_SETTING PopSettings[] = {
    { { 0x5D3E9A59, 0xE9D5, 0x4B00, { 0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48 } }, 0 },   /* ACDC_POWER_SOURCE */
    { { 0xA7AD8041, 0xB45A, 0x4CAE, { 0x87, 0xA3, 0xEE, 0xCB, 0xB4, 0x68, 0xA9, 0xE1 } }, 100 }, /* BATTERY_PERCENTAGE */
    { { 0x02731015, 0x4510, 0x4526, { 0x99, 0xE6, 0xE5, 0xA1, 0x7E, 0xBD, 0x1A, 0xEA } }, 1 },   /* MONITOR_POWER_ON */
    { { 0x6FE69556, 0x704A, 0x47A0, { 0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47 } }, 1 },   /* CONSOLE_DISPLAY_STATE */
    { { 0xBA3E0F4D, 0xB817, 0x4094, { 0xA2, 0xD1, 0xD5, 0x63, 0x79, 0xE6, 0xA0, 0xF3 } }, 1 },   /* LIDSWITCH_STATE_CHANGE */
    { { 0x98A7F580, 0x01F7, 0x48AA, { 0x9C, 0x0F, 0x44, 0x35, 0x2C, 0x29, 0xE5, 0xC0 } }, 0 },   /* SYSTEM_AWAYMODE */
};

typedef struct _PO_CALLBACK {
    GUID Guid;
    PPOWER_SETTING_CALLBACK Routine;
    PVOID Context;
    PDEVICE_OBJECT Device; /* referenced, or NULL */
    WORK_QUEUE_ITEM Item;
    KEVENT Idle;           /* set while the first call is not on its way */
    ULONG Value;
} PO_CALLBACK;

static VOID NTAPI PopFirstCall(PVOID Parameter)
{
    PO_CALLBACK *Callback = Parameter;

    Callback->Routine(&Callback->Guid, &Callback->Value, sizeof(Callback->Value), Callback->Context);
    KeSetEvent(&Callback->Idle, IO_NO_INCREMENT, FALSE);
}

/* [doc: PoRegisterPowerSettingCallback] the routine is called once with the present value, then at each change. */
NT_EXPORT(PoRegisterPowerSettingCallback);
NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                              PPOWER_SETTING_CALLBACK Callback, PVOID Context, PVOID *Handle)
{
    PO_CALLBACK *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), PO_TAG);
    ULONG i;

    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Entry->Guid = *SettingGuid;
    Entry->Routine = Callback;
    Entry->Context = Context;
    Entry->Device = DeviceObject;
    if (DeviceObject != NULL)
        ObReferenceObject(DeviceObject);
    KeInitializeEvent(&Entry->Idle, NotificationEvent, TRUE);
    for (i = 0; i < RTL_NUMBER_OF(PopSettings); i++) {
        if (!IsEqualGUID(&PopSettings[i].Guid, SettingGuid))
            continue;
        Entry->Value = PopSettings[i].Value;
        KeClearEvent(&Entry->Idle);
        ExInitializeWorkItem(&Entry->Item, PopFirstCall, Entry);
        ExQueueWorkItem(&Entry->Item, DelayedWorkQueue);
    }
    if (Handle != NULL)
        *Handle = Entry;
    return STATUS_SUCCESS;
}

NT_EXPORT(PoUnregisterPowerSettingCallback);
NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle)
{
    PO_CALLBACK *Entry = Handle;

    KeWaitForSingleObject(&Entry->Idle, Executive, KernelMode, FALSE, NULL);
    if (Entry->Device != NULL)
        ObDereferenceObject(Entry->Device);
    ExFreePoolWithTag(Entry, PO_TAG);
    return STATUS_SUCCESS;
}
