/* KMDF 1.19: DMA transactions of the driver's own buffers: partial and final completions, lengths,
 * chains, fragments, single transfers; what waits for the one channel of a packet device, and is
 * cancelled, refused or reserved. Calls: WdfDmaTransactionInitialize,
 * WdfDmaTransactionInitializeUsingOffset, WdfDmaTransactionDmaCompletedWithLength,
 * WdfDmaTransactionDmaCompletedFinal, WdfDmaTransactionSetMaximumLength,
 * WdfDmaTransactionGetCurrentDmaTransferLength, WdfDmaTransactionGetTransferInfo,
 * WdfDmaTransactionSetImmediateExecution, WdfDmaTransactionSetSingleTransferRequirement,
 * WdfDmaTransactionAllocateResources, WdfDmaTransactionFreeResources, WdfDmaTransactionCancel,
 * WdfDmaTransactionWdmGetTransferContext, WdfDmaTransactionSetDeviceAddressOffset,
 * WdfDmaTransactionSetChannelConfigurationCallback, WdfDmaTransactionSetTransferCompleteCallback,
 * WdfDmaTransactionStopSystemTransfer.
 */
#include "kmdf_engine.h"

#define BYTES (8 * PAGE_SIZE)
#define MAXIMUM (4 * PAGE_SIZE)

static WDFDMAENABLER Enabler;
static PUCHAR Buffer;
static PMDL Mdl; /* of all of it */
static KEVENT Done;
static ULONG Programs, Reserves;
static size_t LastBytes; /* of the last transfer's list */
static WDFDMATRANSACTION Last;
static BOOLEAN EndsAtOnce, FreesAtOnce;
static const LONG TransactionMark;

/* ---- transfers ---- */

static EVT_WDF_PROGRAM_DMA EvtProgram;
static BOOLEAN NTAPI EvtProgram(WDFDMATRANSACTION Handle, WDFDEVICE Unused, WDFCONTEXT Context,
                                WDF_DMA_DIRECTION Direction, PSCATTER_GATHER_LIST List)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    Programs++;
    Last = Handle;
    LastBytes = 0;
    for (ULONG i = 0; i < List->NumberOfElements; i++)
        LastBytes += List->Elements[i].Length;
    if (EndsAtOnce) {
        WdfDmaTransactionDmaCompletedFinal(Handle, 0, &Status);
        WdfObjectDelete(Handle);
        return FALSE;
    }
    engine_start(List, (ULONG)WdfDmaTransactionGetBytesTransferred(Handle),
                 Direction == WdfDmaDirectionWriteToDevice);
    return TRUE;
}

static EVT_WDF_INTERRUPT_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFINTERRUPT Unused, WDFOBJECT Associated)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Associated);
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static WDFDMATRANSACTION Make(VOID)
{
    WDFDMATRANSACTION Handle = NULL;

    is_status(WdfDmaTransactionCreate(Enabler, WDF_NO_OBJECT_ATTRIBUTES, &Handle), STATUS_SUCCESS,
              "a transaction");
    return Handle;
}

static NTSTATUS Init(WDFDMATRANSACTION Handle, size_t Offset, size_t Length)
{
    return WdfDmaTransactionInitialize(Handle, EvtProgram, WdfDmaDirectionWriteToDevice, Mdl,
                                       Buffer + Offset, Length);
}

/* The end of the transfer under way, which the device moved; TRUE: of the transaction. */
static BOOLEAN Complete(WDFDMATRANSACTION Handle, size_t Length, NTSTATUS Expected,
                        const char *Text)
{
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    BOOLEAN Over;

    WaitFor(&Done);
    Over = WdfDmaTransactionDmaCompletedWithLength(Handle, Length, &Status);
    is_status(Status, Expected, "%s", Text);
    return Over;
}

/* Lets it run to its end. */
static VOID Run(WDFDMATRANSACTION Handle, const char *Text)
{
    NTSTATUS Status = STATUS_SUCCESS;

    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_SUCCESS, "%s", Text);
    do
        WaitFor(&Done);
    while (!WdfDmaTransactionDmaCompleted(Handle, &Status));
    is_status(Status, STATUS_SUCCESS, "%s: its end", Text);
}

