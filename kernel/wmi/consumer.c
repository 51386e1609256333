/*
 * Consumers in the kernel: data block objects, queries, changes, methods, instance names. [doc: IoWMIOpenBlock and the routines it
 * names] Left out: security of classes (kernel callers get the access they ask for), consumers in user mode.
 */
#include "wmip.h"

POBJECT_TYPE WmipGuidType;
LIST_ENTRY WmipObjects = {&WmipObjects, &WmipObjects};

#define WmipAlign(n) (((n) + 7u) & ~7u)

static VOID WmipDeleteObject(PVOID Body)
{
    WMIP_OBJECT *Object = Body;

    if (Object->Link.Flink == NULL)
        return; /* never opened */
    RemoveEntryList(&Object->Link);
    WmipAdjustGuid(&Object->Guid);
}

NTSTATUS WmiInitSystem(VOID)
{
    static const GENERIC_MAPPING Mapping = {STANDARD_RIGHTS_READ | WMIGUID_QUERY, STANDARD_RIGHTS_WRITE | WMIGUID_SET,
                                            STANDARD_RIGHTS_EXECUTE | WMIGUID_EXECUTE, WMIGUID_ALL_ACCESS};
    OB_TYPE_INITIALIZER Type;

    RtlZeroMemory(&Type, sizeof(Type));
    Type.GenericMapping = Mapping;
    Type.ValidAccessMask = WMIGUID_ALL_ACCESS;
    Type.PoolType = NonPagedPoolNx;
    Type.WaitObjectOffset = MAXULONG;
    Type.Delete = WmipDeleteObject;
    return ObCreateType(L"WmiGuid", &Type, &WmipGuidType);
}

