/* Touches a device's register by an instruction that no compiler makes of a register access. */
#include <ntddk.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Base = {.QuadPart = 0};
    USHORT Command = PCI_ENABLE_MEMORY_SPACE;
    PVOID Registers;

    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    HalGetBusDataByOffset(PCIConfiguration, 0, 2, &Base.LowPart, 0x10, 4);
    HalSetBusDataByOffset(PCIConfiguration, 0, 2, &Command, 4, 2);
    Registers = MmMapIoSpace(Base, 4096, MmNonCached);
    __asm__ volatile("btsl $3, 24(%0)" : : "r"(Registers) : "memory", "cc");
    return STATUS_SUCCESS;
}
