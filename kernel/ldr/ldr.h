/*
 * ldr: PE32+ images in the system range (drivers) and in a process (programs): validation, mapping,
 * relocation, imports, exports, unwind tables. What other components may call.
 */
#pragma once

#include "../ke/ke.h"
#include "../mm/mm.h"
#include "pe.h"

typedef struct _LDR_MODULE { /* starts like NT's KLDR_DATA_TABLE_ENTRY: DRIVER_OBJECT.DriverSection
                                points here */
    LIST_ENTRY InLoadOrderLinks; /* 0x00: PsLoadedModuleList, or a process's LoadedModules */
    PVOID ExceptionTable;        /* 0x10 */
    ULONG ExceptionTableSize;    /* 0x18: bytes */
    PVOID GpValue;               /* 0x20 */
    PVOID NonPagedDebugInfo;     /* 0x28 */
    PVOID DllBase;               /* 0x30 */
    PVOID EntryPoint;            /* 0x38: NULL when the image has none */
    ULONG SizeOfImage;           /* 0x40 */
    UNICODE_STRING FullDllName;  /* 0x48: "\SystemRoot\System32\drivers\first.sys" */
    UNICODE_STRING BaseDllName;  /* 0x58: "first.sys" */
    ULONG Flags;                 /* 0x68: LDR_MODULE_* */
    USHORT LoadCount;            /* 0x6c: loads and importers that hold the image */
    USHORT SignatureLevel;       /* HAL_SIGN_* */
    PVOID SectionPointer; /* 0x70 */
    ULONG CheckSum;       /* 0x78: of the header */
    ULONG Spare7C;
    /* ours */
    PVOID ExportDirectory;
    ULONG ExportDirectorySize;
    ULONG ImportCount; /* modules this one imports from, each holding one LoadCount */
    struct _LDR_MODULE **Imports;
    ULONG TimeDateStamp;
    USHORT SectionLocks[PE_SECTION_LIMIT]; /* MmLockPagableDataSection, by section */
    PVOID Stubs; /* irql.c: StubPages pages, StubCount used; NULL: none */
    ULONG StubPages, StubCount;
} LDR_MODULE, *PLDR_MODULE;
DD_STATIC_ASSERT_OFFSET(LDR_MODULE, DllBase, 0x30);
DD_STATIC_ASSERT_OFFSET(LDR_MODULE, FullDllName, 0x48);
DD_STATIC_ASSERT_OFFSET(LDR_MODULE, Flags, 0x68);

#define LDR_MODULE_BOOT 1u       /* mapped by the host, never unloaded */
#define LDR_MODULE_DISCARDED 2u  /* discardable sections are gone */
#define LDR_MODULE_EXPORT_DLL 4u /* loaded as an import; DllInitialize has run */

/* Enters the boot modules in the list. Needs nothing but KiLoaderBlock: call it first, so that
 * exceptions work. */
NTSTATUS LdrInitSystem(VOID);
extern LIST_ENTRY PsLoadedModuleList;
extern ERESOURCE PsLoadedModuleResource;

/*
 * Loads a system image from an NT path and resolves its imports. Export drivers that it imports
 * from are loaded, and their DllInitialize called; nothing of the image itself runs. PASSIVE_LEVEL.
 * When the path is loaded already: STATUS_IMAGE_ALREADY_LOADED and the module, with one more
 * reference, as on success. STATUS_INVALID_IMAGE_FORMAT and its kin,
 * STATUS_IMAGE_CHECKSUM_MISMATCH, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND,
 * STATUS_DRIVER_ORDINAL_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND (the file, or one it imports from),
 * ...; what is wrong or missing is named on HAL_STREAM_LOG.
 */
NTSTATUS LdrLoadSystemImage(PCUNICODE_STRING Path, PLDR_MODULE *Module);
VOID LdrReferenceModule(PLDR_MODULE Module);
VOID LdrUnloadSystemImage(
    PLDR_MODULE Module);                  /* drops one reference; the last unmaps. PASSIVE_LEVEL */
VOID LdrDiscardInit(PLDR_MODULE Module);  /* after DriverEntry: frees discardable sections */
/*
 * Instruction (Bytes long, in a driver) read cr8 to general register Register and trapped: from now
 * on it reads the IRQL without a trap, if it can be made to. Any IRQL.
 */