static VOID Use(WDF_DMA_PROFILE Profile, ULONG Version)
{
    WDF_DMA_ENABLER_CONFIG Config;

    if (Enabler != NULL)
        WdfObjectDelete(Enabler);
    WDF_DMA_ENABLER_CONFIG_INIT(&Config, Profile, MAXIMUM);
    Config.WdmDmaVersionOverride = Version;
    is_status(WdfDmaEnablerCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Enabler),
              STATUS_SUCCESS, "an enabler");
    is_status(WdfCommonBufferCreate(Enabler, TABLE_BYTES, WDF_NO_OBJECT_ATTRIBUTES, &Table),
              STATUS_SUCCESS, "its table");
}

/* ---- the tests ---- */

static VOID TestRefused(VOID)
{
    WDFDMATRANSACTION Handle = Make();

    is_status(WdfDmaTransactionRelease(Handle), STATUS_INVALID_DEVICE_STATE,
              "released, though it does nothing");
    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_INVALID_DEVICE_REQUEST,
              "executed, though not initialised");
    is_status(
        WdfDmaTransactionInitialize(Handle, NULL, WdfDmaDirectionWriteToDevice, Mdl, Buffer, 1),
        STATUS_INVALID_PARAMETER, "no EvtProgramDma");
    is_status(WdfDmaTransactionInitialize(Handle, EvtProgram, (WDF_DMA_DIRECTION)2, Mdl, Buffer, 1),
              STATUS_INVALID_PARAMETER, "no direction");
    is_status(WdfDmaTransactionInitialize(Handle, EvtProgram, WdfDmaDirectionWriteToDevice, NULL,
                                          Buffer, 1),
              STATUS_INVALID_PARAMETER, "no MDL");
    is_status(Init(Handle, 0, 0), STATUS_INVALID_PARAMETER, "no length");
    is_status(Init(Handle, 1, BYTES), STATUS_INVALID_PARAMETER, "more than the MDL has");
    is_status(Init(Handle, (size_t)-1, 1), STATUS_INVALID_PARAMETER, "before the MDL");
    is_status(Init(Handle, 0, BYTES), STATUS_SUCCESS, "all of it");
    is_bool(WdfDmaTransactionCancel(Handle), FALSE, "nothing to cancel in version 2");
    ok(WdfDmaTransactionWdmGetTransferContext(Handle) == NULL, "no transfer context in version 2");
    WdfDmaTransactionSetDeviceAddressOffset(Handle, 4);
    WdfDmaTransactionSetChannelConfigurationCallback(Handle, NULL, NULL);
    WdfDmaTransactionSetTransferCompleteCallback(Handle, NULL, NULL);
    WdfDmaTransactionStopSystemTransfer(Handle);
    is_status(WdfDmaTransactionAllocateResources(Handle, WdfDmaDirectionWriteToDevice, 1,
                                                 (PFN_WDF_RESERVE_DMA)&TransactionMark, NULL),
              STATUS_INVALID_DEVICE_REQUEST, "nothing to reserve for scatter/gather");
    is_status(WdfDmaTransactionRelease(Handle), STATUS_SUCCESS, "released before it ran");
    WdfObjectDelete(Handle);
}

