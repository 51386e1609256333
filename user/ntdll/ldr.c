/*
 * The loader: DLLs that a program imports or loads, their imports, thread-local storage, and the calls of their entry points.
 * Imports that are missing are all named before anything of the program runs, and the process ends. Not modelled: search
 * order beyond the program's folder and System32, side-by-side assemblies, delay loading by the loader.
 */
#include "ntdll.h"

#ifndef IMAGE_ORDINAL_FLAG64
#define IMAGE_ORDINAL_FLAG64 0x8000000000000000ull
#endif

typedef struct _LDRP_TLS { /* IMAGE_TLS_DIRECTORY64 */
    ULONG64 Start, End;
    PULONG Index;
    VOID(NTAPI **Callbacks)(PVOID, ULONG, PVOID);
    ULONG ZeroFill, Characteristics;
} LDRP_TLS;

typedef BOOLEAN(NTAPI *LDRP_ENTRY)(PVOID Module, ULONG Reason, PVOID Context);

PSP_LDR_DATA LdrpData;
RTLP_CRITICAL_SECTION LdrpLock = {(PVOID)-1, -1, 0, NULL, NULL, 0};
static ULONG LdrpTlsCount;      /* LdrpLock; modules with TLS so far */
static ULONG LdrpMissing;       /* imports that were not found while the program was being loaded */
static NTSTATUS LdrpFirstError;
static BOOLEAN LdrpShuttingDown;
extern UCHAR __ImageBase[];     /* the linker's: where ntdll is */

NTSTATUS NTAPI LdrLoadDll(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Handle);
NTSTATUS NTAPI LdrGetDllHandle(PWSTR Path, PULONG Flags, PUNICODE_STRING Name, PVOID *Handle);
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Handle, PANSI_STRING Name, ULONG Ordinal, PVOID *Address);
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Handle);
NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG State, PULONG_PTR Cookie);
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie);
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Entry, PULONG Size);

static NTSTATUS LdrpLoad(PCUNICODE_STRING Name, PPSP_LDR_ENTRY *Result);

/* ---- images ---- */

NT_EXPORT(RtlImageNtHeader);
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_DOS_HEADER Dos = Base;

    if (Dos == NULL || Dos->e_magic != IMAGE_DOS_SIGNATURE)
        return NULL;
    return (PVOID)((PUCHAR)Base + Dos->e_lfanew);
}

NT_EXPORT(RtlImageDirectoryEntryToData);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Entry, PULONG Size)
{
    PIMAGE_NT_HEADERS64 Headers = (PVOID)RtlImageNtHeader(Base);
    PIMAGE_DATA_DIRECTORY Directory;

    *Size = 0;
    if (Headers == NULL || !MappedAsImage || Entry >= Headers->OptionalHeader.NumberOfRvaAndSizes)
        return NULL;
    Directory = &Headers->OptionalHeader.DataDirectory[Entry];
    if (Directory->VirtualAddress == 0)
        return NULL;
    *Size = Directory->Size;
    return (PUCHAR)Base + Directory->VirtualAddress;
}

PPSP_LDR_ENTRY LdrpFindModule(PVOID Address)
{
    if (LdrpData.InLoadOrderModuleList.Flink == NULL)
        return NULL;
    for (PLIST_ENTRY Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList;
         Link = Link->Flink) {
        PPSP_LDR_ENTRY Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InLoadOrderLinks);

        if ((ULONG64)((PUCHAR)Address - Module->DllBase) < Module->SizeOfImage)
            return Module;
    }
    return NULL;
}

PPSP_LDR_ENTRY LdrpFindByName(PCUNICODE_STRING BaseName)
{
    for (PLIST_ENTRY Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList;
         Link = Link->Flink) {
        PPSP_LDR_ENTRY Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InLoadOrderLinks);

        if (RtlEqualUnicodeString(&Module->BaseDllName, BaseName, TRUE))
            return Module;
    }
    return NULL;
}

