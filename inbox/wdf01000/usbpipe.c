/*
 * WDFUSBPIPE: what a pipe is, reads and writes of bulk and interrupt pipes, abort and reset [doc:
 * Working with USB Pipes]. Isochronous transfers are the driver's own URBs. Pipes are made by
 * usbconfig.c.
 */
#include "usbtarget.h"

static VOID FxPipeDestroy(FX_OBJECT *Object)
{
    FX_TARGET *Target = (FX_TARGET *)Object;

    if (Target->Reader != NULL)
        FxReaderFree(Target->Reader);
    FxTargetDestroy(Object);
}

const FX_CLASS FxUsbPipeClass = {
    .Type = FxTypeUsbPipe,
    .Base = FxTypeTarget,
    .Name = "WDFUSBPIPE",
    .Size = sizeof(FX_USB_PIPE),
    .Dispose = FxTargetDispose,
    .Destroy = FxPipeDestroy,
    .PassiveDispose = TRUE,
};

static BOOLEAN FxPipeIsIn(const FX_USB_PIPE *Pipe)
{
    return USB_ENDPOINT_DIRECTION_IN(Pipe->Info.EndpointAddress) != 0;
}

/* ---- what it is ---- */

VOID FxPipeInformation(FX_GLOBALS *Globals, const USBD_PIPE_INFORMATION *Info, UCHAR Setting,
                       PWDF_USB_PIPE_INFORMATION Result)
{
    if (!FxSizeIsKnown(Globals, "WDF_USB_PIPE_INFORMATION", Result->Size)) {
        FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_USB_PIPE_INFORMATION size 0x%x",
                  Result->Size);
        return;
    }
    Result->MaximumPacketSize = Info->MaximumPacketSize;
    Result->EndpointAddress = Info->EndpointAddress;
    Result->Interval = Info->Interval;
    Result->SettingIndex = Setting;
    Result->PipeType = (WDF_USB_PIPE_TYPE)(Info->PipeType + WdfUsbPipeTypeControl);
    Result->MaximumTransferSize = Info->MaximumTransferSize;
}

WDF_DDI(WdfUsbTargetPipeGetInformation);
VOID NTAPI imp_WdfUsbTargetPipeGetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Handle,
                                              PWDF_USB_PIPE_INFORMATION Information)
{
    FX_USB_PIPE *Pipe = FxPipeFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Information);
    FxPipeInformation(FxGlobalsOf(DriverGlobals), &Pipe->Info, Pipe->Setting, Information);
}

WDF_DDI(WdfUsbTargetPipeIsInEndpoint);
BOOLEAN NTAPI imp_WdfUsbTargetPipeIsInEndpoint(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    return FxPipeIsIn(FxPipeFromHandle(DriverGlobals, Pipe));
}

WDF_DDI(WdfUsbTargetPipeIsOutEndpoint);
BOOLEAN NTAPI imp_WdfUsbTargetPipeIsOutEndpoint(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe)
{
    return !FxPipeIsIn(FxPipeFromHandle(DriverGlobals, Pipe));
}

WDF_DDI(WdfUsbTargetPipeGetType);
WDF_USB_PIPE_TYPE NTAPI imp_WdfUsbTargetPipeGetType(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                    WDFUSBPIPE Pipe)
{
    return (WDF_USB_PIPE_TYPE)(FxPipeFromHandle(DriverGlobals, Pipe)->Info.PipeType +
                               WdfUsbPipeTypeControl);
}

WDF_DDI(WdfUsbTargetPipeWdmGetPipeHandle);
USBD_PIPE_HANDLE NTAPI imp_WdfUsbTargetPipeWdmGetPipeHandle(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFUSBPIPE Pipe)
{
    return FxPipeFromHandle(DriverGlobals, Pipe)->Info.PipeHandle;
}

WDF_DDI(WdfUsbTargetPipeSetNoMaximumPacketSizeCheck);
VOID NTAPI imp_WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                           WDFUSBPIPE Pipe)
{
    FxPipeFromHandle(DriverGlobals, Pipe)->AnyLength = TRUE;
}

/* ---- transfers ---- */

static NTSTATUS FxPipeCheckTransfer(const FX_USB_PIPE *Pipe, const FX_BUFFER *Buffer,
                                    BOOLEAN IsRead)
{
    FX_GLOBALS *Globals = Pipe->Target.Object.Globals;

    if (Pipe->Info.PipeType != UsbdPipeTypeBulk && Pipe->Info.PipeType != UsbdPipeTypeInterrupt)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "a %s of a pipe that is neither bulk nor interrupt",
                         IsRead ? "read" : "write");
    if (FxPipeIsIn(Pipe) != IsRead)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "endpoint 0x%02x is for the other direction", Pipe->Info.EndpointAddress);
    if (IsRead && !Pipe->AnyLength && Pipe->Info.MaximumPacketSize != 0 &&
        Buffer->Length % Pipe->Info.MaximumPacketSize != 0)
        return FxMistake(Globals, STATUS_INVALID_BUFFER_SIZE,
                         "a read of 0x%Ix bytes of packets of 0x%x", Buffer->Length,
                         Pipe->Info.MaximumPacketSize);
    return STATUS_SUCCESS;
}

