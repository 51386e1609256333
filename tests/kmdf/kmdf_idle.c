/* KMDF: the power policy owner: idle power-down and its ends, system sleep, settings that are
 * refused. */
#include "pnp_test.h"

#define IOCTL_TOUCH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IDLE_MS 100u

static KEVENT Down, Up;
static ULONG Touches;
static POWER_ACTION ActionDown;

/* ---- callbacks ---- */

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText(Previous == WdfPowerDeviceD3 ? "up3" : Previous == WdfPowerDeviceD2 ? "up2" : "up");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Target)
{
    ActionDown = WdfDeviceGetSystemPowerAction(Unused);
    LogText(Target == WdfPowerDeviceD3 ? "down3" : Target == WdfPowerDeviceD2 ? "down2" : "down");
    return STATUS_SUCCESS;
}

/* The last callback up and the first down: the test waits for the machine's state changes below
 * instead. */
static EVT_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtPolicy;
static VOID NTAPI EvtPolicy(WDFDEVICE Unused, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Unused);
    if (Data->Data.EnterState.NewState == WdfDevStatePwrPolWaitingUnarmed)
        KeSetEvent(&Down, IO_NO_INCREMENT, FALSE);
    else if (Data->Data.EnterState.NewState == WdfDevStatePwrPolStartedIdleCapable)
        KeSetEvent(&Up, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtTouch;
static VOID NTAPI EvtTouch(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength,
                           size_t InputLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    UNREFERENCED_PARAMETER(Code);
    Touches++;
    LogText("touch");
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

/* ---- requests ---- */

static NTSTATUS Touch(VOID)
{
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TOUCH, WdfDeviceWdmGetDeviceObject(Device), NULL, 0,
                                        NULL, 0, FALSE, &Event, &Iosb);
    Status = IoCallDriver(WdfDeviceWdmGetDeviceObject(Device), Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

static NTSTATUS NTAPI PowerCompleted(PDEVICE_OBJECT Object, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* What the power manager sends as the system changes its state. */
static NTSTATUS SystemPower(SYSTEM_POWER_STATE State, POWER_ACTION Action)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Pdo);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    KEVENT Event;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = IRP_MN_SET_POWER;
    Stack->Parameters.Power.Type = SystemPowerState;
    Stack->Parameters.Power.State.SystemState = State;
    Stack->Parameters.Power.ShutdownType = Action;
    IoSetCompletionRoutine(Irp, PowerCompleted, &Event, TRUE, TRUE, TRUE);
    PoCallDriver(Top, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    Status = Irp->IoStatus.Status;
    IoFreeIrp(Irp);
    ObDereferenceObject(Top);
    return Status;
}

/* ---- the test ---- */

static NTSTATUS Assign(WDF_POWER_POLICY_S0_IDLE_CAPABILITIES Caps, DEVICE_POWER_STATE DxState,
                       WDF_TRI_STATE Enabled)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, Caps);
    Settings.DxState = DxState;
    Settings.IdleTimeout = IDLE_MS;
    Settings.Enabled = Enabled;
    Settings.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
    return WdfDeviceAssignS0IdleSettings(Device, &Settings);
}

static VOID TestSettings(VOID)
{
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Wake;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    is_status(Assign(IdleCannotWakeFromS0, PowerDeviceD0, WdfTrue), STATUS_POWER_STATE_INVALID,
              "D0 is no idle state");
    is_status(Assign(IdleCapsInvalid, PowerDeviceD3, WdfTrue), STATUS_INVALID_PARAMETER,
              "no such capability");
    is_status(Assign(IdleCannotWakeFromS0, PowerDeviceD3, (WDF_TRI_STATE)7),
              STATUS_INVALID_PARAMETER, "no such choice");
    is_status(Assign(IdleCanWakeFromS0, PowerDeviceMaximum, WdfTrue), STATUS_POWER_STATE_INVALID,
              "a root device does not wake itself");
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleCannotWakeFromS0);
    Settings.Size--;
    is_status(WdfDeviceAssignS0IdleSettings(Device, &Settings), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong size");
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&Wake);
    is_status(WdfDeviceAssignSxWakeSettings(Device, &Wake), STATUS_POWER_STATE_INVALID,
              "nor the system");
}

