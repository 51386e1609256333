/*
 * The tree of keys and values, in paged pool. Names are compared without regard to case and kept as
 * given. Subkeys are kept sorted, values in the order of their making, as NT enumerates them. Left
 * out: hives as files.
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

VOID CmpTouch(CMP_NODE *Node)
{
    KeQuerySystemTimePrecise(&Node->LastWriteTime);
}

/* ---- keys ---- */

/* The first child that is not before Name, or the list's head. */
static PLIST_ENTRY CmpSeekChild(CMP_NODE *Parent, PCUNICODE_STRING Name, LONG *Order)
{
    PLIST_ENTRY Link;

    *Order = 1;
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

static VOID CmpLinkChild(CMP_NODE *Parent, CMP_NODE *Node)
{
    LONG Order;

    InsertTailList(CmpSeekChild(Parent, &Node->Name, &Order), &Node->Link);
    Node->Parent = Parent;
    Parent->ChildCount++;
    CmpTouch(Parent);
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

NTSTATUS CmpCreateNode(CMP_NODE *Parent, PCUNICODE_STRING Name, PCUNICODE_STRING Class,
                       BOOLEAN Volatile, PSECURITY_DESCRIPTOR Explicit,
                       PSECURITY_SUBJECT_CONTEXT Subject, CMP_NODE **Result)
{
    CMP_NODE *Node;
    NTSTATUS Status;

    if (Parent != NULL && Parent->Volatile && !Volatile)
        return STATUS_CHILD_MUST_BE_VOLATILE;
    Node = CmpAllocate(sizeof(*Node));
    if (Node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Node, sizeof(*Node));
    InitializeListHead(&Node->Children);
    InitializeListHead(&Node->Values);
    InitializeListHead(&Node->Waits);
    Node->Volatile = Volatile;
    Status = CmpCopyString(Name, &Node->Name);
    if (NT_SUCCESS(Status))
        Status = CmpCopyString(Class, &Node->Class);
    if (NT_SUCCESS(Status))
        Status = CmpAssignDescriptor(Parent, Explicit, Subject, &Node->Descriptor);
    if (!NT_SUCCESS(Status)) {
        CmpFreeNode(Node);
        return Status;
    }
    CmpTouch(Node);
    if (Parent != NULL) {
        CmpLinkChild(Parent, Node);
        CmpReportChange(Parent, REG_NOTIFY_CHANGE_NAME);
    }
    *Result = Node;
    return STATUS_SUCCESS;
}

NTSTATUS CmpDeleteNode(CMP_NODE *Node)
{
    CMP_NODE *Parent = Node->Parent;

    if (Parent == NULL || Node->ChildCount != 0)
        return STATUS_CANNOT_DELETE;
    RemoveEntryList(&Node->Link);
    Parent->ChildCount--;
    CmpTouch(Parent);
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
    CMP_NODE *Parent = Node->Parent, *Other;
    UNICODE_STRING Copy;
    NTSTATUS Status;

    if (Parent == NULL)
        return STATUS_ACCESS_DENIED;
    Other = CmpFindChild(Parent, Name);
    if (Other != NULL && Other != Node)
        return STATUS_CANNOT_DELETE; /* as NT answers for a name in use [guess] */
    Status = CmpCopyString(Name, &Copy);
    if (!NT_SUCCESS(Status))
        return Status;
    CmpFree(Node->Name.Buffer);
    Node->Name = Copy;
    CmpForgetNames(Node);
    RemoveEntryList(&Node->Link);
    Parent->ChildCount--;
    CmpLinkChild(Parent, Node);
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

CMP_VALUE *CmpFindValue(CMP_NODE *Node, PCUNICODE_STRING Name)
{
    for (PLIST_ENTRY Link = Node->Values.Flink; Link != &Node->Values; Link = Link->Flink) {
        CMP_VALUE *Value = CONTAINING_RECORD(Link, CMP_VALUE, Link);

        if (RtlEqualUnicodeString(&Value->Name, Name, TRUE))
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

static NTSTATUS CmpAddValue(CMP_NODE *Node, PCUNICODE_STRING Name, CMP_VALUE **Result)
{
    CMP_VALUE *Value = CmpAllocate(sizeof(*Value));
    NTSTATUS Status;

    if (Value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Value, sizeof(*Value));
    Status = CmpCopyString(Name, &Value->Name);
    if (!NT_SUCCESS(Status)) {
        CmpFree(Value);
        return Status;
    }
    InsertTailList(&Node->Values, &Value->Link);
    Node->ValueCount++;
    *Result = Value;
    return STATUS_SUCCESS;
}

NTSTATUS CmpSetValue(CMP_NODE *Node, PCUNICODE_STRING Name, ULONG Type, const VOID *Data,
                     ULONG Bytes)
{
    CMP_VALUE *Value = CmpFindValue(Node, Name);
    PVOID Copy = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Bytes != 0) {
        Copy = CmpAllocate(Bytes);
        if (Copy == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(Copy, Data, Bytes);
    }
    if (Value == NULL)
        Status = CmpAddValue(Node, Name, &Value);
    if (!NT_SUCCESS(Status)) {
        CmpFree(Copy);
        return Status;
    }
    CmpFree(Value->Data);
    Value->Data = Copy;
    Value->Bytes = Bytes;
    Value->Type = Type;
    CmpTouch(Node);
    CmpReportChange(Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

NTSTATUS CmpDeleteValue(CMP_NODE *Node, PCUNICODE_STRING Name)
{
    CMP_VALUE *Value = CmpFindValue(Node, Name);

    if (Value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    RemoveEntryList(&Value->Link);
    Node->ValueCount--;
    CmpFree(Value->Name.Buffer);
    CmpFree(Value->Data);
    CmpFree(Value);
    CmpTouch(Node);
    CmpReportChange(Node, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}
