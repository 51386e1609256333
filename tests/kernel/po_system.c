/* Power: the system's sleep over the device tree, requests of drivers one at a time, idle detection, settings. */
#include "pnpbus.h"

static NTSTATUS Refusal;        /* of child 1, when asked for a system state */
static BOOLEAN Hold;            /* the bus keeps device requests */
static PIRP Held[4];
static ULONG HeldCount;
static POWER_ACTION LastAction;
static SYSTEM_POWER_STATE_CONTEXT LastContext;
static KEVENT WentDown;
static ULONG Completions;

static VOID setup(VOID)
{
    static const char *const Names[] = { "a", "b", "c" };
    static const PCWSTR Instances[] = { L"1", L"2", L"3" };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Names); i++)
        Child[i] = (CHILD){ .Name = Names[i], .DeviceId = L"DDTEST\\Thing", .Instance = Instances[i], .UniqueId = TRUE,
                            .HardwareIds = L"DDTEST\\Thing\0", .Present = TRUE };
}

/* ---- a driver that owns its device's power policy ---- */

static const char *name_of(EXT *Ext)
{
    return Ext->Kind == EXT_BUS ? "bus" : Ext->Child->Name;
}

static VOID log_power(EXT *Ext, PIO_STACK_LOCATION Stack)
{
    char Text[16];
    BOOLEAN IsSystem = Stack->Parameters.Power.Type == SystemPowerState;
    ULONG Number = IsSystem ? Stack->Parameters.Power.State.SystemState - PowerSystemWorking
                            : Stack->Parameters.Power.State.DeviceState - PowerDeviceD0;

    _snprintf(Text, sizeof(Text), "%s%c%lu", Stack->MinorFunction == IRP_MN_QUERY_POWER ? "q" : "", IsSystem ? 'S' : 'D',
              Number);
    log_add(name_of(Ext), Text);
}

static VOID NTAPI device_done(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                              PIO_STATUS_BLOCK Iosb)
{
    PIRP Irp = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Irp->IoStatus.Status = Iosb->Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI system_done(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE State;
    EXT *Ext = Context;

    UNREFERENCED_PARAMETER(Device);
    State.DeviceState = Stack->Parameters.Power.State.SystemState == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
    if (PoRequestPowerIrp(Ext->Pdo, IRP_MN_SET_POWER, State, device_done, Irp, NULL) == STATUS_PENDING)
        return STATUS_MORE_PROCESSING_REQUIRED;
    return STATUS_SUCCESS;
}

static NTSTATUS set_system(EXT *Ext, PIRP Irp)
{
    LastContext = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.SystemPowerStateContext;
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, system_done, Ext, TRUE, TRUE, TRUE);
    IoMarkIrpPending(Irp);
    PoCallDriver(Ext->Lower, Irp);
    return STATUS_PENDING;
}

static NTSTATUS bus_completes(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    if (Hold && Stack->Parameters.Power.Type == DevicePowerState && HeldCount < RTL_NUMBER_OF(Held)) {
        IoMarkIrpPending(Irp);
        Held[HeldCount++] = Irp;
        return STATUS_PENDING;
    }
    return complete(Irp, STATUS_SUCCESS);
}

static NTSTATUS power(PDEVICE_OBJECT Device, EXT *Ext, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    if (Ext->Kind == EXT_PDO)
        return bus_completes(Irp, Stack);
    log_power(Ext, Stack);
    if (Stack->Parameters.Power.Type == DevicePowerState) {
        LastAction = Stack->Parameters.Power.ShutdownType;
        if (Stack->Parameters.Power.State.DeviceState == PowerDeviceD3)
            KeSetEvent(&WentDown, IO_NO_INCREMENT, FALSE);
        return pass_on(Ext, Irp);
    }
    if (Stack->MinorFunction == IRP_MN_SET_POWER)
        return set_system(Ext, Irp);
    if (Ext->Child == &Child[1] && !NT_SUCCESS(Refusal))
        return complete(Irp, Refusal);
    return pass_on(Ext, Irp);
}

/* ---- sleep ---- */

