/*
 * System information on what the machine is made of: one package of KeProcessorCount cores without
 * hyper-threads, one NUMA node, one processor group, no caches that a driver could measure, legacy
 * firmware without tables. [doc: KeQueryLogicalProcessorRelationship]
 */
#include "sysclass.h"

typedef struct _EXP_LOGICAL_PROCESSOR { /* SYSTEM_LOGICAL_PROCESSOR_INFORMATION */
    ULONG_PTR Mask;
    ULONG Relationship;
    union {
        UCHAR Flags;
        ULONG NodeNumber;
        ULONG64 Reserved[2];
    };
} EXP_LOGICAL_PROCESSOR;
DD_STATIC_ASSERT_SIZE(EXP_LOGICAL_PROCESSOR, 32);

enum { EXP_CORE, EXP_NODE, EXP_CACHE, EXP_PACKAGE, EXP_GROUP, EXP_DIE, EXP_ALL = 0xFFFF };

NTSTATUS ExpQueryLogicalProcessors(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_LOGICAL_PROCESSOR *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, (KeProcessorCount + 2) * sizeof(*Info), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG i = 0; i < KeProcessorCount; i++, Info++) {
        Info->Mask = 1ull << i;
        Info->Relationship = EXP_CORE;
    }
    Info[0].Mask = Info[1].Mask = KeQueryActiveProcessors();
    Info[0].Relationship = EXP_PACKAGE;
    Info[1].Relationship = EXP_NODE;
    return Status;
}

/* ---- the same with groups ---- */

typedef struct _EXP_RELATION { /* SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX */
    ULONG Relationship, Size;
    union {
        struct { /* PROCESSOR_RELATIONSHIP: cores and packages */
            UCHAR Flags, EfficiencyClass, Reserved[20];
            USHORT GroupCount;
            GROUP_AFFINITY GroupMask;
        } Processor;
        struct { /* NUMA_NODE_RELATIONSHIP */
            ULONG NodeNumber;
            UCHAR Reserved[18];
            USHORT GroupCount;
            GROUP_AFFINITY GroupMask;
        } Node;
        struct { /* GROUP_RELATIONSHIP */
            USHORT MaximumGroupCount, ActiveGroupCount;
            UCHAR Reserved[20];
            struct {
                UCHAR MaximumProcessorCount, ActiveProcessorCount, Reserved[38];
                KAFFINITY ActiveProcessorMask;
            } GroupInfo;
        } Group;
    };
} EXP_RELATION;
#define EXP_RELATION_BYTES 0x30u       /* of a core, package or node */
#define EXP_GROUP_RELATION_BYTES 0x50u /* of the groups */
DD_STATIC_ASSERT_OFFSET(EXP_RELATION, Processor.GroupMask, 0x20);
DD_STATIC_ASSERT_OFFSET(EXP_RELATION, Node.GroupMask, 0x20);
DD_STATIC_ASSERT_OFFSET(EXP_RELATION, Group.GroupInfo, 0x20);
DD_STATIC_ASSERT_SIZE(EXP_RELATION, EXP_GROUP_RELATION_BYTES);

static VOID ExpFillRelation(EXP_RELATION *Info, ULONG Relationship, KAFFINITY Mask)
{
    Info->Relationship = Relationship;
    Info->Size = Relationship == EXP_GROUP ? EXP_GROUP_RELATION_BYTES : EXP_RELATION_BYTES;
    if (Relationship == EXP_GROUP) {
        Info->Group.MaximumGroupCount = Info->Group.ActiveGroupCount = 1;
        Info->Group.GroupInfo.MaximumProcessorCount = (UCHAR)KeProcessorCount;
        Info->Group.GroupInfo.ActiveProcessorCount = (UCHAR)KeProcessorCount;
        Info->Group.GroupInfo.ActiveProcessorMask = Mask;
    } else { /* node 0 has the same shape as cores and packages */
        Info->Processor.GroupCount = 1;
        Info->Processor.GroupMask.Mask = Mask;
    }
}

