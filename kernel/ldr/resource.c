/*
 * Resources of mapped images: LdrFindResource_U and LdrAccessResource. Languages are matched
 * exactly, or the first one is taken when none is asked for; there is no user interface language to
 * prefer.
 */
#include "ldrp.h"

typedef struct _LDR_RESOURCE_INFO {
    ULONG_PTR Type, Name, Language; /* a number below 64 KiB, or a string */
} LDR_RESOURCE_INFO, *PLDR_RESOURCE_INFO;

NTSTATUS NTAPI LdrFindResource_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                 PIMAGE_RESOURCE_DATA_ENTRY *Entry);
NTSTATUS NTAPI LdrAccessResource(PVOID DllHandle, PIMAGE_RESOURCE_DATA_ENTRY Entry, PVOID *Address,
                                 PULONG Size);

static PE_RESOURCE_ID LdrpResourceId(ULONG_PTR Value)
{
    if (Value < 0x10000)
        return (PE_RESOURCE_ID){ (uint16_t)Value, NULL };
    return (PE_RESOURCE_ID){ 0, (const uint16_t *)Value };
}

/* The image that DllHandle (bit 0 aside) is the base of. */
static NTSTATUS LdrpOpenLoaded(PVOID DllHandle, PE_IMAGE *Image)
{
    PVOID Base = (PVOID)((ULONG_PTR)DllHandle & ~(ULONG_PTR)1);
    PLDR_MODULE Module = LdrFindModule(Base);

    if (Module == NULL || Module->DllBase != Base ||
        PeOpenMapped(Image, Base, Module->SizeOfImage) != PE_OK)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    return STATUS_SUCCESS;
}

static NTSTATUS LdrpResourceStatus(PE_STATUS Status, ULONG Missing)
{
    static const NTSTATUS NotFound[] = { STATUS_RESOURCE_TYPE_NOT_FOUND,
                                         STATUS_RESOURCE_NAME_NOT_FOUND,
                                         STATUS_RESOURCE_LANG_NOT_FOUND };

    if (Status == PE_OK)
        return STATUS_SUCCESS;
    return Status == PE_NOT_FOUND ? NotFound[Missing] : STATUS_INVALID_IMAGE_FORMAT;
}

NT_EXPORT(LdrFindResource_U);
NTSTATUS NTAPI LdrFindResource_U(PVOID DllHandle, PLDR_RESOURCE_INFO ResourceInfo, ULONG Level,
                                 PIMAGE_RESOURCE_DATA_ENTRY *Entry)
{
    PE_RESOURCE_ID Path[3];
    PE_IMAGE Image;
    uint32_t Rva, Missing = 0;
    NTSTATUS Status;
    PE_STATUS Found;

    if (Level == 0 || Level > 3)
        return STATUS_INVALID_PARAMETER;
    Status = LdrpOpenLoaded(DllHandle, &Image);
    if (!NT_SUCCESS(Status))
        return Status;
    Path[0] = LdrpResourceId(ResourceInfo->Type);
    Path[1] = LdrpResourceId(Level > 1 ? ResourceInfo->Name : 0);
    Path[2] = LdrpResourceId(Level > 2 ? ResourceInfo->Language : 0);
    if (Image.Directory[PE_DIRECTORY_RESOURCE].Size == 0)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    Found = PeFindResource(&Image, Path, Level, &Rva, &Missing);
    if (Found == PE_OK)
        *Entry = (PIMAGE_RESOURCE_DATA_ENTRY)(Image.Bytes + Rva);
    return LdrpResourceStatus(Found, Missing);
}

NT_EXPORT(LdrAccessResource);
NTSTATUS NTAPI LdrAccessResource(PVOID DllHandle, PIMAGE_RESOURCE_DATA_ENTRY Entry, PVOID *Address,
                                 PULONG Size)
{
    PE_IMAGE Image;
    const void *Data;
    NTSTATUS Status = LdrpOpenLoaded(DllHandle, &Image);

    if (!NT_SUCCESS(Status))
        return Status;
    Data = PeAtRva(&Image, Entry->OffsetToData, Entry->Size);
    if (Data == NULL)
        return STATUS_RESOURCE_DATA_NOT_FOUND;
    if (Address != NULL)
        *Address = (PVOID)Data;
    if (Size != NULL)
        *Size = Entry->Size;
    return STATUS_SUCCESS;
}
