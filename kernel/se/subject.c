/*
 * Subject contexts, access states and client security contexts: who asks, and for what. Not modelled: audit IDs beyond
 * the process ID, remote clients, delegation.
 */
#include "sep.h"

/* ---- subject contexts ---- */

VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                                     PSECURITY_SUBJECT_CONTEXT SubjectContext);
NT_EXPORT(SeCaptureSubjectContextEx);
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                                     PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    BOOLEAN CopyOnOpen, EffectiveOnly;

    SubjectContext->ImpersonationLevel = SecurityAnonymous;
    SubjectContext->ClientToken = NULL;
    if (Thread != NULL)
        SubjectContext->ClientToken = PsReferenceImpersonationToken(
            Thread, &CopyOnOpen, &EffectiveOnly, &SubjectContext->ImpersonationLevel);
    SubjectContext->PrimaryToken = PsReferencePrimaryToken(Process);
    SubjectContext->ProcessAuditId = Process->UniqueProcessId;
}

/* During start-up, in the idle process, the kernel itself asks. */
static VOID SepCaptureKernel(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    SubjectContext->ImpersonationLevel = SecurityAnonymous;
    SubjectContext->ClientToken = NULL;
    SubjectContext->PrimaryToken = SepSystemToken;
    if (SepSystemToken != NULL)
        ObReferenceObject(SepSystemToken);
    SubjectContext->ProcessAuditId = NULL;
}

NT_EXPORT(SeCaptureSubjectContext);
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    PETHREAD Thread = PsGetCurrentThread();

    if (PsCurrentProcess() == (PEPROCESS)KiIdleProcess)
        SepCaptureKernel(SubjectContext);
    else
        SeCaptureSubjectContextEx(Thread, PsCurrentProcess(), SubjectContext);
}

NT_EXPORT(SeLockSubjectContext);
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    UNREFERENCED_PARAMETER(SubjectContext);
    KeEnterCriticalRegion(); /* as NT's resource acquisition does; tokens need no lock of their own */
}

NT_EXPORT(SeUnlockSubjectContext);
VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    UNREFERENCED_PARAMETER(SubjectContext);
    KeLeaveCriticalRegion();
}

NT_EXPORT(SeReleaseSubjectContext);
VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    if (SubjectContext->PrimaryToken != NULL)
        ObDereferenceObject(SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken != NULL)
        ObDereferenceObject(SubjectContext->ClientToken);
    SubjectContext->PrimaryToken = NULL;
    SubjectContext->ClientToken = NULL;
}

/* ---- access states ---- */

NT_EXPORT(SeCreateAccessState);
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE State, PVOID AuxData, ACCESS_MASK Access,
                                   PGENERIC_MAPPING Mapping)
{
    SE_AUX_DATA *Aux = AuxData;

    RtlZeroMemory(State, sizeof(*State));
    RtlZeroMemory(Aux, sizeof(*Aux));
    SeCaptureSubjectContext(&State->SubjectSecurityContext);
    State->AuxData = Aux;
    State->OperationID = SepAllocateLuid();
    if (Mapping != NULL) {
        RtlMapGenericMask(&Access, Mapping);
        Aux->GenericMapping = *Mapping;
    }
    State->RemainingDesiredAccess = Access;
    State->OriginalDesiredAccess = Access;
    Aux->PrivilegesUsed = (PPRIVILEGE_SET)&State->Privileges;
    if (State->SubjectSecurityContext.PrimaryToken != NULL &&
        SepHasPrivilege(SepSubjectToken(&State->SubjectSecurityContext),
                        SE_CHANGE_NOTIFY_PRIVILEGE))
        State->Flags |= TOKEN_HAS_TRAVERSE_PRIVILEGE;
    return STATUS_SUCCESS;
}

NT_EXPORT(SeDeleteAccessState);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE State)
{
    SE_AUX_DATA *Aux = State->AuxData;

    if (State->PrivilegesAllocated)
        SeFreePrivileges(Aux->PrivilegesUsed);
    State->PrivilegesAllocated = FALSE;
    SeReleaseSubjectContext(&State->SubjectSecurityContext);
}

NT_EXPORT(SeSetAccessStateGenericMapping);
VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping)
{
    ((SE_AUX_DATA *)AccessState->AuxData)->GenericMapping = *GenericMapping;
}

