/*
 * Sections: memory that can be mapped into processes and the system range. A section has all of its
 * pages from the start: zeroes, or a file's contents, which are written back when a writable view
 * is flushed or goes. \Device\Physical- Memory shows RAM. Left out: image sections (ps loads
 * programs itself), sections of one file sharing pages with each other and with the file's reads
 * and writes, extending a section.
 */
#include "../fsrtl/fsrtl.h"
#include "../ex/exp.h"
#include "../ps/ps.h"
#include "mi.h"

#define MI_SECTION_TAG 'tcSM'

#ifndef SEC_IMAGE /* winnt.h's */
#define SEC_FILE 0x800000u
#define SEC_IMAGE 0x1000000u
#define SEC_NOCACHE 0x10000000u
#endif

NT_EXPORT_DATA_ALIAS(MmSectionObjectType, MiSectionType);
POBJECT_TYPE MiSectionType;
POBJECT_TYPE *MmSectionObjectType = &MiSectionType;

typedef struct _MI_SECTION {
    LARGE_INTEGER Size; /* bytes */
    ULONG Count;        /* pages */
    ULONG Protect, Attributes;
    PFILE_OBJECT File;   /* referenced, or NULL */
    BOOLEAN Physical;    /* RAM itself: no page array */
    PFN_NUMBER *Page;    /* one reference each */
    LIST_ENTRY FileLink; /* MiFileSections, when it has a file */
    ULONG Views, WritableViews;
} MI_SECTION;
static LIST_ENTRY MiFileSections = {&MiFileSections, &MiFileSections};

struct _MI_VIEW {
    MI_SECTION *Section; /* referenced */
    ULONG First, Count;  /* pages of the section */
    BOOLEAN Writable;
};

BOOLEAN MiIsBorrowedView(const MI_VIEW *View)
{
    return View->Section->Physical;
}

/* ---- a file's contents ---- */

static NTSTATUS MiOpenFileOf(MI_SECTION *Section, PHANDLE Handle)
{
    return ObOpenObjectByPointer(Section->File, OBJ_KERNEL_HANDLE, NULL, 0, *IoFileObjectType,
                                 KernelMode, Handle);
}

/* Moves Bytes between the section's pages from First on and the file. */
static NTSTATUS MiMoveFile(MI_SECTION *Section, ULONG First, ULONG Count, BOOLEAN Write)
{
    IO_STATUS_BLOCK IoStatus = {.Information = 0};
    HANDLE Handle;
    NTSTATUS Status = MiOpenFileOf(Section, &Handle);

    for (ULONG i = First; i < First + Count && NT_SUCCESS(Status); i++) {
        LARGE_INTEGER Offset = {.QuadPart = (LONGLONG)i << PAGE_SHIFT};
        LONGLONG Left = Section->Size.QuadPart - Offset.QuadPart;
        ULONG Bytes = Left < PAGE_SIZE ? (ULONG)Left : PAGE_SIZE;
        PVOID Va = MmPfnToKernelVa(Section->Page[i]);

        Status = Write ? ZwWriteFile(Handle, NULL, NULL, NULL, &IoStatus, Va, Bytes, &Offset, NULL)
                       : ZwReadFile(Handle, NULL, NULL, NULL, &IoStatus, Va, Bytes, &Offset, NULL);
        if (Status == STATUS_PENDING) {
            ZwWaitForSingleObject(Handle, FALSE, NULL);
            Status = IoStatus.Status;
        }
        if (Status == STATUS_END_OF_FILE && !Write)
            Status = STATUS_SUCCESS; /* the section is longer than the file: zeroes */
    }
    ZwClose(Handle);
    return Status;
}

VOID MiFlushView(MI_VIEW *View)
{
    if (View->Writable && View->Section->File != NULL)
        MiMoveFile(View->Section, View->First, View->Count, TRUE);
}

VOID MiReleaseView(MI_VIEW *View)
{
    View->Section->Views--;
    View->Section->WritableViews -= View->Writable;
    ObfDereferenceObject(View->Section);
    ExpFreePool(View, MI_SECTION_TAG, NULL);
}

/* ---- creation ---- */

