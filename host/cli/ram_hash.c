/* See ram_hash.h. Not cryptographic: it finds differences, it does not resist forgery. */
#include "cli/ram_hash.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define PAGE_BYTES 4096u

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 32;
}

static bool is_zero_page(const uint8_t *page)
{
    return page[0] == 0 && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

static uint64_t hash_page(uint64_t hash, const uint8_t *page, uint64_t at)
{
    hash = mix(hash, at);
    for (unsigned i = 0; i < PAGE_BYTES; i += 8) {
        uint64_t word;

        memcpy(&word, page + i, sizeof(word));
        hash = mix(hash, word);
    }
    return hash;
}

uint64_t ram_hash(const uint8_t *ram, uint64_t bytes, int fd)
{
    uint64_t hash = bytes, at = 0;

    while (at < bytes) {
        off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;

        if (data < 0 || (uint64_t)data >= bytes)
            break;
        hole = lseek(fd, data, SEEK_HOLE);
        for (at = (uint64_t)data; at < bytes && (hole < 0 || at < (uint64_t)hole); at += PAGE_BYTES)
            if (!is_zero_page(ram + at))
                hash = hash_page(hash, ram + at, at);
    }
    return hash;
}
