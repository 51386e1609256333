/* reg: the command line, keys by name, questions and errors. */
#include "reg.h"

#include "console.h"

#include <stdlib.h>

static const WCHAR *g_command = L"";

typedef struct _ENTRY {
    const WCHAR *Name;
    REG_COMMAND *Run;
    const char *Usage;
} ENTRY;

static const ENTRY Commands[] = {
    {L"QUERY", RegQuery,
     "REG QUERY KeyName [/v [ValueName] | /ve] [/s] [/f Data [/k] [/d] [/c] [/e]] [/t Type] [/z]\n"
     "          [/se Separator]"},
    {L"ADD", RegAdd,
     "REG ADD KeyName [/v ValueName | /ve] [/t Type] [/s Separator] [/d Data] [/f]"},
    {L"DELETE", RegDelete, "REG DELETE KeyName [/v ValueName | /ve | /va] [/f]"},
    {L"COPY", RegCopy, "REG COPY KeyName1 KeyName2 [/s] [/f]"},
    {L"SAVE", RegSave, "REG SAVE KeyName FileName [/y]"},
    {L"RESTORE", RegRestore, "REG RESTORE KeyName FileName"},
    {L"LOAD", RegLoad, "REG LOAD KeyName FileName"},
    {L"UNLOAD", RegUnload, "REG UNLOAD KeyName"},
    {L"COMPARE", RegCompare,
     "REG COMPARE KeyName1 KeyName2 [/v ValueName | /ve] [/oa | /od | /os | /on] [/s]"},
    {L"EXPORT", RegExport, "REG EXPORT KeyName FileName [/y]"},
    {L"IMPORT", RegImport, "REG IMPORT FileName"},
};
#define COMMAND_COUNT (sizeof(Commands) / sizeof(Commands[0]))

void *Allocate(size_t Bytes)
{
    void *Block = calloc(1, Bytes);

    if (Block == NULL) {
        FailText("Not enough memory resources are available to process this command.");
        exit(REG_FAILED);
    }
    return Block;
}

/* ---- messages ---- */

int FailText(const char *Text)
{
    fflush(stdout);
    fprintf(stderr, "ERROR: %s\n", Text);
    return REG_FAILED;
}

int Fail(LSTATUS Error)
{
    WCHAR Text[512] = L"";

    if (Error == ERROR_FILE_NOT_FOUND)
        return FailText("The system was unable to find the specified registry key or value.");
    FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)Error,
                   0, Text, sizeof(Text) / sizeof(Text[0]), NULL);
    Text[wcscspn(Text, L"\r\n")] = 0;
    fflush(stdout);
    ConsolePrintTo(stderr, Text[0] != 0 ? L"ERROR: %ls\n" : L"ERROR: %ls%ld\n", Text, (long)Error);
    return REG_FAILED;
}

static int PointToHelp(void)
{
    fprintf(stderr, "Type \"REG%s%ls /?\" for usage.\n", g_command[0] != 0 ? " " : "", g_command);
    return REG_FAILED;
}

int FailSyntax(const char *Detail)
{
    fflush(stdout);
    fprintf(stderr, Detail != NULL ? "ERROR: Invalid syntax. %s\n" : "ERROR: Invalid syntax.\n",
            Detail);
    return PointToHelp();
}

int FailKeyName(void)
{
    FailText("Invalid key name.");
    return PointToHelp();
}

int Succeed(void)
{
    printf("The operation completed successfully.\n");
    return 0;
}

BOOL Confirm(const WCHAR *Question)
{
    char Answer[80];

    for (;;) {
        ConsolePrint(L"%ls", Question);
        fflush(stdout);
        if (fgets(Answer, sizeof(Answer), stdin) == NULL)
            return FALSE;
        if (Answer[0] == 'y' || Answer[0] == 'Y')
            return TRUE;
        if (Answer[0] == 'n' || Answer[0] == 'N')
            return FALSE;
    }
}

/* ---- words ---- */