static VOID MiDeleteSection(PVOID Object)
{
    MI_SECTION *Section = Object;

    if (Section->Page != NULL) {
        for (ULONG i = 0; i < Section->Count && Section->Page[i] != 0; i++)
            MmFreePages(Section->Page[i], 1);
        ExpFreePool(Section->Page, MI_SECTION_TAG, NULL);
    }
    if (Section->File != NULL) {
        RemoveEntryList(&Section->FileLink);
        ObfDereferenceObject(Section->File);
    }
}

/* ---- what file systems ask ---- */

static BOOLEAN MiIsSectionOf(const MI_SECTION *Section, PSECTION_OBJECT_POINTERS Pointers)
{
    return Pointers != NULL && Section->File->SectionObjectPointer == Pointers;
}

BOOLEAN MiIsFileMapped(PSECTION_OBJECT_POINTERS Pointers, const LARGE_INTEGER *Beyond)
{
    for (PLIST_ENTRY Link = MiFileSections.Flink; Link != &MiFileSections; Link = Link->Flink) {
        MI_SECTION *Section = CONTAINING_RECORD(Link, MI_SECTION, FileLink);

        if (MiIsSectionOf(Section, Pointers) && Section->Views != 0 &&
            (Beyond == NULL || Section->Size.QuadPart > Beyond->QuadPart))
            return TRUE;
    }
    return FALSE;
}

ULONG MiCountWritableViews(PSECTION_OBJECT_POINTERS Pointers)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = MiFileSections.Flink; Link != &MiFileSections; Link = Link->Flink) {
        MI_SECTION *Section = CONTAINING_RECORD(Link, MI_SECTION, FileLink);

        if (MiIsSectionOf(Section, Pointers))
            Count += Section->WritableViews;
    }
    return Count;
}

