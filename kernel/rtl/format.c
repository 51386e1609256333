/*
 * The one engine of formatted output, narrow and wide, with NT's additions to C: %Z and %wZ
 * (counted strings), %S and %C (the other width), the prefixes w, h, l, ll, I, I32, I64. What the
 * letters mean follows the public page "Format specification syntax: printf and wprintf functions".
 * Left out: floating point and %n.
 */
#include "rtl.h"
#include "nls.h"

typedef struct _RTLP_OUTPUT {
    PVOID Buffer;
    SIZE_T Limit;  /* units stored at most */
    ULONG64 Count; /* units put so far, stored or not */
    BOOLEAN Wide;
} RTLP_OUTPUT;

typedef enum _RTLP_LENGTH {
    RtlpLengthNone, RtlpLengthChar, RtlpLengthShort, RtlpLengthLong, RtlpLength64, RtlpLengthWide
} RTLP_LENGTH;

typedef struct _RTLP_SPEC {
    BOOLEAN Left, Plus, Space, Alternate, Zero;
    int Width;
    int Precision; /* negative: none given */
    RTLP_LENGTH Length;
} RTLP_SPEC;

typedef struct _RTLP_TEXT { /* characters of either width */
    const VOID *Text;
    SIZE_T Count;
    BOOLEAN Wide;
} RTLP_TEXT;

typedef struct _RTLP_INPUT {
    const VOID *Format;
    BOOLEAN Wide;
} RTLP_INPUT;

static WCHAR RtlpPeek(const RTLP_INPUT *Input)
{
    return Input->Wide ? *(const WCHAR *)Input->Format : *(const UCHAR *)Input->Format;
}

static VOID RtlpAdvance(RTLP_INPUT *Input)
{
    Input->Format = (const UCHAR *)Input->Format + (Input->Wide ? sizeof(WCHAR) : 1);
}

static WCHAR RtlpNext(RTLP_INPUT *Input)
{
    WCHAR Unit = RtlpPeek(Input);

    RtlpAdvance(Input);
    return Unit;
}

static VOID RtlpPut(RTLP_OUTPUT *Output, WCHAR Unit)
{
    if (Output->Count < Output->Limit) {
        if (Output->Wide)
            ((WCHAR *)Output->Buffer)[Output->Count] = Unit;
        else
            ((UCHAR *)Output->Buffer)[Output->Count] = (UCHAR)Unit;
    }
    Output->Count++;
}

static VOID RtlpPad(RTLP_OUTPUT *Output, WCHAR Unit, LONG64 Count)
{
    while (Count > 0 && Output->Count < Output->Limit) {
        RtlpPut(Output, Unit);
        Count--;
    }
    if (Count > 0)
        Output->Count += (ULONG64)Count;
}

static VOID RtlpPutText(RTLP_OUTPUT *Output, const RTLP_TEXT *Text)
{
    for (SIZE_T Index = 0; Index < Text->Count; Index++) {
        WCHAR Unit =
            Text->Wide ? ((const WCHAR *)Text->Text)[Index] : ((const UCHAR *)Text->Text)[Index];
        if (Text->Wide != Output->Wide)
            Unit = Output->Wide ? RtlpAnsiToUnicode[(UCHAR)Unit] : RtlpCharToAnsi(Unit);
        RtlpPut(Output, Unit);
    }
}

/* A field: spaces, prefix, zeros, text, spaces. The 0 flag pads text too, as Microsoft's C library
 * does. */
static VOID RtlpPutField(RTLP_OUTPUT *Output, const RTLP_SPEC *Spec, const char *Prefix,
                         SIZE_T Zeros, const RTLP_TEXT *Text)
{
    RTLP_TEXT Head = {Prefix, 0, FALSE};
    LONG64 Pad;

    while (Prefix[Head.Count] != 0)
        Head.Count++;
    Pad = Spec->Width - (LONG64)(Head.Count + Zeros + Text->Count);
    if (!Spec->Left && !Spec->Zero)
        RtlpPad(Output, ' ', Pad);
    RtlpPutText(Output, &Head);
    if (!Spec->Left && Spec->Zero)
        RtlpPad(Output, '0', Pad);
    RtlpPad(Output, '0', (LONG64)Zeros);
    RtlpPutText(Output, Text);
    if (Spec->Left)
        RtlpPad(Output, ' ', Pad);
}

