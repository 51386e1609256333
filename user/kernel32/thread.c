/*
 * Threads, thread-local and fiber-local slots, APCs. Not modelled: fibers.
 */
#include "k32.h"

HANDLE WINAPI CreateRemoteThread(HANDLE Process, LPSECURITY_ATTRIBUTES Security, SIZE_T StackSize,
                                 LPTHREAD_START_ROUTINE Start, LPVOID Argument, DWORD Flags, LPDWORD ThreadId)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    BOOL Reserve = (Flags & STACK_SIZE_PARAM_IS_A_RESERVATION) != 0;
    HANDLE Thread;
    NTSTATUS Status;

    IGNORE_ARG(Security);
    Status = NtCreateThreadEx(&Thread, THREAD_ALL_ACCESS, NULL, Process, (PVOID)Start, Argument,
                              Flags & CREATE_SUSPENDED ? 1 : 0, 0, Reserve ? 0 : StackSize, Reserve ? StackSize : 0, NULL);
    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return NULL;
    }
    if (ThreadId != NULL) {
        *ThreadId = 0;
        if (NT_SUCCESS(NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL)))
            *ThreadId = (DWORD)(ULONG_PTR)Basic.Id.UniqueThread;
    }
    return Thread;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES Security, SIZE_T StackSize, LPTHREAD_START_ROUTINE Start,
                           LPVOID Argument, DWORD Flags, LPDWORD ThreadId)
{
    return CreateRemoteThread(NtCurrentProcess(), Security, StackSize, Start, Argument, Flags, ThreadId);
}

VOID WINAPI ExitThread(DWORD Code)
{
    RtlExitUserThread((NTSTATUS)Code);
}

BOOL WINAPI TerminateThread(HANDLE Thread, DWORD Code)
{
    NTSTATUS Status = NtTerminateThread(Thread, (NTSTATUS)Code);

    return StatusToBool(Status);
}

BOOL WINAPI GetExitCodeThread(HANDLE Thread, LPDWORD Code)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    NTSTATUS Status = NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL);

    if (NT_SUCCESS(Status))
        *Code = (DWORD)Basic.ExitStatus;
    return StatusToBool(Status);
}

DWORD WINAPI SuspendThread(HANDLE Thread)
{
    ULONG Previous;
    NTSTATUS Status = NtSuspendThread(Thread, &Previous);

    return NT_SUCCESS(Status) ? Previous : (SetStatusError(Status), (DWORD)-1);
}

DWORD WINAPI ResumeThread(HANDLE Thread)
{
    ULONG Previous;
    NTSTATUS Status = NtResumeThread(Thread, &Previous);

    return NT_SUCCESS(Status) ? Previous : (SetStatusError(Status), (DWORD)-1);
}

NTSTATUS NTAPI NtGetContextThread(HANDLE, PCONTEXT);
NTSTATUS NTAPI NtSetContextThread(HANDLE, PCONTEXT);

BOOL WINAPI GetThreadContext(HANDLE Thread, LPCONTEXT Context)
{
    NTSTATUS Status = NtGetContextThread(Thread, Context);

    return StatusToBool(Status);
}

BOOL WINAPI SetThreadContext(HANDLE Thread, const CONTEXT *Context)
{
    NTSTATUS Status = NtSetContextThread(Thread, (PCONTEXT)Context);

    return StatusToBool(Status);
}

HANDLE WINAPI OpenThread(DWORD Access, BOOL Inherit, DWORD ThreadId)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Id = {NULL, (HANDLE)(ULONG_PTR)ThreadId};
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    Status = NtOpenThread(&Handle, Access, &Attributes, &Id);
    return NT_SUCCESS(Status) ? Handle : (SetStatusError(Status), NULL);
}

HANDLE WINAPI GetCurrentThread(VOID)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
    return (DWORD)(ULONG_PTR)CurrentTeb()->ClientId.UniqueThread;
}

BOOL WINAPI SetThreadPriority(HANDLE Thread, int Priority)
{
    LONG Value = Priority == THREAD_PRIORITY_TIME_CRITICAL ? 16 : Priority == THREAD_PRIORITY_IDLE ? -16 : Priority;
    NTSTATUS Status = NtSetInformationThread(Thread, ThreadBasePriority, &Value, sizeof(Value));

    return StatusToBool(Status);
}

