/* reg query: a key's values and subkeys, one value, or a search. */
#include "reg.h"

#include "console.h"

#include <stdlib.h>

typedef struct _QUERY {
    const WCHAR *Name;    /* NULL: all values */
    const WCHAR *Pattern; /* NULL: no search */
    const WCHAR *Separator;
    BOOL Tree, InKeys, InNames, InData, HasType, Numbers, Case, Exact;
    DWORD Type;
    DWORD Found;
} QUERY;

static BOOL ParseSwitch(const WCHAR *Word, QUERY *Query)
{
    if (IsOption(Word, L"/s"))
        Query->Tree = TRUE;
    else if (IsOption(Word, L"/ve") && Query->Name == NULL)
        Query->Name = L"";
    else if (IsOption(Word, L"/k"))
        Query->InKeys = TRUE;
    else if (IsOption(Word, L"/d"))
        Query->InData = TRUE;
    else if (IsOption(Word, L"/c"))
        Query->Case = TRUE;
    else if (IsOption(Word, L"/e"))
        Query->Exact = TRUE;
    else if (IsOption(Word, L"/z"))
        Query->Numbers = TRUE;
    else
        return IsView(Word);
    return TRUE;
}

static BOOL ParseQuery(int Count, WCHAR **Words, QUERY *Query)
{
    const WCHAR *Word;

    *Query = (QUERY){.Separator = L"\\0"};
    for (int i = 0; i < Count; i++) {
        if (IsOption(Words[i], L"/v") && Query->Name == NULL && !Query->InNames) {
            if (HasWord(Count, Words, i))
                Query->Name = Words[++i];
            else
                Query->InNames = TRUE; /* with /f: search in names */
        } else if (IsOption(Words[i], L"/f") && Query->Pattern == NULL) {
            if (!TakeWord(Count, Words, &i, &Query->Pattern))
                return FALSE;
        } else if (IsOption(Words[i], L"/t") && !Query->HasType) {
            Query->HasType = TRUE;
            if (!TakeWord(Count, Words, &i, &Word) || !ParseType(Word, &Query->Type))
                return FALSE;
        } else if (IsOption(Words[i], L"/se")) {
            if (!TakeWord(Count, Words, &i, &Query->Separator) || wcslen(Query->Separator) != 1)
                return FALSE;
        } else if (!ParseSwitch(Words[i], Query)) {
            return FALSE;
        }
    }
    if (Query->Pattern == NULL)
        return !Query->InKeys && !Query->InData && !Query->InNames && !Query->Case && !Query->Exact;
    if (!Query->InKeys && !Query->InData && !Query->InNames)
        Query->InKeys = Query->InData = Query->InNames = TRUE;
    return TRUE;
}

/* ---- matching ---- */

static WCHAR Fold(WCHAR Character, BOOL Case)
{
    return Case ? Character : (WCHAR)towlower(Character);
}

/* * and ? as in names of files. */
static BOOL MatchHere(const WCHAR *Text, const WCHAR *Pattern, BOOL Case, BOOL Whole)
{
    const WCHAR *Star = NULL, *Retry = NULL;

    while (*Text != 0) {
        if (*Pattern == L'*') {
            Star = ++Pattern;
            Retry = Text;
        } else if (*Pattern == L'?' ||
                   (*Pattern != 0 && Fold(*Pattern, Case) == Fold(*Text, Case))) {
            Pattern++;
            Text++;
        } else if (*Pattern == 0 && !Whole) {
            return TRUE;
        } else if (Star != NULL) {
            Pattern = Star;
            Text = ++Retry;
        } else {
            return FALSE;
        }
    }
    while (*Pattern == L'*')
        Pattern++;
    return *Pattern == 0;
}

static BOOL Matches(const QUERY *Query, const WCHAR *Text)
{
    if (Query->Exact)
        return MatchHere(Text, Query->Pattern, Query->Case, TRUE);
    do
        if (MatchHere(Text, Query->Pattern, Query->Case, FALSE))
            return TRUE;
    while (*Text++ != 0);
    return FALSE;
}

static BOOL IsWanted(const QUERY *Query, const REG_VALUE *Value)
{
    WCHAR *Data;
    BOOL Result;

    if (Query->Name != NULL && _wcsicmp(Query->Name, Value->Name) != 0)
        return FALSE;
    if (Query->HasType && Query->Type != Value->Type)
        return FALSE;
    if (Query->Pattern == NULL)
        return TRUE;
    if (Query->InNames && Matches(Query, Value->Name))
        return TRUE;
    if (!Query->InData)
        return FALSE;
    Data = ShowData(Value, Query->Separator);
    Result = Matches(Query, Data);
    free(Data);
    return Result;
}

/* ---- showing ---- */

static void ShowValue(const QUERY *Query, const REG_VALUE *Value)
{
    WCHAR *Data = ShowData(Value, Query->Separator);

    ConsolePrint(L"    %ls    %ls", Value->Name[0] == 0 ? L"(Default)" : Value->Name,
                 TypeName(Value->Type));
    if (Query->Numbers)
        printf(" (%lu)", Value->Type);
    ConsolePrint(L"    %ls\n", Data);
    free(Data);
}

