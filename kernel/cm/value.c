/*
 * Services on values.
 */
#include "cmp.h"

static VOID CmpPutFull(CMP_VALUE *Value, PUCHAR Image, ULONG DataOffset)
{
    PKEY_VALUE_FULL_INFORMATION Info = (PKEY_VALUE_FULL_INFORMATION)Image;

    Info->TitleIndex = 0;
    Info->Type = Value->Type;
    Info->DataOffset = DataOffset;
    Info->DataLength = Value->Bytes;
    Info->NameLength = Value->Name.Length;
    RtlCopyMemory(Info->Name, Value->Name.Buffer, Value->Name.Length);
    RtlCopyMemory(Image + DataOffset, Value->Data, Value->Bytes);
}

/*
 * Information about a value, built whole in CMP_TAG pool. Offsets of data are multiples of 4, or 8
 * for Align64.
 */
static NTSTATUS CmpBuildValueImage(CMP_VALUE *Value, KEY_VALUE_INFORMATION_CLASS Class,
                                   PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    ULONG DataOffset = 0, Align = Class == KeyValueFullInformationAlign64 ? 7 : 3;
    PUCHAR Build;

    switch (Class) {
    case KeyValueBasicInformation:
        *Fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
        *Bytes = *Fixed + Value->Name.Length;
        break;
    case KeyValueFullInformation:
    case KeyValueFullInformationAlign64:
        *Fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
        DataOffset = (*Fixed + Value->Name.Length + Align) & ~Align;
        *Bytes = DataOffset + Value->Bytes;
        break;
    case KeyValuePartialInformation:
        *Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
        *Bytes = *Fixed + Value->Bytes;
        break;
    case KeyValuePartialInformationAlign64:
        *Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
        *Bytes = *Fixed + Value->Bytes;
        break;
    default: return STATUS_INVALID_PARAMETER;
    }
    *Image = Build = ExpAllocatePool(PagedPool, *Bytes + 8, CMP_TAG, FALSE, NULL);
    if (Build == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Build, *Bytes);
    if (Class == KeyValueBasicInformation) {
        PKEY_VALUE_BASIC_INFORMATION Info = *Image;

        Info->Type = Value->Type;
        Info->NameLength = Value->Name.Length;
        RtlCopyMemory(Info->Name, Value->Name.Buffer, Value->Name.Length);
    } else if (DataOffset != 0) {
        CmpPutFull(Value, Build, DataOffset);
    } else {
        ULONG *Head = (ULONG *)Build +
                      (Class == KeyValuePartialInformation); /* TitleIndex only there */

        Head[0] = Value->Type;
        Head[1] = Value->Bytes;
        RtlCopyMemory(Build + *Fixed, Value->Data, Value->Bytes);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CmpReturnValue(CMP_VALUE *Value, KEY_VALUE_INFORMATION_CLASS Class, PVOID Buffer,
                               ULONG Length, PULONG ResultLength)
{
    ULONG Bytes, Fixed;
    PVOID Image;
    NTSTATUS Status = CmpBuildValueImage(Value, Class, &Image, &Bytes, &Fixed);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReturnImage(Image, Bytes, Fixed, Buffer, Length, ResultLength);
    ExpFreePool(Image, CMP_TAG, NULL);
    return Status;
}

NT_SERVICE(QueryValueKey);
NTSTATUS NTAPI NtQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    CMP_VALUE *Value;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpCaptureString(ValueName, CMP_MAX_VALUE_NAME, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReferenceKey(KeyHandle, KEY_QUERY_VALUE, &Body);
    if (!NT_SUCCESS(Status))
        goto FreeName;
    REG_QUERY_VALUE_KEY_INFORMATION Info = {.Object = Body,
                                            .ValueName = &Name,
                                            .KeyValueInformationClass = KeyValueInformationClass,
                                            .KeyValueInformation = KeyValueInformation,
                                            .Length = Length,
                                            .ResultLength = ResultLength};
    Status = CmpWatch(&Call, RegNtPreQueryValueKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed) {
        Value = CmpFindValue(Body->Node, &Name);
        Status = Value == NULL ? STATUS_OBJECT_NAME_NOT_FOUND
                               : CmpReturnValue(Value, KeyValueInformationClass,
                                                KeyValueInformation, Length, ResultLength);
    }
    Status = CmpWatched(&Call, RegNtPostQueryValueKey, Info, Body, Status);
    ObfDereferenceObject(Body);

FreeName:
    CmpFreeString(&Name);
    return Status;
}

NT_SERVICE(EnumerateValueKey);
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                                   KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    CMP_VALUE *Value;
    NTSTATUS Status = CmpReferenceKey(KeyHandle, KEY_QUERY_VALUE, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_ENUMERATE_VALUE_KEY_INFORMATION Info = {
        .Object = Body,
        .Index = Index,
        .KeyValueInformationClass = KeyValueInformationClass,
        .KeyValueInformation = KeyValueInformation,
        .Length = Length,
        .ResultLength = ResultLength};
    Status = CmpWatch(&Call, RegNtPreEnumerateValueKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed) {
        Value = CmpValueAt(Body->Node, Index);
        Status = Value == NULL ? STATUS_NO_MORE_ENTRIES
                               : CmpReturnValue(Value, KeyValueInformationClass,
                                                KeyValueInformation, Length, ResultLength);
    }
    Status = CmpWatched(&Call, RegNtPostEnumerateValueKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}

#define CMP_MAX_VALUE_BYTES \
    0x100000u /* 1 MiB, as NT's limit for new formats [doc: Registry element size limits] */

/* The caller's data, copied: a callback and the store must see the same bytes. */
static NTSTATUS CmpCaptureData(PVOID Data, ULONG Bytes, PVOID *Copy)
{
    NTSTATUS Status;

    *Copy = NULL;
    if (Bytes > CMP_MAX_VALUE_BYTES)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Bytes == 0)
        return STATUS_SUCCESS;
    *Copy = ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);
    if (*Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ExpCopyIn(*Copy, Data, Bytes, ExGetPreviousMode());
    if (!NT_SUCCESS(Status))
        ExpFreePool(*Copy, CMP_TAG, NULL);
    return Status;
}

NT_SERVICE(SetValueKey);
NTSTATUS NTAPI NtSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex,
                             ULONG Type, PVOID Data, ULONG DataSize)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    UNICODE_STRING Name;
    PVOID Copy;
    NTSTATUS Status = CmpCaptureString(ValueName, CMP_MAX_VALUE_NAME, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpCaptureData(Data, DataSize, &Copy);
    if (!NT_SUCCESS(Status))
        goto FreeName;
    Status = CmpReferenceKey(KeyHandle, KEY_SET_VALUE, &Body);
    if (!NT_SUCCESS(Status))
        goto FreeCopy;
    REG_SET_VALUE_KEY_INFORMATION Info = {.Object = Body,
                                          .ValueName = &Name,
                                          .TitleIndex = TitleIndex,
                                          .Type = Type,
                                          .Data = Copy,
                                          .DataSize = DataSize};
    Status = CmpWatch(&Call, RegNtPreSetValueKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpSetValue(Body->Node, &Name, Type, Copy, DataSize);
    Status = CmpWatched(&Call, RegNtPostSetValueKey, Info, Body, Status);
    ObfDereferenceObject(Body);

FreeCopy:
    if (Copy != NULL)
        ExpFreePool(Copy, CMP_TAG, NULL);
FreeName:
    CmpFreeString(&Name);
    return Status;
}

NT_SERVICE(DeleteValueKey);
NTSTATUS NTAPI NtDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    UNICODE_STRING Name;
    NTSTATUS Status = CmpCaptureString(ValueName, CMP_MAX_VALUE_NAME, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReferenceKey(KeyHandle, KEY_SET_VALUE, &Body);
    if (!NT_SUCCESS(Status))
        goto FreeName;
    REG_DELETE_VALUE_KEY_INFORMATION Info = {.Object = Body, .ValueName = &Name};
    Status = CmpWatch(&Call, RegNtPreDeleteValueKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpDeleteValue(Body->Node, &Name);
    Status = CmpWatched(&Call, RegNtPostDeleteValueKey, Info, Body, Status);
    ObfDereferenceObject(Body);

FreeName:
    CmpFreeString(&Name);
    return Status;
}

/* ---- several values at once ---- */

/* Room taken in the caller's buffer, in multiples of four bytes. [doc: ZwQueryMultipleValueKey] */
static ULONG CmpRoomOf(CMP_VALUE *Value)
{
    return (Value->Bytes + 3) & ~3u;
}

/* Fills the entry and copies the data if there is room; *Offset goes on either way. */
static NTSTATUS CmpReturnEntry(CMP_NODE *Node, PKEY_VALUE_ENTRY Entry, PUCHAR Buffer, ULONG Length,
                               PULONG Offset)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UNICODE_STRING Name;
    CMP_VALUE *Value;
    KEY_VALUE_ENTRY Copy;
    NTSTATUS Status = ExpCopyIn(&Copy, Entry, sizeof(Copy), Mode);

    if (NT_SUCCESS(Status))
        Status = CmpCaptureString(Copy.ValueName, CMP_MAX_VALUE_NAME, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Value = CmpFindValue(Node, &Name);
    CmpFreeString(&Name);
    if (Value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Copy.DataLength = Value->Bytes;
    Copy.DataOffset = *Offset;
    Copy.Type = Value->Type;
    if (*Offset + Value->Bytes <= Length) {
        Status = ExpCopyOut(Entry, &Copy, sizeof(Copy), Mode);
        if (NT_SUCCESS(Status))
            Status = ExpCopyOut(Buffer + *Offset, Value->Data, Value->Bytes, Mode);
    }
    *Offset += CmpRoomOf(Value);
    return Status;
}

static NTSTATUS CmpQueryMultiple(CMP_NODE *Node, PKEY_VALUE_ENTRY Entries, ULONG Count, PVOID Buffer,
                                 PULONG BufferLength, PULONG Required)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Length, Offset = 0;
    NTSTATUS Status = ExpCopyIn(&Length, BufferLength, sizeof(Length), Mode);

    for (ULONG i = 0; i < Count && NT_SUCCESS(Status); i++)
        Status = CmpReturnEntry(Node, &Entries[i], Buffer, Length, &Offset);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Required != NULL)
        Status = ExpCopyOut(Required, &Offset, sizeof(Offset), Mode);
    if (NT_SUCCESS(Status) && Offset <= Length)
        return ExpCopyOut(BufferLength, &Offset, sizeof(Offset), Mode);
    return NT_SUCCESS(Status) ? STATUS_BUFFER_OVERFLOW : Status;
}

NT_SERVICE(QueryMultipleValueKey);
NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries,
                                       ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, KEY_QUERY_VALUE, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION Info = {.Object = Body,
                                                     .ValueEntries = ValueEntries,
                                                     .EntryCount = EntryCount,
                                                     .ValueBuffer = ValueBuffer,
                                                     .BufferLength = BufferLength,
                                                     .RequiredBufferLength = RequiredBufferLength};
    Status = CmpWatch(&Call, RegNtPreQueryMultipleValueKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpQueryMultiple(Body->Node, ValueEntries, EntryCount, ValueBuffer, BufferLength,
                                  RequiredBufferLength);
    Status = CmpWatched(&Call, RegNtPostQueryMultipleValueKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}
