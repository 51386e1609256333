/*
 * Virtual unwinding of x64 frames: all unwind codes of versions 1 and 2, chained data, machine
 * frames, and epilogues recognised from their instructions. Source: "x64 exception handling" and
 * "x64 prolog and epilog" [doc]. Unwind data of version 3 (experimental) is refused.
 */
#include "seh.h"

enum { /* unwind operations */
       OpPushNonvol,
       OpAllocLarge,
       OpAllocSmall,
       OpSetFpreg,
       OpSaveNonvol,
       OpSaveNonvolFar,
       OpEpilog, /* version 2; version 1 had SAVE_XMM here */
       OpSpare,
       OpSaveXmm128,
       OpSaveXmm128Far,
       OpPushMachframe
};

typedef struct _UNWIND_CODE {
    UCHAR Offset, Op : 4, Info : 4;
} UNWIND_CODE;
typedef struct _UNWIND_INFO {
    UCHAR Version : 3, Flags : 5;
    UCHAR PrologBytes;
    UCHAR CodeCount;
    UCHAR FrameRegister : 4, FrameOffset : 4;
    UNWIND_CODE Code[];
} UNWIND_INFO;

#define RTLP_CHAIN_LIMIT 32
#define RTLP_REGISTER_RSP 4

typedef struct _UNWINDER {
    PCONTEXT Context;
    PKNONVOLATILE_CONTEXT_POINTERS Pointers;
    ULONG64 ImageBase;
    ULONG64 Pages[2]; /* pages known to be readable */
    BOOLEAN Checked;  /* test each read first */
    BOOLEAN IsReturn; /* Rip is a return address: never in an epilogue */
    BOOLEAN MachineFrame;
} UNWINDER;

/* ---- reads ---- */

static BOOLEAN RtlpIsPageReadable(UNWINDER *Unwinder, ULONG64 Page)
{
    if (Unwinder->Pages[0] == Page || Unwinder->Pages[1] == Page)
        return TRUE;
    if (!RtlpIsReadable(Page, PAGE_SIZE))
        return FALSE;
    Unwinder->Pages[1] = Unwinder->Pages[0];
    Unwinder->Pages[0] = Page;
    return TRUE;
}

/* Bytes is at most a page. */
static BOOLEAN RtlpCanRead(UNWINDER *Unwinder, ULONG64 Address, SIZE_T Bytes)
{
    ULONG64 Last = Address + Bytes - 1;

    if (!Unwinder->Checked)
        return TRUE;
    if (Address < PAGE_SIZE || Last < Address)
        return FALSE;
    return RtlpIsPageReadable(Unwinder, Address & ~(ULONG64)(PAGE_SIZE - 1)) &&
           RtlpIsPageReadable(Unwinder, Last & ~(ULONG64)(PAGE_SIZE - 1));
}

static ULONG64 *RtlpRegister(UNWINDER *Unwinder, ULONG Number)
{
    return &Unwinder->Context->Rax + Number;
}

static BOOLEAN RtlpLoadRegister(UNWINDER *Unwinder, ULONG Number, ULONG64 Address)
{
    if (!RtlpCanRead(Unwinder, Address, sizeof(ULONG64)))
        return FALSE;
    *RtlpRegister(Unwinder, Number) = *(ULONG64 *)Address;
    if (Unwinder->Pointers != NULL)
        Unwinder->Pointers->IntegerContext[Number] = (PULONG64)Address;
    return TRUE;
}

static BOOLEAN RtlpLoadXmm(UNWINDER *Unwinder, ULONG Number, ULONG64 Address)
{
    if (!RtlpCanRead(Unwinder, Address, sizeof(M128A)))
        return FALSE;
    RtlCopyMemory(&(&Unwinder->Context->Xmm0)[Number], (PVOID)Address,
                  sizeof(M128A)); /* may be unaligned */
    if (Unwinder->Pointers != NULL)
        Unwinder->Pointers->FloatingContext[Number] = (PM128A)Address;
    return TRUE;
}

