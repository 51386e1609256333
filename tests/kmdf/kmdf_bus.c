/*
 * KMDF: a bus with dynamic children in raw mode and a static one: enumeration, descriptions, what PnP and others learn of
 * a child, a child that goes, its idle power with wake at the bus, driver-defined interfaces, the end of the bus.
 */
#include "pnp_test.h"

#include <initguid.h>
#include <wdmguid.h>

#define IDLE_MS 100u

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Number;
} ID;
typedef struct _ADDRESS {
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER Header;
    ULONG Slot;
} ADDRESS;
typedef struct _CHILD {
    ULONG Number; /* 9: the static one */
} CHILD;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CHILD, GetChild)
typedef struct _SPEAK {
    INTERFACE Header;
    ULONG Word;
} SPEAK;

static const GUID ClassGuid = { 0x0DD0C0DE, 7, 7, { 1 } }, BusType = { 0x0DD0C0DE, 7, 8, { 1 } };
static const GUID SpeakGuid = { 0x0DD0C0DE, 7, 9, { 1 } };
static WDFDEVICE Bus, Static;
static WDFCHILDLIST List;
static KEVENT ChildUp, ChildGone, ChildIdle, ChildAwake;
static LONG Interfaces;

static VOID LogChild(WDFDEVICE Device, const char *Text)
{
    SIZE_T Used = strlen(Log);

    _snprintf(Log + Used, sizeof(Log) - Used - 1, "%s%u.%s", Used != 0 ? " " : "", GetChild(Device)->Number, Text);
}

/* ---- the child's callbacks ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    LogChild(Device, "prepare");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Translated);
    LogChild(Device, "release");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous)
{
    LogChild(Device, Previous == WdfPowerDeviceD2 ? "up2" : "up");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static NTSTATUS NTAPI EvtD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target)
{
    LogChild(Device, Target == WdfPowerDeviceD2 ? "down2" : "down");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_SURPRISE_REMOVAL EvtSurprise;
static VOID NTAPI EvtSurprise(WDFDEVICE Device)
{
    LogChild(Device, "surprise");
}

static EVT_WDF_DEVICE_REPORTED_MISSING EvtMissing;
static VOID NTAPI EvtMissing(WDFDEVICE Device)
{
    LogChild(Device, "missing");
}

static EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS EvtEnableWake;
static NTSTATUS NTAPI EvtEnableWake(WDFDEVICE Device, SYSTEM_POWER_STATE State)
{
    is_ulong(State, PowerSystemWorking, "wake while the system works");
    LogChild(Device, "enable");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS EvtDisableWake;
static VOID NTAPI EvtDisableWake(WDFDEVICE Device)
{
    LogChild(Device, "disable");
}

static EVT_WDF_DEVICE_ARM_WAKE_FROM_S0 EvtArm;
static NTSTATUS NTAPI EvtArm(WDFDEVICE Device)
{
    LogChild(Device, "arm");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_DISARM_WAKE_FROM_S0 EvtDisarm;
static VOID NTAPI EvtDisarm(WDFDEVICE Device)
{
    LogChild(Device, "disarm");
}

static EVT_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED EvtTriggered;
static VOID NTAPI EvtTriggered(WDFDEVICE Device)
{
    LogChild(Device, "triggered");
}

static EVT_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtPolicy;
static VOID NTAPI EvtPolicy(WDFDEVICE Device, PCWDF_DEVICE_POWER_POLICY_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Device);
    KeSetEvent(Data->Data.EnterState.NewState == WdfDevStatePwrPolWaitingArmed ? &ChildIdle : &ChildAwake,
               IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtPnp;
static VOID NTAPI EvtPnp(WDFDEVICE Device, PCWDF_DEVICE_PNP_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Data);
    if (GetChild(Device)->Number != 9)
        KeSetEvent(&ChildUp, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    LogChild(Object, "gone");
    KeSetEvent(&ChildGone, IO_NO_INCREMENT, FALSE);
}

/* ---- making a child ---- */

