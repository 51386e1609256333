/*
 * Splay trees (RTL_SPLAY_LINKS) and the generic tables on them (RTL_GENERIC_TABLE). A root is its
 * own parent. A table's block is: splay links, a link in order of insertion, the caller's data. The
 * caller serialises. Left out: nothing.
 */
#include "rtl.h"

typedef struct _RTLP_SPLAY_HEADER {
    RTL_SPLAY_LINKS Links;
    LIST_ENTRY InsertOrder;
    LONGLONG Data;
} RTLP_SPLAY_HEADER;
#define RTLP_SPLAY_DATA FIELD_OFFSET(RTLP_SPLAY_HEADER, Data)

static BOOLEAN RtlpIsRoot(PRTL_SPLAY_LINKS Links)
{
    return Links->Parent == Links;
}

/* Turns Links above its parent. */
static VOID RtlpTurnUp(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Parent = Links->Parent, Above = Parent->Parent, Moved;

    if (Parent->LeftChild == Links) {
        Moved = Links->RightChild;
        Parent->LeftChild = Moved;
        Links->RightChild = Parent;
    } else {
        Moved = Links->LeftChild;
        Parent->RightChild = Moved;
        Links->LeftChild = Parent;
    }
    if (Moved != NULL)
        Moved->Parent = Parent;
    if (Above == Parent) {
        Links->Parent = Links;
    } else {
        Links->Parent = Above;
        if (Above->LeftChild == Parent)
            Above->LeftChild = Links;
        else
            Above->RightChild = Links;
    }
    Parent->Parent = Links;
}

/* Makes Links the root; returns it. */
NT_EXPORT(RtlSplay);
PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links)
{
    while (!RtlpIsRoot(Links)) {
        PRTL_SPLAY_LINKS Parent = Links->Parent;
        if (!RtlpIsRoot(Parent)) {
            BOOLEAN Straight =
                (Parent->LeftChild == Links) == (Parent->Parent->LeftChild == Parent);
            RtlpTurnUp(Straight ? Parent : Links);
        }
        RtlpTurnUp(Links);
    }
    return Links;
}

NT_EXPORT(RtlSubtreeSuccessor);
PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links)
{
    Links = Links->RightChild;
    while (Links != NULL && Links->LeftChild != NULL)
        Links = Links->LeftChild;
    return Links;
}

NT_EXPORT(RtlSubtreePredecessor);
PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links)
{
    Links = Links->LeftChild;
    while (Links != NULL && Links->RightChild != NULL)
        Links = Links->RightChild;
    return Links;
}

NT_EXPORT(RtlRealSuccessor);
PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->RightChild != NULL)
        return RtlSubtreeSuccessor(Links);
    while (!RtlpIsRoot(Links) && Links->Parent->RightChild == Links)
        Links = Links->Parent;
    return RtlpIsRoot(Links) ? NULL : Links->Parent;
}

NT_EXPORT(RtlRealPredecessor);
PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->LeftChild != NULL)
        return RtlSubtreePredecessor(Links);
    while (!RtlpIsRoot(Links) && Links->Parent->LeftChild == Links)
        Links = Links->Parent;
    return RtlpIsRoot(Links) ? NULL : Links->Parent;
}

/* Hangs New, which may be NULL, in the place of Old; *Root follows. */
static VOID RtlpReplaceLinks(PRTL_SPLAY_LINKS Old, PRTL_SPLAY_LINKS New, PRTL_SPLAY_LINKS *Root)
{
    if (RtlpIsRoot(Old)) {
        *Root = New;
        if (New != NULL)
            New->Parent = New;
        return;
    }
    if (Old->Parent->LeftChild == Old)
        Old->Parent->LeftChild = New;
    else
        Old->Parent->RightChild = New;
    if (New != NULL)
        New->Parent = Old->Parent;
}

NT_EXPORT(RtlDeleteNoSplay);
VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root)
{
    PRTL_SPLAY_LINKS Next;

    if (Links->LeftChild == NULL || Links->RightChild == NULL) {
        RtlpReplaceLinks(Links, Links->LeftChild != NULL ? Links->LeftChild : Links->RightChild,
                         Root);
        return;
    }
    Next = RtlSubtreeSuccessor(Links);
    if (Next->Parent != Links) {
        RtlpReplaceLinks(Next, Next->RightChild, Root);
        Next->RightChild = Links->RightChild;
        Next->RightChild->Parent = Next;
    }
    RtlpReplaceLinks(Links, Next, Root);
    Next->LeftChild = Links->LeftChild;
    Next->LeftChild->Parent = Next;
}

/* Takes Links out and splays where it hung; returns the root, NULL for an empty tree. */
NT_EXPORT(RtlDelete);
PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Parent = RtlpIsRoot(Links) ? NULL : Links->Parent, Root = NULL;

    RtlDeleteNoSplay(Links, &Root);
    return Parent != NULL ? RtlSplay(Parent) : Root;
}

/* ---- generic tables ---- */

static PVOID RtlpSplayData(PRTL_SPLAY_LINKS Links)
{
    return Links != NULL ? (PUCHAR)Links + RTLP_SPLAY_DATA : NULL;
}

static TABLE_SEARCH_RESULT RtlpSplayFind(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                         PRTL_SPLAY_LINKS *Found)
{
    PRTL_SPLAY_LINKS Links = Table->TableRoot;

    *Found = NULL;
    if (Links == NULL)
        return TableEmptyTree;
    for (;;) {
        RTL_GENERIC_COMPARE_RESULTS Order =
            Table->CompareRoutine(Table, Buffer, RtlpSplayData(Links));
        PRTL_SPLAY_LINKS Child = Order == GenericLessThan ? Links->LeftChild : Links->RightChild;
        *Found = Links;
        if (Order == GenericEqual)
            return TableFoundNode;
        if (Child == NULL)
            return Order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
        Links = Child;
    }
}

