/*
 * The gate: one thunk an imported routine, one check a call. Leaves out: parameter kinds, fault injection and tracing, which
 * enter here when they exist.
 */
#include "vfp.h"

#include <stdarg.h>

#include "../ldr/ldr.h"
#include "../mm/mm.h"
#include "../rtl/rtl.h"

#define THUNK_BYTES 16
#define YIELD_EVERY 64

static const VF_CONTRACT VfContracts[] = { /* sorted by name */
#include "contracts.inc"
};

VF_IMPORT VfImports[VF_IMPORTS];
_Static_assert(sizeof(VF_IMPORT) == 32, "gate.S shifts by 5");
static ULONG VfImportCount;
static PUCHAR VfThunks;   /* executable page run, one thunk an import */
static PUCHAR VfThunksWritable; /* the same pages, through the physical map */
static ULONG VfYield = YIELD_EVERY;

static const VF_CONTRACT *VfFindContract(const char *Name)
{
    ULONG Low = 0, High = RTL_NUMBER_OF(VfContracts);

    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        LONG Order = strcmp(Name, VfContracts[Middle].Name);

        if (Order == 0)
            return &VfContracts[Middle];
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return NULL;
}

/* movl $index, %eax; jmp VfGate */
static VOID VfWriteThunk(ULONG Index)
{
    PUCHAR Code = VfThunksWritable + (SIZE_T)Index * THUNK_BYTES;
    LONG64 Distance = (LONG64)((PUCHAR)VfGate - (VfThunks + (SIZE_T)Index * THUNK_BYTES + 10));

    DD_ASSERT(Distance == (LONG)Distance); /* both lie in the image range of 4 GiB */
    Code[0] = 0xB8;
    *(ULONG *)(Code + 1) = Index;
    Code[5] = 0xE9;
    *(LONG *)(Code + 6) = (LONG)Distance;
}

static BOOLEAN VfIsCode(PVOID Address)
{
    ULONG64 Pte = MmGetPte(Address);

    return (Pte & HAL_PTE_PRESENT) && !(Pte & HAL_PTE_NX);
}

static PVOID VfBind(PLDR_MODULE Importer, PLDR_MODULE Exporter, const char *Name, ULONG Ordinal, PVOID Target)
{
    VF_IMPORT *Import;

    (void)Importer, (void)Exporter, (void)Ordinal;
    if (LdrFindModule(Target) == NULL || LdrFindModule(Target)->DllBase != (PVOID)KiLoaderBlock->modules[0].base ||
        !VfIsCode(Target) || Name == NULL)
        return Target; /* data, or another driver's routine */
    for (ULONG i = 0; i < VfImportCount; i++)
        if (VfImports[i].Target == Target)
            return VfThunks + (SIZE_T)i * THUNK_BYTES;
    if (VfImportCount == VF_IMPORTS)
        return Target;
    Import = &VfImports[VfImportCount];
    Import->Target = Target;
    Import->Contract = VfFindContract(Name);
    Import->Name = Import->Contract != NULL ? Import->Contract->Name : "";
    VfWriteThunk(VfImportCount);
    return VfThunks + (SIZE_T)VfImportCount++ * THUNK_BYTES;
}

static VOID VfCheckIrql(const VF_CONTRACT *Contract, ULONG64 Caller)
{
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql >= Contract->LowestIrql && Irql <= Contract->HighestIrql)
        return;
    VfViolation(Contract->Code, (ULONG64)Contract->Rule, Caller, Irql,
                "rule %s: %s was called at IRQL %u; legal is %u to %u", Contract->Rule, Contract->Name, Irql,
                Contract->LowestIrql, Contract->HighestIrql);
}

VOID VfGateEnter(ULONG Index, ULONG64 Caller)
{
    VF_IMPORT *Import = &VfImports[Index];

    Import->Calls++;
    if (Import->Contract != NULL)
        VfCheckIrql(Import->Contract, Caller);
    if (--VfYield == 0) {
        VfYield = YIELD_EVERY;
        KeYieldProcessorPoint();
    }
}

DECLSPEC_NORETURN VOID VfViolation(ULONG Code, ULONG64 P2, ULONG64 P3, ULONG64 P4, const char *Format, ...)
{
    char Text[256];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text, sizeof(Text) - 1, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 1] = '\0';
    KeSetBugCheckText("%s", Text);
    KeBugCheckEx(0xC4, Code, P2, P3, P4);
}

VOID VfInitSystem(VOID)
{
    SIZE_T Pages = VF_IMPORTS * THUNK_BYTES / PAGE_SIZE;

    if (!(KiLoaderBlock->flags & HAL_FLAG_GATE))
        return;
    VfThunks = MmAllocateSystemPages(MmRegionImages, Pages, MM_PROT_EXECUTE_READ);
    DD_ASSERT(VfThunks != NULL);
    VfThunksWritable = MmPfnToKernelVa((MmGetPte(VfThunks) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT);
    LdrBindHook = VfBind;
}
