/*
 * Tokens: what a subject is and may do. The System process's token, tokens for test programs, copies. Not modelled:
 * logon sessions and their reference counts, linked tokens, app containers, claims, audit policies.
 */
#include "sep.h"

POBJECT_TYPE SepTokenObjectType;
NT_EXPORT_DATA_ALIAS(SeTokenObjectType, SepTokenObjectType);
POBJECT_TYPE *SeTokenObjectType = &SepTokenObjectType;
PVOID SepSystemToken;

static ULONG SepNextLuid = 1000; /* [doc]: the first thousand are reserved */

LUID SepAllocateLuid(VOID)
{
    LUID Luid = {SepNextLuid++, 0};

    return Luid;
}

/* ---- what a token says ---- */

BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, ULONG Privilege)
{
    return Privilege < 64 && (Token->Enabled >> Privilege & 1) != 0;
}

BOOLEAN SepTokenHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN Deny)
{
    ULONG i;

    for (i = 0; i < Token->UserAndGroupCount; i++) {
        ULONG Attributes = Token->UserAndGroups[i].Attributes;
        BOOLEAN DenyOnly = (Attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0;

        if (!RtlEqualSid(Token->UserAndGroups[i].Sid, Sid))
            continue;
        if (i == 0 || (Attributes & SE_GROUP_ENABLED) != 0)
            return !DenyOnly || Deny;
        return DenyOnly && Deny;
    }
    return FALSE;
}

BOOLEAN SepRestrictedHasSid(PSEP_TOKEN Token, PSID Sid)
{
    ULONG i;

    for (i = 0; i < Token->RestrictedSidCount; i++)
        if (RtlEqualSid(Token->RestrictedSids[i].Sid, Sid))
            return TRUE;
    return FALSE;
}

ULONG SepTokenIntegrity(PSEP_TOKEN Token)
{
    PSID Sid;

    if (Token->IntegrityLevelIndex == MAXULONG)
        return SECURITY_MANDATORY_UNTRUSTED_RID;
    Sid = Token->UserAndGroups[Token->IntegrityLevelIndex].Sid;
    return *RtlSubAuthoritySid(Sid, *RtlSubAuthorityCountSid(Sid) - 1);
}

BOOLEAN SepMayOwn(PSEP_TOKEN Token, PSID Sid)
{
    ULONG i;

    if (SepHasPrivilege(Token, SE_RESTORE_PRIVILEGE))
        return TRUE;
    for (i = 0; i < Token->UserAndGroupCount; i++)
        if (RtlEqualSid(Token->UserAndGroups[i].Sid, Sid))
            return i == 0 || (Token->UserAndGroups[i].Attributes & SE_GROUP_OWNER) != 0;
    return FALSE;
}

/* ---- making ---- */

typedef struct _SEP_TOKEN_TEMPLATE {
    const SID_AND_ATTRIBUTES *Sids; /* [0] is the user; the label is the last */
    ULONG Count;
    ULONG OwnerIndex, PrimaryGroupIndex;
    ULONG64 Present, Enabled;
    PCWSTR DefaultDacl; /* SDDL, "D:..." */
    LUID AuthenticationId;
    CHAR Source[TOKEN_SOURCE_LENGTH + 1];
    BOOLEAN Elevated;
    ULONG ElevationType;
} SEP_TOKEN_TEMPLATE;

static VOID SepDeleteToken(PVOID Object)
{
    PSEP_TOKEN Token = Object;

    if (Token->DefaultDacl != NULL)
        ExFreePoolWithTag(Token->DefaultDacl, SEP_TAG_ACL);
}

static PACL SepCopyAcl(PACL Acl)
{
    PACL Copy = ExAllocatePool2(POOL_FLAG_PAGED, Acl->AclSize, SEP_TAG_ACL);

    if (Copy != NULL)
        RtlCopyMemory(Copy, Acl, Acl->AclSize);
    return Copy;
}

static NTSTATUS SepParseDefaultDacl(PCWSTR Text, PACL *Dacl)
{
    UNICODE_STRING Sddl;
    PSECURITY_DESCRIPTOR Descriptor;
    ULONG Bytes;
    NTSTATUS Status;

    RtlInitUnicodeString(&Sddl, Text);
    Status = SeConvertSddl(&Sddl, &Descriptor, &Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    *Dacl = SepCopyAcl(SepDacl(Descriptor));
    ExFreePool(Descriptor);
    return *Dacl != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static ULONG SepSidsBytes(const SID_AND_ATTRIBUTES *Sids, ULONG Count)
{
    ULONG Bytes = Count * sizeof(SID_AND_ATTRIBUTES), i;

    for (i = 0; i < Count; i++)
        Bytes += (RtlLengthSid(Sids[i].Sid) + 7) & ~7u;
    return Bytes;
}

/* Copies Sids into Array and the SIDs behind At; returns the end. */
static PUCHAR SepPutSids(PSID_AND_ATTRIBUTES Array, const SID_AND_ATTRIBUTES *Sids, ULONG Count,
                         PUCHAR At)
{
    ULONG i;

    for (i = 0; i < Count; i++) {
        ULONG Bytes = RtlLengthSid(Sids[i].Sid);

        RtlCopyMemory(At, Sids[i].Sid, Bytes);
        Array[i].Sid = At;
        Array[i].Attributes = Sids[i].Attributes;
        At += (Bytes + 7) & ~7u;
    }
    return At;
}

/* A token object with room for both lists, filled; not inserted. */
static NTSTATUS SepAllocateToken(const SID_AND_ATTRIBUTES *Sids, ULONG Count,
                                 const SID_AND_ATTRIBUTES *Restricted, ULONG RestrictedCount,
                                 POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode,
                                 PSEP_TOKEN *Result)
{
    ULONG Bytes = SepSidsBytes(Sids, Count) + SepSidsBytes(Restricted, RestrictedCount);
    PSEP_TOKEN Token;
    PUCHAR At;
    NTSTATUS Status;

    Status = ObCreateObject(Mode, SepTokenObjectType, Attributes, KernelMode, NULL,
                            sizeof(*Token) + Bytes, 0, 0, (PVOID *)&Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Token->UserAndGroups = Token->Sids;
    Token->UserAndGroupCount = Count;
    Token->RestrictedSids = RestrictedCount != 0 ? Token->Sids + Count : NULL;
    Token->RestrictedSidCount = RestrictedCount;
    Token->VariableLength = Bytes;
    At = (PUCHAR)(Token->Sids + Count + RestrictedCount);
    At = SepPutSids(Token->UserAndGroups, Sids, Count, At);
    SepPutSids(Token->RestrictedSids, Restricted, RestrictedCount, At);
    Token->TokenId = SepAllocateLuid();
    Token->ModifiedId = SepAllocateLuid();
    Token->Expiration.QuadPart = MAXLONGLONG;
    *Result = Token;
    return STATUS_SUCCESS;
}

static VOID SepUpdateFlags(PSEP_TOKEN Token)
{
    static const struct {
        ULONG Privilege, Flag;
    } Rows[] = {{SE_CHANGE_NOTIFY_PRIVILEGE, TOKEN_HAS_TRAVERSE_PRIVILEGE},
                {SE_BACKUP_PRIVILEGE, TOKEN_HAS_BACKUP_PRIVILEGE},
                {SE_RESTORE_PRIVILEGE, TOKEN_HAS_RESTORE_PRIVILEGE},
                {SE_IMPERSONATE_PRIVILEGE, TOKEN_HAS_IMPERSONATE_PRIVILEGE}};
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Rows); i++) {
        Token->TokenFlags &= ~Rows[i].Flag;
        if (SepHasPrivilege(Token, Rows[i].Privilege))
            Token->TokenFlags |= Rows[i].Flag;
    }
    if (Token->RestrictedSidCount != 0)
        Token->TokenFlags |= TOKEN_IS_RESTRICTED;
}

static NTSTATUS SepCreateToken(const SEP_TOKEN_TEMPLATE *From, PSEP_TOKEN *Result)
{
    PSEP_TOKEN Token;
    NTSTATUS Status;

    Status = SepAllocateToken(From->Sids, From->Count, NULL, 0, NULL, KernelMode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlCopyMemory(Token->Source.SourceName, From->Source, TOKEN_SOURCE_LENGTH);
    Token->AuthenticationId = From->AuthenticationId;
    Token->Present = From->Present;
    Token->Enabled = Token->EnabledByDefault = From->Enabled;
    Token->DefaultOwnerIndex = From->OwnerIndex;
    Token->PrimaryGroup = Token->UserAndGroups[From->PrimaryGroupIndex].Sid;
    Token->IntegrityLevelIndex = From->Count - 1;
    Token->MandatoryPolicy =
        TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN;
    Token->TokenType = TokenPrimary;
    Token->Elevated = From->Elevated;
    Token->ElevationType = From->ElevationType;
    SepUpdateFlags(Token);
    Status = SepParseDefaultDacl(From->DefaultDacl, &Token->DefaultDacl);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Token);
        return Status;
    }
    *Result = Token; /* before the insertion: the first token owns itself */
    return ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
}

NTSTATUS SepDuplicateToken(PSEP_TOKEN From, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level,
                           BOOLEAN EffectiveOnly, PSEP_TOKEN *Result)
{
    PSEP_TOKEN Token;
    NTSTATUS Status;
    ULONG i;

    Status = SepAllocateToken(From->UserAndGroups, From->UserAndGroupCount, From->RestrictedSids,
                              From->RestrictedSidCount, NULL, KernelMode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Token->Source = From->Source;
    Token->AuthenticationId = From->AuthenticationId;
    Token->ParentTokenId = From->ParentTokenId;
    Token->Present = EffectiveOnly ? From->Enabled : From->Present;
    Token->Enabled = From->Enabled;
    Token->EnabledByDefault = From->EnabledByDefault & Token->Present;
    Token->SessionId = From->SessionId;
    Token->DefaultOwnerIndex = From->DefaultOwnerIndex;
    for (i = 0; i < From->UserAndGroupCount; i++)
        if (From->UserAndGroups[i].Sid == From->PrimaryGroup)
            Token->PrimaryGroup = Token->UserAndGroups[i].Sid;
    Token->IntegrityLevelIndex = From->IntegrityLevelIndex;
    Token->MandatoryPolicy = From->MandatoryPolicy;
    Token->TokenType = Type;
    Token->ImpersonationLevel = Level;
    Token->TokenFlags = From->TokenFlags;
    Token->Elevated = From->Elevated;
    Token->ElevationType = From->ElevationType;
    if (From->DefaultDacl != NULL)
        Token->DefaultDacl = SepCopyAcl(From->DefaultDacl);
    if (From->DefaultDacl != NULL && Token->DefaultDacl == NULL) {
        ObDereferenceObject(Token);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObInsertObject(Token, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(Status))
        *Result = Token;
    return Status;
}

/* ---- the tokens of the machine ---- */

#define SEP_GROUP (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define SEP_LABEL (SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED)
#define SEP_BIT(n) (1ull << (n))

static NTSTATUS SepCreateSystemToken(VOID)
{
    const SID_AND_ATTRIBUTES Sids[] = {
        {SepWellKnown(SepSystem), 0},
        {SepWellKnown(SepAdministrators),
         SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
        {SepWellKnown(SepWorld), SEP_GROUP},
        {SepWellKnown(SepAuthenticated), SEP_GROUP},
        {SepWellKnown(SepSystemLevel), SEP_LABEL},
    };
    /* All privileges, 2 to 36; these are there but off. */
    const ULONG64 All = (SEP_BIT(37) - 1) & ~3ull & ~SEP_BIT(SE_MACHINE_ACCOUNT_PRIVILEGE);
    const ULONG64 Off = SEP_BIT(SE_ASSIGNPRIMARYTOKEN_PRIVILEGE) | SEP_BIT(SE_INCREASE_QUOTA_PRIVILEGE) |
                        SEP_BIT(SE_SECURITY_PRIVILEGE) | SEP_BIT(SE_TAKE_OWNERSHIP_PRIVILEGE) |
                        SEP_BIT(SE_LOAD_DRIVER_PRIVILEGE) | SEP_BIT(SE_SYSTEMTIME_PRIVILEGE) |
                        SEP_BIT(SE_BACKUP_PRIVILEGE) | SEP_BIT(SE_RESTORE_PRIVILEGE) |
                        SEP_BIT(SE_SHUTDOWN_PRIVILEGE) | SEP_BIT(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) |
                        SEP_BIT(SE_UNDOCK_PRIVILEGE) | SEP_BIT(SE_MANAGE_VOLUME_PRIVILEGE);
    const SEP_TOKEN_TEMPLATE Template = {
        .Sids = Sids,
        .Count = RTL_NUMBER_OF(Sids),
        .OwnerIndex = 1,
        .PrimaryGroupIndex = 0,
        .Present = All,
        .Enabled = All & ~Off,
        .DefaultDacl = L"D:(A;;GA;;;SY)(A;;GRGXRC;;;BA)",
        .AuthenticationId = SYSTEM_LUID,
        .Source = "*SYSTEM*",
        .Elevated = TRUE,
        .ElevationType = 1,
    };

    return SepCreateToken(&Template, (PSEP_TOKEN *)&SepSystemToken);
}

/* Who may open the token: whom its own default DACL names, not the creator's, which is the system. */
static NTSTATUS SepProtectToken(PSEP_TOKEN Token, PCWSTR Sddl)
{
    UNICODE_STRING Text;
    PSECURITY_DESCRIPTOR Descriptor;
    ULONG Bytes;
    NTSTATUS Status;

    RtlInitUnicodeString(&Text, Sddl);
    Status = SeConvertSddl(&Text, &Descriptor, &Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObSetSecurityObjectByPointer(Token, DACL_SECURITY_INFORMATION, Descriptor);
    ExFreePool(Descriptor);
    return Status;
}

NTSTATUS SeCreateProgramToken(BOOLEAN Administrator, PVOID *Result)
{
    NTSTATUS Status;
    const ULONG64 Plain = SEP_BIT(SE_SHUTDOWN_PRIVILEGE) | SEP_BIT(SE_CHANGE_NOTIFY_PRIVILEGE) |
                          SEP_BIT(SE_UNDOCK_PRIVILEGE) | SEP_BIT(SE_INC_WORKING_SET_PRIVILEGE) |
                          SEP_BIT(SE_TIME_ZONE_PRIVILEGE);
    /* Quota (5), security (8) to restore (18), debug (20), environment (22), ... as an elevated shell has them. */
    const ULONG64 Full = Plain | SEP_BIT(SE_INCREASE_QUOTA_PRIVILEGE) |
                         (SEP_BIT(SE_RESTORE_PRIVILEGE + 1) - SEP_BIT(SE_SECURITY_PRIVILEGE)) |
                         SEP_BIT(SE_DEBUG_PRIVILEGE) | SEP_BIT(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) |
                         SEP_BIT(SE_REMOTE_SHUTDOWN_PRIVILEGE) | SEP_BIT(SE_MANAGE_VOLUME_PRIVILEGE) |
                         SEP_BIT(SE_IMPERSONATE_PRIVILEGE) | SEP_BIT(SE_CREATE_GLOBAL_PRIVILEGE) |
                         SEP_BIT(SE_CREATE_SYMBOLIC_LINK_PRIVILEGE);
    ULONG Admins = Administrator ? SEP_GROUP | SE_GROUP_OWNER : SE_GROUP_USE_FOR_DENY_ONLY;
    SEP_SID User, None;
    const SID_AND_ATTRIBUTES Sids[] = {
        {&User, 0},
        {&None, SEP_GROUP},
        {SepWellKnown(SepWorld), SEP_GROUP},
        {SepWellKnown(SepAdministrators), Admins},
        {SepWellKnown(SepUsers), SEP_GROUP},
        {SepWellKnown(SepInteractive), SEP_GROUP},
        {SepWellKnown(SepConsole), SEP_GROUP},
        {SepWellKnown(SepAuthenticated), SEP_GROUP},
        {SepWellKnown(SepLocal), SEP_GROUP},
        {SepWellKnown(Administrator ? SepHigh : SepMedium), SEP_LABEL},
    };
    const SEP_TOKEN_TEMPLATE Template = {
        .Sids = Sids,
        .Count = RTL_NUMBER_OF(Sids),
        .OwnerIndex = Administrator ? 3 : 0,
        .PrimaryGroupIndex = 1,
        .Present = Administrator ? Full & ~SEP_BIT(SE_CREATE_PERMANENT_PRIVILEGE) : Plain,
        .Enabled = SEP_BIT(SE_CHANGE_NOTIFY_PRIVILEGE) |
                   (Administrator ? SEP_BIT(SE_IMPERSONATE_PRIVILEGE) |
                                        SEP_BIT(SE_CREATE_GLOBAL_PRIVILEGE)
                                  : 0),
        .DefaultDacl = Administrator ? L"D:(A;;GA;;;BA)(A;;GA;;;SY)(A;;GXGR;;;IU)"
                                     : L"D:(A;;GA;;;S-1-5-21-1004336348-1177238915-682003330-1001)"
                                       L"(A;;GA;;;SY)(A;;GXGR;;;IU)",
        .AuthenticationId = {SepNextLuid++, 0},
        .Source = "User32 ",
        .Elevated = Administrator,
        .ElevationType = Administrator ? 2 : 3,
    };

    SepMachineSid(&User, 1001);
    SepMachineSid(&None, DOMAIN_GROUP_RID_USERS);
    Status = SepCreateToken(&Template, (PSEP_TOKEN *)Result);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepProtectToken(*Result, Template.DefaultDacl);
    if (!NT_SUCCESS(Status))
        ObDereferenceObject(*Result);
    return Status;
}

NTSTATUS SeCopyPrimaryToken(PVOID Token, PVOID *Copy)
{
    return SepDuplicateToken(Token, TokenPrimary, SecurityAnonymous, FALSE, (PSEP_TOKEN *)Copy);
}

VOID SeInitializeThreadAndProcessSecurity(PVOID Token, PVOID *ProcessToken)
{
    ObReferenceObject(Token);
    *ProcessToken = Token;
}

NTSTATUS SepInitTokens(VOID)
{
    const OB_TYPE_INITIALIZER Initializer = {
        .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .ValidAccessMask = TOKEN_ALL_ACCESS,
        .PoolType = PagedPool,
        .SecurityRequired = TRUE,
        .Delete = SepDeleteToken,
        .WaitObjectOffset = MAXULONG};
    NTSTATUS Status = ObCreateType(L"Token", &Initializer, &SepTokenObjectType);

    return NT_SUCCESS(Status) ? SepCreateSystemToken() : Status;
}

/* ---- exported ---- */

NT_EXPORT(SeTokenType);
TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    return ((PSEP_TOKEN)Token)->TokenType;
}

SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token);
NT_EXPORT(SeTokenImpersonationLevel);
SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token)
{
    return ((PSEP_TOKEN)Token)->ImpersonationLevel;
}

NT_EXPORT(SeTokenIsAdmin);
BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    return SepTokenHasSid(Token, SepWellKnown(SepAdministrators), FALSE);
}

NT_EXPORT(SeTokenIsRestricted);
BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    return (((PSEP_TOKEN)Token)->TokenFlags & TOKEN_IS_RESTRICTED) != 0;
}

NT_EXPORT(SeTokenIsWriteRestricted);
BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token)
{
    return (((PSEP_TOKEN)Token)->TokenFlags & TOKEN_WRITE_RESTRICTED) != 0;
}

NT_EXPORT(SeQueryAuthenticationIdToken);
NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    *AuthenticationId = ((PSEP_TOKEN)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NT_EXPORT(SeQuerySessionIdToken);
NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    *SessionId = ((PSEP_TOKEN)Token)->SessionId;
    return STATUS_SUCCESS;
}
