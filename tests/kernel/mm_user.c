/*
 * User memory and sections, in the System process: allocate, protect, query, free; probes and
 * copies; views.
 */
#include "tap.h"

NTKERNELAPI NTSTATUS NTAPI MmCreateSection(PVOID *, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER,
                                           ULONG, ULONG, HANDLE, PFILE_OBJECT);
NTKERNELAPI NTSTATUS NTAPI MmMapViewOfSection(PVOID, PEPROCESS, PVOID *, ULONG_PTR, SIZE_T,
                                              PLARGE_INTEGER, PSIZE_T, SECTION_INHERIT, ULONG,
                                              ULONG);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS, PVOID);
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpaceEx(PVOID, PVOID *, PSIZE_T, PLARGE_INTEGER,
                                                    ULONG_PTR);
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSYSAPI NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER,
                                           PSIZE_T, SECTION_INHERIT, ULONG, ULONG);
NTSYSAPI NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);
NTSYSAPI NTSTATUS NTAPI ZwQuerySection(HANDLE, ULONG, PVOID, SIZE_T, PSIZE_T);
NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T,
                                               KPROCESSOR_MODE, PSIZE_T);

static NTSTATUS touch(volatile UCHAR *Address, BOOLEAN Write)
{
    __try {
        if (Write)
            *Address = 1;
        else
            (void)*Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe(PVOID Address, SIZE_T Length, ULONG Alignment, BOOLEAN Write)
{
    __try {
        if (Write)
            ProbeForWrite(Address, Length, Alignment);
        else
            ProbeForRead(Address, Length, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static VOID allocate(VOID)
{
    MEMORY_BASIC_INFORMATION Info;
    PUCHAR Base = NULL, Part;
    SIZE_T Bytes = 5 * PAGE_SIZE + 1, Length;
    ULONG Old;

    is_status(ZwAllocateVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, 0, &Bytes, MEM_RESERVE,
                                      PAGE_READWRITE),
              STATUS_SUCCESS, "reserve");
    is_ulong(Bytes, 6 * PAGE_SIZE, "whole pages");
    is_ulong((ULONG_PTR)Base & 0xFFFF, 0, "at a multiple of 64 KiB");
    is_status(touch(Base, FALSE), STATUS_ACCESS_VIOLATION, "not committed");
    Part = Base + PAGE_SIZE;
    Bytes = 2 * PAGE_SIZE;
    is_status(ZwAllocateVirtualMemory(NtCurrentProcess(), (PVOID *)&Part, 0, &Bytes, MEM_COMMIT,
                                      PAGE_READWRITE),
              STATUS_SUCCESS, "commit two pages");
    ok(tap_all_bytes(Part, 2 * PAGE_SIZE, 0), "zeroes");
    is_status(touch(Part, TRUE), STATUS_SUCCESS, "writable");
    tap_fill(&Info);
    is_status(ZwQueryVirtualMemory(NtCurrentProcess(), Part + 10, 0, &Info, sizeof(Info), &Length),
              STATUS_SUCCESS, "query");
    is_ptr(Info.BaseAddress, Part, "its base");
    is_ptr(Info.AllocationBase, Base, "its allocation's base");
    is_ulong(Info.RegionSize, 2 * PAGE_SIZE, "its size");
    is_hex(Info.State, MEM_COMMIT, "its state");
    is_hex(Info.Protect, PAGE_READWRITE, "its protection");
    is_hex(Info.Type, MEM_PRIVATE, "its type");
    Bytes = PAGE_SIZE;
    is_status(
        ZwProtectVirtualMemory(NtCurrentProcess(), (PVOID *)&Part, &Bytes, PAGE_READONLY, &Old),
        STATUS_SUCCESS, "protect");
    is_hex(Old, PAGE_READWRITE, "the old protection");
    is_status(touch(Part, TRUE), STATUS_ACCESS_VIOLATION, "read only");
    is_status(probe(Part, PAGE_SIZE, 1, FALSE), STATUS_SUCCESS, "a probe for read");
    is_status(probe(Part, PAGE_SIZE, 1, TRUE), STATUS_ACCESS_VIOLATION, "a probe for write");
    Bytes = PAGE_SIZE;
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Part, &Bytes, MEM_DECOMMIT),
              STATUS_SUCCESS, "decommit");
    is_status(touch(Part, FALSE), STATUS_ACCESS_VIOLATION, "gone");
    is_status(touch(Part + PAGE_SIZE, TRUE), STATUS_SUCCESS, "the other page is there");
    Bytes = 0;
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Part, &Bytes, MEM_RELEASE),
              STATUS_FREE_VM_NOT_AT_BASE, "release from the middle");
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, &Bytes, MEM_RELEASE),
              STATUS_SUCCESS, "release");
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, &Bytes, MEM_RELEASE),
              STATUS_MEMORY_NOT_ALLOCATED, "once");
    ZwQueryVirtualMemory(NtCurrentProcess(), Base, 0, &Info, sizeof(Info), NULL);
    is_hex(Info.State, MEM_FREE, "free");
}

