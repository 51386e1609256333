/*
 * Memory, numbers, sorting, random numbers, time, and the few string routines that ntdll lacks. rand is msvcrt's generator.
 * Not modelled: locales but "C", time zones but UTC.
 */
#include "crt.h"

/* ---- memory ---- */

void *__cdecl malloc(size_t Bytes)
{
    void *Block = HeapAlloc(ProcessHeap(), 0, Bytes);

    if (Block == NULL)
        errno = ENOMEM;
    return Block;
}

void *__cdecl calloc(size_t Count, size_t Bytes)
{
    void *Block;

    if (Bytes != 0 && Count > (size_t)-1 / Bytes) {
        errno = ENOMEM;
        return NULL;
    }
    Block = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Count * Bytes);
    if (Block == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY); /* not errno: it is made by calloc */
    return Block;
}

void __cdecl free(void *Block)
{
    if (Block != NULL)
        HeapFree(ProcessHeap(), 0, Block);
}

void *__cdecl realloc(void *Block, size_t Bytes)
{
    void *New;

    if (Block == NULL)
        return malloc(Bytes);
    if (Bytes == 0) {
        free(Block);
        return NULL;
    }
    New = HeapReAlloc(ProcessHeap(), 0, Block, Bytes);
    if (New == NULL)
        errno = ENOMEM;
    return New;
}

size_t __cdecl _msize(void *Block)
{
    return HeapSize(ProcessHeap(), 0, Block);
}

void *__cdecl _aligned_malloc(size_t Bytes, size_t Alignment)
{
    char *Block = malloc(Bytes + Alignment + sizeof(void *));
    char *Aligned = (char *)(((uintptr_t)Block + sizeof(void *) + Alignment - 1) & ~(uintptr_t)(Alignment - 1));

    if (Block == NULL)
        return NULL;
    ((void **)Aligned)[-1] = Block;
    return Aligned;
}

void __cdecl _aligned_free(void *Block)
{
    if (Block != NULL)
        free(((void **)Block)[-1]);
}

/* ---- text ---- */

char *__cdecl _strdup(const char *Text)
{
    size_t Length = (size_t)lstrlenA(Text) + 1;
    char *Copy = malloc(Length);

    if (Copy != NULL)
        memcpy(Copy, Text, Length);
    return Copy;
}

WCHAR *__cdecl _wcsdup(const WCHAR *Text)
{
    size_t Length = ((size_t)lstrlenW(Text) + 1) * sizeof(WCHAR);
    WCHAR *Copy = malloc(Length);

    if (Copy != NULL)
        memcpy(Copy, Text, Length);
    return Copy;
}

static BOOL IsIn(char Character, const char *Set)
{
    for (; *Set != 0; Set++)
        if (*Set == Character)
            return TRUE;
    return FALSE;
}

size_t __cdecl strcspn(const char *Text, const char *Set)
{
    size_t Length = 0;

    while (Text[Length] != 0 && !IsIn(Text[Length], Set))
        Length++;
    return Length;
}

char *__cdecl strpbrk(const char *Text, const char *Set)
{
    Text += strcspn(Text, Set);
    return *Text != 0 ? (char *)Text : NULL;
}

char *__cdecl strtok(char *Text, const char *Set)
{
    static __declspec(align(8)) char *Rest; /* one thread's at a time, as documented for strtok of C */
    char *Start;

    if (Text == NULL)
        Text = Rest;
    while (Text != NULL && *Text != 0 && IsIn(*Text, Set))
        Text++;
    if (Text == NULL || *Text == 0) {
        Rest = NULL;
        return NULL;
    }
    Start = Text;
    while (*Text != 0 && !IsIn(*Text, Set))
        Text++;
    Rest = *Text != 0 ? Text + 1 : NULL;
    *Text = 0;
    return Start;
}

int __cdecl strcoll(const char *A, const char *B)
{
    return strcmp(A, B);
}

char *__cdecl strerror(int Number)
{
    switch (Number) {
    case 0: return "No error";
    case ENOENT: return "No such file or directory";
    case EBADF: return "Bad file descriptor";
    case ENOMEM: return "Not enough space";
    case EACCES: return "Permission denied";
    case EEXIST: return "File exists";
    case EINVAL: return "Invalid argument";
    case EMFILE: return "Too many open files";
    case ENOSPC: return "No space left on device";
    case 33: return "Domain error";
    case ERANGE: return "Result too large";
    case EILSEQ: return "Illegal byte sequence";
    default: return "Unknown error";
    }
}

