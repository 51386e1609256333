/*
 * The once-a-second timer of a device object. One kernel timer serves all devices. [doc: Using IoTimer Routines]
 */
#include "iop.h"

typedef struct _IO_TIMER {
    CSHORT Type;
    BOOLEAN Enabled;
    LIST_ENTRY Link; /* IopTimers; DISPATCH_LEVEL */
    PIO_TIMER_ROUTINE Routine;
    PVOID Context;
    PDEVICE_OBJECT Device;
} IO_TIMER;

static LIST_ENTRY IopTimers = { &IopTimers, &IopTimers };
static ULONG IopTimersEnabled;
static KTIMER IopTimer;
static KDPC IopTimerDpc;
static KSPIN_LOCK IopTimerLock;

enum { IOP_TIMER_LIMIT = 64 }; /* timers called in one turn; the rest wait for the next second */

/* Routines may stop their timer, so what is to be called is collected first. */
static VOID NTAPI IopTimerTick(PKDPC Dpc, PVOID Context, PVOID Arg1, PVOID Arg2)
{
    IO_TIMER *Due[IOP_TIMER_LIMIT];
    ULONG Count = 0, i;
    PLIST_ENTRY Link;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Arg1);
    UNREFERENCED_PARAMETER(Arg2);
    KeAcquireSpinLockAtDpcLevel(&IopTimerLock);
    for (Link = IopTimers.Flink; Link != &IopTimers && Count < IOP_TIMER_LIMIT; Link = Link->Flink) {
        IO_TIMER *Timer = CONTAINING_RECORD(Link, IO_TIMER, Link);

        if (Timer->Enabled)
            Due[Count++] = Timer;
    }
    KeReleaseSpinLockFromDpcLevel(&IopTimerLock);
    for (i = 0; i < Count; i++)
        if (Due[i]->Enabled)
            Due[i]->Routine(Due[i]->Device, Due[i]->Context);
}

/* Starts or stops the kernel timer as the first or last device timer is enabled or disabled. Lock held. */
static VOID IopCountTimer(LONG Change)
{
    LARGE_INTEGER Second;
    ULONG Before = IopTimersEnabled;

    IopTimersEnabled += Change;
    if (Before == 0 && IopTimersEnabled != 0) {
        Second.QuadPart = -10 * 1000 * 1000;
        KeInitializeTimerEx(&IopTimer, NotificationTimer);
        KeInitializeDpc(&IopTimerDpc, IopTimerTick, NULL);
        KeSetTimerEx(&IopTimer, Second, 1000, &IopTimerDpc);
    } else if (Before != 0 && IopTimersEnabled == 0) {
        KeCancelTimer(&IopTimer);
    }
}

NT_EXPORT(IoInitializeTimer);
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT Device, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    IO_TIMER *Timer = Device->Timer;
    KIRQL Irql;

    if (Timer == NULL) {
        Timer = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Timer), IOP_TAG_GENERAL);
        if (Timer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(Timer, sizeof(*Timer));
        Timer->Type = IO_TYPE_TIMER;
        Timer->Device = Device;
        Device->Timer = Timer;
        KeAcquireSpinLock(&IopTimerLock, &Irql);
        InsertTailList(&IopTimers, &Timer->Link);
        KeReleaseSpinLock(&IopTimerLock, Irql);
    }
    Timer->Routine = TimerRoutine;
    Timer->Context = Context;
    return STATUS_SUCCESS;
}

static VOID IopEnableTimer(IO_TIMER *Timer, BOOLEAN Enable)
{
    KIRQL Irql;

    KeAcquireSpinLock(&IopTimerLock, &Irql);
    if (Timer->Enabled != Enable) {
        Timer->Enabled = Enable;
        IopCountTimer(Enable ? 1 : -1);
    }
    KeReleaseSpinLock(&IopTimerLock, Irql);
}

NT_EXPORT(IoStartTimer);
VOID NTAPI IoStartTimer(PDEVICE_OBJECT Device)
{
    if (!(IopDeviceExt(Device)->ExtensionFlags & (IOP_DOE_DELETE_PENDING | IOP_DOE_UNLOAD_PENDING)))
        IopEnableTimer(Device->Timer, TRUE);
}

NT_EXPORT(IoStopTimer);
VOID NTAPI IoStopTimer(PDEVICE_OBJECT Device)
{
    IopEnableTimer(Device->Timer, FALSE);
}

VOID IopDeleteTimer(PDEVICE_OBJECT Device)
{
    IO_TIMER *Timer = Device->Timer;
    KIRQL Irql;

    IopEnableTimer(Timer, FALSE);
    KeAcquireSpinLock(&IopTimerLock, &Irql);
    RemoveEntryList(&Timer->Link);
    KeReleaseSpinLock(&IopTimerLock, Irql);
    Device->Timer = NULL;
    ExFreePoolWithTag(Timer, IOP_TAG_GENERAL);
}
