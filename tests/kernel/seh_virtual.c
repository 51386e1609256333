/*
 * RtlVirtualUnwind over hand-made functions: every unwind code, at each instruction of prologues
 * and epilogues, chained data, machine frames, version 2 epilogue data. The "image" is a structure
 * in this driver; its code is never run.
 */
#include "tap.h"
#include "unwind.h"

#define OP(Offset, Op, Info) (UCHAR)(Offset), (UCHAR)((Op) | (Info) << 4)
#define WORD(Value) (UCHAR)(Value), (UCHAR)((Value) >> 8)
#define INFO(Version, Flags, Prolog, Codes, Register, FrameOffset) \
    (UCHAR)((Version) | (Flags) << 3), (Prolog), (Codes), (UCHAR)((Register) | (FrameOffset) << 4)

enum {
    PUSH_NONVOL,
    ALLOC_LARGE,
    ALLOC_SMALL,
    SET_FPREG,
    SAVE_NONVOL,
    SAVE_NONVOL_FAR,
    EPILOG,
    SPARE,
    SAVE_XMM128,
    SAVE_XMM128_FAR,
    PUSH_MACHFRAME
};
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* RVAs in the hand-made image. */
#define CODE_RVA 0x00
#define DATA_RVA 0x80
#define CHAINED_RVA 0xC0

static struct {
    UCHAR Code[0x80];
    UCHAR Data[0x40];
    UCHAR Chained[0x40];
} Image __attribute__((aligned(16)));

static ULONG64 Stack[64] __attribute__((aligned(16)));

/* Slots of the stack are told apart by what they hold. */
#define SLOT_VALUE(Index) (0x5100000000000000ull + (Index))

typedef struct _STEP {
    UCHAR Offset; /* of the program counter in the function */
    CHAR RspSlot; /* rsp is &Stack[RspSlot] there */
    CHAR Frame;   /* expected establisher frame: a slot */
} STEP;

typedef struct _FUNCTION {
    const char *Name;
    UCHAR Code[0x40];
    UCHAR Data[0x40];
    UCHAR Bytes;                    /* length of the function */
    CHAR ReturnSlot;                /* the return address */
    CHAR RbpSlot;                   /* rbp holds &Stack[RbpSlot] in the body; -1: nothing special */
    UCHAR BodyStart;                /* rbp holds it from here on ... */
    UCHAR BodyEnd;                  /* ... to here */
    CHAR RbxSlot, RsiSlot, XmmSlot; /* where the caller's are saved, -1: nowhere */
    CHAR RbpSaved;
    STEP Steps[12];
    UCHAR StepCount;
} FUNCTION;

