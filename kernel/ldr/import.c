/*
 * Imports and exports of system images: by name and ordinal, forwarded, of data, of export drivers,
 * which are loaded from \SystemRoot\System32\drivers for it [doc: Creating Export Drivers]. Each
 * module imported from is held by one reference. Bound imports are bound anew. Circles of imports
 * are never unloaded, as on NT.
 */
#include "ldrp.h"

LDR_BIND_HOOK LdrBindHook;

#define LDRP_FORWARD_LIMIT 8
#define LDRP_MODULE_NAME_LIMIT 128

typedef NTSTATUS(NTAPI *LDRP_DLL_INITIALIZE)(PUNICODE_STRING RegistryPath);
typedef NTSTATUS(NTAPI *LDRP_DLL_UNLOAD)(VOID);

/* ---- exports ---- */

static PVOID LdrpFindExport(PLDR_MODULE Module, const char *Name, ULONG Ordinal, ULONG Depth);

/* ASCII to a counted string in Buffer, with Suffix when the name has no extension. FALSE: too long.
 */
static BOOLEAN LdrpModuleName(const char *Name, ULONG Length, const char *Suffix, PWCH Buffer,
                              PUNICODE_STRING Result)
{
    BOOLEAN HasDot = FALSE;
    ULONG i, Used = 0;

    for (i = 0; i < Length && Used < LDRP_MODULE_NAME_LIMIT - 5; i++) {
        HasDot |= Name[i] == '.';
        Buffer[Used++] = (UCHAR)Name[i];
    }
    if (i < Length)
        return FALSE;
    for (i = 0; !HasDot && Suffix[i] != 0; i++)
        Buffer[Used++] = (UCHAR)Suffix[i];
    Buffer[Used] = 0;
    RtlInitUnicodeString(Result, Buffer);
    return TRUE;
}

/* "ntoskrnl.KeFoo": the module may be called .exe, .sys or .dll, and must be loaded. */
static PVOID LdrpFollowForwarder(const char *Forwarder, ULONG Depth)
{
    static const char *const Suffixes[] = { ".exe", ".sys", ".dll" };
    WCHAR Buffer[LDRP_MODULE_NAME_LIMIT];
    UNICODE_STRING ModuleName;
    const char *Dot = strrchr(Forwarder, '.');
    PLDR_MODULE Module;
    ULONG i, Ordinal = 0;

    if (Dot == NULL || Depth >= LDRP_FORWARD_LIMIT)
        return NULL;
    for (i = 0; i < ARRAYSIZE(Suffixes); i++) {
        if (!LdrpModuleName(Forwarder, (ULONG)(Dot - Forwarder), Suffixes[i], Buffer, &ModuleName))
            return NULL;
        Module = LdrFindModuleByName(&ModuleName);
        if (Module == NULL)
            continue;
        if (Dot[1] != '#')
            return LdrpFindExport(Module, Dot + 1, 0, Depth + 1);
        for (Dot += 2; *Dot >= '0' && *Dot <= '9' && Ordinal < 0x10000; Dot++)
            Ordinal = Ordinal * 10 + (ULONG)(*Dot - '0');
        return LdrpFindExport(Module, NULL, Ordinal, Depth + 1);
    }
    return NULL;
}

static PVOID LdrpFindExport(PLDR_MODULE Module, const char *Name, ULONG Ordinal, ULONG Depth)
{
    PE_IMAGE Image;
    PE_EXPORT Export = { 0 };
    PE_STATUS Status;

    if ((Name == NULL && Ordinal > 0xFFFF) ||
        PeOpenMapped(&Image, Module->DllBase, Module->SizeOfImage) != PE_OK)
        return NULL;
    Status = Name != NULL ? PeFindExport(&Image, Name, &Export)
                          : PeFindExportByOrdinal(&Image, Ordinal, &Export);
    if (Status != PE_OK)
        return NULL;
    if (Export.Forwarder != NULL)
        return LdrpFollowForwarder(Export.Forwarder, Depth);
    return (PUCHAR)Module->DllBase + Export.Rva;
}

