/*
 * Requests to providers: IRP_MJ_SYSTEM_CONTROL to the top of the device's stack, the WNODE structures that go with them, and what
 * comes back, checked. [doc: IRP_MN_QUERY_ALL_DATA, ..._SINGLE_INSTANCE, IRP_MN_CHANGE_..., IRP_MN_EXECUTE_METHOD]
 */
#include "wmip.h"

#include "../rtl/rtl.h"

#define WMIP_FIRST_ANSWER 1024u
#define WMIP_MOST_ANSWER 0x1000000u
#define WMIP_TRIES 4u
#define WmipAlign(n) (((n) + 7u) & ~7u)

VOID WmipComplain(const WMIP_PROVIDER *Provider, const char *What)
{
    char Line[256];
    int Bytes;

    if (Provider->Callback)
        Bytes = _snprintf(Line, sizeof(Line), "wmi: the provider with the callback %p: %s\n", Provider->Device, What);
    else
        Bytes = _snprintf(Line, sizeof(Line), "wmi: device %p of %wZ: %s\n", Provider->Device,
                          &Provider->Device->DriverObject->DriverName, What);
    if (Bytes < 0)
        Bytes = sizeof(Line);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
}

/* ---- one request ---- */

typedef NTSTATUS NTAPI WMIP_CALLBACK(UCHAR Minor, PVOID DataPath, ULONG BufferSize, PVOID Buffer, PVOID Context,
                                     PULONG Size);

static NTSTATUS NTAPI WmipRequestDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WmipSendIrp(PDEVICE_OBJECT Provider, PDEVICE_OBJECT Top, UCHAR Minor, PVOID DataPath, ULONG BufferSize,
                            PVOID Buffer, PULONG_PTR Information)
{
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status;
    KEVENT Done;

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED; /* what comes back when nobody handles it */
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    Stack->MinorFunction = Minor;
    Stack->Parameters.WMI.ProviderId = (ULONG_PTR)Provider;
    Stack->Parameters.WMI.DataPath = DataPath;
    Stack->Parameters.WMI.BufferSize = BufferSize;
    Stack->Parameters.WMI.Buffer = Buffer;
    IoSetCompletionRoutine(Irp, WmipRequestDone, &Done, TRUE, TRUE, TRUE);
    IofCallDriver(Top, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    Status = Irp->IoStatus.Status;
    if (Information != NULL)
        *Information = Irp->IoStatus.Information;
    IoFreeIrp(Irp);
    return Status;
}

NTSTATUS WmipSend(WMIP_PROVIDER *Provider, UCHAR Minor, PVOID DataPath, ULONG BufferSize, PVOID Buffer,
                  PULONG_PTR Information)
{
    PDEVICE_OBJECT Top;
    ULONG Size = 0;
    NTSTATUS Status;

    if (Provider->Callback) {
        Status = ((WMIP_CALLBACK *)(PVOID)Provider->Device)(Minor, DataPath, BufferSize, Buffer, NULL, &Size);
        if (Information != NULL)
            *Information = Size;
        return Status;
    }
    Top = IoGetAttachedDeviceReference(Provider->Device);
    Status = WmipSendIrp(Provider->Device, Top, Minor, DataPath, BufferSize, Buffer, Information);
    ObDereferenceObject(Top);
    return Status;
}

/* ---- WNODE_ALL_DATA ---- */

static ULONG WmipNameFlags(const WMIP_BLOCK *Block)
{
    if (!WmipIsStatic(Block))
        return 0;
    return WNODE_FLAG_STATIC_INSTANCE_NAMES | (Block->Flags & WMIREG_FLAG_INSTANCE_PDO ? WNODE_FLAG_PDO_INSTANCE_NAMES : 0);
}

static VOID WmipFillHeader(PWNODE_HEADER Header, const WMIP_BLOCK *Block, ULONG Bytes, ULONG Flags)
{
    RtlZeroMemory(Header, sizeof(*Header));
    Header->BufferSize = Bytes;
    Header->Guid = Block->Guid;
    Header->Flags = Flags | WmipNameFlags(Block);
    KeQuerySystemTimePrecise(&Header->TimeStamp);
}

static BOOLEAN WmipFits(ULONG Offset, ULONG64 Bytes, ULONG Size)
{
    return Offset <= Size && Bytes <= Size - Offset;
}

/* A counted name at Offset. */
static BOOLEAN WmipNameFits(PUCHAR Wnode, ULONG Offset, ULONG Size)
{
    return (Offset & 1) == 0 && WmipFits(Offset, sizeof(USHORT), Size) &&
           WmipFits(Offset + sizeof(USHORT), *(PUSHORT)(Wnode + Offset), Size);
}

static BOOLEAN WmipAllDataIsSound(const WMIP_BLOCK *Block, PWNODE_ALL_DATA All, ULONG Room)
{
    ULONG Size = All->WnodeHeader.BufferSize, Count = All->InstanceCount;

    if (Size > Room || Size < FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength))
        return FALSE;
    if (WmipIsStatic(Block) && Count > Block->InstanceCount)
        return FALSE;
    if (All->WnodeHeader.Flags & WNODE_FLAG_FIXED_INSTANCE_SIZE) {
        if (Count != 0 && !WmipFits(All->DataBlockOffset, (ULONG64)(Count - 1) * WmipAlign(All->FixedInstanceSize) +
                                                              All->FixedInstanceSize, Size))
            return FALSE;
    } else {
        if (!WmipFits(FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength), (ULONG64)Count * 8, Size))
            return FALSE;
        for (ULONG i = 0; i < Count; i++)
            if (!WmipFits(All->OffsetInstanceDataAndLength[i].OffsetInstanceData,
                          All->OffsetInstanceDataAndLength[i].LengthInstanceData, Size))
                return FALSE;
    }
    if (WmipIsStatic(Block) || Count == 0)
        return TRUE;
    if ((All->OffsetInstanceNameOffsets & 3) != 0 || !WmipFits(All->OffsetInstanceNameOffsets, (ULONG64)Count * 4, Size))
        return FALSE;
    for (ULONG i = 0; i < Count; i++)
        if (!WmipNameFits((PUCHAR)All, ((PULONG)((PUCHAR)All + All->OffsetInstanceNameOffsets))[i], Size))
            return FALSE;
    return TRUE;
}

