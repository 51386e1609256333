/*
 * NtCreateUserProcess: a process with its first thread, for a process that is not the session's.
 * What NT's own has and this has not: a debug port, jobs, protected processes, the section handles
 * and file handles of PS_CREATE_INFO (a failure is its status).
 */
#include "startup.h"

#include "../se/se.h"

/* PS_ATTRIBUTE_LIST, as far as it is looked at. */
typedef struct _PSP_ATTRIBUTE {
    ULONG_PTR Attribute;
    SIZE_T Size;
    ULONG_PTR Value; /* or where it is */
    PSIZE_T ReturnLength;
} PSP_ATTRIBUTE;

#define PSP_ATTRIBUTE_NUMBER 0xFFFFu
enum {
    PSP_ATTRIBUTE_PARENT = 0,            /* Value: a handle with PROCESS_CREATE_PROCESS */
    PSP_ATTRIBUTE_CLIENT_ID = 3,         /* Value: CLIENT_ID *, out */
    PSP_ATTRIBUTE_IMAGE_NAME = 5,        /* Value: WCHAR *, an NT path, Size bytes */
    PSP_ATTRIBUTE_STANDARD_HANDLES = 10, /* the parent's are duplicated */
    PSP_ATTRIBUTE_HANDLE_LIST = 11       /* Value: HANDLE *, Size bytes */
};
#define PSP_MAX_ATTRIBUTES 16
#define PSP_MAX_INHERITED 1024

#define PSP_PROCESS_INHERIT_HANDLES 4u /* ProcessFlags */
#define PSP_THREAD_SUSPENDED 1u        /* ThreadFlags */

typedef struct _PSP_CREATE {
    PSP_STARTUP Startup;
    CLIENT_ID *ClientId; /* the caller's */
} PSP_CREATE;

NTSTATUS NTAPI NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle,
                                   ACCESS_MASK ProcessAccess, ACCESS_MASK ThreadAccess,
                                   POBJECT_ATTRIBUTES ProcessAttributes,
                                   POBJECT_ATTRIBUTES ThreadAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID Parameters, PVOID CreateInfo,
                                   PVOID AttributeList);

/* ---- attributes ---- */

static NTSTATUS PspTakeImageName(PSP_STARTUP *Startup, const PSP_ATTRIBUTE *Attribute)
{
    UNICODE_STRING Name = {(USHORT)Attribute->Size, (USHORT)Attribute->Size,
                           (PWSTR)Attribute->Value};

    if (Attribute->Size == 0 || Attribute->Size > 0x7FFE || (Attribute->Size & 1) != 0 ||
        Startup->ImagePath.Buffer)
        return STATUS_INVALID_PARAMETER;
    if (ExGetPreviousMode() != KernelMode)
        ProbeForRead(Name.Buffer, Name.Length, sizeof(WCHAR));
    return PspDuplicateString(&Name, &Startup->ImagePath);
}

static NTSTATUS PspTakeHandleList(PSP_STARTUP *Startup, const PSP_ATTRIBUTE *Attribute)
{
    ULONG Count = (ULONG)(Attribute->Size / sizeof(HANDLE));

    if (Count == 0 || Attribute->Size > PSP_MAX_INHERITED * sizeof(HANDLE) || Startup->List != NULL)
        return STATUS_INVALID_PARAMETER;
    if (ExGetPreviousMode() != KernelMode)
        ProbeForRead((PVOID)Attribute->Value, Attribute->Size, sizeof(HANDLE));
    Startup->List = ExAllocatePoolWithTag(NonPagedPool, Count * sizeof(HANDLE), PSP_TAG);
    if (Startup->List == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Startup->List, (PVOID)Attribute->Value, Count * sizeof(HANDLE));
    Startup->HandleCount = Count;
    return STATUS_SUCCESS;
}

static NTSTATUS PspTakeParent(PSP_STARTUP *Startup, const PSP_ATTRIBUTE *Attribute)
{
    PEPROCESS Parent;
    NTSTATUS Status =
        ObReferenceObjectByHandle((HANDLE)Attribute->Value, PROCESS_CREATE_PROCESS, PspProcessType,
                                  ExGetPreviousMode(), (PVOID *)&Parent, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Parent == PsInitialSystemProcess) {
        ObDereferenceObject(Parent);
        return STATUS_ACCESS_DENIED;
    }
    ObDereferenceObject(Startup->Parent);
    Startup->Parent = Parent;
    return STATUS_SUCCESS;
}

