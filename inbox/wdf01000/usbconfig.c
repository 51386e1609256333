/*
 * WDFUSBINTERFACE and what is selected: configurations and alternate settings, which make the pipes
 * [doc: Selecting a USB Configuration; WdfUsbTargetDeviceSelectConfig;
 * WdfUsbInterfaceSelectSetting]. Interfaces are those of the first configuration; their settings
 * are numbered from 0 without a gap.
 */
#include "usbtarget.h"

static VOID FxInterfaceDestroy(FX_OBJECT *Object)
{
    FX_USB_INTERFACE *Interface = (FX_USB_INTERFACE *)Object;

    FxFree(Interface->Descriptor);
    FxFree(Interface->Pipe);
    FxFree(Interface->NewPipe);
}

static const FX_CLASS FxUsbInterfaceClass = {
    .Type = FxTypeUsbInterface,
    .Name = "WDFUSBINTERFACE",
    .Size = sizeof(FX_USB_INTERFACE),
    .Destroy = FxInterfaceDestroy,
};

/* ---- descriptors ---- */

static ULONG FxLeastLength(UCHAR Type)
{
    switch (Type) {
    case USB_CONFIGURATION_DESCRIPTOR_TYPE:
        return sizeof(USB_CONFIGURATION_DESCRIPTOR);
    case USB_INTERFACE_DESCRIPTOR_TYPE:
        return sizeof(USB_INTERFACE_DESCRIPTOR);
    case USB_ENDPOINT_DESCRIPTOR_TYPE:
        return sizeof(USB_ENDPOINT_DESCRIPTOR);
    default:
        return sizeof(USB_COMMON_DESCRIPTOR);
    }
}

BOOLEAN FxUsbIsConfiguration(const USB_CONFIGURATION_DESCRIPTOR *Config, ULONG Bytes)
{
    const UCHAR *At = (const UCHAR *)Config;

    if (Config->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE ||
        Config->wTotalLength != Bytes)
        return FALSE;
    while (Bytes != 0) {
        const USB_COMMON_DESCRIPTOR *One = (const USB_COMMON_DESCRIPTOR *)At;

        if (Bytes < sizeof(*One) || One->bLength > Bytes ||
            One->bLength < FxLeastLength(One->bDescriptorType))
            return FALSE;
        At += One->bLength;
        Bytes -= One->bLength;
    }
    return TRUE;
}

/* The next one of Type after After, of a checked configuration; NULL: none. */
static PVOID FxNextDescriptor(PUSB_CONFIGURATION_DESCRIPTOR Config, PVOID After, UCHAR Type)
{
    PUCHAR End = (PUCHAR)Config + Config->wTotalLength;

    for (PUCHAR At = (PUCHAR)After + *(PUCHAR)After; At < End; At += *At)
        if (((PUSB_COMMON_DESCRIPTOR)At)->bDescriptorType == Type)
            return At;
    return NULL;
}

/* An endpoint of a setting, which ends where the next one begins; NULL: it has fewer. */
static PUSB_ENDPOINT_DESCRIPTOR FxEndpoint(PUSB_CONFIGURATION_DESCRIPTOR Config,
                                           PUSB_INTERFACE_DESCRIPTOR Setting, ULONG Index)
{
    PVOID End = FxNextDescriptor(Config, Setting, USB_INTERFACE_DESCRIPTOR_TYPE);
    PVOID Endpoint = FxNextDescriptor(Config, Setting, USB_ENDPOINT_DESCRIPTOR_TYPE);

    while (Index-- != 0 && Endpoint != NULL)
        Endpoint = FxNextDescriptor(Config, Endpoint, USB_ENDPOINT_DESCRIPTOR_TYPE);
    return Endpoint != NULL && (End == NULL || Endpoint < End) ? Endpoint : NULL;
}

