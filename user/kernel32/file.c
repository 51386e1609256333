/*
 * Files and devices: open, read, write, control, cancel, overlapped results, completion ports. One NT service each; the
 * synchronous path does nothing else. Not modelled: templates, security attributes of files beyond the descriptor,
 * encryption, transactions.
 */
#include "k32.h"

typedef struct _FILE_COMPLETION { HANDLE Port; PVOID Key; } FILE_COMPLETION; /* FILE_COMPLETION_INFORMATION */

/* CreateFile's disposition to NT's. */
static BOOL NtDisposition(DWORD Creation, ULONG *Disposition)
{
    static const ULONG Map[] = {0, 2 /* CREATE_NEW: FILE_CREATE */, 5 /* CREATE_ALWAYS: FILE_OVERWRITE_IF */,
                                1 /* OPEN_EXISTING: FILE_OPEN */, 3 /* OPEN_ALWAYS: FILE_OPEN_IF */,
                                4 /* TRUNCATE_EXISTING: FILE_OVERWRITE */};

    if (Creation < CREATE_NEW || Creation > TRUNCATE_EXISTING) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *Disposition = Map[Creation];
    return TRUE;
}

static ULONG NtCreateOptions(DWORD Flags, PACCESS_MASK Access)
{
    ULONG Options = 0;

    if (!(Flags & FILE_FLAG_OVERLAPPED))
        Options |= FILE_SYNCHRONOUS_IO_NONALERT;
    if (Flags & FILE_FLAG_WRITE_THROUGH)
        Options |= 0x2;
    if (Flags & FILE_FLAG_NO_BUFFERING)
        Options |= 0x8;
    if (Flags & FILE_FLAG_SEQUENTIAL_SCAN)
        Options |= 0x4;
    if (Flags & FILE_FLAG_RANDOM_ACCESS)
        Options |= 0x800;
    if (Flags & FILE_FLAG_BACKUP_SEMANTICS)
        Options |= 0x4000;
    else
        Options |= 0x40; /* FILE_NON_DIRECTORY_FILE */
    if (Flags & FILE_FLAG_OPEN_REPARSE_POINT)
        Options |= 0x200000;
    if (Flags & FILE_FLAG_DELETE_ON_CLOSE) {
        Options |= 0x1000;
        *Access |= DELETE;
    }
    *Access |= SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    return Options;
}

static DWORD OpenError(NTSTATUS Status, DWORD Creation)
{
    if (Status == STATUS_OBJECT_NAME_COLLISION && Creation == CREATE_NEW)
        return ERROR_FILE_EXISTS;
    if (Status == STATUS_FILE_IS_A_DIRECTORY)
        return ERROR_ACCESS_DENIED;
    return RtlNtStatusToDosError(Status);
}

HANDLE WINAPI CreateFileW(LPCWSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Creation,
                          DWORD Flags, HANDLE Template)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING NtName;
    ACCESS_MASK Mask = Access;
    ULONG Disposition, Options;
    HANDLE Handle;
    NTSTATUS Status;

    IGNORE_ARG(Template);
    if (!NtDisposition(Creation, &Disposition) || !NtPathFromDos(Name, &NtName))
        return INVALID_HANDLE_VALUE;
    Options = NtCreateOptions(Flags, &Mask);
    InitializeObjectAttributes(&Attributes, &NtName,
                               (Flags & FILE_FLAG_POSIX_SEMANTICS ? 0 : OBJ_CASE_INSENSITIVE) |
                                   (Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0),
                               NULL, Security != NULL ? Security->lpSecurityDescriptor : NULL);
    Status = NtCreateFile(&Handle, Mask, &Attributes, &IoStatus, NULL,
                          Flags & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                                   FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_TEMPORARY),
                          Share, Disposition, Options, NULL, 0);
    FreeText(NtName.Buffer);
    if (!NT_SUCCESS(Status)) {
        RtlNtStatusToDosError(Status);
        SetLastError(OpenError(Status, Creation));
        return INVALID_HANDLE_VALUE;
    }
    SetLastError((Creation == CREATE_ALWAYS && IoStatus.Information == 3 /* FILE_OVERWRITTEN */) ||
                         (Creation == OPEN_ALWAYS && IoStatus.Information == 1 /* FILE_OPENED */)
                     ? ERROR_ALREADY_EXISTS
                     : ERROR_SUCCESS);
    return Handle;
}

