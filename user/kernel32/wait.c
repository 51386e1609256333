/*
 * Waiting, and the objects to wait on: events, mutexes, semaphores, timers; sleep; and the Win32 names of ntdll's locks.
 */
#include "k32.h"

PLARGE_INTEGER MakeTimeout(DWORD Milliseconds, PLARGE_INTEGER Timeout)
{
    if (Milliseconds == INFINITE)
        return NULL;
    Timeout->QuadPart = -10000ll * Milliseconds;
    return Timeout;
}

DWORD WaitResult(NTSTATUS Status)
{
    if (Status == STATUS_TIMEOUT)
        return WAIT_TIMEOUT;
    if (Status == STATUS_USER_APC)
        return WAIT_IO_COMPLETION;
    if (NT_SUCCESS(Status))
        return (DWORD)Status;
    SetStatusError(Status);
    return WAIT_FAILED;
}

/* An alert is not an answer: the wait goes on. (Nothing in kernel32 alerts; a driver or NtAlertThread may.) */
DWORD WINAPI WaitForSingleObjectEx(HANDLE Handle, DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status;

    if ((ULONG_PTR)Handle + 12 < 3) /* STD_INPUT_HANDLE and kin */
        Handle = GetStdHandle((DWORD)(ULONG_PTR)Handle);
    do
        Status = NtWaitForSingleObject(Handle, (BOOLEAN)Alertable, MakeTimeout(Milliseconds, &Timeout));
    while (Status == STATUS_ALERTED && Alertable);
    return WaitResult(Status);
}

DWORD WINAPI WaitForSingleObject(HANDLE Handle, DWORD Milliseconds)
{
    return WaitForSingleObjectEx(Handle, Milliseconds, FALSE);
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD Count, const HANDLE *Handles, BOOL All, DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status;

    do
        Status = NtWaitForMultipleObjects(Count, (PHANDLE)Handles, All ? 0 : 1, (BOOLEAN)Alertable,
                                          MakeTimeout(Milliseconds, &Timeout));
    while (Status == STATUS_ALERTED && Alertable);
    return WaitResult(Status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD Count, const HANDLE *Handles, BOOL All, DWORD Milliseconds)
{
    return WaitForMultipleObjectsEx(Count, Handles, All, Milliseconds, FALSE);
}

DWORD WINAPI SignalObjectAndWait(HANDLE Signal, HANDLE Wait, DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Timeout;

    return WaitResult(NtSignalAndWaitForSingleObject(Signal, Wait, (BOOLEAN)Alertable,
                                                     MakeTimeout(Milliseconds, &Timeout)));
}

DWORD WINAPI SleepEx(DWORD Milliseconds, BOOL Alertable)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status;

    Timeout.QuadPart = Milliseconds == INFINITE ? (LONGLONG)0x8000000000000000ull : -10000ll * Milliseconds;
    if (Milliseconds == 0 && !Alertable) {
        NtYieldExecution();
        return 0;
    }
    do
        Status = NtDelayExecution((BOOLEAN)Alertable, &Timeout);
    while (Status == STATUS_ALERTED && Alertable);
    return Status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD Milliseconds)
{
    SleepEx(Milliseconds, FALSE);
}

BOOL WINAPI SwitchToThread(VOID)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}

/* ---- named objects ---- */

BOOL MakeObjectName(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Name, const WCHAR *Text,
                    const SECURITY_ATTRIBUTES *Security, ULONG Flags)
{
    static const WCHAR Directory[] = L"\\BaseNamedObjects\\";
    SIZE_T Prefix = COUNT_OF(Directory) - 1, Length;

    if (Security != NULL && Security->bInheritHandle)
        Flags |= OBJ_INHERIT;
    Name->Buffer = NULL;
    InitializeObjectAttributes(Attributes, NULL, Flags, NULL, Security ? Security->lpSecurityDescriptor : NULL);
    if (Text == NULL)
        return TRUE;
    if (CompareStringOrdinal(Text, 7, L"Global\\", 7, TRUE) == CSTR_EQUAL)
        Text += 7;
    else if (CompareStringOrdinal(Text, 6, L"Local\\", 6, TRUE) == CSTR_EQUAL)
        Text += 6;
    Length = WideLength(Text);
    if (Length > MAX_PATH) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return FALSE;
    }
    Name->Buffer = HeapAlloc(ProcessHeap(), 0, (Prefix + Length + 1) * sizeof(WCHAR));
    if (Name->Buffer == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    lstrcpyW(Name->Buffer, Directory);
    lstrcpyW(Name->Buffer + Prefix, Text);
    Name->Length = (USHORT)((Prefix + Length) * sizeof(WCHAR));
    Name->MaximumLength = Name->Length + sizeof(WCHAR);
    Attributes->ObjectName = Name;
    return TRUE;
}

