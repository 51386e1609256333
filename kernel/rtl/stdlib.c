/*
 * The C library's conversions, sorting and searching. Numbers that overflow saturate where C says
 * so (strtoul and wcstoul) and wrap in the ato routines, as Microsoft's do not promise either way.
 * Left out: errno, locales, _splitpath and its kin.
 */
#include "rtl.h"

#define RAND_MAX_NT 0x7FFF

typedef struct _RTLP_NUMBER_READER {
    const VOID *Text;
    BOOLEAN Wide;
    SIZE_T At;
} RTLP_NUMBER_READER;

typedef struct _RTLP_NUMBER {
    ULONG64 Value;     /* magnitude */
    BOOLEAN Negative;
    BOOLEAN Overflow;
    SIZE_T End;        /* units used, 0 when there is no number */
} RTLP_NUMBER;

static WCHAR RtlpCharAt(const RTLP_NUMBER_READER *Reader)
{
    return Reader->Wide ? ((const WCHAR *)Reader->Text)[Reader->At]
                        : ((const UCHAR *)Reader->Text)[Reader->At];
}

static ULONG RtlpDigitValue(WCHAR Char)
{
    if (Char >= '0' && Char <= '9')
        return Char - '0';
    if ((Char | 0x20) >= 'a' && (Char | 0x20) <= 'z' && Char < 0x80)
        return (Char | 0x20) - 'a' + 10u;
    return MAXULONG;
}

static ULONG RtlpDetectBase(RTLP_NUMBER_READER *Reader, ULONG Base)
{
    RTLP_NUMBER_READER Ahead = *Reader;

    if ((Base != 0 && Base != 16) || RtlpCharAt(&Ahead) != '0')
        return Base != 0 ? Base : 10;
    Ahead.At++;
    if ((RtlpCharAt(&Ahead) | 0x20) == 'x') {
        Ahead.At++;
        if (RtlpDigitValue(RtlpCharAt(&Ahead)) < 16) {
            *Reader = Ahead;
            return 16;
        }
    }
    return Base != 0 ? Base : 8;
}

static RTLP_NUMBER RtlpParse(const VOID *Text, BOOLEAN Wide, ULONG Base)
{
    RTLP_NUMBER_READER Reader = {Text, Wide, 0};
    RTLP_NUMBER Number = {0};
    ULONG Digit;
    WCHAR Sign;

    while (RtlpCharAt(&Reader) == ' ' || (RtlpCharAt(&Reader) >= 9 && RtlpCharAt(&Reader) <= 13))
        Reader.At++;
    Sign = RtlpCharAt(&Reader);
    if (Sign == '-' || Sign == '+')
        Reader.At++;
    Number.Negative = Sign == '-';
    Base = RtlpDetectBase(&Reader, Base);
    for (; (Digit = RtlpDigitValue(RtlpCharAt(&Reader))) < Base; Reader.At++) {
        ULONG64 More;
        if (__builtin_mul_overflow(Number.Value, (ULONG64)Base, &More) ||
            __builtin_add_overflow(More, (ULONG64)Digit, &More))
            Number.Overflow = TRUE;
        Number.Value = More;
        Number.End = Reader.At + 1;
    }
    return Number;
}

static LONG64 RtlpSignedValue(const RTLP_NUMBER *Number)
{
    return (LONG64)(Number->Negative ? 0 - Number->Value : Number->Value);
}

NT_EXPORT(atoi);
int __cdecl atoi(const char *Text)
{
    RTLP_NUMBER Number = RtlpParse(Text, FALSE, 10);

    return (int)RtlpSignedValue(&Number);
}

NT_EXPORT(atol);
long __cdecl atol(const char *Text)
{
    return atoi(Text);
}

NT_EXPORT(_atoi64);
__int64 __cdecl _atoi64(const char *Text)
{
    RTLP_NUMBER Number = RtlpParse(Text, FALSE, 10);

    return RtlpSignedValue(&Number);
}

NT_EXPORT(_wtoi);
int __cdecl _wtoi(const wchar_t *Text)
{
    RTLP_NUMBER Number = RtlpParse(Text, TRUE, 10);

    return (int)RtlpSignedValue(&Number);
}

NT_EXPORT(_wtol);
long __cdecl _wtol(const wchar_t *Text)
{
    return _wtoi(Text);
}

