/* KMDF: USB device targets: descriptors, strings, control transfers, URBs, the port. */
#include "usb_bus.h"

static LONG Completions;
static NTSTATUS CompletionStatus;
static WDF_USB_REQUEST_COMPLETION_PARAMS Completion;
static KEVENT Completed;

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtCompleted;
static VOID NTAPI EvtCompleted(WDFREQUEST Request, WDFIOTARGET Target,
                               PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Context);
    ok(Target == WdfUsbTargetDeviceGetIoTarget(Usb), "completed for the device");
    is_hex(Params->Type, WdfRequestTypeUsb, "a USB request's completion");
    Completion = *Params->Parameters.Usb.Completion;
    CompletionStatus = Params->IoStatus.Status;
    Completions++;
    KeSetEvent(&Completed, IO_NO_INCREMENT, FALSE);
}

/* Sends a formatted request and waits for its completion routine. */
static VOID SendAndWait(WDFREQUEST Request)
{
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    WdfRequestSetCompletionRoutine(Request, EvtCompleted, NULL);
    if (ok(WdfRequestSend(Request, WdfUsbTargetDeviceGetIoTarget(Usb), NULL), "sent"))
        WaitFor(&Completed);
}

static VOID Reuse(WDFREQUEST Request)
{
    WDF_REQUEST_REUSE_PARAMS Params;

    WDF_REQUEST_REUSE_PARAMS_INIT(&Params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    is_status(WdfRequestReuse(Request, &Params), STATUS_SUCCESS, "WdfRequestReuse");
}

static VOID TestCreate(VOID)
{
    WDF_USB_DEVICE_CREATE_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFUSBDEVICE Other;
    WDFMEMORY Memory;
    ULONG References = UsbInterfaceReferences;

    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, USBD_CLIENT_CONTRACT_VERSION_602);
    Config.Size--;
    is_status(WdfUsbTargetDeviceCreateWithParameters(UsbFunction, &Config, NULL, &Other),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong Size");
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, 0x601);
    is_status(WdfUsbTargetDeviceCreateWithParameters(UsbFunction, &Config, NULL, &Other),
              STATUS_INVALID_PARAMETER, "a contract of no stack");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = UsbFunction;
    is_status(WdfUsbTargetDeviceCreate(UsbFunction, &Attributes, &Other),
              STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "the parent is not the driver's to choose");
    UsbConfig.OutOther.bLength = 3;
    is_status(WdfUsbTargetDeviceCreate(UsbFunction, NULL, &Other), STATUS_UNSUCCESSFUL,
              "a malformed configuration");
    ok(Other == NULL, "no device then");
    UsbConfig.OutOther.bLength = 7;
    UsbConfig.Second.bAlternateSetting = 1;
    is_status(WdfUsbTargetDeviceCreate(UsbFunction, NULL, &Other), STATUS_UNSUCCESSFUL,
              "an interface without setting 0");
    UsbConfig.Second.bAlternateSetting = 0;
    is_ulong(UsbInterfaceReferences, References, "failures keep no reference");
    if (!is_status(WdfUsbTargetDeviceCreate(UsbFunction, NULL, &Other), STATUS_SUCCESS,
                   "WdfUsbTargetDeviceCreate"))
        return;
    is_status(WdfUsbTargetDeviceCreateUrb(Other, NULL, &Memory, NULL), STATUS_INVALID_DEVICE_STATE,
              "no URBs without a contract");
    ok(WdfIoTargetGetDevice(WdfUsbTargetDeviceGetIoTarget(Other)) == UsbFunction,
       "a USB device is an I/O target");
    WdfObjectDelete(Other);
    is_ulong(UsbInterfaceReferences, References, "deleted, with its reference");
}

