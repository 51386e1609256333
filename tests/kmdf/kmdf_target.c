/*
 * KMDF 1.15: I/O targets: a device of the driver's own, opened by name: synchronous and asynchronous requests of every method,
 * time-outs, cancellation, states, reuse; the device's own requests passed on.
 */
#include "tap.h"
#include <wdf.h>

#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_HOLD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_NEITHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)

static WDFDEVICE Device;
static WDFQUEUE Held; /* manual: IOCTL_HOLD waits here */
static ULONG Completions;
static NTSTATUS LastStatus;
static size_t LastLength;

/* ---- the device ---- */

/* Adds 1 to each byte of the input. */
static VOID Echo(WDFREQUEST Request, size_t InBytes, size_t OutBytes)
{
    PUCHAR In, Out;
    size_t Bytes = min(InBytes, OutBytes);
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, 1, (PVOID *)&In, NULL);

    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputBuffer(Request, 1, (PVOID *)&Out, NULL);
    for (size_t i = 0; NT_SUCCESS(Status) && i < Bytes; i++)
        Out[i] = In[i] + 1;
    WdfRequestCompleteWithInformation(Request, Status, NT_SUCCESS(Status) ? Bytes : 0);
}

static VOID Neither(WDFREQUEST Request)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request));
    PUCHAR In = Stack->Parameters.DeviceIoControl.Type3InputBuffer, Out = WdfRequestWdmGetIrp(Request)->UserBuffer;

    Out[0] = In[0] + 1;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 1);
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl;
static VOID NTAPI EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutBytes, size_t InBytes, ULONG Code)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Queue);
    switch (Code) {
    case IOCTL_ECHO:
    case IOCTL_DIRECT:
        Echo(Request, InBytes, OutBytes);
        return;
    case IOCTL_NEITHER:
        Neither(Request);
        return;
    case IOCTL_HOLD:
        Status = WdfRequestForwardToIoQueue(Request, Held);
        if (!NT_SUCCESS(Status))
            WdfRequestComplete(Request, Status);
        return;
    default:
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
    }
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    WDF_REQUEST_PARAMETERS Parameters;
    PUCHAR Buffer;
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, Length, (PVOID *)&Buffer, NULL);

    UNREFERENCED_PARAMETER(Queue);
    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    if (NT_SUCCESS(Status))
        memset(Buffer, (int)Parameters.Parameters.Read.DeviceOffset, Length);
    WdfRequestCompleteWithInformation(Request, Status, Length);
}

static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
static VOID NTAPI EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PUCHAR Buffer;
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, Length, (PVOID *)&Buffer, NULL);

    UNREFERENCED_PARAMETER(Queue);
    WdfRequestCompleteWithInformation(Request, Status, NT_SUCCESS(Status) ? Buffer[0] : 0);
}

static NTSTATUS MakeDevice(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfTarget");
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status = Init != NULL ? WdfDeviceInitAssignName(Init, &Name) : STATUS_INSUFFICIENT_RESOURCES;

    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = EvtControl;
    Config.EvtIoRead = EvtRead;
    Config.EvtIoWrite = EvtWrite;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    if (NT_SUCCESS(Status))
        Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Held);
    WdfControlFinishInitializing(Device);
    return Status;
}

/* ---- the tests ---- */

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtDone;
static VOID NTAPI EvtDone(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Target);
    Completions++;
    LastStatus = Params->IoStatus.Status;
    LastLength = Params->Type == WdfRequestTypeDeviceControl ? Params->Parameters.Ioctl.Output.Length : 0;
    if (Context != NULL)
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    UNREFERENCED_PARAMETER(Request);
}

static WDFIOTARGET OpenTarget(VOID)
{
    DECLARE_CONST_UNICODE_STRING(Missing, L"\\Device\\KmdfTargetMissing");
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfTarget");
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDFIOTARGET Target = NULL;

    is_status(WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Target), STATUS_SUCCESS, "a target");
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetClosed, "is closed");
    is_status(WdfIoTargetStart(Target), STATUS_INVALID_DEVICE_STATE, "and cannot be started");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&Open);
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_INVALID_DEVICE_STATE, "nor reopened");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Missing, GENERIC_READ | GENERIC_WRITE);
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_OBJECT_NAME_NOT_FOUND, "a name that is not there");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Name, GENERIC_READ | GENERIC_WRITE);
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_SUCCESS, "the device by name");
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetStarted, "is started");
    ok(WdfIoTargetWdmGetTargetDeviceObject(Target) == WdfDeviceWdmGetDeviceObject(Device), "its device object");
    ok(WdfIoTargetWdmGetTargetFileHandle(Target) != NULL && WdfIoTargetWdmGetTargetFileObject(Target) != NULL,
       "a handle and a file object");
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_INVALID_DEVICE_STATE, "once is enough");
    return Target;
}

