/*
 * Reading tokens: SeQueryInformationToken, whose answers are pool blocks, and the services on token handles.
 */
#include "sep.h"

/* Classes that the DDK headers do not name. [doc TOKEN_INFORMATION_CLASS] */
#define SEP_TAG_INFO 'nIeS'

/*
 * The answer grows from the front (fixed part), then SIDs and the like behind it. With Base NULL only sizes are
 * counted. Pointers are written relative to User.
 */
typedef struct _SEP_ANSWER {
    PUCHAR Base, User;
    ULONG Bytes;
} SEP_ANSWER, *PSEP_ANSWER;

/* Reserves Bytes; the local address, or NULL while counting. */
static PVOID SepReserve(PSEP_ANSWER Answer, ULONG Bytes)
{
    PVOID At = Answer->Base != NULL ? Answer->Base + Answer->Bytes : NULL;

    Answer->Bytes += (Bytes + 7) & ~7u;
    return At;
}

/* Copies Data behind what is there and returns where the caller will see it. */
static PVOID SepPut(PSEP_ANSWER Answer, const VOID *Data, ULONG Bytes)
{
    PUCHAR User = Answer->User + Answer->Bytes;
    PVOID At = SepReserve(Answer, Bytes);

    if (At != NULL)
        RtlCopyMemory(At, Data, Bytes);
    return User;
}

static VOID SepAnswerSid(PSEP_ANSWER Answer, PSID Sid)
{
    PSID *Field = SepReserve(Answer, sizeof(PSID));
    PSID User = SepPut(Answer, Sid, RtlLengthSid(Sid));

    if (Field != NULL)
        *Field = User;
}

static VOID SepAnswerSidAndAttributes(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *From)
{
    SID_AND_ATTRIBUTES *Field = SepReserve(Answer, sizeof(*Field));
    PSID User = SepPut(Answer, From->Sid, RtlLengthSid(From->Sid));

    if (Field == NULL)
        return;
    Field->Sid = User;
    Field->Attributes = From->Attributes;
}

static VOID SepAnswerGroups(PSEP_ANSWER Answer, const SID_AND_ATTRIBUTES *From, ULONG Count)
{
    TOKEN_GROUPS *Groups =
        SepReserve(Answer, FIELD_OFFSET(TOKEN_GROUPS, Groups) + Count * sizeof(SID_AND_ATTRIBUTES));
    ULONG i;

    if (Groups != NULL)
        Groups->GroupCount = Count;
    for (i = 0; i < Count; i++) {
        PSID User = SepPut(Answer, From[i].Sid, RtlLengthSid(From[i].Sid));

        if (Groups == NULL)
            continue;
        Groups->Groups[i].Sid = User;
        Groups->Groups[i].Attributes = From[i].Attributes;
    }
}

static ULONG SepPrivilegeCount(PSEP_TOKEN Token)
{
    return (ULONG)__builtin_popcountll(Token->Present);
}

static ULONG SepPrivilegeAttributes(PSEP_TOKEN Token, ULONG Privilege)
{
    ULONG Attributes = 0;

    if ((Token->Enabled >> Privilege & 1) != 0)
        Attributes |= SE_PRIVILEGE_ENABLED;
    if ((Token->EnabledByDefault >> Privilege & 1) != 0)
        Attributes |= SE_PRIVILEGE_ENABLED_BY_DEFAULT;
    return Attributes;
}

static VOID SepAnswerPrivileges(PSEP_ANSWER Answer, PSEP_TOKEN Token)
{
    ULONG Count = SepPrivilegeCount(Token), Row = 0, i;
    TOKEN_PRIVILEGES *Out = SepReserve(Answer, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) +
                                                   Count * sizeof(LUID_AND_ATTRIBUTES));

    if (Out == NULL)
        return;
    Out->PrivilegeCount = Count;
    for (i = 0; i < 64; i++) {
        if ((Token->Present >> i & 1) == 0)
            continue;
        Out->Privileges[Row].Luid.LowPart = i;
        Out->Privileges[Row].Luid.HighPart = 0;
        Out->Privileges[Row++].Attributes = SepPrivilegeAttributes(Token, i);
    }
}

