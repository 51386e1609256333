/*
 * ntdll, private: what its sources share. It is built against the kernel's headers (nt.h), together with the sources in
 * kernel/rtl that need nothing of the kernel; marks of the export ledger (NT_EXPORT) make its exports too.
 */
#pragma once

#include "nt.h"
#include "rtl/rtl.h"
#include "rtl/seh.h"

#include "ps/peb.h"

#define NtCurrentTebBlock() ((PPSP_TEB)__readgsqword(0x30))
#define NtCurrentPebBlock() ((PPSP_PEB)__readgsqword(0x60))

/* ---- services whose prototypes the DDK headers lack ---- */
NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);
NTSTATUS NTAPI NtTerminateProcess(HANDLE Process, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtTerminateThread(HANDLE Thread, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length,
                                        PULONG ReturnLength);
NTSTATUS NTAPI NtLoadUserImage(PUNICODE_STRING Path, PVOID *Base, PVOID *EntryPoint);
NTSTATUS NTAPI NtUnloadUserImage(PVOID Base);
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS Status, ULONG Count, ULONG StringMask, PULONG_PTR Parameters, ULONG Options,
                                PULONG Response);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtYieldExecution(VOID);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Bytes, ULONG Protect, PULONG Old);
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE Process, PVOID *Base, ULONG_PTR ZeroBits, PSIZE_T Bytes, ULONG Type,
                                       ULONG Protect);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Bytes, ULONG Type);
NTSTATUS NTAPI NtClose(HANDLE Handle);

/* ---- sync.c ---- */
typedef struct _RTLP_LOCK { /* a SRW lock: bit 0 held exclusively, bit 1 somebody waits, bits 2.. shared holders */
    volatile LONG64 State;
} RTLP_LOCK;
VOID NTAPI RtlAcquireSRWLockExclusive(RTLP_LOCK *Lock);
VOID NTAPI RtlReleaseSRWLockExclusive(RTLP_LOCK *Lock);
typedef struct _RTLP_CRITICAL_SECTION { /* RTL_CRITICAL_SECTION */
    PVOID DebugInfo;
    volatile LONG LockCount; /* -1 free; otherwise 0 + waiters */
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;    /* low half: tickets handed to waiters */
    ULONG_PTR SpinCount;
} RTLP_CRITICAL_SECTION;
NTSTATUS NTAPI RtlInitializeCriticalSection(RTLP_CRITICAL_SECTION *Section);
NTSTATUS NTAPI RtlEnterCriticalSection(RTLP_CRITICAL_SECTION *Section);
NTSTATUS NTAPI RtlLeaveCriticalSection(RTLP_CRITICAL_SECTION *Section);
/* Waits while the Bytes (1, 2, 4, 8) at Address equal those at Compare. STATUS_TIMEOUT; may wake for nothing. */
NTSTATUS NTAPI RtlWaitOnAddress(volatile VOID *Address, PVOID Compare, SIZE_T Bytes, PLARGE_INTEGER Timeout);
VOID NTAPI RtlWakeAddressSingle(PVOID Address);
VOID NTAPI RtlWakeAddressAll(PVOID Address);

/* ---- heap.c ---- */
#ifndef HEAP_ZERO_MEMORY
#define HEAP_ZERO_MEMORY 0x8u
#endif
#define RTLP_HEAP_NO_SERIALIZE 0x1u
#define RTLP_HEAP_GENERATE_EXCEPTIONS 0x4u
#define RTLP_HEAP_REALLOC_IN_PLACE_ONLY 0x10u
BOOLEAN RtlpInitProcessHeap(VOID);

/* ---- ldr.c, private to the loader ---- */
#define LDRP_NAME_CHARS 260
enum { LDRP_PROCESS_DETACH, LDRP_PROCESS_ATTACH, LDRP_THREAD_ATTACH, LDRP_THREAD_DETACH };
enum { /* PSP_LDR_ENTRY.State */
    LDRP_MAPPED = 1,
    LDRP_INITIALIZED = 2,
    LDRP_NO_THREAD_CALLS = 4,
    LDRP_PINNED = 8, /* stays until the process ends */
    LDRP_GOING = 16  /* nobody refers to it any more */
};
typedef struct _LDRP_IMPORT { /* IMAGE_IMPORT_DESCRIPTOR */
    ULONG OriginalFirstThunk, TimeDateStamp, ForwarderChain, Name, FirstThunk;
} LDRP_IMPORT;
typedef struct _LDRP_NAME { /* a DLL's name as the loader looks for it */
    WCHAR Buffer[LDRP_NAME_CHARS];
    UNICODE_STRING Name; /* with its path, if it was given one */
    UNICODE_STRING Base; /* the last component of Name */
} LDRP_NAME;
extern RTLP_CRITICAL_SECTION LdrpLock;
extern PSP_LDR_DATA LdrpData; /* LdrpLock */
NTSTATUS LdrpMakeName(PCUNICODE_STRING Text, LDRP_NAME *Name); /* ".dll" added, API sets resolved */
PPSP_LDR_ENTRY LdrpFindByName(PCUNICODE_STRING BaseName);
BOOLEAN LdrpCallModule(PPSP_LDR_ENTRY Module, ULONG Reason, PVOID Context);
/* The next import of a module; *Dll gets the name of where it is from. Start with NULL; NULL at the end. */
LDRP_IMPORT *LdrpNextImport(PPSP_LDR_ENTRY Module, LDRP_IMPORT *Import, WCHAR Buffer[LDRP_NAME_CHARS],
                            PUNICODE_STRING Dll);

/* ---- unload.c: with LdrpLock ---- */
/* One reference less; what nobody refers to then is told, unmapped and forgotten, with what only it had needed. */
VOID LdrpRelease(PPSP_LDR_ENTRY Module);

/* ---- ldr.c ---- */
/* Called by RtlUserThreadStart: the first thread loads the program's DLLs; every thread tells them that it is there. */
VOID LdrpInitThread(VOID);
PPSP_LDR_ENTRY LdrpFindModule(PVOID Address);
VOID NTAPI LdrShutdownThread(VOID);
VOID NTAPI LdrShutdownProcess(VOID);

/* ---- except.c ---- */
DECLSPEC_NORETURN VOID RtlpUserException(PEXCEPTION_RECORD Record, PCONTEXT Context);
DECLSPEC_NORETURN VOID RtlpUserApc(PSP_APC_FRAME *Frame);