static VOID TestDescriptors(VOID)
{
    USB_DEVICE_DESCRIPTOR Descriptor;
    WDF_USB_DEVICE_INFORMATION Information;
    USB_MODEL_CONFIG Config;
    USHORT Length = 0;
    ULONG Frame = 0;

    RtlFillMemory(&Descriptor, sizeof(Descriptor), 0xA5);
    WdfUsbTargetDeviceGetDeviceDescriptor(Usb, &Descriptor);
    ok(memcmp(&Descriptor, &UsbDescriptor, sizeof(Descriptor)) == 0, "the device descriptor");
    is_status(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, NULL, &Length),
              STATUS_BUFFER_TOO_SMALL, "how long is the configuration");
    is_ulong(Length, sizeof(Config), "that long");
    is_status(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, &Config, &Length), STATUS_SUCCESS,
              "the configuration");
    ok(memcmp(&Config, &UsbConfig, sizeof(Config)) == 0, "all of it");
    WDF_USB_DEVICE_INFORMATION_INIT(&Information);
    is_status(WdfUsbTargetDeviceRetrieveInformation(Usb, &Information), STATUS_SUCCESS,
              "the device's information");
    is_hex(Information.Traits,
           WDF_USB_DEVICE_TRAIT_SELF_POWERED | WDF_USB_DEVICE_TRAIT_AT_HIGH_SPEED, "its traits");
    is_hex(Information.UsbdVersionInformation.USBDI_Version, 0x600, "the stack's version");
    is_hex(Information.HcdPortCapabilities, USB_HCD_CAPS_SUPPORTS_RT_THREADS, "and capabilities");
    Information.Size++;
    is_status(WdfUsbTargetDeviceRetrieveInformation(Usb, &Information), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong Size");
    is_status(WdfUsbTargetDeviceRetrieveCurrentFrameNumber(Usb, &Frame), STATUS_SUCCESS,
              "the frame number");
    is_ulong(Frame, 1234, "of the bus");
}

static VOID TestCapabilities(VOID)
{
    static const GUID Unknown = {0x0DD0C0DE, 1, 2, {3}};
    ULONG Bytes = 5;
    UCHAR Buffer;

    is_status(WdfUsbTargetDeviceQueryUsbCapability(Usb, &Unknown, 0, NULL, &Bytes),
              STATUS_NOT_IMPLEMENTED, "an unknown capability");
    is_ulong(Bytes, 0, "without data");
    is_status(WdfUsbTargetDeviceQueryUsbCapability(Usb, &Unknown, 1, NULL, NULL),
              STATUS_INVALID_PARAMETER, "a length without a buffer");
    is_status(WdfUsbTargetDeviceQueryUsbCapability(Usb, &Unknown, 0, &Buffer, NULL),
              STATUS_INVALID_PARAMETER, "a buffer without a length");
}

static VOID TestStrings(WDFREQUEST Request)
{
    USHORT Characters = 0, Text[10];
    WDFMEMORY Memory;
    size_t Bytes = 0;
    PUSB_STRING_DESCRIPTOR Descriptor;

    is_status(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, NULL, &Characters, 2, 0x409),
              STATUS_SUCCESS, "how long is the string");
    is_ulong(Characters, 8, "that long");
    Characters = 3;
    RtlFillMemory(Text, sizeof(Text), 0xA5);
    is_status(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Characters, 2, 0x409),
              STATUS_BUFFER_OVERFLOW, "into a buffer too small");
    ok(Characters == 8 && memcmp(Text, L"Dry", 6) == 0 && Text[3] == 0xA5A5,
       "what fits, and how much there is");
    Characters = RTL_NUMBER_OF(Text);
    is_status(WdfUsbTargetDeviceQueryString(Usb, Request, NULL, Text, &Characters, 2, 0x409),
              STATUS_SUCCESS, "with a request of the driver's");
    ok(Characters == 8 && memcmp(Text, L"Dry dock", 16) == 0 && Text[8] == 0xA5A5,
       "the string, not terminated");
    is_status(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Characters, 2, 0x407),
              STATUS_UNSUCCESSFUL, "a language that the device does not speak");
    is_status(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Characters, 3, 0x409),
              STATUS_DEVICE_DATA_ERROR, "half a character");
    if (!is_status(WdfUsbTargetDeviceAllocAndQueryString(Usb, NULL, &Memory, &Characters, 2, 0x409),
                   STATUS_SUCCESS, "WdfUsbTargetDeviceAllocAndQueryString"))
        return;
    ok(memcmp(WdfMemoryGetBuffer(Memory, &Bytes), L"Dry dock", 16) == 0 && Bytes == 16,
       "the same string");
    WdfObjectDelete(Memory);

    is_status(WdfMemoryCreate(NULL, NonPagedPoolNx, 0, 33, &Memory, (PVOID *)&Descriptor),
              STATUS_SUCCESS, "a buffer");
    Reuse(Request);
    is_status(WdfUsbTargetDeviceFormatRequestForString(Usb, Request, Memory, NULL, 2, 0x409),
              STATUS_INVALID_PARAMETER, "of an odd length");
    is_status(WdfUsbTargetDeviceFormatRequestForString(Usb, Request, Memory,
                                                       &(WDFMEMORY_OFFSET){1, 10}, 2, 0x409),
              STATUS_SUCCESS, "part of it");
    SendAndWait(Request);
    Descriptor = (PVOID)((PUCHAR)Descriptor + 1);
    ok(CompletionStatus == STATUS_SUCCESS && Completion.Type == WdfUsbRequestTypeDeviceString &&
           Completion.Parameters.DeviceString.RequiredSize == 18 &&
           Completion.Parameters.DeviceString.StringIndex == 2 &&
           Completion.Parameters.DeviceString.LangID == 0x409 &&
           Completion.Parameters.DeviceString.Buffer == Memory,
       "its completion: %u bytes are needed", Completion.Parameters.DeviceString.RequiredSize);
    ok(Descriptor->bLength == 18 && memcmp(Descriptor->bString, L"Dry ", 8) == 0,
       "the descriptor's beginning");
    Reuse(Request);
    WdfObjectDelete(Memory);
}

