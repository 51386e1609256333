/*
 * Tries to reach Linux: system calls by both instructions (exit_group, kill, open), and the host's call vector at its
 * fixed address with requests that no kernel makes.
 */
#include <ntddk.h>

#include "../../../include/hal.h"

DRIVER_INITIALIZE DriverEntry;

static ULONG64 Syscall(ULONG64 Number, ULONG64 A, ULONG64 B, ULONG64 C)
{
    ULONG64 Result;

    __asm__ volatile("syscall" : "=a"(Result) : "a"(Number), "D"(A), "S"(B), "d"(C) : "rcx", "r11", "memory");
    return Result;
}

static ULONG64 Int80(ULONG64 Number, ULONG64 A)
{
    ULONG64 Result;

    __asm__ volatile("int $0x80" : "=a"(Result) : "a"(Number), "b"(A) : "memory");
    return Result;
}

static BOOLEAN IsStopped(ULONG64 (*Try)(void))
{
    __try {
        Try();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return TRUE;
    }
    return FALSE;
}

static ULONG64 TryExit(void) { return Syscall(231, 9, 0, 0); }
static ULONG64 TryKill(void) { return Syscall(62, 0, 9, 0); }
static ULONG64 TryOpen(void) { return Syscall(2, (ULONG64) "/tmp/escaped", 0x41, 0600); }
static ULONG64 TryFork(void) { return Syscall(57, 0, 0, 0); }
static ULONG64 TryExit32(void) { return Int80(1, 9); }

static NTSTATUS OpenFile(const char *Path, ULONG Bytes)
{
    HAL_FILE_REQUEST Request = {.operation = HAL_FILE_OPEN,
                                .path = (ULONG64)Path,
                                .path_bytes = Bytes,
                                .disposition = HAL_OPEN_EXISTING,
                                .options = HAL_OPEN_READ};

    if (HAL->file(&Request) != HAL_OK)
        return STATUS_INVALID_PARAMETER;
    return (NTSTATUS)Request.status;
}

/* Opens the root folder until no more handles are given out. */
static NTSTATUS UseUpHandles(void)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG i = 0; i < 100000 && NT_SUCCESS(Status); i++)
        Status = OpenFile("", 0);
    return Status;
}

/* Makes a file of a petabyte. */
static NTSTATUS FillDisk(void)
{
    HAL_FILE_REQUEST Request = {.operation = HAL_FILE_OPEN,
                                .path = (ULONG64) "big",
                                .path_bytes = 3,
                                .disposition = HAL_OPEN_CREATE,
                                .options = HAL_OPEN_WRITE};

    HAL->file(&Request);
    Request.operation = HAL_FILE_SET_SIZE;
    Request.path_bytes = 0;
    Request.info.size = 1ull << 50;
    HAL->file(&Request);
    return (NTSTATUS)Request.status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("escapes: exit %s\n", IsStopped(TryExit) ? "stopped" : "made");
    DbgPrint("escapes: kill %s\n", IsStopped(TryKill) ? "stopped" : "made");
    DbgPrint("escapes: open %s\n", IsStopped(TryOpen) ? "stopped" : "made");
    DbgPrint("escapes: fork %s\n", IsStopped(TryFork) ? "stopped" : "made");
    DbgPrint("escapes: exit32 %s\n", IsStopped(TryExit32) ? "stopped" : "made");
    DbgPrint("escapes: parent folder %08x\n", OpenFile("../../etc/passwd", 16));
    DbgPrint("escapes: absolute path %08x\n", OpenFile("/etc/passwd", 11));
    DbgPrint("escapes: long path %08x\n", OpenFile("x", 0x7FFFFFFF));
    DbgPrint("escapes: no memory %08x\n", OpenFile((const char *)0x12345678000, 16));
    DbgPrint("escapes: big file %08x\n", FillDisk());
    DbgPrint("escapes: handles %08x\n", UseUpHandles());
    return STATUS_SUCCESS;
}
