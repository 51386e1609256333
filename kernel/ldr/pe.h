/*
 * A strict reader of PE32+ images for x64, after "PE Format" (Microsoft Learn) [doc]. Plain C for
 * both worlds: the kernel's loader, `drydock imports`, the unit test and the fuzzer compile this
 * same file. Whatever the bytes are, nothing outside of [Bytes, Bytes + Length) is read and nothing
 * is written.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* NTSTATUS values. */
typedef int32_t PE_STATUS;
#define PE_OK ((PE_STATUS)0)
#define PE_END ((PE_STATUS)0x8000001A)        /* STATUS_NO_MORE_ENTRIES: an iteration is through */
#define PE_BAD_FORMAT ((PE_STATUS)0xC000007B) /* STATUS_INVALID_IMAGE_FORMAT */
#define PE_LE_FORMAT ((PE_STATUS)0xC000012E)  /* STATUS_INVALID_IMAGE_LE_FORMAT */
#define PE_NOT_MZ ((PE_STATUS)0xC000012F)     /* STATUS_INVALID_IMAGE_NOT_MZ */
#define PE_PROTECT ((PE_STATUS)0xC0000130)    /* STATUS_INVALID_IMAGE_PROTECT: a DOS program */
#define PE_WIN_16 ((PE_STATUS)0xC0000131)     /* STATUS_INVALID_IMAGE_WIN_16 */
#define PE_WIN_32 ((PE_STATUS)0xC0000359)     /* STATUS_INVALID_IMAGE_WIN_32 */
#define PE_CHECKSUM ((PE_STATUS)0xC0000221)   /* STATUS_IMAGE_CHECKSUM_MISMATCH */
#define PE_NOT_FOUND ((PE_STATUS)0xC0000225)  /* STATUS_NOT_FOUND */
#define PE_NO_BASE ((PE_STATUS)0xC0000018) /* STATUS_CONFLICTING_ADDRESSES: must move and cannot \
                                            */

enum {
    PE_DIRECTORY_EXPORT = 0,
    PE_DIRECTORY_IMPORT,
    PE_DIRECTORY_RESOURCE,
    PE_DIRECTORY_EXCEPTION,
    PE_DIRECTORY_SECURITY,
    PE_DIRECTORY_RELOCATION,
    PE_DIRECTORY_DEBUG,
    PE_DIRECTORY_TLS = 9,
    PE_DIRECTORY_LOAD_CONFIG = 10,
    PE_DIRECTORY_BOUND_IMPORT,
    PE_DIRECTORY_IAT,
    PE_DIRECTORY_DELAY_IMPORT,
    PE_DIRECTORY_COUNT = 16
};

enum { PE_MACHINE_I386 = 0x14C, PE_MACHINE_ARM64 = 0xAA64, PE_MACHINE_X64 = 0x8664 };
enum { PE_SUBSYSTEM_NATIVE = 1, PE_SUBSYSTEM_GUI = 2, PE_SUBSYSTEM_CONSOLE = 3 };
enum { PE_FILE_RELOCS_STRIPPED = 1, PE_FILE_EXECUTABLE = 2, PE_FILE_DLL = 0x2000 };
#define PE_SECTION_CODE 0x00000020u
#define PE_SECTION_DISCARDABLE 0x02000000u
#define PE_SECTION_EXECUTE 0x20000000u
#define PE_SECTION_READ 0x40000000u
#define PE_SECTION_WRITE 0x80000000u

#define PE_PAGE 4096u
#define PE_NAME_LIMIT 4096u        /* longest import, export or module name, with its NUL */
#define PE_SECTION_LIMIT 96u       /* [doc] the loader's */
#define PE_IMPORT_LIMIT 65536u     /* imports of one image, all modules together */
#define PE_IMAGE_LIMIT 0x40000000u /* largest SizeOfImage: 1 GiB */

typedef struct PE_DIRECTORY {
    uint32_t Rva, Size;
} PE_DIRECTORY; /* Size 0: absent */

typedef struct PE_SECTION {
    char Name[9];
    uint32_t Rva, VirtualSize;     /* VirtualSize as used: never 0 unless the section is empty */
    uint32_t FileOffset, FileSize; /* what is to be copied: at most VirtualSize rounded to a page */
    uint32_t Characteristics;
} PE_SECTION;

typedef struct PE_IMAGE {
    const uint8_t *Bytes;
    uint64_t Length;
    int IsMapped;       /* laid out by RVA, not as in the file */
    const char *Reason; /* what is wrong, after a failure */
    uint32_t NtHeaders; /* offset of "PE\0\0" */
    uint32_t SectionTable, SectionCount;
    uint16_t Machine, Characteristics, Subsystem, DllCharacteristics;
    uint16_t MajorSubsystem, MinorSubsystem;
    uint32_t TimeDateStamp, CheckSum;
    uint64_t ImageBase;
    uint32_t EntryPoint;  /* RVA, 0: none */
    uint32_t SizeOfImage; /* rounded up to a page */
    uint32_t SizeOfHeaders, SectionAlignment, FileAlignment;
    uint64_t StackReserve, StackCommit;
    PE_DIRECTORY Directory[PE_DIRECTORY_COUNT];
} PE_IMAGE;

