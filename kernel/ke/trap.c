/*
 * Traps: what the host delivers, turned into NT exceptions, bug checks, or emulation of privileged instructions. Faults on user
 * addresses are exceptions that __try sees; faults on system addresses bug check, as on NT.
 * Leaves out: model-specific registers beyond the few below (they raise STATUS_PRIVILEGED_INSTRUCTION), debug registers.
 * Port instructions in kernel mode never come here: the host does them.
 */
#include "ki.h"

#include "offsets.h"

#include "../ex/ex.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"
#include "../ps/ps.h"
#include "../rtl/seh.h"

VOID KiTrapHandler(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info);
extern const UCHAR KiServiceCopyStart[], KiServiceCopyEnd[], KiServiceFault[];

/* ---- contexts ---- */

VOID KiFrameToContext(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, PCONTEXT Context)
{
    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
    Context->Rax = Frame->rax;
    Context->Rcx = Frame->rcx;
    Context->Rdx = Frame->rdx;
    Context->Rbx = Frame->rbx;
    Context->Rsp = Frame->rsp;
    Context->Rbp = Frame->rbp;
    Context->Rsi = Frame->rsi;
    Context->Rdi = Frame->rdi;
    Context->R8 = Frame->r8;
    Context->R9 = Frame->r9;
    Context->R10 = Frame->r10;
    Context->R11 = Frame->r11;
    Context->R12 = Exception->R12;
    Context->R13 = Exception->R13;
    Context->R14 = Exception->R14;
    Context->R15 = Exception->R15;
    Context->Rip = Frame->rip;
    Context->EFlags = Frame->eflags;
    Context->SegCs = Frame->seg_cs;
    Context->SegSs = Frame->seg_ss;
    if (Exception->ExtendedState != NULL)
        RtlCopyMemory(&Context->FltSave, Exception->ExtendedState, sizeof(Context->FltSave));
    Context->MxCsr = Context->FltSave.MxCsr;
}

VOID KiContextToFrame(PCONTEXT Context, HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    Frame->rax = Context->Rax;
    Frame->rcx = Context->Rcx;
    Frame->rdx = Context->Rdx;
    Frame->rbx = Context->Rbx;
    Frame->rsp = Context->Rsp;
    Frame->rbp = Context->Rbp;
    Frame->rsi = Context->Rsi;
    Frame->rdi = Context->Rdi;
    Frame->r8 = Context->R8;
    Frame->r9 = Context->R9;
    Frame->r10 = Context->R10;
    Frame->r11 = Context->R11;
    Exception->R12 = Context->R12;
    Exception->R13 = Context->R13;
    Exception->R14 = Context->R14;
    Exception->R15 = Context->R15;
    Frame->rip = Context->Rip;
    Frame->eflags = (Context->EFlags & 0xCD5) | 0x202;
    Frame->seg_cs = 0x33;
    Frame->seg_ss = 0x2B;
    if (Exception->ExtendedState != NULL && (Context->ContextFlags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        RtlCopyMemory(Exception->ExtendedState, &Context->FltSave, sizeof(Context->FltSave));
        *(ULONG *)((PUCHAR)Exception->ExtendedState + 24) &= 0xFFFF; /* reserved MXCSR bits would fault */
        *(ULONG64 *)((PUCHAR)Exception->ExtendedState + 512) |= 3;   /* x87 and SSE state are there */
    }
}

/* ---- exceptions ---- */

ULONG KeUserExceptionCount;

VOID KiDispatchException(PEXCEPTION_RECORD Record, PVOID ExceptionFrame, HAL_TRAP_FRAME *Frame, KPROCESSOR_MODE Mode,
                         BOOLEAN FirstChance)
{
    CONTEXT Context;

    KiFrameToContext(Frame, ExceptionFrame, &Context);
    if (Mode == UserMode) {
        KeUserExceptionCount++;
        if (!PspForwardException(Record, &Context, Frame, FirstChance))
            PspUnhandledException(Record);
        return;
    }
    if (FirstChance && RtlDispatchException(Record, &Context)) {
        KiContextToFrame(&Context, Frame, ExceptionFrame);
        return;
    }
    KiUnhandledException(Record, &Context);
}

static VOID KiRaise(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, NTSTATUS Code, ULONG Count, ULONG64 P0,
                    ULONG64 P1)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Code, .ExceptionAddress = (PVOID)Frame->rip, .NumberParameters = Count};

    Record.ExceptionInformation[0] = P0;
    Record.ExceptionInformation[1] = P1;
    KiDispatchException(&Record, Exception, Frame, Frame->previous_mode ? UserMode : KernelMode, TRUE);
}

