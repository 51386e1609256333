/*
 * Programs that watch devices (NtPlugPlayControl's watch classes, which cfgmgr32's
 * CM_Register_Notification uses): each watch is an object with a queue of events that a thread of
 * the program takes out. A program is asked before a device is removed, and can refuse; what it has
 * to say within 30 seconds counts [guess: the time that windows get]. A watch ends with its handle,
 * so with its process. [doc: CM_Register_Notification, CM_NOTIFY_ACTION] Left out: windows and
 * services.
 */
#include "pnpp.h"

#include "../ps/ps.h"
#include "control.h"

typedef struct _PNP_USER_EVENT { /* the data follows */
    LIST_ENTRY Entry;
    PNP_EVENT_HEADER Header;
} PNP_USER_EVENT;

typedef struct _PNP_USER_WATCH {
    LIST_ENTRY Entry;       /* PnpUserWatches; unlinked when it is deleted */
    ULONG Kind;             /* PNP_WATCH_* */
    BOOLEAN All;            /* every class, every device */
    BOOLEAN Stopped;        /* nothing comes any more */
    GUID Class;
    PDEVICE_OBJECT Pdo;     /* referenced; NULL once the device is gone */
    UNICODE_STRING Device;  /* instance path */
    UNICODE_STRING Program; /* whose watch it is */
    LIST_ENTRY Events;      /* of PNP_USER_EVENT */
    KEVENT Ready;           /* set while there are events, or Stopped */
    KEVENT Answered;
    ULONG Question,
        Number; /* the event that an answer is waited for, or 0; the last event's number */
    ULONG Answer;           /* a Win32 error; 0: agreed */
} PNP_USER_WATCH;

enum { PNP_ANSWER_SECONDS = 30 };

static LIST_ENTRY PnpUserWatches = { &PnpUserWatches, &PnpUserWatches }; /* PASSIVE_LEVEL */
static POBJECT_TYPE PnpWatchType;

/* ---- the object ---- */

static VOID PnpDropPdo(PNP_USER_WATCH *Watch)
{
    PDEVICE_OBJECT Pdo = Watch->Pdo;

    Watch->Pdo = NULL;
    if (Pdo != NULL)
        ObDereferenceObject(Pdo);
}

static VOID PnpDropEvents(PNP_USER_WATCH *Watch)
{
    while (!IsListEmpty(&Watch->Events))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Watch->Events), PNP_USER_EVENT, Entry),
                          PNP_TAG);
}

static VOID PnpStopWatch(PNP_USER_WATCH *Watch)
{
    Watch->Stopped = TRUE;
    PnpDropEvents(Watch);
    PnpDropPdo(Watch);
    KeSetEvent(&Watch->Ready, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&Watch->Answered, IO_NO_INCREMENT, FALSE);
}

static VOID PnpCloseWatch(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles,
                          ULONG_PTR Handles)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandles);
    if (Handles == 1)
        PnpStopWatch(Object);
}

static VOID PnpDeleteWatch(PVOID Object)
{
    PNP_USER_WATCH *Watch = Object;

    if (Watch->Entry.Flink == NULL)
        return; /* its registration failed early */
    RemoveEntryList(&Watch->Entry);
    PnpDropEvents(Watch);
    PnpDropPdo(Watch);
    PnpFree(&Watch->Device);
    PnpFree(&Watch->Program);
}

NTSTATUS PnpInitWatches(VOID)
{
    OB_TYPE_INITIALIZER Type;

    RtlZeroMemory(&Type, sizeof(Type));
    Type.ValidAccessMask = STANDARD_RIGHTS_ALL;
    Type.PoolType = NonPagedPoolNx;
    Type.WaitObjectOffset = MAXULONG;
    Type.Close = PnpCloseWatch;
    Type.Delete = PnpDeleteWatch;
    return ObCreateType(L"PlugPlayWatch", &Type, &PnpWatchType);
}

/* The next one after Watch (NULL: the first), referenced; Watch is dereferenced. */
static PNP_USER_WATCH *PnpNextWatch(PNP_USER_WATCH *Watch)
{
    PLIST_ENTRY Entry = Watch != NULL ? Watch->Entry.Flink : PnpUserWatches.Flink;
    PNP_USER_WATCH *Next = NULL;

    for (; Entry != &PnpUserWatches && Next == NULL; Entry = Entry->Flink)
        if (ObReferenceObjectSafe(CONTAINING_RECORD(Entry, PNP_USER_WATCH, Entry)))
            Next = CONTAINING_RECORD(Entry, PNP_USER_WATCH, Entry);
    if (Watch != NULL)
        ObDereferenceObject(Watch);
    return Next;
}

