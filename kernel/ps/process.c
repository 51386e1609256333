/*
 * Processes: the object type, the System process, creation and exit. A process is made here empty; start.c fills it with a
 * program. Not modelled: jobs (the type exists, no job does), sessions (there is session 0), quotas (counted, no limit).
 */
#include "psp.h"
#include "../ldr/ldr.h"

#include "../se/se.h"

POBJECT_TYPE PspProcessType, PspThreadType, PspJobType;
PEPROCESS PsInitialSystemProcess;
POBJECT_TYPE *PsProcessType = &PspProcessType;
POBJECT_TYPE *PsThreadType = &PspThreadType;
POBJECT_TYPE *PsJobType = &PspJobType;
LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};

NT_EXPORT_DATA(PsInitialSystemProcess);
NT_EXPORT_DATA_ALIAS(PsProcessType, PspProcessType);
NT_EXPORT_DATA_ALIAS(PsThreadType, PspThreadType);
NT_EXPORT_DATA_ALIAS(PsJobType, PspJobType);

LONGLONG PspSystemTime(VOID)
{
    return (LONGLONG)(KiLoaderBlock->boot_time_100ns + KeVirtualTime());
}

/* The last component of a path, cut to what EPROCESS.ImageFileName holds, in ASCII. */
static VOID PspSetImageFileName(PEPROCESS Process, PCUNICODE_STRING Path)
{
    ULONG Length = Path->Length / sizeof(WCHAR), Start = Length, i;

    while (Start > 0 && Path->Buffer[Start - 1] != L'\\')
        Start--;
    for (i = 0; i < sizeof(Process->ImageFileName) - 1 && Start + i < Length; i++)
        Process->ImageFileName[i] = Path->Buffer[Start + i] < 0x80 ? (UCHAR)Path->Buffer[Start + i] : '?';
    Process->ImageFileName[i] = 0;
}

UNICODE_STRING PspProgramName(PEPROCESS Process)
{
    UNICODE_STRING Name = Process->ImagePath;
    USHORT Start = Name.Length / sizeof(WCHAR);

    while (Start > 0 && Name.Buffer[Start - 1] != L'\\')
        Start--;
    Name.Buffer += Start;
    Name.Length -= Start * sizeof(WCHAR);
    return Name;
}

NTSTATUS PspDuplicateString(PCUNICODE_STRING Source, PUNICODE_STRING Copy)
{
    Copy->Buffer = ExAllocatePoolWithTag(NonPagedPool, Source->Length + sizeof(WCHAR), PSP_TAG);
    if (Copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy->Buffer, Source->Buffer, Source->Length);
    Copy->Buffer[Source->Length / sizeof(WCHAR)] = 0;
    Copy->Length = Source->Length;
    Copy->MaximumLength = Source->Length + sizeof(WCHAR);
    return STATUS_SUCCESS;
}

static NTSTATUS PspAllocateProcess(PCUNICODE_STRING ImagePath, PVOID Token, PEPROCESS *Result)
{
    PEPROCESS Process;
    NTSTATUS Status;

    Status = ObCreateObject(KernelMode, PspProcessType, NULL, KernelMode, NULL, sizeof(*Process), 0, 0,
                            (PVOID *)&Process);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Process, sizeof(*Process));
    KeInitializeProcess(&Process->Pcb, 8, ((KAFFINITY)1 << KeProcessorCount) - 1);
    Process->PriorityClass = 2; /* PROCESS_PRIORITY_CLASS_NORMAL */
    InitializeListHead(&Process->ThreadListHead);
    InitializeListHead(&Process->LoadedModules);
    InitializeListHead(&Process->ActiveProcessLinks);
    KeInitializeEvent(&Process->LastThreadGone, NotificationEvent, FALSE);
    ExInitializeRundownProtection(&Process->RundownProtect);
    Process->CreateTime.QuadPart = PspSystemTime();
    Process->ExitStatus = STATUS_PENDING;
    SeInitializeThreadAndProcessSecurity(Token, &Process->Token);
    PspSetImageFileName(Process, ImagePath);
    Status = PspDuplicateString(ImagePath, &Process->ImagePath);
    if (NT_SUCCESS(Status))
        Status = PspAllocateCid(Process, &Process->UniqueProcessId);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Process); /* PspDeleteProcess undoes what was done */
        return Status;
    }
    *Result = Process;
    return STATUS_SUCCESS;
}

