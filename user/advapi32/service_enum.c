/* Which services there are, who depends on one, and their names. [doc EnumServicesStatusExW,
 * EnumDependentServicesW] */
#include "service.h"

static BOOL IsWanted(const SERVICE_ENTRY *Entry, DWORD State, DWORD Types, DWORD States,
                     LPCWSTR Group)
{
    if (!(Entry->Type & Types) ||
        !(States & (State == SERVICE_STOPPED ? SERVICE_INACTIVE : SERVICE_ACTIVE)))
        return FALSE;
    if (Group == NULL)
        return TRUE;
    return *Group == 0 ? Entry->Group == NULL || *Entry->Group == 0 : ScmIsInGroup(Entry, Group);
}

/* One more structure of Bytes with what every enumeration has; the status is behind the two names.
 */
static VOID PackService(SERVICE_PACK *Pack, const SERVICE_ENTRY *Entry,
                        const SERVICE_STATUS_PROCESS *Status, DWORD Bytes)
{
    LPENUM_SERVICE_STATUS_PROCESSW To = ScmPackStructure(Pack, Bytes);
    LPWSTR Name = ScmPackText(Pack, Entry->Name);
    LPWSTR DisplayName =
        ScmPackText(Pack, Entry->DisplayName != NULL ? Entry->DisplayName : Entry->Name);

    if (To == NULL)
        return;
    To->lpServiceName = Name;
    To->lpDisplayName = DisplayName;
    CopyMemory(&To->ServiceStatusProcess, Status,
               Bytes - FIELD_OFFSET(ENUM_SERVICE_STATUS_PROCESSW, ServiceStatusProcess));
}

C_ASSERT(FIELD_OFFSET(ENUM_SERVICE_STATUSW, ServiceStatus) ==
         FIELD_OFFSET(ENUM_SERVICE_STATUS_PROCESSW, ServiceStatusProcess));

typedef struct _ENUMERATION {
    DWORD Types, States, First, Bytes; /* First: how many are passed over; Bytes: of a structure */
    LPCWSTR Group;
    BOOL IsAnsi;
} ENUMERATION;

/* Whole entries as long as they fit; *Needed is what the others take, *Resume which of them comes
 * first. */
static DWORD Enumerate(const SERVICE_LIST *List, const ENUMERATION *Wish, PVOID Buffer, DWORD Bytes,
                       LPDWORD Needed, LPDWORD Count, LPDWORD Resume)
{
    DWORD Index = 0, Before = 0;
    SERVICE_PACK Pack;
    SERVICE_STATUS_PROCESS Status;

    ScmBeginPack(&Pack, Buffer, Bytes, Wish->IsAnsi);
    *Count = *Resume = *Needed = 0;
    for (DWORD i = 0; i < List->Count; i++) {
        ScmQueryState(List->Entries[i].Name, List->Entries[i].Type, &Status);
        if (!IsWanted(&List->Entries[i], Status.dwCurrentState, Wish->Types, Wish->States,
                      Wish->Group) ||
            Index++ < Wish->First)
            continue;
        PackService(&Pack, &List->Entries[i], &Status, Wish->Bytes);
        if (ScmFits(&Pack)) {
            ++*Count;
            Before = Pack.Needed;
        } else if (*Resume == 0) {
            *Resume = Index - 1;
        }
    }
    if (ScmFits(&Pack))
        return ERROR_SUCCESS;
    *Needed = (Pack.Needed - Before + 7) & ~7u;
    return ERROR_MORE_DATA;
}

