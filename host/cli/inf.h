/* Hardware IDs from INF files. */
#pragma once

#include <stddef.h>

/*
 * The hardware and compatible IDs that the INF files in the driver's folder install it for, commas
 * between; "" when there are none. An INF that cannot be read says nothing.
 */
void inf_find_hardware_ids(const char *driver_path, char *ids, size_t limit);