static NTSTATUS MiAllocateSectionPages(MI_SECTION *Section)
{
    SIZE_T Bytes = Section->Count * sizeof(PFN_NUMBER);

    Section->Page = ExpAllocatePool(NonPagedPoolNx, Bytes, MI_SECTION_TAG, FALSE, NULL);
    if (Section->Page == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Section->Page, Bytes);
    for (ULONG i = 0, Run = Section->Count; i < Section->Count; i += Run) {
        PFN_NUMBER First;

        Run = min(Run, Section->Count - i);
        while ((First = MmAllocatePages(Run)) == 0 && Run > 1)
            Run /= 2;
        if (First == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
        for (ULONG k = 0; k < Run; k++)
            Section->Page[i + k] = First + k;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiSizeFromFile(HANDLE FileHandle, PLARGE_INTEGER Size)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = ZwQueryInformationFile(FileHandle, &IoStatus, &Standard, sizeof(Standard),
                                             FileStandardInformation);

    if (NT_SUCCESS(Status))
        *Size = Standard.EndOfFile;
    return Status;
}

static BOOLEAN MiCanWrite(ULONG Protect)
{
    Protect &= 0xFF;
    return Protect == PAGE_READWRITE || Protect == PAGE_EXECUTE_READWRITE;
}

/*
 * Size 0 means all of the file; a file too short for a writable section grows. [doc:
 * ZwCreateSection]
 */
static NTSTATUS MiAttachFile(MI_SECTION *Section, PFILE_OBJECT File)
{
    LARGE_INTEGER FileSize;
    HANDLE Handle;
    NTSTATUS Status;

    Section->File = File;
    ObfReferenceObject(File);
    InsertTailList(&MiFileSections, &Section->FileLink);
    Status = MiOpenFileOf(Section, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiSizeFromFile(Handle, &FileSize);
    if (NT_SUCCESS(Status) && Section->Size.QuadPart == 0)
        Section->Size = FileSize;
    if (NT_SUCCESS(Status) && Section->Size.QuadPart == 0)
        Status = STATUS_MAPPED_FILE_SIZE_ZERO;
    if (NT_SUCCESS(Status) && Section->Size.QuadPart > FileSize.QuadPart) {
        FILE_END_OF_FILE_INFORMATION End = {.EndOfFile = Section->Size};
        IO_STATUS_BLOCK IoStatus;

        Status = MiCanWrite(Section->Protect)
                     ? ZwSetInformationFile(Handle, &IoStatus, &End, sizeof(End),
                                            FileEndOfFileInformation)
                     : STATUS_SECTION_TOO_BIG;
    }
    ZwClose(Handle);
    return Status;
}

/* The file's pages are read while its file system and filters know of it. */
static NTSTATUS MiReadFile(MI_SECTION *Section, PFILE_OBJECT File)
{
    FS_FILTER_PARAMETERS Parameters = {
        .AcquireForSectionSynchronization = {SyncTypeCreateSection, Section->Protect}};
    NTSTATUS Status =
        FsRtlTellFilters(File, FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION, &Parameters);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiMoveFile(Section, 0, Section->Count, FALSE);
    FsRtlTellFilters(File, FS_FILTER_RELEASE_FOR_SECTION_SYNCHRONIZATION, NULL);
    return Status;
}

static NTSTATUS MiFillSection(MI_SECTION *Section, PFILE_OBJECT File)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (File != NULL)
        Status = MiAttachFile(Section, File);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Section->Size.QuadPart <= 0)
        return STATUS_INVALID_PARAMETER_4;
    if ((ULONG64)Section->Size.QuadPart > (ULONG64)MmTotalPageCount() << PAGE_SHIFT)
        return STATUS_SECTION_TOO_BIG;
    Section->Count = (ULONG)BYTES_TO_PAGES(Section->Size.QuadPart);
    Status = MiAllocateSectionPages(Section);
    if (NT_SUCCESS(Status) && File != NULL)
        Status = MiReadFile(Section, File);
    return Status;
}

static NTSTATUS MiCheckSection(ULONG Protect, ULONG Attributes)
{
    if (MmProtectToPte(Protect) == ~0ull || (Protect & PAGE_GUARD) ||
        (Protect & 0xFF) == PAGE_NOACCESS)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (Attributes & SEC_IMAGE)
        return STATUS_NOT_SUPPORTED;
    if ((Attributes & ~(SEC_COMMIT | SEC_RESERVE | SEC_NOCACHE | SEC_FILE)) != 0 ||
        (Attributes & (SEC_COMMIT | SEC_RESERVE)) == 0)
        return STATUS_INVALID_PARAMETER_6;
    return STATUS_SUCCESS;
}

static NTSTATUS MiCreateSectionObject(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode,
                                      LONGLONG Bytes, ULONG Protect, ULONG Flags, PFILE_OBJECT File,
                                      MI_SECTION **Result)
{
    MI_SECTION *Section;
    NTSTATUS Status = MiCheckSection(Protect, Flags);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObCreateObject(Mode, MiSectionType, Attributes, Mode, NULL, sizeof(*Section), 0, 0,
                            (PVOID *)&Section);
    if (!NT_SUCCESS(Status))
        return Status;
    Section->Size.QuadPart = Bytes;
    Section->Protect = Protect;
    Section->Attributes = Flags;
    Status = MiFillSection(Section, File);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Section);
        return Status;
    }
    *Result = Section;
    return STATUS_SUCCESS;
}

static NTSTATUS MiReferenceFile(HANDLE Handle, ULONG Protect, PFILE_OBJECT *File)
{
    ACCESS_MASK Access = FILE_READ_DATA | (MiCanWrite(Protect) ? FILE_WRITE_DATA : 0);

    *File = NULL;
    if (Handle == NULL)
        return STATUS_SUCCESS;
    return ObReferenceObjectByHandle(Handle, Access, *IoFileObjectType, ExGetPreviousMode(),
                                     (PVOID *)File, NULL);
}

NT_SERVICE_PARTIAL(CreateSection,
                   "SEC_IMAGE: STATUS_NOT_SUPPORTED; sections of one file do not share pages");
NTSTATUS NTAPI NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes,
                               HANDLE FileHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Size = {.QuadPart = 0};
    MI_SECTION *Section;
    PFILE_OBJECT File;
    HANDLE Handle;
    NTSTATUS Status = ExpProbeOut(SectionHandle, sizeof(*SectionHandle), Mode);

    if (NT_SUCCESS(Status) && MaximumSize != NULL)
        Status = ExpCopyIn(&Size, MaximumSize, sizeof(Size), Mode);
    if (NT_SUCCESS(Status))
        Status = MiReferenceFile(FileHandle, SectionPageProtection, &File);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiCreateSectionObject(ObjectAttributes, Mode, Size.QuadPart, SectionPageProtection,
                                   AllocationAttributes, File, &Section);
    if (File != NULL)
        ObfDereferenceObject(File);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObInsertObject(Section, NULL, DesiredAccess, 0, NULL, &Handle);
    if (NT_SUCCESS(Status))
        ExpCopyOut(SectionHandle, &Handle, sizeof(Handle), Mode);
    return Status;
}