static VOID FxEndpointInformation(const USB_ENDPOINT_DESCRIPTOR *Endpoint,
                                  PUSBD_PIPE_INFORMATION Info)
{
    RtlZeroMemory(Info, sizeof(*Info));
    Info->MaximumPacketSize = Endpoint->wMaxPacketSize;
    Info->EndpointAddress = Endpoint->bEndpointAddress;
    Info->Interval = Endpoint->bInterval;
    Info->PipeType = (USBD_PIPE_TYPE)(Endpoint->bmAttributes & USB_ENDPOINT_TYPE_MASK);
    Info->MaximumTransferSize =
        USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE; /* [guess] until the stack says */
}

static FX_USB_INTERFACE *FxInterfaceOfNumber(FX_USB_DEVICE *Usb, UCHAR Number)
{
    for (ULONG i = 0; i < Usb->InterfaceCount; i++)
        if (Usb->Interface[i]->Number == Number)
            return Usb->Interface[i];
    return NULL;
}

/* ---- the interfaces of a device ---- */

static NTSTATUS FxMakeInterface(FX_USB_DEVICE *Usb, UCHAR Number, FX_USB_INTERFACE **Result)
{
    FX_GLOBALS *Globals = Usb->Target.Object.Globals;
    FX_USB_INTERFACE *Interface;
    FX_OBJECT *Object;
    NTSTATUS Status =
        FxObjectCreate(Globals, &FxUsbInterfaceClass, NULL, &Usb->Target.Object, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Interface = (FX_USB_INTERFACE *)Object;
    Interface->Usb = Usb;
    Interface->Number = Number;
    Interface->Descriptor = FxAllocate(Globals, 256 * sizeof(*Interface->Descriptor));
    Status = Interface->Descriptor != NULL ? FxObjectCommit(Object) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    *Result = Usb->Interface[Usb->InterfaceCount++] = Interface;
    return STATUS_SUCCESS;
}

/* Settings are counted, so each number below the count must have come. */
static BOOLEAN FxSettingsAreWhole(FX_USB_DEVICE *Usb)
{
    for (ULONG i = 0; i < Usb->InterfaceCount; i++)
        for (ULONG n = 0; n < Usb->Interface[i]->SettingCount; n++)
            if (Usb->Interface[i]->Descriptor[n] == NULL)
                return FALSE;
    return Usb->InterfaceCount != 0;
}

NTSTATUS FxUsbMakeInterfaces(FX_USB_DEVICE *Usb)
{
    FX_USB_INTERFACE *Interface;
    PUSB_INTERFACE_DESCRIPTOR At = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    Usb->Interface = FxAllocate(Usb->Target.Object.Globals,
                                256 * sizeof(*Usb->Interface)); /* a number has 8 bits */
    if (Usb->Interface == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while ((At = FxNextDescriptor(Usb->Config, At != NULL ? (PVOID)At : Usb->Config,
                                  USB_INTERFACE_DESCRIPTOR_TYPE)) != NULL) {
        Interface = FxInterfaceOfNumber(Usb, At->bInterfaceNumber);
        if (Interface == NULL)
            Status = FxMakeInterface(Usb, At->bInterfaceNumber, &Interface);
        if (!NT_SUCCESS(Status))
            return Status;
        if (At->bAlternateSetting == MAXUCHAR)
            return FxMistake(Usb->Target.Object.Globals, STATUS_UNSUCCESSFUL,
                             "a USB interface of 256 settings");
        Interface->Descriptor[At->bAlternateSetting] = At;
        Interface->SettingCount = (UCHAR)max(Interface->SettingCount, At->bAlternateSetting + 1);
    }
    return FxSettingsAreWhole(Usb)
               ? STATUS_SUCCESS
               : FxMistake(Usb->Target.Object.Globals, STATUS_UNSUCCESSFUL,
                           "a USB configuration without all of its interfaces' settings");
}

/* ---- pipes ---- */

static VOID FxDropPipes(FX_USB_PIPE ***Pipe, ULONG *Count)
{
    for (ULONG i = 0; i < *Count; i++)
        FxObjectDelete(&(*Pipe)[i]->Target.Object);
    FxFree(*Pipe);
    *Pipe = NULL;
    *Count = 0;
}

static VOID FxDropAllPipes(FX_USB_DEVICE *Usb)
{
    for (ULONG i = 0; i < Usb->InterfaceCount; i++)
        FxDropPipes(&Usb->Interface[i]->Pipe, &Usb->Interface[i]->PipeCount);
}

static NTSTATUS FxMakePipe(FX_USB_INTERFACE *Interface, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    FX_USB_PIPE *Pipe;
    NTSTATUS Status =
        FxTargetCreate(Interface->Usb->Target.Object.Device, &FxUsbPipeClass, &Interface->Object,
                       Attributes, WdfIoTargetStarted, (FX_TARGET **)&Pipe);

    if (!NT_SUCCESS(Status))
        return Status;
    FxTargetAimDown(&Pipe->Target);
    Pipe->Interface = Interface;
    Status = FxObjectCommit(&Pipe->Target.Object);
    if (NT_SUCCESS(Status))
        Interface->NewPipe[Interface->NewPipeCount++] = Pipe;
    else
        FxObjectAbandon(&Pipe->Target.Object);
    return Status;
}

/* The objects for a setting that is going to be selected, in NewPipe. */
static NTSTATUS FxMakePipes(FX_USB_INTERFACE *Interface, ULONG Count,
                            PWDF_OBJECT_ATTRIBUTES Attributes)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Count == 0)
        return STATUS_SUCCESS;
    Interface->NewPipe = FxAllocate(Interface->Object.Globals, Count * sizeof(*Interface->NewPipe));
    if (Interface->NewPipe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (NT_SUCCESS(Status) && Interface->NewPipeCount < Count)
        Status = FxMakePipe(Interface, Attributes);
    return Status;
}

/* The setting is selected: the pipes are what the stack says. */
static VOID FxInstallPipes(FX_USB_INTERFACE *Interface, const USBD_INTERFACE_INFORMATION *Info)
{
    Interface->Setting = Info->AlternateSetting;
    Interface->Pipe = Interface->NewPipe;
    Interface->PipeCount = Interface->NewPipeCount;
    Interface->NewPipe = NULL;
    Interface->NewPipeCount = 0;
    for (ULONG i = 0; i < Interface->PipeCount; i++) {
        Interface->Pipe[i]->Info = Info->Pipes[i];
        Interface->Pipe[i]->Setting = Info->AlternateSetting;
        FxTargetEnlist(&Interface->Pipe[i]->Target);
    }
}

/* ---- selecting ---- */

/* The next interface of a URB's list: Info is the last one, or NULL for the first. NULL: there is
 * none, or it is cut off. */
static PUSBD_INTERFACE_INFORMATION FxNextInfo(PURB Urb, SIZE_T First,
                                              PUSBD_INTERFACE_INFORMATION Info)
{
    PUCHAR End = (PUCHAR)Urb + Urb->UrbHeader.Length;
    PUCHAR At = Info == NULL ? (PUCHAR)Urb + First : (PUCHAR)Info + Info->Length;

    Info = (PUSBD_INTERFACE_INFORMATION)At;
    if (At + FIELD_OFFSET(USBD_INTERFACE_INFORMATION, Pipes) > End || At + Info->Length > End ||
        Info->Length < FIELD_OFFSET(USBD_INTERFACE_INFORMATION, Pipes))
        return NULL;
    return Info;
}

/* What a URB of the driver's or ours names must be interfaces and settings of the device. */
static NTSTATUS FxCheckInfo(FX_USB_DEVICE *Usb, const USBD_INTERFACE_INFORMATION *Info,
                            FX_USB_INTERFACE **Interface, ULONG *Pipes)
{
    FX_USB_INTERFACE *Found = FxInterfaceOfNumber(Usb, Info->InterfaceNumber);

    if (Found == NULL || Info->AlternateSetting >= Found->SettingCount)
        return FxMistake(Usb->Target.Object.Globals, STATUS_INVALID_PARAMETER,
                         "the device has no interface %u, setting %u", Info->InterfaceNumber,
                         Info->AlternateSetting);
    *Interface = Found;
    *Pipes = Found->Descriptor[Info->AlternateSetting]->bNumEndpoints;
    if (Info->Length < GET_USBD_INTERFACE_SIZE(*Pipes))
        return FxMistake(Usb->Target.Object.Globals, STATUS_INVALID_PARAMETER,
                         "interface %u: 0x%x bytes for %u pipes", Info->InterfaceNumber,
                         Info->Length, *Pipes);
    return STATUS_SUCCESS;
}

static VOID FxDropNewPipes(FX_USB_DEVICE *Usb)
{
    for (ULONG i = 0; i < Usb->InterfaceCount; i++)
        FxDropPipes(&Usb->Interface[i]->NewPipe, &Usb->Interface[i]->NewPipeCount);
}

/* Pipes for all that a URB names, whose list begins at First. */
static NTSTATUS FxPrepareUrb(FX_USB_DEVICE *Usb, PURB Urb, SIZE_T First,
                             PWDF_OBJECT_ATTRIBUTES Attributes)
{
    PUSBD_INTERFACE_INFORMATION Info = NULL;
    FX_USB_INTERFACE *Interface;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Pipes;

    while (NT_SUCCESS(Status) && (Info = FxNextInfo(Urb, First, Info)) != NULL) {
        Status = FxCheckInfo(Usb, Info, &Interface, &Pipes);
        if (NT_SUCCESS(Status) && Interface->NewPipe != NULL)
            Status = FxMistake(Usb->Target.Object.Globals, STATUS_INVALID_PARAMETER,
                               "interface %u is named twice", Info->InterfaceNumber);
        if (NT_SUCCESS(Status))
            Status = FxMakePipes(Interface, Pipes, Attributes);
    }
    if (!NT_SUCCESS(Status))
        FxDropNewPipes(Usb);
    return Status;
}

/* Sends a prepared URB; the pipes follow what it says. */
static NTSTATUS FxSelectByUrb(FX_USB_DEVICE *Usb, PURB Urb, SIZE_T First)
{
    PWDF_DRIVER_GLOBALS DriverGlobals = &Usb->Target.Object.Globals->Public;
    PUSBD_INTERFACE_INFORMATION Info = NULL;
    NTSTATUS Status = FxUsbSendUrb(DriverGlobals, &Usb->Target, NULL, NULL, Urb);

    if (NT_SUCCESS(Status) && !USBD_SUCCESS(Urb->UrbHeader.Status))
        Status = STATUS_UNSUCCESSFUL;
    if (!NT_SUCCESS(Status)) {
        FxDropNewPipes(Usb);
        return Status;
    }
    while ((Info = FxNextInfo(Urb, First, Info)) != NULL)
        FxInstallPipes(FxInterfaceOfNumber(Usb, Info->InterfaceNumber), Info);
    return STATUS_SUCCESS;
}

static NTSTATUS FxSelectConfigUrb(FX_USB_DEVICE *Usb, PURB Urb, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    const SIZE_T First = FIELD_OFFSET(struct _URB_SELECT_CONFIGURATION, Interface);
    NTSTATUS Status = FxPrepareUrb(Usb, Urb, First, Attributes);

    if (!NT_SUCCESS(Status))
        return Status;
    FxDropAllPipes(Usb);
    Usb->Handle = NULL;
    Status = FxSelectByUrb(Usb, Urb, First);
    if (NT_SUCCESS(Status) && Urb->UrbSelectConfiguration.ConfigurationDescriptor != NULL)
        Usb->Handle = Urb->UrbSelectConfiguration.ConfigurationHandle;
    return Status;
}

/* Fills one entry of a list; the next one begins where it ends. */
static PUSBD_INTERFACE_INFORMATION FxFillInfo(PUSBD_INTERFACE_INFORMATION Info,
                                              const USB_INTERFACE_DESCRIPTOR *Descriptor)
{
    Info->Length = (USHORT)GET_USBD_INTERFACE_SIZE(Descriptor->bNumEndpoints);
    Info->InterfaceNumber = Descriptor->bInterfaceNumber;
    Info->AlternateSetting = Descriptor->bAlternateSetting;
    Info->NumberOfPipes = Descriptor->bNumEndpoints;
    for (ULONG i = 0; i < Info->NumberOfPipes; i++)
        Info->Pipes[i].MaximumTransferSize = USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE;
    return (PUSBD_INTERFACE_INFORMATION)((PUCHAR)Info + Info->Length);
}

static NTSTATUS FxSelectDescriptors(FX_USB_DEVICE *Usb, PUSB_CONFIGURATION_DESCRIPTOR Config,
                                    PUSB_INTERFACE_DESCRIPTOR *Descriptor, ULONG Count,
                                    PWDF_OBJECT_ATTRIBUTES Attributes)
{
    SIZE_T Bytes = FIELD_OFFSET(struct _URB_SELECT_CONFIGURATION, Interface);
    PUSBD_INTERFACE_INFORMATION Info;
    NTSTATUS Status;
    PURB Urb;

    for (ULONG i = 0; i < Count; i++)
        Bytes += GET_USBD_INTERFACE_SIZE(Descriptor[i]->bNumEndpoints);
    Bytes = max(Bytes, sizeof(struct _URB_SELECT_CONFIGURATION));
    if (Bytes > MAXUSHORT)
        return STATUS_INVALID_PARAMETER;
    Urb = FxAllocate(Usb->Target.Object.Globals, Bytes);
    if (Urb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Urb->UrbHeader.Length = (USHORT)Bytes;
    Urb->UrbHeader.Function = URB_FUNCTION_SELECT_CONFIGURATION;
    Urb->UrbSelectConfiguration.ConfigurationDescriptor = Config;
    Info = &Urb->UrbSelectConfiguration.Interface;
    for (ULONG i = 0; i < Count; i++)
        Info = FxFillInfo(Info, Descriptor[i]);
    Status = FxSelectConfigUrb(Usb, Urb, Attributes);
    FxFree(Urb);
    return Status;
}

/* All interfaces, each with the setting that a pair names, else with setting 0. */
static NTSTATUS FxSelectPairs(FX_USB_DEVICE *Usb, const WDF_USB_INTERFACE_SETTING_PAIR *Pair,
                              ULONG Pairs, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    FX_GLOBALS *Globals = Usb->Target.Object.Globals;
    PUSB_INTERFACE_DESCRIPTOR *Chosen = FxAllocate(Globals, Usb->InterfaceCount * sizeof(*Chosen));
    NTSTATUS Status = STATUS_SUCCESS;

    if (Chosen == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < Usb->InterfaceCount; i++)
        Chosen[i] = Usb->Interface[i]->Descriptor[0];
    for (ULONG n = 0; n < Pairs; n++) {
        FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(&Globals->Public, Pair[n].UsbInterface);

        for (ULONG i = 0; i < Usb->InterfaceCount; i++)
            if (Usb->Interface[i] == Interface && Pair[n].SettingIndex < Interface->SettingCount)
                Chosen[i] = Interface->Descriptor[Pair[n].SettingIndex];
        if (Interface->Usb != Usb || Pair[n].SettingIndex >= Interface->SettingCount)
            Status = FxMistake(Globals, STATUS_INVALID_PARAMETER,
                               "pair %u: no setting %u of this device's", n, Pair[n].SettingIndex);
    }
    if (NT_SUCCESS(Status))
        Status = FxSelectDescriptors(Usb, Usb->Config, Chosen, Usb->InterfaceCount, Attributes);
    FxFree(Chosen);
    return Status;
}

static NTSTATUS FxSelectGivenDescriptors(FX_USB_DEVICE *Usb,
                                         const WDF_USB_DEVICE_SELECT_CONFIG_PARAMS *Params,
                                         PWDF_OBJECT_ATTRIBUTES Attributes)
{
    PUSB_CONFIGURATION_DESCRIPTOR Config = Params->Types.Descriptor.ConfigurationDescriptor;

    if (Params->Types.Descriptor.InterfaceDescriptors == NULL ||
        Params->Types.Descriptor.NumInterfaceDescriptors == 0 ||
        Params->Types.Descriptor.NumInterfaceDescriptors > MAXUCHAR)
        return STATUS_INVALID_PARAMETER;
    return FxSelectDescriptors(Usb, Config != NULL ? Config : Usb->Config,
                               Params->Types.Descriptor.InterfaceDescriptors,
                               Params->Types.Descriptor.NumInterfaceDescriptors, Attributes);
}

static NTSTATUS FxSelectGivenUrb(FX_USB_DEVICE *Usb, PURB Urb, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    if (Urb == NULL || Urb->UrbHeader.Function != URB_FUNCTION_SELECT_CONFIGURATION ||
        Urb->UrbHeader.Length < FIELD_OFFSET(struct _URB_SELECT_CONFIGURATION, Interface))
        return STATUS_INVALID_PARAMETER;
    return FxSelectConfigUrb(Usb, Urb, Attributes);
}

WDF_DDI(WdfUsbTargetDeviceSelectConfig);
NTSTATUS NTAPI imp_WdfUsbTargetDeviceSelectConfig(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFUSBDEVICE Handle,
                                                  PWDF_OBJECT_ATTRIBUTES Attributes,
                                                  PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Params);
    if (NT_SUCCESS(Status) &&
        !FxSizeIsKnown(Globals, "WDF_USB_DEVICE_SELECT_CONFIG_PARAMS", Params->Size))
        Status = FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH,
                           "WDF_USB_DEVICE_SELECT_CONFIG_PARAMS size 0x%x", Params->Size);
    if (!NT_SUCCESS(Status))
        return Status;
    switch (Params->Type) {
    case WdfUsbTargetDeviceSelectConfigTypeDeconfig:
        return FxSelectDescriptors(Usb, NULL, NULL, 0, NULL);
    case WdfUsbTargetDeviceSelectConfigTypeSingleInterface:
        Status = FxSelectPairs(Usb, NULL, 0, Attributes);
        Params->Types.SingleInterface.NumberConfiguredPipes =
            NT_SUCCESS(Status) ? (UCHAR)Usb->Interface[0]->PipeCount : 0;
        Params->Types.SingleInterface.ConfiguredUsbInterface =
            NT_SUCCESS(Status) ? FX_HANDLE(WDFUSBINTERFACE, Usb->Interface[0]) : NULL;
        return Status;
    case WdfUsbTargetDeviceSelectConfigTypeMultiInterface:
    case WdfUsbTargetDeviceSelectConfigTypeInterfacesPairs:
        Status = Params->Type == WdfUsbTargetDeviceSelectConfigTypeMultiInterface
                     ? FxSelectPairs(Usb, NULL, 0, Attributes)
                     : FxSelectPairs(Usb, Params->Types.MultiInterface.Pairs,
                                     Params->Types.MultiInterface.NumberInterfaces, Attributes);
        Params->Types.MultiInterface.NumberOfConfiguredInterfaces =
            NT_SUCCESS(Status) ? (UCHAR)Usb->InterfaceCount : 0;
        return Status;
    case WdfUsbTargetDeviceSelectConfigTypeInterfacesDescriptor:
        return FxSelectGivenDescriptors(Usb, Params, Attributes);
    case WdfUsbTargetDeviceSelectConfigTypeUrb:
        return FxSelectGivenUrb(Usb, Params->Types.Urb.Urb, Attributes);
    default:
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "WDF_USB_DEVICE_SELECT_CONFIG_PARAMS of type %d", Params->Type);
    }
}

