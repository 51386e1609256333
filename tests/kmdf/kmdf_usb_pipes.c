/* KMDF: USB interfaces, what can be selected, pipes and their transfers. */
#include "usb_bus.h"

static NTSTATUS CompletionStatus;
static WDF_USB_REQUEST_COMPLETION_PARAMS Completion;
static KEVENT Completed;

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtCompleted;
static VOID NTAPI EvtCompleted(WDFREQUEST Request, WDFIOTARGET Target,
                               PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Request);
    ok(Target == WdfUsbTargetPipeGetIoTarget((WDFUSBPIPE)Context), "completed for the pipe");
    Completion = *Params->Parameters.Usb.Completion;
    CompletionStatus = Params->IoStatus.Status;
    KeSetEvent(&Completed, IO_NO_INCREMENT, FALSE);
}

static VOID Send(WDFREQUEST Request, WDFUSBPIPE Pipe)
{
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    WdfRequestSetCompletionRoutine(Request, EvtCompleted, Pipe);
    ok(WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Pipe), NULL), "sent");
}

static VOID Reuse(WDFREQUEST Request)
{
    WDF_REQUEST_REUSE_PARAMS Params;

    WDF_REQUEST_REUSE_PARAMS_INIT(&Params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    is_status(WdfRequestReuse(Request, &Params), STATUS_SUCCESS, "WdfRequestReuse");
}

/* ---- before anything is selected ---- */

static VOID TestInterfaces(VOID)
{
    WDFUSBINTERFACE First = WdfUsbTargetDeviceGetInterface(Usb, 0),
                    Second = WdfUsbTargetDeviceGetInterface(Usb, 1);
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS Setting;
    USB_INTERFACE_DESCRIPTOR Descriptor;
    WDF_USB_PIPE_INFORMATION Information;

    is_ulong(WdfUsbTargetDeviceGetNumInterfaces(Usb), 2, "two interfaces");
    ok(WdfUsbTargetDeviceGetInterface(Usb, 2) == NULL, "no third one");
    ok(WdfUsbInterfaceGetInterfaceNumber(First) == 0 &&
           WdfUsbInterfaceGetInterfaceNumber(Second) == 1,
       "their numbers");
    ok(WdfUsbInterfaceGetNumSettings(First) == 2 && WdfUsbInterfaceGetNumSettings(Second) == 1,
       "their settings");
    ok(WdfUsbInterfaceGetNumEndpoints(First, 0) == 3 &&
           WdfUsbInterfaceGetNumEndpoints(First, 1) == 1 &&
           WdfUsbInterfaceGetNumEndpoints(First, 2) == 0 &&
           WdfUsbInterfaceGetNumEndpoints(Second, 0) == 0,
       "their endpoints");
    WdfUsbInterfaceGetDescriptor(First, 1, &Descriptor);
    ok(memcmp(&Descriptor, &UsbConfig.FirstOther, sizeof(Descriptor)) == 0,
       "a setting's descriptor");
    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    WdfUsbInterfaceGetEndpointInformation(First, 0, 2, &Information);
    ok(Information.EndpointAddress == 0x83 && Information.PipeType == WdfUsbPipeTypeInterrupt &&
           Information.MaximumPacketSize == 8 && Information.Interval == 10 &&
           Information.SettingIndex == 0,
       "an endpoint's information");
    Information.EndpointAddress = 0xA5;
    WdfUsbInterfaceGetEndpointInformation(First, 1, 1, &Information);
    is_hex(Information.EndpointAddress, 0xA5, "an endpoint of the next setting is not one of this");
    WdfUsbInterfaceGetEndpointInformation(First, 1, 0, &Information);
    ok(Information.EndpointAddress == 0x02 && Information.MaximumPacketSize == 16 &&
           Information.SettingIndex == 1,
       "of the other setting");
    ok(WdfUsbTargetDeviceWdmGetConfigurationHandle(Usb) == NULL, "not configured");
    is_ulong(WdfUsbInterfaceGetNumConfiguredPipes(First), 0, "no pipes");
    ok(WdfUsbInterfaceGetConfiguredPipe(First, 0, NULL) == NULL, "not one");
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(&Setting, 0);
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Setting), STATUS_INVALID_DEVICE_STATE,
              "no setting without a configuration");
}