static VOID SepAnswerDefaultDacl(PSEP_ANSWER Answer, PSEP_TOKEN Token)
{
    TOKEN_DEFAULT_DACL *Out = SepReserve(Answer, sizeof(*Out));
    PACL User = NULL;

    if (Token->DefaultDacl != NULL)
        User = SepPut(Answer, Token->DefaultDacl, Token->DefaultDacl->AclSize);
    if (Out != NULL)
        Out->DefaultDacl = User;
}

static VOID SepAnswerStatistics(PSEP_ANSWER Answer, PSEP_TOKEN Token)
{
    TOKEN_STATISTICS Out = {.TokenId = Token->TokenId,
                            .AuthenticationId = Token->AuthenticationId,
                            .ExpirationTime = Token->Expiration,
                            .TokenType = Token->TokenType,
                            .ImpersonationLevel = Token->ImpersonationLevel,
                            .GroupCount = Token->UserAndGroupCount - 1,
                            .PrivilegeCount = SepPrivilegeCount(Token),
                            .ModifiedId = Token->ModifiedId};

    SepPut(Answer, &Out, sizeof(Out));
}

/* Four-byte answers keep their true size. */
static NTSTATUS SepAnswerUlong(PSEP_ANSWER Answer, ULONG Value)
{
    if (Answer->Base != NULL)
        *(PULONG)Answer->Base = Value;
    Answer->Bytes = sizeof(ULONG);
    return STATUS_SUCCESS;
}

static NTSTATUS SepAnswerLabel(PSEP_ANSWER Answer, PSEP_TOKEN Token)
{
    if (Token->IntegrityLevelIndex == MAXULONG)
        return STATUS_NOT_FOUND;
    SepAnswerSidAndAttributes(Answer, &Token->UserAndGroups[Token->IntegrityLevelIndex]);
    return STATUS_SUCCESS;
}

