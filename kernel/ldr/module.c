/*
 * The lists of loaded and unloaded modules. Lookups run at any IRQL and are safe because nothing
 * gives way to another context while the list changes. The boot modules (the kernel itself,
 * hal.dll) are described in static memory, so that exceptions work before there is a pool.
 */
#include "ldrp.h"
#include "../ps/ps.h"

NT_EXPORT_DATA(PsLoadedModuleList);
LIST_ENTRY PsLoadedModuleList = { &PsLoadedModuleList, &PsLoadedModuleList };

NT_EXPORT_DATA(PsLoadedModuleResource);
ERESOURCE PsLoadedModuleResource; /* held while the list changes; drivers take it while they walk
                                     the list */

static struct {
    LDR_MODULE Module;
    WCHAR Path[80];
} LdrpBoot[HAL_MAX_BOOT_MODULES];                            /* set once by LdrInitSystem */
static LDR_UNLOADED_MODULE LdrpUnloaded[LDR_UNLOADED_LIMIT]; /* a ring */
static ULONG LdrpUnloadedNext;

/* ---- lookups ---- */

static PLDR_MODULE LdrpFindInList(PLIST_ENTRY Head, PVOID Address)
{
    PLIST_ENTRY Entry;
    PLDR_MODULE Module;

    for (Entry = Head->Flink; Entry != Head; Entry = Entry->Flink) {
        Module = CONTAINING_RECORD(Entry, LDR_MODULE, InLoadOrderLinks);
        if ((ULONG64)Address - (ULONG64)Module->DllBase < Module->SizeOfImage)
            return Module;
    }
    return NULL;
}

PLDR_MODULE LdrFindModule(PVOID Address)
{
    PEPROCESS Process;

    if (!MmIsUserAddress(Address))
        return LdrpFindInList(&PsLoadedModuleList, Address);
    if (PsInitialSystemProcess == NULL || KiGetPrcb()->CurrentThread == NULL)
        return NULL;
    Process = PsCurrentProcess();
    if (Process == NULL || Process->LoadedModules.Flink == NULL)
        return NULL;
    return LdrpFindInList(&Process->LoadedModules, Address);
}

PLDR_MODULE LdrFindModuleByName(PCUNICODE_STRING BaseName)
{
    PLIST_ENTRY Entry;
    PLDR_MODULE Module;

    for (Entry = PsLoadedModuleList.Flink; Entry != &PsLoadedModuleList; Entry = Entry->Flink) {
        Module = CONTAINING_RECORD(Entry, LDR_MODULE, InLoadOrderLinks);
        if (RtlEqualUnicodeString(&Module->BaseDllName, BaseName, TRUE))
            return Module;
    }
    return NULL;
}

const LDR_UNLOADED_MODULE *LdrUnloadedModule(ULONG Index)
{
    const LDR_UNLOADED_MODULE *Unloaded =
        &LdrpUnloaded[(LdrpUnloadedNext + LDR_UNLOADED_LIMIT - 1 - Index) % LDR_UNLOADED_LIMIT];

    return Index < LDR_UNLOADED_LIMIT && Unloaded->SizeOfImage != 0 ? Unloaded : NULL;
}

const LDR_UNLOADED_MODULE *LdrFindUnloadedModule(PVOID Address)
{
    const LDR_UNLOADED_MODULE *Unloaded;
    ULONG i;

    for (i = 0; (Unloaded = LdrUnloadedModule(i)) != NULL; i++)
        if ((ULONG64)Address - (ULONG64)Unloaded->Base < Unloaded->SizeOfImage)
            break;
    return Unloaded;
}

/* ---- entries ---- */

UNICODE_STRING LdrpBaseName(PCUNICODE_STRING Path)
{
    UNICODE_STRING Base = *Path;
    ULONG i;

    for (i = Path->Length / sizeof(WCHAR); i > 0 && Path->Buffer[i - 1] != L'\\'; i--)
        ;
    Base.Buffer = Path->Buffer + i;
    Base.Length = (USHORT)(Path->Length - i * sizeof(WCHAR));
    Base.MaximumLength = Base.Length;
    return Base;
}

PLDR_MODULE LdrpCreateModule(PCUNICODE_STRING Path)
{
    SIZE_T NameBytes = Path->Length + sizeof(WCHAR);
    PLDR_MODULE Module =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Module) + NameBytes, LDRP_TAG);

    if (Module == NULL)
        return NULL;
    RtlZeroMemory(Module, sizeof(*Module) + NameBytes);
    Module->FullDllName.Buffer = (PWCH)(Module + 1);
    Module->FullDllName.Length = Path->Length;
    Module->FullDllName.MaximumLength = (USHORT)NameBytes;
    RtlCopyMemory(Module->FullDllName.Buffer, Path->Buffer, Path->Length);
    Module->BaseDllName = LdrpBaseName(&Module->FullDllName);
    InitializeListHead(&Module->InLoadOrderLinks);
    Module->LoadCount = 1;
    return Module;
}

VOID LdrpDeleteModule(PLDR_MODULE Module)
{
    ExFreePoolWithTag(Module, LDRP_TAG);
}