/* ---- selecting ---- */

static ULONG Pipes(ULONG Index)
{
    return WdfUsbInterfaceGetNumConfiguredPipes(WdfUsbTargetDeviceGetInterface(Usb, (UCHAR)Index));
}

static VOID TestSettings(VOID)
{
    WDFUSBINTERFACE First = WdfUsbTargetDeviceGetInterface(Usb, 0);
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params;
    WDF_USB_PIPE_INFORMATION Information;
    WDFUSBPIPE Pipe;

    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(&Params, 2);
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Params), STATUS_INVALID_PARAMETER,
              "there is no setting 2");
    Params.Types.Interface.SettingIndex = 1;
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Params), STATUS_SUCCESS, "setting 1");
    ok(WdfUsbInterfaceGetConfiguredSettingIndex(First) == 1 && Pipes(0) == 1, "with its only pipe");
    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    Pipe = WdfUsbInterfaceGetConfiguredPipe(First, 0, &Information);
    ok(Pipe != NULL && Information.SettingIndex == 1 && Information.MaximumPacketSize == 16 &&
           WdfUsbTargetPipeWdmGetPipeHandle(Pipe) == USB_PIPE(1, 0x02),
       "that of the setting");
    Params.Size--;
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Params), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong Size");
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_DESCRIPTOR(&Params, &UsbConfig.First);
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Params), STATUS_SUCCESS,
              "setting 0 by its descriptor");
    ok(WdfUsbInterfaceGetConfiguredSettingIndex(First) == 0 && Pipes(0) == 3, "with three pipes");
    is_ulong(UsbSettings, 121, "what the device was told");
}

static VOID TestUrbSelection(VOID)
{
    WDFUSBINTERFACE First = WdfUsbTargetDeviceGetInterface(Usb, 0);
    UCHAR Buffer[sizeof(struct _URB_SELECT_CONFIGURATION) + 4 * sizeof(USBD_PIPE_INFORMATION)] = {
        0};
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS Setting;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;
    PURB Urb = (PURB)Buffer;

    Urb->UrbHeader.Function = URB_FUNCTION_SELECT_CONFIGURATION;
    Urb->UrbHeader.Length =
        FIELD_OFFSET(struct _URB_SELECT_CONFIGURATION, Interface) + GET_USBD_INTERFACE_SIZE(1);
    Urb->UrbSelectConfiguration.ConfigurationDescriptor = &UsbConfig.Config;
    Urb->UrbSelectConfiguration.Interface.Length = GET_USBD_INTERFACE_SIZE(1);
    Urb->UrbSelectConfiguration.Interface.AlternateSetting = 1;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_URB(&Params, Urb);
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
              "a URB of the driver's");
    ok(WdfUsbInterfaceGetConfiguredSettingIndex(First) == 1 && Pipes(0) == 1, "its setting");
    Urb->UrbSelectConfiguration.Interface.AlternateSetting = 0;
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_INVALID_PARAMETER,
              "too short for the pipes");
    Urb->UrbSelectConfiguration.Interface.InterfaceNumber = 7;
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_INVALID_PARAMETER,
              "an unknown interface");
    is_ulong(Pipes(0), 1, "nothing has changed");
    RtlZeroMemory(Buffer, sizeof(Buffer));
    UsbBuildSelectInterfaceRequest(Urb, GET_SELECT_INTERFACE_REQUEST_SIZE(3), USB_CONFIGURATION, 0,
                                   0);
    Urb->UrbSelectInterface.Interface.Length = GET_USBD_INTERFACE_SIZE(3);
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_URB(&Setting, Urb);
    is_status(WdfUsbInterfaceSelectSetting(First, NULL, &Setting), STATUS_SUCCESS,
              "and one for a setting");
    ok(WdfUsbInterfaceGetConfiguredSettingIndex(First) == 0 && Pipes(0) == 3, "its pipes");
}

