/*
 * Images in a process: a PE32+ file is read, checked and laid out in private memory of the process, relocated, and its
 * sections get their protection. Imports, TLS and entry points are ntdll's. Not modelled: image sections shared between
 * processes (each has its own copy), prototype pages, ASLR (an image goes to its preferred base when that is free).
 */
#include "psp.h"
#include "../ldr/ldr.h"

#include "image.h"

#ifndef IMAGE_REL_BASED_DIR64 /* the DDK headers stop at the section headers */
#define IMAGE_REL_BASED_ABSOLUTE 0
#define IMAGE_REL_BASED_DIR64 10
#endif
#define PSP_MAX_IMAGE_BYTES 0x10000000 /* of a file; ours are below a megabyte */

typedef struct _PSP_FILE_VIEW { /* the file as read */
    PUCHAR Data;
    ULONG Bytes;
    PIMAGE_NT_HEADERS64 Headers;
    PIMAGE_SECTION_HEADER Sections;
} PSP_FILE_VIEW;

static NTSTATUS PspReadWhole(HANDLE File, PSP_FILE_VIEW *View)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    NTSTATUS Status;

    Status = ZwQueryInformationFile(File, &IoStatus, &Standard, sizeof(Standard), FileStandardInformation);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Standard.EndOfFile.QuadPart < (LONGLONG)sizeof(IMAGE_DOS_HEADER) ||
        Standard.EndOfFile.QuadPart > PSP_MAX_IMAGE_BYTES)
        return STATUS_INVALID_IMAGE_FORMAT;
    View->Bytes = (ULONG)Standard.EndOfFile.QuadPart;
    View->Data = ExAllocatePoolWithTag(PagedPool, View->Bytes, PSP_TAG);
    if (View->Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwReadFile(File, NULL, NULL, NULL, &IoStatus, View->Data, View->Bytes, &Offset, NULL);
    if (NT_SUCCESS(Status) && IoStatus.Information != View->Bytes)
        Status = STATUS_INVALID_IMAGE_FORMAT;
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(View->Data, PSP_TAG);
    return Status;
}

