/*
 * Named and unnamed events, semaphores, mutants and timers through their services; callback
 * objects.
 */
#include "threads.h"

NTSYSAPI NTSTATUS NTAPI ZwCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NTSYSAPI NTSTATUS NTAPI ZwOpenSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI ZwReleaseSemaphore(HANDLE, LONG, PLONG);
NTSYSAPI NTSTATUS NTAPI ZwQuerySemaphore(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI ZwOpenMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSYSAPI NTSTATUS NTAPI ZwReleaseMutant(HANDLE, PLONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryMutant(HANDLE, ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryEvent(HANDLE, ULONG, PVOID, ULONG, PULONG);

NTSYSAPI NTSTATUS NTAPI NtCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, EVENT_TYPE, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);

static OBJECT_ATTRIBUTES Attributes;
static LARGE_INTEGER Zero;

static POBJECT_ATTRIBUTES named(PUNICODE_STRING Name, PCWSTR Text)
{
    RtlInitUnicodeString(Name, Text);
    InitializeObjectAttributes(&Attributes, Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return &Attributes;
}

static POBJECT_ATTRIBUTES unnamed(VOID)
{
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return &Attributes;
}

static NTSTATUS poll(HANDLE Handle)
{
    return ZwWaitForSingleObject(Handle, FALSE, &Zero);
}

static VOID events(VOID)
{
    struct {
        EVENT_TYPE Type;
        LONG State;
    } Info;
    UNICODE_STRING Name;
    HANDLE Event, Again;
    LONG Before = 9;

    is_status(ZwCreateEvent(&Event, EVENT_ALL_ACCESS,
                            named(&Name, L"\\BaseNamedObjects\\ExTestEvent"), SynchronizationEvent,
                            FALSE),
              STATUS_SUCCESS, "a named event");
    is_status(ZwCreateEvent(&Again, EVENT_ALL_ACCESS, &Attributes, SynchronizationEvent, FALSE),
              STATUS_OBJECT_NAME_COLLISION, "the name is taken");
    is_status(ZwOpenEvent(&Again, EVENT_ALL_ACCESS, &Attributes), STATUS_SUCCESS, "open it");
    is_status(poll(Event), STATUS_TIMEOUT, "not set");
    is_status(ZwSetEvent(Again, &Before), STATUS_SUCCESS, "set");
    is_long(Before, 0, "it was not");
    is_status(ZwQueryEvent(Event, 0, &Info, sizeof(Info), NULL), STATUS_SUCCESS, "query");
    is_long(Info.State, 1, "set");
    is_long(Info.Type, SynchronizationEvent, "its type");
    is_status(ZwQueryEvent(Event, 0, &Info, 1, NULL), STATUS_INFO_LENGTH_MISMATCH,
              "a wrong length");
    is_status(ZwQueryEvent(Event, 7, &Info, sizeof(Info), NULL), STATUS_INVALID_INFO_CLASS,
              "a wrong class");
    is_status(poll(Event), STATUS_SUCCESS, "a wait takes it");
    is_status(poll(Event), STATUS_TIMEOUT, "once");
    ZwSetEvent(Event, NULL);
    is_status(ZwResetEvent(Event, &Before), STATUS_SUCCESS, "reset");
    is_long(Before, 1, "it was set");
    ZwSetEvent(Event, NULL);
    is_status(ZwClearEvent(Event), STATUS_SUCCESS, "clear");
    is_status(poll(Event), STATUS_TIMEOUT, "cleared");
    is_status(ZwPulseEvent(Event, &Before), STATUS_SUCCESS, "pulse");
    is_status(poll(Event), STATUS_TIMEOUT, "leaves it clear");
    ZwClose(Again);
    ZwClose(Event);
    is_status(ZwOpenEvent(&Event, EVENT_ALL_ACCESS, &Attributes), STATUS_OBJECT_NAME_NOT_FOUND,
              "gone");
    is_status(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, unnamed(), (EVENT_TYPE)5, FALSE),
              STATUS_INVALID_PARAMETER, "no such type");
}

/* The Nt forms, and the types by which a handle is checked. */
static VOID nt_forms(VOID)
{
    HANDLE Event;
    PVOID Object;

    is_status(NtCreateEvent(&Event, EVENT_ALL_ACCESS, unnamed(), NotificationEvent, FALSE),
              STATUS_SUCCESS, "NtCreateEvent");
    is_status(NtSetEvent(Event, NULL), STATUS_SUCCESS, "NtSetEvent");
    is_status(poll(Event), STATUS_SUCCESS, "it is set");
    is_status(ObReferenceObjectByHandle(Event, 0, *ExSemaphoreObjectType, KernelMode, &Object, NULL),
              STATUS_OBJECT_TYPE_MISMATCH, "an event is no semaphore");
    is_status(ObReferenceObjectByHandle(Event, 0, *CmKeyObjectType, KernelMode, &Object, NULL),
              STATUS_OBJECT_TYPE_MISMATCH, "nor a key");
    is_status(ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Object, NULL),
              STATUS_SUCCESS, "but an event");
    ObDereferenceObject(Object);
    ZwClose(Event);
}

static VOID io_events(VOID)
{
    UNICODE_STRING Name;
    HANDLE One, Two;
    PKEVENT First, Second;

    RtlInitUnicodeString(&Name, L"\\BaseNamedObjects\\ExTestIoEvent");
    First = IoCreateNotificationEvent(&Name, &One);
    Second = IoCreateSynchronizationEvent(&Name, &Two);
    ok(First != NULL, "IoCreateNotificationEvent");
    is_ptr(Second, First, "the same event by name");
    is_long(KeReadStateEvent(First), 1, "set at first");
    ZwClose(One);
    ZwClose(Two);
}

static VOID semaphores(VOID)
{
    LONG Info[2], Before = 9;
    UNICODE_STRING Name;
    HANDLE Semaphore, Again;

    is_status(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS,
                                named(&Name, L"\\BaseNamedObjects\\ExTestSem"), 1, 3),
              STATUS_SUCCESS, "a semaphore");
    is_status(ZwOpenSemaphore(&Again, SEMAPHORE_ALL_ACCESS, &Attributes), STATUS_SUCCESS,
              "open it");
    ZwClose(Again);
    is_status(ZwReleaseSemaphore(Semaphore, 2, &Before), STATUS_SUCCESS, "release by two");
    is_long(Before, 1, "from one");
    is_status(ZwReleaseSemaphore(Semaphore, 1, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED, "no more");
    is_status(ZwQuerySemaphore(Semaphore, 0, Info, sizeof(Info), NULL), STATUS_SUCCESS, "query");
    is_long(Info[0], 3, "the count");
    is_long(Info[1], 3, "the limit");
    for (ULONG i = 0; i < 3; i++)
        is_status(poll(Semaphore), STATUS_SUCCESS, "take one");
    is_status(poll(Semaphore), STATUS_TIMEOUT, "none left");
    ZwClose(Semaphore);
    is_status(ZwCreateSemaphore(&Semaphore, SEMAPHORE_ALL_ACCESS, unnamed(), 4, 3),
              STATUS_INVALID_PARAMETER, "more than the limit");
}

static VOID mutants(VOID)
{
    struct {
        LONG Count;
        BOOLEAN Mine, Abandoned;
    } Info;
    UNICODE_STRING Name;
    HANDLE Mutant, Again;
    LONG Before = 9;

    is_status(ZwCreateMutant(&Mutant, STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 1,
                             named(&Name, L"\\BaseNamedObjects\\ExTestMutant"), TRUE),
              STATUS_SUCCESS, "a mutant");
    is_status(ZwOpenMutant(&Again, SYNCHRONIZE | 1, &Attributes), STATUS_SUCCESS, "open it");
    is_status(poll(Again), STATUS_SUCCESS, "its owner gets it again");
    is_status(ZwQueryMutant(Again, 0, &Info, sizeof(Info), NULL), STATUS_SUCCESS, "query");
    is_long(Info.Count, -1, "held twice");
    is_bool(Info.Mine, TRUE, "by me");
    is_status(ZwReleaseMutant(Mutant, &Before), STATUS_SUCCESS, "release");
    is_long(Before, -1, "from two");
    is_status(ZwReleaseMutant(Mutant, NULL), STATUS_SUCCESS, "release again");
    is_status(ZwReleaseMutant(Mutant, NULL), STATUS_MUTANT_NOT_OWNED, "not mine any more");
    ZwClose(Again);
    ZwClose(Mutant);
}

static ULONG ApcCalls;
static PVOID ApcContext;

static VOID NTAPI timer_apc(PVOID Context, ULONG Low, LONG High)
{
    UNREFERENCED_PARAMETER(Low);
    UNREFERENCED_PARAMETER(High);
    ApcCalls++;
    ApcContext = Context;
}

/* The routine of a timer is an APC of the thread that set it; one that waits goes with a cancel. */
static VOID timer_apcs(HANDLE Timer)
{
    LARGE_INTEGER Due = {.QuadPart = -10000};

    ApcCalls = 0;
    is_status(ZwSetTimer(Timer, &Due, timer_apc, &ApcCalls, FALSE, 0, NULL), STATUS_SUCCESS,
              "set with an APC");
    sleep_ms(5);
    is_ulong(ApcCalls, 1, "called in this thread");
    is_ptr(ApcContext, &ApcCalls, "with its context");
    KeEnterCriticalRegion();
    ZwSetTimer(Timer, &Due, timer_apc, NULL, FALSE, 0, NULL);
    sleep_ms(5);
    is_status(ZwCancelTimer(Timer, NULL), STATUS_SUCCESS, "cancel while APCs are held back");
    KeLeaveCriticalRegion();
    is_ulong(ApcCalls, 1, "no call then");
}

static VOID timers(VOID)
{
    LARGE_INTEGER Due = {.QuadPart = -50000};
    UNICODE_STRING Name;
    HANDLE Timer, Again;
    BOOLEAN State = 9;

    is_status(ZwCreateTimer(&Timer, 0x1F0003, named(&Name, L"\\BaseNamedObjects\\ExTestTimer"),
                            NotificationTimer),
              STATUS_SUCCESS, "a timer");
    is_status(ZwOpenTimer(&Again, 0x1F0003, &Attributes), STATUS_SUCCESS, "open it");
    ZwClose(Again);
    is_status(ZwSetTimer(Timer, &Due, NULL, NULL, FALSE, 0, &State), STATUS_SUCCESS, "set");
    is_bool(State, FALSE, "it was not signalled");
    is_status(poll(Timer), STATUS_TIMEOUT, "not due yet");
    is_status(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS, "due");
    is_status(ZwCancelTimer(Timer, &State), STATUS_SUCCESS, "cancel");
    is_bool(State, TRUE, "it was signalled");
    timer_apcs(Timer);
    ZwClose(Timer);
    is_status(ZwCreateTimer(&Timer, 0x1F0003, unnamed(), (TIMER_TYPE)7), STATUS_INVALID_PARAMETER_4,
              "no such type");
}

/* ---- ExAllocateTimer ---- */

static volatile LONG Ticks;

static VOID NTAPI tick(PEX_TIMER Timer, PVOID Context)
{
    UNREFERENCED_PARAMETER(Timer);
    if (Context == &Ticks && KeGetCurrentIrql() == DISPATCH_LEVEL)
        Ticks++;
}

static VOID ex_timers(VOID)
{
    PEX_TIMER Timer = ExAllocateTimer(tick, (PVOID)&Ticks, EX_TIMER_NOTIFICATION);

    if (!ok(Timer != NULL, "ExAllocateTimer"))
        return;
    is_bool(ExSetTimer(Timer, -10000, 0, NULL), FALSE, "it was not set");
    KeWaitForSingleObject(Timer, Executive, KernelMode, FALSE, NULL);
    sleep_ms(1);
    is_long(Ticks, 1, "one call, at DISPATCH_LEVEL");
    is_bool(ExSetTimer(Timer, -10000, 10000, NULL), FALSE, "periodic");
    sleep_ms(10);
    ok(Ticks > 5, "several calls (%d)", Ticks);
    is_bool(ExCancelTimer(Timer, NULL), TRUE, "it was set");
    is_bool(ExCancelTimer(Timer, NULL), FALSE, "it is not any more");
    ExSetTimer(Timer, -1000000, 0, NULL);
    is_bool(ExDeleteTimer(Timer, TRUE, TRUE, NULL), TRUE, "delete cancels");
    is_ptr(ExAllocateTimer(tick, NULL, 0x1000), NULL, "no such attribute");
}

/* ---- callback objects ---- */

static ULONG Called, Trail;

static VOID NTAPI first(PVOID Context, PVOID One, PVOID Two)
{
    Called += Context == &Called && One == (PVOID)1 && Two == (PVOID)2;
    Trail = Trail * 10 + 1;
}

static VOID NTAPI second(PVOID Context, PVOID One, PVOID Two)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
    Trail = Trail * 10 + 2;
}

