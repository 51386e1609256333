/*
 * File names: wild card matching by the public rules of [MS-FSA], equality, parts of paths, legal
 * characters, prefix tables, expected statuses.
 */
#include "tap.h"

typedef struct _MATCH_ROW { PCWSTR Expression, Name; BOOLEAN Matches; } MATCH_ROW;

static const MATCH_ROW Rows[] = {
    {L"*", L"anything", TRUE},
    {L"A*", L"ABC", TRUE},
    {L"*C", L"ABC", TRUE},
    {L"*B", L"ABC", FALSE},
    {L"A?C", L"ABC", TRUE},
    {L"A?C", L"AC", FALSE},
    {L"ABC", L"ABC", TRUE},
    {L"ABC", L"ABCD", FALSE},
    {L"*.TXT", L"A.TXT", TRUE},
    {L"*.TXT", L"A.B.TXT", TRUE},
    {L"*A*B*", L"XXAYYBZZ", TRUE},
    {L"*A*B*", L"XXBYYAZZ", FALSE},
    {L"**", L"X", TRUE},
    {L"?", L".", TRUE},
    /* < runs up to the final period */
    {L"<.TXT", L"A.B.TXT", TRUE},
    {L"<.B.TXT", L"A.B.TXT", TRUE},
    {L"<", L"A", TRUE},
    {L"<", L"A.TXT", FALSE},
    {L"<B", L"A.B", FALSE},
    {L"*A<B", L"A.AB", TRUE},
    /* > takes a character, but none at a period or at the end */
    {L">>>", L"ABC", TRUE},
    {L">>>", L"AB", TRUE},
    {L">>>", L"ABCD", FALSE},
    {L">>>.X", L"A.X", TRUE},
    {L"A>.X", L"AB.X", TRUE},
    {L"A>X", L"A.X", FALSE},
    /* " is a period, or nothing at the end */
    {L"A\"B", L"A.B", TRUE},
    {L"A\"", L"A", TRUE},
    {L"A\"", L"A.", TRUE},
    {L"A\"B", L"AB", FALSE},
    {L"<\"*", L"A", TRUE},
    {L"<\"*", L"A.TXT", TRUE},
    {L"", L"", TRUE},
    {L"", L"A", FALSE},
    {L"*", L"", FALSE},
};

static VOID TestMatch(VOID)
{
    UNICODE_STRING Expression, Name;
    STRING NarrowExpression, NarrowName;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Rows); i++) {
        RtlInitUnicodeString(&Expression, Rows[i].Expression);
        RtlInitUnicodeString(&Name, Rows[i].Name);
        is_bool(FsRtlIsNameInExpression(&Expression, &Name, FALSE, NULL), Rows[i].Matches,
                "row %lu", i);
    }
    RtlInitUnicodeString(&Expression, L"A*\x00C9");
    RtlInitUnicodeString(&Name, L"axx\x00E9");
    is_bool(FsRtlIsNameInExpression(&Expression, &Name, TRUE, NULL), TRUE, "without case");
    is_bool(FsRtlIsNameInExpression(&Expression, &Name, FALSE, NULL), FALSE, "with case");
    RtlInitAnsiString(&NarrowExpression, "A*.?");
    RtlInitAnsiString(&NarrowName, "ABC.X");
    is_bool(FsRtlIsDbcsInExpression(&NarrowExpression, &NarrowName), TRUE,
            "FsRtlIsDbcsInExpression");
    RtlInitAnsiString(&NarrowName, "ABC.XY");
    is_bool(FsRtlIsDbcsInExpression(&NarrowExpression, &NarrowName), FALSE, "not");
}

/* An expression of many stars over a long name: the matcher's work grows with the product, not
 * exponentially. */
static VOID TestHard(VOID)
{
    static WCHAR Star[300], Long[2000];
    UNICODE_STRING Expression = {sizeof(Star), sizeof(Star), Star},
                   Name = {sizeof(Long), sizeof(Long), Long};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Star); i++)
        Star[i] = i % 2 ? L'A' : L'*';
    for (ULONG i = 0; i < RTL_NUMBER_OF(Long); i++)
        Long[i] = L'A';
    is_bool(FsRtlIsNameInExpression(&Expression, &Name, FALSE, NULL), TRUE, "150 stars");
    Long[RTL_NUMBER_OF(Long) - 1] = L'B';
    is_bool(FsRtlIsNameInExpression(&Expression, &Name, FALSE, NULL), FALSE,
            "150 stars that do not match");
}

