/*
 * KMDF: a device's properties and registry keys, before it exists, of the device, and of its local I/O target; the keyed
 * ones and their lists of bytes; what the target's stack answers about interfaces; the device map.
 */
#include "tap.h"
#include <wdf.h>

typedef struct _SPEAK {
    INTERFACE Header;
    ULONG Word;
} SPEAK;

static const DEVPROPKEY OurKey = { { 0x0DD0C0DE, 11, 1, { 1 } }, 7 }, NoKey = { { 0x0DD0C0DE, 11, 2, { 1 } }, 8 };
static const GUID SpeakGuid = { 0x0DD0C0DE, 11, 3, { 1 } };
static const GUID OtherGuid = { 0x0DD0C0DE, 11, 4, { 1 } };
static WDFDEVICE Device;
static PDEVICE_OBJECT Pdo;
static PVOID Thread;
static KEVENT Started;
static BOOLEAN TestDone;

/* ---- before the device exists ---- */

static VOID TestInitPlain(PWDFDEVICE_INIT Init)
{
    WCHAR Text[64];
    ULONG Length = 0;
    WDFMEMORY Memory;
    size_t Size;

    RtlFillMemory(Text, sizeof(Text), 0xA5);
    is_status(WdfFdoInitQueryProperty(Init, DevicePropertyEnumeratorName, 0, NULL, &Length), STATUS_BUFFER_TOO_SMALL,
              "a property without a buffer");
    is_ulong(Length, sizeof(L"ROOT"), "its length");
    is_status(WdfFdoInitQueryProperty(Init, DevicePropertyEnumeratorName, sizeof(Text), Text, &Length), STATUS_SUCCESS,
              "with one");
    ok(wcscmp(Text, L"ROOT") == 0, "who found the device");
    is_status(WdfFdoInitQueryProperty(Init, (DEVICE_REGISTRY_PROPERTY)0x1000, sizeof(Text), Text, &Length),
              STATUS_INVALID_PARAMETER_2, "no such property");
    if (is_status(WdfFdoInitAllocAndQueryProperty(Init, DevicePropertyEnumeratorName, NonPagedPoolNx, NULL, &Memory),
                  STATUS_SUCCESS, "in a memory object")) {
        ok(wcscmp(WdfMemoryGetBuffer(Memory, &Size), L"ROOT") == 0, "the same");
        is_ulong(Size, sizeof(L"ROOT"), "as long as the property");
        WdfObjectDelete(Memory);
    }
    Memory = (WDFMEMORY)Text;
    ok(!NT_SUCCESS(WdfFdoInitAllocAndQueryProperty(Init, (DEVICE_REGISTRY_PROPERTY)0x1000, NonPagedPoolNx, NULL, &Memory)),
       "nothing to allocate for");
    ok(Memory == NULL, "and no memory object");
}

static VOID TestInitKeyed(PWDFDEVICE_INIT Init)
{
    WDF_DEVICE_PROPERTY_DATA Data;
    DEVPROPTYPE Type = 0;
    ULONG Value = 99, Length = 0;
    WDFMEMORY Memory;
    size_t Size;

    is_status(IoSetDevicePropertyData(Pdo, &OurKey, 0, 0, DEVPROP_TYPE_UINT32, sizeof(Value), &Value), STATUS_SUCCESS,
              "a keyed property");
    WDF_DEVICE_PROPERTY_DATA_INIT(&Data, &OurKey);
    is_status(WdfFdoInitQueryPropertyEx(Init, &Data, 0, NULL, &Length, &Type), STATUS_BUFFER_TOO_SMALL, "without a buffer");
    is_ulong(Length, sizeof(Value), "its length");
    Value = 0;
    is_status(WdfFdoInitQueryPropertyEx(Init, &Data, sizeof(Value), &Value, &Length, &Type), STATUS_SUCCESS, "its value");
    is_ulong(Value, 99, "the one that was set");
    is_ulong(Type, DEVPROP_TYPE_UINT32, "its type");
    if (is_status(WdfFdoInitAllocAndQueryPropertyEx(Init, &Data, NonPagedPoolNx, NULL, &Memory, &Type), STATUS_SUCCESS,
                  "in a memory object")) {
        is_ulong(*(ULONG *)WdfMemoryGetBuffer(Memory, &Size), 99, "the same");
        is_ulong(Size, sizeof(Value), "as long as the property");
        WdfObjectDelete(Memory);
    }
    WDF_DEVICE_PROPERTY_DATA_INIT(&Data, &NoKey);
    is_status(WdfFdoInitQueryPropertyEx(Init, &Data, sizeof(Value), &Value, &Length, &Type), STATUS_OBJECT_NAME_NOT_FOUND,
              "a key that nobody set");
    Data.Size--;
    is_status(WdfFdoInitQueryPropertyEx(Init, &Data, sizeof(Value), &Value, &Length, &Type), STATUS_INFO_LENGTH_MISMATCH,
              "a structure of another size");
}

