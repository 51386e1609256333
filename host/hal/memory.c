/*
 * RAM, the guest's page tables in it, and the host mappings that follow them. A guest address is only ever read through
 * memory_translate, which walks the page tables with every index checked: nothing the guest does to them can
 * take the host outside RAM.
 */
#include "hal/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hal/syscall.h"

struct machine g_machine;

#define PTE_LARGE 0x080ull
#define ENTRIES 512u

int machine_create_ram(uint64_t bytes, int *fd, uint8_t **view)
{
    void *map;

    *fd = memfd_create("drydock-ram", MFD_CLOEXEC);
    if (*fd < 0)
        return -errno;
    if (ftruncate(*fd, (off_t)bytes) != 0)
        goto fail;
    map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (map == MAP_FAILED)
        goto fail;
    *view = map;
    return 0;
fail:
    close(*fd);
    return -errno;
}

uint64_t memory_alloc_pages(uint64_t count)
{
    uint64_t first = g_machine.next_pfn;

    if (first + count > g_machine.ram_pages)
        return 0;
    g_machine.next_pfn += count;
    return first;
}

static uint64_t *table_of(uint64_t pfn)
{
    return pfn == 0 || pfn >= g_machine.ram_pages ? NULL : (uint64_t *)(g_machine.ram + pfn * HAL_PAGE_SIZE);
}

static unsigned index_at(uint64_t va, int level)
{
    return (va >> (12 + 9 * level)) & (ENTRIES - 1);
}

