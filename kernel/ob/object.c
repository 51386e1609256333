/*
 * Objects: allocation, reference counts, deletion. Models NT's header (OBJECT_HEADER) with pointer and handle counts
 * as plain numbers: NT hands out references in batches through handle table entries, so counts that drivers print may
 * differ. Not modelled: quota charges, reference tracing by tag.
 */
#include "obp.h"


static SINGLE_LIST_ENTRY ObpDeleteList; /* OBP_INFO.DeleteLink: objects with no reference left */
static WORK_QUEUE_ITEM ObpDeleteItem;
static BOOLEAN ObpDeletePending;        /* the item is queued or its routine runs */

/* ---- capture of OBJECT_ATTRIBUTES ---- */

NTSTATUS ObpDuplicateName(PCUNICODE_STRING Source, PUNICODE_STRING Copy)
{
    Copy->Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Source->Length + sizeof(WCHAR), OBP_TAG_NAME);
    if (Copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy->Buffer, Source->Buffer, Source->Length);
    Copy->Length = Source->Length;
    Copy->MaximumLength = Source->Length + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

VOID ObpFreeName(PUNICODE_STRING Name)
{
    if (Name->Buffer != NULL)
        ExFreePool(Name->Buffer);
    RtlZeroMemory(Name, sizeof(*Name));
}

