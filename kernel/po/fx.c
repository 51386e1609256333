/*
 * PoFx: components of a device that are active while they are used, idle states for those that are not, and a device that
 * need not be powered while all of its components are idle. [doc: Overview of the Power Management Framework] The deepest
 * idle state that latency, residency and wake hints allow is taken at once. Callbacks come one at a time for a
 * device, in a worker, or in the caller's thread where it asks to wait. Left out: platform extensions (PowerControl finds
 * none), providers between components, directed power transitions, performance states.
 */
#include "pop.h"

typedef struct _POP_FX_COMPONENT {
    LONG Active;                     /* references; guard of all: Device->Lock */
    ULONG State;                     /* idle state: 0 is F0 */
    BOOLEAN IsActive;                /* condition that the driver was told */
    BOOLEAN WantWake;
    ULONG StateCount, DeepestWakeable;
    PPO_FX_COMPONENT_IDLE_STATE States;
    ULONGLONG Latency, Residency;    /* tolerated and expected; all ones: any */
} POP_FX_COMPONENT;

typedef enum _POP_FX_WAIT { PopFxReady, PopFxIdleCondition, PopFxIdleState, PopFxNotRequired, PopFxPoweredOn } POP_FX_WAIT;

typedef struct _POP_FX_DEVICE {
    KSPIN_LOCK Lock;
    PDEVICE_OBJECT Pdo;              /* referenced */
    PO_FX_DEVICE_V3 Callbacks;       /* Components unused */
    BOOLEAN Started, Busy;           /* Busy: somebody makes callbacks */
    BOOLEAN Powered, TimerSet, Expired; /* Powered: the driver was told that power is required */
    POP_FX_WAIT Wait;                /* for which answer of the driver */
    ULONG WaitComponent;
    KEVENT Answered;                 /* a Complete routine was called */
    KEVENT Settled;                  /* nothing is left to tell the driver */
    LARGE_INTEGER IdleTimeout;       /* relative */
    KTIMER Timer;
    KDPC Dpc;
    WORK_QUEUE_ITEM Item;
    BOOLEAN ItemQueued;
    ULONG ComponentCount;
    POP_FX_COMPONENT Component[1];
} POP_FX_DEVICE;

#define POP_FX_DEVICE_OF(Handle) ((POP_FX_DEVICE *)(Handle))

/* ---- what is to be told ---- */

static ULONG PopFxBestState(const POP_FX_COMPONENT *Component)
{
    ULONG Limit = Component->WantWake ? Component->DeepestWakeable : Component->StateCount - 1, State;

    for (State = Limit; State > 0; State--)
        if (Component->States[State].TransitionLatency <= Component->Latency
            && Component->States[State].ResidencyRequirement <= Component->Residency)
            break;
    return State;
}

static BOOLEAN PopFxAllIdle(const POP_FX_DEVICE *Device)
{
    ULONG i;

    for (i = 0; i < Device->ComponentCount; i++)
        if (Device->Component[i].Active != 0 || Device->Component[i].IsActive)
            return FALSE;
    return TRUE;
}

typedef enum _POP_FX_STEP {
    PopFxNothing, PopFxRequirePower, PopFxLeaveState, PopFxActivate, PopFxIdle, PopFxEnterState, PopFxReleasePower
} POP_FX_STEP;

/* A component that is wanted: power, F0, then the active condition. With the lock held. */
static POP_FX_STEP PopFxStepUp(const POP_FX_DEVICE *Device, const POP_FX_COMPONENT *Component)
{
    if (!Device->Powered)
        return PopFxRequirePower;
    if (Component->State != 0)
        return PopFxLeaveState;
    return Component->IsActive ? PopFxNothing : PopFxActivate;
}

/* One that is not: the idle condition, then an idle state, by way of F0. */
static POP_FX_STEP PopFxStepDown(const POP_FX_DEVICE *Device, const POP_FX_COMPONENT *Component)
{
    if (Component->IsActive)
        return PopFxIdle;
    if (!Device->Powered || PopFxBestState(Component) == Component->State)
        return PopFxNothing;
    return Component->State != 0 ? PopFxLeaveState : PopFxEnterState;
}

