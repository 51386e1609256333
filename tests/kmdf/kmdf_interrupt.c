/*
 * KMDF: an interrupt line at DIRQL, its object created in EvtDriverDeviceAdd: what is refused, the
 * order of callbacks as the device starts, sleeps, stops and goes, ISR and DPC, locks, policy.
 * Calls: WdfInterruptCreate, WdfInterruptQueueDpcForIsr, WdfInterruptSynchronize,
 * WdfInterruptAcquireLock, WdfInterruptReleaseLock, WdfInterruptTryToAcquireLock,
 * WdfInterruptEnable, WdfInterruptDisable, WdfInterruptWdmGetInterrupt, WdfInterruptGetInfo,
 * WdfInterruptSetPolicy, WdfInterruptSetExtendedPolicy, WdfInterruptGetDevice,
 * WdfInterruptReportActive, WdfInterruptReportInactive.
 */
#include "kmdf_timer.h"

typedef struct _MARK {
    ULONG Value;
} MARK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MARK, GetMark)

static WDFINTERRUPT Interrupt, Spare;
static WDFSPINLOCK Lock;
static KAFFINITY Target;
static volatile LONG Calls, Claimed, Dpcs, WrongIrql;
static BOOLEAN Requeue;
static ULONG IsrProcessor;
static KEVENT Served;
static NTSTATUS EnableStatus;

/* ---- the interrupt's callbacks ---- */

static KIRQL Dirql(VOID)
{
    WDF_INTERRUPT_INFO Info;

    WDF_INTERRUPT_INFO_INIT(&Info);
    WdfInterruptGetInfo(Interrupt, &Info);
    return Info.Irql;
}

static EVT_WDF_INTERRUPT_ISR EvtIsr;
static BOOLEAN NTAPI EvtIsr(WDFINTERRUPT Handle, ULONG Message)
{
    Calls++;
    WrongIrql += KeGetCurrentIrql() != Dirql() || Message != 0 || Handle != Interrupt ||
                 GetMark(Handle)->Value != 0x4D;
    IsrProcessor = KeGetCurrentProcessorNumberEx(NULL);
    if (!timer_acknowledge())
        return FALSE;
    Claimed++;
    WdfInterruptQueueDpcForIsr(Handle);
    Requeue = WdfInterruptQueueDpcForIsr(Handle);
    return TRUE;
}

