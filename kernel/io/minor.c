/*
 * How often each PnP, power and WMI request was sent, by minor function and what distinguishes it
 * further: for `drydock run --requests`. A request counts once, where it is sent, whoever sends it
 * and to whichever device of a stack.
 */
#include "iop.h"

#define IOP_STATES 8 /* POWER_STATE values, either kind */

static struct {
    ULONG Pnp[IRP_MN_DEVICE_ENUMERATED + 1];
    ULONG Relations[TransportRelations + 1];
    ULONG Wmi[IRP_MN_REGINFO_EX + 1];
    ULONG WaitWake, Sequence;
    ULONG System[2][IOP_STATES][IOP_STATES]; /* set, query; from, to */
    ULONG Device[2][IOP_STATES][IOP_STATES];
} IopMinor;

static const char *const IopPnpName[] = {
    "START_DEVICE",          "QUERY_REMOVE_DEVICE",   "REMOVE_DEVICE",
    "CANCEL_REMOVE_DEVICE",  "STOP_DEVICE",           "QUERY_STOP_DEVICE",
    "CANCEL_STOP_DEVICE",    "QUERY_DEVICE_RELATIONS", "QUERY_INTERFACE",
    "QUERY_CAPABILITIES",    "QUERY_RESOURCES",       "QUERY_RESOURCE_REQUIREMENTS",
    "QUERY_DEVICE_TEXT",     "FILTER_RESOURCE_REQUIREMENTS", NULL,
    "READ_CONFIG",           "WRITE_CONFIG",          "EJECT",
    "SET_LOCK",              "QUERY_ID",              "QUERY_PNP_DEVICE_STATE",
    "QUERY_BUS_INFORMATION", "DEVICE_USAGE_NOTIFICATION", "SURPRISE_REMOVAL",
    "QUERY_LEGACY_BUS_INFORMATION", "DEVICE_ENUMERATED",
};
static const char *const IopRelationName[] = {
    "BusRelations",         "EjectionRelations",    "PowerRelations",    "RemovalRelations",
    "TargetDeviceRelation", "SingleBusRelations",   "TransportRelations",
};
static const char *const IopWmiName[] = {
    "QUERY_ALL_DATA",    "QUERY_SINGLE_INSTANCE", "CHANGE_SINGLE_INSTANCE", "CHANGE_SINGLE_ITEM",
    "ENABLE_EVENTS",     "DISABLE_EVENTS",        "ENABLE_COLLECTION",      "DISABLE_COLLECTION",
    "REGINFO",           "EXECUTE_METHOD",        NULL,                     "REGINFO_EX",
};

/* ---- counting ---- */

static VOID IopCountPnp(const IO_STACK_LOCATION *Stack)
{
    DEVICE_RELATION_TYPE Type = Stack->Parameters.QueryDeviceRelations.Type;

    if (Stack->MinorFunction == IRP_MN_QUERY_DEVICE_RELATIONS) {
        if ((ULONG)Type < RTL_NUMBER_OF(IopMinor.Relations))
            IopMinor.Relations[Type]++;
    } else if (Stack->MinorFunction < RTL_NUMBER_OF(IopMinor.Pnp)) {
        IopMinor.Pnp[Stack->MinorFunction]++;
    }
}

/* The state that the device is in: of its physical device, D0 until a request has changed it. */
static ULONG IopDeviceStateNow(PDEVICE_OBJECT Device)
{
    PDEVICE_OBJECT Base = IoGetDeviceAttachmentBaseRef(Device);
    ULONG State = IopDeviceExt(Base)->CurrentDevicePower;

    ObDereferenceObject(Base);
    return State == PowerDeviceUnspecified ? PowerDeviceD0 : State;
}

