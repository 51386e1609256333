/* KMDF: a function device's PnP callbacks: their order at start, stop, restart, sleep and removal;
 * who may refuse. */
#include "pnp_test.h"

typedef struct _STATE {
    ULONG Mark;
} STATE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(STATE, GetState)

static NTSTATUS QueryStopStatus, QueryRemoveStatus;
static const GUID InterfaceClass = {0x0DD0C0DE, 0x1234, 0x4321, {8, 7, 6, 5, 4, 3, 2, 1}};
static const GUID OtherClass = {0x0DD0C0DE, 1, 2, {3}};

/* ---- callbacks ---- */

#define STATUS_CALLBACK(Function, Type, Text)                                                      \
    static Type Function;                                                                          \
    static NTSTATUS NTAPI Function(WDFDEVICE Unused)                                               \
    {                                                                                              \
        UNREFERENCED_PARAMETER(Unused);                                                            \
        LogText(Text);                                                                             \
        return STATUS_SUCCESS;                                                                     \
    }
#define VOID_CALLBACK(Function, Type, Text)                                                        \
    static Type Function;                                                                          \
    static VOID NTAPI Function(WDFDEVICE Unused)                                                   \
    {                                                                                              \
        UNREFERENCED_PARAMETER(Unused);                                                            \
        LogText(Text);                                                                             \
    }
#define POWER_CALLBACK(Function, Type, Text)                                                       \
    static Type Function;                                                                          \
    static NTSTATUS NTAPI Function(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE State)                 \
    {                                                                                              \
        UNREFERENCED_PARAMETER(Unused);                                                            \
        LogPower(Text, State);                                                                     \
        return STATUS_SUCCESS;                                                                     \
    }
POWER_CALLBACK(EvtD0Entry, EVT_WDF_DEVICE_D0_ENTRY, "d0entry")
POWER_CALLBACK(EvtPostEnabled, EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED, "post")
POWER_CALLBACK(EvtD0Exit, EVT_WDF_DEVICE_D0_EXIT, "d0exit")
POWER_CALLBACK(EvtPreDisabled, EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED, "pre")
STATUS_CALLBACK(EvtSelfSuspend, EVT_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND, "suspend")
STATUS_CALLBACK(EvtSelfRestart, EVT_WDF_DEVICE_SELF_MANAGED_IO_RESTART, "restart")
VOID_CALLBACK(EvtSelfFlush, EVT_WDF_DEVICE_SELF_MANAGED_IO_FLUSH, "flush")
VOID_CALLBACK(EvtSelfCleanup, EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP, "selfcleanup")
VOID_CALLBACK(EvtSurprise, EVT_WDF_DEVICE_SURPRISE_REMOVAL, "surprise")

static EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtSelfInit;
static NTSTATUS NTAPI EvtSelfInit(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("init");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Unused, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("prepare");
    is_ulong(WdfCmResourceListGetCount(Raw), 0, "no raw resources");
    is_ulong(WdfCmResourceListGetCount(Translated), 0, "no translated resources");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Unused, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("release");
    is_ulong(WdfCmResourceListGetCount(Translated), 0,
             "the list is there at EvtDeviceReleaseHardware");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_QUERY_STOP EvtQueryStop;
static NTSTATUS NTAPI EvtQueryStop(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("querystop");
    return QueryStopStatus;
}

static EVT_WDF_DEVICE_QUERY_REMOVE EvtQueryRemove;
static NTSTATUS NTAPI EvtQueryRemove(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    LogText("queryremove");
    return QueryRemoveStatus;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    LogText("cleanup");
}

static EVT_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy;
static VOID NTAPI EvtDestroy(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    LogText("destroy");
}

static EVT_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtState;
static VOID NTAPI EvtState(WDFDEVICE Unused, PCWDF_DEVICE_PNP_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Unused);
    if (Data->Type == StateNotificationEnterState) {
        LogText("enter");
        is_ulong(Data->Data.EnterState.NewState, WdfDevStatePnpStopped,
                 "into the state that was registered");
    } else if (Data->Type == StateNotificationLeaveState) {
        LogText("leave");
        is_ulong(Data->Data.LeaveState.CurrentState, WdfDevStatePnpStopped, "out of the state");
        is_ulong(Data->Data.LeaveState.NewState, WdfDevStatePnpStartingFromStopped, "and where to");
    } else {
        LogText("post");
    }
}

