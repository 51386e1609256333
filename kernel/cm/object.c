/*
 * Key objects: the type, the parse routine below \Registry, opening and creating keys. Left out:
 * transactions, WOW64 views (KEY_WOW64_xxx is accepted and means nothing: there is one view),
 * remote and application hives.
 */
#include "cmp.h"

NT_EXPORT_DATA_ALIAS(CmKeyObjectType, CmpKeyType);
POBJECT_TYPE CmpKeyType;
POBJECT_TYPE *CmKeyObjectType = &CmpKeyType;

typedef struct _CMP_PARSE { /* what NtCreateKey and NtOpenKey tell the parse routine */
    BOOLEAN Create;
    ULONG Options;
    UNICODE_STRING Class;
    PSECURITY_DESCRIPTOR Descriptor;
    ACCESS_MASK Access;
    ULONG Disposition;
} CMP_PARSE;

#define CMP_OPTIONS                                                             \
    (REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK | REG_OPTION_BACKUP_RESTORE | \
     REG_OPTION_OPEN_LINK)
#define CMP_WOW64 (KEY_WOW64_64KEY | KEY_WOW64_32KEY)

/* ---- callers' buffers ---- */

NTSTATUS CmpCaptureString(PUNICODE_STRING Source, SIZE_T Limit, PUNICODE_STRING Result)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UNICODE_STRING Header;
    NTSTATUS Status;

    RtlZeroMemory(Result, sizeof(*Result));
    if (Source == NULL)
        return STATUS_SUCCESS;
    Status = ExpCopyIn(&Header, Source, sizeof(Header), Mode);
    if (!NT_SUCCESS(Status) || Header.Length == 0)
        return Status;
    if (Header.Length > Limit || (Header.Length & 1) != 0)
        return STATUS_INVALID_PARAMETER;
    Result->Buffer = ExpAllocatePool(PagedPool, Header.Length, CMP_TAG, FALSE, NULL);
    if (Result->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Result->Length = Result->MaximumLength = Header.Length;
    Status = ExpCopyIn(Result->Buffer, Header.Buffer, Header.Length, Mode);
    if (!NT_SUCCESS(Status))
        CmpFreeString(Result);
    return Status;
}

VOID CmpFreeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL)
        ExpFreePool(String->Buffer, CMP_TAG, NULL);
    RtlZeroMemory(String, sizeof(*String));
}

NTSTATUS CmpReturnImage(const VOID *Image, ULONG Bytes, ULONG Fixed, PVOID Buffer, ULONG Length,
                        PULONG ResultLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ExpCopyOut(ResultLength, &Bytes, sizeof(Bytes), Mode);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Length < Fixed)
        return STATUS_BUFFER_TOO_SMALL;
    Status = ExpCopyOut(Buffer, Image, Length < Bytes ? Length : Bytes, Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    return Length < Bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* ---- the object ---- */

NTSTATUS CmpCreateKeyBody(CMP_NODE *Node, PCM_KEY_BODY *Result)
{
    PCM_KEY_BODY Body;
    NTSTATUS Status = ObCreateObject(KernelMode, CmpKeyType, NULL, KernelMode, NULL, sizeof(*Body),
                                     0, 0, (PVOID *)&Body);

    if (!NT_SUCCESS(Status))
        return Status;
    Body->Signature = CMP_SIGNATURE;
    Body->Node = Node;
    InitializeListHead(&Body->Contexts);
    Node->References++;
    *Result = Body;
    return STATUS_SUCCESS;
}

static VOID CmpDeleteBody(PVOID Object)
{
    PCM_KEY_BODY Body = Object;

    if (Body->Signature != CMP_SIGNATURE)
        return;
    CmpFreeContexts(Body);
    CmpDereferenceNode(Body->Node);
}

static VOID CmpCloseBody(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles,
                         ULONG_PTR SystemHandles)
{
    PCM_KEY_BODY Body = Object;
    REG_KEY_HANDLE_CLOSE_INFORMATION Info = {.Object = Body};
    CMP_CALL Call = {0};

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandles);
    CmpWatch(&Call, RegNtPreKeyHandleClose, Info, Body);
    if (SystemHandles <= 1)
        CmpCancelWaits(Body->Node, Body, STATUS_NOTIFY_CLEANUP);
    CmpWatched(&Call, RegNtPostKeyHandleClose, Info, Body, STATUS_SUCCESS);
}

