/*
 * NtQueryInformationFile, NtSetInformationFile, NtQueryVolumeInformationFile and the services that
 * ask by name. What the I/O manager knows it answers itself (position, mode, access, alignment,
 * completion port); the rest goes to the driver. Left out: hard links made through
 * FileLinkInformation's target directory handle.
 */
#include "iop.h"

typedef struct _IOP_CLASS {
    FILE_INFORMATION_CLASS Class;
    ULONG QueryBytes; /* least length to query; 0: cannot be queried */
    ULONG SetBytes;   /* least length to set; 0: cannot be set */
    ACCESS_MASK QueryAccess, SetAccess; /* 0: any handle */
} IOP_CLASS;

/* [doc: NtQueryInformationFile, NtSetInformationFile: each class with its access] */
static const IOP_CLASS IopClasses[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), sizeof(FILE_BASIC_INFORMATION),
     FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, 0, 0},
    {FileInternalInformation, sizeof(FILE_INTERNAL_INFORMATION), 0, 0, 0},
    {FileEaInformation, sizeof(FILE_EA_INFORMATION), 0, 0, 0},
    {FileAccessInformation, sizeof(FILE_ACCESS_INFORMATION), 0, 0, 0},
    {FileNameInformation, sizeof(FILE_NAME_INFORMATION), 0, 0, 0},
    {FileRenameInformation, 0, sizeof(FILE_RENAME_INFORMATION), 0, DELETE},
    {FileLinkInformation, 0, sizeof(FILE_RENAME_INFORMATION), 0, 0},
    {FileDispositionInformation, 0, sizeof(FILE_DISPOSITION_INFORMATION), 0, DELETE},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), sizeof(FILE_POSITION_INFORMATION),
     0, 0},
    {FileModeInformation, sizeof(FILE_MODE_INFORMATION), sizeof(FILE_MODE_INFORMATION), 0, 0},
    {FileAlignmentInformation, sizeof(FILE_ALIGNMENT_INFORMATION), 0, 0, 0},
    {FileAllInformation, sizeof(FILE_ALL_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileAllocationInformation, 0, sizeof(FILE_ALLOCATION_INFORMATION), 0, FILE_WRITE_DATA},
    {FileEndOfFileInformation, 0, sizeof(FILE_END_OF_FILE_INFORMATION), 0, FILE_WRITE_DATA},
    {FileStreamInformation, sizeof(FILE_STREAM_INFORMATION), 0, 0, 0},
    {FileAlternateNameInformation, sizeof(FILE_NAME_INFORMATION), 0, 0, 0},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), sizeof(FILE_PIPE_INFORMATION),
     FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FilePipeLocalInformation, sizeof(FILE_PIPE_LOCAL_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileCompressionInformation, sizeof(FILE_COMPRESSION_INFORMATION), 0, 0, 0},
    {FileCompletionInformation, 0, sizeof(FILE_COMPLETION_INFORMATION), 0, 0},
    {FileNetworkOpenInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
    {FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), 0, FILE_READ_ATTRIBUTES,
     0},
    {FileValidDataLengthInformation, 0, sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), 0,
     FILE_WRITE_DATA},
    {FileIdInformation, 24, 0, 0, 0},
};

static const IOP_CLASS *IopFindClass(FILE_INFORMATION_CLASS Class)
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(IopClasses); i++)
        if (IopClasses[i].Class == Class)
            return &IopClasses[i];
    return NULL;
}