static VOID TestInitKeys(PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"Before");
    ULONG Value = 0;
    WDFKEY Key;

    if (is_status(WdfFdoInitOpenRegistryKey(Init, PLUGPLAY_REGKEY_DEVICE, KEY_READ | KEY_WRITE, NULL, &Key),
                  STATUS_SUCCESS, "the hardware key")) {
        is_status(WdfRegistryAssignULong(Key, &Name, 5), STATUS_SUCCESS, "a value in it");
        WdfRegistryClose(Key);
    }
    if (is_status(WdfFdoInitOpenRegistryKey(Init, PLUGPLAY_REGKEY_DRIVER, KEY_READ, NULL, &Key), STATUS_SUCCESS,
                  "the software key")) {
        is_status(WdfRegistryQueryULong(Key, &Name, &Value), STATUS_OBJECT_NAME_NOT_FOUND, "is another key");
        WdfRegistryClose(Key);
    }
    is_status(WdfFdoInitOpenRegistryKey(Init, 0, KEY_READ, NULL, &Key), STATUS_INVALID_PARAMETER, "no kind of key");
    ok(Key == NULL, "and no key");
}

/* ---- of the device ---- */

static VOID TestAssign(VOID)
{
    WDF_DEVICE_PROPERTY_DATA Data;
    DEVPROPTYPE Type = 0;
    ULONG Value = 123, Length = 0;
    WDFMEMORY Memory;

    WDF_DEVICE_PROPERTY_DATA_INIT(&Data, &OurKey);
    is_status(WdfDeviceAssignProperty(Device, &Data, DEVPROP_TYPE_UINT32, sizeof(Value), &Value), STATUS_SUCCESS,
              "another value");
    Value = 0;
    is_status(WdfDeviceQueryPropertyEx(Device, &Data, 2, &Value, &Length, &Type), STATUS_BUFFER_TOO_SMALL, "too little room");
    is_ulong(Length, sizeof(Value), "what it needs");
    is_ulong(Value, 0, "nothing was written");
    is_status(WdfDeviceQueryPropertyEx(Device, &Data, sizeof(Value), &Value, &Length, &Type), STATUS_SUCCESS, "the value");
    is_ulong(Value, 123, "as it was assigned");
    is_ulong(Type, DEVPROP_TYPE_UINT32, "its type");
    if (is_status(WdfDeviceAllocAndQueryPropertyEx(Device, &Data, PagedPool, NULL, &Memory, &Type), STATUS_SUCCESS,
                  "in a memory object")) {
        is_ulong(*(ULONG *)WdfMemoryGetBuffer(Memory, NULL), 123, "the same");
        WdfObjectDelete(Memory);
    }
    is_status(WdfDeviceAssignProperty(Device, &Data, DEVPROP_TYPE_EMPTY, 0, NULL), STATUS_SUCCESS, "take it away");
    is_status(WdfDeviceQueryPropertyEx(Device, &Data, sizeof(Value), &Value, &Length, &Type), STATUS_OBJECT_NAME_NOT_FOUND,
              "it is gone");
    is_status(WdfDeviceAllocAndQueryPropertyEx(Device, &Data, PagedPool, NULL, &Memory, &Type), STATUS_OBJECT_NAME_NOT_FOUND,
              "for memory objects too");
    ok(Memory == NULL, "and no memory object");
    Data.PropertyKey = NULL;
    is_status(WdfDeviceAssignProperty(Device, &Data, DEVPROP_TYPE_UINT32, sizeof(Value), &Value), STATUS_INVALID_PARAMETER,
              "no key");
}

