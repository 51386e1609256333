/*
 * Fuzzes what reads hives: the input as a hive file, once as it is and once with its base block and
 * bins made right, and as a series of changes. What is read can be written, and reads as the same
 * again.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "hive/cell.h"
#include "hive/regf.h"

static void must(bool fact)
{
    if (!fact)
        abort();
}

static void compare(const struct hive_key *a, const struct hive_key *b)
{
    struct hive_buffer x = {0}, y = {0};

    hive_emit(a, &x);
    hive_emit(b, &y);
    must(x.bytes == y.bytes && memcmp(x.data, y.data, x.bytes) == 0);
    free(x.data);
    free(y.data);
}

static void write_again(struct hive_key *root)
{
    struct regf_header header = {7, 9};
    struct hive_buffer image = {0};
    struct hive_key *again;
    const char *why;

    must(regf_write(root, &header, "FUZZ", &image) == 0);
    must(regf_read(image.data, image.bytes, &again, &why) == 0);
    compare(root, again);
    hive_free_key(again);
    free(image.data);
}

static void read_file(const uint8_t *data, size_t size)
{
    struct hive_key *root;
    const char *why;

    if (regf_read(data, size, &root, &why) != 0)
        return;
    write_again(root);
    hive_free_key(root);
}

/* The input as the cells of a file whose frame is right, so that what is behind it is reached. */
static void read_cells(const uint8_t *data, size_t size)
{
    static uint8_t file[REGF_BASE_BYTES + 65536];
    size_t bytes = (REGF_BIN_HEADER + size + REGF_BIN_BYTES - 1) & ~(size_t)(REGF_BIN_BYTES - 1);
    uint8_t *bin = file + REGF_BASE_BYTES;

    if (bytes > 65536)
        return;
    memset(file, 0, REGF_BASE_BYTES + bytes);
    memcpy(file, "regf", 4);
    cell_put32(file + BASE_MAJOR, 1);
    cell_put32(file + BASE_MINOR, 5);
    cell_put32(file + BASE_FORMAT, 1);
    cell_put32(file + BASE_ROOT, REGF_BIN_HEADER);
    cell_put32(file + BASE_LENGTH, (uint32_t)bytes);
    cell_put32(file + BASE_CHECKSUM, cell_base_checksum(file));
    memcpy(bin, "hbin", 4);
    cell_put32(bin + BIN_LENGTH, (uint32_t)bytes);
    memcpy(bin + REGF_BIN_HEADER, data, size);
    if (bytes - REGF_BIN_HEADER - size >=
        8) /* what is left is free, if the input's cells end there */
        cell_put32(bin + REGF_BIN_HEADER + (size & ~(size_t)7),
                   (uint32_t)(bytes - REGF_BIN_HEADER - (size & ~(size_t)7)));
    read_file(file, REGF_BASE_BYTES + bytes);
}

/* Records that make sense as far as their lengths go: each takes its fields from the input. */
static void apply(const uint8_t *data, size_t size)
{
    struct hive_key *root = hive_create_root();
    uint8_t record[sizeof(HAL_HIVE_RECORD) + 64];

    must(root != NULL);
    while (size >= 8) {
        HAL_HIVE_RECORD head = {.operation = data[0] % 7u,
                                .type = data[1] % 3u,
                                .path_bytes = data[2] % 20u,
                                .name_bytes = data[3] % 12u,
                                .data_bytes = data[4] % 8u};
        size_t body = head.path_bytes + head.name_bytes + head.data_bytes;

        head.bytes = (uint32_t)(sizeof(head) + body + (data[5] == 0));
        data += 6;
        size -= 6;
        if (body > size)
            break;
        memcpy(record, &head, sizeof(head));
        memcpy(record + sizeof(head), data, body);
        hive_apply(root, record, sizeof(head) + body);
        data += body;
        size -= body;
    }
    hive_apply(root, data, size);
    write_again(root);
    hive_free_key(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    read_cells(data, size);
    apply(data, size);
    return 0;
}
