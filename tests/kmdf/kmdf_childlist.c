/* KMDF 1.33: child lists beside the default one, ejection, and the power that children take from their bus.
 *
 * All children present at once; the bus idle with and without children that depend on it, told by its power states.
 */
#include "tap.h"
#include <wdf.h>

#define IDLE_MS 100u
#define INDEPENDENT 100u /* children from here on do not depend on the bus's power */

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Number;
} ID;

static WDFDEVICE Bus;
static PDEVICE_OBJECT BusPdo;
static WDFCHILDLIST List;
static PVOID Thread;
static KEVENT Started, ChildGone, Down, Up;
static ULONG Made, Gone;
static BOOLEAN TestDone;

static VOID WaitFor(PKEVENT Event)
{
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
    KeClearEvent(Event);
}

/* ---- children ---- */

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Gone++;
    KeSetEvent(&ChildGone, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE EvtCreateChild;
static NTSTATUS NTAPI EvtCreateChild(WDFCHILDLIST From, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                     PWDFDEVICE_INIT Init)
{
    static const GUID ClassGuid = { 0x0DD0C0DE, 12, 7, { 1 } };
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfChildList\\Child");
    DECLARE_UNICODE_STRING_SIZE(Instance, 16);
    ULONG Number = CONTAINING_RECORD(Header, ID, Header)->Number;
    WDF_DEVICE_PNP_CAPABILITIES Capabilities;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Child;
    NTSTATUS Status;

    ok(From == List, "a child of the list that was created");
    WdfPdoInitAssignDeviceID(Init, &DeviceId);
    RtlIntegerToUnicodeString(Number, 10, &Instance);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    WdfPdoInitAssignRawDevice(Init, &ClassGuid);
    if (Number >= INDEPENDENT)
        WdfPdoInitRemovePowerDependencyOnParent(Init);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Status = WdfDeviceCreate(&Init, &Attributes, &Child);
    if (!NT_SUCCESS(Status))
        return Status;
    Made++;
    WDF_DEVICE_PNP_CAPABILITIES_INIT(&Capabilities);
    Capabilities.EjectSupported = WdfTrue;
    Capabilities.Removable = WdfTrue;
    Capabilities.SurpriseRemovalOK = WdfTrue;
    WdfDeviceSetPnpCapabilities(Child, &Capabilities);
    return Status;
}

static VOID InitId(ID *Id, ULONG Number)
{
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id->Header, sizeof(*Id));
    Id->Number = Number;
}

static NTSTATUS Report(ULONG Number)
{
    ID Id;

    InitId(&Id, Number);
    return WdfChildListAddOrUpdateChildDescriptionAsPresent(List, &Id.Header, NULL);
}

static NTSTATUS Miss(ULONG Number)
{
    ID Id;

    InitId(&Id, Number);
    return WdfChildListUpdateChildDescriptionAsMissing(List, &Id.Header);
}

static WDFDEVICE Find(ULONG Number)
{
    WDF_CHILD_RETRIEVE_INFO Info;
    ID Id;

    InitId(&Id, Number);
    WDF_CHILD_RETRIEVE_INFO_INIT(&Info, &Id.Header);
    return WdfChildListRetrievePdo(List, &Info);
}

static VOID Enumerate(VOID)
{
    is_status(IoSynchronousInvalidateDeviceRelations(BusPdo, BusRelations), STATUS_SUCCESS, "enumerate");
}

/* ---- lists ---- */

static VOID MakeList(VOID)
{
    WDF_CHILD_LIST_CONFIG Config;

    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    Config.Size--;
    List = (WDFCHILDLIST)&Config;
    is_status(WdfChildListCreate(Bus, &Config, NULL, &List), STATUS_INFO_LENGTH_MISMATCH, "a list of a wrong size");
    ok(List == NULL, "no list");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), NULL);
    is_status(WdfChildListCreate(Bus, &Config, NULL, &List), STATUS_INVALID_PARAMETER, "nobody to create children");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    if (is_status(WdfChildListCreate(Bus, &Config, NULL, &List), STATUS_SUCCESS, "WdfChildListCreate"))
        ok(WdfChildListGetDevice(List) == Bus, "a list of the bus");
    ok(WdfFdoGetDefaultChildList(Bus) == NULL, "not the default one, which it has not");
}

