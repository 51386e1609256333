/*
 * Counted strings of bytes, and conversion between Unicode and the ANSI (1252), OEM (437) and UTF-8
 * forms: sizes, cut results, allocation, characters that a code page lacks.
 */
#include "tap.h"

NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING, PCSZ);
NTSTATUS NTAPI RtlInitStringEx(PSTRING, PCSZ);
VOID NTAPI RtlInitUTF8String(PSTRING, PCSZ);
NTSTATUS NTAPI RtlInitUTF8StringEx(PSTRING, PCSZ);
VOID NTAPI RtlFreeUTF8String(PSTRING);
BOOLEAN NTAPI RtlPrefixString(const STRING *, const STRING *, BOOLEAN);
NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING, PCUNICODE_STRING, BOOLEAN);
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PSTRING, PCUNICODE_STRING, BOOLEAN);
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING, const STRING *, BOOLEAN);
WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *);
BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR);

static VOID IsAnsi(const STRING *Got, const char *Expected, const char *Text)
{
    ULONG Length = 0;

    while (Expected[Length] != 0)
        Length++;
    is_ulong(Got->Length, Length, "%s: length", Text);
    is_bytes(Got->Buffer, Expected, Length, "%s: bytes", Text);
}

static VOID TestCounted(VOID)
{
    char Buffer[8];
    STRING To = {0, sizeof(Buffer), Buffer}, Abc, Upper, Other;

    tap_fill(&Abc);
    RtlInitString(&Abc, "abc");
    ok(Abc.Length == 3 && Abc.MaximumLength == 4, "RtlInitString");
    RtlInitAnsiString(&Other, NULL);
    ok(Other.Length == 0 && Other.MaximumLength == 0 && Other.Buffer == NULL,
       "RtlInitAnsiString of nothing");
    is_status(RtlInitAnsiStringEx(&Other, "xy"), STATUS_SUCCESS, "RtlInitAnsiStringEx");
    IsAnsi(&Other, "xy", "its text");
    RtlCopyString(&To, &Abc);
    IsAnsi(&To, "abc", "RtlCopyString");
    is_status(RtlAppendStringToString(&To, &Abc), STATUS_SUCCESS, "RtlAppendStringToString");
    IsAnsi(&To, "abcabc", "appended");
    is_status(RtlAppendStringToString(&To, &Abc), STATUS_BUFFER_TOO_SMALL, "no room");
    RtlUpperString(&To, &Abc);
    IsAnsi(&To, "ABC", "RtlUpperString");
    RtlInitString(&Upper, "ABC");
    is_bool(RtlEqualString(&Abc, &Upper, FALSE), FALSE, "RtlEqualString");
    is_bool(RtlEqualString(&Abc, &Upper, TRUE), TRUE, "RtlEqualString without case");
    ok(RtlCompareString(&Abc, &Upper, FALSE) > 0, "RtlCompareString");
    is_long(RtlCompareString(&Abc, &Upper, TRUE), 0, "RtlCompareString without case");
    RtlInitString(&Other, "AB");
    ok(RtlCompareString(&Other, &Abc, TRUE) < 0, "a shorter string");
    ok(RtlPrefixString(&Other, &Abc, TRUE) && !RtlPrefixString(&Other, &Abc, FALSE),
       "RtlPrefixString");
    is_hex((UCHAR)RtlUpperChar('q'), 'Q', "RtlUpperChar");
    is_hex((UCHAR)RtlUpperChar((CHAR)0xE9), 0xC9, "RtlUpperChar of e acute");
    is_hex((UCHAR)RtlUpperChar((CHAR)0xDF), 0xDF, "RtlUpperChar of sharp s");
    RtlCopyString(&To, NULL);
    is_ulong(To.Length, 0, "a copy of nothing");
}

static VOID TestNewInits(VOID)
{
    STRING Text;

    if (tap_routine(L"RtlInitUTF8StringEx") == NULL || tap_routine(L"RtlInitStringEx") == NULL) {
        skip(4, "newer routines are absent here");
        return;
    }
    RtlInitUTF8String(&Text, "ab");
    is_ulong(Text.MaximumLength, 3, "RtlInitUTF8String");
    is_status(RtlInitUTF8StringEx(&Text, "abc"), STATUS_SUCCESS, "RtlInitUTF8StringEx");
    is_status(RtlInitStringEx(&Text, NULL), STATUS_SUCCESS, "RtlInitStringEx");
    ok(Text.Buffer == NULL && Text.Length == 0, "of nothing");
}

