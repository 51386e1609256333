/*
 * io: requests, queues, file objects; what the rest of the framework may call.
 */
#pragma once

#include "device.h"

/* ---- file objects (fileobj.c) ---- */
struct _FX_FILE {
    FX_OBJECT Object;
    LIST_ENTRY Link; /* Device->Files; FileLock */
    PFILE_OBJECT Wdm; /* NULL for an optional one that has none */
    UNICODE_STRING Name;
};
/* The framework's file object of an IRP's, or NULL (not required, optional and absent). Any IRQL. */
FX_FILE *FxFileOfIrp(FX_DEVICE *Device, PIRP Irp);
/* IRP_MJ_CREATE, CLEANUP and CLOSE: file objects, callbacks, auto-forwarding. */
NTSTATUS FxFileDispatch(FX_DEVICE *Device, PIRP Irp);

/* ---- queues (queue.c) ---- */
/* Puts an IRP of a queued major function (create, read, write, device control, internal device control) in its queue. */
NTSTATUS FxQueueDispatch(FX_DEVICE *Device, PIRP Irp);
/*
 * Power-managed queues of a device. Down: they stop presenting; EvtIoStop is called for each request that the driver holds; returns when each is
 * completed, acknowledged (WdfRequestStopAcknowledge) or requeued. PASSIVE_LEVEL, from the PnP or power state machine, before EvtDeviceD0Exit.
 */
VOID FxQueuesPowerDown(FX_DEVICE *Device, BOOLEAN IsRemoval);
VOID FxQueuesPowerUp(FX_DEVICE *Device); /* after EvtDeviceD0Entry: EvtIoResume for held requests, presenting goes on */
/*
 * Removal: the power-managed queues purged, or the others: nothing is accepted any more; returns when all their requests are
 * completed. Between the two the driver's self-managed I/O is flushed. PASSIVE_LEVEL.
 */
VOID FxQueuesPurge(FX_DEVICE *Device, BOOLEAN PowerManaged);
/* Cancels what a file object has in the queues, at cleanup. */
VOID FxQueuesCancelFile(FX_DEVICE *Device, PFILE_OBJECT File);
VOID FxQueueForgetDevice(FX_DEVICE *Device); /* at the device's disposal: deletes its queues */

/* ---- requests (request.c) ---- */
struct _FX_REQUEST_CACHE;
NTSTATUS FxRequestCacheCreate(FX_DEVICE *Device); /* from Settings.RequestAttributes; before the first IRP */
VOID FxRequestCacheDestroy(FX_DEVICE *Device);

typedef enum _FX_REQUEST_STATE { /* of a request that came in */
    FxRequestNew,      /* nobody's yet */
    FxRequestInCaller, /* with EvtIoInCallerContext or EvtDeviceFileCreate: the driver's, of no queue */
    FxRequestWaiting,  /* in its queue */
    FxRequestOwned,    /* the driver's */
    FxRequestCanceled, /* the driver's, handed over by EvtIoCanceledOnQueue: it can only be completed */
    FxRequestDone,     /* completed or given away */
} FX_REQUEST_STATE;
typedef enum _FX_CANCEL_STATE { /* of one that the driver owns */
    FxCancelNone,
    FxCancelMarked,  /* WdfRequestMarkCancelable */
    FxCancelStarted, /* the IRP is cancelled, EvtRequestCancel is not called yet */
    FxCancelCalled,
} FX_CANCEL_STATE;
typedef enum _FX_STOP_STATE { /* of one that the driver owns while its queue is powered down */
    FxStopNone,
    FxStopDue,    /* counted in the queue's UnstoppedCount, as is the next */
    FxStopCalled, /* EvtIoStop */
    FxStopAcknowledged,
} FX_STOP_STATE;

struct _FX_REQUEST {
    FX_OBJECT Object;
    PIRP Irp;                 /* NULL once completed */
    FX_DEVICE *Device;        /* of an IRP that came in */
    FX_QUEUE *Queue;          /* that presented or holds it; NULL for the client's own requests */
    FX_FILE *File;
    LIST_ENTRY QueueLink;     /* queue's lock: waiting, or owned by the driver */
    UCHAR State;              /* FX_REQUEST_STATE; queue's lock */
    UCHAR Cancel;             /* FX_CANCEL_STATE; queue's lock */
    UCHAR Stop;               /* FX_STOP_STATE; queue's lock */
    BOOLEAN Delivered;        /* the driver has seen it: EvtIoCanceledOnQueue is due */
    BOOLEAN HoldsPower;       /* a reference of its power-managed queue, until it is completed */
    BOOLEAN IsOwn;            /* made by WdfRequestCreate: the IRP is for sending only */
    BOOLEAN OwnsIrp;          /* allocated by the framework */
    BOOLEAN IsReserved;
    FX_QUEUE *ReservedOf;     /* for whose forward progress it was made; NULL: none's */
    FX_QUEUE *Intended;       /* where WdfDeviceEnqueueRequest puts it; NULL: by its kind */
    NTSTATUS Status;          /* of the last completion */
    ULONG_PTR Information;

