/*
 * <ntstrsafe.h>: the routines are inlines of include/ddk over _vsnprintf and _vsnwprintf, so this tests both. [doc: ntstrsafe.h]
 */
#include "tap.h"
#include <ntstrsafe.h>

static VOID TestCopy(VOID)
{
    static const struct {
        const char *Source;
        SIZE_T Size;
        NTSTATUS Status;
        const char *Result; /* NULL: the buffer keeps its fill */
    } Table[] = {
        {"abc", 8, STATUS_SUCCESS, "abc"},
        {"abc", 4, STATUS_SUCCESS, "abc"},
        {"abc", 3, STATUS_BUFFER_OVERFLOW, "ab"},
        {"abc", 1, STATUS_BUFFER_OVERFLOW, ""},
        {"", 1, STATUS_SUCCESS, ""},
        {"abc", 0, STATUS_INVALID_PARAMETER, NULL},
        {"abc", (SIZE_T)NTSTRSAFE_MAX_CCH + 1, STATUS_INVALID_PARAMETER, NULL},
    };
    char Buffer[8];

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        RtlFillMemory(Buffer, sizeof(Buffer), 0xA5);
        is_status(RtlStringCchCopyA(Buffer, Table[i].Size, Table[i].Source), Table[i].Status, "copy \"%s\" to %u", Table[i].Source,
                  (ULONG)Table[i].Size);
        if (Table[i].Result != NULL)
            is_string(Buffer, Table[i].Result, "its text");
        else
            ok(tap_all_bytes(Buffer, sizeof(Buffer), 0xA5), "nothing written");
    }
}

