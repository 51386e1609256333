/* IPv4 and IPv6 addresses as text, and IPv4 back: every form, the shortest IPv6, room that is too
 * small, lax and strict. */
#include "tap.h"

struct in_addr {
    UCHAR Bytes[4];
} __attribute__((aligned(4)));
struct in6_addr {
    UCHAR Bytes[16];
};

NTSYSAPI PSTR NTAPI RtlIpv4AddressToStringA(const struct in_addr *, PSTR);
NTSYSAPI PWSTR NTAPI RtlIpv4AddressToStringW(const struct in_addr *, PWSTR);
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExA(const struct in_addr *, USHORT, PSTR, PULONG);
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExW(const struct in_addr *, USHORT, PWSTR, PULONG);
NTSYSAPI PSTR NTAPI RtlIpv6AddressToStringA(const struct in6_addr *, PSTR);
NTSYSAPI PWSTR NTAPI RtlIpv6AddressToStringW(const struct in6_addr *, PWSTR);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExA(const struct in6_addr *, ULONG, USHORT, PSTR,
                                                  PULONG);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExW(const struct in6_addr *, ULONG, USHORT, PWSTR,
                                                  PULONG);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR, BOOLEAN, PCWSTR *, struct in_addr *);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR, BOOLEAN, PCSTR *, struct in_addr *);

static VOID printing(VOID)
{
    static const struct {
        struct in6_addr Address;
        const char *Text;
    } Table[] = {
        {{{0}}, "::"},
        {{{[15] = 1}}, "::1"},
        {{{0xfe, 0x80, [15] = 0x0a}}, "fe80::a"},
        {{{0x20, 1, 0x0d, 0xb8, [7] = 1, [9] = 1, [11] = 1, [13] = 1, [15] = 1}},
         "2001:db8:0:1:1:1:1:1"},
        {{{0x20, 1, [7] = 1, [15] = 1}}, "2001:0:0:1::1"},
        {{{0x20, 1, 0x0d, 0xb8}}, "2001:db8::"},
        {{{[10] = 0xff, 0xff, 192, 0, 2, 33}}, "::ffff:192.0.2.33"},
        {{{[12] = 10, 1, 2, 3}}, "::10.1.2.3"},
        {{{0xfe, 0x80, [10] = 0x5e, 0xfe, 10, 0, 0, 1}}, "fe80::5efe:10.0.0.1"},
        {{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
         "102:304:506:708:90a:b0c:d0e:f10"},
    };
    struct in_addr Four = {{192, 0, 2, 255}};
    char Text[66];
    WCHAR Wide[66];
    UNICODE_STRING Name;
    ULONG Room;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        tap_fill(&Text);
        is_ptr(RtlIpv6AddressToStringA(&Table[i].Address, Text), Text + strlen(Table[i].Text),
               "the end");
        is_string(Text, Table[i].Text, "%s", Table[i].Text);
    }
    is_ptr(RtlIpv4AddressToStringA(&Four, Text), Text + 11, "IPv4: the end");
    is_string(Text, "192.0.2.255", "IPv4");
    is_ptr(RtlIpv4AddressToStringW(&Four, Wide), Wide + 11, "wide: the end");
    RtlInitUnicodeString(&Name, Wide);
    is_unicode(&Name, L"192.0.2.255", "wide");
    RtlIpv6AddressToStringW(&Table[2].Address, Wide);
    RtlInitUnicodeString(&Name, Wide);
    is_unicode(&Name, L"fe80::a", "IPv6, wide");
    Room = sizeof(Text);
    is_status(RtlIpv4AddressToStringExA(&Four, 0x5000, Text, &Room), STATUS_SUCCESS, "with a port");
    is_string(Text, "192.0.2.255:80", "in network byte order");
    is_ulong(Room, 15, "its length with the end");
    Room = 14;
    is_status(RtlIpv4AddressToStringExA(&Four, 0x5000, Text, &Room), STATUS_INVALID_PARAMETER,
              "too little room");
    is_ulong(Room, 15, "how much it takes");
    is_status(RtlIpv4AddressToStringExW(&Four, 0, Wide, &Room), STATUS_SUCCESS,
              "wide, without a port");
    is_ulong(Room, 12, "its length");
    Room = sizeof(Text);
    is_status(RtlIpv6AddressToStringExA(&Table[2].Address, 3, 0x901f, Text, &Room), STATUS_SUCCESS,
              "IPv6, all of it");
    is_string(Text, "[fe80::a%3]:8080", "scope and port");
    Room = RTL_NUMBER_OF(Wide);
    is_status(RtlIpv6AddressToStringExW(&Table[2].Address, 3, 0, Wide, &Room), STATUS_SUCCESS,
              "a scope alone");
    RtlInitUnicodeString(&Name, Wide);
    is_unicode(&Name, L"fe80::a%3", "has no brackets");
    is_status(RtlIpv6AddressToStringExA(NULL, 0, 0, Text, &Room), STATUS_INVALID_PARAMETER,
              "no address");
}

static VOID parsing(VOID)
{
    static const struct {
        PCSTR Text;
        BOOLEAN Strict;
        NTSTATUS Status;
        UCHAR Bytes[4];
        ULONG End;
    } Table[] = {
        {"192.0.2.255", TRUE, STATUS_SUCCESS, {192, 0, 2, 255}, 11},
        {"1.2.3.4:80", TRUE, STATUS_SUCCESS, {1, 2, 3, 4}, 7},
        {"1.2.3", TRUE, STATUS_INVALID_PARAMETER, {0}, 0},
        {"1.2.3", FALSE, STATUS_SUCCESS, {1, 2, 0, 3}, 5},
        {"0x7f.1", FALSE, STATUS_SUCCESS, {127, 0, 0, 1}, 6},
        {"0x7f.1", TRUE, STATUS_INVALID_PARAMETER, {0}, 0},
        {"010.0.0.1", FALSE, STATUS_SUCCESS, {8, 0, 0, 1}, 9},
        {"4294967295", FALSE, STATUS_SUCCESS, {255, 255, 255, 255}, 10},
        {"256.0.0.1", TRUE, STATUS_INVALID_PARAMETER, {0}, 0},
        {"1..2", FALSE, STATUS_INVALID_PARAMETER, {0}, 0},
        {"", FALSE, STATUS_INVALID_PARAMETER, {0}, 0},
    };
    struct in_addr Address;
    WCHAR Wide[32];
    PCWSTR WideEnd;
    PCSTR End;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        is_status(RtlIpv4StringToAddressA(Table[i].Text, Table[i].Strict, &End, &Address),
                  Table[i].Status, "'%s'", Table[i].Text);
        if (!NT_SUCCESS(Table[i].Status))
            continue; /* where the scan stopped then is not documented */
        is_ulong(End - Table[i].Text, Table[i].End, "as far as it goes");
        is_bytes(&Address, Table[i].Bytes, 4, "its bytes");
    }
    _snwprintf(Wide, RTL_NUMBER_OF(Wide), L"%hs", "10.20.30.40 ");
    is_status(RtlIpv4StringToAddressW(Wide, TRUE, &WideEnd, &Address), STATUS_SUCCESS, "wide");
    ok(WideEnd == Wide + 11 && Address.Bytes[3] == 40, "its end and bytes");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    printing();
    parsing();
    return done();
}