static VOID test_sleep(VOID)
{
    log_clear();
    is_status(ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping3, 0, FALSE), STATUS_SUCCESS, "S3 and back");
    is_string(Log, "a.qS3 b.qS3 c.qS3 bus.qS3 a.S3 a.D3 b.S3 b.D3 c.S3 c.D3 bus.S3 bus.D3 "
                   "bus.S0 bus.D0 c.S0 c.D0 b.S0 b.D0 a.S0 a.D0 ",
              "children before their bus going down, after it coming up");
    is_ulong(LastContext.CurrentSystemState, PowerSystemSleeping3, "context: where it came from");
    is_ulong(LastContext.TargetSystemState, PowerSystemWorking, "and where it went");
    log_clear();
    is_status(ZwInitiatePowerAction(PowerActionHibernate, PowerSystemHibernate, 0, FALSE), STATUS_SUCCESS, "S4");
    ok(strstr(Log, "bus.qS4 a.S4 a.D3 ") != NULL, "hibernation: %.60s", Log);
    log_clear();
    is_status(ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping2, 0, FALSE), STATUS_SUCCESS, "S2");
    ok(strstr(Log, "bus.qS2 a.S2 a.D3 ") != NULL, "the second state: %.60s", Log);
    is_status(ZwInitiatePowerAction(PowerActionWarmEject, PowerSystemSleeping1, 0, FALSE), STATUS_INVALID_PARAMETER_1,
              "no such action");
}

static VOID test_refusal(VOID)
{
    Refusal = STATUS_DEVICE_BUSY;
    log_clear();
    is_status(ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping1, 0, FALSE), STATUS_DEVICE_BUSY,
              "b refuses S1");
    is_string(Log, "a.qS1 b.qS1 b.S0 b.D0 a.S0 a.D0 ", "who was asked is told that it stays");
    Refusal = STATUS_SUCCESS;
}

/* a must be on while b is. */
static VOID test_relations(VOID)
{
    Child[1].Power = Child[0].Pdo;
    is_status(IoSynchronousInvalidateDeviceRelations(Child[1].Pdo, PowerRelations), STATUS_SUCCESS, "power relations");
    log_clear();
    ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping1, 0, FALSE);
    ok(strstr(Log, "b.S1 b.D3 a.S1 a.D3 c.S1") != NULL, "b goes down before a");
    ok(strstr(Log, "a.S0 a.D0 b.S0") != NULL, "and comes up after it: %s", Log);
}

static ULONG SettingValues, SettingCalls;

static NTSTATUS NTAPI setting_changed(LPCGUID Guid, PVOID Value, ULONG Length, PVOID Context)
{
    UNREFERENCED_PARAMETER(Guid);
    UNREFERENCED_PARAMETER(Length);
    SettingValues = SettingValues * 10 + *(ULONG *)Value;
    if (++SettingCalls == 1)
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static ULONG StateCalls, StateValues;

static VOID NTAPI state_changed(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    if ((ULONG_PTR)Argument1 == PO_CB_SYSTEM_STATE_LOCK)
        StateValues = StateValues * 10 + (ULONG)(ULONG_PTR)Argument2;
    StateCalls++;
}

static VOID test_notifications(VOID)
{
    static const GUID Display = { 0x6FE69556, 0x704A, 0x47A0, { 0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47 } };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Callback;
    PVOID Setting, Registration;
    KEVENT Told;

    KeInitializeEvent(&Told, NotificationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    is_status(PoRegisterPowerSettingCallback(NULL, &Display, setting_changed, &Told, &Setting), STATUS_SUCCESS,
              "watch the display");
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    is_status(ExCreateCallback(&Callback, &Attributes, FALSE, TRUE), STATUS_SUCCESS, "watch the system's state");
    Registration = ExRegisterCallback(Callback, state_changed, NULL);
    ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping3, 0, FALSE);
    is_ulong(SettingValues, 101, "on, off, on");
    is_ulong(SettingCalls, 3, "and no more");
    is_ulong(StateValues, 1, "S0 is left, then entered");
    is_ulong(StateCalls, 2, "two calls");
    ExUnregisterCallback(Registration);
    ObDereferenceObject(Callback);
    PoUnregisterPowerSettingCallback(Setting);
}

/* ---- requests of drivers ---- */

static VOID NTAPI count_completion(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                                   PIO_STATUS_BLOCK Iosb)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(Iosb->Status))
        Completions++;
}

