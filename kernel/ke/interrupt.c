/*
 * Interrupts of devices: vectors, the chains of interrupt objects on them, and their delivery to a
 * simulated processor. The host says which lines are asserted and which messages came; the kernel
 * takes that to a processor of the vector's affinity wherever IRQL falls, time passes, a processor
 * idles or a device was just accessed, as if each were between two instructions. The upper half of
 * a vector is its IRQL. An ISR runs on the stack of the interrupted thread, at the interrupt's
 * SynchronizeIrql, holding its spin lock; the thread's quantum does not pay for it. Leaves out:
 * interrupt steering while connected, `cli` (an interrupt that an access to a device raises comes
 * all the same).
 */
#include "ki.h"

#include "../ps/ps.h"
#include "../rtl/rtl.h"

#define KI_VECTORS 256
/* Times in a row that a level-triggered line may still be asserted after its ISRs ran. */
#define KI_STORM_LIMIT 1000

typedef struct _KI_VECTOR {
    LIST_ENTRY Chain; /* KINTERRUPT.InterruptListEntry; Flink NULL: never used */
    ULONG Line;       /* KE_NO_LINE: a message's */
    ULONG Storm;      /* deliveries in a row after which the line was still asserted */
    ULONG Spurious;
    BOOLEAN Masked; /* a passive-level ISR is about to run */
    ULONG64 Deliveries, Unclaimed, Longest100ns; /* since the machine was started */
} KI_VECTOR;

/* A passive-level interrupt's thread. */
typedef struct _KI_PASSIVE {
    KDPC Dpc;
    KEVENT Wake;        /* set by the DPC, or to end */
    KEVENT Synchronize; /* KINTERRUPT.PassiveEvent */
    PETHREAD Thread;
    volatile BOOLEAN End, Pending;
} KI_PASSIVE;

BOOLEAN KiOthersInterrupted;
static KI_VECTOR KiVectors[KI_VECTORS];      /* changed at DISPATCH_LEVEL or above */
static UCHAR KiLineVector[HAL_DEVICE_LINES]; /* 0: none */

static KINTERRUPT *KiInterruptOf(PLIST_ENTRY Entry)
{
    return CONTAINING_RECORD(Entry, KINTERRUPT, InterruptListEntry);
}

/* The first interrupt object of a vector, NULL when none is connected. */
static KINTERRUPT *KiFirst(const KI_VECTOR *Vector)
{
    if (Vector->Chain.Flink == NULL || Vector->Chain.Flink == &Vector->Chain)
        return NULL;
    return KiInterruptOf(Vector->Chain.Flink);
}

VOID KeSetVectorLine(ULONG Vector, ULONG Line)
{
    KiVectors[Vector].Line = Line;
    if (Line != KE_NO_LINE)
        KiLineVector[Line] = (UCHAR)Vector;
}

ULONG KeGetVectorLine(ULONG Vector)
{
    return KiVectors[Vector].Line;
}

static BOOLEAN KiIsLineVector(const KI_VECTOR *Vector)
{
    return Vector->Line != KE_NO_LINE;
}

static BOOLEAN KiLineAsserted(ULONG Line)
{
    return (KiLoaderBlock->interrupt_lines >> Line & 1) != 0;
}

/* ---- from devices to processors ---- */

static PKDPC KiChangeDpc;

VOID KeSetDeviceChangeDpc(PKDPC Dpc)
{
    KiChangeDpc = Dpc;
}

/* The running processor when it may take the interrupt, else the first that may. */
static KPRCB *KiTarget(const KINTERRUPT *Interrupt)
{
    KPRCB *Self = KiGetPrcb();

    if (Interrupt->Affinity & Self->SetMember)
        return Self;
    return &KiProcessor[__builtin_ctzll(Interrupt->Affinity)]->Prcb;
}

static VOID KiNoteSpurious(ULONG Number)
{
    char Line[96];
    int Bytes;

    if (KiVectors[Number].Spurious++ != 0)
        return;
    Bytes =
        _snprintf(Line, sizeof(Line),
                  "interrupt vector 0x%02lX: an interrupt came and nothing is connected\n", Number);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
}

