/*
 * __C_specific_handler: the language handler of __try, __except and __finally in C. The scope table
 * follows the handler's address in the unwind data: one record a guarded range, innermost first.
 */
#include "seh.h"

typedef LONG (*RTLP_FILTER)(EXCEPTION_POINTERS *Pointers, PVOID EstablisherFrame);
typedef VOID (*RTLP_TERMINATION_HANDLER)(BOOLEAN Abnormal, PVOID EstablisherFrame);

/*
 * Offset of the instruction that a frame is at: for a return address, of the call before it.
 * Microsoft's compiler puts a nop behind a call that ends a scope, clang lets the scopes on both
 * sides of the return address hold it.
 */
static ULONG64 RtlpScopeOffset(PDISPATCHER_CONTEXT Dispatcher)
{
    return Dispatcher->ControlPc - Dispatcher->ImageBase - (Dispatcher->ControlPcIsUnwound ? 1 : 0);
}

static BOOLEAN RtlpIsInScope(const SCOPE_TABLE_AMD64 *Scopes, ULONG Index, ULONG64 Offset)
{
    return Offset >= Scopes->ScopeRecord[Index].BeginAddress &&
           Offset < Scopes->ScopeRecord[Index].EndAddress;
}

/* Asks the filters from the innermost scope outwards; unwinds to the handler of the first that
 * takes it. */
static EXCEPTION_DISPOSITION RtlpFilterScopes(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                              PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher)
{
    const SCOPE_TABLE_AMD64 *Scopes = Dispatcher->HandlerData;
    ULONG64 Offset = RtlpScopeOffset(Dispatcher);
    EXCEPTION_POINTERS Pointers = { Record, Context };
    LONG Verdict;
    ULONG i;

    for (i = Dispatcher->ScopeIndex; i < Scopes->Count; i++) {
        if (!RtlpIsInScope(Scopes, i, Offset) || Scopes->ScopeRecord[i].JumpTarget == 0)
            continue;
        Verdict = EXCEPTION_EXECUTE_HANDLER;
        if (Scopes->ScopeRecord[i].HandlerAddress != 1)
            Verdict =
                ((RTLP_FILTER)(Dispatcher->ImageBase + Scopes->ScopeRecord[i].HandlerAddress))(
                    &Pointers, EstablisherFrame);
        if (Verdict < 0)
            return ExceptionContinueExecution;
        if (Verdict > 0)
            RtlUnwindEx(EstablisherFrame,
                        (PVOID)(Dispatcher->ImageBase + Scopes->ScopeRecord[i].JumpTarget), Record,
                        (PVOID)(ULONG_PTR)(ULONG)Record->ExceptionCode, Dispatcher->ContextRecord,
                        Dispatcher->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/*
 * Is the target the handler of a scope round Offset? Then every termination scope inside of that
 * one is left. Compilers that end a scope behind the return address of its last call (clang) may
 * let it reach one byte into the handler, so ranges say nothing here.
 */
static BOOLEAN RtlpTargetIsHandler(const SCOPE_TABLE_AMD64 *Scopes, ULONG64 Offset, ULONG64 Target)
{
    ULONG i;

    for (i = 0; i < Scopes->Count; i++)
        if (Scopes->ScopeRecord[i].JumpTarget == Target && RtlpIsInScope(Scopes, i, Offset))
            return TRUE;
    return FALSE;
}

/* Does the target lie in the same guarded body as scope Index? A jump inside a body does not leave
 * it. */
static BOOLEAN RtlpTargetIsInBody(const SCOPE_TABLE_AMD64 *Scopes, ULONG Index, ULONG64 Target)
{
    ULONG i;

    for (i = 0; i < Scopes->Count; i++)
        if (RtlpIsInScope(Scopes, i, Target) &&
            Scopes->ScopeRecord[i].HandlerAddress == Scopes->ScopeRecord[Index].HandlerAddress &&
            Scopes->ScopeRecord[i].JumpTarget == Scopes->ScopeRecord[Index].JumpTarget)
            return TRUE;
    return FALSE;
}

/* Calls the termination handlers of the scopes that the unwind leaves. */
static EXCEPTION_DISPOSITION RtlpTerminateScopes(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                                 PDISPATCHER_CONTEXT Dispatcher)
{
    const SCOPE_TABLE_AMD64 *Scopes = Dispatcher->HandlerData;
    ULONG64 Offset = RtlpScopeOffset(Dispatcher);
    ULONG64 Target = Dispatcher->TargetIp - Dispatcher->ImageBase;
    BOOLEAN IsTarget = (Record->ExceptionFlags & RTLP_TARGET_UNWIND) != 0;
    BOOLEAN IsJump = IsTarget && !RtlpTargetIsHandler(Scopes, Offset, Target);
    ULONG i;

    for (i = Dispatcher->ScopeIndex; i < Scopes->Count; i++) {
        if (!RtlpIsInScope(Scopes, i, Offset))
            continue;
        if (IsJump && RtlpTargetIsInBody(Scopes, i, Target))
            return ExceptionContinueSearch;
        if (Scopes->ScopeRecord[i].JumpTarget != 0) {
            if (IsTarget && Target == Scopes->ScopeRecord[i].JumpTarget)
                return ExceptionContinueSearch;
            continue;
        }
        Dispatcher->ScopeIndex = i + 1; /* where a collided unwind goes on */
        ((RTLP_TERMINATION_HANDLER)(Dispatcher->ImageBase + Scopes->ScopeRecord[i].HandlerAddress))(
            TRUE, EstablisherFrame);
    }
    return ExceptionContinueSearch;
}

NT_EXPORT(__C_specific_handler);
EXCEPTION_DISPOSITION RtlpCSpecificHandler(PEXCEPTION_RECORD Record, PVOID EstablisherFrame,
                                           PCONTEXT Context, PDISPATCHER_CONTEXT Dispatcher)
{
    if (Record->ExceptionFlags & RTLP_UNWIND)
        return RtlpTerminateScopes(Record, EstablisherFrame, Dispatcher);
    return RtlpFilterScopes(Record, EstablisherFrame, Context, Dispatcher);
}
