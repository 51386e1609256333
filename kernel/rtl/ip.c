/*
 * IPv4 and IPv6 addresses as text. [doc: RtlIpv4AddressToString, RtlIpv4AddressToStringEx,
 * RtlIpv4StringToAddress, RtlIpv6AddressToString, RtlIpv6AddressToStringEx; RFC 5952] Ports and
 * IPv4 addresses are in network byte order. Any IRQL. Left out: IPv6 text to addresses.
 */
#include "rtl.h"

/* As the DDK has them: bytes in network order. */
struct in_addr {
    UCHAR Bytes[4];
} __attribute__((aligned(4)));
struct in6_addr {
    UCHAR Bytes[16];
};

#define RTLP_IP_ROOM 66 /* [doc: 65 characters with scope and port, and the end] */

typedef struct _RTLP_TEXT {
    char Text[RTLP_IP_ROOM];
    ULONG Length;
} RTLP_TEXT;

static VOID RtlpPutChar(RTLP_TEXT *Out, char c)
{
    Out->Text[Out->Length++] = c;
    Out->Text[Out->Length] = 0;
}

static VOID RtlpPutNumber(RTLP_TEXT *Out, ULONG Value, ULONG Base)
{
    char Digits[12];
    ULONG Count = 0;

    do {
        Digits[Count++] = "0123456789abcdef"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    while (Count != 0)
        RtlpPutChar(Out, Digits[--Count]);
}

static VOID RtlpPutIpv4(RTLP_TEXT *Out, const UCHAR *Bytes)
{
    for (ULONG i = 0; i < 4; i++) {
        if (i != 0)
            RtlpPutChar(Out, '.');
        RtlpPutNumber(Out, Bytes[i], 10);
    }
}

static ULONG RtlpGroup(const UCHAR *Bytes, ULONG Index)
{
    return (ULONG)Bytes[2 * Index] << 8 | Bytes[2 * Index + 1];
}

/* The longest run of zero groups among the first Groups, the first of equals; at least two. Returns
 * its length. */
static ULONG RtlpLongestZeros(const UCHAR *Bytes, ULONG Groups, ULONG *Start)
{
    ULONG Best = 0;

    for (ULONG i = 0; i < Groups; i++) {
        ULONG Length = 0;

        while (i + Length < Groups && RtlpGroup(Bytes, i + Length) == 0)
            Length++;
        if (Length > Best && Length >= 2) {
            Best = Length;
            *Start = i;
        }
    }
    return Best;
}

/* Mapped, compatible and ISATAP addresses end with an IPv4 address. */
static BOOLEAN RtlpEndsWithIpv4(const UCHAR *Bytes)
{
    ULONG Start = 0, Zeros = RtlpLongestZeros(Bytes, 6, &Start);

    if (Start == 0 && Zeros == 6)
        return RtlpGroup(Bytes, 6) != 0;
    if (Start == 0 && Zeros == 5 && RtlpGroup(Bytes, 5) == 0xFFFF)
        return TRUE;
    return RtlpGroup(Bytes, 5) == 0x5EFE && (RtlpGroup(Bytes, 4) & 0xFDFF) == 0;
}

static VOID RtlpPutIpv6(RTLP_TEXT *Out, const UCHAR *Bytes)
{
    BOOLEAN Tail = RtlpEndsWithIpv4(Bytes);
    ULONG Groups = Tail ? 6 : 8, Start = 0, Zeros = RtlpLongestZeros(Bytes, Groups, &Start);

    for (ULONG i = 0; i < Groups; i++) {
        if (Zeros != 0 && i == Start) {
            RtlpPutChar(Out, ':');
            RtlpPutChar(Out, ':');
            i += Zeros - 1;
            continue;
        }
        if (i != 0 && Out->Text[Out->Length - 1] != ':')
            RtlpPutChar(Out, ':');
        RtlpPutNumber(Out, RtlpGroup(Bytes, i), 16);
    }
    if (!Tail)
        return;
    if (Out->Text[Out->Length - 1] != ':')
        RtlpPutChar(Out, ':');
    RtlpPutIpv4(Out, Bytes + 12);
}

/* ---- the exported forms ---- */

static PWSTR RtlpWiden(const RTLP_TEXT *Out, PWSTR Text)
{
    for (ULONG i = 0; i <= Out->Length; i++)
        Text[i] = (UCHAR)Out->Text[i];
    return Text + Out->Length;
}

static PSTR RtlpCopyText(const RTLP_TEXT *Out, PSTR Text)
{
    RtlCopyMemory(Text, Out->Text, Out->Length + 1);
    return Text + Out->Length;
}

/* Room: the caller's, in characters with the end; says how many it takes. */
static NTSTATUS RtlpCheckRoom(const RTLP_TEXT *Out, const VOID *Text, PULONG Room)
{
    ULONG Given = *Room;

    *Room = Out->Length + 1;
    return Text == NULL || Given < Out->Length + 1 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NT_EXPORT(RtlIpv4AddressToStringA);
PSTR NTAPI RtlIpv4AddressToStringA(const struct in_addr *Address, PSTR Text)
{
    RTLP_TEXT Out = {.Length = 0};

    RtlpPutIpv4(&Out, Address->Bytes);
    return RtlpCopyText(&Out, Text);
}

NT_EXPORT(RtlIpv4AddressToStringW);
PWSTR NTAPI RtlIpv4AddressToStringW(const struct in_addr *Address, PWSTR Text)
{
    RTLP_TEXT Out = {.Length = 0};

    RtlpPutIpv4(&Out, Address->Bytes);
    return RtlpWiden(&Out, Text);
}

static VOID RtlpPutPort(RTLP_TEXT *Out, USHORT Port)
{
    if (Port == 0)
        return;
    RtlpPutChar(Out, ':');
    RtlpPutNumber(Out, (USHORT)(Port << 8 | Port >> 8), 10);
}

NT_EXPORT(RtlIpv4AddressToStringExA);
NTSTATUS NTAPI RtlIpv4AddressToStringExA(const struct in_addr *Address, USHORT Port, PSTR Text,
                                         PULONG Room)
{
    RTLP_TEXT Out = {.Length = 0};
    NTSTATUS Status;

    if (Address == NULL || Room == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpPutIpv4(&Out, Address->Bytes);
    RtlpPutPort(&Out, Port);
    Status = RtlpCheckRoom(&Out, Text, Room);
    if (NT_SUCCESS(Status))
        RtlpCopyText(&Out, Text);
    return Status;
}

NT_EXPORT(RtlIpv4AddressToStringExW);
NTSTATUS NTAPI RtlIpv4AddressToStringExW(const struct in_addr *Address, USHORT Port, PWSTR Text,
                                         PULONG Room)
{
    RTLP_TEXT Out = {.Length = 0};
    NTSTATUS Status;

    if (Address == NULL || Room == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpPutIpv4(&Out, Address->Bytes);
    RtlpPutPort(&Out, Port);
    Status = RtlpCheckRoom(&Out, Text, Room);
    if (NT_SUCCESS(Status))
        RtlpWiden(&Out, Text);
    return Status;
}

NT_EXPORT(RtlIpv6AddressToStringA);
PSTR NTAPI RtlIpv6AddressToStringA(const struct in6_addr *Address, PSTR Text)
{
    RTLP_TEXT Out = {.Length = 0};

    RtlpPutIpv6(&Out, Address->Bytes);
    return RtlpCopyText(&Out, Text);
}

NT_EXPORT(RtlIpv6AddressToStringW);
PWSTR NTAPI RtlIpv6AddressToStringW(const struct in6_addr *Address, PWSTR Text)
{
    RTLP_TEXT Out = {.Length = 0};

    RtlpPutIpv6(&Out, Address->Bytes);
    return RtlpWiden(&Out, Text);
}

/* "[address%scope]:port"; brackets only with a port. */
static VOID RtlpPutIpv6Whole(RTLP_TEXT *Out, const UCHAR *Bytes, ULONG Scope, USHORT Port)
{
    if (Port != 0)
        RtlpPutChar(Out, '[');
    RtlpPutIpv6(Out, Bytes);
    if (Scope != 0) {
        RtlpPutChar(Out, '%');
        RtlpPutNumber(Out, Scope, 10);
    }
    if (Port != 0)
        RtlpPutChar(Out, ']');
    RtlpPutPort(Out, Port);
}

NT_EXPORT(RtlIpv6AddressToStringExA);
NTSTATUS NTAPI RtlIpv6AddressToStringExA(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PSTR Text, PULONG Room)
{
    RTLP_TEXT Out = {.Length = 0};
    NTSTATUS Status;

    if (Address == NULL || Room == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpPutIpv6Whole(&Out, Address->Bytes, ScopeId, Port);
    Status = RtlpCheckRoom(&Out, Text, Room);
    if (NT_SUCCESS(Status))
        RtlpCopyText(&Out, Text);
    return Status;
}

NT_EXPORT(RtlIpv6AddressToStringExW);
NTSTATUS NTAPI RtlIpv6AddressToStringExW(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PWSTR Text, PULONG Room)
{
    RTLP_TEXT Out = {.Length = 0};
    NTSTATUS Status;

    if (Address == NULL || Room == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlpPutIpv6Whole(&Out, Address->Bytes, ScopeId, Port);
    Status = RtlpCheckRoom(&Out, Text, Room);
    if (NT_SUCCESS(Status))
        RtlpWiden(&Out, Text);
    return Status;
}

/* ---- text to IPv4 ---- */

/* One number: 0x hexadecimal, 0 octal, else decimal; strict text is decimal alone. FALSE: there is
 * none, or it is too large. */
static BOOLEAN RtlpTakePart(PCWSTR *Text, BOOLEAN Strict, ULONG64 *Value)
{
    PCWSTR At = *Text;
    ULONG Base = 10, Digits = 0;

    if (!Strict && At[0] == L'0' && (At[1] | 0x20) == L'x') {
        Base = 16;
        At += 2;
    } else if (!Strict && At[0] == L'0') {
        Base = 8;
    }
    for (*Value = 0; *Value <= MAXULONG; At++, Digits++) {
        ULONG Digit = *At >= L'0' && *At <= L'9'                     ? *At - L'0'
                      : (*At | 0x20) >= L'a' && (*At | 0x20) <= L'f' ? (*At | 0x20) - L'a' + 10u
                                                                     : 99;

        if (Digit >= Base)
            break;
        *Value = *Value * Base + Digit;
    }
    *Text = At;
    return Digits != 0 && *Value <= MAXULONG;
}

/* Up to four parts; the last one fills what is left. Strict: four of a byte each. */
static NTSTATUS RtlpParseIpv4(PCWSTR Text, BOOLEAN Strict, PCWSTR *End, PULONG Address)
{
    ULONG64 Part[4];
    ULONG Count = 0, Value = 0;

    do {
        if (Count != 0)
            Text++; /* the dot */
        if (!RtlpTakePart(&Text, Strict, &Part[Count])) {
            *End = Text;
            return STATUS_INVALID_PARAMETER;
        }
        Count++;
    } while (Count < 4 && *Text == L'.');
    *End = Text;
    if (Strict && Count != 4)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i + 1 < Count; i++) {
        if (Part[i] > 0xFF)
            return STATUS_INVALID_PARAMETER;
        Value |= (ULONG)Part[i] << (24 - 8 * i);
    }
    if (Part[Count - 1] > MAXULONG >> (8 * (Count - 1)))
        return STATUS_INVALID_PARAMETER;
    *Address = __builtin_bswap32(Value | (ULONG)Part[Count - 1]);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlIpv4StringToAddressW);
NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR Text, BOOLEAN Strict, PCWSTR *Terminator,
                                       struct in_addr *Address)
{
    return RtlpParseIpv4(Text, Strict, Terminator, (PULONG)Address->Bytes);
}

/* No legal text is longer than 4 octal numbers of 12 digits; what is, is cut and refused at the
 * cut. */
NT_EXPORT(RtlIpv4StringToAddressA);
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR Text, BOOLEAN Strict, PCSTR *Terminator,
                                       struct in_addr *Address)
{
    WCHAR Wide[RTLP_IP_ROOM];
    PCWSTR End;
    NTSTATUS Status;
    ULONG i;

    for (i = 0; i < RTLP_IP_ROOM - 1 && Text[i] != 0; i++)
        Wide[i] = (UCHAR)Text[i];
    Wide[i] = 0;
    Status = RtlpParseIpv4(Wide, Strict, &End, (PULONG)Address->Bytes);
    *Terminator = Text + (End - Wide);
    return Status;
}
