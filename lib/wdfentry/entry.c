/*
 * What is linked into every KMDF driver: the entry point that binds the image to the framework before the driver's own
 * DriverEntry, and what undoes it. Built once for each minor version, as the kits do. [facts: kmdf_binding.md, section 5]
 *
 * The linker sorts sections by what follows the $: a class extension's client puts its WDF_CLASS_BIND_INFO into
 * .kmdfclassbind$b, a shared context type its WDF_OBJECT_CONTEXT_TYPE_INFO into .kmdftypeinit$b, between the markers here.
 */
#include <ntddk.h>
#include <wdf.h>
#include <wdfminiport.h>
#include <wdfldr.h>

#define MARKER(Section) __attribute__((section(Section), used, aligned(8)))
#define REGISTRY_PATH_MAX 260 /* characters */

#if KMDF_VERSION_MINOR >= 15
typedef const WDFFUNC *CLIENT_TABLE;
CLIENT_TABLE WdfFunctions;
#define BIND_TABLE ((WDFLDR_FUNCTION *)&WdfFunctions)
#else
WDFFUNC WdfFunctions[WdfFunctionTableNumEntries];
#define BIND_TABLE ((WDFLDR_FUNCTION *)WdfFunctions)
#endif
PWDF_DRIVER_GLOBALS WdfDriverGlobals;
PFN_WDFDRIVERMINIPORTUNLOADOVERRIDE WdfDriverMiniportUnloadOverride;

static MARKER(".kmdfclassbind$a") ULONG64 ClassBindStart;
static MARKER(".kmdfclassbind$c") ULONG64 ClassBindEnd;
static MARKER(".kmdftypeinit$a") ULONG64 TypeInitStart;
static MARKER(".kmdftypeinit$c") ULONG64 TypeInitEnd;

static struct {
    UNICODE_STRING RegistryPath;
    WCHAR RegistryPathBuffer[REGISTRY_PATH_MAX];
    PDRIVER_UNLOAD Unload; /* the driver's own, or the framework's */
    ULONG64 *ClassesBound; /* the end of those that were bound */
} Stub;

#if KMDF_VERSION_MINOR >= 25
extern ULONG WdfMinimumVersionRequired; /* minimum.c, unless the driver has said */
BOOLEAN WdfClientVersionHigherThanFramework;
ULONG WdfFunctionCount;
ULONG WdfStructureCount;
SIZE_T *WdfStructures;
#endif

static WDFLDR_BIND_INFO BindInfo = {
    .Component = L"KmdfLibrary",
    .Version = {KMDF_VERSION_MAJOR, KMDF_VERSION_MINOR, 0},
    .FuncCount = WdfFunctionTableNumEntries,
    .FuncTable = BIND_TABLE,
#if KMDF_VERSION_MINOR >= 25
    .Size = sizeof(BindInfo),
    .MinimumVersionRequired = &WdfMinimumVersionRequired,
    .ClientVersionHigherThanFramework = &WdfClientVersionHigherThanFramework,
    .FuncCountPtr = &WdfFunctionCount,
    .StructCountPtr = &WdfStructureCount,
    .StructTable = &WdfStructures,
#else
    .Size = WDFLDR_BIND_INFO_SIZE_V1,
#endif
};

typedef NTSTATUS NTAPI BIND_CLASS(PWDFLDR_BIND_INFO, PVOID, PWDFLDR_CLASS_BIND_INFO);
typedef VOID NTAPI UNBIND_CLASS(PWDFLDR_BIND_INFO, PVOID, PWDFLDR_CLASS_BIND_INFO);
typedef NTSTATUS NTAPI CLIENT_BIND_CLASS(BIND_CLASS *, PWDFLDR_BIND_INFO, PVOID, PWDFLDR_CLASS_BIND_INFO);
typedef VOID NTAPI CLIENT_UNBIND_CLASS(UNBIND_CLASS *, PWDFLDR_BIND_INFO, PVOID, PWDFLDR_CLASS_BIND_INFO);

DRIVER_INITIALIZE DriverEntry;
DRIVER_INITIALIZE FxDriverEntry;
void __security_init_cookie(void);

/* The next record between Position and End: the linker pads with zeros, a record begins with its size. */
static ULONG64 *StubNextRecord(ULONG64 *Position, ULONG64 *End)
{
    while (Position < End && *Position == 0)
        Position++;
    return Position < End ? Position : NULL;
}

static VOID StubUnbindClasses(VOID)
{
    ULONG64 *Position = &ClassBindStart + 1;

    while ((Position = StubNextRecord(Position, Stub.ClassesBound)) != NULL) {
        PWDFLDR_CLASS_BIND_INFO Class = (PWDFLDR_CLASS_BIND_INFO)Position;

        if (Class->ClientUnbindClass != NULL)
            ((CLIENT_UNBIND_CLASS *)Class->ClientUnbindClass)(WdfVersionUnbindClass, &BindInfo, WdfDriverGlobals, Class);
        else
            WdfVersionUnbindClass(&BindInfo, WdfDriverGlobals, Class);
        Position = (ULONG64 *)((PUCHAR)Position + Class->Size);
    }
    Stub.ClassesBound = &ClassBindStart;
}

