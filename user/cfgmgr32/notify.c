/*
 * CM_Register_Notification: a watch of the kernel's (kernel/pnp/watch.c) and a thread that takes
 * its events out and calls back, one event after the other. [doc: CM_Register_Notification,
 * CM_Unregister_Notification, CM_NOTIFY_FILTER, CM_NOTIFY_EVENT_DATA] Left out: nothing; which
 * error a bad filter gets is a guess.
 */
#include "cfgmgr.h"

NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PVOID Lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PVOID Lock);

#define ALL_INTERFACE_CLASSES 1
#define ALL_DEVICE_INSTANCES 2

typedef struct _NOTIFY_FILTER { /* CM_NOTIFY_FILTER */
    DWORD Size, Flags, Type, Reserved;
    union {
        GUID Class;
        HANDLE Target;
        WCHAR Id[DEVICE_ID_LIMIT];
    };
} NOTIFY_FILTER;

typedef struct _NOTIFY_DATA { /* CM_NOTIFY_EVENT_DATA */
    DWORD Type, Reserved;
    union {
        struct {
            GUID Class;
            WCHAR Link[1];
        };
        struct {
            GUID Event;
            LONG NameOffset;
            DWORD DataBytes;
            BYTE Data[1];
        };
        WCHAR Id[1];
    };
} NOTIFY_DATA;

typedef struct _NOTIFICATION NOTIFICATION;
typedef DWORD WINAPI NOTIFY_CALLBACK(NOTIFICATION *Notification, PVOID Context, ULONG Action,
                                     NOTIFY_DATA *Data, DWORD Bytes);

struct _NOTIFICATION {
    NOTIFICATION *Next; /* Registered.Lock */
    HANDLE Watch, Thread;
    DWORD ThreadId, Type;
    NOTIFY_CALLBACK *Callback;
    PVOID Context;
};

static struct {
    PVOID Lock; /* an SRW lock */
    NOTIFICATION *First; /* Lock */
} Registered;

static VOID CopyBytes(VOID *To, const VOID *From, ULONG Bytes)
{
    while (Bytes-- != 0)
        ((BYTE *)To)[Bytes] = ((const BYTE *)From)[Bytes];
}

/* ---- calling back ---- */

/* The event as the callback gets it, in new memory; NULL: there is none. */
static NOTIFY_DATA *MakeData(DWORD Type, const PNP_EVENT_HEADER *Event, DWORD *Bytes)
{
    NOTIFY_DATA *Data = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Data) + Event->Bytes);
    const WCHAR *Text = (const WCHAR *)(Event + 1);

    if (Data == NULL)
        return NULL;
    Data->Type = Type;
    switch (Type) {
    case PNP_WATCH_INTERFACE:
        Data->Class = Event->Guid;
        CopyBytes(Data->Link, Text, Event->Bytes);
        Data->Link[1] = L'\\'; /* the kernel's \??\ is programs' \\?\ */
        *Bytes = FIELD_OFFSET(NOTIFY_DATA, Link) + Event->Bytes + sizeof(WCHAR);
        break;
    case PNP_WATCH_TARGET:
        Data->Event = Event->Guid;
        Data->NameOffset = Event->NameOffset;
        Data->DataBytes = Event->Bytes;
        CopyBytes(Data->Data, Text, Event->Bytes);
        *Bytes = FIELD_OFFSET(NOTIFY_DATA, Data) + Event->Bytes;
        break;
    default:
        CopyBytes(Data->Id, Text, Event->Bytes);
        *Bytes = FIELD_OFFSET(NOTIFY_DATA, Id) + Event->Bytes + sizeof(WCHAR);
    }
    return Data;
}

static VOID CallBack(NOTIFICATION *Notification, PNP_EVENT_HEADER *Event)
{
    DWORD Bytes, Answer = ERROR_NOT_ENOUGH_MEMORY;
    NOTIFY_DATA *Data = MakeData(Notification->Type, Event, &Bytes);

    if (Data != NULL) {
        Answer =
            Notification->Callback(Notification, Notification->Context, Event->Action, Data, Bytes);
        HeapFree(ProcessHeap(), 0, Data);
    }
    if (Event->Action != PNP_EVENT_QUERY_REMOVE)
        return;
    Event->Watch = Notification->Watch;
    Event->Action = Answer;
    NtPlugPlayControl(PNP_CONTROL_ANSWER, Event, sizeof(*Event));
}

/* The next event in *Event, which grows; FALSE: the watch was stopped, or there is no memory. */
static BOOL NextEvent(NOTIFICATION *Notification, PNP_EVENT_HEADER **Event, ULONG *Room)
{
    NTSTATUS Status;

    for (;;) {
        (*Event)->Watch = Notification->Watch;
        Status = NtPlugPlayControl(PNP_CONTROL_NEXT_EVENT, *Event, *Room);
        if (Status != STATUS_BUFFER_TOO_SMALL)
            return NT_SUCCESS(Status);
        *Room = sizeof(**Event) + (*Event)->Bytes;
        HeapFree(ProcessHeap(), 0, *Event);
        *Event = HeapAlloc(ProcessHeap(), 0, *Room);
        if (*Event == NULL)
            return FALSE;
    }
}

static DWORD WINAPI NotifyThread(PVOID Parameter)
{
    NOTIFICATION *Notification = Parameter;
    ULONG Room = sizeof(PNP_EVENT_HEADER) + 2 * MAX_PATH;
    PNP_EVENT_HEADER *Event = HeapAlloc(ProcessHeap(), 0, Room);

    while (Event != NULL && NextEvent(Notification, &Event, &Room))
        CallBack(Notification, Event);
    if (Event != NULL)
        HeapFree(ProcessHeap(), 0, Event);
    return 0;
}

