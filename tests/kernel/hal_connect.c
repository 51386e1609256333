/*
 * IoConnectInterruptEx with everything given, at DIRQL and at passive level; ISRs that are switched
 * off and on. Calls: IoConnectInterruptEx, IoDisconnectInterruptEx, IoReportInterruptActive,
 * IoReportInterruptInactive.
 */
#include "timer_device.h"

static TIMER Timer;
static PDEVICE_OBJECT Device;

/* All fields good; a case changes one. */
static IO_CONNECT_INTERRUPT_PARAMETERS parameters(PKINTERRUPT *Interrupt)
{
    IO_CONNECT_INTERRUPT_PARAMETERS P;

    RtlZeroMemory(&P, sizeof(P));
    P.Version = CONNECT_FULLY_SPECIFIED;
    P.FullySpecified.PhysicalDeviceObject = Device;
    P.FullySpecified.InterruptObject = Interrupt;
    P.FullySpecified.ServiceRoutine = timer_isr;
    P.FullySpecified.ServiceContext = &Timer;
    P.FullySpecified.SynchronizeIrql = Timer.Irql;
    P.FullySpecified.ShareVector = TRUE;
    P.FullySpecified.Vector = Timer.Vector;
    P.FullySpecified.Irql = Timer.Irql;
    P.FullySpecified.InterruptMode = LevelSensitive;
    P.FullySpecified.ProcessorEnableMask = Timer.Affinity;
    return P;
}

static VOID disconnect(PKINTERRUPT Interrupt)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_FULLY_SPECIFIED};

    P.ConnectionContext.InterruptObject = Interrupt;
    IoDisconnectInterruptEx(&P);
}

static VOID errors(VOID)
{
    PKINTERRUPT Interrupt = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS P = parameters(&Interrupt);

    P.Version = 77;
    is_status(IoConnectInterruptEx(&P), STATUS_INVALID_PARAMETER_1, "a version that is none");
    P = parameters(&Interrupt);
    P.FullySpecified.PhysicalDeviceObject = NULL;
    is_status(IoConnectInterruptEx(&P), STATUS_INVALID_PARAMETER, "no device");
    P = parameters(&Interrupt);
    P.FullySpecified.ProcessorEnableMask = 0;
    is_status(IoConnectInterruptEx(&P), STATUS_INVALID_PARAMETER_10, "no processor");
    P = parameters(&Interrupt);
    P.FullySpecified.Vector = 0xCF;
    P.FullySpecified.Irql = P.FullySpecified.SynchronizeIrql = 0xC;
    is_status(IoConnectInterruptEx(&P), STATUS_NOT_FOUND, "a vector that no device has");
    P = parameters(&Interrupt);
    P.Version = CONNECT_FULLY_SPECIFIED_GROUP;
    P.FullySpecified.Group = 3;
    is_status(IoConnectInterruptEx(&P), STATUS_INVALID_PARAMETER, "a group that is none");
    P = parameters(&Interrupt);
    P.Version = CONNECT_LINE_BASED;
    P.LineBased.InterruptObject = &Interrupt;
    P.LineBased.ServiceRoutine = timer_isr;
    is_status(IoConnectInterruptEx(&P), STATUS_NOT_FOUND, "a device without interrupts");
    is_ptr(Interrupt, NULL, "no interrupt object");
}

static VOID connected(ULONG Version)
{
    PKINTERRUPT Interrupt = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS P = parameters(&Interrupt);
    LONG Calls = Timer.Calls;

    P.Version = Version;
    is_status(IoConnectInterruptEx(&P), STATUS_SUCCESS, "version %u", Version);
    timer_set(&Timer, TIMER_RAISE, 0);
    is_long(Timer.Calls, Calls + 1, "version %u: the ISR is called", Version);
    disconnect(Interrupt);
    timer_set(&Timer, TIMER_RAISE, 0);
    is_long(Timer.Calls, Calls + 1, "version %u: and is not any more", Version);
    timer_set(&Timer, TIMER_STATUS, TIMER_STATUS_EXPIRED);
}

static VOID active(VOID)
{
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS State = {.Version = CONNECT_FULLY_SPECIFIED};
    PKINTERRUPT Interrupt = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS P = parameters(&Interrupt);
    LONG Calls = Timer.Calls;

    IoConnectInterruptEx(&P);
    State.ConnectionContext.InterruptObject = Interrupt;
    IoReportInterruptInactive(&State);
    timer_set(&Timer, TIMER_RAISE, 0);
    is_long(Timer.Calls, Calls, "an inactive ISR is not called");
    IoReportInterruptActive(&State);
    is_long(Timer.Calls, Calls + 1, "the line is looked at again when it gets active");
    disconnect(Interrupt);
}

/* ---- passive level ---- */

static KIRQL SeenIrql;
static KEVENT Served;

static BOOLEAN NTAPI passive_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    SeenIrql = KeGetCurrentIrql();
    timer_isr(Interrupt, Context);
    KeSetEvent(&Served, 0, FALSE);
    return TRUE;
}

static BOOLEAN NTAPI looks(PVOID Context)
{
    LARGE_INTEGER Pause = {.QuadPart = -100000};
    LONG Calls = Timer.Calls;

    timer_set(&Timer, TIMER_RAISE, 0);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause); /* it is at PASSIVE_LEVEL */
    *(KIRQL *)Context = KeGetCurrentIrql();
    return Timer.Calls == Calls;
}

static VOID passive(VOID)
{
    PKINTERRUPT Interrupt = NULL;
    IO_CONNECT_INTERRUPT_PARAMETERS P = parameters(&Interrupt);
    KIRQL Irql = 9;
    LONG Before = Timer.Claimed;

    KeInitializeEvent(&Served, SynchronizationEvent, FALSE);
    P.FullySpecified.ServiceRoutine = passive_isr;
    P.FullySpecified.SynchronizeIrql = PASSIVE_LEVEL;
    is_status(IoConnectInterruptEx(&P), STATUS_INVALID_PARAMETER,
              "one of the IRQLs passive, not the other");
    P = parameters(&Interrupt);
    P.FullySpecified.ServiceRoutine = passive_isr;
    P.FullySpecified.Irql = P.FullySpecified.SynchronizeIrql = PASSIVE_LEVEL;
    is_status(IoConnectInterruptEx(&P), STATUS_SUCCESS, "a passive-level ISR");
    for (ULONG i = 0; i < 3; i++) {
        timer_set(&Timer, TIMER_RAISE, 0);
        KeWaitForSingleObject(&Served, Executive, KernelMode, FALSE, NULL);
    }
    is_ulong(SeenIrql, PASSIVE_LEVEL, "runs at PASSIVE_LEVEL, each time");
    is_bool(KeSynchronizeExecution(Interrupt, looks, &Irql), TRUE,
            "it does not run in KeSynchronizeExecution");
    is_ulong(Irql, PASSIVE_LEVEL, "which does not raise");
    KeWaitForSingleObject(&Served, Executive, KernelMode, FALSE, NULL);
    is_long(Timer.Claimed - Before, 4, "but after it");
    disconnect(Interrupt);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!timer_open(&Timer, FIRST_SLOT) ||
        !NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("the machine has no timer");
    timer_set(&Timer, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    errors();
    connected(CONNECT_FULLY_SPECIFIED);
    connected(CONNECT_FULLY_SPECIFIED_GROUP);
    active();
    passive();
    IoDeleteDevice(Device);
    timer_close(&Timer);
    return done();
}