/* The first touch of a guard page raises, and takes the guard off. */
static VOID guard_page(VOID)
{
    MEMORY_BASIC_INFORMATION Info;
    PUCHAR Base = NULL;
    SIZE_T Bytes = 2 * PAGE_SIZE;

    is_status(ZwAllocateVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, 0, &Bytes,
                                      MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD),
              STATUS_SUCCESS, "two guard pages");
    is_status(touch(Base, TRUE), STATUS_GUARD_PAGE_VIOLATION, "the first touch");
    is_status(touch(Base, TRUE), STATUS_SUCCESS, "the second");
    ZwQueryVirtualMemory(NtCurrentProcess(), Base, 0, &Info, sizeof(Info), NULL);
    is_hex(Info.Protect, PAGE_READWRITE, "an ordinary page now");
    is_ulong64(Info.RegionSize, PAGE_SIZE, "this one only");
    is_status(probe(Base + PAGE_SIZE, 1, 1, TRUE), STATUS_GUARD_PAGE_VIOLATION, "a probe is a touch");
    Bytes = 0;
    ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, &Bytes, MEM_RELEASE);
}

/* The Nt forms, called by a driver: the previous mode is already the kernel's. */
static VOID nt_forms(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = PAGE_SIZE};
    PUCHAR Base = NULL, View = NULL;
    SIZE_T Bytes = PAGE_SIZE;
    HANDLE Section;

    is_status(NtAllocateVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, 0, &Bytes, MEM_COMMIT,
                                      PAGE_READWRITE),
              STATUS_SUCCESS, "NtAllocateVirtualMemory");
    is_status(touch(Base, TRUE), STATUS_SUCCESS, "it is there");
    Bytes = 0;
    is_status(NtFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, &Bytes, MEM_RELEASE),
              STATUS_SUCCESS, "NtFreeVirtualMemory");
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, &Size, PAGE_READWRITE, SEC_COMMIT,
                    NULL);
    Bytes = 0;
    is_status(NtMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&View, 0, 0, NULL, &Bytes,
                                 ViewUnmap, 0, PAGE_READWRITE),
              STATUS_SUCCESS, "NtMapViewOfSection");
    is_status(touch(View, TRUE), STATUS_SUCCESS, "it is there");
    is_status(NtUnmapViewOfSection(NtCurrentProcess(), View), STATUS_SUCCESS,
              "NtUnmapViewOfSection");
    ZwClose(Section);
}

static VOID bad_arguments(VOID)
{
    PVOID Base = NULL;
    SIZE_T Bytes = PAGE_SIZE, Zero = 0;

    is_status(ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Bytes, MEM_COMMIT, 0x77),
              STATUS_INVALID_PAGE_PROTECTION, "no such protection");
    is_status(
        ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Zero, MEM_COMMIT, PAGE_READWRITE),
        STATUS_INVALID_PARAMETER, "no bytes");
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, 0x77),
              STATUS_INVALID_PARAMETER_4, "no such way to free");
    is_status(probe(MmHighestUserAddress, 2 * PAGE_SIZE, 1, FALSE), STATUS_ACCESS_VIOLATION,
              "a system address");
    is_status(probe((PVOID)MmUserProbeAddress, 1, 1, FALSE), STATUS_ACCESS_VIOLATION,
              "the first one");
    is_status(probe((PVOID)0x10001, 4, 4, FALSE), STATUS_DATATYPE_MISALIGNMENT, "misaligned");
    is_status(probe(MmSystemRangeStart, 0, 1, TRUE), STATUS_SUCCESS, "no bytes, no probe");
}

