/*
 * User address spaces: page tables of its own for each process, and a sorted list of VADs. Memory is committed with its pages at once: nothing is demand-zero or paged out. A page's
 * protection is kept in its VAD; a page that may not be touched keeps its PTE, not present. Left
 * out: large pages, write watch, AWE.
 */
#include "../ex/exp.h"
#include "../ps/ps.h"
#include "mi.h"

#define MI_GRANULARITY 0x10000ull
#define MI_TAG 'dVmM'

typedef struct _MI_VAD {
    LIST_ENTRY Link; /* MM_ADDRESS_SPACE.Vads, by address */
    ULONG64 Start;
    ULONG Pages;
    ULONG AllocationProtect; /* PAGE_* */
    ULONG Type;              /* MEM_PRIVATE, MEM_MAPPED */
    BOOLEAN Borrowed;        /* no references to its pages */
    MI_VIEW *View;           /* MEM_MAPPED: what a section put here, or NULL for an MDL's pages */
    USHORT Protect[];        /* PAGE_* by page; 0: not committed */
} MI_VAD;

struct _MM_ADDRESS_SPACE {
    PFN_NUMBER Top; /* the top-level page of its tables */
    ULONG64 Start, End;
    LIST_ENTRY Vads;
    LIST_ENTRY Secured; /* MI_SECURED */
    LONG LockedPages;
};

typedef struct _MI_SECURED {
    LIST_ENTRY Link;
    ULONG64 Start, End;
    ULONG Mode;
} MI_SECURED;

ULONG64 MmProtectToPte(ULONG Win32Protect)
{
    switch (Win32Protect & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
    case PAGE_NOACCESS: return MM_PROT_NONE;
    case PAGE_READONLY: return MM_PROT_READ;
    case PAGE_READWRITE: return MM_PROT_READWRITE;
    case PAGE_WRITECOPY: return MM_PROT_READWRITE; /* mm keeps private copies from the start */
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ: return MM_PROT_EXECUTE_READ;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY: return MM_PROT_EXECUTE_READWRITE;
    }
    return ~0ull;
}

/* A guard page cannot be touched. */
static ULONG64 MiUserPte(ULONG Protect)
{
    return Protect & PAGE_GUARD ? MM_PROT_NONE : MmProtectToPte(Protect);
}

static PVOID MiPageVa(const MI_VAD *Vad, ULONG Page)
{
    return (PVOID)(Vad->Start + ((ULONG64)Page << PAGE_SHIFT));
}

static ULONG64 MiVadEnd(const MI_VAD *Vad)
{
    return Vad->Start + ((ULONG64)Vad->Pages << PAGE_SHIFT);
}

/* ---- the list of VADs ---- */

/* The first VAD that ends above Address, or NULL. */
static MI_VAD *MiFirstVadAbove(MM_ADDRESS_SPACE *Space, ULONG64 Address)
{
    for (PLIST_ENTRY Link = Space->Vads.Flink; Link != &Space->Vads; Link = Link->Flink) {
        MI_VAD *Vad = CONTAINING_RECORD(Link, MI_VAD, Link);

        if (MiVadEnd(Vad) > Address)
            return Vad;
    }
    return NULL;
}

static MI_VAD *MiFindVad(MM_ADDRESS_SPACE *Space, ULONG64 Address)
{
    MI_VAD *Vad = MiFirstVadAbove(Space, Address);

    return Vad != NULL && Vad->Start <= Address ? Vad : NULL;
}

static BOOLEAN MiIsFree(MM_ADDRESS_SPACE *Space, ULONG64 Start, ULONG64 End)
{
    MI_VAD *Vad = MiFirstVadAbove(Space, Start);

    return Vad == NULL || Vad->Start >= End;
}

/* The lowest free place, or the highest; multiples of 64 KiB. 0: none. */
static ULONG64 MiFindFree(MM_ADDRESS_SPACE *Space, ULONG64 Bytes, BOOLEAN TopDown)
{
    ULONG64 At = Space->Start, Best = 0;
    PLIST_ENTRY Link = Space->Vads.Flink;

    for (;;) {
        MI_VAD *Vad = Link == &Space->Vads ? NULL : CONTAINING_RECORD(Link, MI_VAD, Link);
        ULONG64 Limit = Vad == NULL ? Space->End : Vad->Start;

        if (Limit >= At && Limit - At >= Bytes) {
            if (!TopDown)
                return At;
            Best = (Limit - Bytes) & ~(MI_GRANULARITY - 1);
            Best = Best >= At ? Best : At;
        }
        if (Vad == NULL)
            return Best;
        At = (MiVadEnd(Vad) + MI_GRANULARITY - 1) & ~(MI_GRANULARITY - 1);
        Link = Link->Flink;
    }
}

