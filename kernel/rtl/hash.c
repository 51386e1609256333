/*
 * Dynamic hash tables: RTL_DYNAMIC_HASH_TABLE. Linear hashing: the table grows and shrinks by one
 * bucket a call. Entries are the caller's; those of one signature are neighbours in a chain kept in
 * order of signatures. An enumerator is an entry with signature 0 that keeps its place. The caller
 * serialises. The directory is nonpaged, so any IRQL <= DISPATCH_LEVEL. Left out: nothing; a weak
 * enumeration is as strong as the other.
 */
#include "rtl.h"

#define RTLP_HASH_TAG 'bTsH'
#define RTLP_FIRST_BUCKETS 128u
#define RTLP_SEGMENTS 18 /* segment 0: 128 buckets, segment n: as many as all before it */
#define RTLP_ALTERNATE_SIGNATURE 1

typedef PRTL_DYNAMIC_HASH_TABLE RTLP_TABLE;
typedef PRTL_DYNAMIC_HASH_TABLE_ENTRY RTLP_ENTRY;

static ULONG RtlpSegmentOf(ULONG Bucket)
{
    return Bucket < RTLP_FIRST_BUCKETS
               ? 0
               : 32 - (ULONG)__builtin_clz(Bucket / RTLP_FIRST_BUCKETS);
}

static ULONG RtlpSegmentStart(ULONG Segment)
{
    return Segment == 0 ? 0 : RTLP_FIRST_BUCKETS << (Segment - 1);
}

static ULONG RtlpSegmentBuckets(ULONG Segment)
{
    return Segment == 0 ? RTLP_FIRST_BUCKETS : RtlpSegmentStart(Segment);
}

static PLIST_ENTRY RtlpChain(RTLP_TABLE Table, ULONG Bucket)
{
    PLIST_ENTRY *Directory = Table->Directory;
    ULONG Segment = RtlpSegmentOf(Bucket);

    return &Directory[Segment][Bucket - RtlpSegmentStart(Segment)];
}

static ULONG RtlpBucketOf(RTLP_TABLE Table, ULONG_PTR Signature)
{
    ULONG Hash = (ULONG)(Signature >> Table->Shift), Bucket = Hash & Table->DivisorMask;

    return Bucket < Table->Pivot ? Hash & (Table->DivisorMask << 1 | 1) : Bucket;
}

static RTLP_ENTRY RtlpEntryOf(PLIST_ENTRY Link)
{
    return CONTAINING_RECORD(Link, RTL_DYNAMIC_HASH_TABLE_ENTRY, Linkage);
}

static BOOLEAN RtlpIsEnumerator(PLIST_ENTRY Link)
{
    return RtlpEntryOf(Link)->Signature == RTL_HASH_RESERVED_SIGNATURE;
}

static BOOLEAN RtlpIsChainEmpty(PLIST_ENTRY Chain) /* of real entries */
{
    for (PLIST_ENTRY Link = Chain->Flink; Link != Chain; Link = Link->Flink)
        if (!RtlpIsEnumerator(Link))
            return FALSE;
    return TRUE;
}

/* The link before the first entry whose signature is not below Signature. */
static PLIST_ENTRY RtlpPlaceOf(PLIST_ENTRY Chain, ULONG_PTR Signature)
{
    PLIST_ENTRY Before = Chain;

    for (PLIST_ENTRY Link = Chain->Flink; Link != Chain; Link = Link->Flink) {
        if (RtlpIsEnumerator(Link))
            continue;
        if (RtlpEntryOf(Link)->Signature >= Signature)
            return Link->Blink;
        Before = Link;
    }
    return Before;
}

static BOOLEAN RtlpAddSegment(RTLP_TABLE Table, ULONG Segment)
{
    PLIST_ENTRY *Directory = Table->Directory;
    SIZE_T Bytes = RtlpSegmentBuckets(Segment) * sizeof(LIST_ENTRY);

    Directory[Segment] = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, RTLP_HASH_TAG);
    return Directory[Segment] != NULL;
}

