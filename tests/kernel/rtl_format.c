/*
 * The printf family: every conversion, flag and prefix of NT's set, narrow and wide, and what each
 * variant does when the result is cut.
 */
#include "tap.h"

int __cdecl _vsnprintf_s(char *, size_t, size_t, const char *, va_list);
int __cdecl _snprintf_s(char *, size_t, size_t, const char *, ...);
int __cdecl _snwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, ...);
int __cdecl _vsnwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, va_list);
int __cdecl sprintf_s(char *, size_t, const char *, ...);
int __cdecl vsprintf_s(char *, size_t, const char *, va_list);
int __cdecl swprintf_s(wchar_t *, size_t, const wchar_t *, ...);
int __cdecl vswprintf_s(wchar_t *, size_t, const wchar_t *, va_list);
int __cdecl _swprintf(wchar_t *, const wchar_t *, ...);
int __cdecl _vswprintf(wchar_t *, const wchar_t *, va_list);

static size_t Length(const char *Text)
{
    size_t Count = 0;

    while (Text[Count] != 0)
        Count++;
    return Count;
}

/* Formats in both widths; the wide format is the narrow one's copy. */
static VOID Narrow(const char *Expected, const char *Format, ...)
{
    char Text[128];
    va_list Arguments;
    int Units;

    RtlFillMemory(Text, sizeof(Text), 0xA5);
    va_start(Arguments, Format);
    Units = _vsnprintf(Text, sizeof(Text), Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 1] = 0;
    is_string(Text, Expected, "\"%s\"", Format);
    is_long(Units, Length(Expected), "its length");
}

static VOID Wide(PCWSTR Expected, PCWSTR Format, ...)
{
    WCHAR Text[128];
    UNICODE_STRING Got = {0, sizeof(Text), Text};
    va_list Arguments;
    int Units;

    RtlFillMemory(Text, sizeof(Text), 0xA5);
    va_start(Arguments, Format);
    Units = _vsnwprintf(Text, RTL_NUMBER_OF(Text), Format, Arguments);
    va_end(Arguments);
    Got.Length = (USHORT)(Units > 0 ? Units * sizeof(WCHAR) : 0);
    is_unicode(&Got, Expected, "wide \"%ws\"", Format);
    ok(Units >= 0 && Text[Units] == 0, "it is terminated");
}

static VOID TestIntegers(VOID)
{
    Narrow("0 1 -1 2147483647", "%d %i %d %d", 0, 1, -1, MAXLONG);
    Narrow("-2147483648", "%d", (int)0x80000000);
    Narrow("4294967295", "%u", MAXULONG);
    Narrow("ff FF 0xff 0XFF", "%x %X %#x %#X", 255, 255, 255, 255);
    Narrow("0 0", "%#x %x", 0, 0);
    Narrow("17 017 0", "%o %#o %#o", 15, 15, 0);
    Narrow("+5 -5  5", "%+d %+d % d", 5, -5, 5);
    Narrow("    7|7    |00007", "%5d|%-5d|%05d", 7, 7, 7);
    Narrow("-0007|   -7", "%05d|%5d", -7, -7);
    Narrow("00042|   042|042   ", "%.5d|%6.3d|%-6.3d", 42, 42, 42);
    Narrow("|", "%.0d|", 0);
    Narrow("   7|7  |", "%*d|%*d|", 4, 7, -3, 7);
    Narrow("007|7", "%.*d|%.*d", 3, 7, -1, 7);
    Narrow("0x00ff", "%#06x", 255);
    Narrow("ff", "%hhx", 0x12FF);
    Narrow("-1", "%hhd", 0xFF);
    Narrow("12ff -1", "%hx %hd", 0x3412FF, 0xFFFF);
    Narrow("-1 ffffffff", "%ld %lx", -1, -1);
    Narrow("-9223372036854775808", "%I64d", 0x8000000000000000ull);
    Narrow("18446744073709551615 ffffffffffffffff", "%I64u %I64x", ~0ull, ~0ull);
    Narrow("123456789abcdef0", "%llx", 0x123456789abcdef0ull);
    Narrow("123456789abcdef0", "%Ix", 0x123456789abcdef0ull);
    Narrow("9abcdef0", "%I32x", 0x9abcdef0u);
    Narrow("123456789abcdef0", "%zx", 0x123456789abcdef0ull);
    Wide(L"-7 0X1F 12345678901", L"%d %#X %I64d", -7, 31, 12345678901ll);
}

