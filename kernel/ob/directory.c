/*
 * Directory objects: named objects by hashed name, and the services on them. Only one context ever runs and nothing
 * here blocks between a look and the change that follows it, so directories need no lock. Not modelled: shadow
 * directories, session private namespaces (\??  is the same for everybody).
 */
#include "obp.h"

POBJECT_TYPE ObpDirectoryObjectType;
POBP_DIRECTORY ObpRootDirectory;

static ULONG ObpHashName(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;
    USHORT i;

    for (i = 0; i < Name->Length / sizeof(WCHAR); i++)
        Hash = Hash * 31 + RtlUpcaseUnicodeChar(Name->Buffer[i]);
    return Hash % OBP_BUCKETS;
}

PVOID ObpFindEntry(POBP_DIRECTORY Directory, PCUNICODE_STRING Name, BOOLEAN IgnoreCase)
{
    PLIST_ENTRY Head = &Directory->Bucket[ObpHashName(Name)];
    PLIST_ENTRY Link;

    for (Link = Head->Flink; Link != Head; Link = Link->Flink) {
        POBP_INFO Info = CONTAINING_RECORD(Link, OBP_INFO, HashLinks);

        if (RtlEqualUnicodeString(&Info->Name, Name, IgnoreCase))
            return ((POBJECT_HEADER)(Info + 1))->Body;
    }
    return NULL;
}

BOOLEAN ObpInsertEntry(POBP_DIRECTORY Directory, PVOID Object, BOOLEAN IgnoreCase)
{
    POBP_INFO Info = OBP_INFO_OF(Object);

    DD_ASSERT(Info->Directory == NULL);
    if (ObpFindEntry(Directory, &Info->Name, IgnoreCase) != NULL)
        return FALSE;
    InsertTailList(&Directory->Bucket[ObpHashName(&Info->Name)], &Info->HashLinks);
    Directory->EntryCount++;
    Info->Directory = Directory;
    ObReferenceObject(Directory);
    ObReferenceObject(Object);
    return TRUE;
}

VOID ObpRemoveEntry(PVOID Object)
{
    POBP_INFO Info = OBP_INFO_OF(Object);
    POBP_DIRECTORY Directory = Info->Directory;

    if (Directory == NULL)
        return;
    RemoveEntryList(&Info->HashLinks);
    Directory->EntryCount--;
    Info->Directory = NULL;
    ObDereferenceObject(Directory);
    ObDereferenceObject(Object);
}

static VOID ObpInitBuckets(POBP_DIRECTORY Directory)
{
    ULONG i;

    for (i = 0; i < OBP_BUCKETS; i++)
        InitializeListHead(&Directory->Bucket[i]);
}

/* ---- start-up ---- */

NTSTATUS ObpInitDirectoryType(VOID)
{
    OB_TYPE_INITIALIZER Initializer = {
        .GenericMapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                           STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                           STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, DIRECTORY_ALL_ACCESS},
        .ValidAccessMask = DIRECTORY_ALL_ACCESS,
        .InvalidAttributes = OBJ_OPENLINK,
        .PoolType = PagedPool,
        .SecurityRequired = TRUE,
        .WaitObjectOffset = MAXULONG};

    return ObCreateType(L"Directory", &Initializer, &ObpDirectoryObjectType);
}

/* A permanent directory of the kernel's own: Path is "\\" or one level below it. */
NTSTATUS ObpCreateDirectory(PCWSTR Path, POBP_DIRECTORY *Result)
{
    UNICODE_STRING Name;
    POBP_DIRECTORY Directory;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Path + 1);
    Status = ObpAllocateObject(ObpDirectoryObjectType, sizeof(*Directory), (PVOID *)&Directory);
    if (!NT_SUCCESS(Status))
        return Status;
    OBP_HEADER(Directory)->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL;
    ObpInitBuckets(Directory);
    *Result = Directory;
    if (Name.Length == 0) {
        ObpRootDirectory = Directory; /* nothing drops the root's reference */
        return STATUS_SUCCESS;
    }
    Status = ObpDuplicateName(&Name, &OBP_INFO_OF(Directory)->Name);
    if (NT_SUCCESS(Status))
        ObpInsertEntry(ObpRootDirectory, Directory, TRUE);
    ObDereferenceObject(Directory);
    return Status;
}

/* ---- services ---- */

NT_SERVICE(CreateDirectoryObject);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    POBP_DIRECTORY Directory;
    HANDLE Handle;
    NTSTATUS Status;

    Status = ObpProbeHandle(DirectoryHandle, Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObCreateObject(Mode, ObpDirectoryObjectType, Attributes, Mode, NULL, sizeof(*Directory), 0, 0,
                            (PVOID *)&Directory);
    if (!NT_SUCCESS(Status))
        return Status;
    ObpInitBuckets(Directory);
    Status = ObInsertObject(Directory, NULL, Access, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(DirectoryHandle, Handle, Status) : Status;
}

NT_SERVICE(OpenDirectoryObject);
NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes)
{
    return ObpOpenService(DirectoryHandle, Access, Attributes, ObpDirectoryObjectType);
}

/* ---- enumeration ---- */

typedef struct _OBP_DIRECTORY_INFORMATION { /* OBJECT_DIRECTORY_INFORMATION [doc ZwQueryDirectoryObject] */
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} OBP_DIRECTORY_INFORMATION;

