/*
 * lm: loaded and unloaded kernel modules, as WinDbg's command lists them [doc: lm (List Loaded
 * Modules)]. Here: the options o, f, n, a and m. Not here: symbols, which nothing loads, so that
 * every module is "deferred"; user modules.
 */
#include "query.h"

#include <drydock_query.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct LM_WISH {
    BOOL LoadedOnly, Json;
    char Show; /* 'f', 'n' or 0 */
    BOOL HasAddress;
    ULONGLONG Address;
    char Pattern[260]; /* "": any */
} LM_WISH;

static int PrintUsage(BOOL Asked)
{
    printf(
        "lm [Options] [a Address] [m Pattern] [--json]\n\n"
        "Lists the kernel's loaded modules and those it has unloaded, as the debugger does.\n"
        "Options are letters:\n"
        "  o  loaded modules only\n"
        "  f  the full path of each image\n"
        "  n  the name of each image's file\n"
        "  a Address  only the module that has this address\n"
        "  m Pattern  only modules of such a name (* any characters, ? one)\n"
        "--json: an object for each module\n");
    return Asked ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

/* In any case of letters. */
static BOOL IsLike(const char *Name, const char *Pattern)
{
    for (; *Pattern != '*' && *Pattern != 0; Name++, Pattern++)
        if (*Name == 0 || (*Pattern != '?' && _strnicmp(Name, Pattern, 1) != 0))
            return FALSE;
    if (*Pattern == 0)
        return *Name == 0;
    do
        if (IsLike(Name, Pattern + 1))
            return TRUE;
    while (*Name++ != 0);
    return FALSE;
}

static BOOL IsWanted(const LM_WISH *Wish, const char *Name, ULONGLONG Base, ULONGLONG Bytes)
{
    return (Wish->Pattern[0] == 0 || IsLike(Name, Wish->Pattern)) &&
           (!Wish->HasAddress || Wish->Address - Base < Bytes);
}

static void PrintRange(ULONGLONG Base, ULONGLONG Bytes)
{
    ULONGLONG End = Base + Bytes;

    printf("%08lx`%08lx %08lx`%08lx   ", (ULONG)(Base >> 32), (ULONG)Base, (ULONG)(End >> 32),
           (ULONG)End);
}

static void PrintJsonStart(const char *Name, ULONGLONG Base, ULONGLONG Bytes)
{
    printf("{\"name\":");
    QueryPrintJson(Name);
    printf(",\"start\":\"0x%016llx\",\"end\":\"0x%016llx\"", Base, Base + Bytes);
}

/* ---- loaded ---- */

static int CompareBases(const void *A, const void *B)
{
    const QUERY_MODULE *First = A, *Second = B;

    return (First->Base > Second->Base) - (First->Base < Second->Base);
}

static void ShowModule(const LM_WISH *Wish, const QUERY_MODULE *Module)
{
    ULONGLONG Base = (ULONG_PTR)Module->Base;
    const char *File = Module->Path + min(Module->FileName, sizeof(Module->Path) - 1);
    char Name[260];

    QueryModuleName(Module, Name, sizeof(Name));
    if (!IsWanted(Wish, Name, Base, Module->Bytes))
        return;
    if (Wish->Json) {
        PrintJsonStart(Name, Base, Module->Bytes);
        printf(",\"loaded\":true,\"image\":");
        QueryPrintJson(File);
        printf(",\"path\":");
        QueryPrintJson(Module->Path);
        printf(",\"load_count\":%u}\n", Module->LoadCount);
        return;
    }
    PrintRange(Base, Module->Bytes);
    if (Wish->Show != 0)
        printf("%-8s %s\n", Name, Wish->Show == 'f' ? Module->Path : File);
    else
        printf("%-10s (deferred)\n", Name);
}

static int ShowLoaded(const LM_WISH *Wish)
{
    NTSTATUS Status;
    ULONG Bytes;
    QUERY_MODULE_LIST *List = QuerySystem(QUERY_MODULES, &Bytes, &Status);

    if (List == NULL) {
        fprintf(stderr, "lm: the list of modules was refused: 0x%08lX\n", (ULONG)Status);
        return ERROR_GEN_FAILURE;
    }
    qsort(List->Module, List->Count, sizeof(*List->Module), CompareBases);
    if (!Wish->Json)
        printf("start             end                 module name\n");
    for (ULONG i = 0; i < List->Count; i++)
        ShowModule(Wish, &List->Module[i]);
    free(List);
    return ERROR_SUCCESS;
}

/* ---- unloaded ---- */

static void ShowUnloadedModule(const LM_WISH *Wish, const DRYDOCK_UNLOADED_MODULE *Module,
                               BOOL *First)
{
    char Name[4 * DRYDOCK_UNLOADED_NAME];

    QueryNarrow(Module->Name, (int)wcsnlen(Module->Name, DRYDOCK_UNLOADED_NAME), Name,
                sizeof(Name));
    if (!IsWanted(Wish, Name, Module->Base, Module->Bytes))
        return;
    if (Wish->Json) {
        PrintJsonStart(Name, Module->Base, Module->Bytes);
        printf(",\"loaded\":false,\"unload_time\":%llu}\n", Module->Time);
        return;
    }
    if (*First)
        printf("\nUnloaded modules:\n");
    *First = FALSE;
    PrintRange(Module->Base, Module->Bytes);
    printf("%s\n", Name);
}

/* A kernel that is not Drydock's tells nothing of them. */
static void ShowUnloaded(const LM_WISH *Wish)
{
    NTSTATUS Status;
    ULONG Bytes;
    DRYDOCK_UNLOADED_MODULE *List = QuerySystem(DRYDOCK_QUERY_UNLOADED_MODULES, &Bytes, &Status);
    BOOL First = TRUE;

    for (ULONG i = 0; List != NULL && i < Bytes / sizeof(*List); i++)
        ShowUnloadedModule(Wish, &List[i], &First);
    free(List);
}

/* ---- the command line ---- */

/* "0x1234" or the debugger's "fffff801`12340000". */
static BOOL TakeAddress(LM_WISH *Wish, const WCHAR *Word)
{
    char Digits[32], *End;
    int Count = 0;

    for (; *Word != 0 && *Word < 0x80 && Count < 31; Word++)
        if (*Word != L'`')
            Digits[Count++] = (char)*Word;
    Digits[Count] = 0;
    Wish->Address = _strtoui64(Digits, &End, 16);
    Wish->HasAddress = Count != 0 && *End == 0 && *Word == 0;
    return Wish->HasAddress;
}

/* A word of letters; those that take a value come last in it. */
static BOOL TakeLetters(LM_WISH *Wish, const WCHAR *Word, const WCHAR *Next, BOOL *Used)
{
    for (; *Word != 0; Word++)
        switch (*Word) {
        case L'o': Wish->LoadedOnly = TRUE; break;
        case L'f': Wish->Show = 'f'; break;
        case L'n': Wish->Show = 'n'; break;
        case L'a':
        case L'm':
            *Used = TRUE;
            if (Word[1] != 0 || Next == NULL)
                return FALSE;
            if (*Word == L'a')
                return TakeAddress(Wish, Next);
            QueryNarrow(Next, (int)wcslen(Next), Wish->Pattern, sizeof(Wish->Pattern));
            return Wish->Pattern[0] != 0;
        default: return FALSE;
        }
    return TRUE;
}

int wmain(int Count, WCHAR **Words)
{
    LM_WISH Wish = {0};
    int Error;

    for (int i = 1; i < Count; i++) {
        BOOL Used = FALSE;

        if (wcscmp(Words[i], L"--json") == 0)
            Wish.Json = TRUE;
        else if (wcscmp(Words[i], L"/?") == 0 || wcscmp(Words[i], L"-?") == 0)
            return PrintUsage(TRUE);
        else if (!TakeLetters(&Wish, Words[i], i + 1 < Count ? Words[i + 1] : NULL, &Used))
            return PrintUsage(FALSE);
        i += Used;
    }
    Error = ShowLoaded(&Wish);
    if (Error == ERROR_SUCCESS && !Wish.LoadedOnly)
        ShowUnloaded(&Wish);
    return Error;
}
