/*
 * A client's handle, and URBs that are allocated by it [doc: Allocating and Building URBs;
 * USBD_CreateHandle]. The stack below may be any that answers URBs: there is no registration with
 * it, so it knows no capabilities and no context of its own in a URB. On Windows these routines are
 * in a library that is linked into the driver.
 */
#include "usbd.h"

#define USBD_SIGNATURE 'HdbU'

typedef struct _USBD_CLIENT {
    ULONG Signature, Tag;
    PDEVICE_OBJECT Device, Target;
} USBD_CLIENT;

static USBD_CLIENT *UsbdClient(USBD_HANDLE Handle)
{
    USBD_CLIENT *Client = (USBD_CLIENT *)Handle;

    return Client != NULL && Client->Signature == USBD_SIGNATURE ? Client : NULL;
}

NTSTATUS NTAPI USBD_CreateHandle(PDEVICE_OBJECT Device, PDEVICE_OBJECT Target, ULONG Version,
                                 ULONG Tag, USBD_HANDLE *Handle)
{
    USBD_CLIENT *Client;

    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (Device == NULL || Target == NULL || Handle == NULL ||
        Version != USBD_CLIENT_CONTRACT_VERSION_602 || Tag == 0)
        return STATUS_INVALID_PARAMETER;
    *Handle = NULL;
    Client = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Client), Tag);
    if (Client == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Client->Signature = USBD_SIGNATURE;
    Client->Tag = Tag;
    Client->Device = Device;
    Client->Target = Target;
    *Handle = (USBD_HANDLE)Client;
    return STATUS_SUCCESS;
}

VOID NTAPI USBD_CloseHandle(USBD_HANDLE Handle)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client == NULL)
        return;
    Client->Signature = 0;
    ExFreePoolWithTag(Client, Client->Tag);
}

NTSTATUS NTAPI USBD_QueryUsbCapability(USBD_HANDLE Handle, const GUID *Capability, ULONG Length,
                                       PUCHAR Buffer, PULONG ResultLength)
{
    if (ResultLength != NULL)
        *ResultLength = 0;
    if (UsbdClient(Handle) == NULL || Capability == NULL || (Buffer == NULL) != (Length == 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_NOT_IMPLEMENTED;
}

static NTSTATUS UsbdGive(PURB Made, PURB *Urb)
{
    *Urb = Made;
    return Made != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI USBD_UrbAllocate(USBD_HANDLE Handle, PURB *Urb)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    return UsbdGive(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(**Urb), Client->Tag), Urb);
}

NTSTATUS NTAPI USBD_IsochUrbAllocate(USBD_HANDLE Handle, ULONG Packets, PURB *Urb)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    *Urb = NULL;
    if (Packets == 0 || Packets > (MAXUSHORT - sizeof(URB)) / sizeof(USBD_ISO_PACKET_DESCRIPTOR))
        return STATUS_INVALID_PARAMETER;
    return UsbdGive(ExAllocatePool2(POOL_FLAG_NON_PAGED,
                                    max(sizeof(URB), GET_ISO_URB_SIZE(Packets)), Client->Tag),
                    Urb);
}

NTSTATUS NTAPI USBD_SelectConfigUrbAllocateAndBuild(USBD_HANDLE Handle,
                                                    PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                                    PUSBD_INTERFACE_LIST_ENTRY List, PURB *Urb)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client == NULL || Configuration == NULL || List == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    return UsbdGive(UsbdMakeSelectConfiguration(Configuration, List, Client->Tag), Urb);
}

NTSTATUS NTAPI USBD_SelectInterfaceUrbAllocateAndBuild(USBD_HANDLE Handle,
                                                       USBD_CONFIGURATION_HANDLE Configuration,
                                                       PUSBD_INTERFACE_LIST_ENTRY Entry, PURB *Urb)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client == NULL || Configuration == NULL || Entry == NULL ||
        Entry->InterfaceDescriptor == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    return UsbdGive(UsbdMakeSelectInterface(Configuration, Entry, Client->Tag), Urb);
}

VOID NTAPI USBD_UrbFree(USBD_HANDLE Handle, PURB Urb)
{
    USBD_CLIENT *Client = UsbdClient(Handle);

    if (Client != NULL && Urb != NULL)
        ExFreePoolWithTag(Urb, Client->Tag);
}

VOID NTAPI USBD_AssignUrbToIoStackLocation(USBD_HANDLE Handle, PIO_STACK_LOCATION Stack, PURB Urb)
{
    UNREFERENCED_PARAMETER(Handle);
    Stack->Parameters.Others.Argument1 = Urb;
}
