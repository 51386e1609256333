/*
 * reg import: scripts of version 5 (UTF-16 with its mark, or the code page) and of version 4 (the
 * code page, whose texts among the bytes are too). A line that makes no sense is left out, as on
 * Windows [guess]; what the registry refuses makes the command fail.
 */
#include "script.h"

#include <stdlib.h>

#define FILE_LIMIT (64u << 20)

typedef struct _SCRIPT {
    const WCHAR *At;
    BOOL IsAnsi;   /* version 4 */
    HKEY Key;      /* of the last heading; NULL: there is none to set values in */
    LSTATUS Error; /* the first that there was */
} SCRIPT;

/* ---- text ---- */

static void SkipSpaces(SCRIPT *Script)
{
    while (*Script->At == L' ' || *Script->At == L'\t')
        Script->At++;
}

static void SkipLine(SCRIPT *Script)
{
    while (*Script->At != 0 && *Script->At != L'\n' && *Script->At != L'\r')
        Script->At++;
    while (*Script->At == L'\n' || *Script->At == L'\r')
        Script->At++;
}

static BOOL TakeText(SCRIPT *Script, const WCHAR *Text)
{
    size_t Length = wcslen(Text);

    if (_wcsnicmp(Script->At, Text, Length) != 0)
        return FALSE;
    Script->At += Length;
    return TRUE;
}

static void Note(SCRIPT *Script, LSTATUS Error)
{
    if (Script->Error == ERROR_SUCCESS)
        Script->Error = Error;
}

/* What is between quotes, from the heap; NULL: the quote has no end. */
static WCHAR *TakeQuoted(SCRIPT *Script)
{
    WCHAR *Text = Allocate((wcslen(Script->At) + 1) * sizeof(WCHAR)), *To = Text;

    Script->At++;
    while (*Script->At != 0 && *Script->At != L'"') {
        if (*Script->At == L'\\' && Script->At[1] != 0)
            Script->At++;
        *To++ = *Script->At++;
    }
    if (*Script->At != L'"') {
        free(Text);
        return NULL;
    }
    Script->At++;
    return Text;
}

static int TakeHexDigit(SCRIPT *Script)
{
    WCHAR Character = *Script->At;
    int Digit = -1;

    if (Character >= L'0' && Character <= L'9')
        Digit = Character - L'0';
    else if ((Character | 0x20) >= L'a' && (Character | 0x20) <= L'f')
        Digit = (Character | 0x20) - L'a' + 10;
    if (Digit >= 0)
        Script->At++;
    return Digit;
}

static BOOL TakeHex(SCRIPT *Script, unsigned Digits, DWORD *Number)
{
    int Digit = TakeHexDigit(Script);

    *Number = 0;
    if (Digit < 0)
        return FALSE;
    while (Digit >= 0 && Digits-- != 0) {
        *Number = *Number << 4 | (DWORD)Digit;
        Digit = Digits != 0 ? TakeHexDigit(Script) : -1;
    }
    return TRUE;
}

/* ---- values ---- */

/* Bytes with commas between; "\" at a line's end goes on in the next. FALSE: something else is
 * among them. */
static BOOL TakeBytes(SCRIPT *Script, REG_VALUE *Value)
{
    DWORD Byte;

    Value->Data = Allocate(wcslen(Script->At) + 2 * sizeof(WCHAR));
    for (;;) {
        SkipSpaces(Script);
        if (*Script->At == L'\\') {
            Script->At++;
            SkipSpaces(Script);
            if (*Script->At != L'\r' && *Script->At != L'\n' && *Script->At != 0)
                return FALSE;
            SkipLine(Script);
            continue;
        }
        if (*Script->At == L',') {
            Script->At++;
            continue;
        }
        if (*Script->At == 0 || *Script->At == L'\r' || *Script->At == L'\n' || *Script->At == L';')
            return TRUE;
        if (!TakeHex(Script, 2, &Byte))
            return FALSE;
        Value->Data[Value->Bytes++] = (BYTE)Byte;
    }
}

/* Version 4 has texts in the code page. */
static void WidenData(SCRIPT *Script, REG_VALUE *Value)
{
    BYTE *Wide;

    if (!Script->IsAnsi || Value->Bytes == 0 ||
        (Value->Type != REG_SZ && Value->Type != REG_EXPAND_SZ && Value->Type != REG_MULTI_SZ))
        return;
    Wide = Allocate(((size_t)Value->Bytes + 1) * sizeof(WCHAR));
    Value->Bytes = (DWORD)MultiByteToWideChar(CP_ACP, 0, (char *)Value->Data, (int)Value->Bytes,
                                              (WCHAR *)Wide, (int)Value->Bytes) *
                   sizeof(WCHAR);
    free(Value->Data);
    Value->Data = Wide;
}

