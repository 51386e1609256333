/* advapi32's start and end. */
#include "registry.h"

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    IGNORE_ARG(Instance);
    IGNORE_ARG(Reserved);
    if (Reason == DLL_PROCESS_DETACH)
        RegCloseRoots();
    return TRUE;
}
