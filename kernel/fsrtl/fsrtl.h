/* fsrtl: what file system drivers build on beside rtl's names, locks and maps. What others may
 * call. */
#pragma once

#include "../ke/ke.h"

/* ---- for io ---- */
/* The list stays its owner's when the create with it ends. STATUS_INVALID_PARAMETER: it is none. */
NTSTATUS FsRtlLendEcpList(PECP_LIST EcpList);
/* A create's request is about to be freed: the list that a filter has given it goes too. */
VOID FsRtlEndCreate(PIRP Irp);

/* ---- for io, mm and cc ---- */
/*
 * FS_FILTER_*: the drivers of the file's stack are told, from above.
 * STATUS_FSFILTER_OP_COMPLETED_SUCCESSFULLY: one has done it; an error: it may not be done.
 * Parameters: NULL for none. PASSIVE_LEVEL or APC_LEVEL.
 */
NTSTATUS FsRtlTellFilters(PFILE_OBJECT File, UCHAR Operation,
                          const FS_FILTER_PARAMETERS *Parameters);
VOID FsRtlForgetFilterCallbacks(PDRIVER_OBJECT Driver); /* the driver object goes */
