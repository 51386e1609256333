/*
 * CreateProcess: finds the program, puts its parameters together and asks the kernel; the lists of
 * attributes for it. Not modelled: debugging, jobs, consoles of one's own (CREATE_NEW_CONSOLE
 * shares the only one), batch files, App Paths.
 */
#include "k32.h"

#define PATH_CHARS 1024
#define COMMAND_CHARS 32768 /* [doc: CreateProcess, lpCommandLine] */
#define PRIORITY_FLAGS                                                           \
    (IDLE_PRIORITY_CLASS | BELOW_NORMAL_PRIORITY_CLASS | NORMAL_PRIORITY_CLASS | \
     ABOVE_NORMAL_PRIORITY_CLASS | HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS)
#define KNOWN_FLAGS                                                                        \
    (CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NEW_PROCESS_GROUP | \
     CREATE_UNICODE_ENVIRONMENT | CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT |        \
     PRIORITY_FLAGS | CREATE_DEFAULT_ERROR_MODE | CREATE_BREAKAWAY_FROM_JOB)

/* Values of ConsoleHandle and ConsoleFlags in the parameters of a process to be. */
#define CONSOLE_DETACHED ((HANDLE)(LONG_PTR)-1)
#define CONSOLE_NEW ((HANDLE)(LONG_PTR)-2)
#define CONSOLE_NO_WINDOW ((HANDLE)(LONG_PTR)-3)
#define CONSOLE_IGNORE_CTRL_C 1u
#define CONSOLE_NEW_GROUP 2u

typedef struct _NT_ATTRIBUTE { /* PS_ATTRIBUTE */
    ULONG_PTR Attribute;
    SIZE_T Size;
    PVOID Value;
    PSIZE_T ReturnLength;
} NT_ATTRIBUTE;

enum {
    NT_PARENT = 0x60000,
    NT_CLIENT_ID = 0x10003,
    NT_IMAGE_NAME = 0x20005,
    NT_STANDARD_HANDLES = 0x2000A,
    NT_HANDLE_LIST = 0x2000B
};

typedef struct _NT_ATTRIBUTES { /* PS_ATTRIBUTE_LIST */
    SIZE_T Bytes;
    NT_ATTRIBUTE Item[8];
} NT_ATTRIBUTES;

struct _PROC_THREAD_ATTRIBUTE_LIST {
    ULONG Room, Count;
    struct {
        DWORD_PTR Attribute;
        PVOID Value;
        SIZE_T Size;
    } Item[];
};

NTSTATUS NTAPI NtCreateUserProcess(PHANDLE, PHANDLE, ACCESS_MASK, ACCESS_MASK, POBJECT_ATTRIBUTES,
                                   POBJECT_ATTRIBUTES, ULONG, ULONG, PVOID, PVOID, PVOID);

/* ---- the program ---- */

