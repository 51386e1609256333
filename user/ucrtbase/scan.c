/* Formatted input as the universal C runtime's headers call it, over msvcrt's. */
#include "../msvcrt/crt.h"

#define SECURE 1ull /* _CRT_INTERNAL_SCANF_SECURECRT */

int __cdecl __stdio_common_vfscanf(ULONG64 Options, FILE *File, const char *Format, PVOID Locale,
                                   va_list Arguments)
{
    IGNORE_ARG(Locale);
    return CrtScanFile(File, Format, FALSE, (Options & SECURE) != 0, Arguments);
}

int __cdecl __stdio_common_vfwscanf(ULONG64 Options, FILE *File, const WCHAR *Format, PVOID Locale,
                                    va_list Arguments)
{
    IGNORE_ARG(Locale);
    return CrtScanFile(File, Format, TRUE, (Options & SECURE) != 0, Arguments);
}

int __cdecl __stdio_common_vsscanf(ULONG64 Options, const char *Text, size_t Units,
                                   const char *Format, PVOID Locale, va_list Arguments)
{
    IGNORE_ARG(Locale);
    return CrtScanText(Text, Units, Format, FALSE, (Options & SECURE) != 0, Arguments);
}

int __cdecl __stdio_common_vswscanf(ULONG64 Options, const WCHAR *Text, size_t Units,
                                    const WCHAR *Format, PVOID Locale, va_list Arguments)
{
    IGNORE_ARG(Locale);
    return CrtScanText(Text, Units, Format, TRUE, (Options & SECURE) != 0, Arguments);
}
