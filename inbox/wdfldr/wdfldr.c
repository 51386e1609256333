/*
 * The framework loader: finds the framework library for a client and introduces them to each other [facts:
 * kmdf_binding.md]. The library is the service Wdf01000; it is loaded for the first client and then stays, as it does
 * on Windows. Not modelled: libraries of other major versions, redirection by the registry, the class extensions'
 * version folders (a class is the service named after it).
 */
#include "wdfldr.h"

#include "../pool.h"

#define WDFLDR_TAG 'rdlW'
#define WDFLDR_SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

typedef struct _WDFLDR_CLASS {
    LIST_ENTRY Link; /* Lock */
    UNICODE_STRING Name; /* of the service: its key's last component */
    PWDFLDR_CLASS_LIBRARY_INFO Info;
    LONG Clients;
} WDFLDR_CLASS;

static struct {
    KSPIN_LOCK InitializeLock;   /* zero is free */
    BOOLEAN Initialized;         /* InitializeLock; the rest holds from then on */
    KMUTEX Lock;                 /* one bind, unbind or load at a time; not held while a class library is called */
    PWDFLDR_LIBRARY_INFO Library; /* set once, when the library registers */
    BOOLEAN Commissioned;
    LONG Clients;
    LIST_ENTRY Classes;
} Ldr;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS; /* an export driver: DllInitialize does the work */
}

/* Wine loads an export driver without calling it, so the first use initialises. */
static VOID LdrInitialize(VOID)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Ldr.InitializeLock, &Irql);
    if (!Ldr.Initialized) {
        KeInitializeMutex(&Ldr.Lock, 0);
        InitializeListHead(&Ldr.Classes);
        Ldr.Initialized = TRUE;
    }
    KeReleaseSpinLock(&Ldr.InitializeLock, Irql);
}

NTSTATUS NTAPI DllInitialize(PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    LdrInitialize();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DllUnload(VOID)
{
    LdrInitialize();
    while (!IsListEmpty(&Ldr.Classes)) {
        WDFLDR_CLASS *Class = CONTAINING_RECORD(RemoveHeadList(&Ldr.Classes), WDFLDR_CLASS, Link);

        ExFreePoolWithTag(Class, WDFLDR_TAG);
    }
    return STATUS_SUCCESS;
}

/* A mutex leaves the thread at PASSIVE_LEVEL, which loading a driver needs. */
static VOID LdrLock(VOID)
{
    LdrInitialize();
    KeWaitForSingleObject(&Ldr.Lock, Executive, KernelMode, FALSE, NULL);
}

static VOID LdrUnlock(VOID)
{
    KeReleaseMutex(&Ldr.Lock, FALSE);
}

static NTSTATUS LdrLoadService(PCUNICODE_STRING Name)
{
    WCHAR Buffer[160];
    UNICODE_STRING Path = { 0, sizeof(Buffer), Buffer };
    NTSTATUS Status = RtlAppendUnicodeToString(&Path, WDFLDR_SERVICES);

    if (NT_SUCCESS(Status))
        Status = RtlAppendUnicodeStringToString(&Path, Name);
    return NT_SUCCESS(Status) ? ZwLoadDriver(&Path) : Status;
}

/* ---- the library ---- */

NTSTATUS NTAPI WdfRegisterLibrary(PWDFLDR_LIBRARY_INFO Info, PUNICODE_STRING ServicePath, PCUNICODE_STRING DeviceName)
{
    UNREFERENCED_PARAMETER(ServicePath);
    UNREFERENCED_PARAMETER(DeviceName);
    if (Info == NULL || Info->Size < sizeof(*Info) || Info->LibraryRegisterClient == NULL)
        return STATUS_INVALID_PARAMETER;
    if (InterlockedCompareExchangePointer((PVOID *)&Ldr.Library, Info, NULL) != NULL)
        return STATUS_OBJECT_NAME_COLLISION;
    return STATUS_SUCCESS;
}

/* Loads and commissions the library once. Lock held. */
static NTSTATUS LdrNeedLibrary(VOID)
{
    UNICODE_STRING Service = RTL_CONSTANT_STRING(L"Wdf01000");
    NTSTATUS Status = STATUS_SUCCESS;

    if (Ldr.Library == NULL)
        Status = LdrLoadService(&Service);
    if (NT_SUCCESS(Status) && Ldr.Library == NULL)
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (NT_SUCCESS(Status) && !Ldr.Commissioned && Ldr.Library->LibraryCommission != NULL)
        Status = Ldr.Library->LibraryCommission();
    if (NT_SUCCESS(Status))
        Ldr.Commissioned = TRUE;
    return Status;
}

static BOOLEAN LdrIsBindInfo(PWDFLDR_BIND_INFO Info)
{
    UNICODE_STRING Component, Expected = RTL_CONSTANT_STRING(L"KmdfLibrary");

    if (Info == NULL || (Info->Size != WDFLDR_BIND_INFO_SIZE_V1 && Info->Size != sizeof(*Info)) ||
        Info->Component == NULL || Info->FuncTable == NULL)
        return FALSE;
    RtlInitUnicodeString(&Component, Info->Component);
    return RtlEqualUnicodeString(&Component, &Expected, TRUE);
}

NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, PWDFLDR_BIND_INFO Info,
                              PVOID *ComponentGlobals)
{
    WDFLDR_CLIENT_INFO Client = { sizeof(Client), RegistryPath, DriverObject };
    PVOID Context = &Client;
    NTSTATUS Status;

    if (DriverObject == NULL || RegistryPath == NULL || ComponentGlobals == NULL || !LdrIsBindInfo(Info))
        return STATUS_INVALID_PARAMETER;
    LdrLock();
    Status = LdrNeedLibrary();
    if (NT_SUCCESS(Status) && Info->Version.Major != Ldr.Library->Version.Major)
        Status = STATUS_NOT_SUPPORTED;
    if (NT_SUCCESS(Status))
        Status = Ldr.Library->LibraryRegisterClient(Info, ComponentGlobals, &Context);
    if (NT_SUCCESS(Status)) {
        Info->Module = Ldr.Library;
        Ldr.Clients++;
    } else {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "wdfldr: %wZ cannot be bound to KMDF %u.%u: 0x%08X\n", RegistryPath, Info->Version.Major,
                   Info->Version.Minor, Status);
    }
    LdrUnlock();
    return Status;
}

NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (Info == NULL || Info->Module == NULL || Info->Module != Ldr.Library)
        return STATUS_INVALID_PARAMETER;
    LdrLock();
    Status = Ldr.Library->LibraryUnregisterClient(Info, ComponentGlobals);
    Info->Module = NULL;
    Ldr.Clients--;
    LdrUnlock();
    return Status;
}

/* ---- class extensions ---- */

/* The last component of a path, or the whole. */
static UNICODE_STRING LdrLeaf(PCUNICODE_STRING Path)
{
    UNICODE_STRING Leaf = *Path;
    USHORT Start = Path->Length / sizeof(WCHAR);

    while (Start != 0 && Path->Buffer[Start - 1] != L'\\')
        Start--;
    Leaf.Buffer += Start;
    Leaf.Length -= Start * sizeof(WCHAR);
    return Leaf;
}

/* Lock held. */
static WDFLDR_CLASS *LdrFindClass(PCUNICODE_STRING Name)
{
    for (PLIST_ENTRY Link = Ldr.Classes.Flink; Link != &Ldr.Classes; Link = Link->Flink) {
        WDFLDR_CLASS *Class = CONTAINING_RECORD(Link, WDFLDR_CLASS, Link);

        if (RtlEqualUnicodeString(&Class->Name, Name, TRUE))
            return Class;
    }
    return NULL;
}

NTSTATUS NTAPI WdfRegisterClassLibrary(PWDFLDR_CLASS_LIBRARY_INFO Info, PUNICODE_STRING ServicePath,
                                       PUNICODE_STRING DeviceName)
{
    UNICODE_STRING Leaf;
    WDFLDR_CLASS *Class;
    NTSTATUS Status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(DeviceName);
    if (Info == NULL || Info->Size < sizeof(*Info) || Info->ClassLibraryBindClient == NULL || ServicePath == NULL)
        return STATUS_INVALID_PARAMETER;
    Leaf = LdrLeaf(ServicePath);
    Class = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Class) + Leaf.Length, WDFLDR_TAG);
    if (Class == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Class->Name.Buffer = (PWCHAR)(Class + 1);
    Class->Name.MaximumLength = Leaf.Length;
    RtlCopyUnicodeString(&Class->Name, &Leaf);
    Class->Info = Info;
    if (Info->ClassLibraryInitialize != NULL)
        Status = Info->ClassLibraryInitialize();
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Class, WDFLDR_TAG);
        return Status;
    }
    LdrInitialize();
    InsertTailList(&Ldr.Classes, &Class->Link); /* by the class's DriverEntry: under the lock of who loads it */
    return STATUS_SUCCESS;
}

/* The class's service: NAME, two digits of the class's major version, two of the framework's. */
static NTSTATUS LdrClassService(PWDFLDR_BIND_INFO Info, PWDFLDR_CLASS_BIND_INFO Class, PUNICODE_STRING Service)
{
    NTSTATUS Status = RtlAppendUnicodeToString(Service, Class->ClassName);
    WCHAR Digits[5] = { L'0' + Class->Version.Major / 10 % 10, L'0' + Class->Version.Major % 10,
                        L'0' + Info->Version.Major / 10 % 10, L'0' + Info->Version.Major % 10, 0 };

    return NT_SUCCESS(Status) ? RtlAppendUnicodeToString(Service, Digits) : Status;
}

