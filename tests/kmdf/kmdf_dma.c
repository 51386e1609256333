/*
 * KMDF: DMA by requests, on the engine. Each profile moves a write's buffer into the device's
 * memory and a read's out of it, in as many transfers as its maximum length makes; the enabler's
 * callbacks; what is refused. Calls: WdfDmaEnablerCreate, WdfDmaEnablerGetMaximumLength,
 * WdfDmaEnablerGetFragmentLength, WdfDmaEnablerWdmGetDmaAdapter,
 * WdfDmaEnablerGetMaximumScatterGatherElements, WdfDmaEnablerSetMaximumScatterGatherElements,
 * WdfDmaEnablerConfigureSystemProfile, WdfDmaTransactionCreate,
 * WdfDmaTransactionInitializeUsingRequest, WdfDmaTransactionExecute, WdfDmaTransactionDmaCompleted,
 * WdfDmaTransactionGetBytesTransferred, WdfDmaTransactionGetRequest, WdfDmaTransactionGetDevice,
 * WdfDmaTransactionRelease, WdfCommonBufferCreate, WdfCommonBufferCreateWithConfig,
 * WdfCommonBufferGetAlignedVirtualAddress, WdfCommonBufferGetAlignedLogicalAddress,
 * WdfCommonBufferGetLength.
 */
#include "kmdf_engine.h"

#define BYTES 40000u
#define MAXIMUM 16384u
#define START 100u /* of the buffer in its page */

static WDFDMAENABLER Enabler;
static WDFDMATRANSACTION Transaction;
static ULONG Programs, Elements, WrongCalls;
static NTSTATUS ExecuteStatus;
static BOOLEAN WithCallbacks;

/* ---- the enabler's callbacks ---- */

#define ENABLER_CALLBACK(Function, Type, Text)                                                     \
    static Type Function;                                                                          \
    static NTSTATUS NTAPI Function(WDFDMAENABLER Unused)                                           \
    {                                                                                              \
        UNREFERENCED_PARAMETER(Unused);                                                            \
        LogText(Text);                                                                             \
        return STATUS_SUCCESS;                                                                     \
    }
ENABLER_CALLBACK(EvtFill, EVT_WDF_DMA_ENABLER_FILL, "fill")
ENABLER_CALLBACK(EvtFlush, EVT_WDF_DMA_ENABLER_FLUSH, "flush")
ENABLER_CALLBACK(EvtEnable, EVT_WDF_DMA_ENABLER_ENABLE, "enable")
ENABLER_CALLBACK(EvtDisable, EVT_WDF_DMA_ENABLER_DISABLE, "disable")
ENABLER_CALLBACK(EvtStart, EVT_WDF_DMA_ENABLER_SELFMANAGED_IO_START, "start")
ENABLER_CALLBACK(EvtStop, EVT_WDF_DMA_ENABLER_SELFMANAGED_IO_STOP, "stop")

static NTSTATUS CreateEnabler(WDF_DMA_PROFILE Profile, ULONG Version, ULONG Width,
                              WDFDMAENABLER *Result)
{
    WDF_DMA_ENABLER_CONFIG Config;

    WDF_DMA_ENABLER_CONFIG_INIT(&Config, Profile, MAXIMUM);
    Config.WdmDmaVersionOverride = Version;
    Config.AddressWidthOverride = Width;
    if (WithCallbacks) {
        Config.EvtDmaEnablerFill = EvtFill;
        Config.EvtDmaEnablerFlush = EvtFlush;
        Config.EvtDmaEnablerEnable = EvtEnable;
        Config.EvtDmaEnablerDisable = EvtDisable;
        Config.EvtDmaEnablerSelfManagedIoStart = EvtStart;
        Config.EvtDmaEnablerSelfManagedIoStop = EvtStop;
    }
    return WdfDmaEnablerCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, Result);
}

/* ---- requests ---- */

static EVT_WDF_PROGRAM_DMA EvtProgram;
static BOOLEAN NTAPI EvtProgram(WDFDMATRANSACTION Handle, WDFDEVICE Unused, WDFCONTEXT Context,
                                WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST List)
{
    Programs++;
    Elements = List->NumberOfElements;
    WrongCalls += KeGetCurrentIrql() != DISPATCH_LEVEL || Handle != Transaction ||
                  Unused != Device || Context != &Programs;
    WrongCalls += WdfDmaTransactionGetDevice(Handle) != Device;
    engine_start(List, (ULONG)WdfDmaTransactionGetBytesTransferred(Handle),
                 Direction == WdfDmaDirectionWriteToDevice);
    return TRUE;
}