/* Puts the names behind the data: consumers see them however they came to be. [doc: WNODE_FLAG_STATIC_INSTANCE_NAMES] */
static NTSTATUS WmipAddNames(const WMIP_BLOCK *Block, PWNODE_ALL_DATA *Answer)
{
    PWNODE_ALL_DATA Old = *Answer, New;
    ULONG Offset = WmipAlign(Old->WnodeHeader.BufferSize), At = Offset + Old->InstanceCount * sizeof(ULONG), Size = At;

    for (ULONG i = 0; i < Old->InstanceCount; i++)
        Size += sizeof(USHORT) + Block->Names[i].Length;
    New = ExAllocatePoolWithTag(NonPagedPoolNx, Size, WMIP_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(New, Size);
    RtlCopyMemory(New, Old, Old->WnodeHeader.BufferSize);
    New->WnodeHeader.BufferSize = Size;
    New->OffsetInstanceNameOffsets = Offset;
    for (ULONG i = 0; i < Old->InstanceCount; i++) {
        ((PULONG)((PUCHAR)New + Offset))[i] = At;
        *(PUSHORT)((PUCHAR)New + At) = Block->Names[i].Length;
        RtlCopyMemory((PUCHAR)New + At + sizeof(USHORT), Block->Names[i].Buffer, Block->Names[i].Length);
        At += sizeof(USHORT) + Block->Names[i].Length;
    }
    ExFreePoolWithTag(Old, WMIP_TAG);
    *Answer = New;
    return STATUS_SUCCESS;
}

/* What a WNODE_TOO_SMALL asks for, 0 when the answer is none. */
static ULONG WmipSizeNeeded(PWNODE_HEADER Header)
{
    return Header->Flags & WNODE_FLAG_TOO_SMALL ? ((PWNODE_TOO_SMALL)Header)->SizeNeeded : 0;
}

static NTSTATUS WmipQueryAllOnce(WMIP_BLOCK *Block, ULONG *Bytes, PWNODE_ALL_DATA *Answer)
{
    PWNODE_ALL_DATA All = ExAllocatePoolWithTag(NonPagedPoolNx, *Bytes, WMIP_TAG);
    ULONG Needed;
    NTSTATUS Status;

    if (All == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(All, *Bytes);
    WmipFillHeader(&All->WnodeHeader, Block, sizeof(WNODE_HEADER), WNODE_FLAG_ALL_DATA);
    Status = WmipSend(Block->Provider, IRP_MN_QUERY_ALL_DATA, &Block->Guid, *Bytes, All, NULL);
    Needed = WmipSizeNeeded(&All->WnodeHeader);
    if (NT_SUCCESS(Status) && Needed == 0 && WmipAllDataIsSound(Block, All, *Bytes)) {
        *Answer = All;
        return STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status) && Needed == 0)
        WmipComplain(Block->Provider, "the WNODE_ALL_DATA that it gave does not fit its own sizes");
    if (NT_SUCCESS(Status)) {
        Status = Needed > *Bytes && Needed <= WMIP_MOST_ANSWER ? STATUS_BUFFER_TOO_SMALL : STATUS_DATA_ERROR;
        *Bytes = Needed;
    }
    ExFreePoolWithTag(All, WMIP_TAG);
    return Status;
}

NTSTATUS WmipQueryAll(WMIP_BLOCK *Block, PWNODE_ALL_DATA *Answer)
{
    ULONG Bytes = WMIP_FIRST_ANSWER;
    NTSTATUS Status;

    for (ULONG i = 0; i < WMIP_TRIES; i++) {
        Status = WmipQueryAllOnce(Block, &Bytes, Answer);
        if (Status != STATUS_BUFFER_TOO_SMALL)
            break;
    }
    if (NT_SUCCESS(Status) && WmipIsStatic(Block)) {
        Status = WmipAddNames(Block, Answer);
        if (!NT_SUCCESS(Status))
            ExFreePoolWithTag(*Answer, WMIP_TAG);
    }
    return Status;
}

/* ---- one instance: WNODE_SINGLE_INSTANCE, and WNODE_SINGLE_ITEM or WNODE_METHOD_ITEM, which have one shape ---- */

static BOOLEAN WmipHasItem(const WMIP_TARGET *Target)
{
    return Target->Minor == IRP_MN_CHANGE_SINGLE_ITEM || Target->Minor == IRP_MN_EXECUTE_METHOD;
}

VOID WmipAnswerData(const WMIP_TARGET *Target, PVOID Answer, PVOID *Data, PULONG Bytes)
{
    PWNODE_SINGLE_INSTANCE Single = Answer;
    PWNODE_METHOD_ITEM Item = Answer;
    BOOLEAN HasItem = WmipHasItem(Target);

    *Data = (PUCHAR)Answer + (HasItem ? Item->DataBlockOffset : Single->DataBlockOffset);
    *Bytes = HasItem ? Item->SizeDataBlock : Single->SizeDataBlock;
}

/* The request as WMI gives it to a provider, in a buffer of *Bytes; NULL when there is no memory. */
static PVOID WmipMakeWnode(const WMIP_BLOCK *Block, ULONG Index, PCUNICODE_STRING Name, const WMIP_TARGET *Target,
                           ULONG Extra, PULONG Bytes)
{
    BOOLEAN HasItem = WmipHasItem(Target);
    ULONG Head = HasItem ? FIELD_OFFSET(WNODE_METHOD_ITEM, VariableData)
                         : FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData);
    ULONG Data = WmipAlign(Head + sizeof(USHORT) + Name->Length);
    ULONG Flag = Target->Minor == IRP_MN_EXECUTE_METHOD ? WNODE_FLAG_METHOD_ITEM
                 : HasItem                              ? WNODE_FLAG_SINGLE_ITEM
                                                        : WNODE_FLAG_SINGLE_INSTANCE;
    PWNODE_SINGLE_INSTANCE Single;
    PWNODE_METHOD_ITEM Item;

    *Bytes = Data + max(Target->InputBytes, Extra);
    Single = ExAllocatePoolWithTag(NonPagedPoolNx, *Bytes, WMIP_TAG);
    if (Single == NULL)
        return NULL;
    RtlZeroMemory(Single, *Bytes);
    WmipFillHeader(&Single->WnodeHeader, Block, Data + Target->InputBytes, Flag);
    Single->OffsetInstanceName = Head;
    Single->InstanceIndex = Index == MAXULONG ? 0 : Index;
    *(PUSHORT)((PUCHAR)Single + Head) = Name->Length;
    RtlCopyMemory((PUCHAR)Single + Head + sizeof(USHORT), Name->Buffer, Name->Length);
    RtlCopyMemory((PUCHAR)Single + Data, Target->Input, Target->InputBytes);
    if (HasItem) {
        Item = (PWNODE_METHOD_ITEM)Single;
        Item->MethodId = Target->Item;
        Item->DataBlockOffset = Data;
        Item->SizeDataBlock = Target->InputBytes;
    } else {
        Single->DataBlockOffset = Data;
        Single->SizeDataBlock = Target->InputBytes;
    }
    return Single;
}

