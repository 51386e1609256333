/*
 * Descriptors: searches in what a device says of a configuration, and its validation in three
 * levels [doc: USBD_ParseDescriptors; USBD_ValidateConfigurationDescriptor]. A search stops at a
 * descriptor that is malformed. Which status goes with which defect is told by the statuses' names
 * alone [guess].
 */
#include "usbd.h"

/* The descriptor at At, when it lies before End as a whole; else NULL. */
static PUSB_COMMON_DESCRIPTOR UsbdAt(PUCHAR At, PUCHAR End)
{
    PUSB_COMMON_DESCRIPTOR One = (PUSB_COMMON_DESCRIPTOR)At;

    if (At >= End || (SIZE_T)(End - At) < sizeof(*One) || One->bLength < sizeof(*One) ||
        One->bLength > End - At)
        return NULL;
    return One;
}

PUSB_COMMON_DESCRIPTOR NTAPI USBD_ParseDescriptors(PVOID Buffer, ULONG TotalLength,
                                                   PVOID StartPosition, LONG Type)
{
    PUCHAR End = (PUCHAR)Buffer + TotalLength, At = StartPosition;
    PUSB_COMMON_DESCRIPTOR One;

    while ((One = UsbdAt(At, End)) != NULL) {
        if (One->bDescriptorType == Type)
            return One;
        At += One->bLength;
    }
    return NULL;
}

/* The first one of an interface at or after At; a shorter one than the type's is none. */
static PUSB_INTERFACE_DESCRIPTOR UsbdNextInterface(PUCHAR At, PUCHAR End)
{
    PUSB_COMMON_DESCRIPTOR One;

    for (; (One = UsbdAt(At, End)) != NULL; At += One->bLength)
        if (One->bDescriptorType == USB_INTERFACE_DESCRIPTOR_TYPE &&
            One->bLength >= sizeof(USB_INTERFACE_DESCRIPTOR))
            return (PUSB_INTERFACE_DESCRIPTOR)One;
    return NULL;
}

static BOOLEAN UsbdIsWanted(LONG Wanted, UCHAR Value)
{
    return Wanted == -1 || Wanted == Value;
}

PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptorEx(
    PUSB_CONFIGURATION_DESCRIPTOR Configuration, PVOID StartPosition, LONG Number, LONG Setting,
    LONG Class, LONG SubClass, LONG Protocol)
{
    PUCHAR End = (PUCHAR)Configuration + Configuration->wTotalLength, At = StartPosition;
    PUSB_INTERFACE_DESCRIPTOR One;

    for (; (One = UsbdNextInterface(At, End)) != NULL; At = (PUCHAR)One + One->bLength)
        if (UsbdIsWanted(Number, One->bInterfaceNumber) &&
            UsbdIsWanted(Setting, One->bAlternateSetting) &&
            UsbdIsWanted(Class, One->bInterfaceClass) &&
            UsbdIsWanted(SubClass, One->bInterfaceSubClass) &&
            UsbdIsWanted(Protocol, One->bInterfaceProtocol))
            return One;
    return NULL;
}

PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptor(
    PUSB_CONFIGURATION_DESCRIPTOR Configuration, UCHAR Number, UCHAR Setting)
{
    return USBD_ParseConfigurationDescriptorEx(Configuration, Configuration, Number, Setting, -1,
                                               -1, -1);
}

ULONG NTAPI USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR Interface, PUCHAR BufferEnd)
{
    PUCHAR At = (PUCHAR)Interface + Interface->bLength;
    PUSB_COMMON_DESCRIPTOR One;

    while ((One = UsbdAt(At, BufferEnd)) != NULL &&
           One->bDescriptorType != USB_INTERFACE_DESCRIPTOR_TYPE)
        At += One->bLength;
    return (ULONG)(At - (PUCHAR)Interface);
}

/* ---- validation ---- */

typedef struct _USBD_CHECK {
    PUSB_CONFIGURATION_DESCRIPTOR Configuration;
    PUCHAR End;
    USHORT Level;
    PUCHAR At;                           /* where it is, or has failed */
    PUSB_INTERFACE_DESCRIPTOR Interface; /* the last one; NULL before the first */
    ULONG Interfaces;                    /* numbers, not settings */
    ULONG Endpoints;                     /* of Interface */
} USBD_CHECK;

static USBD_STATUS UsbdCheckHeader(const USB_CONFIGURATION_DESCRIPTOR *Configuration,
                                   ULONG BufferLength, USHORT Level)
{
    if (BufferLength < sizeof(*Configuration) || Configuration->bLength < sizeof(*Configuration) ||
        (Level == 3 && Configuration->bLength != sizeof(*Configuration)))
        return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
    if (Configuration->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE)
        return USBD_STATUS_BAD_DESCRIPTOR_TYPE;
    if (Configuration->wTotalLength < Configuration->bLength ||
        Configuration->wTotalLength > BufferLength)
        return USBD_STATUS_BAD_CONFIG_DESC_LENGTH;
    return USBD_STATUS_SUCCESS;
}

/* The last interface has all of its endpoints. */
static USBD_STATUS UsbdCheckEndpointCount(const USBD_CHECK *Check)
{
    return Check->Level == 3 && Check->Interface != NULL &&
                   Check->Endpoints != Check->Interface->bNumEndpoints
               ? USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS
               : USBD_STATUS_SUCCESS;
}

