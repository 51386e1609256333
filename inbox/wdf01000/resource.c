/*
 * WDFCMRESLIST, WDFIORESLIST and WDFIORESREQLIST [doc: Raw and Translated Resources; Using Framework Resource-List Objects].
 * One growing array serves all three: of assigned resources, of possible ones, of lists of these.
 */
#include "resource.h"

#define FX_LIST_END 0xFFFFFFFFu /* WDF_INSERT_AT_END */
#define FX_LIST_FIRST_ROOM 4u

typedef struct _FX_LIST { /* Items: Count of ItemBytes each, room for Room; addresses of items stay while none is inserted or removed */
    FX_OBJECT Object;
    BOOLEAN MayChange;
    ULONG ItemBytes, Count, Room;
    PUCHAR Items;
    INTERFACE_TYPE InterfaceType; /* of a requirements list */
    ULONG SlotNumber;
    ULONG BusNumber;
} FX_LIST;

static VOID FxListDestroy(FX_OBJECT *Object)
{
    FxFree(((FX_LIST *)Object)->Items);
}

static const FX_CLASS FxCmListClass = {
    .Type = FxTypeCmResourceList, .Name = "WDFCMRESLIST", .Size = sizeof(FX_LIST), .Destroy = FxListDestroy,
};
static const FX_CLASS FxIoListClass = {
    .Type = FxTypeIoResourceList, .Name = "WDFIORESLIST", .Size = sizeof(FX_LIST), .Destroy = FxListDestroy,
    .ClientMayDelete = TRUE,
};
static const FX_CLASS FxRequirementsClass = {
    .Type = FxTypeIoRequirementsList, .Name = "WDFIORESREQLIST", .Size = sizeof(FX_LIST), .Destroy = FxListDestroy,
};

/* ---- the array ---- */

static PVOID FxListItem(FX_LIST *List, ULONG Index)
{
    return Index < List->Count ? List->Items + (SIZE_T)Index * List->ItemBytes : NULL;
}

static NTSTATUS FxListGrow(FX_LIST *List)
{
    ULONG Room = List->Room != 0 ? 2 * List->Room : FX_LIST_FIRST_ROOM;
    PUCHAR Items = FxAllocate(List->Object.Globals, (SIZE_T)Room * List->ItemBytes);

    if (Items == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Items, List->Items, (SIZE_T)List->Count * List->ItemBytes);
    FxFree(List->Items);
    List->Items = Items;
    List->Room = Room;
    return STATUS_SUCCESS;
}

static NTSTATUS FxListInsert(FX_LIST *List, ULONG Index, const VOID *Item)
{
    NTSTATUS Status;

    if (Index == FX_LIST_END)
        Index = List->Count;
    if (Index > List->Count)
        return FxMistake(List->Object.Globals, STATUS_ARRAY_BOUNDS_EXCEEDED, "index %u of a list of %u", Index,
                         List->Count);
    if (List->Count == List->Room) {
        Status = FxListGrow(List);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    RtlMoveMemory(List->Items + (SIZE_T)(Index + 1) * List->ItemBytes, List->Items + (SIZE_T)Index * List->ItemBytes,
                  (SIZE_T)(List->Count - Index) * List->ItemBytes);
    RtlCopyMemory(List->Items + (SIZE_T)Index * List->ItemBytes, Item, List->ItemBytes);
    List->Count++;
    return STATUS_SUCCESS;
}

static VOID FxListRemove(FX_LIST *List, ULONG Index)
{
    if (Index >= List->Count) {
        FxMistake(List->Object.Globals, STATUS_ARRAY_BOUNDS_EXCEEDED, "index %u of a list of %u", Index, List->Count);
        return;
    }
    List->Count--;
    RtlMoveMemory(List->Items + (SIZE_T)Index * List->ItemBytes, List->Items + (SIZE_T)(Index + 1) * List->ItemBytes,
                  (SIZE_T)(List->Count - Index) * List->ItemBytes);
}

/* The index of an address that Get gave out; FX_LIST_END: not of this list. */
static ULONG FxListIndexOf(const FX_LIST *List, const VOID *Item)
{
    SIZE_T Offset = (SIZE_T)((const UCHAR *)Item - List->Items);

    if ((const UCHAR *)Item < List->Items || Offset % List->ItemBytes != 0 || Offset / List->ItemBytes >= List->Count)
        return FX_LIST_END;
    return (ULONG)(Offset / List->ItemBytes);
}

static NTSTATUS FxListMayChange(FX_LIST *List)
{
    return List->MayChange ? STATUS_SUCCESS
                           : FxMistake(List->Object.Globals, STATUS_ACCESS_DENIED, "this %s is for reading only",
                                       List->Object.Class->Name);
}

static FX_LIST *FxListFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, PVOID Handle, FX_TYPE Type)
{
    return FX_OBJECT_OF(FX_LIST, FxGlobalsOf(DriverGlobals), Handle, Type);
}

