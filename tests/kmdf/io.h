/*
 * What the tests of queues, requests and file objects share: a control device of the test driver, handles on it, and requests
 * that the test builds itself so that it can look at them while they are pending.
 */
#pragma once

#include "tap.h"
#include <wdf.h>

#define IO_CODE(Function, Method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Function), Method, FILE_ANY_ACCESS)

static DRIVER_OBJECT *IoDriver TAP_UNUSED;

static TAP_UNUSED VOID NTAPI IoDriverUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

/* The test's WDFDRIVER, one without PnP. Only with EvtDriverUnload does it unbind at its end. */
static TAP_UNUSED NTSTATUS IoDriverBegin(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    tap_begin(DriverObject);
    IoDriver = DriverObject;
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = IoDriverUnload;
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
}

static TAP_UNUSED PWDFDEVICE_INIT IoDeviceInit(PCWSTR Name)
{
    UNICODE_STRING Text;
    PWDFDEVICE_INIT Init;

    RtlInitUnicodeString(&Text, L"D:P(A;;GA;;;WD)");
    Init = WdfControlDeviceInitAllocate(WdfGetDriver(), &Text);
    RtlInitUnicodeString(&Text, Name);
    if (Init != NULL && !NT_SUCCESS(WdfDeviceInitAssignName(Init, &Text))) {
        WdfDeviceInitFree(Init);
        Init = NULL;
    }
    return Init;
}

/* A control device that buffers, not ready yet: IoDeviceReady is to follow. */
static TAP_UNUSED WDFDEVICE IoDeviceCreate(PWDFDEVICE_INIT Init, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDFDEVICE Device = NULL;

    is_status(WdfDeviceCreate(&Init, Attributes, &Device), STATUS_SUCCESS, "a control device");
    return Device;
}

static TAP_UNUSED HANDLE IoOpen(PCWSTR Name)
{
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    RtlInitUnicodeString(&Text, Name);
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateFile(&Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0,
                           FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
              STATUS_SUCCESS, "a handle on the device");
    return Handle;
}

static TAP_UNUSED PFILE_OBJECT IoFileOf(HANDLE Handle)
{
    PFILE_OBJECT File = NULL;

    ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);
    return File;
}

/* ---- requests of the test's own ---- */

typedef struct _IO_SENT {
    PIRP Irp;
    KEVENT Done;
    NTSTATUS Status; /* of IoCallDriver, then of the completion */
    ULONG_PTR Information;
    ULONG Completions;
    UCHAR Buffer[64]; /* the system buffer */
} IO_SENT;

static TAP_UNUSED NTSTATUS NTAPI IoSentDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    IO_SENT *Sent = Context;

    UNREFERENCED_PARAMETER(Device);
    Sent->Status = Irp->IoStatus.Status;
    Sent->Information = Irp->IoStatus.Information;
    InterlockedIncrement((LONG *)&Sent->Completions);
    KeSetEvent(&Sent->Done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A buffered request to Wdm for File. The caller may change the next stack location before IoSend. */
static TAP_UNUSED PIO_STACK_LOCATION IoPrepare(IO_SENT *Sent, PDEVICE_OBJECT Wdm, PFILE_OBJECT File, UCHAR Major)
{
    PIO_STACK_LOCATION Stack;

    RtlZeroMemory(Sent, sizeof(*Sent));
    KeInitializeEvent(&Sent->Done, NotificationEvent, FALSE);
    Sent->Irp = IoAllocateIrp(Wdm->StackSize, FALSE);
    if (Sent->Irp == NULL)
        return NULL;
    Sent->Irp->AssociatedIrp.SystemBuffer = Sent->Buffer;
    Sent->Irp->RequestorMode = KernelMode;
    Sent->Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetCompletionRoutine(Sent->Irp, IoSentDone, Sent, TRUE, TRUE, TRUE);
    Stack = IoGetNextIrpStackLocation(Sent->Irp);
    Stack->MajorFunction = Major;
    Stack->FileObject = File;
    return Stack;
}

static TAP_UNUSED NTSTATUS IoSend(IO_SENT *Sent, PDEVICE_OBJECT Wdm)
{
    NTSTATUS Status = IoCallDriver(Wdm, Sent->Irp);

    if (Sent->Completions == 0)
        Sent->Status = Status;
    return Status;
}

static TAP_UNUSED NTSTATUS IoControl(IO_SENT *Sent, PDEVICE_OBJECT Wdm, PFILE_OBJECT File, ULONG Code, ULONG InputLength,
                                     ULONG OutputLength)
{
    PIO_STACK_LOCATION Stack = IoPrepare(Sent, Wdm, File, IRP_MJ_DEVICE_CONTROL);

    Stack->Parameters.DeviceIoControl.IoControlCode = Code;
    Stack->Parameters.DeviceIoControl.InputBufferLength = InputLength;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputLength;
    return IoSend(Sent, Wdm);
}

/* Waits for the completion and frees the IRP; the status. */
static TAP_UNUSED NTSTATUS IoFinish(IO_SENT *Sent)
{
    KeWaitForSingleObject(&Sent->Done, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Sent->Irp);
    Sent->Irp = NULL;
    return Sent->Status;
}
