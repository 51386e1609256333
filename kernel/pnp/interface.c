/*
 * Device interfaces: a symbolic link named after device and class, made when the driver enables the interface.
 * [doc: Using a Device Interface] Left out: interfaces of devices that are not root-enumerated.
 */
#include "pnpp.h"

#include <devpkey.h>

typedef struct _PNP_INTERFACE {
    LIST_ENTRY Entry;
    PNP_NODE *Node;          /* NULL after its device was removed */
    GUID Class;
    UNICODE_STRING Link;     /* \??\ROOT#NAME#0000#{guid}[\reference] */
    UNICODE_STRING Name;     /* of the symbolic link object: without the reference string */
    BOOLEAN Enabled;
} PNP_INTERFACE;

static LIST_ENTRY PnpInterfaces = { &PnpInterfaces, &PnpInterfaces }; /* PASSIVE_LEVEL */

static PNP_INTERFACE *PnpFindInterface(PCUNICODE_STRING Link)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpInterfaces.Flink; Entry != &PnpInterfaces; Entry = Entry->Flink) {
        PNP_INTERFACE *Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (RtlEqualUnicodeString(&Interface->Link, Link, TRUE))
            return Interface;
    }
    return NULL;
}

static VOID PnpFreeInterface(PNP_INTERFACE *Interface)
{
    PnpFree(&Interface->Link);
    PnpFree(&Interface->Name);
    ExFreePoolWithTag(Interface, PNP_TAG);
}

/* Backslashes of the instance path become '#'. */
static BOOLEAN PnpNameInterface(PNP_INTERFACE *Interface, PNP_NODE *Node, PCUNICODE_STRING Reference)
{
    UNICODE_STRING Guid;
    ULONG i;

    if (!NT_SUCCESS(RtlStringFromGUID(&Interface->Class, &Guid)))
        return FALSE;
    Interface->Name = PnpFormat(L"\\??\\%wZ#%wZ", &Node->InstancePath, &Guid);
    RtlFreeUnicodeString(&Guid);
    if (Interface->Name.Buffer == NULL)
        return FALSE;
    for (i = 4; i < Interface->Name.Length / sizeof(WCHAR); i++)
        if (Interface->Name.Buffer[i] == L'\\')
            Interface->Name.Buffer[i] = L'#';
    Interface->Link = Reference != NULL && Reference->Length != 0
                    ? PnpFormat(L"%wZ\\%wZ", &Interface->Name, Reference) : PnpCopy(&Interface->Name);
    return Interface->Link.Buffer != NULL;
}

/* Control\DeviceClasses\{guid}\##?#device#{guid}\#[reference] */
static UNICODE_STRING PnpInterfaceKey(const PNP_INTERFACE *Interface, PCWSTR Below)
{
    UNICODE_STRING Guid, Device = Interface->Name, Reference = Interface->Link, Path = { 0, 0, NULL };

    if (!NT_SUCCESS(RtlStringFromGUID(&Interface->Class, &Guid)))
        return Path;
    Device.Buffer += 4;
    Device.Length -= 4 * sizeof(WCHAR);
    Reference.Buffer += Interface->Name.Length / sizeof(WCHAR);
    Reference.Length -= Interface->Name.Length;
    if (Reference.Length != 0) { /* the backslash */
        Reference.Buffer++;
        Reference.Length -= sizeof(WCHAR);
    }
    Path = PnpFormat(L"Control\\DeviceClasses\\%wZ\\##?#%wZ\\#%wZ%ws", &Guid, &Device, &Reference, Below);
    RtlFreeUnicodeString(&Guid);
    return Path;
}

static VOID PnpRecordInterface(const PNP_INTERFACE *Interface)
{
    UNICODE_STRING Path = PnpInterfaceKey(Interface, L"");
    HANDLE Key;

    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenKey(&Path, KEY_ALL_ACCESS, &Key))) {
        PnpSetString(Key, L"SymbolicLink", REG_SZ, &Interface->Link);
        PnpSetString(Key, L"DeviceInstance", REG_SZ, &Interface->Node->InstancePath);
        ZwClose(Key);
    }
    PnpFree(&Path);
}

/* Control\Linked, which user mode reads: whether the interface is enabled. */
static VOID PnpRecordState(const PNP_INTERFACE *Interface)
{
    UNICODE_STRING Path = PnpInterfaceKey(Interface, L"\\Control");
    ULONG Linked = Interface->Enabled;
    HANDLE Key;

    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenKey(&Path, KEY_ALL_ACCESS, &Key))) {
        PnpSetValue(Key, L"Linked", REG_DWORD, &Linked, sizeof(Linked));
        ZwClose(Key);
    }
    PnpFree(&Path);
}

