/*
 * TAP for tests that are drivers: each line goes out through DbgPrint. Header-only; uses exports of ntoskrnl.exe
 * that every Windows since 8 has, so the same .sys runs on Drydock, Wine and Windows. One .c file, one driver:
 *
 *     NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
 *     {
 *         tap_begin(Driver);
 *         is_status(ZwClose(Handle), STATUS_INVALID_HANDLE, "a closed handle");
 *         return done();
 *     }
 *
 * Every check prints "ok N - text" or "not ok N - text", then file:line, got and expected; it returns TRUE when the
 * check held. Checks may be made at IRQL <= DISPATCH_LEVEL, one at a time.
 */
#pragma once

#include <ntifs.h>
#include <stdarg.h>
#include <stdio.h>

typedef VOID TAP_ROUTINE(PVOID Context);

/* IRQLs at which tap_at_levels and tap_run_table run a case. */
enum { TAP_PASSIVE = 1, TAP_APC = 2, TAP_DISPATCH = 4, TAP_ALL_LEVELS = 7 };

typedef struct _TAP_CASE {
    const char *Name;
    TAP_ROUTINE *Routine;
    ULONG Levels; /* TAP_PASSIVE | ... */
} TAP_CASE;

static struct {
    ULONG Planned; /* 0: the plan is printed by done() */
    ULONG Run;
    ULONG Failed;
    BOOLEAN BailedOut;
    LONG64 HandlesBefore; /* -1: not known here */
    const char *Level;    /* IRQL's name while a case runs, "" outside */
} Tap __attribute__((unused));

#define TAP_UNUSED __attribute__((unused))

static TAP_UNUSED VOID tap_unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

/* First call of a test: makes the driver unloadable. */
static TAP_UNUSED VOID tap_begin(PDRIVER_OBJECT Driver)
{
    RtlZeroMemory(&Tap, sizeof(Tap));
    Tap.HandlesBefore = -1;
    Tap.Level = "";
    Driver->DriverUnload = tap_unload;
}

/* Announces how many checks follow. Without it done() prints the plan. */
static TAP_UNUSED VOID plan(ULONG Count)
{
    Tap.Planned = Count;
    DbgPrint("1..%u\n", Count);
}

/* A line for people. */
static TAP_UNUSED VOID diag(const char *Format, ...)
{
    char Text[256];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text, sizeof(Text) - 1, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 1] = 0;
    DbgPrint("# %s\n", Text);
}

/*
 * The test means to stop the machine with this bug check: call it last, in place of done(), then make the mistake. The runner
 * adds one check: that the machine stopped with Code and said so.
 */
static TAP_UNUSED VOID expect_bugcheck(ULONG Code)
{
    DbgPrint("# expect bug check 0x%08X after %u checks\n", Code, Tap.Run);
}

/* The rest of the test makes no sense: prove stops counting it. */
static TAP_UNUSED NTSTATUS bail(const char *Reason)
{
    Tap.BailedOut = TRUE;
    DbgPrint("Bail out!  %s\n", Reason);
    return STATUS_UNSUCCESSFUL;
}

/* Last call: prints the plan if plan() was not called. The driver loads either way, so that it is unloaded too. */
static TAP_UNUSED NTSTATUS done(VOID)
{
    if (Tap.BailedOut)
        return STATUS_UNSUCCESSFUL;
    if (Tap.Planned == 0)
        DbgPrint("1..%u\n", Tap.Run);
    if (Tap.Failed != 0)
        DbgPrint("# %u of %u checks failed\n", Tap.Failed, Tap.Run);
    return STATUS_SUCCESS;
}

static TAP_UNUSED const char *tap_base_name(const char *Path)
{
    const char *Name = Path;

    for (; *Path != 0; Path++) {
        if (*Path == '/' || *Path == '\\')
            Name = Path + 1;
    }
    return Name;
}

