/*
 * The file system of C:: questions. File and volume information, directory lists.
 */
#include "volume.h"

static LARGE_INTEGER VolLarge(ULONG64 Value)
{
    LARGE_INTEGER Result;

    Result.QuadPart = (LONGLONG)Value;
    return Result;
}

static ULONG VolAttributes(const HAL_FILE_INFO *Info)
{
    return Info->attributes != 0 ? Info->attributes : FILE_ATTRIBUTE_NORMAL;
}

/* ---- file information ---- */

static VOID VolFillBasic(PFILE_BASIC_INFORMATION Basic, const HAL_FILE_INFO *Info)
{
    Basic->CreationTime = VolLarge(Info->created);
    Basic->LastAccessTime = VolLarge(Info->accessed);
    Basic->LastWriteTime = VolLarge(Info->written);
    Basic->ChangeTime = VolLarge(Info->changed);
    Basic->FileAttributes = VolAttributes(Info);
}

static VOID VolFillStandard(PFILE_STANDARD_INFORMATION Standard, const VOL_OPEN *Open,
                            const HAL_FILE_INFO *Info)
{
    Standard->AllocationSize = VolLarge(Info->allocation);
    Standard->EndOfFile = VolLarge(Open->File->Directory ? 0 : Info->size);
    Standard->NumberOfLinks = Open->File->DeletePending ? 0 : 1;
    Standard->DeletePending = Open->File->DeletePending;
    Standard->Directory = Open->File->Directory;
}

static VOID VolFillNetwork(PFILE_NETWORK_OPEN_INFORMATION Network, const VOL_OPEN *Open,
                           const HAL_FILE_INFO *Info)
{
    Network->CreationTime = VolLarge(Info->created);
    Network->LastAccessTime = VolLarge(Info->accessed);
    Network->LastWriteTime = VolLarge(Info->written);
    Network->ChangeTime = VolLarge(Info->changed);
    Network->AllocationSize = VolLarge(Info->allocation);
    Network->EndOfFile = VolLarge(Open->File->Directory ? 0 : Info->size);
    Network->FileAttributes = VolAttributes(Info);
}

