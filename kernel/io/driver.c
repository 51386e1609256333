/*
 * Driver objects: loading and unloading of images as drivers, DriverEntry and its checks, driver
 * object extensions. Left out: DriverVerifier's add-driver hooks.
 */
#include "iop.h"

#include "../fsrtl/fsrtl.h"

static UNICODE_STRING IopHardwareDatabase =
    RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");
static const WCHAR IopServicesKey[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

/* Each major function that the driver leaves alone. */
NTSTATUS IopInvalidDeviceRequest(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_POWER)
        PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* Prefix followed by Name in one pool block; Buffer is NULL when out of memory. NUL-terminated. */
static UNICODE_STRING IopJoin(PCWSTR Prefix, PCUNICODE_STRING Name)
{
    SIZE_T PrefixBytes = wcslen(Prefix) * sizeof(WCHAR);
    UNICODE_STRING Result = { 0, 0, NULL };

    if (PrefixBytes + Name->Length + sizeof(WCHAR) > MAXUSHORT)
        return Result;
    Result.MaximumLength = (USHORT)(PrefixBytes + Name->Length + sizeof(WCHAR));
    Result.Buffer = ExAllocatePoolWithTag(PagedPool, Result.MaximumLength, IOP_TAG_DRIVER);
    if (Result.Buffer == NULL)
        return Result;
    RtlCopyMemory(Result.Buffer, Prefix, PrefixBytes);
    RtlCopyMemory((PUCHAR)Result.Buffer + PrefixBytes, Name->Buffer, Name->Length);
    Result.Length = (USHORT)(PrefixBytes + Name->Length);
    Result.Buffer[Result.Length / sizeof(WCHAR)] = 0;
    return Result;
}

static VOID IopFreeString(PUNICODE_STRING String)
{
    if (String->Buffer != NULL)
        ExFreePoolWithTag(String->Buffer, IOP_TAG_DRIVER);
    RtlZeroMemory(String, sizeof(*String));
}

/* ---- the object ---- */

static VOID IopFreeClientExtensions(IOP_DRIVER_EXTENSION *Extension)
{
    while (Extension->ClientDriverExtension != NULL) {
        IOP_CLIENT_EXTENSION *Client = Extension->ClientDriverExtension;

        Extension->ClientDriverExtension = Client->Next;
        ExFreePoolWithTag(Client, IOP_TAG_DRIVER);
    }
}

VOID IopDeleteDriver(PVOID Object)
{
    PDRIVER_OBJECT Driver = Object;
    IOP_DRIVER_EXTENSION *Extension = IopDriverExt(Driver);

    if (Extension == NULL)
        return; /* never got as far as its names */
    DD_ASSERT(Driver->DeviceObject == NULL);
    FsRtlForgetFilterCallbacks(Object);
    IopFreeClientExtensions(Extension);
    IopFreeReinit(Driver);
    IopFreeString(&Driver->DriverName);
    IopFreeString(&Extension->Public.ServiceKeyName);
    if (Extension->Module != NULL)
        LdrUnloadSystemImage(Extension->Module);
}

static VOID IopFillDriver(PDRIVER_OBJECT Driver, PDRIVER_INITIALIZE Entry)
{
    IOP_DRIVER_EXTENSION *Extension = (IOP_DRIVER_EXTENSION *)(Driver + 1);
    ULONG i;

    Driver->Type = IO_TYPE_DRIVER;
    Driver->Size = sizeof(*Driver);
    Driver->DriverExtension = &Extension->Public;
    Extension->Public.DriverObject = Driver;
    InitializeListHead(&Extension->Reinit);
    Driver->HardwareDatabase = &IopHardwareDatabase;
    Driver->DriverInit = Entry;
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = IopInvalidDeviceRequest;
}

/* A named driver object with one reference for the caller; Name is taken over, also on failure. */
static NTSTATUS IopCreateDriverObject(UNICODE_STRING Name, PDRIVER_INITIALIZE Entry,
                                      PDRIVER_OBJECT *Result)
{
    OBJECT_ATTRIBUTES Attributes;
    PDRIVER_OBJECT Driver;
    HANDLE Handle;
    NTSTATUS Status;

    InitializeObjectAttributes(
        &Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ObCreateObject(KernelMode, IopDriverType, &Attributes, KernelMode, NULL,
                            sizeof(DRIVER_OBJECT) + sizeof(IOP_DRIVER_EXTENSION), 0, 0,
                            (PVOID *)&Driver);
    if (!NT_SUCCESS(Status)) {
        IopFreeString(&Name);
        return Status;
    }
    IopFillDriver(Driver, Entry);
    Driver->DriverName = Name;
    Status = ObInsertObject(Driver, NULL, FILE_READ_DATA, 1, (PVOID *)&Driver, &Handle);
    if (!NT_SUCCESS(Status))
        return Status; /* ObInsertObject dropped the object */
    ZwClose(Handle);
    *Result = Driver;
    return STATUS_SUCCESS;
}

NTSTATUS IopCreateBuiltinDriver(PCWSTR Name, PDRIVER_INITIALIZE Init, PDRIVER_OBJECT *Driver)
{
    UNICODE_STRING Empty = { 0, 0, NULL };
    UNICODE_STRING Path = IopJoin(Name, &Empty);
    NTSTATUS Status;

    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IopCreateDriverObject(Path, Init, Driver);
    if (!NT_SUCCESS(Status))
        return Status;
    (*Driver)->Flags |= DRVO_BUILTIN_DRIVER | DRVO_LEGACY_DRIVER;
    Status = Init(*Driver, &(*Driver)->DriverName);
    if (!NT_SUCCESS(Status)) {
        ObMakeTemporaryObject(*Driver);
        ObDereferenceObject(*Driver);
        return Status;
    }
    (*Driver)->Flags |= DRVO_INITIALIZED;
    return STATUS_SUCCESS;
}

static PDRIVER_OBJECT IopFindDriverIn(PCWSTR Directory, PCUNICODE_STRING ServiceName)
{
    UNICODE_STRING Path = IopJoin(Directory, ServiceName);
    PVOID Driver = NULL;

    if (Path.Buffer == NULL)
        return NULL;
    if (!NT_SUCCESS(ObReferenceObjectByName(&Path, OBJ_CASE_INSENSITIVE, NULL, 0, IopDriverType,
                                            KernelMode, NULL, &Driver)))
        Driver = NULL;
    IopFreeString(&Path);
    return Driver;
}

PDRIVER_OBJECT IopFindDriver(PCUNICODE_STRING ServiceName)
{
    PDRIVER_OBJECT Driver = IopFindDriverIn(L"\\Driver\\", ServiceName);

    return Driver != NULL ? Driver : IopFindDriverIn(L"\\FileSystem\\", ServiceName);
}

/* ---- DriverEntry ---- */

typedef struct _IOP_CALL { /* a driver routine to be called in a System thread */
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    PDRIVER_OBJECT Driver;
    PUNICODE_STRING RegistryPath;
    NTSTATUS Status;
    BOOLEAN Unload;
} IOP_CALL;

VOID IopCheckReturn(PVOID Routine, const char *What, ULONG ApcDisable)
{
    KTHREAD *Thread = KiGetPrcb()->CurrentThread;

    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        KIRQL Irql = KeGetCurrentIrql();

        KeSetBugCheckText("%s at %p returned at IRQL %u; it was called at PASSIVE_LEVEL", What,
                          Routine, Irql);
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG)Irql << 16, (ULONG_PTR)Routine, 0, 0);
    }
    if (Thread->CombinedApcDisable != ApcDisable) {
        KeSetBugCheckText(
            "%s at %p returned with APCs %s: a critical or guarded region was entered and not left",
            What, Routine, Thread->CombinedApcDisable ? "disabled" : "enabled once too often");
        KeBugCheckEx(APC_INDEX_MISMATCH, (ULONG_PTR)Routine, Thread->ApcStateIndex,
                     Thread->CombinedApcDisable, 1);
    }
}

