/*
 * Descriptors of new objects and changes to those of old ones: SeAssignSecurity(Ex), SeSetSecurityDescriptorInfo(Ex),
 * SeQuerySecurityDescriptorInfo. Models defaults from the token, inheritance from the parent, creator SIDs, generic
 * mapping and the label of low subjects. Not modelled: inheritance by object type GUID.
 */
#include "sep.h"

#ifndef SEF_DACL_AUTO_INHERIT /* [doc CreatePrivateObjectSecurityEx] */
#define SEF_DACL_AUTO_INHERIT 0x01
#define SEF_SACL_AUTO_INHERIT 0x02
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT 0x04
#define SEF_AVOID_PRIVILEGE_CHECK 0x08
#define SEF_AVOID_OWNER_CHECK 0x10
#define SEF_DEFAULT_OWNER_FROM_PARENT 0x20
#define SEF_DEFAULT_GROUP_FROM_PARENT 0x40
#endif

typedef struct _SEP_ASSIGN { /* the fixed arguments of one assignment */
    PSECURITY_DESCRIPTOR Parent, Explicit;
    PSEP_TOKEN Token;
    PGENERIC_MAPPING Mapping;
    ULONG Flags; /* SEF_* */
    BOOLEAN Container;
    PSID Owner, Group; /* of the new object */
} SEP_ASSIGN, *PSEP_ASSIGN;

/* ---- owner and group ---- */

static NTSTATUS SepChooseOwner(PSEP_ASSIGN Assign)
{
    PSID Explicit = Assign->Explicit != NULL ? SepOwner(Assign->Explicit) : NULL;

    if (Explicit != NULL) {
        Assign->Owner = Explicit;
        if ((Assign->Flags & SEF_AVOID_OWNER_CHECK) == 0 && ExGetPreviousMode() != KernelMode &&
            !SepMayOwn(Assign->Token, Explicit))
            return STATUS_INVALID_OWNER;
        return STATUS_SUCCESS;
    }
    if ((Assign->Flags & SEF_DEFAULT_OWNER_FROM_PARENT) != 0 && Assign->Parent != NULL)
        Assign->Owner = SepOwner(Assign->Parent);
    if (Assign->Owner == NULL)
        Assign->Owner = Assign->Token->UserAndGroups[Assign->Token->DefaultOwnerIndex].Sid;
    return STATUS_SUCCESS;
}

static VOID SepChooseGroup(PSEP_ASSIGN Assign)
{
    if (Assign->Explicit != NULL)
        Assign->Group = SepGroup(Assign->Explicit);
    if (Assign->Group == NULL && (Assign->Flags & SEF_DEFAULT_GROUP_FROM_PARENT) != 0 &&
        Assign->Parent != NULL)
        Assign->Group = SepGroup(Assign->Parent);
    if (Assign->Group == NULL)
        Assign->Group = Assign->Token->PrimaryGroup;
}

/* ---- inheritance ---- */

static PSID SepSubstituteCreator(PSEP_ASSIGN Assign, PSID Sid)
{
    if (RtlEqualSid(Sid, SepWellKnown(SepCreatorOwner)))
        return Assign->Owner;
    if (RtlEqualSid(Sid, SepWellKnown(SepCreatorGroup)))
        return Assign->Group;
    return Sid;
}

/* Appends Ace to Acl with other flags, mask and SID; simple ACEs only. */
static BOOLEAN SepAppendChanged(PACL Acl, PSEP_ACE Ace, UCHAR Flags, ACCESS_MASK Mask, PSID Sid)
{
    ULONG64 Room[(sizeof(SEP_ACE) + SEP_MAXIMUM_SID_BYTES + 7) / 8];
    PSEP_ACE New = (PSEP_ACE)Room;

    New->Header.AceType = Ace->Header.AceType;
    New->Header.AceFlags = Flags;
    New->Header.AceSize = (USHORT)(sizeof(SEP_ACE) + RtlLengthSid(Sid));
    New->Mask = Mask;
    RtlCopyMemory(New->Rest, Sid, RtlLengthSid(Sid));
    return SepAppendAce(Acl, New);
}

