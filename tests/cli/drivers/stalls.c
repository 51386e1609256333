/* A DPC that takes 50 ms of the machine's time. */
#include <ntddk.h>

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static VOID Stall(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    for (int i = 0; i < 1000; i++)
        KeStallExecutionProcessor(50);
    KeSetEvent(Context, 0, FALSE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    KEVENT Done;
    KDPC Dpc;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, Stall, &Done);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}
