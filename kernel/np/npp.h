/* np, private: pipes, their instances and connections. All of it is guarded by NpLock. */
#pragma once

#include "np.h"

#define NP_TAG 'pdpN'

enum { NP_SERVER, NP_CLIENT, NP_ENDS };
enum { NP_LISTENING = FILE_PIPE_LISTENING_STATE, NP_DISCONNECTED = FILE_PIPE_DISCONNECTED_STATE,
       NP_CONNECTED = FILE_PIPE_CONNECTED_STATE, NP_CLOSING = FILE_PIPE_CLOSING_STATE };

typedef struct _NP_DATA { /* what one write has put in */
    LIST_ENTRY Link; /* NP_QUEUE.Data */
    PIRP Irp;        /* completed when all is read: a write beyond the quota, or a flush */
    BOOLEAN Flush;   /* no data: it only waits */
    ULONG Bytes, Offset;
    UCHAR Text[];
} NP_DATA;

typedef struct _NP_QUEUE { /* from one end to the other */
    LIST_ENTRY Data;
    LIST_ENTRY Readers; /* IRPs; only while Data is empty */
    ULONG Buffered, Quota;
} NP_QUEUE;

typedef struct _NP_END {
    BOOLEAN Open;
    ULONG ReadMode, CompletionMode;
    NP_QUEUE In; /* what this end reads */
} NP_END;

typedef struct _NP_CONNECTION { /* a server's instance and its client */
    ULONG References;
    ULONG State;
    struct _NP_PIPE *Pipe; /* NULL once the server is gone */
    NP_END End[NP_ENDS];
} NP_CONNECTION;

typedef struct _NP_INSTANCE { /* FsContext of the server's file */
    LIST_ENTRY Link; /* NP_PIPE.Instances */
    struct _NP_PIPE *Pipe;
    ULONG State;                /* while there is no connection */
    ULONG ReadMode, CompletionMode;
    NP_CONNECTION *Connection;  /* or NULL */
    LIST_ENTRY Listeners;       /* IRPs */
} NP_INSTANCE;

typedef struct _NP_PIPE {
    LIST_ENTRY Link; /* NpPipes */
    UNICODE_STRING Name;
    ULONG Type, Configuration, MaximumInstances, InstanceCount;
    ULONG Quota[NP_ENDS]; /* of what that end reads */
    LIST_ENTRY Instances;
} NP_PIPE;

/* FsContext2 says what FsContext is; NULL: the device itself. */
#define NP_SERVER_FILE ((PVOID)1)
#define NP_CLIENT_FILE ((PVOID)2)

extern KSPIN_LOCK NpLock;

/* ---- queue.c: with NpLock; IRPs that are done go to Done, and are completed by NpFinish without it ---- */
VOID NpInitQueue(NP_QUEUE *Queue, ULONG Quota);
/*
 * Puts an IRP on a list (or nowhere: List NULL) until it is cancelled or taken. FALSE: it is
 * cancelled already, and done. The caller returns STATUS_PENDING in any case.
 */
BOOLEAN NpPend(PIRP Irp, PLIST_ENTRY List, PLIST_ENTRY Done);
PIRP NpUnpend(PLIST_ENTRY List); /* the first that is not being cancelled, or NULL */
VOID NpDone(PIRP Irp, NTSTATUS Status, ULONG_PTR Information, PLIST_ENTRY Done);
VOID NpFinish(PLIST_ENTRY Done);
/* Takes data out. STATUS_BUFFER_OVERFLOW: a message is longer than Room. */
NTSTATUS NpTake(NP_QUEUE *Queue, BOOLEAN Message, PUCHAR To, ULONG Room, PULONG Moved, PLIST_ENTRY Done);
/* Puts data in and serves readers; STATUS_PENDING: the IRP waits for room. Data is consumed. */
NTSTATUS NpPut(NP_QUEUE *Queue, const NP_END *Reader, NP_DATA *Data, PIRP Irp, BOOLEAN MayWait, PLIST_ENTRY Done);
/* All readers and writers end with Status; the data is gone if Drop. */
VOID NpBreak(NP_QUEUE *Queue, NTSTATUS Status, BOOLEAN Drop, PLIST_ENTRY Done);

/* ---- transfer.c: the requests on a connection ---- */
NTSTATUS NTAPI NpRead(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI NpWrite(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI NpFlush(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI NpQuery(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NTAPI NpSet(PDEVICE_OBJECT Device, PIRP Irp);
NTSTATUS NpPeek(PFILE_OBJECT File, PVOID Buffer, ULONG Room, PULONG_PTR Information);

/* ---- pipe.c ---- */
NTSTATUS NpComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* The connection of a file and which end it is; NULL with the status of one that has none. With NpLock. */
NP_CONNECTION *NpConnectionOf(PFILE_OBJECT File, PULONG End, NTSTATUS *Status);
