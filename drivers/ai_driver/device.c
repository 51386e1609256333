/* The one device: its making, its files, and its end by removal, surprise removal or unload. */
#include "driver.h"

AI_DEVICE *AiTheDevice;

static EVT_WDF_DEVICE_FILE_CREATE AiEvtFileCreate;
static EVT_WDF_FILE_CLEANUP AiEvtFileCleanup;
static EVT_WDF_DEVICE_SURPRISE_REMOVAL AiEvtSurpriseRemoval;
static EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP AiEvtSelfManagedIoCleanup;
static EVT_WDF_OBJECT_CONTEXT_CLEANUP AiEvtDeviceCleanup;

/* ---- files ---- */

static VOID NTAPI AiEvtFileCreate(_In_ WDFDEVICE Device, _In_ WDFREQUEST Request, _In_ WDFFILEOBJECT FileObject)
{
    AI_FILE *File = AiFileOf(FileObject);

    InitializeListHead(&File->Allocations);
    KeInitializeSpinLock(&File->Lock);
    InterlockedIncrement(&AiDeviceOf(Device)->Counters.HandlesNow);
    WdfRequestComplete(Request, STATUS_SUCCESS);
}

/* The last handle is closed: in whichever process that was. */
static VOID NTAPI AiEvtFileCleanup(_In_ WDFFILEOBJECT FileObject)
{
    AI_DEVICE *Device = AiDeviceOf(WdfFileObjectGetDevice(FileObject));
    AI_FILE *File = AiFileOf(FileObject);

    AiPinnedCloseFile(&Device->Pinned, File);
    AiSchedCloseFile(&Device->Sched, File);
    AiGpuCloseFile(&Device->Gpu, File);
    AiWinaiCloseFile(Device, File);
    InterlockedDecrement(&Device->Counters.HandlesNow);
}

/* ---- the end ---- */

/* Nothing is mapped and nobody is boosted any more. More than one of the ways out may come here. */
static VOID AiDeviceStop(_Inout_ AI_DEVICE *Device)
{
    InterlockedExchange(&Device->Removed, TRUE);
    if (NT_SUCCESS(IoAcquireRemoveLock(&Device->InCaller, NULL)))
        IoReleaseRemoveLockAndWait(&Device->InCaller, NULL);
    AiPinnedStop(&Device->Pinned);
}

static VOID NTAPI AiEvtSurpriseRemoval(_In_ WDFDEVICE Device)
{
    AiDeviceStop(AiDeviceOf(Device));
}

static VOID NTAPI AiEvtSelfManagedIoCleanup(_In_ WDFDEVICE Device)
{
    AiDeviceStop(AiDeviceOf(Device));
}

/* The last of the device; also when its making failed half-way. */
static VOID NTAPI AiEvtDeviceCleanup(_In_ WDFOBJECT DeviceHandle)
{
    AI_DEVICE *Device = AiDeviceOf(DeviceHandle);

    if (Device->SchedReady) {
        AiDeviceStop(Device);
        AiSchedStop(&Device->Sched); /* from here on no notification knows the device */
    }
    AiTheDevice = NULL;
    if (Device->Pinned.Blocks.Node != NULL)
        AiPinnedDelete(&Device->Pinned);
    AiConfigDelete(&Device->Config);
}

/* ---- the making ---- */

static NTSTATUS AiDescribe(_Inout_ PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(Name, AI_DEVICE_NT_NAME);
    DECLARE_CONST_UNICODE_STRING(Sddl, AI_DEVICE_SDDL);
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_FILEOBJECT_CONFIG File;
    NTSTATUS Status;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceSurpriseRemoval = AiEvtSurpriseRemoval;
    Callbacks.EvtDeviceSelfManagedIoCleanup = AiEvtSelfManagedIoCleanup;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WDF_FILEOBJECT_CONFIG_INIT(&File, AiEvtFileCreate, WDF_NO_EVENT_CALLBACK, AiEvtFileCleanup);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, AI_FILE);
    WdfDeviceInitSetFileObjectConfig(Init, &File, &Attributes);
    WdfDeviceInitSetIoInCallerContextCallback(Init, AiEvtInCallerContext);
    WdfDeviceInitSetIoType(Init, WdfDeviceIoBuffered);
    WdfDeviceInitSetDeviceType(Init, FILE_DEVICE_UNKNOWN);
    WdfDeviceInitSetCharacteristics(Init, FILE_DEVICE_SECURE_OPEN, TRUE);
    Status = WdfDeviceInitAssignName(Init, &Name);
    return NT_SUCCESS(Status) ? WdfDeviceInitAssignSDDLString(Init, &Sddl) : Status;
}

static NTSTATUS AiMakeParts(_In_ WDFDRIVER Driver, _Inout_ AI_DEVICE *Device)
{
    const UINT32 BlocksPerMegabyte = (1u << 20) / AI_BLOCK_BYTES;
    NTSTATUS Status = AiConfigRead(Driver, &Device->Config);

    if (!NT_SUCCESS(Status))
        return Status;
    AiGpuInitialize(&Device->Gpu);
    AiGpuEnumerate(&Device->Gpu);
    Status = AiPinnedInitialize(&Device->Pinned, Device->Config.PoolMegabytes * BlocksPerMegabyte,
                                Device->Config.QuotaMegabytes * BlocksPerMegabyte);
    if (!NT_SUCCESS(Status))
        return Status;
    AiTheDevice = Device;
    Status = AiSchedStart(&Device->Sched, &Device->Config);
    Device->SchedReady = NT_SUCCESS(Status);
    return Status;
}

static NTSTATUS AiMakeQueue(_In_ WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG Config;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = AiEvtDeviceControl;
    Config.PowerManaged = WdfFalse; /* there is no hardware to be asleep */
    return WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS AiDeviceCreate(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(Link, AI_DEVICE_LINK_NAME);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Handle;
    AI_DEVICE *Device;
    NTSTATUS Status;

    PAGED_CODE();
    Status = AiDescribe(Init);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, AI_DEVICE);
    Attributes.EvtCleanupCallback = AiEvtDeviceCleanup;
    Status = WdfDeviceCreate(&Init, &Attributes, &Handle);
    if (!NT_SUCCESS(Status))
        return Status; /* STATUS_OBJECT_NAME_COLLISION: there is one already */
    Device = AiDeviceOf(Handle);
    Device->StartTime100ns = AiNow100ns();
    IoInitializeRemoveLock(&Device->InCaller, AI_TAG, 0, 0);
    Status = AiMakeParts(Driver, Device);
    if (NT_SUCCESS(Status))
        Status = AiMakeQueue(Handle);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(Handle, &Link);
    return Status; /* on failure the framework deletes the device, and its cleanup callback undoes the rest */
}
