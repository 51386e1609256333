/*
 * ERESOURCE: many readers or one writer, recursive. OwnerEntry is the exclusive owner, or the first
 * shared one; more shared owners stand in OwnerTable, whose entry 0 holds its size. Waiters stand
 * in ex's own list, so SharedWaiters and ExclusiveWaiters stay NULL; the documented counts are
 * kept. When an exclusive owner lets go, shared waiters go first; when the last shared one does,
 * the longest exclusive waiter. Left out: priority boosts of owners.
 */
#include "exp.h"

DD_STATIC_ASSERT_SIZE(ERESOURCE, 0x68);
DD_STATIC_ASSERT_OFFSET(ERESOURCE, OwnerEntry, 0x30);

#define EXP_TABLE_STEP 8u

NT_EXPORT(ExInitializeResourceLite);
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    RtlZeroMemory(Resource, sizeof(*Resource));
    InitializeListHead(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

static VOID ExpFreeOwnerTable(PERESOURCE Resource)
{
    if (Resource->OwnerTable != NULL)
        ExpFreePool(Resource->OwnerTable, 'aTeR', NULL);
    Resource->OwnerTable = NULL;
}

NT_EXPORT(ExReinitializeResourceLite);
NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    ExpFreeOwnerTable(Resource);
    return ExInitializeResourceLite(Resource);
}

NT_EXPORT(ExDeleteResourceLite);
NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    ExpFreeOwnerTable(Resource);
    Resource->SystemResourcesList.Flink = Resource->SystemResourcesList.Blink = NULL;
    return STATUS_SUCCESS;
}

static ULONG_PTR ExpThisOwner(VOID)
{
    return (ULONG_PTR)KeGetCurrentThread();
}

static BOOLEAN ExpIsExclusive(PERESOURCE Resource)
{
    return (Resource->Flag & ResourceOwnedExclusive) != 0;
}

static POWNER_ENTRY ExpFindOwner(PERESOURCE Resource, ULONG_PTR Owner)
{
    if (Resource->OwnerEntry.OwnerThread == Owner)
        return &Resource->OwnerEntry;
    if (Resource->OwnerTable != NULL)
        for (ULONG i = 1; i < Resource->OwnerTable[0].TableSize; i++)
            if (Resource->OwnerTable[i].OwnerThread == Owner)
                return &Resource->OwnerTable[i];
    return NULL;
}

static VOID ExpGrowOwnerTable(PERESOURCE Resource)
{
    ULONG Old = Resource->OwnerTable == NULL ? 1 : Resource->OwnerTable[0].TableSize;
    SIZE_T Bytes = (Old + EXP_TABLE_STEP) * sizeof(OWNER_ENTRY);
    POWNER_ENTRY Table = ExpAllocatePool(NonPagedPoolNx, Bytes, 'aTeR', FALSE, NULL);

    if (Table == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    RtlZeroMemory(Table, Bytes);
    if (Resource->OwnerTable != NULL)
        RtlCopyMemory(Table, Resource->OwnerTable, Old * sizeof(OWNER_ENTRY));
    ExpFreeOwnerTable(Resource);
    Table[0].TableSize = Old + EXP_TABLE_STEP;
    Resource->OwnerTable = Table;
}

static POWNER_ENTRY ExpEmptyOwnerEntry(PERESOURCE Resource)
{
    POWNER_ENTRY Entry = ExpFindOwner(Resource, 0);

    if (Entry != NULL)
        return Entry;
    ExpGrowOwnerTable(Resource);
    return ExpFindOwner(Resource, 0);
}

static VOID ExpGrantExclusive(PERESOURCE Resource, ULONG_PTR Owner)
{
    Resource->Flag |= ResourceOwnedExclusive;
    Resource->ActiveCount = 1;
    Resource->ActiveEntries = 1;
    Resource->OwnerEntry.OwnerThread = Owner;
    Resource->OwnerEntry.OwnerCount = 1;
}

static VOID ExpGrantShared(PERESOURCE Resource, ULONG_PTR Owner)
{
    POWNER_ENTRY Entry = ExpFindOwner(Resource, Owner);

    if (Entry == NULL) {
        Entry = ExpEmptyOwnerEntry(Resource);
        Entry->OwnerThread = Owner;
        Entry->OwnerCount = 0;
        Resource->ActiveEntries++;
        Resource->ActiveCount = 1;
    }
    Entry->OwnerCount++;
}

static BOOLEAN ExpWaitForResource(PERESOURCE Resource, BOOLEAN Exclusive, BOOLEAN Wait)
{
    if (!Wait)
        return FALSE;
    Resource->ContentionCount++;
    if (Exclusive)
        Resource->NumberOfExclusiveWaiters++;
    else
        Resource->NumberOfSharedWaiters++;
    ExpWaitForLock(Resource, Exclusive, ExpThisOwner(), WrResource);
    return TRUE;
}

static VOID ExpStopOnUpgrade(PERESOURCE Resource)
{
    KeSetBugCheckText("resource %p is held shared by this thread, which now waits to have it "
                      "exclusive: it would wait "
                      "for itself for ever",
                      Resource);
    KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1000, (ULONG_PTR)Resource, 0, 0);
}

