/*
 * Exception dispatch and unwinding over x64 frames: RtlDispatchException, RtlUnwindEx and the raise
 * routines. Nested exceptions and collided unwinds are seen through the handlers of the two thunks
 * in context.S that every language handler is called by. No vectored handlers and no history table:
 * they are user mode's and a cache.
 */
#include "seh.h"

NT_EXPORT(RtlCaptureContext);
NT_EXPORT(_setjmp);
NT_EXPORT(_setjmpex);

typedef struct _RTLP_FRAME { /* one frame under dispatch */
    ULONG64 ControlPc, ImageBase, Establisher;
    PRUNTIME_FUNCTION Function;
    PEXCEPTION_ROUTINE Handler;
    PVOID HandlerData;
    ULONG ScopeIndex;
    BOOLEAN MachineFrame, IsReturn;
} RTLP_FRAME;

/* Unwinds Context by the frame that it is in. FALSE: the stack is bad or ends here. */
static BOOLEAN RtlpNextFrame(ULONG HandlerType, PCONTEXT Context, RTLP_FRAME *Frame)
{
    Frame->ControlPc = Context->Rip;
    Frame->IsReturn = (Context->ContextFlags & RTLP_CONTEXT_UNWOUND_TO_CALL) != 0;
    Frame->ScopeIndex = 0;
    Frame->HandlerData = NULL;
    Frame->Function = RtlLookupFunctionEntry(Context->Rip, &Frame->ImageBase, NULL);
    if (!RtlpUnwindFrame(HandlerType, Frame->ImageBase, Frame->Function, Context, &Frame->Handler,
                         &Frame->HandlerData, &Frame->Establisher, &Frame->MachineFrame))
        return FALSE;
    return (Frame->Establisher & 7) == 0;
}

/* Goes on where the unwind left off that Dispatcher (filled by RtlpUnwindHandler) belongs to. */
static BOOLEAN RtlpResumeCollided(ULONG HandlerType, PDISPATCHER_CONTEXT Dispatcher,
                                  PCONTEXT Context, RTLP_FRAME *Frame)
{
    Context->Rip = Dispatcher->ControlPc;
    if (!RtlpNextFrame(HandlerType, Context, Frame))
        return FALSE;
    Frame->ScopeIndex = Dispatcher->ScopeIndex;
    return TRUE;
}

static VOID RtlpFillDispatcher(PDISPATCHER_CONTEXT Dispatcher, const RTLP_FRAME *Frame,
                               PCONTEXT Context, PVOID TargetIp, PUNWIND_HISTORY_TABLE HistoryTable)
{
    *Dispatcher = (DISPATCHER_CONTEXT){ .ControlPc = Frame->ControlPc,
                                        .ImageBase = Frame->ImageBase,
                                        .FunctionEntry = Frame->Function,
                                        .EstablisherFrame = Frame->Establisher,
                                        .TargetIp = (ULONG64)TargetIp,
                                        .ContextRecord = Context,
                                        .LanguageHandler = Frame->Handler,
                                        .HandlerData = Frame->HandlerData,
                                        .HistoryTable = HistoryTable,
                                        .ScopeIndex = Frame->ScopeIndex,
                                        .ControlPcIsUnwound = Frame->IsReturn };
}

static DECLSPEC_NORETURN VOID RtlpRaiseNoncontinuable(NTSTATUS Status, PEXCEPTION_RECORD Cause)
{
    EXCEPTION_RECORD Record = { .ExceptionCode = Status,
                                .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                                .ExceptionRecord = Cause };

    for (;;)
        RtlRaiseException(&Record);
}

/* ---- dispatch ---- */

typedef struct _RTLP_DISPATCH {
    PEXCEPTION_RECORD Record;
    PCONTEXT Context;    /* of the exception: what a handler may change */
    CONTEXT Walk;        /* of the frame after the current one */
    ULONG64 NestedFrame; /* frames up to this one are seen by a nested exception */
    ULONG Flags;
    RTLP_FRAME Frame;
    DISPATCHER_CONTEXT Dispatcher;
} RTLP_DISPATCH;

enum { DispatchSearch, DispatchAgain, DispatchContinue, DispatchBadStack };