static NTSTATUS PspTakeAttribute(PSP_CREATE *Create, const PSP_ATTRIBUTE *Attribute)
{
    switch (Attribute->Attribute & PSP_ATTRIBUTE_NUMBER) {
    case PSP_ATTRIBUTE_PARENT: return PspTakeParent(&Create->Startup, Attribute);
    case PSP_ATTRIBUTE_IMAGE_NAME: return PspTakeImageName(&Create->Startup, Attribute);
    case PSP_ATTRIBUTE_HANDLE_LIST: return PspTakeHandleList(&Create->Startup, Attribute);
    case PSP_ATTRIBUTE_STANDARD_HANDLES:
        Create->Startup.DuplicateStandard = TRUE;
        return STATUS_SUCCESS;
    case PSP_ATTRIBUTE_CLIENT_ID:
        if (Attribute->Size != sizeof(CLIENT_ID))
            return STATUS_INVALID_PARAMETER;
        Create->ClientId = (PVOID)Attribute->Value;
        if (ExGetPreviousMode() != KernelMode)
            ProbeForWrite(Create->ClientId, sizeof(CLIENT_ID), sizeof(ULONG));
        return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS PspTakeAttributes(PSP_CREATE *Create, PVOID List)
{
    PSP_ATTRIBUTE *Attributes = (PSP_ATTRIBUTE *)((PSIZE_T)List + 1), Attribute;
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Bytes;

    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(List, sizeof(SIZE_T), sizeof(PVOID));
        Bytes = *(PSIZE_T)List;
        if (Bytes < sizeof(SIZE_T) ||
            Bytes > sizeof(SIZE_T) + PSP_MAX_ATTRIBUTES * sizeof(*Attributes))
            return STATUS_INVALID_PARAMETER;
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(List, Bytes, sizeof(PVOID));
        for (SIZE_T i = 0; NT_SUCCESS(Status) && i < (Bytes - sizeof(SIZE_T)) / sizeof(*Attributes);
             i++) {
            Attribute = Attributes[i];
            Status = PspTakeAttribute(Create, &Attribute);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

/* ---- results ---- */

static ULONG PspHandleAttributes(POBJECT_ATTRIBUTES Attributes)
{
    ULONG Flags = 0;

    if (Attributes == NULL)
        return 0;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(PVOID));
        Flags = Attributes->Attributes & OBJ_INHERIT;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Flags = 0;
    }
    return Flags;
}

static NTSTATUS PspGiveResults(const PSP_CREATE *Create, PETHREAD Thread, PHANDLE ProcessTarget,
                               HANDLE Process, PHANDLE ThreadTarget, HANDLE ThreadHandle)
{
    __try {
        if (ExGetPreviousMode() != KernelMode) {
            ProbeForWrite(ProcessTarget, sizeof(HANDLE), sizeof(HANDLE));
            ProbeForWrite(ThreadTarget, sizeof(HANDLE), sizeof(HANDLE));
        }
        *ProcessTarget = Process;
        *ThreadTarget = ThreadHandle;
        if (Create->ClientId != NULL)
            *Create->ClientId = Thread->Cid;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspCreateFor(PSP_CREATE *Create, PEPROCESS *Process, PETHREAD *Thread)
{
    PVOID Token;
    NTSTATUS Status;

    if (Create->Startup.ImagePath.Buffer == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Create->Startup.Parent->Exiting || Create->Startup.Parent->ObjectTable == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    Status = SeCopyPrimaryToken(Create->Startup.Parent->Token, &Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspCreateProgram(&Create->Startup, Token, Process, Thread);
    ObDereferenceObject(Token);
    return Status;
}

NTSTATUS NTAPI NtCreateUserProcess(PHANDLE ProcessHandle, PHANDLE ThreadHandle,
                                   ACCESS_MASK ProcessAccess, ACCESS_MASK ThreadAccess,
                                   POBJECT_ATTRIBUTES ProcessAttributes,
                                   POBJECT_ATTRIBUTES ThreadAttributes, ULONG ProcessFlags,
                                   ULONG ThreadFlags, PVOID Parameters, PVOID CreateInfo,
                                   PVOID AttributeList)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSP_CREATE Create = {.ClientId = NULL};
    HANDLE OpenProcess = NULL, OpenThread = NULL;
    PEPROCESS Process, Parent;
    PETHREAD Thread;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(CreateInfo);
    if ((ProcessFlags & ~PSP_PROCESS_INHERIT_HANDLES) != 0 ||
        (ThreadFlags & ~PSP_THREAD_SUSPENDED) != 0)
        return STATUS_INVALID_PARAMETER;
    Create.Startup.Parent = PsCurrentProcess();
    ObReferenceObject(Create.Startup.Parent);
    Create.Startup.InheritHandles = (ProcessFlags & PSP_PROCESS_INHERIT_HANDLES) != 0;
    Status = PspTakeAttributes(&Create, AttributeList);
    if (NT_SUCCESS(Status))
        Status = PspCaptureStartup(&Create.Startup, Parameters);
    if (NT_SUCCESS(Status))
        Status = PspCreateFor(&Create, &Process, &Thread);
    Parent = Create.Startup.Parent;
    PspFreeStartup(&Create.Startup);
    ObDereferenceObject(Parent);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByPointer(Process, PspHandleAttributes(ProcessAttributes), NULL,
                                   ProcessAccess, PspProcessType, Mode, &OpenProcess);
    if (NT_SUCCESS(Status))
        Status = ObOpenObjectByPointer(Thread, PspHandleAttributes(ThreadAttributes), NULL,
                                       ThreadAccess, PspThreadType, Mode, &OpenThread);
    if (NT_SUCCESS(Status))
        Status =
            PspGiveResults(&Create, Thread, ProcessHandle, OpenProcess, ThreadHandle, OpenThread);
    if (!NT_SUCCESS(Status)) {
        if (OpenProcess != NULL)
            ObCloseHandle(OpenProcess, Mode);
        if (OpenThread != NULL)
            ObCloseHandle(OpenThread, Mode);
        PspAbandonProgram(Process, Thread, Status);
        return Status;
    }
    PspStartThread(Thread, (ThreadFlags & PSP_THREAD_SUSPENDED) != 0);
    ObDereferenceObject(Thread);
    ObDereferenceObject(Process);
    return STATUS_SUCCESS;
}
