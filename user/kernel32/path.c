/*
 * Names of files: the current directory, full paths, searches, Win32 names to NT names, DOS devices. Not modelled: short names, drives'
 * own current directories, UNC shares.
 */
#include "k32.h"

#define NT_PATH_CHARS 1024

static BOOL IsSlash(WCHAR Character)
{
    return Character == L'\\' || Character == L'/';
}

static WCHAR Upper(WCHAR Character)
{
    return Character >= L'a' && Character <= L'z' ? Character - 32 : Character;
}

static BOOL IsDrive(const WCHAR *Name)
{
    return Upper(Name[0]) >= L'A' && Upper(Name[0]) <= L'Z' && Name[1] == L':';
}

/* ---- the current directory: in the process parameters, with a '\' at its end, under their buffer's size ---- */

static WCHAR CurrentDirectory[MAX_PATH + 2]; /* a copy once it is changed */

DWORD WINAPI GetCurrentDirectoryW(DWORD Size, LPWSTR Buffer)
{
    UNICODE_STRING Directory = CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    DWORD Length = Directory.Length / sizeof(WCHAR);

    if (Length > 3)
        Length--; /* "C:\" keeps its slash */
    if (Length + 1 > Size)
        return Length + 1;
    for (DWORD i = 0; i < Length; i++)
        Buffer[i] = Directory.Buffer[i];
    Buffer[Length] = 0;
    return Length;
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR Path)
{
    WCHAR Full[MAX_PATH + 2];
    DWORD Length = GetFullPathNameW(Path, MAX_PATH, Full, NULL), Attributes;

    if (Length == 0 || Length >= MAX_PATH) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    Attributes = GetFileAttributesW(Full);
    if (Attributes == INVALID_FILE_ATTRIBUTES)
        return FALSE;
    if (!(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        SetLastError(ERROR_DIRECTORY);
        return FALSE;
    }
    if (!IsSlash(Full[Length - 1]))
        Full[Length++] = L'\\';
    Full[Length] = 0;
    lstrcpyW(CurrentDirectory, Full);
    CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath =
        (UNICODE_STRING){(USHORT)(Length * sizeof(WCHAR)), sizeof(CurrentDirectory), CurrentDirectory};
    return TRUE;
}

DWORD WINAPI GetCurrentDirectoryA(DWORD Size, LPSTR Buffer)
{
    WCHAR Wide[MAX_PATH + 2];

    GetCurrentDirectoryW(MAX_PATH + 2, Wide);
    return AnsiFromWide(Wide, Buffer, Size);
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR Path)
{
    WCHAR *Wide = WideFromAnsi(Path);
    BOOL Done = Wide != NULL && SetCurrentDirectoryW(Wide);

    FreeText(Wide);
    return Done;
}

/* ---- full paths ---- */

/* Appends the components of Name to Out (Length characters, ends with a slash), taking "." and ".." out. */
static DWORD AppendComponents(WCHAR *Out, DWORD Root, DWORD Length, DWORD Size, const WCHAR *Name)
{
    while (*Name != 0) {
        DWORD Part = 0, Kept;

        while (IsSlash(*Name))
            Name++;
        while (Name[Part] != 0 && !IsSlash(Name[Part]))
            Part++;
        Kept = Part;
        if (Part == 2 && Name[0] == L'.' && Name[1] == L'.') {
            if (Length > Root)
                Length--;
            while (Length > Root && Out[Length - 1] != L'\\')
                Length--;
        } else if (!(Part == 1 && Name[0] == L'.') && Part != 0) {
            while (Kept > 0 && Name[Part] == 0 && (Name[Kept - 1] == L'.' || Name[Kept - 1] == L' '))
                Kept--; /* Win32 drops dots and blanks at the end */
            if (Length + Kept + 2 > Size)
                return 0;
            for (DWORD i = 0; i < Kept; i++)
                Out[Length++] = Name[i];
            if (Name[Part] != 0)
                Out[Length++] = L'\\';
        }
        Name += Part;
    }
    Out[Length] = 0;
    return Length;
}

/* The full path in Out (Size characters); 0 when it does not fit. */
static DWORD FullPath(const WCHAR *Name, WCHAR *Out, DWORD Size)
{
    UNICODE_STRING Directory = CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    DWORD Length = 0;

    if (Size < 8)
        return 0;
    if (IsSlash(Name[0]) && IsSlash(Name[1])) { /* UNC, \\.\ and \\?\: as it is */
        for (; Name[Length] != 0; Length++) {
            if (Length + 1 >= Size)
                return 0;
            Out[Length] = IsSlash(Name[Length]) ? L'\\' : Name[Length];
        }
        Out[Length] = 0;
        return Length;
    }
    if (IsDrive(Name)) {
        Out[0] = Name[0];
        Name += 2;
        if (!IsSlash(*Name) && Upper(Out[0]) == Upper(Directory.Buffer[0])) /* "C:x": in the current directory */
            return FullPath(Name, Out, Size);
    } else {
        Out[0] = Directory.Buffer[0];
        if (!IsSlash(*Name)) {
            if (Directory.Length / sizeof(WCHAR) + 2 > Size)
                return 0;
            for (; Length < Directory.Length / sizeof(WCHAR); Length++)
                Out[Length] = Directory.Buffer[Length];
            return AppendComponents(Out, 3, Length, Size, Name);
        }
    }
    Out[1] = L':';
    Out[2] = L'\\';
    return AppendComponents(Out, 3, 3, Size, Name);
}

DWORD WINAPI GetFullPathNameW(LPCWSTR Name, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart)
{
    WCHAR Full[NT_PATH_CHARS];
    DWORD Length;

    if (Name == NULL || Name[0] == 0) {
        SetLastError(ERROR_INVALID_NAME);
        return 0;
    }
    Length = FullPath(Name, Full, NT_PATH_CHARS);
    if (Length == 0) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return 0;
    }
    if (Length + 1 > Size)
        return Length + 1;
    lstrcpyW(Buffer, Full);
    if (FilePart != NULL) {
        *FilePart = NULL;
        for (DWORD i = 0; i < Length; i++)
            if (Buffer[i] == L'\\')
                *FilePart = Buffer[i + 1] != 0 ? &Buffer[i + 1] : NULL;
    }
    return Length;
}

