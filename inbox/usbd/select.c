/*
 * Requests that select a configuration or a setting, and what a client asks of the library itself
 * [doc: USBD_CreateConfigurationRequestEx; USBD_GetPdoRegistryParameter].
 */
#include "usbd.h"

/* ---- URBs ---- */

static PUSBD_INTERFACE_INFORMATION UsbdFillInterface(PUSBD_INTERFACE_INFORMATION Info,
                                                     PUSBD_INTERFACE_LIST_ENTRY Entry)
{
    PUSB_INTERFACE_DESCRIPTOR Descriptor = Entry->InterfaceDescriptor;

    Entry->Interface = Info;
    Info->Length = (USHORT)GET_USBD_INTERFACE_SIZE(Descriptor->bNumEndpoints);
    Info->InterfaceNumber = Descriptor->bInterfaceNumber;
    Info->AlternateSetting = Descriptor->bAlternateSetting;
    Info->NumberOfPipes = Descriptor->bNumEndpoints;
    for (ULONG i = 0; i < Info->NumberOfPipes; i++)
        Info->Pipes[i].MaximumTransferSize = USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE;
    return (PUSBD_INTERFACE_INFORMATION)((PUCHAR)Info + Info->Length);
}

static PURB UsbdAllocate(SIZE_T Bytes, USHORT Function, ULONG Tag)
{
    PURB Urb = Bytes <= MAXUSHORT ? ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, Tag) : NULL;

    if (Urb == NULL)
        return NULL;
    Urb->UrbHeader.Length = (USHORT)Bytes;
    Urb->UrbHeader.Function = Function;
    return Urb;
}

PURB UsbdMakeSelectConfiguration(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                 PUSBD_INTERFACE_LIST_ENTRY List, ULONG Tag)
{
    SIZE_T Bytes = FIELD_OFFSET(struct _URB_SELECT_CONFIGURATION, Interface);
    PUSBD_INTERFACE_INFORMATION Info;
    PURB Urb;

    for (ULONG i = 0; List[i].InterfaceDescriptor != NULL; i++)
        Bytes += GET_USBD_INTERFACE_SIZE(List[i].InterfaceDescriptor->bNumEndpoints);
    Urb = UsbdAllocate(max(Bytes, sizeof(struct _URB_SELECT_CONFIGURATION)),
                       URB_FUNCTION_SELECT_CONFIGURATION, Tag);
    if (Urb == NULL)
        return NULL;
    Urb->UrbSelectConfiguration.ConfigurationDescriptor = Configuration;
    Info = &Urb->UrbSelectConfiguration.Interface;
    for (ULONG i = 0; List[i].InterfaceDescriptor != NULL; i++)
        Info = UsbdFillInterface(Info, &List[i]);
    return Urb;
}

PURB UsbdMakeSelectInterface(USBD_CONFIGURATION_HANDLE Configuration,
                             PUSBD_INTERFACE_LIST_ENTRY Entry, ULONG Tag)
{
    SIZE_T Bytes = FIELD_OFFSET(struct _URB_SELECT_INTERFACE, Interface) +
                   GET_USBD_INTERFACE_SIZE(Entry->InterfaceDescriptor->bNumEndpoints);
    PURB Urb = UsbdAllocate(max(Bytes, sizeof(struct _URB_SELECT_INTERFACE)),
                            URB_FUNCTION_SELECT_INTERFACE, Tag);

    if (Urb == NULL)
        return NULL;
    Urb->UrbSelectInterface.ConfigurationHandle = Configuration;
    UsbdFillInterface(&Urb->UrbSelectInterface.Interface, Entry);
    return Urb;
}

PURB NTAPI USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                             PUSBD_INTERFACE_LIST_ENTRY List)
{
    return UsbdMakeSelectConfiguration(Configuration, List, USBD_TAG);
}

/* Each interface with its setting 0, in the order of the descriptors. */
PURB NTAPI USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                           PUSHORT Size)
{
    PUSBD_INTERFACE_LIST_ENTRY List = ExAllocatePool2(
        POOL_FLAG_NON_PAGED, (Configuration->bNumInterfaces + 1u) * sizeof(*List), USBD_TAG);
    PUCHAR At = (PUCHAR)Configuration;
    PURB Urb;

    *Size = 0;
    if (List == NULL)
        return NULL;
    for (ULONG i = 0; i < Configuration->bNumInterfaces; i++) {
        List[i].InterfaceDescriptor =
            USBD_ParseConfigurationDescriptorEx(Configuration, At, -1, 0, -1, -1, -1);
        if (List[i].InterfaceDescriptor == NULL)
            break;
        At = (PUCHAR)List[i].InterfaceDescriptor + List[i].InterfaceDescriptor->bLength;
    }
    Urb = UsbdMakeSelectConfiguration(Configuration, List, USBD_TAG);
    ExFreePoolWithTag(List, USBD_TAG);
    if (Urb != NULL)
        *Size = Urb->UrbHeader.Length;
    return Urb;
}

/* ---- the library and the registry ---- */

VOID NTAPI USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION Version)
{
    Version->USBDI_Version = USBDI_VERSION;
    Version->Supported_USB_Version = 0x200;
}

/* A value of the device's hardware key; KeyNameLength is the name's in bytes, its terminator
 * included or not. */
NTSTATUS NTAPI USBD_GetPdoRegistryParameter(PDEVICE_OBJECT Pdo, PVOID Parameter,
                                            ULONG ParameterLength, PWSTR KeyName,
                                            ULONG KeyNameLength)
{
    ULONG Bytes = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + ParameterLength;
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    UNICODE_STRING Name = { 0, (USHORT)KeyNameLength, KeyName };
    HANDLE Key;
    NTSTATUS Status = IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Key);

    if (!NT_SUCCESS(Status))
        return Status;
    while (Name.Length + sizeof(WCHAR) <= KeyNameLength &&
           KeyName[Name.Length / sizeof(WCHAR)] != L'\0')
        Name.Length += sizeof(WCHAR);
    Info = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, USBD_TAG);
    Status = Info != NULL
                 ? ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Info, Bytes, &Bytes)
                 : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status))
        RtlCopyMemory(Parameter, Info->Data, Info->DataLength);
    if (Info != NULL)
        ExFreePoolWithTag(Info, USBD_TAG);
    ZwClose(Key);
    return Status;
}
