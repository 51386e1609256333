/* A bus driver with a NULL pointer among the devices that it reports. */
#include "pnpbus.h"

static BOOLEAN null_relation(PIRP Irp)
{
    DEVICE_RELATIONS Relations = { 1, { NULL } };

    Irp->IoStatus.Status = answer(Irp, &Relations, sizeof(Relations));
    return TRUE;
}

static VOID test_bus(VOID)
{
    BusHook = null_relation;
    expect_bugcheck(0xCA);
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