static NTSTATUS StubBindClass(PWDFLDR_CLASS_BIND_INFO Class)
{
    /* The second size is that of clients that run on older versions of their class. */
    if (Class->Size != sizeof(*Class) && Class->Size != sizeof(*Class) + 5 * sizeof(PVOID))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Class->ClientBindClass != NULL)
        return ((CLIENT_BIND_CLASS *)Class->ClientBindClass)(WdfVersionBindClass, &BindInfo, WdfDriverGlobals, Class);
    return WdfVersionBindClass(&BindInfo, WdfDriverGlobals, Class);
}

static NTSTATUS StubBindClasses(VOID)
{
    ULONG64 *Position = &ClassBindStart + 1;
    NTSTATUS Status;

    Stub.ClassesBound = &ClassBindStart;
    while ((Position = StubNextRecord(Position, &ClassBindEnd)) != NULL) {
        PWDFLDR_CLASS_BIND_INFO Class = (PWDFLDR_CLASS_BIND_INFO)Position;

        Status = StubBindClass(Class);
        if (!NT_SUCCESS(Status))
            return Status;
        Position = (ULONG64 *)((PUCHAR)Position + Class->Size);
        Stub.ClassesBound = Position;
    }
    return STATUS_SUCCESS;
}

/* Context types whose identity another driver decides. */
static VOID StubInitTypes(VOID)
{
    ULONG64 *Position = &TypeInitStart + 1;

    while ((Position = StubNextRecord(Position, &TypeInitEnd)) != NULL) {
        PWDF_OBJECT_CONTEXT_TYPE_INFO Type = (PWDF_OBJECT_CONTEXT_TYPE_INFO)Position;

        if (Type->Size != sizeof(*Type) || Type->EvtDriverGetUniqueContextType == NULL)
            return; /* not a record that any version of the macro makes */
        Type->UniqueType = Type->EvtDriverGetUniqueContextType();
        Position = (ULONG64 *)(Type + 1);
    }
}

static VOID StubUnbind(VOID)
{
    StubUnbindClasses();
    WdfVersionUnbind(&Stub.RegistryPath, &BindInfo, WdfDriverGlobals);
}

static VOID NTAPI StubDriverUnload(PDRIVER_OBJECT DriverObject)
{
    if (Stub.Unload != NULL && Stub.Unload != StubDriverUnload)
        Stub.Unload(DriverObject);
    StubUnbind();
}

/* For drivers whose port driver owns DriverUnload: called through WdfDriverMiniportUnload. */
static VOID NTAPI StubMiniportUnload(WDFDRIVER Driver)
{
    ((PFN_WDFDRIVERMINIPORTUNLOAD)WdfFunctions[WdfDriverMiniportUnloadTableIndex])(WdfDriverGlobals, Driver);
    StubUnbind();
}

static NTSTATUS StubKeepRegistryPath(PUNICODE_STRING RegistryPath)
{
    Stub.RegistryPath.Buffer = Stub.RegistryPathBuffer;
    Stub.RegistryPath.MaximumLength = sizeof(Stub.RegistryPathBuffer);
    if (RegistryPath == NULL)
        return STATUS_SUCCESS;
    if (RegistryPath->Length > Stub.RegistryPath.MaximumLength)
        return STATUS_NAME_TOO_LONG;
    RtlCopyUnicodeString(&Stub.RegistryPath, RegistryPath);
    return STATUS_SUCCESS;
}

static VOID StubHookUnload(PDRIVER_OBJECT DriverObject)
{
    if (WdfDriverGlobals->DisplaceDriverUnload) {
        Stub.Unload = DriverObject->DriverUnload;
        DriverObject->DriverUnload = StubDriverUnload;
    } else if (WdfDriverGlobals->DriverFlags & WdfDriverInitNoDispatchOverride)
        WdfDriverMiniportUnloadOverride = StubMiniportUnload;
}

NTSTATUS NTAPI FxDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    __security_init_cookie();
    if (DriverObject == NULL) /* an export driver's: nothing to bind */
        return DriverEntry(DriverObject, RegistryPath);
    Status = StubKeepRegistryPath(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = WdfVersionBind(DriverObject, &Stub.RegistryPath, &BindInfo, (PVOID *)&WdfDriverGlobals);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = StubBindClasses();
    if (NT_SUCCESS(Status)) {
        StubInitTypes();
        Status = DriverEntry(DriverObject, RegistryPath);
    }
    if (!NT_SUCCESS(Status)) {
        StubUnbind();
        return Status;
    }
    StubHookUnload(DriverObject);
    return STATUS_SUCCESS;
}
