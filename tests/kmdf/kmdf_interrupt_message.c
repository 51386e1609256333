/*
 * KMDF: messages. The first device has MSI and interrupt objects created in EvtDriverDeviceAdd, one
 * more than messages; the second has MSI-X and objects created in EvtDevicePrepareHardware, one
 * fewer, with work items queued at DIRQL. Calls: WdfInterruptCreate,
 * WdfInterruptQueueWorkItemForIsr, WdfInterruptGetInfo.
 */
#include "pnp_test.h"

#include "../../devices/timer/timer_registers.h"

#define LIMIT 5u

typedef struct _STATE {
    ULONG Number; /* 0: the first device */
    PUCHAR Registers;
    WDFSPINLOCK Lock;
    ULONG Count; /* of interrupt objects */
    WDFINTERRUPT Interrupt[LIMIT];
    LONG Calls[LIMIT], Others; /* by message; with another object or IRQL */
    ULONG Enabled;
    LONG Work;
    BOOLEAN Requeue;
} STATE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(STATE, GetState)

static WDFDEVICE Devices[2];
static ULONG Added, Deleted;
static KEVENT Served;

static VOID set(STATE *State, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(State->Registers + Offset), Value);
}

static WDF_INTERRUPT_INFO InfoOf(WDFINTERRUPT Interrupt)
{
    WDF_INTERRUPT_INFO Info;

    WDF_INTERRUPT_INFO_INIT(&Info);
    WdfInterruptGetInfo(Interrupt, &Info);
    return Info;
}

/* ---- interrupts ---- */

