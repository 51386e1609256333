/*
 * The kernel's SDDL parser, which is linked into this driver: no exported routine takes SDDL. A table of texts, then
 * texts with one or two characters changed, which must give a valid descriptor or a status, and leave no pool.
 */
#include "security.h"

NTSTATUS SeConvertSddl(PCUNICODE_STRING Sddl, PSECURITY_DESCRIPTOR *Descriptor, PULONG Bytes);

/* What the parser takes from the rest of se, over exported routines. */
BOOLEAN SepAppendAce(PACL Acl, PACE_HEADER Ace);
VOID SepTrimAcl(PACL Acl);
NTSTATUS SepMakeRelative(SECURITY_DESCRIPTOR *Absolute, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Result);
VOID SepMachineSid(PSID Sid, ULONG Rid);

BOOLEAN SepAppendAce(PACL Acl, PACE_HEADER Ace)
{
    return NT_SUCCESS(RtlAddAce(Acl, Acl->AclRevision, MAXULONG, Ace, Ace->AceSize));
}

VOID SepTrimAcl(PACL Acl)
{
    PUCHAR At = (PUCHAR)(Acl + 1);

    for (USHORT i = 0; i < Acl->AceCount; i++)
        At += ((PACE_HEADER)At)->AceSize;
    Acl->AclSize = (USHORT)(At - (PUCHAR)Acl);
}

NTSTATUS SepMakeRelative(SECURITY_DESCRIPTOR *Absolute, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Result)
{
    ULONG Bytes = 0;
    PVOID New;

    UNREFERENCED_PARAMETER(PoolType);
    RtlAbsoluteToSelfRelativeSD(Absolute, NULL, &Bytes);
    New = ExAllocatePoolWithTag(PagedPool, Bytes, 'tseT');
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Result = New;
    return RtlAbsoluteToSelfRelativeSD(Absolute, New, &Bytes);
}

VOID SepMachineSid(PSID Sid, ULONG Rid)
{
    SID_IDENTIFIER_AUTHORITY Authority = SECURITY_NT_AUTHORITY;

    RtlInitializeSid(Sid, &Authority, 5);
    for (ULONG i = 0; i < 5; i++)
        *RtlSubAuthoritySid(Sid, i) = i == 0 ? 21 : i == 4 ? Rid : i;
}

typedef struct _ROW {
    PCWSTR Text;
    NTSTATUS Status;
    ULONG Aces, Index; /* how many the list has, which is looked at */
    UCHAR Type, Flags;
    ACCESS_MASK Mask;
    PCWSTR Sid; /* NULL: none is looked at */
    USHORT Control;
    BOOLEAN Sacl;
} ROW;

#define SELF SE_SELF_RELATIVE
#define DACL (SE_DACL_PRESENT | SELF)

