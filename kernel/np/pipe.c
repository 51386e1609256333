/*
 * Named pipes: the device, making of instances, connecting and disconnecting, the end of files.
 * Not modelled: waiting for an instance (FSCTL_PIPE_WAIT), security of pipes beyond the device's,
 * listing of pipes, impersonation of clients.
 */
#include "npp.h"

KSPIN_LOCK NpLock;
static LIST_ENTRY NpPipes = {&NpPipes, &NpPipes}; /* NpLock */

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName,
                              PDRIVER_INITIALIZE InitializationFunction);
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes,
                                     PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess,
                                     ULONG CreateDisposition, ULONG CreateOptions,
                                     ULONG NamedPipeType, ULONG ReadMode, ULONG CompletionMode,
                                     ULONG MaximumInstances, ULONG InboundQuota,
                                     ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout);

NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NP_CONNECTION *NpConnectionOf(PFILE_OBJECT File, PULONG End, NTSTATUS *Status)
{
    NP_INSTANCE *Instance = File->FsContext;
    NP_CONNECTION *Connection = File->FsContext;

    *End = NP_CLIENT;
    *Status = STATUS_INVALID_HANDLE;
    if (File->FsContext2 == NULL)
        return NULL;
    if (File->FsContext2 == NP_SERVER_FILE) {
        *End = NP_SERVER;
        *Status =
            Instance->State == NP_LISTENING ? STATUS_PIPE_LISTENING : STATUS_PIPE_DISCONNECTED;
        Connection = Instance->Connection;
    }
    if (Connection != NULL && Connection->State == NP_DISCONNECTED)
        *Status = STATUS_PIPE_DISCONNECTED;
    else if (Connection != NULL)
        *Status = STATUS_SUCCESS;
    return *Status == STATUS_SUCCESS ? Connection : NULL;
}

static VOID NpDereference(NP_CONNECTION *Connection)
{
    if (--Connection->References == 0)
        ExFreePoolWithTag(Connection, NP_TAG);
}

static NP_PIPE *NpFind(PUNICODE_STRING Name)
{
    for (PLIST_ENTRY Link = NpPipes.Flink; Link != &NpPipes; Link = Link->Flink) {
        NP_PIPE *Pipe = CONTAINING_RECORD(Link, NP_PIPE, Link);

        if (RtlEqualUnicodeString(&Pipe->Name, Name, TRUE))
            return Pipe;
    }
    return NULL;
}

/* ---- servers ---- */

static NP_PIPE *NpMakePipe(PUNICODE_STRING Name, const NAMED_PIPE_CREATE_PARAMETERS *Parameters,
                           ULONG ShareAccess)
{
    NP_PIPE *Pipe = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Pipe) + Name->Length, NP_TAG);

    if (Pipe == NULL)
        return NULL;
    RtlZeroMemory(Pipe, sizeof(*Pipe));
    Pipe->Name = (UNICODE_STRING){Name->Length, Name->Length, (PWSTR)(Pipe + 1)};
    RtlCopyMemory(Pipe->Name.Buffer, Name->Buffer, Name->Length);
    InitializeListHead(&Pipe->Instances);
    Pipe->Type = Parameters->NamedPipeType;
    Pipe->Configuration = ShareAccess == FILE_SHARE_READ    ? FILE_PIPE_OUTBOUND
                          : ShareAccess == FILE_SHARE_WRITE ? FILE_PIPE_INBOUND
                                                            : FILE_PIPE_FULL_DUPLEX;
    Pipe->MaximumInstances = Parameters->MaximumInstances;
    Pipe->Quota[NP_SERVER] = Parameters->InboundQuota;
    Pipe->Quota[NP_CLIENT] = Parameters->OutboundQuota;
    InsertTailList(&NpPipes, &Pipe->Link);
    return Pipe;
}

static VOID NpDeletePipe(NP_PIPE *Pipe)
{
    RemoveEntryList(&Pipe->Link);
    ExFreePoolWithTag(Pipe, NP_TAG);
}

