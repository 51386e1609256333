/*
 * Hives as files of the machine: NtSaveKey, NtLoadKey, NtUnloadKey, NtRestoreKey. The host makes
 * the file's bytes of records and back (its scratch hive): what is hostile in a file meets the code
 * that reads the registry's own hives. A hive that is loaded is written back when it is unloaded or
 * flushed. Left out: its log, application hives, hives without compression (they are always
 * compact).
 */
#include "cmp.h"
#include "../io/io.h"

#define CMP_MAX_FILE_BYTES (64u << 20)

typedef struct _CMP_LOADED { /* a hive that NtLoadKey has loaded */
    LIST_ENTRY Link;
    CMP_NODE *Root;
    HANDLE File; /* of the kernel, for writing back */
} CMP_LOADED;

static LIST_ENTRY CmpLoaded = {&CmpLoaded, &CmpLoaded}; /* CmpFileLock */
static KMUTEX
    CmpFileLock; /* one operation with files at a time: they wait, and there is one scratch hive */

VOID CmpInitFiles(VOID)
{
    KeInitializeMutex(&CmpFileLock, 0);
}

static VOID CmpLockFiles(VOID)
{
    KeWaitForSingleObject(&CmpFileLock, Executive, KernelMode, FALSE, NULL);
}

static VOID CmpUnlockFiles(VOID)
{
    KeReleaseMutex(&CmpFileLock, FALSE);
}

static NTSTATUS CmpScratch(ULONG Operation, PVOID Buffer, ULONG Length, ULONG64 Offset,
                           HAL_HIVE_REQUEST *Request, ULONG64 Total)
{
    *Request = (HAL_HIVE_REQUEST){.operation = Operation,
                                  .hive = HAL_HIVE_SCRATCH,
                                  .buffer = (ULONG64)Buffer,
                                  .length = Length,
                                  .offset = Offset,
                                  .total = Total};
    DD_ASSERT(HAL->hive(Request) == HAL_OK);
    return (NTSTATUS)Request->status;
}

static VOID CmpClearScratch(VOID)
{
    HAL_HIVE_REQUEST Request;

    CmpScratch(HAL_HIVE_CLEAR, NULL, 0, 0, &Request, 0);
}

/* ---- from keys to a file ---- */

static NTSTATUS CmpPackKey(CMP_NODE *Root, CMP_NODE *Node)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_KEY,
                         .Type = Node->SymbolicLink ? HAL_KEY_LINK : 0,
                         .Time = Node->LastWriteTime,
                         .Name = &Node->Class,
                         .Data = Node->Descriptor,
                         .Bytes = RtlLengthSecurityDescriptor(Node->Descriptor)};

    return CmpSendChange(HAL_HIVE_SCRATCH, Root, Node, &Change);
}

static NTSTATUS CmpPackValue(CMP_NODE *Root, CMP_NODE *Node, CMP_VALUE *Value)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_SET_VALUE,
                         .Type = Value->Type,
                         .Time = Node->LastWriteTime,
                         .Name = &Value->Name,
                         .Data = Value->Data,
                         .Bytes = Value->Bytes};

    return CmpSendChange(HAL_HIVE_SCRATCH, Root, Node, &Change);
}

/* Volatile keys are in no file. */
static NTSTATUS CmpPackTree(CMP_NODE *Root, CMP_NODE *Node)
{
    NTSTATUS Status = CmpPackKey(Root, Node);

    for (PLIST_ENTRY Link = Node->Values.Flink; Link != &Node->Values && NT_SUCCESS(Status);
         Link = Link->Flink)
        Status = CmpPackValue(Root, Node, CONTAINING_RECORD(Link, CMP_VALUE, Link));
    for (PLIST_ENTRY Link = Node->Children.Flink; Link != &Node->Children && NT_SUCCESS(Status);
         Link = Link->Flink) {
        CMP_NODE *Child = CONTAINING_RECORD(Link, CMP_NODE, Link);

        if (!Child->Volatile)
            Status = CmpPackTree(Root, Child);
    }
    return Status;
}

