/*
 * ex's part of the start-up ladder. ExInitPool comes much earlier, from mm's step.
 */
#include "exp.h"

NTSTATUS ExInitSystem(VOID)
{
    static NTSTATUS (*const Step[])(VOID) = {
        MmInitSections,   ExpInitEventType, ExpInitSemaphoreType, ExpInitMutantType,
        ExpInitTimerType, ExpInitCallbacks, ExpInitWorkers, ExpInitSpecialPool,
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Step); i++) {
        NTSTATUS Status = Step[i]();

        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}
