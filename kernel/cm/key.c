/*
 * Services on open keys: delete, enumerate, query, rename, flush, set information.
 */
#include "cmp.h"

static PVOID CmpAllocateImage(ULONG Bytes)
{
    PVOID Image = ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);

    if (Image != NULL)
        RtlZeroMemory(Image, Bytes);
    return Image;
}

static NTSTATUS CmpBuildBasic(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    PKEY_BASIC_INFORMATION Info;

    *Fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    *Bytes = *Fixed + Node->Name.Length;
    *Image = Info = CmpAllocateImage(*Bytes);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Info->LastWriteTime = Node->LastWriteTime;
    Info->NameLength = Node->Name.Length;
    RtlCopyMemory(Info->Name, Node->Name.Buffer, Node->Name.Length);
    return STATUS_SUCCESS;
}

static NTSTATUS CmpBuildNode(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    PKEY_NODE_INFORMATION Info;
    ULONG ClassOffset;

    *Fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    ClassOffset = (*Fixed + Node->Name.Length + 3) & ~3u;
    *Bytes = Node->Class.Length == 0 ? *Fixed + Node->Name.Length
                                     : ClassOffset + Node->Class.Length;
    *Image = Info = CmpAllocateImage(*Bytes);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Info->LastWriteTime = Node->LastWriteTime;
    Info->ClassOffset = Node->Class.Length == 0 ? MAXULONG : ClassOffset;
    Info->ClassLength = Node->Class.Length;
    Info->NameLength = Node->Name.Length;
    RtlCopyMemory(Info->Name, Node->Name.Buffer, Node->Name.Length);
    if (Node->Class.Length != 0)
        RtlCopyMemory((PUCHAR)Info + ClassOffset, Node->Class.Buffer, Node->Class.Length);
    return STATUS_SUCCESS;
}

static VOID CmpMeasure(CMP_NODE *Node, PKEY_FULL_INFORMATION Info)
{
    Info->SubKeys = Node->ChildCount;
    Info->Values = Node->ValueCount;
    for (PLIST_ENTRY Link = Node->Children.Flink; Link != &Node->Children; Link = Link->Flink) {
        CMP_NODE *Child = CONTAINING_RECORD(Link, CMP_NODE, Link);

        Info->MaxNameLen = max(Info->MaxNameLen, Child->Name.Length);
        Info->MaxClassLen = max(Info->MaxClassLen, Child->Class.Length);
    }
    for (PLIST_ENTRY Link = Node->Values.Flink; Link != &Node->Values; Link = Link->Flink) {
        CMP_VALUE *Value = CONTAINING_RECORD(Link, CMP_VALUE, Link);

        Info->MaxValueNameLen = max(Info->MaxValueNameLen, Value->Name.Length);
        Info->MaxValueDataLen = max(Info->MaxValueDataLen, Value->Bytes);
    }
}

static NTSTATUS CmpBuildFull(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    PKEY_FULL_INFORMATION Info;

    *Fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    *Bytes = *Fixed + Node->Class.Length;
    *Image = Info = CmpAllocateImage(*Bytes);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Info->LastWriteTime = Node->LastWriteTime;
    Info->ClassOffset = Node->Class.Length == 0 ? MAXULONG : *Fixed;
    Info->ClassLength = Node->Class.Length;
    CmpMeasure(Node, Info);
    RtlCopyMemory(Info->Class, Node->Class.Buffer, Node->Class.Length);
    return STATUS_SUCCESS;
}

typedef struct _CMP_NAME_INFORMATION { /* KEY_NAME_INFORMATION */
    ULONG NameLength;
    WCHAR Name[1];
} CMP_NAME_INFORMATION;

