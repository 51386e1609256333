/*
 * File system drivers that register, and VPBs. A registered file system is told of no volume: C: is mounted already
 * and there is no other disk.
 */
#include "iop.h"

static KSPIN_LOCK IopVpbLock;

NT_EXPORT(IoAcquireVpbSpinLock);
VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopVpbLock, Irql);
}

NT_EXPORT(IoReleaseVpbSpinLock);
VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopVpbLock, Irql);
}

static LIST_ENTRY IopFileSystems = { &IopFileSystems, &IopFileSystems }; /* by DEVICE_OBJECT.Queue; PASSIVE_LEVEL */

typedef struct _IOP_FS_WATCH {
    LIST_ENTRY Link;
    PDRIVER_OBJECT Driver; /* referenced */
    PDRIVER_FS_NOTIFICATION Routine;
} IOP_FS_WATCH;

static LIST_ENTRY IopFsWatches = { &IopFsWatches, &IopFsWatches };

static VOID IopTellFileSystem(PDEVICE_OBJECT Device, BOOLEAN Active)
{
    PLIST_ENTRY Link = IopFsWatches.Flink;

    while (Link != &IopFsWatches) {
        IOP_FS_WATCH *Watch = CONTAINING_RECORD(Link, IOP_FS_WATCH, Link);

        Link = Link->Flink;
        Watch->Routine(Device, Active);
    }
}

NT_PARTIAL(IoRegisterFileSystem, "mount requests: there is no volume without a file system");
VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    InsertHeadList(&IopFileSystems, &DeviceObject->Queue.ListEntry);
    InterlockedIncrement(&DeviceObject->ReferenceCount);
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    IopTellFileSystem(DeviceObject, TRUE);
}

NT_EXPORT(IoUnregisterFileSystem);
VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    if (DeviceObject->Queue.ListEntry.Flink == NULL)
        return; /* not registered */
    RemoveEntryList(&DeviceObject->Queue.ListEntry);
    DeviceObject->Queue.ListEntry.Flink = NULL;
    IopTellFileSystem(DeviceObject, FALSE);
    IopDereferenceDeviceHandle(DeviceObject);
}

/* Those that are registered already are announced at once. [doc: IoRegisterFsRegistrationChange] */
NT_EXPORT(IoRegisterFsRegistrationChange);
NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                              PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    IOP_FS_WATCH *Watch = ExAllocatePoolWithTag(PagedPool, sizeof(*Watch), IOP_TAG_GENERAL);
    PLIST_ENTRY Link;

    if (Watch == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(DriverObject);
    Watch->Driver = DriverObject;
    Watch->Routine = DriverNotificationRoutine;
    InsertTailList(&IopFsWatches, &Watch->Link);
    for (Link = IopFileSystems.Flink; Link != &IopFileSystems; Link = Link->Flink)
        DriverNotificationRoutine(CONTAINING_RECORD(Link, DEVICE_OBJECT, Queue.ListEntry), TRUE);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoUnregisterFsRegistrationChange);
VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    PLIST_ENTRY Link = IopFsWatches.Flink;

    while (Link != &IopFsWatches) {
        IOP_FS_WATCH *Watch = CONTAINING_RECORD(Link, IOP_FS_WATCH, Link);

        Link = Link->Flink;
        if (Watch->Driver != DriverObject || Watch->Routine != DriverNotificationRoutine)
            continue;
        RemoveEntryList(&Watch->Link);
        ExFreePoolWithTag(Watch, IOP_TAG_GENERAL);
        ObDereferenceObject(DriverObject);
    }
}

/* Media cannot change, so a volume is always the right one. [doc: IoVerifyVolume] */
NT_EXPORT(IoVerifyVolume);
NTSTATUS NTAPI IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount)
{
    UNREFERENCED_PARAMETER(AllowRawMount);
    DeviceObject->Flags &= ~DO_VERIFY_VOLUME;
    return STATUS_SUCCESS;
}

/* [doc: IoCheckEaBufferValidity] */
NT_EXPORT(IoCheckEaBufferValidity);
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset)
{
    const ULONG Head = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName);
    ULONG At = 0;

    for (;;) {
        PFILE_FULL_EA_INFORMATION Ea = (PFILE_FULL_EA_INFORMATION)((PUCHAR)EaBuffer + At);
        ULONG Left = EaLength - At, Size;

        *ErrorOffset = At;
        if (At > EaLength || Left < Head)
            return STATUS_EA_LIST_INCONSISTENT;
        Size = Head + Ea->EaNameLength + 1 + Ea->EaValueLength;
        if (Size > Left || Ea->EaName[Ea->EaNameLength] != 0)
            return STATUS_EA_LIST_INCONSISTENT;
        if (Ea->NextEntryOffset == 0)
            break;
        if (Ea->NextEntryOffset != ALIGN_UP_BY(Size, 4) || Ea->NextEntryOffset > Left)
            return STATUS_EA_LIST_INCONSISTENT;
        At += Ea->NextEntryOffset;
    }
    *ErrorOffset = 0;
    return STATUS_SUCCESS;
}
