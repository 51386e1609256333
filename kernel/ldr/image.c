/*
 * The documented routines that look into images: headers, directories, exports, system routines by
 * name, and what drivers may ask about their own image's paging and verification. Nothing of an
 * image is ever paged out and no driver is verified yet, so those routines only check what they are
 * given.
 */
#include "ldrp.h"

#define LDRP_HEADER_LIMIT 0x10000000u /* e_lfanew beyond it is not believed */

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size,
                                  PIMAGE_NT_HEADERS *OutHeaders);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory,
                                         PULONG Size);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID ImageBase, PCCH RoutineName);

#define LDRP_NO_RANGE_CHECK 1u /* RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK */

/* ---- headers ---- */

static NTSTATUS LdrpFindNtHeader(PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *Headers)
{
    const IMAGE_DOS_HEADER *Dos = Base;
    PIMAGE_NT_HEADERS Nt;

    if (Size < sizeof(*Dos) || Dos->e_magic != IMAGE_DOS_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    if ((ULONG)Dos->e_lfanew >= LDRP_HEADER_LIMIT || (ULONG)Dos->e_lfanew + sizeof(*Nt) > Size)
        return STATUS_INVALID_IMAGE_FORMAT;
    Nt = (PIMAGE_NT_HEADERS)((PUCHAR)Base + Dos->e_lfanew);
    /* a header on the other side of the user range's end belongs to no image */
    if (MmIsUserAddress(Base) != MmIsUserAddress((PUCHAR)Nt + sizeof(*Nt)) ||
        Nt->Signature != IMAGE_NT_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    *Headers = Nt;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlImageNtHeaderEx);
NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size,
                                  PIMAGE_NT_HEADERS *OutHeaders)
{
    NTSTATUS Status;

    if (OutHeaders == NULL)
        return STATUS_INVALID_PARAMETER;
    *OutHeaders = NULL;
    if (Base == NULL || Base == (PVOID)-1 || (Flags & ~LDRP_NO_RANGE_CHECK))
        return STATUS_INVALID_PARAMETER;
    __try {
        Status =
            LdrpFindNtHeader(Base, Flags & LDRP_NO_RANGE_CHECK ? MAXULONG64 : Size, OutHeaders);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_EXPORT(RtlImageNtHeader);
PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_NT_HEADERS Headers;

    RtlImageNtHeaderEx(LDRP_NO_RANGE_CHECK, Base, 0, &Headers);
    return Headers;
}

/* ---- directories ---- */

/* Where Rva is when the file was mapped as plain data. */
static PVOID LdrpRvaInFile(PVOID Base, PIMAGE_NT_HEADERS Headers, ULONG Rva)
{
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Headers);
    ULONG i;

    if (Rva < Headers->OptionalHeader.SizeOfHeaders)
        return (PUCHAR)Base + Rva;
    for (i = 0; i < Headers->FileHeader.NumberOfSections; i++)
        if (Rva - Section[i].VirtualAddress < Section[i].SizeOfRawData)
            return (PUCHAR)Base + Section[i].PointerToRawData + (Rva - Section[i].VirtualAddress);
    return NULL;
}

/* Bit 0 of Base says that the image is mapped as data, whatever MappedAsImage is. */
NT_EXPORT(RtlImageDirectoryEntryToData);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Directory,
                                         PULONG Size)
{
    PIMAGE_NT_HEADERS Headers;
    const IMAGE_DATA_DIRECTORY *Entry;

    *Size = 0;
    if ((ULONG_PTR)Base & 1)
        MappedAsImage = FALSE;
    Base = (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)1);
    Headers = RtlImageNtHeader(Base);
    if (Headers == NULL || Headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC ||
        Directory >= Headers->OptionalHeader.NumberOfRvaAndSizes ||
        Directory >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES)
        return NULL;
    Entry = &Headers->OptionalHeader.DataDirectory[Directory];
    if (Entry->VirtualAddress == 0)
        return NULL;
    *Size = Entry->Size;
    return MappedAsImage ? (PUCHAR)Base + Entry->VirtualAddress
                         : LdrpRvaInFile(Base, Headers, Entry->VirtualAddress);
}

/* ---- routines by name ---- */

NT_EXPORT(RtlFindExportedRoutineByName);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID ImageBase, PCCH RoutineName)
{
    PLDR_MODULE Module = LdrFindModule(ImageBase);

    return Module != NULL && Module->DllBase == ImageBase ? LdrFindExport(Module, RoutineName)
                                                          : NULL;
}

#define LDRP_ROUTINE_NAME_LIMIT 256

