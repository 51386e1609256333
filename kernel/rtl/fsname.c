/*
 * File names as file systems and filters handle them: wild cards, comparing, cutting paths into
 * parts, legal characters. The meaning of the five wild cards is that of the public
 * [MS-FSA] 2.1.4.4: * and ?, and DOS's < > and ". Also the two routines that say which NTSTATUS
 * values are expected. Left out: reparse points; 8.3 names are in shortname.c.
 */
#include "rtl.h"
#include "nls.h"

#define A FSRTL_FAT_LEGAL
#define H FSRTL_HPFS_LEGAL
#define N FSRTL_NTFS_LEGAL
#define W FSRTL_WILD_CHARACTER
#define O FSRTL_OLE_LEGAL
#define ALL (A | H | N | O)
#define LONGER (H | N | O) /* legal in long names only */
#define WILD (W | O)
static const UCHAR
    FsRtlpLegal
        [256] =
            {
                /* by character; 0: nowhere, like : / \\ */
                [0x01 ... 0x1F] = O, [' ' ... '!'] = ALL, ['"'] = WILD,
                ['#' ... ')'] = ALL, ['*'] = WILD,        ['+' ... ','] = LONGER,
                ['-' ... '.'] = ALL, ['0' ... '9'] = ALL, [';'] = LONGER,
                ['<'] = WILD,        ['='] = LONGER,      ['>' ... '?'] = WILD,
                ['@' ... 'Z'] = ALL, ['['] = LONGER,      [']'] = LONGER,
                ['^' ... '{'] = ALL, ['|'] = O,           ['}' ... 0x7F] = ALL,
};
#undef A
#undef H
#undef N
#undef W
#undef O
#undef ALL
#undef LONGER
#undef WILD

NT_EXPORT_DATA(FsRtlLegalAnsiCharacterArray);
const UCHAR *const FsRtlLegalAnsiCharacterArray = FsRtlpLegal;

static BOOLEAN FsRtlpIsWild(WCHAR Char)
{
    return Char == '*' || Char == '?' || Char == DOS_STAR || Char == DOS_QM || Char == DOS_DOT;
}

NT_EXPORT(FsRtlDoesNameContainWildCards);
BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    for (ULONG At = 0; At < Name->Length / sizeof(WCHAR); At++)
        if (FsRtlpIsWild(Name->Buffer[At]))
            return TRUE;
    return FALSE;
}

NT_EXPORT(FsRtlDoesDbcsContainWildCards);
BOOLEAN NTAPI FsRtlDoesDbcsContainWildCards(PANSI_STRING Name)
{
    for (ULONG At = 0; At < Name->Length; At++)
        if (FsRtlpIsWild((UCHAR)Name->Buffer[At]))
            return TRUE;
    return FALSE;
}

static WCHAR FsRtlpFold(WCHAR Char, BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    if (!IgnoreCase)
        return Char;
    return UpcaseTable != NULL ? UpcaseTable[Char] : RtlpUpcase(Char);
}

NT_EXPORT(FsRtlAreNamesEqual);
BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING First, PCUNICODE_STRING Second,
                                 BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    if (First->Length != Second->Length)
        return FALSE;
    for (ULONG At = 0; At < First->Length / sizeof(WCHAR); At++)
        if (FsRtlpFold(First->Buffer[At], IgnoreCase, UpcaseTable) !=
            FsRtlpFold(Second->Buffer[At], IgnoreCase, UpcaseTable))
            return FALSE;
    return TRUE;
}

/* ---- the matcher: all places of the expression that the name read so far can have led to ---- */

#define FSRTLP_END 0x10000u /* behind the last character */
#define FSRTLP_STACK_STATES 128

typedef struct _FSRTLP_MATCH {
    PCWCH Expression;
    ULONG Length;
    BOOLEAN FoldExpression, IgnoreCase;
    PCWCH UpcaseTable;
    UCHAR *Now, *Next; /* [Length + 1] */
} FSRTLP_MATCH;