/* The image of the scratch hive, in CMP_TAG pool. */
static NTSTATUS CmpFetchImage(PUCHAR *Image, PULONG Bytes)
{
    HAL_HIVE_REQUEST Request;
    NTSTATUS Status = CmpScratch(HAL_HIVE_IMAGE, NULL, 0, 0, &Request, 0);

    *Image = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Request.total > CMP_MAX_FILE_BYTES)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Bytes = (ULONG)Request.total;
    *Image = ExpAllocatePool(PagedPool, *Bytes, CMP_TAG, FALSE, NULL);
    if (*Image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG Done = 0; Done < *Bytes && NT_SUCCESS(Status); Done += Request.length)
        Status = CmpScratch(HAL_HIVE_IMAGE, *Image + Done, min(*Bytes - Done, HAL_HIVE_CHUNK), Done,
                            &Request, 0);
    if (!NT_SUCCESS(Status))
        ExpFreePool(*Image, CMP_TAG, NULL);
    return Status;
}

static NTSTATUS CmpBuildImage(CMP_NODE *Node, PUCHAR *Image, PULONG Bytes)
{
    NTSTATUS Status;

    CmpClearScratch();
    Status = CmpPackTree(Node, Node);
    if (NT_SUCCESS(Status))
        Status = CmpFetchImage(Image, Bytes);
    CmpClearScratch();
    return Status;
}

/* The file is then what the key was when this began. */
static NTSTATUS CmpSaveTo(CMP_NODE *Node, HANDLE File)
{
    FILE_END_OF_FILE_INFORMATION End;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    IO_STATUS_BLOCK IoStatus;
    PUCHAR Image;
    ULONG Bytes;
    NTSTATUS Status = CmpBuildImage(Node, &Image, &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, Image, Bytes, &Offset, NULL);
    ExpFreePool(Image, CMP_TAG, NULL);
    End.EndOfFile.QuadPart = Bytes;
    if (NT_SUCCESS(Status))
        Status = ZwSetInformationFile(File, &IoStatus, &End, sizeof(End), FileEndOfFileInformation);
    return Status;
}

/* ---- from a file to keys ---- */

static NTSTATUS CmpParseImage(PUCHAR Image, ULONG Bytes)
{
    HAL_HIVE_REQUEST Request;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Done = 0;

    CmpClearScratch();
    do {
        Status = CmpScratch(HAL_HIVE_PARSE, Image + Done, min(Bytes - Done, HAL_HIVE_CHUNK), Done,
                            &Request, Bytes);
        Done += HAL_HIVE_CHUNK;
    } while (NT_SUCCESS(Status) && Done < Bytes);
    return Status;
}

/* The file's hive in the scratch one. */
static NTSTATUS CmpReadFile(HANDLE File)
{
    FILE_STANDARD_INFORMATION Standard;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    IO_STATUS_BLOCK IoStatus;
    PUCHAR Image;
    ULONG Bytes;
    NTSTATUS Status = ZwQueryInformationFile(File, &IoStatus, &Standard, sizeof(Standard),
                                             FileStandardInformation);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Standard.EndOfFile.QuadPart == 0 || Standard.EndOfFile.QuadPart > CMP_MAX_FILE_BYTES)
        return STATUS_NOT_REGISTRY_FILE;
    Bytes = (ULONG)Standard.EndOfFile.QuadPart;
    Image = ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);
    if (Image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Image, Bytes, &Offset, NULL);
    if (NT_SUCCESS(Status) && IoStatus.Information != Bytes)
        Status = STATUS_NOT_REGISTRY_FILE;
    if (NT_SUCCESS(Status))
        Status = CmpParseImage(Image, Bytes);
    ExpFreePool(Image, CMP_TAG, NULL);
    return Status;
}

/* ---- callers' files and keys ---- */

/* A handle of the kernel's to the file that the caller's handle is for, if that has the access. */
static NTSTATUS CmpOwnFile(HANDLE Handle, ACCESS_MASK Access, PHANDLE Own)
{
    PFILE_OBJECT File;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, *IoFileObjectType,
                                                ExGetPreviousMode(), (PVOID *)&File, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByPointer(File, OBJ_KERNEL_HANDLE, NULL, Access, *IoFileObjectType,
                                   KernelMode, Own);
    ObfDereferenceObject(File);
    return Status;
}

static BOOLEAN CmpHasPrivilege(ULONG Privilege)
{
    return SeSinglePrivilegeCheck(RtlConvertLongToLuid(Privilege), ExGetPreviousMode());
}

