/* The event log: reporting as a source, reading either way and by number, what does not fit,
 * clearing with a copy, the log's bound. */
#include <windows.h>

#include <string.h>

#include "tap.h"

static BYTE buffer[0x10000];

static EVENTLOGRECORD *record_at(DWORD at)
{
    return (EVENTLOGRECORD *)(buffer + at);
}

static const WCHAR *string_of(const EVENTLOGRECORD *record)
{
    return (const WCHAR *)((const BYTE *)record + record->StringOffset);
}

static void test_handles(void)
{
    OK(RegisterEventSourceA(NULL, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER,
       "a source without a name");
    OK(RegisterEventSourceA("\\\\other", "me") == NULL &&
           GetLastError() == RPC_S_SERVER_UNAVAILABLE,
       "another machine");
    OK(RegisterEventSourceA(NULL, "Security") == NULL && GetLastError() == ERROR_ACCESS_DENIED,
       "the security log");
    OK(!CloseEventLog(NULL) && GetLastError() == ERROR_INVALID_HANDLE, "no handle");
}

static void test_report(HANDLE log)
{
    struct {
        SID sid;
    } user = {{SID_REVISION, 1, SECURITY_NT_AUTHORITY, {SECURITY_LOCAL_SYSTEM_RID}}};
    LPCSTR strings[] = {"first", NULL, "third \xE9"};
    HANDLE source = RegisterEventSourceA(NULL, "eventlog test");
    DWORD count = 99, oldest = 99;

    OK(source != NULL, "RegisterEventSource");
    OK(GetNumberOfEventLogRecords(log, &count) && count == 0 &&
           GetOldestEventLogRecord(log, &oldest) && oldest == 0,
       "an empty log");
    OK(ReportEventA(source, EVENTLOG_WARNING_TYPE, 7, 0x80001234, &user, 3, 5, strings, "bytes"),
       "ReportEventA");
    OK(ReportEventW(source, EVENTLOG_SUCCESS, 0, 1, NULL, 0, 0, NULL, NULL), "with nothing in it");
    OK(!ReportEventW(source, EVENTLOG_SUCCESS, 0, 1, NULL, 1, 0, NULL, NULL) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "strings that are not there");
    OK(!ReportEventW(log, EVENTLOG_SUCCESS, 0, 1, NULL, 0, 0, NULL, NULL) &&
           GetLastError() == ERROR_INVALID_HANDLE,
       "by a handle to read with");
    OK(DeregisterEventSource(source), "DeregisterEventSource");
    OK(GetNumberOfEventLogRecords(log, &count) && count == 2 &&
           GetOldestEventLogRecord(log, &oldest) && oldest == 1,
       "two records");
}

static void test_record(const EVENTLOGRECORD *record)
{
    const WCHAR *source = (const WCHAR *)(record + 1), *text = string_of(record);

    OK(record->Reserved == 0x654C664C && record->RecordNumber == 1 &&
           record->EventID == 0x80001234 && record->EventType == EVENTLOG_WARNING_TYPE &&
           record->EventCategory == 7,
       "what it is");
    OK(*(const DWORD *)((const BYTE *)record + record->Length - 4) == record->Length,
       "its length at its end too");
    OK(wcscmp(source, L"eventlog test") == 0 &&
           wcscmp(source + wcslen(source) + 1, L"DRYDOCK") == 0,
       "source and computer");
    OK(record->NumStrings == 3 && memcmp(text, L"first\0\0third \xE9", 15 * sizeof(WCHAR)) == 0,
       "strings");
    OK(record->DataLength == 5 &&
           memcmp((const BYTE *)record + record->DataOffset, "bytes", 5) == 0,
       "data");
    OK(record->UserSidLength == 12 &&
           ((const SID *)((const BYTE *)record + record->UserSidOffset))->SubAuthority[0] == 18,
       "user");
}

static void test_read(HANDLE log)
{
    DWORD read = 0, needed = 0;

    memset(buffer, 0xA5, sizeof(buffer));
    OK(!ReadEventLogW(log, EVENTLOG_FORWARDS_READ, 0, buffer, sizeof(buffer), &read, &needed) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "neither in sequence nor by number");
    OK(!ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_FORWARDS_READ, 0, buffer, 60, &read,
                      &needed) &&
           GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed > 60 && read == 0,
       "a buffer too small");
    OK(ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_FORWARDS_READ, 0, buffer, needed,
                     &read, &needed) &&
           read == record_at(0)->Length,
       "just large enough");
    test_record(record_at(0));
    OK(ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_FORWARDS_READ, 0, buffer,
                     sizeof(buffer), &read, &needed) &&
           read == record_at(0)->Length && record_at(0)->RecordNumber == 2 &&
           record_at(0)->NumStrings == 0,
       "the next");
    OK(!ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_FORWARDS_READ, 0, buffer,
                      sizeof(buffer), &read, &needed) &&
           GetLastError() == ERROR_HANDLE_EOF,
       "the end");
    OK(ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer,
                     sizeof(buffer), &read, &needed) &&
           record_at(0)->RecordNumber == 2 && record_at(record_at(0)->Length)->RecordNumber == 1 &&
           read == record_at(0)->Length + record_at(record_at(0)->Length)->Length,
       "backwards, both");
    OK(!ReadEventLogW(log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ, 0, buffer,
                      sizeof(buffer), &read, &needed) &&
           GetLastError() == ERROR_HANDLE_EOF,
       "the beginning");
    OK(ReadEventLogW(log, EVENTLOG_SEEK_READ | EVENTLOG_FORWARDS_READ, 2, buffer, sizeof(buffer),
                     &read, &needed) &&
           record_at(0)->RecordNumber == 2,
       "by number");
    OK(!ReadEventLogW(log, EVENTLOG_SEEK_READ | EVENTLOG_FORWARDS_READ, 3, buffer, sizeof(buffer),
                      &read, &needed) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "by a number that there is not");
}

