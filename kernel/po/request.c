/*
 * Power requests: what keeps the system, the display or a program going, counted by type, and who
 * says why. [doc: PoCreatePowerRequest, PowerCreateRequest, POWER_REQUEST_TYPE] They end at a sleep
 * that somebody asks for, which is the only kind that there is; so they are only listed. Left out:
 * reasons in a module's resources, which show as the module's name.
 */
#include "pop.h"

#include "../ps/ps.h"
#include "request.h"

enum { POP_REQUEST_TYPES = PowerRequestExecutionRequired + 1 };

typedef struct _POP_POWER_REQUEST {
    LIST_ENTRY Entry;          /* PopPowerRequests */
    PDEVICE_OBJECT Device; /* NULL: a program's; the driver deletes the request before the device */
    PEPROCESS Process;         /* NULL: a driver's; referenced */
    UNICODE_STRING Reason;     /* PO_TAG; may be empty */
    LONG Count[POP_REQUEST_TYPES];
} POP_POWER_REQUEST;

static LIST_ENTRY PopPowerRequests = { &PopPowerRequests, &PopPowerRequests }; /* PASSIVE_LEVEL */
static POBJECT_TYPE PopPowerRequestType;

/* ---- the object ---- */

static VOID PopDeletePowerRequest(PVOID Object)
{
    POP_POWER_REQUEST *Request = Object;

    if (Request->Entry.Flink == NULL)
        return;
    RemoveEntryList(&Request->Entry);
    if (Request->Process != NULL)
        ObDereferenceObject(Request->Process);
    if (Request->Reason.Buffer != NULL)
        ExFreePoolWithTag(Request->Reason.Buffer, PO_TAG);
}

NTSTATUS PoInitRequests(VOID)
{
    OB_TYPE_INITIALIZER Type;

    RtlZeroMemory(&Type, sizeof(Type));
    Type.ValidAccessMask = STANDARD_RIGHTS_ALL;
    Type.PoolType = NonPagedPoolNx;
    Type.WaitObjectOffset = MAXULONG;
    Type.Delete = PopDeletePowerRequest;
    return ObCreateType(L"PowerRequest", &Type, &PopPowerRequestType);
}

static NTSTATUS PopCopyReason(POP_POWER_REQUEST *Request, PCUNICODE_STRING Reason)
{
    if (Reason->Length == 0)
        return STATUS_SUCCESS;
    Request->Reason.Buffer = ExAllocatePoolWithTag(PagedPool, Reason->Length, PO_TAG);
    if (Request->Reason.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Request->Reason.Buffer, Reason->Buffer, Reason->Length);
    Request->Reason.Length = Request->Reason.MaximumLength = Reason->Length;
    return STATUS_SUCCESS;
}

static NTSTATUS PopMakePowerRequest(PDEVICE_OBJECT Device, PEPROCESS Process,
                                    PCUNICODE_STRING Reason, POP_POWER_REQUEST **Result)
{
    POP_POWER_REQUEST *Request;
    NTSTATUS Status = ObCreateObject(KernelMode, PopPowerRequestType, NULL, KernelMode, NULL,
                                     sizeof(*Request), 0, 0, (PVOID *)&Request);

    if (!NT_SUCCESS(Status))
        return STATUS_INSUFFICIENT_RESOURCES;
    InsertTailList(&PopPowerRequests, &Request->Entry);
    Request->Device = Device;
    Request->Process = Process;
    if (Process != NULL)
        ObReferenceObject(Process);
    Status = PopCopyReason(Request, Reason);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Request);
        return Status;
    }
    *Result = Request;
    return STATUS_SUCCESS;
}

static NTSTATUS PopCountRequest(POP_POWER_REQUEST *Request, ULONG Type, BOOLEAN Set)
{
    if (!Set && Request->Count[Type] == 0)
        return STATUS_UNSUCCESSFUL; /* nobody has set it [guess] */
    Request->Count[Type] += Set ? 1 : -1;
    return STATUS_SUCCESS;
}

/* ---- for drivers ---- */

static UNICODE_STRING PopReasonOf(PCOUNTED_REASON_CONTEXT Context)
{
    UNICODE_STRING None = { 0, 0, NULL };

    if (Context == NULL)
        return None;
    return Context->Flags & DIAGNOSTIC_REASON_SIMPLE_STRING ? Context->SimpleString
         : Context->Flags & DIAGNOSTIC_REASON_DETAILED_STRING ? Context->ResourceFileName : None;
}

