/*
 * The C library's numbers, sorting and searching; check sums and pseudo-random numbers.
 */
#include "tap.h"

typedef int errno_t;
#define EINVAL 22
#define ERANGE 34
int __cdecl atoi(const char *);
long __cdecl atol(const char *);
__int64 __cdecl _atoi64(const char *);
int __cdecl _wtoi(const wchar_t *);
long __cdecl _wtol(const wchar_t *);
unsigned long __cdecl strtoul(const char *, char **, int);
unsigned long __cdecl wcstoul(const wchar_t *, wchar_t **, int);
char *__cdecl _itoa(int, char *, int);
wchar_t *__cdecl _itow(int, wchar_t *, int);
errno_t __cdecl _itoa_s(int, char *, size_t, int);
errno_t __cdecl _itow_s(int, wchar_t *, size_t, int);
errno_t __cdecl _i64toa_s(__int64, char *, size_t, int);
errno_t __cdecl _i64tow_s(__int64, wchar_t *, size_t, int);
errno_t __cdecl _ultoa_s(unsigned long, char *, size_t, int);
errno_t __cdecl _ultow_s(unsigned long, wchar_t *, size_t, int);
errno_t __cdecl _ui64toa_s(unsigned __int64, char *, size_t, int);
errno_t __cdecl _ui64tow_s(unsigned __int64, wchar_t *, size_t, int);
void __cdecl qsort(void *, size_t, size_t, int(__cdecl *)(const void *, const void *));
void *__cdecl bsearch(const void *, const void *, size_t, size_t,
                      int(__cdecl *)(const void *, const void *));
void __cdecl srand(unsigned);
int __cdecl rand(void);
ULONG NTAPI RtlComputeCrc32(ULONG, const VOID *, ULONG);
ULONG NTAPI RtlRandom(PULONG);
ULONG NTAPI RtlRandomEx(PULONG);

static VOID TestToNumber(VOID)
{
    const char *Text = " 0x1Fz";
    const WCHAR *Wide = L"077!";
    char *End;
    WCHAR *WideEnd;

    is_long(atoi("  -42x"), -42, "atoi");
    is_long(atoi("x"), 0, "atoi of no number");
    is_long(atol("+7"), 7, "atol");
    is_long(_atoi64("-9223372036854775808"), (LONG64)0x8000000000000000, "_atoi64");
    is_long(_wtoi(L"123"), 123, "_wtoi");
    is_long(_wtol(L"-5"), -5, "_wtol");
    is_ulong(strtoul(Text, &End, 0), 31, "strtoul finds base 16");
    is_ptr(End, Text + 5, "its end");
    is_ulong(strtoul("0x", &End, 16), 0, "a prefix without digits");
    is_string(End, "x", "only the 0 is taken");
    is_ulong(strtoul("99999999999", NULL, 10), MAXULONG, "strtoul saturates");
    is_ulong(wcstoul(Wide, &WideEnd, 0), 63, "wcstoul finds base 8");
    is_ptr(WideEnd, Wide + 3, "its end");
    is_ulong(wcstoul(L"-1", NULL, 10), MAXULONG, "wcstoul of -1");
}

static VOID IsWide(PCWSTR Got, PCWSTR Expected, const char *Text)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Got);
    is_unicode(&String, Expected, "%s", Text);
}