static NTSTATUS CmpQueryBodyName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info,
                                 ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    PCM_KEY_BODY Body = Object;
    UNICODE_STRING Name;
    OBJECT_NAME_INFORMATION Header;
    NTSTATUS Status;
    ULONG Bytes;

    UNREFERENCED_PARAMETER(HasName);
    if (Body->Node->Deleted)
        return STATUS_KEY_DELETED;
    Status = CmpFullName(Body->Node, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Bytes = sizeof(Header) + Name.Length + sizeof(WCHAR);
    ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    if (Length < Bytes) {
        CmpFreeString(&Name);
        return Length < sizeof(Header) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    }
    Header.Name.Length = Name.Length;
    Header.Name.MaximumLength = Name.Length + sizeof(WCHAR);
    Header.Name.Buffer = (PWSTR)(Info + 1);
    Status = ExpCopyOut(Header.Name.Buffer, Name.Buffer, Name.Length, Mode);
    if (NT_SUCCESS(Status))
        Status = ExpCopyOut((PUCHAR)Header.Name.Buffer + Name.Length, L"", sizeof(WCHAR), Mode);
    if (NT_SUCCESS(Status))
        Status = ExpCopyOut(Info, &Header, sizeof(Header), Mode);
    CmpFreeString(&Name);
    return Status;
}

static NTSTATUS CmpSetDescriptor(CMP_NODE *Node, PSECURITY_INFORMATION Information,
                                 PSECURITY_DESCRIPTOR Descriptor, PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Old = Node->Descriptor, New = Old;
    LARGE_INTEGER Now;
    NTSTATUS Status = SeSetSecurityDescriptorInfo(NULL, Information, Descriptor, &New, PagedPool,
                                                  Mapping);

    if (!NT_SUCCESS(Status))
        return Status;
    KeQuerySystemTimePrecise(&Now);
    Status = CmpLogKey(Node, New, Now);
    if (!NT_SUCCESS(Status)) {
        if (New != Old)
            ExFreePool(New);
        return Status;
    }
    Node->Descriptor = New;
    if (Old != NULL && Old != New)
        ExFreePool(Old);
    Node->LastWriteTime = Now;
    CmpReportChange(Node, REG_NOTIFY_CHANGE_SECURITY);
    return STATUS_SUCCESS;
}

/* The descriptor belongs to the key, not to the object. */
static NTSTATUS CmpKeySecurity(PVOID Object, SECURITY_OPERATION_CODE Operation,
                               PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                               PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                               POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PCM_KEY_BODY Body = Object;
    REG_QUERY_KEY_SECURITY_INFORMATION Query = {.Object = Body,
                                                .SecurityInformation = Information,
                                                .SecurityDescriptor = Descriptor,
                                                .Length = Length};
    REG_SET_KEY_SECURITY_INFORMATION Set = {
        .Object = Body, .SecurityInformation = Information, .SecurityDescriptor = Descriptor};
    CMP_CALL Call = {0};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(ObjectsDescriptor);
    UNREFERENCED_PARAMETER(PoolType);
    if (Body->Node->Deleted)
        return STATUS_KEY_DELETED;
    switch (Operation) {
    case SetSecurityDescriptor:
        Status = CmpWatch(&Call, RegNtPreSetKeySecurity, Set, Body);
        if (NT_SUCCESS(Status) && !Call.Bypassed)
            Status = CmpSetDescriptor(Body->Node, Information, Descriptor, Mapping);
        return CmpWatched(&Call, RegNtPostSetKeySecurity, Set, Body, Status);
    case QuerySecurityDescriptor:
        Status = CmpWatch(&Call, RegNtPreQueryKeySecurity, Query, Body);
        if (NT_SUCCESS(Status) && !Call.Bypassed)
            Status = SeQuerySecurityDescriptorInfo(Information, Descriptor, Length,
                                                   &Body->Node->Descriptor);
        return CmpWatched(&Call, RegNtPostQueryKeySecurity, Query, Body, Status);
    case AssignSecurityDescriptor:
    case DeleteSecurityDescriptor:
        return STATUS_SUCCESS; /* CmpCreateNode assigned it; it goes with the node */
    }
    return STATUS_INVALID_PARAMETER;
}

/* ---- finding and making keys ---- */

