/*
 * INF files as programs read them: SetupOpenInfFile and what takes an INFCONTEXT. Left out:
 * appended INFs, layout files, INFs of Windows 3.1's style. [doc: setupapi.h]
 */
#include "inf.h"

void *InfAllocate(size_t Bytes)
{
    return HeapAlloc(GetProcessHeap(), 0, Bytes);
}

void InfFree(void *Memory)
{
    SetupFree(Memory);
}

SETUP_INF *SetupInfOf(HINF Handle)
{
    SETUP_INF *Inf = Handle;

    if (Handle != NULL && Handle != INVALID_HANDLE_VALUE && Inf->Signature == SETUP_INF_SIGNATURE)
        return Inf;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

/* ---- reading ---- */

static PBYTE ReadBytes(const WCHAR *Path, DWORD *Bytes)
{
    HANDLE File = CreateFileW(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    PBYTE Data = NULL;

    if (File == INVALID_HANDLE_VALUE)
        return NULL;
    *Bytes = GetFileSize(File, NULL);
    if (*Bytes > INF_BYTES_LIMIT)
        SetLastError(ERROR_FILE_TOO_LARGE);
    else
        Data = SetupAllocate(*Bytes + 1);
    if (Data != NULL && !ReadFile(File, Data, *Bytes, Bytes, NULL)) {
        SetupFree(Data);
        Data = NULL;
    }
    CloseHandle(File);
    return Data;
}

static DWORD ErrorOf(INF_ERROR Error)
{
    static const DWORD Errors[] = {
        ERROR_SUCCESS,        ERROR_BAD_SECTION_NAME_LINE, ERROR_SECTION_NAME_TOO_LONG,
        ERROR_GENERAL_SYNTAX, ERROR_WRONG_INF_STYLE,       ERROR_NOT_ENOUGH_MEMORY};

    return Errors[Error];
}

static INF_ERROR ParseBytes(SETUP_INF *Inf, const BYTE *Data, DWORD Bytes)
{
    INF_CHAR *Text = HeapAlloc(GetProcessHeap(), 0, (Bytes + 1) * sizeof(*Text));
    INF_ERROR Error = INF_NO_MEMORY;
    DWORD i;

    Inf->Hash = 0xCBF29CE484222325;
    for (i = 0; i < Bytes; i++)
        Inf->Hash = (Inf->Hash ^ Data[i]) * 0x100000001B3;
    if (Text != NULL)
        Error = InfParse(&Inf->File, Text, InfDecode(Data, Bytes, Text));
    SetupFree(Text);
    return Error;
}

SETUP_INF *SetupReadInf(const WCHAR *Path, UINT *ErrorLine)
{
    DWORD Bytes;
    PBYTE Data = ReadBytes(Path, &Bytes);
    SETUP_INF *Inf = Data != NULL ? SetupAllocate(sizeof(*Inf)) : NULL;
    INF_ERROR Error;

    if (ErrorLine != NULL)
        *ErrorLine = 0;
    if (Inf == NULL) {
        SetupFree(Data);
        return NULL;
    }
    Error = ParseBytes(Inf, Data, Bytes);
    SetupFree(Data);
    if (Error == INF_FINE && GetFullPathNameW(Path, MAX_PATH, Inf->Path, NULL) - 1 < MAX_PATH - 1) {
        Inf->Signature = SETUP_INF_SIGNATURE;
        return Inf;
    }
    if (ErrorLine != NULL)
        *ErrorLine = Inf->File.ErrorLine;
    InfFreeFile(&Inf->File);
    SetLastError(Error == INF_FINE ? ERROR_FILENAME_EXCED_RANGE : ErrorOf(Error));
    SetupFree(Inf);
    return NULL;
}

VOID SetupFreeInf(SETUP_INF *Inf)
{
    if (Inf == NULL)
        return;
    Inf->Signature = 0;
    InfFreeFile(&Inf->File);
    SetupFree(Inf);
}

/* ---- sections, lines, fields ---- */

int SetupSection(SETUP_INF *Inf, const WCHAR *Name)
{
    return InfFindSection(&Inf->File, Name, (unsigned)wcslen(Name));
}

int SetupSectionF(SETUP_INF *Inf, const WCHAR *Format, ...)
{
    WCHAR Name[INF_NAME_LIMIT + 1];
    va_list Arguments;
    int Count;

    va_start(Arguments, Format);
    Count = _vsnwprintf(Name, COUNT_OF(Name) - 1, Format, Arguments);
    va_end(Arguments);
    Name[COUNT_OF(Name) - 1] = 0;
    return Count >= 0 && Count < (int)COUNT_OF(Name) ? SetupSection(Inf, Name) : INF_NONE;
}

int SetupLine(SETUP_INF *Inf, int Section, int Line, const WCHAR *Key)
{
    if (Section == INF_NONE)
        return INF_NONE;
    return InfFindLine(&Inf->File, Section, Line, Key, Key != NULL ? (unsigned)wcslen(Key) : 0);
}

unsigned SetupFields(SETUP_INF *Inf, int Line)
{
    return Inf->File.Line[Line].FieldCount;
}

BOOL SetupField(SETUP_INF *Inf, int Line, unsigned Field, WCHAR *Out)
{
    const INF_LINE *Entry = &Inf->File.Line[Line];
    INF_TEXT Text = Entry->Key;

    Out[0] = 0;
    if (Field > Entry->FieldCount)
        return FALSE;
    if (Field != 0)
        Text = Inf->File.Field[Entry->FirstField + Field - 1];
    else if (Text.At == NULL && Entry->FieldCount == 1)
        Text = Inf->File.Field[Entry->FirstField];
    if (Text.At == NULL)
        return FALSE;
    Out[InfExpand(&Inf->File, &Text, Out, SETUP_FIELD - 1, SetupResolve, Inf)] = 0;
    return TRUE;
}

BOOL SetupParseNumber(const WCHAR *Text, DWORD *Number)
{
    BOOL Minus = Text[0] == L'-', Hex;
    ULONG64 Value = 0;

    Text += Minus || Text[0] == L'+';
    Hex = Text[0] == L'0' && (Text[1] | 0x20) == L'x';
    Text += Hex ? 2 : 0;
    if (*Text == 0)
        return FALSE;
    for (; *Text != 0; Text++) {
        WCHAR c = *Text | 0x20;

        if (*Text >= L'0' && *Text <= L'9')
            Value = Value * (Hex ? 16 : 10) + (*Text - L'0');
        else if (Hex && c >= L'a' && c <= L'f')
            Value = Value * 16 + (c - L'a' + 10);
        else
            return FALSE;
        if (Value > MAXDWORD)
            return FALSE;
    }
    *Number = Minus ? 0 - (DWORD)Value : (DWORD)Value;
    return TRUE;
}

DWORD SetupNumber(SETUP_INF *Inf, int Line, unsigned Field, DWORD Otherwise)
{
    WCHAR Text[SETUP_FIELD];
    DWORD Number;

    return SetupField(Inf, Line, Field, Text) && SetupParseNumber(Text, &Number) ? Number
                                                                                 : Otherwise;
}

BOOL SetupEntry(SETUP_INF *Inf, const WCHAR *Section, const WCHAR *Key, WCHAR *Out)
{
    int Line = SetupLine(Inf, SetupSection(Inf, Section), INF_NONE, Key);

    Out[0] = 0;
    return Line != INF_NONE && SetupField(Inf, Line, 1, Out);
}

int SetupActualSection(SETUP_INF *Inf, const WCHAR *Name, WCHAR *Actual)
{
    static const WCHAR *const Suffixes[] = {L".NTamd64", L".NT", L""};
    ULONG i;

    for (i = 0; i < COUNT_OF(Suffixes); i++) {
        SetupPrint(Actual, 300, L"%s%s", Name, Suffixes[i]);
        if (SetupSection(Inf, Actual) != INF_NONE)
            return SetupSection(Inf, Actual);
    }
    return INF_NONE;
}

/* ---- programs' handles ---- */

HINF WINAPI SetupOpenInfFileW(PCWSTR Name, PCWSTR Class, DWORD Style, PUINT ErrorLine)
{
    WCHAR Path[MAX_PATH], Value[SETUP_FIELD];
    SETUP_INF *Inf;

    if (ErrorLine != NULL)
        *ErrorLine = 0;
    if (Name == NULL || (Style & ~(DWORD)(INF_STYLE_WIN4 | INF_STYLE_OLDNT)) ||
        !(Style & INF_STYLE_WIN4)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (wcschr(Name, L'\\') == NULL && wcschr(Name, L'/') == NULL) { /* INFs of the system */
        if (!SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", Name)) {
            SetLastError(ERROR_FILENAME_EXCED_RANGE);
            return INVALID_HANDLE_VALUE;
        }
        Name = Path;
    }
    Inf = SetupReadInf(Name, ErrorLine);
    if (Inf != NULL && Class != NULL &&
        !(SetupEntry(Inf, L"Version", L"Class", Value) && SetupSame(Value, Class))) {
        SetupFreeInf(Inf);
        Inf = NULL;
        SetLastError(ERROR_CLASS_MISMATCH);
    }
    return Inf != NULL ? Inf : INVALID_HANDLE_VALUE;
}

HINF WINAPI SetupOpenInfFileA(PCSTR Name, PCSTR Class, DWORD Style, PUINT ErrorLine)
{
    WCHAR Path[MAX_PATH], WideClass[64];

    if (Name == NULL || MultiByteToWideChar(CP_ACP, 0, Name, -1, Path, MAX_PATH) == 0 ||
        (Class != NULL &&
         MultiByteToWideChar(CP_ACP, 0, Class, -1, WideClass, COUNT_OF(WideClass)) == 0)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return SetupOpenInfFileW(Path, Class != NULL ? WideClass : NULL, Style, ErrorLine);
}

VOID WINAPI SetupCloseInfFile(HINF Handle)
{
    SetupFreeInf(SetupInfOf(Handle));
}

static BOOL GiveContext(SETUP_INF *Inf, int Line, PINFCONTEXT Context)
{
    if (Line == INF_NONE)
        return SetupFail(ERROR_LINE_NOT_FOUND);
    Context->Inf = Context->CurrentInf = Inf;
    Context->Section = (UINT)Inf->File.Line[Line].Section;
    Context->Line = (UINT)Line;
    return TRUE;
}

/* A section of a handle, or INF_NONE with the last error set. */
static int SectionOf(HINF Handle, PCWSTR Name, SETUP_INF **Inf)
{
    int Section = INF_NONE;

    *Inf = SetupInfOf(Handle);
    if (*Inf != NULL && Name != NULL)
        Section = SetupSection(*Inf, Name);
    if (*Inf != NULL && Section == INF_NONE)
        SetLastError(ERROR_SECTION_NOT_FOUND);
    return Section;
}

BOOL WINAPI SetupFindFirstLineW(HINF Handle, PCWSTR Name, PCWSTR Key, PINFCONTEXT Context)
{
    SETUP_INF *Inf;
    int Section = SectionOf(Handle, Name, &Inf);

    return Section != INF_NONE && GiveContext(Inf, SetupLine(Inf, Section, INF_NONE, Key), Context);
}

/* The line of a context, if it is one. */
static SETUP_INF *LineOf(PINFCONTEXT Context, int *Line)
{
    SETUP_INF *Inf = Context != NULL ? SetupInfOf(Context->CurrentInf) : NULL;

    if (Inf == NULL || Context->Line >= Inf->File.LineCount) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    *Line = (int)Context->Line;
    return Inf;
}

BOOL WINAPI SetupFindNextMatchLineW(PINFCONTEXT From, PCWSTR Key, PINFCONTEXT Context)
{
    int Line;
    SETUP_INF *Inf = LineOf(From, &Line);

    return Inf != NULL &&
           GiveContext(Inf, SetupLine(Inf, Inf->File.Line[Line].Section, Line, Key), Context);
}

BOOL WINAPI SetupFindNextLine(PINFCONTEXT From, PINFCONTEXT Context)
{
    return SetupFindNextMatchLineW(From, NULL, Context);
}

BOOL WINAPI SetupGetLineByIndexW(HINF Handle, PCWSTR Name, DWORD Index, PINFCONTEXT Context)
{
    SETUP_INF *Inf;
    int Section = SectionOf(Handle, Name, &Inf), Line;

    if (Section == INF_NONE)
        return FALSE;
    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE && Index != 0; Index--)
        Line = Inf->File.Line[Line].Next;
    return GiveContext(Inf, Line, Context);
}

LONG WINAPI SetupGetLineCountW(HINF Handle, PCWSTR Name)
{
    SETUP_INF *Inf;
    int Section = SectionOf(Handle, Name, &Inf);

    return Section != INF_NONE ? (LONG)Inf->File.Section[Section].LineCount : -1;
}

DWORD WINAPI SetupGetFieldCount(PINFCONTEXT Context)
{
    int Line;
    SETUP_INF *Inf = LineOf(Context, &Line);

    return Inf != NULL ? SetupFields(Inf, Line) : 0;
}

/* ---- fields for programs ---- */

static BOOL GiveText(const WCHAR *Text, PWSTR Buffer, DWORD Size, PDWORD Needed)
{
    DWORD Count = (DWORD)wcslen(Text) + 1;

    if (Needed != NULL)
        *Needed = Count;
    if (Buffer == NULL)
        return TRUE;
    if (Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    lstrcpyW(Buffer, Text);
    return TRUE;
}

BOOL WINAPI SetupGetStringFieldW(PINFCONTEXT Context, DWORD Index, PWSTR Buffer, DWORD Size,
                                 PDWORD Needed)
{
    WCHAR Text[SETUP_FIELD];
    int Line;
    SETUP_INF *Inf = LineOf(Context, &Line);

    if (Inf == NULL)
        return FALSE;
    if (!SetupField(Inf, Line, Index, Text))
        return SetupFail(ERROR_INVALID_PARAMETER);
    return GiveText(Text, Buffer, Size, Needed);
}

BOOL WINAPI SetupGetStringFieldA(PINFCONTEXT Context, DWORD Index, PSTR Buffer, DWORD Size,
                                 PDWORD Needed)
{
    WCHAR Text[SETUP_FIELD];
    DWORD Count;

    if (!SetupGetStringFieldW(Context, Index, Text, SETUP_FIELD, NULL))
        return FALSE;
    Count = (DWORD)WideCharToMultiByte(CP_ACP, 0, Text, -1, NULL, 0, NULL, NULL);
    if (Needed != NULL)
        *Needed = Count;
    if (Buffer == NULL)
        return TRUE;
    if (Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    return WideCharToMultiByte(CP_ACP, 0, Text, -1, Buffer, (int)Size, NULL, NULL) != 0;
}

/* An empty field is 0. [doc: SetupGetIntField] */
BOOL WINAPI SetupGetIntField(PINFCONTEXT Context, DWORD Index, PINT Value)
{
    WCHAR Text[SETUP_FIELD];
    DWORD Number = 0;

    if (!SetupGetStringFieldW(Context, Index, Text, SETUP_FIELD, NULL))
        return FALSE;
    if (Text[0] != 0 && !SetupParseNumber(Text, &Number))
        return SetupFail(ERROR_INVALID_DATA);
    *Value = (INT)Number;
    return TRUE;
}

/* Each field from Index on is a byte in hexadecimal. */
BOOL WINAPI SetupGetBinaryField(PINFCONTEXT Context, DWORD Index, PBYTE Buffer, DWORD Size,
                                PDWORD Needed)
{
    WCHAR Text[SETUP_FIELD], Hex[8];
    DWORD Count = SetupGetFieldCount(Context), i, Value;

    if (Index == 0 || Index > Count)
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (Needed != NULL)
        *Needed = Count - Index + 1;
    if (Buffer != NULL && Size < Count - Index + 1)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    for (i = Index; i <= Count; i++) {
        if (!SetupGetStringFieldW(Context, i, Text, SETUP_FIELD, NULL))
            return FALSE;
        SetupPrint(Hex, COUNT_OF(Hex), L"0x%.4s",
                   Text[0] == L'0' && (Text[1] | 0x20) == L'x' ? Text + 2 : Text);
        if (!SetupParseNumber(Hex, &Value) || Value > 0xFF)
            return SetupFail(ERROR_INVALID_DATA);
        if (Buffer != NULL)
            Buffer[i - Index] = (BYTE)Value;
    }
    return TRUE;
}

/* Each field from Index on is a string of the list; an empty one ends it. */
BOOL WINAPI SetupGetMultiSzFieldW(PINFCONTEXT Context, DWORD Index, PWSTR Buffer, DWORD Size,
                                  PDWORD Needed)
{
    WCHAR Text[SETUP_FIELD];
    DWORD Count = SetupGetFieldCount(Context), Used = 0, i;

    if (Index == 0 || Index > Count)
        return SetupFail(ERROR_INVALID_PARAMETER);
    for (i = Index;
         i <= Count && SetupGetStringFieldW(Context, i, Text, SETUP_FIELD, NULL) && Text[0] != 0;
         i++) {
        DWORD Length = (DWORD)wcslen(Text) + 1;

        if (Buffer != NULL && Used + Length < Size)
            RtlCopyMemory(Buffer + Used, Text, Length * sizeof(WCHAR));
        Used += Length;
    }
    if (Needed != NULL)
        *Needed = Used + 1;
    if (Buffer == NULL)
        return TRUE;
    if (Size < Used + 1)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    Buffer[Used] = 0;
    return TRUE;
}

/* The fields with commas between, the key not. */
BOOL WINAPI SetupGetLineTextW(PINFCONTEXT Context, HINF Handle, PCWSTR Section, PCWSTR Key,
                              PWSTR Buffer, DWORD Size, PDWORD Needed)
{
    WCHAR Text[SETUP_FIELD], All[SETUP_FIELD];
    INFCONTEXT Found;
    DWORD Count, Used = 0, i;

    if (Context == NULL) {
        if (!SetupFindFirstLineW(Handle, Section, Key, &Found))
            return FALSE;
        Context = &Found;
    }
    Count = SetupGetFieldCount(Context);
    for (i = 1; i <= Count; i++) {
        if (!SetupGetStringFieldW(Context, i, Text, SETUP_FIELD, NULL))
            return FALSE;
        if (Used + wcslen(Text) + 2 > SETUP_FIELD)
            return SetupFail(ERROR_INVALID_DATA);
        if (i != 1)
            All[Used++] = L',';
        lstrcpyW(All + Used, Text);
        Used += (DWORD)wcslen(Text);
    }
    All[Used] = 0;
    return GiveText(All, Buffer, Size, Needed);
}

BOOL WINAPI SetupDiGetActualSectionToInstallW(HINF Handle, PCWSTR Name, PWSTR Buffer, DWORD Size,
                                              PDWORD Needed, PWSTR *Extension)
{
    SETUP_INF *Inf = SetupInfOf(Handle);
    WCHAR Actual[300];

    if (Inf == NULL)
        return FALSE;
    if (Name == NULL || wcslen(Name) > INF_NAME_LIMIT)
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (SetupActualSection(Inf, Name, Actual) == INF_NONE)
        lstrcpyW(Actual, Name);
    if (!GiveText(Actual, Buffer, Size, Needed))
        return FALSE;
    if (Extension != NULL)
        *Extension = Buffer != NULL && Buffer[wcslen(Name)] != 0 ? Buffer + wcslen(Name) : NULL;
    return TRUE;
}
