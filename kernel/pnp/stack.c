/*
 * The drivers of a device: lower filters of the device and of its class, function driver, upper
 * filters of the device and of its class, in that order from the bottom. [doc: Adding a PnP Device
 * to a Running System; INF AddReg: UpperFilters and LowerFilters of the device's and of the class's
 * key]
 */
#include "pnpp.h"

PDRIVER_OBJECT PnpFunctionDriver(PNP_NODE *Node)
{
    return Node->DriverCount != 0 && !(Node->Flags & PNP_NODE_RAW)
               ? Node->Driver[Node->FunctionIndex]
               : NULL;
}

/* ---- loading ---- */

static VOID PnpHoldDriver(PDRIVER_OBJECT Driver)
{
    ObReferenceObject(Driver);
    IopDriverExt(Driver)->PnpDevices++;
}

/* A driver that was loaded for a device goes with its last one. [doc: DRIVER_UNLOAD] */
static VOID PnpDropDriver(PDRIVER_OBJECT Driver)
{
    IOP_DRIVER_EXTENSION *Extension = IopDriverExt(Driver);

    if (--Extension->PnpDevices == 0) {
        if (Extension->LoadedForDevice && !(Driver->Flags & DRVO_UNLOAD_INVOKED))
            IopUnloadDriver(Driver);
        else
            IopTryDeferredUnload(Driver);
    }
    ObDereferenceObject(Driver);
}

/* [doc: Device Manager Error Messages: what each code says] */
static ULONG PnpLoadProblem(NTSTATUS Status, BOOLEAN Entered)
{
    if (Entered)
        return CM_PROB_FAILED_DRIVER_ENTRY;
    switch (Status) {
    case STATUS_INVALID_IMAGE_HASH:
        return CM_PROB_UNSIGNED_DRIVER;
    case STATUS_DRIVER_BLOCKED:
        return CM_PROB_DRIVER_BLOCKED;
    case STATUS_INSUFFICIENT_RESOURCES:
    case STATUS_NO_MEMORY:
        return CM_PROB_OUT_OF_MEMORY;
    default:
        return CM_PROB_DRIVER_FAILED_LOAD;
    }
}

static NTSTATUS PnpLoadFailed(PNP_NODE *Node, PCUNICODE_STRING Service, NTSTATUS Status,
                              ULONG Problem)
{
    char What[160];

    _snprintf(What, sizeof(What) - 1, "its driver %wZ cannot be loaded", Service);
    What[sizeof(What) - 1] = 0;
    PnpSetProblem(Node, Problem, Status);
    PnpLog(Node, What, Status);
    return Status;
}

/* The Start value of a service, as for SC; MAXULONG: there is no such service. */
static ULONG PnpServiceStart(PCUNICODE_STRING Service)
{
    UNICODE_STRING Path = PnpFormat(L"Services\\%wZ", Service);
    ULONG Start = MAXULONG;
    HANDLE Key;

    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenExistingKey(&Path, KEY_READ, &Key))) {
        Start = PnpQueryNumber(Key, L"Start");
        ZwClose(Key);
    }
    PnpFree(&Path);
    return Start;
}

/* The driver of a service, loaded if it is not, held. */
static NTSTATUS PnpLoadService(PNP_NODE *Node, PCUNICODE_STRING Service, PDRIVER_OBJECT *Driver)
{
    BOOLEAN Entered;
    NTSTATUS Status;
    ULONG Start;

    *Driver = IopFindDriver(Service);
    if (*Driver == NULL) {
        Start = PnpServiceStart(Service);
        if (Start == MAXULONG)
            return PnpLoadFailed(Node, Service, STATUS_OBJECT_NAME_NOT_FOUND,
                                 CM_PROB_DRIVER_SERVICE_KEY_INVALID);
        if (Start == SERVICE_DISABLED)
            return PnpLoadFailed(Node, Service, STATUS_DEVICE_NOT_READY, CM_PROB_DISABLED_SERVICE);
        Status = IopLoadDriverForDevice(Service, Driver, &Entered);
        if (!NT_SUCCESS(Status))
            return PnpLoadFailed(Node, Service, Status, PnpLoadProblem(Status, Entered));
        IopDriverExt(*Driver)->LoadedForDevice = TRUE;
        ObReferenceObject(*Driver);
    }
    if ((*Driver)->Flags & DRVO_UNLOAD_INVOKED) { /* it is on its way out */
        ObDereferenceObject(*Driver);
        PnpSetProblem(Node, CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD, STATUS_DRIVER_FAILED_PRIOR_UNLOAD);
        return STATUS_DRIVER_FAILED_PRIOR_UNLOAD;
    }
    PnpHoldDriver(*Driver);
    ObDereferenceObject(*Driver);
    return STATUS_SUCCESS;
}

/* ---- AddDevice ---- */

