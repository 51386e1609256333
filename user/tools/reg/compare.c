/*
 * reg compare: the values of two keys, with their subkeys on request. "=" is in both, "<" and ">"
 * are of the first or the second alone, or of both with another content.
 */
#include "reg.h"

#include "console.h"

#include <stdlib.h>

typedef struct _COMPARISON {
    const WCHAR *Name; /* NULL: all values */
    BOOL Tree, ShowSame, ShowDifferent;
    BOOL Different;
} COMPARISON;

static BOOL ParseComparison(int Count, WCHAR **Words, COMPARISON *Comparison)
{
    *Comparison = (COMPARISON){.ShowDifferent = TRUE};
    for (int i = 0; i < Count; i++) {
        if (IsOption(Words[i], L"/s")) {
            Comparison->Tree = TRUE;
        } else if (IsOption(Words[i], L"/ve") && Comparison->Name == NULL) {
            Comparison->Name = L"";
        } else if (IsOption(Words[i], L"/v") && Comparison->Name == NULL) {
            if (!TakeWord(Count, Words, &i, &Comparison->Name))
                return FALSE;
        } else if (IsOption(Words[i], L"/oa")) {
            Comparison->ShowSame = TRUE;
        } else if (IsOption(Words[i], L"/os")) {
            Comparison->ShowSame = TRUE;
            Comparison->ShowDifferent = FALSE;
        } else if (IsOption(Words[i], L"/on")) {
            Comparison->ShowDifferent = FALSE;
        } else if (!IsOption(Words[i], L"/od") && !IsView(Words[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static void ShowValue(const char *Mark, const WCHAR *Full, const REG_VALUE *Value)
{
    WCHAR *Data = ShowData(Value, L"\\0");

    ConsolePrint(L"%hs Value: %ls  %ls  %ls  %ls\n", Mark, Full,
                 Value->Name[0] == 0 ? L"(Default)" : Value->Name, TypeName(Value->Type), Data);
    free(Data);
}

static void NoteDifference(COMPARISON *Comparison, const char *Mark, const WCHAR *Full,
                           const REG_VALUE *Value)
{
    Comparison->Different = TRUE;
    if (Comparison->ShowDifferent)
        ShowValue(Mark, Full, Value);
}

static BOOL IsSame(const REG_VALUE *One, const REG_VALUE *Two)
{
    return One->Type == Two->Type && One->Bytes == Two->Bytes &&
           memcmp(One->Data, Two->Data, One->Bytes) == 0;
}

/* Values of the first that the second has not, or has otherwise. */
static void CompareValue(COMPARISON *Comparison, HKEY Second, const WCHAR *Names[2],
                         const REG_VALUE *Value)
{
    REG_VALUE Other;

    if (GetValue(Second, Value->Name, &Other) != ERROR_SUCCESS) {
        NoteDifference(Comparison, "<", Names[0], Value);
        return;
    }
    if (!IsSame(Value, &Other)) {
        NoteDifference(Comparison, "<", Names[0], Value);
        NoteDifference(Comparison, ">", Names[1], &Other);
    } else if (Comparison->ShowSame) {
        ShowValue("=", Names[0], Value);
    }
    FreeValue(&Other);
}

static LSTATUS CompareValues(COMPARISON *Comparison, HKEY Keys[2], const WCHAR *Names[2])
{
    LSTATUS Error = ERROR_SUCCESS;
    REG_VALUE Value;

    for (unsigned Side = 0; Side < 2 && Error == ERROR_SUCCESS; Side++) {
        for (DWORD i = 0; (Error = GetValueAt(Keys[Side], i, &Value)) == ERROR_SUCCESS; i++) {
            if (Comparison->Name == NULL || _wcsicmp(Comparison->Name, Value.Name) == 0) {
                if (Side == 0)
                    CompareValue(Comparison, Keys[1], Names, &Value);
                else if (RegQueryValueExW(Keys[0], Value.Name, NULL, NULL, NULL, NULL) !=
                         ERROR_SUCCESS)
                    NoteDifference(Comparison, ">", Names[1], &Value);
            }
            FreeValue(&Value);
        }
        if (Error == ERROR_NO_MORE_ITEMS)
            Error = ERROR_SUCCESS;
    }
    return Error;
}

static LSTATUS CompareKeys(COMPARISON *Comparison, HKEY Keys[2], const WCHAR *Names[2]);

/* A subkey that one side has; what only that side has is one difference. */
static LSTATUS CompareSubKey(COMPARISON *Comparison, HKEY Keys[2], const WCHAR *Names[2],
                             const WCHAR *Name, unsigned Side)
{
    HKEY Below[2] = {NULL, NULL};
    WCHAR *Full[2];
    LSTATUS Error = ERROR_SUCCESS;

    for (unsigned i = 0; i < 2; i++) {
        Full[i] = Allocate((wcslen(Names[i]) + wcslen(Name) + 2) * sizeof(WCHAR));
        wcscat(wcscat(wcscpy(Full[i], Names[i]), L"\\"), Name);
        RegOpenKeyExW(Keys[i], Name, 0, KEY_READ, &Below[i]);
    }
    if (Below[0] == NULL || Below[1] == NULL) {
        Comparison->Different = TRUE;
        if (Comparison->ShowDifferent)
            ConsolePrint(L"%hs Key:  %ls\n", Side == 0 ? "<" : ">", Full[Side]);
    } else if (Side == 0) {
        if (Comparison->ShowSame)
            ConsolePrint(L"= Key:  %ls\n", Full[0]);
        Error = CompareKeys(Comparison, Below, (const WCHAR **)Full);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (Below[i] != NULL)
            RegCloseKey(Below[i]);
        free(Full[i]);
    }
    return Error;
}

static LSTATUS CompareKeys(COMPARISON *Comparison, HKEY Keys[2], const WCHAR *Names[2])
{
    LSTATUS Error = CompareValues(Comparison, Keys, Names);

    for (unsigned Side = 0; Side < 2 && Comparison->Tree; Side++)
        for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
            WCHAR *Name = GetSubKey(Keys[Side], i, &Error);

            if (Name == NULL)
                break;
            Error = CompareSubKey(Comparison, Keys, Names, Name, Side);
            free(Name);
        }
    return Error;
}

/* The second may be a root alone: then the first's subkey is meant there. [doc: reg compare] */
static BOOL ParseBoth(WCHAR **Words, REG_PATH Paths[2])
{
    if (!ParsePath(Words[0], &Paths[0]) || !ParsePath(Words[1], &Paths[1]))
        return FALSE;
    if (Paths[1].SubKey[0] == 0 && Paths[0].SubKey[0] != 0) {
        WCHAR *Text =
            Allocate((wcslen(Paths[1].Full) + wcslen(Paths[0].SubKey) + 2) * sizeof(WCHAR));

        wcscat(wcscat(wcscpy(Text, Paths[1].Full), L"\\"), Paths[0].SubKey);
        return ParsePath(Text, &Paths[1]);
    }
    return TRUE;
}

int RegCompare(int Count, WCHAR **Words)
{
    COMPARISON Comparison;
    REG_PATH Paths[2];
    HKEY Keys[2];
    LSTATUS Error;

    if (Count < 2 || !ParseComparison(Count - 2, Words + 2, &Comparison))
        return FailSyntax(NULL);
    if (!ParseBoth(Words, Paths))
        return FailKeyName();
    Error = OpenPath(&Paths[0], KEY_READ, &Keys[0]);
    if (Error == ERROR_SUCCESS) {
        Error = OpenPath(&Paths[1], KEY_READ, &Keys[1]);
        if (Error == ERROR_SUCCESS) {
            const WCHAR *Names[2] = {Paths[0].Full, Paths[1].Full};

            Error = CompareKeys(&Comparison, Keys, Names);
            RegCloseKey(Keys[1]);
        }
        RegCloseKey(Keys[0]);
    }
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    printf("\nResults Compared: %s\n", Comparison.Different ? "Different" : "Identical");
    Succeed();
    return Comparison.Different ? REG_DIFFERENT : 0;
}