static VOID TestDeviceKeys(VOID)
{
    DECLARE_CONST_UNICODE_STRING(Before, L"Before");
    DECLARE_CONST_UNICODE_STRING(Map, L"KmdfProperty");
    DECLARE_CONST_UNICODE_STRING(Port, L"Port");
    ULONG Value = 0;
    WDFKEY Key;

    if (is_status(WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, NULL, &Key), STATUS_SUCCESS,
                  "the hardware key")) {
        is_status(WdfRegistryQueryULong(Key, &Before, &Value), STATUS_SUCCESS, "the value from before");
        is_ulong(Value, 5, "is still there");
        WdfRegistryClose(Key);
    }
    if (is_status(WdfDeviceOpenDevicemapKey(Device, &Map, KEY_READ | KEY_WRITE, NULL, &Key), STATUS_SUCCESS,
                  "a key of the device map")) {
        is_status(WdfRegistryAssignULong(Key, &Port, 9), STATUS_SUCCESS, "what is connected there");
        WdfRegistryClose(Key);
    }
    Value = 0;
    is_status(RtlCheckRegistryKey(RTL_REGISTRY_DEVICEMAP, (PWSTR)L"KmdfProperty"), STATUS_SUCCESS, "others find the key");
    if (is_status(WdfDeviceOpenDevicemapKey(Device, &Map, KEY_READ, NULL, &Key), STATUS_SUCCESS, "the same again")) {
        is_status(WdfRegistryQueryULong(Key, &Port, &Value), STATUS_SUCCESS, "the value");
        is_ulong(Value, 9, "is there");
        WdfRegistryClose(Key);
    }
}

/* ---- of the local target ---- */

static VOID TestTarget(VOID)
{
    WDFIOTARGET Target = WdfDeviceGetIoTarget(Device), Closed;
    WCHAR Text[64];
    ULONG Length = 0;
    WDFMEMORY Memory;

    ok(WdfIoTargetWdmGetTargetPhysicalDevice(Target) == Pdo, "the local target's physical device");
    is_status(WdfIoTargetQueryTargetProperty(Target, DevicePropertyEnumeratorName, 0, NULL, &Length),
              STATUS_BUFFER_TOO_SMALL, "a target's property");
    is_ulong(Length, sizeof(L"ROOT"), "its length");
    is_status(WdfIoTargetQueryTargetProperty(Target, DevicePropertyEnumeratorName, sizeof(Text), Text, &Length),
              STATUS_SUCCESS, "its value");
    ok(wcscmp(Text, L"ROOT") == 0, "who found it");
    if (is_status(WdfIoTargetAllocAndQueryTargetProperty(Target, DevicePropertyEnumeratorName, PagedPool, NULL, &Memory),
                  STATUS_SUCCESS, "in a memory object")) {
        ok(wcscmp(WdfMemoryGetBuffer(Memory, NULL), L"ROOT") == 0, "the same");
        WdfObjectDelete(Memory);
    }
    if (!is_status(WdfIoTargetCreate(Device, NULL, &Closed), STATUS_SUCCESS, "a target that is not open"))
        return;
    ok(WdfIoTargetWdmGetTargetPhysicalDevice(Closed) == NULL, "has no physical device");
    is_status(WdfIoTargetQueryTargetProperty(Closed, DevicePropertyEnumeratorName, sizeof(Text), Text, &Length),
              STATUS_INVALID_DEVICE_STATE, "nor properties");
    Memory = (WDFMEMORY)Text;
    is_status(WdfIoTargetAllocAndQueryTargetProperty(Closed, DevicePropertyEnumeratorName, PagedPool, NULL, &Memory),
              STATUS_INVALID_DEVICE_STATE, "nor in memory objects");
    ok(Memory == NULL, "and no memory object");
    WdfObjectDelete(Closed);
}

