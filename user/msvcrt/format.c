/*
 * The formats of printf and its kin, for bytes and for WCHARs, with the C runtime's extensions (%I64d, %S, %C, %hs, %ls).
 * Floating point is exact: a double is turned into all its decimal digits and rounded half to even. As msvcrt does, an
 * exponent has three digits and infinities read 1.#INF. Not modelled: positional arguments, %n (refused, as the later
 * runtimes do), long double beyond double (the Microsoft ABI has none).
 */
#include "crt.h"

#define LEFT 1
#define PLUS 2
#define BLANK 4
#define ALT_FORM 8
#define ZERO 16

typedef struct _SPEC {
    unsigned Flags;
    int Width, Precision; /* -1: none */
    int Length;           /* 'h', 'H' (hh), 'l', 'L' (ll, I64, z, j, t), 'w', 0 */
    int Conversion;
} SPEC;

#define FLOAT_DIGITS 1500

typedef struct _DECIMAL { /* 0.d1d2d3... * 10^Point, all digits of a double */
    char Digits[FLOAT_DIGITS];
    int Count, Point;
} DECIMAL;

static BOOL Put(CRT_SINK *Sink, int Unit)
{
    Sink->Count++;
    return Sink->Put(Sink, Unit);
}

static BOOL Pad(CRT_SINK *Sink, int Unit, int Count)
{
    for (; Count > 0; Count--)
        if (!Put(Sink, Unit))
            return FALSE;
    return TRUE;
}

/* Prefix (sign, 0x), zeroes, then the text, in the field. */
static BOOL PutField(CRT_SINK *Sink, const SPEC *Spec, const char *Prefix, const char *Text, int Length, int Zeroes)
{
    int PrefixLength = lstrlenA(Prefix), Space;

    if ((Spec->Flags & ZERO) && !(Spec->Flags & LEFT) && Zeroes < Spec->Width - PrefixLength - Length)
        Zeroes = Spec->Width - PrefixLength - Length;
    Space = Spec->Width - PrefixLength - Zeroes - Length;
    if (!(Spec->Flags & LEFT) && !Pad(Sink, ' ', Space))
        return FALSE;
    for (int i = 0; i < PrefixLength; i++)
        if (!Put(Sink, Prefix[i]))
            return FALSE;
    if (!Pad(Sink, '0', Zeroes))
        return FALSE;
    for (int i = 0; i < Length; i++)
        if (!Put(Sink, (BYTE)Text[i]))
            return FALSE;
    return !(Spec->Flags & LEFT) || Pad(Sink, ' ', Space);
}

/* ---- integers ---- */

static long long TakeSigned(const SPEC *Spec, va_list *Arguments)
{
    if (Spec->Length == 'L')
        return va_arg(*Arguments, long long);
    if (Spec->Length == 'h')
        return (short)va_arg(*Arguments, int);
    if (Spec->Length == 'H')
        return (signed char)va_arg(*Arguments, int);
    return va_arg(*Arguments, int);
}

static unsigned long long TakeUnsigned(const SPEC *Spec, va_list *Arguments)
{
    if (Spec->Length == 'L')
        return va_arg(*Arguments, unsigned long long);
    if (Spec->Length == 'h')
        return (unsigned short)va_arg(*Arguments, int);
    if (Spec->Length == 'H')
        return (unsigned char)va_arg(*Arguments, int);
    return va_arg(*Arguments, unsigned);
}

static const char *SignPrefix(const SPEC *Spec, BOOL Negative)
{
    return Negative ? "-" : Spec->Flags & PLUS ? "+" : Spec->Flags & BLANK ? " " : "";
}

static BOOL PutInteger(CRT_SINK *Sink, SPEC *Spec, unsigned long long Value, unsigned Base, const char *Prefix)
{
    const char *Digits = Spec->Conversion == 'X' || Spec->Conversion == 'p' ? "0123456789ABCDEF" : "0123456789abcdef";
    char Text[32];
    int At = sizeof(Text), Length;

    for (; Value != 0; Value /= Base)
        Text[--At] = Digits[Value % Base];
    Length = (int)sizeof(Text) - At;
    if (Spec->Precision >= 0)
        Spec->Flags &= ~(unsigned)ZERO;
    else if (Length == 0)
        Text[--At] = '0', Length = 1;
    if (Base == 8 && (Spec->Flags & ALT_FORM) && Spec->Precision <= Length && (Length == 0 || Text[At] != '0'))
        Spec->Precision = Length + 1;
    return PutField(Sink, Spec, Prefix, Text + At, Length, Spec->Precision > Length ? Spec->Precision - Length : 0);
}

