/*
 * Streams over descriptors. Text mode turns LF into CR LF and back, Ctrl+Z ends a text file that is
 * read. Output to a character device is written at each end of line, standard error at once. Not
 * modelled: wide streams, locking of single streams (one lock serves all), temporary files.
 */
#include "crt.h"

#define CRT_BUFFER 4096

FILE CrtFiles[64];
int _fmode; /* _O_BINARY (0x8000), or text; the program's start-up sets it */
int _commode;
static CRITICAL_SECTION StreamLock, LockTable[64];

long long __cdecl _ftelli64(FILE *File);
int __cdecl fclose(FILE *File);

/* ---- locks ---- */

void __cdecl _lock(int Which)
{
    EnterCriticalSection(&LockTable[Which & 63]);
}

void __cdecl _unlock(int Which)
{
    LeaveCriticalSection(&LockTable[Which & 63]);
}

void __cdecl _lock_file(FILE *File)
{
    IGNORE_ARG(File);
    EnterCriticalSection(&StreamLock);
}

void __cdecl _unlock_file(FILE *File)
{
    IGNORE_ARG(File);
    LeaveCriticalSection(&StreamLock);
}

/* ---- streams ---- */

FILE *__cdecl __iob_func(void)
{
    return CrtFiles;
}

FILE *__cdecl __acrt_iob_func(unsigned Index)
{
    return &CrtFiles[Index];
}

int __cdecl _fileno(FILE *File)
{
    return File->file;
}

static BOOL MakeBuffer(FILE *File)
{
    if (File->base != NULL || (File->flag & CRT_NBF))
        return File->base != NULL;
    File->base = malloc(CRT_BUFFER);
    if (File->base == NULL) {
        File->flag |= CRT_NBF;
        return FALSE;
    }
    File->flag |= CRT_MYBUF;
    File->bufsiz = CRT_BUFFER;
    File->ptr = File->base;
    return TRUE;
}

int CrtFlushWrites(FILE *File)
{
    int Bytes = (int)(File->ptr - File->base), Written;

    if (!(File->flag & CRT_WRITING))
        return 0;
    File->flag &= ~CRT_WRITING;
    File->ptr = File->base;
    Written = Bytes > 0 ? _write(File->file, File->base, (unsigned)Bytes) : 0;
    if (Written == Bytes)
        return 0;
    File->flag |= CRT_ERR;
    return EOF;
}

int __cdecl fflush(FILE *File)
{
    int Result;

    if (File == NULL) {
        CrtFlushAll();
        return 0;
    }
    _lock_file(File);
    Result = CrtFlushWrites(File);
    _unlock_file(File);
    return Result;
}

void CrtFlushAll(void)
{
    for (ULONG i = 0; i < COUNT_OF(CrtFiles); i++)
        if (CrtFiles[i].flag != 0)
            fflush(&CrtFiles[i]);
}

/* With the lock: one byte into the stream. */
int CrtPutByte(FILE *File, int Character)
{
    char Byte = (char)Character;

    if (!(File->flag & (CRT_WRITE | CRT_UPDATE))) {
        errno = EBADF;
        File->flag |= CRT_ERR;
        return EOF;
    }
    if (!MakeBuffer(File))
        return _write(File->file, &Byte, 1) == 1 ? (BYTE)Byte : EOF;
    if (!(File->flag & CRT_WRITING)) {
        if (File->cnt > 0) /* was reading: back to where the reader is */
            _lseeki64(File->file, -File->cnt, 1);
        File->cnt = 0;
        File->ptr = File->base;
        File->flag |= CRT_WRITING;
    }
    *File->ptr++ = Byte;
    if (File->ptr - File->base >= File->bufsiz || (Byte == '\n' && (File->flag & CRT_LINE)))
        if (CrtFlushWrites(File) != 0)
            return EOF;
    return (BYTE)Byte;
}

int __cdecl fputc(int Character, FILE *File)
{
    int Result;

    _lock_file(File);
    Result = CrtPutByte(File, Character);
    _unlock_file(File);
    return Result;
}

int __cdecl putc(int Character, FILE *File)
{
    return fputc(Character, File);
}

