/*
 * Work items of a device or driver object: the object stays referenced while its routine is queued or runs.
 */
#include "iop.h"

/* NT's IO_WORKITEM: drivers that keep one in their own memory ask IoSizeofWorkItem. */
typedef struct _IO_WORKITEM {
    WORK_QUEUE_ITEM Item;
    PVOID Routine;
    PVOID IoObject;
    PVOID Context;
    PVOID WorkOnBehalfThread;
    ULONG Type;    /* IOP_WORK_* */
    GUID ActivityId;
} IO_WORKITEM;
DD_STATIC_ASSERT_SIZE(IO_WORKITEM, 0x58);

enum { IOP_WORK_IDLE, IOP_WORK_PLAIN, IOP_WORK_EX };

static VOID NTAPI IopWorkRoutine(PVOID Parameter)
{
    IO_WORKITEM *Work = Parameter;
    PVOID Object = Work->IoObject, Routine = Work->Routine, Context = Work->Context;
    ULONG Type = Work->Type;

    Work->Type = IOP_WORK_IDLE; /* the routine may free it or queue it again */
    if (Type == IOP_WORK_EX)
        ((PIO_WORKITEM_ROUTINE_EX)Routine)(Object, Context, Work);
    else
        ((PIO_WORKITEM_ROUTINE)Routine)(Object, Context);
    ObDereferenceObject(Object);
}

static VOID IopQueueWork(IO_WORKITEM *Work, PVOID Routine, WORK_QUEUE_TYPE Queue, PVOID Context, ULONG Type)
{
    if (Work->Type != IOP_WORK_IDLE) {
        KeSetBugCheckText("work item %p (routine %p) is queued while it is queued already", Work, Work->Routine);
        KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)&Work->Item, Queue, 0);
    }
    ObReferenceObject(Work->IoObject);
    Work->Routine = Routine;
    Work->Context = Context;
    Work->Type = Type;
    ExInitializeWorkItem(&Work->Item, IopWorkRoutine, Work);
    ExQueueWorkItem(&Work->Item, Queue);
}

NT_EXPORT(IoSizeofWorkItem);
ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(IO_WORKITEM);
}

NT_EXPORT(IoInitializeWorkItem);
VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    RtlZeroMemory(IoWorkItem, sizeof(*IoWorkItem));
    IoWorkItem->IoObject = IoObject;
}

NT_EXPORT(IoUninitializeWorkItem);
VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    if (IoWorkItem->Type != IOP_WORK_IDLE) {
        KeSetBugCheckText("work item %p (routine %p) is uninitialized while it is queued", IoWorkItem,
                          IoWorkItem->Routine);
        KeBugCheckEx(WORKER_INVALID, 2, (ULONG_PTR)IoWorkItem, (ULONG_PTR)IoWorkItem->Routine, 0);
    }
    IoWorkItem->IoObject = NULL;
}

NT_EXPORT(IoAllocateWorkItem);
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    IO_WORKITEM *Work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Work), 'tIwI');

    if (Work != NULL)
        IoInitializeWorkItem(DeviceObject, Work);
    return Work;
}

NT_EXPORT(IoFreeWorkItem);
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    if (IoWorkItem->Type != IOP_WORK_IDLE) {
        KeSetBugCheckText("work item %p (routine %p) is freed while it is queued", IoWorkItem, IoWorkItem->Routine);
        KeBugCheckEx(WORKER_INVALID, 2, (ULONG_PTR)IoWorkItem, (ULONG_PTR)IoWorkItem->Routine, 0);
    }
    ExFreePoolWithTag(IoWorkItem, 'tIwI');
}

NT_EXPORT(IoQueueWorkItem);
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType,
                           PVOID Context)
{
    IopQueueWork(IoWorkItem, (PVOID)WorkerRoutine, QueueType, Context, IOP_WORK_PLAIN);
}

NT_EXPORT(IoQueueWorkItemEx);
VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                             WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    IopQueueWork(IoWorkItem, (PVOID)WorkerRoutine, QueueType, Context, IOP_WORK_EX);
}

NT_EXPORT(IoTryQueueWorkItem);
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context);
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    if (IoWorkItem->Type != IOP_WORK_IDLE)
        return FALSE;
    IopQueueWork(IoWorkItem, (PVOID)WorkerRoutine, QueueType, Context, IOP_WORK_EX);
    return TRUE;
}
