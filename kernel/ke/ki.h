/* ke's own: between its files. */
#pragma once

#include "ke.h"

#define KI_PENDING_APC 2u /* InterruptRequest bits: 1 << IRQL */
#define KI_PENDING_DPC 4u

#define KI_QUANTUM_100NS 300000ull   /* 30 ms of virtual time, as a client system's two clock ticks */
#define KI_SERVICE_COST_100NS 2ull   /* virtual time of one entry to the kernel */
#define KI_YIELD_EVERY 64u           /* entries between looks at the other processors */

/* What KiTrapEntry saves beyond the HAL_TRAP_FRAME: NT's KEXCEPTION_FRAME in spirit. */
typedef struct _KI_EXCEPTION_FRAME {
    ULONG64 Home[4];
    ULONG64 R12, R13, R14, R15;
    PVOID ExtendedState; /* xsave area; its legacy part holds xmm0-15 */
    ULONG64 Fill[3];
} KI_EXCEPTION_FRAME;

/* ---- switch.S ---- */
VOID KiSwapContext(KTHREAD *Old, KTHREAD *New);            /* returns when Old runs again */
VOID KiSwitchProcessorContext(KPRCB *Old, KPRCB *New, PVOID NewPcr); /* returns when Old runs again */
VOID KiThreadStartup(VOID);
VOID KiIdleStartup(VOID);
VOID KiTrapEntry(VOID);
VOID KiSystemServiceEntry(VOID);
DECLSPEC_NORETURN VOID KiReturnToUser(struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception);
extern const ULONG KiPreviousModeOffset;

/* ---- schedule.c: all at DISPATCH_LEVEL ---- */
VOID KiInitScheduler(VOID);
VOID KiReadyThread(KTHREAD *Thread);
VOID KiSwapThread(VOID);              /* the current thread is not running any more: runs another */
VOID KiPreemptCheck(KPRCB *Prcb);     /* a better thread is ready, or the quantum ended: runs it */
VOID KiSetThreadPriority(KTHREAD *Thread, KPRIORITY Priority);
BOOLEAN KiSwitchToBusyProcessor(VOID); /* TRUE: another processor ran and came back */
DECLSPEC_NORETURN VOID KiIdleLoop(VOID);

/* ---- wait.c ---- */
VOID KiUnwaitThread(KTHREAD *Thread, LONG_PTR Status, KPRIORITY Increment);
VOID KiTestWaiters(DISPATCHER_HEADER *Object, KPRIORITY Increment); /* Object's state changed */
/* The address of an entry, or STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ABANDONED. */
LONG_PTR KiWaitForEntry(PRKQUEUE Queue, KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, PVOID Caller);
/*
 * queue.c: makes Thread, the current one, a worker of Queue. TRUE: *Entry is the address of an
 * entry for it. At DISPATCH_LEVEL.
 */
BOOLEAN KiTakeEntry(PRKQUEUE Queue, KTHREAD *Thread, LONG_PTR *Entry);
/* queue.c: the thread stops working on its KQUEUE (if any); another may take its place */
VOID KiLeaveQueue(KTHREAD *Thread);
VOID KiQueueThreadEnds(KTHREAD *Thread);
/* Raises to DISPATCH_LEVEL; KiUnlockDispatcher lowers again and lets a better thread run. */
KIRQL KiLockDispatcher(VOID);
VOID KiUnlockDispatcher(KIRQL OldIrql);

