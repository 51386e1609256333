/* KMDF: continuous readers of USB pipes: their buffers, stopping and starting, failures, a device
 * that is gone. */
#include "usb_bus.h"

#define HEADER 4u
#define TRAILER 2u
#define READS 3u

typedef struct _BUFFER {
    ULONG Zero;
} BUFFER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BUFFER, GetBuffer)

static LONG Reads, Failures, Cleanups, Bulk, BulkBytes;
static UCHAR Last;
static WDFMEMORY Kept;
static BOOLEAN Keep, GoOn;
static NTSTATUS FailStatus;
static USBD_STATUS FailUsbd;
static KEVENT Failed, FailedMayReturn, AllRead;

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    InterlockedIncrement(&Cleanups);
}

static EVT_WDF_USB_READER_COMPLETION_ROUTINE EvtRead;
static VOID NTAPI EvtRead(WDFUSBPIPE Pipe, WDFMEMORY Memory, size_t Bytes, WDFCONTEXT Context)
{
    size_t Length;
    PUCHAR Data = WdfMemoryGetBuffer(Memory, &Length);

    ok(WdfUsbTargetPipeIsInEndpoint(Pipe) && Context == (PVOID)0xC0DE, "the pipe and the context");
    ok(Length == HEADER + 8 + TRAILER && Bytes == 3, "the whole buffer, and what was read");
    ok(Data[HEADER + 1] == (UCHAR)~Data[HEADER], "the data after the header");
    ok(GetBuffer(Memory)->Zero++ == 0, "a memory object of its own");
    Last = Data[HEADER];
    Reads++;
    if (!Keep)
        return;
    WdfObjectReference(Memory);
    Kept = Memory;
}

static EVT_WDF_USB_READERS_FAILED EvtFailed;
static BOOLEAN NTAPI EvtFailed(WDFUSBPIPE Pipe, NTSTATUS Status, USBD_STATUS UsbdStatus)
{
    ok(KeGetCurrentIrql() == PASSIVE_LEVEL && WdfUsbTargetPipeIsInEndpoint(Pipe),
       "failures are heard of at passive level");
    is_ulong(UsbReadsThatWait(1), 0, "with no read under way");
    FailStatus = Status;
    FailUsbd = UsbdStatus;
    Failures++;
    KeSetEvent(&Failed, IO_NO_INCREMENT, FALSE);
    WaitFor(&FailedMayReturn);
    return GoOn;
}

static EVT_WDF_USB_READER_COMPLETION_ROUTINE EvtBulkRead;
static VOID NTAPI EvtBulkRead(WDFUSBPIPE Pipe, WDFMEMORY Memory, size_t Bytes, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Pipe);
    UNREFERENCED_PARAMETER(Memory);
    UNREFERENCED_PARAMETER(Context);
    Bulk++;
    BulkBytes += (LONG)Bytes;
    if (BulkBytes == USB_FIFO_BYTES)
        KeSetEvent(&AllRead, IO_NO_INCREMENT, FALSE);
}

/* Reads are sent by whoever restarts the reader; nothing tells when. */
static VOID WaitForReads(ULONG Count)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};

    while (UsbReadsThatWait(1) != Count)
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
}

static VOID TestConfig(WDFUSBPIPE In, WDFUSBPIPE Out, WDFUSBPIPE Interrupt)
{
    WDF_USB_CONTINUOUS_READER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, BUFFER);
    Attributes.EvtCleanupCallback = EvtCleanup;
    WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&Config, EvtRead, (PVOID)0xC0DE, 8);
    Config.HeaderLength = HEADER;
    Config.TrailerLength = TRAILER;
    Config.NumPendingReads = READS;
    Config.BufferAttributes = &Attributes;
    Config.EvtUsbTargetPipeReadersFailed = EvtFailed;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Out, &Config), STATUS_INVALID_DEVICE_REQUEST,
              "of an output pipe");
    is_status(WdfUsbTargetPipeConfigContinuousReader(In, &Config), STATUS_INVALID_BUFFER_SIZE,
              "of less than a packet");
    Config.Size++;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong Size");
    Config.Size--;
    Config.TrailerLength = ~(size_t)0;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config), STATUS_INTEGER_OVERFLOW,
              "too long");
    Config.TrailerLength = TRAILER;
    Config.EvtUsbTargetPipeReadComplete = NULL;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config), STATUS_INVALID_PARAMETER,
              "without a callback");
    Config.EvtUsbTargetPipeReadComplete = EvtRead;
    Attributes.ParentObject = UsbFunction;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config),
              STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
              "the buffers' parent is not the driver's to choose");
    Attributes.ParentObject = NULL;
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config), STATUS_SUCCESS,
              "a reader");
    is_status(WdfUsbTargetPipeConfigContinuousReader(Interrupt, &Config),
              STATUS_INVALID_DEVICE_REQUEST, "only one");
    is_ulong(UsbReadsThatWait(1), 0, "it does not run yet");
}

