/*
 * System worker threads. Each queue makes its threads when it needs them (a balancer thread does
 * that, because items may be queued at DISPATCH_LEVEL), up to a limit, and keeps them.
 *
 * A driver's item stays the driver's memory until a worker takes it. So each queued item has a
 * record here, and an item that changed, was freed, was queued twice, or lies on a stack whose
 * frame is gone stops the machine. Left out: NT's dynamic limits and its per-node queues.
 */
#include "exp.h"
#include "../ldr/ldr.h"
#include "../ps/ps.h"

#define EXP_QUEUES (MaximumWorkQueue + 32) /* the types, then one each custom priority */
#define EXP_WORKERS_LIMIT 16u

#define EXP_STACK_FRAMES 8u
#define EXP_STALL_100NS 100000 /* a queue whose workers take nothing for so long gets another one \
                                */

typedef struct _EXP_WORK {
    LIST_ENTRY Link; /* EXP_QUEUE.Items */
    PWORK_QUEUE_ITEM Item;
    PWORKER_THREAD_ROUTINE Routine;
    PVOID Parameter;
    PKTHREAD Thread;     /* referenced; whose stack the item is on, else NULL */
    ULONG64 *ReturnSlot; /* where that frame's return address is, or NULL */
    ULONG64 ReturnAddress;
} EXP_WORK;

typedef struct _EXP_QUEUE { /* only one context runs: no lock */
    LIST_ENTRY Items;
    KSEMAPHORE Ready; /* one for each item */
    ULONG Pending, Threads, Idle;
    ULONG Taken, TakenBefore; /* items, now and when the balancer last looked */
    BOOLEAN Watched;          /* the balancer looks at it every EXP_STALL_100NS */
    KPRIORITY Priority;
} EXP_QUEUE;
static EXP_QUEUE ExpQueue[EXP_QUEUES];
static KEVENT ExpBalance; /* some queue wants another thread */

#ifndef WORKER_INVALID
#define WORKER_INVALID 0xE4
#endif

static KPRIORITY ExpQueuePriority(ULONG Index)
{
    static const UCHAR Priority[MaximumWorkQueue] = {13, 12, 15, 8,
                                                     7,  18, 14}; /* by WORK_QUEUE_TYPE [guess] */

    return Index < MaximumWorkQueue ? Priority[Index] : (KPRIORITY)(Index - MaximumWorkQueue);
}

static ULONG ExpQueueIndex(WORK_QUEUE_TYPE Type)
{
    if ((ULONG)Type < MaximumWorkQueue)
        return Type;
    if ((ULONG)Type >= 32 && (ULONG)Type < 64) /* CustomPriorityWorkQueue + priority */
        return MaximumWorkQueue + Type - 32;
    return EXP_QUEUES;
}

/* ---- what is wrong with an item ---- */

static DECLSPEC_NORETURN VOID ExpStopOnItem(EXP_QUEUE *Queue, EXP_WORK *Work, const char *Story)
{
    KeSetBugCheckText("work item %p (routine %p, parameter %p, queued by thread %p): %s",
                      Work->Item, Work->Routine, Work->Parameter, Work->Thread, Story);
    KeBugCheckEx(INVALID_WORK_QUEUE_ITEM, (ULONG_PTR)Work->Item, (ULONG_PTR)Queue,
                 (ULONG_PTR)ExpQueue, (ULONG_PTR)Work->Routine);
    __builtin_unreachable();
}

static BOOLEAN ExpIsStackAddress(PVOID Address)
{
    return (ULONG64)Address >= MM_STACK_START && (ULONG64)Address < MM_STACK_END;
}

/* Finds the return address of the frame that holds the item, on the current thread's stack. */
static VOID ExpRememberFrame(EXP_WORK *Work)
{
    LDR_FRAME Frame[EXP_STACK_FRAMES];
    CONTEXT Context;
    ULONG Count;

    RtlCaptureContext(&Context);
    Count = RtlpWalkStack(&Context, Frame, EXP_STACK_FRAMES);
    for (ULONG i = 1; i < Count; i++)
        if (Frame[i].Rsp > (ULONG64)Work->Item) {
            ULONG64 *Slot = (ULONG64 *)(Frame[i].Rsp - 8);

            if (*Slot == Frame[i].Rip) {
                Work->ReturnSlot = Slot;
                Work->ReturnAddress = *Slot;
            }
            return;
        }
}

static const char ExpStackStory[] = "it lies on the stack of a function that has returned. A work "
                                    "item must live until the worker routine has been "
                                    "called: put it in nonpaged pool or a device extension";

