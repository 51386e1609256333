/*
 * Pipes: anonymous and named ones. Not modelled: WaitNamedPipe, transactions, impersonation, pipes
 * of other machines.
 */
#include "k32.h"

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE, ULONG, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG,
                                     ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
                                     PLARGE_INTEGER);

#define PIPE_CODE(n, access) CTL_CODE(FILE_DEVICE_NAMED_PIPE, n, METHOD_BUFFERED, access)
#define CODE_DISCONNECT PIPE_CODE(1, FILE_ANY_ACCESS)
#define CODE_LISTEN PIPE_CODE(2, FILE_ANY_ACCESS)
#define CODE_PEEK PIPE_CODE(3, FILE_READ_DATA)
#define DEFAULT_QUOTA 4096
#define MODES_CLASS ((FILE_INFORMATION_CLASS)23) /* FilePipeInformation */
#define LOCAL_CLASS ((FILE_INFORMATION_CLASS)24) /* FilePipeLocalInformation */

typedef struct _PIPE_MODES {
    ULONG ReadMode, CompletionMode;
} PIPE_MODES;

typedef struct _PIPE_LOCAL {
    ULONG Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota, ReadData,
        OutboundQuota, WriteQuota, State, End;
} PIPE_LOCAL;

typedef struct _PIPE_PEEK {
    ULONG State, Available, Messages, MessageLength;
    BYTE Data[];
} PIPE_PEEK;

static volatile LONG AnonymousCount;

/* "\Device\NamedPipe\Win32Pipes.<process>.<number>" */
static VOID AnonymousName(WCHAR *Name)
{
    static const WCHAR Prefix[] = L"\\Device\\NamedPipe\\Win32Pipes.";
    ULONG Numbers[2] = {GetCurrentProcessId(), (ULONG)InterlockedIncrement(&AnonymousCount)};

    lstrcpyW(Name, Prefix);
    Name += COUNT_OF(Prefix) - 1;
    for (ULONG i = 0; i < 2; i++) {
        for (int Shift = 28; Shift >= 0; Shift -= 4)
            *Name++ = L"0123456789abcdef"[Numbers[i] >> Shift & 15];
        *Name++ = i == 0 ? L'.' : 0;
    }
}

BOOL WINAPI CreatePipe(PHANDLE Read, PHANDLE Write, LPSECURITY_ATTRIBUTES Security, DWORD Size)
{
    LARGE_INTEGER Timeout = {.QuadPart = -1200000000};
    ULONG Quota = Size != 0 ? Size : DEFAULT_QUOTA;
    WCHAR Text[80];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    AnonymousName(Text);
    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&Attributes, &Name,
                               OBJ_CASE_INSENSITIVE |
                                   (Security && Security->bInheritHandle ? OBJ_INHERIT : 0),
                               NULL, Security ? Security->lpSecurityDescriptor : NULL);
    Status = NtCreateNamedPipeFile(Read, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
                                   &Attributes, &IoStatus, FILE_SHARE_WRITE, 2 /* FILE_CREATE */,
                                   FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, Quota, Quota,
                                   &Timeout);
    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    Status = NtOpenFile(Write, GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &Attributes,
                        &IoStatus, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status))
        NtClose(*Read);
    return StatusToBool(Status);
}

/* ---- named pipes ---- */