static ULONG RtlpSaturateUnsigned(const RTLP_NUMBER *Number)
{
    return Number->Overflow || Number->Value > MAXULONG ? MAXULONG : (ULONG)RtlpSignedValue(Number);
}

NT_EXPORT(strtoul);
unsigned long __cdecl strtoul(const char *Text, char **End, int Base)
{
    RTLP_NUMBER Number = RtlpParse(Text, FALSE, (ULONG)Base);

    if (End != NULL)
        *End = (char *)Text + Number.End;
    return RtlpSaturateUnsigned(&Number);
}

NT_EXPORT(wcstoul);
unsigned long __cdecl wcstoul(const wchar_t *Text, wchar_t **End, int Base)
{
    RTLP_NUMBER Number = RtlpParse(Text, TRUE, (ULONG)Base);

    if (End != NULL)
        *End = (wchar_t *)Text + Number.End;
    return RtlpSaturateUnsigned(&Number);
}

/* ---- numbers to text ---- */

#define RTLP_NUMBER_UNITS 66 /* a sign and 64 binary digits, terminated */

/* Digits of Value with a minus sign where told, terminated; returns the units without the
 * terminator. */
static ULONG RtlpDigits(CHAR Digits[RTLP_NUMBER_UNITS], ULONG64 Value, BOOLEAN Negative, ULONG Base)
{
    CHAR Reverse[RTLP_NUMBER_UNITS];
    ULONG Count = 0, Out = 0;

    do {
        Reverse[Count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    if (Negative)
        Reverse[Count++] = '-';
    while (Count != 0)
        Digits[Out++] = Reverse[--Count];
    Digits[Out] = 0;
    return Out;
}

/*
 * Signed in base 10 alone, as Microsoft's: other bases show the bits of the type. Bits: 32 or 64.
 */
static ULONG RtlpSignedDigits(CHAR Digits[RTLP_NUMBER_UNITS], LONG64 Value, ULONG Bits, ULONG Base)
{
    BOOLEAN Negative = Base == 10 && Value < 0;
    ULONG64 Magnitude = Negative ? 0 - (ULONG64)Value : (ULONG64)Value;

    if (!Negative && Bits == 32)
        Magnitude = (ULONG)Magnitude;
    return RtlpDigits(Digits, Magnitude, Negative, Base);
}

static VOID RtlpWiden(wchar_t *To, const CHAR *From, ULONG Units)
{
    for (ULONG At = 0; At <= Units; At++)
        To[At] = (UCHAR)From[At];
}

/* Base 2..36; a result that does not fit empties the buffer. [doc] _itoa_s */
static errno_t RtlpStoreSecure(PVOID Buffer, SIZE_T Size, BOOLEAN Wide, ULONG64 Value,
                               BOOLEAN Signed, ULONG Bits, ULONG Base)
{
    CHAR Digits[RTLP_NUMBER_UNITS];
    ULONG Units;

    if (Buffer == NULL || Size == 0)
        return EINVAL;
    if (Wide)
        *(wchar_t *)Buffer = 0;
    else
        *(char *)Buffer = 0;
    if (Base < 2 || Base > 36)
        return EINVAL;
    Units = Signed ? RtlpSignedDigits(Digits, (LONG64)Value, Bits, Base)
                   : RtlpDigits(Digits, Value, FALSE, Base);
    if (Units + 1 > Size)
        return ERANGE;
    if (Wide)
        RtlpWiden(Buffer, Digits, Units);
    else
        memcpy(Buffer, Digits, Units + 1);
    return 0;
}

NT_EXPORT(_itoa);
char *__cdecl _itoa(int Value, char *Buffer, int Base)
{
    (void)RtlpStoreSecure(Buffer, RTLP_NUMBER_UNITS, FALSE, (ULONG64)(LONG64)Value, TRUE, 32,
                          (ULONG)Base);
    return Buffer;
}

NT_EXPORT(_itow);
wchar_t *__cdecl _itow(int Value, wchar_t *Buffer, int Base)
{
    (void)RtlpStoreSecure(Buffer, RTLP_NUMBER_UNITS, TRUE, (ULONG64)(LONG64)Value, TRUE, 32,
                          (ULONG)Base);
    return Buffer;
}

NT_EXPORT(_itoa_s);
errno_t __cdecl _itoa_s(int Value, char *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, FALSE, (ULONG64)(LONG64)Value, TRUE, 32, (ULONG)Base);
}

NT_EXPORT(_itow_s);
errno_t __cdecl _itow_s(int Value, wchar_t *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, TRUE, (ULONG64)(LONG64)Value, TRUE, 32, (ULONG)Base);
}