/* The next thing that the driver has to be told, and of which component. With the lock held. */
static POP_FX_STEP PopFxNextStep(POP_FX_DEVICE *Device, ULONG *Index)
{
    POP_FX_STEP Step;
    ULONG i;

    for (i = 0; i < Device->ComponentCount; i++) {
        POP_FX_COMPONENT *Component = &Device->Component[i];

        if (Component->Active == 0 && !Device->Started)
            continue;
        Step = Component->Active != 0 ? PopFxStepUp(Device, Component) : PopFxStepDown(Device, Component);
        *Index = i;
        if (Step != PopFxNothing)
            return Step;
    }
    if (Device->Started && Device->Powered && Device->Expired && PopFxAllIdle(Device))
        return PopFxReleasePower;
    return PopFxNothing;
}

/* ---- telling ---- */

static VOID PopFxAwait(POP_FX_DEVICE *Device)
{
    KeWaitForSingleObject(&Device->Answered, Executive, KernelMode, FALSE, NULL);
}

static VOID PopFxExpect(POP_FX_DEVICE *Device, POP_FX_WAIT Wait, ULONG Index)
{
    Device->Wait = Wait;
    Device->WaitComponent = Index;
    KeClearEvent(&Device->Answered);
}

static VOID PopFxChangeState(POP_FX_DEVICE *Device, ULONG Index, ULONG State)
{
    PopFxExpect(Device, PopFxIdleState, Index);
    if (Device->Callbacks.ComponentIdleStateCallback == NULL)
        KeSetEvent(&Device->Answered, IO_NO_INCREMENT, FALSE);
    else
        Device->Callbacks.ComponentIdleStateCallback(Device->Callbacks.DeviceContext, Index, State);
    PopFxAwait(Device);
    Device->Component[Index].State = State;
}

static VOID PopFxTellIdle(POP_FX_DEVICE *Device, ULONG Index)
{
    PopFxExpect(Device, PopFxIdleCondition, Index);
    Device->Component[Index].IsActive = FALSE;
    if (Device->Callbacks.ComponentIdleConditionCallback == NULL)
        KeSetEvent(&Device->Answered, IO_NO_INCREMENT, FALSE);
    else
        Device->Callbacks.ComponentIdleConditionCallback(Device->Callbacks.DeviceContext, Index);
    PopFxAwait(Device);
}

static VOID PopFxTellActive(POP_FX_DEVICE *Device, ULONG Index)
{
    Device->Component[Index].IsActive = TRUE;
    if (Device->Callbacks.ComponentActiveConditionCallback != NULL)
        Device->Callbacks.ComponentActiveConditionCallback(Device->Callbacks.DeviceContext, Index);
}

static VOID PopFxTellPower(POP_FX_DEVICE *Device, BOOLEAN Required)
{
    PO_FX_DEVICE_POWER_REQUIRED_CALLBACK *Callback = Required ? Device->Callbacks.DevicePowerRequiredCallback
        : (PO_FX_DEVICE_POWER_REQUIRED_CALLBACK *)Device->Callbacks.DevicePowerNotRequiredCallback;

    PopFxExpect(Device, Required ? PopFxPoweredOn : PopFxNotRequired, 0);
    if (Callback == NULL)
        KeSetEvent(&Device->Answered, IO_NO_INCREMENT, FALSE);
    else
        Callback(Device->Callbacks.DeviceContext);
    PopFxAwait(Device);
    Device->Powered = Required;
    Device->Expired = FALSE;
}

static VOID PopFxDoStep(POP_FX_DEVICE *Device, POP_FX_STEP Step, ULONG Index)
{
    switch (Step) {
    case PopFxNothing: break;
    case PopFxRequirePower: PopFxTellPower(Device, TRUE); break;
    case PopFxReleasePower: PopFxTellPower(Device, FALSE); break;
    case PopFxLeaveState: PopFxChangeState(Device, Index, 0); break;
    case PopFxEnterState: PopFxChangeState(Device, Index, PopFxBestState(&Device->Component[Index])); break;
    case PopFxActivate: PopFxTellActive(Device, Index); break;
    case PopFxIdle: PopFxTellIdle(Device, Index); break;
    }
    Device->Wait = PopFxReady;
}