static NTSTATUS FxSelectSettingUrb(FX_USB_DEVICE *Usb, PURB Urb, PWDF_OBJECT_ATTRIBUTES Attributes)
{
    const SIZE_T First = FIELD_OFFSET(struct _URB_SELECT_INTERFACE, Interface);
    FX_USB_INTERFACE *Interface;
    NTSTATUS Status = FxPrepareUrb(Usb, Urb, First, Attributes);

    if (!NT_SUCCESS(Status))
        return Status;
    Interface = FxInterfaceOfNumber(Usb, Urb->UrbSelectInterface.Interface.InterfaceNumber);
    FxDropPipes(&Interface->Pipe, &Interface->PipeCount);
    return FxSelectByUrb(Usb, Urb, First);
}

static NTSTATUS FxSelectSetting(FX_USB_DEVICE *Usb, const USB_INTERFACE_DESCRIPTOR *Descriptor,
                                PWDF_OBJECT_ATTRIBUTES Attributes)
{
    SIZE_T Bytes = max(sizeof(struct _URB_SELECT_INTERFACE),
                       FIELD_OFFSET(struct _URB_SELECT_INTERFACE, Interface) +
                           GET_USBD_INTERFACE_SIZE(Descriptor->bNumEndpoints));
    PURB Urb = FxAllocate(Usb->Target.Object.Globals, Bytes);
    NTSTATUS Status;

    if (Urb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Urb->UrbHeader.Length = (USHORT)Bytes;
    Urb->UrbHeader.Function = URB_FUNCTION_SELECT_INTERFACE;
    Urb->UrbSelectInterface.ConfigurationHandle = Usb->Handle;
    FxFillInfo(&Urb->UrbSelectInterface.Interface, Descriptor);
    Status = FxSelectSettingUrb(Usb, Urb, Attributes);
    FxFree(Urb);
    return Status;
}

WDF_DDI(WdfUsbInterfaceSelectSetting);
NTSTATUS NTAPI imp_WdfUsbInterfaceSelectSetting(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                WDFUSBINTERFACE Handle,
                                                PWDF_OBJECT_ATTRIBUTES Attributes,
                                                PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);
    PUSB_INTERFACE_DESCRIPTOR Descriptor = NULL;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    PURB Urb;

    FX_REQUIRE(Globals, Params);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!FxSizeIsKnown(Globals, "WDF_USB_INTERFACE_SELECT_SETTING_PARAMS", Params->Size))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH,
                         "WDF_USB_INTERFACE_SELECT_SETTING_PARAMS size 0x%x", Params->Size);
    if (Interface->Usb->Handle == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                         "a setting of a device without a configuration");
    switch (Params->Type) {
    case WdfUsbInterfaceSelectSettingTypeDescriptor:
        Descriptor = Params->Types.Descriptor.InterfaceDescriptor;
        break;
    case WdfUsbInterfaceSelectSettingTypeSetting:
        if (Params->Types.Interface.SettingIndex < Interface->SettingCount)
            Descriptor = Interface->Descriptor[Params->Types.Interface.SettingIndex];
        break;
    case WdfUsbInterfaceSelectSettingTypeUrb:
        Urb = Params->Types.Urb.Urb;
        if (Urb != NULL && Urb->UrbHeader.Function == URB_FUNCTION_SELECT_INTERFACE &&
            FxNextInfo(Urb, FIELD_OFFSET(struct _URB_SELECT_INTERFACE, Interface), NULL) != NULL)
            return FxSelectSettingUrb(Interface->Usb, Urb, Attributes);
        break;
    }
    return Descriptor != NULL ? FxSelectSetting(Interface->Usb, Descriptor, Attributes)
                              : STATUS_INVALID_PARAMETER;
}