int __cdecl putchar(int Character)
{
    return fputc(Character, &CrtFiles[1]);
}

int __cdecl _flsbuf(int Character, FILE *File)
{
    File->cnt = 0;
    return fputc(Character, File);
}

/* With the lock: unbuffered streams get a whole text in one write. */
size_t CrtPutBytes(FILE *File, const char *Data, size_t Bytes)
{
    size_t i;

    if ((File->flag & CRT_NBF) && File->base == NULL) {
        int Written = _write(File->file, Data, (unsigned)Bytes);

        if (Written < 0)
            File->flag |= CRT_ERR;
        return Written < 0 ? 0 : (size_t)Written;
    }
    for (i = 0; i < Bytes; i++)
        if (CrtPutByte(File, (BYTE)Data[i]) == EOF)
            break;
    return i;
}

size_t __cdecl fwrite(const void *Data, size_t Size, size_t Count, FILE *File)
{
    size_t Done;

    if (Size == 0 || Count == 0)
        return 0;
    _lock_file(File);
    Done = CrtPutBytes(File, Data, Size * Count);
    _unlock_file(File);
    return Done / Size;
}

int __cdecl fputs(const char *Text, FILE *File)
{
    size_t Length = (size_t)lstrlenA(Text);

    return fwrite(Text, 1, Length, File) == Length ? 0 : EOF;
}

int __cdecl puts(const char *Text)
{
    return fputs(Text, &CrtFiles[1]) == EOF || fputc('\n', &CrtFiles[1]) == EOF ? EOF : 0;
}

/* Bytes as the file has them; streams translate as they hand them out, so that positions stay exact. */
static int ReadRaw(DESCRIPTOR *Entry, char *Data, unsigned Bytes)
{
    DWORD Got;

    if (!ReadFile(Entry->Handle, Data, Bytes, &Got, NULL)) {
        if (GetLastError() == ERROR_BROKEN_PIPE)
            return 0;
        CrtSetErrno(GetLastError());
        return -1;
    }
    return (int)Got;
}

/* With the lock: the next byte of the file, or EOF. */
static int RawByte(FILE *File, DESCRIPTOR *Entry)
{
    char One;

    if (File->cnt > 0) {
        File->cnt--;
        return (BYTE)*File->ptr++;
    }
    if (MakeBuffer(File)) {
        File->ptr = File->base;
        File->cnt = ReadRaw(Entry, File->base, (unsigned)File->bufsiz);
    } else {
        File->cnt = ReadRaw(Entry, &One, 1);
        if (File->cnt == 1) {
            File->cnt = 0;
            return (BYTE)One;
        }
    }
    if (File->cnt <= 0) {
        File->flag |= File->cnt < 0 ? CRT_ERR : CRT_EOF;
        File->cnt = 0;
        return EOF;
    }
    File->cnt--;
    return (BYTE)*File->ptr++;
}

static void UnreadByte(FILE *File, int Character)
{
    if (Character == EOF)
        return;
    if (File->base != NULL) {
        File->ptr--;
        File->cnt++;
    } else {
        File->charbuf = Character + 1;
    }
}

/* With the lock: the next byte as the program sees it, or EOF. */
static int GetByte(FILE *File)
{
    DESCRIPTOR *Entry = CrtGetDescriptor(File->file);
    int Character, Next;

    if (Entry == NULL)
        return EOF;
    if (File->charbuf != 0) {
        Character = File->charbuf - 1;
        File->charbuf = 0;
        return Character;
    }
    if (File->flag & CRT_WRITING)
        CrtFlushWrites(File);
    Character = RawByte(File, Entry);
    if (!(Entry->Flags & FD_TEXT))
        return Character;
    if (Character == 0x1A && !(Entry->Flags & FD_DEVICE)) {
        UnreadByte(File, Character);
        File->flag |= CRT_EOF;
        return EOF;
    }
    if (Character != '\r')
        return Character;
    Next = RawByte(File, Entry);
    if (Next == '\n')
        return '\n';
    UnreadByte(File, Next);
    return '\r';
}