static PPSP_LDR_ENTRY LdrpAddModule(PVOID Base, PVOID EntryPoint, PCUNICODE_STRING Path)
{
    PVOID Heap = NtCurrentPebBlock()->ProcessHeap;
    PPSP_LDR_ENTRY Module = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, sizeof(*Module));
    PWSTR Name = RtlAllocateHeap(Heap, 0, Path->Length + sizeof(WCHAR));
    PIMAGE_NT_HEADERS64 Headers = (PVOID)RtlImageNtHeader(Base);
    ULONG Length = Path->Length / sizeof(WCHAR), Start = Length;

    if (Module == NULL || Name == NULL)
        RtlRaiseStatus(STATUS_NO_MEMORY);
    RtlCopyMemory(Name, Path->Buffer, Path->Length);
    Name[Length] = 0;
    while (Start > 0 && Name[Start - 1] != L'\\')
        Start--;
    RtlInitUnicodeString(&Module->FullDllName, Name);
    RtlInitUnicodeString(&Module->BaseDllName, Name + Start);
    Module->DllBase = Base;
    Module->EntryPoint = EntryPoint;
    Module->SizeOfImage = Headers->OptionalHeader.SizeOfImage;
    Module->TimeDateStamp = Headers->FileHeader.TimeDateStamp;
    Module->LoadCount = 1;
    InsertTailList(&LdrpData.InLoadOrderModuleList, &Module->InLoadOrderLinks);
    InsertTailList(&LdrpData.InMemoryOrderModuleList, &Module->InMemoryOrderLinks);
    InitializeListHead(&Module->InInitializationOrderLinks);
    return Module;
}

/* ---- exports ---- */

static NTSTATUS LdrpResolve(PPSP_LDR_ENTRY Module, const char *Name, ULONG Ordinal, PVOID *Address);

/* "NTDLL.RtlAllocateHeap" or "DLL.#12" */
static NTSTATUS LdrpResolveForwarder(const char *Text, PVOID *Address)
{
    WCHAR Buffer[64];
    UNICODE_STRING Name = {0, sizeof(Buffer), Buffer};
    const char *Dot = Text;
    PPSP_LDR_ENTRY Module;
    NTSTATUS Status;
    ULONG Count = 0, Ordinal = 0;

    for (const char *At = Text; *At != 0; At++)
        if (*At == '.')
            Dot = At;
    for (const char *At = Text; At < Dot && Count < RTL_NUMBER_OF(Buffer) - 5; At++)
        Buffer[Count++] = (UCHAR)*At;
    RtlCopyMemory(&Buffer[Count], L".dll", 4 * sizeof(WCHAR));
    Name.Length = (USHORT)((Count + 4) * sizeof(WCHAR));
    Status = LdrpLoad(&Name, &Module);
    if (!NT_SUCCESS(Status))
        return Status;
    Module->State |= LDRP_PINNED; /* whose forwarder was followed is not kept */
    if (Dot[1] != '#')
        return LdrpResolve(Module, Dot + 1, 0, Address);
    for (const char *At = Dot + 2; *At >= '0' && *At <= '9'; At++)
        Ordinal = Ordinal * 10 + (ULONG)(*At - '0');
    return LdrpResolve(Module, NULL, Ordinal, Address);
}

/* The index of Name in the sorted name table, or -1. */
static LONG LdrpSearchNames(PUCHAR Base, PIMAGE_EXPORT_DIRECTORY Exports, const char *Name)
{
    PULONG Names = (PULONG)(Base + Exports->AddressOfNames);
    LONG Low = 0, High = (LONG)Exports->NumberOfNames - 1;

    while (Low <= High) {
        LONG Middle = (Low + High) / 2;
        int Order = strcmp(Name, (const char *)Base + Names[Middle]);

        if (Order == 0)
            return Middle;
        if (Order < 0)
            High = Middle - 1;
        else
            Low = Middle + 1;
    }
    return -1;
}

