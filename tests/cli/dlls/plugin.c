/* A DLL with thread-local storage that a program loads and frees. It is refused when PLUGIN_REFUSES is set. */
#include <windows.h>

__declspec(dllimport) int needed_value(void);
static int loads = 1;
static __thread int calls = 10;

__declspec(dllexport) int plugin_value(void)
{
    return needed_value() + loads++ + calls++;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID context)
{
    HANDLE event = NULL;
    char value[4];

    (void)module;
    if (reason == DLL_PROCESS_DETACH && context == NULL)
        event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "PluginEnds");
    if (event != NULL) {
        SetEvent(event);
        CloseHandle(event);
    }
    return reason != DLL_PROCESS_ATTACH || GetEnvironmentVariableA("PLUGIN_REFUSES", value, sizeof(value)) == 0;
}
