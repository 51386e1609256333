/*
 * Services of files and ports that reach a driver: locks, synchronous cancellation, completion ports, forwarding, the counters of
 * transfers. The driver under test is the test itself.
 */
#include "threads.h"

/* Exported, though the DDK declares them otherwise or not at all. */
#undef IoForwardAndCatchIrp
#undef IoWMIDeviceObjectToProviderId
NTKERNELAPI BOOLEAN NTAPI IoForwardAndCatchIrp(PDEVICE_OBJECT Device, PIRP Irp);
NTKERNELAPI ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT Device);
NTSYSAPI NTSTATUS NTAPI ZwCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwSetIoCompletion(HANDLE, PVOID, PVOID, NTSTATUS, ULONG_PTR);
NTSYSAPI NTSTATUS NTAPI ZwRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwCancelSynchronousIoFile(HANDLE, PIO_STATUS_BLOCK, PIO_STATUS_BLOCK);
NTSYSAPI NTSTATUS NTAPI ZwCreateThreadEx(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, HANDLE, PVOID, PVOID, ULONG, SIZE_T, SIZE_T,
                                         SIZE_T, PVOID);
extern PULONG ReadOperations __asm__("__imp_IoReadOperationCount");
extern PULONG WriteOperations __asm__("__imp_IoWriteOperationCount");
extern PLARGE_INTEGER ReadTransfers __asm__("__imp_IoReadTransferCount");
extern PLARGE_INTEGER WriteTransfers __asm__("__imp_IoWriteTransferCount");

static PDEVICE_OBJECT Lower, Upper;
static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\IoServices");
static UCHAR LockMinor;
static ULONG LockKey;
static KEVENT Pended;

static VOID NTAPI cancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* A read of 7 bytes waits until it is cancelled; other transfers succeed at once. */
static NTSTATUS lower(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_READ && Stack->Parameters.Read.Length == 7) {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, cancel);
        KeSetEvent(&Pended, 0, FALSE);
        return STATUS_PENDING;
    }
    if (Stack->MajorFunction == IRP_MJ_READ || Stack->MajorFunction == IRP_MJ_WRITE)
        Irp->IoStatus.Information = Stack->Parameters.Read.Length;
    if (Stack->MajorFunction == IRP_MJ_LOCK_CONTROL) {
        LockMinor = Stack->MinorFunction;
        LockKey = Stack->Parameters.LockControl.Key;
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    if (Device == Lower)
        return lower(Irp, Stack);
    if (Stack->MajorFunction != IRP_MJ_WRITE) {
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Lower, Irp);
    }
    IoCopyCurrentIrpStackLocationToNext(Irp);
    ok(IoForwardAndCatchIrp(Lower, Irp), "IoForwardAndCatchIrp");
    Status = Irp->IoStatus.Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static HANDLE open(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    is_status(ZwCreateFile(&Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN,
                           FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), STATUS_SUCCESS, "open");
    return Handle;
}

static VOID locks(HANDLE Handle)
{
    LARGE_INTEGER Offset = {{0}}, Length = {.QuadPart = 10};
    IO_STATUS_BLOCK Iosb;

    is_status(ZwLockFile(Handle, NULL, NULL, NULL, &Iosb, &Offset, &Length, 77, TRUE, TRUE), STATUS_SUCCESS, "ZwLockFile");
    is_ulong(LockMinor, IRP_MN_LOCK, "reaches the driver");
    is_ulong(LockKey, 77, "with its key");
    is_status(ZwUnlockFile(Handle, &Iosb, &Offset, &Length, 78), STATUS_SUCCESS, "ZwUnlockFile");
    is_ulong(LockMinor, IRP_MN_UNLOCK_SINGLE, "reaches the driver");
    is_ulong(LockKey, 78, "with its key");
}

