/*
 * What a register read costs on an edu device in slot 2: QEMU's, or our model of it. Needs the real
 * clock. Leaves out: anything else of the device.
 */
#include <ntddk.h>

#include "../devices/edu/edu_registers.h"

#define SLOT 2

/* The headers leave these out for drivers of today. */
NTHALAPI ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber,
                                           ULONG SlotNumber, PVOID Buffer, ULONG Offset,
                                           ULONG Length);
NTHALAPI ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber,
                                           ULONG SlotNumber, PVOID Buffer, ULONG Offset,
                                           ULONG Length);

static PUCHAR map_registers(VOID)
{
    USHORT Command = PCI_ENABLE_MEMORY_SPACE;
    PCI_COMMON_CONFIG Config;
    PHYSICAL_ADDRESS Base;

    HalGetBusDataByOffset(PCIConfiguration, 0, SLOT, &Config, 0, PCI_COMMON_HDR_LENGTH);
    if (Config.VendorID != EDU_VENDOR_ID || Config.DeviceID != EDU_DEVICE_ID)
        return NULL;
    HalSetBusDataByOffset(PCIConfiguration, 0, SLOT, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), sizeof(Command));
    Base.QuadPart = Config.u.type0.BaseAddresses[0] & ~0xFul;
    return MmMapIoSpace(Base, 4096, MmNonCached);
}

/* Two registers in turn: nothing that looks like waiting for one to change. Best of the batches. */
static LONGLONG read_cost(PUCHAR Registers)
{
    enum { BATCHES = 5, COUNT = 1000 };
    LONGLONG Best = MAXLONGLONG;

    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        LONGLONG Start = KeQueryPerformanceCounter(NULL).QuadPart;

        for (ULONG i = 0; i < COUNT / 2; i++) {
            READ_REGISTER_ULONG((PULONG)(Registers + EDU_ID));
            READ_REGISTER_ULONG((PULONG)(Registers + EDU_LIVENESS));
        }
        Best = min(Best, KeQueryPerformanceCounter(NULL).QuadPart - Start);
    }
    return Best * 100 / COUNT;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Registers = map_registers();

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = unload;
    if (Registers == NULL)
        return STATUS_NO_SUCH_DEVICE;
    DbgPrint("edu_read_ns\t%I64d\tns\n", read_cost(Registers));
    MmUnmapIoSpace(Registers, 4096);
    return STATUS_SUCCESS;
}