static BOOLEAN RtlpPopRip(UNWINDER *Unwinder)
{
    PCONTEXT Context = Unwinder->Context;

    if (!RtlpCanRead(Unwinder, Context->Rsp, sizeof(ULONG64)))
        return FALSE;
    Context->Rip = *(ULONG64 *)Context->Rsp;
    Context->Rsp += sizeof(ULONG64);
    return TRUE;
}

/* ---- unwind data ---- */

static ULONG RtlpCodeSlots(const UNWIND_INFO *Info, UNWIND_CODE Code)
{
    switch (Code.Op) {
    case OpAllocLarge:
        return Code.Info == 0 ? 2 : 3;
    case OpSaveNonvol:
    case OpSaveXmm128:
        return 2;
    case OpEpilog:
        return Info->Version == 1 ? 2 : 1;
    case OpSaveNonvolFar:
    case OpSaveXmm128Far:
    case OpSpare:
        return 3;
    default:
        return 1;
    }
}

/* The data of Function, its indirection followed; NULL when it cannot be read or is of an unknown
 * version. */
static const UNWIND_INFO *RtlpGetUnwindInfo(UNWINDER *Unwinder, RUNTIME_FUNCTION *Function)
{
    const UNWIND_INFO *Info;
    ULONG64 Address;

    if (Function->UnwindData & 1) {
        Address = Unwinder->ImageBase + (Function->UnwindData & ~1u);
        if (!RtlpCanRead(Unwinder, Address, sizeof(*Function)))
            return NULL;
        *Function = *(RUNTIME_FUNCTION *)Address;
    }
    Info = (const UNWIND_INFO *)(Unwinder->ImageBase + Function->UnwindData);
    if (!RtlpCanRead(Unwinder, (ULONG64)Info, sizeof(*Info)))
        return NULL;
    if (Info->Version != 1 && Info->Version != 2)
        return NULL;
    /* the codes, rounded to an even number, and the chained entry or handler address */
    if (!RtlpCanRead(Unwinder, (ULONG64)Info->Code,
                     ((Info->CodeCount + 1u) & ~1u) * 2 + sizeof(*Function)) &&
        !RtlpCanRead(Unwinder, (ULONG64)Info->Code,
                     ((Info->CodeCount + 1u) & ~1u) * 2 + sizeof(ULONG)))
        return NULL;
    return Info;
}

static PVOID RtlpAfterCodes(const UNWIND_INFO *Info)
{
    return (PVOID)&Info->Code[(Info->CodeCount + 1u) & ~1u];
}

/* Follows the chain to the primary entry: *Function becomes it. FALSE when the data is bad. */
static BOOLEAN RtlpFindPrimary(UNWINDER *Unwinder, RUNTIME_FUNCTION *Function)
{
    const UNWIND_INFO *Info;
    ULONG Depth;

    for (Depth = 0; Depth < RTLP_CHAIN_LIMIT; Depth++) {
        Info = RtlpGetUnwindInfo(Unwinder, Function);
        if (Info == NULL)
            return FALSE;
        if (!(Info->Flags & UNW_FLAG_CHAININFO))
            return TRUE;
        *Function = *(RUNTIME_FUNCTION *)RtlpAfterCodes(Info);
    }
    return FALSE;
}

/* ---- epilogues ---- */

#define RTLP_CODE_WINDOW 64
typedef struct _CODE_READER {
    UNWINDER *Unwinder;
    ULONG64 Next, End; /* End: no byte beyond it is looked at */
} CODE_READER;

/* The byte Ahead of the next one, or -1. */
static int RtlpPeek(CODE_READER *Code, ULONG Ahead)
{
    ULONG64 Address = Code->Next + Ahead;

    if (Address >= Code->End || !RtlpCanRead(Code->Unwinder, Address, 1))
        return -1;
    return *(const UCHAR *)Address;
}

static LONG RtlpPeekLong(CODE_READER *Code, ULONG Ahead)
{
    LONG Value = 0;
    ULONG i;

    for (i = 0; i < 4; i++)
        Value |= (LONG)((ULONG)(UCHAR)RtlpPeek(Code, Ahead + i) << (8 * i));
    return Value;
}

