/*
 * A bus and its function driver in one test driver. The driver's root device is the bus; its children are in the table
 * Child[], which the test fills. pnp_begin() in DriverEntry; the test's own part runs in a thread, test_bus(), once the
 * bus is started. Log has what the drivers saw, "name.request " each.
 */
#pragma once

#include "tap.h"

typedef struct _CHILD {
    const char *Name;               /* in the log */
    PCWSTR DeviceId, Instance;      /* Instance NULL: none */
    PCWSTR HardwareIds, CompatibleIds; /* multi-strings; NULL: none */
    BOOLEAN UniqueId, Raw, Ejectable, Removable, Lockable;
    PCM_RESOURCE_LIST Boot;
    PIO_RESOURCE_REQUIREMENTS_LIST Needs, Filtered; /* copied for each request; Filtered: what its driver makes of Needs */
    /* how its function driver behaves */
    NTSTATUS AddStatus, StartStatus, QueryRemoveStatus, QueryStopStatus;
    PNP_DEVICE_STATE State;
    PDEVICE_OBJECT Removal, Power;  /* its removal and power relations, or NULL */
    /* what became of it */
    BOOLEAN Present;                /* reported */
    PDEVICE_OBJECT Pdo, Fdo;
    CM_PARTIAL_RESOURCE_DESCRIPTOR Got[4], Translated[4];
    ULONG GotCount;
    ULONG Removals;                 /* of the PDO */
} CHILD;

enum { EXT_BUS = 0x5500, EXT_PDO, EXT_FDO, EXT_FILTER };
typedef struct _EXT {
    ULONG Kind;
    CHILD *Child; /* not of the bus */
    PDEVICE_OBJECT Pdo, Lower;
} EXT;

#define CHILDREN 8
static CHILD Child[CHILDREN];
static PDRIVER_OBJECT Me;
static PDEVICE_OBJECT BusPdo, BusFdo;
static UNICODE_STRING ServiceName;
static KEVENT BusStarted, TestEnded;
static char Log[4096];
static BOOLEAN LogIds; /* also the requests that identify a device */

static VOID test_bus(VOID);
static VOID (*UnloadHook)(VOID); /* last checks */

/* ---- the log ---- */

static TAP_UNUSED VOID log_clear(VOID)
{
    Log[0] = 0;
}

static VOID log_add(const char *Name, const char *What)
{
    SIZE_T Used = strlen(Log);

    _snprintf(Log + Used, sizeof(Log) - Used - 1, "%s.%s ", Name, What);
}

static const char *minor_text(UCHAR Minor)
{
    static const char *const Text[] = {
        "start", "query_remove", "remove", "cancel_remove", "stop", "query_stop", "cancel_stop", "relations",
        "interface", "capabilities", "resources", "requirements", "text", "filter", "?", "read", "write", "eject",
        "lock", "id", "state", "bus", "usage", "surprise", "?", "enumerated"
    };

    return Minor < RTL_NUMBER_OF(Text) ? Text[Minor] : "?";
}

/* Whether a request is one of those that change a device's state. */
static BOOLEAN is_step(UCHAR Minor)
{
    return Minor <= IRP_MN_CANCEL_STOP_DEVICE || Minor == IRP_MN_EJECT || Minor == IRP_MN_SURPRISE_REMOVAL;
}

/* ---- the bus driver's children ---- */

static PVOID paged_copy(const VOID *Data, SIZE_T Bytes)
{
    PVOID Copy = ExAllocatePoolWithTag(PagedPool, Bytes, 'tseT');

    if (Copy != NULL)
        RtlCopyMemory(Copy, Data, Bytes);
    return Copy;
}

