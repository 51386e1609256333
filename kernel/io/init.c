/*
 * Start-up of the I/O manager: its object types, its directories in the namespace, its own drivers.
 * Left out: ARC names, boot disk information, crash dump stacks.
 */
#include "iop.h"

IO_STATISTICS IoStatistics;

POBJECT_TYPE IopDriverType, IopDeviceType, IopFileType, IopControllerType, IopAdapterType;
POBJECT_TYPE IopDeviceHandlerType;

/* The DDK's headers declare the types as pointers to the exported variables. */
POBJECT_TYPE *IoDriverObjectType = &IopDriverType;
POBJECT_TYPE *IoDeviceObjectType = &IopDeviceType;
POBJECT_TYPE *IoFileObjectType = &IopFileType;
POBJECT_TYPE *IoAdapterObjectType = &IopAdapterType;
POBJECT_TYPE *IoDeviceHandlerObjectType = &IopDeviceHandlerType;
NT_EXPORT_DATA_ALIAS(IoDriverObjectType, IopDriverType);
NT_EXPORT_DATA_ALIAS(IoDeviceObjectType, IopDeviceType);
NT_EXPORT_DATA_ALIAS(IoFileObjectType, IopFileType);
NT_EXPORT_DATA_ALIAS(IoAdapterObjectType, IopAdapterType);
NT_EXPORT_DATA_ALIAS(IoDeviceHandlerObjectType, IopDeviceHandlerType);
NT_EXPORT_DATA(IoDeviceHandlerObjectSize);
ULONG IoDeviceHandlerObjectSize = sizeof(PVOID) * 4;

/* Transfer counts of NtReadFile, NtWriteFile and the rest. [doc: SYSTEM_PERFORMANCE_INFORMATION] */
NT_EXPORT_DATA(IoReadOperationCount);
ULONG IoReadOperationCount;
NT_EXPORT_DATA(IoWriteOperationCount);
ULONG IoWriteOperationCount;
ULONG IoOtherOperationCount;
NT_EXPORT_DATA(IoReadTransferCount);
LARGE_INTEGER IoReadTransferCount;
NT_EXPORT_DATA(IoWriteTransferCount);
LARGE_INTEGER IoWriteTransferCount;
LARGE_INTEGER IoOtherTransferCount;

static const GENERIC_MAPPING IopFileMapping = {
    FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS
};

static NTSTATUS IopCreatePlainType(PCWSTR Name, OB_DELETE_METHOD Delete, POBJECT_TYPE *Type)
{
    OB_TYPE_INITIALIZER Init;

    RtlZeroMemory(&Init, sizeof(Init));
    Init.GenericMapping = IopFileMapping;
    Init.ValidAccessMask = FILE_ALL_ACCESS;
    Init.InvalidAttributes = OBJ_OPENLINK;
    Init.PoolType = NonPagedPoolNx;
    Init.Delete = Delete;
    Init.WaitObjectOffset = MAXULONG;
    return ObCreateType(Name, &Init, Type);
}

static NTSTATUS IopCreateDeviceType(VOID)
{
    OB_TYPE_INITIALIZER Init;

    RtlZeroMemory(&Init, sizeof(Init));
    Init.GenericMapping = IopFileMapping;
    Init.ValidAccessMask = FILE_ALL_ACCESS;
    Init.InvalidAttributes = OBJ_OPENLINK;
    Init.PoolType = NonPagedPoolNx;
    Init.Parse = IopParseDevice;
    Init.Delete = IopDeleteDeviceObject;
    Init.Security = IopSecurityMethod;
    Init.WaitObjectOffset = MAXULONG;
    return ObCreateType(L"Device", &Init, &IopDeviceType);
}

static NTSTATUS IopCreateFileType(VOID)
{
    OB_TYPE_INITIALIZER Init;

    RtlZeroMemory(&Init, sizeof(Init));
    Init.GenericMapping = IopFileMapping;
    Init.ValidAccessMask = FILE_ALL_ACCESS;
    Init.InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENLINK;
    Init.PoolType = NonPagedPoolNx;
    Init.MaintainHandleCount = TRUE;
    Init.Parse = IopParseFile;
    Init.Close = IopCloseFile;
    Init.Delete = IopDeleteFile;
    Init.Security = IopSecurityMethod;
    Init.QueryName = IopQueryFileName;
    Init.WaitObjectOffset = FIELD_OFFSET(FILE_OBJECT, Event);
    return ObCreateType(L"File", &Init, &IopFileType);
}

static NTSTATUS IopCreateTypes(VOID)
{
    NTSTATUS Status = IopCreatePlainType(L"Driver", IopDeleteDriver, &IopDriverType);

    if (NT_SUCCESS(Status))
        Status = IopCreateDeviceType();
    if (NT_SUCCESS(Status))
        Status = IopCreateFileType();
    if (NT_SUCCESS(Status))
        Status = IopCreatePlainType(L"Controller", NULL, &IopControllerType);
    if (NT_SUCCESS(Status))
        Status = IopCreatePlainType(L"Adapter", NULL, &IopAdapterType);
    if (NT_SUCCESS(Status))
        Status = IopCreatePlainType(L"DeviceHandler", NULL, &IopDeviceHandlerType);
    if (NT_SUCCESS(Status))
        Status = IopInitCompletionType();
    return Status;
}

static NTSTATUS IopMakeDirectory(PCWSTR Name)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;
    HANDLE Handle;
    NTSTATUS Status;

    RtlInitUnicodeString(&Path, Name);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    Status = ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes);
    if (Status == STATUS_OBJECT_NAME_COLLISION || Status == STATUS_OBJECT_NAME_EXISTS)
        return STATUS_SUCCESS; /* the object manager made it */
    if (NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

NTSTATUS IoInitSystem(VOID)
{
    static const PCWSTR Directory[] = { L"\\Device", L"\\Driver", L"\\FileSystem" };
    NTSTATUS Status = IopInitIrps();
    ULONG i;

    if (NT_SUCCESS(Status))
        Status = IopCreateTypes();
    for (i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Directory); i++)
        Status = IopMakeDirectory(Directory[i]);
    if (NT_SUCCESS(Status))
        Status = IopInitVolume();
    if (NT_SUCCESS(Status))
        Status = PnpInitSystem();
    return Status;
}

NT_EXPORT(IoGetFileObjectGenericMapping);
PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    return (PGENERIC_MAPPING)&IopFileMapping;
}