/* [add rsp,n] or [lea rsp,[fp+n]], which may only come first. */
static VOID RtlpSkipDeallocation(CODE_READER *Code, const UNWIND_INFO *Info, ULONG64 *Rsp)
{
    int Rex = RtlpPeek(Code, 0), Op = RtlpPeek(Code, 1), ModRm = RtlpPeek(Code, 2);
    ULONG Register, Sib;

    if (Rex == 0x48 && Op == 0x83 && ModRm == 0xC4 && RtlpPeek(Code, 3) >= 0) {
        *Rsp += (LONG64)(CHAR)RtlpPeek(Code, 3);
        Code->Next += 4;
        return;
    }
    if (Rex == 0x48 && Op == 0x81 && ModRm == 0xC4 && RtlpPeek(Code, 6) >= 0) {
        *Rsp += (LONG64)RtlpPeekLong(Code, 3);
        Code->Next += 7;
        return;
    }
    if ((Rex & ~1) != 0x48 || Op != 0x8D || Info->FrameRegister == 0)
        return;
    Register = (ULONG)(ModRm & 7) | (ULONG)(Rex & 1) << 3;
    Sib = (Register & 7) == RTLP_REGISTER_RSP ? 1 : 0; /* r12 needs a SIB byte */
    if (Register != Info->FrameRegister || ((ModRm >> 3) & 7) != RTLP_REGISTER_RSP)
        return;
    if (ModRm >> 6 == 1 && RtlpPeek(Code, 3 + Sib) >= 0) {
        *Rsp = *RtlpRegister(Code->Unwinder, Register) + (LONG64)(CHAR)RtlpPeek(Code, 3 + Sib);
        Code->Next += 4 + Sib;
    } else if (ModRm >> 6 == 2 && RtlpPeek(Code, 6 + Sib) >= 0) {
        *Rsp = *RtlpRegister(Code->Unwinder, Register) + (LONG64)RtlpPeekLong(Code, 3 + Sib);
        Code->Next += 7 + Sib;
    }
}

/* pop r64: the register's number, or -1. */
static int RtlpTakePop(CODE_READER *Code)
{
    int Byte = RtlpPeek(Code, 0), Next;

    if (Byte >= 0x58 && Byte <= 0x5F) {
        Code->Next += 1;
        return Byte - 0x58;
    }
    Next = RtlpPeek(Code, 1);
    if (Byte >= 0x40 && Byte <= 0x4F && Next >= 0x58 && Next <= 0x5F) {
        Code->Next += 2;
        return Next - 0x58 + ((Byte & 1) ? 8 : 0);
    }
    return -1;
}

/* A jump is a tail call when it leaves the function, or goes to its very beginning. */
static BOOLEAN RtlpIsTailCall(CODE_READER *Code, const RUNTIME_FUNCTION *Function, ULONG64 Target)
{
    RUNTIME_FUNCTION Here = *Function, There;
    ULONG64 Offset = Target - Code->Unwinder->ImageBase, Base;
    PRUNTIME_FUNCTION Entry;

    if (!RtlpFindPrimary(Code->Unwinder, &Here))
        return FALSE;
    if (Offset == Here.BeginAddress)
        return TRUE;
    if (Offset >= Function->BeginAddress && Offset < Function->EndAddress)
        return FALSE;
    Entry = RtlLookupFunctionEntry(Target, &Base, NULL);
    if (Entry == NULL || Base != Code->Unwinder->ImageBase)
        return TRUE;
    There = *Entry;
    return !RtlpFindPrimary(Code->Unwinder, &There) || There.BeginAddress != Here.BeginAddress;
}