/* hex: or hex(N): */
static BOOL TakeTyped(SCRIPT *Script, REG_VALUE *Value)
{
    Value->Type = REG_BINARY;
    if (*Script->At == L'(') {
        Script->At++;
        if (!TakeHex(Script, 8, &Value->Type) || !TakeText(Script, L")"))
            return FALSE;
    }
    if (!TakeText(Script, L":") || !TakeBytes(Script, Value))
        return FALSE;
    WidenData(Script, Value);
    return TRUE;
}

static BOOL TakeData(SCRIPT *Script, REG_VALUE *Value)
{
    DWORD Number;

    if (*Script->At == L'"') {
        Value->Type = REG_SZ;
        Value->Data = (BYTE *)TakeQuoted(Script);
        if (Value->Data == NULL)
            return FALSE;
        Value->Bytes = (DWORD)((wcslen((WCHAR *)Value->Data) + 1) * sizeof(WCHAR));
        return TRUE;
    }
    if (TakeText(Script, L"dword:")) {
        SkipSpaces(Script);
        if (!TakeHex(Script, 8, &Number))
            return FALSE;
        Value->Type = REG_DWORD;
        Value->Data = Allocate(sizeof(Number));
        Value->Bytes = sizeof(Number);
        memcpy(Value->Data, &Number, sizeof(Number));
        return TRUE;
    }
    return TakeText(Script, L"hex") && TakeTyped(Script, Value);
}

/* Nothing but a comment may be left of the line. */
static BOOL IsLineOver(SCRIPT *Script)
{
    SkipSpaces(Script);
    return *Script->At == 0 || *Script->At == L'\r' || *Script->At == L'\n' || *Script->At == L';';
}

static void RunAssignment(SCRIPT *Script, REG_VALUE *Value)
{
    LSTATUS Error;

    SkipSpaces(Script);
    if (!TakeText(Script, L"="))
        return;
    SkipSpaces(Script);
    if (*Script->At == L'-') {
        Script->At++;
        if (!IsLineOver(Script) || Script->Key == NULL)
            return;
        Error = RegDeleteValueW(Script->Key, Value->Name);
        if (Error != ERROR_FILE_NOT_FOUND)
            Note(Script, Error);
        return;
    }
    if (TakeData(Script, Value) && IsLineOver(Script) && Script->Key != NULL)
        Note(Script,
             RegSetValueExW(Script->Key, Value->Name, 0, Value->Type, Value->Data, Value->Bytes));
}

static void RunValue(SCRIPT *Script)
{
    REG_VALUE Value = {0};

    if (*Script->At == L'@') {
        Script->At++;
        Value.Name = Allocate(sizeof(WCHAR));
    } else {
        Value.Name = TakeQuoted(Script);
    }
    if (Value.Name != NULL)
        RunAssignment(Script, &Value);
    FreeValue(&Value);
}

/* ---- keys ---- */

static void CloseHeading(SCRIPT *Script)
{
    if (Script->Key != NULL)
        RegCloseKey(Script->Key);
    Script->Key = NULL;
}

static void RunKey(SCRIPT *Script, const WCHAR *Name, BOOL IsDeleted)
{
    REG_PATH Path;
    LSTATUS Error;

    if (!ParsePath(Name, &Path)) {
        Note(Script, ERROR_INVALID_PARAMETER);
        return;
    }
    if (IsDeleted) {
        Error = Path.SubKey[0] == 0 ? ERROR_ACCESS_DENIED : RegDeleteTreeW(Path.Root, Path.SubKey);
        if (Error != ERROR_FILE_NOT_FOUND)
            Note(Script, Error);
    } else if (Path.SubKey[0] == 0) {
        Note(Script, OpenPath(&Path, KEY_READ | KEY_WRITE, &Script->Key));
    } else {
        Note(Script, RegCreateKeyExW(Path.Root, Path.SubKey, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL,
                                     &Script->Key, NULL));
    }
    free(Path.Full);
}

