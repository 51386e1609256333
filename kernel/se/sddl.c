/*
 * Security Descriptor Definition Language to descriptors. [doc "Security Descriptor String Format", "ACE Strings",
 * "SID Strings"]. Models owner, group, both lists with their flags, all simple and object ACE types, mandatory labels,
 * rights by name or number. Not modelled: conditional and resource attribute ACEs (STATUS_INVALID_PARAMETER), SIDs of
 * a domain the machine has not joined (STATUS_INVALID_SID).
 */
#include "sep.h"

typedef struct _SEP_TEXT { /* what is left */
    PCWSTR At, End;
} SEP_TEXT, *PSEP_TEXT;

static WCHAR SepPeek(PSEP_TEXT Text)
{
    return Text->At < Text->End ? *Text->At : 0;
}

static VOID SepSkipBlanks(PSEP_TEXT Text)
{
    while (SepPeek(Text) == L' ' || SepPeek(Text) == L'\t' || SepPeek(Text) == L'\n' ||
           SepPeek(Text) == L'\r')
        Text->At++;
}

static WCHAR SepUpper(WCHAR Char)
{
    return Char >= L'a' && Char <= L'z' ? Char - (L'a' - L'A') : Char;
}

/* Takes Word, ASCII, if it comes next; case does not count. */
static BOOLEAN SepTake(PSEP_TEXT Text, const char *Word)
{
    PCWSTR At = Text->At;

    for (; *Word != 0; Word++, At++)
        if (At >= Text->End || SepUpper(*At) != (WCHAR)*Word)
            return FALSE;
    Text->At = At;
    return TRUE;
}

/* ---- numbers ---- */

static LONG SepDigit(WCHAR Char)
{
    Char = SepUpper(Char);
    if (Char >= L'0' && Char <= L'9')
        return Char - L'0';
    return Char >= L'A' && Char <= L'F' ? Char - L'A' + 10 : -1;
}

/* Decimal, 0x hexadecimal or 0 octal. FALSE: no number, or more than Limit. */
static BOOLEAN SepTakeNumber(PSEP_TEXT Text, ULONG64 Limit, PULONG64 Value)
{
    ULONG Base = 10;
    PCWSTR First;

    if (SepTake(Text, "0X"))
        Base = 16;
    else if (SepPeek(Text) == L'0' && Text->At + 1 < Text->End && SepDigit(Text->At[1]) >= 0)
        Base = 8;
    First = Text->At;
    *Value = 0;
    for (;;) {
        LONG Digit = SepDigit(SepPeek(Text));

        if (Digit < 0 || (ULONG)Digit >= Base || SepPeek(Text) == 0)
            break;
        if (*Value > (Limit - Digit) / Base)
            return FALSE;
        *Value = *Value * Base + Digit;
        Text->At++;
    }
    return Text->At > First;
}

/* ---- SIDs ---- */

static const struct {
    char Name[3];
    UCHAR Authority;
    USHORT First;  /* sub-authority; 32: BUILTIN; 21: the machine's accounts */
    ULONG Second;  /* 0: none */
} SepSidAlias[] = {
    {"AC", 15, 2, 1},    {"AN", 5, 7, 0},     {"AO", 5, 32, 548}, {"AA", 5, 32, 579},
    {"AS", 18, 1, 0},    {"AU", 5, 11, 0},    {"BA", 5, 32, 544}, {"BG", 5, 32, 546},
    {"BO", 5, 32, 551},  {"BU", 5, 32, 545},  {"CD", 5, 32, 574}, {"CG", 3, 1, 0},
    {"CO", 3, 0, 0},     {"CY", 5, 32, 569},  {"ED", 5, 9, 0},    {"ER", 5, 32, 573},
    {"ES", 5, 32, 576},  {"HA", 5, 32, 578},  {"HI", 16, 12288, 0}, {"IS", 5, 32, 568},
    {"IU", 5, 4, 0},     {"LA", 5, 21, 500},  {"LG", 5, 21, 501}, {"LS", 5, 19, 0},
    {"LU", 5, 32, 559},  {"LW", 16, 4096, 0}, {"ME", 16, 8192, 0}, {"MP", 16, 8448, 0},
    {"MS", 5, 32, 577},  {"MU", 5, 32, 558},  {"NO", 5, 32, 556}, {"NS", 5, 20, 0},
    {"NU", 5, 2, 0},     {"OW", 3, 4, 0},     {"PO", 5, 32, 550}, {"PS", 5, 10, 0},
    {"PU", 5, 32, 547},  {"RA", 5, 32, 575},  {"RC", 5, 12, 0},   {"RD", 5, 32, 555},
    {"RE", 5, 32, 552},  {"RM", 5, 32, 580},  {"RU", 5, 32, 554}, {"SI", 16, 16384, 0},
    {"SO", 5, 32, 549},  {"SS", 18, 2, 0},    {"SU", 5, 6, 0},    {"SY", 5, 18, 0},
    {"UD", 5, 84, 0},    {"WD", 1, 0, 0},     {"WR", 5, 33, 0},
};

