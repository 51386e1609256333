/*
 * A hive as the host holds it: keys and values, changed by the guest's records (HAL_HIVE_RECORD).
 * Names are UTF-16 in bytes. No two names in a key are the same but for case; which key a path
 * means goes by its spelling, since the guest's kernel may know more letters that have two cases.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"

#define HIVE_DEPTH_LIMIT 512u        /* keys on a path */
#define HIVE_KEY_NAME_LIMIT 510u     /* bytes */
#define HIVE_VALUE_NAME_LIMIT 32766u /* bytes */
#define HIVE_CLASS_LIMIT 65534u      /* bytes */
#define HIVE_SECURITY_LIMIT 65535u
#define HIVE_DATA_LIMIT 0x100000u

struct hive_bytes {
    uint8_t *data; /* NULL when empty */
    uint32_t bytes;
};

struct hive_value {
    struct hive_bytes name, data;
    uint32_t type, hash; /* of the name, whatever its case */
};

struct hive_key {
    struct hive_key *parent;  /* NULL: the root */
    struct hive_key **child;  /* sorted by hive_compare_names */
    struct hive_value *value; /* in the order of their making */
    uint32_t child_count, child_room, value_count, value_room;
    struct hive_bytes name, class_name, security;
    uint32_t flags; /* HAL_KEY_* */
    uint64_t time;
};

/* A growing block. failed: memory ran out once, and what it holds is of no use. */
struct hive_buffer {
    uint8_t *data;
    size_t bytes, room;
    bool failed;
};

struct hive_key *hive_create_root(void);  /* NULL without memory */
void hive_free_key(struct hive_key *key); /* and all below it; not taken off its parent */
/* Upper case first, then the spelling: a total order in which a reader that folds case finds what
 * it looks for. */
int hive_compare_names(const struct hive_bytes *a, const struct hive_bytes *b);
int hive_fold_names(const struct hive_bytes *a,
                    const struct hive_bytes *b); /* 0: the same but for case */
bool hive_is_key_name(const struct hive_bytes *name);
/* 0, -EINVAL for what is no record or cannot be, -ENOENT, -EEXIST, -ENOTEMPTY, -ENOMEM: then
 * nothing is changed. */
int hive_apply(struct hive_key *root, const void *record, size_t bytes);
/* The records that make the hive, the root's first. */
void hive_emit(const struct hive_key *root, struct hive_buffer *out);
void hive_append(struct hive_buffer *buffer, const void *data, size_t bytes);
int hive_copy_bytes(struct hive_bytes *to, const void *data, size_t bytes); /* 0 or -ENOMEM */
/* Adds a child or a value that the caller has made up; 0, -EEXIST or -ENOMEM, and it is the
 * caller's still. */
int hive_link_child(struct hive_key *parent, struct hive_key *child);
uint32_t hive_child_index(const struct hive_key *child); /* of a child that is linked */
uint32_t hive_hash_name(const struct hive_bytes *name);
int hive_add_value(struct hive_key *key, const struct hive_value *value);
