/*
 * __try and __except: filters' three answers, what they are told, faults and raised statuses, and
 * that all of it works at every IRQL that allows the exception.
 */
#include "tap.h"
#include "unwind.h"

#define USER_HOLE ((volatile ULONG64 *)0x2000) /* below any process's memory: never mapped */

typedef struct _SEEN { /* what a filter was told */
    EXCEPTION_RECORD Record;
    ULONG64 Rip, Rsp;
    KIRQL Irql;
    ULONG Calls;
} SEEN;

static LONG note(SEEN *Seen, PEXCEPTION_POINTERS Pointers, LONG Answer)
{
    Seen->Record = *Pointers->ExceptionRecord;
    Seen->Rip = Pointers->ContextRecord->Rip;
    Seen->Rsp = Pointers->ContextRecord->Rsp;
    Seen->Irql = KeGetCurrentIrql();
    Seen->Calls++;
    return Answer;
}

/* ---- faults ---- */

static NOINLINE VOID load_hole(VOID)
{
    (VOID) * USER_HOLE;
}

static NOINLINE VOID store_hole(VOID)
{
    *USER_HOLE = 1;
}

static NOINLINE VOID call_hole(VOID)
{
    ((VOID(*)(VOID))(ULONG_PTR)USER_HOLE)();
}

static NOINLINE VOID load_noncanonical(VOID)
{
    (VOID) * (volatile ULONG64 *)0x8000000000000000ull;
}

static NOINLINE VOID divide(VOID)
{
    volatile int One = 1, Zero = 0;

    One = One / Zero;
}

static NOINLINE VOID invalid_opcode(VOID)
{
    __asm__ volatile("ud2");
}

static NOINLINE VOID privileged(VOID)
{
    __asm__ volatile("wrmsr" : : "a"(0), "d"(0), "c"(0x12345678));
}

static const struct {
    VOID (*Routine)(VOID);
    NTSTATUS Code;
    ULONG Parameters;
    ULONG64 Access, Address;
    const char *Text;
} Faults[] = {
    { load_hole, STATUS_ACCESS_VIOLATION, 2, 0, 0x2000, "a load" },
    { store_hole, STATUS_ACCESS_VIOLATION, 2, 1, 0x2000, "a store" },
    { call_hole, STATUS_ACCESS_VIOLATION, 2, 8, 0x2000, "a call" },
    { load_noncanonical, STATUS_ACCESS_VIOLATION, 2, 0, ~0ull,
      "a load of a non-canonical address" },
    { divide, STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0, "a division by zero" },
    { invalid_opcode, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0, "an undefined instruction" },
    { privileged, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0, "a privileged instruction" },
};

static VOID test_faults(PVOID Context)
{
    KIRQL Irql = KeGetCurrentIrql();
    volatile ULONG Caught;
    SEEN Seen;
    ULONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Faults); i++) {
        if (Irql >= DISPATCH_LEVEL && Faults[i].Address == 0x2000)
            continue; /* page faults are not allowed there: bug check */
        tap_fill(&Seen);
        Seen.Calls = Caught = 0;
        __try {
            Faults[i].Routine();
            Caught = 1000;
        } __except (note(&Seen, GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
            Caught += GetExceptionCode() == Faults[i].Code;
        }
        is_ulong(Caught, 1, "%s is caught", Faults[i].Text);
        is_status(Seen.Record.ExceptionCode, Faults[i].Code, "its code");
        is_ulong(Seen.Calls, 1, "the filter ran once");
        is_ulong(Seen.Record.NumberParameters, Faults[i].Parameters, "its parameters");
        if (Faults[i].Parameters == 2) {
            is_hex(Seen.Record.ExceptionInformation[0], Faults[i].Access, "kind of access");
            is_hex(Seen.Record.ExceptionInformation[1], Faults[i].Address, "address");
        }
        is_ptr(Seen.Record.ExceptionAddress, Seen.Rip, "the context is at the instruction");
        is_ulong(Seen.Irql, Irql, "the filter's IRQL");
        is_irql(Irql, "the handler's IRQL");
    }
}

/* ---- raised ---- */

