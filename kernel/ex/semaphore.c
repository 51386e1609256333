/*
 * Semaphore objects: the type and its services.
 */
#include "exp.h"

#define EXP_SEMAPHORE_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)
#define EXP_SEMAPHORE_QUERY 1

NT_EXPORT_DATA_ALIAS(ExSemaphoreObjectType, ExpSemaphoreObjectType);
POBJECT_TYPE ExpSemaphoreObjectType;
POBJECT_TYPE *ExSemaphoreObjectType = &ExpSemaphoreObjectType;

typedef struct _EXP_SEMAPHORE_INFORMATION {
    LONG CurrentCount, MaximumCount;
} EXP_SEMAPHORE_INFORMATION;

NTSTATUS ExpInitSemaphoreType(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ | EXP_SEMAPHORE_QUERY,
                           STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EXP_SEMAPHORE_ACCESS},
        .ValidAccessMask = EXP_SEMAPHORE_ACCESS,
        .PoolType = NonPagedPoolNx,
    };

    return ObCreateType(L"Semaphore", &Type, &ExpSemaphoreObjectType);
}

static VOID ExpInitSemaphore(PVOID Object, ULONG_PTR Count, ULONG_PTR Limit)
{
    KeInitializeSemaphore(Object, (LONG)Count, (LONG)Limit);
}

NT_SERVICE(CreateSemaphore);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                                 POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount,
                                 LONG MaximumCount)
{
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount)
        return STATUS_INVALID_PARAMETER;
    return ExpCreateHandle(ExpSemaphoreObjectType, sizeof(KSEMAPHORE), ObjectAttributes,
                           DesiredAccess, ExpInitSemaphore, (ULONG_PTR)InitialCount,
                           (ULONG_PTR)MaximumCount, SemaphoreHandle);
}

NT_SERVICE(OpenSemaphore);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ExpOpenHandle(ExpSemaphoreObjectType, ObjectAttributes, DesiredAccess, SemaphoreHandle);
}

NT_SERVICE(ReleaseSemaphore);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKSEMAPHORE Semaphore;
    LONG Previous;
    NTSTATUS Status = PreviousCount == NULL ? STATUS_SUCCESS
                                            : ExpProbeOut(PreviousCount, sizeof(LONG), Mode);

    if (!NT_SUCCESS(Status))
        return Status;
    if (ReleaseCount <= 0)
        return STATUS_INVALID_PARAMETER;
    Status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_MODIFY_STATE,
                                       ExpSemaphoreObjectType, Mode, (PVOID *)&Semaphore, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Previous = KeReadStateSemaphore(Semaphore);
    if (ReleaseCount > Semaphore->Limit - Previous)
        Status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    else
        KeReleaseSemaphore(Semaphore, SEMAPHORE_INCREMENT, ReleaseCount, FALSE);
    ObfDereferenceObject(Semaphore);
    if (NT_SUCCESS(Status) && PreviousCount != NULL)
        ExpCopyOut(PreviousCount, &Previous, sizeof(Previous), Mode);
    return Status;
}

NT_SERVICE(QuerySemaphore);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE SemaphoreHandle, ULONG InformationClass, PVOID Buffer,
                                ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EXP_SEMAPHORE_INFORMATION Information;
    PKSEMAPHORE Semaphore;
    ULONG Bytes = sizeof(Information);
    NTSTATUS Status;

    if (InformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(Information))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ObReferenceObjectByHandle(SemaphoreHandle, EXP_SEMAPHORE_QUERY, ExpSemaphoreObjectType,
                                       Mode, (PVOID *)&Semaphore, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Information.CurrentCount = KeReadStateSemaphore(Semaphore);
    Information.MaximumCount = Semaphore->Limit;
    ObfDereferenceObject(Semaphore);
    Status = ExpCopyOut(Buffer, &Information, sizeof(Information), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    return Status;
}