/* Steps that take no character: over stars, over > at a period or the end, over " at the end. */
static VOID FsRtlpCloseStates(const FSRTLP_MATCH *Match, ULONG Char)
{
    for (ULONG At = 0; At < Match->Length; At++) {
        WCHAR Wanted = Match->Expression[At];
        if (Match->Now[At] == 0)
            continue;
        if (Wanted == '*' || Wanted == DOS_STAR ||
            (Wanted == DOS_QM && (Char == '.' || Char == FSRTLP_END)) ||
            (Wanted == DOS_DOT && Char == FSRTLP_END))
            Match->Now[At + 1] = 1;
    }
}

static VOID FsRtlpTakeCharacter(FSRTLP_MATCH *Match, WCHAR Char, BOOLEAN FinalDot)
{
    WCHAR Folded = FsRtlpFold(Char, Match->IgnoreCase, Match->UpcaseTable);
    UCHAR *Swap = Match->Now;

    memset(Match->Next, 0, Match->Length + 1);
    for (ULONG At = 0; At < Match->Length; At++) {
        WCHAR Wanted = Match->Expression[At];
        if (Match->Now[At] == 0)
            continue;
        if (Wanted == '*' || (Wanted == DOS_STAR && !FinalDot))
            Match->Next[At] = 1;
        else if (Wanted == '?' || (Wanted == DOS_QM && Char != '.') ||
                 (Wanted == DOS_DOT && Char == '.') ||
                 (!FsRtlpIsWild(Wanted) &&
                  FsRtlpFold(Wanted, Match->FoldExpression, Match->UpcaseTable) == Folded))
            Match->Next[At + 1] = 1;
    }
    Match->Now = Match->Next;
    Match->Next = Swap;
}

static BOOLEAN FsRtlpRun(FSRTLP_MATCH *Match, PCWCH Name, ULONG Length)
{
    ULONG FinalDot = MAXULONG;

    for (ULONG At = 0; At < Length; At++)
        if (Name[At] == '.')
            FinalDot = At;
    memset(Match->Now, 0, Match->Length + 1);
    Match->Now[0] = 1;
    for (ULONG At = 0; At < Length; At++) {
        FsRtlpCloseStates(Match, Name[At]);
        FsRtlpTakeCharacter(Match, Name[At], At == FinalDot);
    }
    FsRtlpCloseStates(Match, FSRTLP_END);
    return Match->Now[Match->Length] != 0;
}

static BOOLEAN FsRtlpMatches(PCUNICODE_STRING Expression, PCUNICODE_STRING Name,
                             BOOLEAN FoldExpression, BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    UCHAR OnStack[2 * (FSRTLP_STACK_STATES + 1)], *States = OnStack;
    FSRTLP_MATCH Match = {Expression->Buffer,
                          Expression->Length / sizeof(WCHAR),
                          FoldExpression,
                          IgnoreCase,
                          UpcaseTable,
                          NULL,
                          NULL};
    BOOLEAN Result;

    if (Name->Length == 0 || Match.Length == 0)
        return Name->Length == 0 && Match.Length == 0;
    if (Match.Length == 1 && Match.Expression[0] == '*')
        return TRUE;
    if (Match.Length > FSRTLP_STACK_STATES) {
        States = ExAllocatePoolWithTag(PagedPool, 2 * (Match.Length + 1), 'mNsF');
        if (States == NULL)
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES); /* [doc] FsRtlIsNameInExpression */
    }
    Match.Now = States;
    Match.Next = States + Match.Length + 1;
    Result = FsRtlpRun(&Match, Name->Buffer, Name->Length / sizeof(WCHAR));
    if (States != OnStack)
        ExFreePoolWithTag(States, 'mNsF');
    return Result;
}

/* With IgnoreCase the caller has upcased the expression already. [doc] */
NT_EXPORT(FsRtlIsNameInExpression);
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                      BOOLEAN IgnoreCase, PWCHAR UpcaseTable)
{
    return FsRtlpMatches(Expression, Name, FALSE, IgnoreCase, UpcaseTable);
}