/* ---- page faults ---- */

/* A bug check for a fault on a system address, or on any at raised IRQL. */
static DECLSPEC_NORETURN VOID KiSystemFault(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception,
                                            const HAL_TRAP_INFO *Info)
{
    KIRQL Irql = KiGetPcr()->Irql;
    ULONG64 Pte = MmGetPte((PVOID)Info->address);
    BOOLEAN ByKernel = Frame->rip >= KiLoaderBlock->modules[0].base &&
                       Frame->rip < KiLoaderBlock->modules[0].base + KiLoaderBlock->modules[0].size_bytes;
    ULONG Special = ExSpecialPoolFault((PVOID)Info->address, ByKernel);
    CONTEXT Context;

    KiFrameToContext(Frame, Exception, &Context);
    KeDescribeAddress((PVOID)Info->address);
    if (Special != 0) /* [guess: at any IRQL] */
        KiBugCheck(Special, Info->address, Info->access, Frame->rip, 0, &Context, TRUE);
    if ((Pte & HAL_PTE_PRESENT) && Info->access == HAL_ACCESS_EXECUTE) /* [doc: NOEXECUTE_MEMORY] */
        KiBugCheck(0xFC, Info->address, Pte, (ULONG64)Frame, 2, &Context, TRUE);
    if ((Pte & HAL_PTE_PRESENT) && Info->access == HAL_ACCESS_WRITE) /* [doc: ATTEMPTED_WRITE_TO_READONLY_MEMORY] */
        KiBugCheck(0xBE, Info->address, Pte, (ULONG64)Frame, 10, &Context, TRUE);
    if (Irql >= DISPATCH_LEVEL) /* [doc: DRIVER_IRQL_NOT_LESS_OR_EQUAL / IRQL_NOT_LESS_OR_EQUAL] */
        KiBugCheck(ByKernel ? 0xA : 0xD1, Info->address, Irql, Info->access, Frame->rip, &Context, TRUE);
    KiBugCheck(0x50, Info->address, Info->access == HAL_ACCESS_EXECUTE ? 0x10 : Info->access, Frame->rip, 2, &Context,
               TRUE); /* [doc: PAGE_FAULT_IN_NONPAGED_AREA] */
}

static VOID KiPageFault(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    if (Info->address < HAL_USER_END && MmShowPage((PVOID)Info->address, Info->access))
        return;
    if (Frame->previous_mode) {
        KiRaise(Frame, Exception,
                Info->address < HAL_USER_END ? MmUserFault((PVOID)Info->address) : STATUS_ACCESS_VIOLATION, 2,
                Info->access, Info->address);
        return;
    }
    if (Frame->rip >= (ULONG64)KiServiceCopyStart && Frame->rip < (ULONG64)KiServiceCopyEnd) {
        Frame->rip = (ULONG64)KiServiceFault;
        return;
    }
    if (Info->address >= HAL_USER_END || KiGetPcr()->Irql >= DISPATCH_LEVEL)
        KiSystemFault(Frame, Exception, Info);
    KiRaise(Frame, Exception, MmUserFault((PVOID)Info->address), 2, Info->access, Info->address);
}

/* ---- privileged instructions in kernel mode ---- */

static ULONG64 *KiRegister(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, UCHAR Index)
{
    ULONG64 *Registers[16] = {&Frame->rax, &Frame->rcx, &Frame->rdx, &Frame->rbx, &Frame->rsp, &Frame->rbp,
                              &Frame->rsi, &Frame->rdi, &Frame->r8, &Frame->r9, &Frame->r10, &Frame->r11,
                              &Exception->R12, &Exception->R13, &Exception->R14, &Exception->R15};

    return Registers[Index & 15];
}