static VOID KiRequestVector(ULONG Number)
{
    KINTERRUPT *Interrupt = KiFirst(&KiVectors[Number]);
    KPRCB *Prcb;

    if (Interrupt == NULL) {
        KiNoteSpurious(Number);
        return;
    }
    if (KiVectors[Number].Masked)
        return;
    Prcb = KiTarget(Interrupt);
    Prcb->VectorRequest[Number / 64] |= 1ull << (Number & 63);
    Prcb->InterruptRequest |= 1u << (Number >> 4);
    if (Prcb != KiGetPrcb())
        KiOthersInterrupted = TRUE;
}

static BOOLEAN KiAnyActive(const KI_VECTOR *Vector)
{
    for (PLIST_ENTRY Entry = Vector->Chain.Flink; Entry != &Vector->Chain; Entry = Entry->Flink)
        if (KiInterruptOf(Entry)->ActiveCount != 0)
            return TRUE;
    return FALSE;
}

static VOID KiAcceptLine(ULONG Line, ULONG64 Edges)
{
    ULONG Number = KiLineVector[Line];
    const KINTERRUPT *Interrupt = Number == 0 ? NULL : KiFirst(&KiVectors[Number]);

    if (Interrupt == NULL || !KiAnyActive(&KiVectors[Number]))
        return; /* nothing connected: the line is masked */
    if (Interrupt->Mode == LevelSensitive ? KiLineAsserted(Line) : (Edges >> Line & 1) != 0)
        KiRequestVector(Number);
}

VOID KiAcceptInterrupts(VOID)
{
    HAL_LOADER_BLOCK *Block = KiLoaderBlock;
    ULONG64 Edges = Block->interrupt_edges, Lines = Edges | Block->interrupt_lines;

    Block->interrupt_request = 0;
    Block->interrupt_edges = 0;
    if (Block->device_changed && KiChangeDpc != NULL) {
        Block->device_changed = 0;
        KeInsertQueueDpc(KiChangeDpc, NULL, NULL);
    }
    for (; Lines != 0; Lines &= Lines - 1)
        KiAcceptLine((ULONG)__builtin_ctzll(Lines), Edges);
    for (ULONG i = 0; i < 4; i++)
        while (Block->interrupt_messages[i] != 0) {
            ULONG Bit = (ULONG)__builtin_ctzll(Block->interrupt_messages[i]);

            Block->interrupt_messages[i] &= Block->interrupt_messages[i] - 1;
            KiRequestVector(i * 64 + Bit);
        }
}

/* The best vector that pends on the processor, taken out of its requests. */
static ULONG KiTakeVector(KPRCB *Prcb)
{
    ULONG Level = 31 - (ULONG)__builtin_clz(Prcb->InterruptRequest & KI_DEVICE_REQUESTS);
    ULONG64 *Word = &Prcb->VectorRequest[Level / 4];
    ULONG Shift = (Level & 3) * 16;
    ULONG Bits = (ULONG)(*Word >> Shift) & 0xFFFF, Best;

    DD_ASSERT(Bits != 0);
    Best = 31 - (ULONG)__builtin_clz(Bits);
    *Word &= ~(1ull << (Shift + Best));
    if (Bits == 1u << Best)
        Prcb->InterruptRequest &= ~(1u << Level);
    return Level * 16 + Best;
}

/* ---- service ---- */

/* [doc: IRQL_UNEXPECTED_VALUE, unique value 3: the ISR and its interrupt object] */
static VOID KiCheckIsrReturn(KINTERRUPT *Interrupt, PVOID Routine)
{
    KIRQL Irql = KiGetPcr()->Irql;

    if (Irql == Interrupt->SynchronizeIrql)
        return;
    KeSetBugCheckText("the interrupt service routine at %p returned at IRQL %u instead of %u",
                      Routine, Irql, Interrupt->SynchronizeIrql);
    KiBugCheck(0xC8, ((ULONG64)Irql << 16) | ((ULONG64)Interrupt->SynchronizeIrql << 8) | 3,
               (ULONG64)Routine, (ULONG64)Interrupt, 0, NULL, FALSE);
}

