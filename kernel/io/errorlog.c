/*
 * Error log entries. There is no event log service: each entry is one line of Drydock's own messages.
 * Left out: the message text of the driver's message file.
 */
#include "iop.h"

#define IOP_TAG_LOG 'rEoI'

typedef struct _IOP_LOG_ENTRY { /* the packet follows */
    USHORT Type, Size;
    PVOID IoObject; /* device or driver, referenced */
    ULONG64 Spare;
} IOP_LOG_ENTRY;

static ULONG IopLogSequence;

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

/* The first of the strings, if the packet has one and it ends inside it. */
static UNICODE_STRING IopLogString(const IOP_LOG_ENTRY *Entry, const IO_ERROR_LOG_PACKET *Packet)
{
    UNICODE_STRING Text = { 0, 0, NULL };
    ULONG Offset = Packet->StringOffset;

    if (Packet->NumberOfStrings == 0 || Offset >= Entry->Size)
        return Text;
    Text.Buffer = (PWCHAR)((PUCHAR)Packet + Offset);
    while (Offset + sizeof(WCHAR) <= Entry->Size && Text.Buffer[Text.Length / sizeof(WCHAR)] != 0) {
        Text.Length += sizeof(WCHAR);
        Offset += sizeof(WCHAR);
    }
    Text.MaximumLength = Text.Length;
    return Text;
}

NT_EXPORT(IoWriteErrorLogEntry);
VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    IOP_LOG_ENTRY *Entry = (IOP_LOG_ENTRY *)ElEntry - 1;
    PIO_ERROR_LOG_PACKET Packet = ElEntry;
    UNICODE_STRING Text = IopLogString(Entry, Packet);
    PDRIVER_OBJECT Driver = Entry->IoObject;
    char Line[400];

    if (*(CSHORT *)Entry->IoObject == IO_TYPE_DEVICE)
        Driver = ((PDEVICE_OBJECT)Entry->IoObject)->DriverObject;
    Packet->SequenceNumber = IopLogSequence++;
    _snprintf(Line, sizeof(Line) - 1, "error log: %wZ: error %#x, final status %#x, unique value %#lx, major %#x%s%wZ\n",
              &Driver->DriverName, Packet->ErrorCode, Packet->FinalStatus, Packet->UniqueErrorValue,
              Packet->MajorFunctionCode, Text.Length ? ": " : "", &Text);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
    IoFreeErrorLogEntry(ElEntry);
}