static VOID copies(VOID)
{
    PEPROCESS Me = PsGetCurrentProcess();
    UCHAR From[64], To[64];
    PVOID Base = NULL;
    SIZE_T Bytes = PAGE_SIZE, Copied = 0;
    MM_COPY_ADDRESS Address;

    RtlFillMemory(From, sizeof(From), 0x5A);
    ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Bytes, MEM_RESERVE | MEM_COMMIT,
                            PAGE_READWRITE);
    is_status(MmCopyVirtualMemory(Me, From, Me, Base, sizeof(From), KernelMode, &Copied),
              STATUS_SUCCESS, "copy");
    is_ulong(Copied, 64, "all bytes");
    is_bytes(Base, From, 64, "the same");
    is_status(
        MmCopyVirtualMemory(Me, (PUCHAR)Base + PAGE_SIZE - 16, Me, To, 64, KernelMode, &Copied),
        STATUS_PARTIAL_COPY, "off the end");
    is_ulong(Copied, 16, "as far as it goes");
    Address.VirtualAddress = From;
    is_status(MmCopyMemory(To, Address, 64, 2, &Copied), STATUS_SUCCESS, "MmCopyMemory by address");
    Address.PhysicalAddress = MmGetPhysicalAddress(From);
    is_status(MmCopyMemory(To, Address, 16, 1, &Copied), STATUS_SUCCESS, "and physically");
    is_bytes(To, From, 64, "the same");
    is_status(MmCopyMemory(To, Address, 16, 3, &Copied), STATUS_INVALID_PARAMETER,
              "one way at a time");
    Bytes = 0;
    ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE);
}

static VOID secured(VOID)
{
    PVOID Base = NULL;
    SIZE_T Bytes = PAGE_SIZE;
    HANDLE Handle;

    ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Bytes, MEM_RESERVE | MEM_COMMIT,
                            PAGE_READWRITE);
    Handle = MmSecureVirtualMemory(Base, PAGE_SIZE, PAGE_READWRITE);
    ok(Handle != NULL, "secured");
    Bytes = 0;
    ok(!NT_SUCCESS(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE)),
       "cannot be freed");
    MmUnsecureVirtualMemory(Handle);
    Bytes = 0;
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE), STATUS_SUCCESS,
              "now it can");
}

static VOID mapped_mdl(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, 'tsMM'), User;
    PMDL Mdl = IoAllocateMdl(Block, PAGE_SIZE, FALSE, FALSE, NULL);
    SIZE_T Bytes = 0;
    PUCHAR Base;

    MmBuildMdlForNonPagedPool(Mdl);
    Block[0] = 77;
    User = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok(User != NULL && (ULONG_PTR)User < MmUserProbeAddress, "pool mapped at a user address");
    Base = User;
    is_ulong(User[0], 77, "the same bytes");
    is_status(ZwUnmapViewOfSection(NtCurrentProcess(), User), STATUS_NOT_MAPPED_VIEW,
              "it is no view that a program could unmap");
    is_status(ZwFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&Base, &Bytes, MEM_RELEASE),
              STATUS_UNABLE_TO_DELETE_SECTION, "nor free");
    MmUnmapLockedPages(User, Mdl);
    is_status(touch(User, FALSE), STATUS_ACCESS_VIOLATION, "unmapped");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, 'tsMM');
}

