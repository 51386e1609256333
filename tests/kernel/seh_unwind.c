/*
 * Unwinding of real frames: targets and return values of RtlUnwind and its kin, setjmp and longjmp,
 * consolidation, contexts, non-volatile registers, backtraces and function tables.
 */
#include "tap.h"
#include "unwind.h"

int _setjmp(jmp_buf Buffer, void *Frame);
int _setjmpex(jmp_buf Buffer, void *Frame);
VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp);
VOID __jump_unwind(PVOID TargetFrame, PVOID TargetIp);

/*
 * ULONG64 unwind_target(VOID (*Routine)(PVOID Frame, PVOID Ip)): calls Routine with its own frame
 * and the address of the place behind the call where rax is returned as it is; a Routine that
 * returns gives ~0.
 */
ULONG64 unwind_target(VOID (*Routine)(PVOID Frame, PVOID Ip));
__asm__(
    ".text\n.globl unwind_target\n.def unwind_target; .scl 2; .type 32; .endef\n.seh_proc "
    "unwind_target\n"
    "unwind_target:\n\tsubq $0x28, %rsp\n\t.seh_stackalloc 0x28\n\t.seh_endprologue\n"
    "\tmovq %rcx, %rax\n\tmovq %rsp, %rcx\n\tleaq 1f(%rip), %rdx\n\tcallq *%rax\n\tmovq $-1, %rax\n"
    "1:\taddq $0x28, %rsp\n\tretq\n\t.seh_endproc\n");

/* The non-volatile registers. */
typedef struct _NONVOLATILE {
    ULONG64 Integer[8]; /* rbx, rbp, rsi, rdi, r12-r15 */
    ULONG64 Xmm[10][2];
} NONVOLATILE;

#define SAVE_INTEGERS \
    "\tpushq %rbx\n\t.seh_pushreg %rbx\n\tpushq %rbp\n\t.seh_pushreg %rbp\n\tpushq " \
    "%rsi\n\t.seh_pushreg %rsi\n" \
    "\tpushq %rdi\n\t.seh_pushreg %rdi\n\tpushq %r12\n\t.seh_pushreg %r12\n\tpushq " \
    "%r13\n\t.seh_pushreg %r13\n" \
    "\tpushq %r14\n\t.seh_pushreg %r14\n\tpushq %r15\n\t.seh_pushreg %r15\n"
#define RESTORE_INTEGERS \
    "\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rdi\n\tpopq %rsi\n\tpopq " \
    "%rbp\n\tpopq %rbx\n"
#define SAVE_XMM(n, at) "\tmovaps %xmm" #n ", " #at "(%rsp)\n\t.seh_savexmm %xmm" #n ", " #at "\n"
#define SAVE_XMMS \
    SAVE_XMM(6, 0x30) \
    SAVE_XMM(7, 0x40) \
    SAVE_XMM(8, 0x50) SAVE_XMM(9, 0x60) SAVE_XMM(10, 0x70) SAVE_XMM(11, 0x80) SAVE_XMM(12, 0x90) \
        SAVE_XMM(13, 0xA0) SAVE_XMM(14, 0xB0) SAVE_XMM(15, 0xC0)
#define RESTORE_XMM(n, at) "\tmovaps " #at "(%rsp), %xmm" #n "\n"
#define RESTORE_XMMS \
    RESTORE_XMM(6, 0x30) \
    RESTORE_XMM(7, 0x40) \
    RESTORE_XMM(8, 0x50) RESTORE_XMM(9, 0x60) RESTORE_XMM(10, 0x70) RESTORE_XMM(11, 0x80) \
        RESTORE_XMM(12, 0x90) RESTORE_XMM(13, 0xA0) RESTORE_XMM(14, 0xB0) RESTORE_XMM(15, 0xC0)
#define LOAD_XMM(n, at) "\tmovups " #at "(%rcx), %xmm" #n "\n"
#define STORE_XMM(n, at) "\tmovups %xmm" #n ", " #at "(%rcx)\n"
#define FOR_XMMS(Do) \
    Do(6, 0x40) Do(7, 0x50) Do(8, 0x60) Do(9, 0x70) Do(10, 0x80) Do(11, 0x90) Do(12, 0xA0) \
        Do(13, 0xB0) Do(14, 0xC0) Do(15, 0xD0)