/* Copies the caller's structures to ours; a bad user address raises. */
static NTSTATUS ObpReadAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES Copy,
                                  PUNICODE_STRING Name)
{
    if (Mode != KernelMode)
        ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG));
    *Copy = *Attributes;
    RtlZeroMemory(Name, sizeof(*Name));
    if (Copy->ObjectName == NULL)
        return STATUS_SUCCESS;
    if (Mode != KernelMode)
        ProbeForRead(Copy->ObjectName, sizeof(UNICODE_STRING), sizeof(ULONG));
    *Name = *Copy->ObjectName;
    if (Name->Length == 0)
        return STATUS_SUCCESS;
    if (Name->Length % sizeof(WCHAR) != 0 || Name->Length > 0xFFFC || Name->Buffer == NULL)
        return STATUS_OBJECT_NAME_INVALID;
    if (Mode != KernelMode)
        ProbeForRead(Name->Buffer, Name->Length, sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpReadName(PCUNICODE_STRING Name, PUNICODE_STRING Copy)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        Status = ObpDuplicateName(Name, Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObpFreeName(Copy);
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info)
{
    OBJECT_ATTRIBUTES Copy;
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlZeroMemory(Info, sizeof(*Info));
    Info->ProbeMode = Mode;
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    __try {
        Status = ObpReadAttributes(Attributes, Mode, &Copy, &Name);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        return Status;
    if (Copy.Length != sizeof(Copy) || (Copy.Attributes & ~OBP_VALID_ATTRIBUTES) != 0)
        return STATUS_INVALID_PARAMETER;
    Info->Attributes = Copy.Attributes;
    if (Mode != KernelMode)
        Info->Attributes &= ~OBJ_KERNEL_HANDLE;
    Info->RootDirectory = Copy.RootDirectory;
    if (Name.Length != 0)
        Status = ObpReadName(&Name, &Info->Name);
    if (NT_SUCCESS(Status) && Copy.SecurityDescriptor != NULL)
        Status = SeCaptureSecurityDescriptor(Copy.SecurityDescriptor, Mode, PagedPool, TRUE,
                                             &Info->SecurityDescriptor);
    if (!NT_SUCCESS(Status))
        ObpReleaseCapture(Info);
    return Status;
}

VOID ObpReleaseCapture(POBP_CREATE_INFO Info)
{
    ObpFreeName(&Info->Name);
    if (Info->SecurityDescriptor != NULL)
        SeReleaseSecurityDescriptor(Info->SecurityDescriptor, Info->ProbeMode, TRUE);
    Info->SecurityDescriptor = NULL;
}

VOID ObpFreeCreateInfo(POBJECT_HEADER Header)
{
    if (Header->CreateInfo == NULL)
        return;
    ObpReleaseCapture(Header->CreateInfo);
    ExFreePoolWithTag(Header->CreateInfo, OBP_TAG_INFO);
    Header->CreateInfo = NULL;
}

/* ---- creation ---- */

NTSTATUS ObpAllocateObject(POBJECT_TYPE Type, ULONG BodySize, PVOID *Object)
{
    POOL_FLAGS Pool = (Type->TypeInfo.PoolType & 1) == PagedPool ? POOL_FLAG_PAGED : POOL_FLAG_NON_PAGED;
    POBP_INFO Info;
    POBJECT_HEADER Header;

    Info = ExAllocatePool2(Pool, sizeof(OBP_INFO) + sizeof(OBJECT_HEADER) + (SIZE_T)BodySize, Type->Key);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Header = (POBJECT_HEADER)(Info + 1);
    Info->BodySize = BodySize;
    Header->PointerCount = 1;
    Header->TypeIndex = Type->Index;
    Header->Flags = OBP_FLAG_NEW;
    InsertTailList(&Type->TypeList, &Info->TypeLinks);
    Type->TotalNumberOfObjects++;
    if (Type->TotalNumberOfObjects > Type->HighWaterNumberOfObjects)
        Type->HighWaterNumberOfObjects = Type->TotalNumberOfObjects;
    *Object = Header->Body;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCheckNewAttributes(POBJECT_TYPE Type, KPROCESSOR_MODE Mode, POBP_CREATE_INFO Info)
{
    if ((Info->Attributes & Type->TypeInfo.InvalidAttributes) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((Info->Attributes & OBJ_PERMANENT) != 0 && Mode != KernelMode &&
        !SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_CREATE_PERMANENT_PRIVILEGE), Mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObCreateObject);
NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes,
                              KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG BodySize, ULONG PagedCharge,
                              ULONG NonPagedCharge, PVOID *Object)
{
    POBP_CREATE_INFO Info;
    POBJECT_HEADER Header;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(PagedCharge); /* quotas are not modelled */
    UNREFERENCED_PARAMETER(NonPagedCharge);
    Info = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Info), OBP_TAG_INFO);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObpCaptureAttributes(Attributes, ProbeMode, Info);
    if (!NT_SUCCESS(Status))
        goto FreeInfo;
    Status = ObpCheckNewAttributes(Type, ProbeMode, Info);
    if (NT_SUCCESS(Status))
        Status = ObpAllocateObject(Type, BodySize, Object);
    if (!NT_SUCCESS(Status))
        goto ReleaseCapture;
    Info->ParseContext = ParseContext;
    Header = OBP_HEADER(*Object);
    Header->CreateInfo = Info;
    if (OwnershipMode == KernelMode)
        Header->Flags |= OBP_FLAG_KERNEL;
    if ((Info->Attributes & OBJ_PERMANENT) != 0)
        Header->Flags |= OBP_FLAG_PERMANENT;
    if ((Info->Attributes & OBJ_EXCLUSIVE) != 0)
        Header->Flags |= OBP_FLAG_EXCLUSIVE;
    return STATUS_SUCCESS;

ReleaseCapture:
    ObpReleaseCapture(Info);
FreeInfo:
    ExFreePoolWithTag(Info, OBP_TAG_INFO);
    return Status;
}

/* ---- deletion ---- */

static VOID ObpDeleteObject(POBJECT_HEADER Header)
{
    POBP_INFO Info = OBP_INFO_OF(Header->Body);
    POBJECT_TYPE Type = ObpTypes[Header->TypeIndex];

    DD_ASSERT(Info->Directory == NULL);
    ObpFreeCreateInfo(Header);
    if (Type->TypeInfo.DeleteProcedure != NULL)
        Type->TypeInfo.DeleteProcedure(Header->Body);
    if (Header->SecurityDescriptor != NULL)
        ObDereferenceSecurityDescriptor(Header->SecurityDescriptor, 1);
    RemoveEntryList(&Info->TypeLinks);
    Type->TotalNumberOfObjects--;
    ObpFreeName(&Info->Name);
    Header->TypeIndex = 0; /* a late reference finds no type and no count */
    Header->PointerCount = 0;
    ExFreePoolWithTag(Info, Type->Key);
}

static VOID NTAPI ObpDeleteWorker(PVOID Context)
{
    PSINGLE_LIST_ENTRY Entry;

    UNREFERENCED_PARAMETER(Context);
    while (ObpDeleteList.Next != NULL) {
        Entry = PopEntryList(&ObpDeleteList);
        ObpDeleteObject((POBJECT_HEADER)(CONTAINING_RECORD(Entry, OBP_INFO, DeleteLink) + 1));
    }
    ObpDeletePending = FALSE;
}

static VOID ObpDeferDelete(POBJECT_HEADER Header)
{
    PushEntryList(&ObpDeleteList, &OBP_INFO_OF(Header->Body)->DeleteLink);
    if (ObpDeletePending)
        return;
    ObpDeletePending = TRUE;
    ExInitializeWorkItem(&ObpDeleteItem, ObpDeleteWorker, NULL);
    ExQueueWorkItem(&ObpDeleteItem, CriticalWorkQueue);
}

DECLSPEC_NORETURN static VOID ObpReferenceStop(PVOID Object, LONG64 Count, const char *Story)
{
    UCHAR Index = OBP_HEADER(Object)->TypeIndex;
    POBJECT_TYPE Type = Index < ObpTypeLimit ? ObpTypes[Index] : NULL;

    KeSetBugCheckText("object %p of type %wZ, pointer count %I64d: %s", Object, Type ? &Type->Name : NULL, Count,
                      Story);
    KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)Type, (ULONG_PTR)Object, 0, (ULONG_PTR)Count);
}