/*
 * What a child gets from one ACE of its parent [doc "ACE inheritance rules"]: an effective entry, with creator SIDs and
 * generic rights resolved, and for containers that pass it on, an inherit-only one when the two differ.
 */
static BOOLEAN SepInheritAce(PSEP_ASSIGN Assign, PSEP_ACE Ace, PACL Acl)
{
    UCHAR Flags = Ace->Header.AceFlags;
    BOOLEAN Effective = (Flags & (Assign->Container ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE)) != 0;
    BOOLEAN PassOn = Assign->Container && (Flags & NO_PROPAGATE_INHERIT_ACE) == 0 &&
                     (Flags & (CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE)) != 0;
    UCHAR Keep = Flags & (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG);
    UCHAR Inherit = Flags & (CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE);
    PSID Sid = SepAceSid(Ace), NewSid;
    ACCESS_MASK Mask = Ace->Mask;

    if (Sid != Ace->Rest)
        return TRUE; /* object ACEs are not inherited here */
    NewSid = SepSubstituteCreator(Assign, Sid);
    if (Ace->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
        RtlMapGenericMask(&Mask, Assign->Mapping);
    if (Effective && PassOn && NewSid == Sid && Mask == Ace->Mask)
        return SepAppendChanged(Acl, Ace, Keep | Inherit | INHERITED_ACE, Mask, Sid);
    if (Effective && !SepAppendChanged(Acl, Ace, Keep | INHERITED_ACE, Mask, NewSid))
        return FALSE;
    return !PassOn || SepAppendChanged(Acl, Ace, Keep | Inherit | INHERIT_ONLY_ACE | INHERITED_ACE,
                                       Ace->Mask, Sid);
}

static VOID SepInheritAcl(PSEP_ASSIGN Assign, PACL Parent, PACL Acl)
{
    PSEP_ACE Ace = SepFirstAce(Parent);
    USHORT i;

    for (i = 0; i < Parent->AceCount; i++, Ace = SepNextAce(Ace))
        SepInheritAce(Assign, Ace, Acl);
}

static VOID SepCopyAces(PACL From, PACL To, BOOLEAN SkipInherited)
{
    PSEP_ACE Ace = SepFirstAce(From);
    USHORT i;

    for (i = 0; i < From->AceCount; i++, Ace = SepNextAce(Ace))
        if (!SkipInherited || (Ace->Header.AceFlags & INHERITED_ACE) == 0)
            SepAppendAce(To, Ace);
}

/* An empty list with room for both: each inherited ACE may become two with longer SIDs. */
static PACL SepAllocateAcl(PACL Explicit, PACL Parent)
{
    ULONG Bytes = sizeof(ACL);
    PACL Acl;

    if (Explicit != NULL)
        Bytes += Explicit->AclSize;
    if (Parent != NULL)
        Bytes += Parent->AclSize + Parent->AceCount * (sizeof(SEP_ACE) + SEP_MAXIMUM_SID_BYTES);
    if (Bytes > 0xFFFC)
        Bytes = 0xFFFC;
    Acl = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, SEP_TAG_ACL);
    if (Acl != NULL)
        RtlCreateAcl(Acl, Bytes, Explicit != NULL ? Explicit->AclRevision
                                 : Parent != NULL ? Parent->AclRevision
                                                  : ACL_REVISION);
    return Acl;
}

/* What decides one of the two lists. */
typedef struct _SEP_LIST {
    PACL Parent, Explicit;
    BOOLEAN ExplicitPresent, ExplicitDefaulted, Protected, AutoInherit;
} SEP_LIST;

static BOOLEAN SepHasAces(PACL Acl)
{
    return Acl != NULL && Acl->AceCount != 0;
}

/*
 * The order of [doc "DACL for a new object"]: an explicit list (with what is inherited, if asked for and not
 * protected), else what is inherited, else the default. *Result NULL with success: none (or a null list).
 */
