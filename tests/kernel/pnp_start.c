/* A root-enumerated device: AddDevice, start, identification, interfaces, registry keys,
 * properties, notification and device power requests; removal before the driver unloads. Most
 * checks run when the device is removed. */
#include "tap.h"
#include <wdmguid.h>

static PDRIVER_OBJECT Me;
static PDEVICE_OBJECT Fdo, Pdo, Lower;
static UNICODE_STRING Link;
static ULONG Adds, Starts, Queries, Removes;
static KEVENT Arrived, PowerDone;
static PVOID Watch;
static LONG Arrivals, Departures;
static UCHAR PowerMinor;
static const GUID TestClass = { 0x0DD0C0DE, 0x1234, 0x4321, { 1, 2, 3, 4, 5, 6, 7, 8 } };
static const GUID ArrivalEvent = {
    0xCB3A4004, 0x46F0, 0x11D0, {0xB0, 0x8F, 0x00, 0x60, 0x97, 0x13, 0x05, 0x3F}};

static NTSTATUS query_id(BUS_QUERY_ID_TYPE Type, PWSTR *Text)
{
    KEVENT Event;
    IO_STATUS_BLOCK Iosb;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Lower, NULL, 0, NULL, &Event, &Iosb);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = IRP_MN_QUERY_ID;
    IoGetNextIrpStackLocation(Irp)->Parameters.QueryId.IdType = Type;
    Status = IoCallDriver(Lower, Irp);
    if (Status == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    *Text = NT_SUCCESS(Status) ? (PWSTR)Iosb.Information : NULL;
    return Status;
}

static VOID free_text(PWSTR Text)
{
    if (Text != NULL)
        ExFreePool(Text);
}

static VOID test_identity(VOID)
{
    PWSTR Text;
    WCHAR Buffer[64];
    ULONG Length;

    is_status(query_id(BusQueryDeviceID, &Text), STATUS_SUCCESS, "device ID");
    ok(Text != NULL && wcscmp(Text, L"ROOT\\PNP_START") == 0, "ROOT\\PNP_START");
    free_text(Text);
    is_status(query_id(BusQueryInstanceID, &Text), STATUS_SUCCESS, "instance ID");
    ok(Text != NULL && wcscmp(Text, L"0000") == 0, "0000");
    free_text(Text);
    is_status(query_id(BusQueryCompatibleIDs, &Text), STATUS_NOT_SUPPORTED, "no compatible IDs");
    is_status(
        IoGetDeviceProperty(Pdo, DevicePropertyEnumeratorName, sizeof(Buffer), Buffer, &Length),
        STATUS_SUCCESS, "enumerator");
    ok(wcscmp(Buffer, L"ROOT") == 0, "is ROOT");
    is_ulong(Length, 10, "length with terminator");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyEnumeratorName, 4, Buffer, &Length),
              STATUS_BUFFER_TOO_SMALL, "too small");
    is_ulong(Length, 10, "needed length");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyFriendlyName, sizeof(Buffer), Buffer, &Length),
              STATUS_OBJECT_NAME_NOT_FOUND, "no friendly name");
    is_status(IoGetDeviceProperty(Fdo, DevicePropertyHardwareID, sizeof(Buffer), Buffer, &Length),
              STATUS_INVALID_DEVICE_REQUEST, "not for a function device");
    is_status(IoGetDeviceProperty(Pdo, DevicePropertyHardwareID, sizeof(Buffer), Buffer, &Length),
              STATUS_SUCCESS, "hardware ID");
}

/* A second class on the same device. */
static VOID test_alias(VOID)
{
    static const GUID Other = { 0x0DD0C0DF, 0x1234, 0x4321, { 1, 2, 3, 4, 5, 6, 7, 8 } };
    UNICODE_STRING Second, Alias;

    is_status(IoGetDeviceInterfaceAlias(&Link, &Other, &Alias), STATUS_OBJECT_NAME_NOT_FOUND,
              "no alias yet");
    is_status(IoRegisterDeviceInterface(Pdo, &Other, NULL, &Second), STATUS_SUCCESS,
              "another class");
    is_status(IoGetDeviceInterfaceAlias(&Link, &Other, &Alias), STATUS_SUCCESS,
              "IoGetDeviceInterfaceAlias");
    ok(RtlEqualUnicodeString(&Alias, &Second, TRUE), "is its link");
    RtlFreeUnicodeString(&Alias);
    RtlFreeUnicodeString(&Second);
}

