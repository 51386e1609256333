/*
 * UNICODE_STRING routines and case: lengths, terminators, cut results, comparison, hash,
 * duplicates, numbers.
 */
#include "tap.h"

BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN);

static VOID TestInit(VOID)
{
    UNICODE_STRING String;
    PWSTR Long;

    tap_fill(&String);
    RtlInitUnicodeString(&String, L"abc");
    ok(String.Length == 6 && String.MaximumLength == 8, "RtlInitUnicodeString: lengths");
    is_unicode(&String, L"abc", "its text");
    tap_fill(&String);
    RtlInitUnicodeString(&String, NULL);
    ok(String.Length == 0 && String.MaximumLength == 0 && String.Buffer == NULL,
       "without a source");
    Long = ExAllocatePoolWithTag(PagedPool, 0x20000, 'tseT');
    if (!ok(Long != NULL, "a long buffer"))
        return;
    for (ULONG i = 0; i < 0xFFFF; i++)
        Long[i] = L'x';
    Long[0x7FFF] = 0; /* 0xFFFE bytes: one character too many */
    RtlInitUnicodeString(&String, Long);
    is_hex(String.Length, 0xFFFC, "a long source is cut");
    is_hex(String.MaximumLength, 0xFFFE, "and its maximum");
    is_status(RtlInitUnicodeStringEx(&String, Long), STATUS_NAME_TOO_LONG,
              "RtlInitUnicodeStringEx: too long");
    Long[0x7FFE] = 0;
    is_status(RtlInitUnicodeStringEx(&String, Long), STATUS_SUCCESS,
              "RtlInitUnicodeStringEx: just fits");
    is_hex(String.Length, 0xFFFC, "its length");
    ExFreePoolWithTag(Long, 'tseT');
}

static VOID TestCopyAppend(VOID)
{
    WCHAR Buffer[8];
    UNICODE_STRING To = {0, sizeof(Buffer), Buffer}, Abc = RTL_CONSTANT_STRING(L"abc");

    tap_fill(&Buffer);
    RtlCopyUnicodeString(&To, &Abc);
    is_unicode(&To, L"abc", "RtlCopyUnicodeString");
    ok(Buffer[3] == 0 && Buffer[4] == 0xA5A5, "terminated, nothing behind");
    is_status(RtlAppendUnicodeToString(&To, L"de"), STATUS_SUCCESS, "RtlAppendUnicodeToString");
    is_unicode(&To, L"abcde", "appended");
    is_hex(Buffer[5], 0, "terminated");
    is_status(RtlAppendUnicodeStringToString(&To, &Abc), STATUS_SUCCESS, "append to the very end");
    is_ulong(To.Length, 16, "full");
    is_status(RtlAppendUnicodeToString(&To, L"x"), STATUS_BUFFER_TOO_SMALL, "no room");
    is_status(RtlAppendUnicodeStringToString(&To, &Abc), STATUS_BUFFER_TOO_SMALL,
              "no room for a string");
    is_unicode(&To, L"abcdeabc", "unchanged");
    is_status(RtlAppendUnicodeToString(&To, NULL), STATUS_SUCCESS, "append nothing");
    To.MaximumLength = 4;
    To.Length = 0;
    tap_fill(&Buffer);
    RtlCopyUnicodeString(&To, &Abc);
    is_unicode(&To, L"ab", "a copy that does not fit is cut");
    is_hex(Buffer[2], 0xA5A5, "and not terminated");
    RtlCopyUnicodeString(&To, NULL);
    is_ulong(To.Length, 0, "a copy of nothing");
}

static VOID TestCompare(VOID)
{
    static const struct { PCWSTR First, Second; LONG Sign, SignFolded;
    } Table[] = {
        {L"abc", L"abc", 0, 0}, {L"abc", L"ABC", 1, 0},       {L"ab", L"abc", -1, -1},
        {L"abc", L"ab", 1, 1},  {L"a_", L"aB", 1, 1},         {L"aB", L"ab", -1, 0},
        {L"", L"", 0, 0},       {L"\x00E9", L"\x00C9", 1, 0}, {L"z", L"\x00E4", -1, -1},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        UNICODE_STRING First, Second;
        LONG Got, Folded;
        RtlInitUnicodeString(&First, Table[i].First);
        RtlInitUnicodeString(&Second, Table[i].Second);
        Got = RtlCompareUnicodeString(&First, &Second, FALSE);
        Folded = RtlCompareUnicodeString(&First, &Second, TRUE);
        is_long((Got > 0) - (Got < 0), Table[i].Sign, "compare row %lu", i);
        is_long((Folded > 0) - (Folded < 0), Table[i].SignFolded, "row %lu without case", i);
        is_bool(RtlEqualUnicodeString(&First, &Second, FALSE), Table[i].Sign == 0, "equal row %lu",
                i);
        is_bool(RtlEqualUnicodeString(&First, &Second, TRUE), Table[i].SignFolded == 0,
                "equal row %lu without case", i);
    }
    is_long(RtlCompareUnicodeStrings(L"abX", 2, L"abY", 2, FALSE), 0,
            "RtlCompareUnicodeStrings counts");
}

