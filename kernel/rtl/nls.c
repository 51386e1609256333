/*
 * Code pages and case: what drivers see of NT's national language support. The ANSI code page is
 * 1252, the OEM code page 437, both of one byte a character, so no lead bytes exist. Left out:
 * other code pages.
 */
#include "rtl.h"
#include "nls.h"

static USHORT RtlpNoLeadBytes[256]; /* by byte; 0: not a lead byte */

NT_EXPORT_DATA(NlsAnsiCodePage);
USHORT NlsAnsiCodePage = 1252;
NT_EXPORT_DATA(NlsOemCodePage);
USHORT NlsOemCodePage = 437;
NT_EXPORT_DATA(NlsMbCodePageTag);
BOOLEAN NlsMbCodePageTag = FALSE; /* TRUE when the ANSI code page has lead bytes */
NT_EXPORT_DATA(NlsMbOemCodePageTag);
BOOLEAN NlsMbOemCodePageTag = FALSE;
NT_EXPORT_DATA(NlsLeadByteInfo);
PUSHORT NlsLeadByteInfo = RtlpNoLeadBytes;
NT_EXPORT_DATA(NlsOemLeadByteInfo);
PUSHORT NlsOemLeadByteInfo = RtlpNoLeadBytes;

static UCHAR RtlpFindByte(const ULONG *Rows, ULONG Count, WCHAR Char)
{
    ULONG Low = 0, High = Count;

    if (Char < 0x80)
        return (UCHAR)Char;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        WCHAR Here = (WCHAR)(Rows[Middle] >> 8);
        if (Here == Char)
            return (UCHAR)Rows[Middle];
        if (Here < Char)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return '?';
}

UCHAR RtlpCharToAnsi(WCHAR Char)
{
    return RtlpFindByte(RtlpUnicodeToAnsi, RtlpUnicodeToAnsiRows, Char);
}

UCHAR RtlpCharToOem(WCHAR Char)
{
    return RtlpFindByte(RtlpUnicodeToOem, RtlpUnicodeToOemRows, Char);
}

NT_EXPORT(RtlUpcaseUnicodeChar);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Char)
{
    return RtlpUpcase(Char);
}

NT_EXPORT(RtlDowncaseUnicodeChar);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR Char)
{
    return RtlpDowncase(Char);
}

/* Upper case in the ANSI code page; a letter whose capital the page lacks stays. */
NT_EXPORT(RtlUpperChar);
CHAR NTAPI RtlUpperChar(CHAR Char)
{
    WCHAR Upper = RtlpUpcase(RtlpAnsiToUnicode[(UCHAR)Char]);
    UCHAR Byte = RtlpCharToAnsi(Upper);

    return RtlpAnsiToUnicode[Byte] == Upper ? (CHAR)Byte : Char;
}

NT_EXPORT(RtlAnsiCharToUnicodeChar);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter)
{
    return RtlpAnsiToUnicode[*(*SourceCharacter)++];
}

/* TRUE when the character has a place in the OEM code page; *Char becomes the capital. [guess] */
NT_EXPORT(RtlIsValidOemCharacter);
BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR Char)
{
    WCHAR Upper = RtlpUpcase(*Char);
    UCHAR Byte = RtlpCharToOem(Upper);

    if (Byte == '?' && Upper != '?')
        return FALSE;
    *Char = RtlpOemToUnicode[Byte];
    return TRUE;
}

static NTSTATUS RtlpBytesToUnicode(const WCHAR *Page, PWCH To, ULONG ToBytes, PULONG Result,
                                   PCCH From, ULONG FromBytes)
{
    ULONG Count = FromBytes < ToBytes / sizeof(WCHAR) ? FromBytes : ToBytes / sizeof(WCHAR);

    for (ULONG Index = 0; Index < Count; Index++)
        To[Index] = Page[(UCHAR)From[Index]];
    if (Result != NULL)
        *Result = Count * sizeof(WCHAR);
    return Count < FromBytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS RtlpUnicodeToBytes(UCHAR (*ToByte)(WCHAR), BOOLEAN Upcase, PCHAR To, ULONG ToBytes,
                                   PULONG Result, PCWCH From, ULONG FromBytes)
{
    ULONG Wanted = FromBytes / sizeof(WCHAR), Count = Wanted < ToBytes ? Wanted : ToBytes;

    for (ULONG Index = 0; Index < Count; Index++)
        To[Index] = (CHAR)ToByte(Upcase ? RtlpUpcase(From[Index]) : From[Index]);
    if (Result != NULL)
        *Result = Count;
    return Count < Wanted ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NT_EXPORT(RtlMultiByteToUnicodeN);
NTSTATUS NTAPI RtlMultiByteToUnicodeN(PWCH To, ULONG ToBytes, PULONG Result, const CHAR *From,
                                      ULONG FromBytes)
{
    return RtlpBytesToUnicode(RtlpAnsiToUnicode, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlOemToUnicodeN);
NTSTATUS NTAPI RtlOemToUnicodeN(PWCH To, ULONG ToBytes, PULONG Result, PCCH From, ULONG FromBytes)
{
    return RtlpBytesToUnicode(RtlpOemToUnicode, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlUnicodeToMultiByteN);
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR To, ULONG ToBytes, PULONG Result, PCWCH From,
                                      ULONG FromBytes)
{
    return RtlpUnicodeToBytes(RtlpCharToAnsi, FALSE, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlUpcaseUnicodeToMultiByteN);
NTSTATUS NTAPI RtlUpcaseUnicodeToMultiByteN(PCHAR To, ULONG ToBytes, PULONG Result, PCWCH From,
                                            ULONG FromBytes)
{
    return RtlpUnicodeToBytes(RtlpCharToAnsi, TRUE, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlUnicodeToOemN);
NTSTATUS NTAPI RtlUnicodeToOemN(PCHAR To, ULONG ToBytes, PULONG Result, PCWCH From, ULONG FromBytes)
{
    return RtlpUnicodeToBytes(RtlpCharToOem, FALSE, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlUpcaseUnicodeToOemN);
NTSTATUS NTAPI RtlUpcaseUnicodeToOemN(PCHAR To, ULONG ToBytes, PULONG Result, PCWCH From,
                                      ULONG FromBytes)
{
    return RtlpUnicodeToBytes(RtlpCharToOem, TRUE, To, ToBytes, Result, From, FromBytes);
}

NT_EXPORT(RtlMultiByteToUnicodeSize);
NTSTATUS NTAPI RtlMultiByteToUnicodeSize(PULONG Result, const CHAR *From, ULONG FromBytes)
{
    UNREFERENCED_PARAMETER(From);
    *Result = FromBytes * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlUnicodeToMultiByteSize);
NTSTATUS NTAPI RtlUnicodeToMultiByteSize(PULONG Result, PCWCH From, ULONG FromBytes)
{
    UNREFERENCED_PARAMETER(From);
    *Result = FromBytes / sizeof(WCHAR);
    return STATUS_SUCCESS;
}
