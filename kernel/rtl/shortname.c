/*
 * Short (8.3) names: what is one, and making one for a long name. [doc: RtlIsNameLegalDOS8Dot3, RtlGenerate8dot3Name,
 * FsRtlIsFatDbcsLegal] The OEM code page is a single-byte one, so there are no lead bytes. Generated names: up to six
 * characters, a tilde and a number; after the fourth two characters, four digits of a checksum of the long name, and the
 * tilde. [guess: the checksum is our own]
 */
#include "rtl.h"
#include "nls.h"

#define RTLP_BASE 8u
#define RTLP_EXTENSION 3u

/* ---- what is legal ---- */

/* One component, without backslashes: eight characters, then perhaps a dot and up to three. */
static BOOLEAN FsRtlpIsFatComponent(const CHAR *Name, ULONG Length, BOOLEAN Wild)
{
    ULONG Dot = Length, Mask = FSRTL_FAT_LEGAL | (Wild ? FSRTL_WILD_CHARACTER : 0);

    if (Length == 0)
        return FALSE;
    if (Name[0] == '.') /* only the two folders may begin with a dot */
        return Length == 1 || (Length == 2 && Name[1] == '.');
    for (ULONG i = 0; i < Length; i++) {
        UCHAR Char = (UCHAR)Name[i];

        if (Char < 0x80 && !(FsRtlLegalAnsiCharacterArray[Char] & Mask))
            return FALSE;
        if (Char != '.')
            continue;
        if (Dot != Length || i == Length - 1)
            return FALSE; /* a second dot, or one at the end */
        Dot = i;
        if (Name[i - 1] == ' ')
            return FALSE;
    }
    if (Name[Length - 1] == ' ')
        return FALSE;
    if (Wild)
        return Length <= RTLP_BASE + 1 + RTLP_EXTENSION; /* what a wild card stands for is not known */
    return Dot <= RTLP_BASE && (Dot == Length || Length - Dot - 1 <= RTLP_EXTENSION);
}

NT_EXPORT(FsRtlIsFatDbcsLegal);
BOOLEAN NTAPI FsRtlIsFatDbcsLegal(ANSI_STRING DbcsName, BOOLEAN WildCardsPermissible, BOOLEAN PathNamePermissible,
                                  BOOLEAN LeadingBackslashPermissible)
{
    ULONG At = 0, End;

    if (DbcsName.Length == 0)
        return FALSE;
    if (DbcsName.Buffer[0] == '\\') {
        if (!LeadingBackslashPermissible)
            return FALSE;
        if (DbcsName.Length == 1)
            return TRUE;
        At = 1;
    }
    for (;; At = End + 1) {
        for (End = At; End < DbcsName.Length && DbcsName.Buffer[End] != '\\';)
            End++;
        if (End < DbcsName.Length && !PathNamePermissible)
            return FALSE;
        if (!FsRtlpIsFatComponent(DbcsName.Buffer + At, End - At, WildCardsPermissible))
            return FALSE;
        if (End == DbcsName.Length)
            return TRUE;
    }
}

NT_EXPORT(RtlIsNameLegalDOS8Dot3);
BOOLEAN NTAPI RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces)
{
    CHAR Own[RTLP_BASE + 1 + RTLP_EXTENSION];
    OEM_STRING Local = {0, sizeof(Own), Own}, *Oem = OemName != NULL ? OemName : &Local;
    BOOLEAN Spaces = FALSE;

    if (Name->Length == 0 || Name->Length > sizeof(Own) * sizeof(WCHAR) ||
        !NT_SUCCESS(RtlUpcaseUnicodeStringToCountedOemString(Oem, Name, FALSE)) ||
        !FsRtlIsFatDbcsLegal(*Oem, FALSE, FALSE, FALSE))
        return FALSE;
    for (ULONG i = 0; i < Oem->Length; i++)
        Spaces |= Oem->Buffer[i] == ' ';
    if (NameContainsSpaces != NULL)
        *NameContainsSpaces = Spaces;
    return TRUE;
}

/* ---- making one ---- */

