/*
 * Reads regf files, versions 1.3 to 1.6, of whatever bytes there are. Nothing is believed: a bin
 * and a cell lie where they say, each cell belongs to one owner (a descriptor's to several), counts
 * agree. Leaves out: volatile keys, which no file has, and layered keys.
 */
#include <errno.h>
#include <stdlib.h>

#include "hive/cell.h"
#include "hive/regf.h"

#define SECURITY_LIMIT (256u << 20) /* of all keys together: each has a copy of what they share */

struct reader {
    const uint8_t *bins;
    uint32_t bytes; /* of the bins */
    uint32_t minor;
    uint8_t *start; /* one bit for eight bytes: a cell in use starts here */
    uint8_t *taken; /* and it has an owner */
    uint64_t security_bytes;
    const char *why;
    int error;
};

struct cell {
    const uint8_t *data;
    uint32_t bytes;
};

static bool refuse(struct reader *reader, const char *why)
{
    if (reader->error == 0) {
        reader->error = -EINVAL;
        reader->why = why;
    }
    return false;
}

static bool no_memory(struct reader *reader)
{
    if (reader->error == 0)
        reader->error = -ENOMEM;
    return false;
}

/* ---- base block and bins ---- */

bool regf_read_header(const uint8_t *image, size_t bytes, struct regf_header *header)
{
    if (bytes < REGF_BASE_BYTES || memcmp(image, "regf", 4) != 0 ||
        cell_get32(image + BASE_CHECKSUM) != cell_base_checksum(image) ||
        cell_get32(image + BASE_SEQUENCE1) != cell_get32(image + BASE_SEQUENCE2))
        return false;
    header->sequence = cell_get32(image + BASE_SEQUENCE1);
    header->time = cell_get64(image + BASE_TIME);
    return true;
}

static bool read_base(struct reader *reader, const uint8_t *image, size_t bytes)
{
    struct regf_header header;

    if (!regf_read_header(image, bytes, &header))
        return refuse(reader, "its base block is damaged, or a write of it was not finished");
    reader->minor = cell_get32(image + BASE_MINOR);
    if (cell_get32(image + BASE_MAJOR) != 1 || reader->minor < 3 || reader->minor > 6 ||
        cell_get32(image + BASE_TYPE) != 0 || cell_get32(image + BASE_FORMAT) != 1)
        return refuse(reader, "it is of no version that is read here");
    reader->bins = image + REGF_BASE_BYTES;
    reader->bytes = cell_get32(image + BASE_LENGTH);
    if (bytes > REGF_BYTES_LIMIT || reader->bytes > bytes - REGF_BASE_BYTES || reader->bytes == 0 ||
        reader->bytes % REGF_BIN_BYTES != 0)
        return refuse(reader, "it is shorter or longer than it says");
    return true;
}

static bool test_bit(const uint8_t *bits, uint32_t offset)
{
    return (bits[offset / 64] >> (offset / 8 % 8) & 1) != 0;
}

static void set_bit(uint8_t *bits, uint32_t offset)
{
    bits[offset / 64] |= (uint8_t)(1u << (offset / 8 % 8));
}

static bool read_bin(struct reader *reader, uint32_t bin, uint32_t bin_end)
{
    uint32_t at = bin + REGF_BIN_HEADER;

    while (at < bin_end) {
        int32_t size = (int32_t)cell_get32(reader->bins + at);
        uint32_t bytes = size < 0 ? 0u - (uint32_t)size : (uint32_t)size;

        if (bytes < 8 || bytes % 8 != 0 || bytes > bin_end - at)
            return refuse(reader, "a cell is longer than its bin");
        if (size < 0)
            set_bit(reader->start, at);
        at += bytes;
    }
    return true;
}

static bool read_bins(struct reader *reader)
{
    uint32_t bin = 0;

    while (bin < reader->bytes) {
        const uint8_t *head = reader->bins + bin;
        uint32_t bytes = cell_get32(head + BIN_LENGTH);

        if (memcmp(head, "hbin", 4) != 0 || cell_get32(head + BIN_OFFSET) != bin || bytes == 0 ||
            bytes % REGF_BIN_BYTES != 0 || bytes > reader->bytes - bin)
            return refuse(reader, "a bin is damaged");
        if (!read_bin(reader, bin, bin + bytes))
            return false;
        bin += bytes;
    }
    return true;
}

/* ---- cells ---- */

