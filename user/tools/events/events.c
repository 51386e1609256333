/* events: the newest events of the system log, or of the log that is named, a line each, newest
 * last. A short form of wevtutil qe. */
#include "../wevtutil/record.h"

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define LINES 20

/* A message of several lines on one. */
static void Flatten(WCHAR *Text)
{
    WCHAR *To = Text;

    for (const WCHAR *From = Text; *From != 0; From++) {
        if (*From > L' ')
            *To++ = *From;
        else if (To != Text && To[-1] != L' ')
            *To++ = L' ';
    }
    *To = 0;
}

static void PrintLine(const WCHAR *LogName, const EVENTLOGRECORD *Record)
{
    SYSTEMTIME Time = RecordTime(Record);
    WCHAR *Message = RecordMessage(LogName, Record);

    if (Message != NULL)
        Flatten(Message);
    ConsolePrint(L"%04u-%02u-%02u %02u:%02u:%02u  %-11ls  %ls %lu: %ls\n", Time.wYear, Time.wMonth,
                 Time.wDay, Time.wHour, Time.wMinute, Time.wSecond, RecordLevelName(Record),
                 RecordSource(Record), Record->EventID & 0xFFFF, Message != NULL ? Message : L"");
    free(Message);
}

int wmain(int Count, WCHAR **Words)
{
    const WCHAR *LogName = Count == 2 ? Words[1] : L"System";
    RECORDS Records;

    if (Count > 2 || LogName[0] == L'-' || LogName[0] == L'/') {
        ConsolePrint(L"usage: events [System|Application]\n");
        return wcscmp(LogName, L"/?") == 0 || wcscmp(LogName, L"-?") == 0 ? ERROR_SUCCESS
                                                                          : ERROR_INVALID_PARAMETER;
    }
    if (!RecordsRead(LogName, &Records)) {
        ConsolePrint(L"The log cannot be read: error %lu\n", GetLastError());
        return (int)GetLastError();
    }
    for (DWORD i = Records.Count > LINES ? Records.Count - LINES : 0; i < Records.Count; i++)
        PrintLine(LogName, Records.List[i]);
    RecordsFree(&Records);
    return 0;
}
