/* The parts of a regf file: offsets within them. Numbers are little-endian, as the host's are. */
#pragma once

#include <stdint.h>
#include <string.h>

#define REGF_BASE_BYTES 4096u /* the base block; cell offsets count from its end */
#define REGF_BIN_BYTES 4096u  /* of these is a bin's length a multiple */
#define REGF_BIN_HEADER 32u
#define REGF_NONE 0xFFFFFFFFu

enum { /* in the base block */
    BASE_SEQUENCE1 = 4,
    BASE_SEQUENCE2 = 8,
    BASE_TIME = 12,
    BASE_MAJOR = 20,
    BASE_MINOR = 24,
    BASE_TYPE = 28,
    BASE_FORMAT = 32,
    BASE_ROOT = 36,
    BASE_LENGTH = 40,
    BASE_CLUSTER = 44,
    BASE_NAME = 48,
    BASE_NAME_BYTES = 64,
    BASE_CHECKSUM = 508
};
enum {
    BIN_OFFSET = 4,
    BIN_LENGTH = 8,
    BIN_TIME = 20
};
enum { /* in an nk cell, from its signature on */
    NK_FLAGS = 2,
    NK_TIME = 4,
    NK_PARENT = 16,
    NK_CHILD_COUNT = 20,
    NK_CHILD_LIST = 28,
    NK_VOLATILE_LIST = 32,
    NK_VALUE_COUNT = 36,
    NK_VALUE_LIST = 40,
    NK_SECURITY = 44,
    NK_CLASS = 48,
    NK_MAX_CHILD_NAME = 52,
    NK_MAX_CHILD_CLASS = 56,
    NK_MAX_VALUE_NAME = 60,
    NK_MAX_VALUE_DATA = 64,
    NK_NAME_BYTES = 72,
    NK_CLASS_BYTES = 74,
    NK_NAME = 76
};
enum {
    NK_FLAG_ROOT = 0x04,
    NK_FLAG_KEEP = 0x08,
    NK_FLAG_LINK = 0x10,
    NK_FLAG_NARROW = 0x20
};
enum {
    VK_NAME_BYTES = 2,
    VK_DATA_BYTES = 4,
    VK_DATA = 8,
    VK_TYPE = 12,
    VK_FLAGS = 16,
    VK_NAME = 20
};
enum {
    VK_FLAG_NARROW = 1
};
#define VK_INLINE 0x80000000u /* in VK_DATA_BYTES: VK_DATA is the data itself */
enum {
    SK_NEXT = 4,
    SK_BEFORE = 8,
    SK_USES = 12,
    SK_BYTES = 16,
    SK_DESCRIPTOR = 20
};
enum {
    LIST_COUNT = 2,
    LIST_ITEMS = 4
};
enum {
    DB_COUNT = 2,
    DB_LIST = 4,
    DB_BYTES = 8
};
#define DB_PIECE_BYTES 16344u /* data beyond this is in pieces, from version 1.4 on */

static inline uint16_t cell_get16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t cell_get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t cell_get64(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

static inline void cell_put16(uint8_t *at, uint32_t value)
{
    uint16_t narrow = (uint16_t)value;

    memcpy(at, &narrow, sizeof(narrow));
}

static inline void cell_put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static inline void cell_put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

/* Of the base block's first 508 bytes. */
static inline uint32_t cell_base_checksum(const uint8_t *base)
{
    uint32_t sum = 0;

    for (uint32_t at = 0; at < BASE_CHECKSUM; at += 4)
        sum ^= cell_get32(base + at);
    return sum == 0 ? 1 : sum == REGF_NONE ? REGF_NONE - 1 : sum;
}