static USBD_STATUS UsbdCheckInterface(USBD_CHECK *Check, PUSB_INTERFACE_DESCRIPTOR Interface)
{
    PUSB_INTERFACE_DESCRIPTOR Before = Check->Interface;
    USBD_STATUS Status;

    if (Interface->bLength < sizeof(*Interface) ||
        (Check->Level == 3 && Interface->bLength != sizeof(*Interface)))
        return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    Status = UsbdCheckEndpointCount(Check);
    if (!USBD_SUCCESS(Status))
        return Status;
    if (USBD_ParseConfigurationDescriptor(Check->Configuration, Interface->bInterfaceNumber,
                                          Interface->bAlternateSetting) != Interface)
        return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR; /* the same setting has come before */
    if (Check->Level == 3 && Before != NULL &&
        Interface->bInterfaceNumber != Before->bInterfaceNumber &&
        Interface->bInterfaceNumber != Before->bInterfaceNumber + 1)
        return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    if (USBD_ParseConfigurationDescriptorEx(Check->Configuration, Check->Configuration,
                                            Interface->bInterfaceNumber, -1, -1, -1,
                                            -1) == Interface)
        Check->Interfaces++;
    Check->Interface = Interface;
    Check->Endpoints = 0;
    return USBD_STATUS_SUCCESS;
}

/* Has the interface named the address before? */
static BOOLEAN UsbdIsAddressTaken(const USBD_CHECK *Check, const USB_ENDPOINT_DESCRIPTOR *Endpoint)
{
    PUCHAR At = (PUCHAR)Check->Interface + Check->Interface->bLength;

    for (; At < (PUCHAR)Endpoint; At += *At)
        if (((PUSB_COMMON_DESCRIPTOR)At)->bDescriptorType == USB_ENDPOINT_DESCRIPTOR_TYPE &&
            ((PUSB_ENDPOINT_DESCRIPTOR)At)->bEndpointAddress == Endpoint->bEndpointAddress)
            return TRUE;
    return FALSE;
}

#define USBD_AUDIO_ENDPOINT_BYTES                                                                  \
    9u /* with the fields of the audio class [doc: USB specification for audio devices] */

static USBD_STATUS UsbdCheckEndpoint(USBD_CHECK *Check, const USB_ENDPOINT_DESCRIPTOR *Endpoint)
{
    if (Check->Interface == NULL || Endpoint->bLength < sizeof(*Endpoint) ||
        (Check->Level == 3 && Endpoint->bLength != sizeof(*Endpoint) &&
         Endpoint->bLength != USBD_AUDIO_ENDPOINT_BYTES))
        return USBD_STATUS_BAD_ENDPOINT_DESCRIPTOR;
    if ((Endpoint->bEndpointAddress & 0x0F) == 0 || (Endpoint->bEndpointAddress & 0x70) != 0 ||
        UsbdIsAddressTaken(Check, Endpoint))
        return USBD_STATUS_BAD_ENDPOINT_ADDRESS;
    Check->Endpoints++;
    return USBD_STATUS_SUCCESS;
}

static USBD_STATUS UsbdCheckAll(USBD_CHECK *Check)
{
    USBD_STATUS Status = USBD_STATUS_SUCCESS;
    PUSB_COMMON_DESCRIPTOR One;

    Check->At = (PUCHAR)Check->Configuration + Check->Configuration->bLength;
    while (USBD_SUCCESS(Status) && Check->At != Check->End) {
        One = UsbdAt(Check->At, Check->End);
        if (One == NULL)
            return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
        if (One->bDescriptorType == USB_INTERFACE_DESCRIPTOR_TYPE)
            Status = UsbdCheckInterface(Check, (PUSB_INTERFACE_DESCRIPTOR)One);
        else if (One->bDescriptorType == USB_ENDPOINT_DESCRIPTOR_TYPE)
            Status = UsbdCheckEndpoint(Check, (PUSB_ENDPOINT_DESCRIPTOR)One);
        if (USBD_SUCCESS(Status))
            Check->At += One->bLength;
    }
    if (!USBD_SUCCESS(Status))
        return Status;
    Check->At = (PUCHAR)Check->Configuration;
    if (Check->Interfaces != Check->Configuration->bNumInterfaces)
        return USBD_STATUS_BAD_NUMBER_OF_INTERFACES;
    return UsbdCheckEndpointCount(Check);
}

USBD_STATUS NTAPI USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR Configuration,
                                                       ULONG BufferLength, USHORT Level,
                                                       PUCHAR *Offset, ULONG Tag)
{
    USBD_CHECK Check = { .Configuration = Configuration,
                         .Level = Level,
                         .At = (PUCHAR)Configuration };
    USBD_STATUS Status;

    UNREFERENCED_PARAMETER(Tag); /* nothing is allocated */
    if (Level < 1 || Level > 3) {
        *Offset = Check.At;
        return USBD_STATUS_INVALID_PARAMETER;
    }
    Status = UsbdCheckHeader(Configuration, BufferLength, Level);
    if (USBD_SUCCESS(Status) && Level > 1) {
        Check.End = (PUCHAR)Configuration + Configuration->wTotalLength;
        Status = UsbdCheckAll(&Check);
    }
    if (!USBD_SUCCESS(Status))
        *Offset = Check.At;
    return Status;
}
