/*
 * The console and the standard handles. Text is UTF-8 bytes from and to the host's streams. Not modelled: input events, cursor,
 * colours, consoles of one's own.
 */
#include "k32.h"

#include "../../kernel/ps/console.h"

static HANDLE *StandardSlot(DWORD Which)
{
    PPSP_PARAMETERS Parameters = CurrentPeb()->ProcessParameters;

    switch (Which) {
    case STD_INPUT_HANDLE: return &Parameters->StandardInput;
    case STD_OUTPUT_HANDLE: return &Parameters->StandardOutput;
    case STD_ERROR_HANDLE: return &Parameters->StandardError;
    default: return NULL;
    }
}

HANDLE WINAPI GetStdHandle(DWORD Which)
{
    HANDLE *Slot = StandardSlot(Which);

    if (Slot == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    }
    return *Slot;
}

BOOL WINAPI SetStdHandle(DWORD Which, HANDLE Handle)
{
    HANDLE *Slot = StandardSlot(Which);

    if (Slot == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    *Slot = Handle;
    return TRUE;
}

BOOL WINAPI GetConsoleMode(HANDLE Console, LPDWORD Mode)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtDeviceIoControlFile(Console, NULL, NULL, NULL, &IoStatus, IOCTL_PSP_CONSOLE_MODE, NULL, 0, Mode,
                                            sizeof(*Mode));

    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        SetLastError(ERROR_INVALID_HANDLE); /* what it gives for a handle to anything else */
        return FALSE;
    }
    return TRUE;
}

BOOL WINAPI SetConsoleMode(HANDLE Console, DWORD Mode)
{
    DWORD Now;

    IGNORE_ARG(Mode); /* the streams have no modes to change */
    return GetConsoleMode(Console, &Now);
}

BOOL WINAPI WriteConsoleW(HANDLE Console, const VOID *Text, DWORD Count, LPDWORD Written, LPVOID Reserved)
{
    char Utf8[768];
    const WCHAR *At = Text;
    DWORD Left = Count, Bytes;

    IGNORE_ARG(Reserved);
    while (Left != 0) {
        DWORD Part = Left < sizeof(Utf8) / 3 ? Left : sizeof(Utf8) / 3;

        if (Part < Left && At[Part - 1] >= 0xD800 && At[Part - 1] < 0xDC00)
            Part--; /* a pair stays together */
        Bytes = (DWORD)WideCharToMultiByte(CP_UTF8, 0, At, (int)Part, Utf8, sizeof(Utf8), NULL, NULL);
        if (!WriteFile(Console, Utf8, Bytes, &Bytes, NULL))
            return FALSE;
        At += Part;
        Left -= Part;
    }
    if (Written != NULL)
        *Written = Count;
    return TRUE;
}

BOOL WINAPI WriteConsoleA(HANDLE Console, const VOID *Text, DWORD Count, LPDWORD Written, LPVOID Reserved)
{
    IGNORE_ARG(Reserved);
    return WriteFile(Console, Text, Count, Written, NULL);
}

BOOL WINAPI ReadConsoleA(HANDLE Console, LPVOID Buffer, DWORD Count, LPDWORD Read, PVOID Control)
{
    IGNORE_ARG(Control);
    return ReadFile(Console, Buffer, Count, Read, NULL);
}

/* Bytes of the UTF-8 sequence that starts so. */
static DWORD SequenceBytes(BYTE First)
{
    return First < 0xC0 ? 1 : First < 0xE0 ? 2 : First < 0xF0 ? 3 : 4;
}

/* Bytes that the last character of the text lacks. */
static DWORD MissingBytes(const BYTE *Text, DWORD Bytes)
{
    DWORD Tail = 1;

    while (Tail < 4 && Tail < Bytes && (Text[Bytes - Tail] & 0xC0) == 0x80)
        Tail++;
    if (Bytes == 0 || SequenceBytes(Text[Bytes - Tail]) <= Tail)
        return 0;
    return SequenceBytes(Text[Bytes - Tail]) - Tail;
}

