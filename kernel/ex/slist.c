/*
 * Sequenced singly linked lists and the interlocked list routines. The header is NT's x64 one:
 * depth and sequence in the first half, the first entry's address in the second. Only one context
 * runs and nothing here is a preemption point, so plain loads and stores are atomic; a spin lock is
 * taken only when somebody holds it.
 */
#include "exp.h"

#undef ExQueryDepthSList

NT_EXPORT(InitializeSListHead);
VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
    if (((ULONG_PTR)SListHead & 15) != 0)
        ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
    SListHead->Alignment = 0;
    SListHead->Region = 0;
}

NT_EXPORT_ALIAS(ExInitializeSListHead, InitializeSListHead);

NT_EXPORT(ExQueryDepthSList);
USHORT ExQueryDepthSList(PSLIST_HEADER ListHead)
{
    return (USHORT)ListHead->Alignment;
}

/* The low four bits of Region are the header's type, the rest is the first entry's address. */
static PSLIST_ENTRY ExpFirstSListEntry(PSLIST_HEADER ListHead)
{
    return (PSLIST_ENTRY)(ListHead->Region & ~15ull);
}

static VOID ExpSetSListHead(PSLIST_HEADER ListHead, PSLIST_ENTRY First, USHORT Depth)
{
    ListHead->Alignment = ((ListHead->Alignment | 0xFFFF) + 1) |
                          Depth; /* the sequence goes on by one */
    ListHead->Region = (ULONG64)First | (ListHead->Region & 15);
}

NT_EXPORT(ExpInterlockedPushEntrySList);
PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    PSLIST_ENTRY First = ExpFirstSListEntry(ListHead);

    ListEntry->Next = First;
    ExpSetSListHead(ListHead, ListEntry, (USHORT)(ListHead->Alignment + 1));
    return First;
}

NT_EXPORT(ExpInterlockedPopEntrySList);
PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    PSLIST_ENTRY First = ExpFirstSListEntry(ListHead);

    if (First != NULL)
        ExpSetSListHead(ListHead, First->Next, (USHORT)(ListHead->Alignment - 1));
    return First;
}

NT_EXPORT(ExpInterlockedFlushSList);
PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    PSLIST_ENTRY First = ExpFirstSListEntry(ListHead);

    if (First != NULL)
        ExpSetSListHead(ListHead, NULL, 0);
    return First;
}

/* ---- lists guarded by a spin lock, at any IRQL ---- */

/* Returns the IRQL to go back to; HIGH_LEVEL + 1 when the lock was free and need not be taken. */
static KIRQL ExpEnterInterlocked(PKSPIN_LOCK Lock)
{
    KIRQL Irql;

    if (*Lock == 0)
        return HIGH_LEVEL + 1;
    Irql = KeGetCurrentIrql();
    if (Irql < DISPATCH_LEVEL)
        KfRaiseIrql(DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(Lock);
    return Irql;
}

static VOID ExpLeaveInterlocked(PKSPIN_LOCK Lock, KIRQL Irql)
{
    if (Irql > HIGH_LEVEL)
        return;
    KeReleaseSpinLockFromDpcLevel(Lock);
    if (Irql < DISPATCH_LEVEL)
        KeLowerIrql(Irql);
}

NT_EXPORT(ExInterlockedInsertHeadList);
PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    PLIST_ENTRY First = IsListEmpty(ListHead) ? NULL : ListHead->Flink;

    InsertHeadList(ListHead, ListEntry);
    ExpLeaveInterlocked(Lock, Irql);
    return First;
}

NT_EXPORT(ExInterlockedInsertTailList);
PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    PLIST_ENTRY Last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;

    InsertTailList(ListHead, ListEntry);
    ExpLeaveInterlocked(Lock, Irql);
    return Last;
}

NT_EXPORT(ExInterlockedRemoveHeadList);
PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    PLIST_ENTRY First = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);

    ExpLeaveInterlocked(Lock, Irql);
    return First;
}

NT_EXPORT(ExInterlockedPopEntryList);
PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    PSINGLE_LIST_ENTRY First = ListHead->Next;

    if (First != NULL)
        ListHead->Next = First->Next;
    ExpLeaveInterlocked(Lock, Irql);
    return First;
}

NT_EXPORT(ExInterlockedPushEntryList);
PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
                                                       PSINGLE_LIST_ENTRY ListEntry,
                                                       PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    PSINGLE_LIST_ENTRY First = ListHead->Next;

    ListEntry->Next = First;
    ListHead->Next = ListEntry;
    ExpLeaveInterlocked(Lock, Irql);
    return First;
}

NT_EXPORT(ExInterlockedAddLargeInteger);
LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
                                                 PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    LARGE_INTEGER Old = *Addend;

    Addend->QuadPart = Old.QuadPart + Increment.QuadPart;
    ExpLeaveInterlocked(Lock, Irql);
    return Old;
}

NT_EXPORT(ExInterlockedAddUlong);
ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    KIRQL Irql = ExpEnterInterlocked(Lock);
    ULONG Old = *Addend;

    *Addend = Old + Increment;
    ExpLeaveInterlocked(Lock, Irql);
    return Old;
}
