/*
 * PnP notification: interfaces that come and go (delivered by a worker thread), devices that are watched by an open
 * file (delivered in the thread that removes or reports). [doc: Using PnP Notification]
 * Left out: hardware profile changes (there is one profile). Programs that watch: watch.c.
 */
#include "pnpp.h"

#include "control.h"

const GUID PnpGuidArrival = { 0xCB3A4004, 0x46F0, 0x11D0, { 0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F } };
const GUID PnpGuidRemoval = { 0xCB3A4005, 0x46F0, 0x11D0, { 0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F } };
const GUID PnpGuidQueryRemove = { 0xCB3A4006, 0x46F0, 0x11D0, { 0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F } };
const GUID PnpGuidRemoveCancelled = { 0xCB3A4007, 0x46F0, 0x11D0, { 0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F } };
const GUID PnpGuidRemoveComplete = { 0xCB3A4008, 0x46F0, 0x11D0, { 0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F } };

typedef struct _PNP_WATCH {
    LIST_ENTRY Entry;   /* PnpWatches; PASSIVE_LEVEL */
    IO_NOTIFICATION_EVENT_CATEGORY Category;
    GUID Class;         /* interface changes */
    PFILE_OBJECT File;  /* target device changes; referenced */
    PDRIVER_OBJECT Driver; /* referenced: it cannot unload under its callback */
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE Routine;
    PVOID Context;
    LONG References;    /* one of the registration, one a running call */
    BOOLEAN Gone;       /* unregistered */
} PNP_WATCH;

static LIST_ENTRY PnpWatches = { &PnpWatches, &PnpWatches };

static VOID PnpDropWatch(PNP_WATCH *Watch)
{
    if (--Watch->References != 0)
        return;
    RemoveEntryList(&Watch->Entry);
    if (Watch->File != NULL)
        ObDereferenceObject(Watch->File);
    ObDereferenceObject(Watch->Driver);
    ExFreePoolWithTag(Watch, PNP_TAG);
}

/* [doc: Bug Check 0xCA, 0xA] */
static VOID PnpCheckWatch(PNP_WATCH *Watch, ULONG ApcDisable)
{
    KIRQL Irql = KeGetCurrentIrql();
    ULONG Now = KiGetPrcb()->CurrentThread->CombinedApcDisable;

    if (Irql == PASSIVE_LEVEL && Now == ApcDisable)
        return;
    KeSetBugCheckText("the notification callback %p of %wZ returned at IRQL %u, with APCs %s", Watch->Routine,
                      &Watch->Driver->DriverName, Irql, Now != ApcDisable ? "disabled or enabled" : "as they were");
    KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 0xA, (ULONG_PTR)Watch->Driver, Irql, Now);
}

static NTSTATUS PnpCallWatch(PNP_WATCH *Watch, PVOID Notification)
{
    ULONG ApcDisable = KiGetPrcb()->CurrentThread->CombinedApcDisable;
    NTSTATUS Status = STATUS_SUCCESS;

    Watch->References++;
    if (!Watch->Gone) {
        Status = Watch->Routine(Notification, Watch->Context);
        PnpCheckWatch(Watch, ApcDisable);
    }
    PnpDropWatch(Watch);
    return Status;
}

/* Calls each watch that fits; the list may change under the calls, which keep their place referenced. */
static NTSTATUS PnpForEach(BOOLEAN (*Fits)(PNP_WATCH *, PVOID), PVOID Key, PVOID Notification, BOOLEAN StopOnFailure)
{
    PLIST_ENTRY Entry = PnpWatches.Flink;
    NTSTATUS Status = STATUS_SUCCESS;

    while (Entry != &PnpWatches) {
        PNP_WATCH *Watch = CONTAINING_RECORD(Entry, PNP_WATCH, Entry);
        NTSTATUS One = STATUS_SUCCESS;

        Watch->References++;
        if (Fits(Watch, Key))
            One = PnpCallWatch(Watch, Notification);
        Entry = Entry->Flink;
        PnpDropWatch(Watch);
        if (!NT_SUCCESS(One) && StopOnFailure)
            return One;
    }
    return Status;
}

/* ---- interfaces ---- */

typedef struct _PNP_CHANGE {
    WORK_QUEUE_ITEM Item;
    DEVICE_INTERFACE_CHANGE_NOTIFICATION Notification;
    UNICODE_STRING Link;
    PNP_WATCH *Only; /* referenced; NULL: all who watch the class */
} PNP_CHANGE;

static BOOLEAN PnpWatchesClass(PNP_WATCH *Watch, PVOID Class)
{
    return Watch->Category == EventCategoryDeviceInterfaceChange && IsEqualGUID(&Watch->Class, (GUID *)Class);
}

