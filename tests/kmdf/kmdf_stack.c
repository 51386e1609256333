/*
 * KMDF: a child's physical and function device in one driver: the order of their callbacks, a filter that lets requests
 * pass, and what follows when a callback of the function device fails.
 */
#include "pnp_test.h"

#define IOCTL_TOUCH CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

enum { PLAIN = 1, FILTER, FAIL_ADD, FAIL_PREPARE, FAIL_ENTRY, FAIL_POST, FAIL_INIT, FAIL_SUSPEND, SET_FAILED };

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Number;
} ID;
typedef struct _DEVICE {
    char Kind; /* p: physical, f: function */
} DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE, GetDevice)

static ULONG Present; /* the child that is there; its number says what its function device does */
static WDFDEVICE Bus, Function, Physical;

static VOID LogDevice(WDFOBJECT Device, const char *Text)
{
    SIZE_T Used = strlen(Log);

    _snprintf(Log + Used, sizeof(Log) - Used - 1, "%s%c.%s", Used != 0 ? " " : "", GetDevice(Device)->Kind, Text);
}

static NTSTATUS Result(WDFDEVICE Device, ULONG Failing)
{
    return GetDevice(Device)->Kind == 'f' && Present == Failing ? STATUS_DEVICE_NOT_READY : STATUS_SUCCESS;
}

/* ---- callbacks of both ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    LogDevice(Device, "prepare");
    return Result(Device, FAIL_PREPARE);
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Translated);
    LogDevice(Device, "release");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY EvtEntry;
static NTSTATUS NTAPI EvtEntry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Previous);
    LogDevice(Device, "up");
    return Result(Device, FAIL_ENTRY);
}

static EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EvtPost;
static NTSTATUS NTAPI EvtPost(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Previous);
    return Result(Device, FAIL_POST);
}

static EVT_WDF_DEVICE_D0_EXIT EvtExit;
static NTSTATUS NTAPI EvtExit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target)
{
    UNREFERENCED_PARAMETER(Target);
    LogDevice(Device, "down");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtInit;
static NTSTATUS NTAPI EvtInit(WDFDEVICE Device)
{
    LogDevice(Device, "init");
    return Result(Device, FAIL_INIT);
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND EvtSuspend;
static NTSTATUS NTAPI EvtSuspend(WDFDEVICE Device)
{
    LogDevice(Device, "suspend");
    return Result(Device, FAIL_SUSPEND);
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_FLUSH EvtFlush;
static VOID NTAPI EvtFlush(WDFDEVICE Device)
{
    LogDevice(Device, "flush");
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP EvtSelfCleanup;
static VOID NTAPI EvtSelfCleanup(WDFDEVICE Device)
{
    LogDevice(Device, "selfcleanup");
}

static EVT_WDF_DEVICE_SURPRISE_REMOVAL EvtSurprise;
static VOID NTAPI EvtSurprise(WDFDEVICE Device)
{
    LogDevice(Device, "surprise");
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    LogDevice(Object, "gone");
}

static VOID SetCallbacks(PWDFDEVICE_INIT Init, BOOLEAN SelfManaged)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    Callbacks.EvtDeviceD0Entry = EvtEntry;
    Callbacks.EvtDeviceD0EntryPostInterruptsEnabled = EvtPost;
    Callbacks.EvtDeviceD0Exit = EvtExit;
    Callbacks.EvtDeviceSurpriseRemoval = EvtSurprise;
    if (SelfManaged) {
        Callbacks.EvtDeviceSelfManagedIoInit = EvtInit;
        Callbacks.EvtDeviceSelfManagedIoSuspend = EvtSuspend;
        Callbacks.EvtDeviceSelfManagedIoFlush = EvtFlush;
        Callbacks.EvtDeviceSelfManagedIoCleanup = EvtSelfCleanup;
    }
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
}

static NTSTATUS Make(PWDFDEVICE_INIT *Init, char Kind, WDFDEVICE *Device)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, DEVICE);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Status = WdfDeviceCreate(Init, &Attributes, Device);
    if (is_status(Status, STATUS_SUCCESS, "device %c", Kind))
        GetDevice(*Device)->Kind = Kind;
    return Status;
}

/* ---- the physical device ---- */

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtTouch;
static VOID NTAPI EvtTouch(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    UNREFERENCED_PARAMETER(Code);
    LogDevice(WdfIoQueueGetDevice(Queue), "touch");
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE EvtCreateChild;
static NTSTATUS NTAPI EvtCreateChild(WDFCHILDLIST List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                     PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfStack\\Child");
    DECLARE_UNICODE_STRING_SIZE(Instance, 16);
    WDF_IO_QUEUE_CONFIG Queue;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(List);
    WdfPdoInitAssignDeviceID(Init, &DeviceId);
    WdfPdoInitAddHardwareID(Init, &DeviceId);
    RtlIntegerToUnicodeString(CONTAINING_RECORD(Header, ID, Header)->Number, 10, &Instance);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    SetCallbacks(Init, FALSE);
    Status = Make(&Init, 'p', &Physical);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = EvtTouch;
    return WdfIoQueueCreate(Physical, &Queue, NULL, NULL);
}

/* ---- the test ---- */

static VOID Enumerate(VOID)
{
    is_status(IoSynchronousInvalidateDeviceRelations(Pdo, BusRelations), STATUS_SUCCESS, "enumerate");
}

static VOID Plug(ULONG Number)
{
    ID Id;

    Present = Number;
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    Id.Number = Number;
    is_status(WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Bus), &Id.Header, NULL),
              STATUS_SUCCESS, "child %u is plugged in", Number);
    Enumerate();
}

