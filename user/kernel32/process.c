/*
 * Processes: their identity, end, times, priority, memory. Not modelled: jobs, working sets (they
 * are what is committed), priority boosts.
 */
#include "k32.h"

NTSTATUS NTAPI NtSetInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);

#define PROCESS_PRIORITY_CLASS_INFO ((PROCESSINFOCLASS)18)

HANDLE WINAPI GetCurrentProcess(VOID)
{
    return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(VOID)
{
    return (DWORD)(ULONG_PTR)CurrentTeb()->ClientId.UniqueProcess;
}

VOID WINAPI ExitProcess(UINT Code)
{
    RtlExitUserProcess((NTSTATUS)Code);
}

BOOL WINAPI TerminateProcess(HANDLE Process, UINT Code)
{
    NTSTATUS Status;

    if (Process == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    Status = NtTerminateProcess(Process, (NTSTATUS)Code);
    return StatusToBool(Status);
}

HANDLE WINAPI OpenProcess(DWORD Access, BOOL Inherit, DWORD ProcessId)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {(HANDLE)(ULONG_PTR)ProcessId, NULL};
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    Status = NtOpenProcess(&Handle, Access, &Attributes, &Id);
    if (Status == STATUS_INVALID_CID)
        Status = STATUS_INVALID_PARAMETER;
    return NT_SUCCESS(Status) ? Handle : (SetStatusError(Status), NULL);
}

BOOL WINAPI GetExitCodeProcess(HANDLE Process, LPDWORD Code)
{
    PROCESS_BASIC_INFORMATION Basic;
    NTSTATUS Status =
        NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);

    if (NT_SUCCESS(Status))
        *Code = (DWORD)Basic.ExitStatus;
    return StatusToBool(Status);
}

DWORD WINAPI GetProcessId(HANDLE Process)
{
    PROCESS_BASIC_INFORMATION Basic;
    NTSTATUS Status =
        NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);

    return NT_SUCCESS(Status) ? (DWORD)(ULONG_PTR)Basic.UniqueProcessId
                              : (DWORD)SetStatusError(Status);
}

BOOL WINAPI GetProcessTimes(HANDLE Process, LPFILETIME Created, LPFILETIME Exited,
                            LPFILETIME Kernel, LPFILETIME User)
{
    KERNEL_USER_TIMES Times;
    NTSTATUS Status = NtQueryInformationProcess(Process, ProcessTimes, &Times, sizeof(Times), NULL);

    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    *Created = *(LPFILETIME)&Times.CreateTime;
    *Exited = *(LPFILETIME)&Times.ExitTime;
    *Kernel = *(LPFILETIME)&Times.KernelTime;
    *User = *(LPFILETIME)&Times.UserTime;
    return TRUE;
}

BOOL WINAPI GetProcessHandleCount(HANDLE Process, PDWORD Count)
{
    NTSTATUS Status =
        NtQueryInformationProcess(Process, ProcessHandleCount, Count, sizeof(*Count), NULL);

    return StatusToBool(Status);
}

BOOL WINAPI GetProcessAffinityMask(HANDLE Process, PDWORD_PTR Mask, PDWORD_PTR System)
{
    PROCESS_BASIC_INFORMATION Basic;
    NTSTATUS Status =
        NtQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);

    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    *Mask = (DWORD_PTR)Basic.AffinityMask;
    *System = CurrentPeb()->ActiveProcessAffinityMask;
    return TRUE;
}

BOOL WINAPI IsWow64Process(HANDLE Process, PBOOL Wow64)
{
    ULONG64 Value;
    NTSTATUS Status =
        NtQueryInformationProcess(Process, ProcessWow64Information, &Value, sizeof(Value), NULL);

    if (NT_SUCCESS(Status))
        *Wow64 = Value != 0;
    return StatusToBool(Status);
}

BOOL WINAPI SetProcessAffinityMask(HANDLE Process, DWORD_PTR Mask)
{
    NTSTATUS Status = NtSetInformationProcess(Process, (PROCESSINFOCLASS)21, &Mask, sizeof(Mask));

    return StatusToBool(Status);
}

/* ---- priority classes, in the order of NT's numbers from 1 ---- */

