/*
 * ps: processes and threads as objects, client IDs, notify routines. What other components may call beyond the
 * documented Ps routines.
 */
#pragma once

#include "../ke/ke.h"
#include "../mm/mm.h"
#include "../ob/ob.h"

struct _ETHREAD {
    KTHREAD Tcb; /* offset 0 */
    LARGE_INTEGER CreateTime, ExitTime;
    NTSTATUS ExitStatus;
    PKSTART_ROUTINE StartAddress;
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
    BOOLEAN Exiting;
    KEVENT LastThreadGone;
    LIST_ENTRY LoadedModules;        /* user-mode images: see ldr */
};
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, UniqueProcessId, 0x440);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, Token, 0x4b8);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ObjectTable, 0x570);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ImageFileName, 0x5a8);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ThreadListHead, 0x5e0);
DD_STATIC_ASSERT_OFFSET(struct _EPROCESS, ExitTime, 0x840);

NTSTATUS PsInitSystem(VOID);
extern PEPROCESS PsInitialSystemProcess;
#define PsCurrentProcess() ((PEPROCESS)KiGetPrcb()->CurrentThread->ApcState.Process)

/* Creates a process with an empty address space, inheriting Parent's token; one reference for the caller. */
NTSTATUS PspCreateProcess(PEPROCESS Parent, PCUNICODE_STRING ImagePath, PEPROCESS *Process);
/* A user thread that starts at Context (rip, rsp, rcx...). */
NTSTATUS PspCreateUserThread(PEPROCESS Process, PCONTEXT Context, PVOID Teb, BOOLEAN Suspended, PETHREAD *Thread);
VOID PspCallImageNotify(PUNICODE_STRING FullName, HANDLE ProcessId, PIMAGE_INFO Info);
VOID PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus); /* all threads; waits for none */