/* Control registers as a driver may read them; cr8 is the IRQL. FALSE: not this one. */
static BOOLEAN KiReadControl(UCHAR Number, ULONG64 *Value)
{
    switch (Number) {
    case 0: *Value = 0x80050033; return TRUE;
    case 2: *Value = 0; return TRUE;
    case 3: *Value = KiLoaderBlock->root_pfn << PAGE_SHIFT; return TRUE;
    case 4: *Value = 0x3506F8; return TRUE;
    case 8: *Value = KiGetPcr()->Irql; return TRUE;
    default: return FALSE;
    }
}

/* IRQL by `mov cr8`: the write cannot fail, so neither direction is checked, as on hardware. */
static VOID KiWriteIrql(KIRQL NewIrql)
{
    if (NewIrql < KiGetPcr()->Irql)
        KeLowerIrql(NewIrql);
    else
        KiGetPcr()->Irql = NewIrql;
}

static VOID KiTimeStamp(HAL_TRAP_FRAME *Frame, const HAL_TRAP_INFO *Info)
{
    ULONG64 Stamp;

    KeChargeTime(1);
    Stamp = KeVirtualTime() * KE_CYCLES_PER_100NS;
    Frame->rax = (ULONG)Stamp;
    Frame->rdx = Stamp >> 32;
    if (Info->value)
        Frame->rcx = KiGetPrcb()->Number;
}

static BOOLEAN KiReadMsr(ULONG Number, ULONG64 *Value)
{
    switch (Number) {
    case 0x10: *Value = KeVirtualTime() * 100; return TRUE;          /* time stamp counter */
    case 0x1B: *Value = 0xFEE00900; return TRUE;                     /* local APIC base */
    case 0xC0000080: *Value = 0xD01; return TRUE;                    /* EFER */
    case 0xC0000082: *Value = (ULONG64)KiSystemServiceEntry; return TRUE; /* LSTAR */
    case 0xC0000101: *Value = (ULONG64)KiGetPcr(); return TRUE;      /* GS base */
    default: return FALSE;
    }
}

/* TRUE: done, rip is moved on. */
static BOOLEAN KiEmulate(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    ULONG64 *Register = KiRegister(Frame, Exception, Info->reg);
    ULONG64 Value;

    switch (Info->instruction) {
    case HAL_PRIV_READ_CR:
        if (!KiReadControl(Info->value, Register))
            return FALSE;
        if (Info->value == 8)
            LdrPatchIrqlRead((PVOID)Frame->rip, Info->length, Info->reg);
        break;
    case HAL_PRIV_WRITE_CR:
        if (Info->value != 8)
            return FALSE;
        Frame->rip += Info->length; /* lowering may run DPCs: the frame must be done before */
        KiWriteIrql((KIRQL)*Register);
        return TRUE;
    case HAL_PRIV_RDTSC:
        KiTimeStamp(Frame, Info);
        break;
    case HAL_PRIV_RDMSR:
        if (!KiReadMsr((ULONG)Frame->rcx, &Value))
            return FALSE;
        Frame->rax = (ULONG)Value;
        Frame->rdx = Value >> 32;
        break;
    case HAL_PRIV_CLI: /* interrupts come at preemption points only, so nothing can come between */
    case HAL_PRIV_STI:
    case HAL_PRIV_CACHE:
        break;
    case HAL_PRIV_HLT:
        KiSwitchToBusyProcessor();
        break;
    default:
        return FALSE;
    }
    Frame->rip += Info->length;
    return TRUE;
}

static VOID KiPrivileged(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    if (Frame->previous_mode && Info->instruction == HAL_PRIV_RDTSC) {
        KiTimeStamp(Frame, Info);
        Frame->rip += Info->length;
        return;
    }
    if (Frame->previous_mode || !KiEmulate(Frame, Exception, Info))
        KiRaise(Frame, Exception, STATUS_PRIVILEGED_INSTRUCTION, 0, 0, 0);
}

/* ---- spins ---- */

#define KI_FRUITLESS_SPINS 12 /* over an hour of virtual time has passed by then */