static PNP_INTERFACE *PnpMakeInterface(PNP_NODE *Node, const GUID *Class, PCUNICODE_STRING Reference)
{
    PNP_INTERFACE *Interface = ExAllocatePoolWithTag(PagedPool, sizeof(*Interface), PNP_TAG), *Old;

    if (Interface == NULL)
        return NULL;
    RtlZeroMemory(Interface, sizeof(*Interface));
    Interface->Node = Node;
    Interface->Class = *Class;
    if (!PnpNameInterface(Interface, Node, Reference)) {
        PnpFreeInterface(Interface);
        return NULL;
    }
    Old = PnpFindInterface(&Interface->Link);
    if (Old != NULL) { /* registered before: the same link again */
        Old->Node = Node;
        PnpFreeInterface(Interface);
        return Old;
    }
    InsertTailList(&PnpInterfaces, &Interface->Entry);
    PnpRecordInterface(Interface);
    return Interface;
}

NT_EXPORT(IoRegisterDeviceInterface);
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName)
{
    PNP_NODE *Node = PnpNodeOf(PhysicalDeviceObject);
    PNP_INTERFACE *Interface;
    ULONG i;

    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (i = 0; ReferenceString != NULL && i < ReferenceString->Length / sizeof(WCHAR); i++)
        if (ReferenceString->Buffer[i] == L'\\' || ReferenceString->Buffer[i] == L'/')
            return STATUS_INVALID_DEVICE_REQUEST;
    Interface = PnpMakeInterface(Node, InterfaceClassGuid, ReferenceString);
    if (Interface == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *SymbolicLinkName = PnpCopy(&Interface->Link); /* RtlFreeUnicodeString frees it */
    return SymbolicLinkName->Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* ---- state ---- */

/* The PDO's name, for the link's target. */
static NTSTATUS PnpLinkInterface(PNP_INTERFACE *Interface)
{
    enum { BYTES = 256 };
    POBJECT_NAME_INFORMATION Info = ExAllocatePoolWithTag(PagedPool, BYTES, PNP_TAG);
    ULONG Length;
    NTSTATUS Status;

    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(Interface->Node->Pdo, Info, BYTES, &Length);
    if (NT_SUCCESS(Status))
        Status = IoCreateSymbolicLink(&Interface->Name, &Info->Name);
    ExFreePoolWithTag(Info, PNP_TAG);
    return Status;
}

/* Another enabled interface shares the symbolic link: they differ by reference string only. */
static BOOLEAN PnpLinkIsShared(PNP_INTERFACE *Interface)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpInterfaces.Flink; Entry != &PnpInterfaces; Entry = Entry->Flink) {
        PNP_INTERFACE *Other = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (Other != Interface && Other->Enabled && RtlEqualUnicodeString(&Other->Name, &Interface->Name, TRUE))
            return TRUE;
    }
    return FALSE;
}

static NTSTATUS PnpSetInterface(PNP_INTERFACE *Interface, BOOLEAN Enable)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Interface->Enabled == Enable)
        return Enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    if (!PnpLinkIsShared(Interface))
        Status = Enable ? PnpLinkInterface(Interface) : IoDeleteSymbolicLink(&Interface->Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Interface->Enabled = Enable;
    PnpRecordState(Interface);
    PnpNotifyInterface(&Interface->Class, &Interface->Link, Enable);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoSetDeviceInterfaceState);
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable)
{
    PNP_INTERFACE *Interface = PnpFindInterface(SymbolicLinkName);

    if (Interface == NULL || Interface->Node == NULL)
        return Enable ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS; /* [doc] disabling a gone one succeeds */
    return PnpSetInterface(Interface, Enable != FALSE);
}

VOID PnpForgetInterfaces(PNP_NODE *Node)
{
    PLIST_ENTRY Entry = PnpInterfaces.Flink;

    while (Entry != &PnpInterfaces) {
        PNP_INTERFACE *Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        Entry = Entry->Flink;
        if (Interface->Node != Node)
            continue;
        if (Interface->Enabled)
            PnpSetInterface(Interface, FALSE);
        RemoveEntryList(&Interface->Entry);
        PnpFreeInterface(Interface);
    }
}

/* ---- lists ---- */

VOID PnpVisitInterfaces(const GUID *Class, VOID (*Visit)(PVOID Context, PCUNICODE_STRING Link), PVOID Context)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpInterfaces.Flink; Entry != &PnpInterfaces; Entry = Entry->Flink) {
        PNP_INTERFACE *Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        if (Interface->Enabled && IsEqualGUID(&Interface->Class, Class))
            Visit(Context, &Interface->Link);
    }
}

