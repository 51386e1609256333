/*
 * Scheduling help. A process whose image is named in the registry is an AI process: each of its threads is raised as it is
 * created. A client may raise a thread that it may change. A boost is an increment over the thread's own base priority, stays
 * within the dynamic range, and is taken back when its reason ends.
 */
#include "driver.h"

#define AI_PROCESS_QUERY_INFORMATION 0x0400 /* as in winnt.h; the kit has no name for kernel mode */
#define AI_HIGHEST_DYNAMIC (LOW_REALTIME_PRIORITY - 1)

typedef struct AI_PROCESS {
    LIST_ENTRY Link; /* AI_SCHED.Processes */
    HANDLE Id;
    UINT64 CreateTime100ns;
    BOOLEAN Measured; /* its first boost was timed */
} AI_PROCESS;

typedef struct AI_BOOST { /* element of AI_SCHED.Threads */
    HANDLE ThreadId;
    PETHREAD Thread;     /* referenced */
    const AI_FILE *File; /* NULL: an AI process's thread */
    LONG OldIncrement;   /* over the process's base priority, before any boost of ours */
} AI_BOOST;

/* Process and thread notifications carry no context: this is the one that is started. */
static AI_SCHED *AiStartedSched;

static VOID AiSchedEnter(_Inout_ AI_SCHED *Sched)
{
    (VOID)KeWaitForSingleObject(&Sched->Mutex, Executive, KernelMode, FALSE, NULL);
}

static VOID AiSchedLeave(_Inout_ AI_SCHED *Sched)
{
    KeReleaseMutex(&Sched->Mutex, FALSE);
}

/* ---- the table of boosts ---- */

