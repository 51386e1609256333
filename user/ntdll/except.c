/*
 * Exceptions in user mode: vectored handlers, then the frames' (kernel/rtl), then the kernel's second chance. Also user APCs and
 * what becomes of a thread whose start routine does not catch. Not modelled: vectored continue handlers' order flags beyond
 * first and last, and debuggers.
 */
#include "ntdll.h"

typedef LONG(NTAPI *RTLP_VECTORED_HANDLER)(PEXCEPTION_POINTERS Pointers);
typedef struct _RTLP_VECTOR_ENTRY {
    LIST_ENTRY Link;
    RTLP_VECTORED_HANDLER Handler;
    ULONG Uses; /* 1 for the list, 1 a call under way */
} RTLP_VECTOR_ENTRY;

static LIST_ENTRY RtlpVectors[2] = {{&RtlpVectors[0], &RtlpVectors[0]}, {&RtlpVectors[1], &RtlpVectors[1]}};
static RTLP_LOCK RtlpVectorLock;
static RTLP_VECTORED_HANDLER RtlpUnhandledFilter; /* kernel32's UnhandledExceptionFilter */

#ifndef EXCEPTION_CONTINUE_EXECUTION
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#endif

/* ---- vectored handlers ---- */

static PVOID RtlpAddVector(ULONG List, ULONG First, RTLP_VECTORED_HANDLER Handler)
{
    RTLP_VECTOR_ENTRY *Entry = RtlAllocateHeap(NtCurrentPebBlock()->ProcessHeap, 0, sizeof(*Entry));

    if (Entry == NULL)
        return NULL;
    Entry->Handler = Handler;
    Entry->Uses = 1;
    RtlAcquireSRWLockExclusive(&RtlpVectorLock);
    if (First)
        InsertHeadList(&RtlpVectors[List], &Entry->Link);
    else
        InsertTailList(&RtlpVectors[List], &Entry->Link);
    RtlReleaseSRWLockExclusive(&RtlpVectorLock);
    return Entry;
}

/* With the lock held: frees an entry that neither the list nor a call uses. */
static VOID RtlpReleaseVector(RTLP_VECTOR_ENTRY *Entry)
{
    if (--Entry->Uses != 0)
        return;
    RemoveEntryList(&Entry->Link);
    RtlFreeHeap(NtCurrentPebBlock()->ProcessHeap, 0, Entry);
}

static ULONG RtlpRemoveVector(ULONG List, PVOID Handle)
{
    PLIST_ENTRY Link;
    ULONG Found = FALSE;

    RtlAcquireSRWLockExclusive(&RtlpVectorLock);
    for (Link = RtlpVectors[List].Flink; Link != &RtlpVectors[List]; Link = Link->Flink) {
        RTLP_VECTOR_ENTRY *Entry = CONTAINING_RECORD(Link, RTLP_VECTOR_ENTRY, Link);

        if (Entry != Handle || Entry->Handler == NULL)
            continue;
        Entry->Handler = NULL;
        RtlpReleaseVector(Entry);
        Found = TRUE;
        break;
    }
    RtlReleaseSRWLockExclusive(&RtlpVectorLock);
    return Found;
}

static BOOLEAN RtlpCallVectors(ULONG List, PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    EXCEPTION_POINTERS Pointers = {Record, Context};
    BOOLEAN Handled = FALSE;
    PLIST_ENTRY Link;

    if (IsListEmpty(&RtlpVectors[List]))
        return FALSE;
    RtlAcquireSRWLockExclusive(&RtlpVectorLock);
    for (Link = RtlpVectors[List].Flink; Link != &RtlpVectors[List] && !Handled;) {
        RTLP_VECTOR_ENTRY *Entry = CONTAINING_RECORD(Link, RTLP_VECTOR_ENTRY, Link);
        RTLP_VECTORED_HANDLER Handler = Entry->Handler;

        Entry->Uses++;
        RtlReleaseSRWLockExclusive(&RtlpVectorLock);
        if (Handler != NULL)
            Handled = Handler(&Pointers) == EXCEPTION_CONTINUE_EXECUTION;
        RtlAcquireSRWLockExclusive(&RtlpVectorLock);
        Link = Link->Flink;
        RtlpReleaseVector(Entry);
    }
    RtlReleaseSRWLockExclusive(&RtlpVectorLock);
    return Handled;
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, RTLP_VECTORED_HANDLER Handler);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle);
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, RTLP_VECTORED_HANDLER Handler);
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle);
VOID NTAPI RtlSetUnhandledExceptionFilter(RTLP_VECTORED_HANDLER Filter);

NT_EXPORT(RtlAddVectoredExceptionHandler);
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, RTLP_VECTORED_HANDLER Handler)
{
    return RtlpAddVector(0, First, Handler);
}

NT_EXPORT(RtlRemoveVectoredExceptionHandler);
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle)
{
    return RtlpRemoveVector(0, Handle);
}

NT_EXPORT(RtlAddVectoredContinueHandler);
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, RTLP_VECTORED_HANDLER Handler)
{
    return RtlpAddVector(1, First, Handler);
}

NT_EXPORT(RtlRemoveVectoredContinueHandler);
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle)
{
    return RtlpRemoveVector(1, Handle);
}

NT_EXPORT(RtlSetUnhandledExceptionFilter);
VOID NTAPI RtlSetUnhandledExceptionFilter(RTLP_VECTORED_HANDLER Filter)
{
    RtlpUnhandledFilter = Filter;
}

/* ---- dispatch ---- */

static BOOLEAN RtlpDispatch(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    if (!RtlpCallVectors(0, Record, Context) && !RtlDispatchException(Record, Context))
        return FALSE;
    RtlpCallVectors(1, Record, Context);
    return TRUE;
}

