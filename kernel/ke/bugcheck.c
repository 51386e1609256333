/*
 * The end of a machine: bug checks with their report block in RAM, defects of Drydock, hangs.
 * Nothing here allocates, and a second bug check while the first is being written stops at once.
 */
#include "ki.h"

#include <stdarg.h>

#include "../ex/ex.h"
#include "../io/io.h"
#include "../ldr/ldr.h"
#include "../mm/mm.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "../rtl/seh.h"

#define KI_MODULES 64
/* Offsets in the PEB and in PEB_LDR_DATA; a LDR_DATA_TABLE_ENTRY starts like LDR_MODULE.
 * [kernel/ps/peb.h] */
#define KI_PEB_LDR 0x18
#define KI_LDR_LIST 0x10
#define KI_MODULE_BYTES (FIELD_OFFSET(LDR_MODULE, BaseDllName) + sizeof(UNICODE_STRING))

static HAL_BUGCHECK KiReport;
static HAL_MODULE_RECORD KiReportModules[KI_MODULES];
static char KiReportText[512];
static char KiStopText[1280];
static BOOLEAN KiBugChecking;
static ULONG KiStopKind; /* HAL_STOP_*, once KiBugChecking */
NT_EXPORT_DATA(KiBugCheckData);
ULONG64 KiBugCheckData[5];

VOID KeSetBugCheckText(const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(KiReportText, sizeof(KiReportText) - 1, Format, Arguments);
    va_end(Arguments);
}

VOID KeDescribeAddress(PVOID Address)
{
    if (KiReportText[0] == '\0')
        ExDescribePool(Address, KiReportText, sizeof(KiReportText));
}

/* ---- the report block ---- */

static VOID KiCopyName(char *To, SIZE_T Bytes, PCUNICODE_STRING From)
{
    SIZE_T i;

    for (i = 0; i + 1 < Bytes && i < From->Length / sizeof(WCHAR); i++)
        To[i] = From->Buffer[i] < 0x80 ? (char)From->Buffer[i] : '?';
    To[i] = '\0';
}

/* The modules of a list in load order, behind the Count that there are already. A program's list
 * may be anything. */
static ULONG KiReportModuleList(PLIST_ENTRY Head, ULONG Count)
{
    PLIST_ENTRY Entry = Head->Flink;

    while (Entry != NULL && Entry != Head && Count < KI_MODULES) {
        LDR_MODULE *Module = CONTAINING_RECORD(Entry, LDR_MODULE, InLoadOrderLinks);
        HAL_MODULE_RECORD *Record = &KiReportModules[Count];

        if (!MmIsRangeAccessible(Module, KI_MODULE_BYTES, FALSE) ||
            !MmIsRangeAccessible(Module->BaseDllName.Buffer, Module->BaseDllName.Length, FALSE) ||
            !MmIsRangeAccessible(Module->FullDllName.Buffer, Module->FullDllName.Length, FALSE))
            break;
        Record->base = (ULONG64)Module->DllBase;
        Record->size_bytes = Module->SizeOfImage;
        KiCopyName(Record->name, sizeof(Record->name), &Module->BaseDllName);
        KiCopyName(Record->host_hint, sizeof(Record->host_hint), &Module->FullDllName);
        Count++;
        Entry = Entry->Flink;
    }
    return Count;
}

/* The list of the program whose address space is there, or NULL. */
static PLIST_ENTRY KiProgramModules(VOID)
{
    PEPROCESS Process = (PEPROCESS)((KTHREAD *)KeGetCurrentThread())->ApcState.Process;
    PUCHAR Peb = Process == NULL || Process == (PEPROCESS)KiIdleProcess ? NULL : Process->Peb;
    PUCHAR Data;

    if (Peb == NULL || !MmIsRangeAccessible(Peb, KI_PEB_LDR + sizeof(PVOID), FALSE))
        return NULL;
    Data = *(PUCHAR *)(Peb + KI_PEB_LDR);
    if (Data == NULL || !MmIsRangeAccessible(Data, KI_LDR_LIST + sizeof(LIST_ENTRY), FALSE))
        return NULL;
    return (PLIST_ENTRY)(Data + KI_LDR_LIST);
}

static VOID KiReportLoadedModules(VOID)
{
    PLIST_ENTRY Program = KiProgramModules();
    ULONG Count = PsLoadedModuleList.Flink == NULL ? 0 : KiReportModuleList(&PsLoadedModuleList, 0);

    if (Program != NULL)
        Count = KiReportModuleList(Program, Count);
    KiReport.module_list = (ULONG64)KiReportModules;
    KiReport.module_count = Count;
}

