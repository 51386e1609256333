/*
 * The tree of keys and values, in paged pool. Names are compared without regard to case and kept as
 * given. Subkeys are kept sorted, values in the order of their making, as NT enumerates them. What
 * outlives the machine is told to the host (hive.c) before it is changed here.
 */
#include "cmp.h"

CMP_NODE *CmpRoot;

static PVOID CmpAllocate(SIZE_T Bytes)
{
    return ExpAllocatePool(PagedPool, Bytes, CMP_TAG, FALSE, NULL);
}

static VOID CmpFree(PVOID Block)
{
    if (Block != NULL)
        ExpFreePool(Block, CMP_TAG, NULL);
}

static NTSTATUS CmpCopyString(PCUNICODE_STRING Source, PUNICODE_STRING Result)
{
    Result->Length = Result->MaximumLength = Source == NULL ? 0 : Source->Length;
    Result->Buffer = NULL;
    if (Result->Length == 0)
        return STATUS_SUCCESS;
    Result->Buffer = CmpAllocate(Result->Length);
    if (Result->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Result->Buffer, Source->Buffer, Result->Length);
    return STATUS_SUCCESS;
}

static LARGE_INTEGER CmpNow(VOID)
{
    LARGE_INTEGER Now;

    KeQuerySystemTimePrecise(&Now);
    return Now;
}

/* ---- keys ---- */

/* The first child that is not before Name, or the list's head. */
static PLIST_ENTRY CmpSeekChild(CMP_NODE *Parent, PCUNICODE_STRING Name, LONG *Order)
{
    PLIST_ENTRY Link = Parent->Children.Blink;

    *Order = 1;
    if (Link != &Parent->Children && /* often they come in order */
        RtlCompareUnicodeString(&CONTAINING_RECORD(Link, CMP_NODE, Link)->Name, Name, TRUE) < 0)
        return &Parent->Children;
    for (Link = Parent->Children.Flink; Link != &Parent->Children; Link = Link->Flink) {
        *Order = RtlCompareUnicodeString(&CONTAINING_RECORD(Link, CMP_NODE, Link)->Name, Name,
                                         TRUE);
        if (*Order >= 0)
            break;
    }
    return Link;
}

CMP_NODE *CmpFindChild(CMP_NODE *Parent, PCUNICODE_STRING Name)
{
    LONG Order;
    PLIST_ENTRY Link = CmpSeekChild(Parent, Name, &Order);

    return Link != &Parent->Children && Order == 0 ? CONTAINING_RECORD(Link, CMP_NODE, Link) : NULL;
}

CMP_NODE *CmpChildAt(CMP_NODE *Parent, ULONG Index)
{
    PLIST_ENTRY Link = Parent->Children.Flink;

    if (Index >= Parent->ChildCount)
        return NULL;
    while (Index-- != 0)
        Link = Link->Flink;
    return CONTAINING_RECORD(Link, CMP_NODE, Link);
}

static VOID CmpLinkChild(CMP_NODE *Parent, CMP_NODE *Node, LARGE_INTEGER Time)
{
    LONG Order;

    InsertTailList(CmpSeekChild(Parent, &Node->Name, &Order), &Node->Link);
    Node->Parent = Parent;
    Parent->ChildCount++;
    Parent->LastWriteTime = Time;
}

static NTSTATUS CmpAssignDescriptor(CMP_NODE *Parent, PSECURITY_DESCRIPTOR Explicit,
                                    PSECURITY_SUBJECT_CONTEXT Subject, PSECURITY_DESCRIPTOR *Result)
{
    SECURITY_SUBJECT_CONTEXT Own;
    GENERIC_MAPPING Mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};
    UNICODE_STRING Sddl;
    NTSTATUS Status;
    ULONG Bytes;

    *Result = NULL;
    if (Parent == NULL) {
        RtlInitUnicodeString(&Sddl, L"O:BAG:SYD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)");
        return SeConvertSddl(&Sddl, Result, &Bytes);
    }
    if (Subject == NULL)
        SeCaptureSubjectContext(&Own);
    Status = SeAssignSecurity(Parent->Descriptor, Explicit, Result, TRUE,
                              Subject == NULL ? &Own : Subject, &Mapping, PagedPool);
    if (Subject == NULL)
        SeReleaseSubjectContext(&Own);
    return Status;
}

static VOID CmpFreeNode(CMP_NODE *Node)
{
    while (!IsListEmpty(&Node->Values)) {
        CMP_VALUE *Value = CONTAINING_RECORD(RemoveHeadList(&Node->Values), CMP_VALUE, Link);

        CmpFree(Value->Name.Buffer);
        CmpFree(Value->Data);
        CmpFree(Value);
    }
    CmpFree(Node->Name.Buffer);
    CmpFree(Node->Class.Buffer);
    CmpFree(Node->FullName.Buffer);
    if (Node->Descriptor != NULL)
        ExFreePool(Node->Descriptor);
    CmpFree(Node);
}