static EVT_WDF_INTERRUPT_ISR EvtIsr;
static BOOLEAN NTAPI EvtIsr(WDFINTERRUPT Interrupt, ULONG Message)
{
    STATE *State = GetState(WdfInterruptGetDevice(Interrupt));

    State->Others += Message >= LIMIT || State->Interrupt[Message] != Interrupt ||
                     KeGetCurrentIrql() <= DISPATCH_LEVEL;
    State->Calls[Message % LIMIT]++;
    set(State, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    if (State->Number == 0)
        return WdfInterruptQueueDpcForIsr(Interrupt);
    WdfInterruptQueueWorkItemForIsr(Interrupt);
    State->Requeue = WdfInterruptQueueWorkItemForIsr(Interrupt);
    return TRUE;
}

static EVT_WDF_INTERRUPT_DPC EvtDpc;
static VOID NTAPI EvtDpc(WDFINTERRUPT Interrupt, WDFOBJECT Associated)
{
    STATE *State = GetState(Associated);

    State->Others +=
        KeGetCurrentIrql() != DISPATCH_LEVEL || WdfInterruptGetDevice(Interrupt) != Associated;
    State->Work++;
    KeSetEvent(&Served, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_INTERRUPT_WORKITEM EvtWorkItem;
static VOID NTAPI EvtWorkItem(WDFINTERRUPT Interrupt, WDFOBJECT Associated)
{
    STATE *State = GetState(Associated);

    State->Others +=
        KeGetCurrentIrql() != PASSIVE_LEVEL || WdfInterruptGetDevice(Interrupt) != Associated;
    State->Work++;
    KeSetEvent(&Served, IO_NO_INCREMENT, FALSE);
}

static EVT_WDF_INTERRUPT_ENABLE EvtEnable;
static NTSTATUS NTAPI EvtEnable(WDFINTERRUPT Interrupt, WDFDEVICE Associated)
{
    UNREFERENCED_PARAMETER(Interrupt);
    GetState(Associated)->Enabled++;
    set(GetState(Associated), TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    return STATUS_SUCCESS;
}

static EVT_WDF_INTERRUPT_DISABLE EvtDisable;
static NTSTATUS NTAPI EvtDisable(WDFINTERRUPT Interrupt, WDFDEVICE Associated)
{
    UNREFERENCED_PARAMETER(Interrupt);
    GetState(Associated)->Enabled--;
    return STATUS_SUCCESS;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Deleted++;
}

static NTSTATUS Create(WDFDEVICE Handle, PCM_PARTIAL_RESOURCE_DESCRIPTOR Raw,
                       PCM_PARTIAL_RESOURCE_DESCRIPTOR Translated)
{
    STATE *State = GetState(Handle);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_INTERRUPT_CONFIG Config;
    NTSTATUS Status;

    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, State->Number == 0 ? EvtDpc : NULL);
    Config.EvtInterruptWorkItem = State->Number == 0 ? NULL : EvtWorkItem;
    Config.EvtInterruptEnable = EvtEnable;
    Config.EvtInterruptDisable = EvtDisable;
    Config.InterruptRaw = Raw;
    Config.InterruptTranslated = Translated;
    Config.SpinLock = State->Lock;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtCleanupCallback = EvtCleanup;
    Status = WdfInterruptCreate(Handle, &Config, &Attributes, &State->Interrupt[State->Count]);
    if (NT_SUCCESS(Status))
        State->Count++;
    return Status;
}

/* ---- the device ---- */

static VOID Prepare(WDFDEVICE Handle, WDFCMRESLIST RawList, WDFCMRESLIST List, ULONG Index)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Raw = WdfCmResourceListGetDescriptor(RawList, Index);
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Translated = WdfCmResourceListGetDescriptor(List, Index);
    ULONG Count = Raw->u.MessageInterrupt.Raw.MessageCount;
    CM_PARTIAL_RESOURCE_DESCRIPTOR Copy = *Raw;

    is_status(Create(Handle, &Copy, Translated), STATUS_INVALID_PARAMETER,
              "a descriptor that is a copy");
    is_status(Create(Handle, WdfCmResourceListGetDescriptor(RawList, 0),
                     WdfCmResourceListGetDescriptor(List, 0)),
              STATUS_INVALID_PARAMETER, "a descriptor of no interrupt");
    for (ULONG i = 0; i < Count; i++)
        is_status(Create(Handle, Raw, Translated), STATUS_SUCCESS, "message %u", i);
    is_status(Create(Handle, Raw, Translated), STATUS_INVALID_PARAMETER, "one too many");
    WdfObjectDelete(GetState(Handle)->Interrupt[--GetState(Handle)->Count]);
}

static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare;
static NTSTATUS NTAPI EvtPrepare(WDFDEVICE Handle, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    STATE *State = GetState(Handle);

    for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = WdfCmResourceListGetDescriptor(Translated, i);

        if (Descriptor->Type == CmResourceTypeMemory)
            State->Registers =
                MmMapIoSpace(Descriptor->u.Memory.Start, Descriptor->u.Memory.Length, MmNonCached);
        if (Descriptor->Type == CmResourceTypeInterrupt && State->Number == 1)
            Prepare(Handle, Raw, Translated, i);
    }
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtRelease;
static NTSTATUS NTAPI EvtRelease(WDFDEVICE Handle, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Translated);
    is_ulong(GetState(Handle)->Enabled, 0, "all were disabled");
    MmUnmapIoSpace(GetState(Handle)->Registers, 4096);
    return STATUS_SUCCESS;
}

/* ---- the test ---- */

static VOID TestMessages(STATE *State, ULONG Count)
{
    WDF_INTERRUPT_INFO First = InfoOf(State->Interrupt[0]);

    is_ulong(State->Enabled, Count, "device %u: as many as it has are enabled", State->Number);
    for (ULONG i = 0; i < Count; i++) {
        WDF_INTERRUPT_INFO Info = InfoOf(State->Interrupt[i]);

        ok(Info.MessageSignaled && Info.MessageNumber == i, "message %u is known", i);
        is_ulong(Info.Mode, Latched, "it is latched");
        is_ulong(Info.Vector >> 4, Info.Irql, "a vector and its IRQL");
        ok(i == 0 || Info.Vector != First.Vector, "of its own");
        set(State, TIMER_RAISE, i);
        WaitFor(&Served);
        is_long(State->Calls[i], 1, "it calls its own ISR");
    }
    is_long(State->Work, (LONG)Count, "and what that queues");
    is_long(State->Others, 0, "each with its objects, at its IRQL");
}

static VOID Test(VOID)
{
    STATE *First = GetState(Devices[0]), *Second = GetState(Devices[1]);

    TestMessages(First, 4);
    ok(!InfoOf(First->Interrupt[4]).MessageSignaled, "the fifth has no message");
    ok(WdfInterruptWdmGetInterrupt(First->Interrupt[4]) == NULL, "and is not connected");
    TestMessages(Second, 2);
    is_bool(Second->Requeue, FALSE, "work is queued once");
    set(Second, TIMER_RAISE, 2);
    is_long(Second->Calls[2], 0, "a message without an object is nobody's");
    is_status(Power(PowerDeviceD3), STATUS_SUCCESS, "the second sleeps");
    is_ulong(Second->Enabled, 0, "disabled");
    set(Second, TIMER_RAISE, 1);
    is_long(Second->Calls[1], 1, "and silent");
    is_status(Power(PowerDeviceD0), STATUS_SUCCESS, "and wakes");
    is_ulong(Second->Enabled, 2, "enabled");
    set(Second, TIMER_RAISE, 1);
    WaitFor(&Served);
    is_long(Second->Calls[1], 2, "and heard");
    WdfInterruptAcquireLock(Second->Interrupt[1]);
    set(Second, TIMER_RAISE, 0);
    set(Second, TIMER_RAISE, 1);
    is_long(Second->Calls[1], 2, "the lock holds messages back");
    WdfInterruptReleaseLock(Second->Interrupt[1]);
    WaitFor(&Served);
    is_long(Second->Calls[1], 3, "until it is released");
    is_long(Second->Others, 0, "all as before");
}

static VOID Removed(VOID)
{
    is_ulong(Deleted, 8, "all the interrupts are gone");
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    STATE *State;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    if (Added == 1)
        pnp_test_watch(Init);
    WdfDeviceInitSetPowerPolicyOwnership(Init, FALSE);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepare;
    Callbacks.EvtDeviceReleaseHardware = EvtRelease;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, STATE);
    Status = WdfDeviceCreate(&Init, &Attributes, &Devices[Added]);
    if (!is_status(Status, STATUS_SUCCESS, "device %u", Added))
        return Status;
    State = GetState(Devices[Added]);
    State->Number = Added;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Devices[Added];
    is_status(WdfSpinLockCreate(&Attributes, &State->Lock), STATUS_SUCCESS,
              "a lock that its interrupts share");
    for (ULONG i = 0; Added == 0 && i < LIMIT; i++)
        is_status(Create(Devices[0], NULL, NULL), STATUS_SUCCESS, "interrupt %u", i);
    Added++;
    return STATUS_SUCCESS;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeInitializeEvent(&Served, NotificationEvent, FALSE);
    PnpTest.Unload = Removed;
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, NULL);
}