/* ---- registering ---- */

static CONFIGRET TakeFilter(const NOTIFY_FILTER *Filter, PNP_WATCH_DATA *Data)
{
    const BYTE *Bytes = (const BYTE *)&Filter->Class;
    ULONG i;

    if (Filter->Size != sizeof(*Filter) || Filter->Reserved != 0 ||
        Filter->Type > PNP_WATCH_INSTANCE)
        return CR_INVALID_DATA;
    if (Filter->Flags != 0 &&
        !(Filter->Flags == ALL_INTERFACE_CLASSES && Filter->Type == PNP_WATCH_INTERFACE) &&
        !(Filter->Flags == ALL_DEVICE_INSTANCES && Filter->Type == PNP_WATCH_INSTANCE))
        return CR_INVALID_FLAG;
    Data->Kind = Filter->Type;
    Data->All = Filter->Flags != 0;
    switch (Filter->Type) {
    case PNP_WATCH_INTERFACE:
        Data->Class = Filter->Class;
        for (i = 0; Data->All && i < sizeof(GUID); i++)
            if (Bytes[i] != 0)
                return CR_INVALID_DATA;
        return CR_SUCCESS;
    case PNP_WATCH_TARGET:
        Data->Target = Filter->Target;
        return CR_SUCCESS;
    default:
        for (i = 0; i < DEVICE_ID_LIMIT - 1 && Filter->Id[i] != 0; i++)
            Data->Device[i] = Filter->Id[i];
        Data->Device[i] = 0;
        return Filter->Id[i] != 0 || Data->All == (i != 0) ? CR_INVALID_DATA : CR_SUCCESS;
    }
}

static CONFIGRET StartWatch(NOTIFICATION *Notification, PNP_WATCH_DATA *Data)
{
    NTSTATUS Status = NtPlugPlayControl(PNP_CONTROL_WATCH, Data, sizeof(*Data));

    if (Status == STATUS_INSUFFICIENT_RESOURCES)
        return CR_OUT_OF_MEMORY;
    if (!NT_SUCCESS(Status))
        return CR_INVALID_DATA;
    Notification->Watch = Data->Watch;
    return CR_SUCCESS;
}

static VOID LinkNotification(NOTIFICATION *Notification)
{
    RtlAcquireSRWLockExclusive(&Registered.Lock);
    Notification->Next = Registered.First;
    Registered.First = Notification;
    RtlReleaseSRWLockExclusive(&Registered.Lock);
}

/* FALSE: it is not registered. */
static BOOL UnlinkNotification(NOTIFICATION *Notification)
{
    NOTIFICATION **Link;
    BOOL Found;

    RtlAcquireSRWLockExclusive(&Registered.Lock);
    for (Link = &Registered.First; *Link != NULL && *Link != Notification; Link = &(*Link)->Next) {
    }
    Found = *Link != NULL;
    if (Found)
        *Link = Notification->Next;
    RtlReleaseSRWLockExclusive(&Registered.Lock);
    return Found;
}

CONFIGRET WINAPI CM_Register_Notification(const NOTIFY_FILTER *Filter, PVOID Context,
                                          NOTIFY_CALLBACK *Callback, NOTIFICATION **Result)
{
    PNP_WATCH_DATA Data = {.Watch = NULL};
    NOTIFICATION *Notification;
    CONFIGRET Status;

    if (Result == NULL)
        return CR_INVALID_POINTER;
    *Result = NULL;
    if (Filter == NULL || Callback == NULL)
        return CR_INVALID_POINTER;
    Status = TakeFilter(Filter, &Data);
    if (Status != CR_SUCCESS)
        return Status;
    Notification = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Notification));
    if (Notification == NULL)
        return CR_OUT_OF_MEMORY;
    Notification->Type = Data.Kind;
    Notification->Callback = Callback;
    Notification->Context = Context;
    Status = StartWatch(Notification, &Data);
    if (Status != CR_SUCCESS)
        goto FreeNotification;
    LinkNotification(Notification);
    *Result = Notification; /* the first callback may come before this returns */
    Notification->Thread = CreateThread(NULL, 0, NotifyThread, Notification, CREATE_SUSPENDED,
                                        &Notification->ThreadId);
    Status = CR_OUT_OF_MEMORY;
    if (Notification->Thread == NULL)
        goto CloseWatch;
    ResumeThread(Notification->Thread);
    return CR_SUCCESS;

CloseWatch:
    *Result = NULL;
    UnlinkNotification(Notification);
    NtClose(Notification->Watch);
FreeNotification:
    HeapFree(ProcessHeap(), 0, Notification);
    return Status;
}

/* Waits until no callback runs; called from one, that is for ever, as documented. */
CONFIGRET WINAPI CM_Unregister_Notification(NOTIFICATION *Notification)
{
    PNP_EVENT_HEADER Event = {.Number = 0};

    if (Notification == NULL || !UnlinkNotification(Notification))
        return CR_INVALID_DATA;
    if (Notification->ThreadId == GetCurrentThreadId())
        DbgPrint("CM_Unregister_Notification is called from the notification's own callback, and "
                 "so waits for itself\n");
    Event.Watch = Notification->Watch;
    NtPlugPlayControl(PNP_CONTROL_STOP_WATCH, &Event, sizeof(Event));
    NtWaitForSingleObject(Notification->Thread, FALSE, NULL);
    NtClose(Notification->Thread);
    NtClose(Notification->Watch);
    HeapFree(ProcessHeap(), 0, Notification);
    return CR_SUCCESS;
}
