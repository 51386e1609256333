/*
 * The smallest driver worth loading: says which Windows it runs on when it starts, and goodbye when it is unloaded. Leaves out
 * devices and requests; drivers/passivelog has them.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD FirstUnload;

static VOID FirstUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KdPrint(("first: unloaded\n"));
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    RTL_OSVERSIONINFOEXW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = FirstUnload; /* a driver without one cannot be stopped */

    Status = RtlGetVersion((PRTL_OSVERSIONINFOW)&Version);
    if (!NT_SUCCESS(Status))
        return Status;
    KdPrint(("first: hello from kernel mode\n"));
    KdPrint(("first: Windows %u.%u build %u\n", Version.dwMajorVersion, Version.dwMinorVersion, Version.dwBuildNumber));
    return STATUS_SUCCESS;
}
