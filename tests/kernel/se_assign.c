/* Descriptors of new objects, changes to descriptors, the descriptors of the kernel's directories. */
#include "security.h"

static GENERIC_MAPPING Mapping = {0x20001, 0x20002, 0x20004, 0x1F0007};

static ACCESS_ALLOWED_ACE *ace_of(PSECURITY_DESCRIPTOR S, ULONG Index, BOOLEAN Sacl)
{
    BOOLEAN Present = FALSE, Defaulted;
    PACL Acl = NULL;
    PVOID Ace = NULL;

    if (Sacl)
        RtlGetSaclSecurityDescriptor(S, &Present, &Acl, &Defaulted);
    else
        RtlGetDaclSecurityDescriptor(S, &Present, &Acl, &Defaulted);
    if (!Present || Acl == NULL || !NT_SUCCESS(RtlGetAce(Acl, Index, &Ace)))
        return NULL;
    return Ace;
}

static VOID is_ace(PSECURITY_DESCRIPTOR S, ULONG Index, UCHAR Flags, ACCESS_MASK Mask, PSID Sid, const char *Name)
{
    ACCESS_ALLOWED_ACE *Ace = ace_of(S, Index, FALSE);

    if (!ok(Ace != NULL, "%s: there", Name))
        return;
    is_hex(Ace->Header.AceFlags, Flags, "%s: flags", Name);
    is_hex(Ace->Mask, Mask, "%s: mask", Name);
    is_bool(RtlEqualSid(&Ace->SidStart, Sid), TRUE, "%s: SID", Name);
}

