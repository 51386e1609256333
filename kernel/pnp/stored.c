/*
 * Properties by key that somebody has set, of devices and interfaces: kept in the registry, below
 * the device's or interface's key as Properties\{category}\NNNN, a value for each locale whose type
 * is 0xFFFF0000 with the property's, where user mode finds them. [doc: IoSetDevicePropertyData;
 * since Windows 8 all are kept over a restart, and the neutral locale is one like any other]
 */
#include "pnpp.h"

enum {
    PNP_USER_LOCALE = 0x400,
    PNP_SYSTEM_LOCALE = 0x800
}; /* LOCALE_USER_DEFAULT, LOCALE_SYSTEM_DEFAULT */

/* The name of a locale's value; the neutral one's is empty. */
static UNICODE_STRING PnpLocaleName(LCID Lcid, WCHAR Text[10])
{
    UNICODE_STRING Name;

    Text[0] = 0;
    if (Lcid != 0)
        _snwprintf(Text, 10, L"%04lX", Lcid);
    RtlInitUnicodeString(&Name, Text);
    return Name;
}

static UNICODE_STRING PnpStoredKey(PCUNICODE_STRING Base, const DEVPROPKEY *Key)
{
    UNICODE_STRING Guid, Path = { 0, 0, NULL };

    if (!NT_SUCCESS(RtlStringFromGUID(&Key->fmtid, &Guid)))
        return Path;
    Path = PnpFormat(L"%wZ\\Properties\\%wZ\\%04lX", Base, &Guid, Key->pid);
    RtlFreeUnicodeString(&Guid);
    return Path;
}

/* Without values, the key says nothing. */
static VOID PnpDropEmptyKey(HANDLE Key)
{
    KEY_FULL_INFORMATION Info;
    ULONG Bytes;
    NTSTATUS Status = ZwQueryKey(Key, KeyFullInformation, &Info, sizeof(Info), &Bytes);

    if ((NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) && Info.Values == 0)
        ZwDeleteKey(Key);
}

static NTSTATUS PnpDeleteStored(PCUNICODE_STRING Path, PUNICODE_STRING Name)
{
    HANDLE Key;
    NTSTATUS Status = PnpOpenExistingKey(Path, KEY_ALL_ACCESS, &Key);

    if (NT_SUCCESS(Status)) {
        Status = ZwDeleteValueKey(Key, Name);
        PnpDropEmptyKey(Key);
        ZwClose(Key);
    }
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : Status; /* it is not there */
}

static NTSTATUS PnpWriteStored(PCUNICODE_STRING Path, PUNICODE_STRING Name, DEVPROPTYPE Type,
                               ULONG Size, const VOID *Data)
{
    HANDLE Key;
    NTSTATUS Status = PnpOpenKey(Path, KEY_ALL_ACCESS, &Key);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetValueKey(Key, Name, 0, PNP_STORED_TYPE | Type, (PVOID)Data, Size);
    ZwClose(Key);
    return Status;
}

NTSTATUS PnpSetStored(PCUNICODE_STRING Base, const DEVPROPKEY *Key, LCID Lcid, DEVPROPTYPE Type,
                      ULONG Size, const VOID *Data)
{
    UNICODE_STRING Path, Name;
    WCHAR Text[10];
    NTSTATUS Status;

    if (Lcid == PNP_SYSTEM_LOCALE || Lcid == PNP_USER_LOCALE ||
        (Type & ~DEVPROP_MASK_TYPE & ~DEVPROP_MASK_TYPEMOD) != 0)
        return STATUS_INVALID_PARAMETER;
    Path = PnpStoredKey(Base, Key);
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Name = PnpLocaleName(Lcid, Text);
    Status = Data == NULL ? PnpDeleteStored(&Path, &Name)
                          : PnpWriteStored(&Path, &Name, Type, Size, Data);
    PnpFree(&Path);
    return Status;
}

static NTSTATUS PnpReadStored(HANDLE Key, PUNICODE_STRING Name, ULONG Size, PVOID Data,
                              PULONG RequiredSize, PDEVPROPTYPE Type)
{
    ULONG Room = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + Size, Bytes;
    PKEY_VALUE_PARTIAL_INFORMATION Info =
        ExAllocatePoolWithTag(PagedPool, Room + sizeof(ULONG), PNP_TAG);
    NTSTATUS Status;

    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwQueryValueKey(Key, Name, KeyValuePartialInformation, Info, Room, &Bytes);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
        *RequiredSize = Info->DataLength;
        *Type = Info->Type & ~PNP_STORED_TYPE;
    }
    if (NT_SUCCESS(Status))
        RtlCopyMemory(Data, Info->Data, Info->DataLength);
    ExFreePoolWithTag(Info, PNP_TAG);
    return Status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : Status;
}

NTSTATUS PnpGetStored(PCUNICODE_STRING Base, const DEVPROPKEY *Key, LCID Lcid, ULONG Size,
                      PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    UNICODE_STRING Path = PnpStoredKey(Base, Key), Name;
    WCHAR Text[10];
    NTSTATUS Status;
    HANDLE Handle;

    *RequiredSize = 0;
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpOpenExistingKey(&Path, KEY_READ, &Handle);
    PnpFree(&Path);
    if (!NT_SUCCESS(Status))
        return Status;
    Name = PnpLocaleName(Lcid, Text);
    Status = PnpReadStored(Handle, &Name, Size, Data, RequiredSize, Type);
    ZwClose(Handle);
    return Status;
}
