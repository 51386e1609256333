/*
 * Generic tables, AVL and splay, and the bare splay trees: insertion, lookup, deletion in random
 * order with the tree's shape checked at each step, enumeration, order, allocation failure.
 */
#include "tap.h"

NTSYSAPI PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE, PVOID, PVOID *);

#define ELEMENTS 300
typedef struct _ELEMENT { ULONG Key, Payload; } ELEMENT;

static LONG Live;         /* blocks that the tables hold */
static BOOLEAN Exhausted; /* the allocate routines fail */
static ULONG LastSize;

static RTL_GENERIC_COMPARE_RESULTS Order(PVOID First, PVOID Second)
{
    ULONG A = ((ELEMENT *)First)->Key, B = ((ELEMENT *)Second)->Key;

    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static PVOID Allocate(ULONG Bytes)
{
    PVOID Block = Exhausted ? NULL : ExAllocatePoolWithTag(NonPagedPool, Bytes, 'lbaT');

    LastSize = Bytes;
    if (Block != NULL) {
        RtlFillMemory(Block, Bytes, 0xA5);
        Live++;
    }
    return Block;
}

static VOID Free(PVOID Block)
{
    ExFreePoolWithTag(Block, 'lbaT');
    Live--;
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI AvlCompare(PRTL_AVL_TABLE Table, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(Table);
    return Order(First, Second);
}

static PVOID NTAPI AvlAllocate(PRTL_AVL_TABLE Table, CLONG Bytes)
{
    UNREFERENCED_PARAMETER(Table);
    return Allocate(Bytes);
}

static VOID NTAPI AvlFree(PRTL_AVL_TABLE Table, PVOID Block)
{
    UNREFERENCED_PARAMETER(Table);
    Free(Block);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI SplayCompare(PRTL_GENERIC_TABLE Table, PVOID First,
                                                      PVOID Second)
{
    UNREFERENCED_PARAMETER(Table);
    return Order(First, Second);
}

static PVOID NTAPI SplayAllocate(PRTL_GENERIC_TABLE Table, CLONG Bytes)
{
    UNREFERENCED_PARAMETER(Table);
    return Allocate(Bytes);
}

static VOID NTAPI SplayFree(PRTL_GENERIC_TABLE Table, PVOID Block)
{
    UNREFERENCED_PARAMETER(Table);
    Free(Block);
}

/* Height of an AVL subtree, or -1000 when an invariant is broken. */
static LONG AvlHeight(PRTL_BALANCED_LINKS Node)
{
    LONG Left, Right;

    if (Node == NULL)
        return 0;
    Left = AvlHeight(Node->LeftChild);
    Right = AvlHeight(Node->RightChild);
    if (Left < 0 || Right < 0 || Right - Left != Node->Balance || Node->Balance < -1 ||
        Node->Balance > 1)
        return -1000;
    if ((Node->LeftChild != NULL && Node->LeftChild->Parent != Node) ||
        (Node->RightChild != NULL && Node->RightChild->Parent != Node))
        return -1000;
    return 1 + (Left > Right ? Left : Right);
}

static ULONG Shuffled[ELEMENTS];

static VOID Shuffle(ULONG Seed)
{
    for (ULONG i = 0; i < ELEMENTS; i++)
        Shuffled[i] = i * 2; /* even keys */
    for (ULONG i = ELEMENTS - 1; i > 0; i--) {
        ULONG Other = RtlRandomEx(&Seed) % (i + 1), Swap = Shuffled[i];
        Shuffled[i] = Shuffled[Other];
        Shuffled[Other] = Swap;
    }
}

static NTSTATUS NTAPI MatchTens(PRTL_AVL_TABLE Table, PVOID Data, PVOID Context)
{
    ULONG Key = ((ELEMENT *)Data)->Key;

    UNREFERENCED_PARAMETER(Table);
    if (Key > *(ULONG *)Context)
        return STATUS_NO_MORE_MATCHES;
    return Key % 10 == 0 ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static VOID TestAvlEnumeration(PRTL_AVL_TABLE Table)
{
    PVOID Restart = NULL;
    ELEMENT *Found, From = {0, 0};
    ULONG Count = 0, Bad = 0, Deletes = 0, Limit = 50;

    while ((Found = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &Restart)) != NULL)
        Bad += Found->Key != 2 * Count++;
    ok(Count == ELEMENTS && Bad == 0, "RtlEnumerateGenericTableWithoutSplayingAvl is in order");
    Count = Bad = 0;
    for (Found = RtlEnumerateGenericTableAvl(Table, TRUE); Found != NULL;
         Found = RtlEnumerateGenericTableAvl(Table, FALSE))
        Bad += Found->Key != 2 * Count++;
    ok(Count == ELEMENTS && Bad == 0, "RtlEnumerateGenericTableAvl is in order");
    Bad = 0;
    for (ULONG i = 0; i < ELEMENTS; i++)
        Bad += ((ELEMENT *)RtlGetElementGenericTableAvl(Table, i))->Key != 2 * i;
    for (ULONG i = ELEMENTS; i-- > 0;)
        Bad += ((ELEMENT *)RtlGetElementGenericTableAvl(Table, i))->Key != 2 * i;
    is_ulong(Bad, 0, "RtlGetElementGenericTableAvl, up and down");
    is_ptr(RtlGetElementGenericTableAvl(Table, ELEMENTS), NULL, "behind the last");
    Restart = NULL;
    Count = Bad = 0;
    while ((Found = RtlEnumerateGenericTableLikeADirectory(Table, MatchTens, &Limit, Count != 0,
                                                           &Restart, &Deletes, &From)) != NULL)
        Bad += Found->Key != 10 * Count++;
    ok(Count == 6 && Bad == 0, "RtlEnumerateGenericTableLikeADirectory: 0, 10, ... 50");
    From.Key = 101; /* between two elements */
    Restart = NULL;
    Found =
        RtlEnumerateGenericTableLikeADirectory(Table, NULL, NULL, FALSE, &Restart, &Deletes, &From);
    ok(Found != NULL && Found->Key == 102, "starts behind a missing key");
    From.Key = 102;
    Deletes += 1; /* as if the table had lost an element */
    Found =
        RtlEnumerateGenericTableLikeADirectory(Table, NULL, NULL, TRUE, &Restart, &Deletes, &From);
    ok(Found != NULL && Found->Key == 104, "resumes by key after a deletion");
}

static VOID TestAvl(VOID)
{
    RTL_AVL_TABLE Table;
    ELEMENT Element, *Got;
    BOOLEAN New;
    ULONG Bad = 0;
    PVOID Node;
    TABLE_SEARCH_RESULT Result;

    tap_fill(&Table);
    RtlInitializeGenericTableAvl(&Table, AvlCompare, AvlAllocate, AvlFree, NULL);
    ok(RtlIsGenericTableEmptyAvl(&Table) && RtlNumberGenericTableElementsAvl(&Table) == 0,
       "an empty AVL table");
    is_ptr(RtlEnumerateGenericTableAvl(&Table, TRUE), NULL, "nothing to enumerate");
    Shuffle(1);
    for (ULONG i = 0; i < ELEMENTS; i++) {
        Element = (ELEMENT){Shuffled[i], ~Shuffled[i]};
        Got = RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &New);
        Bad += Got == NULL || !New || Got->Payload != ~Shuffled[i] ||
               AvlHeight(Table.BalancedRoot.RightChild) < 0;
    }
    is_ulong(Bad, 0, "AVL: insert, balanced at each step");
    is_ulong(LastSize, sizeof(ELEMENT) + sizeof(RTL_BALANCED_LINKS), "block size");
    is_ulong(Table.DepthOfTree, AvlHeight(Table.BalancedRoot.RightChild), "DepthOfTree");
    Element = (ELEMENT){100, 1};
    Got = RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &New);
    ok(!New && Got != NULL && Got->Payload == ~100u, "a second of the same key is the first");
    is_ulong(RtlNumberGenericTableElementsAvl(&Table), ELEMENTS, "their number");
    Got = RtlLookupElementGenericTableAvl(&Table, &Element);
    ok(Got != NULL && Got->Key == 100, "lookup");
    Got = RtlLookupFirstMatchingElementGenericTableAvl(&Table, &Element, &Node);
    ok(Got != NULL && Got->Key == 100 && Node != NULL, "first match");
    Element.Key = 101;
    is_ptr(RtlLookupElementGenericTableAvl(&Table, &Element), NULL, "lookup of an absent key");
    is_ptr(RtlLookupElementGenericTableFullAvl(&Table, &Element, &Node, &Result), NULL,
           "full lookup");
    Exhausted = TRUE;
    is_ptr(RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &New), NULL,
           "no memory");
    is_bool(New, FALSE, "and nothing new");
    Exhausted = FALSE;
    Got =
        RtlInsertElementGenericTableFullAvl(&Table, &Element, sizeof(Element), &New, Node, Result);
    ok(New && Got != NULL && Got->Key == 101, "full insert");
    is_bool(RtlDeleteElementGenericTableAvl(&Table, &Element), TRUE, "delete");
    is_bool(RtlDeleteElementGenericTableAvl(&Table, &Element), FALSE, "only once");
    TestAvlEnumeration(&Table);
    Shuffle(2);
    Bad = 0;
    for (ULONG i = 0; i < ELEMENTS; i++) {
        Element.Key = Shuffled[i];
        Bad += !RtlDeleteElementGenericTableAvl(&Table, &Element) ||
               AvlHeight(Table.BalancedRoot.RightChild) < 0;
    }
    is_ulong(Bad, 0, "AVL: delete, balanced at each step");
    ok(RtlIsGenericTableEmptyAvl(&Table) && Table.DepthOfTree == 0, "empty again");
    is_long(Live, 0, "no block left");
}