#define FUNCTION(name) \
    ".text\n.globl " #name "\n.def " #name "; .scl 2; .type 32; .endef\n.seh_proc " #name \
    "\n" #name ":\n" SAVE_INTEGERS "\tsubq $0xD8, %rsp\n\t.seh_stackalloc 0xD8\n" SAVE_XMMS \
    "\t.seh_endprologue\n"
#define END_FUNCTION RESTORE_XMMS "\taddq $0xD8, %rsp\n" RESTORE_INTEGERS "\tretq\n\t.seh_endproc\n"

/* Calls Routine with the registers of In, notes them in Out when it is back. */
VOID with_registers(const NONVOLATILE *In, NONVOLATILE *Out, VOID (*Routine)(VOID));
__asm__(FUNCTION(with_registers) "\tmovq %rdx, 0x20(%rsp)\n\tmovq %r8, %rax\n" FOR_XMMS(
    LOAD_XMM) "\tmovq 0x00(%rcx), %rbx\n\tmovq 0x08(%rcx), %rbp\n\tmovq 0x10(%rcx), %rsi\n\tmovq "
              "0x18(%rcx), %rdi\n"
              "\tmovq 0x20(%rcx), %r12\n\tmovq 0x28(%rcx), %r13\n\tmovq 0x30(%rcx), %r14\n\tmovq "
              "0x38(%rcx), %r15\n"
              "\tcallq *%rax\n\tmovq 0x20(%rsp), %rcx\n" FOR_XMMS(
                  STORE_XMM) "\tmovq %rbx, 0x00(%rcx)\n\tmovq %rbp, 0x08(%rcx)\n\tmovq %rsi, "
                             "0x10(%rcx)\n\tmovq %rdi, 0x18(%rcx)\n"
                             "\tmovq %r12, 0x20(%rcx)\n\tmovq %r13, 0x28(%rcx)\n\tmovq %r14, "
                             "0x30(%rcx)\n\tmovq %r15, 0x38(%rcx)\n" END_FUNCTION);

/* Calls Routine with all non-volatile registers spoilt. */
VOID spoil_registers(VOID (*Routine)(VOID));
#define SPOIL_XMM(n, at) "\tpcmpeqd %xmm" #n ", %xmm" #n "\n"
__asm__(FUNCTION(
    spoil_registers) "\tmovq %rcx, %rax\n\tmovq $-1, %rbx\n\tmovq %rbx, %rbp\n\tmovq %rbx, %rsi\n"
                     "\tmovq %rbx, %rdi\n\tmovq %rbx, %r12\n\tmovq %rbx, %r13\n\tmovq %rbx, "
                     "%r14\n\tmovq %rbx, %r15\n" FOR_XMMS(
                         SPOIL_XMM) "\tcallq *%rax\n\tnop\n" END_FUNCTION);

/* ---- registers ---- */

static VOID raise(VOID)
{
    RtlRaiseStatus(STATUS_UNSUCCESSFUL);
}

static VOID fault(VOID)
{
    (VOID) * (volatile ULONG *)0x2000;
}

static VOID (*volatile Thrower)(VOID);

