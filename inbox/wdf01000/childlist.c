/*
 * Children of a bus: dynamic child lists (WdfChildListXxx) and their descriptions [doc: Dynamic Enumeration]. A description
 * goes with its device; entries are taken out only while nobody iterates. Static children are childstatic.c's, the report
 * to PnP is childreport.c's.
 */
#include "fx.h"

#include "pdo.h"

#define FX_ALIGN8(Bytes) (((Bytes) + 7u) & ~7u)

/* ---- the bus's part ---- */

NTSTATUS FxChildrenCreate(FX_DEVICE *Bus)
{
    FX_CHILDREN *Children = FxAllocate(Bus->Object.Globals, sizeof(*Children));

    if (Children == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeSpinLock(&Children->Lock);
    InitializeListHead(&Children->Static);
    InitializeListHead(&Children->Lists);
    Bus->Children = Children;
    return STATUS_SUCCESS;
}

VOID FxChildrenDestroy(FX_DEVICE *Bus)
{
    FxFree(Bus->Children);
    Bus->Children = NULL;
}

/* PnP asks for the bus's relations soon. Before the start it asks anyway. */
VOID FxChildrenChanged(FX_DEVICE *Bus)
{
    if (Bus->Pnp->IsStarted)
        IoInvalidateDeviceRelations(Bus->Pdo, BusRelations);
}

FX_DEVICE *FxBusOf(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (Device->Children != NULL)
        return Device;
    FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "the device is no function device");
    return NULL;
}

/* ---- entries of dynamic lists ---- */

static VOID FxChildFree(FX_CHILD *Child)
{
    const WDF_CHILD_LIST_CONFIG *Config = &Child->List->Config;
    WDFCHILDLIST Handle = FX_HANDLE(WDFCHILDLIST, Child->List);

    if (Config->EvtChildListIdentificationDescriptionCleanup != NULL)
        Config->EvtChildListIdentificationDescriptionCleanup(Handle, Child->Id);
    if (Child->Address != NULL && Config->EvtChildListAddressDescriptionCleanup != NULL)
        Config->EvtChildListAddressDescriptionCleanup(Handle, Child->Address);
    FxFree(Child);
}

/* Takes out the dead entries, when nobody looks. */
VOID FxChildSweep(FX_CHILD_LIST *List)
{
    LIST_ENTRY Dead;
    KIRQL Irql;

    InitializeListHead(&Dead);
    KeAcquireSpinLock(&List->Lock, &Irql);
    for (PLIST_ENTRY Link = List->Children.Flink, Next; Link != &List->Children; Link = Next) {
        Next = Link->Flink;
        if (List->Iterations == 0 && CONTAINING_RECORD(Link, FX_CHILD, Link)->IsDead) {
            RemoveEntryList(Link);
            InsertTailList(&Dead, Link);
        }
    }
    KeReleaseSpinLock(&List->Lock, Irql);
    while (!IsListEmpty(&Dead))
        FxChildFree(CONTAINING_RECORD(RemoveHeadList(&Dead), FX_CHILD, Link));
}

static NTSTATUS FxChildDuplicate(FX_CHILD *Child, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                                 PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address)
{
    const WDF_CHILD_LIST_CONFIG *Config = &Child->List->Config;
    WDFCHILDLIST Handle = FX_HANDLE(WDFCHILDLIST, Child->List);
    NTSTATUS Status = STATUS_SUCCESS;

    Child->Id->IdentificationDescriptionSize = Config->IdentificationDescriptionSize;
    if (Config->EvtChildListIdentificationDescriptionDuplicate != NULL)
        Status = Config->EvtChildListIdentificationDescriptionDuplicate(Handle, Id, Child->Id);
    else
        RtlCopyMemory(Child->Id, Id, Config->IdentificationDescriptionSize);
    if (!NT_SUCCESS(Status) || Child->Address == NULL)
        return Status;
    Child->Address->AddressDescriptionSize = Config->AddressDescriptionSize;
    if (Address == NULL)
        return STATUS_SUCCESS;
    if (Config->EvtChildListAddressDescriptionDuplicate != NULL)
        Status = Config->EvtChildListAddressDescriptionDuplicate(Handle, Address, Child->Address);
    else
        RtlCopyMemory(Child->Address, Address, Config->AddressDescriptionSize);
    if (!NT_SUCCESS(Status) && Config->EvtChildListIdentificationDescriptionCleanup != NULL)
        Config->EvtChildListIdentificationDescriptionCleanup(Handle, Child->Id);
    return Status;
}

