/* KMDF 1.15: timers, DPCs and work items: when they run, at which IRQL, serialised or not, stopped, deleted from within. */
#include "tap.h"
#include <wdf.h>

static WDFDEVICE Device;
static KEVENT Ran;
static LONG Runs;
static KIRQL RanAt;
static WDFOBJECT RanObject;

static VOID Note(WDFOBJECT Object)
{
    RanAt = KeGetCurrentIrql();
    RanObject = Object;
    InterlockedIncrement(&Runs);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID Await(VOID)
{
    KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
}

static VOID Reset(VOID)
{
    Runs = 0;
    KeClearEvent(&Ran);
}

static EVT_WDF_TIMER EvtTimer;
static VOID NTAPI EvtTimer(WDFTIMER Timer)
{
    Note(Timer);
}
static EVT_WDF_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFDPC Dpc)
{
    Note(Dpc);
}
static EVT_WDF_WORKITEM EvtWork;
static VOID NTAPI EvtWork(WDFWORKITEM WorkItem)
{
    Note(WorkItem);
}
static EVT_WDF_WORKITEM EvtWorkDeletes;
static VOID NTAPI EvtWorkDeletes(WDFWORKITEM WorkItem)
{
    WdfObjectDelete(WorkItem);
    Note(NULL);
}

/* ---- timers ---- */

static NTSTATUS MakeTimer(WDFOBJECT Parent, ULONG Period, WDF_EXECUTION_LEVEL Level, WDFTIMER *Timer)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_TIMER_CONFIG Config;

    WDF_TIMER_CONFIG_INIT_PERIODIC(&Config, EvtTimer, Period);
    Config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Parent;
    Attributes.ExecutionLevel = Level;
    return WdfTimerCreate(&Config, &Attributes, Timer);
}

static VOID TestTimers(VOID)
{
    LARGE_INTEGER Before, After;
    WDF_TIMER_CONFIG Config;
    WDFTIMER Timer;

    WDF_TIMER_CONFIG_INIT(&Config, EvtTimer);
    is_status(WdfTimerCreate(&Config, WDF_NO_OBJECT_ATTRIBUTES, &Timer), STATUS_WDF_PARENT_NOT_SPECIFIED,
              "a timer without a parent");
    is_status(MakeTimer(WdfGetDriver(), 0, WdfExecutionLevelInheritFromParent, &Timer), STATUS_INVALID_DEVICE_REQUEST,
              "below no device");
    is_status(MakeTimer(Device, 10, WdfExecutionLevelPassive, &Timer), STATUS_NOT_SUPPORTED, "periodic at passive level");
    if (!is_status(MakeTimer(Device, 0, WdfExecutionLevelInheritFromParent, &Timer), STATUS_SUCCESS, "a timer"))
        return;
    ok(WdfTimerGetParentObject(Timer) == Device, "its parent");
    Reset();
    KeQuerySystemTime(&Before);
    ok(!WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(20)), "was not set");
    ok(WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(40)), "now it was");
    Await();
    KeQuerySystemTime(&After);
    ok(After.QuadPart - Before.QuadPart >= 400000, "after the later time");
    ok(Runs == 1 && RanAt == DISPATCH_LEVEL && RanObject == Timer, "once, at DISPATCH_LEVEL");
    ok(!WdfTimerStop(Timer, TRUE), "nothing to stop");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_SEC(60));
    ok(WdfTimerStop(Timer, FALSE), "stopped in time");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_SEC(60));
    WdfObjectDelete(Timer);
    is_ulong((ULONG)Runs, 1, "a deleted timer does not run");

    is_status(MakeTimer(Device, 10, WdfExecutionLevelInheritFromParent, &Timer), STATUS_SUCCESS, "a periodic one");
    Reset();
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(10));
    while (Runs < 3) {
        Await();
        KeClearEvent(&Ran);
    }
    ok(WdfTimerStop(Timer, TRUE), "stays set until it is stopped");
    WdfObjectDelete(Timer);

    is_status(MakeTimer(Device, 0, WdfExecutionLevelPassive, &Timer), STATUS_SUCCESS, "one at passive level");
    Reset();
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
    Await();
    WdfTimerStop(Timer, TRUE);
    ok(Runs == 1 && RanAt == PASSIVE_LEVEL, "ran at PASSIVE_LEVEL");
    WdfObjectDelete(Timer);
}

/* ---- DPCs ---- */

