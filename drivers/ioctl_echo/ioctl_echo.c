/*
 * \\.\IoctlEcho: gives back what it is sent, by each of the four transfer methods, and keeps requests pending until they are
 * released or cancelled. The partner of tests/programs/ioctl_echo.c and ioctl_bench.c.
 */
#include <ntddk.h>

#include "ioctl_echo.h"

DRIVER_INITIALIZE DriverEntry;

typedef struct _ECHO_DEVICE {
    KSPIN_LOCK Lock;
    LIST_ENTRY Pending; /* Lock; of IRPs, by Tail.Overlay.ListEntry */
} ECHO_DEVICE;

static NTSTATUS EchoComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID EchoTransform(PUCHAR To, const UCHAR *From, ULONG Bytes)
{
    for (ULONG i = 0; i < Bytes; i++)
        To[i] = (UCHAR)(From[i] + 1);
}

static DRIVER_DISPATCH EchoOpenClose;
static NTSTATUS NTAPI EchoOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return EchoComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- pending requests ---- */

static DRIVER_CANCEL EchoCancel;
static VOID NTAPI EchoCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    ECHO_DEVICE *Echo = Device->DeviceExtension;
    KIRQL Irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Echo->Lock, &Irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Echo->Lock, Irql);
    EchoComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS EchoPend(ECHO_DEVICE *Echo, PIRP Irp)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Echo->Lock, &Irql);
    (VOID)IoSetCancelRoutine(Irp, EchoCancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        KeReleaseSpinLock(&Echo->Lock, Irql);
        return EchoComplete(Irp, STATUS_CANCELLED, 0);
    }
    IoMarkIrpPending(Irp);
    InsertTailList(&Echo->Pending, &Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Echo->Lock, Irql);
    return STATUS_PENDING;
}

/* The oldest pended request that is not being cancelled, off the list, or NULL. */
static PIRP EchoTakePending(ECHO_DEVICE *Echo)
{
    PIRP Irp = NULL;
    PLIST_ENTRY Entry;
    KIRQL Irql;

    KeAcquireSpinLock(&Echo->Lock, &Irql);
    for (Entry = Echo->Pending.Flink; Entry != &Echo->Pending; Entry = Entry->Flink) {
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            RemoveEntryList(Entry);
            break;
        }
        Irp = NULL;
    }
    KeReleaseSpinLock(&Echo->Lock, Irql);
    return Irp;
}

static NTSTATUS EchoRelease(ECHO_DEVICE *Echo, PIRP Irp)
{
    PIRP Pended = EchoTakePending(Echo);
    PIO_STACK_LOCATION Stack;

    if (Pended == NULL)
        return EchoComplete(Irp, STATUS_NO_MORE_ENTRIES, 0);
    Stack = IoGetCurrentIrpStackLocation(Pended);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength >= 4) {
        RtlCopyMemory(Pended->AssociatedIrp.SystemBuffer, "done", 4);
        EchoComplete(Pended, STATUS_SUCCESS, 4);
    } else {
        EchoComplete(Pended, STATUS_BUFFER_TOO_SMALL, 0);
    }
    return EchoComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- the four methods ---- */

static NTSTATUS EchoBuffered(PIRP Irp, ULONG In, ULONG Out)
{
    if (Out < In)
        return EchoComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    EchoTransform(Irp->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, In);
    return EchoComplete(Irp, STATUS_SUCCESS, In);
}

static NTSTATUS EchoDirect(PIRP Irp, ULONG In, ULONG Out, BOOLEAN Write)
{
    PUCHAR Buffer;
    ULONG Sum = 0;

    if (Irp->MdlAddress == NULL)
        return EchoComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    if (Buffer == NULL)
        return EchoComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    if (Write) {
        if (Out < In)
            return EchoComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        EchoTransform(Buffer, Irp->AssociatedIrp.SystemBuffer, In);
        return EchoComplete(Irp, STATUS_SUCCESS, In);
    }
    for (ULONG i = 0; i < Out; i++)
        Sum += Buffer[i];
    return EchoComplete(Irp, STATUS_SUCCESS, Sum);
}

static NTSTATUS EchoNeither(PIRP Irp, PIO_STACK_LOCATION Stack, ULONG In, ULONG Out)
{
    PUCHAR From = Stack->Parameters.DeviceIoControl.Type3InputBuffer;

    if (Out < In)
        return EchoComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    __try {
        ProbeForRead(From, In, 1);
        ProbeForWrite(Irp->UserBuffer, In, 1);
        EchoTransform(Irp->UserBuffer, From, In);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return EchoComplete(Irp, GetExceptionCode(), 0);
    }
    return EchoComplete(Irp, STATUS_SUCCESS, In);
}

static DRIVER_DISPATCH EchoControl;
static NTSTATUS NTAPI EchoControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG In = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG Out = Stack->Parameters.DeviceIoControl.OutputBufferLength;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ECHO_BUFFERED: return EchoBuffered(Irp, In, Out);
    case IOCTL_ECHO_IN_DIRECT: return EchoDirect(Irp, In, Out, FALSE);
    case IOCTL_ECHO_OUT_DIRECT: return EchoDirect(Irp, In, Out, TRUE);
    case IOCTL_ECHO_NEITHER: return EchoNeither(Irp, Stack, In, Out);
    case IOCTL_ECHO_PEND: return EchoPend(Device->DeviceExtension, Irp);
    case IOCTL_ECHO_RELEASE: return EchoRelease(Device->DeviceExtension, Irp);
    case IOCTL_ECHO_NOTHING: return EchoComplete(Irp, STATUS_SUCCESS, 0);
    default: return EchoComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* ---- start and end ---- */

static UNICODE_STRING EchoName = RTL_CONSTANT_STRING(L"\\Device\\IoctlEcho");
static UNICODE_STRING EchoLink = RTL_CONSTANT_STRING(L"\\DosDevices\\IoctlEcho");

static DRIVER_UNLOAD EchoUnload;
static VOID NTAPI EchoUnload(PDRIVER_OBJECT Driver)
{
    IoDeleteSymbolicLink(&EchoLink);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    ECHO_DEVICE *Echo;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(Driver, sizeof(ECHO_DEVICE), &EchoName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Echo = Device->DeviceExtension;
    KeInitializeSpinLock(&Echo->Lock);
    InitializeListHead(&Echo->Pending);
    Status = IoCreateSymbolicLink(&EchoLink, &EchoName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = EchoOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EchoControl;
    Driver->DriverUnload = EchoUnload;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
