/*
 * se: SIDs, ACLs, descriptors, tokens, access checks, SDDL. What other components may call beyond the documented
 * Se and Rtl security routines.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS SeInitSystem(VOID);
extern PVOID SepSystemToken;                     /* LocalSystem, TOKEN object */
/* A primary token for an administrator's test program (elevated), or for a plain user. One reference. */
NTSTATUS SeCreateProgramToken(BOOLEAN Administrator, PVOID *Token);
/* A copy of a primary token for another process. One reference. */
NTSTATUS SeCopyPrimaryToken(PVOID Token, PVOID *Copy);
/* SDDL text to a self-relative descriptor in paged pool (tag 'dSeS'); caller frees. STATUS_INVALID_PARAMETER etc. */
NTSTATUS SeConvertSddl(PCUNICODE_STRING Sddl, PSECURITY_DESCRIPTOR *Descriptor, PULONG Bytes);
/* Documented semantics of ACCESS_STATE for ObOpenObjectByName. */
/* What an ACCESS_STATE's AuxData points to; callers give at least this much room (NT's AUX_ACCESS_DATA is larger). */
typedef struct _SE_AUX_DATA {
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
} SE_AUX_DATA;
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE State, PVOID AuxData, ACCESS_MASK Access, PGENERIC_MAPPING Mapping);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE State);
VOID SeInitializeThreadAndProcessSecurity(PVOID Token, PVOID *ProcessToken); /* references Token */

/* ---- documented routines that the DDK headers lack ---- */
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, POOL_TYPE PoolType,
                                           BOOLEAN CaptureIfKernel, PSECURITY_DESCRIPTOR *Captured);
NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                           BOOLEAN CaptureIfKernel);
