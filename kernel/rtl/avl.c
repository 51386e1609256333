/*
 * AVL generic tables: RTL_AVL_TABLE. The caller's data follows a RTL_BALANCED_LINKS header in
 * blocks from the caller's allocate routine; the table's BalancedRoot is the parent of the root,
 * which is its right child. The caller serialises; IRQL is that of the caller's routines. Left out:
 * nothing.
 */
#include "rtl.h"

#define RTLP_AVL_DATA sizeof(RTL_BALANCED_LINKS)
C_ASSERT(RTLP_AVL_DATA == 32);

static PVOID RtlpAvlData(PRTL_BALANCED_LINKS Node)
{
    return Node != NULL ? (PUCHAR)Node + RTLP_AVL_DATA : NULL;
}

static PRTL_BALANCED_LINKS RtlpAvlRoot(PRTL_AVL_TABLE Table)
{
    return Table->BalancedRoot.RightChild;
}

static PRTL_BALANCED_LINKS RtlpAvlLeftmost(PRTL_BALANCED_LINKS Node)
{
    while (Node != NULL && Node->LeftChild != NULL)
        Node = Node->LeftChild;
    return Node;
}

static PRTL_BALANCED_LINKS RtlpAvlRightmost(PRTL_BALANCED_LINKS Node)
{
    while (Node != NULL && Node->RightChild != NULL)
        Node = Node->RightChild;
    return Node;
}

static PRTL_BALANCED_LINKS RtlpAvlNext(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node)
{
    if (Node->RightChild != NULL)
        return RtlpAvlLeftmost(Node->RightChild);
    while (Node->Parent != &Table->BalancedRoot && Node->Parent->RightChild == Node)
        Node = Node->Parent;
    return Node->Parent != &Table->BalancedRoot ? Node->Parent : NULL;
}

static PRTL_BALANCED_LINKS RtlpAvlPrevious(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node)
{
    if (Node->LeftChild != NULL)
        return RtlpAvlRightmost(Node->LeftChild);
    while (Node->Parent != &Table->BalancedRoot && Node->Parent->LeftChild == Node)
        Node = Node->Parent;
    return Node->Parent != &Table->BalancedRoot ? Node->Parent : NULL;
}

/* Puts New, which may be NULL, where Old hangs. */
static VOID RtlpAvlReplace(PRTL_BALANCED_LINKS Old, PRTL_BALANCED_LINKS New)
{
    if (Old->Parent->LeftChild == Old)
        Old->Parent->LeftChild = New;
    else
        Old->Parent->RightChild = New;
    if (New != NULL)
        New->Parent = Old->Parent;
}

/* The rotations keep Balance (height of the right minus the left) true for any heights. */
static PRTL_BALANCED_LINKS RtlpAvlRotateLeft(PRTL_BALANCED_LINKS Top)
{
    PRTL_BALANCED_LINKS Child = Top->RightChild;

    RtlpAvlReplace(Top, Child);
    Top->RightChild = Child->LeftChild;
    if (Child->LeftChild != NULL)
        Child->LeftChild->Parent = Top;
    Child->LeftChild = Top;
    Top->Parent = Child;
    Top->Balance = (CHAR)(Top->Balance - 1 - (Child->Balance > 0 ? Child->Balance : 0));
    Child->Balance = (CHAR)(Child->Balance - 1 + (Top->Balance < 0 ? Top->Balance : 0));
    return Child;
}

static PRTL_BALANCED_LINKS RtlpAvlRotateRight(PRTL_BALANCED_LINKS Top)
{
    PRTL_BALANCED_LINKS Child = Top->LeftChild;

    RtlpAvlReplace(Top, Child);
    Top->LeftChild = Child->RightChild;
    if (Child->RightChild != NULL)
        Child->RightChild->Parent = Top;
    Child->RightChild = Top;
    Top->Parent = Child;
    Top->Balance = (CHAR)(Top->Balance + 1 - (Child->Balance < 0 ? Child->Balance : 0));
    Child->Balance = (CHAR)(Child->Balance + 1 + (Top->Balance > 0 ? Top->Balance : 0));
    return Child;
}

/* Top leans by two; returns the new top of the subtree. */
static PRTL_BALANCED_LINKS RtlpAvlRestore(PRTL_BALANCED_LINKS Top)
{
    if (Top->Balance > 0) {
        if (Top->RightChild->Balance < 0)
            RtlpAvlRotateRight(Top->RightChild);
        return RtlpAvlRotateLeft(Top);
    }
    if (Top->LeftChild->Balance > 0)
        RtlpAvlRotateLeft(Top->LeftChild);
    return RtlpAvlRotateRight(Top);
}

static VOID RtlpAvlLink(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node, PRTL_BALANCED_LINKS Parent,
                        BOOLEAN Left)
{
    *Node = (RTL_BALANCED_LINKS){.Parent = Parent};
    if (Left)
        Parent->LeftChild = Node;
    else
        Parent->RightChild = Node;
    for (; Parent != &Table->BalancedRoot; Node = Parent, Parent = Node->Parent) {
        Parent->Balance = (CHAR)(Parent->Balance + (Parent->LeftChild == Node ? -1 : 1));
        if (Parent->Balance == 0)
            return;
        if (Parent->Balance == 2 || Parent->Balance == -2) {
            RtlpAvlRestore(Parent);
            return;
        }
    }
    Table->DepthOfTree++;
}

