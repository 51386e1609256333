/*
 * NT file names in UTF-8. Models: reserved characters [doc: Naming Files, Paths, and Namespaces],
 * case folding for the Latin, Greek, Cyrillic and Armenian letters. Leaves out: other scripts with
 * case, 8.3 names, data streams (a colon is reserved).
 */
#include "broker/name.h"

#include <string.h>

static bool is_continuation(const char *text, const char *end, size_t count)
{
    if ((size_t)(end - text) < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (((uint8_t)text[i] & 0xC0) != 0x80)
            return false;
    return true;
}

uint32_t name_decode(const char **text, const char *end)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};
    uint8_t lead = (uint8_t) * (*text)++;
    size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    uint32_t value;

    if (lead < 0x80)
        return lead;
    if (lead < 0xC2 || lead > 0xF4 || !is_continuation(*text, end, more))
        return UINT32_MAX;
    value = lead & (0x3Fu >> more);
    for (size_t i = 0; i < more; i++)
        value = value << 6 | ((uint8_t)(*text)[i] & 0x3F);
    if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return UINT32_MAX;
    *text += more;
    return value;
}

bool name_is_valid(const char *name, size_t bytes)
{
    const char *end = name + bytes;

    if (bytes == 0 || bytes > NAME_MAX_BYTES)
        return false;
    if (name[0] == '.' && (bytes == 1 || (bytes == 2 && name[1] == '.')))
        return false;
    while (name < end) {
        uint32_t c = name_decode(&name, end);
        if (c == UINT32_MAX || c < 0x20 || (c < 0x80 && strchr("\"*/:<>?\\|", (int)c) != NULL))
            return false;
    }
    return true;
}

static uint32_t fold_latin_extended(uint32_t c)
{
    bool odd_is_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);

    if (c == 0x131 || c == 0x138 || c == 0x149 || c == 0x17F)
        return c;
    if (odd_is_upper)
        return (c & 1) == 0 ? c - 1 : c;
    return (c & 1) != 0 ? c - 1 : c;
}

static uint32_t fold_greek(uint32_t c)
{
    static const uint16_t accented[][2] = {{0x3AC, 0x386}, {0x3AD, 0x388}, {0x3AE, 0x389},
                                           {0x3AF, 0x38A}, {0x3CC, 0x38C}, {0x3CD, 0x38E},
                                           {0x3CE, 0x38F}};

    if (c == 0x3C2)
        return 0x3A3;
    if (c >= 0x3B1 && c <= 0x3CB)
        return c - 0x20;
    for (size_t i = 0; i < sizeof(accented) / sizeof(accented[0]); i++)
        if (accented[i][0] == c)
            return accented[i][1];
    return c;
}

uint32_t name_fold(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    if (c < 0x100)
        return c == 0xFF ? 0x178 : c >= 0xE0 && c != 0xF7 ? c - 0x20 : c;
    if (c < 0x178 || (c >= 0x179 && c <= 0x17F))
        return fold_latin_extended(c);
    if (c >= 0x370 && c < 0x400)
        return fold_greek(c);
    if (c >= 0x430 && c < 0x450)
        return c - 0x20;
    if (c >= 0x450 && c < 0x460)
        return c - 0x50;
    if (c >= 0x561 && c < 0x587)
        return c - 0x30;
    return c;
}

int name_compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    const char *a_end = a + a_bytes, *b_end = b + b_bytes;

    while (a < a_end && b < b_end) {
        uint32_t x = name_fold(name_decode(&a, a_end)), y = name_fold(name_decode(&b, b_end));
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a < a_end) - (b < b_end);
}

uint64_t name_hash(const char *path, size_t bytes)
{
    const char *end = path + bytes;
    uint64_t hash = 0xCBF29CE484222325ull; /* FNV-1a over folded code points */

    while (path < end) {
        uint32_t c = name_fold(name_decode(&path, end));
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (c >> shift & 0xFF)) * 0x100000001B3ull;
    }
    return hash;
}
