/* KMDF: control devices: WDFDEVICE_INIT, names, security, links, preprocessed requests, deletion; what is refused. */
#include "tap.h"
#include <wdf.h>

#define NAME L"\\Device\\KmdfControl"
#define LINK L"\\??\\KmdfControlLink"

typedef struct _STATE {
    ULONG Mark;
} STATE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(STATE, GetState)

static ULONG Cleanups, Destroys, Preprocessed;
static UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
static UNICODE_STRING Name = RTL_CONSTANT_STRING(NAME), Link = RTL_CONSTANT_STRING(LINK);

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    ok(GetState(Object)->Mark == 0x77, "the context at EvtCleanupCallback");
    is_ulong(KeGetCurrentIrql(), PASSIVE_LEVEL, "EvtCleanupCallback of a device is called at PASSIVE_LEVEL");
    Cleanups++;
}

static EVT_WDF_OBJECT_CONTEXT_DESTROY EvtDestroy;
static VOID NTAPI EvtDestroy(WDFOBJECT Object)
{
    ok(GetState(Object)->Mark == 0x77, "the context at EvtDestroyCallback");
    Destroys++;
}

/* Flush ends here; the rest goes on to the framework. */
static EVT_WDFDEVICE_WDM_IRP_PREPROCESS EvtPreprocess;
static NTSTATUS NTAPI EvtPreprocess(WDFDEVICE Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    Preprocessed++;
    if (Stack->MajorFunction == IRP_MJ_FLUSH_BUFFERS) {
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

static NTSTATUS Send(PDEVICE_OBJECT Device, UCHAR Major, UCHAR Minor)
{
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, Device, NULL, 0, NULL, &Event, &Iosb);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = Major;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = Minor;
    Status = IoCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    return Status;
}

static PWDFDEVICE_INIT NewInit(PCUNICODE_STRING DeviceName)
{
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(WdfGetDriver(), &Sddl);

    if (ok(Init != NULL, "WdfControlDeviceInitAllocate") && DeviceName != NULL)
        is_status(WdfDeviceInitAssignName(Init, DeviceName), STATUS_SUCCESS, "WdfDeviceInitAssignName");
    return Init;
}

static NTSTATUS CreateDevice(PWDFDEVICE_INIT *Init, WDFDEVICE *Device)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, STATE);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Attributes.EvtDestroyCallback = EvtDestroy;
    *Device = (WDFDEVICE)0xA5A5A5A5;
    Status = WdfDeviceCreate(Init, &Attributes, Device);
    if (NT_SUCCESS(Status))
        GetState(*Device)->Mark = 0x77;
    return Status;
}

static VOID TestInit(VOID)
{
    static UCHAR Minors[] = { 1, 2 };
    PWDFDEVICE_INIT Init = NewInit(NULL);

    is_status(WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_MAXIMUM_FUNCTION + 1, NULL, 0),
              STATUS_INVALID_PARAMETER, "no such major function");
    is_status(WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_PNP, Minors, 2), STATUS_SUCCESS,
              "two minor functions");
    is_status(WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_PNP, Minors, 1),
              STATUS_INVALID_DEVICE_REQUEST, "minor functions a second time");
    is_status(WdfDeviceInitAssignName(Init, &Name), STATUS_SUCCESS, "a name");
    is_status(WdfDeviceInitAssignName(Init, NULL), STATUS_SUCCESS, "and none");
    is_status(WdfDeviceInitAssignSDDLString(Init, &Sddl), STATUS_SUCCESS, "another SDDL string");
    WdfDeviceInitFree(Init);
}

