/*
 * Debug output: what the filters let through, the callback that sees each message, the 512-byte
 * limit, prefixes, the answers of a machine without a debugger.
 */
#include "tap.h"

static ULONG Seen, SeenComponent, SeenLevel;
static CHAR Last[600];
static ULONG LastBytes;

static VOID Remember(PSTRING Output, ULONG ComponentId, ULONG Level)
{
    Seen++;
    SeenComponent = ComponentId;
    SeenLevel = Level;
    LastBytes = Output->Length < sizeof(Last) - 1 ? Output->Length : sizeof(Last) - 1;
    RtlCopyMemory(Last, Output->Buffer, LastBytes);
    Last[LastBytes] = 0;
}

static ULONG Prefixed(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    if (Prefix != NULL)
        Status = vDbgPrintExWithPrefix(Prefix, ComponentId, Level, Format, Arguments);
    else
        Status = vDbgPrintEx(ComponentId, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

static VOID TestMessages(VOID)
{
    static CHAR Long[700];
    CHAR Copy[600];
    ULONG Bytes;

    is_status(DbgPrint("# one %d\n", 1), STATUS_SUCCESS, "DbgPrint");
    Seen = 0;
    DbgPrint("# two %s\n", "2");
    Bytes = LastBytes;
    RtlCopyMemory(Copy, Last, sizeof(Copy));
    is_string(Copy, "# two 2\n", "the callback saw the text");
    is_ulong(Bytes, 8, "its length");
    RtlFillMemory(Long, sizeof(Long) - 1, '#');
    DbgPrint("%s", Long);
    Bytes = LastBytes;
    is_ulong(Bytes, 512, "a message has at most 512 bytes");
    Prefixed("# prefix: ", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "%d\n", 7);
    RtlCopyMemory(Copy, Last, sizeof(Copy));
    is_string(Copy, "# prefix: 7\n", "vDbgPrintExWithPrefix");
    Prefixed(NULL, DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "# plain %d\n", 8);
    RtlCopyMemory(Copy, Last, sizeof(Copy));
    is_string(Copy, "# plain 8\n", "vDbgPrintEx");
}

static ULONG Count(ULONG ComponentId, ULONG Level)
{
    Seen = 0;
    DbgPrintEx(ComponentId, Level, "# component %lu level %lx\n", ComponentId, Level);
    return Seen;
}

static VOID TestFilters(VOID)
{
    ULONG Shown;

    Shown = Count(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL);
    is_ulong(Shown, 1, "errors are shown");
    Shown = Count(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL);
    is_ulong(Shown, 0, "information is not");
    is_status(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), FALSE,
              "DbgQueryDebugFilterState");
    is_status(DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, TRUE), STATUS_SUCCESS,
              "switch it on");
    is_status(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL), TRUE, "on");
    Shown = Count(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL);
    is_ulong(Shown, 1, "shown now");
    Shown = Count(DPFLTR_IHVDRIVER_ID, 1u << DPFLTR_INFO_LEVEL);
    is_ulong(Shown, 0, "below 32 a level is a bit's number, not a mask");
    Shown = Count(DPFLTR_IHVDRIVER_ID, 0x80000000u | 1u << DPFLTR_INFO_LEVEL);
    is_ulong(Shown, 1, "from 32 on a level is a mask");
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, FALSE);
    Shown = Count(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL);
    is_ulong(Shown, 0, "off again");
    is_status(DbgQueryDebugFilterState(100000, 0), STATUS_INVALID_PARAMETER_1,
              "an unknown component");
    is_status(DbgSetDebugFilterState(100000, 0, TRUE), STATUS_INVALID_PARAMETER_1,
              "nor can it be set");
    is_status(DbgPrintReturnControlC("# control\n"), STATUS_SUCCESS, "DbgPrintReturnControlC");
}

static VOID PrintAtLevel(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    is_status(DbgPrint("# at a level\n"), STATUS_SUCCESS, "DbgPrint");
}

static VOID TestNoDebugger(VOID)
{
    PBOOLEAN Enabled = tap_routine(L"KdDebuggerEnabled"),
             Absent = tap_routine(L"KdDebuggerNotPresent");
    CHAR Answer[4];
    ULONG Needed = 7;

    tap_fill(&Answer);
    is_ulong(DbgPrompt("# nobody answers\n", Answer, sizeof(Answer)), 0, "DbgPrompt");
    is_string(Answer, "", "an empty answer");
    is_bool(KdRefreshDebuggerNotPresent(), TRUE, "KdRefreshDebuggerNotPresent");
    is_status(KdDisableDebugger(), STATUS_DEBUGGER_INACTIVE, "KdDisableDebugger");
    is_status(KdEnableDebugger(), STATUS_DEBUGGER_INACTIVE, "KdEnableDebugger");
    is_status(KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, 0, NULL, 0, NULL, &Needed),
              STATUS_DEBUGGER_INACTIVE, "KdChangeOption");
    is_ulong(Needed, 0, "and no bytes");
    if (Enabled == NULL || Absent == NULL)
        skip(1, "data exports are not found here");
    else
        ok(!*Enabled && *Absent, "KdDebuggerEnabled, KdDebuggerNotPresent");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(DbgSetDebugPrintCallback(Remember, TRUE)))
        return bail("DbgSetDebugPrintCallback fails");
    TestMessages();
    TestFilters();
    is_status(DbgSetDebugPrintCallback(Remember, FALSE), STATUS_SUCCESS,
              "the callback can be removed");
    Seen = 0;
    DbgPrint("# unseen\n");
    is_ulong(Seen, 0, "and sees nothing more");
    tap_at_levels(TAP_ALL_LEVELS, PrintAtLevel, NULL, "DbgPrint");
    TestNoDebugger();
    return done();
}
