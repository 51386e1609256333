/*
 * WDFIOTARGET: the next lower driver, the device itself, or a device that the driver opens; its
 * states [doc: Controlling a General I/O Target's State].
 */
#include "usbtarget.h"

/* ---- life ---- */

VOID FxTargetEnlist(FX_TARGET *Target)
{
    FX_DEVICE *Device = Target->Object.Device;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->TargetLock, &Irql);
    InsertTailList(&Device->Targets, &Target->DeviceLink);
    KeReleaseSpinLock(&Device->TargetLock, Irql);
}

static VOID FxTargetUnlist(FX_TARGET *Target)
{
    FX_DEVICE *Device = Target->Object.Device;
    KIRQL Irql;

    if (IsListEmpty(&Target->DeviceLink)) /* never listed, or taken: it does not come back */
        return;
    KeAcquireSpinLock(&Device->TargetLock, &Irql);
    RemoveEntryList(&Target->DeviceLink);
    InitializeListHead(&Target->DeviceLink);
    KeReleaseSpinLock(&Device->TargetLock, Irql);
}

static VOID FxTargetClose(FX_TARGET *Target, WDF_IO_TARGET_STATE State)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Target->Lock, &Irql);
    Target->State = State;
    KeReleaseSpinLock(&Target->Lock, Irql);
    if (Target->Reader != NULL)
        FxReaderStop(Target->Reader, TRUE);
    FxSendWaiting(Target, FALSE, STATUS_CANCELLED);
    FxSendCancelAll(Target);
    KeWaitForSingleObject(&Target->Idle, Executive, KernelMode, FALSE, NULL);
}

VOID FxTargetDispose(FX_OBJECT *Object)
{
    FX_TARGET *Target = (FX_TARGET *)Object;

    FxTargetUnlist(Target);
    FxTargetClose(Target, WdfIoTargetDeleted);
    FxTargetForgetFile(Target);
}

VOID FxTargetDestroy(FX_OBJECT *Object)
{
    FX_TARGET *Target = (FX_TARGET *)Object;

    FxFree(Target->Name.Buffer);
    if (!Target->IsRemote && Target->Pdo != NULL)
        ObDereferenceObject(Target->Pdo);
}

const FX_CLASS FxTargetClass = {
    .Type = FxTypeTarget,
    .Name = "WDFIOTARGET",
    .Size = sizeof(FX_TARGET),
    .Dispose = FxTargetDispose,
    .Destroy = FxTargetDestroy,
    .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE,
    .ClientMaySetParent = TRUE,
};

NTSTATUS FxTargetCreate(FX_DEVICE *Device, const FX_CLASS *Class, FX_OBJECT *Parent,
                        PWDF_OBJECT_ATTRIBUTES Attributes, WDF_IO_TARGET_STATE State,
                        FX_TARGET **Result)
{
    FX_OBJECT *Object;
    FX_TARGET *Target;
    NTSTATUS Status = FxObjectCreate(Device->Object.Globals, Class, Attributes, Parent, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Target = (FX_TARGET *)Object;
    Object->Device = Device;
    Target->State = State;
    KeInitializeSpinLock(&Target->Lock);
    InitializeListHead(&Target->DeviceLink);
    InitializeListHead(&Target->Sent);
    InitializeListHead(&Target->Waiting);
    KeInitializeEvent(&Target->Idle, NotificationEvent, TRUE);
    *Result = Target;
    return STATUS_SUCCESS;
}

static NTSTATUS FxTargetMake(FX_DEVICE *Device, PWDF_OBJECT_ATTRIBUTES Attributes,
                             WDF_IO_TARGET_STATE State, FX_TARGET **Result)
{
    FX_TARGET *Target;
    NTSTATUS Status =
        FxTargetCreate(Device, &FxTargetClass, &Device->Object, Attributes, State, &Target);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxObjectCommit(&Target->Object);
    if (NT_SUCCESS(Status))
        *Result = Target;
    else
        FxObjectAbandon(&Target->Object);
    return Status;
}

VOID FxTargetAimDown(FX_TARGET *Target)
{
    Target->Wdm = Target->Object.Device->Attached;
    Target->Pdo = Target->Object.Device->Pdo;
    if (Target->Pdo != NULL)
        ObReferenceObject(Target->Pdo);
}

NTSTATUS FxTargetCreateLocal(FX_DEVICE *Device)
{
    FX_TARGET *Target;
    NTSTATUS Status = FxTargetMake(Device, NULL, WdfIoTargetStarted, &Target);

    if (!NT_SUCCESS(Status))
        return Status;
    Target->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
    FxTargetAimDown(Target);
    Device->LocalTarget = Target;
    return STATUS_SUCCESS;
}

/* One of the device's list, referenced; NULL: it is empty. */
static FX_TARGET *FxTakeTarget(FX_DEVICE *Device)
{
    FX_TARGET *Target = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->TargetLock, &Irql);
    if (!IsListEmpty(&Device->Targets)) {
        Target = CONTAINING_RECORD(RemoveHeadList(&Device->Targets), FX_TARGET, DeviceLink);
        InitializeListHead(&Target->DeviceLink);
        FxObjectReference(&Target->Object);
    }
    KeReleaseSpinLock(&Device->TargetLock, Irql);
    return Target;
}