static struct {
    ULONG64 Rip, Progress;
    ULONG Count;
} KiSpin;

DECLSPEC_NORETURN VOID KiStall(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    CONTEXT Context;

    KiFrameToContext(Frame, Exception, &Context);
    if (KiGetPcr()->Irql >= DISPATCH_LEVEL) { /* [doc: DPC_WATCHDOG_VIOLATION, 0 = a single DPC or raised IRQL] */
        KeSetBugCheckText("code at %p goes round in a loop that nothing can end, at IRQL %u", (PVOID)Frame->rip,
                          KiGetPcr()->Irql);
        KiBugCheck(0x133, 0, 0x500, 0x500, 0, &Context, TRUE);
    }
    KeHang(&Context, "code at %p goes round in a loop that nothing can end", (PVOID)Frame->rip);
}

static DECLSPEC_NORETURN VOID KiTimeIsUp(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    CONTEXT Context;

    KiFrameToContext(Frame, Exception, &Context);
    KeHang(&Context, "code at %p still runs", (PVOID)Frame->rip);
}

/* A loop that only something else can end: let the others run, then let time pass; if neither helps, it is stuck. */
static VOID KiSpinning(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    ULONG64 Due;
    BOOLEAN Again = KiSpin.Rip == Frame->rip && KiSpin.Progress == KiLoaderBlock->progress;

    KiSpin.Count = Again ? KiSpin.Count + 1 : 0;
    KiSpin.Rip = Frame->rip;
    KiSpin.Progress = KiLoaderBlock->progress;
    if (KiSwitchToBusyProcessor())
        return;
    if (KiNextEventDue(&Due)) {
        KIRQL Irql = KiGetPcr()->Irql;

        KiAdvanceTimeTo(Due > KeVirtualTime() ? Due : KeVirtualTime());
        KeLowerIrql(Irql);
        if (Irql >= DISPATCH_LEVEL && KiExpireElsewhere())
            return;
    } else {
        KeChargeTime(10000000ull << KiSpin.Count); /* a loop that reads the time ends by it */
    }
    if (KiSpin.Count >= KI_FRUITLESS_SPINS)
        KiStall(Frame, Exception);
}

/*
 * Seconds of computing without a call. A program may; the others get their turn. A driver has twice the watchdog's allowance at
 * PASSIVE_LEVEL, at raised IRQL but one.
 */
static VOID KiComputing(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    static ULONG64 Progress = MAXULONG64;

    if (!Frame->previous_mode && (KiGetPcr()->Irql >= DISPATCH_LEVEL || Progress == KiLoaderBlock->progress))
        KiStall(Frame, Exception);
    Progress = KiLoaderBlock->progress;
    KiSwitchToBusyProcessor();
}

/* Some time has passed in user code: its quantum may be over, and timers due. */
static VOID KiClockTick(VOID)
{
    KeStallExecutionProcessor(0);
}

/* ---- all traps ---- */

static DECLSPEC_NORETURN VOID KiFatal(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, ULONG Code, ULONG64 P1,
                                      ULONG64 P2, ULONG64 P3)
{
    CONTEXT Context;

    KiFrameToContext(Frame, Exception, &Context);
    KiBugCheck(Code, P1, P2, P3, 0, &Context, TRUE);
}

static VOID KiFastFail(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    if (Frame->previous_mode) {
        EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_STACK_BUFFER_OVERRUN, .NumberParameters = 1,
                                   .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                                   .ExceptionAddress = (PVOID)Frame->rip};

        Record.ExceptionInformation[0] = Frame->rcx;
        PspUnhandledException(&Record);
    }
    KiFatal(Frame, Exception, 0x139, (ULONG)Frame->rcx, (ULONG64)Frame, 0); /* [doc: KERNEL_SECURITY_CHECK_FAILURE] */
}

