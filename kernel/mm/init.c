/* Start-up of mm, phase 0: physical pages, then the regions. Everything else of mm is built on these. */
#include "mi.h"

NTSTATUS MmInitSystem(VOID)
{
    MiInitPages();
    MiInitRegions();
    return STATUS_SUCCESS;
}
