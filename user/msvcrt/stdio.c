/*
 * Files: descriptors and streams over kernel32. Text mode turns LF into CR LF and back, Ctrl+Z ends a text file that is read.
 * Output to a character device is written at each end of line, standard error at once. Not modelled: wide streams,
 * locking of single streams (one lock serves all), temporary files, pipes, inheritance.
 */
#include "crt.h"

#define CRT_DESCRIPTORS 256
#define CRT_BUFFER 4096

#define FD_OPEN 1
#define FD_TEXT 2
#define FD_APPEND 4
#define FD_DEVICE 8
#define FD_EOF 16

typedef struct _DESCRIPTOR { HANDLE Handle; int Flags; } DESCRIPTOR;

FILE CrtFiles[64];
int _fmode; /* _O_BINARY (0x8000), or text; the program's start-up sets it */
int _commode;
static DESCRIPTOR Descriptor[CRT_DESCRIPTORS];
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

/* ---- descriptors ---- */

static int NewDescriptor(HANDLE Handle, int Flags)
{
    for (int i = 0; i < CRT_DESCRIPTORS; i++)
        if (Descriptor[i].Flags == 0) {
            if (GetFileType(Handle) == FILE_TYPE_CHAR)
                Flags |= FD_DEVICE;
            Descriptor[i].Handle = Handle;
            Descriptor[i].Flags = Flags | FD_OPEN;
            return i;
        }
    errno = EMFILE;
    return -1;
}

static DESCRIPTOR *GetDescriptor(int Number)
{
    if (Number >= 0 && Number < CRT_DESCRIPTORS && Descriptor[Number].Flags != 0)
        return &Descriptor[Number];
    errno = EBADF;
    return NULL;
}

/* _O_ flags: RDONLY 0, WRONLY 1, RDWR 2, APPEND 8, CREAT 0x100, TRUNC 0x200, EXCL 0x400, TEXT 0x4000, BINARY 0x8000 */
static int OpenWide(const WCHAR *Name, int Mode)
{
    DWORD Access = (Mode & 3) == 0 ? GENERIC_READ : (Mode & 3) == 1 ? GENERIC_WRITE : GENERIC_READ | GENERIC_WRITE;
    DWORD Creation = OPEN_EXISTING;
    HANDLE Handle;
    int Number;

    if (Mode & 0x100)
        Creation = Mode & 0x400 ? CREATE_NEW : Mode & 0x200 ? CREATE_ALWAYS : OPEN_ALWAYS;
    else if (Mode & 0x200)
        Creation = TRUNCATE_EXISTING;
    if ((Mode & 0xC000) == 0)
        Mode |= _fmode & 0x8000 ? 0x8000 : 0x4000; /* text unless the program says binary */
    Handle = CreateFileW(Name, Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, Creation, FILE_ATTRIBUTE_NORMAL, NULL);
    if (Handle == INVALID_HANDLE_VALUE) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    Number = NewDescriptor(Handle, (Mode & 0x4000 ? FD_TEXT : 0) | (Mode & 8 ? FD_APPEND : 0));
    if (Number < 0)
        CloseHandle(Handle);
    return Number;
}

static int OpenAnsi(const char *Name, int Mode)
{
    WCHAR Wide[1024];

    if (MultiByteToWideChar(CP_ACP, 0, Name, -1, Wide, COUNT_OF(Wide)) == 0) {
        errno = EINVAL;
        return -1;
    }
    return OpenWide(Wide, Mode);
}

int __cdecl _open(const char *Name, int Mode, ...)
{
    return OpenAnsi(Name, Mode);
}

int __cdecl _wopen(const WCHAR *Name, int Mode, ...)
{
    return OpenWide(Name, Mode);
}

int __cdecl _close(int Number)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);

    if (Entry == NULL)
        return -1;
    Entry->Flags = 0;
    CloseHandle(Entry->Handle);
    return 0;
}

static int WriteRaw(DESCRIPTOR *Entry, const char *Data, unsigned Bytes)
{
    DWORD Written = 0;

    if (Bytes != 0 && !WriteFile(Entry->Handle, Data, Bytes, &Written, NULL)) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    return (int)Written;
}