/* A character of UTF-16 takes at least a byte of UTF-8, so Count bytes and the rest of the last character always fit,
 * but for a pair at the very end of the buffer. */
BOOL WINAPI ReadConsoleW(HANDLE Console, LPVOID Buffer, DWORD Count, LPDWORD Read, PVOID Control)
{
    BYTE Utf8[512 + 4];
    DWORD Bytes, Missing, More;

    IGNORE_ARG(Control);
    if (!ReadFile(Console, Utf8, Count < 512 ? Count : 512, &Bytes, NULL))
        return FALSE;
    while ((Missing = MissingBytes(Utf8, Bytes)) != 0) {
        if (!ReadFile(Console, Utf8 + Bytes, Missing, &More, NULL))
            return FALSE;
        if (More == 0)
            break; /* the input ends in the middle of a character */
        Bytes += More;
    }
    *Read = 0;
    if (Bytes != 0)
        *Read = (DWORD)MultiByteToWideChar(CP_UTF8, 0, (LPCSTR)Utf8, (int)Bytes, Buffer, (int)Count);
    return Bytes == 0 || *Read != 0;
}

UINT WINAPI GetConsoleCP(VOID)
{
    return CP_UTF8;
}

UINT WINAPI GetConsoleOutputCP(VOID)
{
    return CP_UTF8;
}

