/*
 * ke: processors, threads, IRQL, dispatcher objects, DPCs, timers, traps. What other components may
 * call beyond the documented Ke routines.
 */
#pragma once

#include "../nt.h"

#define KE_MAXIMUM_PROCESSORS 32
#define KE_STACK_BYTES 0x6000 /* 24 KiB, as on NT x64; one guard page below */

typedef struct _KTHREAD KTHREAD;
typedef struct _KPROCESS KPROCESS;
typedef struct _KPRCB KPRCB;

/* DISPATCHER_HEADER.Type, KAPC.Type [doc: object types shown by the debugger's dt nt!_KOBJECTS] */
enum {
    EventNotificationObject = 0,
    EventSynchronizationObject,
    MutantObject,
    ProcessObject,
    QueueObject,
    SemaphoreObject,
    ThreadObject,
    GateObject,
    TimerNotificationObject,
    TimerSynchronizationObject,
    ApcObject = 18,
    DpcObject = 19,
    InterruptObject = 22
};
#define MUTANT_INCREMENT 1

#define KTHREAD_INITIALIZED 0
#define KTHREAD_READY 1
#define KTHREAD_RUNNING 2
#define KTHREAD_STANDBY 3
#define KTHREAD_TERMINATED 4
#define KTHREAD_WAITING 5

/* Offsets of NT 10.0.22000 where drivers are known to look (abi: nt_structs.tsv); the rest is ours.
 */
struct _KTHREAD {
    DISPATCHER_HEADER Header;      /* 0x00: signalled when the thread has ended */
    PVOID SListFaultAddress;       /* 0x18 */
    ULONG64 QuantumTarget;         /* 0x20: virtual time at which the quantum ends */
    PVOID InitialStack;            /* 0x28: top */
    PVOID volatile StackLimit;     /* 0x30: bottom */
    PVOID StackBase;               /* 0x38: top */
    KSPIN_LOCK ThreadLock;         /* 0x40 */
    ULONG64 CycleTime;             /* 0x48 */
    ULONG64 Spare50;
    PVOID KernelStack;             /* 0x58: saved rsp while not running */
    PVOID StateSaveArea;           /* 0x60 */
    PVOID SchedulingGroup;         /* 0x68 */
    UCHAR WaitRegister;            /* 0x70 */
    BOOLEAN volatile Running;      /* 0x71 */
    BOOLEAN Alerted[MaximumMode];  /* 0x72 */
    ULONG MiscFlags;               /* 0x74 */
    ULONG ThreadFlags;             /* 0x78 */
    UCHAR Tag, SystemHeteroCpuPolicy, UserHeteroCpuPolicy, SpecCtrl; /* 0x7c */
    ULONG SystemCallNumber;        /* 0x80 */
    ULONG ReadyTime;               /* 0x84 */
    PVOID FirstArgument;           /* 0x88 */
    struct HAL_TRAP_FRAME *TrapFrame; /* 0x90 */
    KAPC_STATE ApcState;           /* 0x98 .. 0xc3 (NT overlaps its tail with Priority) */
    KPROCESSOR_MODE PreviousMode;  /* 0xc8; NT: 0x232 */
    UCHAR SpareC9[7];
    LONG_PTR WaitStatus;           /* NT: 0xc8 */
    PKWAIT_BLOCK WaitBlockList;
    LIST_ENTRY WaitListEntry;      /* ready queue or wait list */
    PKQUEUE Queue;
    PVOID Teb;                     /* 0x100 here; read it through PsGetThreadTeb */
    KTIMER Timer;                  /* wait time-out */
    KWAIT_BLOCK WaitBlock[4];      /* [3] is the timer's */
    LIST_ENTRY MutantListHead;
    LIST_ENTRY QueueListEntry;
    LIST_ENTRY ThreadListEntry;    /* KPROCESS.ThreadListHead */
    KAPC_STATE SavedApcState;      /* while attached */
    KAPC SuspendApc;
    KSEMAPHORE SuspendSemaphore;
    KPROCESS *Process;             /* whose thread it is */
    KAFFINITY Affinity;
    KAFFINITY UserAffinity;
    ULONG64 KernelTime, UserTime;  /* virtual 100 ns */
    ULONG WaitTime;
    ULONG ContextSwitches;
    union {
        struct {
            SHORT KernelApcDisable;  /* critical region depth, negative */
            SHORT SpecialApcDisable; /* guarded region depth, negative */
        };
        ULONG CombinedApcDisable;
    };
    volatile UCHAR State;
    UCHAR NpxState;
    KIRQL WaitIrql;
    KPROCESSOR_MODE WaitMode;
    KWAIT_REASON WaitReason;
    BOOLEAN WaitNext;
    BOOLEAN Alertable;
    BOOLEAN SystemThread;
    SCHAR Priority, BasePriority, PriorityDecrement, Saturation;
    UCHAR ApcStateIndex;
    BOOLEAN ApcQueueable;
    BOOLEAN KernelStackResident;
    UCHAR SuspendCount;
    UCHAR IdealProcessor;
    UCHAR NextProcessor;
    ULONG Quantum;                 /* 100 ns a turn */
    PVOID StackReservation;        /* what MmDeleteKernelStack wants back */
    PKSTART_ROUTINE SystemRoutine;
    PVOID StartContext;            /* SystemRoutine's argument */
    PCONTEXT
        UserContext; /* where a user thread begins, at the top of its kernel stack; else NULL */
    ULONG WaitCount;               /* objects in the current wait */
    PVOID ExceptionFrame; /* beside TrapFrame while a trap from user mode is handled; NULL in a
                             service */
    BOOLEAN WaitAny;
};

