/*
 * Event providers: registration, what is enabled (nothing, unless the run was asked to listen), writing, self-describing events,
 * activity IDs. tests/cli/etw.t runs it with --etw and looks at what is printed.
 */
#include "tap.h"

NTKERNELAPI NTSTATUS NTAPI EtwSetInformation(REGHANDLE Handle, ULONG Class, PVOID Information, ULONG Length);

static const GUID ProviderGuid = {0x0e7f0001, 0xaaaa, 0xbbbb, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID ActivityGuid = {0x0e7f0002, 0xaaaa, 0xbbbb, {1, 2, 3, 4, 5, 6, 7, 8}};

static ULONG Told;
static UCHAR ToldLevel;
static ULONG64 ToldKeywords;

static VOID NTAPI enabled(LPCGUID Source, ULONG Control, UCHAR Level, ULONGLONG Any, ULONGLONG All,
                          PEVENT_FILTER_DESCRIPTOR Filter, PVOID Context)
{
    UNREFERENCED_PARAMETER(Source);
    UNREFERENCED_PARAMETER(All);
    UNREFERENCED_PARAMETER(Filter);
    if (Control == 1 && Context == &Told) {
        Told++;
        ToldLevel = Level;
        ToldKeywords = Any;
    }
}

/* Size, the provider's name. */
static const struct {
    USHORT Bytes;
    char Name[9];
} __attribute__((packed)) Traits = {11, "Test.Etw"};

/* Size, no tags, the event's name, fields: name, type, and for chained types how to show it. */
static const UCHAR Meta[] = {
    0, 0, 0, 'S', 't', 'a', 't', 'e', 0,
    'u', '8', 0, 4,
    'i', '3', '2', 0, 7,
    'x', '6', '4', 0, 21,
    'w', 'i', 'd', 'e', 0, 1,
    'a', 'n', 's', 'i', 0, 2,
    'c', 'o', 'u', 'n', 't', 'e', 'd', 0, 22,
    'b', 'i', 'n', 0, 14,
    'g', 'u', 'i', 'd', 0, 15,
    'b', 'o', 'o', 'l', 0, 13,
    'a', 'r', 'r', 'a', 'y', 0, 8 | 0x20, 3, 0,
    'v', 'a', 'r', 0, 6 | 0x40,
    'p', 'a', 'i', 'r', 0, 24 | 0x80, 2,
    'l', 'e', 'f', 't', 0, 3,
    'r', 'i', 'g', 'h', 't', 0, 3,
};

static VOID data(PEVENT_DATA_DESCRIPTOR Descriptor, const VOID *Address, ULONG Bytes, ULONG Type)
{
    Descriptor->Ptr = (ULONG_PTR)Address;
    Descriptor->Size = Bytes;
    Descriptor->Reserved = Type;
}

static VOID self_describing(REGHANDLE Handle, ULONG Cut)
{
    static UCHAR Event[sizeof(Meta)];
    static const UCHAR Bin[] = {3, 0, 0xde, 0xad, 0x01}, Var[] = {2, 0, 7, 0, 8, 0}, Pair[] = {0xff, 5};
    static const USHORT Counted[] = {4, 'o', 'k'};
    const EVENT_DESCRIPTOR Descriptor = {.Channel = 11, .Level = 4, .Keyword = 2};
    UCHAR Small = 200;
    LONG Signed = -5;
    ULONG64 Hex = 0xabcdef;
    ULONG Array[3] = {1, 2, 3}, Bool = 1;
    EVENT_DATA_DESCRIPTOR Item[14];

    RtlCopyMemory(Event, Meta, sizeof(Meta));
    *(PUSHORT)Event = sizeof(Meta);
    data(&Item[0], &Traits, sizeof(Traits), 2);
    data(&Item[1], Event, sizeof(Event), 1);
    data(&Item[2], &Small, 1, 0);
    data(&Item[3], &Signed, 4, 0);
    data(&Item[4], &Hex, 8, 0);
    data(&Item[5], L"w\u00e9", 6, 0);
    data(&Item[6], "tab\there", 9, 0);
    data(&Item[7], Counted, 6, 0);
    data(&Item[8], Bin, sizeof(Bin), 0);
    data(&Item[9], &ProviderGuid, sizeof(GUID), 0);
    data(&Item[10], &Bool, 4, 0);
    data(&Item[11], Array, sizeof(Array), 0);
    data(&Item[12], Var, sizeof(Var), 0);
    data(&Item[13], Pair, sizeof(Pair), 0);
    is_status(EtwWriteTransfer(Handle, &Descriptor, &ActivityGuid, NULL, Cut, Item), STATUS_SUCCESS,
              "a self-describing event with %u descriptors", Cut);
}

static VOID plain(REGHANDLE Handle)
{
    const EVENT_DESCRIPTOR Descriptor = {.Id = 7, .Version = 1, .Level = 2, .Opcode = 1, .Task = 3, .Keyword = 0x10};
    const EVENT_DESCRIPTOR Verbose = {.Id = 8, .Level = 5, .Keyword = 0x10};
    EVENT_DATA_DESCRIPTOR Item[2];
    ULONG Number = 0x11223344;

    data(&Item[0], &Number, 4, 0);
    data(&Item[1], "ab", 2, 0);
    is_status(EtwWrite(Handle, &Descriptor, NULL, 2, Item), STATUS_SUCCESS, "an event of a manifest");
    is_status(EtwWrite(Handle, &Verbose, NULL, 0, NULL), STATUS_SUCCESS, "a verbose one");
    is_status(EtwWrite(Handle, &Descriptor, NULL, 129, Item), STATUS_INVALID_PARAMETER, "too many data");
    is_status(EtwWrite(0, &Descriptor, NULL, 0, NULL), STATUS_INVALID_HANDLE, "no provider");
    is_status(EtwWriteEx(Handle, &Descriptor, 0, 0, NULL, &ActivityGuid, 1, Item), STATUS_SUCCESS, "with a related activity");
    is_status(EtwWriteEx(Handle, &Descriptor, 1, 0, NULL, NULL, 1, Item), STATUS_SUCCESS, "filtered out");
    is_status(EtwWriteEx(Handle, &Descriptor, 0, 0x80, NULL, NULL, 0, NULL), STATUS_INVALID_PARAMETER, "reserved flags");
    is_status(EtwWriteString(Handle, 3, 4, NULL, L"hello, \"listener\""), STATUS_SUCCESS, "a string");
    is_status(EtwWriteString(0, 3, 4, NULL, L"x"), STATUS_INVALID_HANDLE, "a string of nobody's");
}

static VOID at_any_level(PVOID Context)
{
    const EVENT_DESCRIPTOR Descriptor = {.Id = 9, .Level = 1, .Keyword = 0x20};

    is_status(EtwWrite(*(PREGHANDLE)Context, &Descriptor, NULL, 0, NULL), STATUS_SUCCESS, "an event");
}

static VOID questions(REGHANDLE Handle)
{
    const EVENT_DESCRIPTOR Descriptor = {.Level = 4, .Keyword = 2}, Above = {.Level = 5, .Keyword = 2};

    is_bool(EtwProviderEnabled(Handle, 0, 0), Told != 0, "enabled when the callback was called");
    is_bool(EtwEventEnabled(Handle, &Descriptor),
            Told != 0 && (ToldLevel == 0 || ToldLevel >= 4) && (ToldKeywords == 0 || (ToldKeywords & 2)), "an event");
    is_bool(EtwEventEnabled(Handle, &Above),
            Told != 0 && (ToldLevel == 0 || ToldLevel >= 5) && (ToldKeywords == 0 || (ToldKeywords & 2)), "a verbose one");
    is_bool(EtwProviderEnabled(0, 0, 0), FALSE, "nobody is not");
}

static VOID information(REGHANDLE Handle)
{
    BOOLEAN Yes = TRUE;

    is_status(EtwSetInformation(Handle, 2, (PVOID)&Traits, sizeof(Traits)), STATUS_SUCCESS, "traits");
    is_status(EtwSetInformation(Handle, 2, (PVOID)&Traits, 4), STATUS_INVALID_PARAMETER, "a part of them");
    is_status(EtwSetInformation(Handle, 3, &Yes, sizeof(Yes)), STATUS_SUCCESS, "descriptors have types");
    is_status(EtwSetInformation(Handle, 99, NULL, 0), STATUS_INVALID_DEVICE_REQUEST, "no such class");
    is_status(EtwSetInformation(0, 2, (PVOID)&Traits, sizeof(Traits)), STATUS_INVALID_HANDLE, "no such provider");
}

static VOID activities(VOID)
{
    GUID First, Second, Got = ActivityGuid;

    is_status(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &First), STATUS_SUCCESS, "an ID");
    EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_ID, &Second);
    ok(RtlCompareMemory(&First, &Second, sizeof(GUID)) != sizeof(GUID), "another");
    is_status(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &First), STATUS_SUCCESS, "set it");
    is_status(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &Got), STATUS_SUCCESS, "get it");
    is_bytes(&Got, &First, sizeof(GUID), "the same");
    Got = Second;
    is_status(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_SET_ID, &Got), STATUS_SUCCESS, "swap");
    is_bytes(&Got, &First, sizeof(GUID), "the old comes back");
    is_status(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_CREATE_SET_ID, &Got), STATUS_SUCCESS, "make and set");
    is_bytes(&Got, &Second, sizeof(GUID), "the old comes back");
    is_status(EtwActivityIdControl(9, &Got), STATUS_INVALID_PARAMETER, "no such code");
    RtlZeroMemory(&Got, sizeof(Got));
    EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &Got);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    REGHANDLE Handle = 1;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(EtwRegister(NULL, NULL, NULL, &Handle), STATUS_INVALID_PARAMETER, "no GUID");
    is_status(EtwRegister(&ProviderGuid, enabled, &Told, &Handle), STATUS_SUCCESS, "register");
    ok(Handle != 0, "a handle");
    questions(Handle);
    plain(Handle); /* before it has a name */
    information(Handle);
    self_describing(Handle, 14);
    self_describing(Handle, 6); /* data end in the middle of a field */
    tap_at_levels(TAP_ALL_LEVELS, at_any_level, &Handle, "EtwWrite");
    activities();
    is_status(EtwUnregister(Handle), STATUS_SUCCESS, "unregister");
    is_status(EtwWriteString(Handle, 1, 0, NULL, L"late"), STATUS_INVALID_HANDLE, "the handle is gone");
    return done();
}
