/*
 * Work for which the caller's stack does not reach, done by a worker thread: [doc:
 * FsRtlPostStackOverflow, FsRtlPostPagingFileStackOverflow] Left out: worker threads of its own (it
 * shares the executive's critical ones).
 */
#include "fsrtl.h"

#define FSRTLP_OVERFLOW_TAG 'SrsF'

typedef struct _FSRTLP_OVERFLOW {
    WORK_QUEUE_ITEM Item;
    PFSRTL_STACK_OVERFLOW_ROUTINE Routine;
    PVOID Context;
    PKEVENT Event;
} FSRTLP_OVERFLOW;

static VOID NTAPI FsRtlpRunOverflow(PVOID Parameter)
{
    FSRTLP_OVERFLOW Work = *(FSRTLP_OVERFLOW *)Parameter;

    ExFreePoolWithTag(Parameter, FSRTLP_OVERFLOW_TAG);
    Work.Routine(Work.Context, Work.Event);
}

static BOOLEAN FsRtlpPostOverflow(PVOID Context, PKEVENT Event,
                                  PFSRTL_STACK_OVERFLOW_ROUTINE Routine)
{
    FSRTLP_OVERFLOW *Work =
        ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Work), FSRTLP_OVERFLOW_TAG);

    if (Work == NULL)
        return FALSE;
    Work->Routine = Routine;
    Work->Context = Context;
    Work->Event = Event;
    ExInitializeWorkItem(&Work->Item, FsRtlpRunOverflow, Work);
    ExQueueWorkItem(&Work->Item, CriticalWorkQueue);
    return TRUE;
}

/* Routine sets Event, which the caller waits for. Raises when there is no memory. */
NT_EXPORT(FsRtlPostStackOverflow);
VOID NTAPI FsRtlPostStackOverflow(PVOID Context, PKEVENT Event,
                                  PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine)
{
    if (!FsRtlpPostOverflow(Context, Event, StackOverflowRoutine))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

/* For a paging file, whose I/O may not fail for want of memory: then the caller's stack has to do.
 */
NT_EXPORT(FsRtlPostPagingFileStackOverflow);
VOID NTAPI FsRtlPostPagingFileStackOverflow(PVOID Context, PKEVENT Event,
                                            PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine)
{
    if (!FsRtlpPostOverflow(Context, Event, StackOverflowRoutine))
        StackOverflowRoutine(Context, Event);
}
