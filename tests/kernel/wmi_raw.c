/*
 * WMI without the library: a driver that answers IRP_MJ_SYSTEM_CONTROL itself, with names of a list and names of its own, rightly
 * and wrongly; an event by reference; a callback provider.
 */
#include "tap.h"

#include <wmistr.h>

#undef IoWMIDeviceObjectToProviderId
NTKERNELAPI ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT Device);

#define TAG 'waRW'
#define ROOM 4096u
#define CALLBACK 0x80000000u /* WMIREG_FLAG_CALLBACK */

static const GUID ListGuid = {0x51111111, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID OwnGuid = {0x52222222, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};
static const GUID TraceGuid = {0x53333333, 1, 2, {1, 2, 3, 4, 5, 6, 7, 8}};

enum { GOOD, NAME_OUTSIDE, COUNT_TOO_LARGE, DATA_OUTSIDE, TOO_MANY, LIES };
static ULONG Mode;
static ULONG SmallOnes, Seen, Size;
static BOOLEAN Old; /* a driver of Windows 2000, which knows IRP_MN_REGINFO alone */
static ULONG AskedOld;
static PUCHAR Buffer;
static KEVENT Told;

/* ---- the provider ---- */

static ULONG put(PUCHAR Base, ULONG At, PCWSTR Text)
{
    ULONG Bytes = (ULONG)wcslen(Text) * sizeof(WCHAR);

    *(PUSHORT)(Base + At) = (USHORT)Bytes;
    RtlCopyMemory(Base + At + sizeof(USHORT), Text, Bytes);
    return At + sizeof(USHORT) + Bytes;
}

static NTSTATUS reginfo(PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    const ULONG Names = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + 2 * sizeof(WMIREGGUIDW);
    WMIREGINFOW *Info = Stack->Parameters.WMI.Buffer;
    ULONG At;

    if (SmallOnes != 0) {
        SmallOnes--;
        *(PULONG)Info = 6000;
        *Information = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    Size = Stack->Parameters.WMI.BufferSize;
    RtlZeroMemory(Info, Names);
    Info->GuidCount = Mode == COUNT_TOO_LARGE ? 1000 : 2;
    Info->WmiRegGuid[0].Guid = ListGuid;
    Info->WmiRegGuid[0].Flags = WMIREG_FLAG_INSTANCE_LIST;
    Info->WmiRegGuid[0].InstanceCount = 3;
    Info->WmiRegGuid[0].InstanceNameList = Names;
    Info->WmiRegGuid[1].Guid = OwnGuid;
    At = put((PUCHAR)Info, Names, L"Red");
    At = put((PUCHAR)Info, At, L"Green");
    At = put((PUCHAR)Info, At, L"Red"); /* twice: WMI makes it unique */
    if (Mode == NAME_OUTSIDE)
        *(PUSHORT)((PUCHAR)Info + Names) = 60000;
    Info->BufferSize = At;
    *Information = At;
    return STATUS_SUCCESS;
}

static NTSTATUS all_data(PIO_STACK_LOCATION Stack, BOOLEAN Own, PULONG_PTR Information)
{
    PWNODE_ALL_DATA All = Stack->Parameters.WMI.Buffer;
    ULONG At = 64, Count = Own ? 2 : Mode == TOO_MANY ? 9 : 3;

    All->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
    All->InstanceCount = Count;
    All->FixedInstanceSize = 6;
    All->DataBlockOffset = Mode == DATA_OUTSIDE ? 0x7FFFFFF0 : At;
    for (ULONG i = 0; i < Count; i++)
        RtlFillMemory((PUCHAR)All + At + 8 * i, 6, i + 1);
    At += 8 * Count;
    if (Own) {
        PULONG Offsets = (PULONG)((PUCHAR)All + At);

        All->OffsetInstanceNameOffsets = At;
        Offsets[0] = At + 8;
        Offsets[1] = put((PUCHAR)All, Offsets[0], L"Mine");
        At = put((PUCHAR)All, Offsets[1], L"Yours");
        if (Mode == NAME_OUTSIDE)
            Offsets[1] = 0x10000000;
    }
    All->WnodeHeader.BufferSize = Mode == LIES ? 0x100000 : At;
    *Information = At;
    return STATUS_SUCCESS;
}

/* The names are "Mine" and "Yours", or indices. */
static NTSTATUS one(PIO_STACK_LOCATION Stack, BOOLEAN Own, PULONG_PTR Information)
{
    PWNODE_SINGLE_INSTANCE One = Stack->Parameters.WMI.Buffer;
    PUSHORT Name = (PUSHORT)((PUCHAR)One + One->OffsetInstanceName);
    UNICODE_STRING Text = {*Name, *Name, (PWSTR)(Name + 1)}, Mine = RTL_CONSTANT_STRING(L"Mine");

    if (Own && !RtlEqualUnicodeString(&Text, &Mine, FALSE))
        return STATUS_WMI_INSTANCE_NOT_FOUND;
    RtlFillMemory((PUCHAR)One + One->DataBlockOffset, 6, Own ? 1 : One->InstanceIndex + 1);
    One->SizeDataBlock = Mode == DATA_OUTSIDE ? 0x100000 : 6;
    *Information = One->DataBlockOffset + 6;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI system_control(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;
    ULONG_PTR Information = 0;
    BOOLEAN Own;

    if (Stack->Parameters.WMI.ProviderId == (ULONG_PTR)Device) {
        if (Stack->MinorFunction == (Old ? IRP_MN_REGINFO : IRP_MN_REGINFO_EX)) {
            AskedOld += Old;
            Status = reginfo(Stack, &Information);
        } else if (Stack->MinorFunction == IRP_MN_REGINFO_EX) {
            Status = STATUS_NOT_SUPPORTED;
        } else {
            Own = RtlCompareMemory(Stack->Parameters.WMI.DataPath, &OwnGuid, sizeof(GUID)) == sizeof(GUID);
            if (Stack->MinorFunction == IRP_MN_QUERY_ALL_DATA)
                Status = all_data(Stack, Own, &Information);
            else if (Stack->MinorFunction == IRP_MN_QUERY_SINGLE_INSTANCE)
                Status = one(Stack, Own, &Information);
            else if (Stack->MinorFunction == IRP_MN_ENABLE_EVENTS || Stack->MinorFunction == IRP_MN_DISABLE_EVENTS)
                Status = STATUS_SUCCESS;
        }
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI complete(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

/* ---- the consumer ---- */

static VOID NTAPI reached(PVOID Event)
{
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
}

static VOID drain(VOID)
{
    WORK_QUEUE_ITEM Item;
    KEVENT Done;

    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item, reached, &Done);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS query(const GUID *Guid)
{
    ULONG Bytes = ROOM;
    NTSTATUS Status;
    PVOID Block;

    RtlFillMemory(Buffer, ROOM, 0xA5);
    IoWMIOpenBlock((GUID *)Guid, WMIGUID_QUERY, &Block);
    Status = IoWMIQueryAllData(Block, &Bytes, Buffer);
    ObDereferenceObject(Block);
    return Status;
}

static VOID check_names(PCWSTR First, PCWSTR Second)
{
    PWNODE_ALL_DATA All = (PVOID)Buffer;

    for (ULONG i = 0; i < 2; i++) {
        PUSHORT Name = (PUSHORT)(Buffer + ((PULONG)(Buffer + All->OffsetInstanceNameOffsets))[i]);
        UNICODE_STRING Text = {*Name, *Name, (PWSTR)(Name + 1)};

        is_unicode(&Text, i == 0 ? First : Second, "an instance's name");
        is_ulong(Buffer[All->DataBlockOffset + 8 * i], i + 1, "its data");
    }
}

static VOID good(VOID)
{
    UNICODE_STRING Mine = RTL_CONSTANT_STRING(L"Mine"), Red = RTL_CONSTANT_STRING(L"Red_1"),
                   None = RTL_CONSTANT_STRING(L"None");
    PWNODE_SINGLE_INSTANCE One = (PVOID)Buffer;
    ULONG Bytes = ROOM;
    PVOID Block;

    is_status(query(&ListGuid), STATUS_SUCCESS, "names of a list");
    check_names(L"Red", L"Green");
    is_status(query(&OwnGuid), STATUS_SUCCESS, "names of the driver's own");
    check_names(L"Mine", L"Yours");
    IoWMIOpenBlock((GUID *)&OwnGuid, WMIGUID_QUERY, &Block);
    is_status(IoWMIQuerySingleInstance(Block, &Mine, &Bytes, Buffer), STATUS_SUCCESS, "one of its own");
    is_ulong(One->SizeDataBlock, 6, "its size");
    is_status(IoWMIQuerySingleInstance(Block, &None, &Bytes, Buffer), STATUS_WMI_INSTANCE_NOT_FOUND, "none of its own");
    ObDereferenceObject(Block);
    IoWMIOpenBlock((GUID *)&ListGuid, WMIGUID_QUERY, &Block);
    Bytes = ROOM;
    is_status(IoWMIQuerySingleInstance(Block, &Red, &Bytes, Buffer), STATUS_SUCCESS, "a name that WMI made unique");
    is_ulong(One->InstanceIndex, 2, "the third");
    ObDereferenceObject(Block);
}

static VOID wrong_answers(VOID)
{
    static const ULONG Kinds[] = {DATA_OUTSIDE, TOO_MANY, LIES};
    UNICODE_STRING Mine = RTL_CONSTANT_STRING(L"Mine");
    ULONG Bytes = ROOM;
    PVOID Block;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Kinds); i++) {
        Mode = Kinds[i];
        ok(!NT_SUCCESS(query(&ListGuid)), "an answer that does not fit itself, kind %u", Kinds[i]);
    }
    Mode = NAME_OUTSIDE;
    ok(!NT_SUCCESS(query(&OwnGuid)), "a name outside the answer");
    Mode = DATA_OUTSIDE;
    IoWMIOpenBlock((GUID *)&OwnGuid, WMIGUID_QUERY, &Block);
    ok(!NT_SUCCESS(IoWMIQuerySingleInstance(Block, &Mine, &Bytes, Buffer)), "an instance outside the answer");
    ObDereferenceObject(Block);
    Mode = GOOD;
}

static VOID wrong_registration(PDEVICE_OBJECT Device)
{
    Mode = COUNT_TOO_LARGE;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    Mode = GOOD;
    is_status(query(&ListGuid), STATUS_WMI_GUID_NOT_FOUND, "more blocks than fit: none is taken");
    Mode = NAME_OUTSIDE;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    Mode = GOOD;
    is_status(query(&ListGuid), STATUS_WMI_GUID_NOT_FOUND, "a name outside: the block is not taken");
    is_status(query(&OwnGuid), STATUS_SUCCESS, "but the next one is");
    SmallOnes = 1;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    is_status(query(&ListGuid), STATUS_SUCCESS, "registration in two steps");
    is_ulong(Size, 6000, "the second with as much room as was asked for");
}

/* IRP_MN_REGINFO, as IRP_MN_REGINFO_EX is not known, in two steps as well. */
static VOID old_registration(PDEVICE_OBJECT Device)
{
    Old = TRUE;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    is_ulong(AskedOld, 1, "IRP_MN_REGINFO instead of IRP_MN_REGINFO_EX");
    is_status(query(&ListGuid), STATUS_SUCCESS, "whose answer counts");
    SmallOnes = 1;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    is_ulong(AskedOld, 3, "again, in two steps");
    is_status(query(&OwnGuid), STATUS_SUCCESS, "and it counts");
    Old = FALSE;
    IoWMIRegistrationControl(Device, WMIREG_ACTION_REREGISTER);
    drain();
    is_ulong(AskedOld, 3, "one that knows IRP_MN_REGINFO_EX is not asked so");
}

static VOID NTAPI notified(PVOID Wnode, PVOID Context)
{
    PWNODE_SINGLE_INSTANCE Event = Wnode;

    UNREFERENCED_PARAMETER(Context);
    Seen = *((PUCHAR)Wnode + Event->DataBlockOffset);
    KeSetEvent(&Told, IO_NO_INCREMENT, FALSE);
}

static VOID reference(PDEVICE_OBJECT Device)
{
    PWNODE_EVENT_REFERENCE Event = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Event), TAG);
    PVOID Block;

    KeInitializeEvent(&Told, SynchronizationEvent, FALSE);
    IoWMIOpenBlock((GUID *)&ListGuid, WMIGUID_NOTIFICATION | SYNCHRONIZE, &Block);
    IoWMISetNotificationCallback(Block, notified, NULL);
    RtlZeroMemory(Event, sizeof(*Event));
    Event->WnodeHeader.BufferSize = sizeof(*Event);
    Event->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(Device);
    Event->WnodeHeader.Guid = ListGuid;
    Event->WnodeHeader.Flags = WNODE_FLAG_EVENT_REFERENCE | WNODE_FLAG_STATIC_INSTANCE_NAMES;
    Event->TargetGuid = ListGuid;
    Event->TargetInstanceIndex = 1;
    is_status(IoWMIWriteEvent(Event), STATUS_SUCCESS, "an event by reference");
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    is_ulong(Seen, 2, "its data are asked for");
    ObDereferenceObject(Block);
}

/* ---- a provider without a device ---- */

static ULONG Asked;

static NTSTATUS NTAPI callback(UCHAR Minor, PVOID DataPath, ULONG BufferSize, PVOID Data, PVOID Context, PULONG Bytes)
{
    WMIREGINFOW *Info = Data;

    UNREFERENCED_PARAMETER(DataPath);
    UNREFERENCED_PARAMETER(Context);
    if (Minor != IRP_MN_REGINFO || BufferSize < 256)
        return STATUS_SUCCESS;
    Asked++;
    RtlZeroMemory(Info, 256);
    Info->BufferSize = FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + sizeof(WMIREGGUIDW);
    Info->GuidCount = 1;
    Info->WmiRegGuid[0].Guid = TraceGuid;
    Info->WmiRegGuid[0].Flags = WMIREG_FLAG_TRACED_GUID | WMIREG_FLAG_TRACE_CONTROL_GUID | WMIREG_FLAG_EVENT_ONLY_GUID;
    *Bytes = Info->BufferSize;
    return STATUS_SUCCESS;
}

static VOID without_device(VOID)
{
    PDEVICE_OBJECT Routine = (PDEVICE_OBJECT)(PVOID)callback;

    is_status(IoWMIRegistrationControl(Routine, WMIREG_ACTION_REGISTER | CALLBACK), STATUS_SUCCESS, "a callback");
    drain();
    is_ulong(Asked, 1, "is asked");
    is_status(query(&TraceGuid), STATUS_WMI_GUID_NOT_FOUND, "its GUID has no data");
    is_status(IoWMIRegistrationControl(Routine, WMIREG_ACTION_DEREGISTER | CALLBACK), STATUS_SUCCESS, "and taken back");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\WmiRaw"), Instance = {0};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PDEVICE_OBJECT Device;
    HANDLE File;
    PVOID Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLEANUP] = Driver->MajorFunction[IRP_MJ_CLOSE] =
        complete;
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("no device");
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    Buffer = ExAllocatePoolWithTag(NonPagedPool, ROOM, TAG);
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS, "register");
    drain();
    good();
    wrong_answers();
    wrong_registration(Device);
    old_registration(Device);
    reference(Device);
    without_device();
    IoWMIOpenBlock((GUID *)&ListGuid, WMIGUID_QUERY, &Block);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwOpenFile(&File, FILE_READ_ATTRIBUTES, &Attributes, &IoStatus, 0, 0), STATUS_SUCCESS, "open the device");
    is_status(IoWMIHandleToInstanceName(Block, File, &Instance), STATUS_SUCCESS, "the instance behind a handle");
    is_unicode(&Instance, L"Red", "its name");
    ExFreePool(Instance.Buffer);
    ZwClose(File);
    is_status(IoWMIHandleToInstanceName(Block, NtCurrentProcess(), &Instance), STATUS_OBJECT_TYPE_MISMATCH,
              "a handle that is no file's");
    ObDereferenceObject(Block);
    IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER);
    ExFreePoolWithTag(Buffer, TAG);
    IoDeleteDevice(Device);
    return done();
}
