/* Hardware resources: arbitration, alternatives, boot configurations, filtering, conflicts and rebalancing. */
#include "pnpbus.h"
#include <initguid.h>
#include <devpkey.h>

enum { NEEDS = 20, PIECES = 4 };

typedef struct _NEED { /* a requirements list with room; each of its alternative lists is one entry long but the first */
    IO_RESOURCE_REQUIREMENTS_LIST List;
    IO_RESOURCE_DESCRIPTOR More[PIECES];
} NEED;
static NEED Needs[NEEDS];
static ULONG NeedCount;

static NEED *need(VOID)
{
    NEED *Need = &Needs[NeedCount++];

    RtlZeroMemory(Need, sizeof(*Need));
    Need->List.InterfaceType = PCIBus;
    Need->List.AlternativeLists = 1;
    Need->List.List[0].Version = Need->List.List[0].Revision = 1;
    Need->List.ListSize = sizeof(*Need);
    return Need;
}

static PIO_RESOURCE_DESCRIPTOR add(NEED *Need, UCHAR Type, ULONG Length, ULONG64 Minimum, ULONG64 Maximum)
{
    PIO_RESOURCE_DESCRIPTOR At = &Need->List.List[0].Descriptors[Need->List.List[0].Count++];

    At->Type = Type;
    At->ShareDisposition = CmResourceShareDeviceExclusive;
    At->u.Memory.Length = Length;
    At->u.Memory.Alignment = Length;
    At->u.Memory.MinimumAddress.QuadPart = (LONGLONG)Minimum;
    At->u.Memory.MaximumAddress.QuadPart = (LONGLONG)Maximum;
    if (Type == CmResourceTypePort)
        At->Flags = CM_RESOURCE_PORT_IO;
    if (Type == CmResourceTypeBusNumber) {
        At->u.BusNumber.Length = Length;
        At->u.BusNumber.MinBusNumber = (ULONG)Minimum;
        At->u.BusNumber.MaxBusNumber = (ULONG)Maximum;
    }
    return At;
}

static CHILD *device(ULONG Index, const char *Name, PCWSTR Instance, NEED *Need)
{
    Child[Index] = (CHILD){ .Name = Name, .DeviceId = L"DDTEST\\Thing", .Instance = Instance, .UniqueId = TRUE,
                            .HardwareIds = L"DDTEST\\Thing\0", .Present = TRUE,
                            .Needs = Need != NULL ? &Need->List : NULL };
    return &Child[Index];
}

static ULONG64 got(CHILD *This, ULONG Index)
{
    return Index < This->GotCount ? (ULONG64)This->Got[Index].u.Memory.Start.QuadPart : 0;
}

static VOID arrive(const char *Expected, const char *What)
{
    log_clear();
    enumerate();
    is_string(Log, Expected, "%s", What);
}

static ULONG number_of(PDEVICE_OBJECT Pdo, const DEVPROPKEY *Key)
{
    ULONG Value = 0xDEAD, Length;
    DEVPROPTYPE Type;

    IoGetDevicePropertyData(Pdo, Key, 0, 0, sizeof(Value), &Value, &Length, &Type);
    return Value;
}

/* ---- a place for each ---- */

static NEED *plain_need(VOID)
{
    NEED *Need = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x80000000, 0x80003FFF);
    add(Need, CmResourceTypePort, 8, 0x300, 0x3FF);
    add(Need, CmResourceTypeBusNumber, 2, 16, 31);
    return Need;
}

static VOID test_assignment(VOID)
{
    union { CM_RESOURCE_LIST List; UCHAR Room[512]; } Buffer;
    ULONG Length;

    device(0, "a", L"1", plain_need());
    device(1, "b", L"2", plain_need());
    device(2, "n", L"3", NULL);
    arrive("a.add a.start b.add b.start n.add n.start ", "two that want the same kind, one that wants nothing");
    is_ulong(Child[0].GotCount, 3, "memory, ports, bus numbers");
    is_ptr(got(&Child[0], 0), 0x80000000, "the first place");
    is_ptr(got(&Child[1], 0), 0x80001000, "the next");
    is_ptr(got(&Child[1], 1), 0x308, "ports too");
    is_ulong(Child[0].Got[2].u.BusNumber.Start, 16, "bus numbers");
    is_ulong(Child[1].Got[2].u.BusNumber.Start, 18, "behind those of the other");
    is_bytes(&Child[0].Got[0], &Child[0].Translated[0], sizeof(Child[0].Got[0]), "memory is the same when translated");
    is_ulong(Child[2].GotCount, 0, "nothing for the third");
    is_status(IoGetDeviceProperty(Child[0].Pdo, DevicePropertyAllocatedResources, sizeof(Buffer), &Buffer, &Length),
              STATUS_SUCCESS, "DevicePropertyAllocatedResources");
    is_ulong(Buffer.List.List[0].PartialResourceList.Count, 3, "has all three");
    is_ulong(Buffer.List.List[0].InterfaceType, PCIBus, "and the bus of the requirements");
}