/* One request; STATUS_BUFFER_TOO_SMALL with the whole size in *Needed when the provider wants more room. */
static NTSTATUS WmipAskOnce(WMIP_BLOCK *Block, ULONG Index, PCUNICODE_STRING Name, const WMIP_TARGET *Target, ULONG Extra,
                            PVOID *Answer, PULONG Needed)
{
    ULONG Bytes, DataBytes;
    PVOID Wnode = WmipMakeWnode(Block, Index, Name, Target, Extra, &Bytes), Data;
    NTSTATUS Status;

    if (Wnode == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = WmipSend(Block->Provider, Target->Minor, &Block->Guid, Bytes, Wnode, NULL);
    if (NT_SUCCESS(Status) && WmipSizeNeeded(Wnode) != 0) {
        *Needed = WmipSizeNeeded(Wnode) - (Bytes - max(Target->InputBytes, Extra));
        Status = STATUS_BUFFER_TOO_SMALL;
    } else if (NT_SUCCESS(Status)) {
        WmipAnswerData(Target, Wnode, &Data, &DataBytes);
        if (!WmipFits((ULONG)((PUCHAR)Data - (PUCHAR)Wnode), DataBytes, Bytes)) {
            WmipComplain(Block->Provider, "the data that it gave for an instance lies outside its buffer");
            Status = STATUS_DATA_ERROR;
        }
    }
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Wnode, WMIP_TAG);
    else
        *Answer = Wnode;
    return Status;
}

