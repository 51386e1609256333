/*
 * Events for ETW, self-describing as TraceLogging writes them: allocations, frees, boosts and samples of provider AiDriver,
 * {7d9c1a52-3c1e-4f0b-9b0e-5a1f6c2d8e43}. The routines are looked up, so that a kernel without ETW still loads the driver; there
 * nothing is written.
 */
#include "driver.h"

#include <evntprov.h>

#define AI_CHANNEL_TRACELOGGING 11
#define AI_LEVEL_INFORMATION 4
#define AI_TYPE_INT32 7 /* TraceLogging's input types */
#define AI_TYPE_UINT32 8
#define AI_TYPE_UINT64 10
#define AI_TYPE_HEX32 20 /* for a status */
#define AI_DESCRIPTOR_EVENT 1
#define AI_DESCRIPTOR_PROVIDER 2
#define AI_FIELDS_MAX 3

static const GUID AiProvider = { 0x7d9c1a52, 0x3c1e, 0x4f0b, { 0x9b, 0x0e, 0x5a, 0x1f, 0x6c, 0x2d, 0x8e, 0x43 } };

/* Metadata: a length in bytes, then what it counts. */
#pragma pack(push, 1)
static const struct {
    UINT16 Size;
    char Name[sizeof("AiDriver")];
} AiProviderMeta = { sizeof(AiProviderMeta), "AiDriver" };

#define AI_FIELD(Name) struct { char Text[sizeof(Name)]; UINT8 Type; }
static const struct {
    UINT16 Size;
    UINT8 Tag;
    char Name[sizeof("Allocate")];
    AI_FIELD("Id") Id;
    AI_FIELD("Bytes") Bytes;
    AI_FIELD("Status") Status;
} AiAllocateMeta = { sizeof(AiAllocateMeta), 0, "Allocate", { "Id", AI_TYPE_UINT64 }, { "Bytes", AI_TYPE_UINT64 },
                     { "Status", AI_TYPE_HEX32 } };
static const struct {
    UINT16 Size;
    UINT8 Tag;
    char Name[sizeof("Free")];
    AI_FIELD("Id") Id;
    AI_FIELD("Bytes") Bytes;
} AiFreeMeta = { sizeof(AiFreeMeta), 0, "Free", { "Id", AI_TYPE_UINT64 }, { "Bytes", AI_TYPE_UINT64 } };
static const struct {
    UINT16 Size;
    UINT8 Tag;
    char Name[sizeof("Boost")];
    AI_FIELD("ThreadId") ThreadId;
    AI_FIELD("Increment") Increment;
} AiBoostMeta = { sizeof(AiBoostMeta), 0, "Boost", { "ThreadId", AI_TYPE_UINT32 }, { "Increment", AI_TYPE_INT32 } };
static const struct {
    UINT16 Size;
    UINT8 Tag;
    char Name[sizeof("Sample")];
    AI_FIELD("Adapter") Adapter;
    AI_FIELD("UtilizationBasisPoints") Utilization;
} AiSampleMeta = { sizeof(AiSampleMeta), 0, "Sample", { "Adapter", AI_TYPE_UINT32 },
                   { "UtilizationBasisPoints", AI_TYPE_UINT32 } };
#pragma pack(pop)

typedef NTSTATUS(NTAPI *AI_ETW_REGISTER)(LPCGUID Provider, PVOID EnableCallback, PVOID Context, PREGHANDLE Handle);
typedef NTSTATUS(NTAPI *AI_ETW_UNREGISTER)(REGHANDLE Handle);
typedef NTSTATUS(NTAPI *AI_ETW_WRITE)(REGHANDLE Handle, PCEVENT_DESCRIPTOR Event, LPCGUID Activity, ULONG Count,
                                      PEVENT_DATA_DESCRIPTOR Data);

static REGHANDLE AiHandle; /* 0: not registered; set by start and stop only */
static AI_ETW_UNREGISTER AiEtwUnregister;
static AI_ETW_WRITE AiEtwWrite;

static PVOID AiFindRoutine(_In_ PCWSTR Name)
{
    UNICODE_STRING Text;

    RtlInitUnicodeString(&Text, Name);
    return MmGetSystemRoutineAddress(&Text);
}

