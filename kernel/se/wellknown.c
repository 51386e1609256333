/*
 * The well-known SIDs and privileges, and SeExports, the table through which drivers see them. [doc SE_EXPORTS,
 * MS-DTYP 2.4.2.4]. Service SIDs past SeOwnerRightsSid (app packages) are not modelled.
 */
#include "sep.h"

#define SEP_AUTHORITY(n) {{0, 0, 0, 0, 0, n}}

/* Authority and at most two sub-authorities, in the order of SEP_WELL_KNOWN. */
static const struct {
    UCHAR Authority, Count;
    ULONG Sub[2];
} SepWellKnownRow[SepWellKnownCount] = {
    [SepNull] = {0, 1, {0}},
    [SepWorld] = {1, 1, {0}},
    [SepLocal] = {2, 1, {0}},
    [SepConsole] = {2, 1, {1}},
    [SepCreatorOwner] = {3, 1, {0}},
    [SepCreatorGroup] = {3, 1, {1}},
    [SepOwnerRights] = {3, 1, {4}},
    [SepNtAuthority] = {5, 0, {0}},
    [SepDialup] = {5, 1, {1}},
    [SepNetwork] = {5, 1, {2}},
    [SepBatch] = {5, 1, {3}},
    [SepInteractive] = {5, 1, {4}},
    [SepService] = {5, 1, {6}},
    [SepAnonymous] = {5, 1, {7}},
    [SepProxy] = {5, 1, {8}},
    [SepSelf] = {5, 1, {10}},
    [SepAuthenticated] = {5, 1, {11}},
    [SepRestricted] = {5, 1, {12}},
    [SepIUser] = {5, 1, {17}},
    [SepSystem] = {5, 1, {18}},
    [SepLocalService] = {5, 1, {19}},
    [SepNetworkService] = {5, 1, {20}},
    [SepAdministrators] = {5, 2, {32, DOMAIN_ALIAS_RID_ADMINS}},
    [SepUsers] = {5, 2, {32, DOMAIN_ALIAS_RID_USERS}},
    [SepGuests] = {5, 2, {32, DOMAIN_ALIAS_RID_GUESTS}},
    [SepPowerUsers] = {5, 2, {32, DOMAIN_ALIAS_RID_POWER_USERS}},
    [SepAccountOps] = {5, 2, {32, DOMAIN_ALIAS_RID_ACCOUNT_OPS}},
    [SepServerOps] = {5, 2, {32, DOMAIN_ALIAS_RID_SYSTEM_OPS}},
    [SepPrintOps] = {5, 2, {32, DOMAIN_ALIAS_RID_PRINT_OPS}},
    [SepBackupOps] = {5, 2, {32, DOMAIN_ALIAS_RID_BACKUP_OPS}},
    [SepUntrusted] = {16, 1, {SECURITY_MANDATORY_UNTRUSTED_RID}},
    [SepLow] = {16, 1, {SECURITY_MANDATORY_LOW_RID}},
    [SepMedium] = {16, 1, {SECURITY_MANDATORY_MEDIUM_RID}},
    [SepHigh] = {16, 1, {SECURITY_MANDATORY_HIGH_RID}},
    [SepSystemLevel] = {16, 1, {SECURITY_MANDATORY_SYSTEM_RID}},
};

static SEP_SID SepWellKnownSid[SepWellKnownCount];
static SE_EXPORTS SepExports;
NT_EXPORT_DATA(SeExports);
PSE_EXPORTS SeExports = &SepExports;

PSID SepWellKnown(SEP_WELL_KNOWN Which)
{
    return &SepWellKnownSid[Which].Sid;
}

