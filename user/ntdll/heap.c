/*
 * Heaps: blocks up to 64 KiB come from size classes (four a power of two) cut from 1 MiB segments, larger ones have a
 * mapping of their own. A block's header is checked at each free: a bad one ends the process with STATUS_HEAP_CORRUPTION,
 * as NT's does. Not modelled: NT's heap layouts, tags, debugging options, RtlWalkHeap, giving memory back before
 * RtlDestroyHeap (large blocks are given back at once).
 */
#include "ntdll.h"

#define RTLP_SEGMENT_BYTES 0x100000
#define RTLP_CLASSES 48
#define RTLP_LARGE 0xFF
#define RTLP_BUSY 0xB105ED42u
#define RTLP_FREE 0xF4EEF4EEu

typedef struct _RTLP_BLOCK { /* 16 bytes before what the caller gets */
    ULONG Magic;        /* RTLP_BUSY or RTLP_FREE, exclusive-or low bits of the address */
    ULONG Class;
    SIZE_T Bytes;       /* asked for; free blocks: unused */
} RTLP_BLOCK;

typedef struct _RTLP_LARGE_BLOCK { /* before the RTLP_BLOCK of a large one */
    LIST_ENTRY Link;
    SIZE_T Mapped;
    ULONG64 Spare;
} RTLP_LARGE_BLOCK;

typedef struct _RTLP_FREE_BLOCK {
    RTLP_BLOCK Block;
    struct _RTLP_FREE_BLOCK *Next;
} RTLP_FREE_BLOCK;

typedef struct _RTLP_HEAP {
    ULONG64 Signature;
    ULONG Flags;
    RTLP_CRITICAL_SECTION Lock;
    RTLP_FREE_BLOCK *Free[RTLP_CLASSES]; /* Lock */
    PUCHAR At, End;                      /* Lock: what is left of the newest segment */
    LIST_ENTRY Large;                    /* Lock */
    PVOID Segments;                      /* Lock: each segment starts with the next one's address */
} RTLP_HEAP;
#define RTLP_HEAP_SIGNATURE 0x4845415044524459ull

static DECLSPEC_NORETURN VOID RtlpHeapCorrupt(PVOID Block)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = STATUS_HEAP_CORRUPTION, .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .NumberParameters = 1, .ExceptionInformation = {(ULONG_PTR)Block}};
    CONTEXT Context;

    RtlCaptureContext(&Context);
    Record.ExceptionAddress = (PVOID)Context.Rip;
    RtlpUnhandledException(&Record, &Context); /* no handler may catch this one [doc: HeapSetInformation] */
}

static ULONG RtlpMagic(const RTLP_BLOCK *Block, ULONG Kind)
{
    return Kind ^ (ULONG)((ULONG64)Block >> 4);
}

static PVOID RtlpMap(SIZE_T Bytes)
{
    PVOID Base = NULL;

    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Bytes, MEM_RESERVE | MEM_COMMIT,
                                            PAGE_READWRITE)))
        return NULL;
    return Base;
}

static VOID RtlpUnmap(PVOID Base)
{
    SIZE_T Bytes = 0;

    NtFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE);
}

/* Payload bytes of a class: 16, 32, 48, 64, then four steps a power of two. */
static SIZE_T RtlpClassBytes(ULONG Class)
{
    ULONG Power = Class / 4, Step = Class % 4;

    if (Class < 4)
        return 16 * (Class + 1);
    return ((SIZE_T)64 << (Power - 1)) / 4 * (5 + Step);
}

static ULONG RtlpClassOf(SIZE_T Bytes)
{
    ULONG Class = 0;

    if (Bytes > 64)
        Class = 4 * (57 - __builtin_clzll(Bytes - 1)); /* not above the right one */
    while (Class < RTLP_CLASSES && RtlpClassBytes(Class) < Bytes)
        Class++;
    return Class;
}