static VOID raise_status(VOID)
{
    ExRaiseStatus(STATUS_TIMEOUT);
}
static VOID raise_rtl_status(VOID)
{
    RtlRaiseStatus(STATUS_DEVICE_BUSY);
}
static VOID raise_violation(VOID)
{
    ExRaiseAccessViolation();
}
static VOID raise_misalignment(VOID)
{
    ExRaiseDatatypeMisalignment();
}

static const struct {
    VOID (*Routine)(VOID);
    NTSTATUS Code;
    KIRQL Highest; /* [doc] */
    const char *Text;
} Raisers[] = {
    { raise_status, STATUS_TIMEOUT, APC_LEVEL, "ExRaiseStatus" },
    { raise_rtl_status, STATUS_DEVICE_BUSY, DISPATCH_LEVEL, "RtlRaiseStatus" },
    { raise_violation, STATUS_ACCESS_VIOLATION, PASSIVE_LEVEL, "ExRaiseAccessViolation" },
    { raise_misalignment, STATUS_DATATYPE_MISALIGNMENT, PASSIVE_LEVEL,
      "ExRaiseDatatypeMisalignment" },
};

static VOID test_raised(PVOID Context)
{
    SEEN Seen;
    ULONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Raisers); i++) {
        if (KeGetCurrentIrql() > Raisers[i].Highest)
            continue;
        tap_fill(&Seen);
        Seen.Calls = 0;
        __try {
            Raisers[i].Routine();
            ok(FALSE, "%s does not return", Raisers[i].Text);
        } __except (note(&Seen, GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
            is_status(GetExceptionCode(), Raisers[i].Code, "%s", Raisers[i].Text);
        }
        is_ulong(Seen.Record.NumberParameters, 0, "no parameters");
        ok(Seen.Record.ExceptionFlags & EXCEPTION_NONCONTINUABLE, "it cannot be continued");
    }
}

/* ---- the three answers ---- */

static LONG count(volatile ULONG *Calls, LONG Answer)
{
    ++*Calls;
    return Answer;
}

static VOID test_search(PVOID Context)
{
    volatile ULONG Inner = 0, Outer = 0, Where = 0;

    UNREFERENCED_PARAMETER(Context);
    __try {
        __try {
            RtlRaiseStatus(STATUS_UNSUCCESSFUL);
        } __except (count(&Inner, EXCEPTION_CONTINUE_SEARCH)) {
            Where = 1;
        }
    } __except (count(&Outer, EXCEPTION_EXECUTE_HANDLER)) {
        Where = 2;
    }
    is_ulong(Where, 2, "the outer handler takes what the inner filter passes on");
    ok(Inner == 1 && Outer == 1, "each filter ran once");
}

static VOID test_innermost(PVOID Context)
{
    volatile ULONG Outer = 0, Where = 0;

    UNREFERENCED_PARAMETER(Context);
    __try {
        __try {
            RtlRaiseStatus(STATUS_UNSUCCESSFUL);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Where = 1;
        }
        Where |= 4;
    } __except (count(&Outer, EXCEPTION_EXECUTE_HANDLER)) {
        Where |= 2;
    }
    is_ulong(Where, 5, "the inner handler, then the code behind it");
    is_ulong(Outer, 0, "the outer filter is not asked");
}

