/*
 * The report of a bus's children to PnP, and their coming and going: devices are made for new descriptions
 * (EvtChildListCreateDevice) when PnP asks, and deleted when PnP has removed what is missing. PnP asks one at a time.
 */
#include "fx.h"

#include "pdo.h"

typedef struct _FX_REPORT { /* grows as children are added */
    PDEVICE_RELATIONS Relations;
    ULONG Room;
} FX_REPORT;

static NTSTATUS FxReportAdd(FX_REPORT *Report, FX_DEVICE *Device)
{
    PDEVICE_RELATIONS Old = Report->Relations, New;
    ULONG Count = Old != NULL ? Old->Count : 0, Room;

    if (Count == Report->Room) {
        Room = 2 * Count + 4;
        New = ExAllocatePool2(POOL_FLAG_PAGED, FIELD_OFFSET(DEVICE_RELATIONS, Objects[Room]), FX_TAG);
        if (New == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (Old != NULL) {
            RtlCopyMemory(New, Old, FIELD_OFFSET(DEVICE_RELATIONS, Objects[Count]));
            ExFreePool(Old);
        }
        Report->Relations = New;
        Report->Room = Room;
    }
    ObReferenceObject(Device->Wdm);
    Report->Relations->Objects[Count] = Device->Wdm;
    Report->Relations->Count = Count + 1;
    return STATUS_SUCCESS;
}

static VOID FxTellMissing(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_REPORTED_MISSING EvtMissing = Device->Settings.Pdo.EvtDeviceReportedMissing;

    if (EvtMissing != NULL && Device->Child->IsReported)
        EvtMissing(FX_HANDLE(WDFDEVICE, Device));
    Device->Child->IsReported = FALSE;
}

/* ---- static children ---- */

/* The next device after Previous (NULL: the first) in the list, referenced. */
static FX_DEVICE *FxStaticAfter(FX_CHILDREN *Children, FX_DEVICE *Previous)
{
    FX_DEVICE *Next = NULL;
    PLIST_ENTRY Link;
    KIRQL Irql;

    KeAcquireSpinLock(&Children->Lock, &Irql);
    Link = Previous != NULL ? Previous->Child->StaticLink.Flink : Children->Static.Flink;
    if (Link != &Children->Static)
        Next = CONTAINING_RECORD(Link, FX_PDO, StaticLink)->Device;
    KeReleaseSpinLock(&Children->Lock, Irql);
    return Next;
}

static NTSTATUS FxReportStatic(FX_DEVICE *Bus, FX_REPORT *Report)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (FX_DEVICE *Device = NULL; NT_SUCCESS(Status) && (Device = FxStaticAfter(Bus->Children, Device)) != NULL;) {
        if (Device->Child->IsMissing) {
            FxTellMissing(Device);
            continue;
        }
        Status = FxReportAdd(Report, Device);
        Device->Child->IsReported = TRUE;
    }
    return Status;
}

/* ---- dynamic children ---- */

static FX_DEVICE_INIT *FxChildInit(FX_CHILD *Child)
{
    FX_DEVICE *Bus = Child->List->Bus;
    FX_DEVICE_INIT *Init = FxDeviceInitAllocate(Bus->Object.Globals, FxDeviceBus);

    if (Init == NULL)
        return NULL;
    Init->IsOwned = TRUE;
    Init->Parent = Bus;
    Init->Settings.PowerPageable = Bus->Settings.PowerPageable;
    Init->PdoInit = FxPdoAllocate(Bus);
    if (Init->PdoInit == NULL) {
        FxDeviceInitFree(Init);
        return NULL;
    }
    Init->PdoInit->Entry = Child;
    return Init;
}

static NTSTATUS FxCallCreate(FX_CHILD *Child, FX_DEVICE_INIT *Init)
{
    FX_CHILD_LIST *List = Child->List;
    NTSTATUS Status = List->Config.EvtChildListCreateDevice(FX_HANDLE(WDFCHILDLIST, List), Child->Id,
                                                            (PWDFDEVICE_INIT)Init);

    if (NT_SUCCESS(Status) && Init->Created == NULL)
        return FxMistake(List->Object.Globals, STATUS_UNSUCCESSFUL, "EvtChildListCreateDevice created no device");
    return Status;
}

/* A device for a new description. Without one the description goes, except with STATUS_RETRY. */
static FX_DEVICE *FxChildCreate(FX_CHILD *Child)
{
    FX_DEVICE_INIT *Init = FxChildInit(Child);
    FX_DEVICE *Device = NULL;
    NTSTATUS Status;

    if (Init == NULL)
        return NULL;
    Status = FxCallCreate(Child, Init);
    if (NT_SUCCESS(Status)) {
        Device = Init->Created;
        Device->Initializing = FALSE;
        Device->Wdm->Flags &= ~DO_DEVICE_INITIALIZING;
        Child->Device = Device;
    } else {
        FxMistake(Child->List->Object.Globals, Status, "EvtChildListCreateDevice failed");
        if (Init->Created != NULL) {
            Init->Created->Child->Entry = NULL;
            FxObjectDelete(&Init->Created->Object);
        }
        Child->IsDead = Status != STATUS_RETRY || ++Child->Retries > 3;
    }
    FxDeviceInitFree(Init);
    return Device;
}

static NTSTATUS FxReportChild(FX_CHILD *Child, FX_REPORT *Report)
{
    NTSTATUS Status;

    if (!Child->IsPresent) {
        Child->IsReportedMissing = TRUE;
        Child->IsDead = Child->Device == NULL;
        if (Child->Device != NULL) {
            Child->Device->Child->IsMissing = TRUE;
            FxTellMissing(Child->Device);
        }
        return STATUS_SUCCESS;
    }
    if (Child->Device == NULL && FxChildCreate(Child) == NULL)
        return STATUS_SUCCESS;
    Status = FxReportAdd(Report, Child->Device);
    Child->Device->Child->IsReported = TRUE;
    return Status;
}

