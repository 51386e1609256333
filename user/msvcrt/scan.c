/*
 * Formatted input. [doc: scanf, sscanf_s; "Format specification fields: scanf and wscanf
 * functions"] The C locale's characters: a byte of the input becomes the wide character of its
 * number, and a wide character past 255 has no byte ('?'). A field that does not fit the buffer of
 * a _s routine leaves an empty string and ends the scan [guess]. Left out: infinities, NaNs and
 * hexadecimal floating point; %p takes what %x does.
 */
#include "crt.h"

typedef struct _CRT_SOURCE { /* where the input comes from */
    int (*Next)(struct _CRT_SOURCE *Source); /* a unit, or EOF */
    void (*Back)(struct _CRT_SOURCE *Source, int Unit);
    const void *From;
    size_t Left;
    int Taken; /* units */
} CRT_SOURCE;

typedef struct _CRT_FIELD {
    BOOL Skip;      /* '*': not stored */
    unsigned Width; /* of the input, 0: any */
    char Length;    /* 'h', 'H' (hh), 'l', 'L' (ll, I64, j, t, z), 'w' (as l), 'D' (L), 0 */
    int Type;
    const void *Set; /* of %[, behind the bracket and a '^' */
    BOOL Not;
} CRT_FIELD;

typedef struct _CRT_SCAN {
    CRT_SOURCE *Source;
    const void *Format;
    BOOL Wide, Sized;
    int Assigned;
    va_list Arguments;
} CRT_SCAN;

static int Take(CRT_SOURCE *Source)
{
    int Unit = Source->Next(Source);

    if (Unit != EOF)
        Source->Taken++;
    return Unit;
}

static void GiveBack(CRT_SOURCE *Source, int Unit)
{
    if (Unit == EOF)
        return;
    Source->Taken--;
    Source->Back(Source, Unit);
}

static BOOL IsBlank(int Unit)
{
    return Unit == ' ' || (Unit >= '\t' && Unit <= '\r');
}

/* Without what is blank; the first unit that is not has been given back. FALSE: the input ends. */
static BOOL SkipBlanks(CRT_SOURCE *Source)
{
    int Unit;

    while (IsBlank(Unit = Take(Source)))
        ;
    GiveBack(Source, Unit);
    return Unit != EOF;
}

/* ---- the format ---- */

static int Peek(const CRT_SCAN *Scan, unsigned Ahead)
{
    return Scan->Wide ? ((const WCHAR *)Scan->Format)[Ahead] : ((const BYTE *)Scan->Format)[Ahead];
}

static void Advance(CRT_SCAN *Scan, unsigned Units)
{
    Scan->Format = (const char *)Scan->Format + Units * (Scan->Wide ? sizeof(WCHAR) : 1);
}

static void ParseLength(CRT_SCAN *Scan, CRT_FIELD *Field)
{
    int Unit = Peek(Scan, 0), After = Peek(Scan, 1);

    if (Unit == 'I' && After == '6' && Peek(Scan, 2) == '4') {
        Field->Length = 'L';
        Advance(Scan, 3);
    } else if (Unit == 'I' && After == '3' && Peek(Scan, 2) == '2') {
        Advance(Scan, 3);
    } else if ((Unit == 'l' || Unit == 'h') && After == Unit) {
        Field->Length = Unit == 'l' ? 'L' : 'H';
        Advance(Scan, 2);
    } else if (Unit == 'h' || Unit == 'l' || Unit == 'w' || Unit == 'L') {
        Field->Length = Unit == 'L' ? 'D' : (char)Unit;
        Advance(Scan, 1);
    } else if (Unit == 'I' || Unit == 'j' || Unit == 't' || Unit == 'z') {
        Field->Length = 'L';
        Advance(Scan, 1);
    }
}

/* A set ends at the first ']' that is not its first member. FALSE: it does not end. */
static BOOL ParseSet(CRT_SCAN *Scan, CRT_FIELD *Field)
{
    Field->Not = Peek(Scan, 0) == '^';
    Advance(Scan, Field->Not);
    Field->Set = Scan->Format;
    if (Peek(Scan, 0) == ']')
        Advance(Scan, 1);
    while (Peek(Scan, 0) != ']') {
        if (Peek(Scan, 0) == 0)
            return FALSE;
        Advance(Scan, 1);
    }
    Advance(Scan, 1);
    return TRUE;
}

