/*
 * File objects: opening by name through the device's parse method, access check, IRP_MJ_CREATE, IRP_MJ_CLEANUP when the
 * last handle goes and IRP_MJ_CLOSE when the last reference does.
 * Left out: reparse points, extra create parameters, mounting a file system on first use, remote opens.
 */
#include "iop.h"

#include "../fsrtl/fsrtl.h"

/* ---- the lock of synchronous files ---- */

NTSTATUS IopAcquireFileLock(PFILE_OBJECT File)
{
    BOOLEAN Alertable = (File->Flags & FO_ALERTABLE_IO) != 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (InterlockedExchange((PLONG)&File->Busy, TRUE) == FALSE)
        return STATUS_SUCCESS;
    InterlockedIncrement((PLONG)&File->Waiters);
    while (Status == STATUS_SUCCESS && InterlockedExchange((PLONG)&File->Busy, TRUE) != FALSE)
        Status = KeWaitForSingleObject(&File->Lock, Executive, IopPreviousMode(), Alertable, NULL);
    InterlockedDecrement((PLONG)&File->Waiters);
    return Status;
}

VOID IopReleaseFileLock(PFILE_OBJECT File)
{
    DD_ASSERT(File->Busy);
    InterlockedExchange((PLONG)&File->Busy, FALSE);
    if (File->Waiters != 0)
        KeSetEvent(&File->Lock, IO_NO_INCREMENT, FALSE);
}

/* ---- end of a file ---- */

static VOID IopSendSimple(PFILE_OBJECT File, ULONG Major)
{
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    PIRP Irp = IopAllocateIrpForSure(Device->StackSize);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Iosb;

    Irp->Tail.Overlay.OriginalFileObject = File;
    Irp->RequestorMode = KernelMode;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = (UCHAR)Major;
    Stack->FileObject = File;
    IopSendKernelIrp(Device, Irp, &Iosb);
}

VOID IopCloseFile(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandles, ULONG_PTR SystemHandles)
{
    PFILE_OBJECT File = Object;
    BOOLEAN Locked;

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandles);
    if (SystemHandles != 1 || File->DeviceObject == NULL || (File->Flags & FO_CLEANUP_COMPLETE))
        return;
    Locked = (File->Flags & FO_SYNCHRONOUS_IO) != 0;
    while (Locked && IopAcquireFileLock(File) != STATUS_SUCCESS)
        ; /* cleanup is not optional: an alert does not keep it from going on */
    File->Flags |= FO_CLEANUP_COMPLETE;
    IopSendSimple(File, IRP_MJ_CLEANUP);
    if (Locked)
        IopReleaseFileLock(File);
}

static VOID IopFreeFileParts(PFILE_OBJECT File)
{
    if (File->FileName.Buffer != NULL)
        ExFreePoolWithTag(File->FileName.Buffer, IOP_TAG_FILE);
    if (File->CompletionContext != NULL) {
        ObDereferenceObject(File->CompletionContext->Port);
        ExFreePoolWithTag(File->CompletionContext, IOP_TAG_FILE);
    }
}

VOID IopDeleteFile(PVOID Object)
{
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Device = File->DeviceObject;

    if (Device != NULL) {
        if (!(File->Flags & FO_CLEANUP_COMPLETE)) {
            File->Flags |= FO_CLEANUP_COMPLETE;
            IopSendSimple(File, IRP_MJ_CLEANUP);
        }
        IopSendSimple(File, IRP_MJ_CLOSE);
        IoStatistics.FilesClosed++;
    }
    IopFreeFileParts(File);
    if (Device == NULL)
        return;
    if (File->Vpb != NULL)
        InterlockedDecrement((PLONG)&File->Vpb->ReferenceCount);
    IopDereferenceDeviceHandle(Device);
    ObDereferenceObject(Device);
}

/* ---- opening ---- */

/*
 * Step 7 of an open: the device's descriptor. The device itself, and names behind it when the driver asks for that
 * with FILE_DEVICE_SECURE_OPEN, are checked here; other names are the driver's to check.
 * [doc: Controlling Device Namespace Access]
 */