static NTSTATUS NpCheckServer(NP_PIPE *Pipe, ULONG Disposition,
                              const NAMED_PIPE_CREATE_PARAMETERS *Parameters)
{
    if (Pipe == NULL)
        return Disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    if (Disposition == FILE_CREATE)
        return STATUS_ACCESS_DENIED; /* [doc: FILE_FLAG_FIRST_PIPE_INSTANCE] */
    if (Pipe->Type != Parameters->NamedPipeType)
        return STATUS_ACCESS_DENIED;
    return Pipe->InstanceCount >= Pipe->MaximumInstances ? STATUS_INSTANCE_NOT_AVAILABLE
                                                         : STATUS_SUCCESS;
}

/* With NpLock: one more instance, of a new pipe if need be. */
static NTSTATUS NpAddInstance(PFILE_OBJECT File, NP_INSTANCE *Instance, PIO_STACK_LOCATION Stack)
{
    const NAMED_PIPE_CREATE_PARAMETERS *Parameters = Stack->Parameters.CreatePipe.Parameters;
    NP_PIPE *Pipe = NpFind(&File->FileName);
    NTSTATUS Status = NpCheckServer(Pipe, Stack->Parameters.CreatePipe.Options >> 24, Parameters);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Pipe == NULL)
        Pipe = NpMakePipe(&File->FileName, Parameters, Stack->Parameters.CreatePipe.ShareAccess);
    if (Pipe == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Instance->Pipe = Pipe;
    Instance->State = NP_LISTENING;
    Instance->ReadMode = Parameters->ReadMode;
    Instance->CompletionMode = Parameters->CompletionMode;
    Instance->Connection = NULL;
    InitializeListHead(&Instance->Listeners);
    InsertTailList(&Pipe->Instances, &Instance->Link);
    Pipe->InstanceCount++;
    File->FsContext = Instance;
    File->FsContext2 = NP_SERVER_FILE;
    File->Flags |= FO_NAMED_PIPE;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI NpCreateServer(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NP_INSTANCE *Instance;
    NTSTATUS Status;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->FileObject->FileName.Length == 0 || Stack->Parameters.CreatePipe.Parameters == NULL)
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    Instance = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Instance), NP_TAG);
    if (Instance == NULL)
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    Status = NpAddInstance(Stack->FileObject, Instance, Stack);
    KeReleaseSpinLock(&NpLock, OldIrql);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Instance, NP_TAG);
    return NpComplete(Irp, Status, FILE_CREATED);
}

/* ---- clients ---- */

static NTSTATUS NpCheckClient(const NP_PIPE *Pipe, ACCESS_MASK Access)
{
    if ((Access & FILE_READ_DATA) && Pipe->Configuration == FILE_PIPE_INBOUND)
        return STATUS_ACCESS_DENIED;
    if ((Access & FILE_WRITE_DATA) && Pipe->Configuration == FILE_PIPE_OUTBOUND)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NP_INSTANCE *NpFindListening(NP_PIPE *Pipe)
{
    for (PLIST_ENTRY Link = Pipe->Instances.Flink; Link != &Pipe->Instances; Link = Link->Flink) {
        NP_INSTANCE *Instance = CONTAINING_RECORD(Link, NP_INSTANCE, Link);

        if (Instance->Connection == NULL && Instance->State == NP_LISTENING)
            return Instance;
    }
    return NULL;
}

static VOID NpConnect(NP_INSTANCE *Instance, NP_CONNECTION *Connection, PFILE_OBJECT File,
                      PLIST_ENTRY Done)
{
    PIRP Listener;

    Connection->References = 2;
    Connection->State = NP_CONNECTED;
    Connection->Pipe = Instance->Pipe;
    for (ULONG i = 0; i < NP_ENDS; i++) {
        Connection->End[i] = (NP_END){.Open = TRUE};
        NpInitQueue(&Connection->End[i].In, Instance->Pipe->Quota[i]);
    }
    Connection->End[NP_SERVER].ReadMode = Instance->ReadMode;
    Connection->End[NP_SERVER].CompletionMode = Instance->CompletionMode;
    Instance->Connection = Connection;
    File->FsContext = Connection;
    File->FsContext2 = NP_CLIENT_FILE;
    File->Flags |= FO_NAMED_PIPE;
    while ((Listener = NpUnpend(&Instance->Listeners)) != NULL)
        NpDone(Listener, STATUS_SUCCESS, 0, Done);
}

static NTSTATUS NTAPI NpCreateClient(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT File = Stack->FileObject;
    NP_CONNECTION *Connection;
    NP_INSTANCE *Instance = NULL;
    LIST_ENTRY Done;
    NTSTATUS Status;
    NP_PIPE *Pipe;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    if (File->FileName.Length <= sizeof(WCHAR)) /* the device, or its root */
        return NpComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
    Connection = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Connection), NP_TAG);
    if (Connection == NULL)
        return NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    InitializeListHead(&Done);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    Pipe = NpFind(&File->FileName);
    Status = Pipe == NULL
                 ? STATUS_OBJECT_NAME_NOT_FOUND
                 : NpCheckClient(Pipe, Stack->Parameters.Create.SecurityContext->DesiredAccess);
    if (NT_SUCCESS(Status)) {
        Instance = NpFindListening(Pipe);
        Status = Instance != NULL ? STATUS_SUCCESS : STATUS_PIPE_NOT_AVAILABLE;
    }
    if (NT_SUCCESS(Status))
        NpConnect(Instance, Connection, File, &Done);
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpFinish(&Done);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Connection, NP_TAG);
    return NpComplete(Irp, Status, FILE_OPENED);
}