/* 30 records of 20,000 bytes into 256 KB. */
static void test_bound(HANDLE log)
{
    HANDLE source = RegisterEventSourceW(NULL, L"eventlog test");
    DWORD count = 0, oldest = 0, reported = 0;

    OK(!ReportEventW(source, EVENTLOG_SUCCESS, 0, 1, NULL, 0, 40000, NULL, buffer) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "data too large");
    while (reported < 30 &&
           ReportEventW(source, EVENTLOG_SUCCESS, 0, reported, NULL, 0, 20000, NULL, buffer))
        reported++;
    OK(reported == 30, "more than the log holds");
    OK(GetNumberOfEventLogRecords(log, &count) && GetOldestEventLogRecord(log, &oldest) &&
           count >= 6 && count <= 13 && oldest + count == 33,
       "the oldest have gone, the newest are there");
    DeregisterEventSource(source);
}

static void test_clear(HANDLE log)
{
    DWORD count = 99, signature[2] = {0}, read;
    HANDLE copy;

    OK(ClearEventLogA(log, "C:\\copy.evt") && GetNumberOfEventLogRecords(log, &count) && count == 0,
       "ClearEventLog");
    copy = CreateFileA("C:\\copy.evt", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    OK(ReadFile(copy, signature, sizeof(signature), &read, NULL) && signature[0] == 0x30 &&
           signature[1] == 0x654C664C,
       "the copy is a log's file");
    CloseHandle(copy);
    OK(!ClearEventLogA(log, "C:\\copy.evt") && GetLastError() == ERROR_FILE_EXISTS,
       "a copy that is there is kept");
}

int main(void)
{
    HANDLE log = OpenEventLogA(NULL, "Application");

    OK(log != NULL, "OpenEventLog");
    test_handles();
    test_report(log);
    test_read(log);
    test_bound(log);
    test_clear(log);
    OK(CloseEventLog(log), "CloseEventLog");
    return tap_end();
}