/* A raise that may be continued: RtlRaiseException comes back. */
static VOID test_continue_raise(PVOID Context)
{
    EXCEPTION_RECORD Record;
    volatile ULONG Where = 0;
    SEEN Seen;

    UNREFERENCED_PARAMETER(Context);
    tap_fill(&Seen);
    Seen.Calls = 0;
    RtlZeroMemory(&Record, sizeof(Record));
    Record.ExceptionCode = (NTSTATUS)0xE0001234;
    Record.NumberParameters = 3;
    Record.ExceptionInformation[2] = 77;
    __try {
        RtlRaiseException(&Record);
        Where |= 1;
    } __except (note(&Seen, GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
        Where |= 2;
    }
    is_ulong(Where, 1, "RtlRaiseException returns when the filter says so");
    is_hex((ULONG)Seen.Record.ExceptionCode, 0xE0001234, "its code");
    ok(Seen.Record.NumberParameters == 3 && Seen.Record.ExceptionInformation[2] == 77,
       "its parameters");
    is_ptr(Seen.Record.ExceptionAddress, Seen.Rip, "its address is the return from the raise");
}

/* The filter repairs the pointer register and the load is done again. */
static LONG repair(PEXCEPTION_POINTERS Pointers, ULONG64 *Good)
{
    if (Pointers->ContextRecord->Rcx != 0x2000)
        return EXCEPTION_EXECUTE_HANDLER;
    Pointers->ContextRecord->Rcx = (ULONG64)Good;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static NOINLINE ULONG64 load_by_rcx(VOID)
{
    ULONG64 Value;

    __asm__ volatile("movq $0x2000, %%rcx\n\tmovq (%%rcx), %0" : "=r"(Value) : : "rcx", "memory");
    return Value;
}

static VOID test_continue_fault(PVOID Context)
{
    ULONG64 Good = 0x123456789ABCDEF0;
    volatile ULONG64 Value = 0;

    UNREFERENCED_PARAMETER(Context);
    __try {
        Value = load_by_rcx();
    } __except (repair(GetExceptionInformation(), &Good)) {
        Value = 1;
    }
    is_hex(Value, 0x123456789ABCDEF0, "a load goes on with the register that the filter changed");
}

/* Continuing what cannot be continued raises another exception, whose record points to the first.
 */
static LONG insist(PEXCEPTION_POINTERS Pointers, volatile NTSTATUS *Second,
                   volatile NTSTATUS *First)
{
    if (Pointers->ExceptionRecord->ExceptionCode == STATUS_UNSUCCESSFUL)
        return EXCEPTION_CONTINUE_EXECUTION;
    *Second = Pointers->ExceptionRecord->ExceptionCode;
    *First = Pointers->ExceptionRecord->ExceptionRecord != NULL
                 ? Pointers->ExceptionRecord->ExceptionRecord->ExceptionCode
                 : 0;
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID test_noncontinuable(PVOID Context)
{
    volatile NTSTATUS First = 1, Second = 1;

    UNREFERENCED_PARAMETER(Context);
    __try {
        RtlRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (insist(GetExceptionInformation(), &Second, &First)) {
        is_status(GetExceptionCode(), STATUS_NONCONTINUABLE_EXCEPTION,
                  "continuing it is an exception of its own");
    }
    is_status(Second, STATUS_NONCONTINUABLE_EXCEPTION, "seen by the filter");
    is_status(First, STATUS_UNSUCCESSFUL, "with the first exception's record");
}

/* ---- frames ---- */

static NOINLINE ULONG descend(ULONG Depth, volatile ULONG *Reached)
{
    volatile ULONG Local = Depth;

    if (Depth == 0) {
        *Reached = 1;
        RtlRaiseStatus(STATUS_UNSUCCESSFUL);
        return 0;
    }
    return descend(Depth - 1, Reached) + Local;
}

static VOID test_deep(PVOID Context)
{
    volatile ULONG Reached = 0, Caught = 0;
    volatile ULONG64 Canary = 0xC0FFEE;

    UNREFERENCED_PARAMETER(Context);
    __try {
        descend(50, &Reached);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Caught++;
    }
    ok(Reached == 1 && Caught == 1 && Canary == 0xC0FFEE, "an exception leaves 51 frames");
}

static NOINLINE NTSTATUS catch_and_return(VOID)
{
    __try {
        RtlRaiseStatus(STATUS_CANCELLED);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static VOID test_many(PVOID Context)
{
    ULONG i, Caught = 0;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < 1000; i++)
        Caught += catch_and_return() == STATUS_CANCELLED;
    is_ulong(Caught, 1000, "a thousand exceptions, one after the other");
}

static const TAP_CASE Cases[] = {
    { "faults", test_faults, TAP_ALL_LEVELS },
    { "raised statuses", test_raised, TAP_ALL_LEVELS },
    { "continue search", test_search, TAP_ALL_LEVELS },
    { "innermost first", test_innermost, TAP_ALL_LEVELS },
    { "continue a raise", test_continue_raise, TAP_ALL_LEVELS },
    { "continue a fault", test_continue_fault, TAP_PASSIVE | TAP_APC },
    { "continue what cannot be", test_noncontinuable, TAP_ALL_LEVELS },
    { "many frames", test_deep, TAP_ALL_LEVELS },
    { "many exceptions", test_many, TAP_PASSIVE },
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(Cases, NULL);
    return done();
}
