/*
 * Loading and unloading of system images. All pages of an image are resident; sections have their
 * protections, the headers are read-only. An image whose sections are not page aligned is mapped as
 * one readable, writable and executable run, as NT does. Signatures are ci's.
 */
#include "ldrp.h"
#include "../ci/ci.h"
#include "../etw/etw.h"
#include "../ex/ex.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "../wmi/wmi.h"

static ERESOURCE
    LdrpLoadLock; /* one load or unload at a time; may nest through DllInitialize and DllUnload */

VOID LdrpInitLoadLock(VOID)
{
    ExInitializeResourceLite(&LdrpLoadLock);
}

static VOID LdrpAcquireLoadLock(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&LdrpLoadLock, TRUE);
}

static VOID LdrpReleaseLoadLock(VOID)
{
    ExReleaseResourceLite(&LdrpLoadLock);
    KeLeaveCriticalRegion();
}

/* ---- memory of an image ---- */

static NTSTATUS LdrpProtectImage(const PE_IMAGE *Image, PUCHAR Base)
{
    PE_SECTION Section;
    NTSTATUS Status;
    ULONG i;

    if (Image->SectionAlignment < PAGE_SIZE)
        return MmProtectPages(Base, Image->SizeOfImage >> PAGE_SHIFT, MM_PROT_EXECUTE_READWRITE);
    Status = MmProtectPages(Base, BYTES_TO_PAGES(Image->SizeOfHeaders), MM_PROT_READ);
    for (i = 0; i < Image->SectionCount && NT_SUCCESS(Status); i++) {
        PeGetSection(Image, i, &Section);
        Status = MmProtectPages(Base + Section.Rva, BYTES_TO_PAGES(Section.VirtualSize),
                                LdrpSectionProtection(Section.Characteristics));
    }
    return Status;
}

/* Frees the pages of [Va, Va + Pages) that are mapped, a run at a time; the range stays reserved.
 */