/* All components idle: the idle time-out runs. With the lock held. */
static VOID PopFxWatchIdle(POP_FX_DEVICE *Device)
{
    BOOLEAN Idle = Device->Started && Device->Powered && PopFxAllIdle(Device);

    if (!Idle) {
        Device->Expired = FALSE;
        if (Device->TimerSet)
            KeCancelTimer(&Device->Timer);
        Device->TimerSet = FALSE;
    } else if (Device->IdleTimeout.QuadPart == 0) {
        Device->Expired = TRUE;
    } else if (!Device->TimerSet && !Device->Expired) {
        Device->TimerSet = TRUE;
        KeSetTimer(&Device->Timer, Device->IdleTimeout, &Device->Dpc);
    }
}

/* Tells the driver one thing after the other until nothing is left, unless somebody else does. PASSIVE_LEVEL. */
static VOID PopFxRun(POP_FX_DEVICE *Device)
{
    POP_FX_STEP Step = PopFxNothing;
    ULONG Index = 0;
    KIRQL Irql;

    for (;;) {
        KeAcquireSpinLock(&Device->Lock, &Irql);
        if (Step == PopFxNothing && Device->Busy) {
            KeReleaseSpinLock(&Device->Lock, Irql);
            return;
        }
        PopFxWatchIdle(Device);
        Step = PopFxNextStep(Device, &Index);
        Device->Busy = Step != PopFxNothing;
        if (!Device->Busy)
            KeSetEvent(&Device->Settled, IO_NO_INCREMENT, FALSE);
        KeReleaseSpinLock(&Device->Lock, Irql);
        if (Step == PopFxNothing)
            return;
        PopFxDoStep(Device, Step, Index);
    }
}

static VOID NTAPI PopFxWorker(PVOID Context)
{
    POP_FX_DEVICE *Device = Context;

    Device->ItemQueued = FALSE;
    PopFxRun(Device);
}

static VOID PopFxQueue(POP_FX_DEVICE *Device)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Device->Lock, &Irql);
    KeClearEvent(&Device->Settled);
    if (!Device->ItemQueued) {
        Device->ItemQueued = TRUE;
        ExInitializeWorkItem(&Device->Item, PopFxWorker, Device);
        ExQueueWorkItem(&Device->Item, DelayedWorkQueue);
    }
    KeReleaseSpinLock(&Device->Lock, Irql);
}

static VOID NTAPI PopFxTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    POP_FX_DEVICE *Device = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Device->TimerSet = FALSE;
    Device->Expired = TRUE;
    PopFxQueue(Device);
}

/* A change; with PO_FX_FLAG_BLOCKING its callbacks are over on return. */
static VOID PopFxChanged(POP_FX_DEVICE *Device, ULONG Flags)
{
    PopFxQueue(Device);
    if (Flags & PO_FX_FLAG_BLOCKING)
        KeWaitForSingleObject(&Device->Settled, Executive, KernelMode, FALSE, NULL);
}

/* ---- registration ---- */

static BOOLEAN PopFxCheckComponent(ULONG StateCount, PPO_FX_COMPONENT_IDLE_STATE States, ULONG DeepestWakeable)
{
    return StateCount != 0 && States != NULL && DeepestWakeable < StateCount;
}

