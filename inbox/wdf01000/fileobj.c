/*
 * File objects: WDFFILEOBJECT, and what is done with create, cleanup and close [doc: Framework File Objects; WDF_FILEOBJECT_CONFIG;
 * WDF_FILEOBJECT_CLASS]. A file object is found by its class: in FsContext, in FsContext2 or in the device's list.
 */
#include "queue.h"

static VOID FxFileDispose(FX_OBJECT *Object)
{
    FX_FILE *File = (FX_FILE *)Object;
    FX_DEVICE *Device = Object->Device;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->FileLock, &Irql);
    RemoveEntryList(&File->Link);
    InitializeListHead(&File->Link);
    KeReleaseSpinLock(&Device->FileLock, Irql);
}

static const FX_CLASS FxFileClass = {
    .Type = FxTypeFile, .Name = "WDFFILEOBJECT", .Size = sizeof(FX_FILE), .Dispose = FxFileDispose, .HasExecutionLevel = TRUE,
};

/* ---- which one ---- */

/* Where the class lets the framework put its pointer; NULL: nowhere. */
static PVOID *FxFileSlot(const FX_DEVICE *Device, PFILE_OBJECT Wdm)
{
    if (Wdm == NULL)
        return NULL;
    switch (Device->Settings.File.FileClass) {
    case WdfFileObjectWdfCanUseFsContext:
        return &Wdm->FsContext;
    case WdfFileObjectWdfCanUseFsContext2:
        return &Wdm->FsContext2;
    default:
        return NULL;
    }
}

static BOOLEAN FxHasFiles(const FX_DEVICE *Device)
{
    return Device->Settings.File.IsSet && Device->Settings.File.FileClass > WdfFileObjectNotRequired;
}

static FX_FILE *FxFileInList(FX_DEVICE *Device, PFILE_OBJECT Wdm)
{
    FX_FILE *Found = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->FileLock, &Irql);
    for (PLIST_ENTRY Link = Device->Files.Flink; Link != &Device->Files && Found == NULL; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, FX_FILE, Link)->Wdm == Wdm)
            Found = CONTAINING_RECORD(Link, FX_FILE, Link);
    KeReleaseSpinLock(&Device->FileLock, Irql);
    return Found;
}

static FX_FILE *FxFileOfWdm(FX_DEVICE *Device, PFILE_OBJECT Wdm)
{
    PVOID *Slot = FxFileSlot(Device, Wdm);
    FX_FILE *File;

    if (Slot == NULL)
        return Device->Settings.File.FileClass == WdfFileObjectWdfCannotUseFsContexts ? FxFileInList(Device, Wdm) : NULL;
    File = *Slot;
    if (File == NULL || File->Object.Signature != FX_SIGNATURE || File->Object.Class != &FxFileClass ||
        File->Object.Device != Device)
        return NULL; /* opened without us, or another driver's value */
    return File;
}

FX_FILE *FxFileOfIrp(FX_DEVICE *Device, PIRP Irp)
{
    return FxHasFiles(Device) ? FxFileOfWdm(Device, IoGetCurrentIrpStackLocation(Irp)->FileObject) : NULL;
}

/* ---- life ---- */