/* Writes an answer of the I/O manager and ends the request. */
static NTSTATUS IopAnswer(IOP_REQUEST *Request, NTSTATUS Status, PVOID Buffer, const VOID *Data,
                          ULONG Bytes)
{
    __try {
        if (NT_SUCCESS(Status) && Bytes != 0) {
            IopProbe(Request, Buffer, Bytes, TRUE);
            RtlCopyMemory(Buffer, Data, Bytes);
        }
        Request->Iosb->Status = Status;
        Request->Iosb->Information = NT_SUCCESS(Status) ? Bytes : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IopAbandonRequest(Request);
    return Status;
}

static ULONG IopFileMode(PFILE_OBJECT File)
{
    ULONG Mode = 0;

    if (File->Flags & FO_SYNCHRONOUS_IO)
        Mode |= File->Flags & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT
                                              : FILE_SYNCHRONOUS_IO_NONALERT;
    if (File->Flags & FO_WRITE_THROUGH)
        Mode |= FILE_WRITE_THROUGH;
    if (File->Flags & FO_SEQUENTIAL_ONLY)
        Mode |= FILE_SEQUENTIAL_ONLY;
    if (File->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        Mode |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (File->Flags & FO_DELETE_ON_CLOSE)
        Mode |= FILE_DELETE_ON_CLOSE;
    return Mode;
}

/* TRUE when the I/O manager answers Class itself; the request is then over. */
static BOOLEAN IopQueryOwn(IOP_REQUEST *Request, ULONG Class, PVOID Buffer, NTSTATUS *Status)
{
    ULONG Value;

    switch (Class) {
    case FileAccessInformation:
        Value = Request->Granted;
        break;
    case FileModeInformation:
        Value = IopFileMode(Request->File);
        break;
    case FileAlignmentInformation:
        Value = Request->Device->AlignmentRequirement;
        break;
    case FilePositionInformation:
        if (!Request->Synchronous)
            return FALSE;
        *Status = IopAnswer(Request, STATUS_SUCCESS, Buffer, &Request->File->CurrentByteOffset,
                            sizeof(LARGE_INTEGER));
        return TRUE;
    default:
        return FALSE;
    }
    *Status = IopAnswer(Request, STATUS_SUCCESS, Buffer, &Value, sizeof(Value));
    return TRUE;
}

/* The driver fills its parts of FileAllInformation; these are ours. [doc: FILE_ALL_INFORMATION] */
static VOID IopPrefillAll(IOP_REQUEST *Request)
{
    PFILE_ALL_INFORMATION All = Request->Irp->AssociatedIrp.SystemBuffer;

    All->AccessInformation.AccessFlags = Request->Granted;
    All->ModeInformation.Mode = IopFileMode(Request->File);
    All->AlignmentInformation.AlignmentRequirement = Request->Device->AlignmentRequirement;
}

NT_SERVICE(QueryInformationFile);
NT_EXPORT(NtQueryInformationFile);
NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    const IOP_CLASS *Class = IopFindClass(FileInformationClass);
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (Class == NULL || Class->QueryBytes == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Class->QueryBytes)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopBeginSynchronous(&Request, FileHandle, Class->QueryAccess, IoStatusBlock);
    if (Status != STATUS_SUCCESS ||
        IopQueryOwn(&Request, FileInformationClass, FileInformation, &Status))
        return Status;
    Status = IopMakeRequestIrp(&Request, IRP_MJ_QUERY_INFORMATION, 0);
    if (NT_SUCCESS(Status)) {
        __try {
            IopProbe(&Request, FileInformation, Length, TRUE);
            if (!IopAttachSystemBuffer(&Request, FileInformation, Length, TRUE))
                Status = STATUS_INSUFFICIENT_RESOURCES;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(&Request);
        return Status;
    }
    RtlZeroMemory(Request.Irp->AssociatedIrp.SystemBuffer, Length);
    if (FileInformationClass == FileAllInformation)
        IopPrefillAll(&Request);
    Request.Stack->Parameters.QueryFile.Length = Length;
    Request.Stack->Parameters.QueryFile.FileInformationClass = FileInformationClass;
    return IopSendRequestAndWait(&Request);
}

/* ---- set ---- */

static NTSTATUS IopSetPosition(IOP_REQUEST *Request, const VOID *Data)
{
    LARGE_INTEGER Position = *(const LARGE_INTEGER *)Data;

    if (Position.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if ((Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        && (Position.LowPart & Request->Device->AlignmentRequirement))
        return STATUS_INVALID_PARAMETER;
    Request->File->CurrentByteOffset = Position;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetMode(IOP_REQUEST *Request, const VOID *Data)
{
    const ULONG Sync = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG Mode = *(const ULONG *)Data, Flags = Request->File->Flags;

    if (Mode & ~FILE_VALID_SET_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if ((Mode & Sync) == Sync || ((Mode & Sync) != 0) != ((Flags & FO_SYNCHRONOUS_IO) != 0))
        return STATUS_INVALID_PARAMETER;
    Flags &= ~(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    if (Mode & FILE_WRITE_THROUGH)
        Flags |= FO_WRITE_THROUGH;
    if (Mode & FILE_SEQUENTIAL_ONLY)
        Flags |= FO_SEQUENTIAL_ONLY;
    if (Mode & FILE_SYNCHRONOUS_IO_ALERT)
        Flags |= FO_ALERTABLE_IO;
    Request->File->Flags = Flags;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetCompletionPort(IOP_REQUEST *Request, const VOID *Data)
{
    const FILE_COMPLETION_INFORMATION *Info = Data;
    PIO_COMPLETION_CONTEXT Context;
    NTSTATUS Status;

    if ((Request->File->Flags & FO_SYNCHRONOUS_IO) || Request->File->CompletionContext != NULL)
        return STATUS_INVALID_PARAMETER;
    Context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Context), IOP_TAG_FILE);
    if (Context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObReferenceObjectByHandle(Info->Port, IO_COMPLETION_MODIFY_STATE, IopCompletionType,
                                       Request->Mode, &Context->Port, NULL);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Context, IOP_TAG_FILE);
        return Status;
    }
    Context->Key = Info->Key;
    Request->File->CompletionContext = Context;
    return STATUS_SUCCESS;
}

/* TRUE when the I/O manager sets Class itself; the request is then over. Data is in system memory.
 */
static BOOLEAN IopSetOwn(IOP_REQUEST *Request, ULONG Class, const VOID *Data, NTSTATUS *Status)
{
    switch (Class) {
    case FilePositionInformation:
        if (!Request->Synchronous)
            return FALSE;
        *Status = IopSetPosition(Request, Data);
        break;
    case FileModeInformation:
        *Status = IopSetMode(Request, Data);
        break;
    case FileCompletionInformation:
        *Status = IopSetCompletionPort(Request, Data);
        break;
    default:
        return FALSE;
    }
    *Status = IopAnswer(Request, *Status, NULL, NULL, 0);
    return TRUE;
}

/*
 * A rename to another directory: the directory is opened, so that the driver gets it as a file
 * object whose name is the new last component. [doc: IRP_MJ_SET_INFORMATION, FileObject]
 */
static NTSTATUS IopOpenTarget(IOP_REQUEST *Request, PFILE_RENAME_INFORMATION Info, ULONG Length,
                              HANDLE *Target)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    UNICODE_STRING Name;
    PFILE_OBJECT File;
    NTSTATUS Status;

    if (Info->FileNameLength > Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) ||
        Info->FileNameLength > MAXUSHORT - 1 || (Info->FileNameLength & 1) ||
        Info->FileNameLength == 0)
        return STATUS_INVALID_PARAMETER;
    Name.Buffer = Info->FileName;
    Name.Length = Name.MaximumLength = (USHORT)Info->FileNameLength;
    if (Info->RootDirectory == NULL && Name.Buffer[0] != L'\\')
        return STATUS_SUCCESS; /* same directory */
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Info->RootDirectory, NULL);
    Status =
        IoCreateFile(Target, FILE_WRITE_DATA | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0,
                     FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0, NULL, 0, CreateFileTypeNone,
                     NULL, IO_NO_PARAMETER_CHECKING | IO_OPEN_TARGET_DIRECTORY);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(*Target, 0, IopFileType, KernelMode, (PVOID *)&File, NULL);
    if (NT_SUCCESS(Status) && IoGetRelatedDeviceObject(File) != Request->Device)
        Status = STATUS_NOT_SAME_DEVICE;
    if (NT_SUCCESS(Status)) {
        Request->Stack->Parameters.SetFile.FileObject = File;
        ObDereferenceObject(File); /* the handle keeps it */
    }
    return Status;
}

/* The driver's part. The IRP has its buffer. */
static NTSTATUS IopSendSet(IOP_REQUEST *Request, ULONG Class, ULONG Length)
{
    PFILE_RENAME_INFORMATION Info = Request->Irp->AssociatedIrp.SystemBuffer;
    HANDLE Target = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    Request->Stack->Parameters.SetFile.Length = Length;
    Request->Stack->Parameters.SetFile.FileInformationClass = Class;
    if (Class == FileRenameInformation || Class == FileLinkInformation) {
        Request->Stack->Parameters.SetFile.ReplaceIfExists = Info->ReplaceIfExists;
        Status = IopOpenTarget(Request, Info, Length, &Target);
    }
    if (NT_SUCCESS(Status))
        Status = IopSendRequestAndWait(Request);
    else
        IopAbandonRequest(Request);
    if (Target != NULL)
        ObCloseHandle(Target, KernelMode);
    return Status;
}

NT_SERVICE(SetInformationFile);
NT_EXPORT(NtSetInformationFile);
NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass)
{
    const IOP_CLASS *Class = IopFindClass(FileInformationClass);
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (Class == NULL || Class->SetBytes == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < Class->SetBytes)
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopBeginSynchronous(&Request, FileHandle, Class->SetAccess, IoStatusBlock);
    if (Status != STATUS_SUCCESS)
        return Status;
    Status = IopMakeRequestIrp(&Request, IRP_MJ_SET_INFORMATION, 0);
    if (NT_SUCCESS(Status)) {
        __try {
            IopProbe(&Request, FileInformation, Length, FALSE);
            if (!IopAttachSystemBuffer(&Request, FileInformation, Length, FALSE))
                Status = STATUS_INSUFFICIENT_RESOURCES;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(&Request);
        return Status;
    }
    if (IopSetOwn(&Request, FileInformationClass, Request.Irp->AssociatedIrp.SystemBuffer, &Status))
        return Status;
    return IopSendSet(&Request, FileInformationClass, Length);
}

/* ---- volumes and directories ---- */

NT_SERVICE(QueryVolumeInformationFile);
NT_EXPORT(NtQueryVolumeInformationFile);
NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                            PVOID FsInformation, ULONG Length,
                                            FS_INFORMATION_CLASS FsInformationClass)
{
    FILE_FS_DEVICE_INFORMATION Device;
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (FsInformationClass <= 0 || FsInformationClass >= FileFsMaximumInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (Length < sizeof(Device))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = IopBeginSynchronous(&Request, FileHandle, 0, IoStatusBlock);
    if (Status != STATUS_SUCCESS)
        return Status;
    if (FsInformationClass == FileFsDeviceInformation && Request.File->Vpb == NULL) {
        Device.DeviceType = Request.File->DeviceObject->DeviceType;
        Device.Characteristics = Request.File->DeviceObject->Characteristics;
        return IopAnswer(&Request, STATUS_SUCCESS, FsInformation, &Device, sizeof(Device));
    }
    Status = IopMakeRequestIrp(&Request, IRP_MJ_QUERY_VOLUME_INFORMATION, 0);
    if (NT_SUCCESS(Status)) {
        __try {
            IopProbe(&Request, FsInformation, Length, TRUE);
            if (!IopAttachSystemBuffer(&Request, FsInformation, Length, TRUE))
                Status = STATUS_INSUFFICIENT_RESOURCES;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(&Request);
        return Status;
    }
    RtlZeroMemory(Request.Irp->AssociatedIrp.SystemBuffer, Length);
    Request.Stack->Parameters.QueryVolume.Length = Length;
    Request.Stack->Parameters.QueryVolume.FsInformationClass = FsInformationClass;
    return IopSendRequestAndWait(&Request);
}

/* The pattern in pool with its header, freed with the IRP's auxiliary buffer. Raises; NULL: out of
 * memory. */
static PUNICODE_STRING IopCapturePattern(IOP_REQUEST *Request, PUNICODE_STRING Pattern)
{
    UNICODE_STRING Local;
    PUNICODE_STRING Copy;

    IopProbe(Request, Pattern, sizeof(*Pattern), FALSE);
    Local = *(volatile UNICODE_STRING *)Pattern;
    IopProbe(Request, Local.Buffer, Local.Length, FALSE);
    Copy = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Copy) + Local.Length, IOP_TAG_FILE);
    if (Copy == NULL)
        return NULL;
    Request->Irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)Copy;
    Copy->Buffer = (PWCHAR)(Copy + 1);
    Copy->Length = Copy->MaximumLength = Local.Length;
    RtlCopyMemory(Copy->Buffer, Local.Buffer, Local.Length);
    return Copy;
}