static NTSTATUS answer(PIRP Irp, const VOID *Data, SIZE_T Bytes)
{
    if (Data == NULL)
        return Irp->IoStatus.Status;
    Irp->IoStatus.Information = (ULONG_PTR)paged_copy(Data, Bytes);
    return Irp->IoStatus.Information != 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS answer_string(PIRP Irp, PCWSTR Text)
{
    return answer(Irp, Text, Text != NULL ? (wcslen(Text) + 1) * sizeof(WCHAR) : 0);
}

static NTSTATUS answer_strings(PIRP Irp, PCWSTR Text)
{
    SIZE_T Characters = 0;

    while (Text != NULL && Text[Characters] != 0)
        Characters += wcslen(Text + Characters) + 1;
    return answer(Irp, Text, (Characters + 1) * sizeof(WCHAR));
}

static NTSTATUS answer_id(PIRP Irp, CHILD *This, BUS_QUERY_ID_TYPE Type)
{
    switch ((ULONG)Type) {
    case BusQueryDeviceID: return answer_string(Irp, This->DeviceId);
    case BusQueryInstanceID: return answer_string(Irp, This->Instance);
    case BusQueryHardwareIDs: return answer_strings(Irp, This->HardwareIds);
    case BusQueryCompatibleIDs: return answer_strings(Irp, This->CompatibleIds);
    default: return Irp->IoStatus.Status;
    }
}

static NTSTATUS answer_capabilities(CHILD *This, PDEVICE_CAPABILITIES Capabilities)
{
    Capabilities->UniqueID = This->UniqueId;
    Capabilities->RawDeviceOK = This->Raw;
    Capabilities->EjectSupported = This->Ejectable;
    Capabilities->Removable = This->Removable;
    Capabilities->LockSupported = This->Lockable;
    Capabilities->SurpriseRemovalOK = TRUE;
    Capabilities->Address = (ULONG)(This - Child);
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (ULONG State = PowerSystemSleeping1; State < PowerSystemMaximum; State++)
        Capabilities->DeviceState[State] = PowerDeviceD3;
    return STATUS_SUCCESS;
}

static NTSTATUS answer_target(PIRP Irp, PDEVICE_OBJECT Pdo, DEVICE_RELATION_TYPE Type)
{
    DEVICE_RELATIONS Relations = { 1, { Pdo } };

    if (Type != TargetDeviceRelation)
        return Irp->IoStatus.Status;
    ObReferenceObject(Pdo);
    return answer(Irp, &Relations, sizeof(Relations));
}

static NTSTATUS answer_bus(PIRP Irp)
{
    static const PNP_BUS_INFORMATION Bus = { { 0xDD0B0500, 1, 2, { 3 } }, PNPBus, 7 };

    return answer(Irp, &Bus, sizeof(Bus));
}

static VOID pdo_removed(PDEVICE_OBJECT Device, CHILD *This)
{
    This->Removals++;
    if (This->Present || This->Pdo != Device)
        return; /* still plugged in: the bus keeps the object */
    This->Pdo = NULL;
    IoDeleteDevice(Device);
}

/* Other tests may look at a request to a PDO first: TRUE, it completed it with *Status. */
static BOOLEAN (*PdoHook)(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status);

static NTSTATUS pdo_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    CHILD *This = ((EXT *)Device->DeviceExtension)->Child;
    NTSTATUS Status = Irp->IoStatus.Status;
    UCHAR Minor = Stack->MinorFunction;

    if (LogIds || Minor == IRP_MN_EJECT || Minor == IRP_MN_SET_LOCK || (This->Fdo == NULL && is_step(Minor) && Minor != IRP_MN_QUERY_DEVICE_RELATIONS))
        log_add(This->Name, minor_text(Minor));
    if (PdoHook != NULL && PdoHook(Device, Irp, &Status))
        goto Complete;
    switch (Minor) {
    case IRP_MN_QUERY_ID: Status = answer_id(Irp, This, Stack->Parameters.QueryId.IdType); break;
    case IRP_MN_QUERY_CAPABILITIES:
        Status = answer_capabilities(This, Stack->Parameters.DeviceCapabilities.Capabilities);
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        if (Stack->Parameters.QueryDeviceText.DeviceTextType == DeviceTextDescription)
            Status = answer_string(Irp, L"A test device");
        else
            Status = answer_string(Irp, L"Slot 5");
        break;
    case IRP_MN_QUERY_BUS_INFORMATION: Status = answer_bus(Irp); break;
    case IRP_MN_QUERY_RESOURCES:
        Status = answer(Irp, This->Boot, sizeof(CM_RESOURCE_LIST));
        break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        Status = answer(Irp, This->Needs, This->Needs != NULL ? This->Needs->ListSize : 0);
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        Status = answer_target(Irp, Device, Stack->Parameters.QueryDeviceRelations.Type);
        break;
    case IRP_MN_START_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_SET_LOCK:
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_EJECT:
        This->Present = FALSE;
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        pdo_removed(Device, This);
        Status = STATUS_SUCCESS;
        break;
    }
Complete:
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID make_pdo(CHILD *This)
{
    EXT *Ext;

    if (!NT_SUCCESS(IoCreateDevice(Me, sizeof(EXT), NULL, FILE_DEVICE_UNKNOWN, FILE_AUTOGENERATED_DEVICE_NAME, FALSE,
                                   &This->Pdo)))
        return;
    Ext = This->Pdo->DeviceExtension;
    Ext->Kind = EXT_PDO;
    Ext->Child = This;
    Ext->Pdo = This->Pdo;
    This->Pdo->Flags |= DO_POWER_PAGABLE;
    This->Pdo->Flags &= ~DO_DEVICE_INITIALIZING;
}

static NTSTATUS bus_relations(PIRP Irp)
{
    struct { ULONG Count; PDEVICE_OBJECT Objects[CHILDREN]; } List = { 0, { NULL } };

    for (ULONG i = 0; i < CHILDREN; i++) {
        if (!Child[i].Present)
            continue;
        if (Child[i].Pdo == NULL)
            make_pdo(&Child[i]);
        if (Child[i].Pdo == NULL)
            continue; /* no memory: not this time */
        ObReferenceObject(Child[i].Pdo);
        List.Objects[List.Count++] = Child[i].Pdo;
    }
    return answer(Irp, &List, sizeof(List));
}

/* ---- function devices ---- */

static VOID note_resources(CHILD *This, PIO_STACK_LOCATION Stack)
{
    PCM_RESOURCE_LIST Raw = Stack->Parameters.StartDevice.AllocatedResources;
    PCM_RESOURCE_LIST Translated = Stack->Parameters.StartDevice.AllocatedResourcesTranslated;

    This->GotCount = 0;
    if (Raw == NULL)
        return;
    for (ULONG i = 0; i < Raw->List[0].PartialResourceList.Count && i < RTL_NUMBER_OF(This->Got); i++) {
        This->Got[i] = Raw->List[0].PartialResourceList.PartialDescriptors[i];
        This->Translated[i] = Translated->List[0].PartialResourceList.PartialDescriptors[i];
        This->GotCount++;
    }
}

static NTSTATUS complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS pass_on(EXT *Ext, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Ext->Lower, Irp);
}