/* The entry for va at level 0, or the large-page entry at level 1; sets *level. NULL when a table is missing. */
static uint64_t *walk(uint64_t va, int *level)
{
    uint64_t pfn = g_machine.root_pfn;

    for (*level = 3; *level >= 0; --*level) {
        uint64_t *table = table_of(pfn);
        uint64_t *entry;

        if (table == NULL)
            return NULL;
        entry = &table[index_at(va, *level)];
        if (*level == 0 || (*level == 1 && (*entry & PTE_LARGE)))
            return entry;
        if (!(*entry & HAL_PTE_PRESENT))
            return NULL;
        pfn = (*entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT;
    }
    return NULL;
}

int memory_set_pte(uint64_t va, uint64_t pte)
{
    uint64_t pfn = g_machine.root_pfn;
    int stop = (pte & PTE_LARGE) ? 1 : 0;

    for (int level = 3;; level--) {
        uint64_t *entry = &table_of(pfn)[index_at(va, level)];

        if (level == stop) {
            *entry = pte;
            return 0;
        }
        if (!(*entry & HAL_PTE_PRESENT)) {
            uint64_t table = memory_alloc_pages(1);

            if (table == 0)
                return -ENOMEM;
            *entry = (table << HAL_PAGE_SHIFT) | HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_USER;
        }
        pfn = (*entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT;
    }
}

void *memory_translate(uint64_t va, bool write)
{
    int level;
    uint64_t *entry;
    uint64_t pfn;

    if (va >> 47)
        return NULL;
    entry = walk(va, &level);
    if (entry == NULL || !(*entry & HAL_PTE_PRESENT) || (write && !(*entry & HAL_PTE_WRITE)))
        return NULL;
    pfn = (*entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT;
    if (level == 1)
        pfn = (pfn & ~(uint64_t)(ENTRIES - 1)) | index_at(va, 0);
    if (pfn >= g_machine.ram_pages)
        return NULL;
    return g_machine.ram + pfn * HAL_PAGE_SIZE + (va & (HAL_PAGE_SIZE - 1));
}

bool memory_bus_address(uint64_t va, bool write, uint64_t *address)
{
    int level;
    const uint64_t *entry = va >> 47 ? NULL : walk(va, &level);
    uint64_t pfn;

    if (entry == NULL || level != 0 || !(*entry & HAL_PTE_PRESENT) || (write && !(*entry & HAL_PTE_WRITE)))
        return false;
    pfn = (*entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT;
    *address = (pfn << HAL_PAGE_SHIFT) | (va & (HAL_PAGE_SIZE - 1));
    return pfn >= g_machine.ram_pages;
}

/* Calls for each piece of [va, va + bytes) that lies in one page; false when any is not mapped. */
static bool copy(uint64_t va, uint8_t *buffer, size_t bytes, bool write)
{
    while (bytes != 0) {
        size_t piece = HAL_PAGE_SIZE - (va & (HAL_PAGE_SIZE - 1));
        uint8_t *at = memory_translate(va, write);

        if (at == NULL)
            return false;
        if (piece > bytes)
            piece = bytes;
        if (write)
            memcpy(at, buffer, piece);
        else
            memcpy(buffer, at, piece);
        va += piece;
        buffer += piece;
        bytes -= piece;
    }
    return true;
}

bool memory_read(uint64_t va, void *buffer, size_t bytes)
{
    return copy(va, buffer, bytes, false);
}

bool memory_write(uint64_t va, const void *buffer, size_t bytes)
{
    return copy(va, (uint8_t *)buffer, bytes, true);
}

/* ---- the host's mappings ---- */

static bool range_is_guest(uint64_t va, uint64_t pages)
{
    uint64_t end = va + (pages << HAL_PAGE_SHIFT);

    if ((va & (HAL_PAGE_SIZE - 1)) || pages == 0 || pages > (1ull << 34) || end < va)
        return false;
    return (va >= HAL_USER_START && end <= HAL_USER_END) || (va >= HAL_SYSTEM_START && end <= HAL_SYSTEM_END);
}

static int host_protection(uint64_t pte_flags)
{
    if (!(pte_flags & HAL_PTE_PRESENT))
        return PROT_NONE;
    return PROT_READ | ((pte_flags & HAL_PTE_WRITE) ? PROT_WRITE : 0) | ((pte_flags & HAL_PTE_NX) ? 0 : PROT_EXEC);
}

static int64_t status_of(long result)
{
    if (result >= 0 || result < -4095)
        return HAL_OK;
    return result == -ENOMEM ? HAL_E_NOMEM : HAL_E_INVALID;
}

int64_t memory_map(uint64_t va, uint64_t pfn, uint64_t pages, uint64_t pte_flags)
{
    if (!range_is_guest(va, pages) || pfn >= g_machine.ram_pages || pages > g_machine.ram_pages - pfn)
        return HAL_E_INVALID;
    return status_of(hal_syscall(SYS_mmap, (long)va, (long)(pages << HAL_PAGE_SHIFT),
                                 host_protection(pte_flags | HAL_PTE_PRESENT), MAP_SHARED | MAP_FIXED,
                                 g_machine.ram_fd, (long)(pfn << HAL_PAGE_SHIFT)));
}

int64_t memory_unmap(uint64_t va, uint64_t pages)
{
    if (!range_is_guest(va, pages))
        return HAL_E_INVALID;
    return status_of(hal_syscall(SYS_munmap, (long)va, (long)(pages << HAL_PAGE_SHIFT), 0, 0, 0, 0));
}

int64_t memory_protect(uint64_t va, uint64_t pages, uint64_t pte_flags)
{
    if (!range_is_guest(va, pages))
        return HAL_E_INVALID;
    return status_of(hal_syscall(SYS_mprotect, (long)va, (long)(pages << HAL_PAGE_SHIFT),
                                 host_protection(pte_flags), 0, 0, 0));
}

/* ---- everything the page tables say, in as few mappings as possible ---- */

struct run {
    uint64_t va, pfn, pages, flags;
};

static int flush_run(struct run *run)
{
    int64_t status = 0;

    if (run->pages != 0)
        status = memory_map(run->va, run->pfn, run->pages, run->flags);
    run->pages = 0;
    return status == HAL_OK ? 0 : -ENOMEM;
}

static int add_to_run(struct run *run, uint64_t va, uint64_t pte, uint64_t pages)
{
    uint64_t pfn = (pte & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT;
    uint64_t flags = pte & (HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_NX);
    int error;

    if (!(pte & HAL_PTE_PRESENT) || pfn >= g_machine.ram_pages) /* a device's page: no access without a trap */
        return 0;
    if (pages > g_machine.ram_pages - pfn)
        pages = g_machine.ram_pages - pfn;
    if (run->pages != 0 && run->flags == flags && run->va + (run->pages << HAL_PAGE_SHIFT) == va &&
        run->pfn + run->pages == pfn) {
        run->pages += pages;
        return 0;
    }
    error = flush_run(run);
    *run = (struct run){va, pfn, pages, flags};
    return error;
}

static int map_table(struct run *run, uint64_t pfn, uint64_t base, int level)
{
    uint64_t *table = table_of(pfn);
    int error = 0;

    for (unsigned i = 0; table != NULL && i < ENTRIES && error == 0; i++) {
        uint64_t va = base + ((uint64_t)i << (12 + 9 * level));
        uint64_t entry = table[i];

        if (!(entry & HAL_PTE_PRESENT) || va >> 47)
            continue;
        if (level == 0 || (level == 1 && (entry & PTE_LARGE)))
            error = add_to_run(run, va, entry, level == 0 ? 1 : ENTRIES);
        else
            error = map_table(run, (entry & HAL_PTE_PFN_MASK) >> HAL_PAGE_SHIFT, va, level - 1);
    }
    return error;
}

int machine_map_all(void)
{
    struct run run = {0};
    int error = map_table(&run, g_machine.root_pfn, 0, 3);

    return error != 0 ? error : flush_run(&run);
}
