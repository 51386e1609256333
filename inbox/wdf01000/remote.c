/*
 * Remote targets: opened by name, around a device that the driver has, or around a file; watched for removal [doc:
 * Initializing a General I/O Target; WDF_IO_TARGET_OPEN_PARAMS].
 */
#include <ntifs.h>

#include <initguid.h>
#include <wdmguid.h>

#include "target.h"

/* ---- the PDO of a stack ---- */

/* Referenced; NULL when the stack has none. */
static PDEVICE_OBJECT FxFindPdo(PDEVICE_OBJECT Wdm)
{
    IO_STATUS_BLOCK Io = { .Status = STATUS_NOT_SUPPORTED };
    PDEVICE_RELATIONS Relations;
    PDEVICE_OBJECT Pdo = NULL;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Wdm, NULL, 0, NULL, &Event, &Io);
    if (Irp == NULL)
        return NULL;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_DEVICE_RELATIONS;
    Stack->Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
    if (IoCallDriver(Wdm, Irp) == STATUS_PENDING)
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    if (!NT_SUCCESS(Io.Status) || Io.Information == 0)
        return NULL;
    Relations = (PDEVICE_RELATIONS)Io.Information;
    if (Relations->Count != 0)
        Pdo = Relations->Objects[0]; /* its reference is ours */
    ExFreePool(Relations);
    return Pdo;
}

/* ---- removal ---- */