int __cdecl isalpha(int Character)
{
    return (unsigned)(Character | 0x20) - 'a' < 26;
}

int __cdecl isalnum(int Character)
{
    return isalpha(Character) || (unsigned)Character - '0' < 10;
}

int __cdecl iscntrl(int Character)
{
    return (unsigned)Character < 0x20 || Character == 0x7F;
}

int __cdecl isgraph(int Character)
{
    return Character > 0x20 && Character < 0x7F;
}

int __cdecl ispunct(int Character)
{
    return isgraph(Character) && !isalnum(Character);
}

/* ---- numbers ---- */

static int DigitValue(int Character)
{
    if (Character >= '0' && Character <= '9')
        return Character - '0';
    Character |= 0x20;
    return Character >= 'a' && Character <= 'z' ? Character - 'a' + 10 : 99;
}

/* Magnitude and sign; Overflow when it does not fit 64 bits. */
static unsigned long long ParseNumber(const char *Text, char **End, int Base, BOOL *Negative, BOOL *Overflow)
{
    const char *At = Text, *Digits;
    unsigned long long Value = 0;

    *Overflow = FALSE;
    while (*At == ' ' || (*At >= 9 && *At <= 13))
        At++;
    *Negative = *At == '-';
    if (*At == '-' || *At == '+')
        At++;
    if ((Base == 0 || Base == 16) && At[0] == '0' && (At[1] | 0x20) == 'x' && DigitValue(At[2]) < 16) {
        At += 2;
        Base = 16;
    } else if (Base == 0)
        Base = *At == '0' ? 8 : 10;
    for (Digits = At; DigitValue((BYTE)*At) < Base; At++) {
        unsigned long long Next;

        *Overflow |= __builtin_mul_overflow(Value, (unsigned long long)Base, &Next);
        *Overflow |= __builtin_add_overflow(Next, (unsigned long long)DigitValue((BYTE)*At), &Value);
    }
    if (End != NULL)
        *End = (char *)(At == Digits ? Text : At);
    return Value;
}

static long long ParseSigned(const char *Text, char **End, int Base, long long Least, long long Most)
{
    BOOL Negative, Overflow;
    unsigned long long Value = ParseNumber(Text, End, Base, &Negative, &Overflow);

    if (Overflow || Value > (unsigned long long)Most + (Negative ? 1 : 0)) {
        errno = ERANGE;
        return Negative ? Least : Most;
    }
    return Negative ? (long long)(0 - Value) : (long long)Value;
}

static unsigned long long ParseUnsigned(const char *Text, char **End, int Base, unsigned long long Most)
{
    BOOL Negative, Overflow;
    unsigned long long Value = ParseNumber(Text, End, Base, &Negative, &Overflow);

    if (Overflow || Value > Most) {
        errno = ERANGE;
        return Most;
    }
    return (Negative ? 0 - Value : Value) & Most;
}

long __cdecl strtol(const char *Text, char **End, int Base)
{
    return (long)ParseSigned(Text, End, Base, -0x7FFFFFFFll - 1, 0x7FFFFFFF);
}

unsigned long __cdecl strtoul(const char *Text, char **End, int Base)
{
    return (unsigned long)ParseUnsigned(Text, End, Base, 0xFFFFFFFF);
}

long long __cdecl _strtoi64(const char *Text, char **End, int Base)
{
    return ParseSigned(Text, End, Base, -0x7FFFFFFFFFFFFFFFll - 1, 0x7FFFFFFFFFFFFFFFll);
}

unsigned long long __cdecl _strtoui64(const char *Text, char **End, int Base)
{
    return ParseUnsigned(Text, End, Base, ~0ull);
}

/* ---- the same of wide text: numbers are ASCII, so what follows the last ASCII character does not matter ---- */

