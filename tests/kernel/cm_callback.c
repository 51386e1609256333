/* Registry callbacks: seen, refused, done by the driver; order by altitude; contexts; names. */
#include "tap.h"

static LARGE_INTEGER Low, High;
static ULONG Seen[64], Order;
static ULONG LowOrder, HighOrder;
static NTSTATUS Refuse;
static BOOLEAN NameGood;
static PVOID ContextSeen, Transaction = &Order;
static ULONG Cleanups;

static NTSTATUS NTAPI low_callback(PVOID Context, PVOID Class, PVOID Info)
{
    ULONG Kind = (ULONG)(ULONG_PTR)Class;

    UNREFERENCED_PARAMETER(Context);
    Seen[Kind % 64]++;
    if (Kind == RegNtPreSetValueKey) {
        PREG_SET_VALUE_KEY_INFORMATION Set = Info;
        PCUNICODE_STRING Name;
        ULONG_PTR Id;

        LowOrder = ++Order;
        ContextSeen = Set->ObjectContext;
        if (NT_SUCCESS(CmCallbackGetKeyObjectID(&Low, Set->Object, &Id, &Name)))
            NameGood = Name->Length > 18 &&
                       RtlCompareMemory(Name->Buffer + Name->Length / 2 - 6, L"CbTest", 12) == 12 &&
                       Id != 0;
        if (NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Low, Set->Object, &Id, &Name, 0))) {
            NameGood &= Name->Length > 18;
            CmCallbackReleaseKeyObjectIDEx(Name);
        } else {
            NameGood = FALSE;
        }
        Transaction = CmGetBoundTransaction(&Low, Set->Object);
        CmSetCallbackObjectContext(Set->Object, &Low, &Cleanups, NULL);
        return Refuse;
    }
    if (Kind == RegNtCallbackObjectContextCleanup)
        Cleanups++;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI high_callback(PVOID Context, PVOID Class, PVOID Info)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Info);
    if ((ULONG)(ULONG_PTR)Class == RegNtPreSetValueKey)
        HighOrder = ++Order;
    return STATUS_SUCCESS;
}

static NTSTATUS set(HANDLE Key, ULONG Number)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, L"Value");
    return ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Number, sizeof(Number));
}

static ULONG get(HANDLE Key)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Head;
        ULONG Room;
    } Info;
    UNICODE_STRING Name;
    ULONG Length;

    RtlInitUnicodeString(&Name, L"Value");
    if (!NT_SUCCESS(
            ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Info, sizeof(Info), &Length)))
        return MAXULONG;
    return *(ULONG UNALIGNED *)Info.Head.Data;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude, Name;
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Cookie;
    ULONG Major = 99, Minor = 99;
    HANDLE Key;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    CmGetCallbackVersion(&Major, &Minor);
    ok(Major >= 1, "version %u.%u", Major, Minor);
    RtlInitUnicodeString(&Altitude, L"360000");
    is_status(CmRegisterCallbackEx(low_callback, &Altitude, Driver, NULL, &Low, NULL),
              STATUS_SUCCESS, "register");
    is_status(CmRegisterCallbackEx(low_callback, &Altitude, Driver, NULL, &Cookie, NULL),
              STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "an altitude is taken once");
    RtlInitUnicodeString(&Altitude, L"370000.5");
    is_status(CmRegisterCallbackEx(high_callback, &Altitude, Driver, NULL, &High, NULL),
              STATUS_SUCCESS, "a higher one");

    RtlInitUnicodeString(&Name, L"\\Registry\\Machine\\Software\\CbTest");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    is_status(ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL), STATUS_SUCCESS,
              "create a key");
    is_ulong(Seen[RegNtPreCreateKeyEx], 1, "seen before");
    is_ulong(Seen[RegNtPostCreateKeyEx], 1, "and after");
    is_status(set(Key, 1), STATUS_SUCCESS, "set a value");
    is_ulong(Seen[RegNtPostSetValueKey], 1, "seen after");
    ok(HighOrder < LowOrder, "the higher altitude is first");
    ok(NameGood, "the key's name");
    is_ptr(Transaction, NULL, "no transaction");
    set(Key, 2);
    is_ptr(ContextSeen, &Cleanups, "the context comes back");
    Refuse = STATUS_ACCESS_DENIED;
    is_status(set(Key, 3), STATUS_ACCESS_DENIED, "refused");
    is_ulong(get(Key), 2, "not set");
    Refuse = STATUS_CALLBACK_BYPASS;
    is_status(set(Key, 4), STATUS_SUCCESS, "done by the driver");
    is_ulong(get(Key), 2, "so not by the system");
    Refuse = STATUS_SUCCESS;
    ZwDeleteKey(Key);
    is_ulong(Seen[RegNtPostDeleteKey], 1, "deleted");
    ZwClose(Key);
    is_ulong(Seen[RegNtPreKeyHandleClose], 1, "closed");
    is_ulong(Cleanups, 1, "the context is cleaned up");
    is_status(CmUnRegisterCallback(Low), STATUS_SUCCESS, "unregister");
    is_status(CmUnRegisterCallback(High), STATUS_SUCCESS, "the other too");
    is_status(CmUnRegisterCallback(Low), STATUS_INVALID_PARAMETER, "once");
    is_status(CmRegisterCallback(high_callback, NULL, &Cookie), STATUS_SUCCESS,
              "without an altitude");
    is_status(CmUnRegisterCallback(Cookie), STATUS_SUCCESS, "gone");
    leak_end();
    return done();
}
