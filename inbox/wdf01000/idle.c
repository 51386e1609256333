/*
 * Idle and wake settings: WdfDeviceAssignS0IdleSettings, WdfDeviceAssignSxWakeSettings, with the
 * user's choice in the registry [doc: User Control of Device Idle and Wake Behavior].
 */
#include "fx.h"

#include "pnp.h"

/* ---- capabilities ---- */

NTSTATUS FxPolicyCapabilities(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    DEVICE_CAPABILITIES Caps;
    IO_STATUS_BLOCK Iosb;
    PDEVICE_OBJECT Top;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    if (Pnp->Caps.Size != 0)
        return STATUS_SUCCESS;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_DEVICE_STATE;
    RtlZeroMemory(&Caps, sizeof(Caps));
    Caps.Size = sizeof(Caps);
    Caps.Version = 1;
    Caps.Address = Caps.UINumber = MAXULONG;
    Top = IoGetAttachedDeviceReference(Device->Wdm);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL) {
        ObDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    IoGetNextIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities = &Caps;
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    ObDereferenceObject(Top);
    if (NT_SUCCESS(Status))
        Pnp->Caps = Caps;
    return Status;
}

/* ---- the user's choice ---- */

static BOOLEAN FxReadFlag(HANDLE Key, PCWSTR Name, BOOLEAN *Value)
{
    UCHAR Buffer[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION Info = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer;
    UNICODE_STRING ValueName;
    ULONG Length, Number;

    RtlInitUnicodeString(&ValueName, Name);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, Info,
                                    sizeof(Buffer), &Length)) ||
        Info->Type != REG_DWORD || Info->DataLength != sizeof(Number))
        return FALSE;
    RtlCopyMemory(&Number, Info->Data, sizeof(Number));
    *Value = Number != 0;
    return TRUE;
}

BOOLEAN FxReadPolicySetting(FX_DEVICE *Device, PCWSTR User, PCWSTR Default)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"WDF");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Parameters, Key;
    BOOLEAN Value = TRUE;

    if (KeGetCurrentIrql() != PASSIVE_LEVEL || FxKnownPdo(Device) == NULL ||
        !NT_SUCCESS(
            IoOpenDeviceRegistryKey(Device->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &Parameters)))
        return TRUE;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Parameters, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        if (!FxReadFlag(Key, User, &Value))
            FxReadFlag(Key, Default, &Value);
        ZwClose(Key);
    }
    ZwClose(Parameters);
    return Value;
}

/* ---- idle ---- */

static NTSTATUS FxCheckIdle(FX_DEVICE *Device,
                            const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS *Settings)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_PNP *Pnp = Device->Pnp;

    if (Settings->Enabled > WdfUseDefault ||
        Settings->PowerUpIdleDeviceOnSystemWake > WdfUseDefault ||
        Settings->ExcludeD3Cold > WdfUseDefault ||
        Settings->IdleTimeoutType > SystemManagedIdleTimeoutWithHint ||
        Settings->UserControlOfIdleSettings < IdleDoNotAllowUserControl ||
        Settings->UserControlOfIdleSettings > IdleAllowUserControl ||
        Settings->IdleCaps < IdleCannotWakeFromS0 || Settings->IdleCaps > IdleUsbSelectiveSuspend)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "idle settings with a value that is none");
    if (Pnp->IdleKnown && Settings->IdleTimeoutType != Pnp->Idle.IdleTimeoutType)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "IdleTimeoutType changes");
    if (Settings->DxState <= PowerDeviceD0 || Settings->DxState > PowerDeviceMaximum)
        return FxMistake(Globals, STATUS_POWER_STATE_INVALID, "idle settings with DxState %d",
                         Settings->DxState);
    if (Settings->IdleCaps == IdleUsbSelectiveSuspend && Device->Attached == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "selective suspend without a USB stack below");
    if (Settings->IdleCaps != IdleCannotWakeFromS0) {
        FxPolicyCapabilities(Device);
        if (Pnp->Caps.Size != 0 &&
            (Pnp->Caps.DeviceWake <= PowerDeviceD0 ||
             (Settings->DxState != PowerDeviceMaximum && Settings->DxState > Pnp->Caps.DeviceWake)))
            return FxMistake(Globals, STATUS_POWER_STATE_INVALID,
                             "the bus says that the device cannot wake itself");
    }
    return STATUS_SUCCESS;
}

