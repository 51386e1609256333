/*
 * Keeps the machine awake: checks SetThreadExecutionState and power requests, then holds some and
 * waits until its input ends.
 */
#define UNICODE
#include <windows.h>
#include <stdio.h>
#include "../../programs/tap.h"

static void test_thread(void)
{
    OK(SetThreadExecutionState(ES_CONTINUOUS | ES_DISPLAY_REQUIRED) == ES_CONTINUOUS,
       "nothing was wanted before");
    OK(SetThreadExecutionState(ES_SYSTEM_REQUIRED) == (ES_CONTINUOUS | ES_DISPLAY_REQUIRED),
       "for this once");
    OK(SetThreadExecutionState(ES_CONTINUOUS | ES_DISPLAY_REQUIRED) ==
           (ES_CONTINUOUS | ES_DISPLAY_REQUIRED),
       "does not stay");
    OK(SetThreadExecutionState(8) == 0 && SetThreadExecutionState(ES_AWAYMODE_REQUIRED) == 0,
       "wrong flags");
}

static void test_requests(void)
{
    REASON_CONTEXT why = {.Version = POWER_REQUEST_CONTEXT_VERSION,
                          .Flags = POWER_REQUEST_CONTEXT_SIMPLE_STRING};
    WCHAR text[] = L"a film is shown";
    HANDLE request, other = CreateEventW(NULL, FALSE, FALSE, NULL);

    why.Reason.SimpleReasonString = text;
    request = PowerCreateRequest(&why);
    OK(request != INVALID_HANDLE_VALUE, "a request");
    OK(!PowerClearRequest(request, PowerRequestSystemRequired), "it is not set");
    OK(PowerSetRequest(request, PowerRequestSystemRequired) &&
           PowerSetRequest(request, PowerRequestSystemRequired),
       "set, twice");
    OK(PowerClearRequest(request, PowerRequestSystemRequired), "cleared once: it stays");
    OK(PowerSetRequest(request, PowerRequestExecutionRequired), "another type");
    OK(!PowerSetRequest(request, (POWER_REQUEST_TYPE)4) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "no such type");
    OK(!PowerSetRequest(other, PowerRequestSystemRequired) &&
           GetLastError() == ERROR_INVALID_HANDLE,
       "another kind of handle");
    why.Version = 5;
    OK(PowerCreateRequest(&why) == INVALID_HANDLE_VALUE &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a wrong version");
    OK(PowerCreateRequest(NULL) == INVALID_HANDLE_VALUE, "no reason");
}

int main(void)
{
    SYSTEM_POWER_STATUS status;

    OK(GetSystemPowerStatus(&status) && status.ACLineStatus == 1 && status.BatteryFlag == 128,
       "mains, no battery");
    test_thread();
    test_requests();
    tap_end();
    puts("awake");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return tap_failed != 0;
}
