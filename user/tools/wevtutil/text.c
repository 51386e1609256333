/*
 * Texts of events that Windows has in message tables of services.exe and netevent.dll: the service
 * control manager's, and the I/O manager's errors, which a driver may log without a table of its
 * own [doc: ntiologc.h, "Logging Errors"]. English only.
 */
#include "record.h"

#include <wchar.h>

typedef struct _EVENT_TEXT {
    DWORD Id;
    const WCHAR *Text;
} EVENT_TEXT;

static const EVENT_TEXT ServiceTexts[] = {
    {7000, L"The %1 service failed to start due to the following error: %n%2"},
    {7001, L"The %1 service depends on the %2 service which failed to start because of the "
           L"following error: %n%3"},
    {7026, L"The following boot-start or system-start driver(s) did not load: %1"},
    {7036, L"The %1 service entered the %2 state."},
    {7040, L"The start type of the %1 service was changed from %2 to %3."},
    {7045, L"A service was installed in the system.%n%nService Name:  %1%nService File Name:  "
           L"%2%nService Type:  %3%n"
           L"Service Start Type:  %4%nService Account:  %5"},
};

static const EVENT_TEXT IoTexts[] = {
    /* by the whole code */
    {0x00040001, L"A retry was successful on %1."},
    {0xC0040002, L"The driver could not allocate something necessary for the request for %1."},
    {0xC0040003, L"Driver or device is incorrectly configured for %1."},
    {0xC0040004, L"Driver detected an internal error in its data structures for %1."},
    {0xC0040005, L"A parity error was detected on %1."},
    {0xC0040006, L"The device, %1, had a seek error."},
    {0xC0040007, L"The device, %1, has a bad block."},
    {0xC0040008, L"An overrun occurred on %1."},
    {0xC0040009, L"The device, %1, did not respond within the timeout period."},
    {0xC004000A, L"The driver detected an unexpected sequence by the device, %1."},
    {0xC004000B, L"The driver detected a controller error on %1."},
    {0xC004000C, L"The driver detected an internal driver error on %1."},
    {0xC004000D, L"The driver was configured with an incorrect interrupt for %1."},
    {0xC004000E, L"The driver was configured with an invalid I/O base address for %1."},
    {0xC004000F, L"The device, %1, is not ready for access yet."},
    {0xC0040010, L"The request is incorrectly formatted for %1."},
    {0xC0040011, L"The wrong version of the driver has been loaded."},
};

static const WCHAR *Find(const EVENT_TEXT *Texts, size_t Count, DWORD Id)
{
    for (size_t i = 0; i < Count; i++)
        if (Texts[i].Id == Id)
            return Texts[i].Text;
    return NULL;
}

const WCHAR *EventText(const WCHAR *Source, DWORD EventId)
{
    if (_wcsicmp(Source, L"Service Control Manager") == 0)
        return Find(ServiceTexts, ARRAYSIZE(ServiceTexts), EventId & 0xFFFF);
    return Find(IoTexts, ARRAYSIZE(IoTexts), EventId);
}
