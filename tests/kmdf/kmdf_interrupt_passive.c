/*
 * KMDF: an interrupt handled at PASSIVE_LEVEL, below a queue, that also wakes the idle device: its
 * lock, work item and sleep. Calls: WdfInterruptCreate, WdfInterruptQueueWorkItemForIsr,
 * WdfInterruptTryToAcquireLock, WdfInterruptAcquireLock, WdfInterruptReleaseLock,
 * WdfInterruptSynchronize, WdfDeviceAssignS0IdleSettings.
 */
#include "kmdf_timer.h"

#define IDLE_MS 100u

static WDFINTERRUPT Interrupt;
static WDFQUEUE Queue;
static WDFWAITLOCK Lock;
static volatile LONG Calls, Wrong;
static BOOLEAN FirstQueued, Requeued;
static KEVENT Served, Down, TryDone;
static BOOLEAN Tried;
static WDFWORKITEM Trier;

/* ---- the interrupt ---- */

static EVT_WDF_INTERRUPT_ISR EvtIsr;
static BOOLEAN NTAPI EvtIsr(WDFINTERRUPT Handle, ULONG Message)
{
    Calls++;
    Wrong += KeGetCurrentIrql() != PASSIVE_LEVEL || Message != 0 || Handle != Interrupt;
    Wrong += !KeAreApcsDisabled(); /* the lock is held */
    LogText("isr");
    if (!timer_acknowledge())
        return FALSE;
    FirstQueued = WdfInterruptQueueWorkItemForIsr(Handle);
    Requeued = WdfInterruptQueueWorkItemForIsr(Handle);
    return TRUE;
}

