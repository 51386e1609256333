/* The routines of kernel APCs: exported by every NT, declared by no DDK. */
#pragma once
#include <ntifs.h>

typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment } KAPC_ENVIRONMENT;
NTKERNELAPI VOID NTAPI KeInitializeApc(PKAPC, PRKTHREAD, KAPC_ENVIRONMENT, PKKERNEL_ROUTINE,
                                       PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(PKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(PKAPC);
