/*
 * <hidport.h>: what a HID minidriver and the HID class driver say to each other; mingw-w64 has none. [doc: hidport.h; USB HID
 * 1.11, 6.2.1, for the descriptor]
 */
#pragma once
#pragma GCC system_header

#include <wdm.h>
#include <hidusage.h>
#include <hidclass.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _HID_MINIDRIVER_REGISTRATION {
    ULONG Revision;
    PDRIVER_OBJECT DriverObject;
    PUNICODE_STRING RegistryPath;
    ULONG DeviceExtensionSize;
    BOOLEAN DevicesArePolled;
    UCHAR Reserved[3];
} HID_MINIDRIVER_REGISTRATION, *PHID_MINIDRIVER_REGISTRATION;

typedef struct _HID_DEVICE_EXTENSION {
    PDEVICE_OBJECT PhysicalDeviceObject;
    PDEVICE_OBJECT NextDeviceObject;
    PVOID MiniDeviceExtension;
} HID_DEVICE_EXTENSION, *PHID_DEVICE_EXTENSION;

typedef struct _HID_DEVICE_ATTRIBUTES {
    ULONG Size;
    USHORT VendorID;
    USHORT ProductID;
    USHORT VersionNumber;
    USHORT Reserved[11];
} HID_DEVICE_ATTRIBUTES, *PHID_DEVICE_ATTRIBUTES;

#pragma pack(push, 1)
typedef struct _HID_DESCRIPTOR {
    UCHAR bLength;
    UCHAR bDescriptorType;
    USHORT bcdHID;
    UCHAR bCountry;
    UCHAR bNumDescriptors;
    struct _HID_DESCRIPTOR_DESC_LIST {
        UCHAR bReportType;
        USHORT wReportLength;
    } DescriptorList[1];
} HID_DESCRIPTOR, *PHID_DESCRIPTOR;
#pragma pack(pop)

typedef VOID (*HID_SEND_IDLE_CALLBACK)(PVOID Context);
typedef struct _HID_SUBMIT_IDLE_NOTIFICATION_CALLBACK_INFO {
    HID_SEND_IDLE_CALLBACK IdleCallback;
    PVOID IdleContext;
} HID_SUBMIT_IDLE_NOTIFICATION_CALLBACK_INFO, *PHID_SUBMIT_IDLE_NOTIFICATION_CALLBACK_INFO;

#define HID_REVISION 1
#define HID_HID_DESCRIPTOR_TYPE 0x21
#define HID_REPORT_DESCRIPTOR_TYPE 0x22
#define HID_PHYSICAL_DESCRIPTOR_TYPE 0x23

#ifndef HID_STRING_ID_IMANUFACTURER
#define HID_STRING_ID_IMANUFACTURER 14
#define HID_STRING_ID_IPRODUCT 15
#define HID_STRING_ID_ISERIALNUMBER 16
#endif

#define HID_PORT_CODE(Function) CTL_CODE(FILE_DEVICE_KEYBOARD, (Function), METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_HID_GET_DEVICE_DESCRIPTOR HID_PORT_CODE(0)
#define IOCTL_HID_GET_REPORT_DESCRIPTOR HID_PORT_CODE(1)
#define IOCTL_HID_READ_REPORT HID_PORT_CODE(2)
#define IOCTL_HID_WRITE_REPORT HID_PORT_CODE(3)
#define IOCTL_HID_GET_STRING HID_PORT_CODE(4)
#define IOCTL_HID_ACTIVATE_DEVICE HID_PORT_CODE(7)
#define IOCTL_HID_DEACTIVATE_DEVICE HID_PORT_CODE(8)
#define IOCTL_HID_GET_DEVICE_ATTRIBUTES HID_PORT_CODE(9)
#define IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST HID_PORT_CODE(10)
/* The same as the codes of <hidclass.h> without UMDF in their names, for drivers that cannot see kernel addresses. */
#define IOCTL_UMDF_HID_SET_FEATURE HID_PORT_CODE(20)
#define IOCTL_UMDF_HID_GET_FEATURE HID_PORT_CODE(21)
#define IOCTL_UMDF_HID_SET_OUTPUT_REPORT HID_PORT_CODE(22)
#define IOCTL_UMDF_HID_GET_INPUT_REPORT HID_PORT_CODE(23)
#define IOCTL_UMDF_GET_PHYSICAL_DESCRIPTOR HID_PORT_CODE(24)

NTSTATUS NTAPI HidRegisterMinidriver(PHID_MINIDRIVER_REGISTRATION MinidriverRegistration);

#ifdef __cplusplus
}
#endif