static VOID TestUnUpcased(VOID)
{
    BOOLEAN(NTAPI *Match)(PUNICODE_STRING, PUNICODE_STRING, BOOLEAN, PWCHAR);
    UNICODE_STRING Expression = RTL_CONSTANT_STRING(L"a*"), Name = RTL_CONSTANT_STRING(L"Abc");

    *(PVOID *)&Match = tap_routine(L"FsRtlIsNameInUnUpcasedExpression");
    if (Match == NULL) {
        skip(2, "FsRtlIsNameInUnUpcasedExpression is absent here");
        return;
    }
    is_bool(Match(&Expression, &Name, TRUE, NULL), TRUE, "FsRtlIsNameInUnUpcasedExpression");
    is_bool(FsRtlIsNameInExpression(&Expression, &Name, TRUE, NULL), FALSE,
            "the other wants capitals");
}

static VOID TestNames(VOID)
{
    UNICODE_STRING Wild = RTL_CONSTANT_STRING(L"a\"b"), Tame = RTL_CONSTANT_STRING(L"a.b");
    UNICODE_STRING Capital = RTL_CONSTANT_STRING(L"A.B"), First, Rest;
    STRING Narrow, NarrowFirst, NarrowRest;

    is_bool(FsRtlDoesNameContainWildCards(&Wild), TRUE, "a wild card");
    is_bool(FsRtlDoesNameContainWildCards(&Tame), FALSE, "no wild card");
    RtlInitAnsiString(&Narrow, "a>b");
    is_bool(FsRtlDoesDbcsContainWildCards(&Narrow), TRUE, "a narrow wild card");
    is_bool(FsRtlAreNamesEqual(&Tame, &Capital, TRUE, NULL), TRUE,
            "FsRtlAreNamesEqual without case");
    is_bool(FsRtlAreNamesEqual(&Tame, &Capital, FALSE, NULL), FALSE, "with case");
    is_bool(FsRtlAreNamesEqual(&Tame, &Wild, FALSE, NULL), FALSE, "different");
    RtlInitUnicodeString(&Tame, L"\\one\\two\\three");
    FsRtlDissectName(Tame, &First, &Rest);
    is_unicode(&First, L"one", "FsRtlDissectName: the first part");
    is_unicode(&Rest, L"two\\three", "the rest");
    RtlInitUnicodeString(&Tame, L"last");
    FsRtlDissectName(Tame, &First, &Rest);
    is_unicode(&First, L"last", "the last part");
    is_ulong(Rest.Length, 0, "no rest");
    RtlInitUnicodeString(&Tame, L"");
    FsRtlDissectName(Tame, &First, &Rest);
    ok(First.Length == 0 && Rest.Length == 0, "nothing");
    RtlInitAnsiString(&Narrow, "\\a\\b");
    FsRtlDissectDbcs(Narrow, &NarrowFirst, &NarrowRest);
    ok(NarrowFirst.Length == 1 && NarrowFirst.Buffer[0] == 'a' && NarrowRest.Length == 1,
       "FsRtlDissectDbcs");
}

static VOID TestLegal(VOID)
{
    const UCHAR **Array = tap_routine(L"FsRtlLegalAnsiCharacterArray");

    if (Array == NULL) {
        skip(6, "FsRtlLegalAnsiCharacterArray is not found here");
        return;
    }
    is_hex((*Array)['A'] & 7, FSRTL_FAT_LEGAL | FSRTL_HPFS_LEGAL | FSRTL_NTFS_LEGAL, "a letter");
    is_hex((*Array)['+'] & 7, FSRTL_HPFS_LEGAL | FSRTL_NTFS_LEGAL, "not in FAT's short names");
    is_hex((*Array)['*'] & 15, FSRTL_WILD_CHARACTER, "a wild card");
    is_hex((*Array)['\\'], 0, "a backslash");
    is_hex((*Array)[0], 0, "NUL");
    is_hex((*Array)[1] & 15, 0, "a control character");
}

