/*
 * Registration information: IRP_MN_REGINFO_EX (or IRP_MN_REGINFO, for drivers of Windows 2000) and what comes back, a chain of
 * WMIREGINFO structures, checked before any of it is used. Left out: the MOF resource, which nobody compiles here.
 */
#include "wmip.h"

#define WMIP_FIRST_BYTES 4096u
#define WMIP_MOST_BYTES 0x100000u

/* Whether Info, at Offset of Bytes, holds all the WMIREGGUIDs that it says. */
static BOOLEAN WmipIsSound(const WMIREGINFOW *Info, ULONG Bytes)
{
    return Bytes >= FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) && Info->BufferSize <= Bytes &&
           Info->BufferSize >= FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) &&
           Info->GuidCount <= (Info->BufferSize - FIELD_OFFSET(WMIREGINFOW, WmiRegGuid)) / sizeof(WMIREGGUIDW) &&
           Info->NextWmiRegInfo < Bytes;
}

static WMIP_BLOCK *WmipFindBlock(WMIP_PROVIDER *Provider, const GUID *Guid)
{
    for (PLIST_ENTRY Link = Provider->Blocks.Flink; Link != &Provider->Blocks; Link = Link->Flink)
        if (WmipSameGuid(&CONTAINING_RECORD(Link, WMIP_BLOCK, Link)->Guid, Guid))
            return CONTAINING_RECORD(Link, WMIP_BLOCK, Link);
    return NULL;
}

/* The driver has referenced the PDO for us. [doc: IRP_MN_REGINFO_EX] */
static VOID WmipDropPdo(const WMIREGGUIDW *Entry)
{
    if ((Entry->Flags & WMIREG_FLAG_INSTANCE_PDO) && Entry->Pdo != 0)
        ObDereferenceObject((PVOID)Entry->Pdo);
}

static NTSTATUS WmipEnterBlock(WMIP_PROVIDER *Provider, const WMIREGINFOW *Info, ULONG Bytes, const WMIREGGUIDW *Entry)
{
    WMIP_BLOCK *Old = WmipFindBlock(Provider, &Entry->Guid), *New = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!(Entry->Flags & WMIREG_FLAG_REMOVE_GUID))
        Status = WmipMakeBlock(Provider, Info, Bytes, Entry, &New);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Old != NULL) {
        if (New != NULL) {
            New->Collecting = Old->Collecting;
            New->Notifying = Old->Notifying;
        }
        RemoveEntryList(&Old->Link);
        InitializeListHead(&Old->Link);
        if (--Old->References == 0)
            ExFreePoolWithTag(Old, WMIP_TAG);
    }
    if (New != NULL)
        InsertTailList(&Provider->Blocks, &New->Link);
    return STATUS_SUCCESS;
}

static NTSTATUS WmipEnterAll(WMIP_PROVIDER *Provider, PUCHAR Buffer, ULONG Bytes)
{
    NTSTATUS Status, First = STATUS_SUCCESS;
    WMIREGINFOW *Info;
    ULONG At = 0;

    do {
        Info = (WMIREGINFOW *)(Buffer + At);
        if ((At & 7) != 0 || Bytes - At < sizeof(*Info) || !WmipIsSound(Info, Bytes - At)) {
            WmipComplain(Provider, "its registration information does not fit the size it gives");
            return STATUS_INVALID_PARAMETER;
        }
        for (ULONG i = 0; i < Info->GuidCount; i++) {
            Status = WmipEnterBlock(Provider, Info, Info->BufferSize, &Info->WmiRegGuid[i]);
            WmipDropPdo(&Info->WmiRegGuid[i]);
            if (Status == STATUS_INVALID_PARAMETER)
                WmipComplain(Provider, "an instance name of its registration information lies outside of it");
            if (NT_SUCCESS(First))
                First = Status;
        }
        At += Info->NextWmiRegInfo;
    } while (Info->NextWmiRegInfo != 0);
    return First;
}

/* One request; a buffer that is too small comes back with the size that would do in its first ULONG. [doc] */
static NTSTATUS WmipAskOnce(WMIP_PROVIDER *Provider, UCHAR Minor, ULONG_PTR DataPath, ULONG *Bytes, PUCHAR *Buffer)
{
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    *Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, *Bytes, WMIP_TAG);
    if (*Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(*Buffer, *Bytes);
    Status = WmipSend(Provider, Minor, (PVOID)DataPath, *Bytes, *Buffer, &Information);
    if (NT_SUCCESS(Status)) {
        *Bytes = (ULONG)min(Information, *Bytes);
        return Status;
    }
    if (Status == STATUS_BUFFER_TOO_SMALL)
        *Bytes = *(PULONG)*Buffer;
    ExFreePoolWithTag(*Buffer, WMIP_TAG);
    return Status;
}

NTSTATUS WmipAskForBlocks(WMIP_PROVIDER *Provider, ULONG_PTR DataPath)
{
    UCHAR Minor = Provider->Callback ? IRP_MN_REGINFO : IRP_MN_REGINFO_EX;
    ULONG Bytes = WMIP_FIRST_BYTES, Before;
    PUCHAR Buffer = NULL;
    NTSTATUS Status;

    do {
        Before = Bytes;
        Status = WmipAskOnce(Provider, Minor, DataPath, &Bytes, &Buffer);
        if (Minor == IRP_MN_REGINFO_EX && (Status == STATUS_NOT_SUPPORTED || Status == STATUS_INVALID_DEVICE_REQUEST)) {
            Minor = IRP_MN_REGINFO;
            Bytes = Before;
            Status = WmipAskOnce(Provider, Minor, DataPath, &Bytes, &Buffer);
        }
    } while (Status == STATUS_BUFFER_TOO_SMALL && Bytes > Before && Bytes <= WMIP_MOST_BYTES);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = WmipEnterAll(Provider, Buffer, Bytes);
    ExFreePoolWithTag(Buffer, WMIP_TAG);
    WmipAdjustGuid(NULL); /* consumers may have been there first */
    return Status;
}
