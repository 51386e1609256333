#include "../io/iop.h"
NTSTATUS PnpInitSystem(VOID)
{
    return STATUS_SUCCESS;
}