static NTSTATUS SepBuildList(PSEP_ASSIGN Assign, const SEP_LIST *List, PACL Default, PACL *Result)
{
    BOOLEAN UseExplicit = List->ExplicitPresent && !List->ExplicitDefaulted;
    PACL Acl;

    *Result = NULL;
    if (UseExplicit && List->Explicit == NULL)
        return STATUS_SUCCESS; /* a null list was asked for */
    Acl = SepAllocateAcl(UseExplicit ? List->Explicit : Default, List->Parent);
    if (Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (UseExplicit)
        SepCopyAces(List->Explicit, Acl, List->AutoInherit);
    if (List->Parent != NULL && !List->Protected && (!UseExplicit || List->AutoInherit))
        SepInheritAcl(Assign, List->Parent, Acl);
    if (!UseExplicit && !SepHasAces(Acl)) {
        PACL Fallback = List->ExplicitPresent ? List->Explicit : Default;

        if (Fallback == NULL) {
            ExFreePoolWithTag(Acl, SEP_TAG_ACL);
            return STATUS_SUCCESS;
        }
        SepCopyAces(Fallback, Acl, FALSE);
    }
    SepMapAcl(Acl, Assign->Mapping);
    SepTrimAcl(Acl);
    *Result = Acl;
    return STATUS_SUCCESS;
}

static NTSTATUS SepBuildDacl(PSEP_ASSIGN Assign, SECURITY_DESCRIPTOR *New)
{
    PSECURITY_DESCRIPTOR E = Assign->Explicit, P = Assign->Parent;
    USHORT Control = E != NULL ? SepControl(E) : 0;
    SEP_LIST List = {.Parent = P != NULL ? SepDacl(P) : NULL,
                     .Explicit = E != NULL ? SepDacl(E) : NULL,
                     .ExplicitPresent = (Control & SE_DACL_PRESENT) != 0,
                     .ExplicitDefaulted = (Control & SE_DACL_DEFAULTED) != 0,
                     .Protected = (Control & SE_DACL_PROTECTED) != 0,
                     .AutoInherit = (Assign->Flags & SEF_DACL_AUTO_INHERIT) != 0};
    PACL Default = Assign->Token->DefaultDacl;
    NTSTATUS Status = SepBuildList(Assign, &List, Default, &New->Dacl);

    if (!NT_SUCCESS(Status))
        return Status;
    New->Control |= Control & SE_DACL_PROTECTED;
    if (New->Dacl != NULL || List.ExplicitPresent)
        New->Control |= SE_DACL_PRESENT;
    if (List.AutoInherit)
        New->Control |= SE_DACL_AUTO_INHERITED;
    return STATUS_SUCCESS;
}

/* Subjects below medium mark what they make, so that it stays within their reach only. */
static PACL SepLowLabel(PSEP_TOKEN Token)
{
    ULONG64 Room[(sizeof(SEP_ACE) + SEP_MAXIMUM_SID_BYTES + 7) / 8];
    SEP_ACE Ace = {.Header = {.AceType = SYSTEM_MANDATORY_LABEL_ACE_TYPE},
                   .Mask = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP};
    PACL Acl;

    if (Token->IntegrityLevelIndex == MAXULONG ||
        SepTokenIntegrity(Token) >= SECURITY_MANDATORY_MEDIUM_RID)
        return NULL;
    Acl = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(ACL) + sizeof(Room), SEP_TAG_ACL);
    if (Acl == NULL)
        return NULL;
    RtlCreateAcl(Acl, sizeof(ACL) + sizeof(Room), ACL_REVISION);
    SepAppendChanged(Acl, &Ace, 0, Ace.Mask, Token->UserAndGroups[Token->IntegrityLevelIndex].Sid);
    SepTrimAcl(Acl);
    return Acl;
}