static NTSTATUS LdrpResolve(PPSP_LDR_ENTRY Module, const char *Name, ULONG Ordinal, PVOID *Address)
{
    ULONG Size, Index, Rva, Start;
    PIMAGE_EXPORT_DIRECTORY Exports = RtlImageDirectoryEntryToData(Module->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT,
                                                                   &Size);

    if (Exports == NULL)
        return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    if (Name != NULL) {
        LONG Found = LdrpSearchNames(Module->DllBase, Exports, Name);

        if (Found < 0)
            return STATUS_ENTRYPOINT_NOT_FOUND;
        Index = ((PUSHORT)(Module->DllBase + Exports->AddressOfNameOrdinals))[Found];
    } else {
        Index = Ordinal - Exports->Base;
    }
    if (Index >= Exports->NumberOfFunctions)
        return STATUS_ORDINAL_NOT_FOUND;
    Rva = ((PULONG)(Module->DllBase + Exports->AddressOfFunctions))[Index];
    if (Rva == 0)
        return STATUS_ORDINAL_NOT_FOUND;
    Start = (ULONG)((PUCHAR)Exports - Module->DllBase);
    if (Rva >= Start && Rva < Start + Size)
        return LdrpResolveForwarder((const char *)Module->DllBase + Rva, Address);
    *Address = Module->DllBase + Rva;
    return STATUS_SUCCESS;
}

/* ---- imports ---- */

/* Tells the user; the process ends when the whole program has been looked at. */
static VOID LdrpReportMissing(NTSTATUS Status, PCUNICODE_STRING Dll, const char *Name, ULONG Ordinal)
{
    WCHAR Buffer[160];
    UNICODE_STRING What = {0, sizeof(Buffer), Buffer};
    ULONG_PTR Parameters[2] = {(ULONG_PTR)&What, (ULONG_PTR)Dll};
    ULONG Response;
    int Length;

    LdrpMissing++;
    if (NT_SUCCESS(LdrpFirstError))
        LdrpFirstError = Status;
    if (Status != STATUS_ENTRYPOINT_NOT_FOUND && Status != STATUS_ORDINAL_NOT_FOUND) {
        Parameters[0] = (ULONG_PTR)Dll;
        NtRaiseHardError(Status, 1, 1, Parameters, 1, &Response);
        return;
    }
    if (Name != NULL)
        Length = _snwprintf(Buffer, RTL_NUMBER_OF(Buffer), L"%S", Name);
    else
        Length = _snwprintf(Buffer, RTL_NUMBER_OF(Buffer), L"#%u", Ordinal);
    if (Length < 0 || Length > (int)RTL_NUMBER_OF(Buffer))
        Length = RTL_NUMBER_OF(Buffer);
    What.Length = (USHORT)(Length * sizeof(WCHAR));
    NtRaiseHardError(Status, 2, 3, Parameters, 1, &Response);
}

static VOID LdrpBindDll(PPSP_LDR_ENTRY Importer, const LDRP_IMPORT *Import, PPSP_LDR_ENTRY Exporter,
                        PCUNICODE_STRING DllName)
{
    ULONG Names = Import->OriginalFirstThunk ? Import->OriginalFirstThunk : Import->FirstThunk;
    ULONG64 UNALIGNED *Lookup = (ULONG64 UNALIGNED *)(Importer->DllBase + Names);
    ULONG64 UNALIGNED *Table = (ULONG64 UNALIGNED *)(Importer->DllBase + Import->FirstThunk);
    PVOID Start = Table, Address;
    SIZE_T Bytes = 0;
    ULONG Old;

    while (Lookup[Bytes / 8] != 0)
        Bytes += 8;
    if (Bytes == 0)
        return;
    NtProtectVirtualMemory(NtCurrentProcess(), &Start, &Bytes, PAGE_READWRITE, &Old);
    for (; *Lookup != 0; Lookup++, Table++) {
        BOOLEAN ByOrdinal = (*Lookup & IMAGE_ORDINAL_FLAG64) != 0;
        const char *Name = ByOrdinal ? NULL : (const char *)Importer->DllBase + (ULONG)*Lookup + 2;
        NTSTATUS Status = LdrpResolve(Exporter, Name, (ULONG)*Lookup & 0xFFFF, &Address);

        if (NT_SUCCESS(Status))
            *Table = (ULONG64)Address;
        else
            LdrpReportMissing(Status, DllName, Name, (ULONG)*Lookup & 0xFFFF);
    }
    NtProtectVirtualMemory(NtCurrentProcess(), &Start, &Bytes, Old, &Old);
}