static bool find_cell(struct reader *reader, uint32_t offset, struct cell *cell)
{
    if (offset % 8 != 0 || offset >= reader->bytes || !test_bit(reader->start, offset))
        return refuse(reader, "something points to where no cell is");
    cell->data = reader->bins + offset + 4;
    cell->bytes = 0u - cell_get32(reader->bins + offset) - 4;
    return true;
}

/* A cell of at least that many bytes, which belongs to nobody else. */
static bool take_cell(struct reader *reader, uint32_t offset, uint32_t bytes, struct cell *cell)
{
    if (!find_cell(reader, offset, cell))
        return false;
    if (test_bit(reader->taken, offset))
        return refuse(reader, "a cell has two owners");
    set_bit(reader->taken, offset);
    return cell->bytes >= bytes || refuse(reader, "a cell is too short for what is in it");
}

static bool has_signature(const struct cell *cell, const char *signature)
{
    return cell->bytes >= 2 && memcmp(cell->data, signature, 2) == 0;
}

static bool copy(struct reader *reader, struct hive_bytes *to, const uint8_t *data, uint32_t bytes)
{
    return hive_copy_bytes(to, data, bytes) == 0 || no_memory(reader);
}

/* A name of bytes that are stored narrow or wide. */
static bool read_name(struct reader *reader, const uint8_t *data, uint32_t bytes, bool narrow,
                      struct hive_bytes *name)
{
    if (!narrow)
        return bytes % 2 == 0 ? copy(reader, name, data, bytes)
                              : refuse(reader, "a name ends in the middle of a character");
    name->data = bytes != 0 ? calloc(bytes, 2) : NULL;
    if (bytes != 0 && name->data == NULL)
        return no_memory(reader);
    name->bytes = 2 * bytes;
    for (uint32_t i = 0; i < bytes; i++)
        name->data[2 * (size_t)i] = data[i];
    return true;
}

/* ---- values ---- */

/* Data in pieces, as versions from 1.4 on store much of it. */
static bool read_pieces(struct reader *reader, const struct cell *head, uint32_t bytes,
                        struct hive_bytes *data)
{
    uint32_t count, done = 0;
    struct cell list, piece;

    if (!has_signature(head, "db") || head->bytes < DB_BYTES)
        return refuse(reader, "data is not as long as it says");
    count = cell_get16(head->data + DB_COUNT);
    if (count != (bytes + DB_PIECE_BYTES - 1) / DB_PIECE_BYTES ||
        !take_cell(reader, cell_get32(head->data + DB_LIST), 4 * count, &list))
        return refuse(reader, "data is not as long as it says");
    data->data = malloc(bytes);
    if (data->data == NULL)
        return no_memory(reader);
    data->bytes = bytes;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = bytes - done < DB_PIECE_BYTES ? bytes - done : DB_PIECE_BYTES;

        if (!take_cell(reader, cell_get32(list.data + 4 * (size_t)i), part, &piece))
            return false;
        memcpy(data->data + done, piece.data, part);
        done += part;
    }
    return true;
}

static bool read_data(struct reader *reader, const uint8_t *vk, struct hive_bytes *data)
{
    uint32_t bytes = cell_get32(vk + VK_DATA_BYTES);
    struct cell cell;

    if (bytes & VK_INLINE) {
        bytes &= ~VK_INLINE;
        return bytes <= 4 ? copy(reader, data, vk + VK_DATA, bytes)
                          : refuse(reader, "data is not as long as it says");
    }
    if (bytes > HIVE_DATA_LIMIT)
        return refuse(reader, "a value has more than 1 MiB of data");
    if (bytes == 0)
        return true;
    if (!take_cell(reader, cell_get32(vk + VK_DATA), 0, &cell))
        return false;
    if (bytes > cell.bytes || (reader->minor > 3 && bytes > DB_PIECE_BYTES))
        return read_pieces(reader, &cell, bytes, data);
    return copy(reader, data, cell.data, bytes);
}