static NTSTATUS SepBuildSacl(PSEP_ASSIGN Assign, SECURITY_DESCRIPTOR *New)
{
    PSECURITY_DESCRIPTOR E = Assign->Explicit, P = Assign->Parent;
    USHORT Control = E != NULL ? SepControl(E) : 0;
    SEP_LIST List = {.Parent = P != NULL ? SepSacl(P) : NULL,
                     .Explicit = E != NULL ? SepSacl(E) : NULL,
                     .ExplicitPresent = (Control & SE_SACL_PRESENT) != 0,
                     .ExplicitDefaulted = (Control & SE_SACL_DEFAULTED) != 0,
                     .Protected = (Control & SE_SACL_PROTECTED) != 0,
                     .AutoInherit = (Assign->Flags & SEF_SACL_AUTO_INHERIT) != 0};
    NTSTATUS Status = SepBuildList(Assign, &List, NULL, &New->Sacl);

    if (!NT_SUCCESS(Status))
        return Status;
    if (New->Sacl == NULL)
        New->Sacl = SepLowLabel(Assign->Token);
    New->Control |= Control & SE_SACL_PROTECTED;
    if (New->Sacl != NULL || List.ExplicitPresent)
        New->Control |= SE_SACL_PRESENT;
    return STATUS_SUCCESS;
}

static VOID SepFreeLists(SECURITY_DESCRIPTOR *New)
{
    if (New->Dacl != NULL)
        ExFreePoolWithTag(New->Dacl, SEP_TAG_ACL);
    if (New->Sacl != NULL)
        ExFreePoolWithTag(New->Sacl, SEP_TAG_ACL);
}

NT_EXPORT(SeAssignSecurityEx);
NTSTATUS NTAPI SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor,
                                  PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                  PSECURITY_DESCRIPTOR *NewDescriptor, GUID *ObjectType,
                                  BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                                  PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                  PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType)
{
    SEP_ASSIGN Assign = {.Parent = ParentDescriptor,
                         .Explicit = ExplicitDescriptor,
                         .Token = SepSubjectToken(SubjectContext),
                         .Mapping = GenericMapping,
                         .Flags = AutoInheritFlags,
                         .Container = IsDirectoryObject};
    SECURITY_DESCRIPTOR New = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(ObjectType); /* no entry is inherited by object type */
    *NewDescriptor = NULL;
    Status = SepChooseOwner(&Assign);
    if (!NT_SUCCESS(Status))
        return Status;
    SepChooseGroup(&Assign);
    New.Owner = Assign.Owner;
    New.Group = Assign.Group;
    Status = SepBuildDacl(&Assign, &New);
    if (NT_SUCCESS(Status))
        Status = SepBuildSacl(&Assign, &New);
    if (NT_SUCCESS(Status))
        Status = SepMakeRelative(&New, PoolType, NewDescriptor);
    SepFreeLists(&New);
    return Status;
}

NT_EXPORT(SeAssignSecurity);
NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor,
                                PSECURITY_DESCRIPTOR ExplicitDescriptor,
                                PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject,
                                PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType)
{
    return SeAssignSecurityEx(ParentDescriptor, ExplicitDescriptor, NewDescriptor, NULL,
                              IsDirectoryObject, 0, SubjectContext, GenericMapping, PoolType);
}

NT_EXPORT(SeDeassignSecurity);
NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
    if (*SecurityDescriptor != NULL)
        ExFreePool(*SecurityDescriptor);
    *SecurityDescriptor = NULL;
    return STATUS_SUCCESS;
}

/* ---- reading parts ---- */

