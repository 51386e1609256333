/*
 * Children of a bus that its driver makes itself: WdfFdoAddStaticChild and the iteration of what it added [doc: Static
 * Enumeration].
 */
#include "fx.h"

#include "pdo.h"

static VOID FxStaticChanged(FX_DEVICE *Bus)
{
    FX_CHILDREN *Children = Bus->Children;
    BOOLEAN Tell;
    KIRQL Irql;

    KeAcquireSpinLock(&Children->Lock, &Irql);
    Tell = Children->StaticLocks == 0;
    Children->HasChanged = !Tell;
    KeReleaseSpinLock(&Children->Lock, Irql);
    if (Tell)
        FxChildrenChanged(Bus);
}

WDF_DDI(WdfFdoAddStaticChild);
NTSTATUS NTAPI imp_WdfFdoAddStaticChild(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, WDFDEVICE Child)
{
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Fdo);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Child);
    FX_PDO *Pdo = Device->Child;
    KIRQL Irql;

    if (Bus == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Pdo == NULL || Pdo->Parent != Bus || Pdo->IsStatic || Pdo->Entry != NULL)
        return FxMistake(Bus->Object.Globals, STATUS_INVALID_PARAMETER, "not a child of the device, or added already");
    KeAcquireSpinLock(&Bus->Children->Lock, &Irql);
    InsertTailList(&Bus->Children->Static, &Pdo->StaticLink);
    Pdo->IsStatic = TRUE;
    Bus->Children->IsBus = TRUE;
    KeReleaseSpinLock(&Bus->Children->Lock, Irql);
    Device->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
    Device->Initializing = FALSE;
    Device->Wdm->Flags &= ~DO_DEVICE_INITIALIZING;
    FxStaticChanged(Bus);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfFdoLockStaticChildListForIteration);
VOID NTAPI imp_WdfFdoLockStaticChildListForIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Fdo);

    if (Bus != NULL)
        InterlockedIncrement(&Bus->Children->StaticLocks);
}

WDF_DDI(WdfFdoUnlockStaticChildListFromIteration);
VOID NTAPI imp_WdfFdoUnlockStaticChildListFromIteration(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo)
{
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Fdo);

    if (Bus == NULL)
        return;
    if (InterlockedDecrement(&Bus->Children->StaticLocks) == 0 && Bus->Children->HasChanged)
        FxStaticChanged(Bus);
}

static ULONG FxStaticFlag(const FX_PDO *Pdo)
{
    return Pdo->IsMissing ? WdfRetrieveMissingChildren
           : Pdo->IsReported ? WdfRetrievePresentChildren
                             : WdfRetrievePendingChildren;
}

static FX_DEVICE *FxNextStatic(FX_CHILDREN *Children, FX_DEVICE *Previous, ULONG Flags)
{
    FX_DEVICE *Found = NULL;
    PLIST_ENTRY Link;
    KIRQL Irql;

    KeAcquireSpinLock(&Children->Lock, &Irql);
    Link = Previous != NULL ? Previous->Child->StaticLink.Flink : Children->Static.Flink;
    for (; Link != &Children->Static && Found == NULL; Link = Link->Flink) {
        FX_PDO *Pdo = CONTAINING_RECORD(Link, FX_PDO, StaticLink);

        if (FxStaticFlag(Pdo) & Flags)
            Found = Pdo->Device;
    }
    KeReleaseSpinLock(&Children->Lock, Irql);
    return Found;
}

WDF_DDI(WdfFdoRetrieveNextStaticChild);
WDFDEVICE NTAPI imp_WdfFdoRetrieveNextStaticChild(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo,
                                                  WDFDEVICE PreviousChild, ULONG Flags)
{
    FX_DEVICE *Bus = FxBusOf(DriverGlobals, Fdo), *Previous = NULL, *Next;

    if (Bus == NULL)
        return NULL;
    if (PreviousChild != NULL)
        Previous = FxDeviceFromHandle(DriverGlobals, PreviousChild);
    if (Flags == 0 || (Flags & ~WdfRetrieveAllChildren) || Bus->Children->StaticLocks == 0 ||
        (Previous != NULL && (Previous->Child == NULL || !Previous->Child->IsStatic))) {
        FxMistake(Bus->Object.Globals, STATUS_INVALID_PARAMETER, "WdfFdoRetrieveNextStaticChild: flags 0x%x", Flags);
        return NULL;
    }
    Next = FxNextStatic(Bus->Children, Previous, Flags);
    return Next != NULL ? FX_HANDLE(WDFDEVICE, Next) : NULL;
}
