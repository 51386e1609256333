/*
 * SDDL of device objects: "D:P(A;;GA;;;SY)(A;;0x1200a0;;;BA)". Understood: the P flag, ACEs of type A without flags or object
 * GUIDs, rights by name or as a hexadecimal number, the well-known SID names and S-1-... in full. Left out, as in
 * Microsoft's library: owners, groups, audit ACEs.
 */
#include "sddl.h"

#define SDDL_TAG 'lddS'
#define SDDL_MAX_SUB_AUTHORITIES 8

typedef struct _SDDL_CURSOR {
    PCWSTR At;
    PCWSTR End;
} SDDL_CURSOR;

typedef struct _SDDL_SID {
    UCHAR Revision;
    UCHAR Count;
    UCHAR Authority[6];
    ULONG Sub[SDDL_MAX_SUB_AUTHORITIES];
} SDDL_SID;

typedef struct _SDDL_BLOCK { /* one allocation: the descriptor, then its ACL */
    SECURITY_DESCRIPTOR Descriptor;
    ACL Acl;
} SDDL_BLOCK;

typedef struct _SDDL_NAME {
    WCHAR Name[2];
    ULONG Value;
} SDDL_NAME;

static const SDDL_NAME Rights[] = {
    {L"GA", GENERIC_ALL}, {L"GR", GENERIC_READ}, {L"GW", GENERIC_WRITE}, {L"GX", GENERIC_EXECUTE},
    {L"RC", READ_CONTROL}, {L"SD", DELETE}, {L"WD", WRITE_DAC}, {L"WO", WRITE_OWNER},
    {L"FA", FILE_ALL_ACCESS}, {L"FR", FILE_GENERIC_READ}, {L"FW", FILE_GENERIC_WRITE}, {L"FX", FILE_GENERIC_EXECUTE},
    {L"CC", 0x1}, {L"DC", 0x2}, {L"LC", 0x4}, {L"SW", 0x8}, {L"RP", 0x10}, {L"WP", 0x20}, {L"DT", 0x40}, {L"LO", 0x80},
    {L"CR", 0x100},
};

typedef struct _SDDL_ALIAS {
    WCHAR Name[2];
    UCHAR Authority; /* last byte of the identifier authority */
    UCHAR Count;
    ULONG Sub[2];
} SDDL_ALIAS;

static const SDDL_ALIAS Aliases[] = {
    {L"WD", 1, 1, {0, 0}},      /* world */
    {L"CO", 3, 1, {0, 0}},      /* creator owner */
    {L"CG", 3, 1, {1, 0}},      /* creator group */
    {L"NU", 5, 1, {2, 0}},      /* network */
    {L"IU", 5, 1, {4, 0}},      /* interactive */
    {L"SU", 5, 1, {6, 0}},      /* service */
    {L"AN", 5, 1, {7, 0}},      /* anonymous */
    {L"AU", 5, 1, {11, 0}},     /* authenticated users */
    {L"RC", 5, 1, {12, 0}},     /* restricted code */
    {L"SY", 5, 1, {18, 0}},     /* local system */
    {L"LS", 5, 1, {19, 0}},     /* local service */
    {L"NS", 5, 1, {20, 0}},     /* network service */
    {L"BA", 5, 2, {32, 544}},   /* administrators */
    {L"BU", 5, 2, {32, 545}},   /* users */
    {L"BG", 5, 2, {32, 546}},   /* guests */
    {L"PU", 5, 2, {32, 547}},   /* power users */
    {L"AO", 5, 2, {32, 548}},   /* account operators */
    {L"SO", 5, 2, {32, 549}},   /* server operators */
    {L"PO", 5, 2, {32, 550}},   /* printer operators */
    {L"BO", 5, 2, {32, 551}},   /* backup operators */
};

static BOOLEAN SddlTake(SDDL_CURSOR *Cursor, WCHAR Wanted)
{
    if (Cursor->At == Cursor->End || *Cursor->At != Wanted)
        return FALSE;
    Cursor->At++;
    return TRUE;
}

static BOOLEAN SddlStartsWith(const SDDL_CURSOR *Cursor, const WCHAR Name[2])
{
    return Cursor->End - Cursor->At >= 2 && Cursor->At[0] == Name[0] && Cursor->At[1] == Name[1];
}

static LONG SddlDigit(WCHAR c, ULONG Base)
{
    ULONG Digit;

    if (c >= '0' && c <= '9')
        Digit = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        Digit = (c | 0x20) - 'a' + 10;
    else
        return -1;
    return Digit < Base ? (LONG)Digit : -1;
}

static BOOLEAN SddlTakeNumber(SDDL_CURSOR *Cursor, ULONG Base, ULONG *Value)
{
    ULONG64 Sum = 0;
    PCWSTR Start = Cursor->At;

    while (Cursor->At != Cursor->End && SddlDigit(*Cursor->At, Base) >= 0) {
        Sum = Sum * Base + SddlDigit(*Cursor->At++, Base);
        if (Sum > MAXULONG)
            return FALSE;
    }
    *Value = (ULONG)Sum;
    return Cursor->At != Start;
}

static BOOLEAN SddlTakeRight(SDDL_CURSOR *Cursor, ACCESS_MASK *Mask)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(Rights); i++) {
        if (SddlStartsWith(Cursor, Rights[i].Name)) {
            Cursor->At += 2;
            *Mask |= Rights[i].Value;
            return TRUE;
        }
    }
    return FALSE;
}

