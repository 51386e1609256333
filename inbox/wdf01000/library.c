/*
 * The library's side of the binding: versions and table lengths, a client's globals, unbinding [facts:
 * kmdf_binding.md, sections 2 to 4].
 */
#include "queue.h"

#include "../wdfldr/wdfldr.h"

#define FX_COUNT_IN_IMAGE_MAX 438u /* up to here the client's table is an array in its image */

static const struct {
    ULONG Minor, Functions;
} FxRelease[] = {
    { 0, 383 },  { 1, 386 },  { 5, 387 },  { 7, 387 },  { 9, 396 },  { 11, 432 }, { 13, 438 }, { 15, 444 }, { 17, 444 },
    { 19, 446 }, { 21, 448 }, { 23, 451 }, { 25, 453 }, { 27, 453 }, { 29, 454 }, { 31, 458 }, { 33, 458 },
};

static LIST_ENTRY FxClients = { &FxClients, &FxClients };
static KSPIN_LOCK FxClientsLock;
static SIZE_T FxStructSizes[1]; /* no client is newer than this library, so none asks for a size */

static BOOLEAN FxIsReleasedLength(ULONG Functions)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(FxRelease); i++)
        if (FxRelease[i].Functions == Functions)
            return TRUE;
    return FALSE;
}

/* ---- settings of a client: Services\NAME\Parameters\Wdf ---- */

static ULONG FxReadSetting(HANDLE Key, PCWSTR Name)
{
    UCHAR Buffer[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION Info = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer;
    UNICODE_STRING ValueName;
    ULONG Length, Value = 0;

    RtlInitUnicodeString(&ValueName, Name);
    if (NT_SUCCESS(ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, Info, sizeof(Buffer), &Length)) &&
        Info->Type == REG_DWORD && Info->DataLength == sizeof(ULONG))
        RtlCopyMemory(&Value, Info->Data, sizeof(Value));
    return Value;
}

static VOID FxReadSettings(FX_GLOBALS *Globals)
{
    UNICODE_STRING Path = { 0, 0, NULL };
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    Path.MaximumLength = Globals->RegistryPath.Length + sizeof(L"\\Parameters\\Wdf");
    Path.Buffer = ExAllocatePool2(POOL_FLAG_PAGED, Path.MaximumLength, FX_TAG);
    if (Path.Buffer == NULL)
        return;
    RtlCopyUnicodeString(&Path, &Globals->RegistryPath);
    RtlAppendUnicodeToString(&Path, L"\\Parameters\\Wdf");
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        Globals->Verifier = FxReadSetting(Key, L"VerifierOn") != 0;
        Globals->DebugBreakOnError = FxReadSetting(Key, L"DbgBreakOnError") != 0;
        ZwClose(Key);
    }
    ExFreePoolWithTag(Path.Buffer, FX_TAG);
}

/* ---- globals ---- */

/* The service's name, the last component of its key, in ASCII. */
static VOID FxNameClient(FX_GLOBALS *Globals)
{
    const UNICODE_STRING *Path = &Globals->RegistryPath;
    ULONG Characters = Path->Length / sizeof(WCHAR), Start = Characters, i;

    while (Start != 0 && Path->Buffer[Start - 1] != L'\\')
        Start--;
    for (i = 0; i < sizeof(Globals->Public.DriverName) - 1 && Start + i < Characters; i++)
        Globals->Public.DriverName[i] = (CHAR)(Path->Buffer[Start + i] < 0x80 ? Path->Buffer[Start + i] : '?');
    Globals->Public.DriverName[i] = '\0';
}

/* The first four characters of the name, as a tag reads in memory. */
static ULONG FxDefaultTag(const char *Name)
{
    ULONG Tag = 0;

    for (ULONG i = 0; i < 4; i++)
        Tag |= (ULONG)(UCHAR)(i < strlen(Name) ? Name[i] : ' ') << (8 * i);
    return Tag;
}

static VOID NTAPI FxBugCheck(PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(Length);
    FxLogPrintTail(Buffer);
}

/*
 * The log's tail in a bug check, unless Control\Wdf\Kmdf\Diagnostics: NoBugCheckLog says otherwise, for a kernel without bug
 * check callbacks.
 */
static VOID FxWatchBugChecks(FX_GLOBALS *Globals)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"NoBugCheckLog");
    PKBUGCHECK_CALLBACK_RECORD Record = &Globals->BugCheckRecord;
    ULONG NoLog = 0;

    KeInitializeCallbackRecord(Record);
    if (!NT_SUCCESS(WdfLdrDiagnosticsValueByNameAsULONG(&Name, &NoLog)) || NoLog == 0)
        Globals->WatchesBugChecks =
            KeRegisterBugCheckCallback(Record, FxBugCheck, Globals, sizeof(*Globals), (PUCHAR) "Wdf01000");
}