/* The three versions differ in their order; all of them as version 3. *Components: those of the caller. */
static NTSTATUS PopFxReadDevice(const VOID *Given, PO_FX_DEVICE_V3 *Device, const VOID **Components, ULONG *Stride)
{
    const PO_FX_DEVICE_V1 *V1 = Given;
    const PO_FX_DEVICE_V2 *V2 = Given;

    RtlZeroMemory(Device, sizeof(*Device));
    *Stride = V1->Version == PO_FX_VERSION_V1 ? sizeof(PO_FX_COMPONENT_V1) : sizeof(PO_FX_COMPONENT_V2);
    switch (V1->Version) {
    case PO_FX_VERSION_V1:
        Device->ComponentCount = V1->ComponentCount;
        Device->ComponentActiveConditionCallback = V1->ComponentActiveConditionCallback;
        Device->ComponentIdleConditionCallback = V1->ComponentIdleConditionCallback;
        Device->ComponentIdleStateCallback = V1->ComponentIdleStateCallback;
        Device->DevicePowerRequiredCallback = V1->DevicePowerRequiredCallback;
        Device->DevicePowerNotRequiredCallback = V1->DevicePowerNotRequiredCallback;
        Device->PowerControlCallback = V1->PowerControlCallback;
        Device->DeviceContext = V1->DeviceContext;
        *Components = V1->Components;
        return STATUS_SUCCESS;
    case PO_FX_VERSION_V2:
        RtlCopyMemory(Device, V2, FIELD_OFFSET(PO_FX_DEVICE_V2, DeviceContext)); /* the same up to there */
        Device->DeviceContext = V2->DeviceContext;
        Device->ComponentCount = V2->ComponentCount;
        *Components = V2->Components;
        return STATUS_SUCCESS;
    case PO_FX_VERSION_V3:
        RtlCopyMemory(Device, Given, FIELD_OFFSET(PO_FX_DEVICE_V3, Components));
        *Components = ((const PO_FX_DEVICE_V3 *)Given)->Components;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static BOOLEAN PopFxFillComponent(POP_FX_COMPONENT *Component, const VOID *Given, ULONG Version)
{
    const PO_FX_COMPONENT_V1 *V1 = Given;
    const PO_FX_COMPONENT_V2 *V2 = Given;

    RtlZeroMemory(Component, sizeof(*Component));
    Component->StateCount = Version == PO_FX_VERSION_V1 ? V1->IdleStateCount : V2->IdleStateCount;
    Component->DeepestWakeable = Version == PO_FX_VERSION_V1 ? V1->DeepestWakeableIdleState
                                                             : V2->DeepestWakeableIdleState;
    Component->States = Version == PO_FX_VERSION_V1 ? V1->IdleStates : V2->IdleStates;
    Component->IsActive = TRUE; /* [doc] all on and active until power management starts */
    Component->Latency = Component->Residency = MAXULONGLONG;
    if (!PopFxCheckComponent(Component->StateCount, Component->States, Component->DeepestWakeable))
        return FALSE;
    return Component->States[0].TransitionLatency == 0 && Component->States[0].ResidencyRequirement == 0;
}

/* A copy: the caller's array of idle states need not stay. */
static BOOLEAN PopFxCopyStates(POP_FX_COMPONENT *Component)
{
    SIZE_T Bytes = Component->StateCount * sizeof(*Component->States);
    PPO_FX_COMPONENT_IDLE_STATE Copy = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, PO_TAG);

    if (Copy != NULL)
        RtlCopyMemory(Copy, Component->States, Bytes);
    Component->States = Copy;
    return Copy != NULL;
}

static VOID PopFxFree(POP_FX_DEVICE *Device)
{
    ULONG i;

    for (i = 0; i < Device->ComponentCount; i++)
        if (Device->Component[i].States != NULL)
            ExFreePoolWithTag(Device->Component[i].States, PO_TAG);
    ObDereferenceObject(Device->Pdo);
    ExFreePoolWithTag(Device, PO_TAG);
}

static POP_FX_DEVICE *PopFxMake(PDEVICE_OBJECT Pdo, const PO_FX_DEVICE_V3 *Callbacks)
{
    SIZE_T Bytes = FIELD_OFFSET(POP_FX_DEVICE, Component) + Callbacks->ComponentCount * sizeof(POP_FX_COMPONENT);
    POP_FX_DEVICE *Device = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, PO_TAG);

    if (Device == NULL)
        return NULL;
    RtlZeroMemory(Device, Bytes);
    KeInitializeSpinLock(&Device->Lock);
    KeInitializeEvent(&Device->Answered, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Device->Settled, NotificationEvent, TRUE);
    KeInitializeTimer(&Device->Timer);
    KeInitializeDpc(&Device->Dpc, PopFxTimeout, Device);
    ObReferenceObject(Pdo);
    Device->Pdo = Pdo;
    Device->Callbacks = *Callbacks;
    Device->Powered = TRUE;
    return Device;
}

NT_PARTIAL(PoFxRegisterDevice, "providers between components; directed power transitions");
NTSTATUS NTAPI PoFxRegisterDevice(PDEVICE_OBJECT Pdo, PPO_FX_DEVICE Given, POHANDLE *Handle)
{
    PO_FX_DEVICE_V3 Callbacks;
    POP_FX_DEVICE *Device;
    const VOID *Components;
    ULONG Stride, i;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;

    if (Pdo == NULL || Given == NULL || !NT_SUCCESS(PopFxReadDevice(Given, &Callbacks, &Components, &Stride))
        || Callbacks.ComponentCount == 0)
        return STATUS_INVALID_PARAMETER;
    Callbacks.Version = *(const ULONG *)Given;
    Device = PopFxMake(Pdo, &Callbacks);
    if (Device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (i = 0; i < Callbacks.ComponentCount; i++) {
        POP_FX_COMPONENT *Component = &Device->Component[i];

        if (!PopFxFillComponent(Component, (const UCHAR *)Components + i * Stride, Callbacks.Version))
            goto Free;
        if (!PopFxCopyStates(Component)) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            goto Free;
        }
        Device->ComponentCount++;
    }
    *Handle = (POHANDLE)Device;
    return STATUS_SUCCESS;

Free:
    PopFxFree(Device);
    return Status;
}

