/* Security identifiers, access control lists and security descriptors: the Rtl routines. */
#include "security.h"

static SID_IDENTIFIER_AUTHORITY Nt = {{0, 0, 0, 0, 0, 5}};

static PSID admins(ROOM *Room)
{
    RtlInitializeSid(Room, &Nt, 2);
    *RtlSubAuthoritySid(Room, 0) = 32;
    *RtlSubAuthoritySid(Room, 1) = 544;
    return Room;
}

static VOID test_sid(VOID)
{
    ROOM A, B;
    PSID Allocated = NULL;

    tap_fill(&A);
    is_status(RtlInitializeSid(&A, &Nt, 2), STATUS_SUCCESS, "initialise");
    is_ulong(*RtlSubAuthorityCountSid(&A), 2, "two sub-authorities");
    is_bytes(RtlIdentifierAuthoritySid(&A), &Nt, sizeof(Nt), "authority");
    is_ptr(RtlSubAuthoritySid(&A, 1), A.Bytes + 12, "place of the second");
    is_status(RtlInitializeSid(&B, &Nt, 16), STATUS_INVALID_PARAMETER, "more than fifteen");
    is_ulong(RtlLengthRequiredSid(3), 20, "length of three");
    admins(&A);
    is_ulong(RtlLengthSid(&A), 16, "length of the administrators' SID");
    is_bool(RtlValidSid(&A), TRUE, "valid");
    tap_fill(&B);
    is_status(RtlCopySid(15, &B, &A), STATUS_BUFFER_TOO_SMALL, "no room to copy");
    is_ulong(B.Bytes[0], 0xA5, "nothing copied");
    is_status(RtlCopySid(sizeof(B), &B, &A), STATUS_SUCCESS, "copied");
    is_bool(RtlEqualSid(&A, &B), TRUE, "equal");
    *RtlSubAuthoritySid(&B, 1) = 545;
    is_bool(RtlEqualSid(&A, &B), FALSE, "the last part differs");
    is_bool(RtlEqualPrefixSid(&A, &B), TRUE, "the rest does not");
    *RtlSubAuthoritySid(&B, 0) = 33;
    is_bool(RtlEqualPrefixSid(&A, &B), FALSE, "now it does");
    B.Sid.SubAuthorityCount = 16;
    is_bool(RtlValidSid(&B), FALSE, "too many parts");
    B.Sid.SubAuthorityCount = 2;
    B.Sid.Revision = 2;
    is_bool(RtlValidSid(&B), FALSE, "unknown revision");
    is_status(RtlAllocateAndInitializeSid(&Nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &Allocated), STATUS_SUCCESS, "allocate");
    is_bool(RtlEqualSid(&A, Allocated), TRUE, "the same SID");
    RtlFreeSid(Allocated);
}

static VOID test_sid_text(VOID)
{
    SID_IDENTIFIER_AUTHORITY Large = {{1, 2, 3, 4, 5, 6}};
    UNICODE_STRING Text = {0};
    WCHAR Small[4];
    ROOM A;

    is_status(RtlConvertSidToUnicodeString(&Text, admins(&A), TRUE), STATUS_SUCCESS, "to text");
    is_unicode(&Text, L"S-1-5-32-544", "administrators");
    RtlFreeUnicodeString(&Text);
    Text = (UNICODE_STRING){0, sizeof(Small), Small};
    is_status(RtlConvertSidToUnicodeString(&Text, &A, FALSE), STATUS_BUFFER_OVERFLOW, "no room");
    RtlInitializeSid(&A, &Large, 1);
    *RtlSubAuthoritySid(&A, 0) = 0xFFFFFFFF;
    is_status(RtlConvertSidToUnicodeString(&Text, &A, TRUE), STATUS_SUCCESS, "a large authority");
    is_unicode(&Text, L"S-1-0x010203040506-4294967295", "in hexadecimal");
    RtlFreeUnicodeString(&Text);
    A.Sid.Revision = 9;
    is_status(RtlConvertSidToUnicodeString(&Text, &A, TRUE), STATUS_INVALID_SID, "not a SID");
}

