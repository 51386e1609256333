/* Says which processes, threads and images come and go; refuses a program called refused.exe. Linked with /INTEGRITYCHECK. */
#include <ntifs.h>

PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);

static ULONG Threads, ThreadsEnded;

static VOID NTAPI OnProcess(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    UNICODE_STRING Refused = RTL_CONSTANT_STRING(L"*\\REFUSED.EXE");

    if (Info == NULL) {
        DbgPrint("watch: process ends, status 0x%X, threads %u begun %u ended\n", PsGetProcessExitStatus(Process), Threads,
                 ThreadsEnded);
        return;
    }
    DbgPrint("watch: process %wZ, command line [%wZ], parent %u\n", Info->ImageFileName, Info->CommandLine,
             (ULONG)(ULONG_PTR)Info->ParentProcessId);
    DbgPrint("watch: process %u made by %u.%u, called in %u: %s\n", (ULONG)(ULONG_PTR)ProcessId,
             (ULONG)(ULONG_PTR)Info->CreatingThreadId.UniqueProcess, (ULONG)(ULONG_PTR)Info->CreatingThreadId.UniqueThread,
             (ULONG)(ULONG_PTR)PsGetCurrentProcessId(), PsGetProcessImageFileName(Process));
    if (FsRtlIsNameInExpression(&Refused, (PUNICODE_STRING)Info->ImageFileName, TRUE, NULL))
        Info->CreationStatus = STATUS_ACCESS_DENIED;
}

static VOID NTAPI OnThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ThreadId);
    if (ProcessId == (HANDLE)4)
        return;
    if (Create)
        Threads++;
    else
        ThreadsEnded++;
}

static VOID NTAPI OnImage(PUNICODE_STRING Name, HANDLE ProcessId, PIMAGE_INFO Info)
{
    if (ProcessId != NULL)
        DbgPrint("watch: image %wZ, %s in process %s\n", Name,
                 Info->ImageBase != NULL && Info->ImageSize != 0 ? "mapped" : "not mapped",
                 ProcessId == PsGetCurrentProcessId() ? "the current one" : "another");
}

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    PsRemoveLoadImageNotifyRoutine(OnImage);
    PsRemoveCreateThreadNotifyRoutine(OnThread);
    PsSetCreateProcessNotifyRoutineEx(OnProcess, TRUE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = PsSetCreateProcessNotifyRoutineEx(OnProcess, FALSE);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    PsSetCreateThreadNotifyRoutine(OnThread);
    PsSetLoadImageNotifyRoutine(OnImage);
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
