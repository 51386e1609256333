/*
 * Tokens of processes and threads: references, impersonation and back. Access checks that read them are se's.
 */
#include "psp.h"

#undef PsDereferencePrimaryToken
#undef PsDereferenceImpersonationToken
VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken);
VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken);

NT_EXPORT(PsReferencePrimaryToken);
PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    PVOID Token = (PVOID)((ULONG_PTR)Process->Token & ~(ULONG_PTR)15);

    ObReferenceObject(Token);
    return Token;
}

NT_EXPORT(PsDereferencePrimaryToken);
VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    ObDereferenceObject(PrimaryToken);
}

NT_EXPORT(PsReferenceImpersonationToken);
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    if (Thread->ImpersonationToken == NULL || Thread->DisableImpersonation)
        return NULL;
    ObReferenceObject(Thread->ImpersonationToken);
    *CopyOnOpen = Thread->CopyOnOpen;
    *EffectiveOnly = Thread->EffectiveOnly;
    *ImpersonationLevel = Thread->ImpersonationLevel;
    return Thread->ImpersonationToken;
}

NT_EXPORT(PsDereferenceImpersonationToken);
VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    if (ImpersonationToken != NULL)
        ObDereferenceObject(ImpersonationToken);
}

NT_EXPORT(PsImpersonateClient);
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen, BOOLEAN EffectiveOnly,
                                   SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    PVOID Old = Thread->ImpersonationToken;

    if (Token != NULL) {
        ObReferenceObject(Token);
        Thread->CopyOnOpen = CopyOnOpen;
        Thread->EffectiveOnly = EffectiveOnly;
        Thread->ImpersonationLevel = ImpersonationLevel;
    }
    Thread->ImpersonationToken = Token;
    if (Old != NULL)
        ObDereferenceObject(Old);
    return STATUS_SUCCESS;
}

NT_EXPORT(PsRevertToSelf);
VOID NTAPI PsRevertToSelf(VOID)
{
    PsImpersonateClient(PsGetCurrentThread(), NULL, FALSE, FALSE, SecurityAnonymous);
}

NT_EXPORT(PsRevertThreadToSelf);
VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);
VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread)
{
    PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
}

NT_EXPORT(PsAssignImpersonationToken);
NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token)
{
    PVOID Object;
    NTSTATUS Status;

    if (Token == NULL)
        return PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
    Status = ObReferenceObjectByHandle(Token, TOKEN_IMPERSONATE, *SeTokenObjectType, ExGetPreviousMode(), &Object, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (SeTokenType(Object) == TokenPrimary)
        Status = STATUS_BAD_TOKEN_TYPE;
    else
        Status = PsImpersonateClient(Thread, Object, FALSE, FALSE, SecurityImpersonation);
    ObDereferenceObject(Object);
    return Status;
}

NT_EXPORT(PsDisableImpersonation);
BOOLEAN NTAPI PsDisableImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE State)
{
    State->Token = PsReferenceImpersonationToken(Thread, &State->CopyOnOpen, &State->EffectiveOnly, &State->Level);
    if (State->Token == NULL)
        return FALSE;
    PsImpersonateClient(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
    return TRUE;
}

NT_EXPORT(PsRestoreImpersonation);
VOID NTAPI PsRestoreImpersonation(PETHREAD Thread, PSE_IMPERSONATION_STATE State)
{
    PsImpersonateClient(Thread, State->Token, State->CopyOnOpen, State->EffectiveOnly, State->Level);
    ObDereferenceObject(State->Token);
}