static VOID IopCallDriverRoutine(IOP_CALL *Call)
{
    PDRIVER_OBJECT Driver = Call->Driver;
    ULONG ApcDisable = KiGetPrcb()->CurrentThread->CombinedApcDisable;

    if (Call->Unload) {
        PDRIVER_UNLOAD Unload = Driver->DriverUnload;

        Unload(Driver);
        IopCheckReturn(Unload, "DriverUnload", ApcDisable);
        return;
    }
    Call->Status = Driver->DriverInit(Driver, Call->RegistryPath);
    IopCheckReturn(Driver->DriverInit, "DriverEntry", ApcDisable);
}

static VOID NTAPI IopCallWorker(PVOID Context)
{
    IOP_CALL *Call = Context;

    IopCallDriverRoutine(Call);
    KeSetEvent(&Call->Done, IO_NO_INCREMENT, FALSE);
}

/* Driver routines run in a System thread: this one if it is one, else a worker. */
static VOID IopCallInSystemThread(IOP_CALL *Call)
{
    if (PsCurrentProcess() == PsInitialSystemProcess) {
        IopCallDriverRoutine(Call);
        return;
    }
    KeInitializeEvent(&Call->Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Call->Item, IopCallWorker, Call);
    ExQueueWorkItem(&Call->Item, DelayedWorkQueue);
    KeWaitForSingleObject(&Call->Done, Executive, KernelMode, FALSE, NULL);
}

