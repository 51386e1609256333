/*
 * Power requests on their way: PoRequestPowerIrp and the power manager's own. One device request and one system request
 * at a time for each stack; one device that draws an inrush of current at a time; drivers that may be paged out are called
 * at PASSIVE_LEVEL; a request that takes too long stops the machine. [doc: PoRequestPowerIrp, DispatchPower Routines,
 * Setting Device Object Flags for Power Management, Bug Check 0x9F]
 */
#include "pop.h"

typedef struct _POP_TRIAGE { /* TRIAGE_9F_POWER [doc: Bug Check 0x9F] */
    USHORT Signature, Revision;
    PLIST_ENTRY IrpList, ThreadList, DelayedWorkQueue;
} POP_TRIAGE;

POWER_ACTION PopCurrentAction = PowerActionNone;

static struct { /* DISPATCH_LEVEL */
    POP_REQUEST *Active; /* the one device that is being powered up with an inrush */
    POP_REQUEST *First, **Last;
} PopInrush = { NULL, NULL, &PopInrush.First };

static VOID PopSend(POP_REQUEST *Request);

/* ---- the watchdog ---- */

static VOID NTAPI PopTooLate(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    static POP_TRIAGE Triage = { 0x8000, 1, NULL, NULL, NULL };
    POP_REQUEST *Request = Context;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    PDEVICE_OBJECT At = Request->Irp->CurrentLocation <= Request->Irp->StackCount ? Stack->DeviceObject : Request->Top;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetBugCheckText("IRP %p, IRP_MJ_POWER minor %#x to %s state %lu, has not been completed for %u s; %wZ has it "
                      "(device %p)", Request->Irp, Request->Minor,
                      Request->Type == SystemPowerState ? "system" : "device", (ULONG)Request->State.SystemState,
                      POP_WATCHDOG_SECONDS, &At->DriverObject->DriverName, At);
    KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, 3, (ULONG_PTR)Request->Base, (ULONG_PTR)&Triage,
                 (ULONG_PTR)Request->Irp);
}

static VOID PopStartWatchdog(POP_REQUEST *Request)
{
    LARGE_INTEGER Due;

    Due.QuadPart = -(POP_WATCHDOG_SECONDS * POP_100NS);
    Request->Due = KeVirtualTime() + POP_WATCHDOG_SECONDS * POP_100NS;
    KeInitializeTimer(&Request->Watchdog);
    KeInitializeDpc(&Request->WatchdogDpc, PopTooLate, Request);
    KeSetTimer(&Request->Watchdog, Due, &Request->WatchdogDpc);
}

static VOID PopStopWatchdog(POP_REQUEST *Request)
{
    KeCancelTimer(&Request->Watchdog);
    KeRemoveQueueDpc(&Request->WatchdogDpc);
}

/* [doc: PoQueryWatchdogTime] TRUE: a watchdog runs for a power request of the device. */
NT_EXPORT(PoQueryWatchdogTime);
BOOLEAN NTAPI PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining)
{
    POP_REQUEST *Request = IopDeviceExt(Pdo)->PowerRequest;

    if (Request == NULL)
        Request = IopDeviceExt(Pdo)->SystemPowerRequest;
    *SecondsRemaining = 0;
    if (Request == NULL)
        return FALSE;
    if (Request->Due > KeVirtualTime())
        *SecondsRemaining = (ULONG)((Request->Due - KeVirtualTime()) / POP_100NS);
    return TRUE;
}

VOID PoCheckDeletedDevice(PDEVICE_OBJECT Device)
{
    POP_REQUEST *Request = IopDeviceExt(Device)->PowerRequest;

    if (Request == NULL)
        Request = IopDeviceExt(Device)->SystemPowerRequest;
    if (Request == NULL)
        return;
    KeSetBugCheckText("device %p of %wZ is deleted while power request %p (minor %#x) for it is not completed", Device,
                      &Device->DriverObject->DriverName, Request->Irp, Request->Minor);
    KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, 1, (ULONG_PTR)Device, 0, 0);
}

/* ---- making ---- */

static VOID PopFreeRequest(POP_REQUEST *Request)
{
    if (Request->Irp != NULL)
        IoFreeIrp(Request->Irp);
    ObDereferenceObject(Request->Top);
    ObDereferenceObject(Request->Base);
    ExFreePoolWithTag(Request, PO_TAG);
}

static BOOLEAN PopDrawsInrush(PDEVICE_OBJECT Base)
{
    PDEVICE_OBJECT Device;

    for (Device = Base; Device != NULL; Device = Device->AttachedDevice)
        if (Device->Flags & DO_POWER_INRUSH)
            return TRUE;
    return FALSE;
}

