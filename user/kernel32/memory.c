/*
 * Memory: virtual, heaps, Global and Local handles (fixed blocks only: a handle is its address), file mappings.
 */
#include "k32.h"

NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE, PVOID *, PSIZE_T, PIO_STATUS_BLOCK);

LPVOID WINAPI VirtualAllocEx(HANDLE Process, LPVOID Address, SIZE_T Bytes, DWORD Type, DWORD Protect)
{
    NTSTATUS Status = NtAllocateVirtualMemory(Process, &Address, 0, &Bytes, Type, Protect);

    return NT_SUCCESS(Status) ? Address : (SetStatusError(Status), NULL);
}

LPVOID WINAPI VirtualAlloc(LPVOID Address, SIZE_T Bytes, DWORD Type, DWORD Protect)
{
    return VirtualAllocEx(NtCurrentProcess(), Address, Bytes, Type, Protect);
}

BOOL WINAPI VirtualFreeEx(HANDLE Process, LPVOID Address, SIZE_T Bytes, DWORD Type)
{
    NTSTATUS Status;

    if ((Type & MEM_RELEASE) && Bytes != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    Status = NtFreeVirtualMemory(Process, &Address, &Bytes, Type);
    return StatusToBool(Status);
}

BOOL WINAPI VirtualFree(LPVOID Address, SIZE_T Bytes, DWORD Type)
{
    return VirtualFreeEx(NtCurrentProcess(), Address, Bytes, Type);
}

BOOL WINAPI VirtualProtectEx(HANDLE Process, LPVOID Address, SIZE_T Bytes, DWORD Protect, PDWORD Old)
{
    NTSTATUS Status = NtProtectVirtualMemory(Process, &Address, &Bytes, Protect, Old);

    return StatusToBool(Status);
}

BOOL WINAPI VirtualProtect(LPVOID Address, SIZE_T Bytes, DWORD Protect, PDWORD Old)
{
    return VirtualProtectEx(NtCurrentProcess(), Address, Bytes, Protect, Old);
}

SIZE_T WINAPI VirtualQueryEx(HANDLE Process, LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Bytes)
{
    SIZE_T Given = 0;
    NTSTATUS Status = NtQueryVirtualMemory(Process, (PVOID)Address, 0, Information, Bytes, &Given);

    return NT_SUCCESS(Status) ? Given : (SetStatusError(Status), 0);
}

SIZE_T WINAPI VirtualQuery(LPCVOID Address, PMEMORY_BASIC_INFORMATION Information, SIZE_T Bytes)
{
    return VirtualQueryEx(NtCurrentProcess(), Address, Information, Bytes);
}

BOOL WINAPI FlushInstructionCache(HANDLE Process, LPCVOID Address, SIZE_T Bytes)
{
    IGNORE_ARG(Process);
    IGNORE_ARG(Address);
    IGNORE_ARG(Bytes);
    return TRUE; /* x64 keeps its instruction cache coherent by itself */
}

/* ---- heaps ---- */

HANDLE WINAPI GetProcessHeap(VOID)
{
    return ProcessHeap();
}

HANDLE WINAPI HeapCreate(DWORD Flags, SIZE_T Initial, SIZE_T Maximum)
{
    PVOID Heap = RtlCreateHeap(Flags, NULL, Maximum, Initial, NULL, NULL);

    if (Heap == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return Heap;
}

BOOL WINAPI HeapDestroy(HANDLE Heap)
{
    if (RtlDestroyHeap(Heap) == NULL)
        return TRUE;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

BOOL WINAPI HeapSetInformation(HANDLE Heap, HEAP_INFORMATION_CLASS Class, PVOID Information, SIZE_T Bytes)
{
    IGNORE_ARG(Heap);
    IGNORE_ARG(Information);
    IGNORE_ARG(Bytes);
    if (Class == HeapCompatibilityInformation || Class == 1 /* HeapEnableTerminationOnCorruption: always on */)
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/* ---- Global and Local ---- */

HLOCAL WINAPI LocalAlloc(UINT Flags, SIZE_T Bytes)
{
    PVOID Block = HeapAlloc(ProcessHeap(), Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, Bytes);

    if (Block == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return Block;
}

HLOCAL WINAPI LocalFree(HLOCAL Block)
{
    if (Block != NULL)
        HeapFree(ProcessHeap(), 0, Block);
    return NULL;
}

HLOCAL WINAPI LocalReAlloc(HLOCAL Block, SIZE_T Bytes, UINT Flags)
{
    PVOID New = HeapReAlloc(ProcessHeap(), Flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, Block, Bytes);

    if (New == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return New;
}

SIZE_T WINAPI LocalSize(HLOCAL Block)
{
    return HeapSize(ProcessHeap(), 0, Block);
}

LPVOID WINAPI LocalLock(HLOCAL Block)
{
    return Block;
}

BOOL WINAPI LocalUnlock(HLOCAL Block)
{
    IGNORE_ARG(Block);
    SetLastError(ERROR_NOT_LOCKED); /* a fixed block has no lock count [doc: LocalUnlock] */
    return FALSE;
}

HGLOBAL WINAPI GlobalAlloc(UINT Flags, SIZE_T Bytes)
{
    return LocalAlloc(Flags & GMEM_ZEROINIT ? LMEM_ZEROINIT : 0, Bytes);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL Block)
{
    return LocalFree(Block);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL Block, SIZE_T Bytes, UINT Flags)
{
    return LocalReAlloc(Block, Bytes, Flags & GMEM_ZEROINIT ? LMEM_ZEROINIT : 0);
}

SIZE_T WINAPI GlobalSize(HGLOBAL Block)
{
    return LocalSize(Block);
}

LPVOID WINAPI GlobalLock(HGLOBAL Block)
{
    return Block;
}

BOOL WINAPI GlobalUnlock(HGLOBAL Block)
{
    return LocalUnlock(Block);
}

/* ---- file mappings ---- */

HANDLE WINAPI CreateFileMappingW(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh,
                                 DWORD SizeLow, LPCWSTR Text)
{
    LARGE_INTEGER Size = {.LowPart = SizeLow, .HighPart = (LONG)SizeHigh};
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    ULONG Kind = Protect & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE);
    HANDLE Section = NULL;
    NTSTATUS Status;

    if (!MakeObjectName(&Attributes, &Name, Text, Security, OBJ_OPENIF))
        return NULL;
    Status = NtCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, Size.QuadPart != 0 ? &Size : NULL,
                             Protect & 0xFF, Kind != 0 ? Kind : SEC_COMMIT, File == INVALID_HANDLE_VALUE ? NULL : File);
    FreeObjectName(&Name);
    if (!NT_SUCCESS(Status)) {
        SetStatusError(Status);
        return NULL;
    }
    SetLastError(Status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return Section;
}

HANDLE WINAPI CreateFileMappingA(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh,
                                 DWORD SizeLow, LPCSTR Text)
{
    WCHAR *Wide = WideFromAnsi(Text);
    HANDLE Section = Text != NULL && Wide == NULL
                         ? NULL
                         : CreateFileMappingW(File, Security, Protect, SizeHigh, SizeLow, Wide);

    FreeText(Wide);
    return Section;
}

/* FILE_MAP_ALL_ACCESS and its kin are the section's rights. */
HANDLE WINAPI OpenFileMappingW(DWORD Access, BOOL Inherit, LPCWSTR Text)
{
    return OpenNamed(NtOpenSection, Access, Inherit, Text);
}

HANDLE WINAPI OpenFileMappingA(DWORD Access, BOOL Inherit, LPCSTR Text)
{
    return OpenNamedAnsi(NtOpenSection, Access, Inherit, Text);
}

BOOL WINAPI FlushViewOfFile(LPCVOID Address, SIZE_T Bytes)
{
    IO_STATUS_BLOCK IoStatus;
    PVOID Start = (PVOID)Address;
    NTSTATUS Status = NtFlushVirtualMemory(NtCurrentProcess(), &Start, &Bytes, &IoStatus);

    return StatusToBool(Status);
}

LPVOID WINAPI MapViewOfFileEx(HANDLE Section, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Bytes,
                              LPVOID Address)
{
    LARGE_INTEGER Offset = {.LowPart = OffsetLow, .HighPart = (LONG)OffsetHigh};
    ULONG Protect = Access & FILE_MAP_WRITE ? PAGE_READWRITE : PAGE_READONLY;
    NTSTATUS Status;

    if ((Access & (FILE_MAP_WRITE | FILE_MAP_COPY)) == FILE_MAP_COPY)
        Protect = PAGE_WRITECOPY;
    Status = NtMapViewOfSection(Section, NtCurrentProcess(), &Address, 0, 0, &Offset, &Bytes, 1 /* ViewShare */, 0,
                                Protect);
    return NT_SUCCESS(Status) ? Address : (SetStatusError(Status), NULL);
}

LPVOID WINAPI MapViewOfFile(HANDLE Section, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Bytes)
{
    return MapViewOfFileEx(Section, Access, OffsetHigh, OffsetLow, Bytes, NULL);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID Address)
{
    NTSTATUS Status = NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)Address);

    return StatusToBool(Status);
}
