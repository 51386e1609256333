/* Tokens: what they say, opening and adjusting them, impersonation; the table of well-known SIDs. */
#include "security.h"

static VOID test_exports(VOID)
{
    static const struct {
        ULONG Offset;
        PCWSTR Text;
    } Sids[] = {
        {FIELD_OFFSET(SE_EXPORTS, SeNullSid), L"S-1-0-0"},
        {FIELD_OFFSET(SE_EXPORTS, SeWorldSid), L"S-1-1-0"},
        {FIELD_OFFSET(SE_EXPORTS, SeCreatorOwnerSid), L"S-1-3-0"},
        {FIELD_OFFSET(SE_EXPORTS, SeLocalSystemSid), L"S-1-5-18"},
        {FIELD_OFFSET(SE_EXPORTS, SeAliasAdminsSid), L"S-1-5-32-544"},
        {FIELD_OFFSET(SE_EXPORTS, SeAliasBackupOpsSid), L"S-1-5-32-551"},
        {FIELD_OFFSET(SE_EXPORTS, SeAuthenticatedUsersSid), L"S-1-5-11"},
        {FIELD_OFFSET(SE_EXPORTS, SeAnonymousLogonSid), L"S-1-5-7"},
        {FIELD_OFFSET(SE_EXPORTS, SeNetworkServiceSid), L"S-1-5-20"},
        {FIELD_OFFSET(SE_EXPORTS, SeLowMandatorySid), L"S-1-16-4096"},
        {FIELD_OFFSET(SE_EXPORTS, SeSystemMandatorySid), L"S-1-16-16384"},
        {FIELD_OFFSET(SE_EXPORTS, SeOwnerRightsSid), L"S-1-3-4"},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Sids); i++) {
        UNICODE_STRING Text = {0};

        RtlConvertSidToUnicodeString(&Text, *(PSID *)((PUCHAR)SeExports + Sids[i].Offset), TRUE);
        is_unicode(&Text, Sids[i].Text, "%ws", Sids[i].Text);
        RtlFreeUnicodeString(&Text);
    }
    is_ulong(SeExports->SeCreateTokenPrivilege.LowPart, 2, "first privilege");
    is_ulong(SeExports->SeLoadDriverPrivilege.LowPart, 10, "loading drivers");
    is_ulong(SeExports->SeCreateSymbolicLinkPrivilege.LowPart, 35, "last privilege");
}

