/* SeAccessCheck: order of entries, owner, maximum allowed, privileges, mandatory levels; privilege checks. */
#include "security.h"

enum { NOBODY = -1, SYSTEM, ADMINS, WORLD, GUESTS, OWNER_RIGHTS, PROTECTED_LABEL, LOW_LABEL };
static GENERIC_MAPPING Mapping = {0x20001, 0x20002, 0x20004, 0x1F0007};
static SECURITY_SUBJECT_CONTEXT Subject; /* LocalSystem: user SYSTEM, groups Administrators, Everyone, ... */
static ROOM Protected;

static PSID sid_of(int Who)
{
    switch (Who) {
    case SYSTEM:
        return SeExports->SeLocalSystemSid;
    case ADMINS:
        return SeExports->SeAliasAdminsSid;
    case WORLD:
        return SeExports->SeWorldSid;
    case GUESTS:
        return SeExports->SeAliasGuestsSid;
    case OWNER_RIGHTS:
        return SeExports->SeOwnerRightsSid;
    case LOW_LABEL:
        return SeExports->SeLowMandatorySid;
    case PROTECTED_LABEL:
        return &Protected;
    default:
        return NULL;
    }
}

/* One check: up to three entries, who owns, what is asked for, what comes out. */
static const struct {
    const char *Name;
    struct {
        CHAR Type; /* 'A' allow, 'D' deny, 0 end */
        int Who;
        ACCESS_MASK Mask;
        UCHAR Flags;
    } Ace[3];
    int Owner, Label;
    ACCESS_MASK Asked, Previous;
    NTSTATUS Status;
    ACCESS_MASK Granted;
} Table[] = {
    {"allowed", {{'A', SYSTEM, 3, 0}}, GUESTS, NOBODY, 1, 0, STATUS_SUCCESS, 1},
    {"by a group", {{'A', WORLD, 3, 0}}, GUESTS, NOBODY, 3, 0, STATUS_SUCCESS, 3},
    {"not enough", {{'A', WORLD, 1, 0}}, GUESTS, NOBODY, 3, 0, STATUS_ACCESS_DENIED, 0},
    {"from two entries", {{'A', WORLD, 1, 0}, {'A', SYSTEM, 2, 0}}, GUESTS, NOBODY, 3, 0, STATUS_SUCCESS, 3},
    {"somebody else", {{'A', GUESTS, 3, 0}}, GUESTS, NOBODY, 1, 0, STATUS_ACCESS_DENIED, 0},
    {"denied first", {{'D', WORLD, 1, 0}, {'A', SYSTEM, 3, 0}}, GUESTS, NOBODY, 1, 0, STATUS_ACCESS_DENIED, 0},
    {"denied too late", {{'A', SYSTEM, 3, 0}, {'D', WORLD, 1, 0}}, GUESTS, NOBODY, 1, 0, STATUS_SUCCESS, 1},
    {"denial of another right", {{'D', WORLD, 4, 0}, {'A', SYSTEM, 3, 0}}, GUESTS, NOBODY, 1, 0, STATUS_SUCCESS, 1},
    {"inherit only", {{'A', SYSTEM, 3, INHERIT_ONLY_ACE}}, GUESTS, NOBODY, 1, 0, STATUS_ACCESS_DENIED, 0},
    {"an empty list", {{0, 0, 0, 0}}, GUESTS, NOBODY, 1, 0, STATUS_ACCESS_DENIED, 0},
    {"generic read", {{'A', SYSTEM, 0x20001, 0}}, GUESTS, NOBODY, GENERIC_READ, 0, STATUS_SUCCESS, 0x20001},
    {"granted before", {{'A', SYSTEM, 1, 0}}, GUESTS, NOBODY, 1, 0x4, STATUS_SUCCESS, 5},
    {"nothing but what was granted", {{0, 0, 0, 0}}, GUESTS, NOBODY, 0, 0x4, STATUS_SUCCESS, 4},
    {"nothing at all", {{'A', SYSTEM, 1, 0}}, GUESTS, NOBODY, 0, 0, STATUS_ACCESS_DENIED, 0},
    {"maximum", {{'A', WORLD, 5, 0}}, GUESTS, NOBODY, MAXIMUM_ALLOWED, 0, STATUS_SUCCESS, 5},
    {"maximum less a denial", {{'D', WORLD, 4, 0}, {'A', SYSTEM, 7, 0}}, GUESTS, NOBODY, MAXIMUM_ALLOWED, 0,
     STATUS_SUCCESS, 3},
    {"maximum and more", {{'A', WORLD, 1, 0}}, GUESTS, NOBODY, MAXIMUM_ALLOWED | 2, 0, STATUS_ACCESS_DENIED, 0},
    {"maximum of nothing", {{0, 0, 0, 0}}, GUESTS, NOBODY, MAXIMUM_ALLOWED, 0, STATUS_ACCESS_DENIED, 0},
    {"the owner reads and changes the list", {{0, 0, 0, 0}}, SYSTEM, NOBODY, READ_CONTROL | WRITE_DAC, 0,
     STATUS_SUCCESS, READ_CONTROL | WRITE_DAC},
    {"owner by group", {{0, 0, 0, 0}}, ADMINS, NOBODY, MAXIMUM_ALLOWED, 0, STATUS_SUCCESS, READ_CONTROL | WRITE_DAC},
    {"owner rights replace that", {{'A', OWNER_RIGHTS, 1, 0}}, SYSTEM, NOBODY, MAXIMUM_ALLOWED, 0, STATUS_SUCCESS, 1},
    {"owner rights are the owner's", {{'A', OWNER_RIGHTS, 1, 0}}, GUESTS, NOBODY, 1, 0, STATUS_ACCESS_DENIED, 0},
    {"a lower level", {{'A', SYSTEM, 3, 0}}, GUESTS, LOW_LABEL, 3, 0, STATUS_SUCCESS, 3},
    {"no write up", {{'A', SYSTEM, 7, 0}}, GUESTS, PROTECTED_LABEL, 2, 0, STATUS_ACCESS_DENIED, 0},
    {"but read up", {{'A', SYSTEM, 7, 0}}, GUESTS, PROTECTED_LABEL, 1, 0, STATUS_SUCCESS, 1},
    {"maximum below a level", {{'A', SYSTEM, 7, 0}}, GUESTS, PROTECTED_LABEL, MAXIMUM_ALLOWED, 0, STATUS_SUCCESS, 5},
    {"the SACL takes a privilege", {{'A', SYSTEM, 0x1F0007, 0}}, GUESTS, NOBODY, ACCESS_SYSTEM_SECURITY, 0,
     STATUS_PRIVILEGE_NOT_HELD, 0},
};