NT_EXPORT(IoWMIOpenBlock);
NTSTATUS NTAPI IoWMIOpenBlock(GUID *DataBlockGuid, ULONG DesiredAccess, PVOID *DataBlockObject)
{
    WMIP_OBJECT *Object;
    NTSTATUS Status;

    *DataBlockObject = NULL;
    if (DesiredAccess & ~(ULONG)(WMIGUID_ALL_ACCESS | STANDARD_RIGHTS_ALL))
        return STATUS_ACCESS_DENIED;
    Status = ObCreateObject(KernelMode, WmipGuidType, NULL, KernelMode, NULL, sizeof(*Object), 0, 0, (PVOID *)&Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Object->Guid = *DataBlockGuid;
    Object->Access = DesiredAccess;
    InsertTailList(&WmipObjects, &Object->Link);
    WmipAdjustGuid(&Object->Guid); /* the first consumer of an expensive block turns its collection on */
    *DataBlockObject = Object;
    return STATUS_SUCCESS;
}

static NTSTATUS WmipCheckObject(PVOID Body, ACCESS_MASK Access)
{
    if (ObGetObjectType(Body) != WmipGuidType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return (((WMIP_OBJECT *)Body)->Access & Access) == Access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* ---- answers that are chained in the caller's buffer ---- */

typedef struct _WMIP_CHAIN {
    PUCHAR Buffer;
    ULONG Room, Bytes; /* Bytes: what all would take */
    PWNODE_HEADER Last;
} WMIP_CHAIN;

/* Appends Wnode and frees it. */
static VOID WmipAppend(WMIP_CHAIN *Chain, PWNODE_HEADER Wnode)
{
    ULONG At = WmipAlign(Chain->Bytes);

    Wnode->Linkage = 0;
    if (At <= Chain->Room && Wnode->BufferSize <= Chain->Room - At) {
        RtlCopyMemory(Chain->Buffer + At, Wnode, Wnode->BufferSize);
        if (Chain->Last != NULL)
            Chain->Last->Linkage = (ULONG)(Chain->Buffer + At - (PUCHAR)Chain->Last);
        Chain->Last = (PWNODE_HEADER)(Chain->Buffer + At);
    }
    Chain->Bytes = At + Wnode->BufferSize;
    ExFreePoolWithTag(Wnode, WMIP_TAG);
}

static NTSTATUS WmipFinish(const WMIP_CHAIN *Chain, PULONG InOutBufferSize)
{
    *InOutBufferSize = Chain->Bytes;
    return Chain->Bytes > Chain->Room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/* Every block of the class; STATUS_WMI_GUID_NOT_FOUND when there is none, or the last failure when all fail. */
static NTSTATUS WmipAppendAll(WMIP_OBJECT *Object, WMIP_CHAIN *Chain)
{
    WMIP_SNAPSHOT *Snapshot = WmipTakeSnapshot(&Object->Guid);
    NTSTATUS Status = STATUS_WMI_GUID_NOT_FOUND, Asked;
    BOOLEAN Found = FALSE;
    PWNODE_ALL_DATA All;

    if (Snapshot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < Snapshot->Count; i++) {
        if (Snapshot->Block[i]->Flags & WMIREG_FLAG_EVENT_ONLY_GUID)
            continue;
        Asked = WmipQueryAll(Snapshot->Block[i], &All);
        if (NT_SUCCESS(Asked)) {
            WmipAppend(Chain, &All->WnodeHeader);
            Found = TRUE;
        } else {
            Status = Asked;
        }
    }
    WmipReleaseSnapshot(Snapshot);
    return Found ? STATUS_SUCCESS : Status;
}

NT_EXPORT(IoWMIQueryAllData);
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, ULONG *InOutBufferSize, PVOID OutBuffer)
{
    WMIP_CHAIN Chain = {OutBuffer, OutBuffer == NULL ? 0 : *InOutBufferSize, 0, NULL};
    NTSTATUS Status = WmipCheckObject(DataBlockObject, WMIGUID_QUERY);

    if (NT_SUCCESS(Status))
        Status = WmipAppendAll(DataBlockObject, &Chain);
    return NT_SUCCESS(Status) ? WmipFinish(&Chain, InOutBufferSize) : Status;
}

NT_EXPORT(IoWMIQueryAllDataMultiple);
NTSTATUS NTAPI IoWMIQueryAllDataMultiple(PVOID *DataBlockObjectList, ULONG ObjectCount, ULONG *InOutBufferSize,
                                         PVOID OutBuffer)
{
    WMIP_CHAIN Chain = {OutBuffer, OutBuffer == NULL ? 0 : *InOutBufferSize, 0, NULL};
    NTSTATUS Status;

    for (ULONG i = 0; i < ObjectCount; i++) {
        Status = WmipCheckObject(DataBlockObjectList[i], WMIGUID_QUERY);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    for (ULONG i = 0; i < ObjectCount; i++)
        WmipAppendAll(DataBlockObjectList[i], &Chain); /* [doc] none at all is a success of no bytes */
    return WmipFinish(&Chain, InOutBufferSize);
}

/* ---- one instance ---- */

static NTSTATUS WmipAppendInstance(WMIP_OBJECT *Object, PCUNICODE_STRING Name, WMIP_CHAIN *Chain)
{
    const WMIP_TARGET Target = {.Minor = IRP_MN_QUERY_SINGLE_INSTANCE};
    PWNODE_SINGLE_INSTANCE Single;
    ULONG Needed;
    NTSTATUS Status = WmipAskInstance(&Object->Guid, Name, &Target, (PVOID *)&Single, &Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Single->WnodeHeader.BufferSize = Single->DataBlockOffset + Single->SizeDataBlock;
    WmipAppend(Chain, &Single->WnodeHeader);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoWMIQuerySingleInstance);
NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG *InOutBufferSize,
                                        PVOID OutBuffer)
{
    WMIP_CHAIN Chain = {OutBuffer, OutBuffer == NULL ? 0 : *InOutBufferSize, 0, NULL};
    NTSTATUS Status = WmipCheckObject(DataBlockObject, WMIGUID_QUERY);

    if (NT_SUCCESS(Status))
        Status = WmipAppendInstance(DataBlockObject, InstanceName, &Chain);
    return NT_SUCCESS(Status) ? WmipFinish(&Chain, InOutBufferSize) : Status;
}

NT_EXPORT(IoWMIQuerySingleInstanceMultiple);
NTSTATUS NTAPI IoWMIQuerySingleInstanceMultiple(PVOID *DataBlockObjectList, PUNICODE_STRING InstanceNames,
                                                ULONG ObjectCount, ULONG *InOutBufferSize, PVOID OutBuffer)
{
    WMIP_CHAIN Chain = {OutBuffer, OutBuffer == NULL ? 0 : *InOutBufferSize, 0, NULL};
    NTSTATUS Status;

    for (ULONG i = 0; i < ObjectCount; i++) {
        Status = WmipCheckObject(DataBlockObjectList[i], WMIGUID_QUERY);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    for (ULONG i = 0; i < ObjectCount; i++)
        WmipAppendInstance(DataBlockObjectList[i], &InstanceNames[i], &Chain);
    return WmipFinish(&Chain, InOutBufferSize);
}

static NTSTATUS WmipChange(PVOID Body, PCUNICODE_STRING Name, const WMIP_TARGET *Target)
{
    WMIP_OBJECT *Object = Body;
    ULONG Needed;
    PVOID Answer;
    NTSTATUS Status = WmipCheckObject(Object, WMIGUID_SET);

    if (NT_SUCCESS(Status))
        Status = WmipAskInstance(&Object->Guid, Name, Target, &Answer, &Needed);
    if (NT_SUCCESS(Status))
        ExFreePoolWithTag(Answer, WMIP_TAG);
    return Status;
}

NT_EXPORT(IoWMISetSingleInstance);
NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version,
                                      ULONG ValueBufferSize, PVOID ValueBuffer)
{
    const WMIP_TARGET Target = {IRP_MN_CHANGE_SINGLE_INSTANCE, 0, ValueBuffer, ValueBufferSize, 0};

    UNREFERENCED_PARAMETER(Version); /* reserved [doc] */
    return WmipChange(DataBlockObject, InstanceName, &Target);
}

NT_EXPORT(IoWMISetSingleItem);
NTSTATUS NTAPI IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG DataItemId, ULONG Version,
                                  ULONG ValueBufferSize, PVOID ValueBuffer)
{
    const WMIP_TARGET Target = {IRP_MN_CHANGE_SINGLE_ITEM, DataItemId, ValueBuffer, ValueBufferSize, 0};

    UNREFERENCED_PARAMETER(Version);
    return WmipChange(DataBlockObject, InstanceName, &Target);
}

NT_EXPORT(IoWMIExecuteMethod);
NTSTATUS NTAPI IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG MethodId, ULONG InBufferSize,
                                  PULONG OutBufferSize, PUCHAR InOutBuffer)
{
    const WMIP_TARGET Target = {IRP_MN_EXECUTE_METHOD, MethodId, InOutBuffer, InBufferSize, *OutBufferSize};
    WMIP_OBJECT *Object = DataBlockObject;
    ULONG Room = *OutBufferSize, Bytes;
    PVOID Answer, Data;
    NTSTATUS Status = WmipCheckObject(Object, WMIGUID_EXECUTE);

    if (NT_SUCCESS(Status))
        Status = WmipAskInstance(&Object->Guid, InstanceName, &Target, &Answer, OutBufferSize);
    if (!NT_SUCCESS(Status))
        return Status;
    WmipAnswerData(&Target, Answer, &Data, &Bytes);
    *OutBufferSize = Bytes;
    if (Bytes <= Room)
        RtlCopyMemory(InOutBuffer, Data, Bytes);
    else
        Status = STATUS_BUFFER_TOO_SMALL;
    ExFreePoolWithTag(Answer, WMIP_TAG);
    return Status;
}

/* ---- instance names ---- */

static NTSTATUS WmipCopyName(PCUNICODE_STRING Name, PUNICODE_STRING Copy)
{
    Copy->Buffer = ExAllocatePoolWithTag(PagedPool, Name->Length + sizeof(WCHAR), WMIP_TAG);
    if (Copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Copy->Length = Name->Length;
    Copy->MaximumLength = Name->Length + sizeof(WCHAR);
    RtlCopyMemory(Copy->Buffer, Name->Buffer, Name->Length);
    Copy->Buffer[Name->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

static BOOLEAN WmipInOneStack(PDEVICE_OBJECT One, PDEVICE_OBJECT Other)
{
    PDEVICE_OBJECT TopOne = IoGetAttachedDeviceReference(One), TopOther = IoGetAttachedDeviceReference(Other);
    BOOLEAN Same = TopOne == TopOther;

    ObDereferenceObject(TopOne);
    ObDereferenceObject(TopOther);
    return Same;
}

NT_EXPORT(IoWMIDeviceObjectToInstanceName);
NTSTATUS NTAPI IoWMIDeviceObjectToInstanceName(PVOID DataBlockObject, PDEVICE_OBJECT DeviceObject,
                                               PUNICODE_STRING InstanceName)
{
    NTSTATUS Status = WmipCheckObject(DataBlockObject, 0);
    WMIP_SNAPSHOT *Snapshot;

    if (!NT_SUCCESS(Status))
        return Status;
    Snapshot = WmipTakeSnapshot(&((WMIP_OBJECT *)DataBlockObject)->Guid);
    if (Snapshot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    for (ULONG i = 0; i < Snapshot->Count && Status == STATUS_WMI_INSTANCE_NOT_FOUND; i++) {
        WMIP_BLOCK *Block = Snapshot->Block[i];

        if (Block->InstanceCount != 0 && !Block->Provider->Callback &&
            WmipInOneStack(Block->Provider->Device, DeviceObject))
            Status = WmipCopyName(&Block->Names[0], InstanceName);
    }
    WmipReleaseSnapshot(Snapshot);
    return Status;
}

NT_EXPORT(IoWMIHandleToInstanceName);
NTSTATUS NTAPI IoWMIHandleToInstanceName(PVOID DataBlockObject, HANDLE FileHandle, PUNICODE_STRING InstanceName)
{
    PFILE_OBJECT File;
    NTSTATUS Status = ObReferenceObjectByHandle(FileHandle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoWMIDeviceObjectToInstanceName(DataBlockObject, IoGetRelatedDeviceObject(File), InstanceName);
    ObDereferenceObject(File);
    return Status;
}

/* The PDO's instance path, the link's name, or both with a space between. [guess: the page does not say what it is made of] */
NT_EXPORT(IoWMISuggestInstanceName);
NTSTATUS NTAPI IoWMISuggestInstanceName(PDEVICE_OBJECT PhysicalDeviceObject, PUNICODE_STRING SymbolicLinkName,
                                        BOOLEAN CombineNames, PUNICODE_STRING SuggestedInstanceName)
{
    UNICODE_STRING Path = {0};
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Link = SymbolicLinkName != NULL ? SymbolicLinkName->Length : 0;

    if ((PhysicalDeviceObject == NULL && SymbolicLinkName == NULL) ||
        (CombineNames && (PhysicalDeviceObject == NULL || SymbolicLinkName == NULL)))
        return STATUS_INVALID_PARAMETER;
    if (PhysicalDeviceObject == NULL)
        return WmipCopyName(SymbolicLinkName, SuggestedInstanceName);
    Status = WmipInstancePath(PhysicalDeviceObject, &Path);
    if (!NT_SUCCESS(Status))
        return Status;
    SuggestedInstanceName->MaximumLength = (USHORT)(Path.Length + Link + 2 * sizeof(WCHAR));
    SuggestedInstanceName->Length = 0;
    SuggestedInstanceName->Buffer = ExAllocatePoolWithTag(PagedPool, SuggestedInstanceName->MaximumLength, WMIP_TAG);
    if (SuggestedInstanceName->Buffer != NULL) {
        RtlAppendUnicodeStringToString(SuggestedInstanceName, &Path);
        if (CombineNames) {
            RtlAppendUnicodeToString(SuggestedInstanceName, L" ");
            RtlAppendUnicodeStringToString(SuggestedInstanceName, SymbolicLinkName);
        }
        SuggestedInstanceName->Buffer[SuggestedInstanceName->Length / sizeof(WCHAR)] = 0;
    }
    ExFreePoolWithTag(Path.Buffer, WMIP_TAG);
    return SuggestedInstanceName->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- instance numbers ---- */

typedef struct _WMIP_NUMBERS { /* kept until the machine ends, as numbers are never given out twice */
    struct _WMIP_NUMBERS *Next;
    GUID Guid;
    ULONG Used;
} WMIP_NUMBERS;
static WMIP_NUMBERS *WmipNumbers;

NT_EXPORT(IoWMIAllocateInstanceIds);
NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID *Guid, ULONG InstanceCount, ULONG *FirstInstanceId)
{
    WMIP_NUMBERS *Numbers = WmipNumbers;

    while (Numbers != NULL && !WmipSameGuid(&Numbers->Guid, Guid))
        Numbers = Numbers->Next;
    if (Numbers == NULL) {
        Numbers = ExAllocatePoolWithTag(PagedPool, sizeof(*Numbers), WMIP_TAG);
        if (Numbers == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Numbers->Guid = *Guid;
        Numbers->Used = 0;
        Numbers->Next = WmipNumbers;
        WmipNumbers = Numbers;
    }
    *FirstInstanceId = Numbers->Used + 1;
    Numbers->Used += InstanceCount;
    return STATUS_SUCCESS;
}
