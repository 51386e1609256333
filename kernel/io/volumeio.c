/*
 * The file system of C:: data. Read, write, flush, sizes, times, renames, deletion.
 */
#include "volume.h"

PVOID VolBuffer(PIRP Irp)
{
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    return Irp->UserBuffer;
}

/* ---- read and write ---- */

typedef struct _VOL_TRANSFER {
    const VOL_OPEN *Open;
    PUCHAR Data;        /* the caller's, may be user memory */
    PUCHAR Bounce;
    ULONG Length, Done;
    ULONG64 Offset;
    BOOLEAN Write;
} VOL_TRANSFER;

/* One chunk through the bounce buffer. FALSE: the transfer ends here. Raises on a bad user address.
 */
static BOOLEAN VolMoveChunk(VOL_TRANSFER *Transfer, PNTSTATUS Status)
{
    HAL_FILE_REQUEST Request = { 0 };
    ULONG Bytes = min(Transfer->Length - Transfer->Done, HAL_FILE_CHUNK);

    if (Transfer->Write)
        RtlCopyMemory(Transfer->Bounce, Transfer->Data + Transfer->Done, Bytes);
    Request.offset = Transfer->Offset + Transfer->Done;
    Request.buffer = (ULONG64)Transfer->Bounce;
    Request.length = Bytes;
    *Status =
        VolHandleCall(&Request, Transfer->Write ? HAL_FILE_WRITE : HAL_FILE_READ, Transfer->Open);
    if (!NT_SUCCESS(*Status))
        return FALSE;
    if (!Transfer->Write)
        RtlCopyMemory(Transfer->Data + Transfer->Done, Transfer->Bounce, Request.length);
    Transfer->Done += Request.length;
    return Request.length == Bytes && Transfer->Done < Transfer->Length;
}

static NTSTATUS VolTransfer(VOL_TRANSFER *Transfer)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Transfer->Length == 0)
        return STATUS_SUCCESS;
    Transfer->Bounce =
        ExAllocatePoolWithTag(NonPagedPoolNx, min(Transfer->Length, HAL_FILE_CHUNK), VOL_TAG);
    if (Transfer->Bounce == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        while (VolMoveChunk(Transfer, &Status))
            ;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ExFreePoolWithTag(Transfer->Bounce, VOL_TAG);
    if (Transfer->Done != 0 && Status != STATUS_ACCESS_VIOLATION)
        return STATUS_SUCCESS; /* what has been moved counts */
    return Status;
}

/* FILE_WRITE_TO_END_OF_FILE becomes the end of the file. */
static NTSTATUS VolPickOffset(VOL_TRANSFER *Transfer, LARGE_INTEGER Offset)
{
    HAL_FILE_INFO Info;
    NTSTATUS Status;

    Transfer->Offset = (ULONG64)Offset.QuadPart;
    if (!Transfer->Write || Offset.LowPart != FILE_WRITE_TO_END_OF_FILE || Offset.HighPart != -1)
        return Offset.QuadPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    Status = VolStat(Transfer->Open, &Info);
    Transfer->Offset = Info.size;
    return Status;
}

/* What was written is told; the file's size was OldSize, unless nobody watches. */
static VOID VolReportWrite(const VOL_TRANSFER *Transfer, ULONG64 OldSize)
{
    BOOLEAN Grown = Transfer->Offset + Transfer->Done > OldSize;

    VolReport(Transfer->Open->Device, (PUNICODE_STRING)&Transfer->Open->Path,
              FILE_NOTIFY_CHANGE_LAST_WRITE | (Grown ? FILE_NOTIFY_CHANGE_SIZE : 0),
              FILE_ACTION_MODIFIED);
}

NTSTATUS NTAPI VolReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    VOL_TRANSFER Transfer = { 0 };
    HAL_FILE_INFO Before = { 0 };
    NTSTATUS Status;

    Transfer.Open = File->FsContext2;
    Transfer.Write = Stack->MajorFunction == IRP_MJ_WRITE;
    Transfer.Length = Stack->Parameters.Read.Length;
    Transfer.Data = VolBuffer(Irp);
    if (Transfer.Open == NULL || Transfer.Open->File == NULL || Transfer.Open->File->Directory)
        return VolComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Transfer.Length != 0 && Irp->MdlAddress != NULL && Transfer.Data == NULL)
        return VolComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    Status = VolPickOffset(&Transfer, Stack->Parameters.Read.ByteOffset);
    if (NT_SUCCESS(Status) && Transfer.Write && VolIsWatched(Device))
        Status = VolStat(Transfer.Open, &Before);
    if (NT_SUCCESS(Status))
        Status = VolTransfer(&Transfer);
    if (Transfer.Write && Transfer.Done != 0)
        VolReportWrite(&Transfer, Before.size);
    if (NT_SUCCESS(Status) && (File->Flags & FO_SYNCHRONOUS_IO) && !(Irp->Flags & IRP_PAGING_IO))
        File->CurrentByteOffset.QuadPart = (LONGLONG)(Transfer.Offset + Transfer.Done);
    return VolComplete(Irp, Status, Transfer.Done);
}