static VOID SetIds(PWDFDEVICE_INIT Init, ULONG Number)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfBus\\Child");
    DECLARE_CONST_UNICODE_STRING(Compatible, L"KmdfBus\\Any");
    DECLARE_CONST_UNICODE_STRING(Location, L"Here");
    DECLARE_UNICODE_STRING_SIZE(Text, 16);

    is_status(WdfPdoInitAssignDeviceID(Init, &DeviceId), STATUS_SUCCESS, "device ID");
    is_status(WdfPdoInitAddHardwareID(Init, &DeviceId), STATUS_SUCCESS, "hardware ID");
    is_status(WdfPdoInitAddCompatibleID(Init, &Compatible), STATUS_SUCCESS, "compatible ID");
    RtlIntegerToUnicodeString(Number, 10, &Text);
    is_status(WdfPdoInitAssignInstanceID(Init, &Text), STATUS_SUCCESS, "instance ID");
    is_status(WdfPdoInitAddDeviceText(Init, &Text, &Location, 0x409), STATUS_SUCCESS, "device text");
    WdfPdoInitSetDefaultLocale(Init, 0x409);
    is_status(WdfPdoInitAssignRawDevice(Init, &ClassGuid), STATUS_SUCCESS, "raw");
}

static VOID SetCallbacks(PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Power;
    WDF_POWER_POLICY_EVENT_CALLBACKS Policy;
    WDF_PDO_EVENT_CALLBACKS Pdo;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
    Power.EvtDevicePrepareHardware = EvtPrepare;
    Power.EvtDeviceReleaseHardware = EvtRelease;
    Power.EvtDeviceD0Entry = EvtD0Entry;
    Power.EvtDeviceD0Exit = EvtD0Exit;
    Power.EvtDeviceSurpriseRemoval = EvtSurprise;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&Policy);
    Policy.EvtDeviceArmWakeFromS0 = EvtArm;
    Policy.EvtDeviceDisarmWakeFromS0 = EvtDisarm;
    Policy.EvtDeviceWakeFromS0Triggered = EvtTriggered;
    WdfDeviceInitSetPowerPolicyEventCallbacks(Init, &Policy);
    WDF_PDO_EVENT_CALLBACKS_INIT(&Pdo);
    Pdo.EvtDeviceEnableWakeAtBus = EvtEnableWake;
    Pdo.EvtDeviceDisableWakeAtBus = EvtDisableWake;
    Pdo.EvtDeviceReportedMissing = EvtMissing;
    WdfPdoInitSetEventCallbacks(Init, &Pdo);
    WdfDeviceInitRegisterPnpStateChangeCallback(Init, WdfDevStatePnpStarted, EvtPnp, StateNotificationEnterState);
    WdfDeviceInitRegisterPowerPolicyStateChangeCallback(Init, WdfDevStatePwrPolWaitingArmed, EvtPolicy,
                                                        StateNotificationEnterState);
    WdfDeviceInitRegisterPowerPolicyStateChangeCallback(Init, WdfDevStatePwrPolStartedWakeCapable, EvtPolicy,
                                                        StateNotificationEnterState);
}

static VOID SetCapabilities(WDFDEVICE Device)
{
    WDF_DEVICE_PNP_CAPABILITIES Pnp;
    WDF_DEVICE_POWER_CAPABILITIES Power;

    WDF_DEVICE_PNP_CAPABILITIES_INIT(&Pnp);
    Pnp.UniqueID = WdfTrue;
    Pnp.Removable = WdfTrue;
    Pnp.EjectSupported = WdfTrue;
    Pnp.SurpriseRemovalOK = WdfTrue;
    Pnp.Address = 100 + GetChild(Device)->Number;
    WdfDeviceSetPnpCapabilities(Device, &Pnp);
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&Power);
    Power.DeviceD2 = WdfTrue;
    Power.WakeFromD2 = WdfTrue;
    Power.DeviceWake = PowerDeviceD2;
    Power.SystemWake = PowerSystemSleeping3;
    WdfDeviceSetPowerCapabilities(Device, &Power);
}

