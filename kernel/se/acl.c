/*
 * Access control lists: the Rtl routines and what se itself does with ACEs. Conditional expressions in callback ACEs
 * are kept but never evaluated.
 */
#include "sep.h"

static BOOLEAN SepIsObjectAce(UCHAR Type)
{
    return (Type >= SEP_ALLOWED_OBJECT_ACE && Type <= SEP_ALARM_OBJECT_ACE) ||
           Type == ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE ||
           Type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE ||
           Type == SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE ||
           Type == SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE;
}

PSID SepAceSid(PSEP_ACE Ace)
{
    ULONG Flags;
    PUCHAR At = Ace->Rest;

    if (Ace->Header.AceType == 4 || Ace->Header.AceType > 0x14)
        return NULL; /* compound, or unknown */
    if (!SepIsObjectAce(Ace->Header.AceType))
        return At;
    Flags = *(PULONG)At;
    At += sizeof(ULONG);
    if ((Flags & SEP_OBJECT_TYPE_PRESENT) != 0)
        At += sizeof(GUID);
    if ((Flags & SEP_INHERITED_TYPE_PRESENT) != 0)
        At += sizeof(GUID);
    return At;
}

/* The SID lies inside the ACE. */
static BOOLEAN SepIsValidAce(PSEP_ACE Ace)
{
    PUCHAR End = (PUCHAR)Ace + Ace->Header.AceSize;
    PUCHAR Sid;

    if (Ace->Header.AceSize < sizeof(SEP_ACE) + 8 || Ace->Header.AceSize % 4 != 0)
        return FALSE;
    Sid = SepAceSid(Ace);
    if (Sid == NULL)
        return TRUE;
    return Sid + 8 <= End && RtlValidSid(Sid) && Sid + RtlLengthSid(Sid) <= End;
}

BOOLEAN SepIsValidAcl(PACL Acl)
{
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    PSEP_ACE Ace = SepFirstAce(Acl);
    USHORT i;

    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION ||
        Acl->AclSize < sizeof(ACL))
        return FALSE;
    for (i = 0; i < Acl->AceCount; i++) {
        if ((PUCHAR)Ace + sizeof(ACE_HEADER) > End || (PUCHAR)Ace + Ace->Header.AceSize > End ||
            !SepIsValidAce(Ace))
            return FALSE;
        Ace = SepNextAce(Ace);
    }
    return TRUE;
}

/* Where the next ACE goes; NULL: the list is damaged or full to the last byte. */
static PSEP_ACE SepFreeAce(PACL Acl)
{
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    PSEP_ACE Ace = SepFirstAce(Acl);
    USHORT i;

    for (i = 0; i < Acl->AceCount; i++) {
        if ((PUCHAR)Ace + sizeof(ACE_HEADER) > End)
            return NULL;
        Ace = SepNextAce(Ace);
    }
    return (PUCHAR)Ace <= End ? Ace : NULL;
}

BOOLEAN SepAppendAce(PACL Acl, PSEP_ACE Ace)
{
    PSEP_ACE At = SepFreeAce(Acl);

    if (At == NULL || (PUCHAR)At + Ace->Header.AceSize > (PUCHAR)Acl + Acl->AclSize)
        return FALSE;
    RtlCopyMemory(At, Ace, Ace->Header.AceSize);
    Acl->AceCount++;
    return TRUE;
}

VOID SepMapAcl(PACL Acl, PGENERIC_MAPPING Mapping)
{
    PSEP_ACE Ace = SepFirstAce(Acl);
    USHORT i;

    for (i = 0; i < Acl->AceCount; i++, Ace = SepNextAce(Ace))
        if ((Ace->Header.AceFlags & INHERIT_ONLY_ACE) == 0 &&
            Ace->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
            RtlMapGenericMask(&Ace->Mask, Mapping);
}

VOID SepTrimAcl(PACL Acl)
{
    PSEP_ACE Ace = SepFirstAce(Acl);
    USHORT i;

    for (i = 0; i < Acl->AceCount; i++)
        Ace = SepNextAce(Ace);
    Acl->AclSize = (USHORT)((PUCHAR)Ace - (PUCHAR)Acl);
}

/* ---- exported ---- */

NT_EXPORT(RtlMapGenericMask);
VOID NTAPI RtlMapGenericMask(PACCESS_MASK AccessMask, PGENERIC_MAPPING GenericMapping)
{
    if ((*AccessMask & GENERIC_READ) != 0)
        *AccessMask |= GenericMapping->GenericRead;
    if ((*AccessMask & GENERIC_WRITE) != 0)
        *AccessMask |= GenericMapping->GenericWrite;
    if ((*AccessMask & GENERIC_EXECUTE) != 0)
        *AccessMask |= GenericMapping->GenericExecute;
    if ((*AccessMask & GENERIC_ALL) != 0)
        *AccessMask |= GenericMapping->GenericAll;
    *AccessMask &= ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

NT_EXPORT(RtlCreateAcl);
NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision)
{
    if (AclLength < sizeof(ACL))
        return STATUS_BUFFER_TOO_SMALL;
    if (AclRevision < MIN_ACL_REVISION || AclRevision > MAX_ACL_REVISION || AclLength > MAXUSHORT)
        return STATUS_INVALID_PARAMETER;
    Acl->AclRevision = (UCHAR)AclRevision;
    Acl->Sbz1 = 0;
    Acl->AclSize = (USHORT)(AclLength & ~3u);
    Acl->AceCount = 0;
    Acl->Sbz2 = 0;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl);
NT_EXPORT(RtlValidAcl);
BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    return SepIsValidAcl(Acl);
}

