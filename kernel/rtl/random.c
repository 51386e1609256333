/*
 * Pseudo-random numbers from the caller's seed, check sums. Nothing here is entropy: the same seed
 * gives the same numbers. NT's RtlRandom also shuffles through a table of its own; the documented
 * contract (uniform in [0, MAXLONG - 1], the seed moves on) does not need it. Left out: RtlCrc64.
 */
#include "rtl.h"

/* Lehmer's generator. [doc] RtlUniform names D. H. Lehmer's 1948 algorithm; the constants are the
 * known ones. */
static ULONG RtlpLehmer(PULONG Seed)
{
    *Seed = (ULONG)((0x7FFFFFEDull * *Seed + 0x7FFFFFC3ull) % 0x7FFFFFFFull);
    return *Seed;
}

NT_EXPORT(RtlRandom);
ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlpLehmer(Seed);
}

NT_EXPORT(RtlRandomEx);
ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    return RtlpLehmer(Seed);
}

static ULONG RtlpCrc(ULONG Crc, const UCHAR *Byte, SIZE_T Bytes)
{
    Crc = ~Crc;
    for (; Bytes != 0; Bytes--) {
        Crc ^= *Byte++;
        for (ULONG Bit = 0; Bit < 8; Bit++)
            Crc = Crc >> 1 ^ (0xEDB88320u & (0 - (Crc & 1)));
    }
    return ~Crc;
}

/* CRC-32 of IEEE 802.3; the result of one block starts the next. */
NT_EXPORT(RtlComputeCrc32);
ULONG NTAPI RtlComputeCrc32(ULONG Initial, const VOID *Buffer, ULONG Length)
{
    return RtlpCrc(Initial, Buffer, Length);
}

NT_EXPORT(RtlCrc32);
ULONG NTAPI RtlCrc32(const VOID *Buffer, SIZE_T Size, ULONG Initial)
{
    return RtlpCrc(Initial, Buffer, Size);
}