VOID FreeObjectName(PUNICODE_STRING Name)
{
    FreeText(Name->Buffer);
}

/* Ends a Create call: the last error says whether the object was there before. */
static HANDLE FinishCreate(NTSTATUS Status, HANDLE Handle, PUNICODE_STRING Name)
{
    FreeObjectName(Name);
    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return NULL;
    }
    SetLastError(Status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return Handle;
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Text, DWORD Flags, DWORD Access)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    if (!MakeObjectName(&Attributes, &Name, Text, Security, OBJ_OPENIF))
        return NULL;
    return FinishCreate(NtCreateEvent(&Handle, Access, &Attributes, Flags & CREATE_EVENT_MANUAL_RESET ? 0 : 1,
                                      (Flags & CREATE_EVENT_INITIAL_SET) != 0),
                        Handle, &Name);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES Security, BOOL Manual, BOOL State, LPCWSTR Text)
{
    return CreateEventExW(Security, Text, (Manual ? CREATE_EVENT_MANUAL_RESET : 0) | (State ? CREATE_EVENT_INITIAL_SET : 0),
                          EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Text, DWORD Flags, DWORD Access)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    if (!MakeObjectName(&Attributes, &Name, Text, Security, OBJ_OPENIF))
        return NULL;
    return FinishCreate(NtCreateMutant(&Handle, Access, &Attributes, (Flags & CREATE_MUTEX_INITIAL_OWNER) != 0), Handle,
                        &Name);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES Security, BOOL Owned, LPCWSTR Text)
{
    return CreateMutexExW(Security, Text, Owned ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCWSTR Text, DWORD Flags,
                                 DWORD Access)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    IGNORE_ARG(Flags);
    if (!MakeObjectName(&Attributes, &Name, Text, Security, OBJ_OPENIF))
        return NULL;
    return FinishCreate(NtCreateSemaphore(&Handle, Access, &Attributes, Initial, Maximum), Handle, &Name);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCWSTR Text)
{
    return CreateSemaphoreExW(Security, Initial, Maximum, Text, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES Security, LPCWSTR Text, DWORD Flags, DWORD Access)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    if (!MakeObjectName(&Attributes, &Name, Text, Security, OBJ_OPENIF))
        return NULL;
    return FinishCreate(NtCreateTimer(&Handle, Access, &Attributes, Flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? 0 : 1),
                        Handle, &Name);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES Security, BOOL Manual, LPCWSTR Text)
{
    return CreateWaitableTimerExW(Security, Text, Manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
}

HANDLE OpenNamed(OPEN_SERVICE Open, DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    if (Text == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!MakeObjectName(&Attributes, &Name, Text, NULL, Inherit ? OBJ_INHERIT : 0))
        return NULL;
    return FinishCreate(Open(&Handle, Access, &Attributes), Handle, &Name);
}

HANDLE OpenNamedAnsi(OPEN_SERVICE Open, DWORD Access, BOOL Inherit, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : OpenNamed(Open, Access, Inherit, Wide);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI OpenEventW(DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    return OpenNamed(NtOpenEvent, Access, Inherit, Text);
}

HANDLE WINAPI OpenMutexW(DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    return OpenNamed(NtOpenMutant, Access, Inherit, Text);
}

HANDLE WINAPI OpenSemaphoreW(DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    return OpenNamed(NtOpenSemaphore, Access, Inherit, Text);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    return OpenNamed(NtOpenTimer, Access, Inherit, Text);
}

/* ---- the ANSI forms ---- */

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES Security, BOOL Manual, BOOL State, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : CreateEventW(Security, Manual, State, Wide);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES Security, LPCSTR Text, DWORD Flags, DWORD Access)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : CreateEventExW(Security, Wide, Flags, Access);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES Security, BOOL Owned, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : CreateMutexW(Security, Owned, Wide);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES Security, LONG Initial, LONG Maximum, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : CreateSemaphoreW(Security, Initial, Maximum, Wide);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES Security, BOOL Manual, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Handle = Text != NULL && Wide == NULL ? NULL : CreateWaitableTimerW(Security, Manual, Wide);

    FreeText(Wide);
    return Handle;
}

