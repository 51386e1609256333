/*
 * The access check and privilege checks. Models the DACL in order, owner rights, restricted tokens, mandatory integrity
 * and the privileges that stand in for access rights. Not modelled: object type lists (an allow ACE for one object type
 * grants nothing, a deny ACE denies), conditional ACEs (an allow grants nothing, a deny denies), claims, central access
 * policies, auditing.
 */
#include "sep.h"

/* ---- privileges ---- */

NT_EXPORT(SePrivilegeCheck);
BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                               PSECURITY_SUBJECT_CONTEXT SubjectContext, KPROCESSOR_MODE AccessMode)
{
    PSEP_TOKEN Token = SepSubjectToken(SubjectContext);
    ULONG Held = 0, i;

    if (AccessMode == KernelMode)
        return TRUE;
    if (SubjectContext->ClientToken != NULL &&
        SubjectContext->ImpersonationLevel < SecurityImpersonation)
        return FALSE;
    for (i = 0; i < RequiredPrivileges->PrivilegeCount; i++) {
        LUID_AND_ATTRIBUTES *Row = &RequiredPrivileges->Privilege[i];

        if (Row->Luid.HighPart != 0 || !SepHasPrivilege(Token, Row->Luid.LowPart))
            continue;
        Row->Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        Held++;
    }
    if ((RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0)
        return Held == RequiredPrivileges->PrivilegeCount;
    return Held != 0;
}

NT_EXPORT(SeSinglePrivilegeCheck);
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    PRIVILEGE_SET Set = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    SECURITY_SUBJECT_CONTEXT Subject;
    BOOLEAN Held;

    if (PreviousMode == KernelMode)
        return TRUE;
    Set.Privilege[0].Luid = PrivilegeValue;
    SeCaptureSubjectContext(&Subject);
    Held = SePrivilegeCheck(&Set, &Subject, PreviousMode);
    SeReleaseSubjectContext(&Subject);
    return Held;
}

/* Adds a privilege that was used to the set the caller wants back. */
static NTSTATUS SepNotePrivilege(PPRIVILEGE_SET *Set, ULONG Privilege)
{
    PPRIVILEGE_SET New;
    ULONG Count;

    if (Set == NULL)
        return STATUS_SUCCESS;
    Count = *Set != NULL ? (*Set)->PrivilegeCount : 0;
    New = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*New) + Count * sizeof(LUID_AND_ATTRIBUTES),
                          SEP_TAG_PRIVILEGES);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (*Set != NULL) {
        RtlCopyMemory(New->Privilege, (*Set)->Privilege, Count * sizeof(LUID_AND_ATTRIBUTES));
        SeFreePrivileges(*Set);
    }
    New->PrivilegeCount = Count + 1;
    New->Privilege[Count].Luid.LowPart = Privilege;
    New->Privilege[Count].Attributes = SE_PRIVILEGE_USED_FOR_ACCESS;
    *Set = New;
    return STATUS_SUCCESS;
}

NT_EXPORT(SeFreePrivileges);
VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges)
{
    ExFreePoolWithTag(Privileges, SEP_TAG_PRIVILEGES);
}

/* ---- mandatory integrity ---- */

ULONG SepObjectLabel(PACL Sacl, PULONG Policy)
{
    PSEP_ACE Ace;
    USHORT i;

    *Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP; /* no label means medium [doc] */
    if (Sacl == NULL)
        return SECURITY_MANDATORY_MEDIUM_RID;
    Ace = SepFirstAce(Sacl);
    for (i = 0; i < Sacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        if (Ace->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE ||
            (Ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0)
            continue;
        *Policy = Ace->Mask;
        return *RtlSubAuthoritySid(Ace->Rest, 0);
    }
    return SECURITY_MANDATORY_MEDIUM_RID;
}

/* The rights that the object's level withholds from a subject below it. */
static ACCESS_MASK SepWithheldByLevel(PSEP_TOKEN Token, PACL Sacl, PGENERIC_MAPPING Mapping)
{
    ACCESS_MASK Read = Mapping->GenericRead, Write = Mapping->GenericWrite;
    ACCESS_MASK Execute = Mapping->GenericExecute, Allowed = 0;
    ULONG Policy, Level = SepObjectLabel(Sacl, &Policy);

    if ((Token->MandatoryPolicy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP) == 0 ||
        SepTokenIntegrity(Token) >= Level)
        return 0;
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP) == 0)
        Allowed |= Read;
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP) == 0)
        Allowed |= Execute;
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP) == 0)
        Allowed |= Write | DELETE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY |
                   Mapping->GenericAll;
    return ~Allowed;
}