/* ntoskrnl's exports, then hal's. PASSIVE_LEVEL. [doc] */
NT_EXPORT(MmGetSystemRoutineAddress);
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    static const WCHAR *const Modules[] = { L"ntoskrnl.exe", L"hal.dll" };
    char Name[LDRP_ROUTINE_NAME_LIMIT];
    ULONG i, Length = SystemRoutineName->Length / sizeof(WCHAR);
    UNICODE_STRING ModuleName;
    PLDR_MODULE Module;
    PVOID Routine = NULL;

    if (Length >= sizeof(Name))
        return NULL;
    for (i = 0; i < Length; i++) {
        if (SystemRoutineName->Buffer[i] == 0 || SystemRoutineName->Buffer[i] > 0x7E)
            return NULL;
        Name[i] = (char)SystemRoutineName->Buffer[i];
    }
    Name[Length] = 0;
    for (i = 0; i < ARRAYSIZE(Modules) && Routine == NULL; i++) {
        RtlInitUnicodeString(&ModuleName, Modules[i]);
        Module = LdrFindModuleByName(&ModuleName);
        if (Module != NULL)
            Routine = LdrFindExport(Module, Name);
    }
    return Routine;
}

/* ---- verification and paging of a driver's image ---- */

NT_EXPORT(MmIsDriverVerifying);
LOGICAL NTAPI MmIsDriverVerifying(struct _DRIVER_OBJECT *DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    return FALSE;
}

NT_EXPORT(MmIsDriverVerifyingByAddress);
LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection)
{
    UNREFERENCED_PARAMETER(AddressWithinSection);
    return FALSE;
}

/* Nothing is paged: there is nothing to page out or in. Returns the base of the image, as
 * documented. */
NT_EXPORT(MmPageEntireDriver);
PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection)
{
    PLDR_MODULE Module =
        MmIsUserAddress(AddressWithinSection) ? NULL : LdrFindModule(AddressWithinSection);

    return Module != NULL ? Module->DllBase : NULL;
}

NT_EXPORT(MmResetDriverPaging);
VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection)
{
    UNREFERENCED_PARAMETER(AddressWithinSection);
}

static DECLSPEC_NORETURN VOID LdrpBadSection(ULONG Kind, PVOID What)
{
    KeSetBugCheckText("%p is in no section of a loaded driver, or not locked", What);
    KeBugCheckEx(MEMORY_MANAGEMENT, Kind, (ULONG_PTR)What, 0, 0);
}

/* The lock count of the section that holds Address. */
static USHORT *LdrpFindSectionLock(PLDR_MODULE Module, PVOID Address)
{
    PE_IMAGE Image;
    PE_SECTION Section;
    ULONG i;

    if (PeOpenMapped(&Image, Module->DllBase, Module->SizeOfImage) != PE_OK)
        return NULL;
    for (i = 0; i < Image.SectionCount; i++) {
        PeGetSection(&Image, i, &Section);
        if ((ULONG64)Address - (ULONG64)Module->DllBase - Section.Rva < Section.VirtualSize)
            return &Module->SectionLocks[i];
    }
    return NULL;
}

/* The handle is the section's lock count; a driver can only pass it back. */
NT_EXPORT(MmLockPagableDataSection);
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    PLDR_MODULE Module =
        MmIsUserAddress(AddressWithinSection) ? NULL : LdrFindModule(AddressWithinSection);
    USHORT *Lock = Module != NULL ? LdrpFindSectionLock(Module, AddressWithinSection) : NULL;

    if (Lock == NULL)
        LdrpBadSection(0x1234,
                       AddressWithinSection); /* [doc: 0x1A] a section that does not exist */
    ++*Lock;
    return Lock;
}

static BOOLEAN LdrpIsSectionHandle(USHORT *Handle)
{
    PLIST_ENTRY Entry;
    PLDR_MODULE Module;

    for (Entry = PsLoadedModuleList.Flink; Entry != &PsLoadedModuleList; Entry = Entry->Flink) {
        Module = CONTAINING_RECORD(Entry, LDR_MODULE, InLoadOrderLinks);
        if (Handle >= Module->SectionLocks && Handle < Module->SectionLocks + PE_SECTION_LIMIT)
            return TRUE;
    }
    return FALSE;
}

NT_EXPORT(MmLockPagableSectionByHandle);
VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    if (!LdrpIsSectionHandle(ImageSectionHandle))
        LdrpBadSection(0x1234, ImageSectionHandle);
    ++*(USHORT *)ImageSectionHandle;
}

NT_EXPORT(MmUnlockPagableImageSection);
VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    if (!LdrpIsSectionHandle(ImageSectionHandle) || *(USHORT *)ImageSectionHandle == 0)
        LdrpBadSection(0x1010, ImageSectionHandle); /* [doc: 0x1A] not locked */
    --*(USHORT *)ImageSectionHandle;
}