static NTSTATUS PnpCallAddDevice(PNP_NODE *Node, PDRIVER_OBJECT Driver)
{
    PDRIVER_ADD_DEVICE AddDevice = Driver->DriverExtension->AddDevice;
    KTHREAD *Thread = KiGetPrcb()->CurrentThread;
    ULONG ApcDisable = Thread->CombinedApcDisable;
    NTSTATUS Status = AddDevice(Driver, Node->Pdo);

    if (KeGetCurrentIrql() != PASSIVE_LEVEL || Thread->CombinedApcDisable != ApcDisable) {
        KeSetBugCheckText("AddDevice of %wZ returned at IRQL %u; it was called at PASSIVE_LEVEL",
                          &Driver->DriverName, KeGetCurrentIrql());
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG)KeGetCurrentIrql() << 16, (ULONG_PTR)AddDevice,
                     0, 0);
    }
    return Status;
}

static NTSTATUS PnpAddFailed(PNP_NODE *Node, PDRIVER_OBJECT Driver, const char *What,
                             NTSTATUS Status)
{
    char Text[160];

    _snprintf(Text, sizeof(Text) - 1, "%s (%wZ)", What, &Driver->DriverName);
    Text[sizeof(Text) - 1] = 0;
    PnpSetProblem(Node, CM_PROB_FAILED_ADD, Status);
    PnpLog(Node, Text, Status);
    return Status;
}

/* A filter may choose to stay away from a device; a function driver may not. */
static NTSTATUS PnpAddDriver(PNP_NODE *Node, PCUNICODE_STRING Service, BOOLEAN IsFunction)
{
    PDEVICE_OBJECT Top = IoGetAttachedDevice(Node->Pdo);
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;

    if (Node->DriverCount == PNP_DRIVERS_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpLoadService(Node, Service, &Driver);
    if (!NT_SUCCESS(Status))
        return Status;
    if (IsFunction)
        Node->FunctionIndex = Node->DriverCount;
    Node->Driver[Node->DriverCount++] = Driver;
    if (Driver->DriverExtension->AddDevice == NULL)
        return PnpAddFailed(Node, Driver,
                            "its driver has no AddDevice routine: it is no Plug and Play driver",
                            STATUS_NOT_SUPPORTED);
    Status = PnpCallAddDevice(Node, Driver);
    if (!NT_SUCCESS(Status))
        return PnpAddFailed(Node, Driver, "AddDevice failed", Status);
    if (IsFunction && IoGetAttachedDevice(Node->Pdo) == Top)
        return PnpAddFailed(Node, Driver, "AddDevice succeeded but attached no device",
                            STATUS_NO_SUCH_DEVICE);
    return STATUS_SUCCESS;
}

static NTSTATUS PnpAddFilters(PNP_NODE *Node, UNICODE_STRING Services)
{
    UNICODE_STRING One;
    PWCHAR At = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    while (NT_SUCCESS(Status) && Services.Buffer != NULL && PnpNextString(&Services, &At, &One))
        Status = PnpAddDriver(Node, &One, FALSE);
    PnpFree(&Services);
    return Status;
}

/* A value of the key of the device's class. */
static UNICODE_STRING PnpQueryClassString(PNP_NODE *Node, PCWSTR Name)
{
    UNICODE_STRING Class = PnpQueryEnumString(Node, L"ClassGUID"), Path, Result = { 0, 0, NULL };
    HANDLE Key;

    if (Class.Buffer == NULL)
        return Result;
    Path = PnpFormat(L"Control\\Class\\%wZ", &Class);
    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenExistingKey(&Path, KEY_READ, &Key))) {
        Result = PnpQueryString(Key, Name);
        ZwClose(Key);
    }
    PnpFree(&Path);
    PnpFree(&Class);
    return Result;
}

NTSTATUS PnpAddDrivers(PNP_NODE *Node)
{
    NTSTATUS Status = PnpAddFilters(Node, PnpQueryEnumString(Node, L"LowerFilters"));

    if (NT_SUCCESS(Status))
        Status = PnpAddFilters(Node, PnpQueryClassString(Node, L"LowerFilters"));
    if (NT_SUCCESS(Status) && Node->Service.Length != 0)
        Status = PnpAddDriver(Node, &Node->Service, TRUE);
    if (NT_SUCCESS(Status))
        Status = PnpAddFilters(Node, PnpQueryEnumString(Node, L"UpperFilters"));
    if (NT_SUCCESS(Status))
        Status = PnpAddFilters(Node, PnpQueryClassString(Node, L"UpperFilters"));
    if (NT_SUCCESS(Status)) {
        Node->State = DeviceNodeDriversAdded;
        return STATUS_SUCCESS;
    }
    if (Node->Problem == 0)
        PnpSetProblem(Node, CM_PROB_FAILED_ADD, Status);
    return Status;
}

VOID PnpTakeDriver(PNP_NODE *Node, PDRIVER_OBJECT Driver)
{
    PnpHoldDriver(Driver);
    Node->FunctionIndex = Node->DriverCount;
    Node->Driver[Node->DriverCount++] = Driver;
}

VOID PnpReleaseDrivers(PNP_NODE *Node)
{
    while (Node->DriverCount != 0)
        PnpDropDriver(Node->Driver[--Node->DriverCount]);
    Node->FunctionIndex = 0;
}