HANDLE WINAPI CreateNamedPipeW(LPCWSTR Name, DWORD Open, DWORD Mode, DWORD Instances,
                               DWORD OutBytes, DWORD InBytes, DWORD DefaultTimeout,
                               LPSECURITY_ATTRIBUTES Security)
{
    LARGE_INTEGER Timeout = {.QuadPart = -10000ll * (DefaultTimeout ? DefaultTimeout : 50)};
    DWORD Direction = Open & PIPE_ACCESS_DUPLEX;
    ULONG Share = (Direction & PIPE_ACCESS_INBOUND ? FILE_SHARE_WRITE : 0) |
                  (Direction & PIPE_ACCESS_OUTBOUND ? FILE_SHARE_READ : 0);
    ULONG Access = (Direction & PIPE_ACCESS_INBOUND ? GENERIC_READ : 0) |
                   (Direction & PIPE_ACCESS_OUTBOUND ? GENERIC_WRITE : 0);
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING NtName;
    HANDLE Handle;
    NTSTATUS Status;

    if (Direction == 0 || Instances == 0 || Instances > PIPE_UNLIMITED_INSTANCES ||
        (Mode & ~(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT |
                  PIPE_REJECT_REMOTE_CLIENTS)) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!NtPathFromDos(Name, &NtName))
        return INVALID_HANDLE_VALUE;
    InitializeObjectAttributes(&Attributes, &NtName,
                               OBJ_CASE_INSENSITIVE |
                                   (Security && Security->bInheritHandle ? OBJ_INHERIT : 0),
                               NULL, Security ? Security->lpSecurityDescriptor : NULL);
    Status = NtCreateNamedPipeFile(
        &Handle, Access | SYNCHRONIZE, &Attributes, &IoStatus, Share,
        Open & FILE_FLAG_FIRST_PIPE_INSTANCE ? 2 : 3 /* FILE_OPEN_IF */,
        Open & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT,
        (Mode & PIPE_TYPE_MESSAGE) != 0, (Mode & PIPE_READMODE_MESSAGE) != 0,
        (Mode & PIPE_NOWAIT) != 0, Instances == PIPE_UNLIMITED_INSTANCES ? MAXDWORD : Instances,
        InBytes, OutBytes, &Timeout);
    FreeObjectName(&NtName);
    if (NT_SUCCESS(Status))
        return Handle;
    SetStatusError(Status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR Name, DWORD Open, DWORD Mode, DWORD Instances, DWORD OutBytes,
                               DWORD InBytes, DWORD DefaultTimeout, LPSECURITY_ATTRIBUTES Security)
{
    WCHAR *Wide = WideFromAnsi(Name);
    HANDLE Handle = INVALID_HANDLE_VALUE;

    if (Wide != NULL)
        Handle = CreateNamedPipeW(Wide, Open, Mode, Instances, OutBytes, InBytes, DefaultTimeout,
                                  Security);
    FreeText(Wide);
    return Handle;
}

BOOL WINAPI ConnectNamedPipe(HANDLE Pipe, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK Own, *IoStatus = Overlapped ? (IO_STATUS_BLOCK *)Overlapped : &Own;
    HANDLE Event = Overlapped ? Overlapped->hEvent : NULL;
    PVOID Context = Overlapped && ((ULONG_PTR)Event & 1) == 0 ? Overlapped : NULL;
    NTSTATUS Status;

    IoStatus->Status = STATUS_PENDING;
    Status = NtFsControlFile(Pipe, (HANDLE)((ULONG_PTR)Event & ~(ULONG_PTR)1), NULL, Context,
                             IoStatus, CODE_LISTEN, NULL, 0, NULL, 0);
    if (Overlapped == NULL && Status == STATUS_PENDING) {
        NtWaitForSingleObject(Pipe, FALSE, NULL);
        Status = Own.Status;
    }
    if (Status == STATUS_PENDING)
        return SetStatusError(Status); /* ERROR_IO_PENDING */
    return StatusToBool(Status);
}

BOOL WINAPI DisconnectNamedPipe(HANDLE Pipe)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status =
        NtFsControlFile(Pipe, NULL, NULL, NULL, &IoStatus, CODE_DISCONNECT, NULL, 0, NULL, 0);

    return StatusToBool(Status);
}

BOOL WINAPI PeekNamedPipe(HANDLE Pipe, LPVOID Buffer, DWORD Size, LPDWORD Read, LPDWORD Available,
                          LPDWORD Left)
{
    DWORD Room = sizeof(PIPE_PEEK) + Size, Copied;
    PIPE_PEEK *Peek = HeapAlloc(ProcessHeap(), 0, Room);
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    if (Peek == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    Status = NtFsControlFile(Pipe, NULL, NULL, NULL, &IoStatus, CODE_PEEK, NULL, 0, Peek, Room);
    if (Status == STATUS_BUFFER_OVERFLOW)
        Status = STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Copied = (DWORD)IoStatus.Information - sizeof(PIPE_PEEK);
        for (DWORD i = 0; i < Copied; i++)
            ((BYTE *)Buffer)[i] = Peek->Data[i];
        if (Read != NULL)
            *Read = Copied;
        if (Available != NULL)
            *Available = Peek->Available;
        if (Left != NULL)
            *Left = Peek->MessageLength > Copied ? Peek->MessageLength - Copied : 0;
    }
    FreeText(Peek);
    return StatusToBool(Status);
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE Pipe, LPDWORD Mode, LPDWORD Count, LPDWORD Timeout)
{
    PIPE_MODES Modes;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    if (Count != NULL || Timeout != NULL) { /* of pipes to other machines */
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (Mode == NULL)
        return TRUE;
    Modes.ReadMode = (*Mode & PIPE_READMODE_MESSAGE) != 0;
    Modes.CompletionMode = (*Mode & PIPE_NOWAIT) != 0;
    Status = NtSetInformationFile(Pipe, &IoStatus, &Modes, sizeof(Modes), MODES_CLASS);
    return StatusToBool(Status);
}

BOOL WINAPI GetNamedPipeInfo(HANDLE Pipe, LPDWORD Flags, LPDWORD OutBytes, LPDWORD InBytes,
                             LPDWORD Instances)
{
    PIPE_LOCAL Local;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtQueryInformationFile(Pipe, &IoStatus, &Local, sizeof(Local), LOCAL_CLASS);

    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    if (Flags != NULL)
        *Flags = (Local.End == 1 ? PIPE_SERVER_END : PIPE_CLIENT_END) |
                 (Local.Type == 1 ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
    if (OutBytes != NULL)
        *OutBytes = Local.OutboundQuota;
    if (InBytes != NULL)
        *InBytes = Local.InboundQuota;
    if (Instances != NULL)
        *Instances = Local.MaximumInstances == MAXDWORD ? PIPE_UNLIMITED_INSTANCES
                                                        : Local.MaximumInstances;
    return TRUE;
}
