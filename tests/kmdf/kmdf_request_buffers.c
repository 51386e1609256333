/* KMDF 1.33: a request's buffers by each transfer method, as pointer, memory object and MDL, for a sender in kernel mode. */
#include "io.h"

#define NAME L"\\Device\\KmdfBuffers"
#define BUFFER_BYTES 64

typedef struct _REQUEST_CONTEXT {
    ULONG Value[4];
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, GetRequestContext)

static WDFDEVICE Device, DirectDevice;
static HANDLE Handle, DirectHandle;
static UCHAR In[BUFFER_BYTES], Out[BUFFER_BYTES];
static VOID (*Check)(WDFREQUEST Request);
static ULONG Cleanups;
static BOOLEAN IsNeither; /* the sender's own address: an MDL maps it elsewhere */

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtRequestCleanup;
static VOID NTAPI EvtRequestCleanup(WDFOBJECT Object)
{
    ok(WdfRequestWdmGetIrp((WDFREQUEST)Object) != NULL, "EvtCleanupCallback may look at the IRP");
    Cleanups++;
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    REQUEST_CONTEXT *Context = GetRequestContext(Request);

    UNREFERENCED_PARAMETER(Queue);
    if (Context != NULL) {
        ok(Context->Value[0] == 0 && Context->Value[3] == 0, "the context is zero at first");
        RtlFillMemory(Context, sizeof(*Context), 0xA5);
    }
    ok(WdfRequestGetRequestorMode(Request) == KernelMode && !WdfRequestIsFrom32BitProcess(Request), "of a kernel-mode sender");
    ok(WdfRequestGetRequestorProcessId(Request) == (ULONG)(ULONG_PTR)PsGetCurrentProcessId(), "of this process");
    ok(WdfRequestWdmGetIrp(Request) != NULL && !WdfRequestIsReserved(Request), "it has an IRP");
    Check(Request);
}

/* ---- what is checked, by the handler ---- */

static VOID CheckBoth(WDFREQUEST Request)
{
    PVOID Input = NULL, Output = NULL;
    WDFMEMORY InputMemory, OutputMemory, Again;
    size_t Length = 0;
    PMDL Mdl = NULL;

    is_status(WdfRequestRetrieveInputBuffer(Request, 16, &Input, &Length), STATUS_SUCCESS, "the input buffer");
    ok(Length == 16 && memcmp(Input, In, 16) == 0, "its bytes");
    is_status(WdfRequestRetrieveInputBuffer(Request, 17, &Output, &Length), STATUS_BUFFER_TOO_SMALL, "more than there is");
    ok(Output == NULL, "no pointer then");
    is_status(WdfRequestRetrieveOutputBuffer(Request, 0, &Output, &Length), STATUS_SUCCESS, "the output buffer");
    ok(Length == 32, "its length");
    is_status(WdfRequestRetrieveInputMemory(Request, &InputMemory), STATUS_SUCCESS, "input as a memory");
    is_status(WdfRequestRetrieveInputMemory(Request, &Again), STATUS_SUCCESS, "again");
    ok(Again == InputMemory && WdfMemoryGetBuffer(Again, &Length) == Input && Length == 16, "the same one");
    is_status(WdfRequestRetrieveOutputMemory(Request, &OutputMemory), STATUS_SUCCESS, "output as a memory");
    ok(WdfMemoryGetBuffer(OutputMemory, &Length) == Output && Length == 32, "the output buffer");
    is_status(WdfRequestRetrieveOutputWdmMdl(Request, &Mdl), STATUS_SUCCESS, "output as an MDL");
    ok(MmGetMdlByteCount(Mdl) == 32 && (IsNeither || MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Output),
       "of the same bytes");
    is_status(WdfRequestRetrieveInputWdmMdl(Request, &Mdl), STATUS_SUCCESS, "input as an MDL");
    ok(MmGetMdlByteCount(Mdl) == 16 && (IsNeither || MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Input),
       "of the same bytes");
    ok(memcmp(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), In, 16) == 0, "seen through the MDL");
    is_status(WdfRequestRetrieveUnsafeUserInputBuffer(Request, 0, &Input, NULL), STATUS_INVALID_DEVICE_REQUEST,
              "user buffers are for EvtIoInCallerContext");
    RtlFillMemory(Output, 32, 0x5A);
    WdfRequestSetInformation(Request, 32);
    ok(WdfRequestGetInformation(Request) == 32, "the information");
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID CheckNone(WDFREQUEST Request)
{
    PVOID Buffer = (PVOID)1;
    WDFMEMORY Memory = (WDFMEMORY)1;
    size_t Length = 1;
    PMDL Mdl = (PMDL)1;

    is_status(WdfRequestRetrieveInputBuffer(Request, 0, &Buffer, &Length), STATUS_BUFFER_TOO_SMALL, "no input");
    ok(Buffer == NULL && Length == 0, "nothing given");
    is_status(WdfRequestRetrieveOutputBuffer(Request, 0, &Buffer, NULL), STATUS_BUFFER_TOO_SMALL, "no output");
    is_status(WdfRequestRetrieveInputMemory(Request, &Memory), STATUS_BUFFER_TOO_SMALL, "no input memory");
    is_status(WdfRequestRetrieveOutputMemory(Request, &Memory), STATUS_BUFFER_TOO_SMALL, "no output memory");
    ok(Memory == NULL, "no handle");
    is_status(WdfRequestRetrieveOutputWdmMdl(Request, &Mdl), STATUS_BUFFER_TOO_SMALL, "no output MDL");
    ok(Mdl == NULL, "none given");
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

static VOID CheckRead(WDFREQUEST Request)
{
    PVOID Buffer;
    size_t Length;

    is_status(WdfRequestRetrieveInputBuffer(Request, 0, &Buffer, NULL), STATUS_INVALID_DEVICE_REQUEST, "a read has no input");
    if (is_status(WdfRequestRetrieveOutputBuffer(Request, 24, &Buffer, &Length), STATUS_SUCCESS, "but output"))
        RtlFillMemory(Buffer, Length, 0x77);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static VOID CheckWrite(WDFREQUEST Request)
{
    PVOID Buffer;
    size_t Length = 0;

    is_status(WdfRequestRetrieveOutputBuffer(Request, 0, &Buffer, NULL), STATUS_INVALID_DEVICE_REQUEST, "a write has no output");
    if (is_status(WdfRequestRetrieveInputBuffer(Request, 24, &Buffer, &Length), STATUS_SUCCESS, "but input"))
        ok(memcmp(Buffer, In, 24) == 0, "its bytes");
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static WDFREQUEST Kept;
static VOID CheckAfterwards(WDFREQUEST Request)
{
    WDFMEMORY Memory;
    PVOID Buffer;

    Kept = Request;
    WdfObjectReference(Request);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, 4);
    is_status(WdfRequestRetrieveInputBuffer(Request, 0, &Buffer, NULL), STATUS_INTERNAL_ERROR, "completed: no buffer");
    is_status(WdfRequestRetrieveOutputMemory(Request, &Memory), STATUS_INTERNAL_ERROR, "no memory");
    is_status(WdfRequestProbeAndLockUserBufferForRead(Request, In, 4, &Memory), STATUS_INVALID_DEVICE_REQUEST, "none to lock");
    ok(WdfRequestGetIoQueue(Request) == NULL && WdfRequestGetInformation(Request) == 0, "nothing is known of it");
    ok(WdfRequestWdmGetIrp(Request) == NULL && !WdfRequestIsCanceled(Request), "it has no IRP");
    WdfObjectDereference(Request);
}

/* ---- sent as a program would ---- */

static VOID Control(HANDLE To, ULONG Method, VOID (*Checks)(WDFREQUEST), ULONG InLength, ULONG OutLength)
{
    IO_STATUS_BLOCK Iosb;

    Check = Checks;
    RtlZeroMemory(Out, sizeof(Out));
    for (ULONG i = 0; i < sizeof(In); i++)
        In[i] = (UCHAR)(i + 1);
    is_status(ZwDeviceIoControlFile(To, NULL, NULL, NULL, &Iosb, IO_CODE(1, Method), In, InLength, Out, OutLength),
              STATUS_SUCCESS, "a request by method %u", Method);
}

static VOID TestMethods(VOID)
{
    static const ULONG Methods[] = { METHOD_BUFFERED, METHOD_OUT_DIRECT, METHOD_IN_DIRECT };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Methods); i++) {
        Control(Handle, Methods[i], CheckBoth, 16, 32);
        ok(Out[0] == 0x5A && Out[31] == 0x5A && Out[32] == 0, "what was written is here");
        Control(Handle, Methods[i], CheckNone, 0, 0);
    }
    IsNeither = TRUE;
    Control(Handle, METHOD_NEITHER, CheckBoth, 16, 32); /* from kernel mode */
    IsNeither = FALSE;
    ok(Out[0] == 0x5A && Out[31] == 0x5A && Out[32] == 0, "what was written is here");
    Control(Handle, METHOD_BUFFERED, CheckAfterwards, 8, 8);
    ok(Cleanups == 8, "EvtCleanupCallback of each request: %u", Cleanups);
}