NT_EXPORT(RtlInitializeGenericTable);
VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE Compare,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE Allocate,
                                     PRTL_GENERIC_FREE_ROUTINE Free, PVOID Context)
{
    *Table = (RTL_GENERIC_TABLE){.CompareRoutine = Compare,
                                 .AllocateRoutine = Allocate,
                                 .FreeRoutine = Free,
                                 .TableContext = Context};
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
}

NT_EXPORT(RtlInsertElementGenericTableFull);
PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                             CLONG BufferSize, PBOOLEAN NewElement,
                                             PVOID NodeOrParent, TABLE_SEARCH_RESULT Result)
{
    PRTL_SPLAY_LINKS Links = NodeOrParent, Parent = NodeOrParent;

    if (NewElement != NULL)
        *NewElement = Result != TableFoundNode;
    if (Result != TableFoundNode) {
        RTLP_SPLAY_HEADER *Header =
            Table->AllocateRoutine(Table, (CLONG)(BufferSize + RTLP_SPLAY_DATA));
        if (Header == NULL) {
            if (NewElement != NULL)
                *NewElement = FALSE;
            return NULL;
        }
        Links = &Header->Links;
        *Links = (RTL_SPLAY_LINKS){.Parent = Result == TableEmptyTree ? Links : Parent};
        if (Result == TableInsertAsLeft)
            Parent->LeftChild = Links;
        else if (Result == TableInsertAsRight)
            Parent->RightChild = Links;
        InsertTailList(&Table->InsertOrderList, &Header->InsertOrder);
        Table->NumberGenericTableElements++;
        memcpy(RtlpSplayData(Links), Buffer, BufferSize);
    }
    Table->TableRoot = RtlSplay(Links);
    return RtlpSplayData(Links);
}

NT_EXPORT(RtlInsertElementGenericTable);
PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                         PBOOLEAN NewElement)
{
    PRTL_SPLAY_LINKS Found;
    TABLE_SEARCH_RESULT Result = RtlpSplayFind(Table, Buffer, &Found);

    return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, Found, Result);
}

NT_EXPORT(RtlLookupElementGenericTableFull);
PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                             PVOID *NodeOrParent, TABLE_SEARCH_RESULT *Result)
{
    *Result = RtlpSplayFind(Table, Buffer, (PRTL_SPLAY_LINKS *)NodeOrParent);
    if (*Result != TableFoundNode) /* no splaying: the parent's free side is for the insertion that
                                      may follow */
        return NULL;
    Table->TableRoot = RtlSplay(*NodeOrParent);
    return RtlpSplayData(*NodeOrParent);
}

NT_EXPORT(RtlLookupElementGenericTable);
PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PVOID NodeOrParent;
    TABLE_SEARCH_RESULT Result;

    return RtlLookupElementGenericTableFull(Table, Buffer, &NodeOrParent, &Result);
}

NT_EXPORT(RtlDeleteElementGenericTable);
BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PRTL_SPLAY_LINKS Links;
    RTLP_SPLAY_HEADER *Header;

    if (RtlpSplayFind(Table, Buffer, &Links) != TableFoundNode)
        return FALSE;
    Header = CONTAINING_RECORD(Links, RTLP_SPLAY_HEADER, Links);
    Table->TableRoot = RtlDelete(Links);
    RemoveEntryList(&Header->InsertOrder);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, Header);
    return TRUE;
}

static PRTL_SPLAY_LINKS RtlpSplayFirst(PRTL_GENERIC_TABLE Table)
{
    PRTL_SPLAY_LINKS Links = Table->TableRoot;

    while (Links != NULL && Links->LeftChild != NULL)
        Links = Links->LeftChild;
    return Links;
}

NT_EXPORT(RtlEnumerateGenericTableWithoutSplaying);
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    PRTL_SPLAY_LINKS Links =
        *RestartKey == NULL ? RtlpSplayFirst(Table) : RtlRealSuccessor(*RestartKey);

    if (Links != NULL)
        *RestartKey = Links;
    return RtlpSplayData(Links);
}

/* The element last returned is the root: its successor follows. */
NT_EXPORT(RtlEnumerateGenericTable);
PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    PRTL_SPLAY_LINKS Links;

    if (Table->TableRoot == NULL)
        return NULL;
    Links = Restart ? RtlpSplayFirst(Table) : RtlRealSuccessor(Table->TableRoot);
    if (Links != NULL)
        Table->TableRoot = RtlSplay(Links);
    return RtlpSplayData(Links);
}

/* Element I, from 0, in the order of insertion; the place is kept: WhichOrderedElement counts from
 * 1, 0 is the head. */
NT_EXPORT(RtlGetElementGenericTable);
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I)
{
    ULONG Wanted = I + 1, At = Table->WhichOrderedElement;
    PLIST_ENTRY Entry = Table->OrderedPointer;

    if (I >= Table->NumberGenericTableElements)
        return NULL;
    if (Wanted < At / 2) {
        Entry = &Table->InsertOrderList;
        At = 0;
    }
    for (; At < Wanted; At++)
        Entry = Entry->Flink;
    for (; At > Wanted; At--)
        Entry = Entry->Blink;
    Table->OrderedPointer = Entry;
    Table->WhichOrderedElement = Wanted;
    return &CONTAINING_RECORD(Entry, RTLP_SPLAY_HEADER, InsertOrder)->Data;
}

NT_EXPORT(RtlNumberGenericTableElements);
ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

NT_EXPORT(RtlIsGenericTableEmpty);
BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    return Table->TableRoot == NULL;
}
