/* wevtutil, private. */
#pragma once

#include "record.h"

/* What qe was asked. */
typedef struct _QUERY {
    const WCHAR *Log;
    bool Text;            /* else XML */
    bool Newest;          /* newest first */
    DWORD Count;          /* at most */
    DWORD EventId, Level; /* those alone; MAXDWORD: any */
    WCHAR Provider[256];  /* that alone; empty: any */
} QUERY;

/* Understands *, and *[System[...]] with EventID=, Level= and Provider[@Name=''] joined by "and".
 * False: it does not. */
bool QueryParse(QUERY *Query, const WCHAR *Text);
bool QueryMatches(const QUERY *Query, const EVENTLOGRECORD *Record);

void PrintText(const WCHAR *LogName, const EVENTLOGRECORD *Record, DWORD Index);
void PrintXml(const WCHAR *LogName, const EVENTLOGRECORD *Record);
