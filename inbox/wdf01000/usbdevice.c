/*
 * WDFUSBDEVICE: creation with the device's descriptors, strings, control transfers, URBs, the port
 * [doc: USB I/O Targets; WdfUsbTargetDeviceCreateWithParameters]. The stack below is whatever
 * answers URBs and IOCTL_INTERNAL_USB_* codes; its bus interface is used where it has one. Left
 * out: registration with the stack's own client interface, so no capability of it is known.
 */
#include <ntddk.h>
#include <initguid.h>

#include "usbtarget.h"

#define FX_STRING_BYTES 254u /* the longest string descriptor of whole characters */

/* ---- life ---- */

static VOID FxUsbDestroy(FX_OBJECT *Object)
{
    FX_USB_DEVICE *Usb = (FX_USB_DEVICE *)Object;

    if (Usb->Bus.Size != 0)
        Usb->Bus.InterfaceDereference(Usb->Bus.BusContext);
    FxFree(Usb->Config);
    FxFree(Usb->Interface);
    FxTargetDestroy(Object);
}

static const FX_CLASS FxUsbDeviceClass = {
    .Type = FxTypeUsbDevice,
    .Base = FxTypeTarget,
    .Name = "WDFUSBDEVICE",
    .Size = sizeof(FX_USB_DEVICE),
    .Dispose = FxTargetDispose,
    .Destroy = FxUsbDestroy,
    .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE,
};

/* A descriptor of the device's into Buffer; Bytes: how many there are. */
static NTSTATUS FxUsbGetDescriptor(FX_USB_DEVICE *Usb, UCHAR Type, PVOID Buffer, ULONG Length,
                                   PULONG Bytes)
{
    struct _URB_CONTROL_DESCRIPTOR_REQUEST *Get;
    FX_REQUEST *Request;
    FX_SEND *Send;
    NTSTATUS Status =
        FxSynchronousRequest(&Usb->Target.Object.Globals->Public, &Usb->Target, NULL, &Request);

    *Bytes = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    Get = FxAllocate(Usb->Target.Object.Globals, sizeof(*Get));
    if (Get == NULL) {
        FxSynchronousEnd(Request, TRUE);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Get->Hdr.Length = sizeof(*Get);
    Get->Hdr.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;
    Get->DescriptorType = Type;
    Get->TransferBuffer = Buffer;
    Get->TransferBufferLength = Length;
    Status = FxUsbFormatCode(&Usb->Target, Request, IOCTL_INTERNAL_USB_SUBMIT_URB, Get,
                             WdfUsbRequestTypeDeviceUrb, &Send);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, &Usb->Target, NULL);
    if (NT_SUCCESS(Status) &&
        (!USBD_SUCCESS(Get->Hdr.Status) || Get->TransferBufferLength > Length))
        Status = STATUS_UNSUCCESSFUL;
    if (NT_SUCCESS(Status))
        *Bytes = Get->TransferBufferLength;
    FxFree(Get);
    FxSynchronousEnd(Request, TRUE);
    return Status;
}