/* ---- the end of a file ---- */

/* One end is closed: the other may read what is there, and no more comes. */
static VOID NpCloseEnd(NP_CONNECTION *Connection, ULONG End, PLIST_ENTRY Done)
{
    Connection->End[End].Open = FALSE;
    if (Connection->State == NP_CONNECTED)
        Connection->State = NP_CLOSING;
    NpBreak(&Connection->End[End].In, STATUS_PIPE_BROKEN, TRUE, Done);
    NpBreak(&Connection->End[!End].In, STATUS_PIPE_BROKEN, FALSE, Done);
}

static VOID NpCloseServer(NP_INSTANCE *Instance, PLIST_ENTRY Done)
{
    PIRP Listener;

    while ((Listener = NpUnpend(&Instance->Listeners)) != NULL)
        NpDone(Listener, STATUS_PIPE_BROKEN, 0, Done);
    if (Instance->Connection != NULL) {
        Instance->Connection->Pipe = NULL;
        NpCloseEnd(Instance->Connection, NP_SERVER, Done);
    }
    Instance->State = NP_DISCONNECTED;
    RemoveEntryList(&Instance->Link);
    if (--Instance->Pipe->InstanceCount == 0)
        NpDeletePipe(Instance->Pipe);
    Instance->Pipe = NULL;
}

static NTSTATUS NTAPI NpCleanup(PDEVICE_OBJECT Device, PIRP Irp)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    LIST_ENTRY Done;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    InitializeListHead(&Done);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    if (File->FsContext2 == NP_SERVER_FILE)
        NpCloseServer(File->FsContext, &Done);
    else if (File->FsContext2 == NP_CLIENT_FILE)
        NpCloseEnd(File->FsContext, NP_CLIENT, &Done);
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpFinish(&Done);
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* What comes after the cleanup is refused: FsContext is there until here. */
static NTSTATUS NTAPI NpClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    if (File->FsContext2 == NP_SERVER_FILE) {
        NP_INSTANCE *Instance = File->FsContext;

        if (Instance->Connection != NULL)
            NpDereference(Instance->Connection);
        ExFreePoolWithTag(Instance, NP_TAG);
    } else if (File->FsContext2 == NP_CLIENT_FILE) {
        NpDereference(File->FsContext);
    }
    File->FsContext = File->FsContext2 = NULL;
    KeReleaseSpinLock(&NpLock, OldIrql);
    return NpComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- file system controls ---- */

