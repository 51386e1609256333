/* TAP for the host's unit tests: ok(), is(), one plan at the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool ok(bool passed, const char *format, ...)
{
    __builtin_va_list arguments;

    printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
    __builtin_va_start(arguments, format);
    vprintf(format, arguments);
    __builtin_va_end(arguments);
    printf("\n");
    tap_failed += !passed;
    return passed;
}

static inline bool is(uint64_t got, uint64_t expected, const char *what)
{
    if (ok(got == expected, "%s", what))
        return true;
    printf("#      got: 0x%llx\n# expected: 0x%llx\n", (unsigned long long)got,
           (unsigned long long)expected);
    return false;
}

static inline bool is_text(const char *got, const char *expected, const char *what)
{
    if (ok(strcmp(got, expected) == 0, "%s", what))
        return true;
    printf("#      got: %s\n# expected: %s\n", got, expected);
    return false;
}

static inline int done_testing(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}
