/*
 * The summary of a run. Models: what changed between the baseline, taken before the first driver is
 * loaded, and the end. Leaves out: tags that the kernel itself uses (its caches and tables grow),
 * beyond one line that adds them up.
 */
#include "summary.h"

#include "../ci/ci.h"
#include "../ex/ex.h"
#include "../hal/halp.h"
#include "../io/io.h"
#include "../ob/ob.h"
#include "../pnp/pnp.h"
#include "../po/po.h"
#include "../rtl/rtl.h"

#define SUMMARY_TAGS 512
#define SUMMARY_TYPES 64

typedef struct _SUMMARY_TAG {
    ULONG Tag;
    BOOLEAN Paged;
    ULONG64 Blocks, Bytes;
} SUMMARY_TAG;

typedef struct _SUMMARY_TYPE { /* in the order of ObEnumerateTypes */
    ULONG Objects, Handles;
} SUMMARY_TYPE;

#define SUMMARY_LOADER_TAG 'mLdD'
static SUMMARY_TAG SummaryTag[SUMMARY_TAGS];
static ULONG SummaryTagCount;
static SUMMARY_TYPE SummaryType[SUMMARY_TYPES];
static IO_STATISTICS SummaryIo;
ULONG64 SummaryStream = HAL_STREAM_REPORT;