HANDLE WINAPI CreateFileA(LPCSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Creation,
                          DWORD Flags, HANDLE Template)
{
    WCHAR *Wide = WideFromAnsi(Name);
    HANDLE Handle = Wide == NULL ? INVALID_HANDLE_VALUE
                                 : CreateFileW(Wide, Access, Share, Security, Creation, Flags, Template);

    FreeText(Wide);
    return Handle;
}

static HANDLE RealHandle(HANDLE Handle)
{
    switch ((DWORD)(ULONG_PTR)Handle) {
    case STD_INPUT_HANDLE:
    case STD_OUTPUT_HANDLE:
    case STD_ERROR_HANDLE:
        return GetStdHandle((DWORD)(ULONG_PTR)Handle);
    default:
        return Handle;
    }
}

BOOL WINAPI CloseHandle(HANDLE Handle)
{
    NTSTATUS Status = NtClose(RealHandle(Handle));

    return StatusToBool(Status);
}

/* ---- transfer ---- */

/* A request without OVERLAPPED that the driver pended (the handle is asynchronous): waits for it. */
NTSTATUS WaitForFile(HANDLE File, PIO_STATUS_BLOCK IoStatus, NTSTATUS Status)
{
    if (Status != STATUS_PENDING)
        return Status;
    Status = NtWaitForSingleObject(File, FALSE, NULL);
    return NT_SUCCESS(Status) ? IoStatus->Status : Status;
}

#define OverlappedOffset(o) {.LowPart = (o)->Offset, .HighPart = (LONG)(o)->OffsetHigh}

static BOOL FinishOverlapped(NTSTATUS Status, LPOVERLAPPED Overlapped, LPDWORD Moved)
{
    if (NT_SUCCESS(Status) && Status != STATUS_PENDING) {
        if (Moved != NULL)
            *Moved = (DWORD)Overlapped->InternalHigh;
        return TRUE;
    }
    if (Status == STATUS_END_OF_FILE && Moved != NULL)
        *Moved = 0;
    return SetStatusError(Status); /* STATUS_PENDING is ERROR_IO_PENDING */
}

BOOL WINAPI ReadFile(HANDLE File, LPVOID Buffer, DWORD Bytes, LPDWORD Moved, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK IoStatus = {0};
    NTSTATUS Status;

    File = RealHandle(File);
    if (Overlapped != NULL) {
        LARGE_INTEGER Offset = OverlappedOffset(Overlapped);

        Overlapped->Internal = STATUS_PENDING;
        Status = NtReadFile(File, OverlappedEvent(Overlapped), NULL, OverlappedContext(Overlapped),
                            (PIO_STATUS_BLOCK)Overlapped, Buffer, Bytes, &Offset, NULL);
        return FinishOverlapped(Status, Overlapped, Moved);
    }
    Status = NtReadFile(File, NULL, NULL, NULL, &IoStatus, Buffer, Bytes, NULL, NULL);
    Status = WaitForFile(File, &IoStatus, Status);
    if (Moved != NULL)
        *Moved = NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? (DWORD)IoStatus.Information : 0;
    if (Status == STATUS_END_OF_FILE)
        return TRUE; /* with nothing read */
    return StatusToBool(Status);
}

BOOL WINAPI WriteFile(HANDLE File, LPCVOID Buffer, DWORD Bytes, LPDWORD Moved, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK IoStatus = {0};
    NTSTATUS Status;

    File = RealHandle(File);
    if (Overlapped != NULL) {
        LARGE_INTEGER Offset = OverlappedOffset(Overlapped);

        Overlapped->Internal = STATUS_PENDING;
        Status = NtWriteFile(File, OverlappedEvent(Overlapped), NULL, OverlappedContext(Overlapped),
                             (PIO_STATUS_BLOCK)Overlapped, (PVOID)Buffer, Bytes, &Offset, NULL);
        return FinishOverlapped(Status, Overlapped, Moved);
    }
    Status = NtWriteFile(File, NULL, NULL, NULL, &IoStatus, (PVOID)Buffer, Bytes, NULL, NULL);
    Status = WaitForFile(File, &IoStatus, Status);
    if (Moved != NULL)
        *Moved = NT_SUCCESS(Status) ? (DWORD)IoStatus.Information : 0;
    return StatusToBool(Status);
}

VOID NTAPI CallCompletion(PVOID Context, PIO_STATUS_BLOCK IoStatus, ULONG Reserved)
{
    LPOVERLAPPED Overlapped = (LPOVERLAPPED)IoStatus;
    DWORD Error = NT_SUCCESS(IoStatus->Status) ? 0 : RtlNtStatusToDosError(IoStatus->Status);

    IGNORE_ARG(Reserved);
    ((LPOVERLAPPED_COMPLETION_ROUTINE)Context)(Error, (DWORD)Overlapped->InternalHigh, Overlapped);
}

