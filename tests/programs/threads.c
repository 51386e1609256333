/* Threads, waits, locks, thread-local storage, APCs, timers. */
#include <windows.h>

#include "tap.h"

#define THREADS 8
#define TURNS 2000

static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static volatile long in_section, total, shared_total;
static int queue_length;
static __thread int local = 5;

static DWORD WINAPI count(void *argument)
{
    local += (int)(INT_PTR)argument;
    for (int i = 0; i < TURNS; i++) {
        EnterCriticalSection(&section);
        if (InterlockedIncrement(&in_section) != 1)
            ExitThread(999);
        total++;
        if (i % 64 == 0)
            SwitchToThread();
        InterlockedDecrement(&in_section);
        LeaveCriticalSection(&section);
        AcquireSRWLockExclusive(&lock);
        shared_total++;
        ReleaseSRWLockExclusive(&lock);
    }
    return (DWORD)local;
}

static void test_threads(void)
{
    HANDLE thread[THREADS];
    DWORD code, id;
    int right = 0;

    InitializeCriticalSection(&section);
    for (int i = 0; i < THREADS; i++)
        thread[i] = CreateThread(NULL, 0, count, (void *)(INT_PTR)i, 0, &id);
    OK(WaitForMultipleObjects(THREADS, thread, TRUE, INFINITE) == WAIT_OBJECT_0, "all threads end");
    for (int i = 0; i < THREADS; i++) {
        right += GetExitCodeThread(thread[i], &code) && code == (DWORD)(5 + i);
        CloseHandle(thread[i]);
    }
    OK(right == THREADS, "each has its own thread-local variable");
    OK(total == THREADS * TURNS, "the critical section kept its count");
    OK(shared_total == THREADS * TURNS, "the lock kept its count");
    OK(local == 5, "this thread's variable is untouched");
    DeleteCriticalSection(&section);
}

static DWORD WINAPI consume(void *argument)
{
    int taken = 0;

    (void)argument;
    AcquireSRWLockExclusive(&lock);
    while (taken < 100) {
        while (queue_length == 0)
            SleepConditionVariableSRW(&changed, &lock, INFINITE, 0);
        queue_length--;
        taken++;
    }
    ReleaseSRWLockExclusive(&lock);
    return (DWORD)taken;
}

static void test_condition(void)
{
    HANDLE thread = CreateThread(NULL, 0, consume, NULL, 0, NULL);

    for (int i = 0; i < 100; i++) {
        AcquireSRWLockExclusive(&lock);
        queue_length++;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&changed);
    }
    OK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && queue_length == 0, "a condition variable");
    AcquireSRWLockExclusive(&lock);
    OK(!SleepConditionVariableSRW(&changed, &lock, 5, 0) && GetLastError() == ERROR_TIMEOUT, "it times out");
    ReleaseSRWLockExclusive(&lock);
    CloseHandle(thread);
}

static void test_events(void)
{
    HANDLE automatic = CreateEventA(NULL, FALSE, TRUE, NULL), named = CreateEventA(NULL, TRUE, FALSE, "an event"), again;
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL), mutex = CreateMutexA(NULL, TRUE, NULL);
    LONG previous;

    OK(WaitForSingleObject(automatic, 0) == WAIT_OBJECT_0, "an event that is set");
    OK(WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT, "resets itself");
    again = CreateEventA(NULL, TRUE, FALSE, "an event");
    OK(again != NULL && GetLastError() == ERROR_ALREADY_EXISTS, "a name is found again");
    SetEvent(again);
    OK(WaitForSingleObject(named, 0) == WAIT_OBJECT_0, "and is the same event");
    OK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 && WaitForSingleObject(semaphore, 5) == WAIT_TIMEOUT,
       "a semaphore counts");
    OK(ReleaseSemaphore(semaphore, 2, &previous) && previous == 0, "release by two");
    OK(!ReleaseSemaphore(semaphore, 1, NULL) && GetLastError() == ERROR_TOO_MANY_POSTS, "not beyond its limit");
    OK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0 && ReleaseMutex(mutex) && ReleaseMutex(mutex), "a mutex recurses");
    OK(!ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER, "a free one cannot be released");
    CloseHandle(automatic);
    CloseHandle(named);
    CloseHandle(again);
    CloseHandle(semaphore);
    CloseHandle(mutex);
}

