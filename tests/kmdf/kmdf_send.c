/*
 * KMDF 1.15: formatting for reads, writes and internal control codes, requests around the driver's own IRP, change of target,
 * and what a completed request tells: a device of the driver's own, opened by name.
 */
#include "tap.h"
#include <wdf.h>

#define IOCTL_INTERNAL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x810, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_OTHERS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x811, METHOD_NEITHER, FILE_ANY_ACCESS)

static WDFDEVICE Device;
static WDFIOTARGET Target;
static WDF_REQUEST_COMPLETION_PARAMS Last;
static ULONG Completions;

/* ---- the device ---- */

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PUCHAR Buffer;
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, Length, (PVOID *)&Buffer, NULL);

    UNREFERENCED_PARAMETER(Queue);
    if (NT_SUCCESS(Status))
        memset(Buffer, 0x77, Length);
    WdfRequestCompleteWithInformation(Request, Status, Length);
}

static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
static VOID NTAPI EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

/* The sum of the arguments' first bytes, or the input plus one. */
static EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL EvtInternal;
static VOID NTAPI EvtInternal(WDFQUEUE Queue, WDFREQUEST Request, size_t OutBytes, size_t InBytes, ULONG Code)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request));
    PUCHAR Buffer = WdfRequestWdmGetIrp(Request)->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(InBytes);
    if (Code == IOCTL_OTHERS) {
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS,
                                          *(PUCHAR)Stack->Parameters.Others.Argument1 +
                                              *(PUCHAR)Stack->Parameters.Others.Argument2 +
                                              *(PUCHAR)Stack->Parameters.Others.Argument4);
        return;
    }
    if (OutBytes != 0)
        Buffer[0]++;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, OutBytes);
}

static NTSTATUS MakeDevice(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfSend");
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status = Init != NULL ? WdfDeviceInitAssignName(Init, &Name) : STATUS_INSUFFICIENT_RESOURCES;

    if (!NT_SUCCESS(Status))
        return Status;
    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoRead = EvtRead;
    Config.EvtIoWrite = EvtWrite;
    Config.EvtIoInternalDeviceControl = EvtInternal;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    WdfControlFinishInitializing(Device);
    if (NT_SUCCESS(Status))
        Status = WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Target);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Name, GENERIC_READ | GENERIC_WRITE);
    return NT_SUCCESS(Status) ? WdfIoTargetOpen(Target, &Open) : Status;
}

/* ---- the tests ---- */

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtDone;
static VOID NTAPI EvtDone(WDFREQUEST Request, WDFIOTARGET IoTarget, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(IoTarget);
    UNREFERENCED_PARAMETER(Context);
    Completions++;
    Last = *Params;
}

static NTSTATUS SendAndSee(WDFREQUEST Request)
{
    WdfRequestSetCompletionRoutine(Request, EvtDone, NULL);
    Completions = 0;
    if (!ok(WdfRequestSend(Request, Target, NULL), "sent"))
        return WdfRequestGetStatus(Request);
    is_ulong(Completions, 1, "completed once");
    return Last.IoStatus.Status;
}

static VOID TestTransfers(WDFREQUEST Request)
{
    WDF_REQUEST_REUSE_PARAMS Reuse;
    WDF_REQUEST_COMPLETION_PARAMS Params;
    WDFMEMORY_OFFSET Part = { 4, 8 };
    LONGLONG Offset = 0;
    WDFMEMORY Memory;
    PUCHAR Buffer;

    if (!is_status(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 32, &Memory, (PVOID *)&Buffer),
                   STATUS_SUCCESS, "memory"))
        return;
    memset(Buffer, 0xA5, 32);
    is_status(WdfIoTargetFormatRequestForRead(Target, Request, Memory, &Part, &Offset), STATUS_SUCCESS, "a read");
    is_status(SendAndSee(Request), STATUS_SUCCESS, "succeeds");
    ok(Buffer[3] == 0xA5 && Buffer[4] == 0x77 && Buffer[11] == 0x77 && Buffer[12] == 0xA5, "into its part of the memory");
    ok(Last.Type == WdfRequestTypeRead && Last.Parameters.Read.Buffer == Memory && Last.Parameters.Read.Offset == 4 &&
           Last.Parameters.Read.Length == 8,
       "and the completion says so");
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&Params);
    WdfRequestGetCompletionParams(Request, &Params);
    ok(Params.Type == WdfRequestTypeRead && Params.IoStatus.Information == 8, "as does the request afterwards");
    WDF_REQUEST_REUSE_PARAMS_INIT(&Reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    WdfRequestReuse(Request, &Reuse);
    is_status(WdfIoTargetFormatRequestForWrite(Target, Request, Memory, NULL, NULL), STATUS_SUCCESS, "a write");
    is_status(SendAndSee(Request), STATUS_SUCCESS, "succeeds");
    ok(Last.Type == WdfRequestTypeWrite && Last.Parameters.Write.Length == 32, "of all of it");
    Part.BufferOffset = 33;
    WdfRequestReuse(Request, &Reuse);
    is_status(WdfIoTargetFormatRequestForRead(Target, Request, Memory, &Part, &Offset), STATUS_INTEGER_OVERFLOW,
              "a read past the memory's end");
    WdfObjectDelete(Memory);
}

