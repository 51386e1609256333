/*
 * Cancel-safe IRP queues. The driver keeps the list and the lock; these routines settle who owns a request when it is
 * removed and cancelled at the same time. [doc: Cancel-Safe IRP Queues]
 */
#include "iop.h"
#include <csq.h>

/* DriverContext[3] of a queued IRP points to its context block, or to the queue when it has none. */
#define IopCsqSlot(Irp) ((Irp)->Tail.Overlay.DriverContext[3])

static VOID NTAPI IopCsqCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = IopCsqSlot(Irp);
    PIO_CSQ Csq = (PIO_CSQ)Context;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (Context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        Csq = Context->Csq;
    else
        Context = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    Csq->CsqRemoveIrp(Csq, Irp);
    if (Context != NULL)
        Context->Irp = NULL;
    IopCsqSlot(Irp) = NULL;
    Csq->CsqReleaseLock(Csq, Irql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

static NTSTATUS IopCsqFill(PIO_CSQ Csq, ULONG Type, PVOID Insert, PIO_CSQ_REMOVE_IRP Remove,
                           PIO_CSQ_PEEK_NEXT_IRP Peek, PIO_CSQ_ACQUIRE_LOCK Acquire, PIO_CSQ_RELEASE_LOCK Release,
                           PIO_CSQ_COMPLETE_CANCELED_IRP Complete)
{
    Csq->Type = Type;
    Csq->CsqInsertIrp = (PIO_CSQ_INSERT_IRP)Insert;
    Csq->CsqRemoveIrp = Remove;
    Csq->CsqPeekNextIrp = Peek;
    Csq->CsqAcquireLock = Acquire;
    Csq->CsqReleaseLock = Release;
    Csq->CsqCompleteCanceledIrp = Complete;
    Csq->ReservePointer = NULL;
    return STATUS_SUCCESS;
}

NT_EXPORT(IoCsqInitialize);
NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopCsqFill(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
                      CsqCompleteCanceledIrp);
}

NT_EXPORT(IoCsqInitializeEx);
NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrpEx, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopCsqFill(Csq, IO_TYPE_CSQ_EX, CsqInsertIrpEx, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock,
                      CsqReleaseLock, CsqCompleteCanceledIrp);
}

/* Takes the request out of the queue again; the caller holds the queue's lock. */
static VOID IopCsqForget(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    Csq->CsqRemoveIrp(Csq, Irp);
    if (Context != NULL)
        Context->Irp = NULL;
    IopCsqSlot(Irp) = NULL;
}

NT_EXPORT(IoCsqInsertIrpEx);
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Cancelled = FALSE;
    KIRQL Irql;

    if (Context != NULL) {
        Context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
        Context->Irp = Irp;
        Context->Csq = Csq;
    }
    IopCsqSlot(Irp) = Context != NULL ? (PVOID)Context : (PVOID)Csq;
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    if (Csq->Type == IO_TYPE_CSQ_EX)
        Status = ((PIO_CSQ_INSERT_IRP_EX)(PVOID)Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
    else
        Csq->CsqInsertIrp(Csq, Irp);
    if (!NT_SUCCESS(Status)) {
        if (Context != NULL)
            Context->Irp = NULL;
        IopCsqSlot(Irp) = NULL;
        Csq->CsqReleaseLock(Csq, Irql);
        return Status;
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, IopCsqCancel);
    /* Cancelled before the routine was set: whoever takes the routine back owns the request. */
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        IopCsqForget(Csq, Irp, Context);
        Cancelled = TRUE;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    if (Cancelled)
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
    return Status;
}

NT_EXPORT(IoCsqInsertIrp);
VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

NT_EXPORT(IoCsqRemoveIrp);
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    PIRP Irp;
    KIRQL Irql;

    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    Irp = Context->Irp;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) != NULL)
        IopCsqForget(Csq, Irp, Context);
    else
        Irp = NULL; /* gone, or its cancel routine is about to take it */
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

NT_EXPORT(IoCsqRemoveNextIrp);
PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    PIRP Irp;
    KIRQL Irql;

    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &Irql);
    for (Irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext); Irp != NULL;
         Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext)) {
        PIO_CSQ_IRP_CONTEXT Context = IopCsqSlot(Irp);

        if (IoSetCancelRoutine(Irp, NULL) == NULL)
            continue; /* being cancelled */
        IopCsqForget(Csq, Irp, Context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? Context : NULL);
        break;
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}
