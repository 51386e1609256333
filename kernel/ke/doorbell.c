/*
 * The doorbell, by which the host tells a booted machine that a command waits for it: an event is
 * set, by a DPC since the ring may be heard at any IRQL.
 */
#include "ki.h"

static KDPC KiDoorbellDpc;
static PRKEVENT KiDoorbellEvent; /* set once */

static VOID NTAPI KiRing(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(KiDoorbellEvent, 0, FALSE);
}

VOID KeSetDoorbellEvent(PRKEVENT Event)
{
    KeInitializeDpc(&KiDoorbellDpc, KiRing, NULL);
    KiDoorbellEvent = Event;
}

VOID KiAnswerDoorbell(VOID)
{
    if (KiLoaderBlock->doorbell == 0 || KiDoorbellEvent == NULL)
        return;
    KiLoaderBlock->doorbell = 0;
    KeInsertQueueDpc(&KiDoorbellDpc, NULL, NULL);
}
