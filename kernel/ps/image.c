/*
 * Images in a process: a PE32+ file is read, checked by the loader's reader (kernel/ldr/pe.c) and laid
 * out in private memory of the process, relocated, and its sections get their protection. Imports,
 * TLS and entry points are ntdll's. Not modelled: image sections shared between processes (each has
 * its own copy), prototype pages, ASLR (an image goes to its preferred base when that is free).
 */
#include "image.h"

#include "../ldr/ldr.h"

#define PSP_MAX_IMAGE_BYTES 0x10000000 /* of a file; ours are below a megabyte */

/* ---- the file ---- */

/* All of it, in pool. */
static NTSTATUS PspReadWhole(HANDLE File, PVOID *Data, PULONG Bytes)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    NTSTATUS Status;

    Status = ZwQueryInformationFile(File, &IoStatus, &Standard, sizeof(Standard),
                                    FileStandardInformation);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Standard.EndOfFile.QuadPart == 0 || Standard.EndOfFile.QuadPart > PSP_MAX_IMAGE_BYTES)
        return STATUS_INVALID_IMAGE_FORMAT;
    *Bytes = (ULONG)Standard.EndOfFile.QuadPart;
    *Data = ExAllocatePoolWithTag(PagedPool, *Bytes, PSP_TAG);
    if (*Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwReadFile(File, NULL, NULL, NULL, &IoStatus, *Data, *Bytes, &Offset, NULL);
    if (NT_SUCCESS(Status) && IoStatus.Information != *Bytes)
        Status = STATUS_INVALID_IMAGE_FORMAT;
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(*Data, PSP_TAG);
    return Status;
}

static NTSTATUS PspCheckImage(PE_IMAGE *Image, PVOID Data, ULONG Bytes)
{
    PE_STATUS Status = PeOpenFile(Image, Data, Bytes);

    if (Status == PE_OK)
        Status = PeValidate(Image);
    if (Status != PE_OK && Image->Machine != 0 && Image->Machine != PE_MACHINE_X64)
        return STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE;
    return Status;
}

/* ---- in the process ---- */

static ULONG PspSectionProtection(ULONG Characteristics)
{
    static const ULONG Protection[8] = {
        PAGE_NOACCESS, PAGE_READONLY,     PAGE_READWRITE,         PAGE_READWRITE,
        PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE};

    return Protection[(Characteristics & PE_SECTION_READ ? 1 : 0) +
                      (Characteristics & PE_SECTION_WRITE ? 2 : 0) +
                      (Characteristics & PE_SECTION_EXECUTE ? 4 : 0)];
}

static NTSTATUS PspProtect(MM_ADDRESS_SPACE *Space, PVOID Start, SIZE_T Bytes, ULONG Protection)
{
    ULONG Old;

    return Bytes == 0 ? STATUS_SUCCESS
                      : MmProtectUserMemory(Space, &Start, &Bytes, Protection, &Old);
}

/* An image whose sections are not page aligned is one run that allows everything. */
static NTSTATUS PspProtectImage(MM_ADDRESS_SPACE *Space, const PE_IMAGE *File, PUCHAR Base)
{
    PE_SECTION Section;
    NTSTATUS Status;

    if (File->SectionAlignment < PAGE_SIZE)
        return PspProtect(Space, Base, File->SizeOfImage, PAGE_EXECUTE_READWRITE);
    Status = PspProtect(Space, Base, File->SizeOfHeaders, PAGE_READONLY);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < File->SectionCount; i++) {
        PeGetSection(File, i, &Section);
        Status = PspProtect(Space, Base + Section.Rva, Section.VirtualSize,
                            PspSectionProtection(Section.Characteristics));
    }
    return Status;
}

