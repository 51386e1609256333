/* What installing did and what it left aside, as lines of C:\Windows\INF\setupapi.dev.log. [doc:
 * SetupAPI device installation log] */
#include "inf.h"

#define LINE_LIMIT 1024

VOID SetupLog(const WCHAR *Format, ...)
{
    WCHAR Line[LINE_LIMIT];
    CHAR Bytes[2 * LINE_LIMIT + 2];
    DWORD Error = GetLastError(), Written;
    va_list Arguments;
    HANDLE File;
    int Count;

    va_start(Arguments, Format);
    _vsnwprintf(Line, LINE_LIMIT - 1, Format, Arguments);
    va_end(Arguments);
    Line[LINE_LIMIT - 1] = 0;
    Count = WideCharToMultiByte(CP_UTF8, 0, Line, -1, Bytes, 2 * LINE_LIMIT, NULL, NULL);
    SetupMakeFolders(L"C:\\Windows\\INF\\setupapi.dev.log");
    File = CreateFileW(L"C:\\Windows\\INF\\setupapi.dev.log", FILE_APPEND_DATA,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
    if (File != INVALID_HANDLE_VALUE && Count > 0) {
        Bytes[Count - 1] = '\r';
        Bytes[Count] = '\n';
        WriteFile(File, Bytes, (DWORD)Count + 1, &Written, NULL);
    }
    if (File != INVALID_HANDLE_VALUE)
        CloseHandle(File);
    SetLastError(Error);
}
