/*
 * Devices with one descriptor each, for a program that tries to open them; and an event in the kernel's handle table,
 * whose handle a read tells the program.
 */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH Complete;

enum { NONE, ADMINS, SYSTEM_ONLY, WORLD };

static const struct {
    PCWSTR Name, Link;
    ULONG Denied, Allowed; /* to whom */
    ACCESS_MASK Rights;
    ULONG Level, Policy; /* mandatory label; 0: none */
} Table[] = {
    {L"\\Device\\SecAdmins", L"\\??\\SecAdmins", NONE, ADMINS, GENERIC_ALL, 0, 0},
    {L"\\Device\\SecSystem", L"\\??\\SecSystem", NONE, SYSTEM_ONLY, GENERIC_ALL, 0, 0},
    {L"\\Device\\SecRead", L"\\??\\SecRead", NONE, WORLD, GENERIC_READ, 0, 0},
    {L"\\Device\\SecDeny", L"\\??\\SecDeny", ADMINS, WORLD, GENERIC_ALL, 0, 0},
    {L"\\Device\\SecHigh", L"\\??\\SecHigh", NONE, WORLD, GENERIC_ALL, SECURITY_MANDATORY_HIGH_RID,
     SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {L"\\Device\\SecAbove", L"\\??\\SecAbove", NONE, WORLD, GENERIC_ALL, SECURITY_MANDATORY_SYSTEM_RID,
     SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {L"\\Device\\SecHidden", L"\\??\\SecHidden", NONE, WORLD, GENERIC_ALL, SECURITY_MANDATORY_SYSTEM_RID,
     SYSTEM_MANDATORY_LABEL_VALID_MASK},
};

static HANDLE Secret;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING Link;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        RtlInitUnicodeString(&Link, Table[i].Link);
        IoDeleteSymbolicLink(&Link);
    }
    while (DriverObject->DeviceObject != NULL)
        IoDeleteDevice(DriverObject->DeviceObject);
    ZwClose(Secret);
}

/* A read returns the secret handle's value. */
static NTSTATUS Complete(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_READ &&
        IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == sizeof(Secret)) {
        *(HANDLE *)Irp->AssociatedIrp.SystemBuffer = Secret;
        Irp->IoStatus.Information = sizeof(Secret);
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static PSID Who(ULONG Number)
{
    return Number == ADMINS   ? SeExports->SeAliasAdminsSid
           : Number == WORLD ? SeExports->SeWorldSid
                             : SeExports->SeLocalSystemSid;
}

/* An entry is made as one that allows; then its type is what it is to be. */
static VOID AddAce(PACL Acl, UCHAR Type, ACCESS_MASK Mask, PSID Sid)
{
    PACE_HEADER Ace;

    RtlAddAccessAllowedAce(Acl, ACL_REVISION, Mask, Sid);
    RtlGetAce(Acl, Acl->AceCount - 1, (PVOID *)&Ace);
    Ace->AceType = Type;
}

static NTSTATUS Secure(PDEVICE_OBJECT Device, ULONG Row)
{
    SID_IDENTIFIER_AUTHORITY Mandatory = SECURITY_MANDATORY_LABEL_AUTHORITY;
    ULONG64 DaclRoom[16], SaclRoom[16], Sid[2];
    SECURITY_DESCRIPTOR Descriptor;
    SECURITY_INFORMATION What = DACL_SECURITY_INFORMATION;
    HANDLE Handle;
    NTSTATUS Status;

    RtlCreateSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl((PACL)DaclRoom, sizeof(DaclRoom), ACL_REVISION);
    if (Table[Row].Denied != NONE)
        AddAce((PACL)DaclRoom, ACCESS_DENIED_ACE_TYPE, GENERIC_ALL, Who(Table[Row].Denied));
    AddAce((PACL)DaclRoom, ACCESS_ALLOWED_ACE_TYPE, Table[Row].Rights, Who(Table[Row].Allowed));
    RtlSetDaclSecurityDescriptor(&Descriptor, TRUE, (PACL)DaclRoom, FALSE);
    if (Table[Row].Level != 0) {
        RtlInitializeSid(Sid, &Mandatory, 1);
        *RtlSubAuthoritySid(Sid, 0) = Table[Row].Level;
        RtlCreateAcl((PACL)SaclRoom, sizeof(SaclRoom), ACL_REVISION);
        AddAce((PACL)SaclRoom, SYSTEM_MANDATORY_LABEL_ACE_TYPE, Table[Row].Policy, Sid);
        RtlSetSaclSecurityDescriptor(&Descriptor, TRUE, (PACL)SaclRoom, FALSE);
        What |= LABEL_SECURITY_INFORMATION;
    }
    Status = ObOpenObjectByPointer(Device, OBJ_KERNEL_HANDLE, NULL, WRITE_DAC | WRITE_OWNER, NULL, KernelMode, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwSetSecurityObject(Handle, What, &Descriptor);
    ZwClose(Handle);
    return Status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    OBJECT_ATTRIBUTES Attributes;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Complete;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Complete;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Complete;
    DriverObject->MajorFunction[IRP_MJ_READ] = Complete;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Secret, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        UNICODE_STRING Name, Link;
        PDEVICE_OBJECT Device;
        NTSTATUS Status;

        RtlInitUnicodeString(&Name, Table[i].Name);
        RtlInitUnicodeString(&Link, Table[i].Link);
        Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
        if (NT_SUCCESS(Status))
            Status = Secure(Device, i);
        if (!NT_SUCCESS(Status)) {
            DbgPrint("secured: %wZ: 0x%x\n", &Name, Status);
            continue;
        }
        Device->Flags |= DO_BUFFERED_IO;
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
        IoCreateSymbolicLink(&Link, &Name);
    }
    return STATUS_SUCCESS;
}