static FX_GLOBALS *FxCreateGlobals(PWDFLDR_BIND_INFO Info, PWDFLDR_CLIENT_INFO Client)
{
    FX_GLOBALS *Globals = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Globals), FX_TAG);
    KIRQL Irql;

    if (Globals == NULL)
        return NULL;
    Globals->Minor = Info->Version.Minor;
    Globals->DriverObject = Client->DriverObject;
    Globals->RegistryPath.MaximumLength = Client->RegistryPath->Length + sizeof(WCHAR);
    Globals->RegistryPath.Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, Globals->RegistryPath.MaximumLength, FX_TAG);
    if (Globals->RegistryPath.Buffer == NULL) {
        ExFreePoolWithTag(Globals, FX_TAG);
        return NULL;
    }
    RtlCopyUnicodeString(&Globals->RegistryPath, Client->RegistryPath);
    KeInitializeSpinLock(&Globals->Lock);
    InitializeListHead(&Globals->Deferred);
    KeInitializeEvent(&Globals->WorkerIdle, NotificationEvent, TRUE);
    FxNameClient(Globals);
    Globals->Public.DriverTag = FxDefaultTag(Globals->Public.DriverName);
    Globals->Public.DisplaceDriverUnload = TRUE;
    FxReadSettings(Globals);
    FxWatchBugChecks(Globals);
    KeAcquireSpinLock(&FxClientsLock, &Irql);
    InsertTailList(&FxClients, &Globals->Link);
    KeReleaseSpinLock(&FxClientsLock, Irql);
    return Globals;
}

static VOID FxDeleteGlobals(FX_GLOBALS *Globals)
{
    KIRQL Irql;

    if (Globals->WatchesBugChecks)
        KeDeregisterBugCheckCallback(&Globals->BugCheckRecord);
    KeAcquireSpinLock(&FxClientsLock, &Irql);
    RemoveEntryList(&Globals->Link);
    KeReleaseSpinLock(&FxClientsLock, Irql);
    ExFreePoolWithTag(Globals->RegistryPath.Buffer, FX_TAG);
    ExFreePoolWithTag(Globals, FX_TAG);
}

FX_GLOBALS *FxFindClient(PDRIVER_OBJECT DriverObject)
{
    FX_GLOBALS *Found = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&FxClientsLock, &Irql);
    for (PLIST_ENTRY Link = FxClients.Flink; Link != &FxClients && Found == NULL; Link = Link->Flink) {
        FX_GLOBALS *Globals = CONTAINING_RECORD(Link, FX_GLOBALS, Link);

        if (Globals->DriverObject == DriverObject)
            Found = Globals;
    }
    KeReleaseSpinLock(&FxClientsLock, Irql);
    return Found;
}

/* ---- binding ---- */

static VOID FxFillTable(PWDFLDR_BIND_INFO Info)
{
    if (Info->FuncCount <= FX_COUNT_IN_IMAGE_MAX)
        RtlCopyMemory(Info->FuncTable, FxFunctionTable, Info->FuncCount * sizeof(PVOID));
    else
        *(const VOID **)Info->FuncTable = FxFunctionTable;
    if (Info->Size < sizeof(*Info))
        return;
    if (Info->ClientVersionHigherThanFramework != NULL)
        *Info->ClientVersionHigherThanFramework = FALSE;
    if (Info->FuncCountPtr != NULL)
        *Info->FuncCountPtr = FxFunctionCount;
    if (Info->StructCountPtr != NULL)
        *Info->StructCountPtr = 0;
    if (Info->StructTable != NULL)
        *Info->StructTable = FxStructSizes;
}

static NTSTATUS NTAPI FxRegisterClient(PWDFLDR_BIND_INFO Info, PVOID *ComponentGlobals, PVOID *Context)
{
    PWDFLDR_CLIENT_INFO Client = *Context;
    FX_GLOBALS *Globals;

    if (Info->Version.Minor > FX_LIBRARY_MINOR || Info->FuncCount > FxFunctionCount)
        return STATUS_REVISION_MISMATCH;
    if (!FxIsReleasedLength(Info->FuncCount))
        return STATUS_INVALID_PARAMETER;
    Globals = FxCreateGlobals(Info, Client);
    if (Globals == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    FxFillTable(Info);
    *ComponentGlobals = &Globals->Public;
    FxLog(Globals, "bound to KMDF 1.%u, table of %u", Info->Version.Minor, Info->FuncCount);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI FxUnregisterClient(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals)
{
    FX_GLOBALS *Globals = FxGlobalsOf(ComponentGlobals);

    UNREFERENCED_PARAMETER(Info);
    if (Globals->Driver != NULL)
        FxObjectDelete((FX_OBJECT *)Globals->Driver);
    KeWaitForSingleObject(&Globals->WorkerIdle, Executive, KernelMode, FALSE, NULL);
    if (Globals->ObjectCount != 0) { /* its objects point here, so the globals stay with them */
        FxMistake(Globals, STATUS_OBJECTID_EXISTS, "unloads with %d framework objects still referenced",
                  Globals->ObjectCount);
        return STATUS_SUCCESS;
    }
    FxDeleteGlobals(Globals);
    return STATUS_SUCCESS;
}

/* ---- the module ---- */

static WDFLDR_LIBRARY_INFO FxLibrary = {
    .Size = sizeof(FxLibrary),
    .LibraryRegisterClient = FxRegisterClient,
    .LibraryUnregisterClient = FxUnregisterClient,
    .Version = { 1, FX_LIBRARY_MINOR, 0 },
};

/* Called when no client is bound: there is nothing left to undo but caches of what clients kept. */
static VOID NTAPI FxLibraryUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    FxRequestSweepOrphans();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\KMDF0");

    DriverObject->DriverUnload = FxLibraryUnload;
    KeInitializeSpinLock(&FxClientsLock);
    return WdfRegisterLibrary(&FxLibrary, RegistryPath, &DeviceName);
}