/* Entries are only appended by others, and only taken out where PnP waits. */
static FX_CHILD *FxChildAfter(FX_CHILD_LIST *List, FX_CHILD *Child)
{
    PLIST_ENTRY Link;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    Link = Child != NULL ? Child->Link.Flink : List->Children.Flink;
    KeReleaseSpinLock(&List->Lock, Irql);
    return Link != &List->Children ? CONTAINING_RECORD(Link, FX_CHILD, Link) : NULL;
}

static NTSTATUS FxReportList(FX_CHILD_LIST *List, FX_REPORT *Report)
{
    NTSTATUS Status = STATUS_SUCCESS;

    InterlockedIncrement(&List->Iterations); /* nothing is taken out meanwhile */
    for (FX_CHILD *Child = NULL; NT_SUCCESS(Status) && (Child = FxChildAfter(List, Child)) != NULL;)
        if (!Child->IsDead)
            Status = FxReportChild(Child, Report);
    FxListIterated(List); /* what has changed meanwhile is told now */
    return Status;
}

NTSTATUS FxChildrenReport(FX_DEVICE *Bus, PDEVICE_RELATIONS Old, PDEVICE_RELATIONS *Result)
{
    FX_REPORT Report = { Old, Old != NULL ? Old->Count : 0 };
    NTSTATUS Status;

    *Result = Old;
    if (Bus->Children == NULL || !Bus->Children->IsBus)
        return STATUS_NOT_SUPPORTED;
    Status = FxReportStatic(Bus, &Report);
    for (PLIST_ENTRY Link = Bus->Children->Lists.Flink; NT_SUCCESS(Status) && Link != &Bus->Children->Lists;
         Link = Link->Flink)
        Status = FxReportList(CONTAINING_RECORD(Link, FX_CHILD_LIST, Link), &Report);
    if (Report.Relations == NULL && NT_SUCCESS(Status)) { /* a bus without children says so */
        Report.Relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(DEVICE_RELATIONS), FX_TAG);
        if (Report.Relations == NULL)
            Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    *Result = Report.Relations;
    return Status;
}

/* ---- the parent's power, and its end ---- */

VOID FxChildrenScan(FX_DEVICE *Bus)
{
    if (Bus->Children == NULL)
        return;
    for (PLIST_ENTRY Link = Bus->Children->Lists.Flink; Link != &Bus->Children->Lists; Link = Link->Flink) {
        FX_CHILD_LIST *List = CONTAINING_RECORD(Link, FX_CHILD_LIST, Link);

        if (List->Config.EvtChildListScanForChildren != NULL)
            List->Config.EvtChildListScanForChildren(FX_HANDLE(WDFCHILDLIST, List));
    }
}

BOOLEAN FxChildMissing(FX_DEVICE *Device)
{
    FX_PDO *Pdo = Device->Child;
    FX_CHILDREN *Children = Pdo->Parent->Children;
    BOOLEAN First;
    KIRQL Irql;

    if (Pdo->Entry == NULL && !Pdo->IsStatic)
        return FALSE;
    KeAcquireSpinLock(&Children->Lock, &Irql);
    First = !Pdo->IsMissing && (Pdo->Entry == NULL || Pdo->Entry->IsPresent);
    if (Pdo->Entry != NULL)
        Pdo->Entry->IsPresent = FALSE;
    else
        Pdo->IsMissing = TRUE;
    KeReleaseSpinLock(&Children->Lock, Irql);
    if (First)
        FxChildrenChanged(Pdo->Parent);
    return First;
}

VOID FxChildForget(FX_DEVICE *Device)
{
    FX_PDO *Pdo = Device->Child;
    FX_CHILD *Entry = Pdo->Entry;
    KIRQL Irql;

    if (Pdo->IsStatic) {
        KeAcquireSpinLock(&Pdo->Parent->Children->Lock, &Irql);
        RemoveEntryList(&Pdo->StaticLink);
        InitializeListHead(&Pdo->StaticLink);
        Pdo->IsStatic = FALSE;
        KeReleaseSpinLock(&Pdo->Parent->Children->Lock, Irql);
    }
    if (Entry == NULL)
        return;
    Pdo->Entry = NULL;
    Entry->Device = NULL;
    if (Entry->ComesAgain)
        FxChildAgain(Entry);
    Entry->IsDead = TRUE;
    FxChildSweep(Entry->List);
}

/* After PnP has removed the children: those that it left because they are present go with the bus. */
VOID FxChildrenRemove(FX_DEVICE *Bus)
{
    FX_DEVICE *Device;

    if (Bus->Children == NULL)
        return;
    while ((Device = FxStaticAfter(Bus->Children, NULL)) != NULL)
        FxObjectDelete(&Device->Object);
    for (PLIST_ENTRY Link = Bus->Children->Lists.Flink; Link != &Bus->Children->Lists; Link = Link->Flink) {
        FX_CHILD_LIST *List = CONTAINING_RECORD(Link, FX_CHILD_LIST, Link);

        InterlockedIncrement(&List->Iterations);
        for (FX_CHILD *Child = NULL; (Child = FxChildAfter(List, Child)) != NULL;)
            if (Child->Device != NULL) {
                Child->ComesAgain = FALSE;
                FxObjectDelete(&Child->Device->Object);
            }
        InterlockedDecrement(&List->Iterations);
        FxChildSweep(List);
    }
}
