/*
 * Idle detection: a device that was not busy for its time-out is powered down. [doc: Using Power Manager Routines for Idle
 * Detection] The machine is on mains power, so the performance time-out counts. The idle counter is looked at once in
 * a time-out, of two seconds at least, so a device goes down between one and two time-outs after it was last busy. Left
 * out: the time-outs of device classes (-1): such a device stays on.
 */
#include "pop.h"

#define POP_SHORTEST_IDLE 2 /* seconds: timers due within one keep the machine busy */

typedef struct _POP_IDLE {
    ULONG Counter;         /* drivers set it to 0; first, so that its address is the registration's */
    LONG Busy;             /* PoStartDeviceBusy less PoEndDeviceBusy */
    PDEVICE_OBJECT Device;
    DEVICE_POWER_STATE State;
    LARGE_INTEGER Period;  /* relative; 0: off */
    KTIMER Timer;
    KDPC Dpc;
} POP_IDLE;

static VOID PopArm(POP_IDLE *Idle)
{
    Idle->Counter = 1;
    KeSetTimer(&Idle->Timer, Idle->Period, &Idle->Dpc);
}

static BOOLEAN PopIsOn(PDEVICE_OBJECT Device)
{
    PDEVICE_OBJECT Base = IoGetDeviceAttachmentBaseRef(Device);
    UCHAR State = IopDeviceExt(Base)->CurrentDevicePower;

    ObDereferenceObject(Base);
    return State == PowerDeviceUnspecified || State == PowerDeviceD0;
}

static VOID NTAPI PopLookAtIdle(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    POP_IDLE *Idle = Context;
    POWER_STATE State = { .DeviceState = Idle->State };

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Idle->Period.QuadPart == 0)
        return;
    if (Idle->Counter != 0 && Idle->Busy <= 0 && PopIsOn(Idle->Device))
        PoRequestPowerIrp(Idle->Device, IRP_MN_SET_POWER, State, NULL, NULL, NULL);
    PopArm(Idle);
}

static POP_IDLE *PopMakeIdle(PDEVICE_OBJECT Device)
{
    POP_IDLE *Idle = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Idle), PO_TAG);

    if (Idle == NULL)
        return NULL;
    RtlZeroMemory(Idle, sizeof(*Idle));
    Idle->Device = Device;
    KeInitializeTimer(&Idle->Timer);
    KeInitializeDpc(&Idle->Dpc, PopLookAtIdle, Idle);
    IopDeviceExt(Device)->IdleDetection = Idle;
    return Idle;
}

static VOID PopStopIdle(POP_IDLE *Idle)
{
    Idle->Period.QuadPart = 0;
    KeCancelTimer(&Idle->Timer);
    KeRemoveQueueDpc(&Idle->Dpc);
}

NT_EXPORT(PoRegisterDeviceForIdleDetection);
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime,
                                              ULONG PerformanceIdleTime, DEVICE_POWER_STATE State)
{
    POP_IDLE *Idle = IopDeviceExt(DeviceObject)->IdleDetection;

    if (Idle != NULL)
        PopStopIdle(Idle);
    if (ConservationIdleTime == 0 && PerformanceIdleTime == 0)
        return NULL; /* [doc] that ends the detection */
    if (Idle == NULL)
        Idle = PopMakeIdle(DeviceObject);
    if (Idle == NULL)
        return NULL;
    Idle->State = State;
    if (PerformanceIdleTime != 0 && PerformanceIdleTime != MAXULONG) {
        Idle->Period.QuadPart = -(LONGLONG)max(PerformanceIdleTime, POP_SHORTEST_IDLE) * POP_100NS;
        PopArm(Idle);
    }
    return &Idle->Counter;
}

VOID PoForgetIdleDevice(PDEVICE_OBJECT Device)
{
    POP_IDLE *Idle = IopDeviceExt(Device)->IdleDetection;

    if (Idle == NULL)
        return;
    PopStopIdle(Idle);
    IopDeviceExt(Device)->IdleDetection = NULL;
    ExFreePoolWithTag(Idle, PO_TAG);
}

NT_EXPORT(PoSetDeviceBusyEx);
VOID NTAPI PoSetDeviceBusyEx(PULONG IdlePointer)
{
    *IdlePointer = 0;
}

NT_EXPORT(PoStartDeviceBusy);
VOID NTAPI PoStartDeviceBusy(PULONG IdlePointer)
{
    InterlockedIncrement(&CONTAINING_RECORD(IdlePointer, POP_IDLE, Counter)->Busy);
    *IdlePointer = 0;
}

NT_EXPORT(PoEndDeviceBusy);
VOID NTAPI PoEndDeviceBusy(PULONG IdlePointer)
{
    InterlockedDecrement(&CONTAINING_RECORD(IdlePointer, POP_IDLE, Counter)->Busy);
    *IdlePointer = 0;
}
