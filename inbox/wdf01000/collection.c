/*
 * WDFCOLLECTION: a list of objects, each held by a reference while it is in [doc: Framework Object Collections]. The
 * same object may be in it twice. Access is the driver's to serialise; the list itself is kept whole by a lock.
 */
#include "fx.h"

typedef struct _FX_ITEM {
    LIST_ENTRY Link; /* Collection->Lock */
    FX_OBJECT *Object;
} FX_ITEM;

typedef struct _FX_COLLECTION {
    FX_OBJECT Object;
    KSPIN_LOCK Lock;
    LIST_ENTRY Items; /* Lock */
    ULONG Count;      /* Lock */
} FX_COLLECTION;

static VOID FxCollectionDispose(FX_OBJECT *Object)
{
    FX_COLLECTION *Collection = (FX_COLLECTION *)Object;
    FX_ITEM *Item;

    while (!IsListEmpty(&Collection->Items)) {
        Item = CONTAINING_RECORD(RemoveHeadList(&Collection->Items), FX_ITEM, Link);
        Collection->Count--;
        FxObjectDereference(Item->Object);
        FxFree(Item);
    }
}

static const FX_CLASS FxCollectionClass = {
    .Type = FxTypeCollection, .Name = "WDFCOLLECTION", .Size = sizeof(FX_COLLECTION),
    .Dispose = FxCollectionDispose, .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

static FX_COLLECTION *FxCollectionFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle)
{
    return FX_OBJECT_OF(FX_COLLECTION, FxGlobalsOf(DriverGlobals), Handle, FxTypeCollection);
}

WDF_DDI(WdfCollectionCreate);
NTSTATUS NTAPI imp_WdfCollectionCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                       WDFCOLLECTION *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_COLLECTION *Collection;
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxObjectCreate(Globals, &FxCollectionClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Collection = (FX_COLLECTION *)Object;
    KeInitializeSpinLock(&Collection->Lock);
    InitializeListHead(&Collection->Items);
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFCOLLECTION, Collection);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfCollectionGetCount);
ULONG NTAPI imp_WdfCollectionGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle)
{
    return FxCollectionFromHandle(DriverGlobals, Handle)->Count;
}

NTSTATUS FxCollectionAdd(FX_OBJECT *Handle, FX_OBJECT *Object)
{
    FX_COLLECTION *Collection = (FX_COLLECTION *)Handle;
    FX_ITEM *Item = FxAllocate(Handle->Globals, sizeof(*Item));
    KIRQL Irql;

    if (Item == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    FxObjectReference(Object);
    Item->Object = Object;
    KeAcquireSpinLock(&Collection->Lock, &Irql);
    InsertTailList(&Collection->Items, &Item->Link);
    Collection->Count++;
    KeReleaseSpinLock(&Collection->Lock, Irql);
    return STATUS_SUCCESS;
}

ULONG FxCollectionCount(FX_OBJECT *Collection)
{
    return ((FX_COLLECTION *)Collection)->Count;
}

WDF_DDI(WdfCollectionAdd);
NTSTATUS NTAPI imp_WdfCollectionAdd(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle, WDFOBJECT ObjectHandle)
{
    return FxCollectionAdd(&FxCollectionFromHandle(DriverGlobals, Handle)->Object,
                           FxObjectFromHandle(FxGlobalsOf(DriverGlobals), ObjectHandle, FxTypeAny));
}

/* The item at Index, or the first one of Object when Object is given; NULL: none. Lock held. */
static FX_ITEM *FxCollectionFind(FX_COLLECTION *Collection, ULONG Index, const FX_OBJECT *Object)
{
    for (PLIST_ENTRY Link = Collection->Items.Flink; Link != &Collection->Items; Link = Link->Flink) {
        FX_ITEM *Item = CONTAINING_RECORD(Link, FX_ITEM, Link);

        if (Object != NULL ? Item->Object == Object : Index-- == 0)
            return Item;
    }
    return NULL;
}

static BOOLEAN FxCollectionTakeOut(FX_COLLECTION *Collection, ULONG Index, const FX_OBJECT *Object)
{
    FX_ITEM *Item;
    KIRQL Irql;

    KeAcquireSpinLock(&Collection->Lock, &Irql);
    Item = FxCollectionFind(Collection, Index, Object);
    if (Item != NULL) {
        RemoveEntryList(&Item->Link);
        Collection->Count--;
    }
    KeReleaseSpinLock(&Collection->Lock, Irql);
    if (Item == NULL)
        return FALSE;
    FxObjectDereference(Item->Object);
    FxFree(Item);
    return TRUE;
}

WDF_DDI(WdfCollectionRemove);
VOID NTAPI imp_WdfCollectionRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle, WDFOBJECT Item)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    if (!FxCollectionTakeOut(FxCollectionFromHandle(DriverGlobals, Handle), 0,
                             FxObjectFromHandle(Globals, Item, FxTypeAny)))
        FxMistake(Globals, STATUS_NOT_FOUND, "WdfCollectionRemove: the object is not in the collection");
}

WDF_DDI(WdfCollectionRemoveItem);
VOID NTAPI imp_WdfCollectionRemoveItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle, ULONG Index)
{
    if (!FxCollectionTakeOut(FxCollectionFromHandle(DriverGlobals, Handle), Index, NULL))
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_NOT_FOUND, "WdfCollectionRemoveItem: no item %u", Index);
}

FX_OBJECT *FxCollectionItem(FX_OBJECT *Handle, ULONG Index)
{
    FX_COLLECTION *Collection = (FX_COLLECTION *)Handle;
    FX_OBJECT *Object;
    FX_ITEM *Item;
    KIRQL Irql;

    KeAcquireSpinLock(&Collection->Lock, &Irql);
    Item = FxCollectionFind(Collection, Index, NULL);
    Object = Item != NULL ? Item->Object : NULL;
    KeReleaseSpinLock(&Collection->Lock, Irql);
    return Object;
}

static WDFOBJECT FxCollectionGet(FX_COLLECTION *Collection, ULONG Index)
{
    FX_OBJECT *Object = FxCollectionItem(&Collection->Object, Index);

    return Object != NULL ? FxHandleOf(Object) : NULL;
}

WDF_DDI(WdfCollectionGetItem);
WDFOBJECT NTAPI imp_WdfCollectionGetItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle, ULONG Index)
{
    return FxCollectionGet(FxCollectionFromHandle(DriverGlobals, Handle), Index);
}

WDF_DDI(WdfCollectionGetFirstItem);
WDFOBJECT NTAPI imp_WdfCollectionGetFirstItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle)
{
    return FxCollectionGet(FxCollectionFromHandle(DriverGlobals, Handle), 0);
}

WDF_DDI(WdfCollectionGetLastItem);
WDFOBJECT NTAPI imp_WdfCollectionGetLastItem(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCOLLECTION Handle)
{
    FX_COLLECTION *Collection = FxCollectionFromHandle(DriverGlobals, Handle);

    return Collection->Count != 0 ? FxCollectionGet(Collection, Collection->Count - 1) : NULL;
}
