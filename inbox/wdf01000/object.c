/*
 * Objects: creation with contexts, parents and children, references, deletion in the documented order (children first;
 * EvtCleanupCallback at deletion, EvtDestroyCallback when the last reference goes) [doc: Framework Object Life Cycle; Framework Object Creation Errors].
 * A deletion that must be at PASSIVE_LEVEL and is asked for above it is done by a worker.
 */
#include "fx.h"

#define FX_ALIGN(Bytes) (((Bytes) + 15u) & ~(SIZE_T)15)

FX_OBJECT *FxObjectSlow(FX_GLOBALS *Globals, const VOID *Handle, FX_TYPE Type)
{
    FX_OBJECT *Object = (FX_OBJECT *)~(ULONG_PTR)Handle;

    if (Handle != NULL && ((ULONG_PTR)Object & 15) == 0 && Object->Signature == FX_SIGNATURE &&
        Object->Class->Base == Type)
        return Object;
    if (Handle == NULL || ((ULONG_PTR)Object & 15) != 0 || !MmIsAddressValid(Object) ||
        Object->Signature != FX_SIGNATURE)
        FxViolation(Globals, WDF_INVALID_HANDLE, (ULONG_PTR)Handle, Type, 0);
    FxViolation(Globals, WDF_INVALID_HANDLE, (ULONG_PTR)Handle, Type, Object->Class->Type);
}

/* ---- attributes ---- */

NTSTATUS FxCheckAttributes(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    if (Attributes->Size != sizeof(*Attributes))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_OBJECT_ATTRIBUTES size 0x%x, expected 0x%x",
                         Attributes->Size, (ULONG)sizeof(*Attributes));
    if (Attributes->ContextTypeInfo == NULL)
        return Attributes->ContextSizeOverride == 0
                   ? STATUS_SUCCESS
                   : FxMistake(Globals, STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "ContextSizeOverride without ContextTypeInfo");
    if (Attributes->ContextTypeInfo->Size != sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_OBJECT_CONTEXT_TYPE_INFO size 0x%x",
                         Attributes->ContextTypeInfo->Size);
    if (Attributes->ContextSizeOverride != 0 &&
        Attributes->ContextSizeOverride < Attributes->ContextTypeInfo->ContextSize)
        return FxMistake(Globals, STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "ContextSizeOverride is below the type's ContextSize");
    return STATUS_SUCCESS;
}

NTSTATUS FxCheckNoParent(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    return Attributes != NULL && Attributes->ParentObject != NULL ? STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED
                                                                  : STATUS_SUCCESS;
}

