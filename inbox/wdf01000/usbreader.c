/*
 * Continuous readers: reads that are sent again as they complete, from WdfIoTargetStart to
 * WdfIoTargetStop; a read that fails takes the others back, the pipe is reset and the reader goes
 * on unless the driver says no [doc: Reading from a Pipe; WdfUsbTargetPipeConfigContinuousReader;
 * EVT_WDF_USB_READERS_FAILED].
 *
 * A read is busy from before it is sent until nobody will send it again. A read that completes
 * within its own sending is sent again by the loop that sent it, so that a device with much to say
 * does not use up the stack.
 */
#include "usbtarget.h"

#define FX_READS_DEFAULT 2u /* [guess] both */
#define FX_READS_MAX 10u

typedef enum _FX_READ_STEP { FxReadSending, FxReadSent, FxReadCompleted } FX_READ_STEP;

typedef struct _FX_READ {
    FX_READER *Reader;
    FX_REQUEST *Request; /* below the driver: it outlives the pipe's other children */
    FX_MEMORY *Memory;   /* while it is busy, referenced; NULL: there was none to have */
    BOOLEAN IsBusy;      /* Reader->Lock */
    LONG Step;           /* FX_READ_STEP */
} FX_READ;

struct _FX_READER {
    FX_USB_PIPE *Pipe;
    WDF_USB_CONTINUOUS_READER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES BufferAttributes; /* Config.BufferAttributes, with the pipe as parent */
    KSPIN_LOCK Lock;
    BOOLEAN Runs;        /* started and not stopped; Lock */
    BOOLEAN HasFailed;   /* until the worker has dealt with it; Lock */
    ULONG Busy;          /* reads; Lock */
    NTSTATUS FailStatus; /* of the first read that failed; Lock */
    USBD_STATUS FailUsbd;
    WORK_QUEUE_ITEM Worker; /* queued when the last read is back of a reader that has failed */
    KEVENT Idle;            /* notification: no read is busy, no worker queued; Lock */
    ULONG Count;
    FX_READ Read[FX_READS_MAX];
};

BOOLEAN FxReaderRuns(const FX_READER *Reader)
{
    return Reader->Runs;
}

VOID FxReaderFree(FX_READER *Reader)
{
    for (ULONG i = 0; i < Reader->Count; i++)
        FxObjectDelete(&Reader->Read[i].Request->Object);
    FxFree(Reader);
}

static VOID FxReaderCancel(FX_READER *Reader)
{
    for (ULONG i = 0; i < Reader->Count; i++)
        (VOID)FxSendCancel(
            Reader->Read[i].Request); /* one that is not sent is none of ours to wait for */
}

/* A read is back that succeeded or not. TRUE: it is to be sent again; else it is not busy any more.
 */
static BOOLEAN FxReadDone(FX_READ *Read, NTSTATUS Status, USBD_STATUS Usbd)
{
    FX_READER *Reader = Read->Reader;
    BOOLEAN Again, FirstFailure = FALSE, QueueWorker = FALSE;
    KIRQL Irql;

    KeAcquireSpinLock(&Reader->Lock, &Irql);
    if (!NT_SUCCESS(Status) && Reader->Runs && !Reader->HasFailed) {
        Reader->HasFailed = FirstFailure = TRUE;
        Reader->FailStatus = Status;
        Reader->FailUsbd = Usbd;
    }
    Again = Reader->Runs && !Reader->HasFailed;
    if (FirstFailure) { /* still busy, so that no new read is among those that are cancelled */
        KeReleaseSpinLock(&Reader->Lock, Irql);
        FxReaderCancel(Reader);
        KeAcquireSpinLock(&Reader->Lock, &Irql);
    }
    if (!Again) {
        Read->IsBusy = FALSE;
        if (--Reader->Busy == 0) {
            QueueWorker = Reader->HasFailed;
            if (!QueueWorker)
                KeSetEvent(&Reader->Idle, IO_NO_INCREMENT, FALSE);
        }
    }
    KeReleaseSpinLock(&Reader->Lock, Irql);
    if (QueueWorker)
        ExQueueWorkItem(&Reader->Worker, DelayedWorkQueue);
    return Again;
}