static NTSTATUS FxChildMake(FX_CHILD_LIST *List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id,
                            PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address, FX_CHILD **Result)
{
    ULONG IdBytes = FX_ALIGN8(List->Config.IdentificationDescriptionSize);
    FX_CHILD *Child = FxAllocate(List->Object.Globals, sizeof(*Child) + IdBytes + List->Config.AddressDescriptionSize);
    NTSTATUS Status;

    if (Child == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Child->List = List;
    Child->IsPresent = Child->IsSeen = TRUE;
    Child->Id = (PVOID)(Child + 1);
    if (List->Config.AddressDescriptionSize != 0)
        Child->Address = (PVOID)((PUCHAR)Child->Id + IdBytes);
    Status = FxChildDuplicate(Child, Id, Address);
    if (!NT_SUCCESS(Status)) {
        FxFree(Child);
        return Status;
    }
    *Result = Child;
    return STATUS_SUCCESS;
}

/* Lock held. An entry that PnP was told is missing belongs to the past. */
static FX_CHILD *FxChildFind(FX_CHILD_LIST *List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id)
{
    PFN_WDF_CHILD_LIST_IDENTIFICATION_DESCRIPTION_COMPARE Compare =
        List->Config.EvtChildListIdentificationDescriptionCompare;

    for (PLIST_ENTRY Link = List->Children.Flink; Link != &List->Children; Link = Link->Flink) {
        FX_CHILD *Child = CONTAINING_RECORD(Link, FX_CHILD, Link);

        if (Child->IsDead || Child->IsReportedMissing)
            continue;
        if (Compare != NULL ? Compare(FX_HANDLE(WDFCHILDLIST, List), Child->Id, Id)
                            : memcmp(Child->Id, Id, List->Config.IdentificationDescriptionSize) == 0)
            return Child;
    }
    return NULL;
}

static VOID FxCopyId(FX_CHILD_LIST *List, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER From,
                     PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER To)
{
    if (List->Config.EvtChildListIdentificationDescriptionCopy != NULL)
        List->Config.EvtChildListIdentificationDescriptionCopy(FX_HANDLE(WDFCHILDLIST, List), From, To);
    else
        RtlCopyMemory(To, From, List->Config.IdentificationDescriptionSize);
}

static VOID FxCopyAddress(FX_CHILD_LIST *List, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER From,
                          PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER To)
{
    if (List->Config.EvtChildListAddressDescriptionCopy != NULL)
        List->Config.EvtChildListAddressDescriptionCopy(FX_HANDLE(WDFCHILDLIST, List), From, To);
    else
        RtlCopyMemory(To, From, List->Config.AddressDescriptionSize);
}

/* ---- lists ---- */

static VOID FxChildListDispose(FX_OBJECT *Object)
{
    FX_CHILD_LIST *List = (FX_CHILD_LIST *)Object;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Bus->Children->Lock, &Irql);
    RemoveEntryList(&List->Link);
    if (List->Bus->Children->Default == List)
        List->Bus->Children->Default = NULL;
    KeReleaseSpinLock(&List->Bus->Children->Lock, Irql);
    while (!IsListEmpty(&List->Children))
        FxChildFree(CONTAINING_RECORD(RemoveHeadList(&List->Children), FX_CHILD, Link));
}

static const FX_CLASS FxChildListClass = {
    .Type = FxTypeChildList, .Name = "WDFCHILDLIST", .Size = sizeof(FX_CHILD_LIST), .Dispose = FxChildListDispose,
    .PassiveDispose = TRUE,
};

static FX_CHILD_LIST *FxListOf(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST Handle)
{
    return FX_OBJECT_OF(FX_CHILD_LIST, FxGlobalsOf(DriverGlobals), Handle, FxTypeChildList);
}

