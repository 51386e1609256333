/* Opening and asking about files by the kernel's own routines, driver objects without an image, stream files, and
 * services that only a few drivers use. */
#include "iodev.h"

static PDRIVER_OBJECT Me, Made;
static KEVENT Done;
static PIRP Held;

NTSYSAPI NTSTATUS NTAPI ZwCancelIoFileEx(HANDLE File, PIO_STATUS_BLOCK Request, PIO_STATUS_BLOCK Iosb);
NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING Name, PDRIVER_INITIALIZE Entry);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT Driver);
NTKERNELAPI BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM Item, PIO_WORKITEM_ROUTINE_EX Routine, WORK_QUEUE_TYPE Queue,
                                             PVOID Context);

/* In ntddk.h, which cannot be included after ntifs.h. */
NTHALAPI BOOLEAN NTAPI HalMakeBeep(ULONG Frequency);
NTHALAPI ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer,
                                   ULONG Length);

static UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\??\\C:\\io_more.txt");

static VOID test_kernel_open(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle, Second;
    PFILE_OBJECT File;
    FILE_STANDARD_INFORMATION Standard;
    FILE_FS_SIZE_INFORMATION Size;
    FILE_FS_DEVICE_INFORMATION Kind;
    POBJECT_NAME_INFORMATION Dos = NULL;
    UNICODE_STRING Drive = { 0, 0, NULL };
    ULONG Length = 0;

    InitializeObjectAttributes(&Attributes, &Path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    is_status(IoCreateFile(&Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 3,
                           FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, CreateFileTypeNone, NULL,
                           IO_NO_PARAMETER_CHECKING), STATUS_SUCCESS, "IoCreateFile");
    is_status(IoCreateFile(&Second, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 3, FILE_OPEN, 0, NULL, 0, 77, NULL, 0),
              STATUS_INVALID_PARAMETER, "no such kind of file");
    is_status(IoCreateFileSpecifyDeviceObjectHint(&Second, GENERIC_READ, &Attributes, &Iosb, NULL, 0, 3, FILE_OPEN, 0,
                                                  NULL, 0, CreateFileTypeNone, NULL, 0, NULL), STATUS_SUCCESS,
              "IoCreateFileSpecifyDeviceObjectHint");
    ZwClose(Second);
    is_status(ZwOpenFile(&Second, GENERIC_READ, &Attributes, &Iosb, 3, 0), STATUS_SUCCESS, "ZwOpenFile");
    ZwClose(Second);
    is_status(NtWriteFile(Handle, NULL, NULL, NULL, &Iosb, "four", 4, NULL, NULL), STATUS_SUCCESS, "NtWriteFile");
    is_status(ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL),
              STATUS_SUCCESS, "the file object");
    is_status(IoQueryFileInformation(File, FileStandardInformation, sizeof(Standard), &Standard, &Length),
              STATUS_SUCCESS, "IoQueryFileInformation");
    is_ulong64(Standard.EndOfFile.QuadPart, 4, "four bytes");
    is_ulong(Length, sizeof(Standard), "and its length");
    is_status(IoQueryVolumeInformation(File, FileFsSizeInformation, sizeof(Size), &Size, &Length), STATUS_SUCCESS,
              "IoQueryVolumeInformation");
    ok(Size.TotalAllocationUnits.QuadPart >= Size.AvailableAllocationUnits.QuadPart, "no more free than there is");
    is_status(ZwQueryVolumeInformationFile(Handle, &Iosb, &Kind, sizeof(Kind), FileFsDeviceInformation),
              STATUS_SUCCESS, "ZwQueryVolumeInformationFile");
    is_ulong(Kind.DeviceType, FILE_DEVICE_DISK, "a disk");
    is_status(IoQueryFileDosDeviceName(File, &Dos), STATUS_SUCCESS, "IoQueryFileDosDeviceName");
    is_unicode(&Dos->Name, L"C:\\io_more.txt", "with its drive");
    ExFreePool(Dos);
    is_status(IoVolumeDeviceToDosName(File->DeviceObject, &Drive), STATUS_SUCCESS, "IoVolumeDeviceToDosName");
    is_unicode(&Drive, L"C:", "the drive");
    ExFreePool(Drive.Buffer);
    is_bool(IoIsFileOriginRemote(File), FALSE, "a local file");
    is_status(IoSetFileOrigin(File, TRUE), STATUS_SUCCESS, "IoSetFileOrigin");
    is_bool(IoIsFileOriginRemote(File), TRUE, "remote now");
    is_status(IoSetFileOrigin(File, TRUE), STATUS_INVALID_PARAMETER_MIX, "it is already");
    is_ptr(IoGetTransactionParameterBlock(File), NULL, "no transaction");
    is_status(IoVerifyVolume(File->DeviceObject, FALSE), STATUS_SUCCESS, "IoVerifyVolume");
    ObDereferenceObject(File);
    ZwClose(Handle);
    is_status(ZwDeleteFile(&Attributes), STATUS_SUCCESS, "delete it");
}

