/*
 * WMI through the library: a driver registers blocks with WmiSystemControl, and asks WMI for them as a consumer: queries, changes,
 * methods, events, collection.
 */
#include "tap.h"

#include <wmistr.h>
#include <wmilib.h>

#define TAG 'biLW'
#define INSTANCES 2u
#define ROOM 2048u

static const GUID DataGuid = {0x11111111, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID EventGuid = {0x22222222, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID SlowGuid = {0x33333333, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID NoGuid = {0x44444444, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};

static WMIGUIDREGINFO Blocks[] = {
    {&DataGuid, INSTANCES, 0},
    {&EventGuid, 1, WMIREG_FLAG_EVENT_ONLY_GUID},
    {&SlowGuid, 1, WMIREG_FLAG_EXPENSIVE},
};

static struct {
    UNICODE_STRING Path;
    ULONG Value[INSTANCES][4];
    ULONG Big; /* bytes of instance 0: more than a first buffer */
    BOOLEAN Events, Collecting;
    ULONG Forwarded, Registrations, EventsSeen, EventValue;
    UNICODE_STRING EventName;
    WCHAR EventText[32];
    KEVENT Told;
} State;

static PUCHAR Buffer;

/* ---- the provider ---- */

static NTSTATUS NTAPI query_reginfo(PDEVICE_OBJECT Device, PULONG Flags, PUNICODE_STRING Name, PUNICODE_STRING *Path,
                                    PUNICODE_STRING Mof, PDEVICE_OBJECT *Pdo)
{
    static const WCHAR Text[] = L"Lamp";

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Mof);
    UNREFERENCED_PARAMETER(Pdo);
    State.Registrations++;
    *Flags = WMIREG_FLAG_INSTANCE_BASENAME;
    *Path = &State.Path;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, sizeof(Text), TAG);
    RtlCopyMemory(Name->Buffer, Text, sizeof(Text));
    Name->Length = sizeof(Text) - sizeof(WCHAR);
    Name->MaximumLength = sizeof(Text);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI query_block(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, ULONG First, ULONG Count, PULONG Lengths,
                                  ULONG Room, PUCHAR Data)
{
    ULONG Needed = 0, At = 0;

    if (Guid != 0)
        return WmiCompleteRequest(Device, Irp, Guid == 2 ? STATUS_SUCCESS : STATUS_WMI_GUID_NOT_FOUND, 0, IO_NO_INCREMENT);
    for (ULONG i = 0; i < Count; i++)
        Needed += First + i == 0 && State.Big != 0 ? State.Big : 16;
    if (Needed > Room)
        return WmiCompleteRequest(Device, Irp, STATUS_BUFFER_TOO_SMALL, Needed, IO_NO_INCREMENT);
    for (ULONG i = 0; i < Count; i++) {
        ULONG Bytes = First + i == 0 && State.Big != 0 ? State.Big : 16;

        RtlFillMemory(Data + At, Bytes, 0x5A);
        RtlCopyMemory(Data + At, State.Value[First + i], 16);
        Lengths[i] = Bytes;
        At += Bytes;
    }
    return WmiCompleteRequest(Device, Irp, STATUS_SUCCESS, Needed, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI set_block(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, ULONG Instance, ULONG Bytes, PUCHAR Data)
{
    NTSTATUS Status = Guid != 0 ? STATUS_WMI_READ_ONLY : Bytes == 16 ? STATUS_SUCCESS : STATUS_WMI_SET_FAILURE;

    if (NT_SUCCESS(Status))
        RtlCopyMemory(State.Value[Instance], Data, 16);
    return WmiCompleteRequest(Device, Irp, Status, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI set_item(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, ULONG Instance, ULONG Item, ULONG Bytes,
                               PUCHAR Data)
{
    NTSTATUS Status = Item == 0 || Item > 4 ? STATUS_WMI_ITEMID_NOT_FOUND : STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(Guid);
    if (NT_SUCCESS(Status) && Bytes == sizeof(ULONG))
        State.Value[Instance][Item - 1] = *(PULONG)Data;
    return WmiCompleteRequest(Device, Irp, Status, 0, IO_NO_INCREMENT);
}

/* Method 1: the sum of the instance's values and the input. */
static NTSTATUS NTAPI execute(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, ULONG Instance, ULONG Method, ULONG InBytes,
                              ULONG OutBytes, PUCHAR Data)
{
    ULONG64 Sum = InBytes == sizeof(ULONG) ? *(PULONG)Data : 0;

    UNREFERENCED_PARAMETER(Guid);
    if (Method != 1)
        return WmiCompleteRequest(Device, Irp, STATUS_WMI_ITEMID_NOT_FOUND, 0, IO_NO_INCREMENT);
    if (OutBytes < sizeof(Sum))
        return WmiCompleteRequest(Device, Irp, STATUS_BUFFER_TOO_SMALL, sizeof(Sum), IO_NO_INCREMENT);
    for (ULONG i = 0; i < 4; i++)
        Sum += State.Value[Instance][i];
    *(PULONG64)Data = Sum;
    return WmiCompleteRequest(Device, Irp, STATUS_SUCCESS, sizeof(Sum), IO_NO_INCREMENT);
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT Device, PIRP Irp, ULONG Guid, WMIENABLEDISABLECONTROL Function, BOOLEAN Enable)
{
    if (Function == WmiEventControl && Guid == 1)
        State.Events = Enable;
    if (Function == WmiDataBlockControl && Guid == 2)
        State.Collecting = Enable;
    return WmiCompleteRequest(Device, Irp, STATUS_SUCCESS, 0, IO_NO_INCREMENT);
}

static WMILIB_CONTEXT Context = {RTL_NUMBER_OF(Blocks), Blocks,  query_reginfo, query_block,
                                 set_block,             set_item, execute,       control};

static NTSTATUS NTAPI system_control(PDEVICE_OBJECT Device, PIRP Irp)
{
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = WmiSystemControl(&Context, Device, Irp, &Disposition);

    if (Disposition == IrpProcessed)
        return Status;
    if (Disposition != IrpNotCompleted) {
        State.Forwarded++;
        Status = Irp->IoStatus.Status;
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- the consumer ---- */

static VOID NTAPI reached(PVOID Event)
{
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
}

/* Until what WMI has queued is done: its work and this item go through one queue. */
static VOID drain(VOID)
{
    WORK_QUEUE_ITEM Item;
    KEVENT Done;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, reached, &Done);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}

static PVOID open(const GUID *Guid, ULONG Access)
{
    PVOID Block = NULL;

    is_status(IoWMIOpenBlock((GUID *)Guid, Access, &Block), STATUS_SUCCESS, "open a block");
    return Block;
}

static VOID query_all(PVOID Block)
{
    PWNODE_ALL_DATA All = (PVOID)Buffer;
    ULONG Bytes = 0, Needed;

    is_status(IoWMIQueryAllData(Block, &Bytes, NULL), STATUS_BUFFER_TOO_SMALL, "all data, no room");
    Needed = Bytes;
    Bytes = Needed - 1;
    is_status(IoWMIQueryAllData(Block, &Bytes, Buffer), STATUS_BUFFER_TOO_SMALL, "a byte short");
    RtlFillMemory(Buffer, ROOM, 0xA5);
    Bytes = ROOM;
    is_status(IoWMIQueryAllData(Block, &Bytes, Buffer), STATUS_SUCCESS, "all data");
    is_ulong(Bytes, Needed, "as many bytes as it said");
    ok(tap_all_bytes(Buffer + Bytes, 16, 0xA5), "none past them");
    is_ulong(All->WnodeHeader.BufferSize, Bytes, "the structure's own size");
    is_ulong(All->WnodeHeader.Linkage, 0, "the last");
    is_ulong(All->InstanceCount, INSTANCES, "both instances");
    ok(RtlCompareMemory(&All->WnodeHeader.Guid, &DataGuid, sizeof(GUID)) == sizeof(GUID), "the block's GUID");
    for (ULONG i = 0; i < INSTANCES; i++) {
        PUSHORT Name = (PUSHORT)(Buffer + ((PULONG)(Buffer + All->OffsetInstanceNameOffsets))[i]);
        UNICODE_STRING Text = {*Name, *Name, (PWSTR)(Name + 1)};

        is_unicode(&Text, i == 0 ? L"Lamp0" : L"Lamp1", "the name that WMI made");
        is_ulong(All->OffsetInstanceDataAndLength[i].LengthInstanceData, 16, "its length");
        is_bytes(Buffer + All->OffsetInstanceDataAndLength[i].OffsetInstanceData, State.Value[i], 16, "its data");
        is_ulong(All->OffsetInstanceDataAndLength[i].OffsetInstanceData & 7, 0, "aligned");
    }
}

static VOID query_big(PVOID Block)
{
    PWNODE_ALL_DATA All = (PVOID)Buffer;
    ULONG Bytes = ROOM;

    State.Big = 1400; /* more than WMI offers at first */
    is_status(IoWMIQueryAllData(Block, &Bytes, Buffer), STATUS_SUCCESS, "data that need a second request");
    is_ulong(All->OffsetInstanceDataAndLength[0].LengthInstanceData, 1400, "are all there");
    State.Big = 0;
}

static VOID query_one(PVOID Block)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"lamp1"), Wrong = RTL_CONSTANT_STRING(L"Lamp7"), Names[2];
    PWNODE_SINGLE_INSTANCE One = (PVOID)Buffer;
    PVOID Objects[2] = {Block, Block};
    ULONG Bytes = ROOM;

    is_status(IoWMIQuerySingleInstance(Block, &Name, &Bytes, Buffer), STATUS_SUCCESS, "one instance");
    is_ulong(One->InstanceIndex, 1, "the second");
    is_ulong(One->SizeDataBlock, 16, "its size");
    is_bytes(Buffer + One->DataBlockOffset, State.Value[1], 16, "its data");
    Bytes = 8;
    is_status(IoWMIQuerySingleInstance(Block, &Name, &Bytes, Buffer), STATUS_BUFFER_TOO_SMALL, "in eight bytes");
    is_status(IoWMIQuerySingleInstance(Block, &Wrong, &Bytes, Buffer), STATUS_WMI_INSTANCE_NOT_FOUND, "no such name");
    Names[0] = Wrong;
    Names[1] = Name;
    Bytes = ROOM;
    is_status(IoWMIQuerySingleInstanceMultiple(Objects, Names, 2, &Bytes, Buffer), STATUS_SUCCESS, "one of two");
    is_ulong(One->WnodeHeader.Linkage, 0, "is all there is");
    is_ulong(One->InstanceIndex, 1, "the right one");
    Names[0] = Name;
    Bytes = ROOM;
    is_status(IoWMIQuerySingleInstanceMultiple(Objects, Names, 2, &Bytes, Buffer), STATUS_SUCCESS, "two");
    ok(One->WnodeHeader.Linkage != 0, "are linked");
}

static VOID change(PVOID Block)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Lamp0");
    ULONG New[4] = {9, 8, 7, 6}, Item = 55, Bytes;
    union {
        ULONG In;
        ULONG64 Out;
    } Method = {.In = 100};
    PVOID ReadOnly = open(&DataGuid, WMIGUID_QUERY);

    is_status(IoWMISetSingleInstance(Block, &Name, 0, sizeof(New), New), STATUS_SUCCESS, "change an instance");
    is_bytes(State.Value[0], New, 16, "it is changed");
    is_status(IoWMISetSingleInstance(Block, &Name, 0, 4, New), STATUS_WMI_SET_FAILURE, "the driver refuses a part");
    is_status(IoWMISetSingleInstance(ReadOnly, &Name, 0, sizeof(New), New), STATUS_ACCESS_DENIED, "opened to query");
    is_status(IoWMISetSingleItem(Block, &Name, 2, 0, sizeof(Item), &Item), STATUS_SUCCESS, "change an item");
    is_ulong(State.Value[0][1], 55, "it is changed");
    is_status(IoWMISetSingleItem(Block, &Name, 9, 0, sizeof(Item), &Item), STATUS_WMI_ITEMID_NOT_FOUND, "no such item");
    Bytes = sizeof(Method);
    is_status(IoWMIExecuteMethod(Block, &Name, 1, sizeof(ULONG), &Bytes, (PUCHAR)&Method), STATUS_SUCCESS, "a method");
    is_ulong64(Method.Out, 100 + 9 + 55 + 7 + 6, "its result");
    is_ulong(Bytes, sizeof(ULONG64), "and its size");
    Bytes = 4;
    is_status(IoWMIExecuteMethod(Block, &Name, 1, 0, &Bytes, (PUCHAR)&Method), STATUS_BUFFER_TOO_SMALL, "no room for it");
    is_ulong(Bytes, sizeof(ULONG64), "it says how much");
    is_status(IoWMIExecuteMethod(Block, &Name, 3, 0, &Bytes, (PUCHAR)&Method), STATUS_WMI_ITEMID_NOT_FOUND, "no method");
    ObDereferenceObject(ReadOnly);
}

static VOID NTAPI notified(PVOID Wnode, PVOID Context)
{
    PWNODE_SINGLE_INSTANCE Event = Wnode;
    PUSHORT Name = (PUSHORT)((PUCHAR)Wnode + Event->OffsetInstanceName);

    State.EventValue = *(PULONG)((PUCHAR)Wnode + Event->DataBlockOffset);
    State.EventsSeen++;
    State.EventName.Buffer = State.EventText;
    State.EventName.Length = min(*Name, sizeof(State.EventText));
    RtlCopyMemory(State.EventText, Name + 1, State.EventName.Length);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

static VOID events(PDEVICE_OBJECT Device)
{
    PVOID Block = open(&EventGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE), Deaf = open(&EventGuid, WMIGUID_QUERY);
    PULONG Data = ExAllocatePoolWithTag(NonPagedPool, sizeof(ULONG), TAG);
    ULONG Bytes = ROOM;
    PWNODE_HEADER Large;

    *Data = 77;
    KeInitializeEvent(&State.Told, SynchronizationEvent, FALSE);
    ok(!State.Events, "events are off");
    is_status(IoWMISetNotificationCallback(Deaf, notified, NULL), STATUS_ACCESS_DENIED, "opened to query");
    is_status(IoWMISetNotificationCallback(Block, notified, &State.Told), STATUS_SUCCESS, "a callback");
    ok(State.Events, "turns events on");
    is_status(IoWMIQueryAllData(Deaf, &Bytes, Buffer), STATUS_WMI_GUID_NOT_FOUND, "an event block has no data");
    is_status(WmiFireEvent(Device, &EventGuid, 0, sizeof(ULONG), Data), STATUS_SUCCESS, "fire");
    KeWaitForSingleObject(&State.Told, Executive, KernelMode, FALSE, NULL);
    is_ulong(State.EventValue, 77, "the event's data");
    is_unicode(&State.EventName, L"Lamp0", "its instance");
    Large = ExAllocatePoolWithTag(NonPagedPool, 2000, TAG);
    RtlZeroMemory(Large, 2000);
    Large->BufferSize = 2000;
    Large->Guid = EventGuid;
    Large->Flags = WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM;
    is_status(IoWMIWriteEvent(Large), STATUS_BUFFER_OVERFLOW, "an event beyond the limit");
    Large->Flags = WNODE_FLAG_TRACED_GUID;
    is_status(IoWMIWriteEvent(Large), STATUS_INVALID_HANDLE, "a trace event without a logger");
    ExFreePoolWithTag(Large, TAG);
    ObDereferenceObject(Block);
    ok(!State.Events, "the last consumer gone, events are off");
    is_status(WmiFireEvent(Device, &EventGuid, 0, 0, NULL), STATUS_SUCCESS, "an event nobody wants");
    drain();
    is_ulong(State.EventsSeen, 1, "is told to nobody");
    ObDereferenceObject(Deaf);
}

static VOID collection(VOID)
{
    PVOID One, Two;

    ok(!State.Collecting, "nothing is collected");
    One = open(&SlowGuid, WMIGUID_QUERY);
    ok(State.Collecting, "the first consumer turns it on");
    Two = open(&SlowGuid, WMIGUID_QUERY);
    ObDereferenceObject(One);
    ok(State.Collecting, "one of two leaves it on");
    ObDereferenceObject(Two);
    ok(!State.Collecting, "the last turns it off");
}

static VOID names(PVOID Block, PDEVICE_OBJECT Device)
{
    UNICODE_STRING Name = {0}, Link = RTL_CONSTANT_STRING(L"\\??\\Lamp");
    GUID Guid = NoGuid;
    ULONG First = 0, Next = 0;

    is_status(IoWMIDeviceObjectToInstanceName(Block, Device, &Name), STATUS_SUCCESS, "a device's instance");
    is_unicode(&Name, L"Lamp0", "its name");
    ExFreePool(Name.Buffer);
    is_status(IoWMISuggestInstanceName(NULL, &Link, FALSE, &Name), STATUS_SUCCESS, "a suggestion");
    ok(Name.Length != 0, "of some name");
    ExFreePool(Name.Buffer);
    is_status(IoWMIAllocateInstanceIds(&Guid, 6, &First), STATUS_SUCCESS, "six numbers");
    is_status(IoWMIAllocateInstanceIds(&Guid, 1, &Next), STATUS_SUCCESS, "one more");
    is_ulong(Next, First + 6, "follows them");
}

static VOID updates(PDEVICE_OBJECT Device, PVOID Block)
{
    ULONG Bytes = ROOM, Before = State.Registrations;
    PVOID None = open(&NoGuid, WMIGUID_QUERY), Objects[2] = {None, Block};

    is_status(IoWMIQueryAllData(None, &Bytes, Buffer), STATUS_WMI_GUID_NOT_FOUND, "a class that nobody has");
    is_status(IoWMIQueryAllDataMultiple(Objects, 1, &Bytes, Buffer), STATUS_SUCCESS, "among several it is no error");
    is_ulong(Bytes, 0, "but no bytes");
    Bytes = ROOM;
    is_status(IoWMIQueryAllDataMultiple(Objects, 2, &Bytes, Buffer), STATUS_SUCCESS, "two classes");
    is_ulong(((PWNODE_ALL_DATA)Buffer)->InstanceCount, INSTANCES, "one of which is there");
    Blocks[0].Flags = WMIREG_FLAG_REMOVE_GUID;
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_UPDATE_GUIDS), STATUS_SUCCESS, "take a block back");
    drain();
    is_ulong(State.Registrations, Before + 1, "the driver is asked");
    is_status(IoWMIQueryAllData(Block, &Bytes, Buffer), STATUS_WMI_GUID_NOT_FOUND, "the block is gone");
    Blocks[0].Flags = 0;
    Blocks[0].InstanceCount = 1;
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER), STATUS_SUCCESS, "register again");
    drain();
    Bytes = ROOM;
    is_status(IoWMIQueryAllData(Block, &Bytes, Buffer), STATUS_SUCCESS, "it is back");
    is_ulong(((PWNODE_ALL_DATA)Buffer)->InstanceCount, 1, "with one instance");
    ObDereferenceObject(None);
}

static VOID direct(PDEVICE_OBJECT Device)
{
    PIRP Irp = IoAllocateIrp(Device->StackSize + 1, FALSE);
    SYSCTL_IRP_DISPOSITION Disposition;
    PIO_STACK_LOCATION Stack;

    IoSetNextIrpStackLocation(Irp);
    Stack = IoGetCurrentIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    Stack->MinorFunction = 0x20;
    WmiSystemControl(&Context, Device, Irp, &Disposition);
    is_ulong(Disposition, IrpNotWmi, "a minor code that is none of WMI's");
    Stack->MinorFunction = IRP_MN_QUERY_ALL_DATA;
    Stack->Parameters.WMI.ProviderId = 1;
    WmiSystemControl(&Context, Device, Irp, &Disposition);
    is_ulong(Disposition, IrpForward, "another device's request");
    Stack->Parameters.WMI.ProviderId = (ULONG_PTR)Device;
    Stack->Parameters.WMI.DataPath = (PVOID)&NoGuid;
    is_status(WmiSystemControl(&Context, Device, Irp, &Disposition), STATUS_WMI_GUID_NOT_FOUND, "a block of no one's");
    is_ulong(Disposition, IrpNotCompleted, "is to be completed by the driver");
    IoFreeIrp(Irp);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    PVOID Block;

    tap_begin(Driver);
    State.Path = *RegistryPath;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("no device");
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    Buffer = ExAllocatePoolWithTag(NonPagedPool, ROOM, TAG);
    for (ULONG i = 0; i < INSTANCES * 4; i++)
        State.Value[i / 4][i % 4] = 100 + i;
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS, "register");
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_OBJECT_NAME_EXISTS, "twice");
    drain();
    is_ulong(State.Registrations, 1, "the driver was asked for its blocks once");
    Block = open(&DataGuid, WMIGUID_QUERY | WMIGUID_SET | WMIGUID_EXECUTE);
    query_all(Block);
    query_big(Block);
    query_one(Block);
    change(Block);
    events(Device);
    collection();
    names(Block, Device);
    updates(Device, Block);
    direct(Device);
    ObDereferenceObject(Block);
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS, "deregister");
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER), STATUS_INVALID_PARAMETER, "twice");
    is_ulong(State.Forwarded, 0, "no request went astray");
    ExFreePoolWithTag(Buffer, TAG);
    IoDeleteDevice(Device);
    return done();
}