VOID LdrpDescribeImage(PLDR_MODULE Module, PVOID Base, const PE_IMAGE *Image)
{
    PE_DIRECTORY Exports = Image->Directory[PE_DIRECTORY_EXPORT];
    PE_DIRECTORY Functions = Image->Directory[PE_DIRECTORY_EXCEPTION];

    Module->DllBase = Base;
    Module->SizeOfImage = Image->SizeOfImage;
    Module->EntryPoint = Image->EntryPoint != 0 ? (PUCHAR)Base + Image->EntryPoint : NULL;
    Module->ExportDirectory = Exports.Size != 0 ? (PUCHAR)Base + Exports.Rva : NULL;
    Module->ExportDirectorySize = Exports.Size;
    Module->ExceptionTable = Functions.Size != 0 ? (PUCHAR)Base + Functions.Rva : NULL;
    Module->ExceptionTableSize = Functions.Size;
    Module->CheckSum = Image->CheckSum;
    Module->TimeDateStamp = Image->TimeDateStamp;
}

static VOID LdrpLockList(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&PsLoadedModuleResource, TRUE);
}

static VOID LdrpUnlockList(VOID)
{
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
}

VOID LdrpInsertModule(PLDR_MODULE Module)
{
    LdrpLockList();
    InsertTailList(&PsLoadedModuleList, &Module->InLoadOrderLinks);
    LdrpUnlockList();
}

VOID LdrpRemoveModule(PLDR_MODULE Module)
{
    LDR_UNLOADED_MODULE *Unloaded = &LdrpUnloaded[LdrpUnloadedNext];

    LdrpLockList();
    RemoveEntryList(&Module->InLoadOrderLinks);
    LdrpUnlockList();
    LdrpUnloadedNext = (LdrpUnloadedNext + 1) % LDR_UNLOADED_LIMIT;
    RtlZeroMemory(Unloaded, sizeof(*Unloaded));
    Unloaded->Base = Module->DllBase;
    Unloaded->SizeOfImage = Module->SizeOfImage;
    Unloaded->UnloadTime = KeVirtualTime();
    RtlCopyMemory(Unloaded->Name, Module->BaseDllName.Buffer,
                  min(Module->BaseDllName.Length, sizeof(Unloaded->Name) - sizeof(WCHAR)));
}

/* ---- programs ---- */

/* The headers of an image in user memory. */
static NTSTATUS LdrpReadUserImage(PLDR_MODULE Module, PVOID Base, SIZE_T Bytes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PE_IMAGE Image;

    __try {
        if (PeOpenMapped(&Image, Base, Bytes) == PE_OK)
            LdrpDescribeImage(Module, Base, &Image);
        else
            Status = STATUS_INVALID_IMAGE_FORMAT;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NTSTATUS LdrNoteUserImage(PLIST_ENTRY Modules, PCUNICODE_STRING Path, PVOID Base, SIZE_T Bytes)
{
    PLDR_MODULE Module = LdrpCreateModule(Path);
    NTSTATUS Status;

    if (Module == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = LdrpReadUserImage(Module, Base, Bytes);
    if (NT_SUCCESS(Status))
        InsertHeadList(Modules, &Module->InLoadOrderLinks); /* hides one that was there before */
    else
        LdrpDeleteModule(Module);
    return Status;
}

BOOLEAN LdrForgetUserImage(PLIST_ENTRY Modules, PVOID Base)
{
    for (PLIST_ENTRY Link = Modules->Flink; Link != Modules; Link = Link->Flink) {
        PLDR_MODULE Module = CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks);

        if (Module->DllBase != Base)
            continue;
        RemoveEntryList(Link);
        LdrpDeleteModule(Module);
        return TRUE;
    }
    return FALSE;
}

VOID LdrForgetUserImages(PLIST_ENTRY Modules)
{
    while (!IsListEmpty(Modules))
        LdrpDeleteModule(CONTAINING_RECORD(RemoveHeadList(Modules), LDR_MODULE, InLoadOrderLinks));
}

/* ---- boot ---- */

static VOID LdrpNameBootModule(PLDR_MODULE Module, PWCH Path, ULONG Limit, const char *Name)
{
    static const WCHAR Prefix[] = L"\\SystemRoot\\system32\\";
    ULONG i, Length = ARRAYSIZE(Prefix) - 1;

    RtlCopyMemory(Path, Prefix, sizeof(Prefix));
    for (i = 0; Name[i] != 0 && Length + 1 < Limit; i++)
        Path[Length++] = (UCHAR)Name[i];
    Path[Length] = 0;
    Module->FullDllName = (UNICODE_STRING){ (USHORT)(Length * sizeof(WCHAR)),
                                            (USHORT)((Length + 1) * sizeof(WCHAR)), Path };
    Module->BaseDllName = LdrpBaseName(&Module->FullDllName);
}

NTSTATUS LdrInitSystem(VOID)
{
    const HAL_BOOT_MODULE *Boot = KiLoaderBlock->modules;
    PE_IMAGE Image;
    ULONG i;

    for (i = 0; i < KiLoaderBlock->module_count; i++) {
        if (!NT_SUCCESS(
                (NTSTATUS)PeOpenMapped(&Image, (const void *)Boot[i].base, Boot[i].size_bytes)))
            return STATUS_INVALID_IMAGE_FORMAT;
        LdrpNameBootModule(&LdrpBoot[i].Module, LdrpBoot[i].Path, ARRAYSIZE(LdrpBoot[i].Path),
                           Boot[i].name);
        LdrpDescribeImage(&LdrpBoot[i].Module, (PVOID)Boot[i].base, &Image);
        LdrpBoot[i].Module.LoadCount = 1;
        LdrpBoot[i].Module.Flags = LDR_MODULE_BOOT;
        InsertTailList(&PsLoadedModuleList, &LdrpBoot[i].Module.InLoadOrderLinks);
    }
    LdrpInitLoadLock();
    return ExInitializeResourceLite(&PsLoadedModuleResource);
}
