/*
 * The console: a device \Device\ConDrv whose files Input, Output and Error are the host's standard streams; and Connect,
 * by which a process is on the console. Input comes a
 * line at a time, its end CR LF as a console's; the machine stands still while the host has none. Not modelled: screen
 * buffers, cursor, colours, input events, input without line mode, several consoles. The code page is UTF-8.
 */
#include "startup.h"

/* FileObject->FsContext2 of an open console file. */
enum { PSP_CONSOLE_INPUT = 1, PSP_CONSOLE_OUTPUT, PSP_CONSOLE_ERROR, PSP_CONSOLE_CONNECTION };

/* A console's reader waits for a typist: so long do the other threads go on before a line is there. [guess] */
#define PSP_TYPING_100NS 100000 /* 10 ms of virtual time */

/* A line of input between the host and its readers. */
typedef struct _PSP_LINE {
    KGUARDED_MUTEX Lock;
    ULONG Start, End; /* Lock: of what is left in Text */
    UCHAR Text[HAL_INPUT_CHUNK + 1];
} PSP_LINE;

static PSP_LINE PspLine;

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);

static NTSTATUS PspCompleteConsole(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PspConsoleCreate(PDEVICE_OBJECT Device, PIRP Irp)
{
    static const struct { UNICODE_STRING Name; ULONG_PTR File; } Names[] = {
        {RTL_CONSTANT_STRING(L"\\Input"), PSP_CONSOLE_INPUT},
        {RTL_CONSTANT_STRING(L"\\Output"), PSP_CONSOLE_OUTPUT},
        {RTL_CONSTANT_STRING(L"\\Error"), PSP_CONSOLE_ERROR},
        {RTL_CONSTANT_STRING(L"\\Connect"), PSP_CONSOLE_CONNECTION},
    };
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    UNREFERENCED_PARAMETER(Device);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Names); i++) {
        if (!RtlEqualUnicodeString(&File->FileName, &Names[i].Name, TRUE))
            continue;
        File->FsContext2 = (PVOID)Names[i].File;
        return PspCompleteConsole(Irp, STATUS_SUCCESS, FILE_OPENED);
    }
    return PspCompleteConsole(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
}

static NTSTATUS NTAPI PspConsoleClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return PspCompleteConsole(Irp, STATUS_SUCCESS, 0);
}

ULONG PspEndLine(PUCHAR Text, ULONG Bytes)
{
    if (Bytes == 0 || Text[Bytes - 1] != '\n' || (Bytes > 1 && Text[Bytes - 2] == '\r'))
        return Bytes;
    Text[Bytes - 1] = '\r';
    Text[Bytes] = '\n';
    return Bytes + 1;
}

/* Fetches a line when none is left. At the end of the input nothing is left after it. */
static NTSTATUS PspFetchLine(VOID)
{
    LARGE_INTEGER Typing = {.QuadPart = -PSP_TYPING_100NS};
    LONG64 Bytes;

    if (PspLine.Start != PspLine.End)
        return STATUS_SUCCESS;
    PspLine.Start = PspLine.End = 0;
    KeDelayExecutionThread(KernelMode, FALSE, &Typing);
    Bytes = HAL->read_input((ULONG64)PspLine.Text, HAL_INPUT_CHUNK);
    if (Bytes < 0)
        return STATUS_UNSUCCESSFUL;
    PspLine.End = PspEndLine(PspLine.Text, (ULONG)Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI PspConsoleRead(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PSP_TERMINAL *Terminal = PsGetCurrentThread()->ThreadsProcess->Terminal;
    ULONG Length = Stack->Parameters.Read.Length;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->FileObject->FsContext2 != (PVOID)PSP_CONSOLE_INPUT)
        return PspCompleteConsole(Irp, STATUS_INVALID_HANDLE, 0);
    if (Length == 0)
        return PspCompleteConsole(Irp, STATUS_SUCCESS, 0);
    if (Terminal != NULL) {
        Status = PspReadTerminal(Terminal, Irp->AssociatedIrp.SystemBuffer, &Length);
        return PspCompleteConsole(Irp, Status, Length);
    }
    KeAcquireGuardedMutex(&PspLine.Lock);
    Status = PspFetchLine();
    Length = min(Length, PspLine.End - PspLine.Start);
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, PspLine.Text + PspLine.Start, Length);
    PspLine.Start += Length;
    KeReleaseGuardedMutex(&PspLine.Lock);
    return PspCompleteConsole(Irp, Status, Length);
}

/* The host's lines end in LF alone: a CR before LF is dropped. Returns the bytes that are left. */
static ULONG PspDropCarriageReturns(PUCHAR Text, ULONG Bytes)
{
    ULONG Kept = 0;

    for (ULONG i = 0; i < Bytes; i++)
        if (Text[i] != '\r' || i + 1 == Bytes || Text[i + 1] != '\n')
            Text[Kept++] = Text[i];
    return Kept;
}