static LONG SplayCount(PRTL_SPLAY_LINKS Links) /* negative when a link is broken */
{
    LONG Left, Right;

    if (Links == NULL)
        return 0;
    if ((Links->LeftChild != NULL && Links->LeftChild->Parent != Links) ||
        (Links->RightChild != NULL && Links->RightChild->Parent != Links))
        return -100000;
    Left = SplayCount(Links->LeftChild);
    Right = SplayCount(Links->RightChild);
    return Left < 0 || Right < 0 ? -100000 : 1 + Left + Right;
}

static VOID TestSplayTable(VOID)
{
    RTL_GENERIC_TABLE Table;
    ELEMENT Element, *Got;
    BOOLEAN New;
    ULONG Bad = 0, Count = 0;
    PVOID Restart = NULL, Node;
    TABLE_SEARCH_RESULT Result;

    tap_fill(&Table);
    RtlInitializeGenericTable(&Table, SplayCompare, SplayAllocate, SplayFree, NULL);
    ok(RtlIsGenericTableEmpty(&Table) && RtlNumberGenericTableElements(&Table) == 0,
       "an empty table");
    is_ptr(RtlEnumerateGenericTable(&Table, TRUE), NULL, "nothing to enumerate");
    Shuffle(3);
    for (ULONG i = 0; i < ELEMENTS; i++) {
        Element = (ELEMENT){Shuffled[i], ~Shuffled[i]};
        Got = RtlInsertElementGenericTable(&Table, &Element, sizeof(Element), &New);
        Bad += Got == NULL || !New || Got->Key != Shuffled[i] ||
               SplayCount(Table.TableRoot) != (LONG)i + 1;
    }
    is_ulong(Bad, 0, "insert, linked right at each step");
    Bad = 0;
    for (ULONG i = 0; i < ELEMENTS; i++)
        Bad += ((ELEMENT *)RtlGetElementGenericTable(&Table, i))->Key != Shuffled[i];
    for (ULONG i = ELEMENTS; i-- > 0;)
        Bad += ((ELEMENT *)RtlGetElementGenericTable(&Table, i))->Key != Shuffled[i];
    is_ulong(Bad, 0, "RtlGetElementGenericTable goes by insertion");
    is_ptr(RtlGetElementGenericTable(&Table, ELEMENTS), NULL, "behind the last");
    Bad = 0;
    while ((Got = RtlEnumerateGenericTableWithoutSplaying(&Table, &Restart)) != NULL)
        Bad += Got->Key != 2 * Count++;
    ok(Count == ELEMENTS && Bad == 0, "RtlEnumerateGenericTableWithoutSplaying is in order");
    Count = Bad = 0;
    for (Got = RtlEnumerateGenericTable(&Table, TRUE); Got != NULL;
         Got = RtlEnumerateGenericTable(&Table, FALSE))
        Bad += Got->Key != 2 * Count++;
    ok(Count == ELEMENTS && Bad == 0, "RtlEnumerateGenericTable is in order");
    Element.Key = 40;
    Got = RtlLookupElementGenericTable(&Table, &Element);
    ok(Got != NULL && Got->Key == 40, "lookup");
    Element.Key = 41;
    is_ptr(RtlLookupElementGenericTableFull(&Table, &Element, &Node, &Result), NULL,
           "full lookup of an absent key");
    Got = RtlInsertElementGenericTableFull(&Table, &Element, sizeof(Element), &New, Node, Result);
    ok(New && Got != NULL && Got->Key == 41, "full insert");
    RtlDeleteElementGenericTable(&Table, &Element);
    Exhausted = TRUE;
    is_ptr(RtlInsertElementGenericTable(&Table, &Element, sizeof(Element), &New), NULL,
           "no memory");
    is_bool(New, FALSE, "and nothing new");
    Exhausted = FALSE;
    Bad = 0;
    Shuffle(4);
    for (ULONG i = 0; i < ELEMENTS; i++) {
        Element.Key = Shuffled[i];
        Bad += !RtlDeleteElementGenericTable(&Table, &Element) ||
               SplayCount(Table.TableRoot) != (LONG)(ELEMENTS - i - 1);
    }
    is_ulong(Bad, 0, "delete, linked right at each step");
    is_bool(RtlDeleteElementGenericTable(&Table, &Element), FALSE, "only once");
    is_long(Live, 0, "no block left");
}

