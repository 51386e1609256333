/* KMDF: usbd.sys: searches in and validation of configurations, requests that select, a client's
 * handle and URBs. */
#include "usb_bus.h"

/* ---- descriptors ---- */

static VOID TestSearches(VOID)
{
    PUSB_CONFIGURATION_DESCRIPTOR Config = &UsbConfig.Config;
    PUCHAR End = (PUCHAR)&UsbConfig + sizeof(UsbConfig);

    ok(USBD_ParseDescriptors(Config, sizeof(UsbConfig), Config, USB_ENDPOINT_DESCRIPTOR_TYPE) ==
           (PVOID)&UsbConfig.In,
       "the first endpoint");
    ok(USBD_ParseDescriptors(Config, sizeof(UsbConfig), Config, 0x24) == (PVOID)UsbConfig.Extra,
       "a class's own");
    ok(USBD_ParseDescriptors(Config, sizeof(UsbConfig), &UsbConfig.FirstOther, 0x24) == NULL,
       "none after it");
    ok(USBD_ParseDescriptors(Config, 9 + 9 + 6, Config, USB_ENDPOINT_DESCRIPTOR_TYPE) == NULL,
       "not one that is cut off");
    ok(USBD_ParseConfigurationDescriptorEx(Config, Config, -1, -1, -1, -1, -1) == &UsbConfig.First,
       "the first interface");
    ok(USBD_ParseConfigurationDescriptorEx(Config, Config, 0, 1, -1, -1, -1) ==
           &UsbConfig.FirstOther,
       "by its setting");
    ok(USBD_ParseConfigurationDescriptorEx(Config, Config, -1, -1, 0xFE, -1, -1) ==
           &UsbConfig.Second,
       "by its class");
    ok(USBD_ParseConfigurationDescriptorEx(Config, Config, -1, -1, 0xFF, 1, 3) ==
           &UsbConfig.FirstOther,
       "by subclass and protocol");
    ok(USBD_ParseConfigurationDescriptorEx(Config, Config, 0, -1, 0xFE, -1, -1) == NULL,
       "all must hold");
    ok(USBD_ParseConfigurationDescriptorEx(Config, &UsbConfig.Extra, -1, -1, -1, -1, -1) ==
           &UsbConfig.FirstOther,
       "from a place on");
    ok(USBD_ParseConfigurationDescriptor(Config, 1, 0) == &UsbConfig.Second,
       "by number and setting");
    is_ulong(USBD_GetInterfaceLength(&UsbConfig.First, End), 9 + 3 * 7 + 4,
             "an interface's length");
    is_ulong(USBD_GetInterfaceLength(&UsbConfig.Second, End), 9, "of the last one");
}

static VOID Defect(PUCHAR Field, UCHAR Value, USHORT Level, USBD_STATUS Expected, PVOID At,
                   const char *What)
{
    UCHAR Before = *Field, *Offset = NULL;
    USBD_STATUS Status;

    *Field = Value;
    Status = USBD_ValidateConfigurationDescriptor(&UsbConfig.Config, sizeof(UsbConfig), Level,
                                                  &Offset, 'tseT');
    *Field = Before;
    is_hex((ULONG)Status, (ULONG)Expected, What);
    ok(Offset == At, "%s: found there", What);
}