NTSTATUS NTAPI VolFlush(PDEVICE_OBJECT Device, PIRP Irp)
{
    const VOL_OPEN *Open = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext2;
    HAL_FILE_REQUEST Request = { 0 };
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Device);
    if (Open != NULL && Open->Handle != 0)
        Status = VolHandleCall(&Request, HAL_FILE_FLUSH, Open);
    return VolComplete(Irp, Status, 0);
}

/* ---- set information ---- */

/* -1 and -2 switch the file system's own stamps off and on: there are none to switch per handle.
 * [doc] */
static ULONG64 VolTime(LARGE_INTEGER Time)
{
    return Time.QuadPart < 0 ? 0 : (ULONG64)Time.QuadPart;
}

/* The parts that Basic sets, as watchers ask for them. */
static ULONG VolBasicFilter(const FILE_BASIC_INFORMATION *Basic)
{
    return (Basic->CreationTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_CREATION : 0) |
           (Basic->LastAccessTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_LAST_ACCESS : 0) |
           (Basic->LastWriteTime.QuadPart > 0 ? FILE_NOTIFY_CHANGE_LAST_WRITE : 0) |
           (Basic->FileAttributes != 0 ? FILE_NOTIFY_CHANGE_ATTRIBUTES : 0);
}

static NTSTATUS VolSetBasic(VOL_OPEN *Open, const FILE_BASIC_INFORMATION *Basic)
{
    HAL_FILE_REQUEST Request = { 0 };
    NTSTATUS Status;

    if (Basic->CreationTime.QuadPart < -2 || Basic->LastAccessTime.QuadPart < -2 ||
        Basic->LastWriteTime.QuadPart < -2 || Basic->ChangeTime.QuadPart < -2)
        return STATUS_INVALID_PARAMETER;
    if ((Basic->FileAttributes & FILE_ATTRIBUTE_DIRECTORY) && !Open->File->Directory)
        return STATUS_INVALID_PARAMETER;
    if ((Basic->FileAttributes & FILE_ATTRIBUTE_TEMPORARY) && Open->File->Directory)
        return STATUS_INVALID_PARAMETER;
    Request.info.created = VolTime(Basic->CreationTime);
    Request.info.accessed = VolTime(Basic->LastAccessTime);
    Request.info.written = VolTime(Basic->LastWriteTime);
    Request.info.changed = VolTime(Basic->ChangeTime);
    Request.info.attributes = Basic->FileAttributes;
    Status = VolHandleCall(&Request, HAL_FILE_SET_TIMES, Open);
    if (NT_SUCCESS(Status))
        VolReport(Open->Device, &Open->Path, VolBasicFilter(Basic), FILE_ACTION_MODIFIED);
    return Status;
}

