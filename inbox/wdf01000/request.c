/*
 * Requests for IRPs that came in: the cache that their memory comes from, completion, what the driver asks about them
 * [doc: Framework Request Objects; Completing I/O Requests]. Buffers: reqbuf.c. Cancellation: reqcancel.c. Forwarding: reqmove.c.
 * Requests that a driver makes and sends: send.c.
 */
#include <ntifs.h>

#include "queue.h"

#define FX_CACHE_DEPTH 32 /* free requests kept, per device */

/* Blocks of one size. It outlives its device while the driver holds references on completed requests. */
typedef struct DECLSPEC_ALIGN(16) _FX_REQUEST_CACHE {
    SLIST_HEADER Free;
    WDF_OBJECT_ATTRIBUTES Attributes; /* Size 0: none */
    SIZE_T Bytes;
    ULONG Tag;
    USHORT Depth;         /* free blocks kept at most */
    CCHAR Boost;          /* of the device's type */
    volatile LONG Blocks; /* allocated and not freed: in Free or in use */
    LIST_ENTRY Orphan;    /* FxOrphans, once its device is gone */
} FX_REQUEST_CACHE;

/* Caches whose device is gone and some of whose requests are not. */
static LIST_ENTRY FxOrphans = { &FxOrphans, &FxOrphans };
static KSPIN_LOCK FxOrphansLock;

static PWDF_OBJECT_ATTRIBUTES FxCacheAttributes(FX_REQUEST_CACHE *Cache)
{
    return Cache->Attributes.Size != 0 ? &Cache->Attributes : NULL;
}

/* ---- the cache ---- */

C_ASSERT(FX_OBJECT_FREE_LINK % MEMORY_ALLOCATION_ALIGNMENT == 0);

/* A free block keeps its signature, which is zero, so that a stale handle shows; it links beyond it. */
static FX_REQUEST *FxRequestOfLink(PSLIST_ENTRY Link)
{
    return (FX_REQUEST *)((PUCHAR)Link - FX_OBJECT_FREE_LINK);
}

static FX_REQUEST *FxCacheGrow(FX_REQUEST_CACHE *Cache, FX_GLOBALS *Globals)
{
    FX_REQUEST *Request = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, Cache->Bytes, Cache->Tag);

    if (Request == NULL)
        return NULL;
    InterlockedIncrement(&Cache->Blocks);
    FxObjectInit(&Request->Object, Globals, &FxRequestClass, FxCacheAttributes(Cache), NULL, 0);
    Request->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE | FX_FLAG_COMMITTED | FX_FLAG_CACHED;
    Request->Cache = Cache;
    return Request;
}

static VOID FxCacheFreeBlock(FX_REQUEST_CACHE *Cache, FX_REQUEST *Request)
{
    InterlockedDecrement(&Request->Object.Globals->ObjectCount);
    ExFreePool(Request);
    InterlockedDecrement(&Cache->Blocks); /* the last touch of the cache: it may go now */
}

/* After it the cache may be gone. */
static VOID FxCacheFree(FX_REQUEST_CACHE *Cache, FX_REQUEST *Request)
{
    if (QueryDepthSList(&Cache->Free) < Cache->Depth)
        InterlockedPushEntrySList(&Cache->Free, (PSLIST_ENTRY)((PUCHAR)Request + FX_OBJECT_FREE_LINK));
    else
        FxCacheFreeBlock(Cache, Request);
}

/* Frees what is free; TRUE when that was all, then the cache is gone too. */
static BOOLEAN FxCacheDrain(FX_REQUEST_CACHE *Cache)
{
    PSLIST_ENTRY Link;

    while ((Link = InterlockedPopEntrySList(&Cache->Free)) != NULL)
        FxCacheFreeBlock(Cache, FxRequestOfLink(Link));
    if (Cache->Blocks != 0)
        return FALSE;
    ExFreePool(Cache);
    return TRUE;
}