static VOID TestInternal(WDFREQUEST Request)
{
    WDF_REQUEST_REUSE_PARAMS Reuse;
    WDF_MEMORY_DESCRIPTOR First, Second, Fourth;
    UCHAR Bytes[3] = { 1, 20, 100 };
    WDFMEMORY In, Out;
    PUCHAR InBuffer, OutBuffer;
    ULONG_PTR Information = 0;

    WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 1, &In, (PVOID *)&InBuffer);
    WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tset', 1, &Out, (PVOID *)&OutBuffer);
    InBuffer[0] = 5;
    OutBuffer[0] = 0;
    WDF_REQUEST_REUSE_PARAMS_INIT(&Reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    WdfRequestReuse(Request, &Reuse);
    is_status(WdfIoTargetFormatRequestForInternalIoctl(Target, Request, IOCTL_INTERNAL, In, NULL, Out, NULL),
              STATUS_SUCCESS, "an internal control code");
    is_status(SendAndSee(Request), STATUS_SUCCESS, "succeeds");
    ok(OutBuffer[0] == 6 && Last.Type == WdfRequestTypeDeviceControlInternal, "with its output");
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&First, In, NULL);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Second, &Bytes[1], 1);
    is_status(WdfIoTargetSendInternalIoctlSynchronously(Target, NULL, IOCTL_INTERNAL, &First, &Second, NULL, &Information),
              STATUS_SUCCESS, "synchronously");
    ok(Bytes[1] == 6 && Information == 1, "with its output");
    Bytes[1] = 20;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&First, &Bytes[0], 1);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Fourth, &Bytes[2], 1);
    is_status(WdfIoTargetSendInternalIoctlOthersSynchronously(Target, NULL, IOCTL_OTHERS, &First, &Second, &Fourth, NULL,
                                                              &Information),
              STATUS_SUCCESS, "three arguments");
    is_ulong64(Information, 121, "all arrive");
    WdfRequestReuse(Request, &Reuse);
    is_status(WdfIoTargetFormatRequestForInternalIoctlOthers(Target, Request, IOCTL_OTHERS, In, NULL, Out, NULL, In, NULL),
              STATUS_SUCCESS, "as memories");
    is_status(SendAndSee(Request), STATUS_SUCCESS, "succeeds");
    is_ulong64(Last.IoStatus.Information, 16, "all arrive");
    WdfObjectDelete(In);
    WdfObjectDelete(Out);
}

static VOID TestOwnIrp(VOID)
{
    IO_STACK_LOCATION Stack;
    WDFREQUEST Request;
    UCHAR Buffer[4];
    PMDL Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);
    PIRP Irp = IoAllocateIrp((CCHAR)(WdfIoTargetWdmGetTargetDeviceObject(Target)->StackSize + 1), FALSE);
    PIRP Small = IoAllocateIrp(1, FALSE);

    if (!ok(Mdl != NULL && Irp != NULL && Small != NULL, "an MDL and two IRPs"))
        return;
    MmBuildMdlForNonPagedPool(Mdl);
    is_status(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, Irp, FALSE, &Request), STATUS_SUCCESS,
              "a request around an IRP");
    ok(WdfRequestWdmGetIrp(Request) == Irp, "which is that one");
    is_status(WdfRequestAllocateTimer(Request), STATUS_SUCCESS, "a timer for it");
    is_status(WdfRequestChangeTarget(Request, Target), STATUS_SUCCESS, "it fits the target");
    Irp->MdlAddress = Mdl;
    RtlZeroMemory(&Stack, sizeof(Stack));
    Stack.MajorFunction = IRP_MJ_READ;
    Stack.Parameters.Read.Length = sizeof(Buffer);
    memset(Buffer, 0, sizeof(Buffer));
    WdfRequestWdmFormatUsingStackLocation(Request, &Stack);
    is_status(SendAndSee(Request), STATUS_SUCCESS, "formatted as the stack location says");
    ok(Buffer[0] == 0x77 && Buffer[3] == 0x77, "read");
    WdfObjectDelete(Request);
    IoFreeIrp(Irp);
    IoFreeMdl(Mdl);
    if (WdfIoTargetWdmGetTargetDeviceObject(Target)->StackSize > 1) {
        is_status(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, Small, TRUE, &Request), STATUS_SUCCESS, "a small one");
        is_status(WdfRequestChangeTarget(Request, Target), STATUS_REQUEST_NOT_ACCEPTED, "does not fit");
        WdfObjectDelete(Request);
    } else {
        IoFreeIrp(Small);
    }
}

