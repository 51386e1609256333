/*
 * ps: processes and threads as objects, client IDs, notify routines. What other components may call
 * beyond the documented Ps routines.
 */
#pragma once

#include "../ke/ke.h"
#include "../mm/mm.h"
#include "../ob/ob.h"

/* Rights that the DDK headers lack. */
#ifndef PROCESS_VM_READ
#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ 0x0010
#define PROCESS_VM_WRITE 0x0020
#define PROCESS_CREATE_PROCESS 0x0080
#define PROCESS_SET_QUOTA 0x0100
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_SUSPEND_RESUME 0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#endif
#ifndef THREAD_QUERY_INFORMATION
#define THREAD_QUERY_INFORMATION 0x0040
#endif

struct _ETHREAD {
    KTHREAD Tcb; /* offset 0 */
    LARGE_INTEGER CreateTime, ExitTime;
    NTSTATUS ExitStatus;
    PKSTART_ROUTINE StartAddress;
    PVOID StartParameter;
    PVOID Win32StartAddress;
    CLIENT_ID Cid;
    LIST_ENTRY IrpList;         /* IRPs of this thread; raised to APC_LEVEL */
    PVOID TopLevelIrp;
    PDEVICE_OBJECT DeviceToVerify;
    struct _EPROCESS *ThreadsProcess;
    LIST_ENTRY ThreadListEntry; /* EPROCESS.ThreadListHead */
    EX_RUNDOWN_REF RundownProtect;
    PVOID ImpersonationToken;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    BOOLEAN Terminated, SystemThread, HideFromDebugger, HardErrorsAreDisabled;
    LONG ReadOperations;
    BOOLEAN ExitPending;        /* PspTerminateThread has queued ExitApc */
    BOOLEAN CreateNotified;     /* the create-thread routines have been told */
    BOOLEAN DisableImpersonation, CopyOnOpen, EffectiveOnly;
    BOOLEAN HardErrorModeSet;
    BOOLEAN PriorityBoostDisabled;
    UCHAR IoPriority, PagePriority; /* 0: the default; else the value and one */
    GUID ActivityId;                /* EtwActivityIdControl */
    ULONG ExecutionState;           /* NtSetThreadExecutionState: ES_* without ES_CONTINUOUS */
    UNICODE_STRING Name;            /* NtSetInformationThread(ThreadNameInformation); allocated */
    NTSTATUS PendingExitStatus; /* with ExitPending */
    KAPC ExitApc;
    KEVENT AlertById;           /* NtAlertThreadByThreadId */
    PVOID UserStack; /* allocation base of the user stack that ends with the thread, or NULL */
};

