/*
 * The session manager: loads drivers, runs programs, waits for idle, unloads, sums up, shuts down,
 * as the supervisor says. A driver's service key is made as a service control manager would make
 * it, then the I/O manager loads by name.
 */
#include "session.h"

#include "../etw/etw.h"
#include "../ex/ex.h"
#include "../io/io.h"
#include "../pnp/pnp.h"
#include "../ke/ke.h"
#include "../ldr/ldr.h"
#include "../po/po.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "../wmi/wmi.h"
#include "summary.h"

#define SESSION_DRIVERS 64
#define SESSION_BACKGROUND 32
#define SESSION_LONGEST_PAUSE_100NS 100000ll
#define SESSION_WAKE_HORIZON_100NS 10000000ull
#define SESSION_SLEEP_LIMIT_100NS 36000000000ull /* an hour */
#define SESSION_AFTERMATH_100NS                                                                    \
    10000000ull /* so long programs in the background go on after a sleep or a removal */
#define SESSION_SETTLING_100NS 10000000ull
#define SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

HAL_COMMAND SessionCommand;
static struct {
    UNICODE_STRING Name;
    PDRIVER_OBJECT Driver; /* as it was loaded; a program may have unloaded it, so only whether
                              there is one counts */
    PVOID Image;
    SIZE_T ImageBytes;
} SessionDrivers[SESSION_DRIVERS];
static PEPROCESS SessionBackground[SESSION_BACKGROUND];

PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);

/* ---- the command's fields: UTF-8, separated by tabs ---- */