/* The text up to what is not ASCII, to be freed; NULL: out of memory. */
static char *NarrowNumber(const WCHAR *Text)
{
    size_t Length = 0;
    char *Narrow;

    while (Text[Length] != 0 && Text[Length] < 0x80)
        Length++;
    Narrow = malloc(Length + 1);
    if (Narrow == NULL)
        return NULL;
    for (size_t i = 0; i < Length; i++)
        Narrow[i] = (char)Text[i];
    Narrow[Length] = 0;
    return Narrow;
}

long __cdecl wcstol(const WCHAR *Text, WCHAR **End, int Base)
{
    char *Narrow = NarrowNumber(Text), *NarrowEnd = Narrow;
    long Value = Narrow != NULL ? strtol(Narrow, &NarrowEnd, Base) : 0;

    if (End != NULL)
        *End = (WCHAR *)Text + (NarrowEnd - Narrow);
    free(Narrow);
    return Value;
}

unsigned long __cdecl wcstoul(const WCHAR *Text, WCHAR **End, int Base)
{
    char *Narrow = NarrowNumber(Text), *NarrowEnd = Narrow;
    unsigned long Value = Narrow != NULL ? strtoul(Narrow, &NarrowEnd, Base) : 0;

    if (End != NULL)
        *End = (WCHAR *)Text + (NarrowEnd - Narrow);
    free(Narrow);
    return Value;
}

int __cdecl _wtoi(const WCHAR *Text)
{
    return (int)wcstol(Text, NULL, 10);
}

long __cdecl _wtol(const WCHAR *Text)
{
    return wcstol(Text, NULL, 10);
}

int __cdecl atoi(const char *Text)
{
    return (int)strtol(Text, NULL, 10);
}

long __cdecl atol(const char *Text)
{
    return strtol(Text, NULL, 10);
}

long long __cdecl _atoi64(const char *Text)
{
    return _strtoi64(Text, NULL, 10);
}

/* Up to 19 digits and a power of ten, put together in 80-bit arithmetic: right to the last bit but in rare halfway cases. */
double __cdecl strtod(const char *Text, char **End)
{
    const char *At = Text;
    unsigned long long Digits = 0;
    long double Value, Scale = 1, Power = 10;
    int Exponent = 0, Written = 0, Kept = 0;
    BOOL Negative, Any = FALSE;

    while (*At == ' ' || (*At >= 9 && *At <= 13))
        At++;
    Negative = *At == '-';
    if (*At == '-' || *At == '+')
        At++;
    for (BOOL Point = FALSE; (*At >= '0' && *At <= '9') || (*At == '.' && !Point); At++) {
        if (*At == '.') {
            Point = TRUE;
            continue;
        }
        Any = TRUE;
        if (Kept < 19) {
            Digits = Digits * 10 + (unsigned)(*At - '0');
            Kept += Digits != 0;
            Exponent -= Point;
        } else
            Exponent += !Point;
    }
    if (Any && (*At | 0x20) == 'e') {
        char *After;

        if ((At[1] >= '0' && At[1] <= '9') || ((At[1] == '-' || At[1] == '+') && At[2] >= '0' && At[2] <= '9')) {
            Written = (int)strtol(At + 1, &After, 10);
            At = After;
        }
    }
    if (End != NULL)
        *End = (char *)(Any ? At : Text);
    Exponent += Written > 9999 ? 9999 : Written < -9999 ? -9999 : Written;
    for (unsigned n = (unsigned)(Exponent < 0 ? -Exponent : Exponent); n != 0; n >>= 1, Power *= Power)
        if (n & 1)
            Scale *= Power;
    Value = Exponent < 0 ? Digits / Scale : Digits * Scale;
    if (Digits == 0)
        Value = 0;
    if ((double)Value > 1.7976931348623157e308)
        errno = ERANGE;
    return (double)(Negative ? -Value : Value);
}

double __cdecl atof(const char *Text)
{
    return strtod(Text, NULL);
}

int __cdecl abs(int Value)
{
    return Value < 0 ? -Value : Value;
}

long __cdecl labs(long Value)
{
    return Value < 0 ? -Value : Value;
}

static unsigned RandomState = 1;

void __cdecl srand(unsigned Seed)
{
    RandomState = Seed;
}

int __cdecl rand(void)
{
    RandomState = RandomState * 214013 + 2531011;
    return (int)(RandomState >> 16) & 0x7FFF;
}