/* At its preferred base if that is free; elsewhere when it can be moved. */
static NTSTATUS PspPlaceImage(MM_ADDRESS_SPACE *Space, const PE_IMAGE *File, PVOID *Base)
{
    SIZE_T Bytes = File->SizeOfImage;
    NTSTATUS Status;

    *Base = (PVOID)File->ImageBase;
    Status = MmAllocateUserMemory(Space, Base, &Bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(Status))
        return Status;
    if (File->Characteristics & PE_FILE_RELOCS_STRIPPED)
        return STATUS_CONFLICTING_ADDRESSES;
    *Base = NULL;
    Bytes = File->SizeOfImage;
    return MmAllocateUserMemory(Space, Base, &Bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static NTSTATUS PspLayOutImage(PEPROCESS Process, const PE_IMAGE *File, PSP_IMAGE *Image)
{
    SIZE_T Zero = 0;
    PVOID Base;
    NTSTATUS Status = PspPlaceImage(Process->AddressSpace, File, &Base);

    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        Status = LdrLayOutUserImage(File, Base);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        Status = PspProtectImage(Process->AddressSpace, File, Base);
    if (!NT_SUCCESS(Status)) {
        MmFreeUserMemory(Process->AddressSpace, &Base, &Zero, MEM_RELEASE);
        return Status;
    }
    Image->Base = Base;
    Image->Bytes = File->SizeOfImage;
    Image->EntryPoint = File->EntryPoint ? (PUCHAR)Base + File->EntryPoint : NULL;
    Image->StackReserve = File->StackReserve;
    Image->Subsystem = File->Subsystem;
    Image->Characteristics = File->Characteristics;
    return STATUS_SUCCESS;
}

VOID PspNotifyImage(PEPROCESS Process, PUNICODE_STRING Path, const PSP_IMAGE *Image)
{
    struct { SIZE_T Size; IMAGE_INFO Info; PFILE_OBJECT File; } Extended;

    RtlZeroMemory(&Extended, sizeof(Extended));
    Extended.Size = sizeof(Extended);
    Extended.Info.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT;
    Extended.Info.ExtendedInfoPresent = 1;
    Extended.Info.ImageBase = Image->Base;
    Extended.Info.ImageSize = Image->Bytes;
    Extended.File = Image->File;
    PspCallImageNotify(Path, Process->UniqueProcessId, &Extended.Info);
}

NTSTATUS PspMapImage(PEPROCESS Process, PUNICODE_STRING Path, PSP_IMAGE *Image)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PE_IMAGE Checked;
    KAPC_STATE Attached;
    HANDLE File;
    PVOID Data;
    ULONG Bytes;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = ZwCreateFile(&File, FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_EXECUTE | SYNCHRONIZE,
                          &Attributes, &IoStatus, NULL, 0, FILE_SHARE_READ | FILE_SHARE_DELETE,
                          FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL,
                          0);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspReadWhole(File, &Data, &Bytes);
    if (!NT_SUCCESS(Status))
        goto CloseFile;
    Status = PspCheckImage(&Checked, Data, Bytes);
    if (!NT_SUCCESS(Status))
        goto FreeData;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    Status = PspLayOutImage(Process, &Checked, Image);
    if (NT_SUCCESS(Status)) /* without it stacks have no names */
        LdrNoteUserImage(&Process->LoadedModules, Path, Image->Base, Image->Bytes);
    KeUnstackDetachProcess(&Attached);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(File, 0, NULL, KernelMode, (PVOID *)&Image->File, NULL);

FreeData:
    ExFreePoolWithTag(Data, PSP_TAG);
CloseFile:
    ZwClose(File);
    return Status;
}

VOID PspFinishImage(PEPROCESS Process, PUNICODE_STRING Path, PSP_IMAGE *Image)
{
    PspNotifyImage(Process, Path, Image);
    ObDereferenceObject(Image->File);
    Image->File = NULL;
}

ULONG64 PspFindExport(const PSP_IMAGE *Image, const char *Name)
{
    PE_IMAGE Mapped;
    PE_EXPORT Export;

    if (PeOpenMapped(&Mapped, Image->Base, Image->Bytes) != PE_OK ||
        PeFindExport(&Mapped, Name, &Export) != PE_OK || Export.Rva == 0)
        return 0;
    return (ULONG64)Image->Base + Export.Rva;
}