static NTSTATUS FxTargetQueryRemove(FX_TARGET *Target)
{
    WDFIOTARGET Handle = FX_HANDLE(WDFIOTARGET, Target);

    if (Target->Open.EvtIoTargetQueryRemove != NULL)
        return Target->Open.EvtIoTargetQueryRemove(Handle);
    imp_WdfIoTargetCloseForQueryRemove(&Target->Object.Globals->Public, Handle);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI FxTargetChanged(PVOID Structure, PVOID Context)
{
    const TARGET_DEVICE_REMOVAL_NOTIFICATION *Event = Structure;
    FX_TARGET *Target = Context;
    WDFIOTARGET Handle = FX_HANDLE(WDFIOTARGET, Target);

    if (IsEqualGUID(&Event->Event, &GUID_TARGET_DEVICE_QUERY_REMOVE))
        return FxTargetQueryRemove(Target);
    if (IsEqualGUID(&Event->Event, &GUID_TARGET_DEVICE_REMOVE_COMPLETE)) {
        if (Target->Open.EvtIoTargetRemoveComplete != NULL)
            Target->Open.EvtIoTargetRemoveComplete(Handle);
        else
            imp_WdfIoTargetClose(&Target->Object.Globals->Public, Handle);
    } else if (IsEqualGUID(&Event->Event, &GUID_TARGET_DEVICE_REMOVE_CANCELLED)) {
        WDF_IO_TARGET_OPEN_PARAMS Reopen = { .Size = sizeof(Reopen), .Type = WdfIoTargetOpenReopen };

        if (Target->Open.EvtIoTargetRemoveCanceled != NULL)
            Target->Open.EvtIoTargetRemoveCanceled(Handle);
        else
            (VOID)imp_WdfIoTargetOpen(&Target->Object.Globals->Public, Handle, &Reopen); /* it stays closed if that fails */
    }
    return STATUS_SUCCESS;
}

/* The watch is on the file: without one there is nothing to be told about. */
static VOID FxTargetWatch(FX_TARGET *Target)
{
    if (Target->File == NULL || Target->Pdo == NULL)
        return;
    if (!NT_SUCCESS(IoRegisterPlugPlayNotification(EventCategoryTargetDeviceChange, 0, Target->File,
                                                   Target->Object.Globals->DriverObject, FxTargetChanged, Target,
                                                   &Target->Watch)))
        Target->Watch = NULL;
}

VOID FxTargetForgetFile(FX_TARGET *Target)
{
    PVOID Watch = InterlockedExchangePointer(&Target->Watch, NULL);

    if (!Target->IsRemote)
        return;
    if (Watch != NULL)
        IoUnregisterPlugPlayNotificationEx(Watch);
    if (Target->OwnsFile && Target->Handle != NULL)
        ZwClose(Target->Handle);
    if (Target->File != NULL)
        ObDereferenceObject(Target->File);
    if (Target->Pdo != NULL)
        ObDereferenceObject(Target->Pdo);
    if (Target->Wdm != NULL)
        ObDereferenceObject(Target->Wdm);
    Target->Handle = NULL;
    Target->File = NULL;
    Target->Pdo = NULL;
    Target->Wdm = NULL;
}

/* ---- opening ---- */

static NTSTATUS FxOpenByName(FX_TARGET *Target)
{
    const WDF_IO_TARGET_OPEN_PARAMS *Open = &Target->Open;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Target->Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateFile(&Target->Handle, Open->DesiredAccess, &Attributes, &Io, (PLARGE_INTEGER)Open->AllocationSize,
                          Open->FileAttributes, Open->ShareAccess, Open->CreateDisposition, Open->CreateOptions,
                          Open->EaBuffer, Open->EaBufferLength);
    if (!NT_SUCCESS(Status)) {
        Target->Handle = NULL;
        return Status;
    }
    Target->OwnsFile = TRUE;
    Status = ObReferenceObjectByHandle(Target->Handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&Target->File, NULL);
    if (!NT_SUCCESS(Status)) {
        ZwClose(Target->Handle);
        Target->Handle = NULL;
        return Status;
    }
    Target->Open.FileInformation = (ULONG)Io.Information;
    Target->Wdm = IoGetRelatedDeviceObject(Target->File);
    ObReferenceObject(Target->Wdm);
    return STATUS_SUCCESS;
}

static NTSTATUS FxOpenExisting(FX_TARGET *Target)
{
    const WDF_IO_TARGET_OPEN_PARAMS *Open = &Target->Open;

    if (Open->TargetDeviceObject == NULL)
        return STATUS_INVALID_PARAMETER;
    Target->OwnsFile = FALSE;
    Target->Wdm = Open->TargetDeviceObject;
    Target->File = Open->TargetFileObject;
    ObReferenceObject(Target->Wdm);
    if (Target->File != NULL)
        ObReferenceObject(Target->File);
    return STATUS_SUCCESS;
}

/* Keeps what reopening needs. */
static NTSTATUS FxKeepParameters(FX_TARGET *Target, const WDF_IO_TARGET_OPEN_PARAMS *Open)
{
    UNICODE_STRING Name = { 0, 0, NULL };

    if (Open->Type == WdfIoTargetOpenByName) {
        Name.MaximumLength = Open->TargetDeviceName.Length + sizeof(WCHAR);
        Name.Buffer = FxAllocate(Target->Object.Globals, Name.MaximumLength);
        if (Name.Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyUnicodeString(&Name, &Open->TargetDeviceName);
    }
    FxFree(Target->Name.Buffer);
    Target->Name = Name;
    Target->Open = *Open;
    return STATUS_SUCCESS;
}

static NTSTATUS FxTargetOpen(FX_TARGET *Target)
{
    KIRQL Irql;
    NTSTATUS Status;

    switch (Target->Open.Type) {
    case WdfIoTargetOpenByName:
        Status = FxOpenByName(Target);
        break;
    case WdfIoTargetOpenUseExistingDevice:
        Status = FxOpenExisting(Target);
        break;
    default:
        return STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(Status))
        return Status;
    Target->Pdo = FxFindPdo(Target->Wdm);
    KeAcquireSpinLock(&Target->Lock, &Irql);
    Target->State = WdfIoTargetStarted;
    KeReleaseSpinLock(&Target->Lock, Irql);
    FxTargetWatch(Target);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfIoTargetOpen);
NTSTATUS NTAPI imp_WdfIoTargetOpen(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle,
                                   PWDF_IO_TARGET_OPEN_PARAMS OpenParams)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);
    WDF_IO_TARGET_OPEN_PARAMS Open;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_IO_TARGET_OPEN_PARAMS", &Open, sizeof(Open), OpenParams);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!Target->IsRemote || (Target->State != WdfIoTargetClosed && Target->State != WdfIoTargetClosedForQueryRemove))
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "a target of state %d cannot be opened", Target->State);
    if (Open.Type == WdfIoTargetOpenLocalTargetByFile)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WdfIoTargetOpenLocalTargetByFile is for UMDF");
    if (Open.Type == WdfIoTargetOpenReopen && Target->Open.Type == WdfIoTargetOpenUndefined)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "a target that was never open cannot be reopened");
    if (Open.Type != WdfIoTargetOpenReopen) {
        Status = FxKeepParameters(Target, &Open);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = FxTargetOpen(Target);
    if (NT_SUCCESS(Status) && Open.Type == WdfIoTargetOpenByName)
        OpenParams->FileInformation = Target->Open.FileInformation;
    return Status;
}
