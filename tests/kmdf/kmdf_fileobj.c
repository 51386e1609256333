/* KMDF 1.33: file objects: create, cleanup and close by callback, by queue and by themselves; each class; names and flags. */
#include "io.h"

#define NAME L"\\Device\\KmdfFile"

typedef struct _FILE_CONTEXT {
    ULONG Value;
} FILE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILE_CONTEXT, GetFileContext)

static WDFDEVICE Device;
static WDFFILEOBJECT Object;
static char Log[32];
static ULONG LogLength;
static NTSTATUS CreateStatus;
static WDFREQUEST PendedCreate;
static BOOLEAN PendCreate;
static KEVENT Presented;

static VOID LogLetter(char Letter)
{
    Log[LogLength++ % (sizeof(Log) - 1)] = Letter;
}

static VOID LogIs(const char *Expected, const char *What)
{
    ok(strcmp(Log, Expected) == 0, "%s: \"%s\", expected \"%s\"", What, Log, Expected);
    RtlZeroMemory(Log, sizeof(Log));
    LogLength = 0;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtObjectCleanup;
static VOID NTAPI EvtObjectCleanup(WDFOBJECT File)
{
    ok(WdfFileObjectWdmGetFileObject((WDFFILEOBJECT)File) != NULL, "the WDM file object is there still");
    LogLetter('o');
}

static EVT_WDF_DEVICE_FILE_CREATE EvtCreate;
static VOID NTAPI EvtCreate(WDFDEVICE In, WDFREQUEST Request, WDFFILEOBJECT File)
{
    WDF_REQUEST_PARAMETERS Parameters;
    PUNICODE_STRING Name;

    LogLetter('c');
    ok(In == Device && KeGetCurrentIrql() == PASSIVE_LEVEL, "the device, at PASSIVE_LEVEL");
    Object = File;
    if (File != NULL) {
        PFILE_OBJECT Wdm = WdfFileObjectWdmGetFileObject(File);

        ok(WdfRequestGetFileObject(Request) == File && WdfFileObjectGetDevice(File) == Device, "the request's file object");
        ok(WdfDeviceGetFileObject(Device, Wdm) == File, "found by the WDM file object");
        ok(WdfFileObjectGetFlags(File) == Wdm->Flags && WdfFileObjectGetInitiatorProcessId(File) == 0, "its flags");
        Name = WdfFileObjectGetFileName(File);
        ok(Name != NULL && Name->Length == 12 && memcmp(Name->Buffer, L"\\There", 12) == 0, "its name");
        GetFileContext(File)->Value = 77;
    }
    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    ok(Parameters.Type == WdfRequestTypeCreate && (Parameters.Parameters.Create.Options >> 24) == FILE_OPEN &&
           Parameters.Parameters.Create.ShareAccess == FILE_SHARE_READ,
       "the parameters of a create request");
    ok(WdfRequestGetIoQueue(Request) == NULL, "of no queue");
    WdfRequestComplete(Request, CreateStatus);
}

static EVT_WDF_FILE_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFFILEOBJECT File)
{
    LogLetter('u');
    ok(File == Object && GetFileContext(File)->Value == 77, "the same file object, with its context");
}

