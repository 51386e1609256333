/* KMDF: EvtIoInCallerContext, WdfDeviceEnqueueRequest, the sender's own buffers locked; IRPs directed to queues by the driver. */
#include "io.h"

#define NAME L"\\Device\\KmdfInCaller"

static WDFDEVICE Device;
static PDEVICE_OBJECT Wdm;
static WDFQUEUE Queue, Other;
static HANDLE Handle;
static PFILE_OBJECT File;
static ULONG InCallerCalls, Handled;
static WDFQUEUE HandledBy;
static enum { Enqueue, Refuse, Lock, EnqueueTwice } What;
static WDFMEMORY Locked[2];
static UCHAR In[32], Out[32];
static BOOLEAN Direct; /* EvtDeviceWdmIrpDispatch puts IRPs into Other */
static ULONG DispatchFlags;

static VOID LockBuffers(WDFREQUEST Request)
{
    PVOID Buffer;
    size_t Length;

    is_status(WdfRequestRetrieveUnsafeUserInputBuffer(Request, 33, &Buffer, &Length), STATUS_BUFFER_TOO_SMALL, "too short");
    is_status(WdfRequestRetrieveUnsafeUserInputBuffer(Request, 8, &Buffer, &Length), STATUS_SUCCESS, "the sender's input");
    ok(Buffer == In && Length == 32, "its own address");
    is_status(WdfRequestProbeAndLockUserBufferForRead(Request, Buffer, 0, &Locked[0]), STATUS_INVALID_USER_BUFFER, "no bytes");
    is_status(WdfRequestProbeAndLockUserBufferForRead(Request, Buffer, Length, &Locked[0]), STATUS_SUCCESS, "locked");
    ok(memcmp(WdfMemoryGetBuffer(Locked[0], NULL), In, 32) == 0, "its bytes through the memory");
    is_status(WdfRequestRetrieveUnsafeUserOutputBuffer(Request, 8, &Buffer, &Length), STATUS_SUCCESS, "the sender's output");
    ok(Buffer == Out && Length == 32, "its own address");
    is_status(WdfRequestProbeAndLockUserBufferForWrite(Request, Buffer, Length, &Locked[1]), STATUS_SUCCESS, "locked");
}

static EVT_WDF_IO_IN_CALLER_CONTEXT EvtInCaller;
static VOID NTAPI EvtInCaller(WDFDEVICE Of, WDFREQUEST Request)
{
    InCallerCalls++;
    ok(Of == Device && WdfRequestGetIoQueue(Request) == NULL, "of no queue yet");
    if (What == Refuse) {
        WdfRequestComplete(Request, STATUS_ACCESS_DENIED);
        return;
    }
    if (What == Lock)
        LockBuffers(Request);
    WdfObjectReference(Request);
    is_status(WdfDeviceEnqueueRequest(Device, Request), STATUS_SUCCESS, "queued");
    if (What == EnqueueTwice)
        is_status(WdfDeviceEnqueueRequest(Device, Request), STATUS_INVALID_DEVICE_REQUEST, "only once");
    WdfObjectDereference(Request);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE From, WDFREQUEST Request)
{
    PVOID Buffer;
    size_t Length;

    Handled++;
    HandledBy = From;
    if (What != Lock) {
        WdfRequestComplete(Request, STATUS_SUCCESS);
        return;
    }
    is_status(WdfRequestRetrieveUnsafeUserInputBuffer(Request, 1, &Buffer, &Length), STATUS_INVALID_DEVICE_REQUEST,
              "not outside of EvtIoInCallerContext");
    RtlCopyMemory(WdfMemoryGetBuffer(Locked[1], NULL), WdfMemoryGetBuffer(Locked[0], NULL), 32);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 32);
}

static EVT_WDFDEVICE_WDM_IRP_DISPATCH EvtDispatch;
static NTSTATUS NTAPI EvtDispatch(WDFDEVICE Of, UCHAR Major, UCHAR Minor, ULONG Code, WDFCONTEXT Context, PIRP Irp,
                                  WDFCONTEXT DispatchContext)
{
    UNREFERENCED_PARAMETER(Minor);
    ok(Major == IRP_MJ_DEVICE_CONTROL && Code != 0 && Context == &Direct, "what EvtDeviceWdmIrpDispatch gets");
    if (!Direct)
        return WdfDeviceWdmDispatchIrp(Of, Irp, DispatchContext);
    return WdfDeviceWdmDispatchIrpToIoQueue(Of, Irp, Other, DispatchFlags);
}