NT_EXPORT(ExAcquireResourceExclusiveLite);
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    ULONG_PTR Owner = ExpThisOwner();

    ExpCheckLockIrql(Resource, "resource");
    if (Resource->ActiveEntries == 0) {
        ExpGrantExclusive(Resource, Owner);
        return TRUE;
    }
    if (ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == Owner) {
        Resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    if (Wait && ExpFindOwner(Resource, Owner) != NULL)
        ExpStopOnUpgrade(Resource);
    return ExpWaitForResource(Resource, TRUE, Wait);
}

NT_EXPORT(ExTryToAcquireResourceExclusiveLite);
BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource)
{
    return ExAcquireResourceExclusiveLite(Resource, FALSE);
}

/*
 * The three shared forms differ in what an exclusive waiter means to them: to a plain request it
 * comes first, unless the caller is an owner already; to a starving one never; to a
 * wait-for-exclusive one always.
 */
enum { EXP_SHARED_PLAIN, EXP_SHARED_STARVE, EXP_SHARED_WAIT };

static BOOLEAN ExpAcquireShared(PERESOURCE Resource, BOOLEAN Wait, ULONG Kind)
{
    ULONG_PTR Owner = ExpThisOwner();
    BOOLEAN Mine;

    ExpCheckLockIrql(Resource, "resource");
    Mine = Resource->ActiveEntries != 0 && ExpFindOwner(Resource, Owner) != NULL;
    if (ExpIsExclusive(Resource)) {
        if (!Mine)
            return ExpWaitForResource(Resource, FALSE, Wait);
        Resource->OwnerEntry.OwnerCount++;
        return TRUE;
    }
    if (Resource->NumberOfExclusiveWaiters != 0 &&
        (Kind == EXP_SHARED_WAIT || (Kind == EXP_SHARED_PLAIN && !Mine)))
        return ExpWaitForResource(Resource, FALSE, Wait);
    ExpGrantShared(Resource, Owner);
    return TRUE;
}

NT_EXPORT(ExAcquireResourceSharedLite);
BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, EXP_SHARED_PLAIN);
}

NT_EXPORT(ExAcquireSharedStarveExclusive);
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, EXP_SHARED_STARVE);
}

NT_EXPORT(ExAcquireSharedWaitForExclusive);
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExpAcquireShared(Resource, Wait, EXP_SHARED_WAIT);
}

static VOID ExpPassToShared(PERESOURCE Resource, PLIST_ENTRY Granted)
{
    EXP_WAITER *Waiter;

    while ((Waiter = ExpFirstWaiterOfKind(Resource, FALSE)) != NULL) {
        Resource->NumberOfSharedWaiters--;
        ExpGrantShared(Resource, Waiter->Owner);
        ExpTakeWaiter(Waiter, Granted);
    }
}

static VOID ExpPassToExclusive(PERESOURCE Resource, PLIST_ENTRY Granted)
{
    EXP_WAITER *Waiter = ExpFirstWaiterOfKind(Resource, TRUE);

    if (Waiter == NULL)
        return;
    Resource->NumberOfExclusiveWaiters--;
    ExpGrantExclusive(Resource, Waiter->Owner);
    ExpTakeWaiter(Waiter, Granted);
}

/* Nobody owns the resource any more. */
static VOID ExpPassResource(PERESOURCE Resource, BOOLEAN WasExclusive)
{
    LIST_ENTRY Granted;

    InitializeListHead(&Granted);
    Resource->Flag &= ~ResourceOwnedExclusive;
    Resource->ActiveCount = 0;
    if (Resource->NumberOfSharedWaiters != 0 &&
        (WasExclusive || Resource->NumberOfExclusiveWaiters == 0))
        ExpPassToShared(Resource, &Granted);
    else
        ExpPassToExclusive(Resource, &Granted);
    ExpWakeWaiters(&Granted);
}