static int RtlpNumber(RTLP_INPUT *Input)
{
    LONG64 Value = 0;

    for (WCHAR Unit = RtlpPeek(Input); Unit >= '0' && Unit <= '9'; Unit = RtlpPeek(Input)) {
        Value = Value * 10 + (Unit - '0');
        if (Value > MAXLONG)
            Value = MAXLONG;
        RtlpAdvance(Input);
    }
    return (int)Value;
}

static VOID RtlpReadFlags(RTLP_INPUT *Input, RTLP_SPEC *Spec)
{
    for (;; RtlpAdvance(Input)) {
        switch (RtlpPeek(Input)) {
        case '-': Spec->Left = TRUE; break;
        case '+': Spec->Plus = TRUE; break;
        case ' ': Spec->Space = TRUE; break;
        case '#': Spec->Alternate = TRUE; break;
        case '0': Spec->Zero = TRUE; break;
        default: return;
        }
    }
}

static RTLP_LENGTH RtlpReadI(
    RTLP_INPUT *Input) /* after the I: I64, I32, or I alone, which is pointer-sized */
{
    RTLP_INPUT Ahead = *Input;
    WCHAR First = RtlpNext(&Ahead);
    WCHAR Second = First == '6' || First == '3' ? RtlpNext(&Ahead) : 0;

    if (First == '6' && Second == '4') {
        *Input = Ahead;
        return RtlpLength64;
    }
    if (First == '3' && Second == '2') {
        *Input = Ahead;
        return RtlpLengthNone;
    }
    return RtlpLength64;
}

static RTLP_LENGTH RtlpReadLength(RTLP_INPUT *Input)
{
    WCHAR Unit = RtlpPeek(Input);

    switch (Unit) {
    case 'h':
    case 'l':
        RtlpAdvance(Input);
        if (RtlpPeek(Input) != Unit)
            return Unit == 'h' ? RtlpLengthShort : RtlpLengthLong;
        RtlpAdvance(Input);
        return Unit == 'h' ? RtlpLengthChar : RtlpLength64;
    case 'I':
        RtlpAdvance(Input);
        return RtlpReadI(Input);
    case 'j':
    case 'z':
    case 't':
        RtlpAdvance(Input);
        return RtlpLength64;
    case 'w':
        RtlpAdvance(Input);
        return RtlpLengthWide;
    case 'L': /* long double: no floating point here, so it changes nothing */
        RtlpAdvance(Input);
        return RtlpLengthNone;
    default:
        return RtlpLengthNone;
    }
}

static LONG64 RtlpSignedArgument(RTLP_LENGTH Length, va_list *Arguments)
{
    switch (Length) {
    case RtlpLengthChar: return (SCHAR)va_arg(*Arguments, int);
    case RtlpLengthShort: return (SHORT)va_arg(*Arguments, int);
    case RtlpLength64: return va_arg(*Arguments, LONG64);
    default: return va_arg(*Arguments, int);
    }
}

static ULONG64 RtlpUnsignedArgument(RTLP_LENGTH Length, va_list *Arguments)
{
    switch (Length) {
    case RtlpLengthChar: return (UCHAR)va_arg(*Arguments, unsigned);
    case RtlpLengthShort: return (USHORT)va_arg(*Arguments, unsigned);
    case RtlpLength64: return va_arg(*Arguments, ULONG64);
    default: return va_arg(*Arguments, unsigned);
    }
}

