/*
 * The hardware that is not there: the speaker, what the firmware's tables of old machines listed.
 */
#include "iop.h"

/* FALSE: there is no speaker. */
NT_EXPORT(HalMakeBeep);
BOOLEAN NTAPI HalMakeBeep(ULONG Frequency)
{
    UNREFERENCED_PARAMETER(Frequency);
    return FALSE;
}

/* ---- what the system has of legacy devices ---- */

static CONFIGURATION_INFORMATION IopConfiguration = { .DiskCount = 1, .Version = sizeof(CONFIGURATION_INFORMATION) };

NT_EXPORT(IoGetConfigurationInformation);
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    return &IopConfiguration;
}

/* No device of the description exists. [doc: IoQueryDeviceDescription] */
NT_EXPORT(IoQueryDeviceDescription);
NTSTATUS NTAPI IoQueryDeviceDescription(PINTERFACE_TYPE BusType, PULONG BusNumber, PCONFIGURATION_TYPE ControllerType,
                                        PULONG ControllerNumber, PCONFIGURATION_TYPE PeripheralType,
                                        PULONG PeripheralNumber, PIO_QUERY_DEVICE_ROUTINE CalloutRoutine,
                                        PVOID Context)
{
    UNREFERENCED_PARAMETER(BusNumber);
    UNREFERENCED_PARAMETER(ControllerType);
    UNREFERENCED_PARAMETER(ControllerNumber);
    UNREFERENCED_PARAMETER(PeripheralType);
    UNREFERENCED_PARAMETER(PeripheralNumber);
    UNREFERENCED_PARAMETER(CalloutRoutine);
    UNREFERENCED_PARAMETER(Context);
    return BusType == NULL ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_NAME_NOT_FOUND;
}
