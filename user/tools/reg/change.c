/* reg add, reg delete, reg copy. */
#include "reg.h"

#include <stdlib.h>

static int Cancel(void)
{
    printf("The operation was cancelled by the user.\n");
    return REG_FAILED;
}

static WCHAR *Join(const WCHAR *One, const WCHAR *Two, const WCHAR *Three)
{
    WCHAR *Text = Allocate((wcslen(One) + wcslen(Two) + wcslen(Three) + 1) * sizeof(WCHAR));

    wcscat(wcscat(wcscpy(Text, One), Two), Three);
    return Text;
}

/* ---- add ---- */

typedef struct _ADDITION {
    const WCHAR *Name; /* NULL: the key alone */
    const WCHAR *Data, *Separator;
    DWORD Type;
    BOOL Force, HasType;
} ADDITION;

static BOOL ParseAddition(int Count, WCHAR **Words, ADDITION *Addition)
{
    const WCHAR *Word;

    *Addition = (ADDITION){.Separator = L"\\0", .Type = REG_SZ};
    for (int i = 0; i < Count; i++) {
        if (IsOption(Words[i], L"/ve") && Addition->Name == NULL) {
            Addition->Name = L"";
        } else if (IsOption(Words[i], L"/v") && Addition->Name == NULL) {
            if (!TakeWord(Count, Words, &i, &Addition->Name))
                return FALSE;
        } else if (IsOption(Words[i], L"/t") && !Addition->HasType) {
            Addition->HasType = TRUE;
            if (!TakeWord(Count, Words, &i, &Word) || !ParseType(Word, &Addition->Type))
                return FALSE;
        } else if (IsOption(Words[i], L"/d") && Addition->Data == NULL) {
            if (!TakeWord(Count, Words, &i, &Addition->Data))
                return FALSE;
        } else if (IsOption(Words[i], L"/s")) {
            if (!TakeWord(Count, Words, &i, &Addition->Separator) || Addition->Separator[0] == 0)
                return FALSE;
        } else if (IsOption(Words[i], L"/f")) {
            Addition->Force = TRUE;
        } else if (!IsView(Words[i])) {
            return FALSE;
        }
    }
    return Addition->Name != NULL || (Addition->Data == NULL && !Addition->HasType);
}