PVOID LdrFindExport(PLDR_MODULE Module, const char *Name)
{
    return LdrpFindExport(Module, Name, 0, 0);
}

PVOID LdrFindExportByOrdinal(PLDR_MODULE Module, ULONG Ordinal)
{
    return LdrpFindExport(Module, NULL, Ordinal, 0);
}

/* ---- export drivers ---- */

static NTSTATUS LdrpInitializeDll(PLDR_MODULE Module)
{
    static const WCHAR Services[] = L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\";
    LDRP_DLL_INITIALIZE Initialize = (LDRP_DLL_INITIALIZE)LdrFindExport(Module, "DllInitialize");
    WCHAR Buffer[ARRAYSIZE(Services) + LDRP_MODULE_NAME_LIMIT];
    UNICODE_STRING Path = { 0, sizeof(Buffer), Buffer }, Name = Module->BaseDllName;
    USHORT i;

    if (Initialize == NULL)
        return STATUS_SUCCESS;
    for (i = 0; i < Name.Length / sizeof(WCHAR); i++)
        if (Name.Buffer[i] == L'.')
            Name.Length = i * sizeof(WCHAR); /* the service is named without the extension */
    RtlAppendUnicodeToString(&Path, Services);
    RtlAppendUnicodeStringToString(&Path, &Name);
    return Initialize(&Path);
}

/* The last user of an export driver is gone: it stays when it has no DllUnload, or DllUnload fails.
 */
static VOID LdrpUnloadDll(PLDR_MODULE Module)
{
    LDRP_DLL_UNLOAD Unload = (LDRP_DLL_UNLOAD)LdrFindExport(Module, "DllUnload");

    if (Unload != NULL && NT_SUCCESS(Unload()))
        LdrUnloadSystemImage(Module);
}

static NTSTATUS LdrpLoadFrom(const WCHAR *Folder, PCUNICODE_STRING Name, PLDR_MODULE *Module)
{
    WCHAR Buffer[32 + LDRP_MODULE_NAME_LIMIT];
    UNICODE_STRING Path = { 0, sizeof(Buffer), Buffer };

    RtlAppendUnicodeToString(&Path, Folder);
    RtlAppendUnicodeStringToString(&Path, Name);
    return LdrLoadSystemImage(&Path, Module);
}

NTSTATUS LdrpLoadDependency(PLDR_MODULE Importer, const char *Name, PLDR_MODULE *Module)
{
    WCHAR Buffer[LDRP_MODULE_NAME_LIMIT];
    UNICODE_STRING ModuleName;
    NTSTATUS Status;

    if (!LdrpModuleName(Name, (ULONG)strlen(Name), "", Buffer, &ModuleName))
        return STATUS_OBJECT_NAME_INVALID;
    *Module = LdrFindModuleByName(&ModuleName);
    if (*Module != NULL) {
        LdrReferenceModule(*Module);
        return STATUS_SUCCESS;
    }
    Status = LdrpLoadFrom(L"\\SystemRoot\\System32\\drivers\\", &ModuleName, Module);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND)
        Status = LdrpLoadFrom(L"\\SystemRoot\\System32\\", &ModuleName, Module);
    if (!NT_SUCCESS(Status)) {
        LdrpLog("%wZ: imports from %s, which cannot be loaded (0x%08X)", &Importer->BaseDllName,
                Name, Status);
        return Status == STATUS_OBJECT_PATH_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
    }
    (*Module)->Flags |= LDR_MODULE_EXPORT_DLL;
    Status = LdrpInitializeDll(*Module);
    if (!NT_SUCCESS(Status)) {
        LdrpLog("%s: DllInitialize failed with 0x%08X", Name, Status);
        LdrUnloadSystemImage(*Module);
    }
    return Status;
}

