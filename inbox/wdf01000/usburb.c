/*
 * Requests that carry a URB down to the USB stack: IOCTL_INTERNAL_USB_SUBMIT_URB with the URB as
 * first argument [doc: How to Submit an URB; Sending Requests to a USB Device]. What the URB says
 * afterwards is in the completion's parameters.
 */
#include "usbtarget.h"

NTSTATUS FxUsbFormatCode(FX_TARGET *Target, FX_REQUEST *Request, ULONG Code, PVOID Argument1,
                         WDF_USB_REQUEST_TYPE Type, FX_SEND **Result)
{
    PIO_STACK_LOCATION Stack;
    FX_SEND *Send;
    NTSTATUS Status = FxFormatBegin(Target, Request, IRP_MJ_INTERNAL_DEVICE_CONTROL, &Send);

    if (!NT_SUCCESS(Status))
        return Status;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Parameters.DeviceIoControl.IoControlCode = Code;
    Stack->Parameters.Others.Argument1 = Argument1;
    RtlZeroMemory(&Send->Usb, sizeof(Send->Usb));
    Send->Usb.Type = Type;
    Send->Params.Type = WdfRequestTypeUsb;
    Send->Params.Parameters.Usb.Completion = &Send->Usb;
    *Result = Send;
    return STATUS_SUCCESS;
}

NTSTATUS FxUsbFormatUrb(FX_TARGET *Target, FX_REQUEST *Request, USHORT Function, USHORT Bytes,
                        WDF_USB_REQUEST_TYPE Type, FX_SEND **Send)
{
    PURB Urb = FxAllocate(Target->Object.Globals, Bytes);
    NTSTATUS Status;

    if (Urb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Urb->UrbHeader.Length = Bytes;
    Urb->UrbHeader.Function = Function;
    Status = FxUsbFormatCode(Target, Request, IOCTL_INTERNAL_USB_SUBMIT_URB, Urb, Type, Send);
    if (!NT_SUCCESS(Status)) {
        FxFree(Urb);
        return Status;
    }
    (*Send)->Urb = Urb;
    (*Send)->UrbIsOurs = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS FxUsbCheckUrb(FX_GLOBALS *Globals, const URB *Urb, SIZE_T Bytes)
{
    if (Urb == NULL || Bytes < sizeof(Urb->UrbHeader) ||
        Urb->UrbHeader.Length < sizeof(Urb->UrbHeader) || Urb->UrbHeader.Length > Bytes)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a URB in 0x%Ix bytes", Bytes);
    return STATUS_SUCCESS;
}

NTSTATUS FxUsbFormatUrbMemory(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target,
                              WDFREQUEST Handle, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset,
                              WDF_USB_REQUEST_TYPE Type)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_BUFFER Buffer;
    FX_SEND *Send;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    Status = FxBufferOfMemory(Globals, Memory, Offset, &Buffer);
    if (NT_SUCCESS(Status))
        Status = FxUsbCheckUrb(Globals, Buffer.Address, Buffer.Length);
    if (NT_SUCCESS(Status))
        Status = FxUsbFormatCode(Target, Request, IOCTL_INTERNAL_USB_SUBMIT_URB, Buffer.Address,
                                 Type, &Send);
    if (!NT_SUCCESS(Status))
        return Status;
    Send->Urb = Buffer.Address;
    FxKeepMemory(Send, 0, &Buffer);
    Send->Usb.Parameters.DeviceUrb.Buffer = Memory; /* PipeUrb's lies at the same place */
    return STATUS_SUCCESS;
}

NTSTATUS FxUsbDescribe(FX_SEND *Send, const FX_BUFFER *Buffer, PVOID *Address, PMDL *Mdl,
                       PULONG Bytes)
{
    *Bytes = (ULONG)Buffer->Length;
    if (Buffer->Mdl != NULL)
        return FxDescribeBuffer(Send, Buffer, Mdl);
    *Address = Buffer->Address;
    return STATUS_SUCCESS;
}

VOID FxUsbCollect(FX_SEND *Send)
{
    PURB Urb = Send->Urb;

    if (Urb == NULL)
        return;
    Send->Usb.UsbdStatus = Urb->UrbHeader.Status;
    switch (Send->Usb.Type) {
    case WdfUsbRequestTypePipeRead: /* PipeWrite's fields lie at the same places */
    case WdfUsbRequestTypePipeWrite:
        Send->Usb.Parameters.PipeRead.Length = Urb->UrbBulkOrInterruptTransfer.TransferBufferLength;
        break;
    case WdfUsbRequestTypeDeviceControlTransfer:
        Send->Usb.Parameters.DeviceControlTransfer.Length =
            Urb->UrbControlTransfer.TransferBufferLength;
        break;
    case WdfUsbRequestTypeDeviceString:
        if (NT_SUCCESS(Send->Request->Status) &&
            Urb->UrbControlDescriptorRequest.TransferBufferLength != 0)
            Send->Usb.Parameters.DeviceString.RequiredSize =
                *(const UCHAR *)Urb->UrbControlDescriptorRequest.TransferBuffer;
        break;
    default:
        break;
    }
}

NTSTATUS FxUsbSendUrb(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target, WDFREQUEST Handle,
                      PWDF_REQUEST_SEND_OPTIONS Options, PURB Urb)
{
    FX_REQUEST *Request;
    FX_SEND *Send;
    NTSTATUS Status = FxUsbCheckUrb(Target->Object.Globals, Urb, MAXUSHORT);

    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxUsbFormatCode(Target, Request, IOCTL_INTERNAL_USB_SUBMIT_URB, Urb,
                             WdfUsbRequestTypeDeviceUrb, &Send);
    if (NT_SUCCESS(Status)) {
        Send->Urb = Urb;
        Status = FxSendSynchronously(Request, Target, Options);
    }
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

NTSTATUS FxUsbSendCode(FX_TARGET *Target, ULONG Code, PVOID Argument1)
{
    WDF_REQUEST_SEND_OPTIONS Options = { .Size = sizeof(Options),
                                         .Flags = WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE };
    FX_REQUEST *Request;
    FX_SEND *Send;
    NTSTATUS Status = FxSynchronousRequest(&Target->Object.Globals->Public, Target, NULL, &Request);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxUsbFormatCode(Target, Request, Code, Argument1, WdfUsbRequestTypeNoFormat, &Send);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, Target, &Options);
    FxSynchronousEnd(Request, TRUE);
    return Status;
}
