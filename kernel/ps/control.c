/*
 * Console events: a process on the console has a routine in kernel32, which is called in a thread
 * of its own for Ctrl+C, Ctrl+Break and the close of the console. And the end of all programs,
 * which closes the console. In a machine that was booted each program that
 * the host started has a terminal of its own (terminal.c), which is its console. Not modelled:
 * keys.
 */
#include "startup.h"

#define PSP_CLOSE_EVENT 2 /* CTRL_CLOSE_EVENT */
#define PSP_CLOSE_TIMEOUT_100NS \
    50000000ll /* what a process has for its handlers [doc: HandlerRoutine, 5 seconds] */

/* ---- processes, referenced ---- */

typedef struct _PSP_SNAPSHOT {
    ULONG Count;
    PEPROCESS Process[];
} PSP_SNAPSHOT;

#define PSP_EVERYWHERE ((HANDLE)(LONG_PTR)-1)

static HANDLE PspTerminalOf(PEPROCESS Process)
{
    return Process->Terminal != NULL ? PspTerminalNumber(Process->Terminal) : NULL;
}

/*
 * Every user process of the terminal (its number; NULL: of those without one), or of all, that has
 * not begun to end. NULL: no memory.
 */
static PSP_SNAPSHOT *PspTakeSnapshot(HANDLE Terminal)
{
    ULONG Count = 0;
    PSP_SNAPSHOT *Snapshot;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink)
        Count++;
    Snapshot =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*Snapshot) + Count * sizeof(PEPROCESS), PSP_TAG);
    if (Snapshot == NULL)
        return NULL;
    Snapshot->Count = 0;
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        if (Process == PsInitialSystemProcess || Snapshot->Count == Count ||
            (Terminal != PSP_EVERYWHERE && PspTerminalOf(Process) != Terminal))
            continue;
        ObReferenceObject(Process);
        Snapshot->Process[Snapshot->Count++] = Process;
    }
    return Snapshot;
}

static VOID PspFreeSnapshot(PSP_SNAPSHOT *Snapshot)
{
    for (ULONG i = 0; i < Snapshot->Count; i++)
        ObDereferenceObject(Snapshot->Process[i]);
    ExFreePoolWithTag(Snapshot, PSP_TAG);
}

/* ---- events ---- */

static NTSTATUS PspSendConsoleEvent(PEPROCESS Process, ULONG Event)
{
    KAPC_STATE Attached;
    PETHREAD Thread;
    NTSTATUS Status;

    if (Process->ConsoleControl == 0 || !ExAcquireRundownProtection(&Process->RundownProtect))
        return STATUS_INVALID_CID;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    Status = PspCreateThreadIn(Process, (PVOID)Process->ConsoleControl, (PVOID)(ULONG_PTR)Event, 0,
                               &Thread);
    KeUnstackDetachProcess(&Attached);
    if (NT_SUCCESS(Status))
        PspStartThread(Thread, FALSE);
    ExReleaseRundownProtection(&Process->RundownProtect);
    return Status;
}

NTSTATUS PspConsoleEvent(ULONG Event, HANDLE Group)
{
    PSP_SNAPSHOT *Snapshot = PspTakeSnapshot(PspTerminalOf(PsGetCurrentThread()->ThreadsProcess));
    NTSTATUS Status = Group == NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;

    if (Snapshot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < Snapshot->Count; i++)
        if ((Group == NULL || Snapshot->Process[i]->ProcessGroup == Group) &&
            NT_SUCCESS(PspSendConsoleEvent(Snapshot->Process[i], Event)))
            Status = STATUS_SUCCESS;
    PspFreeSnapshot(Snapshot);
    return Status;
}

ULONG PspConsoleProcesses(PULONG Ids, ULONG Room)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        if (Process->ConsoleControl == 0 ||
            PspTerminalOf(Process) != PspTerminalOf(PsGetCurrentThread()->ThreadsProcess))
            continue;
        if (Count < Room)
            Ids[Count] = (ULONG)(ULONG_PTR)Process->UniqueProcessId;
        Count++;
    }
    return Count;
}

/* ---- the end of all programs ---- */

static VOID PspEndSnapshot(PSP_SNAPSHOT *Snapshot)
{
    LARGE_INTEGER Deadline = {.QuadPart = PspSystemTime() + PSP_CLOSE_TIMEOUT_100NS};

    for (ULONG i = 0; i < Snapshot->Count; i++)
        if (!NT_SUCCESS(PspSendConsoleEvent(Snapshot->Process[i], PSP_CLOSE_EVENT)))
            PspTerminateProcess(Snapshot->Process[i], STATUS_CONTROL_C_EXIT);
    for (ULONG i = 0; i < Snapshot->Count; i++)
        KeWaitForSingleObject(Snapshot->Process[i], Executive, KernelMode, FALSE, &Deadline);
    for (ULONG i = 0; i < Snapshot->Count; i++)
        PspTerminateProcess(Snapshot->Process[i], STATUS_CONTROL_C_EXIT);
    for (ULONG i = 0; i < Snapshot->Count; i++)
        KeWaitForSingleObject(Snapshot->Process[i], Executive, KernelMode, FALSE, NULL);
}

VOID PspSignalTerminal(HANDLE Terminal, ULONG Event)
{
    PSP_SNAPSHOT *Snapshot = PspTakeSnapshot(Terminal);

    if (Snapshot == NULL)
        return;
    if (Event == PSP_CLOSE_EVENT)
        PspEndSnapshot(Snapshot);
    for (ULONG i = 0; Event != PSP_CLOSE_EVENT && i < Snapshot->Count; i++)
        (VOID) PspSendConsoleEvent(Snapshot->Process[i],
                                   Event); /* one without a console does not hear it */
    PspFreeSnapshot(Snapshot);
}

VOID PsEndPrograms(VOID)
{
    PSP_SNAPSHOT *Snapshot;

    /* A program may start others while it ends. */
    while ((Snapshot = PspTakeSnapshot(PSP_EVERYWHERE)) != NULL && Snapshot->Count != 0) {
        PspEndSnapshot(Snapshot);
        PspFreeSnapshot(Snapshot);
    }
    if (Snapshot != NULL)
        PspFreeSnapshot(Snapshot);
}