static NTSTATUS FxCheckListConfig(FX_GLOBALS *Globals, const WDF_CHILD_LIST_CONFIG *Config)
{
    if (Config->EvtChildListCreateDevice == NULL ||
        Config->IdentificationDescriptionSize < sizeof(WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER) ||
        (Config->AddressDescriptionSize != 0 &&
         Config->AddressDescriptionSize < sizeof(WDF_CHILD_ADDRESS_DESCRIPTION_HEADER)))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a child list without EvtChildListCreateDevice or sizes");
    return STATUS_SUCCESS;
}

static NTSTATUS FxChildListMake(FX_DEVICE *Bus, const WDF_CHILD_LIST_CONFIG *Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                                FX_CHILD_LIST **Result)
{
    FX_CHILD_LIST *List;
    FX_OBJECT *Object;
    KIRQL Irql;
    NTSTATUS Status = FxObjectCreate(Bus->Object.Globals, &FxChildListClass, Attributes, &Bus->Object, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    List = (FX_CHILD_LIST *)Object;
    List->Bus = Bus;
    List->Config = *Config;
    KeInitializeSpinLock(&List->Lock);
    InitializeListHead(&List->Children);
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    KeAcquireSpinLock(&Bus->Children->Lock, &Irql);
    InsertTailList(&Bus->Children->Lists, &List->Link);
    Bus->Children->IsBus = TRUE;
    KeReleaseSpinLock(&Bus->Children->Lock, Irql);
    *Result = List;
    return STATUS_SUCCESS;
}

NTSTATUS FxChildrenCommit(FX_DEVICE *Bus)
{
    PWDF_OBJECT_ATTRIBUTES Attributes = &Bus->Settings.ChildListAttributes;

    if (Bus->Settings.ChildList.Size == 0)
        return STATUS_SUCCESS;
    return FxChildListMake(Bus, &Bus->Settings.ChildList, Attributes->Size != 0 ? Attributes : NULL,
                           &Bus->Children->Default);
}

WDF_DDI(WdfFdoInitSetDefaultChildListConfig);
VOID NTAPI imp_WdfFdoInitSetDefaultChildListConfig(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                   PWDF_CHILD_LIST_CONFIG Config,
                                                   PWDF_OBJECT_ATTRIBUTES DefaultChildListAttributes)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_SETTINGS *Settings = &FxInitOf(DeviceInit)->Settings;
    WDF_CHILD_LIST_CONFIG Copy;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_CHILD_LIST_CONFIG", &Copy, sizeof(Copy), Config)) ||
        !NT_SUCCESS(FxCheckListConfig(Globals, &Copy)) ||
        !NT_SUCCESS(FxCheckAttributes(Globals, DefaultChildListAttributes)))
        return;
    Settings->ChildList = Copy;
    RtlZeroMemory(&Settings->ChildListAttributes, sizeof(Settings->ChildListAttributes));
    if (DefaultChildListAttributes != NULL)
        Settings->ChildListAttributes = *DefaultChildListAttributes;
}

WDF_DDI(WdfFdoGetDefaultChildList);
WDFCHILDLIST NTAPI imp_WdfFdoGetDefaultChildList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Fdo);

    return Bus != NULL && Bus->Children->Default != NULL ? FX_HANDLE(WDFCHILDLIST, Bus->Children->Default) : NULL;
}

WDF_DDI(WdfChildListCreate);
NTSTATUS NTAPI imp_WdfChildListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                      PWDF_CHILD_LIST_CONFIG Config, PWDF_OBJECT_ATTRIBUTES ChildListAttributes,
                                      WDFCHILDLIST *ChildList)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Device);
    WDF_CHILD_LIST_CONFIG Copy;
    FX_CHILD_LIST *List;
    NTSTATUS Status = Bus != NULL ? FxCheckIrql(Globals, PASSIVE_LEVEL) : STATUS_INVALID_PARAMETER;

    FX_REQUIRE(Globals, ChildList);
    *ChildList = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_CHILD_LIST_CONFIG", &Copy, sizeof(Copy), Config);
    if (NT_SUCCESS(Status))
        Status = FxCheckListConfig(Globals, &Copy);
    if (NT_SUCCESS(Status))
        Status = FxChildListMake(Bus, &Copy, ChildListAttributes, &List);
    if (NT_SUCCESS(Status))
        *ChildList = FX_HANDLE(WDFCHILDLIST, List);
    return Status;
}