NT_PARTIAL(MmCreateSection, "SEC_IMAGE: STATUS_NOT_SUPPORTED");
NTSTATUS NTAPI MmCreateSection(PVOID *SectionObject, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                               ULONG SectionPageProtection, ULONG AllocationAttributes,
                               HANDLE FileHandle, PFILE_OBJECT FileObject)
{
    PFILE_OBJECT File = FileObject;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DesiredAccess); /* no handle is made */
    if (File == NULL)
        Status = MiReferenceFile(FileHandle, SectionPageProtection, &File);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiCreateSectionObject(
        ObjectAttributes, KernelMode, MaximumSize == NULL ? 0 : MaximumSize->QuadPart,
        SectionPageProtection, AllocationAttributes, File, (MI_SECTION **)SectionObject);
    if (File != NULL && FileObject == NULL)
        ObfDereferenceObject(File);
    return Status;
}

NT_SERVICE(OpenSection);
NTSTATUS NTAPI NtOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ExpOpenHandle(MiSectionType, ObjectAttributes, DesiredAccess, SectionHandle);
}

/* ---- views ---- */

/*
 * Rounds the offset down to 64 KiB; a size of 0 means to the section's end. [doc:
 * ZwMapViewOfSection]
 */
static NTSTATUS MiPlaceView(MI_SECTION *Section, LONGLONG *Offset, SIZE_T *Bytes)
{
    LONGLONG Start = *Offset & ~0xFFFFll, End;

    if (Section->Physical)
        Start = *Offset & ~(LONGLONG)(PAGE_SIZE - 1);
    if (*Offset < 0 || Start >= Section->Size.QuadPart)
        return STATUS_INVALID_VIEW_SIZE;
    End = *Bytes == 0 ? Section->Size.QuadPart : *Offset + (LONGLONG)*Bytes;
    if (End < Start ||
        End > ((Section->Size.QuadPart + PAGE_SIZE - 1) & ~(LONGLONG)(PAGE_SIZE - 1)))
        return STATUS_INVALID_VIEW_SIZE;
    *Offset = Start;
    *Bytes = (SIZE_T)((End - Start + PAGE_SIZE - 1) & ~(LONGLONG)(PAGE_SIZE - 1));
    return STATUS_SUCCESS;
}