static BOOLEAN RtlpMakeDirectory(RTLP_TABLE Table)
{
    SIZE_T Bytes = RTLP_SEGMENTS * sizeof(PLIST_ENTRY);

    Table->Directory = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, RTLP_HASH_TAG);
    if (Table->Directory == NULL)
        return FALSE;
    memset(Table->Directory, 0, Bytes);
    if (!RtlpAddSegment(Table, 0)) {
        ExFreePoolWithTag(Table->Directory, RTLP_HASH_TAG);
        return FALSE;
    }
    for (ULONG Bucket = 0; Bucket < RTLP_FIRST_BUCKETS; Bucket++)
        InitializeListHead(RtlpChain(Table, Bucket));
    return TRUE;
}

/* With *HashTable NULL the header is allocated too. FALSE: no memory. */
NT_EXPORT(RtlCreateHashTable);
BOOLEAN NTAPI RtlCreateHashTable(PRTL_DYNAMIC_HASH_TABLE *HashTable, ULONG Shift, ULONG Flags)
{
    RTLP_TABLE Table = *HashTable;
    ULONG Allocated = Table == NULL ? RTL_HASH_ALLOCATED_HEADER : 0;

    if (Flags != 0)
        return FALSE;
    if (Allocated)
        Table = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Table), RTLP_HASH_TAG);
    if (Table == NULL)
        return FALSE;
    *Table = (RTL_DYNAMIC_HASH_TABLE){.Flags = Allocated,
                                      .Shift = Shift,
                                      .TableSize = RTLP_FIRST_BUCKETS,
                                      .DivisorMask = RTLP_FIRST_BUCKETS - 1};
    if (!RtlpMakeDirectory(Table)) {
        if (Allocated)
            ExFreePoolWithTag(Table, RTLP_HASH_TAG);
        return FALSE;
    }
    *HashTable = Table;
    return TRUE;
}

NT_EXPORT(RtlDeleteHashTable);
VOID NTAPI RtlDeleteHashTable(PRTL_DYNAMIC_HASH_TABLE Table)
{
    PLIST_ENTRY *Directory = Table->Directory;

    for (ULONG Segment = 0; Segment < RTLP_SEGMENTS; Segment++)
        if (Directory[Segment] != NULL)
            ExFreePoolWithTag(Directory[Segment], RTLP_HASH_TAG);
    ExFreePoolWithTag(Directory, RTLP_HASH_TAG);
    if (Table->Flags & RTL_HASH_ALLOCATED_HEADER)
        ExFreePoolWithTag(Table, RTLP_HASH_TAG);
}

static PLIST_ENTRY RtlpSeek(RTLP_TABLE Table, ULONG_PTR Signature,
                            PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    PLIST_ENTRY Chain = RtlpChain(Table, RtlpBucketOf(Table, Signature));
    PLIST_ENTRY Before = RtlpPlaceOf(Chain, Signature);

    if (Context != NULL) {
        Context->ChainHead = Chain;
        Context->PrevLinkage = Before;
        Context->Signature = Signature;
    }
    return Before;
}

/* Signature 0 is the enumerators': such an entry gets 1. Always TRUE. */
NT_EXPORT(RtlInsertEntryHashTable);
BOOLEAN NTAPI RtlInsertEntryHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                      PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry, ULONG_PTR Signature,
                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    PLIST_ENTRY Before;

    if (Signature == RTL_HASH_RESERVED_SIGNATURE)
        Signature = RTLP_ALTERNATE_SIGNATURE;
    Entry->Signature = Signature;
    Before = RtlpSeek(Table, Signature, Context);
    if (RtlpIsChainEmpty(RtlpChain(Table, RtlpBucketOf(Table, Signature))))
        Table->NonEmptyBuckets++;
    InsertHeadList(Before, &Entry->Linkage);
    Table->NumEntries++;
    return TRUE;
}

