/*
 * NtNotifyChangeKey, NtNotifyChangeMultipleKeys: who waits for a change below a key, or below one
 * of two.
 */
#include "cmp.h"
#include "../ps/psp.h"

#define CMP_CHANGE_FILTER 0x1000000Ful /* name, attributes, last set, security; thread agnostic */

typedef struct _CMP_WATCH { /* a key under watch */
    LIST_ENTRY Link;        /* CMP_NODE.Waits */
    struct _CMP_NOTIFY *Notify;
    PCM_KEY_BODY Body;
} CMP_WATCH;

typedef struct _CMP_NOTIFY {
    CMP_WATCH Watch[2];
    ULONG WatchCount;
    PCM_KEY_BODY Subordinate; /* referenced, or NULL */
    LIST_ENTRY Link;          /* of those that are over */
    ULONG Filter;
    BOOLEAN Tree;
    KPROCESSOR_MODE Mode;
    PKEVENT Event; /* referenced, or NULL */
    PIO_STATUS_BLOCK IoStatus;
    PWORK_QUEUE_ITEM WorkItem; /* of a kernel-mode caller */
    WORK_QUEUE_TYPE QueueType;
    PKAPC Apc;      /* of a user-mode caller */
    PKEVENT Waiter; /* of a synchronous caller, on its stack */
    NTSTATUS *Result;
} CMP_NOTIFY;

static VOID NTAPI CmpFreeApc(PKAPC Apc)
{
    ExpFreePool(Apc, CMP_TAG, NULL);
}

static VOID NTAPI CmpApcKernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context,
                                      PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    CmpFreeApc(Apc);
}

/* The wait is over: tells the caller in all the ways it asked for. Wait is off its list. */
static VOID CmpFinishWait(CMP_NOTIFY *Wait, NTSTATUS Status)
{
    IO_STATUS_BLOCK IoStatus = {.Status = Status, .Information = 0};

    if (Wait->Subordinate != NULL)
        ObfDereferenceObject(Wait->Subordinate);
    if (Wait->IoStatus != NULL)
        ExpCopyOut(Wait->IoStatus, &IoStatus, sizeof(IoStatus), Wait->Mode);
    if (Wait->Result != NULL)
        *Wait->Result = Status;
    if (Wait->Waiter != NULL)
        KeSetEvent(Wait->Waiter, IO_NO_INCREMENT, FALSE);
    if (Wait->Event != NULL) {
        KeSetEvent(Wait->Event, IO_NO_INCREMENT, FALSE);
        ObfDereferenceObject(Wait->Event);
    }
    if (Wait->WorkItem != NULL)
        ExQueueWorkItem(Wait->WorkItem, Wait->QueueType);
    if (Wait->Apc != NULL && !KeInsertQueueApc(Wait->Apc, Wait->IoStatus, NULL, 0))
        CmpFreeApc(Wait->Apc);
    ExpFreePool(Wait, CMP_TAG, NULL);
}

/*
 * Finishing a wait may let its thread run and change the lists: first all are taken off, then they
 * are finished.
 */
static VOID CmpFinishAll(PLIST_ENTRY Taken, NTSTATUS Status)
{
    while (!IsListEmpty(Taken))
        CmpFinishWait(CONTAINING_RECORD(RemoveHeadList(Taken), CMP_NOTIFY, Link), Status);
}

static VOID CmpTake(CMP_NOTIFY *Wait, PLIST_ENTRY Taken)
{
    for (ULONG i = 0; i < Wait->WatchCount; i++)
        RemoveEntryList(&Wait->Watch[i].Link);
    InsertTailList(Taken, &Wait->Link);
}

/* The first wait on the node's list for such a change, or NULL. */
static CMP_NOTIFY *CmpFindWait(CMP_NODE *Node, ULONG Filter, BOOLEAN Below)
{
    for (PLIST_ENTRY Link = Node->Waits.Flink; Link != &Node->Waits; Link = Link->Flink) {
        CMP_NOTIFY *Wait = CONTAINING_RECORD(Link, CMP_WATCH, Link)->Notify;

        if ((Wait->Filter & Filter) != 0 && (!Below || Wait->Tree))
            return Wait;
    }
    return NULL;
}