/* ---- choice ---- */

static VOID test_alternatives(VOID)
{
    NEED *Need = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x80000000, 0x80000FFF)->Option = IO_RESOURCE_PREFERRED;
    add(Need, CmResourceTypeMemory, 0x2000, 0x90000000, 0x90001FFF)->Option = IO_RESOURCE_ALTERNATIVE;
    add(Need, CmResourceTypePort, 4, 0x400, 0x4FF);
    device(3, "e", L"4", Need);
    arrive("e.add e.start ", "a requirement with an alternative");
    is_ptr(got(&Child[3], 0), 0x90000000, "gets the alternative: the other place is taken");
    is_ulong(Child[3].GotCount, 2, "one of the two, and the ports");
    Child[3].Present = FALSE;
    enumerate();
    is_ulong(Child[3].Removals, 1, "removed: what it had is free again");
}

static CM_RESOURCE_LIST Boot;

static VOID test_boot(VOID)
{
    NEED *Need = need();

    Boot.Count = 1;
    Boot.List[0].PartialResourceList.Count = 1;
    Boot.List[0].PartialResourceList.PartialDescriptors[0] = (CM_PARTIAL_RESOURCE_DESCRIPTOR){
        .Type = CmResourceTypeMemory, .ShareDisposition = CmResourceShareDeviceExclusive,
        .u.Memory = { { .QuadPart = 0x90004000 }, 0x1000 } };
    add(Need, CmResourceTypeMemory, 0x1000, 0x90000000, 0x9000FFFF);
    device(3, "h", L"5", Need)->Boot = &Boot;
    arrive("h.add h.start ", "a device that the firmware has set up");
    is_ptr(got(&Child[3], 0), 0x90004000, "keeps its place");
    Child[3].Present = FALSE;
    enumerate();
    device(3, "i", L"6", NULL)->Boot = &Boot;
    arrive("i.add i.start ", "one with nothing but a boot configuration");
    is_ptr(got(&Child[3], 0), 0x90004000, "has that");
    Child[3].Present = FALSE;
    enumerate();
}

static VOID test_filter(VOID)
{
    NEED *Need = need(), *Filtered = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x91000000, 0x9100FFFF);
    add(Filtered, CmResourceTypeMemory, 0x1000, 0x92000000, 0x9200FFFF);
    device(3, "f", L"7", Need)->Filtered = &Filtered->List;
    arrive("f.add f.start ", "a driver that filters the requirements");
    is_ptr(got(&Child[3], 0), 0x92000000, "gets what it asked for");
    Child[3].Present = FALSE;
    enumerate();
}

/* No device may lie on RAM. */
static VOID test_ram(VOID)
{
    NEED *Need = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x100000, 0xFFFFFFFF);
    device(3, "m", L"8", Need);
    arrive("m.add m.start ", "memory anywhere");
    ok(got(&Child[3], 0) >= 0x2000000, "is not where RAM is: %#I64x", got(&Child[3], 0));
    Child[3].Present = FALSE;
    enumerate();
}

/* ---- interrupts ---- */

static NEED *line_need(ULONG Minimum, ULONG Maximum)
{
    NEED *Need = need();
    PIO_RESOURCE_DESCRIPTOR At = add(Need, CmResourceTypeInterrupt, 0, 0, 0);

    At->ShareDisposition = CmResourceShareShared;
    At->Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    At->u.Interrupt.MinimumVector = Minimum;
    At->u.Interrupt.MaximumVector = Maximum;
    return Need;
}

