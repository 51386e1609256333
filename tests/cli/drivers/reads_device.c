/* Reads the first register of the device in slot 2, and says what it read. */
#include <ntddk.h>

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Base = {.QuadPart = 0};
    USHORT Command = PCI_ENABLE_MEMORY_SPACE;
    volatile ULONG *Registers;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = unload;
    if (HalGetBusDataByOffset(PCIConfiguration, 0, 2, &Base.LowPart, 0x10, 4) != 4)
        return STATUS_NO_SUCH_DEVICE;
    HalSetBusDataByOffset(PCIConfiguration, 0, 2, &Command, 4, 2);
    Registers = MmMapIoSpace(Base, 4096, MmNonCached);
    for (ULONG i = 0; i < 3; i++)
        DbgPrint("reads_device: %08x\n", Registers[0]);
    MmUnmapIoSpace((PVOID)Registers, 4096);
    return STATUS_SUCCESS;
}
