/* advapi32's start: there is nothing to do. */
#include "../nt.h"

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    IGNORE_ARG(Instance);
    IGNORE_ARG(Reason);
    IGNORE_ARG(Reserved);
    return TRUE;
}