static VOID TestAnsi(VOID)
{
    UNICODE_STRING Wide, Source = RTL_CONSTANT_STRING(L"a\x00E9\x20AC\x4E2D\x0100");
    ANSI_STRING Narrow, From = RTL_CONSTANT_STRING("a\xE9\x80");
    char Buffer[8];
    WCHAR WideBuffer[4];
    UCHAR One[] = {0x80, 'x'}, *At = One;

    is_status(RtlAnsiStringToUnicodeString(&Wide, &From, TRUE), STATUS_SUCCESS, "ANSI to Unicode");
    is_unicode(&Wide, L"a\x00E9\x20AC", "its text");
    ok(Wide.MaximumLength == 8 && Wide.Buffer[3] == 0, "terminated");
    RtlFreeUnicodeString(&Wide);
    Wide = (UNICODE_STRING){0, 6, WideBuffer};
    is_status(RtlAnsiStringToUnicodeString(&Wide, &From, FALSE), STATUS_BUFFER_OVERFLOW,
              "no room for the terminator");
    Wide.MaximumLength = 8;
    is_status(RtlAnsiStringToUnicodeString(&Wide, &From, FALSE), STATUS_SUCCESS, "room");
    is_status(RtlUnicodeStringToAnsiString(&Narrow, &Source, TRUE), STATUS_SUCCESS,
              "Unicode to ANSI");
    IsAnsi(&Narrow, "a\xE9\x80?A", "lacking characters");
    is_hex(Narrow.Buffer[5], 0, "terminated");
    RtlFreeAnsiString(&Narrow);
    ok(Narrow.Buffer == NULL && Narrow.Length == 0, "RtlFreeAnsiString empties");
    is_status(RtlUpcaseUnicodeStringToAnsiString(&Narrow, &Source, TRUE), STATUS_SUCCESS,
              "upcased");
    IsAnsi(&Narrow, "A\xC9\x80?A", "its text");
    RtlFreeAnsiString(&Narrow);
    Narrow = (ANSI_STRING){0, 5, Buffer};
    is_status(RtlUnicodeStringToAnsiString(&Narrow, &Source, FALSE), STATUS_BUFFER_OVERFLOW,
              "no room");
    is_ulong(RtlxAnsiStringToUnicodeSize(&From), 8, "RtlxAnsiStringToUnicodeSize");
    is_ulong(RtlxUnicodeStringToAnsiSize(&Source), 6, "RtlxUnicodeStringToAnsiSize");
    is_hex(RtlAnsiCharToUnicodeChar(&At), 0x20AC, "RtlAnsiCharToUnicodeChar");
    is_ptr(At, One + 1, "it moves on");
}

static VOID TestOem(VOID)
{
    UNICODE_STRING Wide, Source = RTL_CONSTANT_STRING(L"\x00E9z\x2592"), Empty = {0, 0, NULL};
    OEM_STRING Oem, From = RTL_CONSTANT_STRING("\x82z\xB1");
    WCHAR Char = 0xE9;

    is_status(RtlOemStringToUnicodeString(&Wide, &From, TRUE), STATUS_SUCCESS, "OEM to Unicode");
    is_unicode(&Wide, L"\x00E9z\x2592", "its text");
    RtlFreeUnicodeString(&Wide);
    is_status(RtlOemStringToCountedUnicodeString(&Wide, &From, TRUE), STATUS_SUCCESS,
              "OEM to counted Unicode");
    is_ulong(Wide.MaximumLength, 6, "no terminator");
    RtlFreeUnicodeString(&Wide);
    is_status(RtlUnicodeStringToOemString(&Oem, &Source, TRUE), STATUS_SUCCESS, "Unicode to OEM");
    IsAnsi(&Oem, "\x82z\xB1", "its text");
    RtlFreeOemString(&Oem);
    is_status(RtlUpcaseUnicodeStringToOemString(&Oem, &Source, TRUE), STATUS_SUCCESS, "upcased");
    IsAnsi(&Oem, "\x90Z\xB1", "its text");
    RtlFreeOemString(&Oem);
    is_status(RtlUnicodeStringToCountedOemString(&Oem, &Source, TRUE), STATUS_SUCCESS, "counted");
    is_ulong(Oem.MaximumLength, 3, "no terminator");
    RtlFreeOemString(&Oem);
    is_status(RtlUpcaseUnicodeStringToCountedOemString(&Oem, &Source, TRUE), STATUS_SUCCESS,
              "upcased, counted");
    IsAnsi(&Oem, "\x90Z\xB1", "its text");
    RtlFreeOemString(&Oem);
    is_status(RtlUnicodeStringToCountedOemString(&Oem, &Empty, TRUE), STATUS_SUCCESS, "nothing");
    is_ptr(Oem.Buffer, NULL, "allocates nothing");
    is_ulong(RtlxOemStringToUnicodeSize(&From), 8, "RtlxOemStringToUnicodeSize");
    is_ulong(RtlxUnicodeStringToOemSize(&Source), 4, "RtlxUnicodeStringToOemSize");
    ok(RtlIsValidOemCharacter(&Char) && Char == 0xC9, "RtlIsValidOemCharacter: its capital");
    Char = 0x4E2D;
    ok(!RtlIsValidOemCharacter(&Char), "a character that the OEM page lacks");
}