static EVT_WDF_INTERRUPT_WORKITEM EvtWorkItem;
static VOID NTAPI EvtWorkItem(WDFINTERRUPT Handle, WDFOBJECT Associated)
{
    Wrong += KeGetCurrentIrql() != PASSIVE_LEVEL || Handle != Interrupt ||
             Associated != (WDFOBJECT)Device;
    KeSetEvent(&Served, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_INTERRUPT_ENABLE EvtEnable;
static NTSTATUS NTAPI EvtEnable(WDFINTERRUPT Handle, WDFDEVICE Associated)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(Associated);
    LogText(KeGetCurrentIrql() == PASSIVE_LEVEL ? "enable" : "enable?");
    timer_set(TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    return STATUS_SUCCESS;
}

static EVT_WDF_INTERRUPT_DISABLE EvtDisable;
static NTSTATUS NTAPI EvtDisable(WDFINTERRUPT Handle, WDFDEVICE Associated)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(Associated);
    LogText(KeGetCurrentIrql() == PASSIVE_LEVEL ? "disable" : "disable?");
    timer_set(TIMER_CONTROL, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS Create(WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    ULONG Index = timer_interrupt_index(Raw);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_INTERRUPT_CONFIG Config;
    NTSTATUS Status;

    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, NULL);
    Config.EvtInterruptWorkItem = EvtWorkItem;
    Config.EvtInterruptEnable = EvtEnable;
    Config.EvtInterruptDisable = EvtDisable;
    Config.InterruptRaw = WdfCmResourceListGetDescriptor(Raw, Index);
    Config.InterruptTranslated = WdfCmResourceListGetDescriptor(Translated, Index);
    Config.PassiveHandling = TRUE;
    Config.AutomaticSerialization = TRUE;
    Config.WaitLock = Lock;
    Config.CanWakeDevice = TRUE;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Queue;
    Config.EvtInterruptWorkItem = NULL;
    Config.EvtInterruptDpc = (PFN_WDF_INTERRUPT_DPC)EvtWorkItem;
    Status = WdfInterruptCreate(Device, &Config, &Attributes, &Interrupt);
    is_status(Status, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
              "a DPC serialised with callbacks at PASSIVE_LEVEL");
    Config.EvtInterruptWorkItem = EvtWorkItem;
    Config.EvtInterruptDpc = NULL;
    return WdfInterruptCreate(Device, &Config, &Attributes, &Interrupt);
}

/* ---- the device ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Unused, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    timer_map(Translated);
    is_status(Create(Raw, Translated), STATUS_SUCCESS, "WdfInterruptCreate");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Unused, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Translated);
    timer_unmap();
    return STATUS_SUCCESS;
}

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

/* ---- the test ---- */

static EVT_WDF_INTERRUPT_SYNCHRONIZE EvtSynchronize;
static BOOLEAN NTAPI EvtSynchronize(WDFINTERRUPT Handle, WDFCONTEXT Context)
{
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    LONG Before = Calls;

    UNREFERENCED_PARAMETER(Context);
    timer_set(TIMER_RAISE, 0);
    KeDelayExecutionThread(KernelMode, FALSE,
                           &Pause); /* time for an ISR that does not wait for the lock */
    return Handle == Interrupt && Calls == Before && KeGetCurrentIrql() == PASSIVE_LEVEL;
}

static EVT_WDF_WORKITEM EvtTry;
static VOID NTAPI EvtTry(WDFWORKITEM Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    Tried = WdfInterruptTryToAcquireLock(Interrupt);
    if (Tried)
        WdfInterruptReleaseLock(Interrupt);
    KeSetEvent(&TryDone, IO_NO_INCREMENT, FALSE);
}

static VOID TestLock(VOID)
{
    WDF_INTERRUPT_INFO Info;

    WDF_INTERRUPT_INFO_INIT(&Info);
    WdfInterruptGetInfo(Interrupt, &Info);
    is_ulong(Info.Irql, PASSIVE_LEVEL, "its IRQL is PASSIVE_LEVEL");
    timer_set(TIMER_RAISE, 0);
    WaitFor(&Served);
    is_bool(FirstQueued, TRUE, "the ISR queues work");
    is_bool(Requeued, FALSE, "once");
    is_bool(WdfInterruptSynchronize(Interrupt, EvtSynchronize, NULL), TRUE,
            "no ISR runs in WdfInterruptSynchronize");
    WaitFor(&Served);
    WdfInterruptAcquireLock(Interrupt);
    is_ulong(KeGetCurrentIrql(), PASSIVE_LEVEL, "the lock does not raise");
    WdfWorkItemEnqueue(Trier);
    WaitFor(&TryDone);
    is_bool(Tried, FALSE, "another thread does not get it");
    WdfInterruptReleaseLock(Interrupt);
    WdfWorkItemEnqueue(Trier);
    WaitFor(&TryDone);
    is_bool(Tried, TRUE, "until it is released");
    is_long(Calls, 2, "two interrupts");
    LogIs("d0entry(D3Final) enable isr isr", "so far");
}

static VOID TestWake(VOID)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleCannotWakeFromS0);
    Settings.IdleTimeout = IDLE_MS;
    Settings.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
    is_status(WdfDeviceAssignS0IdleSettings(Device, &Settings), STATUS_SUCCESS, "idle settings");
    WaitFor(&Down);
    LogIs("d0exit(D3)", "asleep: the interrupt stays enabled");
    timer_set(TIMER_RAISE, 0);
    WaitFor(&Served);
    LogIs("d0entry(D3) isr", "it wakes the device, then calls the ISR");
    WaitFor(&Down);
    LogIs("d0exit(D3)", "asleep again");
    is_status(WdfDeviceStopIdle(Device, TRUE), STATUS_SUCCESS, "up without an interrupt");
    LogIs("d0entry(D3)", "no ISR");
    timer_set(TIMER_RAISE, 0);
    WaitFor(&Served);
    LogIs("isr", "as before");
    WdfDeviceResumeIdle(Device);
    WaitFor(&Down);
    is_long(Wrong, 0, "all at PASSIVE_LEVEL, with their objects");
    Log[0] = '\0';
}

static VOID Test(VOID)
{
    TestLock();
    TestWake();
}

static NTSTATUS CreateObjects(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_WORKITEM_CONFIG WorkItem;
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    Config.PowerManaged = WdfFalse;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    Status = WdfIoQueueCreate(Device, &Config, &Attributes, &Queue);
    if (NT_SUCCESS(Status)) {
        WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
        Attributes.ParentObject = Device;
        Status = WdfWaitLockCreate(&Attributes, &Lock);
    }
    if (NT_SUCCESS(Status)) {
        WDF_WORKITEM_CONFIG_INIT(&WorkItem, EvtTry);
        WorkItem.AutomaticSerialization = FALSE;
        Status = WdfWorkItemCreate(&WorkItem, &Attributes, &Trier);
    }
    is_status(Status, STATUS_SUCCESS, "a queue, a lock, a work item");
    return Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WdfDeviceInitRegisterPowerPolicyStateChangeCallback(Init, WdfDevStatePwrPolWaitingUnarmed,
                                                        EvtPolicy, StateNotificationEnterState);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    return is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate") ? CreateObjects() : Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Served, NotificationEvent, FALSE);
    KeInitializeEvent(&Down, NotificationEvent, FALSE);
    KeInitializeEvent(&TryDone, NotificationEvent, FALSE);
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test,
                         "d0entry(D3) disable d0exit(D3Final)");
}