static EVT_WDF_INTERRUPT_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFINTERRUPT Handle, WDFOBJECT Associated)
{
    WrongIrql += KeGetCurrentIrql() != DISPATCH_LEVEL || Handle != Interrupt ||
                 Associated != (WDFOBJECT)Device;
    Dpcs++;
    KeSetEvent(&Served, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_INTERRUPT_WORKITEM EvtWorkItem;
static VOID NTAPI EvtWorkItem(WDFINTERRUPT Handle, WDFOBJECT Associated)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(Associated);
}

static EVT_WDF_INTERRUPT_ENABLE EvtEnable;
static NTSTATUS NTAPI EvtEnable(WDFINTERRUPT Handle, WDFDEVICE Associated)
{
    LogText(KeGetCurrentIrql() == Dirql() && Handle == Interrupt && Associated == Device
                ? "enable"
                : "enable?");
    timer_set(TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    return EnableStatus;
}

static EVT_WDF_INTERRUPT_DISABLE EvtDisable;
static NTSTATUS NTAPI EvtDisable(WDFINTERRUPT Handle, WDFDEVICE Associated)
{
    LogText(KeGetCurrentIrql() == Dirql() && Handle == Interrupt && Associated == Device
                ? "disable"
                : "disable?");
    timer_set(TIMER_CONTROL, 0);
    return STATUS_SUCCESS;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    LogText(KeGetCurrentIrql() == PASSIVE_LEVEL ? "cleanup" : "cleanup?");
}

/* ---- the device's ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Unused, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    WDF_INTERRUPT_CONFIG Config;
    WDFINTERRUPT Late;

    UNREFERENCED_PARAMETER(Raw);
    timer_map(Translated);
    LogText("prepare");
    ok(WdfInterruptWdmGetInterrupt(Interrupt) == NULL, "not connected yet");
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    is_status(WdfInterruptCreate(Unused, &Config, NULL, &Late), STATUS_INVALID_DEVICE_STATE,
              "in EvtDevicePrepareHardware an interrupt needs its resources");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Unused, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Translated);
    LogText("release");
    timer_unmap();
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    LogPower("d0entry", State);
    ok(WdfInterruptWdmGetInterrupt(Interrupt) == NULL, "not connected before EvtDeviceD0Entry");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EvtPost;
static NTSTATUS NTAPI EvtPost(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(State);
    LogText("post");
    ok(WdfInterruptWdmGetInterrupt(Interrupt) != NULL, "connected");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED EvtPre;
static NTSTATUS NTAPI EvtPre(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(State);
    LogText("pre");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)
{
    UNREFERENCED_PARAMETER(Unused);
    LogPower("d0exit", State);
    ok(WdfInterruptWdmGetInterrupt(Interrupt) == NULL, "not connected at EvtDeviceD0Exit");
    return STATUS_SUCCESS;
}

/* ---- the test ---- */

static VOID Raise(VOID)
{
    timer_set(TIMER_RAISE, 0);
}

static VOID TestInfo(VOID)
{
    WDF_INTERRUPT_INFO Info;

    tap_fill(&Info);
    WDF_INTERRUPT_INFO_INIT(&Info);
    WdfInterruptGetInfo(Interrupt, &Info);
    is_ulong(Info.Size, sizeof(Info), "its size");
    ok(Info.Irql > DISPATCH_LEVEL && Info.Irql < CLOCK_LEVEL, "a device's IRQL");
    is_ulong(Info.Vector >> 4, Info.Irql, "a vector of that IRQL");
    is_ulong(Info.Mode, LevelSensitive, "level triggered");
    is_ulong(Info.ShareDisposition, CmResourceShareShared, "shared");
    is_bool(Info.MessageSignaled, FALSE, "a line");
    is_hex(Info.TargetProcessorSet, Target, "the processor that the policy named");
    tap_fill(&Info);
    Info.Size = 0x38;
    WdfInterruptGetInfo(Interrupt, &Info);
    is_hex(Info.Group, 0xA5A5, "a structure of old is not written past its end");
    ok(Info.Vector != 0xA5A5A5A5, "but up to it");
    tap_fill(&Info);
    Info.Size = 4;
    WdfInterruptGetInfo(Interrupt, &Info);
    is_hex(Info.Vector, 0xA5A5A5A5, "one of no version is left alone");
    WDF_INTERRUPT_INFO_INIT(&Info);
    WdfInterruptGetInfo(Spare, &Info);
    is_hex(Info.Vector, 0, "an interrupt that the device has not got");
    ok(WdfInterruptWdmGetInterrupt(Spare) == NULL, "is not connected");
    ok(WdfInterruptGetDevice(Interrupt) == Device && WdfInterruptGetDevice(Spare) == Device,
       "both are the device's");
}

static VOID TestService(VOID)
{
    KIRQL Irql;

    Calls = Dpcs = Claimed = 0;
    Raise();
    WaitFor(&Served);
    is_long(Calls, 1, "the ISR is called at once");
    is_long(Dpcs, 1, "and the DPC");
    is_bool(Requeue, FALSE, "which is queued once only");
    is_hex((KAFFINITY)1 << IsrProcessor, Target, "on the processor of the policy");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Raise();
    KeLowerIrql(Irql);
    WaitFor(&Served);
    Raise();
    WaitFor(&Served);
    is_long(Calls, 3, "each interrupt comes");
    is_long(Dpcs, 3, "with its DPC");
    is_long(Claimed, 3, "and is the device's");
    is_long(WrongIrql, 0, "each at its IRQL, with its objects");
    is_bool(WdfInterruptTryToAcquireLock(Interrupt), FALSE, "its lock is none to wait for");
}

static EVT_WDF_INTERRUPT_SYNCHRONIZE EvtSynchronize;
static BOOLEAN NTAPI EvtSynchronize(WDFINTERRUPT Handle, WDFCONTEXT Context)
{
    LONG Before = Calls;

    *(KIRQL *)Context = KeGetCurrentIrql();
    Raise();
    return Handle == Interrupt && Calls == Before;
}

static VOID TestLock(VOID)
{
    KIRQL Irql = 0;
    LONG Before = Calls;

    is_bool(WdfInterruptSynchronize(Interrupt, EvtSynchronize, &Irql), TRUE,
            "no ISR runs in WdfInterruptSynchronize");
    is_ulong(Irql, Dirql(), "which is at DIRQL");
    WaitFor(&Served);
    is_long(Calls, Before + 1, "it runs after it");
    WdfInterruptAcquireLock(Interrupt);
    is_ulong(KeGetCurrentIrql(), Dirql(), "the lock raises");
    Raise();
    is_long(Calls, Before + 1, "no ISR runs under it");
    WdfInterruptReleaseLock(Interrupt);
    is_ulong(KeGetCurrentIrql(), PASSIVE_LEVEL, "and lowers");
    WaitFor(&Served);
    is_long(Calls, Before + 2, "the ISR runs after it");
}

static VOID TestEnable(VOID)
{
    LONG Before = Calls;

    WdfInterruptDisable(Interrupt);
    LogIs("disable", "WdfInterruptDisable");
    Raise();
    is_long(Calls, Before, "the device is silent");
    timer_set(TIMER_STATUS, TIMER_STATUS_EXPIRED);
    WdfInterruptEnable(Interrupt);
    LogIs("enable", "WdfInterruptEnable");
    WdfInterruptReportInactive(Interrupt);
    Raise();
    is_long(Calls, Before, "an interrupt that was reported inactive");
    WdfInterruptReportActive(Interrupt);
    WaitFor(&Served);
    is_long(Calls, Before + 1, "it comes when it is active again");
    WdfInterruptReportInactive(Spare);
}

static VOID TestSleep(VOID)
{
    LONG Before = Calls;

    is_status(Power(PowerDeviceD3), STATUS_SUCCESS, "to D3");
    LogIs("pre disable d0exit(D3)", "down");
    timer_set(TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    Raise();
    is_long(Calls, Before, "no ISR of a sleeping device");
    timer_set(TIMER_STATUS, TIMER_STATUS_EXPIRED);
    is_status(Power(PowerDeviceD0), STATUS_SUCCESS, "to D0");
    LogIs("d0entry(D3) enable post", "up");
    Raise();
    WaitFor(&Served);
    is_long(Calls, Before + 1, "it interrupts again");
}

static VOID TestCreateLate(VOID)
{
    WDF_INTERRUPT_CONFIG Config;
    WDFINTERRUPT Late;

    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    is_status(WdfInterruptCreate(Device, &Config, NULL, &Late), STATUS_INVALID_DEVICE_STATE,
              "after the start");
}

static VOID Test(VOID)
{
    LogIs("prepare d0entry(D3Final) enable post", "the start");
    TestInfo();
    TestCreateLate();
    TestService();
    TestLock();
    TestEnable();
    TestSleep();
    WdfObjectDelete(Spare);
    LogIs("cleanup", "an interrupt that is deleted before its device");
}

/* ---- creation ---- */

static NTSTATUS Create(WDFDEVICE Handle, PWDF_INTERRUPT_CONFIG Config, WDFOBJECT Parent)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFINTERRUPT Unused = (WDFINTERRUPT)&Attributes;
    NTSTATUS Status;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Parent;
    Status = WdfInterruptCreate(Handle, Config, &Attributes, &Unused);
    if (!NT_SUCCESS(Status))
        ok(Unused == NULL, "no handle");
    return Status;
}

static VOID TestRefused(VOID)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = {0};
    WDF_INTERRUPT_CONFIG Config;
    WDFWAITLOCK WaitLock;

    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    Config.Size--;
    is_status(Create(Device, &Config, NULL), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    WDF_INTERRUPT_CONFIG_INIT(&Config, NULL, EvtDpc);
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_PARAMETER, "no ISR");
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    Config.EvtInterruptWorkItem = EvtWorkItem;
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_PARAMETER, "a DPC and a work item");
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    Config.InterruptRaw = Config.InterruptTranslated = &Descriptor;
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_PARAMETER,
              "resources before there are any");
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    is_status(WdfWaitLockCreate(NULL, &WaitLock), STATUS_SUCCESS, "a wait lock");
    Config.WaitLock = WaitLock;
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_PARAMETER, "a wait lock at DIRQL");
    WdfObjectDelete(WaitLock);
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    Config.CanWakeDevice = TRUE;
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_PARAMETER, "waking at DIRQL");
    Config.PassiveHandling = TRUE;
    is_status(Create(Device, &Config, NULL), STATUS_INVALID_DEVICE_STATE,
              "waking, created too early");
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    is_status(Create(Device, &Config, Device), STATUS_INVALID_PARAMETER,
              "a parent without AutomaticSerialization");
    Config.AutomaticSerialization = TRUE;
    is_status(Create(Device, &Config, Lock), STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
              "a parent that is no device");
    Config.EvtInterruptDpc = NULL;
    Config.EvtInterruptWorkItem = EvtWorkItem;
    is_status(Create(Device, &Config, Device), STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
              "a work item serialised with callbacks at DISPATCH_LEVEL");
}