struct _KPROCESS {
    DISPATCHER_HEADER Header; /* signalled when the process has ended */
    LIST_ENTRY ProfileListHead;
    ULONG64 DirectoryTableBase;
    LIST_ENTRY ThreadListHead;
    KAFFINITY Affinity;
    SCHAR BasePriority;
    UCHAR QuantumReset;
    ULONG64 KernelTime, UserTime;
};

#define KI_PRIORITIES 32

struct _KPRCB { /* at KPCR + 0x180 */
    ULONG MxCsr;
    UCHAR LegacyNumber;
    UCHAR ReservedMustBeZero;
    UCHAR Spare6;
    BOOLEAN IdleHalt;
    KTHREAD *CurrentThread;        /* gs:[188h] */
    KTHREAD *NextThread;
    KTHREAD *IdleThread;
    UCHAR NestingLevel, ClockOwner, PendingTickFlags, PendingTick;
    ULONG Number;
    ULONG64 RspBase;               /* gs:[1A8h]: kernel stack top for entries from user mode */
    /* ours from here on */
    PVOID SwitchStack;             /* saved rsp while another processor runs */
    PVOID Spare38;
    LONG YieldCount; /* gs:[1C0h]: entries from user mode until the others get a turn */
    KAFFINITY SetMember;
    LIST_ENTRY DpcListHead;
    ULONG DpcQueueDepth;
    BOOLEAN DpcRoutineActive;
    BOOLEAN QuantumEnd;
    BOOLEAN Stopped;
    KTHREAD *DpcThread;
    PVOID DpcStack;
    ULONG64 DpcTime, InterruptTime, KernelTime, UserTime, IdleTime;
    ULONG DpcCount, InterruptCount, SwitchCount;
    volatile ULONG
        InterruptRequest; /* bit n: an interrupt pends at IRQL n (1 APC, 2 DPC, 3 to 12 devices) */
    ULONG InterruptDepth;          /* device interrupts being served, nested */
    ULONG64 VectorRequest[4];      /* device interrupts that pend here, by vector */
    PVOID RunningDpc;              /* KDPC or KTIMER whose routine is running: for reports */
};

