/*
 * Power of the bus's devices: D0 to D3 by PCI's power management, where a device has it, and
 * wake-up. [doc: Handling a Wait/Wake IRP in a Bus Driver (PDO); PCI Bus Power Management, 3.2]
 * Left out: the states of a device without power management, which stays in D0.
 */
#include "pci.h"

/* PCI's power management control and status register. */
#define HALP_POWER_STATE 0x0003u
#define HALP_POWER_HAS_D1 0x0200u /* of its capabilities register */
#define HALP_POWER_HAS_D2 0x0400u
#define HALP_POWER_WAKES_FROM_D0 0x0800u /* the next bits: from D1, D2, D3 */
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
        HalpChangeControl(Device, HALP_POWER_STATE, (USHORT)(State - PowerDeviceD0));
}

/* The state that a device is in while the system is in S1 (D1, if it can) or deeper. */
static DEVICE_POWER_STATE HalpStateFor(SYSTEM_POWER_STATE System,
                                       const DEVICE_CAPABILITIES *Capabilities)
{
    if (System == PowerSystemSleeping1 && Capabilities->DeviceD1)
        return PowerDeviceD1;
    return System <= PowerSystemSleeping2 && Capabilities->DeviceD2 ? PowerDeviceD2 : PowerDeviceD3;
}

VOID HalpTellPowerStates(const HALP_DEVICE *Device, PDEVICE_CAPABILITIES Capabilities)
{
    USHORT Abilities = 0;

    if (Device->Info.power_offset != 0)
        HalpReadDevice(Device, &Abilities, Device->Info.power_offset + 2u, sizeof(Abilities));
    Capabilities->DeviceD1 = (Abilities & HALP_POWER_HAS_D1) != 0;
    Capabilities->DeviceD2 = (Abilities & HALP_POWER_HAS_D2) != 0;
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (SYSTEM_POWER_STATE State = PowerSystemSleeping1; State < PowerSystemMaximum; State++)
        Capabilities->DeviceState[State] = HalpStateFor(State, Capabilities);
    Capabilities->WakeFromD1 = (Abilities & HALP_POWER_WAKES_FROM_D0 << 1) != 0;
    Capabilities->WakeFromD2 = (Abilities & HALP_POWER_WAKES_FROM_D0 << 2) != 0;
    Capabilities->WakeFromD3 = Device->Info.wakes != 0;
    Capabilities->SystemWake =
        Device->Info.wakes ? (SYSTEM_POWER_STATE)(PowerSystemWorking + Device->Info.wakes - 1)
                           : PowerSystemUnspecified;
    Capabilities->DeviceWake = Device->Info.wakes ? PowerDeviceD3 : PowerDeviceUnspecified;
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
        Status = Stack->Parameters.WaitWake.PowerState >= PowerSystemWorking + Device->Info.wakes
                     ? STATUS_INVALID_DEVICE_STATE
                     : HalpHoldWake(Device, Irp);
    if (Status == STATUS_PENDING)
        return Status;
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
