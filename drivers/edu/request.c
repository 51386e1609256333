/* What programs ask for: open and close, reads and writes, device control. */
#include "driver.h"

NTSTATUS EduComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS NTAPI EduOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return EduComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI EduCleanup(PDEVICE_OBJECT Device, PIRP Irp)
{
    EduCancelFile(Device->DeviceExtension, IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return EduComplete(Irp, STATUS_SUCCESS, 0);
}

/* Ends the request, with the remove lock, when it is not queued. */
static NTSTATUS EduFinish(EDU *Edu, PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    EduComplete(Irp, Status, Information);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
    return Status;
}

NTSTATUS NTAPI EduReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    EDU *Edu = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.Read.Length;
    ULONG64 Offset = (ULONG64)Stack->Parameters.Read.ByteOffset.QuadPart;
    NTSTATUS Status = IoAcquireRemoveLock(&Edu->Remove, Irp);

    if (!NT_SUCCESS(Status))
        return EduComplete(Irp, Status, 0);
    if (Offset > EDU_DEVICE_BYTES || Length > EDU_DEVICE_BYTES - Offset)
        return EduFinish(Edu, Irp, STATUS_INVALID_PARAMETER, 0);
    if (Length == 0)
        return EduFinish(Edu, Irp, STATUS_SUCCESS, 0);
    return EduQueue(Edu, Irp);
}

/* ---- device control ---- */

typedef struct _EDU_ANSWER {
    EDU *Edu;
    ULONG Code;
    PVOID Buffer;
} EDU_ANSWER;

/* Lock held, so that the registers stay. FALSE: the device is not there or sleeps. */
static BOOLEAN EduAnswerLocked(EDU *Edu, ULONG Code, PVOID Buffer)
{
    if (Code == IOCTL_EDU_STATISTICS) {
        Edu->Statistics.Interrupts = Edu->Interrupts;
        *(EDU_STATISTICS *)Buffer = Edu->Statistics;
        return TRUE;
    }
    if (!Edu->Open)
        return FALSE;
    if (Code == IOCTL_EDU_LIVENESS) {
        EduWrite(Edu, EDU_LIVENESS, *(ULONG *)Buffer);
        *(ULONG *)Buffer = EduRead(Edu, EDU_LIVENESS);
    } else {
        *(ULONG *)Buffer = EduRead(Edu, EDU_ID);
    }
    return TRUE;
}

/* What needs no interrupt. */
static NTSTATUS EduAnswer(EDU *Edu, PIRP Irp, ULONG Code, ULONG Bytes)
{
    BOOLEAN Answered;
    KIRQL Irql;

    KeAcquireSpinLock(&Edu->Lock, &Irql);
    Answered = EduAnswerLocked(Edu, Code, Irp->AssociatedIrp.SystemBuffer);
    KeReleaseSpinLock(&Edu->Lock, Irql);
    return Answered ? EduFinish(Edu, Irp, STATUS_SUCCESS, Bytes)
                    : EduFinish(Edu, Irp, STATUS_DEVICE_NOT_READY, 0);
}

static const struct {
    ULONG Code, In, Out; /* bytes at least */
    BOOLEAN Queued;
    ULONG Low, High; /* of the argument */
} EduCodes[] = {
    {IOCTL_EDU_IDENTIFY, 0, sizeof(ULONG), FALSE, 0, 0},
    {IOCTL_EDU_LIVENESS, sizeof(ULONG), sizeof(ULONG), FALSE, 0, MAXULONG},
    {IOCTL_EDU_FACTORIAL, sizeof(ULONG), sizeof(ULONG), TRUE, 0, 12},
    {IOCTL_EDU_RAISE, sizeof(ULONG), 0, TRUE, 2, EDU_RAISE_BITS},
    {IOCTL_EDU_STATISTICS, 0, sizeof(EDU_STATISTICS), FALSE, 0, 0},
};

static NTSTATUS EduCheck(ULONG Index, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Argument;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < EduCodes[Index].In ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength < EduCodes[Index].Out)
        return STATUS_BUFFER_TOO_SMALL;
    if (EduCodes[Index].In == 0)
        return STATUS_SUCCESS;
    Argument = *(ULONG *)Irp->AssociatedIrp.SystemBuffer;
    if (Argument < EduCodes[Index].Low || Argument > EduCodes[Index].High ||
        (EduCodes[Index].Code == IOCTL_EDU_RAISE && (Argument & ~EDU_RAISE_BITS) != 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EduControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    EDU *Edu = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode, Index = 0;
    NTSTATUS Status = IoAcquireRemoveLock(&Edu->Remove, Irp);

    if (!NT_SUCCESS(Status))
        return EduComplete(Irp, Status, 0);
    while (Index < ARRAYSIZE(EduCodes) && EduCodes[Index].Code != Code)
        Index++;
    if (Index == ARRAYSIZE(EduCodes))
        return EduFinish(Edu, Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    Status = EduCheck(Index, Irp, Stack);
    if (!NT_SUCCESS(Status))
        return EduFinish(Edu, Irp, Status, 0);
    if (EduCodes[Index].Queued)
        return EduQueue(Edu, Irp);
    return EduAnswer(Edu, Irp, Code, EduCodes[Index].Out);
}

NTSTATUS NTAPI EduSystemControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((EDU *)Device->DeviceExtension)->Lower, Irp);
}
