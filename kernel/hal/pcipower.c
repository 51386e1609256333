/*
 * Power of the bus's devices: D0 and D3 by PCI's power management, where a device has it, and
 * wake-up from D3. [doc: Handling a Wait/Wake IRP in a Bus Driver (PDO)] Left out: waking the
 * system from sleep; D1 and D2; the states of a device without power management, which stays in D0.
 */
#include "pci.h"

/* PCI's power management control and status register. */
#define HALP_POWER_STATE 0x0003u
#define HALP_POWER_D3 3u
#define HALP_POWER_WAKE_ENABLE 0x0100u
#define HALP_POWER_WAKE_STATUS 0x8000u /* a one clears it */

static USHORT HalpReadControl(const HALP_DEVICE *Device)
{
    USHORT Control = 0;

    HalpReadDevice(Device, &Control, Device->Info.power_offset + 4u, sizeof(Control));
    return Control;
}

/* Leaves the note of a wake-up signal as it is. */
static VOID HalpChangeControl(const HALP_DEVICE *Device, USHORT Clear, USHORT Set)
{
    USHORT Control = (HalpReadControl(Device) & ~(Clear | HALP_POWER_WAKE_STATUS)) | Set;

    HalpWriteDevice(Device, &Control, Device->Info.power_offset + 4u, sizeof(Control));
}

VOID HalpSetPowerState(const HALP_DEVICE *Device, DEVICE_POWER_STATE State)
{
    if (Device->Info.power_offset != 0)
        HalpChangeControl(Device, HALP_POWER_STATE, State == PowerDeviceD0 ? 0 : HALP_POWER_D3);
}

/* ---- IRP_MN_WAIT_WAKE ---- */

static VOID HalpAllowWake(const HALP_DEVICE *Device, BOOLEAN Allow)
{
    HalpChangeControl(Device, HALP_POWER_WAKE_ENABLE,
                      HALP_POWER_WAKE_STATUS | (Allow ? HALP_POWER_WAKE_ENABLE : 0));
}

static VOID HalpCompleteWake(HALP_DEVICE *Device, PIRP Irp, NTSTATUS Status)
{
    HalpAllowWake(Device, FALSE);
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* With the cancel spin lock, which it releases. */
static VOID NTAPI HalpCancelWake(PDEVICE_OBJECT Pdo, PIRP Irp)
{
    HALP_DEVICE *Device = HalpDeviceOf(Pdo);

    Device->Wake = NULL;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    HalpCompleteWake(Device, Irp, STATUS_CANCELLED);
}

VOID HalpEndWake(HALP_DEVICE *Device, NTSTATUS Status)
{
    PIRP Irp;
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    Irp = Device->Wake;
    Device->Wake = NULL;
    if (Irp != NULL)
        IoSetCancelRoutine(Irp, NULL);
    IoReleaseCancelSpinLock(Irql);
    if (Irp != NULL)
        HalpCompleteWake(Device, Irp, Status);
}

VOID HalpCheckWake(HALP_DEVICE *Device)
{
    if (Device->Wake != NULL && (HalpReadControl(Device) & HALP_POWER_WAKE_STATUS) != 0 &&
        !HalpIsGone(Device))
        HalpEndWake(Device, STATUS_SUCCESS);
}

static NTSTATUS HalpHoldWake(HALP_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status = STATUS_PENDING;
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    if (Device->Wake != NULL)
        Status = STATUS_DEVICE_BUSY;
    else if (Irp->Cancel)
        Status = STATUS_CANCELLED;
    if (Status == STATUS_PENDING) {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, HalpCancelWake);
        Device->Wake = Irp;
        HalpAllowWake(Device, TRUE);
    }
    IoReleaseCancelSpinLock(Irql);
    return Status;
}

NTSTATUS HalpWaitWake(HALP_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;

    if (Device->Info.wakes)
        Status = Stack->Parameters.WaitWake.PowerState > PowerSystemWorking
                     ? STATUS_INVALID_DEVICE_STATE
                     : HalpHoldWake(Device, Irp);
    if (Status == STATUS_PENDING)
        return Status;
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