static VOID TestWide(VOID)
{
    WCHAR Buffer[6];
    SIZE_T Length;

    tap_fill(&Buffer);
    is_status(RtlStringCbCopyW(Buffer, sizeof(Buffer), L"abc"), STATUS_SUCCESS, "wide copy");
    is_status(RtlStringCbCatW(Buffer, sizeof(Buffer), L"de"), STATUS_SUCCESS, "wide append that just fits");
    is_bytes(Buffer, L"abcde", sizeof(Buffer), "its text");
    is_status(RtlStringCbCatW(Buffer, sizeof(Buffer), L"f"), STATUS_BUFFER_OVERFLOW, "wide append to a full buffer");
    is_status(RtlStringCbLengthW(Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS, "length");
    is_ulong64(Length, 10, "in bytes");
    is_status(RtlStringCchLengthW(Buffer, 5, &Length), STATUS_INVALID_PARAMETER, "length of a text without an end");
    is_ulong64(Length, 0, "then it is 0");
    is_status(RtlStringCchLengthW(NULL, 5, &Length), STATUS_INVALID_PARAMETER, "length of NULL");
    is_status(RtlStringCchCopyNW(Buffer, 6, L"vwxyz", 3), STATUS_SUCCESS, "copy of three");
    is_bytes(Buffer, L"vwx", 4 * sizeof(WCHAR), "its text");
    is_status(RtlStringCchCatNW(Buffer, 6, L"12345", 2), STATUS_SUCCESS, "append of two");
    is_bytes(Buffer, L"vwx12", sizeof(Buffer), "its text");
}

static VOID TestExtended(VOID)
{
    char Buffer[8], *End;
    SIZE_T Left;

    tap_fill(&Buffer);
    is_status(RtlStringCbCopyExA(Buffer, sizeof(Buffer), "abc", &End, &Left, 0), STATUS_SUCCESS, "copy, told where it ends");
    is_ptr(End, Buffer + 3, "the end");
    is_ulong64(Left, 5, "what is left, the NUL counted");
    is_status(RtlStringCbCopyExA(Buffer, sizeof(Buffer), "ab", NULL, NULL, STRSAFE_FILL_BYTE(0x5A)), STATUS_SUCCESS,
              "copy that fills the rest");
    is_bytes(Buffer, "ab\0\x5A\x5A\x5A\x5A\x5A", 8, "its bytes");
    is_status(RtlStringCbCopyExA(Buffer, 3, "abcdef", &End, &Left, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW,
              "copy that is not to be cut short");
    is_string(Buffer, "", "is empty");
    is_ulong64(Left, 3, "all is left");
    is_status(RtlStringCbCopyA(Buffer, sizeof(Buffer), "xyz"), STATUS_SUCCESS, "a text to append to");
    is_status(RtlStringCbCatExA(Buffer, 5, "1234", &End, &Left, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW,
              "append that is not to be cut short");
    is_string(Buffer, "xyz", "keeps what was there");
    is_status(RtlStringCbCopyExA(Buffer, 4, "abcdef", &End, &Left, STRSAFE_FAILURE_BYTE(0x21)), STATUS_BUFFER_OVERFLOW,
              "copy that fills on failure");
    is_string(Buffer, "!!!", "its text");
    is_status(RtlStringCbCopyExA(Buffer, 4, "abcdef", &End, &Left, STRSAFE_NULL_ON_FAILURE), STATUS_BUFFER_OVERFLOW,
              "copy that empties on failure");
    is_string(Buffer, "", "its text");
    is_status(RtlStringCbCopyExA(NULL, 0, NULL, &End, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS, "NULL to NULL");
    is_status(RtlStringCbCopyExA(NULL, 0, "a", &End, &Left, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER, "text to NULL");
    is_status(RtlStringCbCopyExA(Buffer, sizeof(Buffer), "a", NULL, NULL, 0x2000), STATUS_INVALID_PARAMETER, "a flag nobody knows");
}

static VOID TestPrintf(VOID)
{
    char Buffer[8], *End;
    WCHAR Wide[8];
    SIZE_T Left;

    is_status(RtlStringCbPrintfA(Buffer, sizeof(Buffer), "%d-%s", 12, "ab"), STATUS_SUCCESS, "printf");
    is_string(Buffer, "12-ab", "its text");
    is_status(RtlStringCbPrintfA(Buffer, sizeof(Buffer), "%s", "1234567"), STATUS_SUCCESS, "printf that just fits");
    is_string(Buffer, "1234567", "its text");
    is_status(RtlStringCbPrintfA(Buffer, sizeof(Buffer), "%s", "12345678"), STATUS_BUFFER_OVERFLOW, "printf of one too many");
    is_string(Buffer, "1234567", "its text");
    is_status(RtlStringCbPrintfA(Buffer, 0, "x"), STATUS_INVALID_PARAMETER, "printf to no buffer");
    is_status(RtlStringCbPrintfExA(Buffer, sizeof(Buffer), &End, &Left, 0, "%u", 42u), STATUS_SUCCESS, "printf, told where it ends");
    is_ptr(End, Buffer + 2, "the end");
    is_ulong64(Left, 6, "what is left");
    is_status(RtlStringCchPrintfW(Wide, RTL_NUMBER_OF(Wide), L"%ws%d", L"ab", 7), STATUS_SUCCESS, "wide printf");
    is_bytes(Wide, L"ab7", 4 * sizeof(WCHAR), "its text");
}

static VOID TestUnicode(VOID)
{
    WCHAR Buffer[6], Left[1];
    UNICODE_STRING String = {0, sizeof(Buffer), Buffer}, Rest = {0, 0, Left}, Odd = {1, 6, Buffer};
    UNICODE_STRING Source = RTL_CONSTANT_STRING(L"abcdefgh");

    tap_fill(&Buffer);
    is_status(RtlUnicodeStringPrintf(&String, L"%d:%ws", 5, L"ab"), STATUS_SUCCESS, "printf");
    is_unicode(&String, L"5:ab", "its text");
    is_status(RtlUnicodeStringPrintf(&String, L"%ws", L"123456"), STATUS_SUCCESS, "printf that just fits");
    is_ulong(String.Length, 12, "its length");
    is_status(RtlUnicodeStringPrintf(&String, L"%ws", L"1234567"), STATUS_BUFFER_OVERFLOW, "printf of one too many");
    is_unicode(&String, L"123456", "what fits is there");
    is_status(RtlUnicodeStringCopyString(&String, L"ab"), STATUS_SUCCESS, "copy of a text");
    is_status(RtlUnicodeStringCatString(&String, L"cd"), STATUS_SUCCESS, "append of a text");
    is_unicode(&String, L"abcd", "its text");
    is_status(RtlUnicodeStringCbCatN(&String, &Source, 4), STATUS_SUCCESS, "append of four bytes");
    is_unicode(&String, L"abcdab", "its text");
    is_status(RtlUnicodeStringCat(&String, &Source), STATUS_BUFFER_OVERFLOW, "append to a full string");
    is_status(RtlUnicodeStringCopyEx(&String, &Source, &Rest, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW,
              "copy that is not to be cut short");
    is_ulong(String.Length, 0, "is empty");
    is_ulong(Rest.MaximumLength, sizeof(Buffer), "all is left");
    is_ptr(Rest.Buffer, Buffer, "from the start");
    is_status(RtlUnicodeStringValidate(&Odd), STATUS_INVALID_PARAMETER, "an odd length");
    is_status(RtlUnicodeStringCopyString(&Odd, L"a"), STATUS_INVALID_PARAMETER, "copy to a string of odd length");
    is_status(RtlUnicodeStringValidate(NULL), STATUS_INVALID_PARAMETER, "NULL");
    is_status(RtlUnicodeStringInit(&Rest, L"xy"), STATUS_SUCCESS, "init");
    is_ulong(Rest.MaximumLength, 6, "counts the NUL");
    is_status(RtlStringCbCopyUnicodeString(Buffer, sizeof(Buffer), &Source), STATUS_BUFFER_OVERFLOW, "copy to a buffer");
    is_bytes(Buffer, L"abcde", sizeof(Buffer), "cut short, with a NUL");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestCopy();
    TestWide();
    TestExtended();
    TestPrintf();
    TestUnicode();
    return done();
}
