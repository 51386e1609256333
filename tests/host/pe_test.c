/*
 * The PE reader: what it reads of a good image, what it says of a bad one, and that no image,
 * however damaged, makes it look outside of its bytes (each case lies in a heap block of its exact
 * size, under the sanitizers).
 */
#include <stdlib.h>
#include <string.h>

#include "../../kernel/ldr/pe.h"
#include "pe_image.h"
#include "tap.h"

static uint8_t g_file[PE_IMAGE_FILE_BYTES];
static uint8_t g_mapped[PE_IMAGE_MAPPED_BYTES];

/* ---- a good image ---- */

static void test_headers(PE_IMAGE *image)
{
    PE_SECTION section;

    is(image->Machine, PE_MACHINE_X64, "machine");
    is(image->SectionCount, 6, "sections");
    is(image->ImageBase, 0x140000000, "image base");
    is(image->EntryPoint, 0x1000, "entry point");
    is(image->SizeOfImage, PE_IMAGE_MAPPED_BYTES, "image size");
    is(image->Subsystem, PE_SUBSYSTEM_NATIVE, "subsystem");
    PeGetSection(image, 2, &section);
    is_text(section.Name, ".data", "a section's name");
    is(section.Rva, 0x3000, "a section's address");
    is(section.VirtualSize, 0x900, "a section's size, with its zero-filled tail");
    is(section.FileSize, 0x200, "what of a section is in the file");
    ok(PeAtRva(image, 0x31F8, 8) != NULL, "the last bytes of a section");
    if (!image->IsMapped)
        ok(PeAtRva(image, 0x31F9, 8) == NULL, "no bytes of the zero-filled tail");
    ok(PeAtRva(image, 0x6FFF, 2) == NULL && PeAtRva(image, UINT32_MAX, 1) == NULL,
       "no bytes outside");
}

static void test_imports(PE_IMAGE *image)
{
    PE_IMPORT_MODULE module = {0};
    PE_IMPORT import = {0};

    is(PeNextImportModule(image, &module), PE_OK, "the first module");
    is_text(module.Name, "ntoskrnl.exe", "its name");
    is(PeNextImport(image, &module, &import), PE_OK, "its first import");
    is_text(import.Name, "DbgPrint", "by name");
    is(import.SlotRva, 0x2040, "its slot");
    is(PeNextImport(image, &module, &import), PE_OK, "its second import");
    ok(import.Name == NULL && import.Ordinal == 7, "by ordinal");
    is(import.SlotRva, 0x2048, "its slot");
    is((uint32_t)PeNextImport(image, &module, &import), (uint32_t)PE_END, "no third");
    is(PeNextImportModule(image, &module), PE_OK, "the second module");
    is_text(module.Name, "HAL.dll", "its name");
    memset(&import, 0, sizeof(import));
    is(PeNextImport(image, &module, &import), PE_OK, "an import without a lookup table");
    is_text(import.Name, "KeStallExecutionProcessor", "by name");
    is((uint32_t)PeNextImportModule(image, &module), (uint32_t)PE_END, "no third module");
}

static void test_exports(PE_IMAGE *image)
{
    PE_EXPORT export = {0};

    is(PeFindExport(image, "Alpha", &export), PE_OK, "an export by name");
    ok(export.Rva == 0x1010 && export.Ordinal == 5, "its address and ordinal");
    is(PeFindExport(image, "Beta", &export), PE_OK, "a forwarded export");
    is_text(export.Forwarder, "ntoskrnl.KeFoo", "where to");
    is((uint32_t)PeFindExport(image, "Alph", &export), (uint32_t)PE_NOT_FOUND,
       "no export by part of a name");
    is(PeFindExportByOrdinal(image, 7, &export), PE_OK, "an export without a name");
    is(export.Rva, 0x1020, "its address");
    is((uint32_t)PeFindExportByOrdinal(image, 6, &export), (uint32_t)PE_NOT_FOUND,
       "a gap in the ordinals");
    is((uint32_t)PeFindExportByOrdinal(image, 4, &export), (uint32_t)PE_NOT_FOUND,
       "below the first ordinal");
    is((uint32_t)PeFindExportByOrdinal(image, 9, &export), (uint32_t)PE_NOT_FOUND,
       "behind the last ordinal");
    memset(&export, 0, sizeof(export));
    ok(PeNextExport(image, &export) == PE_OK && PeNextExport(image, &export) == PE_OK &&
           PeNextExport(image, &export) == PE_END,
       "two named exports");
}