static VOID TestCounts(VOID)
{
    WCHAR Wide[4];
    char Narrow[4];
    ULONG Bytes = 0;

    is_status(RtlMultiByteToUnicodeN(Wide, 4, &Bytes, "abc", 3), STATUS_BUFFER_OVERFLOW,
              "RtlMultiByteToUnicodeN: cut");
    ok(Bytes == 4 && Wide[1] == 'b', "what fits");
    is_status(RtlUnicodeToMultiByteN(Narrow, 4, &Bytes, L"ab", 4), STATUS_SUCCESS,
              "RtlUnicodeToMultiByteN");
    ok(Bytes == 2 && Narrow[1] == 'b', "its bytes");
    is_status(RtlOemToUnicodeN(Wide, 8, &Bytes, "\x82", 1), STATUS_SUCCESS, "RtlOemToUnicodeN");
    is_hex(Wide[0], 0xE9, "its character");
    is_status(RtlUnicodeToOemN(Narrow, 4, &Bytes, L"\x00E9", 2), STATUS_SUCCESS,
              "RtlUnicodeToOemN");
    is_hex((UCHAR)Narrow[0], 0x82, "its byte");
    is_status(RtlUpcaseUnicodeToOemN(Narrow, 4, &Bytes, L"\x00E9", 2), STATUS_SUCCESS,
              "RtlUpcaseUnicodeToOemN");
    is_hex((UCHAR)Narrow[0], 0x90, "its byte");
    is_status(RtlUpcaseUnicodeToMultiByteN(Narrow, 4, &Bytes, L"q", 2), STATUS_SUCCESS,
              "RtlUpcaseUnicodeToMultiByteN");
    is_hex(Narrow[0], 'Q', "its byte");
    is_status(RtlMultiByteToUnicodeSize(&Bytes, "abc", 3), STATUS_SUCCESS,
              "RtlMultiByteToUnicodeSize");
    is_ulong(Bytes, 6, "its size");
    is_status(RtlUnicodeToMultiByteSize(&Bytes, L"abc", 6), STATUS_SUCCESS,
              "RtlUnicodeToMultiByteSize");
    is_ulong(Bytes, 3, "its size");
}

typedef struct _UTF8_ROW {
    PCSTR Narrow;
    ULONG NarrowBytes;
    PCWSTR Wide;
    ULONG WideBytes;
    BOOLEAN Whole;
} UTF8_ROW;

