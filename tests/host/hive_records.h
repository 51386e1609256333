/* Makes the records and requests of a machine's registry, for tests of the host's side of it. */
#pragma once

#include "hive/store.h"
#include "hive/tree.h"

/* A record; path is of names with '\' between, all in ASCII. Returns its bytes, or 0 without room.
 */
uint32_t record_make(uint8_t *to, uint32_t room, uint32_t operation, const char *path,
                     const char *name, uint32_t type, const void *data, uint32_t data_bytes);
/* One request, in as many pieces as it takes; its NTSTATUS. */
uint32_t request_change(struct hive_store *store, uint32_t hive, const uint8_t *record);
uint32_t request_plain(struct hive_store *store, uint32_t operation);
/* All records of a hive, to be freed. */
uint8_t *request_load(struct hive_store *store, uint32_t hive, size_t *bytes);
