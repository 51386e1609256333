/*
 * KMDF: hardware resources: what a bus's child needs and has, a function driver that asks for more
 * and takes it out again, what EvtDevicePrepareHardware sees; relations and special files of the
 * child's devices.
 */
#include "pnp_test.h"

#define PORT_BASE 0x2000u
#define ADDED_BASE 0x2100u
#define PORTS 16u
#define SLOT 0x1234u

typedef struct _ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
} ID;

static WDFDEVICE Bus, Function, Physical;
static ULONG Prepares, Removals, Usages, BusUsages;
static NTSTATUS UsageStatus;

static VOID PortRange(PIO_RESOURCE_DESCRIPTOR Descriptor, ULONG Base)
{
    RtlZeroMemory(Descriptor, sizeof(*Descriptor));
    Descriptor->Type = CmResourceTypePort;
    Descriptor->ShareDisposition = CmResourceShareDeviceExclusive;
    Descriptor->Flags = CM_RESOURCE_PORT_IO | CM_RESOURCE_PORT_16_BIT_DECODE;
    Descriptor->u.Port.Length = PORTS;
    Descriptor->u.Port.Alignment = 1;
    Descriptor->u.Port.MinimumAddress.QuadPart = Base;
    Descriptor->u.Port.MaximumAddress.QuadPart = Base + PORTS - 1;
}

/* ---- the physical device ---- */

static EVT_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY EvtRequirements;
static NTSTATUS NTAPI EvtRequirements(WDFDEVICE Device, WDFIORESREQLIST List)
{
    IO_RESOURCE_DESCRIPTOR Descriptor;
    WDFIORESLIST Configuration;
    NTSTATUS Status = WdfIoResourceListCreate(List, NULL, &Configuration);

    UNREFERENCED_PARAMETER(Device);
    WdfIoResourceRequirementsListSetInterfaceType(List, PNPBus);
    if (NT_SUCCESS(Status)) {
        PortRange(&Descriptor, PORT_BASE);
        Status = WdfIoResourceListAppendDescriptor(Configuration, &Descriptor);
    }
    if (NT_SUCCESS(Status))
        Status = WdfIoResourceRequirementsListAppendIoResList(List, Configuration);
    return Status;
}

static EVT_WDF_DEVICE_RESOURCES_QUERY EvtResources;
static NTSTATUS NTAPI EvtResources(WDFDEVICE Device, WDFCMRESLIST List)
{
    UNREFERENCED_PARAMETER(Device);
    is_ulong(WdfCmResourceListGetCount(List), 0, "an empty list for the boot configuration");
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPhysicalPrepare;
static NTSTATUS NTAPI EvtPhysicalPrepare(WDFDEVICE Device, WDFCMRESLIST Raw,
                                         WDFCMRESLIST Translated)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor;

    UNREFERENCED_PARAMETER(Device);
    is_ulong(WdfCmResourceListGetCount(Raw), 1, "the bus sees its own resource alone");
    is_ulong(WdfCmResourceListGetCount(Translated), 1, "also translated");
    Descriptor = WdfCmResourceListGetDescriptor(Raw, 0);
    ok(Descriptor != NULL && Descriptor->Type == CmResourceTypePort &&
           Descriptor->u.Port.Start.LowPart == PORT_BASE,
       "the ports that it needs");
    Prepares++;
    return STATUS_SUCCESS;
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE EvtCreateChild;
static NTSTATUS NTAPI EvtCreateChild(WDFCHILDLIST List,
                                     PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header,
                                     PWDFDEVICE_INIT Init)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, L"KmdfRes\\Child");
    DECLARE_CONST_UNICODE_STRING(Instance, L"0");
    WDF_PNPPOWER_EVENT_CALLBACKS Power;
    WDF_PDO_EVENT_CALLBACKS Pdo;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(List);
    UNREFERENCED_PARAMETER(Header);
    WdfPdoInitAssignDeviceID(Init, &DeviceId);
    WdfPdoInitAddHardwareID(Init, &DeviceId);
    WdfPdoInitAssignInstanceID(Init, &Instance);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
    Power.EvtDevicePrepareHardware = EvtPhysicalPrepare;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
    WDF_PDO_EVENT_CALLBACKS_INIT(&Pdo);
    Pdo.EvtDeviceResourceRequirementsQuery = EvtRequirements;
    Pdo.EvtDeviceResourcesQuery = EvtResources;
    WdfPdoInitSetEventCallbacks(Init, &Pdo);
    Status = WdfDeviceCreate(&Init, NULL, &Physical);
    if (NT_SUCCESS(Status))
        WdfDeviceSetSpecialFileSupport(Physical, WdfSpecialFilePaging, TRUE);
    return Status;
}

