/* Processors, groups and affinity. */
#include "threads.h"

/* The DDK declares these for x86 only; x64 kernels export them too. */
NTKERNELAPI NTSTATUS NTAPI KeSaveFloatingPointState(PKFLOATING_SAVE Save);
NTKERNELAPI NTSTATUS NTAPI KeRestoreFloatingPointState(PKFLOATING_SAVE Save);

/* Exported by every x64 kernel, though the DDK makes a macro of one and does not declare the others. */
#undef KeFlushIoBuffers
NTKERNELAPI VOID NTAPI KeFlushIoBuffers(PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation);
NTKERNELAPI VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
NTKERNELAPI VOID NTAPI KeSignalCallDpcDone(PVOID Argument1);

static LONG Calls, Workers;
static KAFFINITY Called;

static VOID NTAPI everywhere(PKDPC Dpc, PVOID Context, PVOID Done, PVOID Barrier)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Barrier);
    InterlockedIncrement(&Calls);
    Called |= (KAFFINITY)1 << KeGetCurrentProcessorNumberEx(NULL);
    KeSignalCallDpcDone(Done);
}

static ULONG_PTR NTAPI worker(ULONG_PTR Argument)
{
    InterlockedIncrement(&Workers);
    return Argument + 1;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    KAFFINITY Active;
    ULONG Count = KeQueryActiveProcessorCount(&Active);
    PROCESSOR_NUMBER Number;
    GROUP_AFFINITY Group = {0}, Previous;
    KFLOATING_SAVE Save;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    ok(Count >= 1, "%lu processors", Count);
    is_hex(KeQueryActiveProcessors(), Active, "the active set");
    is_hex(Active, (1ull << Count) - 1, "is the first ones");
    is_ulong(KeQueryActiveProcessorCountEx(0), Count, "group 0 has them all");
    is_ulong(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), Count, "as all groups together");
    is_ulong(KeQueryActiveProcessorCountEx(1), 0, "group 1 is not there");
    ok(KeQueryMaximumProcessorCount() >= Count, "KeQueryMaximumProcessorCount");
    ok(KeQueryMaximumProcessorCountEx(0) >= Count, "KeQueryMaximumProcessorCountEx");
    is_ulong(KeQueryActiveGroupCount(), 1, "one group");
    is_ulong(KeQueryMaximumGroupCount(), 1, "at most one");
    is_hex(KeQueryGroupAffinity(0), Active, "KeQueryGroupAffinity");
    is_ulong(KeQueryHighestNodeNumber(), 0, "one NUMA node");
    is_ulong(KeGetCurrentNodeNumber(), 0, "which is current");
    for (ULONG i = 0; i < Count; i++) {
        KAFFINITY Old = KeSetSystemAffinityThreadEx((KAFFINITY)1 << i);

        is_ulong(KeGetCurrentProcessorNumberEx(&Number), i, "moved to processor %lu", i);
        is_ulong(Number.Number, i, "as its number says");
        KeRevertToUserAffinityThreadEx(Old);
        is_status(KeGetProcessorNumberFromIndex(i, &Number), STATUS_SUCCESS, "number from index");
        is_ulong(KeGetProcessorIndexFromNumber(&Number), i, "and back");
    }
    is_status(KeGetProcessorNumberFromIndex(Count, &Number), STATUS_INVALID_PARAMETER, "one too many");
    Number = (PROCESSOR_NUMBER){.Group = 3};
    is_hex(KeGetProcessorIndexFromNumber(&Number), (ULONG)INVALID_PROCESSOR_INDEX, "no such group");
    KeSetSystemAffinityThread((KAFFINITY)1 << (Count - 1));
    is_ulong(KeGetCurrentProcessorNumberEx(NULL), Count - 1, "KeSetSystemAffinityThread");
    KeRevertToUserAffinityThread();
    Group.Mask = 1;
    KeSetSystemGroupAffinityThread(&Group, &Previous);
    is_ulong(KeGetCurrentProcessorNumberEx(NULL), 0, "KeSetSystemGroupAffinityThread");
    KeRevertToUserGroupAffinityThread(&Previous);
    is_status(KeSaveFloatingPointState(&Save), STATUS_SUCCESS, "KeSaveFloatingPointState");
    is_status(KeRestoreFloatingPointState(&Save), STATUS_SUCCESS, "KeRestoreFloatingPointState");
    is_ulong(KeNumberProcessors, Count, "KeNumberProcessors");
    KeFlushIoBuffers(NULL, TRUE, FALSE);
    KeGenericCallDpc(everywhere, NULL);
    is_long(Calls, (LONG)Count, "KeGenericCallDpc runs a routine once a processor");
    is_hex(Called, Active, "on each of them");
    is_ulong64(KeIpiGenericCall(worker, 41), 42, "KeIpiGenericCall returns what the caller's own call did");
    is_long(Workers, (LONG)Count, "and calls on each processor");
    is_irql(PASSIVE_LEVEL, "at the end the IRQL is as before");
    return done();
}