/* The values that are wanted below the key's name; Named: the name is there already. Counts them.
 */
static LSTATUS ShowValues(QUERY *Query, HKEY Key, const WCHAR *Full, BOOL Named)
{
    LSTATUS Error = ERROR_SUCCESS;
    REG_VALUE Value;

    for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
        Error = GetValueAt(Key, i, &Value);
        if (Error != ERROR_SUCCESS)
            break;
        if (IsWanted(Query, &Value)) {
            if (!Named)
                ConsolePrint(L"%ls\n", Full);
            Named = TRUE;
            ShowValue(Query, &Value);
            Query->Found++;
        }
        FreeValue(&Value);
    }
    if (Named)
        printf("\n");
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

static WCHAR *BelowName(const WCHAR *Full, const WCHAR *Name)
{
    WCHAR *Text = Allocate((wcslen(Full) + wcslen(Name) + 2) * sizeof(WCHAR));

    return wcscat(wcscat(wcscpy(Text, Full), L"\\"), Name);
}

static LSTATUS ShowTree(QUERY *Query, HKEY Key, const WCHAR *Full);

static LSTATUS ShowSubKey(QUERY *Query, HKEY Key, const WCHAR *Full, const WCHAR *Name)
{
    BOOL IsMatch = Query->Pattern != NULL && Query->InKeys && Matches(Query, Name);
    WCHAR *Below = BelowName(Full, Name);
    LSTATUS Error = ERROR_SUCCESS;
    HKEY Opened;

    if (IsMatch) {
        ConsolePrint(L"%ls\n", Below);
        Query->Found++;
    } else if (!Query->Tree && Query->Pattern == NULL && Query->Name == NULL) {
        ConsolePrint(L"%ls\n", Below);
    }
    if (Query->Tree) {
        Error = RegOpenKeyExW(Key, Name, 0, KEY_READ, &Opened);
        if (Error == ERROR_SUCCESS) {
            Error = ShowTree(Query, Opened, Below);
            RegCloseKey(Opened);
        } else if (Error == ERROR_FILE_NOT_FOUND) {
            Error = ERROR_SUCCESS; /* a link to nowhere */
        }
    }
    free(Below);
    return Error;
}

static LSTATUS ShowTree(QUERY *Query, HKEY Key, const WCHAR *Full)
{
    BOOL NameAlways =
        Query->Tree && Query->Pattern == NULL && Query->Name == NULL && !Query->HasType;
    LSTATUS Error;

    if (NameAlways)
        ConsolePrint(L"%ls\n", Full);
    Error = Query->Pattern != NULL && !Query->InNames && !Query->InData
                ? ERROR_SUCCESS
                : ShowValues(Query, Key, Full, NameAlways);
    for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
        WCHAR *Name = GetSubKey(Key, i, &Error);

        if (Name == NULL)
            break;
        Error = ShowSubKey(Query, Key, Full, Name);
        free(Name);
    }
    return Error;
}

/* One value of one key. */
static int ShowOne(QUERY *Query, HKEY Key, const WCHAR *Full)
{
    REG_VALUE Value;
    LSTATUS Error = GetValue(Key, Query->Name, &Value);

    if (Error == ERROR_FILE_NOT_FOUND && Query->Name[0] == 0) {
        ConsolePrint(L"\n%ls\n    (Default)    REG_SZ    (value not set)\n\n", Full);
        return 0;
    }
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    if (Query->HasType && Query->Type != Value.Type) {
        FreeValue(&Value);
        return Fail(ERROR_FILE_NOT_FOUND);
    }
    ConsolePrint(L"\n%ls\n", Full);
    ShowValue(Query, &Value);
    printf("\n");
    FreeValue(&Value);
    return 0;
}

static int ShowAll(QUERY *Query, HKEY Key, const WCHAR *Full)
{
    BOOL IsSearch = Query->Pattern != NULL || Query->Name != NULL;
    LSTATUS Error;

    printf("\n");
    Error = ShowTree(Query, Key, Full);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    if (IsSearch)
        printf("End of search: %lu match(es) found.\n", Query->Found);
    return IsSearch && Query->Found == 0 ? REG_FAILED : 0;
}

int RegQuery(int Count, WCHAR **Words)
{
    QUERY Query;
    REG_PATH Path;
    LSTATUS Error;
    HKEY Key;
    int Result;

    if (Count < 1 || !ParseQuery(Count - 1, Words + 1, &Query))
        return FailSyntax(NULL);
    if (!ParsePath(Words[0], &Path))
        return FailKeyName();
    Error = OpenPath(&Path, KEY_READ, &Key);
    if (Error != ERROR_SUCCESS)
        return Fail(Error);
    if (Query.Name != NULL && !Query.Tree && Query.Pattern == NULL)
        Result = ShowOne(&Query, Key, Path.Full);
    else
        Result = ShowAll(&Query, Key, Path.Full);
    RegCloseKey(Key);
    return Result;
}
