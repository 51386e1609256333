/*
 * ldr: PE32+ images in the system range (drivers) and in a process (programs): validation, mapping, relocation,
 * imports, exports, unwind tables. What other components may call.
 */
#pragma once

#include "../ke/ke.h"

typedef struct _LDR_MODULE { /* starts like NT's KLDR_DATA_TABLE_ENTRY: DRIVER_OBJECT.DriverSection points here */
    LIST_ENTRY InLoadOrderLinks;      /* 0x00: PsLoadedModuleList */
    PVOID ExceptionTable;             /* 0x10 */
    ULONG ExceptionTableSize;         /* 0x18: bytes */
    PVOID GpValue;                    /* 0x20 */
    PVOID NonPagedDebugInfo;          /* 0x28 */
    PVOID DllBase;                    /* 0x30 */
    PVOID EntryPoint;                 /* 0x38 */
    ULONG SizeOfImage;                /* 0x40 */
    UNICODE_STRING FullDllName;       /* 0x48: "\SystemRoot\System32\drivers\first.sys" */
    UNICODE_STRING BaseDllName;       /* 0x58: "first.sys" */
    ULONG Flags;                      /* 0x68 */
    USHORT LoadCount;                 /* 0x6c */
    /* ours */
    ULONG CheckSum;
    PVOID ExportDirectory;
    ULONG ExportDirectorySize;
    ULONG ImportCount;                /* modules this one imports from, each holding one LoadCount */
    struct _LDR_MODULE **Imports;
    PVOID *PageList;
} LDR_MODULE, *PLDR_MODULE;

NTSTATUS LdrInitSystem(VOID); /* enters the boot modules in the list */
extern LIST_ENTRY PsLoadedModuleList;

/*
 * Loads a system image from an NT path, resolves its imports (loading export drivers), runs nothing. A second load
 * of the same path gives STATUS_IMAGE_ALREADY_LOADED and the module. PASSIVE_LEVEL.
 * STATUS_INVALID_IMAGE_FORMAT, STATUS_INVALID_IMAGE_PROTECT, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, STATUS_DRIVER_ORDINAL_NOT_FOUND,
 * STATUS_OBJECT_NAME_NOT_FOUND, ...; the missing import is named on HAL_STREAM_LOG.
 */
NTSTATUS LdrLoadSystemImage(PCUNICODE_STRING Path, PLDR_MODULE *Module);
VOID LdrUnloadSystemImage(PLDR_MODULE Module);       /* drops one reference */
VOID LdrDiscardInit(PLDR_MODULE Module);             /* after DriverEntry: frees discardable sections */
PLDR_MODULE LdrFindModule(PVOID Address);            /* image that holds Address, or NULL. Any IRQL. */
/* Export by name; NULL if absent. Forwarders followed. Any IRQL. */
PVOID LdrFindExport(PLDR_MODULE Module, const char *Name);
PVOID LdrFindExportByOrdinal(PLDR_MODULE Module, ULONG Ordinal);

/* ---- unwinding (documented Rtl routines are in rtl/ headers of the DDK) ---- */
/* Registers a process's image so that RtlLookupFunctionEntry sees it; kernel images are registered by loading. */
typedef struct _LDR_FRAME { ULONG64 Rip, Rsp; } LDR_FRAME;
/* Walks from Context; never faults; returns the number of frames. Any IRQL. */
ULONG RtlpWalkStack(PCONTEXT Context, LDR_FRAME *Frames, ULONG Limit);