/* The left or right part of Node has become one lower. */
static VOID RtlpAvlShrink(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node, BOOLEAN Left)
{
    while (Node != &Table->BalancedRoot) {
        PRTL_BALANCED_LINKS Parent = Node->Parent;
        BOOLEAN WasLeft = Parent->LeftChild == Node;
        Node->Balance = (CHAR)(Node->Balance + (Left ? 1 : -1));
        if (Node->Balance == 1 || Node->Balance == -1)
            return;
        if (Node->Balance != 0 && RtlpAvlRestore(Node)->Balance != 0)
            return;
        Node = Parent;
        Left = WasLeft;
    }
    Table->DepthOfTree--;
}

static VOID RtlpAvlUnlink(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node)
{
    PRTL_BALANCED_LINKS Next, Start = Node->Parent;
    BOOLEAN Left = Start->LeftChild == Node;

    if (Node->LeftChild == NULL || Node->RightChild == NULL) {
        RtlpAvlReplace(Node, Node->LeftChild != NULL ? Node->LeftChild : Node->RightChild);
        RtlpAvlShrink(Table, Start, Left);
        return;
    }
    Next = RtlpAvlLeftmost(Node->RightChild); /* takes Node's place */
    Start = Next->Parent != Node ? Next->Parent : Next;
    Left = Start != Next;
    if (Left) {
        RtlpAvlReplace(Next, Next->RightChild);
        Next->RightChild = Node->RightChild;
        Next->RightChild->Parent = Next;
    }
    RtlpAvlReplace(Node, Next);
    Next->LeftChild = Node->LeftChild;
    Next->LeftChild->Parent = Next;
    Next->Balance = Node->Balance;
    RtlpAvlShrink(Table, Start, Left);
}

/* The node that equals Buffer (TableFoundNode), else the one to hang a new node on. */
static TABLE_SEARCH_RESULT RtlpAvlFind(PRTL_AVL_TABLE Table, PVOID Buffer,
                                       PRTL_BALANCED_LINKS *Found)
{
    PRTL_BALANCED_LINKS Node = RtlpAvlRoot(Table);

    *Found = &Table->BalancedRoot;
    if (Node == NULL)
        return TableEmptyTree;
    for (;;) {
        RTL_GENERIC_COMPARE_RESULTS Order = Table->CompareRoutine(Table, Buffer, RtlpAvlData(Node));
        PRTL_BALANCED_LINKS Child = Order == GenericLessThan ? Node->LeftChild : Node->RightChild;
        *Found = Node;
        if (Order == GenericEqual)
            return TableFoundNode;
        if (Child == NULL)
            return Order == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
        Node = Child;
    }
}

NT_EXPORT(RtlInitializeGenericTableAvl);
VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE Compare,
                                        PRTL_AVL_ALLOCATE_ROUTINE Allocate,
                                        PRTL_AVL_FREE_ROUTINE Free, PVOID Context)
{
    *Table = (RTL_AVL_TABLE){.CompareRoutine = Compare,
                             .AllocateRoutine = Allocate,
                             .FreeRoutine = Free,
                             .TableContext = Context};
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
}

NT_EXPORT(RtlInsertElementGenericTableFullAvl);
PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                CLONG BufferSize, PBOOLEAN NewElement,
                                                PVOID NodeOrParent, TABLE_SEARCH_RESULT Result)
{
    PRTL_BALANCED_LINKS Parent = NodeOrParent, Node;

    if (NewElement != NULL)
        *NewElement = FALSE;
    if (Result == TableFoundNode)
        return RtlpAvlData(Parent);
    Node = Table->AllocateRoutine(Table, (CLONG)(BufferSize + RTLP_AVL_DATA));
    if (Node == NULL)
        return NULL;
    memcpy(RtlpAvlData(Node), Buffer, BufferSize);
    if (Result == TableEmptyTree)
        Parent = &Table->BalancedRoot;
    RtlpAvlLink(Table, Node, Parent, Result == TableInsertAsLeft);
    Table->NumberGenericTableElements++;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    if (NewElement != NULL)
        *NewElement = TRUE;
    return RtlpAvlData(Node);
}

NT_EXPORT(RtlInsertElementGenericTableAvl);
PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                            PBOOLEAN NewElement)
{
    PRTL_BALANCED_LINKS Found;
    TABLE_SEARCH_RESULT Result = RtlpAvlFind(Table, Buffer, &Found);

    return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, Found,
                                               Result);
}

NT_EXPORT(RtlLookupElementGenericTableFullAvl);
PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                PVOID *NodeOrParent, TABLE_SEARCH_RESULT *Result)
{
    *Result = RtlpAvlFind(Table, Buffer, (PRTL_BALANCED_LINKS *)NodeOrParent);
    return *Result == TableFoundNode ? RtlpAvlData(*NodeOrParent) : NULL;
}

