/*
 * ps: processes, and their threads on request. What no process is charged with is shown as Task
 * Manager shows it, as processes that are none: the idle time, interrupts, DPCs. Not here: memory
 * of single processes beyond the working set, other users.
 */
#include "../lm/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_PROCESSES 5
#define QUERY_PROCESSORS 8

typedef struct PS_THREAD { /* SYSTEM_THREAD_INFORMATION */
    LONGLONG KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    BYTE *Start;
    ULONG_PTR Process, Thread;
    LONG Priority, BasePriority;
    ULONG Switches, State, WaitReason;
} PS_THREAD;

typedef struct PS_PROCESS { /* SYSTEM_PROCESS_INFORMATION, its threads behind it */
    ULONG Next, Threads;
    LONGLONG Reserved[3], CreateTime, UserTime, KernelTime;
    UNICODE_STRING Name;
    LONG BasePriority;
    ULONG_PTR Id, Parent;
    ULONG Handles, Session;
    ULONG_PTR Key, PeakVirtual, Virtual;
    ULONG Faults;
    ULONG_PTR PeakWorkingSet, WorkingSet;
    BYTE Rest[0x100 - 0x98];
} PS_PROCESS;
_Static_assert(sizeof(PS_PROCESS) == 0x100 && sizeof(PS_THREAD) == 0x50, "as NT has them");

typedef struct PS_PROCESSOR { /* SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION */
    LONGLONG Idle, Kernel, User, Dpc, Interrupt;
    ULONG Interrupts, Spare;
} PS_PROCESSOR;

typedef struct PS_WISH {
    BOOL Threads, Json;
    const QUERY_MODULE_LIST *Modules; /* NULL: addresses have no names */
} PS_WISH;

/* ---- names ---- */

static const char *StateName(ULONG State)
{
    static const char *const Names[] = {"initialized", "ready",          "running",
                                        "standby",     "terminated",     "waiting",
                                        "transition",  "deferred ready", "gate wait"};

    return State < sizeof(Names) / sizeof(Names[0]) ? Names[State] : "?";
}

static const char *ReasonName(ULONG Reason)
{
    static const char *const Names[] = {
        "Executive",        "FreePage",         "PageIn",      "PoolAllocation", "DelayExecution",
        "Suspended",        "UserRequest",      "WrExecutive", "WrFreePage",     "WrPageIn",
        "WrPoolAllocation", "WrDelayExecution", "WrSuspended", "WrUserRequest",  "WrEventPair",
        "WrQueue",          "WrLpcReceive",     "WrLpcReply"};

    return Reason < sizeof(Names) / sizeof(Names[0]) ? Names[Reason] : "other";
}

/* "nt+0x1234", or the address. */
static void NameAddress(const QUERY_MODULE_LIST *Modules, const BYTE *Address, char *Text,
                        size_t Limit)
{
    char Name[260];

    for (ULONG i = 0; Modules != NULL && i < Modules->Count; i++)
        if ((ULONG_PTR)Address - (ULONG_PTR)Modules->Module[i].Base < Modules->Module[i].Bytes) {
            QueryModuleName(&Modules->Module[i], Name, sizeof(Name));
            snprintf(Text, Limit, "%s+0x%llx", Name,
                     (ULONGLONG)(Address - Modules->Module[i].Base));
            return;
        }
    snprintf(Text, Limit, "0x%llx", (ULONGLONG)(ULONG_PTR)Address);
}

/* ---- those that are none ---- */

static void ShowPseudo(const PS_WISH *Wish, const char *Name, LONGLONG Time)
{
    if (Wish->Json) {
        printf("{\"name\":");
        QueryPrintJson(Name);
        printf(",\"pseudo\":true,\"kernel_time_100ns\":%lld}\n", Time);
        return;
    }
    printf("%6s %6s %4s %5s %8s %10s %10.3f  %s\n", "-", "-", "-", "-", "-", "-",
           (double)Time / 1e7, Name);
}

static int ShowProcessors(const PS_WISH *Wish)
{
    NTSTATUS Status;
    ULONG Bytes;
    PS_PROCESSOR *List = QuerySystem(QUERY_PROCESSORS, &Bytes, &Status), Sum = {0};

    if (List == NULL) {
        fprintf(stderr, "ps: the processors' times were refused: 0x%08lX\n", (ULONG)Status);
        return ERROR_GEN_FAILURE;
    }
    for (ULONG i = 0; i < Bytes / sizeof(*List); i++) {
        Sum.Idle += List[i].Idle;
        Sum.Dpc += List[i].Dpc;
        Sum.Interrupt += List[i].Interrupt;
    }
    ShowPseudo(Wish, "System Idle Process", Sum.Idle);
    ShowPseudo(Wish, "System interrupts", Sum.Interrupt);
    ShowPseudo(Wish, "Deferred procedure calls", Sum.Dpc);
    free(List);
    return ERROR_SUCCESS;
}

/* ---- processes ---- */