VOID FxTargetsRemove(FX_DEVICE *Device)
{
    FX_TARGET *Target;

    if (Device->LocalTarget != NULL)
        FxTargetClose(Device->LocalTarget, WdfIoTargetDeleted);
    if (Device->SelfTarget != NULL)
        FxTargetClose(Device->SelfTarget, WdfIoTargetDeleted);
    while ((Target = FxTakeTarget(Device)) != NULL) {
        FxTargetClose(Target, WdfIoTargetDeleted);
        FxObjectDereference(&Target->Object);
    }
}

WDF_DDI(WdfIoTargetCreate);
NTSTATUS NTAPI imp_WdfIoTargetCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                                     PWDF_OBJECT_ATTRIBUTES Attributes, WDFIOTARGET *Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_TARGET *Target;
    NTSTATUS Status = FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Handle);
    *Handle = NULL;
    if (NT_SUCCESS(Status))
        Status = FxTargetMake(Device, Attributes, WdfIoTargetClosed, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Target->IsRemote = TRUE;
    *Handle = FX_HANDLE(WDFIOTARGET, Target);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceGetIoTarget);
WDFIOTARGET NTAPI imp_WdfDeviceGetIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals,
                                           WDFDEVICE DeviceHandle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);

    return Device->LocalTarget != NULL ? FX_HANDLE(WDFIOTARGET, Device->LocalTarget) : NULL;
}

/* Requests to it come in at the top of the device's own stack of framework queues. */
WDF_DDI(WdfDeviceGetSelfIoTarget);
WDFIOTARGET NTAPI imp_WdfDeviceGetSelfIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFDEVICE DeviceHandle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    FX_TARGET *Target;

    if (!Device->Settings.AllowSelfTarget) {
        FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
                  "no self target without WdfDeviceInitAllowSelfIoTarget");
        return NULL;
    }
    if (Device->SelfTarget == NULL &&
        NT_SUCCESS(FxTargetMake(Device, NULL, WdfIoTargetStarted, &Target))) {
        Target->Object.Flags |= FX_FLAG_NO_CLIENT_DELETE;
        Target->Wdm = Device->Wdm;
        if (InterlockedCompareExchangePointer((PVOID *)&Device->SelfTarget, Target, NULL) != NULL)
            FxObjectDelete(&Target->Object);
    }
    return Device->SelfTarget != NULL ? FX_HANDLE(WDFIOTARGET, Device->SelfTarget) : NULL;
}

/* ---- states ---- */

WDF_DDI(WdfIoTargetStart);
NTSTATUS NTAPI imp_WdfIoTargetStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    KeAcquireSpinLock(&Target->Lock, &Irql);
    if (Target->State == WdfIoTargetStarted || Target->State == WdfIoTargetStopped ||
        Target->State == WdfIoTargetPurged)
        Target->State = WdfIoTargetStarted;
    else
        Status = STATUS_INVALID_DEVICE_STATE;
    KeReleaseSpinLock(&Target->Lock, Irql);
    if (!NT_SUCCESS(Status))
        return FxMistake(Target->Object.Globals, Status, "a target of state %d cannot be started",
                         Target->State);
    FxSendWaiting(Target, TRUE, STATUS_SUCCESS);
    if (Target->Reader != NULL)
        FxReaderStart(Target->Reader);
    return Status;
}