static BOOL IsFile(const WCHAR *Path)
{
    DWORD Attributes = GetFileAttributesW(Path);

    return Attributes != INVALID_FILE_ATTRIBUTES && (Attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

/* The program that Name (Length characters) stands for, by its full path. */
static BOOL FindProgram(const WCHAR *Name, SIZE_T Length, WCHAR Path[PATH_CHARS])
{
    WCHAR Copy[PATH_CHARS];

    if (Length == 0 || Length >= PATH_CHARS)
        return FALSE;
    for (SIZE_T i = 0; i < Length; i++)
        Copy[i] = Name[i];
    Copy[Length] = 0;
    return SearchPathW(NULL, Copy, L".exe", PATH_CHARS, Path, NULL) != 0 && IsFile(Path);
}

/*
 * The first word of a command line: in quotes; or, as blanks may belong to the name, the shortest
 * beginning that is a program. [doc: CreateProcess, lpApplicationName]
 */
static BOOL FindInLine(const WCHAR *Line, WCHAR Path[PATH_CHARS])
{
    SIZE_T Length = 0;

    if (*Line == L'"') {
        for (Line++; Line[Length] != 0 && Line[Length] != L'"'; Length++)
            ;
        return FindProgram(Line, Length, Path);
    }
    do {
        while (Line[Length] != 0 && Line[Length] != L' ' && Line[Length] != L'\t')
            Length++;
        if (FindProgram(Line, Length, Path))
            return TRUE;
    } while (Line[Length++] != 0);
    return FALSE;
}

static BOOL ChooseProgram(LPCWSTR Application, LPCWSTR Line, WCHAR Path[PATH_CHARS])
{
    DWORD Length;

    if (Application == NULL && Line == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (Application == NULL) {
        if (FindInLine(Line, Path))
            return TRUE;
        SetLastError(ERROR_FILE_NOT_FOUND);
        return FALSE;
    }
    Length =
        GetFullPathNameW(Application, PATH_CHARS, Path, NULL); /* no search, no extension [doc] */
    if (Length == 0 || Length >= PATH_CHARS) {
        SetLastError(ERROR_FILE_NOT_FOUND);
        return FALSE;
    }
    return TRUE; /* whether it is there, opening it says */
}

/* ---- parameters ---- */

static UNICODE_STRING Counted(const WCHAR *Text)
{
    SIZE_T Bytes = Text != NULL ? WideLength(Text) * sizeof(WCHAR) : 0;

    return (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, (PWSTR)Text};
}

/* A block of "A=1\0B=2\0\0", in bytes with its end. */
static SIZE_T EnvironmentBytes(const WCHAR *Block)
{
    const WCHAR *At = Block;

    while (*At != 0)
        At += WideLength(At) + 1;
    return (SIZE_T)(At - Block + 1 + (At == Block)) * sizeof(WCHAR);
}

static WCHAR *WideEnvironment(const char *Block)
{
    SIZE_T Length = 0;
    ULONG Bytes;
    WCHAR *Wide;

    while (Block[Length] != 0 || (Length != 0 && Block[Length - 1] != 0))
        Length++;
    Length++; /* the empty string at the end */
    Wide = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, (Length + 1) * sizeof(WCHAR));
    if (Wide != NULL)
        RtlMultiByteToUnicodeN(Wide, (ULONG)(Length * sizeof(WCHAR)), &Bytes, Block, (ULONG)Length);
    return Wide;
}

/* The directory with a backslash at its end. */
static BOOL FillDirectory(LPCWSTR Given, WCHAR Directory[PATH_CHARS])
{
    DWORD Length, Attributes;

    if (Given == NULL)
        Length = GetCurrentDirectoryW(PATH_CHARS, Directory);
    else
        Length = GetFullPathNameW(Given, PATH_CHARS - 1, Directory, NULL);
    Attributes = Length == 0 || Length >= PATH_CHARS - 1 ? INVALID_FILE_ATTRIBUTES
                                                         : GetFileAttributesW(Directory);
    if (Given != NULL &&
        (Attributes == INVALID_FILE_ATTRIBUTES || !(Attributes & FILE_ATTRIBUTE_DIRECTORY))) {
        SetLastError(ERROR_DIRECTORY);
        return FALSE;
    }
    if (Directory[Length - 1] != L'\\')
        Directory[Length++] = L'\\';
    Directory[Length] = 0;
    return TRUE;
}

static VOID FillConsole(PPSP_PARAMETERS Parameters, DWORD Flags, const STARTUPINFOW *Startup)
{
    PPSP_PARAMETERS Own = CurrentPeb()->ProcessParameters;

    Parameters->ConsoleHandle = Flags & DETACHED_PROCESS     ? CONSOLE_DETACHED
                                : Flags & CREATE_NEW_CONSOLE ? CONSOLE_NEW
                                : Flags & CREATE_NO_WINDOW   ? CONSOLE_NO_WINDOW
                                                             : Own->ConsoleHandle;
    Parameters->ConsoleFlags = Own->ConsoleFlags & CONSOLE_IGNORE_CTRL_C;
    if (Flags & CREATE_NEW_PROCESS_GROUP)
        Parameters->ConsoleFlags = CONSOLE_NEW_GROUP | CONSOLE_IGNORE_CTRL_C;
    if (Startup->dwFlags & STARTF_USESTDHANDLES) {
        Parameters->StandardInput = Startup->hStdInput;
        Parameters->StandardOutput = Startup->hStdOutput;
        Parameters->StandardError = Startup->hStdError;
    } else if ((Flags & DETACHED_PROCESS) == 0) {
        Parameters->StandardInput = Own->StandardInput;
        Parameters->StandardOutput = Own->StandardOutput;
        Parameters->StandardError = Own->StandardError;
    }
}

/* ---- attributes ---- */

static VOID Add(NT_ATTRIBUTES *List, ULONG_PTR Attribute, PVOID Value, SIZE_T Size)
{
    NT_ATTRIBUTE *Item = &List->Item[(List->Bytes - sizeof(List->Bytes)) / sizeof(*Item)];

    *Item = (NT_ATTRIBUTE){Attribute, Size, Value, NULL};
    List->Bytes += sizeof(*Item);
}

static VOID AddCallers(NT_ATTRIBUTES *List, const STARTUPINFOEXW *Startup)
{
    LPPROC_THREAD_ATTRIBUTE_LIST Given = Startup->lpAttributeList;

    for (ULONG i = 0; Given != NULL && i < Given->Count; i++)
        if (Given->Item[i].Attribute == PROC_THREAD_ATTRIBUTE_PARENT_PROCESS)
            Add(List, NT_PARENT, *(PVOID *)Given->Item[i].Value, sizeof(HANDLE));
        else
            Add(List, NT_HANDLE_LIST, Given->Item[i].Value, Given->Item[i].Size);
}

BOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST List, DWORD Count,
                                              DWORD Flags, PSIZE_T Size)
{
    SIZE_T Needed = sizeof(*List) + Count * sizeof(List->Item[0]);
    BOOL Fits = List != NULL && *Size >= Needed;

    if (Flags != 0 || Count > 2 || (List != NULL && Size == NULL)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *Size = Needed;
    if (!Fits) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    List->Room = Count;
    List->Count = 0;
    return TRUE;
}

BOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST List, DWORD Flags,
                                      DWORD_PTR Attribute, PVOID Value, SIZE_T Size, PVOID Previous,
                                      PSIZE_T ReturnSize)
{
    DWORD Error = ERROR_SUCCESS;

    if (Flags != 0 || Previous != NULL || ReturnSize != NULL)
        Error = ERROR_INVALID_PARAMETER;
    else if (Attribute != PROC_THREAD_ATTRIBUTE_PARENT_PROCESS &&
             Attribute != PROC_THREAD_ATTRIBUTE_HANDLE_LIST)
        Error = ERROR_NOT_SUPPORTED;
    else if (Size == 0 || Size % sizeof(HANDLE) != 0 ||
             (Attribute == PROC_THREAD_ATTRIBUTE_PARENT_PROCESS && Size != sizeof(HANDLE)))
        Error = ERROR_BAD_LENGTH;
    else if (List->Count == List->Room)
        Error = ERROR_GEN_FAILURE;
    for (ULONG i = 0; Error == ERROR_SUCCESS && i < List->Count; i++)
        if (List->Item[i].Attribute == Attribute)
            Error = ERROR_ALREADY_EXISTS;
    if (Error != ERROR_SUCCESS) {
        SetLastError(Error);
        return FALSE;
    }
    List->Item[List->Count].Attribute = Attribute;
    List->Item[List->Count].Value = Value;
    List->Item[List->Count++].Size = Size;
    return TRUE;
}

VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST List)
{
    List->Count = List->Room = 0;
}