LDRP_IMPORT *LdrpNextImport(PPSP_LDR_ENTRY Module, LDRP_IMPORT *Import, WCHAR Buffer[LDRP_NAME_CHARS],
                            PUNICODE_STRING Dll)
{
    const char *Text;
    ULONG Size, Count;

    if (Import == NULL)
        Import = RtlImageDirectoryEntryToData(Module->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Size);
    else
        Import++;
    if (Import == NULL || Import->Name == 0 || Import->FirstThunk == 0)
        return NULL;
    Text = (const char *)Module->DllBase + Import->Name;
    for (Count = 0; Text[Count] != 0 && Count < LDRP_NAME_CHARS; Count++)
        Buffer[Count] = (UCHAR)Text[Count];
    *Dll = (UNICODE_STRING){(USHORT)(Count * sizeof(WCHAR)), LDRP_NAME_CHARS * sizeof(WCHAR), Buffer};
    return Import;
}

static VOID LdrpBindImports(PPSP_LDR_ENTRY Module)
{
    WCHAR Buffer[LDRP_NAME_CHARS];
    LDRP_IMPORT *Import = NULL;
    PPSP_LDR_ENTRY Exporter;
    UNICODE_STRING Name;
    NTSTATUS Status;

    while ((Import = LdrpNextImport(Module, Import, Buffer, &Name)) != NULL) {
        Status = LdrpLoad(&Name, &Exporter);
        if (NT_SUCCESS(Status))
            LdrpBindDll(Module, Import, Exporter, &Name);
        else
            LdrpReportMissing(Status, &Name, NULL, 0);
    }
}

/* ---- thread-local storage ---- */

static LDRP_TLS *LdrpTls(PPSP_LDR_ENTRY Module)
{
    ULONG Size;

    return RtlImageDirectoryEntryToData(Module->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_TLS, &Size);
}

static VOID LdrpAssignTls(PPSP_LDR_ENTRY Module)
{
    LDRP_TLS *Tls = LdrpTls(Module);

    if (Tls == NULL)
        return;
    Module->HasTls = TRUE;
    Module->TlsSlot = LdrpTlsCount++;
    if (Tls->Index != NULL)
        *Tls->Index = Module->TlsSlot;
}

/* Makes the current thread's array cover every module that has TLS now. */
static VOID LdrpAllocateTls(VOID)
{
    PPSP_TEB Teb = NtCurrentTebBlock();
    PVOID Heap = NtCurrentPebBlock()->ProcessHeap;
    PVOID *Old = Teb->ThreadLocalStoragePointer, *New;
    ULONG OldCount = Old ? (ULONG)(ULONG_PTR)Old[-1] : 0;

    if (OldCount >= LdrpTlsCount)
        return;
    New = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, (LdrpTlsCount + 1) * sizeof(PVOID));
    if (New == NULL)
        RtlRaiseStatus(STATUS_NO_MEMORY);
    New++;
    New[-1] = (PVOID)(ULONG_PTR)LdrpTlsCount;
    for (ULONG i = 0; i < OldCount; i++)
        New[i] = Old[i];
    for (PLIST_ENTRY Link = LdrpData.InLoadOrderModuleList.Flink; Link != &LdrpData.InLoadOrderModuleList;
         Link = Link->Flink) {
        PPSP_LDR_ENTRY Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InLoadOrderLinks);
        LDRP_TLS *Tls = Module->HasTls ? LdrpTls(Module) : NULL;
        SIZE_T Bytes;

        if (Tls == NULL || New[Module->TlsSlot] != NULL)
            continue;
        Bytes = Tls->End - Tls->Start;
        New[Module->TlsSlot] = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, Bytes + Tls->ZeroFill);
        if (New[Module->TlsSlot] == NULL)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        RtlCopyMemory(New[Module->TlsSlot], (PVOID)Tls->Start, Bytes);
    }
    Teb->ThreadLocalStoragePointer = New;
    if (Old != NULL)
        RtlFreeHeap(Heap, 0, Old - 1);
}