WDF_DDI(WdfChildListGetDevice);
WDFDEVICE NTAPI imp_WdfChildListGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    return FX_HANDLE(WDFDEVICE, FxListOf(DriverGlobals, ChildList)->Bus);
}

/* ---- changes ---- */

/* Tells PnP, at once or when the last scan or iteration ends. */
static VOID FxListChanged(FX_CHILD_LIST *List)
{
    BOOLEAN Tell;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    Tell = List->Scans == 0 && List->Iterations == 0;
    List->HasChanged = !Tell;
    KeReleaseSpinLock(&List->Lock, Irql);
    if (Tell)
        FxChildrenChanged(List->Bus);
}

/* One that was missing, but of which PnP has not heard so, is there as before. */
static NTSTATUS FxUpdateChild(FX_CHILD_LIST *List, FX_CHILD *New, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address)
{
    FX_CHILD *Child;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    Child = FxChildFind(List, New->Id);
    if (Child != NULL) {
        Child->IsPresent = Child->IsSeen = TRUE;
        if (Address != NULL && Child->Address != NULL)
            FxCopyAddress(List, Address, Child->Address);
    } else {
        InsertTailList(&List->Children, &New->Link);
    }
    KeReleaseSpinLock(&List->Lock, Irql);
    return Child != NULL ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

VOID FxChildAgain(FX_CHILD *Gone)
{
    FX_CHILD *New;
    NTSTATUS Status = FxChildMake(Gone->List, Gone->Id, Gone->Address, &New);

    if (!NT_SUCCESS(Status)) {
        FxMistake(Gone->List->Object.Globals, Status, "a child does not come again");
        return;
    }
    if (FxUpdateChild(Gone->List, New, NULL) == STATUS_OBJECT_NAME_EXISTS)
        FxChildFree(New);
    FxListChanged(Gone->List);
}

WDF_DDI(WdfChildListAddOrUpdateChildDescriptionAsPresent);
NTSTATUS NTAPI imp_WdfChildListAddOrUpdateChildDescriptionAsPresent(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    FX_CHILD *New;
    NTSTATUS Status;

    FX_REQUIRE(Globals, IdentificationDescription);
    if (IdentificationDescription->IdentificationDescriptionSize != List->Config.IdentificationDescriptionSize ||
        (AddressDescription != NULL &&
         AddressDescription->AddressDescriptionSize != List->Config.AddressDescriptionSize))
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a child description of another size than the list's");
    Status = FxChildMake(List, IdentificationDescription, AddressDescription, &New);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxUpdateChild(List, New, AddressDescription);
    if (Status == STATUS_OBJECT_NAME_EXISTS)
        FxChildFree(New);
    FxListChanged(List);
    return Status;
}

WDF_DDI(WdfChildListUpdateChildDescriptionAsMissing);
NTSTATUS NTAPI imp_WdfChildListUpdateChildDescriptionAsMissing(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    FX_CHILD *Child;
    KIRQL Irql;

    FX_REQUIRE(Globals, IdentificationDescription);
    if (IdentificationDescription->IdentificationDescriptionSize != List->Config.IdentificationDescriptionSize)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a child description of another size than the list's");
    KeAcquireSpinLock(&List->Lock, &Irql);
    Child = FxChildFind(List, IdentificationDescription);
    if (Child != NULL && !Child->IsPresent)
        Child = NULL;
    if (Child != NULL)
        Child->IsPresent = FALSE;
    KeReleaseSpinLock(&List->Lock, Irql);
    if (Child == NULL)
        return STATUS_NO_SUCH_DEVICE;
    FxListChanged(List);
    return STATUS_SUCCESS;
}

/* Marks every entry that is not gone; Seen only those of the scan. */
static VOID FxMarkAll(FX_CHILD_LIST *List, BOOLEAN Seen)
{
    for (PLIST_ENTRY Link = List->Children.Flink; Link != &List->Children; Link = Link->Flink) {
        FX_CHILD *Child = CONTAINING_RECORD(Link, FX_CHILD, Link);

        if (Child->IsReportedMissing || Child->IsDead)
            continue;
        Child->IsSeen = Seen;
        if (Seen)
            Child->IsPresent = TRUE;
    }
}

WDF_DDI(WdfChildListUpdateAllChildDescriptionsAsPresent);
VOID NTAPI imp_WdfChildListUpdateAllChildDescriptionsAsPresent(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                               WDFCHILDLIST ChildList)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    FxMarkAll(List, TRUE);
    KeReleaseSpinLock(&List->Lock, Irql);
    FxListChanged(List);
}

