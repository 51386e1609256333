/*
 * Bit maps: RTL_BITMAP over the caller's ULONGs; runs of clear and set bits. The caller serialises.
 * Ranges are the caller's word: as on NT, setting bits outside the map writes outside it. Left out:
 * copying and extracting maps.
 */
#include "rtl.h"

#define RTLP_NOT_FOUND 0xFFFFFFFFu

/* The first bit from From on that is Value, or the size of the map. */
static ULONG RtlpNextBit(const RTL_BITMAP *Map, ULONG From, BOOLEAN Value)
{
    ULONG Flip = Value ? 0 : MAXULONG;

    while (From < Map->SizeOfBitMap) {
        ULONG Word = (Map->Buffer[From / 32] ^ Flip) >> (From % 32);
        if (Word != 0) {
            From += (ULONG)__builtin_ctz(Word);
            break;
        }
        From = (From | 31) + 1;
    }
    return From < Map->SizeOfBitMap ? From : Map->SizeOfBitMap;
}

static VOID RtlpWriteBits(PRTL_BITMAP Map, ULONG Start, ULONG Count, BOOLEAN Value)
{
    while (Count != 0) {
        ULONG Shift = Start % 32, Bits = 32 - Shift < Count ? 32 - Shift : Count;
        ULONG Mask = (MAXULONG >> (32 - Bits)) << Shift;
        if (Value)
            Map->Buffer[Start / 32] |= Mask;
        else
            Map->Buffer[Start / 32] &= ~Mask;
        Start += Bits;
        Count -= Bits;
    }
}

NT_EXPORT(RtlInitializeBitMap);
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP Map, PULONG Buffer, ULONG Size)
{
    Map->SizeOfBitMap = Size;
    Map->Buffer = Buffer;
}

NT_EXPORT(RtlSetBit);
VOID NTAPI RtlSetBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit / 32] |= 1u << (Bit % 32);
}

NT_EXPORT(RtlClearBit);
VOID NTAPI RtlClearBit(PRTL_BITMAP Map, ULONG Bit)
{
    Map->Buffer[Bit / 32] &= ~(1u << (Bit % 32));
}

NT_EXPORT(RtlTestBit);
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP Map, ULONG Bit)
{
    return (Map->Buffer[Bit / 32] >> (Bit % 32)) & 1;
}

NT_EXPORT(RtlSetBits);
VOID NTAPI RtlSetBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    RtlpWriteBits(Map, Start, Count, TRUE);
}

NT_EXPORT(RtlClearBits);
VOID NTAPI RtlClearBits(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    RtlpWriteBits(Map, Start, Count, FALSE);
}

/* Whole ULONGs, the bits behind the map's end included. */
NT_EXPORT(RtlSetAllBits);
VOID NTAPI RtlSetAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0xFF, (SIZE_T)((Map->SizeOfBitMap + 31ull) / 32 * sizeof(ULONG)));
}

NT_EXPORT(RtlClearAllBits);
VOID NTAPI RtlClearAllBits(PRTL_BITMAP Map)
{
    memset(Map->Buffer, 0, (SIZE_T)((Map->SizeOfBitMap + 31ull) / 32 * sizeof(ULONG)));
}

/* FALSE too for an empty range and for one that leaves the map. [guess] */
static BOOLEAN RtlpAreBits(const RTL_BITMAP *Map, ULONG Start, ULONG Count, BOOLEAN Value)
{
    if (Count == 0 || Count > Map->SizeOfBitMap || Start > Map->SizeOfBitMap - Count)
        return FALSE;
    return RtlpNextBit(Map, Start, !Value) - Start >= Count;
}

NT_EXPORT(RtlAreBitsClear);
BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return RtlpAreBits(Map, Start, Count, FALSE);
}

NT_EXPORT(RtlAreBitsSet);
BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP Map, ULONG Start, ULONG Count)
{
    return RtlpAreBits(Map, Start, Count, TRUE);
}

NT_EXPORT(RtlNumberOfSetBits);
ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP Map)
{
    ULONG Words = Map->SizeOfBitMap / 32, Rest = Map->SizeOfBitMap % 32, Count = 0;

    for (ULONG Index = 0; Index < Words; Index++)
        Count += (ULONG)__builtin_popcount(Map->Buffer[Index]);
    if (Rest != 0)
        Count += (ULONG)__builtin_popcount(Map->Buffer[Words] & (MAXULONG >> (32 - Rest)));
    return Count;
}

NT_EXPORT(RtlNumberOfClearBits);
ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP Map)
{
    return Map->SizeOfBitMap - RtlNumberOfSetBits(Map);
}

NT_EXPORT(RtlNumberOfSetBitsUlongPtr);
ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
    return (ULONG)__builtin_popcountll(Target);
}

