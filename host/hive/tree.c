/* See tree.h. */
#include "hive/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/name.h"

/* ---- blocks ---- */

int hive_copy_bytes(struct hive_bytes *to, const void *data, size_t bytes)
{
    uint8_t *copy = bytes != 0 ? malloc(bytes) : NULL;

    if (bytes != 0 && copy == NULL)
        return -ENOMEM;
    if (bytes != 0)
        memcpy(copy, data, bytes);
    *to = (struct hive_bytes){copy, (uint32_t)bytes};
    return 0;
}

void hive_append(struct hive_buffer *buffer, const void *data, size_t bytes)
{
    size_t room = buffer->room != 0 ? buffer->room : 4096;
    uint8_t *grown;

    while (room - buffer->bytes < bytes)
        room *= 2;
    if (room != buffer->room) {
        grown = realloc(buffer->data, room);
        if (grown == NULL) {
            buffer->failed = true;
            return;
        }
        buffer->data = grown;
        buffer->room = room;
    }
    if (bytes != 0)
        memcpy(buffer->data + buffer->bytes, data, bytes);
    buffer->bytes += bytes;
}

/* ---- keys ---- */

struct hive_key *hive_create_root(void)
{
    return calloc(1, sizeof(struct hive_key));
}

static void free_value(struct hive_value *value)
{
    free(value->name.data);
    free(value->data.data);
}

void hive_free_key(struct hive_key *key)
{
    if (key == NULL)
        return;
    for (uint32_t i = 0; i < key->child_count; i++)
        hive_free_key(key->child[i]);
    for (uint32_t i = 0; i < key->value_count; i++)
        free_value(&key->value[i]);
    free(key->child);
    free(key->value);
    free(key->name.data);
    free(key->class_name.data);
    free(key->security.data);
    free(key);
}

static uint16_t unit_at(const struct hive_bytes *name, uint32_t index)
{
    uint16_t unit;

    memcpy(&unit, name->data + 2 * index, sizeof(unit));
    return unit;
}

int hive_fold_names(const struct hive_bytes *a, const struct hive_bytes *b)
{
    uint32_t a_units = a->bytes / 2, b_units = b->bytes / 2;
    uint32_t common = a_units < b_units ? a_units : b_units;

    for (uint32_t i = 0; i < common; i++) {
        uint32_t x = name_fold(unit_at(a, i)), y = name_fold(unit_at(b, i));

        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a_units > b_units) - (a_units < b_units);
}

int hive_compare_names(const struct hive_bytes *a, const struct hive_bytes *b)
{
    int order = hive_fold_names(a, b);

    return order != 0 || a->bytes == 0 ? order : memcmp(a->data, b->data, a->bytes);
}