static MI_VAD *MiCreateVad(MM_ADDRESS_SPACE *Space, ULONG64 Start, ULONG64 Bytes, ULONG Type,
                           ULONG Protect)
{
    ULONG Pages = (ULONG)(Bytes >> PAGE_SHIFT);
    SIZE_T Size = sizeof(MI_VAD) + Pages * sizeof(USHORT);
    MI_VAD *Vad = ExpAllocatePool(NonPagedPoolNx, Size, MI_TAG, FALSE, NULL), *Above;

    if (Vad == NULL)
        return NULL;
    RtlZeroMemory(Vad, Size);
    Vad->Start = Start;
    Vad->Pages = Pages;
    Vad->Type = Type;
    Vad->AllocationProtect = Protect;
    Above = MiFirstVadAbove(Space, Start);
    InsertTailList(Above == NULL ? &Space->Vads : &Above->Link, &Vad->Link);
    return Vad;
}

/* Gives up Count pages from Page on: their mapping, and the reference that the mapping holds. */
static VOID MiDecommit(MM_ADDRESS_SPACE *Space, MI_VAD *Vad, ULONG Page, ULONG Count)
{
    for (ULONG End = Page + Count, Run; Page < End; Page += Run) {
        for (Run = 0; Page + Run < End && Vad->Protect[Page + Run] != 0; Run++)
            Vad->Protect[Page + Run] = 0;
        for (ULONG i = 0; i < Run && !Vad->Borrowed; i++)
            MmFreePages((MiGetPte(Space->Top, MiPageVa(Vad, Page + i)) & HAL_PTE_PFN_MASK) >>
                            PAGE_SHIFT,
                        1);
        MiUnmapPages(Space->Top, MiPageVa(Vad, Page), Run);
        Run += Run == 0;
    }
}

static VOID MiDeleteVad(MM_ADDRESS_SPACE *Space, MI_VAD *Vad)
{
    MI_VIEW *View = Vad->View;

    if (View != NULL)
        MiFlushView(View);
    MiDecommit(Space, Vad, 0, Vad->Pages);
    RemoveEntryList(&Vad->Link);
    ExpFreePool(Vad, MI_TAG, NULL);
    if (View != NULL)
        MiReleaseView(View);
}

/* ---- creation and end ---- */

NTSTATUS MmCreateAddressSpace(MM_ADDRESS_SPACE **Result)
{
    MM_ADDRESS_SPACE *Space = ExpAllocatePool(NonPagedPoolNx, sizeof(*Space), MI_TAG, FALSE, NULL);

    if (Space == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Space, sizeof(*Space));
    Space->Start = HAL_USER_START;
    Space->End = MM_USER_PROBE_ADDRESS;
    InitializeListHead(&Space->Vads);
    InitializeListHead(&Space->Secured);
    Space->Top = MiCreateTop();
    if (Space->Top == 0)
        goto FreeSpace;
    /* KUSER_SHARED_DATA is the host's. */
    if (MiCreateVad(Space, HAL_KUSER_USER_VA, PAGE_SIZE, MEM_PRIVATE, PAGE_READONLY) == NULL)
        goto DeleteTop;
    *Result = Space;
    return STATUS_SUCCESS;

DeleteTop:
    MiDeleteTop(Space->Top);
FreeSpace:
    ExpFreePool(Space, MI_TAG, NULL);
    return STATUS_INSUFFICIENT_RESOURCES;
}

ULONG64 MmDirectoryBase(const MM_ADDRESS_SPACE *Space)
{
    return (ULONG64)Space->Top << PAGE_SHIFT;
}

LONG MmChangeLockedPages(MM_ADDRESS_SPACE *Space, LONG Pages)
{
    return Space == NULL ? 0 : (Space->LockedPages += Pages);
}