/* The entry with ordinal Index in bucket order, or NULL. */
static PVOID ObpEntryAt(POBP_DIRECTORY Directory, ULONG Index)
{
    PLIST_ENTRY Link;
    ULONG i;

    for (i = 0; i < OBP_BUCKETS; i++)
        for (Link = Directory->Bucket[i].Flink; Link != &Directory->Bucket[i]; Link = Link->Flink)
            if (Index-- == 0)
                return ((POBJECT_HEADER)(CONTAINING_RECORD(Link, OBP_INFO, HashLinks) + 1))->Body;
    return NULL;
}

static ULONG ObpEntryBytes(PVOID Object)
{
    return sizeof(OBP_DIRECTORY_INFORMATION) + ObGetObjectName(Object)->Length + OBP_TYPE_OF(Object)->Name.Length +
           2 * sizeof(WCHAR);
}

static PWCHAR ObpPutString(PUNICODE_STRING Header, PCUNICODE_STRING Text, PWCHAR At, PUCHAR Local, PUCHAR User)
{
    Header->Length = Text->Length;
    Header->MaximumLength = Text->Length + sizeof(WCHAR);
    Header->Buffer = (PWSTR)(User + ((PUCHAR)At - Local));
    RtlCopyMemory(At, Text->Buffer, Text->Length);
    At[Text->Length / sizeof(WCHAR)] = 0;
    return At + Text->Length / sizeof(WCHAR) + 1;
}

/* Counts what fits from *Context on; Bytes gets the room it takes, the empty last record included. */
static ULONG ObpCountFitting(POBP_DIRECTORY Directory, ULONG First, ULONG Length, BOOLEAN Single, PULONG Bytes)
{
    ULONG Count = 0;
    PVOID Object;

    *Bytes = sizeof(OBP_DIRECTORY_INFORMATION);
    while ((Object = ObpEntryAt(Directory, First + Count)) != NULL) {
        if (*Bytes + ObpEntryBytes(Object) > Length)
            break;
        *Bytes += ObpEntryBytes(Object);
        Count++;
        if (Single)
            break;
    }
    return Count;
}

static VOID ObpFillEntries(POBP_DIRECTORY Directory, ULONG First, ULONG Count, PUCHAR Local, PUCHAR User)
{
    OBP_DIRECTORY_INFORMATION *Record = (OBP_DIRECTORY_INFORMATION *)Local;
    PWCHAR Text = (PWCHAR)(Record + Count + 1);
    ULONG i;

    for (i = 0; i < Count; i++, Record++) {
        PVOID Object = ObpEntryAt(Directory, First + i);

        Text = ObpPutString(&Record->Name, ObGetObjectName(Object), Text, Local, User);
        Text = ObpPutString(&Record->TypeName, &OBP_TYPE_OF(Object)->Name, Text, Local, User);
    }
    RtlZeroMemory(Record, sizeof(*Record));
}

static NTSTATUS ObpQueryDirectory(POBP_DIRECTORY Directory, PVOID Buffer, ULONG Length, BOOLEAN Single,
                                  PULONG Context, PULONG ReturnLength)
{
    ULONG Bytes, Count = ObpCountFitting(Directory, *Context, Length, Single, &Bytes);
    PVOID Next = ObpEntryAt(Directory, *Context + Count);
    PUCHAR Local;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Count == 0) {
        if (Next == NULL)
            return STATUS_NO_MORE_ENTRIES;
        *ReturnLength = Bytes + ObpEntryBytes(Next);
        return Single ? STATUS_BUFFER_TOO_SMALL : STATUS_MORE_ENTRIES;
    }
    Local = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, OBP_TAG_QUERY);
    if (Local == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObpFillEntries(Directory, *Context, Count, Local, Buffer);
    __try {
        RtlCopyMemory(Buffer, Local, Bytes);
        *ReturnLength = Bytes;
        *Context += Count;
        if (!Single && Next != NULL)
            Status = STATUS_MORE_ENTRIES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ExFreePoolWithTag(Local, OBP_TAG_QUERY);
    return Status;
}

static NTSTATUS ObpProbeQuery(PVOID Buffer, ULONG Length, PULONG Context, PULONG ReturnLength, KPROCESSOR_MODE Mode,
                              PULONG First)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Buffer, Length, sizeof(WCHAR));
            ProbeForWrite(Context, sizeof(ULONG), sizeof(ULONG));
            if (ReturnLength != NULL)
                ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
        }
        *First = *Context;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(QueryDirectoryObject);
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                      BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    POBP_DIRECTORY Directory;
    ULONG First = 0, Bytes = 0;
    NTSTATUS Status;

    Status = ObpProbeQuery(Buffer, Length, Context, ReturnLength, Mode, &First);
    if (!NT_SUCCESS(Status))
        return Status;
    if (RestartScan)
        First = 0;
    Status = ObReferenceObjectByHandle(DirectoryHandle, DIRECTORY_QUERY, ObpDirectoryObjectType, Mode,
                                       (PVOID *)&Directory, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpQueryDirectory(Directory, Buffer, Length, ReturnSingleEntry, &First, &Bytes);
    ObDereferenceObject(Directory);
    __try {
        if (NT_SUCCESS(Status))
            *Context = First;
        if (ReturnLength != NULL)
            *ReturnLength = Bytes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}
