/*
 * The part of the registry that outlives the machine: which keys lie in a hive, what the host has
 * of it when the machine starts, and each change, which the host has in its log before the
 * operation goes on. Left out: the flags that NtSetInformationKey sets, which are gone with the
 * machine.
 */
#include "cmp.h"

typedef struct _CMP_HIVE {
    PCWSTR Path; /* below \Registry */
    ULONG Index; /* HAL_HIVE_* */
    BOOLEAN Loaded;
} CMP_HIVE;

#define CMP_USER                                                                                   \
    L"S-1-5-21-1004336348-1177238915-682003330-1001" /* as SeCreateProgramToken has it */

static CMP_HIVE CmpHive[HAL_HIVE_COUNT] = {
    {L"Machine\\System", HAL_HIVE_SYSTEM, FALSE}, {L"Machine\\Software", HAL_HIVE_SOFTWARE, FALSE},
    {L"User\\.Default", HAL_HIVE_DEFAULT, FALSE}, {L"Machine\\BCD00000000", HAL_HIVE_BCD, FALSE},
    {L"Machine\\SAM", HAL_HIVE_SAM, FALSE},       {L"Machine\\Security", HAL_HIVE_SECURITY, FALSE},
    {L"User\\" CMP_USER, HAL_HIVE_USER, FALSE},
};

static BOOLEAN CmpLoading; /* what is changed now comes from the host */
static ULONG CmpRepairs;   /* of the hive that is being loaded */
#define CMP_REPAIRS_NAMED 8

static BOOLEAN CmpIsKept(VOID)
{
    return (KiLoaderBlock->flags & HAL_FLAG_REGISTRY) != 0;
}

/* ---- changes ---- */

/* The node at the top of the hive that a node is in, or NULL: the host does not keep it. */
static CMP_NODE *CmpHiveRoot(CMP_NODE *Node)
{
    for (; Node != NULL && Node->Hive == 0; Node = Node->Parent)
        if (Node->Volatile)
            return NULL;
    return Node;
}

static ULONG CmpPathBytes(CMP_NODE *Root, CMP_NODE *Node, PCUNICODE_STRING Child)
{
    ULONG Bytes = Child == NULL ? 0 : sizeof(USHORT) + Child->Length;

    for (; Node != Root; Node = Node->Parent)
        Bytes += sizeof(USHORT) + Node->Name.Length;
    return Bytes;
}

/* Writes one component of a path before End. */
static PUCHAR CmpPutComponent(PUCHAR End, PCUNICODE_STRING Name)
{
    End -= Name->Length;
    RtlCopyMemory(End, Name->Buffer, Name->Length);
    End -= sizeof(Name->Length);
    RtlCopyMemory(End, &Name->Length, sizeof(Name->Length));
    return End;
}

static VOID CmpPutPath(PUCHAR End, CMP_NODE *Root, CMP_NODE *Node, PCUNICODE_STRING Child)
{
    if (Child != NULL)
        End = CmpPutComponent(End, Child);
    for (; Node != Root; Node = Node->Parent)
        End = CmpPutComponent(End, &Node->Name);
}

static NTSTATUS CmpSend(ULONG Hive, const HAL_HIVE_RECORD *Record)
{
    HAL_HIVE_REQUEST Request = {.operation = HAL_HIVE_CHANGE, .hive = Hive, .total = Record->bytes};

    do {
        ULONG64 Rest = Request.total - Request.offset;

        Request.buffer = (ULONG64)Record + Request.offset;
        Request.length = Rest < HAL_HIVE_CHUNK ? (ULONG)Rest : HAL_HIVE_CHUNK;
        DD_ASSERT(HAL->hive(&Request) == HAL_OK);
        Request.offset += Request.length;
    } while (NT_SUCCESS((NTSTATUS)Request.status) && Request.offset < Request.total);
    return (NTSTATUS)Request.status;
}