static NTSTATUS VolSetSize(VOL_OPEN *Open, LARGE_INTEGER Size, BOOLEAN ShrinkOnly)
{
    HAL_FILE_REQUEST Request = { 0 };
    HAL_FILE_INFO Info;
    NTSTATUS Status = VolStat(Open, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Size.QuadPart < 0 || Open->File->Directory)
        return STATUS_INVALID_PARAMETER;
    if (ShrinkOnly && (ULONG64)Size.QuadPart >= Info.size)
        return STATUS_SUCCESS; /* room beyond the end is the host's matter */
    Request.info.size = (ULONG64)Size.QuadPart;
    Status = VolHandleCall(&Request, HAL_FILE_SET_SIZE, Open);
    if (NT_SUCCESS(Status) && (ULONG64)Size.QuadPart != Info.size)
        VolReport(Open->Device, &Open->Path, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    return Status;
}

static NTSTATUS VolCheckEmpty(const VOL_OPEN *Open)
{
    ULONG Bytes = 1024;
    HAL_FILE_REQUEST Request = { 0 };
    NTSTATUS Status;

    Request.buffer = (ULONG64)ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, VOL_TAG);
    if (Request.buffer == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    Request.length = Bytes;
    Status = VolHandleCall(&Request, HAL_FILE_LIST, Open);
    ExFreePoolWithTag((PVOID)Request.buffer, VOL_TAG);
    if (Status == STATUS_NO_MORE_FILES)
        return STATUS_SUCCESS;
    return NT_SUCCESS(Status) && Request.length == 0 ? STATUS_SUCCESS : STATUS_DIRECTORY_NOT_EMPTY;
}

static NTSTATUS VolSetDisposition(const VOL_OPEN *Open, BOOLEAN Delete)
{
    VOL_DEVICE *Volume = Open->Device->DeviceExtension;
    HAL_FILE_INFO Info;
    NTSTATUS Status = VolStat(Open, &Info);

    if (NT_SUCCESS(Status) && VolIsProtected(Open->Device))
        Status = STATUS_MEDIA_WRITE_PROTECTED;
    if (NT_SUCCESS(Status) && Delete && (Info.attributes & FILE_ATTRIBUTE_READONLY))
        Status = STATUS_CANNOT_DELETE;
    if (NT_SUCCESS(Status) && Delete && Open->Path.Length <= sizeof(WCHAR))
        Status = STATUS_CANNOT_DELETE; /* the root */
    if (NT_SUCCESS(Status) && Delete && Open->File->Directory)
        Status = VolCheckEmpty(Open);
    if (NT_SUCCESS(Status))
        Open->File->DeletePending = Delete;
    if (NT_SUCCESS(Status) && Delete && Open->File->Directory) /* whoever watches it hears of it */
        FsRtlNotifyFullChangeDirectory(Volume->NotifySync, &Volume->Notify, Open->File, NULL, FALSE,
                                       FALSE, 0, NULL, NULL, NULL);
    return Status;
}

/* The new full path: in the same directory, or in the one that was opened as the target. */
static NTSTATUS VolRenamePath(const VOL_OPEN *Open, PFILE_OBJECT Target,
                              const FILE_RENAME_INFORMATION *Info, PUNICODE_STRING Path)
{
    UNICODE_STRING Directory = Open->Path, Name;
    ULONG i = Directory.Length / sizeof(WCHAR);

    if (Target != NULL) {
        const VOL_OPEN *TargetOpen = Target->FsContext2;

        *Path = VolJoin(&TargetOpen->Path, &TargetOpen->Target);
    } else {
        Name.Buffer = (PWCHAR)Info->FileName;
        Name.Length = Name.MaximumLength = (USHORT)Info->FileNameLength;
        while (i > 1 && Directory.Buffer[i - 1] != L'\\')
            i--;
        Directory.Length = (USHORT)(i * sizeof(WCHAR));
        *Path = VolJoin(&Directory, &Name);
    }
    return Path->Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static ULONG VolDirectoryBytes(PCUNICODE_STRING Path)
{
    ULONG i = Path->Length / sizeof(WCHAR);

    while (i != 0 && Path->Buffer[i - 1] != L'\\')
        i--;
    return i * (ULONG)sizeof(WCHAR);
}

/* A rename in a directory has its own two actions; from one to another it is a removal and an
 * addition. */
static VOID VolReportRename(const VOL_OPEN *Open, PUNICODE_STRING Old, PUNICODE_STRING New)
{
    UNICODE_STRING From = *Old, To = *New;
    BOOLEAN Same;

    From.Length = (USHORT)VolDirectoryBytes(Old);
    To.Length = (USHORT)VolDirectoryBytes(New);
    Same = RtlEqualUnicodeString(&From, &To, TRUE);
    VolReport(Open->Device, Old, VolNameFilter(Open),
              Same ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED);
    VolReport(Open->Device, New, VolNameFilter(Open),
              Same ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED);
}

static NTSTATUS VolRename(VOL_OPEN *Open, PIO_STACK_LOCATION Stack,
                          const FILE_RENAME_INFORMATION *Info)
{
    HAL_FILE_REQUEST Request = { 0 };
    UNICODE_STRING Path, Old;
    char *HostPath;
    ULONG Bytes;
    NTSTATUS Status = VolRenamePath(Open, Stack->Parameters.SetFile.FileObject, Info, &Path);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = VolHostPath(&Path, &HostPath, &Bytes);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Path.Buffer, VOL_TAG);
        return Status;
    }
    Request.path = (ULONG64)HostPath;
    Request.path_bytes = Bytes;
    Request.disposition = Info->ReplaceIfExists ? HAL_OPEN_OVERWRITE_IF : HAL_OPEN_CREATE;
    Status = VolHandleCall(&Request, HAL_FILE_RENAME, Open);
    ExFreePoolWithTag(HostPath, VOL_TAG);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Path.Buffer, VOL_TAG);
        return Status;
    }
    Old = Open->Path;
    Open->Path = Path;
    VolReportRename(Open, &Old, &Path);
    ExFreePoolWithTag(Old.Buffer, VOL_TAG);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI VolSetInformation(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    VOL_OPEN *Open = Stack->FileObject->FsContext2;
    PVOID Data = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Device);
    if (Open == NULL || Open->File == NULL)
        return VolComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    switch (Stack->Parameters.SetFile.FileInformationClass) {
    case FileBasicInformation:
        Status = VolSetBasic(Open, Data);
        break;
    case FileEndOfFileInformation:
        Status = VolSetSize(Open, *(PLARGE_INTEGER)Data, FALSE);
        break;
    case FileAllocationInformation:
        Status = VolSetSize(Open, *(PLARGE_INTEGER)Data, TRUE);
        break;
    case FileDispositionInformation:
        Status = VolSetDisposition(Open, *(PBOOLEAN)Data);
        break;
    case FileRenameInformation:
        Status = VolRename(Open, Stack, Data);
        break;
    case FilePositionInformation:
        Stack->FileObject->CurrentByteOffset = *(PLARGE_INTEGER)Data;
        Status = STATUS_SUCCESS;
        break;
    default:
        Status = STATUS_INVALID_PARAMETER;
        break;
    }
    return VolComplete(Irp, Status, 0);
}
