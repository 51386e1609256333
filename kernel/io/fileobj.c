/*
 * Smaller questions about files, requests and drivers: access a request needs, priorities, ignored sharing, paths.
 */
#include "iop.h"

/* FILE_OBJECT.FileObjectExtension here: only whether share access is ignored. */
#define IOP_IGNORE_SHARING ((PVOID)1)

NT_EXPORT(IoSetFileObjectIgnoreSharing);
NTSTATUS NTAPI IoSetFileObjectIgnoreSharing(PFILE_OBJECT FileObject)
{
    FileObject->FileObjectExtension = IOP_IGNORE_SHARING;
    return STATUS_SUCCESS;
}

NT_EXPORT(IoIsFileObjectIgnoringSharing);
BOOLEAN NTAPI IoIsFileObjectIgnoringSharing(PFILE_OBJECT FileObject)
{
    return FileObject->FileObjectExtension == IOP_IGNORE_SHARING;
}

NT_EXPORT(IoReplaceFileObjectName);
NTSTATUS NTAPI IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName, USHORT FileNameLength)
{
    PWCHAR Copy = ExAllocatePoolWithTag(PagedPool, FileNameLength + sizeof(WCHAR), IOP_TAG_FILE);

    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, NewFileName, FileNameLength);
    Copy[FileNameLength / sizeof(WCHAR)] = 0;
    if (FileObject->FileName.Buffer != NULL)
        ExFreePool(FileObject->FileName.Buffer);
    FileObject->FileName.Buffer = Copy;
    FileObject->FileName.Length = FileNameLength;
    FileObject->FileName.MaximumLength = FileNameLength + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

