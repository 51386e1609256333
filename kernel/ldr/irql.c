/*
 * KeGetCurrentIrql in a compiled driver is `mov reg, cr8`, which traps in ring 3 and costs over a microsecond. The first trap at
 * such an instruction rewrites it: its four bytes become a short jump to padding between two functions nearby, which jumps on to
 * a stub of its own that reads the IRQL from the KPCR and comes back. No other instruction is touched, so nothing can jump into
 * the middle of the change. Where no padding is in reach the instruction goes on trapping. Not done: writes of cr8.
 */
#include "ldrp.h"

#include "../rtl/seh.h"

#define IRQL_READ_BYTES 4 /* REX 0F 20 /r */
#define LONG_JUMP_BYTES 5
#define SHORT_JUMP_REACH 127
#define PADDING 0xCC
#define STUB_BYTES 16
#define GAP_LIMIT 32 /* functions begin at multiples of 16 */
#define STUBS_LIMIT 1024 /* of one image: 4 pages */

typedef struct _IRQL_SITE {
    PUCHAR At;      /* the instruction */
    UCHAR Register; /* general register that it loads */
} IRQL_SITE;

/* ---- stubs: a slot for each instruction of the image that looks like one ---- */

static BOOLEAN LdrpLooksLikeIrqlRead(const UCHAR *Code)
{
    return (Code[0] & 0xFE) == 0x44 && Code[1] == 0x0F && Code[2] == 0x20 && (Code[3] & 0xF8) == 0xC0;
}

static ULONG LdrpCountIrqlReads(const PE_IMAGE *Image, const UCHAR *Base)
{
    PE_SECTION Section;
    ULONG Count = 0;

    for (ULONG i = 0; i < Image->SectionCount; i++) {
        PeGetSection(Image, i, &Section);
        if (!(Section.Characteristics & PE_SECTION_EXECUTE))
            continue;
        for (ULONG Rva = Section.Rva; Rva + IRQL_READ_BYTES <= Section.Rva + Section.VirtualSize; Rva++)
            Count += LdrpLooksLikeIrqlRead(Base + Rva);
    }
    return Count < STUBS_LIMIT ? Count : STUBS_LIMIT;
}

VOID LdrpPrepareIrqlStubs(PLDR_MODULE Module, const PE_IMAGE *Image)
{
    ULONG Count = LdrpCountIrqlReads(Image, Module->DllBase);

    if (Count == 0)
        return;
    Module->StubPages = BYTES_TO_PAGES(Count * STUB_BYTES);
    Module->Stubs = MmAllocateSystemPages(MmRegionImages, Module->StubPages, MM_PROT_EXECUTE_READ);
    if (Module->Stubs == NULL)
        Module->StubPages = 0; /* then they trap */
}

VOID LdrpFreeIrqlStubs(PLDR_MODULE Module)
{
    if (Module->Stubs != NULL)
        MmFreeSystemPages(MmRegionImages, Module->Stubs, Module->StubPages);
    Module->Stubs = NULL;
    Module->StubPages = 0;
}

/* ---- code ---- */