static EVT_WDF_INTERRUPT_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFINTERRUPT Unused, WDFOBJECT Associated)
{
    WDFREQUEST Request = WdfDmaTransactionGetRequest(Transaction);
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    size_t Bytes;

    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Associated);
    WrongCalls += EngineStatus != DMA_STATUS_DONE;
    if (!WdfDmaTransactionDmaCompleted(Transaction, &Status)) {
        WrongCalls += Status != STATUS_MORE_PROCESSING_REQUIRED;
        return;
    }
    Bytes = WdfDmaTransactionGetBytesTransferred(Transaction);
    WdfDmaTransactionRelease(Transaction);
    WdfRequestCompleteWithInformation(Request, Status, Bytes);
}

static VOID Move(WDFREQUEST Request, WDF_DMA_DIRECTION Direction)
{
    WDF_DMA_DIRECTION Other = Direction == WdfDmaDirectionReadFromDevice
                                  ? WdfDmaDirectionWriteToDevice
                                  : WdfDmaDirectionReadFromDevice;

    WrongCalls += WdfDmaTransactionInitializeUsingRequest(Transaction, Request, EvtProgram,
                                                          Other) != STATUS_INVALID_DEVICE_REQUEST;
    ExecuteStatus =
        WdfDmaTransactionInitializeUsingRequest(Transaction, Request, EvtProgram, Direction);
    if (NT_SUCCESS(ExecuteStatus)) {
        ExecuteStatus = WdfDmaTransactionExecute(Transaction, &Programs);
        if (NT_SUCCESS(ExecuteStatus))
            return;
        WdfDmaTransactionRelease(Transaction);
    }
    WdfRequestComplete(Request, ExecuteStatus);
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID NTAPI EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Length);
    Move(Request, WdfDmaDirectionReadFromDevice);
}

static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
static VOID NTAPI EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Length);
    Move(Request, WdfDmaDirectionWriteToDevice);
}