/* ---- the function device ---- */

static ULONG PossibleBase(WDFIORESLIST List, ULONG Index)
{
    PIO_RESOURCE_DESCRIPTOR Descriptor = WdfIoResourceListGetDescriptor(List, Index);

    return Descriptor != NULL ? Descriptor->u.Port.MinimumAddress.LowPart : 0;
}

/* One list of possible resources, put into order and emptied again. */
static VOID TestPossible(WDFIORESLIST List)
{
    IO_RESOURCE_DESCRIPTOR Descriptor;

    is_ulong(WdfIoResourceListGetCount(List), 0, "a new list is empty");
    ok(WdfIoResourceListGetDescriptor(List, 0) == NULL, "and has no first resource");
    PortRange(&Descriptor, 0x3000);
    is_status(WdfIoResourceListInsertDescriptor(List, &Descriptor, 1), STATUS_ARRAY_BOUNDS_EXCEEDED,
              "not past the end");
    is_status(WdfIoResourceListInsertDescriptor(List, &Descriptor, 0), STATUS_SUCCESS,
              "at the end");
    PortRange(&Descriptor, 0x3100);
    is_status(WdfIoResourceListInsertDescriptor(List, &Descriptor, 0), STATUS_SUCCESS, "before it");
    PortRange(&Descriptor, 0x3200);
    is_status(WdfIoResourceListInsertDescriptor(List, &Descriptor, 1), STATUS_SUCCESS,
              "between the two");
    for (ULONG i = 3; i < 9; i++) {
        PortRange(&Descriptor, 0x3000 + 0x1000 * i);
        is_status(WdfIoResourceListAppendDescriptor(List, &Descriptor), STATUS_SUCCESS, "and more");
    }
    ok(PossibleBase(List, 0) == 0x3100 && PossibleBase(List, 1) == 0x3200 &&
           PossibleBase(List, 2) == 0x3000 && PossibleBase(List, 3) == 0x6000 &&
           PossibleBase(List, 8) == 0xB000,
       "in that order");
    PortRange(&Descriptor, 0x3300);
    WdfIoResourceListUpdateDescriptor(List, &Descriptor, 1);
    WdfIoResourceListUpdateDescriptor(List, &Descriptor, 9);
    is_ulong(PossibleBase(List, 1), 0x3300, "one is changed");
    is_ulong(WdfIoResourceListGetCount(List), 9, "none is added");
    WdfIoResourceListRemove(List, 0);
    WdfIoResourceListRemove(List, 8);
    is_ulong(WdfIoResourceListGetCount(List), 8, "the first is removed");
    ok(PossibleBase(List, 0) == 0x3300 && PossibleBase(List, 7) == 0xB000, "the others follow");
    WdfIoResourceListRemoveByDescriptor(List, WdfIoResourceListGetDescriptor(List, 1));
    WdfIoResourceListRemoveByDescriptor(List, &Descriptor);
    is_ulong(WdfIoResourceListGetCount(List), 7, "one of the list, none that is not of it");
    ok(PossibleBase(List, 0) == 0x3300 && PossibleBase(List, 1) == 0x6000, "the right one");
}