/* Aliases of accounts in a domain; this machine has joined none. */
static const char SepDomainAlias[][3] = {"AP", "CA", "CN", "DA", "DC", "DD", "DG", "DU",
                                         "EA", "EK", "KA", "PA", "RO", "RS", "SA"};

static VOID SepFillAlias(ULONG Row, SEP_SID *Sid)
{
    SID_IDENTIFIER_AUTHORITY Authority = {{0, 0, 0, 0, 0, SepSidAlias[Row].Authority}};

    if (SepSidAlias[Row].First == 21) {
        SepMachineSid(Sid, SepSidAlias[Row].Second);
        return;
    }
    RtlInitializeSid(&Sid->Sid, &Authority, SepSidAlias[Row].Second != 0 ? 2 : 1);
    *RtlSubAuthoritySid(&Sid->Sid, 0) = SepSidAlias[Row].First;
    if (SepSidAlias[Row].First == 84) { /* user-mode drivers: S-1-5-84-0-0-0-0-0 */
        RtlInitializeSid(&Sid->Sid, &Authority, 6);
        RtlZeroMemory(RtlSubAuthoritySid(&Sid->Sid, 1), 5 * sizeof(ULONG));
    }
    if (SepSidAlias[Row].Second != 0)
        *RtlSubAuthoritySid(&Sid->Sid, 1) = SepSidAlias[Row].Second;
}

/* S-1-authority-sub-sub..., after "S-". */
static NTSTATUS SepTakeNumericSid(PSEP_TEXT Text, SEP_SID *Sid)
{
    SID_IDENTIFIER_AUTHORITY Authority;
    ULONG64 Value;
    UCHAR Count = 0;
    ULONG i;

    if (!SepTakeNumber(Text, 0xFF, &Value) || Value != SID_REVISION || !SepTake(Text, "-") ||
        !SepTakeNumber(Text, 0xFFFFFFFFFFFFull, &Value))
        return STATUS_INVALID_SID;
    for (i = 0; i < 6; i++)
        Authority.Value[i] = (UCHAR)(Value >> (8 * (5 - i)));
    while (SepTake(Text, "-")) {
        if (Count == SID_MAX_SUB_AUTHORITIES || !SepTakeNumber(Text, MAXULONG, &Value))
            return STATUS_INVALID_SID;
        *RtlSubAuthoritySid(&Sid->Sid, Count++) = (ULONG)Value;
    }
    if (Count == 0)
        return STATUS_INVALID_SID;
    RtlInitializeSid(&Sid->Sid, &Authority, Count);
    return STATUS_SUCCESS;
}

static NTSTATUS SepTakeSid(PSEP_TEXT Text, SEP_SID *Sid)
{
    ULONG i;

    SepSkipBlanks(Text);
    if (SepTake(Text, "S-"))
        return SepTakeNumericSid(Text, Sid);
    for (i = 0; i < RTL_NUMBER_OF(SepSidAlias); i++) {
        if (!SepTake(Text, SepSidAlias[i].Name))
            continue;
        SepFillAlias(i, Sid);
        return STATUS_SUCCESS;
    }
    for (i = 0; i < RTL_NUMBER_OF(SepDomainAlias); i++)
        if (SepTake(Text, SepDomainAlias[i]))
            return STATUS_INVALID_SID;
    return STATUS_INVALID_PARAMETER;
}

/* ---- ACEs ---- */

typedef struct _SEP_WORD {
    char Name[4];
    ULONG Value;
} SEP_WORD;

static const SEP_WORD SepAceTypes[] = {
    {"OA", SEP_ALLOWED_OBJECT_ACE}, {"OD", SEP_DENIED_OBJECT_ACE},
    {"OU", SEP_AUDIT_OBJECT_ACE},   {"OL", SEP_ALARM_OBJECT_ACE},
    {"AU", SYSTEM_AUDIT_ACE_TYPE},  {"AL", 3},
    {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE},
    {"A", ACCESS_ALLOWED_ACE_TYPE}, {"D", ACCESS_DENIED_ACE_TYPE},
};