static VOID test_keys(VOID)
{
    HANDLE Key;
    static const DEVPROPKEY Property = { { 1, 2, 3, { 4 } }, 7 };
    ULONG Value = 99, Length;
    DEVPROPTYPE Type;

    if (is_status(IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ | KEY_WRITE, &Key),
                  STATUS_SUCCESS, "device key"))
        ZwClose(Key);
    if (is_status(IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &Key),
                  STATUS_SUCCESS, "driver key"))
        ZwClose(Key);
    is_status(IoOpenDeviceRegistryKey(Pdo, 0, KEY_READ, &Key), STATUS_INVALID_PARAMETER,
              "no key type");
    if (is_status(IoOpenDriverRegistryKey(Me, DriverRegKeyParameters, KEY_READ, 0, &Key),
                  STATUS_SUCCESS, "the driver's Parameters key"))
        ZwClose(Key);
    if (is_status(IoOpenDriverRegistryKey(Me, DriverRegKeyPersistentState, KEY_WRITE, 0, &Key),
                  STATUS_SUCCESS, "the driver's own state key"))
        ZwClose(Key);
    if (is_status(IoOpenDeviceInterfaceRegistryKey(&Link, KEY_READ, &Key), STATUS_SUCCESS,
                  "interface key"))
        ZwClose(Key);
    is_status(
        IoSetDevicePropertyData(Pdo, &Property, 0, 0, DEVPROP_TYPE_UINT32, sizeof(Value), &Value),
        STATUS_SUCCESS, "set a property");
    Value = 0;
    is_status(IoGetDevicePropertyData(Pdo, &Property, 0, 0, sizeof(Value), &Value, &Length, &Type),
              STATUS_SUCCESS, "get it");
    is_ulong(Value, 99, "its value");
    is_ulong(Type, DEVPROP_TYPE_UINT32, "its type");
    Value = 98;
    is_status(IoSetDevicePropertyData(Pdo, &Property, 0x411, 0, DEVPROP_TYPE_UINT32, sizeof(Value),
                                      &Value),
              STATUS_SUCCESS, "set it for a language");
    is_status(IoGetDevicePropertyData(Pdo, &Property, 0, 0, sizeof(Value), &Value, &Length, &Type),
              STATUS_SUCCESS, "the neutral one");
    is_ulong(Value, 99, "is another");
    is_status(IoGetDevicePropertyData(Pdo, &Property, 0x411, 0, 2, &Value, &Length, &Type),
              STATUS_BUFFER_TOO_SMALL, "the language's, without room");
    is_ulong(Length, sizeof(Value), "how much it takes");
    is_status(IoSetDevicePropertyData(Pdo, &Property, 0, 0, DEVPROP_TYPE_EMPTY, 0, NULL),
              STATUS_SUCCESS, "delete it");
    is_status(IoGetDevicePropertyData(Pdo, &Property, 0, 0, sizeof(Value), &Value, &Length, &Type),
              STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    is_status(
        IoGetDevicePropertyData(Pdo, &Property, 0x411, 0, sizeof(Value), &Value, &Length, &Type),
        STATUS_SUCCESS, "the language's is not");
    is_status(IoSetDevicePropertyData(Pdo, &Property, 0x400, 0, DEVPROP_TYPE_UINT32, sizeof(Value),
                                      &Value),
              STATUS_INVALID_PARAMETER, "no default locales");
    Value = 77;
    is_status(IoSetDeviceInterfacePropertyData(&Link, &Property, 0, 0, DEVPROP_TYPE_UINT32,
                                               sizeof(Value), &Value),
              STATUS_SUCCESS, "set one of the interface");
    Value = 0;
    is_status(IoGetDeviceInterfacePropertyData(&Link, &Property, 0, 0, sizeof(Value), &Value,
                                               &Length, &Type),
              STATUS_SUCCESS, "get it");
    is_ulong(Value, 77, "its value");
}

