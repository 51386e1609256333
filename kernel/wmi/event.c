/*
 * Events: from a provider to the consumers that set a callback, in a system thread. An event reference is turned into the event by
 * asking for it. [doc: IoWMIWriteEvent, IoWMISetNotificationCallback, WNODE_EVENT_REFERENCE] Left out: trace events
 * (WNODE_FLAG_TRACED_GUID): no logger of that kind ever runs, so no handle is valid.
 */
#include "wmip.h"

#define WMIP_LARGEST_EVENT 1024u /* [doc] the limit that the registry starts with */

typedef struct _WMIP_EVENT {
    WORK_QUEUE_ITEM Item;
    PWNODE_HEADER Wnode; /* the provider's until now; freed after delivery */
} WMIP_EVENT;

NT_EXPORT(IoWMISetNotificationCallback);
NTSTATUS NTAPI IoWMISetNotificationCallback(PVOID Body, WMI_NOTIFICATION_CALLBACK Callback, PVOID Context)
{
    WMIP_OBJECT *Object = Body;

    if (ObGetObjectType(Body) != WmipGuidType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (!(Object->Access & WMIGUID_NOTIFICATION))
        return STATUS_ACCESS_DENIED;
    Object->Context = Context;
    Object->Callback = Callback;
    WmipAdjustGuid(&Object->Guid);
    return STATUS_SUCCESS;
}

static WMIP_OBJECT *WmipNextListener(WMIP_OBJECT *After, const GUID *Guid)
{
    PLIST_ENTRY Link = After == NULL ? WmipObjects.Flink : After->Link.Flink;

    for (; Link != &WmipObjects; Link = Link->Flink) {
        WMIP_OBJECT *Object = CONTAINING_RECORD(Link, WMIP_OBJECT, Link);

        if (Object->Callback != NULL && WmipSameGuid(&Object->Guid, Guid) && ObReferenceObjectSafe(Object))
            return Object;
    }
    return NULL;
}

static VOID WmipDeliver(PWNODE_HEADER Wnode)
{
    WMIP_OBJECT *Object = WmipNextListener(NULL, &Wnode->Guid), *Next;

    for (; Object != NULL; Object = Next) {
        Object->Callback(Wnode, Object->Context);
        Next = WmipNextListener(Object, &Wnode->Guid);
        ObDereferenceObject(Object);
    }
}

/* The block of an event's provider. */
static WMIP_BLOCK *WmipBlockOfEvent(const WMIP_SNAPSHOT *Snapshot, PWNODE_HEADER Wnode)
{
    for (ULONG i = 0; i < Snapshot->Count; i++)
        if ((ULONG)(ULONG_PTR)Snapshot->Block[i]->Provider->Device == Wnode->ProviderId)
            return Snapshot->Block[i];
    return NULL;
}

/* Asks for the instance that the reference names; what it gives is the event. */
static VOID WmipDeliverReference(PWNODE_EVENT_REFERENCE Reference)
{
    const WMIP_TARGET Target = {.Minor = IRP_MN_QUERY_SINGLE_INSTANCE};
    BOOLEAN Static = (Reference->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) != 0;
    WMIP_SNAPSHOT *Snapshot = WmipTakeSnapshot(&Reference->TargetGuid);
    WMIP_BLOCK *Block = Snapshot == NULL ? NULL : WmipBlockOfEvent(Snapshot, &Reference->WnodeHeader);
    PWNODE_SINGLE_INSTANCE Single;
    UNICODE_STRING Name = {0};
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    ULONG Needed;

    if (Block != NULL && Static && Reference->TargetInstanceIndex < Block->InstanceCount) {
        Name = Block->Names[Reference->TargetInstanceIndex];
        Status = WmipAskBlock(Block, Reference->TargetInstanceIndex, &Name, &Target, (PVOID *)&Single, &Needed);
    } else if (Block != NULL && !Static) {
        Name.Length = Name.MaximumLength = Reference->TargetInstanceName[0];
        Name.Buffer = &Reference->TargetInstanceName[1];
        Status = WmipAskBlock(Block, MAXULONG, &Name, &Target, (PVOID *)&Single, &Needed);
    }
    if (NT_SUCCESS(Status)) {
        Single->WnodeHeader.Guid = Reference->WnodeHeader.Guid;
        Single->WnodeHeader.Flags |= WNODE_FLAG_EVENT_ITEM;
        WmipDeliver(&Single->WnodeHeader);
        ExFreePoolWithTag(Single, WMIP_TAG);
    }
    if (Snapshot != NULL)
        WmipReleaseSnapshot(Snapshot);
}

/* The event with its static name behind it, or NULL: it has none, or there is no memory. */
static PWNODE_SINGLE_INSTANCE WmipNameEvent(PWNODE_SINGLE_INSTANCE Event, const WMIP_BLOCK *Block)
{
    ULONG At = (Event->WnodeHeader.BufferSize + 1) & ~1u;
    PWNODE_SINGLE_INSTANCE Named;
    const UNICODE_STRING *Name;

    if (Block == NULL || Event->InstanceIndex >= Block->InstanceCount)
        return NULL;
    Name = &Block->Names[Event->InstanceIndex];
    Named = ExAllocatePoolWithTag(NonPagedPoolNx, At + sizeof(USHORT) + Name->Length, WMIP_TAG);
    if (Named == NULL)
        return NULL;
    RtlCopyMemory(Named, Event, Event->WnodeHeader.BufferSize);
    Named->WnodeHeader.BufferSize = At + sizeof(USHORT) + Name->Length;
    Named->OffsetInstanceName = At;
    *(PUSHORT)((PUCHAR)Named + At) = Name->Length;
    RtlCopyMemory((PUCHAR)Named + At + sizeof(USHORT), Name->Buffer, Name->Length);
    return Named;
}

static VOID WmipDeliverEvent(PWNODE_HEADER Wnode)
{
    PWNODE_SINGLE_INSTANCE Named = NULL;
    WMIP_SNAPSHOT *Snapshot;

    if ((Wnode->Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) && (Wnode->Flags & WNODE_FLAG_SINGLE_INSTANCE)) {
        Snapshot = WmipTakeSnapshot(&Wnode->Guid);
        if (Snapshot != NULL) {
            Named = WmipNameEvent((PWNODE_SINGLE_INSTANCE)Wnode, WmipBlockOfEvent(Snapshot, Wnode));
            WmipReleaseSnapshot(Snapshot);
        }
    }
    WmipDeliver(Named != NULL ? &Named->WnodeHeader : Wnode);
    if (Named != NULL)
        ExFreePoolWithTag(Named, WMIP_TAG);
}

static VOID NTAPI WmipEventWork(PVOID Context)
{
    WMIP_EVENT *Event = Context;

    if (Event->Wnode->Flags & WNODE_FLAG_EVENT_REFERENCE)
        WmipDeliverReference((PWNODE_EVENT_REFERENCE)Event->Wnode);
    else
        WmipDeliverEvent(Event->Wnode);
    ExFreePool(Event->Wnode);
    ExFreePoolWithTag(Event, WMIP_TAG);
}

NT_EXPORT(IoWMIWriteEvent);
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem)
{
    PWNODE_HEADER Wnode = WnodeEventItem;
    WMIP_EVENT *Event;

    if (Wnode->Flags & WNODE_FLAG_TRACED_GUID)
        return STATUS_INVALID_HANDLE;
    if (!(Wnode->Flags & (WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_EVENT_REFERENCE)) || Wnode->BufferSize < sizeof(*Wnode))
        return STATUS_INVALID_PARAMETER;
    if (Wnode->BufferSize > WMIP_LARGEST_EVENT)
        return STATUS_BUFFER_OVERFLOW;
    Event = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Event), WMIP_TAG);
    if (Event == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Event->Wnode = Wnode;
    ExInitializeWorkItem(&Event->Item, WmipEventWork, Event);
    ExQueueWorkItem(&Event->Item, DelayedWorkQueue);
    return STATUS_SUCCESS;
}
