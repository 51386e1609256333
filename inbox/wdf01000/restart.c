/*
 * A failed device that comes again: its driver asks the bus to take it out and find it anew, by
 * REENUMERATE_SELF_INTERFACE_STANDARD; the framework's buses offer that for dynamic children [doc:
 * Reporting Device Failures; WdfDeviceSetFailed; PREENUMERATE_SELF]. A device that fails again and
 * again in a short time stays away. Leaves out other ways to a new enumeration: a bus without the
 * interface keeps the failed device.
 */
#include "fx.h"

#include "pdo.h"

/* GUID_REENUMERATE_SELF_INTERFACE_STANDARD */
static const GUID FxReenumerateSelf = {
    0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}};

#define FX_RESTART_LIMIT 5u                    /* [guess] the page says "several" */
#define FX_RESTART_100NS (10LL * 10000 * 1000) /* [guess] "within a short period" */

/* ---- of a bus ---- */

static VOID NTAPI FxSelfReference(PVOID Context)
{
    FxObjectReference(&((FX_DEVICE *)Context)->Object);
}

static VOID NTAPI FxSelfDereference(PVOID Context)
{
    FxObjectDereference(&((FX_DEVICE *)Context)->Object);
}

/* The child is missing from the next report on, and comes again when its device is gone. */
static VOID NTAPI FxSelfReenumerate(PVOID Context)
{
    FX_DEVICE *Device = Context;
    FX_CHILD *Entry = Device->Child->Entry;

    if (Entry == NULL)
        return; /* it is going already */
    Entry->ComesAgain = TRUE;
    if (!FxChildMissing(Device))
        Entry->ComesAgain = FALSE; /* the driver said before that it is not there */
}

NTSTATUS FxReenumerateAnswer(FX_DEVICE *Device, const IO_STACK_LOCATION *Stack)
{
    PREENUMERATE_SELF_INTERFACE_STANDARD Interface =
        (PVOID)Stack->Parameters.QueryInterface.Interface;

    if (Device->Kind != FxDeviceBus || Device->Child->Entry == NULL ||
        !IsEqualGUID(Stack->Parameters.QueryInterface.InterfaceType, &FxReenumerateSelf))
        return STATUS_NOT_SUPPORTED;
    if (Stack->Parameters.QueryInterface.Size < sizeof(*Interface))
        return STATUS_INVALID_BUFFER_SIZE;
    *Interface = (REENUMERATE_SELF_INTERFACE_STANDARD){
        .Size = sizeof(*Interface),
        .Version = 1,
        .Context = Device,
        .InterfaceReference = FxSelfReference,
        .InterfaceDereference = FxSelfDereference,
        .SurpriseRemoveAndReenumerateSelf = FxSelfReenumerate,
    };
    FxSelfReference(Device);
    return STATUS_SUCCESS;
}

/* ---- of a function driver ---- */

VOID FxRestartPrepare(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    REENUMERATE_SELF_INTERFACE_STANDARD Interface = {0};
    IO_STATUS_BLOCK Iosb;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    if (Device->Kind != FxDeviceFunction || Pnp->Reenumerate.Size != 0)
        return;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Device->Attached, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL)
        return; /* then it is not restarted */
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = &FxReenumerateSelf;
    Stack->Parameters.QueryInterface.Size = sizeof(Interface);
    Stack->Parameters.QueryInterface.Version = 1;
    Stack->Parameters.QueryInterface.Interface = (PINTERFACE)&Interface;
    Status = IoCallDriver(Device->Attached, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    if (NT_SUCCESS(Status) && Interface.SurpriseRemoveAndReenumerateSelf != NULL)
        Pnp->Reenumerate = Interface;
}

VOID FxRestartForget(FX_PNP *Pnp)
{
    if (Pnp->Reenumerate.Size != 0 && Pnp->Reenumerate.InterfaceDereference != NULL)
        Pnp->Reenumerate.InterfaceDereference(Pnp->Reenumerate.Context);
    Pnp->Reenumerate.Size = 0;
}

typedef struct _FX_RESTARTS { /* the value WDF\Restarts of the device's hardware key */
    LONGLONG First;           /* system time of the first of these */
    ULONG Count;
    ULONG Reserved;
} FX_RESTARTS;

/* Counts the restart; FALSE: there were enough of them. */
static BOOLEAN FxRestartCount(HANDLE Key)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Restarts");
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Header;
        UCHAR Room[sizeof(FX_RESTARTS)];
    } Value;
    FX_RESTARTS Restarts = {0};
    LARGE_INTEGER Now;
    ULONG Length;

    KeQuerySystemTime(&Now);
    if (NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Value, sizeof(Value),
                                   &Length)) &&
        Value.Header.DataLength == sizeof(Restarts))
        RtlCopyMemory(&Restarts, Value.Header.Data, sizeof(Restarts));
    if (Now.QuadPart - Restarts.First > FX_RESTART_100NS || Now.QuadPart < Restarts.First)
        Restarts = (FX_RESTARTS){.First = Now.QuadPart};
    Restarts.Count++;
    ZwSetValueKey(Key, &Name, 0, REG_BINARY, &Restarts, sizeof(Restarts));
    return Restarts.Count <= FX_RESTART_LIMIT;
}

static BOOLEAN FxRestartAllowed(FX_DEVICE *Device)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"WDF");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Parameters, Key;
    BOOLEAN Allowed = FALSE;

    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(Device->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_CREATE_SUB_KEY,
                                            &Parameters)))
        return FALSE;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Parameters, NULL);
    if (NT_SUCCESS(ZwCreateKey(&Key, KEY_QUERY_VALUE | KEY_SET_VALUE, &Attributes, 0, NULL,
                               REG_OPTION_NON_VOLATILE, NULL))) {
        Allowed = FxRestartCount(Key);
        ZwClose(Key);
    }
    ZwClose(Parameters);
    return Allowed;
}

/* The bus takes the device out; where that cannot be, PnP hears that it has failed. */
static VOID NTAPI FxRestartWork(PVOID Context)
{
    FX_DEVICE *Device = Context;
    FX_PNP *Pnp = Device->Pnp;

    if (FxRestartAllowed(Device)) {
        FxLog(Device->Object.Globals, "device %p is to come again", FX_HANDLE(WDFDEVICE, Device));
        Pnp->Reenumerate.SurpriseRemoveAndReenumerateSelf(Pnp->Reenumerate.Context);
    } else {
        FxMistake(Device->Object.Globals, STATUS_DEVICE_REMOVED, "the device is not restarted");
        IoInvalidateDeviceState(Device->Pdo);
    }
    IoReleaseRemoveLock(&Device->RemoveLock, Context);
}

/* The remove lock keeps the device, and the interface, until the work is done. */
BOOLEAN FxRestartBegin(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp->Reenumerate.Size == 0 || InterlockedExchange(&Pnp->IsRestarting, TRUE) ||
        !NT_SUCCESS(IoAcquireRemoveLock(&Device->RemoveLock, Device)))
        return Pnp->IsRestarting;
    ExInitializeWorkItem(&Pnp->RestartWork, FxRestartWork, Device);
    ExQueueWorkItem(&Pnp->RestartWork, DelayedWorkQueue);
    return TRUE;
}