static VOID TestToText(VOID)
{
    char Text[70];
    WCHAR Wide[70];

    is_string(_itoa(-255, Text, 10), "-255", "_itoa");
    is_string(_itoa(-1, Text, 16), "ffffffff", "_itoa base 16");
    IsWide(_itow(5, Wide, 2), L"101", "_itow");
    is_long(_itoa_s(-12, Text, 4, 10), 0, "_itoa_s fits");
    is_string(Text, "-12", "its text");
    is_long(_itoa_s(-123, Text, 4, 10), ERANGE, "_itoa_s: too small");
    is_string(Text, "", "emptied");
    is_long(_itoa_s(1, Text, 4, 1), EINVAL, "base 1");
    is_long(_itoa_s(1, NULL, 4, 10), EINVAL, "no buffer");
    is_long(_itow_s(77, Wide, 70, 8), 0, "_itow_s");
    IsWide(Wide, L"115", "its text");
    is_long(_i64toa_s((__int64)0x8000000000000000, Text, 70, 10), 0, "_i64toa_s");
    is_string(Text, "-9223372036854775808", "its text");
    is_long(_i64tow_s(-1, Wide, 70, 16), 0, "_i64tow_s");
    IsWide(Wide, L"ffffffffffffffff", "its text");
    is_long(_ultoa_s(4294967295ul, Text, 70, 36), 0, "_ultoa_s");
    is_string(Text, "1z141z3", "its text");
    is_long(_ultow_s(9, Wide, 70, 10), 0, "_ultow_s");
    IsWide(Wide, L"9", "its text");
    is_long(_ui64toa_s(~0ull, Text, 65, 2), 0, "_ui64toa_s: 64 digits fit 65");
    is_ulong(strlen(Text), 64, "all of them");
    is_long(_ui64tow_s(~0ull, Wide, 70, 10), 0, "_ui64tow_s");
    IsWide(Wide, L"18446744073709551615", "its text");
}

static int __cdecl CompareLongs(const void *First, const void *Second)
{
    LONG A = *(const LONG *)First, B = *(const LONG *)Second;

    return A < B ? -1 : A > B;
}

static VOID TestSort(VOID)
{
    static LONG Numbers[500];
    ULONG Seed = 7, Bad = 0;
    LONG Key = 250, Absent = 1000;

    for (ULONG i = 0; i < 500; i++)
        Numbers[i] = (LONG)i;
    for (ULONG i = 499; i > 0; i--) {
        ULONG Other = RtlRandomEx(&Seed) % (i + 1);
        LONG Swap = Numbers[i];
        Numbers[i] = Numbers[Other];
        Numbers[Other] = Swap;
    }
    qsort(Numbers, 500, sizeof(LONG), CompareLongs);
    for (ULONG i = 0; i < 500; i++)
        Bad += Numbers[i] != (LONG)i;
    is_ulong(Bad, 0, "qsort");
    is_ptr(bsearch(&Key, Numbers, 500, sizeof(LONG), CompareLongs), Numbers + 250, "bsearch");
    is_ptr(bsearch(&Absent, Numbers, 500, sizeof(LONG), CompareLongs), NULL, "bsearch: absent");
    is_ptr(bsearch(&Key, Numbers, 0, sizeof(LONG), CompareLongs), NULL, "bsearch in nothing");
}

static VOID TestRandom(VOID)
{
    ULONG Seed = 1, Same = 1, Bad = 0, First, Repeats = 0;
    int Before;

    First = RtlRandom(&Seed);
    is_ulong(RtlRandom(&Same), First, "RtlRandom: one seed, one number");
    for (ULONG i = 0; i < 1000; i++) {
        ULONG Last = Seed, Value = RtlRandomEx(&Seed);
        Bad += Value > MAXLONG - 1u;
        Repeats += Seed == Last;
    }
    is_ulong(Bad, 0, "RtlRandomEx stays below MAXLONG");
    is_ulong(Repeats, 0, "and moves the seed on");
    srand(42);
    Before = rand();
    srand(42);
    is_long(rand(), Before, "rand: one seed, one number");
    is_bool(rand() >= 0 && rand() <= 0x7FFF, TRUE, "rand's range");
}

static VOID TestCrc(VOID)
{
    is_hex(RtlComputeCrc32(0, "123456789", 9), 0xCBF43926, "RtlComputeCrc32's check value");
    is_hex(RtlComputeCrc32(RtlComputeCrc32(0, "1234", 4), "56789", 5), 0xCBF43926, "in two parts");
    is_hex(RtlComputeCrc32(0, "", 0), 0, "of nothing");
}

static VOID TestNewCrc(VOID)
{
    ULONG(NTAPI *Crc32)(const VOID *, SIZE_T, ULONG);

    *(PVOID *)&Crc32 = tap_routine(L"RtlCrc32");
    if (Crc32 == NULL)
        skip(1, "RtlCrc32 is absent here");
    else
        is_hex(Crc32("123456789", 9, 0), 0xCBF43926, "RtlCrc32's check value");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestToNumber();
    TestToText();
    TestSort();
    TestRandom();
    TestCrc();
    TestNewCrc();
    return done();
}