static NTSTATUS FxCheckLevels(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    if (Attributes->ExecutionLevel < WdfExecutionLevelInheritFromParent ||
        Attributes->ExecutionLevel > WdfExecutionLevelDispatch)
        return FxMistake(Globals, STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "ExecutionLevel %d", Attributes->ExecutionLevel);
    if (Attributes->SynchronizationScope < WdfSynchronizationScopeInheritFromParent ||
        Attributes->SynchronizationScope > WdfSynchronizationScopeNone)
        return FxMistake(Globals, STATUS_WDF_OBJECT_ATTRIBUTES_INVALID, "SynchronizationScope %d",
                         Attributes->SynchronizationScope);
    if (Class->HasExecutionLevel)
        return STATUS_SUCCESS;
    if (Attributes->ExecutionLevel != WdfExecutionLevelInheritFromParent)
        return FxMistake(Globals, STATUS_WDF_EXECUTION_LEVEL_INVALID, "a %s has no execution level", Class->Name);
    if (Attributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
        return FxMistake(Globals, STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID, "a %s has no synchronization scope",
                         Class->Name);
    return STATUS_SUCCESS;
}

static NTSTATUS FxChooseParent(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                               FX_OBJECT *DefaultParent, FX_OBJECT **Parent)
{
    *Parent = DefaultParent;
    if (Attributes == NULL || Attributes->ParentObject == NULL)
        return STATUS_SUCCESS;
    if (!Class->ClientMaySetParent)
        return FxMistake(Globals, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "the framework chooses the parent of a %s",
                         Class->Name);
    *Parent = FxObjectFromHandle(Globals, Attributes->ParentObject, FxTypeAny);
    if ((*Parent)->Globals != Globals)
        return FxMistake(Globals, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "the parent belongs to another driver");
    return STATUS_SUCCESS;
}

/* ---- contexts ---- */

static SIZE_T FxContextBytes(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    if (Attributes == NULL)
        return 0;
    if (Attributes->ContextTypeInfo == NULL)
        return Attributes->EvtCleanupCallback != NULL || Attributes->EvtDestroyCallback != NULL ? FX_CONTEXT_BODY : 0;
    return FX_CONTEXT_BODY + FX_ALIGN(Attributes->ContextSizeOverride != 0 ? Attributes->ContextSizeOverride
                                                                           : Attributes->ContextTypeInfo->ContextSize);
}

static VOID FxContextInit(FX_CONTEXT *Context, FX_OBJECT *Object, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    Context->Object = Object;
    Context->Cleanup = Attributes->EvtCleanupCallback;
    Context->Destroy = Attributes->EvtDestroyCallback;
    if (Attributes->ContextTypeInfo != NULL)
        Context->Type = Attributes->ContextTypeInfo->UniqueType != NULL ? Attributes->ContextTypeInfo->UniqueType
                                                                        : Attributes->ContextTypeInfo;
}

PVOID FxObjectContext(FX_OBJECT *Object, PCWDF_OBJECT_CONTEXT_TYPE_INFO Type)
{
    for (FX_CONTEXT *Context = Object->Contexts; Context != NULL; Context = Context->Next)
        if (Context->Type == Type)
            return (PUCHAR)Context + FX_CONTEXT_BODY;
    return NULL;
}

/* ---- creation ---- */

SIZE_T FxObjectBytes(const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes, SIZE_T ExtraBytes)
{
    return FX_ALIGN(Class->Size) + FX_ALIGN(ExtraBytes) + FxContextBytes(Attributes);
}

static VOID FxInheritLevels(FX_OBJECT *Object, PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent)
{
    Object->ExecutionLevel = Parent != NULL ? Parent->ExecutionLevel : WdfExecutionLevelDispatch;
    Object->Scope = Parent != NULL ? Parent->Scope : WdfSynchronizationScopeNone;
    if (Attributes == NULL)
        return;
    if (Attributes->ExecutionLevel != WdfExecutionLevelInheritFromParent)
        Object->ExecutionLevel = Attributes->ExecutionLevel;
    if (Attributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
        Object->Scope = Attributes->SynchronizationScope;
}

VOID FxObjectInit(FX_OBJECT *Object, FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                  FX_OBJECT *Parent, SIZE_T ExtraBytes)
{
    SIZE_T ContextBytes = FxContextBytes(Attributes);

    RtlZeroMemory(Object, FX_ALIGN(Class->Size) + FX_ALIGN(ExtraBytes) + ContextBytes);
    Object->Signature = FX_SIGNATURE;
    Object->State = FxAlive;
    Object->Class = Class;
    Object->Globals = Globals;
    Object->References = 1;
    Object->Flags = FX_FLAG_EMBEDDED;
    Object->ExtraOffset = (USHORT)FX_ALIGN(Class->Size);
    Object->Parent = Parent;
    InitializeListHead(&Object->Children);
    InitializeListHead(&Object->Sibling);
    FxInheritLevels(Object, Attributes, Parent);
    Object->Device = Parent != NULL ? Parent->Device : NULL;
    Object->CallbackLock = NULL;
    if (ContextBytes != 0) {
        Object->Contexts = (FX_CONTEXT *)((PUCHAR)Object + Object->ExtraOffset + FX_ALIGN(ExtraBytes));
        FxContextInit(Object->Contexts, Object, Attributes);
        Object->Contexts->IsInBlock = TRUE;
    }
    InterlockedIncrement(&Globals->ObjectCount);
}

VOID FxObjectRevive(FX_OBJECT *Object, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    SIZE_T ContextBytes = Attributes != NULL ? FxContextBytes(Attributes) : 0;

    Object->Signature = FX_SIGNATURE;
    Object->State = FxAlive;
    Object->References = 1;
    Object->Parent = NULL;
    InitializeListHead(&Object->Children);
    if (ContextBytes == 0) {
        Object->Contexts = NULL;
        return;
    }
    Object->Contexts->Next = NULL; /* others were freed */
    RtlZeroMemory((PUCHAR)Object->Contexts + FX_CONTEXT_BODY, ContextBytes - FX_CONTEXT_BODY);
}

NTSTATUS FxObjectCreate(FX_GLOBALS *Globals, const FX_CLASS *Class, PWDF_OBJECT_ATTRIBUTES Attributes,
                        FX_OBJECT *DefaultParent, SIZE_T ExtraBytes, FX_OBJECT **Result)
{
    FX_OBJECT *Object, *Parent;
    NTSTATUS Status = FxCheckAttributes(Globals, Attributes);

    *Result = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCheckLevels(Globals, Class, Attributes);
    if (NT_SUCCESS(Status))
        Status = FxChooseParent(Globals, Class, Attributes, DefaultParent, &Parent);
    if (!NT_SUCCESS(Status))
        return Status;
    if (ExtraBytes > MAXULONG || (Attributes != NULL && Attributes->ContextSizeOverride > MAXULONG))
        return STATUS_INSUFFICIENT_RESOURCES;
    Object = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED,
                             FxObjectBytes(Class, Attributes, ExtraBytes), Globals->Public.DriverTag);
    if (Object == NULL)
        return FxMistake(Globals, STATUS_INSUFFICIENT_RESOURCES, "no memory for a %s", Class->Name);
    FxObjectInit(Object, Globals, Class, Attributes, Parent, ExtraBytes);
    Object->Flags = 0;
    *Result = Object;
    return STATUS_SUCCESS;
}

PVOID FxObjectExtra(FX_OBJECT *Object)
{
    return (PUCHAR)Object + Object->ExtraOffset;
}

NTSTATUS FxObjectCommit(FX_OBJECT *Object)
{
    FX_GLOBALS *Globals = Object->Globals;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    KeAcquireSpinLock(&Globals->Lock, &Irql);
    if (Object->Parent != NULL && Object->Parent->State != FxAlive)
        Status = STATUS_DELETE_PENDING;
    else if (Object->Parent != NULL)
        InsertTailList(&Object->Parent->Children, &Object->Sibling);
    if (NT_SUCCESS(Status))
        Object->Flags |= FX_FLAG_COMMITTED;
    KeReleaseSpinLock(&Globals->Lock, Irql);
    return Status;
}

VOID FxObjectAbandon(FX_OBJECT *Object)
{
    FX_ASSERT((Object->Flags & FX_FLAG_COMMITTED) == 0);
    Object->State = FxDisposed;
    FxObjectDereference(Object);
}

/* ---- references ---- */

VOID FxObjectReference(FX_OBJECT *Object)
{
    InterlockedIncrement(&Object->References);
}

static VOID FxDestroy(FX_OBJECT *Object)
{
    ULONG Flags = Object->Flags; /* the memory may be gone with Class->Destroy */
    FX_CONTEXT *Next;

    if (Object->Flags & FX_FLAG_COMMITTED)
        for (FX_CONTEXT *Context = Object->Contexts; Context != NULL; Context = Context->Next)
            if (Context->Destroy != NULL)
                Context->Destroy(FxHandleOf(Object));
    for (FX_CONTEXT *Context = Object->Contexts; Context != NULL; Context = Next) {
        Next = Context->Next;
        if (!Context->IsInBlock)
            ExFreePool(Context);
    }
    Object->Signature = 0;
    if ((Flags & FX_FLAG_CACHED) == 0)
        InterlockedDecrement(&Object->Globals->ObjectCount);
    if (Object->Class->Destroy != NULL)
        Object->Class->Destroy(Object);
    if ((Flags & FX_FLAG_EMBEDDED) == 0)
        ExFreePool(Object);
}

VOID FxObjectLastDereference(FX_OBJECT *Object)
{
    Object->References = 0;
    FxDestroy(Object);
}

VOID FxObjectDereference(FX_OBJECT *Object)
{
    LONG Left;

    if (Object->References == 1 && Object->State != FxAlive) { /* the caller's: nobody else can add one */
        FxObjectLastDereference(Object);
        return;
    }
    Left = InterlockedDecrement(&Object->References);

    if (Left > 0)
        return;
    if (Left < 0 || Object->State == FxAlive)
        FxViolation(Object->Globals, WDF_OBJECT_ERROR, (ULONG_PTR)FxHandleOf(Object), Object->Class->Type, 0);
    FxDestroy(Object);
}

/* ---- deletion ---- */

static VOID FxDispose(FX_OBJECT *Object);

static BOOLEAN FxMustWait(const FX_OBJECT *Object)
{
    return (Object->Class->PassiveDispose || Object->ExecutionLevel == WdfExecutionLevelPassive) &&
           KeGetCurrentIrql() > PASSIVE_LEVEL;
}

static FX_OBJECT *FxNextDeferred(FX_GLOBALS *Globals)
{
    FX_OBJECT *Object = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Globals->Lock, &Irql);
    if (!IsListEmpty(&Globals->Deferred)) {
        Object = CONTAINING_RECORD(RemoveHeadList(&Globals->Deferred), FX_OBJECT, DeferLink);
    } else {
        Globals->WorkerQueued = FALSE;
        KeSetEvent(&Globals->WorkerIdle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Globals->Lock, Irql);
    return Object;
}

static VOID NTAPI FxDisposeWorker(PVOID Parameter)
{
    FX_GLOBALS *Globals = Parameter;
    FX_OBJECT *Object;

    while ((Object = FxNextDeferred(Globals)) != NULL)
        FxDispose(Object);
}

static VOID FxDefer(FX_OBJECT *Object)
{
    FX_GLOBALS *Globals = Object->Globals;
    BOOLEAN Queue;
    KIRQL Irql;

    KeAcquireSpinLock(&Globals->Lock, &Irql);
    InsertTailList(&Globals->Deferred, &Object->DeferLink);
    Queue = !Globals->WorkerQueued;
    Globals->WorkerQueued = TRUE;
    KeClearEvent(&Globals->WorkerIdle);
    KeReleaseSpinLock(&Globals->Lock, Irql);
    if (!Queue)
        return;
    ExInitializeWorkItem(&Globals->Worker, FxDisposeWorker, Globals);
    ExQueueWorkItem(&Globals->Worker, DelayedWorkQueue);
}

/* The first child, taken from the list; its disposal is the caller's. NULL: none is left. */
static FX_OBJECT *FxTakeChild(FX_OBJECT *Object)
{
    FX_OBJECT *Child = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Object->Globals->Lock, &Irql);
    if (!IsListEmpty(&Object->Children)) {
        Child = CONTAINING_RECORD(Object->Children.Flink, FX_OBJECT, Sibling);
        RemoveEntryList(&Child->Sibling);
        InitializeListHead(&Child->Sibling);
        Child->Parent = NULL;
        Child->State = FxDisposing;
    }
    KeReleaseSpinLock(&Object->Globals->Lock, Irql);
    return Child;
}