static const FUNCTION Functions[] = {
    { .Name = "pushes and a small allocation",
      /*        0: push rsi  1: push rbx  2: sub rsp,28h          6: nop  7: add rsp,28h          B:
         pop rbx C: pop rsi D: ret */
      .Code = { 0x56, 0x53, 0x48, 0x83, 0xEC, 0x28, 0x90, 0x48, 0x83, 0xC4, 0x28, 0x5B, 0x5E,
                0xC3 },
      .Data = { INFO(1, 0, 6, 3, 0, 0), OP(6, ALLOC_SMALL, 4), OP(2, PUSH_NONVOL, RBX),
                OP(1, PUSH_NONVOL, RSI) },
      .Bytes = 14,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 18,
      .RsiSlot = 19,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 0, 20, 20 },
                 { 1, 19, 19 },
                 { 2, 18, 18 },
                 { 6, 13, 13 },
                 { 7, 13, 13 },
                 { 11, 18, 18 },
                 { 12, 19, 19 },
                 { 13, 20, 20 } },
      .StepCount = 8 },
    { .Name = "a frame register, saved registers",
      /* 0: push rbp  1: sub rsp,60h  5: lea rbp,[rsp+20h]  A: mov [rbp+10h],rbx  E: movaps
         [rbp+20h],xmm6  12: nop 13: lea rsp,[rbp+40h]  17: pop rbp  18: ret */
      .Code = { 0x55, 0x48, 0x83, 0xEC, 0x60, 0x48, 0x8D, 0x6C, 0x24, 0x20, 0x48, 0x89, 0x5D,
                0x10, 0x0F, 0x29, 0x75, 0x20, 0x90, 0x48, 0x8D, 0x65, 0x40, 0x5D, 0xC3 },
      .Data = { INFO(1, 0, 18, 7, RBP, 2), OP(18, SAVE_XMM128, 6), WORD(4),
                OP(14, SAVE_NONVOL, RBX), WORD(6), OP(10, SET_FPREG, 0), OP(5, ALLOC_SMALL, 11),
                OP(1, PUSH_NONVOL, RBP) },
      .Bytes = 25,
      .ReturnSlot = 30,
      .RbpSlot = 21,
      .BodyStart = 10,
      .BodyEnd = 0x17,
      .RbxSlot = 23,
      .RsiSlot = -1,
      .XmmSlot = 25,
      .RbpSaved = 29,
      .Steps = { { 18, 17, 17 } },
      .StepCount = 1 },
    { .Name = "the frame register's prologue and epilogue",
      .Code = { 0x55, 0x48, 0x83, 0xEC, 0x60, 0x48, 0x8D, 0x6C, 0x24, 0x20, 0x48, 0x89, 0x5D,
                0x10, 0x0F, 0x29, 0x75, 0x20, 0x90, 0x48, 0x8D, 0x65, 0x40, 0x5D, 0xC3 },
      .Data = { INFO(1, 0, 18, 7, RBP, 2), OP(18, SAVE_XMM128, 6), WORD(4),
                OP(14, SAVE_NONVOL, RBX), WORD(6), OP(10, SET_FPREG, 0), OP(5, ALLOC_SMALL, 11),
                OP(1, PUSH_NONVOL, RBP) },
      .Bytes = 25,
      .ReturnSlot = 30,
      .RbpSlot = 21,
      .BodyStart = 10,
      .BodyEnd = 0x17,
      .RbxSlot = -1,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = 29,
      /* after lea rsp the frame is still told by rbp; what mov saved, the body has put back before
       */
      .Steps = { { 1, 29, 29 }, { 5, 17, 17 }, { 10, 17, 17 }, { 19, 17, 17 }, { 0x17, 29, 0 } },
      .StepCount = 5 },
    { .Name = "a large allocation, in units of eight",
      .Code = { 0x48, 0x81, 0xEC, 0x98, 0, 0, 0, 0x90, 0x48, 0x81, 0xC4, 0x98, 0, 0, 0, 0xC3 },
      .Data = { INFO(1, 0, 7, 2, 0, 0), OP(7, ALLOC_LARGE, 0), WORD(0x98 / 8) },
      .Bytes = 16,
      .ReturnSlot = 30,
      .RbpSlot = -1,
      .RbxSlot = -1,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 0, 30, 30 }, { 7, 11, 11 }, { 8, 11, 11 }, { 15, 30, 30 } },
      .StepCount = 4 },
    { .Name = "a large allocation, in bytes, and far saves",
      .Code = { 0x48, 0x81, 0xEC, 0x98, 0, 0, 0, 0x90, 0x90, 0x90, 0x90, 0xC3 },
      .Data = { INFO(1, 0, 9, 9, 0, 0), OP(9, SAVE_XMM128_FAR, 6), WORD(0x20), WORD(0),
                OP(8, SAVE_NONVOL_FAR, RSI), WORD(0x48), WORD(0), OP(7, ALLOC_LARGE, 1), WORD(0x98),
                WORD(0) },
      .Bytes = 12,
      .ReturnSlot = 30,
      .RbpSlot = -1,
      .RbxSlot = -1,
      .RsiSlot = 20,
      .XmmSlot = 15,
      .RbpSaved = -1,
      .Steps = { { 9, 11, 11 }, { 10, 11, 11 } },
      .StepCount = 2 },
    { .Name = "an epilogue that ends in a jump through memory",
      .Code = { 0x53, 0x90, 0x5B, 0x48, 0xFF, 0x25, 0, 0, 0, 0 },
      .Data = { INFO(1, 0, 1, 1, 0, 0), OP(1, PUSH_NONVOL, RBX) },
      .Bytes = 10,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 19,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 1, 19, 19 }, { 2, 19, 19 }, { 3, 20, 20 } },
      .StepCount = 3 },
    { .Name = "an epilogue that ends in a tail call",
      .Code = { 0x53, 0x90, 0x5B, 0xE9, 0, 1, 0, 0 },
      .Data = { INFO(1, 0, 1, 1, 0, 0), OP(1, PUSH_NONVOL, RBX) },
      .Bytes = 8,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 19,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 2, 19, 19 }, { 3, 20, 20 } },
      .StepCount = 2 },
    { .Name = "a jump inside the function is no epilogue",
      .Code = { 0x53, 0x90, 0xEB, 0x01, 0x90, 0x90, 0x5B, 0xC3 },
      .Data = { INFO(1, 0, 1, 1, 0, 0), OP(1, PUSH_NONVOL, RBX) },
      .Bytes = 8,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 19,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 2, 19, 19 }, { 5, 19, 19 }, { 7, 20, 20 } },
      .StepCount = 3 },
    { .Name = "version 2: the listed epilogue at the end",
      .Code = { 0x56, 0x53, 0x90, 0x90, 0x5B, 0x5E, 0xC3 },
      .Data = { INFO(2, 0, 2, 4, 0, 0), OP(3, EPILOG, 1), OP(0, EPILOG, 0), OP(2, PUSH_NONVOL, RBX),
                OP(1, PUSH_NONVOL, RSI) },
      .Bytes = 7,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 18,
      .RsiSlot = 19,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 2, 18, 18 }, { 3, 18, 18 }, { 4, 18, 18 }, { 5, 19, 19 }, { 6, 20, 20 } },
      .StepCount = 5 },
    { .Name = "version 2: what is not listed is no epilogue",
      .Code = { 0x53, 0x90, 0x5B, 0xC3, 0x90, 0x5B, 0xC3 },
      .Data = { INFO(2, 0, 1, 3, 0, 0), OP(2, EPILOG, 1), OP(0, EPILOG, 0),
                OP(1, PUSH_NONVOL, RBX) },
      .Bytes = 7,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 19,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 3, 19, 19 }, { 5, 19, 19 }, { 6, 20, 20 } },
      .StepCount = 3 },
    { .Name = "version 2: a second epilogue by its distance from the end",
      .Code = { 0x53, 0x90, 0x5B, 0xC3, 0x90, 0x5B, 0xC3 },
      .Data = { INFO(2, 0, 1, 3, 0, 0), OP(2, EPILOG, 1), OP(5, EPILOG, 0),
                OP(1, PUSH_NONVOL, RBX) },
      .Bytes = 7,
      .ReturnSlot = 20,
      .RbpSlot = -1,
      .RbxSlot = 19,
      .RsiSlot = -1,
      .XmmSlot = -1,
      .RbpSaved = -1,
      .Steps = { { 2, 19, 19 }, { 3, 20, 20 }, { 5, 19, 19 }, { 6, 20, 20 } },
      .StepCount = 4 },
};