static NOINLINE VOID catch_it(VOID)
{
    __try {
        spoil_registers(Thrower);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
}

static VOID jump_back(PVOID Frame, PVOID Ip);
static NOINLINE VOID unwind_it(VOID)
{
    unwind_target(jump_back);
}

static VOID do_jump_back(VOID);
static struct {
    PVOID Frame, Ip;
} Back;

static VOID jump_back(PVOID Frame, PVOID Ip)
{
    Back.Frame = Frame;
    Back.Ip = Ip;
    spoil_registers(do_jump_back);
}

static VOID do_jump_back(VOID)
{
    RtlUnwind(Back.Frame, Back.Ip, NULL, NULL);
}

static VOID check_registers(VOID (*Routine)(VOID), const char *Text)
{
    NONVOLATILE In, Out;
    ULONG i;

    tap_fill(&Out);
    for (i = 0; i < 8; i++)
        In.Integer[i] = 0x1000 + i;
    for (i = 0; i < 20; i++)
        (&In.Xmm[0][0])[i] = 0x2000 + i;
    with_registers(&In, &Out, Routine);
    is_bytes(&Out.Integer, &In.Integer, sizeof(In.Integer), "integer registers after %s", Text);
    is_bytes(&Out.Xmm, &In.Xmm, sizeof(In.Xmm), "xmm6 to xmm15 after %s", Text);
}

static VOID test_registers(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Thrower = raise;
    check_registers(catch_it, "a raised exception");
    check_registers(unwind_it, "RtlUnwind");
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        return; /* a page fault would be a bug check */
    Thrower = fault;
    check_registers(catch_it, "a fault");
}

/* ---- targets ---- */

static char Steps[16];
static ULONG StepCount;

static NOINLINE VOID step(char Step)
{
    if (StepCount + 1 < sizeof(Steps))
        Steps[StepCount++] = Step;
}

static VOID begin_steps(VOID)
{
    RtlZeroMemory(Steps, sizeof(Steps));
    StepCount = 0;
}

static VOID by_unwind(PVOID Frame, PVOID Ip)
{
    RtlUnwind(Frame, Ip, NULL, (PVOID)0x123456789AB);
}

static VOID by_unwind_ex(PVOID Frame, PVOID Ip)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = STATUS_UNWIND };
    CONTEXT Context;

    RtlUnwindEx(Frame, Ip, &Record, (PVOID)0x123456789AB, &Context, NULL);
}

static VOID by_local_unwind(PVOID Frame, PVOID Ip)
{
    _local_unwind(Frame, Ip);
}

static VOID by_jump_unwind(PVOID Frame, PVOID Ip)
{
    __jump_unwind(Frame, Ip);
}

static VOID (*volatile Leave)(PVOID Frame, PVOID Ip);

static NOINLINE VOID leave_two_frames(PVOID Frame, PVOID Ip)
{
    __try {
        step('1');
        Leave(Frame, Ip);
        step('x');
    } __finally {
        step(AbnormalTermination() ? 'a' : 'n');
    }
}

static VOID leave_three_frames(PVOID Frame, PVOID Ip)
{
    __try {
        leave_two_frames(Frame, Ip);
    } __finally {
        step(AbnormalTermination() ? 'b' : 'n');
    }
}

static VOID test_targets(PVOID Context)
{
    static const struct {
        VOID (*Routine)(PVOID, PVOID);
        ULONG64 Value;
        const char *Text;
    } Cases[] = {
        { by_unwind, 0x123456789AB, "RtlUnwind" },
        { by_unwind_ex, 0x123456789AB, "RtlUnwindEx" },
        { by_local_unwind, 0, "_local_unwind" },
        { by_jump_unwind, 0, "__jump_unwind" },
    };
    ULONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Cases); i++) {
        begin_steps();
        Leave = Cases[i].Routine;
        is_hex(unwind_target(leave_three_frames), Cases[i].Value,
               "%s gives its value at the target", Cases[i].Text);
        is_string(Steps, "1ab", "after the termination handlers");
    }
}

/* A frame that is not there any more. */
static VOID test_bad_target(PVOID Context)
{
    volatile ULONG64 Dead = 0;

    UNREFERENCED_PARAMETER(Context);
    __try {
        RtlUnwind((PVOID)((ULONG_PTR)&Dead - 0x1000), (PVOID)raise, NULL, NULL);
        ok(FALSE, "RtlUnwind does not return");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ok(GetExceptionCode() == STATUS_INVALID_UNWIND_TARGET ||
               GetExceptionCode() == STATUS_BAD_STACK,
           "a target below the stack is refused");
    }
}

/* ---- setjmp ---- */

static jmp_buf Buffer;

static NOINLINE VOID jump(int Value)
{
    __try {
        step('j');
        longjmp(Buffer, Value);
    } __finally {
        step('f');
    }
}