static BOOLEAN KiCallIsr(KINTERRUPT *Interrupt)
{
    PVOID Routine = Interrupt->MessageServiceRoutine != NULL
                        ? (PVOID)Interrupt->MessageServiceRoutine
                        : (PVOID)Interrupt->ServiceRoutine;
    BOOLEAN Claimed;

    Interrupt->ServiceCount++;
    Interrupt->Number = KiGetPrcb()->Number;
    if (Interrupt->MessageServiceRoutine != NULL)
        Claimed = Interrupt->MessageServiceRoutine(Interrupt, Interrupt->ServiceContext,
                                                   Interrupt->MessageIndex);
    else
        Claimed = Interrupt->ServiceRoutine(Interrupt, Interrupt->ServiceContext);
    if (Interrupt->Passive == NULL)
        KiCheckIsrReturn(Interrupt, Routine);
    if (Claimed)
        Interrupt->DispatchCount++;
    return Claimed;
}

static BOOLEAN KiCallLocked(KI_PCR *Pcr, KINTERRUPT *Interrupt)
{
    KIRQL Level = Pcr->Irql;
    BOOLEAN Claimed;

    Pcr->Irql = Interrupt->SynchronizeIrql;
    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
    Claimed = KiCallIsr(Interrupt);
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KiGetPcr()->Irql = Level;
    return Claimed;
}

/* A passive-level ISR: the vector stays masked until its thread has called it. TRUE: somebody will
 * look. */
static BOOLEAN KiHandOver(KI_VECTOR *Vector, KINTERRUPT *Interrupt)
{
    Vector->Masked = TRUE;
    Interrupt->Passive->Pending = TRUE;
    KeInsertQueueDpc(&Interrupt->Passive->Dpc, NULL, NULL);
    return TRUE;
}

/*
 * Calls the chain. Level triggered: until one claims the interrupt, the line says whether there is
 * more. Latched: all of them, again while anyone claims, since an edge may have been lost
 * meanwhile. [doc: Providing ISR Context, shared vectors]
 */
static BOOLEAN KiCallChain(KI_PCR *Pcr, KI_VECTOR *Vector)
{
    BOOLEAN Any = FALSE, Again = TRUE;

    for (ULONG Round = 0; Again && Round < KI_STORM_LIMIT; Round++) {
        Again = FALSE;
        for (PLIST_ENTRY Entry = Vector->Chain.Flink; Entry != &Vector->Chain;
             Entry = Entry->Flink) {
            KINTERRUPT *Interrupt = KiInterruptOf(Entry);
            BOOLEAN Claimed = FALSE;

            if (Interrupt->ActiveCount != 0)
                Claimed = Interrupt->Passive != NULL ? KiHandOver(Vector, Interrupt)
                                                     : KiCallLocked(Pcr, Interrupt);
            Any |= Claimed;
            if (Claimed && Interrupt->Mode == LevelSensitive)
                return TRUE;
            Again |=
                Claimed && Interrupt->Passive == NULL && Vector->Chain.Flink != Vector->Chain.Blink;
        }
    }
    return Any;
}

/* [doc: HARDWARE_INTERRUPT_STORM: first ISR, its context, interrupt object, 1 not chained or 2
 * chained] */
static DECLSPEC_NORETURN VOID KiStorm(const KI_VECTOR *Vector, BOOLEAN Claimed)
{
    KINTERRUPT *First = KiFirst(Vector);

    KeSetBugCheckText("interrupt line %u stays asserted: %s", Vector->Line,
                      Claimed ? "an ISR claims the interrupt and does not quieten its device"
                              : "no ISR on the line claims the interrupt");
    KiBugCheck(0xF2,
               (ULONG64)(First->MessageServiceRoutine != NULL ? (PVOID)First->MessageServiceRoutine
                                                              : (PVOID)First->ServiceRoutine),
               (ULONG64)First->ServiceContext, (ULONG64)First,
               Vector->Chain.Flink == Vector->Chain.Blink ? 1 : 2, NULL, FALSE);
}