/* A user-mode caller needs KEY_CREATE_SUB_KEY to the parent. */
static NTSTATUS CmpMayCreate(CMP_NODE *Parent, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                             ULONG Options)
{
    GENERIC_MAPPING Mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};
    ACCESS_MASK Wanted = KEY_CREATE_SUB_KEY |
                         (Options & REG_OPTION_CREATE_LINK ? KEY_CREATE_LINK : 0),
                Granted;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mode == KernelMode || Parent->Descriptor == NULL)
        return STATUS_SUCCESS;
    if (!SeAccessCheck(Parent->Descriptor, &AccessState->SubjectSecurityContext, FALSE, Wanted, 0,
                       NULL, &Mapping, Mode, &Granted, &Status))
        return NT_SUCCESS(Status) ? STATUS_ACCESS_DENIED : Status;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpCreateBelow(CMP_NODE *Parent, PCUNICODE_STRING Name, CMP_PARSE *Parse,
                               PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, CMP_NODE **Node)
{
    NTSTATUS Status = CmpMayCreate(Parent, AccessState, Mode, Parse->Options);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpCreateNode(Parent, Name, &Parse->Class, Parse->Options, Parse->Descriptor,
                           AccessState == NULL ? NULL : &AccessState->SubjectSecurityContext, Node);
    if (!NT_SUCCESS(Status))
        return Status;
    Parse->Disposition = REG_CREATED_NEW_KEY;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpOpenOrCreate(CMP_NODE *Start, PUNICODE_STRING Path, CMP_PARSE *Parse,
                                PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ULONG Attributes,
                                PCM_KEY_BODY *Body)
{
    BOOLEAN OpenLink = (Attributes & OBJ_OPENLINK) || (Parse->Options & REG_OPTION_OPEN_LINK);
    UNICODE_STRING Last;
    CMP_NODE *Node;
    NTSTATUS Status;

    if (Start->Deleted)
        return STATUS_KEY_DELETED;
    Status = CmpWalk(Start, Path, !OpenLink, &Node, &Last);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && Parse->Create && Last.Length != 0)
        Status = CmpCreateBelow(Node, &Last, Parse, AccessState, Mode, &Node);
    else if (NT_SUCCESS(Status) && Parse->Create && (Parse->Options & REG_OPTION_CREATE_LINK))
        Status = STATUS_OBJECT_NAME_COLLISION;
    if (!NT_SUCCESS(Status))
        return Status;
    return CmpCreateKeyBody(Node, Body);
}

static NTSTATUS CmpParseKey(PVOID ParseObject, POBJECT_TYPE ObjectType, PACCESS_STATE AccessState,
                            KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                            PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object)
{
    CMP_PARSE Plain = {.Disposition = REG_OPENED_EXISTING_KEY},
              *Parse = Context != NULL ? Context : &Plain;
    REG_CREATE_KEY_INFORMATION_V1 Info = {
        .CompleteName = CompleteName,
        .RootObject = ParseObject,
        .ObjectType = CmpKeyType,
        .Options = Parse->Options,
        .Class = &Parse->Class,
        .SecurityDescriptor = Parse->Descriptor,
        .DesiredAccess = Parse->Access,
        .GrantedAccess = Parse->Access,
        .Disposition = &Parse->Disposition,
        .ResultObject = Object,
        .Version = 1,
        .RemainingName = RemainingName,
        .Attributes = Attributes,
        .CheckAccessMode = Mode,
    };
    PCM_KEY_BODY Root = ParseObject, Body = NULL;
    CMP_CALL Call = {0};
    NTSTATUS Status = STATUS_SUCCESS;

    *Object = NULL;
    if (ObjectType != NULL && ObjectType != CmpKeyType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (CmpCallbackCount != 0)
        Status = CmpPreCall(&Call, Parse->Create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &Info,
                            &Info.CallContext, &Info.RootObjectContext, Root);
    if (NT_SUCCESS(Status) && !Call.Bypassed) {
        Status = CmpOpenOrCreate(Root->Node, RemainingName, Parse, AccessState, Mode, Attributes,
                                 &Body);
        *Object = Body;
    }
    if (Call.Count != 0)
        Status = CmpPostCall(&Call, Parse->Create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx,
                             *Object, Status, &Info, Body);
    if (!NT_SUCCESS(Status) && Body != NULL) {
        ObfDereferenceObject(Body);
        *Object = NULL;
    }
    return Status;
}

NTSTATUS CmpReferenceKey(HANDLE Handle, ACCESS_MASK Access, PCM_KEY_BODY *Body)
{
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, CmpKeyType, ExGetPreviousMode(),
                                                (PVOID *)Body, NULL);

    if (NT_SUCCESS(Status) && (*Body)->Node->Deleted) {
        ObfDereferenceObject(*Body);
        return STATUS_KEY_DELETED;
    }
    return Status;
}

