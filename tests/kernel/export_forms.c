/*
 * Routines that headers have as inlines or macros and that ntoskrnl.exe exports as well, called by name; old names of newer
 * routines; exported variables. [doc: wdm.h and ntddk.h; the names are those of drivers' import tables]
 */
#include "tap.h"

#define ROUTINE(Result, Name, Parameters)                       \
    Result(NTAPI * Name##Export) Parameters;                    \
    *(PVOID *)&Name##Export = tap_routine(L## #Name);           \
    if (!ok(Name##Export != NULL, "%s is exported", #Name))     \
        return;

__declspec(dllimport) extern BOOLEAN Mm64BitPhysicalAddress;
__declspec(dllimport) extern ULONG_PTR KiBugCheckData[5];
__declspec(dllimport) extern ULONG IoDeviceHandlerObjectSize;
extern POBJECT_TYPE *IoAdapterObjectType, *IoDeviceHandlerObjectType;

static VOID TestTime(VOID)
{
    ROUTINE(VOID, KeQueryTickCount, (PLARGE_INTEGER))
    ROUTINE(VOID, KeQuerySystemTime, (PLARGE_INTEGER))
    ROUTINE(ULONG64, KeQueryInterruptTime, (VOID))
    ROUTINE(ULONG, KeGetCurrentProcessorNumber, (VOID))
    LARGE_INTEGER First, Middle, Last;
    ULONG64 Interrupt;

    KeQueryTickCount(&First);
    KeQueryTickCountExport(&Middle);
    KeQueryTickCount(&Last);
    ok(First.QuadPart <= Middle.QuadPart && Middle.QuadPart <= Last.QuadPart, "tick count as the inline has it");
    KeQuerySystemTime(&First);
    KeQuerySystemTimeExport(&Middle);
    KeQuerySystemTime(&Last);
    ok(First.QuadPart <= Middle.QuadPart && Middle.QuadPart <= Last.QuadPart, "system time as the inline has it");
    First.QuadPart = (LONGLONG)KeQueryInterruptTime();
    Interrupt = KeQueryInterruptTimeExport();
    ok((ULONG64)First.QuadPart <= Interrupt && Interrupt <= KeQueryInterruptTime(), "interrupt time as the inline has it");
    ok(KeGetCurrentProcessorNumberExport() < (ULONG)KeQueryActiveProcessorCount(NULL), "a processor's number");
}

static VOID TestLocks(VOID)
{
    ROUTINE(VOID, KeInitializeSpinLock, (PKSPIN_LOCK))
    ROUTINE(KIRQL, KeAcquireSpinLockRaiseToSynch, (PKSPIN_LOCK))
    ROUTINE(VOID, KfLowerIrql, (KIRQL))
    ROUTINE(VOID, ExInitializeSListHead, (PSLIST_HEADER))
    KSPIN_LOCK Lock = 0xA5A5;
    DECLSPEC_ALIGN(16) SLIST_HEADER List;
    KIRQL Old, Raised;

    KeInitializeSpinLockExport(&Lock);
    is_hex(Lock, 0, "a new spin lock is free");
    Old = KeAcquireSpinLockRaiseToSynchExport(&Lock);
    Raised = KeGetCurrentIrql();
    KeReleaseSpinLock(&Lock, Old);
    is_ulong(Old, PASSIVE_LEVEL, "the old IRQL");
    ok(Raised > DISPATCH_LEVEL, "the lock is held above DISPATCH_LEVEL");
    KeRaiseIrql(APC_LEVEL, &Old);
    KfLowerIrqlExport(Old);
    is_ulong(KeGetCurrentIrql(), PASSIVE_LEVEL, "lowered by the old name");
    tap_fill(&List);
    ExInitializeSListHeadExport(&List);
    is_ulong(ExQueryDepthSList(&List), 0, "a new list is empty");
    is_ptr(InterlockedPopEntrySList(&List), NULL, "nothing is on it");
}

static VOID TestMutant(VOID)
{
    ROUTINE(VOID, KeInitializeMutant, (PKMUTANT, BOOLEAN))
    ROUTINE(LONG, KeReadStateMutant, (PKMUTANT))
    ROUTINE(LONG, KeReleaseMutant, (PKMUTANT, KPRIORITY, BOOLEAN, BOOLEAN))
    ROUTINE(NTSTATUS, KeWaitForMutexObject, (PVOID, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER))
    KMUTANT Mutant;

    tap_fill(&Mutant);
    KeInitializeMutantExport(&Mutant, FALSE);
    is_long(KeReadStateMutantExport(&Mutant), 1, "a new mutant is free");
    is_status(KeWaitForMutexObjectExport(&Mutant, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "it is acquired");
    is_status(KeWaitForMutexObjectExport(&Mutant, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "and again");
    is_long(KeReadStateMutantExport(&Mutant), -1, "held twice");
    is_long(KeReleaseMutantExport(&Mutant, IO_NO_INCREMENT, FALSE, FALSE), -1, "released once");
    is_long(KeReleaseMutantExport(&Mutant, IO_NO_INCREMENT, FALSE, FALSE), 0, "released twice");
    is_long(KeReadStateMutantExport(&Mutant), 1, "free again");
}

static VOID TestThread(VOID)
{
    ROUTINE(LONG, KeSetBasePriorityThread, (PKTHREAD, LONG))
    ROUTINE(UCHAR, KeSetIdealProcessorThread, (PKTHREAD, UCHAR))
    ROUTINE(VOID, KeAttachProcess, (PEPROCESS))
    ROUTINE(VOID, KeDetachProcess, (VOID))
    ROUTINE(BOOLEAN, KeInvalidateAllCaches, (VOID))
    PKTHREAD Thread = (PKTHREAD)PsGetCurrentThread();
    PEPROCESS Before = IoGetCurrentProcess();
    LONG OldIncrement = KeSetBasePriorityThreadExport(Thread, 2);
    UCHAR OldIdeal;

    is_long(KeSetBasePriorityThreadExport(Thread, OldIncrement), 2, "the base priority's increment is remembered");
    OldIdeal = KeSetIdealProcessorThreadExport(Thread, 0);
    is_ulong(KeSetIdealProcessorThreadExport(Thread, OldIdeal), 0, "the ideal processor is remembered");
    KeAttachProcessExport(PsInitialSystemProcess);
    is_ptr(IoGetCurrentProcess(), PsInitialSystemProcess, "attached to the System process");
    KeDetachProcessExport();
    is_ptr(IoGetCurrentProcess(), Before, "and back");
    is_bool(KeInvalidateAllCachesExport(), TRUE, "caches");
}

static VOID TestCurrent(VOID)
{
    ROUTINE(PEPROCESS, PsGetCurrentProcess, (VOID))
    ROUTINE(PETHREAD, PsGetCurrentThread, (VOID))

    is_ptr(PsGetCurrentProcessExport(), IoGetCurrentProcess(), "the current process");
    is_ptr(PsGetCurrentThreadExport(), KeGetCurrentThread(), "the current thread");
}

/* Services that no header declares for drivers, with names of nothing. */
static VOID TestServices(VOID)
{
    ROUTINE(NTSTATUS, ZwLoadDriver, (PUNICODE_STRING))
    ROUTINE(NTSTATUS, ZwUnloadDriver, (PUNICODE_STRING))
    ROUTINE(NTSTATUS, ZwQueryAttributesFile, (POBJECT_ATTRIBUTES, PFILE_BASIC_INFORMATION))
    UNICODE_STRING Service =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\NoSuchService");
    UNICODE_STRING Windows = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows"), None = RTL_CONSTANT_STRING(L"\\??\\C:\\NoSuchFile");
    OBJECT_ATTRIBUTES Attributes;
    FILE_BASIC_INFORMATION Basic;

    is_status(ZwLoadDriverExport(&Service), STATUS_OBJECT_NAME_NOT_FOUND, "load of a service that is not there");
    ok(!NT_SUCCESS(ZwUnloadDriverExport(&Service)), "unload of a driver that is not there");
    tap_fill(&Basic);
    InitializeObjectAttributes(&Attributes, &Windows, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwQueryAttributesFileExport(&Attributes, &Basic), STATUS_SUCCESS, "attributes of a folder");
    ok(Basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY, "it is one");
    InitializeObjectAttributes(&Attributes, &None, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwQueryAttributesFileExport(&Attributes, &Basic), STATUS_OBJECT_NAME_NOT_FOUND, "attributes of nothing");
}

static NTSTATUS NTAPI KeepIrp(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    *(BOOLEAN *)Context = TRUE;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID TestIrp(PDEVICE_OBJECT Device)
{
    ROUTINE(VOID, IoCompleteRequest, (PIRP, CCHAR))
    ROUTINE(NTSTATUS, IoCallDriver, (PDEVICE_OBJECT, PIRP))
    BOOLEAN Completed = FALSE;
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);

    if (!ok(Irp != NULL, "an IRP"))
        return;
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoSetCompletionRoutine(Irp, KeepIrp, &Completed, TRUE, TRUE, TRUE);
    is_status(IoCallDriverExport(Device, Irp), STATUS_INVALID_DEVICE_REQUEST, "a driver without a dispatch routine refuses it");
    is_bool(Completed, TRUE, "it was completed");
    is_status(Irp->IoStatus.Status, STATUS_INVALID_DEVICE_REQUEST, "with that status");
    IoReuseIrp(Irp, STATUS_SUCCESS);
    Completed = FALSE;
    IoSetCompletionRoutine(Irp, KeepIrp, &Completed, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    IoCompleteRequestExport(Irp, IO_NO_INCREMENT);
    is_bool(Completed, TRUE, "completed by the exported name");
    IoFreeIrp(Irp);
}

static VOID TestVariables(VOID)
{
    ok(*CmKeyObjectType != NULL && *ExSemaphoreObjectType != NULL && *IoDriverObjectType != NULL, "types of objects");
    ok(*CmKeyObjectType != *ExSemaphoreObjectType && *ExSemaphoreObjectType != *IoDriverObjectType, "are different");
    ok(IoAdapterObjectType != NULL && IoDeviceHandlerObjectType != NULL, "types that nothing is made of here");
    is_bool(Mm64BitPhysicalAddress, TRUE, "physical addresses have 64 bits");
    is_hex(KiBugCheckData[0], 0, "no bug check yet");
    ok(IoDeviceHandlerObjectSize < PAGE_SIZE, "a size");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestTime();
    TestLocks();
    TestMutant();
    TestThread();
    TestCurrent();
    TestServices();
    if (NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device))) {
        TestIrp(Device);
        IoDeleteDevice(Device);
    }
    TestVariables();
    return done();
}
