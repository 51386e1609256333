/*
 * System information on what exists: handles, pool by tag, lookaside lists. Left out: the backtraces
 * of who made a handle (index 0); paging files, of which there are none.
 */
#include "sysclass.h"

#include "../ps/ps.h"

/* ---- handles ---- */

typedef struct _EXP_HANDLE { /* SYSTEM_HANDLE_TABLE_ENTRY_INFO */
    USHORT ProcessId, BackTraceIndex;
    UCHAR TypeIndex, Attributes;
    USHORT Value;
    PVOID Object;
    ULONG GrantedAccess;
} EXP_HANDLE;
DD_STATIC_ASSERT_SIZE(EXP_HANDLE, 24);

typedef struct _EXP_HANDLE_EX { /* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX */
    PVOID Object;
    HANDLE ProcessId;
    ULONG_PTR Value;
    ULONG GrantedAccess;
    USHORT BackTraceIndex, TypeIndex;
    ULONG Attributes, Reserved;
} EXP_HANDLE_EX;
DD_STATIC_ASSERT_SIZE(EXP_HANDLE_EX, 40);

typedef struct _EXP_HANDLE_LIST {
    EXP_HANDLE *Entry;       /* one of the two */
    EXP_HANDLE_EX *EntryEx;
    ULONG Room, Count;
    PEPROCESS Process;
} EXP_HANDLE_LIST;

static VOID ExpAddHandle(PVOID Context, const OB_HANDLE_USE *Use)
{
    EXP_HANDLE_LIST *List = Context;
    ULONG i = List->Count++;

    if (i >= List->Room)
        return;
    if (List->Entry != NULL) {
        List->Entry[i].ProcessId = (USHORT)(ULONG_PTR)List->Process->UniqueProcessId;
        List->Entry[i].TypeIndex = (UCHAR)Use->TypeIndex;
        List->Entry[i].Attributes = (UCHAR)Use->Attributes;
        List->Entry[i].Value = (USHORT)Use->Value;
        List->Entry[i].Object = Use->Object;
        List->Entry[i].GrantedAccess = Use->GrantedAccess;
        return;
    }
    List->EntryEx[i].Object = Use->Object;
    List->EntryEx[i].ProcessId = List->Process->UniqueProcessId;
    List->EntryEx[i].Value = Use->Value;
    List->EntryEx[i].GrantedAccess = Use->GrantedAccess;
    List->EntryEx[i].TypeIndex = (USHORT)Use->TypeIndex;
    List->EntryEx[i].Attributes = Use->Attributes;
}

static VOID ExpListHandles(EXP_HANDLE_LIST *List)
{
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        List->Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);
        if (List->Process->ObjectTable != NULL)
            ObEnumerateHandles(List->Process->ObjectTable, ExpAddHandle, List);
    }
}

NTSTATUS ExpQueryHandles(PVOID Buffer, ULONG Length, PULONG Needed)
{
    const ULONG Head = 8; /* NumberOfHandles */
    EXP_HANDLE_LIST List = {.Entry = (PVOID)((PUCHAR)Buffer + Head),
                            .Room = Length < Head ? 0 : (Length - Head) / sizeof(EXP_HANDLE)};

    ExpListHandles(&List);
    if (Length >= Head)
        *(PULONG)Buffer = List.Count;
    return ExpCheckLength(Length, Head + List.Count * sizeof(EXP_HANDLE), Needed);
}

NTSTATUS ExpQueryHandlesEx(PVOID Buffer, ULONG Length, PULONG Needed)
{
    const ULONG Head = 16; /* NumberOfHandles, Reserved */
    EXP_HANDLE_LIST List = {.EntryEx = (PVOID)((PUCHAR)Buffer + Head),
                            .Room = Length < Head ? 0 : (Length - Head) / sizeof(EXP_HANDLE_EX)};

    ExpListHandles(&List);
    if (Length >= Head)
        *(PULONG_PTR)Buffer = List.Count;
    return ExpCheckLength(Length, Head + List.Count * sizeof(EXP_HANDLE_EX), Needed);
}

