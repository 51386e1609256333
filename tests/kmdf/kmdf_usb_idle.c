/* KMDF: selective suspend of a USB device: the stack says when it goes down; who needs it brings it
 * up. */
#include "usb_bus.h"

#define IDLE_MS 50u

static KEVENT Down, Up;
static BOOLEAN CallbackReturned;

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Handle, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Handle);
    LogPower("up", Previous);
    KeSetEvent(&Up, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Handle, WDF_POWER_DEVICE_STATE Target)
{
    UNREFERENCED_PARAMETER(Handle);
    LogPower("down", Target);
    ok(Target != WdfPowerDeviceD2 || !CallbackReturned, "it goes down within the stack's callback");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_ARM_WAKE_FROM_S0 EvtArm;
static NTSTATUS NTAPI EvtArm(WDFDEVICE Handle)
{
    UNREFERENCED_PARAMETER(Handle);
    LogText("arm");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_DISARM_WAKE_FROM_S0 EvtDisarm;
static VOID NTAPI EvtDisarm(WDFDEVICE Handle)
{
    UNREFERENCED_PARAMETER(Handle);
    LogText("disarm");
}

static EVT_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtPolicy;
static VOID NTAPI EvtPolicy(WDFDEVICE Handle, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(Data);
    KeSetEvent(&Down, IO_NO_INCREMENT, FALSE);
}

static VOID Init(PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS Power)
{
    WDF_POWER_POLICY_EVENT_CALLBACKS Policy;

    Power->EvtDeviceD0Entry = EvtD0Entry;
    Power->EvtDeviceD0Exit = EvtD0Exit;
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&Policy);
    Policy.EvtDeviceArmWakeFromS0 = EvtArm;
    Policy.EvtDeviceDisarmWakeFromS0 = EvtDisarm;
    WdfDeviceInitSetPowerPolicyEventCallbacks(DeviceInit, &Policy);
    is_status(
        WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
            DeviceInit, WdfDevStatePwrPolWaitingArmedUsbSS, EvtPolicy, StateNotificationEnterState),
        STATUS_SUCCESS, "the suspended state is watched");
}

/* The stack may suspend the device: its callback runs until the device is down. The request stays.
 */
static WDFREQUEST Suspend(VOID)
{
    PUSB_IDLE_CALLBACK_INFO Info;
    WDFREQUEST Request;

    WaitFor(&UsbIdleCame);
    if (!is_status(WdfIoQueueRetrieveNextRequest(UsbIdles, &Request), STATUS_SUCCESS,
                   "an idle notification"))
        return NULL;
    Info = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request))
               ->Parameters.DeviceIoControl.Type3InputBuffer;
    LogIs("", "nothing happens before the stack calls back");
    CallbackReturned = FALSE;
    Info->IdleCallback(Info->IdleContext);
    CallbackReturned = TRUE;
    WaitFor(&Down);
    LogIs("arm down(D2)", "armed and down when the callback returns");
    return Request;
}

static VOID Requeue(WDFREQUEST Request)
{
    is_status(WdfRequestRequeue(Request), STATUS_SUCCESS,
              "the notification can be cancelled again");
    KeClearEvent(&Up);
}

static ULONG IdlesThatWait(VOID)
{
    ULONG Waiting = 0;

    WdfIoQueueGetState(UsbIdles, &Waiting, NULL);
    return Waiting;
}

/* Somebody needs the device: the request is withdrawn. */
static VOID TestUse(VOID)
{
    WDFREQUEST Request = Suspend();

    if (Request == NULL)
        return;
    Requeue(Request);
    is_status(WdfDeviceStopIdle(UsbFunction, TRUE), STATUS_SUCCESS, "WdfDeviceStopIdle");
    LogIs("up(D2) disarm", "brings it up");
    is_ulong(IdlesThatWait(), 0, "and withdraws the notification");
    WdfDeviceResumeIdle(UsbFunction);
}

/* The stack ends the request: the device has woken. */
static VOID TestWake(VOID)
{
    WDFREQUEST Request = Suspend();

    if (Request == NULL)
        return;
    KeClearEvent(&Up);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    WaitFor(&Up);
    is_status(WdfDeviceStopIdle(UsbFunction, TRUE), STATUS_SUCCESS, "it is up");
    LogIs("up(D2) disarm", "as the notification ended");
    WdfDeviceResumeIdle(UsbFunction);
}

/* The device is needed before the stack calls back. */
static VOID TestWithdrawn(VOID)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};

    WaitFor(&UsbIdleCame);
    is_ulong(IdlesThatWait(), 1, "an idle notification");
    is_status(WdfDeviceStopIdle(UsbFunction, TRUE), STATUS_SUCCESS, "WdfDeviceStopIdle");
    while (IdlesThatWait() != 0) /* nothing tells when the request is gone */
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    LogIs("", "the device has not been down");
}

static VOID Test(VOID)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;
    WDFREQUEST Request;

    KeInitializeEvent(&Down, NotificationEvent, FALSE);
    LogIs("up(D3Final)", "start");
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleUsbSelectiveSuspend);
    Settings.IdleTimeout = IDLE_MS;
    is_status(WdfDeviceAssignS0IdleSettings(UsbBus, &Settings), STATUS_POWER_STATE_INVALID,
              "a bus that cannot wake");
    is_status(WdfDeviceAssignS0IdleSettings(UsbFunction, &Settings), STATUS_SUCCESS,
              "selective suspend");
    TestUse();
    TestWake();
    TestWithdrawn();
    WdfDeviceResumeIdle(UsbFunction);
    Request = Suspend(); /* and so it stays to the end */
    if (Request != NULL)
        Requeue(Request);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Up, NotificationEvent, FALSE);
    UsbInit = Init;
    return usb_test_main(DriverObject, RegistryPath, Test);
}
