/*
 * File system filter callbacks: a filter on C: hears of sections and may refuse them; and of the
 * flush of a cache map. Processor and NMI callbacks.
 */
#include "tap.h"

static PDEVICE_OBJECT Filter, Lower;
static ULONG Pre[256], Post[256];
static NTSTATUS Answer, PostStatus;
static ULONG Protection;
static PVOID PostContext;

static NTSTATUS NTAPI pass(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI pre(PFS_FILTER_CALLBACK_DATA Data, PVOID *Context)
{
    if (Data->SizeOfFsFilterCallbackData >= sizeof(*Data) && Data->DeviceObject == Filter)
        Pre[Data->Operation]++;
    if (Data->Operation == FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION)
        Protection = Data->Parameters.AcquireForSectionSynchronization.PageProtection;
    *Context = &Pre[Data->Operation];
    return Answer;
}

static VOID NTAPI post(PFS_FILTER_CALLBACK_DATA Data, NTSTATUS Status, PVOID Context)
{
    Post[Data->Operation]++;
    PostStatus = Status;
    PostContext = Context;
}

static HANDLE file(ULONG Disposition)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\section.bin");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateFile(&Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0,
                 7, Disposition, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    return Handle;
}

static NTSTATUS section(HANDLE File)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Section;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateSection(&Section, SECTION_MAP_READ, &Attributes, NULL, PAGE_READONLY,
                             SEC_COMMIT, File);
    if (NT_SUCCESS(Status))
        ZwClose(Section);
    return Status;
}

static VOID test_filter(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Volume = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1");
    const UCHAR Acquire = FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION;
    const UCHAR Release = FS_FILTER_RELEASE_FOR_SECTION_SYNCHRONIZATION;
    FS_FILTER_CALLBACKS Callbacks = {.SizeOfFsFilterCallbacks = sizeof(Callbacks),
                                     .PreAcquireForSectionSynchronization = pre,
                                     .PostAcquireForSectionSynchronization = post,
                                     .PreReleaseForSectionSynchronization = pre};
    IO_STATUS_BLOCK Iosb;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    HANDLE File;

    is_status(FsRtlRegisterFileSystemFilterCallbacks(Driver, NULL), STATUS_INVALID_PARAMETER,
              "no callbacks");
    is_status(FsRtlRegisterFileSystemFilterCallbacks(Driver, &Callbacks), STATUS_SUCCESS,
              "registered");
    is_status(FsRtlRegisterFileSystemFilterCallbacks(Driver, &Callbacks), STATUS_INVALID_PARAMETER,
              "once");
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = pass;
    if (!NT_SUCCESS(
            IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Filter)) ||
        !NT_SUCCESS(IoAttachDevice(Filter, &Volume, &Lower)))
        return;
    Filter->Flags &= ~DO_DEVICE_INITIALIZING;
    File = file(FILE_OVERWRITE_IF);
    ZwWriteFile(File, NULL, NULL, NULL, &Iosb, "data", 4, &Zero, NULL);
    is_status(section(File), STATUS_SUCCESS, "a section of a file below the filter");
    ok(Pre[Acquire] == 1 && Pre[Release] == 1, "it hears of the lock and its end");
    ok(Post[Acquire] == 1 && PostStatus == STATUS_SUCCESS && PostContext == &Pre[Acquire],
       "and afterwards, with its context");
    is_ulong(Protection, PAGE_READONLY, "with the section's protection");
    Answer = STATUS_ACCESS_DENIED;
    is_status(section(File), STATUS_ACCESS_DENIED, "it can refuse");
    ok(Post[Acquire] == 1 && Pre[Release] == 1, "then nothing follows");
    Answer = STATUS_SUCCESS;
    ZwClose(File);
    IoDetachDevice(Lower);
    IoDeleteDevice(Filter);
}

static ULONG Starts, Completes, Failures;
static ULONG FailAt = ~0u;

static VOID NTAPI processor(PVOID Context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change,
                            PNTSTATUS Status)
{
    if (Context != &Starts)
        return;
    if (Change->State == KeProcessorAddStartNotify) {
        Starts += Change->NtNumber == Starts && Change->ProcNumber.Number == Starts;
        if (Change->NtNumber == FailAt)
            *Status = STATUS_NO_MEMORY;
    } else if (Change->State == KeProcessorAddCompleteNotify) {
        Completes++;
    } else if (Change->Status == STATUS_NO_MEMORY) {
        Failures++;
    }
}