static NTSTATUS MiCreateView(MI_SECTION *Section, LONGLONG Offset, SIZE_T Bytes, ULONG Protect,
                             MI_VIEW **View)
{
    *View = ExpAllocatePool(NonPagedPoolNx, sizeof(**View), MI_SECTION_TAG, FALSE, NULL);
    if (*View == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    (*View)->Section = Section;
    (*View)->First = (ULONG)(Offset >> PAGE_SHIFT);
    (*View)->Count = (ULONG)(Bytes >> PAGE_SHIFT);
    (*View)->Writable = MiCanWrite(Protect);
    Section->Views++;
    Section->WritableViews += (*View)->Writable;
    ObfReferenceObject(Section);
    return STATUS_SUCCESS;
}

/* The page numbers of a view, in pool when they have to be made up. */
static PFN_NUMBER *MiViewPages(MI_SECTION *Section, MI_VIEW *View)
{
    PFN_NUMBER *Page;

    if (!Section->Physical)
        return Section->Page + View->First;
    Page = ExpAllocatePool(NonPagedPoolNx, View->Count * sizeof(*Page), MI_SECTION_TAG, FALSE,
                           NULL);
    for (ULONG i = 0; Page != NULL && i < View->Count; i++)
        Page[i] = View->First + i;
    return Page;
}

/* A copy-on-write view gets pages of its own at once. */
static NTSTATUS MiCopyPages(PFN_NUMBER *From, ULONG Count, PFN_NUMBER **Result)
{
    PFN_NUMBER *Page = ExpAllocatePool(NonPagedPoolNx, Count * sizeof(*Page), MI_SECTION_TAG, FALSE,
                                       NULL);

    if (Page == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < Count; i++) {
        Page[i] = MmAllocatePages(1);
        if (Page[i] == 0) {
            while (i-- != 0)
                MmFreePages(Page[i], 1);
            ExpFreePool(Page, MI_SECTION_TAG, NULL);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(MmPfnToKernelVa(Page[i]), MmPfnToKernelVa(From[i]), PAGE_SIZE);
    }
    *Result = Page;
    return STATUS_SUCCESS;
}

static NTSTATUS MiMapView(MI_SECTION *Section, MM_ADDRESS_SPACE *Space, PVOID *Base,
                          LONGLONG Offset, SIZE_T Bytes, ULONG Protect)
{
    BOOLEAN Private = (Protect & 0xFF) == PAGE_WRITECOPY ||
                      (Protect & 0xFF) == PAGE_EXECUTE_WRITECOPY;
    PFN_NUMBER *Page, *Copy = NULL;
    MI_VIEW *View;
    NTSTATUS Status = MiCreateView(Section, Offset, Bytes, Protect, &View);

    if (!NT_SUCCESS(Status))
        return Status;
    Page = MiViewPages(Section, View);
    if (Page == NULL)
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status) && Private)
        Status = MiCopyPages(Page, View->Count, &Copy);
    if (NT_SUCCESS(Status)) {
        PVOID Va = MiMapUserView(Space, *Base, Private ? Copy : Page, View->Count, Protect, View);

        Status = Va != NULL      ? STATUS_SUCCESS
                 : *Base != NULL ? STATUS_CONFLICTING_ADDRESSES
                                 : STATUS_NO_MEMORY;
        *Base = Va;
    }
    if (Copy != NULL) { /* the mapping has its own references now */
        for (ULONG i = 0; i < View->Count; i++)
            MmFreePages(Copy[i], 1);
        ExpFreePool(Copy, MI_SECTION_TAG, NULL);
    }
    if (Section->Physical && Page != NULL)
        ExpFreePool(Page, MI_SECTION_TAG, NULL);
    if (!NT_SUCCESS(Status))
        MiReleaseView(View);
    return Status;
}

static NTSTATUS MiCheckViewProtection(MI_SECTION *Section, ULONG Protect)
{
    if (MmProtectToPte(Protect) == ~0ull)
        return STATUS_INVALID_PAGE_PROTECTION;
    if (MiCanWrite(Protect) && !MiCanWrite(Section->Protect))
        return STATUS_SECTION_PROTECTION;
    return STATUS_SUCCESS;
}

static NTSTATUS MiMapInProcess(MI_SECTION *Section, PEPROCESS Process, PVOID *Base,
                               PLARGE_INTEGER Offset, PSIZE_T Bytes, ULONG Protect)
{
    NTSTATUS Status = MiCheckViewProtection(Section, Protect);

    if (NT_SUCCESS(Status) && ((ULONG64)*Base & 0xFFFF) != 0)
        Status = STATUS_MAPPED_ALIGNMENT;
    if (NT_SUCCESS(Status))
        Status = MiPlaceView(Section, &Offset->QuadPart, Bytes);
    if (NT_SUCCESS(Status) && Process->AddressSpace == NULL)
        Status = Process == PsInitialSystemProcess ? PsGiveAddressSpace(Process)
                                                   : STATUS_PROCESS_IS_TERMINATING;
    if (!NT_SUCCESS(Status))
        return Status;
    return MiMapView(Section, Process->AddressSpace, Base, Offset->QuadPart, *Bytes, Protect);
}

static ACCESS_MASK MiViewAccess(ULONG Protect)
{
    return MiCanWrite(Protect) ? SECTION_MAP_WRITE : SECTION_MAP_READ;
}

