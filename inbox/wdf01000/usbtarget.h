/*
 * usbtarget: USB devices, their interfaces and pipes over any driver below that answers URBs.
 * usbdevice.c: devices, descriptors, the port; usbconfig.c: interfaces and what is selected;
 * usburb.c: requests with a URB; usbpipe.c: pipes; usbreader.c: continuous readers.
 */
#pragma once

#include "target.h"

#include <usbioctl.h>
#include <usbdlib.h>
#include <usbbusif.h>

typedef struct _FX_USB_INTERFACE FX_USB_INTERFACE;
typedef struct _FX_READER FX_READER;

typedef struct _FX_USB_DEVICE { /* a WDFUSBDEVICE is a WDFIOTARGET */
    FX_TARGET Target;
    USB_DEVICE_DESCRIPTOR Descriptor;
    PUSB_CONFIGURATION_DESCRIPTOR Config; /* pool; the first configuration, whole and checked */
    USBD_CONFIGURATION_HANDLE Handle; /* NULL: not configured; PASSIVE_LEVEL, as all that selects */
    FX_USB_INTERFACE **Interface;     /* pool */
    ULONG InterfaceCount;
    USB_BUS_INTERFACE_USBDI_V1 Bus; /* Size 0: the stack has none */
    ULONG Contract; /* the client's version of the USB stack's contract; 0: it named none */
} FX_USB_DEVICE;

typedef struct _FX_USB_PIPE { /* a WDFUSBPIPE is a WDFIOTARGET */
    FX_TARGET Target;
    FX_USB_INTERFACE *Interface; /* its parent */
    USBD_PIPE_INFORMATION Info;
    UCHAR Setting;
    BOOLEAN AnyLength; /* WdfUsbTargetPipeSetNoMaximumPacketSizeCheck */
} FX_USB_PIPE;

struct _FX_USB_INTERFACE {
    FX_OBJECT Object;
    FX_USB_DEVICE *Usb; /* its parent */
    UCHAR Number, Setting, SettingCount;
    PUSB_INTERFACE_DESCRIPTOR *Descriptor; /* pool; by alternate setting, into Usb->Config */
    FX_USB_PIPE **Pipe;                    /* pool; of the setting that is selected */
    ULONG PipeCount;
    FX_USB_PIPE **NewPipe; /* pool; while a setting is being selected */
    ULONG NewPipeCount;
};

static inline FX_USB_DEVICE *FxUsbFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFUSBDEVICE Handle)
{
    return FX_OBJECT_OF(FX_USB_DEVICE, FxGlobalsOf(Globals), Handle, FxTypeUsbDevice);
}
static inline FX_USB_PIPE *FxPipeFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFUSBPIPE Handle)
{
    return FX_OBJECT_OF(FX_USB_PIPE, FxGlobalsOf(Globals), Handle, FxTypeUsbPipe);
}
static inline FX_USB_INTERFACE *FxInterfaceFromHandle(PWDF_DRIVER_GLOBALS Globals,
                                                      WDFUSBINTERFACE Handle)
{
    return FX_OBJECT_OF(FX_USB_INTERFACE, FxGlobalsOf(Globals), Handle, FxTypeUsbInterface);
}

/* ---- usbconfig.c ---- */
/* Is it a configuration whose descriptors lie within Bytes, each in a length that its type needs?
 */
BOOLEAN FxUsbIsConfiguration(const USB_CONFIGURATION_DESCRIPTOR *Config, ULONG Bytes);
/* Makes the interfaces of a checked configuration. On failure none is left. PASSIVE_LEVEL. */
NTSTATUS FxUsbMakeInterfaces(FX_USB_DEVICE *Usb);

/* ---- usbpipe.c ---- */
extern const FX_CLASS FxUsbPipeClass;
VOID FxPipeInformation(
    FX_GLOBALS *Globals, const USBD_PIPE_INFORMATION *Info, UCHAR Setting,
    PWDF_USB_PIPE_INFORMATION Result); /* a wrong Size is reported, nothing written */
/* A URB for the pipe alone, sent and waited for: URB_FUNCTION_ABORT_PIPE or one that resets.
 * PASSIVE_LEVEL. */
NTSTATUS FxPipeControl(PWDF_DRIVER_GLOBALS DriverGlobals, FX_USB_PIPE *Pipe, WDFREQUEST Request,
                       PWDF_REQUEST_SEND_OPTIONS Options, USHORT Function);
NTSTATUS FxFormatPipeTransfer(FX_USB_PIPE *Pipe, FX_REQUEST *Request, const FX_BUFFER *Buffer,
                              BOOLEAN IsRead);

/* ---- usburb.c ---- */
/* Formats for a USB control code whose only argument is Argument1. */
NTSTATUS FxUsbFormatCode(FX_TARGET *Target, FX_REQUEST *Request, ULONG Code, PVOID Argument1,
                         WDF_USB_REQUEST_TYPE Type, FX_SEND **Send);
/* For a new URB of the framework's, zeroed but for its header; in Send->Urb. The end is
 * FxFormatEnd. */
NTSTATUS FxUsbFormatUrb(FX_TARGET *Target, FX_REQUEST *Request, USHORT Function, USHORT Bytes,
                        WDF_USB_REQUEST_TYPE Type, FX_SEND **Send);
NTSTATUS FxUsbFormatUrbMemory(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target,
                              WDFREQUEST Request, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset,
                              WDF_USB_REQUEST_TYPE Type);
/* A transfer's buffer: an MDL where there is one, else the address. */
NTSTATUS FxUsbDescribe(FX_SEND *Send, const FX_BUFFER *Buffer, PVOID *Address, PMDL *Mdl,
                       PULONG Bytes);
VOID FxUsbCollect(FX_SEND *Send); /* completion: what the URB says */
/* Sends a caller's URB and waits. PASSIVE_LEVEL. */
NTSTATUS FxUsbSendUrb(PWDF_DRIVER_GLOBALS DriverGlobals, FX_TARGET *Target, WDFREQUEST Request,
                      PWDF_REQUEST_SEND_OPTIONS Options, PURB Urb);
NTSTATUS FxUsbSendCode(FX_TARGET *Target, ULONG Code,
                       PVOID Argument1); /* IOCTL_INTERNAL_USB_*, whatever the state */

/* ---- usbreader.c ---- */
VOID FxReaderStart(FX_READER *Reader);
VOID FxReaderStop(FX_READER *Reader,
                  BOOLEAN Wait); /* its reads are cancelled. PASSIVE_LEVEL when it waits */
BOOLEAN FxReaderRuns(const FX_READER *Reader);
VOID FxReaderFree(FX_READER *Reader); /* stopped */
