/*
 * Adapters and their samples. What is reported was measured by whoever published it, or stands in
 * the registry; what neither says is not valid. An adapter keeps its index.
 */
#include "driver.h"

#define AI_IDENTITY (AI_GPU_VALID_LUID | AI_GPU_VALID_PCI)
#define AI_TEMPERATURE_LOW (-273150)
#define AI_TEMPERATURE_HIGH 1000000

VOID AiGpuInitialize(AI_GPU *Gpu)
{
    RtlZeroMemory(Gpu, sizeof(*Gpu));
    KeInitializeSpinLock(&Gpu->Lock);
}

/* ---- identity ---- */

static BOOLEAN AiSamePci(_In_ const AI_GPU_SAMPLE *A, _In_ const AI_GPU_SAMPLE *B)
{
    return A->PciDomain == B->PciDomain && A->PciBus == B->PciBus && A->PciDevice == B->PciDevice &&
           A->PciFunction == B->PciFunction;
}

/* By PCI location, or by LUID where the sample has none. Lock held. */
static AI_ADAPTER *AiFindAdapter(_Inout_ AI_GPU *Gpu, _In_ const AI_GPU_SAMPLE *Sample)
{
    BOOLEAN ByPci = (Sample->Valid & AI_GPU_VALID_PCI) != 0;

    for (UINT32 i = 0; i < Gpu->Count; i++) {
        AI_ADAPTER *Adapter = &Gpu->Adapter[i];

        if (ByPci ? (Adapter->Valid & AI_GPU_VALID_PCI) && AiSamePci(&Adapter->Sample, Sample)
                  : (Adapter->Valid & AI_GPU_VALID_LUID) &&
                        Adapter->Sample.LuidLow == Sample->LuidLow &&
                        Adapter->Sample.LuidHigh == Sample->LuidHigh)
            return Adapter;
    }
    return NULL;
}

/*
 * The registry knows which adapters there are, but not where: the first sample of one of the same
 * PCI identifiers says that. Lock held.
 */
static AI_ADAPTER *AiFindUnplaced(_Inout_ AI_GPU *Gpu, _In_ const AI_GPU_SAMPLE *Sample)
{
    const UINT32 Needed = AI_GPU_VALID_PCI | AI_GPU_VALID_PCI_ID;

    for (UINT32 i = 0; (Sample->Valid & Needed) == Needed && i < Gpu->Count; i++) {
        AI_ADAPTER *Adapter = &Gpu->Adapter[i];

        if ((Adapter->Flags & AI_GPU_FLAG_ENUMERATED) &&
            (Adapter->Valid & Needed) == AI_GPU_VALID_PCI_ID &&
            Adapter->Sample.PciDeviceId == Sample->PciDeviceId)
            return Adapter;
    }
    return NULL;
}

/* Lock held. NULL: there are too many. */
static AI_ADAPTER *AiAddAdapter(_Inout_ AI_GPU *Gpu)
{
    return Gpu->Count < AI_MAX_ADAPTERS ? &Gpu->Adapter[Gpu->Count++] : NULL;
}

NTSTATUS AiGpuAddStatic(AI_GPU *Gpu, const AI_ADAPTER *Static)
{
    AI_ADAPTER *Adapter = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Gpu->Lock, &Irql);
    if (Static->Valid & AI_GPU_VALID_PCI)
        Adapter = AiFindAdapter(Gpu, &Static->Sample);
    if (Adapter == NULL) {
        Adapter = AiAddAdapter(Gpu);
        if (Adapter != NULL)
            *Adapter = *Static;
    }
    KeReleaseSpinLock(&Gpu->Lock, Irql);
    return Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ---- SET_GPU_UTIL ---- */

/* Ends within the field, and only zeros follow. */
static BOOLEAN AiIsPaddedText(_In_reads_(Bytes) const char *Text, _In_ SIZE_T Bytes)
{
    SIZE_T i = 0;

    while (i < Bytes && Text[i] != '\0')
        i++;
    if (i == Bytes)
        return FALSE;
    while (i < Bytes && Text[i] == '\0')
        i++;
    return i == Bytes;
}