static VOID callbacks(VOID)
{
    UNICODE_STRING Name;
    PCALLBACK_OBJECT Object, Again, Power;
    PVOID One, Two;

    named(&Name, L"\\Callback\\ExTest")->Attributes |=
        OBJ_PERMANENT; /* else its name goes with the last handle */
    is_status(ExCreateCallback(&Object, &Attributes, FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND,
              "not there");
    is_status(ExCreateCallback(&Object, &Attributes, TRUE, TRUE), STATUS_SUCCESS, "create");
    is_status(ExCreateCallback(&Again, &Attributes, FALSE, TRUE), STATUS_SUCCESS, "open");
    is_ptr(Again, Object, "the same");
    One = ExRegisterCallback(Object, first, &Called);
    Two = ExRegisterCallback(Object, second, NULL);
    ok(One != NULL && Two != NULL, "two registrations");
    ExNotifyCallback(Object, (PVOID)1, (PVOID)2);
    is_ulong(Called, 1, "called with its arguments");
    is_ulong(Trail, 12, "in order");
    ExUnregisterCallback(One);
    ExNotifyCallback(Again, (PVOID)1, (PVOID)2);
    is_ulong(Called, 1, "not after it is unregistered");
    ExUnregisterCallback(Two);
    ObMakeTemporaryObject(Object);
    ObDereferenceObject(Object);
    ObDereferenceObject(Again);
    named(&Name, L"\\Callback\\PowerState");
    is_status(ExCreateCallback(&Power, &Attributes, FALSE, TRUE), STATUS_SUCCESS,
              "\\Callback\\PowerState");
    ObDereferenceObject(Power);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    events();
    nt_forms();
    io_events();
    semaphores();
    mutants();
    timers();
    ex_timers();
    callbacks();
    leak_end();
    return done();
}
