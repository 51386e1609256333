/*
 * The routines behind <wdmsec.h>. What an administrator set for a device class in the registry
 * (\Control\Class\{guid}\Properties) goes before what the driver says. [doc: wdmsec.h, Setting Device
 * Object Registry Properties After Installation]
 */
#include <ntifs.h>
#include <wdmsec.h>
#include "sddl.h"

#define SDDL_STRING(name, text) const UNICODE_STRING name = RTL_CONSTANT_STRING(text)
SDDL_STRING(SDDL_DEVOBJ_KERNEL_ONLY, L"D:P");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL, L"D:P(A;;GA;;;SY)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
SDDL_STRING(SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
            L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

static NTSTATUS WdmlibSecure(PDEVICE_OBJECT Device, PSECURITY_DESCRIPTOR Descriptor)
{
    HANDLE Handle;
    NTSTATUS Status;

    Status = ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC, *IoDeviceObjectType, KernelMode, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetSecurityObject(Handle, DACL_SECURITY_INFORMATION, Descriptor);
    ZwClose(Handle);
    return Status;
}

/* ---- what the class says ---- */

#define WDMLIB_TAG 'lmdW'

/* A value of the key; pool, NULL: there is none. */
static PKEY_VALUE_PARTIAL_INFORMATION WdmlibQuery(HANDLE Key, PCWSTR ValueName)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    UNICODE_STRING Name;
    ULONG Bytes = 0;

    RtlInitUnicodeString(&Name, ValueName);
    if (ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Bytes) !=
        STATUS_BUFFER_TOO_SMALL)
        return NULL;
    Value = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, WDMLIB_TAG);
    if (Value != NULL && !NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value,
                                                     Bytes, &Bytes))) {
        ExFreePool(Value);
        Value = NULL;
    }
    return Value;
}

static VOID WdmlibQueryNumber(HANDLE Key, PCWSTR Name, PULONG Number)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = WdmlibQuery(Key, Name);

    if (Value != NULL && Value->Type == REG_DWORD && Value->DataLength == sizeof(*Number))
        RtlCopyMemory(Number, Value->Data, sizeof(*Number));
    if (Value != NULL)
        ExFreePool(Value);
}

/* The class's descriptor in place of the driver's; one that is not well-formed counts for nothing. */
static VOID WdmlibQuerySecurity(HANDLE Key, PSECURITY_DESCRIPTOR *Descriptor)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = WdmlibQuery(Key, L"Security");
    PSECURITY_DESCRIPTOR Copy = NULL;

    if (Value != NULL && Value->Type == REG_BINARY &&
        RtlValidRelativeSecurityDescriptor((PSECURITY_DESCRIPTOR)Value->Data, Value->DataLength,
                                           DACL_SECURITY_INFORMATION))
        Copy = ExAllocatePool2(POOL_FLAG_PAGED, Value->DataLength, WDMLIB_TAG);
    if (Copy != NULL) {
        RtlCopyMemory(Copy, Value->Data, Value->DataLength);
        ExFreePool(*Descriptor);
        *Descriptor = Copy;
    }
    if (Value != NULL)
        ExFreePool(Value);
}

typedef struct _WDMLIB_DEVICE { /* what of a device the class may override */
    ULONG Type, Characteristics, Exclusive;
    PSECURITY_DESCRIPTOR Descriptor; /* pool */
} WDMLIB_DEVICE;

#define WDMLIB_CLASSES L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\"
#define WDMLIB_GUID_CHARACTERS 38

static VOID WdmlibOverride(LPCGUID Class, WDMLIB_DEVICE *Device)
{
    WCHAR Buffer[RTL_NUMBER_OF(WDMLIB_CLASSES) + WDMLIB_GUID_CHARACTERS +
                 RTL_NUMBER_OF(L"\\Properties")];
    UNICODE_STRING Path = {0, sizeof(Buffer), Buffer}, Guid;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    if (Class == NULL || !NT_SUCCESS(RtlStringFromGUID(Class, &Guid)))
        return;
    RtlAppendUnicodeToString(&Path, WDMLIB_CLASSES);
    RtlAppendUnicodeStringToString(&Path, &Guid);
    RtlAppendUnicodeToString(&Path, L"\\Properties");
    RtlFreeUnicodeString(&Guid);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes)))
        return;
    WdmlibQueryNumber(Key, L"DeviceType", &Device->Type);
    WdmlibQueryNumber(Key, L"DeviceCharacteristics", &Device->Characteristics);
    WdmlibQueryNumber(Key, L"Exclusive", &Device->Exclusive);
    WdmlibQuerySecurity(Key, &Device->Descriptor);
    ZwClose(Key);
}

NTSTATUS WdmlibIoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName,
                                    DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject)
{
    WDMLIB_DEVICE Settings = {DeviceType, DeviceCharacteristics, Exclusive, NULL};
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    *DeviceObject = NULL;
    if (DeviceName == NULL && !(DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME))
        return STATUS_INVALID_PARAMETER; /* a device without a name cannot be opened by anybody */
    Status = SddlBuildDescriptor(DefaultSDDLString, &Settings.Descriptor);
    if (!NT_SUCCESS(Status))
        return Status;
    WdmlibOverride(DeviceClassGuid, &Settings);
    Settings.Characteristics |= DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME;
    Status = IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, Settings.Type,
                            Settings.Characteristics, Settings.Exclusive != 0, &Device);
    if (!NT_SUCCESS(Status))
        goto FreeDescriptor;
    Status = WdmlibSecure(Device, Settings.Descriptor);
    if (NT_SUCCESS(Status))
        *DeviceObject = Device;
    else
        IoDeleteDevice(Device);

FreeDescriptor:
    ExFreePool(Settings.Descriptor);
    return Status;
}

NTSTATUS WdmlibRtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    SIZE_T Count = 0;

    while (SourceString != NULL && SourceString[Count] != 0) {
        if (++Count > (MAXUSHORT - 1) / sizeof(WCHAR) - 1)
            return STATUS_NAME_TOO_LONG;
    }
    DestinationString->Length = (USHORT)(Count * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)(SourceString != NULL ? (Count + 1) * sizeof(WCHAR) : 0);
    DestinationString->Buffer = (PWSTR)SourceString;
    return STATUS_SUCCESS;
}

/* Read and write access were granted when the file was opened; a control code may want more than its own two bits ask for. */
NTSTATUS WdmlibIoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if ((Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL && Stack->MajorFunction != IRP_MJ_FILE_SYSTEM_CONTROL) ||
        (RequiredAccess & ~(FILE_READ_ACCESS | FILE_WRITE_ACCESS)))
        return STATUS_INVALID_PARAMETER;
    if (Irp->RequestorMode == KernelMode)
        return STATUS_SUCCESS;
    if (((RequiredAccess & FILE_READ_ACCESS) && !Stack->FileObject->ReadAccess) ||
        ((RequiredAccess & FILE_WRITE_ACCESS) && !Stack->FileObject->WriteAccess))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}