/* Other configurations beside the first; in the end it is alone again. */
static VOID TestRequirements(WDFIORESREQLIST List)
{
    WDFIORESLIST First = WdfIoResourceRequirementsListGetIoResList(List, 0), Second, Third;

    is_status(WdfIoResourceListCreate(List, NULL, &Second), STATUS_SUCCESS,
              "another configuration");
    is_status(WdfIoResourceListCreate(List, NULL, &Third), STATUS_SUCCESS, "and another");
    TestPossible(Second);
    is_ulong(WdfIoResourceRequirementsListGetCount(List), 1, "they are not in the list yet");
    is_status(WdfIoResourceRequirementsListInsertIoResList(List, Second, 2),
              STATUS_ARRAY_BOUNDS_EXCEEDED, "not past the end");
    is_status(WdfIoResourceRequirementsListInsertIoResList(List, Second, 0), STATUS_SUCCESS,
              "before the first");
    is_status(WdfIoResourceRequirementsListInsertIoResList(List, Third, 1), STATUS_SUCCESS,
              "between the two");
    ok(WdfIoResourceRequirementsListGetIoResList(List, 0) == Second &&
           WdfIoResourceRequirementsListGetIoResList(List, 1) == Third &&
           WdfIoResourceRequirementsListGetIoResList(List, 2) == First,
       "in that order");
    WdfIoResourceRequirementsListRemove(List, 3);
    is_ulong(WdfIoResourceRequirementsListGetCount(List), 3, "there is none to remove there");
    WdfIoResourceRequirementsListRemove(List, 0);
    ok(WdfIoResourceRequirementsListGetIoResList(List, 0) == Third, "the first is removed");
    WdfIoResourceRequirementsListRemoveByIoResList(List, Second);
    is_ulong(WdfIoResourceRequirementsListGetCount(List), 2, "it is not in the list any more");
    WdfIoResourceRequirementsListRemoveByIoResList(List, Third);
    is_ulong(WdfIoResourceRequirementsListGetCount(List), 1, "the other is removed too");
    ok(WdfIoResourceRequirementsListGetIoResList(List, 0) == First, "the first is left");
    WdfObjectDelete(Third);
}

/* Assigned resources: additions to Raw that are taken out again. */
static VOID TestAssigned(WDFCMRESLIST List)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = *WdfCmResourceListGetDescriptor(List, 0);
    ULONG Count = WdfCmResourceListGetCount(List), First = Descriptor.u.Port.Start.LowPart;

    Descriptor.u.Port.Start.LowPart = 0x7000;
    is_status(WdfCmResourceListInsertDescriptor(List, &Descriptor, Count + 1),
              STATUS_ARRAY_BOUNDS_EXCEEDED, "not past the end");
    is_status(WdfCmResourceListInsertDescriptor(List, &Descriptor, 0), STATUS_SUCCESS,
              "before the first");
    Descriptor.u.Port.Start.LowPart = 0x7100;
    is_status(WdfCmResourceListAppendDescriptor(List, &Descriptor), STATUS_SUCCESS, "at the end");
    is_ulong(WdfCmResourceListGetCount(List), Count + 2, "two more");
    ok(WdfCmResourceListGetDescriptor(List, 0)->u.Port.Start.LowPart == 0x7000 &&
           WdfCmResourceListGetDescriptor(List, 1)->u.Port.Start.LowPart == First &&
           WdfCmResourceListGetDescriptor(List, Count + 1)->u.Port.Start.LowPart == 0x7100,
       "in that order");
    WdfCmResourceListRemoveByDescriptor(List, WdfCmResourceListGetDescriptor(List, 0));
    WdfCmResourceListRemoveByDescriptor(List, &Descriptor);
    is_ulong(WdfCmResourceListGetCount(List), Count + 1, "one of the list, none that is not of it");
    ok(WdfCmResourceListGetDescriptor(List, 0)->u.Port.Start.LowPart == First, "the right one");
    WdfCmResourceListRemoveByDescriptor(List, WdfCmResourceListGetDescriptor(List, Count));
    is_ulong(WdfCmResourceListGetCount(List), Count, "as before");
    ok(WdfCmResourceListGetDescriptor(List, Count) == NULL, "nothing past the end");
}

static EVT_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS EvtAdd;
static NTSTATUS NTAPI EvtAdd(WDFDEVICE Device, WDFIORESREQLIST List)
{
    WDFIORESLIST Configuration = WdfIoResourceRequirementsListGetIoResList(List, 0);
    IO_RESOURCE_DESCRIPTOR Descriptor;

    UNREFERENCED_PARAMETER(Device);
    is_ulong(WdfIoResourceRequirementsListGetCount(List), 1, "one configuration");
    is_ulong(WdfIoResourceListGetCount(Configuration), 1, "of one resource");
    TestRequirements(List);
    WdfIoResourceRequirementsListSetSlotNumber(List, SLOT);
    PortRange(&Descriptor, ADDED_BASE);
    return WdfIoResourceListAppendDescriptor(Configuration, &Descriptor);
}

