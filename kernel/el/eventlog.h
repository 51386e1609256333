/*
 * \Device\DrydockEventLog: what advapi32 and the kernel tell each other about the event log. Both
 * worlds include this after their own NT headers.
 */
#pragma once

#define EL_DEVICE_NAME L"\\Device\\DrydockEventLog"
#define EL_DEVICE_TYPE 0x8E10
/* in: EL_REPORT and what follows it. Writes a record. */
#define IOCTL_EL_REPORT CTL_CODE(EL_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* in: ULONG, EL_LOG_*; out: the log's records, EVENTLOGRECORDs in their order, as many as there
 * are. STATUS_BUFFER_TOO_SMALL: none are copied; EL_FILE_LIMIT bytes always do. */
#define IOCTL_EL_READ CTL_CODE(EL_DEVICE_TYPE, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
/* in: ULONG, EL_LOG_*. The log is empty then; records are numbered from 1 again. */
#define IOCTL_EL_CLEAR CTL_CODE(EL_DEVICE_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

#define EL_LOG_APPLICATION 0
#define EL_LOG_SYSTEM 1
#define EL_LOGS 2
#define EL_FILE_LIMIT 0x40000u  /* bytes of a log's file at most */
#define EL_RECORD_LIMIT 0x8000u /* of a record */
#define EL_STRING_LIMIT 256u    /* strings of a record at most [doc: ReportEventW] */

/* Followed by the source's name and each string, all in UTF-16 with their ends, the SID and the
 * data. */
typedef struct _EL_REPORT {
    ULONG Log;
    ULONG EventId;
    USHORT Type, Category;
    USHORT StringCount;
    USHORT Reserved;
    ULONG SourceBytes; /* with its end, as the strings' */
    ULONG StringBytes;
    ULONG SidBytes;
    ULONG DataBytes;
} EL_REPORT;

/* The service control manager's events, with severity and facility [doc: the System log's events of
 * "Service Control Manager"]. */
#define EL_SCM_SOURCE L"Service Control Manager"
#define EL_SCM_START_FAILED 0xC0001B58u /* 7000: service, error as %%number */
#define EL_SCM_BOOT_FAILED 0xC0001B72u  /* 7026: names, each on a line of its own */
#define EL_SCM_STATE 0x40001B7Cu        /* 7036: service, state */
#define EL_SCM_START_TYPE 0x40001B80u   /* 7040: service, old type, new type, key name */
#define EL_SCM_INSTALLED 0x40001B85u    /* 7045: service, file, kind, start type, account */

/* ---- the file: "Event Log File Format" [doc] ---- */
#define EL_SIGNATURE 0x654C664Cu

typedef struct _EL_FILE_HEADER { /* ELF_LOGFILE_HEADER */
    ULONG HeaderSize, Signature, MajorVersion, MinorVersion;
    ULONG StartOffset, EndOffset; /* of the oldest record; of the end record */
    ULONG CurrentRecordNumber,
        OldestRecordNumber; /* the next; the oldest there is, 0 when there is none */
    ULONG MaxSize, Flags, Retention, EndHeaderSize;
} EL_FILE_HEADER;

typedef struct _EL_END_RECORD { /* ELF_EOF_RECORD */
    ULONG RecordSizeBeginning, One, Two, Three, Four;
    ULONG BeginRecord, EndRecord, CurrentRecordNumber, OldestRecordNumber;
    ULONG RecordSizeEnd;
} EL_END_RECORD;

typedef struct _EL_RECORD { /* EVENTLOGRECORD; source, computer, SID, strings, data and Length again
                               follow */
    ULONG Length, Reserved, RecordNumber, TimeGenerated, TimeWritten, EventID;
    USHORT EventType, NumStrings, EventCategory, ReservedFlags;
    ULONG ClosingRecordNumber, StringOffset, UserSidLength, UserSidOffset, DataLength, DataOffset;
} EL_RECORD;

#ifdef __STDC__
_Static_assert(sizeof(EL_FILE_HEADER) == 0x30 && sizeof(EL_END_RECORD) == 0x28 &&
                   sizeof(EL_RECORD) == 56,
               "documented sizes");
#endif
