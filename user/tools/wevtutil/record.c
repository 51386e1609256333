/* See record.h. [doc: ReadEventLogW, EVENTLOGRECORD, "Querying for Event Source Messages"] */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define INSERTS 99

static bool Keep(RECORDS *Records, const EVENTLOGRECORD *Record)
{
    EVENTLOGRECORD **List = realloc(Records->List, (Records->Count + 1) * sizeof(*List));
    EVENTLOGRECORD *Copy = malloc(Record->Length);

    if (List != NULL)
        Records->List = List;
    if (List == NULL || Copy == NULL) {
        free(Copy);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    memcpy(Copy, Record, Record->Length);
    List[Records->Count++] = Copy;
    return true;
}

static bool ReadAll(HANDLE Log, RECORDS *Records)
{
    static DWORD64 Buffer[0x10000 / sizeof(DWORD64)];
    DWORD Read, Needed;

    while (ReadEventLogW(Log, EVENTLOG_SEQUENTIAL_READ | EVENTLOG_FORWARDS_READ, 0, Buffer,
                         sizeof(Buffer), &Read, &Needed))
        for (DWORD At = 0; At < Read; At += ((EVENTLOGRECORD *)((BYTE *)Buffer + At))->Length)
            if (!Keep(Records, (EVENTLOGRECORD *)((BYTE *)Buffer + At)))
                return false;
    return GetLastError() == ERROR_HANDLE_EOF;
}

bool RecordsRead(const WCHAR *LogName, RECORDS *Records)
{
    HANDLE Log = OpenEventLogW(NULL, LogName);
    bool Done;

    *Records = (RECORDS){0};
    if (Log == NULL)
        return false;
    Done = ReadAll(Log, Records);
    if (!Done)
        RecordsFree(Records);
    CloseEventLog(Log);
    return Done;
}

void RecordsFree(RECORDS *Records)
{
    for (DWORD i = 0; i < Records->Count; i++)
        free(Records->List[i]);
    free(Records->List);
    *Records = (RECORDS){0};
}

const WCHAR *RecordSource(const EVENTLOGRECORD *Record)
{
    return (const WCHAR *)(Record + 1);
}

const WCHAR *RecordComputer(const EVENTLOGRECORD *Record)
{
    const WCHAR *Source = RecordSource(Record);

    return Source + wcslen(Source) + 1;
}

const WCHAR *RecordString(const EVENTLOGRECORD *Record, DWORD Index)
{
    const WCHAR *Text = (const WCHAR *)((const BYTE *)Record + Record->StringOffset);

    while (Index-- != 0)
        Text += wcslen(Text) + 1;
    return Text;
}

int RecordLevel(const EVENTLOGRECORD *Record)
{
    switch (Record->EventType) {
    case EVENTLOG_ERROR_TYPE: return 2;
    case EVENTLOG_WARNING_TYPE: return 3;
    case EVENTLOG_INFORMATION_TYPE: return 4;
    default: return 0; /* audits and success: always logged */
    }
}

const WCHAR *RecordLevelName(const EVENTLOGRECORD *Record)
{
    static const WCHAR *const Names[] = {L"Information", L"Critical", L"Error", L"Warning",
                                         L"Information"};

    return Names[RecordLevel(Record)];
}

SYSTEMTIME RecordTime(const EVENTLOGRECORD *Record)
{
    ULONG64 Time =
        ((ULONG64)Record->TimeGenerated + 11644473600ull) * 10000000; /* seconds since 1970 */
    FILETIME File = {(DWORD)Time, (DWORD)(Time >> 32)};
    SYSTEMTIME System;

    FileTimeToSystemTime(&File, &System);
    return System;
}

/* ---- the message ---- */

/* Text of a code from the modules that the source's value names, "a.dll;b.dll"; NULL: none has it.
 * LocalFree it. */
static WCHAR *FromModules(WCHAR *Modules, DWORD Code, WCHAR **Inserts)
{
    WCHAR *Text = NULL;

    for (WCHAR *Name = Modules, *Next; Name != NULL && Text == NULL; Name = Next) {
        HMODULE Module;

        Next = wcschr(Name, L';');
        if (Next != NULL)
            *Next++ = 0;
        Module = LoadLibraryExW(Name, NULL, LOAD_LIBRARY_AS_DATAFILE);
        if (Module == NULL)
            continue;
        FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_HMODULE |
                           FORMAT_MESSAGE_ARGUMENT_ARRAY,
                       Module, Code, 0, (WCHAR *)&Text, 0, (va_list *)Inserts);
        FreeLibrary(Module);
    }
    return Text;
}