DWORD WINAPI GetFullPathNameA(LPCSTR Name, DWORD Size, LPSTR Buffer, LPSTR *FilePart)
{
    WCHAR *Wide = WideFromAnsi(Name), Full[NT_PATH_CHARS], *Part = NULL;
    DWORD Length = Wide == NULL ? 0 : GetFullPathNameW(Wide, NT_PATH_CHARS, Full, &Part);

    FreeText(Wide);
    if (Length == 0)
        return 0;
    Length = AnsiFromWide(Full, Buffer, Size);
    if (FilePart != NULL)
        *FilePart = Length < Size && Part != NULL ? Buffer + (Part - Full) : NULL;
    return Length;
}

/* ---- searching ---- */

/* "Directory\Name[Extension]" by its full path, when it is there; the length, or what Size would have to be. */
static DWORD TryDirectory(const WCHAR *Directory, SIZE_T Length, const WCHAR *Name, const WCHAR *Extension, DWORD Size,
                          WCHAR *Buffer, WCHAR **FilePart)
{
    WCHAR Path[NT_PATH_CHARS];

    if (Length + WideLength(Name) + WideLength(Extension) + 2 > NT_PATH_CHARS)
        return 0;
    for (SIZE_T i = 0; i < Length; i++)
        Path[i] = Directory[i];
    if (Length != 0 && !IsSlash(Path[Length - 1]))
        Path[Length++] = L'\\';
    lstrcpyW(Path + Length, Name);
    lstrcatW(Path, Extension);
    if (GetFileAttributesW(Path) == INVALID_FILE_ATTRIBUTES)
        return 0;
    return GetFullPathNameW(Path, Size, Buffer, FilePart);
}