/* ---- the DACL ---- */

typedef BOOLEAN (*SEP_MATCH)(PSEP_TOKEN Token, PSID Sid, BOOLEAN Deny);

static BOOLEAN SepMatchNormal(PSEP_TOKEN Token, PSID Sid, BOOLEAN Deny)
{
    return SepTokenHasSid(Token, Sid, Deny);
}

static BOOLEAN SepMatchRestricted(PSEP_TOKEN Token, PSID Sid, BOOLEAN Deny)
{
    UNREFERENCED_PARAMETER(Deny);
    return SepRestrictedHasSid(Token, Sid);
}

enum { SepAceNothing, SepAceAllow, SepAceDeny };

static ULONG SepAceEffect(PSEP_ACE Ace)
{
    if ((Ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0)
        return SepAceNothing;
    switch (Ace->Header.AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
        return SepAceAllow;
    case SEP_ALLOWED_OBJECT_ACE:
        return (*(PULONG)Ace->Rest & SEP_OBJECT_TYPE_PRESENT) != 0 ? SepAceNothing : SepAceAllow;
    case ACCESS_DENIED_ACE_TYPE:
    case SEP_DENIED_OBJECT_ACE:
    case SEP_DENIED_CALLBACK_ACE:
    case ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE:
        return SepAceDeny;
    default:
        return SepAceNothing;
    }
}

static BOOLEAN SepHasOwnerRightsAce(PACL Dacl)
{
    PSEP_ACE Ace = SepFirstAce(Dacl);
    USHORT i;

    for (i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        PSID Sid = SepAceSid(Ace);

        if (Sid != NULL && SepAceEffect(Ace) != SepAceNothing &&
            RtlEqualSid(Sid, SepWellKnown(SepOwnerRights)))
            return TRUE;
    }
    return FALSE;
}

/*
 * Rights that Dacl gives a token: each right is decided by the first ACE that names it [doc "How DACLs control
 * access"]. The owner may read and change the DACL unless an OWNER RIGHTS entry says what he may do.
 */
static ACCESS_MASK SepGrantedByDacl(PSEP_TOKEN Token, PACL Dacl, PSID Owner, SEP_MATCH Match,
                                    PGENERIC_MAPPING Mapping)
{
    ACCESS_MASK Granted = 0, Denied = 0;
    BOOLEAN IsOwner = Owner != NULL && Match(Token, Owner, FALSE);
    PSEP_ACE Ace = SepFirstAce(Dacl);
    USHORT i;

    if (IsOwner && !SepHasOwnerRightsAce(Dacl))
        Granted = READ_CONTROL | WRITE_DAC;
    for (i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        ULONG Effect = SepAceEffect(Ace);
        PSID Sid = SepAceSid(Ace);
        ACCESS_MASK Mask = Ace->Mask;

        if (Effect == SepAceNothing || Sid == NULL)
            continue;
        if (!Match(Token, Sid, Effect == SepAceDeny) &&
            !(IsOwner && RtlEqualSid(Sid, SepWellKnown(SepOwnerRights))))
            continue;
        RtlMapGenericMask(&Mask, Mapping);
        if (Effect == SepAceAllow)
            Granted |= Mask & ~Denied;
        else
            Denied |= Mask & ~Granted;
    }
    return Granted;
}

#define SEP_EVERYTHING ((ACCESS_MASK)~(MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY))

/* What the descriptor gives, before privileges. */
static ACCESS_MASK SepGrantedByDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSEP_TOKEN Token,
                                          PGENERIC_MAPPING Mapping)
{
    PACL Dacl = SepDacl(Descriptor);
    PSID Owner = SepOwner(Descriptor);
    ACCESS_MASK Granted = SEP_EVERYTHING;

    if (Dacl != NULL)
        Granted = SepGrantedByDacl(Token, Dacl, Owner, SepMatchNormal, Mapping);
    if (Dacl != NULL && Token->RestrictedSidCount != 0)
        Granted &= SepGrantedByDacl(Token, Dacl, Owner, SepMatchRestricted, Mapping);
    return Granted & ~SepWithheldByLevel(Token, SepSacl(Descriptor), Mapping);
}

