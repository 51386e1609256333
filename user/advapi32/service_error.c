/* The errors of the service control manager. */
#include "service.h"

BOOL ScmFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

DWORD ScmError(NTSTATUS Status)
{
    if (NT_SUCCESS(Status))
        return ERROR_SUCCESS;
    switch (Status) {
    case STATUS_IMAGE_ALREADY_LOADED:
    case STATUS_OBJECT_NAME_COLLISION: return ERROR_SERVICE_ALREADY_RUNNING;
    case STATUS_PRIVILEGE_NOT_HELD: return ERROR_ACCESS_DENIED; /* [doc StartServiceW] */
    default: return RtlNtStatusToDosError(Status);
    }
}