static NTSTATUS NpListen(NP_INSTANCE *Instance, PIRP Irp, PLIST_ENTRY Done)
{
    if (Instance->Connection != NULL)
        return Instance->Connection->State == NP_CLOSING ? STATUS_PIPE_CLOSING
                                                         : STATUS_PIPE_CONNECTED;
    Instance->State = NP_LISTENING;
    if (Instance->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_PIPE_LISTENING;
    Irp->Tail.Overlay.DriverContext[1] = NULL;
    NpPend(Irp, &Instance->Listeners, Done);
    return STATUS_PENDING;
}

static NTSTATUS NpDisconnect(NP_INSTANCE *Instance, PLIST_ENTRY Done)
{
    NP_CONNECTION *Connection = Instance->Connection;

    if (Connection == NULL)
        return Instance->State == NP_LISTENING ? STATUS_PIPE_LISTENING : STATUS_PIPE_DISCONNECTED;
    Connection->State = NP_DISCONNECTED;
    Connection->Pipe = NULL;
    for (ULONG i = 0; i < NP_ENDS; i++)
        NpBreak(&Connection->End[i].In, STATUS_PIPE_DISCONNECTED, TRUE, Done);
    Instance->Connection = NULL;
    Instance->State = NP_DISCONNECTED;
    NpDereference(Connection);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI NpControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.FileSystemControl.FsControlCode;
    PFILE_OBJECT File = Stack->FileObject;
    ULONG_PTR Information = 0;
    NTSTATUS Status;
    LIST_ENTRY Done;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->MinorFunction != IRP_MN_USER_FS_REQUEST)
        return NpComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Code == FSCTL_PIPE_PEEK) {
        Status = NpPeek(File, Irp->AssociatedIrp.SystemBuffer,
                        Stack->Parameters.FileSystemControl.OutputBufferLength, &Information);
        return NpComplete(Irp, Status, Information);
    }
    if (Code != FSCTL_PIPE_LISTEN && Code != FSCTL_PIPE_DISCONNECT)
        return NpComplete(Irp, STATUS_NOT_SUPPORTED, 0);
    if (File->FsContext2 != NP_SERVER_FILE)
        return NpComplete(Irp, STATUS_ILLEGAL_FUNCTION, 0);
    InitializeListHead(&Done);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    Status = Code == FSCTL_PIPE_LISTEN ? NpListen(File->FsContext, Irp, &Done)
                                       : NpDisconnect(File->FsContext, &Done);
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpFinish(&Done);
    return Status == STATUS_PENDING ? Status : NpComplete(Irp, Status, 0);
}

/* ---- the service and the device ---- */

NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE FileHandle, ULONG DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes,
                                     PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess,
                                     ULONG CreateDisposition, ULONG CreateOptions,
                                     ULONG NamedPipeType, ULONG ReadMode, ULONG CompletionMode,
                                     ULONG MaximumInstances, ULONG InboundQuota,
                                     ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout)
{
    NAMED_PIPE_CREATE_PARAMETERS Parameters = {NamedPipeType,    ReadMode,     CompletionMode,
                                               MaximumInstances, InboundQuota, OutboundQuota,
                                               {.QuadPart = 0},  FALSE};

    UNREFERENCED_PARAMETER(DefaultTimeout); /* for FSCTL_PIPE_WAIT */
    if (NamedPipeType > 1 || ReadMode > NamedPipeType || CompletionMode > 1 || ShareAccess == 0 ||
        MaximumInstances == 0 || (ShareAccess & ~(FILE_SHARE_READ | FILE_SHARE_WRITE)) != 0)
        return STATUS_INVALID_PARAMETER;
    return IoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0,
                        ShareAccess, CreateDisposition, CreateOptions, NULL, 0,
                        CreateFileTypeNamedPipe, &Parameters, 0);
}

static NTSTATUS NTAPI NpEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\NamedPipe");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\PIPE");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = NpCreateClient;
    Driver->MajorFunction[IRP_MJ_CREATE_NAMED_PIPE] = NpCreateServer;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = NpCleanup;
    Driver->MajorFunction[IRP_MJ_CLOSE] = NpClose;
    Driver->MajorFunction[IRP_MJ_READ] = NpRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = NpWrite;
    Driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = NpFlush;
    Driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = NpControl;
    Driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = NpQuery;
    Driver->MajorFunction[IRP_MJ_SET_INFORMATION] = NpSet;
    KeInitializeSpinLock(&NpLock);
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return IoCreateSymbolicLink(&Link, &Name);
}

NTSTATUS NpInitSystem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\FileSystem\\Npfs");

    return IoCreateDriver(&Name, NpEntry);
}