/* ---- events ---- */

/* What a device or driver has to say to a watch: Data of Bytes. Number is the event's; 0: it is
 * lost, out of memory. */
static ULONG PnpPost(PNP_USER_WATCH *Watch, const PNP_EVENT_HEADER *Header, const VOID *Data)
{
    PNP_USER_EVENT *Event =
        ExAllocatePoolWithTag(PagedPool, sizeof(*Event) + Header->Bytes, PNP_TAG);

    if (Event == NULL || Watch->Stopped) {
        if (Event != NULL)
            ExFreePoolWithTag(Event, PNP_TAG);
        return 0;
    }
    Event->Header = *Header;
    Event->Header.Number = ++Watch->Number;
    RtlCopyMemory(Event + 1, Data, Header->Bytes);
    InsertTailList(&Watch->Events, &Event->Entry);
    KeSetEvent(&Watch->Ready, IO_NO_INCREMENT, FALSE);
    return Event->Header.Number;
}

VOID PnpTellProgramsOfInterface(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival)
{
    PNP_EVENT_HEADER Header = {.Action = Arrival ? PNP_EVENT_ARRIVAL : PNP_EVENT_REMOVAL,
                               .Guid = *Class,
                               .Bytes = Link->Length};
    PNP_USER_WATCH *Watch;

    for (Watch = PnpNextWatch(NULL); Watch != NULL; Watch = PnpNextWatch(Watch))
        if (Watch->Kind == PNP_WATCH_INTERFACE && (Watch->All || IsEqualGUID(&Watch->Class, Class)))
            PnpPost(Watch, &Header, Link->Buffer);
}

VOID PnpTellProgramsOfInstance(PNP_NODE *Node, ULONG Action)
{
    PNP_EVENT_HEADER Header = { .Action = Action, .Bytes = Node->InstancePath.Length };
    PNP_USER_WATCH *Watch;

    for (Watch = PnpNextWatch(NULL); Watch != NULL; Watch = PnpNextWatch(Watch))
        if (Watch->Kind == PNP_WATCH_INSTANCE
            && (Watch->All || RtlEqualUnicodeString(&Watch->Device, &Node->InstancePath, TRUE)))
            PnpPost(Watch, &Header, Node->InstancePath.Buffer);
}

VOID PnpTellProgramsOfTarget(PDEVICE_OBJECT Pdo, ULONG Action)
{
    PNP_EVENT_HEADER Header = { .Action = Action };
    PNP_USER_WATCH *Watch;

    for (Watch = PnpNextWatch(NULL); Watch != NULL; Watch = PnpNextWatch(Watch))
        if (Watch->Kind == PNP_WATCH_TARGET && Watch->Pdo == Pdo) {
            PnpPost(Watch, &Header, NULL);
            if (Action == PNP_EVENT_REMOVE_COMPLETE)
                PnpDropPdo(Watch);
        }
}

VOID PnpTellProgramsOfCustom(PDEVICE_OBJECT Pdo,
                             const TARGET_DEVICE_CUSTOM_NOTIFICATION *Notification)
{
    enum { FIXED = FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer) };
    PNP_EVENT_HEADER Header = { .Action = PNP_EVENT_CUSTOM, .Guid = Notification->Event,
                                .NameOffset = Notification->NameBufferOffset };
    PNP_USER_WATCH *Watch;

    Header.Bytes = Notification->Size > FIXED ? Notification->Size - FIXED : 0;
    for (Watch = PnpNextWatch(NULL); Watch != NULL; Watch = PnpNextWatch(Watch))
        if (Watch->Kind == PNP_WATCH_TARGET && Watch->Pdo == Pdo)
            PnpPost(Watch, &Header, Notification->CustomDataBuffer);
}

/* ---- questions ---- */

