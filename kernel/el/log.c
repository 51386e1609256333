/*
 * The event log: records of the logs System and Application, and the device by which advapi32
 * reports and reads them. Left out: other logs, who may read and clear them, channels and providers
 * of later systems.
 */
#include "elp.h"

#include "../ke/ke.h"

#define ELP_TAG 'gLlE'
#define ELP_EPOCH_100NS 116444736000000000ull /* 1970 in NT time */

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName,
                              PDRIVER_INITIALIZE InitializationFunction);

/* ---- records ---- */

static ULONG ElpNow(VOID)
{
    return (ULONG)((KiLoaderBlock->boot_time_100ns + KeVirtualTime() - ELP_EPOCH_100NS) / 10000000);
}

/* The machine's name; Text has room for Count units. Returns its bytes with its end. */
static ULONG ElpComputerName(PWCHAR Text, ULONG Count)
{
    UNICODE_STRING Name = {0, (USHORT)(Count * sizeof(WCHAR)), Text};
    RTL_QUERY_REGISTRY_TABLE Table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED,
         .Name = L"ComputerName",
         .EntryContext = &Name}};

    if (!NT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_CONTROL,
                                           L"ComputerName\\ActiveComputerName", Table, NULL, NULL)))
        Name.Length = 0;
    Text[min(Name.Length / sizeof(WCHAR), Count - 1)] = 0;
    return (ULONG)(wcslen(Text) + 1) * sizeof(WCHAR);
}

/* Text of Bytes is Count strings, each with its end, and nothing more. */
static BOOLEAN ElpAreStrings(const WCHAR *Text, ULONG Bytes, ULONG Count)
{
    ULONG Ends = 0;

    if (Bytes % sizeof(WCHAR) != 0)
        return FALSE;
    for (ULONG i = 0; i < Bytes / sizeof(WCHAR); i++)
        Ends += Text[i] == 0;
    return Ends == Count && (Count == 0 ? Bytes == 0 : Text[Bytes / sizeof(WCHAR) - 1] == 0);
}

static BOOLEAN ElpIsReport(const EL_REPORT *Report, ULONG Bytes)
{
    const UCHAR *Source = (const UCHAR *)(Report + 1);

    if (Bytes < sizeof(*Report) || Bytes > EL_RECORD_LIMIT || Report->Log >= EL_LOGS ||
        Report->StringCount > EL_STRING_LIMIT)
        return FALSE;
    if ((ULONG64)Report->SourceBytes + Report->StringBytes + Report->SidBytes + Report->DataBytes !=
        Bytes - sizeof(*Report))
        return FALSE;
    return ElpAreStrings((const WCHAR *)Source, Report->SourceBytes, 1) &&
           ElpAreStrings((const WCHAR *)(Source + Report->SourceBytes), Report->StringBytes,
                         Report->StringCount);
}

static PUCHAR ElpPut(PUCHAR At, const VOID *Data, ULONG Bytes)
{
    RtlCopyMemory(At, Data, Bytes);
    return At + Bytes;
}

static ULONG ElpAlign(ULONG Offset)
{
    return (Offset + sizeof(ULONG) - 1) & ~(ULONG)(sizeof(ULONG) - 1);
}

