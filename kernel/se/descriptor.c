/*
 * Security descriptors, absolute and self-relative: the Rtl routines, validation, capture from callers.
 */
#include "sep.h"

typedef SECURITY_DESCRIPTOR_RELATIVE SEP_RELATIVE, *PSEP_RELATIVE;

/* Either form's field: an offset from the start, or a pointer. */
#define SEP_PART(Descriptor, Field)                                                              \
    ((SepControl(Descriptor) & SE_SELF_RELATIVE) == 0                                            \
         ? (PVOID)((SECURITY_DESCRIPTOR *)(Descriptor))->Field                                   \
     : ((PSEP_RELATIVE)(Descriptor))->Field == 0                                                 \
         ? NULL                                                                                  \
         : (PVOID)((PUCHAR)(Descriptor) + ((PSEP_RELATIVE)(Descriptor))->Field))

PSID SepOwner(PSECURITY_DESCRIPTOR Descriptor)
{
    return SEP_PART(Descriptor, Owner);
}

PSID SepGroup(PSECURITY_DESCRIPTOR Descriptor)
{
    return SEP_PART(Descriptor, Group);
}

PACL SepDacl(PSECURITY_DESCRIPTOR Descriptor)
{
    return (SepControl(Descriptor) & SE_DACL_PRESENT) != 0 ? SEP_PART(Descriptor, Dacl) : NULL;
}

PACL SepSacl(PSECURITY_DESCRIPTOR Descriptor)
{
    return (SepControl(Descriptor) & SE_SACL_PRESENT) != 0 ? SEP_PART(Descriptor, Sacl) : NULL;
}

/* ---- making ---- */

NT_EXPORT(RtlCreateSecurityDescriptor);
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(SecurityDescriptor, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)SecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlCreateSecurityDescriptorRelative);
NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE Descriptor,
                                                   ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    RtlZeroMemory(Descriptor, sizeof(*Descriptor));
    Descriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
    Descriptor->Control = SE_SELF_RELATIVE;
    return STATUS_SUCCESS;
}