/* Code is not writable where it is; its pages are, in the window of all RAM. */
static VOID LdrpWriteCode(PUCHAR To, const UCHAR *From, ULONG Bytes)
{
    for (ULONG i = 0; i < Bytes; i++) {
        PFN_NUMBER Pfn = (MmGetPte(To + i) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT;

        ((PUCHAR)MmPfnToKernelVa(Pfn))[(ULONG64)(To + i) & (PAGE_SIZE - 1)] = From[i];
    }
}

static BOOLEAN LdrpWriteLongJump(PUCHAR At, const UCHAR *Target)
{
    LONG64 Distance = Target - (At + LONG_JUMP_BYTES);
    LONG Displacement = (LONG)Distance;
    UCHAR Code[LONG_JUMP_BYTES] = { 0xE9 };

    if (Distance != Displacement)
        return FALSE;
    RtlCopyMemory(Code + 1, &Displacement, sizeof(Displacement));
    LdrpWriteCode(At, Code, sizeof(Code));
    return TRUE;
}

/* movzx r32, byte ptr gs:[HAL_PCR_IRQL]; jmp to behind the site. */
static BOOLEAN LdrpWriteStub(PUCHAR Stub, const IRQL_SITE *Site)
{
    UCHAR Code[] = { 0x65, (UCHAR)(0x40 | (Site->Register >= 8 ? 4 : 0)), 0x0F, 0xB6,
                     (UCHAR)(0x04 | (Site->Register & 7) << 3), 0x25, HAL_PCR_IRQL, 0, 0, 0 };

    LdrpWriteCode(Stub, Code, sizeof(Code));
    return LdrpWriteLongJump(Stub + sizeof(Code), Site->At + IRQL_READ_BYTES);
}

/* ---- padding ---- */

/* Length of the no-operation instruction at Code, at most Room; 0: it is none. */
static ULONG LdrpNopLength(const UCHAR *Code, ULONG Room)
{
    static const UCHAR Displacement[4] = { 0, 1, 4, 0 };
    ULONG Length = 0;

    while (Length < Room && (Code[Length] == 0x66 || Code[Length] == 0x2E))
        Length++;
    if (Length < Room && (Code[Length] == 0x90 || Code[Length] == PADDING))
        return Length + 1;
    if (Length + 3 > Room || Code[Length] != 0x0F || Code[Length + 1] != 0x1F)
        return 0;
    Length += 3 + ((Code[Length + 2] & 7) == 4) + Displacement[Code[Length + 2] >> 6]; /* SIB */
    return Length <= Room ? Length : 0;
}

static BOOLEAN LdrpIsPadding(const UCHAR *Code, ULONG Bytes)
{
    for (ULONG Length; Bytes != 0; Code += Length, Bytes -= Length) {
        Length = LdrpNopLength(Code, Bytes);
        if (Length == 0)
            return FALSE;
    }
    return TRUE;
}

/*
 * The last bytes of a gap between two functions, both known by their unwind data, that is nothing but padding: no code without
 * unwind data has room in it, nor does the processor ever come there. NULL: none in reach.
 */
static PUCHAR LdrpFindPadding(PLDR_MODULE Module, const IRQL_SITE *Site)
{
    const RUNTIME_FUNCTION *Functions = Module->ExceptionTable;
    ULONG Count = Module->ExceptionTableSize / sizeof(*Functions);
    PUCHAR After = Site->At + 2; /* where the short jump counts from */

    for (ULONG i = 1; i < Count; i++) {
        PUCHAR Begin = (PUCHAR)Module->DllBase + Functions[i - 1].EndAddress;
        PUCHAR End = (PUCHAR)Module->DllBase + Functions[i].BeginAddress;
        LONG64 Away = End - LONG_JUMP_BYTES - After;

        if (Away >= -SHORT_JUMP_REACH - 1 && Away <= SHORT_JUMP_REACH && End - Begin >= LONG_JUMP_BYTES &&
            End - Begin < GAP_LIMIT && LdrpIsPadding(Begin, (ULONG)(End - Begin)))
            return End - LONG_JUMP_BYTES;
    }
    return NULL;
}

/* ---- the change ---- */

VOID LdrPatchIrqlRead(PVOID Instruction, ULONG Bytes, UCHAR Register)
{
    PLDR_MODULE Module = LdrFindModule(Instruction);
    IRQL_SITE Site = { Instruction, Register };
    UCHAR ShortJump[2] = { 0xEB };
    PUCHAR Stub, Padding;

    if (Module == NULL || Module->ExceptionTableSize == 0 || Module->StubCount >= Module->StubPages * (PAGE_SIZE / STUB_BYTES) ||
        Bytes != IRQL_READ_BYTES || !LdrpLooksLikeIrqlRead(Site.At))
        return;
    Padding = LdrpFindPadding(Module, &Site);
    Stub = (PUCHAR)Module->Stubs + Module->StubCount * STUB_BYTES;
    if (Padding == NULL || !LdrpWriteStub(Stub, &Site) || !LdrpWriteLongJump(Padding, Stub))
        return;
    Module->StubCount++;
    ShortJump[1] = (UCHAR)(Padding - (Site.At + sizeof(ShortJump)));
    LdrpWriteCode(Site.At, ShortJump, sizeof(ShortJump));
}