NT_SERVICE(MapViewOfSection);
NT_EXPORT(NtMapViewOfSection);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
                                  SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Win32Protect)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Offset = {.QuadPart = 0};
    MI_SECTION *Section;
    PEPROCESS Process;
    PVOID Base;
    SIZE_T Bytes;
    NTSTATUS Status = ExpCopyIn(&Base, BaseAddress, sizeof(Base), Mode);

    UNREFERENCED_PARAMETER(ZeroBits);
    UNREFERENCED_PARAMETER(CommitSize); /* all of a section is committed */
    UNREFERENCED_PARAMETER(AllocationType);
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (NT_SUCCESS(Status))
        Status = ExpCopyIn(&Bytes, ViewSize, sizeof(Bytes), Mode);
    if (NT_SUCCESS(Status) && SectionOffset != NULL)
        Status = ExpCopyIn(&Offset, SectionOffset, sizeof(Offset), Mode);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(SectionHandle, MiViewAccess(Win32Protect), MiSectionType,
                                           Mode, (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_VM_OPERATION, *PsProcessType, Mode,
                                       (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        goto DereferenceSection;
    Status = MiMapInProcess(Section, Process, &Base, &Offset, &Bytes, Win32Protect);
    if (NT_SUCCESS(Status)) {
        ExpCopyOut(BaseAddress, &Base, sizeof(Base), Mode);
        ExpCopyOut(ViewSize, &Bytes, sizeof(Bytes), Mode);
        if (SectionOffset != NULL)
            ExpCopyOut(SectionOffset, &Offset, sizeof(Offset), Mode);
    }
    ObfDereferenceObject(Process);

DereferenceSection:
    ObfDereferenceObject(Section);
    return Status;
}

NT_EXPORT(MmMapViewOfSection);
NTSTATUS NTAPI MmMapViewOfSection(PVOID SectionToMap, PEPROCESS Process, PVOID *CapturedBase,
                                  ULONG_PTR ZeroBits, SIZE_T CommitSize,
                                  PLARGE_INTEGER SectionOffset, PSIZE_T CapturedViewSize,
                                  SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                                  ULONG Protect)
{
    UNREFERENCED_PARAMETER(ZeroBits);
    UNREFERENCED_PARAMETER(CommitSize);
    UNREFERENCED_PARAMETER(InheritDisposition);
    UNREFERENCED_PARAMETER(AllocationType);
    return MiMapInProcess(SectionToMap, Process, CapturedBase, SectionOffset, CapturedViewSize,
                          Protect);
}

NT_SERVICE(UnmapViewOfSection);
NT_EXPORT(NtUnmapViewOfSection);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    PEPROCESS Process;
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_VM_OPERATION, *PsProcessType,
                                                ExGetPreviousMode(), (PVOID *)&Process, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmUnmapViewOfSection(Process, BaseAddress);
    ObfDereferenceObject(Process);
    return Status;
}

NT_EXPORT(MmUnmapViewOfSection);
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress)
{
    return Process->AddressSpace == NULL ? STATUS_NOT_MAPPED_VIEW
                                         : MiUnmapUserView(Process->AddressSpace, BaseAddress);
}

typedef struct _MI_SECTION_BASIC { /* SECTION_BASIC_INFORMATION */
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
} MI_SECTION_BASIC;

