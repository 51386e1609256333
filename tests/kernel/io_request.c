/* System services on a device of the test's own: transfer methods, synchronous and asynchronous requests, events,
 * pending and cancelled requests, cleanup and close. */
#include "iodev.h"

#define IOCTL_BUFFERED CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_IN_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_OUT_DIRECT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_NEITHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_PEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FAIL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_WARN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS)

static PIRP Pended;
static PFILE_OBJECT LastFile;
static KTIMER Timer;
static KDPC Dpc;

static VOID NTAPI cancel_pended(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Pended = NULL;
    complete(Irp, STATUS_CANCELLED, 0);
}

static VOID NTAPI timer_dpc(PKDPC TheDpc, PVOID Context, PVOID Arg1, PVOID Arg2)
{
    PIRP Irp = Pended;

    UNREFERENCED_PARAMETER(TheDpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Arg1);
    UNREFERENCED_PARAMETER(Arg2);
    Pended = NULL;
    IoSetCancelRoutine(Irp, NULL);
    *(PULONG)Irp->AssociatedIrp.SystemBuffer = 0xD0C5;
    complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
}

static NTSTATUS pend(PIRP Irp)
{
    IoMarkIrpPending(Irp);
    Pended = Irp;
    IoSetCancelRoutine(Irp, cancel_pended);
    return STATUS_PENDING;
}

/* Inverts each byte of input to output, however they come. */
static NTSTATUS NTAPI dispatch_control(PDEVICE_OBJECT Target, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG In = Stack->Parameters.DeviceIoControl.InputBufferLength, i;
    ULONG Out = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR From = Irp->AssociatedIrp.SystemBuffer, To = From;

    UNREFERENCED_PARAMETER(Target);
    LastFile = Stack->FileObject;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PEND:
        return pend(Irp);
    case IOCTL_FAIL:
        return complete(Irp, STATUS_INVALID_DEVICE_STATE, 0);
    case IOCTL_WARN:
        return complete(Irp, STATUS_BUFFER_OVERFLOW, 0);
    case IOCTL_IN_DIRECT:
    case IOCTL_OUT_DIRECT:
        To = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        break;
    case IOCTL_NEITHER:
        From = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
        To = Irp->UserBuffer;
        break;
    }
    for (i = 0; i < In && i < Out; i++)
        To[i] = (UCHAR)~From[i];
    return complete(Irp, STATUS_SUCCESS, i);
}

static UCHAR Store[64];

static NTSTATUS NTAPI dispatch_transfer(PDEVICE_OBJECT Target, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.Read.Length;
    PVOID Data = Irp->UserBuffer;

    if (Target->Flags & DO_BUFFERED_IO)
        Data = Irp->AssociatedIrp.SystemBuffer;
    else if (Target->Flags & DO_DIRECT_IO)
        Data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Length > sizeof(Store))
        return complete(Irp, STATUS_INVALID_BUFFER_SIZE, 0);
    if (Stack->MajorFunction == IRP_MJ_WRITE)
        RtlCopyMemory(Store, Data, Length);
    else
        RtlCopyMemory(Data, Store, Length);
    return complete(Irp, STATUS_SUCCESS, Length);
}

static VOID test_methods(HANDLE Handle)
{
    static const struct {
        ULONG Code;
        const char *Name;
    } Method[] = { { IOCTL_BUFFERED, "buffered" }, { IOCTL_IN_DIRECT, "in direct" }, { IOCTL_OUT_DIRECT, "out direct" },
                   { IOCTL_NEITHER, "neither" } };
    UCHAR In[5] = { 0, 1, 2, 0x80, 0xFF }, Out[8], Expected[5] = { 0xFF, 0xFE, 0xFD, 0x7F, 0 };
    IO_STATUS_BLOCK Iosb;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Method); i++) {
        tap_fill(&Out);
        tap_fill(&Iosb);
        is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, Method[i].Code, In, sizeof(In), Out,
                                        sizeof(Out)), STATUS_SUCCESS, "%s: status", Method[i].Name);
        is_status(Iosb.Status, STATUS_SUCCESS, "%s: status block", Method[i].Name);
        is_ulong64(Iosb.Information, 5, "%s: information", Method[i].Name);
        is_bytes(Out, Expected, 5, "%s: output", Method[i].Name);
        ok(tap_all_bytes(Out + 5, 3, 0xA5), "%s: nothing behind it", Method[i].Name);
    }
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_BUFFERED, NULL, 0, NULL, 0),
              STATUS_SUCCESS, "no buffers at all");
    tap_fill(&Iosb);
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_FAIL, In, 1, Out, 1),
              STATUS_INVALID_DEVICE_STATE, "a failing request");
    ok(tap_all_bytes(&Iosb, sizeof(Iosb), 0xA5), "leaves the status block alone");
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_WARN, In, 1, Out, 1),
              STATUS_BUFFER_OVERFLOW, "a warning");
    is_status(Iosb.Status, STATUS_BUFFER_OVERFLOW, "is in the status block");
    is_status(ZwFsControlFile(Handle, NULL, NULL, NULL, &Iosb, FSCTL_LOCK_VOLUME, NULL, 0, NULL, 0),
              STATUS_INVALID_DEVICE_REQUEST, "a major function that the driver has not");
}

