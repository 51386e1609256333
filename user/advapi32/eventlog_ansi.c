/* The event log's routines for programs that speak the ANSI code page: text is converted on its way
 * in and out. */
#include "eventlog.h"

/* On the heap; NULL gives NULL. FALSE with the error set when there is no memory. */
static BOOL Widen(LPCSTR Text, WCHAR **Wide)
{
    int Count = Text != NULL ? MultiByteToWideChar(CP_ACP, 0, Text, -1, NULL, 0) : 0;

    *Wide = NULL;
    if (Text == NULL)
        return TRUE;
    *Wide = HeapAlloc(ProcessHeap(), 0, (SIZE_T)Count * sizeof(WCHAR));
    if (*Wide == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    MultiByteToWideChar(CP_ACP, 0, Text, -1, *Wide, Count);
    return TRUE;
}

static VOID FreeWide(WCHAR *Wide)
{
    if (Wide != NULL)
        HeapFree(ProcessHeap(), 0, Wide);
}

static HANDLE OpenBy(HANDLE(WINAPI *Open)(LPCWSTR, LPCWSTR), LPCSTR Server, LPCSTR Name)
{
    WCHAR *WideServer, *WideName;
    HANDLE Log = NULL;

    if (!Widen(Server, &WideServer))
        return NULL;
    if (Widen(Name, &WideName))
        Log = Open(WideServer, WideName);
    FreeWide(WideName);
    FreeWide(WideServer);
    return Log;
}

HANDLE WINAPI RegisterEventSourceA(LPCSTR Server, LPCSTR Source)
{
    return OpenBy(RegisterEventSourceW, Server, Source);
}

HANDLE WINAPI OpenEventLogA(LPCSTR Server, LPCSTR Name)
{
    return OpenBy(OpenEventLogW, Server, Name);
}

static BOOL WithFile(BOOL(WINAPI *Do)(HANDLE, LPCWSTR), HANDLE Log, LPCSTR File)
{
    WCHAR *Wide;
    BOOL Done = Widen(File, &Wide) && Do(Log, Wide);

    FreeWide(Wide);
    return Done;
}

BOOL WINAPI ClearEventLogA(HANDLE Log, LPCSTR File)
{
    return WithFile(ClearEventLogW, Log, File);
}

BOOL WINAPI BackupEventLogA(HANDLE Log, LPCSTR File)
{
    return WithFile(BackupEventLogW, Log, File);
}

BOOL WINAPI ReportEventA(HANDLE Log, WORD Type, WORD Category, DWORD Id, PSID Sid, WORD Count,
                         DWORD DataBytes, LPCSTR *Strings, LPVOID Data)
{
    WCHAR *Wide[EL_STRING_LIMIT] = {NULL};
    BOOL Done = TRUE;

    if (Count > EL_STRING_LIMIT || (Count != 0 && Strings == NULL)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    for (WORD i = 0; i < Count && Done; i++)
        Done = Widen(Strings[i], &Wide[i]);
    Done =
        Done && ReportEventW(Log, Type, Category, Id, Sid, Count, DataBytes, (LPCWSTR *)Wide, Data);
    for (WORD i = 0; i < Count; i++)
        FreeWide(Wide[i]);
    return Done;
}