static VOID TestDpcs(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_DPC_CONFIG Config;
    WDFDPC Dpc;
    KIRQL Irql;

    WDF_DPC_CONFIG_INIT(&Config, EvtDpc);
    Config.AutomaticSerialization = FALSE;
    is_status(WdfDpcCreate(&Config, WDF_NO_OBJECT_ATTRIBUTES, &Dpc), STATUS_WDF_PARENT_NOT_SPECIFIED,
              "a DPC without a parent");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    Config.Size++;
    is_status(WdfDpcCreate(&Config, &Attributes, &Dpc), STATUS_INFO_LENGTH_MISMATCH, "of a wrong size");
    Config.Size--;
    if (!is_status(WdfDpcCreate(&Config, &Attributes, &Dpc), STATUS_SUCCESS, "a DPC"))
        return;
    ok(WdfDpcGetParentObject(Dpc) == Device && WdfDpcWdmGetDpc(Dpc) != NULL, "its parent and its KDPC");
    Reset();
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ok(WdfDpcEnqueue(Dpc), "queued");
    ok(!WdfDpcEnqueue(Dpc), "only once");
    is_ulong((ULONG)Runs, 0, "does not run yet");
    KeLowerIrql(Irql);
    Await();
    ok(Runs == 1 && RanAt == DISPATCH_LEVEL && RanObject == Dpc, "ran once, at DISPATCH_LEVEL");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    WdfDpcEnqueue(Dpc);
    ok(WdfDpcCancel(Dpc, FALSE), "cancelled in time");
    KeLowerIrql(Irql);
    ok(!WdfDpcCancel(Dpc, TRUE), "nothing to cancel");
    is_ulong((ULONG)Runs, 1, "and it did not run");
    WdfObjectDelete(Dpc);
}

/* ---- work items ---- */

static NTSTATUS MakeWork(PFN_WDF_WORKITEM Routine, WDFWORKITEM *WorkItem)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_WORKITEM_CONFIG Config;

    WDF_WORKITEM_CONFIG_INIT(&Config, Routine);
    Config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    return WdfWorkItemCreate(&Config, &Attributes, WorkItem);
}

static VOID TestWorkItems(VOID)
{
    WDF_WORKITEM_CONFIG Config;
    WDFWORKITEM WorkItem;
    KIRQL Irql;

    WDF_WORKITEM_CONFIG_INIT(&Config, EvtWork);
    is_status(WdfWorkItemCreate(&Config, WDF_NO_OBJECT_ATTRIBUTES, &WorkItem), STATUS_WDF_PARENT_NOT_SPECIFIED,
              "a work item without a parent");
    if (!is_status(MakeWork(EvtWork, &WorkItem), STATUS_SUCCESS, "a work item"))
        return;
    ok(WdfWorkItemGetParentObject(WorkItem) == Device, "its parent");
    Reset();
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    WdfWorkItemEnqueue(WorkItem);
    WdfWorkItemEnqueue(WorkItem);
    KeLowerIrql(Irql);
    WdfWorkItemFlush(WorkItem);
    ok(Runs >= 1 && RanAt == PASSIVE_LEVEL && RanObject == WorkItem, "ran at PASSIVE_LEVEL before the flush returned");
    Runs = 0;
    WdfWorkItemFlush(WorkItem);
    is_ulong((ULONG)Runs, 0, "a flush alone runs nothing");
    WdfWorkItemEnqueue(WorkItem);
    WdfObjectDelete(WorkItem);
    is_ulong((ULONG)Runs, 1, "a deletion waits for it");

    is_status(MakeWork(EvtWorkDeletes, &WorkItem), STATUS_SUCCESS, "one that deletes itself");
    Reset();
    WdfWorkItemEnqueue(WorkItem);
    Await();
    is_ulong((ULONG)Runs, 1, "ran");
}

static NTSTATUS MakeDevice(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;SY)");
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    NTSTATUS Status = Init != NULL ? WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device)
                                   : STATUS_INSUFFICIENT_RESOURCES;

    if (NT_SUCCESS(Status))
        WdfControlFinishInitializing(Device);
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDFDRIVER Driver;

    tap_begin(DriverObject);
    KeInitializeEvent(&Ran, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, &Driver), STATUS_SUCCESS, "a driver") ||
        !is_status(MakeDevice(Driver), STATUS_SUCCESS, "a device"))
        return done();
    TestTimers();
    TestDpcs();
    TestWorkItems();
    WdfObjectDelete(Device);
    done();
    return STATUS_SUCCESS;
}