NT_SERVICE(QueryDirectoryFile);
NT_EXPORT(NtQueryDirectoryFile);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass,
                                    BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                                    BOOLEAN RestartScan)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, FILE_LIST_DIRECTORY, Event, ApcRoutine,
                                      ApcContext, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    Status = IopMakeRequestIrp(&Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_QUERY_DIRECTORY);
    if (!NT_SUCCESS(Status))
        goto Abandon;
    __try {
        PUNICODE_STRING Pattern = NULL;

        IopProbe(&Request, FileInformation, Length, TRUE);
        if (FileName != NULL && (Pattern = IopCapturePattern(&Request, FileName)) == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
        Request.Stack->Parameters.QueryDirectory.FileName = Pattern;
        if (NT_SUCCESS(Status) && !IopAttachBuffer(&Request, FileInformation, Length, TRUE))
            Status = STATUS_INSUFFICIENT_RESOURCES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        goto Abandon;
    Request.Stack->Flags =
        (RestartScan ? SL_RESTART_SCAN : 0) | (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0);
    Request.Stack->Parameters.QueryDirectory.Length = Length;
    Request.Stack->Parameters.QueryDirectory.FileInformationClass = FileInformationClass;
    return IopSendRequest(&Request);

Abandon:
    IopAbandonRequest(&Request);
    return Status;
}

/* [doc: ReadDirectoryChangesW; IRP_MN_NOTIFY_CHANGE_DIRECTORY] */
NT_SERVICE(NotifyChangeDirectoryFile);
NT_EXPORT(NtNotifyChangeDirectoryFile);
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event,
                                           PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                           ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree)
{
    IOP_REQUEST Request;
    NTSTATUS Status;

    if (CompletionFilter == 0 || (CompletionFilter & ~(ULONG)FILE_NOTIFY_VALID_MASK))
        return STATUS_INVALID_PARAMETER;
    Status = IopBeginRequest(&Request, FileHandle, FILE_LIST_DIRECTORY, Event, ApcRoutine,
                             ApcContext, IoStatusBlock);
    if (Status != STATUS_SUCCESS)
        return Status;
    Status = IopMakeRequestIrp(&Request, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
    if (!NT_SUCCESS(Status))
        goto Abandon;
    __try {
        IopProbe(&Request, Buffer, Length, TRUE);
        if (!IopAttachBuffer(&Request, Buffer, Length, TRUE))
            Status = STATUS_INSUFFICIENT_RESOURCES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        goto Abandon;
    Request.Stack->Flags = WatchTree ? SL_WATCH_TREE : 0;
    Request.Stack->Parameters.NotifyDirectory.Length = Length;
    Request.Stack->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
    return IopSendRequest(&Request);

Abandon:
    IopAbandonRequest(&Request);
    return Status;
}

/* ---- by name ---- */

/* Opens the file for its attributes, asks, closes. Info is in system memory. */
static NTSTATUS IopQueryByName(POBJECT_ATTRIBUTES ObjectAttributes,
                               PFILE_NETWORK_OPEN_INFORMATION Info)
{
    IO_STATUS_BLOCK Iosb;
    PFILE_OBJECT File;
    HANDLE Handle;
    ULONG Returned;
    NTSTATUS Status;
    IOP_OPEN_PACKET Packet;
    KPROCESSOR_MODE Mode = IopPreviousMode();

    RtlZeroMemory(&Packet, sizeof(Packet));
    Packet.Disposition = FILE_OPEN;
    Packet.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    Packet.CreateOptions = FILE_OPEN_REPARSE_POINT;
    Packet.Options = IO_NO_PARAMETER_CHECKING;
    Status = IopOpenForService(&Handle, FILE_READ_ATTRIBUTES, ObjectAttributes, &Iosb, &Packet);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(Handle, 0, IopFileType, Mode, (PVOID *)&File, NULL);
    if (NT_SUCCESS(Status)) {
        Status = IoQueryFileInformation(File, FileNetworkOpenInformation, sizeof(*Info), Info,
                                        &Returned);
        ObDereferenceObject(File);
    }
    ObCloseHandle(Handle, Mode);
    return Status;
}

NT_SERVICE(QueryFullAttributesFile);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                         PFILE_NETWORK_OPEN_INFORMATION FileInformation)
{
    FILE_NETWORK_OPEN_INFORMATION Info;
    NTSTATUS Status = IopQueryByName(ObjectAttributes, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForWrite(FileInformation, sizeof(*FileInformation), sizeof(ULONG));
        *FileInformation = Info;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(QueryAttributesFile);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                     PFILE_BASIC_INFORMATION FileInformation);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes,
                                     PFILE_BASIC_INFORMATION FileInformation)
{
    FILE_NETWORK_OPEN_INFORMATION Info;
    NTSTATUS Status = IopQueryByName(ObjectAttributes, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForWrite(FileInformation, sizeof(*FileInformation), sizeof(ULONG));
        FileInformation->CreationTime = Info.CreationTime;
        FileInformation->LastAccessTime = Info.LastAccessTime;
        FileInformation->LastWriteTime = Info.LastWriteTime;
        FileInformation->ChangeTime = Info.ChangeTime;
        FileInformation->FileAttributes = Info.FileAttributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(DeleteFile);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status;
    IOP_OPEN_PACKET Packet;

    RtlZeroMemory(&Packet, sizeof(Packet));
    Packet.Disposition = FILE_OPEN;
    Packet.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    Packet.CreateOptions = FILE_DELETE_ON_CLOSE;
    Status = IopOpenForService(&Handle, DELETE, ObjectAttributes, &Iosb, &Packet);
    if (NT_SUCCESS(Status))
        ObCloseHandle(Handle, IopPreviousMode());
    return Status;
}

/* ---- by file object ---- */

static NTSTATUS IopQueryByObject(PFILE_OBJECT File, ULONG Major, ULONG Class, ULONG Length,
                                 PVOID Buffer, PULONG Returned)
{
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    PIRP Irp = IopAllocateIrp(Device->StackSize);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->Tail.Overlay.OriginalFileObject = File;
    Irp->AssociatedIrp.SystemBuffer = Buffer; /* not ours to free: no IRP_DEALLOCATE_BUFFER */
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = (UCHAR)Major;
    Stack->FileObject = File;
    Stack->Parameters.QueryFile.Length = Length; /* QueryVolume has the same layout */
    Stack->Parameters.QueryFile.FileInformationClass = Class;
    Status = IopSendKernelIrp(Device, Irp, &Iosb);
    *Returned = (ULONG)Iosb.Information;
    return Status;
}

NT_EXPORT(IoQueryFileInformation);
NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject,
                                      FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                      PVOID FileInformation, PULONG ReturnedLength)
{
    return IopQueryByObject(FileObject, IRP_MJ_QUERY_INFORMATION, FileInformationClass, Length,
                            FileInformation, ReturnedLength);
}

NT_EXPORT(IoQueryVolumeInformation);
NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject,
                                        FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                        PVOID FsInformation, PULONG ReturnedLength)
{
    return IopQueryByObject(FileObject, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass, Length,
                            FsInformation, ReturnedLength);
}