static NTSTATUS FxUsbReadDescriptors(FX_USB_DEVICE *Usb)
{
    FX_GLOBALS *Globals = Usb->Target.Object.Globals;
    USB_CONFIGURATION_DESCRIPTOR Header;
    ULONG Bytes;
    NTSTATUS Status = FxUsbGetDescriptor(Usb, USB_DEVICE_DESCRIPTOR_TYPE, &Usb->Descriptor,
                                         sizeof(Usb->Descriptor), &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Bytes < sizeof(Usb->Descriptor) || Usb->Descriptor.bLength < sizeof(Usb->Descriptor))
        return FxMistake(Globals, STATUS_UNSUCCESSFUL, "a USB device descriptor of %u bytes",
                         Bytes);
    Status =
        FxUsbGetDescriptor(Usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, &Header, sizeof(Header), &Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Bytes < sizeof(Header) || Header.wTotalLength < sizeof(Header))
        return FxMistake(Globals, STATUS_UNSUCCESSFUL, "a USB configuration descriptor of %u bytes",
                         Bytes);
    Usb->Config = FxAllocate(Globals, Header.wTotalLength);
    if (Usb->Config == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxUsbGetDescriptor(Usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, Usb->Config,
                                Header.wTotalLength, &Bytes);
    if (NT_SUCCESS(Status) &&
        (Bytes != Header.wTotalLength || !FxUsbIsConfiguration(Usb->Config, Bytes)))
        Status = FxMistake(Globals, STATUS_UNSUCCESSFUL,
                           "a malformed USB configuration of %u bytes", Bytes);
    return Status;
}

static VOID FxUsbQueryBus(FX_USB_DEVICE *Usb)
{
    NTSTATUS Status = imp_WdfIoTargetQueryForInterface(
        &Usb->Target.Object.Globals->Public, FX_HANDLE(WDFIOTARGET, Usb),
        &USB_BUS_INTERFACE_USBDI_GUID, (PINTERFACE)&Usb->Bus, sizeof(Usb->Bus),
        USB_BUSIF_USBDI_VERSION_1, NULL);

    if (!NT_SUCCESS(Status))
        RtlZeroMemory(&Usb->Bus,
                      sizeof(Usb->Bus)); /* a stack without it tells neither speed nor frames */
}

static NTSTATUS FxUsbCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                            ULONG Contract, PWDF_OBJECT_ATTRIBUTES Attributes, WDFUSBDEVICE *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_USB_DEVICE *Usb;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (NT_SUCCESS(Status) && Device->Attached == NULL)
        Status =
            FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "no USB stack is below this device");
    if (NT_SUCCESS(Status))
        Status = FxTargetCreate(Device, &FxUsbDeviceClass, &Device->Object, Attributes,
                                WdfIoTargetStarted, (FX_TARGET **)&Usb);
    if (!NT_SUCCESS(Status))
        return Status;
    FxTargetAimDown(&Usb->Target);
    Usb->Contract = Contract;
    Status = FxUsbReadDescriptors(Usb);
    if (NT_SUCCESS(Status)) {
        FxUsbQueryBus(Usb);
        Status = FxUsbMakeInterfaces(Usb);
    }
    if (NT_SUCCESS(Status))
        Status = FxObjectCommit(&Usb->Target.Object);
    if (!NT_SUCCESS(Status)) {
        for (ULONG i = 0; i < Usb->InterfaceCount; i++)
            FxObjectDelete(&Usb->Interface[i]->Object);
        FxObjectAbandon(&Usb->Target.Object);
        return Status;
    }
    FxTargetEnlist(&Usb->Target);
    *Handle = FX_HANDLE(WDFUSBDEVICE, Usb);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfUsbTargetDeviceCreate);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                            PWDF_OBJECT_ATTRIBUTES Attributes, WDFUSBDEVICE *Usb)
{
    return FxUsbCreate(DriverGlobals, Device, 0, Attributes, Usb);
}

WDF_DDI(WdfUsbTargetDeviceCreateWithParameters);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceCreateWithParameters(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                          WDFDEVICE Device,
                                                          PWDF_USB_DEVICE_CREATE_CONFIG Config,
                                                          PWDF_OBJECT_ATTRIBUTES Attributes,
                                                          WDFUSBDEVICE *Usb)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_USB_DEVICE_CREATE_CONFIG Given;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Config);
    Status =
        FxCaptureConfig(Globals, "WDF_USB_DEVICE_CREATE_CONFIG", &Given, sizeof(Given), Config);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Given.USBDClientContractVersion != USBD_CLIENT_CONTRACT_VERSION_602)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "USBDClientContractVersion 0x%x",
                         Given.USBDClientContractVersion);
    return FxUsbCreate(DriverGlobals, Device, Given.USBDClientContractVersion, Attributes, Usb);
}

/* ---- what it is ---- */

WDF_DDI(WdfUsbTargetDeviceRetrieveInformation);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceRetrieveInformation(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBDEVICE Handle,
                                                         PWDF_USB_DEVICE_INFORMATION Information)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Information);
    if (!FxSizeIsKnown(Globals, "WDF_USB_DEVICE_INFORMATION", Information->Size))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH,
                         "WDF_USB_DEVICE_INFORMATION size 0x%x", Information->Size);
    RtlZeroMemory(&Information->UsbdVersionInformation,
                  sizeof(Information->UsbdVersionInformation));
    Information->HcdPortCapabilities = 0;
    Information->Traits = 0;
    if (Usb->Config->bmAttributes & USB_CONFIG_SELF_POWERED)
        Information->Traits |= WDF_USB_DEVICE_TRAIT_SELF_POWERED;
    if (Usb->Config->bmAttributes & USB_CONFIG_REMOTE_WAKEUP)
        Information->Traits |= WDF_USB_DEVICE_TRAIT_REMOTE_WAKE_CAPABLE;
    if (Usb->Bus.Size == 0)
        return STATUS_SUCCESS;
    Usb->Bus.GetUSBDIVersion(Usb->Bus.BusContext, &Information->UsbdVersionInformation,
                             &Information->HcdPortCapabilities);
    if (Usb->Bus.IsDeviceHighSpeed(Usb->Bus.BusContext))
        Information->Traits |= WDF_USB_DEVICE_TRAIT_AT_HIGH_SPEED;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfUsbTargetDeviceGetDeviceDescriptor);