static BOOLEAN FxTargetSetState(FX_TARGET *Target, WDF_IO_TARGET_STATE State)
{
    BOOLEAN Set;
    KIRQL Irql;

    KeAcquireSpinLock(&Target->Lock, &Irql);
    Set = Target->State == WdfIoTargetStarted || Target->State == WdfIoTargetStopped ||
          Target->State == WdfIoTargetPurged;
    if (Set)
        Target->State = State;
    KeReleaseSpinLock(&Target->Lock, Irql);
    return Set;
}

WDF_DDI(WdfIoTargetStop);
VOID NTAPI imp_WdfIoTargetStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle,
                               WDF_IO_TARGET_SENT_IO_ACTION Action)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);

    if (Action <= WdfIoTargetSentIoUndefined || Action > WdfIoTargetLeaveSentIoPending)
        FxViolation(Target->Object.Globals, WDF_OBJECT_ERROR, (ULONG_PTR)Handle, FxTypeTarget,
                    (ULONG_PTR)Action);
    if (Action != WdfIoTargetLeaveSentIoPending &&
        !NT_SUCCESS(FxCheckIrql(Target->Object.Globals, PASSIVE_LEVEL)))
        return;
    FxTargetSetState(Target, WdfIoTargetStopped);
    if (Target->Reader != NULL)
        FxReaderStop(Target->Reader, Action != WdfIoTargetLeaveSentIoPending);
    if (Action == WdfIoTargetCancelSentIo)
        FxSendCancelAll(Target);
    if (Action != WdfIoTargetLeaveSentIoPending)
        KeWaitForSingleObject(&Target->Idle, Executive, KernelMode, FALSE, NULL);
}

WDF_DDI(WdfIoTargetPurge);
VOID NTAPI imp_WdfIoTargetPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle,
                                WDF_IO_TARGET_PURGE_IO_ACTION Action)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);

    if (Action == WdfIoTargetPurgeIoAndWait &&
        !NT_SUCCESS(FxCheckIrql(Target->Object.Globals, PASSIVE_LEVEL)))
        return;
    FxTargetSetState(Target, WdfIoTargetPurged);
    if (Target->Reader != NULL)
        FxReaderStop(Target->Reader, Action == WdfIoTargetPurgeIoAndWait);
    FxSendWaiting(Target, FALSE, STATUS_CANCELLED);
    FxSendCancelAll(Target);
    if (Action == WdfIoTargetPurgeIoAndWait)
        KeWaitForSingleObject(&Target->Idle, Executive, KernelMode, FALSE, NULL);
}

WDF_DDI(WdfIoTargetCloseForQueryRemove);
VOID NTAPI imp_WdfIoTargetCloseForQueryRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);

    if (!Target->IsRemote) {
        FxMistake(Target->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
                  "a local target is not the driver's to close");
        return;
    }
    FxTargetClose(Target, WdfIoTargetClosedForQueryRemove);
    FxTargetForgetFile(Target);
}

WDF_DDI(WdfIoTargetClose);
VOID NTAPI imp_WdfIoTargetClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);

    if (!Target->IsRemote) {
        FxMistake(Target->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
                  "a local target is not the driver's to close");
        return;
    }
    FxTargetClose(Target, WdfIoTargetClosed);
    FxTargetForgetFile(Target);
}

/* ---- what a target tells ---- */

WDF_DDI(WdfIoTargetGetState);
WDF_IO_TARGET_STATE NTAPI imp_WdfIoTargetGetState(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFIOTARGET Handle)
{
    return FxTargetFromHandle(DriverGlobals, Handle)->State;
}

WDF_DDI(WdfIoTargetGetDevice);
WDFDEVICE NTAPI imp_WdfIoTargetGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle)
{
    return FX_HANDLE(WDFDEVICE, FxTargetFromHandle(DriverGlobals, Handle)->Object.Device);
}

WDF_DDI(WdfIoTargetWdmGetTargetDeviceObject);
PDEVICE_OBJECT NTAPI imp_WdfIoTargetWdmGetTargetDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                             WDFIOTARGET Handle)
{
    return FxTargetFromHandle(DriverGlobals, Handle)->Wdm;
}

