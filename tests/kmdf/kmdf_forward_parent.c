/* KMDF: requests that a bus driver forwards from a child's queue to one of the parent's. */
#include "io.h"

static const GUID ClassGuid = { 0x0DD0C0DE, 7, 7, { 2 } };
static WDFDEVICE Bus, Child;
static WDFQUEUE BusQueue, ChildQueue, SecondChildQueue;
static ULONG BusHandled;
static WDFREQUEST Held;
static BOOLEAN Hold;
static NTSTATUS Expected;

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtBus;
static VOID NTAPI EvtBus(WDFQUEUE Queue, WDFREQUEST Request)
{
    PVOID Buffer;
    size_t Length;

    BusHandled++;
    ok(Queue == BusQueue && WdfIoQueueGetDevice(WdfRequestGetIoQueue(Request)) == Bus, "in the parent's queue");
    ok(IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request))->DeviceObject == WdfDeviceWdmGetDeviceObject(Bus),
       "at the parent's device object");
    is_status(WdfRequestRetrieveOutputBuffer(Request, 8, &Buffer, &Length), STATUS_SUCCESS, "with its buffer");
    RtlFillMemory(Buffer, Length, 0x3C);
    if (Hold)
        Held = Request;
    else
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID TryOptions(WDFREQUEST Request)
{
    WDF_REQUEST_FORWARD_OPTIONS Options;

    WDF_REQUEST_FORWARD_OPTIONS_INIT(&Options);
    Options.Size++;
    is_status(WdfRequestForwardToParentDeviceIoQueue(Request, BusQueue, &Options), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    WDF_REQUEST_FORWARD_OPTIONS_INIT(&Options);
    Options.Flags = 0;
    is_status(WdfRequestForwardToParentDeviceIoQueue(Request, BusQueue, &Options), STATUS_INVALID_PARAMETER, "wrong flags");
    is_status(WdfRequestForwardToIoQueue(Request, BusQueue), STATUS_INVALID_DEVICE_REQUEST, "not by WdfRequestForwardToIoQueue");
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtChild;
static VOID NTAPI EvtChild(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_REQUEST_FORWARD_OPTIONS Options;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Queue);
    TryOptions(Request);
    WDF_REQUEST_FORWARD_OPTIONS_INIT(&Options);
    is_status(WdfRequestForwardToParentDeviceIoQueue(Request, SecondChildQueue, &Options), STATUS_INVALID_DEVICE_REQUEST,
              "to a queue that is not the parent's");
    Status = WdfRequestForwardToParentDeviceIoQueue(Request, BusQueue, &Options);
    is_status(Status, Expected, "to the parent's queue");
    if (!NT_SUCCESS(Status))
        WdfRequestComplete(Request, Status);
}

static WDFQUEUE Make(WDFDEVICE Device, BOOLEAN IsDefault, PFN_WDF_IO_QUEUE_IO_DEFAULT Handler)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue = NULL;

    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    Config.DefaultQueue = IsDefault;
    Config.PowerManaged = WdfFalse; /* the test does not wait for the devices' start */
    Config.EvtIoDefault = Handler;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "a queue");
    return Queue;
}

static VOID TestForward(VOID)
{
    PDEVICE_OBJECT Wdm = WdfDeviceWdmGetDeviceObject(Child);
    IO_SENT Sent;

    Expected = STATUS_SUCCESS;
    is_status(IoControl(&Sent, Wdm, NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8), STATUS_SUCCESS, "completed by the parent at once");
    ok(Sent.Information == 8 && Sent.Buffer[7] == 0x3C && BusHandled == 1, "with what it wrote");
    IoFinish(&Sent);

    Hold = TRUE;
    is_status(IoControl(&Sent, Wdm, NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8), STATUS_PENDING, "kept by the parent");
    WdfRequestComplete(Held, STATUS_DEVICE_BUSY);
    is_status(IoFinish(&Sent), STATUS_DEVICE_BUSY, "completed later");
    Hold = FALSE;

    WdfIoQueueStop(BusQueue, NULL, NULL);
    is_status(IoControl(&Sent, Wdm, NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8), STATUS_PENDING, "waits in the parent's queue");
    IoCancelIrp(Sent.Irp);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "cancelled there");
    WdfIoQueuePurge(BusQueue, NULL, NULL);
    Expected = STATUS_WDF_BUSY;
    is_status(IoControl(&Sent, Wdm, NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8), STATUS_WDF_BUSY, "it does not accept");
    IoFinish(&Sent);
    WdfIoQueueStart(BusQueue);
}

static NTSTATUS MakeChild(VOID)
{
    PWDFDEVICE_INIT Init = WdfPdoInitAllocate(Bus);
    DECLARE_CONST_UNICODE_STRING(Id, L"KmdfForward\\Child");
    DECLARE_CONST_UNICODE_STRING(Instance, L"1");
    NTSTATUS Status;

    is_status(WdfPdoInitAssignDeviceID(Init, &Id), STATUS_SUCCESS, "device ID");
    is_status(WdfPdoInitAssignInstanceID(Init, &Instance), STATUS_SUCCESS, "instance ID");
    is_status(WdfPdoInitAssignRawDevice(Init, &ClassGuid), STATUS_SUCCESS, "raw");
    WdfPdoInitAllowForwardingRequestToParent(Init);
    Status = WdfDeviceCreate(&Init, NULL, &Child);
    if (is_status(Status, STATUS_SUCCESS, "a child"))
        is_status(WdfFdoAddStaticChild(Bus, Child), STATUS_SUCCESS, "it belongs to the bus");
    else
        WdfDeviceInitFree(Init);
    return Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    Status = WdfDeviceCreate(&Init, NULL, &Bus);
    if (!is_status(Status, STATUS_SUCCESS, "a bus"))
        return Status;
    Status = MakeChild();
    if (!NT_SUCCESS(Status))
        return Status;
    BusQueue = Make(Bus, TRUE, EvtBus);
    ChildQueue = Make(Child, TRUE, EvtChild);
    SecondChildQueue = Make(Child, FALSE, EvtChild);
    TestForward();
    return STATUS_SUCCESS;
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ok(BusHandled == 2, "the parent's queue presented two: %u", BusHandled);
    done();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    return STATUS_SUCCESS;
}