/* At queue time: an item on a stack is legal only if its function waits for the worker. */
static VOID ExpNoteStackItem(EXP_QUEUE *Queue, EXP_WORK *Work)
{
    PKTHREAD Thread = KeGetCurrentThread();
    BOOLEAN Current = (ULONG64)Work->Item >= (ULONG64)Thread->StackLimit &&
                      (ULONG64)Work->Item < (ULONG64)Thread->StackBase;

    if (!Current && !ExpIsStackAddress(Work->Item))
        return;
    /* A DPC runs on the stack of the thread that it interrupted. */
    if (KiGetPrcb()->DpcRoutineActive && Current &&
        (ULONG64)Work->Item >= (ULONG64)__builtin_frame_address(0))
        ExpStopOnItem(Queue, Work,
                      "it lies on the stack of a DPC routine, which cannot wait for the worker");
    if (!Current)
        return;
    if ((ULONG64)Work->Item < (ULONG64)__builtin_frame_address(0))
        ExpStopOnItem(Queue, Work, ExpStackStory);
    ObfReferenceObject(Thread);
    Work->Thread = Thread;
    ExpRememberFrame(Work);
}

static BOOLEAN ExpIsFrameGone(const EXP_WORK *Work)
{
    PKTHREAD Thread = Work->Thread;

    if (Thread == NULL)
        return FALSE;
    if (Thread->State == KTHREAD_TERMINATED)
        return TRUE;
    if (Thread->State != KTHREAD_RUNNING && (ULONG64)Work->Item < (ULONG64)Thread->KernelStack)
        return TRUE;
    return Work->ReturnSlot != NULL && *Work->ReturnSlot != Work->ReturnAddress;
}

/* A worker has taken the item: it must be as it was when it was queued. */
static VOID ExpCheckItem(EXP_QUEUE *Queue, EXP_WORK *Work)
{
    PWORK_QUEUE_ITEM Item = Work->Item;
    EXP_BLOCK Block;

    if (ExpIsFrameGone(Work))
        ExpStopOnItem(Queue, Work, ExpStackStory);
    if (ExpFindBlock(Item, &Block) && Block.Free) {
        KeSetBugCheckText("work item %p was freed while it was queued (pool block %p)", Item,
                          Block.Base);
        KeBugCheckEx(WORKER_INVALID, 0, (ULONG_PTR)Item, (ULONG_PTR)Block.Base,
                     (ULONG_PTR)Block.Base + Block.Bytes);
    }
    if (!MmIsRangeAccessible(Item, sizeof(*Item), TRUE))
        ExpStopOnItem(Queue, Work, "its memory is no longer there");
    if (Item->List.Flink == &Work->Link && Item->WorkerRoutine == Work->Routine &&
        Item->Parameter == Work->Parameter)
        return;
    ExpStopOnItem(Queue, Work,
                  ExpIsStackAddress(Item) ? ExpStackStory
                                          : "its memory changed while it was queued");
}

static VOID ExpCheckNotQueued(PWORK_QUEUE_ITEM Item)
{
    if (Item->List.Flink == NULL)
        return;
    for (ULONG i = 0; i < EXP_QUEUES; i++) {
        PLIST_ENTRY Head = &ExpQueue[i].Items;

        for (PLIST_ENTRY Link = Head->Flink; Link != NULL && Link != Head; Link = Link->Flink)
            if (CONTAINING_RECORD(Link, EXP_WORK, Link)->Item == Item) {
                KeSetBugCheckText(
                    "work item %p is queued a second time before a worker has taken it", Item);
                KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)Item, (ULONG_PTR)&ExpQueue[i], 0);
            }
    }
}

/* ---- workers ---- */

static EXP_WORK *ExpTakeWork(EXP_QUEUE *Queue)
{
    EXP_WORK *Work;

    Queue->Idle++;
    KeWaitForSingleObject(&Queue->Ready, WrQueue, KernelMode, FALSE, NULL);
    Queue->Idle--;
    Work = CONTAINING_RECORD(RemoveHeadList(&Queue->Items), EXP_WORK, Link);
    Queue->Pending--;
    Queue->Taken++;
    return Work;
}

/* The routine must leave the thread as it found it. */
static VOID ExpCheckWorker(const EXP_WORK *Work)
{
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        KeBugCheckEx(0xE1 /* WORKER_THREAD_RETURNED_AT_BAD_IRQL */, (ULONG_PTR)Work->Routine,
                     KeGetCurrentIrql(), (ULONG_PTR)Work->Parameter, (ULONG_PTR)Work->Item);
    if (PsGetCurrentThread()->ImpersonationToken != NULL)
        KeBugCheckEx(0xDF /* IMPERSONATING_WORKER_THREAD */, (ULONG_PTR)Work->Routine,
                     (ULONG_PTR)Work->Parameter, (ULONG_PTR)Work->Item, 0);
}