/* As much of the path as there is room for. */
static NTSTATUS VolFillName(PFILE_NAME_INFORMATION Name, ULONG Length, const VOL_OPEN *Open,
                            PULONG_PTR Used)
{
    ULONG Room = Length - FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    ULONG Bytes = min(Room & ~1u, Open->Path.Length);

    Name->FileNameLength = Open->Path.Length;
    RtlCopyMemory(Name->FileName, Open->Path.Buffer, Bytes);
    *Used += FIELD_OFFSET(FILE_NAME_INFORMATION, FileName) + Bytes;
    return Bytes < Open->Path.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS VolFillAll(PFILE_ALL_INFORMATION All, ULONG Length, PFILE_OBJECT FileObject,
                           const VOL_OPEN *Open, const HAL_FILE_INFO *Info, PULONG_PTR Used)
{
    VolFillBasic(&All->BasicInformation, Info);
    VolFillStandard(&All->StandardInformation, Open, Info);
    All->InternalInformation.IndexNumber = VolLarge(Info->file_id);
    All->EaInformation.EaSize = 0;
    All->PositionInformation.CurrentByteOffset = FileObject->CurrentByteOffset;
    *Used = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
    return VolFillName(&All->NameInformation, Length - (ULONG)*Used, Open, Used);
}

/* The default data stream. [doc: FILE_STREAM_INFORMATION] */
static NTSTATUS VolFillStream(PFILE_STREAM_INFORMATION Stream, ULONG Length, const VOL_OPEN *Open,
                              const HAL_FILE_INFO *Info, PULONG_PTR Used)
{
    static const WCHAR Name[] = L"::$DATA";
    const ULONG Bytes = sizeof(Name) - sizeof(WCHAR);

    if (Open->File->Directory)
        return STATUS_SUCCESS; /* none */
    if (Length < FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + Bytes)
        return STATUS_BUFFER_OVERFLOW;
    Stream->NextEntryOffset = 0;
    Stream->StreamNameLength = Bytes;
    Stream->StreamSize = VolLarge(Info->size);
    Stream->StreamAllocationSize = VolLarge(Info->allocation);
    RtlCopyMemory(Stream->StreamName, Name, Bytes);
    *Used = FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName) + Bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS VolFillTag(PFILE_ATTRIBUTE_TAG_INFORMATION Tag, const HAL_FILE_INFO *Info,
                           PULONG_PTR Used)
{
    Tag->FileAttributes = VolAttributes(Info);
    Tag->ReparseTag = 0;
    *Used = sizeof(*Tag);
    return STATUS_SUCCESS;
}

static NTSTATUS VolAnswerFile(PIO_STACK_LOCATION Stack, const VOL_OPEN *Open, PVOID Data,
                              PULONG_PTR Used)
{
    ULONG Length = Stack->Parameters.QueryFile.Length;
    HAL_FILE_INFO Info;
    NTSTATUS Status = VolStat(Open, &Info);

    if (!NT_SUCCESS(Status))
        return Status;
    switch (Stack->Parameters.QueryFile.FileInformationClass) {
    case FileBasicInformation:
        VolFillBasic(Data, &Info);
        *Used = sizeof(FILE_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        VolFillStandard(Data, Open, &Info);
        *Used = sizeof(FILE_STANDARD_INFORMATION);
        return STATUS_SUCCESS;
    case FileInternalInformation:
        *(PLARGE_INTEGER)Data = VolLarge(Info.file_id);
        *Used = sizeof(LARGE_INTEGER);
        return STATUS_SUCCESS;
    case FileEaInformation:
        *(PULONG)Data = 0;
        *Used = sizeof(ULONG);
        return STATUS_SUCCESS;
    case FilePositionInformation:
        *(PLARGE_INTEGER)Data = Stack->FileObject->CurrentByteOffset;
        *Used = sizeof(LARGE_INTEGER);
        return STATUS_SUCCESS;
    case FileNetworkOpenInformation:
        VolFillNetwork(Data, Open, &Info);
        *Used = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        return STATUS_SUCCESS;
    case FileNameInformation:
        return VolFillName(Data, Length, Open, Used);
    case FileAllInformation:
        return VolFillAll(Data, Length, Stack->FileObject, Open, &Info, Used);
    case FileAttributeTagInformation:
        return VolFillTag(Data, &Info, Used);
    case FileStreamInformation:
        return VolFillStream(Data, Length, Open, &Info, Used);
    case FileAlternateNameInformation:
        return STATUS_OBJECT_NAME_NOT_FOUND; /* no short names */
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS NTAPI VolQueryInformation(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const VOL_OPEN *Open = Stack->FileObject->FsContext2;
    ULONG_PTR Used = 0;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Device);
    if (Open == NULL || Open->File == NULL)
        return VolComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    Status = VolAnswerFile(Stack, Open, Irp->AssociatedIrp.SystemBuffer, &Used);
    return VolComplete(Irp, Status, Used);
}

/* ---- volume information ---- */

static NTSTATUS VolFillSize(PDEVICE_OBJECT Device, PVOID Data, ULONG Length, BOOLEAN Full,
                            PULONG_PTR Used)
{
    const ULONG Cluster = 4096, Sector = 512;
    HAL_FILE_REQUEST Request = { 0 };
    PFILE_FS_FULL_SIZE_INFORMATION Size = Data;
    PFILE_FS_SIZE_INFORMATION Short = Data;
    NTSTATUS Status;

    Request.operation = HAL_FILE_SPACE;
    Request.drive = (ULONG)((VOL_DEVICE *)Device->DeviceExtension)->Drive;
    Status = VolCall(&Request);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Length < (Full ? sizeof(*Size) : sizeof(*Short)))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Full) {
        Size->TotalAllocationUnits = VolLarge(Request.info.size / Cluster);
        Size->CallerAvailableAllocationUnits = Size->ActualAvailableAllocationUnits =
            VolLarge(Request.info.allocation / Cluster);
        Size->SectorsPerAllocationUnit = Cluster / Sector;
        Size->BytesPerSector = Sector;
        *Used = sizeof(*Size);
        return STATUS_SUCCESS;
    }
    Short->TotalAllocationUnits = VolLarge(Request.info.size / Cluster);
    Short->AvailableAllocationUnits = VolLarge(Request.info.allocation / Cluster);
    Short->SectorsPerAllocationUnit = Cluster / Sector;
    Short->BytesPerSector = Sector;
    *Used = sizeof(*Short);
    return STATUS_SUCCESS;
}

static NTSTATUS VolFillFsAttributes(PDEVICE_OBJECT Device, PFILE_FS_ATTRIBUTE_INFORMATION Info,
                                    ULONG Length, PULONG_PTR Used)
{
    static const WCHAR Name[] = L"NTFS";
    ULONG Room = Length - FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
    ULONG Bytes = min(Room, sizeof(Name) - sizeof(WCHAR));

    Info->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK;
    if (VolIsProtected(Device))
        Info->FileSystemAttributes |= FILE_READ_ONLY_VOLUME;
    Info->MaximumComponentNameLength = 255;
    Info->FileSystemNameLength = sizeof(Name) - sizeof(WCHAR);
    RtlCopyMemory(Info->FileSystemName, Name, Bytes);
    *Used = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName) + Bytes;
    return Bytes < sizeof(Name) - sizeof(WCHAR) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI VolQueryVolume(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Data = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.QueryVolume.Length;
    PFILE_FS_VOLUME_INFORMATION Volume = Data;
    PFILE_FS_DEVICE_INFORMATION Kind = Data;
    ULONG_PTR Used = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation:
        if (Length < FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel)) {
            Status = STATUS_INFO_LENGTH_MISMATCH;
            break;
        }
        Volume->VolumeCreationTime = VolLarge(KiLoaderBlock->boot_time_100ns);
        Volume->VolumeSerialNumber = Device->Vpb->SerialNumber;
        Volume->VolumeLabelLength = 0;
        Volume->SupportsObjects = FALSE;
        Used = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
        break;
    case FileFsDeviceInformation:
        Kind->DeviceType = FILE_DEVICE_DISK;
        Kind->Characteristics = Device->Characteristics;
        Used = sizeof(*Kind);
        break;
    case FileFsSizeInformation:
        Status = VolFillSize(Device, Data, Length, FALSE, &Used);
        break;
    case FileFsFullSizeInformation:
        Status = VolFillSize(Device, Data, Length, TRUE, &Used);
        break;
    case FileFsAttributeInformation:
        Status = Length < sizeof(FILE_FS_ATTRIBUTE_INFORMATION)
                     ? STATUS_INFO_LENGTH_MISMATCH
                     : VolFillFsAttributes(Device, Data, Length, &Used);
        break;
    default:
        Status = STATUS_INVALID_PARAMETER;
        break;
    }
    return VolComplete(Irp, Status, Used);
}