static VOID KiServeVector(KI_PCR *Pcr, ULONG Number)
{
    KI_VECTOR *Vector = &KiVectors[Number];
    const KINTERRUPT *First = KiFirst(Vector);
    BOOLEAN Level = First != NULL && First->Mode == LevelSensitive && KiIsLineVector(Vector),
            Claimed;
    ULONG64 Start = KeVirtualTime();

    if (First == NULL || (Level && !KiLineAsserted(Vector->Line)))
        return; /* gone again before a processor had time: as at an interrupt controller */
    Claimed = KiCallChain(Pcr, Vector);
    Vector->Deliveries++;
    Vector->Unclaimed += !Claimed;
    Vector->Longest100ns = max(Vector->Longest100ns, KeVirtualTime() - Start);
    if (!Level) {
        if (!Claimed)
            KiNoteSpurious(Number);
        return;
    }
    if (Vector->Masked || !KiLineAsserted(Vector->Line)) {
        Vector->Storm = 0;
        return;
    }
    if (++Vector->Storm == KI_STORM_LIMIT)
        KiStorm(Vector, Claimed);
    KiRequestVector(Number);
}

VOID KiServiceInterrupt(KI_PCR *Pcr)
{
    ULONG Number = KiTakeVector(&Pcr->Prcb);
    KTHREAD *Thread = Pcr->Prcb.CurrentThread;

    KiNoteProgress();
    Pcr->Irql = (KIRQL)(Number >> 4);
    Pcr->Prcb.InterruptCount++;
    Pcr->Prcb.InterruptDepth++;
    KiServeVector(Pcr, Number);
    Pcr->Prcb.InterruptDepth--;
    DD_ASSERT(KiGetPcr() == Pcr && Pcr->Prcb.CurrentThread == Thread);
}

VOID KeVisitVectors(VOID (*Visit)(const KE_VECTOR_STATISTICS *Statistics))
{
    for (ULONG i = 0; i < KI_VECTORS; i++) {
        const KI_VECTOR *Vector = &KiVectors[i];
        KE_VECTOR_STATISTICS Statistics = {i, Vector->Line, Vector->Deliveries, Vector->Unclaimed,
                                           Vector->Longest100ns};

        if (Vector->Deliveries != 0)
            Visit(&Statistics);
    }
}

/* ---- connecting ---- */

/* The lock of drivers that share one between vectors may be held at a lower IRQL only by mistake:
 * nothing to do here. */
BOOLEAN KeConnectInterrupt(KINTERRUPT *Interrupt)
{
    KI_VECTOR *Vector = &KiVectors[Interrupt->Vector];
    KINTERRUPT *First = KiFirst(Vector);
    KIRQL OldIrql;

    if (First != NULL &&
        (!First->ShareVector || !Interrupt->ShareVector || First->Mode != Interrupt->Mode))
        return FALSE;
    OldIrql = KfRaiseIrql(HIGH_LEVEL);
    if (Vector->Chain.Flink == NULL)
        InitializeListHead(&Vector->Chain);
    if (First == NULL) {
        Vector->Masked = FALSE;
        Vector->Storm = 0;
    }
    InsertTailList(&Vector->Chain, &Interrupt->InterruptListEntry);
    Interrupt->Connected = TRUE;
    Interrupt->ActiveCount = 1;
    if (KiIsLineVector(Vector))
        KiLoaderBlock->interrupt_request = 1; /* the line may be asserted already */
    KeLowerIrql(OldIrql);
    return TRUE;
}

VOID KeDisconnectInterrupt(KINTERRUPT *Interrupt)
{
    KI_VECTOR *Vector = &KiVectors[Interrupt->Vector];
    KIRQL OldIrql = KfRaiseIrql(HIGH_LEVEL);

    RemoveEntryList(&Interrupt->InterruptListEntry);
    Interrupt->Connected = FALSE;
    if (Interrupt->Passive != NULL)
        Vector->Masked = FALSE;
    Vector->Storm = 0;
    KiLoaderBlock->interrupt_request = 1;
    KeLowerIrql(OldIrql);
}

VOID KeSetInterruptActive(KINTERRUPT *Interrupt, BOOLEAN Active)
{
    KIRQL OldIrql = KfRaiseIrql(HIGH_LEVEL);

    Interrupt->ActiveCount = Active;
    KiVectors[Interrupt->Vector].Storm = 0;
    KiLoaderBlock->interrupt_request = 1;
    KeLowerIrql(OldIrql);
}

