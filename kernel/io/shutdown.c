/*
 * Shutdown notification: IRP_MJ_SHUTDOWN to each registered device, last registered first, then to those that asked for
 * the last chance. [doc: IoRegisterShutdownNotification]
 */
#include "iop.h"

typedef struct _IOP_SHUTDOWN {
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device; /* referenced */
} IOP_SHUTDOWN;

static LIST_ENTRY IopShutdownList[2] = { /* ordinary, last chance; PASSIVE_LEVEL */
    { &IopShutdownList[0], &IopShutdownList[0] }, { &IopShutdownList[1], &IopShutdownList[1] }
};

static NTSTATUS IopRegisterShutdown(PDEVICE_OBJECT Device, ULONG List)
{
    IOP_SHUTDOWN *Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), IOP_TAG_GENERAL);

    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Device);
    Entry->Device = Device;
    InsertHeadList(&IopShutdownList[List], &Entry->Link);
    Device->Flags |= DO_SHUTDOWN_REGISTERED;
    return STATUS_SUCCESS;
}

NT_EXPORT(IoRegisterShutdownNotification);
NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(DeviceObject, 0);
}

NT_EXPORT(IoRegisterLastChanceShutdownNotification);
NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(DeviceObject, 1);
}

NT_EXPORT(IoUnregisterShutdownNotification);
VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    IopForgetShutdown(DeviceObject);
}

VOID IopForgetShutdown(PDEVICE_OBJECT Device)
{
    ULONG i;

    if (!(Device->Flags & DO_SHUTDOWN_REGISTERED))
        return;
    Device->Flags &= ~DO_SHUTDOWN_REGISTERED;
    for (i = 0; i < RTL_NUMBER_OF(IopShutdownList); i++) {
        PLIST_ENTRY Link = IopShutdownList[i].Flink;

        while (Link != &IopShutdownList[i]) {
            IOP_SHUTDOWN *Entry = CONTAINING_RECORD(Link, IOP_SHUTDOWN, Link);

            Link = Link->Flink;
            if (Entry->Device != Device)
                continue;
            RemoveEntryList(&Entry->Link);
            ExFreePoolWithTag(Entry, IOP_TAG_GENERAL);
            ObDereferenceObject(Device);
        }
    }
}

static VOID IopSendShutdown(PDEVICE_OBJECT Device)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Device);
    PIRP Irp = IopAllocateIrpForSure(Top->StackSize);
    IO_STATUS_BLOCK Iosb;

    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_SHUTDOWN;
    IopSendKernelIrp(Top, Irp, &Iosb);
    ObDereferenceObject(Top);
}

static VOID IopNotifyShutdown(PLIST_ENTRY List)
{
    while (!IsListEmpty(List)) {
        IOP_SHUTDOWN *Entry = CONTAINING_RECORD(RemoveHeadList(List), IOP_SHUTDOWN, Link);
        PDEVICE_OBJECT Device = Entry->Device;

        ExFreePoolWithTag(Entry, IOP_TAG_GENERAL);
        IopSendShutdown(Device);
        ObDereferenceObject(Device);
    }
}

VOID IoShutdownSystem(VOID)
{
    IopNotifyShutdown(&IopShutdownList[0]);
    IopNotifyShutdown(&IopShutdownList[1]);
}