static VOID LdrpFreeTls(VOID)
{
    PPSP_TEB Teb = NtCurrentTebBlock();
    PVOID Heap = NtCurrentPebBlock()->ProcessHeap;
    PVOID *Array = Teb->ThreadLocalStoragePointer;

    if (Array == NULL)
        return;
    Teb->ThreadLocalStoragePointer = NULL;
    for (ULONG i = 0; i < (ULONG)(ULONG_PTR)Array[-1]; i++)
        RtlFreeHeap(Heap, 0, Array[i]);
    RtlFreeHeap(Heap, 0, Array - 1);
}

/* ---- entry points ---- */

static BOOLEAN LdrpIsProgram(PPSP_LDR_ENTRY Module)
{
    return Module->DllBase == NtCurrentPebBlock()->ImageBaseAddress;
}

/* TLS callbacks and the entry point of one module, which the program itself does not have. */
BOOLEAN LdrpCallModule(PPSP_LDR_ENTRY Module, ULONG Reason, PVOID Context)
{
    LDRP_TLS *Tls = Module->HasTls ? LdrpTls(Module) : NULL;

    if (Tls != NULL && Tls->Callbacks != NULL)
        for (ULONG i = 0; Tls->Callbacks[i] != NULL; i++)
            Tls->Callbacks[i](Module->DllBase, Reason, Context);
    if (LdrpIsProgram(Module) || Module->EntryPoint == NULL)
        return TRUE;
    return ((LDRP_ENTRY)Module->EntryPoint)(Module->DllBase, Reason, Context);
}

/* Modules in the order in which they were loaded, dependencies first, as LdrpLoad appends to the list. */
static NTSTATUS LdrpInitializeModules(VOID)
{
    PVOID Static = LdrpData.Initialized ? NULL : (PVOID)1; /* Context: not NULL for a DLL loaded with the program */

    for (PLIST_ENTRY Link = LdrpData.InInitializationOrderModuleList.Flink;
         Link != &LdrpData.InInitializationOrderModuleList; Link = Link->Flink) {
        PPSP_LDR_ENTRY Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InInitializationOrderLinks);

        if (Module->State & LDRP_INITIALIZED)
            continue;
        Module->State |= LDRP_INITIALIZED | (LdrpData.Initialized ? 0 : LDRP_PINNED);
        if (!LdrpCallModule(Module, LDRP_PROCESS_ATTACH, Static))
            return STATUS_DLL_INIT_FAILED;
    }
    return STATUS_SUCCESS;
}

/* Modules for which Reason is a detach are called last first. */
static VOID LdrpCallAll(ULONG Reason, PVOID Context)
{
    BOOLEAN Backwards = Reason == LDRP_THREAD_DETACH || Reason == LDRP_PROCESS_DETACH;
    PLIST_ENTRY Head = &LdrpData.InInitializationOrderModuleList;

    for (PLIST_ENTRY Link = Backwards ? Head->Blink : Head->Flink; Link != Head;
         Link = Backwards ? Link->Blink : Link->Flink) {
        PPSP_LDR_ENTRY Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InInitializationOrderLinks);

        if ((Module->State & LDRP_INITIALIZED) &&
            (Reason == LDRP_PROCESS_DETACH || (Module->State & LDRP_NO_THREAD_CALLS) == 0))
            LdrpCallModule(Module, Reason, Context);
    }
}

/* ---- loading ---- */

/* API sets: names that stand for whichever DLL has the routines. */
static VOID LdrpMapApiSet(PUNICODE_STRING Name)
{
    static const struct { UNICODE_STRING Prefix, Dll; } Sets[] = {
        {RTL_CONSTANT_STRING(L"api-ms-win-crt-"), RTL_CONSTANT_STRING(L"ucrtbase.dll")},
        {RTL_CONSTANT_STRING(L"api-ms-win-security-"), RTL_CONSTANT_STRING(L"advapi32.dll")},
        {RTL_CONSTANT_STRING(L"api-ms-win-service-"), RTL_CONSTANT_STRING(L"advapi32.dll")},
        {RTL_CONSTANT_STRING(L"api-ms-win-"), RTL_CONSTANT_STRING(L"kernel32.dll")},
        {RTL_CONSTANT_STRING(L"kernelbase"), RTL_CONSTANT_STRING(L"kernel32.dll")},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Sets); i++) {
        if (!RtlPrefixUnicodeString(&Sets[i].Prefix, Name, TRUE))
            continue;
        RtlCopyMemory(Name->Buffer, Sets[i].Dll.Buffer, Sets[i].Dll.Length);
        Name->Length = Sets[i].Dll.Length;
        return;
    }
}