static VOID test_assign(PSECURITY_SUBJECT_CONTEXT Subject)
{
    SECURITY_DESCRIPTOR Parent, Explicit;
    ULONG64 ParentList[24], List[16];
    PSECURITY_DESCRIPTOR New = NULL;
    BOOLEAN Defaulted;
    PSID Owner = NULL;

    is_status(SeAssignSecurity(NULL, NULL, &New, FALSE, Subject, &Mapping, PagedPool), STATUS_SUCCESS, "from the token");
    is_bool(RtlValidSecurityDescriptor(New), TRUE, "valid");
    RtlGetOwnerSecurityDescriptor(New, &Owner, &Defaulted);
    is_bool(RtlEqualSid(Owner, SeExports->SeAliasAdminsSid), TRUE, "owned by the token's owner");
    is_ace(New, 0, 0, 0x1F0007, SeExports->SeLocalSystemSid, "the default list, mapped");
    is_status(SeDeassignSecurity(&New), STATUS_SUCCESS, "freed");
    is_ptr(New, NULL, "and forgotten");

    RtlCreateSecurityDescriptor(&Parent, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl((PACL)ParentList, sizeof(ParentList), ACL_REVISION);
    RtlAddAccessAllowedAceEx((PACL)ParentList, ACL_REVISION, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE,
                             GENERIC_ALL, SeExports->SeCreatorOwnerSid);
    RtlAddAccessAllowedAceEx((PACL)ParentList, ACL_REVISION, CONTAINER_INHERIT_ACE, 1, SeExports->SeWorldSid);
    RtlAddAccessAllowedAce((PACL)ParentList, ACL_REVISION, 7, SeExports->SeAliasGuestsSid);
    RtlSetDaclSecurityDescriptor(&Parent, TRUE, (PACL)ParentList, FALSE);
    is_status(SeAssignSecurityEx(&Parent, NULL, &New, NULL, FALSE, 0, Subject, &Mapping, PagedPool), STATUS_SUCCESS,
              "an object inherits");
    is_ace(New, 0, INHERITED_ACE, 0x1F0007, SeExports->SeAliasAdminsSid, "the creator's entry, resolved");
    ok(ace_of(New, 1, FALSE) == NULL, "and nothing more");
    SeDeassignSecurity(&New);
    is_status(SeAssignSecurity(&Parent, NULL, &New, TRUE, Subject, &Mapping, PagedPool), STATUS_SUCCESS,
              "a container inherits");
    is_ace(New, 0, INHERITED_ACE, 0x1F0007, SeExports->SeAliasAdminsSid, "for itself");
    is_ace(New, 1, INHERITED_ACE | OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE, GENERIC_ALL,
           SeExports->SeCreatorOwnerSid, "and for what is made in it");
    is_ace(New, 2, INHERITED_ACE | CONTAINER_INHERIT_ACE, 1, SeExports->SeWorldSid, "one entry for both");
    SeDeassignSecurity(&New);

    RtlCreateSecurityDescriptor(&Explicit, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl((PACL)List, sizeof(List), ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)List, ACL_REVISION, GENERIC_READ, SeExports->SeWorldSid);
    RtlSetDaclSecurityDescriptor(&Explicit, TRUE, (PACL)List, FALSE);
    is_status(SeAssignSecurity(&Parent, &Explicit, &New, FALSE, Subject, &Mapping, PagedPool), STATUS_SUCCESS,
              "an explicit list");
    is_ace(New, 0, 0, 0x20001, SeExports->SeWorldSid, "is taken, mapped");
    ok(ace_of(New, 1, FALSE) == NULL, "without inherited entries");
    SeDeassignSecurity(&New);
    is_status(SeAssignSecurityEx(&Parent, &Explicit, &New, NULL, FALSE, 1 /* SEF_DACL_AUTO_INHERIT */, Subject, &Mapping,
                                 PagedPool),
              STATUS_SUCCESS, "with automatic inheritance");
    is_ace(New, 0, 0, 0x20001, SeExports->SeWorldSid, "explicit first");
    is_ace(New, 1, INHERITED_ACE, 0x1F0007, SeExports->SeAliasAdminsSid, "then inherited");
    SeDeassignSecurity(&New);
}

static VOID test_change(PSECURITY_SUBJECT_CONTEXT Subject)
{
    SECURITY_INFORMATION What = OWNER_SECURITY_INFORMATION;
    SECURITY_DESCRIPTOR Change;
    PSECURITY_DESCRIPTOR Old = NULL, New, None = NULL;
    ULONG64 Room[40], List[8];
    ULONG Length = 0;
    PSID Owner = NULL;
    BOOLEAN Defaulted, Present = 7;
    PACL Dacl;

    SeAssignSecurity(NULL, NULL, &Old, FALSE, Subject, &Mapping, PagedPool);
    is_status(SeQuerySecurityDescriptorInfo(&What, Room, &Length, &Old), STATUS_BUFFER_TOO_SMALL, "the owner: no room");
    is_ulong(Length, 20 + 16, "room it takes");
    is_status(SeQuerySecurityDescriptorInfo(&What, Room, &Length, &Old), STATUS_SUCCESS, "the owner");
    RtlGetOwnerSecurityDescriptor(Room, &Owner, &Defaulted);
    is_bool(RtlEqualSid(Owner, SeExports->SeAliasAdminsSid), TRUE, "is told");
    RtlGetDaclSecurityDescriptor(Room, &Present, &Dacl, &Defaulted);
    is_bool(Present, FALSE, "and nothing else");
    RtlCreateSecurityDescriptor(&Change, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl((PACL)List, sizeof(List), ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)List, ACL_REVISION, GENERIC_ALL, SeExports->SeWorldSid);
    RtlSetDaclSecurityDescriptor(&Change, TRUE, (PACL)List, FALSE);
    What = DACL_SECURITY_INFORMATION;
    New = Old;
    is_status(SeSetSecurityDescriptorInfo(NULL, &What, &Change, &New, PagedPool, &Mapping), STATUS_SUCCESS, "a new list");
    ok(New != Old, "in a new descriptor");
    is_ace(New, 0, 0, 0x1F0007, SeExports->SeWorldSid, "mapped");
    RtlGetOwnerSecurityDescriptor(New, &Owner, &Defaulted);
    is_bool(RtlEqualSid(Owner, SeExports->SeAliasAdminsSid), TRUE, "the owner stays");
    SeDeassignSecurity(&New);
    What = OWNER_SECURITY_INFORMATION;
    New = Old;
    is_status(SeSetSecurityDescriptorInfoEx(NULL, &What, &Change, &New, 0, PagedPool, &Mapping), STATUS_INVALID_OWNER,
              "no owner given");
    is_ptr(New, Old, "nothing changed");
    is_status(SeSetSecurityDescriptorInfo(NULL, &What, &Change, &None, PagedPool, &Mapping), STATUS_NO_SECURITY_ON_OBJECT,
              "no descriptor to change");
    SeDeassignSecurity(&Old);
}

/* ---- what the kernel gives its own directories: made from SDDL ---- */

static const struct {
    PCWSTR Path;
    ULONG Index;
    ACCESS_MASK Mask;
    PCWSTR Sid;
} System[] = {
    {L"\\", 0, READ_CONTROL | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, L"S-1-1-0"},
    {L"\\Device", 1, DIRECTORY_ALL_ACCESS, L"S-1-5-32-544"},
    {L"\\Driver", 0, READ_CONTROL | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, L"S-1-5-32-544"},
    {L"\\GLOBAL??", 2, DIRECTORY_ALL_ACCESS, L"S-1-5-18"},
    {L"\\BaseNamedObjects", 0, READ_CONTROL | (DIRECTORY_ALL_ACCESS & 0xF), L"S-1-1-0"},
};

static VOID test_directories(VOID)
{
    ULONG64 Room[40];
    ULONG Length;

    for (ULONG i = 0; i < RTL_NUMBER_OF(System); i++) {
        ACCESS_ALLOWED_ACE *Ace;
        UNICODE_STRING Text = {0};
        HANDLE Handle = NULL;
        NAMED Named;

        is_status(ZwOpenDirectoryObject(&Handle, READ_CONTROL, named(&Named, System[i].Path, KERNEL_NAME)),
                  STATUS_SUCCESS, "%ws", System[i].Path);
        is_status(ZwQuerySecurityObject(Handle, DACL_SECURITY_INFORMATION, Room, sizeof(Room), &Length), STATUS_SUCCESS,
                  "its list");
        ZwClose(Handle);
        Ace = ace_of(Room, System[i].Index, FALSE);
        if (!ok(Ace != NULL, "entry %u", System[i].Index))
            continue;
        is_hex(Ace->Mask, System[i].Mask, "its rights");
        RtlConvertSidToUnicodeString(&Text, &Ace->SidStart, TRUE);
        is_unicode(&Text, System[i].Sid, "its SID");
        RtlFreeUnicodeString(&Text);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    SECURITY_SUBJECT_CONTEXT Subject;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    SeCaptureSubjectContext(&Subject);
    test_assign(&Subject);
    test_change(&Subject);
    SeReleaseSubjectContext(&Subject);
    test_directories();
    leak_end();
    return done();
}