static VOID TestWdm(WDFDEVICE Device)
{
    PDEVICE_OBJECT Wdm = WdfDeviceWdmGetDeviceObject(Device);

    ok(Wdm != NULL && Wdm->DriverObject == WdfDriverWdmGetDriverObject(WdfGetDriver()), "its device object is the driver's");
    ok(WdfWdmDeviceGetWdfDeviceHandle(Wdm) == Device, "WdfWdmDeviceGetWdfDeviceHandle");
    ok(WdfDeviceWdmGetAttachedDevice(Device) == NULL, "no device below it");
    ok(WdfDeviceWdmGetPhysicalDevice(Device) == NULL, "no physical device");
    ok(WdfDeviceGetIoTarget(Device) == NULL, "no local I/O target");
    ok(WdfDeviceGetDefaultQueue(Device) == NULL, "no default queue yet");
    ok(WdfDeviceGetDriver(Device) == WdfGetDriver(), "its driver");
    is_ulong(Wdm->DeviceType, 0x8123, "the device type");
    ok((WdfDeviceGetCharacteristics(Device) & (FILE_DEVICE_SECURE_OPEN | FILE_READ_ONLY_DEVICE)) ==
           (FILE_DEVICE_SECURE_OPEN | FILE_READ_ONLY_DEVICE), "characteristics, and FILE_DEVICE_SECURE_OPEN");
    WdfDeviceSetCharacteristics(Device, FILE_DEVICE_SECURE_OPEN);
    is_ulong(WdfDeviceGetCharacteristics(Device), FILE_DEVICE_SECURE_OPEN, "WdfDeviceSetCharacteristics");
    WdfDeviceSetAlignmentRequirement(Device, FILE_LONG_ALIGNMENT);
    is_ulong(WdfDeviceGetAlignmentRequirement(Device), FILE_LONG_ALIGNMENT, "alignment");
    ok((Wdm->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO)) == DO_DIRECT_IO, "direct I/O");
    is_ulong(Wdm->StackSize, 2, "a stack location more for the preprocess callback");
    ok(Wdm->Flags & DO_EXCLUSIVE, "exclusive");
    ok(Wdm->Flags & DO_DEVICE_INITIALIZING, "still initialising");
    WdfControlFinishInitializing(Device);
    ok(!(Wdm->Flags & DO_DEVICE_INITIALIZING), "and now no more");
}

static VOID TestRequests(WDFDEVICE Device)
{
    PDEVICE_OBJECT Wdm = WdfDeviceWdmGetDeviceObject(Device);

    is_status(Send(Wdm, IRP_MJ_FLUSH_BUFFERS, 0), STATUS_SUCCESS, "a preprocessed request that ends there");
    is_status(Send(Wdm, IRP_MJ_SHUTDOWN, 0), STATUS_INVALID_DEVICE_REQUEST, "one that goes on to the framework");
    is_ulong(Preprocessed, 2, "two were preprocessed");
    is_status(Send(Wdm, IRP_MJ_READ, 0), STATUS_INVALID_DEVICE_REQUEST, "a read without a queue");
    is_status(Send(Wdm, IRP_MJ_QUERY_EA, 0), STATUS_INVALID_DEVICE_REQUEST, "what the framework does not know");
    is_status(Send(Wdm, IRP_MJ_PNP, IRP_MN_QUERY_CAPABILITIES), STATUS_INVALID_DEVICE_REQUEST, "PnP to a control device");
    is_ulong(Preprocessed, 2, "no more were preprocessed");
}

static VOID TestNames(WDFDEVICE Device)
{
    UNICODE_STRING Text;
    WDFSTRING String;
    GUID Class = { 1, 2, 3, { 4 } };

    is_status(WdfStringCreate(NULL, NULL, &String), STATUS_SUCCESS, "a string");
    is_status(WdfDeviceRetrieveDeviceName(Device, String), STATUS_SUCCESS, "WdfDeviceRetrieveDeviceName");
    WdfStringGetUnicodeString(String, &Text);
    ok(RtlEqualUnicodeString(&Text, &Name, FALSE), "the name is %wZ", &Text);
    is_status(WdfDeviceCreateSymbolicLink(Device, &Link), STATUS_SUCCESS, "a symbolic link");
    is_status(WdfDeviceCreateSymbolicLink(Device, &Link), STATUS_OBJECT_NAME_COLLISION, "the same again");
    is_status(WdfDeviceCreateDeviceInterface(Device, &Class, NULL), STATUS_INVALID_DEVICE_REQUEST,
              "no device interface for a control device");
    is_status(WdfDeviceRetrieveDeviceInterfaceString(Device, &Class, NULL, String), STATUS_INVALID_DEVICE_REQUEST,
              "nor its string");
    WdfObjectDelete(String);
}

