/* Descriptors of new objects, changes to descriptors, SDDL through a secure device. */
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

/* ---- SDDL ---- */

typedef NTSTATUS(NTAPI *CREATE_SECURE)(PDRIVER_OBJECT Driver, ULONG Extension, PUNICODE_STRING Name, DEVICE_TYPE Type,
                                       ULONG Characteristics, BOOLEAN Exclusive, PCUNICODE_STRING Sddl,
                                       LPCGUID ClassGuid, PDEVICE_OBJECT *Device);

static const struct {
    PCWSTR Text;
    NTSTATUS Status;
    ULONG Aces; /* of the DACL */
    ULONG Index;
    UCHAR Type, Flags;
    ACCESS_MASK Mask;
    PCWSTR Sid;
} Sddl[] = {
    {L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)", STATUS_SUCCESS, 3, 1, 0, 0, 0xE0000000, L"S-1-5-32-544"},
    {L"D:P(A;;GA;;;SY)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-18"},
    {L"D:P", STATUS_SUCCESS, 0, 0, 0, 0, 0, NULL},
    {L"D:PAI(D;OICINPIO;0x1f01ff;;;S-1-5-21-1-2-3-1001)", STATUS_SUCCESS, 1, 0, 1, 0xF, 0x1F01FF,
     L"S-1-5-21-1-2-3-1001"},
    {L"O:SYG:SYD:(A;;FRFX;;;AU)", STATUS_SUCCESS, 1, 0, 0, 0, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, L"S-1-5-11"},
    {L"D:(A;;KR;;;LS)(A;;RCSDWDWO;;;NS)", STATUS_SUCCESS, 2, 1, 0, 0, 0xF0000, L"S-1-5-20"},
    {L"D:(A;;CCDCLCSWRPWPDTLOCR;;;IU)", STATUS_SUCCESS, 1, 0, 0, 0, 0x1FF, L"S-1-5-4"},
    {L"D:(A;;GA;;;RC)S:(ML;;NWNR;;;HI)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-12"},
    {L"D:(A;;GA;;;UD)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-84-0-0-0-0-0"},
    {L"d:p(a;;ga;;;sy)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-18"},
    {L" D:P (A; ;GA;;;SY) ", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-18"},
    {L"D:(A;;10;;;WD)", STATUS_SUCCESS, 1, 0, 0, 0, 10, L"S-1-1-0"},
    {L"D:(A;;GA;;;XX)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;GA;;;S-1)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;GA;;;DA)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;GA;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;GA;;;SY", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;XX;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;QQ;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;0x1ffffffff;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(AU;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"D:(A;;GA;;;SY)D:(A;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"X:(A;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
    {L"nonsense", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL},
};

static VOID check_descriptor(ULONG Row, PDEVICE_OBJECT Device)
{
    PSECURITY_DESCRIPTOR S = NULL;
    BOOLEAN Allocated = FALSE;
    ACCESS_ALLOWED_ACE *Ace;
    UNICODE_STRING Text = {0};

    is_status(ObGetObjectSecurity(Device, &S, &Allocated), STATUS_SUCCESS, "its descriptor");
    Ace = ace_of(S, Sddl[Row].Index, FALSE);
    ok(ace_of(S, Sddl[Row].Aces, FALSE) == NULL, "no more than %u entries", Sddl[Row].Aces);
    if (Sddl[Row].Sid != NULL && ok(Ace != NULL, "entry %u", Sddl[Row].Index)) {
        is_ulong(Ace->Header.AceType, Sddl[Row].Type, "type");
        is_hex(Ace->Header.AceFlags, Sddl[Row].Flags, "flags");
        is_hex(Ace->Mask, Sddl[Row].Mask, "rights");
        RtlConvertSidToUnicodeString(&Text, &Ace->SidStart, TRUE);
        is_unicode(&Text, Sddl[Row].Sid, "SID");
        RtlFreeUnicodeString(&Text);
    }
    ObReleaseObjectSecurity(S, Allocated);
}

static VOID test_sddl(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\SeAssign"), Text;
    CREATE_SECURE Create = (CREATE_SECURE)(ULONG_PTR)tap_routine(L"WdmlibIoCreateDeviceSecure");
    PDEVICE_OBJECT Device;

    if (Create == NULL) {
        skip(1, "wdmsec is linked statically here");
        return;
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Sddl); i++) {
        NTSTATUS Status;

        RtlInitUnicodeString(&Text, Sddl[i].Text);
        Device = NULL;
        Status = Create(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Text, NULL, &Device);
        is_status(Status, Sddl[i].Status, "%ws", Sddl[i].Text);
        if (!NT_SUCCESS(Status))
            continue;
        check_descriptor(i, Device);
        IoDeleteDevice(Device);
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
    test_sddl(Driver);
    leak_end();
    return done();
}