static NTSTATUS FxListCreate(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                             FX_OBJECT *Parent, ULONG ItemBytes, BOOLEAN MayChange, FX_LIST **Result)
{
    FX_OBJECT *Object;
    NTSTATUS Status = FxObjectCreate(Globals, Class, Attributes, Parent, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    *Result = (FX_LIST *)Object;
    (*Result)->ItemBytes = ItemBytes;
    (*Result)->MayChange = MayChange;
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status))
        FxObjectAbandon(Object);
    return Status;
}

static NTSTATUS FxListChangeInsert(FX_LIST *List, ULONG Index, const VOID *Item)
{
    NTSTATUS Status = FxListMayChange(List);

    return NT_SUCCESS(Status) ? FxListInsert(List, Index, Item) : Status;
}

static VOID FxListChangeRemove(FX_LIST *List, ULONG Index)
{
    if (NT_SUCCESS(FxListMayChange(List)))
        FxListRemove(List, Index);
}

/* ---- to and from NT's forms ---- */

NTSTATUS FxCmListCreate(FX_DEVICE *Device, const CM_RESOURCE_LIST *Resources, BOOLEAN MayChange, FX_OBJECT **Result)
{
    const CM_PARTIAL_RESOURCE_LIST *Partial = Resources != NULL && Resources->Count != 0
                                                  ? &Resources->List[0].PartialResourceList
                                                  : NULL;
    FX_LIST *List;
    NTSTATUS Status = FxListCreate(Device->Object.Globals, &FxCmListClass, NULL, &Device->Object,
                                   sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), MayChange, &List);

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG i = 0; Partial != NULL && i < Partial->Count && NT_SUCCESS(Status); i++)
        Status = FxListInsert(List, FX_LIST_END, &Partial->PartialDescriptors[i]);
    if (NT_SUCCESS(Status))
        *Result = &List->Object;
    else
        FxObjectDelete(&List->Object);
    return Status;
}

CM_PARTIAL_RESOURCE_DESCRIPTOR *FxCmListItem(FX_OBJECT *List, ULONG Index)
{
    return FxListItem((FX_LIST *)List, Index);
}

ULONG FxCmListIndex(FX_OBJECT *List, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Descriptor)
{
    return FxListIndexOf((FX_LIST *)List, Descriptor);
}