DECLSPEC_NORETURN VOID RtlpUserException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    NTSTATUS Status;

    if (RtlpDispatch(Record, Context))
        Status = NtContinue(Context, FALSE);
    else
        Status = NtRaiseException(Record, Context, FALSE);
    NtTerminateProcess(NtCurrentProcess(), Status); /* either service returned: the context is of no use */
    __builtin_trap();
}

DECLSPEC_NORETURN VOID RtlpUnhandledException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    NTSTATUS Status = NtRaiseException(Record, Context, FALSE);

    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_trap();
}

NT_EXPORT(RtlRaiseException);
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD Record)
{
    CONTEXT Context;
    ULONG64 ImageBase, Establisher;
    PVOID HandlerData;
    PRUNTIME_FUNCTION Function;

    RtlCaptureContext(&Context);
    Function = RtlLookupFunctionEntry(Context.Rip, &ImageBase, NULL);
    if (Function != NULL) { /* as seen by the caller: it continues there */
        RtlVirtualUnwind(0, ImageBase, Context.Rip, Function, &Context, &HandlerData, &Establisher, NULL);
        Record->ExceptionAddress = (PVOID)Context.Rip;
    }
    if (!RtlpDispatch(Record, &Context))
        RtlpUnhandledException(Record, &Context);
    NtContinue(&Context, FALSE);
}

DECLSPEC_NORETURN VOID RtlpUserApc(PSP_APC_FRAME *Frame)
{
    NTSTATUS Status;

    ((VOID(NTAPI *)(PVOID, PVOID, PVOID))Frame->Routine)(Frame->RoutineContext, Frame->Argument1, Frame->Argument2);
    Status = NtContinue(&Frame->Context, TRUE);
    NtTerminateProcess(NtCurrentProcess(), Status);
    __builtin_trap();
}

/* ---- threads ---- */

DECLSPEC_NORETURN VOID NTAPI RtlExitUserThread(NTSTATUS ExitStatus);
DECLSPEC_NORETURN VOID NTAPI RtlExitUserProcess(NTSTATUS ExitStatus);
DECLSPEC_NORETURN VOID NTAPI RtlUserThreadStart(NTSTATUS(NTAPI *Start)(PVOID), PVOID Parameter);

NT_EXPORT(RtlExitUserThread);
VOID NTAPI RtlExitUserThread(NTSTATUS ExitStatus)
{
    ULONG Last = TRUE;

    NtQueryInformationThread(NtCurrentThread(), ThreadAmILastThread, &Last, sizeof(Last), NULL);
    if (Last)
        RtlExitUserProcess(ExitStatus);
    LdrShutdownThread();
    NtTerminateThread(NtCurrentThread(), ExitStatus);
    __builtin_trap();
}

NT_EXPORT(RtlExitUserProcess);
VOID NTAPI RtlExitUserProcess(NTSTATUS ExitStatus)
{
    NtTerminateProcess(NULL, ExitStatus);
    LdrShutdownProcess();
    NtTerminateProcess(NtCurrentProcess(), ExitStatus);
    __builtin_trap();
}

static LONG RtlpFilterUnhandled(PEXCEPTION_POINTERS Pointers)
{
    if (RtlpUnhandledFilter == NULL)
        return EXCEPTION_CONTINUE_SEARCH;
    return RtlpUnhandledFilter(Pointers);
}

VOID NTAPI RtlUserThreadStart(NTSTATUS(NTAPI *Start)(PVOID), PVOID Parameter)
{
    __try {
        LdrpInitThread();
        RtlExitUserThread(Start(Parameter));
    } __except (RtlpFilterUnhandled(GetExceptionInformation())) {
        NtTerminateProcess(NtCurrentProcess(), GetExceptionCode());
    }
    __builtin_trap();
}

/* ---- function tables ---- */

BOOLEAN RtlpIsReadable(ULONG64 Address, SIZE_T Bytes)
{
    /* A bad stack faults, which the kernel turns into a second exception: nothing is gained by asking first. */
    UNREFERENCED_PARAMETER(Bytes);
    return Address >= 0x10000;
}

static PRUNTIME_FUNCTION RtlpSearchTable(PRUNTIME_FUNCTION Table, ULONG Count, ULONG Offset)
{
    ULONG Low = 0, High = Count;

    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;

        if (Offset < Table[Middle].BeginAddress)
            High = Middle;
        else if (Offset >= Table[Middle].EndAddress)
            Low = Middle + 1;
        else
            return &Table[Middle];
    }
    return NULL;
}

NT_EXPORT(RtlLookupFunctionEntry);
PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable)
{
    PPSP_LDR_ENTRY Module = LdrpFindModule((PVOID)ControlPc);
    PIMAGE_NT_HEADERS64 Headers;
    PIMAGE_DATA_DIRECTORY Directory;

    UNREFERENCED_PARAMETER(HistoryTable);
    *ImageBase = Module != NULL ? (ULONG64)Module->DllBase : 0;
    if (Module == NULL)
        return NULL;
    Headers = (PVOID)(Module->DllBase + ((PIMAGE_DOS_HEADER)Module->DllBase)->e_lfanew);
    Directory = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    if (Directory->Size == 0)
        return NULL;
    return RtlpSearchTable((PVOID)(Module->DllBase + Directory->VirtualAddress),
                           Directory->Size / sizeof(RUNTIME_FUNCTION), (ULONG)(ControlPc - *ImageBase));
}

NT_EXPORT(RtlPcToFileHeader);
PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    PPSP_LDR_ENTRY Module = LdrpFindModule(PcValue);

    *BaseOfImage = Module != NULL ? Module->DllBase : NULL;
    return *BaseOfImage;
}