/* Whether any key object leads below the key, or to it. */
static BOOLEAN CmpIsTreeOpen(CMP_NODE *Node)
{
    if (Node->References != 0)
        return TRUE;
    for (PLIST_ENTRY Link = Node->Children.Flink; Link != &Node->Children; Link = Link->Flink)
        if (CmpIsTreeOpen(CONTAINING_RECORD(Link, CMP_NODE, Link)))
            return TRUE;
    return FALSE;
}

static NTSTATUS CmpDeleteBelow(CMP_NODE *Node)
{
    NTSTATUS Status = STATUS_SUCCESS;

    while (!IsListEmpty(&Node->Children) && NT_SUCCESS(Status)) {
        CMP_NODE *Child = CONTAINING_RECORD(Node->Children.Flink, CMP_NODE, Link);

        Status = CmpDeleteBelow(Child);
        if (NT_SUCCESS(Status))
            Status = CmpDeleteNode(Child);
    }
    while (!IsListEmpty(&Node->Values) && NT_SUCCESS(Status))
        Status =
            CmpDeleteValue(Node, &CONTAINING_RECORD(Node->Values.Flink, CMP_VALUE, Link)->Name);
    return Status;
}

/* ---- saving ---- */

static NTSTATUS CmpSaveKey(HANDLE KeyHandle, HANDLE FileHandle)
{
    PCM_KEY_BODY Body;
    HANDLE File;
    NTSTATUS Status;

    if (!CmpHasPrivilege(SE_BACKUP_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = CmpReferenceKey(KeyHandle, 0, &Body);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpOwnFile(FileHandle, FILE_WRITE_DATA | SYNCHRONIZE, &File);
    if (NT_SUCCESS(Status)) {
        CmpLockFiles();
        Status = CmpSaveTo(Body->Node, File);
        CmpUnlockFiles();
        ZwClose(File);
    }
    ObfDereferenceObject(Body);
    return Status;
}

NT_SERVICE(SaveKey);
NTSTATUS NTAPI NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle)
{
    return CmpSaveKey(KeyHandle, FileHandle);
}

/* Every format is written as version 1.3, which all versions read. */
NT_SERVICE(SaveKeyEx);
NTSTATUS NTAPI NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format)
{
    if (Format != REG_STANDARD_FORMAT && Format != REG_LATEST_FORMAT &&
        Format != REG_NO_COMPRESSION)
        return STATUS_INVALID_PARAMETER;
    return CmpSaveKey(KeyHandle, FileHandle);
}

/* ---- loading ---- */

/* What a caller's OBJECT_ATTRIBUTES name, captured. */
typedef struct _CMP_TARGET {
    UNICODE_STRING Name; /* CMP_TAG pool */
    PCM_KEY_BODY Root;   /* referenced; NULL: the name is absolute */
} CMP_TARGET;

static VOID CmpFreeTarget(CMP_TARGET *Target)
{
    CmpFreeString(&Target->Name);
    if (Target->Root != NULL)
        ObfDereferenceObject(Target->Root);
}