static NTSTATUS CmpBuildName(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    CMP_NAME_INFORMATION *Info;
    UNICODE_STRING Name;
    NTSTATUS Status = CmpFullName(Node, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    *Fixed = FIELD_OFFSET(CMP_NAME_INFORMATION, Name);
    *Bytes = *Fixed + Name.Length;
    *Image = Info = CmpAllocateImage(*Bytes);
    if (Info != NULL) {
        Info->NameLength = Name.Length;
        RtlCopyMemory(Info->Name, Name.Buffer, Name.Length);
    }
    CmpFreeString(&Name);
    return Info == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

typedef struct _CMP_CACHED_INFORMATION { /* KEY_CACHED_INFORMATION */
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, SubKeys, MaxNameLen, Values, MaxValueNameLen, MaxValueDataLen, NameLength;
} CMP_CACHED_INFORMATION;

static NTSTATUS CmpBuildCached(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    KEY_FULL_INFORMATION Full = {.TitleIndex = 0};
    CMP_CACHED_INFORMATION *Info = CmpAllocateImage(sizeof(*Info));

    *Image = Info;
    *Fixed = *Bytes = sizeof(*Info);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CmpMeasure(Node, &Full);
    Info->LastWriteTime = Node->LastWriteTime;
    Info->SubKeys = Full.SubKeys;
    Info->MaxNameLen = Full.MaxNameLen;
    Info->Values = Full.Values;
    Info->MaxValueNameLen = Full.MaxValueNameLen;
    Info->MaxValueDataLen = Full.MaxValueDataLen;
    Info->NameLength = Node->Name.Length;
    return STATUS_SUCCESS;
}

/* KEY_FLAGS_INFORMATION: Wow64Flags, KeyFlags (1 volatile, 2 symbolic link), ControlFlags. */
static NTSTATUS CmpBuildFlags(CMP_NODE *Node, PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    ULONG *Info = CmpAllocateImage(3 * sizeof(ULONG));

    *Image = Info;
    *Fixed = *Bytes = 3 * sizeof(ULONG);
    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Info[0] = Node->UserFlags;
    Info[1] = (Node->Volatile ? 1 : 0) | (Node->SymbolicLink ? 2 : 0);
    Info[2] = Node->ControlFlags;
    return STATUS_SUCCESS;
}

/* Virtualisation and handle tags: a word of no flags, since nothing sets them. */
static NTSTATUS CmpBuildZeroWord(PVOID *Image, ULONG *Bytes, ULONG *Fixed)
{
    *Fixed = *Bytes = sizeof(ULONG);
    *Image = CmpAllocateImage(sizeof(ULONG));
    return *Image == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Information about a key, built whole; *Fixed is the part that has to fit in the caller's buffer.
 */
static NTSTATUS CmpBuildKeyImage(CMP_NODE *Node, KEY_INFORMATION_CLASS Class, PVOID *Image,
                                 ULONG *Bytes, ULONG *Fixed)
{
    switch (Class) {
    case KeyBasicInformation: return CmpBuildBasic(Node, Image, Bytes, Fixed);
    case KeyNodeInformation: return CmpBuildNode(Node, Image, Bytes, Fixed);
    case KeyFullInformation: return CmpBuildFull(Node, Image, Bytes, Fixed);
    case KeyNameInformation: return CmpBuildName(Node, Image, Bytes, Fixed);
    case KeyCachedInformation: return CmpBuildCached(Node, Image, Bytes, Fixed);
    case KeyFlagsInformation: return CmpBuildFlags(Node, Image, Bytes, Fixed);
    case KeyVirtualizationInformation:
    case KeyHandleTagsInformation: return CmpBuildZeroWord(Image, Bytes, Fixed);
    default: return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS CmpReturnKey(CMP_NODE *Node, KEY_INFORMATION_CLASS Class, PVOID Buffer,
                             ULONG Length, PULONG ResultLength)
{
    ULONG Bytes, Fixed;
    PVOID Image;
    NTSTATUS Status = CmpBuildKeyImage(Node, Class, &Image, &Bytes, &Fixed);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpReturnImage(Image, Bytes, Fixed, Buffer, Length, ResultLength);
    ExpFreePool(Image, CMP_TAG, NULL);
    return Status;
}

NT_SERVICE(QueryKey);
NTSTATUS NTAPI NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
                          PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
    ACCESS_MASK Access = KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE;
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, Access, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_QUERY_KEY_INFORMATION Info = {.Object = Body,
                                      .KeyInformationClass = KeyInformationClass,
                                      .KeyInformation = KeyInformation,
                                      .Length = Length,
                                      .ResultLength = ResultLength};
    Status = CmpWatch(&Call, RegNtPreQueryKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpReturnKey(Body->Node, KeyInformationClass, KeyInformation, Length,
                              ResultLength);
    Status = CmpWatched(&Call, RegNtPostQueryKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}

static NTSTATUS CmpEnumerate(CMP_NODE *Node, ULONG Index, KEY_INFORMATION_CLASS Class, PVOID Buffer,
                             ULONG Length, PULONG ResultLength)
{
    CMP_NODE *Child = CmpChildAt(Node, Index);

    if (Class != KeyBasicInformation && Class != KeyNodeInformation &&
        Class != KeyFullInformation && Class != KeyNameInformation)
        return STATUS_INVALID_PARAMETER;
    if (Child == NULL)
        return STATUS_NO_MORE_ENTRIES;
    return CmpReturnKey(Child, Class, Buffer, Length, ResultLength);
}

NT_SERVICE(EnumerateKey);
NTSTATUS NTAPI NtEnumerateKey(HANDLE KeyHandle, ULONG Index,
                              KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                              ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_ENUMERATE_KEY_INFORMATION Info = {.Object = Body,
                                          .Index = Index,
                                          .KeyInformationClass = KeyInformationClass,
                                          .KeyInformation = KeyInformation,
                                          .Length = Length,
                                          .ResultLength = ResultLength};
    Status = CmpWatch(&Call, RegNtPreEnumerateKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpEnumerate(Body->Node, Index, KeyInformationClass, KeyInformation, Length,
                              ResultLength);
    Status = CmpWatched(&Call, RegNtPostEnumerateKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}

NT_SERVICE(DeleteKey);
NTSTATUS NTAPI NtDeleteKey(HANDLE KeyHandle)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, DELETE, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_DELETE_KEY_INFORMATION Info = {.Object = Body};
    Status = CmpWatch(&Call, RegNtPreDeleteKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpDeleteNode(Body->Node);
    Status = CmpWatched(&Call, RegNtPostDeleteKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}

NT_SERVICE(RenameKey);
NTSTATUS NTAPI NtRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    UNICODE_STRING Name;
    NTSTATUS Status = CmpCaptureString(NewName, CMP_MAX_KEY_NAME, &Name);

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG i = 0; i < Name.Length / sizeof(WCHAR); i++)
        if (Name.Buffer[i] == L'\\')
            Status = STATUS_INVALID_PARAMETER;
    if (Name.Length == 0)
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        Status = CmpReferenceKey(KeyHandle, KEY_WRITE, &Body);
    if (!NT_SUCCESS(Status))
        goto FreeName;
    REG_RENAME_KEY_INFORMATION Info = {.Object = Body, .NewName = &Name};
    Status = CmpWatch(&Call, RegNtPreRenameKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpRenameNode(Body->Node, &Name);
    Status = CmpWatched(&Call, RegNtPostRenameKey, Info, Body, Status);
    ObfDereferenceObject(Body);

FreeName:
    CmpFreeString(&Name);
    return Status;
}

/* Changes are in the host's log anyway; this gets the log onto the disk. */
NT_SERVICE(FlushKey);
NTSTATUS NTAPI NtFlushKey(HANDLE KeyHandle)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, 0, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_FLUSH_KEY_INFORMATION Info = {.Object = Body};
    Status = CmpWatch(&Call, RegNtPreFlushKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpFlushHives();
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpFlushLoaded(Body->Node);
    Status = CmpWatched(&Call, RegNtPostFlushKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}

static NTSTATUS CmpSetInformation(CMP_NODE *Node, KEY_SET_INFORMATION_CLASS Class, PVOID Buffer,
                                  ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Time;
    NTSTATUS Status;

    switch (Class) {
    case KeyWriteTimeInformation:
        if (Length != sizeof(Time))
            return STATUS_INFO_LENGTH_MISMATCH;
        Status = ExpCopyIn(&Time, Buffer, sizeof(Time), Mode);
        if (NT_SUCCESS(Status))
            Status = CmpLogKey(Node, Node->Descriptor, Time);
        if (NT_SUCCESS(Status))
            Node->LastWriteTime = Time;
        return Status;
    case KeyWow64FlagsInformation:
        return Length != sizeof(ULONG) ? STATUS_INFO_LENGTH_MISMATCH
                                       : ExpCopyIn(&Node->UserFlags, Buffer, sizeof(ULONG), Mode);
    case KeyControlFlagsInformation:
        return Length != sizeof(ULONG)
                   ? STATUS_INFO_LENGTH_MISMATCH
                   : ExpCopyIn(&Node->ControlFlags, Buffer, sizeof(ULONG), Mode);
    default: return STATUS_INVALID_PARAMETER;
    }
}

NT_SERVICE_PARTIAL(SetInformationKey,
                   "virtualisation, debug and handle tag classes: STATUS_INVALID_PARAMETER");
NTSTATUS NTAPI NtSetInformationKey(HANDLE KeyHandle,
                                   KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                   PVOID KeySetInformation, ULONG KeySetInformationLength)
{
    PCM_KEY_BODY Body;
    CMP_CALL Call = {0};
    NTSTATUS Status = CmpReferenceKey(KeyHandle, KEY_SET_VALUE, &Body);

    if (!NT_SUCCESS(Status))
        return Status;
    REG_SET_INFORMATION_KEY_INFORMATION Info = {.Object = Body,
                                                .KeySetInformationClass = KeySetInformationClass,
                                                .KeySetInformation = KeySetInformation,
                                                .KeySetInformationLength = KeySetInformationLength};
    Status = CmpWatch(&Call, RegNtPreSetInformationKey, Info, Body);
    if (NT_SUCCESS(Status) && !Call.Bypassed)
        Status = CmpSetInformation(Body->Node, KeySetInformationClass, KeySetInformation,
                                   KeySetInformationLength);
    Status = CmpWatched(&Call, RegNtPostSetInformationKey, Info, Body, Status);
    ObfDereferenceObject(Body);
    return Status;
}
