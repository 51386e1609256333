/*
 * Virtual time: it moves when the machine idles (to the next timer), when a routine that takes time is called, and a little
 * with each entry to the kernel. The KUSER_SHARED_DATA page shows it. Nothing of it comes from the host unless
 * the clock is real.
 */
#include "ki.h"

#define KUSER ((KUSER_SHARED_DATA *)HAL_KUSER_VA)
#define TICK_100NS 156250ull /* 15.625 ms, as KeQueryTimeIncrement says */
#define QPC_FREQUENCY 10000000ull

static ULONG64 KiVirtualTime; /* 100 ns since boot */

static VOID KiStoreTime(volatile KSYSTEM_TIME *Time, ULONG64 Value)
{
    Time->High2Time = (LONG)(Value >> 32);
    *(volatile ULONG64 *)Time = Value;
}

static VOID KiShowTime(VOID)
{
    ULONG64 Ticks = KiVirtualTime / TICK_100NS;

    KiStoreTime(&KUSER->InterruptTime, KiVirtualTime);
    KiStoreTime(&KUSER->SystemTime, KiLoaderBlock->boot_time_100ns + KiVirtualTime);
    KiStoreTime((volatile KSYSTEM_TIME *)&KUSER->TickCount, Ticks);
}

/* What every x64 processor that runs Windows 10 has. */
static const UCHAR KiProcessorFeature[] = {
    PF_COMPARE_EXCHANGE_DOUBLE, PF_MMX_INSTRUCTIONS_AVAILABLE, PF_XMMI_INSTRUCTIONS_AVAILABLE,
    PF_RDTSC_INSTRUCTION_AVAILABLE, PF_PAE_ENABLED, PF_XMMI64_INSTRUCTIONS_AVAILABLE, PF_NX_ENABLED,
    14 /* PF_COMPARE_EXCHANGE128 */, 23 /* PF_FASTFAIL_AVAILABLE */,
};

VOID KiInitTime(VOID)
{
    KUSER->TickCountMultiplier = 0x0FA00000;
    KUSER->NtMajorVersion = 10;
    KUSER->NtMinorVersion = 0;
    *(ULONG *)((PUCHAR)KUSER + 0x260) = 22000;
    KUSER->NtProductType = NtProductWinNt;
    KUSER->ProductTypeIsValid = TRUE;
    KUSER->SuiteMask = 1u << SingleUserTS;
    for (ULONG i = 0; i < sizeof(KiProcessorFeature); i++)
        KUSER->ProcessorFeatures[KiProcessorFeature[i]] = TRUE;
    *(USHORT *)((PUCHAR)KUSER + 0x26A) = 9; /* PROCESSOR_ARCHITECTURE_AMD64 */
    KUSER->NumberOfPhysicalPages = (ULONG)KiLoaderBlock->ram_pages;
    *(ULONG64 *)((PUCHAR)KUSER + 0x300) = QPC_FREQUENCY;
    *(ULONG *)((PUCHAR)KUSER + 0x3C0) = KiLoaderBlock->processors;
    RtlCopyMemory(KUSER->NtSystemRoot, L"C:\\Windows", sizeof(L"C:\\Windows"));
    *(PVOID *)((PUCHAR)KUSER + 0xF00) = (PVOID)KiSystemServiceEntry; /* ntdll's way in */
    KiShowTime();
}

ULONG64 KeVirtualTime(VOID)
{
    return KiVirtualTime;
}

static VOID KiMoveTime(ULONG64 To)
{
    KPRCB *Prcb = KiGetPrcb();
    ULONG64 Due;

    if (To <= KiVirtualTime)
        return;
    KiVirtualTime = To;
    KiShowTime();
    if (KiLoaderBlock->device_due <= To)
        HAL->device(HAL_DEVICE_ADVANCE, 0, To);
    if (KiNextTimerDue(&Due) && Due <= To)
        KiRequestSoftwareInterrupt(Prcb, KI_PENDING_DPC);
    if (Prcb->CurrentThread != Prcb->IdleThread && To >= Prcb->CurrentThread->QuantumTarget) {
        Prcb->QuantumEnd = TRUE;
        KiRequestSoftwareInterrupt(Prcb, KI_PENDING_DPC);
    }
}