static NTSTATUS CmpCaptureTarget(POBJECT_ATTRIBUTES Attributes, CMP_TARGET *Target)
{
    OBJECT_ATTRIBUTES Copy;
    NTSTATUS Status;

    RtlZeroMemory(Target, sizeof(*Target));
    if (Attributes == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = ExpCopyIn(&Copy, Attributes, sizeof(Copy), ExGetPreviousMode());
    if (NT_SUCCESS(Status))
        Status = CmpCaptureString(Copy.ObjectName, MAXUSHORT - 1, &Target->Name);
    if (NT_SUCCESS(Status) && Copy.RootDirectory != NULL)
        Status = CmpReferenceKey(Copy.RootDirectory, 0, &Target->Root);
    if (!NT_SUCCESS(Status))
        CmpFreeTarget(Target);
    return Status;
}

/* As CmpWalk; an absolute name starts with \Registry. */
static NTSTATUS CmpFindTarget(const CMP_TARGET *Target, CMP_NODE **Node, PUNICODE_STRING Rest)
{
    UNICODE_STRING Prefix = RTL_CONSTANT_STRING(L"\\REGISTRY\\"), Path = Target->Name;

    Rest->Length = 0;
    if (Target->Root != NULL)
        return CmpWalk(Target->Root->Node, &Path, FALSE, Node, Rest);
    if (!RtlPrefixUnicodeString(&Prefix, &Path, TRUE))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    Path.Buffer += Prefix.Length / sizeof(WCHAR);
    Path.Length -= Prefix.Length;
    return CmpWalk(CmpRoot, &Path, FALSE, Node, Rest);
}

/* A new key for the hive, below \Registry\Machine or \Registry\User. */
static NTSTATUS CmpMakeTarget(POBJECT_ATTRIBUTES Attributes, CMP_NODE **Node)
{
    CMP_TARGET Target;
    CMP_NODE *Parent;
    UNICODE_STRING Rest;
    NTSTATUS Status = CmpCaptureTarget(Attributes, &Target);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpFindTarget(&Target, &Parent, &Rest);
    if (NT_SUCCESS(Status))
        Status = STATUS_OBJECT_NAME_COLLISION;
    else if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Rest.Length != 0)
        Status = Parent->Parent == CmpRoot
                     ? CmpCreateNode(Parent, &Rest, NULL, REG_OPTION_NON_VOLATILE, NULL, NULL, Node)
                     : STATUS_INVALID_PARAMETER;
    CmpFreeTarget(&Target);
    return Status;
}

static NTSTATUS CmpLoadFile(POBJECT_ATTRIBUTES Target, HANDLE File)
{
    CMP_LOADED *Loaded = ExpAllocatePool(PagedPool, sizeof(*Loaded), CMP_TAG, FALSE, NULL);
    CMP_NODE *Node;
    BOOLEAN Any;
    NTSTATUS Status;

    if (Loaded == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = CmpReadFile(File);
    if (!NT_SUCCESS(Status))
        goto FreeLoaded;
    Status = CmpMakeTarget(Target, &Node);
    if (!NT_SUCCESS(Status))
        goto FreeLoaded;
    Status = CmpLoadRecords(HAL_HIVE_SCRATCH, Node, &Any);
    if (!NT_SUCCESS(Status))
        goto DeleteNode;
    CmpClearScratch();
    Loaded->Root = Node;
    Loaded->File = File;
    InsertTailList(&CmpLoaded, &Loaded->Link);
    return STATUS_SUCCESS;

DeleteNode:
    if (NT_SUCCESS(CmpDeleteBelow(Node)))
        CmpDeleteNode(Node);
FreeLoaded:
    CmpClearScratch();
    ExpFreePool(Loaded, CMP_TAG, NULL);
    return Status;
}

/* With the privilege to restore, whose holder may read and write every file. */
static NTSTATUS CmpOpenSource(POBJECT_ATTRIBUTES SourceFile, PHANDLE File)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    CMP_TARGET Source;
    NTSTATUS Status = CmpCaptureTarget(SourceFile, &Source);

    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Source.Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    Status = Source.Root != NULL
                 ? STATUS_INVALID_PARAMETER
                 : ZwOpenFile(File, FILE_READ_DATA | FILE_WRITE_DATA | SYNCHRONIZE, &Attributes,
                              &IoStatus, 0, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    CmpFreeTarget(&Source);
    return Status;
}

static NTSTATUS CmpLoadKeyFile(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile)
{
    HANDLE File;
    NTSTATUS Status;

    if (!CmpHasPrivilege(SE_RESTORE_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = CmpOpenSource(SourceFile, &File);
    if (!NT_SUCCESS(Status))
        return Status;
    CmpLockFiles();
    Status = CmpLoadFile(TargetKey, File);
    CmpUnlockFiles();
    if (!NT_SUCCESS(Status))
        ZwClose(File);
    return Status;
}

NT_SERVICE(LoadKey);
NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile)
{
    return CmpLoadKeyFile(TargetKey, SourceFile);
}

/* ---- unloading ---- */

static CMP_LOADED *CmpFindLoaded(CMP_NODE *Root)
{
    for (PLIST_ENTRY Link = CmpLoaded.Flink; Link != &CmpLoaded; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, CMP_LOADED, Link)->Root == Root)
            return CONTAINING_RECORD(Link, CMP_LOADED, Link);
    return NULL;
}

NTSTATUS CmpFlushLoaded(CMP_NODE *Node)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (IsListEmpty(&CmpLoaded))
        return STATUS_SUCCESS;
    CmpLockFiles();
    for (CMP_LOADED *Loaded = NULL; Node != NULL && Loaded == NULL; Node = Node->Parent) {
        Loaded = CmpFindLoaded(Node);
        if (Loaded != NULL)
            Status = CmpSaveTo(Node, Loaded->File);
    }
    CmpUnlockFiles();
    return Status;
}