/* What follows a '%'. */
static BOOL ParseField(CRT_SCAN *Scan, CRT_FIELD *Field)
{
    RtlZeroMemory(Field, sizeof(*Field));
    Field->Skip = Peek(Scan, 0) == '*';
    Advance(Scan, Field->Skip);
    while (Peek(Scan, 0) >= '0' && Peek(Scan, 0) <= '9' && Field->Width < 100000000) {
        Field->Width = Field->Width * 10 + (unsigned)(Peek(Scan, 0) - '0');
        Advance(Scan, 1);
    }
    ParseLength(Scan, Field);
    Field->Type = Peek(Scan, 0);
    if (Field->Type == 0)
        return FALSE;
    Advance(Scan, 1);
    return Field->Type != '[' || ParseSet(Scan, Field);
}

static BOOL IsInSet(const CRT_FIELD *Field, BOOL Wide, int Unit)
{
    const WCHAR *WideSet = Field->Set;
    const BYTE *NarrowSet = Field->Set;

#define MEMBER(i) (Wide ? WideSet[i] : NarrowSet[i])
    for (unsigned i = 0; i == 0 || MEMBER(i) != ']'; i++) {
        if (MEMBER(i + 1) == '-' && MEMBER(i + 2) != ']') {
            if (Unit >= MEMBER(i) && Unit <= MEMBER(i + 2))
                return !Field->Not;
            i += 2;
        } else if (Unit == MEMBER(i)) {
            return !Field->Not;
        }
    }
#undef MEMBER
    return Field->Not;
}

/* ---- text ---- */

static BOOL IsTextWide(const CRT_SCAN *Scan, const CRT_FIELD *Field)
{
    if (Field->Length == 'l' || Field->Length == 'w')
        return TRUE;
    if (Field->Length == 'h')
        return FALSE;
    return Field->Type == 'S' || Field->Type == 'C' ? !Scan->Wide : Scan->Wide;
}

static BOOL Belongs(const CRT_SCAN *Scan, const CRT_FIELD *Field, int Unit)
{
    switch (Field->Type) {
    case '[': return IsInSet(Field, Scan->Wide, Unit);
    case 's':
    case 'S': return !IsBlank(Unit);
    default: return TRUE;
    }
}

static void StoreUnit(void *Target, BOOL Wide, unsigned Index, int Unit)
{
    if (Target == NULL)
        return;
    if (Wide)
        ((WCHAR *)Target)[Index] = (WCHAR)Unit;
    else
        ((BYTE *)Target)[Index] = (BYTE)(Unit > 0xFF ? '?' : Unit);
}

/* %c %s %[: EOF when the input ends before the field, 0 no match, 1 taken. */
static int ScanText(CRT_SCAN *Scan, const CRT_FIELD *Field)
{
    BOOL IsCharacters = Field->Type == 'c' || Field->Type == 'C', Wide = IsTextWide(Scan, Field);
    unsigned Width = Field->Width != 0 ? Field->Width : IsCharacters ? 1 : ~0u, Count = 0;
    void *Target = Field->Skip ? NULL : va_arg(Scan->Arguments, void *);
    unsigned Limit = Target != NULL && Scan->Sized ? va_arg(Scan->Arguments, unsigned) : ~0u;
    int Unit = EOF;

    while (Count < Width && (Unit = Take(Scan->Source)) != EOF && Belongs(Scan, Field, Unit)) {
        if (Count + !IsCharacters >= Limit) { /* does not fit, with the 0 at its end */
            if (Limit != 0)
                StoreUnit(Target, Wide, 0, 0);
            errno = ENOMEM;
            return 0;
        }
        StoreUnit(Target, Wide, Count++, Unit);
    }
    if (Count < Width)
        GiveBack(Scan->Source, Unit);
    if (Count == 0 || (IsCharacters && Count < Width && Unit == EOF))
        return Unit == EOF ? EOF : 0;
    if (!IsCharacters)
        StoreUnit(Target, Wide, Count, 0);
    return 1;
}