static NTSTATUS Send(UCHAR Major, PVOID Buffer, ULONG Length, PULONG_PTR Information)
{
    PDEVICE_OBJECT Wdm = WdfDeviceWdmGetDeviceObject(Device);
    LARGE_INTEGER Offset = {.QuadPart = 0};
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(Major, Wdm, Buffer, Length, &Offset, &Event, &Iosb);
    Status = IoCallDriver(Wdm, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    *Information = Iosb.Information;
    return Status;
}

/* ---- the profiles ---- */

static VOID TestProfile(WDF_DMA_PROFILE Profile, ULONG Version, ULONG Width, BOOLEAN IsPacket,
                        const char *Text)
{
    PUCHAR Out = ExAllocatePool2(POOL_FLAG_NON_PAGED, START + BYTES, 'tseT');
    PUCHAR In = ExAllocatePool2(POOL_FLAG_NON_PAGED, START + BYTES, 'tseT');
    ULONG Transfers = (BYTES + MAXIMUM - 1) / MAXIMUM;
    ULONG_PTR Information;

    is_status(CreateEnabler(Profile, Version, Width, &Enabler), STATUS_SUCCESS, "%s: an enabler",
              Text);
    is_status(WdfCommonBufferCreate(Enabler, TABLE_BYTES, NULL, &Table), STATUS_SUCCESS,
              "%s: the table", Text);
    is_status(WdfDmaTransactionCreate(Enabler, NULL, &Transaction), STATUS_SUCCESS,
              "%s: a transaction", Text);
    ok(WdfDmaTransactionGetRequest(Transaction) == NULL, "%s: without a request", Text);
    engine_fill(Out + START, BYTES);
    Programs = 0;
    is_status(Send(IRP_MJ_WRITE, Out + START, BYTES, &Information), STATUS_SUCCESS, "%s: write",
              Text);
    is_ulong64(Information, BYTES, "%s: all of it", Text);
    is_ulong(Programs, Transfers, "%s: in as many transfers as it takes", Text);
    is_status(Send(IRP_MJ_READ, In + START, BYTES, &Information), STATUS_SUCCESS, "%s: read", Text);
    is_ulong64(Information, BYTES, "%s: all of it", Text);
    is_ulong(Programs, 2 * Transfers, "%s: in as many", Text);
    if (IsPacket)
        is_ulong(Elements, 1, "%s: each of one element", Text);
    is_long(engine_wrong(In + START, BYTES), -1, "%s: what was written was read", Text);
    ok(In[START - 1] == 0, "%s: nothing before it", Text);
    is_ulong(WrongCalls, 0, "%s: each callback as it should be", Text);
    WdfObjectDelete(Enabler);
    ExFreePool(Out);
    ExFreePool(In);
}

static VOID TestProfiles(VOID)
{
    TestProfile(WdfDmaProfileScatterGather64, 0, 0, FALSE, "64 bits");
    TestProfile(WdfDmaProfileScatterGather, 0, 0, FALSE, "32 bits");
    TestProfile(WdfDmaProfileScatterGather64Duplex, 2, 0, FALSE, "duplex");
    TestProfile(WdfDmaProfilePacket64, 0, 0, TRUE, "packet, 64 bits");
    TestProfile(WdfDmaProfilePacket, 0, 0, TRUE, "packet");
    TestProfile(WdfDmaProfileScatterGather64, 3, 0, FALSE, "version 3");
    TestProfile(WdfDmaProfileScatterGather64, 0, 28, FALSE, "28 bits");
    TestProfile(WdfDmaProfilePacket64, 3, 0, TRUE, "version 3, packet");
    TestProfile(WdfDmaProfileScatterGatherDuplex, 3, 0, FALSE, "version 3, duplex");
}

/* ---- enablers ---- */

static VOID TestRefused(VOID)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = {0};
    WDF_DMA_SYSTEM_PROFILE_CONFIG System;
    WDF_DMA_ENABLER_CONFIG Config;
    WDFDMAENABLER Unused;
    PHYSICAL_ADDRESS Zero = {.QuadPart = 0};

    is_status(CreateEnabler(WdfDmaProfileInvalid, 0, 0, &Unused), STATUS_INVALID_PARAMETER,
              "no profile");
    ok(Unused == NULL, "no handle");
    is_status(CreateEnabler((WDF_DMA_PROFILE)9, 0, 0, &Unused), STATUS_INVALID_PARAMETER,
              "no such profile");
    is_status(CreateEnabler(WdfDmaProfileScatterGather, 0, 33, &Unused), STATUS_INVALID_PARAMETER,
              "33 of 32 bits");
    is_status(CreateEnabler(WdfDmaProfileScatterGather64, 0, 64, &Unused), STATUS_INVALID_PARAMETER,
              "64 as an override");
    is_status(CreateEnabler(WdfDmaProfileScatterGather64, 0, 23, &Unused), STATUS_INVALID_PARAMETER,
              "23 bits");
    is_status(CreateEnabler(WdfDmaProfileScatterGather64, 4, 0, &Unused), STATUS_INVALID_PARAMETER,
              "version 4");
    WDF_DMA_ENABLER_CONFIG_INIT(&Config, WdfDmaProfileScatterGather64, 0);
    is_status(WdfDmaEnablerCreate(Device, &Config, NULL, &Unused), STATUS_INVALID_PARAMETER,
              "no length");
    WDF_DMA_ENABLER_CONFIG_INIT(&Config, WdfDmaProfileScatterGather64, 4096);
    Config.Size++;
    is_status(WdfDmaEnablerCreate(Device, &Config, NULL, &Unused), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong size");
    is_status(CreateEnabler(WdfDmaProfileSystem, 0, 0, &Unused), STATUS_NOT_SUPPORTED,
              "no system DMA controller");
    WDF_DMA_SYSTEM_PROFILE_CONFIG_INIT(&System, Zero, Width8Bits, &Descriptor);
    is_status(WdfDmaEnablerConfigureSystemProfile(Enabler, NULL, WdfDmaDirectionReadFromDevice),
              STATUS_INVALID_PARAMETER, "no system profile");
    is_status(WdfDmaEnablerConfigureSystemProfile(Enabler, &System, (WDF_DMA_DIRECTION)2),
              STATUS_INVALID_PARAMETER, "no such direction");
    is_status(WdfDmaEnablerConfigureSystemProfile(Enabler, &System, WdfDmaDirectionReadFromDevice),
              STATUS_NOT_SUPPORTED, "of a bus master");
}

static VOID TestEnabler(VOID)
{
    is_ulong64(WdfDmaEnablerGetMaximumLength(Enabler), MAXIMUM, "the maximum length");
    is_ulong64(WdfDmaEnablerGetFragmentLength(Enabler, WdfDmaDirectionWriteToDevice), MAXIMUM,
               "map registers suffice");
    is_ulong64(WdfDmaEnablerGetFragmentLength(Enabler, (WDF_DMA_DIRECTION)2), 0, "of a direction");
    ok(WdfDmaEnablerWdmGetDmaAdapter(Enabler, WdfDmaDirectionReadFromDevice) != NULL,
       "an adapter to read");
    ok(WdfDmaEnablerWdmGetDmaAdapter(Enabler, WdfDmaDirectionWriteToDevice) !=
           WdfDmaEnablerWdmGetDmaAdapter(Enabler, WdfDmaDirectionReadFromDevice),
       "another to write, of a duplex one");
    ok(WdfDmaEnablerWdmGetDmaAdapter(Enabler, (WDF_DMA_DIRECTION)2) == NULL,
       "none of no direction");
    ok(WdfDmaEnablerGetMaximumScatterGatherElements(Enabler) == WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS,
       "no limit of elements");
    WdfDmaEnablerSetMaximumScatterGatherElements(Enabler, 7);
    is_ulong64(WdfDmaEnablerGetMaximumScatterGatherElements(Enabler), 7, "until one is set");
}

static VOID TestCommonBuffers(VOID)
{
    static const ULONG Masks[] = {0, 0xF, 0x1FF, 0xFFF, 0xFFFF};
    WDF_COMMON_BUFFER_CONFIG Config;
    WDFCOMMONBUFFER Buffer;

    is_status(WdfCommonBufferCreate(Enabler, 0, NULL, &Buffer), STATUS_INVALID_PARAMETER,
              "a common buffer of no length");
    is_status(WdfCommonBufferCreate(Enabler, MAXULONG, NULL, &Buffer), STATUS_INVALID_PARAMETER,
              "one too long");
    WDF_COMMON_BUFFER_CONFIG_INIT(&Config, 2);
    is_status(WdfCommonBufferCreateWithConfig(Enabler, 10, &Config, NULL, &Buffer),
              STATUS_INVALID_PARAMETER, "an alignment that is none");
    Config.Size = 4;
    is_status(WdfCommonBufferCreateWithConfig(Enabler, 10, &Config, NULL, &Buffer),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Masks); i++) {
        WDF_COMMON_BUFFER_CONFIG_INIT(&Config, Masks[i]);
        if (!is_status(WdfCommonBufferCreateWithConfig(Enabler, 6000, &Config, NULL, &Buffer),
                       STATUS_SUCCESS, "alignment 0x%x", Masks[i]))
            continue;
        is_ulong64(WdfCommonBufferGetLength(Buffer), 6000, "its length");
        is_hex(WdfCommonBufferGetAlignedLogicalAddress(Buffer).QuadPart & Masks[i], 0,
               "its logical address");
        is_hex(MmGetPhysicalAddress(WdfCommonBufferGetAlignedVirtualAddress(Buffer)).QuadPart,
               WdfCommonBufferGetAlignedLogicalAddress(Buffer).QuadPart, "of the same memory");
        RtlFillMemory(WdfCommonBufferGetAlignedVirtualAddress(Buffer), 6000, 0x5A);
        WdfObjectDelete(Buffer);
    }
}

