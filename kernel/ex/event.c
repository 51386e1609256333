/*
 * Event objects: the type, its services, and the two Io routines that make named events.
 */
#include "exp.h"

#define EXP_EVENT_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)

NT_EXPORT_DATA_ALIAS(ExEventObjectType, ExpEventObjectType);
POBJECT_TYPE ExpEventObjectType;
POBJECT_TYPE *ExEventObjectType = &ExpEventObjectType;

typedef struct _EXP_EVENT_INFORMATION {
    EVENT_TYPE EventType;
    LONG EventState;
} EXP_EVENT_INFORMATION;

NTSTATUS ExpInitEventType(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                           STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EXP_EVENT_ACCESS},
        .ValidAccessMask = EXP_EVENT_ACCESS,
        .PoolType = NonPagedPoolNx,
    };

    return ObCreateType(L"Event", &Type, &ExpEventObjectType);
}

static VOID ExpInitEvent(PVOID Object, ULONG_PTR Type, ULONG_PTR State)
{
    KeInitializeEvent(Object, (EVENT_TYPE)Type, (BOOLEAN)State);
}

NT_SERVICE(CreateEvent);
NT_EXPORT(NtCreateEvent);
NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState)
{
    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    return ExpCreateHandle(ExpEventObjectType, sizeof(KEVENT), ObjectAttributes, DesiredAccess,
                           ExpInitEvent, EventType, InitialState, EventHandle);
}

NT_SERVICE(OpenEvent);
NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ExpOpenHandle(ExpEventObjectType, ObjectAttributes, DesiredAccess, EventHandle);
}

static NTSTATUS ExpReferenceEvent(HANDLE Handle, ACCESS_MASK Access, PKEVENT *Event)
{
    return ObReferenceObjectByHandle(Handle, Access, ExpEventObjectType, ExGetPreviousMode(),
                                     (PVOID *)Event, NULL);
}

/* Set, reset and pulse: a change of state that reports the state before. */
static NTSTATUS ExpChangeEvent(HANDLE Handle, LONG (*Change)(PKEVENT), PLONG PreviousState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKEVENT Event;
    LONG Previous;
    NTSTATUS Status = PreviousState == NULL ? STATUS_SUCCESS
                                            : ExpProbeOut(PreviousState, sizeof(LONG), Mode);

    if (NT_SUCCESS(Status))
        Status = ExpReferenceEvent(Handle, EVENT_MODIFY_STATE, &Event);
    if (!NT_SUCCESS(Status))
        return Status;
    Previous = Change(Event);
    ObfDereferenceObject(Event);
    if (PreviousState != NULL)
        ExpCopyOut(PreviousState, &Previous, sizeof(Previous), Mode);
    return STATUS_SUCCESS;
}

static LONG ExpSetEvent(PKEVENT Event)
{
    return KeSetEvent(Event, EVENT_INCREMENT, FALSE);
}

static LONG ExpResetEvent(PKEVENT Event)
{
    return KeResetEvent(Event);
}

static LONG ExpPulseEvent(PKEVENT Event)
{
    return KePulseEvent(Event, EVENT_INCREMENT, FALSE);
}

NT_SERVICE(SetEvent);
NT_EXPORT(NtSetEvent);
NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, ExpSetEvent, PreviousState);
}

NT_SERVICE(ResetEvent);
NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, ExpResetEvent, PreviousState);
}

NT_SERVICE(PulseEvent);
NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
    return ExpChangeEvent(EventHandle, ExpPulseEvent, PreviousState);
}

NT_SERVICE(ClearEvent);
NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
    return ExpChangeEvent(EventHandle, ExpResetEvent, NULL);
}

NT_SERVICE(QueryEvent);
NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle, ULONG EventInformationClass, PVOID EventInformation,
                            ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EXP_EVENT_INFORMATION Information;
    PKEVENT Event;
    ULONG Bytes = sizeof(Information);
    NTSTATUS Status;

    if (EventInformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(Information))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ExpReferenceEvent(EventHandle, EVENT_QUERY_STATE, &Event);
    if (!NT_SUCCESS(Status))
        return Status;
    Information.EventType = Event->Header.Type;
    Information.EventState = KeReadStateEvent(Event);
    ObfDereferenceObject(Event);
    Status = ExpCopyOut(EventInformation, &Information, sizeof(Information), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    return Status;
}

/* Opens the named event or makes it; the caller closes the handle. [doc: IoCreateNotificationEvent]
 */
static PKEVENT ExpNamedEvent(PUNICODE_STRING Name, EVENT_TYPE Type, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    PKEVENT Event;

    InitializeObjectAttributes(&Attributes, Name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(Handle, EVENT_ALL_ACCESS, &Attributes, Type, TRUE)))
        return NULL;
    if (!NT_SUCCESS(ObReferenceObjectByHandle(*Handle, 0, ExpEventObjectType, KernelMode,
                                              (PVOID *)&Event, NULL))) {
        ZwClose(*Handle);
        return NULL;
    }
    ObfDereferenceObject(Event); /* the handle keeps it */
    return Event;
}

NT_EXPORT(IoCreateNotificationEvent);
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return ExpNamedEvent(EventName, NotificationEvent, EventHandle);
}

NT_EXPORT(IoCreateSynchronizationEvent);
PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return ExpNamedEvent(EventName, SynchronizationEvent, EventHandle);
}