/* ---- binding ---- */

static NTSTATUS LdrpBindOne(PLDR_MODULE Importer, PLDR_MODULE Exporter, const char *ModuleName,
                            const PE_IMPORT *Import)
{
    PVOID Target = Import->Name != NULL ? LdrFindExport(Exporter, Import->Name)
                                        : LdrFindExportByOrdinal(Exporter, Import->Ordinal);

    if (Target == NULL && Import->Name != NULL) {
        LdrpLog("%wZ: missing import %s!%s", &Importer->BaseDllName, ModuleName, Import->Name);
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }
    if (Target == NULL) {
        LdrpLog("%wZ: missing import %s!#%u", &Importer->BaseDllName, ModuleName, Import->Ordinal);
        return STATUS_DRIVER_ORDINAL_NOT_FOUND;
    }
    if (LdrBindHook != NULL)
        Target = LdrBindHook(Importer, Exporter, Import->Name, Import->Ordinal, Target);
    *(PVOID *)((PUCHAR)Importer->DllBase + Import->SlotRva) = Target;
    return STATUS_SUCCESS;
}

/* All imports from one module are tried, so that each missing one is named. */
static NTSTATUS LdrpBindModule(PLDR_MODULE Importer, PLDR_MODULE Exporter, PE_IMAGE *Image,
                               const PE_IMPORT_MODULE *Module)
{
    NTSTATUS Status, Result = STATUS_SUCCESS;
    PE_IMPORT Import = { 0 };
    PE_STATUS Next;

    while ((Next = PeNextImport(Image, Module, &Import)) == PE_OK) {
        Status = LdrpBindOne(Importer, Exporter, Module->Name, &Import);
        if (NT_SUCCESS(Result))
            Result = Status;
    }
    return Next == PE_END ? Result : STATUS_INVALID_IMAGE_FORMAT;
}

static BOOLEAN LdrpAllocateImports(PLDR_MODULE Module, PE_IMAGE *Image)
{
    PE_IMPORT_MODULE Next = { 0 };
    SIZE_T Bytes;

    while (PeNextImportModule(Image, &Next) == PE_OK)
        ;
    if (Next.Index == 0)
        return TRUE;
    Bytes = Next.Index * sizeof(*Module->Imports);
    Module->Imports = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, LDRP_TAG);
    return Module->Imports != NULL;
}

NTSTATUS LdrpBindImports(PLDR_MODULE Module, const PE_IMAGE *Mapped)
{
    PE_IMAGE Image = *Mapped;
    PE_IMPORT_MODULE From = { 0 };
    NTSTATUS Status, Result = STATUS_SUCCESS;
    PLDR_MODULE Exporter;

    if (!LdrpAllocateImports(Module, &Image))
        return STATUS_INSUFFICIENT_RESOURCES;
    while (PeNextImportModule(&Image, &From) == PE_OK) {
        Status = LdrpLoadDependency(Module, From.Name, &Exporter);
        if (NT_SUCCESS(Status)) {
            Module->Imports[Module->ImportCount++] = Exporter;
            Status = LdrpBindModule(Module, Exporter, &Image, &From);
        }
        if (NT_SUCCESS(Result))
            Result = Status;
    }
    return Result;
}

VOID LdrpReleaseImports(PLDR_MODULE Module)
{
    PLDR_MODULE Exporter;

    while (Module->ImportCount != 0) {
        Exporter = Module->Imports[--Module->ImportCount];
        if (Exporter->LoadCount == 1 && (Exporter->Flags & LDR_MODULE_EXPORT_DLL))
            LdrpUnloadDll(Exporter);
        else
            LdrUnloadSystemImage(Exporter);
    }
    if (Module->Imports != NULL)
        ExFreePoolWithTag(Module->Imports, LDRP_TAG);
    Module->Imports = NULL;
}