BOOL WINAPI ReadFileEx(HANDLE File, LPVOID Buffer, DWORD Bytes, LPOVERLAPPED Overlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    LARGE_INTEGER Offset = OverlappedOffset(Overlapped);
    NTSTATUS Status;

    Overlapped->Internal = STATUS_PENDING;
    Status = NtReadFile(File, NULL, (PIO_APC_ROUTINE)CallCompletion, (PVOID)Routine, (PIO_STATUS_BLOCK)Overlapped,
                        Buffer, Bytes, &Offset, NULL);
    return StatusToBool(Status);
}

BOOL WINAPI WriteFileEx(HANDLE File, LPCVOID Buffer, DWORD Bytes, LPOVERLAPPED Overlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    LARGE_INTEGER Offset = OverlappedOffset(Overlapped);
    NTSTATUS Status;

    Overlapped->Internal = STATUS_PENDING;
    Status = NtWriteFile(File, NULL, (PIO_APC_ROUTINE)CallCompletion, (PVOID)Routine, (PIO_STATUS_BLOCK)Overlapped,
                         (PVOID)Buffer, Bytes, &Offset, NULL);
    return StatusToBool(Status);
}

BOOL WINAPI DeviceIoControl(HANDLE Device, DWORD Code, LPVOID In, DWORD InBytes, LPVOID Out, DWORD OutBytes,
                            LPDWORD Moved, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    if (Overlapped != NULL) {
        Overlapped->Internal = STATUS_PENDING;
        if (DEVICE_TYPE_FROM_CTL_CODE(Code) == FILE_DEVICE_FILE_SYSTEM)
            Status = NtFsControlFile(Device, OverlappedEvent(Overlapped), NULL, OverlappedContext(Overlapped),
                                     (PIO_STATUS_BLOCK)Overlapped, Code, In, InBytes, Out, OutBytes);
        else
            Status = NtDeviceIoControlFile(Device, OverlappedEvent(Overlapped), NULL, OverlappedContext(Overlapped),
                                           (PIO_STATUS_BLOCK)Overlapped, Code, In, InBytes, Out, OutBytes);
        if (Moved != NULL)
            *Moved = (DWORD)Overlapped->InternalHigh;
        if (NT_SUCCESS(Status) && Status != STATUS_PENDING)
            return TRUE;
        return SetStatusError(Status);
    }
    IoStatus.Information = 0;
    if (DEVICE_TYPE_FROM_CTL_CODE(Code) == FILE_DEVICE_FILE_SYSTEM)
        Status = NtFsControlFile(Device, NULL, NULL, NULL, &IoStatus, Code, In, InBytes, Out, OutBytes);
    else
        Status = NtDeviceIoControlFile(Device, NULL, NULL, NULL, &IoStatus, Code, In, InBytes, Out, OutBytes);
    if (Status == STATUS_PENDING)
        Status = WaitForFile(Device, &IoStatus, Status);
    if (Moved != NULL)
        *Moved = NT_ERROR(Status) ? 0 : (DWORD)IoStatus.Information;
    return StatusToBool(Status);
}

BOOL WINAPI FlushFileBuffers(HANDLE File)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtFlushBuffersFile(RealHandle(File), &IoStatus);

    return StatusToBool(Status);
}

/* ---- overlapped results and cancelling ---- */

BOOL WINAPI GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Moved, DWORD Milliseconds,
                                  BOOL Alertable)
{
    if (*(volatile ULONG_PTR *)&Overlapped->Internal == (ULONG_PTR)STATUS_PENDING) {
        HANDLE Event = OverlappedEvent(Overlapped);
        DWORD Wait;

        if (Milliseconds == 0) {
            SetLastError(ERROR_IO_INCOMPLETE);
            return FALSE;
        }
        Wait = WaitForSingleObjectEx(Event != NULL ? Event : File, Milliseconds, Alertable);
        if (Wait != WAIT_OBJECT_0) {
            if (Wait != WAIT_FAILED)
                SetLastError(Wait);
            return FALSE;
        }
    }
    *Moved = (DWORD)Overlapped->InternalHigh;
    return StatusToBool((NTSTATUS)Overlapped->Internal);
}

