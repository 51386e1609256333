/*
 * The WMI library: turns WMI requests into calls of a driver's DpWmiXxx routines and their results into WNODE structures. It
 * calls nothing but ntoskrnl. [doc: WmiSystemControl, WmiCompleteRequest, WmiFireEvent, WMILIB_CONTEXT] As documented, only blocks
 * with static instance names, made of a base name or of the PDO, go through it.
 */
#include <ntddk.h>
#include <wmistr.h>
#include <wmilib.h>

#define WMILIB_TAG 'biLW'
#define WmilibAlign(n) (((n) + 7u) & ~7u)

/* ---- registration ---- */

typedef struct _WMILIB_ANSWERS { /* what the driver's DpWmiQueryReginfo said */
    ULONG Flags;
    UNICODE_STRING BaseName, MofName;
    PUNICODE_STRING RegistryPath;
    PDEVICE_OBJECT Pdo;
} WMILIB_ANSWERS;

/* A counted string at *At, which moves behind it. Returns where it lies. */
static ULONG WmilibPutString(PUCHAR Base, PULONG At, PCUNICODE_STRING Text)
{
    ULONG Offset = *At;

    *(PUSHORT)(Base + Offset) = Text->Length;
    RtlCopyMemory(Base + Offset + sizeof(USHORT), Text->Buffer, Text->Length);
    *At += sizeof(USHORT) + Text->Length;
    return Offset;
}

static VOID WmilibFillRegGuid(WMIREGGUIDW *Entry, const WMIGUIDREGINFO *Block, const WMILIB_ANSWERS *Answers,
                              ULONG BaseNameOffset)
{
    Entry->Guid = *Block->Guid;
    Entry->Flags = Block->Flags | Answers->Flags;
    Entry->InstanceCount = Block->InstanceCount;
    if (Entry->Flags & WMIREG_FLAG_INSTANCE_PDO) {
        ObReferenceObject(Answers->Pdo); /* WMI takes the reference [doc: IRP_MN_REGINFO_EX] */
        Entry->Pdo = (ULONG_PTR)Answers->Pdo;
    } else if (Entry->Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
        Entry->BaseNameOffset = BaseNameOffset;
    }
}

static NTSTATUS WmilibFillRegInfo(PWMILIB_CONTEXT Context, const WMILIB_ANSWERS *Answers, WMIREGINFOW *Info, ULONG Room,
                                  PULONG_PTR Information)
{
    static const UNICODE_STRING Nothing = {0};
    PCUNICODE_STRING Path = Answers->RegistryPath != NULL ? Answers->RegistryPath : &Nothing;
    ULONG At = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + Context->GuidCount * sizeof(WMIREGGUIDW), BaseName;
    ULONG Size = At + 3 * sizeof(USHORT) + Answers->BaseName.Length + Answers->MofName.Length + Path->Length;

    if (Size > Room) {
        *(PULONG)Info = Size;
        *Information = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(Info, Size);
    Info->BufferSize = Size;
    Info->GuidCount = Context->GuidCount;
    BaseName = WmilibPutString((PUCHAR)Info, &At, &Answers->BaseName);
    Info->MofResourceName = WmilibPutString((PUCHAR)Info, &At, &Answers->MofName);
    Info->RegistryPath = WmilibPutString((PUCHAR)Info, &At, Path);
    for (ULONG i = 0; i < Context->GuidCount; i++)
        WmilibFillRegGuid(&Info->WmiRegGuid[i], &Context->GuidList[i], Answers, BaseName);
    *Information = Size;
    return STATUS_SUCCESS;
}

static NTSTATUS WmilibRegister(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    WMILIB_ANSWERS Answers;
    NTSTATUS Status;

    RtlZeroMemory(&Answers, sizeof(Answers));
    Status = Context->QueryWmiRegInfo(Device, &Answers.Flags, &Answers.BaseName, &Answers.RegistryPath, &Answers.MofName,
                                      &Answers.Pdo);
    if (NT_SUCCESS(Status) && (Answers.Flags & WMIREG_FLAG_INSTANCE_PDO) && Answers.Pdo == NULL)
        Status = STATUS_INVALID_DEVICE_REQUEST;
    if (NT_SUCCESS(Status))
        Status = WmilibFillRegInfo(Context, &Answers, Stack->Parameters.WMI.Buffer, Stack->Parameters.WMI.BufferSize,
                                   &Irp->IoStatus.Information);
    if ((Answers.Flags & WMIREG_FLAG_INSTANCE_BASENAME) && Answers.BaseName.Buffer != NULL)
        ExFreePool(Answers.BaseName.Buffer); /* [doc: DpWmiQueryReginfo] */
    return Status;
}

/* ---- requests: each is checked, then handed to the driver's routine, which completes it ---- */

static BOOLEAN WmilibFindGuid(PWMILIB_CONTEXT Context, const GUID *Guid, PULONG Index)
{
    for (ULONG i = 0; i < Context->GuidCount; i++)
        if (RtlCompareMemory(Context->GuidList[i].Guid, Guid, sizeof(*Guid)) == sizeof(*Guid)) {
            *Index = i;
            return TRUE;
        }
    return FALSE;
}

static NTSTATUS WmilibQueryAll(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp, ULONG Index)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PWNODE_ALL_DATA All = Stack->Parameters.WMI.Buffer;
    ULONG Count = Context->GuidList[Index].InstanceCount, Room = Stack->Parameters.WMI.BufferSize;
    ULONG Data = WmilibAlign(FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength) +
                             Count * sizeof(OFFSETINSTANCEDATAANDLENGTH));

    KeQuerySystemTime(&All->WnodeHeader.TimeStamp);
    All->DataBlockOffset = Data;
    All->InstanceCount = Count;
    if (Data >= Room) /* the driver is to say how much it needs */
        return Context->QueryWmiDataBlock(Device, Irp, Index, 0, Count, NULL, 0, NULL);
    return Context->QueryWmiDataBlock(Device, Irp, Index, 0, Count, (PULONG)All->OffsetInstanceDataAndLength, Room - Data,
                                      (PUCHAR)All + Data);
}