NTSTATUS FxFormatPipeTransfer(FX_USB_PIPE *Pipe, FX_REQUEST *Request, const FX_BUFFER *Buffer,
                              BOOLEAN IsRead)
{
    struct _URB_BULK_OR_INTERRUPT_TRANSFER *Transfer;
    FX_SEND *Send;
    NTSTATUS Status = FxPipeCheckTransfer(Pipe, Buffer, IsRead);

    if (NT_SUCCESS(Status))
        Status = FxUsbFormatUrb(
            &Pipe->Target, Request, URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER, sizeof(*Transfer),
            IsRead ? WdfUsbRequestTypePipeRead : WdfUsbRequestTypePipeWrite, &Send);
    if (!NT_SUCCESS(Status))
        return Status;
    Transfer = &Send->Urb->UrbBulkOrInterruptTransfer;
    Transfer->PipeHandle = Pipe->Info.PipeHandle;
    Transfer->TransferFlags =
        IsRead ? USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK : USBD_TRANSFER_DIRECTION_OUT;
    FxKeepMemory(Send, 0, Buffer);
    Send->Usb.Parameters.PipeRead.Buffer = FxMemoryHandle(Buffer);
    Send->Usb.Parameters.PipeRead.Offset = Buffer->Offset;
    return FxFormatEnd(Request, FxUsbDescribe(Send, Buffer, &Transfer->TransferBuffer,
                                              &Transfer->TransferBufferMDL,
                                              &Transfer->TransferBufferLength));
}

static NTSTATUS FxPipeFormatMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Handle,
                                   WDFREQUEST Request, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset,
                                   BOOLEAN IsRead)
{
    FX_USB_PIPE *Pipe = FxPipeFromHandle(DriverGlobals, Handle);
    FX_BUFFER Buffer;
    NTSTATUS Status = FxBufferOfMemory(FxGlobalsOf(DriverGlobals), Memory, Offset, &Buffer);

    return NT_SUCCESS(Status)
               ? FxFormatPipeTransfer(Pipe, FxRequestFromHandle(DriverGlobals, Request), &Buffer,
                                      IsRead)
               : Status;
}

WDF_DDI(WdfUsbTargetPipeFormatRequestForWrite);
NTSTATUS NTAPI imp_WdfUsbTargetPipeFormatRequestForWrite(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                         WDFMEMORY WriteMemory,
                                                         PWDFMEMORY_OFFSET WriteOffset)
{
    return FxPipeFormatMemory(DriverGlobals, Pipe, Request, WriteMemory, WriteOffset, FALSE);
}

WDF_DDI(WdfUsbTargetPipeFormatRequestForRead);
NTSTATUS NTAPI imp_WdfUsbTargetPipeFormatRequestForRead(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                        WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                        WDFMEMORY ReadMemory,
                                                        PWDFMEMORY_OFFSET ReadOffset)
{
    return FxPipeFormatMemory(DriverGlobals, Pipe, Request, ReadMemory, ReadOffset, TRUE);
}

static NTSTATUS FxPipeTransfer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE PipeHandle,
                               WDFREQUEST Handle, PWDF_REQUEST_SEND_OPTIONS Options,
                               PWDF_MEMORY_DESCRIPTOR Descriptor, BOOLEAN IsRead, PULONG Bytes)
{
    FX_USB_PIPE *Pipe = FxPipeFromHandle(DriverGlobals, PipeHandle);
    FX_REQUEST *Request;
    FX_BUFFER Buffer;
    NTSTATUS Status = FxBufferOfDescriptor(FxGlobalsOf(DriverGlobals), Descriptor, &Buffer);

    if (Bytes != NULL)
        *Bytes = 0;
    if (IsRead && Pipe->Target.Reader != NULL && FxReaderRuns(Pipe->Target.Reader))
        return FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_DEVICE_REQUEST,
                         "a read of a pipe whose continuous reader runs"); /* [guess] the status */
    if (NT_SUCCESS(Status))
        Status = FxSynchronousRequest(DriverGlobals, &Pipe->Target, Handle, &Request);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxFormatPipeTransfer(Pipe, Request, &Buffer, IsRead);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, &Pipe->Target, Options);
    if (NT_SUCCESS(Status) && Bytes != NULL)
        *Bytes = (ULONG)Request->Send->Usb.Parameters.PipeRead.Length;
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