static EVT_WDF_FILE_CLOSE EvtClose;
static VOID NTAPI EvtClose(WDFFILEOBJECT File)
{
    LogLetter('l');
    ok(File == Object, "the same file object");
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    LogLetter('q');
    if (!PendCreate) {
        WdfRequestComplete(Request, CreateStatus);
        return;
    }
    PendedCreate = Request;
    KeSetEvent(&Presented, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Open(PCWSTR Name, PHANDLE Handle)
{
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;

    RtlInitUnicodeString(&Text, Name);
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(Handle, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ, FILE_OPEN,
                        FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static VOID Make(WDF_FILEOBJECT_CLASS Class, BOOLEAN Callbacks)
{
    PWDFDEVICE_INIT Init = IoDeviceInit(NAME);
    WDF_FILEOBJECT_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, FILE_CONTEXT);
    Attributes.EvtCleanupCallback = EvtObjectCleanup;
    WDF_FILEOBJECT_CONFIG_INIT(&Config, Callbacks ? EvtCreate : NULL, Callbacks ? EvtClose : NULL,
                               Callbacks ? EvtCleanup : NULL);
    Config.FileObjectClass = Class;
    WdfDeviceInitSetFileObjectConfig(Init, &Config, &Attributes);
    Device = IoDeviceCreate(Init, NULL);
    WdfControlFinishInitializing(Device);
}

static VOID TestClasses(VOID)
{
    static const WDF_FILEOBJECT_CLASS Classes[] = { WdfFileObjectWdfCanUseFsContext, WdfFileObjectWdfCanUseFsContext2,
                                                    WdfFileObjectWdfCannotUseFsContexts };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Classes); i++) {
        PFILE_OBJECT Wdm;
        HANDLE Handle;

        Make(Classes[i], TRUE);
        CreateStatus = STATUS_SUCCESS;
        is_status(Open(NAME L"\\There", &Handle), STATUS_SUCCESS, "class %u: opened", Classes[i]);
        Wdm = IoFileOf(Handle);
        ok((Wdm->FsContext != NULL) == (i == 0) && (Wdm->FsContext2 != NULL) == (i == 1), "what is stored where");
        LogIs("c", "created");
        ObDereferenceObject(Wdm);
        ZwClose(Handle);
        LogIs("ulo", "cleanup, close, deletion");
        CreateStatus = STATUS_ACCESS_DENIED;
        is_status(Open(NAME L"\\There", &Handle), STATUS_ACCESS_DENIED, "refused");
        LogIs("co", "no cleanup, no close, but the object goes");
        WdfObjectDelete(Device);
    }
}

static VOID TestNotRequired(VOID)
{
    HANDLE Handle;

    Make(WdfFileObjectNotRequired, TRUE);
    CreateStatus = STATUS_SUCCESS;
    is_status(Open(NAME L"\\There", &Handle), STATUS_SUCCESS, "without file objects");
    ok(Object == NULL, "no handle of one");
    ZwClose(Handle);
    LogIs("c", "no callbacks for what there is not");
    WdfObjectDelete(Device);
}

static VOID TestByItself(VOID)
{
    HANDLE Handle;

    Make(WdfFileObjectWdfCanUseFsContext2, FALSE);
    is_status(Open(NAME, &Handle), STATUS_SUCCESS, "opened without a callback");
    ZwClose(Handle);
    LogIs("o", "the object came and went");
    WdfObjectDelete(Device);
}

/* ---- create requests in a queue ---- */

static KEVENT OpenDone;
static HANDLE QueuedHandle;
static NTSTATUS QueuedStatus;
static VOID NTAPI Opener(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    QueuedStatus = Open(NAME, &QueuedHandle);
    KeSetEvent(&OpenDone, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID TestQueued(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFQUEUE Queue;
    HANDLE Handle, Thread;
    PVOID ThreadObject;

    Make(WdfFileObjectWdfCanUseFsContext2, FALSE);
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, &Queue), STATUS_SUCCESS, "a queue");
    is_status(WdfDeviceConfigureRequestDispatching(Device, Queue, WdfRequestTypeCreate), STATUS_SUCCESS, "for create requests");
    CreateStatus = STATUS_SUCCESS;
    is_status(Open(NAME, &Handle), STATUS_SUCCESS, "opened by the queue's handler");
    LogIs("q", "presented");
    ZwClose(Handle);
    LogIs("o", "closed");
    CreateStatus = STATUS_DEVICE_BUSY;
    is_status(Open(NAME, &Handle), STATUS_DEVICE_BUSY, "refused by it");
    LogIs("qo", "the object goes");

    PendCreate = TRUE;
    WdfIoQueueStop(Queue, NULL, NULL);
    KeInitializeEvent(&Presented, NotificationEvent, FALSE);
    KeInitializeEvent(&OpenDone, NotificationEvent, FALSE);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Opener, NULL);
    ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &ThreadObject, NULL);
    ZwClose(Thread);
    WdfIoQueueStart(Queue);
    KeWaitForSingleObject(&Presented, Executive, KernelMode, FALSE, NULL);
    ok(KeReadStateEvent(&OpenDone) == 0, "the opener waits");
    WdfRequestComplete(PendedCreate, STATUS_SUCCESS);
    KeWaitForSingleObject(ThreadObject, Executive, KernelMode, FALSE, NULL);
    is_status(QueuedStatus, STATUS_SUCCESS, "opened later");
    ObDereferenceObject(ThreadObject);
    ZwClose(QueuedHandle);
    LogIs("qo", "presented, closed");
    WdfObjectDelete(Device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    TestClasses();
    TestNotRequired();
    TestByItself();
    TestQueued();
    return done();
}