static VOID TestReads(WDFUSBPIPE Interrupt)
{
    WDFIOTARGET Target = WdfUsbTargetPipeGetIoTarget(Interrupt);
    WDF_MEMORY_DESCRIPTOR Descriptor;
    UCHAR Data[8];
    size_t Length;

    is_status(WdfIoTargetStart(Target), STATUS_SUCCESS, "started");
    is_ulong(UsbReadsThatWait(1), READS, "its reads wait");
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, sizeof(Data));
    is_status(WdfUsbTargetPipeReadSynchronously(Interrupt, NULL, NULL, &Descriptor, NULL),
              STATUS_INVALID_DEVICE_REQUEST, "nobody else reads meanwhile");
    for (UCHAR i = 0; i < 2 * READS; i++)
        ok(UsbInterrupt(i) && Last == i, "interrupt %u is read", i);
    is_ulong((ULONG)Cleanups, 2 * READS, "the buffers are deleted");
    is_ulong(UsbReadsThatWait(1), READS, "as many reads wait as before");
    Keep = TRUE;
    UsbInterrupt(0x42);
    Keep = FALSE;
    UsbInterrupt(0x43);
    ok(((PUCHAR)WdfMemoryGetBuffer(Kept, &Length))[HEADER] == 0x42,
       "a buffer that is referenced stays");
    WdfObjectDereference(Kept);
    WdfIoTargetStop(Target, WdfIoTargetCancelSentIo);
    is_ulong(UsbReadsThatWait(1), 0, "stopped, no read waits");
    ok(!UsbInterrupt(1) && Failures == 0, "stopping is no failure");
    is_status(WdfIoTargetStart(Target), STATUS_SUCCESS, "started again");
    is_ulong(UsbReadsThatWait(1), READS, "its reads wait");
    ok(UsbInterrupt(0x44) && Last == 0x44, "and are answered");
}

/* The failure of one read takes the others back; the driver is asked; the pipe is reset. */
static VOID TestFailure(WDFUSBPIPE Interrupt)
{
    LONG Before = Reads;

    GoOn = TRUE;
    UsbFailReads(1, STATUS_UNSUCCESSFUL, USBD_STATUS_STALL_PID);
    WaitFor(&Failed);
    ok(Failures == 1 && FailStatus == STATUS_UNSUCCESSFUL && FailUsbd == USBD_STATUS_STALL_PID,
       "the driver hears of it");
    is_ulong(UsbPipeResets, 0, "before the pipe is reset");
    KeSetEvent(&FailedMayReturn, IO_NO_INCREMENT, FALSE);
    WaitForReads(READS);
    ok(UsbPipeResets == 1 && Failures == 1, "the reader goes on after a reset");
    ok(UsbInterrupt(0x45) && Reads == Before + 1, "and reads");
    UsbFailReads(1, STATUS_UNSUCCESSFUL, USBD_STATUS_XACT_ERROR);
    WaitFor(&Failed);
    GoOn = FALSE;
    KeSetEvent(&FailedMayReturn, IO_NO_INCREMENT, FALSE);
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(Interrupt), WdfIoTargetCancelSentIo);
    ok(UsbPipeResets == 1 && UsbReadsThatWait(1) == 0, "not when the driver says no");
    UsbGone = GoOn = TRUE;
    is_status(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(Interrupt)), STATUS_SUCCESS,
              "started again");
    UsbFailReads(1, STATUS_NO_SUCH_DEVICE, USBD_STATUS_DEVICE_GONE);
    WaitFor(&Failed);
    KeSetEvent(&FailedMayReturn, IO_NO_INCREMENT, FALSE);
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(Interrupt), WdfIoTargetCancelSentIo);
    ok(UsbPipeResets == 1 && UsbReadsThatWait(1) == 0, "nor when the device is gone");
    UsbGone = FALSE;
}

/* A device that has an answer at once: the reads do not nest. */
static VOID TestFlood(WDFUSBPIPE In, WDFUSBPIPE Out)
{
    WDF_USB_CONTINUOUS_READER_CONFIG Config;
    WDF_MEMORY_DESCRIPTOR Descriptor;
    UCHAR Data[USB_FIFO_BYTES / 4];

    RtlFillMemory(Data, sizeof(Data), 7);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, sizeof(Data));
    for (ULONG i = 0; i < 4; i++)
        is_status(WdfUsbTargetPipeWriteSynchronously(Out, NULL, NULL, &Descriptor, NULL),
                  STATUS_SUCCESS, "a write");
    WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&Config, EvtBulkRead, NULL, USB_PACKET);
    is_status(WdfUsbTargetPipeConfigContinuousReader(In, &Config), STATUS_SUCCESS,
              "a reader with defaults");
    is_status(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)), STATUS_SUCCESS, "started");
    WaitFor(&AllRead);
    is_ulong((ULONG)Bulk, USB_FIFO_BYTES / USB_PACKET, "all that there was, packet by packet");
}

static VOID Test(VOID)
{
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;
    WDFUSBINTERFACE First = WdfUsbTargetDeviceGetInterface(Usb, 0);
    WDFUSBPIPE In, Out, Interrupt;

    KeInitializeEvent(&Failed, NotificationEvent, FALSE);
    KeInitializeEvent(&FailedMayReturn, NotificationEvent, FALSE);
    KeInitializeEvent(&AllRead, NotificationEvent, FALSE);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&Params, 0, NULL);
    if (!is_status(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params), STATUS_SUCCESS,
                   "configured"))
        return;
    In = WdfUsbInterfaceGetConfiguredPipe(First, 0, NULL);
    Out = WdfUsbInterfaceGetConfiguredPipe(First, 1, NULL);
    Interrupt = WdfUsbInterfaceGetConfiguredPipe(First, 2, NULL);
    TestConfig(In, Out, Interrupt);
    TestReads(Interrupt);
    TestFailure(Interrupt);
    TestFlood(In, Out);
    is_status(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(Interrupt)), STATUS_SUCCESS,
              "one runs when the device goes");
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return usb_test_main(DriverObject, RegistryPath, Test);
}