static NTSTATUS LdrpAppend(PUNICODE_STRING Path, PCUNICODE_STRING Text)
{
    return RtlAppendUnicodeStringToString(Path, (PUNICODE_STRING)Text);
}

/* Maps Directory\Name; Path has room for LDRP_NAME_CHARS. The DOS path is what is left after "\??\". */
static NTSTATUS LdrpTryFolder(PUNICODE_STRING Path, PCUNICODE_STRING Directory, PCUNICODE_STRING Name, PVOID *Base,
                              PVOID *EntryPoint)
{
    UNICODE_STRING Nt = RTL_CONSTANT_STRING(L"\\??\\");
    NTSTATUS Status;

    Path->Length = 0;
    Status = LdrpAppend(Path, &Nt);
    if (NT_SUCCESS(Status))
        Status = LdrpAppend(Path, Directory);
    if (NT_SUCCESS(Status))
        Status = LdrpAppend(Path, Name);
    return NT_SUCCESS(Status) ? NtLoadUserImage(Path, Base, EntryPoint) : Status;
}

static BOOLEAN LdrpNotFound(NTSTATUS Status)
{
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND ||
           Status == STATUS_NO_SUCH_FILE || Status == STATUS_NOT_A_DIRECTORY;
}

static NTSTATUS LdrpMap(PCUNICODE_STRING Name, PUNICODE_STRING Path, PVOID *Base, PVOID *EntryPoint)
{
    UNICODE_STRING System32 = RTL_CONSTANT_STRING(L"C:\\Windows\\System32\\"), None = {0, 0, NULL};
    UNICODE_STRING Folder = NtCurrentPebBlock()->ProcessParameters->ImagePathName;
    NTSTATUS Status;

    for (ULONG i = 0; i < Name->Length / sizeof(WCHAR); i++)
        if (Name->Buffer[i] == L'\\') { /* a path: only there */
            Status = LdrpTryFolder(Path, &None, Name, Base, EntryPoint);
            return LdrpNotFound(Status) ? STATUS_DLL_NOT_FOUND : Status;
        }
    while (Folder.Length > 0 && Folder.Buffer[Folder.Length / sizeof(WCHAR) - 1] != L'\\')
        Folder.Length -= sizeof(WCHAR);
    Status = LdrpTryFolder(Path, &Folder, Name, Base, EntryPoint);
    if (LdrpNotFound(Status))
        Status = LdrpTryFolder(Path, &System32, Name, Base, EntryPoint);
    return LdrpNotFound(Status) ? STATUS_DLL_NOT_FOUND : Status;
}

