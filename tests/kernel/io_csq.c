/* Cancel-safe queues: insertion, removal in order and by context, cancellation in the queue and before it. */
#include "iodev.h"
#include <csq.h>

static IO_CSQ Queue;
static LIST_ENTRY List;
static KSPIN_LOCK Lock;
static ULONG Cancelled;

static VOID NTAPI insert(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    InsertTailList(&List, &Irp->Tail.Overlay.ListEntry);
}

static NTSTATUS NTAPI insert_ex(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    if (Context != NULL)
        return STATUS_DEVICE_BUSY;
    insert(Csq, Irp);
    return STATUS_SUCCESS;
}

static VOID NTAPI remove_irp(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI peek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY Next = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : List.Flink;

    UNREFERENCED_PARAMETER(Csq);
    for (; Next != &List; Next = Next->Flink) {
        PIRP Found = CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || Found->Tail.Overlay.DriverContext[0] == Context)
            return Found;
    }
    return NULL;
}

static VOID NTAPI acquire(PIO_CSQ Csq, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeAcquireSpinLock(&Lock, Irql);
}

static VOID NTAPI release(PIO_CSQ Csq, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Csq);
    KeReleaseSpinLock(&Lock, Irql);
}

static VOID NTAPI cancelled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    UNREFERENCED_PARAMETER(Irp);
    Cancelled++;
}

static PIRP new_irp(PVOID Mark)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device;
    Irp->Tail.Overlay.DriverContext[0] = Mark;
    return Irp;
}

static VOID test_order(VOID)
{
    PIRP One = new_irp((PVOID)1), Two = new_irp((PVOID)2), Three = new_irp((PVOID)1);

    IoCsqInsertIrp(&Queue, One, NULL);
    IoCsqInsertIrp(&Queue, Two, NULL);
    IoCsqInsertIrp(&Queue, Three, NULL);
    ok(One->CancelRoutine != NULL, "a queued request can be cancelled");
    ok(IoGetCurrentIrpStackLocation(One)->Control & SL_PENDING_RETURNED, "and is marked pending");
    is_ptr(IoCsqRemoveNextIrp(&Queue, (PVOID)2), Two, "the next that fits");
    is_ptr(Two->CancelRoutine, NULL, "its cancel routine is gone");
    is_ptr(IoCsqRemoveNextIrp(&Queue, NULL), One, "the first");
    is_ptr(IoCsqRemoveNextIrp(&Queue, NULL), Three, "the last");
    is_ptr(IoCsqRemoveNextIrp(&Queue, NULL), NULL, "no more");
    IoFreeIrp(One);
    IoFreeIrp(Two);
    IoFreeIrp(Three);
}

static VOID test_context(VOID)
{
    IO_CSQ_IRP_CONTEXT Context;
    PIRP Irp = new_irp(NULL), Other = new_irp(NULL);

    tap_fill(&Context);
    IoCsqInsertIrp(&Queue, Irp, &Context);
    IoCsqInsertIrp(&Queue, Other, NULL);
    is_ptr(Context.Irp, Irp, "the context names its request");
    is_ptr(IoCsqRemoveIrp(&Queue, &Context), Irp, "removed by context");
    is_ptr(Context.Irp, NULL, "the context is empty");
    is_ptr(IoCsqRemoveIrp(&Queue, &Context), NULL, "and gives nothing more");
    IoCsqInsertIrp(&Queue, Irp, &Context);
    is_bool(IoCancelIrp(Irp), TRUE, "cancel in the queue");
    is_ulong(Cancelled, 1, "the driver is told");
    is_ptr(Context.Irp, NULL, "the context is empty");
    is_ptr(IoCsqRemoveNextIrp(&Queue, NULL), Other, "the other one is still there");
    Irp->Cancel = TRUE;
    IoCsqInsertIrp(&Queue, Irp, NULL);
    is_ulong(Cancelled, 2, "a request that is cancelled before it is queued");
    ok(IsListEmpty(&List), "does not stay");
    IoFreeIrp(Irp);
    IoFreeIrp(Other);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIRP Irp;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    InitializeListHead(&List);
    KeInitializeSpinLock(&Lock);
    tap_fill(&Queue);
    is_status(IoCsqInitialize(&Queue, insert, remove_irp, peek, acquire, release, cancelled), STATUS_SUCCESS,
              "IoCsqInitialize");
    test_order();
    test_context();
    is_status(IoCsqInitializeEx(&Queue, insert_ex, remove_irp, peek, acquire, release, cancelled), STATUS_SUCCESS,
              "IoCsqInitializeEx");
    Irp = new_irp(NULL);
    is_status(IoCsqInsertIrpEx(&Queue, Irp, NULL, (PVOID)1), STATUS_DEVICE_BUSY, "refused by the driver");
    is_ptr(Irp->CancelRoutine, NULL, "not queued");
    is_status(IoCsqInsertIrpEx(&Queue, Irp, NULL, NULL), STATUS_SUCCESS, "accepted");
    is_ptr(IoCsqRemoveNextIrp(&Queue, NULL), Irp, "removed");
    is_irql(PASSIVE_LEVEL, "IRQL is as before");
    IoFreeIrp(Irp);
    IoDeleteDevice(Device);
    return done();
}