VOID FxRequestSweepOrphans(VOID)
{
    PLIST_ENTRY Link;
    KIRQL Irql;

    KeAcquireSpinLock(&FxOrphansLock, &Irql);
    for (Link = FxOrphans.Flink; Link != &FxOrphans;) {
        FX_REQUEST_CACHE *Cache = CONTAINING_RECORD(Link, FX_REQUEST_CACHE, Orphan);
        LIST_ENTRY Entry = *Link;

        RemoveEntryList(Link);
        Link = Entry.Flink;
        if (!FxCacheDrain(Cache))
            InsertHeadList(&FxOrphans, &Cache->Orphan);
    }
    KeReleaseSpinLock(&FxOrphansLock, Irql);
}

/* The boost that completing a request of such a device gives its thread [doc: Specifying Priority Boosts When Completing
 * I/O Requests; IO_XXX_INCREMENT in wdm.h]. */
static CCHAR FxDefaultBoost(DEVICE_TYPE Type)
{
    switch (Type) {
    case FILE_DEVICE_KEYBOARD:
        return IO_KEYBOARD_INCREMENT;
    case FILE_DEVICE_MOUSE:
        return IO_MOUSE_INCREMENT;
    case FILE_DEVICE_SOUND:
        return IO_SOUND_INCREMENT;
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_SERIAL_MOUSE_PORT:
        return IO_SERIAL_INCREMENT;
    case FILE_DEVICE_PARALLEL_PORT:
        return IO_PARALLEL_INCREMENT;
    case FILE_DEVICE_DISK:
        return IO_DISK_INCREMENT;
    case FILE_DEVICE_CD_ROM:
        return IO_CD_ROM_INCREMENT;
    case FILE_DEVICE_NETWORK:
        return IO_NETWORK_INCREMENT;
    case FILE_DEVICE_NAMED_PIPE:
        return IO_NAMED_PIPE_INCREMENT;
    case FILE_DEVICE_MAILSLOT:
        return IO_MAILSLOT_INCREMENT;
    case FILE_DEVICE_VIDEO:
        return IO_VIDEO_INCREMENT;
    default:
        return IO_NO_INCREMENT;
    }
}

NTSTATUS FxRequestCacheCreate(FX_DEVICE *Device)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    PWDF_OBJECT_ATTRIBUTES Attributes = &Device->Settings.RequestAttributes;
    FX_REQUEST_CACHE *Cache = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Cache), FX_TAG);

    if (Cache == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeSListHead(&Cache->Free);
    Cache->Attributes = *Attributes;
    Cache->Bytes = FxObjectBytes(&FxRequestClass, FxCacheAttributes(Cache), 0);
    Cache->Tag = Globals->Public.DriverTag;
    Cache->Depth = Globals->Verifier ? 0 : FX_CACHE_DEPTH; /* with the verifier the pool finds a use after completion */
    Cache->Boost = FxDefaultBoost(Device->Wdm->DeviceType);
    Device->RequestCache = Cache;
    return STATUS_SUCCESS;
}

VOID FxRequestCacheDestroy(FX_DEVICE *Device)
{
    FX_REQUEST_CACHE *Cache = Device->RequestCache;
    KIRQL Irql;

    if (Cache == NULL)
        return;
    Device->RequestCache = NULL;
    KeAcquireSpinLock(&FxOrphansLock, &Irql);
    InsertHeadList(&FxOrphans, &Cache->Orphan);
    KeReleaseSpinLock(&FxOrphansLock, Irql);
    FxRequestSweepOrphans();
}

/* ---- the object ---- */

/* After the client's EvtCleanupCallback, which may look at the IRP still. */
static VOID FxRequestDispose(FX_OBJECT *Object)
{
    FX_REQUEST *Request = (FX_REQUEST *)Object;

    if (Request->Buffers != NULL)
        FxRequestFreeBuffers(Request);
    if (!Request->IsOwn)
        Request->Irp = NULL;
}