/* Children, cleanup callbacks, Dispose: all but the reference. Drivers delete children in a parent's EvtCleanupCallback, so
 * the children are cleaned up before it and gone after it. */
static VOID FxDisposeNow(FX_OBJECT *Object)
{
    LIST_ENTRY Held;
    FX_OBJECT *Child;

    InitializeListHead(&Held);
    while (!IsListEmpty(&Object->Children) && (Child = FxTakeChild(Object)) != NULL) {
        FxObjectReference(Child);
        InsertTailList(&Held, &Child->Sibling);
        FxDispose(Child);
    }
    if (Object->Flags & FX_FLAG_COMMITTED)
        for (FX_CONTEXT *Context = Object->Contexts; Context != NULL; Context = Context->Next)
            if (Context->Cleanup != NULL)
                Context->Cleanup(FxHandleOf(Object));
    while (!IsListEmpty(&Held))
        FxObjectDereference(CONTAINING_RECORD(RemoveHeadList(&Held), FX_OBJECT, Sibling));
    if (Object->Class->Dispose != NULL)
        Object->Class->Dispose(Object);
    Object->State = FxDisposed;
}

static VOID FxDispose(FX_OBJECT *Object)
{
    if (FxMustWait(Object)) {
        FxDefer(Object);
        return;
    }
    FxDisposeNow(Object);
    FxObjectDereference(Object);
}