static BOOLEAN RtlpIsEpilogEnd(CODE_READER *Code, const RUNTIME_FUNCTION *Function)
{
    int Byte = RtlpPeek(Code, 0), Next = RtlpPeek(Code, 1), Third = RtlpPeek(Code, 2);

    if (Byte == 0xC3 || Byte == 0xC2 || (Byte == 0xF3 && Next == 0xC3) ||
        (Byte == 0xF2 && Next == 0xC3))
        return TRUE;
    if (Byte == 0xEB && Next >= 0)
        return RtlpIsTailCall(Code, Function, Code->Next + 2 + (LONG64)(CHAR)Next);
    if (Byte == 0xE9 && RtlpPeek(Code, 4) >= 0)
        return RtlpIsTailCall(Code, Function, Code->Next + 5 + (LONG64)RtlpPeekLong(Code, 1));
    if (Byte == 0xFF && Next == 0x25) /* jmp [rip+n] */
        return TRUE;
    if (Byte >= 0x48 && Byte <= 0x4F && Next == 0xFF &&
        Third >= 0) /* rex.w jmp: the form reserved for epilogues */
        return ((Third >> 3) & 7) == 4;
    return FALSE;
}

/* Version 2: does the data place Offset (in the function) in an epilogue? Each code is one slot,
 * all come first. */
static BOOLEAN RtlpIsInListedEpilog(const UNWIND_INFO *Info, const RUNTIME_FUNCTION *Function,
                                    ULONG Offset)
{
    ULONG Bytes = Function->EndAddress - Function->BeginAddress, EpilogBytes, i, Start;

    if (Info->CodeCount == 0 || Info->Code[0].Op != OpEpilog)
        return FALSE;
    EpilogBytes = Info->Code[0].Offset;
    if ((Info->Code[0].Info & 1) && Bytes >= EpilogBytes && Offset >= Bytes - EpilogBytes &&
        Offset < Bytes)
        return TRUE;
    for (i = 1; i < Info->CodeCount && Info->Code[i].Op == OpEpilog; i++) {
        Start = Info->Code[i].Offset | (ULONG)Info->Code[i].Info << 8;
        if (Start == 0 || Start > Bytes)
            continue; /* padding */
        Start = Bytes - Start;
        if (Offset >= Start && Offset <= Start + EpilogBytes)
            return TRUE;
    }
    return FALSE;
}

/*
 * Is the program counter in an epilogue? Then what is left of it is carried out: TRUE. Two passes:
 * nothing is changed before the whole form has been seen.
 */
static BOOLEAN RtlpUnwindEpilog(UNWINDER *Unwinder, const RUNTIME_FUNCTION *Function,
                                const UNWIND_INFO *Info, BOOLEAN *Failed)
{
    CODE_READER Code = { Unwinder, Unwinder->Context->Rip,
                         Unwinder->ImageBase + Function->EndAddress };
    ULONG64 Rsp = Unwinder->Context->Rsp, Start;
    int Register;

    if (Info->Version == 2 &&
        !RtlpIsInListedEpilog(Info, Function,
                              (ULONG)(Code.Next - Unwinder->ImageBase) - Function->BeginAddress))
        return FALSE;
    RtlpSkipDeallocation(&Code, Info, &Rsp);
    Start = Code.Next;
    while (RtlpTakePop(&Code) >= 0)
        if (Code.Next - Start > RTLP_CODE_WINDOW)
            return FALSE;
    if (!RtlpIsEpilogEnd(&Code, Function))
        return FALSE;
    Code.Next = Start;
    Unwinder->Context->Rsp = Rsp;
    while ((Register = RtlpTakePop(&Code)) >= 0) {
        *Failed |= !RtlpLoadRegister(Unwinder, (ULONG)Register, Unwinder->Context->Rsp);
        if (*Failed)
            return TRUE;
        if (Register != RTLP_REGISTER_RSP)
            Unwinder->Context->Rsp += sizeof(ULONG64);
    }
    *Failed |= !RtlpPopRip(Unwinder);
    return TRUE;
}

/* ---- prologues ---- */