static BOOLEAN FxIdleChosen(FX_DEVICE *Device,
                            const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS *Settings)
{
    FX_PNP *Pnp = Device->Pnp;

    if (Settings->Enabled == WdfFalse)
        return FALSE;
    if (Settings->UserControlOfIdleSettings != IdleAllowUserControl)
        return TRUE;
    if (!Pnp->IdleKnown)
        return FxReadPolicySetting(Device, L"IdleInWorkingState", L"WdfDefaultIdleInWorkingState");
    return Settings->Enabled == WdfTrue || Pnp->IdleEnabled; /* the registry is read once */
}

WDF_DDI(WdfDeviceAssignS0IdleSettings);
NTSTATUS NTAPI imp_WdfDeviceAssignS0IdleSettings(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                 WDFDEVICE Handle,
                                                 PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PNP *Pnp = Device->Pnp;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Copy;
    BOOLEAN Enabled;
    NTSTATUS Status;
    KIRQL Irql;

    if (Pnp == NULL || !Device->Settings.IsPowerPolicyOwner)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "idle settings by who does not own the power policy");
    Status = FxCaptureConfig(Globals, "WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS", &Copy, sizeof(Copy),
                             Settings);
    if (NT_SUCCESS(Status))
        Status = FxCheckIdle(Device, &Copy);
    if (NT_SUCCESS(Status) && Copy.IdleCaps == IdleUsbSelectiveSuspend)
        Status = FxUsbIdleCreate(Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Enabled = FxIdleChosen(Device, &Copy);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->Idle = Copy;
    Pnp->IdleKnown = TRUE;
    Pnp->IdleEnabled = Enabled;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxPowerReference(
        Device); /* starts to count, or brings back what is down and must not be any more */
    FxPowerDereference(Device);
    FxPolicyQueue(Device);
    return STATUS_SUCCESS;
}

/* ---- wake ---- */

static NTSTATUS FxCheckWake(FX_DEVICE *Device,
                            const WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS *Settings)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_PNP *Pnp = Device->Pnp;

    if (Settings->Enabled > WdfUseDefault ||
        Settings->UserControlOfWakeSettings < WakeDoNotAllowUserControl ||
        Settings->UserControlOfWakeSettings > WakeAllowUserControl)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "wake settings with a value that is none");
    if (Settings->DxState <= PowerDeviceD0 || Settings->DxState > PowerDeviceMaximum)
        return FxMistake(Globals, STATUS_POWER_STATE_INVALID, "wake settings with DxState %d",
                         Settings->DxState);
    FxPolicyCapabilities(Device);
    if (Pnp->Caps.Size != 0 &&
        (Pnp->Caps.DeviceWake <= PowerDeviceD0 || Pnp->Caps.SystemWake <= PowerSystemWorking ||
         (Settings->DxState != PowerDeviceMaximum && Settings->DxState > Pnp->Caps.DeviceWake)))
        return FxMistake(Globals, STATUS_POWER_STATE_INVALID,
                         "the bus says that the device cannot wake the system so");
    return STATUS_SUCCESS;
}

WDF_DDI_PARTIAL(WdfDeviceAssignSxWakeSettings,
                "arming a parent because its children are, and telling children of its wake");
NTSTATUS NTAPI imp_WdfDeviceAssignSxWakeSettings(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                 WDFDEVICE Handle,
                                                 PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PNP *Pnp = Device->Pnp;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Copy;
    BOOLEAN Enabled = TRUE;
    NTSTATUS Status;

    if (Pnp == NULL || !Device->Settings.IsPowerPolicyOwner)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "wake settings by who does not own the power policy");
    Status = FxCaptureConfig(Globals, "WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS", &Copy, sizeof(Copy),
                             Settings);
    if (NT_SUCCESS(Status))
        Status = FxCheckWake(Device, &Copy);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Copy.ArmForWakeIfChildrenAreArmedForWake || Copy.IndicateChildWakeOnParentWake)
        FxMistake(Globals, STATUS_NOT_SUPPORTED,
                  "wake settings that look at children: they are ignored");
    if (Copy.Enabled == WdfFalse)
        Enabled = FALSE;
    else if (Copy.UserControlOfWakeSettings == WakeAllowUserControl && !Pnp->WakeKnown)
        Enabled =
            FxReadPolicySetting(Device, L"WakeFromSleepState", L"WdfDefaultWakeFromSleepState");
    else if (Copy.Enabled == WdfUseDefault && Pnp->WakeKnown)
        Enabled = Pnp->WakeEnabled;
    Pnp->Wake = Copy;
    Pnp->WakeEnabled = Enabled;
    Pnp->WakeKnown = TRUE;
    return STATUS_SUCCESS;
}