VOID CmpReportChange(CMP_NODE *Node, ULONG Filter)
{
    CMP_NOTIFY *Wait;
    LIST_ENTRY Taken;

    InitializeListHead(&Taken);
    for (CMP_NODE *Here = Node; Here != NULL; Here = Here->Parent)
        while ((Wait = CmpFindWait(Here, Filter, Here != Node)) != NULL)
            CmpTake(Wait, &Taken);
    CmpFinishAll(&Taken, STATUS_NOTIFY_ENUM_DIR);
}

VOID CmpCancelWaits(CMP_NODE *Node, PCM_KEY_BODY Body, NTSTATUS Status)
{
    PLIST_ENTRY Link = Node->Waits.Flink;
    LIST_ENTRY Taken;

    InitializeListHead(&Taken);
    while (Link != &Node->Waits) {
        CMP_WATCH *Watch = CONTAINING_RECORD(Link, CMP_WATCH, Link);

        Link = Link->Flink;
        if (Body != NULL && Watch->Body != Body)
            continue;
        CmpTake(Watch->Notify, &Taken);
        Link = Node->Waits.Flink; /* both of its watches may have been here */
    }
    CmpFinishAll(&Taken, Status);
}

/*
 * How the caller wants to hear of it. A kernel-mode caller's routine is a work item. [doc:
 * ZwNotifyChangeKey]
 */
static NTSTATUS CmpSetRoutine(CMP_NOTIFY *Wait, PVOID Routine, PVOID Context)
{
    if (Routine == NULL)
        return STATUS_SUCCESS;
    if (Wait->Mode == KernelMode) {
        Wait->WorkItem = Routine;
        Wait->QueueType = (WORK_QUEUE_TYPE)(ULONG_PTR)Context;
        return STATUS_SUCCESS;
    }
    Wait->Apc = ExpAllocatePool(NonPagedPoolNx, sizeof(KAPC), CMP_TAG, FALSE, NULL);
    if (Wait->Apc == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeApc(Wait->Apc, KeGetCurrentThread(), CurrentApcEnvironment, CmpApcKernelRoutine,
                    CmpFreeApc, (PKNORMAL_ROUTINE)Routine, UserMode, Context);
    return STATUS_SUCCESS;
}

static VOID CmpAddWatch(CMP_NOTIFY *Wait, PCM_KEY_BODY Body)
{
    Wait->Watch[Wait->WatchCount].Notify = Wait;
    Wait->Watch[Wait->WatchCount++].Body = Body;
}

static NTSTATUS CmpMakeWait(PCM_KEY_BODY Body, HANDLE Event, PVOID Routine, PVOID Context,
                            CMP_NOTIFY **Result)
{
    CMP_NOTIFY *Wait = ExpAllocatePool(NonPagedPoolNx, sizeof(*Wait), CMP_TAG, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Wait == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Wait, sizeof(*Wait));
    Wait->Mode = ExGetPreviousMode();
    CmpAddWatch(Wait, Body);
    if (Event != NULL)
        Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           Wait->Mode, (PVOID *)&Wait->Event, NULL);
    if (!NT_SUCCESS(Status))
        goto FreeWait;
    Status = CmpSetRoutine(Wait, Routine, Context);
    if (!NT_SUCCESS(Status))
        goto DereferenceEvent;
    if (Wait->Event != NULL)
        KeClearEvent(Wait->Event);
    *Result = Wait;
    return STATUS_SUCCESS;

DereferenceEvent:
    if (Wait->Event != NULL)
        ObfDereferenceObject(Wait->Event);
FreeWait:
    ExpFreePool(Wait, CMP_TAG, NULL);
    return Status;
}

typedef struct _CMP_NOTIFY_CALL { /* what both services are given */
    HANDLE Event;
    PIO_APC_ROUTINE ApcRoutine;
    PVOID ApcContext;
    PIO_STATUS_BLOCK IoStatus;
    ULONG Filter;
    BOOLEAN Tree, Asynchronous;
} CMP_NOTIFY_CALL;

