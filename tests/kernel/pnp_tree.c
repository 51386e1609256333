/* The device tree: new devices are identified, recorded, given their driver and started; missing ones go. */
#include "pnpbus.h"
#include <initguid.h>
#include <devpkey.h>

static VOID setup(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Widget", .Instance = L"1", .UniqueId = TRUE,
                        .HardwareIds = L"DDTEST\\Widget&Rev1\0DDTEST\\Widget\0", .CompatibleIds = L"DDTEST\\Generic\0" };
    Child[1] = (CHILD){ .Name = "b", .DeviceId = L"DDTEST\\Widget", .Instance = L"1",
                        .HardwareIds = L"DDTEST\\Unknown\0", .CompatibleIds = L"DDTEST\\Other\0DDTEST\\Generic\0" };
    Child[2] = (CHILD){ .Name = "c", .DeviceId = L"DDTEST\\Strange", .Instance = L"7", .UniqueId = TRUE,
                        .HardwareIds = L"DDTEST\\Strange\0" };
    Child[3] = (CHILD){ .Name = "r", .DeviceId = L"DDTEST\\RawOne", .Instance = L"8", .UniqueId = TRUE, .Raw = TRUE };
    Child[4] = (CHILD){ .Name = "n", .DeviceId = L"DDTEST\\Widget", .HardwareIds = L"DDTEST\\Widget\0" };
}

/* ---- what a property says ---- */

static PCWSTR text_property(PDEVICE_OBJECT Pdo, DEVICE_REGISTRY_PROPERTY Property)
{
    static WCHAR Text[256];
    ULONG Length;

    RtlFillMemory(Text, sizeof(Text), 0xA5);
    if (!NT_SUCCESS(IoGetDeviceProperty(Pdo, Property, sizeof(Text), Text, &Length)))
        return L"(failed)";
    return Text;
}

static ULONG number_property(PDEVICE_OBJECT Pdo, DEVICE_REGISTRY_PROPERTY Property)
{
    ULONG Value = 0xA5A5A5A5, Length;

    if (!NT_SUCCESS(IoGetDeviceProperty(Pdo, Property, sizeof(Value), &Value, &Length)))
        return 0xDEAD;
    return Value;
}

static BOOLEAN text_is(PCWSTR Got, PCWSTR Expected, const char *What)
{
    return ok(wcscmp(Got, Expected) == 0, "%s: %ws", What, Got);
}

static PCWSTR instance_path(PDEVICE_OBJECT Pdo)
{
    static WCHAR Text[256];
    ULONG Length;
    DEVPROPTYPE Type;

    Text[0] = 0;
    IoGetDevicePropertyData(Pdo, &DEVPKEY_Device_InstanceId, 0, 0, sizeof(Text), Text, &Length, &Type);
    return Text;
}

static ULONG problem_of(PDEVICE_OBJECT Pdo)
{
    ULONG Value = 0xDEAD, Length;
    DEVPROPTYPE Type;

    IoGetDevicePropertyData(Pdo, &DEVPKEY_Device_ProblemCode, 0, 0, sizeof(Value), &Value, &Length, &Type);
    return Value;
}

static VOID test_properties(VOID)
{
    static const GUID BusType = { 0xDD0B0500, 1, 2, { 3 } };
    GUID Guid;
    ULONG Length;

    text_is(text_property(Child[0].Pdo, DevicePropertyHardwareID), L"DDTEST\\Widget&Rev1", "first hardware ID");
    text_is(text_property(Child[0].Pdo, DevicePropertyCompatibleIDs), L"DDTEST\\Generic", "compatible ID");
    text_is(text_property(Child[0].Pdo, DevicePropertyDeviceDescription), L"A test device", "description");
    text_is(text_property(Child[0].Pdo, DevicePropertyLocationInformation), L"Slot 5", "location");
    text_is(text_property(Child[0].Pdo, DevicePropertyEnumeratorName), L"DDTEST", "enumerator");
    is_ulong(number_property(Child[1].Pdo, DevicePropertyAddress), 1, "address");
    is_ulong(number_property(Child[0].Pdo, DevicePropertyBusNumber), 7, "bus number");
    is_ulong(number_property(Child[0].Pdo, DevicePropertyLegacyBusType), PNPBus, "legacy bus type");
    is_ulong(number_property(Child[0].Pdo, DevicePropertyInstallState), InstallStateInstalled, "installed");
    is_ulong(number_property(Child[2].Pdo, DevicePropertyInstallState), InstallStateFailedInstall,
             "not installed: no driver");
    is_ulong(number_property(Child[0].Pdo, DevicePropertyUINumber), 0xDEAD, "no UI number");
    is_ulong(number_property(Child[0].Pdo, DevicePropertyRemovalPolicy), RemovalPolicyExpectNoRemoval, "not removable");
    is_status(IoGetDeviceProperty(Child[0].Pdo, DevicePropertyBusTypeGuid, sizeof(Guid), &Guid, &Length),
              STATUS_SUCCESS, "bus type");
    is_bytes(&Guid, &BusType, sizeof(Guid), "is what the bus driver says");
}

/* Asks for a property of the list below; the table is the same for each child. */
static VOID test_names(VOID)
{
    PCWSTR Path = instance_path(Child[1].Pdo);

    text_is(instance_path(Child[0].Pdo), L"DDTEST\\Widget\\1", "a unique ID stands as it is");
    Path = instance_path(Child[1].Pdo);
    ok(wcsstr(Path, L"DDTEST\\Widget\\") == Path && wcsstr(Path, L"&0&1") != NULL,
       "another is made unique by the parent: %ws", Path);
    Path = instance_path(Child[4].Pdo);
    ok(wcsstr(Path, L"0000") != NULL, "and one is made up where there is none: %ws", Path);
}