static NTSTATUS NTAPI changed(PVOID Structure, PVOID Context)
{
    PDEVICE_INTERFACE_CHANGE_NOTIFICATION Change = Structure;

    UNREFERENCED_PARAMETER(Context);
    if (RtlEqualMemory(&Change->Event, &ArrivalEvent, sizeof(GUID)))
        InterlockedIncrement(&Arrivals);
    else
        InterlockedIncrement(&Departures);
    KeSetEvent(&Arrived, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static ULONG CustomCalls;

static NTSTATUS NTAPI target_changed(PVOID Structure, PVOID Context)
{
    PTARGET_DEVICE_CUSTOM_NOTIFICATION Change = Structure;

    if (Change->Event.Data1 == 0xC0570)
        CustomCalls++;
    is_ptr(Context, (PVOID)5, "context of the watch");
    return STATUS_SUCCESS;
}

static VOID NTAPI reported(PVOID Context)
{
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

/* Events of the device for those that watch it by an open file. */
static VOID test_target(PFILE_OBJECT File)
{
    TARGET_DEVICE_CUSTOM_NOTIFICATION Custom = {
        .Version = 1, .Size = sizeof(Custom), .NameBufferOffset = -1};
    KEVENT Told;
    PVOID Target;

    Custom.Event.Data1 = 0xC0570;
    KeInitializeEvent(&Told, NotificationEvent, FALSE);
    if (!is_status(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, File, Me,
                                                  target_changed, (PVOID)5, &Target),
                   STATUS_SUCCESS, "watch the device"))
        return;
    is_status(IoReportTargetDeviceChange(Pdo, &Custom), STATUS_SUCCESS,
              "IoReportTargetDeviceChange");
    is_ulong(CustomCalls, 1, "the watch is called");
    is_status(IoReportTargetDeviceChangeAsynchronous(Pdo, &Custom, reported, &Told), STATUS_PENDING,
              "IoReportTargetDeviceChangeAsynchronous");
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    is_ulong(CustomCalls, 2, "called again, before the callback");
    is_status(IoReportTargetDeviceChange(Fdo, &Custom), STATUS_INVALID_DEVICE_REQUEST,
              "not a physical device");
    is_status(IoUnregisterPlugPlayNotificationEx(Target), STATUS_SUCCESS,
              "IoUnregisterPlugPlayNotificationEx");
    IoReportTargetDeviceChange(Pdo, &Custom);
    is_ulong(CustomCalls, 2, "no more calls");
}

static VOID test_interface(VOID)
{
    PWSTR List;
    PFILE_OBJECT File;
    PDEVICE_OBJECT Found;

    is_status(IoRegisterDeviceInterface(Pdo, &TestClass, NULL, &Link), STATUS_SUCCESS,
              "register an interface");
    is_status(IoGetDeviceObjectPointer(&Link, FILE_READ_DATA, &File, &Found),
              STATUS_OBJECT_NAME_NOT_FOUND, "its link leads nowhere yet");
    is_status(IoSetDeviceInterfaceState(&Link, TRUE), STATUS_SUCCESS, "enable it");
    KeWaitForSingleObject(&Arrived, Executive, KernelMode, FALSE, NULL);
    is_long(Arrivals, 1, "its arrival is announced");
    is_status(IoSetDeviceInterfaceState(&Link, TRUE), STATUS_OBJECT_NAME_EXISTS, "enabled already");
    if (is_status(IoGetDeviceObjectPointer(&Link, FILE_READ_DATA, &File, &Found), STATUS_SUCCESS,
                  "open through it")) {
        is_ptr(Found, Fdo, "the top of the stack");
        test_target(File);
        ObDereferenceObject(File);
    }
    if (!is_status(IoGetDeviceInterfaces(&TestClass, NULL, 0, &List), STATUS_SUCCESS,
                   "list the class"))
        return;
    ok(wcscmp(List, Link.Buffer) == 0, "our link: %ws", List);
    is_ulong(List[wcslen(List) + 1], 0, "and no more");
    ExFreePool(List);
}

static VOID NTAPI power_done(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                             PIO_STATUS_BLOCK Iosb)
{
    UNREFERENCED_PARAMETER(Context);
    is_ptr(Device, Pdo, "the device that was named");
    is_ulong(Minor, IRP_MN_SET_POWER, "minor function");
    is_ulong(State.DeviceState, PowerDeviceD3, "state");
    is_status(Iosb->Status, STATUS_SUCCESS, "the bus driver completed it");
    KeSetEvent(&PowerDone, IO_NO_INCREMENT, FALSE);
}

static VOID test_power(VOID)
{
    POWER_STATE State = { .DeviceState = PowerDeviceD3 }, Old;

    is_status(PoRequestPowerIrp(Pdo, IRP_MN_SET_POWER, State, power_done, NULL, NULL),
              STATUS_PENDING, "PoRequestPowerIrp");
    KeWaitForSingleObject(&PowerDone, Executive, KernelMode, FALSE, NULL);
    is_ulong(PowerMinor, IRP_MN_SET_POWER, "the stack saw it");
    is_status(PoRequestPowerIrp(Pdo, 0x77, State, NULL, NULL, NULL), STATUS_INVALID_PARAMETER_2,
              "no such request");
    Old = PoSetPowerState(Fdo, DevicePowerState, State);
    State.DeviceState = PowerDeviceD0;
    Old = PoSetPowerState(Fdo, DevicePowerState, State);
    is_ulong(Old.DeviceState, PowerDeviceD3, "PoSetPowerState gives the old state");
    ok(PoRegisterDeviceForIdleDetection(Pdo, 10, 10, PowerDeviceD3) != NULL,
       "PoRegisterDeviceForIdleDetection");
    is_ptr(PoRegisterDeviceForIdleDetection(Pdo, 0, 0, PowerDeviceD3), NULL, "cancelled");
}

static NTSTATUS pass(PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static VOID removed(VOID)
{
    is_ulong(Queries, 1, "IRP_MN_QUERY_REMOVE_DEVICE came first");
    is_status(IoSetDeviceInterfaceState(&Link, FALSE), STATUS_SUCCESS,
              "the interface is off: not an error");
    RtlFreeUnicodeString(&Link);
    IoDetachDevice(Lower);
    IoDeleteDevice(Fdo);
}

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Device);
    if (Minor == IRP_MN_START_DEVICE) {
        Starts++;
        ok(IoForwardIrpSynchronously(Lower, Irp), "the bus driver starts first");
        Status = Irp->IoStatus.Status;
        is_status(Status, STATUS_SUCCESS, "and succeeds");
        is_ptr(IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResources, NULL,
               "no resources");
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    }
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE)
        Queries++;
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE || Minor == IRP_MN_REMOVE_DEVICE)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = pass(Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        Removes++;
        removed();
    }
    return Status;
}

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    PowerMinor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI dispatch_any(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI worker(PDEVICE_OBJECT Device, PVOID Context);

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT PhysicalDevice)
{
    PIO_WORKITEM Item;

    Adds++;
    Pdo = PhysicalDevice;
    ok(Pdo->Flags & DO_BUS_ENUMERATED_DEVICE, "the physical device");
    if (!is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Fdo),
                   STATUS_SUCCESS, "function device"))
        return STATUS_INSUFFICIENT_RESOURCES;
    Lower = IoAttachDeviceToDeviceStack(Fdo, Pdo);
    is_ptr(Lower, Pdo, "attached");
    Fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    Item = IoAllocateWorkItem(Fdo);
    if (Item == NULL) {
        IoDetachDevice(Lower);
        IoDeleteDevice(Fdo);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoQueueWorkItem(Item, worker, DelayedWorkQueue, Item);
    return STATUS_SUCCESS;
}