static VOID detach(PDEVICE_OBJECT Device, EXT *Ext)
{
    IoDetachDevice(Ext->Lower);
    IoDeleteDevice(Device);
}

/* On the way up: another list in place of the one that came. */
static NTSTATUS filter_requirements(EXT *Ext, PIRP Irp)
{
    IoForwardIrpSynchronously(Ext->Lower, Irp);
    if (Irp->IoStatus.Information != 0)
        ExFreePool((PVOID)Irp->IoStatus.Information);
    Irp->IoStatus.Information = (ULONG_PTR)paged_copy(Ext->Child->Filtered, Ext->Child->Filtered->ListSize);
    return complete(Irp, STATUS_SUCCESS);
}

static VOID name_relation(PIRP Irp, PDEVICE_OBJECT Pdo)
{
    DEVICE_RELATIONS Relations = { 1, { Pdo } };

    ObReferenceObject(Pdo);
    answer(Irp, &Relations, sizeof(Relations));
}

static NTSTATUS fdo_pnp(PDEVICE_OBJECT Device, EXT *Ext, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    CHILD *This = Ext->Child;
    UCHAR Minor = Stack->MinorFunction;
    NTSTATUS Status;

    if (is_step(Minor) && Minor != IRP_MN_QUERY_DEVICE_RELATIONS)
        log_add(This->Name, minor_text(Minor));
    switch (Minor) {
    case IRP_MN_START_DEVICE:
        if (!NT_SUCCESS(This->StartStatus))
            return complete(Irp, This->StartStatus);
        IoForwardIrpSynchronously(Ext->Lower, Irp);
        note_resources(This, Stack);
        return complete(Irp, Irp->IoStatus.Status);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        if (!NT_SUCCESS(This->QueryRemoveStatus))
            return complete(Irp, This->QueryRemoveStatus);
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
        if (!NT_SUCCESS(This->QueryStopStatus))
            return complete(Irp, This->QueryStopStatus);
        break;
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        if (This->Filtered != NULL)
            return filter_requirements(Ext, Irp);
        return pass_on(Ext, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (This->State == 0)
            return pass_on(Ext, Irp);
        Irp->IoStatus.Information |= This->State;
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Stack->Parameters.QueryDeviceRelations.Type == RemovalRelations && This->Removal != NULL)
            name_relation(Irp, This->Removal);
        else if (Stack->Parameters.QueryDeviceRelations.Type == PowerRelations && This->Power != NULL)
            name_relation(Irp, This->Power);
        else
            return pass_on(Ext, Irp);
        break;
    case IRP_MN_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = pass_on(Ext, Irp);
        This->Fdo = NULL;
        detach(Device, Ext);
        return Status;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        break;
    default:
        return pass_on(Ext, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return pass_on(Ext, Irp);
}

/* ---- the bus itself ---- */

/* Other tests may answer IRP_MN_QUERY_DEVICE_RELATIONS for the bus themselves: TRUE. */
static BOOLEAN (*BusHook)(PIRP Irp);

static VOID bus_removed(VOID)
{
    for (ULONG i = 0; i < CHILDREN; i++)
        if (Child[i].Pdo != NULL) {
            IoDeleteDevice(Child[i].Pdo);
            Child[i].Pdo = NULL;
        }
}

static NTSTATUS bus_pnp(PDEVICE_OBJECT Device, EXT *Ext, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UCHAR Minor = Stack->MinorFunction;
    NTSTATUS Status;

    if (is_step(Minor) && Minor != IRP_MN_QUERY_DEVICE_RELATIONS)
        log_add("bus", minor_text(Minor));
    switch (Minor) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(Ext->Lower, Irp);
        KeSetEvent(&BusStarted, IO_NO_INCREMENT, FALSE);
        return complete(Irp, Irp->IoStatus.Status);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (Stack->Parameters.QueryDeviceRelations.Type != BusRelations)
            return pass_on(Ext, Irp);
        if (BusHook == NULL || !BusHook(Irp))
            Irp->IoStatus.Status = bus_relations(Irp);
        return pass_on(Ext, Irp);
    case IRP_MN_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Status = pass_on(Ext, Irp);
        bus_removed();
        detach(Device, Ext);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        return pass_on(Ext, Irp);
    default:
        return pass_on(Ext, Irp);
    }
}

/* ---- routines of the driver ---- */

static NTSTATUS NTAPI dispatch_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXT *Ext = Device->DeviceExtension;

    switch (Ext->Kind) {
    case EXT_PDO: return pdo_pnp(Device, Irp);
    case EXT_FDO: return fdo_pnp(Device, Ext, Irp);
    default: return bus_pnp(Device, Ext, Irp);
    }
}

