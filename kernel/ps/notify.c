/*
 * Routines that drivers register to hear of processes, threads and images: 64 of each kind, called at PASSIVE_LEVEL inside a
 * critical region, in the order of their slots. A removal waits for calls that are under way.
 */
#include "psp.h"

#include "../ldr/ldr.h"

#define PSP_NOTIFY_LIMIT 64 /* [doc: PsSetCreateProcessNotifyRoutine and kin, Windows 8.1 and later] */

/* What a slot's routine is: the plain form or one with more information. */
enum { PSP_PLAIN, PSP_EX };

typedef struct _PSP_NOTIFY {
    PVOID Routine;         /* NULL: free */
    ULONG Kind;            /* PSP_PLAIN... */
    EX_RUNDOWN_REF Calls;  /* calls under way */
} PSP_NOTIFY;

static PSP_NOTIFY PspProcessNotify[PSP_NOTIFY_LIMIT];
static PSP_NOTIFY PspThreadNotify[PSP_NOTIFY_LIMIT];
static PSP_NOTIFY PspImageNotify[PSP_NOTIFY_LIMIT];
static ULONG PspNotifyCount[3]; /* in use: process, thread, image; calls are skipped when none is */

VOID PspInitNotify(VOID)
{
    for (ULONG i = 0; i < PSP_NOTIFY_LIMIT; i++) {
        ExInitializeRundownProtection(&PspProcessNotify[i].Calls);
        ExInitializeRundownProtection(&PspThreadNotify[i].Calls);
        ExInitializeRundownProtection(&PspImageNotify[i].Calls);
    }
}

static PSP_NOTIFY *PspFindNotify(PSP_NOTIFY *Table, PVOID Routine, ULONG Kind)
{
    for (ULONG i = 0; i < PSP_NOTIFY_LIMIT; i++)
        if (Table[i].Routine == Routine && (Routine == NULL || Table[i].Kind == Kind))
            return &Table[i];
    return NULL;
}

static BOOLEAN PspAddNotify(PSP_NOTIFY *Table, PULONG Count, PVOID Routine, ULONG Kind)
{
    PSP_NOTIFY *Slot = PspFindNotify(Table, NULL, 0);

    if (Slot == NULL)
        return FALSE;
    Slot->Kind = Kind;
    Slot->Routine = Routine;
    ++*Count;
    return TRUE;
}

static BOOLEAN PspRemoveNotify(PSP_NOTIFY *Table, PULONG Count, PVOID Routine, ULONG Kind)
{
    PSP_NOTIFY *Slot = PspFindNotify(Table, Routine, Kind);

    if (Routine == NULL || Slot == NULL)
        return FALSE;
    ExWaitForRundownProtectionRelease(&Slot->Calls);
    Slot->Routine = NULL;
    ExReInitializeRundownProtection(&Slot->Calls);
    --*Count;
    return TRUE;
}

/* The slot's routine with a call counted, or NULL when there is none or it is being removed. */
static PVOID PspEnterNotify(PSP_NOTIFY *Slot)
{
    if (Slot->Routine == NULL || !ExAcquireRundownProtection(&Slot->Calls))
        return NULL;
    return Slot->Routine;
}

/* ---- processes ---- */

/* The Ex forms want an image linked with /INTEGRITYCHECK. [doc: PsSetCreateProcessNotifyRoutineEx] */
static BOOLEAN PspHasIntegrityCheck(PVOID Routine)
{
    PLDR_MODULE Module = LdrFindModule(Routine);
    PIMAGE_NT_HEADERS Headers;

    if (Module == NULL)
        return FALSE;
    Headers = (PVOID)((PUCHAR)Module->DllBase + ((PIMAGE_DOS_HEADER)Module->DllBase)->e_lfanew);
    return (Headers->OptionalHeader.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY) != 0;
}

static NTSTATUS PspSetProcessNotify(PVOID Routine, BOOLEAN Remove, ULONG Kind)
{
    BOOLEAN Done;

    if (Remove) {
        Done = PspRemoveNotify(PspProcessNotify, &PspNotifyCount[0], Routine, Kind);
    } else {
        if (Kind == PSP_EX && !PspHasIntegrityCheck(Routine))
            return STATUS_ACCESS_DENIED;
        Done = PspFindNotify(PspProcessNotify, Routine, Kind) == NULL &&
               PspAddNotify(PspProcessNotify, &PspNotifyCount[0], Routine, Kind);
    }
    return Done ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NT_EXPORT(PsSetCreateProcessNotifyRoutine);
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    return PspSetProcessNotify((PVOID)NotifyRoutine, Remove, PSP_PLAIN);
}

NT_EXPORT(PsSetCreateProcessNotifyRoutineEx);
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine, BOOLEAN Remove)
{
    return PspSetProcessNotify((PVOID)NotifyRoutine, Remove, PSP_EX);
}

NT_EXPORT(PsSetCreateProcessNotifyRoutineEx2);
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                                  PVOID NotifyInformation, BOOLEAN Remove)
{
    if (NotifyType != PsCreateProcessNotifySubsystems) /* there are no other subsystems' processes */
        return STATUS_INVALID_PARAMETER;
    return PspSetProcessNotify(NotifyInformation, Remove, PSP_EX);
}

