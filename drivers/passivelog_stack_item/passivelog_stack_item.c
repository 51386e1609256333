/*
 * passivelog with the mistake that its own README warns of: StackItemWrite builds its WORK_QUEUE_ITEM in a local variable, queues
 * it and returns. The worker thread later follows a pointer into a stack frame that no longer exists. On Windows that works
 * until something else has used the stack; here the machine stops at the call that queues the item. Do not copy this driver.
 */
#include <ntifs.h>

#define LINE_TAG 'siLP'

typedef struct _LINE {
    ULONG Bytes;
    char Text[64];
} LINE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD StackItemUnload;
static KDEFERRED_ROUTINE StackItemTick;
static WORKER_THREAD_ROUTINE StackItemWorker;

static HANDLE LogFile;
static KTIMER Timer;
static KDPC TickDpc;

/* Writes one line and frees it. PASSIVE_LEVEL. */
static VOID StackItemWorker(PVOID Context)
{
    LINE *Line = Context;
    IO_STATUS_BLOCK Result;

    ZwWriteFile(LogFile, NULL, NULL, NULL, &Result, Line->Text, Line->Bytes, NULL, NULL);
    ExFreePoolWithTag(Line, LINE_TAG);
}

/* IRQL <= DISPATCH_LEVEL. Wrong: Item is gone when this returns, and the worker has not run yet. */
static VOID StackItemWrite(const char *Text, ULONG Bytes)
{
    WORK_QUEUE_ITEM Item;
    LINE *Line = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Line), LINE_TAG);

    if (Line == NULL)
        return;
    Line->Bytes = Bytes < sizeof(Line->Text) ? Bytes : sizeof(Line->Text);
    RtlCopyMemory(Line->Text, Text, Line->Bytes);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    ExInitializeWorkItem(&Item, StackItemWorker, Line);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
#pragma clang diagnostic pop
}

static VOID StackItemTick(PKDPC Dpc, PVOID Context, PVOID Unused1, PVOID Unused2)
{
    static const char Text[] = "a line from DISPATCH_LEVEL\r\n";

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Unused1);
    UNREFERENCED_PARAMETER(Unused2);
    StackItemWrite(Text, sizeof(Text) - 1);
}

static NTSTATUS OpenInFolder(PCWSTR Path, ACCESS_MASK Access, ULONG Options, HANDLE *File)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Result;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(File, Access | SYNCHRONIZE, &Attributes, &Result, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ,
                        FILE_OPEN_IF, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static VOID StackItemUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
    ZwClose(LogFile);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Due = {.QuadPart = -100000}; /* 10 ms */
    HANDLE Folder;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = OpenInFolder(L"\\??\\C:\\Logs", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, &Folder);
    if (!NT_SUCCESS(Status))
        return Status;
    ZwClose(Folder);
    Status = OpenInFolder(L"\\??\\C:\\Logs\\passivelog.log", FILE_APPEND_DATA, FILE_NON_DIRECTORY_FILE, &LogFile);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver->DriverUnload = StackItemUnload;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TickDpc, StackItemTick, NULL);
    KeSetTimer(&Timer, Due, &TickDpc);
    return STATUS_SUCCESS;
}