static VOID sections(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = 100000}, Offset = {.QuadPart = 0};
    PUCHAR One = NULL, Two = NULL, System = NULL;
    SIZE_T Bytes = 0;
    HANDLE Section;
    PVOID Object;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, &Size, PAGE_READWRITE,
                              SEC_COMMIT, NULL),
              STATUS_SUCCESS, "a section");
    is_status(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&One, 0, 0, &Offset, &Bytes,
                                 ViewUnmap, 0, PAGE_READWRITE),
              STATUS_SUCCESS, "a view");
    is_ulong(Bytes, 25 * PAGE_SIZE, "of all of it");
    Bytes = PAGE_SIZE;
    Offset.QuadPart = 0x10000;
    is_status(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&Two, 0, 0, &Offset, &Bytes,
                                 ViewUnmap, 0, PAGE_READONLY),
              STATUS_SUCCESS, "a second one, of one page");
    One[0x10000] = 99;
    is_ulong(Two[0], 99, "the same memory");
    is_status(touch(Two, TRUE), STATUS_ACCESS_VIOLATION, "read only");
    ObReferenceObjectByHandle(Section, SECTION_ALL_ACCESS,
                              *(POBJECT_TYPE *)tap_routine(L"MmSectionObjectType"), KernelMode,
                              &Object, NULL);
    Bytes = 0;
    is_status(MmMapViewInSystemSpace(Object, (PVOID *)&System, &Bytes), STATUS_SUCCESS,
              "a view in system space");
    is_ulong(System[0x10000], 99, "the same memory");
    is_status(MmUnmapViewInSystemSpace(System), STATUS_SUCCESS, "unmap it");
    is_status(MmUnmapViewInSystemSpace(System), STATUS_NOT_MAPPED_VIEW, "once");
    ObDereferenceObject(Object);
    Offset.QuadPart = 0x100000;
    is_status(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&System, 0, 0, &Offset,
                                 &Bytes, ViewUnmap, 0, PAGE_READONLY),
              STATUS_INVALID_VIEW_SIZE, "past the end");
    is_status(ZwUnmapViewOfSection(NtCurrentProcess(), One), STATUS_SUCCESS, "unmap");
    is_status(ZwUnmapViewOfSection(NtCurrentProcess(), One), STATUS_NOT_MAPPED_VIEW, "once");
    ZwClose(Section);
    is_ulong(Two[0], 99, "a view outlives the handle");
    is_status(ZwUnmapViewOfSection(NtCurrentProcess(), Two), STATUS_SUCCESS, "unmap the second");
    Size.QuadPart = 0;
    is_status(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, &Size, PAGE_READWRITE,
                              SEC_COMMIT, NULL),
              STATUS_INVALID_PARAMETER_4, "no size");
}

/* What file systems ask about a file, by its pointers; this one has no sections. */
static VOID file_questions(VOID)
{
    SECTION_OBJECT_POINTERS Pointers = {NULL, NULL, NULL};
    LARGE_INTEGER Size = {.QuadPart = 100};

    is_bool(MmFlushImageSection(&Pointers, MmFlushForWrite), TRUE, "no image section in the way");
    is_bool(MmFlushImageSection(&Pointers, MmFlushForDelete), TRUE, "nor to delete it");
    is_bool(MmForceSectionClosed(&Pointers, FALSE), TRUE, "all closed");
    is_bool(MmCanFileBeTruncated(&Pointers, &Size), TRUE, "it may shrink");
    is_ulong(MmDoesFileHaveUserWritableReferences(&Pointers), 0, "no writable views");
}

/* The routines for kernel code: a section without a handle. */
static VOID section_objects(VOID)
{
    LARGE_INTEGER Size = {.QuadPart = 0x20000}, Offset = {.QuadPart = 0x10000};
    PUCHAR View = NULL, System = NULL;
    SIZE_T Bytes = PAGE_SIZE;
    PVOID Section;

    is_status(MmCreateSection(&Section, SECTION_ALL_ACCESS, NULL, &Size, PAGE_READWRITE, SEC_COMMIT,
                              NULL, NULL),
              STATUS_SUCCESS, "MmCreateSection");
    is_status(MmMapViewInSystemSpaceEx(Section, (PVOID *)&System, &Bytes, &Offset, 0),
              STATUS_SUCCESS, "MmMapViewInSystemSpaceEx");
    System[7] = 7;
    is_status(MmMapViewOfSection(Section, PsGetCurrentProcess(), (PVOID *)&View, 0, 0, &Offset,
                                 &Bytes, ViewUnmap, 0, PAGE_WRITECOPY),
              STATUS_SUCCESS, "MmMapViewOfSection, copy on write");
    is_ulong(View[7], 7, "the same bytes");
    View[7] = 8;
    is_ulong(System[7], 7, "until written");
    is_status(MmUnmapViewOfSection(PsGetCurrentProcess(), View), STATUS_SUCCESS,
              "MmUnmapViewOfSection");
    is_status(MmUnmapViewInSystemSpace(System), STATUS_SUCCESS, "and in system space");
    ObDereferenceObject(Section);
}

