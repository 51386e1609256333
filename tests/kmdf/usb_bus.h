/*
 * A bus with one USB device, and the function driver above it, in one test driver: the bus's child
 * answers the URBs and control codes of the documented USB driver stack interface. The device:
 * interface 0 with settings 0 (bulk in 0x81, bulk out 0x02, interrupt in 0x83) and 1 (bulk out 0x02
 * of small packets), interface 1 without endpoints. What is written to 0x02 comes back from 0x81;
 * UsbInterrupt makes 0x83 speak. DriverEntry is return usb_test_main(DriverObject, RegistryPath,
 * Test): Test runs with Usb made in EvtDevicePrepareHardware.
 */
#pragma once

#include "pnp_test.h"

#include <initguid.h>
#include <usb.h>
#include <usbioctl.h>
#include <usbdlib.h>
#include <usbbusif.h>
#include <wdfusb.h>

#define USB_PACKET 64u
#define USB_FIFO_BYTES 4096u
#define USB_CONFIGURATION ((USBD_CONFIGURATION_HANDLE)0xC0F1)
#define USB_PIPE(Setting, Address)                                                                 \
    ((USBD_PIPE_HANDLE)(ULONG_PTR)(0x1000 + (Setting)*0x100 + (Address)))
enum { USB_READ_BACK = 1, USB_KEEP, USB_STALL, USB_NEVER }; /* vendor requests */

#pragma pack(push, 1)
typedef struct _USB_MODEL_CONFIG {
    USB_CONFIGURATION_DESCRIPTOR Config;
    USB_INTERFACE_DESCRIPTOR First;
    USB_ENDPOINT_DESCRIPTOR In, Out, Interrupt;
    UCHAR Extra[4]; /* of a class of its own */
    USB_INTERFACE_DESCRIPTOR FirstOther;
    USB_ENDPOINT_DESCRIPTOR OutOther;
    USB_INTERFACE_DESCRIPTOR Second;
} USB_MODEL_CONFIG;
#pragma pack(pop)

static const USB_DEVICE_DESCRIPTOR UsbDescriptor = {
    sizeof(UsbDescriptor),
    USB_DEVICE_DESCRIPTOR_TYPE,
    0x200,
    0xFF,
    0,
    0,
    64,
    0x0DD0,
    0x0001,
    0x0102,
    1,
    2,
    0,
    1,
};
static USB_MODEL_CONFIG UsbConfig = {
    {9, USB_CONFIGURATION_DESCRIPTOR_TYPE, sizeof(USB_MODEL_CONFIG), 2, 1, 0,
     0x80 | USB_CONFIG_SELF_POWERED, 50},
    {9, USB_INTERFACE_DESCRIPTOR_TYPE, 0, 0, 3, 0xFF, 1, 2, 0},
    {7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x81, USB_ENDPOINT_TYPE_BULK, USB_PACKET, 0},
    {7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x02, USB_ENDPOINT_TYPE_BULK, USB_PACKET, 0},
    {7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x83, USB_ENDPOINT_TYPE_INTERRUPT, 8, 10},
    {4, 0x24, 1, 2},
    {9, USB_INTERFACE_DESCRIPTOR_TYPE, 0, 1, 1, 0xFF, 1, 3, 0},
    {7, USB_ENDPOINT_DESCRIPTOR_TYPE, 0x02, USB_ENDPOINT_TYPE_BULK, 16, 0},
    {9, USB_INTERFACE_DESCRIPTOR_TYPE, 1, 0, 0, 0xFE, 0, 0, 0},
};

static TAP_UNUSED WDFUSBDEVICE Usb; /* the function driver's */
static WDFDEVICE UsbBus, UsbFunction;
static WDFQUEUE UsbReads[2]; /* that wait: bulk, interrupt */
static WDFQUEUE UsbIdles;    /* idle notifications */
static KEVENT UsbIdleCame;
static BOOLEAN UsbNoIdle; /* the stack knows nothing of them */
static VOID (*UsbInit)(PWDFDEVICE_INIT Init,
                       PWDF_PNPPOWER_EVENT_CALLBACKS Power); /* of the function driver's device */
