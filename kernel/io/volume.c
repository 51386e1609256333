/*
 * The file system of C: and of the other drives that the host gives, \FileSystem\Drydock: devices,
 * names, create, cleanup, close. The files are the host's: each request becomes calls to its
 * broker. Requests are done before the dispatch routine returns. Left out: caching (so no
 * memory-mapped coherency), oplocks, byte-range locks, streams, extended attributes, reparse
 * points, security descriptors of single files (the volume's descriptor counts), short names.
 */
#include "volume.h"

static LIST_ENTRY VolFiles = { &VolFiles, &VolFiles };

NTSTATUS VolComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

/* ---- the host ---- */

NTSTATUS VolCall(HAL_FILE_REQUEST *Request)
{
    if (HAL->file(Request) < 0)
        return STATUS_UNEXPECTED_IO_ERROR;
    return (NTSTATUS)Request->status;
}

NTSTATUS VolHandleCall(HAL_FILE_REQUEST *Request, ULONG Operation, const VOL_OPEN *Open)
{
    if (Open->Handle == 0)
        return STATUS_INVALID_DEVICE_REQUEST; /* the volume itself */
    Request->operation = Operation;
    Request->handle = Open->Handle;
    return VolCall(Request);
}

NTSTATUS VolStat(const VOL_OPEN *Open, HAL_FILE_INFO *Info)
{
    HAL_FILE_REQUEST Request = { 0 };
    NTSTATUS Status = VolHandleCall(&Request, HAL_FILE_STAT, Open);

    *Info = Request.info;
    return Status;
}

/* ---- names ---- */

/* [doc: Naming Files, Paths, and Namespaces] Wildcards, colons and control characters cannot be in
 * a name. */
static BOOLEAN VolIsLegal(PCUNICODE_STRING Path)
{
    ULONG i;

    for (i = 0; i < Path->Length / sizeof(WCHAR); i++) {
        WCHAR c = Path->Buffer[i];

        if (c < 32 || c == L'/' || wcschr(L"<>:\"|?*", c) != NULL)
            return FALSE;
        if (c == L'\\' && i + 1 < Path->Length / sizeof(WCHAR) && Path->Buffer[i + 1] == L'\\')
            return FALSE;
    }
    return TRUE;
}

NTSTATUS VolHostPath(PCUNICODE_STRING Path, char **HostPath, PULONG Bytes)
{
    UNICODE_STRING Rest = *Path;
    ULONG Room, i;
    char *Text;
    NTSTATUS Status;

    if (!VolIsLegal(Path))
        return STATUS_OBJECT_NAME_INVALID;
    if (Rest.Length != 0 && Rest.Buffer[0] == L'\\') {
        Rest.Buffer++;
        Rest.Length -= sizeof(WCHAR);
    }
    Room = Rest.Length / sizeof(WCHAR) * 3 + 1;
    Text = ExAllocatePoolWithTag(NonPagedPoolNx, Room, VOL_TAG);
    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = RtlUnicodeToUTF8N(Text, Room, Bytes, Rest.Buffer, Rest.Length);
    if (Status !=
        STATUS_SUCCESS) { /* also unpaired surrogates: the host could not give them back */
        ExFreePoolWithTag(Text, VOL_TAG);
        return STATUS_OBJECT_NAME_INVALID;
    }
    for (i = 0; i < *Bytes; i++)
        if (Text[i] == '\\')
            Text[i] = '/';
    *HostPath = Text;
    return STATUS_SUCCESS;
}