static bool read_value(struct reader *reader, uint32_t offset, struct hive_value *value)
{
    uint32_t name_bytes;
    struct cell cell;
    bool narrow;

    if (!take_cell(reader, offset, VK_NAME, &cell))
        return false;
    name_bytes = cell_get16(cell.data + VK_NAME_BYTES);
    narrow = (cell_get16(cell.data + VK_FLAGS) & VK_FLAG_NARROW) != 0;
    if (!has_signature(&cell, "vk") || name_bytes > cell.bytes - VK_NAME ||
        name_bytes > HIVE_VALUE_NAME_LIMIT / (narrow ? 2 : 1))
        return refuse(reader, "a value is damaged");
    value->type = cell_get32(cell.data + VK_TYPE);
    if (!read_name(reader, cell.data + VK_NAME, name_bytes, narrow, &value->name))
        return false;
    value->hash = hive_hash_name(&value->name);
    return read_data(reader, cell.data, &value->data);
}

static int order_names(const void *a, const void *b)
{
    return hive_fold_names(*(const struct hive_bytes *const *)a,
                           *(const struct hive_bytes *const *)b);
}

static bool check_value_names(struct reader *reader, const struct hive_key *key)
{
    const struct hive_bytes **name = malloc((key->value_count + 1) * sizeof(*name));
    bool fine = true;

    if (name == NULL)
        return no_memory(reader);
    for (uint32_t i = 0; i < key->value_count; i++)
        name[i] = &key->value[i].name;
    qsort(name, key->value_count, sizeof(*name), order_names);
    for (uint32_t i = 1; i < key->value_count; i++)
        fine = fine && hive_fold_names(name[i - 1], name[i]) != 0;
    free(name);
    return fine || refuse(reader, "a key has two values of one name");
}

static bool read_values(struct reader *reader, const uint8_t *nk, struct hive_key *key)
{
    uint32_t count = cell_get32(nk + NK_VALUE_COUNT);
    struct cell list;

    if (count == 0)
        return true;
    if (!take_cell(reader, cell_get32(nk + NK_VALUE_LIST), 0, &list))
        return false;
    if (count > list.bytes / 4)
        return refuse(reader, "a list of values is not as long as it says");
    key->value = calloc(count, sizeof(*key->value));
    if (key->value == NULL)
        return no_memory(reader);
    key->value_count = key->value_room = count;
    for (uint32_t i = 0; i < count; i++)
        if (!read_value(reader, cell_get32(list.data + 4 * (size_t)i), &key->value[i]))
            return false;
    return check_value_names(reader, key);
}

/* ---- keys ---- */

static bool read_key(struct reader *reader, uint32_t offset, uint32_t parent, uint32_t depth,
                     struct hive_key *key);

static bool add_child(struct reader *reader, struct hive_key *key, struct hive_key *child)
{
    switch (hive_link_child(key, child)) {
    case 0: return true;
    case -ENOMEM: return no_memory(reader);
    default: return refuse(reader, "a key has two subkeys of one name");
    }
}

static bool read_child(struct reader *reader, uint32_t offset, uint32_t own, uint32_t depth,
                       struct hive_key *key)
{
    struct hive_key *child = hive_create_root();

    if (child == NULL)
        return no_memory(reader);
    if (read_key(reader, offset, own, depth + 1, child) && add_child(reader, key, child))
        return true;
    hive_free_key(child);
    return false;
}

/* lf, lh: eight bytes an item; li: four. ri, at the top alone: of such lists. */
static bool read_list(struct reader *reader, uint32_t list_offset, uint32_t own, uint32_t depth,
                      bool top, struct hive_key *key)
{
    uint32_t count, item_bytes;
    struct cell list;
    bool of_lists;

    if (!take_cell(reader, list_offset, LIST_ITEMS, &list))
        return false;
    of_lists = has_signature(&list, "ri");
    if ((of_lists && !top) || (!of_lists && !has_signature(&list, "lf") &&
                               !has_signature(&list, "lh") && !has_signature(&list, "li")))
        return refuse(reader, "a list of subkeys is damaged");
    count = cell_get16(list.data + LIST_COUNT);
    item_bytes = of_lists || has_signature(&list, "li") ? 4 : 8;
    if (count > (list.bytes - LIST_ITEMS) / item_bytes)
        return refuse(reader, "a list of subkeys is not as long as it says");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t item = cell_get32(list.data + LIST_ITEMS + (size_t)i * item_bytes);

        if (of_lists ? !read_list(reader, item, own, depth, false, key)
                     : !read_child(reader, item, own, depth, key))
            return false;
    }
    return true;
}

static bool read_children(struct reader *reader, const uint8_t *nk, uint32_t own, uint32_t depth,
                          struct hive_key *key)
{
    uint32_t count = cell_get32(nk + NK_CHILD_COUNT);