static VOID TestSynchronous(WDFIOTARGET Target)
{
    WDF_MEMORY_DESCRIPTOR In, Out;
    UCHAR Input[4] = { 1, 2, 3, 4 }, Output[8];
    LONGLONG Offset = 7;
    ULONG_PTR Bytes = 0;
    WDFMEMORY Memory;
    PUCHAR Buffer;
    WDFMEMORY_OFFSET Part = { 10, 3 };

    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&In, Input, sizeof(Input));
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Out, Output, sizeof(Output));
    memset(Output, 0xA5, sizeof(Output));
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_ECHO, &In, &Out, NULL, &Bytes), STATUS_SUCCESS,
              "a buffered control code");
    ok(Bytes == 4 && Output[0] == 2 && Output[3] == 5 && Output[4] == 0xA5, "its output and no more");
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_DIRECT, &In, &Out, NULL, &Bytes), STATUS_SUCCESS,
              "a direct one");
    ok(Bytes == 4 && Output[3] == 5, "its output");
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_NEITHER, &In, &Out, NULL, &Bytes), STATUS_SUCCESS,
              "one of neither method");
    ok(Bytes == 1 && Output[0] == 2, "its output");
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_ECHO + 0x100, &In, &Out, NULL, &Bytes),
              STATUS_INVALID_DEVICE_REQUEST, "an unknown one");
    is_status(WdfIoTargetSendReadSynchronously(Target, NULL, &Out, &Offset, NULL, &Bytes), STATUS_SUCCESS, "a read");
    ok(Bytes == 8 && Output[0] == 7 && Output[7] == 7, "from its offset");
    is_status(WdfIoTargetSendWriteSynchronously(Target, NULL, &In, NULL, NULL, &Bytes), STATUS_SUCCESS, "a write");
    is_ulong64(Bytes, 1, "of this first byte");
    if (!is_status(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 16, &Memory, (PVOID *)&Buffer),
                   STATUS_SUCCESS, "memory"))
        return;
    memset(Buffer, 0xA5, 16);
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&Out, Memory, &Part);
    is_status(WdfIoTargetSendReadSynchronously(Target, NULL, &Out, &Offset, NULL, &Bytes), STATUS_SUCCESS,
              "a read into a part of it");
    ok(Bytes == 3 && Buffer[9] == 0xA5 && Buffer[10] == 7 && Buffer[12] == 7 && Buffer[13] == 0xA5, "that part alone");
    Part.BufferLength = 7;
    is_status(WdfIoTargetSendReadSynchronously(Target, NULL, &Out, &Offset, NULL, &Bytes), STATUS_BUFFER_TOO_SMALL,
              "a part past its end");
    WdfObjectDelete(Memory);
}

static VOID CompleteHeld(VOID)
{
    WDFREQUEST Request;

    if (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Held, &Request)))
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 0);
}

static VOID TestAsynchronous(WDFIOTARGET Target)
{
    WDF_REQUEST_REUSE_PARAMS Reuse;
    WDFMEMORY In, Out;
    WDFREQUEST Request;
    PUCHAR InBuffer, OutBuffer;

    if (!is_status(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Request), STATUS_SUCCESS, "a request"))
        return;
    WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 4, &In, (PVOID *)&InBuffer);
    WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 4, &Out, (PVOID *)&OutBuffer);
    memset(InBuffer, 9, 4);
    is_status(WdfIoTargetFormatRequestForIoctl(Target, Request, IOCTL_ECHO, In, NULL, Out, NULL), STATUS_SUCCESS,
              "formatted");
    WdfRequestSetCompletionRoutine(Request, EvtDone, NULL);
    Completions = 0;
    ok(WdfRequestSend(Request, Target, NULL), "sent");
    ok(Completions == 1 && LastStatus == STATUS_SUCCESS && LastLength == 4, "completed once");
    is_ulong(OutBuffer[3], 10, "with its output");
    is_status(WdfRequestGetStatus(Request), STATUS_SUCCESS, "its status");

    WDF_REQUEST_REUSE_PARAMS_INIT(&Reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_UNSUCCESSFUL);
    is_status(WdfRequestReuse(Request, &Reuse), STATUS_SUCCESS, "used again");
    is_status(WdfIoTargetFormatRequestForIoctl(Target, Request, IOCTL_HOLD, In, NULL, NULL, NULL), STATUS_SUCCESS,
              "for one that is held");
    WdfRequestSetCompletionRoutine(Request, EvtDone, NULL);
    ok(WdfRequestSend(Request, Target, NULL), "sent");
    is_ulong(Completions, 1, "not completed yet");
    is_status(WdfRequestReuse(Request, &Reuse), STATUS_WDF_REQUEST_ALREADY_PENDING, "not to be reused meanwhile");
    CompleteHeld();
    ok(Completions == 2 && LastStatus == STATUS_SUCCESS, "completed");
    ok(!WdfRequestCancelSentRequest(Request), "too late to cancel");

    WdfRequestReuse(Request, &Reuse);
    WdfIoTargetFormatRequestForIoctl(Target, Request, IOCTL_HOLD, In, NULL, NULL, NULL);
    WdfRequestSetCompletionRoutine(Request, EvtDone, NULL);
    WdfRequestSend(Request, Target, NULL);
    ok(WdfRequestCancelSentRequest(Request), "cancelled in time");
    ok(Completions == 3 && LastStatus == STATUS_CANCELLED, "and completed so");
    WdfObjectDelete(Request);
    WdfObjectDelete(In);
    WdfObjectDelete(Out);
}

