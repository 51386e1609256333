/*
 * Remove locks, in both sizes that drivers compile in: the free layout (0x20 bytes) and the checked one (0x78 bytes),
 * which records each acquisition by tag and finds releases that fit none. [doc: Using Remove Locks]
 * Left out: MaxLockedMinutes (only a debugger extension reads it).
 */
#include "iop.h"

typedef struct _IOP_CHECKED_LOCK { /* IO_REMOVE_LOCK of a checked build */
    IO_REMOVE_LOCK_COMMON_BLOCK Common;
    IO_REMOVE_LOCK_DBG_BLOCK Dbg;
} IOP_CHECKED_LOCK;
DD_STATIC_ASSERT_SIZE(IO_REMOVE_LOCK_COMMON_BLOCK, 0x20);
DD_STATIC_ASSERT_SIZE(IOP_CHECKED_LOCK, 0x78);

#define IOP_LOCK_SIGNATURE 0x4B434F4C /* 'COLK' as found in memory dumps */

typedef struct _IO_REMOVE_LOCK_TRACKING_BLOCK {
    struct _IO_REMOVE_LOCK_TRACKING_BLOCK *Next;
    PVOID Tag;
    LONGLONG Time;
    PCSTR File;
    ULONG Line;
} IOP_TRACK;

NT_EXPORT(IoInitializeRemoveLockEx);
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize)
{
    IOP_CHECKED_LOCK *Checked = (IOP_CHECKED_LOCK *)Lock;

    UNREFERENCED_PARAMETER(MaxLockedMinutes);
    RtlZeroMemory(Lock, RemlockSize);
    if (RemlockSize == sizeof(*Checked)) {
        Checked->Dbg.Signature = IOP_LOCK_SIGNATURE;
        Checked->Dbg.HighWatermark = HighWatermark;
        Checked->Dbg.AllocateTag = AllocateTag;
        InitializeListHead(&Checked->Dbg.LockList);
        KeInitializeSpinLock(&Checked->Dbg.Spin);
    }
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

static VOID IopTrackAcquire(IOP_CHECKED_LOCK *Lock, PVOID Tag, PCSTR File, ULONG Line)
{
    IOP_TRACK *Track = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Track), Lock->Dbg.AllocateTag);
    KIRQL Irql;

    if (Track == NULL) {
        InterlockedIncrement(&Lock->Dbg.LowMemoryCount); /* that many releases will fit no record */
        return;
    }
    Track->Tag = Tag;
    Track->File = File;
    Track->Line = Line;
    Track->Time = (LONGLONG)KeVirtualTime();
    KeAcquireSpinLock(&Lock->Dbg.Spin, &Irql);
    Track->Next = Lock->Dbg.Blocks;
    Lock->Dbg.Blocks = Track;
    KeReleaseSpinLock(&Lock->Dbg.Spin, Irql);
}

static VOID IopTrackRelease(IOP_CHECKED_LOCK *Lock, PVOID Tag)
{
    IOP_TRACK **Link, *Track;
    KIRQL Irql;

    KeAcquireSpinLock(&Lock->Dbg.Spin, &Irql);
    for (Link = &Lock->Dbg.Blocks; *Link != NULL && (*Link)->Tag != Tag; Link = &(*Link)->Next)
        ;
    Track = *Link;
    if (Track != NULL)
        *Link = Track->Next;
    KeReleaseSpinLock(&Lock->Dbg.Spin, Irql);
    if (Track != NULL) {
        ExFreePool(Track);
        return;
    }
    if (InterlockedDecrement(&Lock->Dbg.LowMemoryCount) >= 0)
        return;
    KeSetBugCheckText("remove lock %p is released with tag %p, with which it is not held", Lock, Tag);
    KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD5, (ULONG_PTR)Lock, (ULONG_PTR)Tag, 0);
}

NT_EXPORT(IoAcquireRemoveLockEx);
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                                     ULONG RemlockSize)
{
    PIO_REMOVE_LOCK Lock = RemoveLock;

    InterlockedIncrement(&Lock->Common.IoCount);
    if (Lock->Common.Removed) {
        if (InterlockedDecrement(&Lock->Common.IoCount) == 0)
            KeSetEvent(&Lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
        return STATUS_DELETE_PENDING;
    }
    if (RemlockSize == sizeof(IOP_CHECKED_LOCK))
        IopTrackAcquire((IOP_CHECKED_LOCK *)Lock, Tag, File, Line);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoReleaseRemoveLockEx);
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    LONG Left;

    if (RemlockSize == sizeof(IOP_CHECKED_LOCK))
        IopTrackRelease((IOP_CHECKED_LOCK *)RemoveLock, Tag);
    Left = InterlockedDecrement(&RemoveLock->Common.IoCount);
    if (Left < 0) {
        KeSetBugCheckText("remove lock %p is released more often than it was acquired", RemoveLock);
        KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xD5, (ULONG_PTR)RemoveLock, (ULONG_PTR)Tag, 0);
    }
    if (Left == 0)
        KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

NT_EXPORT(IoReleaseRemoveLockAndWaitEx);
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    RemoveLock->Common.Removed = TRUE;
    /* The caller's own acquisition, and the one that stands for "not removed". */
    IoReleaseRemoveLockEx(RemoveLock, Tag, RemlockSize);
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) > 0)
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