static VOID TestPresent(VOID)
{
    WDFDEVICE First, Second;

    is_status(Report(1), STATUS_SUCCESS, "a child");
    is_status(Report(2), STATUS_SUCCESS, "and another");
    Enumerate();
    First = Find(1);
    Second = Find(2);
    ok(First != NULL && Second != NULL && Made == 2, "both have devices");
    WdfChildListBeginScan(List);
    WdfChildListUpdateAllChildDescriptionsAsPresent(List);
    WdfChildListEndScan(List);
    Enumerate();
    ok(Find(1) == First && Find(2) == Second && Gone == 0, "a scan that finds all of them");
    WdfChildListBeginScan(List);
    is_status(Miss(2), STATUS_SUCCESS, "one is missing");
    WdfChildListUpdateAllChildDescriptionsAsPresent(List);
    WdfChildListEndScan(List);
    Enumerate();
    ok(Find(2) == Second && Gone == 0, "no, it is there");
    WdfChildListBeginScan(List);
    is_status(Report(1), STATUS_OBJECT_NAME_EXISTS, "only the first is found");
    WdfChildListEndScan(List);
    WaitFor(&ChildGone);
    ok(Find(1) == First && Find(2) == NULL && Gone == 1, "the other goes");
    WdfChildListUpdateAllChildDescriptionsAsPresent(List);
    Enumerate();
    ok(Find(2) == NULL && Made == 2, "what is gone does not come back");
}

static VOID TestEject(VOID)
{
    ID Id;

    WdfPdoRequestEject(Bus); /* no child: a mistake, and nothing else */
    WdfPdoRequestEject(Find(1));
    WaitFor(&ChildGone);
    ok(Find(1) == NULL && Gone == 2, "the child is ejected");
    InitId(&Id, 1);
    ok(!WdfChildListRequestChildEject(List, &Id.Header), "nobody is left to eject");
    is_status(Report(3), STATUS_SUCCESS, "another");
    Enumerate();
    InitId(&Id, 3);
    Id.Header.IdentificationDescriptionSize--;
    ok(!WdfChildListRequestChildEject(List, &Id.Header), "a description of a wrong size");
    Id.Header.IdentificationDescriptionSize++;
    ok(WdfChildListRequestChildEject(List, &Id.Header), "ejected by its description");
    WaitFor(&ChildGone);
    ok(Find(3) == NULL && Gone == 3, "it is gone");
}

/* ---- power ---- */

static EVT_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION EvtPowerState;
static VOID NTAPI EvtPowerState(WDFDEVICE Device, PCWDF_DEVICE_POWER_NOTIFICATION_DATA Data)
{
    ok(Device == Bus && Data->Type == StateNotificationEnterState, "the bus's power");
    KeSetEvent(Data->Data.EnterState.NewState == WdfDevStatePowerDx ? &Down : &Up, IO_NO_INCREMENT, FALSE);
}

static VOID TestIdle(VOID)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerD0, "the bus is up");
    KeClearEvent(&Down);
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleCannotWakeFromS0);
    Settings.IdleTimeout = IDLE_MS;
    Settings.Enabled = WdfTrue;
    Settings.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
    is_status(WdfDeviceAssignS0IdleSettings(Bus, &Settings), STATUS_SUCCESS, "it may idle");
    WaitFor(&Down);
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerDx, "it does");
    KeClearEvent(&Up);
    is_status(WdfDeviceStopIdleNoTrack(Bus, TRUE), STATUS_SUCCESS, "needed");
    WaitFor(&Up);
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerD0, "it is up");
    is_status(WdfDeviceStopIdleNoTrack(Bus, FALSE), STATUS_SUCCESS, "needed twice");
    WdfDeviceResumeIdleNoTrack(Bus);
    is_hex(WdfDeviceGetDevicePowerPolicyState(Bus), WdfDevStatePwrPolStartedIdleCapable, "its power policy");
    WdfDeviceResumeIdleNoTrack(Bus);
    WaitFor(&Down);
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerDx, "not needed any more");
    WdfDeviceResumeIdleNoTrack(Bus); /* once too often: a mistake, and nothing else */
    is_status(WdfDeviceStopIdleNoTrack(Bus, TRUE), STATUS_SUCCESS, "needed again");
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerD0, "which holds");
    WdfDeviceResumeIdleNoTrack(Bus);
    WaitFor(&Down);
}