static VOID test_keys(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\DDTEST\\Widget\\1");
    UNICODE_STRING Value = RTL_CONSTANT_STRING(L"Service");
    union { KEY_VALUE_PARTIAL_INFORMATION Info; UCHAR Bytes[256]; } Buffer;
    OBJECT_ATTRIBUTES Attributes;
    ULONG Length;
    HANDLE Key;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!is_status(ZwOpenKey(&Key, KEY_READ, &Attributes), STATUS_SUCCESS, "its key under Enum"))
        return;
    is_status(ZwQueryValueKey(Key, &Value, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length),
              STATUS_SUCCESS, "its service");
    ok(wcscmp((PWSTR)Buffer.Info.Data, ServiceName.Buffer) == 0, "%ws", (PWSTR)Buffer.Info.Data);
    ZwClose(Key);
}

/* ---- the course of things ---- */

static VOID test_arrival(VOID)
{
    Child[0].Present = Child[1].Present = Child[2].Present = Child[3].Present = Child[4].Present = TRUE;
    log_clear();
    enumerate();
    is_string(Log, "a.add a.start b.add b.start r.start n.add n.start ", "a by hardware ID, b by compatible ID, r raw");
    ok(Child[0].Fdo != NULL && Child[1].Fdo != NULL, "each has its function device");
    ok(Child[2].Fdo == NULL && Child[3].Fdo == NULL, "one has no driver, one needs none");
    is_ulong(problem_of(Child[0].Pdo), 0, "no problem");
    is_ulong(problem_of(Child[2].Pdo), 28, "code 28: no driver");
    log_clear();
    enumerate();
    is_string(Log, "", "nothing new: nothing happens");
}

static VOID test_departure(VOID)
{
    PDEVICE_OBJECT Old = Child[0].Pdo;

    Child[0].Present = FALSE;
    ObReferenceObject(Old);
    log_clear();
    enumerate();
    is_string(Log, "a.surprise a.remove ", "a device that is reported no more");
    is_ptr(Child[0].Pdo, NULL, "its bus driver deleted it");
    is_ulong(Child[0].Removals, 1, "once");
    ObDereferenceObject(Old);
    Child[2].Present = FALSE;
    log_clear();
    enumerate();
    is_string(Log, "c.remove ", "one without drivers is only removed");
    Child[0].Present = TRUE;
    log_clear();
    enumerate();
    is_string(Log, "a.add a.start ", "and it comes back");
    text_is(instance_path(Child[0].Pdo), L"DDTEST\\Widget\\1", "under its name");
}

/* A driver that fails its part: code and status, and the drivers are gone. */
static VOID test_failures(VOID)
{
    Child[2].Present = FALSE;
    Child[5] = (CHILD){ .Name = "f", .DeviceId = L"DDTEST\\Widget", .Instance = L"f", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDTEST\\Widget\0", .AddStatus = STATUS_NO_MEMORY };
    Child[6] = (CHILD){ .Name = "g", .DeviceId = L"DDTEST\\Widget", .Instance = L"g", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDTEST\\Widget\0", .StartStatus = STATUS_DEVICE_NOT_READY };
    log_clear();
    enumerate();
    is_string(Log, "f.add f.remove g.add g.start g.remove ", "AddDevice fails; start fails");
    is_ulong(problem_of(Child[5].Pdo), 31, "code 31");
    is_ulong(problem_of(Child[6].Pdo), 10, "code 10");
    is_ptr(Child[6].Fdo, NULL, "its function device is gone");
    ok(Child[6].Pdo != NULL, "the physical one stays");
}

static VOID test_order(VOID)
{
    Child[5].Present = Child[6].Present = FALSE;
    enumerate();
    Child[5] = (CHILD){ .Name = "o", .DeviceId = L"DDTEST\\Widget", .Instance = L"o", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDTEST\\Widget\0" };
    LogIds = TRUE;
    log_clear();
    enumerate();
    LogIds = FALSE;
    is_string(Log, "o.id o.capabilities o.text o.text o.id o.id o.id o.id o.bus o.resources o.requirements "
                   "o.enumerated o.add o.filter o.start o.start o.capabilities o.state o.relations ",
              "the requests of a new device, in order");
}

static VOID test_invalidate(VOID)
{
    LARGE_INTEGER Pause = { .QuadPart = -10000 };
    KIRQL OldIrql;

    Child[5].Present = FALSE;
    log_clear();
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IoInvalidateDeviceRelations(BusPdo, BusRelations);
    IoInvalidateDeviceRelations(BusPdo, TargetDeviceRelation);
    is_string(Log, "", "nothing is done at DISPATCH_LEVEL");
    KeLowerIrql(OldIrql);
    while (Child[5].Pdo != NULL)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is_string(Log, "o.surprise o.remove ", "a worker does it");
    is_status(IoSynchronousInvalidateDeviceRelations(BusPdo, EjectionRelations), STATUS_NOT_SUPPORTED,
              "ejection relations are asked for when needed");
}

static VOID test_bus(VOID)
{
    setup();
    is_status(drive_id(L"Widget"), STATUS_SUCCESS, "a driver for DDTEST\\Widget");
    is_status(drive_id(L"Generic"), STATUS_SUCCESS, "and for DDTEST\\Generic");
    test_arrival();
    test_properties();
    test_names();
    test_keys();
    test_departure();
    test_failures();
    test_order();
    test_invalidate();
    log_clear();
}

static VOID last_checks(VOID)
{
    if (BusPdo != NULL)
        is_string(Log, "b.query_remove r.query_remove n.query_remove a.query_remove bus.query_remove b.remove r.remove n.remove a.remove "
                       "bus.remove ", "unloading: children before their bus");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UnloadHook = last_checks;
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