static VOID FxRequestDestroy(FX_OBJECT *Object)
{
    FX_REQUEST *Request = (FX_REQUEST *)Object;

    if (Request->Send != NULL)
        FxSendFree(Request);
    if (Request->IsOwn)
        FxOwnRequestDestroy(Request);
    if (Request->Cache != NULL)
        FxCacheFree(Request->Cache, Request);
}

const FX_CLASS FxRequestClass = {
    .Type = FxTypeRequest, .Name = "WDFREQUEST", .Size = sizeof(FX_REQUEST), .Dispose = FxRequestDispose,
    .Destroy = FxRequestDestroy, .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

/* All but what its creator sets at once. */
static VOID FxRequestClear(FX_REQUEST *Request)
{
    Request->Queue = NULL;
    Request->State = FxRequestNew;
    Request->Cancel = FxCancelNone;
    Request->Stop = FxStopNone;
    Request->Delivered = Request->HoldsPower = FALSE;
    Request->IsOwn = Request->OwnsIrp = Request->IsReserved = FALSE;
    Request->ReservedOf = Request->Intended = NULL;
    Request->Status = STATUS_SUCCESS;
    Request->Information = 0;
    Request->InlineThread = NULL;
    Request->InlineDone = Request->InlineMore = FALSE;
    Request->EvtCancel = NULL;
    Request->Target = NULL;
    Request->EvtCompletion = NULL;
    Request->CompletionContext = NULL;
    Request->Send = NULL;
    Request->Buffers = NULL;
}

/* It is no child in its device's list: nothing but its completion deletes it. */
FX_REQUEST *FxRequestCreateForIrp(FX_DEVICE *Device, PIRP Irp, FX_FILE *File)
{
    FX_REQUEST_CACHE *Cache = Device->RequestCache;
    PSLIST_ENTRY Link = InterlockedPopEntrySList(&Cache->Free);
    FX_REQUEST *Request;

    if (Link != NULL) {
        Request = FxRequestOfLink(Link);
        FxObjectRevive(&Request->Object, FxCacheAttributes(Cache));
        FxRequestClear(Request);
    } else {
        Request = FxCacheGrow(Cache, Device->Object.Globals);
        if (Request == NULL)
            return NULL;
    }
    Request->Object.Device = Device;
    Request->Device = Device;
    Request->Irp = Irp;
    Request->File = File;
    return Request;
}

/* Drops the dispatch routine's reference and, of a request that it completed, the creation's. */
static VOID FxInlineDereference(FX_REQUEST *Request)
{
    if (!Request->InlineDone) {
        FxObjectDereference(&Request->Object);
    } else if (Request->Object.References == 2) { /* both ours: nobody else can add one */
        FxObjectLastDereference(&Request->Object);
    } else {
        FxObjectDereference(&Request->Object);
        FxObjectDereference(&Request->Object);
    }
}

NTSTATUS FxInlineEnd(FX_REQUEST *Request)
{
    NTSTATUS Status = Request->InlineDone ? Request->Status : STATUS_PENDING;
    FX_QUEUE *More = Request->InlineMore ? Request->Queue : NULL;

    Request->InlineThread = NULL;
    FxInlineDereference(Request);
    if (More != NULL) {
        FxQueueRun(More);
        FxObjectDereference(&More->Object); /* FxRequestLeaveQueue's */
    }
    return Status;
}

/* ---- completion ---- */

/* How many bytes a successful completion may claim; MAXULONG_PTR where it is not a number of bytes. */
static ULONG_PTR FxMostInformation(const IO_STACK_LOCATION *Stack)
{
    ULONG Length;

    switch (Stack->MajorFunction) {
    case IRP_MJ_READ:
        return Stack->Parameters.Read.Length;
    case IRP_MJ_DEVICE_CONTROL:
        Length = Stack->Parameters.DeviceIoControl.OutputBufferLength;
        return METHOD_FROM_CTL_CODE(Stack->Parameters.DeviceIoControl.IoControlCode) == METHOD_BUFFERED && Length != 0
                   ? Length
                   : MAXULONG_PTR;
    default:
        return MAXULONG_PTR;
    }
}

static DECLSPEC_NORETURN VOID FxInformationViolation(FX_REQUEST *Request, ULONG_PTR Information)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH_DATA Data;

    RtlZeroMemory(&Data, sizeof(Data));
    Data.Request = FX_HANDLE(WDFREQUEST, Request);
    Data.Irp = Request->Irp;
    Data.OutputBufferLength = (ULONG)FxMostInformation(Stack);
    Data.Information = Information;
    Data.MajorFunction = Stack->MajorFunction;
    FxLog(Request->Object.Globals, "WDFREQUEST %p completed with Information 0x%Ix, buffer 0x%x", Data.Request,
          Information, Data.OutputBufferLength);
    FxViolation(Request->Object.Globals, WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_INFORMATION_LENGTH_MISMATCH,
                (ULONG_PTR)&Data, 0);
}