HANDLE WINAPI OpenEventA(DWORD Access, BOOL Inherit, LPCSTR Text)
{
    return OpenNamedAnsi(NtOpenEvent, Access, Inherit, Text);
}

HANDLE WINAPI OpenMutexA(DWORD Access, BOOL Inherit, LPCSTR Text)
{
    return OpenNamedAnsi(NtOpenMutant, Access, Inherit, Text);
}

HANDLE WINAPI OpenSemaphoreA(DWORD Access, BOOL Inherit, LPCSTR Text)
{
    return OpenNamedAnsi(NtOpenSemaphore, Access, Inherit, Text);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD Access, BOOL Inherit, LPCSTR Text)
{
    return OpenNamedAnsi(NtOpenTimer, Access, Inherit, Text);
}

/* ---- operations ---- */

BOOL WINAPI SetEvent(HANDLE Event)
{
    NTSTATUS Status = NtSetEvent(Event, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI ResetEvent(HANDLE Event)
{
    NTSTATUS Status = NtResetEvent(Event, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI PulseEvent(HANDLE Event)
{
    NTSTATUS Status = NtPulseEvent(Event, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI ReleaseMutex(HANDLE Mutex)
{
    NTSTATUS Status = NtReleaseMutant(Mutex, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI ReleaseSemaphore(HANDLE Semaphore, LONG Count, LPLONG Previous)
{
    NTSTATUS Status = NtReleaseSemaphore(Semaphore, Count, Previous);

    return StatusToBool(Status);
}

BOOL WINAPI SetWaitableTimer(HANDLE Timer, const LARGE_INTEGER *Due, LONG Period, PTIMERAPCROUTINE Routine,
                             LPVOID Argument, BOOL Resume)
{
    NTSTATUS Status = NtSetTimer(Timer, (PLARGE_INTEGER)Due, (PVOID)Routine, Argument, (BOOLEAN)Resume, Period, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI CancelWaitableTimer(HANDLE Timer)
{
    NTSTATUS Status = NtCancelTimer(Timer, NULL);

    return StatusToBool(Status);
}

/* ---- locks ---- */

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE Condition, PCRITICAL_SECTION Section, DWORD Milliseconds)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status = RtlSleepConditionVariableCS(Condition, Section, MakeTimeout(Milliseconds, &Timeout));

    if (Status == STATUS_TIMEOUT)
        SetLastError(ERROR_TIMEOUT);
    return Status != STATUS_TIMEOUT;
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE Condition, PSRWLOCK Lock, DWORD Milliseconds, ULONG Flags)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status = RtlSleepConditionVariableSRW(Condition, Lock, MakeTimeout(Milliseconds, &Timeout), Flags);

    if (Status == STATUS_TIMEOUT)
        SetLastError(ERROR_TIMEOUT);
    return Status != STATUS_TIMEOUT;
}

BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID Compare, SIZE_T Bytes, DWORD Milliseconds)
{
    LARGE_INTEGER Timeout;
    NTSTATUS Status = RtlWaitOnAddress(Address, Compare, Bytes, MakeTimeout(Milliseconds, &Timeout));

    if (Status == STATUS_TIMEOUT)
        SetLastError(ERROR_TIMEOUT);
    else if (!NT_SUCCESS(Status))
        SetStatusError(Status);
    return Status == STATUS_SUCCESS;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE Once, PINIT_ONCE_FN Routine, PVOID Parameter, LPVOID *Context)
{
    return NT_SUCCESS(RtlRunOnceExecuteOnce(Once, (PVOID)Routine, Parameter, Context));
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE Once, DWORD Flags, PBOOL Pending, LPVOID *Context)
{
    NTSTATUS Status = RtlRunOnceBeginInitialize(Once, Flags, Context);

    *Pending = Status == STATUS_PENDING;
    return StatusToBool(Status);
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE Once, DWORD Flags, LPVOID Context)
{
    NTSTATUS Status = RtlRunOnceComplete(Once, Flags, Context);

    return StatusToBool(Status);
}

/* On NT they give BOOL where ntdll gives a status. */
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION Section, DWORD SpinCount)
{
    IGNORE_ARG(SpinCount);
    InitializeCriticalSection(Section);
    return TRUE;
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION Section, DWORD SpinCount, DWORD Flags)
{
    IGNORE_ARG(Flags);
    return InitializeCriticalSectionAndSpinCount(Section, SpinCount);
}