/* ---- the call ---- */

typedef struct _CREATE { /* what CreateProcess is given, and what it makes of it */
    const STARTUPINFOEXW *Startup;
    LPSECURITY_ATTRIBUTES ProcessSecurity, ThreadSecurity;
    BOOL Inherit;
    DWORD Flags;
    PSP_PARAMETERS Parameters;
    WCHAR Path[PATH_CHARS], Directory[PATH_CHARS], Line[COMMAND_CHARS];
} CREATE;

static BOOL CallKernel(CREATE *Create, LPPROCESS_INFORMATION Info)
{
    OBJECT_ATTRIBUTES Process, Thread;
    NT_ATTRIBUTES List = {.Bytes = sizeof(List.Bytes)};
    UNICODE_STRING Image;
    CLIENT_ID Id = {NULL, NULL};
    NTSTATUS Status;

    if (!NtPathFromDos(Create->Path, &Image))
        return FALSE;
    InitializeObjectAttributes(
        &Process, NULL,
        Create->ProcessSecurity && Create->ProcessSecurity->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        NULL);
    InitializeObjectAttributes(
        &Thread, NULL,
        Create->ThreadSecurity && Create->ThreadSecurity->bInheritHandle ? OBJ_INHERIT : 0, NULL,
        NULL);
    Add(&List, NT_IMAGE_NAME, Image.Buffer, Image.Length);
    Add(&List, NT_CLIENT_ID, &Id, sizeof(Id));
    if ((Create->Startup->StartupInfo.dwFlags & STARTF_USESTDHANDLES) == 0)
        Add(&List, NT_STANDARD_HANDLES, NULL, 0);
    if (Create->Flags & EXTENDED_STARTUPINFO_PRESENT)
        AddCallers(&List, Create->Startup);
    Status = NtCreateUserProcess(&Info->hProcess, &Info->hThread, PROCESS_ALL_ACCESS,
                                 THREAD_ALL_ACCESS, &Process, &Thread, Create->Inherit ? 4 : 0, 1,
                                 &Create->Parameters, NULL, &List);
    FreeObjectName(&Image);
    Info->dwProcessId = (DWORD)(ULONG_PTR)Id.UniqueProcess;
    Info->dwThreadId = (DWORD)(ULONG_PTR)Id.UniqueThread;
    return StatusToBool(Status);
}

