/* KMDF 1.33: what a device is made to be before it is made, by one WDFDEVICE_INIT after the other.
 *
 * What WDFDEVICE_INIT's setters do to the device object, by physical devices that are made and deleted again; the
 * device's own I/O target with the remove lock held for requests; a device beside the framework's (miniport).
 */
#include "tap.h"
#include <wdf.h>
#include <wdfcx.h>
#include <wdfminiport.h>

#define IOCTL_PLAIN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_OTHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FLAGS (DO_POWER_PAGABLE | DO_POWER_INRUSH | DO_BUFFERED_IO | DO_DIRECT_IO)

static WDFDEVICE Device;
static PDEVICE_OBJECT Pdo;
static PDRIVER_OBJECT Driver;
static PVOID Thread;
static KEVENT Started;
static ULONG Plain;
static BOOLEAN TestDone;

/* ---- setters ---- */

static VOID SetNothing(PWDFDEVICE_INIT Init)
{
    UNREFERENCED_PARAMETER(Init);
}

static VOID SetPageable(PWDFDEVICE_INIT Init)
{
    WdfDeviceInitSetPowerNotPageable(Init);
    WdfDeviceInitSetPowerPageable(Init);
}

static VOID SetNotPageable(PWDFDEVICE_INIT Init)
{
    WdfDeviceInitSetPowerPageable(Init);
    WdfDeviceInitSetPowerNotPageable(Init);
}

static VOID SetInrush(PWDFDEVICE_INIT Init)
{
    WdfDeviceInitSetPowerPageable(Init);
    WdfDeviceInitSetPowerInrush(Init);
}

static VOID SetIo(PWDFDEVICE_INIT Init, WDF_DEVICE_IO_TYPE Type, ULONG Shorter)
{
    WDF_IO_TYPE_CONFIG Config;

    WDF_IO_TYPE_CONFIG_INIT(&Config);
    Config.ReadWriteIoType = Type;
    Config.Size -= Shorter;
    WdfDeviceInitSetIoTypeEx(Init, &Config);
}

static VOID SetDirect(PWDFDEVICE_INIT Init)
{
    SetIo(Init, WdfDeviceIoDirect, 0);
}

static VOID SetNeither(PWDFDEVICE_INIT Init)
{
    SetIo(Init, WdfDeviceIoNeither, 0);
}

static VOID SetWrong(PWDFDEVICE_INIT Init)
{
    SetIo(Init, WdfDeviceIoDirect, 1);
}

static VOID SetLock(PWDFDEVICE_INIT Init)
{
    WDF_REMOVE_LOCK_OPTIONS Options;

    WDF_REMOVE_LOCK_OPTIONS_INIT(&Options, WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO);
    WdfDeviceInitSetRemoveLockOptions(Init, &Options);
}

static VOID SetWrongLock(PWDFDEVICE_INIT Init)
{
    WDF_REMOVE_LOCK_OPTIONS Options;

    WDF_REMOVE_LOCK_OPTIONS_INIT(&Options, 0x80);
    WdfDeviceInitSetRemoveLockOptions(Init, &Options);
}

static const struct {
    VOID (*Set)(PWDFDEVICE_INIT Init);
    ULONG Flags;
    CCHAR StackSize;
    const char *What;
} Cases[] = {
    { SetNothing, DO_BUFFERED_IO, 1, "as its parent, which is not pageable" },
    { SetPageable, DO_BUFFERED_IO | DO_POWER_PAGABLE, 1, "pageable" },
    { SetNotPageable, DO_BUFFERED_IO, 1, "not pageable" },
    { SetInrush, DO_BUFFERED_IO | DO_POWER_INRUSH, 1, "inrush, so not pageable" },
    { SetDirect, DO_DIRECT_IO, 1, "direct I/O" },
    { SetNeither, 0, 1, "neither" },
    { SetWrong, DO_BUFFERED_IO, 1, "a configuration of a wrong size changes nothing" },
    { SetLock, DO_BUFFERED_IO, 2, "a stack location for the remove lock" },
    { SetWrongLock, DO_BUFFERED_IO, 1, "none for an unknown option" },
};

static VOID TestCase(ULONG Index)
{
    DECLARE_CONST_UNICODE_STRING(Id, L"KmdfDevInit\\Child");
    DECLARE_UNICODE_STRING_SIZE(Instance, 16);
    PWDFDEVICE_INIT Init = WdfPdoInitAllocate(Device);
    PDEVICE_OBJECT Wdm;
    WDFDEVICE Child;

    if (!ok(Init != NULL, "WdfPdoInitAllocate"))
        return;
    RtlIntegerToUnicodeString(Index, 10, &Instance);
    WdfPdoInitAssignDeviceID(Init, &Id);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    Cases[Index].Set(Init);
    if (!is_status(WdfDeviceCreate(&Init, NULL, &Child), STATUS_SUCCESS, "a child"))
        return;
    Wdm = WdfDeviceWdmGetDeviceObject(Child);
    is_hex(Wdm->Flags & FLAGS, Cases[Index].Flags, "%s", Cases[Index].What);
    is_ulong(Wdm->StackSize, Cases[Index].StackSize, "its stack locations");
    ok(WdfDeviceGetSelfIoTarget(Child) == NULL, "no self target that was not asked for");
    WdfObjectDelete(Child);
}