static VOID TestPrefix(VOID)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\Device\\Foo"),
                   Prefix = RTL_CONSTANT_STRING(L"\\DEVICE");
    UNICODE_STRING Suffix = RTL_CONSTANT_STRING(L"\\foo"), Empty = {0, 0, NULL};

    ok(RtlPrefixUnicodeString(&Prefix, &Path, TRUE), "a prefix without case");
    ok(!RtlPrefixUnicodeString(&Prefix, &Path, FALSE), "not with case");
    ok(!RtlPrefixUnicodeString(&Path, &Prefix, TRUE), "longer than the string");
    ok(RtlPrefixUnicodeString(&Empty, &Path, FALSE), "the empty prefix");
    if (tap_routine(L"RtlSuffixUnicodeString") == NULL) {
        skip(2, "RtlSuffixUnicodeString is absent here");
        return;
    }
    ok(RtlSuffixUnicodeString(&Suffix, &Path, TRUE), "a suffix without case");
    ok(!RtlSuffixUnicodeString(&Suffix, &Path, FALSE), "not with case");
}

static VOID TestCase(VOID)
{
    static const struct { WCHAR Lower, Upper;
    } Pair[] = {
        {'a', 'A'},       {'z', 'Z'},       {0xE0, 0xC0},     {0xFE, 0xDE},     {0xFF, 0x178},
        {0x101, 0x100},   {0x3B1, 0x391},   {0x3CE, 0x38F},   {0x430, 0x410},   {0x45F, 0x40F},
        {0x561, 0x531},   {0x1E01, 0x1E00}, {0x1F80, 0x1F88}, {0x2170, 0x2160}, {0x24D0, 0x24B6},
        {0xFF41, 0xFF21}, {0x1C6, 0x1C4},
    };
    static const WCHAR Alone[] = {'0',  '@',   '[',    '`',    '{',    0xDF,  0xF7,
                                  0xD7, 0x131, 0x3000, 0x4E2D, 0xD800, 0xFFFF};
    UNICODE_STRING Mixed = RTL_CONSTANT_STRING(L"aB\x00E9\x03C3"), To;
    WCHAR Buffer[4];

    for (ULONG i = 0; i < RTL_NUMBER_OF(Pair); i++) {
        is_hex(RtlUpcaseUnicodeChar(Pair[i].Lower), Pair[i].Upper, "upper case of %04X",
               Pair[i].Lower);
        is_hex(RtlUpcaseUnicodeChar(Pair[i].Upper), Pair[i].Upper, "upper case of %04X",
               Pair[i].Upper);
        is_hex(RtlDowncaseUnicodeChar(Pair[i].Upper), Pair[i].Lower, "lower case of %04X",
               Pair[i].Upper);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Alone); i++) {
        is_hex(RtlUpcaseUnicodeChar(Alone[i]), Alone[i], "%04X has no upper case", Alone[i]);
        is_hex(RtlDowncaseUnicodeChar(Alone[i]), Alone[i], "%04X has no lower case", Alone[i]);
    }
    is_status(RtlUpcaseUnicodeString(&To, &Mixed, TRUE), STATUS_SUCCESS, "RtlUpcaseUnicodeString");
    is_unicode(&To, L"AB\x00C9\x03A3", "capitals");
    RtlFreeUnicodeString(&To);
    ok(To.Buffer == NULL && To.Length == 0 && To.MaximumLength == 0,
       "RtlFreeUnicodeString empties");
    To = (UNICODE_STRING){0, sizeof(Buffer), Buffer};
    is_status(RtlDowncaseUnicodeString(&To, &Mixed, FALSE), STATUS_SUCCESS,
              "RtlDowncaseUnicodeString");
    is_unicode(&To, L"ab\x00E9\x03C3", "small letters");
    To.MaximumLength = 6;
    is_status(RtlUpcaseUnicodeString(&To, &Mixed, FALSE), STATUS_BUFFER_OVERFLOW, "no room");
}

