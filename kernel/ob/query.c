/*
 * NtQueryObject. Not modelled: ObjectTypesInformation, session information and setting (ObSetHandleAttributes is in
 * handle.c); pool charges are always 0.
 */
#include "obp.h"

typedef struct _OBP_TYPE_INFORMATION { /* OBJECT_TYPE_INFORMATION; PUBLIC_OBJECT_TYPE_INFORMATION names its head */
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects, TotalNumberOfHandles;
    ULONG PoolUsage[4];
    ULONG HighWaterNumberOfObjects, HighWaterNumberOfHandles;
    ULONG HighWaterPoolUsage[4];
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    BOOLEAN SecurityRequired, MaintainHandleCount;
    UCHAR TypeIndex, Reserved;
    ULONG PoolType, DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
} OBP_TYPE_INFORMATION;
DD_STATIC_ASSERT_SIZE(OBP_TYPE_INFORMATION, 0x68);

/* One query: what the handle told, and the caller's buffer through a copy of ours. */
typedef struct _OBP_QUERY {
    PVOID Object;
    OBJECT_HANDLE_INFORMATION Handle;
    PUCHAR Local, User; /* same size */
    ULONG Length;
    ULONG Needed;
} OBP_QUERY, *POBP_QUERY;

static ULONG ObpNameBytes(PVOID Object)
{
    OBJECT_NAME_INFORMATION Name;
    ULONG Bytes = 0;

    ObQueryNameString(Object, &Name, 0, &Bytes);
    return Bytes > sizeof(Name) ? Bytes : 0;
}

static ULONG ObpTypeBytes(POBJECT_TYPE Type)
{
    ULONG Bytes = sizeof(OBP_TYPE_INFORMATION) + Type->Name.Length + sizeof(WCHAR);

    return (Bytes + 7) & ~7u;
}

