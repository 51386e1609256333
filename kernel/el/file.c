/*
 * The logs' files, C:\Windows\System32\winevt\Logs\NAME.evt, in the format of event logs before
 * Windows Vista, which is documented
 * ("Event Log File Format"). Here the oldest record is always the first of the file: where another
 * would not fit, the older half of the records goes, rather than that the file goes round. The
 * header is written last, so what is cut off is at most the newest record. Left out: retention by
 * age; the XML format of later systems.
 */
#include "elp.h"

#define ELP_TAG 'gLlE'
#define ELP_FOLDER L"\\SystemRoot\\System32\\winevt"
#define ELP_FIRST ((ULONG)sizeof(EL_FILE_HEADER)) /* where the records begin */

static const PCWSTR ElpPath[EL_LOGS] = {ELP_FOLDER L"\\Logs\\Application.evt",
                                        ELP_FOLDER L"\\Logs\\System.evt"};
static KEVENT ElpLock; /* signaled: nobody is at the files */

VOID ElpInitFiles(VOID)
{
    KeInitializeEvent(&ElpLock, SynchronizationEvent, TRUE);
}

static NTSTATUS ElpCreate(PCWSTR Path, ULONG Disposition, ULONG Options, PHANDLE File)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(File, FILE_GENERIC_READ | FILE_GENERIC_WRITE, &Attributes, &IoStatus, NULL,
                        FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, Disposition,
                        FILE_SYNCHRONOUS_IO_NONALERT | Options, NULL, 0);
}

static NTSTATUS ElpTransfer(BOOLEAN Write, HANDLE File, ULONG At, PVOID Buffer, ULONG Bytes)
{
    LARGE_INTEGER Offset = {.QuadPart = At};
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status =
        Write ? ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, Buffer, Bytes, &Offset, NULL)
              : ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Buffer, Bytes, &Offset, NULL);

    return NT_SUCCESS(Status) && IoStatus.Information != Bytes ? STATUS_END_OF_FILE : Status;
}

static VOID ElpNewHeader(EL_FILE_HEADER *Header)
{
    *Header = (EL_FILE_HEADER){.HeaderSize = sizeof(*Header),
                               .Signature = EL_SIGNATURE,
                               .MajorVersion = 1,
                               .MinorVersion = 1,
                               .StartOffset = ELP_FIRST,
                               .EndOffset = ELP_FIRST,
                               .CurrentRecordNumber = 1,
                               .MaxSize = EL_FILE_LIMIT,
                               .EndHeaderSize = sizeof(*Header)};
}

static BOOLEAN ElpIsHeader(const EL_FILE_HEADER *Header)
{
    return Header->HeaderSize == sizeof(*Header) && Header->Signature == EL_SIGNATURE &&
           Header->StartOffset == ELP_FIRST && Header->EndOffset >= ELP_FIRST &&
           Header->EndOffset <= EL_FILE_LIMIT - sizeof(EL_END_RECORD) &&
           Header->EndOffset % sizeof(ULONG) == 0 && Header->CurrentRecordNumber != 0;
}

/* Opens the log's file and reads its header: of a new file, or of one that is no log, an empty one.
 */