static VOID test_transfers(ULONG Flags, const char *Name)
{
    UCHAR Data[16] = "0123456789abcde", Back[16];
    IO_STATUS_BLOCK Iosb;
    LARGE_INTEGER Zero = { .QuadPart = 0 };
    HANDLE Handle;

    Device->Flags = (Device->Flags & ~(DO_BUFFERED_IO | DO_DIRECT_IO)) | Flags;
    is_status(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT), STATUS_SUCCESS, "%s: open", Name);
    is_status(ZwWriteFile(Handle, NULL, NULL, NULL, &Iosb, Data, sizeof(Data), &Zero, NULL), STATUS_SUCCESS,
              "%s: write", Name);
    is_ulong64(Iosb.Information, sizeof(Data), "%s: bytes written", Name);
    is_bytes(Store, Data, sizeof(Data), "%s: they arrived", Name);
    tap_fill(&Back);
    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Back, sizeof(Back), NULL, NULL), STATUS_SUCCESS,
              "%s: read", Name);
    is_bytes(Back, Data, sizeof(Data), "%s: the same", Name);
    is_status(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Store, sizeof(Store) + 1, NULL, NULL),
              STATUS_INVALID_BUFFER_SIZE, "%s: too much", Name);
    ZwClose(Handle);
}

static VOID start_timer(VOID)
{
    LARGE_INTEGER Due = { .QuadPart = -10000 };

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, timer_dpc, NULL);
    KeSetTimer(&Timer, Due, &Dpc);
}

static VOID test_synchronous(VOID)
{
    IO_STATUS_BLOCK Iosb;
    ULONG Out = 0;
    HANDLE Handle;

    is_status(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT), STATUS_SUCCESS, "synchronous handle");
    start_timer();
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_PEND, NULL, 0, &Out, sizeof(Out)),
              STATUS_SUCCESS, "the service waits for a pending request");
    is_hex(Out, 0xD0C5, "its output came back");
    is_ulong64(Iosb.Information, sizeof(Out), "information");
    ok((LastFile->Flags & FO_SYNCHRONOUS_IO) != 0, "FO_SYNCHRONOUS_IO");
    ZwClose(Handle);
}

static VOID test_asynchronous(VOID)
{
    IO_STATUS_BLOCK Iosb, CancelIosb;
    LARGE_INTEGER Zero = { .QuadPart = 0 };
    ULONG Out = 0;
    HANDLE Handle, Event;
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, TRUE);
    is_status(open_device(&Handle, 0), STATUS_SUCCESS, "asynchronous handle");
    tap_fill(&Iosb);
    is_status(ZwDeviceIoControlFile(Handle, Event, NULL, NULL, &Iosb, IOCTL_PEND, NULL, 0, &Out, sizeof(Out)),
              STATUS_PENDING, "the request is pending");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "the event was reset");
    start_timer();
    is_status(ZwWaitForSingleObject(Event, FALSE, NULL), STATUS_SUCCESS, "and is set at completion");
    is_status(Iosb.Status, STATUS_SUCCESS, "status block");
    is_hex(Out, 0xD0C5, "output");
    Out = 0;
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_PEND, NULL, 0, &Out, sizeof(Out)),
              STATUS_PENDING, "pending without an event");
    start_timer();
    is_status(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS, "the file itself is signalled");
    is_hex(Out, 0xD0C5, "output");
    is_status(ZwDeviceIoControlFile(Handle, Event, NULL, NULL, &Iosb, IOCTL_PEND, NULL, 0, &Out, sizeof(Out)),
              STATUS_PENDING, "one to cancel");
    is_status(ZwCancelIoFile(Handle, &CancelIosb), STATUS_SUCCESS, "NtCancelIoFile");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "the event is set");
    is_status(Iosb.Status, STATUS_CANCELLED, "the request was cancelled");
    ZwClose(Handle);
    ZwClose(Event);
}

static VOID test_access(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)&DeviceName, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateFile(&Handle, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN,
                           FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), STATUS_INVALID_PARAMETER,
              "synchronous I/O without SYNCHRONIZE");
    is_status(ZwCreateFile(&Handle, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 0, 99, 0, NULL, 0),
              STATUS_INVALID_PARAMETER, "a disposition that is none");
    is_status(ZwCreateFile(&Handle, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 0x80, FILE_OPEN, 0, NULL, 0),
              STATUS_INVALID_PARAMETER, "bad share access");
    is_status(ZwDeviceIoControlFile((HANDLE)0x7FFC, NULL, NULL, NULL, &Iosb, IOCTL_BUFFERED, NULL, 0, NULL, 0),
              STATUS_INVALID_HANDLE, "no such handle");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = dispatch_control;
    Driver->MajorFunction[IRP_MJ_READ] = dispatch_transfer;
    Driver->MajorFunction[IRP_MJ_WRITE] = dispatch_transfer;
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    is_status(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT), STATUS_SUCCESS, "open");
    is_ulong(Seen.Creates, 1, "IRP_MJ_CREATE");
    test_methods(Handle);
    ZwClose(Handle);
    is_ulong(Seen.Cleanups, 1, "IRP_MJ_CLEANUP");
    is_ulong(Seen.Closes, 1, "IRP_MJ_CLOSE");
    test_transfers(DO_BUFFERED_IO, "buffered");
    test_transfers(DO_DIRECT_IO, "direct");
    test_transfers(0, "neither");
    test_synchronous();
    test_asynchronous();
    test_access();
    IoDeleteDevice(Device);
    leak_end();
    return done();
}