VOID FxObjectDelete(FX_OBJECT *Object)
{
    FX_GLOBALS *Globals = Object->Globals;
    BOOLEAN First;
    KIRQL Irql;

    KeAcquireSpinLock(&Globals->Lock, &Irql);
    First = Object->State == FxAlive;
    if (First) {
        Object->State = FxDisposing;
        RemoveEntryList(&Object->Sibling); /* alone in its own list when it was not committed */
        InitializeListHead(&Object->Sibling);
        Object->Parent = NULL;
    }
    KeReleaseSpinLock(&Globals->Lock, Irql);
    if (First)
        FxDispose(Object);
}

VOID FxObjectDispose(FX_OBJECT *Object)
{
    FX_ASSERT(Object->State == FxAlive && !FxMustWait(Object));
    Object->State = FxDisposing;
    FxDisposeNow(Object);
}

VOID FxObjectDeleteUnlisted(FX_OBJECT *Object)
{
    FX_ASSERT(Object->State == FxAlive);
    Object->State = FxDisposing;
    FxDispose(Object);
}

VOID FxObjectSetParent(FX_OBJECT *Object, FX_OBJECT *Parent)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Object->Globals->Lock, &Irql);
    RemoveEntryList(&Object->Sibling);
    Object->Parent = Parent;
    InsertTailList(&Parent->Children, &Object->Sibling);
    Object->Device = Parent->Device;
    KeReleaseSpinLock(&Object->Globals->Lock, Irql);
}