static ULONG RtlpHandleDisposition(RTLP_DISPATCH *Dispatch, EXCEPTION_DISPOSITION Disposition)
{
    PDISPATCHER_CONTEXT Dispatcher = &Dispatch->Dispatcher;

    switch (Disposition) {
    case ExceptionContinueExecution:
        if (Dispatch->Flags & EXCEPTION_NONCONTINUABLE)
            RtlpRaiseNoncontinuable(STATUS_NONCONTINUABLE_EXCEPTION, Dispatch->Record);
        return DispatchContinue;
    case ExceptionContinueSearch:
        return DispatchSearch;
    case ExceptionNestedException:
        Dispatch->Flags |= RTLP_NESTED_CALL;
        if (Dispatcher->EstablisherFrame > Dispatch->NestedFrame)
            Dispatch->NestedFrame = Dispatcher->EstablisherFrame;
        return DispatchSearch;
    case ExceptionCollidedUnwind:
        Dispatch->Walk = *Dispatcher->ContextRecord;
        if (!RtlpResumeCollided(UNW_FLAG_EHANDLER, Dispatcher, &Dispatch->Walk, &Dispatch->Frame))
            return DispatchBadStack;
        return DispatchAgain;
    default:
        RtlpRaiseNoncontinuable(STATUS_INVALID_DISPOSITION, Dispatch->Record);
    }
}

/* Offers the exception to the current frame's handler, and to those of frames that a collided
 * unwind leads to. */
static ULONG RtlpCallHandlers(RTLP_DISPATCH *Dispatch)
{
    EXCEPTION_DISPOSITION Disposition;
    ULONG Next = DispatchSearch;

    while (Dispatch->Frame.Handler != NULL) {
        RtlpFillDispatcher(&Dispatch->Dispatcher, &Dispatch->Frame, Dispatch->Context, NULL, NULL);
        Dispatch->Record->ExceptionFlags = Dispatch->Flags;
        Disposition =
            RtlpExecuteHandlerForException(Dispatch->Record, (PVOID)Dispatch->Frame.Establisher,
                                           Dispatch->Context, &Dispatch->Dispatcher);
        Dispatch->Flags |= Dispatch->Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
        if (Dispatch->NestedFrame == Dispatch->Frame.Establisher) {
            Dispatch->Flags &= ~RTLP_NESTED_CALL;
            Dispatch->NestedFrame = 0;
        }
        Next = RtlpHandleDisposition(Dispatch, Disposition);
        if (Next != DispatchAgain)
            return Next;
        Next = DispatchSearch;
    }
    return Next;
}

ULONG RtlpDispatchCount;

BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    RTLP_DISPATCH Dispatch = { .Record = Record,
                               .Context = Context,
                               .Walk = *Context,
                               .Flags = Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE };
    ULONG Next;

    RtlpDispatchCount++;
    while (RtlpNextFrame(UNW_FLAG_EHANDLER, &Dispatch.Walk, &Dispatch.Frame)) {
        Next = RtlpCallHandlers(&Dispatch);
        if (Next == DispatchContinue)
            return TRUE;
        if (Next == DispatchBadStack)
            break;
        if (Dispatch.Walk.Rip == 0) {
            Record->ExceptionFlags = Dispatch.Flags;
            return FALSE;
        }
    }
    Record->ExceptionFlags = Dispatch.Flags | RTLP_STACK_INVALID;
    return FALSE;
}

/* ---- unwinding ---- */

typedef struct _RTLP_UNWIND {
    PEXCEPTION_RECORD Record;
    PVOID TargetFrame, TargetIp, ReturnValue;
    PCONTEXT Context; /* of the current frame */
    CONTEXT Next;     /* of its caller */
    ULONG Flags;
    BOOLEAN CrossedTrap;
    RTLP_FRAME Frame;
    DISPATCHER_CONTEXT Dispatcher;
    PUNWIND_HISTORY_TABLE History;
} RTLP_UNWINDING_STATE;

static BOOLEAN RtlpIsTargetFrame(const RTLP_UNWINDING_STATE *Unwind)
{
    return Unwind->Frame.Function != NULL && Unwind->TargetFrame != NULL &&
           (PVOID)Unwind->Frame.Establisher == Unwind->TargetFrame;
}

/* Steps Next to the caller of Context's frame. Running out of stack is the end. */
static VOID RtlpStepUnwind(RTLP_UNWINDING_STATE *Unwind)
{
    Unwind->Next = *Unwind->Context;
    if (Unwind->Next.Rip == 0 || !RtlpNextFrame(UNW_FLAG_UHANDLER, &Unwind->Next, &Unwind->Frame)) {
        if (Unwind->TargetFrame != NULL)
            RtlpRaiseNoncontinuable(STATUS_INVALID_UNWIND_TARGET, Unwind->Record);
        RtlpUnhandledException(Unwind->Record, Unwind->Context);
    }
    Unwind->CrossedTrap |= Unwind->Frame.MachineFrame;
    if (Unwind->TargetFrame != NULL && !Unwind->CrossedTrap && Unwind->Frame.Function != NULL &&
        Unwind->Frame.Establisher > (ULONG64)Unwind->TargetFrame)
        RtlpRaiseNoncontinuable(STATUS_INVALID_UNWIND_TARGET, Unwind->Record);
}