/* Subordinate: referenced, or NULL; the reference goes over to the wait. */
static NTSTATUS CmpWaitForChange(PCM_KEY_BODY Body, PCM_KEY_BODY Subordinate,
                                 const CMP_NOTIFY_CALL *Call)
{
    NTSTATUS Result = STATUS_PENDING, Status;
    CMP_NOTIFY *Wait;
    KEVENT Done;

    Status = CmpMakeWait(Body, Call->Event, Call->ApcRoutine, Call->ApcContext, &Wait);
    if (!NT_SUCCESS(Status)) {
        if (Subordinate != NULL)
            ObfDereferenceObject(Subordinate);
        return Status;
    }
    if (Subordinate != NULL)
        CmpAddWatch(Wait, Subordinate);
    Wait->Subordinate = Subordinate;
    Wait->Filter = Call->Filter;
    Wait->Tree = Call->Tree;
    Wait->IoStatus = Call->IoStatus;
    if (!Call->Asynchronous) {
        KeInitializeEvent(&Done, NotificationEvent, FALSE);
        Wait->Waiter = &Done;
        Wait->Result = &Result;
    }
    for (ULONG i = 0; i < Wait->WatchCount; i++)
        InsertTailList(&Wait->Watch[i].Body->Node->Waits, &Wait->Watch[i].Link);
    if (!Call->Asynchronous)
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    return Result;
}

/* The key that is watched beside the first, which must lie in another hive [doc]: that is not
 * checked. */
static NTSTATUS CmpOpenSubordinate(POBJECT_ATTRIBUTES Attributes, PCM_KEY_BODY *Body)
{
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(Attributes, CmpKeyType, ExGetPreviousMode(), NULL,
                                         KEY_NOTIFY, NULL, &Handle);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReferenceKey(Handle, KEY_NOTIFY, Body);
    NtClose(Handle);
    return Status;
}

static NTSTATUS CmpNotify(HANDLE KeyHandle, POBJECT_ATTRIBUTES Subordinate, ULONG BufferLength,
                          const CMP_NOTIFY_CALL *Call)
{
    PCM_KEY_BODY Body, Other = NULL;
    NTSTATUS Status;

    if (BufferLength != 0 || Call->Filter == 0 || (Call->Filter & ~CMP_CHANGE_FILTER) != 0)
        return STATUS_INVALID_PARAMETER;
    Status = ExpProbeOut(Call->IoStatus, sizeof(*Call->IoStatus), ExGetPreviousMode());
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(KeyHandle, KEY_NOTIFY, &Body);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Subordinate != NULL)
        Status = CmpOpenSubordinate(Subordinate, &Other);
    if (NT_SUCCESS(Status))
        Status = CmpWaitForChange(Body, Other, Call);
    ObfDereferenceObject(Body);
    return Status;
}

NT_SERVICE(NotifyChangeKey);
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                 PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG NotifyFilter, BOOLEAN WatchSubtree, PVOID Buffer,
                                 ULONG BufferLength, BOOLEAN Asynchronous)
{
    CMP_NOTIFY_CALL Call = {Event,        ApcRoutine,   ApcContext,  IoStatusBlock,
                            NotifyFilter, WatchSubtree, Asynchronous};

    UNREFERENCED_PARAMETER(Buffer); /* reserved [doc] */
    return CmpNotify(KeyHandle, NULL, BufferLength, &Call);
}

NT_SERVICE(NotifyChangeMultipleKeys);
NTSTATUS NTAPI NtNotifyChangeMultipleKeys(HANDLE MasterKeyHandle, ULONG Count,
                                          OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event,
                                          PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                          PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter,
                                          BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
                                          BOOLEAN Asynchronous)
{
    CMP_NOTIFY_CALL Call = {Event,     ApcRoutine,  ApcContext, IoStatusBlock, CompletionFilter,
                            WatchTree, Asynchronous};

    UNREFERENCED_PARAMETER(Buffer); /* reserved [doc] */
    if (Count > 1 || (Count == 1 && SubordinateObjects == NULL))
        return STATUS_INVALID_PARAMETER;
    return CmpNotify(MasterKeyHandle, Count == 0 ? NULL : SubordinateObjects, BufferSize, &Call);
}