static VOID Unplug(VOID)
{
    WdfChildListBeginScan(WdfFdoGetDefaultChildList(Bus));
    WdfChildListEndScan(WdfFdoGetDefaultChildList(Bus));
    Enumerate();
}

static NTSTATUS Touch(VOID)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(WdfDeviceWdmGetDeviceObject(Physical));
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_TOUCH, Top, NULL, 0, NULL, 0, FALSE, &Event, &Iosb);
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    ObDereferenceObject(Top);
    return Status;
}

static VOID TestOrder(VOID)
{
    Plug(PLAIN);
    LogIs("p.prepare p.up f.prepare f.up f.init", "the bus's device starts first");
    is_status(Touch(), STATUS_INVALID_DEVICE_REQUEST, "a function device without a queue refuses");
    LogIs("", "nobody sees the request");
    Unplug();
    LogIs("f.surprise f.suspend f.down f.release f.flush p.surprise p.down p.release f.selfcleanup p.gone f.gone",
          "the function device goes first");
    Plug(FILTER);
    LogIs("p.prepare p.up f.prepare f.up f.init", "a filter");
    is_status(Touch(), STATUS_SUCCESS, "lets a request pass");
    LogIs("p.touch", "to the device below");
    Unplug();
    Log[0] = '\0';
}

/* What the child's devices do when the start fails, and then when it is unplugged. */
static VOID TestFailure(ULONG Number, const char *Start, const char *End)
{
    Plug(Number);
    LogIs(Start, "the start fails");
    Unplug();
    LogIs(End, "the child goes");
}

static VOID TestSetFailed(VOID)
{
    Plug(SET_FAILED);
    LogIs("p.prepare p.up f.prepare f.up f.init", "it starts");
    WdfDeviceSetFailed(Function, WdfDeviceFailedNoRestart);
    Enumerate();
    LogIs("f.surprise f.suspend f.down f.release f.flush p.surprise p.down p.release f.selfcleanup f.gone",
          "WdfDeviceSetFailed removes the function device");
    Unplug();
    LogIs("p.gone", "the physical device goes when it is unplugged");
}

static VOID Test(VOID)
{
    TestOrder();
    TestFailure(FAIL_ADD, "f.gone", "p.gone");
    TestFailure(FAIL_PREPARE, "p.prepare p.up f.prepare f.release p.down p.release f.gone", "p.gone");
    TestFailure(FAIL_ENTRY, "p.prepare p.up f.prepare f.up f.release p.down p.release f.gone", "p.gone");
    TestFailure(FAIL_POST, "p.prepare p.up f.prepare f.up f.down f.release p.down p.release f.gone", "p.gone");
    TestFailure(FAIL_INIT,
                "p.prepare p.up f.prepare f.up f.init f.down f.release f.flush f.selfcleanup p.down p.release f.gone",
                "p.gone");
    TestFailure(FAIL_SUSPEND, "p.prepare p.up f.prepare f.up f.init",
                "f.surprise f.suspend f.down f.release f.flush p.surprise p.down p.release f.selfcleanup p.gone f.gone");
    TestSetFailed();
}

/* ---- the driver ---- */

static NTSTATUS AddBus(PWDFDEVICE_INIT Init)
{
    WDF_CHILD_LIST_CONFIG Config;

    pnp_test_watch(Init);
    is_status(pnp_test_drive(L"KmdfStack", L"Child"), STATUS_SUCCESS, "the driver for the child's ID");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    WdfFdoInitSetDefaultChildListConfig(Init, &Config, NULL);
    return WdfDeviceCreate(&Init, NULL, &Bus);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    if (Pdo == NULL)
        return AddBus(Init);
    SetCallbacks(Init, TRUE);
    if (Present == FILTER)
        WdfFdoInitSetFilter(Init);
    Status = Make(&Init, 'f', &Function);
    return NT_SUCCESS(Status) && Present == FAIL_ADD ? STATUS_DEVICE_NOT_READY : Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, "");
}
