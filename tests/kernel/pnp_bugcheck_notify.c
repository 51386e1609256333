/* A notification callback that returns at another IRQL. */
#include "pnpbus.h"

static NTSTATUS NTAPI raise(PVOID Structure, PVOID Context)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Structure);
    UNREFERENCED_PARAMETER(Context);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    return STATUS_SUCCESS;
}

static VOID test_bus(VOID)
{
    static const GUID Class = { 0xDD, 0xDD, 0xDD, { 1 } };
    UNICODE_STRING Link;
    PVOID Watch;

    expect_bugcheck(0xCA);
    IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, (PVOID)&Class, Me, raise, NULL, &Watch);
    IoRegisterDeviceInterface(BusPdo, &Class, NULL, &Link);
    IoSetDeviceInterfaceState(&Link, TRUE);
    KeWaitForSingleObject(&TestEnded, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
