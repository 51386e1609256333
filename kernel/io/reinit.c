/*
 * Routines that drivers ask to be called again: once the drivers that start with the machine are
 * all there, or, of a driver that is loaded later, right after its DriverEntry. [doc:
 * IoRegisterDriverReinitialization, IoRegisterBootDriverReinitialization]
 */
#include "iop.h"

typedef struct _IOP_REINIT {
    LIST_ENTRY Link;
    PDRIVER_REINITIALIZE Routine;
    PVOID Context;
    BOOLEAN Boot; /* when the boot-start drivers are there, not yet all others */
} IOP_REINIT;

BOOLEAN IopDelaysReinit; /* set while the machine starts its drivers */

static IOP_REINIT *IopTakeReinit(PDRIVER_OBJECT Driver, BOOLEAN Boot)
{
    PLIST_ENTRY Head = &IopDriverExt(Driver)->Reinit;

    for (PLIST_ENTRY Link = Head->Flink; Link != Head; Link = Link->Flink) {
        IOP_REINIT *Entry = CONTAINING_RECORD(Link, IOP_REINIT, Link);

        if (Entry->Boot != Boot)
            continue;
        RemoveEntryList(Link);
        return Entry;
    }
    return NULL;
}

VOID IopRunReinit(PDRIVER_OBJECT Driver, BOOLEAN Boot)
{
    IOP_REINIT *Entry;

    while ((Entry = IopTakeReinit(Driver, Boot)) != NULL) {
        PDRIVER_REINITIALIZE Routine = Entry->Routine;
        PVOID Context = Entry->Context;

        ExFreePoolWithTag(Entry, IOP_TAG_DRIVER);
        Driver->DriverExtension->Count++;
        Routine(Driver, Context, Driver->DriverExtension->Count);
        IopCheckReturn((PVOID)Routine, "reinitialization routine", 0);
    }
}

VOID IopFreeReinit(PDRIVER_OBJECT Driver)
{
    PLIST_ENTRY Head = &IopDriverExt(Driver)->Reinit;

    while (!IsListEmpty(Head))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(Head), IOP_REINIT, Link),
                          IOP_TAG_DRIVER);
}

static VOID IopQueueReinit(PDRIVER_OBJECT Driver, PDRIVER_REINITIALIZE Routine, PVOID Context,
                           BOOLEAN Boot)
{
    IOP_REINIT *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), IOP_TAG_DRIVER);

    if (Entry == NULL)
        return; /* the routine has no result to say so */
    Entry->Routine = Routine;
    Entry->Context = Context;
    Entry->Boot = Boot;
    Driver->Flags |= Boot ? DRVO_BOOTREINIT_REGISTERED : DRVO_REINIT_REGISTERED;
    InsertTailList(&IopDriverExt(Driver)->Reinit, &Entry->Link);
}

NT_EXPORT(IoRegisterDriverReinitialization);
VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT Driver, PDRIVER_REINITIALIZE Routine,
                                            PVOID Context)
{
    IopQueueReinit(Driver, Routine, Context, FALSE);
}

NT_EXPORT(IoRegisterBootDriverReinitialization);
VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT Driver, PDRIVER_REINITIALIZE Routine,
                                                PVOID Context)
{
    IopQueueReinit(Driver, Routine, Context, TRUE);
}