static KSPIN_LOCK UsbLock;
static UCHAR UsbFifo[USB_FIFO_BYTES], UsbKept[64];
static ULONG UsbFifoBytes, UsbKeptBytes; /* UsbLock */
static BOOLEAN UsbStalled, UsbGone;      /* 0x81 and 0x83 refuse; the port is empty */
static ULONG UsbPortResets, UsbCycles, UsbPipeResets, UsbAborts, UsbInterfaceReferences;
static ULONG UsbConfigurations,
    UsbSettings; /* selections, one digit each: 1 + interfaces; 1 + setting */

/* ---- the device ---- */

static VOID UsbDone(WDFREQUEST Request, PURB Urb, NTSTATUS Status, USBD_STATUS Usbd)
{
    if (Urb != NULL)
        Urb->UrbHeader.Status = Usbd;
    WdfRequestComplete(Request, Status);
}

static PURB UsbUrbOf(WDFREQUEST Request)
{
    return IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request))->Parameters.Others.Argument1;
}

static PUCHAR UsbBuffer(PVOID Address, PMDL Mdl)
{
    return Mdl != NULL ? MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) : Address;
}

static NTSTATUS UsbGetDescriptor(struct _URB_CONTROL_DESCRIPTOR_REQUEST *Get)
{
    static const WCHAR Text[] = L"Dry dock";
    UCHAR String[2 + sizeof(Text) - sizeof(WCHAR)] = {sizeof(String), USB_STRING_DESCRIPTOR_TYPE};
    const VOID *From = String;
    ULONG Bytes = sizeof(String);

    RtlCopyMemory(String + 2, Text, sizeof(Text) - sizeof(WCHAR));
    if (Get->DescriptorType == USB_DEVICE_DESCRIPTOR_TYPE) {
        From = &UsbDescriptor;
        Bytes = sizeof(UsbDescriptor);
    } else if (Get->DescriptorType == USB_CONFIGURATION_DESCRIPTOR_TYPE) {
        From = &UsbConfig;
        Bytes = sizeof(UsbConfig);
    } else if (Get->Index == 3) {
        String[0] = 5; /* half a character */
    } else if (Get->Index != 2 || Get->LanguageId != 0x409) {
        return STATUS_UNSUCCESSFUL;
    }
    Get->TransferBufferLength = min(Get->TransferBufferLength, Bytes);
    RtlCopyMemory(UsbBuffer(Get->TransferBuffer, Get->TransferBufferMDL), From,
                  Get->TransferBufferLength);
    return STATUS_SUCCESS;
}

static VOID UsbFillInterface(PUSBD_INTERFACE_INFORMATION Info)
{
    const USB_ENDPOINT_DESCRIPTOR *Endpoint =
        Info->AlternateSetting == 0 ? &UsbConfig.In : &UsbConfig.OutOther;

    Info->NumberOfPipes = Info->InterfaceNumber != 0 ? 0 : Info->AlternateSetting == 0 ? 3 : 1;
    Info->InterfaceHandle = (PVOID)(ULONG_PTR)(0x2000 + Info->InterfaceNumber);
    Info->Class = 0xFF;
    for (ULONG i = 0; i < Info->NumberOfPipes; i++) {
        Info->Pipes[i].MaximumPacketSize = Endpoint[i].wMaxPacketSize;
        Info->Pipes[i].EndpointAddress = Endpoint[i].bEndpointAddress;
        Info->Pipes[i].Interval = Endpoint[i].bInterval;
        Info->Pipes[i].PipeType = (USBD_PIPE_TYPE)Endpoint[i].bmAttributes;
        Info->Pipes[i].PipeHandle = USB_PIPE(Info->AlternateSetting, Endpoint[i].bEndpointAddress);
        Info->Pipes[i].MaximumTransferSize = 0x10000;
    }
}