WDF_DDI(WdfChildListBeginScan);
VOID NTAPI imp_WdfChildListBeginScan(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    if (List->Scans++ == 0)
        FxMarkAll(List, FALSE);
    KeReleaseSpinLock(&List->Lock, Irql);
}

WDF_DDI(WdfChildListEndScan);
VOID NTAPI imp_WdfChildListEndScan(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    BOOLEAN Ends;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    Ends = List->Scans > 0 && --List->Scans == 0;
    for (PLIST_ENTRY Link = List->Children.Flink; Ends && Link != &List->Children; Link = Link->Flink) {
        FX_CHILD *Child = CONTAINING_RECORD(Link, FX_CHILD, Link);

        if (!Child->IsSeen)
            Child->IsPresent = FALSE;
    }
    KeReleaseSpinLock(&List->Lock, Irql);
    if (Ends)
        FxListChanged(List);
}

/* ---- looking ---- */

static ULONG FxChildFlag(const FX_CHILD *Child)
{
    return !Child->IsPresent ? WdfRetrieveMissingChildren
           : Child->Device != NULL ? WdfRetrievePresentChildren
                                   : WdfRetrievePendingChildren;
}

WDF_DDI(WdfChildListBeginIteration);
VOID NTAPI imp_WdfChildListBeginIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                          PWDF_CHILD_LIST_ITERATOR Iterator)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    KIRQL Irql;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Iterator);
    if (Iterator->Size != sizeof(*Iterator) || Iterator->Flags == 0 || (Iterator->Flags & ~WdfRetrieveAllChildren)) {
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_PARAMETER, "an iterator of size 0x%x, flags 0x%x",
                  Iterator->Size, Iterator->Flags);
        return;
    }
    KeAcquireSpinLock(&List->Lock, &Irql);
    List->Iterations++;
    KeReleaseSpinLock(&List->Lock, Irql);
    Iterator->Reserved[0] = &List->Children; /* before the first; no entry is taken out before the end */
}

VOID FxListIterated(FX_CHILD_LIST *List)
{
    BOOLEAN Tell;
    KIRQL Irql;

    KeAcquireSpinLock(&List->Lock, &Irql);
    if (List->Iterations > 0)
        List->Iterations--;
    Tell = List->Iterations == 0 && List->Scans == 0 && List->HasChanged;
    KeReleaseSpinLock(&List->Lock, Irql);
    FxChildSweep(List);
    if (Tell)
        FxListChanged(List);
}

WDF_DDI(WdfChildListEndIteration);
VOID NTAPI imp_WdfChildListEndIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                        PWDF_CHILD_LIST_ITERATOR Iterator)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Iterator);
    Iterator->Reserved[0] = NULL;
    FxListIterated(List);
}

