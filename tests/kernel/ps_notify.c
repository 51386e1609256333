/* Routines that hear of processes, threads and images: registration, its limits, threads' coming and going. */
#include "threads.h"

#define LIMIT 64

static ULONG Created, Ended, InThread;
static HANDLE Watched;

static VOID NTAPI on_thread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    if (ProcessId != (HANDLE)4)
        return;
    if (Create) {
        Created++;
        Watched = ThreadId;
    } else if (ThreadId == Watched && PsGetCurrentThreadId() == ThreadId) {
        Ended++;
    }
}

static VOID NTAPI on_user_thread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    UNREFERENCED_PARAMETER(Create);
    InThread++;
}

static VOID NTAPI on_process(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Create);
}

static VOID NTAPI on_process_ex(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Info);
}

static VOID NTAPI on_image(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info)
{
    UNREFERENCED_PARAMETER(Name);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Info);
}

static VOID NTAPI ends_at_once(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID test_process(VOID)
{
    is_status(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_INVALID_PARAMETER, "removing what is not there");
    is_status(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_SUCCESS, "registering");
    is_status(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_INVALID_PARAMETER, "not twice");
    is_status(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_SUCCESS, "removing");
    is_status(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_INVALID_PARAMETER, "once");
    is_status(PsSetCreateProcessNotifyRoutineEx(on_process_ex, FALSE), STATUS_ACCESS_DENIED,
              "the Ex form wants an image linked with /INTEGRITYCHECK");
    is_status(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, (PVOID)on_process_ex, FALSE),
              STATUS_ACCESS_DENIED, "so does Ex2");
    is_status(PsSetCreateProcessNotifyRoutineEx2(7, (PVOID)on_process_ex, FALSE), STATUS_INVALID_PARAMETER,
              "a kind that is none");
}

static VOID test_thread(VOID)
{
    ULONG Registered = 0;
    PVOID Thread;

    is_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_PROCEDURE_NOT_FOUND, "removing what is not there");
    is_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS, "registering");
    is_status(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)on_user_thread), STATUS_SUCCESS,
              "the Ex form, for user threads");
    Thread = start_thread(ends_at_once, NULL);
    is_ulong(Created, 1, "a thread's creation is heard of, before the call returns");
    join_thread(Thread);
    is_ulong(Ended, 1, "its end too, in the thread itself");
    is_ulong(InThread, 0, "a system thread is no user thread");
    is_status(PsRemoveCreateThreadNotifyRoutine(on_user_thread), STATUS_SUCCESS, "removing the Ex form");
    is_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS, "removing");
    join_thread(start_thread(ends_at_once, NULL));
    is_ulong(Created, 1, "nothing is heard any more");
    while (NT_SUCCESS(PsSetCreateThreadNotifyRoutine(on_user_thread)) && Registered < 2 * LIMIT)
        Registered++;
    ok(Registered > 0 && Registered <= LIMIT, "there is a limit, and it is documented as 64");
    is_status(PsSetCreateThreadNotifyRoutine(on_user_thread), STATUS_INSUFFICIENT_RESOURCES, "with this status");
    for (; Registered > 0; Registered--)
        PsRemoveCreateThreadNotifyRoutine(on_user_thread);
    is_status(PsRemoveCreateThreadNotifyRoutine(on_user_thread), STATUS_PROCEDURE_NOT_FOUND, "all are gone again");
}

static VOID test_image(VOID)
{
    is_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_PROCEDURE_NOT_FOUND, "removing what is not there");
    is_status(PsSetLoadImageNotifyRoutine(on_image), STATUS_SUCCESS, "registering");
    is_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS, "removing");
    is_status(PsSetLoadImageNotifyRoutineEx(on_image, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE), STATUS_SUCCESS,
              "the Ex form");
    is_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS, "removing it");
    is_status(PsSetLoadImageNotifyRoutineEx(on_image, 0x100), STATUS_INVALID_PARAMETER_2, "a flag that is none");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_process();
    test_thread();
    test_image();
    return done();
}
