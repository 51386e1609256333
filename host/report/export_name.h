/* Addresses in an image to the exported routine before them: what is left when there are no
 * symbols. */
#pragma once

#include <stddef.h>

#include "report/symbol.h"

/* Fills the queries that have no place yet with "Name+0x12" of the nearest export at or below. */
void export_name_lookup(const char *image_path, struct symbol_query *queries, size_t count);