UNICODE_STRING VolJoin(PCUNICODE_STRING Directory, PCUNICODE_STRING Name)
{
    UNICODE_STRING Result = { 0, 0, NULL };
    ULONG Bytes = Directory->Length + sizeof(WCHAR) + Name->Length;
    ULONG Head = Directory->Length;

    if (Bytes > MAXUSHORT - sizeof(WCHAR))
        return Result;
    Result.Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), VOL_TAG);
    if (Result.Buffer == NULL)
        return Result;
    RtlCopyMemory(Result.Buffer, Directory->Buffer, Head);
    if (Head == sizeof(WCHAR) && Name->Length != 0 && Name->Buffer[0] == L'\\')
        Head = 0; /* the root */
    if ((Head == 0 || Result.Buffer[Head / sizeof(WCHAR) - 1] != L'\\')
        && (Name->Length == 0 || Name->Buffer[0] != L'\\')) {
        Result.Buffer[Head / sizeof(WCHAR)] = L'\\';
        Head += sizeof(WCHAR);
    }
    RtlCopyMemory((PUCHAR)Result.Buffer + Head, Name->Buffer, Name->Length);
    Result.Length = (USHORT)(Head + Name->Length);
    while (Result.Length > sizeof(WCHAR) &&
           Result.Buffer[Result.Length / sizeof(WCHAR) - 1] == L'\\')
        Result.Length -= sizeof(WCHAR);
    Result.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    return Result;
}

/* Full path of the file to open, in pool. */
static NTSTATUS VolFullPath(PFILE_OBJECT File, PUNICODE_STRING Path)
{
    UNICODE_STRING None = { 0, 0, NULL };
    PFILE_OBJECT Related = File->RelatedFileObject;

    if (Related == NULL) {
        /* Win32 makes "C:\\" and "\\name" of a folder's name and a file's: one of the two goes, as
         * in NT's file systems. */
        if (File->FileName.Length > 2 * sizeof(WCHAR) && File->FileName.Buffer[0] == L'\\' &&
            File->FileName.Buffer[1] == L'\\') {
            File->FileName.Length -= sizeof(WCHAR);
            RtlMoveMemory(File->FileName.Buffer, File->FileName.Buffer + 1, File->FileName.Length);
        }
        *Path = VolJoin(&None, &File->FileName);
    } else {
        VOL_OPEN *Open = Related->FsContext2;

        if (File->FileName.Length != 0 && File->FileName.Buffer[0] == L'\\')
            return STATUS_OBJECT_NAME_INVALID;
        *Path = VolJoin(&Open->Path, &File->FileName);
    }
    return Path->Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* ---- file records ---- */

static VOL_FILE *VolFindFile(PDEVICE_OBJECT Device, ULONG64 FileId)
{
    PLIST_ENTRY Link;

    for (Link = VolFiles.Flink; Link != &VolFiles; Link = Link->Flink) {
        VOL_FILE *File = CONTAINING_RECORD(Link, VOL_FILE, Link);

        if (File->FileId == FileId && File->Device == Device && !File->Deleted)
            return File;
    }
    return NULL;
}

/* The record of an open file, new or old, not counted yet. NULL: out of memory. */
static VOL_FILE *VolTakeFile(PDEVICE_OBJECT Device, const HAL_FILE_INFO *Info)
{
    VOL_FILE *File = VolFindFile(Device, Info->file_id);

    if (File != NULL)
        return File;
    File = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*File), VOL_TAG);
    if (File == NULL)
        return NULL;
    RtlZeroMemory(File, sizeof(*File));
    File->Header.NodeTypeCode = (CSHORT)0xD0C5;
    File->Header.NodeByteSize = sizeof(*File);
    File->Header.IsFastIoPossible = FastIoIsNotPossible;
    File->Device = Device;
    File->FileId = Info->file_id;
    File->Directory = (Info->attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    InsertTailList(&VolFiles, &File->Link);
    return File;
}

static VOID VolDropFile(VOL_FILE *File)
{
    if (File->Opens != 0)
        return;
    RemoveEntryList(&File->Link);
    ExFreePoolWithTag(File, VOL_TAG);
}

static VOID VolFreeOpen(VOL_OPEN *Open)
{
    HAL_FILE_REQUEST Request = { 0 };

    if (Open->Handle != 0)
        VolHandleCall(&Request, HAL_FILE_CLOSE, Open);
    if (Open->Path.Buffer != NULL)
        ExFreePoolWithTag(Open->Path.Buffer, VOL_TAG);
    if (Open->Target.Buffer != NULL)
        ExFreePoolWithTag(Open->Target.Buffer, VOL_TAG);
    if (Open->Pattern.Buffer != NULL)
        ExFreePoolWithTag(Open->Pattern.Buffer, VOL_TAG);
    ExFreePoolWithTag(Open, VOL_TAG);
}

