/*
 * Mutant objects (user mode's mutexes): the type and its services.
 */
#include "exp.h"

#define EXP_MUTANT_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1)
#define EXP_MUTANT_QUERY 1

static POBJECT_TYPE ExpMutantObjectType;

typedef struct _EXP_MUTANT_INFORMATION {
    LONG CurrentCount;
    BOOLEAN OwnedByCaller, AbandonedState;
} EXP_MUTANT_INFORMATION;

NTSTATUS ExpInitMutantType(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ | EXP_MUTANT_QUERY, STANDARD_RIGHTS_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EXP_MUTANT_ACCESS},
        .ValidAccessMask = EXP_MUTANT_ACCESS,
        .PoolType = NonPagedPoolNx,
    };

    return ObCreateType(L"Mutant", &Type, &ExpMutantObjectType);
}

static VOID ExpInitMutant(PVOID Object, ULONG_PTR InitialOwner, ULONG_PTR Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    KeInitializeMutant(Object, (BOOLEAN)InitialOwner);
}

NT_SERVICE(CreateMutant);
NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN InitialOwner)
{
    return ExpCreateHandle(ExpMutantObjectType, sizeof(KMUTANT), ObjectAttributes, DesiredAccess,
                           ExpInitMutant, InitialOwner, 0, MutantHandle);
}

NT_SERVICE(OpenMutant);
NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ExpOpenHandle(ExpMutantObjectType, ObjectAttributes, DesiredAccess, MutantHandle);
}

static NTSTATUS ExpReferenceMutant(HANDLE Handle, ACCESS_MASK Access, PKMUTANT *Mutant)
{
    return ObReferenceObjectByHandle(Handle, Access, ExpMutantObjectType, ExGetPreviousMode(),
                                     (PVOID *)Mutant, NULL);
}

NT_SERVICE(ReleaseMutant);
NTSTATUS NTAPI NtReleaseMutant(HANDLE MutantHandle, PLONG PreviousCount)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PKMUTANT Mutant;
    LONG Previous = 0;
    NTSTATUS Status = PreviousCount == NULL ? STATUS_SUCCESS
                                            : ExpProbeOut(PreviousCount, sizeof(LONG), Mode);

    if (NT_SUCCESS(Status))
        Status = ExpReferenceMutant(MutantHandle, 0, &Mutant);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Mutant->OwnerThread != KeGetCurrentThread())
        Status = Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED;
    else
        Previous = KeReleaseMutant(Mutant, 1, FALSE, FALSE);
    ObfDereferenceObject(Mutant);
    if (NT_SUCCESS(Status) && PreviousCount != NULL)
        ExpCopyOut(PreviousCount, &Previous, sizeof(Previous), Mode);
    return Status;
}

NT_SERVICE(QueryMutant);
NTSTATUS NTAPI NtQueryMutant(HANDLE MutantHandle, ULONG InformationClass, PVOID Buffer,
                             ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EXP_MUTANT_INFORMATION Information;
    PKMUTANT Mutant;
    ULONG Bytes = sizeof(Information);
    NTSTATUS Status;

    if (InformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof(Information))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ExpReferenceMutant(MutantHandle, EXP_MUTANT_QUERY, &Mutant);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(&Information, sizeof(Information));
    Information.CurrentCount = Mutant->Header.SignalState;
    Information.OwnedByCaller = Mutant->OwnerThread == KeGetCurrentThread();
    Information.AbandonedState = Mutant->Abandoned;
    ObfDereferenceObject(Mutant);
    Status = ExpCopyOut(Buffer, &Information, sizeof(Information), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    return Status;
}
