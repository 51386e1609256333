/*
 * Error log entries: each is one line of Drydock's own messages at once, and a record of the system
 * event log as soon as a worker gets to it, for entries come at IRQL up to DISPATCH_LEVEL. [doc:
 * Logging Errors, IO_ERROR_LOG_PACKET]
 */
#include "iop.h"

#include "../el/el.h"

#define IOP_TAG_LOG 'rEoI'

typedef struct _IOP_LOG_ENTRY { /* the packet follows */
    USHORT Type, Size;
    PVOID IoObject;  /* device or driver, referenced */
    LIST_ENTRY Link; /* IopLogEntries */
} IOP_LOG_ENTRY;

static ULONG IopLogSequence;
static LIST_ENTRY IopLogEntries = {&IopLogEntries,
                                   &IopLogEntries}; /* written, not yet in the event log; no lock:
                                                       nothing yields while it is changed */
static WORK_QUEUE_ITEM IopLogItem;
static BOOLEAN IopLogQueued; /* IopLogItem is, or its worker runs */

NT_EXPORT(IoAllocateErrorLogEntry);
PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    CSHORT Type = IoObject != NULL ? *(CSHORT *)IoObject : 0;
    IOP_LOG_ENTRY *Entry;

    if (Type != IO_TYPE_DEVICE && Type != IO_TYPE_DRIVER)
        return NULL;
    if (EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE)
        return NULL;
    Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry) + EntrySize, IOP_TAG_LOG);
    if (Entry == NULL)
        return NULL;
    RtlZeroMemory(Entry, sizeof(*Entry) + EntrySize);
    Entry->Type = IO_TYPE_ERROR_LOG;
    Entry->Size = EntrySize;
    Entry->IoObject = IoObject;
    ObReferenceObject(IoObject);
    return Entry + 1;
}

NT_EXPORT(IoFreeErrorLogEntry);
VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    IOP_LOG_ENTRY *Entry = (IOP_LOG_ENTRY *)ElEntry - 1;

    ObDereferenceObject(Entry->IoObject);
    ExFreePoolWithTag(Entry, IOP_TAG_LOG);
}

/* Bytes of the packet's strings that end inside it, and where they begin. */
static ULONG IopLogStrings(const IOP_LOG_ENTRY *Entry, const IO_ERROR_LOG_PACKET *Packet,
                           PWCHAR *Strings, USHORT *Count)
{
    ULONG Offset = Packet->StringOffset, Bytes = 0;

    *Count = 0;
    if (Packet->NumberOfStrings == 0 || Offset >= Entry->Size || Offset % sizeof(WCHAR) != 0)
        return 0;
    *Strings = (PWCHAR)((PUCHAR)Packet + Offset);
    for (ULONG At = 0;
         Offset + (At + 1) * sizeof(WCHAR) <= Entry->Size && *Count < Packet->NumberOfStrings;
         At++) {
        if ((*Strings)[At] != 0)
            continue;
        ++*Count;
        Bytes = (At + 1) * sizeof(WCHAR);
    }
    return Bytes;
}

static PDRIVER_OBJECT IopLogDriver(const IOP_LOG_ENTRY *Entry)
{
    return *(CSHORT *)Entry->IoObject == IO_TYPE_DEVICE
               ? ((PDEVICE_OBJECT)Entry->IoObject)->DriverObject
               : Entry->IoObject;
}

/* The last component of the driver's name: its service, which is the source of its events. */
static UNICODE_STRING IopLogSource(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Source = Driver->DriverName;

    for (ULONG i = Source.Length / sizeof(WCHAR); i > 0; i--) {
        if (Driver->DriverName.Buffer[i - 1] != L'\\')
            continue;
        Source.Buffer += i;
        Source.Length -= (USHORT)(i * sizeof(WCHAR));
        break;
    }
    return Source;
}

/* What %1 is: the device's name, or the driver's of an entry about a driver or a device that has
 * none. */
static UNICODE_STRING IopLogName(const IOP_LOG_ENTRY *Entry, POBJECT_NAME_INFORMATION Name,
                                 ULONG Size)
{
    ULONG Bytes;

    if (*(CSHORT *)Entry->IoObject == IO_TYPE_DEVICE &&
        NT_SUCCESS(ObQueryNameString(Entry->IoObject, Name, Size, &Bytes)) &&
        Name->Name.Length != 0)
        return Name->Name;
    return IopLogDriver(Entry)->DriverName;
}

