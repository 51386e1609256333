/*
 * UTF-8 to and from UTF-16: RtlUTF8ToUnicodeN, RtlUnicodeToUTF8N. What is not well formed becomes
 * U+FFFD, one for each maximal ill-formed part, as Unicode recommends. Left out: nothing.
 */
#include "rtl.h"

#define RTLP_REPLACEMENT 0xFFFDu
#define RTLP_INVALID 0xFFFFFFFFu

/* Reads one code point at From[*At]; RTLP_INVALID for an ill-formed part, which *At passes. */
static ULONG RtlpReadUtf8(const UCHAR *From, ULONG Bytes, PULONG At)
{
    UCHAR Lead = From[(*At)++], Low = 0x80, High = 0xBF;
    ULONG Code, More;

    if (Lead < 0x80)
        return Lead;
    if (Lead < 0xC2 || Lead > 0xF4)
        return RTLP_INVALID;
    More = Lead < 0xE0 ? 1 : Lead < 0xF0 ? 2 : 3;
    Code = Lead & (0x3F >> More);
    if (Lead == 0xE0)
        Low = 0xA0; /* shorter forms exist below */
    else if (Lead == 0xED)
        High = 0x9F; /* surrogates above */
    else if (Lead == 0xF0)
        Low = 0x90;
    else if (Lead == 0xF4)
        High = 0x8F; /* past U+10FFFF */
    for (; More != 0; More--) {
        if (*At >= Bytes || From[*At] < Low || From[*At] > High)
            return RTLP_INVALID;
        Code = Code << 6 | (From[(*At)++] & 0x3F);
        Low = 0x80;
        High = 0xBF;
    }
    return Code;
}

static ULONG RtlpReadUtf16(const WCHAR *From, ULONG Units, PULONG At)
{
    WCHAR Unit = From[(*At)++];

    if (Unit < 0xD800 || Unit > 0xDFFF)
        return Unit;
    if (Unit > 0xDBFF || *At >= Units || From[*At] < 0xDC00 || From[*At] > 0xDFFF)
        return RTLP_INVALID;
    return 0x10000 + ((ULONG)(Unit - 0xD800) << 10) + (From[(*At)++] - 0xDC00u);
}

static ULONG RtlpWriteUtf8(UCHAR *To, ULONG Code)
{
    if (Code < 0x80) {
        To[0] = (UCHAR)Code;
        return 1;
    }
    if (Code < 0x800) {
        To[0] = (UCHAR)(0xC0 | Code >> 6);
        To[1] = (UCHAR)(0x80 | (Code & 0x3F));
        return 2;
    }
    if (Code < 0x10000) {
        To[0] = (UCHAR)(0xE0 | Code >> 12);
        To[1] = (UCHAR)(0x80 | (Code >> 6 & 0x3F));
        To[2] = (UCHAR)(0x80 | (Code & 0x3F));
        return 3;
    }
    To[0] = (UCHAR)(0xF0 | Code >> 18);
    To[1] = (UCHAR)(0x80 | (Code >> 12 & 0x3F));
    To[2] = (UCHAR)(0x80 | (Code >> 6 & 0x3F));
    To[3] = (UCHAR)(0x80 | (Code & 0x3F));
    return 4;
}

/* With To NULL only the size is found. A character that does not fit whole is not begun. */
NT_EXPORT(RtlUnicodeToUTF8N);
NTSTATUS NTAPI RtlUnicodeToUTF8N(PCHAR To, ULONG ToBytes, PULONG Actual, PCWCH From,
                                 ULONG FromBytes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG At = 0, Written = 0, Code, Size;
    UCHAR Piece[4];

    if (From == NULL)
        return STATUS_INVALID_PARAMETER_4;
    if (To == NULL && Actual == NULL)
        return STATUS_INVALID_PARAMETER;
    if (FromBytes % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER_5;
    while (At < FromBytes / sizeof(WCHAR)) {
        Code = RtlpReadUtf16(From, FromBytes / sizeof(WCHAR), &At);
        if (Code == RTLP_INVALID) {
            Code = RTLP_REPLACEMENT;
            Status = STATUS_SOME_NOT_MAPPED;
        }
        Size = RtlpWriteUtf8(Piece, Code);
        if (To != NULL) {
            if (Size > ToBytes - Written) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(To + Written, Piece, Size);
        }
        Written += Size;
    }
    if (Actual != NULL)
        *Actual = Written;
    return Status;
}

NT_EXPORT(RtlUTF8ToUnicodeN);
NTSTATUS NTAPI RtlUTF8ToUnicodeN(PWSTR To, ULONG ToBytes, PULONG Actual, PCCH From, ULONG FromBytes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG At = 0, Written = 0, Code, Units;

    if (From == NULL)
        return STATUS_INVALID_PARAMETER_4;
    if (To == NULL && Actual == NULL)
        return STATUS_INVALID_PARAMETER;
    while (At < FromBytes) {
        Code = RtlpReadUtf8((const UCHAR *)From, FromBytes, &At);
        if (Code == RTLP_INVALID) {
            Code = RTLP_REPLACEMENT;
            Status = STATUS_SOME_NOT_MAPPED;
        }
        Units = Code >= 0x10000 ? 2 : 1;
        if (To != NULL) {
            if (Units > ToBytes / sizeof(WCHAR) - Written) {
                Status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            if (Units == 2) {
                To[Written] = (WCHAR)(0xD800 + ((Code - 0x10000) >> 10));
                To[Written + 1] = (WCHAR)(0xDC00 + (Code & 0x3FF));
            } else {
                To[Written] = (WCHAR)Code;
            }
        }
        Written += Units;
    }
    if (Actual != NULL)
        *Actual = Written * sizeof(WCHAR);
    return Status;
}