/* The index of the first child that is not before name. */
static uint32_t seek_child(const struct hive_key *key, const struct hive_bytes *name)
{
    uint32_t low = 0, high = key->child_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (hive_compare_names(&key->child[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct hive_key *find_child(const struct hive_key *key, const struct hive_bytes *name)
{
    uint32_t at = seek_child(key, name);

    return at < key->child_count && hive_compare_names(&key->child[at]->name, name) == 0
               ? key->child[at]
               : NULL;
}

static int reserve(void **block, uint32_t *room, uint32_t count, size_t item_bytes)
{
    uint32_t more = *room != 0 ? *room * 2 : 4;
    void *grown;

    if (count < *room)
        return 0;
    grown = realloc(*block, more * item_bytes);
    if (grown == NULL)
        return -ENOMEM;
    *block = grown;
    *room = more;
    return 0;
}

int hive_link_child(struct hive_key *parent, struct hive_key *child)
{
    uint32_t at = seek_child(parent, &child->name);

    if ((at != 0 && hive_fold_names(&parent->child[at - 1]->name, &child->name) == 0) ||
        (at < parent->child_count && hive_fold_names(&parent->child[at]->name, &child->name) == 0))
        return -EEXIST;
    if (reserve((void **)&parent->child, &parent->child_room, parent->child_count,
                sizeof(struct hive_key *)) != 0)
        return -ENOMEM;
    memmove(parent->child + at + 1, parent->child + at,
            (parent->child_count - at) * sizeof(struct hive_key *));
    parent->child[at] = child;
    parent->child_count++;
    child->parent = parent;
    return 0;
}

uint32_t hive_child_index(const struct hive_key *child)
{
    return seek_child(child->parent, &child->name);
}

static void unlink_child(struct hive_key *child)
{
    struct hive_key *parent = child->parent;
    uint32_t at = hive_child_index(child);

    parent->child_count--;
    memmove(parent->child + at, parent->child + at + 1,
            (parent->child_count - at) * sizeof(struct hive_key *));
}

/* ---- values ---- */

uint32_t hive_hash_name(const struct hive_bytes *name)
{
    uint32_t hash = 0;

    for (uint32_t i = 0; i < name->bytes / 2; i++)
        hash = hash * 37 + name_fold(unit_at(name, i));
    return hash;
}

static struct hive_value *find_value(const struct hive_key *key, const struct hive_bytes *name)
{
    uint32_t hash = hive_hash_name(name);

    for (uint32_t i = 0; i < key->value_count; i++)
        if (key->value[i].hash == hash && hive_fold_names(&key->value[i].name, name) == 0)
            return &key->value[i];
    return NULL;
}

int hive_add_value(struct hive_key *key, const struct hive_value *value)
{
    if (find_value(key, &value->name) != NULL)
        return -EEXIST;
    if (reserve((void **)&key->value, &key->value_room, key->value_count, sizeof(*value)) != 0)
        return -ENOMEM;
    key->value[key->value_count] = *value;
    key->value[key->value_count++].hash = hive_hash_name(&value->name);
    return 0;
}

/* ---- records ---- */

struct change { /* a record, taken apart; the pointers go into it */
    HAL_HIVE_RECORD head;
    const uint8_t *path, *name, *data;
};

static bool parse(const void *record, size_t bytes, struct change *change)
{
    HAL_HIVE_RECORD *head = &change->head;
    const uint8_t *rest = (const uint8_t *)record + sizeof(*head);

    if (bytes < sizeof(*head) || bytes > HAL_HIVE_RECORD_LIMIT)
        return false;
    memcpy(head, record, sizeof(*head));
    bytes -= sizeof(*head);
    if (head->bytes != bytes + sizeof(*head) || head->path_bytes > bytes ||
        head->name_bytes > bytes - head->path_bytes ||
        head->data_bytes != bytes - head->path_bytes - head->name_bytes)
        return false;
    change->path = rest;
    change->name = rest + head->path_bytes;
    change->data = change->name + head->name_bytes;
    return head->name_bytes % 2 == 0 && head->data_bytes <= HIVE_DATA_LIMIT;
}

bool hive_is_key_name(const struct hive_bytes *name)
{
    if (name->bytes == 0 || name->bytes > HIVE_KEY_NAME_LIMIT || name->bytes % 2 != 0)
        return false;
    for (uint32_t i = 0; i < name->bytes / 2; i++)
        if (unit_at(name, i) == '\\')
            return false;
    return true;
}

/* Takes one component off the path. */
static bool next_component(const uint8_t **path, uint32_t *bytes, struct hive_bytes *component)
{
    uint16_t length;

    if (*bytes < sizeof(length))
        return false;
    memcpy(&length, *path, sizeof(length));
    *component = (struct hive_bytes){(uint8_t *)*path + sizeof(length), length};
    if (length > *bytes - sizeof(length) || !hive_is_key_name(component))
        return false;
    *path += sizeof(length) + length;
    *bytes -= (uint32_t)sizeof(length) + length;
    return true;
}

/* The key that the path leads to; or its parent and *missing when only the last component is not
 * there. */
static int walk(struct hive_key *root, const struct change *change, struct hive_key **key,
                struct hive_bytes *missing)
{
    const uint8_t *path = change->path;
    uint32_t bytes = change->head.path_bytes, depth = 0;
    struct hive_bytes component;
    struct hive_key *child;

    *missing = (struct hive_bytes){0};
    *key = root;
    while (bytes != 0) {
        if (!next_component(&path, &bytes, &component) || ++depth > HIVE_DEPTH_LIMIT)
            return -EINVAL;
        child = find_child(*key, &component);
        if (child == NULL) {
            *missing = component;
            return bytes == 0 ? 0 : -ENOENT;
        }
        *key = child;
    }
    return 0;
}

static int set_key(struct hive_key *key, const struct change *change)
{
    struct hive_bytes class_name, security;

    if (change->head.name_bytes > HIVE_CLASS_LIMIT ||
        change->head.data_bytes > HIVE_SECURITY_LIMIT || (change->head.type & ~HAL_KEY_LINK) != 0)
        return -EINVAL;
    if (hive_copy_bytes(&class_name, change->name, change->head.name_bytes) != 0)
        return -ENOMEM;
    if (hive_copy_bytes(&security, change->data, change->head.data_bytes) != 0) {
        free(class_name.data);
        return -ENOMEM;
    }
    free(key->class_name.data);
    free(key->security.data);
    key->class_name = class_name;
    key->security = security;
    key->flags = change->head.type;
    key->time = change->head.time;
    return 0;
}

static int make_key(struct hive_key *parent, const struct hive_bytes *name,
                    const struct change *change)
{
    struct hive_key *key = calloc(1, sizeof(*key));
    int error = key == NULL ? -ENOMEM : hive_copy_bytes(&key->name, name->data, name->bytes);

    if (error == 0)
        error = set_key(key, change);
    if (error == 0)
        error = hive_link_child(parent, key);
    if (error != 0) {
        hive_free_key(key);
        return error;
    }
    parent->time = change->head.time;
    return 0;
}

static int delete_key(struct hive_key *key, const struct change *change)
{
    if (key->parent == NULL)
        return -EINVAL;
    if (key->child_count != 0)
        return -ENOTEMPTY;
    key->parent->time = change->head.time;
    unlink_child(key);
    hive_free_key(key);
    return 0;
}

static int rename_key(struct hive_key *key, const struct change *change)
{
    struct hive_bytes name = {(uint8_t *)change->name, change->head.name_bytes}, old = key->name;
    struct hive_key *parent = key->parent;

    if (parent == NULL || !hive_is_key_name(&name))
        return -EINVAL;
    if (hive_copy_bytes(&name, change->name, change->head.name_bytes) != 0)
        return -ENOMEM;
    unlink_child(key);
    key->name = name;
    if (hive_link_child(parent, key) != 0) {
        key->name = old;
        hive_link_child(parent, key); /* where it was: there is room, and the name is free */
        free(name.data);
        return -EEXIST;
    }
    free(old.data);
    parent->time = change->head.time;
    return 0;
}

static int set_value(struct hive_key *key, const struct change *change)
{
    struct hive_bytes name = {(uint8_t *)change->name, change->head.name_bytes};
    struct hive_value *old = find_value(key, &name), value = {.type = change->head.type};
    int error;

    if (name.bytes > HIVE_VALUE_NAME_LIMIT)
        return -EINVAL;
    error = hive_copy_bytes(&value.data, change->data, change->head.data_bytes);
    if (error != 0)
        return error;
    if (old != NULL) {
        free(old->data.data);
        old->data = value.data;
        old->type = value.type;
    } else {
        error = hive_copy_bytes(&value.name, name.data, name.bytes);
        if (error == 0)
            error = hive_add_value(key, &value);
    }
    if (error != 0) {
        free_value(&value);
        return error;
    }
    key->time = change->head.time;
    return 0;
}

static int delete_value(struct hive_key *key, const struct change *change)
{
    struct hive_bytes name = {(uint8_t *)change->name, change->head.name_bytes};
    struct hive_value *value = find_value(key, &name);

    if (value == NULL)
        return -ENOENT;
    free_value(value);
    key->value_count--;
    memmove(value, value + 1, (size_t)(key->value + key->value_count - value) * sizeof(*value));
    key->time = change->head.time;
    return 0;
}

int hive_apply(struct hive_key *root, const void *record, size_t bytes)
{
    struct hive_bytes missing;
    struct change change;
    struct hive_key *key;
    int error;

    if (!parse(record, bytes, &change))
        return -EINVAL;
    error = walk(root, &change, &key, &missing);
    if (error != 0)
        return error;
    if (missing.bytes != 0)
        return change.head.operation == HAL_CHANGE_KEY ? make_key(key, &missing, &change) : -ENOENT;
    switch (change.head.operation) {
    case HAL_CHANGE_KEY: return set_key(key, &change);
    case HAL_CHANGE_DELETE_KEY: return delete_key(key, &change);
    case HAL_CHANGE_RENAME_KEY: return rename_key(key, &change);
    case HAL_CHANGE_SET_VALUE: return set_value(key, &change);
    case HAL_CHANGE_DELETE_VALUE: return delete_value(key, &change);
    default: return -EINVAL;
    }
}

/* ---- the records of a hive ---- */

static void emit_record(struct hive_buffer *out, const struct hive_buffer *path,
                        HAL_HIVE_RECORD head, const struct hive_bytes *name,
                        const struct hive_bytes *data)
{
    head.path_bytes = (uint32_t)path->bytes;
    head.name_bytes = name->bytes;
    head.data_bytes = data->bytes;
    head.bytes = (uint32_t)(sizeof(head) + path->bytes + name->bytes + data->bytes);
    hive_append(out, &head, sizeof(head));
    hive_append(out, path->data, path->bytes);
    hive_append(out, name->data, name->bytes);
    hive_append(out, data->data, data->bytes);
}

static void emit_key(const struct hive_key *key, struct hive_buffer *path, struct hive_buffer *out)
{
    HAL_HIVE_RECORD head = {.operation = HAL_CHANGE_KEY, .type = key->flags, .time = key->time};
    size_t own = path->bytes;

    emit_record(out, path, head, &key->class_name, &key->security);
    for (uint32_t i = 0; i < key->value_count; i++) {
        head = (HAL_HIVE_RECORD){
            .operation = HAL_CHANGE_SET_VALUE, .type = key->value[i].type, .time = key->time};
        emit_record(out, path, head, &key->value[i].name, &key->value[i].data);
    }
    for (uint32_t i = 0; i < key->child_count; i++) {
        uint16_t length = (uint16_t)key->child[i]->name.bytes;

        hive_append(path, &length, sizeof(length));
        hive_append(path, key->child[i]->name.data, length);
        emit_key(key->child[i], path, out);
        path->bytes = own;
    }
    out->failed |= path->failed;
}

void hive_emit(const struct hive_key *root, struct hive_buffer *out)
{
    struct hive_buffer path = {0};

    emit_key(root, &path, out);
    free(path.data);
}
