/*
 * Which drivers may be loaded. The host verifies the signature of the very bytes that are mapped
 * afterwards; what to make of it is decided here. [doc: Driver signing policy; Enable loading of
 * test-signed drivers; Installing an unsigned driver during development and test] Left out: user
 * mode's images, hashes of pages, block lists.
 */
#include "cip.h"
#include "../kd/kd.h"

#define CIP_OPTION_ENABLED 0x01u
#define CIP_OPTION_TESTSIGN 0x02u
#define CIP_OPTION_DEBUGMODE_ENABLED 0x80u
#define CIP_DEBUG_FLAG_ENFORCE 0x10u

static BOOLEAN CipNeedsEmbedded; /* by the thread that starts the system, before there are others */

static VOID CipLog(const char *Format, ...)
{
    char Text[768] = "ci: ";
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text + 4, sizeof(Text) - 6, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 2] = 0;
    strcat(Text, "\n");
    HAL->write(HAL_STREAM_LOG, (ULONG64)Text, strlen(Text), KeVirtualTime());
}

/*
 * Control\CI\DebugFlags: signatures are required although a debugger is there. [doc: Enforcing
 * Kernel-Mode Signature Verification in Kernel Debugging Mode]
 */
static BOOLEAN CipDebuggerExcuses(VOID)
{
    ULONG Flags = 0, Default = 0;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = L"DebugFlags",
         .EntryContext = &Flags,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_DWORD,
         .DefaultData = &Default,
         .DefaultLength = sizeof(Default)}};

    if (!CiBoot.Debug || KdDebuggerNotPresent)
        return FALSE;
    RtlQueryRegistryValues(RTL_REGISTRY_CONTROL, L"CI", Table, NULL, NULL);
    return (Flags & CIP_DEBUG_FLAG_ENFORCE) == 0;
}

VOID CiRequireEmbedded(BOOLEAN Required)
{
    CipNeedsEmbedded = Required;
}

/*
 * [doc: Kernel-Mode Code Signing Requirements: "A kernel-mode boot-start driver must have an
 * embedded [...] signature"; a note of 2024 in Embedded Signatures in a Driver File says that it
 * "no longer" must: a driver that keeps to the rule starts on either]
 */
static NTSTATUS CipJudge(HAL_SIGN_REQUEST *Signature)
{
    if (CipNeedsEmbedded && Signature->level >= HAL_SIGN_UNTRUSTED && !Signature->embedded) {
        static const char Why[] =
            "a boot-start driver's signature must be in its file, and only a catalog lists it";

        Signature->level = HAL_SIGN_BAD;
        RtlCopyMemory(Signature->reason, Why, sizeof(Why));
    }
    if (Signature->level == HAL_SIGN_PRODUCTION)
        return STATUS_SUCCESS;
    if (Signature->level == HAL_SIGN_BAD)
        return STATUS_INVALID_IMAGE_HASH;
    if (!CiBoot.TestSigning)
        return STATUS_DRIVER_BLOCKED;
    return Signature->level == HAL_SIGN_NONE ? STATUS_INVALID_IMAGE_HASH : STATUS_SUCCESS;
}

static VOID CipReport(PCUNICODE_STRING Path, const HAL_SIGN_REQUEST *Signature, BOOLEAN Excused)
{
    const char *Allowed =
        Excused ? " The image is allowed to load because kernel mode debugger is attached." : "";

    if (Signature->level >= HAL_SIGN_UNTRUSTED)
        CipLog("Code Integrity does not load the file %wZ: its signature, by %s, is a test's, "
               "and test signing is off.%s", Path,
               Signature->signer, Allowed);
    else
        CipLog("Code Integrity is unable to verify the image integrity of the file %wZ because "
               "file hash could not be found on the system: %s.%s",
               Path, Signature->reason, Allowed);
}

NTSTATUS CiValidateImage(PCUNICODE_STRING Path, const VOID *Bytes, ULONG64 Length, PUCHAR Level)
{
    HAL_SIGN_REQUEST Signature = {.image = (ULONG64)Bytes, .bytes = Length};
    LARGE_INTEGER Now;
    BOOLEAN Excused;
    NTSTATUS Status;

    *Level = HAL_SIGN_NONE;
    if (CiBoot.NoIntegrityChecks)
        return STATUS_SUCCESS;
    KeQuerySystemTimePrecise(&Now);
    Signature.time_100ns = (ULONG64)Now.QuadPart;
    DD_ASSERT(HAL->verify_image(&Signature) == HAL_OK);
    *Level = (UCHAR)Signature.level;
    Status = CipJudge(&Signature);
    if (NT_SUCCESS(Status))
        return Status;
    Excused = CipDebuggerExcuses();
    CipReport(Path, &Signature, Excused);
    return Excused ? STATUS_SUCCESS : Status;
}

ULONG CiOptions(VOID)
{
    return (CiBoot.NoIntegrityChecks ? 0 : CIP_OPTION_ENABLED) |
           (CiBoot.TestSigning ? CIP_OPTION_TESTSIGN : 0) |
           (CiBoot.Debug ? CIP_OPTION_DEBUGMODE_ENABLED : 0);
}

const char *CiPolicyText(VOID)
{
    if (CiBoot.NoIntegrityChecks)
        return CiBoot.TestSigning ? "test signing is on, integrity checks are off: any driver loads"
                                  : "integrity checks are off: any driver loads";
    return CiBoot.TestSigning ? "test signing is on: any signature will do"
                              : "test signing is off: production's signatures only";
}
