/* Processes as ke sees them, and attaching a thread to another's address space. */
#include "ki.h"

#include "../mm/mm.h"

ULONG64 KiShownDirectory; /* what the user range shows */

VOID KeInitializeProcess(KPROCESS *Process, KPRIORITY BasePriority, KAFFINITY Affinity)
{
    Process->Header.Type = ProcessObject;
    Process->Header.SignalState = 0;
    InitializeListHead(&Process->Header.WaitListHead);
    InitializeListHead(&Process->ProfileListHead);
    InitializeListHead(&Process->ThreadListHead);
    Process->BasePriority = (SCHAR)BasePriority;
    Process->Affinity = Affinity;
    Process->DirectoryTableBase = KiLoaderBlock->root_pfn << PAGE_SHIFT;
}

/* The root's own base stands for no user memory at all: of a thread of such a process it is found out when calls are
 * checked; else it leaves shown what was, which costs less. */
VOID KiShowDirectory(ULONG64 DirectoryBase)
{
    if (DirectoryBase == KiLoaderBlock->root_pfn << PAGE_SHIFT && !(KiLoaderBlock->flags & HAL_FLAG_GATE))
        return;
    KiShownDirectory = DirectoryBase;
    MmShowAddressSpace(DirectoryBase);
}

VOID KeSetDirectoryBase(KPROCESS *Process, ULONG64 DirectoryBase)
{
    ULONG64 Root = KiLoaderBlock->root_pfn << PAGE_SHIFT, Old = Process->DirectoryTableBase;
    KIRQL OldIrql = KiLockDispatcher();

    Process->DirectoryTableBase = DirectoryBase != 0 ? DirectoryBase : Root;
    if (KiShownDirectory == Old && DirectoryBase == 0) {
        KiShownDirectory = Root;
        MmShowAddressSpace(Root);
    } else if (((KTHREAD *)KeGetCurrentThread())->ApcState.Process == (PKPROCESS)Process) {
        KiShowProcess(Process);
    }
    KiUnlockDispatcher(OldIrql);
}

VOID KeSetProcessSignaled(KPROCESS *Process)
{
    KIRQL OldIrql = KiLockDispatcher();

    Process->Header.SignalState = 1;
    KiTestWaiters(&Process->Header, 0);
    KiUnlockDispatcher(OldIrql);
}

static VOID KiMoveApcState(KAPC_STATE *To, const KAPC_STATE *From)
{
    *To = *From;
    for (ULONG Mode = KernelMode; Mode < MaximumMode; Mode++) {
        InitializeListHead(&To->ApcListHead[Mode]);
        while (!IsListEmpty(&From->ApcListHead[Mode]))
            InsertTailList(&To->ApcListHead[Mode], RemoveHeadList((PLIST_ENTRY)&From->ApcListHead[Mode]));
    }
}

static VOID KiAttach(KTHREAD *Thread, KPROCESS *Process, KAPC_STATE *Save)
{
    KIRQL OldIrql = KiLockDispatcher();

    KiCheckWaitIrql(Process, OldIrql, KI_CALLER());
    KiMoveApcState(Save, &Thread->ApcState);
    KiInitApcState(&Thread->ApcState, Process);
    Thread->ApcStateIndex = 1;
    KiShowProcess(Process);
    KiUnlockDispatcher(OldIrql);
}

static VOID KiDetach(KTHREAD *Thread, const KAPC_STATE *Saved)
{
    KIRQL OldIrql = KiLockDispatcher();

    KiMoveApcState(&Thread->ApcState, Saved);
    Thread->ApcStateIndex = Saved->Process == (PKPROCESS)Thread->Process ? 0 : 1;
    KiShowProcess((KPROCESS *)Saved->Process);
    if (!IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))
        KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
    KiUnlockDispatcher(OldIrql);
}

#define KI_NOT_ATTACHED ((PKPROCESS)1) /* in ApcState->Process: the process was current already */

NT_EXPORT(KeStackAttachProcess);
VOID NTAPI KeStackAttachProcess(PKPROCESS Process, PRKAPC_STATE ApcState)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (Thread->ApcState.Process == (PKPROCESS)Process) {
        ApcState->Process = KI_NOT_ATTACHED;
        return;
    }
    KiAttach(Thread, (KPROCESS *)Process, (KAPC_STATE *)ApcState);
}

NT_EXPORT(KeUnstackDetachProcess);
VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    if (ApcState->Process != KI_NOT_ATTACHED)
        KiDetach((KTHREAD *)KeGetCurrentThread(), (KAPC_STATE *)ApcState);
}

NT_EXPORT(KeAttachProcess);
VOID NTAPI KeAttachProcess(PKPROCESS Process);
VOID NTAPI KeAttachProcess(PKPROCESS Process)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (Thread->ApcState.Process == (PKPROCESS)Process)
        return;
    if (Thread->ApcStateIndex != 0) /* [doc: INVALID_PROCESS_ATTACH_ATTEMPT] */
        KiBugCheck(0x5, (ULONG64)Process, (ULONG64)Thread->ApcState.Process, Thread->ApcStateIndex, 0, NULL, FALSE);
    KiAttach(Thread, (KPROCESS *)Process, &Thread->SavedApcState);
}

NT_EXPORT(KeDetachProcess);
VOID NTAPI KeDetachProcess(VOID);
VOID NTAPI KeDetachProcess(VOID)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (Thread->ApcStateIndex != 0)
        KiDetach(Thread, &Thread->SavedApcState);
}
