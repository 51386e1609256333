/*
 * The session manager: loads drivers, runs programs, waits for idle, unloads, sums up, shuts down, as the supervisor says.
 */
#include "session.h"

#include "../ke/ke.h"

static HAL_COMMAND SessionCommand;

VOID SessionRun(VOID)
{
    for (;;) {
        DD_ASSERT(HAL->next_command(&SessionCommand) == HAL_OK);
        switch (SessionCommand.kind) {
        case HAL_COMMAND_SHUTDOWN:
            HAL->stop(HAL_STOP_SHUTDOWN, 0);
            break;
        default:
            SessionCommand.status = (ULONG)STATUS_NOT_IMPLEMENTED;
            break;
        }
    }
}