/*
 * Takes the request from its queue's books. The queue that has something to do thereupon, referenced; NULL: none, or the
 * dispatch routine that this thread is in will see to it (FxInlineEnd).
 */
static FX_QUEUE *FxRequestLeaveQueue(FX_REQUEST *Request)
{
    FX_QUEUE *Queue = Request->Queue;
    BOOLEAN Run;
    KIRQL Irql;

    if (Queue == NULL || Request->State == FxRequestInCaller) {
        if (Request->State != FxRequestInCaller && Request->State != FxRequestNew)
            FxQueueViolation(Request, STATUS_INVALID_DEVICE_REQUEST, "completed, but it is not the driver's");
        Request->State = FxRequestDone;
        return NULL;
    }
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (!FxRequestIsOwned(Request) || Request->Cancel == FxCancelMarked || Request->Cancel == FxCancelStarted) {
        KeReleaseSpinLock(&Queue->Lock, Irql);
        FxQueueViolation(Request, STATUS_INVALID_DEVICE_REQUEST,
                         FxRequestIsOwned(Request) ? "completed or sent while cancelable"
                                                   : "completed or sent, but it is not the driver's");
    }
    Request->State = FxRequestDone;
    Run = FxQueueLose(Queue, Request);
    if (Run)
        FxObjectReference(&Queue->Object);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (Run && Request->InlineThread == KeGetCurrentThread()) {
        Request->InlineMore = TRUE;
        return NULL;
    }
    return Run ? Queue : NULL;
}

static VOID FxRequestRunQueue(FX_QUEUE *Queue)
{
    if (Queue == NULL)
        return;
    FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
}

VOID FxRequestComplete(FX_REQUEST *Request, NTSTATUS Status, ULONG_PTR Information, CCHAR Boost)
{
    FX_DEVICE *Device = Request->Device;
    PIRP Irp = Request->Irp;
    BOOLEAN HeldPower = Request->HoldsPower, Reserved = Request->IsReserved;
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    FX_QUEUE *Queue;

    if (NT_SUCCESS(Status) && Information > FxMostInformation(Stack))
        FxInformationViolation(Request, Information);
    Queue = FxRequestLeaveQueue(Request);
    Request->Status = Status;
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    if (Stack->MajorFunction == IRP_MJ_CREATE)
        FxFileCreateDone(Device, Request->File, Status);
    if (Request->InlineThread == KeGetCurrentThread()) {
        Request->InlineDone = TRUE;
        FxObjectDispose(&Request->Object); /* its callbacks may still look at the IRP; FxInlineEnd dereferences */
    } else {
        IoMarkIrpPending(Irp);
        if (Reserved)
            FxProgressUnbind(Request);
        else
            FxObjectDeleteUnlisted(&Request->Object);
    }
    IoCompleteRequest(Irp, Boost);
    if (Reserved)
        FxProgressReturn(Request);
    if (HeldPower)
        FxPowerDereference(Device);
    FxRequestRunQueue(Queue);
}