static VOID TestLinks(VOID)
{
    RTL_SPLAY_LINKS Links[3], *Root;

    for (ULONG i = 0; i < 3; i++)
        RtlInitializeSplayLinks(&Links[i]);
    RtlInsertAsRightChild(&Links[0], &Links[1]);
    RtlInsertAsRightChild(&Links[1], &Links[2]);
    Root = RtlSplay(&Links[2]);
    ok(Root == &Links[2] && RtlIsRoot(Root) && SplayCount(Root) == 3, "RtlSplay makes a root");
    is_ptr(RtlRealSuccessor(&Links[0]), &Links[1], "RtlRealSuccessor");
    is_ptr(RtlRealSuccessor(&Links[2]), NULL, "of the last");
    is_ptr(RtlRealPredecessor(&Links[2]), &Links[1], "RtlRealPredecessor");
    is_ptr(RtlRealPredecessor(&Links[0]), NULL, "of the first");
    is_ptr(RtlSubtreePredecessor(Root), &Links[1], "RtlSubtreePredecessor");
    Root = RtlSplay(&Links[1]);
    is_ptr(RtlSubtreeSuccessor(Root), &Links[2], "RtlSubtreeSuccessor");
    RtlDeleteNoSplay(&Links[1], &Root);
    ok(SplayCount(Root) == 2 && RtlIsRoot(Root), "RtlDeleteNoSplay");
    Root = RtlDelete(&Links[0]);
    ok(Root == &Links[2] && SplayCount(Root) == 1, "RtlDelete");
    is_ptr(RtlDelete(&Links[2]), NULL, "RtlDelete of the last");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestAvl();
    TestSplayTable();
    TestLinks();
    return done();
}
