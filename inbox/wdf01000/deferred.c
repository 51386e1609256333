/* The common part of timers, DPCs and work items. See deferred.h. */
#include "deferred.h"

NTSTATUS FxDeferredCreate(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                          BOOLEAN Serialize, BOOLEAN AtDispatch, FX_DEFERRED **Result)
{
    FX_CALLBACK_LOCK *Lock;
    FX_DEFERRED *Deferred;
    FX_OBJECT *Object, *Parent;
    NTSTATUS Status;

    *Result = NULL;
    if (Attributes == NULL || Attributes->ParentObject == NULL)
        return FxMistake(Globals, STATUS_WDF_PARENT_NOT_SPECIFIED, "a %s needs a parent", Class->Name);
    Parent = FxObjectFromHandle(Globals, Attributes->ParentObject, FxTypeAny);
    if (FxObjectAncestor(Parent, FxTypeDevice) == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "the parent of a %s is no device nor below one",
                         Class->Name);
    Lock = Serialize ? FxSerializationLock(Parent) : NULL;
    if (Lock != NULL && Lock->IsPassive && AtDispatch)
        return FxMistake(Globals, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
                         "a %s at DISPATCH_LEVEL cannot be serialised with callbacks at PASSIVE_LEVEL", Class->Name);
    Status = FxObjectCreate(Globals, Class, Attributes, NULL, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Deferred = (FX_DEFERRED *)Object;
    FxObjectReference(Parent);
    Deferred->Client = Parent;
    Deferred->Lock = Lock;
    *Result = Deferred;
    return STATUS_SUCCESS;
}

NTSTATUS FxDeferredCommit(FX_DEFERRED *Deferred)
{
    NTSTATUS Status = FxObjectCommit(&Deferred->Object);

    if (!NT_SUCCESS(Status))
        FxObjectAbandon(&Deferred->Object);
    return Status;
}

VOID FxDeferredDestroy(FX_OBJECT *Object)
{
    FX_DEFERRED *Deferred = (FX_DEFERRED *)Object;

    if (Deferred->Client != NULL)
        FxObjectDereference(Deferred->Client);
}

VOID FxDeferredCall(FX_DEFERRED *Deferred, VOID (NTAPI *Routine)(WDFOBJECT Handle))
{
    FxCallbackLockAcquire(Deferred->Object.Globals, Deferred->Lock);
    Deferred->Running = KeGetCurrentThread();
    FX_GUARDED_VOID(Deferred->Object.Globals, Routine, FxHandleOf(Deferred));
    Deferred->Running = NULL;
    FxCallbackLockRelease(Deferred->Lock);
}
