/* sync: the framework's locks as other parts of it use them. */
#pragma once

#include "fx.h"

typedef struct _FX_WAIT_LOCK {
    KEVENT Event; /* synchronization, signalled: free */
    PKTHREAD Owner;
} FX_WAIT_LOCK;
VOID FxWaitLockInit(FX_WAIT_LOCK *Lock);
/*
 * In a critical region until the release. WDF_RECURSIVE_LOCK when the thread has it;
 * STATUS_TIMEOUT. PASSIVE_LEVEL, or APC_LEVEL; with a time of 0 up to DISPATCH_LEVEL.
 */
NTSTATUS FxWaitLockTake(FX_GLOBALS *Globals, FX_WAIT_LOCK *Lock, PLONGLONG Timeout);
/* WDF_INVALID_LOCK_OPERATION with the handle when the thread has it not. */
VOID FxWaitLockGive(FX_GLOBALS *Globals, FX_WAIT_LOCK *Lock, PVOID Handle);

FX_WAIT_LOCK *FxWaitLockOf(FX_GLOBALS *Globals, WDFWAITLOCK Handle);
PKSPIN_LOCK FxSpinLockOf(FX_GLOBALS *Globals, WDFSPINLOCK Handle);