static RTLP_BLOCK *RtlpCarve(RTLP_HEAP *Heap, ULONG Class)
{
    SIZE_T Bytes = sizeof(RTLP_BLOCK) + RtlpClassBytes(Class);
    PVOID Segment;
    PUCHAR At;

    if ((SIZE_T)(Heap->End - Heap->At) < Bytes) {
        Segment = RtlpMap(RTLP_SEGMENT_BYTES);
        if (Segment == NULL)
            return NULL;
        *(PVOID *)Segment = Heap->Segments;
        Heap->Segments = Segment;
        Heap->At = (PUCHAR)Segment + 16;
        Heap->End = (PUCHAR)Segment + RTLP_SEGMENT_BYTES;
    }
    At = Heap->At;
    Heap->At += Bytes;
    return (RTLP_BLOCK *)At;
}

static RTLP_BLOCK *RtlpTake(RTLP_HEAP *Heap, ULONG Class)
{
    RTLP_FREE_BLOCK *Free = Heap->Free[Class];

    if (Free == NULL)
        return RtlpCarve(Heap, Class);
    if (Free->Block.Magic != RtlpMagic(&Free->Block, RTLP_FREE))
        RtlpHeapCorrupt(&Free->Block + 1);
    Heap->Free[Class] = Free->Next;
    return &Free->Block;
}

static RTLP_BLOCK *RtlpTakeLarge(RTLP_HEAP *Heap, SIZE_T Bytes)
{
    SIZE_T Mapped = Bytes + sizeof(RTLP_LARGE_BLOCK) + sizeof(RTLP_BLOCK);
    RTLP_LARGE_BLOCK *Large = Mapped < Bytes ? NULL : RtlpMap(Mapped);

    if (Large == NULL)
        return NULL;
    Large->Mapped = Mapped;
    InsertTailList(&Heap->Large, &Large->Link);
    return (RTLP_BLOCK *)(Large + 1);
}

static VOID RtlpLockHeap(RTLP_HEAP *Heap, ULONG Flags)
{
    if (((Heap->Flags | Flags) & RTLP_HEAP_NO_SERIALIZE) == 0)
        RtlEnterCriticalSection(&Heap->Lock);
}

static VOID RtlpUnlockHeap(RTLP_HEAP *Heap, ULONG Flags)
{
    if (((Heap->Flags | Flags) & RTLP_HEAP_NO_SERIALIZE) == 0)
        RtlLeaveCriticalSection(&Heap->Lock);
}

static RTLP_BLOCK *RtlpCheckBlock(PVOID Pointer)
{
    RTLP_BLOCK *Block = (RTLP_BLOCK *)Pointer - 1;

    if (((ULONG64)Pointer & 15) != 0 || Block->Magic != RtlpMagic(Block, RTLP_BUSY))
        RtlpHeapCorrupt(Pointer);
    return Block;
}

NT_EXPORT(RtlCreateHeap);
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                          PRTL_HEAP_PARAMETERS Parameters)
{
    RTLP_HEAP *Heap = RtlpMap(sizeof(*Heap));

    UNREFERENCED_PARAMETER(HeapBase);
    UNREFERENCED_PARAMETER(ReserveSize);
    UNREFERENCED_PARAMETER(CommitSize);
    UNREFERENCED_PARAMETER(Lock);
    UNREFERENCED_PARAMETER(Parameters);
    if (Heap == NULL)
        return NULL;
    Heap->Signature = RTLP_HEAP_SIGNATURE;
    Heap->Flags = Flags;
    RtlInitializeCriticalSection(&Heap->Lock);
    InitializeListHead(&Heap->Large);
    return Heap;
}

NT_EXPORT(RtlDestroyHeap);
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    RTLP_HEAP *Heap = HeapHandle;
    PVOID Segment, Next;

    if (Heap == NtCurrentPebBlock()->ProcessHeap || Heap->Signature != RTLP_HEAP_SIGNATURE)
        return HeapHandle;
    while (!IsListEmpty(&Heap->Large))
        RtlpUnmap(CONTAINING_RECORD(RemoveHeadList(&Heap->Large), RTLP_LARGE_BLOCK, Link));
    for (Segment = Heap->Segments; Segment != NULL; Segment = Next) {
        Next = *(PVOID *)Segment;
        RtlpUnmap(Segment);
    }
    RtlpUnmap(Heap);
    return NULL;
}