_Function_class_(RTL_AVL_COMPARE_ROUTINE) static RTL_GENERIC_COMPARE_RESULTS NTAPI
AiCompareBoosts(_In_ PRTL_AVL_TABLE Table, _In_ PVOID First, _In_ PVOID Second)
{
    ULONG_PTR A = (ULONG_PTR)((const AI_BOOST *)First)->ThreadId, B = (ULONG_PTR)((const AI_BOOST *)Second)->ThreadId;

    UNREFERENCED_PARAMETER(Table);
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

_Function_class_(RTL_AVL_ALLOCATE_ROUTINE) static PVOID NTAPI AiAllocateBoost(_In_ PRTL_AVL_TABLE Table, _In_ CLONG Bytes)
{
    UNREFERENCED_PARAMETER(Table);
    return ExAllocatePoolZero(PagedPool, (SIZE_T)Bytes, AI_TAG);
}

_Function_class_(RTL_AVL_FREE_ROUTINE) static VOID NTAPI AiFreeBoost(_In_ PRTL_AVL_TABLE Table, _In_ PVOID Node)
{
    UNREFERENCED_PARAMETER(Table);
    ExFreePoolWithTag(Node, AI_TAG);
}

static AI_BOOST *AiFindBoost(_In_ AI_SCHED *Sched, _In_ HANDLE ThreadId)
{
    AI_BOOST Key = { .ThreadId = ThreadId };

    return RtlLookupElementGenericTableAvl(&Sched->Threads, &Key);
}

/* The entry goes; with Restore the thread gets its own priority back. Mutex held. */
static VOID AiEndBoost(_Inout_ AI_SCHED *Sched, _In_ AI_BOOST *Boost, _In_ BOOLEAN Restore)
{
    PETHREAD Thread = Boost->Thread;

    if (Restore) {
        KeSetBasePriorityThread((PKTHREAD)Thread, Boost->OldIncrement);
        InterlockedIncrement64(&Sched->Restores);
    }
    RtlDeleteElementGenericTableAvl(&Sched->Threads, Boost);
    Sched->ThreadsNow--;
    ObDereferenceObject(Thread);
}

/* ---- priorities ---- */

static NTSTATUS AiProcessBase(_In_ PETHREAD Thread, _Out_ LONG *Base)
{
    PROCESS_BASIC_INFORMATION Basic;
    HANDLE Process;
    NTSTATUS Status = ObOpenObjectByPointer(IoThreadToProcess(Thread), OBJ_KERNEL_HANDLE, NULL,
                                            AI_PROCESS_QUERY_INFORMATION, *PsProcessType, KernelMode, &Process);

    *Base = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryInformationProcess(Process, ProcessBasicInformation, &Basic, sizeof(Basic), NULL);
    if (NT_SUCCESS(Status))
        *Base = (LONG)Basic.BasePriority;
    ZwClose(Process);
    return Status;
}

/*
 * Raises the thread by Increment over Old, or over what it has when Old is NULL, up to the end of the dynamic range. *Before is
 * the increment that it had.
 */
static NTSTATUS AiRaise(_In_ PETHREAD Thread, _In_ LONG Increment, _In_opt_ const LONG *Old, _Out_ LONG *Before,
                        _Out_ AI_BOOST_RESULT *Result)
{
    LONG Base, New;
    NTSTATUS Status;

    *Before = 0;
    if (KeQueryPriorityThread((PKTHREAD)Thread) > AI_HIGHEST_DYNAMIC)
        return STATUS_NOT_SUPPORTED;
    Status = AiProcessBase(Thread, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    *Before = KeSetBasePriorityThread((PKTHREAD)Thread, Increment);
    New = min((Old != NULL ? *Old : *Before) + Increment, AI_HIGHEST_DYNAMIC - Base);
    if (New != Increment)
        KeSetBasePriorityThread((PKTHREAD)Thread, New);
    Result->OldBasePriority = Base + *Before;
    Result->NewBasePriority = Base + New;
    return STATUS_SUCCESS;
}

/* Raises a thread that has no boost and enters it. The reference to the thread is the entry's on success. Mutex held. */
static NTSTATUS AiBeginBoost(_Inout_ AI_SCHED *Sched, _In_ const AI_FILE *File, _In_ PETHREAD Thread, _In_ HANDLE ThreadId,
                             _In_ LONG Increment, _Out_ AI_BOOST_RESULT *Result)
{
    AI_BOOST Boost = { .ThreadId = ThreadId, .Thread = Thread, .File = File }, *Own;
    NTSTATUS Status;

    Own = RtlInsertElementGenericTableAvl(&Sched->Threads, &Boost, sizeof(Boost), NULL);
    if (Own == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = AiRaise(Thread, Increment, NULL, &Own->OldIncrement, Result);
    if (NT_SUCCESS(Status))
        Sched->ThreadsNow++;
    else
        RtlDeleteElementGenericTableAvl(&Sched->Threads, Own);
    return Status;
}

/* ---- AI processes ---- */

static AI_PROCESS *AiFindProcess(_In_ AI_SCHED *Sched, _In_ HANDLE Id)
{
    for (PLIST_ENTRY Link = Sched->Processes.Flink; Link != &Sched->Processes; Link = Link->Flink) {
        AI_PROCESS *Process = CONTAINING_RECORD(Link, AI_PROCESS, Link);

        if (Process->Id == Id)
            return Process;
    }
    return NULL;
}

static VOID AiProcessCreated(_Inout_ AI_SCHED *Sched, _In_ HANDLE Id, _In_ PCUNICODE_STRING ImageName)
{
    AI_PROCESS *Process;

    InterlockedIncrement64(&Sched->ProcessesCreated);
    if (ImageName == NULL || !AiConfigHasName(Sched->Config, ImageName))
        return;
    InterlockedIncrement64(&Sched->AiProcessesSeen);
    Process = ExAllocatePoolZero(PagedPool, sizeof(*Process), AI_TAG);
    if (Process == NULL) {
        InterlockedIncrement64(&Sched->BoostFailures);
        return;
    }
    Process->Id = Id;
    Process->CreateTime100ns = AiNow100ns();
    AiSchedEnter(Sched);
    InsertTailList(&Sched->Processes, &Process->Link);
    Sched->ProcessesNow++;
    AiSchedLeave(Sched);
}

static VOID AiProcessEnded(_Inout_ AI_SCHED *Sched, _In_ HANDLE Id)
{
    AI_PROCESS *Process;

    AiSchedEnter(Sched);
    Process = AiFindProcess(Sched, Id);
    if (Process != NULL) {
        RemoveEntryList(&Process->Link);
        Sched->ProcessesNow--;
        ExFreePoolWithTag(Process, AI_TAG);
    }
    AiSchedLeave(Sched);
}

_Function_class_(PCREATE_PROCESS_NOTIFY_ROUTINE_EX) static VOID NTAPI
AiProcessNotify(_Inout_ PEPROCESS Process, _In_ HANDLE ProcessId, _Inout_opt_ PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    AI_SCHED *Sched = AiStartedSched;

    if (CreateInfo != NULL) {
        AiProcessCreated(Sched, ProcessId, CreateInfo->ImageFileName);
        return;
    }
    AiProcessEnded(Sched, ProcessId);
    if (AiTheDevice != NULL)
        AiPinnedProcessExit(&AiTheDevice->Pinned, Process);
}

static VOID AiMeasure(_Inout_ AI_SCHED *Sched, _Inout_ AI_PROCESS *Process)
{
    UINT64 Time100ns = AiNow100ns() - Process->CreateTime100ns;
    KIRQL Irql;

    if (Process->Measured)
        return;
    Process->Measured = TRUE;
    KeAcquireSpinLock(&Sched->Lock, &Irql);
    Sched->MinTime100ns = Sched->Measured == 0 ? Time100ns : min(Sched->MinTime100ns, Time100ns);
    Sched->MaxTime100ns = max(Sched->MaxTime100ns, Time100ns);
    Sched->TotalTime100ns += Time100ns;
    Sched->Measured++;
    KeReleaseSpinLock(&Sched->Lock, Irql);
}

static VOID AiThreadCreated(_Inout_ AI_SCHED *Sched, _In_ HANDLE ProcessId, _In_ HANDLE ThreadId)
{
    LONG Increment = (LONG)Sched->Config->BoostIncrement;
    AI_PROCESS *Process;
    AI_BOOST_RESULT Result;
    PETHREAD Thread;
    NTSTATUS Status;

    AiSchedEnter(Sched);
    Process = Increment != 0 ? AiFindProcess(Sched, ProcessId) : NULL;
    if (Process != NULL) {
        Status = PsLookupThreadByThreadId(ThreadId, &Thread);
        if (NT_SUCCESS(Status)) {
            Status = AiBeginBoost(Sched, NULL, Thread, ThreadId, Increment, &Result);
            if (!NT_SUCCESS(Status))
                ObDereferenceObject(Thread);
        }
        InterlockedIncrement64(NT_SUCCESS(Status) ? &Sched->AutomaticBoosts : &Sched->BoostFailures);
        if (NT_SUCCESS(Status)) {
            AiMeasure(Sched, Process);
            AiTraceBoost(HandleToULong(ThreadId), Increment);
        }
    }
    AiSchedLeave(Sched);
}

_Function_class_(PCREATE_THREAD_NOTIFY_ROUTINE) static VOID NTAPI
AiThreadNotify(_In_ HANDLE ProcessId, _In_ HANDLE ThreadId, _In_ BOOLEAN Create)
{
    AI_SCHED *Sched = AiStartedSched;
    AI_BOOST *Boost;

    if (Create) {
        AiThreadCreated(Sched, ProcessId, ThreadId);
        return;
    }
    AiSchedEnter(Sched);
    Boost = AiFindBoost(Sched, ThreadId);
    if (Boost != NULL)
        AiEndBoost(Sched, Boost, FALSE);
    AiSchedLeave(Sched);
}

/* ---- start and stop ---- */

NTSTATUS AiSchedStart(AI_SCHED *Sched, const AI_CONFIG *Config)
{
    NTSTATUS Status;

    PAGED_CODE();
    RtlZeroMemory(Sched, sizeof(*Sched));
    KeInitializeMutex(&Sched->Mutex, 0);
    KeInitializeSpinLock(&Sched->Lock);
    InitializeListHead(&Sched->Processes);
    RtlInitializeGenericTableAvl(&Sched->Threads, AiCompareBoosts, AiAllocateBoost, AiFreeBoost, NULL);
    Sched->Config = Config;
    AiStartedSched = Sched;
    Status = PsSetCreateThreadNotifyRoutine(AiThreadNotify);
    Sched->ThreadNotified = NT_SUCCESS(Status);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutineEx(AiProcessNotify, FALSE);
        Sched->ProcessNotified = NT_SUCCESS(Status);
    }
    if (!NT_SUCCESS(Status))
        AiSchedStop(Sched);
    return Status;
}

VOID AiSchedStop(AI_SCHED *Sched)
{
    AI_BOOST *Boost;

    PAGED_CODE();
    if (Sched->ProcessNotified)
        PsSetCreateProcessNotifyRoutineEx(AiProcessNotify, TRUE); /* returns when no call is under way */
    if (Sched->ThreadNotified)
        PsRemoveCreateThreadNotifyRoutine(AiThreadNotify);
    Sched->ProcessNotified = Sched->ThreadNotified = FALSE;
    AiSchedEnter(Sched);
    while (Sched->ThreadsNow != 0 && (Boost = RtlEnumerateGenericTableAvl(&Sched->Threads, TRUE)) != NULL)
        AiEndBoost(Sched, Boost, TRUE);
    while (!IsListEmpty(&Sched->Processes))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Sched->Processes), AI_PROCESS, Link), AI_TAG);
    Sched->ProcessesNow = 0;
    AiSchedLeave(Sched);
    AiStartedSched = NULL;
}