static NTSTATUS Control(ULONG Method)
{
    IO_STATUS_BLOCK Iosb;

    InCallerCalls = Handled = 0;
    HandledBy = NULL;
    return ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IO_CODE(1, Method), In, 32, Out, 32);
}

static VOID TestInCaller(VOID)
{
    IO_SENT Sent;

    What = Enqueue;
    is_status(Control(METHOD_BUFFERED), STATUS_SUCCESS, "queued by the driver");
    ok(InCallerCalls == 1 && Handled == 1 && HandledBy == Queue, "seen first by EvtIoInCallerContext");
    What = EnqueueTwice;
    is_status(Control(METHOD_BUFFERED), STATUS_SUCCESS, "queued once");
    What = Refuse;
    is_status(Control(METHOD_BUFFERED), STATUS_ACCESS_DENIED, "refused by EvtIoInCallerContext");
    ok(Handled == 0, "the queue never saw it");
    What = Lock;
    RtlFillMemory(In, 32, 0xC3);
    is_status(Control(METHOD_NEITHER), STATUS_SUCCESS, "neither buffered nor direct");
    ok(Out[0] == 0xC3 && Out[31] == 0xC3, "written through the locked buffer");

    What = Enqueue;
    WdfIoQueueStop(Queue, NULL, NULL);
    IoControl(&Sent, Wdm, File, IO_CODE(2, METHOD_BUFFERED), 0, 8);
    is_status(Sent.Status, STATUS_PENDING, "queued in a stopped queue");
    IoCancelIrp(Sent.Irp);
    is_status(IoFinish(&Sent), STATUS_CANCELLED, "cancelled there");
    WdfIoQueueStart(Queue);
}

static VOID TestDirected(VOID)
{
    Direct = TRUE;
    What = Enqueue;
    DispatchFlags = WDF_DISPATCH_IRP_TO_IO_QUEUE_NO_FLAGS;
    is_status(Control(METHOD_BUFFERED), STATUS_SUCCESS, "directed to a queue");
    ok(HandledBy == Other && InCallerCalls == 0, "that one, without EvtIoInCallerContext");
    DispatchFlags = WDF_DISPATCH_IRP_TO_IO_QUEUE_INVOKE_INCALLERCTX_CALLBACK;
    is_status(Control(METHOD_BUFFERED), STATUS_SUCCESS, "with it");
    ok(HandledBy == Other && InCallerCalls == 1, "and still to that queue");
    DispatchFlags = 0x100;
    is_status(Control(METHOD_BUFFERED), STATUS_INVALID_PARAMETER, "unknown flags");
    Direct = FALSE;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_IO_QUEUE_CONFIG Config;
    PWDFDEVICE_INIT Init;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    Init = IoDeviceInit(NAME);
    WdfDeviceInitSetIoInCallerContextCallback(Init, EvtInCaller);
    Device = IoDeviceCreate(Init, NULL);
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "the default queue");
    Config.DefaultQueue = FALSE;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Other), STATUS_SUCCESS, "another");
    is_status(WdfDeviceConfigureWdmIrpDispatchCallback(Device, NULL, IRP_MJ_CREATE, EvtDispatch, &Direct),
              STATUS_INVALID_PARAMETER, "create requests are not dispatched");
    is_status(WdfDeviceConfigureWdmIrpDispatchCallback(Device, NULL, IRP_MJ_DEVICE_CONTROL, EvtDispatch, &Direct),
              STATUS_SUCCESS, "control requests are");
    WdfControlFinishInitializing(Device);
    Handle = IoOpen(NAME);
    File = IoFileOf(Handle);
    TestInCaller();
    TestDirected();
    ObDereferenceObject(File);
    ZwClose(Handle);
    WdfObjectDelete(Device);
    return done();
}