static VOID prepare(const UCHAR *Code, const UCHAR *Data)
{
    ULONG i;

    RtlFillMemory(&Image, sizeof(Image), 0xCC);
    RtlCopyMemory(Image.Code, Code, 0x40);
    RtlCopyMemory(Image.Data, Data, sizeof(Image.Data));
    for (i = 0; i < RTL_NUMBER_OF(Stack); i++)
        Stack[i] = SLOT_VALUE(i);
}

static PEXCEPTION_ROUTINE unwind(ULONG Type, UCHAR Bytes, ULONG Offset, PCONTEXT Context,
                                 PVOID *Data, PULONG64 Frame,
                                 PKNONVOLATILE_CONTEXT_POINTERS Pointers)
{
    RUNTIME_FUNCTION Entry = { CODE_RVA, CODE_RVA + Bytes, DATA_RVA };

    return RtlVirtualUnwind(Type, (ULONG64)&Image, (ULONG64)&Image + Offset, &Entry, Context, Data,
                            Frame, Pointers);
}

/* A register that is not saved yet, or restored already, keeps its mark. */
static VOID check_saved(const FUNCTION *Function, const STEP *Step, PCONTEXT Context,
                        PKNONVOLATILE_CONTEXT_POINTERS Pointers)
{
    is_hex(Context->Rbx,
           Function->RbxSlot >= Step->RspSlot ? SLOT_VALUE(Function->RbxSlot) : 0x0B0B, "rbx");
    is_hex(Context->Rsi,
           Function->RsiSlot >= Step->RspSlot ? SLOT_VALUE(Function->RsiSlot) : 0x0505, "rsi");
    if (Function->XmmSlot >= 0) {
        is_hex(Context->Xmm6.Low, SLOT_VALUE(Function->XmmSlot), "xmm6 is the caller's");
        is_ptr(Pointers->FloatingContext[6], &Stack[(ULONG)Function->XmmSlot],
               "where it was saved");
    }
}