typedef struct _KI_PCR {
    UCHAR Head[0x18];
    struct _KI_PCR *Self;          /* 0x18 */
    KPRCB *CurrentPrcb;            /* 0x20 */
    PVOID LockArray;               /* 0x28 */
    PVOID UsedSelf;                /* 0x30 */
    PVOID IdtBase;                 /* 0x38 */
    ULONG64 Unused[2];             /* 0x40 */
    volatile KIRQL Irql;           /* 0x50 */
    UCHAR Fill1[0xC0 - 0x51];
    ULONG64 ExceptionStack;        /* 0xC0: HalReserved[0], top of the emergency stack */
    UCHAR Fill2[0x180 - 0xC8];
    KPRCB Prcb;                    /* 0x180 */
} KI_PCR;
DD_STATIC_ASSERT_OFFSET(KI_PCR, Irql, HAL_PCR_IRQL);
DD_STATIC_ASSERT_OFFSET(KI_PCR, Prcb.CurrentThread, HAL_PCR_CURRENT_THREAD);
DD_STATIC_ASSERT_OFFSET(KI_PCR, Prcb.RspBase, HAL_PCR_RSP_BASE);
DD_STATIC_ASSERT_OFFSET(KI_PCR, ExceptionStack, HAL_PCR_EXCEPTION_STACK);
DD_STATIC_ASSERT_OFFSET(KTHREAD, InitialStack, 0x28);
DD_STATIC_ASSERT_OFFSET(KTHREAD, TrapFrame, 0x90);
DD_STATIC_ASSERT_OFFSET(KTHREAD, ApcState, 0x98);

#define KiGetPcr() ((KI_PCR *)__readgsqword(0x18))
#define KiGetPrcb() ((KPRCB *)__readgsqword(0x20))

#define KiLoaderBlock ((HAL_LOADER_BLOCK *)HAL_LOADER_VA)
extern ULONG KeProcessorCount;                   /* set once at boot */
extern KI_PCR *KiProcessor[KE_MAXIMUM_PROCESSORS];
#define KiNoteProgress() ((void)++KiLoaderBlock->progress) /* wherever the machine gets on */

/* ---- threads (ps builds ETHREAD round a KTHREAD) ---- */

/*
 * Prepares Thread (zeroed memory) to run Routine(Context) in Process at PASSIVE_LEVEL with APCs
 * enabled. Allocates its kernel stack. If UserContext is not NULL the thread enters user mode with
 * it instead of returning from Routine. IRQL <= APC_LEVEL. Fails with
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS KeInitThread(KTHREAD *Thread, KPROCESS *Process, PKSTART_ROUTINE Routine, PVOID Context,
                      PCONTEXT UserContext, PVOID Teb);
VOID KeStartThread(KTHREAD *Thread); /* makes it ready */
/* Ends the current thread: signals it and never returns. Its stack is freed by the reaper. IRQL
 * PASSIVE. */
DECLSPEC_NORETURN VOID KeTerminateThread(KPRIORITY Increment);
VOID KeUninitThread(KTHREAD *Thread); /* frees the stack of a terminated or never started thread */
/* The next thread that has ended and left its stack; blocks. For ps's reaper, which may then delete
 * the object. */
KTHREAD *KeWaitForEndedThread(VOID);
VOID KeInitializeProcess(KPROCESS *Process, KPRIORITY BasePriority, KAFFINITY Affinity);
VOID KeSetProcessSignaled(KPROCESS *Process);
/*
 * The user context of the current thread, which is in the kernel. Read: floating-point state is
 * there only if a trap or the thread's beginning has saved it. Write: what ContextFlags say; FALSE:
 * only on the way out of the service, which takes a user APC whose kernel routine calls it again.
 */
VOID KeReadUserContext(PCONTEXT Context);
BOOLEAN KeWriteUserContext(const CONTEXT *Context);
/* What KeSetBasePriorityThread has set last, as ThreadBasicInformation tells it. */
LONG KeQueryBasePriorityIncrement(KTHREAD *Thread);
/* The process's user memory from now on; 0: none. The old address space is shown no more, so it can
 * be deleted. */
VOID KeSetDirectoryBase(KPROCESS *Process, ULONG64 DirectoryBase);
ULONG KeSuspendThread(KTHREAD *Thread);
ULONG KeResumeThread(KTHREAD *Thread);
BOOLEAN KeAlertThread(KTHREAD *Thread, KPROCESSOR_MODE Mode);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE Mode);

/* ---- exported routines that the DDK does not declare; names and contracts as drivers import them
 * ---- */
LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait);
VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner);
LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant);
#define KE_APC_DECLARED
typedef enum _KAPC_ENVIRONMENT {
    OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment
} KAPC_ENVIRONMENT;
VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, KAPC_ENVIRONMENT Environment,
                           PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE Mode, PVOID Context);
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID Argument1, PVOID Argument2, KPRIORITY Increment);
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc);

