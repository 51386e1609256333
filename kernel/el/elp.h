/* el, private: the logs' files. */
#pragma once

#include "el.h"

/* PASSIVE_LEVEL, one at a time (file.c has the lock). */
VOID ElpInitFiles(VOID);
/* Appends Record, giving it its number; what is oldest goes where there is no room. */
NTSTATUS ElpAppend(ULONG Log, EL_RECORD *Record);
/* The records, into Buffer of Size bytes. STATUS_BUFFER_TOO_SMALL. */
NTSTATUS ElpRead(ULONG Log, PUCHAR Buffer, ULONG Size, PULONG Bytes);
NTSTATUS ElpClear(ULONG Log);