NT_SERVICE(QuerySection);
NTSTATUS NTAPI NtQuerySection(HANDLE SectionHandle, ULONG SectionInformationClass,
                              PVOID SectionInformation, SIZE_T SectionInformationLength,
                              PSIZE_T ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    MI_SECTION_BASIC Info = {.BaseAddress = NULL};
    SIZE_T Bytes = sizeof(Info);
    MI_SECTION *Section;
    NTSTATUS Status;

    if (SectionInformationClass == 1)
        return STATUS_SECTION_NOT_IMAGE;
    if (SectionInformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (SectionInformationLength < sizeof(Info))
        return STATUS_INFO_LENGTH_MISMATCH;
    Status = ObReferenceObjectByHandle(SectionHandle, SECTION_QUERY, MiSectionType, Mode,
                                       (PVOID *)&Section, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Info.AllocationAttributes = Section->Attributes | (Section->File != NULL ? SEC_FILE : 0);
    Info.MaximumSize = Section->Size;
    ObfDereferenceObject(Section);
    Status = ExpCopyOut(SectionInformation, &Info, sizeof(Info), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    return Status;
}

/* ---- views in system space ---- */

typedef struct _MI_SYSTEM_VIEW {
    LIST_ENTRY Link; /* MiSystemViews */
    PVOID Va;
    MI_VIEW *View;
} MI_SYSTEM_VIEW;
static LIST_ENTRY MiSystemViews = {&MiSystemViews, &MiSystemViews};

static NTSTATUS MiMapInSystem(MI_SECTION *Section, LONGLONG Offset, PVOID *MappedBase,
                              PSIZE_T ViewSize)
{
    MI_SYSTEM_VIEW *System;
    SIZE_T Count;
    NTSTATUS Status = Section->Physical ? STATUS_INVALID_PARAMETER
                                        : MiPlaceView(Section, &Offset, ViewSize);

    if (!NT_SUCCESS(Status))
        return Status;
    Count = *ViewSize >> PAGE_SHIFT;
    System = ExpAllocatePool(NonPagedPoolNx, sizeof(*System), MI_SECTION_TAG, FALSE, NULL);
    if (System == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = MiCreateView(Section, Offset, *ViewSize, Section->Protect, &System->View);
    if (!NT_SUCCESS(Status))
        goto FreeSystem;
    Status = STATUS_NO_MEMORY;
    System->Va = MmReserveSystemRange(MmRegionSession, Count);
    if (System->Va == NULL)
        goto ReleaseView;
    Status = MmMapPageArray(System->Va, Section->Page + System->View->First, Count,
                            MiCanWrite(Section->Protect) ? MM_PROT_READWRITE : MM_PROT_READ);
    if (!NT_SUCCESS(Status))
        goto ReleaseRange;
    InsertTailList(&MiSystemViews, &System->Link);
    *MappedBase = System->Va;
    return STATUS_SUCCESS;

ReleaseRange:
    MmReleaseSystemRange(MmRegionSession, System->Va, Count);
ReleaseView:
    MiReleaseView(System->View);
FreeSystem:
    ExpFreePool(System, MI_SECTION_TAG, NULL);
    return Status;
}

NT_EXPORT(MmMapViewInSystemSpace);
NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize)
{
    return MiMapInSystem(Section, 0, MappedBase, ViewSize);
}

NT_EXPORT(MmMapViewInSystemSpaceEx);
NTSTATUS NTAPI MmMapViewInSystemSpaceEx(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize,
                                        PLARGE_INTEGER SectionOffset, ULONG_PTR Flags)
{
    LONGLONG Offset = SectionOffset == NULL ? 0 : SectionOffset->QuadPart;

    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    return MiMapInSystem(Section, Offset, MappedBase, ViewSize);
}

NT_EXPORT(MmUnmapViewInSystemSpace);
NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase)
{
    for (PLIST_ENTRY Link = MiSystemViews.Flink; Link != &MiSystemViews; Link = Link->Flink) {
        MI_SYSTEM_VIEW *System = CONTAINING_RECORD(Link, MI_SYSTEM_VIEW, Link);

        if (System->Va != MappedBase)
            continue;
        RemoveEntryList(Link);
        MiFlushView(System->View);
        MmUnmapPages(System->Va, System->View->Count);
        MmReleaseSystemRange(MmRegionSession, System->Va, System->View->Count);
        MiReleaseView(System->View);
        ExpFreePool(System, MI_SECTION_TAG, NULL);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_MAPPED_VIEW;
}

/* ---- start-up ---- */

static NTSTATUS MiCreatePhysicalMemory(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES Attributes;
    MI_SECTION *Section;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(
        &Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ObCreateObject(KernelMode, MiSectionType, &Attributes, KernelMode, NULL,
                            sizeof(*Section), 0, 0, (PVOID *)&Section);
    if (!NT_SUCCESS(Status))
        return Status;
    Section->Physical = TRUE;
    Section->Count = (ULONG)MmTotalPageCount();
    Section->Size.QuadPart = (LONGLONG)MmTotalPageCount() << PAGE_SHIFT;
    Section->Protect = PAGE_EXECUTE_READWRITE;
    Status = ObInsertObject(Section, NULL, SECTION_ALL_ACCESS, 0, NULL, &Handle);
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

NTSTATUS MmInitSections(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                           STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
        .ValidAccessMask = SECTION_ALL_ACCESS | SYNCHRONIZE,
        .PoolType = PagedPool,
        .Delete = MiDeleteSection,
        .WaitObjectOffset = MAXULONG,
    };
    NTSTATUS Status = ObCreateType(L"Section", &Type, &MiSectionType);

    return NT_SUCCESS(Status) ? MiCreatePhysicalMemory() : Status;
}