static VOID TestValidation(VOID)
{
    USB_MODEL_CONFIG *Model = &UsbConfig;
    PUCHAR Offset = NULL;

    for (USHORT Level = 1; Level <= 3; Level++)
        is_hex((ULONG)USBD_ValidateConfigurationDescriptor(&Model->Config, sizeof(*Model), Level,
                                                           &Offset, 'tseT'),
               USBD_STATUS_SUCCESS, "a good configuration");
    Defect(&Model->Config.bLength, 8, 1, USBD_STATUS_BAD_DESCRIPTOR_BLEN, Model,
           "a header too short");
    Defect(&Model->Config.bDescriptorType, 1, 1, USBD_STATUS_BAD_DESCRIPTOR_TYPE, Model,
           "another type");
    is_hex((ULONG)USBD_ValidateConfigurationDescriptor(&Model->Config, sizeof(*Model) - 1, 1,
                                                       &Offset, 'tseT'),
           (ULONG)USBD_STATUS_BAD_CONFIG_DESC_LENGTH, "more than the buffer");
    Defect(&Model->In.bLength, 0, 1, USBD_STATUS_SUCCESS, NULL,
           "level 1 looks at the header alone");
    Defect(&Model->In.bLength, 0, 2, USBD_STATUS_BAD_DESCRIPTOR_BLEN, &Model->In, "a length of 0");
    Defect(&Model->Second.bLength, 10, 2, USBD_STATUS_BAD_DESCRIPTOR_BLEN, &Model->Second,
           "past the end");
    Defect(&Model->In.bEndpointAddress, 0x80, 2, USBD_STATUS_BAD_ENDPOINT_ADDRESS, &Model->In,
           "endpoint 0");
    Defect(&Model->Out.bEndpointAddress, 0x81, 2, USBD_STATUS_BAD_ENDPOINT_ADDRESS, &Model->Out,
           "an address twice");
    Defect(&Model->FirstOther.bAlternateSetting, 0, 2, USBD_STATUS_BAD_INTERFACE_DESCRIPTOR,
           &Model->FirstOther, "a setting twice");
    Defect(&Model->Config.bNumInterfaces, 3, 2, USBD_STATUS_BAD_NUMBER_OF_INTERFACES, Model,
           "interfaces that are missing");
    Defect(&Model->First.bNumEndpoints, 4, 2, USBD_STATUS_SUCCESS, NULL,
           "level 2 does not count endpoints");
    Defect(&Model->First.bNumEndpoints, 4, 3, USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS,
           &Model->FirstOther, "level 3 does");
    Defect(&Model->Second.bInterfaceNumber, 2, 2, USBD_STATUS_SUCCESS, NULL, "level 2 takes gaps");
    Defect(&Model->Second.bInterfaceNumber, 2, 3, USBD_STATUS_BAD_INTERFACE_DESCRIPTOR,
           &Model->Second, "level 3 does not");
    Defect(&Model->First.bLength, 9, 4, USBD_STATUS_INVALID_PARAMETER, Model,
           "there is no level 4");
}

/* ---- requests ---- */

static NTSTATUS Send(PURB Urb)
{
    return WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Urb);
}

static VOID TestRequests(VOID)
{
    USBD_INTERFACE_LIST_ENTRY List[3] = {
        {&UsbConfig.FirstOther, NULL}, {&UsbConfig.Second, NULL}, {NULL, NULL}};
    PURB Urb = USBD_CreateConfigurationRequestEx(&UsbConfig.Config, List);
    USHORT Size = 0;

    if (!ok(Urb != NULL, "USBD_CreateConfigurationRequestEx"))
        return;
    ok(Urb->UrbHeader.Function == URB_FUNCTION_SELECT_CONFIGURATION &&
           List[0].Interface == &Urb->UrbSelectConfiguration.Interface &&
           List[0].Interface->NumberOfPipes == 1 && List[1].Interface->InterfaceNumber == 1,
       "a URB for both interfaces");
    is_status(Send(Urb), STATUS_SUCCESS, "sent");
    ok(Urb->UrbSelectConfiguration.ConfigurationHandle == USB_CONFIGURATION &&
           List[0].Interface->Pipes[0].PipeHandle == USB_PIPE(1, 0x02),
       "the pipes are in the list");
    ExFreePool(Urb);
    Urb = USBD_CreateConfigurationRequest(&UsbConfig.Config, &Size);
    if (!ok(Urb != NULL && Size == Urb->UrbHeader.Length, "USBD_CreateConfigurationRequest"))
        return;
    is_ulong(Urb->UrbSelectConfiguration.Interface.NumberOfPipes, 3, "takes setting 0");
    is_status(Send(Urb), STATUS_SUCCESS, "sent");
    is_ulong(UsbConfigurations, 33, "two interfaces each");
    ExFreePool(Urb);
}