static VOID RtlpPutInteger(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, ULONG64 Value, ULONG Base,
                           BOOLEAN Upper, const char *Prefix)
{
    char Digits[24];
    SIZE_T At = sizeof(Digits), Wanted = Spec->Precision < 0 ? 1 : (SIZE_T)Spec->Precision;
    RTLP_TEXT Text;

    for (; Value != 0; Value /= Base)
        Digits[--At] = (Upper ? "0123456789ABCDEF" : "0123456789abcdef")[Value % Base];
    Text = (RTLP_TEXT){Digits + At, sizeof(Digits) - At, FALSE};
    if (Spec->Precision >= 0)
        Spec->Zero = FALSE;
    if (Base == 8 && Spec->Alternate && Wanted <= Text.Count)
        Wanted = Text.Count + 1;
    RtlpPutField(Output, Spec, Prefix, Wanted > Text.Count ? Wanted - Text.Count : 0, &Text);
}

static VOID RtlpPutSigned(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, va_list *Arguments)
{
    LONG64 Value = RtlpSignedArgument(Spec->Length, Arguments);
    const char *Prefix = Value < 0 ? "-" : Spec->Plus ? "+" : Spec->Space ? " " : "";

    RtlpPutInteger(Output, Spec, Value < 0 ? 0 - (ULONG64)Value : (ULONG64)Value, 10, FALSE,
                   Prefix);
}

static VOID RtlpPutHex(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, BOOLEAN Upper, va_list *Arguments)
{
    ULONG64 Value = RtlpUnsignedArgument(Spec->Length, Arguments);
    const char *Prefix = Spec->Alternate && Value != 0 ? Upper ? "0X" : "0x" : "";

    RtlpPutInteger(Output, Spec, Value, 16, Upper, Prefix);
}

static VOID RtlpPutPointer(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, va_list *Arguments)
{
    Spec->Precision = 2 * sizeof(PVOID); /* always sixteen digits, capitals */
    RtlpPutInteger(Output, Spec, (ULONG64)va_arg(*Arguments, PVOID), 16, TRUE,
                   Spec->Alternate ? "0X" : "");
}

/* Width of a text argument: what the prefix says, else the letter's own (s, c: the function's; S,
 * C: the other). */
static BOOLEAN RtlpIsWideText(const RTLP_OUTPUT *Output, const RTLP_SPEC *Spec, BOOLEAN OtherWidth)
{
    switch (Spec->Length) {
    case RtlpLengthShort:
    case RtlpLengthChar:
        return FALSE;
    case RtlpLengthLong:
    case RtlpLength64:
    case RtlpLengthWide:
        return TRUE;
    default:
        return OtherWidth ? !Output->Wide : Output->Wide;
    }
}

static VOID RtlpPutString(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, BOOLEAN OtherWidth,
                          va_list *Arguments)
{
    SIZE_T Most = Spec->Precision < 0 ? MAXLONG : (SIZE_T)Spec->Precision;
    RTLP_TEXT Text = {va_arg(*Arguments, PVOID), 0, RtlpIsWideText(Output, Spec, OtherWidth)};

    if (Text.Text == NULL) {
        Text.Text = "(null)";
        Text.Wide = FALSE;
    }
    if (Text.Wide)
        while (Text.Count < Most && ((const WCHAR *)Text.Text)[Text.Count] != 0)
            Text.Count++;
    else
        while (Text.Count < Most && ((const UCHAR *)Text.Text)[Text.Count] != 0)
            Text.Count++;
    RtlpPutField(Output, Spec, "", 0, &Text);
}

static VOID RtlpPutCharacter(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, BOOLEAN OtherWidth,
                             va_list *Arguments)
{
    WCHAR Unit = (WCHAR)va_arg(*Arguments, int);
    UCHAR Narrow = (UCHAR)Unit;
    BOOLEAN Wide = RtlpIsWideText(Output, Spec, OtherWidth);
    RTLP_TEXT Text = {Wide ? (const VOID *)&Unit : &Narrow, 1, Wide};

    RtlpPutField(Output, Spec, "", 0, &Text);
}