BOOL IsOption(const WCHAR *Word, const WCHAR *Option)
{
    return (Word[0] == L'/' || Word[0] == L'-') && _wcsicmp(Word + 1, Option + 1) == 0;
}

BOOL IsView(const WCHAR *Word)
{
    return IsOption(Word, L"/reg:32") || IsOption(Word, L"/reg:64");
}

BOOL TakeWord(int Count, WCHAR **Words, int *At, const WCHAR **Word)
{
    if (*At + 1 >= Count)
        return FALSE;
    *Word = Words[++*At];
    return TRUE;
}

BOOL HasWord(int Count, WCHAR **Words, int At)
{
    return At + 1 < Count && Words[At + 1][0] != L'/';
}

/* ---- keys ---- */

static const struct {
    const WCHAR *Short, *Long;
    HKEY Key;
} Roots[] = {
    {L"HKLM", L"HKEY_LOCAL_MACHINE", HKEY_LOCAL_MACHINE},
    {L"HKCU", L"HKEY_CURRENT_USER", HKEY_CURRENT_USER},
    {L"HKCR", L"HKEY_CLASSES_ROOT", HKEY_CLASSES_ROOT},
    {L"HKU", L"HKEY_USERS", HKEY_USERS},
    {L"HKCC", L"HKEY_CURRENT_CONFIG", HKEY_CURRENT_CONFIG},
};

static BOOL IsName(const WCHAR *Text, size_t Length, const WCHAR *Name)
{
    return wcslen(Name) == Length && _wcsnicmp(Text, Name, Length) == 0;
}

BOOL ParsePath(const WCHAR *Text, REG_PATH *Path)
{
    size_t Length = wcscspn(Text, L"\\");
    const WCHAR *Rest = Text[Length] == 0 ? L"" : Text + Length + 1;

    for (size_t i = 0; i < sizeof(Roots) / sizeof(Roots[0]); i++) {
        size_t Characters = wcslen(Roots[i].Long);

        if (!IsName(Text, Length, Roots[i].Short) && !IsName(Text, Length, Roots[i].Long))
            continue;
        Path->Root = Roots[i].Key;
        Path->Full = Allocate((Characters + wcslen(Rest) + 2) * sizeof(WCHAR));
        wcscpy(Path->Full, Roots[i].Long);
        if (Rest[0] != 0) {
            Path->Full[Characters] = L'\\';
            wcscpy(Path->Full + Characters + 1, Rest);
        }
        Length = wcslen(Path->Full);
        while (Length > Characters && Path->Full[Length - 1] == L'\\')
            Path->Full[--Length] = 0;
        Path->SubKey = Path->Full[Characters] == 0 ? L"" : Path->Full + Characters + 1;
        return TRUE;
    }
    return FALSE;
}

LSTATUS OpenPath(const REG_PATH *Path, REGSAM Access, HKEY *Key)
{
    return RegOpenKeyExW(Path->Root, Path->SubKey, 0, Access, Key);
}

/* ---- the command line ---- */

static int ShowUsage(void)
{
    printf("\nREG Operation [Parameter List]\n\n  Operation  [ QUERY   | ADD    | DELETE  | COPY   "
           " |\n"
           "               COMPARE | EXPORT | IMPORT  ]\n\n"
           "Return Code: (Except for REG COMPARE)\n\n  0 - Successful\n  1 - Failed\n\n"
           "For help on a specific operation type:\n\n  REG Operation /?\n");
    return 0;
}

int wmain(int Count, WCHAR **Words)
{
    if (Count < 2)
        return FailSyntax(NULL);
    if (IsOption(Words[1], L"/?"))
        return ShowUsage();
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (_wcsicmp(Words[1], Commands[i].Name) != 0)
            continue;
        g_command = Commands[i].Name;
        if (Count >= 3 && IsOption(Words[2], L"/?")) {
            printf("\n%s\n", Commands[i].Usage);
            return 0;
        }
        return Commands[i].Run(Count - 2, Words + 2);
    }
    return FailSyntax(NULL);
}