static WCHAR *FromSource(const WCHAR *LogName, const WCHAR *Source, DWORD Code, WCHAR **Inserts)
{
    WCHAR Key[512], Value[512], Modules[1024];
    DWORD Bytes = sizeof(Value) - sizeof(WCHAR);

    _snwprintf(Key, 511, L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\%ls\\%ls", LogName,
               Source);
    Key[511] = 0;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, Key, L"EventMessageFile",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, Value,
                     &Bytes) != ERROR_SUCCESS)
        return NULL;
    Value[Bytes / sizeof(WCHAR)] = 0;
    if (ExpandEnvironmentStringsW(Value, Modules, 1024) - 1 >= 1024)
        return NULL;
    return FromModules(Modules, Code, Inserts);
}

static WCHAR *FromText(const WCHAR *Text, WCHAR **Inserts)
{
    WCHAR *Result = NULL;

    FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_STRING |
                       FORMAT_MESSAGE_ARGUMENT_ARRAY,
                   Text, 0, 0, (WCHAR *)&Result, 0, (va_list *)Inserts);
    return Result;
}

static WCHAR *ForWantOfText(const EVENTLOGRECORD *Record)
{
    static const WCHAR Pattern[] =
        L"The description for Event ID %1!u! from source %2 cannot be found. Either the component "
        L"that raises this event is not "
        L"installed on your local computer or the installation is corrupted. You can install or "
        L"repair the component on the "
        L"local computer.%n%nIf the event originated on another computer, the display information "
        L"had to be saved with the "
        L"event.%n%nThe following information was included with the event: %n";
    ULONG_PTR Inserts[2] = {Record->EventID & 0xFFFF, (ULONG_PTR)RecordSource(Record)};
    WCHAR *Head = FromText(Pattern, (WCHAR **)Inserts), *Text;
    size_t Length = Head != NULL ? wcslen(Head) + 1 : 1;

    for (DWORD i = 0; i < Record->NumStrings; i++)
        Length += wcslen(RecordString(Record, i)) + 2;
    Text = LocalAlloc(LMEM_FIXED, Length * sizeof(WCHAR));
    if (Text == NULL || Head == NULL)
        return Head;
    wcscpy(Text, Head);
    LocalFree(Head);
    for (DWORD i = 0; i < Record->NumStrings; i++) {
        wcscat(Text, L"\r\n");
        wcscat(Text, RecordString(Record, i));
    }
    return Text;
}

/* An insert that is %%number stands for the text of that error. LocalFree what comes back. */
static WCHAR *ParameterText(const WCHAR *Insert)
{
    WCHAR *Text = NULL;
    size_t Length;

    if (Insert[0] != L'%' || Insert[1] != L'%' || Insert[2] < L'0' || Insert[2] > L'9')
        return NULL;
    FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                       FORMAT_MESSAGE_IGNORE_INSERTS,
                   NULL, wcstoul(Insert + 2, NULL, 10), 0, (WCHAR *)&Text, 0, NULL);
    for (Length = Text != NULL ? wcslen(Text) : 0;
         Length != 0 && (Text[Length - 1] == L'\n' || Text[Length - 1] == L'\r'); Length--)
        Text[Length - 1] = 0;
    return Text;
}

WCHAR *RecordMessage(const WCHAR *LogName, const EVENTLOGRECORD *Record)
{
    WCHAR *Inserts[INSERTS], *Parameter[INSERTS] = {NULL}, *Text = NULL, *Result = NULL;
    const WCHAR *Own = EventText(RecordSource(Record), Record->EventID);

    for (DWORD i = 0; i < INSERTS; i++) {
        Inserts[i] = i < Record->NumStrings ? (WCHAR *)RecordString(Record, i) : (WCHAR *)L"";
        Parameter[i] = ParameterText(Inserts[i]);
        if (Parameter[i] != NULL)
            Inserts[i] = Parameter[i];
    }
    Text = FromSource(LogName, RecordSource(Record), Record->EventID, Inserts);
    if (Text == NULL && Own != NULL)
        Text = FromText(Own, Inserts);
    if (Text == NULL)
        Text = ForWantOfText(Record);
    if (Text != NULL)
        Result = _wcsdup(Text);
    LocalFree(Text);
    for (DWORD i = 0; i < INSERTS; i++)
        LocalFree(Parameter[i]);
    return Result;
}