static NTSTATUS SepAnswerSmall(PSEP_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PSEP_ANSWER Answer)
{
    switch (Class) {
    case TokenType:
        return SepAnswerUlong(Answer, Token->TokenType);
    case TokenImpersonationLevel:
        if (Token->TokenType != TokenImpersonation)
            return STATUS_INVALID_INFO_CLASS;
        return SepAnswerUlong(Answer, Token->ImpersonationLevel);
    case TokenSessionId:
        return SepAnswerUlong(Answer, Token->SessionId);
    case TokenElevationType:
        return SepAnswerUlong(Answer, Token->ElevationType);
    case TokenElevation:
        return SepAnswerUlong(Answer, Token->Elevated);
    case TokenHasRestrictions:
        return SepAnswerUlong(Answer, (Token->TokenFlags & TOKEN_IS_RESTRICTED) != 0);
    case TokenMandatoryPolicy:
        return SepAnswerUlong(Answer, Token->MandatoryPolicy);
    case TokenSandBoxInert:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenUIAccess:
        return SepAnswerUlong(Answer, 0);
    case TokenOrigin:
        SepPut(Answer, &Token->ParentTokenId, sizeof(LUID));
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS SepBuildAnswer(PSEP_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PSEP_ANSWER Answer)
{
    Answer->Bytes = 0;
    switch (Class) {
    case TokenUser:
        SepAnswerSidAndAttributes(Answer, &Token->UserAndGroups[0]);
        return STATUS_SUCCESS;
    case TokenGroups:
        SepAnswerGroups(Answer, Token->UserAndGroups + 1, Token->UserAndGroupCount - 1);
        return STATUS_SUCCESS;
    case TokenRestrictedSids:
        SepAnswerGroups(Answer, Token->RestrictedSids, Token->RestrictedSidCount);
        return STATUS_SUCCESS;
    case TokenPrivileges:
        SepAnswerPrivileges(Answer, Token);
        return STATUS_SUCCESS;
    case TokenOwner:
        SepAnswerSid(Answer, Token->UserAndGroups[Token->DefaultOwnerIndex].Sid);
        return STATUS_SUCCESS;
    case TokenPrimaryGroup:
        SepAnswerSid(Answer, Token->PrimaryGroup);
        return STATUS_SUCCESS;
    case TokenDefaultDacl:
        SepAnswerDefaultDacl(Answer, Token);
        return STATUS_SUCCESS;
    case TokenSource:
        SepPut(Answer, &Token->Source, sizeof(Token->Source));
        return STATUS_SUCCESS;
    case TokenStatistics:
        SepAnswerStatistics(Answer, Token);
        return STATUS_SUCCESS;
    case TokenIntegrityLevel:
        return SepAnswerLabel(Answer, Token);
    default:
        return SepAnswerSmall(Token, Class, Answer);
    }
}

/* Builds the answer in pool, with pointers as User will see them (NULL: the block itself). */
static NTSTATUS SepQueryToken(PSEP_TOKEN Token, TOKEN_INFORMATION_CLASS Class, PVOID User,
                              SEP_ANSWER *Answer)
{
    NTSTATUS Status;

    RtlZeroMemory(Answer, sizeof(*Answer));
    Status = SepBuildAnswer(Token, Class, Answer);
    if (!NT_SUCCESS(Status))
        return Status;
    Answer->Base = ExAllocatePool2(POOL_FLAG_PAGED, Answer->Bytes, SEP_TAG_INFO);
    if (Answer->Base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Answer->User = User != NULL ? User : Answer->Base;
    return SepBuildAnswer(Token, Class, Answer);
}

/* [doc]: three classes answer in the variable itself, the others in a pool block that the caller frees. */
NT_EXPORT(SeQueryInformationToken);
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS Class,
                                       PVOID *TokenInformation)
{
    PSEP_TOKEN T = Token;
    SEP_ANSWER Answer;
    NTSTATUS Status;

    switch (Class) {
    case TokenSessionId:
        *(PULONG)TokenInformation = T->SessionId;
        return STATUS_SUCCESS;
    case TokenIntegrityLevel:
        *(PULONG)TokenInformation = SepTokenIntegrity(T);
        return STATUS_SUCCESS;
    case TokenVirtualizationEnabled:
    case TokenUIAccess:
        *(PULONG)TokenInformation = 0;
        return STATUS_SUCCESS;
    default:
        *TokenInformation = NULL;
        Status = SepQueryToken(T, Class, NULL, &Answer);
        if (NT_SUCCESS(Status))
            *TokenInformation = Answer.Base;
        return Status;
    }
}

/* ---- services ---- */

/* Pseudo-handles of a process's, a thread's and the effective token. [doc GetCurrentProcessToken] */
static NTSTATUS SepReferenceToken(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode,
                                  PSEP_TOKEN *Token)
{
    PETHREAD Thread = PsGetCurrentThread();
    LONG_PTR Pseudo = (LONG_PTR)Handle;

    if (Pseudo < -6 || Pseudo > -4)
        return ObReferenceObjectByHandle(Handle, Access, SepTokenObjectType, Mode, (PVOID *)Token,
                                         NULL);
    *Token = Thread->ImpersonationToken;
    if (Pseudo == -5 && *Token == NULL)
        return STATUS_NO_TOKEN;
    if (Pseudo == -4 || *Token == NULL) {
        *Token = PsReferencePrimaryToken(PsCurrentProcess());
        return STATUS_SUCCESS;
    }
    ObReferenceObject(*Token);
    return STATUS_SUCCESS;
}

static NTSTATUS SepReturnAnswer(SEP_ANSWER *Answer, PVOID Buffer, ULONG Length, PULONG ReturnLength,
                                KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
            if (Length != 0)
                ProbeForWrite(Buffer, Length, sizeof(ULONG));
        }
        *ReturnLength = Answer->Bytes;
        if (Length < Answer->Bytes)
            Status = STATUS_BUFFER_TOO_SMALL;
        else
            RtlCopyMemory(Buffer, Answer->Base, Answer->Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(QueryInformationToken);
NT_EXPORT(NtQueryInformationToken);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS Class,
                                       PVOID TokenInformation, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSEP_TOKEN Token;
    SEP_ANSWER Answer;
    NTSTATUS Status;

    Status = SepReferenceToken(TokenHandle, Class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY,
                               Mode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepQueryToken(Token, Class, TokenInformation, &Answer);
    ObDereferenceObject(Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepReturnAnswer(&Answer, TokenInformation, Length, ReturnLength, Mode);
    ExFreePoolWithTag(Answer.Base, SEP_TAG_INFO);
    return Status;
}

/* Opens a handle to Token in the way the two NtOpenXxxToken services share; consumes the reference. */
static NTSTATUS SepOpenToken(PSEP_TOKEN Token, ACCESS_MASK Access, ULONG Attributes,
                             KPROCESSOR_MODE Mode, PHANDLE TokenHandle)
{
    HANDLE Handle;
    NTSTATUS Status;

    if (Mode != KernelMode)
        Attributes &= ~OBJ_KERNEL_HANDLE;
    Status = ObOpenObjectByPointer(Token, Attributes, NULL, Access, SepTokenObjectType, Mode, &Handle);
    ObDereferenceObject(Token);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Mode != KernelMode)
            ProbeForWrite(TokenHandle, sizeof(HANDLE), sizeof(ULONG));
        *TokenHandle = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        ObCloseHandle(Handle, Mode);
    return Status;
}

NT_SERVICE(OpenProcessTokenEx);
NT_EXPORT(NtOpenProcessTokenEx);
NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                    ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, *PsProcessType,
                                       Mode, (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepOpenToken(PsReferencePrimaryToken(Process), DesiredAccess, HandleAttributes, Mode,
                          TokenHandle);
    ObDereferenceObject(Process);
    return Status;
}

NT_SERVICE(OpenProcessToken);
NT_EXPORT(NtOpenProcessToken);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                                  PHANDLE TokenHandle)
{
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

/*
 * OpenAsSelf asks whose rights the check uses: the process's, so the thread stops impersonating for its time.
 */
static NTSTATUS SepOpenImpersonation(PETHREAD Thread, BOOLEAN OpenAsSelf, ACCESS_MASK Access,
                                     ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE TokenHandle)
{
    SECURITY_IMPERSONATION_LEVEL Level;
    BOOLEAN CopyOnOpen, EffectiveOnly, Restore = FALSE;
    SE_IMPERSONATION_STATE State;
    PSEP_TOKEN Token;
    NTSTATUS Status;

    Token = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    if (Token == NULL)
        return STATUS_NO_TOKEN;
    if (Level == SecurityAnonymous) {
        ObDereferenceObject(Token);
        return STATUS_CANT_OPEN_ANONYMOUS;
    }
    if (OpenAsSelf)
        Restore = PsDisableImpersonation(PsGetCurrentThread(), &State);
    Status = SepOpenToken(Token, Access, Attributes, Mode, TokenHandle);
    if (Restore)
        PsRestoreImpersonation(PsGetCurrentThread(), &State);
    return Status;
}

NT_SERVICE(OpenThreadTokenEx);
NT_EXPORT(NtOpenThreadTokenEx);
NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                                   BOOLEAN OpenAsSelf, ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETHREAD Thread;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_INFORMATION, *PsThreadType, Mode,
                                       (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = SepOpenImpersonation(Thread, OpenAsSelf, DesiredAccess, HandleAttributes, Mode,
                                  TokenHandle);
    ObDereferenceObject(Thread);
    return Status;
}

NT_SERVICE(OpenThreadToken);
NT_EXPORT(NtOpenThreadToken);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                                 PHANDLE TokenHandle)
{
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

/* ---- privileges ---- */

static NTSTATUS SepCapturePrivileges(PTOKEN_PRIVILEGES User, KPROCESSOR_MODE Mode,
                                     PTOKEN_PRIVILEGES *Copy)
{
    ULONG Count, Bytes;
    NTSTATUS Status = STATUS_SUCCESS;

    *Copy = NULL;
    __try {
        if (Mode != KernelMode)
            ProbeForRead(User, sizeof(ULONG), sizeof(ULONG));
        Count = User->PrivilegeCount;
        if (Count > 1024)
            return STATUS_INVALID_PARAMETER;
        Bytes = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Count * sizeof(LUID_AND_ATTRIBUTES);
        if (Mode != KernelMode)
            ProbeForRead(User, Bytes, sizeof(ULONG));
        *Copy = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, SEP_TAG_INFO);
        if (*Copy == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(*Copy, User, Bytes);
        (*Copy)->PrivilegeCount = Count;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status) && *Copy != NULL)
        ExFreePoolWithTag(*Copy, SEP_TAG_INFO);
    return Status;
}

/* The masks after the change; FALSE: a privilege is asked for that the token does not have. */
static BOOLEAN SepComputePrivileges(PSEP_TOKEN Token, PTOKEN_PRIVILEGES New, PULONG64 Present,
                                    PULONG64 Enabled)
{
    BOOLEAN All = TRUE;
    ULONG i;

    *Present = Token->Present;
    *Enabled = New != NULL ? Token->Enabled : 0;
    for (i = 0; New != NULL && i < New->PrivilegeCount; i++) {
        LUID Luid = New->Privileges[i].Luid;
        ULONG Attributes = New->Privileges[i].Attributes;
        ULONG64 Bit = Luid.HighPart == 0 && Luid.LowPart < 64 ? 1ull << Luid.LowPart : 0;

        if ((Token->Present & Bit) == 0) {
            All = FALSE;
            continue;
        }
        *Enabled &= ~Bit;
        if ((Attributes & SE_PRIVILEGE_REMOVED) != 0)
            *Present &= ~Bit;
        else if ((Attributes & SE_PRIVILEGE_ENABLED) != 0)
            *Enabled |= Bit;
    }
    return All;
}

/* Tells the caller how the privileges that change were before. */
static NTSTATUS SepReturnPrevious(PSEP_TOKEN Token, ULONG64 Changed, PTOKEN_PRIVILEGES Previous,
                                  ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    ULONG Count = (ULONG)__builtin_popcountll(Changed), Row = 0, i;
    ULONG Bytes = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Count * sizeof(LUID_AND_ATTRIBUTES);
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Previous, Length, sizeof(ULONG));
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
        }
        *ReturnLength = Bytes;
        if (Length < Bytes)
            return STATUS_BUFFER_TOO_SMALL;
        Previous->PrivilegeCount = Count;
        for (i = 0; i < 64; i++) {
            if ((Changed >> i & 1) == 0)
                continue;
            Previous->Privileges[Row].Luid.LowPart = i;
            Previous->Privileges[Row].Luid.HighPart = 0;
            Previous->Privileges[Row++].Attributes = SepPrivilegeAttributes(Token, i);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS SepAdjust(PSEP_TOKEN Token, PTOKEN_PRIVILEGES New, ULONG Length,
                          PTOKEN_PRIVILEGES Previous, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    ULONG64 Present, Enabled;
    BOOLEAN All = SepComputePrivileges(Token, New, &Present, &Enabled);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Previous != NULL)
        Status = SepReturnPrevious(Token, (Token->Present ^ Present) | (Token->Enabled ^ Enabled),
                                   Previous, Length, ReturnLength, Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    Token->Present = Present;
    Token->Enabled = Enabled;
    Token->EnabledByDefault &= Present;
    Token->ModifiedId = SepAllocateLuid();
    return All ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
}

NT_SERVICE(AdjustPrivilegesToken);
NT_EXPORT(NtAdjustPrivilegesToken);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges,
                                       PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PTOKEN_PRIVILEGES New = NULL;
    PSEP_TOKEN Token;
    NTSTATUS Status;

    if (!DisableAllPrivileges && NewState == NULL)
        return STATUS_INVALID_PARAMETER;
    if (PreviousState != NULL && ReturnLength == NULL)
        return STATUS_ACCESS_VIOLATION;
    Status = SepReferenceToken(TokenHandle, TOKEN_ADJUST_PRIVILEGES | (PreviousState ? TOKEN_QUERY : 0),
                               Mode, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!DisableAllPrivileges)
        Status = SepCapturePrivileges(NewState, Mode, &New);
    if (NT_SUCCESS(Status))
        Status = SepAdjust(Token, New, BufferLength, PreviousState, ReturnLength, Mode);
    if (New != NULL)
        ExFreePoolWithTag(New, SEP_TAG_INFO);
    ObDereferenceObject(Token);
    return Status;
}