static VOID TestSelect(VOID)
{
    WDFUSBINTERFACE First = WdfUsbTargetDeviceGetInterface(Usb, 0);
    WDF_USB_INTERFACE_SETTING_PAIR Pair = {First, 1};
    PUSB_INTERFACE_DESCRIPTOR Descriptor = &UsbConfig.FirstOther;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;

    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&Params);
    Params.Size++;
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong Size");
    Params.Size--;
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
              "a single interface");
    ok(Params.Types.SingleInterface.ConfiguredUsbInterface == First &&
           Params.Types.SingleInterface.NumberConfiguredPipes == 3,
       "the first one");
    ok(WdfUsbTargetDeviceWdmGetConfigurationHandle(Usb) == USB_CONFIGURATION,
       "the configuration's handle");
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_DECONFIG(&Params);
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
              "no configuration");
    ok(WdfUsbTargetDeviceWdmGetConfigurationHandle(Usb) == NULL && Pipes(0) == 0,
       "no handle, no pipes");
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&Params, 1, &Pair);
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
              "all, one with setting 1");
    ok(Params.Types.MultiInterface.NumberOfConfiguredInterfaces == 2 && Pipes(0) == 1 &&
           Pipes(1) == 0 && WdfUsbInterfaceGetConfiguredSettingIndex(First) == 1,
       "both interfaces");
    Pair.SettingIndex = 2;
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_INVALID_PARAMETER,
              "an unknown setting");
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_INTERFACES_DESCRIPTORS(&Params, NULL, &Descriptor, 1);
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS, "by descriptors");
    is_ulong(Pipes(0), 1, "with its pipe");
    TestUrbSelection();
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&Params, 0, NULL);
    is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
              "all with setting 0");
    is_ulong(Pipes(0), 3, "with their pipes");
    is_ulong(UsbConfigurations, 313223, "what the device was told: 1 + interfaces each time");
}

/* ---- pipes ---- */

static WDFUSBPIPE PipeOf(UCHAR Index)
{
    return WdfUsbInterfaceGetConfiguredPipe(WdfUsbTargetDeviceGetInterface(Usb, 0), Index, NULL);
}

static VOID TestInformation(WDFUSBPIPE In, WDFUSBPIPE Out, WDFUSBPIPE Interrupt)
{
    WDF_USB_PIPE_INFORMATION Information;

    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    WdfUsbTargetPipeGetInformation(In, &Information);
    ok(Information.EndpointAddress == 0x81 && Information.PipeType == WdfUsbPipeTypeBulk &&
           Information.MaximumPacketSize == USB_PACKET &&
           Information.MaximumTransferSize == 0x10000,
       "a pipe's information");
    Information.Size = 1;
    ok(WdfUsbInterfaceGetConfiguredPipe(WdfUsbTargetDeviceGetInterface(Usb, 0), 0, &Information) ==
           NULL,
       "a wrong Size");
    ok(WdfUsbTargetPipeIsInEndpoint(In) && !WdfUsbTargetPipeIsOutEndpoint(In), "in");
    ok(!WdfUsbTargetPipeIsInEndpoint(Out) && WdfUsbTargetPipeIsOutEndpoint(Out), "out");
    ok(WdfUsbTargetPipeGetType(In) == WdfUsbPipeTypeBulk &&
           WdfUsbTargetPipeGetType(Interrupt) == WdfUsbPipeTypeInterrupt,
       "types");
    ok(WdfUsbTargetPipeWdmGetPipeHandle(In) == USB_PIPE(0, 0x81), "the stack's handle");
    ok(WdfIoTargetGetDevice(WdfUsbTargetPipeGetIoTarget(In)) == UsbFunction,
       "a pipe is an I/O target of the device");
}

