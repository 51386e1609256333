/*
 * The lock of the service database: held while a service is made, changed, started, stopped or
 * deleted. A driver that hangs in its DriverEntry holds it, and others are told so after half a
 * minute. [doc StartServiceW: ERROR_SERVICE_DATABASE_LOCKED]
 */
#include "service.h"

#define LOCK_NAME L"\\BaseNamedObjects\\ServiceDatabaseLock"
#define LOCK_WAIT_100NS 300000000ll

typedef struct _LOCK_STATE {
    LONG Count;
    BOOLEAN IsMine, IsAbandoned;
} LOCK_STATE; /* MUTANT_BASIC_INFORMATION */

NTSYSAPI NTSTATUS NTAPI NtQueryMutant(HANDLE Mutant, ULONG Class, PVOID Buffer, ULONG Bytes,
                                      PULONG Returned);

static NTSTATUS OpenLock(PHANDLE Lock)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;

    RtlInitUnicodeString(&Name, LOCK_NAME);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_OPENIF, NULL, NULL);
    return NtCreateMutant(Lock, MUTANT_ALL_ACCESS, &Attributes, FALSE);
}

DWORD ScmLock(PHANDLE Lock)
{
    LARGE_INTEGER Wait = {.QuadPart = -LOCK_WAIT_100NS};
    NTSTATUS Status = OpenLock(Lock);

    if (!NT_SUCCESS(Status))
        return ScmError(Status);
    Status = NtWaitForMultipleObjects(1, Lock, 1, FALSE, &Wait);
    if (Status == STATUS_WAIT_0 || Status == STATUS_ABANDONED_WAIT_0)
        return ERROR_SUCCESS;
    NtClose(*Lock);
    return ERROR_SERVICE_DATABASE_LOCKED;
}

VOID ScmUnlock(HANDLE Lock)
{
    NtReleaseMutant(Lock, NULL);
    NtClose(Lock);
}

BOOL ScmIsLocked(VOID)
{
    LOCK_STATE State;
    HANDLE Lock;
    BOOL IsLocked;

    if (!NT_SUCCESS(OpenLock(&Lock)))
        return FALSE;
    IsLocked = NT_SUCCESS(NtQueryMutant(Lock, 0, &State, sizeof(State), NULL)) && State.Count < 1;
    NtClose(Lock);
    return IsLocked;
}
