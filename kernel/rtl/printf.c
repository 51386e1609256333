/*
 * The printf family as NT's kernel exports it, over the engine in format.c. Two rules of
 * truncation:
 *   - _snprintf and its kin: a result of exactly Count units has no terminator, a longer one is cut
 * and gives -1.
 *   - the _s forms: always terminated; a result that does not fit empties the buffer and gives -1,
 * unless Count (or _TRUNCATE) asked for the cut. NT's kernel has no invalid-parameter handler to
 * call. [doc] "_snprintf, _snwprintf", "_snprintf_s", "sprintf_s". Left out: the scanf family,
 * floating point.
 */
#include "rtl.h"

#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif

static int RtlpFormatCount(PVOID Buffer, SIZE_T Count, BOOLEAN Wide, const VOID *Format,
                           va_list Arguments)
{
    int Units = RtlpFormat(Buffer, Count, Wide, Format, Arguments);

    if (Units < 0 || Buffer == NULL) /* without a buffer: the length that is needed */
        return Units;
    if ((SIZE_T)Units > Count)
        return -1;
    if ((SIZE_T)Units < Count) {
        if (Wide)
            ((WCHAR *)Buffer)[Units] = 0;
        else
            ((char *)Buffer)[Units] = 0;
    }
    return Units;
}

static VOID RtlpTerminate(PVOID Buffer, SIZE_T At, BOOLEAN Wide)
{
    if (Wide)
        ((WCHAR *)Buffer)[At] = 0;
    else
        ((char *)Buffer)[At] = 0;
}

static int RtlpFormatSecure(PVOID Buffer, SIZE_T Size, SIZE_T Count, BOOLEAN Wide,
                            const VOID *Format, va_list Arguments)
{
    SIZE_T Limit;
    int Units;

    if (Buffer == NULL || Size == 0 || Format == NULL) {
        if (Buffer != NULL && Size != 0)
            RtlpTerminate(Buffer, 0, Wide);
        return Buffer == NULL && Size == 0 && Count == 0 ? 0 : -1;
    }
    Limit = Count < Size ? Count : Size - 1;
    Units = RtlpFormat(Buffer, Limit, Wide, Format, Arguments);
    if (Units >= 0 && (SIZE_T)Units <= Limit) {
        RtlpTerminate(Buffer, (SIZE_T)Units, Wide);
        return Units;
    }
    RtlpTerminate(Buffer, Units >= 0 && (Count < Size || Count == _TRUNCATE) ? Limit : 0, Wide);
    return -1;
}

NT_EXPORT(_vsnprintf);
int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments)
{
    return RtlpFormatCount(Buffer, Count, FALSE, Format, Arguments);
}

NT_EXPORT(_snprintf);
int __cdecl _snprintf(char *Buffer, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatCount(Buffer, Count, FALSE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(_vsnprintf_s);
int __cdecl _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format,
                         va_list Arguments)
{
    return RtlpFormatSecure(Buffer, Size, Count, FALSE, Format, Arguments);
}

NT_EXPORT(_snprintf_s);
int __cdecl _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatSecure(Buffer, Size, Count, FALSE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(vsprintf);
int __cdecl vsprintf(char *Buffer, const char *Format, va_list Arguments)
{
    return RtlpFormatCount(Buffer, MAXLONG, FALSE, Format, Arguments);
}

NT_EXPORT(sprintf);
int __cdecl sprintf(char *Buffer, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatCount(Buffer, MAXLONG, FALSE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(vsprintf_s);
int __cdecl vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments)
{
    return RtlpFormatSecure(Buffer, Size, Size, FALSE, Format, Arguments);
}

NT_EXPORT(sprintf_s);
int __cdecl sprintf_s(char *Buffer, size_t Size, const char *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatSecure(Buffer, Size, Size, FALSE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(_vsnwprintf);
int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments)
{
    return RtlpFormatCount(Buffer, Count, TRUE, Format, Arguments);
}

NT_EXPORT(_snwprintf);
int __cdecl _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatCount(Buffer, Count, TRUE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(_vsnwprintf_s);
int __cdecl _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format,
                          va_list Arguments)
{
    return RtlpFormatSecure(Buffer, Size, Count, TRUE, Format, Arguments);
}

NT_EXPORT(_snwprintf_s);
int __cdecl _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatSecure(Buffer, Size, Count, TRUE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(swprintf);
int __cdecl swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatCount(Buffer, MAXLONG, TRUE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(_vswprintf);
int __cdecl _vswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments)
{
    return RtlpFormatCount(Buffer, MAXLONG, TRUE, Format, Arguments);
}

NT_EXPORT(_swprintf);
int __cdecl _swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatCount(Buffer, MAXLONG, TRUE, Format, Arguments);
    va_end(Arguments);
    return Units;
}

NT_EXPORT(vswprintf_s);
int __cdecl vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments)
{
    return RtlpFormatSecure(Buffer, Size, Size, TRUE, Format, Arguments);
}

NT_EXPORT(swprintf_s);
int __cdecl swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...)
{
    va_list Arguments;
    int Units;

    va_start(Arguments, Format);
    Units = RtlpFormatSecure(Buffer, Size, Size, TRUE, Format, Arguments);
    va_end(Arguments);
    return Units;
}
