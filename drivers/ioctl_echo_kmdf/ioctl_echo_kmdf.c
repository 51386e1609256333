/*
 * \\.\IoctlEcho once more, written with KMDF: the same requests and answers as drivers/ioctl_echo, so the same programs test it.
 * Pending requests wait in a manual queue, where the framework cancels them; the buffers of METHOD_NEITHER are locked in the
 * sender's context.
 */
#include <ntddk.h>
#include <wdf.h>

#include "../ioctl_echo/ioctl_echo.h"

DRIVER_INITIALIZE DriverEntry;

typedef struct _ECHO_REQUEST { /* of METHOD_NEITHER: the locked buffers */
    WDFMEMORY Input, Output;
} ECHO_REQUEST;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ECHO_REQUEST, EchoRequestContext)

typedef struct _ECHO_DEVICE {
    WDFQUEUE Pending; /* manual */
} ECHO_DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(ECHO_DEVICE, EchoDeviceContext)

static VOID EchoTransform(PUCHAR To, const UCHAR *From, size_t Bytes)
{
    for (size_t i = 0; i < Bytes; i++)
        To[i] = (UCHAR)(From[i] + 1);
}

/* ---- pending requests ---- */

static NTSTATUS EchoRelease(WDFQUEUE Pending)
{
    WDFREQUEST Request;
    PVOID Buffer;
    NTSTATUS Status = WdfIoQueueRetrieveNextRequest(Pending, &Request);

    if (!NT_SUCCESS(Status))
        return Status;
    if (NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, 4, &Buffer, NULL))) {
        RtlCopyMemory(Buffer, "done", 4);
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 4);
    } else {
        WdfRequestComplete(Request, STATUS_BUFFER_TOO_SMALL);
    }
    return STATUS_SUCCESS;
}

/* ---- the four methods ---- */

/* Buffered and direct output: from the input buffer to the output buffer. */
static NTSTATUS EchoCopy(WDFREQUEST Request, size_t In, size_t Out)
{
    PVOID From, To;
    NTSTATUS Status = Out < In ? STATUS_BUFFER_TOO_SMALL : WdfRequestRetrieveInputBuffer(Request, In, &From, NULL);

    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputBuffer(Request, In, &To, NULL);
    if (NT_SUCCESS(Status))
        EchoTransform(To, From, In);
    return Status;
}

static NTSTATUS EchoSum(WDFREQUEST Request, PULONG_PTR Sum)
{
    PUCHAR Buffer;
    size_t Length;
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, 1, (PVOID *)&Buffer, &Length);

    for (size_t i = 0; NT_SUCCESS(Status) && i < Length; i++)
        *Sum += Buffer[i];
    return Status;
}

static NTSTATUS EchoLockBuffers(WDFREQUEST Request)
{
    ECHO_REQUEST *Context = EchoRequestContext(Request);
    PVOID From, To;
    size_t In, Out;
    NTSTATUS Status = WdfRequestRetrieveUnsafeUserInputBuffer(Request, 1, &From, &In);

    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveUnsafeUserOutputBuffer(Request, In, &To, &Out);
    if (NT_SUCCESS(Status))
        Status = WdfRequestProbeAndLockUserBufferForRead(Request, From, In, &Context->Input);
    if (NT_SUCCESS(Status))
        Status = WdfRequestProbeAndLockUserBufferForWrite(Request, To, In, &Context->Output);
    return Status;
}

static VOID EchoNeither(WDFREQUEST Request)
{
    ECHO_REQUEST *Context = EchoRequestContext(Request);
    size_t Length;
    PUCHAR From = WdfMemoryGetBuffer(Context->Input, &Length);

    EchoTransform(WdfMemoryGetBuffer(Context->Output, NULL), From, Length);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static EVT_WDF_IO_IN_CALLER_CONTEXT EchoInCallerContext;
static VOID NTAPI EchoInCallerContext(WDFDEVICE Device, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS Parameters;
    NTSTATUS Status = STATUS_SUCCESS;

    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    if (Parameters.Type == WdfRequestTypeDeviceControl &&
        Parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_ECHO_NEITHER)
        Status = EchoLockBuffers(Request);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceEnqueueRequest(Device, Request);
    if (!NT_SUCCESS(Status))
        WdfRequestComplete(Request, Status);
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EchoControl;
static VOID NTAPI EchoControl(WDFQUEUE Queue, WDFREQUEST Request, size_t Out, size_t In, ULONG Code)
{
    ECHO_DEVICE *Echo = EchoDeviceContext(WdfIoQueueGetDevice(Queue));
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    switch (Code) {
    case IOCTL_ECHO_BUFFERED:
    case IOCTL_ECHO_OUT_DIRECT:
        Status = EchoCopy(Request, In, Out);
        Information = NT_SUCCESS(Status) ? In : 0;
        break;
    case IOCTL_ECHO_IN_DIRECT:
        Status = EchoSum(Request, &Information);
        break;
    case IOCTL_ECHO_NEITHER:
        EchoNeither(Request);
        return;
    case IOCTL_ECHO_PEND:
        Status = WdfRequestForwardToIoQueue(Request, Echo->Pending);
        if (NT_SUCCESS(Status))
            return;
        break;
    case IOCTL_ECHO_RELEASE:
        Status = EchoRelease(Echo->Pending);
        break;
    case IOCTL_ECHO_NOTHING:
        Status = STATUS_SUCCESS;
        break;
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

/* ---- start and end ---- */

static NTSTATUS EchoMakeQueues(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = EchoControl;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &EchoDeviceContext(Device)->Pending);
}

static NTSTATUS EchoMakeDevice(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\IoctlEcho");
    DECLARE_CONST_UNICODE_STRING(Link, L"\\DosDevices\\IoctlEcho");
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;WD)");
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    NTSTATUS Status;

    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WdfDeviceInitSetIoInCallerContextCallback(Init, EchoInCallerContext);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, ECHO_REQUEST);
    WdfDeviceInitSetRequestAttributes(Init, &Attributes);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, ECHO_DEVICE);
    Status = WdfDeviceInitAssignName(Init, &Name);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    if (!NT_SUCCESS(Status)) {
        WdfDeviceInitFree(Init);
        return Status;
    }
    Status = EchoMakeQueues(Device);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(Device, &Link);
    if (NT_SUCCESS(Status))
        WdfControlFinishInitializing(Device);
    return Status; /* a device that is not ready goes with the driver */
}

static EVT_WDF_DRIVER_UNLOAD EchoUnload;
static VOID NTAPI EchoUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver); /* its objects go with it */
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDFDRIVER Driver;
    NTSTATUS Status;

    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = EchoUnload;
    Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, &Driver);
    return NT_SUCCESS(Status) ? EchoMakeDevice(Driver) : Status;
}
