/*
 * What ntdll's loader asks of the kernel: to map an image file (NT does this through image sections), and to tell the user
 * why a program cannot start (NT's hard errors, which csrss shows); and to print its debug output.
 */
#include "psp.h"

#include "../kd/kd.h"
#include "../ldr/ldr.h"
#include "../rtl/rtl.h"
#include "image.h"

#define PSP_MAX_PATH_BYTES 1024

NTSTATUS NTAPI NtLoadUserImage(PUNICODE_STRING Path, PVOID *Base, PVOID *EntryPoint);
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters, ULONG UnicodeStringParameterMask,
                                PULONG_PTR Parameters, ULONG ValidResponseOptions, PULONG Response);

/* A user's string in pool, terminated; the caller frees Buffer. */
static NTSTATUS PspCaptureString(PUNICODE_STRING User, PUNICODE_STRING Copy)
{
    UNICODE_STRING Raw;
    NTSTATUS Status;

    Copy->Buffer = NULL;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(User, sizeof(*User), sizeof(PVOID));
        Raw = *User;
        if (Raw.Length > PSP_MAX_PATH_BYTES || (Raw.Length & 1) != 0)
            return STATUS_OBJECT_NAME_INVALID;
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Raw.Buffer, Raw.Length, sizeof(WCHAR));
        Status = PspDuplicateString(&Raw, Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        if (Copy->Buffer != NULL)
            ExFreePoolWithTag(Copy->Buffer, PSP_TAG);
    }
    return Status;
}

NTSTATUS NTAPI NtLoadUserImage(PUNICODE_STRING Path, PVOID *Base, PVOID *EntryPoint)
{
    PEPROCESS Process = PsCurrentProcess();
    UNICODE_STRING Name;
    PSP_IMAGE Image;
    NTSTATUS Status;

    if (Process->AddressSpace == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = PspCaptureString(Path, &Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspMapImage(Process, &Name, &Image);
    if (NT_SUCCESS(Status)) {
        PspFinishImage(Process, &Name, &Image);
        __try {
            if (ExGetPreviousMode() != KernelMode) {
                ProbeForWrite(Base, sizeof(*Base), sizeof(PVOID));
                ProbeForWrite(EntryPoint, sizeof(*EntryPoint), sizeof(PVOID));
            }
            *Base = Image.Base;
            *EntryPoint = Image.EntryPoint;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    ExFreePoolWithTag(Name.Buffer, PSP_TAG);
    return Status;
}

NTSTATUS NTAPI NtUnloadUserImage(PVOID Base);

/* The counterpart of NtLoadUserImage. */
NTSTATUS NTAPI NtUnloadUserImage(PVOID Base)
{
    PEPROCESS Process = PsCurrentProcess();
    SIZE_T Bytes = 0;

    if (Process->AddressSpace == NULL || !LdrForgetUserImage(&Process->LoadedModules, Base))
        return STATUS_INVALID_PARAMETER;
    return MmFreeUserMemory(Process->AddressSpace, &Base, &Bytes, MEM_RELEASE);
}

/* At most two string parameters: that is what the loader's errors have. */
static NTSTATUS PspCaptureHardError(ULONG Count, ULONG Mask, PULONG_PTR Parameters, UNICODE_STRING Text[2])
{
    ULONG_PTR Raw[2] = {0, 0};
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Parameters, Count * sizeof(*Parameters), sizeof(PVOID));
        for (ULONG i = 0; i < Count; i++)
            Raw[i] = Parameters[i];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++)
        if (Mask & (1u << i))
            Status = PspCaptureString((PUNICODE_STRING)Raw[i], &Text[i]);
    return Status;
}

static VOID PspSayHardError(PEPROCESS Process, NTSTATUS Error, const UNICODE_STRING Text[2])
{
    char Line[400];
    UNICODE_STRING Program = PspProgramName(Process);
    int Length;

    if (Error == STATUS_ENTRYPOINT_NOT_FOUND || Error == STATUS_ORDINAL_NOT_FOUND)
        Length = _snprintf(Line, sizeof(Line), "%wZ needs %wZ!%wZ, which Drydock does not have\n", &Program, &Text[1],
                           &Text[0]);
    else if (Error == STATUS_DLL_NOT_FOUND)
        Length = _snprintf(Line, sizeof(Line), "%wZ needs %wZ, which is not there\n", &Program, &Text[0]);
    else
        Length = _snprintf(Line, sizeof(Line), "%wZ: error 0x%08X %wZ %wZ\n", &Program, Error, &Text[0], &Text[1]);
    if (Length < 0 || Length > (int)sizeof(Line))
        Length = sizeof(Line);
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, Length, KeVirtualTime());
}

NTSTATUS NTAPI NtRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters, ULONG UnicodeStringParameterMask,
                                PULONG_PTR Parameters, ULONG ValidResponseOptions, PULONG Response)
{
    PEPROCESS Process = PsGetCurrentThread()->ThreadsProcess;
    UNICODE_STRING Text[2] = {{0}, {0}};
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(ValidResponseOptions); /* nobody is there to answer */
    UNREFERENCED_PARAMETER(Response);
    if (NumberOfParameters > RTL_NUMBER_OF(Text))
        return STATUS_INVALID_PARAMETER;
    Status = PspCaptureHardError(NumberOfParameters, UnicodeStringParameterMask, Parameters, Text);
    if (NT_SUCCESS(Status)) {
        PspSayHardError(Process, ErrorStatus, Text);
        if (NT_SUCCESS(Process->StartFailure))
            Process->StartFailure = ErrorStatus;
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Text); i++)
        if (Text[i].Buffer != NULL)
            ExFreePoolWithTag(Text[i].Buffer, PSP_TAG);
    return Status;
}

NTSTATUS NTAPI NtWriteDebugText(PSTR Text, ULONG Length);

/* A program's debug output. (NT's DbgPrint is an int 2Dh.) */
NTSTATUS NTAPI NtWriteDebugText(PSTR Text, ULONG Length)
{
    CHAR Copy[512];

    if (Length > sizeof(Copy))
        Length = sizeof(Copy);
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Text, Length, 1);
        RtlCopyMemory(Copy, Text, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    KdWriteProgramText(Copy, Length);
    return STATUS_SUCCESS;
}