NT_EXPORT(RtlGetAce);
NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace)
{
    PSEP_ACE At = SepFirstAce(Acl);

    if (AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    while (AceIndex-- > 0)
        At = SepNextAce(At);
    *Ace = At;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlDeleteAce);
NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex)
{
    PVOID Ace;
    PUCHAR Next, Free;

    if (!SepIsValidAcl(Acl) || !NT_SUCCESS(RtlGetAce(Acl, AceIndex, &Ace)))
        return STATUS_INVALID_PARAMETER;
    Next = (PUCHAR)SepNextAce((PSEP_ACE)Ace);
    Free = (PUCHAR)SepFreeAce(Acl);
    RtlMoveMemory(Ace, Next, Free - Next);
    RtlZeroMemory((PUCHAR)Ace + (Free - Next), Next - (PUCHAR)Ace);
    Acl->AceCount--;
    return STATUS_SUCCESS;
}

/* ACEs in a list of ListLength bytes; FALSE: they do not fill it exactly. */
static BOOLEAN SepCountAces(PVOID List, ULONG ListLength, PUSHORT Count)
{
    PUCHAR At = List, End = At + ListLength;

    for (*Count = 0; At < End; (*Count)++) {
        if (At + sizeof(ACE_HEADER) > End || ((PSEP_ACE)At)->Header.AceSize < sizeof(ACE_HEADER))
            return FALSE;
        At += ((PSEP_ACE)At)->Header.AceSize;
    }
    return At == End;
}

NT_EXPORT(RtlAddAce);
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList,
                         ULONG AceListLength)
{
    PUCHAR Free, At;
    USHORT Count;
    ULONG i;

    if (!SepIsValidAcl(Acl))
        return STATUS_INVALID_PARAMETER;
    if (AceRevision < MIN_ACL_REVISION || AceRevision > MAX_ACL_REVISION ||
        !SepCountAces(AceList, AceListLength, &Count))
        return STATUS_INVALID_PARAMETER;
    Free = (PUCHAR)SepFreeAce(Acl);
    if (Free == NULL || Free + AceListLength > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    At = (PUCHAR)SepFirstAce(Acl);
    for (i = 0; i < StartingAceIndex && i < Acl->AceCount; i++)
        At = (PUCHAR)SepNextAce((PSEP_ACE)At);
    RtlMoveMemory(At + AceListLength, At, Free - At);
    RtlCopyMemory(At, AceList, AceListLength);
    Acl->AceCount += Count;
    if (AceRevision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

static NTSTATUS SepAddAce(PACL Acl, ULONG Revision, UCHAR Type, ULONG Flags, ACCESS_MASK Mask,
                          PSID Sid)
{
    PSEP_ACE Ace;
    ULONG Bytes;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    if (Revision < MIN_ACL_REVISION || Revision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if ((Flags & ~(VALID_INHERIT_FLAGS | SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)) != 0)
        return STATUS_INVALID_PARAMETER;
    if (!SepIsValidAcl(Acl))
        return STATUS_INVALID_ACL;
    Ace = SepFreeAce(Acl);
    Bytes = sizeof(SEP_ACE) + RtlLengthSid(Sid);
    if (Ace == NULL || (PUCHAR)Ace + Bytes > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    Ace->Header.AceType = Type;
    Ace->Header.AceFlags = (UCHAR)Flags;
    Ace->Header.AceSize = (USHORT)Bytes;
    Ace->Mask = Mask;
    RtlCopyMemory(Ace->Rest, Sid, RtlLengthSid(Sid));
    Acl->AceCount++;
    if (Revision > Acl->AclRevision)
        Acl->AclRevision = (UCHAR)Revision;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlAddAccessAllowedAce);
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return SepAddAce(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, 0, AccessMask, Sid);
}

NT_EXPORT(RtlAddAccessAllowedAceEx);
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                        ACCESS_MASK AccessMask, PSID Sid)
{
    return SepAddAce(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, AceFlags, AccessMask, Sid);
}

NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NT_EXPORT(RtlAddAccessDeniedAce);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return SepAddAce(Acl, AceRevision, ACCESS_DENIED_ACE_TYPE, 0, AccessMask, Sid);
}