NTSTATUS FxCmListToNt(FX_OBJECT *Object, INTERFACE_TYPE InterfaceType, ULONG BusNumber, PCM_RESOURCE_LIST *Resources)
{
    FX_LIST *List = (FX_LIST *)Object;
    PCM_RESOURCE_LIST Nt;

    *Resources = NULL;
    if (List->Count == 0)
        return STATUS_SUCCESS;
    Nt = FxAllocate(Object->Globals, FIELD_OFFSET(CM_RESOURCE_LIST, List[0].PartialResourceList.PartialDescriptors) +
                                         (SIZE_T)List->Count * List->ItemBytes);
    if (Nt == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Nt->Count = 1;
    Nt->List[0].InterfaceType = InterfaceType;
    Nt->List[0].BusNumber = BusNumber;
    Nt->List[0].PartialResourceList.Version = 1;
    Nt->List[0].PartialResourceList.Revision = 1;
    Nt->List[0].PartialResourceList.Count = List->Count;
    RtlCopyMemory(Nt->List[0].PartialResourceList.PartialDescriptors, List->Items, (SIZE_T)List->Count * List->ItemBytes);
    *Resources = Nt;
    return STATUS_SUCCESS;
}

static NTSTATUS FxIoListFill(FX_LIST *Requirements, const IO_RESOURCE_LIST *Nt)
{
    FX_LIST *List;
    NTSTATUS Status = FxListCreate(Requirements->Object.Globals, &FxIoListClass, NULL, &Requirements->Object,
                                   sizeof(IO_RESOURCE_DESCRIPTOR), Requirements->MayChange, &List);

    for (ULONG i = 0; i < Nt->Count && NT_SUCCESS(Status); i++)
        Status = FxListInsert(List, FX_LIST_END, &Nt->Descriptors[i]);
    return NT_SUCCESS(Status) ? FxListInsert(Requirements, FX_LIST_END, &List) : Status;
}

NTSTATUS FxRequirementsCreate(FX_GLOBALS *Globals, FX_OBJECT *Parent, const IO_RESOURCE_REQUIREMENTS_LIST *Nt,
                              BOOLEAN MayChange, FX_OBJECT **Result)
{
    const IO_RESOURCE_LIST *At = Nt != NULL ? &Nt->List[0] : NULL;
    FX_LIST *List;
    NTSTATUS Status = FxListCreate(Globals, &FxRequirementsClass, NULL, Parent, sizeof(FX_LIST *), MayChange, &List);

    if (!NT_SUCCESS(Status))
        return Status;
    List->InterfaceType = Nt != NULL ? Nt->InterfaceType : InterfaceTypeUndefined;
    List->SlotNumber = Nt != NULL ? Nt->SlotNumber : 0;
    List->BusNumber = Nt != NULL ? Nt->BusNumber : 0;
    for (ULONG i = 0; Nt != NULL && i < Nt->AlternativeLists && NT_SUCCESS(Status); i++) {
        Status = FxIoListFill(List, At);
        At = (const IO_RESOURCE_LIST *)&At->Descriptors[At->Count];
    }
    if (NT_SUCCESS(Status))
        *Result = &List->Object;
    else
        FxObjectDelete(&List->Object);
    return Status;
}

static SIZE_T FxRequirementsBytes(FX_LIST *List)
{
    SIZE_T Bytes = FIELD_OFFSET(IO_RESOURCE_REQUIREMENTS_LIST, List);

    for (ULONG i = 0; i < List->Count; i++)
        Bytes += FIELD_OFFSET(IO_RESOURCE_LIST, Descriptors) +
                 (SIZE_T)(*(FX_LIST **)FxListItem(List, i))->Count * sizeof(IO_RESOURCE_DESCRIPTOR);
    return Bytes;
}

NTSTATUS FxRequirementsToNt(FX_OBJECT *Object, PIO_RESOURCE_REQUIREMENTS_LIST *Requirements)
{
    FX_LIST *List = (FX_LIST *)Object;
    SIZE_T Bytes = FxRequirementsBytes(List);
    PIO_RESOURCE_REQUIREMENTS_LIST Nt;
    PIO_RESOURCE_LIST At;

    *Requirements = NULL;
    if (List->Count == 0)
        return STATUS_SUCCESS;
    Nt = ExAllocatePool2(POOL_FLAG_PAGED, max(Bytes, sizeof(*Nt)), Object->Globals->Public.DriverTag);
    if (Nt == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Nt->ListSize = (ULONG)Bytes;
    Nt->InterfaceType = List->InterfaceType;
    Nt->BusNumber = List->BusNumber;
    Nt->SlotNumber = List->SlotNumber;
    Nt->AlternativeLists = List->Count;
    At = &Nt->List[0];
    for (ULONG i = 0; i < List->Count; i++) {
        FX_LIST *Alternative = *(FX_LIST **)FxListItem(List, i);

        At->Version = 1;
        At->Revision = 1;
        At->Count = Alternative->Count;
        RtlCopyMemory(At->Descriptors, Alternative->Items, (SIZE_T)Alternative->Count * Alternative->ItemBytes);
        At = (PIO_RESOURCE_LIST)&At->Descriptors[At->Count];
    }
    *Requirements = Nt;
    return STATUS_SUCCESS;
}

/* ---- assigned resources ---- */

WDF_DDI(WdfCmResourceListInsertDescriptor);
NTSTATUS NTAPI imp_WdfCmResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                     PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    return FxListChangeInsert(FxListFromHandle(DriverGlobals, List, FxTypeCmResourceList), Index, Descriptor);
}

WDF_DDI(WdfCmResourceListAppendDescriptor);
NTSTATUS NTAPI imp_WdfCmResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                     PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor)
{
    return imp_WdfCmResourceListInsertDescriptor(DriverGlobals, List, Descriptor, FX_LIST_END);
}