    if (count != 0 && depth >= HIVE_DEPTH_LIMIT)
        return refuse(reader, "its keys are nested too deeply");
    if (count != 0 && !read_list(reader, cell_get32(nk + NK_CHILD_LIST), own, depth, true, key))
        return false;
    return key->child_count == count || refuse(reader, "a key has not as many subkeys as it says");
}

static bool read_security(struct reader *reader, uint32_t offset, struct hive_key *key)
{
    struct cell cell;
    uint32_t bytes;

    if (offset == REGF_NONE)
        return true;
    if (!find_cell(reader, offset, &cell))
        return false;
    if (cell.bytes < SK_DESCRIPTOR || !has_signature(&cell, "sk"))
        return refuse(reader, "a security descriptor is damaged");
    bytes = cell_get32(cell.data + SK_BYTES);
    reader->security_bytes += bytes;
    if (bytes > cell.bytes - SK_DESCRIPTOR || bytes > HIVE_SECURITY_LIMIT ||
        reader->security_bytes > SECURITY_LIMIT)
        return refuse(reader, "a security descriptor is damaged");
    return copy(reader, &key->security, cell.data + SK_DESCRIPTOR, bytes);
}

static bool read_class(struct reader *reader, const uint8_t *nk, struct hive_key *key)
{
    uint32_t bytes = cell_get16(nk + NK_CLASS_BYTES);
    struct cell cell;

    if (bytes == 0)
        return true;
    if (!take_cell(reader, cell_get32(nk + NK_CLASS), bytes, &cell))
        return false;
    return copy(reader, &key->class_name, cell.data, bytes & ~1u);
}

static bool read_own_name(struct reader *reader, const struct cell *nk, bool narrow,
                          struct hive_key *key)
{
    uint32_t bytes = cell_get16(nk->data + NK_NAME_BYTES);

    if (bytes > nk->bytes - NK_NAME)
        return refuse(reader, "a key's name is longer than its cell");
    if (!read_name(reader, nk->data + NK_NAME, bytes, narrow, &key->name))
        return false;
    return hive_is_key_name(&key->name) || refuse(reader, "a key has a name that no key can have");
}

static bool read_key(struct reader *reader, uint32_t offset, uint32_t parent, uint32_t depth,
                     struct hive_key *key)
{
    struct cell cell;
    uint32_t flags;

    if (!take_cell(reader, offset, NK_NAME, &cell))
        return false;
    flags = cell_get16(cell.data + NK_FLAGS);
    if (!has_signature(&cell, "nk") || (depth == 0) != ((flags & NK_FLAG_ROOT) != 0) ||
        (depth != 0 && cell_get32(cell.data + NK_PARENT) != parent))
        return refuse(reader, "a key is damaged");
    if (depth != 0 && !read_own_name(reader, &cell, (flags & NK_FLAG_NARROW) != 0, key))
        return false;
    key->flags = flags & NK_FLAG_LINK ? HAL_KEY_LINK : 0;
    key->time = cell_get64(cell.data + NK_TIME);
    return read_security(reader, cell_get32(cell.data + NK_SECURITY), key) &&
           read_class(reader, cell.data, key) && read_values(reader, cell.data, key) &&
           read_children(reader, cell.data, offset, depth, key);
}

static bool read_all(struct reader *reader, const uint8_t *image, size_t bytes,
                     struct hive_key *root)
{
    if (!read_base(reader, image, bytes))
        return false;
    reader->start = calloc(reader->bytes / 64 + 1, 1);
    reader->taken = calloc(reader->bytes / 64 + 1, 1);
    if (reader->start == NULL || reader->taken == NULL)
        return no_memory(reader);
    return read_bins(reader) && read_key(reader, cell_get32(image + BASE_ROOT), REGF_NONE, 0, root);
}

int regf_read(const uint8_t *image, size_t bytes, struct hive_key **root, const char **why)
{
    struct reader reader = {0};
    struct hive_key *key = hive_create_root();

    *root = NULL;
    *why = "";
    if (key == NULL)
        return -ENOMEM;
    read_all(&reader, image, bytes, key);
    free(reader.start);
    free(reader.taken);
    if (reader.error != 0) {
        *why = reader.why != NULL ? reader.why : "there is no memory for it";
        hive_free_key(key);
        return reader.error;
    }
    *root = key;
    return 0;
}