/* ---- the one choice function: every decision that could go more than one way ---- */
enum {
    KI_CHOICE_PROCESSOR,
    KI_CHOICE_THREAD,
    KI_CHOICE_TIMER,
    KI_CHOICE_FAIL_ALLOCATION,
    KI_CHOICE_ENTROPY
};
/* Returns 0..Alternatives-1; 0 is the cheap default. */
ULONG KiChoose(ULONG Kind, ULONG Alternatives);
/* From here on allocations are counted, and number HAL_LOADER_BLOCK.fail_allocation fails. */
VOID KeArmAllocationFailures(VOID);
VOID KeDisarmAllocationFailures(VOID); /* none is counted until it is armed again */
ULONG64 KeCountedAllocations(VOID);
ULONG64 KeRandom64(VOID); /* seeded; the only source of entropy */

/* ---- time: virtual, 100 ns ---- */
ULONG64 KeVirtualTime(VOID);          /* since boot */
#define KE_CYCLES_PER_100NS                                                                        \
    100ull /* of the time stamp counter, which counts virtual time at 1 GHz */
VOID KeChargeTime(
    ULONG64 Time100ns); /* work that takes time, e.g. a stall; may let another processor run */

/* Memory is going away: bug check 0xC7 when a set timer or a queued DPC lies in it or would call
 * into it. Any IRQL. */
VOID KeCheckForTimers(PVOID Base, SIZE_T Bytes);

/* Preemption point: another processor may go on here. Any IRQL. */
VOID KeYieldProcessorPoint(VOID);

/* ---- interrupts of devices (interrupt.c) ---- */
typedef struct _KINTERRUPT { /* offsets as in NT 10.0.22000 */
    SHORT Type, Size;
    LIST_ENTRY InterruptListEntry; /* 0x08: chain of the vector; DIRQL or above, as all that an ISR
                                      reads */
    PKSERVICE_ROUTINE ServiceRoutine;
    PKMESSAGE_SERVICE_ROUTINE MessageServiceRoutine;
    ULONG MessageIndex;
    PVOID ServiceContext;          /* 0x30 */
    KSPIN_LOCK SpinLock;           /* used when the driver brings none */
    ULONG TickCount;
    PKSPIN_LOCK ActualLock;        /* 0x48 */
    PVOID DispatchAddress;
    ULONG Vector;                  /* 0x58 */
    KIRQL Irql, SynchronizeIrql;
    BOOLEAN FloatingSave, Connected;
    ULONG Number;                  /* 0x60: processor that it was last served on */
    BOOLEAN ShareVector, EmulateActiveBoth;
    USHORT ActiveCount;            /* 0: reported inactive */
    LONG InternalState;
    KINTERRUPT_MODE Mode;          /* 0x6c */
    KINTERRUPT_POLARITY Polarity;
    ULONG ServiceCount, DispatchCount; /* 0x74: ISR calls; those that it claimed */
    PKEVENT PassiveEvent;          /* 0x80: passive-level interrupts: held while the ISR runs */
    PVOID TrapFrame, DisconnectData;
    KTHREAD *volatile ServiceThread; /* 0x98 */
    PVOID ConnectionData, IntTrackEntry;
    UCHAR IsrDpcStats[0x60];
    PVOID RedirectObject;          /* 0x110 */
    PVOID PhysicalDeviceObject;
    /* ours from here on */
    KAFFINITY Affinity;
    struct _KI_PASSIVE *Passive;
} KINTERRUPT;
DD_STATIC_ASSERT_OFFSET(KINTERRUPT, ActualLock, 0x48);
DD_STATIC_ASSERT_OFFSET(KINTERRUPT, Mode, 0x6c);
DD_STATIC_ASSERT_OFFSET(KINTERRUPT, RedirectObject, 0x110);

#define KE_FIRST_DEVICE_VECTOR 0x30 /* IRQL of a vector is its upper half: 3 to 12 are devices' */
#define KE_LAST_DEVICE_VECTOR 0xCF
#define KE_NO_LINE 0xFF