/* ---- the self target ---- */

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl;
static VOID NTAPI EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    Plain++;
    WdfRequestComplete(Request, Code == IOCTL_PLAIN ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}

static VOID TestSelf(VOID)
{
    WDFIOTARGET Self = WdfDeviceGetSelfIoTarget(Device);

    if (!ok(Self != NULL, "the self target"))
        return;
    ok(WdfDeviceGetSelfIoTarget(Device) == Self, "always the same");
    ok(Self != WdfDeviceGetIoTarget(Device), "not the local one");
    ok(WdfIoTargetGetDevice(Self) == Device, "its device");
    ok(WdfIoTargetWdmGetTargetDeviceObject(Self) == WdfDeviceWdmGetDeviceObject(Device), "is where its requests go");
    is_status(WdfIoTargetSendIoctlSynchronously(Self, NULL, IOCTL_PLAIN, NULL, NULL, NULL, NULL), STATUS_SUCCESS, "a request");
    is_ulong(Plain, 1, "comes to the device's own queue");
    is_status(WdfIoTargetSendIoctlSynchronously(Self, NULL, IOCTL_OTHER, NULL, NULL, NULL, NULL),
              STATUS_INVALID_DEVICE_REQUEST, "another");
    is_ulong(Plain, 2, "comes there too");
}

/* ---- a device object of the driver's own ---- */

static VOID TestMiniport(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    PDEVICE_OBJECT Own;
    WDFDEVICE Miniport;

    if (!is_status(IoCreateDevice(Driver, sizeof(PVOID), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Own), STATUS_SUCCESS,
                   "a device object"))
        return;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    Miniport = Device;
    is_status(WdfDeviceMiniportCreate(WdfGetDriver(), &Attributes, Own, Pdo, Pdo, &Miniport),
              STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "it has no parent of the driver's choice");
    ok(Miniport == NULL, "no device");
    if (is_status(WdfDeviceMiniportCreate(WdfGetDriver(), NULL, Own, Pdo, Pdo, &Miniport), STATUS_SUCCESS,
                  "WdfDeviceMiniportCreate")) {
        ok(WdfDeviceWdmGetDeviceObject(Miniport) == Own, "its device object");
        ok(WdfDeviceWdmGetAttachedDevice(Miniport) == Pdo, "what it is attached to");
        ok(WdfDeviceWdmGetPhysicalDevice(Miniport) == Pdo, "its physical device");
        ok(WdfDeviceGetDriver(Miniport) == WdfGetDriver(), "its driver");
        is_status(WdfIoTargetSendIoctlSynchronously(WdfDeviceGetIoTarget(Miniport), NULL, IOCTL_PLAIN, NULL, NULL, NULL,
                                                    NULL), STATUS_INVALID_DEVICE_REQUEST, "its target is what is below");
        is_ulong(Plain, 2, "not this driver");
        WdfObjectDelete(Miniport);
    }
    IoDeleteDevice(Own);
}

static VOID NTAPI TestThread(PVOID Context)
{
    static const GUID Guid = { 0x0DD0C0DE, 13, 1, { 1 } };
    ULONG Word = 7;

    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Started, Executive, KernelMode, FALSE, NULL);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Cases); i++)
        TestCase(i);
    TestSelf();
    TestMiniport();
    is_status(WdfObjectQuery(Device, &Guid, sizeof(Word), &Word), STATUS_NOT_FOUND, "an object has nothing to ask for");
    is_ulong(Word, 7, "and says nothing");
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
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Unused, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_IO_QUEUE_CONFIG Queue;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Unused);
    Pdo = WdfFdoInitWdmGetPhysicalDevice(Init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceSelfManagedIoInit = EvtInit;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WdfDeviceInitSetPowerNotPageable(Init);
    WdfDeviceInitAllowSelfIoTarget(Init);
    SetLock(Init); /* a request that kept the lock would hold up the removal for ever */
    Status = WdfDeviceCreate(&Init, NULL, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    is_hex(WdfDeviceWdmGetDeviceObject(Device)->Flags & FLAGS, DO_BUFFERED_IO, "the function device is not pageable");
    is_ulong(WdfDeviceWdmGetDeviceObject(Device)->StackSize, Pdo->StackSize + 2u,
             "stack locations for itself and for the lock");
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = EvtControl;
    return WdfIoQueueCreate(Device, &Queue, NULL, NULL);
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Unused)
{
    UNREFERENCED_PARAMETER(Unused);
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

    Driver = DriverObject;
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