int __cdecl fgetc(FILE *File)
{
    int Result;

    _lock_file(File);
    Result = GetByte(File);
    _unlock_file(File);
    return Result;
}

int __cdecl getc(FILE *File)
{
    return fgetc(File);
}

/* A stream of bytes in the C locale: a character is a byte. */
wint_t __cdecl fgetwc(FILE *File)
{
    int Byte = fgetc(File);

    return Byte == EOF ? WEOF : (wint_t)Byte;
}

wint_t __cdecl fputwc(wchar_t Character, FILE *File)
{
    if (Character > 0xFF) {
        errno = EILSEQ;
        File->flag |= CRT_ERR;
        return WEOF;
    }
    return fputc(Character, File) == EOF ? WEOF : Character;
}

wint_t __cdecl putwchar(wchar_t Character)
{
    return fputwc(Character, &CrtFiles[1]);
}

int __cdecl fputws(const wchar_t *Text, FILE *File)
{
    for (; *Text != 0; Text++)
        if (fputwc(*Text, File) == WEOF)
            return -1; /* WEOF as an int */
    return 0;
}

int __cdecl getchar(void)
{
    return fgetc(&CrtFiles[0]);
}

int __cdecl _filbuf(FILE *File)
{
    return fgetc(File);
}

int __cdecl ungetc(int Character, FILE *File)
{
    if (Character == EOF || File->charbuf != 0)
        return EOF;
    File->charbuf = (BYTE)Character + 1;
    File->flag &= ~CRT_EOF;
    return (BYTE)Character;
}

char *__cdecl fgets(char *Buffer, int Size, FILE *File)
{
    int Length = 0, Character = 0;

    _lock_file(File);
    while (Length + 1 < Size && Character != '\n' && (Character = GetByte(File)) != EOF)
        Buffer[Length++] = (char)Character;
    _unlock_file(File);
    if (Length == 0)
        return NULL;
    Buffer[Length] = 0;
    return Buffer;
}

size_t __cdecl fread(void *Data, size_t Size, size_t Count, FILE *File)
{
    size_t Done = 0;
    int Character;

    if (Size == 0 || Count == 0)
        return 0;
    _lock_file(File);
    while (Done < Size * Count && (Character = GetByte(File)) != EOF)
        ((char *)Data)[Done++] = (char)Character;
    _unlock_file(File);
    return Done / Size;
}

int __cdecl feof(FILE *File)
{
    return File->flag & CRT_EOF;
}

int __cdecl ferror(FILE *File)
{
    return File->flag & CRT_ERR;
}

void __cdecl clearerr(FILE *File)
{
    File->flag &= ~(CRT_EOF | CRT_ERR);
}

int __cdecl _fseeki64(FILE *File, long long Offset, int Origin)
{
    long long Result;

    _lock_file(File);
    CrtFlushWrites(File);
    if (Origin == 1)
        Offset -= File->cnt + (File->charbuf != 0);
    File->cnt = File->charbuf = 0;
    File->ptr = File->base;
    File->flag &= ~CRT_EOF;
    Result = _lseeki64(File->file, Offset, Origin);
    _unlock_file(File);
    return Result < 0 ? -1 : 0;
}

int __cdecl fseek(FILE *File, long Offset, int Origin)
{
    return _fseeki64(File, Offset, Origin);
}

long long __cdecl _ftelli64(FILE *File)
{
    long long At = _lseeki64(File->file, 0, 1);

    if (At < 0)
        return -1;
    if (File->flag & CRT_WRITING)
        return At + (File->ptr - File->base);
    return At - File->cnt - (File->charbuf != 0);
}

long __cdecl ftell(FILE *File)
{
    return (long)_ftelli64(File);
}

void __cdecl rewind(FILE *File)
{
    fseek(File, 0, 0);
    clearerr(File);
}

int __cdecl setvbuf(FILE *File, char *Buffer, int Mode, size_t Size)
{
    CrtFlushWrites(File);
    if (File->flag & CRT_MYBUF)
        free(File->base);
    File->flag &= ~(CRT_MYBUF | CRT_NBF | CRT_LINE);
    File->base = File->ptr = NULL;
    File->cnt = 0;
    if (Mode == 4) /* _IONBF; _IOLBF (0x40) is full buffering in msvcrt [doc: setvbuf] */
        File->flag |= CRT_NBF;
    else if (Buffer != NULL && Size > 1) {
        File->base = File->ptr = Buffer;
        File->bufsiz = (int)Size;
    }
    return 0;
}

