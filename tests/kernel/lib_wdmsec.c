/*
 * lib/wdmsec: IoCreateDeviceSecure and the SDDL that device objects use, on ntoskrnl's documented exports. [doc: wdmsec.h, "SDDL for
 * Device Objects"]
 */
#include "tap.h"
#include <wdmsec.h>

static const GUID ClassGuid = {0x11111111, 0x2222, 0x3333, {1, 2, 3, 4, 5, 6, 7, 8}};
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\TestWdmsec");

static NTSTATUS CreateWith(PDRIVER_OBJECT Driver, PCWSTR Sddl, PDEVICE_OBJECT *Device)
{
    UNICODE_STRING Text;

    RtlInitUnicodeString(&Text, Sddl);
    return IoCreateDeviceSecure(Driver, 16, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Text, &ClassGuid, Device);
}

static VOID TestSyntax(PDRIVER_OBJECT Driver)
{
    static const struct {
        PCWSTR Sddl;
        NTSTATUS Status;
    } Table[] = {
        {L"D:P", STATUS_SUCCESS},
        {L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)", STATUS_SUCCESS},
        {L"D:(A;;0x1200a9;;;AU)", STATUS_SUCCESS},
        {L"D:P(A;;GA;;;S-1-5-32-544)", STATUS_SUCCESS},
        {L"", STATUS_INVALID_PARAMETER},
        {L"P(A;;GA;;;SY)", STATUS_INVALID_PARAMETER},
        {L"D:P(A;;GA;;;SY", STATUS_INVALID_PARAMETER},
        {L"D:P(A;;QQ;;;SY)", STATUS_INVALID_PARAMETER},
        {L"D:P(A;;GA;;;ZZ)", STATUS_INVALID_PARAMETER},
        {L"D:P(A;;GA;;;S-2-5-18)", STATUS_INVALID_PARAMETER},
        {L"D:P(A;;0x1ffffffff;;;SY)", STATUS_INVALID_PARAMETER},
    };
    PDEVICE_OBJECT Device;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        Device = (PDEVICE_OBJECT)(ULONG_PTR)0xA5A5A5A5;
        is_status(CreateWith(Driver, Table[i].Sddl, &Device), Table[i].Status, "%ws", Table[i].Sddl);
        if (Device != NULL && NT_SUCCESS(Table[i].Status))
            IoDeleteDevice(Device);
        else
            is_ptr(Device, NULL, "no device is left");
    }
    is_ptr(Driver->DeviceObject, NULL, "the driver has no device");
}

/* The DACL that was asked for is the one that the device has. */
static VOID TestDescriptor(PDRIVER_OBJECT Driver)
{
    PDEVICE_OBJECT Device;
    HANDLE Handle;
    union {
        SECURITY_DESCRIPTOR Descriptor;
        UCHAR Bytes[512];
    } Buffer;
    ULONG Needed;
    BOOLEAN Present, Defaulted;
    PACL Dacl;
    PACCESS_ALLOWED_ACE Ace;

    if (!NT_SUCCESS(CreateWith(Driver, L"D:P(A;;GA;;;SY)(A;;GR;;;BA)", &Device))) {
        bail("no device");
        return;
    }
    is_status(ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, READ_CONTROL, *IoDeviceObjectType, KernelMode, &Handle),
              STATUS_SUCCESS, "the device opens");
    is_status(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, &Buffer, sizeof(Buffer), &Needed), STATUS_SUCCESS,
              "its DACL is read");
    is_status(RtlGetDaclSecurityDescriptor(&Buffer, &Present, &Dacl, &Defaulted), STATUS_SUCCESS, "it has one");
    if (ok(Present && Dacl != NULL && Dacl->AceCount == 2, "of two entries")) {
        is_status(RtlGetAce(Dacl, 0, (PVOID *)&Ace), STATUS_SUCCESS, "the first");
        ok(RtlEqualSid((PSID)&Ace->SidStart, SeExports->SeLocalSystemSid), "is for the system");
        is_status(RtlGetAce(Dacl, 1, (PVOID *)&Ace), STATUS_SUCCESS, "the second");
        ok(RtlEqualSid((PSID)&Ace->SidStart, SeExports->SeAliasAdminsSid), "is for administrators");
        is_hex(Ace->Mask & ~(ACCESS_MASK)GENERIC_READ & ~(ACCESS_MASK)FILE_GENERIC_READ, 0, "to read and no more");
    }
    ZwClose(Handle);
    IoDeleteDevice(Device);
}

static VOID TestStrings(VOID)
{
    UNICODE_STRING Text;

    is_unicode(&SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)", "SDDL_DEVOBJ_SYS_ALL_ADM_ALL");
    is_status(RtlInitUnicodeStringEx(&Text, L"ab"), STATUS_SUCCESS, "init");
    is_ulong(Text.MaximumLength, 6, "counts the NUL");
    is_status(RtlInitUnicodeStringEx(&Text, NULL), STATUS_SUCCESS, "init with NULL");
    is_ulong(Text.MaximumLength, 0, "is empty");
}

static VOID TestVersion(VOID)
{
    RTL_OSVERSIONINFOW Info = {.dwOSVersionInfoSize = sizeof(Info)};
    ULONG Running;

    is_status(RtlGetVersion(&Info), STATUS_SUCCESS, "RtlGetVersion");
    Running = Info.dwMajorVersion << 24 | Info.dwMinorVersion << 16;
    ok(RtlIsNtDdiVersionAvailable(NTDDI_WIN7), "the interface of Windows 7 is available");
    ok(RtlIsNtDdiVersionAvailable(Running), "and this Windows's own");
    ok(!RtlIsNtDdiVersionAvailable(Running + 0x10000), "but not that of a later one");
    ok(RtlIsServicePackVersionInstalled(Running), "this Windows without a service pack");
    ok(!RtlIsServicePackVersionInstalled(NTDDI_WIN7), "is not Windows 7");
    ok(!RtlIsServicePackVersionInstalled(Running + 0x6300), "nor has it 99 service packs");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    TestStrings();
    TestSyntax(Driver);
    TestDescriptor(Driver);
    leak_end();
    TestVersion();
    return done();
}
