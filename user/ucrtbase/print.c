/* Formatted output as the universal C runtime's headers call it, over msvcrt's. */
#include "../msvcrt/crt.h"

#define LEGACY_TERMINATION 1ull /* _CRT_INTERNAL_PRINTF_LEGACY_VSPRINTF_NULL_TERMINATION */
#define STANDARD_SNPRINTF 2ull  /* _CRT_INTERNAL_PRINTF_STANDARD_SNPRINTF_BEHAVIOR */

int __cdecl __stdio_common_vfprintf(ULONG64 Options, FILE *File, const char *Format, PVOID Locale,
                                    va_list Arguments)
{
    IGNORE_ARG(Options);
    IGNORE_ARG(Locale);
    return vfprintf(File, Format, Arguments);
}

int __cdecl __stdio_common_vfwprintf(ULONG64 Options, FILE *File, const WCHAR *Format, PVOID Locale,
                                     va_list Arguments)
{
    IGNORE_ARG(Options);
    IGNORE_ARG(Locale);
    return vfwprintf(File, Format, Arguments);
}

/* What does not fit: the standard cuts it and says how long it would be, older forms give -1. */
int __cdecl __stdio_common_vsprintf(ULONG64 Options, char *Buffer, size_t Size, const char *Format,
                                    PVOID Locale, va_list Arguments)
{
    va_list Again;
    int Result, Needed;

    IGNORE_ARG(Locale);
    va_copy(Again, Arguments);
    Needed = _vsnprintf(NULL, 0, Format, Again);
    va_end(Again);
    Result = _vsnprintf(Buffer, Buffer != NULL ? Size : 0, Format, Arguments);
    if (Buffer == NULL || (size_t)Needed < Size || Needed < 0)
        return Buffer == NULL ? Needed : Result;
    if (Size != 0 && !((Options & LEGACY_TERMINATION) != 0 && (size_t)Needed == Size))
        Buffer[Size - 1] = 0;
    if (Options & STANDARD_SNPRINTF)
        return Needed;
    return (Options & LEGACY_TERMINATION) != 0 && (size_t)Needed == Size ? Needed : -1;
}

int __cdecl __stdio_common_vswprintf(ULONG64 Options, WCHAR *Buffer, size_t Size,
                                     const WCHAR *Format, PVOID Locale, va_list Arguments)
{
    va_list Again;
    int Result, Needed;

    IGNORE_ARG(Locale);
    va_copy(Again, Arguments);
    Needed = _vsnwprintf(NULL, 0, Format, Again);
    va_end(Again);
    Result = _vsnwprintf(Buffer, Buffer != NULL ? Size : 0, Format, Arguments);
    if (Buffer == NULL || (size_t)Needed < Size || Needed < 0)
        return Buffer == NULL ? Needed : Result;
    if (Size != 0 && !((Options & LEGACY_TERMINATION) != 0 && (size_t)Needed == Size))
        Buffer[Size - 1] = 0;
    if (Options & STANDARD_SNPRINTF)
        return Needed;
    return (Options & LEGACY_TERMINATION) != 0 && (size_t)Needed == Size ? Needed : -1;
}

/* The checked forms: Limit characters at most; what does not fit is an error, with an empty buffer. */
int __cdecl __stdio_common_vsnprintf_s(ULONG64 Options, char *Buffer, size_t Size, size_t Limit,
                                       const char *Format, PVOID Locale, va_list Arguments)
{
    size_t Room = Limit < Size ? Limit + 1 : Size;
    int Result;

    if (Buffer == NULL || Size == 0) {
        errno = EINVAL;
        return -1;
    }
    Result = __stdio_common_vsprintf(Options | STANDARD_SNPRINTF, Buffer, Room, Format, Locale,
                                     Arguments);
    if (Result >= 0 && (size_t)Result < Room)
        return Result;
    if (Limit == (size_t)-1 || Limit < Size) /* _TRUNCATE, or a limit that was asked for */
        return -1;
    Buffer[0] = 0;
    errno = ERANGE;
    return -1;
}

int __cdecl __stdio_common_vsprintf_s(ULONG64 Options, char *Buffer, size_t Size,
                                      const char *Format, PVOID Locale, va_list Arguments)
{
    return __stdio_common_vsnprintf_s(Options, Buffer, Size, Size, Format, Locale, Arguments);
}

int __cdecl __stdio_common_vswprintf_s(ULONG64 Options, WCHAR *Buffer, size_t Size,
                                       const WCHAR *Format, PVOID Locale, va_list Arguments)
{
    int Result;

    if (Buffer == NULL || Size == 0) {
        errno = EINVAL;
        return -1;
    }
    Result = __stdio_common_vswprintf(Options | STANDARD_SNPRINTF, Buffer, Size, Format, Locale,
                                      Arguments);
    if (Result >= 0 && (size_t)Result < Size)
        return Result;
    Buffer[0] = 0;
    errno = ERANGE;
    return -1;
}
