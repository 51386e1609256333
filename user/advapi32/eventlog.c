/*
 * The event log for programs: reporting, reading, clearing [doc: Event Logging API, winbase.h]. A
 * handle has what the log held when it was opened, and the log as it is then when it is read past
 * that. Left out: other machines, the log Security, backup logs that are opened, notification,
 * access rights.
 */
#include "eventlog.h"

#define LOG_TAG 0x474F4C45
#define EVENTLOG_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\EventLog\\"
#define RECORDS_HEADER ((DWORD)sizeof(EL_RECORD))

typedef struct _EVENT_LOG {
    DWORD Tag;
    DWORD Log;
    WCHAR Source[256]; /* of a handle to report with */
    BYTE *Records;     /* of a handle to read with: the log as it was */
    DWORD Bytes;
    DWORD Next; /* number of the record that a sequential read goes on with; 0: it has not begun */
    DWORD LastFlags;
} EVENT_LOG;

static BOOL Fail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

static BOOL FailStatus(NTSTATUS Status)
{
    return NT_SUCCESS(Status) ? TRUE : Fail(RtlNtStatusToDosError(Status));
}

static DWORD TextBytes(LPCWSTR Text)
{
    return (DWORD)(lstrlenW(Text) + 1) * sizeof(WCHAR);
}

/* ---- the device ---- */

static NTSTATUS Ask(DWORD Code, PVOID Input, DWORD InputBytes, PVOID Output, DWORD OutputBytes,
                    DWORD *Bytes)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Device;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, EL_DEVICE_NAME);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenFile(&Device, FILE_GENERIC_READ, &Attributes, &IoStatus,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtDeviceIoControlFile(Device, NULL, NULL, NULL, &IoStatus, Code, Input, InputBytes,
                                   Output, OutputBytes);
    if (Bytes != NULL)
        *Bytes = NT_SUCCESS(Status) ? (DWORD)IoStatus.Information : 0;
    NtClose(Device);
    return Status;
}

/* ---- handles ---- */

static EVENT_LOG *CheckLog(HANDLE Handle)
{
    EVENT_LOG *Log = Handle;

    if (Log != NULL && Log->Tag == LOG_TAG)
        return Log;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

static EVENT_LOG *NewLog(DWORD Which, LPCWSTR Source)
{
    EVENT_LOG *Log = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Log));

    if (Log == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    Log->Tag = LOG_TAG;
    Log->Log = Which;
    lstrcpynW(Log->Source, Source, COUNT_OF(Log->Source));
    return Log;
}

static BOOL FreeLog(HANDLE Handle)
{
    EVENT_LOG *Log = CheckLog(Handle);

    if (Log == NULL)
        return FALSE;
    Log->Tag = 0;
    if (Log->Records != NULL)
        HeapFree(ProcessHeap(), 0, Log->Records);
    HeapFree(ProcessHeap(), 0, Log);
    return TRUE;
}

static BOOL IsLocal(LPCWSTR Server)
{
    if (Server == NULL || *Server == 0)
        return TRUE;
    return Fail(RPC_S_SERVER_UNAVAILABLE);
}

/* A source is of the system log when it is registered below it, else of the application log [doc:
 * RegisterEventSource]. */
static DWORD LogOfSource(LPCWSTR Source)
{
    WCHAR Path[COUNT_OF(EVENTLOG_KEY) + 300] = EVENTLOG_KEY L"System\\";
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    lstrcpynW(Path + lstrlenW(Path), Source, 256);
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (*Source == 0 || !NT_SUCCESS(NtOpenKey(&Key, KEY_READ, &Attributes)))
        return EL_LOG_APPLICATION;
    NtClose(Key);
    return EL_LOG_SYSTEM;
}