NTSTATUS NTAPI WdfVersionBindClass(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals, PWDFLDR_CLASS_BIND_INFO Bind)
{
    WCHAR Buffer[80];
    UNICODE_STRING Service = { 0, sizeof(Buffer), Buffer };
    WDFLDR_CLASS *Class;
    NTSTATUS Status;

    if (Info == NULL || Bind == NULL || Bind->ClassName == NULL || Bind->Size < sizeof(*Bind))
        return STATUS_INVALID_PARAMETER;
    Status = LdrClassService(Info, Bind, &Service);
    if (!NT_SUCCESS(Status))
        return Status;
    LdrLock();
    Class = LdrFindClass(&Service);
    if (Class == NULL) {
        Status = LdrLoadService(&Service);
        Class = LdrFindClass(&Service);
    }
    if (Class == NULL && NT_SUCCESS(Status))
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (Class != NULL) {
        Class->Clients++;
        Status = STATUS_SUCCESS;
    }
    LdrUnlock();
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Class->Info->ClassLibraryBindClient(Bind, ComponentGlobals);
    if (NT_SUCCESS(Status))
        Bind->ClassModule = Class;
    else
        InterlockedDecrement(&Class->Clients);
    return Status;
}

VOID NTAPI WdfVersionUnbindClass(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals, PWDFLDR_CLASS_BIND_INFO Bind)
{
    WDFLDR_CLASS *Class = Bind->ClassModule;

    UNREFERENCED_PARAMETER(Info);
    if (Class == NULL)
        return;
    Bind->ClassModule = NULL;
    if (Class->Info->ClassLibraryUnbindClient != NULL)
        Class->Info->ClassLibraryUnbindClient(Bind, ComponentGlobals);
    InterlockedDecrement(&Class->Clients);
}

/* ---- interfaces and diagnostics ---- */

NTSTATUS NTAPI WdfLdrDiagnosticsValueByNameAsULONG(PUNICODE_STRING Name, PULONG Value)
{
    UNICODE_STRING Key = RTL_CONSTANT_STRING(
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Wdf\\Kmdf\\Diagnostics");
    UCHAR Buffer[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION Info = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    ULONG Length;
    NTSTATUS Status;

    *Value = 0;
    InitializeObjectAttributes(&Attributes, &Key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenKey(&Handle, KEY_READ, &Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryValueKey(Handle, Name, KeyValuePartialInformation, Info, sizeof(Buffer), &Length);
    if (NT_SUCCESS(Status) && (Info->Type != REG_DWORD || Info->DataLength != sizeof(ULONG)))
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(Status))
        RtlCopyMemory(Value, Info->Data, sizeof(ULONG));
    ZwClose(Handle);
    return Status;
}

typedef struct _WDFLDR_INTERFACE { /* of the three kinds; routines follow the header */
    GUID Type;
    ULONG Routines;
    PVOID Routine[4];
} WDFLDR_INTERFACE;

static const WDFLDR_INTERFACE LdrInterface[] = {
    { { 0x49215DFF, 0xF5AC, 0x4901, { 0x85, 0x88, 0xAB, 0x3D, 0x54, 0x0F, 0x60, 0x21 } },
      4,
      { WdfRegisterLibrary, WdfVersionBind, WdfVersionUnbind, WdfLdrDiagnosticsValueByNameAsULONG } },
    { { 0x55905BA4, 0x1DD2, 0x45D3, { 0xAB, 0xEA, 0xF7, 0xA8, 0x70, 0x11, 0xD6, 0x9F } },
      1,
      { WdfLdrDiagnosticsValueByNameAsULONG } },
    { { 0xFA4838CB, 0x1D08, 0x41E1, { 0x8B, 0xA8, 0x71, 0x9C, 0xF8, 0x44, 0xEA, 0x74 } },
      2,
      { WdfVersionBindClass, WdfVersionUnbindClass } },
};

NTSTATUS NTAPI WdfLdrQueryInterface(PWDFLDR_INTERFACE_HEADER Interface)
{
    if (Interface == NULL || Interface->InterfaceType == NULL)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < RTL_NUMBER_OF(LdrInterface); i++) {
        const WDFLDR_INTERFACE *Known = &LdrInterface[i];

        if (!IsEqualGUID(&Known->Type, Interface->InterfaceType))
            continue;
        if (Interface->InterfaceSize < sizeof(*Interface) + Known->Routines * sizeof(PVOID))
            return STATUS_INVALID_PARAMETER;
        RtlCopyMemory(Interface + 1, Known->Routine, Known->Routines * sizeof(PVOID));
        return STATUS_SUCCESS;
    }
    return STATUS_NOINTERFACE;
}
