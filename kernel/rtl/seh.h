/*
 * x64 structured exceptions: unwind data as the "x64 exception handling" page of the MSVC
 * documentation lays it out, the types that go with it, and what the trap handlers call. The same
 * sources serve the kernel and user mode.
 */
#pragma once

#include "../nt.h"

#ifndef UNW_FLAG_EHANDLER
#define UNW_FLAG_NHANDLER 0
#define UNW_FLAG_EHANDLER 1
#define UNW_FLAG_UHANDLER 2
#define UNW_FLAG_CHAININFO 4

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;

#define UNWIND_HISTORY_TABLE_SIZE 12
typedef struct _UNWIND_HISTORY_TABLE_ENTRY {
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
} UNWIND_HISTORY_TABLE_ENTRY, *PUNWIND_HISTORY_TABLE_ENTRY;

typedef struct _UNWIND_HISTORY_TABLE {
    ULONG Count;
    UCHAR LocalHint, GlobalHint, Search, Once;
    ULONG64 LowAddress, HighAddress;
    UNWIND_HISTORY_TABLE_ENTRY Entry[UNWIND_HISTORY_TABLE_SIZE];
} UNWIND_HISTORY_TABLE, *PUNWIND_HISTORY_TABLE;

typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    PEXCEPTION_ROUTINE LanguageHandler;
    PVOID HandlerData;
    PUNWIND_HISTORY_TABLE HistoryTable;
    ULONG ScopeIndex;
    ULONG ControlPcIsUnwound; /* x64 has padding here, ARM64 this flag: ControlPc is a return
                                 address */
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;

typedef struct _KNONVOLATILE_CONTEXT_POINTERS {
    PM128A FloatingContext[16];
    PULONG64 IntegerContext[16];
} KNONVOLATILE_CONTEXT_POINTERS, *PKNONVOLATILE_CONTEXT_POINTERS;

typedef struct _SCOPE_TABLE_AMD64 {
    ULONG Count;
    struct {
        ULONG BeginAddress, EndAddress;
        ULONG HandlerAddress; /* filter or termination handler; 1: always execute */
        ULONG JumpTarget;     /* 0: termination handler */
    } ScopeRecord[1];
} SCOPE_TABLE_AMD64, *PSCOPE_TABLE_AMD64;
#endif

#ifndef EXCEPTION_NONCONTINUABLE
#define EXCEPTION_NONCONTINUABLE 0x01
#endif
#define RTLP_UNWINDING 0x02
#define RTLP_EXIT_UNWIND 0x04
#define RTLP_STACK_INVALID 0x08
#define RTLP_NESTED_CALL 0x10
#define RTLP_TARGET_UNWIND 0x20
#define RTLP_COLLIDED_UNWIND 0x40
#define RTLP_UNWIND (RTLP_UNWINDING | RTLP_EXIT_UNWIND | RTLP_TARGET_UNWIND | RTLP_COLLIDED_UNWIND)

/*
 * In ContextFlags: Rip is a return address, not the instruction that was interrupted. (NT uses the
 * bit on ARM64.) The call before it decides which scope a frame is in: the return address may be in
 * the next.
 */
#define RTLP_CONTEXT_UNWOUND_TO_CALL 0x20000000u

#ifndef STATUS_LONGJUMP
#define STATUS_LONGJUMP ((NTSTATUS)0x80000026)
#endif
#ifndef STATUS_UNWIND_CONSOLIDATE
#define STATUS_UNWIND_CONSOLIDATE ((NTSTATUS)0x80000029)
#endif

/*
 * Offers the exception to the frame handlers of the stack that Context describes. TRUE: go on with
 * (the changed) Context. FALSE: nobody took it, or the stack is bad (RTLP_STACK_INVALID is set in
 * the record's flags). Does not return when a handler is executed. Reads of the stack never fault.
 * Any IRQL.
 */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context);

/* ---- documented routines that mingw's DDK headers leave to user mode ---- */
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable);
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record,
                       PVOID ReturnValue, PCONTEXT OriginalContext,
                       PUNWIND_HISTORY_TABLE HistoryTable);
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record,
                     PVOID ReturnValue);
VOID NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record);
VOID NTAPI RtlCaptureContext(PCONTEXT Context);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record);
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage);

/* ---- private to the exception code ---- */
typedef struct _RTLP_JUMP_BUFFER { /* jmp_buf; Frame 0: nothing is unwound */
    ULONG64 Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15, Rip;
    ULONG MxCsr;
    USHORT FpCsr, Spare;
    M128A Xmm[10]; /* xmm6-15 */
} RTLP_JUMP_BUFFER;
/*
 * RtlVirtualUnwind whose reads are checked: FALSE when the stack or the unwind data cannot be read
 * or makes no sense; Context is then of no use. FunctionEntry NULL: a leaf. Keeps
 * RTLP_CONTEXT_UNWOUND_TO_CALL right. *MachineFrame says whether a trap was crossed.
 */
BOOLEAN RtlpUnwindFrame(ULONG HandlerType, ULONG64 ImageBase, PRUNTIME_FUNCTION FunctionEntry,
                        PCONTEXT Context, PEXCEPTION_ROUTINE *Handler, PVOID *HandlerData,
                        PULONG64 EstablisherFrame, BOOLEAN *MachineFrame);
/* TRUE when [Address, Address + Bytes) can be read. */
BOOLEAN RtlpIsReadable(ULONG64 Address, SIZE_T Bytes);
/* Second chance: nobody handled Record. Never returns. */
extern ULONG RtlpDispatchCount; /* exceptions that RtlDispatchException has looked for a handler for */
DECLSPEC_NORETURN VOID RtlpUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD Record,
                                                     PVOID EstablisherFrame, PCONTEXT Context,
                                                     PDISPATCHER_CONTEXT Dispatcher);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                                  PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher);
/* What lies between a handler and the dispatcher: the handlers of the two routines above. */
EXCEPTION_DISPOSITION RtlpExceptionHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                           PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher);
EXCEPTION_DISPOSITION RtlpUnwindHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                        PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher);
/* The language handler of C, under the name that compilers refer to. */
EXCEPTION_DISPOSITION RtlpCSpecificHandler(
    PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context,
    PDISPATCHER_CONTEXT Dispatcher) __asm__("__C_specific_handler");
DECLSPEC_NORETURN VOID RtlpLongJump(PVOID JumpBuffer, int Value) __asm__("longjmp");
VOID RtlpLocalUnwind(PVOID TargetFrame, PVOID TargetIp) __asm__("_local_unwind");
VOID RtlpJumpUnwind(PVOID TargetFrame, PVOID TargetIp) __asm__("__jump_unwind");
/* Loads every register from Context, x87's and xmm with CONTEXT_FLOATING_POINT. */
DECLSPEC_NORETURN VOID RtlpLoadContext(PCONTEXT Context);
/* Calls the consolidation routine in Record on top of the frame that Context describes, then goes
 * on there. */
DECLSPEC_NORETURN VOID RtlpConsolidateFrames(PCONTEXT Context, PEXCEPTION_RECORD Record);
