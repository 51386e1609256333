/*
 * What a booted machine shows of itself on request: its device tree, its WMI blocks, its summary.
 * Each request has a thread of its own, since providers may take their time; they are answered one
 * after the other.
 */
#include "session.h"

#include "../ke/ke.h"
#include "../wmi/wmi.h"
#include "summary.h"

typedef struct _SESSION_SHOW {
    ULONG64 Number; /* of whom the records and the end are for */
    BOOLEAN IsTree, HasDetails, IsSummary, IsPower, HasGuid;
    GUID Guid;
} SESSION_SHOW;

static KGUARDED_MUTEX SessionShowLock;

VOID SessionInitShow(VOID)
{
    KeInitializeGuardedMutex(&SessionShowLock);
}

static VOID SessionEndShow(ULONG64 Number)
{
    HAL->write(HAL_STREAM_OF(HAL_STREAM_EXIT, Number), (ULONG64)"0\t0", 3, KeVirtualTime());
}

static VOID NTAPI SessionShowThread(PVOID Context)
{
    SESSION_SHOW *Show = Context;

    KeAcquireGuardedMutex(&SessionShowLock);
    SummaryStream = HAL_STREAM_OF(HAL_STREAM_REPORT, Show->Number);
    if (Show->IsTree)
        SummaryWriteTree(Show->HasDetails);
    else if (Show->IsSummary)
        SummaryWrite();
    else if (Show->IsPower)
        SummaryWritePowerRequests();
    else
        WmiDump(Show->HasGuid ? &Show->Guid : NULL);
    SummaryStream = HAL_STREAM_REPORT;
    KeReleaseGuardedMutex(&SessionShowLock);
    SessionEndShow(Show->Number);
    ExFreePoolWithTag(Show, 'sseS');
}

/* "tree", "devices" (the tree with details), "summary", "power" (its requests), or "wmi" TAB
 * "{GUID}" or nothing. */
static NTSTATUS SessionReadShow(SESSION_SHOW *Show)
{
    static const UNICODE_STRING Tree = RTL_CONSTANT_STRING(L"tree"),
                                Wmi = RTL_CONSTANT_STRING(L"wmi");
    static const UNICODE_STRING Summary = RTL_CONSTANT_STRING(L"summary");
    static const UNICODE_STRING Devices = RTL_CONSTANT_STRING(L"devices"),
                                Power = RTL_CONSTANT_STRING(L"power");
    UNICODE_STRING What = {0}, Guid = {0};
    NTSTATUS Status = SessionField(0, &What);

    if (NT_SUCCESS(Status))
        Status = SessionField(1, &Guid);
    if (NT_SUCCESS(Status)) {
        Show->HasDetails = RtlEqualUnicodeString(&What, &Devices, FALSE);
        Show->IsTree = Show->HasDetails || RtlEqualUnicodeString(&What, &Tree, FALSE);
        Show->IsSummary = RtlEqualUnicodeString(&What, &Summary, FALSE);
        Show->IsPower = RtlEqualUnicodeString(&What, &Power, FALSE);
        Show->HasGuid = Guid.Length != 0;
        if (!Show->IsTree && !Show->IsSummary && !Show->IsPower &&
            !RtlEqualUnicodeString(&What, &Wmi, FALSE))
            Status = STATUS_INVALID_PARAMETER;
        else if (Show->HasGuid)
            Status = RtlGUIDFromString(&Guid, &Show->Guid);
    }
    SessionFreeField(&What);
    SessionFreeField(&Guid);
    return Status;
}

NTSTATUS SessionShow(HANDLE Number)
{
    SESSION_SHOW *Show = ExAllocatePoolWithTag(PagedPool, sizeof(*Show), 'sseS');
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    NTSTATUS Status;

    if (Show == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Show, sizeof(*Show));
    Show->Number = (ULONG64)Number;
    Status = SessionReadShow(Show);
    if (NT_SUCCESS(Status)) {
        InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
        Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, NULL, NULL,
                                      SessionShowThread, Show);
    }
    if (NT_SUCCESS(Status))
        return ZwClose(Thread);
    ExFreePoolWithTag(Show, 'sseS');
    return Status;
}