static VOID TestPrefixTable(VOID)
{
    static UNICODE_STRING Prefix[] = {
        RTL_CONSTANT_STRING(L"\\"),
        RTL_CONSTANT_STRING(L"\\Foo"),
        RTL_CONSTANT_STRING(L"\\Foo\\Bar"),
        RTL_CONSTANT_STRING(L"\\foo"),
    };
    static const struct { PCWSTR Name; ULONG Index; LONG Found; } Look[] = {
        {L"\\Foo\\Bar\\x", 0, 2}, {L"\\Foo\\Barx", 0, 1}, {L"\\Foo", 0, 1}, {L"\\Fo", 0, 0},
        {L"\\FOO\\BAR", 0, 2}, {L"\\FOO\\BAR", 100, 0}, {L"\\foo\\x", 100, 3}, {L"x", 0, -1},
    };
    UNICODE_PREFIX_TABLE Table;
    UNICODE_PREFIX_TABLE_ENTRY Entry[4], Extra, *Found;
    UNICODE_STRING Name;
    ULONG Count = 0;

    tap_fill(&Table);
    tap_fill(&Entry);
    RtlInitializeUnicodePrefix(&Table);
    is_ptr(RtlNextUnicodePrefix(&Table, TRUE), NULL, "an empty prefix table");
    for (ULONG i = 0; i < 4; i++)
        is_bool(RtlInsertUnicodePrefix(&Table, &Prefix[i], &Entry[i]), TRUE, "insert %lu", i);
    is_bool(RtlInsertUnicodePrefix(&Table, &Prefix[1], &Extra), FALSE, "the same prefix again");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Look); i++) {
        RtlInitUnicodeString(&Name, Look[i].Name);
        Found = RtlFindUnicodePrefix(&Table, &Name, Look[i].Index);
        is_long(Found == NULL ? -1 : Found - Entry, Look[i].Found, "find %lu", i);
    }
    for (Found = RtlNextUnicodePrefix(&Table, TRUE); Found != NULL;
         Found = RtlNextUnicodePrefix(&Table, FALSE)) {
        Count++;
        if (Found == &Entry[2])
            RtlRemoveUnicodePrefix(&Table, Found);
    }
    is_ulong(Count, 4, "RtlNextUnicodePrefix goes over all, also over one that is removed");
    RtlInitUnicodeString(&Name, L"\\Foo\\Bar");
    is_ptr(RtlFindUnicodePrefix(&Table, &Name, 0), &Entry[1], "the removed prefix is gone");
}

static VOID TestStatuses(VOID)
{
    is_bool(FsRtlIsNtstatusExpected(STATUS_ACCESS_DENIED), TRUE, "an expected status");
    is_bool(FsRtlIsNtstatusExpected(STATUS_ACCESS_VIOLATION), FALSE, "an access violation");
    is_bool(FsRtlIsNtstatusExpected(STATUS_DATATYPE_MISALIGNMENT), FALSE, "a misalignment");
    is_status(FsRtlNormalizeNtstatus(STATUS_DISK_FULL, STATUS_UNSUCCESSFUL), STATUS_DISK_FULL,
              "kept");
    is_status(FsRtlNormalizeNtstatus(STATUS_ILLEGAL_INSTRUCTION, STATUS_UNSUCCESSFUL),
              STATUS_UNSUCCESSFUL, "replaced");
    is_bool(FsRtlIsTotalDeviceFailure(STATUS_SUCCESS), FALSE, "no failure");
    is_bool(FsRtlIsTotalDeviceFailure(STATUS_CRC_ERROR), FALSE, "a bad block");
    is_bool(FsRtlIsTotalDeviceFailure(STATUS_NO_SUCH_DEVICE), TRUE, "a total failure");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestMatch();
    TestHard();
    TestUnUpcased();
    TestNames();
    TestLegal();
    TestPrefixTable();
    TestStatuses();
    return done();
}