static VOID SummaryPrint(const char *Format, ...)
{
    char Line[256];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Line, sizeof(Line) - 1, Format, Arguments);
    va_end(Arguments);
    Line[sizeof(Line) - 1] = '\0';
    HAL->write(SummaryStream, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

/* ---- devices of the machine that come and go: the bus driver's objects are not counted ---- */

static IO_STATISTICS SummaryIoOfDrivers(VOID)
{
    IO_STATISTICS Io = IoStatistics;
    ULONG Created, Deleted;

    HalCountDeviceObjects(&Created, &Deleted);
    Io.DevicesCreated -= Created;
    Io.DevicesDeleted -= Deleted;
    return Io;
}

static ULONG SummaryObjectsOfDrivers(PCUNICODE_STRING Type, ULONG Objects)
{
    static const UNICODE_STRING Device = RTL_CONSTANT_STRING(L"Device");
    ULONG Created, Deleted;

    if (!RtlEqualUnicodeString(Type, &Device, FALSE))
        return Objects;
    HalCountDeviceObjects(&Created, &Deleted);
    return Objects - (Created - Deleted);
}

/* ---- baseline ---- */

static VOID SummaryRememberTag(PVOID Context, const EX_POOL_TAG_USE *Use)
{
    UNREFERENCED_PARAMETER(Context);
    if (SummaryTagCount < SUMMARY_TAGS)
        SummaryTag[SummaryTagCount++] =
            (SUMMARY_TAG){Use->Tag, Use->Paged, Use->Allocs - Use->Frees, Use->Bytes};
}

static VOID SummaryRememberType(PVOID Context, PCUNICODE_STRING Name, ULONG Objects, ULONG Handles)
{
    ULONG *Index = Context;

    if (*Index < SUMMARY_TYPES)
        SummaryType[(*Index)++] =
            (SUMMARY_TYPE){SummaryObjectsOfDrivers(Name, Objects), Handles};
}

VOID SummaryTakeBaseline(VOID)
{
    ULONG Index = 0;

    SummaryIo = SummaryIoOfDrivers();
    IoForgetMinors();
    SummaryTagCount = 0;
    IoFlushCaches();
    ExEnumeratePoolTags(SummaryRememberTag, NULL);
    ObEnumerateTypes(SummaryRememberType, &Index);
}

/* ---- what is left ---- */

VOID SummaryNoteUnload(PCUNICODE_STRING Name, PVOID Start, SIZE_T Bytes)
{
    static EX_POOL_LEFT Left;

    ExFindPoolOfCaller(Start, (PUCHAR)Start + Bytes, &Left);
    if (Left.Blocks == 0)
        return;
    SummaryPrint("leak\t%wZ: %lu pool block%s with %Iu bytes not freed at unload\n", Name,
                 Left.Blocks, Left.Blocks == 1 ? "" : "s", Left.Bytes);
    for (ULONG i = 0; i < Left.Sites; i++) {
        const EX_POOL_SITE *Site = &Left.Site[i];
        char Tag[5];

        ExTagText(Site->Tag, Tag);
        SummaryPrint("leak\t%wZ: %lu of tag '%s' with %Iu bytes, allocated by %wZ+%#Ix\n", Name,
                     Site->Blocks, Tag, Site->Bytes, Name, (ULONG64)Site->Caller - (ULONG64)Start);
    }
}

static const SUMMARY_TAG *SummaryFindTag(ULONG Tag, BOOLEAN Paged)
{
    for (ULONG i = 0; i < SummaryTagCount; i++)
        if (SummaryTag[i].Tag == Tag && SummaryTag[i].Paged == Paged)
            return &SummaryTag[i];
    return NULL;
}

/* The loader's records of images too: hal.dll, once imported from, stays loaded. A driver that
 * stays shows as an object. */
static BOOLEAN SummaryIsKernelTag(ULONG Tag)
{
    return Tag == SUMMARY_LOADER_TAG || SummaryFindTag(Tag, FALSE) != NULL ||
           SummaryFindTag(Tag, TRUE) != NULL;
}

static VOID SummaryPrintTag(PVOID Context, const EX_POOL_TAG_USE *Use)
{
    const SUMMARY_TAG *Before = SummaryFindTag(Use->Tag, Use->Paged);
    ULONG64 Blocks = Use->Allocs - Use->Frees - (Before != NULL ? Before->Blocks : 0);
    ULONG64 Bytes = Use->Bytes - (Before != NULL ? Before->Bytes : 0);
    SUMMARY_TAG *Kernel = Context;
    char Text[5];

    if (SummaryIsKernelTag(Use->Tag)) {
        Kernel->Blocks += Blocks;
        Kernel->Bytes += Bytes;
    } else if (Blocks != 0) {
        ExTagText(Use->Tag, Text);
        SummaryPrint("pool\t%s\t%s\t%I64u\t%I64u\n", Text, Use->Paged ? "paged" : "nonpaged",
                     Blocks, Bytes);
    }
}

static VOID SummaryPrintType(PVOID Context, PCUNICODE_STRING Name, ULONG Objects, ULONG Handles)
{
    ULONG *Index = Context;
    SUMMARY_TYPE Before = {0, 0};

    Objects = SummaryObjectsOfDrivers(Name, Objects);
    if (*Index < SUMMARY_TYPES)
        Before = SummaryType[(*Index)++];
    if (Objects > Before.Objects || Handles > Before.Handles)
        SummaryPrint("object\t%wZ\t%ld\t%ld\n", Name, (LONG)(Objects - Before.Objects),
                     (LONG)(Handles - Before.Handles));
}

/* ---- devices ---- */

static VOID SummaryPrintDetail(PVOID Context, const char *Name, const char *Text)
{
    UNREFERENCED_PARAMETER(Context);
    SummaryPrint("device\t%s\t%s\n", Name, Text);
}

/* Context: not NULL when details are wanted. */
static VOID SummaryPrintDevice(PVOID Context, const PNP_DEVICE_RECORD *Record)
{
    SummaryPrint("tree\t%lu\t%wZ\t%wZ\t%s\t%lu\t%#lx\n", Record->Depth, Record->InstancePath,
                 Record->Service, Record->State, Record->Problem, Record->ProblemStatus);
    if (Context != NULL)
        PnpVisitDetails(Record->InstancePath, SummaryPrintDetail, NULL);
}

VOID SummaryWriteTree(BOOLEAN Details)
{
    PnpVisitDevices(SummaryPrintDevice, Details ? &SummaryStream : NULL);
}

/* ---- what was done ---- */

static const char *const SummaryMajor[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    "IRP_MJ_CREATE",
    "IRP_MJ_CREATE_NAMED_PIPE",
    "IRP_MJ_CLOSE",
    "IRP_MJ_READ",
    "IRP_MJ_WRITE",
    "IRP_MJ_QUERY_INFORMATION",
    "IRP_MJ_SET_INFORMATION",
    "IRP_MJ_QUERY_EA",
    "IRP_MJ_SET_EA",
    "IRP_MJ_FLUSH_BUFFERS",
    "IRP_MJ_QUERY_VOLUME_INFORMATION",
    "IRP_MJ_SET_VOLUME_INFORMATION",
    "IRP_MJ_DIRECTORY_CONTROL",
    "IRP_MJ_FILE_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CONTROL",
    "IRP_MJ_INTERNAL_DEVICE_CONTROL",
    "IRP_MJ_SHUTDOWN",
    "IRP_MJ_LOCK_CONTROL",
    "IRP_MJ_CLEANUP",
    "IRP_MJ_CREATE_MAILSLOT",
    "IRP_MJ_QUERY_SECURITY",
    "IRP_MJ_SET_SECURITY",
    "IRP_MJ_POWER",
    "IRP_MJ_SYSTEM_CONTROL",
    "IRP_MJ_DEVICE_CHANGE",
    "IRP_MJ_QUERY_QUOTA",
    "IRP_MJ_SET_QUOTA",
    "IRP_MJ_PNP",
};

static VOID SummaryPrintIo(VOID)
{
    const IO_STATISTICS Io = SummaryIoOfDrivers();

    SummaryPrint("devices\t%lu\t%lu\n", Io.DevicesCreated - SummaryIo.DevicesCreated,
                 Io.DevicesDeleted - SummaryIo.DevicesDeleted);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        if (IoStatistics.IrpsByMajor[i] != SummaryIo.IrpsByMajor[i])
            SummaryPrint("irp\t%s\t%I64u\n", SummaryMajor[i],
                         IoStatistics.IrpsByMajor[i] - SummaryIo.IrpsByMajor[i]);
    SummaryPrint("irps\t%I64u\t%I64u\n", IoStatistics.IrpsAllocated - SummaryIo.IrpsAllocated,
                 IoStatistics.IrpsFreed - SummaryIo.IrpsFreed);
}

static VOID SummaryPrintRequest(const char *Request, ULONG Count)
{
    SummaryPrint("request\t%s\t%lu\n", Request, Count);
}

static VOID SummaryPrintVector(const KE_VECTOR_STATISTICS *Vector)
{
    char Source[24] = "message";

    if (Vector->Line != KE_NO_LINE)
        _snprintf(Source, sizeof(Source), "line %lu", Vector->Line);
    SummaryPrint("interrupt\t0x%02lX\t%s\t%I64u\t%I64u\t%I64u us\n", Vector->Vector, Source,
                 Vector->Deliveries, Vector->Unclaimed, Vector->Longest100ns / 10);
}

VOID SummaryWrite(VOID)
{
    SUMMARY_TAG Kernel = {0};
    ULONG Index = 0;

    SummaryPrint("signing\t%s\n", CiPolicyText());
    SummaryPrintIo();
    if (KiLoaderBlock->flags & (HAL_FLAG_REQUESTS | HAL_FLAG_BOOTED))
        IoVisitMinors(SummaryPrintRequest);
    IoFlushCaches();
    KeVisitVectors(SummaryPrintVector);
    ExEnumeratePoolTags(SummaryPrintTag, &Kernel);
    if ((LONG64)Kernel.Blocks > 0)
        SummaryPrint("pool\t(kernel)\tall\t%I64d\t%I64d\n", Kernel.Blocks, Kernel.Bytes);
    ObEnumerateTypes(SummaryPrintType, &Index);
}

/* ---- power requests ---- */

static VOID SummaryPrintPowerRequest(PVOID Context, ULONG Type, const char *Kind,
                                     PCUNICODE_STRING Owner, PCUNICODE_STRING Reason)
{
    UNREFERENCED_PARAMETER(Context);
    SummaryPrint("powerrequest\t%lu\t%s\t%wZ\t%wZ\n", Type, Kind, Owner, Reason);
}

VOID SummaryWritePowerRequests(VOID)
{
    PoVisitRequests(SummaryPrintPowerRequest, NULL);
}