/* Prints one result line; the caller prints got and expected. */
static TAP_UNUSED BOOLEAN tap_result(BOOLEAN Held, const char *File, int Line, const char *Format, ...)
{
    char Text[256];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text, sizeof(Text) - 1, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 1] = 0;
    Tap.Run++;
    DbgPrint("%s %u - %s%s\n", Held ? "ok" : "not ok", Tap.Run, Text, Tap.Level);
    if (!Held) {
        Tap.Failed++;
        DbgPrint("#   failed at %s:%d\n", tap_base_name(File), Line);
    }
    return Held;
}

static TAP_UNUSED BOOLEAN tap_got(BOOLEAN Held, const char *Base, ULONG64 Got, ULONG64 Expected)
{
    if (!Held) {
        DbgPrint("#        got: ");
        DbgPrint(Base, Got);
        DbgPrint("#   expected: ");
        DbgPrint(Base, Expected);
    }
    return Held;
}

#define ok(Condition, ...)                                                                                            \
    ({                                                                                                                \
        BOOLEAN TapHeld_ = !!(Condition);                                                                             \
        tap_result(TapHeld_, __FILE__, __LINE__, __VA_ARGS__);                                                        \
        if (!TapHeld_)                                                                                                \
            DbgPrint("#   %s\n", #Condition);                                                                         \
        TapHeld_;                                                                                                     \
    })

#define TAP_COMPARE_(Base, Type, Got, Expected, ...)                                                                  \
    ({                                                                                                                \
        Type TapGot_ = (Type)(Got), TapExpected_ = (Type)(Expected);                                                  \
        tap_got(tap_result(TapGot_ == TapExpected_, __FILE__, __LINE__, __VA_ARGS__), Base, (ULONG64)TapGot_,         \
                (ULONG64)TapExpected_);                                                                               \
    })

#define is_status(Got, Expected, ...) TAP_COMPARE_("0x%08I64X\n", ULONG, Got, Expected, __VA_ARGS__)
#define is_ulong(Got, Expected, ...) TAP_COMPARE_("%I64u\n", ULONG, Got, Expected, __VA_ARGS__)
#define is_long(Got, Expected, ...) TAP_COMPARE_("%I64d\n", LONG64, Got, Expected, __VA_ARGS__)
#define is_hex(Got, Expected, ...) TAP_COMPARE_("0x%I64x\n", ULONG64, Got, Expected, __VA_ARGS__)
#define is_ulong64(Got, Expected, ...) TAP_COMPARE_("%I64u\n", ULONG64, Got, Expected, __VA_ARGS__)
#define is_bool(Got, Expected, ...) TAP_COMPARE_("%I64u\n", ULONG, !!(Got), !!(Expected), __VA_ARGS__)
#define is_ptr(Got, Expected, ...) TAP_COMPARE_("0x%I64x\n", ULONG_PTR, Got, Expected, __VA_ARGS__)
#define is_irql(Expected, ...) TAP_COMPARE_("%I64u\n", ULONG, KeGetCurrentIrql(), Expected, __VA_ARGS__)

static TAP_UNUSED BOOLEAN tap_same_string(const char *Got, const char *Expected)
{
    while (*Got != 0 && *Got == *Expected) {
        Got++;
        Expected++;
    }
    return *Got == *Expected;
}

#define is_string(Got, Expected, ...)                                                                                 \
    ({                                                                                                                \
        const char *TapGot_ = (Got), *TapExpected_ = (Expected);                                                      \
        BOOLEAN TapHeld_ = tap_result(tap_same_string(TapGot_, TapExpected_), __FILE__, __LINE__, __VA_ARGS__);       \
        if (!TapHeld_)                                                                                                \
            DbgPrint("#        got: \"%s\"\n#   expected: \"%s\"\n", TapGot_, TapExpected_);                          \
        TapHeld_;                                                                                                     \
    })

static TAP_UNUSED BOOLEAN tap_same_wide(PCWSTR Got, PCWSTR Expected, SIZE_T Characters)
{
    for (SIZE_T i = 0; i < Characters; i++) {
        if (Got[i] != Expected[i])
            return FALSE;
    }
    return Expected[Characters] == 0;
}

/* A UNICODE_STRING against a NUL-terminated text, by code unit. PASSIVE_LEVEL: printing wide text is. */
#define is_unicode(Got, Expected, ...)                                                                                \
    ({                                                                                                                \
        PCUNICODE_STRING TapGot_ = (Got);                                                                             \
        PCWSTR TapExpected_ = (Expected);                                                                             \
        BOOLEAN TapHeld_ = tap_result(tap_same_wide(TapGot_->Buffer, TapExpected_, TapGot_->Length / sizeof(WCHAR)),  \
                                      __FILE__, __LINE__, __VA_ARGS__);                                               \
        if (!TapHeld_)                                                                                                \
            DbgPrint("#        got: \"%wZ\"\n#   expected: \"%ws\"\n", TapGot_, TapExpected_);                        \
        TapHeld_;                                                                                                     \
    })

/* Bytes alike; says where the first difference is. */
static TAP_UNUSED LONG64 tap_first_difference(const VOID *Got, const VOID *Expected, SIZE_T Bytes)
{
    const UCHAR *a = (const UCHAR *)Got, *b = (const UCHAR *)Expected;

    for (SIZE_T i = 0; i < Bytes; i++) {
        if (a[i] != b[i])
            return (LONG64)i;
    }
    return -1;
}

#define is_bytes(Got, Expected, Bytes, ...)                                                                           \
    ({                                                                                                                \
        LONG64 TapAt_ = tap_first_difference(Got, Expected, Bytes);                                                   \
        if (!tap_result(TapAt_ < 0, __FILE__, __LINE__, __VA_ARGS__))                                                 \
            DbgPrint("#   first difference at byte %I64d\n", TapAt_);                                                 \
        TapAt_ < 0;                                                                                                   \
    })

/* Count checks that cannot be made here, e.g. because tap_routine() found nothing. */
static TAP_UNUSED VOID skip(ULONG Count, const char *Reason)
{
    while (Count-- != 0)
        DbgPrint("ok %u # SKIP %s\n", ++Tap.Run, Reason);
}

/* A check that is known to fail: the text says why. Turns red once it holds, until the mark is removed. */
#define todo_fails(Condition, Reason, ...)                                                                            \
    do {                                                                                                              \
        if (Condition)                                                                                                \
            tap_result(FALSE, __FILE__, __LINE__, "holds now, remove its mark (" Reason "): " __VA_ARGS__);           \
        else                                                                                                          \
            DbgPrint("not ok %u # TODO %s\n", ++Tap.Run, Reason);                                                     \
    } while (0)

/* ---- helpers ---- */

/* Address of a routine of the kernel, or NULL where this system has none. PASSIVE_LEVEL. */
static TAP_UNUSED PVOID tap_routine(PCWSTR Name)
{
    UNICODE_STRING Text;

    RtlInitUnicodeString(&Text, Name);
    return MmGetSystemRoutineAddress(&Text);
}

/* Fills a structure with 0xA5, so that a field which a routine forgets shows. */
#define tap_fill(Pointer) RtlFillMemory((Pointer), sizeof(*(Pointer)), 0xA5)

/* TRUE when all Bytes at Pointer are Value. */
static TAP_UNUSED BOOLEAN tap_all_bytes(const VOID *Pointer, SIZE_T Bytes, UCHAR Value)
{
    const UCHAR *p = (const UCHAR *)Pointer;

    for (SIZE_T i = 0; i < Bytes; i++) {
        if (p[i] != Value)
            return FALSE;
    }
    return TRUE;
}

/* The IRQL, at DISPATCH_LEVEL or below, from routines that every system has (Wine has no KeGetCurrentIrql). */
static TAP_UNUSED KIRQL tap_irql(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeLowerIrql(Irql);
    return Irql;
}

/* Whether this system tells one IRQL from another (Wine does not: KeRaiseIrql returns anything). Call at PASSIVE_LEVEL. */
static TAP_UNUSED BOOLEAN tap_has_irqls(VOID)
{
    KIRQL Old, Raised, Back;

    KeRaiseIrql(APC_LEVEL, &Old);
    Raised = tap_irql();
    KeLowerIrql(PASSIVE_LEVEL);
    Back = tap_irql();
    return Old == PASSIVE_LEVEL && Raised == APC_LEVEL && Back == PASSIVE_LEVEL;
}

/*
 * Runs Routine(Context) at each of Levels; a routine that comes back at another IRQL fails a check. Where the system has no
 * IRQLs (Wine) only at PASSIVE_LEVEL.
 */
static TAP_UNUSED VOID tap_at_levels(ULONG Levels, TAP_ROUTINE *Routine, PVOID Context, const char *Name)
{
    static const struct {
        ULONG Level;
        KIRQL Irql;
        const char *Text;
    } Table[] = {
        {TAP_PASSIVE, PASSIVE_LEVEL, " [PASSIVE_LEVEL]"},
        {TAP_APC, APC_LEVEL, " [APC_LEVEL]"},
        {TAP_DISPATCH, DISPATCH_LEVEL, " [DISPATCH_LEVEL]"},
    };
    BOOLEAN HasIrqls = tap_has_irqls();
    KIRQL Old, After;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        if (!(Levels & Table[i].Level))
            continue;
        if (!HasIrqls && Table[i].Irql != PASSIVE_LEVEL) {
            diag("IRQL %u cannot be had here", Table[i].Irql);
            continue;
        }
        KeRaiseIrql(Table[i].Irql, &Old);
        Tap.Level = Table[i].Text;
        Routine(Context);
        After = HasIrqls ? tap_irql() : Table[i].Irql;
        if (After != Table[i].Irql) {
            tap_result(FALSE, __FILE__, __LINE__, "%s came back at IRQL %u", Name, After);
            KeRaiseIrql(Table[i].Irql, &After);
        }
        KeLowerIrql(Old);
        Tap.Level = "";
    }
}