NT_EXPORT(RtlRemoveEntryHashTable);
BOOLEAN NTAPI RtlRemoveEntryHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                      PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    PLIST_ENTRY Chain = RtlpChain(Table, RtlpBucketOf(Table, Entry->Signature));

    if (Context != NULL) {
        Context->ChainHead = Chain;
        Context->PrevLinkage = Entry->Linkage.Blink;
        Context->Signature = Entry->Signature;
    }
    RemoveEntryList(&Entry->Linkage);
    Table->NumEntries--;
    if (RtlpIsChainEmpty(Chain))
        Table->NonEmptyBuckets--;
    return TRUE;
}

/* The next real entry behind Before if it has Signature, else NULL; *Before becomes its Blink. */
static RTLP_ENTRY RtlpMatchBehind(PLIST_ENTRY Chain, PLIST_ENTRY *Before, ULONG_PTR Signature)
{
    PLIST_ENTRY Link = (*Before)->Flink;

    while (Link != Chain && RtlpIsEnumerator(Link))
        Link = Link->Flink;
    if (Link == Chain || RtlpEntryOf(Link)->Signature != Signature)
        return NULL;
    *Before = Link->Blink;
    return RtlpEntryOf(Link);
}

NT_EXPORT(RtlLookupEntryHashTable);
PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlLookupEntryHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                                            ULONG_PTR Signature,
                                                            PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    RTL_DYNAMIC_HASH_TABLE_CONTEXT Local;

    if (Context == NULL)
        Context = &Local;
    if (Signature == RTL_HASH_RESERVED_SIGNATURE)
        Signature = RTLP_ALTERNATE_SIGNATURE;
    (VOID)RtlpSeek(Table, Signature, Context);
    return RtlpMatchBehind(Context->ChainHead, &Context->PrevLinkage, Signature);
}

/* The next entry of the signature that the context was made for. */
NT_EXPORT(RtlGetNextEntryHashTable);
PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlGetNextEntryHashTable(
    PRTL_DYNAMIC_HASH_TABLE Table, PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    PLIST_ENTRY Before = Context->PrevLinkage->Flink;
    RTLP_ENTRY Entry;

    UNREFERENCED_PARAMETER(Table);
    if (Before == Context->ChainHead)
        return NULL;
    Entry = RtlpMatchBehind(Context->ChainHead, &Before, Context->Signature);
    if (Entry != NULL)
        Context->PrevLinkage = Before;
    return Entry;
}

NT_EXPORT(RtlInitEnumerationHashTable);
BOOLEAN NTAPI RtlInitEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                          PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    Enumerator->BucketIndex = 0;
    Enumerator->ChainHead = RtlpChain(Table, 0);
    Enumerator->HashEntry.Signature = RTL_HASH_RESERVED_SIGNATURE;
    InsertHeadList(Enumerator->ChainHead, &Enumerator->HashEntry.Linkage);
    Table->NumEnumerators++;
    return TRUE;
}

/* The place is behind the entry returned, which may be removed. */
NT_EXPORT(RtlEnumerateEntryHashTable);
PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlEnumerateEntryHashTable(
    PRTL_DYNAMIC_HASH_TABLE Table, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    PLIST_ENTRY Place = &Enumerator->HashEntry.Linkage, Link = Place->Flink;

    RemoveEntryList(Place);
    for (;;) {
        while (Link != Enumerator->ChainHead && RtlpIsEnumerator(Link))
            Link = Link->Flink;
        if (Link != Enumerator->ChainHead) {
            InsertHeadList(Link, Place);
            return RtlpEntryOf(Link);
        }
        if (Enumerator->BucketIndex + 1 == Table->TableSize) {
            InsertTailList(Enumerator->ChainHead, Place);
            return NULL;
        }
        Enumerator->ChainHead = RtlpChain(Table, ++Enumerator->BucketIndex);
        Link = Enumerator->ChainHead->Flink;
    }
}

