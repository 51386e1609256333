/* See ntstatus.h. */
#include "report/ntstatus.h"

#include <stdio.h>

const char *ntstatus_text(uint32_t value, char text[NTSTATUS_TEXT_LIMIT])
{
    for (size_t i = 0; i < ntstatus_row_count; i++)
        if (ntstatus_rows[i].value == value) {
            snprintf(text, NTSTATUS_TEXT_LIMIT, "%.60s (0x%08X)", ntstatus_rows[i].name, value);
            return text;
        }
    snprintf(text, NTSTATUS_TEXT_LIMIT, "0x%08X", value);
    return text;
}