VOID NTAPI imp_WdfUsbTargetDeviceGetDeviceDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFUSBDEVICE Handle,
                                                     PUSB_DEVICE_DESCRIPTOR Descriptor)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    *Descriptor = Usb->Descriptor;
}

WDF_DDI(WdfUsbTargetDeviceRetrieveConfigDescriptor);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceRetrieveConfigDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                              WDFUSBDEVICE Handle, PVOID Config,
                                                              PUSHORT Length)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    USHORT Given, Whole = Usb->Config->wTotalLength;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Length);
    Given = Config != NULL ? *Length : 0;
    *Length = Whole;
    if (Config != NULL)
        RtlCopyMemory(Config, Usb->Config, min(Given, Whole));
    return Given < Whole ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

WDF_DDI(WdfUsbTargetDeviceRetrieveCurrentFrameNumber);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceRetrieveCurrentFrameNumber(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                WDFUSBDEVICE Handle, PULONG Frame)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Frame);
    return Usb->Bus.Size != 0 ? Usb->Bus.QueryBusTime(Usb->Bus.BusContext, Frame)
                              : STATUS_UNSUCCESSFUL;
}

WDF_DDI_PARTIAL(WdfUsbTargetDeviceQueryUsbCapability, "each is STATUS_NOT_IMPLEMENTED");
NTSTATUS NTAPI imp_WdfUsbTargetDeviceQueryUsbCapability(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                        WDFUSBDEVICE Handle, CONST GUID *Capability,
                                                        ULONG Length, PVOID Buffer,
                                                        PULONG ResultLength)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    if (ResultLength != NULL)
        *ResultLength = 0;
    if (Usb->Contract == 0)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                         "a capability without a client contract version");
    if (Capability == NULL || (Buffer == NULL) != (Length == 0))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a capability into %p of 0x%x bytes",
                         Buffer, Length);
    return STATUS_NOT_IMPLEMENTED;
}

/* ---- strings ---- */

static NTSTATUS FxUsbFormatString(FX_USB_DEVICE *Usb, FX_REQUEST *Request, PVOID Buffer,
                                  ULONG Length, UCHAR Index, USHORT Language, FX_SEND **Send)
{
    struct _URB_CONTROL_DESCRIPTOR_REQUEST *Get;
    NTSTATUS Status = FxUsbFormatUrb(&Usb->Target, Request, URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE,
                                     sizeof(*Get), WdfUsbRequestTypeDeviceString, Send);

    if (!NT_SUCCESS(Status))
        return Status;
    Get = &(*Send)->Urb->UrbControlDescriptorRequest;
    Get->DescriptorType = USB_STRING_DESCRIPTOR_TYPE;
    Get->Index = Index;
    Get->LanguageId = Language;
    Get->TransferBuffer = Buffer;
    Get->TransferBufferLength = Length;
    (*Send)->Usb.Parameters.DeviceString.LangID = Language;
    (*Send)->Usb.Parameters.DeviceString.StringIndex = Index;
    return STATUS_SUCCESS;
}

/* The whole descriptor into Descriptor of FX_STRING_BYTES. */
static NTSTATUS FxUsbReadString(FX_USB_DEVICE *Usb, WDFREQUEST Handle,
                                PWDF_REQUEST_SEND_OPTIONS Options, UCHAR Index, USHORT Language,
                                PUSB_STRING_DESCRIPTOR Descriptor)
{
    PWDF_DRIVER_GLOBALS DriverGlobals = &Usb->Target.Object.Globals->Public;
    FX_REQUEST *Request;
    FX_SEND *Send;
    NTSTATUS Status = FxSynchronousRequest(DriverGlobals, &Usb->Target, Handle, &Request);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Descriptor, FX_STRING_BYTES);
    Status = FxUsbFormatString(Usb, Request, Descriptor, FX_STRING_BYTES, Index, Language, &Send);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, &Usb->Target, Options);
    FxSynchronousEnd(Request, Handle == NULL);
    if (NT_SUCCESS(Status) && (Descriptor->bDescriptorType != USB_STRING_DESCRIPTOR_TYPE ||
                               Descriptor->bLength < 2 || Descriptor->bLength % sizeof(WCHAR) != 0))
        Status = FxMistake(Usb->Target.Object.Globals, STATUS_DEVICE_DATA_ERROR,
                           "string %u: %u bytes of type %u", Index, Descriptor->bLength,
                           Descriptor->bDescriptorType);
    return Status;
}