static NTSTATUS WmilibQueryOne(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp, ULONG Index)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer;
    ULONG Room = Stack->Parameters.WMI.BufferSize;

    KeQuerySystemTime(&One->WnodeHeader.TimeStamp);
    if (One->DataBlockOffset >= Room)
        return Context->QueryWmiDataBlock(Device, Irp, Index, One->InstanceIndex, 1, NULL, 0, NULL);
    return Context->QueryWmiDataBlock(Device, Irp, Index, One->InstanceIndex, 1, &One->SizeDataBlock,
                                      Room - One->DataBlockOffset, (PUCHAR)One + One->DataBlockOffset);
}

static NTSTATUS WmilibChange(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp, ULONG Index, UCHAR Minor)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer;
    PWNODE_SINGLE_ITEM Item = Stack->Parameters.WMI.Buffer;

    if (Minor == IRP_MN_CHANGE_SINGLE_INSTANCE)
        return Context->SetWmiDataBlock(Device, Irp, Index, One->InstanceIndex, One->SizeDataBlock,
                                        (PUCHAR)One + One->DataBlockOffset);
    return Context->SetWmiDataItem(Device, Irp, Index, Item->InstanceIndex, Item->ItemId, Item->SizeDataItem,
                                   (PUCHAR)Item + Item->DataBlockOffset);
}

static NTSTATUS WmilibExecute(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp, ULONG Index)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PWNODE_METHOD_ITEM Method = Stack->Parameters.WMI.Buffer;

    return Context->ExecuteWmiMethod(Device, Irp, Index, Method->InstanceIndex, Method->MethodId, Method->SizeDataBlock,
                                     Stack->Parameters.WMI.BufferSize - Method->DataBlockOffset,
                                     (PUCHAR)Method + Method->DataBlockOffset);
}

static NTSTATUS WmilibControl(PWMILIB_CONTEXT Context, PDEVICE_OBJECT Device, PIRP Irp, ULONG Index, UCHAR Minor)
{
    BOOLEAN Events = Minor == IRP_MN_ENABLE_EVENTS || Minor == IRP_MN_DISABLE_EVENTS;
    BOOLEAN Enable = Minor == IRP_MN_ENABLE_EVENTS || Minor == IRP_MN_ENABLE_COLLECTION;

    return Context->WmiFunctionControl(Device, Irp, Index, Events ? WmiEventControl : WmiDataBlockControl, Enable);
}

