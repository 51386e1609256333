/* See guest_memory.h. Page tables: x64, four levels, pages of 4 KiB and 2 MiB. */
#include "report/guest_memory.h"

#include <string.h>

#include "hal.h"

#define PTE_LARGE 0x080ull /* at the third level: 2 MiB */

static const uint8_t *page_at(const struct guest_memory *memory, uint64_t pfn)
{
    return pfn < memory->ram_bytes / HAL_PAGE_SIZE ? memory->ram + pfn * HAL_PAGE_SIZE : NULL;
}

const uint8_t *guest_translate(const struct guest_memory *memory, uint64_t va)
{
    const uint8_t *page = page_at(memory, memory->root_pfn);

    if (memory->root_pfn == 0 || va >> 47 != 0)
        return NULL;
    for (int shift = 39; shift >= 12 && page != NULL; shift -= 9) {
        uint64_t entry;

        memcpy(&entry, page + (va >> shift & 511) * sizeof(entry), sizeof(entry));
        if ((entry & HAL_PTE_PRESENT) == 0)
            return NULL;
        page = page_at(memory, (entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT);
        if (shift == 21 && (entry & PTE_LARGE) != 0) {
            uint64_t pfn =
                ((entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT) + (va >> HAL_PAGE_SHIFT & 511);
            page = page_at(memory, pfn);
            break;
        }
    }
    return page == NULL ? NULL : page + va % HAL_PAGE_SIZE;
}

bool guest_read(const struct guest_memory *memory, uint64_t va, void *buffer, size_t bytes)
{
    uint8_t *to = buffer;

    while (bytes != 0) {
        size_t piece = HAL_PAGE_SIZE - va % HAL_PAGE_SIZE;
        const uint8_t *from = guest_translate(memory, va);

        if (from == NULL)
            return false;
        piece = piece < bytes ? piece : bytes;
        memcpy(to, from, piece);
        to += piece;
        va += piece;
        bytes -= piece;
    }
    return true;
}

size_t guest_read_text(const struct guest_memory *memory, uint64_t va, size_t length, char *buffer,
                       size_t limit)
{
    size_t used = 0;

    while (used + 1 < limit && used < length) {
        const uint8_t *from = guest_translate(memory, va + used);

        if (from == NULL || *from == 0)
            break;
        buffer[used++] = *from >= 0x20 && *from != 0x7F   ? (char)*from
                         : *from == '\n' || *from == '\t' ? (char)*from
                                                          : '.';
    }
    buffer[used] = '\0';
    return used;
}