/* ---- directories ---- */

typedef struct _VOL_LAYOUT { /* where each information class has its fields; 0: it has none */
    FILE_INFORMATION_CLASS Class;
    USHORT NameLength, Name, EaSize, FileId;
    BOOLEAN Times;
} VOL_LAYOUT;

#define VOL_LAYOUT_ROW(c, t, ea, id, times) \
    { c, FIELD_OFFSET(t, FileNameLength), FIELD_OFFSET(t, FileName), ea, id, times }
static const VOL_LAYOUT VolLayouts[] = {
    VOL_LAYOUT_ROW(FileDirectoryInformation, FILE_DIRECTORY_INFORMATION, 0, 0, TRUE),
    VOL_LAYOUT_ROW(FileFullDirectoryInformation, FILE_FULL_DIR_INFORMATION,
                   FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, EaSize), 0, TRUE),
    VOL_LAYOUT_ROW(FileBothDirectoryInformation, FILE_BOTH_DIR_INFORMATION,
                   FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, EaSize), 0, TRUE),
    VOL_LAYOUT_ROW(FileIdBothDirectoryInformation, FILE_ID_BOTH_DIR_INFORMATION,
                   FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, EaSize),
                   FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileId), TRUE),
    VOL_LAYOUT_ROW(FileIdFullDirectoryInformation, FILE_ID_FULL_DIR_INFORMATION,
                   FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, EaSize),
                   FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileId), TRUE),
    VOL_LAYOUT_ROW(FileNamesInformation, FILE_NAMES_INFORMATION, 0, 0, FALSE),
};

static const VOL_LAYOUT *VolFindLayout(FILE_INFORMATION_CLASS Class)
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(VolLayouts); i++)
        if (VolLayouts[i].Class == Class)
            return &VolLayouts[i];
    return NULL;
}

typedef struct _VOL_SCAN {
    VOL_OPEN *Open;
    const VOL_LAYOUT *Layout;
    PUCHAR Buffer;      /* system memory */
    ULONG Length, Used; /* Used: with the last record not padded */
    PULONG LastOffset;  /* NextEntryOffset of the last record */
    PUCHAR Host;        /* HAL_FILE_CHUNK bytes for the host's entries */
    WCHAR Name[256];
} VOL_SCAN;