static USHORT IopLogType(NTSTATUS Code)
{
    switch ((ULONG)Code >> 30) { /* severity */
    case 3: return 1;            /* EVENTLOG_ERROR_TYPE */
    case 2: return 2;            /* EVENTLOG_WARNING_TYPE */
    default: return 4;           /* EVENTLOG_INFORMATION_TYPE */
    }
}

static PUCHAR IopLogPut(PUCHAR At, const VOID *Text, ULONG Bytes)
{
    RtlCopyMemory(At, Text, Bytes);
    return At + Bytes;
}

/* The record's data is the packet, without its strings. */
static VOID IopReportEntry(IOP_LOG_ENTRY *Entry)
{
    struct {
        OBJECT_NAME_INFORMATION Info;
        WCHAR Text[256];
    } NameBuffer;
    PIO_ERROR_LOG_PACKET Packet = (PIO_ERROR_LOG_PACKET)(Entry + 1);
    UNICODE_STRING Source = IopLogSource(IopLogDriver(Entry));
    UNICODE_STRING Name = IopLogName(Entry, &NameBuffer.Info, sizeof(NameBuffer));
    PWCHAR Strings = NULL;
    USHORT Count;
    ULONG StringBytes = IopLogStrings(Entry, Packet, &Strings, &Count), Bytes;
    ULONG DataBytes =
        min(FIELD_OFFSET(IO_ERROR_LOG_PACKET, DumpData) + Packet->DumpDataSize, Entry->Size);
    EL_REPORT *Report;
    PUCHAR At;

    Bytes =
        sizeof(*Report) + Source.Length + Name.Length + 2 * sizeof(WCHAR) + StringBytes + DataBytes;
    Report = ExAllocatePoolWithTag(PagedPool, Bytes, IOP_TAG_LOG);
    if (Report == NULL)
        return;
    RtlZeroMemory(Report, Bytes);
    *Report = (EL_REPORT){.Log = EL_LOG_SYSTEM,
                          .EventId = (ULONG)Packet->ErrorCode,
                          .Type = IopLogType(Packet->ErrorCode),
                          .Category = Packet->EventCategory,
                          .StringCount = Count + 1,
                          .SourceBytes = Source.Length + sizeof(WCHAR),
                          .StringBytes = Name.Length + sizeof(WCHAR) + StringBytes,
                          .DataBytes = DataBytes};
    At = IopLogPut((PUCHAR)(Report + 1), Source.Buffer, Source.Length) + sizeof(WCHAR);
    At = IopLogPut(At, Name.Buffer, Name.Length) + sizeof(WCHAR);
    At = IopLogPut(At, Strings, StringBytes);
    IopLogPut(At, Packet, DataBytes);
    ElReport(Report, Bytes);
    ExFreePoolWithTag(Report, IOP_TAG_LOG);
}

static VOID NTAPI IopLogWorker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (!IsListEmpty(&IopLogEntries)) {
        IOP_LOG_ENTRY *Entry =
            CONTAINING_RECORD(RemoveHeadList(&IopLogEntries), IOP_LOG_ENTRY, Link);

        IopReportEntry(Entry);
        IoFreeErrorLogEntry(Entry + 1);
    }
    IopLogQueued = FALSE;
}

static VOID IopShowEntry(const IOP_LOG_ENTRY *Entry, const IO_ERROR_LOG_PACKET *Packet)
{
    PWCHAR First = NULL;
    USHORT Count;
    ULONG Bytes = IopLogStrings(Entry, Packet, &First, &Count);
    char Line[400];

    _snprintf(Line, sizeof(Line) - 1,
              "error log: %wZ: error %#x, final status %#x, unique value %#lx, major %#x%s%ls\n",
              &IopLogDriver(Entry)->DriverName, Packet->ErrorCode, Packet->FinalStatus,
              Packet->UniqueErrorValue, Packet->MajorFunctionCode,
              Bytes > sizeof(WCHAR) ? ": " : "", Bytes != 0 ? First : L"");
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

NT_EXPORT(IoWriteErrorLogEntry);
VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    IOP_LOG_ENTRY *Entry = (IOP_LOG_ENTRY *)ElEntry - 1;
    PIO_ERROR_LOG_PACKET Packet = ElEntry;

    Packet->SequenceNumber = IopLogSequence++;
    IopShowEntry(Entry, Packet);
    InsertTailList(&IopLogEntries, &Entry->Link);
    if (IopLogQueued)
        return;
    IopLogQueued = TRUE;
    ExInitializeWorkItem(&IopLogItem, IopLogWorker, NULL);
    ExQueueWorkItem(&IopLogItem, DelayedWorkQueue);
}