static VOID (*volatile Jump)(int Value) = jump;

static NOINLINE int set_and_jump(int Value, BOOLEAN Unwinding)
{
    void *Frame = NULL;
    int Result;

    if (Unwinding)
        __asm__ volatile("movq %%rsp, %0"
                         : "=r"(Frame)); /* no alloca here: rsp is the establisher frame */
    Result = Unwinding ? _setjmpex(Buffer, Frame) : _setjmp(Buffer, NULL);
    if (Result == 0)
        Jump(Value);
    return Result;
}

static VOID test_setjmp(PVOID Context)
{
    static const int Values[] = { 1, -5, 0 };
    ULONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Values); i++) {
        begin_steps();
        is_long(set_and_jump(Values[i], TRUE), Values[i] == 0 ? 1 : Values[i], "longjmp(%d)",
                Values[i]);
        is_string(Steps, "jf", "unwinds on the way");
        begin_steps();
        is_long(set_and_jump(Values[i], FALSE), Values[i] == 0 ? 1 : Values[i],
                "longjmp(%d) without a frame", Values[i]);
        is_string(Steps, "j", "unwinds nothing");
    }
}

/* ---- consolidation ---- */

static PVOID ConsolidateTo;
static BOOLEAN ConsolidateRaises;
static ULONG64 ConsolidateSaw;

static PVOID NTAPI consolidate(PEXCEPTION_RECORD Record)
{
    step('c');
    ConsolidateSaw = Record->ExceptionInformation[1];
    if (ConsolidateRaises)
        RtlRaiseStatus(STATUS_CANCELLED);
    return ConsolidateTo;
}

static VOID by_consolidation(PVOID Frame, PVOID Ip)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = STATUS_UNWIND_CONSOLIDATE, .NumberParameters = 2 };
    CONTEXT Context;

    ConsolidateTo = Ip;
    Record.ExceptionInformation[0] = (ULONG_PTR)consolidate;
    Record.ExceptionInformation[1] = 42;
    RtlUnwindEx(Frame, NULL, &Record, (PVOID)77, &Context, NULL);
}

static VOID test_consolidation(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    begin_steps();
    Leave = by_consolidation;
    ConsolidateRaises = FALSE;
    is_ulong64(unwind_target(leave_three_frames), 77, "goes on where the callback says");
    is_string(Steps, "1abc", "the callback comes after the termination handlers");
    is_ulong64(ConsolidateSaw, 42, "it gets the record");
    begin_steps();
    ConsolidateRaises = TRUE;
    __try {
        unwind_target(leave_three_frames);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        is_status(GetExceptionCode(), STATUS_CANCELLED, "an exception of the callback");
    }
    is_string(Steps, "1abc", "does not meet the frames that are gone");
}

/* ---- contexts ---- */

static VOID test_context(PVOID Unused)
{
    static volatile ULONG Passes;
    USHORT ControlWord, Original;
    static CONTEXT Context;

    UNREFERENCED_PARAMETER(Unused);
    tap_fill(&Context);
    Passes = 0;
    RtlCaptureContext(&Context);
    Passes++;
    if (Passes == 1) {
        ok((Context.ContextFlags & 0x10000F) == 0x10000F,
           "control, integer, segment and floating point parts");
        ok(Context.Rip > (ULONG64)test_context && Context.Rip < (ULONG64)test_context + 0x1000,
           "rip is here");
        ok(Context.Rsp < (ULONG64)_AddressOfReturnAddress() &&
               Context.Rsp > (ULONG64)_AddressOfReturnAddress() - 0x1000,
           "rsp is here");
        is_hex(Context.MxCsr, 0x1F80, "mxcsr");
        Context.FltSave.ControlWord ^= 0x0100; /* another precision */
        RtlRestoreContext(&Context, NULL);
    }
    __asm__ volatile("fnstcw %0" : "=m"(ControlWord));
    Original = Context.FltSave.ControlWord ^ 0x0100;
    __asm__ volatile("fldcw %0" : : "m"(Original));
    is_hex(ControlWord, Original ^ 0x0100, "with its x87 state");
    is_ulong(Passes, 2, "RtlRestoreContext goes back to where the context was captured");
}