/* ---- sorting: heap sort, in place, never quadratic ---- */

static void Swap(char *A, char *B, size_t Size)
{
    for (; Size != 0; Size--, A++, B++) {
        char Byte = *A;

        *A = *B;
        *B = Byte;
    }
}

static void SiftDown(char *Base, size_t Root, size_t Count, size_t Size, int(__cdecl *Compare)(const void *, const void *))
{
    for (size_t Child; (Child = Root * 2 + 1) < Count; Root = Child) {
        if (Child + 1 < Count && Compare(Base + Child * Size, Base + (Child + 1) * Size) < 0)
            Child++;
        if (Compare(Base + Root * Size, Base + Child * Size) >= 0)
            return;
        Swap(Base + Root * Size, Base + Child * Size, Size);
    }
}

void __cdecl qsort(void *Base, size_t Count, size_t Size, int(__cdecl *Compare)(const void *, const void *))
{
    for (size_t i = Count / 2; i-- > 0;)
        SiftDown(Base, i, Count, Size, Compare);
    for (size_t i = Count; i-- > 1;) {
        Swap(Base, (char *)Base + i * Size, Size);
        SiftDown(Base, 0, i, Size, Compare);
    }
}

void *__cdecl bsearch(const void *Key, const void *Base, size_t Count, size_t Size,
                      int(__cdecl *Compare)(const void *, const void *))
{
    while (Count != 0) {
        const char *Middle = (const char *)Base + Count / 2 * Size;
        int Order = Compare(Key, Middle);

        if (Order == 0)
            return (void *)Middle;
        if (Order > 0) {
            Base = Middle + Size;
            Count--;
        }
        Count /= 2;
    }
    return NULL;
}

/* ---- time ---- */

#define EPOCH_1970 116444736000000000ull

time64_type __cdecl _time64(time64_type *Result)
{
    FILETIME Now;
    time64_type Seconds;

    GetSystemTimeAsFileTime(&Now);
    Seconds = (time64_type)(((((ULONG64)Now.dwHighDateTime << 32) | Now.dwLowDateTime) - EPOCH_1970) / 10000000);
    if (Result != NULL)
        *Result = Seconds;
    return Seconds;
}

struct tm *__cdecl _gmtime64(const time64_type *Time)
{
    static struct tm Result;
    static const short Before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    ULONG64 Ticks = (ULONG64)*Time * 10000000 + EPOCH_1970;
    FILETIME File = {(DWORD)Ticks, (DWORD)(Ticks >> 32)};
    SYSTEMTIME System;

    if (*Time < 0 || !FileTimeToSystemTime(&File, &System)) {
        errno = EINVAL;
        return NULL;
    }
    Result = (struct tm){System.wSecond, System.wMinute, System.wHour, System.wDay, System.wMonth - 1,
                         System.wYear - 1900, System.wDayOfWeek,
                         Before[System.wMonth - 1] + System.wDay - 1 +
                             (System.wMonth > 2 && System.wYear % 4 == 0 &&
                              (System.wYear % 100 != 0 || System.wYear % 400 == 0)),
                         0};
    return &Result;
}

struct tm *__cdecl _localtime64(const time64_type *Time)
{
    return _gmtime64(Time);
}

long __cdecl clock(void)
{
    static ULONGLONG First;
    ULONGLONG Now = GetTickCount64();

    if (First == 0)
        First = Now;
    return (long)(Now - First);
}

/* ---- what mingw's start-up asks about the locale ---- */

typedef struct _LCONV { char *Text[10]; char Values[14]; } LCONV; /* struct lconv */

LCONV *__cdecl localeconv(void)
{
    static LCONV C = {{".", "", "", "", "", "", "", "", "", ""}, {127, 127, 127, 127, 127, 127, 127, 127}};

    return &C;
}

char *__cdecl setlocale(int Category, const char *Name)
{
    IGNORE_ARG(Category);
    return Name == NULL || Name[0] == 0 || (Name[0] == 'C' && Name[1] == 0) ? "C" : NULL;
}

unsigned __cdecl ___lc_codepage_func(void)
{
    return 0; /* the "C" locale */
}

int __cdecl ___mb_cur_max_func(void)
{
    return 1;
}
