/*
 * KMDF: the functional power states of a device with one component: idle in F1 and D0, then in Dx,
 * and back for a request or for WdfDeviceStopIdle; settings that are refused. Calls:
 * WdfDeviceWdmAssignPowerFrameworkSettings.
 */
#include "pnp_test.h"

#define IOCTL_TOUCH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static POHANDLE PoFx;
static KEVENT InF1, Down;
static const LONG ContextMark;

/* ---- PoFx's callbacks, by way of the framework ---- */

static PO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK Active;
static VOID NTAPI Active(PVOID Context, ULONG Component)
{
    LogText(Context == (PVOID)&ContextMark && Component == 0 ? "active" : "active?");
}

static PO_FX_COMPONENT_IDLE_CONDITION_CALLBACK Idle;
static VOID NTAPI Idle(PVOID Context, ULONG Component)
{
    LogText(Context == (PVOID)&ContextMark && Component == 0 ? "idle" : "idle?");
    PoFxCompleteIdleCondition(PoFx, Component);
}

static PO_FX_COMPONENT_IDLE_STATE_CALLBACK IdleState;
static VOID NTAPI IdleState(PVOID Context, ULONG Component, ULONG State)
{
    UNREFERENCED_PARAMETER(Context);
    LogText(State == 0 ? "F0" : "F1");
    PoFxCompleteIdleState(PoFx, Component);
    if (State == 1)
        KeSetEvent(&InF1, IO_NO_INCREMENT, FALSE);
}

static EVT_WDFDEVICE_WDM_POST_PO_FX_REGISTER_DEVICE EvtRegistered;
static NTSTATUS NTAPI EvtRegistered(WDFDEVICE Unused, POHANDLE Handle)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("register");
    PoFx = Handle;
    PoFxSetDeviceIdleTimeout(Handle, 10000000);
    return STATUS_SUCCESS;
}

static EVT_WDFDEVICE_WDM_PRE_PO_FX_UNREGISTER_DEVICE EvtUnregister;
static VOID NTAPI EvtUnregister(WDFDEVICE Unused, POHANDLE Handle)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText(Handle == PoFx ? "unregister" : "unregister?");
}

/* ---- the device's ---- */

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    LogPower("d0entry", State);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    LogPower("d0exit", State);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtPolicy;
static VOID NTAPI EvtPolicy(WDFDEVICE Unused, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Data);
    KeSetEvent(&Down, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtTouch;
static VOID NTAPI EvtTouch(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength,
                           size_t InputLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    UNREFERENCED_PARAMETER(Code);
    LogText("touch");
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

/* ---- the test ---- */

static VOID Touch(VOID)
{
    PDEVICE_OBJECT Wdm = WdfDeviceWdmGetDeviceObject(Device);
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TOUCH, Wdm, NULL, 0, NULL, 0, FALSE, &Event, &Iosb);
    Status = IoCallDriver(Wdm, Irp);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

static VOID Test(VOID)
{
    WDF_POWER_FRAMEWORK_SETTINGS Settings;

    WaitFor(&Down);
    LogIs("d0entry(D3Final) register idle F1 d0exit(D3)", "the start, and idle after it");
    KeClearEvent(&InF1);
    Touch();
    WaitFor(&InF1);
    LogIs("d0entry(D3) F0 active touch idle F1", "a request: up, into F0, served, idle again");
    Touch();
    WaitFor(&InF1);
    LogIs("F0 active touch idle F1", "another: it was still in D0");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "WdfDeviceStopIdle waits");
    LogIs("F0 active", "for F0");
    Touch();
    LogIs("touch", "a request while it is held");
    WdfDeviceResumeIdle(Device);
    WaitFor(&Down);
    LogIs("idle F1 d0exit(D3)", "idle, then down");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "WdfDeviceStopIdle waits");
    LogIs("d0entry(D3) F0 active", "for D0 and F0");
    WdfDeviceResumeIdle(Device);
    WaitFor(&Down);
    LogIs("idle F1 d0exit(D3)", "idle, then down");
    WDF_POWER_FRAMEWORK_SETTINGS_INIT(&Settings);
    is_status(WdfDeviceWdmAssignPowerFrameworkSettings(Device, &Settings),
              STATUS_INVALID_DEVICE_REQUEST, "a second time");
}

static NTSTATUS AssignIdle(WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE Type)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleCannotWakeFromS0);
    Settings.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
    Settings.IdleTimeoutType = Type;
    return WdfDeviceAssignS0IdleSettings(Device, &Settings);
}

static NTSTATUS Assign(VOID)
{
    PO_FX_COMPONENT_IDLE_STATE States[2] = {{0},
                                            {.TransitionLatency = 1, .ResidencyRequirement = 1}};
    PO_FX_COMPONENT Component;
    WDF_POWER_FRAMEWORK_SETTINGS Settings;
    NTSTATUS Status;

    RtlZeroMemory(&Component, sizeof(Component));
    WDF_POWER_FRAMEWORK_SETTINGS_INIT(&Settings);
    is_status(WdfDeviceWdmAssignPowerFrameworkSettings(Device, &Settings),
              STATUS_INVALID_DEVICE_REQUEST, "without idle settings");
    is_status(AssignIdle(SystemManagedIdleTimeout), STATUS_SUCCESS, "idle settings");
    Settings.Size--;
    is_status(WdfDeviceWdmAssignPowerFrameworkSettings(Device, &Settings),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    WDF_POWER_FRAMEWORK_SETTINGS_INIT(&Settings);
    Settings.Component = &Component;
    is_status(WdfDeviceWdmAssignPowerFrameworkSettings(Device, &Settings), STATUS_INVALID_PARAMETER,
              "no idle states");
    Component.IdleStateCount = 2;
    Component.IdleStates = States;
    Settings.EvtDeviceWdmPostPoFxRegisterDevice = EvtRegistered;
    Settings.EvtDeviceWdmPrePoFxUnregisterDevice = EvtUnregister;
    Settings.ComponentActiveConditionCallback = Active;
    Settings.ComponentIdleConditionCallback = Idle;
    Settings.ComponentIdleStateCallback = IdleState;
    Settings.PoFxDeviceContext = (PVOID)&ContextMark;
    Status = WdfDeviceWdmAssignPowerFrameworkSettings(Device, &Settings);
    is_status(Status, STATUS_SUCCESS, "PoFx settings");
    return Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WdfDeviceInitRegisterPowerPolicyStateChangeCallback(Init, WdfDevStatePwrPolWaitingUnarmed,
                                                        EvtPolicy, StateNotificationEnterState);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = EvtTouch;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    return NT_SUCCESS(Status) ? Assign() : Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&InF1, NotificationEvent, FALSE);
    KeInitializeEvent(&Down, NotificationEvent, FALSE);
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test,
                         "d0entry(D3) F0 active unregister d0exit(D3Final)");
}