static VOID TestControl(WDFREQUEST Request)
{
    WDF_USB_CONTROL_SETUP_PACKET Packet;
    WDF_MEMORY_DESCRIPTOR Descriptor;
    WDF_REQUEST_SEND_OPTIONS Options;
    WDFMEMORY Memory;
    ULONG Bytes = 0;
    PUCHAR Text;
    UCHAR Data[8];

    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestDeviceToHost, BmRequestToDevice,
                                             USB_READ_BACK, 0x1234, 0x5678);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, sizeof(Data));
    is_status(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet,
                                                                 &Descriptor, &Bytes),
              STATUS_SUCCESS, "a control transfer in");
    ok(Bytes == 4 && memcmp(Data, "\x34\x12\x78\x56", 4) == 0, "%u bytes", Bytes);
    Packet.Packet.bRequest = USB_STALL;
    is_status(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet,
                                                                 &Descriptor, &Bytes),
              STATUS_UNSUCCESSFUL, "one that the device refuses");
    is_ulong(Bytes, 0, "no bytes");
    Packet.Packet.bRequest = USB_NEVER;
    WDF_REQUEST_SEND_OPTIONS_INIT(&Options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&Options, WDF_REL_TIMEOUT_IN_MS(20));
    is_status(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, &Options, &Packet,
                                                                 &Descriptor, &Bytes),
              STATUS_IO_TIMEOUT, "one that it never answers");

    is_status(WdfMemoryCreate(NULL, NonPagedPoolNx, 0, 16, &Memory, (PVOID *)&Text), STATUS_SUCCESS,
              "a buffer");
    RtlCopyMemory(Text, "0123456789ABCDEF", 16);
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestHostToDevice, BmRequestToDevice,
                                             USB_KEEP, 0, 0);
    is_status(WdfUsbTargetDeviceFormatRequestForControlTransfer(Usb, Request, &Packet, Memory,
                                                                &(WDFMEMORY_OFFSET){10, 6}),
              STATUS_SUCCESS, "a control transfer out");
    SendAndWait(Request);
    ok(CompletionStatus == STATUS_SUCCESS &&
           Completion.Type == WdfUsbRequestTypeDeviceControlTransfer &&
           Completion.Parameters.DeviceControlTransfer.Length == 6 &&
           Completion.Parameters.DeviceControlTransfer.Buffer == Memory &&
           Completion.Parameters.DeviceControlTransfer.SetupPacket.Packet.bRequest == USB_KEEP,
       "its completion");
    ok(UsbKeptBytes == 6 && memcmp(UsbKept, "ABCDEF", 6) == 0, "what the device got");
    Reuse(Request);
    Packet.Packet.bRequest = USB_STALL;
    is_status(WdfUsbTargetDeviceFormatRequestForControlTransfer(Usb, Request, &Packet, NULL, NULL),
              STATUS_SUCCESS, "one without data");
    SendAndWait(Request);
    is_status(CompletionStatus, STATUS_UNSUCCESSFUL, "refused");
    is_hex(Completion.UsbdStatus, USBD_STATUS_STALL_PID, "stalled");
    Reuse(Request);
    WdfObjectDelete(Memory);
}

