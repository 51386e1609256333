/* The C library: printf's formats, numbers, sorting, memory, time. */
#define __USE_MINGW_ANSI_STDIO 0 /* msvcrt's printf, not mingw's own */
#include <windows.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

#define CHECK(expected, ...)                                              \
    do {                                                                  \
        char text_[512];                                                  \
        sprintf(text_, __VA_ARGS__);                                      \
        if (!OK(strcmp(text_, expected) == 0, #__VA_ARGS__))              \
            printf("# got [%s], expected [%s]\n", text_, expected);       \
    } while (0)

static void test_formats(void)
{
    CHECK("42|-42|+42| 42|00042|42   |   42", "%d|%d|%+d|% d|%05d|%-5d|%5d", 42, -42, 42, 42, 42,
          42, 42);
    CHECK("ff FF 0xff 377 4294967295", "%x %X %#x %o %u", 255, 255, 255, 255, ~0u);
    CHECK("9223372036854775807 -1", "%I64d %lld", 9223372036854775807ll, -1ll);
    CHECK("[abc] [  abc] [abc  ] [ab]", "[%s] [%5s] [%-5s] [%.2s]", "abc", "abc", "abc", "abc");
    CHECK("wide x%", "%S %c%%", L"wide", 'x');
    CHECK("000000000000BEEF", "%p", (void *)0xBEEF);
    CHECK("00012", "%.5d", 12);
    CHECK("  7", "%*d", 3, 7);
    CHECK("1.500000 -0.25 3 1e+010", "%f %.2f %.0f %g", 1.5, -0.25, 2.5 + 0.5, 1e10);
    CHECK("0.1 0.30000000000000004 1e-005", "%g %.17g %g", 0.1, 0.1 + 0.2, 0.00001);
    CHECK("2 4 0.12 0.1 1000000000000000000000", "%.0f %.0f %.2f %.1f %.0f", 2.5, 3.5, 0.125, 0.05,
          1e21);
    CHECK("1.234500e+003 1.E+000 9.995e+002", "%e %#.0E %.3e", 1234.5, 1.0, 999.5);
    CHECK("1.#INF -1.#INF00", "%g %f", 1e308 * 10, -1e308 * 10);
    CHECK("0.000000 0 100000 1e+006 123456", "%f %g %g %g %g", 0.0, 0.0, 100000.0, 1000000.0,
          123456.0);
    CHECK("4.9406564584124654e-324", "%.16e", 4.9406564584124654e-324);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void test_stdlib(void)
{
    int numbers[] = {5, 3, 9, 1, 7, 3, 0}, key = 7;
    char *end, copy[] = "a,b;;c";
    int sorted = 1;

    qsort(numbers, 7, sizeof(int), compare);
    for (int i = 1; i < 7; i++)
        sorted &= numbers[i - 1] <= numbers[i];
    OK(sorted, "qsort");
    OK(bsearch(&key, numbers, 7, sizeof(int), compare) == &numbers[5], "bsearch");
    OK(strtol("  -0x1F!", &end, 0) == -31 && *end == '!', "strtol");
    OK(strtoul("4294967295", NULL, 10) == 0xFFFFFFFF, "strtoul");
    OK(strtod("3.25e2z", &end) == 325.0 && *end == 'z', "strtod");
    OK(atof("0.1") == 0.1 && atof("123456789012345678") == 123456789012345678.0 &&
           atof("1e-10") == 1e-10,
       "atof");
    OK(strcmp(strtok(copy, ",;"), "a") == 0 && strcmp(strtok(NULL, ",;"), "b") == 0 &&
           strcmp(strtok(NULL, ",;"), "c") == 0 && strtok(NULL, ",;") == NULL, "strtok");
    OK(strcmp(strpbrk("a,b;c", ";,"), ",b;c") == 0 && strpbrk("abc", ";,") == NULL &&
           strpbrk("", "x") == NULL,
       "strpbrk");
    srand(1);
    OK(rand() == 41 && rand() == 18467, "rand is msvcrt's");
    OK(getenv("SystemRoot") != NULL && strcmp(getenv("SYSTEMROOT"), "C:\\Windows") == 0, "getenv");
}

static void test_memory(void)
{
    char *blocks[200];
    int right = 1;

    for (int i = 0; i < 200; i++) {
        blocks[i] = malloc((size_t)i * 517 + 1);
        memset(blocks[i], i, (size_t)i * 517 + 1);
    }
    for (int i = 0; i < 200; i += 2)
        free(blocks[i]);
    for (int i = 1; i < 200; i += 2) {
        blocks[i] = realloc(blocks[i], (size_t)i * 700 + 1);
        right &= blocks[i][0] == (char)i && blocks[i][i * 517] == (char)i;
        free(blocks[i]);
    }
    OK(right, "realloc keeps what was there");
    {
        volatile size_t most = (size_t)-1;
        char *volatile block = calloc(most, 2), *volatile zeroes = calloc(1000, 1);

        OK(block == NULL && zeroes != NULL && zeroes[999] == 0,
           "calloc checks its product, and zeroes");
        free(zeroes);
    }
}

static void test_time(void)
{
    time_t when = 951782400; /* 2000-02-29 00:00:00 */
    struct tm *tm = gmtime(&when);

    OK(tm->tm_year == 100 && tm->tm_mon == 1 && tm->tm_mday == 29 && tm->tm_wday == 2 &&
           tm->tm_yday == 59,
       "gmtime");
    OK(time(NULL) > 1000000000, "time");
}

static void test_wide_numbers(void)
{
    static const wchar_t text[] = L" -0x1Fg";
    wchar_t *end = NULL;

    OK(_wtoi(L" 42x") == 42 && _wtoi(L"\x0664") == 0 && _wtol(L"-7") == -7, "_wtoi, _wtol");
    OK(wcstol(text, &end, 0) == -31 && end == text + 6, "wcstol");
    OK(wcstol(L"x", &end, 10) == 0 && *end == L'x', "wcstol without digits");
    errno = 0;
    OK(wcstol(L"99999999999", &end, 10) == 2147483647 && errno == ERANGE && *end == 0,
       "wcstol: too big");
    OK(wcstoul(L"ffffffff", NULL, 16) == 0xFFFFFFFF, "wcstoul");
}

static void test_wide_output(void)
{
    FILE *file = fopen("C:\\wide.txt", "w+");
    char line[8] = "";

    OK(file != NULL && fputwc(L'a', file) == L'a' && fputws(L"b\xE9\n", file) >= 0,
       "fputwc, fputws");
    OK(fputwc(0x20AC, file) == WEOF && errno == EILSEQ && ferror(file),
       "a character that is no byte");
    rewind(file);
    OK(fgets(line, sizeof(line), file) != NULL && strcmp(line, "ab\xE9\n") == 0,
       "characters are bytes");
    OK(fclose(file) == 0 && remove("C:\\wide.txt") == 0, "the file is deleted");
}

static int exit_order;

static void at_exit_second(void)
{
    exit_order = 1;
}

static void at_exit_first(void)
{
    printf("# exit handlers run last to first: %d\n", exit_order);
}

int main(int argc, char **argv)
{
    atexit(at_exit_first);
    atexit(at_exit_second);
    OK(argc >= 1 && argv[0] != NULL && argv[argc] == NULL, "argc and argv");
    test_formats();
    test_stdlib();
    test_memory();
    test_time();
    test_wide_numbers();
    test_wide_output();
    return tap_end();
}