/* Devices made in DriverEntry are ready when it returns. [doc: DO_DEVICE_INITIALIZING] */
static VOID IopReadyDevices(PDRIVER_OBJECT Driver)
{
    PDEVICE_OBJECT Device;

    for (Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice)
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
}

/* ---- load ---- */

/* As one of Drydock's messages, and among the rules that the run has seen broken. */
static VOID IopReportLeftDevices(PDRIVER_OBJECT Driver, const char *When)
{
    static const char Key[] = "violation\t";
    char Record[192];
    PDEVICE_OBJECT Device;
    ULONG Count = 0;

    for (Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice)
        Count++;
    if (Count == 0)
        return;
    _snprintf(Record, sizeof(Record) - 1,
              "%s%wZ left %lu device object(s) %s; its image stays loaded\n", Key,
              &Driver->DriverName, Count, When);
    Record[sizeof(Record) - 1] = 0;
    HAL->write(PsLogStream(), (ULONG64)Record + sizeof(Key) - 1, strlen(Record) - sizeof(Key) + 1,
               KeVirtualTime());
    HAL->write(HAL_STREAM_REPORT, (ULONG64)Record, strlen(Record), KeVirtualTime());
}

/* Drops the name and our reference: the object goes with its last device. */
static VOID IopDropDriver(PDRIVER_OBJECT Driver, const char *When)
{
    IopReportLeftDevices(Driver, When);
    ObMakeTemporaryObject(Driver);
    ObDereferenceObject(Driver);
}

static NTSTATUS IopInitializeDriver(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    IOP_CALL Call;

    RtlZeroMemory(&Call, sizeof(Call));
    Call.Driver = Driver;
    Call.RegistryPath = RegistryPath;
    IopCallInSystemThread(&Call);
    if (!NT_SUCCESS(Call.Status)) {
        IopDropDriver(Driver, "when its DriverEntry failed");
        return Call.Status;
    }
    Driver->Flags |= DRVO_INITIALIZED;
    if (Driver->DriverExtension->AddDevice == NULL)
        Driver->Flags |= DRVO_LEGACY_DRIVER;
    IopReadyDevices(Driver);
    LdrDiscardInit(IopDriverExt(Driver)->Module);
    if (!IopDelaysReinit) {
        IopRunReinit(Driver, TRUE);
        IopRunReinit(Driver, FALSE);
    }
    return STATUS_SUCCESS;
}