NT_EXPORT(PoCreatePowerRequest);
NTSTATUS NTAPI PoCreatePowerRequest(PVOID *PowerRequest, PDEVICE_OBJECT DeviceObject,
                                    PCOUNTED_REASON_CONTEXT Context)
{
    UNICODE_STRING Reason = PopReasonOf(Context);

    *PowerRequest = NULL;
    if (DeviceObject == NULL)
        return STATUS_INVALID_PARAMETER;
    return PopMakePowerRequest(DeviceObject, NULL, &Reason, (POP_POWER_REQUEST **)PowerRequest);
}

NT_EXPORT(PoSetPowerRequest);
NTSTATUS NTAPI PoSetPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    return Type == PowerRequestSystemRequired ? PopCountRequest(PowerRequest, Type, TRUE)
                                              : STATUS_NOT_SUPPORTED;
}

NT_EXPORT(PoClearPowerRequest);
NTSTATUS NTAPI PoClearPowerRequest(PVOID PowerRequest, POWER_REQUEST_TYPE Type)
{
    return Type == PowerRequestSystemRequired ? PopCountRequest(PowerRequest, Type, FALSE)
                                              : STATUS_NOT_SUPPORTED;
}

NT_EXPORT(PoDeletePowerRequest);
VOID NTAPI PoDeletePowerRequest(PVOID PowerRequest)
{
    ObDereferenceObject(PowerRequest);
}

/* ---- for programs ---- */