static VOID test_lines(VOID)
{
    device(5, "p", L"20", line_need(10, 11));
    device(6, "q", L"21", line_need(10, 11));
    device(7, "r", L"22", line_need(10, 11));
    arrive("p.add p.start q.add q.start r.add r.start ", "three that may share lines");
    is_ulong(Child[5].Got[0].u.Interrupt.Vector, 10, "the first line");
    is_ulong(Child[6].Got[0].u.Interrupt.Vector, 11, "one of its own for the second");
    is_ulong(Child[7].Got[0].u.Interrupt.Vector, 10, "the third shares");
    ok(Child[5].Translated[0].u.Interrupt.Level >= 3 && Child[5].Translated[0].u.Interrupt.Level <= 12,
       "translated: a device IRQL: %lu", Child[5].Translated[0].u.Interrupt.Level);
    ok(Child[5].Translated[0].u.Interrupt.Vector != Child[6].Translated[0].u.Interrupt.Vector
       && Child[5].Translated[0].u.Interrupt.Vector == Child[7].Translated[0].u.Interrupt.Vector,
       "and a vector for each line: %#lx", Child[5].Translated[0].u.Interrupt.Vector);
    Child[5].Present = Child[6].Present = Child[7].Present = FALSE;
    enumerate();
}

static NEED *message_need(ULONG Count)
{
    NEED *Need = need();
    PIO_RESOURCE_DESCRIPTOR At = add(Need, CmResourceTypeInterrupt, 0, 0, 0);

    At->Flags = CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE;
    At->u.Interrupt.MinimumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN - Count + 1;
    At->u.Interrupt.MaximumVector = CM_RESOURCE_INTERRUPT_MESSAGE_TOKEN;
    return Need;
}

static VOID test_messages(VOID)
{
    device(5, "p", L"23", message_need(4));
    device(6, "q", L"24", message_need(1));
    arrive("p.add p.start q.add q.start ", "two with messages");
    is_ulong(Child[5].Got[0].u.MessageInterrupt.Raw.MessageCount, 4, "as many as it needs");
    is_ulong(Child[6].Got[0].u.MessageInterrupt.Raw.MessageCount, 1, "and the other");
    ok(Child[5].Translated[0].u.MessageInterrupt.Translated.Vector
       != Child[6].Translated[0].u.MessageInterrupt.Translated.Vector, "vectors of their own");
    ok(Child[5].Translated[0].u.MessageInterrupt.Translated.Level >= 3, "at a device IRQL");
    Child[5].Present = Child[6].Present = FALSE;
    enumerate();
}

/* ---- conflicts ---- */

static VOID test_rebalance(VOID)
{
    NEED *Need = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x80000000, 0x80000FFF);
    device(3, "c", L"9", Need);
    arrive("c.add a.query_stop b.query_stop a.stop b.stop a.start b.start c.start ",
           "one that can only be where another is");
    is_ptr(got(&Child[3], 0), 0x80000000, "gets the place");
    is_ptr(got(&Child[0], 0), 0x80001000, "the other one moved");
    is_ptr(got(&Child[1], 0), 0x80002000, "and so did the one behind it");
    is_ptr(got(&Child[1], 1), 0x308, "whose ports stayed");
}

static VOID test_conflict(VOID)
{
    NEED *Need = need();

    add(Need, CmResourceTypeMemory, 0x1000, 0x80000000, 0x80000FFF);
    device(4, "d", L"10", Need);
    Child[3].QueryStopStatus = STATUS_DEVICE_BUSY;
    arrive("d.add a.query_stop b.query_stop c.query_stop c.cancel_stop a.cancel_stop b.cancel_stop d.remove ",
           "a second one there, and the first refuses to stop");
    is_ulong(number_of(Child[4].Pdo, &DEVPKEY_Device_ProblemCode), 12, "code 12");
    is_ulong(number_of(Child[4].Pdo, &DEVPKEY_Device_ProblemStatus), (ULONG)STATUS_CONFLICTING_ADDRESSES,
             "and why");
    is_ptr(got(&Child[0], 0), 0x80001000, "all is as it was");
}

static VOID test_restart_fails(VOID)
{
    Child[3].QueryStopStatus = STATUS_SUCCESS;
    Child[4].Present = Child[3].Present = FALSE;
    enumerate();
    device(3, "g", L"11", &Needs[NeedCount - 1]);
    add(&Needs[NeedCount - 1], CmResourceTypeMemory, 0x1000, 0x80001000, 0x80001FFF);
    Child[0].StartStatus = STATUS_DEVICE_NOT_READY;
    arrive("g.add a.query_stop b.query_stop a.stop b.stop a.start a.surprise a.remove b.start g.start ",
           "one that does not start again after a rebalance");
    is_ulong(number_of(Child[0].Pdo, &DEVPKEY_Device_ProblemCode), 10, "code 10");
}

static VOID test_bus(VOID)
{
    drive_id(L"Thing");
    test_assignment();
    test_alternatives();
    test_boot();
    test_filter();
    test_ram();
    test_lines();
    test_messages();
    test_rebalance();
    test_conflict();
    test_restart_fails();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
