/*
 * Lists of processes, threads and modules: a snapshot is a section, so that its handle can be
 * closed as any; and the plain list of process IDs. Not modelled: heaps in snapshots, modules of
 * other processes.
 */
#include "k32.h"

#include <tlhelp32.h>

typedef struct _SNAPSHOT {
    ULONG Bytes;
    ULONG Processes, Threads, Modules; /* how many follow, in this order */
    ULONG NextProcess, NextThread, NextModule;
} SNAPSHOT;

typedef struct _SYSTEM_THREAD {
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID Id;
    LONG Priority, BasePriority;
    ULONG Switches, State, WaitReason;
} SYSTEM_THREAD;

typedef struct _SYSTEM_PROCESS { /* SYSTEM_PROCESS_INFORMATION, and its threads behind it */
    ULONG Next, ThreadCount;
    LARGE_INTEGER Reserved[3], CreateTime, UserTime, KernelTime;
    UNICODE_STRING Name;
    LONG BasePriority;
    HANDLE Id, Parent;
    BYTE Rest[0x100 - 0x60];
} SYSTEM_PROCESS;
_Static_assert(sizeof(SYSTEM_PROCESS) == 0x100, "SYSTEM_PROCESS_INFORMATION");
_Static_assert(sizeof(SYSTEM_THREAD) == 0x50, "SYSTEM_THREAD_INFORMATION");

/* What the kernel says of all processes, on the heap; NULL with the error set. */
static SYSTEM_PROCESS *QueryProcesses(VOID)
{
    ULONG Bytes = 0x8000;
    PVOID Buffer = NULL;
    NTSTATUS Status = STATUS_INFO_LENGTH_MISMATCH;

    while (Status == STATUS_INFO_LENGTH_MISMATCH) {
        FreeText(Buffer);
        Buffer = HeapAlloc(ProcessHeap(), 0, Bytes);
        if (Buffer == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        Status = NtQuerySystemInformation(SystemProcessInformation, Buffer, Bytes, NULL);
        Bytes *= 2;
    }
    if (NT_SUCCESS(Status))
        return Buffer;
    FreeText(Buffer);
    SetStatusError(Status);
    return NULL;
}

static SYSTEM_PROCESS *NextProcess(SYSTEM_PROCESS *Process)
{
    return Process->Next != 0 ? (SYSTEM_PROCESS *)((BYTE *)Process + Process->Next) : NULL;
}

BOOL WINAPI K32EnumProcesses(DWORD *Ids, DWORD Bytes, DWORD *Used)
{
    SYSTEM_PROCESS *List = QueryProcesses();
    DWORD Count = 0;

    if (List == NULL)
        return FALSE;
    for (SYSTEM_PROCESS *At = List; At != NULL && (Count + 1) * sizeof(DWORD) <= Bytes;
         At = NextProcess(At))
        Ids[Count++] = (DWORD)(ULONG_PTR)At->Id;
    *Used = Count * sizeof(DWORD);
    FreeText(List);
    return TRUE;
}

/* ---- snapshots ---- */

static PROCESSENTRY32W *ProcessesOf(SNAPSHOT *Snapshot)
{
    return (PROCESSENTRY32W *)(Snapshot + 1);
}

static THREADENTRY32 *ThreadsOf(SNAPSHOT *Snapshot)
{
    return (THREADENTRY32 *)(ProcessesOf(Snapshot) + Snapshot->Processes);
}

static MODULEENTRY32W *ModulesOf(SNAPSHOT *Snapshot)
{
    return (MODULEENTRY32W *)(((ULONG_PTR)(ThreadsOf(Snapshot) + Snapshot->Threads) + 15) &
                              ~(ULONG_PTR)15);
}

static VOID CountProcesses(SNAPSHOT *Count, SYSTEM_PROCESS *List, DWORD Flags)
{
    for (; List != NULL; List = NextProcess(List)) {
        Count->Processes += (Flags & TH32CS_SNAPPROCESS) != 0;
        Count->Threads += Flags & TH32CS_SNAPTHREAD ? List->ThreadCount : 0;
    }
}

static VOID CountModules(SNAPSHOT *Count)
{
    PLIST_ENTRY Head = &CurrentPeb()->Ldr->InLoadOrderModuleList;

    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink)
        Count->Modules++;
}