/* Calls the termination handlers of the current frame and of those that a collided unwind leads to.
 */
static VOID RtlpCallUnwindHandlers(RTLP_UNWINDING_STATE *Unwind)
{
    EXCEPTION_DISPOSITION Disposition;

    while (Unwind->Frame.Handler != NULL) {
        Unwind->Record->ExceptionFlags =
            Unwind->Flags | (RtlpIsTargetFrame(Unwind) ? RTLP_TARGET_UNWIND : 0);
        RtlpFillDispatcher(&Unwind->Dispatcher, &Unwind->Frame, Unwind->Context, Unwind->TargetIp,
                           Unwind->History);
        Unwind->Context->Rax = (ULONG64)Unwind->ReturnValue;
        Disposition = RtlpExecuteHandlerForUnwind(Unwind->Record, (PVOID)Unwind->Frame.Establisher,
                                                  Unwind->Context, &Unwind->Dispatcher);
        Unwind->Flags &= ~RTLP_COLLIDED_UNWIND;
        if (Disposition == ExceptionContinueSearch)
            return;
        if (Disposition != ExceptionCollidedUnwind)
            RtlpRaiseNoncontinuable(STATUS_INVALID_DISPOSITION, Unwind->Record);
        *Unwind->Context = *Unwind->Dispatcher.ContextRecord;
        Unwind->Context->Rip = Unwind->Dispatcher.ControlPc;
        Unwind->Next = *Unwind->Context;
        if (!RtlpResumeCollided(UNW_FLAG_UHANDLER, &Unwind->Dispatcher, &Unwind->Next,
                                &Unwind->Frame))
            RtlpRaiseNoncontinuable(STATUS_BAD_STACK, Unwind->Record);
        Unwind->Flags |= RTLP_COLLIDED_UNWIND;
    }
}

NT_EXPORT(RtlUnwindEx);
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record,
                       PVOID ReturnValue, PCONTEXT OriginalContext,
                       PUNWIND_HISTORY_TABLE HistoryTable)
{
    EXCEPTION_RECORD LocalRecord = { .ExceptionCode = STATUS_UNWIND };
    RTLP_UNWINDING_STATE Unwind;

    Unwind.Record = Record != NULL ? Record : &LocalRecord;
    Unwind.TargetFrame = TargetFrame;
    Unwind.TargetIp = TargetIp;
    Unwind.ReturnValue = ReturnValue;
    Unwind.Context = OriginalContext;
    Unwind.History = HistoryTable;
    Unwind.CrossedTrap = FALSE;
    Unwind.Flags = (Unwind.Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE) | RTLP_UNWINDING |
                   (TargetFrame == NULL ? RTLP_EXIT_UNWIND : 0);
    RtlCaptureContext(OriginalContext); /* the first frame is this routine's own */
    LocalRecord.ExceptionAddress = (PVOID)OriginalContext->Rip;
    for (;;) {
        RtlpStepUnwind(&Unwind);
        RtlpCallUnwindHandlers(&Unwind);
        if (RtlpIsTargetFrame(&Unwind))
            break;
        *OriginalContext = Unwind.Next;
    }
    OriginalContext->Rax = (ULONG64)ReturnValue;
    if (Unwind.Record->ExceptionCode != STATUS_UNWIND_CONSOLIDATE)
        OriginalContext->Rip = (ULONG64)TargetIp;
    RtlRestoreContext(OriginalContext, Unwind.Record);
}

NT_EXPORT(RtlUnwind);
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD Record, PVOID ReturnValue)
{
    CONTEXT Context;

    RtlUnwindEx(TargetFrame, TargetIp, Record, ReturnValue, &Context, NULL);
}