static NTSTATUS CreateInterrupts(VOID)
{
    WDF_INTERRUPT_EXTENDED_POLICY Policy;
    WDF_INTERRUPT_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, EvtDpc);
    Config.SpinLock = Lock;
    Config.AutomaticSerialization = TRUE;
    Config.EvtInterruptEnable = EvtEnable;
    Config.EvtInterruptDisable = EvtDisable;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, MARK);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Attributes.ParentObject = Device;
    Status = WdfInterruptCreate(Device, &Config, &Attributes, &Interrupt);
    is_status(Status, STATUS_SUCCESS, "WdfInterruptCreate");
    if (!NT_SUCCESS(Status))
        return Status;
    GetMark(Interrupt)->Value = 0x4D;
    Target = (KAFFINITY)1 << (KeQueryActiveProcessorCount(NULL) - 1);
    WDF_INTERRUPT_EXTENDED_POLICY_INIT(&Policy);
    Policy.Policy = WdfIrqPolicySpecifiedProcessors;
    Policy.Priority = WdfIrqPriorityNormal;
    Policy.TargetProcessorSetAndGroup.Mask = 1;
    WdfInterruptSetExtendedPolicy(Interrupt, &Policy);
    WdfInterruptSetPolicy(Interrupt, WdfIrqPolicySpecifiedProcessors, WdfIrqPriorityNormal, Target);
    WdfInterruptSetPolicy(Interrupt, (WDF_INTERRUPT_POLICY)9, WdfIrqPriorityNormal, 1);
    Attributes.ParentObject = NULL;
    return WdfInterruptCreate(Device, &Config, &Attributes, &Spare);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0EntryPostInterruptsEnabled = EvtPost;
    Callbacks.EvtDeviceD0ExitPreInterruptsDisabled = EvtPre;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    is_status(WdfSpinLockCreate(&Attributes, &Lock), STATUS_SUCCESS, "a spin lock for the ISR");
    TestRefused();
    return CreateInterrupts();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Served, NotificationEvent, FALSE);
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test,
                         "pre disable d0exit(D3Final) release cleanup");
}