static VOID TestHash(VOID)
{
    UNICODE_STRING String = RTL_CONSTANT_STRING(L"aB"), Other = RTL_CONSTANT_STRING(L"Ab");
    ULONG First = 0, Second = 0;

    is_status(RtlHashUnicodeString(&String, FALSE, HASH_STRING_ALGORITHM_X65599, &First),
              STATUS_SUCCESS, "hash");
    is_ulong(First, 'a' * 65599u + 'B', "x65599");
    RtlHashUnicodeString(&String, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &First);
    RtlHashUnicodeString(&Other, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Second);
    is_ulong(First, Second, "without case");
    is_ulong(First, 'A' * 65599u + 'B', "of capitals");
    is_status(RtlHashUnicodeString(&String, FALSE, 7, &First), STATUS_INVALID_PARAMETER,
              "unknown algorithm");
    is_status(RtlHashUnicodeString(&String, FALSE, 0, NULL), STATUS_INVALID_PARAMETER, "no result");
}

static VOID TestDuplicate(VOID)
{
    UNICODE_STRING Abc = RTL_CONSTANT_STRING(L"abc"), Empty = {0, 0, NULL}, Odd = {3, 4, L"ab"}, To;

    is_status(RtlDuplicateUnicodeString(0, &Abc, &To), STATUS_SUCCESS, "duplicate");
    ok(To.Length == 6 && To.MaximumLength == 6 && To.Buffer != Abc.Buffer, "its lengths");
    is_unicode(&To, L"abc", "its text");
    RtlFreeUnicodeString(&To);
    is_status(RtlDuplicateUnicodeString(1, &Abc, &To), STATUS_SUCCESS, "duplicate, terminated");
    ok(To.MaximumLength == 8 && To.Buffer[3] == 0, "the terminator");
    RtlFreeUnicodeString(&To);
    tap_fill(&To);
    is_status(RtlDuplicateUnicodeString(1, &Empty, &To), STATUS_SUCCESS, "duplicate of nothing");
    ok(To.Buffer == NULL && To.Length == 0 && To.MaximumLength == 0, "is nothing");
    is_status(RtlDuplicateUnicodeString(3, &Empty, &To), STATUS_SUCCESS, "but for flag 2");
    ok(To.Buffer != NULL && To.MaximumLength == 2 && To.Buffer[0] == 0,
       "an empty terminated string");
    RtlFreeUnicodeString(&To);
    is_status(RtlDuplicateUnicodeString(2, &Abc, &To), STATUS_INVALID_PARAMETER, "flag 2 alone");
    is_status(RtlDuplicateUnicodeString(8, &Abc, &To), STATUS_INVALID_PARAMETER, "unknown flag");
    is_status(RtlDuplicateUnicodeString(0, &Odd, &To), STATUS_INVALID_PARAMETER, "odd length");
    is_status(RtlValidateUnicodeString(0, &Abc), STATUS_SUCCESS, "RtlValidateUnicodeString");
    is_status(RtlValidateUnicodeString(0, &Odd), STATUS_INVALID_PARAMETER, "of an odd length");
    is_status(RtlValidateUnicodeString(1, &Abc), STATUS_INVALID_PARAMETER, "with a flag");
    ok(RtlCreateUnicodeString(&To, L"new"), "RtlCreateUnicodeString");
    ok(To.Length == 6 && To.MaximumLength == 8 && To.Buffer[3] == 0, "its lengths");
    RtlFreeUnicodeString(&To);
}