static VOID test_kernel_queries(PACCESS_TOKEN Token)
{
    TOKEN_USER *User = NULL;
    TOKEN_GROUPS *Groups = NULL;
    TOKEN_PRIVILEGES *Privileges = NULL;
    TOKEN_STATISTICS *Statistics = NULL;
    TOKEN_DEFAULT_DACL *Dacl = NULL;
    TOKEN_OWNER *Owner = NULL;
    PVOID Level = NULL, Other = NULL;
    LUID Luid;
    ULONG Session = 77;

    is_ulong(SeTokenType(Token), TokenPrimary, "a primary token");
    is_bool(SeTokenIsAdmin(Token), TRUE, "of an administrator");
    is_bool(SeTokenIsRestricted(Token), FALSE, "not restricted");
    is_bool(SeTokenIsWriteRestricted(Token), FALSE, "not for writing either");
    is_status(SeQueryAuthenticationIdToken(Token, &Luid), STATUS_SUCCESS, "logon session");
    is_ulong(Luid.LowPart, 0x3E7, "of the system");
    is_status(SeQuerySessionIdToken(Token, &Session), STATUS_SUCCESS, "session");
    is_ulong(Session, 0, "0");
    is_status(SeQueryInformationToken(Token, TokenUser, (PVOID *)&User), STATUS_SUCCESS, "user");
    is_bool(RtlEqualSid(User->User.Sid, SeExports->SeLocalSystemSid), TRUE, "is LocalSystem");
    ExFreePool(User);
    is_status(SeQueryInformationToken(Token, TokenGroups, (PVOID *)&Groups), STATUS_SUCCESS, "groups");
    ok(Groups->GroupCount >= 3 && RtlValidSid(Groups->Groups[0].Sid), "there are some");
    ExFreePool(Groups);
    is_status(SeQueryInformationToken(Token, TokenPrivileges, (PVOID *)&Privileges), STATUS_SUCCESS, "privileges");
    ok(Privileges->PrivilegeCount > 20, "many");
    ExFreePool(Privileges);
    is_status(SeQueryInformationToken(Token, TokenStatistics, (PVOID *)&Statistics), STATUS_SUCCESS, "statistics");
    is_ulong(Statistics->AuthenticationId.LowPart, 0x3E7, "the same logon session");
    ExFreePool(Statistics);
    is_status(SeQueryInformationToken(Token, TokenDefaultDacl, (PVOID *)&Dacl), STATUS_SUCCESS, "default list");
    ok(Dacl->DefaultDacl != NULL && RtlValidAcl(Dacl->DefaultDacl), "a valid one");
    ExFreePool(Dacl);
    is_status(SeQueryInformationToken(Token, TokenOwner, (PVOID *)&Owner), STATUS_SUCCESS, "owner of new objects");
    is_bool(RtlEqualSid(Owner->Owner, SeExports->SeAliasAdminsSid), TRUE, "the administrators");
    ExFreePool(Owner);
    is_status(SeQueryInformationToken(Token, TokenIntegrityLevel, &Level), STATUS_SUCCESS, "mandatory level");
    is_ulong((ULONG)(ULONG_PTR)Level, SECURITY_MANDATORY_SYSTEM_RID, "is the system's, in the variable itself");
    is_status(SeQueryInformationToken(Token, (TOKEN_INFORMATION_CLASS)999, &Other), STATUS_INVALID_INFO_CLASS, "no class");
}

static VOID test_handles(VOID)
{
    HANDLE Token = NULL, Other = NULL;
    ULONG64 Room[40];
    ULONG Length = 0, Type = 0;
    PVOID Object;

    is_status(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, OBJ_KERNEL_HANDLE, &Token), STATUS_SUCCESS, "opened");
    ok((LONG_PTR)Token < 0, "a kernel handle");
    is_status(ObReferenceObjectByHandle(Token, TOKEN_QUERY, *SeTokenObjectType, KernelMode, &Object, NULL),
              STATUS_SUCCESS, "of the token type");
    ObDereferenceObject(Object);
    is_status(ZwQueryInformationToken(Token, TokenUser, NULL, 0, &Length), STATUS_BUFFER_TOO_SMALL, "no room");
    is_ulong(Length, sizeof(TOKEN_USER) + 16, "room it takes");
    is_status(ZwQueryInformationToken(Token, TokenUser, Room, sizeof(Room), &Length), STATUS_SUCCESS, "user");
    is_bool(RtlEqualSid(((TOKEN_USER *)Room)->User.Sid, SeExports->SeLocalSystemSid), TRUE, "is LocalSystem");
    is_status(ZwQueryInformationToken(Token, TokenType, &Type, sizeof(Type), &Length), STATUS_SUCCESS, "type");
    is_ulong(Type, TokenPrimary, "primary");
    is_ulong(Length, sizeof(ULONG), "four bytes");
    is_status(ZwQueryInformationToken(Token, TokenImpersonationLevel, &Type, sizeof(Type), &Length),
              STATUS_INVALID_INFO_CLASS, "a primary token has no impersonation level");
    is_status(ZwOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Other), STATUS_SUCCESS, "the older service");
    ZwClose(Other);
    is_status(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &Other), STATUS_NO_TOKEN,
              "the thread impersonates nobody");
    is_status(ZwOpenProcessTokenEx(NtCurrentThread(), TOKEN_QUERY, 0, &Other), STATUS_OBJECT_TYPE_MISMATCH,
              "a thread is no process");
    ZwClose(Token);
}