PKEY_VALUE_PARTIAL_INFORMATION IopQueryValue(HANDLE Key, PCWSTR ValueName)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    UNICODE_STRING Name;
    ULONG Bytes = 0;

    RtlInitUnicodeString(&Name, ValueName);
    ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, NULL, 0, &Bytes);
    Value = Bytes != 0 ? ExAllocatePoolWithTag(PagedPool, Bytes, IOP_TAG_DRIVER) : NULL;
    if (Value != NULL && !NT_SUCCESS(ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, Value,
                                                     Bytes, &Bytes))) {
        ExFreePoolWithTag(Value, IOP_TAG_DRIVER);
        return NULL;
    }
    return Value;
}

/* Where the driver object of a service is: file systems and their recognizers have their own
 * directory. [doc: INF AddService] */
static PCWSTR IopDriverDirectory(PCUNICODE_STRING RegistryPath)
{
    OBJECT_ATTRIBUTES Attributes;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    ULONG Type = 0;
    HANDLE Key;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)RegistryPath,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        Value = IopQueryValue(Key, L"Type");
        if (Value != NULL && Value->Type == REG_DWORD && Value->DataLength == sizeof(ULONG))
            Type = *(PULONG)Value->Data;
        if (Value != NULL)
            ExFreePoolWithTag(Value, IOP_TAG_DRIVER);
        ZwClose(Key);
    }
    return Type == 2 || Type == 8 ? L"\\FileSystem\\" : L"\\Driver\\";
}

/* The driver object of a loaded image; it owns the image from here on, also on failure. */
static NTSTATUS IopMakeDriver(PCUNICODE_STRING ServiceName, PCUNICODE_STRING RegistryPath,
                              PLDR_MODULE Module, PDRIVER_OBJECT *Driver)
{
    UNICODE_STRING Name = IopJoin(IopDriverDirectory(RegistryPath), ServiceName);
    UNICODE_STRING Key = IopJoin(L"", ServiceName);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (Name.Buffer == NULL || Key.Buffer == NULL) {
        IopFreeString(&Name);
        goto FreeKey;
    }
    Status = IopCreateDriverObject(Name, (PDRIVER_INITIALIZE)Module->EntryPoint, Driver);
    if (!NT_SUCCESS(Status))
        goto FreeKey;
    (*Driver)->DriverStart = Module->DllBase;
    (*Driver)->DriverSize = Module->SizeOfImage;
    (*Driver)->DriverSection = Module;
    IopDriverExt(*Driver)->Module = Module;
    (*Driver)->DriverExtension->ServiceKeyName = Key;
    return STATUS_SUCCESS;

FreeKey:
    IopFreeString(&Key);
    LdrUnloadSystemImage(Module);
    return Status;
}