VOID FxRequestForget(FX_REQUEST *Request)
{
    FX_DEVICE *Device = Request->Device;
    PIRP Irp = Request->Irp;
    BOOLEAN HeldPower = Request->HoldsPower;
    FX_QUEUE *Queue = FxRequestLeaveQueue(Request);

    IoMarkIrpPending(Irp);
    if (Request->IsReserved) {
        FxProgressUnbind(Request);
        FxProgressReturn(Request);
    } else {
        FxObjectDeleteUnlisted(&Request->Object);
    }
    if (HeldPower)
        FxPowerDereference(Device);
    FxRequestRunQueue(Queue);
}

/* The request of a completion by the driver. */
static FX_REQUEST *FxRequestToComplete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    if (Request->Irp == NULL || Request->State == FxRequestDone)
        FxViolation(Request->Object.Globals, WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP, (ULONG_PTR)Handle, 0);
    if (Request->IsOwn)
        FxQueueViolation(Request, STATUS_INVALID_DEVICE_REQUEST, "completed, but the driver made it itself");
    return Request;
}

WDF_DDI(WdfRequestComplete);
VOID NTAPI imp_WdfRequestComplete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, NTSTATUS Status)
{
    FX_REQUEST *Request = FxRequestToComplete(DriverGlobals, Handle);

    FxRequestComplete(Request, Status, Request->Irp->IoStatus.Information, Request->Device->RequestCache->Boost);
}

WDF_DDI(WdfRequestCompleteWithInformation);
VOID NTAPI imp_WdfRequestCompleteWithInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, NTSTATUS Status,
                                                 ULONG_PTR Information)
{
    FX_REQUEST *Request = FxRequestToComplete(DriverGlobals, Handle);

    FxRequestComplete(Request, Status, Information, Request->Device->RequestCache->Boost);
}

WDF_DDI(WdfRequestCompleteWithPriorityBoost);
VOID NTAPI imp_WdfRequestCompleteWithPriorityBoost(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, NTSTATUS Status,
                                                   CCHAR PriorityBoost)
{
    FX_REQUEST *Request = FxRequestToComplete(DriverGlobals, Handle);

    FxRequestComplete(Request, Status, Request->Irp->IoStatus.Information, PriorityBoost);
}

/* ---- what it is about ---- */

/* The IRP of a request, NULL once it is completed. */
static PIRP FxIrpOf(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxRequestFromHandle(DriverGlobals, Handle)->Irp;
}

/* The same where there must be one. */
static PIRP FxNeedIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    PIRP Irp = FxIrpOf(DriverGlobals, Handle);

    if (Irp == NULL)
        FxViolation(FxGlobalsOf(DriverGlobals), WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_NULL_IRP, (ULONG_PTR)Handle, 0);
    return Irp;
}

static VOID FxCopyParameters(const IO_STACK_LOCATION *Stack, PWDF_REQUEST_PARAMETERS Parameters)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        Parameters->Parameters.Create.SecurityContext = Stack->Parameters.Create.SecurityContext;
        Parameters->Parameters.Create.Options = Stack->Parameters.Create.Options;
        Parameters->Parameters.Create.FileAttributes = Stack->Parameters.Create.FileAttributes;
        Parameters->Parameters.Create.ShareAccess = Stack->Parameters.Create.ShareAccess;
        Parameters->Parameters.Create.EaLength = Stack->Parameters.Create.EaLength;
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE: /* the same layout */
        Parameters->Parameters.Read.Length = Stack->Parameters.Read.Length;
        Parameters->Parameters.Read.Key = Stack->Parameters.Read.Key;
        Parameters->Parameters.Read.DeviceOffset = Stack->Parameters.Read.ByteOffset.QuadPart;
        break;
    case IRP_MJ_DEVICE_CONTROL:
        Parameters->Parameters.DeviceIoControl.OutputBufferLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
        Parameters->Parameters.DeviceIoControl.InputBufferLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
        Parameters->Parameters.DeviceIoControl.IoControlCode = Stack->Parameters.DeviceIoControl.IoControlCode;
        Parameters->Parameters.DeviceIoControl.Type3InputBuffer = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
        break;
    default: /* what the sender of an internal request put there */
        Parameters->Parameters.Others.Arg1 = Stack->Parameters.Others.Argument1;
        Parameters->Parameters.Others.Arg2 = Stack->Parameters.Others.Argument2;
        Parameters->Parameters.Others.IoControlCode = (ULONG)(ULONG_PTR)Stack->Parameters.Others.Argument3;
        Parameters->Parameters.Others.Arg4 = Stack->Parameters.Others.Argument4;
        break;
    }
}

