/*
 * Filters' contexts on streams: insertion, lookup by owner and instance, removal, tear-down; pool
 * that raises when there is none.
 */
#include "tap.h"

static ULONG Freed;

static VOID NTAPI FreeContext(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Freed++;
}

static VOID TestContexts(VOID)
{
    static FAST_MUTEX Mutex;
    static FSRTL_ADVANCED_FCB_HEADER Header;
    FSRTL_PER_STREAM_CONTEXT One, Two, Three;
    PVOID Owner = &One, Other = &Two, Instance = &Three;

    ExInitializeFastMutex(&Mutex);
    is_status(FsRtlInsertPerStreamContext(&Header, &One), STATUS_INVALID_DEVICE_REQUEST,
              "a header that holds no contexts");
    FsRtlSetupAdvancedHeader(&Header, &Mutex);
    FsRtlInitPerStreamContext(&One, Owner, NULL, FreeContext);
    FsRtlInitPerStreamContext(&Two, Owner, Instance, FreeContext);
    FsRtlInitPerStreamContext(&Three, Other, NULL, FreeContext);
    is_ptr(FsRtlLookupPerStreamContext(&Header, Owner, NULL), NULL, "nothing yet");
    is_status(FsRtlInsertPerStreamContext(&Header, &One), STATUS_SUCCESS, "insert");
    is_status(FsRtlInsertPerStreamContext(&Header, &Two), STATUS_SUCCESS, "a second");
    is_status(FsRtlInsertPerStreamContext(&Header, &Three), STATUS_SUCCESS, "another owner's");
    is_ptr(FsRtlLookupPerStreamContextInternal(&Header, Owner, Instance), &Two, "by instance");
    is_ptr(FsRtlLookupPerStreamContextInternal(&Header, Owner, NULL), &Two, "the owner's newest");
    is_ptr(FsRtlLookupPerStreamContextInternal(&Header, Other, Instance), NULL, "not another's");
    is_ptr(FsRtlLookupPerStreamContextInternal(&Header, NULL, NULL), &Three, "any");
    is_ptr(FsRtlRemovePerStreamContext(&Header, Owner, Instance), &Two, "remove");
    is_ptr(FsRtlLookupPerStreamContextInternal(&Header, Owner, NULL), &One, "the first is left");
    is_ulong(Freed, 0, "removal frees nothing");
    FsRtlTeardownPerStreamContexts(&Header);
    is_ulong(Freed, 2, "tear-down frees the two that are left");
    is_bool(IsListEmpty(&Header.FilterContexts), TRUE, "none is left");
    is_ptr(FsRtlRemovePerStreamContext(&Header, Owner, NULL), NULL, "nothing to remove");
}

static VOID TestPool(VOID)
{
    PVOID(NTAPI *Allocate)(POOL_TYPE, ULONG, ULONG);
    PVOID Block;
    NTSTATUS Code = STATUS_SUCCESS;

    *(PVOID *)&Allocate = tap_routine(L"FsRtlAllocatePoolWithTag");
    if (Allocate == NULL) {
        skip(2, "FsRtlAllocatePoolWithTag is absent here");
        return;
    }
    Block = Allocate(PagedPool, 100, 'tseT');
    if (ok(Block != NULL, "FsRtlAllocatePoolWithTag"))
        ExFreePoolWithTag(Block, 'tseT');
    __try {
        Block = Allocate(NonPagedPoolNx, 0xF0000000, 'tseT');
        ExFreePoolWithTag(Block, 'tseT');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    is_status(Code, STATUS_INSUFFICIENT_RESOURCES, "raises when there is no memory");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestContexts();
    TestPool();
    return done();
}