static BOOL Fill(CREATE *Create, LPCWSTR Application, LPCWSTR Line, LPCWSTR Directory,
                 const WCHAR *Environment)
{
    const STARTUPINFOW *Startup = &Create->Startup->StartupInfo;
    PPSP_PARAMETERS Parameters = &Create->Parameters;

    if (Line != NULL && WideLength(Line) >= COMMAND_CHARS) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    if (!ChooseProgram(Application, Line, Create->Path) ||
        !FillDirectory(Directory, Create->Directory))
        return FALSE;
    if (Line != NULL) {
        lstrcpyW(Create->Line, Line);
    } else { /* the program's name is the command line */
        lstrcpyW(Create->Line, L"\"");
        lstrcatW(Create->Line, Application);
        lstrcatW(Create->Line, L"\"");
    }
    Parameters->ImagePathName = Counted(Create->Path);
    Parameters->CommandLine = Counted(Create->Line);
    Parameters->CurrentDirectory.DosPath = Counted(Create->Directory);
    Parameters->WindowTitle = Counted(Startup->lpTitle != NULL ? Startup->lpTitle : Create->Path);
    Parameters->DesktopInfo = Startup->lpDesktop != NULL
                                  ? Counted(Startup->lpDesktop)
                                  : CurrentPeb()->ProcessParameters->DesktopInfo;
    Parameters->RuntimeData =
        (UNICODE_STRING){Startup->cbReserved2, Startup->cbReserved2, (PWSTR)Startup->lpReserved2};
    Parameters->WindowFlags = Startup->dwFlags;
    Parameters->ShowWindowFlags = Startup->wShowWindow;
    Parameters->Environment = (PWSTR)Environment;
    Parameters->EnvironmentSize = EnvironmentBytes(Environment);
    FillConsole(Parameters, Create->Flags, Startup);
    return TRUE;
}

