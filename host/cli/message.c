/* Drydock's own messages, and small helpers of every verb. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void print_message(const char *format, va_list arguments)
{
    fflush(stdout);
    fputs("drydock: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void cli_message(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_message(format, arguments);
    va_end(arguments);
}

int cli_usage_error(const struct cli_verb *verb, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_message(format, arguments);
    va_end(arguments);
    fprintf(stderr, "drydock: 'drydock help %s' says more\n", verb->name);
    return EXIT_USAGE;
}

bool cli_parse_number(const char *text, unsigned long long low, unsigned long long high,
                      unsigned long long *value)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, text[1] == 'x' || text[1] == 'X' ? 16 : 10);
    return errno == 0 && *end == '\0' && *value >= low && *value <= high;
}

/* Eight, four, four, four and twelve hexadecimal digits, in braces or not. */
bool cli_parse_guid(const char *text, char guid[40])
{
    bool braces = text[0] == '{';
    size_t length = strlen(text);

    if (length != (braces ? 38 : 36) || (braces && text[length - 1] != '}'))
        return false;
    snprintf(guid, 40, "{%.36s}", text + braces);
    for (unsigned i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? guid[i + 1] != '-' : strchr("0123456789abcdefABCDEF", guid[i + 1]) == NULL)
            return false;
    }
    return true;
}