NT_EXPORT(_i64toa_s);
errno_t __cdecl _i64toa_s(__int64 Value, char *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, FALSE, (ULONG64)Value, TRUE, 64, (ULONG)Base);
}

NT_EXPORT(_i64tow_s);
errno_t __cdecl _i64tow_s(__int64 Value, wchar_t *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, TRUE, (ULONG64)Value, TRUE, 64, (ULONG)Base);
}

NT_EXPORT(_ultoa_s);
errno_t __cdecl _ultoa_s(unsigned long Value, char *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, FALSE, Value, FALSE, 32, (ULONG)Base);
}

NT_EXPORT(_ultow_s);
errno_t __cdecl _ultow_s(unsigned long Value, wchar_t *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, TRUE, Value, FALSE, 32, (ULONG)Base);
}

NT_EXPORT(_ui64toa_s);
errno_t __cdecl _ui64toa_s(unsigned __int64 Value, char *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, FALSE, Value, FALSE, 64, (ULONG)Base);
}

NT_EXPORT(_ui64tow_s);
errno_t __cdecl _ui64tow_s(unsigned __int64 Value, wchar_t *Buffer, size_t Size, int Base)
{
    return RtlpStoreSecure(Buffer, Size, TRUE, Value, FALSE, 64, (ULONG)Base);
}

/* ---- sorting, searching ---- */

typedef int __cdecl RTLP_COMPARE(const void *, const void *);

static VOID RtlpSwap(UCHAR *First, UCHAR *Second, SIZE_T Bytes)
{
    for (; Bytes != 0; Bytes--, First++, Second++) {
        UCHAR Byte = *First;
        *First = *Second;
        *Second = Byte;
    }
}

/* Lets the element at Root sink in the heap of Count elements. */
static VOID RtlpSift(UCHAR *Base, SIZE_T Root, SIZE_T Count, SIZE_T Size, RTLP_COMPARE *Compare)
{
    for (SIZE_T Child; (Child = 2 * Root + 1) < Count; Root = Child) {
        if (Child + 1 < Count && Compare(Base + Child * Size, Base + (Child + 1) * Size) < 0)
            Child++;
        if (Compare(Base + Root * Size, Base + Child * Size) >= 0)
            return;
        RtlpSwap(Base + Root * Size, Base + Child * Size, Size);
    }
}

/* A heap sort: no recursion on a small kernel stack, never quadratic. Not stable, as C allows. */
NT_EXPORT(qsort);
void __cdecl qsort(void *Base, size_t Count, size_t Size, RTLP_COMPARE *Compare)
{
    for (SIZE_T Root = Count / 2; Root != 0; Root--)
        RtlpSift(Base, Root - 1, Count, Size, Compare);
    for (SIZE_T Last = Count; Last > 1; Last--) {
        RtlpSwap(Base, (UCHAR *)Base + (Last - 1) * Size, Size);
        RtlpSift(Base, 0, Last - 1, Size, Compare);
    }
}

NT_EXPORT(bsearch);
void *__cdecl bsearch(const void *Key, const void *Base, size_t Count, size_t Size,
                      RTLP_COMPARE *Compare)
{
    SIZE_T Low = 0, High = Count;

    while (Low < High) {
        SIZE_T Middle = Low + (High - Low) / 2;
        const UCHAR *Element = (const UCHAR *)Base + Middle * Size;
        int Order = Compare(Key, Element);
        if (Order == 0)
            return (void *)Element;
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return NULL;
}

static ULONG RtlpRandSeed = 1;

NT_EXPORT(srand);
void __cdecl srand(unsigned Seed)
{
    RtlpRandSeed = Seed;
}

NT_EXPORT(rand);
int __cdecl rand(void)
{
    RtlpRandSeed = RtlpRandSeed * 214013 + 2531011;
    return (int)(RtlpRandSeed >> 16 & RAND_MAX_NT);
}