/* Field number Index as a UNICODE_STRING in pool; an absent field is empty. */
NTSTATUS SessionField(ULONG Index, PUNICODE_STRING Field)
{
    const char *At = SessionCommand.text;
    ULONG Bytes = 0, WideBytes;

    for (; Index != 0 && *At != '\0'; At++)
        if (*At == '\t')
            Index--;
    while (At[Bytes] != '\0' && At[Bytes] != '\t')
        Bytes++;
    Field->Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Bytes * sizeof(WCHAR) + sizeof(WCHAR), 'sseS');
    if (Field->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlUTF8ToUnicodeN(Field->Buffer, Bytes * sizeof(WCHAR), &WideBytes, At, Bytes);
    Field->Length = (USHORT)WideBytes;
    Field->MaximumLength = (USHORT)(Bytes * sizeof(WCHAR) + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

VOID SessionFreeField(PUNICODE_STRING Field)
{
    if (Field->Buffer != NULL)
        ExFreePoolWithTag(Field->Buffer, 'sseS');
}

/* ---- drivers ---- */

static NTSTATUS SessionSetDword(HANDLE Key, PCWSTR Name, ULONG Value)
{
    UNICODE_STRING ValueName;

    RtlInitUnicodeString(&ValueName, Name);
    return ZwSetValueKey(Key, &ValueName, 0, REG_DWORD, &Value, sizeof(Value));
}

static NTSTATUS SessionMakeServiceKey(PCUNICODE_STRING Name, PCUNICODE_STRING ImagePath)
{
    WCHAR Path[256];
    UNICODE_STRING KeyPath = {0, sizeof(Path), Path}, ValueName;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;
    NTSTATUS Status;

    RtlAppendUnicodeToString(&KeyPath, SERVICES_KEY);
    Status = RtlAppendUnicodeStringToString(&KeyPath, Name);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &KeyPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    Status = ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&ValueName, L"ImagePath");
    Status = ZwSetValueKey(Key, &ValueName, 0, REG_EXPAND_SZ, ImagePath->Buffer,
                           ImagePath->Length + sizeof(WCHAR));
    if (NT_SUCCESS(Status))
        Status = SessionSetDword(Key, L"Type", 1); /* SERVICE_KERNEL_DRIVER */
    if (NT_SUCCESS(Status))
        Status = SessionSetDword(Key, L"Start", 3); /* SERVICE_DEMAND_START */
    if (NT_SUCCESS(Status))
        Status = SessionSetDword(Key, L"ErrorControl", 1); /* SERVICE_ERROR_NORMAL */
    ZwClose(Key);
    return Status;
}

/* The driver is in; a Plug and Play driver gets its devices. Without any the driver goes again. */
static NTSTATUS SessionStartDevice(PDRIVER_OBJECT Driver, PCUNICODE_STRING Name)
{
    UNICODE_STRING HardwareIds = {0};
    NTSTATUS Status = SessionField(2, &HardwareIds);

    for (ULONG i = 0; NT_SUCCESS(Status) && i < HardwareIds.Length / sizeof(WCHAR); i++)
        if (HardwareIds.Buffer[i] == L',')
            HardwareIds.Buffer[i] = 0; /* a multi-string */
    if (NT_SUCCESS(Status))
        Status = PnpStartDriver(Driver, Name, &HardwareIds);
    SessionFreeField(&HardwareIds);
    if (!NT_SUCCESS(Status))
        IopUnloadDriver(Driver);
    return Status;
}

/* A driver that a device has brought in already is as good as loaded: it stays until it is unloaded
 * by name. */
static NTSTATUS SessionLoadDriver(PCUNICODE_STRING Name, PDRIVER_OBJECT *Driver)
{
    NTSTATUS Status = IopLoadDriver(Name, Driver);

    if (Status == STATUS_IMAGE_ALREADY_LOADED && PnpAdoptDriver(Name, Driver))
        Status = STATUS_SUCCESS;
    return Status;
}

static NTSTATUS SessionLoad(VOID)
{
    UNICODE_STRING Name = {0}, Path = {0};
    ULONG Slot = 0;
    NTSTATUS Status = SessionField(0, &Name);

    while (Slot < SESSION_DRIVERS && SessionDrivers[Slot].Driver != NULL)
        Slot++;
    if (Slot == SESSION_DRIVERS)
        Status = STATUS_TOO_MANY_NAMES;
    if (NT_SUCCESS(Status))
        Status = SessionField(1, &Path);
    if (NT_SUCCESS(Status))
        Status = SessionMakeServiceKey(&Name, &Path);
    if (NT_SUCCESS(Status))
        Status = SessionLoadDriver(&Name, &SessionDrivers[Slot].Driver);
    if (NT_SUCCESS(Status))
        Status = SessionStartDevice(SessionDrivers[Slot].Driver, &Name);
    SessionFreeField(&Path);
    if (NT_SUCCESS(Status)) {
        SessionDrivers[Slot].Name = Name;
        SessionDrivers[Slot].Image = SessionDrivers[Slot].Driver->DriverStart;
        SessionDrivers[Slot].ImageBytes = SessionDrivers[Slot].Driver->DriverSize;
    } else {
        if (Slot < SESSION_DRIVERS)
            SessionDrivers[Slot].Driver = NULL;
        SessionFreeField(&Name);
    }
    return Status;
}

/* Unloads Driver, what is loaded under the name now, and dereferences it; NULL: a program has
 * unloaded it. */
static NTSTATUS SessionUnloadDriver(ULONG Slot, PDRIVER_OBJECT Driver)
{
    PVOID Image = SessionDrivers[Slot].Image;
    SIZE_T ImageBytes = SessionDrivers[Slot].ImageBytes;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Driver != NULL) {
        Image = Driver->DriverStart;
        ImageBytes = Driver->DriverSize;
        if (Driver->DriverUnload !=
            NULL) /* else its devices stay until the machine is switched off */
            PnpRemoveDriverDevices(Driver);
        Status = Driver->Flags & DRVO_UNLOAD_INVOKED ? STATUS_PENDING : IopUnloadDriver(Driver);
        ObDereferenceObject(Driver);
    }
    if (Status == STATUS_SUCCESS && (Driver != NULL || LdrFindModule(Image) == NULL))
        SummaryNoteUnload(&SessionDrivers[Slot].Name, Image, ImageBytes);
    return Status;
}

/* The session's own allocations are not among those that fail on purpose: the driver would stay for
 * no fault of its own. */
static NTSTATUS SessionUnload(VOID)
{
    UNICODE_STRING Name = {0};
    PDRIVER_OBJECT Driver = NULL;
    NTSTATUS Status;

    KeDisarmAllocationFailures();
    Status = SessionField(0, &Name);
    if (NT_SUCCESS(Status))
        Driver = IopFindDriver(&Name);
    KeArmAllocationFailures();
    if (!NT_SUCCESS(Status))
        return Status;
    Status = STATUS_OBJECT_NAME_NOT_FOUND;
    for (ULONG i = 0; i < SESSION_DRIVERS; i++) {
        if (SessionDrivers[i].Driver == NULL ||
            !RtlEqualUnicodeString(&SessionDrivers[i].Name, &Name, TRUE))
            continue;
        Status = SessionUnloadDriver(i, Driver);
        Driver = NULL; /* dereferenced */
        if (NT_SUCCESS(Status)) {
            SessionDrivers[i].Driver = NULL;
            SessionFreeField(&SessionDrivers[i].Name);
        }
        break;
    }
    if (Driver != NULL)
        ObDereferenceObject(Driver);
    SessionFreeField(&Name);
    return Status;
}

