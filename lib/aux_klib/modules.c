/*
 * The auxiliary kernel library: the list of loaded modules, and an image's export directory. Built on ZwQuerySystemInformation's
 * module list; where the kernel has none, STATUS_NOT_SUPPORTED from AuxKlibInitialize. [doc: aux_klib.h]
 */
#include <aux_klib.h>

#define SYSTEM_MODULE_INFORMATION_CLASS 11

typedef struct _SYSTEM_MODULE { /* RTL_PROCESS_MODULE_INFORMATION, x64 */
    PVOID Section;
    PVOID MappedBase;
    PVOID ImageBase;
    ULONG ImageSize;
    ULONG Flags;
    USHORT LoadOrderIndex;
    USHORT InitOrderIndex;
    USHORT LoadCount;
    USHORT OffsetToFileName;
    UCHAR FullPathName[256];
} SYSTEM_MODULE;

typedef struct _SYSTEM_MODULES {
    ULONG NumberOfModules;
    SYSTEM_MODULE Modules[ANYSIZE_ARRAY];
} SYSTEM_MODULES;

typedef NTSTATUS(NTAPI QUERY_SYSTEM_INFORMATION)(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);

static QUERY_SYSTEM_INFORMATION *QuerySystemInformation; /* set by AuxKlibInitialize */

NTSTATUS NTAPI AuxKlibInitialize(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ZwQuerySystemInformation");

    *(PVOID *)&QuerySystemInformation = MmGetSystemRoutineAddress(&Name);
    return QuerySystemInformation != NULL ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* The kernel's list in paged pool; the caller frees it. */
static NTSTATUS AuxpReadModules(SYSTEM_MODULES **Result)
{
    ULONG Bytes = 64 * sizeof(SYSTEM_MODULE), Needed;
    SYSTEM_MODULES *Modules;
    NTSTATUS Status;

    for (;;) {
        Modules = ExAllocatePoolWithTag(PagedPool, Bytes, 'lkuA');
        if (Modules == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Status = QuerySystemInformation(SYSTEM_MODULE_INFORMATION_CLASS, Modules, Bytes, &Needed);
        if (NT_SUCCESS(Status)) {
            *Result = Modules;
            return STATUS_SUCCESS;
        }
        ExFreePoolWithTag(Modules, 'lkuA');
        if (Status != STATUS_INFO_LENGTH_MISMATCH)
            return Status;
        Bytes = Needed + 4 * sizeof(SYSTEM_MODULE);
    }
}

static VOID AuxpCopyModule(const SYSTEM_MODULE *From, ULONG ElementSize, PVOID To)
{
    AUX_MODULE_EXTENDED_INFO *Info = To;

    Info->BasicInfo.ImageBase = From->ImageBase;
    if (ElementSize == sizeof(AUX_MODULE_BASIC_INFO))
        return;
    Info->ImageSize = From->ImageSize;
    Info->FileNameOffset = From->OffsetToFileName;
    RtlCopyMemory(Info->FullPathName, From->FullPathName, sizeof(Info->FullPathName));
}

NTSTATUS NTAPI AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo)
{
    SYSTEM_MODULES *Modules;
    ULONG Needed;
    NTSTATUS Status;

    if (QuerySystemInformation == NULL)
        return STATUS_UNSUCCESSFUL; /* AuxKlibInitialize comes first */
    if (ElementSize != sizeof(AUX_MODULE_BASIC_INFO) && ElementSize != sizeof(AUX_MODULE_EXTENDED_INFO))
        return STATUS_INVALID_PARAMETER_2;
    Status = AuxpReadModules(&Modules);
    if (!NT_SUCCESS(Status))
        return Status;
    Needed = Modules->NumberOfModules * ElementSize;
    if (QueryInfo != NULL && *BufferSize < Needed)
        Status = STATUS_BUFFER_TOO_SMALL;
    else if (QueryInfo != NULL) {
        for (ULONG i = 0; i < Modules->NumberOfModules; i++)
            AuxpCopyModule(&Modules->Modules[i], ElementSize, (PUCHAR)QueryInfo + i * ElementSize);
    }
    *BufferSize = Needed;
    ExFreePoolWithTag(Modules, 'lkuA');
    return Status;
}

PIMAGE_EXPORT_DIRECTORY NTAPI AuxKlibGetImageExportDirectory(PVOID ImageBase)
{
    PIMAGE_DOS_HEADER Dos = ImageBase;
    PIMAGE_NT_HEADERS Headers;
    PIMAGE_DATA_DIRECTORY Entry;

    if (Dos->e_magic != IMAGE_DOS_SIGNATURE)
        return NULL;
    Headers = (PIMAGE_NT_HEADERS)((PUCHAR)ImageBase + Dos->e_lfanew);
    if (Headers->Signature != IMAGE_NT_SIGNATURE)
        return NULL;
    Entry = &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    if (Entry->VirtualAddress == 0)
        return NULL;
    return (PIMAGE_EXPORT_DIRECTORY)((PUCHAR)ImageBase + Entry->VirtualAddress);
}