/* ---- what a device and its interfaces have ---- */

WDF_DDI(WdfUsbTargetDeviceGetNumInterfaces);
UCHAR NTAPI imp_WdfUsbTargetDeviceGetNumInterfaces(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                   WDFUSBDEVICE Usb)
{
    return (UCHAR)FxUsbFromHandle(DriverGlobals, Usb)->InterfaceCount;
}

WDF_DDI(WdfUsbTargetDeviceWdmGetConfigurationHandle);
USBD_CONFIGURATION_HANDLE NTAPI
imp_WdfUsbTargetDeviceWdmGetConfigurationHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE Usb)
{
    return FxUsbFromHandle(DriverGlobals, Usb)->Handle;
}

WDF_DDI(WdfUsbTargetDeviceGetInterface);
WDFUSBINTERFACE NTAPI imp_WdfUsbTargetDeviceGetInterface(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBDEVICE Handle, UCHAR Index)
{
    FX_USB_DEVICE *Usb = FxUsbFromHandle(DriverGlobals, Handle);

    return Index < Usb->InterfaceCount ? FX_HANDLE(WDFUSBINTERFACE, Usb->Interface[Index]) : NULL;
}

WDF_DDI(WdfUsbInterfaceGetInterfaceNumber);
UCHAR NTAPI imp_WdfUsbInterfaceGetInterfaceNumber(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFUSBINTERFACE Interface)
{
    return FxInterfaceFromHandle(DriverGlobals, Interface)->Number;
}