static VOID test_step(const FUNCTION *Function, const STEP *Step)
{
    KNONVOLATILE_CONTEXT_POINTERS Pointers;
    BOOLEAN InBody = Function->RbpSlot >= 0 && Step->Offset >= Function->BodyStart &&
                     Step->Offset <= Function->BodyEnd;
    CONTEXT Context;
    PVOID Data;
    ULONG64 Frame = 1;

    tap_fill(&Context);
    RtlZeroMemory(&Pointers, sizeof(Pointers));
    Context.Rsp = (ULONG64)&Stack[(ULONG)Step->RspSlot];
    Context.Rbp = InBody ? (ULONG64)&Stack[(ULONG)Function->RbpSlot] : 0xBBBB;
    Context.Rbx = 0x0B0B;
    Context.Rsi = 0x0505;
    ok(unwind(UNW_FLAG_EHANDLER, Function->Bytes, Step->Offset, &Context, &Data, &Frame,
              &Pointers) == NULL,
       "%s, at %u: no handler", Function->Name, Step->Offset);
    is_hex(Context.Rip, SLOT_VALUE(Function->ReturnSlot), "return address");
    is_ptr(Context.Rsp, &Stack[Function->ReturnSlot + 1], "rsp");
    if (Step->Frame != 0)
        is_ptr(Frame, &Stack[(ULONG)Step->Frame], "establisher frame");
    if (Function->RbpSaved >= 0)
        is_hex(Context.Rbp,
               Step->RspSlot <= Function->RbpSaved ? SLOT_VALUE(Function->RbpSaved) : 0xBBBB,
               "rbp");
    check_saved(Function, Step, &Context, &Pointers);
}

static VOID test_functions(PVOID Context)
{
    ULONG i, j;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < RTL_NUMBER_OF(Functions); i++) {
        prepare(Functions[i].Code, Functions[i].Data);
        for (j = 0; j < Functions[i].StepCount; j++)
            test_step(&Functions[i], &Functions[i].Steps[j]);
    }
}

/* ---- handlers ---- */

/* push rbx; nop; pop rbx; ret, with a handler for exceptions only: found in the body, not in
 * prologue or epilogue. */
static VOID test_handler(PVOID Unused)
{
    static const UCHAR Code[0x40] = { 0x53, 0x90, 0x5B, 0xC3 };
    static const UCHAR Data[0x40] = { INFO(1, UNW_FLAG_EHANDLER, 1, 1, 0, 0),
                                      OP(1, PUSH_NONVOL, RBX),
                                      WORD(0),
                                      WORD(0x1234),
                                      WORD(0),
                                      WORD(0xBEEF),
                                      WORD(0xDEAD) };
    static const struct {
        ULONG Type;
        UCHAR Offset, RspSlot;
        BOOLEAN Found;
        const char *Text;
    } Cases[] = {
        { UNW_FLAG_EHANDLER, 1, 19, TRUE, "in the body" },
        { UNW_FLAG_EHANDLER, 0, 20, FALSE, "in the prologue" },
        { UNW_FLAG_EHANDLER, 3, 20, FALSE, "in the epilogue" },
        { UNW_FLAG_UHANDLER, 1, 19, FALSE, "of the other kind" },
        { UNW_FLAG_NHANDLER, 1, 19, FALSE, "not asked for" },
    };
    PEXCEPTION_ROUTINE Handler;
    CONTEXT Context;
    PVOID HandlerData;
    ULONG64 Frame;
    ULONG i;

    UNREFERENCED_PARAMETER(Unused);
    prepare(Code, Data);
    for (i = 0; i < RTL_NUMBER_OF(Cases); i++) {
        tap_fill(&Context);
        HandlerData = NULL;
        Context.Rsp = (ULONG64)&Stack[Cases[i].RspSlot];
        Handler = unwind(Cases[i].Type, 4, Cases[i].Offset, &Context, &HandlerData, &Frame, NULL);
        is_ptr(Handler, Cases[i].Found ? (ULONG64)&Image + 0x1234 : 0, "a handler %s",
               Cases[i].Text);
        if (Cases[i].Found)
            is_hex(*(ULONG *)HandlerData, 0xDEADBEEF, "its data");
        is_hex(Context.Rip, SLOT_VALUE(20), "return address");
    }
}