/* ---- BOOST_PRIORITY ---- */

/* May the caller change this thread? */
static NTSTATUS AiCheckAccess(_In_ PETHREAD Thread, _In_ KPROCESSOR_MODE Mode)
{
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByPointer(Thread, OBJ_KERNEL_HANDLE, NULL, THREAD_SET_INFORMATION, *PsThreadType, Mode,
                                            &Handle);

    if (!NT_SUCCESS(Status))
        return STATUS_ACCESS_DENIED;
    ZwClose(Handle);
    if (IoThreadToProcess(Thread) != PsGetCurrentProcess() &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    return STATUS_SUCCESS;
}

/* Mutex held; the thread may be changed. Takes over the reference to Thread when it says so in *Kept. */
static NTSTATUS AiApplyRequest(_Inout_ AI_SCHED *Sched, _In_ const AI_FILE *File, _In_ PETHREAD Thread,
                               _In_ const AI_BOOST_REQUEST *Request, _Out_ BOOLEAN *Kept, _Out_ AI_BOOST_RESULT *Result)
{
    HANDLE ThreadId = ULongToHandle(Request->ThreadId);
    AI_BOOST *Boost = AiFindBoost(Sched, ThreadId);
    LONG Before;
    NTSTATUS Status;

    *Kept = FALSE;
    if (Boost != NULL && Boost->File != File && Boost->File != NULL)
        return STATUS_SHARING_VIOLATION;
    if (Request->Increment == 0 && (Boost == NULL || Boost->File != File))
        return STATUS_NOT_FOUND;
    if (Boost == NULL) {
        Status = AiBeginBoost(Sched, File, Thread, ThreadId, (LONG)Request->Increment, Result);
        *Kept = NT_SUCCESS(Status);
        return Status;
    }
    Status = AiRaise(Thread, (LONG)Request->Increment, &Boost->OldIncrement, &Before, Result);
    if (!NT_SUCCESS(Status))
        return Status;
    Boost->File = File; /* an automatic boost becomes the caller's */
    if (Request->Increment == 0)
        AiEndBoost(Sched, Boost, TRUE);
    return STATUS_SUCCESS;
}

NTSTATUS AiSchedBoost(AI_SCHED *Sched, const AI_FILE *File, KPROCESSOR_MODE Mode, const AI_BOOST_REQUEST *Request,
                      AI_BOOST_RESULT *Result)
{
    PETHREAD Thread;
    BOOLEAN Kept = FALSE;
    NTSTATUS Status;

    PAGED_CODE();
    if (Request->Increment > AI_BOOST_MAX)
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(PsLookupThreadByThreadId(ULongToHandle(Request->ThreadId), &Thread)))
        return STATUS_INVALID_CID;
    Result->ThreadId = Request->ThreadId;
    Result->ProcessId = HandleToULong(PsGetThreadProcessId(Thread));
    Status = AiCheckAccess(Thread, Mode);
    if (NT_SUCCESS(Status)) {
        AiSchedEnter(Sched);
        Status = AiApplyRequest(Sched, File, Thread, Request, &Kept, Result);
        AiSchedLeave(Sched);
    }
    if (!Kept)
        ObDereferenceObject(Thread);
    if (NT_SUCCESS(Status) && Request->Increment != 0)
        InterlockedIncrement64(&Sched->RequestedBoosts);
    if (NT_SUCCESS(Status))
        AiTraceBoost(Request->ThreadId, (INT32)Request->Increment);
    else
        InterlockedIncrement64(&Sched->BoostFailures);
    return Status;
}

