/* KMDF 1.15: WMI providers and instances, as a consumer in the kernel sees them: data, changes, methods, events. */
#include "tap.h"
#include <wdf.h>
#include <wmistr.h>

#define ROOM 1024

static const GUID DataGuid = {0x6B0C5E01, 0x11, 0x22, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID EventGuid = {0x6B0C5E02, 0x11, 0x22, {1, 2, 3, 4, 5, 6, 7, 8}};

typedef struct _CONTEXT_DATA {
    ULONG Value[4];
} CONTEXT_DATA;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CONTEXT_DATA, GetData)

static struct {
    WDFDEVICE Device;
    WDFWMIPROVIDER Data, Event;
    WDFWMIINSTANCE FromContext, FromCallback, Source;
    ULONG Value, Item, Method;
    ULONG Controls, EventsOn;
    ULONG EventsSeen, EventValue;
    KEVENT Started, Told;
    PVOID Thread;
    BOOLEAN Done;
    UCHAR Buffer[ROOM] __attribute__((aligned(8)));
} State;

/* ---- the driver's callbacks ---- */

static EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE EvtQuery;
static NTSTATUS NTAPI EvtQuery(WDFWMIINSTANCE Instance, ULONG Room, PVOID Buffer, PULONG Used)
{
    UNREFERENCED_PARAMETER(Instance);
    ok(Room >= sizeof(ULONG), "never less than the provider's minimum");
    *(PULONG)Buffer = State.Value;
    *Used = sizeof(ULONG);
    return STATUS_SUCCESS;
}

static EVT_WDF_WMI_INSTANCE_SET_INSTANCE EvtSet;
static NTSTATUS NTAPI EvtSet(WDFWMIINSTANCE Instance, ULONG Bytes, PVOID Buffer)
{
    ok(Instance == State.FromCallback && Bytes == sizeof(ULONG), "the instance is changed");
    State.Value = *(PULONG)Buffer;
    return STATUS_SUCCESS;
}

static EVT_WDF_WMI_INSTANCE_SET_ITEM EvtSetItem;
static NTSTATUS NTAPI EvtSetItem(WDFWMIINSTANCE Instance, ULONG Item, ULONG Bytes, PVOID Buffer)
{
    UNREFERENCED_PARAMETER(Instance);
    UNREFERENCED_PARAMETER(Bytes);
    State.Item = Item << 16 | *(PULONG)Buffer;
    return Item == 1 ? STATUS_SUCCESS : STATUS_WMI_ITEMID_NOT_FOUND;
}

static EVT_WDF_WMI_INSTANCE_EXECUTE_METHOD EvtMethod;
static NTSTATUS NTAPI EvtMethod(WDFWMIINSTANCE Instance, ULONG Method, ULONG InBytes, ULONG OutBytes, PVOID Buffer,
                                PULONG Used)
{
    UNREFERENCED_PARAMETER(Instance);
    UNREFERENCED_PARAMETER(OutBytes);
    State.Method = Method;
    *(PULONG)Buffer = InBytes + *(PULONG)Buffer;
    *Used = sizeof(ULONG);
    return STATUS_SUCCESS;
}

static EVT_WDF_WMI_PROVIDER_FUNCTION_CONTROL EvtControl;
static NTSTATUS NTAPI EvtControl(WDFWMIPROVIDER Provider, WDF_WMI_PROVIDER_CONTROL Control, BOOLEAN Enable)
{
    ok(Provider == State.Event && Control == WdfWmiEventControl, "events of this provider");
    State.Controls++;
    State.EventsOn = Enable;
    return STATUS_SUCCESS;
}

/* ---- the consumer ---- */

static PVOID OpenBlock(const GUID *Guid, ULONG Access)
{
    PVOID Block = NULL;

    is_status(IoWMIOpenBlock((GUID *)Guid, Access, &Block), STATUS_SUCCESS, "open a block");
    return Block;
}

static const ULONG *DataOf(PWNODE_ALL_DATA All, ULONG Index)
{
    return (const ULONG *)((PUCHAR)All + All->OffsetInstanceDataAndLength[Index].OffsetInstanceData);
}