NT_EXPORT(FsRtlIsNameInUnUpcasedExpression);
BOOLEAN NTAPI FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                               BOOLEAN IgnoreCase, PWCHAR UpcaseTable)
{
    return FsRtlpMatches(Expression, Name, IgnoreCase, IgnoreCase, UpcaseTable);
}

/* Both are in the OEM code page and upcased. */
NT_EXPORT(FsRtlIsDbcsInExpression);
BOOLEAN NTAPI FsRtlIsDbcsInExpression(PANSI_STRING Expression, PANSI_STRING Name)
{
    UNICODE_STRING WideExpression, WideName;
    BOOLEAN Result;

    if (!NT_SUCCESS(RtlOemStringToUnicodeString(&WideExpression, Expression, TRUE)))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (!NT_SUCCESS(RtlOemStringToUnicodeString(&WideName, Name, TRUE))) {
        RtlFreeUnicodeString(&WideExpression);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Result = FsRtlpMatches(&WideExpression, &WideName, FALSE, FALSE, NULL);
    RtlFreeUnicodeString(&WideName);
    RtlFreeUnicodeString(&WideExpression);
    return Result;
}

/* The first part, without backslashes, and what follows the backslash behind it. Both point into
 * Name. */
NT_EXPORT(FsRtlDissectName);
VOID NTAPI FsRtlDissectName(UNICODE_STRING Name, PUNICODE_STRING First, PUNICODE_STRING Remaining)
{
    ULONG Units = Name.Length / sizeof(WCHAR), Start = 0, End;

    *First = *Remaining = (UNICODE_STRING){0};
    if (Units == 0)
        return;
    if (Name.Buffer[0] == '\\')
        Start = 1;
    for (End = Start; End < Units && Name.Buffer[End] != '\\';)
        End++;
    First->Length = First->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    First->Buffer = Name.Buffer + Start;
    if (End < Units) {
        Remaining->Length = Remaining->MaximumLength = (USHORT)((Units - End - 1) * sizeof(WCHAR));
        Remaining->Buffer = Name.Buffer + End + 1;
    }
}

NT_EXPORT(FsRtlDissectDbcs);
VOID NTAPI FsRtlDissectDbcs(ANSI_STRING Name, PANSI_STRING First, PANSI_STRING Remaining)
{
    USHORT Start = 0, End;

    *First = *Remaining = (ANSI_STRING){0};
    if (Name.Length == 0)
        return;
    if (Name.Buffer[0] == '\\')
        Start = 1;
    for (End = Start; End < Name.Length && Name.Buffer[End] != '\\';)
        End++;
    First->Length = First->MaximumLength = (USHORT)(End - Start);
    First->Buffer = Name.Buffer + Start;
    if (End < Name.Length) {
        Remaining->Length = Remaining->MaximumLength = (USHORT)(Name.Length - End - 1);
        Remaining->Buffer = Name.Buffer + End + 1;
    }
}

/* The four that mean that the file system's own code went wrong. [doc] FsRtlIsNtstatusExpected */
NT_EXPORT(FsRtlIsNtstatusExpected);
BOOLEAN NTAPI FsRtlIsNtstatusExpected(NTSTATUS Status)
{
    return Status != STATUS_DATATYPE_MISALIGNMENT && Status != STATUS_ACCESS_VIOLATION &&
           Status != STATUS_ILLEGAL_INSTRUCTION && Status != STATUS_INSTRUCTION_MISALIGNMENT;
}

NT_EXPORT(FsRtlNormalizeNtstatus);
NTSTATUS NTAPI FsRtlNormalizeNtstatus(NTSTATUS Status, NTSTATUS GenericStatus)
{
    return FsRtlIsNtstatusExpected(Status) ? Status : GenericStatus;
}

/* A bad block is not the whole device's failure. [doc] FsRtlIsTotalDeviceFailure */
NT_EXPORT(FsRtlIsTotalDeviceFailure);
BOOLEAN NTAPI FsRtlIsTotalDeviceFailure(NTSTATUS Status)
{
    return !NT_SUCCESS(Status) && Status != STATUS_CRC_ERROR && Status != STATUS_DEVICE_DATA_ERROR;
}
