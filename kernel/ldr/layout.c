/*
 * Laying an image out in memory: sections copied to their addresses, relocations, the /GS cookie,
 * the accesses to KUSER_SHARED_DATA that compilers put in as constants. CFG's pointers keep the
 * in-image defaults that do nothing.
 */
#include "ldrp.h"

#define LDRP_DEFAULT_COOKIE 0x00002B992DDFA232ull
#define LDRP_COOKIE_MASK 0x0000FFFFFFFFFFFFull

ULONG64 LdrpSectionProtection(ULONG Characteristics)
{
    if (Characteristics & PE_SECTION_EXECUTE)
        return Characteristics & PE_SECTION_WRITE ? MM_PROT_EXECUTE_READWRITE
                                                  : MM_PROT_EXECUTE_READ;
    if (Characteristics & PE_SECTION_WRITE)
        return MM_PROT_READWRITE;
    return MM_PROT_READ;
}

static VOID LdrpCopySections(const PE_IMAGE *File, PUCHAR Base)
{
    PE_SECTION Section;
    ULONG i;

    RtlCopyMemory(Base, File->Bytes, File->SizeOfHeaders);
    for (i = 0; i < File->SectionCount; i++) {
        PeGetSection(File, i, &Section);
        RtlCopyMemory(Base + Section.Rva, File->Bytes + Section.FileOffset, Section.FileSize);
    }
}

/* ---- relocations ---- */

static VOID LdrpRelocate(PUCHAR At, UCHAR Type, ULONG64 Delta)
{
    switch (Type) {
    case PE_RELOCATION_HIGH:
        *(UNALIGNED USHORT *)At += (USHORT)(Delta >> 16);
        break;
    case PE_RELOCATION_LOW:
        *(UNALIGNED USHORT *)At += (USHORT)Delta;
        break;
    case PE_RELOCATION_HIGHLOW:
        *(UNALIGNED ULONG *)At += (ULONG)Delta;
        break;
    default:
        *(UNALIGNED ULONG64 *)At += Delta;
        break;
    }
}

static NTSTATUS LdrpRelocateImage(const PE_IMAGE *File, PUCHAR Base, ULONG64 TargetBase)
{
    PE_IMAGE Image = *File;
    PE_RELOCATION Relocation = { 0 };
    ULONG64 Delta = TargetBase - Image.ImageBase;
    PE_STATUS Status;

    if (Delta == 0)
        return STATUS_SUCCESS;
    if (Image.Directory[PE_DIRECTORY_RELOCATION].Size == 0)
        return Image.Characteristics & PE_FILE_RELOCS_STRIPPED ? STATUS_CONFLICTING_ADDRESSES
                                                               : STATUS_SUCCESS;
    while ((Status = PeNextRelocation(&Image, &Relocation)) == PE_OK)
        LdrpRelocate(Base + Relocation.Rva, Relocation.Type, Delta);
    /* the header says where the image is */
    *(UNALIGNED ULONG64 *)(Base + Image.NtHeaders + 24 + 24) = TargetBase;
    return Status == PE_END ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
}

/* ---- patches ---- */

/* Windows 8 and later drivers stop with int 29h when the loader has not replaced the default. */
static VOID LdrpSeedCookie(const PE_IMAGE *File, PUCHAR Base)
{
    uint32_t Rva;
    ULONG64 *Cookie, Seed;

    if (PeFindCookie(File, &Rva) != PE_OK)
        return;
    Cookie = (ULONG64 *)(Base + Rva);
    if (*Cookie != 0 && *Cookie != LDRP_DEFAULT_COOKIE)
        return;
    do
        Seed = KeRandom64() & LDRP_COOKIE_MASK;
    while (Seed == 0 || Seed == LDRP_DEFAULT_COOKIE);
    *Cookie = Seed;
}

/*
 * Is the 8-byte value at At the immediate of mov r64,imm64 or the address of a load mov
 * al/eax/rax,[moffs64]? Stores by absolute address are left to fault, as the page is read-only to
 * drivers.
 */
static BOOLEAN LdrpIsImmediate(const UCHAR *At)
{
    if ((At[-1] & 0xF8) == 0xB8)
        return (At[-2] & 0xFE) == 0x48; /* REX.W, REX.WB */
    return At[-1] == 0xA0 || At[-1] == 0xA1;
}

/* KUSER_SHARED_DATA cannot be mapped where NT has it; loads by a computed address trap and are
 * emulated. */
static VOID LdrpPatchSharedData(PUCHAR Start, ULONG Bytes)
{
    PUCHAR At;
    ULONG64 Value;

    for (At = Start + 2; At + sizeof(Value) <= Start + Bytes; At++) {
        Value = *(UNALIGNED ULONG64 *)At;
        if (Value - HAL_KUSER_NT_VA < PAGE_SIZE && LdrpIsImmediate(At)) {
            *(UNALIGNED ULONG64 *)At = Value - HAL_KUSER_NT_VA + HAL_KUSER_VA;
            At += sizeof(Value) - 1;
        }
    }
}

static VOID LdrpPatchCode(const PE_IMAGE *File, PUCHAR Base)
{
    PE_SECTION Section;
    ULONG i;

    for (i = 0; i < File->SectionCount; i++) {
        PeGetSection(File, i, &Section);
        if ((Section.Characteristics & PE_SECTION_EXECUTE) && Section.FileSize >= 10)
            LdrpPatchSharedData(Base + Section.Rva, Section.FileSize);
    }
}

NTSTATUS LdrpLayOutImage(const PE_IMAGE *File, PVOID Base, ULONG64 TargetBase)
{
    NTSTATUS Status;

    LdrpCopySections(File, Base);
    LdrpSeedCookie(File, Base);
    Status = LdrpRelocateImage(File, Base, TargetBase);
    if (NT_SUCCESS(Status) && MmIsSystemAddress(TargetBase))
        LdrpPatchCode(File, Base);
    return Status;
}

NTSTATUS LdrLayOutUserImage(const PE_IMAGE *File, PVOID Base)
{
    return LdrpLayOutImage(File, Base, (ULONG64)Base);
}