static NTSTATUS MakeChild(PWDFDEVICE_INIT *Init, ULONG Number, WDFDEVICE *Device)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    SetIds(*Init, Number);
    SetCallbacks(*Init);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, CHILD);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Status = WdfDeviceCreate(Init, &Attributes, Device);
    if (!is_status(Status, STATUS_SUCCESS, "child %u", Number))
        return Status;
    GetChild(*Device)->Number = Number;
    SetCapabilities(*Device);
    return Status;
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE EvtCreateChild;
static NTSTATUS NTAPI EvtCreateChild(WDFCHILDLIST ChildList, PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                     PWDFDEVICE_INIT Init)
{
    WDFDEVICE Device;

    ok(WdfChildListGetDevice(ChildList) == Bus, "the list's device is the bus");
    return MakeChild(&Init, CONTAINING_RECORD(Header, ID, Header)->Number, &Device);
}

/* ---- descriptions ---- */

static VOID InitId(ID *Id, ULONG Number)
{
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id->Header, sizeof(*Id));
    Id->Number = Number;
}

static NTSTATUS Report(ULONG Number, ULONG Slot)
{
    ID Id;
    ADDRESS Address;

    InitId(&Id, Number);
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&Address.Header, sizeof(Address));
    Address.Slot = Slot;
    return WdfChildListAddOrUpdateChildDescriptionAsPresent(List, &Id.Header, &Address.Header);
}

static EVT_WDF_CHILD_LIST_SCAN_FOR_CHILDREN EvtScan;
static VOID NTAPI EvtScan(WDFCHILDLIST ChildList)
{
    ok(ChildList == WdfFdoGetDefaultChildList(Bus), "the default child list");
    WdfChildListBeginScan(ChildList);
    is_status(Report(1, 11), STATUS_SUCCESS, "a new child");
    is_status(Report(1, 12), STATUS_OBJECT_NAME_EXISTS, "the same again");
    WdfChildListEndScan(ChildList);
}

static WDFDEVICE Find(ULONG Number)
{
    WDF_CHILD_RETRIEVE_INFO Info;
    WDF_CHILD_LIST_ITERATOR Iterator;
    WDFDEVICE Device;
    ID Id;

    InitId(&Id, Number);
    WDF_CHILD_RETRIEVE_INFO_INIT(&Info, &Id.Header);
    WDF_CHILD_LIST_ITERATOR_INIT(&Iterator, WdfRetrieveAllChildren);
    WdfChildListBeginIteration(List, &Iterator);
    Device = WdfChildListRetrievePdo(List, &Info);
    WdfChildListEndIteration(List, &Iterator);
    ok((Device != NULL) == (Info.Status == WdfChildListRetrieveDeviceSuccess), "a handle and its status");
    return Device;
}

static ULONG Count(ULONG Flags)
{
    WDF_CHILD_LIST_ITERATOR Iterator;
    WDFDEVICE Device;
    ULONG Found = 0;
    NTSTATUS Status;

    WDF_CHILD_LIST_ITERATOR_INIT(&Iterator, Flags);
    WdfChildListBeginIteration(List, &Iterator);
    while ((Status = WdfChildListRetrieveNextDevice(List, &Iterator, &Device, NULL)) == STATUS_SUCCESS)
        Found++;
    is_status(Status, STATUS_NO_MORE_ENTRIES, "the end of the list");
    WdfChildListEndIteration(List, &Iterator);
    return Found;
}