/* One record, if its name fits the pattern. STATUS_BUFFER_OVERFLOW: no room for it. */
static NTSTATUS VolPutEntry(VOL_SCAN *Scan, PCUNICODE_STRING Name, const HAL_FILE_INFO *Info)
{
    const VOL_LAYOUT *Layout = Scan->Layout;
    ULONG Start = ALIGN_UP_BY(Scan->Used, 8), Room;
    PUCHAR Record = Scan->Buffer + Start;
    PFILE_DIRECTORY_INFORMATION Common = (PFILE_DIRECTORY_INFORMATION)Record;

    if (Start > Scan->Length || Scan->Length - Start < (ULONG)Layout->Name + Name->Length) {
        Room = Start < Scan->Length ? Scan->Length - Start : 0;
        if (Scan->LastOffset != NULL || Room < Layout->Name)
            return STATUS_BUFFER_OVERFLOW;
    }
    Room = min(Name->Length, Scan->Length - Start - Layout->Name);
    RtlZeroMemory(Record, Layout->Name);
    if (Layout->Times) {
        Common->CreationTime = VolLarge(Info->created);
        Common->LastAccessTime = VolLarge(Info->accessed);
        Common->LastWriteTime = VolLarge(Info->written);
        Common->ChangeTime = VolLarge(Info->changed);
        Common->EndOfFile = VolLarge(Info->attributes & FILE_ATTRIBUTE_DIRECTORY ? 0 : Info->size);
        Common->AllocationSize = VolLarge(Info->allocation);
        Common->FileAttributes = VolAttributes(Info);
    }
    if (Layout->FileId != 0)
        RtlCopyMemory(Record + Layout->FileId, &Info->file_id, sizeof(Info->file_id));
    *(PULONG)(Record + Layout->NameLength) = Name->Length;
    RtlCopyMemory(Record + Layout->Name, Name->Buffer, Room);
    if (Scan->LastOffset != NULL)
        *Scan->LastOffset = (ULONG)(Record - (PUCHAR)Scan->LastOffset);
    Scan->LastOffset = (PULONG)Record;
    Scan->Used = Start + Layout->Name + Room;
    return Room < Name->Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static BOOLEAN VolMatches(const VOL_OPEN *Open, PUNICODE_STRING Name)
{
    return Open->Pattern.Length == 0 ||
           FsRtlIsNameInExpression((PUNICODE_STRING)&Open->Pattern, Name, TRUE, NULL);
}

/* "." and ".." of every directory but the root. */
static ULONG VolDotCount(const VOL_OPEN *Open)
{
    return Open->Path.Length > sizeof(WCHAR) ? 2 : 0;
}

/* Entry number Index; Name is in Scan. */
static NTSTATUS VolReadEntry(VOL_SCAN *Scan, ULONG Index, PUNICODE_STRING Name, HAL_FILE_INFO *Info)
{
    HAL_FILE_REQUEST Request = { 0 };
    const HAL_DIR_ENTRY *Entry = (const HAL_DIR_ENTRY *)Scan->Host;
    ULONG Dots = VolDotCount(Scan->Open), Bytes;
    NTSTATUS Status;

    Name->Buffer = Scan->Name;
    Name->MaximumLength = sizeof(Scan->Name);
    if (Index < Dots) {
        Scan->Name[0] = Scan->Name[1] = L'.';
        Name->Length = (USHORT)((Index + 1) * sizeof(WCHAR));
        return VolStat(Scan->Open, Info);
    }
    Request.offset = Index - Dots;
    Request.buffer = (ULONG64)Scan->Host;
    Request.length = 1024; /* one entry is enough: the host keeps a snapshot */
    Status = VolHandleCall(&Request, HAL_FILE_LIST, Scan->Open);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Request.length == 0)
        return STATUS_NO_MORE_FILES;
    *Info = Entry->info;
    Status = RtlUTF8ToUnicodeN(Scan->Name, sizeof(Scan->Name), &Bytes, (PCSTR)(Entry + 1),
                               Entry->name_bytes);
    Name->Length = (USHORT)Bytes;
    return Status == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNEXPECTED_IO_ERROR;
}

static NTSTATUS VolScan(VOL_SCAN *Scan, BOOLEAN Single)
{
    VOL_OPEN *Open = Scan->Open;
    UNICODE_STRING Name;
    HAL_FILE_INFO Info;
    NTSTATUS Status;

    for (;;) {
        Status = VolReadEntry(Scan, Open->Index, &Name, &Info);
        if (!NT_SUCCESS(Status))
            break;
        if (VolMatches(Open, &Name)) {
            BOOLEAN First = Scan->LastOffset == NULL;

            Status = VolPutEntry(Scan, &Name, &Info);
            if (Status == STATUS_BUFFER_OVERFLOW && !First)
                return STATUS_SUCCESS; /* it comes next time */
            if (Status == STATUS_BUFFER_OVERFLOW && Scan->LastOffset == NULL)
                return STATUS_INFO_LENGTH_MISMATCH;
            Open->Scanned = TRUE;
            Open->Index++;
            if (Status != STATUS_SUCCESS || Single)
                return Status;
            continue;
        }
        Open->Index++;
    }
    if (Status != STATUS_NO_MORE_FILES)
        return Status;
    if (Scan->LastOffset != NULL)
        return STATUS_SUCCESS;
    return Open->Scanned ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
}