/* *Entered: its DriverEntry was called. */
static NTSTATUS IopLoadAndEnter(PCUNICODE_STRING ServiceName, PCUNICODE_STRING ImagePath,
                                PDRIVER_OBJECT *Driver, PBOOLEAN Entered)
{
    UNICODE_STRING RegistryPath;
    PDRIVER_OBJECT Old = IopFindDriver(ServiceName);
    PLDR_MODULE Module;
    NTSTATUS Status;

    *Driver = NULL;
    *Entered = FALSE;
    if (Old != NULL) {
        ObDereferenceObject(Old);
        return STATUS_IMAGE_ALREADY_LOADED;
    }
    RegistryPath = IopJoin(IopServicesKey, ServiceName);
    if (RegistryPath.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* An image that is there as another driver's import may still become a driver. */
    Status = LdrLoadSystemImage(ImagePath, &Module);
    if (NT_SUCCESS(Status) || Status == STATUS_IMAGE_ALREADY_LOADED)
        Status = IopMakeDriver(ServiceName, &RegistryPath, Module, Driver);
    if (NT_SUCCESS(Status)) {
        *Entered = TRUE;
        Status = IopInitializeDriver(*Driver, &RegistryPath);
    }
    if (!NT_SUCCESS(Status))
        *Driver = NULL;
    IopFreeString(&RegistryPath);
    return Status;
}

NTSTATUS IopLoadDriverImage(PCUNICODE_STRING ServiceName, PCUNICODE_STRING ImagePath,
                            PDRIVER_OBJECT *Driver)
{
    BOOLEAN Entered;

    return IopLoadAndEnter(ServiceName, ImagePath, Driver, &Entered);
}

/* ImagePath as it stands in the registry to an NT path in pool. [doc: "ImagePath" service entry] */
static UNICODE_STRING IopNtImagePath(PCUNICODE_STRING Value)
{
    UNICODE_STRING Variable = RTL_CONSTANT_STRING(L"%SystemRoot%\\");
    UNICODE_STRING Rest = *Value;

    if (Value->Length >= sizeof(WCHAR) && Value->Buffer[0] == L'\\')
        return IopJoin(L"", Value);
    if (Value->Length > 2 * sizeof(WCHAR) && Value->Buffer[1] == L':')
        return IopJoin(L"\\??\\", Value);
    if (RtlPrefixUnicodeString(&Variable, Value, TRUE)) {
        Rest.Buffer += Variable.Length / sizeof(WCHAR);
        Rest.Length -= Variable.Length;
    }
    return IopJoin(L"\\SystemRoot\\", &Rest);
}

static UNICODE_STRING IopDefaultImagePath(PCUNICODE_STRING ServiceName)
{
    UNICODE_STRING Suffix = RTL_CONSTANT_STRING(L".sys");
    UNICODE_STRING Head = IopJoin(L"\\SystemRoot\\System32\\drivers\\", ServiceName);
    UNICODE_STRING Path = { 0, 0, NULL };

    if (Head.Buffer != NULL)
        Path = IopJoin(Head.Buffer, &Suffix);
    IopFreeString(&Head);
    return Path;
}

/* The path of Value's text without its ends. Buffer NULL: out of memory. */
static UNICODE_STRING IopPathOfValue(PKEY_VALUE_PARTIAL_INFORMATION Value)
{
    UNICODE_STRING Text;

    Text.Buffer = (PWCHAR)Value->Data;
    Text.Length = (USHORT)(min(Value->DataLength, MAXUSHORT) & ~1u);
    while (Text.Length > 0 && Text.Buffer[Text.Length / sizeof(WCHAR) - 1] == 0)
        Text.Length -= sizeof(WCHAR);
    Text.MaximumLength = Text.Length;
    return IopNtImagePath(&Text);
}

/* Path comes from the key's ImagePath value, or is the default one. Buffer NULL: out of memory. */
static UNICODE_STRING IopQueryImagePath(HANDLE Key, PCUNICODE_STRING ServiceName)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = IopQueryValue(Key, L"ImagePath");
    BOOLEAN IsText = Value != NULL && (Value->Type == REG_SZ || Value->Type == REG_EXPAND_SZ) &&
                     Value->DataLength > 2;
    UNICODE_STRING Path = IsText ? IopPathOfValue(Value) : IopDefaultImagePath(ServiceName);

    if (Value != NULL)
        ExFreePoolWithTag(Value, IOP_TAG_DRIVER);
    return Path;
}

NTSTATUS IopLoadDriver(PCUNICODE_STRING ServiceName, PDRIVER_OBJECT *Driver)
{
    BOOLEAN Entered;

    return IopLoadDriverForDevice(ServiceName, Driver, &Entered);
}

