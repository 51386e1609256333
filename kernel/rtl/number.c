/*
 * Integers to and from text in the bases 2, 8, 10 and 16. Left out: nothing.
 */
#include "rtl.h"

#define RTLP_DIGITS_MOST 64

static BOOLEAN RtlpIsBase(ULONG Base)
{
    return Base == 2 || Base == 8 || Base == 10 || Base == 16;
}

/* Base 0 means 10. Capitals; terminated when there is room. [doc] RtlIntegerToUnicodeString */
NT_EXPORT(RtlInt64ToUnicodeString);
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    WCHAR Digits[RTLP_DIGITS_MOST];
    ULONG At = RTLP_DIGITS_MOST, Bytes;

    if (Base == 0)
        Base = 10;
    if (!RtlpIsBase(Base))
        return STATUS_INVALID_PARAMETER;
    do {
        Digits[--At] = (UCHAR)"0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    Bytes = (RTLP_DIGITS_MOST - At) * sizeof(WCHAR);
    if (Bytes > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(String->Buffer, Digits + At, Bytes);
    String->Length = (USHORT)Bytes;
    if (Bytes + sizeof(WCHAR) <= String->MaximumLength)
        String->Buffer[Bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlIntegerToUnicodeString);
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return RtlInt64ToUnicodeString(Value, Base, String);
}

static ULONG RtlpDigit(WCHAR Char)
{
    if (Char >= '0' && Char <= '9')
        return Char - '0';
    if (Char >= 'a' && Char <= 'f')
        return Char - 'a' + 10;
    if (Char >= 'A' && Char <= 'F')
        return Char - 'A' + 10;
    return MAXULONG;
}

typedef struct _RTLP_READER { /* a string of either width; past the end it reads 0 */
    const WCHAR *Wide;
    const CHAR *Narrow;
    ULONG Units, At;
} RTLP_READER;

static WCHAR RtlpUnit(const RTLP_READER *Reader, ULONG At)
{
    if (At >= Reader->Units)
        return 0;
    return Reader->Wide != NULL ? Reader->Wide[At] : (UCHAR)Reader->Narrow[At];
}

static ULONG RtlpReadBase(RTLP_READER *Reader) /* 0x, 0o, 0b, which are passed; else 10 */
{
    ULONG Base = 10;

    if (RtlpUnit(Reader, Reader->At) != '0')
        return Base;
    switch (RtlpUnit(Reader, Reader->At + 1)) {
    case 'x': Base = 16; break;
    case 'o': Base = 8; break;
    case 'b': Base = 2; break;
    default: return Base;
    }
    Reader->At += 2;
    return Base;
}

static NTSTATUS RtlpReadInteger(RTLP_READER *Reader, ULONG Base, PULONG Value)
{
    ULONG Result = 0, Digit;
    BOOLEAN Negative = FALSE;
    WCHAR Unit;

    while (Reader->At < Reader->Units && RtlpUnit(Reader, Reader->At) <= ' ')
        Reader->At++;
    Unit = RtlpUnit(Reader, Reader->At);
    if (Unit == '-' || Unit == '+') {
        Negative = Unit == '-';
        Reader->At++;
    }
    if (Base == 0)
        Base = RtlpReadBase(Reader);
    else if (!RtlpIsBase(Base))
        return STATUS_INVALID_PARAMETER;
    for (; (Digit = RtlpDigit(RtlpUnit(Reader, Reader->At))) < Base; Reader->At++)
        Result = Result * Base + Digit;
    *Value = Negative ? 0 - Result : Result;
    return STATUS_SUCCESS;
}

/* An empty string is an error; one without digits is 0. Too large wraps. [doc] */
NT_EXPORT(RtlUnicodeStringToInteger);
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    RTLP_READER Reader = {String->Buffer, NULL, String->Length / sizeof(WCHAR), 0};

    if (Reader.Units == 0)
        return STATUS_INVALID_PARAMETER;
    return RtlpReadInteger(&Reader, Base, Value);
}

NT_EXPORT(RtlCharToInteger);
NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    RTLP_READER Reader = {NULL, String, (ULONG)strlen(String), 0};

    return RtlpReadInteger(&Reader, Base, Value);
}
