/*
 * Security of devices and files. A device has one descriptor; files on it share it.
 * Left out: descriptors of single files (no file system here keeps any; IRP_MJ_QUERY/SET_SECURITY are not sent).
 */
#include "iop.h"

/*
 * What a device gets that was made without a descriptor: system and administrators all, everybody what a driver's
 * control codes and opens need. [guess: close to what a Windows machine shows for devices of drivers without an INF]
 */
static UNICODE_STRING IopDefaultSddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGWGX;;;WD)(A;;GR;;;RC)");

NTSTATUS IopSetDefaultDeviceSecurity(PDEVICE_OBJECT Device)
{
    ULONG Bytes;

    return SeConvertSddl(&IopDefaultSddl, &Device->SecurityDescriptor, &Bytes);
}

static PDEVICE_OBJECT IopSecuredDevice(PVOID Object)
{
    if (*(CSHORT *)Object == IO_TYPE_FILE)
        return ((PFILE_OBJECT)Object)->DeviceObject;
    return Object;
}

static NTSTATUS IopSetDeviceSecurity(PDEVICE_OBJECT Device, PSECURITY_INFORMATION Information,
                                     PSECURITY_DESCRIPTOR Descriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Old = Device->SecurityDescriptor, New = Old;
    NTSTATUS Status = SeSetSecurityDescriptorInfo(NULL, Information, Descriptor, &New, PoolType, Mapping);

    if (!NT_SUCCESS(Status))
        return Status;
    Device->SecurityDescriptor = New;
    if (Old != NULL && Old != New)
        ExFreePool(Old);
    return STATUS_SUCCESS;
}

NTSTATUS IopSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                           PSECURITY_DESCRIPTOR Descriptor, PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                           POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PDEVICE_OBJECT Device = IopSecuredDevice(Object);

    UNREFERENCED_PARAMETER(ObjectsDescriptor);
    switch (Operation) {
    case SetSecurityDescriptor:
        return IopSetDeviceSecurity(Device, Information, Descriptor, PoolType, Mapping);
    case QuerySecurityDescriptor:
        return SeQuerySecurityDescriptorInfo(Information, Descriptor, Length, &Device->SecurityDescriptor);
    case DeleteSecurityDescriptor:
        return STATUS_SUCCESS; /* it goes with the device object */
    case AssignSecurityDescriptor:
        return STATUS_SUCCESS; /* the default one is there already */
    }
    return STATUS_INVALID_PARAMETER;
}

/* ---- names of files: the device's name and the file's behind it ---- */

typedef struct _IOP_NAME_BUFFER {
    OBJECT_NAME_INFORMATION Info;
    WCHAR Text[256];
} IOP_NAME_BUFFER;

static NTSTATUS IopStoreName(PCUNICODE_STRING Device, PCUNICODE_STRING File, POBJECT_NAME_INFORMATION Info,
                             ULONG Length)
{
    ULONG Bytes = Device->Length + File->Length;
    PWCHAR Text = (PWCHAR)(Info + 1);

    if (Length < sizeof(*Info) + Bytes + sizeof(WCHAR))
        return Length < sizeof(*Info) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    RtlCopyMemory(Text, Device->Buffer, Device->Length);
    RtlCopyMemory((PUCHAR)Text + Device->Length, File->Buffer, File->Length);
    Text[Bytes / sizeof(WCHAR)] = 0;
    Info->Name.Buffer = Text;
    Info->Name.Length = (USHORT)Bytes;
    Info->Name.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION Info, ULONG Length,
                          PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    PFILE_OBJECT File = Object;
    IOP_NAME_BUFFER *Device = ExAllocatePoolWithTag(PagedPool, sizeof(*Device), IOP_TAG_FILE);
    ULONG Bytes;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(HasName);
    UNREFERENCED_PARAMETER(Mode); /* Info is system memory: the object manager copies */
    if (Device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(File->DeviceObject, &Device->Info, sizeof(*Device), &Bytes);
    if (NT_SUCCESS(Status)) {
        *ReturnLength = sizeof(*Info) + Device->Info.Name.Length + File->FileName.Length + sizeof(WCHAR);
        Status = IopStoreName(&Device->Info.Name, &File->FileName, Info, Length);
    }
    ExFreePoolWithTag(Device, IOP_TAG_FILE);
    return Status;
}

/* "C:\dir\file". The caller frees with ExFreePool. [doc: IoQueryFileDosDeviceName] */
NT_EXPORT(IoQueryFileDosDeviceName);
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    UNICODE_STRING Drive;
    POBJECT_NAME_INFORMATION Info;
    ULONG Bytes;
    NTSTATUS Status = IoVolumeDeviceToDosName(FileObject->DeviceObject, &Drive);

    *ObjectNameInformation = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    Bytes = sizeof(*Info) + Drive.Length + FileObject->FileName.Length + sizeof(WCHAR);
    Info = ExAllocatePoolWithTag(PagedPool, Bytes, IOP_TAG_FILE);
    if (Info != NULL)
        Status = IopStoreName(&Drive, &FileObject->FileName, Info, Bytes);
    else
        Status = STATUS_INSUFFICIENT_RESOURCES;
    ExFreePool(Drive.Buffer);
    *ObjectNameInformation = Info;
    return Status;
}

/* The drive letter whose link leads to the device. The caller frees DosName->Buffer. [doc: IoVolumeDeviceToDosName] */
NT_EXPORT(IoVolumeDeviceToDosName);
NT_EXPORT_ALIAS(RtlVolumeDeviceToDosName, IoVolumeDeviceToDosName);
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    WCHAR LinkText[] = L"\\??\\A:", TargetText[128], Letter;
    IOP_NAME_BUFFER *Device = ExAllocatePoolWithTag(PagedPool, sizeof(*Device), IOP_TAG_FILE);
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Link, Target;
    HANDLE Handle;
    ULONG Bytes;
    NTSTATUS Status;

    RtlZeroMemory(DosName, sizeof(*DosName));
    if (Device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(VolumeDeviceObject, &Device->Info, sizeof(*Device), &Bytes);
    for (Letter = L'A'; NT_SUCCESS(Status) && DosName->Buffer == NULL && Letter <= L'Z'; Letter++) {
        LinkText[4] = Letter;
        RtlInitUnicodeString(&Link, LinkText);
        InitializeObjectAttributes(&Attributes, &Link, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
        if (!NT_SUCCESS(ZwOpenSymbolicLinkObject(&Handle, SYMBOLIC_LINK_QUERY, &Attributes)))
            continue;
        Target.Buffer = TargetText;
        Target.MaximumLength = sizeof(TargetText);
        if (NT_SUCCESS(ZwQuerySymbolicLinkObject(Handle, &Target, NULL))
            && RtlEqualUnicodeString(&Target, &Device->Info.Name, TRUE)) {
            DosName->Buffer = ExAllocatePoolWithTag(PagedPool, 3 * sizeof(WCHAR), IOP_TAG_FILE);
            if (DosName->Buffer == NULL)
                Status = STATUS_INSUFFICIENT_RESOURCES;
        }
        ZwClose(Handle);
    }
    ExFreePoolWithTag(Device, IOP_TAG_FILE);
    if (!NT_SUCCESS(Status))
        return Status;
    if (DosName->Buffer == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    DosName->Buffer[0] = LinkText[4];
    DosName->Buffer[1] = L':';
    DosName->Buffer[2] = 0;
    DosName->Length = 2 * sizeof(WCHAR);
    DosName->MaximumLength = 3 * sizeof(WCHAR);
    return STATUS_SUCCESS;
}