static VOID TestDescriptions(WDFDEVICE Child)
{
    ID Id;
    ADDRESS Address;

    InitId(&Id, 0);
    is_status(WdfPdoRetrieveIdentificationDescription(Child, &Id.Header), STATUS_SUCCESS, "its identification");
    is_ulong(Id.Number, 1, "is 1");
    Id.Header.IdentificationDescriptionSize = 4;
    is_status(WdfPdoRetrieveIdentificationDescription(Child, &Id.Header), STATUS_INVALID_DEVICE_REQUEST, "a wrong size");
    WDF_CHILD_ADDRESS_DESCRIPTION_HEADER_INIT(&Address.Header, sizeof(Address));
    is_status(WdfPdoRetrieveAddressDescription(Child, &Address.Header), STATUS_SUCCESS, "its address");
    is_ulong(Address.Slot, 12, "as it was reported last");
    Address.Slot = 13;
    is_status(WdfPdoUpdateAddressDescription(Child, &Address.Header), STATUS_SUCCESS, "another address");
    InitId(&Id, 1);
    Address.Slot = 0;
    is_status(WdfChildListRetrieveAddressDescription(List, &Id.Header, &Address.Header), STATUS_SUCCESS, "by the list");
    is_ulong(Address.Slot, 13, "is the new one");
    InitId(&Id, 7);
    is_status(WdfChildListRetrieveAddressDescription(List, &Id.Header, &Address.Header), STATUS_NO_SUCH_DEVICE, "of nobody");
    is_status(WdfChildListUpdateChildDescriptionAsMissing(List, &Id.Header), STATUS_NO_SUCH_DEVICE, "nobody is missing");
    is_status(WdfPdoRetrieveIdentificationDescription(Static, &Id.Header), STATUS_INVALID_DEVICE_REQUEST, "a static child");
    is_status(WdfPdoRetrieveIdentificationDescription(Bus, &Id.Header), STATUS_INVALID_PARAMETER, "no child");
}

static VOID TestProperties(WDFDEVICE Child)
{
    PDEVICE_OBJECT Pdo = WdfDeviceWdmGetPhysicalDevice(Child);
    WCHAR Text[64] = { 0 };
    GUID Guid;
    ULONG Length, Number;

    ok(WdfDeviceWdmGetAttachedDevice(Child) == NULL && WdfDeviceWdmGetDeviceObject(Child) == Pdo, "it is the physical device");
    ok(WdfPdoGetParent(Child) == Bus, "its parent");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyHardwareID, sizeof(Text), Text, &Length), STATUS_SUCCESS, "its IDs");
    ok(_wcsicmp(Text, L"KmdfBus\\Child") == 0 && Length == 2 * 15, "one, in a list of %u bytes", Length);
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyLocationInformation, sizeof(Text), Text, &Length), STATUS_SUCCESS,
              "its location");
    ok(wcscmp(Text, L"Here") == 0, "is here");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyAddress, sizeof(Number), &Number, &Length), STATUS_SUCCESS, "address");
    is_ulong(Number, 101, "from its capabilities");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyBusTypeGuid, sizeof(Guid), &Guid, &Length), STATUS_SUCCESS, "bus type");
    ok(IsEqualGUID(&Guid, &BusType), "from WdfDeviceSetBusInformationForChildren");
    is_status(WdfDeviceQueryProperty(Child, DevicePropertyBusNumber, sizeof(Number), &Number, &Length), STATUS_SUCCESS,
              "bus number");
    is_ulong(Number, 5, "is 5");
}

/* ---- static children ---- */

static VOID TestStatic(VOID)
{
    WDFDEVICE Child;

    ok(WdfFdoRetrieveNextStaticChild(Bus, NULL, WdfRetrieveAllChildren) == NULL, "not without the lock");
    WdfFdoLockStaticChildListForIteration(Bus);
    Child = WdfFdoRetrieveNextStaticChild(Bus, NULL, WdfRetrievePresentChildren);
    ok(Child == Static, "the static child is present");
    ok(WdfFdoRetrieveNextStaticChild(Bus, Child, WdfRetrievePresentChildren) == NULL, "and the only one");
    ok(WdfFdoRetrieveNextStaticChild(Bus, NULL, WdfRetrieveMissingChildren) == NULL, "none is missing");
    WdfFdoUnlockStaticChildListFromIteration(Bus);
    is_status(WdfFdoAddStaticChild(Bus, Static), STATUS_INVALID_PARAMETER, "it cannot be added twice");
    is_status(WdfFdoAddStaticChild(Bus, Bus), STATUS_INVALID_PARAMETER, "nor the bus itself");
    is_status(WdfPdoMarkMissing(Bus), STATUS_INVALID_PARAMETER, "nor can the bus be missing");
    is_status(WdfPdoMarkMissing(Static), STATUS_SUCCESS, "the static child is missing");
    WaitFor(&ChildGone);
    LogIs("9.missing 9.surprise 9.down 9.release 9.gone", "it goes");
}

/* ---- coming and going ---- */