/* Checks headers and section table of a file's bytes. On failure *Image holds only Machine (if
 * read) and Reason. */
PE_STATUS PeOpenFile(PE_IMAGE *Image, const void *Bytes, uint64_t Length);
/* The same for an image in memory; Length is what may be read, at least SizeOfImage. */
PE_STATUS PeOpenMapped(PE_IMAGE *Image, const void *Base, uint64_t Length);
/* Walks every directory that a loader uses: imports, exports, relocations, function table, load
 * configuration, TLS. */
PE_STATUS PeValidate(PE_IMAGE *Image);
/* A header checksum of 0 says nothing and is fine; any other must be right. File layout only. */
PE_STATUS PeVerifyCheckSum(PE_IMAGE *Image);
uint32_t PeComputeCheckSum(const void *Bytes, uint64_t Length, uint64_t CheckSumOffset);

/* Bytes at an RVA, NULL when they are not all there (a file holds no zero-filled tails). */
const void *PeAtRva(const PE_IMAGE *Image, uint32_t Rva, uint64_t Bytes);
/* A NUL-terminated string of at least one and at most PE_NAME_LIMIT bytes, or NULL. */
const char *PeStringAt(const PE_IMAGE *Image, uint32_t Rva);
/* Index < SectionCount. */
void PeGetSection(const PE_IMAGE *Image, uint32_t Index, PE_SECTION *Section);

/* ---- imports: two nested walks. Start with a zeroed cursor; PE_OK, PE_END or an error. ---- */
typedef struct PE_IMPORT_MODULE {
    uint32_t Index;
    const char *Name;
    uint32_t LookupTable,
        AddressTable; /* RVAs of 8-byte slots; the lookup table is the address table if absent */
} PE_IMPORT_MODULE;
PE_STATUS PeNextImportModule(PE_IMAGE *Image, PE_IMPORT_MODULE *Module);

typedef struct PE_IMPORT {
    uint32_t Index;
    const char *Name; /* NULL: by ordinal */
    uint16_t Ordinal; /* or hint */
    uint32_t SlotRva; /* in the address table */
} PE_IMPORT;
PE_STATUS PeNextImport(PE_IMAGE *Image, const PE_IMPORT_MODULE *Module, PE_IMPORT *Import);

/* ---- exports ---- */
typedef struct PE_EXPORT {
    uint32_t Index;        /* for PeNextExport */
    const char *Name;      /* NULL: by ordinal only */
    uint32_t Ordinal;      /* biased */
    uint32_t Rva;          /* 0 when forwarded */
    const char *Forwarder; /* "ntoskrnl.KeFoo" or "ntoskrnl.#12", or NULL */
} PE_EXPORT;
PE_STATUS PeFindExport(PE_IMAGE *Image, const char *Name, PE_EXPORT *Export); /* PE_NOT_FOUND */
PE_STATUS PeFindExportByOrdinal(PE_IMAGE *Image, uint32_t Ordinal, PE_EXPORT *Export);
PE_STATUS PeNextExport(PE_IMAGE *Image, PE_EXPORT *Export); /* named ones, in table order */

/* ---- base relocations ---- */
typedef struct PE_RELOCATION {
    uint32_t Block, BlockBytes, Entry; /* of the cursor */
    uint32_t Rva;
    uint8_t Type; /* PE_RELOCATION_* */
} PE_RELOCATION;
enum {
    PE_RELOCATION_HIGH = 1,
    PE_RELOCATION_LOW = 2,
    PE_RELOCATION_HIGHLOW = 3,
    PE_RELOCATION_DIR64 = 10
};
PE_STATUS PeNextRelocation(PE_IMAGE *Image,
                           PE_RELOCATION *Relocation); /* padding entries are left out */
uint32_t PeRelocationBytes(uint8_t Type);

/* RVA of the 8-byte /GS cookie, or PE_NOT_FOUND. */
PE_STATUS PeFindCookie(const PE_IMAGE *Image, uint32_t *Rva);

/* ---- resources ---- */
typedef struct PE_RESOURCE_ID {
    uint16_t Id;
    const uint16_t *Name; /* NUL-terminated, or NULL: Id */
} PE_RESOURCE_ID;
/*
 * Descends Levels (1 to 3) levels: type, name, language. An Id of 0 at the language level takes the
 * first. At level 3 *Entry is the RVA of the IMAGE_RESOURCE_DATA_ENTRY, above it of the
 * subdirectory. PE_NOT_FOUND; *Missing says at which level.
 */
PE_STATUS PeFindResource(const PE_IMAGE *Image, const PE_RESOURCE_ID *Path, uint32_t Levels,
                         uint32_t *Entry, uint32_t *Missing);