/* ---- chained data ---- */

/* The function's second fragment saved rsi; its parent pushed rbx and allocated. */
static VOID test_chained(PVOID Unused)
{
    static const UCHAR Code[0x40] = { 0x90, 0x90, 0x90, 0x90 };
    static const UCHAR Data[0x40] = { INFO(1, 4, 0, 2, 0, 0),
                                      OP(0, SAVE_NONVOL, RSI),
                                      WORD(2),
                                      WORD(0x40),
                                      WORD(0),
                                      WORD(0x50),
                                      WORD(0),
                                      WORD(CHAINED_RVA),
                                      WORD(0) };
    static const UCHAR Parent[] = { INFO(1, UNW_FLAG_EHANDLER, 5, 2, 0, 0),
                                    OP(5, ALLOC_SMALL, 3),
                                    OP(1, PUSH_NONVOL, RBX),
                                    WORD(0x5678),
                                    WORD(0),
                                    WORD(7),
                                    WORD(0) };
    PEXCEPTION_ROUTINE Handler;
    PVOID HandlerData = NULL;
    CONTEXT Context;
    ULONG64 Frame;

    UNREFERENCED_PARAMETER(Unused);
    prepare(Code, Data);
    RtlCopyMemory(Image.Chained, Parent, sizeof(Parent));
    tap_fill(&Context);
    Context.Rsp = (ULONG64)&Stack[10];
    Handler = unwind(UNW_FLAG_EHANDLER, 4, 1, &Context, &HandlerData, &Frame, NULL);
    is_hex(Context.Rsi, SLOT_VALUE(12), "the fragment's save");
    is_hex(Context.Rbx, SLOT_VALUE(14), "its parent's push");
    is_hex(Context.Rip, SLOT_VALUE(15), "return address");
    is_ptr(Context.Rsp, &Stack[16], "rsp");
    is_ptr(Handler, (ULONG64)&Image + 0x5678, "the parent's handler");
    is_ulong(*(ULONG *)HandlerData, 7, "its data");
}

/* ---- machine frames ---- */

static VOID test_machine_frame(PVOID Unused)
{
    static const UCHAR Code[0x40] = { 0x90, 0x90, 0x90, 0x90 };
    static const UCHAR Data[2][0x40] = {
        { INFO(1, 0, 0, 2, 0, 0), OP(0, ALLOC_SMALL, 1), OP(0, PUSH_MACHFRAME, 0) },
        { INFO(1, 0, 0, 2, 0, 0), OP(0, ALLOC_SMALL, 1), OP(0, PUSH_MACHFRAME, 1) },
    };
    CONTEXT Context;
    PVOID HandlerData;
    ULONG64 Frame;
    ULONG i;

    UNREFERENCED_PARAMETER(Unused);
    for (i = 0; i < 2; i++) {
        prepare(Code, Data[i]);
        Stack[12 + i] = 0x1111;
        Stack[15 + i] = (ULONG64)&Stack[40];
        tap_fill(&Context);
        Context.Rsp = (ULONG64)&Stack[10];
        unwind(UNW_FLAG_EHANDLER, 4, 1, &Context, &HandlerData, &Frame, NULL);
        is_hex(Context.Rip, 0x1111, "rip from a machine frame %s error code",
               i == 0 ? "without" : "with");
        is_ptr(Context.Rsp, &Stack[40], "rsp from it");
    }
}

static const TAP_CASE Cases[] = {
    { "functions", test_functions, TAP_PASSIVE | TAP_DISPATCH },
    { "handlers", test_handler, TAP_PASSIVE | TAP_DISPATCH },
    { "chained data", test_chained, TAP_PASSIVE | TAP_DISPATCH },
    { "machine frames", test_machine_frame, TAP_PASSIVE | TAP_DISPATCH },
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(Cases, NULL);
    return done();
}