WDF_DDI(WdfCmResourceListGetCount);
ULONG NTAPI imp_WdfCmResourceListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List)
{
    return FxListFromHandle(DriverGlobals, List, FxTypeCmResourceList)->Count;
}

WDF_DDI(WdfCmResourceListGetDescriptor);
PCM_PARTIAL_RESOURCE_DESCRIPTOR NTAPI imp_WdfCmResourceListGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                         WDFCMRESLIST List, ULONG Index)
{
    return FxListItem(FxListFromHandle(DriverGlobals, List, FxTypeCmResourceList), Index);
}

WDF_DDI(WdfCmResourceListRemove);
VOID NTAPI imp_WdfCmResourceListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List, ULONG Index)
{
    FxListChangeRemove(FxListFromHandle(DriverGlobals, List, FxTypeCmResourceList), Index);
}

WDF_DDI(WdfCmResourceListRemoveByDescriptor);
VOID NTAPI imp_WdfCmResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST Handle,
                                                   PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor)
{
    FX_LIST *List = FxListFromHandle(DriverGlobals, Handle, FxTypeCmResourceList);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    FxListChangeRemove(List, FxListIndexOf(List, Descriptor));
}

/* ---- possible resources ---- */

WDF_DDI(WdfIoResourceListCreate);
NTSTATUS NTAPI imp_WdfIoResourceListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST Requirements,
                                           PWDF_OBJECT_ATTRIBUTES Attributes, WDFIORESLIST *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_LIST *Parent = FxListFromHandle(DriverGlobals, Requirements, FxTypeIoRequirementsList), *List;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxListCreate(Globals, &FxIoListClass, Attributes, &Parent->Object, sizeof(IO_RESOURCE_DESCRIPTOR), TRUE,
                          &List);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFIORESLIST, List);
    return Status;
}

WDF_DDI(WdfIoResourceListInsertDescriptor);
NTSTATUS NTAPI imp_WdfIoResourceListInsertDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST List,
                                                     PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    return FxListChangeInsert(FxListFromHandle(DriverGlobals, List, FxTypeIoResourceList), Index, Descriptor);
}

WDF_DDI(WdfIoResourceListAppendDescriptor);
NTSTATUS NTAPI imp_WdfIoResourceListAppendDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST List,
                                                     PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    return imp_WdfIoResourceListInsertDescriptor(DriverGlobals, List, Descriptor, FX_LIST_END);
}

WDF_DDI(WdfIoResourceListUpdateDescriptor);
VOID NTAPI imp_WdfIoResourceListUpdateDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST Handle,
                                                 PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Index)
{
    FX_LIST *List = FxListFromHandle(DriverGlobals, Handle, FxTypeIoResourceList);
    PVOID Item = FxListItem(List, Index);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    if (Item == NULL)
        FxMistake(List->Object.Globals, STATUS_ARRAY_BOUNDS_EXCEEDED, "index %u of a list of %u", Index, List->Count);
    else if (NT_SUCCESS(FxListMayChange(List)))
        RtlCopyMemory(Item, Descriptor, sizeof(*Descriptor));
}

WDF_DDI(WdfIoResourceListGetCount);
ULONG NTAPI imp_WdfIoResourceListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST List)
{
    return FxListFromHandle(DriverGlobals, List, FxTypeIoResourceList)->Count;
}

WDF_DDI(WdfIoResourceListGetDescriptor);
PIO_RESOURCE_DESCRIPTOR NTAPI imp_WdfIoResourceListGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST List,
                                                                 ULONG Index)
{
    return FxListItem(FxListFromHandle(DriverGlobals, List, FxTypeIoResourceList), Index);
}