/* ---- references: on the path of each IOCTL ---- */

NT_EXPORT(ObfReferenceObject);
LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);

    if (__builtin_expect(Header->PointerCount <= 0, 0))
        ObpReferenceStop(Object, Header->PointerCount, "referenced after its last reference was dropped");
    return ++Header->PointerCount;
}

static LONG_PTR ObpDereference(PVOID Object, BOOLEAN Defer)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);
    LONG64 Count = Header->PointerCount - 1;

    if (__builtin_expect(Count < 0, 0))
        ObpReferenceStop(Object, Count, "dereferenced once too often");
    Header->PointerCount = Count;
    if (Count > 0)
        return Count;
    if (Header->HandleCount != 0)
        ObpReferenceStop(Object, Count, "the last reference was dropped while handles are open");
    if (OBP_INFO_OF(Object)->Directory != NULL)
        ObpReferenceStop(Object, Count, "the last reference was dropped while the object has a name");
    if (Defer || KeGetCurrentIrql() > PASSIVE_LEVEL || KiGetPrcb()->CurrentThread->SpecialApcDisable != 0)
        ObpDeferDelete(Header);
    else
        ObpDeleteObject(Header);
    return 0;
}

NT_EXPORT(ObfDereferenceObject);
LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    return ObpDereference(Object, FALSE);
}

NT_EXPORT(ObfReferenceObjectWithTag);
LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag); /* only object reference tracing looks at it */
    return ObfReferenceObject(Object);
}

NT_EXPORT(ObfDereferenceObjectWithTag);
LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObpDereference(Object, FALSE);
}

#undef ObDereferenceObject
NT_EXPORT(ObDereferenceObject);
LONG_PTR NTAPI ObDereferenceObject(PVOID Object)
{
    return ObpDereference(Object, FALSE);
}

NT_EXPORT(ObDereferenceObjectDeferDelete);
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    ObpDereference(Object, TRUE);
}

NT_EXPORT(ObDereferenceObjectDeferDeleteWithTag);
VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    ObpDereference(Object, TRUE);
}

NT_EXPORT(ObReferenceObjectSafe);
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);

    if (Header->PointerCount <= 0)
        return FALSE;
    Header->PointerCount++;
    return TRUE;
}

NT_EXPORT(ObReferenceObjectByPointer);
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Access); /* [doc]: pointers carry no access */
    if (OBP_TYPE_OF(Object) != Type && Mode != KernelMode)
        return STATUS_OBJECT_TYPE_MISMATCH;
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}

NT_EXPORT(ObReferenceObjectByPointerWithTag);
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK Access, POBJECT_TYPE Type,
                                                 KPROCESSOR_MODE Mode, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObReferenceObjectByPointer(Object, Access, Type, Mode);
}

/* ---- what an object says about itself ---- */

NT_EXPORT(ObGetObjectType);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    return OBP_TYPE_OF(Object);
}

NT_EXPORT(ObGetObjectPointerCount);
ULONG NTAPI ObGetObjectPointerCount(PVOID Object)
{
    return (ULONG)OBP_HEADER(Object)->PointerCount;
}

PVOID ObGetWaitObject(PVOID Object)
{
    ULONG Offset = OBP_TYPE_OF(Object)->TypeInfo.WaitObjectOffset;

    return Offset == MAXULONG ? NULL : (PUCHAR)Object + Offset;
}

PUNICODE_STRING ObGetObjectName(PVOID Object)
{
    return &OBP_INFO_OF(Object)->Name;
}

PSECURITY_DESCRIPTOR ObGetDescriptor(PVOID Object)
{
    return OBP_HEADER(Object)->SecurityDescriptor;
}