BOOL WINAPI GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Moved, BOOL Wait)
{
    return GetOverlappedResultEx(File, Overlapped, Moved, Wait ? INFINITE : 0, FALSE);
}

BOOL WINAPI CancelIo(HANDLE File)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtCancelIoFile(File, &IoStatus);

    return StatusToBool(Status);
}

BOOL WINAPI CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtCancelIoFileEx(File, (PIO_STATUS_BLOCK)Overlapped, &IoStatus);

    return StatusToBool(Status);
}

/* ---- completion ports ---- */

HANDLE WINAPI CreateIoCompletionPort(HANDLE File, HANDLE Port, ULONG_PTR Key, DWORD Threads)
{
    FILE_COMPLETION Completion;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Created = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Port == NULL) {
        Status = NtCreateIoCompletion(&Created, 0x1F0003, NULL, Threads);
        Port = Created;
    }
    if (NT_SUCCESS(Status) && File != INVALID_HANDLE_VALUE) {
        Completion.Port = Port;
        Completion.Key = (PVOID)Key;
        Status = NtSetInformationFile(File, &IoStatus, &Completion, sizeof(Completion), FileCompletionInformation);
        if (!NT_SUCCESS(Status) && Created != NULL)
            NtClose(Created);
    }
    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return NULL;
    }
    return Port;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE Port, DWORD Bytes, ULONG_PTR Key, LPOVERLAPPED Overlapped)
{
    NTSTATUS Status = NtSetIoCompletion(Port, (PVOID)Key, Overlapped, STATUS_SUCCESS, Bytes);

    return StatusToBool(Status);
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE Port, LPDWORD Bytes, PULONG_PTR Key, LPOVERLAPPED *Overlapped,
                                      DWORD Milliseconds)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Timeout;
    NTSTATUS Status;

    Status = NtRemoveIoCompletion(Port, (PVOID *)Key, (PVOID *)Overlapped, &IoStatus, MakeTimeout(Milliseconds, &Timeout));
    if (!NT_SUCCESS(Status) || Status == STATUS_TIMEOUT) {
        *Overlapped = NULL;
        if (Status == STATUS_TIMEOUT)
            SetLastError(WAIT_TIMEOUT);
        else
            SetStatusError(Status);
        return FALSE;
    }
    *Bytes = (DWORD)IoStatus.Information;
    return StatusToBool(IoStatus.Status);
}

/* ---- position, size, type ---- */

static BOOL QueryFile(HANDLE File, PVOID Information, ULONG Bytes, FILE_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtQueryInformationFile(File, &IoStatus, Information, Bytes, Class);

    return StatusToBool(Status);
}

static BOOL SetFile(HANDLE File, PVOID Information, ULONG Bytes, FILE_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtSetInformationFile(File, &IoStatus, Information, Bytes, Class);

    return StatusToBool(Status);
}

BOOL WINAPI GetFileSizeEx(HANDLE File, PLARGE_INTEGER Size)
{
    FILE_STANDARD_INFORMATION Standard;

    if (!QueryFile(File, &Standard, sizeof(Standard), FileStandardInformation))
        return FALSE;
    *Size = Standard.EndOfFile;
    return TRUE;
}

DWORD WINAPI GetFileSize(HANDLE File, LPDWORD High)
{
    LARGE_INTEGER Size;

    if (!GetFileSizeEx(File, &Size))
        return INVALID_FILE_SIZE;
    if (High != NULL)
        *High = (DWORD)Size.HighPart;
    SetLastError(ERROR_SUCCESS);
    return Size.LowPart;
}

BOOL WINAPI SetFilePointerEx(HANDLE File, LARGE_INTEGER Distance, PLARGE_INTEGER New, DWORD Method)
{
    FILE_POSITION_INFORMATION Position = {.CurrentByteOffset = {.QuadPart = 0}};
    LARGE_INTEGER Size = {.QuadPart = 0};

    if (Method == FILE_CURRENT && !QueryFile(File, &Position, sizeof(Position), FilePositionInformation))
        return FALSE;
    if (Method == FILE_END && !GetFileSizeEx(File, &Size))
        return FALSE;
    Position.CurrentByteOffset.QuadPart += Size.QuadPart + Distance.QuadPart;
    if (Method > FILE_END || Position.CurrentByteOffset.QuadPart < 0) {
        SetLastError(Method > FILE_END ? ERROR_INVALID_PARAMETER : ERROR_NEGATIVE_SEEK);
        return FALSE;
    }
    if (!SetFile(File, &Position, sizeof(Position), FilePositionInformation))
        return FALSE;
    if (New != NULL)
        *New = Position.CurrentByteOffset;
    return TRUE;
}

