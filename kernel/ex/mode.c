/*
 * Small questions about the machine and the caller: previous mode, processor features, suites,
 * timer resolution, firmware variables.
 */
#include "exp.h"

NT_EXPORT(ExGetPreviousMode);
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return (KPROCESSOR_MODE)KiGetPrcb()->CurrentThread->PreviousMode;
}

/* What KUSER_SHARED_DATA says: one truth for drivers that ask and those that read. */
NT_EXPORT(ExIsProcessorFeaturePresent);
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    const KUSER_SHARED_DATA *Shared = (const KUSER_SHARED_DATA *)HAL_KUSER_VA;

    return ProcessorFeature < PROCESSOR_FEATURE_MAX && Shared->ProcessorFeatures[ProcessorFeature];
}

/* A workstation with the single-user terminal service, as KUSER_SHARED_DATA has it. */
NT_EXPORT(ExVerifySuite);
BOOLEAN NTAPI ExVerifySuite(SUITE_TYPE SuiteType)
{
    const KUSER_SHARED_DATA *Shared = (const KUSER_SHARED_DATA *)HAL_KUSER_VA;

    return (ULONG)SuiteType < 32 && (Shared->SuiteMask & (1u << SuiteType)) != 0;
}

#define EXP_RESOLUTION_COARSEST 156250u
#define EXP_RESOLUTION_FINEST 5000u

static ULONG ExpResolution = EXP_RESOLUTION_COARSEST;
static ULONG ExpResolutionRequests;

/*
 * Timers are exact here whatever the resolution; the requests are only counted. [doc:
 * ExSetTimerResolution]
 */
NT_EXPORT(ExSetTimerResolution);
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    if (SetResolution) {
        ULONG Wanted = max(EXP_RESOLUTION_FINEST, min(EXP_RESOLUTION_COARSEST, DesiredTime));

        ExpResolution = min(ExpResolution, Wanted);
        ExpResolutionRequests++;
    } else if (ExpResolutionRequests != 0 && --ExpResolutionRequests == 0) {
        ExpResolution = EXP_RESOLUTION_COARSEST;
    }
    return ExpResolution;
}

NT_EXPORT(ExQueryTimerResolution);
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    *MaximumTime = EXP_RESOLUTION_COARSEST;
    *MinimumTime = EXP_RESOLUTION_FINEST;
    *CurrentTime = ExpResolution;
}

/* A machine without UEFI: legacy firmware has no variables. [doc: ExGetFirmwareEnvironmentVariable]
 */
NT_EXPORT(ExGetFirmwareEnvironmentVariable);
NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid,
                                                PVOID Value, PULONG ValueLength, PULONG Attributes)
{
    UNREFERENCED_PARAMETER(VariableName);
    UNREFERENCED_PARAMETER(VendorGuid);
    UNREFERENCED_PARAMETER(Value);
    UNREFERENCED_PARAMETER(ValueLength);
    UNREFERENCED_PARAMETER(Attributes);
    return STATUS_NOT_IMPLEMENTED;
}

NT_EXPORT(ExSetFirmwareEnvironmentVariable);
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING VariableName, LPGUID VendorGuid,
                                                PVOID Value, ULONG ValueLength, ULONG Attributes)
{
    UNREFERENCED_PARAMETER(VariableName);
    UNREFERENCED_PARAMETER(VendorGuid);
    UNREFERENCED_PARAMETER(Value);
    UNREFERENCED_PARAMETER(ValueLength);
    UNREFERENCED_PARAMETER(Attributes);
    return STATUS_NOT_IMPLEMENTED;
}

typedef enum _FIRMWARE_TYPE_ { ExpFirmwareTypeBios = 1 } EXP_FIRMWARE_TYPE;

NT_EXPORT(ExGetFirmwareType);
ULONG NTAPI ExGetFirmwareType(VOID)
{
    return ExpFirmwareTypeBios;
}