VOID KeCheckForInterrupts(PVOID Base, SIZE_T Bytes)
{
    for (ULONG i = 0; i < KI_VECTORS; i++) {
        PLIST_ENTRY Head = &KiVectors[i].Chain;

        for (PLIST_ENTRY Entry = Head->Flink; Entry != NULL && Entry != Head;
             Entry = Entry->Flink) {
            KINTERRUPT *Interrupt = KiInterruptOf(Entry);
            ULONG64 Isr = Interrupt->MessageServiceRoutine != NULL
                              ? (ULONG64)Interrupt->MessageServiceRoutine
                              : (ULONG64)Interrupt->ServiceRoutine;

            if (Isr - (ULONG64)Base >= Bytes)
                continue;
            KeSetBugCheckText("the driver is unloaded, but its interrupt service routine %p is "
                              "still connected to vector "
                              "0x%02lX",
                              (PVOID)Isr, i);
            KiBugCheck(0xCE, Isr, 8, (ULONG64)Interrupt, 0, NULL, FALSE);
        }
    }
}

/* ---- passive level ---- */

static VOID NTAPI KiPassiveDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&((KI_PASSIVE *)Context)->Wake, 0, FALSE);
}

static VOID KiPassiveService(KINTERRUPT *Interrupt)
{
    KI_VECTOR *Vector = &KiVectors[Interrupt->Vector];
    KIRQL OldIrql;

    Interrupt->Passive->Pending = FALSE;
    KeWaitForSingleObject(Interrupt->PassiveEvent, Executive, KernelMode, FALSE, NULL);
    if (Interrupt->Connected)
        KiCallIsr(Interrupt);
    KeSetEvent(Interrupt->PassiveEvent, 0, FALSE);
    OldIrql = KfRaiseIrql(HIGH_LEVEL);
    Vector->Masked = FALSE;
    KiLoaderBlock->interrupt_request = 1; /* look at the line again */
    KeLowerIrql(OldIrql);
}

static VOID NTAPI KiPassiveThread(PVOID Context)
{
    KINTERRUPT *Interrupt = Context;

    for (;;) {
        KeWaitForSingleObject(&Interrupt->Passive->Wake, Executive, KernelMode, FALSE, NULL);
        if (Interrupt->Passive->End)
            return;
        if (Interrupt->Passive->Pending)
            KiPassiveService(Interrupt);
    }
}

NTSTATUS KeInitPassiveInterrupt(KINTERRUPT *Interrupt)
{
    KI_PASSIVE *Passive = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Passive), 'tnIK');
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    if (Passive == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Passive, sizeof(*Passive));
    KeInitializeDpc(&Passive->Dpc, KiPassiveDpc, Passive);
    KeInitializeEvent(&Passive->Wake, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Passive->Synchronize, SynchronizationEvent, TRUE);
    Interrupt->Passive = Passive;
    Interrupt->PassiveEvent = &Passive->Synchronize;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                  KiPassiveThread, Interrupt);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Passive, 'tnIK');
        return Status;
    }
    DD_ASSERT(NT_SUCCESS(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType,
                                                   KernelMode, (PVOID *)&Passive->Thread, NULL)));
    ZwClose(Handle);
    Interrupt->ServiceThread = (KTHREAD *)Passive->Thread;
    return STATUS_SUCCESS;
}

VOID KeUninitPassiveInterrupt(KINTERRUPT *Interrupt)
{
    KI_PASSIVE *Passive = Interrupt->Passive;

    KeRemoveQueueDpc(&Passive->Dpc);
    Passive->End = TRUE;
    KeSetEvent(&Passive->Wake, 0, FALSE);
    if (PsGetCurrentThread() != Passive->Thread)
        KeWaitForSingleObject(Passive->Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Passive->Thread);
    ExFreePoolWithTag(Passive, 'tnIK');
}

/* ---- synchronisation with an ISR ---- */

static VOID KiCheckSynchronizeIrql(PKINTERRUPT Interrupt, PVOID Caller)
{
    KIRQL Irql = KiGetPcr()->Irql;

    if (Irql <= Interrupt->SynchronizeIrql)
        return; /* [doc: callers must be running at IRQL <= DIRQL; raising gives
                   IRQL_NOT_GREATER_OR_EQUAL] */
    KeSetBugCheckText("interrupt object %p is to be synchronised with at IRQL %u, above its own %u",
                      Interrupt, Irql, Interrupt->SynchronizeIrql);
    KiBugCheck(0x9, Irql, Interrupt->SynchronizeIrql, 0, (ULONG64)Caller, NULL, FALSE);
}