NTSTATUS LdrpMakeName(PCUNICODE_STRING Text, LDRP_NAME *Name)
{
    UNICODE_STRING Suffix = RTL_CONSTANT_STRING(L".dll");
    BOOLEAN HasDot = FALSE;

    Name->Name = (UNICODE_STRING){0, sizeof(Name->Buffer), Name->Buffer};
    if (Text->Length > sizeof(Name->Buffer) - 10 * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    RtlCopyUnicodeString(&Name->Name, Text);
    Name->Base = Name->Name;
    for (ULONG i = 0; i < Name->Name.Length / sizeof(WCHAR); i++) {
        if (Name->Buffer[i] == L'/')
            Name->Buffer[i] = L'\\';
        if (Name->Buffer[i] == L'.')
            HasDot = TRUE;
        if (Name->Buffer[i] != L'\\')
            continue;
        HasDot = FALSE;
        Name->Base.Buffer = Name->Buffer + i + 1;
        Name->Base.Length = (USHORT)(Name->Name.Length - (i + 1) * sizeof(WCHAR));
    }
    if (!HasDot) {
        LdrpAppend(&Name->Name, &Suffix);
        Name->Base.Length += Suffix.Length;
    }
    if (Name->Base.Buffer == Name->Buffer) {
        LdrpMapApiSet(&Name->Name);
        Name->Base = Name->Name;
    }
    return STATUS_SUCCESS;
}

/* With LdrpLock: the module called Text, loaded with all it imports if need be, not initialised. One reference. */
static NTSTATUS LdrpLoad(PCUNICODE_STRING Text, PPSP_LDR_ENTRY *Result)
{
    WCHAR PathBuffer[LDRP_NAME_CHARS];
    UNICODE_STRING Path = {0, sizeof(PathBuffer), PathBuffer};
    PVOID Address, EntryPoint;
    LDRP_NAME Name;
    NTSTATUS Status = LdrpMakeName(Text, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    *Result = LdrpFindByName(&Name.Base);
    if (*Result != NULL) {
        (*Result)->LoadCount++;
        return STATUS_SUCCESS;
    }
    Status = LdrpMap(&Name.Name, &Path, &Address, &EntryPoint);
    if (!NT_SUCCESS(Status))
        return Status;
    Path.Buffer += 4; /* without "\??\" */
    Path.Length -= 4 * sizeof(WCHAR);
    *Result = LdrpAddModule(Address, EntryPoint, &Path);
    LdrpAssignTls(*Result);
    LdrpBindImports(*Result);
    InsertTailList(&LdrpData.InInitializationOrderModuleList, &(*Result)->InInitializationOrderLinks);
    return STATUS_SUCCESS;
}

NT_EXPORT(LdrLoadDll);
NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG Flags, PUNICODE_STRING Name, PVOID *Handle)
{
    PPSP_LDR_ENTRY Module;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(SearchPath);
    UNREFERENCED_PARAMETER(Flags);
    RtlEnterCriticalSection(&LdrpLock);
    LdrpMissing = 0;
    LdrpFirstError = STATUS_SUCCESS;
    Status = LdrpLoad(Name, &Module);
    if (NT_SUCCESS(Status)) {
        Status = LdrpMissing != 0 ? LdrpFirstError : STATUS_SUCCESS;
        if (NT_SUCCESS(Status)) {
            LdrpAllocateTls();
            Status = LdrpInitializeModules();
        }
        if (!NT_SUCCESS(Status))
            LdrpRelease(Module); /* [doc: DllMain] after a FALSE it is told of its end at once */
    }
    RtlLeaveCriticalSection(&LdrpLock);
    if (NT_SUCCESS(Status))
        *Handle = Module->DllBase;
    return Status;
}

NT_EXPORT(LdrGetDllHandle);
NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG Flags, PUNICODE_STRING Name, PVOID *Handle)
{
    PPSP_LDR_ENTRY Module;

    UNREFERENCED_PARAMETER(SearchPath);
    UNREFERENCED_PARAMETER(Flags);
    RtlEnterCriticalSection(&LdrpLock);
    Module = LdrpFindByName(Name);
    RtlLeaveCriticalSection(&LdrpLock);
    if (Module == NULL)
        return STATUS_DLL_NOT_FOUND;
    *Handle = Module->DllBase;
    return STATUS_SUCCESS;
}

NT_EXPORT(LdrGetProcedureAddress);
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Handle, PANSI_STRING Name, ULONG Ordinal, PVOID *Address)
{
    PPSP_LDR_ENTRY Module;
    NTSTATUS Status;

    RtlEnterCriticalSection(&LdrpLock);
    Module = LdrpFindModule(Handle);
    Status = Module == NULL ? STATUS_DLL_NOT_FOUND
                            : LdrpResolve(Module, Name != NULL ? Name->Buffer : NULL, Ordinal, Address);
    RtlLeaveCriticalSection(&LdrpLock);
    return Status;
}

NT_EXPORT(LdrDisableThreadCalloutsForDll);
NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Handle)
{
    PPSP_LDR_ENTRY Module = LdrpFindModule(Handle);

    if (Module == NULL)
        return STATUS_DLL_NOT_FOUND;
    Module->State |= LDRP_NO_THREAD_CALLS;
    return STATUS_SUCCESS;
}

