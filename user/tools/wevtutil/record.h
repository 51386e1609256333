/* Records of an event log as the tools show them. */
#pragma once

#include <windows.h>

#include <stdbool.h>

/* A log's records, oldest first. */
typedef struct _RECORDS {
    EVENTLOGRECORD **List;
    DWORD Count;
} RECORDS;

/* The whole log of that name. False with the last error set. Free with RecordsFree. */
bool RecordsRead(const WCHAR *LogName, RECORDS *Records);
void RecordsFree(RECORDS *Records);

const WCHAR *RecordSource(const EVENTLOGRECORD *Record);
const WCHAR *RecordComputer(const EVENTLOGRECORD *Record);
/* Insert number Index, from 0, below NumStrings. */
const WCHAR *RecordString(const EVENTLOGRECORD *Record, DWORD Index);
/* 1 critical to 4 information, as the levels of events are numbered. */
int RecordLevel(const EVENTLOGRECORD *Record);
const WCHAR *RecordLevelName(const EVENTLOGRECORD *Record);
SYSTEMTIME RecordTime(const EVENTLOGRECORD *Record);
/*
 * What the record says, with its inserts in place; free it. From the message table that its source
 * has registered (EventMessageFile), else from our own texts, else Windows' text for want of one.
 */
WCHAR *RecordMessage(const WCHAR *LogName, const EVENTLOGRECORD *Record);

/* ---- text.c ---- */
/* The text of an event of the system's own sources, with %1 and so on; NULL: there is none. */
const WCHAR *EventText(const WCHAR *Source, DWORD EventId);