struct _EPROCESS { /* offsets of NT 10.0.22000 for the fields that drivers are known to read */
    KPROCESS Pcb;
    UCHAR Fill0[0x440 - sizeof(KPROCESS)];
    HANDLE UniqueProcessId;          /* 0x440 */
    LIST_ENTRY ActiveProcessLinks;   /* 0x448 */
    EX_RUNDOWN_REF RundownProtect;   /* 0x458 */
    ULONG Flags2, Flags;             /* 0x460, 0x464 */
    LARGE_INTEGER CreateTime;        /* 0x468 */
    UCHAR Fill1[0x4b8 - 0x470];
    PVOID Token;                     /* 0x4b8: EX_FAST_REF in NT; low bits are 0 here */
    UCHAR Fill2[0x518 - 0x4c0];
    PVOID SectionObject;             /* 0x518 */
    PVOID SectionBaseAddress;        /* 0x520 */
    UCHAR Fill3[0x540 - 0x528];
    HANDLE InheritedFromUniqueProcessId; /* 0x540 */
    UCHAR Fill4[0x550 - 0x548];
    PVOID Peb;                       /* 0x550 */
    PVOID Session;                   /* 0x558 */
    UCHAR Fill5[0x570 - 0x560];
    PHANDLE_TABLE ObjectTable;       /* 0x570 */
    PVOID DebugPort;                 /* 0x578 */
    PVOID WoW64Process;              /* 0x580 */
    UCHAR Fill6[0x5a0 - 0x588];
    PFILE_OBJECT ImageFilePointer;   /* 0x5a0 */
    UCHAR ImageFileName[15];         /* 0x5a8 */
    UCHAR Fill7[0x5e0 - 0x5b7];
    LIST_ENTRY ThreadListHead;       /* 0x5e0 */
    ULONG ActiveThreads;             /* 0x5f0 */
    UCHAR Fill8[0x7d4 - 0x5f4];
    NTSTATUS ExitStatus;             /* 0x7d4 */
    UCHAR Fill9[0x840 - 0x7d8];
    LARGE_INTEGER ExitTime;          /* 0x840 */
    UCHAR Fill10[0xa40 - 0x848];
    /* ours from here on */
    MM_ADDRESS_SPACE *AddressSpace;  /* NULL for the System process */
    UNICODE_STRING ImagePath;        /* NT path, allocated */
    BOOLEAN Exiting;                 /* no new threads */
    BOOLEAN CreateNotified;          /* the create-process routines have been told */
    BOOLEAN Gone;                    /* handles and memory are freed, the object is signalled */
    KEVENT LastThreadGone;
    LIST_ENTRY LoadedModules;        /* user-mode images: see ldr */
    UNICODE_STRING CommandLine;      /* allocated; as the program was started */
    NTSTATUS StartFailure; /* set when the user-mode loader refused the program, with its reason */
    ULONG DefaultHardErrorMode;
    SIZE_T QuotaUsage[2];            /* pool charged: nonpaged, paged */
    SIZE_T QuotaPeak[2];
    SIZE_T PeakVirtualSize, PeakWorkingSet, PeakCommit; /* of what PsQueryMemoryCounters has seen */
    IO_COUNTERS IoCounters;
    ULONG Cookie;                    /* random; 0: not asked for yet */
    UCHAR IoPriority, PagePriority;  /* 0: the default; else the value and one */
    BOOLEAN Foreground, PriorityBoostDisabled, BreakOnTermination, NoDebugInherit;
    ULONG HandleHighWater;           /* of what a query has seen */
    ULONG64 ExceptionDispatcher;     /* ntdll's KiUserExceptionDispatcher */
    ULONG64 ApcDispatcher;           /* ntdll's KiUserApcDispatcher */
    ULONG64 ThreadStart;             /* ntdll's RtlUserThreadStart */
    struct _PSP_START_IMAGES *StartImages; /* not announced yet; allocated */
    HANDLE ProcessGroup;             /* ID of the process that leads it */
    struct _PSP_TERMINAL *Terminal;  /* of a program that the host watches, and of what it makes;
                                        referenced; or NULL */
    ULONG64 ConsoleControl;          /* kernel32's routine for console events; 0: no console */
    BOOLEAN ConsoleNamed;            /* the host knows the name of who writes */
    UCHAR PriorityClass;             /* PROCESS_PRIORITY_CLASS_... */
};
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, UniqueProcessId, 0x440);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, Token, 0x4b8);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ObjectTable, 0x570);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ImageFileName, 0x5a8);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ThreadListHead, 0x5e0);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ExitTime, 0x840);

/*
 * Object types, the CID table, the System process (PID 4) with SepSystemToken and the kernel handle
 * table. From here on PsCreateSystemThread works. After ke, mm, pools, ob and se; before io. Phase
 * 2 (after io): the console device.
 */
NTSTATUS PsInitSystem(VOID);
NTSTATUS PsInitConsole(VOID);
extern PEPROCESS PsInitialSystemProcess;
extern POBJECT_TYPE *PsProcessType, *PsThreadType, *PsJobType;
extern LIST_ENTRY PsActiveProcessHead; /* EPROCESS.ActiveProcessLinks */
#define PsCurrentProcess() ((PEPROCESS)KiGetPrcb()->CurrentThread->ApcState.Process)

/* An empty address space for a process that has none. */
NTSTATUS PsGiveAddressSpace(PEPROCESS Process);
/*
 * Sizes of the process's user memory and what pool is charged to it. All committed memory is
 * resident; peaks are of the times this was asked. IRQL <= APC_LEVEL.
 */
VOID PsQueryMemoryCounters(PEPROCESS Process, PVM_COUNTERS_EX Counters);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);

/* Creates a process with an empty address space, inheriting Parent's token; one reference for the
 * caller. */
