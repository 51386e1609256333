/*
 * What a program or another driver needs to use passivelog. A line is text without a line end, at most
 * PASSIVELOG_LINE_BYTES; the log adds the time and CR LF.
 */
#pragma once

#define PASSIVELOG_DEVICE_TYPE 0x8000
#define PASSIVELOG_LINE_BYTES 1024

/* Input: the bytes of a line. */
#define IOCTL_PASSIVELOG_WRITE CTL_CODE(PASSIVELOG_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Input: PASSIVELOG_TICKS. A timer DPC then writes "tick 1" to "tick Count", one each IntervalMs. */
#define IOCTL_PASSIVELOG_TICKS CTL_CODE(PASSIVELOG_DEVICE_TYPE, 0x801, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* Output: PASSIVELOG_COUNTS. Waits until every line handed over so far is in the file. */
#define IOCTL_PASSIVELOG_FLUSH CTL_CODE(PASSIVELOG_DEVICE_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _PASSIVELOG_TICKS {
    unsigned int Count;
    unsigned int IntervalMs; /* 1 to 60,000 */
} PASSIVELOG_TICKS;

typedef struct _PASSIVELOG_COUNTS {
    unsigned int Accepted; /* lines handed over */
    unsigned int Written;  /* lines in the file */
    unsigned int Refused;  /* no memory, too long, or the log was closing: the caller was told */
    int LastStatus;        /* NTSTATUS of the last write that failed, else 0 */
} PASSIVELOG_COUNTS;
