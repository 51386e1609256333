/*
 * Terminals: in a machine that was booted each program that the host started has one, the console
 * of its processes. The host gives it a number. Input comes a line at a time, when a reader has
 * asked for it; writers wait while the host cannot take more. Not modelled: screen buffers, input
 * events.
 */
#include "startup.h"

#include "../rtl/rtl.h"

typedef struct _PSP_TERMINAL {
    LIST_ENTRY Link; /* PspTerminals */
    LONG References; /* of processes, and of who works with it */
    HANDLE Number;
    PEPROCESS Owner; /* the first process, until it ends */
    KEVENT Arrived;  /* notification: there is text, or the input has ended */
    KEVENT Flows;    /* notification: writers may write */
    BOOLEAN Wanted;  /* the host was asked for a line */
    BOOLEAN Ended;   /* of the input */
    ULONG Start, End; /* what is left in Text */
    UCHAR Text[HAL_INPUT_CHUNK + 1];
} PSP_TERMINAL;

/* PASSIVE_LEVEL; no wait, call or change of IRQL while it is walked, so that no other context sees
 * it half done. */
static LIST_ENTRY PspTerminals = {&PspTerminals, &PspTerminals};

/* ---- references ---- */

static VOID PspReleaseTerminal(PSP_TERMINAL *Terminal)
{
    if (--Terminal->References != 0)
        return;
    RemoveEntryList(&Terminal->Link);
    ExFreePoolWithTag(Terminal, PSP_TAG);
}

/* Referenced, or NULL. */
static PSP_TERMINAL *PspFindTerminal(HANDLE Number)
{
    for (PLIST_ENTRY Link = PspTerminals.Flink; Link != &PspTerminals; Link = Link->Flink) {
        PSP_TERMINAL *Terminal = CONTAINING_RECORD(Link, PSP_TERMINAL, Link);

        if (Terminal->Number != Number)
            continue;
        Terminal->References++;
        return Terminal;
    }
    return NULL;
}

static PSP_TERMINAL *PspCreateTerminal(HANDLE Number)
{
    PSP_TERMINAL *Terminal = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Terminal), PSP_TAG);

    if (Terminal == NULL)
        return NULL;
    RtlZeroMemory(Terminal, sizeof(*Terminal));
    KeInitializeEvent(&Terminal->Arrived, NotificationEvent, FALSE);
    KeInitializeEvent(&Terminal->Flows, NotificationEvent, TRUE);
    Terminal->References = 1;
    Terminal->Number = Number;
    InsertTailList(&PspTerminals, &Terminal->Link);
    return Terminal;
}

HANDLE PspTerminalNumber(const PSP_TERMINAL *Terminal)
{
    return Terminal->Number;
}

VOID PspGiveTerminal(PEPROCESS Process, PSP_TERMINAL *Terminal, PEPROCESS Parent)
{
    if (Terminal != NULL)
        Terminal->Owner = Process;
    else
        Terminal = Parent->Terminal;
    Process->Terminal = Terminal;
    if (Terminal != NULL)
        Terminal->References++;
}

static VOID PspReportExit(PSP_TERMINAL *Terminal)
{
    PEPROCESS Process = Terminal->Owner;
    char Line[32];
    int Bytes = _snprintf(Line, sizeof(Line), "%lu\t%lu", (ULONG)Process->ExitStatus,
                          (ULONG)Process->StartFailure);

    HAL->write(HAL_STREAM_OF(HAL_STREAM_EXIT, (ULONG64)Terminal->Number), (ULONG64)Line,
               (ULONG64)Bytes, KeVirtualTime());
    Terminal->Owner = NULL;
}

VOID PspLeaveTerminal(PEPROCESS Process)
{
    PSP_TERMINAL *Terminal = Process->Terminal;

    if (Terminal == NULL)
        return;
    if (Terminal->Owner == Process)
        PspReportExit(Terminal);
    Process->Terminal = NULL;
    PspReleaseTerminal(Terminal);
}

/* ---- programs ---- */