static NTSTATUS PopCapture(PVOID To, const VOID *From, ULONG Bytes, ULONG Length)
{
    if (From == NULL || Length != Bytes)
        return STATUS_INVALID_PARAMETER;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForRead((PVOID)From, Bytes, 1);
        RtlCopyMemory(To, From, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS PopCreateUserRequest(PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength)
{
    PO_REQUEST_CREATE *Create;
    POP_POWER_REQUEST *Request;
    UNICODE_STRING Reason;
    HANDLE Handle;
    NTSTATUS Status;

    if (Output == NULL || OutputLength != sizeof(HANDLE))
        return STATUS_INVALID_PARAMETER;
    Create = ExAllocatePoolWithTag(PagedPool, sizeof(*Create), PO_TAG);
    if (Create == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PopCapture(Create, Input, sizeof(*Create), InputLength);
    Create->Reason[PO_REASON_CHARACTERS - 1] = 0;
    if (NT_SUCCESS(Status)) {
        RtlInitUnicodeString(&Reason, Create->Reason);
        Status = PopMakePowerRequest(NULL, PsCurrentProcess(), &Reason, &Request);
    }
    ExFreePoolWithTag(Create, PO_TAG);
    if (NT_SUCCESS(Status))
        Status = ObInsertObject(Request, NULL, STANDARD_RIGHTS_ALL, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForWrite(Output, sizeof(HANDLE), 1);
        *(HANDLE UNALIGNED *)Output = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ObCloseHandle(Handle, IopPreviousMode());
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS PopActOnUserRequest(PVOID Input, ULONG InputLength)
{
    POP_POWER_REQUEST *Request;
    PO_REQUEST_ACTION Action;
    NTSTATUS Status = PopCapture(&Action, Input, sizeof(Action), InputLength);

    if (NT_SUCCESS(Status) && Action.Type >= POP_REQUEST_TYPES)
        Status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(Action.Request, 0, PopPowerRequestType,
                                           IopPreviousMode(), (PVOID *)&Request, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PopCountRequest(Request, Action.Type, Action.Set != 0);
    ObDereferenceObject(Request);
    return Status;
}

/* ---- a thread's own state ---- */

#define POP_ES_AWAYMODE 0x40u
#define POP_ES_VALID                                                                               \
    (ES_CONTINUOUS | ES_SYSTEM_REQUIRED | ES_DISPLAY_REQUIRED | ES_USER_PRESENT | POP_ES_AWAYMODE)

/* Without ES_CONTINUOUS it only starts idle times again, which do not run here. [doc:
 * SetThreadExecutionState] */
NT_SERVICE(SetThreadExecutionState);
NTSTATUS NTAPI NtSetThreadExecutionState(EXECUTION_STATE NewFlags, PEXECUTION_STATE PreviousFlags)
{
    PETHREAD Thread = (PETHREAD)KeGetCurrentThread();
    EXECUTION_STATE Old = Thread->ExecutionState | ES_CONTINUOUS;
    NTSTATUS Status = STATUS_SUCCESS;

    if ((NewFlags & ~POP_ES_VALID) != 0 ||
        ((NewFlags & POP_ES_AWAYMODE) && !(NewFlags & ES_CONTINUOUS)))
        return STATUS_INVALID_PARAMETER;
    __try {
        if (IopPreviousMode() != KernelMode)
            ProbeForWrite(PreviousFlags, sizeof(*PreviousFlags), 1);
        *PreviousFlags = Old;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status) && (NewFlags & ES_CONTINUOUS))
        Thread->ExecutionState = NewFlags & ~ES_CONTINUOUS;
    return Status;
}

/* What threads ask for, or a type of them alone: each thread of each process, until Visit says no.
 */
static VOID PopVisitThreads(VOID (*Visit)(PVOID Context, PETHREAD Thread), PVOID Context)
{
    PLIST_ENTRY Process, Thread;

    for (Process = PsActiveProcessHead.Flink; Process != &PsActiveProcessHead;
         Process = Process->Flink) {
        PEPROCESS Owner = CONTAINING_RECORD(Process, struct _EPROCESS, ActiveProcessLinks);

        for (Thread = Owner->ThreadListHead.Flink; Thread != &Owner->ThreadListHead;
             Thread = Thread->Flink)
            Visit(Context, CONTAINING_RECORD(Thread, struct _ETHREAD, ThreadListEntry));
    }
}

static VOID PopAddThread(PVOID Context, PETHREAD Thread)
{
    *(PEXECUTION_STATE)Context |= Thread->ExecutionState;
}

EXECUTION_STATE PopRequestedState(VOID)
{
    static const EXECUTION_STATE OfType[] = {ES_DISPLAY_REQUIRED, ES_SYSTEM_REQUIRED,
                                             POP_ES_AWAYMODE, 0};
    EXECUTION_STATE Flags = 0;
    PLIST_ENTRY Entry;
    ULONG Type;

    PopVisitThreads(PopAddThread, &Flags);
    for (Entry = PopPowerRequests.Flink; Entry != &PopPowerRequests; Entry = Entry->Flink)
        for (Type = 0; Type < POP_REQUEST_TYPES; Type++)
            if (CONTAINING_RECORD(Entry, POP_POWER_REQUEST, Entry)->Count[Type] != 0)
                Flags |= OfType[Type];
    return Flags;
}

/* ---- the list ---- */

typedef struct _POP_LISTING {
    PO_REQUEST_VISIT *Visit;
    PVOID Context;
} POP_LISTING;

static VOID PopListThread(PVOID Context, PETHREAD Thread)
{
    static const UNICODE_STRING None = RTL_CONSTANT_STRING(L"");
    POP_LISTING *Listing = Context;

    if (Thread->ExecutionState & ES_DISPLAY_REQUIRED)
        Listing->Visit(Listing->Context, PowerRequestDisplayRequired, "PROCESS",
                       &Thread->ThreadsProcess->ImagePath, &None);
    if (Thread->ExecutionState & ES_SYSTEM_REQUIRED)
        Listing->Visit(Listing->Context, PowerRequestSystemRequired, "PROCESS",
                       &Thread->ThreadsProcess->ImagePath, &None);
    if (Thread->ExecutionState & POP_ES_AWAYMODE)
        Listing->Visit(Listing->Context, PowerRequestAwayModeRequired, "PROCESS",
                       &Thread->ThreadsProcess->ImagePath, &None);
}

VOID PoVisitRequests(PO_REQUEST_VISIT *Visit, PVOID Context)
{
    POP_LISTING Listing = { Visit, Context };
    PLIST_ENTRY Entry;
    ULONG Type;

    for (Entry = PopPowerRequests.Flink; Entry != &PopPowerRequests; Entry = Entry->Flink) {
        POP_POWER_REQUEST *Request = CONTAINING_RECORD(Entry, POP_POWER_REQUEST, Entry);

        for (Type = 0; Type < POP_REQUEST_TYPES; Type++)
            if (Request->Count[Type] != 0)
                Visit(Context, Type, Request->Process != NULL ? "PROCESS" : "DRIVER",
                      Request->Process != NULL ? &Request->Process->ImagePath
                                               : &Request->Device->DriverObject->DriverName,
                      &Request->Reason);
    }
    PopVisitThreads(PopListThread, &Listing);
}