static VOID KiReportFrames(PCONTEXT Context)
{
    LDR_FRAME Frames[HAL_MAX_FRAMES];
    ULONG Count = RtlpWalkStack(Context, Frames, HAL_MAX_FRAMES);
    ULONG64 KernelEnd = KiLoaderBlock->modules[0].base + KiLoaderBlock->modules[0].size_bytes;

    for (ULONG i = 0; i < Count; i++) {
        KiReport.frame[i] = Frames[i].Rip;
        KiReport.frame_sp[i] = Frames[i].Rsp;
        if (KiReport.driver_base == 0 && Frames[i].Rip >= KernelEnd &&
            MmIsSystemAddress(Frames[i].Rip)) {
            PLDR_MODULE Module = LdrFindModule((PVOID)Frames[i].Rip);

            KiReport.driver_base = Module == NULL ? 0 : (ULONG64)Module->DllBase;
        }
    }
    KiReport.frame_count = Count;
}

static VOID KiReportRegisters(PCONTEXT Context)
{
    const ULONG64 *General =
        &Context->Rax; /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15 rip, in this order */

    for (ULONG i = 0; i < 17; i++)
        KiReport.reg[i] = General[i];
    KiReport.eflags = Context->EFlags;
    KiReport.has_registers = 1;
}

static VOID KiReportThread(KTHREAD *Thread)
{
    PETHREAD Object = (PETHREAD)Thread;
    PEPROCESS Process = (PEPROCESS)Thread->ApcState.Process;

    KiReport.thread = (ULONG64)Thread;
    KiReport.process = (ULONG64)Process;
    if (Process == NULL || Process == (PEPROCESS)KiIdleProcess) {
        RtlCopyMemory(KiReport.process_name, "Idle", 5);
        return;
    }
    KiReport.process_id = (ULONG64)Process->UniqueProcessId;
    KiReport.thread_id = (ULONG64)Object->Cid.UniqueThread;
    RtlCopyMemory(KiReport.process_name, Process->ImageFileName, sizeof(Process->ImageFileName));
}

/* ---- callbacks ---- */

static LIST_ENTRY KiBugCheckCallbacks = {&KiBugCheckCallbacks, &KiBugCheckCallbacks};
static LIST_ENTRY KiBugCheckReasonCallbacks = {&KiBugCheckReasonCallbacks,
                                               &KiBugCheckReasonCallbacks};

NT_EXPORT(KeRegisterBugCheckCallback);
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD Record,
                                         PKBUGCHECK_CALLBACK_ROUTINE Routine, PVOID Buffer,
                                         ULONG Length, PUCHAR Component)
{
    if (Record->State != BufferEmpty)
        return FALSE;
    Record->CallbackRoutine = Routine;
    Record->Buffer = Buffer;
    Record->Length = Length;
    Record->Component = Component;
    Record->Checksum = (ULONG_PTR)Routine + (ULONG_PTR)Buffer + Length + (ULONG_PTR)Component;
    Record->State = BufferInserted;
    InsertTailList(&KiBugCheckCallbacks, &Record->Entry);
    return TRUE;
}

NT_EXPORT(KeDeregisterBugCheckCallback);
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD Record)
{
    if (Record->State != BufferInserted)
        return FALSE;
    Record->State = BufferEmpty;
    RemoveEntryList(&Record->Entry);
    return TRUE;
}

NT_EXPORT(KeRegisterBugCheckReasonCallback);
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD Record,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE Routine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    if (Record->State != BufferEmpty)
        return FALSE;
    Record->CallbackRoutine = Routine;
    Record->Component = Component;
    Record->Reason = Reason;
    Record->Checksum = (ULONG_PTR)Routine + Reason + (ULONG_PTR)Component;
    Record->State = BufferInserted;
    InsertTailList(&KiBugCheckReasonCallbacks, &Record->Entry);
    return TRUE;
}

NT_EXPORT(KeDeregisterBugCheckReasonCallback);
BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD Record)
{
    if (Record->State != BufferInserted)
        return FALSE;
    Record->State = BufferEmpty;
    RemoveEntryList(&Record->Entry);
    return TRUE;
}

static VOID KiRunBugCheckCallbacks(VOID)
{
    while (!IsListEmpty(&KiBugCheckCallbacks)) {
        PKBUGCHECK_CALLBACK_RECORD Record = CONTAINING_RECORD(RemoveHeadList(&KiBugCheckCallbacks),
                                                              KBUGCHECK_CALLBACK_RECORD, Entry);

        Record->State = BufferStarted;
        Record->CallbackRoutine(Record->Buffer, Record->Length);
        Record->State = BufferFinished;
    }
}