/* A section of a file: its contents are there, and what is written goes back. */
static VOID file_section(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    UCHAR Text[11] = "hello file";
    struct {
        PVOID Base;
        ULONG Attributes;
        ULONG64 Size;
    } Info;
    PVOID Flush;
    PUCHAR View = NULL;
    SIZE_T Bytes = 0;
    HANDLE File, Section;

    RtlInitUnicodeString(&Name, L"\\??\\C:\\mm_user.txt");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (!is_status(ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE,
                                &Attributes, &IoStatus, NULL, 0, 0, FILE_SUPERSEDE,
                                FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0),
                   STATUS_SUCCESS, "a file"))
        return;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, NULL, PAGE_READWRITE,
                              SEC_COMMIT, File),
              STATUS_MAPPED_FILE_SIZE_ZERO, "an empty file");
    ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, Text, 10, &Zero, NULL);
    is_status(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, NULL, PAGE_READWRITE,
                              SEC_COMMIT, File),
              STATUS_SUCCESS, "a section of it");
    is_status(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&View, 0, 0, NULL, &Bytes,
                                 ViewUnmap, 0, PAGE_READWRITE),
              STATUS_SUCCESS, "a view");
    is_bytes(View, "hello file", 10, "the file's bytes");
    View[0] = 'J';
    View[1] = 'E';
    Flush = View + 1;
    is_status(ZwFlushVirtualMemory(NtCurrentProcess(), &Flush, &Bytes, &IoStatus), STATUS_SUCCESS,
              "flush");
    ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Text, 10, &Zero, NULL);
    is_bytes(Text, "JEllo file", 10, "it is in the file");
    View[1] = 'e';
    is_status(ZwQuerySection(Section, 0, &Info, sizeof(Info), NULL), STATUS_SUCCESS, "query");
    is_ulong64(Info.Size, 10, "its size");
    is_status(ZwQuerySection(Section, 1, &Info, sizeof(Info), NULL), STATUS_SECTION_NOT_IMAGE,
              "no image");
    is_status(ZwQuerySection(Section, 9, &Info, sizeof(Info), NULL), STATUS_INVALID_INFO_CLASS,
              "no such class");
    ZwUnmapViewOfSection(NtCurrentProcess(), View);
    ZwClose(Section);
    ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Text, 10, &Zero, NULL);
    is_bytes(Text, "Jello file", 10, "written back");
    ZwClose(File);
}

static VOID physical_memory(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, 'tsMM'), View = NULL;
    LARGE_INTEGER Offset = MmGetPhysicalAddress(Block);
    SIZE_T Bytes = PAGE_SIZE;
    HANDLE Section;

    RtlInitUnicodeString(&Name, L"\\Device\\PhysicalMemory");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (!is_status(ZwOpenSection(&Section, SECTION_ALL_ACCESS, &Attributes), STATUS_SUCCESS,
                   "\\Device\\PhysicalMemory"))
        return;
    Block[3] = 33;
    is_status(ZwMapViewOfSection(Section, NtCurrentProcess(), (PVOID *)&View, 0, 0, &Offset, &Bytes,
                                 ViewUnmap, 0, PAGE_READWRITE),
              STATUS_SUCCESS, "a view of RAM");
    is_ulong(View[3], 33, "the same memory");
    ZwUnmapViewOfSection(NtCurrentProcess(), View);
    ZwClose(Section);
    is_ulong(Block[3], 33, "still there");
    ExFreePoolWithTag(Block, 'tsMM');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    allocate();
    guard_page();
    nt_forms();
    bad_arguments();
    copies();
    secured();
    mapped_mdl();
    sections();
    section_objects();
    file_section();
    file_questions();
    physical_memory();
    leak_end();
    return done();
}