/* A key that is nobody's child yet. */
static NTSTATUS CmpMakeNode(CMP_NODE *Parent, PCUNICODE_STRING Name, PCUNICODE_STRING Class,
                            PSECURITY_DESCRIPTOR Explicit, PSECURITY_SUBJECT_CONTEXT Subject,
                            CMP_NODE **Result)
{
    CMP_NODE *Node = CmpAllocate(sizeof(*Node));
    NTSTATUS Status;

    if (Node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Node, sizeof(*Node));
    InitializeListHead(&Node->Children);
    InitializeListHead(&Node->Values);
    InitializeListHead(&Node->Waits);
    Status = CmpCopyString(Name, &Node->Name);
    if (NT_SUCCESS(Status))
        Status = CmpCopyString(Class, &Node->Class);
    if (NT_SUCCESS(Status))
        Status = CmpAssignDescriptor(Parent, Explicit, Subject, &Node->Descriptor);
    if (!NT_SUCCESS(Status)) {
        CmpFreeNode(Node);
        return Status;
    }
    *Result = Node;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpLogCreation(CMP_NODE *Parent, CMP_NODE *Node)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_KEY,
                         .Type = Node->SymbolicLink ? HAL_KEY_LINK : 0,
                         .Time = Node->LastWriteTime,
                         .Child = &Node->Name,
                         .Name = &Node->Class,
                         .Data = Node->Descriptor,
                         .Bytes = RtlLengthSecurityDescriptor(Node->Descriptor)};

    return Node->Volatile ? STATUS_SUCCESS : CmpLogChange(Parent, &Change);
}

NTSTATUS CmpCreateNode(CMP_NODE *Parent, PCUNICODE_STRING Name, PCUNICODE_STRING Class,
                       ULONG Options, PSECURITY_DESCRIPTOR Explicit,
                       PSECURITY_SUBJECT_CONTEXT Subject, CMP_NODE **Result)
{
    CMP_NODE *Node;
    NTSTATUS Status;

    if (Parent != NULL && Parent->Volatile && !(Options & REG_OPTION_VOLATILE))
        return STATUS_CHILD_MUST_BE_VOLATILE;
    Status = CmpMakeNode(Parent, Name, Class, Explicit, Subject, &Node);
    if (!NT_SUCCESS(Status))
        return Status;
    Node->Volatile = (Options & REG_OPTION_VOLATILE) != 0;
    Node->SymbolicLink = (Options & REG_OPTION_CREATE_LINK) != 0;
    Node->LastWriteTime = CmpNow();
    if (Parent != NULL) {
        Status = CmpLogCreation(Parent, Node);
        if (!NT_SUCCESS(Status)) {
            CmpFreeNode(Node);
            return Status;
        }
        CmpLinkChild(Parent, Node, Node->LastWriteTime);
        CmpReportChange(Parent, REG_NOTIFY_CHANGE_NAME);
    }
    *Result = Node;
    return STATUS_SUCCESS;
}

NTSTATUS CmpDeleteNode(CMP_NODE *Node)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_DELETE_KEY, .Time = CmpNow()};
    CMP_NODE *Parent = Node->Parent;
    NTSTATUS Status;

    if (Parent == NULL || Node->ChildCount != 0 || Node->Hive != 0)
        return STATUS_CANNOT_DELETE;
    Status = CmpLogChange(Node, &Change);
    if (!NT_SUCCESS(Status))
        return Status;
    RemoveEntryList(&Node->Link);
    Parent->ChildCount--;
    Parent->LastWriteTime = Change.Time;
    Node->Parent = NULL;
    Node->Deleted = TRUE;
    CmpReportChange(Parent, REG_NOTIFY_CHANGE_NAME);
    CmpCancelWaits(Node, NULL, STATUS_NOTIFY_CLEANUP);
    if (Node->References == 0)
        CmpFreeNode(Node);
    return STATUS_SUCCESS;
}

VOID CmpDereferenceNode(CMP_NODE *Node)
{
    DD_ASSERT(Node->References != 0);
    if (--Node->References == 0 && Node->Deleted)
        CmpFreeNode(Node);
}

/* The cached names of a key and all below it are wrong now. */
static VOID CmpForgetNames(CMP_NODE *Node)
{
    CmpFree(Node->FullName.Buffer);
    RtlZeroMemory(&Node->FullName, sizeof(Node->FullName));
    for (PLIST_ENTRY Link = Node->Children.Flink; Link != &Node->Children; Link = Link->Flink)
        CmpForgetNames(CONTAINING_RECORD(Link, CMP_NODE, Link));
}