static VOID FillProcesses(SNAPSHOT *Snapshot, SYSTEM_PROCESS *List)
{
    PROCESSENTRY32W *Process = ProcessesOf(Snapshot);
    THREADENTRY32 *Thread = ThreadsOf(Snapshot);

    for (; List != NULL; List = NextProcess(List)) {
        SYSTEM_THREAD *From = (SYSTEM_THREAD *)(List + 1);

        if (Snapshot->Processes != 0) {
            *Process = (PROCESSENTRY32W){.dwSize = sizeof(*Process),
                                         .th32ProcessID = (DWORD)(ULONG_PTR)List->Id,
                                         .cntThreads = List->ThreadCount,
                                         .pcPriClassBase = List->BasePriority,
                                         .th32ParentProcessID = (DWORD)(ULONG_PTR)List->Parent};
            for (ULONG i = 0; i < List->Name.Length / sizeof(WCHAR) && i < MAX_PATH - 1; i++)
                Process->szExeFile[i] = List->Name.Buffer[i];
            Process++;
        }
        for (ULONG i = 0; Snapshot->Threads != 0 && i < List->ThreadCount; i++)
            *Thread++ = (THREADENTRY32){.dwSize = sizeof(*Thread),
                                        .th32ThreadID = (DWORD)(ULONG_PTR)From[i].Id.UniqueThread,
                                        .th32OwnerProcessID = (DWORD)(ULONG_PTR)List->Id,
                                        .tpBasePri = From[i].BasePriority};
    }
}

static VOID FillModules(SNAPSHOT *Snapshot)
{
    PLIST_ENTRY Link = CurrentPeb()->Ldr->InLoadOrderModuleList.Flink;
    MODULEENTRY32W *Module = ModulesOf(Snapshot);

    for (ULONG i = 0; i < Snapshot->Modules; i++, Link = Link->Flink, Module++) {
        PPSP_LDR_ENTRY Entry = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InLoadOrderLinks);

        *Module = (MODULEENTRY32W){.dwSize = sizeof(*Module),
                                   .th32ModuleID = 1,
                                   .GlblcntUsage = Entry->LoadCount,
                                   .th32ProcessID = GetCurrentProcessId(),
                                   .ProccntUsage = Entry->LoadCount,
                                   .modBaseAddr = Entry->DllBase,
                                   .modBaseSize = Entry->SizeOfImage,
                                   .hModule = (HMODULE)Entry->DllBase};
        lstrcpynW(Module->szModule, Entry->BaseDllName.Buffer, MAX_MODULE_NAME32 + 1);
        lstrcpynW(Module->szExePath, Entry->FullDllName.Buffer, MAX_PATH);
    }
}

static SNAPSHOT *MapSnapshot(HANDLE Handle)
{
    return MapViewOfFile(Handle, FILE_MAP_WRITE, 0, 0, 0);
}

HANDLE WINAPI CreateToolhelp32Snapshot(DWORD Flags, DWORD ProcessId)
{
    SNAPSHOT Count = {0}, *Snapshot = NULL;
    SYSTEM_PROCESS *List = NULL;
    HANDLE Handle = NULL;

    if (Flags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32) && ProcessId != 0 &&
        ProcessId != GetCurrentProcessId()) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return INVALID_HANDLE_VALUE;
    }
    if (Flags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD)) {
        List = QueryProcesses();
        if (List == NULL)
            return INVALID_HANDLE_VALUE;
        CountProcesses(&Count, List, Flags);
    }
    if (Flags & TH32CS_SNAPMODULE)
        CountModules(&Count);
    Count.Bytes =
        (ULONG)(ULONG_PTR)(ModulesOf(&Count) + Count.Modules) - (ULONG)(ULONG_PTR)&Count + 16;
    Handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, Count.Bytes, NULL);
    if (Handle != NULL)
        Snapshot = MapSnapshot(Handle);
    if (Snapshot != NULL) {
        *Snapshot = Count;
        FillProcesses(Snapshot, List);
        FillModules(Snapshot);
        UnmapViewOfFile(Snapshot);
    }
    FreeText(List);
    if (Snapshot == NULL && Handle != NULL)
        CloseHandle(Handle);
    if (Snapshot != NULL && (Flags & TH32CS_INHERIT) != 0)
        SetHandleInformation(Handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    return Snapshot != NULL ? Handle : INVALID_HANDLE_VALUE;
}