static NTSTATUS UsbSelect(PURB Urb)
{
    PUSBD_INTERFACE_INFORMATION Info = &Urb->UrbSelectConfiguration.Interface;
    PUCHAR End = (PUCHAR)Urb + Urb->UrbHeader.Length;
    ULONG Interfaces = 0;

    if (Urb->UrbHeader.Function == URB_FUNCTION_SELECT_INTERFACE) {
        if (Urb->UrbSelectInterface.ConfigurationHandle != USB_CONFIGURATION)
            return STATUS_INVALID_PARAMETER;
        UsbFillInterface(&Urb->UrbSelectInterface.Interface);
        UsbSettings = UsbSettings * 10 + Urb->UrbSelectInterface.Interface.AlternateSetting + 1;
        return STATUS_SUCCESS;
    }
    if (Urb->UrbSelectConfiguration.ConfigurationDescriptor != NULL)
        for (; (PUCHAR)Info + FIELD_OFFSET(USBD_INTERFACE_INFORMATION, Pipes) <= End &&
               Info->Length != 0;
             Info = (PVOID)((PUCHAR)Info + Info->Length), Interfaces++)
            UsbFillInterface(Info);
    if (Interfaces != 0)
        Urb->UrbSelectConfiguration.ConfigurationHandle = USB_CONFIGURATION;
    UsbConfigurations = UsbConfigurations * 10 + Interfaces + 1;
    return STATUS_SUCCESS;
}

/* Hands Bytes of Data to a read that waits. */
static VOID UsbAnswer(WDFREQUEST Request, const UCHAR *Data, ULONG Bytes)
{
    struct _URB_BULK_OR_INTERRUPT_TRANSFER *Read = &UsbUrbOf(Request)->UrbBulkOrInterruptTransfer;

    Read->TransferBufferLength = min(Read->TransferBufferLength, Bytes);
    RtlCopyMemory(UsbBuffer(Read->TransferBuffer, Read->TransferBufferMDL), Data,
                  Read->TransferBufferLength);
    UsbDone(Request, (PURB)Read, STATUS_SUCCESS, USBD_STATUS_SUCCESS);
}

/* Reads that wait get what is there, each as much as it takes. */
static VOID UsbDrain(VOID)
{
    UCHAR Data[USB_FIFO_BYTES / 4];
    WDFREQUEST Request;
    ULONG Bytes;
    KIRQL Irql;

    while (UsbFifoBytes != 0 && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(UsbReads[0], &Request))) {
        KeAcquireSpinLock(&UsbLock, &Irql);
        Bytes = UsbUrbOf(Request)->UrbBulkOrInterruptTransfer.TransferBufferLength;
        Bytes = min(min(Bytes, (ULONG)sizeof(Data)), UsbFifoBytes);
        RtlCopyMemory(Data, UsbFifo, Bytes);
        UsbFifoBytes -= Bytes;
        RtlMoveMemory(UsbFifo, UsbFifo + Bytes, UsbFifoBytes);
        KeReleaseSpinLock(&UsbLock, Irql);
        UsbAnswer(Request, Data, Bytes);
    }
}

/* What the device says on 0x83 goes to a read, if one waits. */
static TAP_UNUSED BOOLEAN UsbInterrupt(UCHAR Value)
{
    UCHAR Data[3] = {Value, (UCHAR)~Value, 0x55};
    WDFREQUEST Request;

    if (!NT_SUCCESS(WdfIoQueueRetrieveNextRequest(UsbReads[1], &Request)))
        return FALSE;
    UsbAnswer(Request, Data, sizeof(Data));
    return TRUE;
}

static TAP_UNUSED ULONG UsbReadsThatWait(ULONG Index)
{
    ULONG Waiting = 0;

    WdfIoQueueGetState(UsbReads[Index], &Waiting, NULL);
    return Waiting;
}

/* Those that wait fail. */
static TAP_UNUSED VOID UsbFailReads(ULONG Index, NTSTATUS Status, USBD_STATUS Usbd)
{
    WDFREQUEST Request;

    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(UsbReads[Index], &Request)))
        UsbDone(Request, UsbUrbOf(Request), Status, Usbd);
}