static VOID SepExportPrivileges(PSE_EXPORTS Exports)
{
    /* The table has them in this order, in three runs between the SIDs. */
    const struct {
        PLUID Luid;
        ULONG Value;
    } Rows[] = {
        {&Exports->SeCreateTokenPrivilege, SE_CREATE_TOKEN_PRIVILEGE},
        {&Exports->SeAssignPrimaryTokenPrivilege, SE_ASSIGNPRIMARYTOKEN_PRIVILEGE},
        {&Exports->SeLockMemoryPrivilege, SE_LOCK_MEMORY_PRIVILEGE},
        {&Exports->SeIncreaseQuotaPrivilege, SE_INCREASE_QUOTA_PRIVILEGE},
        {&Exports->SeUnsolicitedInputPrivilege, 6},
        {&Exports->SeTcbPrivilege, SE_TCB_PRIVILEGE},
        {&Exports->SeSecurityPrivilege, SE_SECURITY_PRIVILEGE},
        {&Exports->SeTakeOwnershipPrivilege, SE_TAKE_OWNERSHIP_PRIVILEGE},
        {&Exports->SeLoadDriverPrivilege, SE_LOAD_DRIVER_PRIVILEGE},
        {&Exports->SeCreatePagefilePrivilege, SE_CREATE_PAGEFILE_PRIVILEGE},
        {&Exports->SeIncreaseBasePriorityPrivilege, SE_INC_BASE_PRIORITY_PRIVILEGE},
        {&Exports->SeSystemProfilePrivilege, SE_SYSTEM_PROFILE_PRIVILEGE},
        {&Exports->SeSystemtimePrivilege, SE_SYSTEMTIME_PRIVILEGE},
        {&Exports->SeProfileSingleProcessPrivilege, SE_PROF_SINGLE_PROCESS_PRIVILEGE},
        {&Exports->SeCreatePermanentPrivilege, SE_CREATE_PERMANENT_PRIVILEGE},
        {&Exports->SeBackupPrivilege, SE_BACKUP_PRIVILEGE},
        {&Exports->SeRestorePrivilege, SE_RESTORE_PRIVILEGE},
        {&Exports->SeShutdownPrivilege, SE_SHUTDOWN_PRIVILEGE},
        {&Exports->SeDebugPrivilege, SE_DEBUG_PRIVILEGE},
        {&Exports->SeAuditPrivilege, SE_AUDIT_PRIVILEGE},
        {&Exports->SeSystemEnvironmentPrivilege, SE_SYSTEM_ENVIRONMENT_PRIVILEGE},
        {&Exports->SeChangeNotifyPrivilege, SE_CHANGE_NOTIFY_PRIVILEGE},
        {&Exports->SeRemoteShutdownPrivilege, SE_REMOTE_SHUTDOWN_PRIVILEGE},
        {&Exports->SeUndockPrivilege, SE_UNDOCK_PRIVILEGE},
        {&Exports->SeSyncAgentPrivilege, SE_SYNC_AGENT_PRIVILEGE},
        {&Exports->SeEnableDelegationPrivilege, SE_ENABLE_DELEGATION_PRIVILEGE},
        {&Exports->SeManageVolumePrivilege, SE_MANAGE_VOLUME_PRIVILEGE},
        {&Exports->SeImpersonatePrivilege, SE_IMPERSONATE_PRIVILEGE},
        {&Exports->SeCreateGlobalPrivilege, SE_CREATE_GLOBAL_PRIVILEGE},
        {&Exports->SeTrustedCredManAccessPrivilege, SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE},
        {&Exports->SeRelabelPrivilege, SE_RELABEL_PRIVILEGE},
        {&Exports->SeIncreaseWorkingSetPrivilege, SE_INC_WORKING_SET_PRIVILEGE},
        {&Exports->SeTimeZonePrivilege, SE_TIME_ZONE_PRIVILEGE},
        {&Exports->SeCreateSymbolicLinkPrivilege, SE_CREATE_SYMBOLIC_LINK_PRIVILEGE},
    };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Rows); i++)
        Rows[i].Luid->LowPart = Rows[i].Value;
}

static VOID SepExportSids(PSE_EXPORTS Exports)
{
    const struct {
        PSID *Sid;
        SEP_WELL_KNOWN Value;
    } Rows[] = {
        {&Exports->SeNullSid, SepNull},
        {&Exports->SeWorldSid, SepWorld},
        {&Exports->SeLocalSid, SepLocal},
        {&Exports->SeCreatorOwnerSid, SepCreatorOwner},
        {&Exports->SeCreatorGroupSid, SepCreatorGroup},
        {&Exports->SeNtAuthoritySid, SepNtAuthority},
        {&Exports->SeDialupSid, SepDialup},
        {&Exports->SeNetworkSid, SepNetwork},
        {&Exports->SeBatchSid, SepBatch},
        {&Exports->SeInteractiveSid, SepInteractive},
        {&Exports->SeLocalSystemSid, SepSystem},
        {&Exports->SeAliasAdminsSid, SepAdministrators},
        {&Exports->SeAliasUsersSid, SepUsers},
        {&Exports->SeAliasGuestsSid, SepGuests},
        {&Exports->SeAliasPowerUsersSid, SepPowerUsers},
        {&Exports->SeAliasAccountOpsSid, SepAccountOps},
        {&Exports->SeAliasSystemOpsSid, SepServerOps},
        {&Exports->SeAliasPrintOpsSid, SepPrintOps},
        {&Exports->SeAliasBackupOpsSid, SepBackupOps},
        {&Exports->SeAuthenticatedUsersSid, SepAuthenticated},
        {&Exports->SeRestrictedSid, SepRestricted},
        {&Exports->SeAnonymousLogonSid, SepAnonymous},
        {&Exports->SeLocalServiceSid, SepLocalService},
        {&Exports->SeNetworkServiceSid, SepNetworkService},
        {&Exports->SeIUserSid, SepIUser},
        {&Exports->SeUntrustedMandatorySid, SepUntrusted},
        {&Exports->SeLowMandatorySid, SepLow},
        {&Exports->SeMediumMandatorySid, SepMedium},
        {&Exports->SeHighMandatorySid, SepHigh},
        {&Exports->SeSystemMandatorySid, SepSystemLevel},
        {&Exports->SeOwnerRightsSid, SepOwnerRights},
    };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Rows); i++)
        *Rows[i].Sid = SepWellKnown(Rows[i].Value);
}

NTSTATUS SepInitWellKnown(VOID)
{
    ULONG i;

    for (i = 0; i < SepWellKnownCount; i++) {
        SID_IDENTIFIER_AUTHORITY Authority = SEP_AUTHORITY(SepWellKnownRow[i].Authority);
        PSID Sid = SepWellKnown(i);

        RtlInitializeSid(Sid, &Authority, SepWellKnownRow[i].Count);
        RtlCopyMemory(RtlSubAuthoritySid(Sid, 0), SepWellKnownRow[i].Sub,
                      SepWellKnownRow[i].Count * sizeof(ULONG));
    }
    SepExportPrivileges(&SepExports);
    SepExportSids(&SepExports);
    return STATUS_SUCCESS;
}

NTSTATUS SeInitSystem(VOID)
{
    NTSTATUS Status = SepInitWellKnown();

    if (NT_SUCCESS(Status))
        Status = SepInitTokens();
    if (NT_SUCCESS(Status))
        Status = ObSecureNamespace();
    return Status;
}