BOOL WINAPI SetConsoleOutputCP(UINT CodePage)
{
    if (CodePage == CP_UTF8)
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI SetConsoleCP(UINT CodePage)
{
    return SetConsoleOutputCP(CodePage);
}

VOID WINAPI OutputDebugStringA(LPCSTR Text)
{
    DbgPrint("%s", Text);
}

VOID WINAPI OutputDebugStringW(LPCWSTR Text)
{
    DbgPrint("%S", Text);
}

/* ---- start-up information, command line, environment ---- */

static char *AnsiCommandLine;

static char *AnsiCopy(const WCHAR *Text, SIZE_T Length)
{
    char *Copy = HeapAlloc(ProcessHeap(), 0, Length + 1);
    ULONG Bytes;

    if (Copy == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    RtlUnicodeToMultiByteN(Copy, (ULONG)Length, &Bytes, Text, (ULONG)(Length * sizeof(WCHAR)));
    Copy[Bytes] = 0;
    return Copy;
}

LPWSTR WINAPI GetCommandLineW(VOID)
{
    return CurrentPeb()->ProcessParameters->CommandLine.Buffer;
}

LPSTR WINAPI GetCommandLineA(VOID)
{
    if (AnsiCommandLine == NULL)
        AnsiCommandLine = AnsiCopy(GetCommandLineW(), WideLength(GetCommandLineW()));
    return AnsiCommandLine;
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW Info)
{
    PPSP_PARAMETERS Parameters = CurrentPeb()->ProcessParameters;

    *Info = (STARTUPINFOW){.cb = sizeof(*Info), .lpDesktop = Parameters->DesktopInfo.Buffer,
                           .lpTitle = Parameters->WindowTitle.Buffer, .dwFlags = Parameters->WindowFlags,
                           .hStdInput = Parameters->StandardInput, .hStdOutput = Parameters->StandardOutput,
                           .hStdError = Parameters->StandardError};
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA Info)
{
    static char *Title, *Desktop;
    STARTUPINFOW Wide;

    GetStartupInfoW(&Wide);
    if (Title == NULL)
        Title = AnsiCopy(Wide.lpTitle, WideLength(Wide.lpTitle));
    if (Desktop == NULL)
        Desktop = AnsiCopy(Wide.lpDesktop, WideLength(Wide.lpDesktop));
    *Info = (STARTUPINFOA){.cb = sizeof(*Info), .lpDesktop = Desktop, .lpTitle = Title, .dwFlags = Wide.dwFlags,
                           .hStdInput = Wide.hStdInput, .hStdOutput = Wide.hStdOutput, .hStdError = Wide.hStdError};
}

static SIZE_T EnvironmentLength(const WCHAR *Block)
{
    const WCHAR *At = Block;

    while (*At != 0)
        At += WideLength(At) + 1;
    return (SIZE_T)(At - Block) + 1;
}

/* The variable's entry "NAME=value" in the block, or NULL. */
static WCHAR *FindVariable(WCHAR *Block, const WCHAR *Name)
{
    SIZE_T Length = WideLength(Name);

    for (; *Block != 0; Block += WideLength(Block) + 1)
        if (WideLength(Block) > Length && Block[Length] == L'=' &&
            CompareStringOrdinal(Block, (int)Length, Name, (int)Length, TRUE) == CSTR_EQUAL)
            return Block;
    return NULL;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    WCHAR *Entry = FindVariable(CurrentPeb()->ProcessParameters->Environment, Name), *Value;
    DWORD Length;

    if (Entry == NULL) {
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    Value = Entry + WideLength(Name) + 1;
    Length = (DWORD)WideLength(Value);
    if (Length + 1 > Size)
        return Length + 1;
    lstrcpyW(Buffer, Value);
    return Length;
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    WCHAR *Wide = WideFromAnsi(Name);
    WCHAR *Entry = Wide == NULL ? NULL : FindVariable(CurrentPeb()->ProcessParameters->Environment, Wide);
    DWORD Length = 0;

    if (Entry == NULL)
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
    else
        Length = AnsiFromWide(Entry + WideLength(Wide) + 1, Buffer, Size);
    FreeText(Wide);
    return Length;
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value)
{
    PPSP_PARAMETERS Parameters = CurrentPeb()->ProcessParameters;
    WCHAR *Old = Parameters->Environment, *Skip = FindVariable(Old, Name), *New, *At, *From;
    SIZE_T Size = EnvironmentLength(Old) + WideLength(Name) + (Value ? WideLength(Value) : 0) + 3;

    New = HeapAlloc(ProcessHeap(), 0, Size * sizeof(WCHAR));
    if (New == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    At = New;
    for (From = Old; *From != 0; From += WideLength(From) + 1)
        if (From != Skip) {
            lstrcpyW(At, From);
            At += WideLength(At) + 1;
        }
    if (Value != NULL) {
        lstrcpyW(At, Name);
        lstrcatW(At, L"=");
        lstrcatW(At, Value);
        At += WideLength(At) + 1;
    }
    *At = 0;
    Parameters->Environment = New; /* the old block may be in a caller's hands and is left */
    return TRUE;
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR Name, LPCSTR Value)
{
    WCHAR *WideName = WideFromAnsi(Name), *WideValue = WideFromAnsi(Value);
    BOOL Done = WideName != NULL && SetEnvironmentVariableW(WideName, WideValue);

    FreeText(WideName);
    FreeText(WideValue);
    return Done;
}

LPWCH WINAPI GetEnvironmentStringsW(VOID)
{
    WCHAR *Block = CurrentPeb()->ProcessParameters->Environment;
    SIZE_T Length = EnvironmentLength(Block);
    WCHAR *Copy = HeapAlloc(ProcessHeap(), 0, Length * sizeof(WCHAR));

    for (SIZE_T i = 0; Copy != NULL && i < Length; i++)
        Copy[i] = Block[i];
    return Copy;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH Block)
{
    FreeText(Block);
    return TRUE;
}

LPCH WINAPI GetEnvironmentStringsA(VOID)
{
    WCHAR *Block = CurrentPeb()->ProcessParameters->Environment;

    return AnsiCopy(Block, EnvironmentLength(Block));
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH Block)
{
    FreeText(Block);
    return TRUE;
}