/* The tree is lent meanwhile: the program may look at devices. TRUE: it agrees, or cannot say. */
static BOOLEAN PnpAskProgram(PNP_USER_WATCH *Watch, PDEVICE_OBJECT Pdo)
{
    PNP_EVENT_HEADER Header = { .Action = PNP_EVENT_QUERY_REMOVE };
    LARGE_INTEGER Limit;
    NTSTATUS Status;

    KeClearEvent(&Watch->Answered);
    Watch->Answer = 0;
    Watch->Question = PnpPost(Watch, &Header, NULL);
    if (Watch->Question == 0)
        return TRUE;
    Limit.QuadPart = -PNP_ANSWER_SECONDS * 10000000ll;
    PnpLendTree();
    Status = KeWaitForSingleObject(&Watch->Answered, Executive, KernelMode, FALSE, &Limit);
    PnpReclaimTree();
    Watch->Question = 0;
    if (Status == STATUS_TIMEOUT)
        PnpLog(PnpNodeOf(Pdo),
               "a program that was asked whether the device may be removed does not answer",
               STATUS_TIMEOUT);
    return Watch->Answer == 0;
}

BOOLEAN PnpAskPrograms(PDEVICE_OBJECT Pdo)
{
    PNP_USER_WATCH *Watch;

    for (Watch = PnpNextWatch(NULL); Watch != NULL; Watch = PnpNextWatch(Watch))
        if (Watch->Kind == PNP_WATCH_TARGET && Watch->Pdo == Pdo && !PnpAskProgram(Watch, Pdo)) {
            PnpNoteVeto(PNP_VetoWindowsApp, &Watch->Program);
            ObDereferenceObject(Watch);
            return FALSE;
        }
    return TRUE;
}

/* ---- the service's classes ---- */

