/*
 * KMDF: a function driver whose device has failed has it restarted by its bus, a few times in a
 * row; and a device that fails for good. The bus is this driver's too. Calls: WdfDeviceSetFailed.
 */
#include "pnp_test.h"

#include <initguid.h>

DEFINE_GUID(ReenumerateSelf, 0x2aeb0243, 0x6a6e, 0x486b, 0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70,
            0x06);

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Number;
} ID;

static WDFDEVICE Function;
static ULONG Created, Starts, Surprises, Cleanups;
static KEVENT Started, Gone;

/* ---- the bus ---- */

static EVT_WDF_CHILD_LIST_CREATE_DEVICE EvtCreateChild;
static NTSTATUS NTAPI EvtCreateChild(WDFCHILDLIST List,
                                     PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                     PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfRestart\\Child");
    DECLARE_CONST_UNICODE_STRING(Instance, L"0");
    WDFDEVICE Child;

    UNREFERENCED_PARAMETER(List);
    is_ulong(CONTAINING_RECORD(Header, ID, Header)->Number, 7, "the description of old");
    Created++;
    WdfPdoInitAssignDeviceID(Init, &DeviceId);
    WdfPdoInitAddHardwareID(Init, &DeviceId);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Child);
}

/* ---- the child's function driver ---- */

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Previous);
    Starts++;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtInit;
static NTSTATUS NTAPI EvtInit(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_SURPRISE_REMOVAL EvtSurprise;
static VOID NTAPI EvtSurprise(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    Surprises++;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    Cleanups++;
    KeSetEvent(&Gone, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtStarted;
static VOID NTAPI EvtStarted(WDFDEVICE Unused, PCWDF_DEVICE_PNP_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Data);
    KeSetEvent(&Started, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS AddFunction(PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    Callbacks.EvtDeviceSelfManagedIoInit = EvtInit;
    Callbacks.EvtDeviceSurpriseRemoval = EvtSurprise;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WdfDeviceInitRegisterPnpStateChangeCallback(Init, WdfDevStatePnpStarted, EvtStarted,
                                                StateNotificationEnterState);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtCleanupCallback = EvtCleanup;
    return WdfDeviceCreate(&Init, &Attributes, &Function);
}

/* ---- the test ---- */

static VOID TestInterface(VOID)
{
    REENUMERATE_SELF_INTERFACE_STANDARD Interface;

    tap_fill(&Interface);
    is_status(WdfFdoQueryForInterface(Function, &ReenumerateSelf, (PINTERFACE)&Interface,
                                      sizeof(INTERFACE), 1, NULL),
              STATUS_INVALID_BUFFER_SIZE, "room for less than the interface");
    is_status(WdfFdoQueryForInterface(Function, &ReenumerateSelf, (PINTERFACE)&Interface,
                                      sizeof(Interface), 1, NULL),
              STATUS_SUCCESS, "the bus's interface to be found anew");
    is_ulong(Interface.Size, sizeof(Interface), "its size");
    ok(Interface.SurpriseRemoveAndReenumerateSelf != NULL, "its routine");
    Interface.InterfaceDereference(Interface.Context);
}

static VOID Test(VOID)
{
    ID Id;

    RtlZeroMemory(&Id, sizeof(Id));
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    Id.Number = 7;
    is_status(WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Device),
                                                               &Id.Header, NULL),
              STATUS_SUCCESS, "the child");
    WaitFor(&Started);
    TestInterface();
    for (ULONG i = 1; i <= 5; i++) {
        WdfDeviceSetFailed(Function, WdfDeviceFailedAttemptRestart);
        WaitFor(&Started);
        is_ulong(Created, i + 1, "restart %u: another device of the bus's", i);
        is_ulong(Surprises, i, "restart %u: the old one was taken out", i);
        is_ulong(Cleanups, i, "restart %u: and deleted", i);
        is_ulong(Starts, i + 1, "restart %u: the new one is in D0", i);
    }
    KeClearEvent(&Gone);
    WdfDeviceSetFailed(Function, WdfDeviceFailedAttemptRestart);
    WaitFor(&Gone);
    is_ulong(Surprises, 6, "one restart too many: taken out");
    is_ulong(Created, 6, "and not found anew");
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_CHILD_LIST_CONFIG Config;

    UNREFERENCED_PARAMETER(Driver);
    if (Pdo != NULL)
        return AddFunction(Init);
    pnp_test_watch(Init);
    is_status(pnp_test_drive(L"KmdfRestart", L"Child"), STATUS_SUCCESS,
              "the driver of the child's ID is this one");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    WdfDeviceInitSetReleaseHardwareOrderOnFailure(Init,
                                                  WdfReleaseHardwareOrderOnFailureAfterDescendants);
    WdfDeviceInitSetReleaseHardwareOrderOnFailure(Init, (WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE)9);
    WdfFdoInitSetDefaultChildListConfig(Init, &Config, WDF_NO_OBJECT_ATTRIBUTES);
    return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Started, NotificationEvent, FALSE);
    KeInitializeEvent(&Gone, NotificationEvent, FALSE);
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, NULL);
}
