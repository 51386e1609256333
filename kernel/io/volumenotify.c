/*
 * The file system of C:: watchers of directories. What the machine does is told; what happens to
 * the host's folder behind its back is not.
 */
#include "volume.h"

VOID VolInitNotify(VOL_DEVICE *Volume)
{
    InitializeListHead(&Volume->Notify);
    FsRtlNotifyInitializeSync(&Volume->NotifySync);
}

BOOLEAN VolIsWatched(PDEVICE_OBJECT Device)
{
    return !IsListEmpty(&((VOL_DEVICE *)Device->DeviceExtension)->Notify);
}

NTSTATUS VolNotifyChange(VOL_OPEN *Open, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    VOL_DEVICE *Volume = Open->Device->DeviceExtension;
    NTSTATUS Status = STATUS_PENDING;

    __try {
        FsRtlNotifyFullChangeDirectory(Volume->NotifySync, &Volume->Notify, Open,
                                       (PSTRING)&Open->Path, (Stack->Flags & SL_WATCH_TREE) != 0,
                                       FALSE, Stack->Parameters.NotifyDirectory.CompletionFilter,
                                       Irp, NULL, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = VolComplete(Irp, GetExceptionCode(), 0);
    }
    return Status;
}

/* Names are compared without regard to case: the directory's own name serves as the normalized one.
 */
VOID VolReport(PDEVICE_OBJECT Device, PUNICODE_STRING Path, ULONG Filter, ULONG Action)
{
    VOL_DEVICE *Volume = Device->DeviceExtension;
    STRING Parent = *(PSTRING)Path;
    ULONG i = Path->Length / sizeof(WCHAR);

    if (Filter == 0 || !VolIsWatched(Device) || Path->Length <= sizeof(WCHAR))
        return;
    while (i > 1 && Path->Buffer[i - 1] != L'\\')
        i--;
    Parent.Length = (USHORT)((i > 1 ? i - 1 : i) * sizeof(WCHAR));
    FsRtlNotifyFullReportChange(Volume->NotifySync, &Volume->Notify, (PSTRING)Path,
                                (USHORT)(i * sizeof(WCHAR)), NULL, &Parent, Filter, Action, NULL);
}