static NTSTATUS PnpWatchTarget(PNP_USER_WATCH *Watch, HANDLE Target)
{
    PFILE_OBJECT File;
    NTSTATUS Status = ObReferenceObjectByHandle(Target, 0, *IoFileObjectType, ExGetPreviousMode(),
                                                (PVOID *)&File, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Watch->Pdo = IoGetDeviceAttachmentBaseRef(File->DeviceObject);
    ObDereferenceObject(File); /* the program may close its handle, and still hears of the device */
    return PnpNodeOf(Watch->Pdo) != NULL ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

static NTSTATUS PnpFillWatch(PNP_USER_WATCH *Watch, const PNP_WATCH_DATA *Data)
{
    UNICODE_STRING Device;

    Watch->Kind = Data->Kind;
    Watch->All = Data->All != 0;
    Watch->Class = Data->Class;
    switch (Data->Kind) {
    case PNP_WATCH_INTERFACE:
        return STATUS_SUCCESS;
    case PNP_WATCH_TARGET:
        return PnpWatchTarget(Watch, Data->Target);
    case PNP_WATCH_INSTANCE:
        RtlInitUnicodeString(&Device, Data->Device);
        Watch->Device = PnpCopy(&Device);
        return Watch->Device.Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS PnpMakeWatch(const PNP_WATCH_DATA *Data, PHANDLE Handle)
{
    PNP_USER_WATCH *Watch;
    NTSTATUS Status = ObCreateObject(KernelMode, PnpWatchType, NULL, KernelMode, NULL,
                                     sizeof(*Watch), 0, 0, (PVOID *)&Watch);

    if (!NT_SUCCESS(Status))
        return Status;
    InitializeListHead(&Watch->Events);
    KeInitializeEvent(&Watch->Ready, NotificationEvent, FALSE);
    KeInitializeEvent(&Watch->Answered, NotificationEvent, FALSE);
    InsertTailList(&PnpUserWatches, &Watch->Entry);
    Watch->Program = PnpCopy(&PsCurrentProcess()->ImagePath);
    Status = PnpFillWatch(Watch, Data);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Watch);
        return Status;
    }
    return ObInsertObject(Watch, NULL, STANDARD_RIGHTS_ALL, 0, NULL, Handle);
}

static NTSTATUS PnpRegisterWatch(PVOID Buffer, ULONG Bytes)
{
    PNP_WATCH_DATA *Data = ExAllocatePoolWithTag(PagedPool, sizeof(*Data), PNP_TAG), *User = Buffer;
    NTSTATUS Status = STATUS_INFO_LENGTH_MISMATCH;
    HANDLE Handle = NULL;

    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        if (Bytes == sizeof(*Data)) {
            ProbeForWrite(User, Bytes, sizeof(ULONG));
            RtlCopyMemory(Data, User, Bytes);
            Status = STATUS_SUCCESS;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    Data->Device[PNP_CONTROL_PATH - 1] = 0;
    if (NT_SUCCESS(Status))
        Status = PnpMakeWatch(Data, &Handle);
    ExFreePoolWithTag(Data, PNP_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        User->Watch = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode(); /* the handle is lost to the program, until it ends */
    }
    return STATUS_SUCCESS;
}

/* The first event stays when the buffer is too small for it; Bytes of the header says what it
 * takes. */
static NTSTATUS PnpTakeEvent(PNP_USER_WATCH *Watch, PNP_EVENT_HEADER *User, ULONG Bytes)
{
    PNP_USER_EVENT *Event = CONTAINING_RECORD(Watch->Events.Flink, PNP_USER_EVENT, Entry);
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        ProbeForWrite(User, Bytes, sizeof(ULONG));
        User->Action = Event->Header.Action;
        User->Number = Event->Header.Number;
        User->Guid = Event->Header.Guid;
        User->NameOffset = Event->Header.NameOffset;
        User->Bytes = Event->Header.Bytes;
        if (Event->Header.Bytes > Bytes - sizeof(*User))
            Status = STATUS_BUFFER_TOO_SMALL;
        else
            RtlCopyMemory(User + 1, Event + 1, Event->Header.Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        return Status;
    RemoveEntryList(&Event->Entry);
    ExFreePoolWithTag(Event, PNP_TAG);
    if (IsListEmpty(&Watch->Events) && !Watch->Stopped)
        KeClearEvent(&Watch->Ready);
    return STATUS_SUCCESS;
}

static NTSTATUS PnpWaitForEvent(PNP_USER_WATCH *Watch, PNP_EVENT_HEADER *User, ULONG Bytes)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Bytes < sizeof(*User))
        return STATUS_INFO_LENGTH_MISMATCH;
    while (IsListEmpty(&Watch->Events) && !Watch->Stopped && Status == STATUS_SUCCESS)
        Status = KeWaitForSingleObject(&Watch->Ready, UserRequest, UserMode, FALSE, NULL);
    if (Status != STATUS_SUCCESS)
        return Status;
    return Watch->Stopped ? STATUS_CANCELLED : PnpTakeEvent(Watch, User, Bytes);
}

static VOID PnpAnswerQuestion(PNP_USER_WATCH *Watch, ULONG Number, ULONG Answer)
{
    if (Number == 0 || Watch->Question != Number)
        return; /* too late */
    Watch->Answer = Answer;
    KeSetEvent(&Watch->Answered, IO_NO_INCREMENT, FALSE);
}

/* The header that comes with each class but PNP_CONTROL_WATCH. */
static NTSTATUS PnpCaptureHeader(PVOID User, ULONG Bytes, PNP_EVENT_HEADER *Header)
{
    if (Bytes < sizeof(*Header))
        return STATUS_INFO_LENGTH_MISMATCH;
    __try {
        ProbeForRead(User, sizeof(*Header), sizeof(ULONG));
        RtlCopyMemory(Header, User, sizeof(*Header));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS PnpControlWatch(ULONG Class, PVOID Buffer, ULONG Bytes)
{
    PNP_USER_WATCH *Watch;
    PNP_EVENT_HEADER Header;
    NTSTATUS Status;

    if (Class == PNP_CONTROL_WATCH)
        return PnpRegisterWatch(Buffer, Bytes);
    Status = PnpCaptureHeader(Buffer, Bytes, &Header);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(Header.Watch, 0, PnpWatchType, ExGetPreviousMode(),
                                           (PVOID *)&Watch, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    switch (Class) {
    case PNP_CONTROL_NEXT_EVENT:
        Status = PnpWaitForEvent(Watch, Buffer, Bytes);
        break;
    case PNP_CONTROL_ANSWER:
        PnpAnswerQuestion(Watch, Header.Number, Header.Action);
        break;
    case PNP_CONTROL_STOP_WATCH:
        PnpStopWatch(Watch);
        break;
    default:
        Status = STATUS_INVALID_PARAMETER;
    }
    ObDereferenceObject(Watch);
    return Status;
}