NTSTATUS IopLoadDriverForDevice(PCUNICODE_STRING ServiceName, PDRIVER_OBJECT *Driver,
                                PBOOLEAN Entered)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING KeyName = IopJoin(IopServicesKey, ServiceName), Path;
    HANDLE Key;
    NTSTATUS Status;

    *Driver = NULL;
    *Entered = FALSE;
    if (KeyName.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeObjectAttributes(&Attributes, &KeyName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    Status = ZwOpenKey(&Key, KEY_READ, &Attributes);
    IopFreeString(&KeyName);
    if (!NT_SUCCESS(Status))
        return Status;
    Path = IopQueryImagePath(Key, ServiceName);
    ZwClose(Key);
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IopLoadAndEnter(ServiceName, &Path, Driver, Entered);
    IopFreeString(&Path);
    return Status;
}

/* ---- unload ---- */

/* Marks the driver's devices; FALSE when one of them is open, has another device on top or is in
 * use by pnp. */
static BOOLEAN IopMarkForUnload(PDRIVER_OBJECT Driver)
{
    PDEVICE_OBJECT Device;
    BOOLEAN Idle = IopDriverExt(Driver)->PnpDevices == 0;

    for (Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        IopDeviceExt(Device)->ExtensionFlags |= IOP_DOE_UNLOAD_PENDING;
        if (Device->ReferenceCount != 0 || Device->AttachedDevice != NULL)
            Idle = FALSE;
    }
    return Idle;
}

/* DriverUnload and what follows it. The driver object goes with its last device. */
static VOID IopFinishUnload(PDRIVER_OBJECT Driver)
{
    IOP_CALL Call;

    IopDriverExt(Driver)->Unloading = TRUE;
    RtlZeroMemory(&Call, sizeof(Call));
    Call.Driver = Driver;
    Call.Unload = TRUE;
    IopCallInSystemThread(&Call);
    IopDropDriver(Driver, "after DriverUnload");
}

VOID IopTryDeferredUnload(PDRIVER_OBJECT Driver)
{
    if ((Driver->Flags & DRVO_UNLOAD_INVOKED) && !IopDriverExt(Driver)->Unloading &&
        IopMarkForUnload(Driver))
        IopFinishUnload(Driver);
}

NTSTATUS IopUnloadDriver(PDRIVER_OBJECT Driver)
{
    if (Driver->DriverUnload == NULL || Driver->DriverSection == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Driver->Flags & DRVO_UNLOAD_INVOKED)
        return STATUS_INVALID_DEVICE_REQUEST;
    Driver->Flags |= DRVO_UNLOAD_INVOKED;
    if (!IopMarkForUnload(Driver))
        return STATUS_PENDING;
    IopFinishUnload(Driver);
    return STATUS_SUCCESS;
}

/* ---- system services ---- */

/* The caller's registry path in system memory; its last component is the service. Buffer to be
 * freed. */
static NTSTATUS IopCaptureServiceName(PUNICODE_STRING User, PUNICODE_STRING Copy,
                                      PUNICODE_STRING Service)
{
    UNICODE_STRING Local;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    RtlZeroMemory(Copy, sizeof(*Copy));
    __try {
        if (IopPreviousMode() != KernelMode) {
            ProbeForRead(User, sizeof(*User), sizeof(ULONG));
            Local = *(volatile UNICODE_STRING *)User;
            ProbeForRead(Local.Buffer, Local.Length, sizeof(WCHAR));
        } else {
            Local = *User;
        }
        *Copy = IopJoin(L"", &Local);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        return Status;
    if (Copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (i = Copy->Length / sizeof(WCHAR); i > 0 && Copy->Buffer[i - 1] != L'\\'; i--)
        ;
    Service->Buffer = Copy->Buffer + i;
    Service->Length = Service->MaximumLength = (USHORT)(Copy->Length - i * sizeof(WCHAR));
    if (Service->Length != 0)
        return STATUS_SUCCESS;
    IopFreeString(Copy);
    return STATUS_INVALID_PARAMETER;
}

static BOOLEAN IopMayLoadDrivers(VOID)
{
    static const LUID LoadDriver = { SE_LOAD_DRIVER_PRIVILEGE, 0 };

    return SeSinglePrivilegeCheck(LoadDriver, IopPreviousMode());
}

NT_SERVICE(LoadDriver);
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName)
{
    UNICODE_STRING Copy, Service;
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;

    if (!IopMayLoadDrivers())
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = IopCaptureServiceName(DriverServiceName, &Copy, &Service);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IopLoadDriver(&Service, &Driver);
    IopFreeString(&Copy);
    return Status;
}

NT_SERVICE(UnloadDriver);
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING DriverServiceName)
{
    UNICODE_STRING Copy, Service;
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;

    if (!IopMayLoadDrivers())
        return STATUS_PRIVILEGE_NOT_HELD;
    Status = IopCaptureServiceName(DriverServiceName, &Copy, &Service);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver = IopFindDriver(&Service);
    IopFreeString(&Copy);
    if (Driver == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Status = IopUnloadDriver(Driver);
    ObDereferenceObject(Driver);
    return Status == STATUS_PENDING ? STATUS_SUCCESS : Status;
}

/* ---- driver object extensions ---- */

static IOP_CLIENT_EXTENSION *IopFindClientExtension(PDRIVER_OBJECT Driver, PVOID Id)
{
    IOP_CLIENT_EXTENSION *Client = IopDriverExt(Driver)->ClientDriverExtension;

    while (Client != NULL && Client->ClientIdentificationAddress != Id)
        Client = Client->Next;
    return Client;
}

NT_EXPORT(IoAllocateDriverObjectExtension);
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT Driver, PVOID Id, ULONG Bytes,
                                               PVOID *Extension)
{
    IOP_CLIENT_EXTENSION *Client;

    *Extension = NULL;
    if (IopFindClientExtension(Driver, Id) != NULL)
        return STATUS_OBJECT_NAME_COLLISION;
    if (Bytes > MAXLONG)
        return STATUS_INSUFFICIENT_RESOURCES;
    Client = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Client) + Bytes, IOP_TAG_DRIVER);
    if (Client == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Client, sizeof(*Client) + Bytes);
    Client->ClientIdentificationAddress = Id;
    Client->Next = IopDriverExt(Driver)->ClientDriverExtension;
    IopDriverExt(Driver)->ClientDriverExtension = Client;
    *Extension = Client + 1;
    return STATUS_SUCCESS;
}

NT_EXPORT(IoGetDriverObjectExtension);
PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT Driver, PVOID Id)
{
    IOP_CLIENT_EXTENSION *Client = IopFindClientExtension(Driver, Id);

    return Client == NULL ? NULL : Client + 1;
}

NT_EXPORT(IoCreateDriver);
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE Entry)
{
    WCHAR Generated[32];
    UNICODE_STRING Name = { 0, 0, NULL };
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;

    if (DriverName == NULL) {
        _snwprintf(Generated, RTL_NUMBER_OF(Generated), L"\\Driver\\%08u",
                   (ULONG)(KeVirtualTime() / 10000));
        Name = IopJoin(Generated, &Name);
    } else {
        Name = IopJoin(L"", DriverName);
    }
    if (Name.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = IopCreateDriverObject(Name, Entry, &Driver);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver->Flags |= DRVO_BUILTIN_DRIVER;
    Status = Entry(Driver, NULL);
    if (!NT_SUCCESS(Status))
        IopDropDriver(Driver, "when its initialization failed");
    else
        IopReadyDevices(Driver);
    return Status;
}

NT_EXPORT(IoDeleteDriver);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT Driver)
{
    ObMakeTemporaryObject(Driver);
    ObDereferenceObject(Driver);
}