static VOID TestUtf8(VOID)
{
    static const UTF8_ROW Good[] = {
        {"a", 1, L"a", 2, TRUE},
        {"\xC3\xA9", 2, L"\x00E9", 2, TRUE},
        {"\xE2\x82\xAC", 3, L"\x20AC", 2, TRUE},
        {"\xF0\x9F\x98\x80", 4, L"\xD83D\xDE00", 4, TRUE},
        {"", 0, L"", 0, TRUE},
    };
    static const UTF8_ROW Bad[] = {
        /* to Unicode only */
        {"\x80", 1, L"\xFFFD", 2, FALSE},
        {"\xC3", 1, L"\xFFFD", 2, FALSE},
        {"\xC0\x80", 2, L"\xFFFD\xFFFD", 4, FALSE},
        {"\xED\xA0\x80", 3, L"\xFFFD\xFFFD\xFFFD", 6, FALSE},
        {"a\xE2\x82z", 4, L"a\xFFFDz", 6, FALSE},
        {"\xF4\x90\x80\x80", 4, L"\xFFFD\xFFFD\xFFFD\xFFFD", 8, FALSE},
    };
    WCHAR Wide[8];
    char Narrow[16];
    ULONG Bytes;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Good); i++) {
        is_status(
            RtlUTF8ToUnicodeN(Wide, sizeof(Wide), &Bytes, Good[i].Narrow, Good[i].NarrowBytes),
            STATUS_SUCCESS, "UTF-8 row %lu", i);
        ok(Bytes == Good[i].WideBytes && RtlEqualMemory(Wide, Good[i].Wide, Bytes),
           "its characters");
        is_status(
            RtlUnicodeToUTF8N(Narrow, sizeof(Narrow), &Bytes, Good[i].Wide, Good[i].WideBytes),
            STATUS_SUCCESS, "and back");
        ok(Bytes == Good[i].NarrowBytes && RtlEqualMemory(Narrow, Good[i].Narrow, Bytes),
           "its bytes");
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Bad); i++) {
        is_status(RtlUTF8ToUnicodeN(Wide, sizeof(Wide), &Bytes, Bad[i].Narrow, Bad[i].NarrowBytes),
                  STATUS_SOME_NOT_MAPPED, "ill-formed row %lu", i);
        ok(Bytes == Bad[i].WideBytes && RtlEqualMemory(Wide, Bad[i].Wide, Bytes),
           "its replacements");
    }
    is_status(RtlUnicodeToUTF8N(Narrow, 16, &Bytes, L"\xD83Dx", 4), STATUS_SOME_NOT_MAPPED,
              "half a pair");
    ok(Bytes == 4 && RtlEqualMemory(Narrow, "\xEF\xBF\xBDx", 4), "its replacement");
    is_status(RtlUnicodeToUTF8N(NULL, 0, &Bytes, L"\x20ACx", 4), STATUS_SUCCESS, "the size alone");
    is_ulong(Bytes, 4, "its size");
    is_status(RtlUnicodeToUTF8N(Narrow, 3, &Bytes, L"x\x20AC", 4), STATUS_BUFFER_TOO_SMALL,
              "no room");
    is_ulong(Bytes, 1, "whole characters only");
    is_status(RtlUnicodeToUTF8N(Narrow, 3, &Bytes, NULL, 4), STATUS_INVALID_PARAMETER_4,
              "no source");
    is_status(RtlUnicodeToUTF8N(NULL, 0, NULL, L"x", 2), STATUS_INVALID_PARAMETER, "no result");
    is_status(RtlUnicodeToUTF8N(Narrow, 3, &Bytes, L"x", 1), STATUS_INVALID_PARAMETER_5,
              "odd length");
    is_status(RtlUTF8ToUnicodeN(Wide, 2, &Bytes, "ab", 2), STATUS_BUFFER_TOO_SMALL, "no room");
    is_status(RtlUTF8ToUnicodeN(Wide, 2, &Bytes, NULL, 2), STATUS_INVALID_PARAMETER_4, "no source");
}

static VOID TestUtf8Strings(VOID)
{
    UNICODE_STRING Wide, Source = RTL_CONSTANT_STRING(L"\x20AC!");
    STRING Narrow;

    if (tap_routine(L"RtlUnicodeStringToUTF8String") == NULL) {
        skip(5, "newer routines are absent here");
        return;
    }
    is_status(RtlUnicodeStringToUTF8String(&Narrow, &Source, TRUE), STATUS_SUCCESS,
              "RtlUnicodeStringToUTF8String");
    IsAnsi(&Narrow, "\xE2\x82\xAC!", "its text");
    is_status(RtlUTF8StringToUnicodeString(&Wide, &Narrow, TRUE), STATUS_SUCCESS,
              "RtlUTF8StringToUnicodeString");
    is_unicode(&Wide, L"\x20AC!", "its text");
    RtlFreeUnicodeString(&Wide);
    RtlFreeUTF8String(&Narrow);
}

static VOID TestData(VOID)
{
    PBOOLEAN Tag = tap_routine(L"NlsMbCodePageTag"), OemTag = tap_routine(L"NlsMbOemCodePageTag");
    PUSHORT Ansi = tap_routine(L"NlsAnsiCodePage"), Oem = tap_routine(L"NlsOemCodePage");
    PUSHORT *Lead = tap_routine(L"NlsLeadByteInfo"), *OemLead = tap_routine(L"NlsOemLeadByteInfo");

    if (Tag == NULL || OemTag == NULL || Ansi == NULL || Oem == NULL || Lead == NULL ||
        OemLead == NULL) {
        skip(3, "data exports are not found here");
        return;
    }
    ok(!*Tag && !*OemTag, "no code page with lead bytes");
    ok(*Ansi == 1252 && *Oem == 437, "their numbers");
    ok((*Lead)[0x81] == 0 && (*OemLead)[0xFE] == 0, "no lead byte");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestCounted();
    TestNewInits();
    TestAnsi();
    TestOem();
    TestCounts();
    TestUtf8();
    TestUtf8Strings();
    TestData();
    return done();
}
