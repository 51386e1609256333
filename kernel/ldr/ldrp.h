/* ldr: what its own files share. */
#pragma once

#include "ldr.h"
#include "pe.h"

#define LDRP_TAG 'mLdD'

/* Writes "ldr: ...\n" on HAL_STREAM_LOG. Format as DbgPrint. */
VOID LdrpLog(const char *Format, ...);
/* Fills what a mapped image's headers say. The image has been validated. */
VOID LdrpDescribeImage(PLDR_MODULE Module, PVOID Base, const PE_IMAGE *Image);
/* Path's last component. */
UNICODE_STRING LdrpBaseName(PCUNICODE_STRING Path);
/* A module with its names allocated, in no list. NULL without memory. */
PLDR_MODULE LdrpCreateModule(PCUNICODE_STRING Path);
VOID LdrpDeleteModule(PLDR_MODULE Module);
VOID LdrpInitLoadLock(VOID);
VOID LdrpInsertModule(PLDR_MODULE Module);
VOID LdrpRemoveModule(PLDR_MODULE Module); /* and notes it as unloaded */
/* Room for what LdrPatchIrqlRead makes of the image; without memory none. */
VOID LdrpPrepareIrqlStubs(PLDR_MODULE Module, const PE_IMAGE *Image);
VOID LdrpFreeIrqlStubs(PLDR_MODULE Module);
/* Binds every import of Module. */
NTSTATUS LdrpBindImports(PLDR_MODULE Module, const PE_IMAGE *Image);
VOID LdrpReleaseImports(PLDR_MODULE Module);
/* Copies headers and sections of File to Base, relocates them for TargetBase, seeds the cookie. */
NTSTATUS LdrpLayOutImage(const PE_IMAGE *File, PVOID Base, ULONG64 TargetBase);
/* LdrLoadSystemImage for an import: *Module holds a reference; DllInitialize has run. */
NTSTATUS LdrpLoadDependency(PLDR_MODULE Importer, const char *Name, PLDR_MODULE *Module);
/* MM_PROT_* of a section. */
ULONG64 LdrpSectionProtection(ULONG Characteristics);
