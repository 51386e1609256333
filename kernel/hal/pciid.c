/*
 * Names of devices as the PCI bus driver gives them, and of the devices of the board.
 * [doc: Identifiers for PCI Devices] Left out: class 0 devices' special forms.
 */
#include "pci.h"

#include "../rtl/rtl.h"

#define HALP_ID_CHARACTERS 640

typedef struct _HALP_TEXT {
    PWSTR Buffer;
    ULONG Used;
} HALP_TEXT;

static HALP_TEXT HalpNewText(VOID)
{
    HALP_TEXT Text = {
        ExAllocatePoolWithTag(PagedPool, HALP_ID_CHARACTERS * sizeof(WCHAR), HALP_TAG), 0};

    if (Text.Buffer != NULL)
        RtlZeroMemory(Text.Buffer, HALP_ID_CHARACTERS * sizeof(WCHAR));
    return Text;
}

/* One string of a multi-string. */
static VOID HalpAppend(HALP_TEXT *Text, PCWSTR Format, ...)
{
    va_list Arguments;
    int Count;

    if (Text->Buffer == NULL)
        return;
    va_start(Arguments, Format);
    Count = _vsnwprintf(Text->Buffer + Text->Used, HALP_ID_CHARACTERS - Text->Used - 2, Format,
                        Arguments);
    va_end(Arguments);
    DD_ASSERT(Count > 0);
    Text->Used += (ULONG)Count + 1;
}

static VOID HalpReadIds(const HALP_DEVICE *Device, PCI_COMMON_CONFIG *Config)
{
    RtlFillMemory(Config, sizeof(*Config), 0xFF);
    HalpReadDevice(Device, Config, 0, PCI_COMMON_HDR_LENGTH);
    if (Device->Info.secondary_bus != 0) /* a bridge has other registers there */
        Config->u.type0.SubSystemID = Config->u.type0.SubVendorID = 0;
}

#define HALP_SUBSYSTEM(Config) ((Config).u.type0.SubSystemID), ((Config).u.type0.SubVendorID)

PWSTR HalpDeviceId(const HALP_DEVICE *Device)
{
    HALP_TEXT Text = HalpNewText();
    PCI_COMMON_CONFIG C;

    if (Device->Info.bus == HAL_BUS_ROOT) {
        HalpAppend(&Text, L"%S", Device->Info.hardware_id);
        return Text.Buffer;
    }
    HalpReadIds(Device, &C);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X&REV_%02X", C.VendorID, C.DeviceID,
               HALP_SUBSYSTEM(C), C.RevisionID);
    return Text.Buffer;
}

/* "ACPI\DRYD0001" is also found as "*DRYD0001". */
static VOID HalpAppendRootIds(HALP_TEXT *Text, const char *Id)
{
    const char *Name = strchr(Id, '\\');

    HalpAppend(Text, L"%S", Id);
    if (Name != NULL)
        HalpAppend(Text, L"*%S", Name + 1);
}

PWSTR HalpHardwareIds(const HALP_DEVICE *Device)
{
    HALP_TEXT Text = HalpNewText();
    PCI_COMMON_CONFIG C;

    if (Device->Info.bus == HAL_BUS_ROOT) {
        HalpAppendRootIds(&Text, Device->Info.hardware_id);
        return Text.Buffer;
    }
    HalpReadIds(Device, &C);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X&REV_%02X", C.VendorID, C.DeviceID,
               HALP_SUBSYSTEM(C), C.RevisionID);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%04X%04X", C.VendorID, C.DeviceID,
               HALP_SUBSYSTEM(C));
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X%02X", C.VendorID, C.DeviceID,
               C.BaseClass, C.SubClass, C.ProgIf);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&CC_%02X%02X", C.VendorID, C.DeviceID, C.BaseClass,
               C.SubClass);
    return Text.Buffer;
}

PWSTR HalpCompatibleIds(const HALP_DEVICE *Device)
{
    HALP_TEXT Text = HalpNewText();
    PCI_COMMON_CONFIG C;

    if (Device->Info.bus == HAL_BUS_ROOT)
        return Text.Buffer; /* none: an empty multi-string */
    HalpReadIds(Device, &C);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X&REV_%02X", C.VendorID, C.DeviceID, C.RevisionID);
    HalpAppend(&Text, L"PCI\\VEN_%04X&DEV_%04X", C.VendorID, C.DeviceID);
    HalpAppend(&Text, L"PCI\\VEN_%04X&CC_%02X%02X%02X", C.VendorID, C.BaseClass, C.SubClass,
               C.ProgIf);
    HalpAppend(&Text, L"PCI\\VEN_%04X&CC_%02X%02X", C.VendorID, C.BaseClass, C.SubClass);
    HalpAppend(&Text, L"PCI\\VEN_%04X", C.VendorID);
    HalpAppend(&Text, L"PCI\\CC_%02X%02X%02X", C.BaseClass, C.SubClass, C.ProgIf);
    HalpAppend(&Text, L"PCI\\CC_%02X%02X", C.BaseClass, C.SubClass);
    return Text.Buffer;
}

/* Device and function number; unique on this bus only. */
PWSTR HalpInstanceId(const HALP_DEVICE *Device)
{
    HALP_TEXT Text = HalpNewText();

    HalpAppend(&Text, Device->Info.bus == HAL_BUS_PCI ? L"%02X" : L"%u",
               Device->Info.bus == HAL_BUS_PCI ? Device->Info.slot << 3 : Device->Index);
    return Text.Buffer;
}

PWSTR HalpDeviceText(const HALP_DEVICE *Device, DEVICE_TEXT_TYPE Type)
{
    HALP_TEXT Text = HalpNewText();

    if (Type == DeviceTextDescription)
        HalpAppend(&Text, L"Drydock %S device", Device->Info.name);
    else if (Device->Info.bus == HAL_BUS_PCI)
        HalpAppend(&Text, L"PCI bus %u, device %u, function 0", Device->Info.bus_number,
                   Device->Info.slot);
    else
        HalpAppend(&Text, L"on the board");
    return Text.Buffer;
}
