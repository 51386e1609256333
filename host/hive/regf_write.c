/* Writes regf files of version 1.3: a tree at once, each bin filled in the order in which its cells
 * are made. */
#include <errno.h>
#include <stdlib.h>

#include "hive/cell.h"
#include "hive/regf.h"

#define LIST_LIMIT 500u /* items of a leaf, so that none is longer than a page */

struct security { /* a descriptor that keys share */
    const struct hive_bytes *bytes;
    uint32_t cell, uses;
};

struct writer {
    struct hive_buffer *image;
    uint64_t time;
    uint32_t bin, bin_end,
        next; /* offsets of the bin that is filled, its end, its first free byte */
    struct security *security;
    uint32_t security_count, security_room;
    int error;
};

static uint8_t *at_offset(const struct writer *writer, uint32_t offset)
{
    return writer->image->data + REGF_BASE_BYTES + offset;
}

/* ---- bins and cells ---- */

static void append_zeros(struct writer *writer, size_t bytes)
{
    static const uint8_t zeros[REGF_BIN_BYTES];

    if (writer->image->bytes + bytes > REGF_BYTES_LIMIT)
        writer->error = -EFBIG;
    while (bytes != 0 && writer->error == 0) {
        size_t piece = bytes < sizeof(zeros) ? bytes : sizeof(zeros);

        hive_append(writer->image, zeros, piece);
        bytes -= piece;
        if (writer->image->failed)
            writer->error = -ENOMEM;
    }
}

/* What is left of the bin is one free cell. */
static void close_bin(struct writer *writer)
{
    if (writer->next < writer->bin_end)
        cell_put32(at_offset(writer, writer->next), writer->bin_end - writer->next);
}

static void open_bin(struct writer *writer, uint32_t cell_bytes)
{
    uint32_t bytes = (REGF_BIN_HEADER + cell_bytes + REGF_BIN_BYTES - 1) & ~(REGF_BIN_BYTES - 1);
    uint8_t *bin;

    close_bin(writer);
    writer->bin = writer->bin_end;
    append_zeros(writer, bytes);
    if (writer->error != 0)
        return;
    bin = at_offset(writer, writer->bin);
    memcpy(bin, "hbin", 4);
    cell_put32(bin + BIN_OFFSET, writer->bin);
    cell_put32(bin + BIN_LENGTH, bytes);
    cell_put64(bin + BIN_TIME, writer->time);
    writer->bin_end = writer->bin + bytes;
    writer->next = writer->bin + REGF_BIN_HEADER;
}

/* The offset of a new cell for that many bytes, all zero; 0 after an error. */
static uint32_t new_cell(struct writer *writer, size_t bytes)
{
    uint32_t cell_bytes = ((uint32_t)bytes + 4 + 7) & ~7u, cell;

    if (writer->error == 0 && cell_bytes > writer->bin_end - writer->next)
        open_bin(writer, cell_bytes);
    if (writer->error != 0)
        return 0;
    cell = writer->next;
    writer->next += cell_bytes;
    cell_put32(at_offset(writer, cell), 0u - cell_bytes);
    return cell;
}

/* What is in a cell; good until the next one is made. */
static uint8_t *contents(const struct writer *writer, uint32_t cell)
{
    return at_offset(writer, cell) + 4;
}

static uint32_t new_data(struct writer *writer, const struct hive_bytes *bytes)
{
    uint32_t cell = new_cell(writer, bytes->bytes);

    if (cell != 0 && bytes->bytes != 0)
        memcpy(contents(writer, cell), bytes->data, bytes->bytes);
    return cell;
}

/* ---- names: one byte a character where all of them allow it ---- */

static bool is_narrow(const struct hive_bytes *name)
{
    for (uint32_t i = 1; i < name->bytes; i += 2)
        if (name->data[i] != 0)
            return false;
    return true;
}

static uint32_t stored_bytes(const struct hive_bytes *name)
{
    return is_narrow(name) ? name->bytes / 2 : name->bytes;
}

static void store_name(uint8_t *to, const struct hive_bytes *name)
{
    bool narrow = is_narrow(name);

    for (uint32_t i = 0; i < name->bytes; i += narrow ? 2 : 1)
        *to++ = name->data[i];
}

/* ---- security ---- */

static struct security *find_security(struct writer *writer, const struct hive_bytes *bytes)
{
    for (uint32_t i = 0; i < writer->security_count; i++)
        if (writer->security[i].bytes->bytes == bytes->bytes &&
            memcmp(writer->security[i].bytes->data, bytes->data, bytes->bytes) == 0)
            return &writer->security[i];
    return NULL;
}

static struct security *add_security(struct writer *writer, const struct hive_bytes *bytes)
{
    uint32_t cell;

