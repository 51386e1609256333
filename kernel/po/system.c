/*
 * Sleep, hibernation, shutdown and back: system power requests over the device tree. Going down, children come before their
 * parents and a device before those that it named as power relations; up, the other way round. [doc: Power IRPs for the
 * System; IRP_MN_QUERY_POWER, IRP_MN_SET_POWER] Left out: hibernation files, fast startup.
 */
#include "pop.h"
#include "../pnp/pnp.h"

VOID PopLog(const char *Format, ...)
{
    char Line[300];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Line, sizeof(Line) - 1, Format, Arguments);
    va_end(Arguments);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

/* [doc: SYSTEM_POWER_STATE_CONTEXT] */
static ULONG PopContext(SYSTEM_POWER_STATE From, SYSTEM_POWER_STATE To)
{
    SYSTEM_POWER_STATE_CONTEXT Context;

    Context.ContextAsUlong = 0;
    Context.CurrentSystemState = (ULONG)From;
    Context.TargetSystemState = (ULONG)To;
    Context.EffectiveSystemState = (ULONG)To;
    return Context.ContextAsUlong;
}

/* \Callback\PowerState: S0 is about to be left (0), or is entered again (1). */
static VOID PopNotifyCallback(ULONG_PTR Argument)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Callback;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ExCreateCallback(&Callback, &Attributes, FALSE, TRUE)))
        return;
    ExNotifyCallback(Callback, (PVOID)PO_CB_SYSTEM_STATE_LOCK, (PVOID)Argument);
    ObDereferenceObject(Callback);
}

/* ---- the devices, in order ---- */

/* Asks each; *Asked counts. The first refusal ends it. */
static NTSTATUS PopQueryDevices(const PNP_POWER_LIST *List, SYSTEM_POWER_STATE State, POWER_ACTION Action,
                                ULONG *Asked)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (*Asked = 0; *Asked < List->Count && NT_SUCCESS(Status); ++*Asked) {
        Status = PopSendSystemIrp(List->Pdo[*Asked], IRP_MN_QUERY_POWER, State, Action,
                                  PopContext(PowerSystemWorking, State));
        if (!NT_SUCCESS(Status))
            PopLog("power: %wZ refuses S%d (status %#x)\n", PnpInstancePath(List->Pdo[*Asked]),
                   State - PowerSystemWorking, Status);
    }
    return Status;
}

static VOID PopSetDevice(PDEVICE_OBJECT Pdo, SYSTEM_POWER_STATE State, POWER_ACTION Action, ULONG Context)
{
    NTSTATUS Status = PopSendSystemIrp(Pdo, IRP_MN_SET_POWER, State, Action, Context);

    if (!NT_SUCCESS(Status))
        PopLog("power: %wZ fails IRP_MN_SET_POWER for S%d, which must not fail (status %#x)\n", PnpInstancePath(Pdo),
               State - PowerSystemWorking, Status);
}

static VOID PopSetDevicesDown(const PNP_POWER_LIST *List, SYSTEM_POWER_STATE State, POWER_ACTION Action)
{
    ULONG i;

    for (i = 0; i < List->Count; i++)
        PopSetDevice(List->Pdo[i], State, Action, PopContext(PowerSystemWorking, State));
}

/* The first Count devices of the list, in reverse. */
static VOID PopSetDevicesUp(const PNP_POWER_LIST *List, ULONG Count, SYSTEM_POWER_STATE From)
{
    while (Count-- != 0)
        PopSetDevice(List->Pdo[Count], PowerSystemWorking, PowerActionSleep, PopContext(From, PowerSystemWorking));
}

/* ---- transitions ---- */

static NTSTATUS PopLeaveAndReturn(const PNP_POWER_LIST *List, SYSTEM_POWER_STATE State, POWER_ACTION Action,
                                  ULONG64 Limit100ns)
{
    NTSTATUS Status;

    PopBeginTransition();
    PopNotifyCallback(0);
    PopChangeSetting(&PopConsoleDisplayState, 0);
    PopCurrentAction = Action;
    PopSetDevicesDown(List, State, Action);
    PopHistory.LastSleep = KeVirtualTime();
    PopHistory.Sleeps++;
    PopLog("power: asleep in S%d\n", State - PowerSystemWorking);
    Status = PopStayAsleep(State, Limit100ns);
    PopHistory.LastWake = KeVirtualTime();
    PopCurrentAction = PowerActionNone;
    PopSetDevicesUp(List, List->Count, State);
    PopChangeSetting(&PopConsoleDisplayState, 1);
    PopNotifyCallback(1);
    PopEndTransition();
    PopLog("power: working again\n");
    return Status;
}

NTSTATUS PoSleepSystem(SYSTEM_POWER_STATE State, POWER_ACTION Action, ULONG64 Limit100ns)
{
    PNP_POWER_LIST List;
    ULONG Asked;
    NTSTATUS Status;

    if (State < PowerSystemSleeping1 || State > PowerSystemHibernate)
        return STATUS_INVALID_PARAMETER;
    PnpLockForPower(POP_WATCHDOG_SECONDS);
    Status = PnpListForPower(&List);
    if (NT_SUCCESS(Status)) {
        Status = PopQueryDevices(&List, State, Action, &Asked);
        if (NT_SUCCESS(Status))
            Status = PopLeaveAndReturn(&List, State, Action, Limit100ns);
        else
            PopSetDevicesUp(&List, Asked, PowerSystemWorking); /* S0 is reaffirmed */
        PnpFreePowerList(&List);
    }
    PnpUnlockForPower();
    return Status;
}

VOID PoShutdownDevices(POWER_ACTION Action)
{
    PNP_POWER_LIST List;

    PnpLockForPower(POP_WATCHDOG_SECONDS);
    if (NT_SUCCESS(PnpListForPower(&List))) {
        PopCurrentAction = Action;
        PopSetDevicesDown(&List, PowerSystemShutdown, Action);
        PnpFreePowerList(&List);
    }
    PnpUnlockForPower();
}