static VOID request(CHILD *This, DEVICE_POWER_STATE Device)
{
    POWER_STATE State = { .DeviceState = Device };

    is_status(PoRequestPowerIrp(This->Pdo, IRP_MN_SET_POWER, State, count_completion, NULL, NULL), STATUS_PENDING,
              "request D%d for %s", Device - PowerDeviceD0, This->Name);
}

static VOID release(ULONG Index)
{
    PIRP Irp = Held[Index];

    Held[Index] = NULL;
    complete(Irp, STATUS_SUCCESS);
}

static VOID test_one_at_a_time(VOID)
{
    POWER_STATE Bad = { .DeviceState = PowerDeviceMaximum };
    ULONG Seconds = 0;

    Hold = TRUE;
    HeldCount = 0;
    Completions = 0;
    log_clear();
    request(&Child[0], PowerDeviceD3);
    request(&Child[0], PowerDeviceD0);
    request(&Child[1], PowerDeviceD3);
    is_string(Log, "a.D3 b.D3 ", "the second request for a waits; b's does not");
    is_ulong(LastAction, PowerActionNone, "no system transition");
    ok(PoQueryWatchdogTime(Child[0].Pdo, &Seconds), "a watchdog runs");
    ok(Seconds > 0 && Seconds <= 600, "for some minutes: %lu s", Seconds);
    release(0);
    is_string(Log, "a.D3 b.D3 a.D0 ", "now it goes");
    is_ulong(Completions, 1, "one is done");
    release(1);
    release(2);
    is_ulong(Completions, 3, "all are done");
    ok(!PoQueryWatchdogTime(Child[0].Pdo, &Seconds), "no watchdog any more");
    is_status(PoRequestPowerIrp(Child[0].Pdo, IRP_MN_SET_POWER, Bad, NULL, NULL, NULL), STATUS_INVALID_PARAMETER_3,
              "no such state");
    Hold = FALSE;
}

static VOID test_inrush(VOID)
{
    Child[0].Pdo->Flags |= DO_POWER_INRUSH;
    Child[1].Pdo->Flags |= DO_POWER_INRUSH;
    Hold = TRUE;
    HeldCount = 0;
    log_clear();
    request(&Child[0], PowerDeviceD0);
    request(&Child[1], PowerDeviceD0);
    is_string(Log, "a.D0 ", "one device at a time draws an inrush of current");
    release(0);
    is_string(Log, "a.D0 b.D0 ", "then the other");
    release(1);
    Hold = FALSE;
    Child[0].Pdo->Flags &= ~DO_POWER_INRUSH;
    Child[1].Pdo->Flags &= ~DO_POWER_INRUSH;
}

static VOID test_query(VOID)
{
    POWER_STATE State = { .DeviceState = PowerDeviceD3 };

    Completions = 0;
    log_clear();
    is_status(PoRequestPowerIrp(Child[0].Pdo, IRP_MN_QUERY_POWER, State, count_completion, NULL, NULL), STATUS_PENDING,
              "a query for a device state");
    is_string(Log, "a.qD3 ", "goes down the stack");
    is_ulong(Completions, 1, "and is answered");
}

/* From DISPATCH_LEVEL to a driver that may be paged out. */
static VOID test_pagable(VOID)
{
    LARGE_INTEGER Pause = { .QuadPart = -10000 };
    KIRQL OldIrql;

    Completions = 0;
    log_clear();
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    request(&Child[0], PowerDeviceD3);
    is_string(Log, "", "a pagable driver is not called at DISPATCH_LEVEL");
    KeLowerIrql(OldIrql);
    while (Completions == 0)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is_string(Log, "a.D3 ", "but soon");
    request(&Child[0], PowerDeviceD0);
}

