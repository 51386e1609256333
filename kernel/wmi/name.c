/*
 * Static instance names: a list of the driver's, its base name and a number, or its device's instance path and a number. Two
 * instances of a class never have the same name: a number is added. [doc: Defining WMI Instance Names, WMIREGGUID]
 */
#include "wmip.h"

#include "../rtl/rtl.h"

#define WMIP_MOST_INSTANCES 4096u
#define WMIP_NUMBER_CHARS 12u /* "_4294967295" */

ULONG WmipFindName(const WMIP_BLOCK *Block, PCUNICODE_STRING Name)
{
    for (ULONG i = 0; WmipIsStatic(Block) && i < Block->InstanceCount; i++)
        if (RtlEqualUnicodeString(&Block->Names[i], Name, TRUE))
            return i;
    return MAXULONG;
}

/* The device's instance path. */
NTSTATUS WmipInstancePath(PDEVICE_OBJECT Pdo, PUNICODE_STRING Path)
{
    static const DEVPROPKEY InstanceId = {
        {0x78c34fc8, 0x104a, 0x4aca, {0x9e, 0xa4, 0x52, 0x4d, 0x52, 0x99, 0x6e, 0x57}}, 256}; /* DEVPKEY_Device_InstanceId */
    ULONG Bytes = 0;
    DEVPROPTYPE Type;
    NTSTATUS Status = IoGetDevicePropertyData(Pdo, &InstanceId, 0 /* LOCALE_NEUTRAL */, 0, 0, NULL, &Bytes, &Type);

    if (Status != STATUS_BUFFER_TOO_SMALL)
        return NT_SUCCESS(Status) ? STATUS_INVALID_DEVICE_REQUEST : Status;
    Path->Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, WMIP_TAG);
    if (Path->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IoGetDevicePropertyData(Pdo, &InstanceId, 0 /* LOCALE_NEUTRAL */, 0, Bytes, Path->Buffer, &Bytes, &Type);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Path->Buffer, WMIP_TAG);
        return Status;
    }
    Path->MaximumLength = (USHORT)Bytes;
    Path->Length = (USHORT)(Bytes - sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* The counted string at *Offset of Info, and *Offset past it; FALSE when it lies outside. */
static BOOLEAN WmipReadName(const WMIREGINFOW *Info, ULONG Bytes, PULONG Offset, PUNICODE_STRING Name)
{
    USHORT Length;

    if ((*Offset & 1) != 0 || *Offset > Bytes || Bytes - *Offset < sizeof(Length))
        return FALSE;
    Length = *(PUSHORT)((PUCHAR)Info + *Offset);
    *Offset += sizeof(Length);
    if ((Length & 1) != 0 || Bytes - *Offset < Length)
        return FALSE;
    Name->Buffer = (PWSTR)((PUCHAR)Info + *Offset);
    Name->Length = Name->MaximumLength = Length;
    *Offset += Length;
    while (Name->Length != 0 && Name->Buffer[Name->Length / sizeof(WCHAR) - 1] == 0)
        Name->Length -= sizeof(WCHAR); /* the count may hold a terminator */
    return TRUE;
}

/* How many bytes the names of the list take; 0 when one lies outside. */
static ULONG WmipListBytes(const WMIREGINFOW *Info, ULONG Bytes, const WMIREGGUIDW *Entry)
{
    ULONG Offset = Entry->InstanceNameList, Total = 0;
    UNICODE_STRING Name;

    for (ULONG i = 0; i < Entry->InstanceCount; i++) {
        if (!WmipReadName(Info, Bytes, &Offset, &Name))
            return 0;
        Total += Name.Length + WMIP_NUMBER_CHARS * sizeof(WCHAR);
    }
    return Total;
}

static BOOLEAN WmipNameIsTaken(const WMIP_BLOCK *Mine, ULONG Before, PCUNICODE_STRING Name)
{
    for (ULONG i = 0; i < Before; i++)
        if (RtlEqualUnicodeString(&Mine->Names[i], Name, TRUE))
            return TRUE;
    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink) {
        WMIP_PROVIDER *Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);

        if (Provider == Mine->Provider)
            continue; /* its old names go when the new ones come */
        for (PLIST_ENTRY At = Provider->Blocks.Flink; At != &Provider->Blocks; At = At->Flink) {
            WMIP_BLOCK *Block = CONTAINING_RECORD(At, WMIP_BLOCK, Link);

            if (WmipSameGuid(&Block->Guid, &Mine->Guid) && WmipFindName(Block, Name) != MAXULONG)
                return TRUE;
        }
    }
    return FALSE;
}