static VOID test_acl(VOID)
{
    ULONG64 Room[32], Copy[32];
    PACL Acl = (PACL)Room, Second = (PACL)Copy;
    ACCESS_ALLOWED_ACE *Ace = NULL;
    PVOID Found;
    ROOM A;

    admins(&A);
    tap_fill(&Room);
    is_status(RtlCreateAcl(Acl, 4, ACL_REVISION), STATUS_BUFFER_TOO_SMALL, "no room for a list");
    is_status(RtlCreateAcl(Acl, sizeof(Room), 9), STATUS_INVALID_PARAMETER, "unknown revision");
    is_status(RtlCreateAcl(Acl, 80, ACL_REVISION), STATUS_SUCCESS, "a list of 80 bytes");
    is_bool(RtlValidAcl(Acl), TRUE, "is valid");
    is_ulong(Acl->AceCount, 0, "empty");
    is_status(RtlAddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_READ, &A), STATUS_SUCCESS, "allow");
    is_status(RtlAddAccessDeniedAce(Acl, ACL_REVISION, GENERIC_WRITE, &A), STATUS_SUCCESS, "deny");
    is_status(RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, OBJECT_INHERIT_ACE, DELETE, &A), STATUS_SUCCESS, "with flags");
    is_status(RtlAddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_READ, &A), STATUS_ALLOTTED_SPACE_EXCEEDED, "full");
    is_status(RtlAddAccessAllowedAceEx(Acl, ACL_REVISION, 0x20, DELETE, &A), STATUS_INVALID_PARAMETER, "unknown flag");
    is_ulong(Acl->AceCount, 3, "three entries");
    is_status(RtlGetAce(Acl, 1, (PVOID *)&Ace), STATUS_SUCCESS, "the second");
    is_ulong(Ace->Header.AceType, ACCESS_DENIED_ACE_TYPE, "denies");
    is_hex(Ace->Mask, GENERIC_WRITE, "writing");
    is_bool(RtlEqualSid(&Ace->SidStart, &A), TRUE, "to administrators");
    is_status(RtlGetAce(Acl, 3, &Found), STATUS_INVALID_PARAMETER, "there is no fourth");
    RtlCreateAcl(Second, sizeof(Copy), ACL_REVISION);
    is_status(RtlAddAce(Second, ACL_REVISION, MAXULONG, Acl + 1, 72), STATUS_SUCCESS, "all at once");
    is_ulong(Second->AceCount, 3, "three");
    is_status(RtlAddAce(Second, ACL_REVISION, 0, Ace, 24), STATUS_SUCCESS, "one in front");
    RtlGetAce(Second, 0, (PVOID *)&Ace);
    is_ulong(Ace->Header.AceType, ACCESS_DENIED_ACE_TYPE, "is the first");
    is_status(RtlAddAce(Second, ACL_REVISION, 0, Ace, 20), STATUS_INVALID_PARAMETER, "half an entry");
    is_status(RtlDeleteAce(Second, 0), STATUS_SUCCESS, "deleted");
    RtlGetAce(Second, 0, (PVOID *)&Ace);
    is_ulong(Ace->Header.AceType, ACCESS_ALLOWED_ACE_TYPE, "the next moved up");
    is_status(RtlDeleteAce(Second, 3), STATUS_INVALID_PARAMETER, "nothing to delete");
    Ace->Header.AceSize = 4000;
    is_bool(RtlValidAcl(Second), FALSE, "an entry that is too long");
}

static VOID test_mask(VOID)
{
    GENERIC_MAPPING Mapping = {1, 2, 4, 0x10007};
    ACCESS_MASK Mask = GENERIC_READ | GENERIC_EXECUTE | SYNCHRONIZE;

    RtlMapGenericMask(&Mask, &Mapping);
    is_hex(Mask, SYNCHRONIZE | 5, "read and execute");
    Mask = GENERIC_ALL;
    RtlMapGenericMask(&Mask, &Mapping);
    is_hex(Mask, 0x10007, "all");
}