/* ---- pool by tag ---- */

typedef struct _EXP_POOL_TAG { /* SYSTEM_POOLTAG */
    ULONG Tag;
    ULONG PagedAllocs, PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocs, NonPagedFrees;
    SIZE_T NonPagedUsed;
} EXP_POOL_TAG;
DD_STATIC_ASSERT_SIZE(EXP_POOL_TAG, 40);

typedef struct _EXP_TAG_LIST {
    EXP_POOL_TAG *Entry;
    ULONG Room, Count, Tag;
} EXP_TAG_LIST;

/* The two uses of one tag, nonpaged and paged, come one after the other. */
static VOID ExpAddTagUse(PVOID Context, const EX_POOL_TAG_USE *Use)
{
    EXP_TAG_LIST *List = Context;
    EXP_POOL_TAG *Entry;

    if (List->Count == 0 || List->Tag != Use->Tag)
        List->Count++;
    List->Tag = Use->Tag;
    if (List->Count > List->Room)
        return;
    Entry = &List->Entry[List->Count - 1];
    Entry->Tag = Use->Tag;
    if (Use->Paged) {
        Entry->PagedAllocs = (ULONG)Use->Allocs;
        Entry->PagedFrees = (ULONG)Use->Frees;
        Entry->PagedUsed = Use->Bytes;
    } else {
        Entry->NonPagedAllocs = (ULONG)Use->Allocs;
        Entry->NonPagedFrees = (ULONG)Use->Frees;
        Entry->NonPagedUsed = Use->Bytes;
    }
}

NTSTATUS ExpQueryPoolTags(PVOID Buffer, ULONG Length, PULONG Needed)
{
    const ULONG Head = 8; /* Count */
    EXP_TAG_LIST List = {.Entry = (PVOID)((PUCHAR)Buffer + Head),
                         .Room = Length < Head ? 0 : (Length - Head) / sizeof(EXP_POOL_TAG)};

    ExEnumeratePoolTags(ExpAddTagUse, &List);
    if (Length >= Head)
        *(PULONG)Buffer = List.Count;
    return ExpCheckLength(Length, Head + List.Count * sizeof(EXP_POOL_TAG), Needed);
}

/* ---- lookaside lists ---- */

typedef struct _EXP_LOOKASIDE_USE { /* SYSTEM_LOOKASIDE_INFORMATION */
    USHORT CurrentDepth, MaximumDepth;
    ULONG TotalAllocates, AllocateMisses, TotalFrees, FreeMisses, Type, Tag, Size;
} EXP_LOOKASIDE_USE;
DD_STATIC_ASSERT_SIZE(EXP_LOOKASIDE_USE, 32);

NTSTATUS ExpQueryLookasides(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_LOOKASIDE_USE *Info = Buffer;
    GENERAL_LOOKASIDE_POOL *List;
    ULONG Count = 0;

    for (ULONG i = 0; i < EXP_LOOKASIDE_LISTS; i++) {
        List = ExpLiveLookaside(i);
        if (List == NULL || (++Count) * sizeof(*Info) > Length)
            continue;
        Info[Count - 1].CurrentDepth = ExQueryDepthSList(&List->ListHead);
        Info[Count - 1].MaximumDepth = List->MaximumDepth;
        Info[Count - 1].TotalAllocates = List->TotalAllocates;
        Info[Count - 1].AllocateMisses = List->AllocateMisses;
        Info[Count - 1].TotalFrees = List->TotalFrees;
        Info[Count - 1].FreeMisses = List->FreeMisses;
        Info[Count - 1].Type = List->Type;
        Info[Count - 1].Tag = List->Tag;
        Info[Count - 1].Size = List->Size;
    }
    return ExpCheckLength(Length, Count * sizeof(*Info), Needed);
}

NTSTATUS ExpQueryPageFiles(PVOID Buffer, ULONG Length, PULONG Needed)
{
    UNREFERENCED_PARAMETER(Buffer);
    return ExpCheckLength(Length, 0, Needed); /* a list of none */
}