static VOID TestIntegerToText(VOID)
{
    static const struct { ULONG64 Value; ULONG Base; PCWSTR Text; } Table[] = {
        {0, 0, L"0"},        {12345, 10, L"12345"}, {255, 16, L"FF"}, {8, 8, L"10"},
        {5, 2, L"101"},      {0xFFFFFFFF, 10, L"4294967295"},
    };
    WCHAR Buffer[66];
    UNICODE_STRING To = {0, sizeof(Buffer), Buffer};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        tap_fill(&Buffer);
        is_status(RtlIntegerToUnicodeString((ULONG)Table[i].Value, Table[i].Base, &To),
                  STATUS_SUCCESS, "row %lu", i);
        is_unicode(&To, Table[i].Text, "its digits");
        is_hex(Buffer[To.Length / 2], 0, "terminated");
    }
    is_status(RtlInt64ToUnicodeString(~0ull, 16, &To), STATUS_SUCCESS, "RtlInt64ToUnicodeString");
    is_unicode(&To, L"FFFFFFFFFFFFFFFF", "its digits");
    is_status(RtlIntegerToUnicodeString(1, 3, &To), STATUS_INVALID_PARAMETER, "base 3");
    To.MaximumLength = 4;
    is_status(RtlIntegerToUnicodeString(99, 10, &To), STATUS_SUCCESS, "just fits, no terminator");
    is_status(RtlIntegerToUnicodeString(100, 10, &To), STATUS_BUFFER_OVERFLOW, "does not fit");
}

static VOID TestTextToInteger(VOID)
{
    /* The examples of the public page first. */
    static const struct { PCWSTR Text; PCSTR Narrow; ULONG Base; LONG Value;
    } Table[] = {
        {L"123", "123", 10, 123},
        {L"-345", "-345", 10, -345},
        {L"xyz", "xyz", 10, 0},
        {L"+678abc", "+678abc", 10, 678},
        {L"+678abc", "+678abc", 16, 0x678abc},
        {L"0x1F", "0x1F", 0, 31},
        {L"0o17", "0o17", 0, 15},
        {L"0b101", "0b101", 0, 5},
        {L"  42 ", "  42 ", 0, 42},
        {L"12", "12", 2, 1},
        {L"4294967295", "4294967295", 10, -1},
    };
    UNICODE_STRING String, Empty = {0, 0, NULL};
    ULONG Value;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        RtlInitUnicodeString(&String, Table[i].Text);
        Value = 0xA5A5A5A5;
        is_status(RtlUnicodeStringToInteger(&String, Table[i].Base, &Value), STATUS_SUCCESS,
                  "\"%s\"", Table[i].Narrow);
        is_long((LONG)Value, Table[i].Value, "its value");
        Value = 0xA5A5A5A5;
        is_status(RtlCharToInteger(Table[i].Narrow, Table[i].Base, &Value), STATUS_SUCCESS,
                  "narrow");
        is_long((LONG)Value, Table[i].Value, "its value");
    }
    is_status(RtlUnicodeStringToInteger(&Empty, 10, &Value), STATUS_INVALID_PARAMETER,
              "an empty string");
    RtlInitUnicodeString(&String, L"1");
    is_status(RtlUnicodeStringToInteger(&String, 7, &Value), STATUS_INVALID_PARAMETER, "base 7");
    is_status(RtlCharToInteger("1", 7, &Value), STATUS_INVALID_PARAMETER, "narrow base 7");
}

static VOID TestGuid(VOID)
{
    static const GUID Guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 0xFF}};
    static PCWSTR Bad[] = {
        L"", L"{12345678-9ABC-DEF0-0102-0304050607F}", L"(12345678-9ABC-DEF0-0102-0304050607FF)",
        L"{12345678-9ABC-DEF0-0102-0304050607FG}", L"{12345678-9ABC-DEF0-01020-304050607FF}",
    };
    UNICODE_STRING Text;
    GUID Got;

    is_status(RtlStringFromGUID(&Guid, &Text), STATUS_SUCCESS, "RtlStringFromGUID");
    is_unicode(&Text, L"{12345678-9ABC-DEF0-0102-0304050607FF}", "its text");
    is_ulong(Text.MaximumLength, 78, "with a terminator");
    is_status(RtlGUIDFromString(&Text, &Got), STATUS_SUCCESS, "RtlGUIDFromString");
    is_bytes(&Got, &Guid, sizeof(Got), "the same GUID");
    RtlFreeUnicodeString(&Text);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Bad); i++) {
        RtlInitUnicodeString(&Text, Bad[i]);
        is_status(RtlGUIDFromString(&Text, &Got), STATUS_INVALID_PARAMETER, "malformed %lu", i);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestInit();
    TestCopyAppend();
    TestCompare();
    TestPrefix();
    TestCase();
    TestHash();
    TestDuplicate();
    TestIntegerToText();
    TestTextToInteger();
    TestGuid();
    return done();
}
