/* The service control manager's events, in the system log under its own name [doc: events 7000,
 * 7036, 7040, 7045]. */
#include "service.h"

#include "eventlog.h"

static LPCWSTR StartTypeName(DWORD Start)
{
    static const LPCWSTR Names[] = {L"boot start", L"system start", L"auto start", L"demand start",
                                    L"disabled"};

    return Start < COUNT_OF(Names) ? Names[Start] : L"unknown";
}

/* What the events call the service; from the heap, or NULL: its name. */
static WCHAR *DisplayName(LPCWSTR Service)
{
    WCHAR *Text = NULL;
    HANDLE Key;

    if (!NT_SUCCESS(ScmOpenKey(Service, KEY_READ, &Key)))
        return NULL;
    Text = ScmGetTexts(Key, L"DisplayName");
    NtClose(Key);
    if (Text == NULL || *Text != 0)
        return Text;
    HeapFree(ProcessHeap(), 0, Text);
    return NULL;
}

static VOID Tell(DWORD Id, WORD Type, LPCWSTR Service, LPCWSTR Second, LPCWSTR Third,
                 LPCWSTR Fourth, WORD Count)
{
    WCHAR *Display = DisplayName(Service);
    LPCWSTR Strings[] = {Display != NULL ? Display : Service, Second, Third, Fourth};

    ReportServiceEvent(Id, Type, Strings, Count);
    if (Display != NULL)
        HeapFree(ProcessHeap(), 0, Display);
}

VOID ScmTellInstalled(LPCWSTR Service, LPCWSTR Path, DWORD Type, DWORD Start)
{
    LPCWSTR Strings[] = {Service, Path,
                         Type == SERVICE_KERNEL_DRIVER ? L"kernel mode driver"
                                                       : L"file system driver",
                         StartTypeName(Start), L""};

    ReportServiceEvent(EL_SCM_INSTALLED, EVENTLOG_INFORMATION_TYPE, Strings, COUNT_OF(Strings));
}

VOID ScmTellState(LPCWSTR Service, BOOL Runs)
{
    Tell(EL_SCM_STATE, EVENTLOG_INFORMATION_TYPE, Service, Runs ? L"running" : L"stopped", NULL,
         NULL, 2);
}

VOID ScmTellStartFailed(LPCWSTR Service, DWORD Error)
{
    WCHAR Text[16] = L"%%"; /* stands for the error's text */
    WCHAR Digits[12];
    DWORD Count = 0, At = 2;

    do
        Digits[Count++] = (WCHAR)('0' + Error % 10);
    while ((Error /= 10) != 0);
    while (Count != 0)
        Text[At++] = Digits[--Count];
    Text[At] = 0;
    Tell(EL_SCM_START_FAILED, EVENTLOG_ERROR_TYPE, Service, Text, NULL, NULL, 2);
}

VOID ScmTellStartType(LPCWSTR Service, DWORD Old, DWORD New)
{
    if (New != SERVICE_NO_CHANGE && New != Old)
        Tell(EL_SCM_START_TYPE, EVENTLOG_INFORMATION_TYPE, Service, StartTypeName(Old),
             StartTypeName(New), Service, 4);
}