/* By Fast I/O where the driver has it. [doc: FsRtlGetFileSize] */
static BOOLEAN IopFastStandard(PFILE_OBJECT File, PDEVICE_OBJECT Device,
                               PFILE_STANDARD_INFORMATION Standard, PIO_STATUS_BLOCK Iosb)
{
    PFAST_IO_DISPATCH Fast = Device->DriverObject->FastIoDispatch;

    return Fast != NULL &&
           Fast->SizeOfFastIoDispatch > FIELD_OFFSET(FAST_IO_DISPATCH, FastIoQueryStandardInfo) &&
           Fast->FastIoQueryStandardInfo != NULL &&
           Fast->FastIoQueryStandardInfo(File, TRUE, Standard, Iosb, Device);
}

NT_EXPORT(FsRtlGetFileSize);
NTSTATUS NTAPI FsRtlGetFileSize(PFILE_OBJECT FileObject, PLARGE_INTEGER FileSize)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK Iosb = {.Information = 0};
    ULONG Returned;
    NTSTATUS Status;

    if (IopFastStandard(FileObject, IoGetRelatedDeviceObject(FileObject), &Standard, &Iosb))
        Status = Iosb.Status;
    else
        Status = IoQueryFileInformation(FileObject, FileStandardInformation, sizeof(Standard),
                                        &Standard, &Returned);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Standard.Directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    *FileSize = Standard.EndOfFile;
    return STATUS_SUCCESS;
}
