/*
 * wevtutil: the event logs' command line [doc: wevtutil]. Here are el, gli, qe and cl, in their
 * short and long names, for the logs Application and System. Not here: publishers, manifests, log
 * files that are named by path, exports, other machines.
 */
#include "wevtutil.h"

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define INVALID_QUERY 15001     /* ERROR_EVT_INVALID_QUERY */
#define CHANNEL_NOT_FOUND 15007 /* ERROR_EVT_CHANNEL_NOT_FOUND */

static const WCHAR *const Logs[] = {L"Application", L"System"};

static int Usage(void)
{
    ConsolePrint(
        L"Windows Events Command Line Utility.\n\n"
        L"Enables you to read and clear event logs.\n\n"
        L"Usage:\n\n"
        L"wevtutil COMMAND [ARGUMENT [ARGUMENT] ...] [/OPTION:VALUE [/OPTION:VALUE] ...]\n\n"
        L"Commands:\n\n"
        L"el | enum-logs          List log names.\n"
        L"gli | get-log-info      Get log status information.\n"
        L"qe | query-events       Query events from a log: /q:QUERY /c:COUNT /rd:true "
        L"/f:[XML|Text]\n"
        L"cl | clear-log          Clear a log: /bu:FILE\n");
    return ERROR_INVALID_PARAMETER;
}

static int Fail(const WCHAR *What, DWORD Error)
{
    WCHAR *Text = NULL;

    FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                       FORMAT_MESSAGE_IGNORE_INSERTS | 0xFF,
                   NULL, Error, 0, (WCHAR *)&Text, 0, NULL);
    ConsolePrint(L"Failed to %ls. %ls\n", What, Text != NULL ? Text : L"");
    LocalFree(Text);
    return (int)Error;
}

/* The log's name as it is written; NULL, after a message, when there is no such log. */
static const WCHAR *FindLog(const WCHAR *Name)
{
    for (size_t i = 0; i < ARRAYSIZE(Logs); i++)
        if (_wcsicmp(Name, Logs[i]) == 0)
            return Logs[i];
    ConsolePrint(L"The specified channel could not be found.\n");
    return NULL;
}

/* The value of /name:value or /longname:value; NULL: the word is another one. */
static const WCHAR *Option(const WCHAR *Word, const WCHAR *Name, const WCHAR *LongName)
{
    const WCHAR *Colon = wcschr(Word, L':');
    size_t Length = Colon != NULL ? (size_t)(Colon - Word - 1) : 0;

    if ((Word[0] != L'/' && Word[0] != L'-') || Colon == NULL)
        return NULL;
    if ((wcslen(Name) == Length && _wcsnicmp(Word + 1, Name, Length) == 0) ||
        (wcslen(LongName) == Length && _wcsnicmp(Word + 1, LongName, Length) == 0))
        return Colon + 1;
    return NULL;
}

static int EnumerateLogs(int Count, WCHAR **Words)
{
    (void)Words;
    if (Count != 0)
        return Usage();
    for (size_t i = 0; i < ARRAYSIZE(Logs); i++)
        ConsolePrint(L"%ls\n", Logs[i]);
    return 0;
}

static void PrintTime(const WCHAR *Name, const FILETIME *File)
{
    SYSTEMTIME Time;

    FileTimeToSystemTime(File, &Time);
    ConsolePrint(L"%ls: %04u-%02u-%02uT%02u:%02u:%02u.%03u0000Z\n", Name, Time.wYear, Time.wMonth,
                 Time.wDay, Time.wHour, Time.wMinute, Time.wSecond, Time.wMilliseconds);
}

static void PrintFile(const WCHAR *LogName)
{
    WIN32_FILE_ATTRIBUTE_DATA Data;
    WCHAR Path[MAX_PATH + 64];

    GetSystemDirectoryW(Path, MAX_PATH);
    wcscat(Path, L"\\winevt\\Logs\\");
    wcscat(Path, LogName);
    wcscat(Path, L".evt");
    if (!GetFileAttributesExW(Path, GetFileExInfoStandard, &Data))
        return; /* nothing has been logged yet */
    PrintTime(L"creationTime", &Data.ftCreationTime);
    PrintTime(L"lastAccessTime", &Data.ftLastAccessTime);
    PrintTime(L"lastWriteTime", &Data.ftLastWriteTime);
    ConsolePrint(L"fileSize: %lu\nattributes: %lu\n", Data.nFileSizeLow, Data.dwFileAttributes);
}