static VOID TestPointers(VOID)
{
    Narrow("0000000000001234", "%p", (PVOID)0x1234);
    Narrow("FFFFA50000001234", "%p", (PVOID)0xFFFFA50000001234);
    Narrow("  0000000000001234|", "%18p|", (PVOID)0x1234);
    Narrow("0000000000000000", "%p", NULL);
    Wide(L"00000000DEADBEEF", L"%p", (PVOID)0xDEADBEEF);
}

static VOID TestText(VOID)
{
    Narrow("abc|  abc|abc  |ab|   ab", "%s|%5s|%-5s|%.2s|%5.2s", "abc", "abc", "abc", "abc", "abc");
    Narrow("(null) (nu", "%s %.3s", NULL, NULL);
    Narrow("wide wide wide", "%S %ls %ws", L"wide", L"wide", L"wide");
    Narrow("nar", "%hs", "nar");
    Narrow("ab", "%.2ws", L"abcd");
    Narrow("x|  x|x  |y", "%c|%3c|%-3c|%C", 'x', 'x', 'x', L'y');
    Narrow("\xE9?", "%ws", L"\x00E9\x4E2D");
    Narrow("100%", "100%%");
    Narrow("", "");
    Narrow("q", "%q");
    Narrow("end", "end%");
    Narrow("00abc", "%05s", "abc");
    Wide(L"abc nar nar2 (null)", L"%s %S %hs %s", L"abc", "nar", "nar2", NULL);
    Wide(L"w n", L"%c %C", L'w', 'n');
    Wide(L"\x20AC", L"%S", "\x80");
}

static VOID TestCounted(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Null"), Empty = {0, 0, L""},
                   None = {8, 8, NULL};
    ANSI_STRING Ansi = RTL_CONSTANT_STRING("ansi");

    Narrow("\\Device\\Null|", "%wZ|", &Name);
    Narrow("   ansi|ansi   |", "%7Z|%-7Z|", &Ansi, &Ansi);
    Narrow("||", "|%wZ|", &Empty);
    Narrow("(null)", "%wZ", &None);
    Narrow("(null)", "%Z", NULL);
    Name.Length = 8;
    Narrow("\\Dev", "%wZ", &Name);
    Wide(L"\\Dev ansi", L"%wZ %Z", &Name, &Ansi);
}

/* %f has no meaning in NT's kernel: its argument is passed over. */
static VOID TestFloat(VOID)
{
    Narrow("f 7", "%f %d", 1.5, 7);
    Narrow("g|", "%.2g|", 2.0);
}

static int CallVsnprintf(char *Text, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = _vsnprintf(Text, Count, Format, Arguments);
    va_end(Arguments);
    return Units;
}

static VOID TestCut(VOID)
{
    char Text[16];
    WCHAR Wider[16];

    tap_fill(&Text);
    is_long(_snprintf(Text, 4, "%s", "abc"), 3, "_snprintf: room for the terminator");
    ok(Text[3] == 0 && (UCHAR)Text[4] == 0xA5, "terminated, nothing behind");
    tap_fill(&Text);
    is_long(_snprintf(Text, 3, "%s", "abc"), 3, "_snprintf: exactly Count");
    is_hex((UCHAR)Text[3], 0xA5, "no terminator");
    tap_fill(&Text);
    is_long(_snprintf(Text, 2, "%s", "abc"), -1, "_snprintf: cut");
    ok(Text[0] == 'a' && Text[1] == 'b' && (UCHAR)Text[2] == 0xA5, "what fits, no terminator");
    is_long(CallVsnprintf(NULL, 0, "%d", 12345), 5, "_vsnprintf without a buffer: the length");
    is_long(CallVsnprintf(Text, 2, "%d", 12345), -1, "_vsnprintf: cut");
    tap_fill(&Wider);
    is_long(_snwprintf(Wider, 3, L"%s", L"abc"), 3, "_snwprintf: exactly Count");
    is_hex(Wider[3], 0xA5A5, "no terminator");
    is_long(_snwprintf(Wider, 2, L"%s", L"abc"), -1, "_snwprintf: cut");
}

static int CallVsnprintfS(char *Text, size_t Size, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = _vsnprintf_s(Text, Size, Count, Format, Arguments);
    va_end(Arguments);
    return Units;
}

static int CallVsprintfS(char *Text, size_t Size, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = vsprintf_s(Text, Size, Format, Arguments);
    va_end(Arguments);
    return Units;
}