static volatile ULONG_PTR apc_sum;

static void CALLBACK apc(ULONG_PTR value)
{
    apc_sum += value;
}

static void test_apcs(void)
{
    OK(QueueUserAPC(apc, GetCurrentThread(), 1) && QueueUserAPC(apc, GetCurrentThread(), 10), "queue two APCs");
    Sleep(0);
    OK(apc_sum == 0, "they wait for an alertable wait");
    OK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION, "which they end");
    OK(apc_sum == 11, "after both were called");
}

static void test_timer(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -50000};
    ULONGLONG start = GetTickCount64();

    OK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), "a timer of 5 ms");
    OK(WaitForSingleObject(timer, 1) == WAIT_TIMEOUT, "is not due after 1 ms");
    OK(WaitForSingleObject(timer, INFINITE) == WAIT_OBJECT_0, "and is later");
    Sleep(1000);
    OK(GetTickCount64() - start >= 1000, "a second of virtual time is a second");
    CloseHandle(timer);
}

static volatile LONG begun;

static DWORD WINAPI wait_for_ever(void *argument)
{
    begun = 1;
    return WaitForSingleObject(argument, INFINITE);
}

static void test_suspend_and_end(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for_ever, event, CREATE_SUSPENDED, NULL);
    DWORD code;

    OK(WaitForSingleObject(thread, 5) == WAIT_TIMEOUT && begun == 0, "a suspended thread does not run");
    OK(ResumeThread(thread) == 1, "resume it");
    Sleep(1);
    OK(begun == 1, "then it does");
    OK(TerminateThread(thread, 77), "end it while it waits");
    OK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && GetExitCodeThread(thread, &code) && code == 77,
       "its exit code is the one given");
    CloseHandle(thread);
    CloseHandle(event);
}

static volatile LONG spins, stop, diverted;

static DWORD WINAPI spin(void *argument)
{
    (void)argument;
    while (!stop) {
        spins++;
        SwitchToThread();
    }
    return 5;
}

static void divert(void)
{
    diverted = 1;
    ExitThread(66);
}

/* A thread that is stopped somewhere between its calls is sent elsewhere; one that has not begun begins with another argument. */
static void test_contexts(void)
{
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER};
    MEMORY_BASIC_INFORMATION stack, here;
    DWORD code = 0;

    for (int i = 0; i < 1000 && spins < 100; i++)
        SwitchToThread();
    OK(SuspendThread(thread) == 0 && GetThreadContext(thread, &context), "the context of a suspended thread");
    VirtualQuery((void *)context.Rsp, &stack, sizeof(stack));
    VirtualQuery(&code, &here, sizeof(here));
    OK(stack.State == MEM_COMMIT && stack.AllocationBase != here.AllocationBase && context.Rip != 0, "its stack is its own");
    context.Rip = (DWORD64)(ULONG_PTR)divert;
    context.Rsp = (context.Rsp & ~15ull) - 256 - 8;
    OK(SetThreadContext(thread, &context) && diverted == 0, "it is to go on elsewhere");
    OK(ResumeThread(thread) == 1 && WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 && diverted == 1 &&
           GetExitCodeThread(thread, &code) && code == 66,
       "and does");
    CloseHandle(thread);
    stop = 1;
    thread = CreateThread(NULL, 0, wait_for_ever, NULL, CREATE_SUSPENDED, NULL);
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    OK(GetThreadContext(thread, &context) && context.Rcx == (DWORD64)(ULONG_PTR)wait_for_ever, "one that has not begun: its start");
    context.ContextFlags = CONTEXT_INTEGER;
    context.Rcx = (DWORD64)(ULONG_PTR)spin;
    OK(SetThreadContext(thread, &context) && ResumeThread(thread) == 1 && WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 &&
           GetExitCodeThread(thread, &code) && code == 5,
       "which can be another one");
    OK(!GetThreadContext(thread, &context), "one that has ended has none");
    CloseHandle(thread);
}

int main(void)
{
    test_threads();
    test_condition();
    test_events();
    test_apcs();
    test_timer();
    test_suspend_and_end();
    test_contexts();
    return tap_end();
}