static VOID add_label(PACL Sacl, PSID Sid)
{
    ACCESS_ALLOWED_ACE *Ace;

    RtlAddAccessAllowedAce(Sacl, ACL_REVISION, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, Sid);
    RtlGetAce(Sacl, 0, (PVOID *)&Ace);
    Ace->Header.AceType = SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

static VOID check_row(ULONG Row)
{
    ULONG64 DaclRoom[24], SaclRoom[8];
    PACL Dacl = (PACL)DaclRoom, Sacl = (PACL)SaclRoom;
    SECURITY_DESCRIPTOR S;
    ACCESS_MASK Granted = 0xA5A5A5A5;
    NTSTATUS Status = 1;
    BOOLEAN Allowed;

    RtlCreateAcl(Dacl, sizeof(DaclRoom), ACL_REVISION);
    for (ULONG i = 0; i < 3 && Table[Row].Ace[i].Type != 0; i++) {
        ACCESS_ALLOWED_ACE *Ace;

        RtlAddAccessAllowedAceEx(Dacl, ACL_REVISION, Table[Row].Ace[i].Flags, Table[Row].Ace[i].Mask,
                                 sid_of(Table[Row].Ace[i].Who));
        RtlGetAce(Dacl, i, (PVOID *)&Ace);
        if (Table[Row].Ace[i].Type == 'D')
            Ace->Header.AceType = ACCESS_DENIED_ACE_TYPE;
    }
    RtlCreateSecurityDescriptor(&S, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&S, TRUE, Dacl, FALSE);
    RtlSetOwnerSecurityDescriptor(&S, sid_of(Table[Row].Owner), FALSE);
    RtlSetGroupSecurityDescriptor(&S, SeExports->SeWorldSid, FALSE);
    RtlCreateAcl(Sacl, sizeof(SaclRoom), ACL_REVISION);
    if (Table[Row].Label != NOBODY) {
        add_label(Sacl, sid_of(Table[Row].Label));
        RtlSetSaclSecurityDescriptor(&S, TRUE, Sacl, FALSE);
    }
    Allowed = SeAccessCheck(&S, &Subject, TRUE, Table[Row].Asked, Table[Row].Previous, NULL, &Mapping, UserMode,
                            &Granted, &Status);
    is_status(Status, Table[Row].Status, "%s: status", Table[Row].Name);
    is_bool(Allowed, NT_SUCCESS(Table[Row].Status), "%s: result", Table[Row].Name);
    is_hex(Granted, Table[Row].Granted, "%s: granted", Table[Row].Name);
}

static VOID test_corners(VOID)
{
    SECURITY_DESCRIPTOR S;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    is_bool(SeAccessCheck(NULL, &Subject, TRUE, 1, 0, NULL, &Mapping, UserMode, &Granted, &Status), FALSE,
            "no descriptor");
    is_status(Status, STATUS_ACCESS_DENIED, "denies");
    is_bool(SeAccessCheck(NULL, &Subject, TRUE, MAXIMUM_ALLOWED, 0x100, NULL, &Mapping, KernelMode, &Granted, &Status),
            TRUE, "kernel mode is not checked");
    is_hex(Granted, 0x1F0107, "and gets all");
    RtlCreateSecurityDescriptor(&S, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&S, SeExports->SeWorldSid, FALSE);
    RtlSetGroupSecurityDescriptor(&S, SeExports->SeWorldSid, FALSE);
    is_bool(SeAccessCheck(&S, &Subject, TRUE, 7, 0, NULL, &Mapping, UserMode, &Granted, &Status), TRUE, "no list");
    is_hex(Granted, 7, "allows all");
}

/* Turns a privilege of the System process on or off. */
static VOID set_privilege(ULONG Privilege, BOOLEAN On)
{
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 1};
    HANDLE Token = NULL;

    New.Privileges[0].Luid.LowPart = Privilege;
    New.Privileges[0].Attributes = On ? SE_PRIVILEGE_ENABLED : 0;
    ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, OBJ_KERNEL_HANDLE, &Token);
    ZwAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL);
    ZwClose(Token);
}

