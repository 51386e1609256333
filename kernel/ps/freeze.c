/* Every program stands still, for a machine that sleeps: their threads are suspended. [doc:
 * SuspendThread] */
#include "psp.h"

/* The threads of all user processes but the current one, referenced; NULL: no memory. */
static PETHREAD *PspUserThreads(ULONG *Count)
{
    PLIST_ENTRY Process, Link;
    ULONG Room = 0;
    PETHREAD *Threads;

    for (Process = PsActiveProcessHead.Flink; Process != &PsActiveProcessHead;
         Process = Process->Flink)
        for (Link = CONTAINING_RECORD(Process, struct _EPROCESS, ActiveProcessLinks)
                        ->ThreadListHead.Flink;
             Link !=
             &CONTAINING_RECORD(Process, struct _EPROCESS, ActiveProcessLinks)->ThreadListHead;
             Link = Link->Flink)
            Room++;
    *Count = 0;
    Threads = ExAllocatePoolWithTag(NonPagedPool, (Room + 1) * sizeof(*Threads), PSP_TAG);
    for (Process = PsActiveProcessHead.Flink; Threads != NULL && Process != &PsActiveProcessHead;
         Process = Process->Flink) {
        PEPROCESS Owner = CONTAINING_RECORD(Process, struct _EPROCESS, ActiveProcessLinks);

        if (Owner == PsInitialSystemProcess)
            continue;
        for (Link = Owner->ThreadListHead.Flink; Link != &Owner->ThreadListHead && *Count < Room;
             Link = Link->Flink) {
            PETHREAD Thread = CONTAINING_RECORD(Link, struct _ETHREAD, ThreadListEntry);

            if (Thread == PsGetCurrentThread())
                continue;
            ObReferenceObject(Thread);
            Threads[(*Count)++] = Thread;
        }
    }
    return Threads;
}

static PETHREAD *PspFrozen; /* between PsFreezePrograms and PsThawPrograms */
static ULONG PspFrozenCount;

static BOOLEAN PspFreeze(PETHREAD Thread)
{
    __try {
        KeSuspendThread(&Thread->Tcb);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE; /* suspended as often as can be: it stands still anyway */
    }
    return TRUE;
}

VOID PsFreezePrograms(VOID)
{
    ULONG Count, i;
    PETHREAD *Threads = PspUserThreads(&Count);

    PspFrozenCount = 0;
    PspFrozen = Threads;
    for (i = 0; Threads != NULL && i < Count; i++) {
        if (PspFreeze(Threads[i]))
            Threads[PspFrozenCount++] = Threads[i];
        else
            ObDereferenceObject(Threads[i]);
    }
}

VOID PsThawPrograms(VOID)
{
    ULONG i;

    for (i = 0; i < PspFrozenCount; i++) {
        KeResumeThread(&PspFrozen[i]->Tcb);
        ObDereferenceObject(PspFrozen[i]);
    }
    if (PspFrozen != NULL)
        ExFreePoolWithTag(PspFrozen, PSP_TAG);
    PspFrozen = NULL;
    PspFrozenCount = 0;
}
