/*
 * Opportunistic locks, private. Everything below OPLOCK is guarded by the cancel spin lock;
 * requests are completed and callbacks called without it.
 */
#pragma once

#include "fsrtl.h"

#define FSRTLP_OPLOCK_TAG 'OrsF'
#ifndef STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE
#define STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE ((NTSTATUS)0x00000215)
#endif

typedef enum _FSRTLP_KIND { /* [doc: Types of oplocks] */
                            OplockNone,
                            OplockLevel2,
                            OplockRead,
                            OplockReadHandle,
                            OplockLevel1,
                            OplockBatch,
                            OplockFilter,
                            OplockReadWrite,
                            OplockReadWriteHandle,
                            OplockKinds
} FSRTLP_KIND;

typedef struct _FSRTLP_OPLOCK {
    LIST_ENTRY Holders;
    LIST_ENTRY Waiters; /* operations that go on when no break that they wait for is left */
} FSRTLP_OPLOCK;

typedef struct _FSRTLP_HOLDER {
    LIST_ENTRY Link;
    FSRTLP_OPLOCK *Oplock;
    PFILE_OBJECT File; /* whose oplock; also what it is known by: there are no other keys */
    PIRP Irp;          /* waits for the break; NULL once broken, or while only reserved */
    FSRTLP_KIND Kind;
    FSRTLP_KIND NewKind;  /* while Breaking */
    BOOLEAN Breaking;     /* the acknowledgment has not come */
    BOOLEAN Blocks;       /* and somebody waits for it */
    BOOLEAN ClosePending; /* it will come as the cleanup of the file */
} FSRTLP_HOLDER;

typedef struct _FSRTLP_WAITER {
    LIST_ENTRY Link;
    PIRP Irp;
    PVOID Context;
    POPLOCK_WAIT_COMPLETE_ROUTINE Routine; /* NULL: a thread waits for Event */
    PKEVENT Event;
} FSRTLP_WAITER;

typedef struct _FSRTLP_DONE { /* what is to be done once the lock is released */
    LIST_ENTRY Irps;          /* Tail.Overlay.ListEntry, with their status */
    LIST_ENTRY Waiters;
} FSRTLP_DONE;

/* ---- oplock.c ---- */
KIRQL FsRtlpLockOplocks(FSRTLP_DONE *Done);
VOID FsRtlpUnlockOplocks(FSRTLP_DONE *Done, KIRQL Irql);
/* OPLOCK_LEVEL_CACHE_* of a kind that FSCTL_REQUEST_OPLOCK gives; 0 for the older ones. */
ULONG FsRtlpCacheLevel(FSRTLP_KIND Kind);
/* Ends the holder's request; afterwards it has none. Information is the level (older kinds). */
VOID FsRtlpEndRequest(FSRTLP_HOLDER *Holder, NTSTATUS Status, BOOLEAN AckRequired,
                      FSRTLP_DONE *Done);
VOID FsRtlpDropHolder(FSRTLP_HOLDER *Holder, FSRTLP_DONE *Done); /* waiters may go on */
VOID FsRtlpReleaseWaiters(FSRTLP_OPLOCK *Oplock, FSRTLP_DONE *Done);
/* Puts Irp to wait. FALSE: it has been cancelled already. */
BOOLEAN FsRtlpPend(PIRP Irp, PDRIVER_CANCEL Routine, PVOID Owner);
VOID NTAPI FsRtlpCancelWaiter(PDEVICE_OBJECT Device, PIRP Irp);