/* ---- devices ---- */

static NTSTATUS SessionSurpriseRemove(VOID)
{
    UNICODE_STRING InstancePath = {0};
    NTSTATUS Status = SessionField(0, &InstancePath);

    if (NT_SUCCESS(Status))
        Status = PnpSurpriseRemove(&InstancePath);
    SessionFreeField(&InstancePath);
    return Status;
}

/* A field that is a number, 0x... or decimal. */
static NTSTATUS SessionNumber(ULONG Index, PULONG Number)
{
    UNICODE_STRING Text = {0};
    NTSTATUS Status = SessionField(Index, &Text);

    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringToInteger(&Text, 0, Number);
    SessionFreeField(&Text);
    return Status;
}

static NTSTATUS SessionEnableEvents(VOID)
{
    ULONG Level = 0, High = 0, Low = 0;
    UNICODE_STRING Who = {0};
    BOOLEAN All = FALSE;
    GUID Guid;
    NTSTATUS Status = SessionField(0, &Who);

    if (NT_SUCCESS(Status))
        Status = SessionNumber(1, &Level);
    if (NT_SUCCESS(Status))
        Status = SessionNumber(2, &High);
    if (NT_SUCCESS(Status))
        Status = SessionNumber(3, &Low);
    if (NT_SUCCESS(Status)) {
        All = Who.Length == 3 * sizeof(WCHAR); /* "all" */
        Status = All ? STATUS_SUCCESS : RtlGUIDFromString(&Who, &Guid);
    }
    if (NT_SUCCESS(Status))
        Status = EtwEnable(All ? NULL : &Guid, (UCHAR)Level, (ULONG64)High << 32 | Low);
    SessionFreeField(&Who);
    return Status;
}

static NTSTATUS SessionDumpWmi(VOID)
{
    UNICODE_STRING Text = {0};
    NTSTATUS Status = SessionField(0, &Text);
    GUID Guid;

    if (NT_SUCCESS(Status) && Text.Length != 0)
        Status = RtlGUIDFromString(&Text, &Guid);
    if (NT_SUCCESS(Status))
        WmiDump(Text.Length != 0 ? &Guid : NULL);
    SessionFreeField(&Text);
    return Status;
}

/* ---- programs and idling ---- */

static NTSTATUS SessionCreateProgram(PEPROCESS *Process)
{
    UNICODE_STRING Path = {0}, CommandLine = {0};
    NTSTATUS Status = SessionField(0, &Path);

    if (NT_SUCCESS(Status))
        Status = SessionField(1, &CommandLine);
    if (NT_SUCCESS(Status))
        Status = PsStartProgram(&Path, &CommandLine, Process);
    SessionFreeField(&Path);
    SessionFreeField(&CommandLine);
    return Status;
}

static NTSTATUS SessionRunProgram(ULONG64 *ExitCode)
{
    PEPROCESS Process;
    NTSTATUS Exit, Status = SessionCreateProgram(&Process);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PsWaitForProgram(Process, &Exit);
    ObDereferenceObject(Process);
    PnpDrain();
    PnpWaitForInstalls(); /* of devices that the program has brought */
    *ExitCode = (ULONG)Exit;
    return Status;
}

/* Until every other thread waits, or a program has computed for long. */
static VOID SessionSettle(VOID)
{
    ULONG64 End = KeVirtualTime() + SESSION_SETTLING_100NS;
    LARGE_INTEGER Pause = {.QuadPart = -1};

    KeSetPriorityThread(KeGetCurrentThread(), 1);
    while (!KeIsMachineIdle(0, FALSE) && KeVirtualTime() < End)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    KeSetPriorityThread(KeGetCurrentThread(), 8);
}

static NTSTATUS SessionStartBackground(VOID)
{
    ULONG Slot = 0;
    NTSTATUS Exit, Status;

    while (Slot < SESSION_BACKGROUND && SessionBackground[Slot] != NULL)
        Slot++;
    if (Slot == SESSION_BACKGROUND)
        return STATUS_TOO_MANY_NAMES;
    Status = SessionCreateProgram(&SessionBackground[Slot]);
    if (!NT_SUCCESS(Status))
        return Status;
    SessionSettle();
    if (!PsGetProcessExitProcessCalled(SessionBackground[Slot]))
        return STATUS_SUCCESS;
    Status = PsWaitForProgram(SessionBackground[Slot], &Exit);
    return Status;
}

