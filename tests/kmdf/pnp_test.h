/*
 * What KMDF tests that are drivers of a PnP device share: the log of callbacks, requests to the
 * device's stack, a thread that runs the test once the device has started and ends before the
 * driver goes. DriverEntry is return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test,
 * "what the log holds after the removal"); EvtDeviceAdd calls pnp_test_watch(Init) and sets Device.
 */
#pragma once

#include "tap.h"
#include <wdf.h>

static TAP_UNUSED char Log[2048];
static TAP_UNUSED WDFDEVICE Device;
static TAP_UNUSED PDEVICE_OBJECT Pdo; /* set by pnp_test_watch */

static struct {
    PVOID Thread;
    VOID (*Test)(VOID);
    const char *LogAtEnd; /* NULL: not looked at */
    VOID (*Unload)(VOID); /* checks after the removal; may be NULL */
    KEVENT Started;
    BOOLEAN IsOver;
} PnpTest;

/* ---- the log ---- */

static TAP_UNUSED VOID LogText(const char *Text)
{
    SIZE_T Used = strlen(Log);

    _snprintf(Log + Used, sizeof(Log) - Used - 1, Used != 0 ? " %s" : "%s", Text);
}

static TAP_UNUSED VOID LogPower(const char *Text, WDF_POWER_DEVICE_STATE State)
{
    static const char *const Name[] = {"?", "D0", "D1", "D2", "D3", "D3Final", "Hibernate", "?"};
    char Line[40];

    _snprintf(Line, sizeof(Line) - 1, "%s(%s)", Text, Name[State]);
    LogText(Line);
}

static TAP_UNUSED VOID LogIs(const char *Expected, const char *What)
{
    ok(strcmp(Log, Expected) == 0, "%s: \"%s\"", What, Log);
    if (strcmp(Log, Expected) != 0)
        diag("expected \"%s\"", Expected);
    Log[0] = '\0';
}

/* ---- requests to the stack ---- */

static TAP_UNUSED NTSTATUS Pnp(UCHAR Minor)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Pdo);
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Iosb);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = Minor;
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    ObDereferenceObject(Top);
    return Status;
}

typedef struct _POWER_WAIT {
    KEVENT Event;
    NTSTATUS Status;
} POWER_WAIT;

static TAP_UNUSED VOID NTAPI pnp_test_power_done(PDEVICE_OBJECT Object, UCHAR Minor,
                                                 POWER_STATE State, PVOID Context,
                                                 PIO_STATUS_BLOCK Iosb)
{
    POWER_WAIT *Wait = Context;

    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Wait->Status = Iosb->Status;
    KeSetEvent(&Wait->Event, IO_NO_INCREMENT, FALSE);
}

/* For a device whose power policy the test owns: WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE).
 */
static TAP_UNUSED NTSTATUS Power(DEVICE_POWER_STATE DeviceState)
{
    POWER_WAIT Wait;
    POWER_STATE State;
    NTSTATUS Status;

    State.DeviceState = DeviceState;
    KeInitializeEvent(&Wait.Event, NotificationEvent, FALSE);
    Status = PoRequestPowerIrp(Pdo, IRP_MN_SET_POWER, State, pnp_test_power_done, &Wait, NULL);
    if (Status != STATUS_PENDING)
        return Status;
    KeWaitForSingleObject(&Wait.Event, Executive, KernelMode, FALSE, NULL);
    return Wait.Status;
}

static TAP_UNUSED VOID WaitFor(PKEVENT Event)
{
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
    KeClearEvent(Event);
}

/* ---- the start ---- */

static TAP_UNUSED NTSTATUS NTAPI pnp_test_started(PDEVICE_OBJECT Object, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    KeSetEvent(&PnpTest.Started, IO_NO_INCREMENT, FALSE);
    return STATUS_CONTINUE_COMPLETION;
}

static EVT_WDFDEVICE_WDM_IRP_PREPROCESS pnp_test_preprocess;
static TAP_UNUSED NTSTATUS NTAPI pnp_test_preprocess(WDFDEVICE Handle, PIRP Irp)
{
    ok(IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_START_DEVICE,
       "only what was registered");
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, pnp_test_started, NULL, TRUE, TRUE, TRUE);
    return WdfDeviceWdmDispatchPreprocessedIrp(Handle, Irp);
}

/* The test begins when this device has started, or failed to. */
static TAP_UNUSED VOID pnp_test_watch(PWDFDEVICE_INIT Init)
{
    UCHAR Minor = IRP_MN_START_DEVICE;

    Pdo = WdfFdoInitWdmGetPhysicalDevice(Init);
    is_status(WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, pnp_test_preprocess, IRP_MJ_PNP,
                                                          &Minor, 1),
              STATUS_SUCCESS, "the start is watched");
}

/* This driver gets the devices of the ID Bus\Child. */
static TAP_UNUSED NTSTATUS pnp_test_drive(PCWSTR Bus, PCWSTR Child)
{
    const PCWSTR Parts[] = {L"", L"\\DeviceIds", L"\\DeviceIds\\%s", L"\\DeviceIds\\%s\\%s"};
    DECLARE_CONST_UNICODE_STRING(Value, L"Service");
    PWSTR Service = WdfDriverGetRegistryPath(WdfGetDriver());
    OBJECT_ATTRIBUTES Attributes;
    WCHAR Path[128], Rest[96];
    UNICODE_STRING Name;
    HANDLE Key = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    while (wcschr(Service, L'\\') != NULL)
        Service = wcschr(Service, L'\\') + 1;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Parts) && NT_SUCCESS(Status); i++) {
        if (Key != NULL)
            ZwClose(Key);
        _snwprintf(Rest, RTL_NUMBER_OF(Rest), Parts[i], Bus, Child);
        _snwprintf(Path, RTL_NUMBER_OF(Path), L"\\Registry\\Machine\\System\\DriverDatabase%s",
                   Rest);
        RtlInitUnicodeString(&Name, Path);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                                   NULL, NULL);
        Status = ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetValueKey(Key, (PUNICODE_STRING)&Value, 0, REG_SZ, Service,
                           (ULONG)(wcslen(Service) + 1) * sizeof(WCHAR));
    ZwClose(Key);
    return Status;
}

/* ---- the driver ---- */

static VOID NTAPI pnp_test_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&PnpTest.Started, Executive, KernelMode, FALSE, NULL);
    PnpTest.Test();
    PnpTest.IsOver = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static EVT_WDF_DRIVER_UNLOAD pnp_test_unload;
static VOID NTAPI pnp_test_unload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(PnpTest.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(PnpTest.Thread);
    ok(PnpTest.IsOver, "the test came to its end before the removal");
    if (PnpTest.LogAtEnd != NULL)
        LogIs(PnpTest.LogAtEnd, "removal");
    if (PnpTest.Unload != NULL)
        PnpTest.Unload();
    done();
}

static TAP_UNUSED NTSTATUS pnp_test_main(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                         PFN_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd, VOID (*Test)(VOID),
                                         const char *LogAtEnd)
{
    WDF_DRIVER_CONFIG Config;
    HANDLE Handle;

    tap_begin(DriverObject);
    PnpTest.Test = Test;
    PnpTest.LogAtEnd = LogAtEnd;
    KeInitializeEvent(&PnpTest.Started, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = pnp_test_unload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS,
                   "WdfDriverCreate"))
        return done();
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, pnp_test_thread, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &PnpTest.Thread,
                              NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