/* Base and, unless Format is NULL, Number, made unique; at *Text, which moves on. */
static VOID WmipWriteName(WMIP_BLOCK *Block, ULONG Index, PCUNICODE_STRING Base, PCWSTR Format, PWSTR *Text)
{
    UNICODE_STRING *Name = &Block->Names[Index];
    ULONG Number = Format != NULL ? Index : 0, Room = Base->Length / sizeof(WCHAR) + WMIP_NUMBER_CHARS;

    Name->Buffer = *Text;
    Name->MaximumLength = (USHORT)(Room * sizeof(WCHAR));
    do {
        RtlCopyMemory(Name->Buffer, Base->Buffer, Base->Length);
        Name->Length = Base->Length;
        if (Format != NULL) {
            int Added = _snwprintf(Name->Buffer + Base->Length / sizeof(WCHAR), WMIP_NUMBER_CHARS, Format, Number);

            Name->Length += (USHORT)(Added * sizeof(WCHAR));
        }
        Number++;
        Format = Format != NULL ? Format : L"_%lu";
    } while (WmipNameIsTaken(Block, Index, Name));
    *Text += Room;
}

static NTSTATUS WmipAllocateBlock(WMIP_PROVIDER *Provider, const WMIREGGUIDW *Entry, ULONG Names, ULONG TextBytes,
                                  WMIP_BLOCK **Result)
{
    SIZE_T Bytes = sizeof(WMIP_BLOCK) + Names * sizeof(UNICODE_STRING) + TextBytes;
    WMIP_BLOCK *Block = ExAllocatePoolWithTag(PagedPool, Bytes, WMIP_TAG);

    if (Block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Block, Bytes);
    Block->Provider = Provider;
    Block->References = 1;
    Block->Guid = Entry->Guid;
    Block->Flags = Entry->Flags;
    Block->InstanceCount = Names;
    if (Names != 0)
        Block->Names = (PUNICODE_STRING)(Block + 1);
    *Result = Block;
    return STATUS_SUCCESS;
}

/* Names of a base and a number each. */
static NTSTATUS WmipMakeNumbered(WMIP_PROVIDER *Provider, const WMIREGGUIDW *Entry, PCUNICODE_STRING Base, PCWSTR Format,
                                 WMIP_BLOCK **Result)
{
    ULONG Count = Entry->InstanceCount, Each = Base->Length + WMIP_NUMBER_CHARS * sizeof(WCHAR);
    NTSTATUS Status = WmipAllocateBlock(Provider, Entry, Count, Count * Each, Result);
    PWSTR Text;

    if (!NT_SUCCESS(Status) || Count == 0)
        return Status;
    Text = (PWSTR)((*Result)->Names + Count);
    for (ULONG i = 0; i < Count; i++)
        WmipWriteName(*Result, i, Base, Format, &Text);
    return STATUS_SUCCESS;
}

static NTSTATUS WmipMakeListed(WMIP_PROVIDER *Provider, const WMIREGINFOW *Info, ULONG Bytes, const WMIREGGUIDW *Entry,
                               WMIP_BLOCK **Result)
{
    ULONG Offset = Entry->InstanceNameList, TextBytes = WmipListBytes(Info, Bytes, Entry);
    UNICODE_STRING Name;
    NTSTATUS Status;
    PWSTR Text;

    if (TextBytes == 0 && Entry->InstanceCount != 0)
        return STATUS_INVALID_PARAMETER;
    Status = WmipAllocateBlock(Provider, Entry, Entry->InstanceCount, TextBytes, Result);
    if (!NT_SUCCESS(Status))
        return Status;
    Text = (PWSTR)((*Result)->Names + Entry->InstanceCount);
    for (ULONG i = 0; i < Entry->InstanceCount && WmipReadName(Info, Bytes, &Offset, &Name); i++)
        WmipWriteName(*Result, i, &Name, NULL, &Text);
    return STATUS_SUCCESS;
}

NTSTATUS WmipMakeBlock(WMIP_PROVIDER *Provider, const WMIREGINFOW *Info, ULONG Bytes, const WMIREGGUIDW *Entry,
                       WMIP_BLOCK **Block)
{
    ULONG Offset = Entry->BaseNameOffset;
    UNICODE_STRING Base;
    NTSTATUS Status;

    if (Entry->Flags & (WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_INSTANCE_PDO) &&
        Entry->InstanceCount > WMIP_MOST_INSTANCES)
        return STATUS_INVALID_PARAMETER;
    if (Entry->Flags & WMIREG_FLAG_INSTANCE_LIST)
        return WmipMakeListed(Provider, Info, Bytes, Entry, Block);
    if (Entry->Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
        if (!WmipReadName(Info, Bytes, &Offset, &Base))
            return STATUS_INVALID_PARAMETER;
        return WmipMakeNumbered(Provider, Entry, &Base, L"%lu", Block);
    }
    if (!(Entry->Flags & WMIREG_FLAG_INSTANCE_PDO))
        return WmipAllocateBlock(Provider, Entry, 0, 0, Block);
    Status = Entry->Pdo == 0 ? STATUS_INVALID_PARAMETER : WmipInstancePath((PVOID)Entry->Pdo, &Base);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = WmipMakeNumbered(Provider, Entry, &Base, L"_%lu", Block);
    ExFreePoolWithTag(Base.Buffer, WMIP_TAG);
    return Status;
}
