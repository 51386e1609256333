/*
 * Backtraces. They never fault, whatever the stack holds. Frames of user mode are seen from the
 * trap frame of the current thread's system call.
 */
#include "seh.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"

#define RTLP_WALK_LIMIT 1024

/* A context is worth a frame when its program counter is in an image. */
static BOOLEAN RtlpIsCode(ULONG64 Rip)
{
    return LdrFindModule((PVOID)Rip) != NULL;
}

static BOOLEAN RtlpStepWalk(PCONTEXT Context)
{
    PEXCEPTION_ROUTINE Handler;
    PVOID HandlerData;
    ULONG64 Base, Establisher, Rsp = Context->Rsp;
    BOOLEAN MachineFrame;
    PRUNTIME_FUNCTION Function = RtlLookupFunctionEntry(Context->Rip, &Base, NULL);

    if (!RtlpUnwindFrame(UNW_FLAG_NHANDLER, Base, Function, Context, &Handler, &HandlerData,
                         &Establisher, &MachineFrame))
        return FALSE;
    return (Context->Rsp > Rsp || MachineFrame) && (Context->Rsp & 7) == 0;
}

ULONG RtlpWalkStack(PCONTEXT Context, LDR_FRAME *Frames, ULONG Limit)
{
    CONTEXT Walk = *Context;
    ULONG Count = 0;

    while (Count < Limit) {
        /* the first may have jumped into nowhere: then its caller is on top of the stack */
        if (Count > 0 && !RtlpIsCode(Walk.Rip))
            break;
        Frames[Count].Rip = Walk.Rip;
        Frames[Count].Rsp = Walk.Rsp;
        Count++;
        if (!RtlpStepWalk(&Walk))
            break;
    }
    return Count;
}

/* The return addresses of Context's stack from frame Skip on. */
static ULONG RtlpCollectCallers(PCONTEXT Context, ULONG Skip, ULONG Limit, PVOID *Callers)
{
    ULONG i, Count = 0;

    for (i = 0; Count < Limit && i < RTLP_WALK_LIMIT && RtlpIsCode(Context->Rip); i++) {
        if (i >= Skip)
            Callers[Count++] = (PVOID)Context->Rip;
        if (!RtlpStepWalk(Context))
            break;
    }
    return Count;
}

static ULONG RtlpCollectUserCallers(ULONG Skip, ULONG Limit, PVOID *Callers)
{
    const HAL_TRAP_FRAME *Frame = KiGetPrcb()->CurrentThread->TrapFrame;
    CONTEXT Context = { 0 };

    if (Frame == NULL || !MmIsUserAddress(Frame->rip))
        return 0;
    Context.Rip = Frame->rip;
    Context.Rsp = Frame->rsp;
    Context.Rbp = Frame->rbp;
    Context.Rbx = Frame->rbx;
    Context.Rsi = Frame->rsi;
    Context.Rdi = Frame->rdi;
    return RtlpCollectCallers(&Context, Skip, Limit, Callers);
}

/* Flags: 1 asks for the user mode frames, bits 8-15 say how many frames to skip. */
NT_EXPORT(RtlWalkFrameChain);
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    CONTEXT Context;

    if (Flags & 1)
        return RtlpCollectUserCallers(Flags >> 8, Count, Callers);
    RtlCaptureContext(&Context);
    return RtlpCollectCallers(&Context, (Flags >> 8) + 1, Count, Callers);
}

NT_EXPORT(RtlCaptureStackBackTrace);
USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                      PULONG BackTraceHash)
{
    CONTEXT Context;
    ULONG i, Count, Hash = 0;

    RtlCaptureContext(&Context);
    Count =
        RtlpCollectCallers(&Context, FramesToSkip + 1, min(FramesToCapture, MAXUSHORT), BackTrace);
    for (i = 0; i < Count; i++)
        Hash += (ULONG)(ULONG_PTR)BackTrace[i];
    if (BackTraceHash != NULL)
        *BackTraceHash = Hash;
    return (USHORT)Count;
}