static void test_rest(PE_IMAGE *image)
{
    static const uint16_t name[] = {'v', 'e', 'r', 0};
    PE_RESOURCE_ID path[3] = {{16, NULL}, {0, name}, {0, NULL}};
    PE_RELOCATION relocation = {0};
    uint32_t rva = 0, missing = 9;

    is(PeNextRelocation(image, &relocation), PE_OK, "a relocation");
    ok(relocation.Rva == 0x2458 && relocation.Type == PE_RELOCATION_DIR64, "of eight bytes");
    is(PeNextRelocation(image, &relocation), PE_OK, "another, in the next block");
    ok(relocation.Rva == 0x3020 && relocation.Type == PE_RELOCATION_HIGHLOW, "of four bytes");
    is((uint32_t)PeNextRelocation(image, &relocation), (uint32_t)PE_END, "no third");
    ok(PeFindCookie(image, &rva) == PE_OK && rva == 0x3010, "the cookie");
    ok(PeFindResource(image, path, 3, &rva, &missing) == PE_OK && rva == 0x5060,
       "a resource, any language");
    path[2].Id = 1031;
    ok(PeFindResource(image, path, 3, &rva, &missing) == PE_NOT_FOUND && missing == 2,
       "a language not there");
    path[0].Id = 3;
    ok(PeFindResource(image, path, 3, &rva, &missing) == PE_NOT_FOUND && missing == 0,
       "a type not there");
    is(PeValidate(image), PE_OK, "all directories are fine");
}

static void test_good(int is_mapped)
{
    PE_IMAGE image;
    PE_STATUS status = is_mapped ? PeOpenMapped(&image, g_mapped, sizeof(g_mapped))
                                 : PeOpenFile(&image, g_file, sizeof(g_file));

    printf("# %s\n", is_mapped ? "in memory" : "as a file");
    if (!ok(status == PE_OK, "a good image opens"))
        return;
    test_headers(&image);
    test_imports(&image);
    test_exports(&image);
    test_rest(&image);
}

static void test_checksum(void)
{
    uint8_t *field = g_file + PE_IMAGE_OPTIONAL + 64;
    uint32_t sum = PeComputeCheckSum(g_file, sizeof(g_file), PE_IMAGE_OPTIONAL + 64);
    PE_IMAGE image;

    memcpy(field, &sum, 4);
    PeOpenFile(&image, g_file, sizeof(g_file));
    is(PeVerifyCheckSum(&image), PE_OK, "the right checksum");
    g_file[0x1300]++;
    is((uint32_t)PeVerifyCheckSum(&image), (uint32_t)PE_CHECKSUM, "a changed byte");
    memset(field, 0, 4);
    PeOpenFile(&image, g_file, sizeof(g_file));
    is(PeVerifyCheckSum(&image), PE_OK, "no checksum");
    pe_image_build(g_file);
}

/* ---- one mistake, one status ---- */

