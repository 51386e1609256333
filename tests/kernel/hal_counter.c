/* Who may use the processors' performance counters. Calls: HalAllocateHardwareCounters,
 * HalFreeHardwareCounters. */
#include "tap.h"

typedef NTSTATUS(NTAPI *ALLOCATE)(PGROUP_AFFINITY, ULONG, PPHYSICAL_COUNTER_RESOURCE_LIST, PHANDLE);
typedef NTSTATUS(NTAPI *FREE)(HANDLE);
static ALLOCATE Allocate;
static FREE Free;

static VOID test_affinity(VOID)
{
    GROUP_AFFINITY First = {.Mask = 1}, Second = {.Mask = 2}, None = {.Mask = 0},
                   Far = {.Mask = 1, .Group = 7};
    GROUP_AFFINITY Absent = {.Mask = 1ull << 63};
    HANDLE A, B, All;

    is_status(Allocate(&First, 1, NULL, &A), STATUS_SUCCESS, "those of the first processor");
    is_status(Allocate(NULL, 0, NULL, &All), STATUS_INSUFFICIENT_RESOURCES,
              "all of them are no longer to be had");
    is_ptr(All, NULL, "nothing is given");
    if (KeQueryActiveProcessorCount(NULL) > 1) {
        is_status(Allocate(&Second, 1, NULL, &B), STATUS_SUCCESS, "those of the second are");
        is_status(Free(B), STATUS_SUCCESS, "and are given back");
    } else {
        skip(2, "there is one processor");
    }
    is_status(Free(A), STATUS_SUCCESS, "the first processor's too");
    is_status(Allocate(&First, 0, NULL, &A), STATUS_INVALID_PARAMETER,
              "an affinity that is not counted");
    is_status(Allocate(NULL, 1, NULL, &A), STATUS_INVALID_PARAMETER, "a count of none");
    is_status(Allocate(&None, 1, NULL, &A), STATUS_INVALID_PARAMETER, "no processor");
    is_status(Allocate(&Far, 1, NULL, &A), STATUS_INVALID_PARAMETER, "a group that there is not");
    is_status(Allocate(&Absent, 1, NULL, &A), STATUS_INVALID_PARAMETER,
              "a processor that there is not");
}

static VOID test_list(VOID)
{
    PHYSICAL_COUNTER_RESOURCE_LIST List = {.Count = 1,
                                           .Descriptors = {{.Type = ResourceTypeSingle}}};
    HANDLE Handle;

    is_status(Allocate(NULL, 0, &List, &Handle), STATUS_NOT_SUPPORTED, "a single counter");
    is_ptr(Handle, NULL, "is not given");
    List.Descriptors[0].Type = ResourceTypeMax;
    is_status(Allocate(NULL, 0, &List, &Handle), STATUS_INVALID_PARAMETER, "a resource of no kind");
    List.Count = 0;
    is_status(Allocate(NULL, 0, &List, &Handle), STATUS_INVALID_PARAMETER, "an empty list");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle, Second;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    *(PVOID *)&Allocate = tap_routine(L"HalAllocateHardwareCounters");
    *(PVOID *)&Free = tap_routine(L"HalFreeHardwareCounters");
    if (Allocate == NULL || Free == NULL) {
        skip(1, "this system has no such routines");
        return done();
    }
    tap_fill(&Handle);
    is_status(Allocate(NULL, 0, NULL, &Handle), STATUS_SUCCESS, "the counters of all processors");
    ok(Handle != NULL, "a handle");
    is_status(Allocate(NULL, 0, NULL, &Second), STATUS_INSUFFICIENT_RESOURCES, "they are taken");
    is_ptr(Second, NULL, "no handle");
    is_status(Free(Handle), STATUS_SUCCESS, "given back");
    is_status(Free(Handle), STATUS_INVALID_PARAMETER, "only once");
    is_status(Free(NULL), STATUS_INVALID_PARAMETER, "no handle is none");
    test_affinity();
    test_list();
    return done();
}