HANDLE WINAPI RegisterEventSourceW(LPCWSTR Server, LPCWSTR Source)
{
    if (!IsLocal(Server))
        return NULL;
    if (Source == NULL || *Source == 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (CompareStringOrdinal(Source, -1, L"Security", -1, TRUE) == CSTR_EQUAL) {
        SetLastError(ERROR_ACCESS_DENIED); /* [doc] */
        return NULL;
    }
    return NewLog(LogOfSource(Source), Source);
}

BOOL WINAPI DeregisterEventSource(HANDLE Log)
{
    return FreeLog(Log);
}

/* A name that is no log's opens the application log [doc: OpenEventLog]. */
HANDLE WINAPI OpenEventLogW(LPCWSTR Server, LPCWSTR Name)
{
    if (!IsLocal(Server))
        return NULL;
    if (Name == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return NewLog(CompareStringOrdinal(Name, -1, L"System", -1, TRUE) == CSTR_EQUAL
                      ? EL_LOG_SYSTEM
                      : EL_LOG_APPLICATION,
                  L"");
}

BOOL WINAPI CloseEventLog(HANDLE Log)
{
    return FreeLog(Log);
}

/* ---- reporting ---- */

static NTSTATUS Report(DWORD Log, LPCWSTR Source, const EL_REPORT *Parts, const LPCWSTR *Strings,
                       const VOID *Sid, const VOID *Data)
{
    DWORD Bytes = sizeof(EL_REPORT) + TextBytes(Source) + Parts->SidBytes + Parts->DataBytes;
    EL_REPORT *Whole;
    BYTE *At;
    NTSTATUS Status;

    for (DWORD i = 0; i < Parts->StringCount; i++)
        Bytes += TextBytes(Strings[i] != NULL ? Strings[i] : L"");
    Whole = HeapAlloc(ProcessHeap(), 0, Bytes);
    if (Whole == NULL)
        return STATUS_NO_MEMORY;
    *Whole = *Parts;
    Whole->Log = Log;
    Whole->SourceBytes = TextBytes(Source);
    Whole->StringBytes =
        Bytes - (DWORD)sizeof(*Whole) - Whole->SourceBytes - Parts->SidBytes - Parts->DataBytes;
    At = (BYTE *)(Whole + 1);
    lstrcpyW((WCHAR *)At, Source);
    At += Whole->SourceBytes;
    for (DWORD i = 0; i < Parts->StringCount; i++) {
        lstrcpyW((WCHAR *)At, Strings[i] != NULL ? Strings[i] : L"");
        At += TextBytes((WCHAR *)At);
    }
    CopyMemory(At, Sid, Parts->SidBytes);
    CopyMemory(At + Parts->SidBytes, Data, Parts->DataBytes);
    Status = Ask(IOCTL_EL_REPORT, Whole, Bytes, NULL, 0, NULL);
    HeapFree(ProcessHeap(), 0, Whole);
    return Status;
}

static DWORD SidBytes(const SID *Sid)
{
    return Sid != NULL ? 8 + 4 * (DWORD)Sid->SubAuthorityCount : 0;
}

BOOL WINAPI ReportEventW(HANDLE Handle, WORD Type, WORD Category, DWORD Id, PSID Sid, WORD Count,
                         DWORD DataBytes, LPCWSTR *Strings, LPVOID Data)
{
    EVENT_LOG *Log = CheckLog(Handle);
    EL_REPORT Parts = {.EventId = Id,
                       .Type = Type,
                       .Category = Category,
                       .StringCount = Count,
                       .SidBytes = SidBytes(Sid),
                       .DataBytes = DataBytes};

    if (Log == NULL)
        return FALSE;
    if (Log->Source[0] == 0)
        return Fail(ERROR_INVALID_HANDLE);
    if (Count > EL_STRING_LIMIT || (Count != 0 && Strings == NULL) ||
        (DataBytes != 0 && Data == NULL) || DataBytes > EL_RECORD_LIMIT)
        return Fail(ERROR_INVALID_PARAMETER);
    return FailStatus(Report(Log->Log, Log->Source, &Parts, Strings, Sid, Data));
}

VOID ReportServiceEvent(DWORD Id, WORD Type, const LPCWSTR *Strings, WORD Count)
{
    EL_REPORT Parts = {.EventId = Id, .Type = Type, .StringCount = Count};

    Report(EL_LOG_SYSTEM, EL_SCM_SOURCE, &Parts, Strings, NULL, NULL);
}

/* ---- reading ---- */

/* Takes the log as it is now. */
static BOOL Refresh(EVENT_LOG *Log)
{
    BYTE *Records = HeapAlloc(ProcessHeap(), 0, EL_FILE_LIMIT);
    DWORD Bytes;
    NTSTATUS Status;

    if (Records == NULL)
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    Status = Ask(IOCTL_EL_READ, &Log->Log, sizeof(Log->Log), Records, EL_FILE_LIMIT, &Bytes);
    if (!NT_SUCCESS(Status)) {
        HeapFree(ProcessHeap(), 0, Records);
        return FailStatus(Status);
    }
    if (Log->Records != NULL)
        HeapFree(ProcessHeap(), 0, Log->Records);
    Log->Records = Records;
    Log->Bytes = Bytes;
    return TRUE;
}

static const EL_RECORD *FindRecord(const EVENT_LOG *Log, DWORD Number)
{
    for (DWORD At = 0; At < Log->Bytes; At += ((const EL_RECORD *)(Log->Records + At))->Length)
        if (((const EL_RECORD *)(Log->Records + At))->RecordNumber == Number)
            return (const EL_RECORD *)(Log->Records + At);
    return NULL;
}

static DWORD OldestNumber(const EVENT_LOG *Log)
{
    return Log->Bytes != 0 ? ((const EL_RECORD *)Log->Records)->RecordNumber : 0;
}

static DWORD RecordCount(const EVENT_LOG *Log)
{
    DWORD Count = 0;

    for (DWORD At = 0; At < Log->Bytes; At += ((const EL_RECORD *)(Log->Records + At))->Length)
        Count++;
    return Count;
}

BOOL WINAPI GetNumberOfEventLogRecords(HANDLE Handle, PDWORD Count)
{
    EVENT_LOG *Log = CheckLog(Handle);

    if (Log == NULL || !Refresh(Log))
        return FALSE;
    *Count = RecordCount(Log);
    return TRUE;
}

BOOL WINAPI GetOldestEventLogRecord(HANDLE Handle, PDWORD Number)
{
    EVENT_LOG *Log = CheckLog(Handle);

    if (Log == NULL || !Refresh(Log))
        return FALSE;
    *Number = OldestNumber(Log);
    return TRUE;
}

/* Where a read begins; 0: nowhere. */
static DWORD FirstToRead(EVENT_LOG *Log, DWORD Flags, DWORD Offset)
{
    DWORD Oldest = OldestNumber(Log), Newest = Oldest + RecordCount(Log) - 1;

    if (Flags & EVENTLOG_SEEK_READ)
        return Offset;
    if (Log->Next == 0 ||
        ((Log->LastFlags ^ Flags) & (EVENTLOG_FORWARDS_READ | EVENTLOG_BACKWARDS_READ)) != 0)
        return Flags & EVENTLOG_FORWARDS_READ ? Oldest : Newest;
    return Log->Next;
}

static BOOL AreReadFlags(DWORD Flags)
{
    DWORD Way = Flags & (EVENTLOG_SEQUENTIAL_READ | EVENTLOG_SEEK_READ);
    DWORD Direction = Flags & (EVENTLOG_FORWARDS_READ | EVENTLOG_BACKWARDS_READ);

    return (Way == EVENTLOG_SEQUENTIAL_READ || Way == EVENTLOG_SEEK_READ) &&
           (Direction == EVENTLOG_FORWARDS_READ || Direction == EVENTLOG_BACKWARDS_READ);
}

/* As many whole records as there is room for; the newest of the log at the time of the call. */
BOOL WINAPI ReadEventLogW(HANDLE Handle, DWORD Flags, DWORD Offset, LPVOID Buffer, DWORD Size,
                          DWORD *Read, DWORD *Needed)
{
    EVENT_LOG *Log = CheckLog(Handle);
    const EL_RECORD *Record;
    DWORD Number;

    if (Log == NULL)
        return FALSE;
    if (!AreReadFlags(Flags) || Buffer == NULL || Read == NULL || Needed == NULL)
        return Fail(ERROR_INVALID_PARAMETER);
    *Read = *Needed = 0;
    if (!Refresh(Log))
        return FALSE;
    Number = FirstToRead(Log, Flags, Offset);
    Record = FindRecord(Log, Number);
    if (Record == NULL)
        return Fail(Flags & EVENTLOG_SEEK_READ ? ERROR_INVALID_PARAMETER : ERROR_HANDLE_EOF);
    if (Record->Length > Size) {
        *Needed = Record->Length;
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    }
    for (; Record != NULL && Record->Length <= Size - *Read; Record = FindRecord(Log, Number)) {
        CopyMemory((BYTE *)Buffer + *Read, Record, Record->Length);
        *Read += Record->Length;
        Number = Flags & EVENTLOG_FORWARDS_READ ? Number + 1 : Number - 1;
    }
    Log->Next = Number != 0 ? Number : MAXDWORD; /* before the first record: the end */
    Log->LastFlags = Flags;
    return TRUE;
}

/* A copy of the log is made first when a file is named [doc: ClearEventLog]. */
static BOOL SaveCopy(EVENT_LOG *Log, LPCWSTR File)
{
    WCHAR Path[MAX_PATH];

    GetSystemDirectoryW(Path, MAX_PATH);
    lstrcatW(Path, Log->Log == EL_LOG_SYSTEM ? L"\\winevt\\Logs\\System.evt"
                                             : L"\\winevt\\Logs\\Application.evt");
    return CopyFileW(Path, File, TRUE);
}

BOOL WINAPI BackupEventLogW(HANDLE Handle, LPCWSTR File)
{
    EVENT_LOG *Log = CheckLog(Handle);

    return Log != NULL && SaveCopy(Log, File);
}

BOOL WINAPI ClearEventLogW(HANDLE Handle, LPCWSTR File)
{
    EVENT_LOG *Log = CheckLog(Handle);

    if (Log == NULL || (File != NULL && !SaveCopy(Log, File)))
        return FALSE;
    Log->Next = 0;
    return FailStatus(Ask(IOCTL_EL_CLEAR, &Log->Log, sizeof(Log->Log), NULL, 0, NULL));
}