DWORD WINAPI SetFilePointer(HANDLE File, LONG Distance, PLONG High, DWORD Method)
{
    LARGE_INTEGER Move = {.QuadPart = Distance}, New;

    if (High != NULL) {
        Move.LowPart = (DWORD)Distance;
        Move.HighPart = *High;
    }
    if (!SetFilePointerEx(File, Move, &New, Method))
        return INVALID_SET_FILE_POINTER;
    if (High != NULL)
        *High = New.HighPart;
    SetLastError(ERROR_SUCCESS);
    return New.LowPart;
}

BOOL WINAPI SetEndOfFile(HANDLE File)
{
    FILE_POSITION_INFORMATION Position;

    return QueryFile(File, &Position, sizeof(Position), FilePositionInformation) &&
           SetFile(File, &Position, sizeof(Position), FileEndOfFileInformation);
}

DWORD WINAPI GetFileType(HANDLE File)
{
    FILE_FS_DEVICE_INFORMATION Device;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtQueryVolumeInformationFile(RealHandle(File), &IoStatus, &Device, sizeof(Device),
                                                   FileFsDeviceInformation);

    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return FILE_TYPE_UNKNOWN;
    }
    SetLastError(ERROR_SUCCESS);
    switch (Device.DeviceType) {
    case FILE_DEVICE_CONSOLE:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_KEYBOARD:
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_PARALLEL_PORT:
    case FILE_DEVICE_SCREEN:
    case FILE_DEVICE_SOUND:
    case FILE_DEVICE_MODEM:
        return FILE_TYPE_CHAR;
    case FILE_DEVICE_NAMED_PIPE:
        return FILE_TYPE_PIPE;
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_FILE_SYSTEM:
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_VIRTUAL_DISK:
        return FILE_TYPE_DISK;
    default:
        return FILE_TYPE_UNKNOWN;
    }
}

BOOL WINAPI GetFileTime(HANDLE File, LPFILETIME Created, LPFILETIME Accessed, LPFILETIME Written)
{
    FILE_BASIC_INFORMATION Basic;

    if (!QueryFile(File, &Basic, sizeof(Basic), FileBasicInformation))
        return FALSE;
    if (Created != NULL)
        *Created = *(LPFILETIME)&Basic.CreationTime;
    if (Accessed != NULL)
        *Accessed = *(LPFILETIME)&Basic.LastAccessTime;
    if (Written != NULL)
        *Written = *(LPFILETIME)&Basic.LastWriteTime;
    return TRUE;
}

BOOL WINAPI SetFileTime(HANDLE File, const FILETIME *Created, const FILETIME *Accessed, const FILETIME *Written)
{
    FILE_BASIC_INFORMATION Basic = {0};

    if (Created != NULL)
        *(LPFILETIME)&Basic.CreationTime = *Created;
    if (Accessed != NULL)
        *(LPFILETIME)&Basic.LastAccessTime = *Accessed;
    if (Written != NULL)
        *(LPFILETIME)&Basic.LastWriteTime = *Written;
    return SetFile(File, &Basic, sizeof(Basic), FileBasicInformation);
}

BOOL WINAPI GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information)
{
    FILE_BASIC_INFORMATION Basic;
    FILE_STANDARD_INFORMATION Standard;
    FILE_INTERNAL_INFORMATION Internal;

    if (!QueryFile(File, &Basic, sizeof(Basic), FileBasicInformation) ||
        !QueryFile(File, &Standard, sizeof(Standard), FileStandardInformation))
        return FALSE;
    if (!QueryFile(File, &Internal, sizeof(Internal), FileInternalInformation))
        Internal.IndexNumber.QuadPart = 0;
    Information->dwFileAttributes = Basic.FileAttributes;
    Information->ftCreationTime = *(LPFILETIME)&Basic.CreationTime;
    Information->ftLastAccessTime = *(LPFILETIME)&Basic.LastAccessTime;
    Information->ftLastWriteTime = *(LPFILETIME)&Basic.LastWriteTime;
    Information->dwVolumeSerialNumber = 0;
    Information->nFileSizeHigh = (DWORD)Standard.EndOfFile.HighPart;
    Information->nFileSizeLow = Standard.EndOfFile.LowPart;
    Information->nNumberOfLinks = Standard.NumberOfLinks;
    Information->nFileIndexHigh = (DWORD)Internal.IndexNumber.HighPart;
    Information->nFileIndexLow = Internal.IndexNumber.LowPart;
    return TRUE;
}

