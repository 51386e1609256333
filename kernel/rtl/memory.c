/*
 * Memory blocks: what compilers call (memcpy, memset, ...) and the documented RtlXxxMemory
 * routines. Like NT's x64 memcpy, ours is memmove: overlapping blocks are copied right. Left out:
 * nothing.
 */
#include "rtl.h"

typedef ULONG64 UNALIGNED_U64 __attribute__((aligned(1), may_alias));
typedef ULONG UNALIGNED_U32 __attribute__((aligned(1), may_alias));
typedef USHORT UNALIGNED_U16 __attribute__((aligned(1), may_alias));
typedef long long VECTOR16 __attribute__((vector_size(16), aligned(1), may_alias));

#define RTLP_STRING_INSTRUCTION_BYTES 1024 /* from here on rep movsb and rep stosb win */

/* Everything is loaded before anything is stored, so overlap does not matter. Bytes <= 32. */
static inline VOID RtlpMoveSmall(UCHAR *To, const UCHAR *From, SIZE_T Bytes)
{
    if (Bytes >= 16) {
        VECTOR16 Head = *(const VECTOR16 *)From, Tail = *(const VECTOR16 *)(From + Bytes - 16);
        *(VECTOR16 *)To = Head;
        *(VECTOR16 *)(To + Bytes - 16) = Tail;
    } else if (Bytes >= 8) {
        ULONG64 Head = *(const UNALIGNED_U64 *)From,
                Tail = *(const UNALIGNED_U64 *)(From + Bytes - 8);
        *(UNALIGNED_U64 *)To = Head;
        *(UNALIGNED_U64 *)(To + Bytes - 8) = Tail;
    } else if (Bytes >= 4) {
        ULONG Head = *(const UNALIGNED_U32 *)From,
              Tail = *(const UNALIGNED_U32 *)(From + Bytes - 4);
        *(UNALIGNED_U32 *)To = Head;
        *(UNALIGNED_U32 *)(To + Bytes - 4) = Tail;
    } else if (Bytes >= 2) {
        USHORT Head = *(const UNALIGNED_U16 *)From,
               Tail = *(const UNALIGNED_U16 *)(From + Bytes - 2);
        *(UNALIGNED_U16 *)To = Head;
        *(UNALIGNED_U16 *)(To + Bytes - 2) = Tail;
    } else if (Bytes != 0) {
        *To = *From;
    }
}

static VOID RtlpMoveUp(UCHAR *To, const UCHAR *From,
                       SIZE_T Bytes) /* Bytes > 32, To < From or disjoint */
{
    VECTOR16 Tail = *(const VECTOR16 *)(From + Bytes - 16);
    UCHAR *Last = To + Bytes - 16;

    while (To < Last) {
        *(VECTOR16 *)To = *(const VECTOR16 *)From;
        To += 16;
        From += 16;
    }
    *(VECTOR16 *)Last = Tail;
}

static VOID RtlpMoveDown(UCHAR *To, const UCHAR *From,
                         SIZE_T Bytes) /* Bytes > 32, To inside From's block */
{
    VECTOR16 Head = *(const VECTOR16 *)From;

    for (SIZE_T Left = Bytes; Left > 16; Left -= 16)
        *(VECTOR16 *)(To + Left - 16) = *(const VECTOR16 *)(From + Left - 16);
    *(VECTOR16 *)To = Head;
}

NT_EXPORT(memmove);
void *memmove(void *To, const void *From, size_t Bytes)
{
    if (Bytes <= 32) {
        RtlpMoveSmall(To, From, Bytes);
    } else if ((ULONG64)To - (ULONG64)From < Bytes) {
        RtlpMoveDown(To, From, Bytes);
    } else if (Bytes < RTLP_STRING_INSTRUCTION_BYTES) {
        RtlpMoveUp(To, From, Bytes);
    } else {
        void *Out = To;
        __asm__ volatile("rep movsb" : "+D"(Out), "+S"(From), "+c"(Bytes) : : "memory");
    }
    return To;
}

NT_EXPORT(memcpy);
void *memcpy(void *restrict To, const void *restrict From, size_t Bytes)
{
    return memmove(To, From, Bytes);
}

NT_EXPORT(memset);
void *memset(void *To, int Value, size_t Bytes)
{
    UCHAR *Out = To;

    if (Bytes < 16) {
        while (Bytes-- != 0)
            *(volatile UCHAR *)Out++ = (UCHAR)Value;
    } else if (Bytes < RTLP_STRING_INSTRUCTION_BYTES) {
        ULONG64 Pattern = 0x0101010101010101ull * (UCHAR)Value;
        VECTOR16 Wide = {(long long)Pattern, (long long)Pattern};
        UCHAR *Last = Out + Bytes - 16;
        for (; Out < Last; Out += 16)
            *(VECTOR16 *)Out = Wide;
        *(VECTOR16 *)Last = Wide;
    } else {
        __asm__ volatile("rep stosb" : "+D"(Out), "+c"(Bytes) : "a"(Value) : "memory");
    }
    return To;
}