static KIRQL KiAcquireInterruptLock(PKINTERRUPT Interrupt)
{
    KIRQL OldIrql = KfRaiseIrql(Interrupt->SynchronizeIrql);

    KeAcquireSpinLockAtDpcLevel(Interrupt->ActualLock);
    return OldIrql;
}

/* [doc: PASSIVE_INTERRUPT_ERROR, 1: the spin lock of a passive-level interrupt] */
static VOID KiCheckHasLock(PKINTERRUPT Interrupt)
{
    if (Interrupt->PassiveEvent == NULL)
        return;
    KeSetBugCheckText("interrupt object %p is a passive-level one: it has no spin lock", Interrupt);
    KiBugCheck(0x13B, 1, (ULONG64)Interrupt, 0, 0, NULL, FALSE);
}

NT_EXPORT(KeAcquireInterruptSpinLock);
KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    KiCheckHasLock(Interrupt);
    KiCheckSynchronizeIrql(Interrupt, KI_CALLER());
    return KiAcquireInterruptLock(Interrupt);
}

NT_EXPORT(KeReleaseInterruptSpinLock);
VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    KiCheckHasLock(Interrupt);
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KeLowerIrql(OldIrql);
}

static BOOLEAN KiSynchronizePassive(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE Routine,
                                    PVOID Context)
{
    BOOLEAN Result;

    KiCheckWaitIrql(Interrupt, KiGetPcr()->Irql, KI_CALLER());
    KeWaitForSingleObject(Interrupt->PassiveEvent, Executive, KernelMode, FALSE, NULL);
    Result = Routine(Context);
    KeSetEvent(Interrupt->PassiveEvent, 0, FALSE);
    return Result;
}

NT_EXPORT(KeSynchronizeExecution);
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE Routine,
                                     PVOID Context)
{
    KIRQL OldIrql;
    BOOLEAN Result;

    if (Interrupt->PassiveEvent != NULL)
        return KiSynchronizePassive(Interrupt, Routine, Context);
    KiCheckSynchronizeIrql(Interrupt, KI_CALLER());
    OldIrql = KiAcquireInterruptLock(Interrupt);
    Result = Routine(Context);
    KeReleaseSpinLockFromDpcLevel(Interrupt->ActualLock);
    KeLowerIrql(OldIrql);
    return Result;
}

/* ---- traps of device accesses ---- */

#define KI_POLLS_LIMIT 4096 /* of 64 reads each: no device is that slow */
#define KI_POLL_100NS \
    100ull /* time that the first of a row lets pass; it doubles up to the longest */
#define KI_LONGEST_POLL_100NS 100000ull

static struct {
    ULONG64 Rip, Progress;
    ULONG Count;
} KiPoll;

/* A loop that reads a register which does not change: let the others run and time pass. */
static VOID KiPolling(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception)
{
    ULONG64 Step;
    KIRQL Irql = KiGetPcr()->Irql;

    KiPoll.Count = KiPoll.Rip == Frame->rip ? KiPoll.Count + 1 : 0;
    KiPoll.Rip = Frame->rip;
    if (KiPoll.Count >= KI_POLLS_LIMIT)
        KiStall(Frame, Exception);
    Step = KiPoll.Count < 10 ? KI_POLL_100NS << KiPoll.Count : KI_LONGEST_POLL_100NS;
    KeChargeTime(Step);
    KiNoteProgress();
    KeLowerIrql(Irql);
    KiSwitchToBusyProcessor();
}

VOID KiDeviceTrap(HAL_TRAP_FRAME *Frame, KI_EXCEPTION_FRAME *Exception, const HAL_TRAP_INFO *Info)
{
    if (Info->vector == HAL_TRAP_DEVICE_ACCESS)
        KiNotImplemented("a device register",
                         "an instruction that the host cannot do for it (its name is in the log)");
    if (Info->value)
        KiPolling(Frame, Exception);
    else
        KeLowerIrql(KiGetPcr()->Irql);
}