/* The non-volatile registers that _setjmp saved. Xmm6 on are saved as a block, as in CONTEXT. */
static VOID RtlpContextFromJumpBuffer(PCONTEXT Context, const RTLP_JUMP_BUFFER *Buffer)
{
    ULONG i;

    Context->Rbx = Buffer->Rbx;
    Context->Rsp = Buffer->Rsp;
    Context->Rbp = Buffer->Rbp;
    Context->Rsi = Buffer->Rsi;
    Context->Rdi = Buffer->Rdi;
    Context->R12 = Buffer->R12;
    Context->R13 = Buffer->R13;
    Context->R14 = Buffer->R14;
    Context->R15 = Buffer->R15;
    Context->Rip = Buffer->Rip;
    Context->MxCsr = Buffer->MxCsr;
    Context->FltSave.ControlWord = Buffer->FpCsr;
    for (i = 0; i < 10; i++)
        (&Context->Xmm6)[i] = Buffer->Xmm[i];
}

NT_EXPORT(RtlRestoreContext);
VOID NTAPI RtlRestoreContext(PCONTEXT Context, PEXCEPTION_RECORD Record)
{
    if (Record != NULL && Record->NumberParameters >= 1) {
        if (Record->ExceptionCode == STATUS_LONGJUMP)
            RtlpContextFromJumpBuffer(Context,
                                      (const RTLP_JUMP_BUFFER *)Record->ExceptionInformation[0]);
        else if (Record->ExceptionCode == STATUS_UNWIND_CONSOLIDATE)
            RtlpConsolidateFrames(Context, Record);
    }
    RtlpLoadContext(Context);
}

NT_EXPORT(longjmp);
VOID RtlpLongJump(PVOID JumpBuffer, int Value)
{
    const RTLP_JUMP_BUFFER *Buffer = JumpBuffer;
    EXCEPTION_RECORD Record = { .ExceptionCode = STATUS_LONGJUMP,
                                .NumberParameters = 1,
                                .ExceptionInformation = { (ULONG_PTR)JumpBuffer } };
    CONTEXT Context;

    if (Value == 0)
        Value = 1;
    if (Buffer->Frame != 0)
        RtlUnwindEx((PVOID)Buffer->Frame, (PVOID)Buffer->Rip, &Record, (PVOID)(LONG_PTR)Value,
                    &Context, NULL);
    RtlCaptureContext(&Context);
    RtlpContextFromJumpBuffer(&Context, Buffer);
    Context.Rax = (ULONG64)(LONG_PTR)Value;
    RtlpLoadContext(&Context);
}

/* ---- thunks' handlers ---- */

#define RTLP_SAVED_DISPATCHER(Frame) (*(PDISPATCHER_CONTEXT *)((PUCHAR)(Frame) + 0x20))

/* An exception inside a handler: the frames that the outer dispatch has passed are marked as
 * nested. */
EXCEPTION_DISPOSITION RtlpExceptionHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                           PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher)
{
    UNREFERENCED_PARAMETER(Context);
    if (Record->ExceptionFlags & RTLP_UNWIND)
        return ExceptionContinueSearch;
    Dispatcher->EstablisherFrame = RTLP_SAVED_DISPATCHER(EstablisherFrame)->EstablisherFrame;
    return ExceptionNestedException;
}

/* An exception or unwind out of a termination handler: the new one takes over where the old unwind
 * was. */
EXCEPTION_DISPOSITION RtlpUnwindHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                        PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher)
{
    ULONG64 TargetIp = Dispatcher->TargetIp;

    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Context);
    *Dispatcher = *RTLP_SAVED_DISPATCHER(EstablisherFrame);
    Dispatcher->TargetIp = TargetIp;
    return ExceptionCollidedUnwind;
}

/* ---- raising ---- */

/* Context of the caller's caller: Context was captured in the caller. */
static VOID RtlpLeaveFrame(PCONTEXT Context)
{
    RTLP_FRAME Frame;

    RtlpNextFrame(UNW_FLAG_NHANDLER, Context, &Frame);
}

NT_EXPORT(RtlRaiseException);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record)
{
    CONTEXT Context;

    RtlCaptureContext(&Context);
    RtlpLeaveFrame(&Context);
    Record->ExceptionAddress = (PVOID)Context.Rip;
    if (RtlDispatchException(Record, &Context))
        RtlpLoadContext(&Context);
    RtlpUnhandledException(Record, &Context);
}

NT_EXPORT(RtlRaiseStatus);
VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    RtlpRaiseNoncontinuable(Status, NULL);
}

NT_EXPORT(_local_unwind);
VOID RtlpLocalUnwind(PVOID TargetFrame, PVOID TargetIp)
{
    RtlUnwind(TargetFrame, TargetIp, NULL, NULL);
}

NT_EXPORT(__jump_unwind);
VOID RtlpJumpUnwind(PVOID TargetFrame, PVOID TargetIp)
{
    RtlUnwind(TargetFrame, TargetIp, NULL, NULL);
}
