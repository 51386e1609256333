/* reg export: a key with all below it as a script of version 5, UTF-16 with its mark. */
#include "script.h"

#include <stdlib.h>

#define LINE_LIMIT 77 /* characters of a line of bytes before "\" */

typedef struct _TEXT {
    WCHAR *Data;
    size_t Length, Room;
} TEXT;

static void Append(TEXT *Text, const WCHAR *Part, size_t Length)
{
    if (Text->Room - Text->Length < Length) {
        size_t Room = (Text->Room + Length) * 2 + 1024;
        WCHAR *Grown = Allocate(Room * sizeof(WCHAR));

        if (Text->Data != NULL)
            memcpy(Grown, Text->Data, Text->Length * sizeof(WCHAR));
        free(Text->Data);
        Text->Data = Grown;
        Text->Room = Room;
    }
    memcpy(Text->Data + Text->Length, Part, Length * sizeof(WCHAR));
    Text->Length += Length;
}

static void AppendText(TEXT *Text, const WCHAR *Part)
{
    Append(Text, Part, wcslen(Part));
}

static void AppendQuoted(TEXT *Text, const WCHAR *Part)
{
    AppendText(Text, L"\"");
    for (; *Part != 0; Part++) {
        if (*Part == L'"' || *Part == L'\\')
            AppendText(Text, L"\\");
        Append(Text, Part, 1);
    }
    AppendText(Text, L"\"");
}

/* "hex(7):" and the bytes, on as many lines as it takes. Column: where the line is already. */
static void AppendBytes(TEXT *Text, const REG_VALUE *Value, size_t Column)
{
    WCHAR Part[20];

    if (Value->Type == REG_BINARY)
        swprintf(Part, 20, L"hex:");
    else
        swprintf(Part, 20, L"hex(%lx):", Value->Type);
    AppendText(Text, Part);
    Column += wcslen(Part);
    for (DWORD i = 0; i < Value->Bytes; i++) {
        BOOL IsLast = i + 1 == Value->Bytes;

        swprintf(Part, 20, IsLast ? L"%02x" : L"%02x,", Value->Data[i]);
        AppendText(Text, Part);
        Column += 3;
        if (Column >= LINE_LIMIT - 1 && !IsLast) {
            AppendText(Text, L"\\\r\n  ");
            Column = 2;
        }
    }
}

/* A text of one piece that has its end, and nothing behind that. */
static BOOL IsPlainText(const REG_VALUE *Value)
{
    size_t Length = Value->Bytes / sizeof(WCHAR);

    return Value->Type == REG_SZ && Value->Bytes % sizeof(WCHAR) == 0 && Length != 0 &&
           wcslen((const WCHAR *)Value->Data) == Length - 1;
}

static void AppendValue(TEXT *Text, const REG_VALUE *Value)
{
    size_t Start = Text->Length;
    DWORD Number;
    WCHAR Part[20];

    if (Value->Name[0] == 0)
        AppendText(Text, L"@");
    else
        AppendQuoted(Text, Value->Name);
    AppendText(Text, L"=");
    if (IsPlainText(Value)) {
        AppendQuoted(Text, (const WCHAR *)Value->Data);
    } else if (Value->Type == REG_DWORD && Value->Bytes == sizeof(Number)) {
        memcpy(&Number, Value->Data, sizeof(Number));
        swprintf(Part, 20, L"dword:%08lx", Number);
        AppendText(Text, Part);
    } else {
        AppendBytes(Text, Value, Text->Length - Start);
    }
    AppendText(Text, L"\r\n");
}

static LSTATUS AppendKey(TEXT *Text, HKEY Key, const WCHAR *Full);

