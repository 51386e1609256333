/* fsrtl: what file system drivers build on beside rtl's names, locks and maps. What others may call. */
#pragma once

#include "../ke/ke.h"

/* ---- for io ---- */
/* The list stays its owner's when the create with it ends. STATUS_INVALID_PARAMETER: it is none. */
NTSTATUS FsRtlLendEcpList(PECP_LIST EcpList);
/* A create's request is about to be freed: the list that a filter has given it goes too. */
VOID FsRtlEndCreate(PIRP Irp);