static VOID PspCallProcessNotify(PEPROCESS Process, PPS_CREATE_NOTIFY_INFO Info)
{
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PSP_NOTIFY_LIMIT; i++) {
        PVOID Routine = PspEnterNotify(&PspProcessNotify[i]);

        if (Routine == NULL)
            continue;
        if (PspProcessNotify[i].Kind == PSP_EX)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)Routine)(Process, Process->UniqueProcessId, Info);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)Routine)(Process->InheritedFromUniqueProcessId,
                                                      Process->UniqueProcessId, Info != NULL);
        ExReleaseRundownProtection(&PspProcessNotify[i].Calls);
    }
    KeLeaveCriticalRegion();
}

VOID PspCallProcessCreate(PEPROCESS Process, PPS_CREATE_NOTIFY_INFO Info)
{
    Process->CreateNotified = TRUE;
    if (PspNotifyCount[0] != 0)
        PspCallProcessNotify(Process, Info);
}

VOID PspCallProcessExit(PEPROCESS Process)
{
    if (Process->CreateNotified && PspNotifyCount[0] != 0)
        PspCallProcessNotify(Process, NULL);
    Process->CreateNotified = FALSE;
}

/* ---- threads: PSP_EX marks the routines that run in the new thread ---- */

NT_EXPORT(PsSetCreateThreadNotifyRoutine);
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    if (!PspAddNotify(PspThreadNotify, &PspNotifyCount[1], (PVOID)NotifyRoutine, PSP_PLAIN))
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

NT_EXPORT(PsSetCreateThreadNotifyRoutineEx);
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation)
{
    if (NotifyType > 1) /* 0: PsCreateThreadNotifyNonSystem, 1: PsCreateThreadNotifySubsystems */
        return STATUS_INVALID_PARAMETER;
    if (!PspAddNotify(PspThreadNotify, &PspNotifyCount[1], NotifyInformation, NotifyType == 0 ? PSP_EX : PSP_PLAIN))
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

NT_EXPORT(PsRemoveCreateThreadNotifyRoutine);
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    if (PspRemoveNotify(PspThreadNotify, &PspNotifyCount[1], (PVOID)NotifyRoutine, PSP_PLAIN) ||
        PspRemoveNotify(PspThreadNotify, &PspNotifyCount[1], (PVOID)NotifyRoutine, PSP_EX))
        return STATUS_SUCCESS;
    return STATUS_PROCEDURE_NOT_FOUND;
}

static VOID PspCallThreads(PETHREAD Thread, BOOLEAN Create, BOOLEAN Plain, BOOLEAN InThread)
{
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PSP_NOTIFY_LIMIT; i++) {
        PVOID Routine = PspEnterNotify(&PspThreadNotify[i]);

        if (Routine == NULL)
            continue;
        if (PspThreadNotify[i].Kind == PSP_EX ? InThread && !Thread->SystemThread : Plain)
            ((PCREATE_THREAD_NOTIFY_ROUTINE)Routine)(Thread->Cid.UniqueProcess, Thread->Cid.UniqueThread, Create);
        ExReleaseRundownProtection(&PspThreadNotify[i].Calls);
    }
    KeLeaveCriticalRegion();
}

VOID PspCallThreadNotify(PETHREAD Thread, BOOLEAN Create)
{
    Thread->CreateNotified = Create;
    if (PspNotifyCount[1] != 0)
        PspCallThreads(Thread, Create, TRUE, !Create);
}

VOID PspCallThreadStarted(PETHREAD Thread)
{
    if (PspNotifyCount[1] != 0)
        PspCallThreads(Thread, TRUE, FALSE, TRUE);
}

/* ---- images ---- */

NT_EXPORT(PsSetLoadImageNotifyRoutineEx);
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags)
{
    if (Flags & ~(ULONG_PTR)1) /* PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE: such images do not load here */
        return STATUS_INVALID_PARAMETER_2;
    if (!PspAddNotify(PspImageNotify, &PspNotifyCount[2], (PVOID)NotifyRoutine, PSP_PLAIN))
        return STATUS_INSUFFICIENT_RESOURCES;
    return STATUS_SUCCESS;
}

NT_EXPORT(PsSetLoadImageNotifyRoutine);
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return PsSetLoadImageNotifyRoutineEx(NotifyRoutine, 0);
}

NT_EXPORT(PsRemoveLoadImageNotifyRoutine);
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    if (!PspRemoveNotify(PspImageNotify, &PspNotifyCount[2], (PVOID)NotifyRoutine, PSP_PLAIN))
        return STATUS_PROCEDURE_NOT_FOUND;
    return STATUS_SUCCESS;
}

VOID PspCallImageNotify(PUNICODE_STRING FullName, HANDLE ProcessId, PIMAGE_INFO Info)
{
    if (PspNotifyCount[2] == 0)
        return;
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PSP_NOTIFY_LIMIT; i++) {
        PVOID Routine = PspEnterNotify(&PspImageNotify[i]);

        if (Routine == NULL)
            continue;
        ((PLOAD_IMAGE_NOTIFY_ROUTINE)Routine)(FullName, ProcessId, Info);
        ExReleaseRundownProtection(&PspImageNotify[i].Calls);
    }
    KeLeaveCriticalRegion();
}