WDF_DDI(WdfUsbInterfaceGetNumSettings);
UCHAR NTAPI imp_WdfUsbInterfaceGetNumSettings(PWDF_DRIVER_GLOBALS DriverGlobals,
                                              WDFUSBINTERFACE Interface)
{
    return FxInterfaceFromHandle(DriverGlobals, Interface)->SettingCount;
}

WDF_DDI(WdfUsbInterfaceGetNumEndpoints);
UCHAR NTAPI imp_WdfUsbInterfaceGetNumEndpoints(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFUSBINTERFACE Handle, UCHAR Setting)
{
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);

    return Setting < Interface->SettingCount ? Interface->Descriptor[Setting]->bNumEndpoints : 0;
}

WDF_DDI(WdfUsbInterfaceGetDescriptor);
VOID NTAPI imp_WdfUsbInterfaceGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals,
                                            WDFUSBINTERFACE Handle, UCHAR Setting,
                                            PUSB_INTERFACE_DESCRIPTOR Descriptor)
{
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Descriptor);
    if (Setting < Interface->SettingCount)
        *Descriptor = *Interface->Descriptor[Setting];
    else
        RtlZeroMemory(Descriptor, sizeof(*Descriptor));
}

WDF_DDI(WdfUsbInterfaceGetEndpointInformation);
VOID NTAPI imp_WdfUsbInterfaceGetEndpointInformation(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFUSBINTERFACE Handle, UCHAR Setting,
                                                     UCHAR Index,
                                                     PWDF_USB_PIPE_INFORMATION Information)
{
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);
    PUSB_ENDPOINT_DESCRIPTOR Endpoint = NULL;
    USBD_PIPE_INFORMATION Info;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Information);
    if (Setting < Interface->SettingCount)
        Endpoint = FxEndpoint(Interface->Usb->Config, Interface->Descriptor[Setting], Index);
    if (Endpoint == NULL) {
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_PARAMETER,
                  "no endpoint %u of setting %u", Index, Setting);
        return;
    }
    FxEndpointInformation(Endpoint, &Info);
    FxPipeInformation(FxGlobalsOf(DriverGlobals), &Info, Setting, Information);
}