/* ---- timer.c, dpc.c, apc.c, time.c ---- */
VOID KiInitTimers(VOID);
VOID KiExpireTimers(VOID);
BOOLEAN KiNextTimerDue(ULONG64 *DueTime);
BOOLEAN KiNextEventDue(ULONG64 *DueTime); /* of timers and devices */
VOID KiInsertTimer(PKTIMER Timer, LARGE_INTEGER DueTime);
VOID KiRemoveTimer(PKTIMER Timer);
VOID KiRetireDpcList(KPRCB *Prcb);
VOID KiDeliverApc(VOID);
VOID KiRequestSoftwareInterrupt(KPRCB *Prcb, ULONG Bit);
VOID KiAdvanceTimeTo(ULONG64 VirtualTime);
ULONG64 KiRealTime(VOID); /* the host's clock as virtual time; with HAL_FLAG_REAL_CLOCK only */
VOID KiAnswerDoorbell(VOID); /* any IRQL; sets the event if the host has rung since */
VOID KiInitTime(VOID);
VOID KiInitApcState(KAPC_STATE *State, KPROCESS *Process);

/* ---- interrupt.c ---- */
/* Something pends that this processor takes below Irql + 1. */
#define KiAnythingPending(Pcr, NewIrql) \
    (((Pcr)->Prcb.InterruptRequest >> ((NewIrql) + 1)) | KiLoaderBlock->interrupt_request)
#define KI_DEVICE_REQUESTS 0xFFF8u /* bits of InterruptRequest */
VOID KiAcceptInterrupts(VOID); /* takes what devices asked for to the processors */
/* Serves the best device interrupt of this processor, which is above its IRQL. The IRQL is left at the interrupt's. */
VOID KiServiceInterrupt(KI_PCR *Pcr);
/* Serves, DPCs and APCs included, all that pends above NewIrql; the IRQL is NewIrql afterwards. */
VOID KiRunPendingInterrupts(KIRQL NewIrql);
extern BOOLEAN KiOthersInterrupted;  /* KiAcceptInterrupts gave something to another processor */
VOID KiSwitchToInterrupted(VOID); /* schedule.c: lets the processors run that a device interrupts. Below DISPATCH_LEVEL. */
DECLSPEC_NORETURN VOID KiStall(struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception); /* trap.c */
VOID KiDeviceTrap(struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info);

/* ---- bugcheck.c ---- */
DECLSPEC_NORETURN VOID KiBugCheck(ULONG Code, ULONG64 P1, ULONG64 P2, ULONG64 P3, ULONG64 P4, PCONTEXT Context,
                                  BOOLEAN HasRegisters);
VOID KiFrameToContext(struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, PCONTEXT Context);
VOID KiContextToFrame(PCONTEXT Context, struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception);

VOID KeDescribeAddress(PVOID Address); /* text on the pool block at Address, unless there is a text already */
/* trap.c: delivers one user APC into Frame on the way back to user mode. */
VOID KiServiceExit(struct HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception);
/* timer.c: runs expired timers on another processor than this one, whose IRQL is too high. TRUE: it did. */
BOOLEAN KiExpireElsewhere(VOID);

/* A wait or a yield where none is possible: bug check, with the documented code. Caller = return address. */
/* Where a thread that does not run goes on, for a stack walk. */
VOID KiContextOfWaiting(KTHREAD *Thread, PCONTEXT Context);
/* KeHang for a machine in which all wait (Why says so): describes the requests that are open, shows the stack of who waits for one. */
DECLSPEC_NORETURN VOID KiHangIdle(const char *Why);
VOID KiCheckWaitIrql(PVOID Object, KIRQL Irql, PVOID Caller);
#define KI_CALLER() __builtin_return_address(0)

/* ---- process.c: which process's user memory is shown ---- */
extern ULONG64 KiShownDirectory;
VOID KiShowDirectory(ULONG64 DirectoryBase);
static inline VOID KiShowProcess(const KPROCESS *Process)
{
    if (Process->DirectoryTableBase != KiShownDirectory)
        KiShowDirectory(Process->DirectoryTableBase);
}

/* ---- thread.c ---- */
VOID KiInitThreads(VOID);
VOID KiInitIdleThread(KTHREAD *Thread, KPROCESS *Process, KI_PCR *Pcr, PVOID StackTop, ULONG StackBytes);
