/*
 * queue: what the files of queues and requests share (queue*.c, request.c, reqcancel.c, fileobj.c).
 *
 * A queue's lock guards its lists and the states of the requests in them. It is never held while a callback of the client
 * runs; callbacks run under the callback lock of the queue's synchronization scope, if it has one. Order of locks: callback
 * lock, queue's lock (two queues': by address), FX_GLOBALS.Lock.
 *
 * What a queue has to do (cancelled requests to hand over, requests to present, state callbacks that have come due) is done by
 * FxQueueRun, a loop that runs in whichever thread changed something. It is not entered again by a thread that is in it
 * already, further up the stack; and where the callback lock is the thread's own or the IRQL is too high, a DPC or a work
 * item runs it.
 */
#pragma once

#include "io.h"

typedef struct _FX_QUEUE_LOOP { /* a thread in FxQueueRun; on its stack */
    LIST_ENTRY Link;
    PKTHREAD Thread;
} FX_QUEUE_LOOP;

typedef enum _FX_QUEUE_OPERATION {
    FxQueueStopped, FxQueueDrained, FxQueuePurged, FxQueueOperations,
    FxQueueGone, /* purged, and no DPC or work item is under way: for its deletion */
} FX_QUEUE_OPERATION;
typedef struct _FX_QUEUE_WAITER { /* a thread in a synchronous operation; on its stack */
    LIST_ENTRY Link;
    KEVENT Changed; /* set when the counts changed */
} FX_QUEUE_WAITER;
typedef struct _FX_CALL { /* around a callback of the client */
    FX_CALLBACK_LOCK *Lock; /* held; NULL: none */
    FX_OBJECT *Owner;       /* of Lock, referenced */
    BOOLEAN InRegion;       /* in a critical region */
    KIRQL Irql;             /* that the callback was called at */
} FX_CALL;
typedef struct _FX_QUEUE_NOTIFY { /* a state callback; Callback NULL: none */
    PFN_WDF_IO_QUEUE_STATE Callback;
    WDFCONTEXT Context;
} FX_QUEUE_NOTIFY;

struct _FX_QUEUE {
    FX_OBJECT Object;
    FX_DEVICE *Device;
    LIST_ENTRY Link; /* Device->Queues; QueueLock */
    WDF_IO_QUEUE_CONFIG Config;
    ULONG MostPresented; /* requests that the driver may hold at once before the queue stops presenting; 0: manual */
    BOOLEAN IsPowerManaged;
    FX_CALLBACK_LOCK OwnLock; /* scope queue */

    KSPIN_LOCK Lock; /* what follows */
    LIST_ENTRY Waiting;
    LIST_ENTRY Owned;    /* by the driver, FxRequestCanceled included */
    LIST_ENTRY Canceled; /* waiting ones whose IRP was cancelled or that were purged: for the loop */
    LIST_ENTRY Cancels;  /* owned ones whose EvtRequestCancel is due: for the loop. They link here by QueueLink, not in Owned */
    ULONG WaitingCount;
    ULONG OwnedCount;    /* Owned and Cancels */
    ULONG UnstoppedCount; /* FxQueuesPowerDown waits for 0: owned requests that are FxStopDue or FxStopCalled */
    BOOLEAN IsAccepting, IsDispatching, IsPowerHeld;
    BOOLEAN IsPurged;    /* what comes in by forwarding or requeuing is cancelled */
    BOOLEAN IsReadyDue;  /* EvtIoQueueState of WdfIoQueueReadyNotify */
    BOOLEAN IsWatched;   /* a state callback waits for the counts */
    LIST_ENTRY Waiters;  /* of FX_QUEUE_WAITER */
    FX_QUEUE_NOTIFY Ready;
    FX_QUEUE_NOTIFY Notify[FxQueueOperations];
    LIST_ENTRY Loops; /* of FX_QUEUE_LOOP */
    BOOLEAN IsDeferred;  /* the DPC or the work item is queued */
    ULONG DeferredCount; /* queued or running: the deletion waits for them */
    BOOLEAN IsDeferredHeld; /* but one of them does the deletion: then the last one drops a reference */
    KDPC Dpc;
    WORK_QUEUE_ITEM WorkItem;

    struct _FX_FORWARD_PROGRESS *Progress; /* progress.c's; NULL: no policy. Set once */
    ULONG ReservedInUse; /* reserved requests that serve an IRP; Lock */
};
extern const FX_CLASS FxQueueClass;
static inline FX_QUEUE *FxQueueFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFQUEUE Handle)
{
    return FX_OBJECT_OF(FX_QUEUE, FxGlobalsOf(Globals), Handle, FxTypeQueue);
}

/* ---- queue.c ---- */
/* Does what is to be done, in a loop; see above. No lock of a queue held. <= DISPATCH_LEVEL. */
VOID FxQueueRun(FX_QUEUE *Queue);
/*
 * A request that is the caller's alone goes into the queue, or at once to the driver. STATUS_WDF_BUSY: the queue does not
 * accept, the request is still the caller's.
 */
NTSTATUS FxQueueArrive(FX_QUEUE *Queue, FX_REQUEST *Request);
/* Puts a request among the waiting; Queue->Lock held, the request in no list. FxQueueRun is to follow. */
VOID FxQueueInsert(FX_QUEUE *Queue, FX_REQUEST *Request, BOOLEAN AtHead);
/* Takes a waiting request out and makes it the driver's; FALSE when its cancellation has begun. Lock held. */
BOOLEAN FxQueueTake(FX_QUEUE *Queue, FX_REQUEST *Request);
/* Takes a request that the driver owned from its queue's books; Lock held. TRUE: FxQueueRun is to follow. */
BOOLEAN FxQueueLose(FX_QUEUE *Queue, FX_REQUEST *Request);
/* Is this thread in FxQueueRun, further up the stack? Lock held. */
BOOLEAN FxQueueIsInLoop(const FX_QUEUE *Queue);
/* May callbacks run here and now, at Irql? That is the current one, known from taking a lock: asking the processor is slow. */
BOOLEAN FxQueueMayCall(const FX_QUEUE *Queue, KIRQL Irql);
/*
 * Callbacks of the queue or its requests run between these two: under the callback lock, or at PASSIVE_LEVEL in a critical
 * region. The queue may be gone when the callback returns.
 */