/* Must there be an object for this file? One without a WDM file object is for exclusive devices that keep a list. */
static NTSTATUS FxWantsFile(const FX_DEVICE *Device, PFILE_OBJECT Wdm, BOOLEAN *Wanted)
{
    *Wanted = FxHasFiles(Device);
    if (!*Wanted || Wdm != NULL)
        return STATUS_SUCCESS;
    if (Device->Settings.IsExclusive && Device->Settings.File.FileClass == WdfFileObjectWdfCannotUseFsContexts)
        return STATUS_SUCCESS;
    *Wanted = FALSE;
    return Device->Settings.File.CanBeOptional ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

/* *File NULL with success: none is wanted. */
static NTSTATUS FxFileCreate(FX_DEVICE *Device, PFILE_OBJECT Wdm, FX_FILE **File)
{
    PWDF_OBJECT_ATTRIBUTES Attributes = &Device->Settings.File.Attributes;
    PVOID *Slot = FxFileSlot(Device, Wdm);
    FX_OBJECT *Object;
    BOOLEAN Wanted;
    NTSTATUS Status = FxWantsFile(Device, Wdm, &Wanted);
    KIRQL Irql;

    *File = NULL;
    if (!NT_SUCCESS(Status) || !Wanted)
        return Status;
    Status = FxObjectCreate(Device->Object.Globals, &FxFileClass, Attributes->Size != 0 ? Attributes : NULL, &Device->Object, 0,
                            &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Object->Device = Device;
    *File = (FX_FILE *)Object;
    (*File)->Wdm = Wdm;
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        *File = NULL;
        return Status;
    }
    KeAcquireSpinLock(&Device->FileLock, &Irql);
    InsertTailList(&Device->Files, &(*File)->Link);
    KeReleaseSpinLock(&Device->FileLock, Irql);
    if (Slot != NULL)
        *Slot = *File;
    return STATUS_SUCCESS;
}

static VOID FxFileDelete(FX_FILE *File)
{
    PVOID *Slot = FxFileSlot(File->Object.Device, File->Wdm);

    if (Slot != NULL && *Slot == File)
        *Slot = NULL;
    FxObjectDelete(&File->Object);
}

VOID FxFileCreateDone(FX_DEVICE *Device, FX_FILE *File, NTSTATUS Status)
{
    UNREFERENCED_PARAMETER(Device);
    if (File != NULL && !NT_SUCCESS(Status))
        FxFileDelete(File);
}

/* ---- create ---- */

static BOOLEAN FxForwardsFiles(const FX_DEVICE *Device)
{
    WDF_TRI_STATE Forward = Device->Settings.File.IsSet ? Device->Settings.File.AutoForward : WdfUseDefault;

    return Device->Attached != NULL && (Forward == WdfTrue || (Forward == WdfUseDefault && Device->Settings.IsFilter));
}

static NTSTATUS NTAPI FxCreateForwarded(PDEVICE_OBJECT Wdm, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Wdm);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (!NT_SUCCESS(Irp->IoStatus.Status))
        FxFileDelete(Context);
    return STATUS_CONTINUE_COMPLETION;
}

/* Down the stack; a file object goes again when the create fails there. */
static NTSTATUS FxForwardCreate(FX_DEVICE *Device, PIRP Irp, FX_FILE *File)
{
    if (File == NULL)
        return FxForward(Device, Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FxCreateForwarded, File, TRUE, TRUE, TRUE);
    return IoCallDriver(Device->Attached, Irp);
}