static VOID TestTransfers(HANDLE To)
{
    IO_STATUS_BLOCK Iosb;

    RtlZeroMemory(Out, sizeof(Out));
    Check = CheckRead;
    is_status(ZwReadFile(To, NULL, NULL, NULL, &Iosb, Out, 24, NULL, NULL), STATUS_SUCCESS, "a read");
    ok(Iosb.Information == 24 && Out[0] == 0x77 && Out[23] == 0x77 && Out[24] == 0, "its bytes");
    Check = CheckWrite;
    is_status(ZwWriteFile(To, NULL, NULL, NULL, &Iosb, In, 24, NULL, NULL), STATUS_SUCCESS, "a write");
}

static WDFDEVICE MakeDevice(PCWSTR Name, WDF_DEVICE_IO_TYPE IoType, BOOLEAN Context)
{
    PWDFDEVICE_INIT Init = IoDeviceInit(Name);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Made;

    WdfDeviceInitSetIoType(Init, IoType);
    if (Context) {
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, REQUEST_CONTEXT);
        Attributes.EvtCleanupCallback = EvtRequestCleanup;
        WdfDeviceInitSetRequestAttributes(Init, &Attributes);
    }
    Made = IoDeviceCreate(Init, NULL);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Made, &Config, NULL, NULL), STATUS_SUCCESS, "its queue");
    WdfControlFinishInitializing(Made);
    return Made;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    Device = MakeDevice(NAME, WdfDeviceIoBuffered, TRUE);
    DirectDevice = MakeDevice(NAME L"Direct", WdfDeviceIoDirect, FALSE);
    Handle = IoOpen(NAME);
    DirectHandle = IoOpen(NAME L"Direct");
    TestMethods();
    TestTransfers(Handle);
    TestTransfers(DirectHandle);
    ZwClose(Handle);
    ZwClose(DirectHandle);
    WdfObjectDelete(Device);
    WdfObjectDelete(DirectDevice);
    return done();
}