static NTSTATUS FxCheckRetrieve(FX_CHILD_LIST *List, const WDF_CHILD_RETRIEVE_INFO *Info)
{
    if (Info == NULL)
        return STATUS_SUCCESS;
    if (Info->Size != sizeof(*Info) || (Info->EvtChildListIdentificationDescriptionCompare != NULL &&
                                        Info->IdentificationDescription == NULL))
        return STATUS_INVALID_PARAMETER;
    if (Info->IdentificationDescription != NULL &&
        Info->IdentificationDescription->IdentificationDescriptionSize != List->Config.IdentificationDescriptionSize)
        return STATUS_INVALID_PARAMETER;
    if (Info->AddressDescription == NULL)
        return STATUS_SUCCESS;
    if (List->Config.AddressDescriptionSize == 0)
        return STATUS_INVALID_DEVICE_REQUEST;
    return Info->AddressDescription->AddressDescriptionSize == List->Config.AddressDescriptionSize
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

static VOID FxTellChild(FX_CHILD_LIST *List, FX_CHILD *Child, PWDF_CHILD_RETRIEVE_INFO Info)
{
    if (Info == NULL)
        return;
    if (Info->IdentificationDescription != NULL)
        FxCopyId(List, Child->Id, Info->IdentificationDescription);
    if (Info->AddressDescription != NULL)
        FxCopyAddress(List, Child->Address, Info->AddressDescription);
    Info->Status = Child->Device != NULL ? WdfChildListRetrieveDeviceSuccess : WdfChildListRetrieveDeviceNotYetCreated;
}

WDF_DDI(WdfChildListRetrieveNextDevice);
NTSTATUS NTAPI imp_WdfChildListRetrieveNextDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                                  PWDF_CHILD_LIST_ITERATOR Iterator, WDFDEVICE *Device,
                                                  PWDF_CHILD_RETRIEVE_INFO Info)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    WDFCHILDLIST Handle = FX_HANDLE(WDFCHILDLIST, List);
    NTSTATUS Status = FxCheckRetrieve(List, Info);
    PLIST_ENTRY Link;
    KIRQL Irql;

    FX_REQUIRE(Globals, Iterator);
    FX_REQUIRE(Globals, Device);
    *Device = NULL;
    if (Iterator->Size != sizeof(*Iterator))
        Status = STATUS_INFO_LENGTH_MISMATCH;
    else if (Iterator->Reserved[0] == NULL)
        Status = STATUS_INVALID_DEVICE_STATE;
    if (!NT_SUCCESS(Status))
        return FxMistake(Globals, Status, "WdfChildListRetrieveNextDevice");
    Status = STATUS_NO_MORE_ENTRIES;
    KeAcquireSpinLock(&List->Lock, &Irql);
    for (Link = ((PLIST_ENTRY)Iterator->Reserved[0])->Flink; Link != &List->Children; Link = Link->Flink) {
        FX_CHILD *Child = CONTAINING_RECORD(Link, FX_CHILD, Link);

        if (Child->IsDead || !(FxChildFlag(Child) & Iterator->Flags) ||
            (Info != NULL && Info->EvtChildListIdentificationDescriptionCompare != NULL &&
             !Info->EvtChildListIdentificationDescriptionCompare(Handle, Info->IdentificationDescription, Child->Id)))
            continue;
        FxTellChild(List, Child, Info);
        if (Child->Device != NULL)
            *Device = FX_HANDLE(WDFDEVICE, Child->Device);
        Iterator->Reserved[0] = Link;
        Status = STATUS_SUCCESS;
        break;
    }
    KeReleaseSpinLock(&List->Lock, Irql);
    return Status;
}

WDF_DDI(WdfChildListRetrievePdo);
WDFDEVICE NTAPI imp_WdfChildListRetrievePdo(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                            PWDF_CHILD_RETRIEVE_INFO RetrieveInfo)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    FX_DEVICE *Found = NULL;
    FX_CHILD *Child;
    NTSTATUS Status;
    KIRQL Irql;

    FX_REQUIRE(Globals, RetrieveInfo);
    FX_REQUIRE(Globals, RetrieveInfo->IdentificationDescription);
    Status = FxCheckRetrieve(List, RetrieveInfo);
    if (!NT_SUCCESS(Status)) {
        FxMistake(Globals, Status, "WdfChildListRetrievePdo");
        return NULL;
    }
    RetrieveInfo->Status = WdfChildListRetrieveDeviceNoSuchDevice;
    KeAcquireSpinLock(&List->Lock, &Irql);
    Child = FxChildFind(List, RetrieveInfo->IdentificationDescription);
    if (Child != NULL) {
        FxTellChild(List, Child, RetrieveInfo);
        Found = Child->Device;
    }
    KeReleaseSpinLock(&List->Lock, Irql);
    return Found != NULL ? FX_HANDLE(WDFDEVICE, Found) : NULL;
}