static NTSTATUS SepCheckAbsolute(PSECURITY_DESCRIPTOR Descriptor)
{
    if (((SECURITY_DESCRIPTOR *)Descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return (SepControl(Descriptor) & SE_SELF_RELATIVE) != 0 ? STATUS_INVALID_SECURITY_DESCR
                                                            : STATUS_SUCCESS;
}

static VOID SepSetFlag(SECURITY_DESCRIPTOR *Descriptor, USHORT Flag, BOOLEAN Value)
{
    Descriptor->Control = (USHORT)(Value ? Descriptor->Control | Flag : Descriptor->Control & ~Flag);
}

NT_EXPORT(RtlSetDaclSecurityDescriptor);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted)
{
    SECURITY_DESCRIPTOR *S = SecurityDescriptor;
    NTSTATUS Status = SepCheckAbsolute(S);

    if (!NT_SUCCESS(Status))
        return Status;
    SepSetFlag(S, SE_DACL_PRESENT, DaclPresent);
    if (!DaclPresent)
        return STATUS_SUCCESS;
    S->Dacl = Dacl;
    SepSetFlag(S, SE_DACL_DEFAULTED, DaclDefaulted);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlSetSaclSecurityDescriptor);
NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted)
{
    SECURITY_DESCRIPTOR *S = SecurityDescriptor;
    NTSTATUS Status = SepCheckAbsolute(S);

    if (!NT_SUCCESS(Status))
        return Status;
    SepSetFlag(S, SE_SACL_PRESENT, SaclPresent);
    if (!SaclPresent)
        return STATUS_SUCCESS;
    S->Sacl = Sacl;
    SepSetFlag(S, SE_SACL_DEFAULTED, SaclDefaulted);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlSetOwnerSecurityDescriptor);
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                             BOOLEAN OwnerDefaulted)
{
    SECURITY_DESCRIPTOR *S = SecurityDescriptor;
    NTSTATUS Status = SepCheckAbsolute(S);

    if (!NT_SUCCESS(Status))
        return Status;
    S->Owner = Owner;
    SepSetFlag(S, SE_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlSetGroupSecurityDescriptor);
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                             BOOLEAN GroupDefaulted)
{
    SECURITY_DESCRIPTOR *S = SecurityDescriptor;
    NTSTATUS Status = SepCheckAbsolute(S);

    if (!NT_SUCCESS(Status))
        return Status;
    S->Group = Group;
    SepSetFlag(S, SE_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

/* ---- reading ---- */

static BOOLEAN SepIsRevisionKnown(PSECURITY_DESCRIPTOR Descriptor)
{
    return ((PSEP_RELATIVE)Descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}

NT_EXPORT(RtlGetDaclSecurityDescriptor);
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            PBOOLEAN DaclPresent, PACL *Dacl,
                                            PBOOLEAN DaclDefaulted)
{
    if (!SepIsRevisionKnown(SecurityDescriptor))
        return STATUS_UNKNOWN_REVISION;
    *DaclPresent = (SepControl(SecurityDescriptor) & SE_DACL_PRESENT) != 0;
    if (!*DaclPresent)
        return STATUS_SUCCESS;
    *Dacl = SepDacl(SecurityDescriptor);
    *DaclDefaulted = (SepControl(SecurityDescriptor) & SE_DACL_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlGetSaclSecurityDescriptor);
NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            PBOOLEAN SaclPresent, PACL *Sacl,
                                            PBOOLEAN SaclDefaulted)
{
    if (!SepIsRevisionKnown(SecurityDescriptor))
        return STATUS_UNKNOWN_REVISION;
    *SaclPresent = (SepControl(SecurityDescriptor) & SE_SACL_PRESENT) != 0;
    if (!*SaclPresent)
        return STATUS_SUCCESS;
    *Sacl = SepSacl(SecurityDescriptor);
    *SaclDefaulted = (SepControl(SecurityDescriptor) & SE_SACL_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlGetOwnerSecurityDescriptor);
NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                             PBOOLEAN OwnerDefaulted)
{
    if (!SepIsRevisionKnown(SecurityDescriptor))
        return STATUS_UNKNOWN_REVISION;
    *Owner = SepOwner(SecurityDescriptor);
    *OwnerDefaulted = (SepControl(SecurityDescriptor) & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlGetGroupSecurityDescriptor);
NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                             PBOOLEAN GroupDefaulted)
{
    if (!SepIsRevisionKnown(SecurityDescriptor))
        return STATUS_UNKNOWN_REVISION;
    *Group = SepGroup(SecurityDescriptor);
    *GroupDefaulted = (SepControl(SecurityDescriptor) & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

#define SEP_ALIGN4(n) (((n) + 3) & ~3u)

static ULONG SepSidBytes(PSID Sid)
{
    return Sid != NULL ? SEP_ALIGN4(RtlLengthSid(Sid)) : 0;
}

static ULONG SepAclBytes(PACL Acl)
{
    return Acl != NULL ? SEP_ALIGN4(Acl->AclSize) : 0;
}

static ULONG SepPartsBytes(PSECURITY_DESCRIPTOR Descriptor)
{
    return SepSidBytes(SepOwner(Descriptor)) + SepSidBytes(SepGroup(Descriptor)) +
           SepAclBytes(SepDacl(Descriptor)) + SepAclBytes(SepSacl(Descriptor));
}

NT_EXPORT(RtlLengthSecurityDescriptor);
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    BOOLEAN Relative = (SepControl(SecurityDescriptor) & SE_SELF_RELATIVE) != 0;

    return SepPartsBytes(SecurityDescriptor) +
           (ULONG)(Relative ? sizeof(SEP_RELATIVE) : sizeof(SECURITY_DESCRIPTOR));
}

/* ---- validation ---- */

NT_EXPORT(RtlValidSecurityDescriptor);
BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    PSECURITY_DESCRIPTOR S = SecurityDescriptor;

    return SepIsRevisionKnown(S) && (SepOwner(S) == NULL || RtlValidSid(SepOwner(S))) &&
           (SepGroup(S) == NULL || RtlValidSid(SepGroup(S))) &&
           (SepDacl(S) == NULL || SepIsValidAcl(SepDacl(S))) &&
           (SepSacl(S) == NULL || SepIsValidAcl(SepSacl(S)));
}

/* A SID at Offset lies inside [0, Length). Required: it may not be missing. */
static BOOLEAN SepIsSidInside(PUCHAR Base, ULONG Length, ULONG Offset, BOOLEAN Required)
{
    if (Offset == 0)
        return !Required;
    if (Offset < sizeof(SEP_RELATIVE) || Offset % 4 != 0 || Offset > Length || Length - Offset < 8)
        return FALSE;
    return RtlValidSid(Base + Offset) && RtlLengthSid(Base + Offset) <= Length - Offset;
}

static BOOLEAN SepIsAclInside(PUCHAR Base, ULONG Length, ULONG Offset, BOOLEAN Required)
{
    PACL Acl = (PACL)(Base + Offset);

    if (Offset == 0)
        return !Required;
    if (Offset < sizeof(SEP_RELATIVE) || Offset % 4 != 0 || Offset > Length ||
        Length - Offset < sizeof(ACL))
        return FALSE;
    return Acl->AclSize <= Length - Offset && SepIsValidAcl(Acl);
}

NT_EXPORT(RtlValidRelativeSecurityDescriptor);
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                                 ULONG Length, SECURITY_INFORMATION Required)
{
    PSEP_RELATIVE S = SecurityDescriptorInput;
    PUCHAR Base = SecurityDescriptorInput;

    if (Length < sizeof(*S) || S->Revision != SECURITY_DESCRIPTOR_REVISION ||
        (S->Control & SE_SELF_RELATIVE) == 0)
        return FALSE;
    if (!SepIsSidInside(Base, Length, S->Owner, (Required & OWNER_SECURITY_INFORMATION) != 0) ||
        !SepIsSidInside(Base, Length, S->Group, (Required & GROUP_SECURITY_INFORMATION) != 0))
        return FALSE;
    if ((S->Control & SE_DACL_PRESENT) != 0 && !SepIsAclInside(Base, Length, S->Dacl, FALSE))
        return FALSE;
    if ((Required & DACL_SECURITY_INFORMATION) != 0 && (S->Control & SE_DACL_PRESENT) == 0)
        return FALSE;
    if ((S->Control & SE_SACL_PRESENT) != 0 && !SepIsAclInside(Base, Length, S->Sacl, FALSE))
        return FALSE;
    return (Required & SACL_SECURITY_INFORMATION) == 0 || (S->Control & SE_SACL_PRESENT) != 0;
}

NT_EXPORT(SeValidSecurityDescriptor);
BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return RtlValidRelativeSecurityDescriptor(SecurityDescriptor, Length,
                                              OWNER_SECURITY_INFORMATION);
}

