/* Formatted output to streams and to memory; the formatting itself is format.c's. */
#include "crt.h"

static BOOL PutToFile(CRT_SINK *Sink, int Unit)
{
    if (Unit < 0x80)
        return CrtPutByte(Sink->Target, Unit) != EOF;
    else {
        FILE *File = Sink->Target;
        WCHAR Wide = (WCHAR)Unit;
        char Bytes[4];
        int Count;

        if (Sink->Limit == 0) /* a byte of a narrow format, as it is */
            return CrtPutByte(File, Unit) != EOF;
        Count = WideCharToMultiByte(CP_UTF8, 0, &Wide, 1, Bytes, sizeof(Bytes), NULL, NULL);
        return CrtPutBytes(File, Bytes, (size_t)Count) == (size_t)Count;
    }
}

/* An unbuffered stream is given a buffer for the call, so that a line is one write. */
static int FormatToFile(FILE *File, const void *Format, BOOL Wide, va_list Arguments)
{
    CRT_SINK Sink = {.Put = PutToFile, .Target = File, .Limit = Wide};
    char Buffer[512];
    int Result;

    _lock_file(File);
    if ((File->flag & CRT_NBF) && File->base == NULL) {
        File->base = File->ptr = Buffer;
        File->bufsiz = sizeof(Buffer);
        Result = CrtFormat(&Sink, Format, Wide, Arguments);
        CrtFlushWrites(File);
        File->base = File->ptr = NULL;
    } else {
        Result = CrtFormat(&Sink, Format, Wide, Arguments);
    }
    _unlock_file(File);
    return Result;
}

int __cdecl vfprintf(FILE *File, const char *Format, va_list Arguments)
{
    return FormatToFile(File, Format, FALSE, Arguments);
}

int __cdecl vprintf(const char *Format, va_list Arguments)
{
    return vfprintf(&CrtFiles[1], Format, Arguments);
}

int __cdecl fprintf(FILE *File, const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = vfprintf(File, Format, Arguments);
    va_end(Arguments);
    return Result;
}

int __cdecl printf(const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = vfprintf(&CrtFiles[1], Format, Arguments);
    va_end(Arguments);
    return Result;
}

int __cdecl vfwprintf(FILE *File, const WCHAR *Format, va_list Arguments)
{
    return FormatToFile(File, Format, TRUE, Arguments);
}

int __cdecl fwprintf(FILE *File, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = vfwprintf(File, Format, Arguments);
    va_end(Arguments);
    return Result;
}

int __cdecl wprintf(const WCHAR *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = vfwprintf(&CrtFiles[1], Format, Arguments);
    va_end(Arguments);
    return Result;
}

static BOOL PutToBuffer(CRT_SINK *Sink, int Unit)
{
    if (Sink->Used < Sink->Limit)
        ((char *)Sink->Target)[Sink->Used++] = Unit < 0x100 ? (char)Unit : '?';
    return TRUE;
}

static BOOL PutToWideBuffer(CRT_SINK *Sink, int Unit)
{
    if (Sink->Used < Sink->Limit)
        ((WCHAR *)Sink->Target)[Sink->Used++] = (WCHAR)Unit;
    return TRUE;
}

/* msvcrt's: no terminator when it does not fit, and -1 when it is longer than Size. */
int __cdecl _vsnprintf(char *Buffer, size_t Size, const char *Format, va_list Arguments)
{
    CRT_SINK Sink = {.Put = PutToBuffer, .Target = Buffer, .Limit = Size};
    int Result = CrtFormat(&Sink, Format, FALSE, Arguments);

    if (Sink.Used < Size)
        Buffer[Sink.Used] = 0;
    return Buffer != NULL && Result > (int)Size ? -1 : Result;
}

int __cdecl _snprintf(char *Buffer, size_t Size, const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = _vsnprintf(Buffer, Size, Format, Arguments);
    va_end(Arguments);
    return Result;
}

int __cdecl vsprintf(char *Buffer, const char *Format, va_list Arguments)
{
    return _vsnprintf(Buffer, 0x7FFFFFFF, Format, Arguments);
}

int __cdecl sprintf(char *Buffer, const char *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = vsprintf(Buffer, Format, Arguments);
    va_end(Arguments);
    return Result;
}

int __cdecl _vscprintf(const char *Format, va_list Arguments)
{
    return _vsnprintf(NULL, 0, Format, Arguments);
}

int __cdecl _vsnwprintf(WCHAR *Buffer, size_t Size, const WCHAR *Format, va_list Arguments)
{
    CRT_SINK Sink = {.Put = PutToWideBuffer, .Target = Buffer, .Limit = Size};
    int Result = CrtFormat(&Sink, Format, TRUE, Arguments);

    if (Sink.Used < Size)
        Buffer[Sink.Used] = 0;
    return Buffer != NULL && Result > (int)Size ? -1 : Result;
}

int __cdecl _snwprintf(WCHAR *Buffer, size_t Size, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Result;

    va_start(Arguments, Format);
    Result = _vsnwprintf(Buffer, Size, Format, Arguments);
    va_end(Arguments);
    return Result;
}

void __cdecl perror(const char *Text);
char *__cdecl strerror(int Number);
void __cdecl perror(const char *Text)
{
    char *Message = strerror(errno);

    if (Text != NULL && *Text != 0)
        fprintf(&CrtFiles[2], "%s: ", Text);
    fprintf(&CrtFiles[2], "%s\n", Message);
}