NT_EXPORT(RtlLookupElementGenericTableAvl);
PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Found;

    return RtlpAvlFind(Table, Buffer, &Found) == TableFoundNode ? RtlpAvlData(Found) : NULL;
}

/* The first, in order, of the elements that compare equal. */
NT_EXPORT(RtlLookupFirstMatchingElementGenericTableAvl);
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                         PVOID *RestartKey)
{
    PRTL_BALANCED_LINKS Found, Before;

    *RestartKey = NULL;
    if (RtlpAvlFind(Table, Buffer, &Found) != TableFoundNode)
        return NULL;
    while ((Before = RtlpAvlPrevious(Table, Found)) != NULL &&
           Table->CompareRoutine(Table, Buffer, RtlpAvlData(Before)) == GenericEqual)
        Found = Before;
    *RestartKey = Found;
    return RtlpAvlData(Found);
}

NT_EXPORT(RtlDeleteElementGenericTableAvl);
BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Node;

    if (RtlpAvlFind(Table, Buffer, &Node) != TableFoundNode)
        return FALSE;
    if (Table->RestartKey == Node) /* RtlEnumerateGenericTableAvl goes on behind it */
        Table->RestartKey = RtlpAvlPrevious(Table, Node);
    RtlpAvlUnlink(Table, Node);
    Table->NumberGenericTableElements--;
    Table->DeleteCount++;
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
    Table->FreeRoutine(Table, Node);
    return TRUE;
}

NT_EXPORT(RtlEnumerateGenericTableWithoutSplayingAvl);
PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    PRTL_BALANCED_LINKS Node =
        *RestartKey == NULL ? RtlpAvlLeftmost(RtlpAvlRoot(Table)) : RtlpAvlNext(Table, *RestartKey);

    if (Node != NULL)
        *RestartKey = Node;
    return RtlpAvlData(Node);
}

NT_EXPORT(RtlEnumerateGenericTableAvl);
PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    if (Restart)
        Table->RestartKey = NULL;
    return RtlEnumerateGenericTableWithoutSplayingAvl(Table, (PVOID *)&Table->RestartKey);
}

/*
 * Element I, from 0, in the table's order. The place is kept, so that a loop over all I is linear.
 */
NT_EXPORT(RtlGetElementGenericTableAvl);
PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
    PRTL_BALANCED_LINKS Node = Table->OrderedPointer;
    ULONG At = Table->WhichOrderedElement;

    if (I >= Table->NumberGenericTableElements)
        return NULL;
    if (Node == NULL || I < At / 2) {
        Node = RtlpAvlLeftmost(RtlpAvlRoot(Table));
        At = 0;
    }
    for (; At < I; At++)
        Node = RtlpAvlNext(Table, Node);
    for (; At > I; At--)
        Node = RtlpAvlPrevious(Table, Node);
    Table->OrderedPointer = Node;
    Table->WhichOrderedElement = I;
    return RtlpAvlData(Node);
}

NT_EXPORT(RtlNumberGenericTableElementsAvl);
ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

NT_EXPORT(RtlIsGenericTableEmptyAvl);
BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements == 0;
}

/* Where an enumeration goes on: at the node last returned, or, when the table has lost nodes, at
 * Buffer's place. */
static PRTL_BALANCED_LINKS RtlpAvlResume(PRTL_AVL_TABLE Table, ULONG NextFlag, PVOID RestartKey,
                                         BOOLEAN KeyIsGood, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Node;

    if (KeyIsGood)
        return NextFlag ? RtlpAvlNext(Table, RestartKey) : RestartKey;
    switch (RtlpAvlFind(Table, Buffer, &Node)) {
    case TableEmptyTree:
        return NULL;
    case TableFoundNode:
        return NextFlag ? RtlpAvlNext(Table, Node) : Node;
    case TableInsertAsLeft:
        return Node;
    default:
        return RtlpAvlNext(Table, Node);
    }
}

NT_EXPORT(RtlEnumerateGenericTableLikeADirectory);
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table,
                                                   PRTL_AVL_MATCH_FUNCTION Match, PVOID MatchData,
                                                   ULONG NextFlag, PVOID *RestartKey,
                                                   PULONG DeleteCount, PVOID Buffer)
{
    BOOLEAN KeyIsGood = *RestartKey != NULL && *DeleteCount == Table->DeleteCount;
    PRTL_BALANCED_LINKS Node = RtlpAvlResume(Table, NextFlag, *RestartKey, KeyIsGood, Buffer);

    for (; Node != NULL; Node = RtlpAvlNext(Table, Node)) {
        NTSTATUS Status =
            Match != NULL ? Match(Table, RtlpAvlData(Node), MatchData) : STATUS_SUCCESS;
        if (Status == STATUS_NO_MORE_MATCHES)
            return NULL;
        if (Status == STATUS_SUCCESS)
            break;
    }
    if (Node != NULL) {
        *RestartKey = Node;
        *DeleteCount = Table->DeleteCount;
    }
    return RtlpAvlData(Node);
}