static VOID counters(HANDLE Handle)
{
    ULONG Reads = *ReadOperations, Writes = *WriteOperations;
    LONGLONG Read = ReadTransfers->QuadPart, Written = WriteTransfers->QuadPart;
    IO_STATUS_BLOCK Iosb;
    UCHAR Buffer[16];

    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, 16, NULL, NULL), STATUS_SUCCESS, "a read");
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, 5, NULL, NULL), STATUS_SUCCESS, "a write");
    is_ulong(*ReadOperations - Reads, 1, "IoReadOperationCount");
    is_ulong(*WriteOperations - Writes, 1, "IoWriteOperationCount");
    is_ulong64(ReadTransfers->QuadPart - Read, 16, "IoReadTransferCount");
    is_ulong64(WriteTransfers->QuadPart - Written, 5, "IoWriteTransferCount");
}

static VOID read_until_cancelled(PVOID Context)
{
    IO_STATUS_BLOCK Iosb;
    UCHAR Buffer[7];
    HANDLE Handle = open();

    *(NTSTATUS *)Context = ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Buffer, 7, NULL, NULL);
    ZwClose(Handle);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID cancellation(VOID)
{
    NTSTATUS Status = STATUS_SUCCESS;
    IO_STATUS_BLOCK Iosb;
    HANDLE Thread;

    KeInitializeEvent(&Pended, NotificationEvent, FALSE);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, read_until_cancelled, &Status);
    KeWaitForSingleObject(&Pended, Executive, KernelMode, FALSE, NULL);
    is_status(ZwCancelSynchronousIoFile(Thread, NULL, &Iosb), STATUS_SUCCESS, "ZwCancelSynchronousIoFile");
    ZwWaitForSingleObject(Thread, FALSE, NULL);
    is_status(Status, STATUS_CANCELLED, "ends the other thread's read");
    is_status(ZwCancelSynchronousIoFile(Thread, NULL, &Iosb), STATUS_NOT_FOUND, "nothing is left to cancel");
    ZwClose(Thread);
}

static VOID ports(VOID)
{
    LARGE_INTEGER Zero = {{0}};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    PVOID Key, Context;
    HANDLE Port;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateIoCompletion(&Port, 0x1F0003, &Attributes, 0), STATUS_SUCCESS, "ZwCreateIoCompletion");
    is_status(ZwRemoveIoCompletion(Port, &Key, &Context, &Iosb, &Zero), STATUS_TIMEOUT, "nothing there");
    is_status(ZwSetIoCompletion(Port, (PVOID)1, (PVOID)2, STATUS_ALERTED, 3), STATUS_SUCCESS, "a packet");
    is_status(ZwSetIoCompletion(Port, (PVOID)4, (PVOID)5, STATUS_SUCCESS, 6), STATUS_SUCCESS, "another");
    is_status(ZwRemoveIoCompletion(Port, &Key, &Context, &Iosb, NULL), STATUS_SUCCESS, "the first comes out");
    is_ptr(Key, 1, "its key");
    is_ptr(Context, 2, "its context");
    is_status(Iosb.Status, STATUS_ALERTED, "its status");
    is_ulong64(Iosb.Information, 3, "its information");
    is_status(ZwClose(Port), STATUS_SUCCESS, "closed with a packet in it");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Attached;
    HANDLE Handle, Thread;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = dispatch;
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lower)) ||
        !NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper)))
        return bail("no devices");
    Lower->Flags &= ~DO_DEVICE_INITIALIZING;
    Attached = IoAttachDeviceToDeviceStack(Upper, Lower);
    is_ptr(Attached, Lower, "one device on the other");
    Upper->Flags &= ~DO_DEVICE_INITIALIZING;
    Handle = open();
    locks(Handle);
    counters(Handle);
    ZwClose(Handle);
    cancellation();
    ports();
    is_ulong(IoWMIDeviceObjectToProviderId(Lower), IoWMIDeviceObjectToProviderId(Lower), "a device's WMI provider ID is stable");
    ok(IoWMIDeviceObjectToProviderId(Lower) != IoWMIDeviceObjectToProviderId(Upper), "and its own");
    is_status(ZwCreateThreadEx(&Thread, THREAD_ALL_ACCESS, NULL, (HANDLE)0x7FFC, NULL, NULL, 0, 0, 0, 0, NULL),
              STATUS_INVALID_HANDLE, "ZwCreateThreadEx in a process that is not there");
    IoDetachDevice(Lower);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);
    return done();
}