/* ---- the bug check ---- */

/* The first stop is what matters: one that happens while its report is being made ends the machine
 * with what there is. */
static VOID KiBeginStop(ULONG Kind)
{
    if (KiBugChecking) {
        HAL->stop(KiStopKind, (ULONG64)&KiReport);
        __builtin_unreachable();
    }
    KiBugChecking = TRUE;
    KiStopKind = Kind;
}

/* Everything of the report but code and parameters. Context NULL: here. */
static VOID KiFillReport(const char *Text, PCONTEXT Context, BOOLEAN HasRegisters)
{
    KI_PCR *Pcr = KiGetPcr();
    CONTEXT Here;

    KiReport.object_text = (ULONG64)Text;
    KiReport.object_text_length = (ULONG)strlen(Text);
    KiReport.processor = Pcr->Prcb.Number;
    KiReport.irql = Pcr->Irql;
    KiReport.virtual_time_100ns = KeVirtualTime();
    Pcr->Irql = HIGH_LEVEL;
    KiReportThread((KTHREAD *)KeGetCurrentThread());
    KiReportLoadedModules();
    if (Context == NULL) {
        RtlCaptureContext(&Here);
        Context = &Here;
    }
    if (HasRegisters)
        KiReportRegisters(Context);
    KiReportFrames(Context);
}

DECLSPEC_NORETURN VOID KiBugCheck(ULONG Code, ULONG64 P1, ULONG64 P2, ULONG64 P3, ULONG64 P4,
                                  PCONTEXT Context, BOOLEAN HasRegisters)
{
    KiBeginStop(HAL_STOP_BUGCHECK);
    KiReport.code = Code;
    KiReport.parameter[0] = KiBugCheckData[1] = P1;
    KiReport.parameter[1] = KiBugCheckData[2] = P2;
    KiReport.parameter[2] = KiBugCheckData[3] = P3;
    KiReport.parameter[3] = KiBugCheckData[4] = P4;
    KiBugCheckData[0] = Code;
    KiFillReport(KiReportText, Context, HasRegisters);
    KiRunBugCheckCallbacks();
    HAL->stop(HAL_STOP_BUGCHECK, (ULONG64)&KiReport);
    __builtin_unreachable();
}

NT_EXPORT(KeBugCheckEx);
DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3,
                                          ULONG_PTR P4)
{
    CONTEXT Context;

    RtlCaptureContext(&Context);
    KiBugCheck(Code, P1, P2, P3, P4, &Context, FALSE);
}

NT_EXPORT(KeBugCheck);
DECLSPEC_NORETURN VOID NTAPI KeBugCheck(ULONG Code)
{
    CONTEXT Context;

    RtlCaptureContext(&Context);
    KiBugCheck(Code, 0, 0, 0, 0, &Context, FALSE);
}

DECLSPEC_NORETURN VOID KiUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    ULONG64 Code = (ULONG64)(LONG64)Record->ExceptionCode;

    if (Record->ExceptionCode == STATUS_ACCESS_VIOLATION && Record->NumberParameters >= 2)
        KeSetBugCheckText(
            "an access violation that nothing caught: %s of address %p%s",
            Record->ExceptionInformation[0] == 0   ? "read"
            : Record->ExceptionInformation[0] == 1 ? "write"
                                                   : "execution",
            (PVOID)Record->ExceptionInformation[1],
            Record->ExceptionInformation[1] < PAGE_SIZE     ? ", a NULL pointer and an offset"
            : Record->ExceptionInformation[1] == MAXULONG64 ? ", or one that is not canonical: the "
                                                              "processor does not say which"
                                                            : "");
    if (KiGetPcr()->Irql >= DISPATCH_LEVEL) /* [doc: KMODE_EXCEPTION_NOT_HANDLED] */
        KiBugCheck(0x1E, Code, (ULONG64)Record->ExceptionAddress, Record->ExceptionInformation[0],
                   Record->ExceptionInformation[1], Context, TRUE);
    if (Thread->SystemThread) /* [doc: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED] */
        KiBugCheck(0x7E, Code, (ULONG64)Record->ExceptionAddress, (ULONG64)Record, (ULONG64)Context,
                   Context, TRUE);
    KiBugCheck(0x3B, Code, (ULONG64)Record->ExceptionAddress, (ULONG64)Context, 0, Context,
               TRUE); /* [doc: SYSTEM_SERVICE_EXCEPTION] */
}

/* ---- defects and hangs ---- */

