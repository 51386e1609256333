/*
 * The C library's routines on memory and strings, narrow and wide.
 */
#include "tap.h"

typedef int errno_t;
#define STRUNCATE 80
#define TRUNCATE ((size_t)-1)
#define EINVAL 22
#define ERANGE 34
errno_t __cdecl strcpy_s(char *, size_t, const char *);
errno_t __cdecl strncpy_s(char *, size_t, const char *, size_t);
errno_t __cdecl strcat_s(char *, size_t, const char *);
errno_t __cdecl strncat_s(char *, size_t, const char *, size_t);
errno_t __cdecl wcscpy_s(wchar_t *, size_t, const wchar_t *);
errno_t __cdecl wcsncpy_s(wchar_t *, size_t, const wchar_t *, size_t);
errno_t __cdecl wcscat_s(wchar_t *, size_t, const wchar_t *);
errno_t __cdecl wcsncat_s(wchar_t *, size_t, const wchar_t *, size_t);
char *__cdecl strtok_s(char *, const char *, char **);
errno_t __cdecl memcpy_s(void *, size_t, const void *, size_t);
errno_t __cdecl memmove_s(void *, size_t, const void *, size_t);
int __cdecl toupper(int);
int __cdecl tolower(int);
int __cdecl isdigit(int);
int __cdecl isxdigit(int);
int __cdecl isupper(int);
int __cdecl islower(int);
int __cdecl isspace(int);
int __cdecl isprint(int);
wint_t __cdecl towupper(wint_t);
wint_t __cdecl towlower(wint_t);
size_t __cdecl mbstowcs(wchar_t *, const char *, size_t);
size_t __cdecl wcstombs(char *, const wchar_t *, size_t);

static int Sign(int Value)
{
    return (Value > 0) - (Value < 0);
}

/* Every size round the thresholds, at every alignment, both directions of overlap, against a byte
 * loop. */
static VOID TestMove(VOID)
{
    static const ULONG Size[] = {0,  1,  2,  3,  4,  7,  8,   15,   16,   17,
                                 31, 32, 33, 47, 48, 64, 100, 1023, 1024, 1500};
    static UCHAR Got[4096], Want[4096], Source[4096];
    ULONG Bad = 0;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Size); i++) {
        for (LONG Shift = -40; Shift <= 40; Shift += 3) {
            for (ULONG n = 0; n < sizeof(Got); n++)
                Got[n] = Want[n] = Source[n] = (UCHAR)(n * 7 + n / 256);
            for (ULONG n = 0; n < Size[i]; n++)
                Want[1000 + Shift + n] = Source[1000 + n];
            if (memmove(Got + 1000 + Shift, Got + 1000, Size[i]) != Got + 1000 + Shift)
                Bad++;
            Bad += tap_first_difference(Got, Want, sizeof(Got)) >= 0;
        }
    }
    is_ulong(Bad, 0, "memmove at all sizes and distances");
    Bad = 0;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Size); i++) {
        RtlFillMemory(Got, sizeof(Got), 0xA5);
        memset(Got + 5, 0x3C, Size[i]);
        Bad += !tap_all_bytes(Got, 5, 0xA5) || !tap_all_bytes(Got + 5, Size[i], 0x3C) ||
               Got[5 + Size[i]] != 0xA5;
        memcpy(Want, Got, sizeof(Got));
        Bad += memcmp(Want, Got, sizeof(Got)) != 0;
    }
    is_ulong(Bad, 0, "memset, memcpy and memcmp at all sizes");
}