/* The first query's pattern counts for the whole scan. "*" and none match all. */
static NTSTATUS VolSetPattern(VOL_OPEN *Open, PUNICODE_STRING Given)
{
    UNICODE_STRING Pattern = { 0, 0, NULL };

    if (Open->Pattern.Buffer != NULL)
        return STATUS_SUCCESS;
    if (Given != NULL)
        Pattern = *Given;
    if (Pattern.Length == sizeof(WCHAR) && Pattern.Buffer[0] == L'*')
        Pattern.Length = 0;
    Open->Pattern.Buffer =
        ExAllocatePoolWithTag(PagedPool, Pattern.Length + sizeof(WCHAR), VOL_TAG);
    if (Open->Pattern.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Open->Pattern.MaximumLength = Pattern.Length + sizeof(WCHAR);
    return RtlUpcaseUnicodeString(&Open->Pattern, &Pattern, FALSE);
}

static NTSTATUS VolQueryDirectory(PIO_STACK_LOCATION Stack, VOL_SCAN *Scan)
{
    NTSTATUS Status;

    if (Stack->Flags & SL_RESTART_SCAN) {
        Scan->Open->Index = 0;
        Scan->Open->Scanned = FALSE;
        if (Stack->Parameters.QueryDirectory.FileName != NULL &&
            Scan->Open->Pattern.Buffer != NULL) {
            ExFreePoolWithTag(Scan->Open->Pattern.Buffer, VOL_TAG);
            Scan->Open->Pattern.Buffer = NULL;
        }
    }
    Status = VolSetPattern(Scan->Open, Stack->Parameters.QueryDirectory.FileName);
    return NT_SUCCESS(Status) ? VolScan(Scan, (Stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0)
                              : Status;
}

/* Records are built in system memory and copied to the caller in one go. */
static NTSTATUS VolListToCaller(PIRP Irp, PIO_STACK_LOCATION Stack, VOL_SCAN *Scan)
{
    PVOID Target = VolBuffer(Irp);
    NTSTATUS Status;

    Scan->Length = min(Stack->Parameters.QueryDirectory.Length, HAL_FILE_CHUNK);
    Scan->Buffer = ExAllocatePoolWithTag(PagedPool, Scan->Length + 1024, VOL_TAG);
    if (Scan->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Scan->Host = ExAllocatePoolWithTag(NonPagedPoolNx, 1024, VOL_TAG);
    if (Scan->Host == NULL) {
        ExFreePoolWithTag(Scan->Buffer, VOL_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = VolQueryDirectory(Stack, Scan);
    if (!NT_ERROR(Status) && Status != STATUS_NO_MORE_FILES) {
        __try {
            RtlCopyMemory(Target, Scan->Buffer, Scan->Used);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    ExFreePoolWithTag(Scan->Host, VOL_TAG);
    ExFreePoolWithTag(Scan->Buffer, VOL_TAG);
    return Status;
}

NTSTATUS NTAPI VolDirectoryControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    VOL_OPEN *Open = Stack->FileObject->FsContext2;
    VOL_SCAN *Scan;
    NTSTATUS Status;
    ULONG Used;

    UNREFERENCED_PARAMETER(Device);
    if ((Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY &&
         Stack->MinorFunction != IRP_MN_NOTIFY_CHANGE_DIRECTORY) ||
        Open == NULL || Open->File == NULL)
        return VolComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (!Open->File->Directory)
        return VolComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Stack->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY)
        return VolNotifyChange(Open, Irp);
    Scan = ExAllocatePoolWithTag(PagedPool, sizeof(*Scan), VOL_TAG);
    if (Scan == NULL)
        return VolComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlZeroMemory(Scan, sizeof(*Scan));
    Scan->Open = Open;
    Scan->Layout = VolFindLayout(Stack->Parameters.QueryDirectory.FileInformationClass);
    Status = Scan->Layout == NULL ? STATUS_INVALID_INFO_CLASS : VolListToCaller(Irp, Stack, Scan);
    Used = NT_ERROR(Status) || Status == STATUS_NO_MORE_FILES ? 0 : Scan->Used;
    ExFreePoolWithTag(Scan, VOL_TAG);
    return VolComplete(Irp, Status, Used);
}