static VOID TestLengths(VOID)
{
    WDFDMATRANSACTION Handle = Make();
    NTSTATUS Status = STATUS_SUCCESS;

    Programs = 0;
    is_status(Init(Handle, 0, MAXIMUM + 1000), STATUS_SUCCESS, "two transfers");
    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_SUCCESS, "begun");
    is_ulong64(WdfDmaTransactionGetCurrentDmaTransferLength(Handle), MAXIMUM, "the first");
    WaitFor(&Done);
    is_bool(WdfDmaTransactionDmaCompletedWithLength(Handle, MAXIMUM + 1, &Status), FALSE,
            "more than it was");
    is_status(Status, STATUS_INVALID_PARAMETER, "is refused");
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    is_bool(Complete(Handle, 600, STATUS_MORE_PROCESSING_REQUIRED, "a part of it"), FALSE,
            "more is to come");
    is_ulong64(WdfDmaTransactionGetBytesTransferred(Handle), 600, "so much is done");
    is_ulong64(WdfDmaTransactionGetCurrentDmaTransferLength(Handle), MAXIMUM,
               "the next begins there");
    is_ulong64(LastBytes, MAXIMUM, "with all of its bytes");
    is_bool(Complete(Handle, 0, STATUS_MORE_PROCESSING_REQUIRED, "nothing of it"), FALSE,
            "it is done again");
    is_ulong64(WdfDmaTransactionGetBytesTransferred(Handle), 600, "as before");
    is_bool(Complete(Handle, MAXIMUM, STATUS_MORE_PROCESSING_REQUIRED, "all of it"), FALSE,
            "and the rest");
    is_ulong64(WdfDmaTransactionGetCurrentDmaTransferLength(Handle), 400, "is what is left");
    is_bool(Complete(Handle, 400, STATUS_SUCCESS, "that too"), TRUE, "the end");
    is_ulong64(WdfDmaTransactionGetBytesTransferred(Handle), MAXIMUM + 1000, "all of it");
    is_ulong(Programs, 4, "in four programs");
    is_status(WdfDmaTransactionRelease(Handle), STATUS_SUCCESS, "released");
    is_status(Init(Handle, 0, 2 * PAGE_SIZE), STATUS_SUCCESS, "used again");
    WdfDmaTransactionSetMaximumLength(Handle, PAGE_SIZE);
    WdfDmaTransactionSetMaximumLength(Handle, 100 * PAGE_SIZE);
    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_SUCCESS, "in pieces of its own");
    is_ulong64(WdfDmaTransactionGetCurrentDmaTransferLength(Handle), PAGE_SIZE, "of a page");
    WaitFor(&Done);
    is_bool(WdfDmaTransactionDmaCompletedFinal(Handle, 10, &Status), TRUE, "an underrun ends it");
    is_status(Status, STATUS_SUCCESS, "well");
    is_ulong64(WdfDmaTransactionGetBytesTransferred(Handle), 10, "with so much");
    WdfObjectDelete(Handle);
    Handle = Make();
    is_status(Init(Handle, 0, 100), STATUS_SUCCESS,
              "one that the driver ends as it is to be programmed");
    EndsAtOnce = TRUE;
    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_SUCCESS, "and deletes");
    EndsAtOnce = FALSE;
}

/* Two MDLs, of the second half and of the first. */
static VOID TestChain(VOID)
{
    PMDL First = IoAllocateMdl(Buffer + BYTES / 2, BYTES / 2, FALSE, FALSE, NULL);
    PMDL Second = IoAllocateMdl(Buffer, BYTES / 2, FALSE, FALSE, NULL);
    PUCHAR Back = ExAllocatePool2(POOL_FLAG_NON_PAGED, 3000, 'tseT');
    PMDL BackMdl = IoAllocateMdl(Back, 3000, FALSE, FALSE, NULL);
    WDFDMATRANSACTION Handle = Make();
    ULONG Pages, Elements;

    MmBuildMdlForNonPagedPool(First);
    MmBuildMdlForNonPagedPool(Second);
    MmBuildMdlForNonPagedPool(BackMdl);
    First->Next = Second;
    is_status(WdfDmaTransactionInitializeUsingOffset(Handle, EvtProgram,
                                                     WdfDmaDirectionWriteToDevice, First,
                                                     BYTES / 2 - 1000, BYTES / 2 + 1001),
              STATUS_INVALID_PARAMETER, "more than the chain has");
    is_status(WdfDmaTransactionInitializeUsingOffset(
                  Handle, EvtProgram, WdfDmaDirectionWriteToDevice, First, BYTES / 2 - 1000, 3000),
              STATUS_SUCCESS, "over the end of an MDL");
    WdfDmaTransactionGetTransferInfo(Handle, &Pages, &Elements);
    is_ulong(Pages, 2, "two pages");
    ok(Elements >= 1 && Elements <= Pages, "in as many pieces at most");
    Run(Handle, "a chain");
    WdfDmaTransactionRelease(Handle);
    WdfDmaTransactionInitialize(Handle, EvtProgram, WdfDmaDirectionReadFromDevice, BackMdl, Back,
                                3000);
    Run(Handle, "what was written");
    ok(RtlCompareMemory(Back, Buffer + BYTES - 1000, 1000) == 1000, "the end of the first MDL");
    ok(RtlCompareMemory(Back + 1000, Buffer, 2000) == 2000, "and the begin of the second");
    WdfObjectDelete(Handle);
    IoFreeMdl(First);
    IoFreeMdl(Second);
    IoFreeMdl(BackMdl);
    ExFreePool(Back);
}