static BOOL PutNumber(CRT_SINK *Sink, SPEC *Spec, va_list *Arguments)
{
    unsigned long long Value;
    const char *Prefix = "";

    if (Spec->Conversion == 'd' || Spec->Conversion == 'i') {
        long long Signed = TakeSigned(Spec, Arguments);

        return PutInteger(Sink, Spec, Signed < 0 ? 0ull - (unsigned long long)Signed : (unsigned long long)Signed, 10,
                          SignPrefix(Spec, Signed < 0));
    }
    if (Spec->Conversion == 'p') {
        Spec->Precision = 16;
        return PutInteger(Sink, Spec, (unsigned long long)va_arg(*Arguments, void *), 16, "");
    }
    Value = TakeUnsigned(Spec, Arguments);
    if (Spec->Conversion == 'u')
        return PutInteger(Sink, Spec, Value, 10, "");
    if (Spec->Conversion == 'o')
        return PutInteger(Sink, Spec, Value, 8, "");
    if ((Spec->Flags & ALT_FORM) && Value != 0)
        Prefix = Spec->Conversion == 'X' ? "0X" : "0x";
    return PutInteger(Sink, Spec, Value, 16, Prefix);
}

/* ---- floating point ---- */

#define LIMBS 36 /* 1152 bits: the integer part of any double, and the fraction of any */

/* Number * 10^9 + the carry out of the top limb, which is returned. */
static ULONG MultiplyBillion(ULONG *Limb, int Count)
{
    ULONG64 Carry = 0;

    for (int i = 0; i < Count; i++) {
        Carry += (ULONG64)Limb[i] * 1000000000u;
        Limb[i] = (ULONG)Carry;
        Carry >>= 32;
    }
    return (ULONG)Carry;
}

static ULONG DivideBillion(ULONG *Limb, int Count)
{
    ULONG64 Rest = 0;

    for (int i = Count - 1; i >= 0; i--) {
        Rest = (Rest << 32) | Limb[i];
        Limb[i] = (ULONG)(Rest / 1000000000u);
        Rest %= 1000000000u;
    }
    return (ULONG)Rest;
}

static BOOL IsZero(const ULONG *Limb, int Count)
{
    for (int i = 0; i < Count; i++)
        if (Limb[i] != 0)
            return FALSE;
    return TRUE;
}

/* Puts Mantissa at bit Shift of the number. */
static void PlaceBits(ULONG *Limb, ULONG64 Mantissa, int Shift)
{
    int Index = Shift / 32, Bit = Shift % 32;

    Limb[Index] |= (ULONG)(Mantissa << Bit);
    Limb[Index + 1] |= (ULONG)((Mantissa << Bit) >> 32);
    if (Bit != 0)
        Limb[Index + 2] |= (ULONG)(Mantissa >> (64 - Bit));
}

static void PutNine(DECIMAL *Decimal, ULONG Value)
{
    for (ULONG Unit = 100000000; Unit != 0; Unit /= 10)
        Decimal->Digits[Decimal->Count++] = (char)(Value / Unit % 10);
}

/* All digits of Mantissa * 2^Exponent. */
static void ToDecimal(DECIMAL *Decimal, ULONG64 Mantissa, int Exponent)
{
    ULONG Whole[LIMBS] = {0}, Fraction[LIMBS] = {0}, Groups[40];
    int Count = 0, Start = 0;

    Decimal->Count = 0;
    if (Exponent >= 0)
        PlaceBits(Whole, Mantissa, Exponent);
    else {
        if (Exponent > -64)
            PlaceBits(Whole, Mantissa >> -Exponent, 0);
        /* the fraction's binary point is above limb LIMBS-1: bit 32*LIMBS + Exponent holds weight 2^Exponent */
        PlaceBits(Fraction, Exponent > -64 ? Mantissa & ((1ull << -Exponent) - 1) : Mantissa, 32 * LIMBS + Exponent);
    }
    while (!IsZero(Whole, LIMBS))
        Groups[Count++] = DivideBillion(Whole, LIMBS);
    for (int i = Count - 1; i >= 0; i--)
        PutNine(Decimal, Groups[i]);
    Decimal->Point = Decimal->Count;
    while (!IsZero(Fraction, LIMBS))
        PutNine(Decimal, MultiplyBillion(Fraction, LIMBS));
    while (Start < Decimal->Count && Decimal->Digits[Start] == 0)
        Start++;
    for (int i = Start; i < Decimal->Count; i++)
        Decimal->Digits[i - Start] = Decimal->Digits[i];
    Decimal->Count -= Start;
    Decimal->Point -= Start;
    if (Decimal->Count == 0)
        Decimal->Point = 1;
}

