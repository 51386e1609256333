/*
 * One-time initialisation, statuses as Win32 errors, failed assertions and break points.
 */
#include "tap.h"

#undef RtlAssert
int __cdecl _purecall(void);
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS);
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS);

static ULONG Calls;
static BOOLEAN InitSucceeds;

static ULONG NTAPI InitOnce(PRTL_RUN_ONCE Once, PVOID Parameter, PVOID *Context)
{
    UNREFERENCED_PARAMETER(Once);
    Calls++;
    *Context = Parameter;
    return InitSucceeds;
}

static VOID TestRunOnce(VOID)
{
    RTL_RUN_ONCE Once;
    PVOID Context = NULL, Given = (PVOID)0x1230;

    tap_fill(&Once);
    RtlRunOnceInitialize(&Once);
    is_status(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &Context),
              STATUS_UNSUCCESSFUL, "not yet");
    is_status(RtlRunOnceExecuteOnce(&Once, InitOnce, Given, &Context), STATUS_UNSUCCESSFUL,
              "an initialiser that fails");
    InitSucceeds = TRUE;
    is_status(RtlRunOnceExecuteOnce(&Once, InitOnce, Given, &Context), STATUS_SUCCESS,
              "is called again");
    ok(Calls == 2 && Context == Given, "its context");
    Context = NULL;
    is_status(RtlRunOnceExecuteOnce(&Once, InitOnce, NULL, &Context), STATUS_SUCCESS,
              "done already");
    ok(Calls == 2 && Context == Given, "not called, same context");
    is_status(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &Context), STATUS_SUCCESS,
              "check only");
    RtlRunOnceInitialize(&Once);
    is_status(RtlRunOnceBeginInitialize(&Once, 0, &Context), STATUS_PENDING, "begin");
    ok(!NT_SUCCESS(RtlRunOnceComplete(&Once, 0, (PVOID)1)), "a context with low bits");
    is_status(RtlRunOnceComplete(&Once, 0, Given), STATUS_SUCCESS, "complete");
    is_status(RtlRunOnceComplete(&Once, 0, Given), STATUS_UNSUCCESSFUL, "only once");
    RtlRunOnceInitialize(&Once);
    is_status(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_PENDING,
              "asynchronous");
    is_status(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_PENDING,
              "two at a time");
    is_status(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, Given), STATUS_SUCCESS,
              "the first wins");
    is_status(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_UNSUCCESSFUL,
              "the second loses");
    is_status(RtlRunOnceBeginInitialize(&Once, 0x80, &Context), STATUS_INVALID_PARAMETER_2,
              "an unknown flag");
}

static VOID TestErrors(VOID)
{
    static const struct { NTSTATUS Status; ULONG Error;
    } Rows[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_PENDING, 997},
        {STATUS_ACCESS_DENIED, 5},
        {STATUS_INVALID_HANDLE, 6},
        {STATUS_OBJECT_NAME_NOT_FOUND, 2},
        {STATUS_OBJECT_PATH_NOT_FOUND, 3},
        {STATUS_NO_MEMORY, 8},
        {STATUS_INVALID_PARAMETER, 87},
        {STATUS_BUFFER_TOO_SMALL, 122},
        {STATUS_BUFFER_OVERFLOW, 234},
        {STATUS_END_OF_FILE, 38},
        {STATUS_SHARING_VIOLATION, 32},
        {STATUS_NOT_SUPPORTED, 50},
        {STATUS_INVALID_DEVICE_REQUEST, 1},
        {STATUS_UNSUCCESSFUL, 31},
        {STATUS_CANCELLED, 995},
        {STATUS_OBJECT_NAME_COLLISION, 183},
        {STATUS_DISK_FULL, 112},
        {STATUS_INSUFFICIENT_RESOURCES, 1450},
        {STATUS_NO_MORE_FILES, 18},
        {STATUS_NO_MORE_ENTRIES, 259},
        {STATUS_IO_TIMEOUT, 121},
        {STATUS_TIMEOUT, 1460},
        {STATUS_INVALID_IMAGE_FORMAT, 193},
        {(NTSTATUS)0xC0000428 /* STATUS_INVALID_IMAGE_HASH */, 577},
        {STATUS_DRIVER_BLOCKED, 1275},
        {STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, 127},
        {STATUS_DRIVER_ORDINAL_NOT_FOUND, 182},
        {STATUS_DLL_NOT_FOUND, 126},
        {STATUS_DRIVER_UNABLE_TO_LOAD, 2001},
        {STATUS_DRIVER_FAILED_PRIOR_UNLOAD, 654},
        {STATUS_IMAGE_ALREADY_LOADED, 1056},
        {STATUS_PLUGPLAY_NO_DEVICE, 1058},
        {STATUS_DEVICE_NOT_CONNECTED, 1167},
        {STATUS_DELETE_PENDING, 5},
        {(NTSTATUS)0xC0070057, 0x57},
        {(NTSTATUS)0x20000001, 0x20000001},
        {(NTSTATUS)0xC0ABCDEF, 317},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Rows); i++) {
        is_ulong(RtlNtStatusToDosError(Rows[i].Status), Rows[i].Error, "status %08lX",
                 Rows[i].Status);
        is_ulong(RtlNtStatusToDosErrorNoTeb(Rows[i].Status), Rows[i].Error, "the same without TEB");
    }
}

static NTSTATUS CodeOf(VOID (*Routine)(VOID))
{
    NTSTATUS Code = STATUS_SUCCESS;

    __try {
        Routine();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Code = GetExceptionCode();
    }
    return Code;
}

static VOID CallBreakPoint(VOID)
{
    DbgBreakPoint();
}

static VOID CallBreakPointWithStatus(VOID)
{
    DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
}

static VOID CallAssert(VOID)
{
    RtlAssert("1 == 2", "rtl_misc.c", 7, NULL);
}

static VOID CallPure(VOID)
{
    _purecall();
}

static VOID TestBreaks(VOID)
{
    is_status(CodeOf(CallBreakPoint), STATUS_BREAKPOINT, "DbgBreakPoint can be handled");
    is_status(CodeOf(CallBreakPointWithStatus), STATUS_BREAKPOINT,
              "so can DbgBreakPointWithStatus");
    is_status(CodeOf(CallAssert), STATUS_BREAKPOINT, "RtlAssert breaks");
    is_status(CodeOf(CallPure), STATUS_NOT_IMPLEMENTED, "_purecall raises");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestRunOnce();
    TestErrors();
    TestBreaks();
    return done();
}