static VOID KiDispatchTrap(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    switch (Info->vector) {
    case HAL_TRAP_PAGE_FAULT:
        KiPageFault(Frame, Exception, Info);
        break;
    case HAL_TRAP_GENERAL_PROTECTION: /* a non-canonical address */
        KiRaise(Frame, Exception, STATUS_ACCESS_VIOLATION, 2, 0, ~0ull);
        break;
    case HAL_TRAP_PRIVILEGED:
        KiPrivileged(Frame, Exception, Info);
        break;
    case HAL_TRAP_DIVIDE:
        KiRaise(Frame, Exception, STATUS_INTEGER_DIVIDE_BY_ZERO, 0, 0, 0);
        break;
    case HAL_TRAP_DEBUG:
        KiRaise(Frame, Exception, STATUS_SINGLE_STEP, 0, 0, 0);
        break;
    case HAL_TRAP_BREAKPOINT:
        Frame->rip -= 1;
        KiRaise(Frame, Exception, STATUS_BREAKPOINT, 1, 0, 0);
        break;
    case HAL_TRAP_FLOATING_POINT:
    case HAL_TRAP_SIMD:
        KiRaise(Frame, Exception, STATUS_FLOAT_MULTIPLE_TRAPS, 0, 0, 0);
        break;
    case HAL_TRAP_ALIGNMENT:
        KiRaise(Frame, Exception, STATUS_DATATYPE_MISALIGNMENT, 0, 0, 0);
        break;
    case HAL_TRAP_FASTFAIL:
        KiFastFail(Frame, Exception);
        break;
    case HAL_TRAP_ASSERTION:
        KiRaise(Frame, Exception, STATUS_ASSERTION_FAILURE, 0, 0, 0);
        break;
    case HAL_TRAP_DEBUG_SERVICE:
        Frame->rip += 3; /* int 2Dh: the kernel skips the byte after it */
        break;
    case HAL_TRAP_DOUBLE_FAULT: /* [doc: UNEXPECTED_KERNEL_MODE_TRAP, 8 = double fault, a stack that ran out] */
        KeSetBugCheckText("the kernel stack of the current thread ran out (%p..%p)",
                          ((KTHREAD *)KeGetCurrentThread())->StackLimit, ((KTHREAD *)KeGetCurrentThread())->StackBase);
        KiFatal(Frame, Exception, 0x7F, 8, (ULONG64)Frame, Frame->rsp);
    case HAL_TRAP_SPIN:
        KiSpinning(Frame, Exception);
        break;
    case HAL_TRAP_STALL:
        KiComputing(Frame, Exception);
        break;
    case HAL_TRAP_TIME_IS_UP:
        KiTimeIsUp(Frame, Exception);
    case HAL_TRAP_CLOCK:
        KiClockTick();
        break;
    case HAL_TRAP_INTERRUPT:
    case HAL_TRAP_DEVICE_ACCESS:
        KiDeviceTrap(Frame, Exception, Info);
        break;
    case HAL_TRAP_INVALID_OPCODE:
    case HAL_TRAP_SYSCALL:
    default:
        KiRaise(Frame, Exception, STATUS_ILLEGAL_INSTRUCTION, 0, 0, 0);
        break;
    }
}

VOID KiTrapHandler(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (Frame->previous_mode) {
        Thread->TrapFrame = Frame;
        Thread->ExceptionFrame = Exception;
    }
    KiDispatchTrap(Frame, Exception, Info);
    if (Frame->previous_mode && Thread->ApcState.UserApcPending)
        KiServiceExit(Frame, Exception);
    if (Frame->previous_mode)
        Thread->ExceptionFrame = NULL;
}

/* ---- to user mode ---- */

/* The way out of a system service when a user APC waits: delivers one. At PASSIVE_LEVEL. */
VOID KiServiceExit(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[UserMode];
    PVOID Context, Argument1, Argument2;
    PKNORMAL_ROUTINE Normal;
    CONTEXT UserContext;
    PKAPC Apc;

    Thread->ApcState.UserApcPending = FALSE;
    if (IsListEmpty(Head))
        return;
    Apc = CONTAINING_RECORD(RemoveHeadList(Head), KAPC, ApcListEntry);
    Apc->Inserted = FALSE;
    Normal = Apc->NormalRoutine;
    Context = Apc->NormalContext;
    Argument1 = Apc->SystemArgument1;
    Argument2 = Apc->SystemArgument2;
    Thread->TrapFrame = Frame;
    Thread->ExceptionFrame = Exception;
    KfRaiseIrql(APC_LEVEL);
    Apc->KernelRoutine(Apc, &Normal, &Context, &Argument1, &Argument2);
    KeLowerIrql(PASSIVE_LEVEL);
    Thread->ExceptionFrame = NULL;
    if (!IsListEmpty(Head))
        Thread->ApcState.UserApcPending = TRUE;
    if (Normal == NULL)
        return;
    KiFrameToContext(Frame, Exception, &UserContext);
    if (!PspForwardApc(&UserContext, Frame, (PVOID)Normal, Context, Argument1, Argument2))
        PspTerminateProcess(PsCurrentProcess(), STATUS_STACK_OVERFLOW);
}