/* ---- numbers ---- */

static int DigitOf(int Unit)
{
    if (Unit >= '0' && Unit <= '9')
        return Unit - '0';
    if ((Unit | 0x20) >= 'a' && (Unit | 0x20) <= 'f')
        return (Unit | 0x20) - 'a' + 10;
    return 99;
}

static void StoreInteger(CRT_SCAN *Scan, const CRT_FIELD *Field, ULONG64 Value)
{
    void *Target = va_arg(Scan->Arguments, void *);

    if (Field->Length == 'L' || Field->Type == 'p')
        *(ULONG64 *)Target = Value;
    else if (Field->Length == 'h')
        *(USHORT *)Target = (USHORT)Value;
    else if (Field->Length == 'H')
        *(BYTE *)Target = (BYTE)Value;
    else
        *(ULONG *)Target = (ULONG)Value;
}

/* The base of what comes, a prefix taken: 0x, or 0 for %i. *Unit is the first unit behind it, *Zero
 * that a 0 was taken. */
static int TakeBase(CRT_SCAN *Scan, const CRT_FIELD *Field, unsigned *Width, int *Unit, BOOL *Zero)
{
    int Base = Field->Type == 'o' ? 8 : Field->Type == 'd' || Field->Type == 'u' ? 10 : 16;

    *Zero = *Unit == '0' && (Base == 16 || Field->Type == 'i');
    if (Field->Type == 'i')
        Base = *Zero ? 8 : 10;
    if (!*Zero)
        return Base;
    --*Width;
    *Unit = *Width != 0 ? Take(Scan->Source) : EOF;
    if ((*Unit == 'x' || *Unit == 'X') && *Width != 0) {
        --*Width;
        *Unit = *Width != 0 ? Take(Scan->Source) : EOF;
        return 16;
    }
    return Base;
}

static int ScanInteger(CRT_SCAN *Scan, const CRT_FIELD *Field)
{
    unsigned Width = Field->Width != 0 ? Field->Width : ~0u;
    int Unit = Take(Scan->Source), Base;
    BOOL Negative = Unit == '-', Any;
    ULONG64 Value = 0;

    if (Unit == '-' || Unit == '+')
        Unit = --Width != 0 ? Take(Scan->Source) : EOF;
    Base = TakeBase(Scan, Field, &Width, &Unit, &Any);
    while (Width != 0 && Unit != EOF && DigitOf(Unit) < Base) {
        Value = Value * (unsigned)Base + (unsigned)DigitOf(Unit);
        Any = TRUE;
        Unit = --Width != 0 ? Take(Scan->Source) : EOF;
    }
    if (Width != 0)
        GiveBack(Scan->Source, Unit);
    if (Any && !Field->Skip)
        StoreInteger(Scan, Field, Negative ? 0 - Value : Value);
    return Any;
}

#define NUMBER_UNITS 300u

/* Could Unit come next in a floating point number of which Count units are in Text? */
static BOOL Continues(const char *Text, unsigned Count, int Unit)
{
    BOOL Point = FALSE, Exponent = FALSE, Digit = FALSE;
    char Last = Count != 0 ? Text[Count - 1] : 0;

    for (unsigned i = 0; i < Count; i++) {
        Point |= Text[i] == '.';
        Exponent |= Text[i] == 'e' || Text[i] == 'E';
        Digit |= Text[i] >= '0' && Text[i] <= '9';
    }
    if (Unit >= '0' && Unit <= '9')
        return TRUE;
    if (Unit == '.')
        return !Point && !Exponent;
    if (Unit == 'e' || Unit == 'E')
        return Digit && !Exponent;
    return (Unit == '+' || Unit == '-') && (Count == 0 || Last == 'e' || Last == 'E');
}