static USHORT FxStringCharacters(const USB_STRING_DESCRIPTOR *Descriptor)
{
    return (USHORT)((Descriptor->bLength - FIELD_OFFSET(USB_STRING_DESCRIPTOR, bString)) /
                    sizeof(WCHAR));
}

WDF_DDI(WdfUsbTargetDeviceQueryString);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceQueryString(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                 WDFUSBDEVICE Handle, WDFREQUEST Request,
                                                 PWDF_REQUEST_SEND_OPTIONS Options, PUSHORT String,
                                                 PUSHORT NumCharacters, UCHAR StringIndex,
                                                 USHORT LangID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    PUSB_STRING_DESCRIPTOR Descriptor;
    USHORT Given, Characters;
    NTSTATUS Status;

    FX_REQUIRE(Globals, NumCharacters);
    Descriptor = FxAllocate(Globals, FX_STRING_BYTES);
    if (Descriptor == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxUsbReadString(Usb, Request, Options, StringIndex, LangID, Descriptor);
    if (NT_SUCCESS(Status)) {
        Given = *NumCharacters;
        *NumCharacters = Characters = FxStringCharacters(Descriptor);
        if (String != NULL)
            RtlCopyMemory(String, Descriptor->bString, min(Given, Characters) * sizeof(WCHAR));
        if (String != NULL && Given < Characters)
            Status = STATUS_BUFFER_OVERFLOW;
    }
    FxFree(Descriptor);
    return Status;
}

WDF_DDI(WdfUsbTargetDeviceAllocAndQueryString);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceAllocAndQueryString(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBDEVICE Handle,
                                                         PWDF_OBJECT_ATTRIBUTES Attributes,
                                                         WDFMEMORY *Memory, PUSHORT NumCharacters,
                                                         UCHAR StringIndex, USHORT LangID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    PUSB_STRING_DESCRIPTOR Descriptor;
    USHORT Characters;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    *Memory = NULL;
    Descriptor = FxAllocate(Globals, FX_STRING_BYTES);
    if (Descriptor == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FxUsbReadString(Usb, NULL, NULL, StringIndex, LangID, Descriptor);
    if (NT_SUCCESS(Status)) {
        Characters = FxStringCharacters(Descriptor);
        Status = imp_WdfMemoryCreate(DriverGlobals, Attributes, NonPagedPoolNx, 0,
                                     Characters * sizeof(WCHAR), Memory, &Buffer);
    }
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Buffer, Descriptor->bString, Characters * sizeof(WCHAR));
        if (NumCharacters != NULL)
            *NumCharacters = Characters;
    }
    FxFree(Descriptor);
    return Status;
}

WDF_DDI(WdfUsbTargetDeviceFormatRequestForString);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceFormatRequestForString(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE Handle, WDFREQUEST RequestHandle,
    WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset, UCHAR StringIndex, USHORT LangID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, RequestHandle);
    FX_BUFFER Buffer;
    FX_SEND *Send;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    Status = FxBufferOfMemory(Globals, Memory, Offset, &Buffer);
    if (NT_SUCCESS(Status) && (Buffer.Length % sizeof(WCHAR) != 0 || Buffer.Length == 0))
        Status = FxMistake(Globals, STATUS_INVALID_PARAMETER,
                           "a string descriptor into 0x%Ix bytes", Buffer.Length);
    if (NT_SUCCESS(Status))
        Status = FxUsbFormatString(Usb, Request, Buffer.Address, (ULONG)Buffer.Length, StringIndex,
                                   LangID, &Send);
    if (!NT_SUCCESS(Status))
        return Status;
    FxKeepMemory(Send, 0, &Buffer);
    Send->Usb.Parameters.DeviceString.Buffer = Memory;
    return STATUS_SUCCESS;
}

/* ---- control transfers ---- */