static BOOLEAN AiIsSampleValid(_In_ const AI_GPU_SAMPLE *Sample)
{
    const UINT32 Valid = Sample->Valid;

    if ((Valid & ~AI_GPU_VALID_ALL) != 0 || (Valid & AI_IDENTITY) == 0 ||
        (Sample->Flags & ~AI_GPU_SAMPLE_FLAGS) != 0 || Sample->Source == AI_SOURCE_NONE ||
        Sample->Source > AI_SOURCE_MAX || Sample->Reserved != 0)
        return FALSE;
    if (Sample->PciDevice > 31 || Sample->PciFunction > 7)
        return FALSE;
    if (Sample->UtilizationBasisPoints > AI_BASIS_POINTS ||
        Sample->MemoryUtilizationBasisPoints > AI_BASIS_POINTS)
        return FALSE;
    if (Sample->TemperatureMilliC < AI_TEMPERATURE_LOW ||
        Sample->TemperatureMilliC > AI_TEMPERATURE_HIGH)
        return FALSE;
    if ((Valid & AI_GPU_VALID_MEMORY_TOTAL) && (Valid & AI_GPU_VALID_MEMORY_USED) &&
        Sample->MemoryUsedBytes > Sample->MemoryTotalBytes)
        return FALSE;
    return AiIsPaddedText(Sample->Name, AI_GPU_NAME_BYTES);
}

static BOOLEAN AiIsFresh(_In_ const AI_ADAPTER *Adapter, _In_ UINT64 Now100ns)
{
    return Adapter->HasSample && Now100ns - Adapter->SampleTime100ns <= AI_SAMPLE_FRESH_100NS;
}

/* The sample replaces the last one; what the registry knows of the adapter stays. Lock held. */
static VOID AiStoreSample(_Inout_ AI_ADAPTER *Adapter, _In_ const AI_FILE *File,
                          _In_ const AI_GPU_SAMPLE *Sample)
{
    const AI_GPU_SAMPLE Old = Adapter->Sample;
    AI_GPU_SAMPLE *New = &Adapter->Sample;

    *New = *Sample;
    if (!(Sample->Valid & AI_GPU_VALID_PCI) && (Adapter->Valid & AI_GPU_VALID_PCI)) {
        New->PciDomain = Old.PciDomain;
        New->PciBus = Old.PciBus;
        New->PciDevice = Old.PciDevice;
        New->PciFunction = Old.PciFunction;
    }
    if (!(Sample->Valid & AI_GPU_VALID_PCI_ID) && (Adapter->Valid & AI_GPU_VALID_PCI_ID)) {
        New->PciDeviceId = Old.PciDeviceId;
        New->PciSubsystemId = Old.PciSubsystemId;
    }
    if (!(Sample->Valid & AI_GPU_VALID_LUID) && (Adapter->Valid & AI_GPU_VALID_LUID)) {
        New->LuidLow = Old.LuidLow;
        New->LuidHigh = Old.LuidHigh;
    }
    if (Adapter->NameIsStatic || Sample->Name[0] == '\0')
        RtlCopyMemory(New->Name, Old.Name, sizeof(New->Name));
    Adapter->Valid |= Sample->Valid & (AI_IDENTITY | AI_GPU_VALID_PCI_ID);
    Adapter->HasSample = TRUE;
    Adapter->SampleTime100ns = AiNow100ns();
    Adapter->SampleCount++;
    Adapter->Publisher = File;
}

NTSTATUS AiGpuPublish(AI_GPU *Gpu, const AI_FILE *File, const AI_GPU_SAMPLE *Sample, UINT32 *Index)
{
    AI_ADAPTER *Adapter;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    *Index = 0;
    if (!AiIsSampleValid(Sample)) {
        InterlockedIncrement64(&Gpu->SamplesRefused);
        return STATUS_INVALID_PARAMETER;
    }
    KeAcquireSpinLock(&Gpu->Lock, &Irql);
    Adapter = AiFindAdapter(Gpu, Sample);
    if (Adapter == NULL)
        Adapter = AiFindUnplaced(Gpu, Sample);
    if (Adapter == NULL)
        Adapter = AiAddAdapter(Gpu);
    if (Adapter == NULL)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    else if (Adapter->Publisher != NULL && Adapter->Publisher != File &&
             AiIsFresh(Adapter, AiNow100ns()))
        Status = STATUS_SHARING_VIOLATION;
    else
        AiStoreSample(Adapter, File, Sample);
    if (NT_SUCCESS(Status))
        *Index = (UINT32)(Adapter - Gpu->Adapter);
    KeReleaseSpinLock(&Gpu->Lock, Irql);
    InterlockedIncrement64(NT_SUCCESS(Status) ? &Gpu->SamplesAccepted : &Gpu->SamplesRefused);
    if (NT_SUCCESS(Status))
        AiTraceSample(*Index, Sample->UtilizationBasisPoints);
    return Status;
}

VOID AiGpuCloseFile(AI_GPU *Gpu, const AI_FILE *File)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Gpu->Lock, &Irql);
    for (UINT32 i = 0; i < Gpu->Count; i++)
        if (Gpu->Adapter[i].Publisher == File)
            Gpu->Adapter[i].Publisher = NULL;
    KeReleaseSpinLock(&Gpu->Lock, Irql);
}

