/*
 * The image: .text, .rdata (imports of two modules, exports), .data (cookie), .pdata, .rsrc,
 * .reloc; each at RVA 0x1000 * n. Written by hand so that each field is where the tests say it is.
 */
#include "pe_image.h"

#include <string.h>

#include "../../kernel/ldr/pe.h"

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)value);
    put32(at + 4, (uint32_t)(value >> 32));
}

static const struct {
    const char *name;
    uint32_t rva, virtual_size, offset, size, characteristics;
} g_sections[] = {
    {".text", 0x1000, 0x30, 0x400, 0x200, 0x60000020},
    {".rdata", 0x2000, 0x600, 0x600, 0x600, 0x40000040},
    {".data", 0x3000, 0x900, 0xC00, 0x200, 0xC0000040},
    {".pdata", 0x4000, 0x40, 0xE00, 0x200, 0x40000040},
    {".rsrc", 0x5000, 0x100, 0x1000, 0x200, 0x40000040},
    {".reloc", 0x6000, 0x20, 0x1200, 0x200, 0x42000040},
};
#define SECTIONS (sizeof(g_sections) / sizeof(g_sections[0]))

static uint8_t *at_rva(uint8_t *file, uint32_t rva)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (rva - g_sections[i].rva < g_sections[i].size)
            return file + g_sections[i].offset + (rva - g_sections[i].rva);
    return NULL;
}

static void put_directory(uint8_t *file, int index, uint32_t rva, uint32_t size)
{
    put32(file + PE_IMAGE_DIRECTORIES + index * 8, rva);
    put32(file + PE_IMAGE_DIRECTORIES + index * 8 + 4, size);
}

static void build_headers(uint8_t *file)
{
    uint8_t *nt = file + PE_IMAGE_NT, *optional = file + PE_IMAGE_OPTIONAL;

    memcpy(file, "MZ", 2);
    put16(file + 0x18, 0x40);
    put32(file + 0x3C, PE_IMAGE_NT);
    memcpy(nt, "PE\0\0", 4);
    put16(nt + 4, 0x8664);
    put16(nt + 6, SECTIONS);
    put32(nt + 8, 0x5F5E1000);
    put16(nt + 20, 112 + 128);
    put16(nt + 22, 0x22);
    put16(optional, 0x20B);
    put32(optional + 16, 0x1000);
    put64(optional + 24, 0x140000000);
    put32(optional + 32, 0x1000);
    put32(optional + 36, 0x200);
    put32(optional + 56, PE_IMAGE_MAPPED_BYTES);
    put32(optional + 60, PE_IMAGE_HEADERS);
    put16(optional + 68, 1);
    put64(optional + 72, 0x100000);
    put64(optional + 80, 0x1000);
    put32(optional + 108, 16);
    for (size_t i = 0; i < SECTIONS; i++) {
        uint8_t *header = file + PE_IMAGE_SECTIONS + i * 40;

        memcpy(header, g_sections[i].name, strlen(g_sections[i].name));
        put32(header + 8, g_sections[i].virtual_size);
        put32(header + 12, g_sections[i].rva);
        put32(header + 16, g_sections[i].size);
        put32(header + 20, g_sections[i].offset);
        put32(header + 36, g_sections[i].characteristics);
    }
}

/* ntoskrnl.exe!DbgPrint, ntoskrnl.exe!#7; HAL.dll!KeStallExecutionProcessor, without a lookup
 * table. */
static void build_imports(uint8_t *file)
{
    uint8_t *descriptor = at_rva(file, 0x2000);

    put32(descriptor, 0x2080);
    put32(descriptor + 12, 0x2100);
    put32(descriptor + 16, 0x2040);
    put32(descriptor + 32, 0x2110);
    put32(descriptor + 36, 0x2060);
    for (uint32_t table = 0x2040; table <= 0x2080; table += 0x40) {
        put64(at_rva(file, table), 0x2120);
        put64(at_rva(file, table + 8), 0x8000000000000007);
    }
    put64(at_rva(file, 0x2060), 0x2130);
    strcpy((char *)at_rva(file, 0x2100), "ntoskrnl.exe");
    strcpy((char *)at_rva(file, 0x2110), "HAL.dll");
    strcpy((char *)at_rva(file, 0x2122), "DbgPrint");
    strcpy((char *)at_rva(file, 0x2132), "KeStallExecutionProcessor");
    put_directory(file, PE_DIRECTORY_IMPORT, 0x2000, 60);
    put_directory(file, PE_DIRECTORY_IAT, 0x2040, 0x30);
}

/* Base 5: 5 Alpha, 6 a gap, 7 without a name, 8 Beta, forwarded. */
static void build_exports(uint8_t *file)
{
    uint8_t *header = at_rva(file, 0x2200);

    put32(header + 16, 5);
    put32(header + 20, 4);
    put32(header + 24, 2);
    put32(header + 28, 0x2240);
    put32(header + 32, 0x2260);
    put32(header + 36, 0x2270);
    put32(at_rva(file, 0x2240), 0x1010);
    put32(at_rva(file, 0x2248), 0x1020);
    put32(at_rva(file, 0x224C), 0x2290);
    put32(at_rva(file, 0x2260), 0x2280);
    put32(at_rva(file, 0x2264), 0x2288);
    put16(at_rva(file, 0x2270), 0);
    put16(at_rva(file, 0x2272), 3);
    strcpy((char *)at_rva(file, 0x2280), "Alpha");
    strcpy((char *)at_rva(file, 0x2288), "Beta");
    strcpy((char *)at_rva(file, 0x2290), "ntoskrnl.KeFoo");
    put_directory(file, PE_DIRECTORY_EXPORT, 0x2200, 0x100);
}