static VOID test_adjust(VOID)
{
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 1}, Old;
    HANDLE Token = NULL;
    ULONG Length = 0;

    ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ALL_ACCESS, OBJ_KERNEL_HANDLE, &Token);
    New.Privileges[0].Luid = SeExports->SeBackupPrivilege;
    New.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    is_bool(SeSinglePrivilegeCheck(SeExports->SeBackupPrivilege, UserMode), FALSE, "off");
    tap_fill(&Old);
    is_status(ZwAdjustPrivilegesToken(Token, FALSE, &New, sizeof(Old), &Old, &Length), STATUS_SUCCESS, "turned on");
    is_bool(SeSinglePrivilegeCheck(SeExports->SeBackupPrivilege, UserMode), TRUE, "on");
    is_ulong(Old.PrivilegeCount, 1, "one has changed");
    is_ulong(Old.Privileges[0].Luid.LowPart, SE_BACKUP_PRIVILEGE, "this one");
    is_hex(Old.Privileges[0].Attributes, 0, "it was off");
    is_status(ZwAdjustPrivilegesToken(Token, FALSE, &Old, 0, NULL, NULL), STATUS_SUCCESS, "put back");
    is_bool(SeSinglePrivilegeCheck(SeExports->SeBackupPrivilege, UserMode), FALSE, "off again");
    New.Privileges[0].Luid.LowPart = 63;
    is_status(ZwAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL), STATUS_NOT_ALL_ASSIGNED, "no such privilege");
    is_status(ZwAdjustPrivilegesToken(Token, FALSE, NULL, 0, NULL, NULL), STATUS_INVALID_PARAMETER, "nothing to do");
    ZwClose(Token);
}

static VOID test_impersonation(VOID)
{
    SECURITY_QUALITY_OF_SERVICE Qos = {sizeof(Qos), SecurityIdentification, SECURITY_STATIC_TRACKING, FALSE};
    PETHREAD Thread = (PETHREAD)KeGetCurrentThread();
    SECURITY_CLIENT_CONTEXT Client, Second;
    SECURITY_SUBJECT_CONTEXT Subject;
    HANDLE Token = NULL;

    tap_fill(&Client);
    is_status(SeCreateClientSecurity(Thread, &Qos, FALSE, &Client), STATUS_SUCCESS, "a client context");
    is_ulong(SeTokenType(Client.ClientToken), TokenImpersonation, "with a token for impersonation");
    is_ulong(SeTokenImpersonationLevel(Client.ClientToken), SecurityIdentification, "at the level asked for");
    is_bool(Client.DirectlyAccessClientToken, FALSE, "a copy");
    is_status(SeImpersonateClientEx(&Client, NULL), STATUS_SUCCESS, "impersonated");
    SeCaptureSubjectContextEx(Thread, PsGetCurrentProcess(), &Subject);
    is_ptr(Subject.ClientToken, Client.ClientToken, "the subject shows it");
    is_ptr(SeQuerySubjectContextToken(&Subject), Client.ClientToken, "and acts as it");
    is_ulong(Subject.ImpersonationLevel, SecurityIdentification, "at its level");
    Qos.ImpersonationLevel = SecurityImpersonation;
    is_status(SeCreateClientSecurityFromSubjectContext(&Subject, &Qos, FALSE, &Second), STATUS_BAD_IMPERSONATION_LEVEL,
              "no level above one's own");
    SeReleaseSubjectContext(&Subject);
    is_status(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &Token), STATUS_SUCCESS,
              "the thread has a token");
    ZwClose(Token);
    is_status(ZwOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token), STATUS_SUCCESS, "by the older service");
    ZwClose(Token);
    PsRevertToSelf();
    SeImpersonateClient(&Client, Thread);
    SeCaptureSubjectContext(&Subject);
    is_ptr(Subject.ClientToken, Client.ClientToken, "impersonated again");
    SeReleaseSubjectContext(&Subject);
    PsRevertToSelf();
    SeDeleteClientSecurity(&Client);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PACCESS_TOKEN Token;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    test_exports();
    Token = PsReferencePrimaryToken(PsGetCurrentProcess());
    test_kernel_queries(Token);
    PsDereferencePrimaryToken(Token);
    test_handles();
    test_adjust();
    test_impersonation();
    leak_end();
    return done();
}