static VOID test_services(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    FILE_STANDARD_INFORMATION Standard;
    FILE_POSITION_INFORMATION Position = { { .QuadPart = 1 } };
    UCHAR Data[4] = { 0 }, List[256];
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, &Path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    /* From a driver the Nt forms act for the previous mode, which is kernel mode in a system thread. */
    is_status(NtCreateFile(&Handle, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0,
                           FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0),
              STATUS_SUCCESS, "NtCreateFile");
    NtWriteFile(Handle, NULL, NULL, NULL, &Iosb, "abc", 3, NULL, NULL);
    is_status(NtSetInformationFile(Handle, &Iosb, &Position, sizeof(Position), FilePositionInformation),
              STATUS_SUCCESS, "NtSetInformationFile");
    is_status(NtReadFile(Handle, NULL, NULL, NULL, &Iosb, Data, 4, NULL, NULL), STATUS_SUCCESS, "NtReadFile");
    is_bytes(Data, "bc", 2, "from the position");
    is_status(NtQueryInformationFile(Handle, &Iosb, &Standard, sizeof(Standard), FileStandardInformation),
              STATUS_SUCCESS, "NtQueryInformationFile");
    is_status(NtQueryVolumeInformationFile(Handle, &Iosb, List, sizeof(List), FileFsVolumeInformation),
              STATUS_SUCCESS, "NtQueryVolumeInformationFile");
    is_status(NtQueryDirectoryFile(Handle, NULL, NULL, NULL, &Iosb, List, sizeof(List), FileNamesInformation, TRUE,
                                   NULL, TRUE), STATUS_INVALID_PARAMETER, "NtQueryDirectoryFile on a file");
    is_status(NtDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, 0x222000, NULL, 0, NULL, 0),
              STATUS_INVALID_DEVICE_REQUEST, "NtDeviceIoControlFile");
    is_status(NtFsControlFile(Handle, NULL, NULL, NULL, &Iosb, FSCTL_GET_COMPRESSION, NULL, 0, NULL, 0),
              STATUS_INVALID_DEVICE_REQUEST, "NtFsControlFile");
    ZwClose(Handle);
    is_status(NtOpenFile(&Handle, GENERIC_READ, &Attributes, &Iosb, 3, 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "NtOpenFile: deleted on close");
}

static NTSTATUS NTAPI made_entry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    Made = Driver;
    is_ptr(RegistryPath, NULL, "no registry path");
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI failing_entry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_DEVICE_NOT_CONNECTED;
}

