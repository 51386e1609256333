/*
 * The machine asleep, and what wakes it: the host's command, or a device whose IRP_MN_WAIT_WAKE is
 * completed with success. [doc: Wait/Wake Operations] While it is asleep, no program runs; the
 * kernel's own threads and timers do, since they are what stands for hardware that has power still.
 * Left out: a hibernated machine keeps its memory, and its process.
 */
#include "pop.h"
#include "../pnp/pnp.h"
#include "../ps/ps.h"

static struct {
    BOOLEAN Leaving; /* between the first request for a sleep state and the return to S0 */
    SYSTEM_POWER_STATE State;  /* PowerSystemWorking: it is not asleep */
    KEVENT Wake;               /* while Leaving: somebody has woken it */
    KEVENT Reached;            /* of PoSuspendSystem: asleep, or not going to be */
    KEVENT Returned;           /* of PoSuspendSystem: works again */
    NTSTATUS Status;           /* of PoSuspendSystem */
    POWER_ACTION Action;       /* its argument */
    SYSTEM_POWER_STATE Wanted; /* its argument */
} PopAsleep = { .State = PowerSystemWorking };

VOID PopBeginTransition(VOID)
{
    KeInitializeEvent(&PopAsleep.Wake, NotificationEvent, FALSE);
    PopAsleep.Leaving = TRUE;
}

VOID PopEndTransition(VOID)
{
    PopAsleep.Leaving = FALSE;
}

VOID PopNoteWake(PDEVICE_OBJECT Pdo)
{
    if (!PopAsleep.Leaving || KeReadStateEvent(&PopAsleep.Wake))
        return;
    PopLog("power: woken by %wZ\n", PnpInstancePath(Pdo));
    KeSetEvent(&PopAsleep.Wake, IO_NO_INCREMENT, FALSE);
}

NTSTATUS PopStayAsleep(SYSTEM_POWER_STATE State, ULONG64 Limit100ns)
{
    LARGE_INTEGER Due = { .QuadPart = -(LONGLONG)Limit100ns };
    NTSTATUS Status;

    if (Limit100ns == 0)
        return STATUS_SUCCESS;
    PsFreezePrograms();
    PopAsleep.State = State;
    if (Limit100ns == PO_UNTIL_WOKEN)
        KeSetEvent(&PopAsleep.Reached, IO_NO_INCREMENT, FALSE);
    Status = KeWaitForSingleObject(&PopAsleep.Wake, Executive, KernelMode, FALSE,
                                   Limit100ns == PO_UNTIL_WOKEN ? NULL : &Due);
    PopAsleep.State = PowerSystemWorking;
    if (Status == STATUS_TIMEOUT)
        PopLog("power: nothing has woken it\n");
    PsThawPrograms();
    return Status;
}

/* ---- for the host ---- */

SYSTEM_POWER_STATE PoSystemState(VOID)
{
    return PopAsleep.State;
}

static VOID NTAPI PopSuspend(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PopAsleep.Status = PoSleepSystem(PopAsleep.Wanted, PopAsleep.Action, PO_UNTIL_WOKEN);
    KeSetEvent(&PopAsleep.Returned, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&PopAsleep.Reached, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS PoSuspendSystem(SYSTEM_POWER_STATE State, POWER_ACTION Action)
{
    HANDLE Thread;
    NTSTATUS Status;

    if (PopAsleep.Leaving)
        return STATUS_POWER_STATE_INVALID;
    KeInitializeEvent(&PopAsleep.Reached, NotificationEvent, FALSE);
    KeInitializeEvent(&PopAsleep.Returned, NotificationEvent, FALSE);
    PopAsleep.Wanted = State;
    PopAsleep.Action = Action;
    PopAsleep.Status = STATUS_SUCCESS;
    Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, PopSuspend, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    ZwClose(Thread);
    KeWaitForSingleObject(&PopAsleep.Reached, Executive, KernelMode, FALSE, NULL);
    return PopAsleep.Status;
}

NTSTATUS PoWakeSystem(VOID)
{
    if (PopAsleep.State == PowerSystemWorking)
        return STATUS_POWER_STATE_INVALID;
    KeSetEvent(&PopAsleep.Wake, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&PopAsleep.Returned, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}