static int GetLogInfo(int Count, WCHAR **Words)
{
    const WCHAR *Name = Count == 1 ? FindLog(Words[0]) : NULL;
    DWORD Records = 0, Oldest = 0;
    HANDLE Log;

    if (Count != 1)
        return Usage();
    if (Name == NULL)
        return CHANNEL_NOT_FOUND;
    Log = OpenEventLogW(NULL, Name);
    if (Log == NULL || !GetNumberOfEventLogRecords(Log, &Records) ||
        !GetOldestEventLogRecord(Log, &Oldest))
        return Fail(L"get log information", GetLastError());
    CloseEventLog(Log);
    PrintFile(Name);
    ConsolePrint(L"numberOfLogRecords: %lu\noldestRecordNumber: %lu\n", Records, Oldest);
    return 0;
}

static int ParseOption(QUERY *Query, const WCHAR *Word)
{
    const WCHAR *Value;

    if ((Value = Option(Word, L"f", L"format")) != NULL) {
        Query->Text = _wcsicmp(Value, L"text") == 0;
        return Query->Text || _wcsicmp(Value, L"xml") == 0 ? 0 : Usage();
    }
    if ((Value = Option(Word, L"rd", L"reversedirection")) != NULL) {
        Query->Newest = _wcsicmp(Value, L"true") == 0;
        return Query->Newest || _wcsicmp(Value, L"false") == 0 ? 0 : Usage();
    }
    if ((Value = Option(Word, L"c", L"count")) != NULL) {
        Query->Count = wcstoul(Value, NULL, 10);
        return Query->Count != 0 ? 0 : Usage();
    }
    if ((Value = Option(Word, L"q", L"query")) == NULL)
        return Usage();
    if (QueryParse(Query, Value))
        return 0;
    ConsolePrint(L"The specified query is invalid.\n");
    return INVALID_QUERY;
}

static int PrintEvents(const QUERY *Query)
{
    RECORDS Records;
    DWORD Shown = 0;

    if (!RecordsRead(Query->Log, &Records))
        return Fail(L"query events", GetLastError());
    for (DWORD i = 0; i < Records.Count && Shown < Query->Count; i++) {
        const EVENTLOGRECORD *Record = Records.List[Query->Newest ? Records.Count - 1 - i : i];

        if (!QueryMatches(Query, Record))
            continue;
        if (Query->Text)
            PrintText(Query->Log, Record, Shown);
        else
            PrintXml(Query->Log, Record);
        Shown++;
    }
    RecordsFree(&Records);
    return 0;
}

static int QueryEvents(int Count, WCHAR **Words)
{
    QUERY Query = {.Count = MAXDWORD, .EventId = MAXDWORD, .Level = MAXDWORD};
    int Result = 0;

    if (Count == 0)
        return Usage();
    for (int i = 1; i < Count && Result == 0; i++)
        Result = ParseOption(&Query, Words[i]);
    if (Result != 0)
        return Result;
    Query.Log = FindLog(Words[0]);
    return Query.Log != NULL ? PrintEvents(&Query) : CHANNEL_NOT_FOUND;
}

static int ClearLog(int Count, WCHAR **Words)
{
    const WCHAR *Backup = Count == 2 ? Option(Words[1], L"bu", L"backup") : NULL, *Name;
    HANDLE Log;
    bool Done;

    if (Count == 0 || Count > 2 || (Count == 2 && Backup == NULL))
        return Usage();
    Name = FindLog(Words[0]);
    if (Name == NULL)
        return CHANNEL_NOT_FOUND;
    Log = OpenEventLogW(NULL, Name);
    Done = Log != NULL && ClearEventLogW(Log, Backup);
    if (!Done)
        return Fail(L"clear log", GetLastError());
    CloseEventLog(Log);
    return 0;
}

int wmain(int Count, WCHAR **Words)
{
    static const struct {
        const WCHAR *Name, *LongName;
        int (*Run)(int, WCHAR **);
    } Commands[] = {
        {L"el", L"enum-logs", EnumerateLogs},
        {L"gli", L"get-log-info", GetLogInfo},
        {L"qe", L"query-events", QueryEvents},
        {L"cl", L"clear-log", ClearLog},
    };

    for (size_t i = 0; Count > 1 && i < ARRAYSIZE(Commands); i++)
        if (_wcsicmp(Words[1], Commands[i].Name) == 0 ||
            _wcsicmp(Words[1], Commands[i].LongName) == 0)
            return Commands[i].Run(Count - 2, Words + 2);
    return Usage();
}