void __cdecl setbuf(FILE *File, char *Buffer)
{
    setvbuf(File, Buffer, Buffer != NULL ? 0 : 4, 512);
}

/* "r", "w", "a", with "+", "b" or "t": _O_ flags, or -1. */
static int ParseMode(const char *Mode, int *Flag)
{
    int Open;

    switch (*Mode) {
    case 'r': Open = 0; *Flag = CRT_READ; break;
    case 'w': Open = 0x301; *Flag = CRT_WRITE; break;
    case 'a': Open = 0x109; *Flag = CRT_WRITE; break;
    default: errno = EINVAL; return -1;
    }
    for (Mode++; *Mode != 0 && *Mode != ','; Mode++) {
        if (*Mode == '+') {
            Open = (Open & ~3) | 2;
            *Flag = CRT_UPDATE | CRT_READ | CRT_WRITE;
        } else if (*Mode == 'b')
            Open |= 0x8000;
        else if (*Mode == 't')
            Open |= 0x4000;
    }
    return Open;
}

static FILE *NewStream(int Number, int Flag)
{
    if (Number < 0)
        return NULL;
    for (ULONG i = 3; i < COUNT_OF(CrtFiles); i++)
        if (CrtFiles[i].flag == 0) {
            CrtFiles[i] = (FILE){.flag = Flag, .file = Number};
            if ((Flag & CRT_WRITE) && _isatty(Number))
                CrtFiles[i].flag |= CRT_LINE;
            return &CrtFiles[i];
        }
    _close(Number);
    errno = EMFILE;
    return NULL;
}

FILE *__cdecl fopen(const char *Name, const char *Mode)
{
    int Flag = 0, Open = ParseMode(Mode, &Flag);

    return Open < 0 ? NULL : NewStream(CrtOpenAnsi(Name, Open), Flag);
}

FILE *__cdecl _wfopen(const WCHAR *Name, const WCHAR *Mode)
{
    char Narrow[16];
    int Flag = 0, Open, i;

    for (i = 0; i < 15 && Mode[i] != 0; i++)
        Narrow[i] = (char)Mode[i];
    Narrow[i] = 0;
    Open = ParseMode(Narrow, &Flag);
    return Open < 0 ? NULL : NewStream(CrtOpenWide(Name, Open), Flag);
}

int __cdecl fopen_s(FILE **Result, const char *Name, const char *Mode)
{
    *Result = fopen(Name, Mode);
    return *Result != NULL ? 0 : errno;
}

FILE *__cdecl _fdopen(int Number, const char *Mode)
{
    int Flag = 0;

    return ParseMode(Mode, &Flag) < 0 || CrtGetDescriptor(Number) == NULL ? NULL : NewStream(Number, Flag);
}

int __cdecl fclose(FILE *File)
{
    int Result;

    if (File == NULL || File->flag == 0) {
        errno = EINVAL;
        return EOF;
    }
    Result = fflush(File);
    if (File->flag & CRT_MYBUF)
        free(File->base);
    if (_close(File->file) != 0)
        Result = EOF;
    *File = (FILE){0};
    return Result;
}

void CrtInitFiles(void)
{
    static const DWORD Which[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    InitializeCriticalSection(&StreamLock);
    for (ULONG i = 0; i < COUNT_OF(LockTable); i++)
        InitializeCriticalSection(&LockTable[i]);
    for (ULONG i = 0; i < 3; i++) {
        CrtNewDescriptor(GetStdHandle(Which[i]), FD_TEXT);
        CrtFiles[i] = (FILE){.flag = i == 0 ? CRT_READ : CRT_WRITE, .file = (int)i};
    }
    CrtFiles[1].flag |= _isatty(1) ? CRT_LINE : 0;
    CrtFiles[2].flag |= CRT_NBF;
}