/* A program in the background that has not lasted is told of. */
static VOID SessionReportEarlyEnd(PEPROCESS Process)
{
    char Line[128];
    int Bytes;

    if (!PsGetProcessExitProcessCalled(Process))
        return;
    Bytes = _snprintf(Line, sizeof(Line),
                      "%s: ended before the other programs, exit code %lu (0x%lx)\n",
                      PsGetProcessImageFileName(Process), (ULONG)PsGetProcessExitStatus(Process),
                      (ULONG)PsGetProcessExitStatus(Process));
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
}

static VOID SessionEndPrograms(VOID)
{
    for (ULONG i = 0; i < SESSION_BACKGROUND; i++)
        if (SessionBackground[i] != NULL) {
            SessionReportEarlyEnd(SessionBackground[i]);
            ObDereferenceObject(SessionBackground[i]);
            SessionBackground[i] = NULL;
        }
    PsEndPrograms();
}

/* Until every other thread waits and no timer is due within the horizon. Sleeping lets the others
 * run. */
static VOID SessionIdle(ULONG64 Horizon100ns)
{
    ULONG64 Patience = KeVirtualTime() + Horizon100ns; /* with devices: one may tick for ever */
    LARGE_INTEGER Pause;

    KeSetPriorityThread(KeGetCurrentThread(), 1);
    for (Pause.QuadPart = -1; !KeIsMachineIdle(Horizon100ns, KeVirtualTime() < Patience);
         Pause.QuadPart *= 2) {
        if (Pause.QuadPart < -SESSION_LONGEST_PAUSE_100NS)
            Pause.QuadPart = -SESSION_LONGEST_PAUSE_100NS;
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    KeSetPriorityThread(KeGetCurrentThread(), 8);
}

/* Bus drivers' threads have their turn first: they may report a device for it. */
static NTSTATUS SessionPlace(VOID)
{
    UNICODE_STRING Name = {0};
    PDRIVER_OBJECT Driver = NULL;
    NTSTATUS Status = SessionField(0, &Name);

    if (NT_SUCCESS(Status))
        Driver = IopFindDriver(&Name);
    if (Driver != NULL && PnpWaitsForDevice(Driver)) {
        SessionIdle(0);
        Status = PnpPlaceDriver(Driver, &Name);
    }
    if (Driver != NULL)
        ObDereferenceObject(Driver);
    SessionFreeField(&Name);
    return Status;
}

static BOOLEAN SessionHasBackground(VOID)
{
    for (ULONG i = 0; i < SESSION_BACKGROUND; i++)
        if (SessionBackground[i] != NULL)
            return TRUE;
    return FALSE;
}

/* Until what a sleep has set off is done. Programs in the background may never be: they are given
 * some time. */
static VOID SessionAftermath(VOID)
{
    LARGE_INTEGER Pause = {.QuadPart = -(LONGLONG)SESSION_AFTERMATH_100NS};

    if (SessionHasBackground())
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    else
        SessionIdle(SESSION_WAKE_HORIZON_100NS);
}

/* To S1..S4 and back, and its aftermath. */
static NTSTATUS SessionSleep(ULONG64 Argument)
{
    ULONG64 Number = Argument & ~(ULONG64)HAL_SLEEP_UNTIL_WOKEN;
    NTSTATUS Status;

    if (Number < 1 || Number > 4)
        return STATUS_INVALID_PARAMETER;
    Status = PoSleepSystem(PowerSystemWorking + (SYSTEM_POWER_STATE)Number,
                           Number == 4 ? PowerActionHibernate : PowerActionSleep,
                           Argument & HAL_SLEEP_UNTIL_WOKEN ? SESSION_SLEEP_LIMIT_100NS : 0);
    SessionAftermath();
    return Status;
}

/* Down and up as two commands. */
static NTSTATUS SessionPower(ULONG Number)
{
    if (Number == 0)
        return STATUS_SUCCESS;
    if (Number > 4)
        return PoWakeSystem();
    return PoSuspendSystem(PowerSystemWorking + (SYSTEM_POWER_STATE)Number,
                           Number == 4 ? PowerActionHibernate : PowerActionSleep);
}

/* What the special pool had no place for came from the ordinary pool: the run says so. */
static VOID SessionReportSpecialPool(VOID)
{
    ULONG Given, Missed;
    char Line[96];
    int Bytes;

    if (!ExQuerySpecialPool(&Given, &Missed))
        return;
    Bytes = _snprintf(Line, sizeof(Line),
                      "special pool: %lu blocks, %lu more found no place there\n", Given, Missed);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
}

/* A run that was to fail an allocation says whether it did. */
static VOID SessionReportFailure(VOID)
{
    char Line[96];
    int Bytes;

    if (KiLoaderBlock->fail_allocation == 0)
        return;
    if (KeCountedAllocations() < KiLoaderBlock->fail_allocation)
        Bytes = _snprintf(Line, sizeof(Line), "no allocation failed: there were only %I64u\n",
                          KeCountedAllocations());
    else
        Bytes = _snprintf(Line, sizeof(Line), "allocation %I64u failed on purpose\n",
                          KiLoaderBlock->fail_allocation);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, (ULONG64)Bytes, KeVirtualTime());
}

