/*
 * The session manager of a machine that was booted (HAL_FLAG_BOOTED): programs come and go while
 * the others run, so no command waits for one. Between commands the session sleeps until the
 * doorbell rings.
 */
#include "session.h"

#include "../ke/ke.h"
#include "../po/po.h"
#include "../ps/ps.h"

static KEVENT SessionDoorbell;

VOID SessionInitServing(VOID)
{
    if (!(KiLoaderBlock->flags & HAL_FLAG_BOOTED))
        return;
    KeInitializeEvent(&SessionDoorbell, SynchronizationEvent, FALSE);
    KeSetDoorbellEvent(&SessionDoorbell);
    SessionInitShow();
    /* who computes does not keep the host waiting */
    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY);
}

static NTSTATUS SessionSpawn(HANDLE Number)
{
    UNICODE_STRING Path = {0}, CommandLine = {0};
    NTSTATUS Status = SessionField(0, &Path);

    if (NT_SUCCESS(Status))
        Status = SessionField(1, &CommandLine);
    if (NT_SUCCESS(Status))
        Status = PsSpawnProgram(&Path, &CommandLine, Number);
    SessionFreeField(&Path);
    SessionFreeField(&CommandLine);
    return Status;
}

NTSTATUS SessionServe(VOID)
{
    HANDLE Number = (HANDLE)(ULONG_PTR)(ULONG)SessionCommand.argument;
    ULONG High = (ULONG)(SessionCommand.argument >> 32);

    if (!(KiLoaderBlock->flags & HAL_FLAG_BOOTED))
        return STATUS_NOT_SUPPORTED;
    switch (SessionCommand.kind) {
    case HAL_COMMAND_NONE:
        return KeWaitForSingleObject(&SessionDoorbell, Executive, KernelMode, FALSE, NULL);
    case HAL_COMMAND_SPAWN:
        return PoSystemState() == PowerSystemWorking ? SessionSpawn(Number)
                                                     : STATUS_POWER_STATE_INVALID;
    case HAL_COMMAND_SHOW:
        return PoSystemState() == PowerSystemWorking ? SessionShow(Number)
                                                     : STATUS_POWER_STATE_INVALID;
    case HAL_COMMAND_INPUT:
        PsTerminalInput(Number, SessionCommand.text, SessionCommand.text_bytes);
        return STATUS_SUCCESS;
    case HAL_COMMAND_SIGNAL:
        PsTerminalSignal(Number, High);
        return STATUS_SUCCESS;
    case HAL_COMMAND_FLOW:
        PsTerminalFlow(Number, High != 0);
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}
