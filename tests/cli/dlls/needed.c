/* What plugin.dll imports from. It sets the event NeededEnds when it is unloaded. */
#include <windows.h>

__declspec(dllexport) int needed_value(void)
{
    return 42;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID context)
{
    HANDLE event = NULL;

    (void)module;
    if (reason == DLL_PROCESS_DETACH && context == NULL)
        event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "NeededEnds");
    if (event != NULL) {
        SetEvent(event);
        CloseHandle(event);
    }
    return TRUE;
}