VOID FxRequestGetParameters(const FX_REQUEST *Request, PWDF_REQUEST_PARAMETERS Parameters)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Request->Irp);

    RtlZeroMemory(Parameters, sizeof(*Parameters));
    Parameters->Size = sizeof(*Parameters);
    Parameters->MinorFunction = Stack->MinorFunction;
    Parameters->Type = (WDF_REQUEST_TYPE)Stack->MajorFunction;
    FxCopyParameters(Stack, Parameters);
}

WDF_DDI(WdfRequestGetParameters);
VOID NTAPI imp_WdfRequestGetParameters(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                       PWDF_REQUEST_PARAMETERS Parameters)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Globals, Parameters);
    FxNeedIrp(DriverGlobals, Handle);
    if (Request->IsOwn)
        FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfRequestGetParameters of a request that the driver made");
    else if (Parameters->Size < sizeof(*Parameters))
        FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_PARAMETERS size 0x%x", Parameters->Size);
    else
        FxRequestGetParameters(Request, Parameters);
}

WDF_DDI(WdfRequestSetInformation);
VOID NTAPI imp_WdfRequestSetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, ULONG_PTR Information)
{
    FxNeedIrp(DriverGlobals, Handle)->IoStatus.Information = Information;
}

WDF_DDI(WdfRequestGetInformation);
ULONG_PTR NTAPI imp_WdfRequestGetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    PIRP Irp = FxIrpOf(DriverGlobals, Handle);

    return Irp != NULL ? Irp->IoStatus.Information : 0;
}

WDF_DDI(WdfRequestGetStatus);
NTSTATUS NTAPI imp_WdfRequestGetStatus(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxRequestFromHandle(DriverGlobals, Handle)->Status;
}

WDF_DDI(WdfRequestWdmGetIrp);
PIRP NTAPI imp_WdfRequestWdmGetIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxIrpOf(DriverGlobals, Handle);
}

WDF_DDI(WdfRequestGetRequestorMode);
KPROCESSOR_MODE NTAPI imp_WdfRequestGetRequestorMode(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxNeedIrp(DriverGlobals, Handle)->RequestorMode;
}

WDF_DDI(WdfRequestIsFrom32BitProcess);
BOOLEAN NTAPI imp_WdfRequestIsFrom32BitProcess(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return IoIs32bitProcess(FxNeedIrp(DriverGlobals, Handle));
}

WDF_DDI(WdfRequestGetRequestorProcessId);
ULONG NTAPI imp_WdfRequestGetRequestorProcessId(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return IoGetRequestorProcessId(FxNeedIrp(DriverGlobals, Handle));
}

WDF_DDI(WdfRequestGetFileObject);
WDFFILEOBJECT NTAPI imp_WdfRequestGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    const FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    return Request->File != NULL ? FX_HANDLE(WDFFILEOBJECT, Request->File) : NULL;
}

WDF_DDI(WdfRequestGetIoQueue);
WDFQUEUE NTAPI imp_WdfRequestGetIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    const FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    return Request->Queue != NULL && Request->State != FxRequestDone ? FX_HANDLE(WDFQUEUE, Request->Queue) : NULL;
}

WDF_DDI(WdfRequestIsReserved);
BOOLEAN NTAPI imp_WdfRequestIsReserved(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxRequestFromHandle(DriverGlobals, Handle)->IsReserved;
}
