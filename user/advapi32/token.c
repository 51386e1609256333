/* Tokens, as far as programs need them to switch a privilege on. [doc: Enabling and Disabling
 * Privileges] */
#include "../nt.h"

NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE, BOOLEAN, PTOKEN_PRIVILEGES, ULONG, PTOKEN_PRIVILEGES,
                                       PULONG);

static BOOL Give(NTSTATUS Status)
{
    SetLastError(RtlNtStatusToDosError(Status));
    return NT_SUCCESS(Status);
}

BOOL WINAPI OpenProcessToken(HANDLE Process, DWORD Access, PHANDLE Token)
{
    return Give(NtOpenProcessToken(Process, Access, Token));
}

/* With ERROR_NOT_ALL_ASSIGNED where the token lacks one of them: that is a success. [doc] */
BOOL WINAPI AdjustTokenPrivileges(HANDLE Token, WINBOOL DisableAll, PTOKEN_PRIVILEGES New,
                                  DWORD Size, PTOKEN_PRIVILEGES Old, PDWORD Needed)
{
    return Give(NtAdjustPrivilegesToken(Token, (BOOLEAN)(DisableAll != 0), New, Size, Old, Needed));
}

BOOL WINAPI GetTokenInformation(HANDLE Token, TOKEN_INFORMATION_CLASS Class, LPVOID Buffer,
                                DWORD Size, PDWORD Needed)
{
    return Give(NtQueryInformationToken(Token, Class, Buffer, Size, Needed));
}

/* [doc: Privilege Constants] By number, from 2 on. */
static const WCHAR *const Names[] = {
    L"SeCreateTokenPrivilege",
    L"SeAssignPrimaryTokenPrivilege",
    L"SeLockMemoryPrivilege",
    L"SeIncreaseQuotaPrivilege",
    L"SeMachineAccountPrivilege",
    L"SeTcbPrivilege",
    L"SeSecurityPrivilege",
    L"SeTakeOwnershipPrivilege",
    L"SeLoadDriverPrivilege",
    L"SeSystemProfilePrivilege",
    L"SeSystemtimePrivilege",
    L"SeProfileSingleProcessPrivilege",
    L"SeIncreaseBasePriorityPrivilege",
    L"SeCreatePagefilePrivilege",
    L"SeCreatePermanentPrivilege",
    L"SeBackupPrivilege",
    L"SeRestorePrivilege",
    L"SeShutdownPrivilege",
    L"SeDebugPrivilege",
    L"SeAuditPrivilege",
    L"SeSystemEnvironmentPrivilege",
    L"SeChangeNotifyPrivilege",
    L"SeRemoteShutdownPrivilege",
    L"SeUndockPrivilege",
    L"SeSyncAgentPrivilege",
    L"SeEnableDelegationPrivilege",
    L"SeManageVolumePrivilege",
    L"SeImpersonatePrivilege",
    L"SeCreateGlobalPrivilege",
    L"SeTrustedCredManAccessPrivilege",
    L"SeRelabelPrivilege",
    L"SeIncreaseWorkingSetPrivilege",
    L"SeTimeZonePrivilege",
    L"SeCreateSymbolicLinkPrivilege",
    L"SeDelegateSessionUserImpersonatePrivilege",
};

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR System, LPCWSTR Name, PLUID Luid)
{
    if (System != NULL && *System != 0) {
        SetLastError(RPC_S_SERVER_UNAVAILABLE);
        return FALSE;
    }
    for (DWORD i = 0; Name != NULL && i < COUNT_OF(Names); i++)
        if (lstrcmpiW(Names[i], Name) == 0) {
            *Luid = (LUID){i + 2, 0};
            return TRUE;
        }
    SetLastError(ERROR_NO_SUCH_PRIVILEGE);
    return FALSE;
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR System, LPCSTR Name, PLUID Luid)
{
    WCHAR Wide[64];

    if (System != NULL && *System != 0) {
        SetLastError(RPC_S_SERVER_UNAVAILABLE);
        return FALSE;
    }
    if (Name == NULL || MultiByteToWideChar(CP_ACP, 0, Name, -1, Wide, COUNT_OF(Wide)) == 0) {
        SetLastError(ERROR_NO_SUCH_PRIVILEGE);
        return FALSE;
    }
    return LookupPrivilegeValueW(NULL, Wide, Luid);
}
