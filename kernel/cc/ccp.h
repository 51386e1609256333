/*
 * cc, private: one cache map a data stream (SECTION_OBJECT_POINTERS.SharedCacheMap). The stream's pages lie at one run of system
 * addresses, so a mapping of any length is contiguous; pages are filled by paging reads from the file system and written
 * back by paging writes.
 */
#pragma once

#include "../ke/ke.h"
#include "../mm/mm.h"

#define CC_TAG 'paCc'
#define CC_MINIMUM_PAGES 4096u /* 16 MiB of addresses a stream, more when the file is larger */

enum { CC_PAGE_PRESENT = 1, CC_PAGE_DIRTY = 2 };

typedef struct _CC_MAP {
    LIST_ENTRY Link;            /* CcMaps; CcLock */
    PFILE_OBJECT FileObject;    /* referenced; paging I/O goes to its device */
    LARGE_INTEGER FileSize, ValidDataLength;
    CACHE_MANAGER_CALLBACKS Callbacks;
    PVOID LazyContext;
    ULONG OpenCount;            /* file objects with PrivateCacheMap */
    ULONG PinCount;             /* BCBs alive */
    BOOLEAN PinAccess, Dirty;
    FAST_MUTEX Lock;            /* page states and contents while they are filled or written */
    PUCHAR Base;
    SIZE_T Pages;
    PUCHAR State;               /* [Pages] CC_PAGE_* */
} CC_MAP;

typedef struct _CC_BCB {
    PUBLIC_BCB Public;          /* first: file systems look at it */
    CC_MAP *Map;
    LONG References;
    BOOLEAN Pinned;
    ERESOURCE_THREAD Owner;
} CC_BCB;

CC_MAP *CcpMapOf(PFILE_OBJECT FileObject); /* bug check when caching was not initialised */
/* Makes [Offset, Offset + Length) present. Wait FALSE: only if it is. STATUS_CANT_WAIT, or the read's status. */
NTSTATUS CcpMakePresent(CC_MAP *Map, ULONG64 Offset, ULONG Length, BOOLEAN Wait);
VOID CcpMarkDirty(CC_MAP *Map, ULONG64 Offset, ULONG Length);
/* Writes dirty pages of the range back. Returns the first failure. */
NTSTATUS CcpFlush(CC_MAP *Map, ULONG64 Offset, ULONG64 Length);
/* Forgets pages of the range, dirty or not. FALSE: some are pinned. */
BOOLEAN CcpPurge(CC_MAP *Map, ULONG64 Offset, ULONG64 Length);
/* One paging transfer between pages at Va and the stream; Bytes is a multiple of PAGE_SIZE. */
NTSTATUS CcpPageIo(CC_MAP *Map, UCHAR Major, PVOID Va, ULONG64 Offset, ULONG Bytes);
/* Length of the read that the file's size allows. */
ULONG CcpClip(CC_MAP *Map, ULONG64 Offset, ULONG Length);
VOID CcpScheduleLazyWrite(VOID);
VOID CcpPostDeferredWrites(VOID); /* CcDeferWrite's, as far as there is room */
VOID CcpWriteDirtyMaps(VOID); /* what the lazy writer does: each dirty map, between its callbacks */
extern LIST_ENTRY CcMaps;
extern FAST_MUTEX CcLock;
