/* Filters that the registry names: of the device and of its class, below and above the function driver. */
#include "pnpbus.h"
#include <initguid.h>
#include <devpkey.h>

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE Entry);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT Driver);

static PDRIVER_OBJECT Filters[4]; /* driver objects without an image of their own */
static ULONG FilterCount;

static NTSTATUS NTAPI filter_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXT *Ext = Device->DeviceExtension;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status;

    if (Minor == IRP_MN_START_DEVICE || Minor == IRP_MN_REMOVE_DEVICE)
        log_add((const char *)Ext->Child, minor_text(Minor));
    Status = pass_on(Ext, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE)
        detach(Device, Ext);
    return Status;
}

static NTSTATUS attach_filter(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo, const char *Name)
{
    PDEVICE_OBJECT Device;
    EXT *Ext;

    log_add(Name, "add");
    if (!NT_SUCCESS(IoCreateDevice(Driver, sizeof(EXT), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return STATUS_NO_MEMORY;
    Ext = Device->DeviceExtension;
    Ext->Kind = EXT_FILTER;
    Ext->Child = (CHILD *)(PVOID)Name;
    Ext->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

#define FILTER(Name)                                                                                                   \
    static NTSTATUS NTAPI add_##Name(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)                                        \
    {                                                                                                                  \
        return attach_filter(Driver, Pdo, #Name);                                                                      \
    }                                                                                                                  \
    static NTSTATUS NTAPI entry_##Name(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)                            \
    {                                                                                                                  \
        UNREFERENCED_PARAMETER(RegistryPath);                                                                          \
        Filters[FilterCount++] = Driver;                                                                               \
        Driver->DriverExtension->AddDevice = add_##Name;                                                               \
        Driver->MajorFunction[IRP_MJ_PNP] = filter_pnp;                                                                \
        return STATUS_SUCCESS;                                                                                         \
    }
FILTER(lower)
FILTER(classlower)
FILTER(upper)
FILTER(classupper)

static VOID make_filter(PCWSTR Name, PDRIVER_INITIALIZE Entry)
{
    UNICODE_STRING Text;

    RtlInitUnicodeString(&Text, Name);
    is_status(IoCreateDriver(&Text, Entry), STATUS_SUCCESS, "a filter driver");
}

#define ENUM_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\DDTEST"
#define CLASS_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{DDC1A55E-0000-0000-0000-000000000001}"

static VOID write_registry(VOID)
{
    static const PCWSTR Keys[] = { ENUM_KEY, ENUM_KEY L"\\Thing", ENUM_KEY L"\\Thing\\1",
                                   L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class", CLASS_KEY };
    HANDLE Key;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Keys); i++)
        if (NT_SUCCESS(make_key(Keys[i], &Key)))
            ZwClose(Key);
    set_string(ENUM_KEY L"\\Thing\\1", L"LowerFilters", REG_MULTI_SZ, L"lower\0", sizeof(L"lower\0"));
    set_string(ENUM_KEY L"\\Thing\\1", L"UpperFilters", REG_MULTI_SZ, L"upper\0", sizeof(L"upper\0"));
    set_string(ENUM_KEY L"\\Thing\\1", L"ClassGUID", REG_SZ, L"{DDC1A55E-0000-0000-0000-000000000001}",
               sizeof(L"{DDC1A55E-0000-0000-0000-000000000001}"));
    set_string(CLASS_KEY, L"LowerFilters", REG_MULTI_SZ, L"classlower\0", sizeof(L"classlower\0"));
    set_string(CLASS_KEY, L"UpperFilters", REG_MULTI_SZ, L"classupper\0", sizeof(L"classupper\0"));
}

static VOID test_bus(VOID)
{
    WCHAR Text[64];
    ULONG Length, Problem = 0;
    DEVPROPTYPE Type;

    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDTEST\\Thing\0" };
    drive_id(L"Thing");
    write_registry();
    make_filter(L"\\Driver\\lower", entry_lower);
    make_filter(L"\\Driver\\classlower", entry_classlower);
    make_filter(L"\\Driver\\upper", entry_upper);
    make_filter(L"\\Driver\\classupper", entry_classupper);
    log_clear();
    enumerate();
    is_string(Log, "lower.add classlower.add a.add upper.add classupper.add "
                   "classupper.start upper.start a.start classlower.start lower.start ",
              "from the bottom: device, class, function driver, device, class; requests come from the top");
    is_status(IoGetDeviceProperty(Child[0].Pdo, DevicePropertyClassGuid, sizeof(Text), Text, &Length), STATUS_SUCCESS,
              "the class");
    Child[0].Present = FALSE;
    log_clear();
    enumerate();
    ok(strstr(Log, "classupper.remove upper.remove a.remove classlower.remove lower.remove ") != NULL, "removed: %s", Log);
    set_string(ENUM_KEY L"\\Thing\\1", L"UpperFilters", REG_MULTI_SZ, L"absent\0", sizeof(L"absent\0"));
    Child[0].Present = TRUE;
    log_clear();
    enumerate();
    is_string(Log, "lower.add classlower.add a.add a.remove classlower.remove lower.remove ",
              "a filter that is not there: the device does not start");
    is_status(IoGetDevicePropertyData(Child[0].Pdo, &DEVPKEY_Device_ProblemCode, 0, 0, sizeof(Problem), &Problem, &Length,
                                      &Type), STATUS_SUCCESS, "its problem");
    is_ulong(Problem, 40, "code 40: the service key is missing");
    while (FilterCount != 0)
        IoDeleteDriver(Filters[--FilterCount]);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