static VOID test_absolute(SECURITY_DESCRIPTOR *S, PACL Acl, PSID Sid)
{
    BOOLEAN Present = 7, Defaulted = 7;
    PSID Owner = NULL;
    PACL List = NULL;

    tap_fill(S);
    is_status(RtlCreateSecurityDescriptor(S, 9), STATUS_UNKNOWN_REVISION, "unknown revision");
    is_status(RtlCreateSecurityDescriptor(S, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS, "a descriptor");
    is_status(RtlGetDaclSecurityDescriptor(S, &Present, &List, &Defaulted), STATUS_SUCCESS, "its DACL");
    is_bool(Present, FALSE, "is not there");
    is_status(RtlSetDaclSecurityDescriptor(S, TRUE, Acl, TRUE), STATUS_SUCCESS, "set");
    is_status(RtlGetDaclSecurityDescriptor(S, &Present, &List, &Defaulted), STATUS_SUCCESS, "its DACL");
    ok(Present && List == Acl && Defaulted, "is there, by default");
    is_status(RtlSetSaclSecurityDescriptor(S, TRUE, Acl, FALSE), STATUS_SUCCESS, "SACL set");
    is_status(RtlGetSaclSecurityDescriptor(S, &Present, &List, &Defaulted), STATUS_SUCCESS, "its SACL");
    ok(Present && List == Acl && !Defaulted, "is there");
    is_status(RtlSetOwnerSecurityDescriptor(S, Sid, TRUE), STATUS_SUCCESS, "owner set");
    is_status(RtlGetOwnerSecurityDescriptor(S, &Owner, &Defaulted), STATUS_SUCCESS, "owner");
    ok(Owner == Sid && Defaulted, "is the one");
    is_status(RtlSetGroupSecurityDescriptor(S, Sid, FALSE), STATUS_SUCCESS, "group set");
    is_status(RtlGetGroupSecurityDescriptor(S, &Owner, &Defaulted), STATUS_SUCCESS, "group");
    ok(Owner == Sid && !Defaulted, "is the one");
    is_bool(RtlValidSecurityDescriptor(S), TRUE, "valid");
    is_ulong(RtlLengthSecurityDescriptor(S), sizeof(*S) + 2 * 32 + 2 * 16, "length");
}

static VOID test_descriptor(VOID)
{
    SECURITY_DESCRIPTOR S, Back;
    ULONG64 List[4], Room[24], DaclRoom[4], SaclRoom[4];
    PACL Acl = (PACL)List;
    SECURITY_DESCRIPTOR_RELATIVE *Relative = (PVOID)Room;
    ULONG Length = 0, SBytes = 0, DBytes = 0, ABytes = 0, OBytes = 0, GBytes = 0;
    PSECURITY_DESCRIPTOR Captured = NULL;
    ROOM A, Owner, Group;

    admins(&A);
    RtlCreateAcl(Acl, 32, ACL_REVISION);
    RtlAddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_ALL, &A);
    test_absolute(&S, Acl, &A);
    is_status(RtlAbsoluteToSelfRelativeSD(&S, NULL, &Length), STATUS_BUFFER_TOO_SMALL, "no room");
    is_ulong(Length, 20 + 2 * 32 + 2 * 16, "room it takes");
    is_status(RtlAbsoluteToSelfRelativeSD(&S, Room, &Length), STATUS_SUCCESS, "self-relative");
    ok((Relative->Control & SE_SELF_RELATIVE) != 0, "and marked so");
    is_ulong(RtlLengthSecurityDescriptor(Room), Length, "its length");
    is_bool(RtlValidRelativeSecurityDescriptor(Room, Length, OWNER_SECURITY_INFORMATION), TRUE, "valid");
    is_bool(SeValidSecurityDescriptor(Length, Room), TRUE, "valid for se too");
    is_bool(RtlValidRelativeSecurityDescriptor(Room, Length - 1, 0), FALSE, "cut short");
    is_status(RtlSetDaclSecurityDescriptor(Room, TRUE, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR, "it is not absolute");
    is_status(RtlSelfRelativeToAbsoluteSD(Room, NULL, &SBytes, NULL, &DBytes, NULL, &ABytes, NULL, &OBytes, NULL,
                                          &GBytes),
              STATUS_BUFFER_TOO_SMALL, "sizes of the parts");
    is_status(RtlSelfRelativeToAbsoluteSD(Room, &Back, &SBytes, (PACL)DaclRoom, &DBytes, (PACL)SaclRoom, &ABytes,
                                          &Owner, &OBytes, &Group, &GBytes),
              STATUS_SUCCESS, "absolute again");
    is_bytes(DaclRoom, List, sizeof(List), "the same list");
    is_bool(RtlEqualSid(&Owner, &A) && RtlEqualSid(&Group, &A), TRUE, "the same SIDs");
    is_status(SeCaptureSecurityDescriptor(&S, KernelMode, PagedPool, TRUE, &Captured), STATUS_SUCCESS, "captured");
    is_bytes(Captured, Room, Length, "as self-relative");
    is_status(SeReleaseSecurityDescriptor(Captured, KernelMode, TRUE), STATUS_SUCCESS, "released");
    is_status(SeCaptureSecurityDescriptor(&S, KernelMode, PagedPool, FALSE, &Captured), STATUS_SUCCESS, "not captured");
    is_ptr(Captured, &S, "the kernel's own is used");
    Relative->Owner = 0xFFFFFFF0;
    is_bool(RtlValidRelativeSecurityDescriptor(Room, Length, 0), FALSE, "the owner lies outside");
    is_status(RtlCreateSecurityDescriptorRelative(Relative, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS, "empty");
    is_ulong(RtlLengthSecurityDescriptor(Relative), 20, "a bare header");
    is_bool(SeValidSecurityDescriptor(20, Relative), FALSE, "se wants an owner");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_sid();
    test_sid_text();
    test_acl();
    test_mask();
    test_descriptor();
    return done();
}