WDF_DDI(WdfIoTargetWdmGetTargetPhysicalDevice);
PDEVICE_OBJECT NTAPI imp_WdfIoTargetWdmGetTargetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                               WDFIOTARGET Handle)
{
    return FxTargetFromHandle(DriverGlobals, Handle)->Pdo;
}

WDF_DDI(WdfIoTargetWdmGetTargetFileObject);
PFILE_OBJECT NTAPI imp_WdfIoTargetWdmGetTargetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                         WDFIOTARGET Handle)
{
    return FxTargetFromHandle(DriverGlobals, Handle)->File;
}

WDF_DDI(WdfIoTargetWdmGetTargetFileHandle);
HANDLE NTAPI imp_WdfIoTargetWdmGetTargetFileHandle(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                   WDFIOTARGET Handle)
{
    return FxTargetFromHandle(DriverGlobals, Handle)->Handle;
}

WDF_DDI(WdfIoTargetQueryTargetProperty);
NTSTATUS NTAPI imp_WdfIoTargetQueryTargetProperty(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFIOTARGET Handle,
                                                  DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                                  ULONG BufferLength, PVOID PropertyBuffer,
                                                  PULONG ResultLength)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = FxCheckIrql(Target->Object.Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Target->Object.Globals, ResultLength);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Target->Pdo == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return IoGetDeviceProperty(Target->Pdo, DeviceProperty, BufferLength, PropertyBuffer,
                               ResultLength);
}

WDF_DDI(WdfIoTargetAllocAndQueryTargetProperty);
NTSTATUS NTAPI imp_WdfIoTargetAllocAndQueryTargetProperty(
    PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET Handle, DEVICE_REGISTRY_PROPERTY DeviceProperty,
    POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES Attributes, WDFMEMORY *Memory)
{
    ULONG Bytes = 0;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Memory);
    *Memory = NULL;
    Status =
        imp_WdfIoTargetQueryTargetProperty(DriverGlobals, Handle, DeviceProperty, 0, NULL, &Bytes);
    if (Status != STATUS_BUFFER_TOO_SMALL)
        return NT_SUCCESS(Status) ? STATUS_INVALID_DEVICE_STATE
                                  : Status; /* a property of no bytes */
    Status = imp_WdfMemoryCreate(DriverGlobals, Attributes, PoolType, 0, Bytes, Memory, &Buffer);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = imp_WdfIoTargetQueryTargetProperty(DriverGlobals, Handle, DeviceProperty, Bytes,
                                                Buffer, &Bytes);
    if (!NT_SUCCESS(Status)) {
        FxObjectDelete(FxObjectFromHandle(FxGlobalsOf(DriverGlobals), *Memory, FxTypeMemory));
        *Memory = NULL;
    }
    return Status;
}

static VOID FxFillQueryInterface(PIO_STACK_LOCATION Stack, LPCGUID Type, PINTERFACE Interface,
                                 USHORT Size, USHORT Version, PVOID Data)
{
    Stack->MajorFunction = IRP_MJ_PNP;
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = Type;
    Stack->Parameters.QueryInterface.Interface = Interface;
    Stack->Parameters.QueryInterface.Size = Size;
    Stack->Parameters.QueryInterface.Version = Version;
    Stack->Parameters.QueryInterface.InterfaceSpecificData = Data;
}

WDF_DDI(WdfIoTargetQueryForInterface);
NTSTATUS NTAPI imp_WdfIoTargetQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                WDFIOTARGET Handle, LPCGUID InterfaceType,
                                                PINTERFACE Interface, USHORT Size, USHORT Version,
                                                PVOID InterfaceSpecificData)
{
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, Handle);
    IO_STATUS_BLOCK Io = { .Status = STATUS_NOT_SUPPORTED };
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status = FxCheckIrql(Target->Object.Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Target->Object.Globals, InterfaceType);
    FX_REQUIRE(Target->Object.Globals, Interface);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Target->Wdm == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Target->Wdm, NULL, 0, NULL, &Event, &Io);
    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    FxFillQueryInterface(IoGetNextIrpStackLocation(Irp), InterfaceType, Interface, Size, Version,
                         InterfaceSpecificData);
    Status = IoCallDriver(Target->Wdm, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Io.Status;
    }
    return Status;
}
