/*
 * Security identifiers: the Rtl routines. Text form: S-1-authority-sub-sub, as in MS-DTYP 2.4.2.1.
 */
#include "sep.h"

NT_EXPORT(RtlLengthRequiredSid);
ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    return 8 + 4 * SubAuthorityCount;
}

NT_EXPORT(RtlLengthSid);
ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return RtlLengthRequiredSid(((SID *)Sid)->SubAuthorityCount);
}

NT_EXPORT(RtlValidSid);
BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    SID *S = Sid;

    return S != NULL && (S->Revision & 0xF) == SID_REVISION &&
           S->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

NT_EXPORT(RtlEqualSid);
BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    ULONG Bytes = RtlLengthSid(Sid1);

    return *(PUSHORT)Sid1 == *(PUSHORT)Sid2 && RtlCompareMemory(Sid1, Sid2, Bytes) == Bytes;
}

NT_EXPORT(RtlEqualPrefixSid);
BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2)
{
    ULONG Bytes = RtlLengthSid(Sid1) - (((SID *)Sid1)->SubAuthorityCount != 0 ? 4 : 0);

    return *(PUSHORT)Sid1 == *(PUSHORT)Sid2 && RtlCompareMemory(Sid1, Sid2, Bytes) == Bytes;
}

NT_EXPORT(RtlInitializeSid);
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY Authority,
                                UCHAR SubAuthorityCount)
{
    SID *S = Sid;

    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    S->Revision = SID_REVISION;
    S->SubAuthorityCount = SubAuthorityCount;
    S->IdentifierAuthority = *Authority;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlSubAuthoritySid);
PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    return (PULONG)((PUCHAR)Sid + 8) + SubAuthority;
}

NT_EXPORT(RtlSubAuthorityCountSid);
PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((SID *)Sid)->SubAuthorityCount;
}

NT_EXPORT(RtlIdentifierAuthoritySid);
PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid)
{
    return &((SID *)Sid)->IdentifierAuthority;
}

NT_EXPORT(RtlCopySid);
NTSTATUS NTAPI RtlCopySid(ULONG Length, PSID Destination, PSID Source)
{
    ULONG Bytes = RtlLengthSid(Source);

    if (Bytes > Length)
        return STATUS_BUFFER_TOO_SMALL;
    RtlMoveMemory(Destination, Source, Bytes);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlAllocateAndInitializeSid);
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY Authority, UCHAR Count,
                                           ULONG Sub0, ULONG Sub1, ULONG Sub2, ULONG Sub3,
                                           ULONG Sub4, ULONG Sub5, ULONG Sub6, ULONG Sub7,
                                           PSID *Sid)
{
    const ULONG Sub[8] = {Sub0, Sub1, Sub2, Sub3, Sub4, Sub5, Sub6, Sub7};
    PSID New;

    if (Count > RTL_NUMBER_OF(Sub))
        return STATUS_INVALID_SID;
    New = ExAllocatePool2(POOL_FLAG_PAGED, RtlLengthRequiredSid(Count), 'iSeS');
    if (New == NULL)
        return STATUS_NO_MEMORY;
    RtlInitializeSid(New, Authority, Count);
    RtlCopyMemory(RtlSubAuthoritySid(New, 0), Sub, Count * sizeof(ULONG));
    *Sid = New;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlFreeSid);
PVOID NTAPI RtlFreeSid(PSID Sid)
{
    ExFreePool(Sid);
    return NULL;
}

/* One machine, one name: the domain part is fixed so that runs repeat. */
VOID SepMachineSid(SEP_SID *Sid, ULONG Rid)
{
    SID_IDENTIFIER_AUTHORITY Authority = SECURITY_NT_AUTHORITY;

    RtlInitializeSid(&Sid->Sid, &Authority, 5);
    *RtlSubAuthoritySid(&Sid->Sid, 0) = SECURITY_NT_NON_UNIQUE;
    *RtlSubAuthoritySid(&Sid->Sid, 1) = 1004336348;
    *RtlSubAuthoritySid(&Sid->Sid, 2) = 1177238915;
    *RtlSubAuthoritySid(&Sid->Sid, 3) = 682003330;
    *RtlSubAuthoritySid(&Sid->Sid, 4) = Rid;
}

/* ---- text ---- */

/* Longest: "S-1-", 0x and 12 digits, 15 times "-4294967295". */
#define SEP_SID_CHARS (4 + 14 + SID_MAX_SUB_AUTHORITIES * 11)

static PWCHAR SepPutNumber(PWCHAR At, ULONG Value)
{
    WCHAR Digits[10];
    ULONG Count = 0;

    do {
        Digits[Count++] = L'0' + (WCHAR)(Value % 10);
        Value /= 10;
    } while (Value != 0);
    while (Count > 0)
        *At++ = Digits[--Count];
    return At;
}

/* Below 2^32 in decimal, else 0x and twelve hexadecimal digits. */
static PWCHAR SepPutAuthority(PWCHAR At, const UCHAR *Value)
{
    static const char Hex[] = "0123456789ABCDEF";
    ULONG i;

    if (Value[0] == 0 && Value[1] == 0)
        return SepPutNumber(At, (ULONG)Value[2] << 24 | Value[3] << 16 | Value[4] << 8 | Value[5]);
    *At++ = L'0';
    *At++ = L'x';
    for (i = 0; i < 6; i++) {
        *At++ = (WCHAR)Hex[Value[i] >> 4];
        *At++ = (WCHAR)Hex[Value[i] & 15];
    }
    return At;
}

static ULONG SepSidToText(SID *Sid, PWCHAR Text)
{
    PWCHAR At = Text;
    ULONG i;

    *At++ = L'S';
    *At++ = L'-';
    At = SepPutNumber(At, Sid->Revision);
    *At++ = L'-';
    At = SepPutAuthority(At, Sid->IdentifierAuthority.Value);
    for (i = 0; i < Sid->SubAuthorityCount; i++) {
        *At++ = L'-';
        At = SepPutNumber(At, *RtlSubAuthoritySid(Sid, i));
    }
    return (ULONG)(At - Text);
}

NT_EXPORT(RtlConvertSidToUnicodeString);
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                            BOOLEAN AllocateDestinationString)
{
    WCHAR Text[SEP_SID_CHARS];
    USHORT Bytes;

    if (!RtlValidSid(Sid))
        return STATUS_INVALID_SID;
    Bytes = (USHORT)(SepSidToText(Sid, Text) * sizeof(WCHAR));
    if (AllocateDestinationString) {
        UnicodeString->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), 'grtS');
        if (UnicodeString->Buffer == NULL)
            return STATUS_NO_MEMORY;
        UnicodeString->MaximumLength = Bytes + sizeof(WCHAR);
    } else if (UnicodeString->MaximumLength < Bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyMemory(UnicodeString->Buffer, Text, Bytes);
    UnicodeString->Length = Bytes;
    if (UnicodeString->MaximumLength >= Bytes + sizeof(WCHAR))
        UnicodeString->Buffer[Bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}
