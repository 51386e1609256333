/* Controllers that devices share, threads that keep their driver, and questions about files and requests. */
#include "threads.h"
#include "iodev.h"

NTKERNELAPI NTSTATUS NTAPI IoQueryFullDriverPath(PDRIVER_OBJECT Driver, PUNICODE_STRING Path);
NTKERNELAPI NTSTATUS NTAPI IoRetrievePriorityInfo(PIRP Irp, PFILE_OBJECT File, PETHREAD Thread,
                                                  PIO_PRIORITY_INFO Info);
/* In ntddk.h, which cannot be included after ntifs.h. */
NTKERNELAPI PCONTROLLER_OBJECT NTAPI IoCreateController(ULONG Size);
NTKERNELAPI VOID NTAPI IoDeleteController(PCONTROLLER_OBJECT Controller);
NTKERNELAPI VOID NTAPI IoAllocateController(PCONTROLLER_OBJECT Controller, PDEVICE_OBJECT Target,
                                            PDRIVER_CONTROL Routine, PVOID Context);
NTKERNELAPI VOID NTAPI IoFreeController(PCONTROLLER_OBJECT Controller);

static ULONG Order[4], Count;
static LONG Ran;

static IO_ALLOCATION_ACTION NTAPI own(PDEVICE_OBJECT Target, PIRP Irp, PVOID Registers, PVOID Context)
{
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Registers);
    Order[Count++ % 4] = (ULONG)(ULONG_PTR)Context;
    return (ULONG_PTR)Context == 1 ? KeepObject : DeallocateObject;
}

static VOID test_controller(PDEVICE_OBJECT Second)
{
    PCONTROLLER_OBJECT Controller = IoCreateController(16);
    KIRQL Irql;

    ok(Controller != NULL, "IoCreateController");
    ok(tap_all_bytes(Controller->ControllerExtension, 16, 0), "its extension is zeroed");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoAllocateController(Controller, Device, own, (PVOID)1);
    is_ulong(Count, 1, "free: the routine runs at once");
    IoAllocateController(Controller, Second, own, (PVOID)2);
    is_ulong(Count, 1, "kept: the second waits");
    IoFreeController(Controller);
    is_ulong(Count, 2, "freed: it runs");
    is_ulong(Order[1], 2, "with its own context");
    IoAllocateController(Controller, Device, own, (PVOID)3);
    is_ulong(Count, 3, "it gave the controller back");
    KeLowerIrql(Irql);
    IoDeleteController(Controller);
}

static VOID NTAPI thread(PVOID Context)
{
    InterlockedExchange(&Ran, (LONG)(ULONG_PTR)Context);
}

static VOID test_thread(VOID)
{
    HANDLE Handle;

    is_status(IoCreateSystemThread(Device, &Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, thread, (PVOID)9),
              STATUS_SUCCESS, "IoCreateSystemThread");
    is_status(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS, "it may return from its routine");
    is_long(Ran, 9, "it ran");
    ZwClose(Handle);
}

static VOID test_questions(PDRIVER_OBJECT Driver)
{
    static const struct {
        ACCESS_MASK Granted;
        UCHAR Major;
        ULONG Code;
        NTSTATUS Status;
    } Access[] = {
        { FILE_READ_DATA, IRP_MJ_READ, 0, STATUS_SUCCESS },
        { FILE_WRITE_DATA, IRP_MJ_READ, 0, STATUS_ACCESS_DENIED },
        { FILE_READ_DATA, IRP_MJ_DEVICE_CONTROL, CTL_CODE(1, 1, 0, FILE_READ_ACCESS), STATUS_SUCCESS },
        { FILE_READ_DATA, IRP_MJ_DEVICE_CONTROL, CTL_CODE(1, 1, 0, FILE_WRITE_ACCESS), STATUS_ACCESS_DENIED },
        { 0, IRP_MJ_DEVICE_CONTROL, CTL_CODE(1, 1, 0, FILE_ANY_ACCESS), STATUS_SUCCESS },
    };
    UNICODE_STRING Path, Suffix = RTL_CONSTANT_STRING(L"io_fileobj.sys");
    IO_PRIORITY_INFO Info = { .Size = sizeof(Info) };
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PFILE_OBJECT File = IoCreateStreamFileObject(NULL, Device);
    USHORT Node = 9;
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Access); i++)
        is_status(IoCheckFunctionAccess(Access[i].Granted, Access[i].Major, 0, Access[i].Code, NULL, NULL),
                  Access[i].Status, "IoCheckFunctionAccess %lu", i);
    is_bool(IoIsValidIrpStatus(STATUS_SUCCESS), TRUE, "a final status");
    is_bool(IoIsValidIrpStatus(STATUS_PENDING), FALSE, "pending is none");
    is_status(IoRetrievePriorityInfo(Irp, NULL, PsGetCurrentThread(), &Info), STATUS_SUCCESS, "IoRetrievePriorityInfo");
    is_ulong(Info.IoPriority, IoPriorityNormal, "normal");
    Info.Size = 1;
    is_status(IoRetrievePriorityInfo(Irp, NULL, NULL, &Info), STATUS_INVALID_PARAMETER, "a bad size");
    is_status(IoGetDeviceNumaNode(Device, &Node), STATUS_SUCCESS, "IoGetDeviceNumaNode");
    is_ulong(Node, 0, "one node");
    is_status(IoQueryFullDriverPath(Driver, &Path), STATUS_SUCCESS, "IoQueryFullDriverPath");
    ok(Path.Length > Suffix.Length
       && _wcsnicmp(Path.Buffer + (Path.Length - Suffix.Length) / 2, Suffix.Buffer, Suffix.Length / 2) == 0,
       "the image: %wZ", &Path);
    ExFreePool(Path.Buffer);
    is_bool(IoIsFileObjectIgnoringSharing(File), FALSE, "sharing counts");
    is_status(IoSetFileObjectIgnoreSharing(File), STATUS_SUCCESS, "IoSetFileObjectIgnoreSharing");
    is_bool(IoIsFileObjectIgnoringSharing(File), TRUE, "it does not");
    is_status(IoReplaceFileObjectName(File, L"\\new", 8), STATUS_SUCCESS, "IoReplaceFileObjectName");
    is_unicode(&File->FileName, L"\\new", "the new name");
    IoGetNextIrpStackLocation(Irp)->FileObject = File;
    IoSetNextIrpStackLocation(Irp);
    is_status(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS), STATUS_SUCCESS, "kernel requests may");
    Irp->RequestorMode = UserMode;
    is_status(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS), STATUS_ACCESS_DENIED, "a user without the right");
    IoGetCurrentIrpStackLocation(Irp)->Flags = SL_READ_ACCESS_GRANTED;
    is_status(IoValidateDeviceIoControlAccess(Irp, FILE_READ_ACCESS), STATUS_SUCCESS, "with it");
    is_status(IoValidateDeviceIoControlAccess(Irp, 0x80), STATUS_INVALID_PARAMETER, "no such right");
    ObDereferenceObject(File);
    IoFreeIrp(Irp);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Second;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Second), STATUS_SUCCESS, "another");
    test_controller(Second);
    test_thread();
    test_questions(Driver);
    IoDeleteDevice(Second);
    IoDeleteDevice(Device);
    leak_end();
    return done();
}