NT_EXPORT(memcmp);
int memcmp(const void *First, const void *Second, size_t Bytes)
{
    const UCHAR *A = First, *B = Second;

    for (; Bytes >= 8; Bytes -= 8, A += 8, B += 8)
        if (*(const UNALIGNED_U64 *)A != *(const UNALIGNED_U64 *)B)
            break;
    for (; Bytes != 0; Bytes--, A++, B++)
        if (*A != *B)
            return *A < *B ? -1 : 1;
    return 0;
}

NT_EXPORT(memchr);
void *memchr(const void *Block, int Value, size_t Bytes)
{
    const UCHAR *In = Block;

    for (; Bytes != 0; Bytes--, In++)
        if (*In == (UCHAR)Value)
            return (void *)In;
    return NULL;
}

/*
 * The secure forms: on failure the destination is zeroed where it can be. [doc] memcpy_s, memmove_s
 */
NT_EXPORT(memcpy_s);
errno_t memcpy_s(void *To, size_t ToBytes, const void *From, size_t Bytes)
{
    if (Bytes == 0)
        return 0;
    if (To == NULL)
        return EINVAL;
    if (From == NULL || ToBytes < Bytes) {
        memset(To, 0, ToBytes);
        return From == NULL ? EINVAL : ERANGE;
    }
    memmove(To, From, Bytes);
    return 0;
}

NT_EXPORT(memmove_s);
errno_t memmove_s(void *To, size_t ToBytes, const void *From, size_t Bytes)
{
    if (Bytes == 0)
        return 0;
    if (To == NULL || From == NULL)
        return EINVAL;
    if (ToBytes < Bytes)
        return ERANGE;
    memmove(To, From, Bytes);
    return 0;
}

/* __chkstk is in chkstk.S. */
NT_EXPORT(__chkstk);

NT_EXPORT(RtlCompareMemory);
SIZE_T NTAPI RtlCompareMemory(const VOID *First, const VOID *Second, SIZE_T Bytes)
{
    const UCHAR *A = First, *B = Second;
    SIZE_T Same = 0;

    while (Bytes - Same >= 8 &&
           *(const UNALIGNED_U64 *)(A + Same) == *(const UNALIGNED_U64 *)(B + Same))
        Same += 8;
    while (Same < Bytes && A[Same] == B[Same])
        Same++;
    return Same;
}

/*
 * Bytes equal to Pattern from the start, a multiple of 4; 0 when Source is not aligned to 4.
 * [doc] RtlCompareMemoryUlong: Length is rounded down to whole ULONGs.
 */
NT_EXPORT(RtlCompareMemoryUlong);
SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    const ULONG *In = Source;
    SIZE_T Count = Length / sizeof(ULONG), Same = 0;

    if (((ULONG_PTR)Source & 3) != 0)
        return 0;
    while (Same < Count && In[Same] == Pattern)
        Same++;
    return Same * sizeof(ULONG);
}

#undef RtlCopyMemory
NT_EXPORT(RtlCopyMemory);
VOID NTAPI RtlCopyMemory(PVOID To, const VOID *From, SIZE_T Bytes)
{
    memmove(To, From, Bytes);
}

#undef RtlMoveMemory
NT_EXPORT(RtlMoveMemory);
VOID NTAPI RtlMoveMemory(PVOID To, const VOID *From, SIZE_T Bytes)
{
    memmove(To, From, Bytes);
}

#undef RtlZeroMemory
NT_EXPORT(RtlZeroMemory);
VOID NTAPI RtlZeroMemory(PVOID To, SIZE_T Bytes)
{
    memset(To, 0, Bytes);
}

#undef RtlFillMemory
NT_EXPORT(RtlFillMemory);
VOID NTAPI RtlFillMemory(PVOID To, SIZE_T Bytes, UCHAR Value)
{
    memset(To, Value, Bytes);
}

/* Whole ULONGs only: a trailing part is left alone. [doc] RtlFillMemoryUlong */
#undef RtlFillMemoryUlong
NT_EXPORT(RtlFillMemoryUlong);
VOID NTAPI RtlFillMemoryUlong(PVOID To, SIZE_T Bytes, ULONG Pattern)
{
    UNALIGNED_U32 *Out = To;

    for (SIZE_T Count = Bytes / sizeof(ULONG); Count != 0; Count--)
        *Out++ = Pattern;
}

#undef RtlFillMemoryUlonglong
NT_EXPORT(RtlFillMemoryUlonglong);
VOID NTAPI RtlFillMemoryUlonglong(PVOID To, SIZE_T Bytes, ULONGLONG Pattern)
{
    UNALIGNED_U64 *Out = To;

    for (SIZE_T Count = Bytes / sizeof(ULONGLONG); Count != 0; Count--)
        *Out++ = Pattern;
}

/* Cache hints have no meaning in the model: a plain copy, and nothing. */
NT_EXPORT(RtlCopyMemoryNonTemporal);
VOID NTAPI RtlCopyMemoryNonTemporal(VOID UNALIGNED *To, const VOID UNALIGNED *From, SIZE_T Bytes)
{
    memmove(To, From, Bytes);
}

NT_EXPORT(RtlPrefetchMemoryNonTemporal);
VOID FASTCALL RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length)
{
    for (SIZE_T Offset = 0; Offset < Length; Offset += 64)
        __builtin_prefetch((const char *)Source + Offset, 0, 0);
}