static NTSTATUS CmpUnload(CMP_LOADED *Loaded)
{
    NTSTATUS Status;

    if (CmpIsTreeOpen(Loaded->Root))
        return STATUS_CANNOT_DELETE;
    Status = CmpSaveTo(Loaded->Root, Loaded->File);
    if (NT_SUCCESS(Status))
        Status = CmpDeleteBelow(Loaded->Root);
    if (NT_SUCCESS(Status))
        Status = CmpDeleteNode(Loaded->Root);
    if (!NT_SUCCESS(Status))
        return Status;
    RemoveEntryList(&Loaded->Link);
    ZwClose(Loaded->File);
    ExpFreePool(Loaded, CMP_TAG, NULL);
    return STATUS_SUCCESS;
}

NT_SERVICE(UnloadKey);
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey)
{
    CMP_TARGET Target;
    CMP_LOADED *Loaded;
    UNICODE_STRING Rest;
    CMP_NODE *Node;
    NTSTATUS Status;

    if (!CmpHasPrivilege(SE_RESTORE_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = CmpCaptureTarget(TargetKey, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpFindTarget(&Target, &Node, &Rest);
    CmpFreeTarget(&Target);
    if (!NT_SUCCESS(Status))
        return Status;
    CmpLockFiles();
    Loaded = CmpFindLoaded(Node);
    Status = Loaded == NULL ? STATUS_INVALID_PARAMETER : CmpUnload(Loaded);
    CmpUnlockFiles();
    return Status;
}

/* ---- restoring ---- */

/* Whether a key object leads below the key; those to the key itself stay good. */
static BOOLEAN CmpIsOpenBelow(CMP_NODE *Node)
{
    for (PLIST_ENTRY Link = Node->Children.Flink; Link != &Node->Children; Link = Link->Flink)
        if (CmpIsTreeOpen(CONTAINING_RECORD(Link, CMP_NODE, Link)))
            return TRUE;
    return FALSE;
}

static NTSTATUS CmpRestore(CMP_NODE *Node, HANDLE File, ULONG Flags)
{
    BOOLEAN Any;
    NTSTATUS Status;

    if (!(Flags & REG_FORCE_RESTORE) && CmpIsOpenBelow(Node))
        return STATUS_ACCESS_DENIED;
    Status = CmpReadFile(File);
    if (NT_SUCCESS(Status) && Node->Deleted) /* while the file was read */
        Status = STATUS_KEY_DELETED;
    if (NT_SUCCESS(Status))
        Status = CmpDeleteBelow(Node);
    if (NT_SUCCESS(Status))
        Status = CmpLoadRecords(HAL_HIVE_SCRATCH, Node, &Any);
    CmpClearScratch();
    return Status;
}

NT_SERVICE_PARTIAL(RestoreKey,
                   "REG_WHOLE_HIVE_VOLATILE, REG_REFRESH_HIVE: STATUS_INVALID_PARAMETER");
NTSTATUS NTAPI NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags)
{
    PCM_KEY_BODY Body;
    HANDLE File;
    NTSTATUS Status;

    if ((Flags & ~REG_FORCE_RESTORE) != 0)
        return STATUS_INVALID_PARAMETER;
    if (!CmpHasPrivilege(SE_RESTORE_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = CmpReferenceKey(KeyHandle, 0, &Body);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpOwnFile(FileHandle, FILE_READ_DATA | SYNCHRONIZE, &File);
    if (NT_SUCCESS(Status)) {
        CmpLockFiles();
        Status = CmpRestore(Body->Node, File, Flags);
        CmpUnlockFiles();
        ZwClose(File);
    }
    ObfDereferenceObject(Body);
    return Status;
}