static VOID TestUrbs(WDFREQUEST Request)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFMEMORY Memory, Iso;
    size_t Bytes = 0;
    UCHAR Data[18];
    PURB Urb, IsoUrb;

    is_status(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb), STATUS_SUCCESS,
              "WdfUsbTargetDeviceCreateUrb");
    ok(WdfMemoryGetBuffer(Memory, &Bytes) == Urb && Bytes >= sizeof(URB),
       "a memory object with a URB");
    is_status(WdfUsbTargetDeviceFormatRequestForUrb(Usb, Request, Memory, NULL),
              STATUS_INVALID_PARAMETER, "a URB without a length");
    UsbBuildGetDescriptorRequest(Urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST),
                                 USB_DEVICE_DESCRIPTOR_TYPE, 0, 0, Data, NULL, sizeof(Data), NULL);
    is_status(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Urb), STATUS_SUCCESS,
              "sent and waited for");
    ok(memcmp(Data, &UsbDescriptor, sizeof(Data)) == 0, "the device's descriptor");
    RtlZeroMemory(Data, sizeof(Data));
    is_status(WdfUsbTargetDeviceFormatRequestForUrb(Usb, Request, Memory, NULL), STATUS_SUCCESS,
              "formatted");
    SendAndWait(Request);
    ok(CompletionStatus == STATUS_SUCCESS && Completion.Type == WdfUsbRequestTypeDeviceUrb &&
           Completion.Parameters.DeviceUrb.Buffer == Memory &&
           Completion.UsbdStatus == USBD_STATUS_SUCCESS,
       "its completion");
    ok(memcmp(Data, &UsbDescriptor, sizeof(Data)) == 0, "the descriptor again");
    Reuse(Request);
    Urb->UrbHeader.Function = 0x77;
    is_status(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Urb), STATUS_NOT_SUPPORTED,
              "an unknown function");
    WdfObjectDelete(Memory);

    is_status(WdfUsbTargetDeviceCreateIsochUrb(Usb, NULL, 0, &Iso, NULL), STATUS_INVALID_PARAMETER,
              "of no packets");
    is_status(WdfUsbTargetDeviceCreateIsochUrb(Usb, NULL, 16, &Iso, &IsoUrb), STATUS_SUCCESS,
              "of 16 packets");
    ok(WdfMemoryGetBuffer(Iso, &Bytes) == IsoUrb && Bytes >= GET_ISO_URB_SIZE(16),
       "as large as they need");
    WdfObjectDelete(Iso);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = UsbFunction;
    is_status(WdfUsbTargetDeviceCreateUrb(Usb, &Attributes, &Memory, NULL),
              STATUS_INVALID_PARAMETER, "a parent above the USB device");
    Attributes.ParentObject = Request;
    is_status(WdfUsbTargetDeviceCreateUrb(Usb, &Attributes, &Memory, NULL), STATUS_SUCCESS,
              "a request for parent");
    WdfObjectDelete(Memory);
}

static VOID TestPort(WDFREQUEST Request)
{
    is_status(WdfUsbTargetDeviceIsConnectedSynchronous(Usb), STATUS_SUCCESS,
              "the device is connected");
    UsbGone = TRUE;
    is_status(WdfUsbTargetDeviceIsConnectedSynchronous(Usb), STATUS_DEVICE_DOES_NOT_EXIST,
              "now it is not");
    UsbGone = FALSE;
    WdfIoTargetStop(WdfUsbTargetDeviceGetIoTarget(Usb), WdfIoTargetCancelSentIo);
    is_status(WdfUsbTargetDeviceResetPortSynchronously(Usb), STATUS_SUCCESS,
              "the port is reset, the target stopped");
    is_ulong(UsbPortResets, 1, "once");
    is_status(WdfIoTargetStart(WdfUsbTargetDeviceGetIoTarget(Usb)), STATUS_SUCCESS,
              "the target goes on");
    is_status(WdfUsbTargetDeviceCyclePortSynchronously(Usb), STATUS_SUCCESS, "the port is cycled");
    is_status(WdfUsbTargetDeviceFormatRequestForCyclePort(Usb, Request), STATUS_SUCCESS,
              "and by a request");
    SendAndWait(Request);
    is_ulong(UsbCycles, 2, "twice");
    is_status(CompletionStatus, STATUS_SUCCESS, "well");
}

static VOID Test(VOID)
{
    WDFREQUEST Request;

    if (!is_status(WdfRequestCreate(NULL, WdfUsbTargetDeviceGetIoTarget(Usb), &Request),
                   STATUS_SUCCESS, "a request"))
        return;
    TestCreate();
    TestDescriptors();
    TestCapabilities();
    TestStrings(Request);
    TestControl(Request);
    TestUrbs(Request);
    TestPort(Request);
    is_ulong((ULONG)Completions, 5, "each request completed once");
    WdfObjectDelete(Request);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return usb_test_main(DriverObject, RegistryPath, Test);
}