NTSTATUS ElReport(const EL_REPORT *Report, ULONG Bytes)
{
    WCHAR Computer[64];
    ULONG ComputerBytes = ElpComputerName(Computer, RTL_NUMBER_OF(Computer)), Length, Sid, Strings;
    const UCHAR *Source = (const UCHAR *)(Report + 1);
    EL_RECORD *Record;
    PUCHAR At;
    NTSTATUS Status;

    if (!ElpIsReport(Report, Bytes))
        return STATUS_INVALID_PARAMETER;
    Sid = ElpAlign(sizeof(*Record) + Report->SourceBytes + ComputerBytes);
    Strings = Sid + Report->SidBytes;
    Length = ElpAlign(Strings + Report->StringBytes + Report->DataBytes) + sizeof(ULONG);
    Record = ExAllocatePoolWithTag(PagedPool, Length, ELP_TAG);
    if (Record == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Record, Length);
    *Record = (EL_RECORD){.Length = Length,
                          .Reserved = EL_SIGNATURE,
                          .TimeGenerated = ElpNow(),
                          .TimeWritten = ElpNow(),
                          .EventID = Report->EventId,
                          .EventType = Report->Type,
                          .NumStrings = Report->StringCount,
                          .EventCategory = Report->Category,
                          .StringOffset = Strings,
                          .UserSidLength = Report->SidBytes,
                          .UserSidOffset = Report->SidBytes != 0 ? Sid : 0,
                          .DataLength = Report->DataBytes,
                          .DataOffset = Strings + Report->StringBytes};
    At = ElpPut((PUCHAR)(Record + 1), Source, Report->SourceBytes);
    ElpPut(At, Computer, ComputerBytes);
    Source += Report->SourceBytes;
    ElpPut((PUCHAR)Record + Strings, Source, Report->StringBytes);
    Source += Report->StringBytes;
    ElpPut((PUCHAR)Record + Sid, Source, Report->SidBytes);
    ElpPut((PUCHAR)Record + Record->DataOffset, Source + Report->SidBytes, Report->DataBytes);
    *(PULONG)((PUCHAR)Record + Length - sizeof(ULONG)) = Length;
    Status = ElpAppend(Report->Log, Record);
    ExFreePoolWithTag(Record, ELP_TAG);
    return Status;
}

VOID ElReportStrings(PCWSTR Source, ULONG EventId, USHORT Type, PCUNICODE_STRING const *Strings,
                     USHORT Count)
{
    ULONG SourceBytes = (ULONG)(wcslen(Source) + 1) * sizeof(WCHAR),
          Bytes = sizeof(EL_REPORT) + SourceBytes;
    EL_REPORT *Report;
    PUCHAR At;

    for (USHORT i = 0; i < Count; i++)
        Bytes += Strings[i]->Length + sizeof(WCHAR);
    Report = ExAllocatePoolWithTag(PagedPool, Bytes, ELP_TAG);
    if (Report == NULL)
        return;
    RtlZeroMemory(Report, Bytes);
    Report->Log = EL_LOG_SYSTEM;
    Report->EventId = EventId;
    Report->Type = Type;
    Report->StringCount = Count;
    Report->SourceBytes = SourceBytes;
    Report->StringBytes = Bytes - (ULONG)sizeof(*Report) - SourceBytes;
    At = ElpPut((PUCHAR)(Report + 1), Source, SourceBytes);
    for (USHORT i = 0; i < Count; i++)
        At = ElpPut(At, Strings[i]->Buffer, Strings[i]->Length) + sizeof(WCHAR);
    ElReport(Report, Bytes);
    ExFreePoolWithTag(Report, ELP_TAG);
}

/* ---- the device ---- */

static NTSTATUS ElpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI ElpOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return ElpComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ElpReadInto(PIRP Irp, ULONG Log, ULONG Size)
{
    PUCHAR Buffer = Irp->MdlAddress != NULL
                        ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)
                        : NULL;
    ULONG Bytes = 0;
    NTSTATUS Status = Buffer != NULL ? ElpRead(Log, Buffer, Size, &Bytes) : STATUS_BUFFER_TOO_SMALL;

    return ElpComplete(Irp, Status, Bytes);
}

static NTSTATUS NTAPI ElpControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.DeviceIoControl.IoControlCode == (ULONG)IOCTL_EL_REPORT)
        return ElpComplete(
            Irp, Input < sizeof(EL_REPORT) ? STATUS_INVALID_PARAMETER : ElReport(Buffer, Input), 0);
    if (Input != sizeof(ULONG) || *(PULONG)Buffer >= EL_LOGS)
        return ElpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_EL_READ:
        return ElpReadInto(Irp, *(PULONG)Buffer,
                           Stack->Parameters.DeviceIoControl.OutputBufferLength);
    case IOCTL_EL_CLEAR: return ElpComplete(Irp, ElpClear(*(PULONG)Buffer), 0);
    default: return ElpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI ElpEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(EL_DEVICE_NAME);
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = ElpOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = ElpOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = ElpOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ElpControl;
    Status = IoCreateDevice(Driver, 0, &Name, EL_DEVICE_TYPE, 0, FALSE, &Device);
    if (NT_SUCCESS(Status))
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return Status;
}

NTSTATUS ElInitSystem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\DrydockEventLog");

    ElpInitFiles();
    return IoCreateDriver(&Name, ElpEntry);
}
