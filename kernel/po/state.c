/*
 * What is known of power: states that drivers report, what keeps the system awake, the services
 * that ask and act. [doc: PoSetPowerState, PoRegisterSystemState, ZwPowerInformation] Left out:
 * power policies, batteries, wake-up by devices, idle time of the user: the system sleeps only when
 * it is told to.
 */
#include "pop.h"

POP_HISTORY PopHistory;

NT_EXPORT(PoSetPowerState);
POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type,
                                  POWER_STATE State)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(DeviceObject);
    POWER_STATE Old;

    if (Type == SystemPowerState) {
        Old.SystemState = Extension->SystemPowerState;
        Extension->SystemPowerState = (UCHAR)State.SystemState;
    } else {
        Old.DeviceState = Extension->DevicePowerState;
        Extension->DevicePowerState = (UCHAR)State.DeviceState;
    }
    return Old;
}

/* ---- what keeps the system awake ---- */

typedef struct _PO_STATE {
    LIST_ENTRY Entry; /* PopStates; PASSIVE_LEVEL */
    EXECUTION_STATE Flags;
} PO_STATE;

static LIST_ENTRY PopStates = { &PopStates, &PopStates };

static EXECUTION_STATE PopExecutionState(VOID)
{
    EXECUTION_STATE Flags = PopRequestedState();
    PLIST_ENTRY Entry;

    for (Entry = PopStates.Flink; Entry != &PopStates; Entry = Entry->Flink)
        Flags |= CONTAINING_RECORD(Entry, PO_STATE, Entry)->Flags;
    return Flags & ~ES_CONTINUOUS;
}

/* It restarts the idle time of system, display or user; no such time runs here. */
NT_EXPORT(PoSetSystemState);
VOID NTAPI PoSetSystemState(EXECUTION_STATE Flags)
{
    UNREFERENCED_PARAMETER(Flags);
}

NT_EXPORT(PoRegisterSystemState);
PVOID NTAPI PoRegisterSystemState(PVOID StateHandle, EXECUTION_STATE Flags)
{
    PO_STATE *State = StateHandle;

    if (State == NULL) {
        State = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*State), PO_TAG);
        if (State == NULL)
            return NULL;
        InsertTailList(&PopStates, &State->Entry);
    }
    State->Flags = Flags & ES_CONTINUOUS ? Flags : 0; /* else it counts for this once */
    return State;
}

NT_EXPORT(PoUnregisterSystemState);
VOID NTAPI PoUnregisterSystemState(PVOID StateHandle)
{
    PO_STATE *State = StateHandle;

    RemoveEntryList(&State->Entry);
    ExFreePoolWithTag(State, PO_TAG);
}

/* ---- wake-up: marks on the request; none here ever woke the machine by itself ---- */

NT_EXPORT(PoGetSystemWake);
BOOLEAN NTAPI PoGetSystemWake(PIRP Irp)
{
    return (Irp->Flags & POP_IRP_WOKE) != 0;
}

NT_EXPORT(PoSetSystemWake);
VOID NTAPI PoSetSystemWake(PIRP Irp)
{
    Irp->Flags |= POP_IRP_WOKE;
}

/* ---- services ---- */

static VOID PopCapabilities(SYSTEM_POWER_CAPABILITIES *Capabilities)
{
    RtlZeroMemory(Capabilities, sizeof(*Capabilities));
    Capabilities->PowerButtonPresent = TRUE;
    Capabilities->SleepButtonPresent = TRUE;
    Capabilities->SystemS1 = Capabilities->SystemS2 = Capabilities->SystemS3 =
        Capabilities->SystemS4 = TRUE;
    Capabilities->SystemS5 = TRUE;
    Capabilities->DefaultLowLatencyWake = PowerSystemUnspecified;
}

/* The answer's bytes in Answer; 0: no such level. */
static ULONG PopAnswer(POWER_INFORMATION_LEVEL Level, PVOID Answer)
{
    switch ((ULONG)Level) {
    case SystemPowerCapabilities:
        PopCapabilities(Answer);
        return sizeof(SYSTEM_POWER_CAPABILITIES);
    case SystemBatteryState:
        RtlZeroMemory(Answer, sizeof(SYSTEM_BATTERY_STATE));
        ((SYSTEM_BATTERY_STATE *)Answer)->AcOnLine = TRUE;
        return sizeof(SYSTEM_BATTERY_STATE);
    case SystemExecutionState:
        *(ULONG *)Answer = PopExecutionState();
        return sizeof(ULONG);
    case LastSleepTime:
        *(ULONG64 *)Answer = PopHistory.LastSleep;
        return sizeof(ULONG64);
    case LastWakeTime:
        *(ULONG64 *)Answer = PopHistory.LastWake;
        return sizeof(ULONG64);
    default:
        return 0;
    }
}

NT_SERVICE_PARTIAL(PowerInformation,
                   "levels but SystemPowerCapabilities, SystemBatteryState, SystemExecutionState, "
                   "LastSleepTime, LastWakeTime and those of kernel32's power requests");
NTSTATUS NTAPI NtPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer,
                                  ULONG InputLength, PVOID OutputBuffer, ULONG OutputLength)
{
    union {
        SYSTEM_POWER_CAPABILITIES Capabilities;
        SYSTEM_BATTERY_STATE Battery;
        ULONG64 Number;
    } Answer;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Bytes;

    if (InformationLevel == PowerRequestCreate)
        return PopCreateUserRequest(InputBuffer, InputLength, OutputBuffer, OutputLength);
    if (InformationLevel == PowerRequestAction)
        return OutputBuffer == NULL ? PopActOnUserRequest(InputBuffer, InputLength)
                                    : STATUS_INVALID_PARAMETER;
    Bytes = PopAnswer(InformationLevel, &Answer);
    if (Bytes == 0 || InputBuffer != NULL || InputLength != 0 || OutputBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    if (OutputLength < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForWrite(OutputBuffer, Bytes, 1);
        RtlCopyMemory(OutputBuffer, &Answer, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static BOOLEAN PopMaySleep(VOID)
{
    static const LUID Shutdown = { SE_SHUTDOWN_PRIVILEGE, 0 };

    return SeSinglePrivilegeCheck(Shutdown, IopPreviousMode());
}

NT_SERVICE_PARTIAL(InitiatePowerAction,
                   "actions but PowerActionSleep and PowerActionHibernate; Asynchronous: returns "
                   "when it is done");
NTSTATUS NTAPI NtInitiatePowerAction(POWER_ACTION SystemAction, SYSTEM_POWER_STATE MinSystemState,
                                     ULONG Flags, BOOLEAN Asynchronous)
{
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Asynchronous);
    if (!PopMaySleep())
        return STATUS_PRIVILEGE_NOT_HELD;
    if (SystemAction == PowerActionHibernate)
        return PoSleepSystem(PowerSystemHibernate, SystemAction, 0);
    if (SystemAction != PowerActionSleep)
        return STATUS_INVALID_PARAMETER_1;
    return PoSleepSystem(MinSystemState, SystemAction, 0);
}