static VOID LdrpFreePages(PUCHAR Va, SIZE_T Pages)
{
    SIZE_T Run, i;

    for (; Pages != 0; Pages -= Run, Va += Run << PAGE_SHIFT) {
        for (Run = 0; Run < Pages && MmGetPte(Va + (Run << PAGE_SHIFT)) != 0; Run++)
            ;
        for (i = 0; i < Run; i++)
            MmFreePages((MmGetPte(Va + (i << PAGE_SHIFT)) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
        MmUnmapPages(Va, Run);
        Run += Run < Pages; /* the page that is not there */
    }
}

static VOID LdrpFreeImage(PVOID Base, ULONG SizeOfImage)
{
    LdrpFreePages(Base, SizeOfImage >> PAGE_SHIFT);
    MmReleaseSystemRange(MmRegionImages, Base, SizeOfImage >> PAGE_SHIFT);
}

VOID LdrDiscardInit(PLDR_MODULE Module)
{
    PE_IMAGE Image;
    PE_SECTION Section;
    ULONG i;

    if ((Module->Flags & (LDR_MODULE_DISCARDED | LDR_MODULE_BOOT)) ||
        PeOpenMapped(&Image, Module->DllBase, Module->SizeOfImage) != PE_OK ||
        Image.SectionAlignment < PAGE_SIZE)
        return;
    Module->Flags |= LDR_MODULE_DISCARDED;
    for (i = 0; i < Image.SectionCount; i++) {
        PeGetSection(&Image, i, &Section);
        if (!(Section.Characteristics & PE_SECTION_DISCARDABLE))
            continue;
        if (Image.Directory[PE_DIRECTORY_EXCEPTION].Rva - Section.Rva < Section.VirtualSize)
            Module->ExceptionTableSize = 0;
        LdrpFreePages((PUCHAR)Module->DllBase + Section.Rva, BYTES_TO_PAGES(Section.VirtualSize));
    }
}

/* ---- load ---- */

static PLDR_MODULE LdrpFindLoaded(PCUNICODE_STRING Path)
{
    PLIST_ENTRY Entry;
    PLDR_MODULE Module;

    for (Entry = PsLoadedModuleList.Flink; Entry != &PsLoadedModuleList; Entry = Entry->Flink) {
        Module = CONTAINING_RECORD(Entry, LDR_MODULE, InLoadOrderLinks);
        if (RtlEqualUnicodeString(&Module->FullDllName, Path, TRUE))
            return Module;
    }
    return NULL;
}

/* The signature comes before the checksum, which whoever changes a file changes along. */
static NTSTATUS LdrpCheckDriverFile(PE_IMAGE *Image, const LDR_FILE *File, PCUNICODE_STRING Path,
                                    PUCHAR Level)
{
    PE_STATUS Status = PeOpenFile(Image, File->Bytes, File->Length);
    NTSTATUS Verified =
        Status == PE_OK ? CiValidateImage(Path, File->Bytes, File->Length, Level) : STATUS_SUCCESS;

    if (!NT_SUCCESS(Verified))
        return Verified;
    if (Status == PE_OK)
        Status = PeVerifyCheckSum(Image);
    if (Status == PE_OK)
        Status = PeValidate(Image);
    if (Status == PE_OK && Image->Subsystem != PE_SUBSYSTEM_NATIVE) {
        Image->Reason = "a program or library of user mode, not a driver";
        Status = PE_BAD_FORMAT;
    }
    if (Status != PE_OK)
        LdrpLog("%wZ: %s", Path, Image->Reason);
    return (NTSTATUS)Status;
}

/* File's image at a fresh address; *Base is its memory. */
static NTSTATUS LdrpMapDriver(const PE_IMAGE *File, PVOID *Base)
{
    NTSTATUS Status;

    *Base =
        MmAllocateSystemPages(MmRegionImages, File->SizeOfImage >> PAGE_SHIFT, MM_PROT_READWRITE);
    if (*Base == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = LdrpLayOutImage(File, *Base, (ULONG64)*Base);
    if (!NT_SUCCESS(Status))
        LdrpFreeImage(*Base, File->SizeOfImage);
    return Status;
}

static VOID LdrpNotify(PLDR_MODULE Module)
{
    IMAGE_INFO Info = { .ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT,
                        .SystemModeImage = 1,
                        .ImageBase = Module->DllBase,
                        .ImageSize = Module->SizeOfImage };

    PspCallImageNotify(&Module->FullDllName, NULL, &Info);
}

/* Binds, protects and announces an image that is mapped and in the list. */
static NTSTATUS LdrpFinishLoad(PLDR_MODULE Module)
{
    PE_IMAGE Image;
    NTSTATUS Status;

    if (PeOpenMapped(&Image, Module->DllBase, Module->SizeOfImage) != PE_OK)
        return STATUS_INVALID_IMAGE_FORMAT;
    Status = LdrpBindImports(Module, &Image);
    if (!NT_SUCCESS(Status))
        return Status;
    LdrpPrepareIrqlStubs(Module, &Image);
    Status = LdrpProtectImage(&Image, Module->DllBase);
    if (NT_SUCCESS(Status))
        LdrpNotify(Module);
    return Status;
}

static NTSTATUS LdrpLoadImage(PCUNICODE_STRING Path, PLDR_MODULE *Result)
{
    PLDR_MODULE Module;
    LDR_FILE File;
    PE_IMAGE Image;
    UCHAR Level;
    PVOID Base;
    NTSTATUS Status;

    Status = LdrReadFile(Path, &File);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LdrpCheckDriverFile(&Image, &File, Path, &Level);
    if (!NT_SUCCESS(Status))
        goto FreeFile;
    Status = STATUS_INSUFFICIENT_RESOURCES;
    Module = LdrpCreateModule(Path);
    if (Module == NULL)
        goto FreeFile;
    Module->SignatureLevel = Level;
    Status = LdrpMapDriver(&Image, &Base);
    if (!NT_SUCCESS(Status))
        goto DeleteModule;
    LdrpDescribeImage(Module, Base, &Image);
    LdrFreeFile(&File);
    LdrpInsertModule(Module); /* before its imports: two drivers may import from each other */
    Status = LdrpFinishLoad(Module);
    if (!NT_SUCCESS(Status)) {
        LdrpReleaseImports(Module); /* first, in case one of them imports from this one */
        LdrUnloadSystemImage(Module);
        return Status;
    }
    *Result = Module;
    return STATUS_SUCCESS;

DeleteModule:
    LdrpDeleteModule(Module);
FreeFile:
    LdrFreeFile(&File);
    return Status;
}

NTSTATUS LdrLoadSystemImage(PCUNICODE_STRING Path, PLDR_MODULE *Result)
{
    NTSTATUS Status = STATUS_IMAGE_ALREADY_LOADED;

    LdrpAcquireLoadLock();
    *Result = LdrpFindLoaded(Path);
    if (*Result != NULL)
        LdrReferenceModule(*Result);
    else
        Status = LdrpLoadImage(Path, Result);
    LdrpReleaseLoadLock();
    return Status;
}

/* ---- unload ---- */

VOID LdrReferenceModule(PLDR_MODULE Module)
{
    if (!(Module->Flags & LDR_MODULE_BOOT))
        Module->LoadCount++;
}

static VOID LdrpUnloadImage(PLDR_MODULE Module)
{
    KeCheckForTimers(Module->DllBase, Module->SizeOfImage);
    EtwCheckImage(Module->DllBase, Module->SizeOfImage);
    WmiCheckImage(Module->DllBase, Module->SizeOfImage);
    KeCheckForInterrupts(Module->DllBase, Module->SizeOfImage);
    if (KiLoaderBlock->flags & HAL_FLAG_BOOTED) /* a run tells of it in its summary */
        ExLogPoolLeft(&Module->BaseDllName, Module->DllBase, Module->SizeOfImage);
    LdrpRemoveModule(Module);
    LdrpReleaseImports(Module);
    LdrpFreeIrqlStubs(Module);
    LdrpFreeImage(Module->DllBase, Module->SizeOfImage);
    LdrpDeleteModule(Module);
}

VOID LdrUnloadSystemImage(PLDR_MODULE Module)
{
    if (Module->Flags & LDR_MODULE_BOOT)
        return;
    LdrpAcquireLoadLock();
    DD_ASSERT(Module->LoadCount != 0);
    if (--Module->LoadCount == 0)
        LdrpUnloadImage(Module);
    LdrpReleaseLoadLock();
}

VOID LdrpLog(const char *Format, ...)
{
    char Text[512] = "ldr: ";
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Text + 5, sizeof(Text) - 7, Format, Arguments);
    va_end(Arguments);
    Text[sizeof(Text) - 2] = 0;
    strcat(Text, "\n");
    HAL->write(HAL_STREAM_LOG, (ULONG64)Text, strlen(Text), KeVirtualTime());
}