int WINAPI GetThreadPriority(HANDLE Thread)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    NTSTATUS Status = NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL);

    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return THREAD_PRIORITY_ERROR_RETURN;
    }
    return Basic.BasePriority == 16    ? THREAD_PRIORITY_TIME_CRITICAL
           : Basic.BasePriority == -16 ? THREAD_PRIORITY_IDLE
                                       : Basic.BasePriority;
}

DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE Thread, DWORD_PTR Mask)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    NTSTATUS Status = NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL);

    if (NT_SUCCESS(Status))
        Status = NtSetInformationThread(Thread, ThreadAffinityMask, &Mask, sizeof(Mask));
    return NT_SUCCESS(Status) ? Basic.Affinity : (SetStatusError(Status), 0);
}

static VOID NTAPI CallApc(PVOID Routine, PVOID Data, PVOID Unused)
{
    IGNORE_ARG(Unused);
    ((PAPCFUNC)Routine)((ULONG_PTR)Data);
}

DWORD WINAPI QueueUserAPC(PAPCFUNC Routine, HANDLE Thread, ULONG_PTR Data)
{
    NTSTATUS Status = NtQueueApcThread(Thread, (PVOID)CallApc, (PVOID)Routine, (PVOID)Data, NULL);

    return (DWORD)StatusToBool(Status);
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    NTSTATUS Status = NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL);

    return NT_SUCCESS(Status) ? (DWORD)(ULONG_PTR)Basic.Id.UniqueThread : (DWORD)SetStatusError(Status);
}

DWORD WINAPI GetProcessIdOfThread(HANDLE Thread)
{
    struct { NTSTATUS ExitStatus; PVOID Teb; CLIENT_ID Id; ULONG64 Affinity; LONG Priority, BasePriority; } Basic;
    NTSTATUS Status = NtQueryInformationThread(Thread, 0, &Basic, sizeof(Basic), NULL);

    return NT_SUCCESS(Status) ? (DWORD)(ULONG_PTR)Basic.Id.UniqueProcess : (DWORD)SetStatusError(Status);
}

BOOL WINAPI GetThreadTimes(HANDLE Thread, LPFILETIME Created, LPFILETIME Exited, LPFILETIME Kernel, LPFILETIME User)
{
    KERNEL_USER_TIMES Times;
    NTSTATUS Status = NtQueryInformationThread(Thread, ThreadTimes, &Times, sizeof(Times), NULL);

    if (!NT_SUCCESS(Status))
        return SetStatusError(Status);
    *Created = *(LPFILETIME)&Times.CreateTime;
    *Exited = *(LPFILETIME)&Times.ExitTime;
    *Kernel = *(LPFILETIME)&Times.KernelTime;
    *User = *(LPFILETIME)&Times.UserTime;
    return TRUE;
}

/* ---- thread-local slots: 64 in the TEB, 1024 more on demand ---- */

#define TLS_EXPANSION 1024

static SRWLOCK SlotLock = SRWLOCK_INIT;
static ULONG TlsUsed[(64 + TLS_EXPANSION) / 32]; /* SlotLock */

static DWORD TakeSlot(PULONG Used, ULONG Words)
{
    DWORD Index = TLS_OUT_OF_INDEXES;

    AcquireSRWLockExclusive(&SlotLock);
    for (ULONG i = 0; i < Words && Index == TLS_OUT_OF_INDEXES; i++)
        if (Used[i] != 0xFFFFFFFF) {
            ULONG Bit = (ULONG)__builtin_ctz(~Used[i]);

            Used[i] |= 1u << Bit;
            Index = i * 32 + Bit;
        }
    ReleaseSRWLockExclusive(&SlotLock);
    if (Index == TLS_OUT_OF_INDEXES)
        SetLastError(ERROR_NO_MORE_ITEMS);
    return Index;
}

static BOOL GiveSlot(PULONG Used, DWORD Index, DWORD Limit)
{
    BOOL Was = FALSE;

    AcquireSRWLockExclusive(&SlotLock);
    if (Index < Limit) {
        Was = (Used[Index / 32] >> (Index % 32)) & 1;
        Used[Index / 32] &= ~(1u << (Index % 32));
    }
    ReleaseSRWLockExclusive(&SlotLock);
    if (!Was)
        SetLastError(ERROR_INVALID_PARAMETER);
    return Was;
}