/* ---- a device in front that passes its reads on ---- */

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtPassed;
static VOID NTAPI EvtPassed(WDFREQUEST Request, WDFIOTARGET IoTarget, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(IoTarget);
    UNREFERENCED_PARAMETER(Context);
    Completions++;
    WdfRequestCompleteWithInformation(Request, Params->IoStatus.Status, Params->IoStatus.Information);
}

static EVT_WDF_IO_QUEUE_IO_READ EvtFrontRead;
static VOID NTAPI EvtFrontRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Length);
    WdfRequestFormatRequestUsingCurrentType(Request);
    WdfRequestSetCompletionRoutine(Request, EvtPassed, NULL);
    if (!WdfRequestSend(Request, Target, NULL))
        WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

static NTSTATUS MakeFront(WDFDRIVER Driver, WDFDEVICE *Front)
{
    DECLARE_CONST_UNICODE_STRING(Sddl, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfSendFront");
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status = Init != NULL ? WdfDeviceInitAssignName(Init, &Name) : STATUS_INSUFFICIENT_RESOURCES;

    if (!NT_SUCCESS(Status))
        return Status;
    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, Front);
    if (!NT_SUCCESS(Status))
        return Status;
    WdfDeviceWdmGetDeviceObject(*Front)->StackSize = (CCHAR)(WdfDeviceWdmGetDeviceObject(Device)->StackSize + 1);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoRead = EvtFrontRead;
    Status = WdfIoQueueCreate(*Front, &Config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    WdfControlFinishInitializing(*Front);
    return Status;
}

static VOID TestPassingOn(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"\\Device\\KmdfSendFront");
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDF_MEMORY_DESCRIPTOR Out;
    WDFIOTARGET FrontTarget;
    ULONG_PTR Bytes = 0;
    WDFDEVICE Front;
    UCHAR Buffer[16];

    if (!is_status(MakeFront(Driver, &Front), STATUS_SUCCESS, "a device in front"))
        return;
    WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &FrontTarget);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Name, GENERIC_READ);
    is_status(WdfIoTargetOpen(FrontTarget, &Open), STATUS_SUCCESS, "opened");
    memset(Buffer, 0, sizeof(Buffer));
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Out, Buffer, sizeof(Buffer));
    Completions = 0;
    is_status(WdfIoTargetSendReadSynchronously(FrontTarget, NULL, &Out, NULL, NULL, &Bytes), STATUS_SUCCESS, "a read");
    ok(Bytes == sizeof(Buffer) && Buffer[0] == 0x77 && Buffer[15] == 0x77, "answered by the device behind");
    is_ulong(Completions, 1, "through the one in front");
    WdfObjectDelete(FrontTarget);
    WdfObjectDelete(Front);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS Version;
    WDF_DRIVER_CONFIG Config;
    WDFREQUEST Request;
    WDFDRIVER Driver;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, &Driver), STATUS_SUCCESS, "a driver") ||
        !is_status(MakeDevice(Driver), STATUS_SUCCESS, "a device and a target"))
        return done();
    ok(WdfIoTargetGetDevice(Target) == Device, "the target's device");
    is_status(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Request), STATUS_SUCCESS, "a request");
    TestTransfers(Request);
    TestInternal(Request);
    WdfObjectDelete(Request);
    TestOwnIrp();
    TestPassingOn(Driver);

    ok(wcscmp(WdfDriverGetRegistryPath(Driver), RegistryPath->Buffer) == 0, "the registry path");
    ok(WdfWdmDriverGetWdfDriverHandle(DriverObject) == Driver, "the driver of a driver object");
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&Version, 1, 15);
    ok(WdfDriverIsVersionAvailable(Driver, &Version), "version 1.15");
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&Version, 1, 99);
    ok(!WdfDriverIsVersionAvailable(Driver, &Version), "not version 1.99");
    is_status(WdfDriverRegisterTraceInfo(DriverObject, NULL, NULL), STATUS_NOT_SUPPORTED, "no tracing by the framework");
    WdfVerifierDbgBreakPoint(); /* does nothing unless Parameters\Wdf asks for it */
    WdfObjectDelete(Target);
    WdfObjectDelete(Device);
    done();
    return STATUS_SUCCESS;
}