NTSTATUS CmpSendChange(ULONG Hive, CMP_NODE *Root, CMP_NODE *Node, const CMP_CHANGE *Change)
{
    ULONG NameBytes = Change->Name == NULL ? 0 : Change->Name->Length;
    ULONG PathBytes = CmpPathBytes(Root, Node, Change->Child);
    ULONG64 Bytes = sizeof(HAL_HIVE_RECORD) + (ULONG64)PathBytes + NameBytes + Change->Bytes;
    HAL_HIVE_RECORD *Record;
    NTSTATUS Status;
    PUCHAR At;

    if (Bytes > HAL_HIVE_RECORD_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    Record = ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);
    if (Record == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Record = (HAL_HIVE_RECORD){.bytes = (ULONG)Bytes,
                                .operation = Change->Operation,
                                .type = Change->Type,
                                .path_bytes = PathBytes,
                                .name_bytes = NameBytes,
                                .data_bytes = Change->Bytes,
                                .time = (ULONG64)Change->Time.QuadPart};
    At = (PUCHAR)(Record + 1) + PathBytes;
    CmpPutPath(At, Root, Node, Change->Child);
    if (NameBytes != 0)
        RtlCopyMemory(At, Change->Name->Buffer, NameBytes);
    RtlCopyMemory(At + NameBytes, Change->Data, Change->Bytes);
    Status = CmpSend(Hive, Record);
    ExpFreePool(Record, CMP_TAG, NULL);
    return Status;
}

NTSTATUS CmpLogChange(CMP_NODE *Node, const CMP_CHANGE *Change)
{
    CMP_NODE *Root;

    if (!CmpIsKept() || CmpLoading)
        return STATUS_SUCCESS;
    Root = CmpHiveRoot(Node);
    return Root == NULL ? STATUS_SUCCESS : CmpSendChange(Root->Hive - 1, Root, Node, Change);
}

NTSTATUS CmpLogKey(CMP_NODE *Node, PSECURITY_DESCRIPTOR Descriptor, LARGE_INTEGER Time)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_KEY,
                         .Type = Node->SymbolicLink ? HAL_KEY_LINK : 0,
                         .Time = Time,
                         .Name = &Node->Class,
                         .Data = Descriptor,
                         .Bytes = RtlLengthSecurityDescriptor(Descriptor)};

    return CmpLogChange(Node, &Change);
}

NTSTATUS CmpFlushHives(VOID)
{
    HAL_HIVE_REQUEST Request = {.operation = HAL_HIVE_FLUSH};

    if (!CmpIsKept())
        return STATUS_SUCCESS;
    DD_ASSERT(HAL->hive(&Request) == HAL_OK);
    return (NTSTATUS)Request.status;
}

/* ---- loading ---- */

typedef struct _CMP_LOADER { /* a window on the host's records */
    ULONG Hive;
    ULONG64 Offset, Total; /* of what comes next from the host */
    PUCHAR Buffer;
    ULONG Start, End; /* of what is in it */
} CMP_LOADER;
#define CMP_LOAD_BYTES (HAL_HIVE_RECORD_LIMIT + HAL_HIVE_CHUNK)

static NTSTATUS CmpFetch(CMP_LOADER *Loader)
{
    HAL_HIVE_REQUEST Request = {.operation = HAL_HIVE_LOAD,
                                .hive = Loader->Hive,
                                .length = HAL_HIVE_CHUNK,
                                .offset = Loader->Offset};

    if (CMP_LOAD_BYTES - Loader->End < HAL_HIVE_CHUNK) {
        RtlMoveMemory(Loader->Buffer, Loader->Buffer + Loader->Start, Loader->End - Loader->Start);
        Loader->End -= Loader->Start;
        Loader->Start = 0;
    }
    Request.buffer = (ULONG64)Loader->Buffer + Loader->End;
    DD_ASSERT(HAL->hive(&Request) == HAL_OK);
    Loader->End += Request.length;
    Loader->Offset += Request.length;
    Loader->Total = Request.total;
    return (NTSTATUS)Request.status;
}

/* The next record, whole; NULL at the end. It is good until the one after it. */
static NTSTATUS CmpNextRecord(CMP_LOADER *Loader, HAL_HIVE_RECORD **Record)
{
    NTSTATUS Status = STATUS_SUCCESS;

    *Record = NULL;
    for (;;) {
        ULONG Held = Loader->End - Loader->Start, Bytes = sizeof(HAL_HIVE_RECORD);
        PVOID At = Loader->Buffer + Loader->Start;

        if (Held >= Bytes)
            Bytes = ((HAL_HIVE_RECORD *)At)->bytes;
        if (Held >= Bytes && Held != 0) {
            *Record = At;
            Loader->Start += Bytes;
            return STATUS_SUCCESS;
        }
        if (Loader->Offset == Loader->Total && Loader->Offset != 0)
            return Held == 0 ? STATUS_SUCCESS : STATUS_REGISTRY_CORRUPT;
        Status = CmpFetch(Loader);
        if (!NT_SUCCESS(Status) || Loader->Total == 0)
            return Status;
    }
}

static UNICODE_STRING CmpView(PUCHAR At, ULONG Bytes)
{
    return (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, (PWSTR)At};
}

