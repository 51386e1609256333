/* The thread pool: work items, timers, waiting for callbacks, cancelling, timer queue timers. */
#include <windows.h>

#include "tap.h"

static volatile LONG calls, inside, most;
static HANDLE gate;

static DWORD WINAPI count(void *context)
{
    LONG now = InterlockedIncrement(&inside);

    if (now > most)
        most = now;
    Sleep(1);
    InterlockedDecrement(&inside);
    InterlockedIncrement((volatile LONG *)context);
    return 0;
}

static void CALLBACK on_work(PTP_CALLBACK_INSTANCE instance, void *context, PTP_WORK work)
{
    (void)instance, (void)work;
    WaitForSingleObject(gate, INFINITE);
    InterlockedIncrement((volatile LONG *)context);
}

static void CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    (void)instance, (void)timer;
    if (InterlockedIncrement(&calls) == 5)
        SetEvent(context);
}

static void CALLBACK on_queue_timer(void *context, BOOLEAN fired)
{
    if (fired && InterlockedIncrement(&calls) == 3)
        SetEvent(context);
}

static void CALLBACK on_simple(PTP_CALLBACK_INSTANCE instance, void *context)
{
    (void)instance;
    SetEvent(context);
}

static void test_items(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    int queued = 0;

    for (int i = 0; i < 200; i++)
        queued += QueueUserWorkItem(count, (void *)&calls, WT_EXECUTEDEFAULT);
    for (int i = 0; i < 1000 && calls < 200; i++)
        Sleep(10);
    OK(queued == 200 && calls == 200, "200 items");
    OK(most > 1 && most <= 32, "several at a time");
    OK(TrySubmitThreadpoolCallback(on_simple, event, NULL) &&
           WaitForSingleObject(event, 10000) == WAIT_OBJECT_0,
       "TrySubmitThreadpoolCallback");
    CloseHandle(event);
}

static void test_work(void)
{
    volatile LONG done = 0;
    PTP_WORK work = CreateThreadpoolWork(on_work, (void *)&done, NULL);

    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    OK(done == 0, "all of it waits");
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    OK(done == 100, "until the wait is over all are done");
    ResetEvent(gate);
    for (int i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    Sleep(1);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    OK(done >= 100 && done <= 200, "some are cancelled");
    CloseThreadpoolWork(work);
    CloseHandle(gate);
}

static void test_timers(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), timer2;
    PTP_TIMER timer = CreateThreadpoolTimer(on_timer, event, NULL);
    LARGE_INTEGER due = {.QuadPart = -100 * 10000};
    FILETIME time = {(DWORD)due.QuadPart, (DWORD)(due.QuadPart >> 32)};
    ULONGLONG start = GetTickCount64();

    calls = 0;
    OK(!IsThreadpoolTimerSet(timer), "a timer is not set");
    SetThreadpoolTimer(timer, &time, 50, 0);
    OK(IsThreadpoolTimerSet(timer) && WaitForSingleObject(event, 10000) == WAIT_OBJECT_0,
       "five times");
    OK(GetTickCount64() - start >= 300, "not before 100 and four times 50 ms");
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    OK(WaitForSingleObject(event, 200) == WAIT_TIMEOUT && calls < 8, "until it is stopped");
    CloseThreadpoolTimer(timer);
    calls = 0;
    OK(CreateTimerQueueTimer(&timer2, NULL, on_queue_timer, event, 10, 20, 0) &&
           WaitForSingleObject(event, 10000) == WAIT_OBJECT_0,
       "a timer queue's timer");
    OK(DeleteTimerQueueTimer(NULL, timer2, INVALID_HANDLE_VALUE),
       "deleted when nothing of it runs");
    CloseHandle(event);
}

int main(void)
{
    test_items();
    test_work();
    test_timers();
    return tap_end();
}
