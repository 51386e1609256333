/* Services on processes and threads by handle: open, query, set, suspend, alert, end. */
#include "threads.h"

NTSYSAPI NTSTATUS NTAPI ZwOpenThread(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID Id);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Information, ULONG Length,
                                                  PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationProcess(HANDLE Process, PROCESSINFOCLASS Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length,
                                                 PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwSuspendThread(HANDLE Thread, PULONG Previous);
NTSYSAPI NTSTATUS NTAPI ZwResumeThread(HANDLE Thread, PULONG Previous);
NTSYSAPI NTSTATUS NTAPI ZwTerminateThread(HANDLE Thread, NTSTATUS Status);
NTSYSAPI NTSTATUS NTAPI ZwAlertThread(HANDLE Thread);
NTSYSAPI NTSTATUS NTAPI ZwTestAlert(VOID);
NTSYSAPI NTSTATUS NTAPI ZwQueueApcThread(HANDLE Thread, PVOID Routine, PVOID A, PVOID B, PVOID C);

static volatile LONG Turns;
static volatile BOOLEAN Stop;

static VOID NTAPI spinner(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (!Stop) {
        Turns++;
        sleep_ms(1);
    }
}

static VOID test_process(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    PROCESS_BASIC_INFORMATION Basic;
    CLIENT_ID Id = {(HANDLE)4, NULL};
    HANDLE Handle = NULL;
    ULONG Length = 0, Mode = 1;
    UCHAR Name[256];

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, NULL), STATUS_INVALID_PARAMETER_MIX,
              "neither a name nor an ID");
    is_status(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, &Id), STATUS_SUCCESS, "process 4");
    is_status(ZwQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic) - 1, &Length),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
    tap_fill(&Basic);
    is_status(ZwQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic), &Length), STATUS_SUCCESS,
              "basic information");
    ok(Basic.UniqueProcessId == 4 && Basic.PebBaseAddress == NULL && Length == sizeof(Basic), "of the System process");
    is_status(ZwQueryInformationProcess(Handle, ProcessImageFileName, Name, 4, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "its name does not fit in four bytes");
    ok(Length > sizeof(UNICODE_STRING) && Length <= sizeof(Name), "it says what it needs");
    is_status(ZwQueryInformationProcess(Handle, ProcessImageFileName, Name, sizeof(Name), &Length), STATUS_SUCCESS,
              "its name");
    is_status(ZwQueryInformationProcess(Handle, 9999, Name, sizeof(Name), &Length), STATUS_INVALID_INFO_CLASS,
              "a class that is none");
    is_status(ZwSetInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof(Mode)), STATUS_SUCCESS,
              "the hard error mode");
    Length = 0;
    ZwQueryInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof(Mode), NULL);
    is_ulong(Mode, 1, "is kept");
    Mode = 0;
    ZwSetInformationProcess(Handle, ProcessDefaultHardErrorMode, &Mode, sizeof(Mode));
    is_status(ZwTerminateProcess(Handle, 0), STATUS_ACCESS_DENIED, "the System process cannot be ended");
    ZwClose(Handle);
    Id.UniqueProcess = (HANDLE)0x7FFF0;
    is_status(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, &Id), STATUS_INVALID_CID, "an ID nobody has");
}

static VOID test_thread(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    KERNEL_USER_TIMES Times;
    CLIENT_ID Id = {0};
    HANDLE Created, Opened;
    KPRIORITY Priority = 12;
    ULONG Previous = 99, Last = 99;
    LONG Before;
    PVOID Thread;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    PsCreateSystemThread(&Created, THREAD_ALL_ACCESS, &Attributes, NULL, &Id, spinner, NULL);
    is_status(ZwOpenThread(&Opened, THREAD_ALL_ACCESS, &Attributes, &Id), STATUS_SUCCESS, "open by ID");
    is_status(ZwQueryInformationThread(Opened, ThreadTimes, &Times, sizeof(Times), NULL), STATUS_SUCCESS, "its times");
    ok(Times.CreateTime.QuadPart > 0 && Times.ExitTime.QuadPart == 0, "it has not ended");
    is_status(ZwQueryInformationThread(Opened, ThreadAmILastThread, &Last, sizeof(Last), NULL), STATUS_SUCCESS, "last?");
    is_ulong(Last, 0, "it is not the last");
    is_status(ZwSetInformationThread(Opened, ThreadPriority, &Priority, sizeof(Priority)), STATUS_SUCCESS, "a priority");
    is_status(ZwSetInformationThread(Opened, ThreadPriority, &Priority, 3), STATUS_INFO_LENGTH_MISMATCH,
              "of a wrong length");
    Priority = 32;
    is_status(ZwSetInformationThread(Opened, ThreadPriority, &Priority, sizeof(Priority)), STATUS_INVALID_PARAMETER,
              "32 is none");
    sleep_ms(5);
    ok(Turns > 0, "it runs");
    is_status(ZwSuspendThread(Opened, &Previous), STATUS_SUCCESS, "suspend");
    is_ulong(Previous, 0, "it was not suspended");
    sleep_ms(5);
    Before = Turns;
    sleep_ms(20);
    is_long(Turns, Before, "it does not run");
    is_status(ZwResumeThread(Opened, &Previous), STATUS_SUCCESS, "resume");
    is_ulong(Previous, 1, "it was suspended once");
    sleep_ms(20);
    ok(Turns > Before, "it runs again");
    is_status(ZwAlertThread(Opened), STATUS_SUCCESS, "alert");
    is_status(ZwTestAlert(), STATUS_SUCCESS, "not this thread");
    is_status(ZwQueueApcThread(Opened, NULL, NULL, NULL, NULL), STATUS_INVALID_HANDLE, "no user APC for a system thread");
    is_status(ZwTerminateThread(Opened, 0), STATUS_ACCESS_DENIED, "a system thread ends by itself only");
    Stop = TRUE;
    ObReferenceObjectByHandle(Created, 0, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(Created);
    ZwClose(Opened);
    join_thread(Thread);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_process();
    test_thread();
    return done();
}
