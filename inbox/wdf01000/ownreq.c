/*
 * Requests that a driver makes: with an IRP of the framework's for a target, or around an IRP of the driver's; reuse and
 * change of target [doc: Creating Framework Request Objects; Reusing Framework Request Objects].
 */
#include "target.h"

static VOID FxOwnFreeIrp(FX_REQUEST *Request)
{
    if (Request->Irp != NULL && Request->OwnsIrp)
        IoFreeIrp(Request->Irp);
    Request->Irp = NULL;
    Request->OwnsIrp = FALSE;
}

VOID FxOwnRequestDestroy(FX_REQUEST *Request)
{
    FxOwnFreeIrp(Request);
}

NTSTATUS FxRequestFit(FX_REQUEST *Request, FX_TARGET *Target)
{
    FX_GLOBALS *Globals = Request->Object.Globals;

    if (Request->Irp == NULL && !Request->IsOwn)
        FxViolation(Globals, WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP,
                    (ULONG_PTR)FX_HANDLE(WDFREQUEST, Request), 0);
    if (Request->IsOwn && (Request->Irp == NULL || (Request->OwnsIrp && Request->Irp->StackCount < Target->Wdm->StackSize))) {
        FxOwnFreeIrp(Request);
        Request->Irp = IoAllocateIrp(Target->Wdm->StackSize, FALSE);
        if (Request->Irp == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Request->OwnsIrp = TRUE;
    }
    /* a received IRP's own location is in use; those below it are what the target may have */
    if (Request->Irp->CurrentLocation - 1 < Target->Wdm->StackSize)
        return FxMistake(Globals, STATUS_REQUEST_NOT_ACCEPTED, "the IRP has %d stack locations left, the target needs %d",
                         Request->Irp->CurrentLocation - 1, Target->Wdm->StackSize);
    return STATUS_SUCCESS;
}

NTSTATUS FxRequestCreateOwn(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent, PIRP Irp,
                            BOOLEAN OwnsIrp, FX_REQUEST **Result)
{
    FX_OBJECT *Object;
    FX_REQUEST *Request;
    NTSTATUS Status = FxObjectCreate(Globals, &FxRequestClass, Attributes, Parent, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Request = (FX_REQUEST *)Object;
    Request->IsOwn = TRUE;
    Request->Irp = Irp;
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        Request->Irp = NULL;
        FxObjectAbandon(Object);
        return Status;
    }
    Request->OwnsIrp = OwnsIrp;
    *Result = Request;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRequestCreate);
NTSTATUS NTAPI imp_WdfRequestCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                    WDFIOTARGET TargetHandle, WDFREQUEST *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TARGET *Target = TargetHandle != NULL ? FxTargetFromHandle(DriverGlobals, TargetHandle) : NULL;
    FX_REQUEST *Request;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxRequestCreateOwn(Globals, Attributes, (FX_OBJECT *)Globals->Driver, NULL, FALSE, &Request);
    if (NT_SUCCESS(Status) && Target != NULL && Target->Wdm != NULL) {
        Status = FxRequestFit(Request, Target);
        if (!NT_SUCCESS(Status))
            FxObjectDelete(&Request->Object);
    }
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFREQUEST, Request);
    return Status;
}

WDF_DDI(WdfRequestCreateFromIrp);
NTSTATUS NTAPI imp_WdfRequestCreateFromIrp(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, PIRP Irp,
                                           BOOLEAN RequestFreesIrp, WDFREQUEST *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Irp);
    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxRequestCreateOwn(Globals, Attributes, (FX_OBJECT *)Globals->Driver, Irp, RequestFreesIrp, &Request);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFREQUEST, Request);
    return Status;
}

WDF_DDI(WdfRequestReuse);
NTSTATUS NTAPI imp_WdfRequestReuse(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, PWDF_REQUEST_REUSE_PARAMS Params)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Params);
    if (Params->Size != sizeof(*Params))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_REUSE_PARAMS size 0x%x", Params->Size);
    if (!Request->IsOwn)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a received request cannot be reused");
    if (Request->Send != NULL && (Request->Send->IsSent || Request->Send->IsWaiting))
        return FxMistake(Globals, STATUS_WDF_REQUEST_ALREADY_PENDING, "the request is still sent");
    FxSendReset(Request);
    Request->EvtCompletion = NULL;
    if (Params->Flags & WDF_REQUEST_REUSE_SET_NEW_IRP) {
        FxOwnFreeIrp(Request);
        Request->Irp = Params->NewIrp;
    } else if (Request->Irp != NULL && Request->OwnsIrp) {
        IoReuseIrp(Request->Irp, Params->Status);
    }
    Request->Status = Params->Status;
    Request->Information = 0;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRequestChangeTarget);
NTSTATUS NTAPI imp_WdfRequestChangeTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST RequestHandle,
                                          WDFIOTARGET TargetHandle)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, RequestHandle);
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, TargetHandle);

    if (Target->Wdm == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return FxRequestFit(Request, Target);
}
