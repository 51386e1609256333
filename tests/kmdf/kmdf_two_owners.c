/* KMDF: a device power request that the power policy owner did not ask for: WDF_VIOLATION, WDF_POWER_MULTIPLE_PPO. */
#include "tap.h"
#include <wdf.h>

static NTSTATUS NTAPI StartCompleted(PDEVICE_OBJECT Object, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Object);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_CONTINUE_COMPLETION;
}

static KEVENT Started;
static PDEVICE_OBJECT Pdo;
static PVOID Thread;

static EVT_WDFDEVICE_WDM_IRP_PREPROCESS EvtPreprocess;
static NTSTATUS NTAPI EvtPreprocess(WDFDEVICE Device, PIRP Irp)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, StartCompleted, &Started, TRUE, TRUE, TRUE);
    return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

static VOID NTAPI TestThread(PVOID Context)
{
    POWER_STATE State;

    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Started, Executive, KernelMode, FALSE, NULL);
    State.DeviceState = PowerDeviceD3;
    expect_bugcheck(0x10D);
    PoRequestPowerIrp(Pdo, IRP_MN_SET_POWER, State, NULL, NULL, NULL);
    ok(FALSE, "the framework let a second owner pass");
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UCHAR Minor = IRP_MN_START_DEVICE;
    WDFDEVICE Device;

    UNREFERENCED_PARAMETER(Driver);
    Pdo = WdfFdoInitWdmGetPhysicalDevice(Init);
    WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_PNP, &Minor, 1);
    return WdfDeviceCreate(&Init, NULL, &Device);
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    done();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    HANDLE Handle;

    tap_begin(DriverObject);
    KeInitializeEvent(&Started, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, TestThread, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