/* Each of the directories in a list with semicolons. */
static DWORD TryList(const WCHAR *List, const WCHAR *Name, const WCHAR *Extension, DWORD Size, WCHAR *Buffer,
                     WCHAR **FilePart)
{
    DWORD Found = 0;

    while (*List != 0 && Found == 0) {
        SIZE_T Length = 0;

        while (List[Length] != 0 && List[Length] != L';')
            Length++;
        if (Length != 0)
            Found = TryDirectory(List, Length, Name, Extension, Size, Buffer, FilePart);
        List += Length;
        if (*List == L';')
            List++;
    }
    return Found;
}

/* Where programs are looked for: their starter's folder, the current one, the system's, those in Path. [doc: SearchPath] */
static DWORD TryUsual(const WCHAR *Name, const WCHAR *Extension, DWORD Size, WCHAR *Buffer, WCHAR **FilePart)
{
    UNICODE_STRING Own = CurrentPeb()->ProcessParameters->ImagePathName;
    UNICODE_STRING Here = CurrentPeb()->ProcessParameters->CurrentDirectory.DosPath;
    WCHAR List[NT_PATH_CHARS];
    SIZE_T Length = Own.Length / sizeof(WCHAR);
    DWORD Found;

    while (Length > 0 && Own.Buffer[Length - 1] != L'\\')
        Length--;
    Found = TryDirectory(Own.Buffer, Length, Name, Extension, Size, Buffer, FilePart);
    if (Found == 0)
        Found = TryDirectory(Here.Buffer, Here.Length / sizeof(WCHAR), Name, Extension, Size, Buffer, FilePart);
    if (Found == 0)
        Found = TryList(L"C:\\Windows\\System32;C:\\Windows", Name, Extension, Size, Buffer, FilePart);
    if (Found == 0 && GetEnvironmentVariableW(L"Path", List, NT_PATH_CHARS) - 1 < NT_PATH_CHARS - 1)
        Found = TryList(List, Name, Extension, Size, Buffer, FilePart);
    return Found;
}

DWORD WINAPI SearchPathW(LPCWSTR Path, LPCWSTR Name, LPCWSTR Extension, DWORD Size, LPWSTR Buffer, LPWSTR *FilePart)
{
    BOOL HasDot = FALSE, HasPath = IsDrive(Name);
    const WCHAR *Suffix[2] = {L"", NULL};
    DWORD Found = 0;

    for (const WCHAR *At = Name; *At != 0; At++) {
        HasPath |= IsSlash(*At);
        HasDot = *At == L'.' || (HasDot && !IsSlash(*At));
    }
    if (Extension != NULL && !HasDot) { /* only for a name without any [doc]; as it is it is tried after that */
        Suffix[0] = Extension;
        Suffix[1] = L"";
    }
    for (ULONG i = 0; i < COUNT_OF(Suffix) && Suffix[i] != NULL && Found == 0; i++)
        if (HasPath)
            Found = TryDirectory(L"", 0, Name, Suffix[i], Size, Buffer, FilePart);
        else if (Path != NULL)
            Found = TryList(Path, Name, Suffix[i], Size, Buffer, FilePart);
        else
            Found = TryUsual(Name, Suffix[i], Size, Buffer, FilePart);
    if (Found == 0)
        SetLastError(ERROR_FILE_NOT_FOUND);
    return Found;
}