static VOID TestTimeouts(WDFIOTARGET Target)
{
    WDF_REQUEST_SEND_OPTIONS Options;
    WDF_MEMORY_DESCRIPTOR In;
    UCHAR Byte = 1;
    LARGE_INTEGER Before, After;

    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&In, &Byte, 1);
    WDF_REQUEST_SEND_OPTIONS_INIT(&Options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    Options.Timeout = WDF_REL_TIMEOUT_IN_MS(50);
    KeQuerySystemTime(&Before);
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_HOLD, &In, NULL, &Options, NULL), STATUS_IO_TIMEOUT,
              "a time-out");
    KeQuerySystemTime(&After);
    ok(After.QuadPart - Before.QuadPart >= 500000, "not before its time");
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_NEITHER, &In, &In, &Options, NULL), STATUS_SUCCESS,
              "a request that is faster");
    Options.Size--;
    is_status(WdfIoTargetSendIoctlSynchronously(Target, NULL, IOCTL_ECHO, &In, NULL, &Options, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "options of a wrong size");
}

static VOID TestStates(WDFIOTARGET Target)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfTarget");
    WDF_REQUEST_SEND_OPTIONS Options;
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDFREQUEST Request;
    KEVENT Done;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Request);
    Completions = 0;
    WdfIoTargetStop(Target, WdfIoTargetWaitForSentIoToComplete);
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetStopped, "stopped");
    WdfIoTargetFormatRequestForIoctl(Target, Request, IOCTL_HOLD, NULL, NULL, NULL, NULL);
    WdfRequestSetCompletionRoutine(Request, EvtDone, &Done);
    ok(WdfRequestSend(Request, Target, NULL), "a stopped target takes a request");
    ok(WdfIoQueueGetState(Held, NULL, NULL) & WdfIoQueueNoRequests, "but does not send it");
    is_status(WdfIoTargetStart(Target), STATUS_SUCCESS, "started");
    ok(!(WdfIoQueueGetState(Held, NULL, NULL) & WdfIoQueueNoRequests), "now it is sent");
    WdfIoTargetStop(Target, WdfIoTargetCancelSentIo);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    ok(Completions == 1 && LastStatus == STATUS_CANCELLED, "stopping cancels what was sent");
    WdfObjectDelete(Request);

    WdfIoTargetStart(Target);
    WdfIoTargetPurge(Target, WdfIoTargetPurgeIoAndWait);
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetPurged, "purged");
    WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Request);
    WdfIoTargetFormatRequestForIoctl(Target, Request, IOCTL_ECHO, NULL, NULL, NULL, NULL);
    ok(!WdfRequestSend(Request, Target, NULL), "a purged target takes none");
    is_status(WdfRequestGetStatus(Request), STATUS_INVALID_DEVICE_STATE, "and says why");
    WDF_REQUEST_SEND_OPTIONS_INIT(&Options, WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    WdfRequestSetCompletionRoutine(Request, EvtDone, NULL);
    ok(WdfRequestSend(Request, Target, &Options), "unless its state is ignored");
    is_ulong(Completions, 2, "completed");
    WdfObjectDelete(Request);

    WdfIoTargetClose(Target);
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetClosed, "closed");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&Open);
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_SUCCESS, "opened again as it was");
    WdfIoTargetCloseForQueryRemove(Target);
    is_ulong(WdfIoTargetGetState(Target), WdfIoTargetClosedForQueryRemove, "closed for a removal");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Name, GENERIC_READ);
    is_status(WdfIoTargetOpen(Target, &Open), STATUS_SUCCESS, "and opened by name");
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDFIOTARGET Target;
    WDFDRIVER Driver;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, &Driver), STATUS_SUCCESS, "a driver") ||
        !is_status(MakeDevice(Driver), STATUS_SUCCESS, "its device"))
        return done();
    ok(WdfDeviceGetIoTarget(Device) == NULL, "a control device has no lower driver");
    Target = OpenTarget();
    TestSynchronous(Target);
    TestAsynchronous(Target);
    TestTimeouts(Target);
    TestStates(Target);
    WdfObjectDelete(Target);
    WdfObjectDelete(Device);
    done();
    return STATUS_SUCCESS;
}