ULONG64 KiRealTime(VOID)
{
    ULONG64 Now = HAL->real_time_100ns();

    /* the host's clock may be set back: the machine's stands still meanwhile */
    return Now > KiLoaderBlock->boot_time_100ns ? Now - KiLoaderBlock->boot_time_100ns : 0;
}

VOID KiAdvanceTimeTo(ULONG64 VirtualTime)
{
    KiMoveTime(VirtualTime);
    KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_DPC);
}

VOID KeChargeTime(ULONG64 Time100ns)
{
    KPRCB *Prcb = KiGetPrcb();
    ULONG64 To = KiVirtualTime + Time100ns;

    if (Prcb->CurrentThread == Prcb->IdleThread && Prcb->InterruptDepth == 0 && !Prcb->DpcRoutineActive)
        Prcb->IdleTime += Time100ns;
    else
        Prcb->KernelTime += Time100ns;
    if (Prcb->InterruptDepth != 0) {
        Prcb->InterruptTime += Time100ns;
    } else if (Prcb->DpcRoutineActive) {
        Prcb->DpcTime += Time100ns;
    } else {
        Prcb->CurrentThread->KernelTime += Time100ns;
        Prcb->CurrentThread->Process->KernelTime += Time100ns;
    }
    if (Prcb->InterruptDepth != 0 || Prcb->DpcRoutineActive)
        Prcb->CurrentThread->QuantumTarget += Time100ns; /* the interrupted thread pays nothing */
    if (KiLoaderBlock->flags & HAL_FLAG_REAL_CLOCK)
        To = KiRealTime();
    KiAnswerDoorbell();
    KiMoveTime(To);
}

/* Charges, and lets what the new time made possible happen when the IRQL allows. */
static VOID KiPassTime(ULONG64 Time100ns)
{
    KIRQL Irql;

    KeChargeTime(Time100ns);
    Irql = KiGetPcr()->Irql;
    if (KiAnythingPending(KiGetPcr(), Irql))
        KeLowerIrql(Irql);
}

NT_EXPORT(KeStallExecutionProcessor);
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    KiNoteProgress();
    KiPassTime((ULONG64)MicroSeconds * 10);
    KiSwitchToBusyProcessor();
}

NT_EXPORT(KeQueryPerformanceCounter);
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER Frequency)
{
    LARGE_INTEGER Counter;

    KiPassTime(1); /* two readings differ, and a loop that polls the counter ends */
    if (Frequency != NULL)
        Frequency->QuadPart = QPC_FREQUENCY;
    Counter.QuadPart = (LONGLONG)KiVirtualTime;
    return Counter;
}

static ULONG64 KiSystemTime(VOID)
{
    return KiLoaderBlock->boot_time_100ns + KiVirtualTime;
}

NT_EXPORT(KeQuerySystemTime);
VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER Time);
VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER Time)
{
    KiPassTime(1);
    Time->QuadPart = (LONGLONG)KiSystemTime();
}

NT_EXPORT(KeQuerySystemTimePrecise);
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER Time);
VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER Time)
{
    KeQuerySystemTime(Time);
}

NT_EXPORT(KeQueryInterruptTime);
ULONGLONG NTAPI KeQueryInterruptTime(VOID);
ULONGLONG NTAPI KeQueryInterruptTime(VOID)
{
    KiPassTime(1);
    return KiVirtualTime;
}

NT_EXPORT(KeQueryInterruptTimePrecise);
ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 Counter);
ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 Counter)
{
    KiPassTime(1);
    *Counter = KiVirtualTime;
    return KiVirtualTime;
}

NT_EXPORT(KeQueryUnbiasedInterruptTime);
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID);
ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID)
{
    return KeQueryInterruptTime(); /* no sleep states yet, so no bias */
}

NT_EXPORT(KeQueryTickCount);
VOID NTAPI KeQueryTickCount(PLARGE_INTEGER TickCount);
VOID NTAPI KeQueryTickCount(PLARGE_INTEGER TickCount)
{
    KiPassTime(1);
    TickCount->QuadPart = (LONGLONG)(KiVirtualTime / TICK_100NS);
}

NT_EXPORT(KeQueryTimeIncrement);
ULONG NTAPI KeQueryTimeIncrement(VOID)
{
    return (ULONG)TICK_100NS;
}