/*
 * The framework's library stays loaded for the next client, as on Windows. At the end it goes when
 * no client is left, so that the summary shows what drivers left and no more. Only the library
 * itself holds its loader then.
 */
static VOID SessionUnloadFramework(VOID)
{
    UNICODE_STRING Service = RTL_CONSTANT_STRING(L"Wdf01000"),
                   Loader = RTL_CONSTANT_STRING(L"wdfldr.sys");
    PLDR_MODULE Module = LdrFindModuleByName(&Loader);
    PDRIVER_OBJECT Driver;

    if (Module == NULL || Module->LoadCount != 1)
        return;
    KeDisarmAllocationFailures();
    Driver = IopFindDriver(&Service);
    if (Driver != NULL) {
        (VOID)IopUnloadDriver(Driver); /* refused: the summary shows what it holds */
        ObDereferenceObject(Driver);
    }
    KeArmAllocationFailures();
}

static VOID SessionShutDown(VOID)
{
    PoWakeSystem();
    IoShutdownSystem();
    PoShutdownDevices(PowerActionShutdownOff);
    SessionReportSpecialPool();
    SessionReportFailure();
    HAL->stop(HAL_STOP_SHUTDOWN, 0);
}

VOID SessionRun(VOID)
{
    ULONG64 ExitCode = 0;

    SummaryTakeBaseline();
    SessionInitServing();
    for (;;) {
        NTSTATUS Status = STATUS_SUCCESS;

        DD_ASSERT(HAL->next_command(&SessionCommand) == HAL_OK);
        SessionCommand.text[sizeof(SessionCommand.text) - 1] = '\0';
        switch (SessionCommand.kind) {
        case HAL_COMMAND_LOAD:
            KeArmAllocationFailures();
            Status = SessionLoad();
            break;
        case HAL_COMMAND_UNLOAD:
            Status = SessionUnload();
            break;
        case HAL_COMMAND_RUN:
            Status = SessionRunProgram(&ExitCode);
            break;
        case HAL_COMMAND_START:
            Status = SessionStartBackground();
            break;
        case HAL_COMMAND_END:
            PoWakeSystem(); /* else nothing could end */
            SessionEndPrograms();
            break;
        case HAL_COMMAND_IDLE:
            SessionIdle(SessionCommand.argument);
            break;
        case HAL_COMMAND_PLACE:
            Status = SessionPlace();
            break;
        case HAL_COMMAND_SLEEP:
            Status = SessionSleep(SessionCommand.argument);
            break;
        case HAL_COMMAND_POWER:
            Status = SessionPower((ULONG)SessionCommand.argument);
            ExitCode = (ULONG64)(PoSystemState() - PowerSystemWorking);
            break;
        case HAL_COMMAND_TREE:
            SummaryWriteTree(FALSE);
            break;
        case HAL_COMMAND_ETW:
            Status = SessionEnableEvents();
            break;
        case HAL_COMMAND_WMI:
            Status = SessionDumpWmi();
            break;
        case HAL_COMMAND_SURPRISE_REMOVE:
            Status = SessionSurpriseRemove();
            if (SessionHasBackground())
                SessionAftermath();
            break;
        case HAL_COMMAND_SUMMARY:
            SessionUnloadFramework();
            SummaryWrite();
            break;
        case HAL_COMMAND_SHUTDOWN:
            SessionShutDown();
            break;
        default:
            Status = SessionServe();
            break;
        }
        SessionCommand.status = (ULONG)Status;
        SessionCommand.argument = ExitCode; /* of the last program */
        HAL->safe_point(0);
    }
}
