/* Formatted input: sscanf and its like by the C standard (7.21.6.2), Windows' sizes and _s
 * routines, streams. */
#define __USE_MINGW_ANSI_STDIO 0
#include <windows.h>

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "tap.h"

static const struct {
    const char *text, *format;
    int result;
    long long value;
} integers[] = {
    {"42", "%d", 1, 42},          {"  -17x", "%d", 1, -17},     {"+8", "%d", 1, 8},
    {"0x1F", "%x", 1, 31},        {"1f", "%x", 1, 31},          {"0x1F", "%i", 1, 31},
    {"017", "%i", 1, 15},         {"0", "%i", 1, 0},            {"017", "%o", 1, 15},
    {"12345", "%3d", 1, 123},     {"x", "%d", 0, -1},           {"", "%d", EOF, -1},
    {"   ", "%d", EOF, -1},       {"-", "%d", 0, -1},           {"7,8", "7,%d", 1, 8},
    {"7;8", "7,%d", 0, -1},       {"a 9", "a%d", 1, 9},         {"50%", "50%%%d", EOF, -1},
    {"1 2", "%*d%d", 1, 2},       {"abc5", "%*[a-c]%d", 1, 5},  {"0x", "%x", 1, 0},
    {"4294967295", "%u", 1, 4294967295ll},
};

static void test_integers(void)
{
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        unsigned value = (unsigned)-1;
        int result = sscanf(integers[i].text, integers[i].format, &value);
        char what[80];

        sprintf(what, "\"%s\" by \"%s\": %d, %u", integers[i].text, integers[i].format, result,
                value);
        OK(result == integers[i].result && value == (unsigned)integers[i].value, what);
    }
}

static void test_sizes(void)
{
    struct {
        unsigned char byte, after_byte;
        unsigned short half, after_half;
        long long whole;
    } v;

    memset(&v, 0xA5, sizeof(v));
    OK(sscanf("1 2 -3", "%hhu %hu %I64d", &v.byte, &v.half, &v.whole) == 3, "three sizes");
    OK(v.byte == 1 && v.after_byte == 0xA5 && v.half == 2 && v.after_half == 0xA5A5 &&
           v.whole == -3,
       "each in its bytes");
    OK(sscanf("9223372036854775807", "%lld", &v.whole) == 1 && v.whole == 0x7FFFFFFFFFFFFFFFll,
       "ll");
}

static void test_text(void)
{
    char word[8] = "", rest[16] = "";
    WCHAR wide[8] = L"";
    int at = -1;

    OK(sscanf(" one two", "%7s%n", word, &at) == 1 && strcmp(word, "one") == 0 && at == 4,
       "%s and %n");
    OK(sscanf("abcdef", "%3s%15s", word, rest) == 2 && strcmp(word, "abc") == 0 &&
           strcmp(rest, "def") == 0,
       "a width");
    memset(word, 'x', sizeof(word));
    OK(sscanf("ab", "%2c", word) == 1 && memcmp(word, "abx", 3) == 0, "%c: no end is written");
    OK(sscanf("a", "%2c", word) == EOF, "%2c of one");
    OK(sscanf("key=value", "%7[^=]=%15s", word, rest) == 2 && strcmp(word, "key") == 0 &&
           strcmp(rest, "value") == 0,
       "a set, excluded");
    OK(sscanf("]]a", "%7[]]", word) == 1 && strcmp(word, "]]") == 0, "a set of the bracket");
    OK(sscanf("b-a", "%7[a-c-]", word) == 1 && strcmp(word, "b-a") == 0, "a set with a dash");
    OK(sscanf("z", "%7[a-c]", word) == 0, "nothing of the set");
    OK(sscanf("wide", "%ls", wide) == 1 && wcscmp(wide, L"wide") == 0, "%ls");
    OK(swscanf(L"wide 5", L"%s %d", wide, &at) == 2 && wcscmp(wide, L"wide") == 0 && at == 5,
       "wide %s");
    OK(swscanf(L"narrow", L"%hs", word) == 1 && strcmp(word, "narrow") == 0, "wide %hs");
    OK(swscanf(L"\x65e5\x672c x", L"%[^ ]", wide) == 1 && wcscmp(wide, L"\x65e5\x672c") == 0,
       "wide set");
}

static void test_reals(void)
{
    double number = 0;
    float small = 0;

    OK(sscanf("-2.5e2,", "%lf", &number) == 1 && number == -250.0, "a double");
    OK(sscanf("1.5", "%f", &small) == 1 && small == 1.5f, "a float");
    OK(sscanf("12.75", "%4lf", &number) == 1 && number == 12.7, "a width");
    OK(sscanf("e5", "%lf", &number) == 0, "no number");
}

static void test_secure(void)
{
    char word[4] = "???";
    int number = 0;

    OK(sscanf_s("abc 1", "%s %d", word, (unsigned)sizeof(word), &number) == 2 &&
           strcmp(word, "abc") == 0 && number == 1,
       "sscanf_s: it fits");
    OK(sscanf_s("abcd 1", "%s %d", word, (unsigned)sizeof(word), &number) == 0 && word[0] == 0,
       "sscanf_s: it does not");
    OK(sscanf_s("xyz", "%c%c", &word[0], 1u, &word[1], 1u) == 2 && word[0] == 'x' && word[1] == 'y',
       "sscanf_s: characters");
}

static void test_stream(void)
{
    FILE *file = fopen("C:\\scan.txt", "w+");
    int one = 0, two = 0;
    char word[8] = "";

    OK(file != NULL && fputs("10 20\nend", file) >= 0, "a file");
    rewind(file);
    OK(fscanf(file, "%d", &one) == 1 && one == 10 && fgetc(file) == ' ',
       "fscanf leaves what it did not take");
    OK(fscanf(file, "%d %7s", &two, word) == 2 && two == 20 && strcmp(word, "end") == 0,
       "over the line's end");
    OK(fscanf(file, "%d", &one) == EOF && feof(file), "the end of the file");
    fclose(file);
    DeleteFileA("C:\\scan.txt");
}

int main(void)
{
    test_integers();
    test_sizes();
    test_text();
    test_reals();
    test_secure();
    test_stream();
    return tap_end();
}