/* The rights of the handle that a control request was sent through stand in its stack location. [doc] */
NT_EXPORT(IoValidateDeviceIoControlAccess);
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    UCHAR Granted = IoGetCurrentIrpStackLocation(Irp)->Flags;

    if (RequiredAccess & ~(FILE_READ_ACCESS | FILE_WRITE_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if (Irp->RequestorMode == KernelMode || RequiredAccess == FILE_ANY_ACCESS)
        return STATUS_SUCCESS;
    if (((RequiredAccess & FILE_READ_ACCESS) && !(Granted & SL_READ_ACCESS_GRANTED))
        || ((RequiredAccess & FILE_WRITE_ACCESS) && !(Granted & SL_WRITE_ACCESS_GRANTED)))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* [doc: IoCheckFunctionAccess] */
static ACCESS_MASK IopNeededAccess(UCHAR Major, ULONG ControlCode)
{
    switch (Major) {
    case IRP_MJ_READ:
        return FILE_READ_DATA;
    case IRP_MJ_WRITE:
        return FILE_WRITE_DATA;
    case IRP_MJ_QUERY_EA:
        return FILE_READ_EA;
    case IRP_MJ_SET_EA:
        return FILE_WRITE_EA;
    case IRP_MJ_FLUSH_BUFFERS:
        return FILE_WRITE_DATA;
    case IRP_MJ_DIRECTORY_CONTROL:
        return FILE_LIST_DIRECTORY;
    case IRP_MJ_SET_VOLUME_INFORMATION:
        return FILE_WRITE_DATA;
    case IRP_MJ_QUERY_SECURITY:
        return READ_CONTROL;
    case IRP_MJ_SET_SECURITY:
        return WRITE_DAC;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        return (ControlCode >> 14 & FILE_READ_ACCESS ? FILE_READ_DATA : 0)
             | (ControlCode >> 14 & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
    default:
        return 0;
    }
}

NT_PARTIAL(IoCheckFunctionAccess, "rights of single information classes");
NTSTATUS NTAPI IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction, UCHAR MinorFunction,
                                     ULONG IoControlCode, PVOID Argument1, PVOID Argument2)
{
    ACCESS_MASK Needed;

    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION)
        return STATUS_INVALID_DEVICE_REQUEST;
    Needed = IopNeededAccess(MajorFunction, IoControlCode);
    return (GrantedAccess & Needed) == Needed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* [doc: a driver may not complete a request with STATUS_PENDING; -1 is what freed memory looks like] */
NT_EXPORT(IoIsValidIrpStatus);
BOOLEAN NTAPI IoIsValidIrpStatus(NTSTATUS Status)
{
    return Status != STATUS_PENDING && (ULONG)Status != MAXULONG;
}

NT_EXPORT(IoRetrievePriorityInfo);
NTSTATUS NTAPI IoRetrievePriorityInfo(PIRP Irp, PFILE_OBJECT FileObject, PETHREAD Thread,
                                      PIO_PRIORITY_INFO PriorityInfo);
NTSTATUS NTAPI IoRetrievePriorityInfo(PIRP Irp, PFILE_OBJECT FileObject, PETHREAD Thread,
                                      PIO_PRIORITY_INFO PriorityInfo)
{
    UNREFERENCED_PARAMETER(FileObject);
    if (PriorityInfo->Size != sizeof(*PriorityInfo))
        return STATUS_INVALID_PARAMETER;
    PriorityInfo->ThreadPriority = Thread != NULL ? (ULONG)Thread->Tcb.Priority : 0;
    PriorityInfo->PagePriority = 5; /* normal */
    PriorityInfo->IoPriority = Irp != NULL ? IoGetIoPriorityHint(Irp) : IoPriorityNormal;
    return STATUS_SUCCESS;
}

/* One node. */
NT_EXPORT(IoGetDeviceNumaNode);
NTSTATUS NTAPI IoGetDeviceNumaNode(PDEVICE_OBJECT Pdo, PUSHORT NodeNumber)
{
    UNREFERENCED_PARAMETER(Pdo);
    *NodeNumber = 0;
    return STATUS_SUCCESS;
}

/* The image's path. The caller frees FullPath->Buffer. [doc: IoQueryFullDriverPath] */
NT_EXPORT(IoQueryFullDriverPath);
NTSTATUS NTAPI IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath);
NTSTATUS NTAPI IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath)
{
    PLDR_MODULE Module = DriverObject->DriverSection;

    RtlZeroMemory(FullPath, sizeof(*FullPath));
    if (Module == NULL)
        return STATUS_INVALID_PARAMETER;
    FullPath->Buffer = ExAllocatePoolWithTag(PagedPool, Module->FullDllName.Length + sizeof(WCHAR), IOP_TAG_FILE);
    if (FullPath->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    FullPath->MaximumLength = Module->FullDllName.Length + sizeof(WCHAR);
    RtlCopyUnicodeString(FullPath, &Module->FullDllName);
    return STATUS_SUCCESS;
}

/* A system thread that keeps its driver or device: the object is referenced until the routine has returned. */
typedef struct _IOP_THREAD {
    PVOID Object;
    PKSTART_ROUTINE Routine;
    PVOID Context;
} IOP_THREAD;

static VOID NTAPI IopThreadStart(PVOID Parameter)
{
    IOP_THREAD Thread = *(IOP_THREAD *)Parameter;

    ExFreePoolWithTag(Parameter, IOP_TAG_GENERAL);
    Thread.Routine(Thread.Context);
    ObDereferenceObject(Thread.Object);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* The routine returns instead of calling PsTerminateSystemThread. [doc: IoCreateSystemThread] */
NT_EXPORT(IoCreateSystemThread);
NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId,
                                    PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    IOP_THREAD *Thread = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Thread), IOP_TAG_GENERAL);
    NTSTATUS Status;

    if (Thread == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Thread->Object = IoObject;
    Thread->Routine = StartRoutine;
    Thread->Context = StartContext;
    ObReferenceObject(IoObject);
    Status = PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId,
                                  IopThreadStart, Thread);
    if (NT_SUCCESS(Status))
        return Status;
    ObDereferenceObject(IoObject);
    ExFreePoolWithTag(Thread, IOP_TAG_GENERAL);
    return Status;
}