static VOID TestFragments(VOID)
{
    PPFN_NUMBER Pages = MmGetMdlPfnArray(Mdl);
    PFN_NUMBER Page = Pages[1];
    WDFDMATRANSACTION Handle = Make();

    Pages[1] = Pages[3];
    Pages[3] = Page;
    WdfDmaEnablerSetMaximumScatterGatherElements(Enabler, 3);
    is_status(Init(Handle, 0, MAXIMUM), STATUS_WDF_TOO_FRAGMENTED,
              "more pieces than the device takes");
    is_status(Init(Handle, 0, 2 * PAGE_SIZE), STATUS_SUCCESS, "fewer");
    Run(Handle, "two pieces");
    WdfObjectDelete(Handle);
    WdfDmaEnablerSetMaximumScatterGatherElements(Enabler, WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS);
    Pages[3] = Pages[1];
    Pages[1] = Page;
}

static VOID TestSingle(VOID)
{
    WDFDMATRANSACTION Handle = Make();
    NTSTATUS Status = STATUS_SUCCESS;

    WdfDmaTransactionSetSingleTransferRequirement(Handle, TRUE);
    is_status(Init(Handle, 0, MAXIMUM + 1), STATUS_WDF_TOO_MANY_TRANSFERS,
              "too long for a single transfer");
    is_status(Init(Handle, 0, MAXIMUM), STATUS_SUCCESS, "not too long");
    is_status(WdfDmaTransactionExecute(Handle, NULL), STATUS_SUCCESS, "begun");
    WaitFor(&Done);
    is_bool(WdfDmaTransactionDmaCompletedWithLength(Handle, 5, &Status), TRUE, "a part ends it");
    is_status(Status, STATUS_WDF_TOO_MANY_TRANSFERS, "badly");
    WdfDmaTransactionRelease(Handle);
    is_status(Init(Handle, 0, MAXIMUM + 1), STATUS_SUCCESS, "the next need not be one");
    ok(WdfDmaTransactionWdmGetTransferContext(Handle) != NULL, "a transfer context in version 3");
    WdfObjectDelete(Handle);
}

/* ---- the channel of a packet device ---- */

static VOID TestBusy(VOID)
{
    WDFDMATRANSACTION First = Make(), Second = Make();

    is_status(Init(First, 0, 100), STATUS_SUCCESS, "a packet");
    is_status(Init(Second, 0, 100), STATUS_SUCCESS, "another");
    is_status(WdfDmaTransactionExecute(First, NULL), STATUS_SUCCESS, "the first has the device");
    is_status(WdfDmaTransactionExecute(Second, NULL), STATUS_WDF_BUSY, "the second is refused");
    is_bool(Complete(First, 100, STATUS_SUCCESS, "the first"), TRUE, "ends");
    Run(Second, "the second");
    WdfObjectDelete(First);
    WdfObjectDelete(Second);
}

static VOID TestWaiting(VOID)
{
    WDFDMATRANSACTION First = Make(), Second = Make(), Third = Make();
    NTSTATUS Status = STATUS_SUCCESS;

    Init(First, 0, MAXIMUM + 1);
    Init(Second, 0, 200);
    Init(Third, 0, 300);
    is_bool(WdfDmaTransactionCancel(First), FALSE, "nothing to cancel before it runs");
    is_status(WdfDmaTransactionExecute(First, NULL), STATUS_SUCCESS, "the first has the device");
    WaitFor(&Done);
    Programs = 0;
    is_status(WdfDmaTransactionExecute(Second, NULL), STATUS_SUCCESS, "the second waits");
    WdfDmaTransactionSetImmediateExecution(Third, TRUE);
    is_status(WdfDmaTransactionExecute(Third, NULL), STATUS_INSUFFICIENT_RESOURCES,
              "the third does not");
    is_status(WdfDmaTransactionRelease(Third), STATUS_SUCCESS, "released");
    Init(Third, 0, 300);
    is_status(WdfDmaTransactionExecute(Third, NULL), STATUS_SUCCESS, "now it waits too");
    is_ulong(Programs, 0, "nobody is programmed");
    is_bool(WdfDmaTransactionCancel(Second), TRUE, "the second is cancelled");
    is_bool(WdfDmaTransactionCancel(First), FALSE, "the first is not: it has the device");
    is_bool(WdfDmaTransactionDmaCompleted(First, &Status), TRUE, "but no transfer follows");
    is_status(Status, STATUS_CANCELLED, "of one that was to be cancelled");
    is_ulong(Programs, 1, "one is programmed then");
    ok(Last == Third, "the third");
    is_bool(Complete(Third, 300, STATUS_SUCCESS, "the third"), TRUE, "ends");
    is_ulong(Programs, 1, "the second never was");
    is_status(WdfDmaTransactionRelease(Second), STATUS_SUCCESS, "released");
    Init(Second, 0, 200);
    Run(Second, "and used again");
    WdfObjectDelete(First);
    WdfObjectDelete(Second);
    WdfObjectDelete(Third);
}