static NTSTATUS FxUsbFormatTransfer(FX_USB_DEVICE *Usb, FX_REQUEST *Request,
                                    PWDF_USB_CONTROL_SETUP_PACKET Packet, const FX_BUFFER *Buffer)
{
    BOOLEAN IsIn = Packet->Packet.bm.Request.Dir == BmRequestDeviceToHost;
    WDF_USB_CONTROL_SETUP_PACKET Setup = *Packet;
    struct _URB_CONTROL_TRANSFER *Transfer;
    FX_SEND *Send;
    NTSTATUS Status;

    if (Buffer->Length > MAXUSHORT)
        return FxMistake(Usb->Target.Object.Globals, STATUS_INVALID_PARAMETER,
                         "a control transfer of 0x%Ix bytes", Buffer->Length);
    Setup.Packet.wLength = (USHORT)Buffer->Length;
    Status = FxUsbFormatUrb(&Usb->Target, Request, URB_FUNCTION_CONTROL_TRANSFER, sizeof(*Transfer),
                            WdfUsbRequestTypeDeviceControlTransfer, &Send);
    if (!NT_SUCCESS(Status))
        return Status;
    Transfer = &Send->Urb->UrbControlTransfer;
    Transfer->TransferFlags = USBD_DEFAULT_PIPE_TRANSFER;
    if (IsIn)
        Transfer->TransferFlags |= USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK;
    RtlCopyMemory(Transfer->SetupPacket, &Setup, sizeof(Setup));
    FxKeepMemory(Send, 0, Buffer);
    Send->Usb.Parameters.DeviceControlTransfer.Buffer = FxMemoryHandle(Buffer);
    Send->Usb.Parameters.DeviceControlTransfer.SetupPacket = Setup;
    return FxFormatEnd(Request, FxUsbDescribe(Send, Buffer, &Transfer->TransferBuffer,
                                              &Transfer->TransferBufferMDL,
                                              &Transfer->TransferBufferLength));
}

WDF_DDI(WdfUsbTargetDeviceFormatRequestForControlTransfer);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceFormatRequestForControlTransfer(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE Handle, WDFREQUEST RequestHandle,
    PWDF_USB_CONTROL_SETUP_PACKET Packet, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, RequestHandle);
    FX_BUFFER Buffer;
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Packet);
    Status = FxBufferOfMemory(FxGlobalsOf(DriverGlobals), Memory, Offset, &Buffer);
    return NT_SUCCESS(Status) ? FxUsbFormatTransfer(Usb, Request, Packet, &Buffer) : Status;
}

WDF_DDI(WdfUsbTargetDeviceSendControlTransferSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceSendControlTransferSynchronously(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbHandle, WDFREQUEST Handle,
    PWDF_REQUEST_SEND_OPTIONS Options, PWDF_USB_CONTROL_SETUP_PACKET Packet,
    PWDF_MEMORY_DESCRIPTOR Descriptor, PULONG BytesTransferred)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, UsbHandle);
    FX_REQUEST *Request;
    FX_BUFFER Buffer;
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Packet);
    if (BytesTransferred != NULL)
        *BytesTransferred = 0;
    Status = FxBufferOfDescriptor(FxGlobalsOf(DriverGlobals), Descriptor, &Buffer);
    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, &Usb->Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxUsbFormatTransfer(Usb, Request, Packet, &Buffer);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, &Usb->Target, Options);
    if (NT_SUCCESS(Status) && BytesTransferred != NULL)
        *BytesTransferred = Request->Send->Usb.Parameters.DeviceControlTransfer.Length;
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

/* ---- the port ---- */

WDF_DDI(WdfUsbTargetDeviceIsConnectedSynchronous);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceIsConnectedSynchronous(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFUSBDEVICE Handle)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    ULONG Port = 0;
    NTSTATUS Status = FxUsbSendCode(&Usb->Target, IOCTL_INTERNAL_USB_GET_PORT_STATUS, &Port);

    return NT_SUCCESS(Status) && (Port & USBD_PORT_CONNECTED) == 0 ? STATUS_DEVICE_DOES_NOT_EXIST
                                                                   : Status;
}

/* What is still sent is cancelled before [doc: WdfUsbTargetDeviceResetPortSynchronously]. */
WDF_DDI(WdfUsbTargetDeviceResetPortSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceResetPortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFUSBDEVICE Handle)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    FxSendCancelAll(&Usb->Target);
    return FxUsbSendCode(&Usb->Target, IOCTL_INTERNAL_USB_RESET_PORT, NULL);
}