static VOID test_wait_wake(VOID)
{
    POWER_STATE State = { .SystemState = PowerSystemSleeping3 };
    PIRP Irp = NULL;

    PowerHook = NULL; /* the plain one completes whatever comes */
    Completions = 0;
    is_status(PoRequestPowerIrp(Child[0].Pdo, IRP_MN_WAIT_WAKE, State, count_completion, NULL, &Irp), STATUS_PENDING,
              "IRP_MN_WAIT_WAKE");
    ok(Irp != NULL, "the caller gets the IRP");
    is_ulong(Completions, 1, "and hears of its end");
    Irp = IoAllocateIrp(1, FALSE);
    ok(!PoGetSystemWake(Irp), "a request that woke nobody");
    PoSetSystemWake(Irp);
    ok(PoGetSystemWake(Irp), "one that is said to have woken the system");
    IoFreeIrp(Irp);
    PowerHook = power;
}

static VOID test_idle(VOID)
{
    LARGE_INTEGER Pause = { .QuadPart = -5000000 }; /* short ones: the machine would end an idle run */
    PULONG Counter;

    KeClearEvent(&WentDown);
    log_clear();
    Counter = PoRegisterDeviceForIdleDetection(Child[2].Pdo, 0, 5, PowerDeviceD3);
    ok(Counter != NULL, "watch whether c is idle");
    PoSetDeviceBusyEx(Counter);
    PoStartDeviceBusy(Counter);
    PoEndDeviceBusy(Counter);
    while (KeReadStateEvent(&WentDown) == 0)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is_string(Log, "c.D3 ", "it is powered down");
    is_ptr(PoRegisterDeviceForIdleDetection(Child[2].Pdo, 0, 0, PowerDeviceD3), NULL, "no more");
    request(&Child[2], PowerDeviceD0);
}

/* ---- questions ---- */

static VOID test_information(VOID)
{
    SYSTEM_POWER_CAPABILITIES Capabilities;
    SYSTEM_BATTERY_STATE Battery;
    ULONG64 Slept = 0;
    ULONG State = 0xA5;
    PVOID Handle;

    tap_fill(&Capabilities);
    is_status(ZwPowerInformation(SystemPowerCapabilities, NULL, 0, &Capabilities, sizeof(Capabilities)), STATUS_SUCCESS,
              "SystemPowerCapabilities");
    ok(Capabilities.SystemS3 == TRUE && Capabilities.LidPresent == FALSE, "S3, and no lid");
    is_status(ZwPowerInformation(SystemPowerCapabilities, NULL, 0, &Capabilities, 4), STATUS_BUFFER_TOO_SMALL,
              "too small");
    is_status(ZwPowerInformation(SystemBatteryState, NULL, 0, &Battery, sizeof(Battery)), STATUS_SUCCESS,
              "SystemBatteryState");
    ok(Battery.AcOnLine == TRUE && Battery.BatteryPresent == FALSE, "on mains power");
    is_status(ZwPowerInformation(LastSleepTime, NULL, 0, &Slept, sizeof(Slept)), STATUS_SUCCESS, "LastSleepTime");
    ok(Slept != 0, "it has slept");
    Handle = PoRegisterSystemState(NULL, ES_CONTINUOUS | ES_SYSTEM_REQUIRED);
    is_status(ZwPowerInformation(SystemExecutionState, NULL, 0, &State, sizeof(State)), STATUS_SUCCESS,
              "SystemExecutionState");
    is_ulong(State, ES_SYSTEM_REQUIRED, "the system is needed");
    PoUnregisterSystemState(Handle);
    ZwPowerInformation(SystemExecutionState, NULL, 0, &State, sizeof(State));
    is_ulong(State, 0, "and no longer");
    is_status(ZwPowerInformation(SystemPowerLoggingEntry, NULL, 0, &State, sizeof(State)), STATUS_INVALID_PARAMETER,
              "a level that is not there");
}

static VOID test_bus(VOID)
{
    KeInitializeEvent(&WentDown, NotificationEvent, FALSE);
    setup();
    drive_id(L"Thing");
    enumerate();
    PowerHook = power;
    test_sleep();
    test_refusal();
    test_relations();
    test_notifications();
    test_one_at_a_time();
    test_inrush();
    test_query();
    test_pagable();
    test_wait_wake();
    test_idle();
    test_information();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
