/*
 * NtNotifyChangeKey: who waits for a change below a key. Left out: NtNotifyChangeMultipleKeys.
 */
#include "cmp.h"
#include "../ps/psp.h"

#define CMP_CHANGE_FILTER 0x1000000Ful /* name, attributes, last set, security; thread agnostic */

typedef struct _CMP_NOTIFY {
    LIST_ENTRY Link; /* CMP_NODE.Waits */
    PCM_KEY_BODY Body;
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

VOID CmpReportChange(CMP_NODE *Node, ULONG Filter)
{
    LIST_ENTRY Taken;

    InitializeListHead(&Taken);
    for (CMP_NODE *Here = Node; Here != NULL; Here = Here->Parent)
        for (PLIST_ENTRY Link = Here->Waits.Flink, Next; Link != &Here->Waits; Link = Next) {
            CMP_NOTIFY *Wait = CONTAINING_RECORD(Link, CMP_NOTIFY, Link);

            Next = Link->Flink;
            if ((Wait->Filter & Filter) == 0 || (Here != Node && !Wait->Tree))
                continue;
            RemoveEntryList(Link);
            InsertTailList(&Taken, Link);
        }
    CmpFinishAll(&Taken, STATUS_NOTIFY_ENUM_DIR);
}

VOID CmpCancelWaits(CMP_NODE *Node, PCM_KEY_BODY Body, NTSTATUS Status)
{
    LIST_ENTRY Taken;

    InitializeListHead(&Taken);
    for (PLIST_ENTRY Link = Node->Waits.Flink, Next; Link != &Node->Waits; Link = Next) {
        Next = Link->Flink;
        if (Body != NULL && CONTAINING_RECORD(Link, CMP_NOTIFY, Link)->Body != Body)
            continue;
        RemoveEntryList(Link);
        InsertTailList(&Taken, Link);
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

static NTSTATUS CmpMakeWait(PCM_KEY_BODY Body, HANDLE Event, PVOID Routine, PVOID Context,
                            CMP_NOTIFY **Result)
{
    CMP_NOTIFY *Wait = ExpAllocatePool(NonPagedPoolNx, sizeof(*Wait), CMP_TAG, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Wait == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Wait, sizeof(*Wait));
    Wait->Body = Body;
    Wait->Mode = ExGetPreviousMode();
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

NT_SERVICE(NotifyChangeKey);
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                 PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG NotifyFilter, BOOLEAN WatchSubtree, PVOID Buffer,
                                 ULONG BufferLength, BOOLEAN Asynchronous)
{
    NTSTATUS Result = STATUS_PENDING, Status;
    CMP_NOTIFY *Wait;
    PCM_KEY_BODY Body;
    KEVENT Done;

    UNREFERENCED_PARAMETER(Buffer); /* reserved [doc] */
    if (BufferLength != 0 || NotifyFilter == 0 || (NotifyFilter & ~CMP_CHANGE_FILTER) != 0)
        return STATUS_INVALID_PARAMETER;
    Status = ExpProbeOut(IoStatusBlock, sizeof(*IoStatusBlock), ExGetPreviousMode());
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(KeyHandle, KEY_NOTIFY, &Body);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpMakeWait(Body, Event, ApcRoutine, ApcContext, &Wait);
    if (!NT_SUCCESS(Status))
        goto DereferenceBody;
    Wait->Filter = NotifyFilter;
    Wait->Tree = WatchSubtree;
    Wait->IoStatus = IoStatusBlock;
    Status = STATUS_PENDING;
    if (!Asynchronous) {
        KeInitializeEvent(&Done, NotificationEvent, FALSE);
        Wait->Waiter = &Done;
        Wait->Result = &Result;
    }
    InsertTailList(&Body->Node->Waits, &Wait->Link);
    if (!Asynchronous) {
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
        Status = Result;
    }

DereferenceBody:
    ObfDereferenceObject(Body);
    return Status;
}