/* Other tests may handle power requests themselves. */
static NTSTATUS (*PowerHook)(PDEVICE_OBJECT Device, EXT *Ext, PIRP Irp);

static NTSTATUS NTAPI dispatch_power(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXT *Ext = Device->DeviceExtension;

    if (PowerHook != NULL)
        return PowerHook(Device, Ext, Irp);
    PoStartNextPowerIrp(Irp);
    if (Ext->Kind == EXT_PDO)
        return complete(Irp, STATUS_SUCCESS);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Ext->Lower, Irp);
}

static NTSTATUS NTAPI dispatch_open(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = 0;
    return complete(Irp, STATUS_SUCCESS);
}

static CHILD *child_of(PDEVICE_OBJECT Pdo)
{
    for (ULONG i = 0; i < CHILDREN; i++)
        if (Child[i].Pdo == Pdo)
            return &Child[i];
    return NULL;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    CHILD *This = child_of(Pdo);
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    EXT *Ext;

    if (This != NULL) {
        log_add(This->Name, "add");
        if (!NT_SUCCESS(This->AddStatus))
            return This->AddStatus;
    }
    Status = IoCreateDevice(Driver, sizeof(EXT), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Ext = Device->DeviceExtension;
    Ext->Kind = This != NULL ? EXT_FDO : EXT_BUS;
    Ext->Child = This;
    Ext->Pdo = Pdo;
    Ext->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    if (This != NULL) {
        This->Fdo = Device;
    } else {
        BusPdo = Pdo;
        BusFdo = Device;
    }
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI test_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&BusStarted, Executive, KernelMode, FALSE, NULL);
    if (BusPdo != NULL)
        test_bus();
    else
        skip(1, "no device was enumerated for the driver");
    KeSetEvent(&TestEnded, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* ---- for tests ---- */

static NTSTATUS make_key(PCWSTR Path, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL);
}

static NTSTATUS set_string(PCWSTR Path, PCWSTR Name, ULONG Type, PCWSTR Text, ULONG Bytes)
{
    UNICODE_STRING Value;
    HANDLE Key;
    NTSTATUS Status = make_key(Path, &Key);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Value, Name);
    Status = ZwSetValueKey(Key, &Value, 0, Type, (PVOID)Text, Bytes);
    ZwClose(Key);
    return Status;
}