/* Runs each case of a table at each of its levels. Call at PASSIVE_LEVEL. */
static TAP_UNUSED VOID tap_run_table(const TAP_CASE *Table, ULONG Count, PVOID Context)
{
    for (ULONG i = 0; i < Count; i++) {
        diag("%s", Table[i].Name);
        tap_at_levels(Table[i].Levels, Table[i].Routine, Context, Table[i].Name);
    }
}
#define TAP_RUN_TABLE(Table, Context) tap_run_table(Table, RTL_NUMBER_OF(Table), Context)

/*
 * Leak checks. Handles: the count of the System process's table before and after. References: an object's own count.
 * Pool and objects are checked by the runner when the driver is unloaded.
 */
static TAP_UNUSED LONG64 tap_handle_count(VOID)
{
    NTSTATUS(NTAPI *Query)(HANDLE, ULONG, PVOID, ULONG, PULONG);
    ULONG Count = 0;

    *(PVOID *)&Query = tap_routine(L"ZwQueryInformationProcess");
    if (Query == NULL || !NT_SUCCESS(Query(NtCurrentProcess(), 20 /* ProcessHandleCount */, &Count, sizeof(Count), NULL)))
        return -1;
    return Count;
}

static TAP_UNUSED VOID leak_begin(VOID)
{
    Tap.HandlesBefore = tap_handle_count();
}

/* One check: no handle more than at leak_begin(). */
static TAP_UNUSED VOID leak_end(VOID)
{
    LONG64 Now = tap_handle_count();

    if (Tap.HandlesBefore < 0 || Now < 0)
        skip(1, "the handle count is not known here");
    else
        is_long(Now, Tap.HandlesBefore, "no handle is left");
}