/* A SACL with only its label (Label) or without it; NULL with success: nothing is left. */
static NTSTATUS SepFilterSacl(PACL Sacl, BOOLEAN Label, PACL *Result)
{
    PSEP_ACE Ace;
    USHORT i;

    *Result = NULL;
    if (Sacl == NULL)
        return STATUS_SUCCESS;
    *Result = ExAllocatePool2(POOL_FLAG_PAGED, Sacl->AclSize, SEP_TAG_ACL);
    if (*Result == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCreateAcl(*Result, Sacl->AclSize, Sacl->AclRevision);
    Ace = SepFirstAce(Sacl);
    for (i = 0; i < Sacl->AceCount; i++, Ace = SepNextAce(Ace))
        if ((Ace->Header.AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) == Label)
            SepAppendAce(*Result, Ace);
    SepTrimAcl(*Result);
    return STATUS_SUCCESS;
}

/* Both kinds of entries of a SACL, from the descriptors that Information says. */
static NTSTATUS SepMergeSacl(SECURITY_INFORMATION Information, PACL Chosen, PACL Other, PACL *Result)
{
    PACL Audit = NULL, Label = NULL;
    NTSTATUS Status;

    Status = SepFilterSacl((Information & SACL_SECURITY_INFORMATION) != 0 ? Chosen : Other, FALSE,
                           &Audit);
    if (NT_SUCCESS(Status))
        Status = SepFilterSacl((Information & LABEL_SECURITY_INFORMATION) != 0 ? Chosen : Other, TRUE,
                               &Label);
    *Result = NULL;
    if (NT_SUCCESS(Status) && (SepHasAces(Audit) || SepHasAces(Label))) {
        *Result = SepAllocateAcl(Label, Audit);
        if (*Result == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status) && *Result != NULL) {
        if (Label != NULL)
            SepCopyAces(Label, *Result, FALSE);
        if (Audit != NULL)
            SepCopyAces(Audit, *Result, FALSE);
        SepTrimAcl(*Result);
    }
    if (Audit != NULL)
        ExFreePoolWithTag(Audit, SEP_TAG_ACL);
    if (Label != NULL)
        ExFreePoolWithTag(Label, SEP_TAG_ACL);
    return Status;
}

/* The absolute form of what Information selects from S. Part->Sacl is to be freed. */
static NTSTATUS SepSelectParts(PSECURITY_DESCRIPTOR S, SECURITY_INFORMATION Information,
                               SECURITY_DESCRIPTOR *Part)
{
    NTSTATUS Status = STATUS_SUCCESS;

    RtlZeroMemory(Part, sizeof(*Part));
    Part->Revision = SECURITY_DESCRIPTOR_REVISION;
    if (S == NULL)
        return STATUS_SUCCESS;
    if ((Information & OWNER_SECURITY_INFORMATION) != 0) {
        Part->Owner = SepOwner(S);
        Part->Control |= SepControl(S) & SE_OWNER_DEFAULTED;
    }
    if ((Information & GROUP_SECURITY_INFORMATION) != 0) {
        Part->Group = SepGroup(S);
        Part->Control |= SepControl(S) & SE_GROUP_DEFAULTED;
    }
    if ((Information & DACL_SECURITY_INFORMATION) != 0) {
        Part->Dacl = SepDacl(S);
        Part->Control |= SepControl(S) & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED |
                                          SE_DACL_AUTO_INHERITED);
    }
    if ((Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) != 0) {
        Status = SepMergeSacl(Information, SepSacl(S), NULL, &Part->Sacl);
        if (Part->Sacl != NULL || (Information & SACL_SECURITY_INFORMATION) != 0)
            Part->Control |= SepControl(S) & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED |
                                              SE_SACL_AUTO_INHERITED);
    }
    return Status;
}

NT_EXPORT(SeQuerySecurityDescriptorInfo);
NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor,
                                             PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor)
{
    SECURITY_DESCRIPTOR Part;
    NTSTATUS Status = SepSelectParts(*ObjectsSecurityDescriptor, *SecurityInformation, &Part);

    if (NT_SUCCESS(Status))
        Status = RtlAbsoluteToSelfRelativeSD(&Part, SecurityDescriptor, Length);
    if (Part.Sacl != NULL)
        ExFreePoolWithTag(Part.Sacl, SEP_TAG_ACL);
    return Status;
}

/* ---- changing parts ---- */

static PACL SepMappedCopy(PACL Acl, PGENERIC_MAPPING Mapping)
{
    PACL Copy = ExAllocatePool2(POOL_FLAG_PAGED, Acl->AclSize, SEP_TAG_ACL);

    if (Copy == NULL)
        return NULL;
    RtlCopyMemory(Copy, Acl, Acl->AclSize);
    SepMapAcl(Copy, Mapping);
    return Copy;
}