NTSTATUS WmipAskBlock(WMIP_BLOCK *Block, ULONG Index, PCUNICODE_STRING Name, const WMIP_TARGET *Target, PVOID *Answer,
                      PULONG Needed)
{
    ULONG Extra = Target->Minor == IRP_MN_QUERY_SINGLE_INSTANCE ? WMIP_FIRST_ANSWER : Target->OutputBytes;
    NTSTATUS Status = STATUS_UNSUCCESSFUL;

    for (ULONG i = 0; i < WMIP_TRIES; i++) {
        Status = WmipAskOnce(Block, Index, Name, Target, Extra, Answer, Needed);
        if (Status != STATUS_BUFFER_TOO_SMALL || Target->Minor != IRP_MN_QUERY_SINGLE_INSTANCE || *Needed <= Extra ||
            *Needed > WMIP_MOST_ANSWER)
            break; /* a method is not run twice: its caller makes the room */
        Extra = *Needed;
    }
    return Status;
}

NTSTATUS WmipAskInstance(const GUID *Guid, PCUNICODE_STRING Name, const WMIP_TARGET *Target, PVOID *Answer, PULONG Needed)
{
    WMIP_SNAPSHOT *Snapshot = WmipTakeSnapshot(Guid);
    NTSTATUS Status, Asked;

    if (Snapshot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = Snapshot->Count == 0 ? STATUS_WMI_GUID_NOT_FOUND : STATUS_WMI_INSTANCE_NOT_FOUND;
    for (ULONG i = 0; i < Snapshot->Count; i++) {
        WMIP_BLOCK *Block = Snapshot->Block[i];
        ULONG Index = WmipFindName(Block, Name);

        if ((Block->Flags & WMIREG_FLAG_EVENT_ONLY_GUID) || (WmipIsStatic(Block) && Index == MAXULONG))
            continue;
        Asked = WmipAskBlock(Block, Index, Name, Target, Answer, Needed);
        if (Asked == STATUS_WMI_INSTANCE_NOT_FOUND || Asked == STATUS_WMI_GUID_NOT_FOUND)
            continue; /* [doc] another provider may have it */
        Status = Asked;
        break;
    }
    WmipReleaseSnapshot(Snapshot);
    return Status;
}