static VOID test_privileges(VOID)
{
    ULONG64 Room[2];
    PPRIVILEGE_SET Used = NULL;
    struct {
        PRIVILEGE_SET Set;
        LUID_AND_ATTRIBUTES More;
    } Asked = {{2, PRIVILEGE_SET_ALL_NECESSARY, {{{0, 0}, 0}}}, {{0, 0}, 0}};
    SECURITY_DESCRIPTOR S;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    RtlCreateAcl((PACL)Room, sizeof(Room), ACL_REVISION);
    RtlCreateSecurityDescriptor(&S, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&S, TRUE, (PACL)Room, FALSE);
    RtlSetOwnerSecurityDescriptor(&S, SeExports->SeAliasGuestsSid, FALSE);
    is_bool(SeAccessCheck(&S, &Subject, TRUE, WRITE_OWNER, 0, NULL, &Mapping, UserMode, &Granted, &Status), FALSE,
            "not the owner's business");
    set_privilege(SE_TAKE_OWNERSHIP_PRIVILEGE, TRUE);
    is_bool(SeAccessCheck(&S, &Subject, TRUE, WRITE_OWNER, 0, &Used, &Mapping, UserMode, &Granted, &Status), TRUE,
            "with the privilege to take ownership");
    is_hex(Granted, WRITE_OWNER, "granted");
    if (ok(Used != NULL, "the privilege is told")) {
        is_ulong(Used->Privilege[0].Luid.LowPart, SE_TAKE_OWNERSHIP_PRIVILEGE, "which");
        SeFreePrivileges(Used);
    }
    set_privilege(SE_TAKE_OWNERSHIP_PRIVILEGE, FALSE);

    is_bool(SeSinglePrivilegeCheck(SeExports->SeDebugPrivilege, UserMode), TRUE, "system may debug");
    is_bool(SeSinglePrivilegeCheck(SeExports->SeSecurityPrivilege, UserMode), FALSE, "a privilege that is off");
    is_bool(SeSinglePrivilegeCheck(SeExports->SeSecurityPrivilege, KernelMode), TRUE, "the kernel has them all");
    Asked.Set.Privilege[0].Luid = SeExports->SeTcbPrivilege;
    Asked.More.Luid = SeExports->SeSecurityPrivilege;
    is_bool(SePrivilegeCheck(&Asked.Set, &Subject, UserMode), FALSE, "both are asked for");
    Asked.Set.Control = 0;
    is_bool(SePrivilegeCheck(&Asked.Set, &Subject, UserMode), TRUE, "one is enough");
    is_hex(Asked.Set.Privilege[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS, "which one was used");
}

static VOID test_access_state(VOID)
{
    ULONG64 Aux[32];
    ACCESS_STATE State;
    struct {
        PRIVILEGE_SET Set;
        LUID_AND_ATTRIBUTES More[3];
    } Four = {{4, 0, {{{1, 0}, 0}}}, {{{2, 0}, 0}, {{3, 0}, 0}, {{4, 0}, 0}}};

    tap_fill(&State);
    is_status(SeCreateAccessState(&State, Aux, GENERIC_READ | 4, &Mapping), STATUS_SUCCESS, "an access state");
    is_hex(State.RemainingDesiredAccess, 0x20005, "mapped");
    is_hex(State.OriginalDesiredAccess, 0x20005, "original");
    is_hex(State.PreviouslyGrantedAccess, 0, "nothing granted yet");
    ok(SeQuerySubjectContextToken(&State.SubjectSecurityContext) != NULL, "a subject");
    is_status(SeAppendPrivileges(&State, &Four.Set), STATUS_SUCCESS, "four privileges");
    is_bool(State.PrivilegesAllocated, TRUE, "are more than fit");
    SeSetAccessStateGenericMapping(&State, &Mapping);
    SeDeleteAccessState(&State);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    SID_IDENTIFIER_AUTHORITY Label = {{0, 0, 0, 0, 0, 16}};

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    RtlInitializeSid(&Protected, &Label, 1);
    *RtlSubAuthoritySid(&Protected, 0) = 0x5000;
    tap_fill(&Subject);
    SeCaptureSubjectContext(&Subject);
    SeLockSubjectContext(&Subject);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++)
        check_row(i);
    test_corners();
    SeUnlockSubjectContext(&Subject);
    test_privileges();
    SeReleaseSubjectContext(&Subject);
    test_access_state();
    leak_end();
    return done();
}