static NTSTATUS PspWait(PKEVENT Event)
{
    return KeWaitForSingleObject(Event, UserRequest, UserMode, FALSE, NULL) == STATUS_SUCCESS
               ? STATUS_SUCCESS
               : STATUS_CANCELLED;
}

static VOID PspAskForLine(PSP_TERMINAL *Terminal)
{
    if (Terminal->Wanted)
        return;
    Terminal->Wanted = TRUE;
    HAL->write(HAL_STREAM_OF(HAL_STREAM_WANT, (ULONG64)Terminal->Number), (ULONG64) "\n", 1,
               KeVirtualTime());
}

static VOID PspTakeText(PSP_TERMINAL *Terminal, PVOID Buffer, PULONG Bytes)
{
    *Bytes = min(*Bytes, Terminal->End - Terminal->Start);
    RtlCopyMemory(Buffer, Terminal->Text + Terminal->Start, *Bytes);
    Terminal->Start += *Bytes;
    if (Terminal->Start == Terminal->End && !Terminal->Ended)
        KeClearEvent(&Terminal->Arrived);
}

NTSTATUS PspReadTerminal(PSP_TERMINAL *Terminal, PVOID Buffer, PULONG Bytes)
{
    NTSTATUS Status = STATUS_SUCCESS;

    while (NT_SUCCESS(Status) && Terminal->Start == Terminal->End && !Terminal->Ended) {
        PspAskForLine(Terminal);
        Status = PspWait(&Terminal->Arrived);
    }
    if (NT_SUCCESS(Status))
        PspTakeText(Terminal, Buffer, Bytes);
    else
        *Bytes = 0;
    return Status;
}

NTSTATUS PspWaitForFlow(PSP_TERMINAL *Terminal)
{
    return KeReadStateEvent(&Terminal->Flows) ? STATUS_SUCCESS : PspWait(&Terminal->Flows);
}

/* ---- the host ---- */

VOID PsTerminalInput(HANDLE Number, const VOID *Text, ULONG Bytes)
{
    PSP_TERMINAL *Terminal = PspFindTerminal(Number);

    if (Terminal == NULL)
        return;
    if (Terminal->Wanted && Bytes <= HAL_INPUT_CHUNK) {
        Terminal->Wanted = FALSE;
        RtlCopyMemory(Terminal->Text, Text, Bytes);
        Terminal->Start = 0;
        Terminal->End = PspEndLine(Terminal->Text, Bytes);
        Terminal->Ended = Bytes == 0;
        KeSetEvent(&Terminal->Arrived, 0, FALSE);
    }
    PspReleaseTerminal(Terminal);
}

VOID PsTerminalFlow(HANDLE Number, BOOLEAN Flows)
{
    PSP_TERMINAL *Terminal = PspFindTerminal(Number);

    if (Terminal == NULL)
        return;
    if (Flows)
        KeSetEvent(&Terminal->Flows, 0, FALSE);
    else
        KeClearEvent(&Terminal->Flows);
    PspReleaseTerminal(Terminal);
}

static VOID PspCloseTerminal(PVOID Number)
{
    PspSignalTerminal(Number, 2 /* CTRL_CLOSE_EVENT */);
}

VOID PsTerminalSignal(HANDLE Number, ULONG Event)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;

    if (Event != 2) {
        PspSignalTerminal(Number, Event);
        return;
    }
    /* its handlers may take five seconds, which nobody else waits for */
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                        PspCloseTerminal, Number)))
        ZwClose(Thread);
    else
        PspCloseTerminal(Number);
}

NTSTATUS PsSpawnProgram(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine, HANDLE Number)
{
    PSP_TERMINAL *Terminal = PspCreateTerminal(Number);
    PEPROCESS Process;
    NTSTATUS Status;

    if (Terminal == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PspStartOnTerminal(Path, CommandLine, Terminal, &Process);
    PspReleaseTerminal(Terminal);
    if (NT_SUCCESS(Status))
        ObDereferenceObject(Process);
    return Status;
}