static VOID TestSynchronous(WDFUSBPIPE In, WDFUSBPIPE Out)
{
    WDF_MEMORY_DESCRIPTOR Descriptor;
    WDF_REQUEST_SEND_OPTIONS Options;
    UCHAR Data[2 * USB_PACKET];
    ULONG Bytes = 0;
    PMDL Mdl;

    RtlFillMemory(Data, sizeof(Data), 0x5A);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, 100);
    is_status(WdfUsbTargetPipeWriteSynchronously(Out, NULL, NULL, &Descriptor, &Bytes),
              STATUS_SUCCESS, "a write");
    is_ulong(Bytes, 100, "whole");
    is_status(WdfUsbTargetPipeWriteSynchronously(In, NULL, NULL, &Descriptor, &Bytes),
              STATUS_INVALID_DEVICE_REQUEST, "a write to an input pipe");
    is_status(WdfUsbTargetPipeReadSynchronously(Out, NULL, NULL, &Descriptor, &Bytes),
              STATUS_INVALID_DEVICE_REQUEST, "a read of an output pipe");
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, NULL, &Descriptor, &Bytes),
              STATUS_INVALID_BUFFER_SIZE, "a read of less than a packet");
    RtlZeroMemory(Data, sizeof(Data));
    Mdl = IoAllocateMdl(Data, sizeof(Data), FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, sizeof(Data));
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, NULL, &Descriptor, &Bytes),
              STATUS_SUCCESS, "a read by MDL");
    ok(Bytes == 100 && Data[99] == 0x5A && Data[100] == 0, "what was written: %u bytes", Bytes);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, USB_PACKET);
    WDF_REQUEST_SEND_OPTIONS_INIT(&Options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&Options, WDF_REL_TIMEOUT_IN_MS(20));
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, &Options, &Descriptor, &Bytes),
              STATUS_IO_TIMEOUT, "a read of nothing");
    is_ulong(Bytes, 0, "no bytes");
    Options.Size = 1;
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, &Options, &Descriptor, &Bytes),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong Size");
    WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(In);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, 10);
    is_status(WdfUsbTargetPipeWriteSynchronously(Out, NULL, NULL, &Descriptor, NULL),
              STATUS_SUCCESS, "10 bytes");
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, NULL, &Descriptor, &Bytes),
              STATUS_SUCCESS, "read without the check of the length");
    is_ulong(Bytes, 10, "all of them");
}

static VOID TestAsynchronous(WDFREQUEST Request, WDFUSBPIPE In, WDFUSBPIPE Out)
{
    WDFMEMORY_OFFSET Offset = {8, USB_PACKET};
    WDFMEMORY Memory;
    PUCHAR Data;

    is_status(WdfMemoryCreate(NULL, NonPagedPoolNx, 0, 8 + USB_PACKET, &Memory, (PVOID *)&Data),
              STATUS_SUCCESS, "a buffer");
    RtlFillMemory(Data, 8 + USB_PACKET, 0x11);
    is_status(WdfUsbTargetPipeFormatRequestForRead(In, Request, Memory, &Offset), STATUS_SUCCESS,
              "a read");
    Send(Request, In);
    is_ulong(UsbReadsThatWait(0), 1, "it waits");
    is_status(WdfUsbTargetPipeAbortSynchronously(In, NULL, NULL), STATUS_SUCCESS,
              "the pipe is aborted");
    WaitFor(&Completed);
    ok(CompletionStatus == STATUS_CANCELLED && Completion.UsbdStatus == USBD_STATUS_CANCELED &&
           UsbAborts == 1,
       "and with it the read");
    Reuse(Request);
    is_status(WdfUsbTargetPipeFormatRequestForAbort(In, Request), STATUS_SUCCESS, "by a request");
    Send(Request, In);
    WaitFor(&Completed);
    ok(UsbAborts == 2 && Completion.Type == WdfUsbRequestTypePipeAbort, "aborted again");
    Reuse(Request);
    is_status(WdfUsbTargetPipeFormatRequestForWrite(Out, Request, Memory, &Offset), STATUS_SUCCESS,
              "a write");
    Send(Request, Out);
    WaitFor(&Completed);
    ok(CompletionStatus == STATUS_SUCCESS && Completion.Type == WdfUsbRequestTypePipeWrite &&
           Completion.Parameters.PipeWrite.Length == USB_PACKET &&
           Completion.Parameters.PipeWrite.Offset == 8 &&
           Completion.Parameters.PipeWrite.Buffer == Memory,
       "its completion");
    Reuse(Request);
    RtlZeroMemory(Data, 8 + USB_PACKET);
    is_status(WdfUsbTargetPipeFormatRequestForRead(In, Request, Memory, &Offset), STATUS_SUCCESS,
              "a read");
    Send(Request, In);
    WaitFor(&Completed);
    ok(CompletionStatus == STATUS_SUCCESS && Completion.Type == WdfUsbRequestTypePipeRead &&
           Completion.Parameters.PipeRead.Length == USB_PACKET,
       "its completion");
    ok(Data[7] == 0 && Data[8] == 0x11 && Data[7 + USB_PACKET] == 0x11, "what was written");
    Reuse(Request);
    WdfObjectDelete(Memory);
}