VOID FxQueueEnter(FX_QUEUE *Queue, FX_CALL *Call, KIRQL Irql);
VOID FxQueueLeave(FX_GLOBALS *Globals, const FX_CALL *Call);
/* Is the operation done? Lock held. */
BOOLEAN FxQueueIsDone(const FX_QUEUE *Queue, FX_QUEUE_OPERATION Operation);
/* Sets IsWatched; Lock held. */
VOID FxQueueWatch(FX_QUEUE *Queue);
VOID FxQueueDelist(FX_QUEUE *Queue); /* from its device's list */
/* An IRP goes to Queue (NULL: no queue takes it); what the dispatch routine returns. */
NTSTATUS FxQueueDispatchTo(FX_DEVICE *Device, FX_QUEUE *Queue, PIRP Irp, BOOLEAN InCallerContext);
/* The queue of an IRP's kind, or NULL. */
FX_QUEUE *FxQueueOfMajor(FX_DEVICE *Device, UCHAR Major);
/* WDF_QUEUE_FATAL_ERROR: the driver mishandled a request of a queue. Does not return. */
DECLSPEC_NORETURN VOID FxQueueViolation(FX_REQUEST *Request, NTSTATUS Status, const char *What);
/* The counts changed: threads that wait for them look again; Lock held. */
VOID FxQueueWake(FX_QUEUE *Queue);
/* Moves what waits to Canceled; Lock held. FxQueueRun is to follow. */
VOID FxQueueCancelWaiting(FX_QUEUE *Queue, PFILE_OBJECT File);

/* ---- request.c ---- */
/* Around what a dispatch routine does with its request: afterwards what it returns. */
static inline VOID FxInlineBegin(FX_REQUEST *Request)
{
    Request->Object.References = 2; /* nobody else has seen it: the dispatch routine's own reference */
    Request->InlineThread = KeGetCurrentThread();
}
NTSTATUS FxInlineEnd(FX_REQUEST *Request);
/* Is it the driver's to complete, forward or requeue? Lock of its queue held, if it has one. */
static inline BOOLEAN FxRequestIsOwned(const FX_REQUEST *Request)
{
    return Request->State == FxRequestOwned || Request->State == FxRequestCanceled || Request->State == FxRequestInCaller;
}

/* Fills in what WdfRequestGetParameters returns; the request has an IRP. */
VOID FxRequestGetParameters(const FX_REQUEST *Request, PWDF_REQUEST_PARAMETERS Parameters);
/* Lets go of the caches of devices that are gone. */
VOID FxRequestSweepOrphans(VOID);

/* ---- fileobj.c ---- */
/* A create request is completed: a failed one takes its file object (may be NULL) along. */
VOID FxFileCreateDone(FX_DEVICE *Device, FX_FILE *File, NTSTATUS Status);

/* ---- progress.c: of queues that have a policy ---- */
/* Lets the driver allocate for a new request (NULL: there is none). NULL: it could not, the request is gone. */
FX_REQUEST *FxProgressAdmit(FX_QUEUE *Queue, FX_REQUEST *Request);
/* An IRP that no request could be made for; what the dispatch routine returns. */
NTSTATUS FxProgressDispatch(FX_QUEUE *Queue, PIRP Irp);
/* A reserved request is completed: it parts with its IRP before that is completed, and serves again after. */
VOID FxProgressUnbind(FX_REQUEST *Request);
VOID FxProgressReturn(FX_REQUEST *Request);
/* The IRPs that wait for a request are cancelled. Does nothing without a policy; the next likewise. */
VOID FxProgressPurge(FX_QUEUE *Queue);
VOID FxProgressFree(FX_QUEUE *Queue); /* all reserved requests are free */

/* ---- reqmove.c ---- */
/*
 * The IRP of a child is to go to a queue of its parent's: *Device becomes the parent, the IRP's next stack location its.
 * STATUS_INVALID_DEVICE_REQUEST: the queue is not the parent's, or the child does not allow it.
 */
NTSTATUS FxToParentQueue(FX_DEVICE **Device, FX_QUEUE *Queue, PIRP Irp);

/* ---- reqcancel.c ---- */
/* Calls EvtRequestCancel; Request->Cancel is FxCancelCalled, the request in Owned. No lock held. */
VOID FxRequestCallCancel(FX_QUEUE *Queue, FX_REQUEST *Request, KIRQL Irql);
/* Cancels the owned requests that are marked cancelable: they go to Cancels; Lock held. FxQueueRun is to follow. */
VOID FxQueueCancelOwned(FX_QUEUE *Queue);

/* ---- queueop.c ---- */
/* Returns when the operation is done; then the driver owns nothing of the queue. PASSIVE_LEVEL. */
VOID FxQueueAwait(FX_QUEUE *Queue, FX_QUEUE_OPERATION Operation);
/* The next one of a device's queues, referenced; Previous (NULL: from the first) is dereferenced. NULL: no more. */
FX_QUEUE *FxQueueNext(FX_DEVICE *Device, FX_QUEUE *Previous);
/* Stops accepting and cancels what there is; FxQueueRun is done. */
VOID FxQueuePurge(FX_QUEUE *Queue);