static EVT_WDF_DEVICE_REMOVE_ADDED_RESOURCES EvtRemoveAdded;
static NTSTATUS NTAPI EvtRemoveAdded(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Device);
    is_ulong(WdfCmResourceListGetCount(Raw), 2, "two resources are assigned");
    TestAssigned(Raw);
    for (ULONG i = WdfCmResourceListGetCount(Raw); i-- != 0;)
        if (WdfCmResourceListGetDescriptor(Raw, i)->u.Port.Start.LowPart == ADDED_BASE) {
            WdfCmResourceListRemove(Raw, i);
            WdfCmResourceListRemove(Translated, i);
        }
    Removals++;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Device);
    is_ulong(WdfCmResourceListGetCount(Raw), 2, "the function driver sees both");
    is_status(WdfCmResourceListAppendDescriptor(Raw, WdfCmResourceListGetDescriptor(Raw, 0)),
              STATUS_ACCESS_DENIED, "it cannot add to them");
    WdfCmResourceListRemoveByDescriptor(Raw, WdfCmResourceListGetDescriptor(Raw, 0));
    is_ulong(WdfCmResourceListGetCount(Raw), 2, "nor take from them");
    is_ulong(WdfCmResourceListGetCount(Translated), 2, "also translated");
    Prepares++;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_USAGE_NOTIFICATION_EX EvtUsage;
static NTSTATUS NTAPI EvtUsage(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    UNREFERENCED_PARAMETER(Device);
    is_ulong(Type, WdfSpecialFilePaging, "a paging file");
    Usages += InPath ? 1 : 0x100;
    return UsageStatus;
}

static NTSTATUS AddFunction(PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Power;
    WDF_FDO_EVENT_CALLBACKS Fdo;
    NTSTATUS Status;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
    Power.EvtDevicePrepareHardware = EvtPrepare;
    Power.EvtDeviceUsageNotificationEx = EvtUsage;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
    WDF_FDO_EVENT_CALLBACKS_INIT(&Fdo);
    Fdo.EvtDeviceFilterAddResourceRequirements = EvtAdd;
    Fdo.EvtDeviceRemoveAddedResources = EvtRemoveAdded;
    WdfFdoInitSetEventCallbacks(Init, &Fdo);
    Status = WdfDeviceCreate(&Init, NULL, &Function);
    if (NT_SUCCESS(Status))
        WdfDeviceSetSpecialFileSupport(Function, WdfSpecialFilePaging, TRUE);
    return Status;
}

static EVT_WDF_DEVICE_USAGE_NOTIFICATION EvtBusUsage;
static VOID NTAPI EvtBusUsage(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    ok(Device == Bus && Type == WdfSpecialFilePaging, "a paging file, for the bus");
    BusUsages += InPath ? 1 : 0x100;
}

/* ---- requests ---- */

static PIO_RESOURCE_REQUIREMENTS_LIST Requirements; /* what a filter request carries */

static NTSTATUS Send(UCHAR Minor, ULONG Type, BOOLEAN InPath, ULONG_PTR *Information)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(WdfDeviceWdmGetPhysicalDevice(Function));
    IO_STATUS_BLOCK Iosb;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Iosb);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = Minor;
    if (Minor == IRP_MN_DEVICE_USAGE_NOTIFICATION) {
        Stack->Parameters.UsageNotification.Type = (DEVICE_USAGE_NOTIFICATION_TYPE)Type;
        Stack->Parameters.UsageNotification.InPath = InPath;
    } else if (Minor == IRP_MN_QUERY_DEVICE_RELATIONS) {
        Stack->Parameters.QueryDeviceRelations.Type = (DEVICE_RELATION_TYPE)Type;
    } else if (Minor == IRP_MN_FILTER_RESOURCE_REQUIREMENTS) {
        Stack->Parameters.FilterResourceRequirements.IoResourceRequirementList = Requirements;
    }
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    if (Information != NULL)
        *Information = Iosb.Information;
    ObDereferenceObject(Top);
    return Status;
}

static NTSTATUS Usage(ULONG Type, BOOLEAN InPath)
{
    return Send(IRP_MN_DEVICE_USAGE_NOTIFICATION, Type, InPath, NULL);
}