/* Every number used later is checked here. */
static NTSTATUS PspCheckImage(PSP_FILE_VIEW *View)
{
    PIMAGE_DOS_HEADER Dos = (PVOID)View->Data;
    PIMAGE_OPTIONAL_HEADER64 Optional;
    ULONG64 End;

    if (Dos->e_magic != IMAGE_DOS_SIGNATURE)
        return STATUS_INVALID_IMAGE_NOT_MZ;
    if (Dos->e_lfanew < (LONG)sizeof(*Dos) || (ULONG64)Dos->e_lfanew + sizeof(IMAGE_NT_HEADERS64) > View->Bytes)
        return STATUS_INVALID_IMAGE_FORMAT;
    View->Headers = (PVOID)(View->Data + Dos->e_lfanew);
    Optional = &View->Headers->OptionalHeader;
    if (View->Headers->Signature != IMAGE_NT_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (View->Headers->FileHeader.Machine != IMAGE_FILE_MACHINE_AMD64)
        return STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE;
    if (Optional->Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC || Optional->SectionAlignment != PAGE_SIZE ||
        View->Headers->FileHeader.SizeOfOptionalHeader < sizeof(*Optional) || Optional->SizeOfImage == 0 ||
        Optional->SizeOfImage > PSP_MAX_IMAGE_BYTES || Optional->SizeOfHeaders > View->Bytes ||
        Optional->SizeOfHeaders > Optional->SizeOfImage || Optional->AddressOfEntryPoint >= Optional->SizeOfImage ||
        Optional->NumberOfRvaAndSizes > IMAGE_NUMBEROF_DIRECTORY_ENTRIES || (Optional->ImageBase & 0xFFFF) != 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    View->Sections = (PVOID)((PUCHAR)Optional + View->Headers->FileHeader.SizeOfOptionalHeader);
    End = (ULONG64)((PUCHAR)View->Sections - View->Data) +
          View->Headers->FileHeader.NumberOfSections * sizeof(IMAGE_SECTION_HEADER);
    if (End > View->Bytes)
        return STATUS_INVALID_IMAGE_FORMAT;
    for (ULONG i = 0; i < View->Headers->FileHeader.NumberOfSections; i++) {
        PIMAGE_SECTION_HEADER Section = &View->Sections[i];
        ULONG64 Size = Section->Misc.VirtualSize ? Section->Misc.VirtualSize : Section->SizeOfRawData;

        if ((Section->VirtualAddress & (PAGE_SIZE - 1)) != 0 || Section->VirtualAddress < Optional->SizeOfHeaders ||
            Section->VirtualAddress + Size > Optional->SizeOfImage ||
            (ULONG64)Section->PointerToRawData + Section->SizeOfRawData > View->Bytes)
            return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

static VOID PspCopySections(const PSP_FILE_VIEW *View, PUCHAR Base)
{
    RtlCopyMemory(Base, View->Data, View->Headers->OptionalHeader.SizeOfHeaders);
    for (ULONG i = 0; i < View->Headers->FileHeader.NumberOfSections; i++) {
        PIMAGE_SECTION_HEADER Section = &View->Sections[i];
        ULONG Bytes = Section->SizeOfRawData;

        if (Section->Misc.VirtualSize != 0 && Bytes > Section->Misc.VirtualSize)
            Bytes = Section->Misc.VirtualSize;
        RtlCopyMemory(Base + Section->VirtualAddress, View->Data + Section->PointerToRawData, Bytes);
    }
}

/* Applies the relocations to the image at Base, whose size is SizeOfImage; FALSE when they point outside it. */
static BOOLEAN PspRelocate(PIMAGE_OPTIONAL_HEADER64 Optional, PUCHAR Base)
{
    ULONG64 Delta = (ULONG64)Base - Optional->ImageBase, At, End;
    PIMAGE_DATA_DIRECTORY Directory = &Optional->DataDirectory[IMAGE_DIRECTORY_ENTRY_BASERELOC];

    if (Delta == 0)
        return TRUE;
    if (Optional->NumberOfRvaAndSizes <= IMAGE_DIRECTORY_ENTRY_BASERELOC || Directory->Size == 0) {
        PIMAGE_NT_HEADERS64 Headers = CONTAINING_RECORD(Optional, IMAGE_NT_HEADERS64, OptionalHeader);

        /* No relocations: it cannot move, unless it says that it has none because it needs none. */
        return !(Headers->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED);
    }
    At = Directory->VirtualAddress;
    End = At + Directory->Size;
    if (End > Optional->SizeOfImage)
        return FALSE;
    while (At + sizeof(IMAGE_BASE_RELOCATION) <= End) {
        PIMAGE_BASE_RELOCATION Block = (PVOID)(Base + At);
        PUSHORT Entry = (PVOID)(Block + 1);

        if (Block->SizeOfBlock < sizeof(*Block) || At + Block->SizeOfBlock > End)
            return FALSE;
        for (ULONG n = (Block->SizeOfBlock - sizeof(*Block)) / 2; n != 0; n--, Entry++) {
            ULONG64 Target = (ULONG64)Block->VirtualAddress + (*Entry & 0xFFF);

            if (*Entry >> 12 == IMAGE_REL_BASED_ABSOLUTE)
                continue;
            if (*Entry >> 12 != IMAGE_REL_BASED_DIR64 || Target + 8 > Optional->SizeOfImage)
                return FALSE;
            *(ULONG64 UNALIGNED *)(Base + Target) += Delta;
        }
        At += Block->SizeOfBlock;
    }
    return TRUE;
}

static ULONG PspSectionProtection(ULONG Characteristics)
{
    static const ULONG Protection[8] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_READWRITE,
                                        PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
                                        PAGE_EXECUTE_READWRITE};

    return Protection[(Characteristics & IMAGE_SCN_MEM_READ ? 1 : 0) + (Characteristics & IMAGE_SCN_MEM_WRITE ? 2 : 0) +
                      (Characteristics & IMAGE_SCN_MEM_EXECUTE ? 4 : 0)];
}

static NTSTATUS PspProtectImage(MM_ADDRESS_SPACE *Space, const PSP_FILE_VIEW *View, PUCHAR Base)
{
    PVOID Start = Base;
    SIZE_T Bytes = View->Headers->OptionalHeader.SizeOfHeaders;
    ULONG Old;
    NTSTATUS Status = MmProtectUserMemory(Space, &Start, &Bytes, PAGE_READONLY, &Old);

    for (ULONG i = 0; NT_SUCCESS(Status) && i < View->Headers->FileHeader.NumberOfSections; i++) {
        PIMAGE_SECTION_HEADER Section = &View->Sections[i];

        Start = Base + Section->VirtualAddress;
        Bytes = Section->Misc.VirtualSize ? Section->Misc.VirtualSize : Section->SizeOfRawData;
        if (Bytes != 0)
            Status = MmProtectUserMemory(Space, &Start, &Bytes, PspSectionProtection(Section->Characteristics), &Old);
    }
    return Status;
}

static NTSTATUS PspLayOutImage(PEPROCESS Process, const PSP_FILE_VIEW *View, PSP_IMAGE *Image)
{
    PIMAGE_OPTIONAL_HEADER64 Optional = &View->Headers->OptionalHeader;
    PVOID Base = (PVOID)Optional->ImageBase;
    SIZE_T Bytes = Optional->SizeOfImage, Zero = 0;
    NTSTATUS Status;

    Status = MmAllocateUserMemory(Process->AddressSpace, &Base, &Bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(Status)) {
        if (View->Headers->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED)
            return STATUS_CONFLICTING_ADDRESSES;
        Base = NULL;
        Bytes = Optional->SizeOfImage;
        Status = MmAllocateUserMemory(Process->AddressSpace, &Base, &Bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        PspCopySections(View, Base);
        Status = PspRelocate(Optional, Base) ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status))
        Status = PspProtectImage(Process->AddressSpace, View, Base);
    if (!NT_SUCCESS(Status)) {
        MmFreeUserMemory(Process->AddressSpace, &Base, &Zero, MEM_RELEASE);
        return Status;
    }
    Image->Base = Base;
    Image->Bytes = Optional->SizeOfImage;
    Image->EntryPoint = Optional->AddressOfEntryPoint ? (PUCHAR)Base + Optional->AddressOfEntryPoint : NULL;
    Image->StackReserve = Optional->SizeOfStackReserve;
    Image->Subsystem = Optional->Subsystem;
    Image->Characteristics = View->Headers->FileHeader.Characteristics;
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
    PSP_FILE_VIEW View;
    KAPC_STATE Attached;
    HANDLE File;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateFile(&File, FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_EXECUTE | SYNCHRONIZE, &Attributes,
                          &IoStatus, NULL, 0, FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspReadWhole(File, &View);
    if (!NT_SUCCESS(Status))
        goto CloseFile;
    Status = PspCheckImage(&View);
    if (!NT_SUCCESS(Status))
        goto FreeView;
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    Status = PspLayOutImage(Process, &View, Image);
    if (NT_SUCCESS(Status))
        LdrNoteUserImage(&Process->LoadedModules, Path, Image->Base, Image->Bytes); /* without it stacks have no names */
    KeUnstackDetachProcess(&Attached);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(File, 0, NULL, KernelMode, (PVOID *)&Image->File, NULL);

FreeView:
    ExFreePoolWithTag(View.Data, PSP_TAG);
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

/* The address of an export of a mapped image that is known to be sound (ntdll), or 0. In the process. */
ULONG64 PspFindExport(const PSP_IMAGE *Image, const char *Name)
{
    PUCHAR Base = Image->Base;
    PIMAGE_NT_HEADERS64 Headers = (PVOID)(Base + ((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    PIMAGE_EXPORT_DIRECTORY Exports;
    PULONG Names, Functions;
    PUSHORT Ordinals;

    Exports = (PVOID)(Base + Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress);
    Names = (PVOID)(Base + Exports->AddressOfNames);
    Functions = (PVOID)(Base + Exports->AddressOfFunctions);
    Ordinals = (PVOID)(Base + Exports->AddressOfNameOrdinals);
    for (ULONG i = 0; i < Exports->NumberOfNames; i++)
        if (strcmp((char *)Base + Names[i], Name) == 0)
            return (ULONG64)(Base + Functions[Ordinals[i]]);
    return 0;
}
