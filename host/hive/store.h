/*
 * The registry of a machine's folder: DIR/registry/SYSTEM and its like, loaded when it is opened,
 * changed by the machine's requests, written back when it is closed. One process at a time has a
 * folder's registry.
 */
#pragma once

#include <stddef.h>

struct hive_store;

/* What there is to tell of hives: one line, without its end. */
typedef void hive_say(void *context, const char *text);

/*
 * A folder of NULL: a store without a folder, for the guest's own files alone (HAL_HIVE_SCRATCH).
 * Opens or makes folder/registry and reads each hive there, recovering what is to be recovered.
 * NULL when one of them cannot be had whole, or the folder is in use: say has told.
 */
struct hive_store *hive_store_open(const char *folder, hive_say *say, void *context);
/* Serves the body of a CHANNEL_HIVE packet; the bytes of the answer, or -errno to end the machine.
 */
long hive_store_serve(struct hive_store *store, const void *body, size_t body_bytes, void *reply,
                      size_t reply_limit);
/* Writes each hive that was changed; 0 or -errno, and then it is in its log still. */
int hive_store_checkpoint(struct hive_store *store);
/* The same, and frees the store. NULL: nothing. */
int hive_store_close(struct hive_store *store);