static VOID TestUsage(VOID)
{
    ULONG_PTR State = 0;

    is_status(Usage(DeviceUsageTypeHibernation, TRUE), STATUS_NOT_IMPLEMENTED,
              "a file that the driver does not support");
    UsageStatus = STATUS_DEVICE_BUSY;
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_DEVICE_BUSY, "a driver that refuses");
    UsageStatus = STATUS_SUCCESS;
    Usages = 0;
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_SUCCESS, "a paging file comes");
    is_ulong(Usages, 1, "EvtDeviceUsageNotificationEx");
    is_status(Send(IRP_MN_QUERY_PNP_DEVICE_STATE, 0, FALSE, &State), STATUS_SUCCESS,
              "the device's state");
    ok((State & PNP_DEVICE_NOT_DISABLEABLE) != 0, "it cannot be disabled now");
    is_status(Usage(DeviceUsageTypePaging, FALSE), STATUS_SUCCESS, "the file goes");
    is_ulong(Usages, 0x101, "EvtDeviceUsageNotificationEx");
    is_status(Send(IRP_MN_QUERY_PNP_DEVICE_STATE, 0, FALSE, &State), STATUS_SUCCESS, "the state");
    ok((State & PNP_DEVICE_NOT_DISABLEABLE) == 0, "it can be disabled");
}

/* The bus's own device must agree first. */
static VOID TestDependents(VOID)
{
    PDEVICE_OBJECT Other = WdfDeviceWdmGetDeviceObject(Bus);

    is_status(WdfDeviceAddDependentUsageDeviceObject(Function, NULL), STATUS_INVALID_PARAMETER,
              "no device");
    is_status(WdfDeviceAddDependentUsageDeviceObject(Function, Other), STATUS_SUCCESS,
              "the bus's device");
    Usages = 0;
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_NOT_IMPLEMENTED,
              "does not support a paging file");
    is_ulong(Usages, 0, "the function driver is not asked");
    WdfDeviceSetSpecialFileSupport(Bus, WdfSpecialFilePaging, TRUE);
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_SUCCESS, "now it does");
    ok(Usages == 1 && BusUsages == 1, "both are told");
    is_status(Usage(DeviceUsageTypePaging, FALSE), STATUS_SUCCESS, "the file goes");
    ok(Usages == 0x101 && BusUsages == 0x101, "both are told");
    UsageStatus = STATUS_DEVICE_BUSY;
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_DEVICE_BUSY,
              "the function driver refuses");
    is_hex(BusUsages, 0x202, "the bus hears of it and that it is not to be");
    UsageStatus = STATUS_SUCCESS;
    WdfDeviceRemoveDependentUsageDeviceObject(Function, Other);
    is_status(Usage(DeviceUsageTypePaging, TRUE), STATUS_SUCCESS, "without the bus");
    is_status(Usage(DeviceUsageTypePaging, FALSE), STATUS_SUCCESS, "again");
    is_hex(BusUsages, 0x202, "which hears nothing");
}

/* A list of the test's own through the filter: what the driver set on the list as a whole arrives.
 */
static VOID TestFilter(VOID)
{
    PIO_RESOURCE_REQUIREMENTS_LIST List = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*List), 'tseT'),
                                   Filtered = NULL;

    if (!ok(List != NULL, "a requirements list"))
        return;
    List->ListSize = sizeof(*List);
    List->InterfaceType = PNPBus;
    List->SlotNumber = 1;
    List->AlternativeLists = 1;
    List->List[0].Version = 1;
    List->List[0].Revision = 1;
    List->List[0].Count = 1;
    PortRange(&List->List[0].Descriptors[0], PORT_BASE);
    Requirements = List;
    is_status(Send(IRP_MN_FILTER_RESOURCE_REQUIREMENTS, 0, FALSE, (ULONG_PTR *)&Filtered),
              STATUS_SUCCESS, "filter it");
    if (!ok(Filtered != NULL, "a new list"))
        return;
    is_hex(Filtered->SlotNumber, SLOT, "its slot number");
    is_ulong(Filtered->InterfaceType, PNPBus, "its bus");
    is_ulong(Filtered->List[0].Count, 2, "with the added resource");
    is_ulong(Filtered->List[0].Descriptors[1].u.Port.MinimumAddress.LowPart, ADDED_BASE,
             "that one");
    ExFreePool(Filtered);
}

static VOID TestState(VOID)
{
    WDF_DEVICE_STATE State;
    ULONG_PTR Bits = 0;

    WDF_DEVICE_STATE_INIT(&State);
    State.NotDisableable = WdfTrue;
    State.DontDisplayInUI = WdfTrue;
    WdfDeviceSetDeviceState(Function, &State);
    is_status(Send(IRP_MN_QUERY_PNP_DEVICE_STATE, 0, FALSE, &Bits), STATUS_SUCCESS,
              "the state that the driver set");
    ok((Bits & (PNP_DEVICE_NOT_DISABLEABLE | PNP_DEVICE_DONT_DISPLAY_IN_UI)) ==
           (PNP_DEVICE_NOT_DISABLEABLE | PNP_DEVICE_DONT_DISPLAY_IN_UI),
       "both bits");
    WDF_DEVICE_STATE_INIT(&State);
    WdfDeviceGetDeviceState(Function, &State);
    ok(State.NotDisableable == WdfTrue && State.Failed == WdfUseDefault, "WdfDeviceGetDeviceState");
    State.NotDisableable = WdfFalse;
    WdfDeviceSetDeviceState(Function, &State);
}