static VOID UsbTransfer(WDFREQUEST Request, PURB Urb)
{
    struct _URB_BULK_OR_INTERRUPT_TRANSFER *Transfer = &Urb->UrbBulkOrInterruptTransfer;
    BOOLEAN IsIn = (Transfer->TransferFlags & USBD_TRANSFER_DIRECTION_IN) != 0;
    ULONG_PTR Address = (ULONG_PTR)Transfer->PipeHandle & 0xFF;
    KIRQL Irql;

    if (IsIn && UsbStalled) {
        UsbDone(Request, Urb, STATUS_UNSUCCESSFUL, USBD_STATUS_STALL_PID);
    } else if (IsIn) {
        if (!NT_SUCCESS(WdfRequestForwardToIoQueue(Request, UsbReads[Address == 0x83])))
            UsbDone(Request, Urb, STATUS_CANCELLED, USBD_STATUS_CANCELED);
        UsbDrain();
    } else if (Address != 0x02 || Transfer->TransferBufferLength > USB_FIFO_BYTES - UsbFifoBytes) {
        UsbDone(Request, Urb, STATUS_UNSUCCESSFUL, USBD_STATUS_INVALID_PIPE_HANDLE);
    } else {
        KeAcquireSpinLock(&UsbLock, &Irql);
        RtlCopyMemory(UsbFifo + UsbFifoBytes,
                      UsbBuffer(Transfer->TransferBuffer, Transfer->TransferBufferMDL),
                      Transfer->TransferBufferLength);
        UsbFifoBytes += Transfer->TransferBufferLength;
        KeReleaseSpinLock(&UsbLock, Irql);
        UsbDone(Request, Urb, STATUS_SUCCESS, USBD_STATUS_SUCCESS);
        UsbDrain();
    }
}

static VOID UsbControl(WDFREQUEST Request, PURB Urb)
{
    struct _URB_CONTROL_TRANSFER *Transfer = &Urb->UrbControlTransfer;
    PWDF_USB_CONTROL_SETUP_PACKET Setup = (PVOID)Transfer->SetupPacket;
    PUCHAR Buffer = UsbBuffer(Transfer->TransferBuffer, Transfer->TransferBufferMDL);

    if (Setup->Packet.bm.Request.Type != BmRequestVendor ||
        Setup->Packet.wLength != Transfer->TransferBufferLength) {
        UsbDone(Request, Urb, STATUS_UNSUCCESSFUL, USBD_STATUS_STALL_PID);
    } else if (Setup->Packet.bRequest == USB_READ_BACK && Transfer->TransferBufferLength >= 4) {
        RtlCopyMemory(Buffer, &Setup->Packet.wValue, 2);
        RtlCopyMemory(Buffer + 2, &Setup->Packet.wIndex, 2);
        Transfer->TransferBufferLength = 4;
        UsbDone(Request, Urb, STATUS_SUCCESS, USBD_STATUS_SUCCESS);
    } else if (Setup->Packet.bRequest == USB_KEEP &&
               Transfer->TransferBufferLength <= sizeof(UsbKept)) {
        UsbKeptBytes = Transfer->TransferBufferLength;
        RtlCopyMemory(UsbKept, Buffer, UsbKeptBytes);
        UsbDone(Request, Urb, STATUS_SUCCESS, USBD_STATUS_SUCCESS);
    } else if (Setup->Packet.bRequest == USB_NEVER) {
        WdfRequestForwardToIoQueue(Request, UsbReads[1]);
    } else {
        UsbDone(Request, Urb, STATUS_UNSUCCESSFUL, USBD_STATUS_STALL_PID);
    }
}

static VOID UsbSubmit(WDFREQUEST Request, PURB Urb)
{
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Urb->UrbHeader.Function) {
    case URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER:
        UsbTransfer(Request, Urb);
        return;
    case URB_FUNCTION_CONTROL_TRANSFER:
        UsbControl(Request, Urb);
        return;
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE:
        Status = UsbGetDescriptor(&Urb->UrbControlDescriptorRequest);
        break;
    case URB_FUNCTION_SELECT_CONFIGURATION:
    case URB_FUNCTION_SELECT_INTERFACE:
        Status = UsbSelect(Urb);
        break;
    case URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL:
        UsbPipeResets++;
        UsbStalled = FALSE;
        break;
    case URB_FUNCTION_ABORT_PIPE:
        UsbAborts++;
        UsbFailReads((((ULONG_PTR)Urb->UrbPipeRequest.PipeHandle) & 0xFF) == 0x83, STATUS_CANCELLED,
                     USBD_STATUS_CANCELED);
        break;
    default:
        Status = STATUS_NOT_SUPPORTED;
    }
    UsbDone(Request, Urb, Status, NT_SUCCESS(Status) ? USBD_STATUS_SUCCESS : USBD_STATUS_STALL_PID);
}

static EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL UsbEvtIo;
static VOID NTAPI UsbEvtIo(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength,
                           size_t InputLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    switch (Code) {
    case IOCTL_INTERNAL_USB_SUBMIT_URB:
        UsbSubmit(Request, UsbUrbOf(Request));
        return;
    case IOCTL_INTERNAL_USB_GET_PORT_STATUS:
        *(PULONG)UsbUrbOf(Request) = UsbGone ? 0 : USBD_PORT_ENABLED | USBD_PORT_CONNECTED;
        break;
    case IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION:
        if (UsbNoIdle || !NT_SUCCESS(WdfRequestForwardToIoQueue(Request, UsbIdles)))
            break;
        KeSetEvent(&UsbIdleCame, IO_NO_INCREMENT, FALSE);
        return;
    case IOCTL_INTERNAL_USB_RESET_PORT:
        UsbPortResets++;
        break;
    case IOCTL_INTERNAL_USB_CYCLE_PORT:
        UsbCycles++;
        break;
    default:
        WdfRequestComplete(Request, STATUS_NOT_SUPPORTED);
        return;
    }
    WdfRequestComplete(Request, Code == IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION
                                    ? STATUS_NOT_SUPPORTED
                                    : STATUS_SUCCESS);
}

/* ---- its bus interface ---- */

static VOID NTAPI UsbReference(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    UsbInterfaceReferences++;
}

static VOID NTAPI UsbDereference(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    UsbInterfaceReferences--;
}

static VOID NTAPI UsbVersion(PVOID Context, PUSBD_VERSION_INFORMATION Version, PULONG Capabilities)
{
    ok(Context == (PVOID)0x0B05, "the bus's context");
    Version->USBDI_Version = 0x600;
    Version->Supported_USB_Version = 0x200;
    *Capabilities = USB_HCD_CAPS_SUPPORTS_RT_THREADS;
}

static NTSTATUS NTAPI UsbBusTime(PVOID Context, PULONG Frame)
{
    UNREFERENCED_PARAMETER(Context);
    *Frame = 1234;
    return STATUS_SUCCESS;
}

static BOOLEAN NTAPI UsbIsHighSpeed(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return TRUE;
}

/* ---- the bus's child, and the driver above ---- */

static NTSTATUS UsbMakeQueues(WDFDEVICE Child)
{
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoInternalDeviceControl = UsbEvtIo;
    Config.PowerManaged = WdfFalse;
    Status = WdfIoQueueCreate(Child, &Config, NULL, NULL);
    for (ULONG i = 0; i < 3 && NT_SUCCESS(Status); i++) {
        WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
        Config.PowerManaged = WdfFalse;
        Status = WdfIoQueueCreate(Child, &Config, NULL, i < 2 ? &UsbReads[i] : &UsbIdles);
    }
    return Status;
}

typedef struct _USB_ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
} USB_ID;

/* It sleeps in D2 and wakes itself from there. */
static VOID UsbSetPower(WDFDEVICE Child)
{
    WDF_DEVICE_POWER_CAPABILITIES Power;

    WDF_DEVICE_POWER_CAPABILITIES_INIT(&Power);
    Power.DeviceD2 = Power.WakeFromD2 = WdfTrue;
    Power.DeviceWake = PowerDeviceD2;
    Power.SystemWake = PowerSystemSleeping3;
    Power.DeviceState[PowerSystemSleeping3] = PowerDeviceD2;
    WdfDeviceSetPowerCapabilities(Child, &Power);
}

static EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS UsbEvtEnableWake;
static NTSTATUS NTAPI UsbEvtEnableWake(WDFDEVICE Child, SYSTEM_POWER_STATE State)
{
    UNREFERENCED_PARAMETER(Child);
    UNREFERENCED_PARAMETER(State);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS UsbEvtDisableWake;
static VOID NTAPI UsbEvtDisableWake(WDFDEVICE Child)
{
    UNREFERENCED_PARAMETER(Child);
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE UsbEvtCreate;
static NTSTATUS NTAPI UsbEvtCreate(WDFCHILDLIST List,
                                   PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                   PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfUsb\\Child");
    DECLARE_CONST_UNICODE_STRING(Instance, L"0");
    USB_BUS_INTERFACE_USBDI_V1 Interface = {
        sizeof(Interface),
        USB_BUSIF_USBDI_VERSION_1,
        (PVOID)0x0B05,
        UsbReference,
        UsbDereference,
        UsbVersion,
        UsbBusTime,
        NULL,
        NULL,
        UsbIsHighSpeed,
    };
    WDF_QUERY_INTERFACE_CONFIG Config;
    WDF_PDO_EVENT_CALLBACKS Events;
    WDFDEVICE Child;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(List);
    UNREFERENCED_PARAMETER(Header);
    WdfPdoInitAssignDeviceID(Init, &DeviceId);
    WdfPdoInitAddHardwareID(Init, &DeviceId);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    WDF_PDO_EVENT_CALLBACKS_INIT(&Events);
    Events.EvtDeviceEnableWakeAtBus = UsbEvtEnableWake;
    Events.EvtDeviceDisableWakeAtBus = UsbEvtDisableWake;
    WdfPdoInitSetEventCallbacks(Init, &Events);
    Status = WdfDeviceCreate(&Init, NULL, &Child);
    if (!NT_SUCCESS(Status))
        return Status;
    UsbSetPower(Child);
    WDF_QUERY_INTERFACE_CONFIG_INIT(&Config, (PINTERFACE)&Interface, &USB_BUS_INTERFACE_USBDI_GUID,
                                    NULL);
    Status = WdfDeviceAddQueryInterface(Child, &Config);
    return NT_SUCCESS(Status) ? UsbMakeQueues(Child) : Status;
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE UsbEvtPrepare;
static NTSTATUS NTAPI UsbEvtPrepare(WDFDEVICE Function, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    WDF_USB_DEVICE_CREATE_CONFIG Config;

    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, USBD_CLIENT_CONTRACT_VERSION_602);
    return WdfUsbTargetDeviceCreateWithParameters(Function, &Config, NULL, &Usb);
}

static EVT_WDF_DRIVER_DEVICE_ADD UsbEvtAdd;
static NTSTATUS NTAPI UsbEvtAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Power;
    WDF_CHILD_LIST_CONFIG Config;

    UNREFERENCED_PARAMETER(Driver);
    if (Pdo != NULL) {
        WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
        Power.EvtDevicePrepareHardware = UsbEvtPrepare;
        if (UsbInit != NULL)
            UsbInit(Init, &Power);
        WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
        return WdfDeviceCreate(&Init, NULL, &UsbFunction);
    }
    pnp_test_watch(Init);
    is_status(pnp_test_drive(L"KmdfUsb", L"Child"), STATUS_SUCCESS,
              "the driver for the device's ID");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(USB_ID), UsbEvtCreate);
    WdfFdoInitSetDefaultChildListConfig(Init, &Config, NULL);
    return WdfDeviceCreate(&Init, NULL, &UsbBus);
}

static VOID (*UsbTest)(VOID);

static VOID UsbThread(VOID)
{
    USB_ID Id;

    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    is_status(WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(UsbBus),
                                                               &Id.Header, NULL),
              STATUS_SUCCESS, "the device is plugged in");
    is_status(IoSynchronousInvalidateDeviceRelations(Pdo, BusRelations), STATUS_SUCCESS,
              "enumerate");
    if (ok(Usb != NULL, "WdfUsbTargetDeviceCreateWithParameters in EvtDevicePrepareHardware"))
        UsbTest();
}

static VOID UsbUnload(VOID)
{
    is_ulong(UsbInterfaceReferences, 0, "no reference of the bus interface is left");
}

static TAP_UNUSED NTSTATUS usb_test_main(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                         VOID (*Test)(VOID))
{
    KeInitializeSpinLock(&UsbLock);
    KeInitializeEvent(&UsbIdleCame, NotificationEvent, FALSE);
    UsbTest = Test;
    PnpTest.Unload = UsbUnload;
    return pnp_test_main(DriverObject, RegistryPath, UsbEvtAdd, UsbThread, NULL);
}