NTSTATUS PspCreateProcess(PEPROCESS Parent, PCUNICODE_STRING ImagePath, PEPROCESS *Process);
/* A user thread that starts at Context (rip, rsp, rcx...). One reference for the caller.
 * PASSIVE_LEVEL. */
NTSTATUS PspCreateUserThread(PEPROCESS Process, PCONTEXT Context, PVOID Teb, BOOLEAN Suspended,
                             PETHREAD *Thread);
VOID PspCallImageNotify(PUNICODE_STRING FullName, HANDLE ProcessId, PIMAGE_INFO Info);
VOID PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus); /* all threads; waits for none */
/* Ends the current thread, and its process when it is the last. PASSIVE_LEVEL, no APC disabled,
 * else bug check 0x20. */
DECLSPEC_NORETURN VOID PspExitThread(NTSTATUS ExitStatus);
/*
 * ke's reaper calls this, in a system thread at PASSIVE_LEVEL, once a terminated thread is off its
 * stack for good (the stack is freed or will be by KeUninitThread). Drops the reference that kept
 * the thread object while it ran.
 */
VOID PspThreadReaped(PETHREAD Thread);

/*
 * Starts a program: creates its process, maps the .exe and ntdll, starts the first thread. Path is
 * an NT path (\??\C:\...). Process, referenced; or a status of the file or image, or a driver's.
 * PASSIVE_LEVEL.
 */
NTSTATUS PsStartProgram(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine, PEPROCESS *Process);
/*
 * The same on a terminal of its own, which the processes share that it makes; the host, which knows
 * it by Number, hears of its end.
 */
NTSTATUS PsSpawnProgram(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine, HANDLE Number);
/* ---- the terminal with that number; nothing happens if it is gone. PASSIVE_LEVEL. ---- */
VOID PsTerminalInput(HANDLE Number, const VOID *Text,
                     ULONG Bytes); /* at most HAL_INPUT_CHUNK; 0: the end of the input */
VOID PsTerminalFlow(HANDLE Number, BOOLEAN Flows);                  /* FALSE: writers wait */
VOID PsTerminalSignal(
    HANDLE Number,
    ULONG Event); /* CTRL_C_EVENT...; CTRL_CLOSE_EVENT: in the end they are terminated */
/*
 * Waits for the end. STATUS_SUCCESS and the exit code, or why it did not come to run:
 * STATUS_DLL_NOT_FOUND or STATUS_ENTRYPOINT_NOT_FOUND (each missing import is named on
 * HAL_STREAM_LOG).
 */
NTSTATUS PsWaitForProgram(PEPROCESS Process, NTSTATUS *ExitStatus);
/* Ends every user process: closes the console of those that have one, and terminates what is left
 * after five seconds. */
VOID PsEndPrograms(VOID);
/* Each program stands still until PsThawPrograms, but the current thread. PASSIVE_LEVEL. */
VOID PsFreezePrograms(VOID);
VOID PsThawPrograms(VOID);

/*
 * An exception in user mode: pushes the record and Context (the interrupted user state, all of it)
 * on the user stack and makes Frame continue in ntdll's KiUserExceptionDispatcher, which goes on
 * with NtContinue. FALSE: there is nobody to tell (second chance, no dispatcher yet, stack not
 * writable); the caller then calls PspUnhandledException. PASSIVE_LEVEL, in the process.
 */
BOOLEAN PspForwardException(PEXCEPTION_RECORD Record, PCONTEXT Context, HAL_TRAP_FRAME *Frame,
                            BOOLEAN FirstChance);
/*
 * Makes Frame continue in ntdll's KiUserApcDispatcher, which calls Routine(RoutineContext,
 * Argument1, Argument2) and goes back to Context with NtContinue(Context, TRUE). FALSE when the
 * user stack cannot take the frame.
 */
BOOLEAN PspForwardApc(PCONTEXT Context, HAL_TRAP_FRAME *Frame, PVOID Routine, PVOID RoutineContext,
                      PVOID Argument1, PVOID Argument2);
/* Where Drydock's own messages go that the current thread's request caused: its program's user sees
 * them too. */
ULONG64 PsLogStream(VOID);
/* Prints "name: unhandled exception ..." on HAL_STREAM_LOG and ends the current process with the
 * code. */
DECLSPEC_NORETURN VOID PspUnhandledException(PEXCEPTION_RECORD Record);