WDF_DDI(WdfUsbTargetPipeWriteSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetPipeWriteSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS Options,
                                                      PWDF_MEMORY_DESCRIPTOR Descriptor,
                                                      PULONG BytesWritten)
{
    return FxPipeTransfer(DriverGlobals, Pipe, Request, Options, Descriptor, FALSE, BytesWritten);
}

WDF_DDI(WdfUsbTargetPipeReadSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetPipeReadSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                     PWDF_REQUEST_SEND_OPTIONS Options,
                                                     PWDF_MEMORY_DESCRIPTOR Descriptor,
                                                     PULONG BytesRead)
{
    return FxPipeTransfer(DriverGlobals, Pipe, Request, Options, Descriptor, TRUE, BytesRead);
}

/* ---- abort, reset, URBs ---- */

static NTSTATUS FxFormatPipeControl(FX_USB_PIPE *Pipe, FX_REQUEST *Request, USHORT Function)
{
    FX_SEND *Send;
    NTSTATUS Status =
        FxUsbFormatUrb(&Pipe->Target, Request, Function, sizeof(struct _URB_PIPE_REQUEST),
                       Function == URB_FUNCTION_ABORT_PIPE ? WdfUsbRequestTypePipeAbort
                                                           : WdfUsbRequestTypePipeReset,
                       &Send);

    if (NT_SUCCESS(Status))
        Send->Urb->UrbPipeRequest.PipeHandle = Pipe->Info.PipeHandle;
    return Status;
}

NTSTATUS FxPipeControl(PWDF_DRIVER_GLOBALS DriverGlobals, FX_USB_PIPE *Pipe, WDFREQUEST Handle,
                       PWDF_REQUEST_SEND_OPTIONS Options, USHORT Function)
{
    FX_REQUEST *Request;
    NTSTATUS Status = FxSynchronousRequest(DriverGlobals, &Pipe->Target, Handle, &Request);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxFormatPipeControl(Pipe, Request, Function);
    if (NT_SUCCESS(Status))
        Status = FxSendSynchronously(Request, &Pipe->Target, Options);
    FxSynchronousEnd(Request, Handle == NULL);
    return Status;
}

WDF_DDI(WdfUsbTargetPipeAbortSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetPipeAbortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS Options)
{
    return FxPipeControl(DriverGlobals, FxPipeFromHandle(DriverGlobals, Pipe), Request, Options,
                         URB_FUNCTION_ABORT_PIPE);
}

WDF_DDI(WdfUsbTargetPipeResetSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetPipeResetSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                      WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                      PWDF_REQUEST_SEND_OPTIONS Options)
{
    return FxPipeControl(DriverGlobals, FxPipeFromHandle(DriverGlobals, Pipe), Request, Options,
                         URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL);
}

WDF_DDI(WdfUsbTargetPipeFormatRequestForAbort);
NTSTATUS NTAPI imp_WdfUsbTargetPipeFormatRequestForAbort(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBPIPE Pipe, WDFREQUEST Request)
{
    return FxFormatPipeControl(FxPipeFromHandle(DriverGlobals, Pipe),
                               FxRequestFromHandle(DriverGlobals, Request),
                               URB_FUNCTION_ABORT_PIPE);
}

WDF_DDI(WdfUsbTargetPipeFormatRequestForReset);
NTSTATUS NTAPI imp_WdfUsbTargetPipeFormatRequestForReset(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFUSBPIPE Pipe, WDFREQUEST Request)
{
    return FxFormatPipeControl(FxPipeFromHandle(DriverGlobals, Pipe),
                               FxRequestFromHandle(DriverGlobals, Request),
                               URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL);
}

WDF_DDI(WdfUsbTargetPipeSendUrbSynchronously);
NTSTATUS NTAPI imp_WdfUsbTargetPipeSendUrbSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                        WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                        PWDF_REQUEST_SEND_OPTIONS Options, PURB Urb)
{
    return FxUsbSendUrb(DriverGlobals, &FxPipeFromHandle(DriverGlobals, Pipe)->Target, Request,
                        Options, Urb);
}

WDF_DDI(WdfUsbTargetPipeFormatRequestForUrb);
NTSTATUS NTAPI imp_WdfUsbTargetPipeFormatRequestForUrb(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                       WDFUSBPIPE Pipe, WDFREQUEST Request,
                                                       WDFMEMORY UrbMemory,
                                                       PWDFMEMORY_OFFSET Offset)
{
    return FxUsbFormatUrbMemory(DriverGlobals, &FxPipeFromHandle(DriverGlobals, Pipe)->Target,
                                Request, UrbMemory, Offset, WdfUsbRequestTypePipeUrb);
}