static VOID TestHandle(VOID)
{
    static const GUID Capability = {0x0DD0C0DE, 1, 2, {3}};
    USBD_INTERFACE_LIST_ENTRY List[2] = {{&UsbConfig.First, NULL}, {NULL, NULL}};
    PDEVICE_OBJECT Device = WdfDeviceWdmGetDeviceObject(UsbFunction),
                   Lower = WdfDeviceWdmGetAttachedDevice(UsbFunction);
    IO_STACK_LOCATION Stack = {0};
    USBD_HANDLE Handle = NULL;
    PURB Urb = NULL;

    is_status(USBD_CreateHandle(Device, Lower, 0x601, 'tseT', &Handle), STATUS_INVALID_PARAMETER,
              "another contract");
    is_status(USBD_CreateHandle(Device, NULL, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &Handle),
              STATUS_INVALID_PARAMETER, "no target");
    if (!is_status(
            USBD_CreateHandle(Device, Lower, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &Handle),
            STATUS_SUCCESS, "USBD_CreateHandle"))
        return;
    is_status(USBD_QueryUsbCapability(Handle, &Capability, 0, NULL, NULL), STATUS_NOT_IMPLEMENTED,
              "a capability");
    is_status(USBD_QueryUsbCapability(Handle, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER,
              "none");
    is_status(USBD_UrbAllocate(NULL, &Urb), STATUS_INVALID_PARAMETER, "no handle");
    is_status(USBD_UrbAllocate(Handle, &Urb), STATUS_SUCCESS, "USBD_UrbAllocate");
    ok(Urb != NULL && Urb->UrbHeader.Length == 0, "zeroed");
    USBD_AssignUrbToIoStackLocation(Handle, &Stack, Urb);
    ok(Stack.Parameters.Others.Argument1 == Urb, "USBD_AssignUrbToIoStackLocation");
    USBD_UrbFree(Handle, Urb);
    is_status(USBD_IsochUrbAllocate(Handle, 0, &Urb), STATUS_INVALID_PARAMETER, "no packets");
    is_status(USBD_IsochUrbAllocate(Handle, 8, &Urb), STATUS_SUCCESS, "USBD_IsochUrbAllocate");
    Urb->UrbIsochronousTransfer.IsoPacket[7].Length = 1;
    USBD_UrbFree(Handle, Urb);
    is_status(USBD_SelectConfigUrbAllocateAndBuild(Handle, &UsbConfig.Config, List, &Urb),
              STATUS_SUCCESS, "USBD_SelectConfigUrbAllocateAndBuild");
    is_status(Send(Urb), STATUS_SUCCESS, "sent");
    ok(List[0].Interface->Pipes[2].PipeHandle == USB_PIPE(0, 0x83), "its pipes");
    USBD_UrbFree(Handle, Urb);
    List[0].InterfaceDescriptor = &UsbConfig.FirstOther;
    is_status(USBD_SelectInterfaceUrbAllocateAndBuild(Handle, USB_CONFIGURATION, List, &Urb),
              STATUS_SUCCESS, "USBD_SelectInterfaceUrbAllocateAndBuild");
    is_status(Send(Urb), STATUS_SUCCESS, "sent");
    ok(UsbSettings == 2 && List[0].Interface->Pipes[0].PipeHandle == USB_PIPE(1, 0x02), "its pipe");
    USBD_UrbFree(Handle, Urb);
    USBD_CloseHandle(Handle);
}

static VOID TestRegistry(VOID)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"Serial");
    PDEVICE_OBJECT Physical = WdfDeviceWdmGetPhysicalDevice(UsbFunction);
    USBD_VERSION_INFORMATION Version = {0};
    ULONG Value = 0x12345678, Found = 0;
    HANDLE Key;

    USBD_GetUSBDIVersion(&Version);
    is_hex(Version.USBDI_Version, USBDI_VERSION, "the library's version");
    is_status(IoOpenDeviceRegistryKey(Physical, PLUGPLAY_REGKEY_DEVICE, KEY_WRITE, &Key),
              STATUS_SUCCESS, "the device's key");
    is_status(ZwSetValueKey(Key, (PUNICODE_STRING)&Name, 0, REG_DWORD, &Value, sizeof(Value)),
              STATUS_SUCCESS, "a value");
    is_status(
        USBD_GetPdoRegistryParameter(Physical, &Found, sizeof(Found), L"Serial", sizeof(L"Serial")),
        STATUS_SUCCESS, "USBD_GetPdoRegistryParameter");
    is_hex(Found, Value, "the value");
    is_status(USBD_GetPdoRegistryParameter(Physical, &Found, 2, L"Serial", sizeof(L"Serial")),
              STATUS_BUFFER_OVERFLOW, "a buffer too small");
    is_status(
        USBD_GetPdoRegistryParameter(Physical, &Found, sizeof(Found), L"Other", sizeof(L"Other")),
        STATUS_OBJECT_NAME_NOT_FOUND, "no such value");
    ZwDeleteValueKey(Key, (PUNICODE_STRING)&Name);
    ZwClose(Key);
}

static VOID Test(VOID)
{
    TestSearches();
    TestValidation();
    TestRequests();
    TestHandle();
    TestRegistry();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return usb_test_main(DriverObject, RegistryPath, Test);
}
