/*
 * The log: a list of lines under a spin lock, and one work item that empties it. The work item is allocated when the log is opened
 * and lives until it is closed, so queueing it cannot fail; it is queued only while it is neither queued nor running.
 */
#include "log.h"
#include <ntstrsafe.h>

#define LOG_TAG 'goLP'
#define LOG_STAMP_BYTES 32 /* "18446744073709.5516150 " */

typedef struct _LOG_LINE {
    LIST_ENTRY Link;
    ULONG64 Time; /* interrupt time when the line was handed over, 100 ns */
    ULONG Bytes;
    char Text[ANYSIZE_ARRAY];
} LOG_LINE;

static IO_WORKITEM_ROUTINE LogWriter;

static NTSTATUS LogCreate(PCWSTR Path, ACCESS_MASK Access, ULONG Options, HANDLE *File)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Result;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(File, Access | SYNCHRONIZE, &Attributes, &Result, NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ,
                        FILE_OPEN_IF, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

NTSTATUS LogOpen(LOG *Log, PDEVICE_OBJECT Device)
{
    HANDLE Folder;
    NTSTATUS Status;

    RtlZeroMemory(Log, sizeof(*Log));
    KeInitializeSpinLock(&Log->Lock);
    InitializeListHead(&Log->Lines);
    KeInitializeEvent(&Log->Idle, NotificationEvent, TRUE);

    Status = LogCreate(L"\\??\\C:\\Logs", FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, &Folder);
    if (!NT_SUCCESS(Status))
        return Status;
    ZwClose(Folder); /* it is there now, which is all that was wanted */

    Log->Writer = IoAllocateWorkItem(Device);
    if (Log->Writer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = LogCreate(L"\\??\\C:\\Logs\\passivelog.log", FILE_APPEND_DATA, FILE_NON_DIRECTORY_FILE, &Log->File);
    if (!NT_SUCCESS(Status)) {
        IoFreeWorkItem(Log->Writer);
        Log->Writer = NULL;
    }
    return Status;
}

NTSTATUS LogWrite(LOG *Log, const char *Text, ULONG Bytes)
{
    LOG_LINE *Line = NULL;
    NTSTATUS Status = STATUS_INVALID_BUFFER_SIZE;
    BOOLEAN Queue = FALSE;
    KIRQL Irql;

    if (Bytes <= PASSIVELOG_LINE_BYTES) {
        Line = ExAllocatePool2(POOL_FLAG_NON_PAGED, FIELD_OFFSET(LOG_LINE, Text) + Bytes, LOG_TAG);
        Status = Line != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Line != NULL) {
        Line->Bytes = Bytes;
        RtlCopyMemory(Line->Text, Text, Bytes);
    }

    KeAcquireSpinLock(&Log->Lock, &Irql);
    if (Log->Closing)
        Status = STATUS_DELETE_PENDING;
    if (NT_SUCCESS(Status)) {
        Line->Time = KeQueryInterruptTimePrecise(&(ULONG64){0}); /* under the lock: times rise with the order */
        InsertTailList(&Log->Lines, &Line->Link);
        Log->Counts.Accepted++;
        KeClearEvent(&Log->Idle);
        Queue = !Log->WriterQueued;
        Log->WriterQueued = TRUE;
    } else {
        Log->Counts.Refused++;
    }
    KeReleaseSpinLock(&Log->Lock, Irql);

    if (Queue)
        IoQueueWorkItem(Log->Writer, LogWriter, DelayedWorkQueue, Log);
    if (!NT_SUCCESS(Status) && Line != NULL)
        ExFreePoolWithTag(Line, LOG_TAG);
    return Status;
}

/* The oldest line, or NULL: then the writer is about to return and the next line queues it again. */
static LOG_LINE *LogTakeLine(LOG *Log)
{
    LOG_LINE *Line = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Log->Lock, &Irql);
    if (!IsListEmpty(&Log->Lines)) {
        Line = CONTAINING_RECORD(RemoveHeadList(&Log->Lines), LOG_LINE, Link);
    } else {
        Log->WriterQueued = FALSE;
        KeSetEvent(&Log->Idle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Log->Lock, Irql);
    return Line;
}

static NTSTATUS LogPutLine(LOG *Log, const LOG_LINE *Line)
{
    char Text[LOG_STAMP_BYTES + PASSIVELOG_LINE_BYTES + 2];
    IO_STATUS_BLOCK Result;
    char *End;
    SIZE_T Left;
    NTSTATUS Status;

    Status = RtlStringCbPrintfExA(Text, sizeof(Text), &End, &Left, 0, "%I64u.%07I64u ", Line->Time / 10000000,
                                  Line->Time % 10000000);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlCopyMemory(End, Line->Text, Line->Bytes);
    End += Line->Bytes;
    *End++ = '\r';
    *End++ = '\n';
    return ZwWriteFile(Log->File, NULL, NULL, NULL, &Result, Text, (ULONG)(End - Text), NULL, NULL);
}

static VOID LogWriter(PDEVICE_OBJECT Device, PVOID Context)
{
    LOG *Log = Context;
    LOG_LINE *Line;
    NTSTATUS Status;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Device);
    while ((Line = LogTakeLine(Log)) != NULL) {
        Status = LogPutLine(Log, Line);
        ExFreePoolWithTag(Line, LOG_TAG);
        KeAcquireSpinLock(&Log->Lock, &Irql);
        if (NT_SUCCESS(Status))
            Log->Counts.Written++;
        else
            Log->Counts.LastStatus = Status;
        KeReleaseSpinLock(&Log->Lock, Irql);
    }
}

NTSTATUS LogFlush(LOG *Log, PASSIVELOG_COUNTS *Counts)
{
    IO_STATUS_BLOCK Result;
    KIRQL Irql;

    KeWaitForSingleObject(&Log->Idle, Executive, KernelMode, FALSE, NULL);
    KeAcquireSpinLock(&Log->Lock, &Irql);
    *Counts = Log->Counts;
    KeReleaseSpinLock(&Log->Lock, Irql);
    return ZwFlushBuffersFile(Log->File, &Result);
}

VOID LogClose(LOG *Log)
{
    PASSIVELOG_COUNTS Counts;
    KIRQL Irql;

    KeAcquireSpinLock(&Log->Lock, &Irql);
    Log->Closing = TRUE;
    KeReleaseSpinLock(&Log->Lock, Irql);
    LogFlush(Log, &Counts);
    ZwClose(Log->File);
    IoFreeWorkItem(Log->Writer);
    KdPrint(("passivelog: %u lines written of %u, %u refused\n", Counts.Written, Counts.Accepted, Counts.Refused));
}