/* Keeps the first Keep digits, rounded half to even; Keep may be 0 or less. */
static void RoundDecimal(DECIMAL *Decimal, int Keep)
{
    BOOL Up, Half;

    if (Keep >= Decimal->Count)
        return;
    if (Keep < 0) {
        Decimal->Count = 0;
        return;
    }
    Half = Decimal->Digits[Keep] == 5;
    for (int i = Keep + 1; Half && i < Decimal->Count; i++)
        Half = Decimal->Digits[i] == 0;
    Up = Half ? Keep > 0 && (Decimal->Digits[Keep - 1] & 1) : Decimal->Digits[Keep] >= 5;
    Decimal->Count = Keep;
    if (!Up)
        return;
    while (Keep > 0 && Decimal->Digits[Keep - 1] == 9)
        Decimal->Digits[--Keep] = 0;
    if (Keep > 0) {
        Decimal->Digits[Keep - 1]++;
        return;
    }
    Decimal->Digits[0] = 1; /* 0.999 became 1.000 */
    for (int i = 1; i < Decimal->Count; i++)
        Decimal->Digits[i] = 0;
    if (Decimal->Count == 0)
        Decimal->Count = 1;
    Decimal->Point++;
}

static char DigitAt(const DECIMAL *Decimal, int Index)
{
    return (char)('0' + (Index >= 0 && Index < Decimal->Count ? Decimal->Digits[Index] : 0));
}

static int FixedText(DECIMAL *Decimal, const SPEC *Spec, int Precision, char *Text)
{
    int Length = 0, Whole;

    RoundDecimal(Decimal, Decimal->Point + Precision);
    Whole = Decimal->Point > 0 ? Decimal->Point : 1;
    for (int i = 0; i < Whole; i++)
        Text[Length++] = DigitAt(Decimal, Decimal->Point > 0 ? i : -1);
    if (Precision > 0 || (Spec->Flags & ALT_FORM))
        Text[Length++] = '.';
    for (int i = 0; i < Precision; i++)
        Text[Length++] = DigitAt(Decimal, Decimal->Point + i);
    return Length;
}

static int ExponentText(DECIMAL *Decimal, const SPEC *Spec, int Precision, char *Text)
{
    int Length = 0, Exponent;

    RoundDecimal(Decimal, Precision + 1);
    Exponent = Decimal->Count > 0 ? Decimal->Point - 1 : 0;
    Text[Length++] = DigitAt(Decimal, 0);
    if (Precision > 0 || (Spec->Flags & ALT_FORM))
        Text[Length++] = '.';
    for (int i = 1; i <= Precision; i++)
        Text[Length++] = DigitAt(Decimal, i);
    Text[Length++] = Spec->Conversion == 'E' || Spec->Conversion == 'G' ? 'E' : 'e';
    Text[Length++] = Exponent < 0 ? '-' : '+';
    Exponent = Exponent < 0 ? -Exponent : Exponent;
    Text[Length++] = (char)('0' + Exponent / 100);
    Text[Length++] = (char)('0' + Exponent / 10 % 10);
    Text[Length++] = (char)('0' + Exponent % 10);
    return Length;
}

/* Takes the zeroes at the end of a %g number away, before its exponent if it has one. */
static int TrimZeroes(char *Text, int Length)
{
    int End = Length, Point = 0, Mantissa, Kept;

    while (Point < Length && Text[Point] != '.')
        Point++;
    if (Point == Length)
        return Length;
    for (Mantissa = Point; Mantissa < Length && Text[Mantissa] != 'e' && Text[Mantissa] != 'E'; Mantissa++)
        ;
    Kept = Mantissa;
    while (Text[Kept - 1] == '0')
        Kept--;
    if (Text[Kept - 1] == '.')
        Kept--;
    for (int i = Mantissa; i < End; i++)
        Text[Kept + i - Mantissa] = Text[i];
    return Length - (Mantissa - Kept);
}

static int GeneralText(DECIMAL *Decimal, const SPEC *Spec, int Precision, char *Text)
{
    int Exponent, Length;

    if (Precision == 0)
        Precision = 1;
    RoundDecimal(Decimal, Precision);
    Exponent = Decimal->Count > 0 ? Decimal->Point - 1 : 0;
    if (Exponent < -4 || Exponent >= Precision)
        Length = ExponentText(Decimal, Spec, Precision - 1, Text);
    else
        Length = FixedText(Decimal, Spec, Precision - 1 - Exponent, Text);
    return Spec->Flags & ALT_FORM ? Length : TrimZeroes(Text, Length);
}

