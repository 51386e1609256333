/* NTSTATUS to Win32 error, as programs ask for it: the thread remembers the status. The table is kernel/rtl/error.c's. */
#include "ntdll.h"

ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);

NT_EXPORT(RtlNtStatusToDosError);
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
    NtCurrentTebBlock()->LastStatusValue = Status;
    return RtlNtStatusToDosErrorNoTeb(Status);
}
