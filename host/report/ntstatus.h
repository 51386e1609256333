/* Names of NTSTATUS values, generated from the DDK's header. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ntstatus_row {
    uint32_t value;
    const char *name;
};
extern const struct ntstatus_row ntstatus_rows[];
extern const size_t ntstatus_row_count;

#define NTSTATUS_TEXT_LIMIT 80u
/* "STATUS_NO_MEMORY (0xC0000017)", or the number alone. Returns text. */
const char *ntstatus_text(uint32_t value, char text[NTSTATUS_TEXT_LIMIT]);