static BOOLEAN RtlpUnwindMachineFrame(UNWINDER *Unwinder, ULONG HasErrorCode)
{
    PCONTEXT Context = Unwinder->Context;
    ULONG64 Frame = Context->Rsp + (HasErrorCode ? sizeof(ULONG64) : 0);

    if (!RtlpCanRead(Unwinder, Frame, 5 * sizeof(ULONG64)))
        return FALSE;
    Context->Rip = ((ULONG64 *)Frame)[0];
    Context->EFlags = (ULONG)((ULONG64 *)Frame)[2];
    Context->Rsp = ((ULONG64 *)Frame)[3];
    Unwinder->MachineFrame = TRUE;
    return TRUE;
}

static BOOLEAN RtlpUndoCode(UNWINDER *Unwinder, const UNWIND_INFO *Info, ULONG Index, ULONG64 Frame)
{
    UNWIND_CODE Code = Info->Code[Index];
    const USHORT *Slot = (const USHORT *)&Info->Code[Index + 1];
    ULONG64 *Rsp = &Unwinder->Context->Rsp;

    switch (Code.Op) {
    case OpPushNonvol:
        if (!RtlpLoadRegister(Unwinder, Code.Info, *Rsp))
            return FALSE;
        *Rsp += Code.Info == RTLP_REGISTER_RSP ? 0 : sizeof(ULONG64);
        return TRUE;
    case OpAllocLarge:
        *Rsp += Code.Info == 0 ? Slot[0] * 8ull : Slot[0] + ((ULONG64)Slot[1] << 16);
        return TRUE;
    case OpAllocSmall:
        *Rsp += Code.Info * 8ull + 8;
        return TRUE;
    case OpSetFpreg:
        *Rsp = *RtlpRegister(Unwinder, Info->FrameRegister) - Info->FrameOffset * 16ull;
        return TRUE;
    case OpSaveNonvol:
        return RtlpLoadRegister(Unwinder, Code.Info, Frame + Slot[0] * 8ull);
    case OpSaveNonvolFar:
        return RtlpLoadRegister(Unwinder, Code.Info, Frame + Slot[0] + ((ULONG64)Slot[1] << 16));
    case OpSaveXmm128:
        return RtlpLoadXmm(Unwinder, Code.Info, Frame + Slot[0] * 16ull);
    case OpSaveXmm128Far:
        return RtlpLoadXmm(Unwinder, Code.Info, Frame + Slot[0] + ((ULONG64)Slot[1] << 16));
    case OpPushMachframe:
        return RtlpUnwindMachineFrame(Unwinder, Code.Info);
    default: /* epilogue descriptions and the codes of old compilers that nothing reads any more */
        return Code.Op <= OpSpare;
    }
}

/* The frame base at Offset bytes into the function. */
static ULONG64 RtlpFrameBase(UNWINDER *Unwinder, const UNWIND_INFO *Info, ULONG Offset)
{
    ULONG i;

    if (Info->FrameRegister == 0)
        return Unwinder->Context->Rsp;
    if (Offset < Info->PrologBytes) {
        for (i = 0; i < Info->CodeCount; i += RtlpCodeSlots(Info, Info->Code[i]))
            if (Info->Code[i].Op == OpSetFpreg)
                break;
        if (i >= Info->CodeCount ? !(Info->Flags & UNW_FLAG_CHAININFO)
                                 : Info->Code[i].Offset > Offset)
            return Unwinder->Context
                ->Rsp; /* a chained fragment begins with the frame register set */
    }
    return *RtlpRegister(Unwinder, Info->FrameRegister) - Info->FrameOffset * 16ull;
}

/* Undoes what the prologue had done Offset bytes into the function. */
static BOOLEAN RtlpUndoProlog(UNWINDER *Unwinder, const UNWIND_INFO *Info, ULONG Offset,
                              ULONG64 Frame)
{
    ULONG i, Slots;

    for (i = 0; i < Info->CodeCount; i += Slots) {
        Slots = RtlpCodeSlots(Info, Info->Code[i]);
        if (i + Slots > Info->CodeCount)
            return FALSE;
        if (Info->Code[i].Op == OpEpilog || Info->Code[i].Offset > Offset)
            continue;
        if (!RtlpUndoCode(Unwinder, Info, i, Frame))
            return FALSE;
    }
    return TRUE;
}