NT_EXPORT(RtlAllocateHeap);
PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    RTLP_HEAP *Heap = HeapHandle;
    ULONG Class = Size > 0x10000 ? RTLP_CLASSES : RtlpClassOf(Size);
    RTLP_BLOCK *Block;

    RtlpLockHeap(Heap, Flags);
    Block = Class < RTLP_CLASSES ? RtlpTake(Heap, Class) : RtlpTakeLarge(Heap, Size);
    RtlpUnlockHeap(Heap, Flags);
    if (Block == NULL) {
        if ((Heap->Flags | Flags) & RTLP_HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    Block->Magic = RtlpMagic(Block, RTLP_BUSY);
    Block->Class = Class < RTLP_CLASSES ? Class : RTLP_LARGE;
    Block->Bytes = Size;
    if (Flags & HEAP_ZERO_MEMORY)
        RtlZeroMemory(Block + 1, Size);
    return Block + 1;
}

NT_EXPORT(RtlFreeHeap);
BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer)
{
    RTLP_HEAP *Heap = HeapHandle;
    RTLP_BLOCK *Block;

    if (Pointer == NULL)
        return TRUE;
    RtlpLockHeap(Heap, Flags);
    Block = RtlpCheckBlock(Pointer);
    if (Block->Class == RTLP_LARGE) {
        RTLP_LARGE_BLOCK *Large = (RTLP_LARGE_BLOCK *)Block - 1;

        RemoveEntryList(&Large->Link);
        RtlpUnmap(Large);
    } else {
        RTLP_FREE_BLOCK *Free = (RTLP_FREE_BLOCK *)Block;

        Block->Magic = RtlpMagic(Block, RTLP_FREE);
        Free->Next = Heap->Free[Block->Class];
        Heap->Free[Block->Class] = Free;
    }
    RtlpUnlockHeap(Heap, Flags);
    return TRUE;
}

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer);
PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer, SIZE_T Size);
BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer);

NT_EXPORT(RtlSizeHeap);
SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer)
{
    UNREFERENCED_PARAMETER(HeapHandle);
    UNREFERENCED_PARAMETER(Flags);
    return RtlpCheckBlock(Pointer)->Bytes;
}

NT_EXPORT(RtlReAllocateHeap);
PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer, SIZE_T Size)
{
    RTLP_BLOCK *Block;
    SIZE_T Old;
    PVOID New;

    if (Pointer == NULL)
        return NULL;
    Block = RtlpCheckBlock(Pointer);
    Old = Block->Bytes;
    if (Block->Class != RTLP_LARGE && Size <= RtlpClassBytes(Block->Class)) {
        Block->Bytes = Size;
        if ((Flags & HEAP_ZERO_MEMORY) && Size > Old)
            RtlZeroMemory((PUCHAR)Pointer + Old, Size - Old);
        return Pointer;
    }
    if (Flags & RTLP_HEAP_REALLOC_IN_PLACE_ONLY)
        return NULL;
    New = RtlAllocateHeap(HeapHandle, Flags, Size);
    if (New == NULL)
        return NULL;
    RtlCopyMemory(New, Pointer, Old < Size ? Old : Size);
    RtlFreeHeap(HeapHandle, Flags, Pointer);
    return New;
}

NT_EXPORT(RtlValidateHeap);
BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Pointer)
{
    RTLP_HEAP *Heap = HeapHandle;
    RTLP_BLOCK *Block = (RTLP_BLOCK *)Pointer - 1;

    UNREFERENCED_PARAMETER(Flags);
    if (Heap->Signature != RTLP_HEAP_SIGNATURE)
        return FALSE;
    return Pointer == NULL || Block->Magic == RtlpMagic(Block, RTLP_BUSY);
}

/* What the shared sources of kernel/rtl allocate comes from the process heap here. */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(Tag);
    return RtlAllocateHeap(NtCurrentPebBlock()->ProcessHeap, 0, NumberOfBytes);
}

VOID NTAPI ExFreePoolWithTag(PVOID Pointer, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    RtlFreeHeap(NtCurrentPebBlock()->ProcessHeap, 0, Pointer);
}

VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    RtlRaiseStatus(Status);
}

BOOLEAN RtlpInitProcessHeap(VOID)
{
    NtCurrentPebBlock()->ProcessHeap = RtlCreateHeap(0, NULL, 0, 0, NULL, NULL);
    return NtCurrentPebBlock()->ProcessHeap != NULL;
}