static VOID IopCountPower(PDEVICE_OBJECT Device, const IO_STACK_LOCATION *Stack)
{
    BOOLEAN Query = Stack->MinorFunction == IRP_MN_QUERY_POWER;
    SYSTEM_POWER_STATE_CONTEXT Context;
    ULONG To = (ULONG)Stack->Parameters.Power.State.SystemState % IOP_STATES;

    Context.ContextAsUlong = Stack->Parameters.Power.SystemContext;
    if (Stack->MinorFunction == IRP_MN_WAIT_WAKE)
        IopMinor.WaitWake++;
    else if (Stack->MinorFunction == IRP_MN_POWER_SEQUENCE)
        IopMinor.Sequence++;
    else if (!Query && Stack->MinorFunction != IRP_MN_SET_POWER)
        return;
    else if (Stack->Parameters.Power.Type == SystemPowerState)
        IopMinor.System[Query][Context.CurrentSystemState % IOP_STATES][To]++;
    else
        IopMinor.Device[Query][IopDeviceStateNow(Device) % IOP_STATES][To]++;
}

VOID IopCountMinor(PDEVICE_OBJECT Device, PIRP Irp)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Irp->CurrentLocation != Irp->StackCount || Stack->DeviceObject != NULL)
        return; /* on its way down: another device has had it, in this stack location or in one
                   above */
    if (Stack->MajorFunction == IRP_MJ_PNP)
        IopCountPnp(Stack);
    else if (Stack->MajorFunction == IRP_MJ_POWER)
        IopCountPower(Device, Stack);
    else if (Stack->MajorFunction == IRP_MJ_SYSTEM_CONTROL &&
             Stack->MinorFunction < RTL_NUMBER_OF(IopMinor.Wmi))
        IopMinor.Wmi[Stack->MinorFunction]++;
}

VOID IoForgetMinors(VOID)
{
    RtlZeroMemory(&IopMinor, sizeof(IopMinor));
}

/* ---- telling ---- */

static VOID IopTell(VOID (*Visit)(const char *Request, ULONG Count), ULONG Count,
                    const char *Format, ...)
{
    char Request[96];
    va_list Arguments;

    if (Count == 0)
        return;
    va_start(Arguments, Format);
    _vsnprintf(Request, sizeof(Request) - 1, Format, Arguments);
    va_end(Arguments);
    Request[sizeof(Request) - 1] = 0;
    Visit(Request, Count);
}

/* Letter: S or D; PowerSystemWorking and PowerDeviceD0 are 1. */
static VOID IopTellStates(VOID (*Visit)(const char *, ULONG),
                          const ULONG Count[2][IOP_STATES][IOP_STATES], const char *Kind,
                          char Letter)
{
    ULONG Query, From, To;

    for (Query = 0; Query < 2; Query++)
        for (From = 1; From < IOP_STATES; From++)
            for (To = 1; To < IOP_STATES; To++)
                IopTell(Visit, Count[Query][From][To], "IRP_MN_%s_POWER (%s, %c%lu to %c%lu)",
                        Query ? "QUERY" : "SET", Kind, Letter, From - 1, Letter, To - 1);
}

VOID IoVisitMinors(VOID (*Visit)(const char *Request, ULONG Count))
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(IopPnpName); i++)
        if (IopPnpName[i] != NULL)
            IopTell(Visit, IopMinor.Pnp[i], "IRP_MN_%s", IopPnpName[i]);
    for (i = 0; i < RTL_NUMBER_OF(IopRelationName); i++)
        IopTell(Visit, IopMinor.Relations[i], "IRP_MN_QUERY_DEVICE_RELATIONS (%s)",
                IopRelationName[i]);
    IopTell(Visit, IopMinor.WaitWake, "IRP_MN_WAIT_WAKE");
    IopTell(Visit, IopMinor.Sequence, "IRP_MN_POWER_SEQUENCE");
    IopTellStates(Visit, IopMinor.System, "system", 'S');
    IopTellStates(Visit, IopMinor.Device, "device", 'D');
    for (i = 0; i < RTL_NUMBER_OF(IopWmiName); i++)
        if (IopWmiName[i] != NULL)
            IopTell(Visit, IopMinor.Wmi[i], "IRP_MN_%s", IopWmiName[i]);
}
