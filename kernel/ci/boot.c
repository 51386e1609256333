/*
 * How this start was configured: the elements of the entry that is booted, in the hive BCD00000000,
 * or what the host says in their stead. With Secure Boot neither turns anything off. [doc: BCDEdit
 * /set: "Cannot be set when secure boot is enabled"] Shown as documented: SystemStartOptions,
 * SecureBoot\State, KdDebuggerEnabled. Left out: what the loader alone would use (paths, devices,
 * menus, limits of memory and processors).
 */
#include "cip.h"

CI_BOOT_OPTIONS CiBoot;

#define CIP_BOOTMGR L"{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define CIP_DEBUGGER L"{4636856e-540f-4170-a130-a84776f4c654}"
#define CIP_DEFAULT_OBJECT 0x23000003
#define CIP_NOINTEGRITYCHECKS 0x16000048
#define CIP_TESTSIGNING 0x16000049
#define CIP_DEBUG 0x260000A0
#define CIP_DEBUGGER_TYPE 0x15000011
#define CIP_DEBUGGER_PORT 0x15000013
#define CIP_DEBUGGER_BAUD 0x15000014
#define CIP_CONTROL L"\\Registry\\Machine\\System\\CurrentControlSet\\Control"

static NTSTATUS CipOpenKey(PCWSTR Path, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Path);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwOpenKey(Key, KEY_READ, &Attributes);
}

ULONG CipReadElement(PCWSTR Object, ULONG Element, PVOID Data, ULONG Limit)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Element");
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        UCHAR Data[256];
    } Value;
    WCHAR Path[160];
    ULONG Bytes = 0, Needed;
    HANDLE Key;

    _snwprintf(Path, RTL_NUMBER_OF(Path),
               L"\\Registry\\Machine\\BCD00000000\\Objects\\%ws\\Elements\\%08x", Object, Element);
    if (!NT_SUCCESS(CipOpenKey(Path, &Key)))
        return 0;
    if (NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Value, sizeof(Value),
                                   &Needed)) &&
        Value.Info.DataLength <= Limit) {
        Bytes = Value.Info.DataLength;
        RtlCopyMemory(Data, Value.Info.Data, Bytes);
    }
    ZwClose(Key);
    return Bytes;
}

static BOOLEAN CipReadFlag(PCWSTR Object, ULONG Element)
{
    UCHAR Flag[8] = {0};

    return CipReadElement(Object, Element, Flag, sizeof(Flag)) != 0 && Flag[0] != 0;
}

static ULONG64 CipReadNumber(PCWSTR Object, ULONG Element, ULONG64 Default)
{
    ULONG64 Number = 0;

    return CipReadElement(Object, Element, &Number, sizeof(Number)) != 0 ? Number : Default;
}

static VOID CipReadConfiguration(VOID)
{
    WCHAR Entry[40] = L"";
    ULONG Told = KiLoaderBlock->boot_options;

    CiBoot.SecureBoot = (Told & HAL_BOOT_SECURE) != 0;
    if (CipReadElement(CIP_BOOTMGR, CIP_DEFAULT_OBJECT, Entry,
                       sizeof(Entry) - sizeof(WCHAR)) != 0) {
        CiBoot.TestSigning = CipReadFlag(Entry, CIP_TESTSIGNING);
        CiBoot.NoIntegrityChecks = CipReadFlag(Entry, CIP_NOINTEGRITYCHECKS);
        CiBoot.Debug = CipReadFlag(Entry, CIP_DEBUG);
    }
    if (Told & HAL_BOOT_SIGNING) {
        CiBoot.TestSigning = (Told & HAL_BOOT_TESTSIGNING) != 0;
        CiBoot.NoIntegrityChecks = (Told & HAL_BOOT_NOINTEGRITYCHECKS) != 0;
    }
    if (CiBoot.SecureBoot)
        CiBoot.TestSigning = CiBoot.NoIntegrityChecks = CiBoot.Debug = FALSE;
}

/*
 * The debugger's transport, by its number: 0 serial, 1 1394, 2 USB, 3 network, 4 local. [doc:
 * BcdLibraryElementTypes]
 */
static VOID CipAppendDebugger(PWSTR Text, SIZE_T Limit)
{
    static const WCHAR *const Names[] = {NULL, L"1394", L"USB", L"NET", L"LOCAL"};
    ULONG64 Type = CipReadNumber(CIP_DEBUGGER, CIP_DEBUGGER_TYPE, 4);
    SIZE_T Used = wcslen(Text);

    if (Type == 0)
        _snwprintf(Text + Used, Limit - Used, L"  DEBUG  DEBUGPORT=COM%u  BAUDRATE=%u",
                   (ULONG)CipReadNumber(CIP_DEBUGGER, CIP_DEBUGGER_PORT, 1),
                   (ULONG)CipReadNumber(CIP_DEBUGGER, CIP_DEBUGGER_BAUD, 115200));
    else
        _snwprintf(Text + Used, Limit - Used, L"  DEBUG  DEBUGPORT=%ws",
                   Names[Type < RTL_NUMBER_OF(Names) ? Type : 4]);
}

static NTSTATUS CipShowStartOptions(VOID)
{
    WCHAR Text[128] = L"";

    if (CiBoot.TestSigning)
        wcscat(Text, L" TESTSIGNING ");
    if (CiBoot.NoIntegrityChecks)
        wcscat(Text, L" DISABLE_INTEGRITY_CHECKS ");
    wcscat(Text, L" NOEXECUTE=OPTIN");
    if (CiBoot.Debug)
        CipAppendDebugger(Text, RTL_NUMBER_OF(Text) - 1);
    return RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, CIP_CONTROL, L"SystemStartOptions", REG_SZ,
                                 Text,
                                 (ULONG)(wcslen(Text) + 1) * sizeof(WCHAR));
}

static NTSTATUS CipShowSecureBoot(VOID)
{
    ULONG Enabled = CiBoot.SecureBoot;
    NTSTATUS Status = RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, CIP_CONTROL L"\\SecureBoot");

    if (NT_SUCCESS(Status))
        Status = RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, CIP_CONTROL L"\\SecureBoot\\State");
    if (!NT_SUCCESS(Status))
        return Status;
    return RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, CIP_CONTROL L"\\SecureBoot\\State",
                                 L"UEFISecureBootEnabled", REG_DWORD,
                                 &Enabled, sizeof(Enabled));
}

BOOLEAN CiIsSecureBoot(VOID)
{
    return CiBoot.SecureBoot;
}

NTSTATUS CiInitSystem(VOID)
{
    NTSTATUS Status;

    CipReadConfiguration();
    if (CiBoot.Debug) {
        KdDebuggerEnabled = TRUE;
        ((KUSER_SHARED_DATA *)HAL_KUSER_VA)->KdDebuggerEnabled |= 1;
    }
    Status = CipShowStartOptions();
    return NT_SUCCESS(Status) ? CipShowSecureBoot() : Status;
}