NT_EXPORT(LdrLockLoaderLock);
NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG State, PULONG_PTR Cookie)
{
    UNREFERENCED_PARAMETER(Flags);
    RtlEnterCriticalSection(&LdrpLock);
    if (State != NULL)
        *State = 1;
    *Cookie = 1;
    return STATUS_SUCCESS;
}

NT_EXPORT(LdrUnlockLoaderLock);
NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie)
{
    UNREFERENCED_PARAMETER(Flags);
    if (Cookie == 0)
        return STATUS_SUCCESS;
    return RtlLeaveCriticalSection(&LdrpLock);
}

/* ---- threads and the process ---- */

static VOID LdrpInitProcess(PPSP_PEB Peb)
{
    UNICODE_STRING NtdllPath = RTL_CONSTANT_STRING(L"C:\\Windows\\System32\\ntdll.dll");
    PPSP_LDR_ENTRY Program, Ntdll;
    NTSTATUS Status;

    if (!RtlpInitProcessHeap())
        NtTerminateProcess(NtCurrentProcess(), STATUS_NO_MEMORY);
    LdrpData.Length = sizeof(LdrpData);
    InitializeListHead(&LdrpData.InLoadOrderModuleList);
    InitializeListHead(&LdrpData.InMemoryOrderModuleList);
    InitializeListHead(&LdrpData.InInitializationOrderModuleList);
    Peb->Ldr = &LdrpData;
    Peb->LoaderLock = &LdrpLock;
    Program = LdrpAddModule(Peb->ImageBaseAddress, NULL, &Peb->ProcessParameters->ImagePathName);
    Ntdll = LdrpAddModule(__ImageBase, NULL, &NtdllPath);
    Program->State = LDRP_PINNED;
    Ntdll->State = LDRP_INITIALIZED | LDRP_PINNED;
    LdrpAssignTls(Program);
    LdrpBindImports(Program);
    if (LdrpMissing != 0)
        NtTerminateProcess(NtCurrentProcess(), LdrpFirstError);
    InsertTailList(&LdrpData.InInitializationOrderModuleList, &Program->InInitializationOrderLinks);
    LdrpAllocateTls();
    Status = LdrpInitializeModules();
    if (!NT_SUCCESS(Status))
        NtTerminateProcess(NtCurrentProcess(), Status);
    LdrpData.Initialized = TRUE;
}

VOID LdrpInitThread(VOID)
{
    PPSP_PEB Peb = NtCurrentPebBlock();

    RtlEnterCriticalSection(&LdrpLock);
    if (Peb->Ldr == NULL) {
        LdrpInitProcess(Peb);
    } else {
        LdrpAllocateTls();
        LdrpCallAll(LDRP_THREAD_ATTACH, NULL);
    }
    NtCurrentTebBlock()->ThreadStarted = TRUE;
    RtlLeaveCriticalSection(&LdrpLock);
}

NT_EXPORT(LdrShutdownThread);
VOID NTAPI LdrShutdownThread(VOID)
{
    RtlEnterCriticalSection(&LdrpLock);
    if (NtCurrentTebBlock()->ThreadStarted && !LdrpShuttingDown)
        LdrpCallAll(LDRP_THREAD_DETACH, NULL);
    NtCurrentTebBlock()->ThreadStarted = FALSE;
    LdrpFreeTls();
    if (NtCurrentTebBlock()->TlsExpansionSlots != NULL)
        RtlFreeHeap(NtCurrentPebBlock()->ProcessHeap, 0, NtCurrentTebBlock()->TlsExpansionSlots);
    RtlLeaveCriticalSection(&LdrpLock);
}

NT_EXPORT(LdrShutdownProcess);
VOID NTAPI LdrShutdownProcess(VOID)
{
    /* The other threads are gone, perhaps with the lock: it is not taken. [doc: DllMain, process termination] */
    if (LdrpShuttingDown || LdrpData.InInitializationOrderModuleList.Flink == NULL)
        return;
    LdrpShuttingDown = TRUE;
    LdrpCallAll(LDRP_PROCESS_DETACH, (PVOID)1);
}