static VOID NTAPI PnpDeliverChange(PVOID Context)
{
    PNP_CHANGE *Change = Context;

    if (Change->Only != NULL) {
        PnpCallWatch(Change->Only, &Change->Notification);
        PnpDropWatch(Change->Only);
    } else {
        PnpForEach(PnpWatchesClass, &Change->Notification.InterfaceClassGuid, &Change->Notification, FALSE);
    }
    PnpFree(&Change->Link);
    ExFreePoolWithTag(Change, PNP_TAG);
}

static VOID PnpQueueChange(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival, PNP_WATCH *Only)
{
    PNP_CHANGE *Change = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Change), PNP_TAG);

    if (Change == NULL)
        return;
    Change->Link = PnpCopy(Link);
    if (Change->Link.Buffer == NULL) {
        ExFreePoolWithTag(Change, PNP_TAG);
        return;
    }
    Change->Notification.Version = 1;
    Change->Notification.Size = sizeof(Change->Notification);
    Change->Notification.Event = Arrival ? PnpGuidArrival : PnpGuidRemoval;
    Change->Notification.InterfaceClassGuid = *Class;
    Change->Notification.SymbolicLinkName = &Change->Link;
    Change->Only = Only;
    if (Only != NULL)
        Only->References++;
    ExInitializeWorkItem(&Change->Item, PnpDeliverChange, Change);
    ExQueueWorkItem(&Change->Item, DelayedWorkQueue);
}

VOID PnpNotifyInterface(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival)
{
    PLIST_ENTRY Entry;

    PnpTellProgramsOfInterface(Class, Link, Arrival);
    for (Entry = PnpWatches.Flink; Entry != &PnpWatches; Entry = Entry->Flink) {
        if (PnpWatchesClass(CONTAINING_RECORD(Entry, PNP_WATCH, Entry), (PVOID)Class)) {
            PnpQueueChange(Class, Link, Arrival, NULL);
            return;
        }
    }
}

/* ---- watched devices ---- */

static PDEVICE_OBJECT PnpWatchedPdo(PNP_WATCH *Watch)
{
    PDEVICE_OBJECT Pdo = IoGetDeviceAttachmentBaseRef(Watch->File->DeviceObject);

    ObDereferenceObject(Pdo); /* the file keeps it */
    return Pdo;
}

static BOOLEAN PnpWatchesDevice(PNP_WATCH *Watch, PVOID Pdo)
{
    return Watch->Category == EventCategoryTargetDeviceChange && PnpWatchedPdo(Watch) == Pdo;
}

static NTSTATUS PnpTell(PNP_WATCH *Watch, const GUID *Event)
{
    TARGET_DEVICE_REMOVAL_NOTIFICATION Notification;

    Notification.Version = 1;
    Notification.Size = sizeof(Notification);
    Notification.Event = *Event;
    Notification.FileObject = Watch->File;
    return PnpCallWatch(Watch, &Notification);
}

NTSTATUS PnpNotifyTarget(PDEVICE_OBJECT Pdo, const GUID *Event)
{
    PLIST_ENTRY Entry = PnpWatches.Flink;
    BOOLEAN Query = IsEqualGUID(Event, &PnpGuidQueryRemove);

    while (Entry != &PnpWatches) {
        PNP_WATCH *Watch = CONTAINING_RECORD(Entry, PNP_WATCH, Entry);
        NTSTATUS Status = STATUS_SUCCESS;

        Watch->References++;
        if (PnpWatchesDevice(Watch, Pdo))
            Status = PnpTell(Watch, Event);
        Entry = Entry->Flink;
        if (Query && !NT_SUCCESS(Status)) {
            PnpNoteVeto(PNP_VetoDriver, &Watch->Driver->DriverName);
            PnpDropWatch(Watch);
            return Status;
        }
        PnpDropWatch(Watch);
    }
    if (IsEqualGUID(Event, &PnpGuidRemoveCancelled))
        PnpTellProgramsOfTarget(Pdo, PNP_EVENT_QUERY_REMOVE_FAILED);
    else if (IsEqualGUID(Event, &PnpGuidRemoveComplete))
        PnpTellProgramsOfTarget(Pdo, PNP_EVENT_REMOVE_COMPLETE);
    return STATUS_SUCCESS;
}

/* [doc: IoReportTargetDeviceChange: custom events only] */
static NTSTATUS PnpCheckCustom(PDEVICE_OBJECT Pdo, PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification)
{
    if (PnpNodeOf(Pdo) == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (IsEqualGUID(&Notification->Event, &PnpGuidQueryRemove)
        || IsEqualGUID(&Notification->Event, &PnpGuidRemoveCancelled)
        || IsEqualGUID(&Notification->Event, &PnpGuidRemoveComplete))
        return STATUS_INVALID_DEVICE_REQUEST;
    return STATUS_SUCCESS;
}

static VOID PnpReportChange(PDEVICE_OBJECT Pdo, PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification)
{
    PnpForEach(PnpWatchesDevice, Pdo, Notification, FALSE);
    PnpTellProgramsOfCustom(Pdo, Notification);
}

NT_EXPORT(IoReportTargetDeviceChange);
NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure)
{
    NTSTATUS Status = PnpCheckCustom(PhysicalDeviceObject, NotificationStructure);

    if (NT_SUCCESS(Status))
        PnpReportChange(PhysicalDeviceObject, NotificationStructure);
    return Status;
}

