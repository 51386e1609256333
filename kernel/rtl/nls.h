/*
 * Case mapping and code pages: generated tables (tools/gen_nls.py) and the routines over them. Any
 * IRQL: the tables are in the kernel's resident image.
 */
#pragma once

#include "../nt.h"

extern const UCHAR RtlpUpcaseIndex[4096], RtlpDowncaseIndex[4096]; /* character / 16 to block */
extern const USHORT RtlpUpcaseDelta[],
    RtlpDowncaseDelta[]; /* block * 16 + character % 16: added mod 2^16 */
extern const WCHAR RtlpAnsiToUnicode[256], RtlpOemToUnicode[256];
extern const ULONG RtlpUnicodeToAnsi[],
    RtlpUnicodeToOem[]; /* character << 8 | byte, ascending, from 0x80 on */
extern const ULONG RtlpUnicodeToAnsiRows, RtlpUnicodeToOemRows;

static inline WCHAR RtlpUpcase(WCHAR Char)
{
    if (Char < 0x80)
        return Char >= 'a' && Char <= 'z' ? (WCHAR)(Char - 32) : Char;
    return (WCHAR)(Char + RtlpUpcaseDelta[RtlpUpcaseIndex[Char >> 4] * 16 + (Char & 15)]);
}

static inline WCHAR RtlpDowncase(WCHAR Char)
{
    if (Char < 0x80)
        return Char >= 'A' && Char <= 'Z' ? (WCHAR)(Char + 32) : Char;
    return (WCHAR)(Char + RtlpDowncaseDelta[RtlpDowncaseIndex[Char >> 4] * 16 + (Char & 15)]);
}

/* The byte for Char, its look-alike, or '?'. */
UCHAR RtlpCharToAnsi(WCHAR Char);
UCHAR RtlpCharToOem(WCHAR Char);