static NTSTATUS IopCheckDeviceAccess(PDEVICE_OBJECT Device, PACCESS_STATE State, KPROCESSOR_MODE Mode,
                                     ULONG Attributes, BOOLEAN WholeDevice)
{
    PGENERIC_MAPPING Mapping = IoGetFileObjectGenericMapping();
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Check = Mode != KernelMode || (Attributes & OBJ_FORCE_ACCESS_CHECK);

    RtlMapGenericMask(&State->RemainingDesiredAccess, Mapping);
    if (Check && (WholeDevice || (Device->Characteristics & FILE_DEVICE_SECURE_OPEN))) {
        SeLockSubjectContext(&State->SubjectSecurityContext);
        SeAccessCheck(Device->SecurityDescriptor, &State->SubjectSecurityContext, TRUE, State->RemainingDesiredAccess,
                      State->PreviouslyGrantedAccess, &Privileges, Mapping, UserMode, &Granted, &Status);
        SeUnlockSubjectContext(&State->SubjectSecurityContext);
        if (Privileges != NULL)
            SeFreePrivileges(Privileges);
        if (!NT_SUCCESS(Status))
            return Status;
    } else {
        Granted = State->RemainingDesiredAccess & ~MAXIMUM_ALLOWED;
        if (State->RemainingDesiredAccess & MAXIMUM_ALLOWED)
            Granted |= FILE_ALL_ACCESS;
    }
    State->PreviouslyGrantedAccess |= Granted;
    State->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
    return STATUS_SUCCESS;
}

