/*
 * Says when its service starts and when it is called again. Its service key may hold "Fail", the
 * status that DriverEntry gives. Asks to be called again in the boot phase and later, later twice.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_REINITIALIZE AgainAtBoot, Again;

static UNICODE_STRING Name;
static WCHAR NameText[64];

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("starts: %wZ unloaded\n", &Name);
}

static VOID AgainAtBoot(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("starts: %wZ again at boot, %lu\n", &Name, Count);
}

static VOID Again(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    UNREFERENCED_PARAMETER(Context);
    DbgPrint("starts: %wZ again, %lu\n", &Name, Count);
    if (Count < 3)
        IoRegisterDriverReinitialization(DriverObject, Again, NULL);
}

static NTSTATUS ReadFail(PUNICODE_STRING RegistryPath)
{
    ULONG Fail = 0;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Fail", .EntryContext = &Fail}};

    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
    return (NTSTATUS)Fail;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = ReadFail(RegistryPath);
    ULONG Start = RegistryPath->Length / sizeof(WCHAR);

    while (Start > 0 && RegistryPath->Buffer[Start - 1] != L'\\')
        Start--;
    Name.Buffer = NameText;
    Name.MaximumLength = sizeof(NameText);
    RtlAppendUnicodeToString(&Name, RegistryPath->Buffer + Start);
    DriverObject->DriverUnload = Unload;
    DbgPrint("starts: %wZ%s\n", &Name, NT_SUCCESS(Status) ? "" : " fails");
    if (!NT_SUCCESS(Status))
        return Status;
    IoRegisterBootDriverReinitialization(DriverObject, AgainAtBoot, NULL);
    IoRegisterDriverReinitialization(DriverObject, Again, NULL);
    return STATUS_SUCCESS;
}