/* ---- the test ---- */

static VOID TestStop(VOID)
{
    QueryStopStatus = STATUS_DEVICE_BUSY;
    is_status(Pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_DEVICE_BUSY, "the driver refuses to stop");
    is_status(Pnp(IRP_MN_CANCEL_STOP_DEVICE), STATUS_SUCCESS, "which is cancelled");
    LogIs("querystop", "asked once");
    QueryStopStatus = STATUS_SUCCESS;
    WdfDeviceSetStaticStopRemove(Device, FALSE);
    is_status(Pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_INVALID_DEVICE_STATE,
              "a device that must not stop");
    is_status(Pnp(IRP_MN_CANCEL_STOP_DEVICE), STATUS_SUCCESS, "cancelled");
    is_status(Pnp(IRP_MN_QUERY_REMOVE_DEVICE), STATUS_INVALID_DEVICE_STATE, "nor be removed");
    is_status(Pnp(IRP_MN_CANCEL_REMOVE_DEVICE), STATUS_SUCCESS, "cancelled");
    LogIs("", "without asking the driver");
    WdfDeviceSetStaticStopRemove(Device, TRUE);
    is_status(Pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS, "it may stop");
    LogIs("querystop", "asked");
    is_status(Pnp(IRP_MN_STOP_DEVICE), STATUS_SUCCESS, "it stops");
    LogIs("suspend pre(D3Final) d0exit(D3Final) release enter", "stopping");
    is_ulong(WdfDeviceGetDevicePnpState(Device), WdfDevStatePnpStopped, "it is stopped");
    is_status(Pnp(IRP_MN_START_DEVICE), STATUS_SUCCESS, "it starts again");
    LogIs("post leave prepare d0entry(D3Final) post(D3Final) restart", "restarting");
    is_ulong(WdfDeviceGetDevicePnpState(Device), WdfDevStatePnpStarted, "it is started");
}

static VOID TestSleep(VOID)
{
    is_status(Power(PowerDeviceD2), STATUS_SUCCESS, "to D2");
    LogIs("suspend pre(D2) d0exit(D2)", "down");
    is_status(Power(PowerDeviceD0), STATUS_SUCCESS, "to D0");
    LogIs("d0entry(D2) post(D2) restart", "up");
    is_status(Power(PowerDeviceD3), STATUS_SUCCESS, "to D3");
    LogIs("suspend pre(D3) d0exit(D3)", "down");
    is_status(Power(PowerDeviceD3), STATUS_SUCCESS, "to D3 again");
    LogIs("", "nothing is to do");
    is_status(Power(PowerDeviceD0), STATUS_SUCCESS, "to D0");
    LogIs("d0entry(D3) post(D3) restart", "up");
}

static VOID TestInterface(VOID)
{
    WDFSTRING String;
    UNICODE_STRING Text;
    PFILE_OBJECT File;
    PDEVICE_OBJECT Target;

    is_status(WdfStringCreate(NULL, NULL, &String), STATUS_SUCCESS, "a string");
    is_status(WdfDeviceRetrieveDeviceInterfaceString(Device, &OtherClass, NULL, String),
              STATUS_OBJECT_NAME_NOT_FOUND, "no such interface");
    is_status(WdfDeviceRetrieveDeviceInterfaceString(Device, &InterfaceClass, NULL, String),
              STATUS_SUCCESS, "the interface's string");
    WdfStringGetUnicodeString(String, &Text);
    if (is_status(IoGetDeviceObjectPointer(&Text, FILE_READ_ATTRIBUTES, &File, &Target),
                  STATUS_SUCCESS, "it opens"))
        ObDereferenceObject(File);
    WdfDeviceSetDeviceInterfaceState(Device, &InterfaceClass, NULL, FALSE);
    ok(!NT_SUCCESS(IoGetDeviceObjectPointer(&Text, FILE_READ_ATTRIBUTES, &File, &Target)),
       "not when disabled");
    WdfDeviceSetDeviceInterfaceState(Device, &InterfaceClass, NULL, TRUE);
    WdfObjectDelete(String);
}