static NTSTATUS IopCheckDeviceState(PDEVICE_OBJECT Device, BOOLEAN Relative)
{
    const ULONG Going = IOP_DOE_UNLOAD_PENDING | IOP_DOE_DELETE_PENDING | IOP_DOE_REMOVE_PENDING
                      | IOP_DOE_REMOVE_PROCESSED;

    if ((Device->Flags & DO_DEVICE_INITIALIZING) || (IopDeviceExt(Device)->ExtensionFlags & Going))
        return STATUS_NO_SUCH_DEVICE;
    if (!Relative && (Device->Flags & DO_EXCLUSIVE) && Device->ReferenceCount != 0)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static ULONG IopFileFlags(ULONG Options, ULONG Attributes)
{
    ULONG Flags = 0;

    if (Options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        Flags |= FO_SYNCHRONOUS_IO;
    if (Options & FILE_SYNCHRONOUS_IO_ALERT)
        Flags |= FO_ALERTABLE_IO;
    if (Options & FILE_NO_INTERMEDIATE_BUFFERING)
        Flags |= FO_NO_INTERMEDIATE_BUFFERING;
    if (Options & FILE_WRITE_THROUGH)
        Flags |= FO_WRITE_THROUGH;
    if (Options & FILE_SEQUENTIAL_ONLY)
        Flags |= FO_SEQUENTIAL_ONLY;
    if (Options & FILE_RANDOM_ACCESS)
        Flags |= FO_RANDOM_ACCESS;
    if (!(Attributes & OBJ_CASE_INSENSITIVE))
        Flags |= FO_OPENED_CASE_SENSITIVE;
    return Flags;
}

/* A file object with no device yet: deleting it tells nobody. */
static NTSTATUS IopMakeFile(PUNICODE_STRING Name, ULONG Options, ULONG Attributes, PFILE_OBJECT *Result)
{
    OBJECT_ATTRIBUTES ObjectAttributes;
    PFILE_OBJECT File;
    NTSTATUS Status;

    InitializeObjectAttributes(&ObjectAttributes, NULL, Attributes & (OBJ_INHERIT | OBJ_KERNEL_HANDLE), NULL, NULL);
    Status = ObCreateObject(KernelMode, IopFileType, &ObjectAttributes, KernelMode, NULL, sizeof(*File), 0, 0,
                            (PVOID *)&File);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(File, sizeof(*File));
    File->Type = IO_TYPE_FILE;
    File->Size = sizeof(*File);
    File->Flags = IopFileFlags(Options, Attributes);
    KeInitializeEvent(&File->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&File->Event, NotificationEvent, FALSE);
    KeInitializeSpinLock(&File->IrpListLock);
    InitializeListHead(&File->IrpList);
    if (Name->Length != 0) {
        File->FileName.Buffer = ExAllocatePoolWithTag(PagedPool, Name->Length + sizeof(WCHAR), IOP_TAG_FILE);
        if (File->FileName.Buffer == NULL) {
            ObDereferenceObject(File);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(File->FileName.Buffer, Name->Buffer, Name->Length);
        File->FileName.Buffer[Name->Length / sizeof(WCHAR)] = 0;
        File->FileName.Length = Name->Length;
        File->FileName.MaximumLength = Name->Length + sizeof(WCHAR);
    }
    *Result = File;
    return STATUS_SUCCESS;
}

static VOID IopFillCreate(PIO_STACK_LOCATION Stack, PFILE_OBJECT File, const IOP_OPEN_PACKET *Packet,
                          PIO_SECURITY_CONTEXT Security)
{
    static const UCHAR Major[] = { IRP_MJ_CREATE, IRP_MJ_CREATE_NAMED_PIPE, IRP_MJ_CREATE_MAILSLOT };

    Stack->MajorFunction = Major[Packet->CreateFileType];
    Stack->FileObject = File;
    Stack->Flags = (UCHAR)Packet->Options;
    if (File->Flags & FO_OPENED_CASE_SENSITIVE)
        Stack->Flags |= SL_CASE_SENSITIVE;
    Stack->Parameters.Create.SecurityContext = Security;
    Stack->Parameters.Create.Options = Packet->Disposition << 24 | (Packet->CreateOptions & FILE_VALID_OPTION_FLAGS);
    Stack->Parameters.Create.FileAttributes = Packet->FileAttributes;
    Stack->Parameters.Create.ShareAccess = Packet->ShareAccess;
    Stack->Parameters.Create.EaLength = Packet->EaLength;
    if (Packet->CreateFileType != CreateFileTypeNone) /* of a pipe or a mailslot, in the place of EaLength */
        Stack->Parameters.CreatePipe.Parameters = Packet->ExtraCreateParameters;
}

/* Steps 8 and 9: the driver is asked. */
static NTSTATUS IopSendCreate(PDEVICE_OBJECT Top, PFILE_OBJECT File, IOP_OPEN_PACKET *Packet, PACCESS_STATE State,
                              KPROCESSOR_MODE Mode)
{
    PIRP Irp = IopAllocateIrp(Top->StackSize);
    IO_SECURITY_CONTEXT Security;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;

    if (Irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Security.SecurityQos = NULL; /* no impersonation of the opener by level */
    Security.AccessState = State;
    Security.DesiredAccess = State->RemainingDesiredAccess | State->PreviouslyGrantedAccess;
    Security.FullCreateOptions = Packet->CreateOptions;
    Irp->Tail.Overlay.OriginalFileObject = File;
    Irp->RequestorMode = Mode;
    Irp->Flags = IRP_CREATE_OPERATION;
    Irp->AssociatedIrp.SystemBuffer = Packet->EaBuffer;
    Irp->UserBuffer = Packet->EcpList; /* see FsRtlGetEcpListFromIrp */
    Irp->Overlay.AllocationSize = Packet->AllocationSize;
    IopFillCreate(IoGetNextIrpStackLocation(Irp), File, Packet, &Security);
    Status = IopSendKernelIrp(Top, Irp, &Iosb);
    Packet->Information = Iosb.Information;
    if (Status == STATUS_REPARSE)
        Status = STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    return Status;
}

static NTSTATUS IopOpenDevice(PDEVICE_OBJECT Device, IOP_OPEN_PACKET *Packet, PACCESS_STATE State,
                              KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING Name)
{
    PDEVICE_OBJECT Top;
    PFILE_OBJECT File;
    NTSTATUS Status = IopMakeFile(Name, Packet->CreateOptions, Attributes, &File);

    if (!NT_SUCCESS(Status))
        return Status;
    InterlockedIncrement(&Device->ReferenceCount);
    ObReferenceObject(Device);
    File->DeviceObject = Device;
    File->RelatedFileObject = Packet->RelatedFileObject;
    if (Device->Vpb != NULL && (Device->Vpb->Flags & VPB_MOUNTED)) {
        File->Vpb = Device->Vpb;
        InterlockedIncrement((PLONG)&File->Vpb->ReferenceCount);
    }
    Top = IoGetRelatedDeviceObject(File);
    if (Packet->TopDeviceObjectHint != NULL)
        Top = Packet->TopDeviceObjectHint;
    Status = IopSendCreate(Top, File, Packet, State, Mode);
    if (!NT_SUCCESS(Status)) {
        if (File->Vpb != NULL)
            InterlockedDecrement((PLONG)&File->Vpb->ReferenceCount);
        File->DeviceObject = NULL; /* so that no IRP_MJ_CLOSE follows */
        ObDereferenceObject(File);
        IopDereferenceDeviceHandle(Device);
        ObDereferenceObject(Device);
        return Status;
    }
    /* The related file is only valid while the driver handles the create. [doc: FILE_OBJECT] */
    File->RelatedFileObject = NULL;
    File->Flags |= FO_HANDLE_CREATED;
    IoStatistics.FilesOpened++;
    Packet->FileObject = File;
    return Status;
}

NTSTATUS IopParseDevice(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                        ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName,
                        PVOID Context, PVOID *Object)
{
    PDEVICE_OBJECT Device = ParseObject;
    IOP_OPEN_PACKET *Packet = Context;
    BOOLEAN Whole = RemainingName->Length == 0, Relative;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(CompleteName);
    *Object = NULL;
    if (Packet == NULL) { /* by name, not through NtCreateFile: the device object itself */
        if (!Whole || (Type != NULL && Type != IopDeviceType))
            return STATUS_OBJECT_TYPE_MISMATCH;
        ObReferenceObject(Device);
        *Object = Device;
        return STATUS_SUCCESS;
    }
    if (Packet->Type != IO_TYPE_OPEN_PACKET || Packet->Size != sizeof(*Packet))
        return STATUS_OBJECT_TYPE_MISMATCH;
    Packet->ParseCheck = TRUE;
    Relative = Packet->RelatedFileObject != NULL;
    Status = IopCheckDeviceState(Device, Relative);
    if (NT_SUCCESS(Status))
        Status = IopCheckDeviceAccess(Device, AccessState, Mode, Attributes, Whole && !Relative);
    if (NT_SUCCESS(Status))
        Status = IopOpenDevice(Device, Packet, AccessState, Mode, Attributes, RemainingName);
    Packet->FinalStatus = Status;
    if (NT_SUCCESS(Status))
        *Object = Packet->FileObject;
    return Status;
}

/* A name relative to an open file. */
NTSTATUS IopParseFile(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                      ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName,
                      PVOID Context, PVOID *Object)
{
    PFILE_OBJECT File = ParseObject;
    IOP_OPEN_PACKET *Packet = Context;

    *Object = NULL;
    if (Packet == NULL || Packet->Type != IO_TYPE_OPEN_PACKET)
        return STATUS_OBJECT_TYPE_MISMATCH;
    Packet->RelatedFileObject = File;
    return IopParseDevice(File->DeviceObject, Type, AccessState, Mode, Attributes, CompleteName, RemainingName,
                          Context, Object);
}

/* ---- NtCreateFile ---- */

/* [doc: NtCreateFile, its parameters and their combinations] */
static NTSTATUS IopCheckCreate(const IOP_OPEN_PACKET *Packet, ACCESS_MASK Access)
{
    const ULONG Sync = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    ULONG Options = Packet->CreateOptions;

    if ((Packet->FileAttributes & ~FILE_ATTRIBUTE_VALID_FLAGS) || (Packet->ShareAccess & ~FILE_SHARE_VALID_FLAGS)
        || Packet->Disposition > FILE_MAXIMUM_DISPOSITION || (Options & ~FILE_VALID_OPTION_FLAGS))
        return STATUS_INVALID_PARAMETER;
    if ((Options & Sync) == Sync || ((Options & Sync) && !(Access & SYNCHRONIZE)))
        return STATUS_INVALID_PARAMETER;
    if ((Options & FILE_DELETE_ON_CLOSE) && !(Access & (DELETE | GENERIC_ALL | MAXIMUM_ALLOWED)))
        return STATUS_INVALID_PARAMETER;
    if ((Options & FILE_NO_INTERMEDIATE_BUFFERING) && (Access & FILE_APPEND_DATA) && !(Access & FILE_WRITE_DATA))
        return STATUS_INVALID_PARAMETER;
    if (!(Options & FILE_DIRECTORY_FILE))
        return STATUS_SUCCESS;
    if ((Options & FILE_NON_DIRECTORY_FILE) || (Packet->Disposition != FILE_CREATE && Packet->Disposition != FILE_OPEN
                                                && Packet->Disposition != FILE_OPEN_IF))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* User parameters that are used before or after the object manager's own checks. */
static NTSTATUS IopCaptureCreate(PHANDLE FileHandle, PIO_STATUS_BLOCK Iosb, PLARGE_INTEGER AllocationSize,
                                 PVOID EaBuffer, IOP_OPEN_PACKET *Packet, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(FileHandle, sizeof(*FileHandle), sizeof(HANDLE));
            ProbeForWrite(Iosb, sizeof(*Iosb), sizeof(ULONG));
            if (AllocationSize != NULL)
                ProbeForRead(AllocationSize, sizeof(*AllocationSize), sizeof(ULONG));
            if (EaBuffer != NULL)
                ProbeForRead(EaBuffer, Packet->EaLength, sizeof(ULONG));
        }
        Packet->AllocationSize.QuadPart = AllocationSize != NULL ? AllocationSize->QuadPart : 0;
        if (EaBuffer != NULL && Packet->EaLength != 0) {
            Packet->EaBuffer = ExAllocatePoolWithTag(NonPagedPoolNx, Packet->EaLength, IOP_TAG_FILE);
            if (Packet->EaBuffer == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            RtlCopyMemory(Packet->EaBuffer, EaBuffer, Packet->EaLength);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS IopStoreCreate(PHANDLE FileHandle, HANDLE Handle, PIO_STATUS_BLOCK Iosb, NTSTATUS Status,
                               ULONG_PTR Information)
{
    __try {
        if (NT_SUCCESS(Status))
            *FileHandle = Handle;
        Iosb->Information = Information;
        Iosb->Status = Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS IopCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                       PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, IOP_OPEN_PACKET *Packet,
                       PVOID EaBuffer, KPROCESSOR_MODE Mode)
{
    HANDLE Handle = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!(Packet->Options & IO_NO_PARAMETER_CHECKING))
        Status = IopCheckCreate(Packet, DesiredAccess);
    if (NT_SUCCESS(Status))
        Status = IopCaptureCreate(FileHandle, IoStatusBlock, AllocationSize, EaBuffer, Packet, Mode);
    if (!NT_SUCCESS(Status))
        goto FreeEa;
    Packet->Type = IO_TYPE_OPEN_PACKET;
    Packet->Size = sizeof(*Packet);
    Status = ObOpenObjectByName(ObjectAttributes, NULL, Mode, NULL, DesiredAccess, Packet, &Handle);
    if (NT_SUCCESS(Status) && !Packet->ParseCheck) { /* something that is no device */
        ObCloseHandle(Handle, Mode);
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (NT_SUCCESS(Status))
        Status = IopStoreCreate(FileHandle, Handle, IoStatusBlock, Packet->FinalStatus, Packet->Information);
    else if (Packet->ParseCheck && !NT_SUCCESS(Packet->FinalStatus))
        Status = Packet->FinalStatus;

FreeEa:
    if (Packet->EaBuffer != NULL)
        ExFreePoolWithTag(Packet->EaBuffer, IOP_TAG_FILE);
    return Status;
}

NTSTATUS IopOpenForService(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES ObjectAttributes,
                           PIO_STATUS_BLOCK Iosb, IOP_OPEN_PACKET *Packet)
{
    NTSTATUS Status;

    Packet->Type = IO_TYPE_OPEN_PACKET;
    Packet->Size = sizeof(*Packet);
    Status = ObOpenObjectByName(ObjectAttributes, NULL, IopPreviousMode(), NULL, Access, Packet, Handle);
    if (NT_SUCCESS(Status) && !Packet->ParseCheck) {
        ObCloseHandle(*Handle, IopPreviousMode());
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Iosb->Status = Status;
    Iosb->Information = Packet->Information;
    return Status;
}

static VOID IopFillPacket(IOP_OPEN_PACKET *Packet, ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                          ULONG CreateOptions, ULONG EaLength)
{
    RtlZeroMemory(Packet, sizeof(*Packet));
    Packet->FileAttributes = (USHORT)FileAttributes;
    Packet->ShareAccess = (USHORT)ShareAccess;
    Packet->Disposition = Disposition;
    Packet->CreateOptions = CreateOptions;
    Packet->EaLength = EaLength;
}

NT_SERVICE(CreateFile);
NT_EXPORT(NtCreateFile);
NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength)
{
    IOP_OPEN_PACKET Packet;

    IopFillPacket(&Packet, FileAttributes, ShareAccess, CreateDisposition, CreateOptions, EaLength);
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, &Packet,
                         EaBuffer, IopPreviousMode());
}

NT_SERVICE(OpenFile);
NT_EXPORT(NtOpenFile);
NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions)
{
    IOP_OPEN_PACKET Packet;

    IopFillPacket(&Packet, 0, ShareAccess, FILE_OPEN, OpenOptions, 0);
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, &Packet, NULL,
                         IopPreviousMode());
}

static NTSTATUS IopIoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, PVOID EaBuffer,
                                CREATE_FILE_TYPE Type, PVOID ExtraParameters, ULONG Options, PDEVICE_OBJECT Hint,
                                IOP_OPEN_PACKET *Packet)
{
    KPROCESSOR_MODE Mode = Options & (IO_NO_PARAMETER_CHECKING | IO_FORCE_ACCESS_CHECK) ? KernelMode
                                                                                        : IopPreviousMode();

    if ((ULONG)Type > CreateFileTypeMailslot)
        return STATUS_INVALID_PARAMETER;
    Packet->CreateFileType = Type;
    Packet->ExtraCreateParameters = ExtraParameters;
    Packet->Options = Options & (IO_FORCE_ACCESS_CHECK | IO_OPEN_PAGING_FILE | IO_OPEN_TARGET_DIRECTORY
                                 | IO_NO_PARAMETER_CHECKING | IO_STOP_ON_SYMLINK);
    Packet->TopDeviceObjectHint = Hint;
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, Packet,
                         EaBuffer, Mode);
}

NT_EXPORT(IoCreateFile);
NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                            ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options)
{
    IOP_OPEN_PACKET Packet;

    IopFillPacket(&Packet, FileAttributes, ShareAccess, Disposition, CreateOptions, EaLength);
    return IopIoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, EaBuffer,
                           CreateFileType, InternalParameters, Options, NULL, &Packet);
}

NT_EXPORT(IoCreateFileSpecifyDeviceObjectHint);
NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                                                   POBJECT_ATTRIBUTES ObjectAttributes,
                                                   PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                                   ULONG FileAttributes, ULONG ShareAccess, ULONG Disposition,
                                                   ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                                   CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters,
                                                   ULONG Options, PVOID DeviceObject)
{
    IOP_OPEN_PACKET Packet;

    IopFillPacket(&Packet, FileAttributes, ShareAccess, Disposition, CreateOptions, EaLength);
    return IopIoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, EaBuffer,
                           CreateFileType, InternalParameters, Options, DeviceObject, &Packet);
}

