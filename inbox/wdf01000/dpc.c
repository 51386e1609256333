/* WDFDPC [doc: Servicing an Interrupt; WdfDpcCreate]. */
#include "deferred.h"

typedef struct _FX_DPC {
    FX_DEFERRED Deferred;
    PFN_WDF_DPC EvtDpcFunc;
    KDPC Dpc;
} FX_DPC;

static VOID NTAPI FxDpcRoutine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_DPC *Own = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    FxDeferredCall(&Own->Deferred, (VOID (NTAPI *)(WDFOBJECT))Own->EvtDpcFunc);
}

static VOID FxDpcDispose(FX_OBJECT *Object)
{
    KeRemoveQueueDpc(&((FX_DPC *)Object)->Dpc);
    KeFlushQueuedDpcs();
}

static const FX_CLASS FxDpcClass = {
    .Type = FxTypeDpc, .Name = "WDFDPC", .Size = sizeof(FX_DPC), .Dispose = FxDpcDispose,
    .Destroy = FxDeferredDestroy, .PassiveDispose = TRUE, .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

static FX_DPC *FxDpcFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Handle)
{
    return FX_OBJECT_OF(FX_DPC, FxGlobalsOf(DriverGlobals), Handle, FxTypeDpc);
}

WDF_DDI(WdfDpcCreate);
NTSTATUS NTAPI imp_WdfDpcCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_DPC_CONFIG Config,
                                PWDF_OBJECT_ATTRIBUTES Attributes, WDFDPC *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEFERRED *Deferred;
    FX_DPC *Dpc;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Config);
    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (Config->Size != sizeof(*Config))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_DPC_CONFIG size 0x%x", Config->Size);
    if (Config->EvtDpcFunc == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a DPC without EvtDpcFunc");
    Status = FxDeferredCreate(Globals, &FxDpcClass, Attributes, Config->AutomaticSerialization, TRUE, &Deferred);
    if (!NT_SUCCESS(Status))
        return Status;
    Dpc = (FX_DPC *)Deferred;
    Dpc->EvtDpcFunc = Config->EvtDpcFunc;
    KeInitializeDpc(&Dpc->Dpc, FxDpcRoutine, Dpc);
    Status = FxDeferredCommit(Deferred);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFDPC, Dpc);
    return Status;
}

WDF_DDI(WdfDpcEnqueue);
BOOLEAN NTAPI imp_WdfDpcEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Handle)
{
    return KeInsertQueueDpc(&FxDpcFromHandle(DriverGlobals, Handle)->Dpc, NULL, NULL);
}

WDF_DDI(WdfDpcCancel);
BOOLEAN NTAPI imp_WdfDpcCancel(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Handle, BOOLEAN Wait)
{
    FX_DPC *Dpc = FxDpcFromHandle(DriverGlobals, Handle);
    BOOLEAN WasQueued;

    if (Wait && !NT_SUCCESS(FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL)))
        return FALSE;
    WasQueued = KeRemoveQueueDpc(&Dpc->Dpc);
    if (Wait && !WasQueued)
        KeFlushQueuedDpcs();
    return WasQueued;
}

WDF_DDI(WdfDpcGetParentObject);
WDFOBJECT NTAPI imp_WdfDpcGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Handle)
{
    return FxHandleOf(FxDpcFromHandle(DriverGlobals, Handle)->Deferred.Client);
}

WDF_DDI(WdfDpcWdmGetDpc);
PKDPC NTAPI imp_WdfDpcWdmGetDpc(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Handle)
{
    return &FxDpcFromHandle(DriverGlobals, Handle)->Dpc;
}