/* The driver gets the request, from EvtDeviceFileCreate or from its queue. */
static NTSTATUS FxPresentCreate(FX_DEVICE *Device, PIRP Irp, FX_FILE *File)
{
    FX_REQUEST *Request = FxRequestCreateForIrp(Device, Irp, File);

    if (Request == NULL) {
        FxFileCreateDone(Device, File, STATUS_INSUFFICIENT_RESOURCES);
        return FxCompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    FxInlineBegin(Request);
    if (Device->Settings.File.EvtCreate != NULL) {
        Request->State = FxRequestInCaller;
        Request->Delivered = TRUE;
        Device->Settings.File.EvtCreate(FX_HANDLE(WDFDEVICE, Device), FX_HANDLE(WDFREQUEST, Request),
                                        File != NULL ? FX_HANDLE(WDFFILEOBJECT, File) : NULL);
    } else if (!NT_SUCCESS(FxQueueArrive(Device->QueueOf[IRP_MJ_CREATE], Request))) {
        FxRequestComplete(Request, STATUS_INVALID_DEVICE_STATE, 0, IO_NO_INCREMENT);
    }
    return FxInlineEnd(Request);
}

static NTSTATUS FxDispatchCreate(FX_DEVICE *Device, PIRP Irp)
{
    FX_FILE *File;
    NTSTATUS Status = FxFileCreate(Device, IoGetCurrentIrpStackLocation(Irp)->FileObject, &File);

    if (!NT_SUCCESS(Status))
        return FxCompleteIrp(Irp, Status);
    if (Device->Settings.File.EvtCreate != NULL || Device->QueueOf[IRP_MJ_CREATE] != NULL)
        return FxPresentCreate(Device, Irp, File);
    if (FxForwardsFiles(Device))
        return FxForwardCreate(Device, Irp, File);
    return FxCompleteIrp(Irp, STATUS_SUCCESS);
}

/* ---- cleanup, close ---- */

static VOID FxCleanupFile(FX_DEVICE *Device, PIRP Irp)
{
    FX_FILE *File = FxFileOfIrp(Device, Irp);

    if (File != NULL && Device->Settings.File.EvtCleanup != NULL)
        Device->Settings.File.EvtCleanup(FX_HANDLE(WDFFILEOBJECT, File));
    FxQueuesCancelFile(Device, IoGetCurrentIrpStackLocation(Irp)->FileObject);
}

static VOID FxCloseFile(FX_DEVICE *Device, PIRP Irp)
{
    FX_FILE *File = FxFileOfIrp(Device, Irp);

    if (File == NULL)
        return;
    if (Device->Settings.File.EvtClose != NULL)
        Device->Settings.File.EvtClose(FX_HANDLE(WDFFILEOBJECT, File));
    FxFileDelete(File);
}

NTSTATUS FxFileDispatch(FX_DEVICE *Device, PIRP Irp)
{
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;

    if (Major == IRP_MJ_CREATE)
        return FxDispatchCreate(Device, Irp);
    if (Major == IRP_MJ_CLEANUP)
        FxCleanupFile(Device, Irp);
    else
        FxCloseFile(Device, Irp);
    return FxForwardsFiles(Device) ? FxForward(Device, Irp) : FxCompleteIrp(Irp, STATUS_SUCCESS);
}

/* ---- for clients ---- */

static FX_FILE *FxFileFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    return FX_OBJECT_OF(FX_FILE, FxGlobalsOf(DriverGlobals), Handle, FxTypeFile);
}

WDF_DDI(WdfDeviceGetFileObject);
WDFFILEOBJECT NTAPI imp_WdfDeviceGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle, PFILE_OBJECT FileObject)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_FILE *File = FxHasFiles(Device) ? FxFileInList(Device, FileObject) : NULL;

    return File != NULL ? FX_HANDLE(WDFFILEOBJECT, File) : NULL;
}

WDF_DDI(WdfFileObjectGetFileName);
PUNICODE_STRING NTAPI imp_WdfFileObjectGetFileName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    FX_FILE *File = FxFileFromHandle(DriverGlobals, Handle);

    if (!NT_SUCCESS(FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL)) || File->Wdm == NULL)
        return NULL;
    return &File->Wdm->FileName;
}

WDF_DDI(WdfFileObjectGetFlags);
ULONG NTAPI imp_WdfFileObjectGetFlags(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    const FX_FILE *File = FxFileFromHandle(DriverGlobals, Handle);

    return File->Wdm != NULL ? File->Wdm->Flags : 0;
}

WDF_DDI(WdfFileObjectGetDevice);
WDFDEVICE NTAPI imp_WdfFileObjectGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    return FX_HANDLE(WDFDEVICE, FxFileFromHandle(DriverGlobals, Handle)->Object.Device);
}

WDF_DDI(WdfFileObjectWdmGetFileObject);
PFILE_OBJECT NTAPI imp_WdfFileObjectWdmGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    return FxFileFromHandle(DriverGlobals, Handle)->Wdm;
}

WDF_DDI(WdfFileObjectGetInitiatorProcessId);
ULONG NTAPI imp_WdfFileObjectGetInitiatorProcessId(PWDF_DRIVER_GLOBALS DriverGlobals, WDFFILEOBJECT Handle)
{
    FxFileFromHandle(DriverGlobals, Handle);
    return 0; /* no component of this kernel opens files on behalf of another process */
}