/* Queued when a device was pulled out of the machine. NULL: nobody wants to know. */
VOID KeSetDeviceChangeDpc(PKDPC Dpc);
/* Line that the vector stands for, set once by the HAL at start; other vectors are messages'. */
VOID KeSetVectorLine(ULONG Vector, ULONG Line);
ULONG KeGetVectorLine(ULONG Vector); /* KE_NO_LINE: a message */
/*
 * Connects an interrupt whose public fields are filled: from now on its ISR is called. FALSE when
 * the vector cannot be shared, by this interrupt or the ones there, or their modes differ. IRQL <=
 * DISPATCH_LEVEL.
 */
BOOLEAN KeConnectInterrupt(KINTERRUPT *Interrupt);
VOID KeDisconnectInterrupt(
    KINTERRUPT *Interrupt); /* no call of its ISR is running or comes after */
/* An inactive ISR is not called; a line whose ISRs are all inactive is masked. */
VOID KeSetInterruptActive(KINTERRUPT *Interrupt, BOOLEAN Active);
/* A passive-level interrupt: a thread of its own calls the ISR. PASSIVE_LEVEL. */
NTSTATUS KeInitPassiveInterrupt(KINTERRUPT *Interrupt);
VOID KeUninitPassiveInterrupt(KINTERRUPT *Interrupt); /* disconnected; waits for the thread */
/* An image goes away: bug check 0xCE when an ISR in it is connected. */
VOID KeCheckForInterrupts(PVOID Base, SIZE_T Bytes);
typedef struct _KE_VECTOR_STATISTICS {
    ULONG Vector, Line;            /* KE_NO_LINE: a message's */
    ULONG64 Deliveries, Unclaimed; /* to processors; of them, those that no ISR took for its own */
    ULONG64 Longest100ns;          /* virtual time that the ISRs of one took */
} KE_VECTOR_STATISTICS;
/* Calls Visit for each vector of which an interrupt has come. */
VOID KeVisitVectors(VOID (*Visit)(const KE_VECTOR_STATISTICS *Statistics));

/* ---- user mode ---- */
/* First entry of a thread to user mode; Context is in the kernel. Never returns. */
DECLSPEC_NORETURN VOID KiEnterUserMode(PCONTEXT Context); /* also what NtContinue ends with */
/* Number of services and their table: generated from abi/syscalls.tsv. */
extern const PVOID KiServiceTable[];
extern const UCHAR KiServiceArguments[];
extern const ULONG KiServiceLimit;
/* ---- exceptions ---- */
extern ULONG
    KeUserExceptionCount; /* of user mode, since boot; kernel mode's are RtlpDispatchCount */
/* Dispatches an exception raised at Frame; returns when execution is to go on with the (changed)
 * Frame. */
VOID KiDispatchException(PEXCEPTION_RECORD Record, PVOID ExceptionFrame,
                         struct HAL_TRAP_FRAME *Frame, KPROCESSOR_MODE Mode, BOOLEAN FirstChance);
/* No handler took Record: the bug check that NT gives for where the code ran (0x1E, 0x7E, 0x3B). */
DECLSPEC_NORETURN VOID KiUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context);
/* Text shown in the report on the pool block, IRP or object concerned. Copied. */
VOID KeSetBugCheckText(const char *Format, ...);
/* Nothing can ever run again: stops the run as a time-out (exit status 4) with the text. Context:
 * where, or NULL. */
DECLSPEC_NORETURN VOID KeHang(PCONTEXT Context, const char *Format, ...);
/* Event is set when the host has a command for the machine (HAL_FLAG_BOOTED). Once, at
 * PASSIVE_LEVEL. */
VOID KeSetDoorbellEvent(PRKEVENT Event);
/*
 * Nothing is left to run: every thread waits and no timer is due before now + Horizon100ns.
 * WithDevices: no timer of a device either, which one that ticks for ever has always.
 */
BOOLEAN KeIsMachineIdle(ULONG64 Horizon100ns, BOOLEAN WithDevices);

VOID KeInitSystem(VOID); /* phase 0, on the boot stack: processors, scheduler, time */
/* Turns the boot context into processor 0's idle thread. */
DECLSPEC_NORETURN VOID KeBecomeIdle(VOID);
extern KPROCESS *const KiIdleProcess; /* an EPROCESS of zeros: the process of the idle threads */
