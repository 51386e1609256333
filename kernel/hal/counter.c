/*
 * Who may use the processors' performance counters: drivers agree on it here. The counters
 * themselves are not there, as in most virtual machines: success grants the right, not the
 * hardware. [doc: HalAllocateHardwareCounters, Remarks] Left out: single counters, which are
 * refused.
 */
#include "halp.h"

typedef struct _HALP_COUNTER_SET { /* what a handle stands for */
    LIST_ENTRY Entry; /* HalpCounterSets */
    KAFFINITY Processors;
} HALP_COUNTER_SET;

static LIST_ENTRY HalpCounterSets = {&HalpCounterSets, &HalpCounterSets}; /* HalpCounterLock */
static FAST_MUTEX HalpCounterLock;

VOID HalInitCounters(VOID)
{
    HalpCounterLock = (FAST_MUTEX){.Count = 1};
    KeInitializeEvent(&HalpCounterLock.Event, SynchronizationEvent, FALSE);
}

/* No affinity: all processors. FALSE: it makes no sense. */
static BOOLEAN HalpWantedProcessors(const GROUP_AFFINITY *Affinity, ULONG Count, KAFFINITY *Wanted)
{
    KAFFINITY Active = KeQueryActiveProcessors();

    *Wanted = Affinity == NULL ? Active : 0;
    if ((Affinity == NULL) != (Count == 0))
        return FALSE;
    for (ULONG i = 0; i < Count; i++) {
        if (Affinity[i].Group != 0 || Affinity[i].Mask == 0 || (Affinity[i].Mask & ~Active) != 0)
            return FALSE;
        *Wanted |= Affinity[i].Mask;
    }
    return TRUE;
}

static NTSTATUS HalpCheckCounters(const PHYSICAL_COUNTER_RESOURCE_LIST *List)
{
    if (List == NULL)
        return STATUS_SUCCESS; /* the whole unit */
    if (List->Count == 0)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < List->Count; i++)
        if ((ULONG)List->Descriptors[i].Type >= ResourceTypeMax)
            return STATUS_INVALID_PARAMETER;
    return STATUS_NOT_SUPPORTED;
}

/* HalpCounterLock. */
static BOOLEAN HalpCountersTaken(KAFFINITY Wanted)
{
    for (PLIST_ENTRY At = HalpCounterSets.Flink; At != &HalpCounterSets; At = At->Flink)
        if (CONTAINING_RECORD(At, HALP_COUNTER_SET, Entry)->Processors & Wanted)
            return TRUE;
    return FALSE;
}

NT_EXPORT(HalAllocateHardwareCounters);
NTSTATUS NTAPI HalAllocateHardwareCounters(PGROUP_AFFINITY GroupAffinty, ULONG GroupCount,
                                           PPHYSICAL_COUNTER_RESOURCE_LIST ResourceList,
                                           PHANDLE CounterSetHandle)
{
    NTSTATUS Status = HalpCheckCounters(ResourceList);
    HALP_COUNTER_SET *Set;
    KAFFINITY Wanted;
    BOOLEAN Taken;

    *CounterSetHandle = NULL;
    if (!HalpWantedProcessors(GroupAffinty, GroupCount, &Wanted))
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status))
        return Status;
    Set = ExAllocatePoolWithTag(PagedPool, sizeof(*Set), HALP_TAG);
    if (Set == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Set->Processors = Wanted;
    ExAcquireFastMutex(&HalpCounterLock);
    Taken = HalpCountersTaken(Wanted);
    if (!Taken)
        InsertTailList(&HalpCounterSets, &Set->Entry);
    ExReleaseFastMutex(&HalpCounterLock);
    if (Taken) {
        ExFreePoolWithTag(Set, HALP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *CounterSetHandle = Set;
    return STATUS_SUCCESS;
}

NT_EXPORT(HalFreeHardwareCounters);
NTSTATUS NTAPI HalFreeHardwareCounters(HANDLE CounterSetHandle)
{
    HALP_COUNTER_SET *Found = NULL;

    ExAcquireFastMutex(&HalpCounterLock);
    for (PLIST_ENTRY At = HalpCounterSets.Flink; At != &HalpCounterSets && Found == NULL;
         At = At->Flink)
        if (CONTAINING_RECORD(At, HALP_COUNTER_SET, Entry) == CounterSetHandle)
            Found = CONTAINING_RECORD(At, HALP_COUNTER_SET, Entry);
    if (Found != NULL)
        RemoveEntryList(&Found->Entry);
    ExReleaseFastMutex(&HalpCounterLock);
    if (Found == NULL)
        return STATUS_INVALID_PARAMETER;
    ExFreePoolWithTag(Found, HALP_TAG);
    return STATUS_SUCCESS;
}
