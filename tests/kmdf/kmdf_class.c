/*
 * KMDF: what an administrator set for a control device's class goes before what its driver says.
 * Calls: WdfDeviceInitSetDeviceClass.
 */
#include "io.h"

#define CLASS L"{0DD0C0DE-0017-0001-0100-000000000000}"
static const GUID Class = {0x0DD0C0DE, 0x17, 1, {1}};

static const PCWSTR Paths[] = {
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" CLASS,
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\" CLASS L"\\Properties"};

static NTSTATUS SetNumber(HANDLE Key, PCWSTR ValueName, ULONG Number)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, ValueName);
    return ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Number, sizeof(Number));
}

/* A descriptor whose list grants nobody anything. */
static NTSTATUS SetSecurity(HANDLE Key)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"Security");
    struct {
        SECURITY_DESCRIPTOR_RELATIVE Descriptor;
        ACL Dacl;
    } Security;

    RtlZeroMemory(&Security, sizeof(Security));
    Security.Descriptor.Revision = SECURITY_DESCRIPTOR_REVISION;
    Security.Descriptor.Control = SE_SELF_RELATIVE | SE_DACL_PRESENT;
    Security.Descriptor.Dacl = FIELD_OFFSET(__typeof__(Security), Dacl);
    RtlCreateAcl(&Security.Dacl, sizeof(Security.Dacl), ACL_REVISION);
    return ZwSetValueKey(Key, (PUNICODE_STRING)&Name, 0, REG_BINARY, &Security, sizeof(Security));
}

static VOID MakeKeys(HANDLE *Keys)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Paths); i++) {
        RtlInitUnicodeString(&Name, Paths[i]);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                                   NULL, NULL);
        is_status(
            ZwCreateKey(&Keys[i], KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL),
            STATUS_SUCCESS, "key %u", i);
    }
}

static ULONG AceCount(PDEVICE_OBJECT Wdm)
{
    union {
        SECURITY_DESCRIPTOR Descriptor;
        UCHAR Bytes[512];
    } Buffer;
    BOOLEAN Present = FALSE, Defaulted;
    PACL Dacl = NULL;
    HANDLE Handle;
    ULONG Needed;

    if (!NT_SUCCESS(ObOpenObjectByPointer(Wdm, OBJ_KERNEL_HANDLE, NULL, READ_CONTROL,
                                          *IoDeviceObjectType, KernelMode, &Handle)))
        return MAXULONG;
    if (NT_SUCCESS(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, &Buffer, sizeof(Buffer),
                                         &Needed)))
        RtlGetDaclSecurityDescriptor(&Buffer, &Present, &Dacl, &Defaulted);
    ZwClose(Handle);
    return Present && Dacl != NULL ? Dacl->AceCount : MAXULONG;
}

static VOID TestDevice(ULONG Type, ULONG Removable, BOOLEAN Exclusive, ULONG Aces, const char *Text)
{
    PWDFDEVICE_INIT Init = IoDeviceInit(L"\\Device\\KmdfClass");
    PDEVICE_OBJECT Wdm;
    WDFDEVICE Device;

    if (!ok(Init != NULL, "%s: a device to be", Text))
        return;
    WdfDeviceInitSetDeviceType(Init, FILE_DEVICE_UNKNOWN);
    WdfDeviceInitSetDeviceClass(Init, &Class);
    Device = IoDeviceCreate(Init, WDF_NO_OBJECT_ATTRIBUTES);
    if (Device == NULL)
        return;
    Wdm = WdfDeviceWdmGetDeviceObject(Device);
    is_ulong(Wdm->DeviceType, Type, "%s: its type", Text);
    is_hex(Wdm->Characteristics & FILE_REMOVABLE_MEDIA, Removable, "%s: its characteristics", Text);
    is_bool((Wdm->Flags & DO_EXCLUSIVE) != 0, Exclusive, "%s: exclusive or not", Text);
    is_ulong(AceCount(Wdm), Aces, "%s: its security", Text);
    WdfObjectDelete(Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Keys[RTL_NUMBER_OF(Paths)] = {NULL};

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    TestDevice(FILE_DEVICE_UNKNOWN, 0, FALSE, 1, "a class that nobody set");
    MakeKeys(Keys);
    TestDevice(FILE_DEVICE_UNKNOWN, 0, FALSE, 1, "a class without settings");
    is_status(SetNumber(Keys[2], L"DeviceType", FILE_DEVICE_SOUND), STATUS_SUCCESS, "set");
    is_status(SetNumber(Keys[2], L"DeviceCharacteristics", FILE_REMOVABLE_MEDIA), STATUS_SUCCESS,
              "set");
    is_status(SetNumber(Keys[2], L"Exclusive", 1), STATUS_SUCCESS, "set");
    is_status(SetSecurity(Keys[2]), STATUS_SUCCESS, "set");
    TestDevice(FILE_DEVICE_SOUND, FILE_REMOVABLE_MEDIA, TRUE, 0, "one with settings");
    for (ULONG i = RTL_NUMBER_OF(Keys); i-- != 0;) {
        if (i != 0)
            ZwDeleteKey(Keys[i]);
        ZwClose(Keys[i]);
    }
    return done();
}
