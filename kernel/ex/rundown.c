/*
 * Run-down protection, plain and cache aware. While nobody runs down, the count times two; once
 * somebody waits, the address of the waiter's block with bit 0 set; after that, 1. The cache-aware
 * form has one count: there are no caches to spare here.
 */
#include "exp.h"

#define EXP_RUNDOWN 1ull

typedef struct _EXP_RUNDOWN_WAIT {
    ULONG64 Count;
    KEVENT Event;
} EXP_RUNDOWN_WAIT;

struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF Ref;
    ULONG64 Reserved[7];
};

NT_EXPORT(ExInitializeRundownProtection);
VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = 0;
}

NT_EXPORT(ExReInitializeRundownProtection);
VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = 0;
}

NT_EXPORT(ExAcquireRundownProtectionEx);
BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    if (RunRef->Count & EXP_RUNDOWN)
        return FALSE;
    RunRef->Count += 2ull * Count;
    return TRUE;
}

NT_EXPORT(ExAcquireRundownProtection);
BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

static VOID ExpCheckRundownCount(PEX_RUNDOWN_REF RunRef, ULONG64 Held, ULONG Count)
{
    if (Held >= Count)
        return;
    KeSetBugCheckText("run-down protection %p is released more often than it was acquired", RunRef);
    KeBugCheckEx(KERNEL_SECURITY_CHECK_FAILURE, 14 /* FAST_FAIL_INVALID_REFERENCE_COUNT */, 0, 0,
                 0);
}

NT_EXPORT(ExReleaseRundownProtectionEx);
VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    EXP_RUNDOWN_WAIT *Wait;

    if (!(RunRef->Count & EXP_RUNDOWN)) {
        ExpCheckRundownCount(RunRef, RunRef->Count / 2, Count);
        RunRef->Count -= 2ull * Count;
        return;
    }
    Wait = (EXP_RUNDOWN_WAIT *)(RunRef->Count & ~EXP_RUNDOWN);
    ExpCheckRundownCount(RunRef, Wait == NULL ? 0 : Wait->Count, Count);
    Wait->Count -= Count;
    if (Wait->Count == 0)
        KeSetEvent(&Wait->Event, IO_NO_INCREMENT, FALSE);
}

NT_EXPORT(ExReleaseRundownProtection);
VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExReleaseRundownProtectionEx(RunRef, 1);
}

NT_EXPORT(ExWaitForRundownProtectionRelease);
VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    EXP_RUNDOWN_WAIT Wait;

    if (RunRef->Count == EXP_RUNDOWN)
        return;
    if (RunRef->Count == 0) {
        RunRef->Count = EXP_RUNDOWN;
        return;
    }
    Wait.Count = RunRef->Count / 2;
    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    RunRef->Count = (ULONG64)&Wait | EXP_RUNDOWN;
    KeWaitForSingleObject(&Wait.Event, Executive, KernelMode, FALSE, NULL);
    RunRef->Count = EXP_RUNDOWN;
}

NT_EXPORT(ExRundownCompleted);
VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = EXP_RUNDOWN;
}

NT_EXPORT(ExSizeOfRundownProtectionCacheAware);
SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

NT_EXPORT(ExInitializeRundownProtectionCacheAware);
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                   SIZE_T RunRefSize)
{
    RtlZeroMemory(RunRef, RunRefSize);
}

NT_EXPORT(ExAllocateCacheAwareRundownProtection);
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType,
                                                                        ULONG PoolTag)
{
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef = ExpAllocatePool(PoolType, sizeof(*RunRef), PoolTag, FALSE,
                                                         __builtin_return_address(0));

    if (RunRef != NULL)
        RtlZeroMemory(RunRef, sizeof(*RunRef));
    return RunRef;
}

NT_EXPORT(ExFreeCacheAwareRundownProtection);
VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExpFreePool(RunRef, 0, __builtin_return_address(0));
}

NT_EXPORT(ExAcquireRundownProtectionCacheAware);
BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    return ExAcquireRundownProtectionEx(&RunRef->Ref, 1);
}

NT_EXPORT(ExAcquireRundownProtectionCacheAwareEx);
BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                        ULONG Count)
{
    return ExAcquireRundownProtectionEx(&RunRef->Ref, Count);
}

NT_EXPORT(ExReleaseRundownProtectionCacheAware);
VOID FASTCALL ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExReleaseRundownProtectionEx(&RunRef->Ref, 1);
}

NT_EXPORT(ExReleaseRundownProtectionCacheAwareEx);
VOID FASTCALL ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef,
                                                     ULONG Count)
{
    ExReleaseRundownProtectionEx(&RunRef->Ref, Count);
}

NT_EXPORT(ExWaitForRundownProtectionReleaseCacheAware);
VOID FASTCALL ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExWaitForRundownProtectionRelease(&RunRef->Ref);
}

NT_EXPORT(ExReInitializeRundownProtectionCacheAware);
VOID FASTCALL ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExReInitializeRundownProtection(&RunRef->Ref);
}

NT_EXPORT(ExRundownCompletedCacheAware);
VOID FASTCALL ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExRundownCompleted(&RunRef->Ref);
}