/* ---- GET_GPU_STATUS ---- */

/* Identity and what the registry says. */
static VOID AiFillStatic(_In_ const AI_ADAPTER *Adapter, _Inout_ AI_GPU_STATUS *Status)
{
    const AI_GPU_SAMPLE *Sample = &Adapter->Sample;

    Status->Valid = Adapter->Valid & (AI_IDENTITY | AI_GPU_VALID_PCI_ID);
    Status->LuidLow = Sample->LuidLow;
    Status->LuidHigh = Sample->LuidHigh;
    Status->PciDomain = Sample->PciDomain;
    Status->PciBus = Sample->PciBus;
    Status->PciDevice = Sample->PciDevice;
    Status->PciFunction = Sample->PciFunction;
    Status->PciDeviceId = Sample->PciDeviceId;
    Status->PciSubsystemId = Sample->PciSubsystemId;
    Status->SampleCount = Adapter->SampleCount;
    RtlCopyMemory(Status->Name, Sample->Name, sizeof(Status->Name));
    Status->Flags |= Adapter->Flags & AI_GPU_FLAG_ENUMERATED;
    if (Adapter->Publisher != NULL)
        Status->Flags |= AI_GPU_FLAG_AGENT_PRESENT;
    if (Adapter->Flags & AI_GPU_FLAG_STATIC_MEMORY) {
        Status->Flags |= AI_GPU_FLAG_STATIC_MEMORY;
        Status->Valid |= AI_GPU_VALID_MEMORY_TOTAL;
        Status->MemoryTotalBytes = Adapter->MemoryTotalBytes;
    }
}

static VOID AiFillLive(_In_ const AI_ADAPTER *Adapter, _In_ UINT64 Now100ns,
                       _Inout_ AI_GPU_STATUS *Status)
{
    const AI_GPU_SAMPLE *Sample = &Adapter->Sample;

    Status->Valid |= Sample->Valid;
    Status->Source = Sample->Source;
    Status->Flags |= Sample->Flags & AI_GPU_SAMPLE_FLAGS;
    if (!AiIsFresh(Adapter, Now100ns))
        Status->Flags |= AI_GPU_FLAG_STALE;
    if (Sample->Valid & AI_GPU_VALID_UTILIZATION)
        Status->UtilizationBasisPoints = Sample->UtilizationBasisPoints;
    if (Sample->Valid & AI_GPU_VALID_MEMORY_UTILIZATION)
        Status->MemoryUtilizationBasisPoints = Sample->MemoryUtilizationBasisPoints;
    if (Sample->Valid & AI_GPU_VALID_TEMPERATURE)
        Status->TemperatureMilliC = Sample->TemperatureMilliC;
    if (Sample->Valid & AI_GPU_VALID_MEMORY_USED)
        Status->MemoryUsedBytes = Sample->MemoryUsedBytes;
    if (Sample->Valid & AI_GPU_VALID_MEMORY_TOTAL) {
        Status->MemoryTotalBytes = Sample->MemoryTotalBytes;
        Status->Flags &= ~AI_GPU_FLAG_STATIC_MEMORY;
    }
    Status->SampleAge100ns = Now100ns - Adapter->SampleTime100ns;
    Status->SampleSequence = Sample->Sequence;
}

NTSTATUS AiGpuQuery(AI_GPU *Gpu, UINT32 Index, BOOLEAN WithoutSample, AI_GPU_STATUS *GpuStatus)
{
    UINT64 Now100ns = AiNow100ns();
    const AI_ADAPTER *Adapter;
    BOOLEAN Live;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    KeAcquireSpinLock(&Gpu->Lock, &Irql);
    GpuStatus->AdapterIndex = Index;
    GpuStatus->AdapterCount = Gpu->Count;
    Adapter = Index < Gpu->Count ? &Gpu->Adapter[Index] : NULL;
    Live = Adapter != NULL && Adapter->HasSample &&
           (Adapter->Publisher != NULL || AiIsFresh(Adapter, Now100ns));
    if (Adapter == NULL)
        Status = STATUS_NO_MORE_ENTRIES;
    else if (!Live && !WithoutSample)
        Status = STATUS_DEVICE_NOT_READY;
    if (NT_SUCCESS(Status)) {
        AiFillStatic(Adapter, GpuStatus);
        if (Live)
            AiFillLive(Adapter, Now100ns, GpuStatus);
        else
            GpuStatus->Flags |= AI_GPU_FLAG_NO_SAMPLE;
    }
    KeReleaseSpinLock(&Gpu->Lock, Irql);
    return Status;
}