static BOOL CheckFlags(DWORD Flags)
{
    if (Flags & (DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS)) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    if ((Flags & ~KNOWN_FLAGS) != 0 || (Flags & (DETACHED_PROCESS | CREATE_NEW_CONSOLE)) ==
                                           (DETACHED_PROCESS | CREATE_NEW_CONSOLE)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return TRUE;
}

BOOL WINAPI CreateProcessW(LPCWSTR Application, LPWSTR Line, LPSECURITY_ATTRIBUTES ProcessSecurity,
                           LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags,
                           LPVOID Environment, LPCWSTR Directory, LPSTARTUPINFOW Startup,
                           LPPROCESS_INFORMATION Info)
{
    CREATE *Create;
    WCHAR *Wide = Environment;
    BOOL Done;

    if (!CheckFlags(Flags))
        return FALSE;
    Create = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Create));
    if (Environment != NULL && (Flags & CREATE_UNICODE_ENVIRONMENT) == 0)
        Wide = WideEnvironment(Environment);
    if (Create == NULL || (Environment != NULL && Wide == NULL)) {
        FreeText(Create);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    Create->Startup = (const STARTUPINFOEXW *)Startup;
    Create->ProcessSecurity = ProcessSecurity;
    Create->ThreadSecurity = ThreadSecurity;
    Create->Inherit = Inherit;
    Create->Flags = Flags;
    Done = Fill(Create, Application, Line, Directory,
                Environment != NULL ? Wide : CurrentPeb()->ProcessParameters->Environment) &&
           CallKernel(Create, Info);
    if (Wide != Environment)
        FreeText(Wide);
    FreeText(Create);
    if (Done && (Flags & PRIORITY_FLAGS) != 0)
        SetPriorityClass(Info->hProcess, Flags & PRIORITY_FLAGS);
    if (Done && (Flags & CREATE_SUSPENDED) == 0)
        NtResumeThread(Info->hThread, NULL);
    return Done;
}

BOOL WINAPI CreateProcessA(LPCSTR Application, LPSTR Line, LPSECURITY_ATTRIBUTES ProcessSecurity,
                           LPSECURITY_ATTRIBUTES ThreadSecurity, BOOL Inherit, DWORD Flags,
                           LPVOID Environment, LPCSTR Directory, LPSTARTUPINFOA Startup,
                           LPPROCESS_INFORMATION Info)
{
    WCHAR *WideApplication = WideFromAnsi(Application), *WideLine = WideFromAnsi(Line);
    WCHAR *WideDirectory = WideFromAnsi(Directory), *Title = WideFromAnsi(Startup->lpTitle);
    WCHAR *Desktop = WideFromAnsi(Startup->lpDesktop);
    STARTUPINFOEXW Wide = {
        .StartupInfo = *(STARTUPINFOW *)Startup}; /* the two differ in their strings alone */
    BOOL Done = FALSE;

    Wide.StartupInfo.lpTitle = Title;
    Wide.StartupInfo.lpDesktop = Desktop;
    if (Flags & EXTENDED_STARTUPINFO_PRESENT)
        Wide.lpAttributeList = ((LPSTARTUPINFOEXA)Startup)->lpAttributeList;
    if ((WideApplication != NULL || Application == NULL) && (WideLine != NULL || Line == NULL) &&
        (WideDirectory != NULL || Directory == NULL))
        Done = CreateProcessW(WideApplication, WideLine, ProcessSecurity, ThreadSecurity, Inherit,
                              Flags, Environment, WideDirectory, &Wide.StartupInfo, Info);
    FreeText(WideApplication);
    FreeText(WideLine);
    FreeText(WideDirectory);
    FreeText(Title);
    FreeText(Desktop);
    return Done;
}