    if (writer->security_count == writer->security_room) {
        uint32_t room = writer->security_room * 2 + 8;
        struct security *grown = realloc(writer->security, room * sizeof(*grown));

        if (grown == NULL) {
            writer->error = -ENOMEM;
            return NULL;
        }
        writer->security = grown;
        writer->security_room = room;
    }
    cell = new_cell(writer, SK_DESCRIPTOR + (size_t)bytes->bytes);
    if (cell == 0)
        return NULL;
    memcpy(contents(writer, cell), "sk", 2);
    cell_put32(contents(writer, cell) + SK_BYTES, bytes->bytes);
    memcpy(contents(writer, cell) + SK_DESCRIPTOR, bytes->data, bytes->bytes);
    writer->security[writer->security_count] = (struct security){.bytes = bytes, .cell = cell};
    return &writer->security[writer->security_count++];
}

static uint32_t use_security(struct writer *writer, const struct hive_bytes *bytes)
{
    struct security *security;

    if (bytes->bytes == 0)
        return REGF_NONE;
    security = find_security(writer, bytes);
    if (security == NULL)
        security = add_security(writer, bytes);
    if (security == NULL)
        return REGF_NONE;
    security->uses++;
    return security->cell;
}

/* They are a ring. */
static void link_security(struct writer *writer)
{
    uint32_t count = writer->security_count;

    for (uint32_t i = 0; i < count; i++) {
        uint8_t *cell = contents(writer, writer->security[i].cell);

        cell_put32(cell + SK_NEXT, writer->security[(i + 1) % count].cell);
        cell_put32(cell + SK_BEFORE, writer->security[(i + count - 1) % count].cell);
        cell_put32(cell + SK_USES, writer->security[i].uses);
    }
}

/* ---- values ---- */

static uint32_t write_value(struct writer *writer, const struct hive_value *value)
{
    uint32_t cell = new_cell(writer, VK_NAME + (size_t)stored_bytes(&value->name)), data = 0;
    bool is_inline = value->data.bytes <= 4;
    uint8_t *at;

    if (!is_inline)
        data = new_data(writer, &value->data);
    if (writer->error != 0)
        return 0;
    at = contents(writer, cell);
    memcpy(at, "vk", 2);
    cell_put16(at + VK_NAME_BYTES, stored_bytes(&value->name));
    cell_put32(at + VK_DATA_BYTES, value->data.bytes | (is_inline ? VK_INLINE : 0));
    if (!is_inline)
        cell_put32(at + VK_DATA, data);
    else if (value->data.bytes != 0)
        memcpy(at + VK_DATA, value->data.data, value->data.bytes);
    cell_put32(at + VK_TYPE, value->type);
    cell_put16(at + VK_FLAGS, is_narrow(&value->name) ? VK_FLAG_NARROW : 0);
    store_name(at + VK_NAME, &value->name);
    return cell;
}

static uint32_t write_values(struct writer *writer, const struct hive_key *key)
{
    uint32_t list;

    if (key->value_count == 0)
        return REGF_NONE;
    list = new_cell(writer, 4 * (size_t)key->value_count);
    for (uint32_t i = 0; i < key->value_count && writer->error == 0; i++) {
        uint32_t cell = write_value(writer, &key->value[i]);

        if (writer->error == 0)
            cell_put32(contents(writer, list) + 4 * (size_t)i, cell);
    }
    return list;
}

/* ---- keys ---- */

static uint32_t write_key(struct writer *writer, const struct hive_key *key, uint32_t parent);

/* The first four characters of a name, as a reader skips by them; none where they are not plain. */
static void put_hint(uint8_t *to, const struct hive_bytes *name)
{
    if (!is_narrow(name))
        return;
    for (uint32_t i = 0; i < 4 && 2 * i < name->bytes; i++)
        to[i] = name->data[2 * i];
}

static uint32_t write_leaf(struct writer *writer, const struct hive_key *key, uint32_t first,
                           uint32_t count, uint32_t parent)
{
    uint32_t list = new_cell(writer, LIST_ITEMS + 8 * (size_t)count);

    if (list == 0)
        return 0;
    memcpy(contents(writer, list), "lf", 2);
    cell_put16(contents(writer, list) + LIST_COUNT, count);
    for (uint32_t i = 0; i < count && writer->error == 0; i++) {
        uint32_t cell = write_key(writer, key->child[first + i], parent);
        uint8_t *item;

        if (writer->error != 0)
            break;
        item = contents(writer, list) + LIST_ITEMS + 8 * (size_t)i;
        cell_put32(item, cell);
        put_hint(item + 4, &key->child[first + i]->name);
    }
    return list;
}