NT_PARTIAL(IoCreateFileEx, "transactions of the driver context are refused");
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
                              ULONG ShareAccess, ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer,
                              ULONG EaLength, CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters,
                              ULONG Options, PIO_DRIVER_CREATE_CONTEXT DriverContext)
{
    IOP_OPEN_PACKET Packet;
    PDEVICE_OBJECT Hint = NULL;

    if (DriverContext != NULL) {
        if (DriverContext->Size != sizeof(*DriverContext))
            return STATUS_INVALID_PARAMETER;
        if (DriverContext->TxnParameters != NULL)
            return STATUS_NOT_SUPPORTED;
        if (DriverContext->ExtraCreateParameter != NULL &&
            !NT_SUCCESS(FsRtlLendEcpList(DriverContext->ExtraCreateParameter)))
            return STATUS_INVALID_PARAMETER;
        Hint = DriverContext->DeviceObjectHint;
    }
    IopFillPacket(&Packet, FileAttributes, ShareAccess, Disposition, CreateOptions, EaLength);
    if (DriverContext != NULL)
        Packet.EcpList = DriverContext->ExtraCreateParameter;
    return IopIoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, EaBuffer,
                           CreateFileType, InternalParameters, Options, Hint, &Packet);
}

/* ---- files without a name ---- */