static const struct {
    const char *what;
    uint32_t offset, width, value;
    PE_STATUS status;
} g_mistakes[] = {
    {"no MZ", 0, 1, 'N', PE_NOT_MZ},
    {"a DOS program", 0x18, 2, 0x1C, PE_PROTECT}, /* with the next row */
    {"no PE header", PE_IMAGE_NT, 1, 'Q', PE_BAD_FORMAT},
    {"an NE header", PE_IMAGE_NT, 2, 'N' | 'E' << 8, PE_WIN_16},
    {"an LE header", PE_IMAGE_NT, 2, 'L' | 'E' << 8, PE_LE_FORMAT},
    {"e_lfanew outside", 0x3C, 4, 0xFFFFFFF0, PE_BAD_FORMAT},
    {"e_lfanew not aligned", 0x3C, 4, PE_IMAGE_NT + 1, PE_BAD_FORMAT},
    {"an x86 image", PE_IMAGE_NT + 4, 2, 0x14C, PE_WIN_32},
    {"an ARM64 image", PE_IMAGE_NT + 4, 2, 0xAA64, PE_BAD_FORMAT},
    {"a RISC-V image", PE_IMAGE_NT + 4, 2, 0x5064, PE_BAD_FORMAT},
    {"no sections", PE_IMAGE_NT + 6, 2, 0, PE_BAD_FORMAT},
    {"97 sections", PE_IMAGE_NT + 6, 2, 97, PE_BAD_FORMAT},
    {"a short optional header", PE_IMAGE_NT + 20, 2, 100, PE_BAD_FORMAT},
    {"fewer directories than said", PE_IMAGE_NT + 20, 2, 112 + 120, PE_BAD_FORMAT},
    {"not executable", PE_IMAGE_NT + 22, 2, 0x20, PE_BAD_FORMAT},
    {"PE32", PE_IMAGE_OPTIONAL, 2, 0x10B, PE_BAD_FORMAT},
    {"the entry point outside", PE_IMAGE_OPTIONAL + 16, 4, PE_IMAGE_MAPPED_BYTES, PE_BAD_FORMAT},
    {"an odd image base", PE_IMAGE_OPTIONAL + 24, 2, 0x1000, PE_BAD_FORMAT},
    {"an odd section alignment", PE_IMAGE_OPTIONAL + 32, 4, 0x1800, PE_BAD_FORMAT},
    {"no file alignment", PE_IMAGE_OPTIONAL + 36, 4, 0, PE_BAD_FORMAT},
    {"a file alignment above the section's", PE_IMAGE_OPTIONAL + 36, 4, 0x2000, PE_BAD_FORMAT},
    {"no image size", PE_IMAGE_OPTIONAL + 56, 4, 0, PE_BAD_FORMAT},
    {"an image size of 4 GiB", PE_IMAGE_OPTIONAL + 56, 4, 0xFFFFFFFF, PE_BAD_FORMAT},
    {"an image size below its sections'", PE_IMAGE_OPTIONAL + 56, 4, 0x6000, PE_BAD_FORMAT},
    {"headers beyond the file", PE_IMAGE_OPTIONAL + 60, 4, 0x6000, PE_BAD_FORMAT},
    {"headers without the section table", PE_IMAGE_OPTIONAL + 60, 4, 0x180, PE_BAD_FORMAT},
    {"a gap between sections", PE_IMAGE_SECTIONS + 40 + 12, 4, 0x3000, PE_BAD_FORMAT},
    {"overlapping sections", PE_IMAGE_SECTIONS + 8, 4, 0x1001, PE_BAD_FORMAT},
    {"a huge section", PE_IMAGE_SECTIONS + 5 * 40 + 8, 4, 0xFFFFFFFF, PE_BAD_FORMAT},
    {"a section beyond the file", PE_IMAGE_SECTIONS + 20, 4, 0x1600, PE_BAD_FORMAT},
    {"imports outside", PE_IMAGE_DIRECTORIES + 8, 4, 0x7000, PE_BAD_FORMAT},
    {"an import table in a zero-filled tail", PE_IMAGE_DIRECTORIES + 8, 4, 0x3700, PE_BAD_FORMAT},
    {"a module name outside", 0x600 + 12, 4, 0x80000000, PE_BAD_FORMAT},
    {"a lookup table outside", 0x600, 4, 0x6FFC, PE_BAD_FORMAT},
    {"an unaligned address table", 0x600 + 16, 4, 0x2041, PE_BAD_FORMAT},
    {"an import name outside", 0x680, 4, 0x6FFF, PE_BAD_FORMAT},
    {"100,000 exports", 0x800 + 20, 4, 100000, PE_BAD_FORMAT},
    {"export names outside", 0x800 + 32, 4, 0x6FFC, PE_BAD_FORMAT},
    {"an export outside", 0x840, 4, 0x7000, PE_BAD_FORMAT},
    {"an export's ordinal out of range", 0x870, 2, 4, PE_BAD_FORMAT},
    {"an empty block of relocations", 0x1204, 4, 0, PE_BAD_FORMAT},
    {"a block of relocations beyond the table", 0x1204, 4, 1000, PE_BAD_FORMAT},
    {"a block of relocations off its page", 0x1200, 4, 0x2004, PE_BAD_FORMAT},
    {"an unknown relocation", 0x1208, 2, 0x5458, PE_BAD_FORMAT},
    {"a relocation outside", 0x1200, 4, 0x7000, PE_BAD_FORMAT},
    {"functions out of order", 0xE00, 4, 0x1020, PE_BAD_FORMAT},
    {"a function that ends outside", 0xE10, 4, 0x7001, PE_BAD_FORMAT},
    {"unwind data outside", 0xE08, 4, 0x7000, PE_BAD_FORMAT},
    {"the cookie outside", 0xA58, 4, 0x40007000, PE_BAD_FORMAT},
};