static VOID FxReadForgetMemory(FX_READ *Read)
{
    FX_MEMORY *Memory = Read->Memory;

    if (Memory == NULL)
        return;
    Read->Memory = NULL;
    FxObjectDelete(&Memory->Object);
    FxObjectDereference(&Memory->Object);
}

static VOID FxReadSend(FX_READ *Read);

static VOID NTAPI FxReadIsBack(WDFREQUEST Request, WDFIOTARGET Target,
                               PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    PWDF_USB_REQUEST_COMPLETION_PARAMS Usb = Params->Parameters.Usb.Completion;
    FX_READ *Read = Context;
    FX_READER *Reader = Read->Reader;
    NTSTATUS Status = Params->IoStatus.Status;

    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Target);
    if (NT_SUCCESS(Status))
        Reader->Config.EvtUsbTargetPipeReadComplete(
            FX_HANDLE(WDFUSBPIPE, Reader->Pipe), FX_HANDLE(WDFMEMORY, Read->Memory),
            Usb->Parameters.PipeRead.Length, Reader->Config.EvtUsbTargetPipeReadCompleteContext);
    FxReadForgetMemory(Read);
    if (!FxReadDone(Read, Status, Usb->UsbdStatus))
        return;
    if (InterlockedCompareExchange(&Read->Step, FxReadCompleted, FxReadSending) != FxReadSending)
        FxReadSend(Read); /* else the sender does it */
}