DWORD WINAPI TlsAlloc(VOID)
{
    DWORD Index = TakeSlot(TlsUsed, COUNT_OF(TlsUsed));

    if (Index != TLS_OUT_OF_INDEXES)
        TlsSetValue(Index, NULL);
    return Index;
}

BOOL WINAPI TlsFree(DWORD Index)
{
    return GiveSlot(TlsUsed, Index, 64 + TLS_EXPANSION);
}

LPVOID WINAPI TlsGetValue(DWORD Index)
{
    PPSP_TEB Teb = CurrentTeb();

    Teb->LastErrorValue = ERROR_SUCCESS; /* [doc: TlsGetValue clears it on success] */
    if (Index < 64)
        return Teb->TlsSlots[Index];
    if (Index < 64 + TLS_EXPANSION)
        return Teb->TlsExpansionSlots != NULL ? Teb->TlsExpansionSlots[Index - 64] : NULL;
    Teb->LastErrorValue = ERROR_INVALID_PARAMETER;
    return NULL;
}

BOOL WINAPI TlsSetValue(DWORD Index, LPVOID Value)
{
    PPSP_TEB Teb = CurrentTeb();

    if (Index < 64) {
        Teb->TlsSlots[Index] = Value;
        return TRUE;
    }
    if (Index >= 64 + TLS_EXPANSION) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (Teb->TlsExpansionSlots == NULL)
        Teb->TlsExpansionSlots = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, TLS_EXPANSION * sizeof(PVOID));
    if (Teb->TlsExpansionSlots == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    Teb->TlsExpansionSlots[Index - 64] = Value;
    return TRUE;
}

/* ---- fiber-local slots: a thread is its own only fiber; callbacks run at its end ---- */

#define FLS_SLOTS 128

static ULONG FlsUsed[FLS_SLOTS / 32];                 /* SlotLock */
static PFLS_CALLBACK_FUNCTION FlsCallback[FLS_SLOTS]; /* SlotLock */

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION Callback)
{
    DWORD Index = TakeSlot(FlsUsed, COUNT_OF(FlsUsed));

    if (Index != FLS_OUT_OF_INDEXES) {
        FlsCallback[Index] = Callback;
        FlsSetValue(Index, NULL);
    }
    return Index;
}

BOOL WINAPI FlsFree(DWORD Index)
{
    PVOID Value = Index < FLS_SLOTS ? FlsGetValue(Index) : NULL;

    if (Value != NULL && FlsCallback[Index] != NULL)
        FlsCallback[Index](Value);
    return GiveSlot(FlsUsed, Index, FLS_SLOTS);
}

PVOID WINAPI FlsGetValue(DWORD Index)
{
    PPSP_TEB Teb = CurrentTeb();

    Teb->LastErrorValue = Index < FLS_SLOTS ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
    return Index < FLS_SLOTS && Teb->FlsSlots != NULL ? Teb->FlsSlots[Index] : NULL;
}

BOOL WINAPI FlsSetValue(DWORD Index, PVOID Value)
{
    PPSP_TEB Teb = CurrentTeb();

    if (Index >= FLS_SLOTS) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (Teb->FlsSlots == NULL)
        Teb->FlsSlots = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, FLS_SLOTS * sizeof(PVOID));
    if (Teb->FlsSlots == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    Teb->FlsSlots[Index] = Value;
    return TRUE;
}

static VOID EndFls(VOID)
{
    PPSP_TEB Teb = CurrentTeb();

    for (DWORD i = 0; Teb->FlsSlots != NULL && i < FLS_SLOTS; i++)
        if (Teb->FlsSlots[i] != NULL && FlsCallback[i] != NULL)
            FlsCallback[i](Teb->FlsSlots[i]);
    if (Teb->FlsSlots != NULL)
        HeapFree(ProcessHeap(), 0, Teb->FlsSlots);
    Teb->FlsSlots = NULL;
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Context)
{
    IGNORE_ARG(Module);
    IGNORE_ARG(Context);
    if (Reason == DLL_PROCESS_ATTACH) {
        AttachConsoleControl();
        RtlSetUnhandledExceptionFilter((PVOID)UnhandledExceptionFilter);
    }
    if (Reason == DLL_THREAD_DETACH || Reason == DLL_PROCESS_DETACH)
        EndFls();
    return TRUE;
}