/* ---- between the forms ---- */

static PUCHAR SepPutPart(PUCHAR Base, PUCHAR At, PVOID Part, ULONG Bytes, ULONG Used,
                         PULONG Offset)
{
    *Offset = 0;
    if (Part == NULL)
        return At;
    *Offset = (ULONG)(At - Base);
    RtlZeroMemory(At, Bytes);
    RtlCopyMemory(At, Part, Used);
    return At + Bytes;
}

/* Writes From, of either form, as a self-relative descriptor; To has room. */
static VOID SepWriteRelative(PSECURITY_DESCRIPTOR From, PSEP_RELATIVE To)
{
    PUCHAR Base = (PUCHAR)To, At = (PUCHAR)(To + 1);
    PSID Owner = SepOwner(From), Group = SepGroup(From);
    PACL Dacl = SepDacl(From), Sacl = SepSacl(From);

    To->Revision = SECURITY_DESCRIPTOR_REVISION;
    To->Sbz1 = ((PSEP_RELATIVE)From)->Sbz1;
    To->Control = SepControl(From) | SE_SELF_RELATIVE;
    At = SepPutPart(Base, At, Sacl, SepAclBytes(Sacl), Sacl ? Sacl->AclSize : 0, &To->Sacl);
    At = SepPutPart(Base, At, Dacl, SepAclBytes(Dacl), Dacl ? Dacl->AclSize : 0, &To->Dacl);
    At = SepPutPart(Base, At, Owner, SepSidBytes(Owner), SepSidBytes(Owner), &To->Owner);
    SepPutPart(Base, At, Group, SepSidBytes(Group), SepSidBytes(Group), &To->Group);
}

