/*
 * usbd: the library that USB client drivers import: parsing of configurations (descriptors.c),
 * requests that select (select.c), a client's handle and its URBs (handle.c). Prototypes that
 * <usbdlib.h> declares as imports are repeated here without that; the contracts are those of the
 * documentation's pages of the same names.
 */
#pragma once

#define _USBD_ /* no imports of what is defined here */
#include <ntddk.h>
#include <usb.h>
#include <usbdlib.h>

#include "../pool.h"

#define USBD_TAG 'dbsU'

/* ---- descriptors.c: any IRQL at which the descriptors are there ---- */
PUSB_COMMON_DESCRIPTOR NTAPI USBD_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength,
                                                   PVOID StartPosition, LONG DescriptorType);
PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptorEx(
    PUSB_CONFIGURATION_DESCRIPTOR Configuration, PVOID StartPosition, LONG InterfaceNumber,
    LONG AlternateSetting, LONG InterfaceClass, LONG InterfaceSubClass, LONG InterfaceProtocol);
PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptor(
    PUSB_CONFIGURATION_DESCRIPTOR Configuration, UCHAR InterfaceNumber, UCHAR AlternateSetting);
ULONG NTAPI USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR Interface, PUCHAR BufferEnd);
USBD_STATUS NTAPI USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                                       ULONG BufferLength, USHORT Level,
                                                       PUCHAR *Offset, ULONG Tag);

/* ---- select.c: <= DISPATCH_LEVEL; URBs of pool that the caller frees ---- */
PURB NTAPI USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                             PUSBD_INTERFACE_LIST_ENTRY InterfaceList);
PURB NTAPI USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                           PUSHORT Size);
VOID NTAPI USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION Version);
NTSTATUS NTAPI USBD_GetPdoRegistryParameter(PDEVICE_OBJECT Pdo, PVOID Parameter,
                                            ULONG ParameterLength, PWSTR KeyName,
                                            ULONG KeyNameLength); /* PASSIVE_LEVEL */
/* Of pool with Tag, for the interfaces of a list; each entry gets its place in it. NULL: no memory,
 * or too many. */
PURB UsbdMakeSelectConfiguration(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                 PUSBD_INTERFACE_LIST_ENTRY InterfaceList, ULONG Tag);
PURB UsbdMakeSelectInterface(USBD_CONFIGURATION_HANDLE Configuration,
                             PUSBD_INTERFACE_LIST_ENTRY Entry, ULONG Tag);