static void test_mistakes(void)
{
    uint8_t *file = malloc(sizeof(g_file));

    for (size_t i = 0; i < sizeof(g_mistakes) / sizeof(g_mistakes[0]); i++) {
        memcpy(file, g_file, sizeof(g_file));
        memcpy(file + g_mistakes[i].offset, &g_mistakes[i].value, g_mistakes[i].width);
        if (g_mistakes[i].status == PE_PROTECT)
            file[PE_IMAGE_NT] = 0;
        is((uint32_t)pe_image_exercise(file, sizeof(g_file), 0), (uint32_t)g_mistakes[i].status,
           g_mistakes[i].what);
    }
    free(file);
}

/* ---- damage of every kind ---- */

static bool is_error(int32_t status)
{
    return status < 0;
}

/* Cut to each length. Only padding may be missing. */
static void test_cuts(void)
{
    size_t accepted = 0, refused = 0;

    for (size_t length = 0; length < sizeof(g_file); length++) {
        uint8_t *cut = malloc(length + (length == 0));

        memcpy(cut, g_file, length);
        if (is_error(pe_image_exercise(cut, length, 0)))
            refused++;
        else
            accepted++;
        free(cut);
    }
    is(refused, 0x1400, "each length that cuts a header or a section is refused");
    is(accepted, 0x200, "what lies behind the sections may be missing");
}

/* Each byte of the image changed in several ways. */
static void test_flips(const uint8_t *good, size_t length, int is_mapped)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x10, 0x7F, 0x80, 0xFF};
    uint8_t *image = malloc(length);
    size_t refused = 0, runs = 0;

    memcpy(image, good, length);
    for (size_t at = 0; at < length; at++) {
        if (at >= 0x3100 && at < 0x4000)
            continue; /* zeros of .data in memory */
        for (size_t i = 0; i < sizeof(changes); i++, runs++) {
            image[at] = good[at] ^ changes[i];
            refused += is_error(pe_image_exercise(image, length, is_mapped));
        }
        image[at] = good[at];
    }
    ok(refused > 500 && refused < runs / 2, "%zu changed bytes, %zu refused, none harmful", runs,
       refused);
    is(pe_image_exercise(image, length, is_mapped), PE_OK, "the image was whole in between");
    free(image);
}

/* Each aligned 32-bit field set to the values that break bounds checks. */
static void test_fields(const uint8_t *good, size_t length, int is_mapped)
{
    static const uint32_t values[] = {0,          1,      0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                      0xFFFFFFF8, 0x1000, 0x6FFC,     0x7000};
    uint8_t *image = malloc(length);
    size_t refused = 0, runs = 0;

    memcpy(image, good, length);
    for (size_t at = 0; at + 4 <= length; at += 2) {
        if (at >= 0x3100 && at < 0x4000)
            continue;
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++, runs++) {
            memcpy(image + at, &values[i], 4);
            refused += is_error(pe_image_exercise(image, length, is_mapped));
        }
        memcpy(image + at, good + at, 4);
    }
    ok(refused > 500 && refused < runs / 2, "%zu changed fields, %zu refused, none harmful", runs,
       refused);
    free(image);
}

int main(void)
{
    pe_image_build(g_file);
    pe_image_map(g_file, g_mapped);
    test_good(0);
    test_good(1);
    test_checksum();
    test_mistakes();
    test_cuts();
    test_flips(g_file, sizeof(g_file), 0);
    test_flips(g_mapped, sizeof(g_mapped), 1);
    test_fields(g_file, sizeof(g_file), 0);
    test_fields(g_mapped, sizeof(g_mapped), 1);
    return done_testing();
}