/* A run of Count bits that are Value and start in [From, Limit). */
static ULONG RtlpFindRun(const RTL_BITMAP *Map, ULONG Count, ULONG From, ULONG Limit, BOOLEAN Value)
{
    while (From < Limit) {
        ULONG Start = RtlpNextBit(Map, From, Value), End = RtlpNextBit(Map, Start, !Value);
        if (Start >= Limit)
            break;
        if (End - Start >= Count)
            return Start;
        From = End;
    }
    return RTLP_NOT_FOUND;
}

/* From the hint to the end, then from the start. A run of no bits is found at the hint. [doc]
 * RtlFindClearBits */
static ULONG RtlpFindBits(const RTL_BITMAP *Map, ULONG Count, ULONG Hint, BOOLEAN Value)
{
    ULONG Found;

    if (Hint >= Map->SizeOfBitMap)
        Hint = 0;
    if (Count == 0)
        return Hint;
    Found = RtlpFindRun(Map, Count, Hint, Map->SizeOfBitMap, Value);
    return Found != RTLP_NOT_FOUND ? Found : RtlpFindRun(Map, Count, 0, Hint, Value);
}

NT_EXPORT(RtlFindClearBits);
ULONG NTAPI RtlFindClearBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return RtlpFindBits(Map, Count, Hint, FALSE);
}

NT_EXPORT(RtlFindSetBits);
ULONG NTAPI RtlFindSetBits(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    return RtlpFindBits(Map, Count, Hint, TRUE);
}

NT_EXPORT(RtlFindClearBitsAndSet);
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG Found = RtlpFindBits(Map, Count, Hint, FALSE);

    if (Found != RTLP_NOT_FOUND)
        RtlpWriteBits(Map, Found, Count, TRUE);
    return Found;
}

NT_EXPORT(RtlFindSetBitsAndClear);
ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP Map, ULONG Count, ULONG Hint)
{
    ULONG Found = RtlpFindBits(Map, Count, Hint, TRUE);

    if (Found != RTLP_NOT_FOUND)
        RtlpWriteBits(Map, Found, Count, FALSE);
    return Found;
}

/* The clear run that starts at or behind From; 0 and the map's size when there is none. */
NT_EXPORT(RtlFindNextForwardRunClear);
ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP Map, ULONG From, PULONG Start)
{
    *Start = RtlpNextBit(Map, From, FALSE);
    return RtlpNextBit(Map, *Start, TRUE) - *Start;
}

NT_EXPORT(RtlFindFirstRunClear);
ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP Map, PULONG Start)
{
    return RtlFindNextForwardRunClear(Map, 0, Start);
}

/* The clear run that ends nearest below or at From. */
NT_EXPORT(RtlFindLastBackwardRunClear);
ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP Map, ULONG From, PULONG Start)
{
    LONG64 End = From < Map->SizeOfBitMap ? (LONG64)From : (LONG64)Map->SizeOfBitMap - 1, Begin;

    while (End >= 0 && RtlTestBit(Map, (ULONG)End))
        End--;
    for (Begin = End; Begin >= 0 && !RtlTestBit(Map, (ULONG)Begin);)
        Begin--;
    *Start = (ULONG)(Begin + 1);
    return (ULONG)(End - Begin);
}

NT_EXPORT(RtlFindLongestRunClear);
ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP Map, PULONG Start)
{
    ULONG Best = 0, At, Length;

    *Start = 0;
    for (ULONG From = 0; (Length = RtlFindNextForwardRunClear(Map, From, &At)) != 0;
         From = At + Length) {
        if (Length > Best) {
            Best = Length;
            *Start = At;
        }
    }
    return Best;
}

/* Keeps Runs[0..Count) in order of falling length; returns the new count, at most Size. */
static ULONG RtlpInsertRun(PRTL_BITMAP_RUN Runs, ULONG Count, ULONG Size, RTL_BITMAP_RUN Run)
{
    ULONG At = Count;

    while (At != 0 && Runs[At - 1].NumberOfBits < Run.NumberOfBits)
        At--;
    if (At == Size)
        return Count;
    if (Count < Size)
        Count++;
    memmove(Runs + At + 1, Runs + At, (Count - At - 1) * sizeof(Run));
    Runs[At] = Run;
    return Count;
}

NT_EXPORT(RtlFindClearRuns);
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP Map, PRTL_BITMAP_RUN Runs, ULONG Size, BOOLEAN Longest)
{
    ULONG Count = 0;
    RTL_BITMAP_RUN Run = {0, 0};

    for (ULONG From = 0; Size != 0; From = Run.StartingIndex + Run.NumberOfBits) {
        Run.NumberOfBits = RtlFindNextForwardRunClear(Map, From, &Run.StartingIndex);
        if (Run.NumberOfBits == 0)
            break;
        if (Longest)
            Count = RtlpInsertRun(Runs, Count, Size, Run);
        else
            Runs[Count++] = Run;
        if (!Longest && Count == Size)
            break;
    }
    return Count;
}

NT_EXPORT(RtlFindMostSignificantBit);
CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)(63 - __builtin_clzll(Set));
}

NT_EXPORT(RtlFindLeastSignificantBit);
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)__builtin_ctzll(Set);
}