static VOID NTAPI ExpWorkerThread(PVOID Context)
{
    EXP_QUEUE *Queue = Context;

    KeSetPriorityThread(KeGetCurrentThread(), Queue->Priority);
    for (;;) {
        EXP_WORK *Work = ExpTakeWork(Queue);
        EXP_WORK Taken;

        ExpCheckItem(Queue, Work);
        Work->Item->List.Flink = NULL;
        Taken = *Work;
        ExpFreePool(Work, 'kroW', NULL);
        if (Taken.Thread != NULL)
            ObfDereferenceObject(Taken.Thread);
        Taken.Routine(Taken.Parameter); /* the item is the driver's again, and may be gone */
        ExpCheckWorker(&Taken);
    }
}

static NTSTATUS ExpCreateWorker(EXP_QUEUE *Queue)
{
    HANDLE Handle;
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                           ExpWorkerThread, Queue);

    if (!NT_SUCCESS(Status))
        return Status;
    Queue->Threads++;
    ZwClose(Handle);
    return STATUS_SUCCESS;
}

/*
 * A queue gets its first thread at once, and another when all it has are stuck in routines that
 * wait.
 */
static VOID ExpBalanceQueue(EXP_QUEUE *Queue, BOOLEAN TimeOut)
{
    BOOLEAN Stalled = TimeOut && Queue->Idle == 0 && Queue->Taken == Queue->TakenBefore;

    if (TimeOut)
        Queue->TakenBefore = Queue->Taken;
    Queue->Watched = Queue->Pending > Queue->Idle;
    if (Queue->Watched && (Queue->Threads == 0 || Stalled) && Queue->Threads < EXP_WORKERS_LIMIT)
        ExpCreateWorker(Queue);
}

static VOID NTAPI ExpBalancer(PVOID Context)
{
    LARGE_INTEGER Stall = {.QuadPart = -EXP_STALL_100NS};
    BOOLEAN Watching = FALSE;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Context);
    KeSetPriorityThread(KeGetCurrentThread(), 16);
    for (;;) {
        Status = KeWaitForSingleObject(&ExpBalance, Executive, KernelMode, FALSE,
                                       Watching ? &Stall : NULL);
        Watching = FALSE;
        for (ULONG i = 0; i < EXP_QUEUES; i++) {
            if (ExpQueue[i].Watched)
                ExpBalanceQueue(&ExpQueue[i], Status == STATUS_TIMEOUT);
            Watching |= ExpQueue[i].Watched;
        }
    }
}

NT_EXPORT(ExQueueWorkItem);
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    ULONG Index = ExpQueueIndex(QueueType);
    EXP_QUEUE *Queue = &ExpQueue[Index];
    EXP_WORK *Work;

    if (Index == EXP_QUEUES)
        KeBugCheckEx(WORKER_INVALID, 6, (ULONG_PTR)WorkItem, QueueType, 0);
    if ((ULONG64)WorkItem->WorkerRoutine < HAL_SYSTEM_START)
        KeBugCheckEx(WORKER_INVALID, 7, (ULONG_PTR)WorkItem, (ULONG_PTR)WorkItem->WorkerRoutine, 0);
    ExpCheckNotQueued(WorkItem);
    Work = ExpAllocatePool(NonPagedPoolNx, sizeof(*Work), 'kroW', FALSE, NULL);
    if (Work == NULL)
        KeBugCheckEx(NO_PAGES_AVAILABLE, 0, 0, 0, 0); /* the routine cannot fail */
    Work->Item = WorkItem;
    Work->Routine = WorkItem->WorkerRoutine;
    Work->Parameter = WorkItem->Parameter;
    Work->Thread = NULL;
    Work->ReturnSlot = NULL;
    ExpNoteStackItem(Queue, Work);
    WorkItem->List.Flink = WorkItem->List.Blink = &Work->Link;
    InsertTailList(&Queue->Items, &Work->Link);
    Queue->Pending++;
    KeReleaseSemaphore(&Queue->Ready, IO_NO_INCREMENT, 1, FALSE);
    if (Queue->Pending > Queue->Idle && !Queue->Watched) {
        Queue->Watched = TRUE;
        KeSetEvent(&ExpBalance, IO_NO_INCREMENT, FALSE);
    }
}

NTSTATUS ExpInitWorkers(VOID)
{
    HANDLE Handle;
    NTSTATUS Status;

    for (ULONG i = 0; i < EXP_QUEUES; i++) {
        InitializeListHead(&ExpQueue[i].Items);
        KeInitializeSemaphore(&ExpQueue[i].Ready, 0, MAXLONG);
        ExpQueue[i].Priority = ExpQueuePriority(i);
        if (ExpQueue[i].Priority == 0)
            ExpQueue[i].Priority = 1;
    }
    KeInitializeEvent(&ExpBalance, SynchronizationEvent, FALSE);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ExpBalancer, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    ZwClose(Handle);
    /* The two usual queues have a thread from the start, so that none counts as a driver's later. */
    Status = ExpCreateWorker(&ExpQueue[CriticalWorkQueue]);
    return NT_SUCCESS(Status) ? ExpCreateWorker(&ExpQueue[DelayedWorkQueue]) : Status;
}