/* What is answered without the driver: an error, or a routine that it does not have. STATUS_PENDING: ask it. */
static NTSTATUS WmilibCheck(PWMILIB_CONTEXT Context, UCHAR Minor, PIO_STACK_LOCATION Stack, ULONG Index)
{
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer; /* items and methods start alike */
    BOOLEAN Named = Minor == IRP_MN_QUERY_SINGLE_INSTANCE || Minor == IRP_MN_CHANGE_SINGLE_INSTANCE ||
                    Minor == IRP_MN_CHANGE_SINGLE_ITEM || Minor == IRP_MN_EXECUTE_METHOD;

    if (Minor == IRP_MN_QUERY_ALL_DATA && Stack->Parameters.WMI.BufferSize < sizeof(WNODE_ALL_DATA))
        return STATUS_BUFFER_TOO_SMALL;
    if (Named && (!(One->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) ||
                  One->InstanceIndex >= Context->GuidList[Index].InstanceCount))
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    switch (Minor) {
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return Context->SetWmiDataBlock == NULL ? STATUS_WMI_READ_ONLY : STATUS_PENDING;
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return Context->SetWmiDataItem == NULL ? STATUS_WMI_READ_ONLY : STATUS_PENDING;
    case IRP_MN_EXECUTE_METHOD:
        return Context->ExecuteWmiMethod == NULL ? STATUS_INVALID_DEVICE_REQUEST : STATUS_PENDING;
    case IRP_MN_QUERY_ALL_DATA:
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return STATUS_PENDING;
    }
    return Context->WmiFunctionControl == NULL ? STATUS_SUCCESS : STATUS_PENDING;
}

NTSTATUS NTAPI WmiSystemControl(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                PSYSCTL_IRP_DISPOSITION IrpDisposition)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UCHAR Minor = Stack->MinorFunction;
    ULONG Index = 0;
    NTSTATUS Status;

    *IrpDisposition = IrpNotWmi;
    if (Minor > IRP_MN_EXECUTE_METHOD && Minor != IRP_MN_REGINFO_EX)
        return STATUS_SUCCESS;
    *IrpDisposition = IrpForward;
    if (Stack->Parameters.WMI.ProviderId != (ULONG_PTR)DeviceObject)
        return STATUS_SUCCESS;
    *IrpDisposition = IrpNotCompleted;
    if (Minor == IRP_MN_REGINFO || Minor == IRP_MN_REGINFO_EX) {
        Status = WmilibRegister(WmiLibInfo, DeviceObject, Irp);
        Irp->IoStatus.Status = Status;
        return Status;
    }
    Irp->IoStatus.Information = 0;
    Status = WmilibFindGuid(WmiLibInfo, Stack->Parameters.WMI.DataPath, &Index)
                 ? WmilibCheck(WmiLibInfo, Minor, Stack, Index)
                 : STATUS_WMI_GUID_NOT_FOUND;
    if (Status != STATUS_PENDING) {
        Irp->IoStatus.Status = Status;
        return Status;
    }
    *IrpDisposition = IrpProcessed;
    switch (Minor) {
    case IRP_MN_QUERY_ALL_DATA:
        return WmilibQueryAll(WmiLibInfo, DeviceObject, Irp, Index);
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return WmilibQueryOne(WmiLibInfo, DeviceObject, Irp, Index);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return WmilibChange(WmiLibInfo, DeviceObject, Irp, Index, Minor);
    case IRP_MN_EXECUTE_METHOD:
        return WmilibExecute(WmiLibInfo, DeviceObject, Irp, Index);
    default:
        return WmilibControl(WmiLibInfo, DeviceObject, Irp, Index, Minor);
    }
}

/* ---- completion ---- */

/* The lengths that the driver wrote become offsets and lengths; from the last on, as they lie over each other. */
static VOID WmilibSpreadLengths(PWNODE_ALL_DATA All)
{
    PULONG Lengths = (PULONG)All->OffsetInstanceDataAndLength;
    ULONG End = All->DataBlockOffset;

    for (ULONG i = 0; i < All->InstanceCount; i++)
        End += WmilibAlign(Lengths[i]);
    for (ULONG i = All->InstanceCount; i-- != 0;) {
        ULONG Length = Lengths[i];

        End -= WmilibAlign(Length);
        All->OffsetInstanceDataAndLength[i].OffsetInstanceData = End;
        All->OffsetInstanceDataAndLength[i].LengthInstanceData = Length;
    }
}