/* ---- the check ---- */

typedef struct _SEP_CHECK {
    PSEP_TOKEN Token;
    ACCESS_MASK Desired; /* mapped, without MAXIMUM_ALLOWED */
    BOOLEAN Maximum;
    PPRIVILEGE_SET *Privileges;
} SEP_CHECK;

/* Rights that privileges give: SeSecurity for the SACL, SeTakeOwnership for the owner. */
static NTSTATUS SepGrantByPrivilege(SEP_CHECK *Check, PACCESS_MASK Granted)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if ((Check->Desired & ACCESS_SYSTEM_SECURITY) != 0) {
        if (!SepHasPrivilege(Check->Token, SE_SECURITY_PRIVILEGE))
            return STATUS_PRIVILEGE_NOT_HELD;
        *Granted |= ACCESS_SYSTEM_SECURITY;
        Status = SepNotePrivilege(Check->Privileges, SE_SECURITY_PRIVILEGE);
    }
    if (NT_SUCCESS(Status) && (*Granted & WRITE_OWNER) == 0 &&
        (Check->Maximum || (Check->Desired & WRITE_OWNER) != 0) &&
        SepHasPrivilege(Check->Token, SE_TAKE_OWNERSHIP_PRIVILEGE)) {
        *Granted |= WRITE_OWNER;
        Status = SepNotePrivilege(Check->Privileges, SE_TAKE_OWNERSHIP_PRIVILEGE);
    }
    return Status;
}

static NTSTATUS SepCheckUser(PSECURITY_DESCRIPTOR Descriptor, SEP_CHECK *Check, ACCESS_MASK Previous,
                             PGENERIC_MAPPING Mapping, PACCESS_MASK Result)
{
    ACCESS_MASK Granted = SepGrantedByDescriptor(Descriptor, Check->Token, Mapping);
    NTSTATUS Status = SepGrantByPrivilege(Check, &Granted);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((Check->Desired & ~Granted) != 0)
        return STATUS_ACCESS_DENIED;
    if (Check->Maximum)
        *Result = (Granted & (Mapping->GenericAll | Check->Desired | WRITE_OWNER)) | Previous;
    else
        *Result = Check->Desired | Previous;
    return *Result != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

static ACCESS_MASK SepKernelGrant(ACCESS_MASK Desired, BOOLEAN Maximum, ACCESS_MASK Previous,
                                  PGENERIC_MAPPING Mapping)
{
    return Desired | Previous | (Maximum ? Mapping->GenericAll : 0);
}

NT_EXPORT(SeAccessCheck);
BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                            PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                            BOOLEAN SubjectContextLocked, ACCESS_MASK DesiredAccess,
                            ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                            PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                            PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    SEP_CHECK Check = {.Privileges = Privileges};

    UNREFERENCED_PARAMETER(SubjectContextLocked); /* tokens do not change while se looks at them */
    RtlMapGenericMask(&DesiredAccess, GenericMapping);
    Check.Maximum = (DesiredAccess & MAXIMUM_ALLOWED) != 0;
    Check.Desired = DesiredAccess & ~MAXIMUM_ALLOWED;
    if (Privileges != NULL)
        *Privileges = NULL;
    *GrantedAccess = 0;
    if (AccessMode == KernelMode) {
        *GrantedAccess = SepKernelGrant(Check.Desired, Check.Maximum, PreviouslyGrantedAccess,
                                        GenericMapping);
        *AccessStatus = STATUS_SUCCESS;
        return TRUE;
    }
    if (SecurityDescriptor == NULL) {
        *AccessStatus = STATUS_ACCESS_DENIED;
        return FALSE;
    }
    if (SubjectSecurityContext->ClientToken != NULL &&
        SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation) {
        *AccessStatus = STATUS_BAD_IMPERSONATION_LEVEL;
        return FALSE;
    }
    Check.Token = SepSubjectToken(SubjectSecurityContext);
    *AccessStatus = SepCheckUser(SecurityDescriptor, &Check, PreviouslyGrantedAccess,
                                 GenericMapping, GrantedAccess);
    if (!NT_SUCCESS(*AccessStatus) && Privileges != NULL && *Privileges != NULL) {
        SeFreePrivileges(*Privileges);
        *Privileges = NULL;
    }
    return NT_SUCCESS(*AccessStatus);
}