static PFILE_OBJECT IopMakeStream(PFILE_OBJECT Parent, PDEVICE_OBJECT Device)
{
    UNICODE_STRING None = { 0, 0, NULL };
    PFILE_OBJECT File;

    if (Parent != NULL)
        Device = Parent->DeviceObject;
    if (!NT_SUCCESS(IopMakeFile(&None, 0, OBJ_CASE_INSENSITIVE, &File)))
        return NULL;
    InterlockedIncrement(&Device->ReferenceCount);
    ObReferenceObject(Device);
    File->DeviceObject = Device;
    File->Vpb = Parent != NULL ? Parent->Vpb : NULL;
    if (File->Vpb != NULL)
        InterlockedIncrement((PLONG)&File->Vpb->ReferenceCount);
    File->Flags |= FO_STREAM_FILE;
    IoStatistics.FilesOpened++;
    return File;
}

NT_EXPORT(IoCreateStreamFileObjectLite);
PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    return IopMakeStream(FileObject, DeviceObject);
}

/* As the Lite form, and the file system has already seen IRP_MJ_CLEANUP. [doc: IoCreateStreamFileObject] */
NT_EXPORT(IoCreateStreamFileObject);
PFILE_OBJECT NTAPI IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    PFILE_OBJECT File = IopMakeStream(FileObject, DeviceObject);

    if (File != NULL) {
        File->Flags |= FO_CLEANUP_COMPLETE;
        IopSendSimple(File, IRP_MJ_CLEANUP);
    }
    return File;
}