static uint32_t write_children(struct writer *writer, const struct hive_key *key, uint32_t own)
{
    uint32_t leaves = (key->child_count + LIST_LIMIT - 1) / LIST_LIMIT, list;

    if (leaves == 0)
        return REGF_NONE;
    if (leaves == 1)
        return write_leaf(writer, key, 0, key->child_count, own);
    if (leaves > UINT16_MAX) {
        writer->error = -EFBIG;
        return 0;
    }
    list = new_cell(writer, LIST_ITEMS + 4 * (size_t)leaves);
    if (list == 0)
        return 0;
    memcpy(contents(writer, list), "ri", 2);
    cell_put16(contents(writer, list) + LIST_COUNT, leaves);
    for (uint32_t i = 0; i < leaves && writer->error == 0; i++) {
        uint32_t first = i * LIST_LIMIT, left = key->child_count - first;
        uint32_t leaf = write_leaf(writer, key, first, left < LIST_LIMIT ? left : LIST_LIMIT, own);

        if (writer->error == 0)
            cell_put32(contents(writer, list) + LIST_ITEMS + 4 * (size_t)i, leaf);
    }
    return list;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void put_limits(uint8_t *nk, const struct hive_key *key)
{
    uint32_t name = 0, class_name = 0, value_name = 0, data = 0;

    for (uint32_t i = 0; i < key->child_count; i++) {
        name = larger(name, key->child[i]->name.bytes);
        class_name = larger(class_name, key->child[i]->class_name.bytes);
    }
    for (uint32_t i = 0; i < key->value_count; i++) {
        value_name = larger(value_name, key->value[i].name.bytes);
        data = larger(data, key->value[i].data.bytes);
    }
    cell_put32(nk + NK_MAX_CHILD_NAME, name);
    cell_put32(nk + NK_MAX_CHILD_CLASS, class_name);
    cell_put32(nk + NK_MAX_VALUE_NAME, value_name);
    cell_put32(nk + NK_MAX_VALUE_DATA, data);
}

struct key_cells {
    uint32_t security, class_name, values, children;
};

static void put_key(uint8_t *nk, const struct hive_key *key, uint32_t parent,
                    const struct hive_bytes *name, const struct key_cells *cells)
{
    uint32_t flags = (key->parent == NULL ? NK_FLAG_ROOT | NK_FLAG_KEEP : 0) |
                     (key->flags & HAL_KEY_LINK ? NK_FLAG_LINK : 0) |
                     (is_narrow(name) ? NK_FLAG_NARROW : 0);

    memcpy(nk, "nk", 2);
    cell_put16(nk + NK_FLAGS, flags);
    cell_put64(nk + NK_TIME, key->time);
    cell_put32(nk + NK_PARENT, parent);
    cell_put32(nk + NK_CHILD_COUNT, key->child_count);
    cell_put32(nk + NK_CHILD_LIST, cells->children);
    cell_put32(nk + NK_VOLATILE_LIST, REGF_NONE);
    cell_put32(nk + NK_VALUE_COUNT, key->value_count);
    cell_put32(nk + NK_VALUE_LIST, cells->values);
    cell_put32(nk + NK_SECURITY, cells->security);
    cell_put32(nk + NK_CLASS, cells->class_name);
    put_limits(nk, key);
    cell_put16(nk + NK_NAME_BYTES, stored_bytes(name));
    cell_put16(nk + NK_CLASS_BYTES, key->class_name.bytes);
    store_name(nk + NK_NAME, name);
}

static uint32_t write_key(struct writer *writer, const struct hive_key *key, uint32_t parent)
{
    static const struct hive_bytes root_name = {(uint8_t *)"R\0O\0O\0T", 8};
    const struct hive_bytes *name = key->parent == NULL ? &root_name : &key->name;
    uint32_t cell = new_cell(writer, NK_NAME + (size_t)stored_bytes(name));
    struct key_cells cells = {.class_name = REGF_NONE};

    if (cell == 0)
        return 0;
    cells.security = use_security(writer, &key->security);
    if (key->class_name.bytes != 0)
        cells.class_name = new_data(writer, &key->class_name);
    cells.values = write_values(writer, key);
    cells.children = write_children(writer, key, cell);
    if (writer->error == 0)
        put_key(contents(writer, cell), key, parent, name, &cells);
    return cell;
}

static void put_base(uint8_t *base, const struct regf_header *header, const char *file_name,
                     uint32_t root, size_t length)
{
    memcpy(base, "regf", 4);
    cell_put32(base + BASE_SEQUENCE1, header->sequence);
    cell_put32(base + BASE_SEQUENCE2, header->sequence);
    cell_put64(base + BASE_TIME, header->time);
    cell_put32(base + BASE_MAJOR, 1);
    cell_put32(base + BASE_MINOR, 3);
    cell_put32(base + BASE_FORMAT, 1);
    cell_put32(base + BASE_ROOT, root);
    cell_put32(base + BASE_LENGTH, (uint32_t)length);
    cell_put32(base + BASE_CLUSTER, 1);
    for (uint32_t i = 0; file_name[i] != '\0' && i < BASE_NAME_BYTES / 2; i++)
        base[BASE_NAME + 2 * i] = (uint8_t)file_name[i];
    cell_put32(base + BASE_CHECKSUM, cell_base_checksum(base));
}

int regf_write(const struct hive_key *root, const struct regf_header *header, const char *file_name,
               struct hive_buffer *image)
{
    struct writer writer = {.image = image, .time = header->time};
    uint32_t cell;

    image->bytes = 0;
    append_zeros(&writer, REGF_BASE_BYTES);
    cell = write_key(&writer, root, REGF_NONE);
    if (writer.error == 0) {
        close_bin(&writer);
        link_security(&writer);
        put_base(image->data, header, file_name, cell, image->bytes - REGF_BASE_BYTES);
    }
    free(writer.security);
    return writer.error;
}