/* msvcrt's texts: 1.#INF, 1.#QNAN, -1.#IND, filled with zeroes to the precision. */
static int SpecialText(ULONG64 Bits, int Precision, char *Text)
{
    const char *Name = (Bits & 0xFFFFFFFFFFFFFull) == 0 ? "1.#INF" : Bits == 0xFFF8000000000000ull ? "1.#IND" : "1.#QNAN";
    int Length = 0;

    while (Name[Length] != 0)
        Text[Length] = Name[Length], Length++;
    while (Length < Precision + 2 && Length < 40)
        Text[Length++] = '0';
    return Length;
}

#define FLOAT_PRECISION_LIMIT 1000

static BOOL PutFloat(CRT_SINK *Sink, SPEC *Spec, double Value)
{
    static const char Lower[] = "efg";
    DECIMAL Decimal;
    char Text[FLOAT_DIGITS + FLOAT_PRECISION_LIMIT];
    ULONG64 Bits, Mantissa;
    int Exponent, Length, Precision = Spec->Precision < 0 ? 6 : Spec->Precision;
    int Kind = Spec->Conversion | 0x20;
    BOOL Negative;

    __builtin_memcpy(&Bits, &Value, sizeof(Bits));
    Negative = (BOOL)(Bits >> 63);
    Exponent = (int)(Bits >> 52) & 0x7FF;
    Mantissa = Bits & 0xFFFFFFFFFFFFFull;
    if (Precision > FLOAT_PRECISION_LIMIT)
        Precision = FLOAT_PRECISION_LIMIT;
    if (Exponent == 0x7FF) {
        Spec->Flags &= ~(unsigned)ZERO;
        Length = SpecialText(Bits, Kind == 'g' ? 0 : Precision, Text);
        return PutField(Sink, Spec, SignPrefix(Spec, Negative), Text, Length, 0);
    }
    ToDecimal(&Decimal, Exponent ? Mantissa | (1ull << 52) : Mantissa, (Exponent ? Exponent : 1) - 1075);
    if (Kind == Lower[1])
        Length = FixedText(&Decimal, Spec, Precision, Text);
    else if (Kind == Lower[0])
        Length = ExponentText(&Decimal, Spec, Precision, Text);
    else
        Length = GeneralText(&Decimal, Spec, Precision, Text);
    return PutField(Sink, Spec, SignPrefix(Spec, Negative), Text, Length, 0);
}

/* ---- strings ---- */

static BOOL PutString(CRT_SINK *Sink, const SPEC *Spec, const void *Text, BOOL Wide)
{
    int Length = 0;

    if (Text == NULL) {
        Text = "(null)";
        Wide = FALSE;
    }
    while ((Spec->Precision < 0 || Length < Spec->Precision) &&
           (Wide ? ((const WCHAR *)Text)[Length] != 0 : ((const char *)Text)[Length] != 0))
        Length++;
    if (!(Spec->Flags & LEFT) && !Pad(Sink, Spec->Flags & ZERO ? '0' : ' ', Spec->Width - Length))
        return FALSE;
    for (int i = 0; i < Length; i++)
        if (!Put(Sink, Wide ? ((const WCHAR *)Text)[i] : ((const BYTE *)Text)[i]))
            return FALSE;
    return !(Spec->Flags & LEFT) || Pad(Sink, ' ', Spec->Width - Length);
}

static BOOL PutCharacter(CRT_SINK *Sink, const SPEC *Spec, int Unit)
{
    if (!(Spec->Flags & LEFT) && !Pad(Sink, Spec->Flags & ZERO ? '0' : ' ', Spec->Width - 1))
        return FALSE;
    return Put(Sink, Unit) && (!(Spec->Flags & LEFT) || Pad(Sink, ' ', Spec->Width - 1));
}

/* %s is of the format's own width, %S of the other; h and l say it outright. */
static BOOL IsWideText(const SPEC *Spec, BOOL FormatWide)
{
    if (Spec->Length == 'h')
        return FALSE;
    if (Spec->Length == 'l' || Spec->Length == 'w')
        return TRUE;
    return Spec->Conversion == 'S' || Spec->Conversion == 'C' ? !FormatWide : FormatWide;
}

/* ---- the format ---- */

static int UnitAt(const void *Format, BOOL Wide, size_t Index)
{
    return Wide ? ((const WCHAR *)Format)[Index] : ((const BYTE *)Format)[Index];
}

