/*
 * Resources that a driver claims for hardware which it is about to look for. Calls:
 * IoReportResourceForDetection, IoReportDetectedDevice.
 */
#include "timer_device.h"

typedef struct _TWO { /* a list of two descriptors */
    CM_RESOURCE_LIST List;
    CM_PARTIAL_RESOURCE_DESCRIPTOR Second;
} TWO;

static PDRIVER_OBJECT Me;
static PDEVICE_OBJECT Device;

static TWO ports(ULONG First, ULONG Second)
{
    TWO Two;

    RtlZeroMemory(&Two, sizeof(Two));
    Two.List.Count = 1;
    Two.List.List[0].InterfaceType = Isa;
    Two.List.List[0].PartialResourceList.Version = Two.List.List[0].PartialResourceList.Revision =
        1;
    Two.List.List[0].PartialResourceList.Count = Second != 0 ? 2 : 1;
    Two.List.List[0].PartialResourceList.PartialDescriptors[0] =
        (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = CmResourceTypePort,
                                         .ShareDisposition = CmResourceShareDeviceExclusive,
                                         .Flags = CM_RESOURCE_PORT_IO,
                                         .u.Port = {{.QuadPart = First}, 8}};
    (&Two.List.List[0].PartialResourceList.PartialDescriptors[0])[1] =
        (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = CmResourceTypePort,
                                         .ShareDisposition = CmResourceShareDeviceExclusive,
                                         .Flags = CM_RESOURCE_PORT_IO,
                                         .u.Port = {{.QuadPart = Second}, 8}};
    return Two;
}

static VOID claim(BOOLEAN ForDevice, TWO Two, NTSTATUS Expected, const char *Text)
{
    BOOLEAN Conflict = 0xA5;
    NTSTATUS Status =
        ForDevice
            ? IoReportResourceForDetection(Me, NULL, 0, Device, &Two.List, sizeof(Two), &Conflict)
            : IoReportResourceForDetection(Me, &Two.List, sizeof(Two), NULL, NULL, 0, &Conflict);

    is_status(Status, Expected, "%s", Text);
    is_ulong(Conflict, Expected == STATUS_CONFLICTING_ADDRESSES, "%s: whether it conflicts", Text);
}

static VOID release(BOOLEAN ForDevice)
{
    TWO None;

    RtlZeroMemory(&None, sizeof(None));
    claim(ForDevice, None, STATUS_SUCCESS, "a list that counts none gives back");
}

static VOID test_invalid(VOID)
{
    TWO Two = ports(0x300, 0x310);
    BOOLEAN Conflict;

    is_status(IoReportResourceForDetection(Me, NULL, 0, NULL, NULL, 0, &Conflict),
              STATUS_UNSUCCESSFUL, "no list");
    is_status(IoReportResourceForDetection(Me, &Two.List, 2, NULL, NULL, 0, &Conflict),
              STATUS_UNSUCCESSFUL, "a list without room for its count");
    is_status(IoReportResourceForDetection(Me, &Two.List, sizeof(CM_RESOURCE_LIST) - 1, NULL, NULL,
                                           0, &Conflict),
              STATUS_UNSUCCESSFUL, "a list that is cut off");
    Two.List.List[0].PartialResourceList.Count = 0x10000000;
    is_status(IoReportResourceForDetection(Me, &Two.List, sizeof(Two), NULL, NULL, 0, &Conflict),
              STATUS_UNSUCCESSFUL, "a list that counts too many");
    claim(TRUE, ports(0x300, 0), STATUS_SUCCESS, "nothing of those was claimed");
    release(TRUE);
}

static VOID test_enumerated(VOID)
{
    ULONG Port = 0;
    TWO Two;

    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Port, 0x14, sizeof(Port));
    claim(FALSE, ports(Port & ~3u, 0), STATUS_CONFLICTING_ADDRESSES,
          "ports of an enumerated device");
    Two = ports(0, 0);
    Two.List.List[0].PartialResourceList.PartialDescriptors[0] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
        .Type = CmResourceTypeMemory, .ShareDisposition = CmResourceShareDeviceExclusive,
        .u.Memory = {{.QuadPart = 0x10000}, PAGE_SIZE}};
    claim(FALSE, Two, STATUS_CONFLICTING_ADDRESSES, "memory of the machine");
}

static VOID test_detected(VOID)
{
    PDEVICE_OBJECT Pdo = NULL;
    TWO Two = ports(0x2F8, 0);

    claim(TRUE, Two, STATUS_SUCCESS, "ports of a device to be looked for");
    is_status(IoReportDetectedDevice(Me, Isa, 0, 0, &Two.List, NULL, FALSE, &Pdo),
              STATUS_CONFLICTING_ADDRESSES, "they are not to be had again");
    Pdo = NULL;
    is_status(IoReportDetectedDevice(Me, Isa, 0, 0, &Two.List, NULL, TRUE, &Pdo), STATUS_SUCCESS,
              "the device that was found, whose resources are claimed already");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Me = Driver;
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    test_invalid();
    claim(FALSE, ports(0x300, 0x310), STATUS_SUCCESS, "two ranges for the driver");
    claim(TRUE, ports(0x330, 0x314), STATUS_CONFLICTING_ADDRESSES,
          "one of them for its device, with a free one");
    claim(TRUE, ports(0x330, 0), STATUS_SUCCESS, "the free one");
    claim(FALSE, ports(0x330, 0), STATUS_CONFLICTING_ADDRESSES,
          "which the driver cannot have any more");
    claim(FALSE, ports(0x310, 0x320), STATUS_SUCCESS, "another list replaces the first");
    claim(TRUE, ports(0x300, 0), STATUS_SUCCESS, "what is no longer in it is free");
    release(FALSE);
    claim(TRUE, ports(0x310, 0x320), STATUS_SUCCESS, "and so is all of it");
    release(TRUE);
    test_enumerated();
    test_detected();
    IoDeleteDevice(Device);
    return done();
}