NT_EXPORT(RtlEndEnumerationHashTable);
VOID NTAPI RtlEndEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                      PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    RemoveEntryList(&Enumerator->HashEntry.Linkage);
    Table->NumEnumerators--;
    Enumerator->ChainHead = NULL;
}

NT_EXPORT(RtlInitWeakEnumerationHashTable);
BOOLEAN NTAPI RtlInitWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                              PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    return RtlInitEnumerationHashTable(Table, Enumerator);
}

NT_EXPORT(RtlWeaklyEnumerateEntryHashTable);
PRTL_DYNAMIC_HASH_TABLE_ENTRY NTAPI RtlWeaklyEnumerateEntryHashTable(
    PRTL_DYNAMIC_HASH_TABLE Table, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    return RtlEnumerateEntryHashTable(Table, Enumerator);
}

NT_EXPORT(RtlEndWeakEnumerationHashTable);
VOID NTAPI RtlEndWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE Table,
                                          PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    RtlEndEnumerationHashTable(Table, Enumerator);
}

/* Moves the entries of chain From to where they belong now, with the counts of both kept true. */
static VOID RtlpRehash(RTLP_TABLE Table, PLIST_ENTRY From)
{
    LIST_ENTRY Moved;

    if (IsListEmpty(From))
        return;
    Moved = *From;
    Moved.Flink->Blink = Moved.Blink->Flink = &Moved;
    InitializeListHead(From);
    Table->NonEmptyBuckets--;
    while (!IsListEmpty(&Moved)) {
        RTLP_ENTRY Entry = RtlpEntryOf(RemoveHeadList(&Moved));
        Table->NumEntries--;
        RtlInsertEntryHashTable(Table, Entry, Entry->Signature, NULL);
    }
}

/* One bucket more. FALSE while an enumeration goes on, without memory, or at the largest size. */
NT_EXPORT(RtlExpandHashTable);
BOOLEAN NTAPI RtlExpandHashTable(PRTL_DYNAMIC_HASH_TABLE Table)
{
    ULONG New = Table->TableSize, Segment = RtlpSegmentOf(New), Split = Table->Pivot;
    PLIST_ENTRY *Directory = Table->Directory;

    if (Table->NumEnumerators != 0 || Segment >= RTLP_SEGMENTS)
        return FALSE;
    if (Directory[Segment] == NULL && !RtlpAddSegment(Table, Segment))
        return FALSE;
    InitializeListHead(RtlpChain(Table, New));
    Table->TableSize++;
    if (++Table->Pivot == Table->DivisorMask + 1) {
        Table->DivisorMask = Table->DivisorMask << 1 | 1;
        Table->Pivot = 0;
    }
    RtlpRehash(Table, RtlpChain(Table, Split));
    return TRUE;
}

/* One bucket less. FALSE while an enumeration goes on or at the smallest size. */
NT_EXPORT(RtlContractHashTable);
BOOLEAN NTAPI RtlContractHashTable(PRTL_DYNAMIC_HASH_TABLE Table)
{
    PLIST_ENTRY *Directory = Table->Directory, Last;
    ULONG Bucket = Table->TableSize - 1, Segment = RtlpSegmentOf(Bucket);

    if (Table->NumEnumerators != 0 || Table->TableSize == RTLP_FIRST_BUCKETS)
        return FALSE;
    Last = RtlpChain(Table, Bucket);
    if (Table->Pivot == 0) {
        Table->DivisorMask >>= 1;
        Table->Pivot = Table->DivisorMask + 1;
    }
    Table->Pivot--;
    Table->TableSize--;
    RtlpRehash(Table, Last);
    if (Bucket == RtlpSegmentStart(Segment)) {
        ExFreePoolWithTag(Directory[Segment], RTLP_HASH_TAG);
        Directory[Segment] = NULL;
    }
    return TRUE;
}