DWORD WINAPI SearchPathA(LPCSTR Path, LPCSTR Name, LPCSTR Extension, DWORD Size, LPSTR Buffer, LPSTR *FilePart)
{
    WCHAR *WidePath = WideFromAnsi(Path), *WideName = WideFromAnsi(Name), *WideExtension = WideFromAnsi(Extension);
    WCHAR Full[NT_PATH_CHARS], *Part = NULL;
    DWORD Length = WideName == NULL ? 0 : SearchPathW(WidePath, WideName, WideExtension, NT_PATH_CHARS, Full, &Part);

    FreeText(WidePath);
    FreeText(WideName);
    FreeText(WideExtension);
    if (Length == 0)
        return 0;
    Length = AnsiFromWide(Full, Buffer, Size);
    if (FilePart != NULL)
        *FilePart = Length < Size && Part != NULL ? Buffer + (Part - Full) : NULL;
    return Length;
}

/* ---- NT names ---- */

static BOOL GiveName(PUNICODE_STRING NtName, const WCHAR *Prefix, const WCHAR *Rest)
{
    SIZE_T Length = WideLength(Prefix) + WideLength(Rest);

    NtName->Buffer = HeapAlloc(ProcessHeap(), 0, (Length + 1) * sizeof(WCHAR));
    if (NtName->Buffer == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    lstrcpyW(NtName->Buffer, Prefix);
    lstrcatW(NtName->Buffer, Rest);
    NtName->Length = (USHORT)(Length * sizeof(WCHAR));
    NtName->MaximumLength = NtName->Length + sizeof(WCHAR);
    return TRUE;
}

/* The DOS devices that live in every directory: their NT name, or NULL. */
static const WCHAR *DosDevice(const WCHAR *Name)
{
    static const struct { const WCHAR *Dos, *Nt; } Devices[] = {
        {L"NUL", L"\\Device\\Null"}, {L"CON", L"\\Device\\ConDrv\\Output"},
        {L"CONOUT$", L"\\Device\\ConDrv\\Output"}, {L"CONIN$", L"\\Device\\ConDrv\\Input"},
    };

    for (ULONG i = 0; i < COUNT_OF(Devices); i++)
        if (lstrcmpiW(Name, Devices[i].Dos) == 0)
            return Devices[i].Nt;
    return NULL;
}

BOOL NtPathFromDos(const WCHAR *Name, PUNICODE_STRING NtName)
{
    WCHAR Full[NT_PATH_CHARS];
    const WCHAR *Device;

    if (Name == NULL || Name[0] == 0) {
        SetLastError(ERROR_PATH_NOT_FOUND);
        return FALSE;
    }
    Device = DosDevice(Name);
    if (Device != NULL)
        return GiveName(NtName, Device, L"");
    if (FullPath(Name, Full, NT_PATH_CHARS) == 0) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    if (Full[0] == L'\\' && Full[1] == L'\\' && (Full[2] == L'.' || Full[2] == L'?') && Full[3] == L'\\')
        return GiveName(NtName, L"\\??\\", Full + 4);
    if (Full[0] == L'\\') {
        SetLastError(ERROR_BAD_NETPATH);
        return FALSE;
    }
    return GiveName(NtName, L"\\??\\", Full);
}

/* ---- DOS devices ---- */

static BOOL LinkName(const WCHAR *Device, PUNICODE_STRING Name)
{
    return GiveName(Name, L"\\??\\", Device);
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR Device, LPWSTR Buffer, DWORD Size)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name, Target = {0, 0, Buffer};
    HANDLE Link;
    NTSTATUS Status;

    if (Device == NULL) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED); /* the list of all devices */
        return 0;
    }
    if (!LinkName(Device, &Name))
        return 0;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenSymbolicLinkObject(&Link, 1, &Attributes);
    FreeText(Name.Buffer);
    if (NT_SUCCESS(Status)) {
        Target.MaximumLength = (USHORT)(Size > 0x7FFE ? 0xFFFC : (Size < 2 ? 0 : (Size - 2) * sizeof(WCHAR)));
        Status = NtQuerySymbolicLinkObject(Link, &Target, NULL);
        NtClose(Link);
    }
    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return 0;
    }
    Buffer[Target.Length / sizeof(WCHAR)] = 0;
    Buffer[Target.Length / sizeof(WCHAR) + 1] = 0;
    return Target.Length / sizeof(WCHAR) + 2;
}

