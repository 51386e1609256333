/* TAP for programs: OK(condition, "what"), then return tap_end(). */
#pragma once

#include <stdio.h>

static int tap_count, tap_failed;

static inline int tap_check(int passed, const char *what, const char *file, int line)
{
    tap_count++;
    printf("%sok %d - %s\n", passed ? "" : "not ", tap_count, what);
    if (!passed) {
        tap_failed++;
        printf("# at %s:%d\n", file, line);
    }
    return passed;
}

#define OK(condition, what) tap_check((condition) != 0, what, __FILE__, __LINE__)

static inline int tap_end(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}
