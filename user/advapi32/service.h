/*
 * The service control manager as installers of drivers use it: services are registry keys, starting
 * and stopping one is NtLoadDriver and NtUnloadDriver. There is no process of its own: every caller
 * does its own work, and what two of them must not do at once is under the database's lock, a
 * mutant. Drivers only, of this machine. [doc: winsvc.h]
 */
#pragma once

#include "../nt.h"
#include <winsvc.h>

#define SERVICE_NAME_LIMIT 256 /* [doc CreateServiceW] characters of a name or a display name */
#define SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"
#define SERVICE_DRIVER_TYPES (SERVICE_DRIVER | SERVICE_ADAPTER)

/* What an SC_HANDLE points to; without a name it is the manager's. */
typedef struct _SERVICE {
    WCHAR Name[SERVICE_NAME_LIMIT + 1];
    ACCESS_MASK Access; /* what was granted */
    HANDLE Presence; /* of a service: the event that all its handles share, in whatever process */
} SERVICE;

/* ---- service_error.c ---- */
BOOL ScmFail(DWORD Error); /* sets it; FALSE */
/* The Win32 error of what the registry or a driver's load answered; ERROR_SUCCESS for success. */
DWORD ScmError(NTSTATUS Status);

/* ---- service_key.c: the registry ---- */
typedef struct _SERVICE_VALUE { ULONG TitleIndex, Type, DataLength; BYTE Data[4]; } SERVICE_VALUE;

/* A service's key. Access: KEY_READ, KEY_WRITE or both. */
NTSTATUS ScmOpenKey(LPCWSTR Service, ACCESS_MASK Access, PHANDLE Key);
/* Makes it; STATUS_OBJECT_NAME_COLLISION: it is there. */
NTSTATUS ScmCreateKey(LPCWSTR Service, PHANDLE Key);
/* A key by its whole path, made volatile when it is not there. */
NTSTATUS ScmCreateVolatileKey(LPCWSTR Path, PHANDLE Key);
NTSTATUS ScmDeleteTree(HANDLE Key); /* the key with all below it; the handle stays to be closed */
/* The name of the key's subkey number Index into Name; FALSE: there are no more, or its name is too
 * long. */
NTSTATUS ScmEnumerateKey(HANDLE Key, ULONG Index, WCHAR Name[SERVICE_NAME_LIMIT + 1]);
DWORD ScmGetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Default);
/* The value's texts from the heap, with two ends more than is stored; NULL: it has none. */
WCHAR *ScmGetTexts(HANDLE Key, LPCWSTR ValueName);
NTSTATUS ScmSetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Value);
/* NULL: no change; an empty text: the value goes. */
NTSTATUS ScmSetString(HANDLE Key, LPCWSTR ValueName, DWORD Type, LPCWSTR Text);
/* Of the texts (NULL: no change) those that name groups, with + before the name, or those that do
 * not. */
NTSTATUS ScmSetDependencies(HANDLE Key, LPCWSTR ValueName, LPCWSTR Texts, BOOL Groups);

/* ---- service_handle.c ---- */
SERVICE *ScmNewHandle(LPCWSTR Name, ACCESS_MASK Access); /* NULL: the error is set */
VOID ScmFreeHandle(SERVICE *Service);
/* The handle as a service's, or the manager's, if it was opened with Access; NULL: the error is
 * set. */
SERVICE *ScmCheckService(SC_HANDLE Handle, ACCESS_MASK Access);
SERVICE *ScmCheckManager(SC_HANDLE Handle, ACCESS_MASK Access);
/* A service that is marked for deletion, does not run and has no handle but this one goes. */
VOID ScmDeleteIfDue(SERVICE *Service);

/* ---- service_event.c: events of the system log ---- */
VOID ScmTellInstalled(LPCWSTR Service, LPCWSTR Path, DWORD Type, DWORD Start);
VOID ScmTellState(LPCWSTR Service, BOOL Runs);
VOID ScmTellStartFailed(LPCWSTR Service, DWORD Error);
VOID ScmTellStartType(LPCWSTR Service, DWORD Old, DWORD New); /* unless it is the same */

/* ---- service_lock.c ---- */
/* ERROR_SERVICE_DATABASE_LOCKED after half a minute; what a process held that died is free. */
DWORD ScmLock(PHANDLE Lock);
VOID ScmUnlock(HANDLE Lock);
BOOL ScmIsLocked(VOID);

/* ---- service_state.c ---- */
/* Of a service as its registry key and its driver object have it. */
VOID ScmQueryState(LPCWSTR Service, DWORD Type, LPSERVICE_STATUS_PROCESS Status);
BOOL ScmIsLoaded(LPCWSTR Service, DWORD Type);
/* Notes what the driver object does not tell: SERVICE_START_PENDING, SERVICE_STOP_PENDING, or
 * SERVICE_STOPPED and why. */
VOID ScmNoteState(LPCWSTR Service, DWORD State, DWORD ExitCode);
VOID ScmForgetState(LPCWSTR Service);

/* ---- service_list.c ---- */
typedef struct _SERVICE_ENTRY {
    WCHAR Name[SERVICE_NAME_LIMIT + 1];
    WCHAR *DisplayName, *Group, *Services,
        *Groups; /* NULL: none; the last two are what it depends on */
    DWORD Type, Tag;
} SERVICE_ENTRY;

typedef struct _SERVICE_LIST {
    DWORD Count;
    SERVICE_ENTRY *Entries;
} SERVICE_LIST;

/* All services of drivers, in the order of the registry; an error: there is nothing to be freed. */
DWORD ScmReadList(SERVICE_LIST *List);
VOID ScmFreeList(SERVICE_LIST *List);
const SERVICE_ENTRY *ScmFind(const SERVICE_LIST *List, LPCWSTR Name);
BOOL ScmIsInGroup(const SERVICE_ENTRY *Entry, LPCWSTR Group);
BOOL ScmIsOneOf(LPCWSTR Texts, LPCWSTR Text);
BOOL ScmDependsOn(const SERVICE_ENTRY *Entry,
                  const SERVICE_ENTRY *Other); /* by its name or its group */
/* Whether a service with these dependencies comes back to itself. */
BOOL ScmIsCircular(const SERVICE_LIST *List, LPCWSTR Name, LPCWSTR Dependencies);

/* ---- service_pack.c: answers with structures from the front and texts from the end of the
 * caller's buffer ---- */
typedef struct _SERVICE_PACK {
    BYTE *Buffer;
    DWORD Bytes, Used, Texts; /* of the structures, of the texts */
    DWORD Needed;
    BOOL IsAnsi;
} SERVICE_PACK;

VOID ScmBeginPack(SERVICE_PACK *Pack, PVOID Buffer, DWORD Bytes, BOOL IsAnsi);
PVOID ScmPackStructure(SERVICE_PACK *Pack, DWORD Bytes); /* NULL: no room, only counted */
LPWSTR ScmPackText(SERVICE_PACK *Pack, LPCWSTR Text);    /* NULL text: empty */
LPWSTR ScmPackTexts(SERVICE_PACK *Pack, LPCWSTR First, LPCWSTR Second, WCHAR SecondMark);
BOOL ScmFits(const SERVICE_PACK *Pack);

/* ---- service_ansi.c ---- */
WCHAR *ScmWiden(LPCSTR Text, PDWORD Error); /* from the heap; NULL for NULL, or with *Error set */
WCHAR *ScmWidenTexts(LPCSTR Texts, PDWORD Error); /* those that an empty one ends */
