/*
 * NtContinue and NtRaiseException: a user context taken up as a whole. Not modelled: debug registers and extended state above
 * SSE in the context; KCONTINUE_ARGUMENT.
 */
#include "psp.h"

#include "peb.h"

NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance);

static NTSTATUS PspCaptureContext(PCONTEXT User, PCONTEXT Copy)
{
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(User, sizeof(*User), 16);
        *Copy = *User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return MmIsUserAddress(Copy->Rip) && MmIsUserAddress(Copy->Rsp) ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;
}

NTSTATUS NTAPI NtContinue(PCONTEXT Context, BOOLEAN TestAlert)
{
    CONTEXT Copy;
    NTSTATUS Status;

    if (ExGetPreviousMode() == KernelMode)
        return STATUS_INVALID_PARAMETER; /* the kernel goes on with RtlRestoreContext */
    Status = PspCaptureContext(Context, &Copy);
    if (!NT_SUCCESS(Status))
        return Status;
    if (TestAlert)
        KeTestAlertThread(UserMode);
    KiEnterUserMode(&Copy);
}

NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context, BOOLEAN FirstChance)
{
    EXCEPTION_RECORD Copy;
    HAL_TRAP_FRAME Frame;
    CONTEXT State;
    NTSTATUS Status;

    if (ExGetPreviousMode() == KernelMode)
        return STATUS_INVALID_PARAMETER; /* the kernel's RtlRaiseException does not come here */
    Status = PspCaptureContext(Context, &State);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        ProbeForRead(Record, sizeof(*Record), sizeof(PVOID));
        Copy = *Record;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Copy.NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    RtlZeroMemory(&Frame, sizeof(Frame));
    Frame.rip = State.Rip;
    Frame.rsp = State.Rsp;
    Frame.eflags = State.EFlags;
    if (!PspForwardException(&Copy, &State, &Frame, FirstChance))
        PspUnhandledException(&Copy);
    State.Rip = Frame.rip;
    State.Rsp = Frame.rsp;
    KiEnterUserMode(&State);
}