static BOOLEAN NTAPI nmi(PVOID Context, BOOLEAN Handled)
{
    UNREFERENCED_PARAMETER(Context);
    return Handled;
}

static VOID test_processors(VOID)
{
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    PVOID Handle = KeRegisterProcessorChangeCallback(processor, &Starts, 0), Again;

    ok(Handle != NULL && Starts == 0, "a callback for processors that come");
    KeDeregisterProcessorChangeCallback(Handle);
    Handle =
        KeRegisterProcessorChangeCallback(processor, &Starts, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    ok(Handle != NULL && Starts == Count && Completes == Count, "and for those that are there");
    KeDeregisterProcessorChangeCallback(Handle);
    Starts = Completes = 0;
    FailAt = Count - 1;
    Handle =
        KeRegisterProcessorChangeCallback(processor, &Starts, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    ok(Handle == NULL && Completes == 0 && Failures == Count - 1,
       "a refusal is told to those announced before");
    ok(KeGetRecommendedSharedDataAlignment() >= 64, "KeGetRecommendedSharedDataAlignment");
    Handle = KeRegisterNmiCallback(nmi, NULL);
    Again = KeRegisterNmiCallback(nmi, NULL);
    ok(Handle != NULL && Again != NULL && Handle != Again,
       "two callbacks for nonmaskable interrupts");
    is_status(KeDeregisterNmiCallback(Handle), STATUS_SUCCESS, "one goes");
    is_status(KeDeregisterNmiCallback(Again), STATUS_SUCCESS, "the other too");
    is_status(KeDeregisterNmiCallback(&Again), STATUS_INVALID_HANDLE, "one that is none");
}

NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE Mode);
NTKERNELAPI NTSTATUS NTAPI RtlVolumeDeviceToDosName(PVOID Device, PUNICODE_STRING Name);

static VOID test_more(VOID)
{
    UNICODE_STRING Volume = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1"), Drive;
    LIST_ENTRY Entry[3], *Taken[2] = {NULL, NULL};
    LARGE_INTEGER Now = {.QuadPart = 0};
    PDEVICE_OBJECT Device;
    PFILE_OBJECT File;
    KQUEUE Queue;
    KIRQL Irql, Other = 0x77;

    Irql = KeAcquireQueuedSpinLock(LockQueueNtfsStructLock);
    ok(Irql == PASSIVE_LEVEL && KeGetCurrentIrql() == DISPATCH_LEVEL, "a numbered spin lock");
    ok(!KeTryToAcquireQueuedSpinLock(LockQueueNtfsStructLock, &Other) && Other == 0x77, "is held");
    ok(KeTryToAcquireQueuedSpinLock(LockQueueAfdWorkQueueLock, &Other) && Other == DISPATCH_LEVEL,
       "another is not");
    KeReleaseQueuedSpinLock(LockQueueAfdWorkQueueLock, Other);
    KeReleaseQueuedSpinLock(LockQueueNtfsStructLock, Irql);
    is_irql(PASSIVE_LEVEL, "released");

    KeInitializeQueue(&Queue, 0);
    is_ulong(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Now, Taken, 2), STATUS_TIMEOUT,
             "an empty queue");
    for (ULONG i = 0; i < 3; i++)
        KeInsertQueue(&Queue, &Entry[i]);
    is_ulong(KeRemoveQueueEx(&Queue, KernelMode, FALSE, NULL, Taken, 2), 2, "two of three entries");
    ok(Taken[0] == &Entry[0] && Taken[1] == &Entry[1], "in their order");
    is_ulong(KeRemoveQueueEx(&Queue, KernelMode, FALSE, NULL, Taken, 2), 1, "one is left");
    ok(Taken[0] == &Entry[2] && KeReadStateQueue(&Queue) == 0, "the third");
    KeRundownQueue(&Queue);
    ok(!KeTestAlertThread(KernelMode), "nobody has alerted the thread");

    if (!NT_SUCCESS(IoGetDeviceObjectPointer(&Volume, FILE_READ_ATTRIBUTES, &File, &Device)))
        return;
    is_status(RtlVolumeDeviceToDosName(File->DeviceObject, &Drive), STATUS_SUCCESS,
              "RtlVolumeDeviceToDosName");
    is_unicode(&Drive, L"C:", "its letter");
    ExFreePool(Drive.Buffer);
    ObDereferenceObject(File);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_filter(Driver);
    test_processors();
    test_more();
    return done();
}