/* The bus sleeps while a child that does not depend on it works, and wakes for one that does. */
static VOID TestDependency(VOID)
{
    WDFDEVICE Child;

    is_status(Report(INDEPENDENT), STATUS_SUCCESS, "an independent child");
    Enumerate();
    Child = Find(INDEPENDENT);
    if (!ok(Child != NULL, "it is made"))
        return;
    is_hex(WdfDeviceGetDevicePowerState(Child), WdfDevStatePowerD0, "it works");
    KeClearEvent(&Up);
    is_status(WdfDeviceStopIdleNoTrack(Bus, TRUE), STATUS_SUCCESS, "the bus, up");
    KeClearEvent(&Down);
    WdfDeviceResumeIdleNoTrack(Bus);
    WaitFor(&Down);
    is_hex(WdfDeviceGetDevicePowerState(Child), WdfDevStatePowerD0, "the child works while the bus sleeps");
    KeClearEvent(&Up);
    is_status(Report(5), STATUS_SUCCESS, "a child that depends on the bus");
    Enumerate();
    WaitFor(&Up);
    is_hex(WdfDeviceGetDevicePowerState(Find(5)), WdfDevStatePowerD0, "it works");
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerD0, "and so does the bus");
    KeClearEvent(&ChildGone);
    KeClearEvent(&Down);
    is_status(Miss(5), STATUS_SUCCESS, "it is unplugged");
    WaitFor(&ChildGone);
    WaitFor(&Down);
    is_hex(WdfDeviceGetDevicePowerState(Bus), WdfDevStatePowerDx, "the bus sleeps again");
}

static VOID NTAPI TestThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    WaitFor(&Started);
    TestPresent();
    TestEject();
    TestIdle();
    TestDependency();
    TestDone = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- the driver ---- */

static NTSTATUS NTAPI StartCompleted(PDEVICE_OBJECT Object, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    KeSetEvent(&Started, IO_NO_INCREMENT, FALSE);
    return STATUS_CONTINUE_COMPLETION;
}

static EVT_WDFDEVICE_WDM_IRP_PREPROCESS EvtPreprocess;
static NTSTATUS NTAPI EvtPreprocess(WDFDEVICE Device, PIRP Irp)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, StartCompleted, NULL, TRUE, TRUE, TRUE);
    return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UCHAR Minor = IRP_MN_START_DEVICE;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    BusPdo = WdfFdoInitWdmGetPhysicalDevice(Init);
    WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_PNP, &Minor, 1);
    is_status(WdfDeviceInitRegisterPowerStateChangeCallback(Init, WdfDevStatePowerDx, EvtPowerState,
                                                            StateNotificationEnterState), STATUS_SUCCESS, "down");
    is_status(WdfDeviceInitRegisterPowerStateChangeCallback(Init, WdfDevStatePowerD0, EvtPowerState,
                                                            StateNotificationEnterState), STATUS_SUCCESS, "up");
    is_status(WdfDeviceInitRegisterPowerStateChangeCallback(Init, WdfDevStatePowerD0, EvtPowerState, 0),
              STATUS_INVALID_PARAMETER, "no kind of change");
    is_status(WdfDeviceInitRegisterPowerStateChangeCallback(Init, WdfDevStatePowerInvalid, EvtPowerState,
                                                            StateNotificationEnterState), STATUS_INVALID_PARAMETER,
              "no state");
    Status = WdfDeviceCreate(&Init, NULL, &Bus);
    if (is_status(Status, STATUS_SUCCESS, "the bus"))
        MakeList();
    return Status;
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    ok(TestDone, "the test came to its end before the removal");
    is_ulong(Gone, Made, "every child is gone");
    done();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static PKEVENT Events[] = { &Started, &ChildGone, &Down, &Up };
    WDF_DRIVER_CONFIG Config;
    HANDLE Handle;

    tap_begin(DriverObject);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Events); i++)
        KeInitializeEvent(Events[i], NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, TestThread, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