/* %Z: ANSI_STRING; %wZ, %lZ: UNICODE_STRING. Length is in bytes. The precision has no say [doc]. */
static VOID RtlpPutCounted(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, va_list *Arguments)
{
    const UNICODE_STRING *String = va_arg(*Arguments, const UNICODE_STRING *);
    BOOLEAN Wide = Spec->Length == RtlpLengthWide || Spec->Length == RtlpLengthLong;
    RTLP_TEXT Text = {"(null)", 6, FALSE};

    if (String != NULL && String->Buffer != NULL)
        Text = (RTLP_TEXT){String->Buffer, String->Length / (Wide ? sizeof(WCHAR) : 1), Wide};
    RtlpPutField(Output, Spec, "", 0, &Text);
}

static BOOLEAN RtlpPutConversion(RTLP_OUTPUT *Output, RTLP_SPEC *Spec, WCHAR Letter,
                                 va_list *Arguments)
{
    switch (Letter) {
    case 'd':
    case 'i':
        RtlpPutSigned(Output, Spec, Arguments);
        return TRUE;
    case 'u':
    case 'o':
        RtlpPutInteger(Output, Spec, RtlpUnsignedArgument(Spec->Length, Arguments),
                       Letter == 'o' ? 8 : 10, FALSE, "");
        return TRUE;
    case 'x':
    case 'X':
        RtlpPutHex(Output, Spec, Letter == 'X', Arguments);
        return TRUE;
    case 'p':
        RtlpPutPointer(Output, Spec, Arguments);
        return TRUE;
    case 's':
    case 'S':
        RtlpPutString(Output, Spec, Letter == 'S', Arguments);
        return TRUE;
    case 'c':
    case 'C':
        RtlpPutCharacter(Output, Spec, Letter == 'C', Arguments);
        return TRUE;
    case 'Z':
        RtlpPutCounted(Output, Spec, Arguments);
        return TRUE;
    case 'n':
        return FALSE;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        (void)va_arg(*Arguments, ULONG64);
        RtlpPut(Output, Letter);
        return TRUE;
    default: /* no meaning as a conversion: copied [doc] */
        RtlpPut(Output, Letter);
        return TRUE;
    }
}

static VOID RtlpReadSpec(RTLP_INPUT *Input, RTLP_SPEC *Spec, va_list *Arguments)
{
    *Spec = (RTLP_SPEC){.Precision = -1};
    RtlpReadFlags(Input, Spec);
    if (RtlpPeek(Input) == '*') {
        RtlpAdvance(Input);
        Spec->Width = va_arg(*Arguments, int);
        if (Spec->Width < 0) {
            Spec->Left = TRUE;
            Spec->Width = Spec->Width == (int)MINLONG ? MAXLONG : -Spec->Width;
        }
    } else {
        Spec->Width = RtlpNumber(Input);
    }
    if (RtlpPeek(Input) == '.') {
        RtlpAdvance(Input);
        if (RtlpPeek(Input) == '*') {
            RtlpAdvance(Input);
            Spec->Precision = va_arg(*Arguments, int);
        } else {
            Spec->Precision = RtlpNumber(Input);
        }
    }
    Spec->Length = RtlpReadLength(Input);
}

int RtlpFormat(PVOID Buffer, SIZE_T Limit, BOOLEAN Wide, const VOID *Format, va_list Arguments)
{
    RTLP_OUTPUT Output = {Buffer, Limit, 0, Wide};
    RTLP_INPUT Input = {Format, Wide};
    RTLP_SPEC Spec;
    WCHAR Unit;
    va_list Rest;

    va_copy(Rest, Arguments);
    while ((Unit = RtlpNext(&Input)) != 0 && Output.Count <= MAXLONG) {
        if (Unit != '%') {
            RtlpPut(&Output, Unit);
            continue;
        }
        RtlpReadSpec(&Input, &Spec, &Rest);
        if (RtlpPeek(&Input) == 0) /* the format ends inside a specification */
            break;
        if (!RtlpPutConversion(&Output, &Spec, RtlpNext(&Input), &Rest)) {
            Output.Count = (ULONG64)MAXLONG + 1;
            break;
        }
    }
    va_end(Rest);
    return Output.Count > MAXLONG ? RTLP_FORMAT_ERROR : (int)Output.Count;
}