WDF_DDI(WdfChildListRetrieveAddressDescription);
NTSTATUS NTAPI imp_WdfChildListRetrieveAddressDescription(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    FX_CHILD *Child;
    KIRQL Irql;

    FX_REQUIRE(Globals, IdentificationDescription);
    FX_REQUIRE(Globals, AddressDescription);
    if (List->Config.AddressDescriptionSize == 0 ||
        AddressDescription->AddressDescriptionSize != List->Config.AddressDescriptionSize ||
        IdentificationDescription->IdentificationDescriptionSize != List->Config.IdentificationDescriptionSize)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a description of another size than the list's");
    KeAcquireSpinLock(&List->Lock, &Irql);
    Child = FxChildFind(List, IdentificationDescription);
    if (Child != NULL)
        FxCopyAddress(List, Child->Address, AddressDescription);
    KeReleaseSpinLock(&List->Lock, Irql);
    return Child != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

WDF_DDI(WdfChildListRequestChildEject);
BOOLEAN NTAPI imp_WdfChildListRequestChildEject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCHILDLIST ChildList,
                                                PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    FX_CHILD_LIST *List = FxListOf(DriverGlobals, ChildList);
    FX_DEVICE *Found;
    FX_CHILD *Child;
    KIRQL Irql;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), IdentificationDescription);
    if (IdentificationDescription->IdentificationDescriptionSize != List->Config.IdentificationDescriptionSize)
        return FALSE;
    KeAcquireSpinLock(&List->Lock, &Irql);
    Child = FxChildFind(List, IdentificationDescription);
    Found = Child != NULL ? Child->Device : NULL;
    KeReleaseSpinLock(&List->Lock, Irql);
    if (Found == NULL || FxKnownPdo(Found) == NULL)
        return FALSE;
    IoRequestDeviceEject(Found->Wdm);
    return TRUE;
}

/* ---- descriptions of a device ---- */

static NTSTATUS FxEntryOf(FX_DEVICE *Device, FX_CHILD **Child)
{
    if (Device->Child == NULL)
        return FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "the device is no child of a bus");
    *Child = Device->Child->Entry;
    return *Child != NULL ? STATUS_SUCCESS
                          : FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_REQUEST, "the child is a static one");
}

WDF_DDI(WdfPdoRetrieveIdentificationDescription);
NTSTATUS NTAPI imp_WdfPdoRetrieveIdentificationDescription(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription)
{
    FX_CHILD *Child;
    KIRQL Irql;
    NTSTATUS Status = FxEntryOf(FxDeviceFromHandle(DriverGlobals, Device), &Child);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), IdentificationDescription);
    if (!NT_SUCCESS(Status))
        return Status;
    if (IdentificationDescription->IdentificationDescriptionSize != Child->List->Config.IdentificationDescriptionSize)
        return STATUS_INVALID_DEVICE_REQUEST;
    KeAcquireSpinLock(&Child->List->Lock, &Irql);
    FxCopyId(Child->List, Child->Id, IdentificationDescription);
    KeReleaseSpinLock(&Child->List->Lock, Irql);
    return STATUS_SUCCESS;
}

/* Update: from the driver into the list; else the other way. */
static NTSTATUS FxPdoAddress(FX_DEVICE *Device, PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address, BOOLEAN Update)
{
    FX_CHILD *Child;
    KIRQL Irql;
    NTSTATUS Status = FxEntryOf(Device, &Child);

    FX_REQUIRE(Device->Object.Globals, Address);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Child->Address == NULL || Address->AddressDescriptionSize != Child->List->Config.AddressDescriptionSize)
        return STATUS_INVALID_DEVICE_REQUEST;
    KeAcquireSpinLock(&Child->List->Lock, &Irql);
    FxCopyAddress(Child->List, Update ? Address : Child->Address, Update ? Child->Address : Address);
    KeReleaseSpinLock(&Child->List->Lock, Irql);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfPdoRetrieveAddressDescription);
NTSTATUS NTAPI imp_WdfPdoRetrieveAddressDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    return FxPdoAddress(FxDeviceFromHandle(DriverGlobals, Device), AddressDescription, FALSE);
}

WDF_DDI(WdfPdoUpdateAddressDescription);
NTSTATUS NTAPI imp_WdfPdoUpdateAddressDescription(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                  PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER AddressDescription)
{
    return FxPdoAddress(FxDeviceFromHandle(DriverGlobals, Device), AddressDescription, TRUE);
}