static int ScanReal(CRT_SCAN *Scan, const CRT_FIELD *Field)
{
    unsigned Width = Field->Width != 0 && Field->Width < NUMBER_UNITS ? Field->Width : NUMBER_UNITS;
    char Text[NUMBER_UNITS + 1], *End;
    unsigned Count = 0;
    double Value;
    int Unit;

    while (Count < Width) {
        Unit = Take(Scan->Source);
        if (Unit == EOF || !Continues(Text, Count, Unit)) {
            GiveBack(Scan->Source, Unit);
            break;
        }
        Text[Count++] = (char)Unit;
    }
    Text[Count] = 0;
    Value = strtod(Text, &End);
    if (End == Text)
        return 0;
    if (!Field->Skip && (Field->Length == 'l' || Field->Length == 'L' || Field->Length == 'D'))
        *va_arg(Scan->Arguments, double *) = Value;
    else if (!Field->Skip)
        *va_arg(Scan->Arguments, float *) = (float)Value;
    return 1;
}

/* ---- the scan ---- */

/* EOF: the input ended before the field; 0: it does not match. */
static int ScanField(CRT_SCAN *Scan, const CRT_FIELD *Field)
{
    switch (Field->Type) {
    case 'c':
    case 'C':
    case '[': return ScanText(Scan, Field);
    case 's':
    case 'S': return SkipBlanks(Scan->Source) ? ScanText(Scan, Field) : EOF;
    case 'd':
    case 'i':
    case 'o':
    case 'p':
    case 'u':
    case 'x':
    case 'X': return SkipBlanks(Scan->Source) ? ScanInteger(Scan, Field) : EOF;
    case 'a':
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G': return SkipBlanks(Scan->Source) ? ScanReal(Scan, Field) : EOF;
    default: return 0;
    }
}

/* A unit of the format that stands for itself. */
static int MatchUnit(CRT_SCAN *Scan, int Expected)
{
    int Unit = Take(Scan->Source);

    if (Unit == Expected)
        return 1;
    GiveBack(Scan->Source, Unit);
    return Unit == EOF ? EOF : 0;
}

/* The next directive of the format: as ScanField; *Counts: it assigns. */
static int ScanDirective(CRT_SCAN *Scan, BOOL *Counts)
{
    int Unit = Peek(Scan, 0);
    CRT_FIELD Field;

    *Counts = FALSE;
    Advance(Scan, 1);
    if (IsBlank(Unit)) {
        SkipBlanks(Scan->Source);
        return 1;
    }
    if (Unit != '%')
        return MatchUnit(Scan, Unit);
    if (Peek(Scan, 0) == '%') {
        Advance(Scan, 1);
        return SkipBlanks(Scan->Source) ? MatchUnit(Scan, '%') : EOF;
    }
    if (!ParseField(Scan, &Field))
        return 0;
    if (Field.Type == 'n') {
        if (!Field.Skip)
            StoreInteger(Scan, &Field, (ULONG64)Scan->Source->Taken);
        return 1;
    }
    *Counts = !Field.Skip;
    return ScanField(Scan, &Field);
}

/* Fields assigned; EOF when the input ends before the first. */
static int ScanSource(CRT_SOURCE *Source, const void *Format, BOOL Wide, BOOL Sized,
                      va_list Arguments)
{
    CRT_SCAN Scan = {.Source = Source, .Format = Format, .Wide = Wide, .Sized = Sized};
    BOOL Counts;
    int Result = 1;

    va_copy(Scan.Arguments, Arguments);
    while (Result == 1 && Peek(&Scan, 0) != 0) {
        Result = ScanDirective(&Scan, &Counts);
        Scan.Assigned += Result == 1 && Counts;
    }
    va_end(Scan.Arguments);
    return Result == EOF && Scan.Assigned == 0 ? EOF : Scan.Assigned;
}

/* ---- where from ---- */

static int NextOfFile(CRT_SOURCE *Source)
{
    return fgetc((FILE *)Source->From);
}

static void BackToFile(CRT_SOURCE *Source, int Unit)
{
    ungetc(Unit, (FILE *)Source->From);
}

int CrtScanFile(FILE *File, const void *Format, BOOL Wide, BOOL Sized, va_list Arguments)
{
    CRT_SOURCE Source = {.Next = NextOfFile, .Back = BackToFile, .From = File};
    int Result;

    _lock_file(File);
    Result = ScanSource(&Source, Format, Wide, Sized, Arguments);
    _unlock_file(File);
    return Result;
}

