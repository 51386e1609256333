/*
 * Console events: handlers, and the routine that the kernel starts in a thread of its own for each
 * event. Not modelled: events of the session (log off, shut down).
 */
#include "k32.h"

#include "../../kernel/ps/console.h"

typedef struct _CONTROL_HANDLER {
    struct _CONTROL_HANDLER *Next;
    PHANDLER_ROUTINE Routine;
} CONTROL_HANDLER;

static CRITICAL_SECTION ControlLock;
static CONTROL_HANDLER *ControlHandlers; /* ControlLock; the newest first */

/* The inheritable attribute that SetConsoleCtrlHandler(NULL) sets: Ctrl+C is ignored. */
#define CONSOLE_IGNORE_CTRL_C 1u

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE Routine, BOOL Add)
{
    CONTROL_HANDLER *Handler = NULL, **Link;

    if (Routine == NULL) {
        PPSP_PARAMETERS Parameters = CurrentPeb()->ProcessParameters;

        Parameters->ConsoleFlags =
            (Parameters->ConsoleFlags & ~CONSOLE_IGNORE_CTRL_C) | (Add ? CONSOLE_IGNORE_CTRL_C : 0);
        return TRUE;
    }
    if (Add) {
        Handler = HeapAlloc(ProcessHeap(), 0, sizeof(*Handler));
        if (Handler == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return FALSE;
        }
        Handler->Routine = Routine;
    }
    EnterCriticalSection(&ControlLock);
    if (Add) {
        Handler->Next = ControlHandlers;
        ControlHandlers = Handler;
    } else {
        for (Link = &ControlHandlers; *Link != NULL && (*Link)->Routine != Routine;
             Link = &(*Link)->Next)
            ;
        Handler = *Link;
        if (Handler != NULL)
            *Link = Handler->Next;
    }
    LeaveCriticalSection(&ControlLock);
    if (!Add && Handler == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!Add)
        HeapFree(ProcessHeap(), 0, Handler);
    return TRUE;
}

/* Newest first, until one says that it has handled the event. [doc: HandlerRoutine] */
static BOOL CallHandlers(DWORD Event)
{
    PHANDLER_ROUTINE Routine[32];
    ULONG Count = 0;

    EnterCriticalSection(&ControlLock);
    for (CONTROL_HANDLER *Handler = ControlHandlers; Handler != NULL && Count < COUNT_OF(Routine);
         Handler = Handler->Next)
        Routine[Count++] = Handler->Routine;
    LeaveCriticalSection(&ControlLock);
    for (ULONG i = 0; i < Count; i++)
        if (Routine[i](Event))
            return TRUE;
    return FALSE;
}

/* Ctrl+C and Ctrl+Break may be handled; after the close of the console the process ends in any
 * case. */
static DWORD WINAPI ControlRoutine(LPVOID Argument)
{
    DWORD Event = (DWORD)(ULONG_PTR)Argument;

    if (Event == CTRL_C_EVENT &&
        (CurrentPeb()->ProcessParameters->ConsoleFlags & CONSOLE_IGNORE_CTRL_C) != 0)
        return 0;
    if (!CallHandlers(Event) || Event == CTRL_CLOSE_EVENT)
        ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
    return 0;
}

static NTSTATUS CallConsole(ULONG Code, PVOID Input, ULONG InputBytes, PVOID Output,
                            ULONG OutputBytes)
{
    HANDLE Console = CurrentPeb()->ProcessParameters->ConsoleHandle;
    IO_STATUS_BLOCK IoStatus;

    return Console == NULL ? STATUS_INVALID_HANDLE
                           : NtDeviceIoControlFile(Console, NULL, NULL, NULL, &IoStatus, Code,
                                                   Input, InputBytes, Output, OutputBytes);
}

VOID AttachConsoleControl(VOID)
{
    ULONG64 Routine = (ULONG64)ControlRoutine;

    InitializeCriticalSection(&ControlLock);
    CallConsole(IOCTL_PSP_CONSOLE_ATTACH, &Routine, sizeof(Routine), NULL, 0);
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD Event, DWORD Group)
{
    PSP_CONSOLE_EVENT Input = {Event, Group};
    NTSTATUS Status = CallConsole(IOCTL_PSP_CONSOLE_EVENT, &Input, sizeof(Input), NULL, 0);

    return StatusToBool(Status);
}

DWORD WINAPI GetConsoleProcessList(LPDWORD Ids, DWORD Count)
{
    ULONG *Answer;
    DWORD Found = 0;
    NTSTATUS Status;

    if (Ids == NULL || Count == 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    Answer = HeapAlloc(ProcessHeap(), 0, (Count + 1) * sizeof(*Answer));
    Status = Answer == NULL ? STATUS_NO_MEMORY
                            : CallConsole(IOCTL_PSP_CONSOLE_PROCESSES, NULL, 0, Answer,
                                          (Count + 1) * sizeof(*Answer));
    if (NT_SUCCESS(Status)) {
        Found = Answer[0];
        for (DWORD i = 0; Found <= Count && i < Found;
             i++) /* [doc: what does not fit whole is not stored] */
            Ids[i] = Answer[i + 1];
    } else {
        SetStatusError(Status);
    }
    FreeText(Answer);
    return Found;
}