static const SEP_WORD SepAceFlags[] = {
    {"CI", CONTAINER_INHERIT_ACE},      {"OI", OBJECT_INHERIT_ACE},
    {"NP", NO_PROPAGATE_INHERIT_ACE},   {"IO", INHERIT_ONLY_ACE},
    {"ID", INHERITED_ACE},              {"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
    {"FA", FAILED_ACCESS_ACE_FLAG},
};

/* File and key rights are spelled as the masks that the names stand for. */
static const SEP_WORD SepRights[] = {
    {"GA", GENERIC_ALL}, {"GR", GENERIC_READ}, {"GW", GENERIC_WRITE}, {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL}, {"SD", DELETE}, {"WD", WRITE_DAC}, {"WO", WRITE_OWNER},
    {"CC", 0x001}, {"DC", 0x002}, {"LC", 0x004}, {"SW", 0x008}, {"RP", 0x010}, {"WP", 0x020},
    {"DT", 0x040}, {"LO", 0x080}, {"CR", 0x100},
    {"FA", FILE_ALL_ACCESS}, {"FR", FILE_GENERIC_READ}, {"FW", FILE_GENERIC_WRITE},
    {"FX", FILE_GENERIC_EXECUTE},
    {"KA", KEY_ALL_ACCESS}, {"KR", KEY_READ}, {"KW", KEY_WRITE}, {"KX", KEY_EXECUTE},
    {"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP}, {"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
    {"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
};

/* Takes one word of Table; FALSE: none comes next. */
static BOOLEAN SepTakeWord(PSEP_TEXT Text, const SEP_WORD *Table, ULONG Count, PULONG Value)
{
    ULONG i;

    for (i = 0; i < Count; i++) {
        if (!SepTake(Text, Table[i].Name))
            continue;
        *Value = Table[i].Value;
        return TRUE;
    }
    return FALSE;
}

/* Words or'ed up to the next semicolon. */
static BOOLEAN SepTakeWords(PSEP_TEXT Text, const SEP_WORD *Table, ULONG Count, PULONG Mask)
{
    ULONG Value;

    *Mask = 0;
    for (;;) {
        SepSkipBlanks(Text);
        if (SepPeek(Text) == L';')
            return TRUE;
        if (!SepTakeWord(Text, Table, Count, &Value))
            return FALSE;
        *Mask |= Value;
    }
}

static BOOLEAN SepTakeRights(PSEP_TEXT Text, PULONG Mask)
{
    ULONG64 Value;

    SepSkipBlanks(Text);
    if (SepPeek(Text) < L'0' || SepPeek(Text) > L'9')
        return SepTakeWords(Text, SepRights, RTL_NUMBER_OF(SepRights), Mask);
    if (!SepTakeNumber(Text, MAXULONG, &Value))
        return FALSE;
    *Mask = (ULONG)Value;
    SepSkipBlanks(Text);
    return TRUE;
}

static BOOLEAN SepTakeHex(PSEP_TEXT Text, ULONG Digits, PULONG Value)
{
    *Value = 0;
    while (Digits-- > 0) {
        LONG Digit = SepDigit(SepPeek(Text));

        if (Digit < 0)
            return FALSE;
        *Value = *Value << 4 | (ULONG)Digit;
        Text->At++;
    }
    return TRUE;
}

/* xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, or nothing. */
static BOOLEAN SepTakeGuid(PSEP_TEXT Text, GUID *Guid, PBOOLEAN Present)
{
    ULONG Value, i;

    SepSkipBlanks(Text);
    *Present = SepPeek(Text) != L';';
    if (!*Present)
        return TRUE;
    if (!SepTakeHex(Text, 8, &Value) || !SepTake(Text, "-"))
        return FALSE;
    Guid->Data1 = Value;
    if (!SepTakeHex(Text, 4, &Value) || !SepTake(Text, "-"))
        return FALSE;
    Guid->Data2 = (USHORT)Value;
    if (!SepTakeHex(Text, 4, &Value) || !SepTake(Text, "-"))
        return FALSE;
    Guid->Data3 = (USHORT)Value;
    for (i = 0; i < 8; i++) {
        if (!SepTakeHex(Text, 2, &Value) || (i == 1 && !SepTake(Text, "-")))
            return FALSE;
        Guid->Data4[i] = (UCHAR)Value;
    }
    SepSkipBlanks(Text);
    return TRUE;
}

typedef struct _SEP_ACE_TEXT { /* one ACE, read */
    ULONG Type, Flags, Mask;
    GUID ObjectType, InheritedType;
    BOOLEAN HasObjectType, HasInheritedType;
    SEP_SID Sid;
} SEP_ACE_TEXT;

static NTSTATUS SepTakeAce(PSEP_TEXT Text, SEP_ACE_TEXT *Ace)
{
    NTSTATUS Status;

    SepSkipBlanks(Text);
    if (!SepTakeWord(Text, SepAceTypes, RTL_NUMBER_OF(SepAceTypes), &Ace->Type) ||
        !SepTake(Text, ";") ||
        !SepTakeWords(Text, SepAceFlags, RTL_NUMBER_OF(SepAceFlags), &Ace->Flags) ||
        !SepTake(Text, ";") || !SepTakeRights(Text, &Ace->Mask) || !SepTake(Text, ";") ||
        !SepTakeGuid(Text, &Ace->ObjectType, &Ace->HasObjectType) || !SepTake(Text, ";") ||
        !SepTakeGuid(Text, &Ace->InheritedType, &Ace->HasInheritedType) || !SepTake(Text, ";"))
        return STATUS_INVALID_PARAMETER;
    Status = SepTakeSid(Text, &Ace->Sid);
    SepSkipBlanks(Text);
    if (NT_SUCCESS(Status) && !SepTake(Text, ")"))
        Status = STATUS_INVALID_PARAMETER;
    return Status;
}

static BOOLEAN SepIsObjectType(ULONG Type)
{
    return Type >= SEP_ALLOWED_OBJECT_ACE && Type <= SEP_ALARM_OBJECT_ACE;
}

static BOOLEAN SepPutAce(PACL Acl, const SEP_ACE_TEXT *From)
{
    ULONG64 Room[(sizeof(SEP_ACE) + sizeof(ULONG) + 2 * sizeof(GUID) + SEP_MAXIMUM_SID_BYTES + 7) / 8];
    PSEP_ACE Ace = (PSEP_ACE)Room;
    PUCHAR At = Ace->Rest;
    ULONG SidBytes = RtlLengthSid((PSID)&From->Sid);

    Ace->Header.AceType = (UCHAR)From->Type;
    Ace->Header.AceFlags = (UCHAR)From->Flags;
    Ace->Mask = From->Mask;
    if (SepIsObjectType(From->Type)) {
        Acl->AclRevision = ACL_REVISION_DS;
        *(PULONG)At = (From->HasObjectType ? SEP_OBJECT_TYPE_PRESENT : 0) |
                      (From->HasInheritedType ? SEP_INHERITED_TYPE_PRESENT : 0);
        At += sizeof(ULONG);
        if (From->HasObjectType) {
            RtlCopyMemory(At, &From->ObjectType, sizeof(GUID));
            At += sizeof(GUID);
        }
        if (From->HasInheritedType) {
            RtlCopyMemory(At, &From->InheritedType, sizeof(GUID));
            At += sizeof(GUID);
        }
    }
    RtlCopyMemory(At, &From->Sid, SidBytes);
    Ace->Header.AceSize = (USHORT)(At + SidBytes - (PUCHAR)Ace);
    return SepAppendAce(Acl, Ace);
}

/* An ACE belongs in a DACL or a SACL, never in the other. */
static BOOLEAN SepIsSaclType(ULONG Type)
{
    return Type == SYSTEM_AUDIT_ACE_TYPE || Type == 3 || Type == SEP_AUDIT_OBJECT_ACE ||
           Type == SEP_ALARM_OBJECT_ACE || Type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

static NTSTATUS SepTakeAces(PSEP_TEXT Text, PACL Acl, BOOLEAN IsSacl)
{
    SEP_ACE_TEXT Ace;

    for (SepSkipBlanks(Text); SepTake(Text, "("); SepSkipBlanks(Text)) {
        NTSTATUS Status = SepTakeAce(Text, &Ace);

        if (!NT_SUCCESS(Status))
            return Status;
        if (SepIsSaclType(Ace.Type) != IsSacl ||
            (!SepIsObjectType(Ace.Type) && (Ace.HasObjectType || Ace.HasInheritedType)))
            return STATUS_INVALID_PARAMETER;
        if (!SepPutAce(Acl, &Ace))
            return STATUS_INVALID_ACL;
    }
    return STATUS_SUCCESS;
}

/* ---- the whole ---- */

typedef struct _SEP_SDDL {
    SECURITY_DESCRIPTOR New;
    SEP_SID Owner, Group;
} SEP_SDDL, *PSEP_SDDL;

/* Room for every ACE that the text can hold: at least "(A;;;;;WD)" a piece. */
static ULONG SepAclRoom(PSEP_TEXT Text)
{
    ULONG Bytes = sizeof(ACL);
    PCWSTR At;

    for (At = Text->At; At < Text->End; At++)
        if (*At == L'(')
            Bytes += sizeof(SEP_ACE) + sizeof(ULONG) + 2 * sizeof(GUID) + SEP_MAXIMUM_SID_BYTES;
    return Bytes > 0xFFFC ? 0xFFFC : Bytes;
}

static NTSTATUS SepTakeAcl(PSEP_TEXT Text, BOOLEAN IsSacl, SECURITY_DESCRIPTOR *New)
{
    ULONG Room = SepAclRoom(Text);
    USHORT Shift = IsSacl ? 1 : 0; /* each SACL flag is the DACL's doubled; presence and default two bits up */
    PACL Acl;

    New->Control |= IsSacl ? SE_SACL_PRESENT : SE_DACL_PRESENT;
    for (SepSkipBlanks(Text);; SepSkipBlanks(Text)) {
        if (SepTake(Text, "P"))
            New->Control |= SE_DACL_PROTECTED << Shift;
        else if (SepTake(Text, "AR"))
            New->Control |= SE_DACL_AUTO_INHERIT_REQ << Shift;
        else if (SepTake(Text, "AI"))
            New->Control |= SE_DACL_AUTO_INHERITED << Shift;
        else
            break;
    }
    if (SepTake(Text, "NO_ACCESS_CONTROL"))
        return STATUS_SUCCESS; /* a null list */
    Acl = ExAllocatePool2(POOL_FLAG_PAGED, Room, SEP_TAG_ACL);
    if (Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCreateAcl(Acl, Room, ACL_REVISION);
    if (IsSacl)
        New->Sacl = Acl;
    else
        New->Dacl = Acl;
    return SepTakeAces(Text, Acl, IsSacl);
}

/* One component, each at most once. */
static NTSTATUS SepTakeComponent(PSEP_TEXT Text, PSEP_SDDL Sddl)
{
    if (SepTake(Text, "O:")) {
        if (Sddl->New.Owner != NULL)
            return STATUS_INVALID_PARAMETER;
        Sddl->New.Owner = (PSID)&Sddl->Owner;
        return SepTakeSid(Text, &Sddl->Owner);
    }
    if (SepTake(Text, "G:")) {
        if (Sddl->New.Group != NULL)
            return STATUS_INVALID_PARAMETER;
        Sddl->New.Group = (PSID)&Sddl->Group;
        return SepTakeSid(Text, &Sddl->Group);
    }
    if (SepTake(Text, "D:"))
        return (Sddl->New.Control & SE_DACL_PRESENT) != 0 ? STATUS_INVALID_PARAMETER
                                                          : SepTakeAcl(Text, FALSE, &Sddl->New);
    if (SepTake(Text, "S:"))
        return (Sddl->New.Control & SE_SACL_PRESENT) != 0 ? STATUS_INVALID_PARAMETER
                                                          : SepTakeAcl(Text, TRUE, &Sddl->New);
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS SeConvertSddl(PCUNICODE_STRING Source, PSECURITY_DESCRIPTOR *Descriptor, PULONG Bytes)
{
    SEP_TEXT Text = {Source->Buffer, Source->Buffer + Source->Length / sizeof(WCHAR)};
    SEP_SDDL Sddl = {.New = {.Revision = SECURITY_DESCRIPTOR_REVISION}};
    NTSTATUS Status = STATUS_SUCCESS;

    *Descriptor = NULL;
    for (SepSkipBlanks(&Text); NT_SUCCESS(Status) && SepPeek(&Text) != 0; SepSkipBlanks(&Text))
        Status = SepTakeComponent(&Text, &Sddl);
    if (NT_SUCCESS(Status) && Text.At != Text.End)
        Status = STATUS_INVALID_PARAMETER; /* a NUL inside the text */
    if (Sddl.New.Dacl != NULL)
        SepTrimAcl(Sddl.New.Dacl);
    if (Sddl.New.Sacl != NULL)
        SepTrimAcl(Sddl.New.Sacl);
    if (NT_SUCCESS(Status))
        Status = SepMakeRelative(&Sddl.New, PagedPool, Descriptor);
    if (NT_SUCCESS(Status))
        *Bytes = RtlLengthSecurityDescriptor(*Descriptor);
    if (Sddl.New.Dacl != NULL)
        ExFreePoolWithTag(Sddl.New.Dacl, SEP_TAG_ACL);
    if (Sddl.New.Sacl != NULL)
        ExFreePoolWithTag(Sddl.New.Sacl, SEP_TAG_ACL);
    return Status;
}