NT_EXPORT(RtlAbsoluteToSelfRelativeSD);
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute,
                                           PSECURITY_DESCRIPTOR SelfRelative, PULONG BufferLength)
{
    ULONG Needed = (ULONG)sizeof(SEP_RELATIVE) + SepPartsBytes(Absolute);

    if ((SepControl(Absolute) & SE_SELF_RELATIVE) != 0)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    if (*BufferLength < Needed) {
        *BufferLength = Needed;
        return STATUS_BUFFER_TOO_SMALL;
    }
    SepWriteRelative(Absolute, SelfRelative);
    *BufferLength = Needed;
    return STATUS_SUCCESS;
}

NTSTATUS SepMakeRelative(SECURITY_DESCRIPTOR *Absolute, POOL_TYPE PoolType,
                         PSECURITY_DESCRIPTOR *Result)
{
    POOL_FLAGS Pool = (PoolType & 1) == PagedPool ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;
    ULONG Bytes = (ULONG)sizeof(SEP_RELATIVE) + SepPartsBytes(Absolute);
    PSEP_RELATIVE New = ExAllocatePool2(Pool, Bytes, SEP_TAG_DESCRIPTOR);

    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SepWriteRelative(Absolute, New);
    *Result = New;
    return STATUS_SUCCESS;
}

/* Room for one part: the size needed goes to *Size, FALSE when it was less. */
static BOOLEAN SepClaim(PULONG Size, ULONG Needed)
{
    BOOLEAN Fits = *Size >= Needed;

    *Size = Needed;
    return Fits;
}

static VOID SepCopyPart(PVOID To, PVOID From, ULONG Bytes)
{
    if (From != NULL)
        RtlCopyMemory(To, From, Bytes);
}

NT_EXPORT(RtlSelfRelativeToAbsoluteSD);
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR Relative,
                                           PSECURITY_DESCRIPTOR Absolute, PULONG AbsoluteSize,
                                           PACL Dacl, PULONG DaclSize, PACL Sacl, PULONG SaclSize,
                                           PSID Owner, PULONG OwnerSize, PSID Group,
                                           PULONG GroupSize)
{
    SECURITY_DESCRIPTOR *S = Absolute;
    PSID FromOwner = SepOwner(Relative), FromGroup = SepGroup(Relative);
    PACL FromDacl = SepDacl(Relative), FromSacl = SepSacl(Relative);
    BOOLEAN Fits;

    if ((SepControl(Relative) & SE_SELF_RELATIVE) == 0)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    Fits = SepClaim(AbsoluteSize, sizeof(SECURITY_DESCRIPTOR));
    Fits &= SepClaim(DaclSize, SepAclBytes(FromDacl));
    Fits &= SepClaim(SaclSize, SepAclBytes(FromSacl));
    Fits &= SepClaim(OwnerSize, SepSidBytes(FromOwner));
    Fits &= SepClaim(GroupSize, SepSidBytes(FromGroup));
    if (!Fits)
        return STATUS_BUFFER_TOO_SMALL;
    RtlZeroMemory(S, sizeof(*S));
    S->Revision = SECURITY_DESCRIPTOR_REVISION;
    S->Sbz1 = ((PSEP_RELATIVE)Relative)->Sbz1;
    S->Control = SepControl(Relative) & ~SE_SELF_RELATIVE;
    S->Owner = FromOwner ? Owner : NULL;
    S->Group = FromGroup ? Group : NULL;
    S->Dacl = FromDacl ? Dacl : NULL;
    S->Sacl = FromSacl ? Sacl : NULL;
    SepCopyPart(Owner, FromOwner, SepSidBytes(FromOwner));
    SepCopyPart(Group, FromGroup, SepSidBytes(FromGroup));
    SepCopyPart(Dacl, FromDacl, FromDacl ? FromDacl->AclSize : 0);
    SepCopyPart(Sacl, FromSacl, FromSacl ? FromSacl->AclSize : 0);
    return STATUS_SUCCESS;
}

/* ---- capture ---- */