static VOID TestIdle(VOID)
{
    WaitFor(&Down);
    LogIs("up down3", "idle after the start");
    is_ulong(ActionDown, PowerActionNone, "for no reason of the system's");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "WdfDeviceStopIdle waits for D0");
    LogIs("up3", "it is in D0");
    is_status(WdfDeviceStopIdle(Device, FALSE), STATUS_SUCCESS, "a second reference");
    WdfDeviceResumeIdle(Device);
    WaitFor(&Up);
    WdfDeviceResumeIdle(Device);
    WaitFor(&Down);
    LogIs("down3", "idle again");
    is_status(WdfDeviceStopIdle(Device, FALSE), STATUS_PENDING,
              "WdfDeviceStopIdle without waiting");
    WaitFor(&Up);
    LogIs("up3", "but it comes");
    WdfDeviceResumeIdle(Device);
    WaitFor(&Down);
    LogIs("down3", "idle");
    is_status(Touch(), STATUS_SUCCESS, "a request for a power-managed queue");
    LogIs("up3 touch", "wakes the device first");
    WaitFor(&Up);
    WaitFor(&Down);
    LogIs("down3", "idle");
    is_status(Assign(IdleCannotWakeFromS0, PowerDeviceD2, WdfFalse), STATUS_SUCCESS,
              "idle power-down off");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "D0");
    LogIs("up3", "brings it back");
    WdfDeviceResumeIdle(Device);
    is_status(Assign(IdleCannotWakeFromS0, PowerDeviceD2, WdfTrue), STATUS_SUCCESS,
              "idle power-down on, to D2");
    WaitFor(&Down);
    LogIs("down2", "goes there");
}

/* From D2: the device is not needed, so it stays as it is while the system sleeps and wakes. */
static VOID TestSystem(VOID)
{
    is_status(SystemPower(PowerSystemSleeping3, PowerActionSleep), STATUS_SUCCESS,
              "the system sleeps");
    is_status(SystemPower(PowerSystemWorking, PowerActionSleep), STATUS_SUCCESS, "and works again");
    LogIs("", "the idle device stays down");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "needed");
    LogIs("up2", "it comes");
    KeClearEvent(&Up);
    is_status(SystemPower(PowerSystemSleeping3, PowerActionSleep), STATUS_SUCCESS,
              "the system sleeps, the device is needed");
    LogIs("down3", "it goes down all the same");
    is_ulong(ActionDown, PowerActionSleep, "WdfDeviceGetSystemPowerAction");
    is_status(WdfDeviceStopIdle(Device, FALSE), STATUS_PENDING,
              "asked for while the system sleeps");
    LogIs("", "it does not come");
    WdfDeviceResumeIdle(Device);
    is_status(SystemPower(PowerSystemWorking, PowerActionSleep), STATUS_SUCCESS,
              "the system works");
    WaitFor(&Up);
    LogIs("up3", "and the device comes back");
    WdfDeviceResumeIdle(Device);
    KeClearEvent(&Down);
    WaitFor(&Down);
    LogIs("down2", "to idle");
}

static VOID Test(VOID)
{
    TestIdle();
    TestSystem();
}

/* ---- the driver ---- */

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_IO_QUEUE_CONFIG Queue;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    is_status(WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
                  Init, WdfDevStatePwrPolWaitingUnarmed, EvtPolicy, StateNotificationEnterState),
              STATUS_SUCCESS, "down");
    is_status(
        WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
            Init, WdfDevStatePwrPolStartedIdleCapable, EvtPolicy, StateNotificationEnterState),
        STATUS_SUCCESS, "up");
    Status = WdfDeviceCreate(&Init, NULL, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchSequential);
    Queue.EvtIoDeviceControl = EvtTouch;
    is_status(WdfIoQueueCreate(Device, &Queue, NULL, NULL), STATUS_SUCCESS,
              "a power-managed queue");
    TestSettings();
    is_status(Assign(IdleCannotWakeFromS0, PowerDeviceD3, WdfTrue), STATUS_SUCCESS,
              "idle settings");
    return STATUS_SUCCESS;
}

static VOID Removed(VOID)
{
    is_ulong(Touches, 1, "one request");
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Down, NotificationEvent, FALSE);
    KeInitializeEvent(&Up, NotificationEvent, FALSE);
    PnpTest.Unload = Removed;
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, "up2 down");
}