NTSTATUS PsGiveAddressSpace(PEPROCESS Process)
{
    NTSTATUS Status = MmCreateAddressSpace(&Process->AddressSpace);

    if (NT_SUCCESS(Status))
        KeSetDirectoryBase(&Process->Pcb, MmDirectoryBase(Process->AddressSpace));
    return Status;
}

/* Nothing of the process runs in user mode any more. */
static VOID PspTakeAddressSpace(PEPROCESS Process)
{
    KeSetDirectoryBase(&Process->Pcb, 0);
    MmDeleteAddressSpace(Process->AddressSpace);
    Process->AddressSpace = NULL;
}

NTSTATUS PspCreateProcess(PEPROCESS Parent, PCUNICODE_STRING ImagePath, PEPROCESS *Result)
{
    PEPROCESS Process;
    NTSTATUS Status;

    *Result = NULL;
    Status = PspAllocateProcess(ImagePath, Parent->Token, &Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Process->InheritedFromUniqueProcessId = Parent->UniqueProcessId;
    Status = ObCreateHandleTable(Process, &Process->ObjectTable);
    if (NT_SUCCESS(Status))
        Status = PsGiveAddressSpace(Process);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Process);
        return Status;
    }
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
    ObReferenceObject(Process); /* while it runs; PspExitProcess drops it */
    *Result = Process;
    return STATUS_SUCCESS;
}

VOID PspSetExitStatus(PEPROCESS Process, NTSTATUS Status)
{
    if (Process->ExitStatus == STATUS_PENDING)
        Process->ExitStatus = Status;
}

/* A driver may open handles while its files are cleaned up, which go too; after that there is no table. */
static VOID PspCloseHandles(PEPROCESS Process)
{
    PHANDLE_TABLE Table = Process->ObjectTable;

    while (ObHandleCount(Table) != 0)
        ObCloseAllHandles(Table);
    Process->ObjectTable = NULL;
    ObDeleteHandleTable(Table);
}

VOID PspExitProcess(PEPROCESS Process)
{
    DD_ASSERT(Process->ActiveThreads == 0);
    DD_ASSERT(!Process->Gone);
    Process->Exiting = TRUE;
    Process->ExitTime.QuadPart = PspSystemTime();
    PspCallProcessExit(Process);
    PspFreeStartImages(Process);
    PspCloseHandles(Process);
    ExWaitForRundownProtectionRelease(&Process->RundownProtect);
    LdrForgetUserImages(&Process->LoadedModules);
    PspTakeAddressSpace(Process);
    Process->Peb = NULL;
    RemoveEntryList(&Process->ActiveProcessLinks);
    InitializeListHead(&Process->ActiveProcessLinks);
    Process->Gone = TRUE;
    PspLeaveTerminal(Process);
    KeSetEvent(&Process->LastThreadGone, 0, FALSE);
    KeSetProcessSignaled(&Process->Pcb);
    ObDereferenceObject(Process);
}

static VOID PspDeleteProcess(PVOID Object)
{
    PEPROCESS Process = Object;

    PspFreeStartImages(Process);
    LdrForgetUserImages(&Process->LoadedModules);
    if (Process->AddressSpace != NULL)
        PspTakeAddressSpace(Process);
    if (Process->ObjectTable != NULL)
        ObDeleteHandleTable(Process->ObjectTable);
    if (Process->Token != NULL)
        ObDereferenceObject(Process->Token);
    if (Process->ImageFilePointer != NULL)
        ObDereferenceObject(Process->ImageFilePointer);
    if (Process->ImagePath.Buffer != NULL)
        ExFreePoolWithTag(Process->ImagePath.Buffer, PSP_TAG);
    if (Process->CommandLine.Buffer != NULL)
        ExFreePoolWithTag(Process->CommandLine.Buffer, PSP_TAG);
    if (Process->UniqueProcessId != NULL)
        PspFreeCid(Process->UniqueProcessId);
}

VOID PspLinkThread(PEPROCESS Process, PETHREAD Thread)
{
    InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
    Process->ActiveThreads++;
}

