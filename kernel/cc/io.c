/* Paging I/O of the cache manager: one IRP, waited for. */
#include "ccp.h"

static NTSTATUS NTAPI CcpIoDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Event)
{
    (void)Device, (void)Irp;
    KeSetEvent(Event, IO_DISK_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID CcpFillIrp(CC_MAP *Map, PIRP Irp, UCHAR Major, ULONG64 Offset, ULONG Bytes, PKEVENT Event)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);

    Irp->Flags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = Map->FileObject;
    Irp->UserBuffer = MmGetMdlVirtualAddress(Irp->MdlAddress);
    Stack->MajorFunction = Major;
    Stack->FileObject = Map->FileObject;
    if (Major == IRP_MJ_READ) {
        Stack->Parameters.Read.Length = Bytes;
        Stack->Parameters.Read.ByteOffset.QuadPart = (LONGLONG)Offset;
    } else {
        Stack->Parameters.Write.Length = Bytes;
        Stack->Parameters.Write.ByteOffset.QuadPart = (LONGLONG)Offset;
    }
    IoSetCompletionRoutine(Irp, CcpIoDone, Event, TRUE, TRUE, TRUE);
}

NTSTATUS CcpPageIo(CC_MAP *Map, UCHAR Major, PVOID Va, ULONG64 Offset, ULONG Bytes)
{
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(Map->FileObject);
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    NTSTATUS Status;
    KEVENT Event;

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (IoAllocateMdl(Va, Bytes, FALSE, FALSE, Irp) == NULL) {
        IoFreeIrp(Irp);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Irp->MdlAddress);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    CcpFillIrp(Map, Irp, Major, Offset, Bytes, &Event);
    IoCallDriver(Device, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    Status = Irp->IoStatus.Status;
    if (Status == STATUS_END_OF_FILE && Major == IRP_MJ_READ)
        Status = STATUS_SUCCESS; /* beyond the data: zeros, which fresh pages are */
    IoFreeMdl(Irp->MdlAddress);
    IoFreeIrp(Irp);
    return Status;
}