WDF_DDI(WdfIoResourceListRemove);
VOID NTAPI imp_WdfIoResourceListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST List, ULONG Index)
{
    FxListChangeRemove(FxListFromHandle(DriverGlobals, List, FxTypeIoResourceList), Index);
}

WDF_DDI(WdfIoResourceListRemoveByDescriptor);
VOID NTAPI imp_WdfIoResourceListRemoveByDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESLIST Handle,
                                                   PIO_RESOURCE_DESCRIPTOR Descriptor)
{
    FX_LIST *List = FxListFromHandle(DriverGlobals, Handle, FxTypeIoResourceList);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    FxListChangeRemove(List, FxListIndexOf(List, Descriptor));
}

/* ---- requirements: alternatives of lists ---- */

WDF_DDI(WdfIoResourceRequirementsListSetSlotNumber);
VOID NTAPI imp_WdfIoResourceRequirementsListSetSlotNumber(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST List,
                                                          ULONG SlotNumber)
{
    FxListFromHandle(DriverGlobals, List, FxTypeIoRequirementsList)->SlotNumber = SlotNumber;
}

WDF_DDI(WdfIoResourceRequirementsListSetInterfaceType);
VOID NTAPI imp_WdfIoResourceRequirementsListSetInterfaceType(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST List,
                                                             INTERFACE_TYPE InterfaceType)
{
    FxListFromHandle(DriverGlobals, List, FxTypeIoRequirementsList)->InterfaceType = InterfaceType;
}

WDF_DDI(WdfIoResourceRequirementsListInsertIoResList);
NTSTATUS NTAPI imp_WdfIoResourceRequirementsListInsertIoResList(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                WDFIORESREQLIST Handle, WDFIORESLIST IoResList,
                                                                ULONG Index)
{
    FX_LIST *Item = FxListFromHandle(DriverGlobals, IoResList, FxTypeIoResourceList);

    return FxListChangeInsert(FxListFromHandle(DriverGlobals, Handle, FxTypeIoRequirementsList), Index, &Item);
}

WDF_DDI(WdfIoResourceRequirementsListAppendIoResList);
NTSTATUS NTAPI imp_WdfIoResourceRequirementsListAppendIoResList(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                WDFIORESREQLIST Handle, WDFIORESLIST IoResList)
{
    return imp_WdfIoResourceRequirementsListInsertIoResList(DriverGlobals, Handle, IoResList, FX_LIST_END);
}

WDF_DDI(WdfIoResourceRequirementsListGetCount);
ULONG NTAPI imp_WdfIoResourceRequirementsListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST List)
{
    return FxListFromHandle(DriverGlobals, List, FxTypeIoRequirementsList)->Count;
}

WDF_DDI(WdfIoResourceRequirementsListGetIoResList);
WDFIORESLIST NTAPI imp_WdfIoResourceRequirementsListGetIoResList(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                 WDFIORESREQLIST List, ULONG Index)
{
    FX_LIST **Item = FxListItem(FxListFromHandle(DriverGlobals, List, FxTypeIoRequirementsList), Index);

    return Item != NULL ? FX_HANDLE(WDFIORESLIST, *Item) : NULL;
}

WDF_DDI(WdfIoResourceRequirementsListRemove);
VOID NTAPI imp_WdfIoResourceRequirementsListRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST List, ULONG Index)
{
    FxListChangeRemove(FxListFromHandle(DriverGlobals, List, FxTypeIoRequirementsList), Index);
}

WDF_DDI(WdfIoResourceRequirementsListRemoveByIoResList);
VOID NTAPI imp_WdfIoResourceRequirementsListRemoveByIoResList(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIORESREQLIST Handle,
                                                              WDFIORESLIST IoResList)
{
    FX_LIST *List = FxListFromHandle(DriverGlobals, Handle, FxTypeIoRequirementsList);
    FX_LIST *Wanted = FxListFromHandle(DriverGlobals, IoResList, FxTypeIoResourceList);
    ULONG Index = 0;

    while (Index < List->Count && *(FX_LIST **)FxListItem(List, Index) != Wanted)
        Index++;
    FxListChangeRemove(List, Index);
}
