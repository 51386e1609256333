/*
 * Puts the kernel's image, its first stack, the loader block and the first page tables into RAM. The kernel is our own
 * build product, yet its headers are checked: a damaged build must not crash the host.
 */
#include "hal/machine.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PTE_LARGE 0x080ull
#define XSAVE_MASK 0xE7ull /* x87, SSE, AVX, AVX-512 */

struct pe_image {
    const uint8_t *file;
    size_t file_bytes;
    const uint8_t *optional;
    const uint8_t *sections;
    unsigned section_count;
    uint32_t entry_rva, image_bytes, header_bytes;
    uint64_t preferred_base;
    uint32_t reloc_rva, reloc_bytes;
    uint64_t pfn; /* of the loaded image, contiguous */
};

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static int read_file(const char *path, uint8_t **data, size_t *bytes)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t done = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > (64 << 20) ||
        (*data = malloc((size_t)st.st_size)) == NULL) {
        close(fd);
        return -ENOEXEC;
    }
    *bytes = (size_t)st.st_size;
    while (done < *bytes) {
        ssize_t n = read(fd, *data + done, *bytes - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    close(fd);
    return done == *bytes ? 0 : -EIO;
}

static int parse(struct pe_image *pe)
{
    const uint8_t *f = pe->file;
    uint32_t nt, optional_bytes;

    if (pe->file_bytes < 0x40 || get16(f) != 0x5A4D)
        return -ENOEXEC;
    nt = get32(f + 0x3C);
    if (nt > pe->file_bytes || pe->file_bytes - nt < 24 + 240 || get32(f + nt) != 0x4550 ||
        get16(f + nt + 4) != 0x8664)
        return -ENOEXEC;
    pe->section_count = get16(f + nt + 6);
    optional_bytes = get16(f + nt + 20);
    pe->optional = f + nt + 24;
    if (get16(pe->optional) != 0x20B || optional_bytes < 240 ||
        pe->file_bytes - nt - 24 < optional_bytes + 40ull * pe->section_count)
        return -ENOEXEC;
    pe->sections = pe->optional + optional_bytes;
    pe->entry_rva = get32(pe->optional + 16);
    pe->preferred_base = get64(pe->optional + 24);
    pe->image_bytes = get32(pe->optional + 56);
    pe->header_bytes = get32(pe->optional + 60);
    pe->reloc_rva = get32(pe->optional + 112 + 5 * 8);
    pe->reloc_bytes = get32(pe->optional + 112 + 5 * 8 + 4);
    if (pe->image_bytes == 0 || pe->image_bytes > (32u << 20) || pe->header_bytes > pe->file_bytes ||
        pe->header_bytes > pe->image_bytes || pe->entry_rva >= pe->image_bytes)
        return -ENOEXEC;
    return 0;
}

static int copy_sections(struct pe_image *pe)
{
    uint8_t *image = g_machine.ram + pe->pfn * HAL_PAGE_SIZE;

    memcpy(image, pe->file, pe->header_bytes);
    for (unsigned i = 0; i < pe->section_count; i++) {
        const uint8_t *s = pe->sections + 40 * i;
        uint32_t va = get32(s + 12), raw_bytes = get32(s + 16), raw = get32(s + 20), virtual_bytes = get32(s + 8);

        if (raw_bytes > virtual_bytes)
            raw_bytes = virtual_bytes;
        if (va > pe->image_bytes || virtual_bytes > pe->image_bytes - va || raw > pe->file_bytes ||
            raw_bytes > pe->file_bytes - raw)
            return -ENOEXEC;
        memcpy(image + va, pe->file + raw, raw_bytes);
    }
    return 0;
}

static int relocate(struct pe_image *pe, uint64_t base)
{
    uint8_t *image = g_machine.ram + pe->pfn * HAL_PAGE_SIZE;
    uint64_t delta = base - pe->preferred_base;
    uint32_t at = 0;

    if (pe->reloc_rva > pe->image_bytes || pe->reloc_bytes > pe->image_bytes - pe->reloc_rva)
        return -ENOEXEC;
    while (pe->reloc_bytes - at >= 8) {
        const uint8_t *block = image + pe->reloc_rva + at;
        uint32_t page = get32(block), bytes = get32(block + 4);

        if (bytes < 8 || bytes > pe->reloc_bytes - at)
            return -ENOEXEC;
        for (uint32_t i = 8; i + 2 <= bytes; i += 2) {
            uint16_t entry = get16(block + i);
            uint64_t rva = (uint64_t)page + (entry & 0xFFF), value;

            if (entry >> 12 == 0)
                continue;
            if (entry >> 12 != 10 || rva + 8 > pe->image_bytes)
                return -ENOEXEC;
            value = get64(image + rva) + delta;
            memcpy(image + rva, &value, 8);
        }
        at += bytes;
    }
    return 0;
}

static int map_section(struct pe_image *pe, uint64_t base, uint32_t va, uint32_t bytes, uint64_t flags)
{
    int error = 0;

    for (uint32_t page = va & ~0xFFFu; page < va + bytes && error == 0; page += HAL_PAGE_SIZE)
        error = memory_set_pte(base + page, ((pe->pfn << HAL_PAGE_SHIFT) + page) | flags | HAL_PTE_PRESENT);
    return error;
}

static int map_image(struct pe_image *pe, uint64_t base)
{
    int error = map_section(pe, base, 0, pe->header_bytes, HAL_PTE_NX);

    for (unsigned i = 0; i < pe->section_count && error == 0; i++) {
        const uint8_t *s = pe->sections + 40 * i;
        uint32_t characteristics = get32(s + 36);
        uint64_t flags = ((characteristics & 0x80000000u) ? HAL_PTE_WRITE : 0) |
                         ((characteristics & 0x20000000u) ? 0 : HAL_PTE_NX);

        error = map_section(pe, base, get32(s + 12), get32(s + 8), flags);
    }
    return error;
}

static int load_image(const char *path, HAL_BOOT_MODULE *module)
{
    struct pe_image pe = {0};
    uint8_t *data = NULL;
    int error = read_file(path, &data, &pe.file_bytes);

    pe.file = data;
    if (error == 0)
        error = parse(&pe);
    if (error == 0) {
        pe.pfn = memory_alloc_pages((pe.image_bytes + HAL_PAGE_SIZE - 1) >> HAL_PAGE_SHIFT);
        error = pe.pfn == 0 ? -ENOMEM : copy_sections(&pe);
    }
    if (error == 0)
        error = relocate(&pe, HAL_IMAGE_BASE);
    if (error == 0)
        error = map_image(&pe, HAL_IMAGE_BASE);
    module->base = HAL_IMAGE_BASE;
    module->size_bytes = (pe.image_bytes + HAL_PAGE_SIZE - 1) & ~(uint64_t)(HAL_PAGE_SIZE - 1);
    module->entry = HAL_IMAGE_BASE + pe.entry_rva;
    free(data);
    return error;
}

/* Allocates and maps count zero pages read-write at va; returns the host address or NULL. */
static void *map_fresh(uint64_t va, uint64_t count)
{
    uint64_t pfn = memory_alloc_pages(count);

    for (uint64_t i = 0; pfn != 0 && i < count; i++)
        if (memory_set_pte(va + (i << HAL_PAGE_SHIFT), ((pfn + i) << HAL_PAGE_SHIFT) | HAL_PTE_PRESENT |
                                                           HAL_PTE_WRITE | HAL_PTE_NX) != 0)
            return NULL;
    return pfn == 0 ? NULL : g_machine.ram + pfn * HAL_PAGE_SIZE;
}

static int map_physical(void)
{
    int error = 0;

    for (uint64_t pfn = 0; pfn < g_machine.ram_pages && error == 0; pfn += 512)
        error = memory_set_pte(HAL_PHYSMAP_VA + (pfn << HAL_PAGE_SHIFT),
                               (pfn << HAL_PAGE_SHIFT) | PTE_LARGE | HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_NX);
    return error;
}

static int map_kuser(void)
{
    uint64_t pfn;

    if (map_fresh(HAL_KUSER_VA, 1) == NULL)
        return -ENOMEM;
    pfn = g_machine.next_pfn - 1;
    return memory_set_pte(HAL_KUSER_USER_VA, (pfn << HAL_PAGE_SHIFT) | HAL_PTE_PRESENT | HAL_PTE_USER | HAL_PTE_NX);
}

static uint32_t xsave_area_bytes(uint64_t mask)
{
    uint32_t eax, ebx, ecx, edx, bytes = 576;

    for (unsigned i = 2; i < 32; i++) {
        if (!(mask >> i & 1))
            continue;
        __cpuid_count(0xD, i, eax, ebx, ecx, edx);
        if (eax != 0 && ebx + eax > bytes)
            bytes = ebx + eax;
    }
    return (bytes + 63) & ~63u;
}

static uint64_t xsave_supported(void)
{
    uint32_t lo, hi;

    __asm__("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (((uint64_t)hi << 32) | lo) & XSAVE_MASK;
}

static uint64_t boot_time(uint32_t flags)
{
    struct timespec now;

    if (!(flags & HAL_FLAG_REAL_CLOCK))
        return MACHINE_BOOT_TIME_100NS;
    clock_gettime(CLOCK_REALTIME, &now);
    return 116444736000000000ull + (uint64_t)now.tv_sec * 10000000u + (uint64_t)now.tv_nsec / 100;
}

static void fill_loader_block(const struct machine_options *options)
{
    HAL_LOADER_BLOCK *block = g_machine.loader;

    block->version = HAL_ABI_VERSION;
    block->flags = options->flags;
    block->boot_options = options->boot_options;
    block->drives = options->drives;
    block->ram_pages = g_machine.ram_pages;
    block->root_pfn = g_machine.root_pfn;
    block->seed = options->seed;
    block->boot_time_100ns = boot_time(options->flags);
    block->fail_allocation = options->fail_allocation;
    block->special_pool = options->special_pool;
    block->processors = options->processors;
    block->xsave_mask = xsave_supported();
    block->xsave_bytes = xsave_area_bytes(block->xsave_mask);
    block->language = options->language;
    block->module_count = 1;
    memcpy(block->modules[0].name, "ntoskrnl.exe", 13);
}

int machine_load_kernel(const struct machine_options *options, uint64_t *entry)
{
    int error;

    g_machine.next_pfn = MACHINE_ROOT_PFN;
    g_machine.root_pfn = memory_alloc_pages(1);
    g_machine.loader = map_fresh(HAL_LOADER_VA, (sizeof(HAL_LOADER_BLOCK) + HAL_PAGE_SIZE - 1) >> HAL_PAGE_SHIFT);
    if (g_machine.loader == NULL)
        return -ENOMEM;
    fill_loader_block(options);
    error = load_image(options->kernel_path, &g_machine.loader->modules[0]);
    if (error == 0)
        error = map_kuser();
    if (error == 0)
        error = map_physical();
    if (error == 0 &&
        map_fresh(HAL_BOOT_STACK_TOP - HAL_BOOT_STACK_BYTES, HAL_BOOT_STACK_BYTES >> HAL_PAGE_SHIFT) == NULL)
        error = -ENOMEM;
    g_machine.loader->first_free_pfn = g_machine.next_pfn;
    *entry = g_machine.loader->modules[0].entry;
    return error;
}