/* Rights up to the next ';'. */
static BOOLEAN SddlTakeRights(SDDL_CURSOR *Cursor, ACCESS_MASK *Mask)
{
    *Mask = 0;
    if (SddlStartsWith(Cursor, L"0x") || SddlStartsWith(Cursor, L"0X")) {
        Cursor->At += 2;
        return SddlTakeNumber(Cursor, 16, Mask);
    }
    while (SddlTakeRight(Cursor, Mask)) {
    }
    return TRUE;
}

/* "S-1-authority-sub-sub...", the cursor behind "S-". */
static BOOLEAN SddlTakeLiteralSid(SDDL_CURSOR *Cursor, SDDL_SID *Sid)
{
    ULONG Value;

    if (!SddlTakeNumber(Cursor, 10, &Value) || Value != SID_REVISION || !SddlTake(Cursor, '-') ||
        !SddlTakeNumber(Cursor, 10, &Value))
        return FALSE;
    Sid->Revision = SID_REVISION;
    for (ULONG i = 0; i < 4; i++)
        Sid->Authority[5 - i] = (UCHAR)(Value >> (8 * i));
    while (SddlTake(Cursor, '-')) {
        if (Sid->Count == SDDL_MAX_SUB_AUTHORITIES || !SddlTakeNumber(Cursor, 10, &Sid->Sub[Sid->Count]))
            return FALSE;
        Sid->Count++;
    }
    return Sid->Count != 0;
}

static BOOLEAN SddlTakeSid(SDDL_CURSOR *Cursor, SDDL_SID *Sid)
{
    RtlZeroMemory(Sid, sizeof(*Sid));
    if (SddlStartsWith(Cursor, L"S-")) {
        Cursor->At += 2;
        return SddlTakeLiteralSid(Cursor, Sid);
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Aliases); i++) {
        if (SddlStartsWith(Cursor, Aliases[i].Name)) {
            Cursor->At += 2;
            Sid->Revision = SID_REVISION;
            Sid->Count = Aliases[i].Count;
            Sid->Authority[5] = Aliases[i].Authority;
            RtlCopyMemory(Sid->Sub, Aliases[i].Sub, sizeof(Aliases[i].Sub));
            return TRUE;
        }
    }
    return FALSE;
}

/* One "(A;;rights;;;sid)". */
static BOOLEAN SddlTakeAce(SDDL_CURSOR *Cursor, ACCESS_MASK *Mask, SDDL_SID *Sid)
{
    return SddlTake(Cursor, '(') && SddlTake(Cursor, 'A') && SddlTake(Cursor, ';') && SddlTake(Cursor, ';') &&
           SddlTakeRights(Cursor, Mask) && SddlTake(Cursor, ';') && SddlTake(Cursor, ';') && SddlTake(Cursor, ';') &&
           SddlTakeSid(Cursor, Sid) && SddlTake(Cursor, ')');
}

/* Goes through the ACEs at Cursor; adds them to Acl, or only counts their bytes when it is NULL. */
static NTSTATUS SddlTakeAces(SDDL_CURSOR Cursor, PACL Acl, ULONG *Bytes)
{
    ACCESS_MASK Mask;
    SDDL_SID Sid;
    NTSTATUS Status;

    *Bytes = 0;
    while (Cursor.At != Cursor.End) {
        if (!SddlTakeAce(&Cursor, &Mask, &Sid))
            return STATUS_INVALID_PARAMETER;
        *Bytes += FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthRequiredSid(Sid.Count);
        if (Acl != NULL) {
            Status = RtlAddAccessAllowedAce(Acl, ACL_REVISION, Mask, (PSID)&Sid);
            if (!NT_SUCCESS(Status))
                return Status;
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SddlFill(SDDL_BLOCK *Block, ULONG AclBytes, SDDL_CURSOR Aces, BOOLEAN Protected)
{
    ULONG Bytes;
    NTSTATUS Status;

    Status = RtlCreateSecurityDescriptor(&Block->Descriptor, SECURITY_DESCRIPTOR_REVISION);
    if (NT_SUCCESS(Status))
        Status = RtlCreateAcl(&Block->Acl, AclBytes, ACL_REVISION);
    if (NT_SUCCESS(Status))
        Status = SddlTakeAces(Aces, &Block->Acl, &Bytes);
    if (NT_SUCCESS(Status))
        Status = RtlSetDaclSecurityDescriptor(&Block->Descriptor, TRUE, &Block->Acl, FALSE);
    if (NT_SUCCESS(Status) && Protected)
        Block->Descriptor.Control |= SE_DACL_PROTECTED;
    return Status;
}

NTSTATUS SddlBuildDescriptor(PCUNICODE_STRING Sddl, PSECURITY_DESCRIPTOR *Descriptor)
{
    SDDL_CURSOR Cursor = {Sddl->Buffer, Sddl->Buffer + Sddl->Length / sizeof(WCHAR)};
    BOOLEAN Protected;
    SDDL_BLOCK *Block;
    ULONG Bytes;
    NTSTATUS Status;

    *Descriptor = NULL;
    if (!SddlTake(&Cursor, 'D') || !SddlTake(&Cursor, ':'))
        return STATUS_INVALID_PARAMETER;
    Protected = SddlTake(&Cursor, 'P');
    Status = SddlTakeAces(Cursor, NULL, &Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    Block = ExAllocatePoolWithTag(PagedPool, sizeof(*Block) + Bytes, SDDL_TAG);
    if (Block == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = SddlFill(Block, sizeof(ACL) + Bytes, Cursor, Protected);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Block, SDDL_TAG);
        return Status;
    }
    *Descriptor = &Block->Descriptor;
    return STATUS_SUCCESS;
}