static VOID PopFillIrp(POP_REQUEST *Request)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Request->Irp);

    Request->Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = Request->Minor;
    if (Request->Minor == IRP_MN_WAIT_WAKE) {
        Stack->Parameters.WaitWake.PowerState = Request->State.SystemState;
        return;
    }
    Stack->Parameters.Power.SystemContext = Request->SystemContext;
    Stack->Parameters.Power.Type = Request->Type;
    Stack->Parameters.Power.State = Request->State;
    Stack->Parameters.Power.ShutdownType = Request->Action;
}

static POP_REQUEST *PopMakeRequest(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE_TYPE Type, POWER_STATE State)
{
    POP_REQUEST *Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), PO_TAG);

    if (Request == NULL)
        return NULL;
    RtlZeroMemory(Request, sizeof(*Request));
    Request->Device = Device;
    Request->Top = IoGetAttachedDeviceReference(Device);
    Request->Base = IoGetDeviceAttachmentBaseRef(Device);
    Request->Minor = Minor;
    Request->Type = Type;
    Request->State = State;
    Request->HasInrush = Minor == IRP_MN_SET_POWER && Type == DevicePowerState && State.DeviceState == PowerDeviceD0
                      && PopDrawsInrush(Request->Base);
    Request->Irp = IopAllocateIrp(Request->Top->StackSize);
    if (Request->Irp == NULL) {
        PopFreeRequest(Request);
        return NULL;
    }
    return Request;
}

/* ---- sending ---- */

static NTSTATUS NTAPI PopRequestDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context);

static VOID PopCall(POP_REQUEST *Request)
{
    if (Request->Minor != IRP_MN_WAIT_WAKE)
        PopStartWatchdog(Request); /* a wait for wake-up may be as long as it likes */
    PopFillIrp(Request);
    IoSetCompletionRoutine(Request->Irp, PopRequestDone, Request, TRUE, TRUE, TRUE);
    IofCallDriver(Request->Top, Request->Irp);
}

static VOID NTAPI PopCallWorker(PVOID Context)
{
    PopCall(Context);
}

static VOID PopSend(POP_REQUEST *Request)
{
    if (KeGetCurrentIrql() == PASSIVE_LEVEL || !(Request->Top->Flags & DO_POWER_PAGABLE)) {
        PopCall(Request);
        return;
    }
    ExInitializeWorkItem(&Request->Item, PopCallWorker, Request);
    ExQueueWorkItem(&Request->Item, CriticalWorkQueue);
}

/* ---- one at a time ---- */

/* TRUE: the request may go now. At DISPATCH_LEVEL. */
static BOOLEAN PopTakeInrush(POP_REQUEST *Request)
{
    if (!Request->HasInrush || PopInrush.Active == NULL) {
        if (Request->HasInrush)
            PopInrush.Active = Request;
        return TRUE;
    }
    *PopInrush.Last = Request;
    PopInrush.Last = &Request->Next;
    return FALSE;
}

static BOOLEAN PopTakeStack(POP_REQUEST *Request)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(Request->Base);
    POP_REQUEST **Link = (POP_REQUEST **)&Extension->PowerQueue;

    if (Extension->PowerRequest == NULL) {
        Extension->PowerRequest = Request;
        return TRUE;
    }
    while (*Link != NULL)
        Link = &(*Link)->Next;
    *Link = Request;
    return FALSE;
}

static VOID PopSubmit(POP_REQUEST *Request)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    BOOLEAN Go = PopTakeStack(Request) && PopTakeInrush(Request);

    KeLowerIrql(OldIrql);
    if (Go)
        PopSend(Request);
}

/* The next one that waited for the inrush, or NULL. At DISPATCH_LEVEL. */
static POP_REQUEST *PopEndInrush(POP_REQUEST *Request)
{
    POP_REQUEST *Next = NULL;

    if (PopInrush.Active != Request)
        return NULL;
    Next = PopInrush.First;
    PopInrush.Active = Next;
    if (Next != NULL) {
        PopInrush.First = Next->Next;
        if (PopInrush.First == NULL)
            PopInrush.Last = &PopInrush.First;
        Next->Next = NULL;
    }
    return Next;
}