/* Says that this driver drives DDTEST\Id: what an installer would have written. */
static TAP_UNUSED NTSTATUS drive_id(PCWSTR Id)
{
    static const PCWSTR Above[] = {
        L"\\Registry\\Machine\\System\\DriverDatabase", L"\\Registry\\Machine\\System\\DriverDatabase\\DeviceIds",
        L"\\Registry\\Machine\\System\\DriverDatabase\\DeviceIds\\DDTEST"
    };
    WCHAR Path[160];
    HANDLE Key;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Above); i++)
        if (NT_SUCCESS(make_key(Above[i], &Key)))
            ZwClose(Key);
    _snwprintf(Path, RTL_NUMBER_OF(Path), L"%ws\\%ws", Above[2], Id);
    return set_string(Path, L"Service", REG_SZ, ServiceName.Buffer, ServiceName.Length + sizeof(WCHAR));
}

/* The bus is enumerated and all that follows from it is done when this returns. */
static TAP_UNUSED VOID enumerate(VOID)
{
    is_status(IoSynchronousInvalidateDeviceRelations(BusPdo, BusRelations), STATUS_SUCCESS, "enumerate the bus");
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeSetEvent(&BusStarted, IO_NO_INCREMENT, FALSE); /* where drivers get no device (sc start), there is no bus */
    KeWaitForSingleObject(&TestEnded, Executive, KernelMode, FALSE, NULL);
    ExFreePoolWithTag(ServiceName.Buffer, 'tseT');
    if (UnloadHook != NULL)
        UnloadHook();
    done();
}

static VOID pnp_begin(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Thread;
    ULONG i = RegistryPath->Length / sizeof(WCHAR);

    tap_begin(Driver);
    Me = Driver;
    while (RegistryPath->Buffer[i - 1] != L'\\')
        i--;
    ServiceName.Length = (USHORT)(RegistryPath->Length - i * sizeof(WCHAR));
    ServiceName.Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, ServiceName.Length + sizeof(WCHAR), 'tseT');
    RtlCopyMemory(ServiceName.Buffer, RegistryPath->Buffer + i, ServiceName.Length);
    ServiceName.Buffer[ServiceName.Length / sizeof(WCHAR)] = 0;
    KeInitializeEvent(&BusStarted, NotificationEvent, FALSE);
    KeInitializeEvent(&TestEnded, NotificationEvent, FALSE);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_CREATE] = dispatch_open;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = dispatch_open;
    Driver->MajorFunction[IRP_MJ_CLOSE] = dispatch_open;
    Driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    is_status(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, test_thread, NULL), STATUS_SUCCESS,
              "a thread for the test");
    ZwClose(Thread);
}