/* Relations of one kind, or all, that Mask has a part in. Returns what they take; writes them if that fits in Length. */
static ULONG ExpListRelations(PUCHAR Buffer, ULONG Length, ULONG Kind, KAFFINITY Mask)
{
    static const UCHAR Whole[] = {EXP_PACKAGE, EXP_NODE, EXP_DIE, EXP_GROUP};
    KAFFINITY All = KeQueryActiveProcessors();
    ULONG Total = 0, Bytes;

    for (ULONG i = 0; i < KeProcessorCount && (Kind == EXP_ALL || Kind == EXP_CORE); i++)
        if (Mask & (1ull << i)) {
            if (Total + EXP_RELATION_BYTES <= Length)
                ExpFillRelation((EXP_RELATION *)(Buffer + Total), EXP_CORE, 1ull << i);
            Total += EXP_RELATION_BYTES;
        }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Whole); i++) {
        if (Kind != EXP_ALL && Kind != Whole[i])
            continue;
        Bytes = Whole[i] == EXP_GROUP ? EXP_GROUP_RELATION_BYTES : EXP_RELATION_BYTES;
        if (Total + Bytes <= Length)
            ExpFillRelation((EXP_RELATION *)(Buffer + Total), Whole[i], All);
        Total += Bytes;
    }
    return Total;
}

NTSTATUS ExpQueryProcessorGroups(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpCheckLength(Length, ExpListRelations(Buffer, Length, EXP_ALL, ~0ull), Needed);
}

NT_EXPORT(KeQueryLogicalProcessorRelationship);
NTSTATUS NTAPI KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
                                                   LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                                   PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
                                                   PULONG Length)
{
    ULONG Kind = (ULONG)RelationshipType, Room = *Length;
    KAFFINITY Mask = ~0ull;

    if (Kind > EXP_DIE && Kind != EXP_ALL)
        return STATUS_INVALID_PARAMETER;
    if (ProcessorNumber != NULL) {
        if (ProcessorNumber->Group != 0 || ProcessorNumber->Number >= KeProcessorCount)
            return STATUS_INVALID_PARAMETER;
        Mask = 1ull << ProcessorNumber->Number;
    }
    *Length = ExpListRelations(NULL, 0, Kind, Mask);
    if (Room < *Length)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(Information, *Length);
    ExpListRelations((PUCHAR)Information, *Length, Kind, Mask);
    return STATUS_SUCCESS;
}

/* ---- nodes ---- */

/* SYSTEM_NUMA_INFORMATION: HighestNodeNumber, Reserved, then for each of 64 nodes a GROUP_AFFINITY or the free bytes. */
#define EXP_NUMA_NODES 64

NTSTATUS ExpQueryNumaMap(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, 8 + EXP_NUMA_NODES * sizeof(GROUP_AFFINITY), Needed);

    if (NT_SUCCESS(Status))
        ((GROUP_AFFINITY *)((PUCHAR)Buffer + 8))->Mask = KeQueryActiveProcessors();
    return Status;
}

NTSTATUS ExpQueryNumaMemory(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, 8 + EXP_NUMA_NODES * sizeof(ULONG64), Needed);

    if (NT_SUCCESS(Status))
        ((PULONG64)Buffer)[1] = MmFreePageCount() << PAGE_SHIFT;
    return Status;
}

/* ---- firmware ---- */

typedef struct _EXP_FIRMWARE_REQUEST { /* SYSTEM_FIRMWARE_TABLE_INFORMATION */
    ULONG ProviderSignature, Action, TableId, TableBufferLength;
} EXP_FIRMWARE_REQUEST;
DD_STATIC_ASSERT_SIZE(EXP_FIRMWARE_REQUEST, EXP_FIRMWARE_HEADER);

/*
 * The three providers of Windows are known and have no tables: enumerating gives an empty list, no table is found. Another
 * provider: STATUS_NOT_IMPLEMENTED. [doc: AuxKlibGetSystemFirmwareTable]
 */
NTSTATUS ExpQueryFirmwareTable(PVOID Buffer, ULONG Length, PULONG Needed)
{
    const ULONG Enumerate = 0, Get = 1;
    EXP_FIRMWARE_REQUEST *Request = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Request), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Request->ProviderSignature != 'ACPI' && Request->ProviderSignature != 'FIRM' &&
        Request->ProviderSignature != 'RSMB')
        return STATUS_NOT_IMPLEMENTED;
    if (Request->Action != Enumerate && Request->Action != Get)
        return STATUS_INVALID_PARAMETER;
    Request->TableBufferLength = 0;
    return Request->Action == Enumerate ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* SYSTEM_BOOT_ENVIRONMENT_INFORMATION: BootIdentifier, FirmwareType, BootFlags. */
NTSTATUS ExpQueryBootEnvironment(PVOID Buffer, ULONG Length, PULONG Needed)
{
    struct {
        GUID BootIdentifier;
        ULONG FirmwareType;
        ULONG64 BootFlags;
    } *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);

    if (NT_SUCCESS(Status))
        Info->FirmwareType = 1; /* BIOS, as ExGetFirmwareType says */
    return Status;
}