/* The next one that waited for the stack, if it may go. At DISPATCH_LEVEL. */
static POP_REQUEST *PopEndStack(POP_REQUEST *Request)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(Request->Base);
    POP_REQUEST *Next = Extension->PowerQueue;

    Extension->PowerRequest = Next;
    if (Next == NULL)
        return NULL;
    Extension->PowerQueue = Next->Next;
    Next->Next = NULL;
    return PopTakeInrush(Next) ? Next : NULL;
}

static VOID PopReleaseAndSendNext(POP_REQUEST *Request)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    POP_REQUEST *Other = PopEndInrush(Request), *Next = PopEndStack(Request);

    KeLowerIrql(OldIrql);
    if (Other != NULL)
        PopSend(Other);
    if (Next != NULL)
        PopSend(Next);
}

static NTSTATUS NTAPI PopRequestDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    POP_REQUEST *Request = Context;

    UNREFERENCED_PARAMETER(Device);
    if (Request->Minor != IRP_MN_WAIT_WAKE)
        PopStopWatchdog(Request);
    if (Request->Minor == IRP_MN_SET_POWER && Request->Type == DevicePowerState && NT_SUCCESS(Irp->IoStatus.Status))
        IopDeviceExt(Request->Base)->CurrentDevicePower = (UCHAR)Request->State.DeviceState;
    if (Request->Minor == IRP_MN_WAIT_WAKE && NT_SUCCESS(Irp->IoStatus.Status))
        PopNoteWake(Request->Base);
    if (Request->Routine != NULL)
        Request->Routine(Request->Device, Request->Minor, Request->State, Request->Context, &Irp->IoStatus);
    if (Request->Minor != IRP_MN_WAIT_WAKE && Request->Type == DevicePowerState)
        PopReleaseAndSendNext(Request);
    else if (Request->Minor != IRP_MN_WAIT_WAKE)
        IopDeviceExt(Request->Base)->SystemPowerRequest = NULL;
    PopFreeRequest(Request);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* ---- requests of drivers ---- */

static BOOLEAN PopIsValidState(UCHAR Minor, POWER_STATE State)
{
    if (Minor == IRP_MN_WAIT_WAKE)
        return State.SystemState >= PowerSystemWorking && State.SystemState < PowerSystemMaximum;
    return State.DeviceState >= PowerDeviceD0 && State.DeviceState <= PowerDeviceD3;
}

NT_EXPORT(PoRequestPowerIrp);
NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp)
{
    POP_REQUEST *Request;

    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER && MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    if (!PopIsValidState(MinorFunction, PowerState))
        return STATUS_INVALID_PARAMETER_3;
    Request = PopMakeRequest(DeviceObject, MinorFunction, DevicePowerState, PowerState);
    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Request->Action = PowerState.DeviceState != PowerDeviceD0 ? PopCurrentAction : PowerActionNone;
    Request->Routine = CompletionFunction;
    Request->Context = Context;
    if (MinorFunction == IRP_MN_WAIT_WAKE) {
        if (Irp != NULL)
            *Irp = Request->Irp; /* the caller may cancel it */
        PopSend(Request);
    } else {
        PopSubmit(Request);
    }
    return STATUS_PENDING;
}

/* ---- requests of the system ---- */

typedef struct _POP_WAIT {
    KEVENT Done;
    NTSTATUS Status;
} POP_WAIT;

static VOID NTAPI PopSystemIrpDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context,
                                   PIO_STATUS_BLOCK Iosb)
{
    POP_WAIT *Wait = Context;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Wait->Status = Iosb->Status;
    KeSetEvent(&Wait->Done, IO_NO_INCREMENT, FALSE);
}

NTSTATUS PopSendSystemIrp(PDEVICE_OBJECT Device, UCHAR Minor, SYSTEM_POWER_STATE State, POWER_ACTION Action,
                          ULONG SystemContext)
{
    POWER_STATE Power = { .SystemState = State };
    POP_REQUEST *Request = PopMakeRequest(Device, Minor, SystemPowerState, Power);
    POP_WAIT Wait;

    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&Wait.Done, NotificationEvent, FALSE);
    Request->Action = Action;
    Request->SystemContext = SystemContext;
    Request->Routine = PopSystemIrpDone;
    Request->Context = &Wait;
    IopDeviceExt(Request->Base)->SystemPowerRequest = Request;
    PopSend(Request);
    KeWaitForSingleObject(&Wait.Done, Executive, KernelMode, FALSE, NULL);
    return Wait.Status;
}

/* ---- passing requests on: plain calls since Windows Vista [doc: PoCallDriver, PoStartNextPowerIrp] ---- */

NT_EXPORT(PoCallDriver);
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

NT_EXPORT(PoStartNextPowerIrp);
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
}