static VOID TestMemory(VOID)
{
    UCHAR Buffer[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const UCHAR Low[] = {1, 2, 3, 0x7F}, High[] = {1, 2, 3, 0x80};

    is_long(Sign(memcmp(Low, High, 4)), -1, "memcmp is unsigned");
    is_long(memcmp(Low, High, 3), 0, "memcmp: equal part");
    is_ptr(memchr(Buffer, 5, 8), Buffer + 4, "memchr");
    is_ptr(memchr(Buffer, 9, 8), NULL, "memchr: absent");
    is_long(memcpy_s(Buffer, 8, High, 4), 0, "memcpy_s");
    is_hex(Buffer[3], 0x80, "copied");
    is_long(memcpy_s(Buffer, 2, High, 4), ERANGE, "memcpy_s: too large");
    ok(Buffer[0] == 0 && Buffer[1] == 0 && Buffer[2] == 3, "the destination is zeroed");
    is_long(memcpy_s(NULL, 2, High, 1), EINVAL, "memcpy_s: no destination");
    is_long(memmove_s(Buffer + 1, 7, Buffer, 4), 0, "memmove_s");
    is_hex(Buffer[4], 0x80, "moved");
    is_long(memmove_s(Buffer, 2, High, 4), ERANGE, "memmove_s: too large");
}

static VOID TestRtlMemory(VOID)
{
    static ULONG Words[8] = {7, 7, 7, 9, 7, 7, 7, 7};
    static UCHAR First[40], Second[40];

    is_ulong(RtlCompareMemory(First, Second, 40), 40, "RtlCompareMemory: equal");
    Second[33] = 1;
    is_ulong(RtlCompareMemory(First, Second, 40), 33, "RtlCompareMemory: the first difference");
    is_ulong(RtlCompareMemoryUlong(Words, 32, 7), 12, "RtlCompareMemoryUlong");
    is_ulong(RtlCompareMemoryUlong(Words, 7, 7), 4, "whole ULONGs only");
    is_ulong(RtlCompareMemoryUlong((PUCHAR)Words + 1, 8, 7), 0, "a source that is not aligned");
    RtlCopyMemoryNonTemporal(First, Second, 40);
    is_ulong(RtlCompareMemory(First, Second, 40), 40, "RtlCopyMemoryNonTemporal");
}

/* The headers turn these names into others: the exports are called by address. */
static VOID TestExportedMemory(VOID)
{
    VOID(NTAPI *Copy)(PVOID, const VOID *, SIZE_T), (NTAPI *Move)(PVOID, const VOID *, SIZE_T);
    VOID(NTAPI *Zero)(PVOID, SIZE_T), (NTAPI *Fill)(PVOID, SIZE_T, UCHAR);
    VOID(NTAPI *FillUlong)(PVOID, SIZE_T, ULONG), (NTAPI *FillUlonglong)(PVOID, SIZE_T, ULONGLONG);
    VOID(NTAPI *Prefetch)(PVOID, SIZE_T);
    UCHAR Buffer[32];

    *(PVOID *)&Copy = tap_routine(L"RtlCopyMemory");
    *(PVOID *)&Move = tap_routine(L"RtlMoveMemory");
    *(PVOID *)&Zero = tap_routine(L"RtlZeroMemory");
    *(PVOID *)&Fill = tap_routine(L"RtlFillMemory");
    *(PVOID *)&FillUlong = tap_routine(L"RtlFillMemoryUlong");
    *(PVOID *)&FillUlonglong = tap_routine(L"RtlFillMemoryUlonglong");
    *(PVOID *)&Prefetch = tap_routine(L"RtlPrefetchMemoryNonTemporal");
    if (!Copy || !Move || !Zero || !Fill || !FillUlong || !FillUlonglong || !Prefetch) {
        skip(6, "not all of the routines are exported here");
        return;
    }
    Fill(Buffer, 31, 0x11);
    Buffer[31] = 0x22;
    ok(tap_all_bytes(Buffer, 31, 0x11) && Buffer[31] == 0x22, "RtlFillMemory");
    Zero(Buffer, 3);
    ok(tap_all_bytes(Buffer, 3, 0) && Buffer[3] == 0x11, "RtlZeroMemory");
    Copy(Buffer + 4, "abc", 3);
    Move(Buffer + 5, Buffer + 4, 3);
    is_bytes(Buffer + 4, "aabc", 4, "RtlCopyMemory, RtlMoveMemory");
    FillUlong(Buffer, 7, 0x04030201);
    is_bytes(Buffer, "\1\2\3\4aabc", 8, "RtlFillMemoryUlong: whole ULONGs only");
    FillUlonglong(Buffer, 16, 0x0807060504030201);
    is_bytes(Buffer, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10", 16, "RtlFillMemoryUlonglong");
    Prefetch(Buffer, sizeof(Buffer));
    is_bytes(Buffer, "\1\2\3\4\5\6\7\10", 8, "RtlPrefetchMemoryNonTemporal changes nothing");
}

/* The stack probe: rax is the frame's size; every register but r10 and r11 comes back. */
static VOID TestStackProbe(VOID)
{
    PVOID Probe = tap_routine(L"__chkstk");
    ULONG64 Rax = 0x2800, Rcx = 0x1111, Rdx = 0x2222, Moved;

    if (Probe == NULL) {
        skip(2, "__chkstk is absent here");
        return;
    }
    __asm__ volatile("movq %%rsp, %3\n\tcallq *%4\n\tsubq %%rsp, %3"
                     : "+a"(Rax), "+c"(Rcx), "+d"(Rdx), "=&r"(Moved)
                     : "r"(Probe)
                     : "r10", "r11", "memory", "cc");
    ok(Rax == 0x2800 && Rcx == 0x1111 && Rdx == 0x2222, "__chkstk keeps the registers");
    is_ulong64(Moved, 0, "and the stack pointer");
}

static VOID TestCompare(VOID)
{
    is_ulong(strlen("hello"), 5, "strlen");
    is_ulong(strnlen("hello", 3), 3, "strnlen");
    is_long(Sign(strcmp("a", "b")), -1, "strcmp");
    is_long(Sign(strcmp("\x80", "\x7F")), 1, "strcmp is unsigned");
    is_long(strcmp("same", "same"), 0, "strcmp: equal");
    is_long(strncmp("abcX", "abcY", 3), 0, "strncmp");
    is_long(Sign(strncmp("ab", "abc", 9)), -1, "strncmp: shorter");
    is_long(_stricmp("HeLLo", "hEllO"), 0, "_stricmp");
    is_long(Sign(_stricmp("a_", "aB")), -1, "_stricmp folds to small letters");
    is_long(_strnicmp("ABx", "aby", 2), 0, "_strnicmp");
    is_ulong(wcslen(L"hello"), 5, "wcslen");
    is_ulong(wcsnlen(L"hello", 9), 5, "wcsnlen");
    is_long(Sign(wcscmp(L"b", L"a")), 1, "wcscmp");
    is_long(wcsncmp(L"abX", L"abY", 2), 0, "wcsncmp");
    is_long(_wcsicmp(L"ABC", L"abc"), 0, "_wcsicmp");
    is_long(Sign(_wcsicmp(L"\x00E9", L"\x00C9")), 1, "_wcsicmp folds ASCII alone");
    is_long(_wcsnicmp(L"ABx", L"aby", 2), 0, "_wcsnicmp");
    is_long(Sign(_wcsnicmp(L"A", L"ab", 2)), -1, "_wcsnicmp: shorter");
}

static VOID TestFind(VOID)
{
    static const char Text[] = "a.b.c";
    static const WCHAR Wide[] = L"a.b.c";

    is_ptr(strchr(Text, '.'), Text + 1, "strchr");
    is_ptr(strchr(Text, 0), Text + 5, "strchr: the terminator");
    is_ptr(strchr(Text, 'x'), NULL, "strchr: absent");
    is_ptr(strrchr(Text, '.'), Text + 3, "strrchr");
    is_ptr(strrchr(Text, 'x'), NULL, "strrchr: absent");
    is_ptr(strstr(Text, "b."), Text + 2, "strstr");
    is_ptr(strstr(Text, ""), Text, "strstr: nothing is everywhere");
    is_ptr(strstr(Text, "b.d"), NULL, "strstr: absent");
    is_ulong(strspn(Text, ".a"), 2, "strspn");
    is_ptr(wcschr(Wide, L'.'), Wide + 1, "wcschr");
    is_ptr(wcschr(Wide, L'x'), NULL, "wcschr: absent");
    is_ptr(wcsrchr(Wide, L'.'), Wide + 3, "wcsrchr");
    is_ptr(wcsstr(Wide, L".c"), Wide + 3, "wcsstr");
    is_ptr(wcsstr(Wide, L"cc"), NULL, "wcsstr: absent");
    is_ulong(wcsspn(Wide, L"a."), 2, "wcsspn");
    is_ulong(wcscspn(Wide, L"b"), 2, "wcscspn");
}

static VOID TestCopy(VOID)
{
    char Text[16];
    WCHAR Wide[16];

    tap_fill(&Text);
    is_string(strcpy(Text, "abc"), "abc", "strcpy");
    is_string(strcat(Text, "de"), "abcde", "strcat");
    is_string(strncat(Text, "fgh", 2), "abcdefg", "strncat");
    tap_fill(&Text);
    strncpy(Text, "ab", 4);
    ok(Text[1] == 'b' && Text[2] == 0 && Text[3] == 0 && (UCHAR)Text[4] == 0xA5,
       "strncpy pads with zeros");
    strncpy(Text, "wxyz", 2);
    ok(Text[0] == 'w' && Text[1] == 'x' && Text[2] == 0, "strncpy does not terminate what it cuts");
    is_string(_strupr(strcpy(Text, "aBc1")), "ABC1", "_strupr");
    is_string(_strlwr(Text), "abc1", "_strlwr");
    is_string(_strrev(Text), "1cba", "_strrev");
    is_string(_strnset(Text, 'x', 2), "xxba", "_strnset");
    is_string(_strset(Text, 'y'), "yyyy", "_strset");
    tap_fill(&Wide);
    wcscpy(Wide, L"ab");
    wcscat(Wide, L"cd");
    wcsncat(Wide, L"efg", 1);
    is_long(wcscmp(Wide, L"abcde"), 0, "wcscpy, wcscat, wcsncat");
    is_long(wcscmp(_wcsupr(Wide), L"ABCDE"), 0, "_wcsupr");
    is_long(wcscmp(_wcslwr(Wide), L"abcde"), 0, "_wcslwr");
    is_long(wcscmp(_wcsrev(Wide), L"edcba"), 0, "_wcsrev");
    tap_fill(&Wide);
    wcsncpy(Wide, L"q", 3);
    ok(Wide[0] == 'q' && Wide[1] == 0 && Wide[2] == 0 && Wide[3] == 0xA5A5,
       "wcsncpy pads with zeros");
}

static VOID TestSecure(VOID)
{
    char Text[8];
    WCHAR Wide[8];

    is_long(strcpy_s(Text, 4, "abc"), 0, "strcpy_s fits");
    is_string(Text, "abc", "its text");
    is_long(strcpy_s(Text, 3, "abc"), ERANGE, "strcpy_s: too large");
    is_string(Text, "", "emptied");
    is_long(strcpy_s(NULL, 3, "abc"), EINVAL, "strcpy_s: no destination");
    is_long(strcpy_s(Text, 3, NULL), EINVAL, "strcpy_s: no source");
    is_long(strncpy_s(Text, 8, "abcdef", 2), 0, "strncpy_s: part");
    is_string(Text, "ab", "its text");
    is_long(strncpy_s(Text, 3, "abcdef", TRUNCATE), STRUNCATE, "strncpy_s: _TRUNCATE");
    is_string(Text, "ab", "what fits");
    is_long(strcat_s(Text, 5, "cd"), 0, "strcat_s fits");
    is_string(Text, "abcd", "its text");
    is_long(strcat_s(Text, 5, "e"), ERANGE, "strcat_s: too large");
    is_string(Text, "", "emptied");
    strcpy_s(Text, 8, "ab");
    is_long(strncat_s(Text, 8, "cdef", 2), 0, "strncat_s");
    is_string(Text, "abcd", "its text");
    is_long(wcscpy_s(Wide, 4, L"abc"), 0, "wcscpy_s fits");
    is_long(wcscat_s(Wide, 8, L"de"), 0, "wcscat_s fits");
    is_long(wcscmp(Wide, L"abcde"), 0, "their text");
    is_long(wcscat_s(Wide, 6, L"f"), ERANGE, "wcscat_s: too large");
    is_hex(Wide[0], 0, "emptied");
    is_long(wcscpy_s(Wide, 0, L""), EINVAL, "wcscpy_s: no room at all");
    is_long(wcsncpy_s(Wide, 3, L"abcdef", TRUNCATE), STRUNCATE, "wcsncpy_s: _TRUNCATE");
    is_long(wcsncat_s(Wide, 8, L"xyz", 1), 0, "wcsncat_s");
    is_long(wcscmp(Wide, L"abx"), 0, "their text");
    is_long(wcsncpy_s(Wide, 3, L"abc", 3), ERANGE, "wcsncpy_s: too large");
}

static VOID TestToken(VOID)
{
    char Text[] = ",,a,b;,c", *Context = NULL;

    is_string(strtok_s(Text, ",;", &Context), "a", "strtok_s: first");
    is_string(strtok_s(NULL, ",;", &Context), "b", "second");
    is_string(strtok_s(NULL, ",;", &Context), "c", "third");
    is_ptr(strtok_s(NULL, ",;", &Context), NULL, "no more");
    is_ptr(strtok_s(NULL, ",;", &Context), NULL, "still no more");
}

static VOID TestClass(VOID)
{
    ULONG Bad = 0;
    WCHAR Wide[4];
    char Narrow[4];

    for (int c = 0; c < 256; c++) {
        BOOLEAN Upper = c >= 'A' && c <= 'Z', Lower = c >= 'a' && c <= 'z',
                Digit = c >= '0' && c <= '9';
        Bad += !!isupper(c) != Upper || !!islower(c) != Lower || !!isdigit(c) != Digit;
        Bad += !!isspace(c) != (c == ' ' || (c >= 9 && c <= 13)) ||
               !!isprint(c) != (c >= 32 && c < 127);
        Bad += toupper(c) != (Lower ? c - 32 : c) || tolower(c) != (Upper ? c + 32 : c);
        Bad += !!isxdigit(c) != (Digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
    }
    is_ulong(Bad, 0, "character classes");
    is_hex(towupper(0xE9), 0xC9, "towupper");
    is_hex(towlower(0xC9), 0xE9, "towlower");
    is_ulong(mbstowcs(Wide, "ab", 4), 2, "mbstowcs");
    ok(Wide[1] == 'b' && Wide[2] == 0, "its characters");
    is_ulong(wcstombs(Narrow, L"xyz\x00E9", 4), 4, "wcstombs without a terminator");
    is_hex((UCHAR)Narrow[3], 0xE9, "its bytes");
    is_ulong(mbstowcs(NULL, "abc", 0), 3, "mbstowcs: the length alone");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestMove();
    TestMemory();
    TestRtlMemory();
    TestExportedMemory();
    TestStackProbe();
    TestCompare();
    TestFind();
    TestCopy();
    TestSecure();
    TestToken();
    TestClass();
    return done();
}