/* Runs once the device is started: the worker has a lower claim to the processor than the start. */
static VOID NTAPI worker(PDEVICE_OBJECT Device, PVOID Context)
{
    LARGE_INTEGER Pause = { .QuadPart = -100000 };

    UNREFERENCED_PARAMETER(Device);
    while (Starts == 0)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    test_identity();
    test_interface();
    test_keys();
    test_alias();
    test_power();
    IoFreeWorkItem(Context);
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    is_ulong(Adds, 1, "AddDevice was called once");
    is_ulong(Starts, 1, "IRP_MN_START_DEVICE once");
    is_ulong(Removes, 1, "IRP_MN_REMOVE_DEVICE before DriverUnload");
    is_ptr(Driver->DeviceObject, NULL, "no device is left");
    if (Watch != NULL)
        is_status(IoUnregisterPlugPlayNotification(Watch), STATUS_SUCCESS, "end of notification");
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Me = Driver;
    KeInitializeEvent(&Arrived, SynchronizationEvent, FALSE);
    KeInitializeEvent(&PowerDone, NotificationEvent, FALSE);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_CREATE] = dispatch_any;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch_any;
    Driver->MajorFunction[IRP_MJ_CLOSE] = dispatch_any;
    Driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    is_status(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0,
                                             (PVOID)&TestClass, Driver, changed, NULL, &Watch),
              STATUS_SUCCESS, "watch the interface class");
    return STATUS_SUCCESS;
}
