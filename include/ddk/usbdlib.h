/* <usbdlib.h>: mingw-w64's, with the contract version that clients of the newer USB driver stack
 * name. */
#pragma once
#pragma GCC system_header

#include <wdm.h>
#include <usb.h>
#include_next <usbdlib.h>

#ifndef USBD_CLIENT_CONTRACT_VERSION_602
#define USBD_CLIENT_CONTRACT_VERSION_602 0x602
#define USBD_INTERFACE_VERSION_602 0x602
#endif

/* ---- what clients of the newer stack call, and mingw-w64 lacks; none needs USBD_* to be declared
 * as imported ---- */
DECLARE_HANDLE(USBD_HANDLE);
#ifndef USBD_CLIENT_CONTRACT_VERSION_INVALID
#define USBD_CLIENT_CONTRACT_VERSION_INVALID 0xFFFFFFFF
#endif

#ifdef __cplusplus
extern "C" {
#endif

NTSTATUS NTAPI USBD_CreateHandle(PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT TargetDeviceObject,
                                 ULONG USBDClientContractVersion, ULONG PoolTag,
                                 USBD_HANDLE *USBDHandle);
VOID NTAPI USBD_CloseHandle(USBD_HANDLE USBDHandle);
NTSTATUS NTAPI USBD_QueryUsbCapability(USBD_HANDLE USBDHandle, const GUID *CapabilityType,
                                       ULONG OutputBufferLength, PUCHAR OutputBuffer,
                                       PULONG ResultLength);
NTSTATUS NTAPI USBD_UrbAllocate(USBD_HANDLE USBDHandle, PURB *Urb);
NTSTATUS NTAPI USBD_IsochUrbAllocate(USBD_HANDLE USBDHandle, ULONG NumberOfIsochPackets, PURB *Urb);
NTSTATUS NTAPI USBD_SelectConfigUrbAllocateAndBuild(
    USBD_HANDLE USBDHandle, PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
    PUSBD_INTERFACE_LIST_ENTRY InterfaceList, PURB *Urb);
NTSTATUS NTAPI USBD_SelectInterfaceUrbAllocateAndBuild(
    USBD_HANDLE USBDHandle, USBD_CONFIGURATION_HANDLE ConfigurationHandle,
    PUSBD_INTERFACE_LIST_ENTRY InterfaceListEntry, PURB *Urb);
VOID NTAPI USBD_UrbFree(USBD_HANDLE USBDHandle, PURB Urb);
VOID NTAPI USBD_AssignUrbToIoStackLocation(USBD_HANDLE USBDHandle,
                                           PIO_STACK_LOCATION IoStackLocation, PURB Urb);

#ifdef __cplusplus
}
#endif
