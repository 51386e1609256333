/* See console.h. */
#include <windows.h>

#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static WCHAR *FormatWide(const WCHAR *Format, va_list Arguments)
{
    for (size_t Size = 1024;; Size *= 2) {
        WCHAR *Text = malloc(Size * sizeof(WCHAR));
        va_list Copy;
        int Count;

        if (Text == NULL)
            return NULL;
        va_copy(Copy, Arguments);
        Count = _vsnwprintf(Text, Size, Format, Copy);
        va_end(Copy);
        if (Count >= 0 && (size_t)Count < Size)
            return Text;
        free(Text);
        if (Size > 1 << 24)
            return NULL;
    }
}

static int PutConverted(FILE *Stream, const WCHAR *Text)
{
    UINT CodePage = GetConsoleOutputCP() != 0 ? GetConsoleOutputCP() : CP_ACP; /* 0: no console */
    int Count = WideCharToMultiByte(CodePage, 0, Text, -1, NULL, 0, NULL, NULL), Result;
    char *Bytes = Count > 0 ? malloc((size_t)Count) : NULL;

    if (Bytes == NULL)
        return -1;
    WideCharToMultiByte(CodePage, 0, Text, -1, Bytes, Count, NULL, NULL);
    Result = fputs(Bytes, Stream) < 0 ? -1 : Count - 1;
    free(Bytes);
    return Result;
}

static int PutFormatted(FILE *Stream, const WCHAR *Format, va_list Arguments)
{
    WCHAR *Text = FormatWide(Format, Arguments);
    int Result;

    if (Text == NULL)
        return -1;
    Result = PutConverted(Stream, Text);
    free(Text);
    return Result;
}

int ConsolePrint(const WCHAR *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = PutFormatted(stdout, Format, Arguments);
    va_end(Arguments);
    return Result;
}

int ConsolePrintTo(FILE *Stream, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = PutFormatted(Stream, Format, Arguments);
    va_end(Arguments);
    return Result;
}