static VOID TestAutoName(VOID)
{
    PWDFDEVICE_INIT Init = NewInit(NULL);
    WDFDEVICE Device;
    WDFSTRING String;
    UNICODE_STRING Text;

    if (!is_status(WdfDeviceCreate(&Init, NULL, &Device), STATUS_SUCCESS, "a control device without a name"))
        return;
    is_status(WdfStringCreate(NULL, NULL, &String), STATUS_SUCCESS, "a string");
    is_status(WdfDeviceRetrieveDeviceName(Device, String), STATUS_SUCCESS, "gets one");
    WdfStringGetUnicodeString(String, &Text);
    ok(Text.Length > 16 && memcmp(Text.Buffer, L"\\Device\\", 16) == 0, "it is %wZ", &Text);
    WdfObjectDelete(String);
    WdfObjectDelete(Device);
}

static VOID TestFailures(VOID)
{
    PWDFDEVICE_INIT Init = NewInit(&Name), None = NULL;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;

    is_status(WdfDeviceCreate(&None, NULL, &Device), STATUS_INVALID_DEVICE_STATE, "no WDFDEVICE_INIT");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = WdfGetDriver();
    is_status(WdfDeviceCreate(&Init, &Attributes, &Device), STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "a parent");
    is_status(CreateDevice(&Init, &Device), STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    ok(Init != NULL && Device == NULL, "the WDFDEVICE_INIT is still the driver's, the handle NULL");
    WdfDeviceInitFree(Init);
    is_ulong(Cleanups, 0, "no callback for a device that never was");
}

static VOID TestDevice(VOID)
{
    PWDFDEVICE_INIT Init = NewInit(&Name);
    PFILE_OBJECT File;
    PDEVICE_OBJECT Target;
    WDFDEVICE Device;

    WdfDeviceInitSetDeviceType(Init, 0x8123);
    WdfDeviceInitSetCharacteristics(Init, FILE_READ_ONLY_DEVICE, FALSE);
    WdfDeviceInitSetExclusive(Init, TRUE);
    WdfDeviceInitSetIoType(Init, WdfDeviceIoDirect);
    WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_FLUSH_BUFFERS, NULL, 0);
    WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, EvtPreprocess, IRP_MJ_SHUTDOWN, NULL, 0);
    if (!is_status(CreateDevice(&Init, &Device), STATUS_SUCCESS, "WdfDeviceCreate"))
        return;
    ok(Init == NULL, "it has taken the WDFDEVICE_INIT");
    TestWdm(Device);
    TestRequests(Device);
    TestNames(Device);
    TestFailures();
    WdfObjectDelete(Device);
    is_ulong(Cleanups, 1, "cleaned up");
    is_ulong(Destroys, 1, "destroyed");
    ok(!NT_SUCCESS(IoGetDeviceObjectPointer(&Link, FILE_READ_DATA, &File, &Target)), "the link is gone");
    is_status(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Target), STATUS_OBJECT_NAME_NOT_FOUND,
              "so is the device");
}

/* ---- shutdown ---- */

static EVT_WDF_DEVICE_SHUTDOWN_NOTIFICATION EvtShutdown;
static ULONG Shutdowns;
static VOID NTAPI EvtShutdown(WDFDEVICE Device)
{
    UNREFERENCED_PARAMETER(Device);
    Shutdowns++;
}

static VOID TestShutdown(VOID)
{
    PWDFDEVICE_INIT Init = NewInit(NULL);
    WDFDEVICE Device;

    WdfControlDeviceInitSetShutdownNotification(Init, EvtShutdown, WdfDeviceShutdown);
    if (!is_status(WdfDeviceCreate(&Init, NULL, &Device), STATUS_SUCCESS, "a device that wants to know of shutdown"))
        return;
    WdfControlFinishInitializing(Device);
    is_status(Send(WdfDeviceWdmGetDeviceObject(Device), IRP_MJ_SHUTDOWN, 0), STATUS_SUCCESS, "shutdown");
    is_ulong(Shutdowns, 1, "EvtDeviceShutdownNotification");
    WdfObjectDelete(Device);
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PWDFDEVICE_INIT Init;
    WDF_DRIVER_CONFIG Config;
    WDFDEVICE Device;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, NULL);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = EvtUnload;
    if (!is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate"))
        return done();
    TestInit();
    TestDevice();
    TestAutoName();
    TestShutdown();
    Init = NewInit(&Name);
    is_status(WdfDeviceCreate(&Init, NULL, &Device), STATUS_SUCCESS, "one that is left to the unloading");
    done();
    return STATUS_SUCCESS;
}
