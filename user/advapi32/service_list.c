/* All services of drivers, and what depends on what. */
#include "service.h"

#define DEEPEST_DEPENDENCY 64

static VOID ReadEntry(HANDLE Key, SERVICE_ENTRY *Entry)
{
    Entry->Type = ScmGetNumber(Key, L"Type", 0);
    Entry->Tag = ScmGetNumber(Key, L"Tag", 0);
    Entry->DisplayName = ScmGetTexts(Key, L"DisplayName");
    Entry->Group = ScmGetTexts(Key, L"Group");
    Entry->Services = ScmGetTexts(Key, L"DependOnService");
    Entry->Groups = ScmGetTexts(Key, L"DependOnGroup");
}

static SERVICE_ENTRY *NewEntry(SERVICE_LIST *List)
{
    SIZE_T Bytes = (List->Count + 1) * sizeof(SERVICE_ENTRY);
    SERVICE_ENTRY *Entries = List->Entries == NULL
                                 ? HeapAlloc(ProcessHeap(), 0, Bytes)
                                 : HeapReAlloc(ProcessHeap(), 0, List->Entries, Bytes);

    if (Entries == NULL)
        return NULL;
    List->Entries = Entries;
    ZeroMemory(&Entries[List->Count], sizeof(*Entries));
    return &Entries[List->Count];
}

/* Keys that are no drivers' services are passed over: they belong to programs, or only hold
 * parameters. */
static DWORD AddEntry(SERVICE_LIST *List, LPCWSTR Name)
{
    SERVICE_ENTRY *Entry;
    HANDLE Key;

    if (!NT_SUCCESS(ScmOpenKey(Name, KEY_READ, &Key)))
        return ERROR_SUCCESS; /* it has just gone */
    Entry = NewEntry(List);
    if (Entry != NULL) {
        lstrcpyW(Entry->Name, Name);
        ReadEntry(Key, Entry);
        List->Count++;
    }
    NtClose(Key);
    return Entry == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

DWORD ScmReadList(SERVICE_LIST *List)
{
    WCHAR Name[SERVICE_NAME_LIMIT + 1];
    HANDLE Services;
    DWORD Error;
    NTSTATUS Status = ScmOpenKey(NULL, KEY_READ, &Services);

    ZeroMemory(List, sizeof(*List));
    Error = ScmError(Status);
    for (ULONG Index = 0; NT_SUCCESS(Status) && Error == ERROR_SUCCESS; Index++) {
        Status = ScmEnumerateKey(Services, Index, Name);
        if (NT_SUCCESS(Status))
            Error = AddEntry(List, Name);
        else if (Status == STATUS_NAME_TOO_LONG || Status == STATUS_BUFFER_OVERFLOW)
            Status = STATUS_SUCCESS; /* no service has such a name */
    }
    if (Services != NULL)
        NtClose(Services);
    if (Error != ERROR_SUCCESS)
        ScmFreeList(List);
    return Error;
}

VOID ScmFreeList(SERVICE_LIST *List)
{
    for (DWORD i = 0; i < List->Count; i++) {
        HeapFree(ProcessHeap(), 0, List->Entries[i].DisplayName);
        HeapFree(ProcessHeap(), 0, List->Entries[i].Group);
        HeapFree(ProcessHeap(), 0, List->Entries[i].Services);
        HeapFree(ProcessHeap(), 0, List->Entries[i].Groups);
    }
    HeapFree(ProcessHeap(), 0, List->Entries);
    ZeroMemory(List, sizeof(*List));
}

const SERVICE_ENTRY *ScmFind(const SERVICE_LIST *List, LPCWSTR Name)
{
    for (DWORD i = 0; i < List->Count; i++)
        if (lstrcmpiW(List->Entries[i].Name, Name) == 0)
            return &List->Entries[i];
    return NULL;
}

BOOL ScmIsInGroup(const SERVICE_ENTRY *Entry, LPCWSTR Group)
{
    return Entry->Group != NULL && lstrcmpiW(Entry->Group, Group) == 0;
}

BOOL ScmIsOneOf(LPCWSTR Texts, LPCWSTR Text)
{
    for (; Texts != NULL && *Texts != 0; Texts += lstrlenW(Texts) + 1)
        if (lstrcmpiW(Texts, Text) == 0)
            return TRUE;
    return FALSE;
}

BOOL ScmDependsOn(const SERVICE_ENTRY *Entry, const SERVICE_ENTRY *Other)
{
    return ScmIsOneOf(Entry->Services, Other->Name) ||
           (Other->Group != NULL && *Other->Group != 0 && ScmIsOneOf(Entry->Groups, Other->Group));
}

/* Whether a service that From names, or one that it depends on, is Name. Groups are not followed:
 * one member is enough. */
static BOOL Reaches(const SERVICE_LIST *List, LPCWSTR From, LPCWSTR Name, int Depth)
{
    for (; From != NULL && *From != 0; From += lstrlenW(From) + 1) {
        const SERVICE_ENTRY *Entry;

        if (*From == SC_GROUP_IDENTIFIERW)
            continue;
        if (lstrcmpiW(From, Name) == 0 || Depth == DEEPEST_DEPENDENCY)
            return TRUE;
        Entry = ScmFind(List, From);
        if (Entry != NULL && Reaches(List, Entry->Services, Name, Depth + 1))
            return TRUE;
    }
    return FALSE;
}

BOOL ScmIsCircular(const SERVICE_LIST *List, LPCWSTR Name, LPCWSTR Dependencies)
{
    return Reaches(List, Dependencies, Name, 0);
}