static VOID TestResetAndUrb(WDFREQUEST Request, WDFUSBPIPE In, WDFUSBPIPE Out)
{
    struct _URB_BULK_OR_INTERRUPT_TRANSFER *Transfer;
    WDF_MEMORY_DESCRIPTOR Descriptor;
    UCHAR Data[USB_PACKET];
    WDFMEMORY Memory;
    PURB Urb;

    UsbStalled = TRUE;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, sizeof(Data));
    is_status(WdfUsbTargetPipeReadSynchronously(In, NULL, NULL, &Descriptor, NULL),
              STATUS_UNSUCCESSFUL, "it stalls");
    is_status(WdfUsbTargetPipeResetSynchronously(In, NULL, NULL), STATUS_SUCCESS, "reset");
    ok(!UsbStalled && UsbPipeResets == 1, "the stall is cleared");
    is_status(WdfUsbTargetPipeFormatRequestForReset(In, Request), STATUS_SUCCESS, "by a request");
    Send(Request, In);
    WaitFor(&Completed);
    ok(UsbPipeResets == 2 && Completion.Type == WdfUsbRequestTypePipeReset, "reset again");
    Reuse(Request);
    is_status(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb), STATUS_SUCCESS, "a URB");
    Transfer = &Urb->UrbBulkOrInterruptTransfer;
    UsbBuildInterruptOrBulkTransferRequest(Urb, sizeof(*Transfer),
                                           WdfUsbTargetPipeWdmGetPipeHandle(Out), Data, NULL, 20,
                                           USBD_TRANSFER_DIRECTION_OUT, NULL);
    is_status(WdfUsbTargetPipeSendUrbSynchronously(Out, NULL, NULL, Urb), STATUS_SUCCESS,
              "that writes");
    UsbBuildInterruptOrBulkTransferRequest(
        Urb, sizeof(*Transfer), WdfUsbTargetPipeWdmGetPipeHandle(In), Data, NULL, sizeof(Data),
        USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
    is_status(WdfUsbTargetPipeFormatRequestForUrb(In, Request, Memory, NULL), STATUS_SUCCESS,
              "and one that reads");
    Send(Request, In);
    WaitFor(&Completed);
    ok(CompletionStatus == STATUS_SUCCESS && Completion.Type == WdfUsbRequestTypePipeUrb &&
           Completion.Parameters.PipeUrb.Buffer == Memory && Transfer->TransferBufferLength == 20,
       "its completion");
    WdfObjectDelete(Memory);
}

static VOID Test(VOID)
{
    WDFREQUEST Request;

    TestInterfaces();
    TestSelect();
    TestSettings();
    if (!ok(Pipes(0) == 3, "the pipes for what follows") ||
        !is_status(WdfRequestCreate(NULL, WdfUsbTargetPipeGetIoTarget(PipeOf(0)), &Request),
                   STATUS_SUCCESS, "a request"))
        return;
    TestInformation(PipeOf(0), PipeOf(1), PipeOf(2));
    TestSynchronous(PipeOf(0), PipeOf(1));
    TestAsynchronous(Request, PipeOf(0), PipeOf(1));
    TestResetAndUrb(Request, PipeOf(0), PipeOf(1));
    WdfObjectDelete(Request);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return usb_test_main(DriverObject, RegistryPath, Test);
}