/* ---- interfaces: a target that is opened by the device's own object asks this driver ---- */

static LONG References;

static VOID NTAPI Reference(PVOID Context)
{
    InterlockedIncrement((LONG *)Context);
}

static VOID NTAPI Dereference(PVOID Context)
{
    InterlockedDecrement((LONG *)Context);
}

static VOID TestInterface(VOID)
{
    SPEAK Speak = { { sizeof(Speak), 1, &References, Reference, Dereference }, 0x4321 }, Got;
    WDF_IO_TARGET_OPEN_PARAMS Params;
    WDF_QUERY_INTERFACE_CONFIG Config;
    WDFIOTARGET Target;

    WDF_QUERY_INTERFACE_CONFIG_INIT(&Config, (PINTERFACE)&Speak, &SpeakGuid, NULL);
    is_status(WdfDeviceAddQueryInterface(Device, &Config), STATUS_SUCCESS, "an interface of this device");
    RtlFillMemory(&Got, sizeof(Got), 0xA5);
    is_status(WdfIoTargetQueryForInterface(WdfDeviceGetIoTarget(Device), &SpeakGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL),
              STATUS_NOT_SUPPORTED, "the device below has none");
    if (!is_status(WdfIoTargetCreate(Device, NULL, &Target), STATUS_SUCCESS, "a target"))
        return;
    is_status(WdfIoTargetQueryForInterface(Target, &SpeakGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL),
              STATUS_INVALID_DEVICE_STATE, "not open yet");
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&Params, WdfDeviceWdmGetDeviceObject(Device));
    is_status(WdfIoTargetOpen(Target, &Params), STATUS_SUCCESS, "open by the device object");
    is_status(WdfIoTargetQueryForInterface(Target, &SpeakGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL), STATUS_SUCCESS,
              "asked for");
    is_ulong(Got.Word, 0x4321, "and got");
    is_long(References, 1, "referenced");
    Got.Header.InterfaceDereference(Got.Header.Context);
    is_status(WdfIoTargetQueryForInterface(Target, &OtherGuid, (PINTERFACE)&Got, sizeof(Got), 1, NULL),
              STATUS_NOT_SUPPORTED, "another interface");
    WdfObjectDelete(Target);
    is_long(References, 0, "no reference is left");
}

static VOID NTAPI TestThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Started, Executive, KernelMode, FALSE, NULL);
    TestAssign();
    TestDeviceKeys();
    TestTarget();
    TestInterface();
    TestDone = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- the driver ---- */

static EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtInit;
static NTSTATUS NTAPI EvtInit(WDFDEVICE Unused)
{
    UNREFERENCED_PARAMETER(Unused);
    KeSetEvent(&Started, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;

    UNREFERENCED_PARAMETER(Driver);
    Pdo = WdfFdoInitWdmGetPhysicalDevice(Init);
    TestInitPlain(Init);
    TestInitKeyed(Init);
    TestInitKeys(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceSelfManagedIoInit = EvtInit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    return WdfDeviceCreate(&Init, NULL, &Device);
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    ok(TestDone, "the test came to its end before the removal");
    done();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    HANDLE Handle;

    tap_begin(DriverObject);
    KeInitializeEvent(&Started, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, TestThread, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