static const DWORD PriorityClasses[] = {IDLE_PRIORITY_CLASS,         NORMAL_PRIORITY_CLASS,
                                        HIGH_PRIORITY_CLASS,         REALTIME_PRIORITY_CLASS,
                                        BELOW_NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS};

BOOL WINAPI SetPriorityClass(HANDLE Process, DWORD Class)
{
    BYTE Info[2] = {FALSE, 0};
    NTSTATUS Status;

    for (BYTE i = 0; i < COUNT_OF(PriorityClasses); i++)
        if (PriorityClasses[i] == Class)
            Info[1] = i + 1;
    if (Info[1] == 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    Status = NtSetInformationProcess(Process, PROCESS_PRIORITY_CLASS_INFO, Info, sizeof(Info));
    return StatusToBool(Status);
}

DWORD WINAPI GetPriorityClass(HANDLE Process)
{
    BYTE Info[2];
    NTSTATUS Status =
        NtQueryInformationProcess(Process, PROCESS_PRIORITY_CLASS_INFO, Info, sizeof(Info), NULL);

    if (!NT_SUCCESS(Status))
        return (DWORD)SetStatusError(Status);
    return Info[1] >= 1 && Info[1] <= COUNT_OF(PriorityClasses) ? PriorityClasses[Info[1] - 1] : 0;
}

/* ---- memory of others ---- */

BOOL WINAPI ReadProcessMemory(HANDLE Process, LPCVOID Address, LPVOID Buffer, SIZE_T Bytes,
                              SIZE_T *Read)
{
    NTSTATUS Status = NtReadVirtualMemory(Process, (PVOID)Address, Buffer, Bytes, Read);

    return StatusToBool(Status);
}

/* A page that is read-only is made writable for the while, as for code that a debugger patches.
 * [doc] */
BOOL WINAPI WriteProcessMemory(HANDLE Process, LPVOID Address, LPCVOID Buffer, SIZE_T Bytes,
                               SIZE_T *Written)
{
    PVOID Start = Address;
    SIZE_T Range = Bytes;
    ULONG Old;
    NTSTATUS Status = NtWriteVirtualMemory(Process, Address, (PVOID)Buffer, Bytes, Written);

    if (Status == STATUS_PARTIAL_COPY &&
        NT_SUCCESS(NtProtectVirtualMemory(Process, &Start, &Range, PAGE_EXECUTE_READWRITE, &Old))) {
        if ((Old & (PAGE_NOACCESS | PAGE_READONLY)) == 0)
            Status = NtWriteVirtualMemory(Process, Address, (PVOID)Buffer, Bytes, Written);
        NtProtectVirtualMemory(Process, &Start, &Range, Old, &Old);
    }
    return StatusToBool(Status);
}

/* ---- names ---- */

typedef struct _IMAGE_NAME {
    UNICODE_STRING Name;
    WCHAR Room[1024];
} IMAGE_NAME;

#define QUERY_NATIVE_NAME 1u /* PROCESS_NAME_NATIVE */
#define IMAGE_NAME_WIN32 ((PROCESSINFOCLASS)43)

BOOL WINAPI QueryFullProcessImageNameW(HANDLE Process, DWORD Flags, LPWSTR Buffer, PDWORD Size)
{
    IMAGE_NAME Image;
    DWORD Length;
    NTSTATUS Status;

    if (Flags & ~QUERY_NATIVE_NAME) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    Status = NtQueryInformationProcess(Process,
                                       Flags & QUERY_NATIVE_NAME ? ProcessImageFileName
                                                                 : IMAGE_NAME_WIN32,
                                       &Image, sizeof(Image), NULL);
    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    Length = Image.Name.Length / sizeof(WCHAR);
    if (Length + 1 > *Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    lstrcpyW(Buffer, Image.Name.Buffer);
    *Size = Length;
    return TRUE;
}

BOOL WINAPI QueryFullProcessImageNameA(HANDLE Process, DWORD Flags, LPSTR Buffer, PDWORD Size)
{
    WCHAR Wide[1024];
    DWORD Length = COUNT_OF(Wide);

    if (!QueryFullProcessImageNameW(Process, Flags, Wide, &Length))
        return FALSE;
    if (Length + 1 > *Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    *Size = AnsiFromWide(Wide, Buffer, *Size);
    return TRUE;
}