/* One frame. On TRUE *Handler is the language handler of HandlerType, or NULL. */
static BOOLEAN RtlpUnwind(UNWINDER *Unwinder, ULONG HandlerType, RUNTIME_FUNCTION Function,
                          PEXCEPTION_ROUTINE *Handler, PVOID *HandlerData,
                          PULONG64 EstablisherFrame)
{
    ULONG Offset = (ULONG)(Unwinder->Context->Rip - Unwinder->ImageBase) - Function.BeginAddress;
    const UNWIND_INFO *Info = RtlpGetUnwindInfo(Unwinder, &Function);
    BOOLEAN Failed = FALSE, InProlog;
    ULONG64 Frame;
    ULONG Depth;

    *Handler = NULL;
    if (Info == NULL)
        return FALSE;
    InProlog = Offset < Info->PrologBytes;
    *EstablisherFrame = Frame = RtlpFrameBase(Unwinder, Info, Offset);
    if (!InProlog && !Unwinder->IsReturn && RtlpUnwindEpilog(Unwinder, &Function, Info, &Failed))
        return !Failed;
    for (Depth = 0; Depth < RTLP_CHAIN_LIMIT; Depth++) {
        if (!RtlpUndoProlog(Unwinder, Info, Offset, Frame))
            return FALSE;
        if (!(Info->Flags & UNW_FLAG_CHAININFO))
            break;
        Function = *(RUNTIME_FUNCTION *)RtlpAfterCodes(Info);
        Info = RtlpGetUnwindInfo(Unwinder, &Function);
        if (Info == NULL)
            return FALSE;
        Offset = MAXULONG; /* the primary's prologue is behind us */
    }
    if (!Unwinder->MachineFrame && !RtlpPopRip(Unwinder))
        return FALSE;
    if (!InProlog && (Info->Flags & HandlerType & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER))) {
        ULONG *Data = RtlpAfterCodes(Info);

        *Handler = (PEXCEPTION_ROUTINE)(Unwinder->ImageBase + Data[0]);
        *HandlerData = Data + 1;
    }
    return TRUE;
}

BOOLEAN RtlpUnwindFrame(ULONG HandlerType, ULONG64 ImageBase, PRUNTIME_FUNCTION FunctionEntry,
                        PCONTEXT Context, PEXCEPTION_ROUTINE *Handler, PVOID *HandlerData,
                        PULONG64 EstablisherFrame, BOOLEAN *MachineFrame)
{
    UNWINDER Unwinder = { .Context = Context,
                          .ImageBase = ImageBase,
                          .Checked = TRUE,
                          .IsReturn = (Context->ContextFlags & RTLP_CONTEXT_UNWOUND_TO_CALL) != 0 };
    BOOLEAN Done;

    *Handler = NULL;
    *EstablisherFrame = Context->Rsp;
    if (FunctionEntry == NULL)
        Done = RtlpPopRip(&Unwinder);
    else
        Done = RtlpUnwind(&Unwinder, HandlerType, *FunctionEntry, Handler, HandlerData,
                          EstablisherFrame);
    *MachineFrame = Unwinder.MachineFrame;
    Context->ContextFlags |= RTLP_CONTEXT_UNWOUND_TO_CALL;
    if (Unwinder.MachineFrame)
        Context->ContextFlags &= ~RTLP_CONTEXT_UNWOUND_TO_CALL;
    return Done;
}

NT_EXPORT(RtlVirtualUnwind);
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    UNWINDER Unwinder = { .Context = Context, .Pointers = ContextPointers, .ImageBase = ImageBase };
    PEXCEPTION_ROUTINE Handler;

    Context->Rip = ControlPc;
    if (!RtlpUnwind(&Unwinder, HandlerType, *FunctionEntry, &Handler, HandlerData,
                    EstablisherFrame))
        RtlRaiseStatus(STATUS_BAD_FUNCTION_TABLE);
    return Handler;
}