/* Copies entry *Next of a list to the caller's, whose size is its first member, and moves on. */
static BOOL GiveEntry(SNAPSHOT *Snapshot, const VOID *List, ULONG Count, ULONG *Next, PVOID Entry,
                      DWORD Size)
{
    BOOL Found = *Next < Count;
    DWORD Given = *(DWORD *)Entry, Error = ERROR_SUCCESS;

    if (Given < Size)
        Error = ERROR_BAD_LENGTH;
    else if (!Found)
        Error = ERROR_NO_MORE_FILES;
    else
        __builtin_memcpy(Entry, (const BYTE *)List + *Next * Size, Size);
    if (Error == ERROR_SUCCESS)
        ++*Next;
    *(DWORD *)Entry = Given;
    UnmapViewOfFile(Snapshot);
    if (Error != ERROR_SUCCESS)
        SetLastError(Error);
    return Error == ERROR_SUCCESS;
}

BOOL WINAPI Process32NextW(HANDLE Handle, LPPROCESSENTRY32W Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    return Snapshot != NULL && GiveEntry(Snapshot, ProcessesOf(Snapshot), Snapshot->Processes,
                                         &Snapshot->NextProcess, Entry, sizeof(*Entry));
}

BOOL WINAPI Process32FirstW(HANDLE Handle, LPPROCESSENTRY32W Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    if (Snapshot == NULL)
        return FALSE;
    Snapshot->NextProcess = 0;
    UnmapViewOfFile(Snapshot);
    return Process32NextW(Handle, Entry);
}

static BOOL GiveAnsi(BOOL(WINAPI *Step)(HANDLE, LPPROCESSENTRY32W), HANDLE Handle,
                     LPPROCESSENTRY32 Entry)
{
    PROCESSENTRY32W Wide = {.dwSize = sizeof(Wide)};
    DWORD Size = Entry->dwSize;

    if (Size < sizeof(*Entry)) {
        SetLastError(ERROR_BAD_LENGTH);
        return FALSE;
    }
    if (!Step(Handle, &Wide))
        return FALSE;
    __builtin_memcpy(Entry, &Wide, __builtin_offsetof(PROCESSENTRY32, szExeFile));
    Entry->dwSize = Size;
    AnsiFromWide(Wide.szExeFile, Entry->szExeFile, sizeof(Entry->szExeFile));
    return TRUE;
}

BOOL WINAPI Process32First(HANDLE Handle, LPPROCESSENTRY32 Entry)
{
    return GiveAnsi(Process32FirstW, Handle, Entry);
}

BOOL WINAPI Process32Next(HANDLE Handle, LPPROCESSENTRY32 Entry)
{
    return GiveAnsi(Process32NextW, Handle, Entry);
}

BOOL WINAPI Thread32Next(HANDLE Handle, LPTHREADENTRY32 Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    return Snapshot != NULL && GiveEntry(Snapshot, ThreadsOf(Snapshot), Snapshot->Threads,
                                         &Snapshot->NextThread, Entry, sizeof(*Entry));
}

BOOL WINAPI Thread32First(HANDLE Handle, LPTHREADENTRY32 Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    if (Snapshot == NULL)
        return FALSE;
    Snapshot->NextThread = 0;
    UnmapViewOfFile(Snapshot);
    return Thread32Next(Handle, Entry);
}

BOOL WINAPI Module32NextW(HANDLE Handle, LPMODULEENTRY32W Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    return Snapshot != NULL && GiveEntry(Snapshot, ModulesOf(Snapshot), Snapshot->Modules,
                                         &Snapshot->NextModule, Entry, sizeof(*Entry));
}

BOOL WINAPI Module32FirstW(HANDLE Handle, LPMODULEENTRY32W Entry)
{
    SNAPSHOT *Snapshot = MapSnapshot(Handle);

    if (Snapshot == NULL)
        return FALSE;
    Snapshot->NextModule = 0;
    UnmapViewOfFile(Snapshot);
    return Module32NextW(Handle, Entry);
}