static size_t ReadFlags(SPEC *Spec, const void *Format, BOOL Wide, size_t At)
{
    for (;; At++) {
        switch (UnitAt(Format, Wide, At)) {
        case '-': Spec->Flags |= LEFT; break;
        case '+': Spec->Flags |= PLUS; break;
        case ' ': Spec->Flags |= BLANK; break;
        case '#': Spec->Flags |= ALT_FORM; break;
        case '0': Spec->Flags |= ZERO; break;
        default: return At;
        }
    }
}

static size_t ReadCount(int *Count, const void *Format, BOOL Wide, size_t At, va_list *Arguments)
{
    if (UnitAt(Format, Wide, At) == '*') {
        *Count = va_arg(*Arguments, int);
        return At + 1;
    }
    for (*Count = 0; UnitAt(Format, Wide, At) >= '0' && UnitAt(Format, Wide, At) <= '9'; At++)
        if (*Count < 100000000)
            *Count = *Count * 10 + UnitAt(Format, Wide, At) - '0';
    return At;
}

static size_t ReadLength(SPEC *Spec, const void *Format, BOOL Wide, size_t At)
{
    for (;; At++) {
        int Unit = UnitAt(Format, Wide, At);

        if (Unit == 'h')
            Spec->Length = Spec->Length == 'h' ? 'H' : 'h';
        else if (Unit == 'l')
            Spec->Length = Spec->Length == 'l' ? 'L' : 'l';
        else if (Unit == 'w')
            Spec->Length = 'w';
        else if (Unit == 'z' || Unit == 'j' || Unit == 't')
            Spec->Length = 'L';
        else if (Unit == 'I') {
            int Next = UnitAt(Format, Wide, At + 1);

            if (Next == '6' && UnitAt(Format, Wide, At + 2) == '4')
                Spec->Length = 'L', At += 2;
            else if (Next == '3' && UnitAt(Format, Wide, At + 2) == '2')
                Spec->Length = 0, At += 2;
            else
                Spec->Length = 'L';
        } else if (Unit != 'L') /* long double is double here */
            return At;
    }
}

static size_t ReadSpec(SPEC *Spec, const void *Format, BOOL Wide, size_t At, va_list *Arguments)
{
    *Spec = (SPEC){.Precision = -1};
    At = ReadFlags(Spec, Format, Wide, At);
    At = ReadCount(&Spec->Width, Format, Wide, At, Arguments);
    if (Spec->Width < 0) {
        Spec->Flags |= LEFT;
        Spec->Width = -Spec->Width;
    }
    if (UnitAt(Format, Wide, At) == '.')
        At = ReadCount(&Spec->Precision, Format, Wide, At + 1, Arguments);
    At = ReadLength(Spec, Format, Wide, At);
    Spec->Conversion = UnitAt(Format, Wide, At);
    return At;
}

static BOOL PutConversion(CRT_SINK *Sink, SPEC *Spec, BOOL Wide, va_list *Arguments)
{
    switch (Spec->Conversion) {
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X': case 'p':
        return PutNumber(Sink, Spec, Arguments);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        return PutFloat(Sink, Spec, va_arg(*Arguments, double));
    case 's': case 'S':
        return PutString(Sink, Spec, va_arg(*Arguments, void *), IsWideText(Spec, Wide));
    case 'c': case 'C': {
        int Unit = va_arg(*Arguments, int);

        return PutCharacter(Sink, Spec, IsWideText(Spec, Wide) ? (WCHAR)Unit : (BYTE)Unit);
    }
    case 'n':
        errno = EINVAL;
        Sink->Count = (size_t)-1;
        return FALSE;
    default:
        return Put(Sink, Spec->Conversion); /* "%%", and what it does not know, as it is */
    }
}

int CrtFormat(CRT_SINK *Sink, const void *Format, BOOL Wide, va_list List)
{
    va_list Arguments;
    SPEC Spec;
    BOOL Going = TRUE;

    va_copy(Arguments, List);
    for (size_t At = 0; Going && UnitAt(Format, Wide, At) != 0; At++) {
        if (UnitAt(Format, Wide, At) != '%') {
            Going = Put(Sink, UnitAt(Format, Wide, At));
            continue;
        }
        At = ReadSpec(&Spec, Format, Wide, At + 1, &Arguments);
        if (Spec.Conversion == 0)
            break;
        Going = PutConversion(Sink, &Spec, Wide, &Arguments);
    }
    va_end(Arguments);
    return Going ? (int)Sink->Count : -1;
}