static LSTATUS AppendSubKey(TEXT *Text, HKEY Key, const WCHAR *Full, const WCHAR *Name)
{
    WCHAR *Below = Allocate((wcslen(Full) + wcslen(Name) + 2) * sizeof(WCHAR));
    HKEY Opened;
    LSTATUS Error = RegOpenKeyExW(Key, Name, 0, KEY_READ, &Opened);

    wcscat(wcscat(wcscpy(Below, Full), L"\\"), Name);
    if (Error == ERROR_SUCCESS) {
        Error = AppendKey(Text, Opened, Below);
        RegCloseKey(Opened);
    } else if (Error == ERROR_FILE_NOT_FOUND) {
        Error = ERROR_SUCCESS; /* a link to nowhere */
    }
    free(Below);
    return Error;
}

static LSTATUS AppendKey(TEXT *Text, HKEY Key, const WCHAR *Full)
{
    LSTATUS Error = ERROR_SUCCESS;
    REG_VALUE Value;

    AppendText(Text, L"[");
    AppendText(Text, Full);
    AppendText(Text, L"]\r\n");
    for (DWORD i = 0; (Error = GetValueAt(Key, i, &Value)) == ERROR_SUCCESS; i++) {
        AppendValue(Text, &Value);
        FreeValue(&Value);
    }
    AppendText(Text, L"\r\n");
    if (Error == ERROR_NO_MORE_ITEMS)
        Error = ERROR_SUCCESS;
    for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
        WCHAR *Name = GetSubKey(Key, i, &Error);

        if (Name == NULL)
            break;
        Error = AppendSubKey(Text, Key, Full, Name);
        free(Name);
    }
    return Error;
}

/* ERROR_SUCCESS, or why the file is not there or not whole. */
static LSTATUS WriteWhole(const WCHAR *Name, const void *Data, DWORD Bytes)
{
    HANDLE File =
        CreateFileW(Name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    LSTATUS Error = ERROR_SUCCESS;
    DWORD Written = 0;

    if (File == INVALID_HANDLE_VALUE)
        return (LSTATUS)GetLastError();
    if (!WriteFile(File, Data, Bytes, &Written, NULL) || Written != Bytes)
        Error = (LSTATUS)GetLastError();
    CloseHandle(File);
    return Error;
}

static BOOL MayReplace(const WCHAR *Name, BOOL Force)
{
    WCHAR *Question;
    BOOL Answer;

    if (Force || GetFileAttributesW(Name) == INVALID_FILE_ATTRIBUTES)
        return TRUE;
    Question = Allocate((wcslen(Name) + 64) * sizeof(WCHAR));
    wcscat(wcscat(wcscpy(Question, L"File "), Name), L" already exists. Overwrite (Yes/No)? ");
    Answer = Confirm(Question);
    free(Question);
    return Answer;
}

BOOL ParseFile(int Count, WCHAR **Words, BOOL *Force)
{
    *Force = FALSE;
    for (int i = 2; i < Count; i++) {
        if (IsOption(Words[i], L"/y"))
            *Force = TRUE;
        else if (!IsView(Words[i]))
            return FALSE;
    }
    return Count >= 2;
}

int AskFile(const WCHAR *Name, BOOL Force)
{
    if (MayReplace(Name, Force))
        return 0;
    printf("The operation was cancelled by the user.\n");
    return REG_FAILED;
}

int RegExport(int Count, WCHAR **Words)
{
    TEXT Text = {0};
    REG_PATH Path;
    BOOL Force;
    HKEY Key;
    LSTATUS Error;

    if (!ParseFile(Count, Words, &Force))
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    Error = OpenPath(&Path, KEY_READ, &Key);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    if (AskFile(Words[1], Force) != 0) {
        RegCloseKey(Key);
        return REG_FAILED;
    }
    AppendText(&Text, L"\xFEFF" SCRIPT_VERSION_5 L"\r\n\r\n");
    Error = AppendKey(&Text, Key, Path.Full);
    RegCloseKey(Key);
    if (Error == ERROR_SUCCESS)
        Error = WriteWhole(Words[1], Text.Data, (DWORD)(Text.Length * sizeof(WCHAR)));
    free(Text.Data);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}