static void build_load_config(uint8_t *file)
{
    put32(at_rva(file, 0x2400), 112);
    put64(at_rva(file, 0x2400 + 88), 0x140003010);
    put64(at_rva(file, 0x3010), 0x2B992DDFA232);
    put_directory(file, PE_DIRECTORY_LOAD_CONFIG, 0x2400, 112);
}

static void build_functions(uint8_t *file)
{
    static const uint32_t table[2][3] = {{0x1000, 0x1010, 0x4030}, {0x1010, 0x1030, 0x4034}};

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            put32(at_rva(file, 0x4000 + i * 12 + j * 4), table[i][j]);
    put_directory(file, PE_DIRECTORY_EXCEPTION, 0x4000, 24);
}

static void put_resource_directory(uint8_t *file, uint32_t rva, uint32_t key, uint32_t target)
{
    put16(at_rva(file, rva + (key >> 31 ? 12 : 14)), 1);
    put32(at_rva(file, rva + 16), key);
    put32(at_rva(file, rva + 20), target);
}

/* Type 16, name "VER", language 1033: eight bytes. */
static void build_resources(uint8_t *file)
{
    put_resource_directory(file, 0x5000, 16, 0x80000020);
    put_resource_directory(file, 0x5020, 0x80000070, 0x80000040);
    put_resource_directory(file, 0x5040, 1033, 0x60);
    put32(at_rva(file, 0x5060), 0x5080);
    put32(at_rva(file, 0x5064), 8);
    memcpy(at_rva(file, 0x5070), "\3\0V\0E\0R\0", 8);
    put_directory(file, PE_DIRECTORY_RESOURCE, 0x5000, 0x100);
}

/* The cookie's address in the load configuration, twice; then padding. */
static void build_relocations(uint8_t *file)
{
    uint8_t *block = at_rva(file, 0x6000);

    put32(block, 0x2000);
    put32(block + 4, 12);
    put16(block + 8, 0xA458);
    put32(block + 12, 0x3000);
    put32(block + 16, 12);
    put16(block + 20, 0x3020);
    put_directory(file, PE_DIRECTORY_RELOCATION, 0x6000, 24);
}

void pe_image_build(uint8_t file[PE_IMAGE_FILE_BYTES])
{
    memset(file, 0, PE_IMAGE_FILE_BYTES);
    build_headers(file);
    build_imports(file);
    build_exports(file);
    build_load_config(file);
    build_functions(file);
    build_resources(file);
    build_relocations(file);
}

void pe_image_map(const uint8_t file[PE_IMAGE_FILE_BYTES], uint8_t mapped[PE_IMAGE_MAPPED_BYTES])
{
    memset(mapped, 0, PE_IMAGE_MAPPED_BYTES);
    memcpy(mapped, file, PE_IMAGE_HEADERS);
    for (size_t i = 0; i < SECTIONS; i++)
        memcpy(mapped + g_sections[i].rva, file + g_sections[i].offset, g_sections[i].size);
}

/* ---- walking ---- */

static void walk_imports(PE_IMAGE *image)
{
    PE_IMPORT_MODULE module = {0};

    for (unsigned modules = 0; modules < 1000 && PeNextImportModule(image, &module) == PE_OK;
         modules++) {
        PE_IMPORT import = {0};

        for (unsigned i = 0; i < 1000 && PeNextImport(image, &module, &import) == PE_OK; i++)
            ;
    }
}

static void walk_exports(PE_IMAGE *image)
{
    PE_EXPORT export = {0};

    for (unsigned i = 0; i < 1000 && PeNextExport(image, &export) == PE_OK; i++)
        ;
    PeFindExport(image, "Alpha", &export);
    PeFindExport(image, "Zeta", &export);
    for (uint32_t ordinal = 0; ordinal < 10; ordinal++)
        PeFindExportByOrdinal(image, ordinal, &export);
    PeFindExportByOrdinal(image, UINT32_MAX, &export);
}

static void walk_relocations(PE_IMAGE *image)
{
    PE_RELOCATION relocation = {0};

    for (unsigned i = 0; i < 100000 && PeNextRelocation(image, &relocation) == PE_OK; i++)
        ;
}

static void walk_resources(PE_IMAGE *image)
{
    static const uint16_t name[] = {'v', 'e', 'r', 0};
    const PE_RESOURCE_ID path[3] = {{16, NULL}, {0, name}, {0, NULL}};
    uint32_t entry, missing;

    for (uint32_t levels = 1; levels <= 3; levels++)
        PeFindResource(image, path, levels, &entry, &missing);
}

int32_t pe_image_exercise(const void *bytes, size_t length, int is_mapped)
{
    PE_IMAGE image;
    PE_STATUS status =
        is_mapped ? PeOpenMapped(&image, bytes, length) : PeOpenFile(&image, bytes, length);
    PE_SECTION section;
    uint32_t rva;

    if (status != PE_OK)
        return status;
    status = PeValidate(&image);
    if (!is_mapped)
        PeVerifyCheckSum(&image);
    for (uint32_t i = 0; i < image.SectionCount; i++)
        PeGetSection(&image, i, &section);
    walk_imports(&image);
    walk_exports(&image);
    walk_relocations(&image);
    walk_resources(&image);
    PeFindCookie(&image, &rva);
    return status;
}