WDF_DDI(WdfUsbInterfaceGetConfiguredSettingIndex);
UCHAR NTAPI imp_WdfUsbInterfaceGetConfiguredSettingIndex(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBINTERFACE Handle)
{
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);

    return Interface->Usb->Handle != NULL ? Interface->Setting : 0;
}

WDF_DDI(WdfUsbInterfaceGetNumConfiguredPipes);
UCHAR NTAPI imp_WdfUsbInterfaceGetNumConfiguredPipes(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFUSBINTERFACE Interface)
{
    return (UCHAR)FxInterfaceFromHandle(DriverGlobals, Interface)->PipeCount;
}

WDF_DDI(WdfUsbInterfaceGetConfiguredPipe);
WDFUSBPIPE NTAPI imp_WdfUsbInterfaceGetConfiguredPipe(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFUSBINTERFACE Handle, UCHAR Index,
                                                      PWDF_USB_PIPE_INFORMATION Information)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_INTERFACE *Interface = FxInterfaceFromHandle(DriverGlobals, Handle);
    FX_USB_PIPE *Pipe;

    if (Index >= Interface->PipeCount ||
        (Information != NULL &&
         !FxSizeIsKnown(Globals, "WDF_USB_PIPE_INFORMATION", Information->Size)))
        return NULL;
    Pipe = Interface->Pipe[Index];
    if (Information != NULL)
        FxPipeInformation(Globals, &Pipe->Info, Pipe->Setting, Information);
    return FX_HANDLE(WDFUSBPIPE, Pipe);
}