static VOID TestGoing(VOID)
{
    ID Id;

    is_status(Report(2, 20), STATUS_SUCCESS, "a child comes");
    WaitFor(&ChildUp);
    LogIs("2.prepare 2.up", "it starts");
    is_ulong(Count(WdfRetrievePresentChildren), 2, "two are present");
    InitId(&Id, 2);
    is_status(WdfChildListUpdateChildDescriptionAsMissing(List, &Id.Header), STATUS_SUCCESS, "it is pulled out");
    WaitFor(&ChildGone);
    LogIs("2.missing 2.surprise 2.down 2.release 2.gone", "it goes");
    is_ulong(Count(WdfRetrieveAllChildren), 1, "one is left");
    ok(Find(2) == NULL, "it is not found any more");
    is_status(Report(2, 21), STATUS_SUCCESS, "it comes again");
    WaitFor(&ChildUp);
    LogIs("2.prepare 2.up", "as a new device");
    WdfChildListBeginScan(List);
    Report(1, 12);
    WdfChildListEndScan(List);
    WaitFor(&ChildGone);
    LogIs("2.missing 2.surprise 2.down 2.release 2.gone", "a scan that does not see it");
}

/* The bus has no EvtDeviceEject: there is nothing to do but to forget the child. */
static VOID TestEject(VOID)
{
    ID Id;

    is_status(Report(3, 30), STATUS_SUCCESS, "a child that will be ejected");
    WaitFor(&ChildUp);
    LogIs("3.prepare 3.up", "it starts");
    InitId(&Id, 3);
    ok(WdfChildListRequestChildEject(List, &Id.Header), "ask for its ejection");
    WaitFor(&ChildGone);
    LogIs("3.down 3.release 3.missing 3.gone", "it is stopped, ejected and gone");
    ok(Find(3) == NULL, "it is not found any more");
    InitId(&Id, 4);
    ok(!WdfChildListRequestChildEject(List, &Id.Header), "nobody to eject");
}

/* ---- wake at the bus ---- */

static VOID TestWake(WDFDEVICE Child)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings;

    is_status(WdfDeviceIndicateWakeStatus(Bus, STATUS_SUCCESS), STATUS_INVALID_DEVICE_STATE, "the bus is no child");
    is_status(WdfDeviceIndicateWakeStatus(Child, STATUS_PENDING), STATUS_INVALID_PARAMETER, "no wake status");
    is_status(WdfDeviceIndicateWakeStatus(Child, STATUS_SUCCESS), STATUS_INVALID_DEVICE_REQUEST, "nobody waits");
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Settings, IdleCanWakeFromS0);
    Settings.IdleTimeout = IDLE_MS;
    Settings.Enabled = WdfTrue;
    Settings.UserControlOfIdleSettings = IdleDoNotAllowUserControl;
    is_status(WdfDeviceAssignS0IdleSettings(Child, &Settings), STATUS_SUCCESS, "the child may idle, and wakes itself");
    WaitFor(&ChildIdle);
    LogIs("1.enable 1.arm 1.down2", "idle");
    KeClearEvent(&ChildAwake);
    is_status(WdfDeviceIndicateWakeStatus(Child, STATUS_SUCCESS), STATUS_SUCCESS, "a wake signal");
    WaitFor(&ChildAwake);
    LogIs("1.disable 1.up2 1.triggered 1.disarm", "the child wakes");
    WaitFor(&ChildIdle);
    LogIs("1.enable 1.arm 1.down2", "idle again");
    is_status(WdfDeviceStopIdle(Child, TRUE), STATUS_SUCCESS, "needed");
    LogIs("1.disable 1.up2 1.disarm", "without a wake signal");
}

/* ---- driver-defined interfaces ---- */

static VOID NTAPI Reference(PVOID Context)
{
    InterlockedIncrement((LONG *)Context);
}

static VOID NTAPI Dereference(PVOID Context)
{
    InterlockedDecrement((LONG *)Context);
}