static EVT_WDF_RESERVE_DMA EvtReserve;
static VOID NTAPI EvtReserve(WDFDMATRANSACTION Handle, PVOID Context)
{
    ok(Context == (PVOID)&TransactionMark && KeGetCurrentIrql() == DISPATCH_LEVEL, "EvtReserveDma");
    Reserves++;
    if (FreesAtOnce)
        WdfDmaTransactionFreeResources(Handle);
}

static NTSTATUS Reserve(WDFDMATRANSACTION Handle, ULONG Count)
{
    return WdfDmaTransactionAllocateResources(Handle, WdfDmaDirectionWriteToDevice, Count,
                                              EvtReserve, (PVOID)&TransactionMark);
}

static VOID TestReserve(VOID)
{
    WDFDMATRANSACTION Mine = Make(), Other = Make();

    WdfDmaTransactionFreeResources(Mine);
    is_status(Reserve(Mine, 0), STATUS_INVALID_PARAMETER, "of a size that nobody knows");
    is_status(Reserve(Mine, 1000), STATUS_INSUFFICIENT_RESOURCES, "more than there is");
    is_status(Reserve(Mine, 3), STATUS_SUCCESS, "a reservation");
    is_ulong(Reserves, 1, "is there");
    is_status(Reserve(Mine, 3), STATUS_INVALID_DEVICE_REQUEST, "once");
    Init(Other, 0, 100);
    Programs = 0;
    is_status(WdfDmaTransactionExecute(Other, NULL), STATUS_SUCCESS, "another waits");
    for (ULONG i = 0; i < 3; i++) {
        Init(Mine, 0, 2 * PAGE_SIZE);
        Run(Mine, "with the reservation");
        is_status(WdfDmaTransactionRelease(Mine), STATUS_SUCCESS, "released, not the reservation");
    }
    is_ulong(Programs, 3, "the other still waits");
    WdfDmaTransactionFreeResources(Mine);
    is_ulong(Programs, 4, "until the reservation ends");
    is_bool(Complete(Other, 100, STATUS_SUCCESS, "the other"), TRUE, "ends");
    FreesAtOnce = TRUE;
    Init(Mine, 0, 100);
    is_status(Reserve(Mine, 0), STATUS_SUCCESS, "one that is freed at once");
    is_ulong(Reserves, 2, "was there");
    FreesAtOnce = FALSE;
    Run(Mine, "without a reservation");
    is_status(Reserve(Other, 2), STATUS_SUCCESS, "another's");
    is_status(Reserve(Mine, 2), STATUS_SUCCESS, "is waited for");
    is_ulong(Reserves, 3, "the second is not there");
    is_bool(WdfDmaTransactionCancel(Mine), TRUE, "and is cancelled");
    WdfObjectDelete(Other);
    is_ulong(Reserves, 3, "it does not come when the other goes");
    WdfObjectDelete(Mine);
}

static VOID Test(VOID)
{
    Use(WdfDmaProfileScatterGather64, 0);
    TestRefused();
    TestLengths();
    TestChain();
    TestFragments();
    Use(WdfDmaProfileScatterGather64, 3);
    TestLengths();
    TestChain();
    TestSingle();
    Use(WdfDmaProfilePacket64, 0);
    TestBusy();
    TestLengths();
    Use(WdfDmaProfilePacket64, 3);
    TestLengths();
    TestWaiting();
    TestReserve();
    WdfObjectDelete(Enabler);
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

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(DeviceInit);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &Callbacks);
    Status = WdfDeviceCreate(&DeviceInit, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    return is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate") ? engine_create_interrupt(EvtDpc)
                                                                : Status;
}

static VOID Removed(VOID)
{
    IoFreeMdl(Mdl);
    ExFreePool(Buffer);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, BYTES, 'tseT');
    Mdl = IoAllocateMdl(Buffer, BYTES, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    engine_fill(Buffer, BYTES);
    PnpTest.Unload = Removed;
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, "");
}