VOID LdrPatchIrqlRead(PVOID Instruction, ULONG Bytes, UCHAR Register);
PLDR_MODULE LdrFindModule(PVOID Address); /* image that holds Address, or NULL. Any IRQL. */
PLDR_MODULE LdrFindModuleByName(
    PCUNICODE_STRING BaseName); /* "hal.dll"; case is ignored. Any IRQL. */
/* Export by name; NULL if absent. Forwarders followed. Any IRQL. */
PVOID LdrFindExport(PLDR_MODULE Module, const char *Name);
PVOID LdrFindExportByOrdinal(PLDR_MODULE Module, ULONG Ordinal);

/* What an import is bound to. Name is NULL for an import by ordinal. NULL here binds straight to
 * Target. */
typedef PVOID (*LDR_BIND_HOOK)(PLDR_MODULE Importer, PLDR_MODULE Exporter, const char *Name,
                               ULONG Ordinal, PVOID Target);
extern LDR_BIND_HOOK LdrBindHook; /* set once, by the gate, before the first driver loads */

#define LDR_UNLOADED_LIMIT 50 /* as NT keeps */
typedef struct _LDR_UNLOADED_MODULE {
    PVOID Base;
    ULONG SizeOfImage;
    WCHAR Name[32]; /* "first.sys", zero-padded, cut if it is longer */
    ULONG64 UnloadTime; /* virtual */
} LDR_UNLOADED_MODULE;
/* The most recently unloaded module that held Address, or NULL. Any IRQL. */
const LDR_UNLOADED_MODULE *LdrFindUnloadedModule(PVOID Address);
/* The Index-th most recently unloaded module (0 for the latest), or NULL. Any IRQL. */
const LDR_UNLOADED_MODULE *LdrUnloadedModule(ULONG Index);

/* Copies headers and sections of a checked file to user memory of the current process at Base and
 * relocates them; raises when it cannot be written. */
NTSTATUS LdrLayOutUserImage(const PE_IMAGE *File, PVOID Base);

/* ---- files ---- */
/*
 * NT path to a broker path (UTF-8, '/' separated, relative to the volume): "\SystemRoot\x", and
 * "\??\C:\x", "\DosDevices\C:\x" and "\GLOBAL??\C:\x" (any case) of any drive there is.
 * STATUS_OBJECT_PATH_NOT_FOUND for anything else, STATUS_OBJECT_NAME_INVALID for an empty component
 * and for "..". *Length excludes the NUL; *Drive is HAL_FILE_REQUEST.drive. Any IRQL.
 */
NTSTATUS LdrTranslatePath(PCUNICODE_STRING Path, char *HostPath, ULONG Bytes, PULONG Length,
                          PULONG Drive);
/* The whole file, in pages of the system PTE range; LdrFreeFile gives them back. PASSIVE_LEVEL. */
typedef struct _LDR_FILE {
    PUCHAR Bytes;
    ULONG64 Length;
    SIZE_T Pages;
} LDR_FILE;
NTSTATUS LdrReadFile(PCUNICODE_STRING Path, LDR_FILE *File);
VOID LdrFreeFile(LDR_FILE *File);

/* ---- user mode: ps maps the images; pe.h is for it too ---- */
/*
 * Notes that an image lies at [Base, Base + Bytes) of the current process, in Modules
 * (EPROCESS.LoadedModules), so that addresses in it have a name and stacks can be walked.
 * PASSIVE_LEVEL. STATUS_INVALID_IMAGE_FORMAT.
 */
NTSTATUS LdrNoteUserImage(PLIST_ENTRY Modules, PCUNICODE_STRING Path, PVOID Base, SIZE_T Bytes);
/* The image at Base is unmapped; FALSE: there was none. */
BOOLEAN LdrForgetUserImage(PLIST_ENTRY Modules, PVOID Base);
VOID LdrForgetUserImages(PLIST_ENTRY Modules); /* at process deletion */

/* ---- unwinding (documented Rtl routines are in rtl/seh.h) ---- */
typedef struct _LDR_FRAME {
    ULONG64 Rip, Rsp;
} LDR_FRAME;
/* Walks from Context; never faults; returns the number of frames. Any IRQL. */
ULONG RtlpWalkStack(PCONTEXT Context, LDR_FRAME *Frames, ULONG Limit);