FX_OBJECT *FxObjectAncestor(FX_OBJECT *Object, FX_TYPE Type)
{
    while (Object != NULL && Object->Class->Type != Type)
        Object = Object->Parent;
    return Object;
}

/* ---- for clients ---- */

static const FX_CLASS FxGeneralClass = {
    .Type = FxTypeObject, .Name = "WDFOBJECT", .Size = sizeof(FX_OBJECT), .ClientMayDelete = TRUE,
    .ClientMaySetParent = TRUE, .HasExecutionLevel = TRUE,
};

WDF_DDI(WdfObjectCreate);
NTSTATUS NTAPI imp_WdfObjectCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes,
                                   WDFOBJECT *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxObjectCreate(Globals, &FxGeneralClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Handle = FxHandleOf(Object);
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfObjectDelete);
VOID NTAPI imp_WdfObjectDelete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object = FxObjectFromHandle(Globals, Handle, FxTypeAny);

    if (!Object->Class->ClientMayDelete || (Object->Flags & FX_FLAG_NO_CLIENT_DELETE))
        FxViolation(Globals, WDF_OBJECT_ERROR, (ULONG_PTR)Handle, Object->Class->Type, 0);
    FxObjectDelete(Object);
}

WDF_DDI(WdfObjectReferenceActual);
VOID NTAPI imp_WdfObjectReferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line,
                                        PCCH File)
{
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(File);
    FxObjectReference(FxObjectFromHandle(FxGlobalsOf(DriverGlobals), Handle, FxTypeAny));
}