static VOID TestInterfaces(VOID)
{
    WDF_QUERY_INTERFACE_CONFIG Config;
    SPEAK Speak = { { sizeof(Speak), 1, &Interfaces, Reference, Dereference }, 0x1234 }, Got;

    WDF_QUERY_INTERFACE_CONFIG_INIT(&Config, (PINTERFACE)&Speak, &SpeakGuid, NULL);
    is_status(WdfDeviceAddQueryInterface(Bus, &Config), STATUS_SUCCESS, "an interface");
    Config.InterfaceType = NULL;
    is_status(WdfDeviceAddQueryInterface(Bus, &Config), STATUS_INVALID_PARAMETER, "one without a type");
    RtlFillMemory(&Got, sizeof(Got), 0xA5);
    is_status(WdfFdoQueryForInterface(Bus, &SpeakGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL), STATUS_SUCCESS, "asked for");
    is_ulong(Got.Word, 0x1234, "and got");
    is_ulong((ULONG)Interfaces, 1, "referenced");
    Got.Header.InterfaceDereference(Got.Header.Context);
    is_status(WdfFdoQueryForInterface(Bus, &SpeakGuid, (PINTERFACE)&Got, sizeof(Got), 2, NULL), STATUS_INVALID_BUFFER_SIZE,
              "another version");
    is_status(WdfFdoQueryForInterface(Bus, &ClassGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL), STATUS_NOT_SUPPORTED,
              "another interface");
}

static VOID Test(VOID)
{
    WDFDEVICE Child;

    WaitFor(&ChildUp);
    LogIs("9.prepare 9.up 1.prepare 1.up", "both children start");
    Child = Find(1);
    if (ok(Child != NULL, "the child is found")) {
        is_ulong(Count(WdfRetrievePendingChildren), 0, "none is pending");
        TestDescriptions(Child);
        TestProperties(Child);
        TestStatic();
        TestGoing();
        TestEject();
        TestWake(Child);
    }
    TestInterfaces();
}

/* ---- the driver ---- */

static NTSTATUS MakeStatic(VOID)
{
    PWDFDEVICE_INIT Init = WdfPdoInitAllocate(Bus);
    DECLARE_CONST_UNICODE_STRING(Id, L"KmdfBus\\Child");
    NTSTATUS Status;

    ok(Init != NULL, "WdfPdoInitAllocate");
    is_status(WdfDeviceCreate(&Init, NULL, &Static), STATUS_INVALID_DEVICE_STATE, "a child without a device ID");
    is_status(WdfPdoInitAssignContainerID(Init, &Id), STATUS_SUCCESS, "container ID");
    WdfDeviceInitFree(Init);
    Init = WdfPdoInitAllocate(Bus);
    Status = MakeChild(&Init, 9, &Static);
    if (NT_SUCCESS(Status))
        is_status(WdfFdoAddStaticChild(Bus, Static), STATUS_SUCCESS, "WdfFdoAddStaticChild");
    return Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    PNP_BUS_INFORMATION Information = { BusType, PNPBus, 5 };
    WDF_CHILD_LIST_CONFIG Config;
    DECLARE_CONST_UNICODE_STRING(Id, L"KmdfBus\\Child");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    is_status(WdfPdoInitAssignDeviceID(Init, &Id), STATUS_INVALID_DEVICE_REQUEST, "a function device has no IDs");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    Config.AddressDescriptionSize = sizeof(ADDRESS);
    Config.EvtChildListScanForChildren = EvtScan;
    WdfFdoInitSetDefaultChildListConfig(Init, &Config, NULL);
    pnp_test_watch(Init);
    Status = WdfDeviceCreate(&Init, NULL, &Bus);
    if (!is_status(Status, STATUS_SUCCESS, "the bus"))
        return Status;
    List = WdfFdoGetDefaultChildList(Bus);
    ok(List != NULL, "WdfFdoGetDefaultChildList");
    WdfDeviceSetBusInformationForChildren(Bus, &Information);
    return MakeStatic();
}

static VOID AtEnd(VOID)
{
    is_ulong((ULONG)Interfaces, 0, "no reference to the interface is left");
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static PKEVENT Events[] = { &ChildUp, &ChildGone, &ChildIdle, &ChildAwake };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Events); i++)
        KeInitializeEvent(Events[i], NotificationEvent, FALSE);
    PnpTest.Unload = AtEnd;
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, "1.down 1.release 1.gone");
}