static NTSTATUS SepCheckNewOwner(PSID Owner)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    BOOLEAN Allowed;

    if (Owner == NULL)
        return STATUS_INVALID_OWNER;
    if (ExGetPreviousMode() == KernelMode)
        return STATUS_SUCCESS;
    SeCaptureSubjectContext(&Subject);
    Allowed = SepMayOwn(SepSubjectToken(&Subject), Owner);
    SeReleaseSubjectContext(&Subject);
    return Allowed ? STATUS_SUCCESS : STATUS_INVALID_OWNER;
}

#define SEP_DACL_CONTROL (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED)
#define SEP_SACL_CONTROL (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED)

/* New gets Old's parts, with those that Information names from Change. Its lists are pool blocks. */
static NTSTATUS SepCombine(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Change,
                           PSECURITY_DESCRIPTOR Old, PGENERIC_MAPPING Mapping,
                           SECURITY_DESCRIPTOR *New)
{
    BOOLEAN NewDacl = (Information & DACL_SECURITY_INFORMATION) != 0;
    BOOLEAN NewSacl = (Information & SACL_SECURITY_INFORMATION) != 0;
    PACL Dacl = SepDacl(NewDacl ? Change : Old);
    NTSTATUS Status = STATUS_SUCCESS;

    New->Owner = SepOwner((Information & OWNER_SECURITY_INFORMATION) != 0 ? Change : Old);
    New->Group = SepGroup((Information & GROUP_SECURITY_INFORMATION) != 0 ? Change : Old);
    if ((Information & OWNER_SECURITY_INFORMATION) != 0)
        Status = SepCheckNewOwner(New->Owner);
    if (NT_SUCCESS(Status) && (Information & GROUP_SECURITY_INFORMATION) != 0 && New->Group == NULL)
        Status = STATUS_INVALID_PRIMARY_GROUP;
    if (!NT_SUCCESS(Status))
        return Status;
    New->Control = (SepControl(NewDacl ? Change : Old) & SEP_DACL_CONTROL) |
                   (SepControl(NewSacl ? Change : Old) & SEP_SACL_CONTROL);
    if (Dacl != NULL) {
        New->Dacl = SepMappedCopy(Dacl, Mapping);
        if (New->Dacl == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = SepMergeSacl(Information, SepSacl(Change), SepSacl(Old), &New->Sacl);
    if (New->Sacl != NULL)
        New->Control |= SE_SACL_PRESENT;
    return Status;
}

NT_EXPORT(SeSetSecurityDescriptorInfoEx);
NTSTATUS NTAPI SeSetSecurityDescriptorInfoEx(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR ModificationDescriptor,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                             ULONG AutoInheritFlags, POOL_TYPE PoolType,
                                             PGENERIC_MAPPING GenericMapping)
{
    SECURITY_DESCRIPTOR New = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    PSECURITY_DESCRIPTOR Relative;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Object); /* for auditing */
    UNREFERENCED_PARAMETER(AutoInheritFlags); /* the lists are taken as they are */
    if (*ObjectsSecurityDescriptor == NULL)
        return STATUS_NO_SECURITY_ON_OBJECT;
    Status = SepCombine(*SecurityInformation, ModificationDescriptor, *ObjectsSecurityDescriptor,
                        GenericMapping, &New);
    if (NT_SUCCESS(Status))
        Status = SepMakeRelative(&New, PoolType, &Relative);
    SepFreeLists(&New);
    if (NT_SUCCESS(Status))
        *ObjectsSecurityDescriptor = Relative; /* the old one stays the caller's [doc] */
    return Status;
}

NT_EXPORT(SeSetSecurityDescriptorInfo);
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                           POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping)
{
    return SeSetSecurityDescriptorInfoEx(Object, SecurityInformation, SecurityDescriptor,
                                         ObjectsSecurityDescriptor, 0, PoolType, GenericMapping);
}