/* The node that a record's path leads to; *Last: the last component when only that is missing. */
static CMP_NODE *CmpFollow(CMP_NODE *Root, PUCHAR Path, ULONG Bytes, PUNICODE_STRING Last)
{
    PUCHAR End = Path + Bytes;
    CMP_NODE *Node = Root;
    USHORT Length;

    Last->Length = 0;
    while (Node != NULL && Path < End) {
        CMP_NODE *Child;

        RtlCopyMemory(&Length, Path, sizeof(Length));
        *Last = CmpView(Path + sizeof(Length), Length);
        Path += sizeof(Length) + Length;
        Child = CmpFindChild(Node, Last);
        if (Child == NULL && Path == End)
            return Node;
        Node = Child;
    }
    Last->Length = 0;
    return Node;
}

static VOID CmpSay(const char *Format, ...)
{
    char Text[640] = "registry: ";
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text + 10, sizeof(Text) - 12, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 2] = 0;
    strcat(Text, "\n");
    HAL->write(HAL_STREAM_LOG, (ULONG64)Text, strlen(Text), KeVirtualTime());
}

/* A key with a damaged descriptor has what it would inherit, also for the host from now on. */
static NTSTATUS CmpRepairDescriptor(CMP_NODE *Node)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_KEY,
                         .Type = Node->SymbolicLink ? HAL_KEY_LINK : 0,
                         .Time = Node->LastWriteTime,
                         .Name = &Node->Class,
                         .Data = Node->Descriptor,
                         .Bytes = RtlLengthSecurityDescriptor(Node->Descriptor)};
    CMP_NODE *Root = CmpHiveRoot(Node);
    UNICODE_STRING Name;

    if (CmpRepairs++ < CMP_REPAIRS_NAMED && NT_SUCCESS(CmpFullName(Node, &Name))) {
        CmpSay("the security descriptor of %wZ is damaged; it has an inherited one now", &Name);
        ExFreePool(Name.Buffer);
    }
    return CmpSendChange(Root->Hive - 1, Root, Node, &Change);
}

static NTSTATUS CmpLoadDescriptor(CMP_NODE *Node, PUCHAR Data, ULONG Bytes)
{
    PSECURITY_DESCRIPTOR Copy;
    NTSTATUS Status;

    if (Bytes == 0) /* what it has inherited */
        return STATUS_SUCCESS;
    Copy = ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Data, Bytes);
    if (!RtlValidRelativeSecurityDescriptor(Copy, Bytes, 0)) {
        ExpFreePool(Copy, CMP_TAG, NULL);
        return CmpLoading ? CmpRepairDescriptor(Node) : STATUS_REGISTRY_CORRUPT;
    }
    Status = CmpLogKey(Node, Copy, Node->LastWriteTime);
    if (!NT_SUCCESS(Status)) {
        ExpFreePool(Copy, CMP_TAG, NULL);
        return Status;
    }
    ExFreePool(Node->Descriptor);
    Node->Descriptor = Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpLoadKey(CMP_NODE *Node, PUNICODE_STRING Last, const HAL_HIVE_RECORD *Record,
                           PUCHAR Name, PUCHAR Data)
{
    UNICODE_STRING Class = CmpView(Name, Record->name_bytes);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Last->Length != 0)
        Status = CmpCreateNode(Node, Last, &Class,
                               Record->type & HAL_KEY_LINK ? REG_OPTION_CREATE_LINK : 0, NULL, NULL,
                               &Node);
    if (NT_SUCCESS(Status))
        Status = CmpLoadDescriptor(Node, Data, Record->data_bytes);
    if (NT_SUCCESS(Status))
        Node->LastWriteTime.QuadPart = (LONGLONG)Record->time;
    return Status;
}

/* The host has checked the record; names that differ for it can be one for us. */
static NTSTATUS CmpLoadRecord(CMP_NODE *Root, const HAL_HIVE_RECORD *Record)
{
    PUCHAR Path = (PUCHAR)(Record + 1), Name = Path + Record->path_bytes,
           Data = Name + Record->name_bytes;
    UNICODE_STRING Last, ValueName = CmpView(Name, Record->name_bytes);
    CMP_NODE *Node = CmpFollow(Root, Path, Record->path_bytes, &Last);
    LARGE_INTEGER Time;
    NTSTATUS Status;

    if (Node == NULL)
        return STATUS_REGISTRY_CORRUPT;
    if (Record->operation == HAL_CHANGE_KEY)
        return Last.Length == 0 && Node != Root ? STATUS_REGISTRY_CORRUPT
                                                : CmpLoadKey(Node, &Last, Record, Name, Data);
    if (Record->operation != HAL_CHANGE_SET_VALUE || Last.Length != 0 ||
        CmpFindValue(Node, &ValueName) != NULL)
        return STATUS_REGISTRY_CORRUPT;
    Time = Node->LastWriteTime;
    Status = CmpSetValue(Node, &ValueName, Record->type, Data, Record->data_bytes);
    Node->LastWriteTime = Time;
    return Status;
}