static BOOL EnumServices(SC_HANDLE Handle, ENUMERATION *Wish, PVOID Buffer, DWORD Bytes,
                         LPDWORD Needed, LPDWORD Count, LPDWORD Resume)
{
    DWORD Ignored, Error;
    SERVICE_LIST List;

    if (ScmCheckManager(Handle, SC_MANAGER_ENUMERATE_SERVICE) == NULL)
        return FALSE;
    if (Wish->Types == 0 || (Wish->Types & ~SERVICE_TYPE_ALL) || Wish->States == 0 ||
        (Wish->States & ~SERVICE_STATE_ALL))
        return ScmFail(ERROR_INVALID_PARAMETER);
    Error = ScmReadList(&List);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    Wish->First = Resume != NULL ? *Resume : 0;
    Error =
        Enumerate(&List, Wish, Buffer, Bytes, Needed, Count, Resume != NULL ? Resume : &Ignored);
    ScmFreeList(&List);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

BOOL WINAPI EnumServicesStatusExW(SC_HANDLE Manager, SC_ENUM_TYPE Level, DWORD Types, DWORD States,
                                  LPBYTE Buffer, DWORD Bytes, LPDWORD Needed, LPDWORD Count,
                                  LPDWORD Resume, LPCWSTR Group)
{
    ENUMERATION Wish = {Types, States, 0, sizeof(ENUM_SERVICE_STATUS_PROCESSW), Group, FALSE};

    if (Level != SC_ENUM_PROCESS_INFO)
        return ScmFail(ERROR_INVALID_LEVEL);
    return EnumServices(Manager, &Wish, Buffer, Bytes, Needed, Count, Resume);
}

BOOL WINAPI EnumServicesStatusExA(SC_HANDLE Manager, SC_ENUM_TYPE Level, DWORD Types, DWORD States,
                                  LPBYTE Buffer, DWORD Bytes, LPDWORD Needed, LPDWORD Count,
                                  LPDWORD Resume, LPCSTR Group)
{
    DWORD Error = ERROR_SUCCESS;
    WCHAR *Wide = ScmWiden(Group, &Error);
    ENUMERATION Wish = {Types, States, 0, sizeof(ENUM_SERVICE_STATUS_PROCESSA), Wide, TRUE};
    BOOL Done;

    if (Level != SC_ENUM_PROCESS_INFO)
        Error = ERROR_INVALID_LEVEL;
    Done = Error == ERROR_SUCCESS
               ? EnumServices(Manager, &Wish, Buffer, Bytes, Needed, Count, Resume)
               : ScmFail(Error);
    HeapFree(ProcessHeap(), 0, Wide);
    return Done;
}

BOOL WINAPI EnumServicesStatusW(SC_HANDLE Manager, DWORD Types, DWORD States,
                                LPENUM_SERVICE_STATUSW Buffer, DWORD Bytes, LPDWORD Needed,
                                LPDWORD Count, LPDWORD Resume)
{
    ENUMERATION Wish = {Types, States, 0, sizeof(ENUM_SERVICE_STATUSW), NULL, FALSE};

    return EnumServices(Manager, &Wish, Buffer, Bytes, Needed, Count, Resume);
}

BOOL WINAPI EnumServicesStatusA(SC_HANDLE Manager, DWORD Types, DWORD States,
                                LPENUM_SERVICE_STATUSA Buffer, DWORD Bytes, LPDWORD Needed,
                                LPDWORD Count, LPDWORD Resume)
{
    ENUMERATION Wish = {Types, States, 0, sizeof(ENUM_SERVICE_STATUSA), NULL, TRUE};

    return EnumServices(Manager, &Wish, Buffer, Bytes, Needed, Count, Resume);
}

/* ---- dependents ---- */

/* Those that depend on Entry, each after those that depend on it in turn: the order in which they
 * can be stopped. */
static VOID Collect(const SERVICE_LIST *List, const SERVICE_ENTRY *Entry, BYTE *Seen,
                    const SERVICE_ENTRY **Found, DWORD *Count)
{
    for (DWORD i = 0; i < List->Count; i++) {
        if (Seen[i] || !ScmDependsOn(&List->Entries[i], Entry))
            continue;
        Seen[i] = TRUE;
        Collect(List, &List->Entries[i], Seen, Found, Count);
        Found[(*Count)++] = &List->Entries[i];
    }
}

static DWORD PackDependents(const SERVICE_LIST *List, LPCWSTR Name, DWORD States,
                            SERVICE_PACK *Pack, LPDWORD Returned)
{
    BYTE *Seen = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, (SIZE_T)List->Count + 1);
    const SERVICE_ENTRY **Found =
        HeapAlloc(ProcessHeap(), 0, ((SIZE_T)List->Count + 1) * sizeof(*Found));
    const SERVICE_ENTRY *Entry = ScmFind(List, Name);
    SERVICE_STATUS_PROCESS Status;
    DWORD Count = 0;

    if (Seen != NULL && Found != NULL && Entry != NULL) {
        Seen[Entry - List->Entries] = TRUE;
        Collect(List, Entry, Seen, Found, &Count);
    }
    for (DWORD i = 0; i < Count; i++) {
        ScmQueryState(Found[i]->Name, Found[i]->Type, &Status);
        if (!IsWanted(Found[i], Status.dwCurrentState, MAXDWORD, States, NULL))
            continue;
        PackService(Pack, Found[i], &Status, sizeof(ENUM_SERVICE_STATUSW));
        *Returned += ScmFits(Pack);
    }
    HeapFree(ProcessHeap(), 0, Seen);
    HeapFree(ProcessHeap(), 0, (PVOID)Found);
    if (Seen == NULL || Found == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    return ScmFits(Pack) ? ERROR_SUCCESS : ERROR_MORE_DATA;
}

static BOOL EnumDependents(SC_HANDLE Handle, DWORD States, PVOID Buffer, DWORD Bytes,
                           LPDWORD Needed, LPDWORD Returned, BOOL IsAnsi)
{
    SERVICE *Service = ScmCheckService(Handle, SERVICE_ENUMERATE_DEPENDENTS);
    SERVICE_PACK Pack;
    SERVICE_LIST List;
    DWORD Error;

    if (Service == NULL)
        return FALSE;
    if (States == 0 || (States & ~SERVICE_STATE_ALL))
        return ScmFail(ERROR_INVALID_PARAMETER);
    Error = ScmReadList(&List);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    ScmBeginPack(&Pack, Buffer, Bytes, IsAnsi);
    *Returned = 0;
    Error = PackDependents(&List, Service->Name, States, &Pack, Returned);
    *Needed = Error == ERROR_MORE_DATA ? (Pack.Needed + 7) & ~7u : 0;
    ScmFreeList(&List);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

BOOL WINAPI EnumDependentServicesW(SC_HANDLE Service, DWORD States, LPENUM_SERVICE_STATUSW Buffer,
                                   DWORD Bytes, LPDWORD Needed, LPDWORD Returned)
{
    return EnumDependents(Service, States, Buffer, Bytes, Needed, Returned, FALSE);
}

BOOL WINAPI EnumDependentServicesA(SC_HANDLE Service, DWORD States, LPENUM_SERVICE_STATUSA Buffer,
                                   DWORD Bytes, LPDWORD Needed, LPDWORD Returned)
{
    return EnumDependents(Service, States, Buffer, Bytes, Needed, Returned, TRUE);
}

/* ---- names ---- */

/* The other name of the service that has Name: found by its display name if ByDisplayName. From the
 * heap, or NULL. */
static WCHAR *OtherName(LPCWSTR Name, BOOL ByDisplayName, PDWORD Error)
{
    SERVICE_LIST List;
    WCHAR *Other = NULL;

    *Error = ScmReadList(&List);
    for (DWORD i = 0; *Error == ERROR_SUCCESS && Other == NULL && i < List.Count; i++) {
        const SERVICE_ENTRY *Entry = &List.Entries[i];
        LPCWSTR Display = Entry->DisplayName != NULL ? Entry->DisplayName : Entry->Name;

        if (lstrcmpiW(ByDisplayName ? Display : Entry->Name, Name) != 0)
            continue;
        Other = HeapAlloc(ProcessHeap(), 0,
                          ((SIZE_T)lstrlenW(Display) + SERVICE_NAME_LIMIT + 1) * sizeof(WCHAR));
        if (Other == NULL)
            *Error = ERROR_NOT_ENOUGH_MEMORY;
        else
            lstrcpyW(Other, ByDisplayName ? Entry->Name : Display);
    }
    if (*Error == ERROR_SUCCESS)
        *Error = Other == NULL ? ERROR_SERVICE_DOES_NOT_EXIST : ERROR_SUCCESS;
    ScmFreeList(&List);
    return Other;
}

static BOOL GetName(SC_HANDLE Manager, LPCWSTR Name, BOOL ByDisplayName, LPWSTR Buffer,
                    LPDWORD Units)
{
    WCHAR *Other;
    DWORD Error, Length;

    if (ScmCheckManager(Manager, SC_MANAGER_CONNECT) == NULL)
        return FALSE;
    Other = OtherName(Name, ByDisplayName, &Error);
    if (Other == NULL)
        return ScmFail(Error);
    Length = (DWORD)lstrlenW(Other);
    if (Buffer != NULL && *Units > Length)
        lstrcpyW(Buffer, Other);
    else
        Error = ERROR_INSUFFICIENT_BUFFER;
    *Units = Length; /* [doc] without the end */
    HeapFree(ProcessHeap(), 0, Other);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

BOOL WINAPI GetServiceDisplayNameW(SC_HANDLE Manager, LPCWSTR Name, LPWSTR Buffer, LPDWORD Units)
{
    return GetName(Manager, Name, FALSE, Buffer, Units);
}

BOOL WINAPI GetServiceKeyNameW(SC_HANDLE Manager, LPCWSTR DisplayName, LPWSTR Buffer, LPDWORD Units)
{
    return GetName(Manager, DisplayName, TRUE, Buffer, Units);
}