NT_EXPORT(SeAppendPrivileges);
NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges)
{
    SE_AUX_DATA *Aux = AccessState->AuxData;
    PPRIVILEGE_SET Used = Aux->PrivilegesUsed, New = Used;
    ULONG Count = Used->PrivilegeCount, More = Privileges->PrivilegeCount;

    if (AccessState->PrivilegesAllocated || Count + More > INITIAL_PRIVILEGE_COUNT) {
        New = ExAllocatePool2(POOL_FLAG_PAGED,
                              sizeof(*New) + (Count + More) * sizeof(LUID_AND_ATTRIBUTES),
                              SEP_TAG_PRIVILEGES);
        if (New == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        New->Control = Used->Control;
        RtlCopyMemory(New->Privilege, Used->Privilege, Count * sizeof(LUID_AND_ATTRIBUTES));
        if (AccessState->PrivilegesAllocated)
            SeFreePrivileges(Used);
        AccessState->PrivilegesAllocated = TRUE;
        Aux->PrivilegesUsed = New;
    }
    RtlCopyMemory(&New->Privilege[Count], Privileges->Privilege,
                  More * sizeof(LUID_AND_ATTRIBUTES));
    New->PrivilegeCount = Count + More;
    return STATUS_SUCCESS;
}

/* ---- client security ---- */

/* The rules of "Impersonation levels" [doc]: Context gets Token, or a copy at the level asked for. */
static NTSTATUS SepMakeClientContext(PSEP_TOKEN Token, BOOLEAN Impersonating,
                                     SECURITY_IMPERSONATION_LEVEL Level,
                                     PSECURITY_QUALITY_OF_SERVICE Qos, BOOLEAN Remote,
                                     PSECURITY_CLIENT_CONTEXT Context)
{
    PSEP_TOKEN Client = Token;
    NTSTATUS Status;

    if (Impersonating && (Level < Qos->ImpersonationLevel || Level < SecurityIdentification))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if (Qos->ContextTrackingMode == SECURITY_STATIC_TRACKING) {
        Status = SepDuplicateToken(Token, TokenImpersonation, Qos->ImpersonationLevel,
                                   Qos->EffectiveOnly, &Client);
        if (!NT_SUCCESS(Status))
            return Status;
    } else {
        ObReferenceObject(Token);
    }
    Context->SecurityQos = *Qos;
    Context->ClientToken = Client;
    Context->DirectlyAccessClientToken = Qos->ContextTrackingMode != SECURITY_STATIC_TRACKING;
    Context->DirectAccessEffectiveOnly = Qos->EffectiveOnly;
    Context->ServerIsRemote = Remote;
    Context->ClientTokenControl.TokenId = Client->TokenId;
    Context->ClientTokenControl.AuthenticationId = Client->AuthenticationId;
    Context->ClientTokenControl.ModifiedId = Client->ModifiedId;
    Context->ClientTokenControl.TokenSource = Client->Source;
    return STATUS_SUCCESS;
}

NT_EXPORT(SeCreateClientSecurityFromSubjectContext);
NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                        PSECURITY_QUALITY_OF_SERVICE Qos,
                                                        BOOLEAN ServerIsRemote,
                                                        PSECURITY_CLIENT_CONTEXT ClientContext)
{
    return SepMakeClientContext(SepSubjectToken(SubjectContext),
                                SubjectContext->ClientToken != NULL,
                                SubjectContext->ImpersonationLevel, Qos, ServerIsRemote,
                                ClientContext);
}

NT_EXPORT(SeCreateClientSecurity);
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE Qos,
                                      BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    NTSTATUS Status;

    SeCaptureSubjectContextEx(ClientThread, (PEPROCESS)ClientThread->Tcb.Process, &Subject);
    Status = SeCreateClientSecurityFromSubjectContext(&Subject, Qos, RemoteSession, ClientContext);
    SeReleaseSubjectContext(&Subject);
    return Status;
}

NT_EXPORT(SeImpersonateClientEx);
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    PETHREAD Thread = ServerThread != NULL ? ServerThread : PsGetCurrentThread();
    BOOLEAN EffectiveOnly = ClientContext->DirectlyAccessClientToken
                                ? ClientContext->DirectAccessEffectiveOnly
                                : ClientContext->SecurityQos.EffectiveOnly;

    return PsImpersonateClient(Thread, ClientContext->ClientToken, TRUE, EffectiveOnly,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

NT_EXPORT(SeImpersonateClient);
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    SeImpersonateClientEx(ClientContext, ServerThread);
}
