/*
 * Counted strings of bytes: STRING, ANSI_STRING, OEM_STRING, UTF8_STRING. Case is that of the ANSI
 * code page. Left out: nothing.
 */
#include "rtl.h"

static NTSTATUS RtlpInitBytes(PSTRING Destination, PCSZ Source)
{
    SIZE_T Bytes = Source != NULL ? strlen(Source) : 0;

    *Destination = (STRING){0};
    if (Bytes > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    Destination->Buffer = (PCHAR)Source;
    Destination->Length = (USHORT)Bytes;
    Destination->MaximumLength = (USHORT)(Source != NULL ? Bytes + 1 : 0);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlInitString);
VOID NTAPI RtlInitString(PSTRING Destination, PCSZ Source)
{
    if (RtlpInitBytes(Destination, Source) != STATUS_SUCCESS)
        *Destination =
            (STRING){0xFFFE, 0xFFFF, (PCHAR)Source}; /* cut, as RtlInitUnicodeString does */
}

NT_EXPORT(RtlInitAnsiString);
VOID NTAPI RtlInitAnsiString(PANSI_STRING Destination, PCSZ Source)
{
    RtlInitString(Destination, Source);
}

NT_EXPORT(RtlInitUTF8String);
VOID NTAPI RtlInitUTF8String(PSTRING Destination, PCSZ Source)
{
    RtlInitString(Destination, Source);
}

NT_EXPORT(RtlInitStringEx);
NTSTATUS NTAPI RtlInitStringEx(PSTRING Destination, PCSZ Source)
{
    return RtlpInitBytes(Destination, Source);
}

NT_EXPORT(RtlInitAnsiStringEx);
NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING Destination, PCSZ Source)
{
    return RtlpInitBytes(Destination, Source);
}

NT_EXPORT(RtlInitUTF8StringEx);
NTSTATUS NTAPI RtlInitUTF8StringEx(PSTRING Destination, PCSZ Source)
{
    return RtlpInitBytes(Destination, Source);
}

NT_EXPORT(RtlCopyString);
VOID NTAPI RtlCopyString(PSTRING Destination, const PSTRING Source)
{
    USHORT Bytes;

    if (Source == NULL) {
        Destination->Length = 0;
        return;
    }
    Bytes =
        Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
    memmove(Destination->Buffer, Source->Buffer, Bytes);
    Destination->Length = Bytes;
}

NT_EXPORT(RtlAppendStringToString);
NTSTATUS NTAPI RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    if ((ULONG)Destination->Length + Source->Length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    Destination->Length = (USHORT)(Destination->Length + Source->Length);
    return STATUS_SUCCESS;
}

static LONG RtlpCompareBytes(const STRING *First, const STRING *Second, ULONG Bytes,
                             BOOLEAN CaseInsensitive)
{
    for (ULONG Index = 0; Index < Bytes; Index++) {
        UCHAR A = (UCHAR)First->Buffer[Index], B = (UCHAR)Second->Buffer[Index];
        if (A != B && CaseInsensitive) {
            A = (UCHAR)RtlUpperChar((CHAR)A);
            B = (UCHAR)RtlUpperChar((CHAR)B);
        }
        if (A != B)
            return (LONG)A - (LONG)B;
    }
    return 0;
}

NT_EXPORT(RtlCompareString);
LONG NTAPI RtlCompareString(const PSTRING First, const PSTRING Second, BOOLEAN CaseInsensitive)
{
    ULONG Bytes = First->Length < Second->Length ? First->Length : Second->Length;
    LONG Order = RtlpCompareBytes(First, Second, Bytes, CaseInsensitive);

    return Order != 0 ? Order : (LONG)First->Length - (LONG)Second->Length;
}

NT_EXPORT(RtlEqualString);
BOOLEAN NTAPI RtlEqualString(const PSTRING First, const PSTRING Second, BOOLEAN CaseInsensitive)
{
    return First->Length == Second->Length &&
           RtlpCompareBytes(First, Second, First->Length, CaseInsensitive) == 0;
}

NT_EXPORT(RtlPrefixString);
BOOLEAN NTAPI RtlPrefixString(const STRING *Prefix, const STRING *String, BOOLEAN CaseInsensitive)
{
    return Prefix->Length <= String->Length &&
           RtlpCompareBytes(Prefix, String, Prefix->Length, CaseInsensitive) == 0;
}

NT_EXPORT(RtlUpperString);
VOID NTAPI RtlUpperString(PSTRING Destination, const PSTRING Source)
{
    USHORT Bytes =
        Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;

    for (ULONG Index = 0; Index < Bytes; Index++)
        Destination->Buffer[Index] = RtlUpperChar(Source->Buffer[Index]);
    Destination->Length = Bytes;
}

static VOID RtlpFreeBytes(PSTRING String)
{
    if (String->Buffer == NULL)
        return;
    ExFreePoolWithTag(String->Buffer, 0);
    *String = (STRING){0};
}

NT_EXPORT(RtlFreeAnsiString);
VOID NTAPI RtlFreeAnsiString(PANSI_STRING String)
{
    RtlpFreeBytes(String);
}

NT_EXPORT(RtlFreeOemString);
VOID NTAPI RtlFreeOemString(POEM_STRING String)
{
    RtlpFreeBytes(String);
}

NT_EXPORT(RtlFreeUTF8String);
VOID NTAPI RtlFreeUTF8String(PSTRING String)
{
    RtlpFreeBytes(String);
}