WDF_DDI(WdfObjectDereferenceActual);
VOID NTAPI imp_WdfObjectDereferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line,
                                          PCCH File)
{
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(File);
    FxObjectDereference(FxObjectFromHandle(FxGlobalsOf(DriverGlobals), Handle, FxTypeAny));
}

WDF_DDI(WdfObjectGetTypedContextWorker);
PVOID NTAPI imp_WdfObjectGetTypedContextWorker(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                               PCWDF_OBJECT_CONTEXT_TYPE_INFO Type)
{
    return FxObjectContext(FxObjectFromHandle(FxGlobalsOf(DriverGlobals), Handle, FxTypeAny), Type);
}

WDF_DDI(WdfObjectContextGetObject);
WDFOBJECT NTAPI imp_WdfObjectContextGetObject(PWDF_DRIVER_GLOBALS DriverGlobals, PVOID ContextPointer)
{
    FX_CONTEXT *Context = (FX_CONTEXT *)((PUCHAR)ContextPointer - FX_CONTEXT_BODY);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), ContextPointer);
    return FxHandleOf(Context->Object);
}

/* Adds the context unless its type is there. The first stays the one in the object's own block. */
static NTSTATUS FxAddContext(FX_OBJECT *Object, FX_CONTEXT *Context, PVOID *Existing)
{
    FX_CONTEXT **Link = &Object->Contexts;
    NTSTATUS Status = Object->State == FxAlive ? STATUS_SUCCESS : STATUS_DELETE_PENDING;
    KIRQL Irql;

    KeAcquireSpinLock(&Object->Globals->Lock, &Irql);
    for (; NT_SUCCESS(Status) && *Link != NULL; Link = &(*Link)->Next)
        if (Context->Type != NULL && (*Link)->Type == Context->Type) {
            *Existing = (PUCHAR)*Link + FX_CONTEXT_BODY;
            Status = STATUS_OBJECT_NAME_EXISTS;
            break;
        }
    if (Status == STATUS_SUCCESS)
        *Link = Context;
    KeReleaseSpinLock(&Object->Globals->Lock, Irql);
    return Status;
}

WDF_DDI(WdfObjectAllocateContext);
NTSTATUS NTAPI imp_WdfObjectAllocateContext(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                            PWDF_OBJECT_ATTRIBUTES Attributes, PVOID *Result)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object = FxObjectFromHandle(Globals, Handle, FxTypeAny);
    PVOID Body = NULL;
    FX_CONTEXT *Context;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Attributes);
    Status = FxCheckAttributes(Globals, Attributes);
    if (NT_SUCCESS(Status))
        Status = FxCheckNoParent(Attributes);
    if (NT_SUCCESS(Status) && Attributes->ContextTypeInfo == NULL)
        Status = STATUS_OBJECT_NAME_INVALID;
    if (!NT_SUCCESS(Status))
        return Status;
    Context = ExAllocatePool2(POOL_FLAG_NON_PAGED, FxContextBytes(Attributes), Globals->Public.DriverTag);
    if (Context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    FxContextInit(Context, Object, Attributes);
    Body = (PUCHAR)Context + FX_CONTEXT_BODY;
    Status = FxAddContext(Object, Context, &Body);
    if (Status != STATUS_SUCCESS)
        ExFreePool(Context);
    if (Result != NULL)
        *Result = NT_SUCCESS(Status) ? Body : NULL;
    return Status;
}

WDF_DDI(WdfObjectQuery);
NTSTATUS NTAPI imp_WdfObjectQuery(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, CONST GUID *Guid,
                                  ULONG QueryBufferLength, PVOID QueryBuffer)
{
    UNREFERENCED_PARAMETER(Guid);
    UNREFERENCED_PARAMETER(QueryBufferLength);
    UNREFERENCED_PARAMETER(QueryBuffer);
    FxObjectFromHandle(FxGlobalsOf(DriverGlobals), Handle, FxTypeAny);
    return STATUS_NOT_FOUND; /* no type of object has a query of its own */
}
