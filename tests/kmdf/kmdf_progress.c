/* KMDF: guaranteed forward progress: the policy, reserved requests, IRPs that wait for one. */
#include "io.h"

#define NAME L"\\Device\\KmdfProgress"
#define RESERVED 2

typedef struct _REQUEST_CONTEXT {
    ULONG Uses;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, GetRequestContext)

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Queue;
static HANDLE Handle;
static PFILE_OBJECT File;
static WDFREQUEST ReservedRequests[8], Held[8];
static ULONG ReservedCount, HeldCount, FailReserve = 99, Destroyed;
static BOOLEAN IsLow, UseReserved;

static EVT_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy;
static VOID NTAPI EvtDestroy(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Destroyed++;
}

static EVT_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST EvtReserve;
static NTSTATUS NTAPI EvtReserve(WDFQUEUE Of, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Of);
    ok(WdfRequestIsReserved(Request), "a reserved request");
    if (ReservedCount == FailReserve)
        return STATUS_DEVICE_BUSY;
    ReservedRequests[ReservedCount++] = Request;
    return STATUS_SUCCESS;
}

static EVT_WDF_IO_ALLOCATE_REQUEST_RESOURCES EvtAllocate;
static NTSTATUS NTAPI EvtAllocate(WDFQUEUE Of, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Of);
    UNREFERENCED_PARAMETER(Request);
    return IsLow ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static EVT_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS EvtExamine;
static WDF_IO_FORWARD_PROGRESS_ACTION NTAPI EvtExamine(WDFQUEUE Of, PIRP Irp)
{
    ok(Of == Queue && Irp != NULL, "an IRP to examine");
    return UseReserved ? WdfIoForwardProgressActionUseReservedRequest : WdfIoForwardProgressActionFailRequest;
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE From, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(From);
    Held[HeldCount++] = Request;
    GetRequestContext(Request)->Uses++;
}

static VOID Send(IO_SENT *Sent)
{
    IoControl(Sent, Wdm, File, IO_CODE(1, METHOD_BUFFERED), 0, 8);
}

static VOID TestPolicies(VOID)
{
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY Policy;

    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&Policy, 0);
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_INVALID_PARAMETER, "no requests");
    Policy.TotalForwardProgressRequests = RESERVED;
    Policy.Size--;
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_EXAMINE_INIT(&Policy, RESERVED, NULL);
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_INVALID_PARAMETER, "nothing to examine with");
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_EXAMINE_INIT(&Policy, RESERVED, EvtExamine);
    Policy.EvtIoAllocateResourcesForReservedRequest = EvtReserve;
    Policy.EvtIoAllocateRequestResources = EvtAllocate;
    FailReserve = 1;
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_DEVICE_BUSY,
              "the callback's failure comes back");
    ok(Destroyed == 2, "what was made is gone: %u", Destroyed);
    FailReserve = 99;
    ReservedCount = Destroyed = 0;
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_SUCCESS, "assigned");
    ok(ReservedCount == RESERVED, "%u requests reserved", ReservedCount);
    is_status(WdfIoQueueAssignForwardProgressPolicy(Queue, &Policy), STATUS_INVALID_DEVICE_REQUEST, "once");
}

static BOOLEAN IsOneOfThem(WDFREQUEST Request)
{
    return Request == ReservedRequests[0] || Request == ReservedRequests[1];
}

static VOID TestReserved(VOID)
{
    IO_SENT Sent[4], Canceled;

    Send(&Sent[0]);
    ok(HeldCount == 1 && !WdfRequestIsReserved(Held[0]) && !IsOneOfThem(Held[0]), "memory is there: an ordinary request");
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    IoFinish(&Sent[0]);

    IsLow = TRUE;
    UseReserved = FALSE;
    HeldCount = 0;
    Send(&Sent[0]);
    is_status(IoFinish(&Sent[0]), STATUS_INSUFFICIENT_RESOURCES, "the driver lets it fail");

    UseReserved = TRUE;
    for (ULONG i = 0; i < 4; i++)
        Send(&Sent[i]);
    Send(&Canceled);
    ok(HeldCount == RESERVED && IsOneOfThem(Held[0]) && IsOneOfThem(Held[1]) && Held[0] != Held[1],
       "reserved ones serve two: %u", HeldCount);
    ok(WdfRequestIsReserved(Held[0]), "they say so");
    IoCancelIrp(Canceled.Irp);
    is_status(IoFinish(&Canceled), STATUS_CANCELLED, "one that waits for a request can be cancelled");
    WdfRequestComplete(Held[1], STATUS_DEVICE_BUSY);
    is_status(IoFinish(&Sent[1]), STATUS_DEVICE_BUSY, "the second is done");
    ok(HeldCount == 3 && Held[2] == Held[1], "its request serves the third");
    WdfRequestComplete(Held[2], STATUS_SUCCESS);
    WdfRequestComplete(Held[0], STATUS_SUCCESS);
    ok(HeldCount == 4, "and the fourth");
    WdfRequestComplete(Held[3], STATUS_SUCCESS);
    is_status(IoFinish(&Sent[0]), STATUS_SUCCESS, "the first");
    is_status(IoFinish(&Sent[2]), STATUS_SUCCESS, "the third");
    is_status(IoFinish(&Sent[3]), STATUS_SUCCESS, "the fourth");
    ok(GetRequestContext(ReservedRequests[0])->Uses + GetRequestContext(ReservedRequests[1])->Uses == 4,
       "their contexts are left alone");
    IsLow = FALSE;
    Destroyed = 0;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    PWDFDEVICE_INIT Init;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    Init = IoDeviceInit(NAME);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, REQUEST_CONTEXT);
    Attributes.EvtDestroyCallback = EvtDestroy;
    WdfDeviceInitSetRequestAttributes(Init, &Attributes);
    Device = IoDeviceCreate(Init, NULL);
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "the default queue");
    WdfControlFinishInitializing(Device);
    Handle = IoOpen(NAME);
    File = IoFileOf(Handle);
    TestPolicies();
    TestReserved();
    ObDereferenceObject(File);
    ZwClose(Handle);
    WdfObjectDelete(Device);
    ok(Destroyed == RESERVED, "the reserved requests go with the queue: %u", Destroyed);
    return done();
}