int __cdecl _write(int Number, const void *Data, unsigned Bytes)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);
    const char *From = Data;
    char Buffer[1024];
    unsigned Length = 0;

    if (Entry == NULL)
        return -1;
    if (Entry->Flags & FD_APPEND)
        SetFilePointer(Entry->Handle, 0, NULL, FILE_END);
    if (!(Entry->Flags & FD_TEXT))
        return WriteRaw(Entry, Data, Bytes);
    for (unsigned i = 0; i < Bytes; i++) {
        if (From[i] == '\n')
            Buffer[Length++] = '\r';
        Buffer[Length++] = From[i];
        if (Length + 2 > sizeof(Buffer)) {
            if (WriteRaw(Entry, Buffer, Length) < 0)
                return -1;
            Length = 0;
        }
    }
    return WriteRaw(Entry, Buffer, Length) < 0 ? -1 : (int)Bytes;
}

/* Takes CR before LF out; a CR at the very end looks one byte further. */
static int TranslateRead(DESCRIPTOR *Entry, char *Data, int Bytes)
{
    int Out = 0;

    for (int i = 0; i < Bytes; i++) {
        char Next = '\n';
        DWORD Got = 0;

        if (Data[i] == 0x1A && !(Entry->Flags & FD_DEVICE)) {
            Entry->Flags |= FD_EOF;
            break;
        }
        if (Data[i] == '\r') {
            if (i + 1 < Bytes)
                Next = Data[i + 1];
            else if (ReadFile(Entry->Handle, &Next, 1, &Got, NULL) && Got == 1)
                SetFilePointer(Entry->Handle, -1, NULL, FILE_CURRENT);
            if (Next == '\n' && (i + 1 < Bytes || Got == 1))
                continue;
        }
        Data[Out++] = Data[i];
    }
    return Out;
}

int __cdecl _read(int Number, void *Data, unsigned Bytes)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);
    DWORD Got;
    int Kept;

    if (Entry == NULL)
        return -1;
    do {
        if ((Entry->Flags & FD_EOF) || Bytes == 0)
            return 0;
        if (!ReadFile(Entry->Handle, Data, Bytes, &Got, NULL)) {
            if (GetLastError() == ERROR_BROKEN_PIPE)
                return 0;
            CrtSetErrno(GetLastError());
            return -1;
        }
        Kept = Entry->Flags & FD_TEXT ? TranslateRead(Entry, Data, (int)Got) : (int)Got;
    } while (Kept == 0 && Got != 0);
    return Kept;
}

long long __cdecl _lseeki64(int Number, long long Offset, int Origin)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);
    LARGE_INTEGER Move = {.QuadPart = Offset}, New;

    if (Entry == NULL)
        return -1;
    Entry->Flags &= ~FD_EOF;
    if (!SetFilePointerEx(Entry->Handle, Move, &New, (DWORD)Origin)) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    return New.QuadPart;
}

long __cdecl _lseek(int Number, long Offset, int Origin)
{
    return (long)_lseeki64(Number, Offset, Origin);
}

int __cdecl _isatty(int Number)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);

    return Entry != NULL && (Entry->Flags & FD_DEVICE) != 0;
}

int __cdecl _setmode(int Number, int Mode)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);
    int Old;

    if (Entry == NULL)
        return -1;
    Old = Entry->Flags & FD_TEXT ? 0x4000 : 0x8000;
    Entry->Flags = Mode & 0x8000 ? Entry->Flags & ~FD_TEXT : Entry->Flags | FD_TEXT;
    return Old;
}

intptr_t __cdecl _get_osfhandle(int Number)
{
    DESCRIPTOR *Entry = GetDescriptor(Number);

    return Entry != NULL ? (intptr_t)Entry->Handle : -1;
}

int __cdecl _open_osfhandle(intptr_t Handle, int Mode)
{
    return NewDescriptor((HANDLE)Handle, (Mode & 0x4000 ? FD_TEXT : 0) | (Mode & 8 ? FD_APPEND : 0));
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

static int FlushWrites(FILE *File)
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
    Result = FlushWrites(File);
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
static int PutByte(FILE *File, int Character)
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
        if (FlushWrites(File) != 0)
            return EOF;
    return (BYTE)Byte;
}