static void ShowThread(const PS_WISH *Wish, const PS_THREAD *Thread, BOOL First)
{
    const char *Reason = Thread->State == 5 ? ReasonName(Thread->WaitReason) : "";
    char Start[300];

    NameAddress(Wish->Modules, Thread->Start, Start, sizeof(Start));
    if (Wish->Json) {
        printf(
            "%s{\"id\":%llu,\"state\":\"%s\",\"wait_reason\":\"%s\",\"priority\":%ld,"
            "\"user_time_100ns\":%lld,"
            "\"kernel_time_100ns\":%lld,\"switches\":%lu,\"start\":",
            First ? "" : ",", (ULONGLONG)Thread->Thread, StateName(Thread->State), Reason,
            Thread->Priority, Thread->UserTime, Thread->KernelTime, Thread->Switches);
        QueryPrintJson(Start);
        printf("}");
        return;
    }
    printf("       thread %6llu  %-11s %-16s pri %2ld  %8.3f %8.3f  %7lu  %s\n",
           (ULONGLONG)Thread->Thread, StateName(Thread->State), Reason, Thread->Priority,
           (double)Thread->UserTime / 1e7, (double)Thread->KernelTime / 1e7, Thread->Switches,
           Start);
}

static void ShowProcess(const PS_WISH *Wish, const PS_PROCESS *Process)
{
    const PS_THREAD *Threads = (const PS_THREAD *)(Process + 1);
    char Name[260];

    QueryNarrow(Process->Name.Buffer, Process->Name.Length / (int)sizeof(WCHAR), Name,
                sizeof(Name));
    if (Name[0] == 0)
        snprintf(Name, sizeof(Name), "%s", Process->Id == 4 ? "System" : "?");
    if (Wish->Json) {
        printf("{\"name\":");
        QueryPrintJson(Name);
        printf(",\"pid\":%llu,\"parent\":%llu,\"threads\":%lu,\"handles\":%lu,\"working_set\":%llu,"
               "\"user_time_100ns\":%lld,\"kernel_time_100ns\":%lld",
               (ULONGLONG)Process->Id, (ULONGLONG)Process->Parent, Process->Threads,
               Process->Handles, (ULONGLONG)Process->WorkingSet, Process->UserTime,
               Process->KernelTime);
        printf(Wish->Threads ? ",\"thread\":[" : "}\n");
    } else {
        printf("%6llu %6llu %4lu %5lu %7lluK %10.3f %10.3f  %s\n", (ULONGLONG)Process->Id,
               (ULONGLONG)Process->Parent, Process->Threads, Process->Handles,
               (ULONGLONG)Process->WorkingSet / 1024, (double)Process->UserTime / 1e7,
               (double)Process->KernelTime / 1e7, Name);
    }
    for (ULONG i = 0; Wish->Threads && i < Process->Threads; i++)
        ShowThread(Wish, &Threads[i], i == 0);
    if (Wish->Json && Wish->Threads)
        printf("]}\n");
}

static int ShowProcesses(const PS_WISH *Wish)
{
    NTSTATUS Status;
    ULONG Bytes;
    BYTE *List = QuerySystem(QUERY_PROCESSES, &Bytes, &Status), *At = List;

    if (List == NULL) {
        fprintf(stderr, "ps: the list of processes was refused: 0x%08lX\n", (ULONG)Status);
        return ERROR_GEN_FAILURE;
    }
    for (;; At += ((PS_PROCESS *)At)->Next) {
        if (((PS_PROCESS *)At)->Id != 0) /* NT's idle process, whose time is shown above */
            ShowProcess(Wish, (PS_PROCESS *)At);
        if (((PS_PROCESS *)At)->Next == 0)
            break;
    }
    free(List);
    return ERROR_SUCCESS;
}

int wmain(int Count, WCHAR **Words)
{
    PS_WISH Wish = {0};
    QUERY_MODULE_LIST *Modules = NULL;
    NTSTATUS Status;
    ULONG Bytes;
    int Error;

    for (int i = 1; i < Count; i++)
        if (wcscmp(Words[i], L"--json") == 0)
            Wish.Json = TRUE;
        else if (wcscmp(Words[i], L"-t") == 0 || wcscmp(Words[i], L"--threads") == 0)
            Wish.Threads = TRUE;
        else {
            printf(
                "ps [-t | --threads] [--json]\n\n"
                "Lists the machine's processes, with -t their threads. Times are seconds.\n");
            return wcscmp(Words[i], L"/?") == 0 || wcscmp(Words[i], L"-?") == 0
                       ? ERROR_SUCCESS
                       : ERROR_INVALID_PARAMETER;
        }
    if (Wish.Threads)
        Wish.Modules = Modules = QuerySystem(QUERY_MODULES, &Bytes, &Status);
    if (!Wish.Json)
        printf("%6s %6s %4s %5s %8s %10s %10s  %s\n", "PID", "PARENT", "THR", "HND", "MEMORY",
               "USER", "KERNEL", "NAME");
    Error = ShowProcessors(&Wish);
    if (Error == ERROR_SUCCESS)
        Error = ShowProcesses(&Wish);
    free(Modules);
    return Error;
}