static BOOL MayOverwrite(HKEY Key, const WCHAR *Name)
{
    const WCHAR *Shown = Name[0] == 0 ? L"(Default)" : Name;
    WCHAR *Question;
    BOOL Answer;

    if (RegQueryValueExW(Key, Name, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
        return TRUE;
    Question = Join(L"Value ", Shown, L" exists, overwrite(Yes/No)? ");
    Answer = Confirm(Question);
    free(Question);
    return Answer;
}

static int AddValue(HKEY Key, const ADDITION *Addition)
{
    const WCHAR *Text = Addition->Data;
    BYTE *Data = NULL;
    DWORD Bytes = 0;
    LSTATUS Error;

    if (Text == NULL)
        Text = Addition->Type == REG_DWORD || Addition->Type == REG_QWORD ||
                       Addition->Type == REG_DWORD_BIG_ENDIAN
                   ? L"0"
                   : L"";
    if (!ParseData(Addition->Type, Text, Addition->Separator, &Data, &Bytes)) {
        free(Data);
        return REG_FAILED;
    }
    if (!Addition->Force && !MayOverwrite(Key, Addition->Name)) {
        free(Data);
        return Cancel();
    }
    Error = RegSetValueExW(Key, Addition->Name, 0, Addition->Type, Data, Bytes);
    free(Data);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}

int RegAdd(int Count, WCHAR **Words)
{
    ADDITION Addition;
    REG_PATH Path;
    LSTATUS Error;
    HKEY Key;
    int Result;

    if (Count < 1 || !ParseAddition(Count - 1, Words + 1, &Addition))
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    if (Path.SubKey[0] == 0)
        Error = OpenPath(&Path, KEY_READ | KEY_WRITE, &Key);
    else
        Error = RegCreateKeyExW(Path.Root, Path.SubKey, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL,
                                &Key, NULL);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    Result = Addition.Name != NULL ? AddValue(Key, &Addition) : Succeed();
    RegCloseKey(Key);
    return Result;
}

/* ---- delete ---- */

typedef struct _DELETION {
    const WCHAR *Name; /* NULL: the key */
    BOOL All, Force;
} DELETION;

static BOOL ParseDeletion(int Count, WCHAR **Words, DELETION *Deletion)
{
    *Deletion = (DELETION){0};
    for (int i = 0; i < Count; i++) {
        BOOL IsFirst = Deletion->Name == NULL && !Deletion->All;

        if (IsOption(Words[i], L"/ve") && IsFirst) {
            Deletion->Name = L"";
        } else if (IsOption(Words[i], L"/va") && IsFirst) {
            Deletion->All = TRUE;
        } else if (IsOption(Words[i], L"/v") && IsFirst) {
            if (!TakeWord(Count, Words, &i, &Deletion->Name))
                return FALSE;
        } else if (IsOption(Words[i], L"/f")) {
            Deletion->Force = TRUE;
        } else if (!IsView(Words[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static BOOL MayDelete(const REG_PATH *Path, const DELETION *Deletion)
{
    WCHAR *Question;
    BOOL Answer;

    if (Deletion->Force)
        return TRUE;
    if (Deletion->All)
        Question = Join(L"Delete all values under the registry key ", Path->Full, L" (Yes/No)? ");
    else if (Deletion->Name != NULL)
        Question = Join(L"Delete the registry value ",
                        Deletion->Name[0] == 0 ? L"(Default)" : Deletion->Name, L" (Yes/No)? ");
    else
        Question = Join(L"Permanently delete the registry key ", Path->Full, L" (Yes/No)? ");
    Answer = Confirm(Question);
    free(Question);
    return Answer;
}

static LSTATUS DeleteAll(HKEY Key)
{
    LSTATUS Error = ERROR_SUCCESS;
    REG_VALUE Value;

    while (Error == ERROR_SUCCESS) {
        Error = GetValueAt(Key, 0, &Value);
        if (Error != ERROR_SUCCESS)
            break;
        Error = RegDeleteValueW(Key, Value.Name);
        FreeValue(&Value);
    }
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

int RegDelete(int Count, WCHAR **Words)
{
    DELETION Deletion;
    REG_PATH Path;
    LSTATUS Error;
    HKEY Key;

    if (Count < 1 || !ParseDeletion(Count - 1, Words + 1, &Deletion))
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    if (!MayDelete(&Path, &Deletion))
        return Cancel();
    if (Deletion.Name == NULL && !Deletion.All) {
        Error = Path.SubKey[0] == 0 ? ERROR_ACCESS_DENIED : RegDeleteTreeW(Path.Root, Path.SubKey);
        return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
    }
    Error = OpenPath(&Path, KEY_READ | KEY_WRITE, &Key);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    Error = Deletion.All ? DeleteAll(Key) : RegDeleteValueW(Key, Deletion.Name);
    RegCloseKey(Key);
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}

/* ---- copy ---- */

/* ERROR_CANCELLED: a question was answered with no. */
static LSTATUS CopyValues(HKEY From, HKEY To, BOOL Force)
{
    LSTATUS Error = ERROR_SUCCESS;
    REG_VALUE Value;

    for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
        Error = GetValueAt(From, i, &Value);
        if (Error != ERROR_SUCCESS)
            break;
        if (!Force && !MayOverwrite(To, Value.Name))
            Error = ERROR_CANCELLED;
        else
            Error = RegSetValueExW(To, Value.Name, 0, Value.Type, Value.Data, Value.Bytes);
        FreeValue(&Value);
    }
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

static LSTATUS CopyKey(HKEY From, HKEY To, BOOL Tree, BOOL Force);

static LSTATUS CopySubKey(HKEY From, HKEY To, const WCHAR *Name, BOOL Force)
{
    HKEY Source, Target;
    LSTATUS Error = RegOpenKeyExW(From, Name, 0, KEY_READ, &Source);

    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegCreateKeyExW(To, Name, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &Target, NULL);
    if (Error == ERROR_SUCCESS) {
        Error = CopyKey(Source, Target, TRUE, Force);
        RegCloseKey(Target);
    }
    RegCloseKey(Source);
    return Error;
}

/* The subkeys that there are before the copy: it may go below what is copied. */
static LSTATUS CopyKey(HKEY From, HKEY To, BOOL Tree, BOOL Force)
{
    DWORD Count = 0;
    LSTATUS Error =
        RegQueryInfoKeyW(From, NULL, NULL, NULL, &Count, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

    if (Error == ERROR_SUCCESS)
        Error = CopyValues(From, To, Force);
    for (DWORD i = 0; Tree && i < Count && Error == ERROR_SUCCESS; i++) {
        WCHAR *Name = GetSubKey(From, i, &Error);

        if (Name == NULL)
            break;
        Error = CopySubKey(From, To, Name, Force);
        free(Name);
    }
    return Error;
}

int RegCopy(int Count, WCHAR **Words)
{
    BOOL Tree = FALSE, Force = FALSE;
    REG_PATH From, To;
    HKEY Source, Target;
    LSTATUS Error;

    if (Count < 2)
        return FailSyntax(NULL);
    for (int i = 2; i < Count; i++) {
        if (IsOption(Words[i], L"/s"))
            Tree = TRUE;
        else if (IsOption(Words[i], L"/f"))
            Force = TRUE;
        else if (!IsView(Words[i]))
            return FailSyntax(NULL);
    }
    if (!ParsePath(Words[0], &From) || !ParsePath(Words[1], &To))
        return FailKeyName();
    if (_wcsicmp(From.Full, To.Full) == 0)
        return FailText("The registry entry cannot be copied onto itself.");
    Error = OpenPath(&From, KEY_READ, &Source);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    Error =
        RegCreateKeyExW(To.Root, To.SubKey, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &Target, NULL);
    if (Error == ERROR_SUCCESS) {
        Error = CopyKey(Source, Target, Tree, Force);
        RegCloseKey(Target);
    }
    RegCloseKey(Source);
    if (Error == ERROR_CANCELLED)
        return Cancel();
    return Error == ERROR_SUCCESS ? Succeed() : Fail(Error);
}
