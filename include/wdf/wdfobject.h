/* Objects: references, attributes, contexts, custom types. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfobject.h"

/* The callbacks of an object's attributes by the names that drivers declare theirs with. */
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_DEVICE_CONTEXT_CLEANUP;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_DEVICE_CONTEXT_DESTROY;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_IO_QUEUE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_IO_QUEUE_CONTEXT_DESTROY_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_FILE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_FILE_CONTEXT_DESTROY_CALLBACK;

FORCEINLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    RtlZeroMemory(Attributes, sizeof(*Attributes));
    Attributes->Size = WDF_STRUCTURE_SIZE(WDF_OBJECT_ATTRIBUTES);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

/*
 * Context types. A type is one WDF_OBJECT_CONTEXT_TYPE_INFO, the same in each file that declares
 * it: the framework tells types apart by the record's address (UniqueType).
 */
#define WDF_TYPE_NAME_TO_TYPE_INFO(Type) _WDF_##Type##_TYPE_INFO
#define WDF_TYPE_NAME_POINTER_TYPE(Type) WDF_POINTER_TYPE_##Type
#define WDF_GET_CONTEXT_TYPE_INFO(Type) (&WDF_TYPE_NAME_TO_TYPE_INFO(Type))

#define WDF_DECLARE_CONTEXT_TYPE_RECORD(Name, Bytes)                                              \
    extern const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(Name);                   \
    __declspec(selectany) const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(Name) = { \
        sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), #Name, Bytes, &WDF_TYPE_NAME_TO_TYPE_INFO(Name),    \
        NULL};
#define WDF_DECLARE_TYPE_AND_GLOBALS(Type)          \
    typedef Type *WDF_TYPE_NAME_POINTER_TYPE(Type); \
    WDF_DECLARE_CONTEXT_TYPE_RECORD(Type, sizeof(Type))

#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(Attributes, Type) \
    ((Attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(Type)->UniqueType)
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(Attributes, Type) \
    (WDF_OBJECT_ATTRIBUTES_INIT(Attributes),                      \
     WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(Attributes, Type))

#ifndef WDF_FRAMEWORK
/* NULL when the object has no context of this type. */
#define WdfObjectGetTypedContext(Handle, Type)                   \
    ((Type *)WdfObjectGetTypedContextWorker((WDFOBJECT)(Handle), \
                                            WDF_GET_CONTEXT_TYPE_INFO(Type)->UniqueType))

#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Type, Accessor)                         \
    WDF_DECLARE_TYPE_AND_GLOBALS(Type)                                             \
    static __inline__ __attribute__((__unused__)) WDF_TYPE_NAME_POINTER_TYPE(Type) \
        Accessor(WDFOBJECT Handle)                                                 \
    {                                                                              \
        return WdfObjectGetTypedContext(Handle, Type);                             \
    }
#define WDF_DECLARE_CONTEXT_TYPE(Type) WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Type, WdfObjectGet_##Type)

#define WdfObjectReferenceWithTag(Handle, Tag) \
    WdfObjectReferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectReference(Handle) WdfObjectReferenceWithTag(Handle, NULL)
#define WdfObjectDereferenceWithTag(Handle, Tag) \
    WdfObjectDereferenceActual(Handle, Tag, __LINE__, __FILE__)
#define WdfObjectDereference(Handle) WdfObjectDereferenceWithTag(Handle, NULL)

#if KMDF_VERSION_MINOR >= 11
/* Custom types: names, with a pointer each, that a driver gives to objects. [doc] "Framework object
 * custom types" */
#define WDF_GET_CUSTOM_TYPE_INFO(Type) WDF_GET_CONTEXT_TYPE_INFO(Type)
#define WDF_DECLARE_CUSTOM_TYPE(Type) \
    WDF_DECLARE_CONTEXT_TYPE_RECORD(Type, sizeof(WDF_CUSTOM_TYPE_CONTEXT))

FORCEINLINE NTSTATUS WdfObjectAddCustomTypeWorker(WDFOBJECT Handle,
                                                  PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo,
                                                  ULONG_PTR Data,
                                                  PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback,
                                                  PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    PWDF_CUSTOM_TYPE_CONTEXT Context;
    NTSTATUS Status;

    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ContextTypeInfo = TypeInfo->UniqueType;
    Attributes.EvtCleanupCallback = EvtCleanupCallback;
    Attributes.EvtDestroyCallback = EvtDestroyCallback;
    Status = WdfObjectAllocateContext(Handle, &Attributes, (PVOID *)&Context);
    /* A type that the object has already keeps its data. */
    if (!NT_SUCCESS(Status) || Status == STATUS_OBJECT_NAME_EXISTS)
        return Status;
    Context->Size = sizeof(*Context);
    Context->Data = Data;
    return STATUS_SUCCESS;
}

FORCEINLINE ULONG_PTR WdfObjectGetCustomTypeDataWorker(WDFOBJECT Handle,
                                                       PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo)
{
    PWDF_CUSTOM_TYPE_CONTEXT Context =
        (PWDF_CUSTOM_TYPE_CONTEXT)WdfObjectGetTypedContextWorker(Handle, TypeInfo->UniqueType);

    return Context == NULL ? 0 : Context->Data;
}

#define WdfObjectAddCustomType(Handle, Type) \
    WdfObjectAddCustomTypeWithData(Handle, Type, 0, NULL, NULL)
#define WdfObjectAddCustomTypeWithData(Handle, Type, Data, Cleanup, Destroy)          \
    WdfObjectAddCustomTypeWorker((WDFOBJECT)(Handle), WDF_GET_CUSTOM_TYPE_INFO(Type), \
                                 (ULONG_PTR)(Data), Cleanup, Destroy)
#define WdfObjectIsCustomType(Handle, Type)              \
    (WdfObjectGetTypedContextWorker((WDFOBJECT)(Handle), \
                                    WDF_GET_CUSTOM_TYPE_INFO(Type)->UniqueType) != NULL)
#define WdfObjectGetCustomTypeData(Handle, Type) \
    WdfObjectGetCustomTypeDataWorker((WDFOBJECT)(Handle), WDF_GET_CUSTOM_TYPE_INFO(Type))
#endif
#endif

#ifdef __cplusplus
}
#endif
