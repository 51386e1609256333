/* What the tests of security share: routines that the DDK headers do not declare. */
#pragma once

#include "objects.h"

#ifndef SECURITY_MAX_SID_SIZE
#define SECURITY_MAX_SID_SIZE 68
#endif
NTSYSAPI BOOLEAN NTAPI RtlValidAcl(PACL Acl);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTKERNELAPI NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, POOL_TYPE Pool,
                                                       BOOLEAN CaptureIfKernel, PSECURITY_DESCRIPTOR *Captured);
NTKERNELAPI NTSTATUS NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR Captured, KPROCESSOR_MODE Mode,
                                                       BOOLEAN CaptureIfKernel);
NTKERNELAPI NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE State, PVOID Aux, ACCESS_MASK Access,
                                               PGENERIC_MAPPING Mapping);
NTKERNELAPI VOID NTAPI SeDeleteAccessState(PACCESS_STATE State);
NTKERNELAPI SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token);

typedef union _ROOM { /* room for any SID */
    SID Sid;
    UCHAR Bytes[SECURITY_MAX_SID_SIZE];
} ROOM;
