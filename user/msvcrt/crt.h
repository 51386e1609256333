/* msvcrt, private: types of the C runtime's interface (x64 layouts of msvcrt.dll) and what its
 * sources share. */
#pragma once

#include "../nt.h"

#include <stdarg.h>
#include <stddef.h>

typedef struct _CRT_FILE { /* FILE: 48 bytes; programs index __iob_func() with it */
    char *ptr;             /* next byte */
    int cnt;               /* bytes left to read at ptr */
    char *base;            /* buffer, or NULL */
    int flag;
    int file;              /* descriptor */
    int charbuf;           /* a byte pushed back, + 1; or 0 */
    int bufsiz;
    char *tmpfname;
} FILE;
_Static_assert(sizeof(FILE) == 48, "FILE");

#define EOF (-1)
#define CRT_READ 0x01
#define CRT_WRITE 0x02
#define CRT_NBF 0x04
#define CRT_MYBUF 0x08
#define CRT_EOF 0x10
#define CRT_ERR 0x20
#define CRT_UPDATE 0x80
#define CRT_LINE 0x400   /* ours: written at each end of line */
#define CRT_WRITING 0x800 /* ours: the buffer holds bytes to write */

#define ENOENT 2
#define EBADF 9
#define ENOMEM 12
#define EACCES 13
#define EEXIST 17
#define EINVAL 22
#define EMFILE 24
#define ENOSPC 28
#define ERANGE 34
#define EILSEQ 42

typedef long long time64_type;
struct tm { int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst; };

int *__cdecl _errno(void);
#define errno (*_errno())
void CrtSetErrno(DWORD Error); /* from a Win32 error */

void *__cdecl malloc(size_t Bytes);
void *__cdecl calloc(size_t Count, size_t Bytes);
void *__cdecl realloc(void *Block, size_t Bytes);
void __cdecl free(void *Block);
DECLSPEC_NORETURN void __cdecl exit(int Code);
DECLSPEC_NORETURN void __cdecl abort(void);

/* ---- format.c ---- */
typedef struct _CRT_SINK { /* where formatted output goes; Put returns FALSE to stop */
    BOOL (*Put)(struct _CRT_SINK *Sink, int Unit);
    size_t Count;      /* units put */
    void *Target;
    size_t Limit, Used;
} CRT_SINK;
int CrtFormat(CRT_SINK *Sink, const void *Format, BOOL Wide, va_list Arguments); /* units, or -1 */

/* ---- descriptor.c ---- */
#define FD_OPEN 1
#define FD_TEXT 2
#define FD_APPEND 4
#define FD_DEVICE 8
#define FD_EOF 16
typedef struct _DESCRIPTOR {
    HANDLE Handle;
    int Flags; /* 0: free */
} DESCRIPTOR;
int CrtNewDescriptor(HANDLE Handle, int Flags); /* the number, or -1 with errno set */
DESCRIPTOR *CrtGetDescriptor(int Number);       /* NULL with errno set */
int CrtOpenWide(const WCHAR *Name, int Mode);
int CrtOpenAnsi(const char *Name, int Mode);
int CrtWriteRaw(DESCRIPTOR *Entry, const char *Data, unsigned Bytes);
int __cdecl _isatty(int Number);
int __cdecl _close(int Number);
int __cdecl _write(int Number, const void *Data, unsigned Bytes);
long long __cdecl _lseeki64(int Number, long long Offset, int Origin);
int __cdecl remove(const char *Name);

/* ---- print.c ---- */
int __cdecl vfprintf(FILE *File, const char *Format, va_list Arguments);
int __cdecl vfwprintf(FILE *File, const WCHAR *Format, va_list Arguments);
int __cdecl fprintf(FILE *File, const char *Format, ...);
int __cdecl _vsnprintf(char *Buffer, size_t Size, const char *Format, va_list Arguments);
int __cdecl _vsnwprintf(WCHAR *Buffer, size_t Size, const WCHAR *Format, va_list Arguments);

/* ---- scan.c: fields assigned, or EOF. Sized: as the _s routines, sizes of buffers follow. ---- */
int CrtScanFile(FILE *File, const void *Format, BOOL Wide, BOOL Sized, va_list Arguments);
/* Text ends at its 0, or after Units. */
int CrtScanText(const void *Text, size_t Units, const void *Format, BOOL Wide, BOOL Sized,
                va_list Arguments);

/* ---- stream.c ---- */
int __cdecl fgetc(FILE *File);
int __cdecl ungetc(int Character, FILE *File);
extern int _fmode, _commode;
int CrtPutByte(FILE *File, int Character); /* with the lock; the character, or EOF */
size_t CrtPutBytes(FILE *File, const char *Data, size_t Bytes);
int CrtFlushWrites(FILE *File);
void __cdecl _lock_file(FILE *File);
void __cdecl _unlock_file(FILE *File);
extern FILE CrtFiles[64];
void CrtInitFiles(void);
void CrtFlushAll(void);
int __cdecl fputc(int Character, FILE *File);
size_t __cdecl fwrite(const void *Data, size_t Size, size_t Count, FILE *File);
int __cdecl fflush(FILE *File);
void __cdecl _lock(int Which);
void __cdecl _unlock(int Which);
double __cdecl strtod(const char *Text, char **End);