typedef struct _PNP_REPORT { /* the notification follows */
    WORK_QUEUE_ITEM Item;
    PDEVICE_OBJECT Pdo; /* referenced */
    PDEVICE_CHANGE_COMPLETE_CALLBACK Callback;
    PVOID Context;
} PNP_REPORT;

static VOID NTAPI PnpDeliverReport(PVOID Context)
{
    PNP_REPORT *Report = Context;

    PnpReportChange(Report->Pdo, (PTARGET_DEVICE_CUSTOM_NOTIFICATION)(Report + 1));
    if (Report->Callback != NULL)
        Report->Callback(Report->Context);
    ObDereferenceObject(Report->Pdo);
    ExFreePoolWithTag(Report, PNP_TAG);
}

NT_EXPORT(IoReportTargetDeviceChangeAsynchronous);
NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback, PVOID Context)
{
    PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification = NotificationStructure;
    NTSTATUS Status = PnpCheckCustom(PhysicalDeviceObject, Notification);
    PNP_REPORT *Report;

    if (!NT_SUCCESS(Status))
        return Status;
    Report = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Report) + Notification->Size, PNP_TAG);
    if (Report == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Report + 1, Notification, Notification->Size);
    ObReferenceObject(PhysicalDeviceObject);
    Report->Pdo = PhysicalDeviceObject;
    Report->Callback = Callback;
    Report->Context = Context;
    ExInitializeWorkItem(&Report->Item, PnpDeliverReport, Report);
    ExQueueWorkItem(&Report->Item, DelayedWorkQueue);
    return STATUS_PENDING;
}

/* ---- registration ---- */

static VOID PnpTellExisting(PVOID Context, PCUNICODE_STRING Link)
{
    PNP_WATCH *Watch = Context;

    PnpQueueChange(&Watch->Class, Link, TRUE, Watch);
}

NT_EXPORT(IoRegisterPlugPlayNotification);
NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context,
                                              PVOID *NotificationEntry)
{
    PNP_WATCH *Watch;

    *NotificationEntry = NULL;
    if ((ULONG)EventCategory > EventCategoryTargetDeviceChange
        || (EventCategory != EventCategoryHardwareProfileChange && EventCategoryData == NULL))
        return STATUS_INVALID_PARAMETER;
    Watch = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Watch), PNP_TAG);
    if (Watch == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Watch, sizeof(*Watch));
    Watch->Category = EventCategory;
    Watch->Routine = CallbackRoutine;
    Watch->Context = Context;
    Watch->References = 1;
    Watch->Driver = DriverObject;
    ObReferenceObject(DriverObject);
    if (EventCategory == EventCategoryDeviceInterfaceChange)
        Watch->Class = *(GUID *)EventCategoryData;
    if (EventCategory == EventCategoryTargetDeviceChange) {
        Watch->File = EventCategoryData;
        ObReferenceObject(Watch->File);
    }
    InsertTailList(&PnpWatches, &Watch->Entry);
    if (EventCategory == EventCategoryDeviceInterfaceChange
        && (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES))
        PnpVisitInterfaces(&Watch->Class, PnpTellExisting, Watch);
    *NotificationEntry = Watch;
    return STATUS_SUCCESS;
}

/* May be called from the callback itself. [doc: IoUnregisterPlugPlayNotification] */
NT_EXPORT(IoUnregisterPlugPlayNotification);
NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry)
{
    PNP_WATCH *Watch = NotificationEntry;

    if (Watch->Gone)
        return STATUS_INVALID_PARAMETER;
    Watch->Gone = TRUE;
    PnpDropWatch(Watch);
    return STATUS_SUCCESS;
}

/* As above, and waits until no callback runs: not from the callback. [doc: IoUnregisterPlugPlayNotificationEx] */
NT_EXPORT(IoUnregisterPlugPlayNotificationEx);
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry)
{
    PNP_WATCH *Watch = NotificationEntry;
    LARGE_INTEGER Pause;

    if (Watch->Gone)
        return STATUS_INVALID_PARAMETER;
    Watch->Gone = TRUE;
    Pause.QuadPart = -10 * 1000;
    while (Watch->References != 1)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    PnpDropWatch(Watch);
    return STATUS_SUCCESS;
}
