/*
 * ERESOURCE: exclusive, shared, recursive, converted, starving and patient, owners by pointer,
 * waiters.
 */
#include "threads.h"

NTKERNELAPI BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource);
NTKERNELAPI VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource);

static ERESOURCE Resource;
static volatile LONG Got, Stage;

static VOID alone(VOID)
{
    KeEnterCriticalRegion();
    is_bool(ExAcquireResourceExclusiveLite(&Resource, TRUE), TRUE, "exclusive");
    is_bool(ExIsResourceAcquiredExclusiveLite(&Resource), TRUE, "is held exclusive");
    is_ulong(ExIsResourceAcquiredSharedLite(&Resource), 1, "once");
    is_bool(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE, "again");
    is_bool(ExAcquireResourceSharedLite(&Resource, FALSE), TRUE, "and shared");
    is_ulong(ExIsResourceAcquiredSharedLite(&Resource), 3, "three times");
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    ExConvertExclusiveToSharedLite(&Resource);
    is_bool(ExIsResourceAcquiredExclusiveLite(&Resource), FALSE, "converted");
    is_ulong(ExIsResourceAcquiredSharedLite(&Resource), 1, "to shared");
    is_bool(ExAcquireResourceExclusiveLite(&Resource, FALSE), FALSE, "no upgrade");
    ExReleaseResourceLite(&Resource);
    is_ulong(ExIsResourceAcquiredSharedLite(&Resource), 0, "free");
    KeLeaveCriticalRegion();
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    is_bool(KeAreApcsDisabled(), TRUE, "with a critical region");
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    ExEnterCriticalRegionAndAcquireResourceShared(&Resource);
    is_bool(ExIsResourceAcquiredExclusiveLite(&Resource), FALSE, "shared with a critical region");
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&Resource);
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    is_bool(KeAreApcsDisabled(), FALSE, "balanced");
}

static VOID owner_pointer(VOID)
{
    PVOID Owner = &Resource;

    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExSetResourceOwnerPointer(&Resource, Owner);
    is_ulong(ExIsResourceAcquiredSharedLite(&Resource), 0, "it belongs to the pointer now");
    ExReleaseResourceForThreadLite(&Resource, (ERESOURCE_THREAD)Owner | 3);
    is_bool(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE,
            "and is free when that lets go");
    ExReleaseResourceForThreadLite(&Resource, ExGetCurrentResourceThread());
    is_bool(ExTryToAcquireResourceExclusiveLite(&Resource), TRUE, "a try to have it alone");
    ExSetResourceOwnerPointerEx(&Resource, KeGetCurrentThread(), FLAG_OWNER_POINTER_IS_THREAD);
    is_bool(ExIsResourceAcquiredExclusiveLite(&Resource), TRUE, "given to a thread, this one");
    ExReleaseResourceLite(&Resource);
    ExDisableResourceBoostLite(&Resource);
    KeLeaveCriticalRegion();
}

static VOID exclusive_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    Got |= 1;
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID shared_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeEnterCriticalRegion();
    Stage = ExAcquireResourceSharedLite(&Resource, FALSE);
    ExAcquireSharedStarveExclusive(&Resource, TRUE);
    Got |= 2;
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID waiters(VOID)
{
    PVOID Writer, Reader;

    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    Writer = start_thread(exclusive_thread, NULL);
    sleep_ms(1);
    is_ulong(ExGetExclusiveWaiterCount(&Resource), 1, "a writer waits");
    Stage = 7;
    Reader = start_thread(shared_thread, NULL);
    sleep_ms(1);
    is_long(Stage, 0, "a new reader stands behind it");
    is_long(Got, 2, "unless it starves it");
    is_bool(ExAcquireResourceSharedLite(&Resource, FALSE), TRUE, "an owner gets it again");
    is_bool(ExAcquireSharedWaitForExclusive(&Resource, FALSE), FALSE,
            "but not when it waits for the writer");
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    join_thread(Writer);
    join_thread(Reader);
    is_long(Got, 3, "the writer gets it in the end");
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    Reader = start_thread(shared_thread, NULL);
    sleep_ms(1);
    is_ulong(ExGetSharedWaiterCount(&Resource), 1, "a reader waits for a writer");
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    join_thread(Reader);
    is_ulong(ExGetSharedWaiterCount(&Resource), 0, "nobody waits");
}

/* Many owners at once need the owner table. */
static volatile LONG Release;

static VOID many_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    InterlockedIncrement(&Got);
    while (!Release)
        sleep_ms(1);
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID many(VOID)
{
    PVOID Thread[12];

    Got = Release = 0;
    for (ULONG i = 0; i < 12; i++)
        Thread[i] = start_thread(many_thread, NULL);
    while (Got != 12)
        sleep_ms(1);
    is_bool(ExAcquireResourceExclusiveLite(&Resource, FALSE), FALSE, "12 owners");
    Release = 1;
    for (ULONG i = 0; i < 12; i++)
        join_thread(Thread[i]);
    KeEnterCriticalRegion();
    is_bool(ExAcquireResourceExclusiveLite(&Resource, FALSE), TRUE, "none in the end");
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_fill(&Resource);
    is_status(ExInitializeResourceLite(&Resource), STATUS_SUCCESS, "ExInitializeResourceLite");
    alone();
    owner_pointer();
    waiters();
    many();
    is_status(ExReinitializeResourceLite(&Resource), STATUS_SUCCESS, "ExReinitializeResourceLite");
    is_status(ExDeleteResourceLite(&Resource), STATUS_SUCCESS, "ExDeleteResourceLite");
    return done();
}