static const ROW Table[] = {
    {L"", STATUS_SUCCESS, 0, 0, 0, 0, 0, NULL, SELF, 0},
    {L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)", STATUS_SUCCESS, 3, 1, 0, 0, 0xE0000000, L"S-1-5-32-544",
     DACL | SE_DACL_PROTECTED, 0},
    {L"D:", STATUS_SUCCESS, 0, 0, 0, 0, 0, NULL, DACL, 0},
    {L"D:NO_ACCESS_CONTROL", STATUS_SUCCESS, 0, 0, 0, 0, 0, NULL, DACL, 0},
    {L"D:PARAI(D;OICINPIO;0x1f01ff;;;S-1-5-21-1-2-3-1001)", STATUS_SUCCESS, 1, 0, 1, 0xF, 0x1F01FF,
     L"S-1-5-21-1-2-3-1001",
     DACL | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED, 0},
    {L"O:SYG:SYD:(A;;FRFX;;;AU)", STATUS_SUCCESS, 1, 0, 0, 0, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE, L"S-1-5-11",
     DACL, 0},
    {L"D:(A;;KR;;;LS)(A;;RCSDWDWO;;;NS)", STATUS_SUCCESS, 2, 1, 0, 0, 0xF0000, L"S-1-5-20", DACL, 0},
    {L"D:(A;;CCDCLCSWRPWPDTLOCR;;;IU)", STATUS_SUCCESS, 1, 0, 0, 0, 0x1FF, L"S-1-5-4", DACL, 0},
    {L"S:(ML;;NWNR;;;HI)", STATUS_SUCCESS, 1, 0, 0x11, 0, 3, L"S-1-16-12288", SE_SACL_PRESENT | SELF, 1},
    {L"S:PAI(AU;SAFA;GA;;;WD)", STATUS_SUCCESS, 1, 0, 2, 0xC0, GENERIC_ALL, L"S-1-1-0",
     SE_SACL_PRESENT | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED | SELF, 1},
    {L"D:(A;;GA;;;UD)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-84-0-0-0-0-0", DACL, 0},
    {L"D:(A;;GA;;;AC)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-15-2-1", DACL, 0},
    {L"D:(A;;GA;;;OW)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-3-4", DACL, 0},
    {L"d:p(a;;ga;;;sy)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-18", DACL | SE_DACL_PROTECTED, 0},
    {L" D:P (A; ;GA;;;SY) ", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-18", DACL | SE_DACL_PROTECTED, 0},
    {L"D:(A;;10;;;WD)", STATUS_SUCCESS, 1, 0, 0, 0, 10, L"S-1-1-0", DACL, 0},
    {L"D:(A;;010;;;WD)", STATUS_SUCCESS, 1, 0, 0, 0, 8, L"S-1-1-0", DACL, 0},
    {L"D:(A;;GA;;;S-1-0x1000000000-7)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-0x001000000000-7", DACL, 0},
    {L"D:(A;;GA;;;LA)", STATUS_SUCCESS, 1, 0, 0, 0, GENERIC_ALL, L"S-1-5-21-1-2-3-500", DACL, 0},
    {L"D:(OA;;GA;;;WD)", STATUS_SUCCESS, 1, 0, 5, 0, GENERIC_ALL, NULL, DACL, 0},
    {L"D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)", STATUS_SUCCESS, 1, 0, 5, 0, 0x100, NULL, DACL, 0},
    {L"D:(A;;GA;;;XX)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;S-1)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;S-1-5-4294967296)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;DA)", STATUS_INVALID_SID, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;SY", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;XX;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;QQ;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;0x1ffffffff;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(OA;;GA;ab721a53;;WD)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(XA;;GA;;;WD;(x))", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(AU;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"S:(A;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"D:(A;;GA;;;SY)D:(A;;GA;;;SY)", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"O:SYO:SY", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"O:", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
    {L"nonsense", STATUS_INVALID_PARAMETER, 0, 0, 0, 0, 0, NULL, 0, 0},
};

static VOID check_ace(const ROW *Row, PACL Acl)
{
    UNICODE_STRING Text = {0};
    ACCESS_ALLOWED_ACE *Ace;
    PVOID Found = NULL;

    if (!is_status(RtlGetAce(Acl, Row->Index, &Found), STATUS_SUCCESS, "entry %u", Row->Index))
        return;
    Ace = Found;
    is_ulong(Ace->Header.AceType, Row->Type, "type");
    is_hex(Ace->Header.AceFlags, Row->Flags, "flags");
    is_hex(Ace->Mask, Row->Mask, "rights");
    if (Row->Sid == NULL)
        return;
    RtlConvertSidToUnicodeString(&Text, &Ace->SidStart, TRUE);
    is_unicode(&Text, Row->Sid, "SID");
    RtlFreeUnicodeString(&Text);
}

static VOID check_row(const ROW *Row)
{
    PSECURITY_DESCRIPTOR Descriptor = (PSECURITY_DESCRIPTOR)1;
    BOOLEAN Present = FALSE, Defaulted;
    UNICODE_STRING Text;
    ULONG Bytes = 0;
    PACL Acl = NULL;

    RtlInitUnicodeString(&Text, Row->Text);
    is_status(SeConvertSddl(&Text, &Descriptor, &Bytes), Row->Status, "'%ws'", Row->Text);
    if (!NT_SUCCESS(Row->Status)) {
        is_ptr(Descriptor, NULL, "nothing is returned");
        return;
    }
    is_bool(RtlValidRelativeSecurityDescriptor(Descriptor, Bytes, 0), TRUE, "valid");
    is_hex(((SECURITY_DESCRIPTOR_RELATIVE *)Descriptor)->Control, Row->Control, "control");
    if (Row->Sacl)
        RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Acl, &Defaulted);
    else
        RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Acl, &Defaulted);
    is_ulong(Acl != NULL ? Acl->AceCount : 0, Row->Aces, "entries");
    if (Row->Aces != 0 && Acl != NULL)
        check_ace(Row, Acl);
    ExFreePool(Descriptor);
}

/* The same texts on every run. */
static ULONG next_number(PULONG State)
{
    *State = *State * 1664525 + 1013904223;
    return *State >> 8;
}

static VOID test_damaged(VOID)
{
    static const WCHAR Letters[] = L"ADGOSPWXY();:-x0189,\0 ";
    WCHAR Room[128];
    ULONG State = 1, Good = 0, Bad = 0, Invalid = 0;

    for (ULONG i = 0; i < 20000; i++) {
        const ROW *Row = &Table[next_number(&State) % RTL_NUMBER_OF(Table)];
        UNICODE_STRING Text, Copy = {0, sizeof(Room), Room};
        PSECURITY_DESCRIPTOR Descriptor = NULL;
        ULONG Bytes = 0, Chars;

        RtlInitUnicodeString(&Text, Row->Text);
        RtlCopyUnicodeString(&Copy, &Text);
        Chars = Copy.Length / sizeof(WCHAR);
        for (ULONG Changes = 1 + next_number(&State) % 2; Chars != 0 && Changes != 0; Changes--)
            Room[next_number(&State) % Chars] = Letters[next_number(&State) % (RTL_NUMBER_OF(Letters) - 1)];
        if (!NT_SUCCESS(SeConvertSddl(&Copy, &Descriptor, &Bytes))) {
            Bad++;
            continue;
        }
        Good++;
        if (!RtlValidRelativeSecurityDescriptor(Descriptor, Bytes, 0))
            Invalid++;
        ExFreePool(Descriptor);
    }
    is_ulong(Invalid, 0, "what was taken is valid");
    ok(Good > 100 && Bad > 100, "some were taken, some were not");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++)
        check_row(&Table[i]);
    test_damaged();
    return done();
}