static VOID TestProperties(VOID)
{
    WCHAR Text[64];
    ULONG Length = 0;
    WDFMEMORY Memory;
    size_t Size;
    WDFKEY Key;

    is_status(WdfDeviceQueryProperty(Device, DevicePropertyEnumeratorName, 0, NULL, &Length),
              STATUS_BUFFER_TOO_SMALL, "a property without a buffer");
    is_ulong(Length, 10, "its length");
    is_status(
        WdfDeviceQueryProperty(Device, DevicePropertyEnumeratorName, sizeof(Text), Text, &Length),
        STATUS_SUCCESS, "a property");
    ok(wcscmp(Text, L"ROOT") == 0, "ROOT");
    if (is_status(WdfDeviceAllocAndQueryProperty(Device, DevicePropertyEnumeratorName,
                                                 NonPagedPoolNx, NULL, &Memory),
                  STATUS_SUCCESS, "in a memory object")) {
        ok(wcscmp(WdfMemoryGetBuffer(Memory, &Size), L"ROOT") == 0 && Size == 10, "ROOT");
        WdfObjectDelete(Memory);
    }
    is_status(
        WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ | KEY_WRITE, NULL, &Key),
        STATUS_SUCCESS, "the hardware key");
    WdfRegistryClose(Key);
    is_status(WdfDeviceOpenRegistryKey(Device, 0, KEY_READ, NULL, &Key), STATUS_INVALID_PARAMETER,
              "no kind of key");
}

static VOID Test(VOID)
{
    LogIs("prepare d0entry(D3Final) post(D3Final) init", "the start");
    is_status(Pnp(IRP_MN_QUERY_STOP_DEVICE), STATUS_SUCCESS, "it may stop");
    is_status(Pnp(IRP_MN_CANCEL_STOP_DEVICE), STATUS_SUCCESS, "but does not");
    LogIs("querystop", "asked");
    TestStop();
    TestSleep();
    TestInterface();
    TestProperties();
}

/* ---- the driver ---- */

static VOID SetCallbacks(PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceD0EntryPostInterruptsEnabled = EvtPostEnabled;
    Callbacks.EvtDeviceD0Exit = EvtD0Exit;
    Callbacks.EvtDeviceD0ExitPreInterruptsDisabled = EvtPreDisabled;
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    Callbacks.EvtDeviceSelfManagedIoInit = EvtSelfInit;
    Callbacks.EvtDeviceSelfManagedIoSuspend = EvtSelfSuspend;
    Callbacks.EvtDeviceSelfManagedIoRestart = EvtSelfRestart;
    Callbacks.EvtDeviceSelfManagedIoFlush = EvtSelfFlush;
    Callbacks.EvtDeviceSelfManagedIoCleanup = EvtSelfCleanup;
    Callbacks.EvtDeviceSurpriseRemoval = EvtSurprise;
    Callbacks.EvtDeviceQueryStop = EvtQueryStop;
    Callbacks.EvtDeviceQueryRemove = EvtQueryRemove;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    is_status(WdfDeviceInitRegisterPnpStateChangeCallback(Init, WdfDevStatePnpStopped, EvtState,
                                                          StateNotificationAllStates),
              STATUS_SUCCESS, "a state change callback");
    is_status(WdfDeviceInitRegisterPnpStateChangeCallback(Init, WdfDevStatePnpStopped, EvtState, 8),
              STATUS_INVALID_PARAMETER, "of no known type");
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    PWDFDEVICE_INIT Again = Init;
    WDFDEVICE Second;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    ok(Pdo != NULL, "a physical device");
    SetCallbacks(Init);
    WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE); /* the test asks for device power itself */
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, STATE);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Attributes.EvtDestroyCallback = EvtDestroy;
    Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate");
    is_status(WdfDeviceCreate(&Again, NULL, &Second), STATUS_INVALID_DEVICE_STATE,
              "only one device");
    ok(WdfDeviceWdmGetPhysicalDevice(Device) == Pdo, "its physical device");
    ok(WdfDeviceWdmGetAttachedDevice(Device) == Pdo, "which is what it is attached to");
    is_status(WdfDeviceCreateDeviceInterface(Device, &InterfaceClass, NULL), STATUS_SUCCESS,
              "a device interface");
    LogIs("", "no callback yet");
    return Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test,
                         "queryremove suspend pre(D3Final) d0exit(D3Final) release flush "
                         "selfcleanup cleanup destroy");
}