static NTSTATUS FxReadMakeMemory(FX_READ *Read)
{
    FX_READER *Reader = Read->Reader;
    FX_GLOBALS *Globals = Reader->Pipe->Target.Object.Globals;
    WDFMEMORY Memory;
    NTSTATUS Status = imp_WdfMemoryCreate(
        &Globals->Public, &Reader->BufferAttributes, NonPagedPoolNx, 0,
        Reader->Config.HeaderLength + Reader->Config.TransferLength + Reader->Config.TrailerLength,
        &Memory, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Read->Memory = FX_OBJECT_OF(FX_MEMORY, Globals, Memory, FxTypeMemory);
    FxObjectReference(&Read->Memory->Object);
    return STATUS_SUCCESS;
}

static NTSTATUS FxReadFormat(FX_READ *Read)
{
    FX_USB_PIPE *Pipe = Read->Reader->Pipe;
    WDFMEMORY_OFFSET Offset = { .BufferOffset = Read->Reader->Config.HeaderLength,
                                .BufferLength = Read->Reader->Config.TransferLength };
    FX_BUFFER Buffer;
    NTSTATUS Status = FxReadMakeMemory(Read);

    if (NT_SUCCESS(Status))
        Status = FxBufferOfMemory(Pipe->Target.Object.Globals, FX_HANDLE(WDFMEMORY, Read->Memory),
                                  &Offset, &Buffer);
    if (!NT_SUCCESS(Status))
        return Status;
    FxSendReset(Read->Request);
    IoReuseIrp(Read->Request->Irp, STATUS_NOT_SUPPORTED);
    return FxFormatPipeTransfer(Pipe, Read->Request, &Buffer, TRUE);
}

/* Sends a busy read until it is on its way or nobody wants it any more. <= DISPATCH_LEVEL. */
static VOID FxReadSend(FX_READ *Read)
{
    FX_READER *Reader = Read->Reader;
    NTSTATUS Status;

    for (;;) {
        Read->Step = FxReadSending;
        Status = FxReadFormat(Read);
        Read->Request->EvtCompletion = FxReadIsBack;
        Read->Request->CompletionContext = Read;
        if (NT_SUCCESS(Status) && !FxSend(Read->Request, &Reader->Pipe->Target, NULL))
            Status = Read->Request->Status;
        if (!NT_SUCCESS(Status)) {
            FxReadForgetMemory(Read);
            FxReadDone(Read, Status,
                       USBD_STATUS_INTERNAL_HC_ERROR); /* it failed: not again from here */
            return;
        }
        if (InterlockedCompareExchange(&Read->Step, FxReadSent, FxReadSending) == FxReadCompleted)
            continue;
        if (!Reader->Runs ||
            Reader->HasFailed) /* stopped since: who did so may not have seen it sent */
            (VOID)FxSendCancel(Read->Request);
        return;
    }
}

/* Sends what is not busy. */
static VOID FxReaderSendAll(FX_READER *Reader)
{
    BOOLEAN Send;
    KIRQL Irql;

    for (ULONG i = 0; i < Reader->Count; i++) {
        KeAcquireSpinLock(&Reader->Lock, &Irql);
        Send = Reader->Runs && !Reader->HasFailed && !Reader->Read[i].IsBusy;
        if (Send) {
            Reader->Read[i].IsBusy = TRUE;
            Reader->Busy++;
            KeClearEvent(&Reader->Idle);
        }
        KeReleaseSpinLock(&Reader->Lock, Irql);
        if (Send)
            FxReadSend(&Reader->Read[i]);
    }
}

/* All reads are back, one of them failed. */
static VOID NTAPI FxReaderWorker(PVOID Context)
{
    FX_READER *Reader = Context;
    FX_USB_PIPE *Pipe = Reader->Pipe;
    PWDF_DRIVER_GLOBALS DriverGlobals = &Pipe->Target.Object.Globals->Public;
    WDF_REQUEST_SEND_OPTIONS Options = { .Size = sizeof(Options),
                                         .Flags = WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE };
    BOOLEAN Again = TRUE;
    KIRQL Irql;

    if (Reader->Config.EvtUsbTargetPipeReadersFailed != NULL)
        Again = Reader->Config.EvtUsbTargetPipeReadersFailed(FX_HANDLE(WDFUSBPIPE, Pipe),
                                                             Reader->FailStatus, Reader->FailUsbd);
    if (Again) /* a device that is gone answers neither: then no read would ever succeed */
        Again = NT_SUCCESS(imp_WdfUsbTargetDeviceIsConnectedSynchronous(
                    DriverGlobals, FX_HANDLE(WDFUSBDEVICE, Pipe->Interface->Usb))) &&
                NT_SUCCESS(FxPipeControl(DriverGlobals, Pipe, NULL, &Options,
                                         URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL));
    KeAcquireSpinLock(&Reader->Lock, &Irql);
    Reader->HasFailed = FALSE;
    Reader->Runs = Reader->Runs && Again;
    Again = Reader->Runs;
    if (Again)
        Reader->Busy++; /* keeps a stop waiting until the reads are sent */
    else
        KeSetEvent(&Reader->Idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Reader->Lock, Irql);
    if (!Again)
        return;
    FxReaderSendAll(Reader);
    KeAcquireSpinLock(&Reader->Lock, &Irql);
    if (--Reader->Busy == 0) {
        if (Reader->HasFailed)
            ExQueueWorkItem(&Reader->Worker, DelayedWorkQueue);
        else
            KeSetEvent(&Reader->Idle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Reader->Lock, Irql);
}

VOID FxReaderStart(FX_READER *Reader)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Reader->Lock, &Irql);
    Reader->Runs = TRUE;
    KeReleaseSpinLock(&Reader->Lock, Irql);
    FxReaderSendAll(Reader);
}

VOID FxReaderStop(FX_READER *Reader, BOOLEAN Wait)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Reader->Lock, &Irql);
    Reader->Runs = FALSE;
    KeReleaseSpinLock(&Reader->Lock, Irql);
    FxReaderCancel(Reader);
    if (Wait)
        KeWaitForSingleObject(&Reader->Idle, Executive, KernelMode, FALSE, NULL);
}

/* ---- for clients ---- */

