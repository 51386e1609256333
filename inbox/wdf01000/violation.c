/*
 * Blame: WDF_VIOLATION with the documented codes, IRQL checks, the in-flight log and its tail in a bug check, sizes of
 * versioned structures [doc: Bug Check 0x10D: WDF_VIOLATION; facts: kmdf_structs.tsv].
 */
#include "fx.h"

#include <stdarg.h>
#include <ntstrsafe.h>

#define FX_BUGCHECK_LINES 16

/* ---- the log ---- */

static VOID FxLogArguments(FX_GLOBALS *Globals, const char *Format, va_list Arguments)
{
    LONG Number = InterlockedIncrement(&Globals->Log.Next) - 1;

    RtlStringCbVPrintfA(Globals->Log.Line[(ULONG)Number % FX_LOG_LINES], FX_LOG_LINE_BYTES, Format, Arguments);
}

VOID FxLog(FX_GLOBALS *Globals, const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    FxLogArguments(Globals, Format, Arguments);
    va_end(Arguments);
}

/* Called by the kernel while it stops. */
VOID FxLogPrintTail(FX_GLOBALS *Globals)
{
    LONG Next = Globals->Log.Next;
    LONG First = Next > FX_BUGCHECK_LINES ? Next - FX_BUGCHECK_LINES : 0;

    if (Next == 0)
        return;
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "KMDF log of %s, last %d of %d lines:\n",
               Globals->Public.DriverName, Next - First, Next);
    for (LONG i = First; i < Next; i++)
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "  %d: %s\n", i + 1,
                   Globals->Log.Line[(ULONG)i % FX_LOG_LINES]);
}

/* ---- blame ---- */

VOID FxViolation(FX_GLOBALS *Globals, WDF_BUGCHECK_CODES Code, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4)
{
    if (Globals != NULL)
        FxLog(Globals, "WDF_VIOLATION %u (0x%Ix, 0x%Ix, 0x%Ix)", Code, P2, P3, P4);
    KeBugCheckEx(WDF_VIOLATION, (ULONG_PTR)Code, P2, P3, P4);
}

VOID FxNullParameter(FX_GLOBALS *Globals, PVOID Caller)
{
    FxViolation(Globals, WDF_REQUIRED_PARAMETER_IS_NULL, 0, (ULONG_PTR)Caller, 0);
}

NTSTATUS FxCheckIrql(FX_GLOBALS *Globals, KIRQL Highest)
{
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql <= Highest)
        return STATUS_SUCCESS;
    if (Globals->Verifier)
        FxViolation(Globals, WDF_VERIFIER_IRQL_MISMATCH, Irql, Highest, 0);
    return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "called at IRQL %u, at most %u is allowed", Irql, Highest);
}

VOID FxGuardCheck(FX_GLOBALS *Globals, FX_GUARD Before, PVOID Callback)
{
    KIRQL Irql = KeGetCurrentIrql();

    if (Irql != Before.Irql)
        FxViolation(Globals, WDF_VERIFIER_IRQL_MISMATCH, Before.Irql, Irql, 0);
    if (!Before.ApcsDisabled && KeAreApcsDisabled())
        FxViolation(Globals, WDF_VERIFIER_CRITICAL_REGION_MISMATCH, (ULONG_PTR)Callback, 0, 0);
}

NTSTATUS FxMistake(FX_GLOBALS *Globals, NTSTATUS Status, const char *Format, ...)
{
    va_list Arguments;
    LONG Number;

    va_start(Arguments, Format);
    Number = Globals->Log.Next;
    FxLogArguments(Globals, Format, Arguments);
    va_end(Arguments);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "KMDF: %s: %s: 0x%08X\n", Globals->Public.DriverName,
               Globals->Log.Line[(ULONG)Number % FX_LOG_LINES], Status);
    if (Globals->Verifier && Globals->DebugBreakOnError)
        DbgBreakPoint();
    return Status;
}

DECLSPEC_NORETURN VOID FxAbsent(PWDF_DRIVER_GLOBALS DriverGlobals, ULONG Index)
{
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "KMDF: %s is not implemented here; %s called it\n",
               FxFunctionName[Index], DriverGlobals->DriverName);
    FxViolation(FxGlobalsOf(DriverGlobals), WDF_API_UNAVAILABLE, Index, (ULONG_PTR)FxFunctionName[Index], 0);
}

/* ---- sizes ---- */

static const struct {
    const char *Structure;
    ULONG Minor; /* first version with the size */
    ULONG Size;
} FxSize[] = {
#define FX_SIZE(Structure, Minor, Size) { #Structure, Minor, Size },
#include <fxsizes.inc>
#undef FX_SIZE
};

BOOLEAN FxSizeIsKnown(const FX_GLOBALS *Globals, const char *Structure, ULONG Size)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(FxSize); i++)
        if (FxSize[i].Size == Size && FxSize[i].Minor <= Globals->Minor && strcmp(FxSize[i].Structure, Structure) == 0)
            return TRUE;
    return FALSE;
}

NTSTATUS FxCaptureConfig(FX_GLOBALS *Globals, const char *Structure, PVOID Copy, ULONG CopyBytes, const VOID *Config)
{
    ULONG Size;

    FX_REQUIRE(Globals, Config);
    Size = *(const ULONG *)Config;
    if (Size > CopyBytes || !FxSizeIsKnown(Globals, Structure, Size))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "%s size 0x%x is of no version up to 1.%u", Structure,
                         Size, Globals->Minor);
    RtlZeroMemory(Copy, CopyBytes);
    RtlCopyMemory(Copy, Config, Size);
    return STATUS_SUCCESS;
}

/* ---- for clients ---- */

WDF_DDI(WdfVerifierDbgBreakPoint);
VOID NTAPI imp_WdfVerifierDbgBreakPoint(PWDF_DRIVER_GLOBALS DriverGlobals)
{
    if (FxGlobalsOf(DriverGlobals)->DebugBreakOnError)
        DbgBreakPoint();
}

WDF_DDI(WdfVerifierKeBugCheck);
VOID NTAPI imp_WdfVerifierKeBugCheck(PWDF_DRIVER_GLOBALS DriverGlobals, ULONG BugCheckCode,
                                     ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                                     ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    UNREFERENCED_PARAMETER(DriverGlobals);
    KeBugCheckEx(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4);
}
