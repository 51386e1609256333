/*
 * What the services on events, semaphores, mutants and timers share: making and opening handles for
 * a caller whose pointers may be user addresses.
 */
#include "exp.h"

NTSTATUS ExpProbeOut(PVOID Address, SIZE_T Bytes, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(Address, Bytes, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpCopyOut(PVOID Address, const VOID *Data, SIZE_T Bytes, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode) {
        RtlCopyMemory(Address, Data, Bytes);
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(Address, Bytes, 1);
        RtlCopyMemory(Address, Data, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpCopyIn(PVOID Data, const VOID *Address, SIZE_T Bytes, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode) {
        RtlCopyMemory(Data, Address, Bytes);
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForRead((PVOID)Address, Bytes, 1);
        RtlCopyMemory(Data, Address, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpCreateHandle(POBJECT_TYPE Type, ULONG Bytes, POBJECT_ATTRIBUTES Attributes,
                         ACCESS_MASK Access, EXP_INIT_OBJECT *Init, ULONG_PTR Parameter1,
                         ULONG_PTR Parameter2, PHANDLE Result)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ExpProbeOut(Result, sizeof(*Result), Mode);
    HANDLE Handle;
    PVOID Object;

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObCreateObject(Mode, Type, Attributes, Mode, NULL, Bytes, 0, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Init(Object, Parameter1, Parameter2);
    Status = ObInsertObject(Object, NULL, Access, 0, NULL, &Handle);
    if (NT_SUCCESS(Status))
        ExpCopyOut(Result, &Handle, sizeof(Handle), Mode);
    return Status;
}

NTSTATUS ExpOpenHandle(POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK Access,
                       PHANDLE Result)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ExpProbeOut(Result, sizeof(*Result), Mode);
    HANDLE Handle;

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByName(Attributes, Type, Mode, NULL, Access, NULL, &Handle);
    if (NT_SUCCESS(Status))
        ExpCopyOut(Result, &Handle, sizeof(Handle), Mode);
    return Status;
}