    /*
     * While the dispatch routine that brought the IRP in has not returned: its thread. When that thread completes the
     * request meanwhile, the IRP is not marked pending and the dispatch routine returns its status; any other
     * completion marks it pending first, and the dispatch routine returns STATUS_PENDING. Only that thread writes these.
     */
    PKTHREAD InlineThread;
    BOOLEAN InlineDone;
    BOOLEAN InlineMore;       /* the queue has something to do once the dispatch routine is done with this one */

    /* cancellation: reqcancel.c, under the queue's lock */
    PFN_WDF_REQUEST_CANCEL EvtCancel;

    /* sending: send.c (owner: I/O targets) */
    FX_TARGET *Target;        /* sent to, or formatted for */
    LIST_ENTRY TargetLink;    /* Target's lock, while sent */
    PFN_WDF_REQUEST_COMPLETION_ROUTINE EvtCompletion;
    WDFCONTEXT CompletionContext;
    struct _FX_SEND *Send;    /* send.c's state: formatted stack location, memories, timer; made on first use */

    /* buffers: reqbuf.c */
    struct _FX_REQUEST_BUFFERS *Buffers; /* memories and MDLs made for it, made on first use */
    struct _FX_REQUEST_CACHE *Cache;     /* that its memory belongs to; NULL: a block of its own */
};
extern const FX_CLASS FxRequestClass;
static inline FX_REQUEST *FxRequestFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFREQUEST Handle)
{
    return FX_OBJECT_OF(FX_REQUEST, FxGlobalsOf(Globals), Handle, FxTypeRequest);
}
/* A request for an IRP that came in; it has no queue yet. NULL when out of memory. <= DISPATCH_LEVEL. */
FX_REQUEST *FxRequestCreateForIrp(FX_DEVICE *Device, PIRP Irp, FX_FILE *File);
/* Completes the IRP, takes the request from its queue, deletes the object. <= DISPATCH_LEVEL. */
VOID FxRequestComplete(FX_REQUEST *Request, NTSTATUS Status, ULONG_PTR Information, CCHAR Boost);
/*
 * Send and forget: to be called before the IRP is passed to IoCallDriver. Marks the IRP pending, takes the request from its
 * queue and deletes the object; the IRP is another's.
 */
VOID FxRequestForget(FX_REQUEST *Request);
/* ownreq.c: frees the IRP that the framework made for a request of the driver's own. */
VOID FxOwnRequestDestroy(FX_REQUEST *Request);
/* send.c: frees Send; called as the request is destroyed or reused. */
VOID FxSendFree(FX_REQUEST *Request);
/* reqbuf.c: deletes the memories and MDLs made for the request; called before its IRP is completed or exchanged. */
VOID FxRequestFreeBuffers(FX_REQUEST *Request);

/* ---- memory (memory.c; owner: objects) ---- */
struct _FX_MEMORY {
    FX_OBJECT Object;
    PVOID Buffer;
    SIZE_T Length;
    ULONG Flags;          /* FX_MEMORY_* */
    ULONG Tag;
    PMDL Mdl;             /* of a request's memory, or NULL */
    FX_OBJECT *Owner;     /* a request's or a lookaside list's, for its Free; NULL otherwise */
};
#define FX_MEMORY_OWNS_BUFFER 1u /* pool, freed at destruction */
#define FX_MEMORY_READ_ONLY 2u   /* a request's input: copying to it is refused */
extern const FX_CLASS FxMemoryClass;
/* A memory object around a buffer that it does not own. Parent must be alive. */
NTSTATUS FxMemoryWrap(FX_GLOBALS *Globals, FX_OBJECT *Parent, PVOID Buffer, SIZE_T Length, PMDL Mdl, BOOLEAN ReadOnly,
                      FX_MEMORY **Memory);

/* ---- I/O targets (target.c; owner: I/O targets) ---- */
NTSTATUS FxTargetCreateLocal(FX_DEVICE *Device); /* Device->LocalTarget, for function devices */
/* Removal: what is sent to the local and the self target is cancelled. Power does not stop them. PASSIVE_LEVEL. */
VOID FxTargetsRemove(FX_DEVICE *Device);
