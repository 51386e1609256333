/* Events as text and as XML, in the form that Windows' wevtutil gives classic events. */
#include "wevtutil.h"

#include "console.h"

#include <stdlib.h>
#include <wchar.h>

#define CLASSIC L"0x80000000000000"

void PrintText(const WCHAR *LogName, const EVENTLOGRECORD *Record, DWORD Index)
{
    SYSTEMTIME Time = RecordTime(Record);
    WCHAR *Message = RecordMessage(LogName, Record), *To = Message;

    for (const WCHAR *From = Message; From != NULL; From++) { /* the stream makes \r\n of \n */
        if (*From != L'\r')
            *To++ = *From;
        if (*From == 0)
            break;
    }
    ConsolePrint(L"Event[%lu]:\n  Log Name: %ls\n  Source: %ls\n  Date: "
                 L"%04u-%02u-%02uT%02u:%02u:%02u.000\n  Event ID: %lu\n",
                 Index, LogName, RecordSource(Record), Time.wYear, Time.wMonth, Time.wDay,
                 Time.wHour, Time.wMinute, Time.wSecond, Record->EventID & 0xFFFF);
    ConsolePrint(L"  Task: N/A\n  Level: %ls\n  Opcode: N/A\n  Keyword: Classic\n  User: N/A\n  "
                 L"User Name: N/A\n  Computer: %ls\n"
                 L"  Description: \n%ls\n\n",
                 RecordLevelName(Record), RecordComputer(Record), Message != NULL ? Message : L"");
    free(Message);
}

/* Text as XML has it. */
static void PrintEscaped(const WCHAR *Text)
{
    for (; *Text != 0; Text++) {
        switch (*Text) {
        case L'&': ConsolePrint(L"&amp;"); break;
        case L'<': ConsolePrint(L"&lt;"); break;
        case L'>': ConsolePrint(L"&gt;"); break;
        case L'\'': ConsolePrint(L"&apos;"); break;
        case L'"': ConsolePrint(L"&quot;"); break;
        case L'\r': break;
        default:
            if (*Text >= 0xD800 && *Text < 0xDC00 && Text[1] >= 0xDC00 && Text[1] < 0xE000) {
                ConsolePrint(L"%lc%lc", Text[0], Text[1]);
                Text++;
            } else if (*Text >= L' ' || *Text == L'\n' ||
                       *Text == L'\t') { /* XML has no other control characters */
                ConsolePrint(L"%lc", *Text);
            }
        }
    }
}

static void PrintData(const EVENTLOGRECORD *Record)
{
    const BYTE *Data = (const BYTE *)Record + Record->DataOffset;

    ConsolePrint(L"<EventData>");
    for (DWORD i = 0; i < Record->NumStrings; i++) {
        ConsolePrint(L"<Data>");
        PrintEscaped(RecordString(Record, i));
        ConsolePrint(L"</Data>");
    }
    if (Record->DataLength != 0) {
        ConsolePrint(L"<Binary>");
        for (DWORD i = 0; i < Record->DataLength; i++)
            ConsolePrint(L"%02X", Data[i]);
        ConsolePrint(L"</Binary>");
    }
    ConsolePrint(L"</EventData>");
}

void PrintXml(const WCHAR *LogName, const EVENTLOGRECORD *Record)
{
    SYSTEMTIME Time = RecordTime(Record);

    ConsolePrint(
        L"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "
        L"Name='");
    PrintEscaped(RecordSource(Record));
    ConsolePrint(L"'/><EventID "
                 L"Qualifiers='%lu'>%lu</EventID><Level>%d</Level><Task>%u</"
                 L"Task><Keywords>" CLASSIC L"</Keywords>",
                 Record->EventID >> 16, Record->EventID & 0xFFFF, RecordLevel(Record),
                 Record->EventCategory);
    ConsolePrint(
        L"<TimeCreated "
        L"SystemTime='%04u-%02u-%02uT%02u:%02u:%02u.0000000Z'/><EventRecordID>%lu</EventRecordID>",
        Time.wYear, Time.wMonth, Time.wDay, Time.wHour, Time.wMinute, Time.wSecond,
        Record->RecordNumber);
    ConsolePrint(L"<Channel>%ls</Channel><Computer>", LogName);
    PrintEscaped(RecordComputer(Record));
    ConsolePrint(L"</Computer><Security/></System>");
    PrintData(Record);
    ConsolePrint(L"</Event>\n");
}