NT_EXPORT(ExReleaseResourceForThreadLite);
VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    POWNER_ENTRY Entry = Resource->ActiveEntries == 0 ? NULL
                                                      : ExpFindOwner(Resource, ResourceThreadId);

    if (Entry == NULL || ResourceThreadId == 0) {
        KeSetBugCheckText("resource %p is released for thread %p, which does not own it", Resource,
                          (PVOID)ResourceThreadId);
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, ResourceThreadId,
                     (ULONG_PTR)Resource->OwnerTable, 0);
    }
    if (--Entry->OwnerCount != 0)
        return;
    Entry->OwnerThread = 0;
    if (--Resource->ActiveEntries == 0)
        ExpPassResource(Resource, ExpIsExclusive(Resource));
}

NT_EXPORT(ExReleaseResourceLite);
VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource)
{
    ExReleaseResourceForThreadLite(Resource, ExpThisOwner());
}

NT_EXPORT(ExConvertExclusiveToSharedLite);
VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    LIST_ENTRY Granted;

    if (!ExpIsExclusive(Resource) || Resource->OwnerEntry.OwnerThread != ExpThisOwner())
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, ExpThisOwner(),
                     (ULONG_PTR)Resource->OwnerTable, 0);
    Resource->Flag &= ~ResourceOwnedExclusive;
    InitializeListHead(&Granted);
    ExpPassToShared(Resource, &Granted);
    ExpWakeWaiters(&Granted);
}

/*
 * Owner pointers have their two low bits set, so that they are no threads. [doc:
 * ExSetResourceOwnerPointer]
 */
static VOID ExpSetOwner(PERESOURCE Resource, ULONG_PTR Owner)
{
    POWNER_ENTRY Mine = ExpFindOwner(Resource, ExpThisOwner());
    POWNER_ENTRY Theirs = ExpFindOwner(Resource, Owner);

    if (Mine == NULL || Resource->ActiveEntries == 0)
        KeBugCheckEx(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, ExpThisOwner(),
                     (ULONG_PTR)Resource->OwnerTable, 0);
    if (Theirs != NULL && Theirs != Mine) {
        Theirs->OwnerCount += Mine->OwnerCount;
        Mine->OwnerThread = 0;
        Mine->OwnerCount = 0;
        Resource->ActiveEntries--;
    } else {
        Mine->OwnerThread = Owner;
    }
}

NT_EXPORT(ExSetResourceOwnerPointer);
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    ExpSetOwner(Resource, (ULONG_PTR)OwnerPointer | 3);
}

NT_EXPORT(ExSetResourceOwnerPointerEx);
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    ExpSetOwner(Resource, Flags & FLAG_OWNER_POINTER_IS_THREAD ? (ULONG_PTR)OwnerPointer & ~3ull
                                                               : (ULONG_PTR)OwnerPointer | 3);
}

NT_EXPORT(ExIsResourceAcquiredExclusiveLite);
BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    return ExpIsExclusive(Resource) && Resource->OwnerEntry.OwnerThread == ExpThisOwner();
}

NT_EXPORT(ExIsResourceAcquiredSharedLite);
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    POWNER_ENTRY Entry = Resource->ActiveEntries == 0 ? NULL
                                                      : ExpFindOwner(Resource, ExpThisOwner());

    return Entry == NULL ? 0 : Entry->OwnerCount;
}

NT_EXPORT(ExGetExclusiveWaiterCount);
ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfExclusiveWaiters;
}

NT_EXPORT(ExGetSharedWaiterCount);
ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    return Resource->NumberOfSharedWaiters;
}

/*
 * ---- with a critical region round it; NT returns the thread's Win32 structure, which nothing here
 * has ----
 */

NT_EXPORT(ExEnterCriticalRegionAndAcquireResourceExclusive);
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(Resource, TRUE);
    return NULL;
}

NT_EXPORT(ExEnterCriticalRegionAndAcquireResourceShared);
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(Resource, TRUE);
    return NULL;
}

NT_EXPORT(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive);
PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExAcquireSharedWaitForExclusive(Resource, TRUE);
    return NULL;
}

NT_EXPORT(ExReleaseResourceAndLeaveCriticalRegion);
VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ExReleaseResourceLite(Resource);
    KeLeaveCriticalRegion();
}

/* Owners are never boosted here, so there is nothing to turn off. */
NT_EXPORT(ExDisableResourceBoostLite);
VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource)
{
    UNREFERENCED_PARAMETER(Resource);
}