static NTSTATUS ElpOpen(ULONG Log, PHANDLE File, EL_FILE_HEADER *Header)
{
    static const PCWSTR Folders[] = {ELP_FOLDER, ELP_FOLDER L"\\Logs"};
    NTSTATUS Status = ElpCreate(ElpPath[Log], FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, File);

    if (Status == STATUS_OBJECT_PATH_NOT_FOUND) {
        for (ULONG i = 0; i < RTL_NUMBER_OF(Folders); i++)
            if (NT_SUCCESS(ElpCreate(Folders[i], FILE_OPEN_IF, FILE_DIRECTORY_FILE, File)))
                ZwClose(*File);
        Status = ElpCreate(ElpPath[Log], FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, File);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    if (!NT_SUCCESS(ElpTransfer(FALSE, *File, 0, Header, sizeof(*Header))) || !ElpIsHeader(Header))
        ElpNewHeader(Header);
    return STATUS_SUCCESS;
}

/* What comes after the last record, then the header that says that all of it is there. */
static NTSTATUS ElpWriteEnds(HANDLE File, EL_FILE_HEADER *Header)
{
    EL_END_RECORD End = {.RecordSizeBeginning = sizeof(End),
                         .One = 0x11111111,
                         .Two = 0x22222222,
                         .Three = 0x33333333,
                         .Four = 0x44444444,
                         .BeginRecord = Header->StartOffset,
                         .EndRecord = Header->EndOffset,
                         .CurrentRecordNumber = Header->CurrentRecordNumber,
                         .OldestRecordNumber = Header->OldestRecordNumber,
                         .RecordSizeEnd = sizeof(End)};
    NTSTATUS Status = ElpTransfer(TRUE, File, Header->EndOffset, &End, sizeof(End));

    return NT_SUCCESS(Status) ? ElpTransfer(TRUE, File, 0, Header, sizeof(*Header)) : Status;
}

/* Bytes of the whole records at the start of Records; each is checked, for the file is anybody's.
 */
static ULONG ElpCheck(const UCHAR *Records, ULONG Bytes)
{
    ULONG At = 0;

    while (Bytes - At >= sizeof(EL_RECORD)) {
        const EL_RECORD *Record = (const EL_RECORD *)(Records + At);

        if (Record->Length < sizeof(*Record) || Record->Length > Bytes - At ||
            Record->Length % sizeof(ULONG) != 0 || Record->Reserved != EL_SIGNATURE)
            break;
        At += Record->Length;
    }
    return At;
}

/* Drops as many of the oldest records as it takes for at most half of the file to be left. */
static NTSTATUS ElpShorten(HANDLE File, EL_FILE_HEADER *Header)
{
    ULONG Bytes = Header->EndOffset - ELP_FIRST, Dropped = 0;
    PUCHAR Records = ExAllocatePoolWithTag(PagedPool, Bytes, ELP_TAG);
    NTSTATUS Status;

    if (Records == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ElpTransfer(FALSE, File, ELP_FIRST, Records, Bytes);
    if (NT_SUCCESS(Status)) {
        Bytes = ElpCheck(Records, Bytes);
        while (Bytes - Dropped > EL_FILE_LIMIT / 2)
            Dropped += ((EL_RECORD *)(Records + Dropped))->Length;
        Header->EndOffset = ELP_FIRST + Bytes - Dropped;
        Header->OldestRecordNumber =
            Bytes != Dropped ? ((EL_RECORD *)(Records + Dropped))->RecordNumber : 0;
        if (Bytes != Dropped)
            Status = ElpTransfer(TRUE, File, ELP_FIRST, Records + Dropped, Bytes - Dropped);
    }
    ExFreePoolWithTag(Records, ELP_TAG);
    return Status;
}

static VOID ElpAcquire(VOID)
{
    KeWaitForSingleObject(&ElpLock, Executive, KernelMode, FALSE, NULL);
}

static VOID ElpRelease(VOID)
{
    KeSetEvent(&ElpLock, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS ElpAppendTo(HANDLE File, EL_FILE_HEADER *Header, EL_RECORD *Record)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Header->EndOffset + Record->Length + sizeof(EL_END_RECORD) > EL_FILE_LIMIT)
        Status = ElpShorten(File, Header);
    if (!NT_SUCCESS(Status))
        return Status;
    Record->RecordNumber = Header->CurrentRecordNumber++;
    if (Header->OldestRecordNumber == 0)
        Header->OldestRecordNumber = Record->RecordNumber;
    Status = ElpTransfer(TRUE, File, Header->EndOffset, Record, Record->Length);
    if (!NT_SUCCESS(Status))
        return Status;
    Header->EndOffset += Record->Length;
    return ElpWriteEnds(File, Header);
}

NTSTATUS ElpAppend(ULONG Log, EL_RECORD *Record)
{
    EL_FILE_HEADER Header;
    HANDLE File;
    NTSTATUS Status;

    ElpAcquire();
    Status = ElpOpen(Log, &File, &Header);
    if (NT_SUCCESS(Status)) {
        Status = ElpAppendTo(File, &Header, Record);
        ZwClose(File);
    }
    ElpRelease();
    return Status;
}

NTSTATUS ElpRead(ULONG Log, PUCHAR Buffer, ULONG Size, PULONG Bytes)
{
    EL_FILE_HEADER Header;
    HANDLE File;
    NTSTATUS Status;

    *Bytes = 0;
    ElpAcquire();
    Status = ElpOpen(Log, &File, &Header);
    if (NT_SUCCESS(Status)) {
        ULONG Length = Header.EndOffset - ELP_FIRST;

        Status = Length > Size ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (NT_SUCCESS(Status) && Length != 0)
            Status = ElpTransfer(FALSE, File, ELP_FIRST, Buffer, Length);
        if (NT_SUCCESS(Status))
            *Bytes = ElpCheck(Buffer, Length);
        ZwClose(File);
    }
    ElpRelease();
    return Status;
}

NTSTATUS ElpClear(ULONG Log)
{
    EL_FILE_HEADER Header;
    HANDLE File;
    NTSTATUS Status;

    ElpAcquire();
    Status = ElpOpen(Log, &File, &Header);
    if (NT_SUCCESS(Status)) {
        ElpNewHeader(&Header);
        Status = ElpWriteEnds(File, &Header);
        ZwClose(File);
    }
    ElpRelease();
    return Status;
}