static NTSTATUS FxReaderCheck(FX_USB_PIPE *Pipe, const WDF_USB_CONTINUOUS_READER_CONFIG *Config)
{
    FX_GLOBALS *Globals = Pipe->Target.Object.Globals;

    if (Config->EvtUsbTargetPipeReadComplete == NULL || Config->TransferLength == 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a continuous reader of 0x%Ix bytes",
                         Config->TransferLength);
    if (Pipe->Info.PipeType != UsbdPipeTypeBulk && Pipe->Info.PipeType != UsbdPipeTypeInterrupt)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "a reader of a pipe that is neither bulk nor interrupt");
    if (!USB_ENDPOINT_DIRECTION_IN(Pipe->Info.EndpointAddress) || Pipe->Target.Reader != NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "endpoint 0x%02x has a reader or is for output",
                         Pipe->Info.EndpointAddress);
    if (Config->HeaderLength > MAXULONG || Config->TransferLength > MAXULONG ||
        Config->TrailerLength > MAXULONG ||
        Config->HeaderLength + Config->TransferLength + Config->TrailerLength > MAXULONG)
        return FxMistake(Globals, STATUS_INTEGER_OVERFLOW,
                         "a reader of 0x%Ix + 0x%Ix + 0x%Ix bytes", Config->HeaderLength,
                         Config->TransferLength, Config->TrailerLength);
    if (!Pipe->AnyLength && Pipe->Info.MaximumPacketSize != 0 &&
        Config->TransferLength % Pipe->Info.MaximumPacketSize != 0)
        return FxMistake(Globals, STATUS_INVALID_BUFFER_SIZE,
                         "a reader of 0x%Ix bytes of packets of 0x%x", Config->TransferLength,
                         Pipe->Info.MaximumPacketSize);
    if (Config->BufferAttributes == NULL)
        return STATUS_SUCCESS;
    return NT_SUCCESS(FxCheckNoParent(Config->BufferAttributes))
               ? FxCheckAttributes(Globals, Config->BufferAttributes)
               : STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
}

static VOID FxReaderFill(FX_READER *Reader, FX_USB_PIPE *Pipe,
                         const WDF_USB_CONTINUOUS_READER_CONFIG *Config)
{
    Reader->Pipe = Pipe;
    Reader->Config = *Config;
    Reader->BufferAttributes.Size = sizeof(Reader->BufferAttributes);
    Reader->BufferAttributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Reader->BufferAttributes.SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
    if (Config->BufferAttributes != NULL)
        Reader->BufferAttributes = *Config->BufferAttributes;
    Reader->BufferAttributes.ParentObject = FxHandleOf(Pipe);
    KeInitializeSpinLock(&Reader->Lock);
    KeInitializeEvent(&Reader->Idle, NotificationEvent, TRUE);
    ExInitializeWorkItem(&Reader->Worker, FxReaderWorker, Reader);
}

WDF_DDI(WdfUsbTargetPipeConfigContinuousReader);
NTSTATUS NTAPI imp_WdfUsbTargetPipeConfigContinuousReader(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                          WDFUSBPIPE Handle,
                                                          PWDF_USB_CONTINUOUS_READER_CONFIG Config)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_USB_PIPE *Pipe = FxPipeFromHandle(DriverGlobals, Handle);
    ULONG Count;
    FX_READER *Reader;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Config);
    if (!FxSizeIsKnown(Globals, "WDF_USB_CONTINUOUS_READER_CONFIG", Config->Size))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH,
                         "WDF_USB_CONTINUOUS_READER_CONFIG size 0x%x", Config->Size);
    Status = FxReaderCheck(Pipe, Config);
    if (!NT_SUCCESS(Status))
        return Status;
    Reader = FxAllocate(Globals, sizeof(*Reader));
    if (Reader == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    FxReaderFill(Reader, Pipe, Config);
    Count = Config->NumPendingReads != 0 ? min(Config->NumPendingReads, FX_READS_MAX)
                                         : FX_READS_DEFAULT;
    while (NT_SUCCESS(Status) && Reader->Count < Count) {
        FX_READ *Read = &Reader->Read[Reader->Count];

        Read->Reader = Reader;
        Status = FxRequestCreateOwn(Globals, NULL, (FX_OBJECT *)Globals->Driver, NULL, FALSE,
                                    &Read->Request);
        if (NT_SUCCESS(Status)) {
            Reader->Count++;
            Status = FxRequestFit(Read->Request, &Pipe->Target);
        }
    }
    if (NT_SUCCESS(Status)) {
        Pipe->Target.Reader = Reader;
        return STATUS_SUCCESS;
    }
    FxReaderFree(Reader);
    return Status;
}
