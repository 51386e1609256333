/* The machine's session manager: carries out the supervisor's commands, one after the other. */
#pragma once

#include "../nt.h"

VOID SessionRun(VOID); /* in a system thread at PASSIVE_LEVEL; returns when told to shut down */

/* ---- of the session's own files ---- */
extern HAL_COMMAND SessionCommand; /* the one that is carried out */
/* Field number Index of the command's text as a UNICODE_STRING in pool, to be freed; an absent
 * field is empty. */
NTSTATUS SessionField(ULONG Index, PUNICODE_STRING Field);
VOID SessionFreeField(PUNICODE_STRING Field);

/* ---- serve.c: commands of a machine that was booted ---- */
VOID SessionInitServing(VOID);
NTSTATUS SessionServe(VOID); /* STATUS_NOT_SUPPORTED: it is none of those */

/* ---- show.c ---- */
VOID SessionInitShow(VOID);
/* Begins what the command's text asks for; the records and the end go to Number. */
NTSTATUS SessionShow(HANDLE Number);