static int NextOfBytes(CRT_SOURCE *Source)
{
    const BYTE *At = Source->From;

    if (Source->Left == 0 || *At == 0)
        return EOF;
    Source->Left--;
    Source->From = At + 1;
    return *At;
}

static void BackToBytes(CRT_SOURCE *Source, int Unit)
{
    IGNORE_ARG(Unit);
    Source->Left++;
    Source->From = (const BYTE *)Source->From - 1;
}

static int NextOfWide(CRT_SOURCE *Source)
{
    const WCHAR *At = Source->From;

    if (Source->Left == 0 || *At == 0)
        return EOF;
    Source->Left--;
    Source->From = At + 1;
    return *At;
}

static void BackToWide(CRT_SOURCE *Source, int Unit)
{
    IGNORE_ARG(Unit);
    Source->Left++;
    Source->From = (const WCHAR *)Source->From - 1;
}

int CrtScanText(const void *Text, size_t Units, const void *Format, BOOL Wide, BOOL Sized,
                va_list Arguments)
{
    CRT_SOURCE Source = {.Next = Wide ? NextOfWide : NextOfBytes,
                         .Back = Wide ? BackToWide : BackToBytes,
                         .From = Text,
                         .Left = Units};

    return ScanSource(&Source, Format, Wide, Sized, Arguments);
}

/* ---- the routines ---- */

#define SCAN_ROUTINE(Name, Parameters, Call)                                                       \
    int __cdecl Name Parameters;                                                                   \
    int __cdecl Name Parameters                                                                    \
    {                                                                                              \
        va_list Arguments;                                                                         \
        int Result;                                                                                \
                                                                                                   \
        va_start(Arguments, Format);                                                               \
        Result = Call;                                                                             \
        va_end(Arguments);                                                                         \
        return Result;                                                                             \
    }

SCAN_ROUTINE(sscanf, (const char *Text, const char *Format, ...),
             CrtScanText(Text, ~(size_t)0, Format, FALSE, FALSE, Arguments))
SCAN_ROUTINE(sscanf_s, (const char *Text, const char *Format, ...),
             CrtScanText(Text, ~(size_t)0, Format, FALSE, TRUE, Arguments))
SCAN_ROUTINE(swscanf, (const WCHAR *Text, const WCHAR *Format, ...),
             CrtScanText(Text, ~(size_t)0, Format, TRUE, FALSE, Arguments))
SCAN_ROUTINE(swscanf_s, (const WCHAR *Text, const WCHAR *Format, ...),
             CrtScanText(Text, ~(size_t)0, Format, TRUE, TRUE, Arguments))
SCAN_ROUTINE(fscanf, (FILE *File, const char *Format, ...),
             CrtScanFile(File, Format, FALSE, FALSE, Arguments))
SCAN_ROUTINE(fscanf_s, (FILE *File, const char *Format, ...),
             CrtScanFile(File, Format, FALSE, TRUE, Arguments))
SCAN_ROUTINE(fwscanf, (FILE *File, const WCHAR *Format, ...),
             CrtScanFile(File, Format, TRUE, FALSE, Arguments))
SCAN_ROUTINE(fwscanf_s, (FILE *File, const WCHAR *Format, ...),
             CrtScanFile(File, Format, TRUE, TRUE, Arguments))
SCAN_ROUTINE(scanf, (const char *Format, ...),
             CrtScanFile(&CrtFiles[0], Format, FALSE, FALSE, Arguments))
SCAN_ROUTINE(scanf_s, (const char *Format, ...),
             CrtScanFile(&CrtFiles[0], Format, FALSE, TRUE, Arguments))
SCAN_ROUTINE(wscanf, (const WCHAR *Format, ...),
             CrtScanFile(&CrtFiles[0], Format, TRUE, FALSE, Arguments))
SCAN_ROUTINE(wscanf_s, (const WCHAR *Format, ...),
             CrtScanFile(&CrtFiles[0], Format, TRUE, TRUE, Arguments))