VOID AiSchedCloseFile(AI_SCHED *Sched, const AI_FILE *File)
{
    AI_BOOST *Boost;
    BOOLEAN Restart;

    PAGED_CODE();
    AiSchedEnter(Sched);
    for (Boost = NULL; Sched->ThreadsNow != 0; AiEndBoost(Sched, Boost, TRUE)) {
        Restart = TRUE;
        do {
            Boost = RtlEnumerateGenericTableAvl(&Sched->Threads, Restart);
            Restart = FALSE;
        } while (Boost != NULL && Boost->File != File);
        if (Boost == NULL)
            break;
    }
    AiSchedLeave(Sched);
}

/* ---- GET_SCHEDULER_STATS ---- */

VOID AiSchedQuery(AI_SCHED *Sched, AI_SCHEDULER_STATS *Stats)
{
    KIRQL Irql;

    Stats->ProcessesCreated = (UINT64)Sched->ProcessesCreated;
    Stats->AiProcessesSeen = (UINT64)Sched->AiProcessesSeen;
    Stats->AiProcessesNow = Sched->ProcessesNow;
    Stats->BoostedThreadsNow = Sched->ThreadsNow;
    Stats->AutomaticBoosts = (UINT64)Sched->AutomaticBoosts;
    Stats->RequestedBoosts = (UINT64)Sched->RequestedBoosts;
    Stats->Restores = (UINT64)Sched->Restores;
    Stats->BoostFailures = (UINT64)Sched->BoostFailures;
    KeAcquireSpinLock(&Sched->Lock, &Irql);
    Stats->MeasuredBoosts = Sched->Measured;
    Stats->MeanCreateToBoost100ns = Sched->Measured != 0 ? Sched->TotalTime100ns / Sched->Measured : 0;
    Stats->MinCreateToBoost100ns = Sched->MinTime100ns;
    Stats->MaxCreateToBoost100ns = Sched->MaxTime100ns;
    KeReleaseSpinLock(&Sched->Lock, Irql);
    Stats->BoostIncrement = Sched->Config->BoostIncrement;
    Stats->ProcessNameCount = Sched->Config->NameCount;
}