/* Where the data of a request's WNODE begin. */
static ULONG WmilibDataOffset(UCHAR Minor, PVOID Wnode)
{
    switch (Minor) {
    case IRP_MN_QUERY_ALL_DATA:
        return ((PWNODE_ALL_DATA)Wnode)->DataBlockOffset;
    case IRP_MN_QUERY_SINGLE_INSTANCE:
        return ((PWNODE_SINGLE_INSTANCE)Wnode)->DataBlockOffset;
    default:
        return ((PWNODE_METHOD_ITEM)Wnode)->DataBlockOffset;
    }
}

/* A request that gives data went well, or its buffer was too small. */
static NTSTATUS WmilibFinishData(UCHAR Minor, PVOID Buffer, ULONG Room, NTSTATUS Status, ULONG BufferUsed,
                                 PULONG_PTR Information)
{
    PWNODE_HEADER Header = Buffer;
    ULONG Size = WmilibDataOffset(Minor, Buffer) + BufferUsed;

    if (Status == STATUS_BUFFER_TOO_SMALL || Size > Room) {
        if (Room < sizeof(WNODE_TOO_SMALL))
            return STATUS_BUFFER_TOO_SMALL;
        Header->BufferSize = sizeof(WNODE_TOO_SMALL);
        Header->Flags |= WNODE_FLAG_TOO_SMALL;
        ((PWNODE_TOO_SMALL)Buffer)->SizeNeeded = Size;
        *Information = sizeof(WNODE_TOO_SMALL);
        return STATUS_SUCCESS;
    }
    Header->BufferSize = Size;
    *Information = Size;
    if (Minor == IRP_MN_QUERY_ALL_DATA)
        WmilibSpreadLengths(Buffer);
    else if (Minor == IRP_MN_QUERY_SINGLE_INSTANCE)
        ((PWNODE_SINGLE_INSTANCE)Buffer)->SizeDataBlock = BufferUsed;
    else
        ((PWNODE_METHOD_ITEM)Buffer)->SizeDataBlock = BufferUsed;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI WmiCompleteRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp, NTSTATUS Status, ULONG BufferUsed,
                                  CCHAR PriorityBoost)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UCHAR Minor = Stack->MinorFunction;

    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if ((NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) &&
        (Minor == IRP_MN_QUERY_ALL_DATA || Minor == IRP_MN_QUERY_SINGLE_INSTANCE || Minor == IRP_MN_EXECUTE_METHOD))
        Status = WmilibFinishData(Minor, Stack->Parameters.WMI.Buffer, Stack->Parameters.WMI.BufferSize, Status,
                                  BufferUsed, &Irp->IoStatus.Information);
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, PriorityBoost);
    return Status;
}

/* ---- events ---- */

NTSTATUS NTAPI WmiFireEvent(PDEVICE_OBJECT DeviceObject, LPCGUID Guid, ULONG InstanceIndex, ULONG EventDataSize,
                            PVOID EventData)
{
    ULONG Data = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData), Size = Data + EventDataSize;
    PWNODE_SINGLE_INSTANCE Event = ExAllocatePoolWithTag(NonPagedPool, Size, WMILIB_TAG);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (Event != NULL) {
        RtlZeroMemory(Event, Data);
        Event->WnodeHeader.BufferSize = Size;
        Event->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(DeviceObject);
        Event->WnodeHeader.Guid = *Guid;
        Event->WnodeHeader.Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
        KeQuerySystemTime(&Event->WnodeHeader.TimeStamp);
        Event->InstanceIndex = InstanceIndex;
        Event->DataBlockOffset = Data;
        Event->SizeDataBlock = EventDataSize;
        RtlCopyMemory((PUCHAR)Event + Data, EventData, EventDataSize);
        Status = IoWMIWriteEvent(Event);
        if (!NT_SUCCESS(Status))
            ExFreePoolWithTag(Event, WMILIB_TAG);
    }
    if (EventData != NULL)
        ExFreePool(EventData); /* [doc] */
    return Status;
}
