/* Start-up of ke: processors, their idle threads, time. Runs on the boot stack, which becomes processor 0's idle stack. */
#include "ki.h"

#include "../ps/ps.h"

#define KI_EMERGENCY_BYTES 0x4000

ULONG KeProcessorCount;
KI_PCR *KiProcessor[KE_MAXIMUM_PROCESSORS];
NT_EXPORT_DATA(KeNumberProcessors);
volatile CCHAR KeNumberProcessors;

static _Alignas(4096) struct {
    KI_PCR Pcr;
    UCHAR Fill[4096 - sizeof(KI_PCR)];
} KiPcrPages[KE_MAXIMUM_PROCESSORS];
static _Alignas(4096) UCHAR KiEmergencyStacks[KE_MAXIMUM_PROCESSORS][KI_EMERGENCY_BYTES];
static _Alignas(4096) UCHAR KiIdleStacks[KE_MAXIMUM_PROCESSORS][KE_STACK_BYTES];
static struct _ETHREAD KiIdleThreads[KE_MAXIMUM_PROCESSORS];
static struct _EPROCESS KiIdleProcessObject; /* whole, so that ps's readers of the current process find zeros */
KPROCESS *const KiIdleProcess = &KiIdleProcessObject.Pcb;

static VOID KiInitPcr(ULONG Number)
{
    KI_PCR *Pcr = &KiPcrPages[Number].Pcr;

    Pcr->Self = Pcr;
    Pcr->CurrentPrcb = &Pcr->Prcb;
    Pcr->ExceptionStack = (ULONG64)&KiEmergencyStacks[Number][KI_EMERGENCY_BYTES];
    Pcr->Prcb.Number = Number;
    Pcr->Prcb.LegacyNumber = (UCHAR)Number;
    Pcr->Prcb.MxCsr = 0x1F80;
    Pcr->Prcb.SetMember = (KAFFINITY)1 << Number;
    Pcr->Prcb.YieldCount = KI_YIELD_EVERY;
    InitializeListHead(&Pcr->Prcb.DpcListHead);
    KiProcessor[Number] = Pcr;
}

static VOID KiInitProcessor(ULONG Number)
{
    BOOLEAN Boot = Number == 0;
    PVOID Stack = Boot ? (PVOID)HAL_BOOT_STACK_TOP : &KiIdleStacks[Number][KE_STACK_BYTES];

    KiInitIdleThread(&KiIdleThreads[Number].Tcb, KiIdleProcess, KiProcessor[Number], Stack,
                     Boot ? HAL_BOOT_STACK_BYTES : KE_STACK_BYTES);
    KiProcessor[Number]->Irql = Boot ? PASSIVE_LEVEL : DISPATCH_LEVEL;
}

VOID KeInitSystem(VOID)
{
    KeProcessorCount = KiLoaderBlock->processors;
    KeNumberProcessors = (CCHAR)KeProcessorCount;
    DD_ASSERT(KeProcessorCount >= 1 && KeProcessorCount <= KE_MAXIMUM_PROCESSORS);
    for (ULONG i = 0; i < KeProcessorCount; i++)
        KiInitPcr(i);
    __builtin_ia32_wrgsbase64((ULONG64)KiProcessor[0]);
    KiLoaderBlock->current_pcr = (ULONG64)KiProcessor[0];
    KiLoaderBlock->trap_entry = (ULONG64)KiTrapEntry;
    KiInitScheduler();
    KiInitTimers();
    KiInitThreads();
    KeInitializeProcess(KiIdleProcess, 0, (1ull << KeProcessorCount) - 1);
    for (ULONG i = 0; i < KeProcessorCount; i++)
        KiInitProcessor(i);
    KiInitTime();
}

DECLSPEC_NORETURN VOID KeBecomeIdle(VOID)
{
    KfRaiseIrql(DISPATCH_LEVEL);
    KiIdleLoop();
}