static VOID TestSecure(VOID)
{
    char Text[16];

    tap_fill(&Text);
    is_long(_snprintf_s(Text, 8, 7, "%s", "abc"), 3, "_snprintf_s: fits");
    is_string(Text, "abc", "_snprintf_s: its text");
    is_long(_snprintf_s(Text, 8, 2, "%s", "abc"), -1, "_snprintf_s: cut at Count");
    is_string(Text, "ab", "terminated");
    is_long(_snprintf_s(Text, 3, (size_t)-1, "%s", "abcdef"), -1, "_snprintf_s: _TRUNCATE");
    is_string(Text, "ab", "what fits");
    is_long(_snprintf_s(Text, 3, 8, "%s", "abcdef"), -1, "_snprintf_s: too large");
    is_string(Text, "", "emptied");
    is_long(CallVsnprintfS(Text, 8, (size_t)-1, "%d", 1234), 4, "_vsnprintf_s: fits");
    is_string(Text, "1234", "_vsnprintf_s: its text");
    is_long(sprintf_s(Text, 4, "%s", "abcd"), -1, "sprintf_s: too large");
    is_string(Text, "", "emptied");
    is_long(sprintf_s(Text, 5, "%s", "abcd"), 4, "sprintf_s: fits");
    is_long(CallVsprintfS(Text, 5, "%d", 77), 2, "vsprintf_s: fits");
    is_string(Text, "77", "vsprintf_s: its text");
}

static int CallWide(int Which, WCHAR *Text, size_t Size, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    if (Which == 0)
        Units = _vsnwprintf_s(Text, Size, (size_t)-1, Format, Arguments);
    else if (Which == 1)
        Units = vswprintf_s(Text, Size, Format, Arguments);
    else
        Units = _vswprintf(Text, Format, Arguments);
    va_end(Arguments);
    return Units;
}

static VOID IsWide(PCWSTR Got, PCWSTR Expected, const char *Text)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Got);
    is_unicode(&String, Expected, "%s", Text);
}

static VOID TestWideVariants(VOID)
{
    WCHAR Text[16];

    is_long(swprintf_s(Text, 16, L"%d", 5), 1, "swprintf_s");
    IsWide(Text, L"5", "its text");
    is_long(swprintf_s(Text, 3, L"%s", L"abc"), -1, "swprintf_s: too large");
    IsWide(Text, L"", "emptied");
    is_long(_snwprintf_s(Text, 3, (size_t)-1, L"%s", L"abc"), -1, "_snwprintf_s: _TRUNCATE");
    IsWide(Text, L"ab", "what fits");
    is_long(_swprintf(Text, L"%x", 0xBEEF), 4, "_swprintf");
    IsWide(Text, L"beef", "its text");
    is_long(CallWide(0, Text, 16, L"%c", 'z'), 1, "_vsnwprintf_s");
    is_long(CallWide(1, Text, 16, L"%05d", 42), 5, "vswprintf_s");
    IsWide(Text, L"00042", "its text");
    is_long(CallWide(2, Text, 0, L"%u", 7), 1, "_vswprintf");
    IsWide(Text, L"7", "its text");
}

/* mingw's header declares another swprintf: NT's is called by address. */
static VOID TestUnbounded(VOID)
{
    int(__cdecl *Swprintf)(WCHAR *, const WCHAR *, ...);
    int(__cdecl *Vsprintf)(char *, const char *, va_list);
    WCHAR Text[16];
    char Narrow[16];
    ULONG64 Arguments[] = {42};

    *(PVOID *)&Swprintf = tap_routine(L"swprintf");
    *(PVOID *)&Vsprintf = tap_routine(L"vsprintf");
    if (Swprintf == NULL || Vsprintf == NULL) {
        skip(4, "not exported here");
        return;
    }
    is_long(Swprintf(Text, L"%s!", L"abc"), 4, "swprintf");
    IsWide(Text, L"abc!", "its text");
    is_long(Vsprintf(Narrow, "%d", (va_list)Arguments), 2, "vsprintf");
    is_string(Narrow, "42", "its text");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    char Text[32];

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestIntegers();
    TestPointers();
    TestText();
    TestCounted();
    TestFloat();
    TestCut();
    TestSecure();
    TestWideVariants();
    TestUnbounded();
    is_long(sprintf(Text, "%s %d", "sprintf", 1), 9, "sprintf");
    is_string(Text, "sprintf 1", "its text");
    return done();
}