static NTSTATUS CmpOpenHandle(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, CMP_PARSE *Parse)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ExpProbeOut(KeyHandle, sizeof(*KeyHandle), Mode);
    HANDLE Handle;

    if (!NT_SUCCESS(Status))
        return Status;
    if (ObjectAttributes == NULL)
        return STATUS_INVALID_PARAMETER;
    Parse->Access = DesiredAccess & ~CMP_WOW64;
    Parse->Disposition = REG_OPENED_EXISTING_KEY;
    Status = ObOpenObjectByName(ObjectAttributes, CmpKeyType, Mode, NULL, Parse->Access, Parse,
                                &Handle);
    if (NT_SUCCESS(Status))
        ExpCopyOut(KeyHandle, &Handle, sizeof(Handle), Mode);
    return Status;
}

NT_SERVICE(OpenKey);
NTSTATUS NTAPI NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes)
{
    CMP_PARSE Parse = {0};

    return CmpOpenHandle(KeyHandle, DesiredAccess, ObjectAttributes, &Parse);
}

NT_SERVICE(OpenKeyEx);
NTSTATUS NTAPI NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    CMP_PARSE Parse = {.Options = OpenOptions};

    if ((OpenOptions & ~(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE)) != 0)
        return STATUS_INVALID_PARAMETER_4;
    return CmpOpenHandle(KeyHandle, DesiredAccess, ObjectAttributes, &Parse);
}

/* The caller's descriptor, captured. Attributes may be anything yet: ob checks it later. */
static NTSTATUS CmpCaptureDescriptor(POBJECT_ATTRIBUTES Attributes,
                                     PSECURITY_DESCRIPTOR *Descriptor)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_ATTRIBUTES Copy;
    NTSTATUS Status;

    *Descriptor = NULL;
    if (Attributes == NULL)
        return STATUS_SUCCESS;
    Status = ExpCopyIn(&Copy, Attributes, sizeof(Copy), Mode);
    if (!NT_SUCCESS(Status) || Copy.SecurityDescriptor == NULL)
        return Status;
    return SeCaptureSecurityDescriptor(Copy.SecurityDescriptor, Mode, PagedPool, TRUE, Descriptor);
}

NT_SERVICE(CreateKey);
NTSTATUS NTAPI NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                           PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    CMP_PARSE Parse = {.Create = TRUE, .Options = CreateOptions};
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(TitleIndex); /* reserved [doc] */
    if ((CreateOptions & ~CMP_OPTIONS) != 0)
        return STATUS_INVALID_PARAMETER;
    Status = Disposition == NULL ? STATUS_SUCCESS : ExpProbeOut(Disposition, sizeof(ULONG), Mode);
    if (NT_SUCCESS(Status))
        Status = CmpCaptureString(Class, MAXUSHORT, &Parse.Class);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpCaptureDescriptor(ObjectAttributes, &Parse.Descriptor);
    if (!NT_SUCCESS(Status))
        goto FreeClass;
    Status = CmpOpenHandle(KeyHandle, DesiredAccess, ObjectAttributes, &Parse);
    if (NT_SUCCESS(Status) && Disposition != NULL)
        ExpCopyOut(Disposition, &Parse.Disposition, sizeof(ULONG), Mode);
    if (Parse.Descriptor != NULL)
        SeReleaseSecurityDescriptor(Parse.Descriptor, Mode, TRUE);

FreeClass:
    CmpFreeString(&Parse.Class);
    return Status;
}

NTSTATUS CmpInitKeyType(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
        .ValidAccessMask = KEY_ALL_ACCESS | STANDARD_RIGHTS_ALL | ACCESS_SYSTEM_SECURITY,
        .PoolType = PagedPool,
        .SecurityRequired = TRUE,
        .Close = CmpCloseBody,
        .Delete = CmpDeleteBody,
        .Parse = CmpParseKey,
        .Security = CmpKeySecurity,
        .QueryName = CmpQueryBodyName,
        .WaitObjectOffset = MAXULONG,
    };

    return ObCreateType(L"Key", &Type, &CmpKeyType);
}