static BOOL RemoveDosDevice(POBJECT_ATTRIBUTES Attributes)
{
    HANDLE Link;
    NTSTATUS Status = NtOpenSymbolicLinkObject(&Link, DELETE, Attributes);

    if (NT_SUCCESS(Status)) {
        Status = NtMakeTemporaryObject(Link);
        NtClose(Link);
    }
    return StatusToBool(Status);
}

BOOL WINAPI DefineDosDeviceW(DWORD Flags, LPCWSTR Device, LPCWSTR TargetPath)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name, Target;
    HANDLE Link;
    NTSTATUS Status;
    BOOL Done;

    if (!LinkName(Device, &Name))
        return FALSE;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    if (Flags & DDD_REMOVE_DEFINITION) {
        Attributes.Attributes = OBJ_CASE_INSENSITIVE;
        Done = RemoveDosDevice(&Attributes);
        FreeText(Name.Buffer);
        return Done;
    }
    Done = Flags & DDD_RAW_TARGET_PATH ? GiveName(&Target, TargetPath, L"") : NtPathFromDos(TargetPath, &Target);
    if (Done) {
        Status = NtCreateSymbolicLinkObject(&Link, 0xF0001, &Attributes, &Target);
        FreeText(Target.Buffer);
        if (NT_SUCCESS(Status))
            NtClose(Link);
        Done = StatusToBool(Status);
    }
    FreeText(Name.Buffer);
    return Done;
}

DWORD WINAPI QueryDosDeviceA(LPCSTR Device, LPSTR Buffer, DWORD Size)
{
    WCHAR *Wide = WideFromAnsi(Device), Target[NT_PATH_CHARS];
    DWORD Length = QueryDosDeviceW(Wide, Target, NT_PATH_CHARS);

    FreeText(Wide);
    if (Length == 0)
        return 0;
    if (Length > Size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    AnsiFromWide(Target, Buffer, Size);
    Buffer[Length - 1] = 0;
    return Length;
}

BOOL WINAPI DefineDosDeviceA(DWORD Flags, LPCSTR Device, LPCSTR TargetPath)
{
    WCHAR *WideDevice = WideFromAnsi(Device), *WideTarget = WideFromAnsi(TargetPath);
    BOOL Done = WideDevice != NULL && DefineDosDeviceW(Flags, WideDevice, WideTarget);

    FreeText(WideDevice);
    FreeText(WideTarget);
    return Done;
}

/* ---- well-known directories ---- */

static DWORD GiveText(const WCHAR *Text, LPWSTR Buffer, DWORD Size)
{
    DWORD Length = (DWORD)WideLength(Text);

    if (Length + 1 > Size)
        return Length + 1;
    lstrcpyW(Buffer, Text);
    return Length;
}

DWORD WINAPI GetTempPathW(DWORD Size, LPWSTR Buffer)
{
    return GiveText(L"C:\\Windows\\Temp\\", Buffer, Size);
}

DWORD WINAPI GetTempPathA(DWORD Size, LPSTR Buffer)
{
    return AnsiFromWide(L"C:\\Windows\\Temp\\", Buffer, Size);
}

UINT WINAPI GetSystemDirectoryW(LPWSTR Buffer, UINT Size)
{
    return GiveText(L"C:\\Windows\\System32", Buffer, Size);
}

UINT WINAPI GetSystemDirectoryA(LPSTR Buffer, UINT Size)
{
    return AnsiFromWide(L"C:\\Windows\\System32", Buffer, Size);
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR Buffer, UINT Size)
{
    return GiveText(L"C:\\Windows", Buffer, Size);
}

UINT WINAPI GetWindowsDirectoryA(LPSTR Buffer, UINT Size)
{
    return AnsiFromWide(L"C:\\Windows", Buffer, Size);
}
