/*
 * Dynamic hash tables: insertion, lookup of equal signatures, removal, enumeration that survives
 * removal, growth and shrinking with every entry still found.
 */
#include "tap.h"

#define ENTRIES 1000
static RTL_DYNAMIC_HASH_TABLE_ENTRY Entry[ENTRIES];
static PRTL_DYNAMIC_HASH_TABLE Table;

static ULONG_PTR SignatureOf(ULONG Index) /* two entries each, spread over low and high bits */
{
    return (ULONG_PTR)(Index / 2) * 0x10007;
}

/* How many entries are not found under their signature. */
static ULONG Lost(VOID)
{
    ULONG Bad = 0;

    for (ULONG i = 0; i < ENTRIES; i += 2) {
        RTL_DYNAMIC_HASH_TABLE_CONTEXT Context;
        PRTL_DYNAMIC_HASH_TABLE_ENTRY First, Second;
        RtlInitHashTableContext(&Context);
        First = RtlLookupEntryHashTable(Table, SignatureOf(i), &Context);
        Second = First != NULL ? RtlGetNextEntryHashTable(Table, &Context) : NULL;
        Bad += !((First == &Entry[i] && Second == &Entry[i + 1]) ||
                 (First == &Entry[i + 1] && Second == &Entry[i]));
        Bad += Second != NULL && RtlGetNextEntryHashTable(Table, &Context) != NULL;
        RtlReleaseHashTableContext(&Context);
    }
    return Bad;
}

static VOID TestBasic(VOID)
{
    is_ptr(RtlLookupEntryHashTable(Table, 5, NULL), NULL, "nothing in an empty table");
    for (ULONG i = 0; i < ENTRIES; i++)
        RtlInsertEntryHashTable(Table, &Entry[i], SignatureOf(i), NULL);
    is_ulong(RtlTotalEntriesHashTable(Table), ENTRIES, "RtlInsertEntryHashTable");
    is_ulong(Lost(), 0, "each is found, with its twin, and no third");
    is_ptr(RtlLookupEntryHashTable(Table, SignatureOf(ENTRIES), NULL), NULL, "an absent one");
    is_bool(Entry[0].Signature != 0, TRUE, "signature 0 is reserved");
    is_ulong(RtlNonEmptyBucketsHashTable(Table), 128, "all buckets are used");
}

static VOID TestGrowth(VOID)
{
    ULONG Bad = 0, Size = RtlTotalBucketsHashTable(Table);

    for (ULONG i = 0; i < 700; i++) {
        Bad += !RtlExpandHashTable(Table);
        if (i % 50 == 0)
            Bad += Lost();
    }
    is_ulong(Bad, 0, "700 buckets more, all entries found on the way");
    is_ulong(RtlTotalBucketsHashTable(Table), Size + 700, "their number");
    is_ulong(Lost(), 0, "all found");
    is_ulong(RtlTotalEntriesHashTable(Table), ENTRIES, "none lost");
    for (ULONG i = 0; i < 700; i++) {
        Bad += !RtlContractHashTable(Table);
        if (i % 50 == 0)
            Bad += Lost();
    }
    is_ulong(Bad, 0, "and less again");
    is_bool(RtlContractHashTable(Table), FALSE, "not below the first size");
    is_ulong(Lost(), 0, "all found");
    is_ulong(RtlNonEmptyBucketsHashTable(Table), 128, "all buckets are used");
}

static VOID TestEnumeration(VOID)
{
    RTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator, Weak;
    PRTL_DYNAMIC_HASH_TABLE_ENTRY Found;
    ULONG Count = 0, Removed = 0;

    tap_fill(&Enumerator);
    is_bool(RtlInitWeakEnumerationHashTable(Table, &Weak), TRUE, "a weak enumeration");
    while (RtlWeaklyEnumerateEntryHashTable(Table, &Weak) != NULL)
        Count++;
    is_ulong(Count, ENTRIES, "sees all");
    Count = 0;
    is_bool(RtlInitEnumerationHashTable(Table, &Enumerator), TRUE, "another beside it");
    is_bool(RtlExpandHashTable(Table), FALSE, "no growth meanwhile");
    is_bool(RtlContractHashTable(Table), FALSE, "nor shrinking");
    while ((Found = RtlEnumerateEntryHashTable(Table, &Enumerator)) != NULL) {
        Count++;
        if ((Found - Entry) % 3 == 0) {
            RtlRemoveEntryHashTable(Table, Found, NULL);
            Removed++;
        }
    }
    is_ulong(Count, ENTRIES, "sees all, though a third is removed");
    is_ulong(RtlTotalEntriesHashTable(Table), ENTRIES - Removed, "RtlRemoveEntryHashTable");
    RtlEndWeakEnumerationHashTable(Table, &Weak);
    RtlEndEnumerationHashTable(Table, &Enumerator);
    is_ulong(RtlActiveEnumeratorsHashTable(Table), 0, "both are over");
}

static VOID TestEmptying(VOID)
{
    for (ULONG i = 0; i < ENTRIES; i++)
        if (i % 3 != 0)
            RtlRemoveEntryHashTable(Table, &Entry[i], NULL);
    is_ulong(RtlTotalEntriesHashTable(Table), 0, "empty again");
    is_ulong(RtlEmptyBucketsHashTable(Table), RtlTotalBucketsHashTable(Table), "all buckets");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    RTL_DYNAMIC_HASH_TABLE Own;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!ok(RtlCreateHashTable(&Table, 0, 0), "RtlCreateHashTable"))
        return done();
    TestBasic();
    TestGrowth();
    TestEnumeration();
    TestEmptying();
    RtlDeleteHashTable(Table);
    tap_fill(&Own);
    Table = &Own;
    is_bool(RtlCreateHashTable(&Table, 4, 0), TRUE, "a table in the caller's memory");
    is_ptr(Table, &Own, "it stays there");
    RtlDeleteHashTable(Table);
    return done();
}