static VOID Test(VOID)
{
    LogIs("d0entry(D3Final) post fill enable start", "the start");
    TestRefused();
    TestEnabler();
    TestCommonBuffers();
    is_status(Power(PowerDeviceD3), STATUS_SUCCESS, "to D3");
    LogIs("stop disable flush pre d0exit(D3)", "down");
    is_status(Power(PowerDeviceD0), STATUS_SUCCESS, "to D0");
    LogIs("d0entry(D3) post fill enable start", "up");
    WdfObjectDelete(Enabler);
    WithCallbacks = FALSE;
    TestProfiles();
}

/* ---- the device ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Unused, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Raw);
    engine_map(Translated);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Unused, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Translated);
    MmUnmapIoSpace(Registers, 4096);
    return STATUS_SUCCESS;
}

#define POWER_CALLBACK(Function, Type, Call)                                                       \
    static Type Function;                                                                          \
    static NTSTATUS NTAPI Function(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)                 \
    {                                                                                              \
        UNREFERENCED_PARAMETER(Unused);                                                            \
        UNREFERENCED_PARAMETER(State);                                                             \
        Call;                                                                                      \
        return STATUS_SUCCESS;                                                                     \
    }
POWER_CALLBACK(EvtD0Entry, EVT_WDF_DEVICE_D0_ENTRY, LogPower("d0entry", State))
POWER_CALLBACK(EvtPost, EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED, LogText("post"))
POWER_CALLBACK(EvtPre, EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED, LogText("pre"))
POWER_CALLBACK(EvtD0Exit, EVT_WDF_DEVICE_D0_EXIT, LogPower("d0exit", State))

static NTSTATUS CreateObjects(VOID)
{
    WDF_IO_QUEUE_CONFIG Config;
    NTSTATUS Status;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoRead = EvtRead;
    Config.EvtIoWrite = EvtWrite;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (NT_SUCCESS(Status))
        Status = engine_create_interrupt(EvtDpc);
    WithCallbacks = TRUE;
    if (NT_SUCCESS(Status))
        Status = CreateEnabler(WdfDmaProfileScatterGather64Duplex, 0, 0, &Enabler);
    is_status(Status, STATUS_SUCCESS, "a queue, an interrupt, an enabler");
    return Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE);
    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0EntryPostInterruptsEnabled = EvtPost;
    Callbacks.EvtDeviceD0ExitPreInterruptsDisabled = EvtPre;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    return is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate") ? CreateObjects() : Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, "pre d0exit(D3Final)");
}