VOID AiTraceStart(VOID)
{
    AI_ETW_REGISTER Register = (AI_ETW_REGISTER)(ULONG_PTR)AiFindRoutine(L"EtwRegister");

    PAGED_CODE();
    AiEtwUnregister = (AI_ETW_UNREGISTER)(ULONG_PTR)AiFindRoutine(L"EtwUnregister");
    AiEtwWrite = (AI_ETW_WRITE)(ULONG_PTR)AiFindRoutine(L"EtwWrite");
    AiHandle = 0;
    if (Register == NULL || AiEtwUnregister == NULL || AiEtwWrite == NULL ||
        !NT_SUCCESS(Register(&AiProvider, NULL, NULL, &AiHandle)))
        AiHandle = 0;
}

VOID AiTraceStop(VOID)
{
    REGHANDLE Handle = AiHandle;

    PAGED_CODE();
    AiHandle = 0;
    if (Handle != 0)
        AiEtwUnregister(Handle);
}

static VOID AiDescribeData(_Out_ PEVENT_DATA_DESCRIPTOR Data, _In_ const VOID *Bytes, _In_ ULONG Size, _In_ ULONG Type)
{
    Data->Ptr = (ULONGLONG)(ULONG_PTR)Bytes;
    Data->Size = Size;
    Data->Reserved = Type;
}

/* Data: descriptors of the fields from index 2 on, filled by the caller. */
static VOID AiWriteEvent(_In_ const VOID *Meta, _In_ ULONG MetaBytes, _Inout_ PEVENT_DATA_DESCRIPTOR Data, _In_ ULONG Fields)
{
    static const EVENT_DESCRIPTOR Event = { .Channel = AI_CHANNEL_TRACELOGGING, .Level = AI_LEVEL_INFORMATION };

    AiDescribeData(&Data[0], &AiProviderMeta, sizeof(AiProviderMeta), AI_DESCRIPTOR_PROVIDER);
    AiDescribeData(&Data[1], Meta, MetaBytes, AI_DESCRIPTOR_EVENT);
    (VOID)AiEtwWrite(AiHandle, &Event, NULL, Fields + 2, Data); /* nobody listens: nothing is lost */
}

VOID AiTraceAllocate(UINT64 Id, UINT64 Bytes, NTSTATUS Status)
{
    EVENT_DATA_DESCRIPTOR Data[2 + AI_FIELDS_MAX];

    if (AiHandle == 0)
        return;
    AiDescribeData(&Data[2], &Id, sizeof(Id), 0);
    AiDescribeData(&Data[3], &Bytes, sizeof(Bytes), 0);
    AiDescribeData(&Data[4], &Status, sizeof(Status), 0);
    AiWriteEvent(&AiAllocateMeta, sizeof(AiAllocateMeta), Data, 3);
}

VOID AiTraceFree(UINT64 Id, UINT64 Bytes)
{
    EVENT_DATA_DESCRIPTOR Data[2 + AI_FIELDS_MAX];

    if (AiHandle == 0)
        return;
    AiDescribeData(&Data[2], &Id, sizeof(Id), 0);
    AiDescribeData(&Data[3], &Bytes, sizeof(Bytes), 0);
    AiWriteEvent(&AiFreeMeta, sizeof(AiFreeMeta), Data, 2);
}

VOID AiTraceBoost(UINT32 ThreadId, INT32 Increment)
{
    EVENT_DATA_DESCRIPTOR Data[2 + AI_FIELDS_MAX];

    if (AiHandle == 0)
        return;
    AiDescribeData(&Data[2], &ThreadId, sizeof(ThreadId), 0);
    AiDescribeData(&Data[3], &Increment, sizeof(Increment), 0);
    AiWriteEvent(&AiBoostMeta, sizeof(AiBoostMeta), Data, 2);
}

VOID AiTraceSample(UINT32 Index, UINT32 UtilizationBasisPoints)
{
    EVENT_DATA_DESCRIPTOR Data[2 + AI_FIELDS_MAX];

    if (AiHandle == 0)
        return;
    AiDescribeData(&Data[2], &Index, sizeof(Index), 0);
    AiDescribeData(&Data[3], &UtilizationBasisPoints, sizeof(UtilizationBasisPoints), 0);
    AiWriteEvent(&AiSampleMeta, sizeof(AiSampleMeta), Data, 2);
}