/* Waits until nothing is left to tell the driver. PASSIVE_LEVEL. */
NT_EXPORT(PoFxUnregisterDevice);
VOID NTAPI PoFxUnregisterDevice(POHANDLE Handle)
{
    POP_FX_DEVICE *Device = POP_FX_DEVICE_OF(Handle);
    KIRQL Irql;

    Device->Started = FALSE;
    KeCancelTimer(&Device->Timer);
    KeRemoveQueueDpc(&Device->Dpc);
    KeWaitForSingleObject(&Device->Settled, Executive, KernelMode, FALSE, NULL);
    KeAcquireSpinLock(&Device->Lock, &Irql); /* whoever settled it has let go of the lock then */
    KeReleaseSpinLock(&Device->Lock, Irql);
    PopFxFree(Device);
}

NT_EXPORT(PoFxStartDevicePowerManagement);
VOID NTAPI PoFxStartDevicePowerManagement(POHANDLE Handle)
{
    POP_FX_DEVICE *Device = POP_FX_DEVICE_OF(Handle);

    Device->Started = TRUE;
    PopFxChanged(Device, 0);
}

/* ---- conditions ---- */

/* [doc: Bug Check 0xA0, 0x614] */
static VOID PopFxCheckRequest(POP_FX_DEVICE *Device, ULONG Component, ULONG Flags, const char *Routine)
{
    static const char *const What[] = { "PO_FX_FLAG_BLOCKING at DISPATCH_LEVEL", "both PO_FX_FLAG_BLOCKING and _ASYNC_ONLY",
                                        "no such component" };
    ULONG Wrong = 3;

    if ((Flags & PO_FX_FLAG_BLOCKING) && KeGetCurrentIrql() >= DISPATCH_LEVEL)
        Wrong = 0;
    if ((Flags & (PO_FX_FLAG_BLOCKING | PO_FX_FLAG_ASYNC_ONLY)) == (PO_FX_FLAG_BLOCKING | PO_FX_FLAG_ASYNC_ONLY))
        Wrong = 1;
    if (Component >= Device->ComponentCount)
        Wrong = 2;
    if (Wrong == 3)
        return;
    KeSetBugCheckText("%s for component %lu of device %p: %s", Routine, Component, Device->Pdo, What[Wrong]);
    KeBugCheckEx(INTERNAL_POWER_ERROR, 0x614, (ULONG_PTR)Device, Component, Wrong);
}

NT_EXPORT(PoFxActivateComponent);
VOID NTAPI PoFxActivateComponent(POHANDLE Handle, ULONG Component, ULONG Flags)
{
    POP_FX_DEVICE *Device = POP_FX_DEVICE_OF(Handle);

    PopFxCheckRequest(Device, Component, Flags, "PoFxActivateComponent");
    InterlockedIncrement(&Device->Component[Component].Active);
    PopFxChanged(Device, Flags);
}

NT_EXPORT(PoFxIdleComponent);
VOID NTAPI PoFxIdleComponent(POHANDLE Handle, ULONG Component, ULONG Flags)
{
    POP_FX_DEVICE *Device = POP_FX_DEVICE_OF(Handle);

    PopFxCheckRequest(Device, Component, Flags, "PoFxIdleComponent");
    if (InterlockedDecrement(&Device->Component[Component].Active) < 0) {
        KeSetBugCheckText("PoFxIdleComponent for component %lu of device %p, which has not been activated as often",
                          Component, Device->Pdo);
        KeBugCheckEx(INTERNAL_POWER_ERROR, 0x608, (ULONG_PTR)&Device->Component[Component], 0, 0);
    }
    PopFxChanged(Device, Flags);
}

/* ---- the driver's answers ---- */