typedef struct _HANDLE_FLAGS { /* OBJECT_HANDLE_FLAG_INFORMATION */
    BOOLEAN Inherit, ProtectFromClose;
} HANDLE_FLAGS;

NTSTATUS NTAPI NtSetInformationObject(HANDLE, ULONG, PVOID, ULONG);
#define HANDLE_FLAG_CLASS 4 /* ObjectHandleFlagInformation */

BOOL WINAPI GetHandleInformation(HANDLE Handle, LPDWORD Flags)
{
    HANDLE_FLAGS Info;
    NTSTATUS Status = NtQueryObject(Handle, HANDLE_FLAG_CLASS, &Info, sizeof(Info), NULL);

    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    *Flags = (Info.Inherit ? HANDLE_FLAG_INHERIT : 0) | (Info.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE Handle, DWORD Mask, DWORD Flags)
{
    HANDLE_FLAGS Info;
    NTSTATUS Status = NtQueryObject(Handle, HANDLE_FLAG_CLASS, &Info, sizeof(Info), NULL);

    if (Mask & HANDLE_FLAG_INHERIT)
        Info.Inherit = (Flags & HANDLE_FLAG_INHERIT) != 0;
    if (Mask & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        Info.ProtectFromClose = (Flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    if (NT_SUCCESS(Status))
        Status = NtSetInformationObject(Handle, HANDLE_FLAG_CLASS, &Info, sizeof(Info));
    return StatusToBool(Status);
}

BOOL WINAPI DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target, DWORD Access,
                            BOOL Inherit, DWORD Options)
{
    NTSTATUS Status = NtDuplicateObject(SourceProcess, RealHandle(Source), TargetProcess, Target, Access,
                                        Inherit ? OBJ_INHERIT : 0, Options);

    return StatusToBool(Status);
}

/* ---- copies ---- */

#define COPY_BYTES 65536

static BOOL CopyBytes(HANDLE From, HANDLE To)
{
    BYTE *Buffer = HeapAlloc(ProcessHeap(), 0, COPY_BYTES);
    DWORD Got = 0, Written;
    BOOL Done;

    if (Buffer == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    do {
        Done = ReadFile(From, Buffer, COPY_BYTES, &Got, NULL) &&
               (Got == 0 || WriteFile(To, Buffer, Got, &Written, NULL));
    } while (Done && Got != 0);
    HeapFree(ProcessHeap(), 0, Buffer);
    return Done;
}

/* The copy has the file's data, attributes and time of the last write; what could not be finished is deleted. */
BOOL WINAPI CopyFileW(LPCWSTR From, LPCWSTR To, BOOL FailIfExists)
{
    HANDLE Source = CreateFileW(From, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Target = INVALID_HANDLE_VALUE;
    FILE_BASIC_INFORMATION Basic;
    FILE_DISPOSITION_INFORMATION Delete = {TRUE};
    FILETIME Written;
    DWORD Error;
    BOOL Done;

    if (Source == INVALID_HANDLE_VALUE)
        return FALSE;
    Done = QueryFile(Source, &Basic, sizeof(Basic), FileBasicInformation) && GetFileTime(Source, NULL, NULL, &Written);
    if (Done)
        Target = CreateFileW(To, GENERIC_WRITE | DELETE, 0, NULL, FailIfExists ? CREATE_NEW : CREATE_ALWAYS,
                             Basic.FileAttributes, NULL);
    if (Target != INVALID_HANDLE_VALUE) {
        Done = CopyBytes(Source, Target) && SetFileTime(Target, NULL, NULL, &Written);
        Error = GetLastError();
        if (!Done)
            SetFile(Target, &Delete, sizeof(Delete), FileDispositionInformation);
        CloseHandle(Target);
        SetLastError(Done ? ERROR_SUCCESS : Error);
    } else {
        Done = FALSE;
    }
    CloseHandle(Source);
    return Done;
}

BOOL WINAPI CopyFileA(LPCSTR From, LPCSTR To, BOOL FailIfExists)
{
    WCHAR *WideFrom = WideFromAnsi(From), *WideTo = WideFromAnsi(To);
    BOOL Done = WideFrom != NULL && WideTo != NULL && CopyFileW(WideFrom, WideTo, FailIfExists);

    FreeText(WideFrom);
    FreeText(WideTo);
    return Done;
}