static DECLSPEC_NORETURN VOID KiStop(ULONG Kind, PCONTEXT Context, BOOLEAN HasRegisters)
{
    KiFillReport(KiStopText, Context, HasRegisters);
    HAL->stop(Kind, (ULONG64)&KiReport);
    __builtin_unreachable();
}

DECLSPEC_NORETURN VOID KiDefect(const char *Expression, const char *File, int Line)
{
    KiBeginStop(HAL_STOP_DEFECT);
    _snprintf(KiStopText, sizeof(KiStopText) - 1, "%s:%d: %s (called from %p)", File, Line,
              Expression, KI_CALLER());
    KiStop(HAL_STOP_DEFECT, NULL, FALSE);
}

DECLSPEC_NORETURN VOID KiNotImplemented(const char *Routine, const char *What)
{
    KiBeginStop(HAL_STOP_DEFECT);
    _snprintf(KiStopText, sizeof(KiStopText) - 1, "%s: %s is not implemented (called from %p)",
              Routine, What, KI_CALLER());
    KiStop(HAL_STOP_DEFECT, NULL, FALSE);
}

static ULONG KiHangKind(VOID)
{
    return KiLoaderBlock->time_is_up ? HAL_STOP_TIME_IS_UP : HAL_STOP_HANG;
}

DECLSPEC_NORETURN VOID KeHang(PCONTEXT Context, const char *Format, ...)
{
    va_list Arguments;

    KiBeginStop(KiHangKind());
    va_start(Arguments, Format);
    _vsnprintf(KiStopText, sizeof(KiStopText) - 1, Format, Arguments);
    va_end(Arguments);
    KiStop(KiHangKind(), Context, Context != NULL);
}

static BOOLEAN KiWaitsInDriver(KTHREAD *Thread)
{
    ULONG64 KernelEnd = KiLoaderBlock->modules[0].base + KiLoaderBlock->modules[0].size_bytes;
    LDR_FRAME Frames[HAL_MAX_FRAMES];
    CONTEXT Context;
    ULONG Count;

    KiContextOfWaiting(Thread, &Context);
    Count = RtlpWalkStack(&Context, Frames, HAL_MAX_FRAMES);
    for (ULONG i = 0; i < Count; i++)
        if (Frames[i].Rip >= KernelEnd && MmIsSystemAddress(Frames[i].Rip))
            return TRUE;
    return FALSE;
}

/* 0: not stuck; else the more, the likelier it is that the hang is about this thread. */
static ULONG KiRateStuck(PEPROCESS Process, PETHREAD Thread)
{
    ULONG Rate;

    if (Thread->Tcb.State != KTHREAD_WAITING)
        return 0;
    Rate = (IsListEmpty(&Thread->IrpList) ? 0 : 2) + (KiWaitsInDriver(&Thread->Tcb) ? 1 : 0);
    return Process != PsInitialSystemProcess ? Rate + 4 : Rate;
}

/* A program's thread, best one whose request nobody completes or that waits in a driver; else a
 * system thread of that kind. */
static PETHREAD KiFindStuckThread(VOID)
{
    PETHREAD Best = NULL;
    ULONG BestRate = 0;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead;
             Entry = Entry->Flink) {
            PETHREAD Thread = CONTAINING_RECORD(Entry, struct _ETHREAD, ThreadListEntry);
            ULONG Rate = KiRateStuck(Process, Thread);

            if (Rate > BestRate) {
                Best = Thread;
                BestRate = Rate;
            }
        }
    }
    return Best;
}

DECLSPEC_NORETURN VOID KiHangIdle(const char *Why)
{
    PETHREAD Thread = KiFindStuckThread();
    CONTEXT Context;
    ULONG Used;

    KiBeginStop(KiHangKind());
    _snprintf(KiStopText, sizeof(KiStopText) - 1, "%s", Why);
    Used = (ULONG)strlen(KiStopText);
    IoDescribePending(KiStopText + Used, sizeof(KiStopText) - 1 - Used);
    if (Thread == NULL)
        KiStop(KiHangKind(), NULL, FALSE);
    KiContextOfWaiting(&Thread->Tcb, &Context);
    KiFillReport(KiStopText, &Context, FALSE);
    KiReportThread(&Thread->Tcb);
    KiReport.irql = Thread->Tcb.WaitIrql;
    HAL->stop(KiHangKind(), (ULONG64)&KiReport);
    __builtin_unreachable();
}

/* A system service of abi/syscalls.tsv that no component defines. */
DECLSPEC_NORETURN VOID KiMissingService(const char *Name);
DECLSPEC_NORETURN VOID KiMissingService(const char *Name)
{
    KiNotImplemented(Name, "the service");
}