int __cdecl fputc(int Character, FILE *File)
{
    int Result;

    _lock_file(File);
    Result = PutByte(File, Character);
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
static size_t PutBytes(FILE *File, const char *Data, size_t Bytes)
{
    size_t i;

    if ((File->flag & CRT_NBF) && File->base == NULL) {
        int Written = _write(File->file, Data, (unsigned)Bytes);

        if (Written < 0)
            File->flag |= CRT_ERR;
        return Written < 0 ? 0 : (size_t)Written;
    }
    for (i = 0; i < Bytes; i++)
        if (PutByte(File, (BYTE)Data[i]) == EOF)
            break;
    return i;
}

size_t __cdecl fwrite(const void *Data, size_t Size, size_t Count, FILE *File)
{
    size_t Done;

    if (Size == 0 || Count == 0)
        return 0;
    _lock_file(File);
    Done = PutBytes(File, Data, Size * Count);
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
    DESCRIPTOR *Entry = GetDescriptor(File->file);
    int Character, Next;

    if (Entry == NULL)
        return EOF;
    if (File->charbuf != 0) {
        Character = File->charbuf - 1;
        File->charbuf = 0;
        return Character;
    }
    if (File->flag & CRT_WRITING)
        FlushWrites(File);
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
    FlushWrites(File);
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
    FlushWrites(File);
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

    return Open < 0 ? NULL : NewStream(OpenAnsi(Name, Open), Flag);
}

FILE *__cdecl _wfopen(const WCHAR *Name, const WCHAR *Mode)
{
    char Narrow[16];
    int Flag = 0, Open, i;

    for (i = 0; i < 15 && Mode[i] != 0; i++)
        Narrow[i] = (char)Mode[i];
    Narrow[i] = 0;
    Open = ParseMode(Narrow, &Flag);
    return Open < 0 ? NULL : NewStream(OpenWide(Name, Open), Flag);
}

int __cdecl fopen_s(FILE **Result, const char *Name, const char *Mode)
{
    *Result = fopen(Name, Mode);
    return *Result != NULL ? 0 : errno;
}

FILE *__cdecl _fdopen(int Number, const char *Mode)
{
    int Flag = 0;

    return ParseMode(Mode, &Flag) < 0 || GetDescriptor(Number) == NULL ? NULL : NewStream(Number, Flag);
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

int __cdecl remove(const char *Name)
{
    if (DeleteFileA(Name))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _unlink(const char *Name)
{
    return remove(Name);
}

int __cdecl rename(const char *From, const char *To)
{
    if (MoveFileExA(From, To, 0))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _mkdir(const char *Name)
{
    if (CreateDirectoryA(Name, NULL))
        return 0;
    CrtSetErrno(GetLastError());
    return -1;
}

int __cdecl _access(const char *Name, int Mode)
{
    DWORD Attributes = GetFileAttributesA(Name);

    if (Attributes == INVALID_FILE_ATTRIBUTES) {
        CrtSetErrno(GetLastError());
        return -1;
    }
    if ((Mode & 2) && (Attributes & FILE_ATTRIBUTE_READONLY) && !(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        errno = EACCES;
        return -1;
    }
    return 0;
}

/* ---- formatted output ---- */

static BOOL PutToFile(CRT_SINK *Sink, int Unit)
{
    if (Unit < 0x80)
        return PutByte(Sink->Target, Unit) != EOF;
    else {
        FILE *File = Sink->Target;
        WCHAR Wide = (WCHAR)Unit;
        char Bytes[4];
        int Count;

        if (Sink->Limit == 0) /* a byte of a narrow format, as it is */
            return PutByte(File, Unit) != EOF;
        Count = WideCharToMultiByte(CP_UTF8, 0, &Wide, 1, Bytes, sizeof(Bytes), NULL, NULL);
        return PutBytes(File, Bytes, (size_t)Count) == (size_t)Count;
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
        FlushWrites(File);
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

void CrtInitFiles(void)
{
    static const DWORD Which[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    InitializeCriticalSection(&StreamLock);
    for (ULONG i = 0; i < COUNT_OF(LockTable); i++)
        InitializeCriticalSection(&LockTable[i]);
    for (ULONG i = 0; i < 3; i++) {
        NewDescriptor(GetStdHandle(Which[i]), FD_TEXT);
        CrtFiles[i] = (FILE){.flag = i == 0 ? CRT_READ : CRT_WRITE, .file = (int)i};
    }
    CrtFiles[1].flag |= _isatty(1) ? CRT_LINE : 0;
    CrtFiles[2].flag |= CRT_NBF;
}
