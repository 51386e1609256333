/*
 * Waiting for handles. The wait itself is ke's; here handles become dispatcher objects.
 */
#include "obp.h"

static NTSTATUS ObpCaptureTimeout(PLARGE_INTEGER User, KPROCESSOR_MODE Mode, PLARGE_INTEGER Copy)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (User == NULL)
        return STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(User, sizeof(*User), sizeof(ULONG));
        *Copy = *User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS ObpReferenceWaitable(HANDLE Handle, KPROCESSOR_MODE Mode, PVOID *Object, PVOID *WaitObject)
{
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, Mode, Object, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    *WaitObject = ObGetWaitObject(*Object);
    if (*WaitObject != NULL)
        return STATUS_SUCCESS;
    ObDereferenceObject(*Object);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

/* A mutant that is not owned, released by an abandoned wait, raises; the caller gets the status. */
static NTSTATUS ObpWaitOne(PVOID WaitObject, KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    NTSTATUS Status;

    __try {
        Status = KeWaitForSingleObject(WaitObject, UserRequest, Mode, Alertable, Timeout);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode(); /* STATUS_MUTANT_LIMIT_EXCEEDED */
    }
    return Status;
}

NT_SERVICE(WaitForSingleObject);
NT_EXPORT(NtWaitForSingleObject);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Time;
    PVOID Object, WaitObject;
    NTSTATUS Status = ObpCaptureTimeout(Timeout, Mode, &Time);

    if (NT_SUCCESS(Status))
        Status = ObpReferenceWaitable(Handle, Mode, &Object, &WaitObject);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpWaitOne(WaitObject, Mode, Alertable, Timeout != NULL ? &Time : NULL);
    ObDereferenceObject(Object);
    return Status;
}

static NTSTATUS ObpCaptureHandles(const HANDLE *User, ULONG Count, KPROCESSOR_MODE Mode, HANDLE *Copy)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode)
            ProbeForRead((PVOID)User, Count * sizeof(HANDLE), sizeof(ULONG));
        RtlCopyMemory(Copy, User, Count * sizeof(HANDLE));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

typedef struct _OBP_WAIT {
    HANDLE Handle[MAXIMUM_WAIT_OBJECTS];
    PVOID Object[MAXIMUM_WAIT_OBJECTS];
    PVOID WaitObject[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK Block[MAXIMUM_WAIT_OBJECTS];
} OBP_WAIT, *POBP_WAIT;

static BOOLEAN ObpHasDuplicates(PVOID *Object, ULONG Count)
{
    ULONG i, j;

    for (i = 1; i < Count; i++)
        for (j = 0; j < i; j++)
            if (Object[i] == Object[j])
                return TRUE;
    return FALSE;
}

static NTSTATUS ObpWaitMany(POBP_WAIT Wait, ULONG Count, WAIT_TYPE Type, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                            PLARGE_INTEGER Timeout)
{
    ULONG Held = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    while (Held < Count) {
        Status = ObpReferenceWaitable(Wait->Handle[Held], Mode, &Wait->Object[Held], &Wait->WaitObject[Held]);
        if (!NT_SUCCESS(Status))
            break;
        Held++;
    }
    if (NT_SUCCESS(Status) && Type == WaitAll && ObpHasDuplicates(Wait->WaitObject, Count))
        Status = STATUS_INVALID_PARAMETER_MIX;
    if (NT_SUCCESS(Status)) {
        __try {
            Status = KeWaitForMultipleObjects(Count, Wait->WaitObject, Type, UserRequest, Mode, Alertable, Timeout,
                                              Wait->Block);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    while (Held-- > 0)
        ObDereferenceObject(Wait->Object[Held]);
    return Status;
}

NT_SERVICE(WaitForMultipleObjects);
NT_EXPORT(NtWaitForMultipleObjects);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN Alertable,
                                        PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Time;
    POBP_WAIT Wait;
    NTSTATUS Status;

    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (WaitType != WaitAll && WaitType != WaitAny)
        return STATUS_INVALID_PARAMETER_3;
    Status = ObpCaptureTimeout(Timeout, Mode, &Time);
    if (!NT_SUCCESS(Status))
        return Status;
    Wait = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Wait), 'tiaW');
    if (Wait == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObpCaptureHandles(Handles, Count, Mode, Wait->Handle);
    if (NT_SUCCESS(Status))
        Status = ObpWaitMany(Wait, Count, WaitType, Mode, Alertable, Timeout != NULL ? &Time : NULL);
    ExFreePoolWithTag(Wait, 'tiaW');
    return Status;
}

/* ---- signal and wait ---- */

/* The right that signalling takes: as NtSetEvent, NtReleaseMutant, NtReleaseSemaphore. */
static NTSTATUS ObpSignal(PVOID WaitObject, ACCESS_MASK Granted, KPROCESSOR_MODE Mode)
{
    DISPATCHER_HEADER *Header = WaitObject;
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        switch (Header->Type & 0x7F) {
        case NotificationEvent:
        case SynchronizationEvent:
            if (Mode != KernelMode && (Granted & EVENT_MODIFY_STATE) == 0)
                return STATUS_ACCESS_DENIED;
            KeSetEvent(WaitObject, EVENT_INCREMENT, TRUE);
            break;
        case 2: /* mutant */
            KeReleaseMutex(WaitObject, TRUE);
            break;
        case 5: /* semaphore */
            if (Mode != KernelMode && (Granted & SEMAPHORE_MODIFY_STATE) == 0)
                return STATUS_ACCESS_DENIED;
            KeReleaseSemaphore(WaitObject, SEMAPHORE_INCREMENT, 1, TRUE);
            break;
        default:
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(SignalAndWaitForSingleObject);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable,
                                              PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_INFORMATION Info;
    LARGE_INTEGER Time;
    PVOID SignalObject, Object, WaitObject, Target;
    NTSTATUS Status = ObpCaptureTimeout(Timeout, Mode, &Time);

    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(SignalHandle, 0, NULL, Mode, &SignalObject, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpReferenceWaitable(WaitHandle, Mode, &Object, &WaitObject);
    if (!NT_SUCCESS(Status))
        goto DereferenceSignal;
    Target = ObGetWaitObject(SignalObject);
    Status = Target == NULL ? STATUS_OBJECT_TYPE_MISMATCH : ObpSignal(Target, Info.GrantedAccess, Mode);
    if (NT_SUCCESS(Status))
        Status = ObpWaitOne(WaitObject, Mode, Alertable, Timeout != NULL ? &Time : NULL);
    ObDereferenceObject(Object);
DereferenceSignal:
    ObDereferenceObject(SignalObject);
    return Status;
}