/* "[KEY]" or "[-KEY]": a name can have brackets, so the last one of the line counts. */
static void RunHeading(SCRIPT *Script)
{
    const WCHAR *Start = ++Script->At, *End = NULL;
    BOOL IsDeleted = *Start == L'-';
    WCHAR *Name;

    CloseHeading(Script);
    for (; *Script->At != 0 && *Script->At != L'\r' && *Script->At != L'\n'; Script->At++)
        if (*Script->At == L']')
            End = Script->At;
    if (IsDeleted)
        Start++;
    if (End == NULL || End <= Start)
        return;
    Name = Allocate(((size_t)(End - Start) + 1) * sizeof(WCHAR));
    memcpy(Name, Start, (size_t)(End - Start) * sizeof(WCHAR));
    RunKey(Script, Name, IsDeleted);
    free(Name);
}

static void RunLine(SCRIPT *Script)
{
    SkipSpaces(Script);
    if (*Script->At == L'[')
        RunHeading(Script);
    else if (*Script->At == L'@' || *Script->At == L'"')
        RunValue(Script);
    SkipLine(Script);
}

/* FALSE: it is no script. */
static BOOL RunScript(SCRIPT *Script)
{
    if (*Script->At == 0xFEFF)
        Script->At++;
    if (TakeText(Script, SCRIPT_VERSION_4))
        Script->IsAnsi = TRUE;
    else if (!TakeText(Script, SCRIPT_VERSION_5))
        return FALSE;
    if (!IsLineOver(Script))
        return FALSE;
    SkipLine(Script);
    while (*Script->At != 0)
        RunLine(Script);
    CloseHeading(Script);
    return TRUE;
}

/* ---- the file ---- */

/* Its bytes from the heap, with zeros behind them. */
static LSTATUS ReadWhole(const WCHAR *Name, BYTE **Data, DWORD *Bytes)
{
    HANDLE File = CreateFileW(Name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LSTATUS Error = ERROR_SUCCESS;
    LARGE_INTEGER Size;

    *Data = NULL;
    if (File == INVALID_HANDLE_VALUE)
        return (LSTATUS)GetLastError();
    if (!GetFileSizeEx(File, &Size)) {
        Error = (LSTATUS)GetLastError();
    } else if (Size.QuadPart > FILE_LIMIT) {
        Error = ERROR_FILE_TOO_LARGE;
    } else {
        *Data = Allocate((size_t)Size.QuadPart + 2 * sizeof(WCHAR));
        if (!ReadFile(File, *Data, (DWORD)Size.QuadPart, Bytes, NULL))
            Error = (LSTATUS)GetLastError();
    }
    CloseHandle(File);
    return Error;
}

static WCHAR *TextOf(const BYTE *Data, DWORD Bytes)
{
    BOOL IsWide = Bytes >= 2 && Data[0] == 0xFF && Data[1] == 0xFE;
    WCHAR *Text = Allocate(((size_t)Bytes + 1) * sizeof(WCHAR));

    if (IsWide)
        memcpy(Text, Data, Bytes & ~1u);
    else if (Bytes >= 3 && Data[0] == 0xEF && Data[1] == 0xBB && Data[2] == 0xBF)
        MultiByteToWideChar(CP_UTF8, 0, (const char *)Data + 3, (int)Bytes - 3, Text, (int)Bytes);
    else if (Bytes != 0)
        MultiByteToWideChar(CP_ACP, 0, (const char *)Data, (int)Bytes, Text, (int)Bytes);
    return Text;
}

int RegImport(int Count, WCHAR **Words)
{
    SCRIPT Script = {0};
    DWORD Bytes = 0;
    WCHAR *Text;
    BYTE *Data;
    LSTATUS Error;
    BOOL IsScript;

    if (Count < 1 || Count > 2 || (Count == 2 && !IsView(Words[1])))
        return FailSyntax(NULL);
    Error = ReadWhole(Words[0], &Data, &Bytes);
    if (Error != ERROR_SUCCESS) {
        free(Data);
        return Error == ERROR_FILE_NOT_FOUND || Error == ERROR_PATH_NOT_FOUND
                   ? FailText("The system cannot find the file specified.")
                   : FailText("Error opening the file. There may be a disk or file system error.");
    }
    Script.At = Text = TextOf(Data, Bytes);
    free(Data);
    IsScript = RunScript(&Script);
    free(Text);
    if (!IsScript || Script.Error != ERROR_SUCCESS)
        return FailText("Error accessing the registry.");
    return Succeed();
}