/* The character of a short name for one of a long name; 0: none. */
static WCHAR RtlpShortChar(WCHAR Char, BOOLEAN Extended)
{
    WCHAR Upper = RtlpUpcase(Char);

    if (wcschr(L":;,+=[]", Char) != NULL && Char != 0)
        return L'_'; /* [doc] */
    if (Upper <= L' ' || Upper == L'.' || Upper == 0x7F || (Upper >= 0x80 && !Extended))
        return 0;
    return Upper >= 0x80 || (FsRtlLegalAnsiCharacterArray[Upper] & FSRTL_FAT_LEGAL) ? Upper : 0;
}

/* The parts of the short name that stay: in Context, once. */
static VOID RtlpStartShortName(PCUNICODE_STRING Name, BOOLEAN Extended, PGENERATE_NAME_CONTEXT Context)
{
    ULONG Length = Name->Length / sizeof(WCHAR), First = 0, Dot = Length;
    WCHAR Char;

    while (First < Length && Name->Buffer[First] == L'.')
        First++; /* [doc] leading periods are skipped */
    for (ULONG i = First; i < Length; i++)
        if (Name->Buffer[i] == L'.')
            Dot = i;
    for (ULONG i = First; i < Dot && Context->NameLength < 6; i++) {
        Char = RtlpShortChar(Name->Buffer[i], Extended);
        if (Char != 0)
            Context->NameBuffer[Context->NameLength++] = Char;
    }
    Context->ExtensionBuffer[0] = L'.';
    Context->ExtensionLength = 1;
    for (ULONG i = Dot + 1; i < Length && Context->ExtensionLength <= RTLP_EXTENSION; i++) {
        Char = RtlpShortChar(Name->Buffer[i], Extended);
        if (Char != 0)
            Context->ExtensionBuffer[Context->ExtensionLength++] = Char;
    }
    if (Context->ExtensionLength == 1)
        Context->ExtensionLength = 0;
    for (ULONG i = 0; i < Length; i++)
        Context->Checksum = (USHORT)(Context->Checksum * 31 + Name->Buffer[i]);
}

/* Two characters and four digits of the checksum in place of the first six. */
static VOID RtlpInsertChecksum(PGENERATE_NAME_CONTEXT Context)
{
    UCHAR Kept = min(Context->NameLength, 2);

    for (ULONG i = 0; i < 4; i++)
        Context->NameBuffer[Kept + i] = L"0123456789ABCDEF"[Context->Checksum >> (12 - 4 * i) & 15];
    Context->NameLength = (UCHAR)(Kept + 4);
    Context->CheckSumInserted = TRUE;
    Context->LastIndexValue = 0;
}

NT_EXPORT(RtlGenerate8dot3Name);
NTSTATUS NTAPI RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters, PGENERATE_NAME_CONTEXT Context,
                                    PUNICODE_STRING Name8dot3)
{
    WCHAR Number[12];
    ULONG Digits, Base;

    if (Context->LastIndexValue == 0 && !Context->CheckSumInserted)
        RtlpStartShortName(Name, AllowExtendedCharacters, Context);
    if (++Context->LastIndexValue > 4 && !Context->CheckSumInserted) {
        RtlpInsertChecksum(Context);
        Context->LastIndexValue = 1;
    }
    if (Context->LastIndexValue > 999999)
        return STATUS_FILE_SYSTEM_LIMITATION; /* [doc] a million tries */
    Digits = (ULONG)_snwprintf(Number, RTL_NUMBER_OF(Number), L"~%lu", Context->LastIndexValue);
    Base = min(Context->NameLength, RTLP_BASE - Digits);
    RtlCopyMemory(Name8dot3->Buffer, Context->NameBuffer, Base * sizeof(WCHAR));
    RtlCopyMemory(Name8dot3->Buffer + Base, Number, Digits * sizeof(WCHAR));
    RtlCopyMemory(Name8dot3->Buffer + Base + Digits, Context->ExtensionBuffer, Context->ExtensionLength * sizeof(WCHAR));
    Name8dot3->Length = (USHORT)((Base + Digits + Context->ExtensionLength) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}