static ULONG Relations(DEVICE_RELATION_TYPE Type, PDEVICE_OBJECT *First)
{
    PDEVICE_RELATIONS Found = NULL;
    ULONG Count;

    if (!NT_SUCCESS(Send(IRP_MN_QUERY_DEVICE_RELATIONS, Type, FALSE, (ULONG_PTR *)&Found)) ||
        Found == NULL)
        return 0;
    Count = Found->Count;
    *First = Found->Objects[0];
    for (ULONG i = 0; i < Count; i++)
        ObDereferenceObject(Found->Objects[i]);
    ExFreePool(Found);
    return Count;
}

static VOID TestRelations(VOID)
{
    PDEVICE_OBJECT First = NULL, Own = WdfDeviceWdmGetPhysicalDevice(Function);

    is_ulong(Relations(TargetDeviceRelation, &First), 1, "the target device");
    ok(First == Own, "is the physical device");
    is_ulong(Relations(RemovalRelations, &First), 0, "no removal relations");
    is_status(WdfDeviceAddRemovalRelationsPhysicalDevice(Function, NULL), STATUS_INVALID_PARAMETER,
              "no device");
    is_status(WdfDeviceAddRemovalRelationsPhysicalDevice(Function, Pdo), STATUS_SUCCESS, "one");
    is_ulong(Relations(RemovalRelations, &First), 1, "is reported");
    ok(First == Pdo, "that one");
    WdfDeviceRemoveRemovalRelationsPhysicalDevice(Function, Pdo);
    is_ulong(Relations(RemovalRelations, &First), 0, "and removed");
    is_status(WdfDeviceAddRemovalRelationsPhysicalDevice(Function, Pdo), STATUS_SUCCESS,
              "once more");
    WdfDeviceClearRemovalRelationsDevices(Function);
    is_status(WdfPdoAddEjectionRelationsPhysicalDevice(Physical, Pdo), STATUS_SUCCESS,
              "an ejection relation");
    is_ulong(Relations(EjectionRelations, &First), 1, "is reported");
    WdfPdoRemoveEjectionRelationsPhysicalDevice(Physical, Pdo);
    is_status(WdfPdoAddEjectionRelationsPhysicalDevice(Physical, Pdo), STATUS_SUCCESS, "another");
    WdfPdoClearEjectionRelationsDevices(Physical);
    is_ulong(Relations(EjectionRelations, &First), 0, "gone");
}

static VOID Test(VOID)
{
    ID Id;

    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    is_status(WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Bus),
                                                               &Id.Header, NULL),
              STATUS_SUCCESS, "the child");
    is_status(IoSynchronousInvalidateDeviceRelations(Pdo, BusRelations), STATUS_SUCCESS,
              "enumerate");
    is_ulong(Prepares, 2, "both devices were prepared");
    is_ulong(Removals, 1, "EvtDeviceRemoveAddedResources");
    if (Function != NULL) {
        TestUsage();
        TestDependents();
        TestFilter();
        TestState();
        TestRelations();
    }
}

/* ---- the driver ---- */

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_CHILD_LIST_CONFIG Config;
    WDF_PNPPOWER_EVENT_CALLBACKS Power;

    UNREFERENCED_PARAMETER(Driver);
    if (Pdo != NULL)
        return AddFunction(Init);
    pnp_test_watch(Init);
    is_status(pnp_test_drive(L"KmdfRes", L"Child"), STATUS_SUCCESS,
              "the driver for the child's ID");
    WDF_CHILD_LIST_CONFIG_INIT(&Config, sizeof(ID), EvtCreateChild);
    WdfFdoInitSetDefaultChildListConfig(Init, &Config, NULL);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
    Power.EvtDeviceUsageNotification = EvtBusUsage;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
    return WdfDeviceCreate(&Init, NULL, &Bus);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, NULL);
}