NTSTATUS CmpLoadRecords(ULONG Hive, CMP_NODE *Root, PBOOLEAN Any)
{
    CMP_LOADER Loader = {.Hive = Hive};
    HAL_HIVE_RECORD *Record;
    NTSTATUS Status;

    *Any = FALSE;
    Loader.Buffer = ExpAllocatePool(PagedPool, CMP_LOAD_BYTES, CMP_TAG, FALSE, NULL);
    if (Loader.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = CmpNextRecord(&Loader, &Record);
    while (NT_SUCCESS(Status) && Record != NULL) {
        *Any = TRUE;
        Status = CmpLoadRecord(Root, Record);
        if (NT_SUCCESS(Status))
            Status = CmpNextRecord(&Loader, &Record);
    }
    ExpFreePool(Loader.Buffer, CMP_TAG, NULL);
    return Status;
}

/* There are no lasting changes in a registry that is not what it was. */
static DECLSPEC_NORETURN VOID CmpStop(PCWSTR Path, NTSTATUS Status)
{
    KeSetBugCheckText(
        "The registry cannot be had from the host, or kept there: \\Registry\\%S, status 0x%08x.",
        Path, Status);
    KeBugCheckEx(0x67 /* CONFIG_INITIALIZATION_FAILED */, 0, 0, (ULONG_PTR)Status, 0);
}

/* A user's own keys are the user's to change. */
static NTSTATUS CmpGiveToUser(CMP_NODE *Node)
{
    UNICODE_STRING Sddl =
        RTL_CONSTANT_STRING(L"O:BAG:SYD:(A;CI;KA;;;" CMP_USER L")(A;CI;KA;;;SY)(A;CI;KA;;;BA)");
    PSECURITY_DESCRIPTOR Descriptor;
    ULONG Bytes;
    NTSTATUS Status = SeConvertSddl(&Sddl, &Descriptor, &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    ExFreePool(Node->Descriptor);
    Node->Descriptor = Descriptor;
    return STATUS_SUCCESS;
}

NTSTATUS CmpLoadHives(VOID)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG i = 0; i < RTL_NUMBER_OF(CmpHive) && NT_SUCCESS(Status); i++) {
        CMP_NODE *Root;

        Status = CmpMakePath(CmpHive[i].Path, FALSE, &Root);
        if (NT_SUCCESS(Status) && CmpHive[i].Index == HAL_HIVE_USER)
            Status = CmpGiveToUser(Root);
        if (!NT_SUCCESS(Status) || !CmpIsKept())
            continue;
        Root->Hive = (UCHAR)(CmpHive[i].Index + 1);
        CmpLoading = TRUE;
        CmpRepairs = 0;
        Status = CmpLoadRecords(CmpHive[i].Index, Root, &CmpHive[i].Loaded);
        CmpLoading = FALSE;
        if (CmpRepairs > CMP_REPAIRS_NAMED)
            CmpSay("%S: %lu keys were repaired so", CmpHive[i].Path, CmpRepairs);
        if (NT_SUCCESS(Status) && !CmpHive[i].Loaded)
            Status = CmpLogKey(Root, Root->Descriptor, Root->LastWriteTime);
        if (!NT_SUCCESS(Status))
            CmpStop(CmpHive[i].Path, Status);
    }
    return Status;
}

BOOLEAN CmpIsLoaded(PCWSTR Path)
{
    UNICODE_STRING String, Prefix;

    RtlInitUnicodeString(&String, Path);
    for (ULONG i = 0; i < RTL_NUMBER_OF(CmpHive); i++) {
        RtlInitUnicodeString(&Prefix, CmpHive[i].Path);
        if (CmpHive[i].Loaded && RtlPrefixUnicodeString(&Prefix, &String, TRUE))
            return TRUE;
    }
    return FALSE;
}

VOID CmpFinishHives(VOID)
{
    HAL_HIVE_REQUEST Request = {.operation = HAL_HIVE_READY};

    if (!CmpIsKept())
        return;
    DD_ASSERT(HAL->hive(&Request) == HAL_OK);
    if (!NT_SUCCESS((NTSTATUS)Request.status))
        CmpStop(L"Machine", (NTSTATUS)Request.status);
}