VOID MmDeleteAddressSpace(MM_ADDRESS_SPACE *Space)
{
    if (Space->LockedPages != 0) {
        KeSetBugCheckText(
            "process %p ends, but a driver still holds %d of its pages locked by MDLs",
            PsGetCurrentProcess(), Space->LockedPages);
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)PsGetCurrentProcess(),
                     (ULONG_PTR)Space->LockedPages, 0);
    }
    while (!IsListEmpty(&Space->Vads))
        MiDeleteVad(Space, CONTAINING_RECORD(Space->Vads.Flink, MI_VAD, Link));
    while (!IsListEmpty(&Space->Secured))
        ExpFreePool(CONTAINING_RECORD(RemoveHeadList(&Space->Secured), MI_SECURED, Link), MI_TAG,
                    NULL);
    MiDeleteTop(Space->Top);
    ExpFreePool(Space, MI_TAG, NULL);
}

/* ---- private memory ---- */

/*
 * Commits the uncommitted pages among Count; contiguous ones are taken together, for few host
 * mappings.
 */
static NTSTATUS MiCommit(MM_ADDRESS_SPACE *Space, MI_VAD *Vad, ULONG Page, ULONG Count,
                         ULONG Protect)
{
    ULONG End = Page + Count;

    while (Page < End) {
        PFN_NUMBER First;
        ULONG Run = 0;

        while (Page + Run < End && Vad->Protect[Page + Run] == 0)
            Run++;
        if (Run == 0) {
            MiProtectPages(Space->Top, MiPageVa(Vad, Page), 1, MiUserPte(Protect));
            Vad->Protect[Page++] = (USHORT)Protect;
            continue;
        }
        while ((First = MmAllocatePages(Run)) == 0 && Run > 1)
            Run /= 2;
        if (First == 0)
            return STATUS_NO_MEMORY;
        if (!NT_SUCCESS(MiMapPages(Space->Top, MiPageVa(Vad, Page), First, Run,
                                   MiUserPte(Protect)))) {
            MmFreePages(First, Run);
            return STATUS_NO_MEMORY;
        }
        for (ULONG i = 0; i < Run; i++)
            Vad->Protect[Page + i] = (USHORT)Protect;
        Page += Run;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiReserve(MM_ADDRESS_SPACE *Space, ULONG64 *Start, ULONG64 *End, BOOLEAN TopDown,
                          ULONG Type, ULONG Protect, MI_VAD **Vad)
{
    ULONG64 Bytes;

    if (*Start == 0) {
        *End = (*End + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
        if (*End == 0 || *End > Space->End - Space->Start)
            return STATUS_NO_MEMORY;
        *Start = MiFindFree(Space, *End, TopDown);
        if (*Start == 0)
            return STATUS_NO_MEMORY;
        *End += *Start;
    } else {
        *End = (*End + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
        *Start &= ~(MI_GRANULARITY - 1);
        if (*Start < Space->Start || *End > Space->End || !MiIsFree(Space, *Start, *End))
            return STATUS_CONFLICTING_ADDRESSES;
    }
    Bytes = *End - *Start;
    *Vad = Bytes >> PAGE_SHIFT > MAXULONG ? NULL : MiCreateVad(Space, *Start, Bytes, Type, Protect);
    return *Vad == NULL ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

#define MI_ALLOCATE_TYPES (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_TOP_DOWN)

NTSTATUS MmAllocateUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Type,
                              ULONG Protect)
{
    ULONG64 Start = (ULONG64)*Base, End = Start + *Bytes;
    NTSTATUS Status = STATUS_SUCCESS;
    MI_VAD *Vad;

    if (*Bytes == 0 || End < Start || (Type & ~MI_ALLOCATE_TYPES) != 0 ||
        (Type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) == 0)
        return STATUS_INVALID_PARAMETER;
    if (MmProtectToPte(Protect) == ~0ull || (Protect & 0xFF) == PAGE_WRITECOPY ||
        (Protect & 0xFF) == PAGE_EXECUTE_WRITECOPY)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (End > MM_USER_PROBE_ADDRESS)
        return STATUS_INVALID_PARAMETER;
    if (Start == 0 || (Type & MEM_RESERVE)) {
        Status = MiReserve(Space, &Start, &End, (Type & MEM_TOP_DOWN) != 0, MEM_PRIVATE, Protect,
                           &Vad);
        if (!NT_SUCCESS(Status))
            return Status;
    } else {
        Start &= ~(ULONG64)(PAGE_SIZE - 1);
        End = (End + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
        Vad = MiFindVad(Space, Start);
        if (Vad == NULL || End > MiVadEnd(Vad))
            return STATUS_CONFLICTING_ADDRESSES;
    }
    if (Type & MEM_COMMIT) {
        Status = MiCommit(Space, Vad, (ULONG)((Start - Vad->Start) >> PAGE_SHIFT),
                          (ULONG)((End - Start) >> PAGE_SHIFT), Protect);
        if (!NT_SUCCESS(Status) && (Type & MEM_RESERVE))
            MiDeleteVad(Space, Vad);
    }
    if (NT_SUCCESS(Status)) {
        *Base = (PVOID)Start;
        *Bytes = End - Start;
    }
    return Status;
}

static BOOLEAN MiIsSecured(MM_ADDRESS_SPACE *Space, ULONG64 Start, ULONG64 End)
{
    for (PLIST_ENTRY Link = Space->Secured.Flink; Link != &Space->Secured; Link = Link->Flink) {
        MI_SECURED *Secured = CONTAINING_RECORD(Link, MI_SECURED, Link);

        if (Secured->Start < End && Start < Secured->End)
            return TRUE;
    }
    return FALSE;
}

/* Releases part of a VAD at one of its ends, or makes two of one. */
static NTSTATUS MiReleasePart(MM_ADDRESS_SPACE *Space, MI_VAD *Vad, ULONG64 Start, ULONG64 End)
{
    ULONG First = (ULONG)((Start - Vad->Start) >> PAGE_SHIFT),
          Count = (ULONG)((End - Start) >> PAGE_SHIFT);
    ULONG After = Vad->Pages - First - Count;
    MI_VAD *Rest = NULL;

    if (After != 0) {
        ULONG64 Old = Vad->Start;

        Vad->Pages = First; /* so that the new one sorts behind it */
        Rest = MiCreateVad(Space, End, (ULONG64)After << PAGE_SHIFT, Vad->Type,
                           Vad->AllocationProtect);
        Vad->Pages = First + Count + After;
        if (Rest == NULL)
            return STATUS_NO_MEMORY;
        DD_ASSERT(Vad->Start == Old);
        RtlCopyMemory(Rest->Protect, &Vad->Protect[First + Count], After * sizeof(USHORT));
    }
    MiDecommit(Space, Vad, First, Count);
    Vad->Pages = First;
    if (First == 0)
        MiDeleteVad(Space, Vad);
    return STATUS_SUCCESS;
}

NTSTATUS MmFreeUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Type)
{
    ULONG64 Start = (ULONG64)*Base & ~(ULONG64)(PAGE_SIZE - 1);
    ULONG64 End = ((ULONG64)*Base + *Bytes + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
    MI_VAD *Vad;

    if (Type != MEM_RELEASE && Type != MEM_DECOMMIT)
        return STATUS_INVALID_PARAMETER_4;
    Vad = MiFindVad(Space, Start);
    if (Vad == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (Vad->Type != MEM_PRIVATE)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (*Bytes == 0) {
        if (Start != Vad->Start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        End = MiVadEnd(Vad);
    }
    if (End > MiVadEnd(Vad) || End < Start)
        return STATUS_UNABLE_TO_FREE_VM;
    if (MiIsSecured(Space, Start, End))
        return STATUS_INVALID_PAGE_PROTECTION;
    *Base = (PVOID)Start;
    *Bytes = End - Start;
    if (Type == MEM_RELEASE)
        return MiReleasePart(Space, Vad, Start, End);
    MiDecommit(Space, Vad, (ULONG)((Start - Vad->Start) >> PAGE_SHIFT),
               (ULONG)((End - Start) >> PAGE_SHIFT));
    return STATUS_SUCCESS;
}

NTSTATUS MmProtectUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Protect,
                             ULONG *Old)
{
    ULONG64 Start = (ULONG64)*Base & ~(ULONG64)(PAGE_SIZE - 1);
    ULONG64 End = ((ULONG64)*Base + *Bytes + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
    MI_VAD *Vad = MiFindVad(Space, Start);
    ULONG First, Count;

    if (MmProtectToPte(Protect) == ~0ull)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (*Bytes == 0 || Vad == NULL || End > MiVadEnd(Vad))
        return STATUS_CONFLICTING_ADDRESSES;
    /* [doc: MmMapLockedPagesSpecifyCache] user mode cannot change what a driver's mapping allows */
    if (MiIsSecured(Space, Start, End) || (Vad->Type == MEM_MAPPED && Vad->View == NULL))
        return STATUS_INVALID_PAGE_PROTECTION;
    First = (ULONG)((Start - Vad->Start) >> PAGE_SHIFT);
    Count = (ULONG)((End - Start) >> PAGE_SHIFT);
    for (ULONG i = First; i < First + Count; i++)
        if (Vad->Protect[i] == 0)
            return STATUS_NOT_COMMITTED;
    if (!NT_SUCCESS(MiProtectPages(Space->Top, (PVOID)Start, Count, MiUserPte(Protect))))
        return STATUS_NO_MEMORY;
    *Old = Vad->Protect[First];
    for (ULONG i = First; i < First + Count; i++)
        Vad->Protect[i] = (USHORT)Protect;
    *Base = (PVOID)Start;
    *Bytes = End - Start;
    return STATUS_SUCCESS;
}

/* A guard page gives one alarm and is an ordinary page from then on. [doc: Creating Guard Pages] */
NTSTATUS MmUserFault(PVOID Address)
{
    MM_ADDRESS_SPACE *Space = PsGetCurrentProcess()->AddressSpace;
    MI_VAD *Vad = Space == NULL ? NULL : MiFindVad(Space, (ULONG64)Address);
    ULONG Page;

    if (Vad == NULL)
        return STATUS_ACCESS_VIOLATION;
    Page = (ULONG)(((ULONG64)Address - Vad->Start) >> PAGE_SHIFT);
    if (!(Vad->Protect[Page] & PAGE_GUARD))
        return STATUS_ACCESS_VIOLATION;
    Vad->Protect[Page] &= ~PAGE_GUARD;
    if (!NT_SUCCESS(MiProtectPages(Space->Top, MiPageVa(Vad, Page), 1,
                                   MiUserPte(Vad->Protect[Page]))))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_GUARD_PAGE_VIOLATION;
}

/* ---- pages that are somebody else's: MDLs and views ---- */

PVOID MiMapUserView(MM_ADDRESS_SPACE *Space, PVOID Preferred, const PFN_NUMBER *Pages, SIZE_T Count,
                    ULONG Protect, MI_VIEW *View)
{
    ULONG64 Start = (ULONG64)Preferred, End = Start + (Count << PAGE_SHIFT);
    MI_VAD *Vad;

    if (!NT_SUCCESS(MiReserve(Space, &Start, &End, FALSE, MEM_MAPPED, Protect, &Vad)))
        return NULL;
    if (!NT_SUCCESS(MiMapPageArray(Space->Top, (PVOID)Start, Pages, Count, MiUserPte(Protect)))) {
        MiDeleteVad(Space, Vad);
        return NULL;
    }
    Vad->Borrowed = View != NULL && MiIsBorrowedView(View);
    for (SIZE_T i = 0; i < Count; i++) {
        if (!Vad->Borrowed)
            MmReferencePage(Pages[i]);
        Vad->Protect[i] = (USHORT)Protect;
    }
    Vad->View = View;
    return (PVOID)Start;
}

PVOID MmMapUserPages(MM_ADDRESS_SPACE *Space, PVOID Preferred, const PFN_NUMBER *Pages,
                     SIZE_T Count, ULONG Protect)
{
    return MiMapUserView(Space, Preferred, Pages, Count, Protect, NULL);
}

NTSTATUS MiUnmapUserView(MM_ADDRESS_SPACE *Space, PVOID Va)
{
    MI_VAD *Vad = MiFindVad(Space, (ULONG64)Va);

    if (Vad == NULL || Vad->View == NULL) /* an MDL's pages are no view: only who mapped them unmaps */
        return STATUS_NOT_MAPPED_VIEW;
    MiDeleteVad(Space, Vad);
    return STATUS_SUCCESS;
}

/* The view at Va goes to its file, whole; *Base and *Bytes get its range. */
NTSTATUS MiFlushUserView(MM_ADDRESS_SPACE *Space, PVOID Va, PVOID *Base, SIZE_T *Bytes)
{
    MI_VAD *Vad = MiFindVad(Space, (ULONG64)Va);

    if (Vad == NULL || Vad->View == NULL)
        return STATUS_NOT_MAPPED_VIEW;
    MiFlushView(Vad->View);
    *Base = (PVOID)Vad->Start;
    *Bytes = (SIZE_T)Vad->Pages << PAGE_SHIFT;
    return STATUS_SUCCESS;
}

VOID MmUnmapUserPages(MM_ADDRESS_SPACE *Space, PVOID Va, SIZE_T Count)
{
    MI_VAD *Vad = Space == NULL ? NULL : MiFindVad(Space, (ULONG64)Va);

    if (Vad == NULL || Vad->Start != (ULONG64)Va || Vad->Pages != Count ||
        Vad->Type != MEM_MAPPED) {
        KeSetBugCheckText(
            "user mapping %p (%Iu pages) is unmapped, but this process has none there", Va, Count);
        KeBugCheckEx(0xDA /* SYSTEM_PTE_MISUSE */, 6, 0, (ULONG_PTR)Va, Count);
    }
    MiDeleteVad(Space, Vad);
}

/* ---- secured ranges ---- */

NT_EXPORT(MmSecureVirtualMemory);
HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode)
{
    MM_ADDRESS_SPACE *Space = PsGetCurrentProcess()->AddressSpace;
    ULONG64 Start = (ULONG64)Address & ~(ULONG64)(PAGE_SIZE - 1), End = (ULONG64)Address + Size;
    MI_VAD *Vad = Space == NULL ? NULL : MiFindVad(Space, Start);
    MI_SECURED *Secured;

    if (Vad == NULL || End < Start || End > MiVadEnd(Vad) ||
        !MmIsRangeAccessible(Address, Size, ProbeMode == PAGE_READWRITE))
        return NULL;
    Secured = ExpAllocatePool(NonPagedPoolNx, sizeof(*Secured), MI_TAG, FALSE, NULL);
    if (Secured == NULL)
        return NULL;
    Secured->Start = Start;
    Secured->End = End;
    Secured->Mode = ProbeMode;
    InsertTailList(&Space->Secured, &Secured->Link);
    return Secured;
}

NT_EXPORT(MmUnsecureVirtualMemory);
VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle)
{
    MM_ADDRESS_SPACE *Space = PsGetCurrentProcess()->AddressSpace;

    for (PLIST_ENTRY Link = Space == NULL ? NULL : Space->Secured.Flink;
         Link != NULL && Link != &Space->Secured; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, MI_SECURED, Link) == SecureHandle) {
            RemoveEntryList(Link);
            ExpFreePool(SecureHandle, MI_TAG, NULL);
            return;
        }
    KeSetBugCheckText("%p is no secured range of this process", SecureHandle);
    KeBugCheckEx(MEMORY_MANAGEMENT, 0x15000, (ULONG_PTR)SecureHandle, 0, 0);
}

/* ---- what is at an address ---- */

VOID MmQueryUserMemory(MM_ADDRESS_SPACE *Space, PVOID Address, PMEMORY_BASIC_INFORMATION Info)
{
    ULONG64 Here = (ULONG64)Address & ~(ULONG64)(PAGE_SIZE - 1);
    MI_VAD *Vad = MiFirstVadAbove(Space, Here);
    ULONG Page, End;

    RtlZeroMemory(Info, sizeof(*Info));
    Info->BaseAddress = (PVOID)Here;
    if (Vad == NULL || Vad->Start > Here) {
        Info->State = MEM_FREE;
        Info->Protect = PAGE_NOACCESS;
        Info->RegionSize = (Vad == NULL ? MM_USER_PROBE_ADDRESS : Vad->Start) - Here;
        return;
    }
    Page = (ULONG)((Here - Vad->Start) >> PAGE_SHIFT);
    for (End = Page + 1; End < Vad->Pages && Vad->Protect[End] == Vad->Protect[Page]; End++)
        ;
    Info->AllocationBase = (PVOID)Vad->Start;
    Info->AllocationProtect = Vad->AllocationProtect;
    Info->RegionSize = (ULONG64)(End - Page) << PAGE_SHIFT;
    Info->Type = Vad->Type;
    Info->State = Vad->Protect[Page] == 0 ? MEM_RESERVE : MEM_COMMIT;
    Info->Protect = Vad->Protect[Page];
}