WDF_DDI(WdfUsbTargetDeviceCyclePortSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceCyclePortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFUSBDEVICE Handle)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    FxSendCancelAll(&Usb->Target);
    return FxUsbSendCode(&Usb->Target, IOCTL_INTERNAL_USB_CYCLE_PORT, NULL);
}

WDF_DDI(WdfUsbTargetDeviceFormatRequestForCyclePort);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceFormatRequestForCyclePort(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                               WDFUSBDEVICE Handle,
                                                               WDFREQUEST Request)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    FX_SEND *Send;

    return FxUsbFormatCode(&Usb->Target, FxRequestFromHandle(DriverGlobals, Request),
                           IOCTL_INTERNAL_USB_CYCLE_PORT, NULL, WdfUsbRequestTypeNoFormat,
                           &Send); /* [guess] the completion's type */
}

/* ---- URBs ---- */

WDF_DDI(WdfUsbTargetDeviceSendUrbSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceSendUrbSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                          WDFUSBDEVICE Usb, WDFREQUEST Request,
                                                          PWDF_REQUEST_SEND_OPTIONS Options,
                                                          PURB Urb)
{
    return FxUsbSendUrb(DriverGlobals, &FxUsbFromHandle(DriverGlobals, Usb)->Target, Request,
                        Options, Urb);
}

WDF_DDI(WdfUsbTargetDeviceFormatRequestForUrb);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceFormatRequestForUrb(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBDEVICE Usb, WDFREQUEST Request,
                                                         WDFMEMORY UrbMemory,
                                                         PWDFMEMORY_OFFSET Offset)
{
    return FxUsbFormatUrbMemory(DriverGlobals, &FxUsbFromHandle(DriverGlobals, Usb)->Target,
                                Request, UrbMemory, Offset, WdfUsbRequestTypeDeviceUrb);
}

/* A memory object of the device's, zeroed. */
static NTSTATUS FxUsbMakeUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE Handle,
                             PWDF_OBJECT_ATTRIBUTES Given, SIZE_T Bytes, WDFMEMORY *Memory,
                             PURB *Urb)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    WDF_OBJECT_ATTRIBUTES Attributes = { .Size = sizeof(Attributes) };
    FX_OBJECT *Parent;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    *Memory = NULL;
    if (Urb != NULL)
        *Urb = NULL;
    if (Usb->Contract == 0)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                         "a URB without a client contract version");
    Attributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes.SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
    if (Given != NULL)
        Attributes = *Given;
    if (Attributes.ParentObject == NULL)
        Attributes.ParentObject = Handle;
    Parent = FxObjectFromHandle(Globals, Attributes.ParentObject, FxTypeAny);
    if (FxObjectAncestor(Parent, FxTypeUsbDevice) != &Usb->Target.Object &&
        FxObjectAncestor(Parent, FxTypeRequest) == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "a URB's parent is the USB device, a request, or below one");
    Status =
        imp_WdfMemoryCreate(DriverGlobals, &Attributes, NonPagedPoolNx, 0, Bytes, Memory, &Buffer);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Buffer, Bytes);
    if (Urb != NULL)
        *Urb = Buffer;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfUsbTargetDeviceCreateUrb);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceCreateUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE Usb,
                                               PWDF_OBJECT_ATTRIBUTES Attributes,
                                               WDFMEMORY *UrbMemory, PURB *Urb)
{
    return FxUsbMakeUrb(DriverGlobals, Usb, Attributes, sizeof(URB), UrbMemory, Urb);
}

WDF_DDI(WdfUsbTargetDeviceCreateIsochUrb);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceCreateIsochUrb(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                    WDFUSBDEVICE Usb,
                                                    PWDF_OBJECT_ATTRIBUTES Attributes,
                                                    ULONG NumberOfIsochPackets,
                                                    WDFMEMORY *UrbMemory, PURB *Urb)
{
    if (NumberOfIsochPackets == 0 ||
        NumberOfIsochPackets > (MAXUSHORT - sizeof(URB)) / sizeof(USBD_ISO_PACKET_DESCRIPTOR))
        return FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_PARAMETER,
                         "a URB of %u isochronous packets", NumberOfIsochPackets);
    return FxUsbMakeUrb(DriverGlobals, Usb, Attributes,
                        max(sizeof(URB), GET_ISO_URB_SIZE(NumberOfIsochPackets)), UrbMemory, Urb);
}