static VOID TestQuery(PVOID Block)
{
    PWNODE_ALL_DATA All = (PVOID)State.Buffer;
    ULONG Bytes = 0;

    is_status(IoWMIQueryAllData(Block, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL, "all data, no room");
    Bytes = ROOM;
    is_status(IoWMIQueryAllData(Block, &Bytes, State.Buffer), STATUS_SUCCESS, "all data");
    is_ulong(All->InstanceCount, 2, "both registered instances");
    is_ulong(All->OffsetInstanceDataAndLength[0].LengthInstanceData, sizeof(CONTEXT_DATA), "the first is a context");
    is_ulong(DataOf(All, 0)[3], 44, "its contents");
    is_ulong(All->OffsetInstanceDataAndLength[1].LengthInstanceData, sizeof(ULONG), "the second has a callback");
    is_ulong(DataOf(All, 1)[0], 7, "which said so");
}

static VOID TestChange(PVOID Block)
{
    UNICODE_STRING First = RTL_CONSTANT_STRING(L"ROOT\\KMDF_WMI\\0000_0");
    UNICODE_STRING Second = RTL_CONSTANT_STRING(L"ROOT\\KMDF_WMI\\0000_1");
    ULONG New = 9, Bytes = sizeof(ULONG), Method = 30;

    is_status(IoWMISetSingleInstance(Block, &Second, 0, sizeof(New), &New), STATUS_SUCCESS, "change the second");
    is_ulong(State.Value, 9, "the driver has the value");
    is_status(IoWMISetSingleInstance(Block, &Second, 0, 2, &New), STATUS_BUFFER_TOO_SMALL, "fewer bytes than its minimum");
    is_status(IoWMISetSingleInstance(Block, &First, 0, sizeof(New), &New), STATUS_WMI_READ_ONLY, "a context is read-only");
    is_status(IoWMISetSingleItem(Block, &Second, 1, 0, sizeof(New), &New), STATUS_SUCCESS, "change an item");
    is_ulong(State.Item, 0x10009, "the driver has number and value");
    is_status(IoWMISetSingleItem(Block, &Second, 2, 0, sizeof(New), &New), STATUS_WMI_ITEMID_NOT_FOUND, "no such item");
    is_status(IoWMIExecuteMethod(Block, &Second, 5, sizeof(ULONG), &Bytes, (PUCHAR)&Method), STATUS_SUCCESS, "a method");
    is_ulong(Method, 34, "its result");
    is_ulong(State.Method, 5, "its number");
    ok(!NT_SUCCESS(IoWMIExecuteMethod(Block, &First, 5, sizeof(ULONG), &Bytes, (PUCHAR)&Method)), "the first has none");
}

static VOID TestRegistration(PVOID Block)
{
    PWNODE_ALL_DATA All = (PVOID)State.Buffer;
    ULONG Bytes = ROOM;

    is_status(WdfWmiInstanceRegister(State.FromCallback), STATUS_INVALID_DEVICE_REQUEST, "registered twice");
    WdfWmiInstanceDeregister(State.FromContext);
    is_status(IoWMIQueryAllData(Block, &Bytes, State.Buffer), STATUS_SUCCESS, "one is gone");
    is_ulong(All->InstanceCount, 1, "the other is there");
    is_ulong(DataOf(All, 0)[0], 9, "with its data");
    is_status(WdfWmiInstanceRegister(State.FromContext), STATUS_SUCCESS, "register it again");
    WdfObjectDelete(State.FromContext);
}

static VOID NTAPI Notified(PVOID Wnode, PVOID Context)
{
    PWNODE_SINGLE_INSTANCE Event = Wnode;

    UNREFERENCED_PARAMETER(Context);
    State.EventsSeen++;
    State.EventValue = *(PULONG)((PUCHAR)Wnode + Event->DataBlockOffset);
    KeSetEvent(&State.Told, IO_NO_INCREMENT, FALSE);
}

static VOID TestEvents(VOID)
{
    PVOID Block = OpenBlock(&EventGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE);
    ULONG Data = 77;

    ok(!WdfWmiProviderIsEnabled(State.Event, WdfWmiEventControl), "events are off");
    is_status(IoWMISetNotificationCallback(Block, Notified, NULL), STATUS_SUCCESS, "a consumer");
    ok(State.EventsOn && State.Controls == 1, "the driver is told");
    ok(WdfWmiProviderIsEnabled(State.Event, WdfWmiEventControl), "events are on");
    ok(!WdfWmiProviderIsEnabled(State.Event, WdfWmiInstanceControl), "and nothing else");
    is_status(WdfWmiInstanceFireEvent(State.Source, sizeof(Data), &Data), STATUS_SUCCESS, "an event");
    KeWaitForSingleObject(&State.Told, Executive, KernelMode, FALSE, NULL);
    is_ulong(State.EventValue, 77, "arrives with its data");
    ObDereferenceObject(Block);
    ok(!State.EventsOn, "the last consumer gone, events are off");
}

static VOID NTAPI TestThread(PVOID Context)
{
    PVOID Block;

    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&State.Started, Executive, KernelMode, FALSE, NULL);
    Block = OpenBlock(&DataGuid, WMIGUID_QUERY | WMIGUID_SET | WMIGUID_EXECUTE);
    TestQuery(Block);
    TestChange(Block);
    TestRegistration(Block);
    ObDereferenceObject(Block);
    TestEvents();
    State.Done = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- creation ---- */

static VOID MakeProviders(VOID)
{
    WDF_WMI_PROVIDER_CONFIG Config;
    WDFWMIPROVIDER Again;

    memset(&Config, 0xA5, sizeof(Config));
    WDF_WMI_PROVIDER_CONFIG_INIT(&Config, &DataGuid);
    Config.Size--;
    is_status(WdfWmiProviderCreate(State.Device, &Config, NULL, &Again), STATUS_INFO_LENGTH_MISMATCH, "a wrong size");
    WDF_WMI_PROVIDER_CONFIG_INIT(&Config, &DataGuid);
    Config.Flags = 0x100;
    is_status(WdfWmiProviderCreate(State.Device, &Config, NULL, &Again), STATUS_INVALID_PARAMETER, "wrong flags");
    WDF_WMI_PROVIDER_CONFIG_INIT(&Config, &DataGuid);
    Config.MinInstanceBufferSize = sizeof(ULONG);
    is_status(WdfWmiProviderCreate(State.Device, &Config, NULL, &State.Data), STATUS_SUCCESS, "a provider");
    is_status(WdfWmiProviderCreate(State.Device, &Config, NULL, &Again), STATUS_OBJECT_NAME_EXISTS, "a second of its block");
    ok(WdfWmiProviderGetDevice(State.Data) == State.Device, "its device");
}

static VOID MakeInstances(VOID)
{
    WDF_WMI_INSTANCE_CONFIG Config;
    WDF_WMI_PROVIDER_CONFIG Event;
    WDF_OBJECT_ATTRIBUTES Attributes;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, CONTEXT_DATA);
    memset(&Config, 0xA5, sizeof(Config));
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&Config, State.Data);
    Config.UseContextForQuery = TRUE;
    Config.Register = TRUE;
    is_status(WdfWmiInstanceCreate(State.Device, &Config, NULL, &State.FromContext), STATUS_INVALID_PARAMETER, "no context");
    is_status(WdfWmiInstanceCreate(State.Device, &Config, &Attributes, &State.FromContext), STATUS_SUCCESS, "an instance");
    GetData(State.FromContext)->Value[3] = 44;
    ok(WdfWmiInstanceGetProvider(State.FromContext) == State.Data, "its provider");
    ok(WdfWmiInstanceGetDevice(State.FromContext) == State.Device, "its device");

    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER(&Config, State.Data);
    Config.EvtWmiInstanceQueryInstance = EvtQuery;
    Config.EvtWmiInstanceSetInstance = EvtSet;
    Config.EvtWmiInstanceSetItem = EvtSetItem;
    Config.EvtWmiInstanceExecuteMethod = EvtMethod;
    is_status(WdfWmiInstanceCreate(State.Device, &Config, NULL, &State.FromCallback), STATUS_SUCCESS, "one with callbacks");
    is_status(WdfWmiInstanceRegister(State.FromCallback), STATUS_SUCCESS, "registered by itself");

    WDF_WMI_PROVIDER_CONFIG_INIT(&Event, &EventGuid);
    Event.Flags = WdfWmiProviderEventOnly;
    Event.EvtWmiProviderFunctionControl = EvtControl;
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&Config, &Event);
    Config.Register = TRUE;
    is_status(WdfWmiInstanceCreate(State.Device, &Config, NULL, &State.Source), STATUS_SUCCESS, "one with its provider");
    State.Event = WdfWmiInstanceGetProvider(State.Source);
    is_status(WdfWmiInstanceFireEvent(State.Source, 0, NULL), STATUS_UNSUCCESSFUL, "an event before the device starts");
}

static EVT_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtStarted;
static VOID NTAPI EvtStarted(WDFDEVICE Device, PCWDF_DEVICE_PNP_NOTIFICATION_DATA Data)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Data);
    KeSetEvent(&State.Started, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UNICODE_STRING Mof = RTL_CONSTANT_STRING(L"KmdfWmiMof");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitRegisterPnpStateChangeCallback(Init, WdfDevStatePnpStarted, EvtStarted, StateNotificationEnterState);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &State.Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    is_status(WdfDeviceAssignMofResourceName(State.Device, &Mof), STATUS_SUCCESS, "a MOF resource");
    is_status(WdfDeviceAssignMofResourceName(State.Device, &Mof), STATUS_INVALID_DEVICE_REQUEST, "a second one");
    MakeProviders();
    MakeInstances();
    return STATUS_SUCCESS;
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeWaitForSingleObject(State.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(State.Thread);
    ok(State.Done, "the test came to its end");
    done();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    HANDLE Handle;

    tap_begin(DriverObject);
    State.Value = 7;
    KeInitializeEvent(&State.Started, NotificationEvent, FALSE);
    KeInitializeEvent(&State.Told, SynchronizationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, TestThread, NULL);
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &State.Thread, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