NT_EXPORT(IoGetDeviceInterfaces);
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags,
                                     PWSTR *SymbolicLinkList)
{
    PNP_NODE *Node = PhysicalDeviceObject != NULL ? PnpNodeOf(PhysicalDeviceObject) : NULL;
    PLIST_ENTRY Entry;
    SIZE_T Bytes = sizeof(WCHAR);
    PWCHAR At = NULL;
    ULONG Pass;

    *SymbolicLinkList = NULL;
    if (PhysicalDeviceObject != NULL && Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    for (Pass = 0; Pass < 2; Pass++) { /* measure, then copy */
        for (Entry = PnpInterfaces.Flink; Entry != &PnpInterfaces; Entry = Entry->Flink) {
            PNP_INTERFACE *Interface = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

            if (!IsEqualGUID(&Interface->Class, InterfaceClassGuid) || (Node != NULL && Interface->Node != Node)
                || (!Interface->Enabled && !(Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE)))
                continue;
            if (At == NULL) {
                Bytes += Interface->Link.Length + sizeof(WCHAR);
                continue;
            }
            RtlCopyMemory(At, Interface->Link.Buffer, Interface->Link.Length);
            At += Interface->Link.Length / sizeof(WCHAR) + 1;
        }
        if (Pass == 0) {
            At = *SymbolicLinkList = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
            if (At == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            RtlZeroMemory(At, Bytes);
        }
    }
    return STATUS_SUCCESS;
}

NT_EXPORT(IoOpenDeviceInterfaceRegistryKey);
NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                PHANDLE DeviceInterfaceKey)
{
    PNP_INTERFACE *Interface = PnpFindInterface(SymbolicLinkName);
    UNICODE_STRING Path;
    NTSTATUS Status;

    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Path = PnpInterfaceKey(Interface, L"\\Device Parameters");
    Status = Path.Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES
                                 : PnpOpenKey(&Path, DesiredAccess, DeviceInterfaceKey);
    PnpFree(&Path);
    return Status;
}

NT_EXPORT(IoSetDeviceInterfacePropertyData);
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey,
                                                LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    PNP_INTERFACE *Interface = PnpFindInterface(SymbolicLinkName);
    UNICODE_STRING Path;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Flags); /* since Windows 8 they are persistent with and without the flag */
    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Path = PnpInterfaceKey(Interface, L"");
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpSetStored(&Path, PropertyKey, Lcid, Type, Size, Data);
    PnpFree(&Path);
    return Status;
}

/* What the system knows of an interface. [doc: devpkey.h] */
static NTSTATUS PnpInterfaceProperty(const PNP_INTERFACE *Interface, const DEVPROPKEY *Key, PVOID Value, PULONG Bytes,
                                     PDEVPROPTYPE Type)
{
    if (!IsEqualGUID(&Key->fmtid, &DEVPKEY_DeviceInterface_Enabled.fmtid))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Key->pid == DEVPKEY_DeviceInterface_Enabled.pid) {
        *(UCHAR *)Value = Interface->Enabled ? 0xFF : 0;
        *Bytes = sizeof(UCHAR);
        *Type = DEVPROP_TYPE_BOOLEAN;
    } else if (Key->pid == DEVPKEY_DeviceInterface_ClassGuid.pid) {
        *(GUID *)Value = Interface->Class;
        *Bytes = sizeof(GUID);
        *Type = DEVPROP_TYPE_GUID;
    } else {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return STATUS_SUCCESS;
}

NT_EXPORT(IoGetDeviceInterfacePropertyData);
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey,
                                                LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                                PULONG RequiredSize, PDEVPROPTYPE Type)
{
    PNP_INTERFACE *Interface = PnpFindInterface(SymbolicLinkName);
    UNICODE_STRING Path;
    NTSTATUS Status;
    GUID Value;

    *RequiredSize = 0;
    if (Interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(PnpInterfaceProperty(Interface, PropertyKey, &Value, RequiredSize, Type))) {
        if (Size < *RequiredSize)
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Data, &Value, *RequiredSize);
        return STATUS_SUCCESS;
    }
    Path = PnpInterfaceKey(Interface, L"");
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpGetStored(&Path, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
    PnpFree(&Path);
    return Status;
}

/* The reference string with its backslash, or nothing. */
static UNICODE_STRING PnpReferenceOf(const PNP_INTERFACE *Interface)
{
    UNICODE_STRING Reference = Interface->Link;

    Reference.Buffer += Interface->Name.Length / sizeof(WCHAR);
    Reference.Length -= Interface->Name.Length;
    return Reference;
}

/* An alias: another class, the same device and reference string. [doc: IoGetDeviceInterfaceAlias] */
NT_EXPORT(IoGetDeviceInterfaceAlias);
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName, const GUID *AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName)
{
    PNP_INTERFACE *Interface = PnpFindInterface(SymbolicLinkName);
    UNICODE_STRING Wanted, Has;
    PLIST_ENTRY Entry;

    RtlZeroMemory(AliasSymbolicLinkName, sizeof(*AliasSymbolicLinkName));
    if (Interface == NULL)
        return STATUS_INVALID_HANDLE;
    Wanted = PnpReferenceOf(Interface);
    for (Entry = PnpInterfaces.Flink; Entry != &PnpInterfaces; Entry = Entry->Flink) {
        PNP_INTERFACE *Other = CONTAINING_RECORD(Entry, PNP_INTERFACE, Entry);

        Has = PnpReferenceOf(Other);
        if (Other->Node != Interface->Node || !IsEqualGUID(&Other->Class, AliasInterfaceClassGuid)
            || !RtlEqualUnicodeString(&Has, &Wanted, TRUE))
            continue;
        *AliasSymbolicLinkName = PnpCopy(&Other->Link);
        return AliasSymbolicLinkName->Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}