/* [doc: Bug Check 0xA0, 0x613] Operation 0: power not required, 2: idle condition; 3 for an idle state is a [guess]. */
static VOID PopFxAnswer(POP_FX_DEVICE *Device, POP_FX_WAIT Wait, ULONG Component, ULONG Operation, const char *Routine)
{
    if (Device->Wait != Wait || Device->WaitComponent != Component) {
        KeSetBugCheckText("%s for component %lu of device %p: no such callback waits for an answer", Routine, Component,
                          Device->Pdo);
        KeBugCheckEx(INTERNAL_POWER_ERROR, 0x613, (ULONG_PTR)Device, Component, Operation);
    }
    KeSetEvent(&Device->Answered, IO_NO_INCREMENT, FALSE);
}

NT_EXPORT(PoFxCompleteIdleCondition);
VOID NTAPI PoFxCompleteIdleCondition(POHANDLE Handle, ULONG Component)
{
    PopFxAnswer(POP_FX_DEVICE_OF(Handle), PopFxIdleCondition, Component, 2, "PoFxCompleteIdleCondition");
}

NT_EXPORT(PoFxCompleteIdleState);
VOID NTAPI PoFxCompleteIdleState(POHANDLE Handle, ULONG Component)
{
    PopFxAnswer(POP_FX_DEVICE_OF(Handle), PopFxIdleState, Component, 3, "PoFxCompleteIdleState");
}

NT_EXPORT(PoFxCompleteDevicePowerNotRequired);
VOID NTAPI PoFxCompleteDevicePowerNotRequired(POHANDLE Handle)
{
    PopFxAnswer(POP_FX_DEVICE_OF(Handle), PopFxNotRequired, 0, 0, "PoFxCompleteDevicePowerNotRequired");
}

/* Also after a D0 request that nobody asked for, as at the system's return: nothing waits then. */
NT_EXPORT(PoFxReportDevicePoweredOn);
VOID NTAPI PoFxReportDevicePoweredOn(POHANDLE Handle)
{
    POP_FX_DEVICE *Device = POP_FX_DEVICE_OF(Handle);

    if (Device->Wait == PopFxPoweredOn)
        KeSetEvent(&Device->Answered, IO_NO_INCREMENT, FALSE);
}

/* ---- hints ---- */

/* 100 ns; 0: as soon as all components are idle. */
NT_EXPORT(PoFxSetDeviceIdleTimeout);
VOID NTAPI PoFxSetDeviceIdleTimeout(POHANDLE Handle, ULONGLONG IdleTimeout)
{
    POP_FX_DEVICE_OF(Handle)->IdleTimeout.QuadPart = -(LONGLONG)IdleTimeout;
}

NT_EXPORT(PoFxSetComponentLatency);
VOID NTAPI PoFxSetComponentLatency(POHANDLE Handle, ULONG Component, ULONGLONG Latency)
{
    POP_FX_DEVICE_OF(Handle)->Component[Component].Latency = Latency;
    PopFxChanged(POP_FX_DEVICE_OF(Handle), 0);
}

NT_EXPORT(PoFxSetComponentResidency);
VOID NTAPI PoFxSetComponentResidency(POHANDLE Handle, ULONG Component, ULONGLONG Residency)
{
    POP_FX_DEVICE_OF(Handle)->Component[Component].Residency = Residency;
    PopFxChanged(POP_FX_DEVICE_OF(Handle), 0);
}

NT_EXPORT(PoFxSetComponentWake);
VOID NTAPI PoFxSetComponentWake(POHANDLE Handle, ULONG Component, BOOLEAN WakeHint)
{
    POP_FX_DEVICE_OF(Handle)->Component[Component].WantWake = WakeHint;
    PopFxChanged(POP_FX_DEVICE_OF(Handle), 0);
}

/* The platform has no extension that could take a control code. [doc: PoFxPowerControl] */
NT_EXPORT(PoFxPowerControl);
NTSTATUS NTAPI PoFxPowerControl(POHANDLE Handle, LPCGUID PowerControlCode, PVOID InBuffer, SIZE_T InBufferSize,
                                PVOID OutBuffer, SIZE_T OutBufferSize, PSIZE_T BytesReturned)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(PowerControlCode);
    UNREFERENCED_PARAMETER(InBuffer);
    UNREFERENCED_PARAMETER(InBufferSize);
    UNREFERENCED_PARAMETER(OutBuffer);
    UNREFERENCED_PARAMETER(OutBufferSize);
    if (BytesReturned != NULL)
        *BytesReturned = 0;
    return STATUS_NOT_IMPLEMENTED;
}