/* ---- create ---- */

static VOID VolReportCreate(const VOL_OPEN *Open, ULONG Action)
{
    if (Action == FILE_CREATED)
        VolReport(Open->Device, (PUNICODE_STRING)&Open->Path, VolNameFilter(Open),
                  FILE_ACTION_ADDED);
    else if (Action == FILE_OVERWRITTEN || Action == FILE_SUPERSEDED)
        VolReport(Open->Device, (PUNICODE_STRING)&Open->Path,
                  FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_SIZE |
                      FILE_NOTIFY_CHANGE_LAST_WRITE,
                  FILE_ACTION_MODIFIED);
}

typedef struct _VOL_CREATE {
    PFILE_OBJECT FileObject;
    VOL_OPEN *Open;
    ACCESS_MASK Access;
    USHORT Share;
    ULONG Disposition, Options;
    USHORT Attributes;
    ULONG Action;
    HAL_FILE_INFO Info;
} VOL_CREATE;

static ULONG VolOpenOptions(const VOL_CREATE *Create)
{
    ULONG Options = HAL_OPEN_READ;

    if (Create->Options & FILE_DIRECTORY_FILE)
        Options |= HAL_OPEN_DIRECTORY;
    if (Create->Options & FILE_NON_DIRECTORY_FILE)
        Options |= HAL_OPEN_NON_DIRECTORY;
    if (Create->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        Options |= HAL_OPEN_WRITE;
    return Options;
}

static NTSTATUS VolHostOpen(VOL_CREATE *Create, ULONG Disposition, ULONG Options)
{
    HAL_FILE_REQUEST Request = { 0 };
    char *Path;
    ULONG Bytes;
    NTSTATUS Status = VolHostPath(&Create->Open->Path, &Path, &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    Request.operation = HAL_FILE_OPEN;
    Request.drive = (ULONG)((VOL_DEVICE *)Create->Open->Device->DeviceExtension)->Drive;
    Request.path = (ULONG64)Path;
    Request.path_bytes = Bytes;
    Request.disposition = Disposition;
    Request.options = Options;
    Request.attributes = Create->Attributes;
    Status = VolCall(&Request);
    ExFreePoolWithTag(Path, VOL_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Create->Open->Handle = Request.handle;
    Create->Action = Request.action;
    Create->Info = Request.info;
    return STATUS_SUCCESS;
}

static NTSTATUS VolCheckShare(VOL_CREATE *Create, BOOLEAN Update)
{
    VOL_FILE *File = VolFindFile(Create->Open->Device, Create->Info.file_id);

    if (File == NULL)
        return STATUS_SUCCESS;
    if (File->DeletePending)
        return STATUS_DELETE_PENDING;
    return File->Opens == 0 ? STATUS_SUCCESS
                            : IoCheckShareAccess(Create->Access, Create->Share, Create->FileObject,
                                                 &File->Share, Update);
}

/* Before a file loses its contents, its other openers are asked. */
static NTSTATUS VolCheckOverwrite(VOL_CREATE *Create)
{
    HAL_FILE_REQUEST Close = { 0 };
    NTSTATUS Status;

    if (Create->Disposition != FILE_SUPERSEDE && Create->Disposition != FILE_OVERWRITE
        && Create->Disposition != FILE_OVERWRITE_IF)
        return STATUS_SUCCESS;
    Status = VolHostOpen(Create, HAL_OPEN_EXISTING, HAL_OPEN_READ);
    if (!NT_SUCCESS(Status))
        return STATUS_SUCCESS; /* not there, or the real open will say why not */
    VolHandleCall(&Close, HAL_FILE_CLOSE, Create->Open);
    Create->Open->Handle = 0;
    return VolCheckShare(Create, FALSE);
}

static NTSTATUS VolBindFile(VOL_CREATE *Create)
{
    VOL_FILE *File = VolTakeFile(Create->Open->Device, &Create->Info);
    NTSTATUS Status = STATUS_SUCCESS;

    if (File == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Create->Options & FILE_DELETE_ON_CLOSE) {
        if (VolIsProtected(Create->Open->Device))
            Status = STATUS_MEDIA_WRITE_PROTECTED;
        if (Create->Info.attributes & FILE_ATTRIBUTE_READONLY)
            Status = STATUS_CANNOT_DELETE;
        Create->Open->DeleteOnClose = TRUE;
    }
    if (NT_SUCCESS(Status) && File->Handles == 0)
        IoSetShareAccess(Create->Access, Create->Share, Create->FileObject, &File->Share);
    else if (NT_SUCCESS(Status))
        Status = VolCheckShare(Create, TRUE);
    if (!NT_SUCCESS(Status)) {
        VolDropFile(File);
        return Status;
    }
    File->Opens++;
    File->Handles++;
    Create->Open->File = File;
    return STATUS_SUCCESS;
}

/* Makes the path that of the directory; its last component becomes the file object's name. */
static NTSTATUS VolSplitTarget(VOL_CREATE *Create)
{
    UNICODE_STRING None = { 0, 0, NULL };
    PUNICODE_STRING Path = &Create->Open->Path;
    UNICODE_STRING Last;
    ULONG i = Path->Length / sizeof(WCHAR);

    while (i > 0 && Path->Buffer[i - 1] != L'\\')
        i--;
    Last.Buffer = Path->Buffer + i;
    Last.Length = Last.MaximumLength = (USHORT)(Path->Length - i * sizeof(WCHAR));
    if (Last.Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    Create->Open->Target = VolJoin(&None, &Last);
    if (Create->Open->Target.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Path->Length = (USHORT)(i > 1 ? (i - 1) * sizeof(WCHAR) : sizeof(WCHAR));
    Create->Disposition = FILE_OPEN;
    Create->Options = FILE_DIRECTORY_FILE;
    Create->Access &= ~(FILE_WRITE_DATA | FILE_APPEND_DATA);
    return STATUS_SUCCESS;
}

static NTSTATUS VolOpenFile(VOL_CREATE *Create)
{
    NTSTATUS Status = VolCheckOverwrite(Create);

    if (NT_SUCCESS(Status))
        Status = VolHostOpen(Create, Create->Disposition, VolOpenOptions(Create));
    /* A directory can be opened with rights that only mean writing for a file. */
    if (Status == STATUS_ACCESS_DENIED && (Create->Options & FILE_DIRECTORY_FILE))
        Status = VolHostOpen(Create, Create->Disposition, VolOpenOptions(Create) & ~HAL_OPEN_WRITE);
    if (NT_SUCCESS(Status))
        Status = VolBindFile(Create);
    if (NT_SUCCESS(Status))
        Create->Open->Writable = (Create->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    return Status;
}

static NTSTATUS VolPrepare(PDEVICE_OBJECT Device, PIO_STACK_LOCATION Stack, VOL_CREATE *Create)
{
    NTSTATUS Status;

    Create->FileObject = Stack->FileObject;
    Create->Access = Stack->Parameters.Create.SecurityContext->AccessState->PreviouslyGrantedAccess
                   | Stack->Parameters.Create.SecurityContext->AccessState->RemainingDesiredAccess;
    Create->Share = Stack->Parameters.Create.ShareAccess;
    Create->Disposition = Stack->Parameters.Create.Options >> 24;
    Create->Options = Stack->Parameters.Create.Options & FILE_VALID_OPTION_FLAGS;
    Create->Attributes = Stack->Parameters.Create.FileAttributes;
    Create->Open = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Create->Open), VOL_TAG);
    if (Create->Open == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Create->Open, sizeof(*Create->Open));
    Create->Open->Device = Device;
    Status = VolFullPath(Stack->FileObject, &Create->Open->Path);
    if (NT_SUCCESS(Status) && (Stack->Flags & SL_OPEN_TARGET_DIRECTORY))
        Status = VolSplitTarget(Create);
    return Status;
}

NTSTATUS NTAPI VolCreate(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    VOL_CREATE Create = { 0 };
    NTSTATUS Status;

    if (Stack->Parameters.Create.Options & FILE_OPEN_BY_FILE_ID)
        return VolComplete(Irp, STATUS_NOT_SUPPORTED, 0);
    if (Stack->Parameters.Create.EaLength != 0)
        return VolComplete(Irp, STATUS_EAS_NOT_SUPPORTED, 0);
    Status = VolPrepare(Device, Stack, &Create);
    if (NT_SUCCESS(Status)) {
        if (Stack->FileObject->FileName.Length == 0 &&
            Stack->FileObject->RelatedFileObject == NULL) {
            Stack->FileObject->Flags |= FO_VOLUME_OPEN;
            Create.Action = FILE_OPENED;
        } else {
            Status = VolOpenFile(&Create);
        }
    }
    if (!NT_SUCCESS(Status)) {
        if (Create.Open != NULL)
            VolFreeOpen(Create.Open);
        return VolComplete(Irp, Status, 0);
    }
    Stack->FileObject->FsContext = Create.Open->File;
    Stack->FileObject->FsContext2 = Create.Open;
    if (Create.Open->DeleteOnClose)
        Stack->FileObject->Flags |= FO_DELETE_ON_CLOSE;
    if (Create.Open->File != NULL)
        VolReportCreate(Create.Open, Create.Action);
    return VolComplete(Irp, STATUS_SUCCESS, Create.Action);
}

/* ---- the end of an open ---- */

NTSTATUS NTAPI VolCleanup(PDEVICE_OBJECT Device, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    VOL_OPEN *Open = FileObject->FsContext2;
    VOL_FILE *File = Open != NULL ? Open->File : NULL;
    VOL_DEVICE *Volume = Device->DeviceExtension;
    HAL_FILE_REQUEST Request = { 0 };

    if (File == NULL)
        return VolComplete(Irp, STATUS_SUCCESS, 0);
    FsRtlNotifyCleanup(Volume->NotifySync, &Volume->Notify, Open);
    IoRemoveShareAccess(FileObject, &File->Share);
    if (Open->DeleteOnClose)
        File->DeletePending = TRUE;
    File->Handles--;
    if (File->Handles == 0 && File->DeletePending && !File->Deleted) {
        File->Deleted = NT_SUCCESS(VolHandleCall(&Request, HAL_FILE_DELETE, Open));
        if (File->Deleted)
            VolReport(Device, &Open->Path, VolNameFilter(Open), FILE_ACTION_REMOVED);
    }
    return VolComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI VolClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    VOL_OPEN *Open = FileObject->FsContext2;

    UNREFERENCED_PARAMETER(Device);
    if (Open != NULL) {
        VOL_FILE *File = Open->File;

        FileObject->FsContext = FileObject->FsContext2 = NULL;
        VolFreeOpen(Open);
        if (File != NULL) {
            File->Opens--;
            VolDropFile(File);
        }
    }
    return VolComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- start ---- */

static NTSTATUS NTAPI VolFileSystemControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return VolComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI VolShutdown(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return VolComplete(Irp, STATUS_SUCCESS, 0);
}

/* Volume and file system are one device here; the VPB says so, for filters that look. */
static NTSTATUS VolMakeVpb(PDEVICE_OBJECT Device, ULONG Number)
{
    PVPB Vpb = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Vpb), ' bpV');

    if (Vpb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Vpb, sizeof(*Vpb));
    Vpb->Type = IO_TYPE_VPB;
    Vpb->Size = sizeof(*Vpb);
    Vpb->Flags = VPB_MOUNTED;
    Vpb->DeviceObject = Vpb->RealDevice = Device;
    Vpb->SerialNumber = 0xDD0C0DE4 + Number;
    Device->Vpb = Vpb;
    return STATUS_SUCCESS;
}

/* \Device\HarddiskVolumeN of Drive, as in VOL_DEVICE. */
static NTSTATUS VolMakeDevice(PDRIVER_OBJECT Driver, CHAR Drive)
{
    ULONG Number = IoVolumeNumber(Drive != 0 ? (WCHAR)Drive : L'C');
    ULONG Characteristics = FILE_DEVICE_IS_MOUNTED | (Drive != 0 ? FILE_READ_ONLY_DEVICE : 0);
    UNICODE_STRING Name;
    PDEVICE_OBJECT Device;
    WCHAR Text[40];
    NTSTATUS Status;

    _snwprintf(Text, RTL_NUMBER_OF(Text), L"\\Device\\HarddiskVolume%lu", Number);
    RtlInitUnicodeString(&Name, Text);
    Status = IoCreateDevice(Driver, sizeof(VOL_DEVICE), &Name, FILE_DEVICE_DISK_FILE_SYSTEM,
                            Characteristics, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    ((VOL_DEVICE *)Device->DeviceExtension)->Drive = Drive;
    VolInitNotify(Device->DeviceExtension);
    Status = VolMakeVpb(Device, Number);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->SectorSize = 512;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

/* The device and its letter. C: has had its letter from the start. */
static NTSTATUS VolMakeDrive(PDRIVER_OBJECT Driver, CHAR Letter)
{
    WCHAR LinkText[] = L"\\GLOBAL??\\A:", Text[40];
    UNICODE_STRING Link, Name;
    NTSTATUS Status = VolMakeDevice(Driver, Letter);

    if (!NT_SUCCESS(Status))
        return Status;
    LinkText[RTL_NUMBER_OF(LinkText) - 3] = (WCHAR)Letter;
    RtlInitUnicodeString(&Link, LinkText);
    _snwprintf(Text, RTL_NUMBER_OF(Text), L"\\Device\\HarddiskVolume%lu",
               IoVolumeNumber((WCHAR)Letter));
    RtlInitUnicodeString(&Name, Text);
    return IoCreateSymbolicLink(&Link, &Name);
}

ULONG IoVolumeNumber(WCHAR Letter)
{
    ULONG Bit = 1u << ((Letter - L'A') & 31), Below = KiLoaderBlock->drives & (Bit - 1);

    if (Letter == L'C')
        return 1;
    if (Letter < L'A' || Letter > L'Z' || !(KiLoaderBlock->drives & Bit))
        return 0;
    return 2 + (ULONG)__builtin_popcount(Below);
}

static NTSTATUS NTAPI VolDriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = VolCreate;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = VolCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = VolClose;
    Driver->MajorFunction[IRP_MJ_READ] = VolReadWrite;
    Driver->MajorFunction[IRP_MJ_WRITE] = VolReadWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = VolFlush;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = VolQueryInformation;
    Driver->MajorFunction[IRP_MJ_SET_INFORMATION] = VolSetInformation;
    Driver->MajorFunction[IRP_MJ_QUERY_VOLUME_INFORMATION] = VolQueryVolume;
    Driver->MajorFunction[IRP_MJ_DIRECTORY_CONTROL] = VolDirectoryControl;
    Driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = VolFileSystemControl;
    Driver->MajorFunction[IRP_MJ_SHUTDOWN] = VolShutdown;
    Status = VolMakeDevice(Driver, 0);
    for (CHAR Letter = 'A'; Letter <= 'Z' && NT_SUCCESS(Status); Letter++)
        if (KiLoaderBlock->drives & 1u << (Letter - 'A'))
            Status = VolMakeDrive(Driver, Letter);
    return Status;
}

NTSTATUS IopInitVolume(VOID)
{
    PDRIVER_OBJECT Driver;

    return IopCreateBuiltinDriver(L"\\FileSystem\\Drydock", VolDriverEntry, &Driver);
}