/* The host hears once who it is that writes. */
static ULONG64 PspWriterStream(ULONG Stream)
{
    PEPROCESS Process = PsGetCurrentThread()->ThreadsProcess;
    ULONG64 Id = (ULONG64)(Process->Terminal != NULL ? PspTerminalNumber(Process->Terminal)
                                                     : Process->UniqueProcessId);
    UNICODE_STRING Name = PspProgramName(Process);
    char Utf8[192];
    ULONG Bytes;

    if (!Process->ConsoleNamed &&
        NT_SUCCESS(RtlUnicodeToUTF8N(Utf8, sizeof(Utf8), &Bytes, Name.Buffer, Name.Length))) {
        Process->ConsoleNamed = TRUE;
        HAL->write(HAL_STREAM_OF(HAL_STREAM_NAME, Id), (ULONG64)Utf8, Bytes, KeVirtualTime());
    }
    return HAL_STREAM_OF(Stream, Id);
}

ULONG64 PsLogStream(VOID)
{
    PSP_TERMINAL *Terminal = PsGetCurrentThread()->ThreadsProcess->Terminal;

    return Terminal == NULL ? HAL_STREAM_LOG : HAL_STREAM_OF(HAL_STREAM_LOG, (ULONG64)PspTerminalNumber(Terminal));
}

static NTSTATUS NTAPI PspConsoleWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PSP_TERMINAL *Terminal = PsGetCurrentThread()->ThreadsProcess->Terminal;
    ULONG_PTR File = (ULONG_PTR)Stack->FileObject->FsContext2;

    UNREFERENCED_PARAMETER(Device);
    if (File != PSP_CONSOLE_OUTPUT && File != PSP_CONSOLE_ERROR)
        return PspCompleteConsole(Irp, STATUS_INVALID_HANDLE, 0);
    if (Terminal != NULL && !NT_SUCCESS(PspWaitForFlow(Terminal)))
        return PspCompleteConsole(Irp, STATUS_CANCELLED, 0);
    if (Stack->Parameters.Write.Length != 0)
        HAL->write(PspWriterStream(File == PSP_CONSOLE_OUTPUT ? HAL_STREAM_STDOUT : HAL_STREAM_STDERR),
                   (ULONG64)Irp->AssociatedIrp.SystemBuffer,
                   PspDropCarriageReturns(Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Write.Length),
                   KeVirtualTime());
    return PspCompleteConsole(Irp, STATUS_SUCCESS, Stack->Parameters.Write.Length);
}

static NTSTATUS PspConsoleMode(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG *Mode = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->FileObject->FsContext2 == (PVOID)PSP_CONSOLE_CONNECTION)
        return PspCompleteConsole(Irp, STATUS_INVALID_HANDLE, 0);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*Mode))
        return PspCompleteConsole(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    /* processed, line and echo input; or processed and wrapped output */
    *Mode = Stack->FileObject->FsContext2 == (PVOID)PSP_CONSOLE_INPUT ? 7 : 3;
    return PspCompleteConsole(Irp, STATUS_SUCCESS, sizeof(*Mode));
}

static NTSTATUS PspConsoleAttach(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PULONG64 Routine = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*Routine) || !MmIsUserAddress(*Routine))
        return PspCompleteConsole(Irp, STATUS_INVALID_PARAMETER, 0);
    PsCurrentProcess()->ConsoleControl = *Routine;
    return PspCompleteConsole(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS PspConsoleGenerate(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PSP_CONSOLE_EVENT *Event = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*Event) || Event->Event > 1)
        return PspCompleteConsole(Irp, STATUS_INVALID_PARAMETER, 0);
    return PspCompleteConsole(Irp, PspConsoleEvent(Event->Event, (HANDLE)(ULONG_PTR)Event->Group), 0);
}

static NTSTATUS PspConsoleList(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Room = Stack->Parameters.DeviceIoControl.OutputBufferLength / sizeof(ULONG);
    PULONG Ids = Irp->AssociatedIrp.SystemBuffer;
    ULONG Count;

    if (Room < 2)
        return PspCompleteConsole(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    Count = PspConsoleProcesses(Ids + 1, Room - 1); /* first how many there are */
    Ids[0] = Count;
    return PspCompleteConsole(Irp, STATUS_SUCCESS, (1 + min(Count, Room - 1)) * sizeof(ULONG));
}

static NTSTATUS NTAPI PspConsoleControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PSP_CONSOLE_MODE: return PspConsoleMode(Irp, Stack);
    case IOCTL_PSP_CONSOLE_ATTACH: return PspConsoleAttach(Irp, Stack);
    case IOCTL_PSP_CONSOLE_EVENT: return PspConsoleGenerate(Irp, Stack);
    case IOCTL_PSP_CONSOLE_PROCESSES: return PspConsoleList(Irp, Stack);
    }
    return PspCompleteConsole(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI PspConsoleEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\ConDrv");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = PspConsoleCreate;
    Driver->MajorFunction[IRP_MJ_CLOSE] = PspConsoleClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = PspConsoleClose;
    Driver->MajorFunction[IRP_MJ_READ] = PspConsoleRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = PspConsoleWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = PspConsoleClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PspConsoleControl;
    Status = IoCreateDevice(Driver, 0, &Name, PSP_DEVICE_CONSOLE, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

NTSTATUS PsInitConsole(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\ConDrv");

    KeInitializeGuardedMutex(&PspLine.Lock);
    return IoCreateDriver(&Name, PspConsoleEntry);
}

NTSTATUS PspOpenConsole(PCWSTR Path, ULONG HandleAttributes, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | HandleAttributes, NULL, NULL);
    return ZwCreateFile(Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &IoStatus, NULL, 0,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}