NTSTATUS CmpRenameNode(CMP_NODE *Node, PCUNICODE_STRING Name)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_RENAME_KEY, .Time = CmpNow(), .Name = Name};
    CMP_NODE *Parent = Node->Parent, *Other;
    UNICODE_STRING Copy;
    NTSTATUS Status;

    if (Parent == NULL || Node->Hive != 0)
        return STATUS_ACCESS_DENIED;
    Other = CmpFindChild(Parent, Name);
    if (Other != NULL && Other != Node)
        return STATUS_CANNOT_DELETE; /* as NT answers for a name in use [guess] */
    Status = CmpCopyString(Name, &Copy);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpLogChange(Node, &Change);
    if (!NT_SUCCESS(Status)) {
        CmpFree(Copy.Buffer);
        return Status;
    }
    CmpFree(Node->Name.Buffer);
    Node->Name = Copy;
    CmpForgetNames(Node);
    RemoveEntryList(&Node->Link);
    Parent->ChildCount--;
    CmpLinkChild(Parent, Node, Change.Time);
    CmpReportChange(Parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

NTSTATUS CmpFullName(CMP_NODE *Node, PUNICODE_STRING Name)
{
    SIZE_T Bytes = 0;
    PUCHAR End;

    for (CMP_NODE *n = Node; n != NULL; n = n->Parent)
        Bytes += sizeof(WCHAR) + n->Name.Length;
    if (Bytes > MAXUSHORT - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    Name->Buffer = CmpAllocate(Bytes);
    if (Name->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Name->Length = Name->MaximumLength = (USHORT)Bytes;
    End = (PUCHAR)Name->Buffer + Bytes;
    for (CMP_NODE *n = Node; n != NULL; n = n->Parent) {
        End -= n->Name.Length;
        RtlCopyMemory(End, n->Name.Buffer, n->Name.Length);
        End -= sizeof(WCHAR);
        *(PWCHAR)End = L'\\';
    }
    return STATUS_SUCCESS;
}

/* ---- paths ---- */

/* Takes the next component off Path. */
static BOOLEAN CmpNextComponent(PUNICODE_STRING Path, PUNICODE_STRING Component)
{
    ULONG Length = Path->Length / sizeof(WCHAR), Start = 0, End;

    while (Start < Length && Path->Buffer[Start] == L'\\')
        Start++;
    for (End = Start; End < Length && Path->Buffer[End] != L'\\'; End++)
        ;
    Component->Buffer = Path->Buffer + Start;
    Component->Length = Component->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    Path->Buffer += End;
    Path->Length = (USHORT)(Path->Length - End * sizeof(WCHAR));
    return Component->Length != 0;
}

static BOOLEAN CmpIsPathEmpty(UNICODE_STRING Path)
{
    UNICODE_STRING Component;

    return !CmpNextComponent(&Path, &Component);
}

/* The key a link leads to: its SymbolicLinkValue is an absolute path. */
static NTSTATUS CmpFollowLink(CMP_NODE *Link, ULONG Depth, CMP_NODE **Target);

static NTSTATUS CmpWalkDepth(CMP_NODE *Start, UNICODE_STRING Path, BOOLEAN FollowLast, ULONG Depth,
                             CMP_NODE **Node, PUNICODE_STRING Rest)
{
    UNICODE_STRING Component;
    CMP_NODE *Here = Start, *Child;
    NTSTATUS Status = STATUS_SUCCESS;

    Rest->Length = 0;
    while (CmpNextComponent(&Path, &Component)) {
        BOOLEAN Last = CmpIsPathEmpty(Path);

        if (Component.Length > CMP_MAX_KEY_NAME)
            return STATUS_OBJECT_NAME_INVALID;
        Child = CmpFindChild(Here, &Component);
        if (Child == NULL) {
            *Node = Here;
            if (Last)
                *Rest = Component;
            return STATUS_OBJECT_NAME_NOT_FOUND;
        }
        if (Child->SymbolicLink && (!Last || FollowLast)) {
            Status = CmpFollowLink(Child, Depth, &Child);
            if (!NT_SUCCESS(Status))
                return Status;
        }
        Here = Child;
    }
    *Node = Here;
    return Status;
}

static NTSTATUS CmpFollowLink(CMP_NODE *Link, ULONG Depth, CMP_NODE **Target)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"SymbolicLinkValue"), Path, First, Rest;
    CMP_VALUE *Value = CmpFindValue(Link, &Name);

    if (Value == NULL || Value->Type != REG_LINK || Depth >= CMP_MAX_LINKS)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Path.Buffer = Value->Data;
    Path.Length = Path.MaximumLength = (USHORT)Value->Bytes;
    if (!CmpNextComponent(&Path, &First) || !RtlEqualUnicodeString(&First, &CmpRoot->Name, TRUE))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return CmpWalkDepth(CmpRoot, Path, TRUE, Depth + 1, Target, &Rest);
}

NTSTATUS CmpWalk(CMP_NODE *Start, PCUNICODE_STRING Path, BOOLEAN FollowLast, CMP_NODE **Node,
                 PUNICODE_STRING Rest)
{
    return CmpWalkDepth(Start, *Path, FollowLast, 0, Node, Rest);
}

/* ---- values ---- */

static ULONG CmpHashName(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;

    for (ULONG i = 0; i < Name->Length / sizeof(WCHAR); i++)
        Hash = Hash * 37 + RtlUpcaseUnicodeChar(Name->Buffer[i]);
    return Hash;
}

CMP_VALUE *CmpFindValue(CMP_NODE *Node, PCUNICODE_STRING Name)
{
    ULONG Hash = CmpHashName(Name);

    for (PLIST_ENTRY Link = Node->Values.Flink; Link != &Node->Values; Link = Link->Flink) {
        CMP_VALUE *Value = CONTAINING_RECORD(Link, CMP_VALUE, Link);

        if (Value->Hash == Hash && RtlEqualUnicodeString(&Value->Name, Name, TRUE))
            return Value;
    }
    return NULL;
}

CMP_VALUE *CmpValueAt(CMP_NODE *Node, ULONG Index)
{
    PLIST_ENTRY Link = Node->Values.Flink;

    if (Index >= Node->ValueCount)
        return NULL;
    while (Index-- != 0)
        Link = Link->Flink;
    return CONTAINING_RECORD(Link, CMP_VALUE, Link);
}

/* A value of no key yet. */
static NTSTATUS CmpMakeValue(PCUNICODE_STRING Name, CMP_VALUE **Result)
{
    CMP_VALUE *Value = CmpAllocate(sizeof(*Value));
    NTSTATUS Status;

    if (Value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Value, sizeof(*Value));
    Value->Hash = CmpHashName(Name);
    Status = CmpCopyString(Name, &Value->Name);
    if (!NT_SUCCESS(Status)) {
        CmpFree(Value);
        return Status;
    }
    *Result = Value;
    return STATUS_SUCCESS;
}

static VOID CmpFreeValue(CMP_VALUE *Value)
{
    CmpFree(Value->Name.Buffer);
    CmpFree(Value->Data);
    CmpFree(Value);
}

static NTSTATUS CmpCopyData(const VOID *Data, ULONG Bytes, PVOID *Copy)
{
    *Copy = NULL;
    if (Bytes == 0)
        return STATUS_SUCCESS;
    *Copy = CmpAllocate(Bytes);
    if (*Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(*Copy, Data, Bytes);
    return STATUS_SUCCESS;
}

NTSTATUS CmpSetValue(CMP_NODE *Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data,
                     ULONG Bytes)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_SET_VALUE,
                         .Type = Type,
                         .Time = CmpNow(),
                         .Data = Data,
                         .Bytes = Bytes};
    CMP_VALUE *Old = CmpFindValue(Node, Name), *Value = Old;
    PVOID Copy;
    NTSTATUS Status = CmpCopyData(Data, Bytes, &Copy);

    if (NT_SUCCESS(Status) && Old == NULL)
        Status = CmpMakeValue(Name, &Value);
    if (!NT_SUCCESS(Status))
        goto FreeCopy;
    Change.Name = &Value->Name;
    Status = CmpLogChange(Node, &Change);
    if (!NT_SUCCESS(Status))
        goto FreeValue;
    if (Old == NULL) {
        InsertTailList(&Node->Values, &Value->Link);
        Node->ValueCount++;
    }
    CmpFree(Value->Data);
    Value->Data = Copy;
    Value->Bytes = Bytes;
    Value->Type = Type;
    Node->LastWriteTime = Change.Time;
    CmpReportChange(Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;

FreeValue:
    if (Old == NULL)
        CmpFreeValue(Value);
FreeCopy:
    CmpFree(Copy);
    return Status;
}

NTSTATUS CmpDeleteValue(CMP_NODE *Node, PCUNICODE_STRING Name)
{
    CMP_CHANGE Change = {.Operation = HAL_CHANGE_DELETE_VALUE, .Time = CmpNow()};
    CMP_VALUE *Value = CmpFindValue(Node, Name);
    NTSTATUS Status;

    if (Value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Change.Name = &Value->Name;
    Status = CmpLogChange(Node, &Change);
    if (!NT_SUCCESS(Status))
        return Status;
    RemoveEntryList(&Value->Link);
    Node->ValueCount--;
    CmpFreeValue(Value);
    Node->LastWriteTime = Change.Time;
    CmpReportChange(Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}