VOID PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus)
{
    PLIST_ENTRY Entry;

    Process->Exiting = TRUE;
    PspSetExitStatus(Process, ExitStatus);
    for (Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead; Entry = Entry->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Entry, struct _ETHREAD, ThreadListEntry);

        if (Thread != PsGetCurrentThread())
            PspTerminateThread(Thread, ExitStatus);
    }
}

/* ---- priority classes ---- */

NTSTATUS PspSetPriorityClass(PEPROCESS Process, UCHAR Class)
{
    static const SCHAR Base[] = {0, 4, 8, 13, 24, 6, 10}; /* idle, normal, high, real time, below and above normal */

    LONG Change;

    if (Class == 0 || Class >= RTL_NUMBER_OF(Base))
        return STATUS_INVALID_PARAMETER;
    Process->PriorityClass = Class;
    Change = Base[Class] - Process->Pcb.BasePriority;
    Process->Pcb.BasePriority = Base[Class];
    for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead; Entry = Entry->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Entry, struct _ETHREAD, ThreadListEntry);

        /* the increment from the new base, were the priority left alone, less the change of the base */
        KeSetBasePriorityThread((PVOID)&Thread->Tcb, KeQueryBasePriorityIncrement(&Thread->Tcb) +
                                                         (Thread->Tcb.Saturation == 0 ? Change : 0));
    }
    return STATUS_SUCCESS;
}

/* ---- start-up ---- */

static const GENERIC_MAPPING PspProcessMapping = {
    STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
    STANDARD_RIGHTS_WRITE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION |
        PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_TERMINATE | PROCESS_SET_QUOTA |
        PROCESS_SET_INFORMATION,
    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_ALL_ACCESS};
static const GENERIC_MAPPING PspThreadMapping = {
    STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
    STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_ALERT | THREAD_SET_INFORMATION |
        THREAD_SET_CONTEXT,
    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, THREAD_ALL_ACCESS};
static const GENERIC_MAPPING PspJobMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                                              STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x3F};

static VOID PspDeleteThread(PVOID Object)
{
    PETHREAD Thread = Object;

    KeUninitThread(&Thread->Tcb);
    if (Thread->Cid.UniqueThread != NULL)
        PspFreeCid(Thread->Cid.UniqueThread);
    if (Thread->Name.Buffer != NULL)
        ExFreePoolWithTag(Thread->Name.Buffer, PSP_TAG);
    if (Thread->ThreadsProcess != NULL)
        ObDereferenceObject(Thread->ThreadsProcess);
}

static NTSTATUS PspCreateType(PCWSTR Name, const GENERIC_MAPPING *Mapping, OB_DELETE_METHOD Delete,
                              POBJECT_TYPE *Type)
{
    OB_TYPE_INITIALIZER Initializer;

    RtlZeroMemory(&Initializer, sizeof(Initializer));
    Initializer.GenericMapping = *Mapping;
    Initializer.ValidAccessMask = Mapping->GenericAll;
    Initializer.PoolType = NonPagedPool;
    Initializer.SupportsCallbacks = Type != &PspJobType;
    Initializer.Delete = Delete;
    return ObCreateType(Name, &Initializer, Type);
}

NTSTATUS PsInitSystem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"System");
    NTSTATUS Status;

    Status = PspCreateType(L"Process", &PspProcessMapping, PspDeleteProcess, &PspProcessType);
    if (NT_SUCCESS(Status))
        Status = PspCreateType(L"Thread", &PspThreadMapping, PspDeleteThread, &PspThreadType);
    if (NT_SUCCESS(Status))
        Status = PspCreateType(L"Job", &PspJobMapping, NULL, &PspJobType);
    if (NT_SUCCESS(Status))
        Status = PspInitCidTable();
    if (NT_SUCCESS(Status))
        Status = PspAllocateProcess(&Name, SepSystemToken, &PsInitialSystemProcess);
    if (!NT_SUCCESS(Status))
        return Status;
    PspInitNotify();
    PsInitialSystemProcess->ObjectTable = ObpKernelHandleTable;
    DD_ASSERT(PsInitialSystemProcess->UniqueProcessId == (HANDLE)4);
    InsertTailList(&PsActiveProcessHead, &PsInitialSystemProcess->ActiveProcessLinks);
    return STATUS_SUCCESS;
}