static NTSTATUS ObpQueryBasic(POBP_QUERY Query)
{
    POBJECT_HEADER Header = OBP_HEADER(Query->Object);
    OBJECT_BASIC_INFORMATION Basic;

    Query->Needed = sizeof(Basic);
    if (Query->Length != sizeof(Basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(&Basic, sizeof(Basic));
    Basic.Attributes = Query->Handle.HandleAttributes;
    if ((Header->Flags & OBP_FLAG_PERMANENT) != 0)
        Basic.Attributes |= OBJ_PERMANENT;
    if ((Header->Flags & OBP_FLAG_EXCLUSIVE) != 0)
        Basic.Attributes |= OBJ_EXCLUSIVE;
    Basic.GrantedAccess = Query->Handle.GrantedAccess;
    Basic.HandleCount = (ULONG)Header->HandleCount;
    Basic.PointerCount = (ULONG)Header->PointerCount - 1; /* without this query's own */
    Basic.NameInfoSize = ObpNameBytes(Query->Object);
    Basic.TypeInfoSize = ObpTypeBytes(OBP_TYPE_OF(Query->Object));
    if (Header->SecurityDescriptor != NULL)
        Basic.SecurityDescriptorSize = RtlLengthSecurityDescriptor(Header->SecurityDescriptor);
    RtlCopyMemory(Query->Local, &Basic, sizeof(Basic));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQueryName(POBP_QUERY Query)
{
    POBJECT_NAME_INFORMATION Info = (POBJECT_NAME_INFORMATION)Query->Local;
    NTSTATUS Status = ObQueryNameString(Query->Object, Info, Query->Length, &Query->Needed);

    if (NT_SUCCESS(Status) && Info->Name.Buffer != NULL)
        Info->Name.Buffer = (PWSTR)(Query->User + ((PUCHAR)Info->Name.Buffer - Query->Local));
    return Status;
}

static NTSTATUS ObpQueryType(POBP_QUERY Query)
{
    POBJECT_TYPE Type = OBP_TYPE_OF(Query->Object);
    OBP_TYPE_INFORMATION *Info = (OBP_TYPE_INFORMATION *)Query->Local;

    Query->Needed = ObpTypeBytes(Type);
    if (Query->Length < Query->Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(Info, Query->Needed);
    Info->TypeName.Buffer = (PWSTR)(Query->User + sizeof(*Info));
    Info->TypeName.Length = Type->Name.Length;
    Info->TypeName.MaximumLength = Type->Name.Length + sizeof(WCHAR);
    RtlCopyMemory(Info + 1, Type->Name.Buffer, Type->Name.Length);
    Info->TotalNumberOfObjects = Type->TotalNumberOfObjects;
    Info->TotalNumberOfHandles = Type->TotalNumberOfHandles;
    Info->HighWaterNumberOfObjects = Type->HighWaterNumberOfObjects;
    Info->HighWaterNumberOfHandles = Type->HighWaterNumberOfHandles;
    Info->InvalidAttributes = Type->TypeInfo.InvalidAttributes;
    Info->GenericMapping = Type->TypeInfo.GenericMapping;
    Info->ValidAccessMask = Type->TypeInfo.ValidAccessMask;
    Info->SecurityRequired = (Type->TypeInfo.ObjectTypeFlags & OBP_TYPE_SECURITY_REQUIRED) != 0;
    Info->MaintainHandleCount = (Type->TypeInfo.ObjectTypeFlags & OBP_TYPE_MAINTAIN_HANDLE_COUNT) != 0;
    Info->TypeIndex = Type->Index;
    Info->PoolType = Type->TypeInfo.PoolType;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQueryFlags(POBP_QUERY Query)
{
    Query->Needed = 2 * sizeof(BOOLEAN);
    if (Query->Length != Query->Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    Query->Local[0] = (Query->Handle.HandleAttributes & OBJ_INHERIT) != 0;
    Query->Local[1] = (Query->Handle.HandleAttributes & OBP_PROTECT_CLOSE) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpRunQuery(POBP_QUERY Query, OBJECT_INFORMATION_CLASS Class)
{
    switch ((ULONG)Class) {
    case ObjectBasicInformation:
        return ObpQueryBasic(Query);
    case ObjectNameInformation:
        return ObpQueryName(Query);
    case ObjectTypeInformation:
        return ObpQueryType(Query);
    case OBP_HANDLE_FLAG_INFORMATION:
        return ObpQueryFlags(Query);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS ObpProbeInformation(PVOID Information, ULONG Length, ULONG Alignment, PULONG ReturnLength,
                                    KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        if (Length != 0)
            ProbeForWrite(Information, Length, Alignment);
        if (ReturnLength != NULL)
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS ObpReturnInformation(POBP_QUERY Query, NTSTATUS Status, PULONG ReturnLength)
{
    __try {
        if (NT_SUCCESS(Status))
            RtlCopyMemory(Query->User, Query->Local, Query->Needed);
        if (ReturnLength != NULL)
            *ReturnLength = Query->Needed;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE_PARTIAL(QueryObject, "ObjectTypesInformation and session information: STATUS_INVALID_INFO_CLASS");
NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                             PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBP_QUERY Query = {.User = Information, .Length = Length};
    ULONG Alignment = (ULONG)Class == OBP_HANDLE_FLAG_INFORMATION ? sizeof(BOOLEAN) : sizeof(ULONG);
    NTSTATUS Status = ObpProbeInformation(Information, Length, Alignment, ReturnLength, Mode);

    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Query.Object, &Query.Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Query.Local = ExAllocatePool2(POOL_FLAG_PAGED, Length + sizeof(OBP_TYPE_INFORMATION), OBP_TAG_QUERY);
    if (Query.Local == NULL) {
        ObDereferenceObject(Query.Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpRunQuery(&Query, Class);
    if (Status != STATUS_INVALID_INFO_CLASS)
        Status = ObpReturnInformation(&Query, Status, ReturnLength);
    ExFreePoolWithTag(Query.Local, OBP_TAG_QUERY);
    ObDereferenceObject(Query.Object);
    return Status;
}