/* Reads a descriptor that may fault into pool. No other thread runs between the two reads of a length. */
static NTSTATUS SepCopyUserDescriptor(PSECURITY_DESCRIPTOR Source, POOL_FLAGS Pool,
                                      PSEP_RELATIVE *Result)
{
    SECURITY_DESCRIPTOR Absolute;
    ULONG Bytes;

    *Result = NULL;
    ProbeForRead(Source, sizeof(SEP_RELATIVE), sizeof(ULONG));
    if ((SepControl(Source) & SE_SELF_RELATIVE) == 0)
        ProbeForRead(Source, sizeof(SECURITY_DESCRIPTOR), sizeof(ULONG));
    if (!SepIsRevisionKnown(Source))
        return STATUS_UNKNOWN_REVISION;
    Absolute.Revision = SECURITY_DESCRIPTOR_REVISION;
    Absolute.Sbz1 = ((PSEP_RELATIVE)Source)->Sbz1;
    Absolute.Control = SepControl(Source) & ~SE_SELF_RELATIVE;
    Absolute.Owner = SepOwner(Source);
    Absolute.Group = SepGroup(Source);
    Absolute.Dacl = SepDacl(Source);
    Absolute.Sacl = SepSacl(Source);
    if (Absolute.Owner != NULL)
        ProbeForRead(Absolute.Owner, 8, sizeof(ULONG));
    if (Absolute.Group != NULL)
        ProbeForRead(Absolute.Group, 8, sizeof(ULONG));
    if (Absolute.Dacl != NULL)
        ProbeForRead(Absolute.Dacl, sizeof(ACL), sizeof(ULONG));
    if (Absolute.Sacl != NULL)
        ProbeForRead(Absolute.Sacl, sizeof(ACL), sizeof(ULONG));
    Bytes = (ULONG)sizeof(SEP_RELATIVE) + SepPartsBytes(&Absolute);
    *Result = ExAllocatePool2(Pool, Bytes, SEP_TAG_CAPTURE);
    if (*Result == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SepWriteRelative(&Absolute, *Result);
    return RtlValidRelativeSecurityDescriptor(*Result, Bytes, 0) ? STATUS_SUCCESS
                                                                 : STATUS_INVALID_SECURITY_DESCR;
}

static NTSTATUS SepCaptureUser(PSECURITY_DESCRIPTOR Source, POOL_FLAGS Pool,
                               PSECURITY_DESCRIPTOR *Captured)
{
    PSEP_RELATIVE New = NULL;
    NTSTATUS Status;

    __try {
        Status = SepCopyUserDescriptor(Source, Pool, &New);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        *Captured = New;
    else if (New != NULL)
        ExFreePoolWithTag(New, SEP_TAG_CAPTURE);
    return Status;
}

NT_EXPORT(SeCaptureSecurityDescriptor);
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode,
                                           POOL_TYPE PoolType, BOOLEAN CaptureIfKernel,
                                           PSECURITY_DESCRIPTOR *Captured)
{
    POOL_FLAGS Pool = (PoolType & 1) == PagedPool ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;
    PSEP_RELATIVE New;

    *Captured = NULL;
    if (Source == NULL)
        return STATUS_SUCCESS;
    if (Mode != KernelMode)
        return SepCaptureUser(Source, Pool, Captured);
    if (!CaptureIfKernel) {
        *Captured = Source;
        return STATUS_SUCCESS;
    }
    if (!SepIsRevisionKnown(Source))
        return STATUS_UNKNOWN_REVISION;
    if (!RtlValidSecurityDescriptor(Source))
        return STATUS_INVALID_SECURITY_DESCR;
    New = ExAllocatePool2(Pool, sizeof(*New) + SepPartsBytes(Source), SEP_TAG_CAPTURE);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SepWriteRelative(Source, New);
    *Captured = New;
    return STATUS_SUCCESS;
}

NT_EXPORT(SeReleaseSecurityDescriptor);
NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                           BOOLEAN CaptureIfKernel)
{
    if (Captured != NULL && (Mode != KernelMode || CaptureIfKernel))
        ExFreePoolWithTag(Captured, SEP_TAG_CAPTURE);
    return STATUS_SUCCESS;
}