/* ---- backtraces ---- */

static PVOID Frames[3][8];
static ULONG Counts[3];
static ULONG Hash;

static NOINLINE VOID inner(VOID)
{
    Counts[0] = RtlCaptureStackBackTrace(0, 3, Frames[0], &Hash);
    Counts[1] = RtlCaptureStackBackTrace(1, 2, Frames[1], NULL);
    Counts[2] = RtlWalkFrameChain(Frames[2], 3, 0);
    step('i');
}

static NOINLINE VOID middle(VOID)
{
    inner();
    step('m');
}

static NOINLINE VOID outer(VOID)
{
    middle();
    step('o');
}

static BOOLEAN is_in(PVOID Address, PVOID Function)
{
    ULONG64 Base;
    PRUNTIME_FUNCTION Entry = RtlLookupFunctionEntry((ULONG64)Address, &Base, NULL);

    return Entry != NULL && Base + Entry->BeginAddress == (ULONG64)Function &&
           (ULONG64)Address < Base + Entry->EndAddress;
}

static VOID test_backtrace(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    begin_steps();
    tap_fill(&Frames);
    outer();
    is_ulong(Counts[0], 3, "as many frames as asked for");
    ok(is_in(Frames[0][0], inner) && is_in(Frames[0][1], middle) && is_in(Frames[0][2], outer),
       "from the caller outwards");
    is_hex(Hash, (ULONG)((ULONG64)Frames[0][0] + (ULONG64)Frames[0][1] + (ULONG64)Frames[0][2]),
           "the hash");
    is_hex((ULONG64)Frames[0][3], 0xA5A5A5A5A5A5A5A5, "nothing behind them");
    is_ulong(Counts[1], 2, "with one frame skipped");
    ok(Frames[1][0] == Frames[0][1] && Frames[1][1] == Frames[0][2], "the first is left out");
    is_ulong(Counts[2], 3, "RtlWalkFrameChain");
    ok(is_in(Frames[2][0], inner) && is_in(Frames[2][2], outer), "from the caller outwards");
    is_ulong(RtlWalkFrameChain(Frames[0], 8, 1), 0, "no user frames in a system thread");
}

static VOID test_tables(PVOID Context)
{
    PVOID Base = (PVOID)1;
    ULONG64 Image = 1;
    USHORT *Header;

    UNREFERENCED_PARAMETER(Context);
    ok(is_in((PVOID)((ULONG64)outer + 1), outer), "a function's entry by an address in it");
    ok(is_in((PVOID)((ULONG64)raise + 1), raise), "another");
    Header = RtlPcToFileHeader((PVOID)outer, &Base);
    ok(Header == Base && Base != NULL && *Header == 0x5A4D, "the image that holds a function");
    RtlLookupFunctionEntry((ULONG64)outer, &Image, NULL);
    is_ptr(Image, Base, "is the function table's");
    is_ptr(RtlPcToFileHeader(&Base, &Base), NULL, "the stack is in no image");
    is_ptr(Base, NULL, "and the base is NULL");
    is_ptr(RtlLookupFunctionEntry((ULONG64)&Base, &Image, NULL), NULL, "no function there either");
    is_ptr(RtlLookupFunctionEntry((ULONG64)Header, &Image, NULL), NULL,
           "no function in an image's header");
}

static const TAP_CASE Cases[] = {
    { "non-volatile registers", test_registers, TAP_ALL_LEVELS },
    { "targets", test_targets, TAP_ALL_LEVELS },
    { "a bad target", test_bad_target, TAP_PASSIVE },
    { "setjmp", test_setjmp, TAP_ALL_LEVELS },
    { "consolidation", test_consolidation, TAP_ALL_LEVELS },
    { "contexts", test_context, TAP_ALL_LEVELS },
    { "backtraces", test_backtrace, TAP_ALL_LEVELS },
    { "function tables", test_tables, TAP_ALL_LEVELS },
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(Cases, NULL);
    return done();
}
