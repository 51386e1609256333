/*
 * Modules: LoadLibrary, GetProcAddress and kin, over ntdll's loader. Not modelled: search flags other than that for System32 alone.
 */
#include "message.h"

/* Names without a folder are looked for in System32 alone then. */
#define AS_DATA (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE)

static PPSP_LDR_ENTRY FindEntry(HMODULE Module)
{
    PSP_LDR_DATA *Data = CurrentPeb()->Ldr;

    if (Module == NULL)
        Module = CurrentPeb()->ImageBaseAddress;
    for (PLIST_ENTRY Link = Data->InLoadOrderModuleList.Flink; Link != &Data->InLoadOrderModuleList;
         Link = Link->Flink) {
        PPSP_LDR_ENTRY Entry = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InLoadOrderLinks);

        if ((HMODULE)Entry->DllBase == Module)
            return Entry;
    }
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
}

static BOOL HasPath(const WCHAR *Name)
{
    for (; *Name != 0; Name++)
        if (*Name == L'\\' || *Name == L'/')
            return TRUE;
    return FALSE;
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR Name, HANDLE File, DWORD Flags)
{
    WCHAR Full[MAX_PATH + 32] = L"";
    UNICODE_STRING Text;
    PVOID Module;
    NTSTATUS Status;

    IGNORE_ARG(File);
    if (Flags & DONT_RESOLVE_DLL_REFERENCES) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return NULL;
    }
    if ((Flags & (LOAD_LIBRARY_SEARCH_SYSTEM32 | AS_DATA)) != 0 && WideLength(Name) < MAX_PATH && !HasPath(Name))
        lstrcpyW(Full, L"C:\\Windows\\System32\\");
    if (Full[0] != 0)
        lstrcatW(Full, Name);
    if (Flags & AS_DATA)
        return LoadDataFile(Full[0] != 0 ? Full : Name);
    RtlInitUnicodeString(&Text, Full[0] != 0 ? Full : Name);
    Status = LdrLoadDll(NULL, NULL, &Text, &Module);
    return NT_SUCCESS(Status) ? Module : (SetStatusError(Status), NULL);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR Name)
{
    return LoadLibraryExW(Name, NULL, 0);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR Name, HANDLE File, DWORD Flags)
{
    WCHAR *Wide = WideFromAnsi(Name);
    HMODULE Module = Wide == NULL ? NULL : LoadLibraryExW(Wide, File, Flags);

    FreeText(Wide);
    return Module;
}

HMODULE WINAPI LoadLibraryA(LPCSTR Name)
{
    return LoadLibraryExA(Name, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE Module)
{
    NTSTATUS Status;

    if ((ULONG_PTR)Module & 3) /* of a data file */
        return FreeDataFile(Module);
    Status = LdrUnloadDll(Module);
    return StatusToBool(Status);
}

VOID WINAPI FreeLibraryAndExitThread(HMODULE Module, DWORD Code)
{
    FreeLibrary(Module);
    ExitThread(Code);
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE Module)
{
    NTSTATUS Status = LdrDisableThreadCalloutsForDll(Module);

    return StatusToBool(Status);
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR Name)
{
    WCHAR Buffer[MAX_PATH + 8];
    UNICODE_STRING Text;
    PVOID Module;
    BOOL HasDot = FALSE;
    NTSTATUS Status;

    if (Name == NULL)
        return CurrentPeb()->ImageBaseAddress;
    for (SIZE_T i = 0; Name[i] != 0; i++)
        if (Name[i] == L'\\' || Name[i] == L'/')
            Name += i + 1, i = (SIZE_T)-1; /* loaded modules are known by their base names */
    lstrcpynW(Buffer, Name, MAX_PATH);
    for (SIZE_T i = 0; Buffer[i] != 0; i++)
        HasDot |= Buffer[i] == L'.';
    if (!HasDot)
        lstrcatW(Buffer, L".dll");
    RtlInitUnicodeString(&Text, Buffer);
    Status = LdrGetDllHandle(NULL, NULL, &Text, &Module);
    return NT_SUCCESS(Status) ? Module : (SetStatusError(Status), NULL);
}

HMODULE WINAPI GetModuleHandleA(LPCSTR Name)
{
    WCHAR *Wide = WideFromAnsi(Name);
    HMODULE Module = Name != NULL && Wide == NULL ? NULL : GetModuleHandleW(Wide);

    FreeText(Wide);
    return Module;
}

NTSTATUS NTAPI LdrAddRefDll(ULONG, PVOID);

/* With a reference of the caller's, unless the flags say otherwise. */
BOOL WINAPI GetModuleHandleExW(DWORD Flags, LPCWSTR Name, HMODULE *Module)
{
    PVOID Base;
    NTSTATUS Status = STATUS_SUCCESS;

    *Module = NULL;
    if ((Flags & GET_MODULE_HANDLE_EX_FLAG_PIN) != 0 && (Flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        *Module = RtlPcToFileHeader((PVOID)Name, &Base);
        if (*Module == NULL)
            SetLastError(ERROR_MOD_NOT_FOUND);
    } else {
        *Module = GetModuleHandleW(Name);
    }
    if (*Module != NULL && (Flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT) == 0)
        Status = LdrAddRefDll(Flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? 1 : 0, *Module);
    return *Module != NULL && StatusToBool(Status);
}

BOOL WINAPI GetModuleHandleExA(DWORD Flags, LPCSTR Name, HMODULE *Module)
{
    WCHAR *Wide;
    BOOL Done;

    if (Flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
        return GetModuleHandleExW(Flags, (LPCWSTR)Name, Module);
    Wide = WideFromAnsi(Name);
    Done = GetModuleHandleExW(Flags, Wide, Module);
    FreeText(Wide);
    return Done;
}

FARPROC WINAPI GetProcAddress(HMODULE Module, LPCSTR Name)
{
    ANSI_STRING Text;
    PVOID Address;
    BOOL ByOrdinal = (ULONG_PTR)Name < 0x10000;
    NTSTATUS Status;

    if (!ByOrdinal)
        RtlInitAnsiString(&Text, Name);
    Status = LdrGetProcedureAddress(Module != NULL ? (PVOID)Module : CurrentPeb()->ImageBaseAddress,
                                    ByOrdinal ? NULL : &Text, (ULONG)(ULONG_PTR)Name, &Address);
    return NT_SUCCESS(Status) ? (FARPROC)Address : (FARPROC)(ULONG_PTR)SetStatusError(Status);
}

DWORD WINAPI GetModuleFileNameW(HMODULE Module, LPWSTR Buffer, DWORD Size)
{
    PPSP_LDR_ENTRY Entry = FindEntry(Module);
    DWORD Length;

    if (Entry == NULL || Size == 0)
        return 0;
    Length = Entry->FullDllName.Length / sizeof(WCHAR);
    lstrcpynW(Buffer, Entry->FullDllName.Buffer, (int)Size);
    SetLastError(Length < Size ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER);
    return Length < Size ? Length : Size;
}

DWORD WINAPI GetModuleFileNameA(HMODULE Module, LPSTR Buffer, DWORD Size)
{
    PPSP_LDR_ENTRY Entry = FindEntry(Module);
    char Text[MAX_PATH + 1];
    DWORD Length;

    if (Entry == NULL || Size == 0)
        return 0;
    Length = AnsiFromWide(Entry->FullDllName.Buffer, Text, sizeof(Text));
    lstrcpynA(Buffer, Text, (int)Size);
    SetLastError(Length < Size ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER);
    return Length < Size ? Length : Size;
}