static VOID test_drivers(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\DrydockMade");

    is_status(IoCreateDriver(&Name, made_entry), STATUS_SUCCESS, "IoCreateDriver");
    ok(Made != NULL && RtlEqualUnicodeString(&Made->DriverName, &Name, FALSE), "its name");
    is_status(IoCreateDriver(&Name, made_entry), STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    IoDeleteDriver(Made);
    is_status(IoCreateDriver(&Name, failing_entry), STATUS_DEVICE_NOT_CONNECTED, "IoDeleteDriver frees it; a failure");
    is_status(IoCreateDriver(&Name, made_entry), STATUS_SUCCESS, "leaves nothing behind");
    IoDeleteDriver(Made);
}

static VOID test_streams(VOID)
{
    PFILE_OBJECT File;

    RtlZeroMemory(&Seen, sizeof(Seen));
    File = IoCreateStreamFileObject(NULL, Device);
    ok(File != NULL && (File->Flags & FO_STREAM_FILE), "IoCreateStreamFileObject");
    is_ulong(Seen.Cleanups, 1, "sends IRP_MJ_CLEANUP");
    is_ulong(Seen.Creates, 0, "no IRP_MJ_CREATE");
    ObDereferenceObject(File);
    is_ulong(Seen.Closes, 1, "IRP_MJ_CLOSE at the end");
    File = IoCreateStreamFileObjectLite(NULL, Device);
    is_ulong(Seen.Cleanups, 1, "the Lite form sends none");
    ObDereferenceObject(File);
    is_ulong(Seen.Closes, 2, "IRP_MJ_CLOSE at the end");
}

static VOID NTAPI cancel(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI hold(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    Held = Irp;
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, cancel);
    return STATUS_PENDING;
}

static VOID test_cancel(VOID)
{
    IO_STATUS_BLOCK First, Second, Iosb;
    LARGE_INTEGER Zero = { .QuadPart = 0 };
    HANDLE Handle, Event;
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    Me->MajorFunction[IRP_MJ_DEVICE_CONTROL] = hold;
    is_status(open_device(&Handle, 0), STATUS_SUCCESS, "an asynchronous handle");
    is_status(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &First, 0x222000, NULL, 0, NULL, 0), STATUS_PENDING,
              "one request");
    is_status(ZwDeviceIoControlFile(Handle, Event, NULL, NULL, &Second, 0x222000, NULL, 0, NULL, 0), STATUS_PENDING,
              "another");
    First.Status = STATUS_PENDING;
    is_status(ZwCancelIoFileEx(Handle, &Second, &Iosb), STATUS_SUCCESS, "cancel the second by its status block");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "it is done");
    is_status(Second.Status, STATUS_CANCELLED, "cancelled");
    is_status(First.Status, STATUS_PENDING, "the first is not");
    is_status(ZwCancelIoFileEx(Handle, NULL, &Iosb), STATUS_SUCCESS, "all of the file");
    is_status(First.Status, STATUS_CANCELLED, "the first too");
    is_status(ZwCancelIoFileEx(Handle, NULL, &Iosb), STATUS_NOT_FOUND, "none is left");
    ZwClose(Handle);
    ZwClose(Event);
}

static VOID NTAPI work(PVOID Object, PVOID Context, PIO_WORKITEM Item)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Item);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static VOID test_rest(VOID)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    PIRP Irp = IoAllocateIrpEx(Device, 2, FALSE);
    INTERFACE_TYPE Bus = Isa;
    ULONG Idle = 7;
    KIRQL Irql;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    is_bool(IoTryQueueWorkItem(Item, work, DelayedWorkQueue, NULL), TRUE, "IoTryQueueWorkItem");
    is_bool(IoTryQueueWorkItem(Item, work, DelayedWorkQueue, NULL), FALSE, "not while it is queued");
    KeLowerIrql(Irql);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(Item);
    is_ulong(Irp->StackCount, 2, "IoAllocateIrpEx");
    is_status(IoSetIoPriorityHint(Irp, IoPriorityLow), STATUS_SUCCESS, "IoSetIoPriorityHint");
    is_ulong(IoGetIoPriorityHint(Irp), IoPriorityLow, "the hint");
    is_status(IoSetIoPriorityHint(Irp, MaxIoPriorityTypes), STATUS_INVALID_PARAMETER, "no such priority");
    is_bool(PoGetSystemWake(Irp), FALSE, "no request woke the machine");
    IoFreeIrp(Irp);
    PoSetDeviceBusyEx(&Idle);
    is_ulong(Idle, 0, "PoSetDeviceBusyEx");
    PoStartDeviceBusy(&Idle);
    PoEndDeviceBusy(&Idle);
    is_ulong(Idle, 0, "PoStartDeviceBusy, PoEndDeviceBusy");
    is_status(IoQueryDeviceDescription(&Bus, NULL, NULL, NULL, NULL, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
              "no such legacy device");
    is_bool(HalMakeBeep(1000), FALSE, "no speaker");
    is_ulong(HalSetBusData(PCIConfiguration, 0, 0, &Idle, 4), 0, "nothing to configure");
    ok(IoRaiseInformationalHardError(STATUS_DEVICE_NOT_READY, NULL, NULL), "IoRaiseInformationalHardError");
}

static VOID NTAPI reinit(PDRIVER_OBJECT Driver, PVOID Context, ULONG Count)
{
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(Context);
    is_ulong(Count, 1, "boot reinitialization");
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Me = Driver;
    leak_begin();
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    test_kernel_open();
    test_services();
    test_drivers();
    test_streams();
    test_cancel();
    test_rest();
    IoDeleteDevice(Device);
    leak_end();
    IoRegisterBootDriverReinitialization(Driver, reinit, NULL);
    return STATUS_SUCCESS;
}