/* The frame beside TrapFrame, copied: of a service the nonvolatile registers alone. */
static KI_EXCEPTION_FRAME KiUserExceptionFrame(KTHREAD *Thread)
{
    KI_EXCEPTION_FRAME Exception;

    if (Thread->ExceptionFrame != NULL)
        return *(KI_EXCEPTION_FRAME *)Thread->ExceptionFrame;
    Exception = *(KI_EXCEPTION_FRAME *)((PUCHAR)Thread->TrapFrame - SERVICE_TRAP_FRAME + SERVICE_EXCEPTION);
    Exception.ExtendedState = NULL;
    return Exception;
}

VOID KeReadUserContext(PCONTEXT Context)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KI_EXCEPTION_FRAME Exception;

    if (Thread->UserContext != NULL) { /* it has not begun */
        *Context = *Thread->UserContext;
        return;
    }
    Exception = KiUserExceptionFrame(Thread);
    KiFrameToContext(Thread->TrapFrame, &Exception, Context);
}

/* The parts that From's flags name. */
static VOID KiMergeContext(PCONTEXT To, const CONTEXT *From)
{
    if ((From->ContextFlags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        To->Rip = From->Rip;
        To->Rsp = From->Rsp;
        To->EFlags = From->EFlags;
    }
    if ((From->ContextFlags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        RtlCopyMemory(&To->Rax, &From->Rax, FIELD_OFFSET(CONTEXT, Rsp) - FIELD_OFFSET(CONTEXT, Rax));
        RtlCopyMemory(&To->Rbp, &From->Rbp, FIELD_OFFSET(CONTEXT, Rip) - FIELD_OFFSET(CONTEXT, Rbp));
    }
    if ((From->ContextFlags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        To->FltSave = From->FltSave;
        To->MxCsr = From->MxCsr;
    }
}

BOOLEAN KeWriteUserContext(const CONTEXT *Context)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    CONTEXT Whole;

    if (Thread->UserContext != NULL) {
        KiMergeContext(Thread->UserContext, Context);
        return TRUE;
    }
    if (Thread->ExceptionFrame == NULL)
        return FALSE;
    KeReadUserContext(&Whole);
    KiMergeContext(&Whole, Context);
    KiContextToFrame(&Whole, Thread->TrapFrame, Thread->ExceptionFrame);
    return TRUE;
}

DECLSPEC_NORETURN VOID KiEnterUserMode(PCONTEXT Context)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    UCHAR State[sizeof(Context->FltSave) + 64 + 64 + 4096];
    KI_EXCEPTION_FRAME Exception = {0};
    HAL_TRAP_FRAME Frame = {0};

    Exception.ExtendedState = (PVOID)(((ULONG64)State + 63) & ~63ull);
    RtlZeroMemory(Exception.ExtendedState, sizeof(Context->FltSave) + 64);
    *(ULONG *)((PUCHAR)Exception.ExtendedState + 24) = 0x1F80;
    *(USHORT *)Exception.ExtendedState = 0x27F;
    KiContextToFrame(Context, &Frame, &Exception);
    Frame.previous_mode = 1;
    Frame.gs_base = (ULONG64)Thread->Teb;
    Thread->PreviousMode = UserMode;
    DD_ASSERT(KiGetPcr()->Irql == PASSIVE_LEVEL);
    if (Thread->ApcState.UserApcPending)
        KiServiceExit(&Frame, &Exception);
    KiReturnToUser(&Frame, &Exception);
}
